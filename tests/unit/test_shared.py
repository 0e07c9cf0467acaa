"""Virtual recorders between programs, and the spindle of the one that stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook.errors import DriveBusy, ImageError, Sense, TransportTimeout
from redbook.image.folder import FolderStore
from redbook.image.view import OWNER_FILE, owner_of
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.transport.base import Reply, Status
from redbook.virtual.blanks import blank_state
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.shared import RecorderLock, SharedRecorder
from redbook.virtual.spindle import Spindle
from tests.support.drives import ready, write_track

ATTENTION = (6, 0x28, 0x00)


def sense_of(reply: Reply) -> tuple[int, int, int]:
    return reply.sense[2] & 0xF, reply.sense[12], reply.sense[13]


def test_a_disc_that_another_program_has_changed_is_reported_as_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.disc"
    FolderStore.create(path, blank_state())
    one, two = (SharedRecorder(VirtualRecorder(), path=path) for _ in range(2))
    for shared in (one, two):
        shared.enter()
        ready(shared.recorder)
        shared.leave()
    one.enter()
    write_track(ready(one.recorder), 300)
    one.leave()
    two.enter()
    assert sense_of(two.recorder.execute(UnitReady().to_cdb())) == ATTENTION
    assert two.recorder.disc is not None
    assert len(two.recorder.disc.state.tracks) == 1
    two.leave()
    one.enter()
    assert one.recorder.execute(UnitReady().to_cdb()).status == Status.GOOD  # its own change is none
    one.leave()


def test_who_enters_second_is_told_who_was_first(tmp_path: Path) -> None:
    one, two = (SharedRecorder(VirtualRecorder(), path=tmp_path / "a.disc") for _ in range(2))
    one.enter()
    one.lock("the first")
    with pytest.raises(DriveBusy, match="the first"):
        two.enter()
    assert two.owner() == "the first"
    one.unlock()
    one.leave()
    assert two.owner() == ""
    two.enter()
    two.leave()


def test_the_word_of_a_program_that_died_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.disc"
    FolderStore.create(path, blank_state())
    (path / OWNER_FILE).write_text("dead\n")
    shared = SharedRecorder(VirtualRecorder(), path=path)
    assert shared.owner() == ""
    assert owner_of(path) == ""


def test_a_disc_in_the_middle_of_a_track_is_not_let_go(tmp_path: Path) -> None:
    from redbook.mmc.write import Write10

    shared = SharedRecorder(VirtualRecorder(), path=tmp_path / "a.disc")
    shared.enter()
    ready(shared.recorder).run(Write10(0, bytes(2352)))
    shared.leave()
    with pytest.raises(DriveBusy):
        Medium.open(tmp_path / "a.disc")


def test_the_recorder_s_own_lock(tmp_path: Path) -> None:
    one, two = RecorderLock(tmp_path / "discs"), RecorderLock(tmp_path / "discs")
    one.take()
    assert not (tmp_path / "discs").exists()  # looking makes nothing
    one.take(make=True)
    one.set_owner("somebody")
    with pytest.raises(DriveBusy):
        two.take()
    assert two.owner() == "somebody"
    one.give_back()
    two.take()
    assert two.owner() == ""
    two.give_back()


def use_up(path: Path) -> None:
    medium = Medium.at(path)
    recorder = VirtualRecorder(medium)
    write_track(ready(recorder), 300)
    recorder.close()


def test_the_spindle_goes_on_to_the_next_blank_when_a_cd_r_is_used(tmp_path: Path) -> None:
    spindle = Spindle(tmp_path)
    first = spindle.current()
    assert first.name == "disc-0001.disc"
    assert not first.exists()
    assert spindle.insert_new("cd-rw") == first
    use_up(first)
    assert spindle.current() == first  # a CD-RW
    second = spindle.insert_new()
    assert spindle.current() == second
    use_up(second)
    assert spindle.current().name == "disc-0003.disc"
    assert [(d.number, d.loaded) for d in spindle.discs()] == [(1, False), (2, False)]
    assert spindle.is_newer_than(first)
    assert not spindle.is_newer_than(second)


@pytest.mark.parametrize(("medium", "following"), [("cd-r", "disc-0002.disc"), ("cd-rw", "disc-0001.disc")])
def test_a_used_cd_r_that_comes_out_makes_room_for_the_next_blank(
    medium: str, following: str, tmp_path: Path
) -> None:
    spindle = Spindle(tmp_path)
    spindle.insert_new(medium)
    shared = SharedRecorder(VirtualRecorder(), spindle=spindle)
    shared.enter()
    write_track(ready(shared.recorder), 300)
    shared.tend()  # the tray is shut
    assert shared.recorder.disc is not None and shared.recorder.disc.state.sessions
    shared.recorder.press_eject()
    shared.tend()
    disc = shared.recorder.disc
    assert disc is not None and disc.path is not None
    assert disc.path.name == following
    assert bool(disc.state.sessions) == (medium == "cd-rw")
    assert shared.recorder.tray_open
    shared.leave()


def test_other_names_in_the_spindle_s_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "disc-0007.disc.bak").mkdir()
    (tmp_path / "notes.txt").write_text("")
    assert Spindle(tmp_path).current().name == "disc-0001.disc"


def test_numbers_go_on_beyond_four_digits(tmp_path: Path) -> None:
    for number in (9999, 10000):
        FolderStore.create(tmp_path / f"disc-{number}.disc", blank_state())
    assert Spindle(tmp_path).current().name == "disc-10000.disc"


def test_a_folder_that_cannot_be_listed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ImageError, match="cannot be listed"):
        Spindle(tmp_path / "file").current()


@pytest.mark.parametrize("home", ["", "relative/path"])
def test_the_user_s_data_folder_is_that_of_the_specification(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", home)
    assert Spindle.of_user().folder == tmp_path / ".local/share/redbook/discs"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Spindle.of_user().folder == tmp_path / "data/redbook/discs"


def test_a_fault_may_answer_with_any_reply_also_to_unknown_commands() -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(Reply(Status.BUSY), times=None)])
    assert recorder.execute(b"\xc0" + bytes(5)).status == Status.BUSY
    recorder.faults[:] = [Fault(TransportTimeout("no answer"), UnitReady, times=None)]
    assert sense_of(recorder.execute(b"\xc0" + bytes(5))) == (5, 0x20, 0)
    recorder.faults[:] = [Fault(Sense(4, 0x44, 0), times=None)]
    assert sense_of(recorder.execute(b"\xc0" + bytes(5))) == (4, 0x44, 0)


def test_a_speed_with_pure_cav_is_taken_only_where_it_is_offered() -> None:
    from redbook.mmc.control import SetCdSpeed
    from redbook.mmc.mode_pages import Capabilities, ModeSense10

    drive = ready(VirtualRecorder(Medium.new(), cav_speeds=(24,)))
    for times, taken in ((24, True), (16, False)):
        drive.run(SetCdSpeed(write_kb=times * 177, pure_cav=True))
        page = drive.run(ModeSense10(Capabilities.CODE)).page(Capabilities.CODE)
        assert page is not None
        capabilities = Capabilities.from_page(page)
        assert (capabilities.write_speed.times, capabilities.pure_cav) == (times, taken)
        assert [s.times for s in capabilities.write_speeds if s.pure_cav] == [24]
