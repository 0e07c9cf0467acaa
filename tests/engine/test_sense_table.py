"""Every line of the table of sense codes (docs/sense.md), played by a recorder in the middle of a burn.

Each line is either played by rows of GOES_ON, FAILS and UNREADY below, or stands in ELSEWHERE with the
place where it is tested, or why it cannot come in a burn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.erase import erase
from redbook.engine.events import Notice, Waiting
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.verify import verify
from redbook.errors import BurnFailed, Sense
from redbook.mmc.command import Command
from redbook.mmc.control import (
    PreventAllowMediumRemoval,
    SendOpcInformation,
    SetCdSpeed,
    StartStopUnit,
)
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.disc_info import ReadAtip, ReadDiscInformation, ReadToc, ReadTrackInformation
from redbook.mmc.identify import GetConfiguration
from redbook.mmc.mode_pages import ModeSelect10, ModeSense10, WriteParameters
from redbook.mmc.read import ReadCd
from redbook.mmc.write import (
    Blank,
    BlankType,
    CloseTrackSession,
    ReadBufferCapacity,
    SynchronizeCache,
    Write10,
)
from redbook.runner.runner import Runner
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import TRACKS, Recording, contents, is_locked, run
from tests.support.drives import ready
from tests.support.fingerprints import fingerprint
from tests.support.sound import noise

PAGE = Path(__file__).parents[2] / "docs" / "sense.md"

ELSEWHERE = {
    "1/17/xx,1/18/xx": "of reading back: tests/engine/test_verify.py, and test_burn's 'recovered error'",
    "3/11/xx": "of reading back: test_verify",
    "3/51/00,3/51/01": "of BLANK: test_blanking_that_fails below",
    "5/30/06": "of BLANK: test_blanking_that_fails below",
    "5/39/00": "saved pages are never asked for",
    "5/63/01": "of packet writing",
    "5/6F/xx": "of DVD",
    "8/xx/xx": "of reading a blank disc: test_what_is_not_recorded_cannot_be_verified below",
    "B/11/11": "of READ CD: test_a_read_that_lost_its_stream_is_sent_again below",
    "B/B9/00": "of PLAY, which is never sent",
}


def sense_of(text: str) -> Sense:
    key, asc, ascq = (int(part, 16) for part in text.split("/"))
    return Sense(key, asc, ascq)


@dataclass(frozen=True)
class Row:
    """One answer at its typical place.

    line   of the table
    nth    at which such command, and how often in a row
    says   what a Notice or the error tells
    """

    line: str
    sense: str
    command: type[Command[Any]]
    nth: int = 1
    times: int | None = 1
    executed: bool = False
    kind: type[errors.DriveError] = errors.SenseError
    says: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.sense} at {self.command.NAME} {self.nth}"

    @property
    def fault(self) -> Fault:
        return Fault(
            sense_of(self.sense), self.command, nth=self.nth, times=self.times, executed=self.executed
        )


GOES_ON = [
    Row("0/00/00", "0/00/00", Write10, 3, executed=True),
    Row("0/00/16", "0/00/16", UnitReady, 4, executed=True),
    Row("1/xx/xx", "1/0C/01", Write10, 3, executed=True),
    Row("1/5D/xx", "1/5D/00", Write10, 3, executed=True, says="will fail soon"),
    Row("1/73/01", "1/73/01", SendOpcInformation, executed=True, says="calibration area is almost full"),
    Row("1/73/01", "1/73/01", Write10, executed=True, says="calibration area is almost full"),
    Row("1/73/06", "1/73/06", CloseTrackSession, executed=True, says=r"\(PMA\) is almost full"),
    Row("2/04/00", "2/04/00", UnitReady, 1, times=8, seconds=3.9),
    Row("2/04/00", "2/04/00", Write10, 3, times=8),
    Row("2/04/00", "2/00/00", UnitReady, 1, times=8, seconds=3.9),
    Row("2/04/01", "2/04/01", UnitReady, 1, times=200, seconds=99),
    Row("2/04/01", "2/04/01", StartStopUnit, 1, times=3),
    Row("2/04/02", "2/04/02", UnitReady, 2),
    Row("2/3A/00..03", "2/3A/01", UnitReady, 1, times=18, seconds=8),
    Row("2/3A/00..03", "2/3A/00", UnitReady, 1, times=4, seconds=1.5),
    Row("2/04/04", "2/04/04", UnitReady, 1, times=20, seconds=9),
    Row("2/04/04", "2/04/04", Write10, 3, times=20),
    Row("2/04/07", "2/04/07", SynchronizeCache, executed=True),
    Row("2/04/07", "2/04/07", Write10, 2, times=9),
    Row("2/04/07", "2/04/07", ReadTrackInformation, 2, times=9, seconds=4),
    Row("2/04/07", "2/04/07", ReadDiscInformation, 6, times=400, seconds=190),
    Row("2/04/08", "2/04/08", Write10, 1, times=1000, seconds=19),
    Row("2/04/08", "2/04/08", SynchronizeCache, executed=True),
    Row("2/04/08", "2/04/08", CloseTrackSession, executed=True),
    Row("2/04/09", "2/04/09", UnitReady, 1, times=30, seconds=14),
    Row("2/3E/00", "2/3E/00", UnitReady, 1, times=30, seconds=14),
    Row("2/57/00,3/57/00", "2/57/00", UnitReady, 1),
    Row("2/57/00,3/57/00", "3/57/00", UnitReady, 2),
    Row("2/57/00,3/57/00", "3/57/00", ReadToc, 1),
    Row("3/0C/0A", "3/0C/0A", SynchronizeCache, executed=True, says="padded the end of the track"),
    Row("3/72/00,3/72/01,3/72/02", "3/72/00", CloseTrackSession, says="trying once more"),
    Row("3/73/03", "3/73/03", SendOpcInformation, says="once more at 8x"),
    Row("3/73/03", "3/73/03", Write10, says="once more at 8x"),
    *(Row("4/08/00..03", f"4/08/0{n}", ModeSense10, 2) for n in range(4)),
    Row("4/08/00..03", "4/08/01", CloseTrackSession),
    Row("4/09/00..04", "4/09/02", UnitReady, 2, says="opened and closed once"),
    Row("4/1B/00,4/47/xx", "4/1B/00", ReadTrackInformation, 2),
    Row("4/1B/00,4/47/xx", "4/47/01", SynchronizeCache),
    Row("5/1A/00", "5/1A/00", ModeSelect10, says="without"),
    Row("5/20/00", "5/20/00", SendOpcInformation),
    Row("5/20/00", "5/20/00", GetConfiguration, times=None),
    Row("5/20/00", "5/20/00", SetCdSpeed, times=None, says="keeps its own speed"),
    Row("5/20/00", "5/20/00", PreventAllowMediumRemoval, says="could not be locked"),
    Row("5/24/00", "5/24/00", SetCdSpeed),
    Row("5/24/00", "5/24/00", ReadTrackInformation),
    Row("5/24/00", "5/24/00", ReadTrackInformation, 3, says="does not say where track 2"),
    Row("5/24/00", "5/24/00", ReadToc),
    Row("5/24/00", "5/24/00", ReadAtip, times=None),
    Row("5/24/00", "5/24/00", SynchronizeCache),
    Row("5/24/00", "5/24/00", CloseTrackSession),
    Row("5/26/00..02", "5/26/00", ModeSelect10, says="underrun protection"),
    Row("5/26/00..02", "5/26/02", ModeSelect10, times=2, says="opened and closed once"),
    Row("5/55/00", "5/55/00", ModeSense10, times=3, seconds=3),
    Row("5/55/00", "5/55/00", Write10, 3, times=3, seconds=3),
    Row("5/72/03", "5/72/03", CloseTrackSession),
    Row("5/B5/xx", "5/B5/00", SynchronizeCache, executed=True),
    Row("6/28/00", "6/28/00", ModeSense10),
    Row("6/28/00", "6/28/00", ReadDiscInformation),
    Row("6/29/0x", "6/29/00", ModeSelect10),
    Row("6/29/0x", "6/29/02", SendOpcInformation),
    *(Row("6/2A/00..02", f"6/2A/0{n}", Write10, 3) for n in range(3)),
    Row("6/2A/00..02", "6/2A/01", ReadTrackInformation, 3),
    Row("6/2E/00", "6/2E/00", CloseTrackSession, executed=True),
    Row("6/2E/00", "6/2E/00", UnitReady, 7, times=3, seconds=1),
    Row("6/3F/xx", "6/3F/01", Write10, 3),
    Row("6/3F/xx", "6/3F/01", CloseTrackSession),
    Row("6/5A/00,6/5A/01", "6/5A/01", Write10, 3, says="pressed the drive's button"),
    Row("6/5A/03", "6/5A/03", SendOpcInformation, executed=True),
    Row("6/5E/xx", "6/5E/01", SynchronizeCache),
    Row("B/4E/00", "B/4E/00", ReadTrackInformation, 3),
]


def write(line: str, sense: str, kind: type[errors.DriveError], says: str = "", times: int | None = 1) -> Row:
    """In the middle of the second track; once is enough, for it is not sent again."""
    return Row(line, sense, Write10, 18, times, kind=kind, says=says)


FAILS = [
    Row("2/04/00", "2/04/00", Write10, 18, None, kind=errors.Unexplained),
    Row("2/04/00", "2/04/00", SynchronizeCache, 2, None, kind=errors.Unexplained),
    write("2/04/02", "2/04/02", errors.NeedsStart),
    write("2/04/03", "2/04/03", errors.ManualIntervention, "look at the drive"),
    write("2/04/08", "2/04/08", errors.LongWriteInProgress, "buffer is full", None),
    write("2/06/00,3/06/00", "3/06/00", errors.UpsideDown, "upside down"),
    write("2/0C/07,2/0C/0F", "2/0C/07", errors.WriteError),
    write("2/0C/07,2/0C/0F", "2/0C/0F", errors.WriteError),
    Row("2/30/04..06,5/30/04..06", "2/30/05", Write10, 1, None, kind=errors.IncompatibleMedium),
    Row("2/30/04..06,5/30/04..06", "5/30/04", Write10, 1, None, kind=errors.IncompatibleMedium),
    write("2/3A/00..03", "2/3A/02", errors.TrayOpen),
    write("3/02/00,3/15/xx", "3/02/00", errors.MediumError),
    write("3/02/00,3/15/xx", "3/15/01", errors.MediumError),
    write("3/0C/00", "3/0C/00", errors.WriteError, "--speed 8"),
    write("3/0C/00", "3/0C/00", errors.WriteError, "another brand of disc, or clean the drive's lens"),
    Row("3/0C/00", "3/0C/00", SynchronizeCache, 2, kind=errors.WriteError),
    write("3/0C/07,3/0C/08", "3/0C/07", errors.WriteError),
    write("3/0C/07,3/0C/08", "3/0C/08", errors.WriteError),
    write("3/0C/09,5/BF/00", "3/0C/09", errors.LossOfStreaming, "--speed 8"),
    write("3/0C/09,5/BF/00", "5/BF/00", errors.LossOfStreaming),
    write("3/0C/0A", "3/0C/0A", errors.LossOfStreaming),
    write("3/31/00,3/31/01", "3/31/00", errors.IncompatibleMedium),
    *(
        Row("3/72/00,3/72/01,3/72/02", f"3/72/0{n}", CloseTrackSession, 1, None, kind=errors.FixationError)
        for n in range(3)
    ),
    write("3/73/00", "3/73/00", errors.MediumError),
    Row("3/73/02", "3/73/02", Write10, 1, None, kind=errors.PowerCalibrationError, says="another disc"),
    Row("3/73/03", "3/73/03", Write10, 1, None, kind=errors.PowerCalibrationError),
    write("3/73/03", "3/73/03", errors.PowerCalibrationError),
    Row("3/73/04,3/73/05", "3/73/04", SynchronizeCache, 2, None, kind=errors.MediumError, says="PMA"),
    Row("3/73/04,3/73/05", "3/73/05", CloseTrackSession, 1, None, kind=errors.MediumError, says="PMA"),
    *(write("4/08/00..03", f"4/08/0{n}", errors.CommunicationError, "the cable") for n in range(4)),
    Row("4/08/00..03", "4/08/01", SynchronizeCache, 2, None, kind=errors.CommunicationError),
    *(write("4/09/00..04", f"4/09/0{n}", errors.ServoError) for n in range(5)),
    write("4/1B/00,4/47/xx", "4/1B/00", errors.CommunicationError),
    write("4/1B/00,4/47/xx", "4/47/00", errors.CommunicationError),
    write("4/3E/01,4/44/00", "4/3E/01", errors.HardwareError, "off and on"),
    write("4/3E/01,4/44/00", "4/44/00", errors.HardwareError, "off and on"),
    write("4/3E/02", "4/3E/02", errors.HardwareError, "off and on"),
    write("5/21/00", "5/21/00", errors.AddressOutOfRange),
    write("5/21/02", "5/21/02", errors.InvalidWriteAddress),
    write("5/27/00,7/27/xx", "5/27/00", errors.WriteProtected),
    write("5/27/00,7/27/xx", "7/27/00", errors.WriteProtected),
    write("5/2C/00", "5/2C/00", errors.CommandSequenceError),
    Row("5/2C/03,5/2C/04", "5/2C/03", CloseTrackSession, 1, None, kind=errors.CommandSequenceError),
    Row("5/2C/03,5/2C/04", "5/2C/04", CloseTrackSession, 1, None, kind=errors.CommandSequenceError),
    Row("5/30/00..03", "5/30/00", Write10, 1, None, kind=errors.IncompatibleMedium),
    Row("5/30/05", "5/30/05", Write10, 1, None, kind=errors.IncompatibleMedium),
    Row("5/30/08", "5/30/08", Write10, 1, None, kind=errors.IncompatibleMedium, says="CD-R Audio"),
    Row("5/30/09", "5/30/09", Write10, 1, None, kind=errors.IncompatibleMedium),
    Row("5/55/00", "5/55/00", Write10, 18, None, kind=errors.SystemResourceFailure),
    write("5/63/00", "5/63/00", errors.EndOfUserArea, "full"),
    write("5/64/00", "5/64/00", errors.IllegalModeForTrack),
    Row("5/72/03", "5/72/03", CloseTrackSession, 1, None, kind=errors.SessionIncomplete),
    Row("5/72/04,5/72/05", "5/72/04", CloseTrackSession, 1, None, kind=errors.SessionIncomplete),
    Row("5/72/04,5/72/05", "5/72/05", CloseTrackSession, 1, None, kind=errors.SessionIncomplete),
    write("6/28/00", "6/28/00", errors.MediumChanged),
    Row("6/28/00", "6/28/00", UnitReady, 4, 1, kind=errors.MediumChanged),
    write("6/29/0x", "6/29/00", errors.DeviceReset, "the drive's power"),
    Row("6/29/0x", "6/29/00", Write10, 1, None, kind=errors.DeviceReset, says="hub with its own power"),
    write("6/2A/00..02", "6/2A/01", errors.ParametersChanged, times=None),
    write("B/00/00", "B/00/00", errors.CommandAborted),
    write("B/4E/00", "B/4E/00", errors.OverlappedCommands, "another program"),
    write("others", "9/80/12", errors.SenseError, "9/80/12"),
    write("others", "3/99/99", errors.MediumError, "3/99/99"),
]

UNREADY = [
    Row("2/04/00", "2/04/00", UnitReady, 1, None, kind=errors.TransportTimeout, seconds=6),
    Row("2/04/01", "2/04/01", UnitReady, 1, None, kind=errors.TransportTimeout, seconds=121),
    Row("2/04/02", "2/04/02", UnitReady, 1, None, kind=errors.NeedsStart),
    Row("2/04/03", "2/04/03", UnitReady, 1, None, kind=errors.ManualIntervention, says="look at the drive"),
    Row("2/06/00,3/06/00", "2/06/00", UnitReady, 1, None, kind=errors.UpsideDown, says="upside down"),
    Row("2/06/00,3/06/00", "3/06/00", UnitReady, 1, None, kind=errors.UpsideDown, says="upside down"),
    *(Row("2/30/00..02", f"2/30/0{n}", UnitReady, 1, None, kind=errors.IncompatibleMedium) for n in range(3)),
    *(
        Row("2/3A/00..03", f"2/3A/0{n}", UnitReady, 1, None, kind=errors.NoMedium, says="insert a disc")
        for n in range(4)
    ),
    Row("2/53/00,4/53/00", "2/53/00", StartStopUnit, 1, None, kind=errors.NotReady, says="tray"),
    Row("2/53/00,4/53/00", "4/53/00", StartStopUnit, 1, None, kind=errors.HardwareError, says="tray"),
    Row("3/31/00,3/31/01", "3/31/01", UnitReady, 1, None, kind=errors.IncompatibleMedium),
    Row("3/73/02", "3/73/02", SendOpcInformation, 1, None, kind=errors.PowerCalibrationError),
    Row("3/73/03", "3/73/03", SendOpcInformation, 1, None, kind=errors.PowerCalibrationError),
    Row("4/08/00..03", "4/08/01", ModeSense10, 3, None, kind=errors.CommunicationError, says="cable"),
    Row("4/09/00..04", "4/09/01", UnitReady, 1, None, kind=errors.ServoError),
    Row("5/26/00..02", "5/26/00", ModeSelect10, 1, None, kind=errors.InvalidParameter),
    Row("5/53/02", "5/53/02", StartStopUnit, 1, None, kind=errors.ServoError),
    Row("5/55/00", "5/55/00", ModeSelect10, 1, None, kind=errors.SystemResourceFailure),
    Row("B/4E/00", "B/4E/00", ModeSelect10, 1, None, kind=errors.OverlappedCommands, says="close it"),
]


def policies() -> dict[str, str]:
    """Of each line of the page, the letters that say what is done."""
    rows = re.findall(
        r"^\| (\S+) \| .* \| ([A-Z]+) \| .* \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    return dict(rows)


def test_every_line_of_the_table_is_played_or_stands_elsewhere() -> None:
    played = {row.line for row in GOES_ON + FAILS + UNREADY}
    assert not played & set(ELSEWHERE)
    assert set(policies()) == played | set(ELSEWHERE)
    assert len(policies()) == 79  # as the table has


def test_every_line_that_fails_or_waits_has_such_a_row() -> None:
    ending = {row.line for row in FAILS + UNREADY}
    passing = {row.line for row in GOES_ON}
    for line, policy in policies().items():
        if line in ELSEWHERE:
            continue
        if set(policy) & set("FU"):
            assert line in ending, line
        if set(policy) & set("WPRG"):
            assert line in passing, line


def says(row: Row, text: str) -> bool:
    return re.search(row.says, text) is not None


@pytest.mark.parametrize("row", GOES_ON, ids=str)
def test_it_is_waited_for_sent_again_or_gone_without(row: Row) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[row.fault])
    clock = ManualClock()
    events = run(recorder, clock=clock)
    (fault,) = recorder.faults
    assert fault._seen >= row.nth, "the place was never reached"
    recorder.faults.clear()
    assert contents(recorder) == TRACKS
    assert not is_locked(recorder)
    assert clock.now() >= row.seconds
    told = [event for event in events if isinstance(event, Waiting)]
    assert len(told) >= row.seconds - 2, "no wait of more than a second is silent"
    notices = "\n".join(event.text for event in events if isinstance(event, Notice))
    assert says(row, notices)


@pytest.mark.parametrize("row", FAILS, ids=str)
def test_it_ends_the_burn_in_good_order(row: Row) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[row.fault])
    log = Recording(recorder)
    outcome = Outcome()
    with pytest.raises(BurnFailed) as caught:
        run(log, outcome=outcome)
    (fault,) = recorder.faults
    assert fault._seen >= row.nth
    first = caught.value.__cause__
    while isinstance(first, errors.TransportTimeout) and first.__cause__ is not None:
        first = first.__cause__
    assert type(first) is row.kind
    assert row.sense in str(caught.value)
    assert says(row, str(caught.value)), str(caught.value)
    assert caught.value.disc_now
    if row.command is Write10:
        refused = max(i for i, code in enumerate(log.opcodes()) if code == 0x2A)
        assert {0x35, 0x5B} & set(log.opcodes()[refused:]) or not outcome.touched  # the track was ended
        assert 0x5B not in log.opcodes()[refused:]
    recorder.faults.clear()
    assert not is_locked(recorder)
    if row.command is not SynchronizeCache:  # which is what ends a track
        assert recorder.disc is not None
        assert recorder.disc.state.open_track is None


@pytest.mark.parametrize("row", [row for row in FAILS if row.command is Write10], ids=str)
def test_a_refused_test_write_leaves_no_test_bit_and_a_blank_disc(row: Row) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[row.fault])
    with pytest.raises(BurnFailed) as caught:
        run(recorder, Settings(test_write=True))
    recorder.faults.clear()
    assert caught.value.disc_now == "it was a test write: the disc is as it was before"
    drive = ready(recorder)
    page = drive.run(ModeSense10(0x05)).page(0x05)
    assert page is not None and not WriteParameters.from_page(page).test_write
    assert not drive.run(ReadDiscInformation()).status  # blank
    assert not is_locked(recorder)


@pytest.mark.parametrize("row", UNREADY, ids=str)
def test_it_ends_the_job_before_anything_is_written(row: Row) -> None:
    faults = [row.fault]
    if row.line == "5/53/02":  # the eject of a reload, which something else must make necessary
        faults.append(Fault(Sense(4, 0x09, 0), UnitReady, times=None))
    recorder = VirtualRecorder(Medium.new(), faults=faults)
    log, clock = Recording(recorder), ManualClock()
    with pytest.raises(row.kind) as caught:
        run(log, clock=clock)
    assert not isinstance(caught.value, BurnFailed)
    assert not {0x2A, 0x35, 0x5B} & set(log.opcodes())
    assert says(row, str(caught.value)), str(caught.value)
    if row.seconds:
        assert row.seconds - 2 < clock.now() < row.seconds + 2
    recorder.faults.clear()
    assert not is_locked(recorder)


@pytest.mark.parametrize(
    ("sense", "speed", "tries"), [("3/73/02", None, 1), ("3/73/03", None, 2), ("3/73/03", 4, 1)]
)
def test_the_laser_is_calibrated_twice_only_where_a_lower_speed_may_help(
    sense: str, speed: int | None, tries: int
) -> None:
    """Each calibration uses up one of about a hundred places on the disc; this recorder's slowest is 4x."""
    fault = Fault(sense_of(sense), SendOpcInformation, times=None)
    recorder = VirtualRecorder(Medium.new(), faults=[fault])
    with pytest.raises(errors.PowerCalibrationError) as caught:
        run(recorder, Settings(speed=speed))
    assert str(caught.value.sense) == sense
    assert fault.struck == tries


def test_a_locked_tray_is_unlocked_once_more_where_it_must_open() -> None:
    faults = [Fault(Sense(4, 0x09, 0), UnitReady), Fault(sense_of("5/53/02"), StartStopUnit)]
    recorder = VirtualRecorder(Medium.new(), faults=faults)
    log = Recording(recorder)
    run(log)
    assert contents(recorder) == TRACKS
    ejects = [cdb[4] for cdb in log.cdbs if cdb[0] == 0x1B]
    assert ejects == [2, 2, 3, 1]


def test_a_drive_that_does_not_know_its_buffer_is_asked_once() -> None:
    class Ticking(ManualClock):
        def now(self) -> float:
            self.sleep(0.05)
            return super().now()

    recorder = VirtualRecorder(
        Medium.new(), faults=[Fault(sense_of("5/20/00"), ReadBufferCapacity, times=None)]
    )
    log = Recording(recorder)
    run(log, tracks=[noise(588 * 3000, 9)], clock=Ticking())
    assert log.opcodes().count(0x5C) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [("3/51/00", errors.EraseFailed), ("3/51/01", errors.EraseFailed), ("5/30/06", errors.CannotErase)],
)
def test_blanking_that_fails(text: str, kind: type[errors.DriveError]) -> None:
    recorder = VirtualRecorder(Medium.new("cd-rw", 74), faults=[Fault(sense_of(text), Blank)])
    runner = Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock())
    with pytest.raises(kind, match=text):
        runner.run(erase(BlankType.MINIMAL))
    assert not is_locked(recorder)


def test_a_disc_that_came_after_the_look_is_not_blanked() -> None:
    recorder = VirtualRecorder(Medium.new("cd-rw", 74))
    run(recorder, tracks=TRACKS[:1])
    recorder.faults = [Fault(sense_of("6/28/00"), Blank)]
    runner = Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock())
    with pytest.raises(errors.MediumUnsuitable, match="nothing was erased"):
        runner.run(erase(BlankType.MINIMAL))
    assert contents(recorder) == TRACKS[:1]
    assert not is_locked(recorder)


def test_what_is_not_recorded_cannot_be_verified() -> None:
    """8/00/00: the track differs, and the drive is not to blame."""
    recorder = VirtualRecorder(Medium.new())
    run(recorder, tracks=TRACKS[:1])
    recorder.faults = [Fault(sense_of("8/00/00"), ReadCd, times=None)]
    runner = Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock())
    found = runner.run(verify(None, [fingerprint(TRACKS[0])]))
    assert found.differing == (1,)


def test_a_read_that_lost_its_stream_is_sent_again() -> None:
    recorder = VirtualRecorder(Medium.new())
    run(recorder, tracks=TRACKS[:1])
    recorder.faults = [Fault(sense_of("B/11/11"), ReadCd, nth=2)]
    runner = Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock())
    found = runner.run(verify(None, [fingerprint(TRACKS[0])]))
    assert found.same
