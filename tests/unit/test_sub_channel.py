"""P and Q, and CD-Text packs: values from the standards' examples and from other programs' recordings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redbook.disc import Msf, cd_text, sub_channel
from redbook.disc.cd_text import PackType
from redbook.disc.sub_channel import Q

# Size information of a block whose CRC libburn's documentation prints (doc/cdtext.txt), and its symbols.
PACK = bytes.fromhex("8F 00 2A 00 01 01 03 00 06 05 04 05 07 06 01 02 48 65")
SYMBOLS = bytes.fromhex("23 30 00 2A 00 00 04 01 00 30 00 06 01 10 10 05 01 30 18 01 00 24 21 25")


def test_the_crc_is_that_of_a_pack_in_print() -> None:
    assert sub_channel.crc(PACK[:16]) == 0x4865
    assert cd_text.sealed(PACK[:16]) == PACK


def test_a_pack_travels_as_24_symbols_of_six_bits() -> None:
    assert cd_text.to_symbols(PACK) == SYMBOLS
    assert cd_text.from_symbols(SYMBOLS) == PACK
    assert cd_text.from_symbols(bytes(b | 0xC0 for b in SYMBOLS)) == PACK  # P and Q do not matter


def test_q_of_a_position_is_bcd_with_both_times() -> None:
    """Track 12, index 1, 01:02:03 into the track, at 45:59:74."""
    q = Q(sub_channel.POSITION, 2, 12, 1, 62 * 75 + 3, Msf(45, 59, 74)).to_bytes()
    assert q[:10].hex(" ") == "21 12 01 01 02 03 00 45 59 74"
    assert Q.from_bytes(q) == Q(1, 2, 12, 1, 62 * 75 + 3, Msf(45, 59, 74))


def test_the_lead_out_is_aa_and_points_of_the_lead_in_stay_as_they_are() -> None:
    assert Q(1, 0, sub_channel.LEAD_OUT_TNO, 1, 0, Msf(1, 0, 0)).to_bytes()[1:3].hex(" ") == "aa 01"
    assert Q(1, 0, 0, 0xA2, 0, Msf(1, 0, 0)).to_bytes()[1:3].hex(" ") == "00 a2"


def test_an_mcn_is_thirteen_digits_of_bcd() -> None:
    q = Q(sub_channel.MCN, 0, code="4006381333931", frame=25).to_bytes()
    assert q[:10].hex(" ") == "02 40 06 38 13 33 93 10 00 25"
    assert Q.from_bytes(q).code == "4006381333931"


def test_an_isrc_is_five_characters_of_six_bits_and_seven_digits() -> None:
    """D, E, A, B, C are 20, 21, 17, 18, 19 (IEC 60908 17.5.3): 010100 010101 010001 010010 010011 00."""
    q = Q(sub_channel.ISRC, 2, code="DEABC2500001", frame=50).to_bytes()
    assert q[1:5] == int("01010001010101000101001001001100", 2).to_bytes(4, "big")
    assert q[5:10].hex(" ") == "25 00 00 10 50"
    assert Q.from_bytes(q).code == "DEABC2500001"


def test_a_wrong_crc_is_no_q() -> None:
    q = bytearray(Q(1, 0, 1, 1, 0, Msf(0, 2, 0)).to_bytes())
    q[4] ^= 1
    with pytest.raises(ValueError, match="CRC"):
        Q.from_bytes(bytes(q))


@given(
    st.booleans(), st.binary(min_size=12, max_size=12), st.lists(st.integers(0, 63), min_size=96, max_size=96)
)
def test_interleaved_channels_come_apart_again(p: bool, q: bytes, r_to_w: list[int]) -> None:
    symbols = sub_channel.interleave(p, q, bytes(r_to_w))
    assert sub_channel.q_of(symbols) == q
    assert sub_channel.p_of(symbols) == p
    assert sub_channel.r_to_w_of(symbols) == bytes(r_to_w)


def test_q_is_bit_6_of_each_symbol_and_p_bit_7() -> None:
    symbols = sub_channel.interleave(True, bytes((0x80,)) + bytes(11))
    assert symbols == b"\xc0" + b"\x80" * 95


def pack(kind: int, track: int, sequence: int, text: bytes, block: int = 0, before: int = 0) -> bytes:
    """before: how many characters of its first text earlier packs have"""
    return cd_text.sealed(bytes((kind, track, sequence, block << 4 | before)) + text.ljust(12, b"\0"))


def test_texts_run_on_over_packs_and_a_tab_repeats_the_one_before() -> None:
    packs = (
        pack(0x80, 0, 0, b"Album\0First ")
        + pack(0x80, 1, 1, b"Song\0\xc9tude\0\t", before=6)
        + pack(0x80, 3, 2, b"\0", before=1)
        + pack(0x81, 0, 3, b"Band\0\0\0\0")
    )
    (texts,) = cd_text.parse(packs)
    assert texts.by_type[PackType.TITLE] == {0: "Album", 1: "First Song", 2: "Étude", 3: "Étude"}
    assert texts.by_type[PackType.PERFORMER] == {0: "Band"}


def test_the_repeated_set_of_a_lead_in_is_collected_once_and_damage_left_out() -> None:
    good = [pack(0x80, 0, n, bytes((65 + n,)) * 12) for n in range(3)]
    broken = bytes(good[1][:10]) + b"?" + good[1][11:]
    collector = cd_text.Collector()
    for each in (good[0], broken, good[2], good[0], good[1], good[2]):
        collector.take(cd_text.to_symbols(each))
    assert collector.packs == b"".join(good)


def test_packs_of_two_languages_are_two_blocks() -> None:
    packs = pack(0x80, 0, 0, b"Album\0") + pack(0x80, 0, 0, b"\x83A\x83\x8b\0\0", block=1)
    first, second = cd_text.parse(packs)
    assert first.text(PackType.TITLE) == "Album"
    assert second.text(PackType.TITLE) != ""
