"""Bytes as cue sheets, beside sound files and inside them: nothing but a SheetError comes of them."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from redbook.audio.source import Source
from redbook.authoring.arrange import arrange
from redbook.authoring.program import Program
from redbook.errors import PlanError, SheetError
from redbook.sheets import SheetOptions, read_cue
from redbook.sheets.flac_block import parse_block
from redbook.sheets.meaning import program_of
from redbook.sheets.options import Notebook
from redbook.sheets.sources import Sources
from redbook.sheets.syntax import parse

_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
FOLDER = Path(tempfile.mkdtemp(prefix="redbook-fuzz-", dir=_MEMORY))
NAMES = ("one.wav", "TWO.flac", "風.wav", "sub/1.wav", "d.bin", "p.cdt")
LENGTHS = (588 * 900 + 17, 588 * 2000)


def _folder() -> Path:
    if not (FOLDER / "sub").exists():
        (FOLDER / "sub").mkdir()
        for name in NAMES:
            (FOLDER / name).write_bytes(b"RIFF\0\0\0\0WAVE" if name.endswith("wav") else bytes(2352))
    return FOLDER


def _length_of(source: Source) -> int | None:
    return LENGTHS[len(source.path.name) % 2]


def _check(program: Program, known: bool) -> None:
    """What every program keeps to, and what a disc does that comes of it."""
    assert 1 <= len(program.tracks) <= 99
    for track in program.tracks:
        indexes = [segment.index for segment in track.segments]
        assert indexes in (list(range(len(indexes))), list(range(1, len(indexes) + 1)))
        assert len(track.isrc) in (0, 12)
        for piece in track.pieces:
            assert piece.source is None or piece.source < len(program.sources)
            assert piece.first >= 0
            assert piece.samples is None or piece.samples >= 0
    assert len(program.mcn) in (0, 13)
    assert all(str(note).isprintable() and len(str(note)) < 1000 for note in program.notes)
    if known:
        with contextlib.suppress(PlanError):
            made = arrange(program, [_length_of(source) or 0 for source in program.sources])
            made.layout.check()


def beside(data: bytes, options: SheetOptions, known: bool) -> None:
    path = _folder() / "fuzzed.cue"
    path.write_bytes(data)
    _check(read_cue(path, "fuzzed.cue", _length_of if known else lambda source: None, options), known)


def inside(data: bytes, options: SheetOptions, known: bool) -> None:
    notes = Notebook("x.flac", options.strict)
    sheet = parse(data.decode("utf-8", "replace"), notes, options, own_file="x.flac")
    _embedded(sheet, options, notes, known)


def block(data: bytes, options: SheetOptions, known: bool) -> None:
    notes = Notebook("x.flac", options.strict)
    _embedded(parse_block(data, 44_100, "x.flac", options, notes), options, notes, known)


def _embedded(sheet: object, options: SheetOptions, notes: Notebook, known: bool) -> None:
    own = Source("x.flac", Path("x.flac"))
    length_of = _length_of if known else lambda source: None
    sources = Sources(sheet, None, length_of, options, notes, own=own)  # type: ignore[arg-type]
    _check(program_of(sheet, sources, options, notes), known)  # type: ignore[arg-type]


KINDS: tuple[Callable[[bytes, SheetOptions, bool], None], ...] = (beside, inside, block)


def one(data: bytes) -> None:
    """The first byte chooses: what, and how it is read."""
    if not data:
        return
    bits = data[0] // len(KINDS)
    options = SheetOptions(
        strict=bits % 16 == 15,
        keep_mcn=bool(bits & 1),
        match_files=bool(bits & 2),
        audio_only=bool(bits & 4),
    )
    try:
        KINDS[data[0] % len(KINDS)](data[1:], options, not bits & 8)
    except SheetError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 1000
        assert error.source


_SHEET = b"""REM DISCID 09001A02
CATALOG 4006381333931
CDTEXTFILE "p.cdt"
TITLE "T"
FILE "one.wav" WAVE
  TRACK 01 AUDIO
    ISRC DEABC2500001
    FLAGS PRE
    PREGAP 00:02:00
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    INDEX 00 00:10:00
FILE "two.wav" WAVE
    INDEX 01 00:00:00
    INDEX 02 00:02:00
    POSTGAP 00:00:10
"""
_BLOCK = b"4006381333931".ljust(128, b"\0") + (88_200).to_bytes(8, "big") + b"\x80" + bytes(258) + b"\3"
_BLOCK += (
    bytes(8)
    + b"\1DEABC2500001\x40"
    + bytes(13)
    + b"\2"
    + bytes(12)
    + (588 * 300).to_bytes(8, "big")
    + b"\1\0\0\0"
)
_BLOCK += (588 * 900).to_bytes(8, "big") + b"\2" + bytes(12) + bytes(14) + b"\1" + bytes(8) + b"\1\0\0\0"
_BLOCK += (588 * 2000).to_bytes(8, "big") + b"\xaa" + bytes(26) + b"\0"

SEEDS = [
    b"\0" + _SHEET,
    b"\x18" + _SHEET,
    b"\1"
    + _SHEET.replace(
        b'FILE "two.wav" WAVE\n    INDEX 01 00:00:00\n    INDEX 02 00:02', b"    INDEX 01 00:12"
    ),
    b"\0" + _SHEET.decode().encode("utf-16"),
    b"\0" + 'TITLE "風色"\nFILE "風.wav" WAVE\nTRACK 1 AUDIO\nINDEX 1 0:0:0'.encode("cp932"),
    b"\x0c"
    + b'FILE "d.bin" BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 00:10:00\n',
    b"\6" + b'FILE "1.mp3" MP3\nTRACK 01 AUDIO\nREM SESSION 02\nTRACK 03 CDG\nINDEX 00 00:10:80\n',
    b"\2" + _BLOCK,
]
