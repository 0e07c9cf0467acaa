"""Discs of somebody else's, with data on them, and a file system that other programs know."""

from __future__ import annotations

from pathlib import Path
from struct import pack

from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Data, Session, prepare
from tests.support.sound import noise

SONGS = (noise(588 * 400, 1), noise(588 * 350 + 100, 2))
FILE = b"what is in the file\n"


def _both(value: int) -> bytes:
    return pack("<I", value) + pack(">I", value)


def _record(name: bytes, sector: int, length: int, flags: int) -> bytes:
    body = _both(sector) + _both(length) + bytes((126, 1, 1, 0, 0, 0, 0, flags, 0, 0)) + b"\1\0\0\1"
    body += bytes((len(name),)) + name
    body += b"\0" * (len(body) % 2)
    return bytes((len(body) + 2, 0)) + body


def iso(start: int = 0) -> bytes:
    """An ISO 9660 image with one file, for a track that starts at this sector (ECMA-119 8.4, 9.1)."""
    root = _record(b"\0", start + 18, 2048, 2)
    volume = b"\1CD001\1\0" + b"REDBOOK".ljust(32) + b"TESTS".ljust(32) + bytes(8) + _both(21) + bytes(32)
    volume += (
        pack("<H", 1) + pack(">H", 1) + pack("<H", 1) + pack(">H", 1) + pack("<H", 2048) + pack(">H", 2048)
    )
    volume += _both(10) + pack("<I", start + 19) + bytes(4) + pack(">I", start + 19) + bytes(4) + root
    volume += b" " * (813 - len(volume)) + (b"0" * 16 + b"\0") * 4 + b"\1\0"
    directory = root + _record(b"\1", start + 18, 2048, 2) + _record(b"A.TXT;1", start + 20, len(FILE), 0)
    table = bytes((1, 0)) + pack("<I", start + 18) + pack("<H", 1) + b"\0\0"
    sectors = [volume, b"\xffCD001\1", directory, table, FILE]
    return bytes(16 * 2048) + b"".join(sector.ljust(2048, b"\0") for sector in sectors)


def mixed(medium: str = "cd-rom", *, finished: bool = True, path: Path | None = None) -> Medium:
    """Data at 0 (300 sectors and 150 of postgap), songs at 600 and 1150, lead-out at 1501."""
    tracks = [Data(iso()), *map(Audio, SONGS)]
    return prepare([Session(tracks)], medium, finished=finished, path=path)


def extra(medium: str = "cd-rom", *, finished: bool = True, path: Path | None = None) -> Medium:
    """Songs at 0 and 550 (lead-out at 901), data of mode 2 at 12301 in a second session, lead-out 12601."""
    sessions = [Session([*map(Audio, SONGS)]), Session([Data(iso(12301), mode=2)])]
    return prepare(sessions, medium, finished=finished, path=path)


def data_only(medium: str = "cd-rom", *, finished: bool = True, path: Path | None = None) -> Medium:
    """300 sectors of data of mode 1."""
    return prepare([Session([Data(iso())])], medium, finished=finished, path=path)
