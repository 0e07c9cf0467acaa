"""Files of CD-Text packs: the three forms, and what is wrong with others."""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook.disc.cd_text import PACK_BYTES, PackType, Texts, each_pack, encode, sealed
from redbook.errors import SheetError
from redbook.sheets.options import Notebook
from redbook.sheets.packs import PacksWrong, check_tracks, packs_in, read_packs_file

VECTORS = Path(__file__).parents[1] / "vectors" / "cd-text"
RAW = (VECTORS / "raw.cdt").read_bytes()


@pytest.mark.parametrize("name", ["raw.cdt", "n1.cdt", "h4.cdt"])
def test_the_three_forms_hold_the_same_packs(name: str) -> None:
    found = packs_in((VECTORS / name).read_bytes())
    assert (found.packs, found.odd) == (RAW, ())
    assert found.texts[0].text(PackType.TITLE, 1) == "Song of Joy"


def test_a_header_and_a_zero() -> None:
    assert packs_in((VECTORS / "h4.cdt").read_bytes() + b"\0").packs == RAW


def test_packs_without_checksums_get_them() -> None:
    bare = b"".join(pack[:16] + b"\0\0" for pack in each_pack(RAW))
    found = packs_in(bare)
    assert found.packs == RAW
    assert found.odd == ("its packs have no checksums; they are computed",)


def wrong(data: bytes) -> str:
    with pytest.raises(PacksWrong) as caught:
        packs_in(data)
    return str(caught.value)


def test_what_is_wrong_and_where() -> None:
    spoiled = RAW[:52] + b"\0\0" + RAW[54:]  # where cdrskin has written 685D
    assert wrong(spoiled) == (
        "the checksum of pack 3, from byte 36 of the packs on, is 0000, and 685D would be right: "
        "the file is damaged"
    )
    assert "(2 packs are damaged)" in wrong(spoiled[:60] + b"?" + spoiled[61:])
    assert wrong(b"") == "it is empty"
    assert wrong(RAW[:-1]) == "its 269 bytes are not a whole number of packs of 18 bytes"
    assert wrong(RAW + b"\1") == "its 271 bytes are not a whole number of packs of 18 bytes"
    assert wrong((VECTORS / "h4.cdt").read_bytes()[:-18]) == (
        "its header promises 274 bytes, but 256 are there: it was cut short"
    )
    assert (
        wrong(b"RIFF" * 9)
        == "pack 1, from byte 0 of the packs on, begins with 52h, but CD-Text has 80h to 8Fh"
    )
    assert wrong(RAW * 150).startswith("it is larger than 8 languages")


def test_what_is_odd_is_said_and_burned() -> None:
    no_sizes = RAW[: -3 * PACK_BYTES]
    found = packs_in(no_sizes)
    assert found.packs == no_sizes
    assert found.odd == ("the packs that give its size are missing; many players then show nothing",)
    renumbered = b"".join(sealed(pack[:2] + bytes((pack[2] + 1,)) + pack[3:16]) for pack in each_pack(RAW))
    assert packs_in(renumbered).odd == ("its packs are not numbered consecutively from 0",)
    fewer = RAW[: 11 * PACK_BYTES] + b"".join(
        sealed(pack[:2] + bytes((pack[2] - 1,)) + pack[3:16]) for pack in each_pack(RAW[12 * PACK_BYTES :])
    )
    assert packs_in(fewer).odd == ("it announces packs that differ from those it has",)


def test_packs_of_another_disc() -> None:
    check_tracks(RAW, 1, 3)
    with pytest.raises(PacksWrong, match="to a disc with tracks 1 to 3, but this one has 1 to 4"):
        check_tracks(RAW, 1, 4)
    with pytest.raises(PacksWrong, match="this one has 2 to 3"):
        check_tracks(RAW, 2, 3)


def test_errors_name_the_file(tmp_path: Path) -> None:
    notes = Notebook("texts.cdt")
    with pytest.raises(SheetError, match=r"^texts.cdt: it cannot be read: No such file"):
        read_packs_file(tmp_path / "texts.cdt", 1, 3, notes)
    (tmp_path / "texts.cdt").write_bytes(RAW[:-1])
    with pytest.raises(SheetError, match=r"^texts.cdt: its 269 .*; make the file again, or leave it out$"):
        read_packs_file(tmp_path / "texts.cdt", 1, 3, notes)
    (tmp_path / "texts.cdt").write_bytes(RAW[: -3 * PACK_BYTES])
    assert read_packs_file(tmp_path / "texts.cdt", 1, 3, notes).packs
    assert [note.text for note in notes.notes] == [
        "the packs that give its size are missing; many players then show nothing"
    ]


def test_the_texts_of_damaged_packs_are_had_only_when_asked(tmp_path: Path) -> None:
    packs = bytearray(encode([Texts(9, {PackType.TITLE: {0: "A" * 30, 1: "Song", 2: "B"}})], 1, 2).packs)
    packs[5] ^= 1
    path = tmp_path / "a.cdt"
    path.write_bytes(packs)
    with pytest.raises(
        SheetError, match=r"make the file again, or leave it out .with --keep-going the texts"
    ):
        read_packs_file(path, 1, 2, Notebook("a.cdt"))
    notes = Notebook("a.cdt", keep_going=True)
    found = read_packs_file(path, 1, 2, notes)
    assert found.packs == b""
    assert (found.texts[0].text(PackType.TITLE, 1), found.texts[0].text(PackType.TITLE, 0)) == ("Song", "")
    assert "lost: title of the disc" in str(notes.notes[0])
