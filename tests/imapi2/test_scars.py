"""What once went wrong."""

from __future__ import annotations

import gc
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.errors import Sense, TransportTimeout
from redbook.imapi2 import (
    STAND_IN,
    DispatchWithEvents,
    HResult,
    MsftDiscFormat2Erase,
    MsftDiscFormat2TrackAtOnce,
    MsftDiscRecorder2,
    WithEvents,
    com_error,
)
from redbook.imapi2.writer.session import Session
from redbook.mmc.control import PreventAllowMediumRemoval
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.disc_info import DiscStatus, ReadDiscInformation
from redbook.mmc.mode_pages import Capabilities, ModeData, ModeSense10
from redbook.mmc.write import Write10
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from tests.support.imapi import NAME, Rig, track


def recorder_on(name: str) -> MsftDiscRecorder2:
    recorder = MsftDiscRecorder2()
    recorder.InitializeDiscRecorder(name)
    return recorder


def writer_on(recorder: MsftDiscRecorder2) -> MsftDiscFormat2TrackAtOnce:
    writer = MsftDiscFormat2TrackAtOnce()
    writer.Recorder, writer.ClientName = recorder, NAME
    writer.PrepareMedia()
    return writer


def code(call: Callable[[], object]) -> str:
    with pytest.raises(com_error) as error:
        call()
    return error.value.name


def test_an_error_before_the_first_write_has_an_end_to_its_causes() -> None:
    with Rig() as rig:
        rig.prepared()
        rig.drive.unplug()
        with pytest.raises(com_error) as error:
            rig.writer.AddAudioTrack(track(300))
        seen: set[int] = set()
        cause: BaseException | None = error.value
        while cause is not None:
            assert id(cause) not in seen
            seen.add(id(cause))
            cause = cause.__cause__


@pytest.mark.parametrize("sense", [Sense(2, 0x04, 0x08), Sense(2, 0x04, 0x07), Sense(6, 0x2A, 0x01)])
def test_a_drive_that_is_busy_when_the_session_is_closed_is_waited_for(sense: Sense) -> None:
    with Rig() as rig:
        rig.prepared().AddAudioTrack(track(300))
        rig.drive.faults.append(Fault(sense, ReadDiscInformation))
        assert rig.writer.ReleaseMedia() == HResult.S_OK
        assert rig.medium is not None
        assert rig.medium.status is DiscStatus.COMPLETE


def test_a_recorder_is_not_bound_anew_while_a_writer_is_prepared_with_it() -> None:
    with Rig() as rig:
        rig.prepared()
        assert code(lambda: rig.recorder.InitializeDiscRecorder(rig.unique_id)) == "E_FAIL"
        rig.writer.AddAudioTrack(track(300))
        rig.writer.ReleaseMedia()
        rig.recorder.InitializeDiscRecorder(rig.unique_id)


def test_one_writer_or_eraser_at_a_time_on_one_recorder_object() -> None:
    with Rig() as rig:
        rig.prepared()
        second = MsftDiscFormat2TrackAtOnce()
        second.Recorder, second.ClientName = rig.recorder, "second"
        assert code(second.PrepareMedia) == "E_IMAPI_RECORDER_LOCKED"
        eraser = MsftDiscFormat2Erase()
        eraser.Recorder, eraser.ClientName = rig.recorder, "third"
        assert code(eraser.EraseMedia) == "E_IMAPI_RECORDER_LOCKED"
        rig.writer.ReleaseMedia()
        second.PrepareMedia()
        second.ReleaseMedia()


def test_the_program_cannot_release_what_its_writer_has_locked() -> None:
    with Rig() as rig:
        rig.prepared()
        assert code(rig.recorder.ReleaseExclusiveAccess) == "E_FAIL"
        other = recorder_on(rig.unique_id)
        assert code(lambda: other.AcquireExclusiveAccess(True, "other")) == "E_IMAPI_RECORDER_LOCKED"


def test_a_question_that_failed_once_is_asked_again() -> None:
    with Rig() as rig:
        rig.prepared().AddAudioTrack(track(300))
        free = rig.writer.FreeSectorsOnMedia
        fault = Fault(TransportTimeout("t"), ReadDiscInformation, nth=3)
        rig.drive.faults.append(fault)
        rig.writer.AddAudioTrack(track(300))
        assert fault._seen >= 3
        assert rig.writer.FreeSectorsOnMedia == free - 452
        rig.writer.AddAudioTrack(track(300))


def test_what_the_drive_cannot_say_is_the_drive_s_error() -> None:
    with Rig() as rig:
        rig.prepared()

        class Unplugging(io.BytesIO):
            def readinto(self, buffer: Any) -> int:
                if self.tell() > 19_000_000:
                    rig.drive.unplug()
                return super().readinto(buffer)

        gone = "HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST"
        assert code(lambda: rig.writer.AddAudioTrack(Unplugging(bytes(9000 * SECTOR_BYTES)))) == gone
        assert code(lambda: rig.writer.FreeSectorsOnMedia) == gone
        assert code(lambda: rig.writer.AddAudioTrack(track(300))) == gone
        assert code(rig.writer.ReleaseMedia) == gone


def test_ctrl_c_at_any_moment_of_prepare_media_leaves_no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Session.open

    def interrupted(session: Session, *arguments: Any) -> None:
        original(session, *arguments)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Session, "open", interrupted)
    with Rig() as rig:
        with pytest.raises(KeyboardInterrupt):
            rig.prepared()
        assert rig.writer._state.value == "R"
        assert rig.is_free()


@pytest.mark.parametrize("method", ["PrepareMedia", "AddAudioTrack", "ReleaseMedia"])
def test_ctrl_c_at_any_line_leaves_a_state_that_can_be_left(method: str) -> None:
    """SIGINT at every 7th line of this package that runs in the call."""
    for line in range(3, 120, 7):
        with Rig() as rig:
            rig.ready()
            if method != "PrepareMedia":
                rig.writer.PrepareMedia()
            if method == "ReleaseMedia":
                rig.writer.AddAudioTrack(bytes(4))
            call = {"AddAudioTrack": lambda rig=rig: rig.writer.AddAudioTrack(bytes(4))}.get(
                method, getattr(rig.writer, method)
            )
            count = [0]

            def trace(
                frame: Any, event: str, argument: Any, count: list[int] = count, line: int = line
            ) -> Any:
                if "imapi2" not in frame.f_code.co_filename or "tests" in frame.f_code.co_filename:
                    return None
                if event == "line":
                    count[0] += 1
                    if count[0] == line:
                        signal.raise_signal(signal.SIGINT)
                return trace

            before = sys.gettrace()
            sys.settrace(trace)
            try:
                call()
            except (KeyboardInterrupt, com_error):
                pass
            finally:
                sys.settrace(before)
            assert rig.writer._state.value in "RP", (method, line)
            if rig.writer._state.value == "P":
                rig.writer.ReleaseMedia()
            assert rig.is_free(), (method, line)


def test_a_stream_that_hangs_behind_its_end_does_no_harm() -> None:
    class Endless(io.BytesIO):
        def readinto(self, buffer: Any) -> int:
            if self.tell() >= len(self.getbuffer()):
                time.sleep(60)
            return super().readinto(buffer)

    with Rig() as rig:
        assert rig.prepared().AddAudioTrack(Endless(track(300))) == HResult.S_OK
        assert rig.audio(0, 300) == track(300)


def test_a_forked_child_neither_keeps_nor_gives_back_what_is_its_parent_s(tmp_path: Path) -> None:
    """In a process of its own, because a test runner has threads."""
    script = f"""
import os, sys, time
from redbook.imapi2 import *
name = "virtual:{tmp_path}/forked.disc"
recorder = MsftDiscRecorder2(); recorder.InitializeDiscRecorder(name)
writer = MsftDiscFormat2TrackAtOnce(); writer.Recorder = recorder; writer.ClientName = "parent"
writer.PrepareMedia(); writer.AddAudioTrack(bytes(4))
quick = os.fork()
if not quick:
    sys.exit(0)
os.waitpid(quick, 0)
assert os.path.exists("{tmp_path}/forked.disc/disc.owner")
slow = os.fork()
if not slow:
    time.sleep(20); os._exit(0)
writer.ReleaseMedia()
print(recorder.CurrentProfiles == (9,))
os.kill(slow, 9); os.waitpid(slow, 0)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_exclusive_access_is_to_the_recorder_whatever_disc_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    ask = (
        "from redbook.imapi2 import *\n"
        "r = MsftDiscRecorder2(); r.InitializeDiscRecorder(STAND_IN)\n"
        "try: r.AcquireExclusiveAccess(True, 'other'); print('free')\n"
        "except com_error as error: print(error.name, r.ExclusiveAccessOwner)\n"
    )

    def other() -> str:
        return subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True).stdout.strip()

    held = "E_IMAPI_RECORDER_LOCKED holder"
    recorder = recorder_on(STAND_IN)
    recorder.AcquireExclusiveAccess(True, "holder")
    assert other() == held
    writer = writer_on(recorder)
    writer.AddAudioTrack(track(300))
    writer.ReleaseMedia()
    assert other() == held
    recorder.EjectMedia()
    assert other() == held
    recorder.CloseTray()
    writer.PrepareMedia()
    assert other() == held
    writer.ReleaseMedia()
    recorder.ReleaseExclusiveAccess()
    assert other() == "free"


def test_a_dropped_writer_is_gone_without_a_garbage_collection() -> None:
    gc.disable()
    try:
        with Rig() as rig:
            recorder = recorder_on(rig.unique_id)
            writer = writer_on(recorder)
            WithEvents(writer, type("Handler", (), {}))
            del writer, recorder
            assert rig.is_free()
    finally:
        gc.enable()


def test_streams_are_let_go_when_the_track_is_done() -> None:
    with Rig() as rig:
        rig.ready().ReadBackAudio = True
        rig.writer.PrepareMedia()
        stream = io.BytesIO(track(300))
        alive = weakref.ref(stream)
        rig.writer.AddAudioTrack(stream)
        del stream
        assert alive() is None
        assert rig.writer.ReleaseMedia() == HResult.S_OK


def test_a_handler_whose_attributes_raise_breaks_nothing() -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    with Rig() as rig:
        WithEvents(rig.prepared(), Broken())
        assert rig.writer.AddAudioTrack(track(300)) == HResult.S_OK


def test_programs_that_start_together_on_a_fresh_stand_in(tmp_path: Path) -> None:
    script = (
        "from redbook.imapi2 import *\n"
        "r = MsftDiscRecorder2(); r.InitializeDiscRecorder(STAND_IN)\n"
        "w = MsftDiscFormat2TrackAtOnce()\n"
        "try:\n"
        "    w.Recorder = r; w.ClientName = 'x'\n"
        "    w.PrepareMedia(); w.AddAudioTrack(bytes(4)); w.ReleaseMedia(); print('burned')\n"
        "except com_error as error: print(error.name)\n"
    )
    env = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    started = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=env)
        for _ in range(5)
    ]
    said = [process.communicate(timeout=60)[0].strip() for process in started]
    assert set(said) <= {"burned", "E_IMAPI_RECORDER_LOCKED", "E_IMAPI_DF2TAO_MEDIA_IS_NOT_BLANK"}
    assert "burned" in said


def test_a_track_that_was_left_at_once_is_ended_later_and_counts() -> None:
    """The second Ctrl-C."""
    with Rig(speed=48) as rig:
        rig.clock.sleep(10)
        rig.prepared()
        stream = Stalling(track(9000))

        def twice() -> None:
            assert stream.stalled.wait(30)
            cancel = rig.writer._cancel
            assert cancel is not None
            cancel.at_once()

        thread = threading.Thread(target=twice)
        thread.start()
        assert code(lambda: rig.writer.AddAudioTrack(stream)) == "E_IMAPI_REQUEST_CANCELLED"
        stream.go_on.set()
        thread.join(30)
        assert rig.writer.NumberOfExistingTracks == 1
        rig.writer.AddAudioTrack(track(300))
        rig.writer.ReleaseMedia()
        assert [number for number, _, _ in rig.tracks] == [1, 2]
        assert rig.medium is not None
        assert rig.medium.status is DiscStatus.COMPLETE


class Stalling(io.BytesIO):
    """Stalls behind 19 MB until it is told to go on."""

    def __init__(self, pcm: bytes) -> None:
        super().__init__(pcm)
        self.stalled, self.go_on = threading.Event(), threading.Event()

    def readinto(self, buffer: Any) -> int:
        if self.tell() > 19_000_000:
            self.stalled.set()
            assert self.go_on.wait(30)
        return super().readinto(buffer)


def test_arguments_that_no_command_can_carry_are_refused() -> None:
    with Rig() as rig:
        assert code(lambda: rig.recorder.SetModePage(0, bytes(65536))) == "E_INVALIDARG"
        assert code(lambda: rig.recorder.SendDvdStructure(0, bytes(65536))) == "E_INVALIDARG"
        assert code(lambda: MsftDiscRecorder2().InitializeDiscRecorder("virtual:\ud800")) == "E_INVALIDARG"
        rig.prepared().AddAudioTrack(memoryview(track(600))[::2])


def test_the_buffer_s_size_is_told_from_the_first_update_on() -> None:
    sizes = []
    with Rig() as rig:
        rig.prepared()
        WithEvents(rig.writer, lambda w, p: sizes.append((p.TotalSystemBuffer, p.UsedSystemBuffer)))
        rig.writer.AddAudioTrack(track(2000))
    assert {size for size, _ in sizes} == {75 * 27 * SECTOR_BYTES}
    assert sizes[-1][1] == 0


def test_the_empty_recorder_is_not_the_folder_one_happens_to_be_in(tmp_path: Path) -> None:
    assert recorder_on("virtual:").CurrentProfiles == ()
    (tmp_path / "here").mkdir()
    assert recorder_on(f"virtual:{tmp_path}/here").VolumeName == str(tmp_path / "here")


def test_a_used_cd_rw_is_not_erased_under_a_prepared_writer() -> None:
    with Rig(medium=Medium.new("cd-rw")) as rig:
        rig.prepared().AddAudioTrack(track(300))
        rig.ready_eraser()
        assert code(rig.eraser.EraseMedia) == "E_IMAPI_RECORDER_LOCKED"
        rig.writer.ReleaseMedia()
        rig.eraser.EraseMedia()


def test_a_drive_that_forgets_the_session_is_told_to_close_it_all_the_same() -> None:
    for odd in (bytes(34), b"\x00\x20" + bytes(32)):
        with Rig() as rig:
            rig.prepared().AddAudioTrack(track(300))
            rig.drive.faults.append(Fault(Reply(Status.GOOD, odd), ReadDiscInformation))
            rig.writer.ReleaseMedia()
            assert rig.medium is not None
            assert rig.medium.status is DiscStatus.COMPLETE


@pytest.mark.parametrize(("fault", "there"), [("all", 0), ("last", 0), ("middle", 1)])
def test_a_drive_that_says_good_and_writes_nothing_is_found_out(fault: str, there: int) -> None:
    """As a USB bridge that loses a transfer: the next writable address gives it away."""
    faults = {
        "all": Fault(Reply(Status.GOOD), Write10, times=None),
        "last": Fault(Reply(Status.GOOD), Write10, nth=1, times=None),
        "middle": Fault(Reply(Status.GOOD), Write10, nth=15),
    }
    with Rig(faults=[faults[fault]]) as rig:
        with pytest.raises(com_error) as error:
            rig.prepared().AddAudioTrack(track(400))
        assert error.value.name == "E_IMAPI_RECORDER_INVALID_RESPONSE_FROM_DEVICE"
        assert rig.writer.NumberOfExistingTracks == len(rig.tracks) == there
        if there:
            lead_out = int.from_bytes(rig.writer.ExpectedTableOfContents[-4:], "big")
            assert lead_out == rig.tracks[0][2] + 2
        rig.drive.faults.clear()
        rig.writer.ReleaseMedia()


def test_what_the_drive_has_of_a_track_is_what_the_table_of_contents_says() -> None:
    with Rig() as rig:
        rig.prepared().AddAudioTrack(track(300))
        rig.drive.faults.append(Fault(TransportTimeout("t"), Write10, nth=20, executed=True))
        assert code(lambda: rig.writer.AddAudioTrack(track(2000))) == "E_IMAPI_RECORDER_COMMAND_TIMEOUT"
        lead_out = int.from_bytes(rig.writer.ExpectedTableOfContents[-4:], "big")
        _, start, sectors = rig.tracks[-1]
        assert lead_out == start + sectors + 2


@pytest.mark.parametrize("sense", [Sense(6, 0x2A, 1), Sense(6, 0x28, 0), Sense(2, 4, 8), Sense(2, 4, 1)])
def test_a_drive_that_has_no_time_to_unlock_its_tray_is_asked_again(sense: Sense) -> None:
    with Rig() as rig:
        rig.prepared().AddAudioTrack(track(300))
        rig.drive.faults.append(Fault(sense, PreventAllowMediumRemoval, times=3))
        assert rig.writer.ReleaseMedia() == HResult.S_OK
        assert rig.recorder.EjectMedia() == HResult.S_OK


@pytest.mark.parametrize("page", [bytes(512), b"\xff" * 300])
def test_write_parameters_that_make_no_sense_are_an_invalid_response(page: bytes) -> None:
    with Rig() as rig:
        rig.ready()
        # Page 2Ah first, then 05h before and after it is set.
        rig.drive.faults.append(Fault(Reply(Status.GOOD, page), ModeSense10, nth=3))
        assert code(rig.writer.PrepareMedia) == "E_IMAPI_RECORDER_INVALID_RESPONSE_FROM_DEVICE"
        assert rig.is_free()


def test_closing_and_erasing_go_on_to_their_end_however_often_ctrl_c_is_pressed() -> None:
    with Rig(medium=Medium.new("cd-rw"), speed=4) as rig:
        rig.clock.sleep(10)

        def impatient(*told: Any) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

        rig.prepared().AddAudioTrack(track(300))
        rig.writer._advise(impatient)
        with pytest.raises(KeyboardInterrupt):
            rig.writer.ReleaseMedia()
        assert rig.medium is not None
        assert rig.medium.state.finished
        rig.eraser._advise(impatient)
        with pytest.raises(KeyboardInterrupt):
            rig.ready_eraser().EraseMedia()
        assert not rig.medium.state.sessions
        assert rig.is_free()


def test_closing_the_recorder_object_while_a_track_is_written_waits_for_the_session() -> None:
    with Rig() as rig:
        free = []

        def leave(source: Any, progress: Any) -> None:
            rig.recorder.__exit__(None, None, None)
            other = recorder_on(rig.unique_id)
            free.append(code(lambda: other.AcquireExclusiveAccess(True, "other")))

        rig.prepared()
        rig.writer._advise(leave)
        rig.writer.AddAudioTrack(track(300))
        assert set(free) == {"E_IMAPI_RECORDER_LOCKED"}
        rig.writer._handlers().clear()
        assert rig.writer.ReleaseMedia() == HResult.S_OK
        assert rig.medium is not None
        assert rig.medium.status is DiscStatus.COMPLETE
        assert code(lambda: rig.recorder.CurrentProfiles) == "HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE"
        assert rig.is_free()


@pytest.mark.parametrize("damage", ["deleted", "damaged"])
def test_the_stand_in_gets_over_a_disc_that_somebody_has_spoiled(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    recorder = recorder_on(STAND_IN)
    writer = writer_on(recorder)
    writer.AddAudioTrack(track(300))
    writer.ReleaseMedia()
    disc = tmp_path / "redbook/discs/disc-0001.disc"
    if damage == "deleted":
        shutil.rmtree(disc)
    else:
        (disc / "disc.json").write_text("{")
    writer.PrepareMedia()
    writer.AddAudioTrack(track(300))
    writer.ReleaseMedia()


def test_a_disc_is_not_put_in_under_a_program_that_has_the_recorder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    writer = writer_on(recorder_on(STAND_IN))
    done = subprocess.run([sys.executable, "-m", "redbook", "disc", "insert"], capture_output=True, text=True)
    assert done.returncode == 5
    assert NAME in done.stderr
    writer.ReleaseMedia()
    many = [subprocess.Popen([sys.executable, "-m", "redbook", "disc", "insert"]) for _ in range(4)]
    assert [process.wait(60) for process in many] == [0] * 4


def test_handlers_may_be_anything_that_python_can_call() -> None:
    heard: list[str] = []

    class OfTheInstance:
        def __init__(self) -> None:
            self.OnUpdate = lambda writer, progress: heard.append("instance")

    class Static:
        @staticmethod
        def OnUpdate(writer: Any, progress: Any) -> None:
            heard.append("static")

    class AList(list):  # type: ignore[type-arg]
        def __new__(cls) -> AList:
            self = super().__new__(cls)
            self.word = "list"  # type: ignore[attr-defined]
            return self

        def OnUpdate(self, writer: Any, progress: Any) -> None:
            heard.append(self.word)  # type: ignore[attr-defined]

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    for kind in (OfTheInstance, Static, AList):
        with Rig() as rig:
            writer = DispatchWithEvents(rig.writer, kind)
            second = DispatchWithEvents(rig.writer, kind)
            second.close()
            heard.clear()
            rig.ready()
            writer.PrepareMedia()
            writer.AddAudioTrack(track(300))
            assert len(heard) == 4


def test_a_user_without_a_home_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(com_error, match="XDG_DATA_HOME"):
        recorder_on(STAND_IN)


class Interrupting(ManualClock):
    """Somebody presses Ctrl-C when the drive has been waited for so long."""

    at = 5.0
    pressed = False

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.now() >= self.at and not self.pressed:
            self.pressed = True
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("erases", [False, True])
def test_ctrl_c_ends_the_waiting_for_a_drive_that_never_becomes_ready(erases: bool) -> None:
    clock = Interrupting()
    with Rig(medium=Medium.new("cd-rw"), clock=clock) as rig:
        work = rig.ready_eraser().EraseMedia if erases else rig.ready().PrepareMedia
        rig.drive.faults = [Fault(Sense(2, 4, 1), UnitReady, times=None)]
        with pytest.raises(KeyboardInterrupt):
            work()
        assert clock.pressed
        assert clock.now() < 6
        rig.drive.faults = []
        assert rig.is_free()


@pytest.mark.parametrize("length", [2, 9, 19])
def test_a_drive_that_says_too_little_of_its_tray_is_no_error_of_python(length: int) -> None:
    page = Capabilities().to_page()
    short = ModeData(bytes((page[0], length - 2)) + page[2:length])
    with Rig() as rig:
        rig.drive.faults = [Fault(Reply(Status.GOOD, short.to_bytes()), ModeSense10)]
        assert rig.recorder.DeviceCanLoadMedia is False
