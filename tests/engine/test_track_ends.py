"""Where each track of a disc ends, as far as drives tell: for reading it, and for comparing rips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from redbook.disc import Msf, Toc, TocTrack
from redbook.engine.complete_tracks import CompleteTrack, complete_tracks_on, in_words, numbered
from redbook.engine.extents import audio_extents
from redbook.engine.inspect import DiscContents
from redbook.errors import InvalidReply, Sense
from redbook.mmc import sense
from redbook.mmc.disc_info import (
    DiscInformation,
    DiscStatus,
    RawToc,
    ReadFullToc,
    SessionStatus,
    TocPoint,
    TrackInformation,
)

DATA = 4


def track(number: int, start: int, sectors: int, session: int = 1, control: int = 0) -> TrackInformation:
    return TrackInformation(number, session, control, False, False, start, None, 0, sectors)


def disc(
    tracks: Sequence[TrackInformation],
    toc: Toc | None = None,
    open_track: TrackInformation | None = None,
    sessions: int | None = None,
) -> DiscContents:
    count = sessions or max((t.session for t in tracks), default=1)
    information = DiscInformation(DiscStatus.COMPLETE, SessionStatus.COMPLETE, False, 1, count, 1, 2)
    return DiscContents(information, None, tuple(tracks), open_track, toc, None)


def full_toc(lead_outs: Mapping[int, int], tracks: Mapping[int, int] | None = None) -> RawToc:
    """READ TOC format 2 (MMC-5 6.26.4): A2h is a session's lead-out, 1 to 99 are its tracks."""
    points = [TocPoint(session, 1, 0, 0xA0, (1, 0, 0)) for session in lead_outs]
    for session, lba in lead_outs.items():
        msf = Msf.from_lba(lba)
        points.append(TocPoint(session, 1, 0, 0xA2, (msf.minute, msf.second, msf.frame)))
    points += [TocPoint(session, 1, 0, number, (0, 2, 0)) for number, session in (tracks or {}).items()]
    return RawToc(1, len(lead_outs), tuple(points))


def run(procedure: Any, answer: RawToc | Exception | None) -> tuple[Any, bool]:
    """What comes out, and whether the full table of contents was asked for."""
    asked = False
    try:
        step = next(procedure)
        while True:
            assert isinstance(step, ReadFullToc)
            asked = True
            if isinstance(answer, Exception):
                step = procedure.throw(answer)
            elif answer is None:
                step = procedure.throw(sense.to_error("READ TOC", Sense(5, 0x24, 0)))
            else:
                step = procedure.send(answer)
    except StopIteration as stop:
        return stop.value, asked


ONE = [track(1, 0, 1000), track(2, 1150, 500), track(3, 1802, 700)]
"""Written at once; then track-at-once: two sectors of run-out and 150 of pregap between."""
TOC = Toc(tuple(TocTrack(t.number, t.start_lba) for t in ONE), 2504)
TWO = [track(1, 0, 1000), track(2, 1152, 500), track(3, 13_054, 600, session=2)]
"""The second session begins 11400 sectors behind the first one's lead-out, which is at 1654 (ECMA-394 20)."""
THREE = [*TWO, track(4, 13_656 + 6_900, 400, session=3)]
"""And the third 6900 behind the second one's, at 13656."""
ENHANCED = [track(1, 0, 1000), track(2, 12_402, 5000, session=2, control=DATA)]
MIXED = [track(1, 0, 1000, control=DATA), track(2, 1150, 500), track(3, 1650, 300, control=DATA)]


def ends(tracks: Sequence[CompleteTrack]) -> list[tuple[int | None, bool]]:
    return [(t.end_lba, t.lead_out) for t in tracks]


class TestWhatLiesBehindATrack:
    def test_is_audio_or_at_last_the_lead_out(self) -> None:
        found, asked = run(complete_tracks_on(disc(ONE, TOC)), None)
        assert ends(found) == [(None, False), (None, False), (2504, True)]
        assert [(t.number, t.start_lba, t.is_audio, t.session, t.reported) for t in found] == [
            (1, 0, True, 1, True),
            (2, 1150, True, 1, True),
            (3, 1802, True, 1, True),
        ]
        assert not asked

    def test_is_not_known_of_a_session_that_is_open(self) -> None:
        found, _ = run(complete_tracks_on(disc(ONE)), None)
        assert ends(found) == [(None, False)] * 3

    def test_is_not_known_where_the_table_of_contents_ends_with_another_track(self) -> None:
        found, _ = run(complete_tracks_on(disc(ONE, Toc(TOC.tracks[:2], 1652))), None)
        assert ends(found)[-1] == (None, False)

    def test_is_two_seconds_of_data_before_data(self) -> None:
        """ECMA-130 clause 20: the pregap of a data track is data."""
        listed = Toc(tuple(TocTrack(t.number, t.start_lba, t.control) for t in MIXED), 1950)
        found, _ = run(complete_tracks_on(disc(MIXED, listed)), None)
        assert ends(found) == [(None, False), (1650 - 150, False), (1950, True)]
        assert [t.is_audio for t in found] == [False, True, False]

    def test_is_the_lead_out_of_its_session(self) -> None:
        found, asked = run(complete_tracks_on(disc(TWO)), full_toc({1: 1654, 2: 13_656}))
        assert ends(found) == [(None, False), (1654, True), (13_656, True)]
        assert asked

    @pytest.mark.parametrize("told", [None, {2: 1}, {1: 0}, {1: 1152}])
    def test_is_as_far_before_the_next_session_as_on_each_disc(self, told: dict[int, int] | None) -> None:
        """Where the drive tells no lead-out, or one that is not behind the track."""
        lead_outs = None if told is None else full_toc(told)
        found, _ = run(complete_tracks_on(disc(THREE)), lead_outs)
        assert ends(found)[1:3] == [(1654, True), (13_656, True)]

    @pytest.mark.parametrize("toc", [None, Toc((), 20_958)])
    def test_is_not_known_where_the_lead_out_that_is_told_lies_before_it(self, toc: Toc | None) -> None:
        found, _ = run(complete_tracks_on(disc(THREE, toc)), full_toc({1: 1654, 2: 13_656, 3: 13_656}))
        assert ends(found)[-1] == (None, False)

    def test_is_known_of_tracks_that_the_table_of_contents_alone_tells_of(self) -> None:
        listed = Toc(
            (TocTrack(1, 0), TocTrack(2, 1152), TocTrack(3, 13_054), TocTrack(4, 13_300, DATA)), 14_000
        )
        answer = full_toc({1: 1654, 2: 14_000}, {1: 1, 2: 1, 3: 2, 4: 2})
        found, asked = run(complete_tracks_on(disc(TWO[:1], listed)), answer)
        assert asked
        assert [(t.number, t.session, t.is_audio, t.reported) for t in found] == [
            (1, 1, True, True),
            (2, 1, True, False),
            (3, 2, True, False),
            (4, 2, False, False),
        ]
        assert ends(found) == [(None, False), (1654, True), (13_300 - 150, False), (14_000, True)]

    def test_of_a_track_that_was_never_ended_nothing_is_told(self) -> None:
        listed = Toc((TocTrack(1, 0), TocTrack(2, 1152)), 1654)
        opened = TrackInformation(2, 1, 0, False, False, 1152, 1300, 100, 100)
        found, asked = run(complete_tracks_on(disc(TWO[:1], listed, opened)), None)
        assert [t.number for t in found] == [1]
        assert not asked

    @pytest.mark.parametrize("session", [1, 2])
    def test_of_which_session_it_is_says_the_table_of_contents_where_nothing_else_does(
        self, session: int
    ) -> None:
        listed = Toc((TocTrack(1, 0), TocTrack(2, 13_000, session=session)), 14_000)
        found, _ = run(complete_tracks_on(disc([track(1, 0, 1000)], listed)), None)
        assert [t.session for t in found] == [1, session]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([2], "track 2"), ([1, 3], "tracks 1 and 3"), ([1, 2, 4, 7], "tracks 1, 2, 4 and 7")],
)
def test_tracks_are_named_as_a_person_would(numbers: list[int], words: str) -> None:
    assert in_words(numbers) == words
    assert numbered([track(number, 0, 300) for number in numbers]) == words


class TestWhatRipsAreComparedBy:
    """From index 1 to the next index 1, the gap included; the last track to its session's lead-out."""

    def extents(
        self, tracks: Sequence[TrackInformation], toc: Toc | None, answer: RawToc | Exception | None
    ) -> list[tuple[int, int, int, int, bool, bool]]:
        found, _ = run(audio_extents(disc(tracks, toc)), answer)
        return [(e.number, e.start_lba, e.own_sectors, e.sectors, e.first, e.last) for e in found]

    def test_reaches_to_the_next_track(self) -> None:
        assert self.extents(ONE, TOC, None) == [
            (1, 0, 1000, 1150, True, False),
            (2, 1150, 500, 652, False, False),
            (3, 1802, 700, 702, False, True),
        ]

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            InvalidReply("the answer makes no sense"),
            full_toc({1: 1654, 2: 13_656}, {1: 1, 2: 1, 3: 2}),
            full_toc({1: 1600, 2: 13_600}),
        ],
    )
    def test_reaches_to_the_lead_out_of_its_session(self, answer: RawToc | Exception | None) -> None:
        """Also where the drive does not tell it, or tells one that lies in the track."""
        listed = Toc(tuple(TocTrack(t.number, t.start_lba) for t in TWO), 13_656)
        assert self.extents(TWO, listed, answer) == [
            (1, 0, 1000, 1152, True, False),
            (2, 1152, 500, 502, False, False),
            (3, 13_054, 600, 602, False, True),
        ]

    def test_reaches_to_the_lead_out_that_the_drive_tells(self) -> None:
        listed = Toc(tuple(TocTrack(t.number, t.start_lba) for t in TWO), 13_656)
        told = full_toc({1: 1652, 2: 13_654}, {1: 1, 2: 1, 3: 2})
        assert [sectors for _, _, _, sectors, _, _ in self.extents(TWO, listed, told)] == [1152, 500, 600]

    def test_reaches_as_far_before_the_next_session_as_on_each_disc(self) -> None:
        """Written at once: no run-out behind the last track. The next session begins 11400 sectors later."""
        tracks = [*ONE[:1], track(2, 1000 + 11_400, 500, session=2)]
        listed = Toc(tuple(TocTrack(t.number, t.start_lba) for t in tracks), 12_900)
        assert self.extents(tracks, listed, None)[0] == (1, 0, 1000, 1000, True, False)

    def test_ends_two_seconds_before_data_and_is_the_last_one_then(self) -> None:
        listed = Toc(tuple(TocTrack(t.number, t.start_lba, t.control) for t in MIXED), 1950)
        assert self.extents(MIXED, listed, None) == [(2, 1150, 350, 350, True, True)]

    def test_ends_with_the_session_before_data(self) -> None:
        listed = Toc(tuple(TocTrack(t.number, t.start_lba, t.control) for t in ENHANCED), 17_404)
        assert self.extents(ENHANCED, listed, None) == [(1, 0, 1000, 1002, True, True)]

    def test_reaches_to_the_last_lead_out_that_the_table_of_contents_has(self) -> None:
        assert self.extents(ONE, Toc(TOC.tracks, 2600), None)[-1] == (3, 1802, 700, 798, False, True)

    @pytest.mark.parametrize("toc", [None, Toc((TocTrack(1, 0),), 1002)])
    def test_reaches_to_where_the_lead_out_of_an_open_session_would_be(self, toc: Toc | None) -> None:
        assert self.extents(ONE, toc, None)[-1] == (3, 1802, 700, 702, False, True)
