"""Which refusal is waited for, how long, and what is told meanwhile: docs/sense.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redbook import errors
from redbook.engine.events import Phase, Waiting, Working
from redbook.engine.steps import Abandoned, Pause, Procedure
from redbook.engine.waiting import (
    despite_attention,
    pausing,
    resending,
    until_accepted,
    until_begun,
    until_idle,
    until_ready,
)
from redbook.errors import DriveError, InvalidReply, NotTaken, Sense, SenseError, StillBusy
from redbook.mmc.command import Command
from redbook.mmc.control import PreventAllowMediumRemoval, SetCdSpeed, StartStopUnit, TestUnitReady
from redbook.mmc.disc_info import DiscInformation, DiscStatus, ReadDiscInformation, ReadToc, SessionStatus
from redbook.mmc.read import ReadCd
from redbook.mmc.write import Blank, CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from tests.support.played import Played


def said(kind: type[SenseError], *sense: int, progress: float | None = None) -> SenseError:
    return kind("the drive said so", "IT", Sense(*sense, progress=progress))


LOADING = said(errors.BecomingReady, 2, 4, 1)
UNEXPLAINED = said(errors.Unexplained, 2, 4, 0)
FORMATTING = said(errors.FormatInProgress, 2, 4, 4)
AT_WORK = said(errors.OperationInProgress, 2, 4, 7)
FULL = said(errors.LongWriteInProgress, 2, 4, 8)
NO_DISC = said(errors.NoMedium, 2, 0x3A, 0)
OPEN = said(errors.TrayOpen, 2, 0x3A, 2)
NO_TIME = NotTaken("no time")
CHANGED = said(errors.MediumChanged, 6, 0x28, 0)
RESET = said(errors.DeviceReset, 6, 0x29, 0)
OTHER_PARAMETERS = said(errors.ParametersChanged, 6, 0x2A, 1)
INSUFFICIENT_TIME = said(errors.InsufficientTime, 6, 0x2E, 0)
WRITE_PERMIT = said(errors.UnitAttention, 6, 0x5A, 3)
ATTENTION = said(errors.UnitAttention, 6, 0x3F, 0)
BAD_TRANSFER = said(errors.CommunicationError, 4, 8, 0)
OVERLAPPED = said(errors.OverlappedCommands, 0xB, 0x4E, 0)
NO_RESOURCES = said(errors.SystemResourceFailure, 5, 0x55, 0)
STREAM_LOST = said(errors.CommandAborted, 0xB, 0x11, 0x11)
ABORTED = said(errors.CommandAborted, 0xB, 0, 0)
REFUSED = said(errors.InvalidField, 5, 0x24, 0)

BLANK = DiscInformation(DiscStatus.BLANK, SessionStatus.EMPTY, False, 1, 1, 1, 1)


class Drive:
    """It says these errors to commands of one kind, and then that all is well."""

    def __init__(self, kind: type[Any], *errors: DriveError) -> None:
        self.kind, self.errors = kind, list(errors)

    def __call__(self, command: Any) -> object:
        if isinstance(command, self.kind) and self.errors:
            raise self.errors.pop(0)
        return BLANK if isinstance(command, ReadDiscInformation) else None


class Always(Drive):
    def __call__(self, command: Any) -> object:
        if isinstance(command, self.kind):
            raise self.errors[0]
        return super().__call__(command)


def one(command: Command[Any]) -> Procedure[Any]:
    return (yield command)


def resent(played: Played, command: Command[Any], begun: bool = False, **told: Callable[[], None]) -> Any:
    return played.run(resending(one(command), lambda: begun, **told))


SPEED, WRITE, TOC = SetCdSpeed(), Write10(0), ReadToc()

MOST: list[tuple[DriveError, Command[Any], bool, int]] = [
    # the error, to which command, whether something is on the disc, how often it is sent again at most
    (BAD_TRANSFER, SPEED, False, 1),
    (OVERLAPPED, SPEED, True, 1),
    (BAD_TRANSFER, WRITE, False, 0),  # it may have been taken
    (STREAM_LOST, ReadCd(0, 1), True, 1),
    (ABORTED, ReadCd(0, 1), False, 0),
    (NO_RESOURCES, SPEED, True, 3),
    (NO_RESOURCES, WRITE, True, 3),  # it was not taken
    (ATTENTION, SPEED, True, 5),
    (OTHER_PARAMETERS, WRITE, True, 5),
    (CHANGED, SPEED, False, 5),
    (RESET, SPEED, False, 5),
    (CHANGED, SPEED, True, 0),
    (RESET, SPEED, True, 0),
    (WRITE_PERMIT, SPEED, False, 0),
    (INSUFFICIENT_TIME, SPEED, False, 0),
    (REFUSED, SPEED, False, 0),
    (NO_DISC, SPEED, False, 0),
    (InvalidReply("nonsense"), TOC, False, 0),
    (errors.DriveGone("it left"), SPEED, False, 0),
    # What these mean knows who sends them.
    *((FULL, command, True, 0) for command in (WRITE, ReadCd(0, 1), TestUnitReady(), SynchronizeCache())),
    *((AT_WORK, command, True, 0) for command in (Blank(0), CloseTrackSession(CloseFunction.SESSION))),
    (LOADING, PreventAllowMediumRemoval(True), False, 0),
    (NO_TIME, WRITE, False, 0),
]


@pytest.mark.parametrize(("error", "command", "begun", "most"), MOST)
def test_a_command_is_sent_again_as_often_as_its_refusal_says_nothing_about_it(
    error: DriveError, command: Command[Any], begun: bool, most: int
) -> None:
    patient = Played(Drive(type(command), *[error] * most))
    resent(patient, command, begun)
    assert patient.of(type(command)) == [command] * (most + 1)
    enough = Played(Always(type(command), error))
    with pytest.raises(type(error)) as raised:
        resent(enough, command, begun)
    assert raised.value is error
    assert enough.of(type(command)) == [command] * (most + 1)
    assert enough.seconds == (3 if error is NO_RESOURCES else 0)


@pytest.mark.parametrize("error", [LOADING, FORMATTING, AT_WORK, FULL, NO_TIME])
@pytest.mark.parametrize("command", [SPEED, TOC, ReadDiscInformation()])
def test_a_drive_that_is_busy_is_given_a_minute(error: DriveError, command: Command[Any]) -> None:
    played = Played(Always(type(command), error))
    with pytest.raises(type(error)):
        resent(played, command)
    assert 60 <= played.seconds <= 61
    assert set(played.of(Pause)) == {Pause(0.5)}
    waits = played.of(Waiting)
    assert [wait.seconds for wait in waits[:3]] == [1, 2, 3]
    assert {wait.most_seconds for wait in waits} == {60}


def test_errors_of_different_kinds_are_counted_apart() -> None:
    drive = Drive(SetCdSpeed, BAD_TRANSFER, *[ATTENTION] * 5, *[NO_RESOURCES] * 3, FULL)
    played = Played(drive)
    resent(played, SPEED)
    assert not drive.errors


def test_it_is_told_that_parameters_or_disc_may_have_changed() -> None:
    told: list[str] = []
    for error in (OTHER_PARAMETERS, CHANGED, ATTENTION):
        resent(
            Played(Drive(SetCdSpeed, error)),
            SPEED,
            doubt=lambda: told.append("parameters"),
            changed=lambda: told.append("disc"),
        )
    assert told == ["parameters", "disc"]


def test_what_a_procedure_gets_and_gives_goes_through() -> None:
    closed = []

    def asks() -> Procedure[str]:
        try:
            try:
                yield SPEED
            except errors.InvalidField:
                information = yield ReadDiscInformation()
                return f"refused, {information.status.name}"
        finally:
            closed.append(True)
        return "taken"

    assert Played(Drive(SetCdSpeed, REFUSED)).run(resending(asks(), lambda: False)) == "refused, BLANK"
    assert Played(Drive(SetCdSpeed)).run(resending(asks(), lambda: False)) == "taken"
    leaving = resending(asks(), lambda: False)
    assert next(leaving) == SPEED
    with pytest.raises(Abandoned):
        leaving.throw(Abandoned())
    assert len(closed) == 3


# Until it is ready

READY: list[tuple[list[DriveError], list[Command[Any]], float]] = [
    ([], [TestUnitReady()], 0),
    ([said(errors.UnreadableToc, 3, 0x57, 0)], [TestUnitReady()], 0),  # it may be blank
    ([ATTENTION] * 5, [TestUnitReady()] * 6, 0),
    ([CHANGED, RESET, LOADING, LOADING], [TestUnitReady()] * 5, 1),
    ([NO_DISC] * 20, [TestUnitReady()] * 21, 10),  # it has not looked yet
    ([NO_TIME], [TestUnitReady()] * 2, 0.5),
    ([said(errors.NeedsStart, 2, 4, 2)], [TestUnitReady(), StartStopUnit(start=True), TestUnitReady()], 0),
    # That there is none counts anew when the drive was at work in between.
    ([*[NO_DISC] * 15, LOADING, *[NO_DISC] * 15], [TestUnitReady()] * 32, 15.5),
]


@pytest.mark.parametrize(("answers", "commands", "seconds"), READY)
def test_a_drive_is_waited_for_until_it_is_ready(
    answers: list[DriveError], commands: list[Command[Any]], seconds: float
) -> None:
    played = Played(Drive(TestUnitReady, *answers))
    played.run(until_ready())
    assert played.of(Command) == commands
    assert played.seconds == seconds


NEVER: list[tuple[DriveError, type[Exception], float, float]] = [
    (LOADING, StillBusy, 120, 121),
    (FULL, StillBusy, 120, 121),
    (NO_TIME, StillBusy, 120, 121),
    (UNEXPLAINED, StillBusy, 5, 6),
    (NO_DISC, errors.NoMedium, 10, 11),
    (OPEN, errors.TrayOpen, 0, 0),
    (ATTENTION, errors.UnitAttention, 0, 0),
    (said(errors.NeedsStart, 2, 4, 2), errors.NeedsStart, 0, 0),
    (said(errors.ManualIntervention, 2, 4, 3), errors.ManualIntervention, 0, 0),
    (said(errors.UpsideDown, 2, 0x30, 6), errors.UpsideDown, 0, 0),
]


@pytest.mark.parametrize(("error", "kind", "least", "most"), NEVER)
def test_a_drive_that_never_becomes_ready_is_given_up_in_its_time(
    error: DriveError, kind: type[Exception], least: float, most: float
) -> None:
    played = Played(Always(TestUnitReady, error))
    with pytest.raises(kind) as raised:
        played.run(until_ready())
    assert least <= played.seconds <= most
    if kind is StillBusy:
        assert raised.value.__cause__ is error
        assert "not ready after 120 s" in str(raised.value)


def test_start_that_is_waited_for_is_no_second_start() -> None:
    """The drive says so to START, too; it is sent until it is taken."""
    needs = said(errors.NeedsStart, 2, 4, 2)
    played = Played(Drive((TestUnitReady, StartStopUnit), needs, LOADING, LOADING))  # type: ignore[arg-type]
    played.run(until_ready())
    start = StartStopUnit(start=True)
    assert played.of(Command) == [TestUnitReady(), start, start, start, TestUnitReady()]


WORDS: list[tuple[DriveError, str]] = [
    (FULL, "the drive to empty its buffer"),
    (AT_WORK, "the drive to finish what it is doing"),
    (FORMATTING, "the drive to finish formatting"),
    (NO_DISC, "the drive to find its disc: it says that there is none"),
    (LOADING, "the drive to become ready: it may be looking at its disc"),
    (NO_TIME, "the drive to be free"),
]


@pytest.mark.parametrize(("error", "words"), WORDS)
def test_it_is_told_what_is_waited_for(error: DriveError, words: str) -> None:
    played = Played(Drive(TestUnitReady, *[error] * 5))
    played.run(until_ready())
    assert {wait.what for wait in played.of(Waiting)} == {words}
    assert [wait.seconds for wait in played.of(Waiting)] == [1, 2]


def test_a_pause_is_told_from_its_first_second_on() -> None:
    played = Played()
    played.run(pausing(3, "the disc to stop"))
    assert played.seconds == 3
    assert played.of(Waiting) == [Waiting("the disc to stop", 1, 3), Waiting("the disc to stop", 2, 3)]
    assert isinstance(played.steps[0], Pause)


@pytest.mark.parametrize("times", [0, 1, 5])
def test_reports_of_what_happened_before_are_swallowed(times: int) -> None:
    played = Played(Drive(SetCdSpeed, *[ATTENTION] * times))
    played.run(despite_attention(SPEED))
    assert played.of(SetCdSpeed) == [SPEED] * (times + 1)


def test_but_not_for_ever_and_no_other_error() -> None:
    played = Played(Always(SetCdSpeed, ATTENTION))
    with pytest.raises(errors.UnitAttention):
        played.run(despite_attention(SPEED))
    assert len(played.of(SetCdSpeed)) == 6
    with pytest.raises(errors.InvalidField):
        Played(Drive(SetCdSpeed, REFUSED)).run(despite_attention(SPEED))


@pytest.mark.parametrize("error", [FULL, LOADING, AT_WORK, FORMATTING, NO_TIME, OTHER_PARAMETERS])
def test_a_command_is_sent_until_it_is_accepted(error: DriveError) -> None:
    played = Played(Drive(Write10, error, error, error))
    played.run(until_accepted(WRITE, 60, 0.02))
    assert played.of(Write10) == [WRITE] * 4
    assert played.of(Pause) == [Pause(0.02)] * 3
    never = Played(Always(Write10, error))
    with pytest.raises(type(error)):
        never.run(until_accepted(WRITE, 7, 0.5))
    assert 7 <= never.seconds <= 8


@pytest.mark.parametrize("error", [REFUSED, ATTENTION, CHANGED])
def test_other_errors_are_told(error: DriveError) -> None:
    with pytest.raises(type(error)):
        Played(Drive(Write10, error)).run(until_accepted(WRITE, 60, 0.02))


# Something long: until it is begun, until it is over

CLOSE = CloseTrackSession(CloseFunction.SESSION)


@pytest.mark.parametrize("error", [LOADING, FORMATTING, NO_TIME, AT_WORK, FULL, INSUFFICIENT_TIME])
def test_the_drive_finishes_first_and_then_it_is_sent_once_more(error: DriveError) -> None:
    played = Played(Drive(CloseTrackSession, error))
    played.run(until_begun([CLOSE], Phase.CLOSING, 300))
    commands = [type(command) for command in played.of(Command)]
    assert commands[:2] == [CloseTrackSession, TestUnitReady]
    assert commands[-1] is CloseTrackSession
    assert commands.count(CloseTrackSession) == 2


def test_it_is_not_sent_again_where_the_disc_shows_that_it_was_taken() -> None:
    seen: list[DiscInformation] = []

    def begun(information: DiscInformation) -> Procedure[bool]:
        yield from ()
        seen.append(information)
        return True

    played = Played(Drive(CloseTrackSession, AT_WORK))
    played.run(until_begun([CLOSE], Phase.CLOSING, 300, begun=begun))
    assert played.of(CloseTrackSession) == [CLOSE]
    assert seen == [BLANK]


def test_a_drive_that_refuses_it_for_a_minute_is_given_up() -> None:
    played = Played(Always(CloseTrackSession, AT_WORK))
    with pytest.raises(errors.OperationInProgress):
        played.run(until_begun([CLOSE], Phase.CLOSING, 300))
    assert 60 <= played.seconds <= 61


def test_each_form_is_tried_as_long_as_a_field_is_refused() -> None:
    forms = [SynchronizeCache(immediate=True), SynchronizeCache()]
    for refusals, sent in ((0, forms[:1]), (1, forms)):
        played = Played(Drive(SynchronizeCache, *[REFUSED] * refusals))
        played.run(until_begun(forms, Phase.CLOSING, 300))
        assert played.of(SynchronizeCache) == sent
    with pytest.raises(errors.InvalidField):
        Played(Drive(SynchronizeCache, REFUSED, REFUSED)).run(until_begun(forms, Phase.CLOSING, 300))
    other = Played(Drive(SynchronizeCache, said(errors.WriteError, 3, 0x0C, 0)))
    with pytest.raises(errors.WriteError):
        other.run(until_begun(forms, Phase.CLOSING, 300))
    assert len(other.of(SynchronizeCache)) == 1


def test_it_is_over_when_both_say_so() -> None:
    """Pioneer DVR-108 answers TEST UNIT READY with GOOD while it is closing."""
    drive = Drive(ReadDiscInformation, AT_WORK, AT_WORK)
    played = Played(drive)
    assert played.run(until_idle(Phase.CLOSING, 300)) == BLANK
    assert len(played.of(TestUnitReady)) == len(played.of(ReadDiscInformation)) == 3
    assert played.of(Working) == [Working(Phase.CLOSING, None)] * 2


def test_how_far_it_has_come_is_told_where_the_drive_says_it() -> None:
    half = said(errors.OperationInProgress, 2, 4, 7, progress=0.5)
    played = Played(Drive(TestUnitReady, half, NO_TIME))
    played.run(until_idle(Phase.BLANKING, 300))
    assert played.of(Working) == [Working(Phase.BLANKING, 0.5), Working(Phase.BLANKING, None)]


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase.PREPARING, "the drive to finish the previous command"),
        (Phase.ENDING_TRACK, "the drive to end the track"),
        (Phase.CLOSING, "the drive to close the session"),
        (Phase.BLANKING, "the drive to erase the disc"),
    ],
)
def test_what_ends_is_told(phase: Phase, words: str) -> None:
    played = Played(Always(TestUnitReady, AT_WORK))
    with pytest.raises(StillBusy, match="after 300 s"):
        played.run(until_idle(phase, 300))
    assert 300 <= played.seconds <= 301
    assert {wait.what for wait in played.of(Waiting)} == {words}


def test_reports_are_waited_through_but_for_a_disc_that_has_changed() -> None:
    played = Played(Drive(TestUnitReady, INSUFFICIENT_TIME, ATTENTION))  # old Mitsumi, still closing
    played.run(until_idle(Phase.CLOSING, 300))
    assert played.seconds == 1
    for error in (CHANGED, RESET):
        with pytest.raises(type(error)):
            Played(Drive(TestUnitReady, error)).run(until_idle(Phase.CLOSING, 300))


def test_an_answer_of_zeros_is_waited_through_for_five_seconds() -> None:
    nonsense = InvalidReply("nonsense")
    played = Played(Drive(ReadDiscInformation, *[nonsense] * 8))
    assert played.run(until_idle(Phase.CLOSING, 300)) == BLANK
    assert played.seconds == 4
    never = Played(Always(ReadDiscInformation, nonsense))
    with pytest.raises(InvalidReply):
        never.run(until_idle(Phase.CLOSING, 300))
    assert 5 <= never.seconds <= 6
    assert {wait.what for wait in never.of(Waiting)} == {"the drive to say what it is doing"}
