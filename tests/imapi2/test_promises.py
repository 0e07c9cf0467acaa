"""Promises that no other test keeps: one claim each, mostly of what happens beside the way."""

from __future__ import annotations

import errno
import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest

from redbook.disc import SECTOR_BYTES
from redbook.errors import Sense, StorageFailed, TransportTimeout
from redbook.imapi2 import (
    HResult,
    MsftDiscFormat2TrackAtOnce,
    MsftDiscRecorder2,
    MsftStreamZero,
    WithEvents,
    com_error,
)
from redbook.imapi2.writer.state import TABLE, Operation, State
from redbook.mmc.control import PreventAllowMediumRemoval, SendOpcInformation
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.disc_info import ReadDiscInformation, ReadToc
from redbook.mmc.identify import CD_DEVICE, Inquiry, InquiryReply
from redbook.mmc.write import Blank, BlankType, CloseTrackSession, Write10
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.imapi import NAME, Rig, track


def code(call: Callable[[], object]) -> str:
    with pytest.raises(com_error) as error:
        call()
    return error.value.name


class Counting:
    """A recorder that notes what it is sent."""

    def __init__(self, recorder: VirtualRecorder) -> None:
        self.recorder, self.cdbs = recorder, list[bytes]()

    def execute(self, cdb: bytes, *arguments: Any) -> Reply:
        self.cdbs.append(cdb)
        return self.recorder.execute(cdb, *arguments)

    def announce(self, data_bytes: int) -> None:
        self.recorder.announce(data_bytes)

    def close(self) -> None:
        self.recorder.close()


def counted(**more: Any) -> tuple[Rig, Counting]:
    rig = Rig(**more)
    counting = Counting(rig.drive)
    rig.transport = counting
    return rig, counting


# The state table, a few entries of it written down by hand from Microsoft's pages


@pytest.mark.parametrize(
    ("operation", "state", "entry"),
    [
        (Operation.PREPARE_MEDIA, State.NO_RECORDER, HResult.E_IMAPI_DF2TAO_NO_RECORDER_SPECIFIED),
        (Operation.PREPARE_MEDIA, State.PREPARED, HResult.E_IMAPI_DF2TAO_MEDIA_IS_PREPARED),
        (Operation.ADD_AUDIO_TRACK, State.RECORDER_SET, HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_PREPARED),
        (Operation.ADD_AUDIO_TRACK, State.WRITING, HResult.E_IMAPI_DF2TAO_WRITE_IN_PROGRESS),
        (Operation.RELEASE_MEDIA, State.RECORDER_SET, HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_PREPARED),
        (Operation.RELEASE_MEDIA, State.PREPARED, State.RECORDER_SET),
        (Operation.CANCEL_ADD_TRACK, State.PREPARED, HResult.E_IMAPI_DF2TAO_WRITE_NOT_IN_PROGRESS),
        (Operation.SET_WRITE_SPEED, State.NO_RECORDER, HResult.E_IMAPI_RECORDER_REQUIRED),
        (Operation.PUT_BUFFER_UNDERRUN_FREE_DISABLED, State.PREPARED, State.PREPARED),
        (
            Operation.PUT_BUFFER_UNDERRUN_FREE_DISABLED,
            State.RECORDER_SET,
            HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_PREPARED,
        ),
        (Operation.PUT_DO_NOT_FINALIZE_MEDIA, State.PREPARED, HResult.E_IMAPI_DF2TAO_MEDIA_IS_PREPARED),
        (Operation.GET_SECTOR_COUNTS, State.WRITING, State.WRITING),
    ],
)
def test_the_table_is_microsoft_s(operation: Operation, state: State, entry: State | HResult) -> None:
    assert TABLE[operation][state] is entry


# Order of checks


def test_the_track_limit_is_told_before_what_is_wrong_with_the_stream() -> None:
    with Rig() as rig:
        rig.prepared()
        for _ in range(99):
            rig.writer.AddAudioTrack(bytes(4))
        assert code(lambda: rig.writer.AddAudioTrack(b"")) == "E_IMAPI_DF2TAO_TRACK_LIMIT_REACHED"


def test_read_back_is_decided_before_the_medium_is_prepared() -> None:
    with Rig() as rig:
        rig.prepared()
        assert code(lambda: rig.writer.put_ReadBackAudio(True)) == "E_IMAPI_DF2TAO_MEDIA_IS_PREPARED"


# Nothing is sent twice, too early, or beside a burn


def test_the_laser_is_calibrated_once_a_session() -> None:
    rig, counting = counted()
    with rig:
        rig.prepared()
        for _ in range(3):
            rig.writer.AddAudioTrack(track(300))
        assert [cdb[0] for cdb in counting.cdbs].count(SendOpcInformation.OPCODE) == 1


def test_nobody_disturbs_a_drive_that_writes() -> None:
    rig, counting = counted()
    codes: dict[str, set[str]] = {}
    asked = {
        "EjectMedia": lambda: rig.recorder.EjectMedia(),
        "GetDiscInformation": lambda: rig.recorder.GetDiscInformation(),
        "MediaPhysicallyBlank": lambda: rig.writer.MediaPhysicallyBlank,
        "IsCurrentMediaSupported": lambda: rig.writer.IsCurrentMediaSupported(rig.recorder),
        "SendCommandNoData": lambda: rig.recorder.SendCommandNoData(bytes(6), 6, 10),
    }

    def disturb(writer: Any, progress: Any) -> None:
        before = len(counting.cdbs) if progress.CurrentAction == 1 else None
        for name, call in asked.items():
            codes.setdefault(name, set()).add(code(call))
        _ = (writer.CurrentWriteSpeed, writer.SupportedWriteSpeeds, writer.CurrentPhysicalMediaType)
        assert before is None or len(counting.cdbs) == before

    with rig:
        rig.prepared()
        handler = WithEvents(rig.writer, disturb)
        rig.writer.AddAudioTrack(track(300))
        rig.writer.ReleaseMedia()
        rig.writer._unadvise(handler)
        assert codes == {name: {"E_IMAPI_RECORDER_MEDIA_BUSY"} for name in asked}
        for call in reversed(asked.values()):  # ejecting last
            call()


def test_a_full_host_is_found_when_the_medium_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Any, data_bytes: int) -> None:
        raise StorageFailed("no room")

    monkeypatch.setattr(Medium, "announce", full)
    with Rig() as rig:
        assert code(rig.prepared) == "E_FAIL"
        assert rig.is_free()


def test_a_full_host_refuses_the_track_before_any_write(monkeypatch: pytest.MonkeyPatch) -> None:
    rig, counting = counted()
    with rig:
        rig.prepared()

        def full(self: Any, data_bytes: int) -> None:
            assert data_bytes == (300 + 2) * SECTOR_BYTES
            raise StorageFailed("no room")

        monkeypatch.setattr(Medium, "announce", full)
        assert code(lambda: rig.writer.AddAudioTrack(track(300))) == "E_FAIL"
        assert Write10.OPCODE not in [cdb[0] for cdb in counting.cdbs]


# Speeds


def test_preparing_keeps_the_speed_that_was_chosen() -> None:
    with Rig(cav_speeds=(48,)) as rig:
        for wanted, cav in ((1000, False), (600, True)):
            rig.ready().SetWriteSpeed(wanted, cav)
            chosen = (rig.writer.CurrentWriteSpeed, rig.writer.CurrentRotationTypeIsPureCAV)
            rig.writer.PrepareMedia()
            assert (rig.writer.CurrentWriteSpeed, rig.writer.CurrentRotationTypeIsPureCAV) == chosen
            rig.writer.ReleaseMedia()


# Locks


def test_a_garbage_collection_in_the_middle_of_a_command_blocks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Rig() as rig:
        writer = MsftDiscFormat2TrackAtOnce()
        recorder = MsftDiscRecorder2()
        recorder.InitializeDiscRecorder(rig.unique_id)
        writer.Recorder, writer.ClientName = recorder, NAME
        writer.PrepareMedia()
        cycle: list[object] = [writer, recorder]
        cycle.append(cycle)
        original = VirtualRecorder._perform

        def collecting(self: VirtualRecorder, command: Any) -> bytes:
            gc.collect()
            return original(self, command)

        monkeypatch.setattr(VirtualRecorder, "_perform", collecting)
        done = threading.Event()

        def use() -> None:
            rig.drive.execute(Inquiry().to_cdb(), b"", 36)
            done.set()

        del writer, recorder, cycle
        threading.Thread(target=use, daemon=True).start()
        assert done.wait(20)


@pytest.mark.parametrize("error", [OSError(errno.EIO, "odd"), MemoryError()])
def test_whatever_goes_wrong_at_the_end_the_recorder_is_given_back(error: Exception) -> None:
    with Rig() as rig:
        with rig.prepared():
            rig.drive.faults.append(Fault(error, PreventAllowMediumRemoval))  # type: ignore[arg-type]
        rig.drive.faults.clear()
        assert rig.writer._state.value == "R"
        other = MsftDiscRecorder2()
        other.InitializeDiscRecorder(rig.unique_id)
        other.AcquireExclusiveAccess(True, "other")
        other.ReleaseExclusiveAccess()


def test_a_failing_close_unlocks_the_tray_whatever_it_is() -> None:
    with Rig() as rig:
        rig.prepared().AddAudioTrack(track(300))
        rig.drive.faults.append(Fault(MemoryError(), CloseTrackSession))  # type: ignore[arg-type]
        assert code(rig.writer.ReleaseMedia) == "E_OUTOFMEMORY"
        assert rig.is_free()


def test_leaving_a_recorder_whose_tray_cannot_be_tended_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from redbook.virtual.shared import SharedRecorder

    with Rig() as rig:
        with monkeypatch.context() as patch:

            def fails(self: Any) -> None:
                raise StorageFailed("the folder cannot be listed")

            patch.setattr(SharedRecorder, "tend", fails)
            assert code(rig.recorder.EjectMedia) == "E_FAIL"
        assert rig.recorder._handle.device._users == 0


def test_an_acquire_that_fails_leaves_the_recorder_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    with Rig() as rig:
        with monkeypatch.context() as patch:

            def fails(self: Any, owner: str) -> None:
                raise StorageFailed("no folder")

            patch.setattr(Medium, "lock", fails)
            assert code(lambda: rig.recorder.AcquireExclusiveAccess(True, NAME)) == "E_FAIL"
        assert rig.recorder._handle.device._users == 0
        assert rig.is_free()


def test_closing_an_object_gives_back_every_level() -> None:
    with Rig() as rig:
        for _ in range(3):
            rig.recorder.AcquireExclusiveAccess(True, NAME)
        rig.recorder.__exit__(None, None, None)
        assert rig.is_free()


def test_a_release_drops_its_level_although_the_drive_is_gone() -> None:
    with Rig() as rig:
        rig.recorder.AcquireExclusiveAccess(True, NAME)
        rig.drive.unplug()
        assert code(rig.recorder.ReleaseExclusiveAccess) == "HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST"
        assert rig.recorder._handle.levels == 0


# Tracks that were cut short, and what is told of them


def test_a_track_cut_before_four_seconds_counts_300_sectors() -> None:
    fault = Fault(Sense(3, 0x0C, 0x00), Write10, lba=100, times=None)
    with Rig(faults=[fault]) as rig:
        assert code(lambda: rig.prepared().AddAudioTrack(track(2000))) == "E_FAIL"
        lead_out = int.from_bytes(rig.writer.ExpectedTableOfContents[-4:], "big")
        assert lead_out == 300 + 2
        assert rig.tracks == [(1, 0, 300)]


def test_the_last_updates_of_a_cancelled_track_say_where_it_ended() -> None:
    with Rig(speed=48) as rig:
        rig.clock.sleep(10)
        rig.prepared()

        def cancel(writer: Any, progress: Any) -> None:
            if progress.CurrentAction == 2 and progress.LastWrittenLba > progress.StartLba:
                writer.CancelAddTrack()

        WithEvents(rig.writer, cancel)
        stream = MsftStreamZero()
        stream.SetSize(100_000 * SECTOR_BYTES)
        assert code(lambda: rig.writer.AddAudioTrack(stream)) == "E_IMAPI_REQUEST_CANCELLED"
        ((_, start, sectors),) = rig.tracks
        assert rig.updates[-1][0] == "FINISHING"
        assert rig.updates[-1][4] == rig.updates[-2][4] == start + sectors - 1


@pytest.mark.parametrize("action", [4])
def test_a_cancel_after_the_last_write_is_always_told(action: int) -> None:
    with Rig() as rig:
        rig.ready().BurnVerificationLevel = 1
        rig.writer.PrepareMedia()
        WithEvents(rig.writer, lambda w, p: p.CurrentAction == action and w.CancelAddTrack())
        assert code(lambda: rig.writer.AddAudioTrack(track(300))) == "E_IMAPI_REQUEST_CANCELLED"
        assert rig.writer.NumberOfExistingTracks == 1


def test_what_was_read_never_lies_behind_the_track_s_end() -> None:
    last: list[int] = []
    with Rig() as rig:
        rig.prepared()
        WithEvents(rig.writer, lambda w, p: last.append(p.LastReadLba))
        rig.writer.AddAudioTrack(track(310))
    assert max(last) == 309


# Verification


def test_a_wrong_table_of_contents_fails_the_quick_verification() -> None:
    toc = Reply(Status.GOOD, bytes.fromhex("0012 01 01 00100100 00000005 0010AA00 0000012E"))
    with Rig() as rig:
        rig.ready().BurnVerificationLevel = 1
        rig.writer.PrepareMedia()
        rig.writer.AddAudioTrack(track(300))
        rig.drive.faults.append(Fault(toc, ReadToc, times=None))
        assert code(rig.writer.ReleaseMedia) == "E_IMAPI_BURN_VERIFICATION_FAILED"
        rig.drive.faults.clear()
        assert rig.is_free()


def test_reading_back_tells_which_track_it_is_at() -> None:
    with Rig() as rig:
        rig.ready().ReadBackAudio = True
        rig.writer.PrepareMedia()
        for _ in range(2):
            rig.writer.AddAudioTrack(track(300))
        rig.updates.clear()
        rig.writer.ReleaseMedia()
        assert {update[1] for update in rig.updates if update[0] == "VERIFYING"} == {1, 2}


# Drives that are none


def test_a_device_that_is_no_cd_drive_is_not_supported() -> None:
    disk = InquiryReply(0, False, "SOME", "DISK", "1").to_bytes()
    assert disk[0] != CD_DEVICE
    with Rig() as rig:
        rig.drive.faults.append(Fault(Reply(Status.GOOD, disk), Inquiry, times=None))
        assert rig.writer.IsRecorderSupported(rig.recorder) is False
        assert code(lambda: rig.writer.put_Recorder(rig.recorder)) == "E_IMAPI_DF2TAO_RECORDER_NOT_SUPPORTED"
        assert code(lambda: rig.eraser.put_Recorder(rig.recorder)) == "E_IMAPI_ERASE_RECORDER_NOT_SUPPORTED"


# Erasing


@pytest.mark.parametrize(("full", "kind"), [(False, BlankType.MINIMAL), (True, BlankType.ALL)])
def test_a_full_erase_is_a_full_blank(full: bool, kind: BlankType) -> None:
    rig, counting = counted(medium=Medium.new("cd-rw"))
    with rig:
        rig.ready_eraser().FullErase = full
        rig.eraser.EraseMedia()
        (blank,) = [cdb for cdb in counting.cdbs if cdb[0] == Blank.OPCODE]
        assert blank[1] & 7 == kind


def test_an_erase_that_fails_leaves_the_drive_free() -> None:
    with Rig(medium=Medium.new("cd-rw"), faults=[Fault(Sense(4, 0x44, 0), Blank, times=None)]) as rig:
        assert code(rig.ready_eraser().EraseMedia) == "E_IMAPI_ERASE_DRIVE_FAILED_ERASE_COMMAND"
        assert rig.is_free()


def test_a_drive_that_was_never_ready_for_erasing_did_not_take_an_hour() -> None:
    with Rig(medium=Medium.new("cd-rw")) as rig:
        rig.ready_eraser()
        rig.drive.faults.append(Fault(Sense(2, 0x04, 0x01), UnitReady, times=None))
        assert code(rig.eraser.EraseMedia) == "E_IMAPI_RECORDER_MEDIA_BECOMING_READY"


# Answers that fail once


def test_a_space_that_was_never_learned_is_asked_for_before_the_next_track() -> None:
    with Rig() as rig:
        rig.prepared()
        # Of the track's own looks the last one fails, and so does the first one afterwards.
        rig.drive.faults.append(Fault(TransportTimeout("t"), ReadDiscInformation, nth=3, times=2))
        rig.writer.AddAudioTrack(track(300))
        rig.drive.faults.clear()
        stream = MsftStreamZero()
        stream.SetSize((rig.writer.TotalSectorsOnMedia - 100) * SECTOR_BYTES)
        assert code(lambda: rig.writer.AddAudioTrack(stream)) == "E_IMAPI_DF2TAO_NOT_ENOUGH_SPACE"
