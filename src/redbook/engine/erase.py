"""Blanking a CD-RW."""

from __future__ import annotations

from redbook.engine.events import Phase, PhaseStarted
from redbook.engine.inspect import identify
from redbook.engine.session import holding_tray
from redbook.engine.steps import Procedure
from redbook.engine.waiting import resending, until_idle, until_ready
from redbook.errors import InvalidField, MediumUnsuitable
from redbook.mmc.control import StartStopUnit
from redbook.mmc.disc_info import DiscInformation, DiscStatus, ReadDiscInformation
from redbook.mmc.write import Blank, BlankType

LONGEST_BLANK_SECONDS = 3 * 3600.0


def erase(
    blank_type: BlankType, longest_seconds: float = LONGEST_BLANK_SECONDS
) -> Procedure[DiscInformation]:
    """Make a CD-RW blank again.

    raises  MediumUnsuitable  for a disc that cannot be erased; nothing was changed
            TransportTimeout  if it takes longer than `longest_seconds`
    """
    return (yield from resending(_look_and_erase(blank_type, longest_seconds), lambda: False))


def _look_and_erase(blank_type: BlankType, longest_seconds: float) -> Procedure[DiscInformation]:
    yield from until_ready()
    abilities = yield from identify()
    information: DiscInformation = yield ReadDiscInformation()
    if not information.erasable:
        raise MediumUnsuitable(
            f"the disc in {abilities.name} cannot be erased; only a CD-RW can be blanked: insert one"
        )
    yield PhaseStarted(Phase.BLANKING)
    information = yield from holding_tray(_erase(blank_type, longest_seconds))
    if information.status is not DiscStatus.BLANK:
        raise MediumUnsuitable(
            f"{abilities.name} said that the disc was blanked, but it is not blank; "
            "try a full blank (--full), or another disc"
        )
    return information


def _erase(blank_type: BlankType, longest_seconds: float) -> Procedure[DiscInformation]:
    yield StartStopUnit(start=True)
    try:
        yield Blank(blank_type, immediate=True)
    except InvalidField:
        yield Blank(blank_type)
    return (yield from until_idle(Phase.BLANKING, longest_seconds))
