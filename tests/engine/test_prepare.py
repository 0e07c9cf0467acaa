"""Before the first WRITE: which discs are refused, and how a drive is made ready."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redbook import errors
from redbook.disc.layout import SessionLayout
from redbook.engine.events import Notice, Phase, PhaseStarted
from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.method import Method
from redbook.engine.outcome import DriveInUse, Outcome, Settings
from redbook.engine.plan import Space
from redbook.engine.prepare import (
    check_kind,
    check_recordable,
    check_writer,
    prepare,
    set_up,
    space_on,
    spin_up,
)
from redbook.engine.speed import MAX_SPEED
from redbook.engine.steps import Announce
from redbook.engine.track_at_once import TrackAtOnce
from redbook.errors import (
    DiscNotBlank,
    InvalidReply,
    MediumUnsuitable,
    NotARecorder,
    NotRecordable,
    Sense,
    SenseError,
)
from redbook.mmc.control import (
    PreventAllowMediumRemoval,
    SendOpcInformation,
    SetCdSpeed,
    StartStopUnit,
    TestUnitReady,
)
from redbook.mmc.disc_info import (
    DiscInformation,
    DiscStatus,
    ReadDiscInformation,
    SessionStatus,
    TrackInformation,
)
from redbook.mmc.identify import CD_DEVICE, InquiryReply, Profile
from redbook.mmc.mode_pages import Capabilities, ModeData, ModeSelect10, ModeSense10, WriteParameters
from redbook.mmc.performance import GetPerformance
from redbook.quirks import Quirks
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, model, ready, write_track
from tests.support.played import Played

NAME = "ACME WRITER 1.0"
ROOM = Space(1, 0, 359_849)
BLANK, APPENDABLE, COMPLETE = DiscStatus.BLANK, DiscStatus.APPENDABLE, DiscStatus.COMPLETE


def said(kind: type[SenseError], *sense: int) -> SenseError:
    return kind("the drive said so", "IT", Sense(*sense))


def abilities(**other: Any) -> Abilities:
    usual: dict[str, Any] = {
        "inquiry": InquiryReply(CD_DEVICE, True, "ACME", "WRITER", "1.0"),
        "profile": Profile.CD_R,
        "capabilities": None,
        "writes_tao": True,
        "writes_sao": True,
        "writes_cd_rw": True,
        "test_write": True,
        "underrun_protection": True,
    }
    return Abilities(**(usual | other))


def information(status: DiscStatus) -> DiscInformation:
    return DiscInformation(status, SessionStatus.EMPTY, False, 1, 1, 1, 1)


def disc(status: DiscStatus = BLANK, **other: Any) -> DiscContents:
    usual: dict[str, Any] = {"atip": None, "tracks": (), "open_track": None, "toc": None, "space": ROOM}
    return DiscContents(information(status), **(usual | other))


DATA = TrackInformation(1, 1, 4, False, False, 0, None, 0, 300)


def test_a_drive_that_only_reads_is_told() -> None:
    check_writer(abilities())
    with pytest.raises(NotARecorder, match=f"{NAME} cannot write CDs"):
        check_writer(abilities(writes_tao=False))


@pytest.mark.parametrize(
    ("found", "kind", "words"),
    [
        (disc(doubt="it says two things"), InvalidReply, "it says two things"),
        (disc(spoiled=True), MediumUnsuitable, "is spoiled"),
        (disc(tracks=(DATA,)), MediumUnsuitable, r"holds data \(track 1\)"),
        (disc(open_track=DATA), MediumUnsuitable, r"holds data \(track 1\)"),
        (disc(space=None), MediumUnsuitable, "no more tracks can be added"),
    ],
)
def test_a_disc_that_takes_nothing_more_is_told(
    found: DiscContents, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        space_on(abilities(), found)


def test_what_a_disc_has_left_is_what_the_drive_says() -> None:
    assert space_on(abilities(), disc()) is ROOM


@pytest.mark.parametrize("profile", [None, Profile.CD_R, Profile.CD_RW])
def test_a_drive_that_does_not_say_what_disc_it_has_is_believed_to_have_a_recordable_one(
    profile: int | None,
) -> None:
    check_kind(abilities(profile=profile))
    check_recordable(abilities(profile=profile), information(BLANK), False, False)


@pytest.mark.parametrize(
    ("profile", "words"),
    [(Profile.CD_ROM, "cannot be written to"), (0x10, "is not a CD-R or CD-RW"), (0, "is not a CD-R")],
)
def test_other_discs_are_none(profile: int, words: str) -> None:
    with pytest.raises(NotRecordable, match=words):
        check_kind(abilities(profile=profile))
    with pytest.raises(NotRecordable, match=words):
        check_recordable(abilities(profile=profile), information(BLANK), False, False)


RECORDABLE: list[tuple[dict[str, Any], DiscStatus, bool, bool, str]] = [
    ({}, BLANK, False, False, ""),
    ({}, BLANK, True, False, ""),
    ({}, APPENDABLE, True, False, ""),
    ({}, APPENDABLE, False, False, "is not blank: it already has tracks"),
    ({}, APPENDABLE, True, True, "is spoiled"),
    ({}, COMPLETE, True, False, "is complete, so nothing can be added to it; use a blank disc"),
    ({}, DiscStatus.OTHER, True, False, "is complete"),
    ({"profile": Profile.CD_RW}, COMPLETE, False, False, "or blank this CD-RW first (`redbook blank`)"),
    ({"quirks": Quirks(remembers_test_write=True)}, COMPLETE, False, False, "open and close the tray"),
]


@pytest.mark.parametrize(("drive", "status", "append", "spoiled", "words"), RECORDABLE)
def test_what_is_on_a_disc_decides_whether_tracks_can_be_written(
    drive: dict[str, Any], status: DiscStatus, append: bool, spoiled: bool, words: str
) -> None:
    if not words:
        check_recordable(abilities(**drive), information(status), append, spoiled)
        return
    with pytest.raises(DiscNotBlank) as error:
        check_recordable(abilities(**drive), information(status), append, spoiled)
    assert words in str(error.value)
    assert ("redbook blank" in str(error.value)) is (words.startswith("or blank"))
    assert ("tray" in str(error.value)) is ("tray" in words)


START, START_AT_ONCE = StartStopUnit(start=True), StartStopUnit(start=True, immediate=True)


@pytest.mark.parametrize(
    ("quirks", "expected"),
    [
        (Quirks(), [START, TestUnitReady()]),
        (Quirks(starts_twice=True), [START_AT_ONCE, TestUnitReady(), START, TestUnitReady()]),
    ],
)
def test_a_drive_is_started_once_and_one_that_is_ready_too_early_twice(quirks: Quirks, expected: Any) -> None:
    played = Played()
    played.run(spin_up(quirks))
    assert played.steps == expected


@pytest.mark.parametrize(
    "refusal",
    [
        said(errors.InvalidField, 5, 0x24, 0),
        said(errors.BecomingReady, 2, 4, 1),
        said(errors.LongWriteInProgress, 2, 4, 8),
    ],
)
def test_a_drive_that_wants_no_start_or_is_at_it_is_waited_for(refusal: SenseError) -> None:
    def drive(command: Any) -> None:
        if isinstance(command, StartStopUnit):
            raise refusal

    played = Played(drive)
    played.run(spin_up(Quirks()))
    assert played.steps[-1] == TestUnitReady()


def test_a_drive_that_cannot_turn_its_disc_is_told() -> None:
    def drive(command: Any) -> None:
        raise said(errors.HardwareError, 4, 9, 1)

    with pytest.raises(errors.HardwareError):
        Played(drive).run(spin_up(Quirks()))


# A whole drive, asked by hand


def on(recorder: VirtualRecorder) -> Played:
    return Played(ready(recorder).run)


def layout(
    method: Method, recorder: VirtualRecorder, settings: Settings
) -> tuple[SessionLayout, Played, Outcome]:
    outcome, played = Outcome(), on(recorder)
    placed, _ = played.run(prepare(method, settings, outcome))
    return placed, played, outcome


def test_it_is_told_before_how_much_will_be_written_and_the_laser_is_calibrated() -> None:
    placed, played, _ = layout(TrackAtOnce([400, 350]), VirtualRecorder(Medium.new()), Settings())
    assert played.of(Announce) == [Announce((400 + 152 + 350 + 2) * 2352)]
    assert placed.lead_out_lba == 904
    assert len(played.of(SendOpcInformation)) == 1
    assert played.steps[0] == PhaseStarted(Phase.PREPARING)


def test_for_a_test_write_neither_is_done() -> None:
    _, played, outcome = layout(TrackAtOnce([400]), VirtualRecorder(Medium.new()), Settings(test_write=True))
    assert not played.of(Announce, SendOpcInformation)
    assert WriteParameters.from_page(played.of(ModeSelect10)[-1].pages).test_write
    assert not outcome.drive.real_time


@pytest.mark.parametrize(
    ("settings", "real"),
    [
        (Settings(real_time=True), True),
        (Settings(), False),
        (Settings(real_time=True, test_write=True), False),
    ],
)
def test_a_burn_that_is_too_fast_is_none_where_a_device_burns(settings: Settings, real: bool) -> None:
    outcome = Outcome()
    recorder = VirtualRecorder(Medium.new(), model=model(vendor="ACME"))
    on(recorder).run(set_up(TrackAtOnce([400]), settings, outcome))
    assert outcome.drive.real_time is real


@pytest.mark.parametrize(("medium", "rewritable"), [("cd-r", False), ("cd-rw", True)])
def test_what_is_found_of_drive_and_disc_is_kept(medium: Any, rewritable: bool) -> None:
    outcome = Outcome(DriveInUse(protection=False, speed=99))
    recorder = VirtualRecorder(Medium.new(medium), model=model(buffer_bytes=2_097_152))
    _, found = on(recorder).run(set_up(TrackAtOnce([400]), Settings(), outcome))
    drive = outcome.drive
    assert (drive.rewritable, drive.buffer_bytes, drive.status_before) == (rewritable, 2_097_152, BLANK)
    assert drive.protection
    assert drive.speed == drive.speeds.recommended
    assert found.status is BLANK


def test_a_test_write_needs_a_drive_that_can() -> None:
    played = on(VirtualRecorder(Medium.new(), model=model(test_write=False)))
    with pytest.raises(MediumUnsuitable, match=r"cannot do a test write; leave out --simulate"):
        played.run(set_up(TrackAtOnce([400]), Settings(test_write=True), Outcome()))


def test_the_tray_is_locked_while_it_is_made_ready() -> None:
    played = on(VirtualRecorder(Medium.new()))
    played.run(set_up(TrackAtOnce([400]), Settings(), Outcome()))
    assert PreventAllowMediumRemoval(True) in played.steps
    assert played.of(PreventAllowMediumRemoval)[-1] == PreventAllowMediumRemoval(True)


SPEEDS: list[tuple[float | None, int, list[str]]] = [
    (None, 16, []),
    (16, 16, []),
    (8, 8, []),
    (13, 16, ["13x is not offered for this disc; 16x is the closest one offered"]),
    (MAX_SPEED, 0, []),
]


@pytest.mark.parametrize(("wanted", "asked", "told"), SPEEDS)
def test_the_closest_speed_is_asked_for_and_that_is_told(
    wanted: float | None, asked: int, told: list[str]
) -> None:
    played = on(VirtualRecorder(Medium.new()))
    played.run(set_up(TrackAtOnce([400]), Settings(speed=wanted), Outcome()))
    assert [command.write_kb for command in played.of(SetCdSpeed)] == [asked * 177 or 0xFFFF]
    assert [notice.text for notice in played.of(Notice)] == told


def test_a_disc_with_tracks_is_added_to_where_that_is_asked_for() -> None:
    medium = Medium.new()
    drive = ready(VirtualRecorder(medium))
    write_track(drive, 400)
    placed, _, _ = layout(TrackAtOnce([400]), VirtualRecorder(medium), Settings(append=True))
    assert [(track.number, track.start_lba) for track in placed.tracks] == [(2, 552)]
    with pytest.raises(DiscNotBlank):
        layout(TrackAtOnce([400]), VirtualRecorder(medium), Settings())
    close_session(drive)
    with pytest.raises(DiscNotBlank):
        layout(TrackAtOnce([400]), VirtualRecorder(medium), Settings(append=True))


@pytest.mark.parametrize(
    ("keeps", "told"), [(8, ["the drive will write at 8x instead of 16x"]), (16, []), (None, [])]
)
def test_a_drive_that_takes_another_speed_without_a_word_is_told_of(
    keeps: int | None, told: list[str]
) -> None:
    """Page 2Ah says afterwards which it is; a drive that has none of its speeds there says nothing."""
    drive = ready(VirtualRecorder(Medium.new()))

    def answer(command: Any) -> Any:
        reply = drive.run(command)
        if isinstance(command, ModeSense10) and command.page == Capabilities.CODE:
            page = Capabilities.from_page(reply.page(Capabilities.CODE))
            return ModeData(replace(page, write_kb=(keeps or 0) * 176, write_speeds=()).to_page())
        return reply

    played, outcome = Played(answer), Outcome()
    played.run(set_up(TrackAtOnce([400]), Settings(speed=16), outcome))
    assert [notice.text for notice in played.of(Notice) if "will write" in notice.text] == told
    assert outcome.drive.speed == keeps


def test_a_drive_that_refuses_every_speed_keeps_its_own_and_that_is_told() -> None:
    drive = ready(VirtualRecorder(Medium.new()))

    def answer(command: Any) -> Any:
        if isinstance(command, SetCdSpeed):
            raise said(errors.InvalidField, 5, 0x24, 0)
        return drive.run(command)

    played = Played(answer)
    played.run(set_up(TrackAtOnce([400]), Settings(), Outcome()))
    assert any("the drive keeps its own speed" in notice.text for notice in played.of(Notice))


# What a reload is known to cure


@pytest.mark.parametrize(
    ("at", "failure", "cured"),
    [
        (StartStopUnit, said(errors.ServoError, 4, 9, 2), True),
        (ModeSelect10, said(errors.InvalidParameter, 5, 0x26, 0), True),
        (StartStopUnit, said(errors.HardwareError, 4, 0x44, 1), False),
        (ModeSelect10, said(errors.InvalidField, 5, 0x24, 0), False),
    ],
)
def test_a_drive_that_cannot_focus_or_take_its_page_has_its_tray_opened_and_closed_once(
    at: type[Any], failure: SenseError, cured: bool
) -> None:
    drive = ready(VirtualRecorder(Medium.new()))
    closed: list[bool] = []

    def answer(command: Any) -> Any:
        loads = isinstance(command, StartStopUnit) and command.load_eject
        if loads and command.start:
            closed.append(True)
        if isinstance(command, at) and not loads and not closed:
            raise failure
        return drive.run(command)

    played = Played(answer)
    if cured:
        played.run(set_up(TrackAtOnce([400]), Settings(), Outcome()))
        assert "which helps with some drives" in played.of(Notice)[0].text
    else:
        with pytest.raises(type(failure)):
            played.run(set_up(TrackAtOnce([400]), Settings(), Outcome()))
    assert closed == [True] * cured


def test_where_the_tray_does_not_move_either_the_first_error_is_told() -> None:
    drive = ready(VirtualRecorder(Medium.new()))
    failure = said(errors.ServoError, 4, 9, 2)

    def answer(command: Any) -> Any:
        if command == START:
            raise failure
        if isinstance(command, StartStopUnit):
            raise said(errors.HardwareError, 4, 0x44, 1)
        return drive.run(command)

    played = Played(answer)
    with pytest.raises(errors.ServoError) as error:
        played.run(set_up(TrackAtOnce([400]), Settings(), Outcome()))
    assert error.value is failure
    assert "that did not work" in played.of(Notice)[-1].text


# The memory of another program's test write


@pytest.mark.parametrize(("after", "reloads"), [(BLANK, False), (COMPLETE, True)])
def test_a_test_write_that_a_drive_takes_for_a_real_one_is_taken_back(
    after: DiscStatus, reloads: bool
) -> None:
    drive = ready(VirtualRecorder(Medium.new()))
    drive.run(ModeSelect10(WriteParameters(test_write=True).to_page()))
    statuses = [COMPLETE, after]

    def answer(command: Any) -> Any:
        reply = drive.run(command)
        if type(command) is ReadDiscInformation and statuses:
            return replace(reply, status=statuses.pop(0))
        return reply

    played, outcome = Played(answer), Outcome()
    played.run(set_up(TrackAtOnce([400]), Settings(), outcome))
    assert any(command.load_eject for command in played.of(StartStopUnit)) is reloads
    assert outcome.drive.status_before is BLANK
    assert played.of(PreventAllowMediumRemoval)[-1] == PreventAllowMediumRemoval(True)


def test_where_a_drive_lists_no_speeds_the_one_that_is_wanted_is_asked_for() -> None:
    drive = ready(VirtualRecorder(Medium.new()))

    def answer(command: Any) -> Any:
        if isinstance(command, GetPerformance) or (
            isinstance(command, ModeSense10) and command.page == Capabilities.CODE
        ):
            raise said(errors.InvalidField, 5, 0x24, 0)
        return drive.run(command)

    played, outcome = Played(answer), Outcome()
    played.run(set_up(TrackAtOnce([400]), Settings(speed=13), outcome))
    assert [command.write_kb for command in played.of(SetCdSpeed)] == [13 * 177]
    assert not played.of(Notice)
    assert outcome.drive.speed is None
    assert outcome.drive.buffer_bytes == 0
