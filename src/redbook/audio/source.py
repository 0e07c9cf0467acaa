"""What a user may name as a source, and the files that it means: playlists, folders, raw PCM."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path

from redbook.audio import playlist
from redbook.audio.sounds import AUDIO_SUFFIXES, VIDEO_SUFFIXES, begins_like_sound
from redbook.errors import AudioError, printable
from redbook.records import dataclass

__all__ = ["Expansion", "Source", "expand", "natural_key", "printable"]

RAW_PREFIXES = {"raw": "little", "raw-be": "big"}
SHEET_SUFFIXES = (".cue", ".toc")
RAW_SUFFIXES = {".raw": "raw", ".pcm": "raw", ".cdr": "raw-be"}


@dataclass(frozen=True, slots=True)
class Source:
    """One file that will become one track.

    name  as the user gave it, or as its playlist or folder has it
    raw   "little" or "big" for 44.1 kHz 16-bit stereo without a header; empty for a sound file
    """

    name: str
    path: Path
    raw: str = ""


@dataclass(slots=True)
class Expansion:
    """The sources that the given names mean, and what was left out of folders on the way."""

    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def expand(names: Sequence[str | os.PathLike[str]]) -> Expansion:
    """Files, in order; playlists and folders replaced by what they hold.

    raises  AudioError  for a name that does not exist, an empty playlist, a folder without audio
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


def _expand_one(name: str, result: Expansion) -> None:
    if not name:
        raise AudioError("an empty file name was given")
    path = Path(name)
    prefix, colon, rest = name.partition(":")
    if colon and prefix in RAW_PREFIXES and not path.exists():
        result.sources.append(_existing(Source(name, Path(rest), RAW_PREFIXES[prefix])))
    elif path.is_dir():
        _expand_folder(path, result)
    elif path.suffix.lower() in playlist.PLAYLIST_SUFFIXES and not _is_address(name):
        _expand_playlist(path, result)
    else:
        _check_no_file(name, path)
        result.sources.append(_existing(Source(name, path)))


def _is_address(name: str) -> bool:
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:/", name) is not None


def _check_no_file(name: str, path: Path) -> None:
    """raises  AudioError  with what to do, for what people name that is not a file"""
    shown = printable(name)
    if path.exists():
        if what := playlist.other_list(path):
            raise AudioError(
                f"{shown}: {what}, which redbook cannot read; save it as M3U, or name its files", name
            )
    elif name == "-":
        raise AudioError("-: standard input cannot be read twice; save it to a file, and name that", name)
    elif name.lower().startswith("file:"):
        target = printable(playlist.path_of_file_url(name))
        raise AudioError(f"{shown}: name the file by its path: {target}", name)
    elif _is_address(name):
        raise AudioError(f"{shown} is not on this machine; download it first, and name the file", name)


def _existing(source: Source) -> Source:
    """raises  AudioError  if there is no such file, or nothing in it, or it cannot be read"""
    path, shown = source.path, printable(source.name)
    try:
        if not path.exists():
            if path.is_symlink():
                raise AudioError(f"{shown}: a link to a file that does not exist", source.name)
            raise AudioError(f"{shown}: there is no such file", source.name)
        if not path.is_file():
            raise AudioError(f"{shown}: not a regular file, so it cannot be read twice", source.name)
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
            f"{shown}: a {suffix} file does not state its format; if it is 44.1 kHz 16-bit stereo PCM "
            f"without a header, put {prefix}: before the name",
            source.name,
        )
    return source


def _expand_folder(folder: Path, result: Expansion) -> None:
    audio, others, again = _files_in(folder)
    if not audio:
        raise AudioError(f"{printable(str(folder))}: there is no sound file in this folder", str(folder))
    for path in audio:
        _existing(Source(str(path), path))
    _note_left_out(folder, others, result)
    if again:
        names = ", ".join(printable(str(path.relative_to(folder))) for path in again[:5])
        result.notes.append(
            f"{printable(str(folder))}: read only once, because they are the same folder: {names}"
        )
    ordered: list[Path] = []
    for parent in dict.fromkeys(p.parent for p in audio):
        here = [p for p in audio if p.parent == parent]
        _note_twice(parent, here, result)
        ordered += _by_tags(here, result)
    result.sources += [Source(str(p), p) for p in ordered]


def _note_left_out(folder: Path, others: list[Path], result: Expansion) -> None:
    """One note for each reason."""
    reasons: dict[str, list[str]] = {}
    for path in others:
        if path.suffix.lower() in VIDEO_SUFFIXES:
            reason = "videos; name one to burn its sound"
        elif path.suffix.lower() in RAW_SUFFIXES:
            reason = "no format stated; name 44.1 kHz 16-bit stereo PCM as raw:PATH"
        elif path.suffix.lower() in SHEET_SUFFIXES:
            reason = "sheets; name one to burn it"
        elif path.is_file() and begins_like_sound(path):
            reason = "not named like sound files, although they begin like them; name them to burn them"
        else:
            reason = "not sound files"
        reasons.setdefault(reason, []).append(printable(str(path.relative_to(folder))))
    for reason, names in reasons.items():
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        result.notes.append(f"{printable(str(folder))}: skipped ({reason}): {shown}")


def _note_twice(folder: Path, files: list[Path], result: Expansion) -> None:
    """The same songs in two formats are mostly an oversight."""
    alike: dict[str, list[Path]] = {}
    for path in files:
        alike.setdefault(path.stem.casefold(), []).append(path)
    twice = [paths for paths in alike.values() if len({path.suffix.lower() for path in paths}) > 1]
    if twice:
        names = " and ".join(printable(path.name) for path in twice[0][:3])
        more = f", and {len(twice) - 1} more" if len(twice) > 1 else ""
        result.notes.append(
            f"{printable(str(folder))}: the same songs seem to be present in several formats "
            f"({names}{more}); all of them are used: to have each song only once, name the files of one "
            "format"
        )


def _files_in(folder: Path) -> tuple[list[Path], list[Path], list[Path]]:
    """Files with the name of a sound file, and all others, in natural order; hidden ones are ignored. Third,

    links to folders that were already read.
    """

    def closed(error: OSError) -> None:
        raise error

    found: list[Path] = []
    again: list[Path] = []
    seen = {os.path.realpath(folder)}
    for here, folders, files in os.walk(folder, onerror=closed, followlinks=True):
        inner = sorted(Path(here, name) for name in folders if not name.startswith("."))
        inner.sort(key=Path.is_symlink)
        folders.clear()
        for path in inner:
            real = os.path.realpath(path)
            if real in seen:
                again.append(path)
            else:
                folders.append(path.name)
            seen.add(real)
        found += [Path(here, name) for name in files if not name.startswith(".")]
    found.sort(key=lambda p: [natural_key(part) for part in p.relative_to(folder).parts])
    audio = [p for p in found if p.suffix.lower() in AUDIO_SUFFIXES]
    return audio, [p for p in found if p.suffix.lower() not in AUDIO_SUFFIXES], sorted(again)


def _by_tags(files: list[Path], result: Expansion) -> list[Path]:
    """By disc and track tag if every file has a track number and no two are the same; otherwise as they
    are.
    """
    from redbook.audio.ffmpeg import read_tags

    numbers = {}
    for file in files:
        tags = read_tags(file)
        numbers[file] = (tags.disc or 1, tags.track)
    if all(track for _, track in numbers.values()) and len(set(numbers.values())) == len(files):
        return sorted(files, key=lambda file: numbers[file])
    if any(track for _, track in numbers.values()):
        result.notes.append(
            f"{printable(str(files[0].parent))}: the tags do not give every file its own track number; the "
            "files are in the order of their names"
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
    if path.stat().st_size > playlist.MOST_PLAYLIST_BYTES:
        raise AudioError(f"{shown}: too large for a playlist", name)
    entries, notes = playlist.entries(path, path.read_bytes())
    result.notes += notes
    if not entries:
        raise AudioError(f"{shown}: the playlist names no file", name)
    for entry in entries:
        target = entry.path
        where = f"{shown}, {'track' if path.suffix.lower() == '.xspf' else 'line'} {entry.line}"
        try:
            if target.is_dir() or target.suffix.lower() in playlist.PLAYLIST_SUFFIXES:
                raise AudioError(
                    f"{printable(str(target))} is a folder or another playlist; name its files instead"
                )
            result.sources.append(_existing(Source(str(target), target)))
        except AudioError as error:
            raise AudioError(f"{where}: {error}", name) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise AudioError(f"{where}: cannot be read: {reason}", name) from error
