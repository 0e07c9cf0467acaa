"""Sheets that are none: one error in one line, whatever comes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from redbook.errors import SheetError
from redbook.sheets import read_cue
from tests.support.sheets import Desk, refused

MEGABYTE = 1_000_000
HEAD = 'FILE "one.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n'


def filled(line: str, head: str = "") -> bytes:
    """A megabyte of one line."""
    return (head + line * (MEGABYTE // len(line))).encode()


@pytest.mark.parametrize(
    "data", [b"", b"\n", b" \r\n\t", b"\0" * 100, b"\xff\xfe", b"\xef\xbb\xbf", b"REM x\n", b"; x"]
)
def test_a_sheet_without_anything_is_refused(desk: Desk, data: bytes) -> None:
    with refused("sheet.cue"):
        desk.read(data)


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_are_refused(desk: Desk, seed: int) -> None:
    with refused("cue sheet"):
        desk.read(random.Random(seed).randbytes(5000))


LONG = {
    "random": random.Random(1).randbytes(MEGABYTE),
    "zeros": bytes(MEGABYTE),
    "ends of lines": b"\n" * MEGABYTE,
    "one line": b'TITLE "' + b"x" * MEGABYTE,
    "one word": b"x" * MEGABYTE,
    "quotation marks": b"FILE " + b'"' * MEGABYTE,
    "high bytes": filled("TITLE \xe9\n", HEAD).decode().encode("cp1252"),
    "unknown words": filled("x\n", HEAD),
    "remarks": filled("REM A 1\n", HEAD),
    "many remarks": "".join(f"REM W{n} 1\n" for n in range(90_000)).encode(),
    "the same file": filled("FILE one.wav WAVE\n", HEAD),
    "other files": "".join(f"FILE {n}.wav WAVE\n" for n in range(60_000)).encode() + HEAD.encode(),
    "other files in an old encoding": "".join(f"FILE {n}é.wav WAVE\n" for n in range(50_000)).encode(
        "cp1252"
    ),
    "tracks": filled("TRACK 1 AUDIO\n"),
    "indexes": filled("INDEX 01 00:00:00\n", HEAD),
    "flags": filled("FLAGS PRE DCP x\n", HEAD),
    "codes": filled("ISRC x\nCATALOG 1\n", HEAD),
    "a long path": b"FILE " + b"a/" * (MEGABYTE // 2) + b" WAVE\nTRACK 1 AUDIO\nINDEX 1 0:0:0",
    "a long path of another system": b"FILE "
    + b"a\\" * (MEGABYTE // 2)
    + b" WAVE\nTRACK 1 AUDIO\nINDEX 1 0:0:0",
    "steps up": b"FILE " + b"../" * (MEGABYTE // 3) + b"x WAVE\nTRACK 1 AUDIO\nINDEX 1 0:0:0",
    "digits": b"FILE one.wav WAVE\nTRACK 01 AUDIO\nINDEX 01 " + b"1" * MEGABYTE,
    "a long number": b"FILE one.wav WAVE\nTRACK " + b"1" * MEGABYTE,
    "a long index": b"FILE one.wav WAVE\nTRACK 1 AUDIO\nINDEX " + b"1" * MEGABYTE + b" 00:00:00",
    "a long session": HEAD.encode() + b"REM SESSION " + b"1" * MEGABYTE,
    "a long lead-out": HEAD.encode() + b"REM FLAC__lead-out 170 " + b"1" * MEGABYTE,
    "kanji": filled("TITLE 日本語の曲\n", HEAD).decode("utf-8").encode("cp932"),
}


@pytest.mark.parametrize("name", LONG)
def test_a_megabyte_of_anything_ends_in_a_program_or_one_short_error(desk: Desk, name: str) -> None:
    desk.put("one.wav")
    try:
        program = desk.read(LONG[name])
    except SheetError as error:
        assert len(str(error)) < 500
        assert str(error).isprintable()
    else:
        assert len(program.notes) <= 210
        assert all(len(note.text) < 500 and note.text.isprintable() for note in program.notes)


def test_more_lines_than_any_disc_needs_are_no_sheet(desk: Desk) -> None:
    desk.put("one.wav")
    assert desk.read(HEAD + "FLAGS PRE\n" * 49_000).tracks
    with refused("more than 50000 lines"):
        desk.read(HEAD + "FLAGS PRE\n" * 51_000)


def test_what_is_too_large_is_no_sheet(desk: Desk) -> None:
    with refused("too large"):
        desk.read(b";" * 4_000_001)


@pytest.mark.parametrize("what", ["folder", "nothing", "closed name"])
def test_what_cannot_be_read_is_an_error_of_the_sheet(tmp_path: Path, what: str) -> None:
    path = {"folder": tmp_path, "nothing": tmp_path / "no.cue", "closed name": tmp_path / ("x" * 300)}[what]
    with refused(path.name):
        read_cue(path, path.name, lambda source: None)
