"""What is read again while a disc is verified, how often, and when it counts as the same.

The drive is played. Each sector has a list of what comes at one reading after the other: `a` what was sent,
`b` and others something else, `-` nothing. docs/verification.md has the rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES
from redbook.engine.alignment import Alignment
from redbook.engine.another_try import HOPELESS_RUNS
from redbook.engine.care import Care
from redbook.engine.disc_offset import Span
from redbook.engine.read_audio import ReadHabits
from redbook.engine.read_back import compare_track, read_aligned
from redbook.engine.steps import Absorb, Digest, SectorsDone
from redbook.engine.track_reading import TrackReading
from redbook.errors import ReadError, Sense
from redbook.mmc.control import SetCdSpeed
from redbook.mmc.read import ReadCd
from tests.support.fingerprints import fingerprint
from tests.support.played import Played
from tests.support.sound import noise

START, SECTORS = 100, 310
SENT = noise(588 * SECTORS)
OTHER = {letter: noise(588, 20 + number) for number, letter in enumerate("bcd")}
SPAN = Span(1, START, fingerprint(SENT), START - 6, START + SECTORS + 2)
FAR = range(START, START + 27), range(START + SECTORS - 27, START + SECTORS)
"""Where something is read in between."""


class Disc:
    """plans: by sector of the track. late: samples out of place, at each command in turn"""

    def __init__(
        self,
        plans: Mapping[int, str] | None = None,
        late: tuple[int, ...] = (0,),
        span: Span = SPAN,
        sent: bytes = SENT,
    ) -> None:
        self.span = span
        self.plans = {START + sector: plan.split() for sector, plan in (plans or {}).items()}
        self.readings = dict.fromkeys(self.plans, 0)
        self.late = late
        self.asked: list[ReadCd] = []
        self.disc = bytes(START * SECTOR_BYTES) + sent + bytes(20 * SECTOR_BYTES)

    def __call__(self, command: Any) -> object:
        if isinstance(command, SetCdSpeed):
            return None
        assert isinstance(command, ReadCd)
        late = self.late[len(self.asked) % len(self.late)] * SAMPLE_BYTES
        self.asked.append(command)
        assert self.span.low <= command.lba < command.lba + command.sectors <= self.span.high
        parts = [self.one(lba, late) for lba in range(command.lba, command.lba + command.sectors)]
        if b"" in parts:
            raise ReadError("cannot be read", command.NAME, Sense(3, 0x11, 0))
        return b"".join(parts)

    def one(self, lba: int, late: int) -> bytes:
        what = "a"
        if lba in self.plans:
            plan = self.plans[lba]
            what = plan[min(self.readings[lba], len(plan) - 1)]
            self.readings[lba] += 1
        if what == "-":
            return b""
        begin = lba * SECTOR_BYTES - late
        return OTHER.get(what) or self.disc[begin : begin + SECTOR_BYTES]

    def compare(self, care: Care, samples: int = 0, most: int = 27) -> tuple[TrackReading, Played]:
        sums = [hashlib.sha256()]

        def digest(step: Digest) -> str:
            return sums[0].hexdigest()

        played = Played(
            self,
            most_sectors=most,
            answers={Absorb: lambda step: sums[0].update(step.data), Digest: digest},
        )
        return played.run(compare_track(self.span, samples, care)), played


def care(**other: Any) -> Care:
    return Care((SPAN,), ReadHabits(), 24.0, **other)


READ: list[tuple[str, int, bool, bool, int]] = [
    # readings, how many are made, whether it is the same, whether it could not be read, again
    ("a", 1, True, False, 0),
    ("b a", 2, True, False, 1),
    ("- - a", 3, True, False, 1),
    ("b b b b b b a", 7, True, False, 1),  # at the sixth further try
    ("b c d b c d b a", 7, False, False, 0),
    ("b", 7, False, False, 0),
    ("- a", 2, True, False, 0),  # alone it comes at once
    ("-", 2 + 6 * 2, False, True, 0),
]


@pytest.mark.parametrize(("readings", "count", "same", "unreadable", "again"), READ)
def test_what_differs_or_does_not_come_is_read_again_up_to_six_times(
    readings: str, count: int, same: bool, unreadable: bool, again: int
) -> None:
    disc, how = Disc({150: readings}), care()
    reading, played = disc.compare(how)
    assert reading.same is same
    assert disc.readings[START + 150] == count
    assert reading.bad == ([] if same else [(150, 151)])
    assert reading.bad_sectors == (not same)
    assert reading.unreadable == ([START + 150] if unreadable else [])
    assert (how.places_again, how.sectors_again) == (again, again)
    assert how.hopeless == (0 if same else 1)
    assert (reading.head_hidden, reading.tail_hidden) == (0, 0)
    assert played.of(SectorsDone)[-1].done == SECTORS


def test_a_good_track_is_read_once_and_in_order() -> None:
    disc = Disc()
    reading, played = disc.compare(care())
    assert reading.same
    assert [command.lba for command in disc.asked] == list(range(START, START + SECTORS, 27))
    done = [step.done for step in played.of(SectorsDone)]
    assert done == [*range(27, SECTORS, 27), SECTORS]
    assert {(step.track, step.total) for step in played.of(SectorsDone)} == {(1, SECTORS)}


def test_tries_are_made_at_8x_and_at_4x_and_the_rest_at_the_speed_that_was_asked_for() -> None:
    _, played = Disc({150: "b"}).compare(care())
    assert [command.read_kb // 176 for command in played.of(SetCdSpeed)] == [8, 4, 24]


def test_neighbours_that_differ_are_read_again_together_and_counted_one_by_one() -> None:
    disc, how = Disc({150: "b a", 151: "b a", 152: "b a"}), care()
    reading, _ = disc.compare(how)
    assert reading.same
    assert (how.places_again, how.sectors_again) == (1, 3)
    assert set(disc.readings.values()) == {2}


def test_of_neighbours_each_counts_by_itself() -> None:
    disc, how = Disc({150: "b a", 151: "b c", 152: "b b b a", 154: "c"}), care()
    reading, _ = disc.compare(how)
    assert reading.bad == [(151, 152), (154, 155)]
    assert not reading.same
    assert how.places_again == 0


def test_bad_sectors_side_by_side_are_one_range() -> None:
    disc = Disc(dict.fromkeys((27, 28, 29, 31, 150), "b"))
    reading, _ = disc.compare(care())
    assert reading.bad == [(27, 30), (31, 32), (150, 151)]
    assert reading.bad_sectors == 5


def test_where_nothing_was_mended_for_long_nothing_more_is_read_again() -> None:
    places = range(30, 30 + 6 * (HOPELESS_RUNS + 3), 6)
    disc, how = Disc(dict.fromkeys(places, "b")), care()
    reading, _ = disc.compare(how)
    assert list(disc.readings.values()) == [7] * HOPELESS_RUNS + [1] * 3
    assert reading.bad == [(place, place + 1) for place in places]


def test_one_that_was_mended_begins_the_count_anew() -> None:
    places = range(30, 30 + 6 * (HOPELESS_RUNS + 3), 6)
    disc = Disc(dict.fromkeys(places, "b") | {places[HOPELESS_RUNS - 1]: "b a"})
    disc.compare(care())
    assert list(disc.readings.values())[HOPELESS_RUNS:] == [7] * 3


@pytest.mark.parametrize("samples", [7, -7, 600, -600])
def test_what_differs_on_a_drive_with_an_offset_is_the_track_s_own_sector(samples: int) -> None:
    """Each sector of the track lies in two of the drive's then."""
    disc, how = Disc({150: "b b b b b b a"}, (samples,)), care()
    reading, _ = disc.compare(how, samples)
    assert reading.same
    assert how.places_again == 1
    whole, rest = divmod(samples, 588)
    bad, _ = Disc({150: "b"}, (samples,)).compare(care(), samples)
    assert bad.bad == [(150 - whole - 1, 150 - whole + 1)]
    assert 0 < rest < 588


def test_what_an_offset_moves_out_of_reach_is_counted_and_taken_as_sent() -> None:
    """Two sectors of run-out can be read behind the track, and none before it but those of its pregap."""
    late, _ = Disc(late=(1200,)).compare(care(), 1200)
    assert late.same
    assert (late.head_hidden, late.tail_hidden) == (0, 1200 - 2 * 588)


TO_ITS_ENDS = Span(1, START, SPAN.sent, START, START + SECTORS)
"""Around it nothing can be read: the first and only track of a disc, written in one session at once."""


@pytest.mark.parametrize(
    ("samples", "differs", "hidden"),
    [
        (24, SECTORS - 1, (0, 24)),
        (-24, 0, (24, 0)),
        (1300, SECTORS - 1, (0, 1300)),
        (-1300, 0, (1300, 0)),
        (0, 0, (0, 0)),
    ],
)
def test_what_lies_out_of_reach_is_counted_once_when_what_can_be_read_is_read_again(
    samples: int, differs: int, hidden: tuple[int, int]
) -> None:
    disc, how = Disc({differs: "b a"}, (samples,), TO_ITS_ENDS), care()
    reading, _ = disc.compare(how, samples)
    assert reading.same
    assert how.places_again == 1
    assert (reading.head_hidden, reading.tail_hidden) == hidden


OUT_OF_REACH = [
    # samples late, sectors that can be read around the track, one that does not come, hidden: head, tail
    (-24, 0, 17, (24, 0)),
    (-1300, 0, 15, (1300, 0)),
    (24, 0, 302, (0, 24)),
    (1300, 0, 304, (0, 1300)),
    (0, 0, 17, (0, 0)),
    (-1300, 2, 15, (1300 - 2 * 588, 0)),
    (1300, 2, 304, (0, 1300 - 2 * 588)),
    (-1300, 2, -1, (1300 - 588, 0)),
    (1300, 2, SECTORS, (0, 1300 - 588)),
]


@pytest.mark.parametrize("accurate_stream", [True, False])
@pytest.mark.parametrize(("samples", "around", "unread", "hidden"), OUT_OF_REACH)
def test_silence_that_lies_out_of_reach_is_not_taken_for_silence_that_was_read(
    samples: int, around: int, unread: int, hidden: tuple[int, int], accurate_stream: bool
) -> None:
    """Where a sector beside a piece does not come, an inexact drive's sectors count one by one, too."""
    quiet = bytes(8 * SECTOR_BYTES)
    sent = quiet + SENT[len(quiet) : -len(quiet)] + quiet
    span = Span(1, START, fingerprint(sent), START - around, START + SECTORS + around)
    how = care(accurate_stream=accurate_stream)
    reading, _ = Disc({unread: "-"}, (samples,), span, sent).compare(how, samples)
    assert reading.unreadable == ([START + unread] if unread in range(SECTORS) else [])
    assert (reading.head_hidden, reading.tail_hidden) == hidden


def test_an_inexact_drive_that_is_exact_for_once_is_read_once_in_pieces_that_go_into_one_command() -> None:
    """Each with two sectors before and behind it; nothing is read in between."""
    disc, how = Disc(), care(accurate_stream=False)
    reading, _ = disc.compare(how)
    assert reading.same
    assert not how.one_by_one
    assert how.places_again == how.inexact == 0
    assert len(disc.asked) == -(-SECTORS // 16)
    assert max(command.sectors for command in disc.asked) == 16 + 2 * 2


def test_one_that_lies_elsewhere_each_time_is_inexact_and_the_disc_is_good() -> None:
    disc, how = Disc(late=(3, -5, 8)), care(accurate_stream=False)
    reading, _ = disc.compare(how)
    assert reading.same
    assert how.inexact
    assert not reading.bad


def test_one_that_lies_elsewhere_by_the_same_each_time_shows_nothing() -> None:
    """That would be an offset, and there is another one for the disc."""
    reading, _ = Disc(late=(3,)).compare(care(accurate_stream=False))
    assert not reading.same
    assert reading.bad_sectors == SECTORS


@pytest.mark.parametrize(
    ("most", "samples", "longest"),
    [(27, 0, 16), (20, 0, 16), (12, 0, 8), (5, 0, 1), (27, 7, 16), (20, 7, 15), (12, 7, 7), (6, 7, 1)],
)
def test_pieces_are_as_long_as_a_command_carries_with_what_surrounds_them(
    most: int, samples: int, longest: int
) -> None:
    """With an offset a piece lies across one sector more."""
    disc, how = Disc(late=(samples,)), care(accurate_stream=False)
    reading, _ = disc.compare(how, samples, most=most)
    assert reading.same
    assert not how.one_by_one
    assert len(disc.asked) == -(-SECTORS // longest)


@pytest.mark.parametrize("most", [1, 4])
def test_a_drive_that_brings_too_little_for_that_is_read_sector_by_sector(most: int) -> None:
    disc, how = Disc(), care(accurate_stream=False)
    reading, _ = disc.compare(how, most=most)
    assert reading.same
    assert how.one_by_one
    assert len(disc.asked) == sum(-(-min(27, SECTORS - done) // most) for done in range(0, SECTORS, 27))


def test_such_a_drive_reads_again_sector_by_sector_too() -> None:
    how = care(accurate_stream=False)
    reading, _ = Disc({150: "b a", 151: "b a", 152: "b a"}).compare(how, most=1)
    assert reading.same
    assert (how.places_again, how.sectors_again) == (3, 3)


class ElsewhereEachTime(Disc):
    """Each long command, and what is asked for one by one after it, comes late by another amount."""

    def __call__(self, command: Any) -> object:
        if isinstance(command, ReadCd) and command.sectors > 1:
            self.late = (self.late[0] % 40 + 3,)
        return super().__call__(command)


def test_what_came_in_several_commands_is_no_whole_reading_of_an_inexact_drive() -> None:
    """Of two commands each lies where it likes: nothing shows what lies between them.

    Sector 17 belongs to the second piece, and is among what surrounds the first.
    """
    reading, _ = ElsewhereEachTime({17: "-"}).compare(care(accurate_stream=False))
    assert reading.bad == [(0, 32)]
    assert reading.unreadable == [START + 17]


@pytest.mark.parametrize("samples", [0, 7, -600])
def test_sectors_are_had_as_they_were_sent_and_what_did_not_come_is_named(samples: int) -> None:
    place = Alignment(SPAN, samples)
    data, missing = Played(Disc(late=(samples,))).run(read_aligned(place, 150, 3, care()))
    assert bytes(data) == SENT[150 * SECTOR_BYTES : 153 * SECTOR_BYTES]
    assert not missing
    _, missing = Played(Disc({151: "-"}, (samples,))).run(read_aligned(place, 150, 3, care()))
    assert missing == {START + 151}
