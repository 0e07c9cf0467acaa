"""CDTEXTFILE: packs of another program, as they come."""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook.disc.cd_text import PackType
from tests.support.sheets import Desk, notes, refused, text

PACKS = Path(__file__).parent.parent / "vectors" / "cd-text"
RAW = (PACKS / "raw.cdt").read_bytes()
"""By cdrskin, of a disc with three tracks; its texts are in s.v07t beside it."""

SHEET = (
    'CDTEXTFILE "packs.cdt"\nFILE "one.wav" WAVE\n'
    "TRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 00:05:00\n"
    "TRACK 03 AUDIO\nINDEX 01 00:10:00\n"
)


@pytest.fixture
def one(desk: Desk) -> Desk:
    desk.put("one.wav")
    return desk


@pytest.mark.parametrize("form", ["raw.cdt", "n1.cdt", "h4.cdt"])
def test_bare_with_a_zero_and_with_a_header_are_the_same_packs(one: Desk, form: str) -> None:
    (one.folder / "packs.cdt").write_bytes((PACKS / form).read_bytes())
    program = one.read(SHEET)
    assert program.packs == RAW
    assert [text(program, PackType.TITLE, n) for n in range(4)] == [
        "Joyful Nights", "Song of Joy", "Humpty", "Mee"
    ]  # fmt: skip
    assert not program.notes


def test_header_and_zero(one: Desk) -> None:
    (one.folder / "packs.cdt").write_bytes((PACKS / "h4.cdt").read_bytes() + b"\0")
    assert one.read(SHEET).packs == RAW


def test_without_checksums_they_are_computed(one: Desk) -> None:
    bare = b"".join(RAW[i : i + 16] + b"\0\0" for i in range(0, len(RAW), 18))
    (one.folder / "packs.cdt").write_bytes(bare)
    assert one.read(SHEET).packs == RAW


def test_a_wrong_checksum_leaves_the_sheet_s_texts(one: Desk) -> None:
    (one.folder / "packs.cdt").write_bytes(RAW[:20] + b"X" + RAW[21:])
    program = one.read("TITLE own\n" + SHEET)
    assert program.packs == b""
    assert text(program, PackType.TITLE) == "own"
    assert "checksum of pack 2, from byte 18" in notes(program)
    assert program.notes[0].line == 2


@pytest.mark.parametrize(
    "data", [b"", b"\0", RAW[:-5], b"Input Sheet Version = 0.7T\n", RAW[:18] + b"\0" * 18]
)
def test_what_are_no_packs_leaves_the_sheet_s_texts(one: Desk, data: bytes) -> None:
    (one.folder / "packs.cdt").write_bytes(data)
    program = one.read("TITLE own\n" + SHEET)
    assert program.packs == b""
    assert text(program, PackType.TITLE) == "own"
    assert "packs.cdt" in notes(program)


def test_texts_that_differ_are_told_and_the_packs_win(one: Desk) -> None:
    (one.folder / "packs.cdt").write_bytes(RAW)
    program = one.read("TITLE own\n" + SHEET.replace("TRACK 02 AUDIO", "TRACK 02 AUDIO\nTITLE Humpty"))
    assert text(program, PackType.TITLE) == "Joyful Nights"
    (note,) = program.notes
    assert "own" in note.text
    assert "Joyful Nights" in note.text


def test_packs_of_a_disc_with_other_tracks_are_refused(one: Desk) -> None:
    (one.folder / "packs.cdt").write_bytes(RAW)
    with refused("tracks 1 to 3", "1 to 2", line=1):
        one.read(SHEET.replace("TRACK 03 AUDIO\nINDEX 01 00:10:00\n", ""))


def test_a_folder_of_that_name_is_no_file(one: Desk) -> None:
    (one.folder / "packs.cdt").mkdir()
    assert "no such file" in notes(one.read(SHEET))


def test_the_name_is_looked_for_as_those_of_sounds_are(one: Desk) -> None:
    (one.folder / "PACKS.CDT").write_bytes(RAW)
    program = one.read(SHEET)
    assert program.packs == RAW
    assert "PACKS.CDT" in notes(program)
