"""Which recorder is meant when none is named, and what a name leads to."""

from __future__ import annotations

from pathlib import Path

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.errors import DriveNotFound
from redbook.recorders import listing
from redbook.recorders.discs import create_disc
from redbook.recorders.listing import drives
from redbook.recorders.names import open_drive
from redbook.transport.base import Transport
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import ready, write_track
from tests.support.recorders import Bench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(tmp_path / "root")
    monkeypatch.setenv("REDBOOK_SYSTEM_ROOT", str(tmp_path / "root"))
    monkeypatch.setattr(listing, "open_for_a_look", bench.open)
    return bench


def plug(bench: Bench, number: int, transport: Transport) -> None:
    bench.fake.drive("ata", sr=number, sg=number, place=f"ata{number}/host{number}/target/{number}:0:0:0")
    bench.behind[f"/dev/sr{number}"] = transport


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
    with pytest.raises(DriveNotFound, match="the kernel sees no optical drive"):
        open_drive("/dev/sr77")


def test_a_name_of_nothing_says_what_names_look_like() -> None:
    with pytest.raises(DriveNotFound, match=r"/dev/sr0 or virtual:my\.disc"):
        open_drive("D:")
