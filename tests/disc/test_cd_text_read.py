"""Packs to texts: those of cdrskin and cdrdao, whole and with packs lost, spoiled and repeated.

`raw.cdt` is what cdrskin 1.5.4 made of `s.v07t`, `sj.packs.hex` what cdrdao 1.2.4 made of `sj.toc`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook.disc.cd_text import PACK_BYTES, PackType, Texts, each_pack, parse, sealed

VECTORS = Path(__file__).parents[1] / "vectors" / "cd-text"
CDRSKIN = (VECTORS / "raw.cdt").read_bytes()
CDRDAO = bytes.fromhex((VECTORS / "sj.packs.hex").read_text())
TITLES = {0: "Joyful Nights", 1: "Song of Joy", 2: "Humpty", 3: "Mee"}
PERFORMERS = {0: "United Cat Orchestra", 1: "Felix", 2: "Felix", 3: "Mia"}


def pack(kind: int, track: int, sequence: int, text: bytes, block: int = 0, before: int = 0) -> bytes:
    """block: bit 3 says double byte; before: how many characters of its first text earlier packs have"""
    return sealed(bytes((kind, track, sequence, block << 4 | before)) + text.ljust(12, b"\0"))


def sizes(sequence: int, *, characters: int = 0, first: int = 1, last: int = 3, language: int = 9) -> bytes:
    """Three packs that count no others."""
    body = bytes((characters, first, last, 0)) + bytes(24) + bytes((language,)) + bytes(7)
    return b"".join(pack(0x8F, n, sequence + n, body[12 * n : 12 * n + 12]) for n in range(3))


def spoiled(packs: bytes, number: int) -> bytes:
    at = number * PACK_BYTES + 9
    return packs[:at] + bytes((packs[at] ^ 0x10,)) + packs[at + 1 :]


def without(packs: bytes, number: int) -> bytes:
    return packs[: number * PACK_BYTES] + packs[(number + 1) * PACK_BYTES :]


def said(texts: Texts) -> dict[tuple[PackType, int], str]:
    return {(kind, track): text for kind, found in texts.by_type.items() for track, text in found.items()}


def test_everything_in_cdrskin_s_packs() -> None:
    (texts,) = parse(CDRSKIN)
    assert texts.by_type == {
        PackType.TITLE: TITLES,
        PackType.PERFORMER: PERFORMERS,
        PackType.DISC_ID: {0: "1234567890"},
        PackType.GENRE: {0: "Feline"},
        PackType.CODE: {0: "4006381333931", 1: "DEABC2500001"},
    }
    assert (texts.language, texts.genre) == ("English", "Classical (Feline)")
    assert not texts.damaged
    assert texts.sizes is not None
    assert (texts.sizes.first_track, texts.sizes.last_track, texts.sizes.copyright) == (1, 3, 0)
    assert [texts.sizes.count_of(kind) for kind in range(0x80, 0x90)] == [
        *(4, 3, 0, 0, 0, 0, 1, 1),
        *(0, 0, 0, 0, 0, 0, 3, 3),
    ]


def test_everything_in_cdrdao_s_two_languages() -> None:
    english, japanese = parse(CDRDAO)
    assert english.by_type[PackType.TITLE] == {0: "Album", 1: "One", 2: "Two", 3: "Three"}
    assert english.by_type[PackType.PERFORMER] == {0: "Artist", 1: "A", 2: "B", 3: "C"}
    assert japanese.by_type == {
        PackType.TITLE: {0: "JAlbum", 1: "j1", 2: "j2", 3: "j3"},
        PackType.PERFORMER: {0: "X"},
    }
    assert (english.language, japanese.language) == ("English", "Japanese")


@pytest.mark.parametrize("damage", [spoiled, without])
@pytest.mark.parametrize("packs", [CDRSKIN, CDRDAO], ids=["cdrskin", "cdrdao"])
def test_a_pack_that_is_lost_moves_no_text_to_another_track(packs: bytes, damage: object) -> None:
    whole = parse(packs)
    for number in range(len(packs) // PACK_BYTES):
        found = parse(damage(packs, number))  # type: ignore[operator]
        assert len(found) == len(whole)
        for one, other in zip(whole, found, strict=True):
            for place, text in said(other).items():
                assert said(one)[place] == text
            for place in said(one):
                assert place in said(other) or place in other.damaged, (number, place)
            assert not said(other).keys() & other.damaged


@pytest.mark.parametrize("many", range(2, 5))
def test_nor_do_several(many: int) -> None:
    whole = said(parse(CDRSKIN)[0])
    for number in range(len(CDRSKIN) // PACK_BYTES - many):
        packs = CDRSKIN
        for beside in range(many):
            packs = spoiled(packs, number + beside)
        (found,) = parse(packs)
        for place, text in said(found).items():
            assert whole[place] == text
        if number + many < 12:  # else a part of the sizes is gone, by which the end of a type is known
            assert set(whole) <= set(said(found)) | found.damaged


def test_what_is_lost_is_named() -> None:
    """The second pack of titles: the end of the album's and the beginning of the first track's."""
    (texts,) = parse(spoiled(CDRSKIN, 1))
    assert texts.by_type[PackType.TITLE] == {2: "Humpty", 3: "Mee"}
    assert texts.by_type[PackType.PERFORMER] == PERFORMERS
    assert texts.damaged_names == ["title of the disc", "title of track 1"]


def test_a_text_that_repeats_a_damaged_one_is_damaged() -> None:
    (texts,) = parse(spoiled(CDRSKIN, 5))  # "rchestra", "Fel"; then "ix", TAB, "Mia"
    assert texts.by_type[PackType.PERFORMER] == {3: "Mia"}
    assert texts.damaged_names == [f"performer of {where}" for where in ("the disc", "track 1", "track 2")]


def test_a_kind_that_is_lost_altogether_is_damaged() -> None:
    packs = CDRSKIN
    for number in (4, 5, 6):
        packs = spoiled(packs, number)
    (texts,) = parse(packs)
    assert {track for kind, track in texts.damaged if kind is PackType.PERFORMER} == {0, 1, 2, 3}


def test_of_a_repeated_set_the_longest_run_counts_and_others_fill_it() -> None:
    first, second = spoiled(spoiled(CDRSKIN, 1), 5), spoiled(CDRSKIN, 9)
    assert parse(first + second) == parse(CDRSKIN)
    other = CDRSKIN[18:72] + pack(0x80, 0, 0, b"Another one\0")  # contradicts, and is shorter
    assert parse(other + CDRSKIN) == parse(CDRSKIN) == parse(CDRSKIN + other)


def test_packs_of_which_none_has_a_checksum_are_read() -> None:
    bare = b"".join(each[:16] + b"\0\0" for each in each_pack(CDRSKIN))
    assert parse(bare) == parse(CDRSKIN)
    assert parse(bare[:-1] + b"\1") == []


def test_a_disc_whose_first_track_is_4() -> None:
    titles = pack(0x80, 0, 0, b"Album\0Four\0F") + pack(0x80, 5, 1, b"ive\0Six\0", before=1)
    whole = {0: "Album", 4: "Four", 5: "Five", 6: "Six"}
    packs = titles + sizes(2, first=4, last=6)
    assert parse(packs)[0].by_type[PackType.TITLE] == whole
    assert (
        parse(spoiled(packs, 2))[0].by_type[PackType.TITLE] == whole
    )  # by what the second pack says of itself
    short = pack(0x80, 0, 0, b"Album\0Four\0")
    assert parse(short)[0].by_type[PackType.TITLE] == {0: "Album", 1: "Four"}
    assert parse(short, 4)[0].by_type[PackType.TITLE] == {0: "Album", 4: "Four"}


def test_a_repeat_is_of_the_track_before_also_where_nobody_says_how_many_there_are() -> None:
    packs = pack(0x80, 0, 0, b"A\0X\0Y\0\t\0\t\0")
    whole = {0: "A", 1: "X", 2: "Y", 3: "Y", 4: "Y"}
    assert parse(packs)[0].by_type[PackType.TITLE] == whole
    assert parse(spoiled(packs + sizes(1, last=4), 1))[0].by_type[PackType.TITLE] == whole


def test_no_track_comes_before_the_first() -> None:
    """By the zeros before the second pack and its track, track 1 would be the fourth on the disc."""
    packs = pack(0x80, 0, 0, b"Album\0One") + pack(0x80, 1, 1, b"Four\0")
    assert parse(packs)[0].by_type[PackType.TITLE] == {0: "Album", 1: "One", 4: "Four"}


def test_each_text_in_packs_of_its_own_filled_up_with_zeros() -> None:
    texts = ((0, b"Album"), (1, b"One"), (2, b"Two"), (3, b"Three"))
    packs = b"".join(pack(0x80, track, track, text) for track, text in texts)
    assert parse(packs)[0].by_type[PackType.TITLE] == {track: text.decode() for track, text in texts}


def test_a_missing_zero_at_the_very_end_costs_no_text() -> None:
    packs = pack(0x80, 0, 0, b"Album\0Twelve") + sizes(1, last=1)
    assert parse(packs)[0].by_type[PackType.TITLE] == {0: "Album", 1: "Twelve"}


@pytest.mark.parametrize(
    ("characters", "block", "text", "meant"),
    [
        (0x00, 0, b"\xc9tude\0", "Étude"),
        (0x01, 0, b"Study\0", "Study"),
        (0x80, 0, b"\x83A\x83\x8bb\0", "アルb"),  # as cdrdao writes it
        (0x80, 8, b"\x83A\x83\x8b\x82\x82\0\0", "アルｂ"),
        (0x00, 8, b"\x83A\x83\x8b\0\0", "アル"),  # double byte is no ISO 8859-1, whatever the sizes say
        (0x81, 8, b"\xb0\xa1\0\0", "가"),
        (0x82, 8, b"\xb0\xa1\0\0", "啊"),
    ],
)
def test_character_sets(characters: int, block: int, text: bytes, meant: str) -> None:
    packs = pack(0x80, 0, 0, text, block) + sizes(1, characters=characters)
    assert parse(packs)[0].text(PackType.TITLE) == meant


def test_a_tab_of_two_bytes_repeats_too() -> None:
    packs = pack(0x80, 0, 0, b"\x83A\0\0\x83\x8b\0\0\t\t\0\0", 8) + sizes(1, characters=0x80)
    assert parse(packs)[0].by_type[PackType.TITLE] == {0: "ア", 1: "ル", 2: "ル"}


def test_texts_of_an_unknown_character_set_are_damaged() -> None:
    """The pack that names it is lost; plain letters are the same in all of them."""
    packs = pack(0x80, 0, 0, b"\xc9tude\0Two\0") + sizes(1, last=1)
    (texts,) = parse(spoiled(packs, 1))
    assert texts.by_type[PackType.TITLE] == {1: "Two"}
    assert texts.damaged == {(PackType.TITLE, 0)}


def test_headers_that_count_nothing_cost_no_text_unless_a_pack_is_lost() -> None:
    """Byte 1 and the characters in byte 3 are always 0."""
    texts = b"Album\0First Song\0Second\0Third\0".ljust(36, b"\0")
    packs = b"".join(pack(0x80, 0, n, texts[12 * n : 12 * n + 12]) for n in range(3)) + sizes(3)
    assert parse(packs)[0].by_type[PackType.TITLE] == {0: "Album", 1: "First Song", 2: "Second", 3: "Third"}
    (found,) = parse(spoiled(packs, 1))
    assert found.by_type[PackType.TITLE] == {0: "Album"}
    assert {track for _, track in found.damaged} == {1, 2, 3}


def test_behind_a_loss_a_text_is_not_whole_where_heads_do_not_say_so() -> None:
    """Byte 1 is right, the characters in byte 3 are always 0."""
    texts = [(0, b"Album\0First "), (1, b"Song\0Another"), (2, b" Title\0Third"), (3, b" One\0Four\0\0\0")]
    packs = b"".join(pack(0x80, track, n, text) for n, (track, text) in enumerate(texts)) + sizes(4, last=4)
    whole = {0: "Album", 1: "First Song", 2: "Another Title", 3: "Third One", 4: "Four"}
    assert parse(packs)[0].by_type[PackType.TITLE] == whole
    (found,) = parse(spoiled(packs, 2))
    assert found.by_type[PackType.TITLE] == {0: "Album", 1: "First Song", 4: "Four"}
    assert {track for _, track in found.damaged} == {2, 3}


def test_a_genre_s_code_and_words_over_two_packs() -> None:
    packs = pack(0x87, 0, 0, b"\0\x01Baroque an") + pack(0x87, 0, 1, b"d Blues\0", before=12) + sizes(2)
    (texts,) = parse(packs)
    assert (texts.genre_code, texts.text(PackType.GENRE), texts.genre) == (1, *["Baroque and Blues"] * 2)
    (found,) = parse(spoiled(packs, 0))
    assert (found.genre_code, found.genre, found.damaged_names) == (0, "", ["genre of the disc"])
