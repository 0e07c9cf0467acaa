"""Sheets: texts that say what shall be on a disc. Each is read to a `redbook.authoring.program.Program`.

What is read, and how each ambiguity is decided: docs/sheets.md.
"""

from redbook.sheets.cue import read_cue
from redbook.sheets.embedded import read_embedded
from redbook.sheets.options import SheetOptions

__all__ = ["SheetOptions", "read_cue", "read_embedded"]
