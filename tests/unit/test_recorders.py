"""A look into each recorder, unless that would disturb somebody."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from redbook.errors import DriveBusy, DriveGone
from redbook.system.optical_drives import find
from redbook.transport.base import Transport
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, ready, write_track
from tests.support.recorders import Bench, Kept


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "root")
    bench.fake.drive("usb", sr=0, sg=1)
    bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new())
    return bench


def test_a_blank_disc_is_told_by_its_drive(bench: Bench) -> None:
    entry = bench.entry()
    assert (entry.name, entry.medium, entry.blank, entry.problem) == (
        "/dev/sr0",
        "CD-R 80 min, blank",
        True,
        "",
    )
    assert (entry.writes_cd_r, entry.writes_cd_rw, entry.appendable) == (True, True, False)
    assert (entry.vendor, entry.product, entry.revision) == ("HL-DT-ST", "DVDRAM_GP50NB40", "RB00")


@pytest.mark.parametrize(
    "medium, minutes, words", [("cd-r", 74, "CD-R 74 min, blank"), ("cd-rw", 80, "CD-RW 80 min, blank")]
)
def test_kind_and_length_of_the_disc_are_told(bench: Bench, medium: str, minutes: int, words: str) -> None:
    bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new(medium, minutes))
    assert bench.entry().medium == words


def test_an_empty_drive_is_usable_and_holds_no_disc(bench: Bench) -> None:
    bench.behind["/dev/sr0"] = VirtualRecorder()
    entry = bench.entry()
    assert (entry.medium, entry.blank, entry.has_disc, entry.problem) == ("no disc", False, False, "")


def test_an_open_disc_takes_tracks_and_a_closed_one_does_not(bench: Bench) -> None:
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    write_track(drive, 300)
    bench.behind["/dev/sr0"] = recorder
    assert (bench.entry().appendable, bench.entry().blank) == (True, False)
    close_session(drive)
    entry = bench.entry()
    assert (entry.appendable, entry.has_disc) == (False, True)
    assert entry.medium.endswith("complete, 1 track")


def test_a_look_changes_nothing(bench: Bench) -> None:
    recorder = bench.behind["/dev/sr0"] = Listening(VirtualRecorder(Medium.new()))
    bench.entry()
    asking = {
        0x00,
        0x12,
        0x46,
        0x5A,
        0x51,
        0x43,
    }  # TUR, INQUIRY, GET CONFIGURATION, MODE SENSE, disc and ATIP
    assert set(recorder.opcodes) <= asking


class Listening(Kept):
    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.opcodes: list[int] = []
        inner = transport.execute

        def execute(cdb: bytes, *rest: object, **named: object) -> object:
            self.opcodes.append(cdb[0])
            return inner(cdb, *rest, **named)  # type: ignore[arg-type]

        self.execute = execute  # type: ignore[assignment]


@pytest.mark.parametrize("node", ["/dev/sr0", "/dev/sg1"])
def test_a_drive_that_another_program_has_open_is_not_even_opened(bench: Bench, node: str) -> None:
    bench.fake.process(4321, "cdrdao", node)
    entry = bench.entry()
    assert "in use by cdrdao (pid 4321)" in entry.problem
    assert (entry.model, entry.medium) == ("HL-DT-ST DVDRAM_GP50NB40 RB00", "")
    assert bench.opened == []


def test_a_mounted_drive_is_not_opened(bench: Bench) -> None:
    bench.fake.mount("/dev/sr0", "/media/uwe/x")
    assert "mounted" in bench.entry().problem
    assert bench.opened == []


def test_a_claim_that_nobody_can_see_is_an_explained_problem(bench: Bench) -> None:
    busy = DriveBusy("busy")
    busy.__cause__ = OSError(errno.EBUSY, os.strerror(errno.EBUSY))
    bench.fails["/dev/sr0"] = busy
    assert "cannot be seen from here" in bench.entry().problem


def test_an_error_without_an_errno_is_told_as_it_is(bench: Bench) -> None:
    bench.fails["/dev/sr0"] = DriveGone("it was unplugged")
    assert bench.entry().problem == "it was unplugged"


def test_a_missing_node_is_a_problem_and_the_next_drive_is_still_looked_into(bench: Bench) -> None:
    (bench.fake.root / "dev/sr0").unlink()
    bench.fake.drive("ata", sr=1, sg=2, serial="A")
    bench.behind["/dev/sr1"] = VirtualRecorder(Medium.new())
    first, second = bench.recorders.entries()
    assert "/dev/sr0 is not there" in first.problem
    assert second.blank


def test_a_drive_with_an_sg_node_only_is_looked_into_through_that(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.fake.drive("usb", sr=None, sg=3)
    bench.behind["/dev/sg3"] = VirtualRecorder(Medium.new())
    assert (bench.entry().name, bench.entry().blank) == ("/dev/sg3", True)


def test_a_closed_node_is_explained_without_being_opened(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.fake.owned("/dev/sr0", 0o660, 0, 31999)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "usermod -aG 31999 uwe" in bench.entry().problem
    assert bench.opened == []


def test_the_short_look_tells_a_disc_from_none(bench: Bench) -> None:
    (drive,) = find(bench.fake.system)
    assert bench.recorders.has_disc(drive) is True
    bench.behind["/dev/sr0"] = VirtualRecorder()
    assert bench.recorders.has_disc(drive) is False
    bench.fake.mount("/dev/sr0", "/mnt")
    assert bench.recorders.has_disc(drive) is None


def test_a_burn_through_sg_that_nobody_can_see_keeps_the_drive_closed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in a real kernel: O_EXCL on sg1 is EBUSY while anybody has it open; on sr0 it is not."""
    real_open = os.open

    def opened(path: str | Path, flags: int, *rest: int) -> int:
        if str(path).endswith("/dev/sg1"):
            assert flags & os.O_EXCL
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return real_open(path, flags, *rest)

    monkeypatch.setattr(os, "open", opened)
    assert "in use by another program" in bench.entry().problem
    assert bench.opened == []
