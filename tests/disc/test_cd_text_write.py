"""Texts to packs: byte for byte those of cdrskin and cdrdao; limits; characters; and that nothing moves.

tests/clients/test_cd_text.py has what other programs read from them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redbook.disc.cd_text import (
    PACK_BYTES,
    ChangeKind,
    Encoded,
    LeadIn,
    PackType,
    Texts,
    each_pack,
    encode,
    is_sound,
    parse,
    to_symbols,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "cd-text"
TITLE, PERFORMER = PackType.TITLE, PackType.PERFORMER


def album(**texts: object) -> Texts:
    """Titles of the disc and two tracks, and whatever else is given."""
    return Texts(0x09, {TITLE: {0: "Album", 1: "One", 2: "Two"}}, **texts)  # type: ignore[arg-type]


def plainly(packs: bytes, first: int) -> dict[tuple[int, int], dict[int, str]]:
    """By block and type: cut at zeros and counted, as a reader does that never met a fault."""
    bodies: dict[tuple[int, int], tuple[int, bytes]] = {}
    for pack in each_pack(packs):
        assert is_sound(pack)
        key = pack[3] >> 4 & 7, pack[0]
        width, body = bodies.get(key, (2 if pack[3] & 0x80 else 1, b""))
        bodies[key] = width, body + pack[4:16]
    found: dict[tuple[int, int], dict[int, str]] = {}
    for key, (width, body) in bodies.items():
        if key[1] == PackType.SIZES:
            continue
        body = body[2:] if key[1] == PackType.GENRE else body
        encoding = "cp932" if width == 2 else "iso8859-1"
        units = [body[at : at + width] for at in range(0, len(body), width)]
        texts = ["".join(part.decode(encoding) for part in parts) for parts in split(units, bytes(width))]
        for place, text in enumerate(texts):
            if text in ("\t", "\t\t"):
                texts[place] = texts[place - 1]
        numbered = {first + place - 1 if place else 0: text for place, text in enumerate(texts)}
        found[key] = {track: text for track, text in numbered.items() if text}
    return found


def split(units: list[bytes], end: bytes) -> list[list[bytes]]:
    parts: list[list[bytes]] = [[]]
    for unit in units:
        if unit == end:
            parts.append([])
        else:
            parts[-1].append(unit)
    return parts


class TestLikeOthers:
    def test_cdrskin(self) -> None:
        texts = Texts(
            0x09,
            {
                TITLE: {0: "Joyful Nights", 1: "Song of Joy", 2: "Humpty", 3: "Mee"},
                PERFORMER: {0: "United Cat Orchestra", 1: "Felix", 2: "Felix", 3: "Mia"},
                PackType.DISC_ID: {0: "1234567890"},
                PackType.GENRE: {0: "Feline"},
                PackType.CODE: {0: "4006381333931", 1: "DEABC2500001"},
            },
            genre_code=5,
        )
        assert encode([texts], 1, 3, repeats=True).packs == (VECTORS / "raw.cdt").read_bytes()

    def test_cdrdao_in_two_languages(self) -> None:
        codes = {0: "4006381333931", 1: "DEABC2500001"}
        english = Texts(
            0x09,
            {
                TITLE: {0: "Album", 1: "One", 2: "Two", 3: "Three"},
                PERFORMER: {0: "Artist", 1: "A", 2: "B", 3: "C"},
                PackType.CODE: codes,
            },
        )
        japanese = Texts(0x69, {TITLE: {0: "JAlbum", 1: "j1", 2: "j2", 3: "j3"}, PERFORMER: {0: "X"}})
        made = encode([english, japanese], 1, 3)
        assert made.packs == bytes.fromhex((VECTORS / "sj.packs.hex").read_text())
        assert not made.changes

    def test_a_long_genre(self) -> None:
        """Made by cdrskin 1.5.4: the code is not counted as characters."""
        texts = album(genre_code=5)
        texts.by_type[PackType.GENRE] = {0: "Feline and canine and bovine"}
        packs = [pack[:16] for pack in each_pack(encode([texts], 1, 2).packs) if pack[0] == PackType.GENRE]
        assert packs == [
            bytes.fromhex("87000200") + b"\x00\x05Feline and",
            bytes.fromhex("8700030a") + b" canine and ",
            bytes.fromhex("8700040f") + b"bovine\0\0\0\0\0\0",
        ]


class TestForm:
    def test_a_kind_that_one_has_is_there_for_all(self) -> None:
        texts = album()
        texts.by_type[PackType.COMPOSER] = {2: "X"}
        packs = [pack for pack in each_pack(encode([texts], 1, 2).packs) if pack[0] == PackType.COMPOSER]
        assert [pack[4:8] for pack in packs] == [b"\0\0X\0"]

    def test_only_the_disc_has_some(self) -> None:
        texts = album()
        texts.by_type[PackType.DISC_ID] = {0: "A1", 2: "A2"}
        made = encode([texts], 1, 2)
        assert [pack[4:16] for pack in each_pack(made.packs) if pack[0] == PackType.DISC_ID] == [
            b"A1".ljust(12, b"\0")
        ]
        assert [str(change) for change in made.losses] == [
            "catalogue text of track 2 is left out: only the disc has one"
        ]

    def test_a_repeat_is_never_the_disc_s_or_the_first_track_s(self) -> None:
        texts = Texts(0x09, {TITLE: dict.fromkeys(range(4), "Same")})
        first = next(each_pack(encode([texts], 1, 3, repeats=True).packs))
        assert first[4:16] + b"\0" * 3 == b"Same\0Same\0\t\0" + b"\0" * 3
        assert encode([texts], 1, 3).packs[4:16] == b"Same\0Same\0Sa"

    def test_tracks_from_4_on(self) -> None:
        texts = Texts(0x09, {TITLE: {0: "Album", 4: "Four has a long title", 5: "Five", 7: "Seven"}})
        made = encode([texts], 4, 6)
        assert [pack[1] for pack in each_pack(made.packs)] == [0, 4, 4, 0, 1, 2]
        assert made.packs[-3 * PACK_BYTES :][4:8] == bytes((0, 4, 6, 0))
        assert parse(made.packs)[0].by_type[TITLE] == {0: "Album", 4: "Four has a long title", 5: "Five"}
        assert [str(change) for change in made.losses] == [
            "title of track 7 is left out: there is no such track on the disc"
        ]

    def test_nothing_to_say_is_no_packs(self) -> None:
        assert encode([], 1, 3) == Encoded(b"", (), ())
        assert encode([Texts(0x09, {TITLE: {1: ""}})], 1, 3).packs == b""

    def test_texts_may_be_protected(self) -> None:
        made = encode([album(copyright=3)], 1, 2)
        assert made.packs[-3 * PACK_BYTES :][7] == 3
        assert parse(made.packs)[0].copyright == 3

    @pytest.mark.parametrize("tracks", [(0, 1), (2, 1), (1, 100)])
    def test_tracks_that_cannot_be(self, tracks: tuple[int, int]) -> None:
        with pytest.raises(ValueError, match="no tracks"):
            encode([album()], *tracks)

    def test_more_than_eight_languages(self) -> None:
        texts = [album() for _ in range(9)]
        for number, each in enumerate(texts):
            each.language_code = number + 1
        made = encode(texts, 1, 2)
        assert len(parse(made.packs)) == 8
        assert [str(change) for change in made.losses] == [
            "the texts in English are left out: a disc has 8 languages at most"
        ]

    @pytest.mark.parametrize(
        ("word", "code", "said"),
        [("Rock", 23, ""), ("hip-hop", 13, ""), ("Rhythm and Blues", 24, ""), ("Polka", 1, "Polka")],
    )
    def test_genres_by_their_names(self, word: str, code: int, said: str) -> None:
        texts = album()
        texts.by_type[PackType.GENRE] = {0: word}
        (found,) = parse(encode([texts], 1, 2).packs)
        assert (found.genre_code, found.text(PackType.GENRE)) == (code, said)


def full(length: int, kinds: tuple[PackType, ...], tracks: int = 99) -> Texts:
    return Texts(
        0x09,
        {
            kind: {track: f"{kind.name.lower()} {track} ".ljust(length, "x") for track in range(tracks + 1)}
            for kind in kinds
        },
    )


SEVEN = (
    *(TITLE, PERFORMER, PackType.SONGWRITER, PackType.COMPOSER, PackType.ARRANGER, PackType.MESSAGE),
    PackType.CODE,
)


class TestRoom:
    def test_exactly_full_is_not_shortened(self) -> None:
        """253 packs of 12 bytes, 51 titles of some 60 characters."""
        texts = Texts(0x09, {TITLE: dict.fromkeys(range(50), "x" * 59) | {50: "x" * 35}})
        made = encode([texts], 1, 50)
        assert len(made.packs) == 256 * PACK_BYTES
        assert not made.changes
        texts.by_type[TITLE][50] += "x"
        assert len(encode([texts], 1, 50).packs) < 256 * PACK_BYTES

    def test_first_repeats_are_written_as_such(self) -> None:
        texts = full(30, (TITLE,), 80)
        texts.by_type[PERFORMER] = dict.fromkeys(range(81), "The same name")
        made = encode([texts], 1, 80)
        assert [change.why for change in made.changes] == [ChangeKind.REPEATED]
        assert not made.losses
        assert parse(made.packs)[0].by_type == texts.by_type

    def test_then_the_least_needed_kinds_go(self) -> None:
        texts = full(22, SEVEN, 40)
        made = encode([texts], 1, 40)
        gone = [change.kind for change in made.losses]
        assert gone == [PackType.MESSAGE, PackType.ARRANGER, PackType.COMPOSER, PackType.SONGWRITER]
        assert str(made.losses[0]) == (
            "message of all tracks is left out: the texts of a language have room for 3036 bytes"
        )
        kept = set(SEVEN) - set(gone)
        assert parse(made.packs)[0].by_type == {kind: texts.by_type[kind] for kind in kept}

    def test_then_performers_that_are_the_disc_s(self) -> None:
        texts = full(26, (TITLE,), 98)
        texts.by_type[PERFORMER] = {track: ("Band", "Other")[track % 2] for track in range(99)}
        made = encode([texts], 1, 98)
        assert [(change.why, change.kind) for change in made.losses] == [(ChangeKind.LEFT_OUT, PERFORMER)]
        (found,) = parse(made.packs)
        assert found.by_type[TITLE] == texts.by_type[TITLE]
        assert found.by_type[PERFORMER] == {0: "Band"} | dict.fromkeys(range(1, 99, 2), "Other")

    def test_then_the_longest_are_cut_and_each_is_told(self) -> None:
        texts = full(60, (TITLE,))
        texts.by_type[TITLE][7] = "Short"
        made = encode([texts], 1, 99)
        assert 240 * PACK_BYTES < len(made.packs) <= 256 * PACK_BYTES
        (found,) = parse(made.packs)
        assert found.text(TITLE, 7) == "Short"
        cut = {len(text) for track, text in found.by_type[TITLE].items() if track != 7}
        assert len(cut) == 1
        assert {change.track for change in made.losses} == set(range(100)) - {7}
        assert str(made.losses[3]) == (
            f"title of track 3 is cut to {cut.pop()} of 60 characters: "
            "the texts of a language have room for 3036 bytes"
        )

    def test_everything_full_is_still_a_disc(self) -> None:
        kinds = (*SEVEN, PackType.GENRE, PackType.DISC_ID, PackType.CLOSED_INFO)
        texts = [full(200, kinds) for _ in range(8)]
        made = encode(texts, 1, 99)
        assert len(made.packs) <= 8 * 256 * PACK_BYTES
        assert parse(made.packs) == list(made.texts)
        assert all(set(each.by_type[TITLE]) == set(range(100)) for each in made.texts)

    def test_a_text_that_libcdio_would_stumble_over_is_cut(self) -> None:
        texts = album()
        texts.by_type[TITLE][1] = "x" * 253
        made = encode([texts], 1, 2)
        assert parse(made.packs)[0].text(TITLE, 1) == "x" * 252
        assert [str(change) for change in made.losses] == [
            "title of track 1 is cut to 252 of 253 characters: some readers accept no more"
        ]


def written(text: str, **how: object) -> tuple[str, list[ChangeKind]]:
    """A title as it is read back, and what is told of it."""
    made = encode([Texts(0x09, {TITLE: {0: "Album", 1: text}}, **how)], 1, 1)  # type: ignore[arg-type]
    return parse(made.packs)[-1].text(TITLE, 1), [change.why for change in made.changes if change.track == 1]


class TestCharacters:
    @pytest.mark.parametrize(
        "text",
        ["Été à Zürich", "½ £5 ©¿", 'He said "no" / yes \\ maybe', "a\u00a0b", "ÿþ", " lead and trail "],
    )
    def test_iso_8859_1_stays(self, text: str) -> None:
        assert written(text) == (text, [])

    def test_composed_from_parts_is_the_same(self) -> None:
        assert written("e\u0301te\u0301") == ("été", [])

    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("“Don’t” – stop…", '"Don\'t" - stop...'),
            ("Dvořák Łódź Ąčż", "Dvorák Lódz Acz"),
            ("Ế", "Ê"),  # what there is of it
            ("ﬁne Œuvre ĳ", "fine OEuvre ij"),
            ("\x93Windows\x94", '"Windows"'),
            ("№ ５ Ⅳ", "No 5 IV"),
            ("x\u030c", "x"),
        ],
    )
    def test_the_rest_is_folded(self, text: str, plain: str) -> None:
        assert written(text) == (plain, [ChangeKind.FOLDED])

    @pytest.mark.parametrize(
        "text", ["a\r\nb", "a\tb", "a\0b", "a\x1b\x07b", "a\u2028b", "\na\x85b\n".replace("\x85", "\x81")]
    )
    def test_control_characters_are_spaces(self, text: str) -> None:
        assert written(text) == ("a b", [ChangeKind.BLANKED])

    def test_what_cannot_be_said_is_told(self) -> None:
        made = encode([Texts(0x09, {TITLE: {0: "A", 3: "日 Ж \udce9"}})], 1, 3)
        assert made.texts[0].text(TITLE, 3) == "? ? ?"
        assert [str(change) for change in made.losses] == [
            "title of track 3: ISO 8859-1 has no 日 Ж \\udce9; burned as ?"
        ]

    @pytest.mark.parametrize(
        ("text", "latin"),
        [
            ("Жуки", "Zhuki"),
            ("ЩИ да КАША", "SHCHI da KASHA"),
            ("Їжак", "Yizhak"),
            ("Ουρανός", "Ouranos"),
            ("Θήβα", "Thiva"),
        ],
    )
    def test_cyrillic_and_greek_only_on_request(self, text: str, latin: str) -> None:
        texts = [Texts(0x09, {TITLE: {0: "A", 1: text}})]
        assert encode(texts, 1, 1, transliterate=True).texts[0].text(TITLE, 1) == latin
        assert encode(texts, 1, 1).losses

    def test_ascii_on_request(self) -> None:
        assert written("Été ß", character_set=1) == ("Ete ss", [ChangeKind.FOLDED])

    def test_codes_are_ascii_in_every_block(self) -> None:
        texts = Texts(0x69, {TITLE: {0: "さくら"}, PackType.DISC_ID: {0: "Ü1"}}, character_set=0x80)
        packs = {pack[0]: pack for pack in each_pack(encode([texts], 1, 1).packs)}
        assert packs[PackType.DISC_ID][3:6] == b"\0U1"
        assert packs[TITLE][3] == 0x80


class TestJapanese:
    TEXTS = Texts(0, {TITLE: {0: "さくら", 1: "Café ｶﾞ", 2: "Same", 3: "Same"}, PERFORMER: {0: "椎名林檎"}})

    def test_it_gets_a_block_of_its_own_behind_one_that_all_players_read(self) -> None:
        made = encode([self.TEXTS], 1, 3)
        english, japanese = parse(made.packs)
        assert (english.language, english.character_set) == ("English", 0)
        assert english.by_type[TITLE] == {0: "???", 1: "Café ?", 2: "Same", 3: "Same"}
        assert (japanese.language, japanese.character_set) == ("Japanese", 0x80)
        assert japanese.by_type[TITLE] == {0: "さくら", 1: "Ｃａｆｅ　ガ", 2: "Ｓａｍｅ", 3: "Ｓａｍｅ"}
        assert japanese.by_type[PERFORMER] == {0: "椎名林檎"}
        assert not made.losses
        assert str(made.changes[0]) == (
            "English: title of the disc: what ISO 8859-1 lacks is only in the Japanese texts"
        )

    def test_every_text_in_it_is_double_byte_as_cp932_reads_it(self) -> None:
        packs = [
            pack for pack in each_pack(encode([self.TEXTS], 1, 3, repeats=True).packs) if pack[3] >> 4 & 7
        ]
        assert all(pack[3] & 0x80 for pack in packs if pack[0] != PackType.SIZES)
        body = b"".join(pack[4:16] for pack in packs if pack[0] == TITLE)
        expected = "さくら\0Ｃａｆｅ　ガ\0Ｓａｍｅ\0\t\t\0".encode("cp932").replace(b"\0", b"\0\0")
        assert body.rstrip(b"\0") == expected.rstrip(b"\0")
        counted = [pack[3] & 0x0F for pack in packs if pack[0] == TITLE]
        assert counted == [0, 2, 1]  # characters, not bytes

    def test_kanji_alone_may_be_chinese(self) -> None:
        made = encode([Texts(0, {TITLE: {0: "中国"}})], 1, 1)
        assert len(made.texts) == 1
        assert made.losses
        assert len(encode([Texts(0x69, {TITLE: {0: "中国"}})], 1, 1).texts) == 2

    def test_what_cp932_has_not_stays_a_loss(self) -> None:
        made = encode([Texts(0, {TITLE: {0: "さくら 🎵"}})], 1, 1)
        assert len(made.texts) == 1
        assert made.losses

    def test_somebody_s_own_english_is_kept(self) -> None:
        english = Texts(0x09, {TITLE: {0: "Cherry"}})
        made = encode([english, self.TEXTS], 1, 3)
        assert [each.text(TITLE) for each in parse(made.packs)] == ["Cherry", "さくら"]


TRACKS = 5
KINDS = st.sampled_from([kind for kind in SEVEN if kind is not PackType.CODE])
LATIN_1 = st.text([chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))], max_size=40)
ODD = "a é…“Œﬁ日さｶﾞЖЩΘ🎵\t\n\0\x7f\x85\x93\u0301\u200d\u2028\u3000\ufeff\ud800\udcff\uff02~\\"
LONG = st.builds(lambda character, many: character * many, st.sampled_from("aé…日さЖ"), st.integers(120, 300))
ANYTHING = st.text(ODD, max_size=20) | LONG | LATIN_1


def texts_of(strings: st.SearchStrategy[str]) -> st.SearchStrategy[Texts]:
    text = strings | st.sampled_from(["Same", "", "A"])
    by_track = st.dictionaries(st.integers(0, TRACKS), text, max_size=4)
    genres = st.sampled_from([0, 0, 1, 5, 200])
    return st.builds(Texts, st.integers(0, 0x7F), st.dictionaries(KINDS, by_track, max_size=3), genres)


def without_empty(texts: Texts) -> dict[PackType, dict[int, str]]:
    kept = {kind: {n: text for n, text in found.items() if text} for kind, found in texts.by_type.items()}
    return {kind: found for kind, found in kept.items() if found}


@given(st.lists(texts_of(LATIN_1), max_size=2), st.booleans())
def test_whatever_iso_8859_1_can_say_is_read_back(texts: list[Texts], repeats: bool) -> None:
    made = encode(texts, 1, TRACKS, repeats=repeats)
    said = [each for each in texts if not each.is_empty]
    found = parse(made.packs)
    assert [each.by_type for each in found] == [without_empty(each) for each in said]
    assert [each.genre_code for each in found] == [each.genre_code for each in said]
    assert [each.language_code for each in found] == [each.language_code or 0x09 for each in said]
    assert not made.changes
    assert not any(each.damaged for each in found)


@given(st.lists(texts_of(ANYTHING), max_size=2), st.booleans(), st.booleans(), st.integers(1, 95))
def test_whatever_is_asked_for_is_a_sound_disc(
    texts: list[Texts], transliterate: bool, repeats: bool, first: int
) -> None:
    made = encode(texts, first, first + TRACKS - 1, transliterate=transliterate, repeats=repeats)
    assert len(made.texts) <= 8
    assert parse(made.packs) == list(made.texts)
    seen = plainly(made.packs, first)
    for number, block in enumerate(made.texts):
        packs = [pack for pack in each_pack(made.packs) if pack[3] >> 4 & 7 == number]
        assert [pack[2] for pack in packs] == list(range(len(packs)))
        assert len(packs) <= 256
        assert [pack[0] for pack in packs] == sorted(pack[0] for pack in packs)
        assert {kind: seen[number, kind] for kind in block.by_type} == block.by_type
        assert not any(
            ord(c) < 32 for found in block.by_type.values() for text in found.values() for c in text
        )


@given(texts_of(LATIN_1), st.data())
def test_no_lost_pack_moves_a_text(texts: Texts, data: st.DataObject) -> None:
    made = encode([texts], 1, TRACKS, repeats=data.draw(st.booleans()))
    if not made.packs:
        return
    number = data.draw(st.integers(0, len(made.packs) // PACK_BYTES - 1))
    at = number * PACK_BYTES + data.draw(st.integers(0, PACK_BYTES - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    packs = made.packs[:at] + bytes((made.packs[at] ^ bit,)) + made.packs[at + 1 :]
    (whole,) = made.texts
    for found in parse(packs):
        for kind, by_track in found.by_type.items():
            for track, text in by_track.items():
                assert whole.text(kind, track) == text
        for kind, by_track in whole.by_type.items():
            assert set(by_track) <= set(found.by_type.get(kind, {})) | {
                n for k, n in found.damaged if k is kind
            }


@pytest.mark.parametrize("count", [1, 2, 3, 4, 15, 256])
def test_a_lead_in_repeats_the_packs_to_its_end_across_sectors(count: int) -> None:
    packs = b"".join(bytes((0x80, 0, n)) * 6 for n in range(count))
    lead_in = LeadIn(packs)
    whole = lead_in.sectors(0, 150)
    assert whole == (to_symbols(packs) * (600 // count + 1))[: 150 * 96]
    assert b"".join(lead_in.sectors(at, 1) for at in range(40)) == whole[: 40 * 96]
    assert lead_in.sectors(77, 30) == whole[77 * 96 : 107 * 96]


@pytest.mark.parametrize("packs", [b"", bytes(17), bytes(19)])
def test_a_lead_in_of_no_whole_packs(packs: bytes) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        LeadIn(packs)
