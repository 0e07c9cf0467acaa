"""A rack of virtual recorders as a person sees it: trays, the spindle of blanks, and who has what.

What docs/virtual-recorder.md promises, and the docstrings of `Rack` and `RackDrive`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.errors import DriveBusy, DriveNotFound, ImageError, MediumUnsuitable, StorageFailed, WriteError
from redbook.image.state_file import read_state
from redbook.mmc.control import StartStopUnit
from redbook.mmc.identify import FeatureCode, GetConfiguration, Inquiry
from redbook.virtual.medium import Medium
from redbook.virtual.rack import Rack, RackDrive, is_rack
from tests.support.drives import ready, write_track


@pytest.fixture
def rack(tmp_path: Path) -> Rack:
    return Rack.new(tmp_path / "a rack", drives=2, blanks=3)


def blank(rack: Rack, *faults: str) -> Path:
    path = rack.take_blank(faults)
    assert path is not None
    return path


def test_without_a_number_there_are_three_recorders_and_twenty_blanks_of_80_minutes(tmp_path: Path) -> None:
    """As `redbook rack new` has it in docs/virtual-recorder.md."""
    rack = Rack.new(tmp_path / "r")
    assert [drive.name for drive in rack.drives()] == ["d1", "d2", "d3"]
    assert rack.blanks == 20
    assert all(not drive.tray.is_open and drive.disc_path is None for drive in rack.drives())
    state = read_state(blank(rack))
    assert (state.medium, state.minutes, state.sessions) == ("cd-r", 80, [])
    assert rack.blanks == 19


def test_the_blanks_are_of_the_kind_that_was_asked_for(tmp_path: Path) -> None:
    rack = Rack.new(tmp_path / "deep" / "in", drives=1, blanks=1, medium="cd-rw", minutes=74)
    state = read_state(blank(rack))
    assert (state.medium, state.minutes) == ("cd-rw", 74)
    assert rack.take_blank() is None
    assert rack.blanks == 0


def test_a_kind_of_disc_that_there_is_none_of_makes_no_rack(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no cd-r of 81 minutes"):
        Rack.new(tmp_path / "r", minutes=81)
    assert not (tmp_path / "r").exists()


def test_recorders_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    rack = Rack.new(tmp_path / "r", drives=11, blanks=0)
    assert [drive.name for drive in rack.drives()] == [f"d{number}" for number in range(1, 12)]
    assert is_rack(rack.folder)
    assert not is_rack(tmp_path)


def test_what_is_no_recorder_is_not_listed_and_cannot_be_taken(rack: Rack) -> None:
    (rack.folder / "notes").mkdir()
    assert [drive.name for drive in rack.drives()] == ["d1", "d2"]
    with pytest.raises(DriveNotFound, match="no recorder at"):
        rack.drive("notes")
    for name in ("../d1", "", "d" * 61, "d1/"):
        with pytest.raises(DriveNotFound, match="is not the name of a recorder"):
            rack.drive(name)


def test_no_rack_is_made_over_what_is_there(rack: Rack, tmp_path: Path) -> None:
    with pytest.raises(MediumUnsuitable, match="already exists"):
        Rack.new(rack.folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="cannot be made"):
        Rack.new(tmp_path / "file" / "r")


class TestHands:
    def test_a_disc_is_laid_in_taken_out_and_pushed_in(self, rack: Rack) -> None:
        drive, (first, second) = rack.drive("d1"), (blank(rack), blank(rack))
        assert drive.put_in(first) is None
        assert (drive.disc_path, drive.tray.is_open, drive.tray.sequence) == (first, False, 1)
        assert drive.put_in(second) == first
        assert (drive.disc_path, drive.tray.sequence) == (second, 2)
        drive.press_eject()
        assert (drive.disc_path, drive.tray.is_open, drive.tray.sequence) == (second, True, 2)
        drive.push_in()
        assert (drive.disc_path, drive.tray.is_open, drive.tray.sequence) == (second, False, 3)
        assert drive.take_out() == second
        assert (drive.disc_path, drive.tray.is_open, drive.tray.sequence) == (None, True, 3)
        assert drive.take_out() is None

    def test_model_and_pace_stay_whatever_hands_do(self, tmp_path: Path) -> None:
        rack = Rack.new(tmp_path / "r", drives=1, blanks=1, model="usb-combo", pace=8.0)
        drive = rack.drive("d1")
        drive.put_in(blank(rack))
        drive.press_eject()
        drive.push_in()
        drive.take_out()
        assert (drive.tray.model, drive.tray.pace) == ("usb-combo", 8.0)

    def test_they_wait_ten_seconds_for_a_program_and_then_say_so(
        self, rack: Rack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = ManualClock(5000.0)
        monkeypatch.setattr("redbook.virtual.rack.time.monotonic", clock.now)
        monkeypatch.setattr("redbook.virtual.rack.time.sleep", clock.sleep)
        drive = rack.drive("d1")
        held = drive.open()
        assert drive.in_use
        with pytest.raises(DriveBusy, match="in use by another program"):
            drive.press_eject()
        assert clock.now() == pytest.approx(5010.0, abs=0.1)
        assert not drive.tray.is_open
        held.close()
        drive.press_eject()
        assert drive.tray.is_open
        assert clock.now() == pytest.approx(5010.0, abs=0.1)

    def test_a_program_does_not_wait_for_another(self, rack: Rack, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(seconds: float) -> None:
            raise AssertionError("it waited")

        monkeypatch.setattr("redbook.virtual.rack.time.sleep", never)
        drive = rack.drive("d1")
        held = drive.open()
        with pytest.raises(DriveBusy):
            drive.open()
        held.close()
        drive.open().close()

    def test_a_tray_that_cannot_be_kept_is_said(self, rack: Rack, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(self: Path, target: Path) -> Path:
            raise OSError(28, "No space left on device")

        drive = rack.drive("d1")
        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(StorageFailed, match="No space left on device"):
            drive.press_eject()
        with pytest.raises(ImageError, match="No space left on device"):
            rack.take_blank()
        assert [path.name for path in drive.folder.iterdir()] == ["tray.json"]  # nothing half written


class TestPrograms:
    def test_the_tray_moves_as_the_program_moves_it(self, rack: Rack) -> None:
        place = rack.drive("d1")
        place.put_in(blank(rack))
        drive = ready_at(place)
        drive.run(StartStopUnit(start=False, load_eject=True))
        assert (place.tray.is_open, place.tray.sequence) == (True, 1)
        drive.run(StartStopUnit(start=True, load_eject=True))
        assert (place.tray.is_open, place.tray.sequence) == (False, 2)
        drive.run(Inquiry())
        assert place.tray.sequence == 2
        drive.close()

    def test_each_recorder_has_its_own_serial_number(self, rack: Rack) -> None:
        found = []
        for place in rack.drives():
            drive = ready_at(place)
            feature = drive.run(GetConfiguration()).feature(FeatureCode.SERIAL_NUMBER)
            assert feature is not None
            found.append(feature.data.decode().strip())
            drive.close()
        assert found == ["RACK-d1", "RACK-d2"]

    def test_an_empty_recorder_opens_too_and_a_new_pace_goes_before_that_of_the_rack(
        self, tmp_path: Path
    ) -> None:
        rack = Rack.new(tmp_path / "r", drives=1, blanks=1, pace=1)
        place = rack.drive("d1")
        place.open().close()
        place.put_in(blank(rack))
        took = []
        for pace in (None, 4.0):
            clock = ManualClock()
            drive = ready_on(place, clock, pace)
            write_track(drive, 300)
            took.append(clock.now())
            drive.close()
        assert took[0] > 2 * took[1] > 4.0

    def test_a_recorder_that_cannot_be_opened_is_not_kept_nor_is_its_disc(self, rack: Rack) -> None:
        place, disc = rack.drive("d1"), blank(rack)
        place.put_in(disc)
        tray = json.loads((place.folder / "tray.json").read_text())
        (place.folder / "tray.json").write_text(json.dumps({**tray, "model": "no such model"}))
        with pytest.raises(ValueError, match="no recorder model") as caught:
            place.open()
        assert not place.in_use
        Medium.open(disc).close()
        assert caught.value.__traceback__ is not None  # what it holds on to is still there
        (place.folder / "tray.json").write_text(json.dumps(tray))
        (disc / "disc.json").write_text("nonsense")
        with pytest.raises(ImageError):
            place.open()
        assert not place.in_use

    def test_a_program_that_ends_leaves_the_recorder_and_the_disc(self, rack: Rack) -> None:
        place, disc = rack.drive("d1"), blank(rack)
        place.put_in(disc)
        transport = place.open()
        with pytest.raises(DriveBusy):
            Medium.open(disc)
        transport.close()
        assert not place.in_use
        Medium.open(disc).close()


class TestBlanks:
    def test_what_goes_wrong_with_one_goes_wrong_in_every_recorder(self, rack: Rack) -> None:
        good, bad = blank(rack), blank(rack, "3/0C/00@write:2", "unreadable@lba:5")
        assert [len(list(rack.folder.rglob("*.faults")))] == [1]
        for place in rack.drives():
            place.put_in(bad)
            drive = ready_at(place)
            with pytest.raises(WriteError):
                write_track(drive, 60)
            drive.close()
            place.put_in(good)
            drive = ready_at(place)
            write_track(drive, 60)
            drive.close()

    def test_a_fault_that_is_none_takes_no_blank(self, rack: Rack) -> None:
        with pytest.raises(ValueError, match="explode"):
            rack.take_blank(("explode",))
        assert rack.blanks == 3
        assert rack.discs() == []

    def test_only_discs_are_listed_the_oldest_first(self, rack: Rack) -> None:
        found = [blank(rack), blank(rack, "power@write:5"), blank(rack)]
        assert rack.discs() == found
        assert [path.name for path in found] == ["disc-0001.disc", "disc-0002.disc", "disc-0003.disc"]

    @pytest.mark.parametrize("text", ["", "[]", "3", "{"])
    def test_a_damaged_rack_is_said(self, text: str, rack: Rack) -> None:
        (rack.folder / "rack.json").write_text(text)
        with pytest.raises(ImageError, match=r"rack\.json"):
            rack.take_blank()
        (rack.folder / "d1" / "tray.json").write_text(text)
        with pytest.raises(ImageError, match=r"tray\.json"):
            rack.drive("d1").open()


def ready_at(place: RackDrive) -> Drive:
    return ready_on(place, ManualClock(), None)


def ready_on(place: RackDrive, clock: ManualClock, pace: float | None) -> Drive:
    transport = place.open(clock, pace)
    if place.disc_path is not None:
        ready(transport.recorder)
    return Drive(transport, place.name)
