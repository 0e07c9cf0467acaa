"""What is kept of a track's audio: enough to say that a disc has it, and small."""

from __future__ import annotations

import zlib

import pytest

from redbook.disc import SECTOR_BYTES
from redbook.engine.fingerprint import Fingerprint, FingerprintMaker
from tests.support.sound import noise

QUIET = bytes(SECTOR_BYTES)
PLAIN = b"\1\0\2\0" * 588
EDGE = 6 * SECTOR_BYTES
"""As far as the offset of a drive can move a track's ends."""


def made(pcm: bytes, piece: int = 1 << 30, sectors: int = 0) -> Fingerprint:
    maker = FingerprintMaker()
    for at in range(0, len(pcm), piece):
        maker.update(pcm[at : at + piece])
    return maker.finish("a sum", sectors)


def sector(pcm: bytes, number: int) -> bytes:
    return pcm[number * SECTOR_BYTES : (number + 1) * SECTOR_BYTES]


@pytest.mark.parametrize("piece", [1000, 2351, 2352, 2353, 5 * 2352, 7 * 2352, 1 << 30])
@pytest.mark.parametrize("length", [1, 2352, 3 * 2352 + 4, 6 * 2352, 13 * 2352, 13 * 2352 - 4])
def test_it_is_the_same_in_whatever_pieces_the_audio_comes(length: int, piece: int) -> None:
    pcm = noise(588 * 13, 4)[:length]
    sectors = -(-length // SECTOR_BYTES)
    whole = pcm.ljust(sectors * SECTOR_BYTES, b"\0")
    found = made(pcm, piece)
    assert found.sectors == sectors
    assert found.sums.tolist() == [zlib.crc32(sector(whole, number)) for number in range(sectors)]
    assert (found.head, found.tail) == (whole[:EDGE], whole[-EDGE:])
    assert found == made(pcm)


@pytest.mark.parametrize("sectors", [0, 9, 10, 11, 74, 75, 300])
def test_a_track_is_padded_with_silence_to_as_many_sectors_as_were_sent(sectors: int) -> None:
    pcm = noise(588 * 10, 5)
    found = made(pcm, sectors=sectors)
    whole = pcm.ljust(sectors * SECTOR_BYTES, b"\0")
    assert found.sums.tolist() == [zlib.crc32(sector(whole, n)) for n in range(max(10, sectors))]
    assert (found.head, found.tail) == (whole[:EDGE], whole[-EDGE:])
    assert found.sha256 == "a sum"


def test_of_nothing_it_is_empty() -> None:
    assert made(b"").sectors == 0
    assert Fingerprint.none().sectors == 0


class TestLandmarks:
    @pytest.mark.parametrize("sectors", [1, 2, 5, 8, 9, 20, 300, 999, 1500])
    @pytest.mark.parametrize("piece", [27 * 2352, 10_000])
    def test_are_few_and_spread_over_the_track(self, piece: int, sectors: int) -> None:
        pcm = noise(588 * sectors, 6)
        marks = made(pcm, piece).landmarks
        assert min(sectors, 3) <= len(marks) <= 9
        places = [mark.sector for mark in marks]
        assert places == sorted(set(places))
        assert places[0] == 0
        widest = max(b - a for a, b in zip([*places, sectors], [*places[1:], sectors, sectors], strict=True))
        assert widest <= sectors // 2 + 1
        assert all(mark.audio == sector(pcm, mark.sector) for mark in marks)

    @pytest.mark.parametrize("piece", [27 * 2352, 10_000])
    @pytest.mark.parametrize("silent", [1, 40, 299])
    def test_begin_where_the_sound_does(self, silent: int, piece: int) -> None:
        pcm = QUIET * silent + noise(588 * 20, 7) + QUIET * 5
        places = [mark.sector for mark in made(pcm, piece).landmarks]
        assert places[0] == silent
        assert places[-1] < silent + 20

    def test_of_silence_there_are_none(self) -> None:
        assert made(QUIET * 400).landmarks == ()

    def test_are_never_silent_sectors(self) -> None:
        pcm = b"".join(noise(588, 100 + n) if n % 3 == 0 else QUIET for n in range(90))
        assert {mark.sector % 3 for mark in made(pcm).landmarks} == {0}

    def test_one_click_is_one(self) -> None:
        click = bytearray(QUIET * 50)
        click[20 * SECTOR_BYTES + 100] = 7
        (mark,) = made(bytes(click)).landmarks
        assert mark.sector == 20

    def test_are_lively_sectors_where_there_are_two_of_them(self) -> None:
        """The first sound counts, too; else a constant is none where something livelier is."""
        pcm = PLAIN * 40 + noise(588 * 10, 8) + PLAIN * 50
        places = [mark.sector for mark in made(pcm).landmarks]
        assert places[0] == 0
        assert len(places) > 2
        assert all(40 <= place < 50 for place in places[1:])

    def test_are_plain_sectors_too_where_one_alone_is_lively(self) -> None:
        pcm = PLAIN * 33 + noise(588, 8) + PLAIN * 66
        places = [mark.sector for mark in made(pcm, 2352).landmarks]
        assert 33 in places
        assert max(places) > 50

    @pytest.mark.parametrize(("values", "lively"), [(15, False), (16, True)])
    def test_are_lively_from_sixteen_different_samples_on(self, values: int, lively: bool) -> None:
        """Fewer make a tone that repeats itself soon, or nearly silence."""
        some = b"".join(n.to_bytes(4, "little") for n in range(1, values + 1))
        sound = (some * 40)[:SECTOR_BYTES]
        pcm = PLAIN * 20 + sound * 10 + PLAIN * 70
        places = [mark.sector for mark in made(pcm).landmarks]
        assert (max(places) < 30) is lively
