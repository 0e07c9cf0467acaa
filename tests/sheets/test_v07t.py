"""Sony's sheets of texts: what cdrskin made of one is what we make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook.disc.cd_text import PackType, encode
from redbook.errors import SheetError
from redbook.sheets.options import Notebook
from redbook.sheets.v07t import read_v07t, texts_in

VECTORS = Path(__file__).parents[1] / "vectors" / "cd-text"
HEAD = b"Input Sheet Version = 0.7T\n"


def test_cdrskin_makes_the_same_packs_of_it() -> None:
    notes = Notebook("s.v07t")
    sheet = read_v07t(VECTORS / "s.v07t", notes)
    made = encode(sheet.texts, sheet.first_track, 3, repeats=True)
    assert made.packs == (VECTORS / "raw.cdt").read_bytes()
    assert not notes.notes


def test_several_languages_codes_and_numbers() -> None:
    notes = Notebook("a.v07t")
    sheet = texts_in(
        HEAD
        + b"text code = 8859\r\nAlbum Title = \xc9tude\r\nText Data Copy Protection = ON\r\n"
        + b"Genre Code = 0x0017\r\nISRC 04 = DE-ABC-25-00001\r\nFirst Track Number = 4\r\n"
        + b"Track 04 Title = a = b\r\nRemarks = none\r\n"
        + HEAD
        + b"Text Code = MS-JIS\nLanguage Code = 0x69\nAlbum Title = "
        + "さくら".encode("cp932")
        + b"\nGenre Code = Not Used\n",
        notes,
    )
    english, japanese = sheet.texts
    assert english.by_type == {
        PackType.TITLE: {0: "Étude", 4: "a = b"},
        PackType.CODE: {4: "DEABC2500001"},
    }
    assert (english.language, english.genre, english.copyright) == ("English", "Rock", 3)
    assert (japanese.language, japanese.text(PackType.TITLE)) == ("Japanese", "さくら")
    assert japanese.character_set == 0x80
    assert sheet.first_track == 4
    assert not notes.notes


def test_what_is_not_understood_is_said_with_its_line() -> None:
    notes = Notebook("a.v07t")
    texts_in(HEAD + b"Album Titel = X\nLanguage Code = Klingon\nTrack 00 Title = X\n", notes)
    assert [(note.line, note.text) for note in notes.notes] == [
        (2, "album titel: X is not understood, and is left out"),
        (3, "language code: Klingon is not understood, and is left out"),
        (4, "track 00 title: X is not understood, and is left out"),
    ]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b"Album Title = X", "line 1: it does not begin with an Input Sheet Version"),
        (HEAD + b"Text Code = UTF-8", "line 2: Text Code UTF-8 is not one of 8859, ASCII and MS-JIS"),
    ],
)
def test_errors(data: bytes, why: str) -> None:
    with pytest.raises(SheetError, match=why):
        texts_in(data, Notebook("a.v07t"))
