"""Which file a name in a sheet means.

Sheets are written on one computer and used on another, with other slashes, other drives and other case, and
often the sound files have been converted to another format since. So a name is looked for in steps. The
first step that finds something decides; if it finds two files, that is an error. A note reports every step
but the first.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from redbook.audio.sounds import AUDIO_SUFFIXES, VIDEO_SUFFIXES
from redbook.audio.source import natural_key
from redbook.records import dataclass
from redbook.sheets.options import shown

_SOUND_OR_RAW = AUDIO_SUFFIXES | VIDEO_SUFFIXES | {".bin", ".img", ".raw", ".pcm", ".cdr", ".cda"}
_LONGEST_PATH = 4096
_DRIVE = re.compile(r"[A-Za-z]:[\\/]?|\\\\|//")


class TwoFiles(Exception):
    """A name may mean any of several files.  names: as messages show them"""

    def __init__(self, names: list[str]) -> None:
        super().__init__(" and ".join(names[:4]))
        self.names = names


@dataclass(frozen=True, slots=True)
class Found:
    """why: how the name led to this file, in words; empty if the file has exactly this name"""

    path: Path
    why: str = ""


class SheetFiles:
    """The files around one sheet; each folder is read once."""

    def __init__(self, sheet: Path) -> None:
        self._sheet = sheet
        self._folder = sheet.parent
        self._listings: dict[Path, dict[str, list[str]]] = {}
        self._found: dict[tuple[str, str], Found | None] = {}

    def find(self, name: str, encoding: str = "") -> Found | None:
        """The file that a name means; None if there is none.

        encoding  of the sheet: the bytes of a file's name may be the same as in the sheet

        raises  TwoFiles
        """
        key = name, encoding
        if key not in self._found:
            self._found[key] = self._find(name, encoding)
        return self._found[key]

    def leads_anywhere(self, name: str) -> bool:
        """Whether this spelling of a name means any file at all."""
        try:
            return self.find(name) is not None
        except TwoFiles:
            return True

    def find_by_sheet(self) -> Found | None:
        """For a sheet with one file: the sound file with the same name as the sheet.  raises  TwoFiles"""
        stem = self._sheet.stem
        beside = self._of_stem(self._folder, stem)
        if Path(stem).suffix.lower() in AUDIO_SUFFIXES:
            beside += self._like(self._folder, stem)
        return self._one(beside, "it has the same name as the sheet")

    def find_by_numbers(self, numbers: list[int]) -> list[Path] | None:
        """The sound files beside the sheet, if their names begin with exactly these numbers; else None."""
        names = [name for names in self._listing(self._folder).values() for name in names]
        sounds = sorted((n for n in names if Path(n).suffix.lower() in AUDIO_SUFFIXES), key=natural_key)
        paths = [self._folder / name for name in sounds if (self._folder / name).is_file()]
        begin = [re.match(r"[0-9]{1,3}", path.name) for path in paths]
        if len(paths) != len(numbers) or [int(m[0]) if m else -1 for m in begin] != numbers:
            return None
        return paths

    def shown(self, path: Path) -> str:
        """A path for a message, as seen from the sheet's folder."""
        return shown(os.path.relpath(path, self._folder) if path.is_relative_to(self._folder) else str(path))

    def _find(self, name: str, encoding: str) -> Found | None:
        if len(name) > _LONGEST_PATH:
            return None
        for spelling in self._spellings(name, encoding):
            if _is_file(self._folder / spelling):
                return Found(self._folder / spelling)
        parts = [part for part in re.split(r"[\\/]+", _DRIVE.sub("", name, count=1)) if part not in ("", ".")]
        if not parts:
            return None
        tails = ["/".join(parts[-count:]) for count in range(1, len(parts) + 1)]
        tails = [tail for tail in tails[:16] if ".." not in tail.split("/")]
        in_full = "/".join(parts)
        if not _DRIVE.match(name) and not name.startswith(("/", "\\")) and in_full not in tails:
            tails.append(in_full)
        exact = [self._folder / tail for tail in tails if _is_file(self._folder / tail)]
        return (
            self._one(exact, "it exists under that name")
            or self._one(
                [path for tail in tails for path in self._like(self._folder, tail)],
                "its name differs in case, in spaces or in how accents are coded",
            )
            or self._one(
                [path for tail in tails for path in self._other_suffix(tail)],
                "it has that name with another extension",
            )
        )

    def _spellings(self, name: str, encoding: str) -> Iterator[str]:
        """The name as it is, the same with the other slashes, and the bytes that are in the sheet."""
        yield name
        yield name.replace("\\", "/")
        if encoding and not name.isascii() and not encoding.startswith("utf"):
            try:
                as_bytes = os.fsdecode(name.encode(encoding))
            except UnicodeError:
                return
            yield as_bytes
            yield as_bytes.replace("\\", "/")

    def _one(self, paths: Iterable[Path], why: str) -> Found | None:
        """raises  TwoFiles"""
        different = {os.path.realpath(path): path for path in paths}
        if len(different) > 1:
            raise TwoFiles([self.shown(path) for path in different.values()])
        return next((Found(path, why) for path in different.values()), None)

    def _other_suffix(self, tail: str) -> list[Path]:
        parent, _, name = tail.rpartition("/")
        suffix = Path(name).suffix
        stem = name[: -len(suffix)] if suffix.lower() in _SOUND_OR_RAW else name
        folders = self._folders_like(self._folder, parent.split("/")) if parent else [self._folder]
        return [path for folder in folders for path in self._of_stem(folder, stem)]

    def _of_stem(self, folder: Path, stem: str) -> list[Path]:
        wanted = _folded(stem)
        return [
            folder / name
            for key, names in self._listing(folder).items()
            if key.startswith(wanted)
            for name in names
            if Path(name).suffix.lower() in AUDIO_SUFFIXES
            and _folded(name[: -len(Path(name).suffix)]) == wanted
            and _is_file(folder / name)
        ]

    def _like(self, folder: Path, tail: str) -> list[Path]:
        *parents, name = tail.split("/")
        return [
            inner / real
            for inner in self._folders_like(folder, parents)
            for real in self._listing(inner).get(_folded(name), ())
            if _is_file(inner / real)
        ]

    def _folders_like(self, folder: Path, parts: list[str]) -> list[Path]:
        folders = [folder]
        for part in parts:
            if part == "..":
                folders = [inner / ".." for inner in folders]
            else:
                folders = [
                    inner / real
                    for inner in folders
                    for real in self._listing(inner).get(_folded(part), ())
                    if (inner / real).is_dir()
                ]
        return folders

    def _listing(self, folder: Path) -> dict[str, list[str]]:
        """Names in a folder, by their folded form; none if it cannot be read."""
        if folder not in self._listings:
            listing: dict[str, list[str]] = {}
            try:
                names = sorted(path.name for path in folder.iterdir())
            except (OSError, ValueError):
                names = []
            for name in names:
                listing.setdefault(_folded(name), []).append(name)
            self._listings[folder] = listing
        return self._listings[folder]


def _folded(name: str) -> str:
    """A form that is equal for names that differ in case, in Unicode form, and in blanks."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).replace("_", " ")


def _is_file(path: Path) -> bool:
    """Whether it is a regular file: nothing else can be read twice."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # the name is too long, or holds a zero byte
        return False
