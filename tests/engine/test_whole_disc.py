"""How a disc that is written in one run ends."""

from __future__ import annotations

from typing import Any

import pytest

from redbook import errors
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.engine.events import Phase, PhaseStarted, TrackEnded
from redbook.engine.outcome import DriveInUse, Outcome, Settings
from redbook.engine.steps import Commit, Point
from redbook.engine.whole_disc import end_session, wind_down
from redbook.errors import ImpossiblyFast, InvalidReply, NotCommitted, Sense, SenseError
from redbook.mmc.disc_info import DiscInformation, DiscStatus, ReadDiscInformation, SessionStatus
from redbook.mmc.identify import CD_DEVICE, Inquiry, InquiryReply
from redbook.mmc.write import CloseTrackSession, SynchronizeCache
from redbook.quirks import VIRTUAL_MARK
from tests.support.played import Played

FIRST, SECOND = LaidTrack(1, 0, 500, 150), LaidTrack(2, 600, 400, 100)
LAYOUT = SessionLayout((FIRST, SECOND), 1000)
ENDED = [TrackEnded(1, 0, 500), TrackEnded(2, 600, 400)]


def said(kind: type[SenseError], *sense: int) -> SenseError:
    return kind("the drive said so", "IT", Sense(*sense))


class Drive:
    """statuses: of the disc, each time that it is asked for, the last one from then on"""

    def __init__(self, *statuses: DiscStatus, mark: str = "", seconds: float = 0.0) -> None:
        self.statuses = list(statuses)
        self.mark, self.seconds = mark, seconds
        self.played = Played(self)

    def __call__(self, command: Any) -> object:
        if isinstance(command, ReadDiscInformation):
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
            return DiscInformation(status, SessionStatus.COMPLETE, False, 1, 1, 1, 2)
        if isinstance(command, SynchronizeCache):
            self.played.seconds += self.seconds
        if isinstance(command, Inquiry):
            return InquiryReply(CD_DEVICE, True, "ACME", "WRITER", "1.0", makers_own=self.mark)
        return None

    def end(self, outcome: Outcome, settings: Settings | None = None, objection: bool = False) -> Played:
        def committed(step: Commit) -> None:
            if objection:
                raise NotCommitted("no", ValueError("no"))

        self.played.answers = {Commit: committed}
        self.played.run(end_session(LAYOUT, 1150, settings or Settings(), outcome))
        return self.played


COMPLETE, OPEN, BLANK = DiscStatus.COMPLETE, DiscStatus.APPENDABLE, DiscStatus.BLANK


@pytest.mark.parametrize(
    ("statuses", "times"), [([COMPLETE], 1), ([OPEN, COMPLETE], 2), ([BLANK, COMPLETE], 2)]
)
def test_the_buffer_is_written_out_once_more_where_the_disc_is_not_complete_yet(
    statuses: list[DiscStatus], times: int
) -> None:
    outcome = Outcome(open_track=SECOND)
    played = Drive(*statuses).end(outcome)
    assert len(played.of(SynchronizeCache)) == times
    assert not played.of(CloseTrackSession)
    assert played.steps[:2] == [Commit(Point.CLOSE), PhaseStarted(Phase.CLOSING)]
    assert played.of(TrackEnded) == outcome.ended == ENDED
    assert outcome.closed
    assert outcome.open_track is None


def test_a_disc_that_stays_open_is_none() -> None:
    outcome = Outcome(open_track=SECOND)
    with pytest.raises(InvalidReply, match="took the whole session, but the disc is not complete"):
        Drive(OPEN).end(outcome)
    assert not outcome.closed
    assert not outcome.ended
    assert outcome.open_track is SECOND


@pytest.mark.parametrize("status", [BLANK, COMPLETE])
def test_after_a_test_write_nothing_is_on_the_disc(status: DiscStatus) -> None:
    outcome = Outcome(open_track=SECOND)
    drive = Drive(status)
    played = drive.end(outcome, Settings(test_write=True))
    assert len(played.of(SynchronizeCache)) == 1
    assert (outcome.open_track, outcome.ended, outcome.closed) == (None, [], False)
    assert not played.of(TrackEnded)


def test_an_objection_comes_too_late_and_is_told_when_all_is_finished() -> None:
    outcome = Outcome(open_track=SECOND)
    drive = Drive(COMPLETE)
    with pytest.raises(NotCommitted):
        drive.end(outcome, objection=True)
    assert outcome.closed
    assert outcome.ended == ENDED


SECONDS: list[tuple[float, float, bool]] = [
    # of writing, of ending; 1150 sectors take 15.3 s at 1x: at twice 16x they would take 0.48 s
    (0.2, 0.2, True),
    (0.2, 0.4, False),
    (0.5, 0.0, False),
    (0.0, 0.5, False),
    (0.4, 0.0, True),
]


@pytest.mark.parametrize(("writing", "ending", "impossible"), SECONDS)
@pytest.mark.parametrize("began", [0.0, 1000.0])
def test_a_session_that_took_no_time_was_never_written(
    writing: float, ending: float, impossible: bool, began: float
) -> None:
    outcome = Outcome(DriveInUse(real_time=True, speed=16), seconds=writing)
    drive = Drive(COMPLETE, seconds=ending)
    drive.played.seconds = began
    if impossible:
        with pytest.raises(ImpossiblyFast, match="the session"):
            drive.end(outcome)
        assert not outcome.ended
    else:
        drive.end(outcome)
        assert outcome.ended == ENDED


def test_a_virtual_recorder_may_be_as_fast_as_it_likes() -> None:
    outcome = Outcome(DriveInUse(real_time=True, speed=16))
    Drive(COMPLETE, mark=VIRTUAL_MARK).end(outcome)
    assert outcome.ended == ENDED
    assert not outcome.drive.real_time


def test_where_nothing_is_open_nothing_is_wound_down() -> None:
    played = Played()
    played.run(wind_down(Outcome()))
    assert not played.steps


@pytest.mark.parametrize("error", [None, said(errors.WriteError, 3, 0x0C, 0)])
def test_the_buffer_is_written_out_so_that_the_drive_lets_go(error: SenseError | None) -> None:
    def drive(command: Any) -> object:
        if error is not None and isinstance(command, SynchronizeCache):
            raise error
        return None

    played, outcome = Played(drive), Outcome(open_track=SECOND)
    played.run(wind_down(outcome))
    assert played.of(PhaseStarted) == [PhaseStarted(Phase.ENDING_TRACK, 2)]
    assert played.of(SynchronizeCache)
    assert outcome.unknown == ""


def test_of_a_drive_that_stays_busy_it_is_not_known_what_is_on_its_disc() -> None:
    def drive(command: Any) -> object:
        raise said(errors.LongWriteInProgress, 2, 4, 8)

    outcome = Outcome(open_track=SECOND)
    Played(drive).run(wind_down(outcome))
    assert "still not ready" in outcome.unknown
