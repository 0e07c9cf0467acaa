"""What a user may name as a source, and the files that it stands for: playlists, folders, raw PCM."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from redbook.errors import AudioError

RAW_PREFIXES = {"raw": "little", "raw-be": "big"}
RAW_SUFFIXES = {".raw": "raw", ".pcm": "raw", ".cdr": "raw-be"}
PLAYLIST_SUFFIXES = {".m3u", ".m3u8", ".pls"}
AUDIO_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("wav", "wave", "bwf", "rf64", "w64", "aif", "aiff", "aifc", "caf", "au", "snd"),
        *("flac", "alac", "ape", "shn", "tak", "tta", "wv"),
        *("mp2", "mp3", "aac", "m4a", "m4b", "mp4", "ac3", "dts", "wma", "mpc"),
        *("ogg", "oga", "opus", "spx", "mka", "webm"),
    )
)
MOST_PLAYLIST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """One file that shall become one track.

    name  as the user gave it, or as its playlist or folder has it
    raw   "little" or "big" for 44.1 kHz 16-bit stereo without a header; empty for a sound file
    """

    name: str
    path: Path
    raw: str = ""


@dataclass(slots=True)
class Expansion:
    """The sources that the given names stand for, and what was left out of folders on the way."""

    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def expand(names: Sequence[str | os.PathLike[str]]) -> Expansion:
    """Files, in order; playlists and folders replaced by what they hold.

    raises  AudioError  for a name that leads nowhere, an empty playlist, a folder without audio
    """
    result = Expansion()
    for name in names:
        text = os.fspath(name)
        try:
            _expand_one(text, result)
        except (OSError, ValueError) as error:  # a name too long, a folder closed to us, a zero byte
            reason = getattr(error, "strerror", None) or error
            raise AudioError(f"{printable(text)}: cannot be read: {reason}", text) from error
    return result


def printable(name: str) -> str:
    """A name on one line, whatever is in it; used in every message."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)


def _expand_one(name: str, result: Expansion) -> None:
    if not name:
        raise AudioError("an empty file name was given")
    path = Path(name)
    prefix, colon, rest = name.partition(":")
    if colon and prefix in RAW_PREFIXES and not path.exists():
        result.sources.append(_existing(Source(name, Path(rest), RAW_PREFIXES[prefix])))
    elif path.is_dir():
        _expand_folder(path, result)
    elif path.suffix.lower() in PLAYLIST_SUFFIXES:
        _expand_playlist(path, result)
    else:
        result.sources.append(_existing(Source(name, path)))


def _existing(source: Source) -> Source:
    """raises  AudioError  if there is no such file, or nothing in it, or it cannot be read"""
    path, shown = source.path, printable(source.name)
    try:
        if not path.exists():
            raise AudioError(f"{shown}: there is no such file", source.name)
        if not path.is_file():
            raise AudioError(f"{shown}: not a file that can be read twice", source.name)
        if not path.stat().st_size:
            raise AudioError(f"{shown}: the file is empty", source.name)
        with path.open("rb"):
            pass
    except OSError as error:
        raise AudioError(f"{shown}: cannot be read: {error.strerror}", source.name) from error
    suffix = path.suffix.lower()
    if suffix in RAW_SUFFIXES and not source.raw:
        prefix = RAW_SUFFIXES[suffix]
        raise AudioError(
            f"{shown}: a {suffix} file says nothing of its format; if it is 44.1 kHz 16-bit stereo "
            f"PCM without a header, put {prefix}: before the name",
            source.name,
        )
    return source


def _expand_folder(folder: Path, result: Expansion) -> None:
    audio, others = _files_in(folder)
    if not audio:
        raise AudioError(f"{printable(str(folder))}: no sound file is in this folder", str(folder))
    if others:
        names = [printable(str(p.relative_to(folder))) for p in others]
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        result.notes.append(f"{printable(str(folder))}: left out, because they are no sound files: {shown}")
    ordered: list[Path] = []
    for parent in dict.fromkeys(p.parent for p in audio):
        ordered += _by_tags([p for p in audio if p.parent == parent], result)
    result.sources += [_existing(Source(str(p), p)) for p in ordered]


def _files_in(folder: Path) -> tuple[list[Path], list[Path]]:
    """Sound files and others, in natural order; hidden ones are not looked at."""

    def closed(error: OSError) -> None:
        raise error

    found: list[Path] = []
    seen: set[str] = set()
    for here, folders, files in os.walk(folder, onerror=closed, followlinks=True):
        seen.add(os.path.realpath(here))
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(Path(here, name)) not in seen
        ]
        found += [Path(here, name) for name in files if not name.startswith(".")]
    found.sort(key=lambda p: [natural_key(part) for part in p.relative_to(folder).parts])
    audio = [p for p in found if p.suffix.lower() in AUDIO_SUFFIXES and p.is_file()]
    chosen = set(audio)
    return audio, [p for p in found if p not in chosen]


def _by_tags(files: list[Path], result: Expansion) -> list[Path]:
    """By disc and track tag if every file has a track number and no two the same; else as they are."""
    from redbook.audio.ffmpeg import read_tags

    numbers = {}
    for file in files:
        tags = read_tags(file)
        numbers[file] = (tags.disc or 1, tags.track)
    if all(track for _, track in numbers.values()) and len(set(numbers.values())) == len(files):
        return sorted(files, key=lambda file: numbers[file])
    if any(track for _, track in numbers.values()):
        result.notes.append(
            f"{printable(str(files[0].parent))}: not every file has a track number of its own in its tags; "
            "the order is that of the file names"
        )
    return files


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Orders "2 b" before "10 a", whatever the case."""
    parts = re.split(r"(\d+)", text.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def _expand_playlist(path: Path, result: Expansion) -> None:
    name = str(path)
    shown = printable(name)
    _existing(Source(name, path))
    if path.stat().st_size > MOST_PLAYLIST_BYTES:
        raise AudioError(f"{shown}: too large for a playlist", name)
    data = path.read_bytes()
    entries = list(_pls_entries(data, name) if path.suffix.lower() == ".pls" else _m3u_entries(data))
    if not entries:
        raise AudioError(f"{shown}: the playlist names no file", name)
    for line, entry in entries:
        where = f"{shown}, line {line}"
        try:
            target = _playlist_target(entry, path.parent)
            if target.is_dir() or target.suffix.lower() in PLAYLIST_SUFFIXES:
                raise AudioError(
                    f"{printable(str(target))} is a folder or another playlist; name its files instead"
                )
            result.sources.append(_existing(Source(str(target), target)))
        except AudioError as error:
            raise AudioError(f"{where}: {error}", name) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise AudioError(f"{where}: cannot be read: {reason}", name) from error


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, whatever program wrote their ends; UTF-16 is made UTF-8 first."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode("utf-8", "surrogatepass")
    for number, line in enumerate(re.split(rb"\r\n|\r|\n", data.removeprefix(b"\xef\xbb\xbf")), 1):
        if line.strip():
            yield number, line


def _m3u_entries(data: bytes) -> Iterator[tuple[int, bytes]]:
    return ((number, line) for number, line in _lines(data) if not line.lstrip().startswith(b"#"))


def _pls_entries(data: bytes, name: str) -> list[tuple[int, bytes]]:
    """FileN lines by N; if a number comes twice, both count."""
    lines = list(_lines(data))
    if not any(line.strip().lower() == b"[playlist]" for _, line in lines):
        raise AudioError(f"{printable(name)}: not a PLS playlist: there is no [playlist] in it", name)
    found = []
    for number, line in lines:
        match = re.fullmatch(rb"\s*file(\d{1,9})\s*=(.*)", line, re.IGNORECASE)
        if match and match[2].strip():
            found.append((int(match[1]), number, match[2]))
    return [(number, entry) for _, number, entry in sorted(found, key=lambda item: item[:2])]


def _playlist_target(entry: bytes, folder: Path) -> Path:
    """The file that a line means; players write names in many ways, so the first that exists is taken."""
    text = _decode_text(entry).strip()
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:/", text):
        if not text.lower().startswith("file:"):
            raise AudioError(f"{printable(text)} is not on this machine; download it first")
        return Path(unquote(re.sub(r"^file:(//(localhost(?=/))?)?", "", text, flags=re.IGNORECASE)))
    raw = os.fsdecode(entry)
    spellings = [_decode_text(entry), raw, text, raw.strip()]
    spellings += [spelling.replace("\\", "/") for spelling in spellings]
    paths = [folder / spelling for spelling in spellings]
    return next((path for path in paths if path.exists()), folder / text)


def _decode_text(data: bytes) -> str:
    """UTF-8; else Windows' Western code page, as old players write it."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
