"""The tray: `eject`, `load`, `redbook eject`, and what identifies a disc while it lies in a drive."""

from __future__ import annotations

from pathlib import Path

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.errors import Sense
from redbook.mmc.control import PreventAllowMediumRemoval, StartStopUnit
from redbook.mmc.identify import Inquiry
from redbook.recorders.listing import drives
from redbook.recorders.names import open_drive
from redbook.recorders.racks import RackWatch
from redbook.recorders.real_drives import known
from redbook.recorders.watching import MediumInserted, MediumRemoved
from redbook.system.optical_drives import find
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.rack import Rack
from redbook.virtual.recorder import VirtualRecorder
from tests.support.sound import noise, write_wav
from tests.support.system import FakeSystem


def virtual() -> tuple[VirtualRecorder, Drive]:
    recorder = VirtualRecorder(Medium.new("cd-r"))
    return recorder, Drive(recorder, "test")


def test_the_tray_opens_and_shuts_and_twice_does_no_harm() -> None:
    recorder, drive = virtual()
    for _ in range(2):
        redbook.eject(drive)
        assert recorder.tray_open
    for _ in range(2):
        assert redbook.load(drive)
        assert not recorder.tray_open


def test_a_lock_that_a_dead_program_left_is_taken_away_and_that_of_another_host_is_told() -> None:
    recorder, drive = virtual()
    redbook.eject(drive)
    redbook.load(drive)
    drive.run(PreventAllowMediumRemoval(True))
    redbook.eject(drive)
    assert recorder.tray_open
    redbook.load(drive)
    other = Drive(recorder.new_initiator(), "another host")
    redbook.eject(other)
    redbook.load(other)
    other.run(PreventAllowMediumRemoval(True))
    with pytest.raises(redbook.DriveBusy, match="locked by another program"):
        redbook.eject(drive)
    assert not recorder.tray_open


def test_a_tray_that_is_locked_is_not_said_to_have_no_motor() -> None:
    """Some drives lock an open tray, too; 5/53/02 is a kind of ILLEGAL REQUEST."""
    recorder, drive = virtual()
    recorder.faults.append(Fault(Sense(5, 0x53, 0x02), StartStopUnit))
    with pytest.raises(redbook.DriveBusy, match="locked by another program"):
        redbook.load(drive)


@pytest.mark.slow
def test_an_empty_drive_says_so() -> None:
    recorder = VirtualRecorder(tray_open=True)
    assert redbook.load(Drive(recorder, "test")) is False


@pytest.fixture
def rack(tmp_path: Path) -> Rack:
    return Rack.new(tmp_path / "a rack", drives=2, blanks=3)


def blank(rack: Rack) -> Path:
    path = rack.take_blank()
    assert path is not None
    return path


@pytest.mark.slow
def test_a_rack_s_tray_stays_as_a_program_left_it(rack: Rack) -> None:
    first = rack.drive("d1")
    first.put_in(blank(rack))
    name = f"rack:{first.folder}"
    with open_drive(name) as drive:
        redbook.eject(drive)
    assert first.tray.is_open
    assert first.take_out() == rack.discs()[0]
    with open_drive(name) as drive:
        assert redbook.load(drive) is False
    assert not first.tray.is_open


def test_a_rack_s_drive_is_for_one_program_alone_and_hands_stay_away_meanwhile(
    rack: Rack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redbook.virtual.rack.PATIENCE_SECONDS", 0.0)
    first = rack.drive("d1")
    first.put_in(blank(rack))
    with open_drive(f"rack:{first.folder}"):
        assert first.in_use
        with pytest.raises(redbook.DriveBusy):
            open_drive(f"rack:{first.folder}")
    assert not first.in_use


def test_a_disc_burned_in_a_rack_is_a_disc_like_any_other(rack: Rack, tmp_path: Path) -> None:
    song = write_wav(tmp_path / "a.wav", noise(588 * 310, 1))
    first, second = rack.drives()
    first.put_in(blank(rack))
    with open_drive(f"rack:{first.folder}") as drive:
        assert redbook.burn(song, drive).verified
        redbook.eject(drive)
    disc = first.take_out()
    assert disc is not None
    second.put_in(disc)
    with open_drive(f"rack:{second.folder}") as drive:
        assert redbook.verify(song, drive).same
    with open_drive(f"virtual:{disc}", read_only=True) as drive:
        assert redbook.verify(song, drive).same


def test_the_spindle_is_used_up_and_a_bad_blank_is_bad_in_every_drive(rack: Rack, tmp_path: Path) -> None:
    song = write_wav(tmp_path / "a.wav", noise(588 * 310, 1))
    bad = rack.take_blank(("3/0C/00@lba:100",))
    assert bad is not None
    rack.drive("d2").put_in(bad)
    with open_drive(f"rack:{rack.folder}/d2") as drive, pytest.raises(redbook.BurnFailed):
        redbook.burn(song, drive)
    assert [rack.take_blank() is None for _ in range(3)] == [False, False, True]
    assert rack.blanks == 0


def test_the_discs_of_a_rack_are_numbered_from_1_on(rack: Rack) -> None:
    """docs/virtual-recorder.md names the first."""
    assert [blank(rack).name for _ in range(3)] == ["disc-0001.disc", "disc-0002.disc", "disc-0003.disc"]
    assert [path.name for path in rack.discs()] == ["disc-0001.disc", "disc-0002.disc", "disc-0003.disc"]


def test_every_recorder_of_a_rack_is_of_the_model_and_the_pace_that_the_rack_was_made_with(
    tmp_path: Path,
) -> None:
    rack = Rack.new(tmp_path / "another", drives=2, blanks=2, model="usb-combo", pace=4)
    audio = write_wav(tmp_path / "a.wav", noise(588 * 75 * 8, 1))
    for one in rack.drives():
        one.put_in(blank(rack))
        clock = ManualClock()
        with Drive(one.open(clock), "test") as drive:
            assert drive.run(Inquiry()).product == "USB COMBO"
            redbook.burn([audio], drive, verify=False, clock=clock)
        assert clock.now() >= 8 / 4


def test_a_disc_has_another_number_each_time_that_it_was_put_in(rack: Rack) -> None:
    first = rack.drive("d1")
    assert [entry.medium for entry in drives(rack.folder)] == ["no disc", "no disc"]
    disc = blank(rack)
    numbers = []
    for _ in range(3):
        first.put_in(disc)
        numbers.append(drives(rack.folder)[0].disc_sequence)
        first.take_out()
    assert len(set(numbers)) == 3
    with redbook.drives(rack.folder, watch=True) as watch:
        assert isinstance(watch, RackWatch)
        assert watch.poll() == []
        first.put_in(disc)
        (event,) = watch.poll()
        assert isinstance(event, MediumInserted) and event.drive.blank
        first.put_in(blank(rack))  # another disc between two looks
        assert [type(event) for event in watch.poll()] == [MediumRemoved, MediumInserted]
        first.press_eject()
        assert [type(event) for event in watch.poll()] == [MediumRemoved]


def test_no_rack_and_no_drive_of_that_name_is_said(tmp_path: Path, rack: Rack) -> None:
    with pytest.raises(redbook.DriveNotFound, match="not a rack"):
        Rack(tmp_path)
    with pytest.raises(redbook.DriveNotFound):
        open_drive(f"rack:{rack.folder}/d9")
    with pytest.raises(redbook.DriveNotFound):
        rack.drive("../d1")
    with pytest.raises(redbook.MediumUnsuitable):
        Rack.new(rack.folder)


def test_a_real_drive_s_disc_is_known_by_the_kernel_s_number_and_the_start_of_the_machine(
    tmp_path: Path,
) -> None:
    fake = FakeSystem(tmp_path)
    fake.drive("usb", sr=0, sg=1)
    fake.write("/sys/block/sr0/diskseq", "")
    (drive,) = find(fake.system)
    assert drive.disc_sequence is None and known(drive, fake.system.boot_id()).boot_id == ""
    fake.write("/sys/block/sr0/diskseq", "17\n")
    fake.write("/proc/sys/kernel/random/boot_id", "8b0d4d5a-0000-4000-8000-0123456789ab\n")
    (drive,) = find(fake.system)
    entry = known(drive, fake.system.boot_id())
    assert (entry.disc_sequence, entry.boot_id) == (17, "8b0d4d5a-0000-4000-8000-0123456789ab")
