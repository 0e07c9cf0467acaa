"""One drive, two discs: the tray is opened for a person, who inserts a blank disc."""

from __future__ import annotations

import contextlib

from redbook.engine.events import Notice, Waiting
from redbook.engine.inspect import Abilities, DiscContents, inspect
from redbook.engine.prepare import check_recordable, check_writer
from redbook.engine.steps import Now, Pause, Procedure
from redbook.engine.waiting import until_ready
from redbook.errors import (
    DriveError,
    MediumUnsuitable,
    NotARecorder,
    NotReady,
    SenseError,
    TransportError,
    UnitAttention,
)
from redbook.mmc.control import PreventAllowMediumRemoval, StartStopUnit, TestUnitReady

_LOOK_SECONDS = 1.0


def blank_disc_in(what: str = "a blank disc") -> Procedure[tuple[Abilities, DiscContents]]:
    """Open the tray, and wait until there is a disc that can be written to; as long as it takes.

    what  is waited for, as in Waiting

    raises  NotARecorder, TransportError
    """
    reported = ""
    while True:
        yield from _open_tray()
        yield from _until_there(what)
        try:
            yield from until_ready()
            abilities, disc = yield from inspect()
            check_writer(abilities)
            check_recordable(abilities, disc.information, False, disc.spoiled)
        except (NotARecorder, TransportError):
            raise
        except (MediumUnsuitable, SenseError) as error:
            if str(error) != reported:
                reported = str(error)
                yield Notice(reported)
            yield Pause(_LOOK_SECONDS)
            continue
        return abilities, disc


def _open_tray() -> Procedure[None]:
    """A drive that cannot open it itself has a button."""
    for command in (
        PreventAllowMediumRemoval(False),
        StartStopUnit(start=False, load_eject=True),
    ):
        with contextlib.suppress(SenseError):
            yield command


def _until_there(what: str) -> Procedure[None]:
    begun = yield Now()
    while True:
        try:
            yield TestUnitReady()
        except (NotReady, UnitAttention):
            yield Pause(_LOOK_SECONDS)
            yield Waiting(what, (yield Now()) - begun)
        except DriveError as error:
            if isinstance(error, TransportError):
                raise
            return
        else:
            return
