"""Recorders and discs that come and go."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from redbook.clock import ManualClock
from redbook.recorders.watching import (
    POLLS_TO_SETTLE,
    DriveAdded,
    DriveEvent,
    DriveRemoved,
    DriveWatch,
    MediumInserted,
    MediumRemoved,
)
from redbook.system.uevents import UeventWaiter
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.recorders import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    bench.behind["/dev/sr0"] = VirtualRecorder()
    return bench


def watch(bench: Bench, **options: bool) -> DriveWatch:
    return DriveWatch(bench.recorders, clock=ManualClock(), **options)


def kinds(events: list[DriveEvent]) -> list[str]:
    return [f"{type(event).__name__} {event.drive.name}" for event in events]


def test_what_is_there_at_the_start_is_no_event(bench: Bench) -> None:
    bench.fake.drive("usb")
    watching = watch(bench)
    assert [entry.name for entry in watching.entries] == ["/dev/sr0"]
    assert watching.poll() == []


def test_plugging_in_and_out_is_told(bench: Bench) -> None:
    watching = watch(bench)
    device = bench.fake.drive("usb")
    assert kinds(watching.poll()) == ["DriveAdded /dev/sr0"]
    assert watching.poll() == []
    bench.fake.unplug(device)
    assert kinds(watching.poll()) == ["DriveRemoved /dev/sr0"]
    assert watching.poll() == []


def test_a_disc_comes_and_goes_with_its_drive(bench: Bench) -> None:
    watching = watch(bench)
    bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new())
    device = bench.fake.drive("usb")
    assert kinds(watching.poll()) == ["DriveAdded /dev/sr0", "MediumInserted /dev/sr0"]
    bench.fake.unplug(device)
    assert kinds(watching.poll()) == ["MediumRemoved /dev/sr0", "DriveRemoved /dev/sr0"]


def test_a_new_drive_is_told_when_udev_has_given_it_its_group(bench: Bench) -> None:
    watching = watch(bench)
    bench.fake.drive("usb", nodes=False)
    assert watching.poll() == []
    for node in ("sr0", "sg1"):
        bench.fake.write(f"/dev/{node}")
    (added,) = watching.poll()
    assert isinstance(added, DriveAdded)
    assert added.drive.problem == ""


def test_a_new_drive_that_stays_unusable_is_told_with_its_problem(bench: Bench) -> None:
    watching = watch(bench)
    bench.fake.drive("usb", nodes=False)
    events = [event for _ in range(POLLS_TO_SETTLE) for event in watching.poll()]
    (added,) = events
    assert "/dev/sr0 is not there" in added.drive.problem


def test_a_drive_that_leaves_before_it_was_told_of_is_not_told_to_have_left(bench: Bench) -> None:
    watching = watch(bench)
    device = bench.fake.drive("usb", nodes=False)
    assert watching.poll() == []
    bench.fake.unplug(device)
    assert watching.poll() == []


def test_replugging_between_two_looks_is_a_removal_and_an_arrival(bench: Bench) -> None:
    usb = "pci0000:00/0000:00:04.0/usb2/2-2/2-2:1.0"
    first = bench.fake.drive("usb", place=f"{usb}/host7/target7:0:0/7:0:0:0")
    watching = watch(bench)
    bench.fake.unplug(first)
    bench.fake.drive("usb", place=f"{usb}/host8/target8:0:0/8:0:0:0")
    assert kinds(watching.poll()) == ["DriveRemoved /dev/sr0", "DriveAdded /dev/sr0"]


@pytest.mark.parametrize("polled", [True, False])
def test_a_disc_put_in_and_taken_out_is_told(bench: Bench, polled: bool) -> None:
    bench.fake.drive("usb", media=6 if polled else None)
    watching = watch(bench)
    bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new())
    bench.fake.polled(0, 7 if polled else None)
    (inserted,) = watching.poll()
    assert isinstance(inserted, MediumInserted)
    assert inserted.drive.medium == "CD-R 80 min, blank"
    assert watching.poll() == []
    bench.behind["/dev/sr0"] = VirtualRecorder()
    bench.fake.polled(0, 8 if polled else None)
    (removed,) = watching.poll()
    assert isinstance(removed, MediumRemoved)
    assert removed.drive.medium == "CD-R 80 min, blank"


def test_another_disc_of_the_same_kind_is_another_disc(bench: Bench) -> None:
    bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new())
    bench.fake.drive("usb", media=6)
    watching = watch(bench)
    bench.fake.polled(0, 8)
    assert kinds(watching.poll()) == ["MediumRemoved /dev/sr0", "MediumInserted /dev/sr0"]


def test_where_the_kernel_polls_a_drive_is_left_alone(bench: Bench) -> None:
    bench.fake.drive("usb", media=6)
    watching = watch(bench)
    bench.opened.clear()
    for _ in range(3):
        assert watching.poll() == []
    assert bench.opened == []


def test_a_disc_changed_during_another_s_burn_is_told_after_it(bench: Bench) -> None:
    bench.fake.drive("usb", media=6)
    watching = watch(bench)
    bench.opened.clear()
    bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new())
    bench.fake.polled(0, 7)
    bench.fake.mount("/dev/sr0", "/mnt")
    assert watching.poll() == []
    assert bench.opened == []
    (bench.fake.root / "proc/self/mountinfo").unlink()
    assert kinds(watching.poll()) == ["MediumInserted /dev/sr0"]


def test_a_watch_of_drives_alone_opens_none(bench: Bench) -> None:
    device = bench.fake.drive("usb", media=None)
    watching = watch(bench, discs=False)
    bench.fake.drive("ata", sr=1, sg=2)
    bench.fake.unplug(device)
    assert kinds(watching.poll()) == ["DriveRemoved /dev/sr0", "DriveAdded /dev/sr1"]
    assert bench.opened == []


def test_iterating_ends_when_it_is_closed(bench: Bench) -> None:
    device = bench.fake.drive("usb")
    events = []
    with watch(bench) as watching:
        bench.fake.unplug(device)
        for event in watching:
            events.append(event)
            watching.close()
    (removed,) = events
    assert isinstance(removed, DriveRemoved)


def test_the_kernel_s_ear_is_woken_from_another_thread() -> None:
    waiter = UeventWaiter()
    thread = threading.Thread(target=waiter.wait, args=(60,))
    thread.start()
    waiter.wake()
    thread.join(30)
    assert not thread.is_alive()
    waiter.close()
    waiter.wake()  # too late, and harmless
