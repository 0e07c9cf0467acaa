"""Every code that is documented for a member comes from its cause, through the whole stack.

The virtual recorder is put into the state, or made to answer with the bytes, from which the code
follows. What cannot come about is listed with its reason.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from redbook.disc import Msf
from redbook.errors import Sense, StorageFailed, TransportTimeout
from redbook.imapi2 import (
    HResult,
    MsftDiscFormat2RawCD,
    MsftDiscFormat2TrackAtOnce,
    MsftDiscMaster2,
    MsftDiscRecorder2,
    MsftRawCDImageCreator,
    com_error,
)
from redbook.imapi2.typelib.interfaces import INTERFACES, Kind
from redbook.mmc.control import SendOpcInformation, StartStopUnit
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.disc_info import ReadDiscInformation, ReadTrackInformation
from redbook.mmc.mode_pages import ModeSelect10, ModeSense10
from redbook.mmc.write import Blank, Write10
from redbook.transport.base import Reply, Status
from redbook.virtual import faults
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from tests.imapi2.test_states import another_image, inside_a_call, raw_inside_a_write
from tests.support.imapi import NAME, Hanging, Rig, code_of, track

Cause = Callable[[Rig], object]


def answer(outcome: Any, command: Any = None) -> Cause:
    """Every command from now on, or every one of a kind, gets this answer."""
    return lambda rig: rig.drive.faults.append(Fault(outcome, command, times=None))


def locked_by_another(rig: Rig) -> None:
    other = MsftDiscRecorder2()
    other.InitializeDiscRecorder(rig.unique_id)
    other.AcquireExclusiveAccess(True, "another program")
    rig.other = other  # type: ignore[attr-defined]


DEVICE: dict[str, Cause] = {
    "E_IMAPI_RECORDER_COMMAND_TIMEOUT": answer(TransportTimeout("no answer within 10 s")),
    "E_IMAPI_RECORDER_INVALID_RESPONSE_FROM_DEVICE": answer(Reply(Status.CHECK_CONDITION)),
    "E_IMAPI_RECORDER_MEDIA_UPSIDE_DOWN": answer(faults.UPSIDE_DOWN),
    "E_IMAPI_RECORDER_MEDIA_BECOMING_READY": answer(Sense(2, 0x04, 0x01)),
    "E_IMAPI_RECORDER_MEDIA_NO_MEDIA": answer(Sense(2, 0x3A, 0x00)),
    "E_IMAPI_RECORDER_MEDIA_FORMAT_IN_PROGRESS": answer(Sense(2, 0x04, 0x04)),
    "E_IMAPI_RECORDER_MEDIA_BUSY": answer(Sense(2, 0x04, 0x07)),
    "E_IMAPI_LOSS_OF_STREAMING": answer(Sense(3, 0x0C, 0x09)),
    "E_IMAPI_RECORDER_MEDIA_INCOMPATIBLE": answer(Sense(2, 0x30, 0x00)),
    "E_IMAPI_RECORDER_DVD_STRUCTURE_NOT_PRESENT": answer(faults.NO_DISC_STRUCTURE),
    "E_IMAPI_RECORDER_NO_SUCH_MODE_PAGE": answer(faults.NO_SUCH_MODE_PAGE),
    "E_IMAPI_RECORDER_INVALID_MODE_PARAMETERS": answer(faults.INVALID_MODE_PARAMETERS),
    "E_IMAPI_RECORDER_MEDIA_WRITE_PROTECTED": answer(Sense(7, 0x27, 0x00)),
    "E_IMAPI_RECORDER_MEDIA_SPEED_MISMATCH": answer(faults.SPEED_MISMATCH),
    "HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE": lambda rig: rig.recorder.__exit__(None, None, None),
    "HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST": lambda rig: rig.drive.unplug(),
    "E_IMAPI_RECORDER_LOCKED": locked_by_another,
    "E_IMAPI_RECORDER_GET_CONFIGURATION_NOT_SUPPORTED": answer(faults.NO_GET_CONFIGURATION),
    "E_IMAPI_RECORDER_NO_SUCH_FEATURE": answer(faults.NO_SUCH_FEATURE),
    "E_IMAPI_RECORDER_FEATURE_IS_NOT_CURRENT": answer(faults.FEATURE_IS_NOT_CURRENT),
    "E_FAIL": answer(StorageFailed("the host cannot store the virtual disc")),
    "E_OUTOFMEMORY": answer(MemoryError("no memory")),
    "E_IMAPI_UNEXPECTED_RESPONSE_FROM_DEVICE": answer(Sense(4, 0x44, 0x00)),
}
"""Causes that any member meets which sends the recorder a command."""

RESERVED = answer(Reply(Status.RESERVATION_CONFLICT))
"""How another program can have a drive that this one has locked."""


@contextmanager
def prepared(**more: Any) -> Iterator[Rig]:
    with Rig(**more) as rig:
        rig.prepared()
        yield rig


@contextmanager
def chosen(**more: Any) -> Iterator[Rig]:
    with Rig(**more) as rig:
        rig.ready()
        rig.ready_eraser()
        rig.asked()
        rig.ready_raw()
        yield rig


@contextmanager
def prepared_raw(**more: Any) -> Iterator[Rig]:
    with Rig(**more) as rig:
        rig.prepared_raw()
        yield rig


def new_recorder(rig: Rig) -> object:
    return MsftDiscRecorder2().InitializeDiscRecorder(rig.unique_id)


def get(name: str) -> Callable[[Rig], object]:
    return lambda rig: getattr(rig.recorder, name)


def get_tao(name: str) -> Callable[[Rig], object]:
    return lambda rig: getattr(rig.writer, name)


def get_raw(name: str) -> Callable[[Rig], object]:
    return lambda rig: getattr(rig.raw, name)


def write_image(rig: Rig) -> object:
    return rig.raw.WriteMedia(rig.image())


def get_data(name: str) -> Callable[[Rig], object]:
    return lambda rig: getattr(rig.data, name)


CDB = bytes(6)
MEMBERS: dict[str, tuple[Any, Callable[[Rig], object]]] = {
    "IDiscRecorder2.EjectMedia": (chosen, lambda rig: rig.recorder.EjectMedia()),
    "IDiscRecorder2.CloseTray": (chosen, lambda rig: rig.recorder.CloseTray()),
    "IDiscRecorder2.AcquireExclusiveAccess": (
        chosen,
        lambda rig: rig.recorder.AcquireExclusiveAccess(False, NAME),
    ),
    "IDiscRecorder2.ReleaseExclusiveAccess": (chosen, lambda rig: rig.recorder.ReleaseExclusiveAccess()),
    "IDiscRecorder2.DisableMcn": (chosen, lambda rig: rig.recorder.DisableMcn()),
    "IDiscRecorder2.EnableMcn": (chosen, lambda rig: rig.recorder.EnableMcn()),
    "IDiscRecorder2.InitializeDiscRecorder": (chosen, new_recorder),
    **{
        f"IDiscRecorder2.{name}": (chosen, get(name))
        for name in (
            *("DeviceCanLoadMedia", "SupportedFeaturePages", "CurrentFeaturePages", "SupportedProfiles"),
            *("CurrentProfiles", "SupportedModePages", "ExclusiveAccessOwner"),
        )
    },
    "IDiscRecorder2Ex.SendCommandNoData": (chosen, lambda rig: rig.recorder.SendCommandNoData(CDB, 6, 10)),
    "IDiscRecorder2Ex.SendCommandSendDataToDevice": (
        chosen,
        lambda rig: rig.recorder.SendCommandSendDataToDevice(CDB, 6, 10, b"data", 4),
    ),
    "IDiscRecorder2Ex.SendCommandGetDataFromDevice": (
        chosen,
        lambda rig: rig.recorder.SendCommandGetDataFromDevice(CDB, 6, 10, 4),
    ),
    "IDiscRecorder2Ex.ReadDvdStructure": (chosen, lambda rig: rig.recorder.ReadDvdStructure(0, 0, 0, 0)),
    "IDiscRecorder2Ex.SendDvdStructure": (chosen, lambda rig: rig.recorder.SendDvdStructure(0, b"")),
    "IDiscRecorder2Ex.GetDiscInformation": (chosen, lambda rig: rig.recorder.GetDiscInformation()),
    "IDiscRecorder2Ex.GetTrackInformation": (chosen, lambda rig: rig.recorder.GetTrackInformation(1, 1)),
    "IDiscRecorder2Ex.GetFeaturePage": (chosen, lambda rig: rig.recorder.GetFeaturePage(0x2D, False)),
    "IDiscRecorder2Ex.GetModePage": (chosen, lambda rig: rig.recorder.GetModePage(5, 0)),
    "IDiscRecorder2Ex.SetModePage": (chosen, lambda rig: rig.recorder.SetModePage(0, b"\x05\x00")),
    "IDiscRecorder2Ex.GetSupportedFeaturePages": (
        chosen,
        lambda rig: rig.recorder.GetSupportedFeaturePages(False),
    ),
    "IDiscRecorder2Ex.GetSupportedProfiles": (chosen, lambda rig: rig.recorder.GetSupportedProfiles(False)),
    "IDiscRecorder2Ex.GetSupportedModePages": (chosen, lambda rig: rig.recorder.GetSupportedModePages(0)),
    "IDiscFormat2.IsCurrentMediaSupported": (
        chosen,
        lambda rig: rig.writer.IsCurrentMediaSupported(rig.recorder),
    ),
    "IDiscFormat2.MediaPhysicallyBlank": (chosen, get_tao("MediaPhysicallyBlank")),
    "IDiscFormat2.MediaHeuristicallyBlank": (chosen, get_tao("MediaHeuristicallyBlank")),
    "IDiscFormat2TrackAtOnce.PrepareMedia": (chosen, lambda rig: rig.writer.PrepareMedia()),
    "IDiscFormat2TrackAtOnce.AddAudioTrack": (prepared, lambda rig: rig.writer.AddAudioTrack(track(300))),
    "IDiscFormat2TrackAtOnce.ReleaseMedia": (prepared, lambda rig: rig.writer.ReleaseMedia()),
    "IDiscFormat2TrackAtOnce.SetWriteSpeed": (chosen, lambda rig: rig.writer.SetWriteSpeed(600, False)),
    **{
        f"IDiscFormat2TrackAtOnce.{name}": (chosen, get_tao(name))
        for name in (
            *("CurrentPhysicalMediaType", "CurrentWriteSpeed", "CurrentRotationTypeIsPureCAV"),
            *("SupportedWriteSpeeds", "SupportedWriteSpeedDescriptors"),
        )
    },
    "IDiscFormat2RawCD.PrepareMedia": (chosen, lambda rig: rig.raw.PrepareMedia()),
    "IDiscFormat2RawCD.WriteMedia": (prepared_raw, write_image),
    "IDiscFormat2RawCD.WriteMedia2": (prepared_raw, lambda rig: rig.raw.WriteMedia2(rig.image(), 22_650)),
    "IDiscFormat2RawCD.SetWriteSpeed": (chosen, lambda rig: rig.raw.SetWriteSpeed(600, False)),
    **{
        f"IDiscFormat2RawCD.{name}": (chosen, get_raw(name))
        for name in (
            *("CurrentPhysicalMediaType", "CurrentWriteSpeed", "CurrentRotationTypeIsPureCAV"),
            *("SupportedWriteSpeeds", "SupportedWriteSpeedDescriptors"),
        )
    },
    "IDiscFormat2Data.SetWriteSpeed": (chosen, lambda rig: rig.data.SetWriteSpeed(600, False)),
    **{
        f"IDiscFormat2Data.{name}": (chosen, get_data(name))
        for name in (
            *("CurrentMediaStatus", "WriteProtectStatus", "TotalSectorsOnMedia", "FreeSectorsOnMedia"),
            *("NextWritableAddress", "StartAddressOfPreviousSession", "CurrentPhysicalMediaType"),
            *("CurrentWriteSpeed", "CurrentRotationTypeIsPureCAV"),
            *("SupportedWriteSpeeds", "SupportedWriteSpeedDescriptors"),
        )
    },
    "IDiscFormat2Erase.EraseMedia": (chosen, lambda rig: rig.eraser.EraseMedia()),
    "IDiscFormat2Erase.CurrentPhysicalMediaType": (
        chosen,
        lambda rig: rig.eraser.CurrentPhysicalMediaType,
    ),
}
"""Members that reach the recorder: the state to call them in, and the call."""


def unset(call: Callable[[MsftDiscFormat2TrackAtOnce], object]) -> Callable[[], object]:
    return lambda: call(MsftDiscFormat2TrackAtOnce())


@contextmanager
def full_of_tracks() -> Iterator[Rig]:
    with prepared() as rig:
        for _ in range(99):
            rig.writer.AddAudioTrack(bytes(4))
        yield rig


@contextmanager
def written() -> Iterator[Rig]:
    with chosen() as rig:
        rig.writer.PrepareMedia()
        rig.writer.AddAudioTrack(track(300))
        rig.writer.ReleaseMedia()
        yield rig


def in_(state: Any, call: Callable[[Rig], object], *causes: Cause, **more: Any) -> Callable[[], object]:
    def run() -> object:
        with state(**more) as rig:
            for cause in causes:
                cause(rig)
            return call(rig)

    return run


def writing(call: Callable[[Rig], object]) -> Callable[[], object]:
    from redbook.imapi2.writer.state import State

    def run() -> object:
        with prepared() as rig, inside_a_call(rig, State.WRITING):
            return call(rig)

    return run


def put(name: str, value: object, thing: str = "writer") -> Callable[[Rig], object]:
    return lambda rig: setattr(getattr(rig, thing), name, value)


def cancelled(rig: Rig) -> object:
    rig.writer._advise(lambda source, progress: source.CancelAddTrack())
    return rig.writer.AddAudioTrack(track(300))


TAO, REC, EX, ERASE = "IDiscFormat2TrackAtOnce.", "IDiscRecorder2.", "IDiscRecorder2Ex.", "IDiscFormat2Erase."
DATA = "IDiscFormat2Data."
RAW, CREATOR, INFO = "IDiscFormat2RawCD.", "IRawCDImageCreator.", "IRawCDImageTrackInfo."
DF2TAO, DF2DATA, DF2RAW = "E_IMAPI_DF2TAO_", "E_IMAPI_DF2DATA_", "E_IMAPI_DF2RAW_"
IMAGE, PQ_ONLY = "E_IMAPI_RAW_IMAGE_", 1
READER_ONLY = Reply(  # page 2Ah of a drive that writes nothing, no GET CONFIGURATION
    Status.GOOD, bytes.fromhex("001a 00 00 00 00 0000 2a 14 07 00 71 03 29 00") + bytes(14)
)


def reads_only(rig: Rig) -> None:
    from redbook.mmc.identify import GetConfiguration

    answer(Sense(5, 0x20, 0x00), GetConfiguration)(rig)
    answer(READER_ONLY, ModeSense10)(rig)


def with_profile(profile: int, raw: bool = False) -> Cause:
    from redbook.mmc.identify import Configuration, Feature, FeatureCode, GetConfiguration

    tao = Feature(FeatureCode.CD_TRACK_AT_ONCE, bytes.fromhex("46000001"), True)
    mastering = Feature(FeatureCode.CD_MASTERING, bytes.fromhex("6F000C00"), True)
    features = (tao, mastering) if raw else (tao,)
    return answer(Reply(Status.GOOD, Configuration(profile, features).to_bytes()), GetConfiguration)


def longest_lead_in(rig: Rig) -> None:
    """Of a disc whose lead-in begins at 90:01:00, before that of any image from 95:00:00."""
    rig.raw.ReleaseMedia()
    assert rig.medium is not None
    rig.medium.state.lead_in_start = Msf(90, 1, 0)
    rig.raw.PrepareMedia()


SPECIAL: dict[tuple[str, str], Callable[[], object]] = {
    ("IDiscMaster2.Item", "E_INVALIDARG"): lambda: MsftDiscMaster2().Item(1),
    (REC + "AcquireExclusiveAccess", "E_ACCESSDENIED"): in_(
        chosen, MEMBERS[REC + "AcquireExclusiveAccess"][1], node="proc"
    ),
    (REC + "AcquireExclusiveAccess", "E_INVALIDARG"): in_(
        chosen, lambda rig: rig.recorder.AcquireExclusiveAccess(True, "")
    ),
    (REC + "InitializeDiscRecorder", "E_INVALIDARG"): lambda: MsftDiscRecorder2().InitializeDiscRecorder(""),
    (REC + "InitializeDiscRecorder", "HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE"): in_(
        chosen, new_recorder, lambda rig: rig.drive.close()
    ),
    ("IDiscFormat2.IsRecorderSupported", "E_POINTER"): unset(lambda writer: writer.IsRecorderSupported(None)),  # type: ignore[arg-type]
    ("IDiscFormat2.IsCurrentMediaSupported", "E_POINTER"): unset(
        lambda writer: writer.IsCurrentMediaSupported(None)  # type: ignore[arg-type]
    ),
    (EX + "GetModePage", "E_INVALIDARG"): in_(chosen, lambda rig: rig.recorder.GetModePage(0x3F, 0)),
    (EX + "GetSupportedModePages", "E_INVALIDARG"): in_(
        chosen, lambda rig: rig.recorder.GetSupportedModePages(4)
    ),
    (EX + "SetModePage", "E_POINTER"): in_(chosen, lambda rig: rig.recorder.SetModePage(0, None)),
    (EX + "SendDvdStructure", "E_POINTER"): in_(chosen, lambda rig: rig.recorder.SendDvdStructure(0, None)),
    (EX + "SendCommandNoData", "E_POINTER"): in_(
        chosen, lambda rig: rig.recorder.SendCommandNoData(None, 6, 10)
    ),
    (EX + "SendCommandSendDataToDevice", "E_POINTER"): in_(
        chosen, lambda rig: rig.recorder.SendCommandSendDataToDevice(CDB, 6, 10, None, 4)
    ),
    (EX + "SendCommandGetDataFromDevice", "E_POINTER"): in_(
        chosen, lambda rig: rig.recorder.SendCommandGetDataFromDevice(None, 6, 10, 4)
    ),
    # PrepareMedia
    (TAO + "PrepareMedia", DF2TAO + "NO_RECORDER_SPECIFIED"): unset(lambda writer: writer.PrepareMedia()),
    (TAO + "PrepareMedia", DF2TAO + "MEDIA_IS_PREPARED"): in_(
        prepared, lambda rig: rig.writer.PrepareMedia()
    ),
    (TAO + "PrepareMedia", DF2TAO + "CLIENT_NAME_IS_NOT_VALID"): in_(
        Rig, lambda rig: (put("Recorder", rig.recorder)(rig), rig.writer.PrepareMedia())
    ),
    (TAO + "PrepareMedia", DF2TAO + "MEDIA_IS_NOT_SUPPORTED"): in_(
        chosen, lambda rig: rig.writer.PrepareMedia(), with_profile(0x0010)
    ),
    (TAO + "PrepareMedia", DF2TAO + "MEDIA_IS_NOT_BLANK"): in_(
        written, lambda rig: rig.writer.PrepareMedia()
    ),
    # AddAudioTrack
    (TAO + "AddAudioTrack", "E_INVALIDARG"): in_(prepared, lambda rig: rig.writer.AddAudioTrack(5)),
    (TAO + "AddAudioTrack", "E_POINTER"): in_(prepared, lambda rig: rig.writer.AddAudioTrack(None)),
    (TAO + "AddAudioTrack", "E_IMAPI_REQUEST_CANCELLED"): in_(prepared, cancelled),
    (TAO + "AddAudioTrack", DF2TAO + "MEDIA_IS_NOT_PREPARED"): in_(
        chosen, lambda rig: rig.writer.AddAudioTrack(track(300))
    ),
    (TAO + "AddAudioTrack", DF2TAO + "WRITE_IN_PROGRESS"): writing(
        lambda rig: rig.writer.AddAudioTrack(track(300))
    ),
    (TAO + "AddAudioTrack", DF2TAO + "TRACK_LIMIT_REACHED"): in_(
        full_of_tracks, lambda rig: rig.writer.AddAudioTrack(track(300))
    ),
    (TAO + "AddAudioTrack", DF2TAO + "STREAM_NOT_SUPPORTED"): in_(
        prepared, lambda rig: rig.writer.AddAudioTrack(io.BytesIO())
    ),
    (TAO + "AddAudioTrack", DF2TAO + "NOT_ENOUGH_SPACE"): in_(
        prepared, lambda rig: rig.writer.AddAudioTrack(silence(rig.writer.FreeSectorsOnMedia + 1))
    ),
    # The others of the writer
    (TAO + "CancelAddTrack", DF2TAO + "WRITE_NOT_IN_PROGRESS"): unset(lambda writer: writer.CancelAddTrack()),
    (TAO + "ReleaseMedia", DF2TAO + "WRITE_IN_PROGRESS"): writing(lambda rig: rig.writer.ReleaseMedia()),
    (TAO + "SetWriteSpeed", "E_IMAPI_RECORDER_REQUIRED"): unset(lambda w: w.SetWriteSpeed(600, False)),
    (TAO + "SetWriteSpeed", "E_INVALIDARG"): in_(chosen, lambda rig: rig.writer.SetWriteSpeed(0, False)),
    (TAO + "put Recorder", DF2TAO + "WRITE_IN_PROGRESS"): writing(put("Recorder", None)),
    (TAO + "put Recorder", DF2TAO + "MEDIA_IS_PREPARED"): in_(prepared, put("Recorder", None)),
    (TAO + "put Recorder", DF2TAO + "RECORDER_NOT_SUPPORTED"): in_(
        Rig, lambda rig: put("Recorder", rig.recorder)(rig), reads_only
    ),
    (TAO + "put BufferUnderrunFreeDisabled", DF2TAO + "MEDIA_IS_NOT_PREPARED"): in_(
        chosen, put("BufferUnderrunFreeDisabled", True)
    ),
    (TAO + "put BufferUnderrunFreeDisabled", DF2TAO + "WRITE_IN_PROGRESS"): writing(
        put("BufferUnderrunFreeDisabled", True)
    ),
    (TAO + "NumberOfExistingTracks", DF2TAO + "WRITE_IN_PROGRESS"): writing(
        get_tao("NumberOfExistingTracks")
    ),
    (TAO + "put DoNotFinalizeMedia", DF2TAO + "WRITE_IN_PROGRESS"): writing(put("DoNotFinalizeMedia", True)),
    (TAO + "put DoNotFinalizeMedia", DF2TAO + "MEDIA_IS_PREPARED"): in_(
        prepared, put("DoNotFinalizeMedia", True)
    ),
    (TAO + "ExpectedTableOfContents", DF2TAO + "WRITE_IN_PROGRESS"): writing(
        get_tao("ExpectedTableOfContents")
    ),
    (TAO + "ExpectedTableOfContents", DF2TAO + "TABLE_OF_CONTENTS_EMPTY_DISC"): in_(
        prepared, get_tao("ExpectedTableOfContents")
    ),
    (TAO + "put ClientName", DF2TAO + "CLIENT_NAME_IS_NOT_VALID"): in_(chosen, put("ClientName", "Größe")),
    (TAO + "put ClientName", DF2TAO + "WRITE_IN_PROGRESS"): writing(put("ClientName", "x")),
    (TAO + "put ClientName", DF2TAO + "MEDIA_IS_PREPARED"): in_(prepared, put("ClientName", "x")),
    **{
        (TAO + name, DF2TAO + "MEDIA_IS_NOT_PREPARED"): in_(chosen, get_tao(name))
        for name in (
            *("NumberOfExistingTracks", "TotalSectorsOnMedia", "FreeSectorsOnMedia"),
            *("UsedSectorsOnMedia", "ExpectedTableOfContents"),
        )
    },
    **{
        (TAO + name, DF2TAO + "NO_RECORDER_SPECIFIED"): unset(lambda writer, name=name: getattr(writer, name))  # type: ignore[misc]
        for name in (
            *("CurrentPhysicalMediaType", "CurrentWriteSpeed", "CurrentRotationTypeIsPureCAV"),
            *("SupportedWriteSpeeds", "SupportedWriteSpeedDescriptors"),
        )
    },
    # Asking about the disc
    (DATA + "Write", "E_NOTIMPL"): in_(chosen, lambda rig: rig.data.Write(bytes(2048))),
    (DATA + "Write", "E_POINTER"): in_(chosen, lambda rig: rig.data.Write(None)),
    (DATA + "Write", "E_IMAPI_RECORDER_REQUIRED"): in_(Rig, lambda rig: rig.data.Write(bytes(2048))),
    (DATA + "CancelWrite", DF2DATA + "WRITE_NOT_IN_PROGRESS"): in_(
        chosen, lambda rig: rig.data.CancelWrite()
    ),
    (DATA + "SetWriteSpeed", "E_INVALIDARG"): in_(chosen, lambda rig: rig.data.SetWriteSpeed(0, False)),
    (DATA + "SetWriteSpeed", "E_IMAPI_RECORDER_REQUIRED"): in_(
        Rig, lambda rig: rig.data.SetWriteSpeed(600, False)
    ),
    (DATA + "put Recorder", DF2DATA + "RECORDER_NOT_SUPPORTED"): in_(
        Rig, lambda rig: put("Recorder", rig.recorder, "data")(rig), reads_only
    ),
    (DATA + "put ClientName", DF2DATA + "CLIENT_NAME_IS_NOT_VALID"): in_(Rig, put("ClientName", "", "data")),
    **{
        (DATA + name, DF2DATA + "INVALID_MEDIA_STATE"): in_(written, get_data(name))
        for name in (
            *("TotalSectorsOnMedia", "FreeSectorsOnMedia", "NextWritableAddress"),
            "StartAddressOfPreviousSession",
        )
    },
    **{
        (DATA + name, "E_IMAPI_RECORDER_REQUIRED"): in_(Rig, get_data(name))
        for name in (
            *("CurrentPhysicalMediaType", "CurrentWriteSpeed", "CurrentRotationTypeIsPureCAV"),
            *("SupportedWriteSpeeds", "SupportedWriteSpeedDescriptors"),
        )
    },
    # Erasing
    (ERASE + "EraseMedia", "E_IMAPI_ERASE_MEDIA_IS_NOT_SUPPORTED"): in_(
        chosen, lambda rig: rig.eraser.EraseMedia()
    ),
    (ERASE + "EraseMedia", "E_IMAPI_ERASE_DRIVE_FAILED_SPINUP_COMMAND"): in_(
        chosen,
        lambda rig: rig.eraser.EraseMedia(),
        answer(Sense(4, 0x44, 0x00), StartStopUnit),
        medium=Medium.new("cd-rw"),
    ),
    (ERASE + "EraseMedia", "E_IMAPI_ERASE_TOOK_LONGER_THAN_ONE_HOUR"): in_(
        chosen,
        lambda rig: rig.eraser.EraseMedia(),
        lambda rig: rig.drive.faults.append(
            Fault(Sense(2, 0x04, 0x07), ReadDiscInformation, nth=4, times=None)
        ),
        medium=Medium.new("cd-rw"),
    ),
    (ERASE + "CurrentPhysicalMediaType", "E_IMAPI_RECORDER_REQUIRED"): in_(
        Rig, lambda rig: rig.eraser.CurrentPhysicalMediaType
    ),
    (ERASE + "put ClientName", "E_INVALIDARG"): in_(Rig, put("ClientName", "", "eraser")),
    (ERASE + "put Recorder", "E_IMAPI_ERASE_RECORDER_NOT_SUPPORTED"): in_(
        Rig, lambda rig: put("Recorder", rig.recorder, "eraser")(rig), reads_only
    ),
}


def new_raw(call: Callable[[MsftDiscFormat2RawCD], object]) -> Callable[[], object]:
    return lambda: call(MsftDiscFormat2RawCD())


def writing_raw(call: Callable[[Rig], object]) -> Callable[[], object]:
    def run() -> object:
        with prepared_raw() as rig, raw_inside_a_write(rig):
            return call(rig)

    return run


@contextmanager
def written_raw() -> Iterator[Rig]:
    with prepared_raw() as rig:
        write_image(rig)
        yield rig


def cancelled_raw(rig: Rig) -> object:
    rig.raw._advise(lambda source, progress: source.CancelWrite())
    return write_image(rig)


def of_whole_image(rig: Rig, first_sector: int, lead_in: int | None = None) -> object:
    """Written from there on."""
    image = rig.image()
    image.Seek(first_sector * 2448)
    rest = image.Read(1 << 30)
    return rig.raw.WriteMedia(rest) if lead_in is None else rig.raw.WriteMedia2(rest, lead_in)


def too_long(rig: Rig) -> object:
    rig.creator.AddTrack(0, silence(rig.raw.LastPossibleStartOfLeadout + 1))
    return rig.creator.CreateResultImage()


for _name, _write in {
    "WriteMedia": lambda rig, data: rig.raw.WriteMedia(data),
    "WriteMedia2": lambda rig, data: rig.raw.WriteMedia2(data, 22_650),
}.items():
    SPECIAL |= {
        (RAW + _name, "E_POINTER"): in_(prepared_raw, lambda rig, w=_write: w(rig, None)),  # type: ignore[misc]
        (RAW + _name, "E_INVALIDARG"): in_(prepared_raw, lambda rig, w=_write: w(rig, 5)),  # type: ignore[misc]
        (RAW + _name, DF2RAW + "STREAM_NOT_SUPPORTED"): in_(
            prepared_raw,
            lambda rig, w=_write: w(rig, bytes(2448 * 30_000)),  # type: ignore[misc]
        ),
        (RAW + _name, DF2RAW + "MEDIA_IS_NOT_PREPARED"): in_(
            chosen,
            lambda rig, w=_write: w(rig, rig.image()),  # type: ignore[misc]
        ),
        (RAW + _name, DF2RAW + "WRITE_IN_PROGRESS"): writing_raw(
            lambda rig, w=_write: w(rig, rig.image())  # type: ignore[misc]
        ),
        (RAW + _name, DF2RAW + "MEDIA_IS_NOT_BLANK"): in_(
            written_raw,
            lambda rig, w=_write: w(rig, another_image()),  # type: ignore[misc]
        ),
        (RAW + _name, DF2RAW + "NOT_ENOUGH_SPACE"): in_(
            prepared_raw,
            lambda rig, w=_write: w(rig, too_long(rig)),  # type: ignore[misc]
        ),
        (RAW + _name, "E_IMAPI_REQUEST_CANCELLED"): in_(prepared_raw, cancelled_raw),
    }


def image_type(rig: Rig) -> None:
    rig.creator.ResultingImageType = PQ_ONLY


def frozen(call: Callable[[Any], object], of_track: bool = False) -> Callable[[], object]:
    def run() -> object:
        creator = MsftRawCDImageCreator()
        creator.AddTrack(0, track(400))
        creator.TrackInfo(1).AddTrackIndex(100)
        creator.CreateResultImage()
        return call(creator.TrackInfo(1) if of_track else creator)

    return run


def with_track(call: Callable[[Any], object], of_track: bool = False) -> Callable[[], object]:
    def run() -> object:
        creator = MsftRawCDImageCreator()
        creator.AddTrack(0, track(400))
        return call(creator.TrackInfo(1) if of_track else creator)

    return run


def empty(call: Callable[[MsftRawCDImageCreator], object]) -> Callable[[], object]:
    return lambda: call(MsftRawCDImageCreator())


def hundred_tracks(creator: MsftRawCDImageCreator) -> None:
    for _ in range(100):
        creator.AddTrack(0, track(300))


def hundred_indexes(info: Any) -> None:
    for number in range(1, 100):
        info.AddTrackIndex(number * 10)


def of_1200_sectors(call: Callable[[Any], object]) -> Callable[[], object]:
    def run() -> object:
        creator = MsftRawCDImageCreator()
        creator.AddTrack(0, silence(1200))
        return call(creator.TrackInfo(1))

    return run


SPECIAL |= {
    # The disc-at-once writer
    (RAW + "PrepareMedia", DF2RAW + "NO_RECORDER_SPECIFIED"): new_raw(lambda writer: writer.PrepareMedia()),
    (RAW + "PrepareMedia", DF2RAW + "MEDIA_IS_PREPARED"): in_(
        prepared_raw, lambda rig: rig.raw.PrepareMedia()
    ),
    (RAW + "PrepareMedia", DF2RAW + "CLIENT_NAME_IS_NOT_VALID"): in_(
        Rig, lambda rig: (put("Recorder", rig.recorder, "raw")(rig), rig.raw.PrepareMedia())
    ),
    (RAW + "PrepareMedia", DF2RAW + "MEDIA_IS_NOT_BLANK"): in_(written, lambda rig: rig.raw.PrepareMedia()),
    (RAW + "PrepareMedia", DF2RAW + "MEDIA_IS_NOT_SUPPORTED"): in_(
        chosen, lambda rig: rig.raw.PrepareMedia(), with_profile(0x0010, raw=True)
    ),
    (RAW + "WriteMedia", DF2RAW + "STREAM_LEADIN_TOO_SHORT"): in_(
        prepared_raw, lambda rig: rig.raw.WriteMedia(rig.image()), longest_lead_in
    ),
    (RAW + "WriteMedia2", DF2RAW + "STREAM_LEADIN_TOO_SHORT"): in_(
        prepared_raw, lambda rig: of_whole_image(rig, 12_650, 10_000)
    ),
    (RAW + "CancelWrite", DF2RAW + "WRITE_NOT_IN_PROGRESS"): new_raw(lambda writer: writer.CancelWrite()),
    (RAW + "ReleaseMedia", DF2RAW + "MEDIA_IS_NOT_PREPARED"): new_raw(lambda writer: writer.ReleaseMedia()),
    (RAW + "ReleaseMedia", DF2RAW + "WRITE_IN_PROGRESS"): writing_raw(lambda rig: rig.raw.ReleaseMedia()),
    (RAW + "SetWriteSpeed", "E_IMAPI_RECORDER_REQUIRED"): new_raw(lambda w: w.SetWriteSpeed(600, False)),
    (RAW + "SetWriteSpeed", "E_INVALIDARG"): in_(chosen, lambda rig: rig.raw.SetWriteSpeed(0, False)),
    (RAW + "put Recorder", DF2RAW + "WRITE_IN_PROGRESS"): writing_raw(put("Recorder", None, "raw")),
    (RAW + "put Recorder", DF2RAW + "MEDIA_IS_PREPARED"): in_(prepared_raw, put("Recorder", None, "raw")),
    (RAW + "put Recorder", DF2RAW + "RECORDER_NOT_SUPPORTED"): in_(
        Rig, lambda rig: put("Recorder", rig.recorder, "raw")(rig), reads_only
    ),
    (RAW + "put BufferUnderrunFreeDisabled", DF2RAW + "MEDIA_IS_NOT_PREPARED"): in_(
        chosen, put("BufferUnderrunFreeDisabled", True, "raw")
    ),
    (RAW + "put BufferUnderrunFreeDisabled", DF2RAW + "WRITE_IN_PROGRESS"): writing_raw(
        put("BufferUnderrunFreeDisabled", True, "raw")
    ),
    (RAW + "put RequestedSectorType", DF2RAW + "WRITE_IN_PROGRESS"): writing_raw(
        put("RequestedSectorType", 3, "raw")
    ),
    (RAW + "put RequestedSectorType", DF2RAW + "MEDIA_IS_NOT_PREPARED"): in_(
        chosen, put("RequestedSectorType", 3, "raw")
    ),
    (RAW + "put RequestedSectorType", DF2RAW + "DATA_BLOCK_TYPE_NOT_SUPPORTED"): in_(
        prepared_raw, put("RequestedSectorType", 4, "raw")
    ),
    (RAW + "put ClientName", DF2RAW + "CLIENT_NAME_IS_NOT_VALID"): in_(chosen, put("ClientName", "", "raw")),
    (RAW + "put ClientName", DF2RAW + "WRITE_IN_PROGRESS"): writing_raw(put("ClientName", "x", "raw")),
    (RAW + "put ClientName", DF2RAW + "MEDIA_IS_PREPARED"): in_(prepared_raw, put("ClientName", "x", "raw")),
    **{
        (RAW + name, DF2RAW + "MEDIA_IS_NOT_PREPARED"): in_(chosen, get_raw(name))
        for name in ("StartOfNextSession", "LastPossibleStartOfLeadout", "RequestedSectorType")
    },
    **{
        (RAW + name, DF2RAW + "NO_RECORDER_SPECIFIED"): new_raw(
            lambda writer, name=name: getattr(writer, name)
        )  # type: ignore[misc]
        for name in (
            *("CurrentPhysicalMediaType", "CurrentWriteSpeed", "CurrentRotationTypeIsPureCAV"),
            *("SupportedWriteSpeeds", "SupportedWriteSpeedDescriptors"),
        )
    },
    # The maker of images
    (CREATOR + "CreateResultImage", IMAGE + "NO_TRACKS"): empty(lambda creator: creator.CreateResultImage()),
    (CREATOR + "AddTrack", IMAGE + "SECTOR_TYPE_NOT_SUPPORTED"): empty(
        lambda creator: creator.AddTrack(2, track(300))
    ),
    (CREATOR + "AddTrack", IMAGE + "TOO_MANY_TRACKS"): empty(hundred_tracks),
    (CREATOR + "AddTrack", IMAGE + "INSUFFICIENT_SPACE"): empty(
        lambda creator: creator.AddTrack(0, silence(398_101))
    ),
    (CREATOR + "AddSpecialPregap", IMAGE + "TRACKS_ALREADY_ADDED"): with_track(
        lambda creator: creator.AddSpecialPregap(track(150))
    ),
    (CREATOR + "AddSpecialPregap", IMAGE + "INSUFFICIENT_SPACE"): empty(
        lambda creator: creator.AddSpecialPregap(silence(397_800 + 151))
    ),
    (CREATOR + "put StartingTrackNumber", IMAGE + "TRACKS_ALREADY_ADDED"): with_track(
        lambda creator: setattr(creator, "StartingTrackNumber", 2)
    ),
    **{
        (CREATOR + name, IMAGE + "NO_TRACKS"): empty(lambda creator, name=name: getattr(creator, name))  # type: ignore[misc]
        for name in ("StartOfLeadout", "LastUsedUserSectorInImage", "ExpectedTableOfContents")
    },
    (CREATOR + "CreateResultImage", IMAGE + "IS_READ_ONLY"): frozen(
        lambda creator: creator.CreateResultImage()
    ),
    (CREATOR + "AddTrack", IMAGE + "IS_READ_ONLY"): frozen(lambda creator: creator.AddTrack(0, track(300))),
    (CREATOR + "AddSpecialPregap", IMAGE + "IS_READ_ONLY"): frozen(
        lambda creator: creator.AddSpecialPregap(track(300))
    ),
    (CREATOR + "AddSubcodeRWGenerator", IMAGE + "IS_READ_ONLY"): frozen(
        lambda creator: creator.AddSubcodeRWGenerator(bytes(96))
    ),
    **{
        (CREATOR + f"put {name}", IMAGE + "IS_READ_ONLY"): frozen(
            lambda creator, name=name, value=value: setattr(creator, name, value)  # type: ignore[misc]
        )
        for name, value in {
            "ResultingImageType": 3,
            "StartOfLeadoutLimit": 300_000,
            "DisableGaplessAudio": True,
            "MediaCatalogNumber": "4006381333931",
            "StartingTrackNumber": 2,
        }.items()
    },
    **{
        (INFO + f"put {name}", IMAGE + "IS_READ_ONLY"): frozen(
            lambda info, name=name, value=value: setattr(info, name, value),  # type: ignore[misc]
            True,
        )
        for name, value in {"ISRC": "", "DigitalAudioCopySetting": 1, "AudioHasPreemphasis": True}.items()
    },
    (INFO + "AddTrackIndex", IMAGE + "IS_READ_ONLY"): frozen(lambda info: info.AddTrackIndex(50), True),
    (INFO + "ClearTrackIndex", IMAGE + "IS_READ_ONLY"): frozen(lambda info: info.ClearTrackIndex(100), True),
    (INFO + "AddTrackIndex", IMAGE + "TRACK_INDEX_TOO_CLOSE_TO_OTHER_INDEX"): with_track(
        lambda info: info.AddTrackIndex(9), True
    ),
    (INFO + "AddTrackIndex", IMAGE + "TOO_MANY_TRACK_INDEXES"): of_1200_sectors(hundred_indexes),
    (INFO + "ClearTrackIndex", IMAGE + "TRACK_INDEX_NOT_FOUND"): with_track(
        lambda info: info.ClearTrackIndex(50), True
    ),
    (INFO + "ClearTrackIndex", IMAGE + "TRACK_INDEX_OFFSET_ZERO_CANNOT_BE_CLEARED"): with_track(
        lambda info: info.ClearTrackIndex(0), True
    ),
}
SPECIAL[REC + "InitializeDiscRecorder", "STRSAFE_E_INVALID_PARAMETER"] = SPECIAL[
    REC + "InitializeDiscRecorder", "E_INVALIDARG"
]


def silence(sectors: int) -> object:
    from redbook.imapi2 import MsftStreamZero

    stream = MsftStreamZero()
    stream.SetSize(sectors * 2352)
    return stream


def second_recorder() -> object:
    with chosen() as rig, Rig() as other:
        rig.eraser.Recorder = other.recorder
    return None


def while_erasing() -> object:
    errors: list[com_error] = []

    with chosen(medium=Medium.new("cd-rw")) as rig:

        def handler(*told: object) -> None:
            try:
                rig.eraser.Recorder = None
            except com_error as error:
                errors.append(error)

        rig.eraser._advise(handler)
        rig.eraser.EraseMedia()
    raise errors[0]


SPECIAL[ERASE + "put Recorder", "E_IMAPI_ERASE_ONLY_ONE_RECORDER_SUPPORTED"] = second_recorder
SPECIAL[ERASE + "put Recorder", "E_IMAPI_ERASE_RECORDER_IN_USE"] = while_erasing


def prepared_at(speed: int, pure_cav: bool) -> Callable[[], object]:
    """PrepareMedia, and what it has made of this speed."""

    def run() -> object:
        with chosen(cav_speeds=(8,)) as rig:
            rig.raw.SetWriteSpeed(speed, pure_cav)
            return rig.raw.PrepareMedia()

    return run


SUCCESSES: dict[tuple[str, str], Callable[[], object]] = {
    (INFO + "AddTrackIndex", "S_IMAPI_RAW_IMAGE_TRACK_INDEX_ALREADY_EXISTS"): with_track(
        lambda info: info.AddTrackIndex(0), True
    ),
    (RAW + "PrepareMedia", "S_IMAPI_SPEEDADJUSTED"): prepared_at(601, False),
    (RAW + "PrepareMedia", "S_IMAPI_ROTATIONADJUSTED"): in_(
        chosen, lambda rig: (rig.raw.SetWriteSpeed(600, True), rig.raw.PrepareMedia())[1]
    ),
    (RAW + "PrepareMedia", "S_IMAPI_BOTHADJUSTED"): in_(
        chosen, lambda rig: (rig.raw.SetWriteSpeed(601, True), rig.raw.PrepareMedia())[1]
    ),
    **{
        (RAW + "SetWriteSpeed", f"S_IMAPI_{what}ADJUSTED"): in_(
            chosen,
            lambda rig, asked=asked: rig.raw.SetWriteSpeed(*asked),  # type: ignore[misc]
        )
        for what, asked in {"SPEED": (601, False), "ROTATION": (600, True), "BOTH": (601, True)}.items()
    },
    (DATA + "SetWriteSpeed", "S_IMAPI_SPEEDADJUSTED"): in_(
        chosen, lambda rig: rig.data.SetWriteSpeed(601, False)
    ),
    (DATA + "SetWriteSpeed", "S_IMAPI_ROTATIONADJUSTED"): in_(
        chosen, lambda rig: rig.data.SetWriteSpeed(600, True)
    ),
    (DATA + "SetWriteSpeed", "S_IMAPI_BOTHADJUSTED"): in_(
        chosen, lambda rig: rig.data.SetWriteSpeed(601, True)
    ),
    (TAO + "SetWriteSpeed", "S_IMAPI_SPEEDADJUSTED"): in_(
        chosen, lambda rig: rig.writer.SetWriteSpeed(601, False)
    ),
    (TAO + "SetWriteSpeed", "S_IMAPI_ROTATIONADJUSTED"): in_(
        chosen, lambda rig: rig.writer.SetWriteSpeed(600, True)
    ),
    (TAO + "SetWriteSpeed", "S_IMAPI_BOTHADJUSTED"): in_(
        chosen, lambda rig: rig.writer.SetWriteSpeed(601, True)
    ),
    **{
        (name, "S_IMAPI_COMMAND_HAS_SENSE_DATA"): in_(
            chosen,
            lambda rig, name=name: MEMBERS[name][1](rig)[0],
            answer(Sense(2, 0x3A, 0x01)),  # type: ignore[misc,index]
        )
        for name in MEMBERS
        if ".SendCommand" in name
    },
}

HAS_ARGUMENTS = {"IDiscMaster2.Item"} | {
    f"{i.name}.{m.name}" for i in INTERFACES.values() for m in i.members if m.kind is Kind.METHOD
}
SENT_TO_THE_CALLER = set(DEVICE) - {
    "E_IMAPI_RECORDER_COMMAND_TIMEOUT",
    "E_IMAPI_RECORDER_INVALID_RESPONSE_FROM_DEVICE",
    "HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE",
    "HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST",
    "E_IMAPI_RECORDER_LOCKED",
    "E_FAIL",
    "E_OUTOFMEMORY",
}
NEVER: dict[tuple[str, str], str] = {
    (REC + "ExclusiveAccessOwner", "E_IMAPI_RECORDER_LOCKED"): "it says who has the lock",
    (
        REC + "InitializeDiscRecorder",
        "E_IMAPI_RECORDER_LOCKED",
    ): "succeeds on a locked recorder, its page says",
    (
        TAO + "ReleaseMedia",
        DF2TAO + "MEDIA_IS_PREPARED",
    ): "a slip of the page: it would forbid the call always",
    (TAO + "put DoNotFinalizeMedia", DF2TAO + "PROPERTY_FOR_BLANK_MEDIA_ONLY"): (
        "the setter never asks the drive"
    ),
    (DATA + "LastWrittenAddressOfPreviousSession", "E_NOTIMPL"): "it is implemented",
    ("IDiscFormat2.IsRecorderSupported", "S_OK"): "the answer is the returned bool",
    ("IDiscFormat2.IsRecorderSupported", "S_FALSE"): "the answer is the returned bool",
}


_COPIED = {
    DF2RAW + name for name in ("MEDIA_IS_NOT_BLANK", "MEDIA_IS_NOT_SUPPORTED", "CLIENT_NAME_IS_NOT_VALID")
}


def why_never(name: str, code: str) -> str:
    """Why a documented code has no cause here; empty where it has one."""
    if (name, code) in NEVER:
        return NEVER[name, code]
    member = name.partition(".")[2]
    if ".SendCommand" in name and code in SENT_TO_THE_CALLER:
        return "the sense is handed to the caller, the call succeeds"
    if name == RAW + "SetWriteSpeed" and code in _COPIED:
        return "copied from PrepareMedia by its page; before a disc is looked at they make no sense"
    if name == RAW + "SupportedSectorTypes":
        return "PrepareMedia has found it out; the drive is not asked again"
    if name == DATA + "Write":
        return "refused before the stream, the recorder or the disc is looked at"
    if code == DF2DATA + "WRITE_IN_PROGRESS":
        return "Write is refused, so it never is in progress"
    if member == "SupportedMediaTypes":
        return "needs no recorder"
    if code == "E_POINTER":
        return "no argument that could be None"
    if code == "E_INVALIDARG":
        return "no argument that could be wrong"
    if name not in MEMBERS and code in ("E_FAIL", "E_OUTOFMEMORY"):
        return "nothing is asked of the recorder or the system"
    return ""


def documented() -> Iterator[tuple[str, str]]:
    for interface in INTERFACES.values():
        for member in interface.members:
            name = f"{interface.name}.{member.name}"
            yield from ((name, code) for code in member.get_codes)
            yield from ((f"{interface.name}.put {member.name}", code) for code in member.put_codes)


def cause_of(name: str, code: str) -> Callable[[], object] | None:
    if (name, code) in SPECIAL:
        return SPECIAL[name, code]
    if (name, code) in SUCCESSES:
        return SUCCESSES[name, code]
    if name not in MEMBERS or code not in DEVICE or (name, code) in NEVER:
        return None
    if ".SendCommand" in name and code in SENT_TO_THE_CALLER:
        return None
    state, call = MEMBERS[name]
    if code == "E_IMAPI_RECORDER_LOCKED" and state in (prepared, prepared_raw):
        return in_(state, call, RESERVED)
    return in_(state, call, DEVICE[code])


PAIRS = list(dict.fromkeys(documented()))


@pytest.mark.usefixtures("one_mount")
@pytest.mark.parametrize(
    ("name", "code"), [pair for pair in PAIRS if cause_of(*pair)], ids=lambda value: value
)
def test_member_gives_code(name: str, code: str) -> None:
    cause = cause_of(name, code)
    assert cause is not None
    wanted = HResult[code]
    if not wanted.failed:
        assert cause() == wanted
        return
    with pytest.raises(com_error) as error:
        cause()
    assert code_of(error) is wanted
    assert wanted.advice in str(error.value)


@pytest.mark.parametrize(
    ("name", "code"), [pair for pair in PAIRS if not cause_of(*pair)], ids=lambda value: value
)
def test_a_code_without_a_cause_has_a_reason(name: str, code: str) -> None:
    assert why_never(name, code)


def test_the_reasons_are_for_documented_codes() -> None:
    assert set(NEVER) <= set(PAIRS)
    assert set(SPECIAL) | set(SUCCESSES) <= set(PAIRS)


# The 27 of AddAudioTrack, each from the cause that it has in life


class Breaking(io.BytesIO):
    def __init__(self, error: BaseException, at: int = 0) -> None:
        super().__init__(track(400))
        self._error, self._at = error, at

    def readinto(self, buffer: Any) -> int:
        if self.tell() >= self._at:
            raise self._error
        return super().readinto(buffer)


def add(rig: Rig) -> object:
    return rig.writer.AddAudioTrack(track(300))


def underrun() -> object:
    with prepared(speed=8) as rig:
        rig.writer.BufferUnderrunFreeDisabled = True
        return rig.writer.AddAudioTrack(Hanging(rig, bytes(9000 * 2352)))


NATURAL: dict[str, Callable[[], object]] = {
    **{code: cause for (name, code), cause in SPECIAL.items() if name == TAO + "AddAudioTrack"},
    "E_FAIL": in_(prepared, add, answer(Sense(3, 0x0C, 0x00), Write10)),
    "E_OUTOFMEMORY": in_(prepared, lambda rig: rig.writer.AddAudioTrack(Breaking(MemoryError()))),
    "E_IMAPI_RECORDER_COMMAND_TIMEOUT": in_(prepared, add, answer(TransportTimeout("60 s"), Write10)),
    "E_IMAPI_RECORDER_INVALID_RESPONSE_FROM_DEVICE": in_(
        prepared, add, answer(Reply(Status.GOOD, b"\0\x22\1"), ReadTrackInformation)
    ),
    "E_IMAPI_RECORDER_MEDIA_UPSIDE_DOWN": in_(prepared, add, answer(faults.UPSIDE_DOWN, UnitReady)),
    "E_IMAPI_RECORDER_MEDIA_BECOMING_READY": in_(prepared, add, answer(Sense(2, 4, 1), UnitReady)),
    "E_IMAPI_RECORDER_MEDIA_NO_MEDIA": in_(prepared, add, lambda rig: rig.drive.remove()),
    "E_IMAPI_RECORDER_MEDIA_FORMAT_IN_PROGRESS": in_(prepared, add, answer(Sense(2, 4, 4), UnitReady)),
    "E_IMAPI_RECORDER_MEDIA_BUSY": in_(prepared, add, answer(Sense(2, 4, 8), Write10)),
    "E_IMAPI_LOSS_OF_STREAMING": underrun,
    "E_IMAPI_RECORDER_MEDIA_INCOMPATIBLE": in_(
        prepared, add, answer(Sense(5, 0x30, 0x05), SendOpcInformation)
    ),
    "E_IMAPI_RECORDER_DVD_STRUCTURE_NOT_PRESENT": in_(
        prepared, add, answer(faults.NO_DISC_STRUCTURE, SendOpcInformation)
    ),
    "E_IMAPI_RECORDER_NO_SUCH_MODE_PAGE": in_(prepared, add, answer(Sense(5, 0x24, 0x00), ModeSense10)),
    "E_IMAPI_RECORDER_INVALID_MODE_PARAMETERS": in_(
        prepared, add, answer(Sense(5, 0x26, 0x00), ModeSelect10)
    ),
    "E_IMAPI_RECORDER_MEDIA_WRITE_PROTECTED": in_(prepared, add, medium=Medium.new(write_protected=True)),
    "E_IMAPI_RECORDER_MEDIA_SPEED_MISMATCH": in_(
        prepared, add, answer(faults.SPEED_MISMATCH, SendOpcInformation)
    ),
    "HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE": in_(
        prepared, add, lambda rig: rig.recorder.__exit__(None, None, None)
    ),
    "HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST": in_(
        prepared, lambda rig: rig.writer.AddAudioTrack(Unplugging(rig))
    ),
    "E_IMAPI_RECORDER_LOCKED": in_(prepared, add, RESERVED),
}


class Unplugging(io.BytesIO):
    """Somebody pulls the cable while the track is written."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(bytes(9000 * 2352))
        self._rig = rig

    def readinto(self, buffer: Any) -> int:
        if self.tell() > 19_000_000:
            self._rig.drive.unplug()
        return super().readinto(buffer)


def test_there_are_27_causes() -> None:
    member = next(m for m in INTERFACES["IDiscFormat2TrackAtOnce"].members if m.name == "AddAudioTrack")
    assert set(NATURAL) == set(member.get_codes)
    assert len(NATURAL) == 27


@pytest.mark.parametrize("code", NATURAL)
def test_add_audio_track_gives_code_from_its_own_cause(code: str) -> None:
    with pytest.raises(com_error) as error:
        NATURAL[code]()
    assert code_of(error) is HResult[code]


# Codes that the header has, without a page

UNDOCUMENTED: dict[str, Callable[[], object]] = {
    "E_IMAPI_RECORDER_CLIENT_NAME_IS_NOT_VALID": in_(
        chosen, lambda rig: rig.recorder.AcquireExclusiveAccess(True, "x" * 64)
    ),
    "E_IMAPI_RECORDER_MEDIA_NOT_FORMATTED": in_(prepared, add, answer(Sense(5, 0x30, 0x10), Write10)),
    "E_IMAPI_ERASE_CLIENT_NAME_IS_NOT_VALID": in_(
        Rig, lambda rig: (put("Recorder", rig.recorder, "eraser")(rig), rig.eraser.EraseMedia())
    ),
    "E_IMAPI_ERASE_MEDIA_IS_NOT_ERASABLE": in_(
        chosen,
        lambda rig: rig.eraser.EraseMedia(),
        answer(Reply(Status.GOOD, bytes.fromhex("0020 0e 01 01 01 01") + bytes(27)), ReadDiscInformation),
        medium=Medium.new("cd-rw"),
    ),
    "E_IMAPI_ERASE_DISC_INFORMATION_TOO_SMALL": in_(
        chosen,
        lambda rig: rig.eraser.EraseMedia(),
        lambda rig: rig.drive.faults.append(
            Fault(Reply(Status.GOOD, bytes(4)), ReadDiscInformation, nth=2, times=None)
        ),
        medium=Medium.new("cd-rw"),
    ),
    "E_IMAPI_ERASE_MODE_PAGE_2A_TOO_SMALL": in_(
        chosen,
        lambda rig: rig.eraser.EraseMedia(),
        answer(Reply(Status.GOOD, bytes.fromhex("000a 00 00 00 00 0000 2a 02 00 00")), ModeSense10),
        medium=Medium.new("cd-rw"),
    ),
    "E_IMAPI_ERASE_DRIVE_FAILED_ERASE_COMMAND": in_(
        chosen,
        lambda rig: rig.eraser.EraseMedia(),
        answer(Sense(4, 0x44, 0x00), Blank),
        medium=Medium.new("cd-rw"),
    ),
    "E_IMAPI_ERASE_UNEXPECTED_DRIVE_RESPONSE_DURING_ERASE": in_(
        chosen,
        lambda rig: rig.eraser.EraseMedia(),
        lambda rig: rig.drive.faults.append(
            Fault(Sense(4, 0x44, 0x00), ReadDiscInformation, nth=4, times=None)
        ),
        medium=Medium.new("cd-rw"),
    ),
    "E_IMAPI_ERASE_RECORDER_IN_USE": while_erasing,
}


@pytest.mark.parametrize("code", UNDOCUMENTED)
def test_a_code_of_the_header_comes_from_its_cause(code: str) -> None:
    with pytest.raises(com_error) as error:
        UNDOCUMENTED[code]()
    assert code_of(error) is HResult[code]
