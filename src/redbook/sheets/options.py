"""How to read a sheet, and the notes made while it is read."""

from __future__ import annotations

from redbook.authoring.program import Note
from redbook.errors import SheetError, printable
from redbook.records import dataclass

MOST_NOTES = 200
"""A disc has 99 tracks; a sheet with more to say than that is no sheet."""

_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class SheetOptions:
    """How a sheet is to be read.

    encoding     its encoding, as Python names it; empty: found out
    strict       what would be a note is an error
    keep_mcn     a catalogue number is burned even if its check digit is wrong
    match_files  files that the sheet's names do not lead to are matched by their number and order
    audio_only   data tracks are left out
    keep_going   of a master that is damaged or contradicts itself what can be had is taken
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
    keep_going  whether what is wrong may be passed over where something can be had anyway
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

        raises  SheetError  where notes are errors
        """
        if self._strict:
            raise self.error(f"{text} (an error because of --strict)", line)
        self.remark(text, line)

    def remark(self, text: str, line: int = 0) -> None:
        """A note that is never an error: nothing was decided."""
        if len(self._notes) < MOST_NOTES:
            self._notes.append(Note(text, self.name, line))
        else:
            self._untold += 1

    def wrong(self, text: str, instead: str, cure: str = "") -> None:
        """What is wrong, and what is done anyway where that was asked for.

        cure  what else can be done

        raises  SheetError  where it was not
        """
        if not self._keep_going:
            raise self.error(f"{text}{f'; {cure}' if cure else ''} (with --keep-going {instead})")
        self.note(f"{text}; {instead}")

    def error(self, text: str, line: int = 0, column: int = 0) -> SheetError:
        """To be raised.  line, column: from 1; 0 for none"""
        where = printable(self.name) + (f", line {line}" if line else "")
        where += f", column {column}" if column else ""
        return SheetError(f"{where}: {text}", self.name, line)

    @property
    def notes(self) -> tuple[Note, ...]:
        more = (Note(f"{self._untold} more notes are not shown", self.name),) if self._untold else ()
        return (*self._notes, *more)


def shown(text: str) -> str:
    """What a sheet says, for a message: on one line, and not too long."""
    return printable(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")
