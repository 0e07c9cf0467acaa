"""Every call in every state, as the table has it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from redbook.imapi2 import HResult, MsftDiscRecorder2, MsftRawCDImageCreator, com_error
from redbook.imapi2.raw.creator_state import CREATOR_TABLE, CreatorCall, CreatorState
from redbook.imapi2.writer.state import (
    RAW_TABLE,
    STATES,
    TABLE,
    AnyOperation,
    Operation,
    RawOperation,
    State,
    diagram,
    markdown,
)
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


RAW_CALLS: dict[AnyOperation, Callable[[Rig], object]] = {
    Operation.PUT_RECORDER: lambda rig: rig.raw.put_Recorder(another_object(rig)),
    Operation.CLEAR_RECORDER: lambda rig: rig.raw.put_Recorder(None),
    Operation.PUT_CLIENT_NAME: lambda rig: rig.raw.put_ClientName("another name"),
    Operation.PUT_BUFFER_UNDERRUN_FREE_DISABLED: lambda rig: rig.raw.put_BufferUnderrunFreeDisabled(True),
    RawOperation.PUT_REQUESTED_SECTOR_TYPE: lambda rig: rig.raw.put_RequestedSectorType(3),
    Operation.PREPARE_MEDIA: lambda rig: rig.raw.PrepareMedia(),
    RawOperation.WRITE_MEDIA: lambda rig: rig.raw.WriteMedia(rig.image()),
    RawOperation.CANCEL_WRITE: lambda rig: rig.raw.CancelWrite(),
    Operation.RELEASE_MEDIA: lambda rig: rig.raw.ReleaseMedia(),
    Operation.SET_WRITE_SPEED: lambda rig: rig.raw.SetWriteSpeed(-1, False),
    RawOperation.GET_REQUESTED_SECTOR_TYPE: lambda rig: rig.raw.RequestedSectorType,
    RawOperation.GET_SUPPORTED_SECTOR_TYPES: lambda rig: rig.raw.SupportedSectorTypes,
    RawOperation.GET_ENDS_OF_THE_DISC: lambda rig: (
        rig.raw.StartOfNextSession,
        rig.raw.LastPossibleStartOfLeadout,
    ),
    Operation.GET_OF_THE_DEVICE: lambda rig: (
        rig.raw.CurrentPhysicalMediaType,
        rig.raw.CurrentWriteSpeed,
        rig.raw.CurrentRotationTypeIsPureCAV,
        rig.raw.SupportedWriteSpeeds,
        rig.raw.SupportedWriteSpeedDescriptors,
    ),
    Operation.GET_SETTING: lambda rig: (
        rig.raw.Recorder,
        rig.raw.ClientName,
        rig.raw.BufferUnderrunFreeDisabled,
        rig.raw.RequestedWriteSpeed,
        rig.raw.RequestedRotationTypeIsPureCAV,
    ),
}


class HeldInPrepareMedia:
    """A way to the drive on which PrepareMedia stays in its first command until it is let go."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.armed, self.entered, self.leave = False, threading.Event(), threading.Event()

    def execute(self, cdb: bytes, *arguments: object, **named: object) -> object:
        if self.armed and threading.current_thread().name == "inside":
            self.entered.set()
            assert self.leave.wait(30)
        return self.rig.drive.execute(cdb, *arguments, **named)  # type: ignore[arg-type]

    def announce(self, data_bytes: int) -> None:
        pass

    def close(self) -> None:
        pass


@contextmanager
def raw_in_state(state: State) -> Iterator[Rig]:
    rig = Rig()
    slow = HeldInPrepareMedia(rig)
    rig.transport = slow  # type: ignore[assignment]
    with rig:
        rig.raw.ClientName = NAME
        if state is not State.NO_RECORDER:
            rig.raw.Recorder = rig.recorder
        if state in (State.PREPARED, State.WRITING):
            rig.raw.PrepareMedia()
        if state is State.WRITING:
            with raw_inside_a_write(rig):
                yield rig
            return
        if state is not State.IN_TRANSITION:
            yield rig
            return
        slow.armed = True
        thread = threading.Thread(target=rig.raw.PrepareMedia, name="inside")
        thread.start()
        assert slow.entered.wait(30)
        try:
            yield rig
        finally:
            slow.leave.set()
            thread.join(30)
            assert not thread.is_alive()


@contextmanager
def raw_inside_a_write(rig: Rig) -> Iterator[None]:
    """While another thread is inside WriteMedia: it waits in its Update handler."""
    entered, leave = threading.Event(), threading.Event()

    def wait(source: object, progress: object) -> None:
        entered.set()
        assert leave.wait(30)

    def write() -> None:
        try:
            rig.raw.WriteMedia(another_image())
        except com_error as error:
            assert error.name == "E_IMAPI_REQUEST_CANCELLED"  # where the test cancels it

    rig.raw._advise(wait)
    thread = threading.Thread(target=write)
    thread.start()
    assert entered.wait(30)
    try:
        yield
    finally:
        leave.set()
        thread.join(30)
        assert not thread.is_alive()


def another_image() -> object:
    creator = MsftRawCDImageCreator()
    creator.AddTrack(0, track(300))
    return creator.CreateResultImage()


RAW_PAIRS = [(state, call) for call in RAW_TABLE for state in STATES]


@pytest.mark.slow
@pytest.mark.parametrize(("state", "call"), RAW_PAIRS, ids=lambda v: getattr(v, "name", str(v)))
def test_every_call_on_the_disc_at_once_writer_in_every_state(state: State, call: AnyOperation) -> None:
    wanted = RAW_TABLE[call][state]
    with raw_in_state(state) as rig:
        if state is State.IN_TRANSITION and call is Operation.GET_OF_THE_DEVICE:
            return  # it waits until the drive has answered
        if isinstance(wanted, HResult):
            with pytest.raises(com_error) as error:
                RAW_CALLS[call](rig)
            assert code_of(error) is wanted
            assert rig.raw._state is state
        else:
            RAW_CALLS[call](rig)
            assert rig.raw._state is (State.PREPARED if call is RawOperation.WRITE_MEDIA else wanted)


RAW_UNCHANGED: dict[str, Callable[[Rig], object]] = {
    "Recorder": lambda rig: rig.recorder,
    "ClientName": lambda rig: NAME,
    "BufferUnderrunFreeDisabled": lambda rig: False,
    "RequestedSectorType": lambda rig: 2,
    "ReadBackAudio": lambda rig: False,
}


@pytest.mark.parametrize("state", [State.PREPARED, State.WRITING])
@pytest.mark.parametrize("name", RAW_UNCHANGED)
def test_a_put_that_changes_nothing_passes_on_the_disc_at_once_writer(name: str, state: State) -> None:
    with raw_in_state(state) as rig:
        setattr(rig.raw, name, RAW_UNCHANGED[name](rig))
        assert rig.raw._state is state


# The maker of images


def every_other_put(creator: MsftRawCDImageCreator) -> Iterator[Callable[[], object]]:
    """Of a property, and of one of a track."""
    values: dict[str, object] = {
        "ResultingImageType": 3,
        "StartOfLeadoutLimit": 300_000,
        "DisableGaplessAudio": True,
        "MediaCatalogNumber": "4006381333931",
        "CDText": b"",
    }
    for name, value in values.items():
        yield lambda name=name, value=value: setattr(creator, name, value)  # type: ignore[misc]
    if not creator.NumberOfExistingTracks:
        return
    info = creator.TrackInfo(1)
    for name, value in {"ISRC": "", "DigitalAudioCopySetting": 2, "AudioHasPreemphasis": True}.items():
        yield lambda name=name, value=value: setattr(info, name, value)  # type: ignore[misc]
    yield lambda: info.AddTrackIndex(100)
    yield lambda: info.ClearTrackIndex(100)


def every_get(creator: MsftRawCDImageCreator) -> Iterator[Callable[[], object]]:
    names = ("ResultingImageType", "StartOfLeadoutLimit", "DisableGaplessAudio", "MediaCatalogNumber")
    for name in (*names, "StartingTrackNumber", "NumberOfExistingTracks"):
        yield lambda name=name: getattr(creator, name)  # type: ignore[misc]


def one(call: Callable[[MsftRawCDImageCreator], object]) -> CreatorCalls:
    def calls(creator: MsftRawCDImageCreator) -> Iterator[Callable[[], object]]:
        yield lambda: call(creator)

    return calls


CreatorCalls = Callable[[MsftRawCDImageCreator], Iterator[Callable[[], object]]]
CREATOR_CALLS: dict[CreatorCall, CreatorCalls] = {
    CreatorCall.ADD_TRACK: one(lambda creator: creator.AddTrack(0, track(300))),
    CreatorCall.ADD_SPECIAL_PREGAP: one(lambda creator: creator.AddSpecialPregap(track(150))),
    CreatorCall.ADD_SUBCODE_RW_GENERATOR: one(lambda creator: creator.AddSubcodeRWGenerator(None)),
    CreatorCall.CREATE_RESULT_IMAGE: one(lambda creator: creator.CreateResultImage()),
    CreatorCall.PUT_STARTING_TRACK_NUMBER: one(lambda creator: setattr(creator, "StartingTrackNumber", 1)),
    CreatorCall.PUT_SETTING: every_other_put,
    CreatorCall.GET_OF_TRACKS: one(
        lambda creator: (
            creator.StartOfLeadout,
            creator.LastUsedUserSectorInImage,
            creator.ExpectedTableOfContents,
        )
    ),
    CreatorCall.GET_TRACK_INFO: one(lambda creator: creator.TrackInfo(1).StartingLba),
    CreatorCall.GET_SETTING: every_get,
}
CREATOR_PAIRS = [(state, call) for call in CREATOR_TABLE for state in CreatorState]


def creator_in(state: CreatorState) -> MsftRawCDImageCreator:
    creator = MsftRawCDImageCreator()
    if state is not CreatorState.EMPTY:
        creator.AddTrack(0, track(400))
    if state is CreatorState.FROZEN:
        creator.CreateResultImage()
    return creator


@pytest.mark.parametrize(("state", "call"), CREATOR_PAIRS, ids=lambda v: getattr(v, "name", str(v)))
def test_every_call_on_a_creator_in_every_state(state: CreatorState, call: CreatorCall) -> None:
    wanted = CREATOR_TABLE[call][state]
    for number in range(len(list(CREATOR_CALLS[call](creator_in(state))))):
        creator = creator_in(state)
        calls = list(CREATOR_CALLS[call](creator))
        if isinstance(wanted, HResult):
            with pytest.raises(com_error) as error:
                calls[number]()
            assert code_of(error) is wanted
            assert creator._state is state
            continue
        for made in calls[: number + 1]:
            made()
        assert creator._state is wanted


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
    assert set(RAW_TABLE) == set(RAW_CALLS) >= set(RawOperation)
    assert all(set(row) == set(State) for table in (TABLE, RAW_TABLE) for row in table.values())
    assert set(CREATOR_TABLE) == set(CreatorCall) == set(CREATOR_CALLS)
    assert all(set(row) == set(CreatorState) for row in CREATOR_TABLE.values())


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
    assert markdown(TABLE) in text
    assert diagram(TABLE) in text
    assert markdown(RAW_TABLE) in text
    assert markdown(CREATOR_TABLE, CreatorState) in text
