"""What is said of a burn that broke off: where, why, what to try, and what is on the disc now."""

from __future__ import annotations

from typing import Any

import pytest

from redbook import errors
from redbook.disc import Toc
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.disc.toc import TocTrack
from redbook.engine import whole_disc
from redbook.engine.events import TrackEnded
from redbook.engine.inspect import DiscContents
from redbook.engine.outcome import (
    DriveInUse,
    Outcome,
    Pace,
    Settings,
    advice_for,
    broken_off,
    disc_now,
    note_what_it_says,
)
from redbook.engine.plan import Space
from redbook.engine.speed import Speeds
from redbook.errors import BurnFailed, Cancelled, NotCommitted, Sense, SenseError
from redbook.mmc.disc_info import DiscInformation, DiscStatus, SessionStatus, TrackInformation

FIRST = TrackEnded(1, 0, 1000)
SECOND = LaidTrack(2, 1152, 800)
ROOM = Space(3, 2104, 359_849)


def said(kind: type[SenseError], *sense: int) -> SenseError:
    return kind("the drive said so", "WRITE(10)", Sense(*sense))


def track(number: int, start_lba: int, **other: Any) -> TrackInformation:
    return TrackInformation(number, 1, 0, False, False, start_lba, None, 0, 800, **other)


def found(
    *tracks: TrackInformation,
    status: DiscStatus = DiscStatus.APPENDABLE,
    opened: TrackInformation | None = None,
    space: Space | None = ROOM,
    toc: Toc | None = None,
) -> DiscContents:
    information = DiscInformation(status, SessionStatus.INCOMPLETE, False, 1, 1, 1, len(tracks))
    return DiscContents(information, None, tracks, opened, toc, space)


OPEN = "its session is open, so players cannot play it until it is closed (`redbook close`), "
MORE, NO_MORE = OPEN + "and tracks can be added (--append)", OPEN + "and no more tracks can be added"
CLOSED = "its session is closed, so players can play it"
COMPLETE = found(track(1, 0), status=DiscStatus.COMPLETE, space=None)

NOW: list[tuple[Outcome, str]] = [
    (Outcome(), f"the disc now holds nothing new; {MORE}"),
    (Outcome(ended=[FIRST]), f"the disc now holds track 1 whole; {MORE}"),
    (Outcome(ended=[FIRST, TrackEnded(2, 1152, 800)]), f"the disc now holds tracks 1 to 2 whole; {MORE}"),
    (Outcome(ended=[FIRST], closed=True), f"the disc now holds track 1 whole; {CLOSED}"),
    (Outcome(ended=[FIRST], full=True), f"the disc now holds track 1 whole; {NO_MORE}"),
    (
        Outcome(ended=[FIRST], cut_short=(SECOND, 150)),
        f"the disc now holds track 1 whole and the first 2.0 s of track 2; {MORE}",
    ),
    (Outcome(cut_short=(SECOND, 0)), f"the disc now holds perhaps nothing of track 2; {MORE}"),
    # Where the drive was asked, it is believed.
    (Outcome(ended=[FIRST], found=found()), f"the disc now holds nothing new; {MORE}"),
    (Outcome(cut_short=(SECOND, 150), found=found()), f"the disc now holds nothing new; {MORE}"),
    (
        Outcome(ended=[FIRST], cut_short=(SECOND, 75), found=found(track(1, 0), track(2, 1152))),
        f"the disc now holds track 1 whole and the first 1.0 s of track 2; {MORE}",
    ),
    (
        Outcome(ended=[FIRST], found=found(track(1, 0), opened=track(2, 1152))),
        f"the disc now holds track 1 whole and the unfinished track 2; {MORE}",
    ),
    (Outcome(ended=[FIRST], found=COMPLETE), f"the disc now holds track 1 whole; {CLOSED}"),
    (
        Outcome(ended=[FIRST], closed=True, found=found(track(1, 0))),
        f"the disc now holds track 1 whole; {MORE}",
    ),
    (
        Outcome(ended=[FIRST], found=found(track(1, 0), space=None)),
        f"the disc now holds track 1 whole; {NO_MORE}",
    ),
    (
        Outcome(ended=[FIRST], found=found(track(1, 0), space=Space(2, 1152, 1152 + 301))),
        f"the disc now holds track 1 whole; {NO_MORE}",  # a track lasts 4 s, with 2 sectors of run-out
    ),
    (
        Outcome(ended=[FIRST], found=found(track(1, 0), space=Space(2, 1152, 1152 + 302))),
        f"the disc now holds track 1 whole; {MORE}",
    ),
    (
        Outcome(ended=[FIRST], found=found(track(1, 0), space=Space(100, 1152, 359_849))),
        f"the disc now holds track 1 whole; {NO_MORE}",
    ),
    (Outcome(found=found(status=DiscStatus.BLANK)), "the disc is still blank"),
    (
        Outcome(ended=[FIRST], unknown="it is busy", found=COMPLETE),
        "it is not known what is on the disc, because the drive does not report it (it is busy)",
    ),
]


@pytest.mark.parametrize(("outcome", "words"), NOW)
def test_what_is_on_the_disc_is_said_as_the_drive_says_it_or_else_as_it_was_written(
    outcome: Outcome, words: str
) -> None:
    assert disc_now(outcome, Settings()) == words


@pytest.mark.parametrize(
    "outcome", [Outcome(ended=[FIRST]), Outcome(exchanged=True), Outcome(unknown="busy")]
)
def test_a_test_write_leaves_the_disc_as_it_was(outcome: Outcome) -> None:
    words = "it was a test write: the disc is as it was before"
    assert disc_now(outcome, Settings(test_write=True)) == words
    assert whole_disc.disc_now(SESSION, -150, 2000, outcome, Settings(test_write=True)) == words


def test_of_an_exchanged_disc_nothing_else_is_said() -> None:
    words = disc_now(Outcome(ended=[FIRST], exchanged=True, unknown="busy", found=COMPLETE), Settings())
    assert "seems to be another disc" in words


# A whole disc in one run: 2000 sectors, 0:26, from the pregap on.

SESSION = SessionLayout((LaidTrack(1, 0, 2000, 150),), 2000)
WHOLE = 2150
TOC = Toc((TocTrack(1, 0),), 2000)
LOST = (
    "the disc is spoiled: the session ended early, at {} of 0:27, so it has no table of contents, no player "
    "can play it, and nothing can be added; it cannot be used any more"
)
FINISHED = "the session is closed, so players can play the disc; it is not known whether all of it is right"
UNKNOWN = "it is not known what is on the disc, because the drive does not report it (it is busy)"
STRANGE = "the drive calls the disc blank, although the session was begun"
BLANK = found(status=DiscStatus.BLANK)
LISTED = found(track(1, 0), status=DiscStatus.COMPLETE, space=None, toc=TOC)

AT_ONCE: list[tuple[Outcome, str]] = [
    (Outcome(sent=100), LOST.format("0:00")),  # in the pregap
    (Outcome(sent=150 + 75 * 20), LOST.format("0:20")),
    (Outcome(sent=WHOLE), LOST.format("0:26")),
    (Outcome(sent=900, found=COMPLETE), LOST.format("0:10")),  # complete, and without a table of contents
    (Outcome(sent=900, found=found(track(1, 0), toc=TOC)), LOST.format("0:10")),
    (Outcome(found=found()), LOST.format("0:00")),
    (Outcome(sent=WHOLE, closed=True), FINISHED),
    (Outcome(sent=WHOLE, found=LISTED), FINISHED),
    (
        Outcome(sent=900, found=LISTED),
        "the disc is spoiled: the session ended early, at 0:10 of 0:27; the drive has closed it anyway, so "
        "players may play the disc up to there; it cannot be used any more",
    ),
    (
        Outcome(sent=900, found=LISTED, drive=DriveInUse(rewritable=True)),
        "the disc is spoiled: the session ended early, at 0:10 of 0:27; the drive has closed it anyway, so "
        "players may play the disc up to there; erase it (`redbook blank`) to use it again",
    ),
    (Outcome(found=BLANK), "the disc is still blank"),
    (Outcome(sent=27, found=BLANK), STRANGE + ". Take it out"),
    (Outcome(lead_in_sent=True, found=BLANK), STRANGE + ". Take it out"),
    (Outcome(sent=27, found=BLANK, exchanged=True), STRANGE + "; it may be another disc"),
    (Outcome(sent=WHOLE, found=LISTED, exchanged=True), "the disc in the drive now does not hold what was"),
    (Outcome(sent=900, exchanged=True), LOST.format("0:10")),
    (Outcome(unknown="it is busy"), UNKNOWN),
    (Outcome(unknown="it is busy", sent=WHOLE), UNKNOWN),
    (
        Outcome(unknown="it is busy", sent=900),
        UNKNOWN + "; the session ended early, at 0:10 of 0:27, so treat the disc as spoiled",
    ),
    (
        Outcome(unknown="it is busy", lead_in_sent=True),
        UNKNOWN + "; the session ended early, at 0:00 of 0:27, so treat the disc as spoiled",
    ),
]


@pytest.mark.parametrize(("outcome", "words"), AT_ONCE)
def test_a_disc_written_at_once_is_whole_spoiled_blank_or_not_known(outcome: Outcome, words: str) -> None:
    now = whole_disc.disc_now(SESSION, -150, 2000, outcome, Settings())
    assert now.startswith(words)
    assert now == words or words not in (UNKNOWN, FINISHED)


# Where, and why

WHERE: list[tuple[Outcome, str, int, int | None]] = [
    (Outcome(open_track=SECOND), "in track 2", 2, None),
    (Outcome(open_track=SECOND, lba=1152), "at sector 0 of track 2 (LBA 1152)", 2, 1152),
    (Outcome(open_track=SECOND, lba=1200), "at sector 48 of track 2 (LBA 1200)", 2, 1200),
    (Outcome(open_track=SECOND, lba=1151), "in the pregap of track 2 (LBA 1151)", 2, 1151),
    (Outcome(open_track=LaidTrack(1, 0, 900), lba=-150), "in the pregap of track 1 (LBA -150)", 1, -150),
    (Outcome(open_track=LaidTrack(1, 0, 900), lba=-151), "in the lead-in (LBA -151)", 1, -151),
    (Outcome(cut_short=(SECOND, 9)), "in track 2", 2, None),
    (Outcome(ended=[FIRST]), "after track 1", 1, None),
    (Outcome(), "after track 0", 0, None),
]


@pytest.mark.parametrize(("outcome", "where", "number", "lba"), WHERE)
def test_it_is_said_where_a_burn_broke_off(
    outcome: Outcome, where: str, number: int, lba: int | None
) -> None:
    error = broken_off(said(errors.HardwareError, 4, 9, 1), outcome, "the disc is as it is")
    assert isinstance(error, BurnFailed)
    assert str(error) == f"the burn failed {where}: the drive said so\nthe disc is as it is"
    assert (error.disc_now, error.track, error.lba) == ("the disc is as it is", number, lba)


def test_a_cancel_and_an_objection_stay_what_they_are() -> None:
    cancelled = broken_off(Cancelled("stop"), Outcome(open_track=SECOND), "so it is")
    assert isinstance(cancelled, Cancelled)
    assert (str(cancelled), cancelled.disc_now) == ("cancelled; so it is", "so it is")
    reason = ValueError()
    objection = broken_off(NotCommitted("no", reason), Outcome(), "so it is")
    assert isinstance(objection, NotCommitted)
    assert (str(objection), objection.reason, objection.disc_now) == ("no\nso it is", reason, "so it is")


OFFERED = DriveInUse(speed=24, speeds=Speeds((24, 16, 8), recommended=16))
SLOWER = "try the next disc at 16x (--speed 16)"
POWER = "USB port can lose power"

ADVICE: list[tuple[Exception, Outcome, str]] = [
    (said(errors.WriteError, 3, 0x0C, 0), Outcome(OFFERED), SLOWER),
    (said(errors.LossOfStreaming, 5, 0x21, 0), Outcome(OFFERED), SLOWER),
    (said(errors.WriteError, 3, 0x0C, 0), Outcome(), ""),  # no speed is known
    (said(errors.PowerCalibrationError, 3, 0x73, 3), Outcome(OFFERED), SLOWER),
    (said(errors.PowerCalibrationError, 3, 0x73, 2), Outcome(OFFERED), ""),  # no speed makes room there
    (said(errors.MediumError, 3, 0x73, 5), Outcome(OFFERED), ""),
    (said(errors.HardwareError, 4, 9, 1), Outcome(OFFERED), ""),
    (errors.DriveGone("it left"), Outcome(OFFERED), POWER),
    (said(errors.DeviceReset, 6, 0x29, 0), Outcome(OFFERED), POWER),
    (errors.DriveGone("it left"), Outcome(OFFERED, sent=27), ""),
    (errors.DriveGone("it left"), Outcome(OFFERED, [FIRST]), ""),
]


@pytest.mark.parametrize(("first", "outcome", "advice"), ADVICE)
def test_what_to_try_next_is_said_where_something_is_known_to_help(
    first: Exception, outcome: Outcome, advice: str
) -> None:
    text = advice_for(first, outcome)
    assert advice in text
    assert text.startswith("\n") if advice else text == ""


@pytest.mark.parametrize(
    ("first", "full"),
    [
        (said(errors.EndOfUserArea, 5, 0x63, 0), True),
        (said(errors.PowerCalibrationError, 3, 0x73, 2), True),
        (said(errors.MediumError, 3, 0x73, 5), True),
        (said(errors.PowerCalibrationError, 3, 0x73, 3), False),
        (said(errors.WriteError, 3, 0x0C, 2), False),
        (errors.DriveGone("it left"), False),
    ],
)
def test_a_disc_whose_areas_are_used_up_takes_no_more(first: Exception, full: bool) -> None:
    outcome = Outcome()
    note_what_it_says(first, outcome)
    assert outcome.full is full
    assert not outcome.exchanged


CHANGED, GONE = said(errors.MediumChanged, 6, 0x28, 0), said(errors.NoMedium, 2, 0x3A, 0)
OTHER = said(errors.WriteError, 3, 0x0C, 0)

EXCHANGES: list[tuple[Exception, Outcome, bool]] = [
    (CHANGED, Outcome(ended=[FIRST], found=found(track(1, 0))), False),
    (CHANGED, Outcome(ended=[FIRST], found=found(track(1, 75))), True),
    (CHANGED, Outcome(ended=[FIRST], found=found()), True),
    (CHANGED, Outcome(ended=[FIRST]), False),  # it is not known
    (CHANGED, Outcome(ended=[FIRST, TrackEnded(2, 1152, 800)], found=found(track(2, 1152))), False),
    (CHANGED, Outcome(ended=[FIRST, TrackEnded(2, 1152, 800)], found=found(track(2, 0))), True),
    (CHANGED, Outcome(touched=True, found=found(track(1, 0))), True),
    (GONE, Outcome(ended=[FIRST], found=found()), True),
    (OTHER, Outcome(ended=[FIRST], found=found()), False),
    (OTHER, Outcome(ended=[FIRST], found=found(), changed=True), True),
    (CHANGED, Outcome(ended=[FIRST], open_track=SECOND, found=found(track(1, 0))), True),
    (CHANGED, Outcome(open_track=SECOND, found=found(opened=track(2, 1152))), False),
    (CHANGED, Outcome(cut_short=(SECOND, 9), found=found(track(2, 1152))), False),
    (CHANGED, Outcome(cut_short=(SECOND, 9), found=found(track(2, 1150))), True),
    (
        CHANGED,
        Outcome(cut_short=(SECOND, 9), open_track=LaidTrack(3, 9, 9), found=found(track(2, 1152))),
        False,
    ),
]


@pytest.mark.parametrize(("first", "outcome", "exchanged"), EXCHANGES)
def test_a_disc_without_the_last_track_that_was_written_is_another_one(
    first: Exception, outcome: Outcome, exchanged: bool
) -> None:
    note_what_it_says(first, outcome)
    assert outcome.exchanged is exchanged


def test_a_burn_has_begun_with_its_first_sector() -> None:
    assert not Outcome().begun
    assert Outcome(touched=True).begun
    assert Outcome(ended=[FIRST]).begun
    following = Outcome(OFFERED, touched=True, sent=9).next_track([FIRST])
    assert following == Outcome(OFFERED, [FIRST])
    assert following.drive is OFFERED


@pytest.mark.parametrize(
    ("sectors", "seconds", "speed"),
    [
        (0, 5.0, None),
        (1, 1.0, 1 / 75),
        (7500, 0.5, None),
        (7500, 1.0, 100.0),
        (1200, 1.0, 16.0),
        (1200, 2.0, 8.0),
    ],
)
def test_what_was_measured_for_less_than_a_second_is_no_speed(
    sectors: int, seconds: float, speed: float | None
) -> None:
    pace = Pace()
    pace.add(sectors, seconds / 4)
    pace.add(0, seconds * 3 / 4)
    assert pace.speed == speed
