"""A master: a folder that holds everything on one disc, bit for bit, and describes it.

    FOLDER/master.json           tracks, lengths, codes, CD-Text, and the SHA-256 of each track's sectors
    FOLDER/blobs/HEX.pcm         those sectors: 2352 bytes each, 16-bit little-endian stereo
    FOLDER/blobs/HEX.flac        the same, as FLAC; HEX is the sum of the decoded sectors

The text of master.json is canonical (sorted keys, no blanks, UTF-8), and its SHA-256 is the master's name. So
two masters with the same name are the same disc, wherever they are. A blob holds a track, with what is sent
before its index 1. One after the other, the blobs are everything from LBA 0 to the lead-out.
"""

from __future__ import annotations

import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

from redbook.audio.source import Source
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.disc import SAMPLES_PER_SECTOR
from redbook.disc.cd_text import parse
from redbook.disc.layout import (
    COPY_PERMITTED,
    FOUR_CHANNELS,
    PRE_EMPHASIS,
    LaidTrack,
    RulesBroken,
    SessionLayout,
)
from redbook.errors import SheetError, printable
from redbook.records import dataclass

MASTER_FILE, BLOBS = "master.json", "blobs"
FORMAT, VERSION = "redbook master", 1
MOST_BYTES = 4 * 1024 * 1024
"""99 tracks with 99 indexes, names of any length, and 36 kB of CD-Text take less."""

_HEX = re.compile(r"[0-9a-f]{64}")
_MODES = ("sao", "tao")


@dataclass(frozen=True, slots=True)
class MasterTrack:
    """What is known about a track, apart from its place.

    sha256      of its sectors from `LaidTrack.sent_lba` to its end: the name of its blob
    source      the name of the file that it was made from, without its folders
    conversion  how that file was changed, in words; empty if it is the same bit for bit
    """

    sha256: str
    title: str = ""
    artist: str = ""
    album: str = ""
    source: str = ""
    format: str = ""
    conversion: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MasterFile:
    """What master.json says.

    mode         "sao" or "tao": how it should be written
    layout       of the disc without gaps; if it is written track-at-once, its lengths count
    tracks       one for each track of the layout
    dither_seed  with which it was made
    redbook      the version that made it
    """

    mode: str
    layout: SessionLayout
    tracks: tuple[MasterTrack, ...]
    dither_seed: int
    redbook: str

    def to_bytes(self) -> bytes:
        """The canonical text of master.json: always the same for the same master."""
        tracks = [
            {
                "number": laid.number,
                "start": laid.start_lba,
                "sectors": laid.sectors,
                "pregap": laid.pregap_sectors,
                "indexes": list(laid.indexes),
                "control": laid.control,
                "copy_alternates": laid.copy_alternates,
                "isrc": laid.isrc,
                "sha256": track.sha256,
                "title": track.title,
                "artist": track.artist,
                "album": track.album,
                "source": track.source,
                "format": track.format,
                "conversion": list(track.conversion),
            }
            for laid, track in zip(self.layout.tracks, self.tracks, strict=True)
        ]
        value = {
            "format": FORMAT,
            "version": VERSION,
            "mode": self.mode,
            "lead_out": self.layout.lead_out_lba,
            "mcn": self.layout.mcn,
            "cd_text": self.layout.cd_text.hex(),
            "dither_seed": self.dither_seed,
            "redbook": self.redbook,
            "tracks": tracks,
        }
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def name(self) -> str:
        """The SHA-256 of master.json, in hexadecimal."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def sectors(self) -> int:
        """Sectors from LBA 0 to the lead-out."""
        return self.layout.lead_out_lba

    def lengths(self) -> list[int]:
        """Sectors of each track's blob."""
        return [laid.end_lba - laid.sent_lba for laid in self.layout.tracks]

    @classmethod
    def from_bytes(cls, data: bytes) -> MasterFile:
        """Parse the content of a master.json.  raises  ValueError  for a master that could not be burned"""
        value = json.loads(data.decode("utf-8"))
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise ValueError(f"it does not say that it is a {FORMAT}")
        if value.get("version") != VERSION:
            raise ValueError(f"it has version {value.get('version')!r}, but this redbook knows {VERSION}")
        rows = _typed(value, "tracks", list)
        laid, tracks = [], []
        for row in rows:
            if not isinstance(row, dict):
                raise ValueError("a track is not an object")
            laid.append(_laid(row))
            tracks.append(_track(row))
        layout = SessionLayout(
            tuple(laid),
            _typed(value, "lead_out", int),
            _typed(value, "mcn", str),
            bytes.fromhex(_typed(value, "cd_text", str)),
        )
        try:
            layout.check()
        except RulesBroken as broken:
            raise ValueError(f"it cannot be a CD: {broken}") from broken
        if not layout.is_continuous or layout.first_lba + layout.tracks[0].pregap_sectors < 0:
            raise ValueError("its tracks do not follow each other without a gap")
        mode = _typed(value, "mode", str)
        if mode not in _MODES:
            raise ValueError(f"its mode is {mode!r}; it must be sao or tao")
        seed, version = _typed(value, "dither_seed", int), _typed(value, "redbook", str)
        return cls(mode, layout, tuple(tracks), seed, version)


def _typed(row: dict[str, Any], key: str, kind: type) -> Any:
    found = row.get(key)
    if type(found) is not kind:
        raise ValueError(f"its {key!r} is {'missing' if found is None else 'no ' + kind.__name__}")
    return found


def _laid(row: dict[str, Any]) -> LaidTrack:
    indexes = _typed(row, "indexes", list)
    if not all(type(index) is int for index in indexes):
        raise ValueError("its 'indexes' are not numbers")
    number, start, sectors, pregap, control = (
        _typed(row, key, int) for key in ("number", "start", "sectors", "pregap", "control")
    )
    alternates, isrc = _typed(row, "copy_alternates", bool), _typed(row, "isrc", str)
    return LaidTrack(
        number,
        start,
        sectors,
        pregap,
        indexes=tuple(indexes),
        control=control,
        copy_alternates=alternates,
        isrc=isrc,
    )


def _track(row: dict[str, Any]) -> MasterTrack:
    sha256 = _typed(row, "sha256", str)
    if not _HEX.fullmatch(sha256):
        raise ValueError("its 'sha256' is not a SHA-256")
    title, artist, album, source, form = (
        _typed(row, key, str) for key in ("title", "artist", "album", "source", "format")
    )
    conversion = tuple(map(str, _typed(row, "conversion", list)))
    return MasterTrack(sha256, title, artist, album, source, form, conversion)


def is_master(folder: Path) -> bool:
    """Whether a folder says that it is a master."""
    return (folder / MASTER_FILE).is_file()


def read_master_file(folder: Path, name: str = "") -> MasterFile:
    """Read master.json.  name: of the folder as the user gave it, for messages.  raises  SheetError"""
    shown = printable(name or str(folder))
    try:
        with (folder / MASTER_FILE).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SheetError(f"{shown}: {MASTER_FILE} cannot be read: {error.strerror}", name) from error
    if len(data) > MOST_BYTES:
        raise SheetError(f"{shown}: {MASTER_FILE} is too large", name)
    try:
        found = MasterFile.from_bytes(data)
    except (ValueError, RecursionError) as error:
        raise SheetError(f"{shown}: {MASTER_FILE} is damaged: {error}; make it again", name) from error
    if found.to_bytes() != data:
        raise SheetError(f"{shown}: {MASTER_FILE} was changed after it was made; make it again", name)
    return found


def blob_path(folder: Path, sha256: str) -> Path | None:
    """The file with a blob's sectors, else its FLAC file; None if neither is there."""
    for suffix in (".pcm", ".flac"):
        path = folder / BLOBS / (sha256 + suffix)
        if path.is_file():
            return path
    return None


def program_of_master(master: MasterFile, folder: Path, name: str) -> Program:
    """The program that burns a master.

    name  of the folder as the user gave it

    raises  SheetError  for a blob that is missing, or has another length
    """
    shown_folder = printable(name)
    sources: dict[str, Source] = {}
    tracks = []
    for laid, track, sectors in zip(master.layout.tracks, master.tracks, master.lengths(), strict=True):
        path = blob_path(folder, track.sha256)
        if path is None:
            raise SheetError(
                f"{shown_folder}: the audio of track {laid.number} is missing ({BLOBS}/{track.sha256}): "
                "copy the master once more, or make it again",
                name,
            )
        if path.suffix == ".pcm" and path.stat().st_size != sectors * SAMPLES_PER_SECTOR * 4:
            raise SheetError(
                f"{shown_folder}: the audio of track {laid.number} has {path.stat().st_size} bytes, not "
                f"{sectors * SAMPLES_PER_SECTOR * 4}: copy the master once more, or make it again",
                name,
            )
        shown = track.source or f"track {laid.number} of {name}"
        sources.setdefault(track.sha256, Source(shown, path, "little" if path.suffix == ".pcm" else ""))
        place = list(sources).index(track.sha256)
        tracks.append(_program_track(laid, place))
    texts = tuple(one for one in parse(master.layout.cd_text, 1) if not one.is_empty)
    return Program(tuple(sources.values()), tuple(tracks), master.layout.mcn, texts, master.layout.cd_text)


def _program_track(laid: LaidTrack, place: int) -> ProgramTrack:
    def piece(begin: int, end: int) -> Piece:
        first = (begin - laid.sent_lba) * SAMPLES_PER_SECTOR
        return Piece(place, first, (end - begin) * SAMPLES_PER_SECTOR)

    marks = [laid.start_lba, *laid.indexes, laid.end_lba]
    segments = [Segment(n, (piece(begin, end),)) for n, (begin, end) in enumerate(pairwise(marks), 1)]
    if laid.sent_lba < laid.start_lba:
        segments.insert(0, Segment(0, (piece(laid.sent_lba, laid.start_lba),)))
    return ProgramTrack(
        tuple(segments),
        isrc=laid.isrc,
        pre_emphasis=bool(laid.control & PRE_EMPHASIS),
        copy_permitted=bool(laid.control & COPY_PERMITTED),
        four_channels=bool(laid.control & FOUR_CHANNELS),
        copy_alternates=laid.copy_alternates,
    )
