"""Virtual recorders between programs, and the spindle of the one that stands in."""

from __future__ import annotations

import errno
import gc
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from redbook.clock import ManualClock
from redbook.errors import DriveBusy, ImageError, Sense, StorageFailed, TransportTimeout
from redbook.image.folder import FolderStore
from redbook.image.view import OWNER_FILE, owner_of
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.transport.base import Reply, Status
from redbook.virtual.blanks import blank_state
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.shared import RecorderLock, SharedRecorder, insert_new
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
    FolderStore.create(spindle.current(), blank_state())
    assert [(d.number, d.loaded) for d in spindle.discs()] == [(1, False), (2, False), (3, True)]


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


class _WhileWaiting(ManualClock):
    """Does something once so many seconds have been waited."""

    def __init__(self, now: float, seconds: float, act: Callable[[], None]) -> None:
        super().__init__(now)
        self._due, self._act = now + seconds, act

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.now() >= self._due:
            self._act()


class TestPatience:
    """Another program's command is over soon; who has the recorder for itself is told at once."""

    def test_a_disc_is_put_in_as_soon_as_the_other_has_finished(self, tmp_path: Path) -> None:
        spindle = Spindle(tmp_path / "discs")
        other = RecorderLock(spindle.folder)
        other.take(make=True)
        clock = _WhileWaiting(1000.0, 1.0, other.give_back)
        assert insert_new(spindle, "cd-rw", 74, clock).name == "disc-0001.disc"
        assert clock.now() == pytest.approx(1001.0, abs=0.1)
        (disc,) = spindle.discs()
        assert disc.state is not None
        assert (disc.state.medium, disc.state.minutes) == ("cd-rw", 74)

    def test_after_two_seconds_it_is_given_up(self, tmp_path: Path) -> None:
        spindle = Spindle(tmp_path / "discs")
        other = RecorderLock(spindle.folder)
        other.take(make=True)
        clock = _WhileWaiting(1000.0, 10.0, other.give_back)
        with pytest.raises(DriveBusy, match="in use by another program"):
            insert_new(spindle, "cd-r", 80, clock)
        assert clock.now() == pytest.approx(1002.0, abs=0.1)
        assert spindle.discs() == []
        other.give_back()

    def test_a_program_that_has_it_for_itself_is_named_at_once(self, tmp_path: Path) -> None:
        spindle = Spindle(tmp_path / "discs")
        other = RecorderLock(spindle.folder)
        other.take(make=True)
        other.set_owner("the first")
        clock = ManualClock()
        with pytest.raises(
            DriveBusy, match="the first has exclusive access to the recorder; put a disc in when"
        ):
            insert_new(spindle, "cd-r", 80, clock)
        assert clock.now() == 0
        other.give_back()

    def test_while_a_disc_is_made_nobody_else_has_the_recorder_and_afterwards_anybody(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spindle = Spindle(tmp_path / "discs")
        other = RecorderLock(spindle.folder)
        make = spindle.insert_new

        def watched(medium: str = "cd-r", minutes: int = 80) -> Path:
            with pytest.raises(DriveBusy):
                other.take()
            return make(medium, minutes)

        monkeypatch.setattr(spindle, "insert_new", watched)
        for number in (1, 2):
            assert insert_new(spindle, "cd-r", 80).name == f"disc-{number:04d}.disc"
        other.take()
        other.give_back()

    def test_it_is_given_back_where_no_disc_could_be_made(self, tmp_path: Path) -> None:
        spindle = Spindle(tmp_path / "discs")
        with pytest.raises(ValueError, match="no cd-r of 81 minutes"):
            insert_new(spindle, "cd-r", 81)
        other = RecorderLock(spindle.folder)
        other.take()
        other.give_back()

    def test_without_a_clock_of_its_own_the_machine_s_is_looked_at(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spindle = Spindle(tmp_path / "discs")
        other = RecorderLock(spindle.folder)
        other.take(make=True)
        monkeypatch.setattr("redbook.virtual.shared.SystemClock", ManualClock)
        with pytest.raises(DriveBusy):
            insert_new(spindle, "cd-r", 80)
        other.give_back()


class TestDiscsThatAreGone:
    def test_the_next_one_of_the_spindle_is_put_in(self, tmp_path: Path) -> None:
        spindle = Spindle(tmp_path / "discs")
        spindle.insert_new("cd-rw")
        second = spindle.insert_new("cd-rw", 74)
        shared = SharedRecorder(VirtualRecorder(), spindle=spindle)
        shared.enter()
        ready(shared.recorder)
        shared.leave()
        shutil.rmtree(second)
        shared.enter()
        disc = shared.recorder.disc
        assert disc is not None and disc.path is not None
        assert (disc.path.name, disc.state.minutes) == ("disc-0001.disc", 80)
        assert sense_of(shared.recorder.execute(UnitReady().to_cdb())) == ATTENTION
        write_track(ready(shared.recorder), 300)  # it is held: it can be written to
        shared.leave()

    @pytest.mark.parametrize("gone", [True, False])
    def test_without_a_spindle_it_is_said(self, gone: bool, tmp_path: Path) -> None:
        path = tmp_path / "a.disc"
        FolderStore.create(path, blank_state())
        shared = SharedRecorder(VirtualRecorder(), path=path)
        shared.enter()
        shared.leave()
        shutil.rmtree(path)
        if not gone:
            path.write_text("no folder")
        with pytest.raises(ImageError):
            shared.enter()
        assert not path.is_dir()  # nothing is made in its place

    def test_a_recorder_that_could_not_be_entered_is_not_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spindle = Spindle(tmp_path / "discs")
        spindle.insert_new("cd-rw")

        def fail() -> Path:
            raise ImageError("the discs cannot be listed")

        monkeypatch.setattr(spindle, "current", fail)
        with pytest.raises(ImageError):
            SharedRecorder(VirtualRecorder(), spindle=spindle).enter()
        other = RecorderLock(spindle.folder)
        other.take()
        other.give_back()


def test_the_blank_that_follows_a_used_cd_r_is_kept_for_the_same_program(tmp_path: Path) -> None:
    spindle = Spindle(tmp_path / "discs")
    spindle.insert_new("cd-r")
    shared = SharedRecorder(VirtualRecorder(), spindle=spindle)
    shared.enter()
    shared.lock("the first")
    write_track(ready(shared.recorder), 300)
    shared.recorder.press_eject()
    shared.tend()
    disc = shared.recorder.disc
    assert disc is not None and disc.path is not None
    assert disc.path.name == "disc-0002.disc"
    assert owner_of(disc.path) == "the first"
    with pytest.raises(DriveBusy):
        Medium.open(disc.path)
    shared.unlock()
    assert owner_of(disc.path) == ""
    shared.leave()
    Medium.open(disc.path).close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux lists open files")
def test_a_folder_that_cannot_be_locked_is_said_and_not_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(fd: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("redbook.host.lock", refuse)
    lock = RecorderLock(tmp_path)
    gc.disable()
    try:
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(3):
            with pytest.raises(StorageFailed, match="cannot be locked: No locks available"):
                lock.take()
        assert len(list(Path("/proc/self/fd").iterdir())) == before
    finally:
        gc.enable()


def test_another_disc_that_a_program_has_put_in_is_taken_at_the_next_turn(tmp_path: Path) -> None:
    spindle = Spindle(tmp_path / "discs")
    spindle.insert_new("cd-r")
    shared = SharedRecorder(VirtualRecorder(), spindle=spindle)
    shared.enter()
    ready(shared.recorder)
    shared.leave()
    shared.enter()
    assert shared.recorder.execute(UnitReady().to_cdb()).status == Status.GOOD  # still the same disc
    shared.leave()
    second = insert_new(spindle, "cd-rw", 80)
    shared.enter()
    assert shared.recorder.disc is not None
    assert shared.recorder.disc.path == second
    assert sense_of(shared.recorder.execute(UnitReady().to_cdb())) == ATTENTION
    shared.leave()


def test_a_recorder_s_own_disc_is_left_to_others_between_its_turns(tmp_path: Path) -> None:
    path = tmp_path / "a.disc"
    FolderStore.create(path, blank_state())
    recorder = VirtualRecorder(Medium.open(path))
    shared = SharedRecorder(recorder)
    Medium.open(path).close()
    shared.enter()
    with pytest.raises(DriveBusy):
        Medium.open(path)
    shared.lock("the first")
    assert owner_of(path) == "the first"
    assert SharedRecorder(VirtualRecorder(), path=path).owner() == "the first"
    shared.unlock()
    shared.leave()
    Medium.open(path).close()


def test_what_was_given_back_is_not_taken_again_with_the_next_blank(tmp_path: Path) -> None:
    spindle = Spindle(tmp_path / "discs")
    spindle.insert_new("cd-r")
    shared = SharedRecorder(VirtualRecorder(), spindle=spindle)
    shared.enter()
    shared.lock("the first")
    shared.unlock()
    write_track(ready(shared.recorder), 300)
    shared.recorder.press_eject()
    shared.tend()
    disc = shared.recorder.disc
    assert disc is not None and disc.path is not None
    assert not disc.path.exists()  # nobody has asked for it
    shared.leave()


def test_a_recorder_without_a_disc_is_shared_too() -> None:
    shared = SharedRecorder(VirtualRecorder())
    shared.enter()
    assert shared.recorder.disc is None
    shared.lock("the first")
    shared.unlock()
    shared.leave()
    assert shared.owner() == ""


def test_a_damaged_disc_makes_room_for_the_next_blank(tmp_path: Path) -> None:
    spindle = Spindle(tmp_path)
    (spindle.insert_new("cd-rw") / "disc.json").write_text("nonsense")
    assert spindle.current().name == "disc-0002.disc"
    (disc,) = spindle.discs()
    assert (disc.state, disc.loaded) == (None, False)
    assert disc.problem
