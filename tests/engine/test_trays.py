"""The tray, a disc that is taken out and in, the speed of reading: what a drive is asked, and left with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from redbook import errors
from redbook.disc import Toc
from redbook.disc.toc import TocTrack
from redbook.engine.events import Notice
from redbook.engine.inspect import DiscContents
from redbook.engine.outcome import DriveInUse, Outcome
from redbook.engine.reading_speed import ReadingSpeed, at_its_own_speed_again
from redbook.engine.reload import reload_to_read
from redbook.engine.same_disc import SameDisc
from redbook.engine.steps import Abandoned, Pause, Procedure, Shield
from redbook.engine.tray import (
    eject,
    forget_test_write,
    holding_tray,
    load,
    lock_tray,
    release,
    reload,
    unlock_tray,
    unlock_tray_at_once,
)
from redbook.errors import Cancelled, MediumUnsuitable, Sense, SenseError, TransportTimeout
from redbook.mmc.control import (
    MAXIMUM_SPEED,
    PreventAllowMediumRemoval,
    SetCdSpeed,
    StartStopUnit,
    TestUnitReady,
)
from redbook.mmc.disc_info import DiscInformation, DiscStatus, ReadDiscInformation, SessionStatus
from redbook.mmc.mode_pages import Capabilities, Loader, ModeData, ModeSelect10, ModeSense10, WriteParameters
from redbook.quirks import Quirks
from tests.support.played import Played

LOCK, UNLOCK = PreventAllowMediumRemoval(True), PreventAllowMediumRemoval(False)
OUT, IN = StartStopUnit(start=False, load_eject=True), StartStopUnit(start=True, load_eject=True)


def said(kind: type[SenseError], *sense: int) -> SenseError:
    return kind("the drive said so", "IT", Sense(*sense))


REFUSED = said(errors.InvalidField, 5, 0x24, 0)
BUSY = said(errors.BecomingReady, 2, 4, 1)
NO_DISC = said(errors.NoMedium, 2, 0x3A, 0)


class Drive:
    """It answers good to all but what it was told to answer otherwise, one answer after the other."""

    def __init__(self, *answers: tuple[Any, list[Any]]) -> None:
        self.answers = answers

    def __call__(self, command: Any) -> Any:
        for what, some in self.answers:
            if (command == what or (isinstance(what, type) and isinstance(command, what))) and some:
                answer = some.pop(0)
                if isinstance(answer, Exception):
                    raise answer
                return answer
        return None


def page_2a(loader: int = Loader.TRAY, **other: Any) -> ModeData:
    return ModeData(Capabilities(loader=loader, **other).to_page())


def asked(played: Played) -> list[Any]:
    return played.of(PreventAllowMediumRemoval, StartStopUnit)


def test_out_and_in_again() -> None:
    played = Played(Drive())
    played.run(reload())
    assert asked(played) == [UNLOCK, OUT, IN]
    assert played.steps[-1] == TestUnitReady()


def test_a_tray_that_is_still_locked_is_unlocked_once_more() -> None:
    played = Played(Drive((OUT, [said(errors.RemovalPrevented, 5, 0x53, 2)])))
    played.run(reload())
    assert asked(played) == [UNLOCK, OUT, UNLOCK, OUT, IN]


def test_a_tray_without_a_motor_is_told() -> None:
    with pytest.raises(MediumUnsuitable, match="push it in"):
        Played(Drive((IN, [REFUSED]))).run(reload())


@pytest.mark.parametrize(("procedure", "moved"), [(eject, [UNLOCK, OUT, OUT]), (load, [IN, IN])])
def test_a_tray_is_moved_as_soon_as_the_drive_has_time(
    procedure: Callable[[], Procedure[None]], moved: list[Any]
) -> None:
    played = Played(Drive((moved[-1], [BUSY])))
    played.run(procedure())
    assert asked(played) == moved
    busy = Played(Drive((moved[-1], [BUSY] * 100)))
    with pytest.raises(errors.BecomingReady):
        busy.run(procedure())
    assert 10 <= busy.seconds <= 11


def test_once_it_is_closed_the_drive_is_let_look_at_the_disc() -> None:
    played = Played(Drive((TestUnitReady, [BUSY, BUSY])))
    played.run(load())
    assert len(played.of(TestUnitReady)) == 3


UNLOCKED: list[tuple[list[Any], int, bool]] = [
    ([], 1, True),
    ([BUSY], 2, True),
    ([said(errors.MediumChanged, 6, 0x28, 0)], 2, True),
    ([errors.NotTaken("no time")], 2, True),
    ([TransportTimeout("no answer")], 2, True),
    ([said(errors.LongWriteInProgress, 2, 4, 8)] * 4, 5, True),
    ([BUSY] * 5, 5, False),
    ([REFUSED], 1, False),
    ([errors.DriveGone("it left")], 1, False),
]


@pytest.mark.parametrize(("answers", "times", "unlocked"), UNLOCKED)
def test_a_drive_that_has_no_time_is_asked_five_times_to_unlock_its_tray(
    answers: list[Any], times: int, unlocked: bool
) -> None:
    played = Played(Drive((UNLOCK, list(answers))))
    played.run(unlock_tray())
    assert asked(played) == [UNLOCK] * times
    assert played.of(Pause) == [Pause(0.5)] * (times - 1)
    assert [("could not be unlocked" in notice.text) for notice in played.of(Notice)] == [True] * (
        not unlocked
    )


def test_who_leaves_at_once_asks_once() -> None:
    played = Played(Drive((UNLOCK, [BUSY])))
    played.run(unlock_tray_at_once())
    assert asked(played) == [UNLOCK]


def test_that_a_tray_cannot_be_locked_is_only_told() -> None:
    for refusal in (REFUSED, errors.NotTaken("no time")):
        played = Played(Drive((LOCK, [refusal] * 100)))
        played.run(lock_tray())
        assert "could not be locked, do not open it" in played.of(Notice)[0].text
    busy = Played(Drive((LOCK, [BUSY] * 3)))
    busy.run(lock_tray())
    assert not busy.of(Notice)


@pytest.mark.parametrize("kind", [(errors.MediumChanged, 6, 0x28, 0), (errors.DeviceReset, 6, 0x29, 0)])
def test_a_disc_that_was_changed_while_the_tray_is_locked_is_no_small_thing(kind: Any) -> None:
    with pytest.raises(kind[0]):
        Played(Drive((LOCK, [said(*kind)]))).run(lock_tray())


ENDS: list[tuple[BaseException | None, int]] = [
    (None, 2),
    (Cancelled("stop"), 1),
    (errors.InvalidReply("nonsense"), 2),
    (Abandoned(), 1),
]


@pytest.mark.parametrize(("raised", "times"), ENDS)
def test_the_tray_is_unlocked_however_it_ends(raised: BaseException | None, times: int) -> None:
    def job() -> Procedure[int]:
        yield Notice("at work")
        if raised is not None:
            raise raised
        return 7

    played = Played(Drive((UNLOCK, [BUSY])))
    if raised is None:
        assert played.run(holding_tray(job())) == 7
    else:
        with pytest.raises(type(raised)):
            played.run(holding_tray(job()))
    assert played.steps[:3] == [Shield(True), LOCK, Notice("at work")]
    assert asked(played)[1:] == [UNLOCK] * times


@pytest.mark.parametrize("test_write", [False, True])
def test_a_drive_is_left_without_the_test_bit_and_unlocked(test_write: bool) -> None:
    page = WriteParameters(test_write=True)
    played = Played(Drive((ModeSense10, [ModeData(page.to_page())])))
    played.run(release(test_write))
    assert asked(played) == [UNLOCK]
    left = [WriteParameters.from_page(command.pages).test_write for command in played.of(ModeSelect10)]
    assert left == [False] * test_write


def test_a_test_bit_that_stays_is_told_and_the_tray_is_unlocked_all_the_same() -> None:
    played = Played(Drive((ModeSense10, [REFUSED])))
    played.run(release(True))
    assert "may still be set to test writes" in played.of(Notice)[0].text
    assert asked(played) == [UNLOCK]


FORGETS: list[tuple[Any, bool, bool, bool]] = [
    # what the drive says of the disc, whether its model is known for it, whether the tray moves, is it told
    (DiscStatus.BLANK, False, False, False),
    (DiscStatus.BLANK, True, True, False),
    (DiscStatus.APPENDABLE, False, True, False),
    (REFUSED, False, False, True),
]


@pytest.mark.parametrize(("status", "remembers", "moves", "told"), FORGETS)
def test_a_drive_that_takes_a_test_for_a_burn_is_cured_by_opening_the_tray(
    status: Any, remembers: bool, moves: bool, told: bool
) -> None:
    answer = status
    if isinstance(status, DiscStatus):
        answer = DiscInformation(status, SessionStatus.EMPTY, False, 1, 1, 1, 1)
    quirks = Quirks(remembers_test_write=remembers)
    played = Played(Drive((ReadDiscInformation, [answer])))
    played.run(forget_test_write(Outcome(DriveInUse(quirks=quirks, status_before=DiscStatus.BLANK))))
    assert (OUT in asked(played)) is moves
    assert [("open and close the tray" in notice.text) for notice in played.of(Notice)] == [True] * told


# To read what is on the disc, and not what the drive remembers


@pytest.mark.parametrize("loader", Loader)
def test_a_disc_is_reloaded_where_the_drive_can(loader: Loader) -> None:
    played = Played(Drive((ModeSense10, [page_2a(loader)])))
    why_not = played.run(reload_to_read())
    by_itself = loader not in (Loader.CADDY, Loader.POP_UP)
    assert (why_not == "") is by_itself
    assert (OUT in asked(played)) is by_itself
    assert played.of(Shield) == ([Shield(True), Shield(False)] if by_itself else [])


def test_a_drive_that_does_not_open_is_told() -> None:
    played = Played(Drive((ModeSense10, [REFUSED]), (OUT, [REFUSED])))
    assert played.run(reload_to_read()) == "the drive did not open its tray (the drive said so)"
    assert played.of(Shield) == [Shield(True), Shield(False)]


PUSHED: list[tuple[list[Any], float, str]] = [
    ([NO_DISC] * 7, 7, ""),
    ([NO_DISC, NO_DISC, BUSY], 2, ""),  # it is at it
    ([NO_DISC] * 1000, 300, "the tray was not pushed in"),
]


@pytest.mark.parametrize(("looks", "seconds", "why_not"), PUSHED)
def test_a_tray_that_comes_back_by_hand_only_is_waited_for_five_minutes(
    looks: list[Any], seconds: float, why_not: str
) -> None:
    played = Played(Drive((ModeSense10, [REFUSED]), (IN, [REFUSED]), (TestUnitReady, list(looks))))
    assert played.run(reload_to_read()) == why_not
    assert played.seconds == seconds
    assert "push the tray in" in played.of(Notice)[0].text
    assert played.of(Shield) == [Shield(True), Shield(False)]


# Whether it is still the same disc

TOC = Toc((TocTrack(1, 0),), 1000)


def disc(toc: Toc | None = TOC, tracks: tuple[Any, ...] = ()) -> DiscContents:
    information = DiscInformation(DiscStatus.COMPLETE, SessionStatus.COMPLETE, False, 1, 1, 1, 1)
    return DiscContents(information, None, tracks, None, toc, None)


@pytest.mark.parametrize("doubted", [None, "before", "never known"])
def test_where_there_is_no_doubt_nothing_is_asked(doubted: str | None) -> None:
    same, played = SameDisc(), Played()
    if doubted:
        same.doubt()
    if doubted != "never known":
        same.is_this(disc(), TOC)
    played.run(same.check())
    assert not played.steps


def test_a_doubt_is_cleared_by_looking_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for now, is_same in ((disc(), True), (disc(Toc((TocTrack(1, 0),), 1001)), False)):

        def contents(found: DiscContents = now) -> Procedure[DiscContents]:
            yield from ()
            return found

        monkeypatch.setattr("redbook.engine.same_disc.contents", contents)
        same, played = SameDisc(), Played()
        same.is_this(disc(), TOC)
        same.doubt()
        if is_same:
            played.run(same.check())
            assert "still the same" in played.of(Notice)[0].text
        else:
            with pytest.raises(MediumUnsuitable, match="another disc was put into the drive"):
                played.run(same.check())
        steps = len(played.steps)
        played.run(same.check())
        assert len(played.steps) == steps


# The speed at which it reads


def told(**other: Any) -> Capabilities:
    return Capabilities(
        **({"max_read_kb": 8467, "read_kb": 4234, "max_write_kb": 4234, "write_kb": 2822} | other)
    )


GIVEN_BACK: list[tuple[Capabilities | None, int, int]] = [
    (told(), 4234, 2822),
    (told(read_kb=8467), MAXIMUM_SPEED, 2822),  # it was at its fastest
    (told(read_kb=0), MAXIMUM_SPEED, 2822),
    (told(write_kb=0), 4234, MAXIMUM_SPEED),
    (None, MAXIMUM_SPEED, MAXIMUM_SPEED),
]


@pytest.mark.parametrize(("capabilities", "read_kb", "write_kb"), GIVEN_BACK)
def test_the_speed_that_was_found_is_given_back(
    capabilities: Capabilities | None, read_kb: int, write_kb: int
) -> None:
    speed, played = ReadingSpeed(), Played()
    speed.note(capabilities)
    played.run(speed.ask_for(8))
    speed.note(replace(capabilities, read_kb=1411) if capabilities else None)  # which was asked for
    played.run(speed.give_back())
    played.run(speed.give_back())
    eight_times = 8 * 177  # drives round down
    assert played.steps == [SetCdSpeed(eight_times, write_kb), SetCdSpeed(read_kb, write_kb)]


def test_a_speed_is_asked_for_where_it_changes() -> None:
    speed, played = ReadingSpeed(), Played()
    for times in (8, 8, 4, 8, float("inf"), float("inf")):
        played.run(speed.ask_for(times))
    assert [command.read_kb for command in played.of(SetCdSpeed)] == [1416, 708, 1416, MAXIMUM_SPEED]


def test_nothing_is_given_back_where_nothing_was_asked_for() -> None:
    played = Played()
    played.run(ReadingSpeed().give_back())
    assert not played.steps


def test_a_drive_that_keeps_its_own_speed_is_no_failure() -> None:
    speed, played = ReadingSpeed(), Played(Drive((SetCdSpeed, [REFUSED] * 9)))
    played.run(speed.ask_for(8))
    played.run(speed.give_back())
    assert len(played.of(SetCdSpeed)) == 2


def test_reports_of_what_happened_before_do_not_keep_it_from_being_given_back() -> None:
    attention = said(errors.MediumChanged, 6, 0x28, 0)
    speed, played = ReadingSpeed(), Played()
    played.run(speed.ask_for(8))
    played.drive = Drive((SetCdSpeed, [attention, attention]))
    played.run(speed.give_back())
    assert len(played.of(SetCdSpeed)) == 4


@pytest.mark.parametrize("raised", [None, Cancelled("stop"), errors.DriveGone("it left"), Abandoned()])
def test_however_a_reading_ends_the_drive_has_its_own_speed_afterwards(raised: BaseException | None) -> None:
    speed = ReadingSpeed()

    def job() -> Procedure[int]:
        yield from speed.ask_for(4)
        if raised is not None:
            raise raised
        return 7

    played = Played()
    if raised is None:
        assert played.run(at_its_own_speed_again(job(), speed)) == 7
    else:
        with pytest.raises(type(raised)):
            played.run(at_its_own_speed_again(job(), speed))
    assert played.of(SetCdSpeed)[-1].read_kb == MAXIMUM_SPEED
    if raised is None:
        assert played.of(Shield) == [Shield(True), Shield(False)]
    else:
        assert played.of(Shield) == [Shield(True)] * (not isinstance(raised, Abandoned))
