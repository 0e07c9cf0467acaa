"""Which recorder is meant when none is named, and what a name leads to."""

from __future__ import annotations

from pathlib import Path

import pytest

import redbook
from redbook import discovery
from redbook.clock import ManualClock
from redbook.discovery import create_disc, default_drive_name, drives, last_default_drive_name, open_drive
from redbook.errors import DriveError, DriveNotFound
from redbook.transport.base import Transport
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, ready, write_track
from tests.support.recorders import Bench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(tmp_path / "root")
    monkeypatch.setenv("REDBOOK_SYSTEM_ROOT", str(tmp_path / "root"))
    monkeypatch.setattr(discovery, "open_for_a_look", bench.open)
    return bench


def plug(bench: Bench, number: int, transport: Transport) -> None:
    bench.fake.drive("ata", sr=number, sg=number, place=f"ata{number}/host{number}/target/{number}:0:0:0")
    bench.behind[f"/dev/sr{number}"] = transport


def open_disc(closed: bool = False) -> VirtualRecorder:
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    write_track(drive, 300)
    if closed:
        close_session(drive)
    return recorder


def test_without_a_real_recorder_the_virtual_one_is_meant(bench: Bench) -> None:
    assert default_drive_name() == "virtual:redbook.disc"


def test_the_one_recorder_with_a_blank_disc_is_meant(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder())
    plug(bench, 1, VirtualRecorder(Medium.new()))
    plug(bench, 2, open_disc(closed=True))
    assert default_drive_name() == "/dev/sr1"


def test_recorders_without_a_blank_disc_leave_the_virtual_one(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder())
    plug(bench, 1, open_disc())
    assert default_drive_name() == "virtual:redbook.disc"


def test_two_recorders_with_blank_discs_are_named_in_an_error(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder(Medium.new()))
    plug(bench, 1, VirtualRecorder(Medium.new("cd-rw", 74)))
    with pytest.raises(DriveError) as caught:
        default_drive_name()
    assert "2 recorders have a blank disc" in str(caught.value)
    assert "--drive /dev/sr0   HL-DT-ST DVDRAM_GP50NB40 RB00, CD-R 80 min, blank" in str(caught.value)
    assert "--drive /dev/sr1   HL-DT-ST DVDRAM_GP50NB40 RB00, CD-RW 74 min, blank" in str(caught.value)


def test_a_recorder_in_use_is_not_meant(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder(Medium.new()))
    bench.fake.process(5, "k3b", "/dev/sr0")
    assert default_drive_name() == "virtual:redbook.disc"


def test_appending_means_the_recorder_with_an_open_disc(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder(Medium.new()))
    plug(bench, 1, open_disc())
    assert default_drive_name(append=True) == "/dev/sr1"


def test_looking_at_a_disc_means_the_recorder_that_holds_one(bench: Bench) -> None:
    create_disc("redbook.disc")
    plug(bench, 0, VirtualRecorder())
    assert last_default_drive_name() == "virtual:redbook.disc"
    plug(bench, 1, open_disc(closed=True))
    assert last_default_drive_name() == "/dev/sr1"
    plug(bench, 2, open_disc(closed=True))
    with pytest.raises(DriveError, match="2 recorders have a disc in them"):
        last_default_drive_name()


def test_real_recorders_are_listed_before_virtual_discs(bench: Bench) -> None:
    create_disc("a.disc")
    plug(bench, 0, VirtualRecorder())
    assert [(entry.name, entry.bus) for entry in drives()] == [
        ("/dev/sr0", "ata"),
        ("virtual:a.disc", "virtual"),
    ]


def test_an_open_virtual_disc_takes_tracks(bench: Bench) -> None:
    create_disc("a.disc")
    with ready(VirtualRecorder(Medium.at(Path("a.disc")))) as drive:
        write_track(drive, 300)
    (entry,) = drives()
    assert (entry.appendable, entry.blank) == (True, False)


def test_a_watch_comes_from_the_public_face(bench: Bench) -> None:
    plug(bench, 0, VirtualRecorder())
    with redbook.drives(watch=True, clock=ManualClock()) as watching:
        assert [entry.medium for entry in watching.entries] == ["no disc"]
        bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new())
        bench.fake.polled(0, 7)
        for event in watching:
            assert isinstance(event, redbook.MediumInserted)
            break


def test_a_node_that_is_not_there_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DriveNotFound, match="the kernel knows no optical drive at all"):
        open_drive("/dev/sr77")


def test_a_name_of_nothing_says_what_names_look_like() -> None:
    with pytest.raises(DriveNotFound, match=r"/dev/sr0 or virtual:my\.disc"):
        open_drive("D:")
