"""Before the first WRITE: everything that can fail without harm."""

from __future__ import annotations

from redbook import errors
from redbook.disc import SECTOR_BYTES
from redbook.disc.layout import SessionLayout
from redbook.engine.calibration import calibrate
from redbook.engine.complete_tracks import numbered
from redbook.engine.events import Notice, Phase, PhaseStarted
from redbook.engine.inspect import (
    Abilities,
    DiscContents,
    contents,
    identify,
    read_capabilities,
    with_speeds,
)
from redbook.engine.method import Method
from redbook.engine.one_track import end_open_track
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.plan import Space
from redbook.engine.speed import MAX_SPEED, believable, set_speed
from redbook.engine.spoiled import is_spoiled, spoiled_in_words
from redbook.engine.steps import Announce, Procedure
from redbook.engine.tray import lock_tray, reload
from redbook.engine.waiting import WORKING, resending, until_ready
from redbook.engine.write_parameters import clear_test_write, select_write_type
from redbook.errors import (
    DiscNotBlank,
    DriveError,
    InvalidReply,
    MediumUnsuitable,
    NotARecorder,
    NotRecordable,
    SenseError,
)
from redbook.mmc.control import StartStopUnit
from redbook.mmc.disc_info import DiscInformation, DiscStatus, ReadDiscInformation
from redbook.mmc.identify import Profile
from redbook.mmc.mode_pages import MultiSession, WriteType
from redbook.quirks import Quirks

_CURED_BY_RELOAD = (errors.ServoError, errors.InvalidParameter)


def prepare(method: Method, settings: Settings, outcome: Outcome) -> Procedure[tuple[SessionLayout, Space]]:
    """Everything that can fail without harm: is the disc suitable, does the job fit, is the drive set up.

    Returns where the tracks go, and the available room.

    method   how it is written, and what
    raises   MediumUnsuitable, PlanError, SenseError; the disc is untouched
    """
    abilities, disc = yield from set_up(method, settings, outcome)
    space = method.space(abilities, disc)
    layout = method.place(space)
    if not settings.test_write:
        yield Announce(layout.lead_out_lba * SECTOR_BYTES)
    if disc.open_track is not None:
        yield from end_open_track(disc.open_track)
    if not settings.test_write:
        yield from calibrate(outcome)
    yield from method.arm(layout, disc, settings, outcome)
    return layout, space


def set_up(method: Method, settings: Settings, outcome: Outcome) -> Procedure[tuple[Abilities, DiscContents]]:
    """Make the drive ready to write audio tracks; returns what it is, and what is on its disc.

    A reload is tried for what it is known to cure: a drive that cannot focus, and write parameters that ASUS
    and LG refuse because of what they believe about the disc.

    method   how it will be written

    raises   MediumUnsuitable, SenseError; the disc is untouched
    """
    return (yield from resending(_set_up(method, settings, outcome), lambda: False))


def _set_up(
    method: Method, settings: Settings, outcome: Outcome
) -> Procedure[tuple[Abilities, DiscContents]]:
    yield PhaseStarted(Phase.PREPARING)
    try:
        return (yield from _make_ready(method, settings, outcome))
    except _CURED_BY_RELOAD as first:
        yield Notice(f"{first}; the tray is opened and closed once, which helps with some drives")
        try:
            yield from reload()
        except DriveError as error:
            yield Notice(f"that did not work: {error}")
            raise first from None
        return (yield from _make_ready(method, settings, outcome))


def _make_ready(
    method: Method, settings: Settings, outcome: Outcome
) -> Procedure[tuple[Abilities, DiscContents]]:
    yield from until_ready()
    abilities = yield from identify()
    outcome.drive.quirks = abilities.quirks
    outcome.drive.real_time = settings.real_time and abilities.quirks.real_time and not settings.test_write
    method.check(abilities)
    if settings.test_write and not abilities.test_write:
        raise MediumUnsuitable(f"{abilities.name} cannot do a test write; leave out --simulate")
    check_kind(abilities)
    yield from lock_tray()
    yield from spin_up(abilities.quirks)
    information = yield from _disc_as_it_is(settings.append)
    outcome.drive.status_before = information.status
    spoiled = yield from is_spoiled(information)
    check_recordable(abilities, information, settings.append, spoiled)
    capabilities = abilities.capabilities
    outcome.drive.buffer_bytes = capabilities.buffer_kib * 1024 if capabilities else 0
    outcome.drive.rewritable = abilities.profile == Profile.CD_RW
    outcome.drive.protection = yield from method.parameters(settings, abilities.underrun_protection)
    disc = yield from contents()
    abilities = yield from with_speeds(abilities, disc.atip)
    outcome.drive.speeds = abilities.speeds
    yield from _try_speed(settings, outcome)
    return abilities, disc


def spin_up(quirks: Quirks) -> Procedure[None]:
    """Have the disc turn, and wait until the drive is ready.

    raises  NoMedium and whatever else keeps a drive from being ready
    """
    try:
        if quirks.starts_twice:
            yield StartStopUnit(start=True, immediate=True)
            yield from until_ready()
        yield StartStopUnit(start=True)
    except (errors.IllegalRequest, *WORKING):
        pass  # it wants no START, or says that it is at it
    yield from until_ready()


def _disc_as_it_is(append: bool) -> Procedure[DiscInformation]:
    """READ DISC INFORMATION, ignoring the drive's memory of another program's test write, if there is one."""
    information: DiscInformation = yield ReadDiscInformation()
    fit = (DiscStatus.BLANK, DiscStatus.APPENDABLE) if append else (DiscStatus.BLANK,)
    if information.status in fit:
        return information
    try:
        if not (yield from clear_test_write()):
            return information
        information = yield ReadDiscInformation()
        if information.status not in fit:
            yield from reload()
            yield from lock_tray()
            information = yield ReadDiscInformation()
    except DriveError as error:
        yield Notice(f"the drive may treat a test write as a real one: {error}")
    return information


def take_write_parameters(
    settings: Settings,
    offered: bool,
    write_type: WriteType = WriteType.TRACK_AT_ONCE,
    data_block_type: int = 0,
) -> Procedure[bool]:
    """Mode page 05h for audio in one of its write types; returns whether buffer underrun protection is then
    on.

    offered  whether the drive has it
    raises   SenseError, ParametersIgnored
    """
    wanted = settings.underrun_protection and offered
    page = yield from select_write_type(
        write_type,
        test_write=settings.test_write,
        underrun_protection=wanted,
        next_session=MultiSession.LAST,
        data_block_type=data_block_type,
    )
    if wanted and not page.underrun_protection:
        yield Notice("the drive does not offer buffer underrun protection; keep other programs quiet")
    return page.underrun_protection


def check_writer(abilities: Abilities) -> None:
    """Whether the drive can write CDs at all.  raises  NotARecorder  if it only reads"""
    if not abilities.writes_tao:
        raise NotARecorder(f"{abilities.name} cannot write CDs; use a CD recorder")


def space_on(abilities: Abilities, disc: DiscContents) -> Space:
    """What the disc has left for a further track.

    raises  MediumUnsuitable  if no further track can be written
            InvalidReply      if what the drive says about the disc makes no sense
    """
    if disc.doubt:
        raise InvalidReply(disc.doubt)
    if disc.spoiled:
        raise MediumUnsuitable(spoiled_in_words(disc.information, abilities.name))
    if disc.data_tracks:
        raise MediumUnsuitable(
            f"the disc in {abilities.name} holds data ({numbered(disc.data_tracks)}), and many players do "
            "not find the audio after it; use a blank disc"
        )
    if disc.space is None:
        raise MediumUnsuitable(
            f"no more tracks can be added to the disc in {abilities.name}; use another one"
        )
    return disc.space


def check_kind(abilities: Abilities) -> None:
    """Whether the disc is of a kind that can be written to.

    raises  NotRecordable  for a disc that is not a CD-R or CD-RW
    """
    name = abilities.name
    if abilities.profile == Profile.CD_ROM:
        raise NotRecordable(f"the disc in {name} cannot be written to; insert a blank CD-R or CD-RW")
    if abilities.profile not in (None, Profile.CD_R, Profile.CD_RW):
        raise NotRecordable(f"the disc in {name} is not a CD-R or CD-RW; insert a blank one")


def check_recordable(abilities: Abilities, information: DiscInformation, append: bool, spoiled: bool) -> None:
    """Whether tracks can be written to the disc as it is now: by its kind, and by what is on it.

    raises  NotRecordable  for a disc that is not a CD-R or CD-RW
            DiscNotBlank   for one that is complete or spoiled, or unexpectedly not blank
    """
    check_kind(abilities)
    name, status = abilities.name, information.status
    if spoiled:
        raise DiscNotBlank(spoiled_in_words(information, name))
    if status not in (DiscStatus.BLANK, DiscStatus.APPENDABLE):
        raise DiscNotBlank(
            f"the disc in {name} is complete, so nothing can be added to it; use a blank disc"
            + (" or blank this CD-RW first (`redbook blank`)" if abilities.profile == Profile.CD_RW else "")
            + (
                "; if that was a test write only, open and close the tray"
                if abilities.quirks.remembers_test_write
                else ""
            )
        )
    if status is DiscStatus.APPENDABLE and not append:
        raise DiscNotBlank(
            f"the disc in {name} is not blank: it already has tracks; use a blank disc, or add to this one "
            "(--append)"
        )


def _try_speed(settings: Settings, outcome: Outcome) -> Procedure[None]:
    """Best effort: what the drive makes of it is read back and reported."""
    wanted = speed = outcome.drive.speeds.recommended if settings.speed is None else settings.speed
    if wanted == MAX_SPEED:
        speed = None
    elif wanted is not None:
        closest = outcome.drive.speeds.closest(wanted)
        if closest is not None and closest != wanted:
            yield Notice(f"{wanted:g}x is not offered for this disc; {closest}x is the closest one offered")
            speed = closest
    try:
        yield from set_speed(speed, settings.pure_cav)
    except SenseError as error:
        yield Notice(f"the drive keeps its own speed: {error}")
    capabilities = yield from read_capabilities()
    outcome.drive.speed = believable(capabilities.write_speed.times) if capabilities else None
    if speed is not None and outcome.drive.speed is not None and outcome.drive.speed != round(speed):
        yield Notice(f"the drive will write at {outcome.drive.speed:g}x instead of {speed:g}x")
