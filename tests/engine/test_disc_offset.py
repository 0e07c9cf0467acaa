"""By how many samples a disc reads beside its place, found from what a drive brings, reading by reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import pytest

from redbook.disc import SAMPLE_BYTES, SAMPLES_PER_SECTOR, SECTOR_BYTES
from redbook.engine.disc_offset import DiscOffset, Span, find_disc_offset
from redbook.engine.fingerprint import Fingerprint, FingerprintMaker
from redbook.engine.read_audio import ReadHabits
from redbook.engine.steps import MostSectors
from redbook.errors import Sense
from redbook.mmc import sense
from redbook.mmc.read import ReadCd
from tests.support.sound import noise

FARTHEST = 6 * 588
"""Samples that an offset may be: the farthest that is looked for."""


@cache
def kept_of(pcm: bytes) -> Fingerprint:
    maker = FingerprintMaker()
    maker.update(pcm)
    return maker.finish("")


@dataclass
class Disc:
    """Tracks of so many sectors each, two sectors of silence behind each, as a drive brings them.

    late      samples that the audio comes late; or what says so for an address
    unread    addresses that do not come
    wrong     addresses that come with something else
    """

    tracks: Sequence[bytes]
    late: int | Callable[[int], int] = 0
    unread: Sequence[int] = ()
    wrong: Sequence[int] = ()
    first_lba: int = 0
    gap: int = 2
    read: list[tuple[int, int]] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.first_lba + sum(len(pcm) // SECTOR_BYTES + self.gap for pcm in self.tracks)

    def spans(self) -> list[Span]:
        """Each with the gaps around it, as they are read for it."""
        found, lba = [], self.first_lba
        for number, pcm in enumerate(self.tracks, 1):
            end = lba + len(pcm) // SECTOR_BYTES
            low = lba if number == 1 else lba - self.gap
            found.append(Span(number, lba, kept_of(pcm), low, end + self.gap))
            lba = end + self.gap
        return found

    def answer(self, step: Any) -> Any:
        if isinstance(step, MostSectors):
            return 27
        assert isinstance(step, ReadCd)
        low, high = step.lba, step.lba + step.sectors
        self.read.append((low, high))
        if low < self.first_lba or high > self.end:
            raise sense.to_error("READ CD", Sense(5, 0x21, 0))
        if set(range(low, high)) & set(self.unread):
            raise sense.to_error("READ CD", Sense(3, 0x11, 5))
        whole = b"".join(pcm + bytes(self.gap * SECTOR_BYTES) for pcm in self.tracks)
        late = self.late(low) if callable(self.late) else self.late
        begin = ((low - self.first_lba) * SAMPLES_PER_SECTOR - late) * SAMPLE_BYTES
        length = (high - low) * SECTOR_BYTES
        data = bytes(max(0, -begin)) + whole[max(0, begin) : max(0, begin + length)]
        found = bytearray(data[:length].ljust(length, b"\0"))
        for lba in set(range(low, high)) & set(self.wrong):
            at = (lba - low) * SECTOR_BYTES
            found[at : at + SECTOR_BYTES] = noise(588, lba)
        return bytes(found)


def found(disc: Disc, hint: int | None = None) -> DiscOffset:
    procedure = find_disc_offset(disc.spans(), ReadHabits(), hint)
    answer, error = None, None
    for _ in count():
        try:
            step = procedure.throw(error) if error else procedure.send(answer)
        except StopIteration as stop:
            assert isinstance(stop.value, DiscOffset)
            return stop.value
        answer = error = None
        try:
            answer = disc.answer(step)
        except Exception as raised:  # noqa: BLE001 - it is the procedure's to handle
            error = raised
    raise AssertionError


SONGS = [noise(588 * 60, 1), noise(588 * 50, 2), noise(588 * 55, 3)]
OFFSETS = [-FARTHEST, -1164, -588, -1, 0, 1, 6, 667, 1292, FARTHEST]


class TestWhereSoundIsUnmistakable:
    @pytest.mark.parametrize("late", OFFSETS)
    def test_it_is_known_to_the_sample(self, late: int) -> None:
        assert found(Disc(SONGS, late)) == DiscOffset(late, known=True)

    @pytest.mark.parametrize("late", [-FARTHEST - 1, FARTHEST + 1])
    def test_it_is_not_known_farther_away_than_drives_are(self, late: int) -> None:
        assert not found(Disc(SONGS, late)).known

    @pytest.mark.parametrize("late", [0, 30])
    def test_few_places_are_looked_at_and_they_are_of_the_whole_disc(self, late: int) -> None:
        """Six sectors to either side of each; the first and the last track among them."""
        disc = Disc(SONGS, late)
        found(disc)
        assert 4 <= len(disc.read) <= 6
        assert all(high - low <= 13 for low, high in disc.read)
        assert min(low for low, _ in disc.read) == 0
        assert max(high for _, high in disc.read) > 120

    @pytest.mark.parametrize("late", OFFSETS)
    def test_nothing_is_read_beside_the_tracks_and_the_gaps_around_them(self, late: int) -> None:
        disc = Disc(SONGS, late, first_lba=500)
        assert found(disc).known
        assert min(low for low, _ in disc.read) >= 500
        assert max(high for _, high in disc.read) <= disc.end

    def test_what_the_drive_had_before_does_not_matter(self) -> None:
        assert found(Disc(SONGS, 30), hint=-582) == DiscOffset(30, known=True)

    def test_places_that_cannot_be_read_are_passed_over(self) -> None:
        disc = Disc(SONGS, 30, unread=[*range(30), *range(90, 130)])
        assert found(disc) == DiscOffset(30, known=True)

    @pytest.mark.parametrize("late", [-30, 30])
    def test_gaps_that_cannot_be_read_do_not_keep_the_tracks_from_being_read(self, late: int) -> None:
        disc = Disc([SONGS[0][: 16 * SECTOR_BYTES]], late, unread=[16, 17])
        assert found(disc) == DiscOffset(late, known=True)
        assert any(high == 16 for _, high in disc.read)

    def test_nor_do_gaps_before_a_track(self) -> None:
        """A second track between two of them; of the first one nothing comes."""
        short = [song[: 16 * SECTOR_BYTES] for song in SONGS[:2]]
        disc = Disc(short, 30, unread=[*range(18), 34, 35])
        found(disc)
        assert any(low == 18 for low, _ in disc.read)
        assert not any(low < 16 and high > 18 for low, high in disc.read)
        assert all(high - low <= 13 for low, high in disc.read)


QUIET = bytes(8 * SECTOR_BYTES)
INSIDE = [QUIET + noise(588 * 90, seed) + QUIET for seed in (4, 5)]
"""All sound lies so far inside that its whole surroundings can be read."""


def in_turn(*late: int) -> Disc:
    """A drive that reads each place as late as this, one after the other."""
    readings = iter(late)
    return Disc(INSIDE, lambda lba: next(readings))


class TestWhereADriveReadsInexactly:
    def test_four_places_that_agree_are_enough(self) -> None:
        disc = in_turn(5, 5, 5, 5)
        assert found(disc) == DiscOffset(5, known=True)

    def test_the_earliest_place_is_taken_and_nothing_is_known(self) -> None:
        """So that no reading of the disc's first samples is too early to be whole."""
        disc = in_turn(7, 3, 9, 12, 5, 30, 21, 14)
        assert found(disc) == DiscOffset(3, inexact=True)
        assert len(disc.read) == 8, "it is not looked for without end"

    @pytest.mark.parametrize(
        ("late", "expected"),
        [
            ((12, 6, 6, 6, 6, 6, 6, 6), DiscOffset(6, known=True)),
            ((6, 6, 6, 12, 6, 6, 6, 6), DiscOffset(6, known=True)),
            ((6, 6, 6, 9, 10, 11, 12, 13), DiscOffset(6, known=True)),
            ((9, 9, 5, 6, 7, 8, 10, 11), DiscOffset(5, inexact=True)),
            ((5, 5, 5, 9, 9, 9, 9, 2), DiscOffset(9, known=True)),
            ((-5, 2, 2, 4, 4, 6, 6, 8), DiscOffset(-5, inexact=True)),
        ],
    )
    def test_three_places_of_eight_have_to_agree(self, late: tuple[int, ...], expected: DiscOffset) -> None:
        assert found(in_turn(*late)) == expected

    @pytest.mark.parametrize(("hint", "expected"), [(9, 9), (-5, -5), (None, -5), (4, -5)])
    def test_of_two_places_alike_that_of_the_drive_is_taken_then_the_nearer(
        self, hint: int | None, expected: int
    ) -> None:
        assert found(in_turn(9, -5, 9, -5, 9, -5, 9, -5), hint) == DiscOffset(expected, known=True)

    def test_places_that_cannot_be_read_are_no_votes(self) -> None:
        """Of all places but one: what that one says is the offset."""
        disc = Disc(INSIDE, 30, unread=[*range(150), *range(163, 214)])
        assert found(disc) == DiscOffset(30, known=True)


SILENT = [bytes(60 * SECTOR_BYTES), bytes(50 * SECTOR_BYTES)]


class TestWhereTheDiscIsSilent:
    @pytest.mark.parametrize(
        ("hint", "expected"),
        [
            (None, 0),
            (667, 667),
            (-30, -30),
            (FARTHEST, FARTHEST),
            (-FARTHEST, -FARTHEST),
            (FARTHEST + 1, 0),
            (-FARTHEST - 1, 0),
        ],
    )
    def test_it_is_what_the_drive_had_before_if_that_can_be(self, hint: int | None, expected: int) -> None:
        disc = Disc(SILENT)
        assert found(disc, hint) == DiscOffset(expected)
        assert disc.read == []

    def test_it_is_also_where_nothing_of_the_sound_can_be_read(self) -> None:
        disc = Disc(SONGS[:1], 30, unread=range(62))
        assert found(disc, 667) == DiscOffset(667)
        assert len(disc.read) <= 2 * 32, "it is not tried without end"


TONE = noise(49, 9)  # 900 Hz


def tone(sectors: int) -> bytes:
    return TONE * (588 * sectors // 49)


class TestWhereSoundRepeatsItself:
    """Each place says "here, or one period on"; the ends of the tracks decide."""

    @pytest.mark.parametrize("late", [-1164, -49, -30, 0, 30, 49, 667, 1176])
    def test_the_ends_of_a_track_tell(self, late: int) -> None:
        assert found(Disc([tone(60)], late)) == DiscOffset(late, known=True)

    @pytest.mark.parametrize("late", [-30, 30, 667])
    def test_the_ends_of_a_later_track_tell_where_those_of_the_first_cannot_be_read(self, late: int) -> None:
        disc = Disc([tone(60), tone(60)], late, unread=[*range(9), *range(52, 62)])
        assert found(disc) == DiscOffset(late, known=True)

    @pytest.mark.parametrize("late", [-30, 30])
    @pytest.mark.parametrize("unread", [range(9), range(53, 62)], ids=["start", "end"])
    def test_one_end_tells_where_the_other_one_cannot_be_read(self, unread: range, late: int) -> None:
        assert found(Disc([tone(60)], late, unread=unread)).samples == late

    @pytest.mark.parametrize(
        ("hint", "late", "expected"),
        [(None, 30, -19), (None, 20, 20), (None, 0, 0), (30, 30, 30), (-68, 30, -68), (31, 30, -19)],
    )
    def test_where_no_end_can_be_read_it_is_what_the_drive_had_or_else_the_nearest(
        self, hint: int | None, late: int, expected: int
    ) -> None:
        disc = Disc([tone(60)], late, unread=[*range(9), *range(52, 62)])
        assert found(disc, hint) == DiscOffset(expected)

    @pytest.mark.parametrize("hint", [-49, 49 - FARTHEST, -FARTHEST])
    def test_where_an_end_would_lie_out_of_reach_it_excludes_nothing(self, hint: int) -> None:
        """So much early the disc's first sectors cannot be seen, and its last ones do not come."""
        assert found(Disc([tone(60)], 0, unread=range(53, 62)), hint) == DiscOffset(hint)

    @pytest.mark.parametrize("late", [-1164, -30, 0, 30, 1176])
    def test_ends_that_are_not_alike_tell_each_for_itself(self, late: int) -> None:
        period = noise(50, 6)
        whole = (period * 900)[: 60 * SECTOR_BYTES]
        assert found(Disc([whole], late)) == DiscOffset(late, known=True)

    @pytest.mark.parametrize(
        ("late", "wrong"), [(-1164, range(9)), (0, range(9)), (0, range(52, 62)), (1176, range(52, 62))]
    )
    def test_an_end_that_no_place_fits_leaves_it_to_the_other_one(self, late: int, wrong: range) -> None:
        whole = (noise(50, 6) * 900)[: 60 * SECTOR_BYTES]
        assert found(Disc([whole], late, wrong=wrong)).samples == late

    @pytest.mark.parametrize("late", [-1164, 0, 1176])
    def test_nothing_is_read_beside_the_tracks_and_the_gaps_around_them(self, late: int) -> None:
        disc = Disc([tone(60), tone(60)], late, first_lba=500)
        assert found(disc) == DiscOffset(late, known=True)
        assert min(low for low, _ in disc.read) == 500
        assert max(high for _, high in disc.read) <= disc.end

    @pytest.mark.parametrize("late", [30, -40, 0])
    def test_what_all_places_allow_is_taken_before_what_one_alone_does(self, late: int) -> None:
        """Periods of 49 and 84 samples, one behind the other: both are as they were after 588."""
        both = tone(40) + (noise(84, 4) * 280)[: 40 * SECTOR_BYTES]
        assert found(Disc([both], late, unread=[*range(9), *range(72, 82)])).samples == late

    def test_places_that_do_not_agree_are_no_reason_to_give_up(self) -> None:
        disc = Disc([tone(80)], lambda lba: 30 if lba < 30 else 41, unread=[*range(9), *range(72, 82)])
        assert not found(disc).known


class TestAtTheEndsOfTheDisc:
    """Sound in the first sectors alone, or in the last: not all of its surroundings can be read."""

    @pytest.mark.parametrize("late", [0, 6, 1292, 3500])
    def test_the_first_sector_of_a_disc_tells_of_a_drive_that_is_late(self, late: int) -> None:
        track = noise(588, 5) + bytes(59 * SECTOR_BYTES)
        assert found(Disc([track], late)) == DiscOffset(late, known=True)

    @pytest.mark.parametrize("late", [0, -6, -1292, -3500])
    def test_the_last_sector_of_a_disc_tells_of_a_drive_that_is_early(self, late: int) -> None:
        track = bytes(59 * SECTOR_BYTES) + noise(588, 5)
        assert found(Disc([track], late)) == DiscOffset(late, known=True)

    def test_a_sector_that_comes_twice_is_not_taken_for_the_one_that_is_hidden(self) -> None:
        """Two sectors alike, of which the disc's first, or last, ones cannot be read."""
        twice, silence = noise(588, 6) * 2, bytes(40 * SECTOR_BYTES)
        assert found(Disc([twice + silence], -588)) == DiscOffset(-588, known=True)
        assert found(Disc([silence + twice], 3 * 588)) == DiscOffset(3 * 588, known=True)
        assert found(Disc([twice + silence], 0)) == DiscOffset(0, known=True)
        assert found(Disc([silence + twice], 588)) == DiscOffset(588, known=True)
