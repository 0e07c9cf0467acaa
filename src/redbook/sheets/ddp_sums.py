"""Checksum files beside a DDP set. They are not part of the format, so every program has its own form.

Known forms: lines of md5sum, of macOS's md5, `name=CRC` and `name CRC` (CHECKSUM.TXT, SFV), and files that
hold only the checksum of one other file (IMAGE.DAT.md5). Any line is read that has a file's name and a
checksum in it, in any order.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from redbook.records import dataclass

MOST_BYTES = 1_000_000
_PIECE_BYTES = 1 << 20
_KINDS = {8: "CRC-32", 32: "MD5", 40: "SHA-1", 64: "SHA-256"}
_SUFFIXES = frozenset((".md5", ".sfv", ".crc", ".crc32", ".sha1", ".sha256", ".md5sum"))
_WORDS = ("checksum", "md5", "crc32", "sha1", "sha256")
_HASH = re.compile(
    r"(?<![0-9A-Za-z.])([0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8})(?![0-9A-Za-z.])"
)
_FORMS = (
    re.compile(r"(?P<sum>[0-9A-Fa-f]+)[ \t]+\*?(?P<name>\S+)"),
    re.compile(r"MD5 ?\((?P<name>[^)]+)\) ?= ?(?P<sum>[0-9A-Fa-f]+)"),
    re.compile(r"(?P<name>[^=\s]+)[ \t]*=[ \t]*(?P<sum>[0-9A-Fa-f]+)"),
)


@dataclass(frozen=True, slots=True)
class Sum:
    """What a checksum file says about a file.  stated_in: the name of the checksum file"""

    name: str
    kind: str
    value: str
    stated_in: str


def is_sums_file(name: str) -> bool:
    path = Path(name.lower())
    return path.suffix in _SUFFIXES or (
        path.suffix in ("", ".txt", ".chk") and any(word in path.stem for word in _WORDS)
    )


def sums_in(data: bytes, stated_in: str, names: Mapping[str, str]) -> list[Sum]:
    """The checksums in a file.

    names  of the files beside it, by the same names in lower case. The name of a missing file counts, too, if
           the line has a known form
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
    else:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    found = []
    before = ""
    for line in text.splitlines():
        if not line.strip():
            continue
        name = _named(line, names)
        spare = line if not name else re.sub(re.escape(name), " ", line, flags=re.IGNORECASE)
        values = [match[1].lower() for match in _HASH.finditer(spare)]
        if not values:
            before = name or before
            continue
        value = max(reversed(values), key=len)
        name = name or _absent(line) or (before if value == spare.strip().split()[-1].lower() else "")
        if not name and len(text.split()) == 1:
            name = _of_file(stated_in, names)
        if name:
            found.append(Sum(name, _KINDS[len(value)], value, stated_in))
    return found


def _named(line: str, names: Mapping[str, str]) -> str:
    """The longest of the files' names that stands in a line as a word of its own."""
    low = line.lower()
    there = [
        real for key, real in names.items() if re.search(rf"(?<![\w.\-]){re.escape(key)}(?![\w\-]|\.\w)", low)
    ]
    return max(there, key=len, default="")


def _absent(line: str) -> str:
    for form in _FORMS:
        match = form.fullmatch(line.strip())
        if (
            match
            and len(match["sum"]) in _KINDS
            and len(match["name"]) <= 255
            and not match["name"].endswith(":")
        ):
            return re.split(r"[\\/]", match["name"])[-1]
    return ""


def _of_file(stated_in: str, names: Mapping[str, str]) -> str:
    """The name of the file that IMAGE.DAT.md5 or IMAGE.md5 belongs to; empty if there is none."""
    stem = Path(stated_in.lower()).stem
    alike = [real for key, real in names.items() if key != stated_in.lower() and Path(key).stem == stem]
    return names.get(stem, alike[0] if len(alike) == 1 else "")


def checksum(path: Path, kind: str, on_bytes: Callable[[int], None] = lambda count: None) -> str:
    """The checksum of a file.  on_bytes: called with the length of each piece that was read

    raises  OSError; what `on_bytes` raises
    """
    crc, digest = 0, None if kind == "CRC-32" else hashlib.new(kind.replace("-", "").lower())
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            if digest is None:
                crc = zlib.crc32(piece, crc)
            else:
                digest.update(piece)
            on_bytes(len(piece))
    return f"{crc:08x}" if digest is None else digest.hexdigest()
