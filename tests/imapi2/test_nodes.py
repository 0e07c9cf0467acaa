"""Real recorders in the IMAPI2 API: listed first, opened by their ids, told of when they come and go."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from redbook.errors import DriveBusy
from redbook.imapi2 import (
    STAND_IN,
    HResult,
    MsftDiscFormat2TrackAtOnce,
    MsftDiscMaster2,
    MsftDiscRecorder2,
    WithEvents,
    com_error,
)
from redbook.imapi2.devices import registry
from redbook.imapi2.recorder import nodes
from redbook.system.uevents import ClockWaiter
from redbook.transport.base import Transport
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.imapi import Rig, track
from tests.support.inhibit import Tool
from tests.support.recorders import Kept
from tests.support.system import FakeSystem


class Bench:
    """A system with one recorder on /dev/sr0, whose opens and closes are counted."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fake = FakeSystem(root)
        self.recorder = VirtualRecorder(Medium.new())
        self.open_now = 0
        self.busy = False
        monkeypatch.setenv("REDBOOK_SYSTEM_ROOT", str(root))
        monkeypatch.setattr(nodes, "open_transport", self.open)
        monkeypatch.setattr(registry, "_opened", {})  # what earlier tests had under the same names
        # The watch of theirs goes on until the garbage collector finds a handler that holds its master.
        monkeypatch.setattr(registry, "news", nodes.NodeNews(registry._tell))

    def open(self, path: str, clock: object) -> Transport:
        if self.busy:
            raise DriveBusy(f"{path} is in use") from OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self.open_now += 1
        return Counted(self)


class Counted(Kept):
    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.recorder)
        self._bench = bench

    def close(self) -> None:
        self._bench.open_now -= 1


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path / "root", monkeypatch)


def bound(unique_id: str) -> MsftDiscRecorder2:
    recorder = MsftDiscRecorder2()
    recorder.InitializeDiscRecorder(unique_id)
    return recorder


def test_real_recorders_are_listed_and_the_stand_in_only_without_one(bench: Bench) -> None:
    assert list(MsftDiscMaster2()) == [STAND_IN]
    device = bench.fake.drive("usb", sr=0)
    bench.fake.drive("ata", sr=1, sg=2)
    assert list(MsftDiscMaster2()) == ["/dev/sr0", "/dev/sr1"]
    bench.fake.unplug(device)
    assert list(MsftDiscMaster2()) == ["/dev/sr1"]


def test_udev_s_lasting_name_is_the_id(bench: Bench) -> None:
    bench.fake.drive("usb")
    bench.fake.link("/dev/disk/by-id/usb-HL-DT-ST_KZ1-0:0", "/dev/sr0")
    assert list(MsftDiscMaster2()) == ["/dev/disk/by-id/usb-HL-DT-ST_KZ1-0:0"]


def test_listing_opens_no_drive(bench: Bench) -> None:
    bench.fake.drive("usb")
    bench.busy = True
    assert MsftDiscMaster2().Count == 1


def test_a_burn_through_a_node_holds_it_from_prepare_to_release_and_no_longer(bench: Bench) -> None:
    bench.fake.drive("usb")
    writer = MsftDiscFormat2TrackAtOnce()
    writer.Recorder, writer.ClientName = bound("/dev/sr0"), "test"
    assert bench.open_now == 0
    writer.PrepareMedia()
    assert bench.open_now == 1
    writer.AddAudioTrack(track(300))
    writer.ReleaseMedia()
    assert bench.open_now == 0
    assert bench.recorder.disc is not None
    assert len(bench.recorder.disc.state.tracks) == 1


def test_the_system_is_kept_awake_from_prepare_to_release(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool(tmp_path)
    monkeypatch.setenv("PATH", tool.path)
    bench.fake.drive("usb")
    writer = MsftDiscFormat2TrackAtOnce()
    writer.Recorder, writer.ClientName = bound("/dev/sr0"), "test"
    writer.PrepareMedia()
    writer.ReleaseMedia()
    begin, end = tool.lines()
    assert "--why=test writes to /dev/sr0" in begin
    assert end == "end"
    tool.close()


def test_a_recorder_that_another_program_has_is_bound_and_named_but_not_asked(bench: Bench) -> None:
    device = bench.fake.drive("usb")
    inquiry = b"\x05\x80\x05\x12\x1f\x00\x00\x10HL-DT-STDVDRAM_GP50NB40 RB00"
    bench.fake.write(f"{device}/inquiry", inquiry)
    bench.fake.process(4321, "cdrdao", "/dev/sr0")
    bench.busy = True
    recorder = bound("/dev/sr0")
    assert (recorder.VendorId, recorder.ProductId) == ("HL-DT-ST", "DVDRAM_GP50NB40")
    assert recorder.ExclusiveAccessOwner == "cdrdao"
    with pytest.raises(com_error) as caught:
        recorder.AcquireExclusiveAccess(True, "test")
    assert caught.value.hresult == HResult.E_IMAPI_RECORDER_LOCKED


def test_volume_name_is_the_node(bench: Bench) -> None:
    bench.fake.drive("usb")
    assert bound("/dev/sr0").VolumeName == "/dev/sr0"


def test_plugging_in_and_out_is_notified(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = Turns()
    monkeypatch.setattr("redbook.recorders.watching.UeventWaiter", lambda: turn)
    heard: list[tuple[str, str]] = []

    class Handler:
        def OnNotifyDeviceAdded(self, source: object, unique_id: str) -> None:
            heard.append(("added", unique_id))

        def OnNotifyDeviceRemoved(self, source: object, unique_id: str) -> None:
            heard.append(("removed", unique_id))

    master = MsftDiscMaster2()
    WithEvents(master, Handler)
    turn.next()
    device = bench.fake.drive("usb")
    turn.next()
    bench.fake.unplug(device)
    turn.next()
    assert heard == [("added", "/dev/sr0"), ("removed", "/dev/sr0")]


class Turns(ClockWaiter):
    """A waiter that waits for the test: `next` lets one look happen and returns behind it."""

    def __init__(self) -> None:
        self._go, self._waiting = threading.Semaphore(0), threading.Semaphore(0)
        self._first = True

    def wait(self, seconds: float) -> None:
        self._waiting.release()
        self._go.acquire()

    def next(self) -> None:
        if not self._first:
            self._go.release()
        self._first = False
        assert self._waiting.acquire(timeout=60)

    def wake(self) -> None:
        self._go.release()

    def close(self) -> None:
        self._go.release()


def test_attached_recorders_stand_before_real_ones(bench: Bench) -> None:
    bench.fake.drive("usb")
    with Rig() as rig:
        assert list(MsftDiscMaster2()) == [rig.unique_id, "/dev/sr0"]
