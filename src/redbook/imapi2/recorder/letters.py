"""Drive letters, for programs that look for a recorder by its letter.

REDBOOK_DRIVE_LETTERS="D:=/dev/sr0;E:=virtual:/home/me/my.disc" sets them from outside a program,
`attach(letter="D:")` from inside. VolumePathNames shows them as on Windows: "D:\\".
"""

from __future__ import annotations

import re

VARIABLE = "REDBOOK_DRIVE_LETTERS"

_LETTER = re.compile(r"([A-Za-z])(:[\\/]?)?")


def drive_path(letter: str) -> str:
    """ "D:\\" of "d", "D:" or "D:\\".  raises  ValueError  for anything else"""
    found = _LETTER.fullmatch(letter)
    if found is None:
        raise ValueError(f"{letter!r} is not a drive letter; write one such as D:")
    return f"{found[1].upper()}:\\"


def parsed(text: str) -> list[tuple[str, str]]:
    """Drive paths and recorders' ids, from LETTER=ID;LETTER=ID.

    raises  ValueError  for any other form, and for a letter that is given twice
    """
    found: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        letter, equals, unique_id = entry.partition("=")
        if not equals or not unique_id.strip():
            raise ValueError(f'{VARIABLE}: {entry!r} is not LETTER=ID; write for instance "D:=/dev/sr0"')
        path = drive_path(letter.strip())
        if path in found:
            raise ValueError(f"{VARIABLE} gives {path[:2]} twice; give each letter to one recorder")
        found[path] = unique_id.strip()
    return list(found.items())
