"""Sheets: texts that say what should be on a disc. Each is read to a `redbook.authoring.program.Program`,
and a program is written as one.

What is read, and how each ambiguity is decided: docs/sheets.md.
"""

from redbook.sheets.cdrdao_toc import read_toc
from redbook.sheets.cue import read_cue
from redbook.sheets.ddp import folder_of_set, read_ddp
from redbook.sheets.embedded import read_embedded
from redbook.sheets.options import SheetOptions
from redbook.sheets.write_cue import write_cue
from redbook.sheets.write_toc import write_toc
from redbook.sheets.written import Written

__all__ = [
    "SheetOptions",
    "Written",
    "folder_of_set",
    "read_cue",
    "read_ddp",
    "read_embedded",
    "read_toc",
    "write_cue",
    "write_toc",
]
