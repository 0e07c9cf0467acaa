"""The files of a DDP set: found in any case, read with distrust, and compared with their checksums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

from redbook.sheets.ddp_records import RecordWrong
from redbook.sheets.ddp_sums import MOST_BYTES, Sum, checksum, is_sums_file, sums_in
from redbook.sheets.options import Notebook, shown
from redbook.sheets.reading import read_bytes

_SMALL_BYTES = 4_000_000
_MOST_FILES = 10_000
T = TypeVar("T")

OnPart: TypeAlias = Callable[[float], None]
"""Called with how much of the data with checksums was read, from 0 to 1; may raise to end the reading."""


class SetFiles:
    """The folder of a set.  Every error names a file."""

    def __init__(self, folder: Path, notes: Notebook, on_part: OnPart) -> None:
        self._notes = notes
        self._on_part = on_part
        self._summed_bytes = self._bytes_to_sum = 0
        self._folder = folder
        self._names = self._listed()
        self._checked: set[str] = set()

    def _listed(self) -> dict[str, list[str]]:
        """Names in the folder, by the same names in lower case."""
        found: dict[str, list[str]] = {}
        try:
            for count, name in enumerate(sorted(path.name for path in self._folder.iterdir())):
                if count >= _MOST_FILES:
                    raise self._notes.error(f"the folder has more than {_MOST_FILES} files")
                found.setdefault(name.lower(), []).append(name)
        except OSError as error:
            raise self._notes.error(f"the folder cannot be read: {error.strerror}") from error
        return found

    def has(self, name: str) -> bool:
        """Whether the set has a file of this name, whatever its case."""
        return bool(self._names.get(_base(name).lower()))

    def path(self, name: str, who: str) -> Path:
        """The path of a file of the set, whatever its case.  raises  SheetError"""
        base = _base(name)
        found = self._names.get(base.lower(), [])
        if len(found) > 1 and base in found:
            found = [base]
        if len(found) > 1:
            raise self._notes.error(
                f"{who} may mean any of {', '.join(map(shown, found))}; leave only one in the folder"
            )
        if not base or not found:
            missing = f"{shown(base) or 'a file'} is missing"
            raise self._notes.error(
                f"{missing} ({who}): the set is incomplete, or not in one folder; get it again"
            )
        return self._folder / found[0]

    def read(self, name: str, who: str, most: int = _SMALL_BYTES) -> bytes:
        """The bytes of a small file of the set.

        who   what the error calls it
        most  bytes that it may have

        raises  SheetError  if it is missing, cannot be read or is too large
        """
        path = self.path(name, who)
        data = read_bytes(path, most, self._notes, shown(path.name))
        if len(data) > most:
            raise self._notes.error(f"{shown(path.name)}: it is too large for its kind of file")
        return data

    def size(self, path: Path) -> int:
        """The size of a file in bytes.  raises  SheetError  if it is not a regular file or cannot be read"""
        try:
            if not path.is_file():
                raise self._notes.error(f"{shown(path.name)}: this is not a regular file")
            with path.open("rb"):
                return path.stat().st_size
        except OSError as error:
            raise self._notes.error(f"{shown(path.name)}: it cannot be read: {error.strerror}") from error

    def records(self, data: bytes, size: int, file: str, read: Callable[[bytes], T]) -> list[T]:
        bare = data if len(data) % size == 0 else data.rstrip(b"\r\n\0\x1a")
        if not bare or len(bare) % size:
            raise self._notes.error(
                f"{file}: its {len(data)} bytes are not a whole number of packets of {size} bytes"
            )
        found = []
        for number, place in enumerate(range(0, len(bare), size), 1):
            try:
                found.append(read(bare[place : place + size]))
            except RecordWrong as error:
                raise self._notes.error(f"{file}, packet {number}, {error}") from error
        return found

    def sums(self, used: set[str]) -> list[Sum]:
        """The checksums in all checksum files.  used: names, in lower case, of files with another use"""
        names = {key: found[0] for key, found in self._names.items()}
        sums = []
        for key, real in names.items():
            path = self._folder / real
            if key in used or not is_sums_file(real) or not path.is_file():
                continue
            data = read_bytes(path, MOST_BYTES, self._notes, shown(real))
            others = {k: v for k, v in names.items() if k != key}
            found = sums_in(data, real, others) if len(data) <= MOST_BYTES else []
            if key.endswith(".chk"):  # plants' own format; what looks like a CRC-32 there is another sum
                found = [one for one in found if one.kind != "CRC-32"]
            if not found:
                self._notes.note(f"{shown(real)}: redbook understands no checksum in it; it was not checked")
            sums += found
        sized = (self._folder / names[key] for one in sums if (key := one.name.lower()) in names)
        self._bytes_to_sum = sum(path.stat().st_size for path in sized if path.is_file())
        return sums

    def _summed(self, count: int) -> None:
        self._summed_bytes += count
        self._on_part(min(1.0, self._summed_bytes / max(1, self._bytes_to_sum)))

    def check_sums(self, sums: Sequence[Sum], chosen: Callable[[str], bool]) -> None:
        for one in sums:
            if not chosen(one.name):
                continue
            if not self.has(one.name):
                missing = f"{shown(one.name)} is missing ({shown(one.stated_in)} has its {one.kind})"
                wrong = f"{missing}: the set is incomplete, or not in one folder"
                self._notes.wrong(wrong, "the rest is used", "get it again")
                continue
            path = self.path(one.name, f"{shown(one.stated_in)} has its {one.kind}")
            self.size(path)
            try:
                found = checksum(path, one.kind, self._summed)
            except OSError as error:
                raise self._notes.error(f"{shown(path.name)}: it cannot be read: {error.strerror}") from error
            if found != one.value:
                self._notes.wrong(
                    f"{shown(path.name)}: its {one.kind} is {found}, and {shown(one.stated_in)} says "
                    f"{one.value}: the file was changed or damaged on the way",
                    "it is used as it is",
                    "get the set again",
                )
            self._checked.add(path.name)

    def tell_sums(self, sums: Sequence[Sum], names: Sequence[str], who: str) -> None:
        """Note what was not checked.  names: of all files of the set, as they are in `who`"""
        own = {self.path(name, who).name for name in names if self.has(name)}
        if not sums:
            self._notes.note(
                "there is no file of checksums: it was not checked whether the set arrived as it was made"
            )
        elif lacking := sorted(own - self._checked):
            self._notes.note(f"no checksum was found for {', '.join(map(shown, lacking))}; not checked")


def _base(name: str) -> str:
    """A file's name without its folders, on any system."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]
