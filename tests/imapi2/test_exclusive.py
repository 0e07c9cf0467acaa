"""Who has the drive for himself: objects, threads and processes."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import redbook
from redbook.clock import SystemClock
from redbook.imapi2 import MsftDiscFormat2TrackAtOnce, MsftDiscRecorder2, com_error
from tests.support.imapi import NAME, Rig, track

LOCKED = "E_IMAPI_RECORDER_LOCKED"
DISC = "virtual:shared.disc"


def recorder_on(name: str) -> MsftDiscRecorder2:
    recorder = MsftDiscRecorder2()
    recorder.InitializeDiscRecorder(name)
    return recorder


@contextmanager
def another_process(code: str) -> Iterator[subprocess.Popen[str]]:
    """Runs until its standard input is closed; `code` has `recorder` on the shared disc."""
    script = f"""
        import sys
        from redbook.imapi2 import *
        recorder = MsftDiscRecorder2()
        recorder.InitializeDiscRecorder({DISC!r})
        {code}
        print("ready", flush=True)
        sys.stdin.read()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(30)
        process.stdout.close()


def test_levels_are_counted_and_the_last_one_frees_the_drive() -> None:
    with Rig() as rig:
        for _ in range(3):
            rig.recorder.AcquireExclusiveAccess(True, NAME)
        for _ in range(2):
            rig.recorder.ReleaseExclusiveAccess()
        other = recorder_on(rig.unique_id)
        with pytest.raises(com_error) as error:
            other.AcquireExclusiveAccess(True, "other")
        assert error.value.name == LOCKED
        assert NAME in str(error.value)
        rig.recorder.ReleaseExclusiveAccess()
        other.AcquireExclusiveAccess(True, "other")
        other.ReleaseExclusiveAccess()
        with pytest.raises(com_error) as error:
            rig.recorder.ReleaseExclusiveAccess()
        assert error.value.name == "E_FAIL"


def test_a_session_nests_in_the_caller_s_own_lock() -> None:
    with Rig() as rig:
        rig.prepared()
        rig.recorder.AcquireExclusiveAccess(True, "the same program")
        rig.writer.AddAudioTrack(track(300))
        rig.writer.ReleaseMedia()
        other = recorder_on(rig.unique_id)
        with pytest.raises(com_error) as error:
            other.EjectMedia()
        assert error.value.name == LOCKED
        rig.recorder.ReleaseExclusiveAccess()
        other.EjectMedia()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (None, "E_INVALIDARG"),
        ("", "E_INVALIDARG"),
        ("Größe", "E_IMAPI_RECORDER_CLIENT_NAME_IS_NOT_VALID"),
        ("a/b", "E_IMAPI_RECORDER_CLIENT_NAME_IS_NOT_VALID"),
        ("a\n", "E_IMAPI_RECORDER_CLIENT_NAME_IS_NOT_VALID"),
        ("x" * 64, "E_IMAPI_RECORDER_CLIENT_NAME_IS_NOT_VALID"),
        (5, "E_IMAPI_RECORDER_CLIENT_NAME_IS_NOT_VALID"),
    ],
)
def test_client_names_of_a_recorder_s_lock(name: str, code: str) -> None:
    with Rig() as rig:
        with pytest.raises(com_error) as error:
            rig.recorder.AcquireExclusiveAccess(True, name)
        assert error.value.name == code
        rig.recorder.AcquireExclusiveAccess(True, "x" * 63)


@pytest.mark.parametrize("name", ["", "Größe", "x" * 64, 5, "tab\there"])
def test_a_bad_client_name_of_the_writer_leaves_the_old_one(name: object) -> None:
    with Rig() as rig:
        rig.ready()
        with pytest.raises(com_error) as error:
            rig.writer.put_ClientName(name)
        assert error.value.name == "E_IMAPI_DF2TAO_CLIENT_NAME_IS_NOT_VALID"
        assert rig.writer.ClientName == NAME


def test_another_process_is_told_at_once_and_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with another_process('recorder.AcquireExclusiveAccess(True, "the first program")'):
        here = recorder_on(DISC)  # succeeds on a locked recorder
        with monkeypatch.context() as patch:
            patch.delattr(SystemClock, "sleep")  # nothing is waited for
            with pytest.raises(com_error) as error:
                here.AcquireExclusiveAccess(True, "the second")
        assert error.value.name == LOCKED
        assert "the first program" in str(error.value)
        assert here.ExclusiveAccessOwner == "the first program"
        assert (here.VendorId, here.ProductId) == ("REDBOOK", "TYPICAL CD-RW")
        with pytest.raises(com_error) as error:
            here.EjectMedia()
        assert error.value.name == LOCKED
    assert here.ExclusiveAccessOwner == ""
    here.AcquireExclusiveAccess(True, "the second")
    assert here.ExclusiveAccessOwner == "the second"
    here.ReleaseExclusiveAccess()


def test_two_processes_use_a_recorder_in_turn_that_neither_has_locked() -> None:
    with another_process("assert recorder.CurrentProfiles == (9,)"):
        here = recorder_on(DISC)
        assert here.CurrentProfiles == (9,)
        assert here.ExclusiveAccessOwner == ""


@pytest.mark.parametrize("prepared", [False, True])
def test_a_killed_process_gives_the_lock_back(prepared: bool) -> None:
    code = 'recorder.AcquireExclusiveAccess(True, "doomed")'
    if prepared:
        code = (
            "w = MsftDiscFormat2TrackAtOnce(); w.Recorder = recorder; w.ClientName = 'doomed'; "
            "w.PrepareMedia(); w.AddAudioTrack(bytes(4))"
        )
    with another_process(code) as process:
        here = recorder_on(DISC)
        assert here.ExclusiveAccessOwner == "doomed"
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        assert here.ExclusiveAccessOwner == ""
        here.AcquireExclusiveAccess(True, "heir")
        here.ReleaseExclusiveAccess()
        here.EjectMedia()


def test_the_command_line_cannot_have_it_either() -> None:
    here = recorder_on(DISC)
    here.AcquireExclusiveAccess(True, "script")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "redbook", "close", "--drive", DISC], capture_output=True, text=True
        )
        assert done.returncode == 5
        assert "in use" in done.stderr
    finally:
        here.ReleaseExclusiveAccess()


def test_a_recorder_that_redbook_itself_has_open_is_locked() -> None:
    with redbook.open_drive(DISC) as drive:
        redbook.disc_info(drive)
        drive.run(redbook_send_opc())  # makes the disc's folder
        here = recorder_on(DISC)
        with pytest.raises(com_error) as error:
            here.EjectMedia()
        assert error.value.name == LOCKED


def redbook_send_opc() -> object:
    from redbook.mmc.control import SendOpcInformation

    return SendOpcInformation()


def test_a_dropped_writer_gives_the_drive_back_and_leaves_the_session_open() -> None:
    with Rig() as rig:
        writer = MsftDiscFormat2TrackAtOnce()
        writer.Recorder, writer.ClientName = rig.recorder, NAME
        writer.PrepareMedia()
        writer.AddAudioTrack(track(300))
        del writer
        gc.collect()
        assert rig.is_free()
        assert rig.medium is not None
        assert rig.medium.state.open_session is not None


def test_a_dropped_recorder_gives_its_lock_back() -> None:
    with Rig() as rig:
        recorder = recorder_on(rig.unique_id)
        recorder.AcquireExclusiveAccess(True, NAME)
        del recorder
        gc.collect()
        assert rig.is_free()


def test_leaving_the_recorder_s_with_unlocks_the_tray_of_a_prepared_session() -> None:
    with Rig() as rig:
        recorder = recorder_on(rig.unique_id)
        writer = MsftDiscFormat2TrackAtOnce()
        writer.Recorder, writer.ClientName = recorder, NAME
        with recorder:
            writer.PrepareMedia()
            assert rig.drive.tray_locked
        assert rig.is_free()


def test_leaving_the_writer_s_with_leaves_the_session_open() -> None:
    with Rig() as rig:
        with rig.prepared() as writer:
            writer.AddAudioTrack(track(300))
        assert rig.is_free()
        assert writer._state.value == "R"


def test_two_recorders_write_at_the_same_time() -> None:
    with Rig() as first, Rig() as second:
        for rig in (first, second):
            rig.prepared()
        threads = [
            threading.Thread(target=rig.writer.AddAudioTrack, args=(track(600, n),))
            for n, rig in enumerate((first, second))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert (first.audio(0, 600), second.audio(0, 600)) == (track(600, 0), track(600, 1))


def test_ctrl_c_ends_the_track_and_raises_keyboard_interrupt_afterwards() -> None:
    with Rig() as rig:

        def interrupt(source: object, progress: object) -> None:
            os.kill(os.getpid(), signal.SIGINT)

        rig.prepared()
        rig.writer._advise(interrupt)
        with pytest.raises(KeyboardInterrupt):
            rig.writer.AddAudioTrack(track(300))
        assert rig.writer._state.value == "P"
        with pytest.raises(KeyboardInterrupt):
            rig.writer.AddAudioTrack(track(300))
        rig.writer._unadvise(interrupt)
        rig.writer.ReleaseMedia()
        assert rig.is_free()


def test_ctrl_c_while_the_session_is_closed_waits_for_the_end() -> None:
    with Rig() as rig:
        rig.prepared().AddAudioTrack(track(300))
        rig.writer._advise(lambda source, progress: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            rig.writer.ReleaseMedia()
        assert rig.medium is not None
        assert rig.medium.state.finished
        assert rig.is_free()


def test_a_recorder_that_went_away_can_be_bound_again(tmp_path: Path) -> None:
    here = recorder_on(f"virtual:{tmp_path}/one.disc")
    here.InitializeDiscRecorder(f"virtual:{tmp_path}/two.disc")
    assert here.VolumeName.endswith("two.disc")
    here.__exit__(None, None, None)
    with pytest.raises(com_error) as error:
        _ = here.CurrentProfiles
    assert error.value.name == "HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE"
    here.InitializeDiscRecorder(f"virtual:{tmp_path}/one.disc")
    assert here.CurrentProfiles == (9,)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (None, "E_POINTER"),
        ("", "E_INVALIDARG"),
        (5, "E_INVALIDARG"),
        ("a\0b", "E_INVALIDARG"),
        ("no such recorder", "HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST"),
        ("/dev/sr0", "HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST"),
    ],
)
def test_ids_that_are_none(name: str, code: str) -> None:
    with pytest.raises(com_error) as error:
        MsftDiscRecorder2().InitializeDiscRecorder(name)
    assert error.value.name == code


def test_a_damaged_disc_is_said_to_be_one(tmp_path: Path) -> None:
    redbook.create_disc(tmp_path / "bad.disc")
    (tmp_path / "bad.disc" / "disc.json").write_text("{")
    with pytest.raises(com_error) as error:
        MsftDiscRecorder2().InitializeDiscRecorder(f"virtual:{tmp_path}/bad.disc")
    assert error.value.name == "E_FAIL"
    assert "damaged" in str(error.value)
