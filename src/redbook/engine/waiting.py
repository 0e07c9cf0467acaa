"""How to wait for a drive: until it is ready, until it takes a command, until it has finished."""

from __future__ import annotations

from redbook import errors
from redbook.engine.events import Phase, Working
from redbook.engine.steps import Now, Pause, Procedure, R
from redbook.errors import SenseError, TransportTimeout
from redbook.mmc.command import Command
from redbook.mmc.control import StartStopUnit, TestUnitReady
from redbook.mmc.disc_info import DiscInformation, ReadDiscInformation

POLL_SECONDS = 0.5
READY_SECONDS = 120.0  # some drives take that long over a bad disc
ATTENTIONS_AT_START = 5

BUSY = (errors.LongWriteInProgress, errors.OperationInProgress, errors.FormatInProgress)
WORKING = (*BUSY, errors.BecomingReady)


PARAMETERS_CHANGED = 0x2A
"""Another program looked at the drive; the command was not taken (MMC-5: 6/2A)."""


def until_ready(seconds: float = READY_SECONDS) -> Procedure[None]:
    """TEST UNIT READY until it is GOOD; reports of what happened before are swallowed.

    raises  NoMedium, other NotReady; TransportTimeout if it does not become ready
    """
    deadline = (yield Now()) + seconds
    attentions = 0
    command: TestUnitReady | StartStopUnit = TestUnitReady()
    started = False
    while True:
        try:
            yield command
        except errors.UnitAttention:
            attentions += 1
            if attentions > ATTENTIONS_AT_START:
                raise
        except errors.NeedsStart:
            if started:
                raise
            command = StartStopUnit(start=True)
        except WORKING as error:
            yield from _pause_before(deadline, error)
        else:
            if isinstance(command, TestUnitReady):
                return
            command, started = TestUnitReady(), True


def despite_attention(command: Command[R]) -> Procedure[R]:
    """A command that needs no medium; reports of what happened before are swallowed.

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
    deadline: float | None = None
    while True:
        try:
            return (yield command)  # type: ignore[no-any-return]
        except (*BUSY, errors.NotTaken, errors.UnitAttention) as busy:
            if isinstance(busy, errors.UnitAttention) and busy.sense.asc != PARAMETERS_CHANGED:
                raise
            now = yield Now()
            if deadline is None:
                deadline = now + seconds
            if now > deadline:
                raise busy
        yield Pause(pause_seconds)


def until_idle(phase: Phase, seconds: float) -> Procedure[DiscInformation]:
    """Until an operation that was begun with Immed is over: TEST UNIT READY *and* READ DISC INFORMATION.

    Unit attentions are waited through; old Mitsumi drives say 6/2E while they are still closing.
    Pioneer DVR-108 answers the first with GOOD while it is closing; only the second tells.
    """
    deadline = (yield Now()) + seconds
    while True:
        try:
            yield TestUnitReady()
            information: DiscInformation = yield ReadDiscInformation()
        except WORKING as error:
            yield Working(phase, error.sense.progress)
            yield from _pause_before(deadline, error)
        except errors.UnitAttention as error:
            if isinstance(error, errors.MediumChanged | errors.DeviceReset):
                raise
            yield from _pause_before(deadline, error)
        else:
            return information


def _pause_before(deadline: float, error: SenseError) -> Procedure[None]:
    if (yield Now()) > deadline:
        raise TransportTimeout(
            f"the drive is still not ready after all this time ({error}); "
            "switch it off and on, and try another disc"
        ) from error
    yield Pause(POLL_SECONDS)
