"""How to read a sheet, and the notes made while it is read."""

from __future__ import annotations

from redbook.authoring.program import Note
from redbook.errors import SheetError, printable
from redbook.records import dataclass

MOST_NOTES = 200
"""A disc has 99 tracks; a sheet that needs more notes than this is not a sheet."""

_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class SheetOptions:
    """How to read a sheet.

    encoding     its encoding, as Python names it; empty: find it out
    strict       what would be a note is an error
    keep_mcn     a catalogue number is burned even if its check digit is wrong
    match_files  files that are not found by their names are matched by their number and order
    audio_only   data tracks are left out
    keep_going   take what can be had from a master that is damaged or contradicts itself
    """

    encoding: str = ""
    strict: bool = False
    keep_mcn: bool = False
    match_files: bool = False
    audio_only: bool = False
    keep_going: bool = False


DEFAULTS = SheetOptions()


class Notebook:
    """Takes the notes of one sheet, and makes its errors.

    name        of the sheet, as the user gave it
    keep_going  whether to go on after something wrong, if the rest can still be used
    """

    def __init__(self, name: str, strict: bool = False, keep_going: bool = False) -> None:
        self.name = name
        self._strict = strict
        self._keep_going = keep_going
        self._notes: list[Note] = []
        self._untold = 0

    def note(self, text: str, line: int = 0) -> None:
        """Note a decision that was made in reading the sheet.

        line  where in the sheet, from 1; 0 for none

        raises  SheetError  if notes are errors
        """
        if self._strict:
            raise self.error(f"{text} (an error because of --strict)", line)
        self.remark(text, line)

    def remark(self, text: str, line: int = 0) -> None:
        """Make a note that is never an error, because nothing was decided."""
        if len(self._notes) < MOST_NOTES:
            self._notes.append(Note(text, self.name, line))
        else:
            self._untold += 1

    def wrong(self, text: str, instead: str, cure: str = "") -> None:
        """Note what is wrong and what is done instead, with `keep_going`.

        cure  what else can be done

        raises  SheetError  without `keep_going`
        """
        if not self._keep_going:
            raise self.error(f"{text}{f'; {cure}' if cure else ''} (with --keep-going {instead})")
        self.note(f"{text}; {instead}")

    def error(self, text: str, line: int = 0, column: int = 0) -> SheetError:
        """Make an error for the caller to raise.  line, column: from 1; 0 for none"""
        where = printable(self.name) + (f", line {line}" if line else "")
        where += f", column {column}" if column else ""
        return SheetError(f"{where}: {text}", self.name, line)

    @property
    def notes(self) -> tuple[Note, ...]:
        more = (Note(f"{self._untold} more notes are not shown", self.name),) if self._untold else ()
        return (*self._notes, *more)


def shown(text: str) -> str:
    """A text from a sheet, for a message: on one line, and not too long."""
    return printable(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")
