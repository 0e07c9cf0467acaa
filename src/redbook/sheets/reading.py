"""The bytes of a file beside a sheet, or of the sheet itself."""

from __future__ import annotations

from pathlib import Path

from redbook.sheets.options import Notebook


def read_bytes(path: Path, most: int, notes: Notebook, what: str = "") -> bytes:
    """Of a file, one more than `most` at most: whoever asked says what is wrong with more.

    what  the file's name where it is not the one that the notes are of

    raises  SheetError  for a file that cannot be read, or that is none
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
