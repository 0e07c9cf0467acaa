"""How to wait for a drive: until it is ready, until it accepts a command, until it has finished.

`resending` goes around a whole procedure and does what any command may need; the others are for the places
where waiting is what comes next. Which refusal is waited for, and how long: docs/sense.md, from cdrecord,
libburn and the observed behaviour of drives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from redbook import errors
from redbook.engine.events import REPORT_EVERY_SECONDS, Phase, Waiting, Working
from redbook.engine.steps import Abandoned, Now, Pause, Procedure, R
from redbook.errors import SenseError, StillBusy
from redbook.mmc.command import Command
from redbook.mmc.control import PreventAllowMediumRemoval, StartStopUnit, TestUnitReady
from redbook.mmc.disc_info import DiscInformation, ReadDiscInformation
from redbook.mmc.read import ReadCd
from redbook.mmc.write import Blank, CloseTrackSession, SynchronizeCache, Write10

POLL_SECONDS = 0.5
READY_SECONDS = 120.0  # some drives take that long over a bad disc
NO_DISC_SECONDS = 10.0  # some say that there is none while they have not looked yet
UNEXPLAINED_SECONDS = 5.0  # for 2/04/00 without a cause (libburn)
ANY_COMMAND_SECONDS = 60.0
ATTENTIONS_AT_START = 5

BUSY = (errors.LongWriteInProgress, errors.OperationInProgress, errors.FormatInProgress)
WORKING = (*BUSY, errors.BecomingReady)
NOT_YET = (errors.BecomingReady, errors.FormatInProgress, errors.NotTaken)
"""For a command that begins something long: it was not accepted."""
AT_WORK = (errors.OperationInProgress, errors.LongWriteInProgress, errors.InsufficientTime)
"""The drive is at work: on that command (Sony, Mitsumi), or on an earlier one."""


class _AreYouDone(ReadDiscInformation):
    """READ DISC INFORMATION to a drive that is expected to be at work."""

    __slots__ = ()


_WAITS_ITSELF = (
    TestUnitReady,
    _AreYouDone,
    PreventAllowMediumRemoval,
    ReadCd,
    Write10,
    SynchronizeCache,
    CloseTrackSession,
    Blank,
)
"""Commands after which the procedure itself knows what being busy means."""

_LOST_UNDERWAY = (errors.CommunicationError, errors.OverlappedCommands)
_READ_LOSS_OF_STREAMING = (0xB, 0x11, 0x11)
RICOH_WRITE_PERMIT = (6, 0x5A, 0x03)


class _Again(Enum):
    """Why a command is sent again.  Values: how often at most, and seconds to wait first."""

    LOST = (1, 0.0)
    ATTENTION = (5, 0.0)
    RESOURCES = (3, 1.0)
    BUSY = (ANY_COMMAND_SECONDS, POLL_SECONDS)

    @property
    def most(self) -> float:
        return float(self.value[0])

    @property
    def pause_seconds(self) -> float:
        return float(self.value[1])


class Patience:
    """How long to wait for a drive that is not ready, and that does not say why.

    now      when the waiting begins
    seconds  in all; after a refusal without a cause the wait is at most 5 s each time
    what     is waited for, as in Waiting; None if the refusals say
    """

    def __init__(self, now: float, seconds: float, what: str | None = None) -> None:
        self.seconds = seconds
        self._what = what
        self._began = self._reported_at = now
        self._end = now + seconds
        self._unexplained_since: float | None = None

    def wait(self, error: Exception, pause_seconds: float = POLL_SECONDS) -> Procedure[bool]:
        """Let some time pass, and report it; returns False, at once, when it has been long enough."""
        now = yield Now()
        if self.is_over(now, error):
            return False
        if now - self._reported_at >= REPORT_EVERY_SECONDS:
            self._reported_at = now
            waited = round(now - self._began, 1)
            yield Waiting(self._what or _what_for(error), waited, self.seconds)
        yield Pause(pause_seconds)
        return True

    def is_over(self, now: float, error: Exception) -> bool:
        if not isinstance(error, errors.Unexplained):
            self._unexplained_since = None
        elif self._unexplained_since is None:
            self._unexplained_since = now
        elif now - self._unexplained_since > UNEXPLAINED_SECONDS:
            return True
        return now > self._end


_WHAT_FOR = (
    (errors.LongWriteInProgress, "the drive to empty its buffer"),
    (errors.OperationInProgress, "the drive to finish what it is doing"),
    (errors.FormatInProgress, "the drive to finish formatting"),
    (errors.NoMedium, "the drive to find its disc: it says that there is none"),
    (errors.BecomingReady, "the drive to become ready: it may be looking at its disc"),
)

_ENDS = {
    Phase.PREPARING: "the drive to finish the previous command",
    Phase.ENDING_TRACK: "the drive to end the track",
    Phase.CLOSING: "the drive to close the session",
    Phase.BLANKING: "the drive to erase the disc",
}


def _what_for(error: Exception) -> str:
    return next((what for kind, what in _WHAT_FOR if isinstance(error, kind)), "the drive to be free")


def pausing(seconds: int, what: str) -> Procedure[None]:
    """Wait this long, and report it.  what: is waited for, as in Waiting"""
    for second in range(seconds):
        if second:
            yield Waiting(what, float(second), float(seconds))
        yield Pause(1.0)


def resending(
    procedure: Procedure[R],
    begun: Callable[[], bool],
    doubt: Callable[[], None] = lambda: None,
    changed: Callable[[], None] = lambda: None,
) -> Procedure[R]:
    """A procedure whose commands are sent again if an answer says nothing about them.

    Reports of what happened before, a bad transfer, another program's command in between, a drive that is
    out of resources or busy: the command was not accepted, and is sent once more, unchanged. A WRITE is not,
    unless the drive says for certain that it was not accepted.

    begun  whether something of this job is on the disc: a drive that was reset, or a disc that has changed,
           then ends it
    doubt  called when another program has changed the drive's parameters
    changed  called when the drive says that its disc may have changed
    """
    answer: Any = None
    error: BaseException | None = None
    try:
        while True:
            try:
                step = procedure.throw(error) if error is not None else procedure.send(answer)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            answer = error = None
            try:
                if isinstance(step, Command):
                    answer = yield from _resent(step, begun, doubt, changed)
                else:
                    answer = yield step
            except (Exception, Abandoned) as raised:  # noqa: BLE001 - it is the procedure's to handle
                error = raised
    finally:
        answer = error = None  # an error's traceback holds this frame
        procedure.close()


def _resent(
    command: Command[R], begun: Callable[[], bool], doubt: Callable[[], None], changed: Callable[[], None]
) -> Procedure[R]:
    tried: Counter[_Again] | None = None
    patience: Patience | None = None
    while True:
        try:
            return (yield command)  # type: ignore[no-any-return]
        except errors.DriveError as error:
            if isinstance(error, errors.ParametersChanged):
                doubt()
            if isinstance(error, errors.MediumChanged):
                changed()
            again = _why_again(error, command, begun())
            if again is None:
                raise
            tried = tried or Counter()
            tried[again] += 1
            if again is not _Again.BUSY and tried[again] > again.most:
                raise
            if again.pause_seconds:
                patience = patience or Patience((yield Now()), ANY_COMMAND_SECONDS)
                if not (yield from patience.wait(error, again.pause_seconds)):
                    raise


def _why_again(error: errors.DriveError, command: Command[Any], begun: bool) -> _Again | None:
    if isinstance(error, _LOST_UNDERWAY):
        return None if isinstance(command, Write10) else _Again.LOST
    if isinstance(error, errors.SystemResourceFailure):
        return _Again.RESOURCES
    if isinstance(error, errors.UnitAttention):
        return _Again.ATTENTION if _is_over_and_done(error, begun) else None
    if isinstance(error, errors.CommandAborted) and code(error) == _READ_LOSS_OF_STREAMING:
        return _Again.LOST
    if isinstance(error, (errors.NotTaken, *WORKING)) and not isinstance(command, _WAITS_ITSELF):
        return _Again.BUSY
    return None


def _is_over_and_done(error: errors.UnitAttention, begun: bool) -> bool:
    """Whether it is a report of something that does not concern the command."""
    if isinstance(error, errors.InsufficientTime):
        return False  # the drive is at work, and wants to be waited for
    if isinstance(error, errors.MediumChanged | errors.DeviceReset):
        return not begun
    return code(error) != RICOH_WRITE_PERMIT


def code(error: SenseError) -> tuple[int, int, int]:
    return error.sense.key, error.sense.asc, error.sense.ascq


def until_ready(seconds: float = READY_SECONDS) -> Procedure[None]:
    """TEST UNIT READY until it is GOOD; reports of earlier events are ignored.

    A disc whose table of contents cannot be read is ready: it may be a blank one, and what else it may be
    is found out later. "No disc" is believed after 10 s: right after the tray was closed some
    drives say so, too. "Tray open" is believed at once.

    raises  NoMedium, other NotReady; StillBusy if it does not become ready
    """
    patience = Patience((yield Now()), seconds)
    looking: Patience | None = None
    attentions = 0
    command: TestUnitReady | StartStopUnit = TestUnitReady()
    started = False
    while True:
        try:
            yield command
        except errors.UnreadableToc:
            return
        except errors.UnitAttention:
            attentions += 1
            if attentions > ATTENTIONS_AT_START:
                raise
        except errors.NeedsStart:
            if started:
                raise
            command = StartStopUnit(start=True)
        except errors.TrayOpen:
            raise
        except errors.NoMedium as error:
            looking = looking or Patience((yield Now()), NO_DISC_SECONDS)
            if not (yield from looking.wait(error)):
                raise
        except (*WORKING, errors.NotTaken) as error:
            looking = None
            yield from _pause(patience, error)
        else:
            if isinstance(command, TestUnitReady):
                return
            command, started = TestUnitReady(), True


def despite_attention(command: Command[R]) -> Procedure[R]:
    """A command that needs no medium; reports of earlier events are ignored.

    raises  SenseError
    """
    for _ in range(ATTENTIONS_AT_START):
        try:
            return (yield command)  # type: ignore[no-any-return]
        except errors.UnitAttention:
            continue
    return (yield command)  # type: ignore[no-any-return]


def until_accepted(command: Command[R], seconds: float, pause_seconds: float) -> Procedure[R]:
    """Send a command again, unchanged, while the drive's buffer is full.

    raises  SenseError  the last refusal, if it is still refused after `seconds`
    """
    patience: Patience | None = None
    while True:
        try:
            return (yield command)  # type: ignore[no-any-return]
        except (*WORKING, errors.NotTaken, errors.ParametersChanged) as busy:
            patience = patience or Patience((yield Now()), seconds)
            if not (yield from patience.wait(busy, pause_seconds)):
                raise


def _send(command: Command[R]) -> Procedure[R]:
    return (yield command)  # type: ignore[no-any-return]


def _never(information: DiscInformation) -> Procedure[bool]:
    yield from ()
    return False


def until_begun(
    forms: Sequence[Command[None]],
    phase: Phase,
    seconds: float,
    *,
    begun: Callable[[DiscInformation], Procedure[bool]] = _never,
    send: Callable[[Command[None]], Procedure[None]] = _send,
) -> Procedure[None]:
    """Send a command that begins something long, until the drive has accepted it.

    A refusal that says that the drive is at work may mean the command's own work. So the drive is allowed to
    finish, and asked what has become of the disc, before the command is sent once more.

    forms    the command, and how else it can be said to a drive that does not accept a field of it
    seconds  the drive may be at work for so long
    begun    whether the disc shows that the command was taken after all
    send     sends one form

    raises  SenseError, NotTaken  the last refusal, if it is still refused after 60 s; StillBusy
    """
    patience: Patience | None = None
    while True:
        try:
            yield from _in_some_form(forms, send)
        except (*NOT_YET, *AT_WORK) as refused:
            information = yield from until_idle(phase, seconds)
            if (yield from begun(information)):
                return
            patience = patience or Patience((yield Now()), ANY_COMMAND_SECONDS)
            if not (yield from patience.wait(refused)):
                raise
        else:
            return


def _in_some_form(
    forms: Sequence[Command[None]], send: Callable[[Command[None]], Procedure[None]]
) -> Procedure[None]:
    for form in forms[:-1]:
        try:
            return (yield from send(form))
        except errors.InvalidField:
            continue
    return (yield from send(forms[-1]))


def until_idle(phase: Phase, seconds: float) -> Procedure[DiscInformation]:
    """Until an operation that was begun with Immed is over: TEST UNIT READY *and* READ DISC INFORMATION.

    Unit attentions are waited through; old Mitsumi drives say 6/2E while they are still closing.
    Pioneer DVR-108 answers the first with GOOD while it is closing; only the second tells.

    raises  StillBusy, SenseError
    """
    patience = Patience((yield Now()), seconds, _ENDS.get(phase))
    while True:
        try:
            yield TestUnitReady()
            information = yield from _disc_state()
        except (*WORKING, errors.NotTaken) as error:
            yield Working(phase, error.sense.progress if isinstance(error, SenseError) else None)
            yield from _pause(patience, error)
        except errors.UnitAttention as error:
            if isinstance(error, errors.MediumChanged | errors.DeviceReset):
                raise
            yield from _pause(patience, error)
        else:
            return information


def _pause(patience: Patience, error: errors.DriveError) -> Procedure[None]:
    if not (yield from patience.wait(error)):
        raise StillBusy(
            f"the drive is still not ready after {patience.seconds:.0f} s ({error}); "
            "switch it off and on, and try another disc"
        ) from error


def _disc_state() -> Procedure[DiscInformation]:
    """READ DISC INFORMATION of a drive that may be at work, and have zeros for an answer until it is done.

    raises  SenseError; InvalidReply if the answer makes no sense for 5 s
    """
    patience = Patience((yield Now()), UNEXPLAINED_SECONDS, "the drive to say what it is doing")
    while True:
        try:
            return (yield _AreYouDone())  # type: ignore[no-any-return]
        except errors.InvalidReply as error:
            if not (yield from patience.wait(error)):
                raise
