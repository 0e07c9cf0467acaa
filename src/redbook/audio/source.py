"""What a user may name as a source, and the files that it stands for: playlists, folders, raw PCM."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

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
        _expand_one(os.fspath(name), result)
    return result


def _expand_one(name: str, result: Expansion) -> None:
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
    path = source.path
    if not source.name:
        raise AudioError("an empty file name was given", source.name)
    try:
        if not path.exists():
            raise AudioError(f"{source.name}: there is no such file", source.name)
        if not path.is_file():
            raise AudioError(f"{source.name}: not a file that can be read twice", source.name)
        if not path.stat().st_size:
            raise AudioError(f"{source.name}: the file is empty", source.name)
        with path.open("rb"):
            pass
    except OSError as error:
        raise AudioError(f"{source.name}: cannot be read: {error.strerror}", source.name) from error
    suffix = path.suffix.lower()
    if suffix in RAW_SUFFIXES and not source.raw:
        prefix = RAW_SUFFIXES[suffix]
        raise AudioError(
            f"{source.name}: a {suffix} file says nothing of its format; if it is 44.1 kHz 16-bit stereo "
            f"PCM without a header, say so by the name {prefix}:{source.name}",
            source.name,
        )
    return source


def _expand_folder(folder: Path, result: Expansion) -> None:
    files = sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: natural_key(str(p)))
    files = [p for p in files if not any(part.startswith(".") for part in p.relative_to(folder).parts)]
    audio = [p for p in files if p.suffix.lower() in AUDIO_SUFFIXES]
    if not audio:
        raise AudioError(f"{folder}: no sound file is in this folder", str(folder))
    others = [str(p.relative_to(folder)) for p in files if p.suffix.lower() not in AUDIO_SUFFIXES]
    if others:
        shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
        result.notes.append(f"{folder}: left out, because they are no sound files: {shown}")
    ordered: list[Path] = []
    for parent in dict.fromkeys(p.parent for p in audio):
        ordered += _by_tags([p for p in audio if p.parent == parent], result)
    result.sources += [_existing(Source(str(p), p)) for p in ordered]


def _by_tags(files: list[Path], result: Expansion) -> list[Path]:
    """By disc and track tag if every file has a track number and no two the same; else as they are."""
    from redbook.audio.decode import read_tags

    numbers = {}
    for file in files:
        tags = read_tags(file)
        numbers[file] = (tags.disc or 1, tags.track)
    if all(track for _, track in numbers.values()) and len(set(numbers.values())) == len(files):
        return sorted(files, key=lambda file: numbers[file])
    if any(track for _, track in numbers.values()):
        result.notes.append(
            f"{files[0].parent}: not every file has a track number of its own in its tags; "
            "the order is that of the file names"
        )
    return files


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Orders "2 b" before "10 a", whatever the case."""
    parts = re.split(r"(\d+)", text.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def _expand_playlist(path: Path, result: Expansion) -> None:
    name = str(path)
    _existing(Source(name, path))
    if path.stat().st_size > MOST_PLAYLIST_BYTES:
        raise AudioError(f"{name}: too large for a playlist", name)
    text = _decode_text(path.read_bytes())
    entries = list(_pls_entries(text, name) if path.suffix.lower() == ".pls" else _m3u_entries(text))
    if not entries:
        raise AudioError(f"{name}: the playlist names no file", name)
    for line, entry in entries:
        target = _playlist_target(entry, path.parent, f"{name}, line {line}")
        if target.is_dir() or target.suffix.lower() in PLAYLIST_SUFFIXES:
            raise AudioError(
                f"{name}, line {line}: {entry} is a folder or another playlist; name its files instead", name
            )
        try:
            result.sources.append(_existing(Source(str(target), target)))
        except AudioError as error:
            raise AudioError(f"{name}, line {line}: {error}", name) from error


def _decode_text(data: bytes) -> str:
    """UTF-8, with or without a mark; else Windows' Western code page, as old players write it."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _m3u_entries(text: str) -> Iterable[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.rstrip("\r\n")


def _pls_entries(text: str, name: str) -> Iterator[tuple[int, str]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise AudioError(f"{name}: not a PLS playlist: {error}", name) from error
    section = next((s for s in parser.sections() if s.lower() == "playlist"), None)
    if section is None:
        raise AudioError(f"{name}: not a PLS playlist: there is no [playlist] in it", name)
    lines = text.splitlines()
    files = {
        int(match[1]): value
        for key, value in parser.items(section)
        if (match := re.fullmatch(r"file(\d+)", key))
    }
    for number in sorted(files):
        pattern = re.compile(rf"\s*file{number}\s*=", re.IGNORECASE)
        yield next((i for i, line in enumerate(lines, 1) if pattern.match(line)), 0), files[number]


def _playlist_target(entry: str, folder: Path, where: str) -> Path:
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", entry):
        parts = urlsplit(entry)
        if parts.scheme.lower() != "file":
            raise AudioError(f"{where}: {entry} is not on this machine; download it first", where)
        return Path(unquote(parts.path))
    path = folder / entry
    if not path.exists() and "\\" in entry:
        path = folder / entry.replace("\\", "/")
    return path
