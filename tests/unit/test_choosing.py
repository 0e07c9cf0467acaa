"""Which recorder is meant when none is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.engine.events import Event, Waiting
from redbook.errors import Cancelled, DriveError, DriveNotFound, MediumUnsuitable, Sense
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.identify import GetConfiguration
from redbook.recorders import listing
from redbook.recorders.choosing import Task, choose_drive, further_virtual_names
from redbook.recorders.discs import create_disc
from redbook.recorders.names import open_drive
from redbook.runner.caller import Caller
from redbook.runner.cancel import Cancel
from redbook.transport.base import Reply, Transport
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, ready, write_track
from tests.support.recorders import Bench

DVD_RW, BD_RE = 0x0014, 0x0043


def test_further_discs_are_blank_ones_that_are_there_or_new_ones() -> None:
    for name in ("my.disc", "my-2.disc", "my-3.disc"):
        create_disc(name)
    with open_drive("virtual:my-2.disc") as drive:
        write_track(ready(drive._transport), 300)  # type: ignore[arg-type]
    assert further_virtual_names("virtual:my.disc", 2) == ["virtual:my-3.disc", "virtual:my-4.disc"]


@pytest.mark.parametrize(
    ("how", "sectors"),
    [
        ({}, 216),
        ({"model": "redbook"}, 216),
        ({"model": "typical"}, 27),
        ({"pace": 52}, 27),
        ({"faults": ["3/0C/00@lba:1000"]}, 27),
    ],
)
def test_only_a_disc_that_imitates_no_real_drive_gets_large_commands(how: Any, sectors: int) -> None:
    with open_drive("virtual:my.disc", **how) as drive:
        assert drive.most_bytes == sectors * SECTOR_BYTES


def test_a_file_of_a_model_that_is_called_like_the_exact_one_is_a_real_drive_too(tmp_path: Path) -> None:
    file = tmp_path / "redbook.toml"
    names = 'source = "a drive"\nvendor = "MAKER"\nproduct = "DRIVE"\nrevision = "1.0"\n'
    file.write_text(names + "read_offset = 6\n")
    with open_drive("virtual:my.disc", model=str(file)) as drive:
        assert drive.most_bytes == 27 * SECTOR_BYTES


def test_a_model_that_the_environment_names_is_a_real_drive_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDBOOK_MODEL", "typical")
    with open_drive("virtual:my.disc") as drive:
        assert drive.most_bytes == 27 * SECTOR_BYTES


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(tmp_path / "root")
    monkeypatch.setenv("REDBOOK_SYSTEM_ROOT", str(tmp_path / "root"))
    monkeypatch.setattr(listing, "open_for_a_look", bench.open)
    return bench


def plug(bench: Bench, number: int, transport: Transport) -> None:
    bench.fake.drive("ata", sr=number, sg=number, place=f"ata{number}/host{number}/target/{number}:0:0:0")
    bench.behind[f"/dev/sr{number}"] = transport


def with_disc(medium: str = "cd-r", *, closed: bool = False) -> VirtualRecorder:
    """With a disc that has one track."""
    recorder = VirtualRecorder(Medium.new(medium))
    drive = ready(recorder)
    write_track(drive, 300)
    if closed:
        close_session(drive)
    return recorder


class OfProfile(VirtualRecorder):
    """Calls its disc something else than a CD."""

    profile = DVD_RW

    def serve(self, initiator: Any, cdb: bytes, *rest: Any) -> Reply:
        reply = super().serve(initiator, cdb, *rest)
        if cdb[0] != GetConfiguration.OPCODE or len(reply.data) < 8:
            return reply
        data = bytearray(reply.data)
        data[6:8] = self.profile.to_bytes(2, "big")
        return Reply(reply.status, bytes(data), reply.sense, reply.residue)


class ReadsOnly(VirtualRecorder):
    """Has no feature for writing, and says so in page 2Ah."""

    def serve(self, initiator: Any, cdb: bytes, *rest: Any) -> Reply:
        reply = super().serve(initiator, cdb, *rest)
        if cdb[0] == GetConfiguration.OPCODE and len(reply.data) >= 8:
            return Reply(reply.status, reply.data[:8], reply.sense, reply.residue)
        if cdb[0] == 0x5A and cdb[2] & 0x3F == 0x2A and len(reply.data) > 12:
            data = bytearray(reply.data)
            data[8 + 3] = 0
            return Reply(reply.status, bytes(data), reply.sense, reply.residue)
        return reply


def chosen(task: Task, *, patient: bool = False, clock: ManualClock | None = None) -> str:
    return choose_drive(task, Caller(clock=clock or ManualClock()), patient=patient)


def test_without_a_recorder_the_virtual_one_is_meant(bench: Bench) -> None:
    assert chosen(Task.BURN) == "virtual:redbook.disc"
    with pytest.raises(DriveNotFound):
        chosen(Task.LOOK)
    create_disc("redbook.disc")
    assert {chosen(task) for task in Task} == {"virtual:redbook.disc"}


@pytest.mark.parametrize(
    ("task", "name"),
    [
        (Task.BURN, "/dev/sr1"),
        (Task.APPEND, "/dev/sr3"),
        (Task.CLOSE, "/dev/sr3"),
        (Task.VERIFY, "/dev/sr3"),
    ],
)
def test_the_one_recorder_whose_disc_fits_is_meant(bench: Bench, task: Task, name: str) -> None:
    plug(bench, 0, VirtualRecorder())
    plug(bench, 1, VirtualRecorder(Medium.new()))
    plug(bench, 2, OfProfile(Medium.new()))
    plug(bench, 3, with_disc())
    assert chosen(task) == name


def test_blanking_means_the_recorder_with_a_cd_rw(bench: Bench) -> None:
    plug(bench, 0, with_disc(closed=True))
    plug(bench, 1, with_disc("cd-rw", closed=True))
    plug(bench, 2, OfProfile(Medium.new("cd-rw")))
    assert chosen(Task.BLANK) == "/dev/sr1"


def test_two_recorders_with_such_a_disc_are_named_in_an_error(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder(Medium.new()))
    plug(bench, 1, VirtualRecorder(Medium.new("cd-rw", 74)))
    with pytest.raises(DriveError) as caught:
        chosen(Task.BURN)
    assert "2 recorders have a blank disc" in str(caught.value)
    assert "--drive /dev/sr0   HL-DT-ST DVDRAM_GP50NB40 RB00, CD-R 80 min, blank" in str(caught.value)
    assert "--drive /dev/sr1   HL-DT-ST DVDRAM_GP50NB40 RB00, CD-RW 74 min, blank" in str(caught.value)


WRONG: dict[str, tuple[Callable[[], VirtualRecorder], str]] = {
    "empty": (VirtualRecorder, "no disc"),
    "finished": (lambda: with_disc(closed=True), "CD-R 80 min, complete, 1 track"),
    "open": (with_disc, "appendable"),
    "a DVD": (lambda: OfProfile(Medium.new()), "DVD-RW"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_recorder_whose_disc_does_not_fit_is_named_and_no_folder_is_burned_to(
    bench: Bench, kind: str
) -> None:
    make, words = WRONG[kind]
    plug(bench, 0, make())
    clock = ManualClock()
    with pytest.raises(MediumUnsuitable) as caught:
        chosen(Task.BURN, clock=clock)
    text = str(caught.value)
    assert "/dev/sr0   HL-DT-ST DVDRAM_GP50NB40 RB00: " in text
    assert words in text
    assert "insert a blank CD-R or CD-RW" in text
    assert "--drive virtual:redbook.disc" in text
    assert ("--append" in text) is (kind == "open")
    assert clock.now() < 30


@pytest.mark.parametrize("task", Task)
def test_a_recorder_that_is_in_use_is_not_passed_over_for_a_folder(bench: Bench, task: Task) -> None:
    create_disc("redbook.disc")
    plug(bench, 0, VirtualRecorder(Medium.new()))
    bench.fake.process(5, "k3b", "/dev/sr0")
    with pytest.raises(MediumUnsuitable, match="in use by k3b"):
        chosen(task, patient=True)


def test_a_drive_that_only_reads_is_no_recorder_to_burn_with_but_may_be_looked_at(bench: Bench) -> None:
    disc = with_disc(closed=True)
    plug(bench, 0, ReadsOnly(disc.disc))
    assert chosen(Task.BURN) == "virtual:redbook.disc"
    assert chosen(Task.LOOK) == chosen(Task.VERIFY) == "/dev/sr0"


def test_a_drive_in_use_that_the_kernel_knows_to_read_only_is_none_either(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder(Medium.new()))
    bench.fake.process(5, "vlc", "/dev/sr0")
    bench.fake.table(sr0=(0, 0))
    assert chosen(Task.BURN) == "virtual:redbook.disc"


def test_a_recorder_that_is_looking_at_its_disc_is_waited_for(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder(Medium.new(), faults=[Fault(Sense(2, 4, 1), UnitReady, times=30)]))
    clock, events = ManualClock(), list[Event]()
    name = choose_drive(Task.BURN, Caller(events.append, Cancel(), clock))
    assert name == "/dev/sr0"
    assert 55 < clock.now() < 65
    waits = [event for event in events if isinstance(event, Waiting)]
    assert len(waits) >= 25
    assert waits[0].what == "a blank CD-R or CD-RW in /dev/sr0 (not ready yet (2/04/01))"
    assert waits[0].most_seconds == 120


def test_one_that_looks_at_its_disc_for_ever_is_given_up(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder(Medium.new(), faults=[Fault(Sense(2, 4, 1), UnitReady, times=None)]))
    clock = ManualClock()
    with pytest.raises(MediumUnsuitable, match="not ready yet"):
        chosen(Task.BURN, clock=clock)
    assert 120 <= clock.now() < 130


class Person(ManualClock):
    """Changes the disc after a while."""

    def __init__(self, at: float, act: Callable[[], None]) -> None:
        super().__init__()
        self._at, self._act, self._done = at, act, False

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.now() >= self._at and not self._done:
            self._done = True
            self._act()


@pytest.mark.parametrize("kind", WRONG)
def test_at_a_terminal_another_disc_is_waited_for(bench: Bench, kind: str) -> None:
    plug(bench, 0, WRONG[kind][0]())

    def swap() -> None:
        bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new())

    assert chosen(Task.BURN, patient=True, clock=Person(1000, swap)) == "/dev/sr0"


def test_the_recorder_that_was_named_is_waited_for_whatever_another_one_has(bench: Bench) -> None:
    plug(bench, 0, with_disc(closed=True))
    plug(bench, 1, VirtualRecorder(Medium.new()))

    def swap() -> None:
        bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new())

    clock = Person(1000, swap)
    link = Path("my recorder")
    link.symlink_to("/dev/sr0")
    name = choose_drive(Task.BURN, Caller(clock=clock), patient=True, only=str(link))
    assert name == "/dev/sr0"
    assert clock.now() >= 1000


def test_a_recorder_that_is_not_there_is_not_waited_for(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder())
    name = choose_drive(Task.BURN, Caller(clock=ManualClock()), patient=True, only="/dev/sr7")
    assert name == "/dev/sr7"  # opening it says what is wrong


def test_without_a_terminal_a_disc_that_comes_soon_is_still_taken(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder())

    def insert() -> None:
        bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new())

    assert chosen(Task.BURN, clock=Person(10, insert)) == "/dev/sr0"


def test_the_wait_for_a_disc_can_be_cancelled(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder())
    cancel = Cancel()
    clock = Person(500, cancel)
    with pytest.raises(Cancelled, match="nothing was changed"):
        choose_drive(Task.BURN, Caller(None, cancel, clock), patient=True)
    assert clock.now() < 501
