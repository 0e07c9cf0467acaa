"""Every call in every state, as the table has it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from redbook.imapi2 import HResult, MsftDiscRecorder2, com_error
from redbook.imapi2.writer.state import STATES, TABLE, Operation, State, diagram, markdown
from tests.support.imapi import NAME, Rig, code_of, track

ROOT = Path(__file__).parent.parent.parent

CALLS: dict[Operation, Callable[[Rig], object]] = {
    Operation.PUT_RECORDER: lambda rig: rig.writer.put_Recorder(another_object(rig)),
    Operation.CLEAR_RECORDER: lambda rig: rig.writer.put_Recorder(None),
    Operation.PUT_CLIENT_NAME: lambda rig: rig.writer.put_ClientName("another name"),
    Operation.PUT_DO_NOT_FINALIZE_MEDIA: lambda rig: rig.writer.put_DoNotFinalizeMedia(True),
    Operation.PUT_BUFFER_UNDERRUN_FREE_DISABLED: lambda rig: rig.writer.put_BufferUnderrunFreeDisabled(True),
    Operation.PUT_BURN_VERIFICATION_LEVEL: lambda rig: rig.writer.put_BurnVerificationLevel(1),
    Operation.PREPARE_MEDIA: lambda rig: rig.writer.PrepareMedia(),
    Operation.ADD_AUDIO_TRACK: lambda rig: rig.writer.AddAudioTrack(track(300)),
    Operation.CANCEL_ADD_TRACK: lambda rig: rig.writer.CancelAddTrack(),
    Operation.RELEASE_MEDIA: lambda rig: rig.writer.ReleaseMedia(),
    Operation.SET_WRITE_SPEED: lambda rig: rig.writer.SetWriteSpeed(-1, False),
    Operation.GET_NUMBER_OF_EXISTING_TRACKS: lambda rig: rig.writer.NumberOfExistingTracks,
    Operation.GET_SECTOR_COUNTS: lambda rig: (
        rig.writer.TotalSectorsOnMedia,
        rig.writer.FreeSectorsOnMedia,
        rig.writer.UsedSectorsOnMedia,
    ),
    Operation.GET_EXPECTED_TABLE_OF_CONTENTS: lambda rig: rig.writer.ExpectedTableOfContents,
    Operation.GET_OF_THE_DEVICE: lambda rig: (
        rig.writer.CurrentPhysicalMediaType,
        rig.writer.CurrentWriteSpeed,
        rig.writer.CurrentRotationTypeIsPureCAV,
        rig.writer.SupportedWriteSpeeds,
        rig.writer.SupportedWriteSpeedDescriptors,
    ),
    Operation.GET_SETTING: lambda rig: (
        rig.writer.Recorder,
        rig.writer.ClientName,
        rig.writer.DoNotFinalizeMedia,
        rig.writer.BufferUnderrunFreeDisabled,
        rig.writer.BurnVerificationLevel,
        rig.writer.RequestedWriteSpeed,
        rig.writer.RequestedRotationTypeIsPureCAV,
    ),
}


def another_object(rig: Rig) -> MsftDiscRecorder2:
    recorder = MsftDiscRecorder2()
    recorder.InitializeDiscRecorder(rig.unique_id)
    return recorder


@contextmanager
def in_state(state: State) -> Iterator[Rig]:
    with Rig() as rig:
        rig.writer.ClientName = NAME
        if state is not State.NO_RECORDER:
            rig.writer.Recorder = rig.recorder
        if state in (State.PREPARED, State.WRITING, State.IN_TRANSITION):
            rig.writer.PrepareMedia()
            rig.writer.AddAudioTrack(track(300))
        if state in (State.WRITING, State.IN_TRANSITION):
            with inside_a_call(rig, state):
                yield rig
        else:
            yield rig


@contextmanager
def inside_a_call(rig: Rig, state: State) -> Iterator[None]:
    """While another thread is inside AddAudioTrack, or ReleaseMedia: it waits in its Update handler."""
    entered, leave = threading.Event(), threading.Event()

    def wait(source: object, progress: object) -> None:
        entered.set()
        assert leave.wait(30)

    rig.writer._advise(wait)
    call = rig.writer.ReleaseMedia if state is State.IN_TRANSITION else lambda: add(rig)
    thread = threading.Thread(target=call)
    thread.start()
    assert entered.wait(30)
    try:
        yield
    finally:
        leave.set()
        thread.join(30)
        assert not thread.is_alive()


def add(rig: Rig) -> None:
    try:
        rig.writer.AddAudioTrack(track(300))
    except com_error as error:
        assert error.name == "E_IMAPI_REQUEST_CANCELLED"  # where the test cancels it


PAIRS = [(state, operation) for operation in TABLE for state in STATES]


@pytest.mark.parametrize(("state", "operation"), PAIRS, ids=lambda v: getattr(v, "name", str(v)))
def test_every_call_in_every_state_does_what_the_table_says(state: State, operation: Operation) -> None:
    wanted = TABLE[operation][state]
    with in_state(state) as rig:
        if isinstance(wanted, HResult):
            with pytest.raises(com_error) as error:
                CALLS[operation](rig)
            assert code_of(error) is wanted
            assert rig.writer._state is state
        else:
            CALLS[operation](rig)
            after = State.PREPARED if operation is Operation.ADD_AUDIO_TRACK else wanted
            assert rig.writer._state is after


UNCHANGED: dict[str, Callable[[Rig], object]] = {
    "Recorder": lambda rig: rig.recorder,
    "ClientName": lambda rig: NAME,
    "DoNotFinalizeMedia": lambda rig: False,
    "BufferUnderrunFreeDisabled": lambda rig: False,
    "BurnVerificationLevel": lambda rig: 0,
    "ReadBackAudio": lambda rig: False,
}


@pytest.mark.parametrize("state", [State.PREPARED, State.WRITING, State.IN_TRANSITION])
@pytest.mark.parametrize("name", UNCHANGED)
def test_a_put_that_changes_nothing_passes_where_the_property_is_locked(name: str, state: State) -> None:
    with in_state(state) as rig:
        setattr(rig.writer, name, UNCHANGED[name](rig))
        assert rig.writer._state is state


def test_what_is_not_yet_there_is_not_locked() -> None:
    with in_state(State.RECORDER_SET) as rig:
        with pytest.raises(com_error) as error:
            rig.writer.BufferUnderrunFreeDisabled = False
        assert error.value.name == "E_IMAPI_DF2TAO_MEDIA_IS_NOT_PREPARED"


def test_the_table_has_every_call_in_every_state() -> None:
    assert set(TABLE) == set(Operation) == set(CALLS)
    assert all(set(row) == set(State) for row in TABLE.values())


def test_calls_inside_prepare_media_find_it_in_transition() -> None:
    """The recorder holds PrepareMedia in its first command while another thread calls."""
    seen = []

    class Slow:
        def __init__(self, rig: Rig) -> None:
            self.rig, self.armed = rig, False

        def execute(self, cdb: bytes, *arguments: object) -> object:
            if self.armed and not seen:
                for call in (rig.writer.PrepareMedia, lambda: rig.writer.AddAudioTrack(track(300))):
                    with pytest.raises(com_error) as error:
                        call()
                    seen.append(error.value.name)
            return self.rig.drive.execute(cdb, *arguments)  # type: ignore[arg-type]

        def announce(self, data_bytes: int) -> None:
            pass

        def close(self) -> None:
            pass

    rig = Rig()
    slow = Slow(rig)
    rig.transport = slow  # type: ignore[assignment]
    with rig:
        rig.ready()
        slow.armed = True
        rig.writer.PrepareMedia()
    assert seen == ["E_IMAPI_DF2TAO_MEDIA_IS_PREPARED", "E_IMAPI_DF2TAO_WRITE_IN_PROGRESS"]


def test_a_failed_prepare_media_leads_back_and_leaves_the_drive_free() -> None:
    with Rig(medium=None) as rig:
        with pytest.raises(com_error):
            rig.prepared()
        assert rig.writer._state is State.RECORDER_SET
        assert rig.is_free()


def test_prepare_media_wants_a_client_name() -> None:
    with Rig() as rig:
        rig.writer.Recorder = rig.recorder
        with pytest.raises(com_error) as error:
            rig.writer.PrepareMedia()
        assert error.value.name == "E_IMAPI_DF2TAO_CLIENT_NAME_IS_NOT_VALID"


def test_the_same_recorder_may_be_set_again_and_another_one_instead() -> None:
    with Rig() as rig, Rig() as second:
        rig.ready()
        rig.writer.Recorder = rig.recorder
        rig.writer.Recorder = second.recorder
        assert rig.writer.Recorder is second.recorder


def test_a_recorder_that_is_bound_to_nothing_is_an_invalid_handle() -> None:
    with Rig() as rig:
        with pytest.raises(com_error) as error:
            rig.writer.Recorder = MsftDiscRecorder2()
        assert error.value.name == "HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE"
        assert rig.writer.Recorder is None


def test_the_documentation_shows_table_and_diagram_as_they_are() -> None:
    text = (ROOT / "docs/imapi2.md").read_text(encoding="utf-8")
    assert markdown() in text
    assert diagram() in text
