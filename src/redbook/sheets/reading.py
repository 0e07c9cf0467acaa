"""Reading the bytes of a sheet, or of a file beside it."""

from __future__ import annotations

from pathlib import Path

from redbook.sheets.options import Notebook


def read_bytes(path: Path, most: int, notes: Notebook, what: str = "") -> bytes:
    """The bytes of a file, at most one more than `most`: the caller says what is wrong with a longer file.

    what  the file's name, if it is not the sheet that the notes are about

    raises  SheetError  if it cannot be read or is not a file
    """
    who = f"{what}: " if what else ""
    try:
        if path.exists() and not path.is_file():
            raise notes.error(f"{who}this is not a regular file, so it cannot be read twice")
        with path.open("rb") as file:
            return file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise notes.error(f"{who}it cannot be read: {reason}") from error
