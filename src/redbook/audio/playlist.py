"""What playlists name: M3U, PLS and XSPF, and the many ways in which players write a file's name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes
from xml.etree import ElementTree

from redbook.audio.sounds import is_sound_name
from redbook.errors import AudioError, printable
from redbook.records import dataclass

PLAYLIST_SUFFIXES = frozenset((".m3u", ".m3u8", ".pls", ".xspf"))
MOST_PLAYLIST_BYTES = 4_000_000

_OTHER_LISTS = {
    ".wpl": "a WPL playlist (Windows Media Player)",
    ".zpl": "a ZPL playlist (Zune)",
    ".asx": "an ASX playlist (Windows Media)",
    ".wax": "a WAX playlist (Windows Media)",
    ".wvx": "a WVX playlist (Windows Media)",
    ".b4s": "a B4S playlist (Winamp)",
    ".smil": "a SMIL playlist",
    ".ram": "a RealAudio playlist",
    ".fpl": "an FPL playlist (foobar2000)",
    ".aimppl4": "an AIMP playlist",
    ".cue": "a cue sheet",
}


def other_list(path: Path) -> str:
    """The kind of a list of files that is not read here; empty for anything else."""
    return _OTHER_LISTS.get(path.suffix.lower(), "")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a playlist (XSPF: the number of the track) and the file that it means."""

    line: int
    path: Path


def entries(path: Path, data: bytes) -> tuple[list[Entry], list[str]]:
    """What a playlist names, in its order, and notes on what was skipped.

    raises  AudioError  if an entry is not on this machine, or the file is not a playlist
    """
    kind = path.suffix.lower()
    if kind == ".xspf" or data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
        return _xspf(path, data), []
    if kind == ".pls":
        found = _pls_entries(data, str(path))
        return [_entry(path, number, line) for number, line in found], []
    result, notes = [], []
    for number, line in _lines(data):
        if not line.lstrip().startswith(b"#"):
            result.append(_entry(path, number, line))
        elif not re.match(rb"\s*#EXT", line):
            target = _first_that_exists(line, path.parent)
            if target is not None:  # a song may be called "#1 Crush"
                result.append(Entry(number, target))
            elif is_sound_name(_decode_text(line).strip()):
                shown = printable(_decode_text(line).strip())
                notes.append(f"{printable(str(path))}, line {number} is taken as a comment: {shown}")
    return result, notes


def _entry(path: Path, number: int, line: bytes) -> Entry:
    try:
        return Entry(number, _playlist_target(line, path.parent))
    except (AudioError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        if not isinstance(error, AudioError):
            reason = f"cannot be read: {reason}"
        what = "track" if path.suffix.lower() == ".xspf" else "line"
        raise AudioError(f"{printable(str(path))}, {what} {number}: {reason}", str(path)) from error


def _xspf(path: Path, data: bytes) -> list[Entry]:
    """Source: XSPF version 1, 4.1.1.2.14.1.1.1.1 (location: a URI, relative to the playlist)"""
    shown = printable(str(path))
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise AudioError(
            f"{shown}: redbook does not read a playlist that defines its own entities", str(path)
        )
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise AudioError(f"{shown}: not an XSPF playlist: {printable(str(error))}", str(path)) from error
    if root.tag.rpartition("}")[2] != "playlist":
        raise AudioError(f"{shown}: not an XSPF playlist: it is <{printable(root.tag)}>", str(path))
    result = []
    tracks = [item for item in root.iter() if item.tag.rpartition("}")[2] == "track"]
    for number, track in enumerate(tracks, 1):
        places = [i.text or "" for i in track if str(i.tag).rpartition("}")[2] == "location"]
        if not any(place.strip() for place in places):
            raise AudioError(f"{shown}, track {number} has no location", str(path))
        result.append(
            _entry(path, number, next(p for p in places if p.strip()).encode("utf-8", "surrogatepass"))
        )
    return result


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, whatever program wrote their ends; UTF-16 is made UTF-8 first."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode("utf-8", "surrogatepass")
    for number, line in enumerate(re.split(rb"\r\n|\r|\n", data.removeprefix(b"\xef\xbb\xbf")), 1):
        if line.strip():
            yield number, line


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
    """The file that a line means; players write names in many ways, so the first that exists is used."""
    text = _decode_text(entry).strip()
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:/", text):
        if not text.lower().startswith("file:"):
            raise AudioError(f"{printable(text)} is not on this machine; download it first")
        return Path(path_of_file_url(text))
    found = _first_that_exists(entry, folder)
    return folder / text if found is None else found


def _first_that_exists(entry: bytes, folder: Path) -> Path | None:
    """Spelt as written, with the other slashes, and last with its percent signs as escapes."""
    text = _decode_text(entry)
    spellings = [text, os.fsdecode(entry), text.strip(), os.fsdecode(entry).strip()]
    spellings += [spelling.replace("\\", "/") for spelling in spellings]
    if b"%" in entry:
        unescaped = unquote_to_bytes(entry.strip())
        spellings += [_decode_text(unescaped), os.fsdecode(unescaped)]
    for spelling in spellings:
        if "\0" not in spelling and (folder / spelling).exists():
            return folder / spelling
    return None


def _decode_text(data: bytes) -> str:
    """UTF-8; else Windows' Western code page, as old players write it."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def path_of_file_url(url: str) -> str:
    return unquote(re.sub(r"^file:(//(localhost(?=/))?)?", "", url, flags=re.IGNORECASE))
