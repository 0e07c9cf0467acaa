"""Every member of every interface is there and does what it is for; the table of them is made here."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import redbook.imapi2 as imapi2
from redbook.imapi2 import HResult, MsftDiscMaster2, MsftStreamZero, MsftWriteSpeedDescriptor, com_error
from redbook.imapi2.com import ComObject
from redbook.imapi2.typelib.enumerations import (
    IMAPI_BURN_VERIFICATION_LEVEL,
    IMAPI_MEDIA_PHYSICAL_TYPE,
    IMAPI_PROFILE_TYPE,
)
from redbook.imapi2.typelib.interfaces import CLASSES, INTERFACES, Interface, Kind, Member
from redbook.virtual.medium import Medium
from tests.support.imapi import NAME, Rig, track

ROOT = Path(__file__).parent.parent.parent
MEDIA = IMAPI_MEDIA_PHYSICAL_TYPE

HOMES: dict[str, type] = {
    "IDiscMaster2": imapi2.MsftDiscMaster2,
    "IDiscRecorder2": imapi2.MsftDiscRecorder2,
    "IDiscRecorder2Ex": imapi2.MsftDiscRecorder2,
    "IDiscFormat2": imapi2.MsftDiscFormat2TrackAtOnce,
    "IDiscFormat2TrackAtOnce": imapi2.MsftDiscFormat2TrackAtOnce,
    "IBurnVerification": imapi2.MsftDiscFormat2TrackAtOnce,
    "IDiscFormat2Data": imapi2.MsftDiscFormat2Data,
    "IDiscFormat2Erase": imapi2.MsftDiscFormat2Erase,
    "IDiscFormat2RawCD": imapi2.MsftDiscFormat2RawCD,
    "IDiscFormat2RawCDEventArgs": imapi2.RawCDEventArgs,
    "IRawCDImageCreator": imapi2.MsftRawCDImageCreator,
    "IRawCDImageTrackInfo": imapi2.RawCDImageTrackInfo,
    "IWriteEngine2EventArgs": imapi2.TrackAtOnceEventArgs,
    "IDiscFormat2TrackAtOnceEventArgs": imapi2.TrackAtOnceEventArgs,
    "IWriteSpeedDescriptor": imapi2.MsftWriteSpeedDescriptor,
    "ISequentialStream": imapi2.FileStream,
    "IStream": imapi2.FileStream,
}
"""The class that has the members of an interface; events are calls that a handler gets."""

EXERCISES: dict[str, Callable[[Rig], None]] = {}


def exercise(name: str) -> Callable[[Callable[[Rig], None]], Callable[[Rig], None]]:
    def keep(function: Callable[[Rig], None]) -> Callable[[Rig], None]:
        assert name not in EXERCISES
        EXERCISES[name] = function
        return function

    return keep


def check(name: str, call: Callable[[Rig], Any], expected: Any) -> None:
    """An exercise that is one call and one value."""

    def run(rig: Rig) -> None:
        assert call(rig) == expected

    exercise(name)(run)


# IDiscMaster2

check("IDiscMaster2._NewEnum", lambda rig: list(MsftDiscMaster2()._NewEnum), ["recorder"])
check("IDiscMaster2.Item", lambda rig: MsftDiscMaster2().Item(0), "recorder")
check("IDiscMaster2.Count", lambda rig: MsftDiscMaster2().Count, 1)
check("IDiscMaster2.IsSupportedEnvironment", lambda rig: MsftDiscMaster2().IsSupportedEnvironment, True)


@exercise("DDiscMaster2Events.NotifyDeviceAdded")
def _added(rig: Rig) -> None:
    master, heard = MsftDiscMaster2(), []
    imapi2.WithEvents(master, lambda *told: heard.append(told))
    with Rig(unique_id="another"):
        assert heard == [(master, "another")]


@exercise("DDiscMaster2Events.NotifyDeviceRemoved")
def _removed(rig: Rig) -> None:
    master, heard = MsftDiscMaster2(), []

    class Handler:
        def OnNotifyDeviceRemoved(self, source: object, unique_id: str) -> None:
            heard.append((source, unique_id))

    imapi2.WithEvents(master, Handler)
    with Rig(unique_id="another"):
        assert heard == []
    assert heard == [(master, "another")]


# IDiscRecorder2


@exercise("IDiscRecorder2.EjectMedia")
def _eject(rig: Rig) -> None:
    assert rig.recorder.EjectMedia() == HResult.S_OK
    assert rig.drive.tray_open


@exercise("IDiscRecorder2.CloseTray")
def _close_tray(rig: Rig) -> None:
    rig.recorder.EjectMedia()
    assert rig.recorder.CloseTray() == HResult.S_OK
    assert not rig.drive.tray_open


@exercise("IDiscRecorder2.AcquireExclusiveAccess")
def _acquire(rig: Rig) -> None:
    assert rig.recorder.AcquireExclusiveAccess(True, NAME) == HResult.S_OK
    assert not_free(rig)


@exercise("IDiscRecorder2.ReleaseExclusiveAccess")
def _release(rig: Rig) -> None:
    rig.recorder.AcquireExclusiveAccess(True, NAME)
    rig.recorder.AcquireExclusiveAccess(True, NAME)
    rig.recorder.ReleaseExclusiveAccess()
    assert not_free(rig)
    assert rig.recorder.ReleaseExclusiveAccess() == HResult.S_OK
    assert rig.is_free()


def not_free(rig: Rig) -> bool:
    with pytest.raises(com_error) as error:
        rig.is_free()
    return error.value.name == "E_IMAPI_RECORDER_LOCKED"


check("IDiscRecorder2.DisableMcn", lambda rig: rig.recorder.DisableMcn(), HResult.S_OK)


@exercise("IDiscRecorder2.EnableMcn")
def _enable_mcn(rig: Rig) -> None:
    rig.recorder.DisableMcn()
    rig.recorder.DisableMcn()
    assert (rig.recorder.EnableMcn(), rig.recorder.EnableMcn()) == (HResult.S_OK, HResult.S_OK)
    with pytest.raises(com_error):
        rig.recorder.EnableMcn()


check(
    "IDiscRecorder2.InitializeDiscRecorder",
    lambda rig: imapi2.MsftDiscRecorder2().InitializeDiscRecorder("recorder"),
    HResult.S_OK,
)
check("IDiscRecorder2.ActiveDiscRecorder", lambda rig: rig.recorder.ActiveDiscRecorder, "recorder")
check("IDiscRecorder2.VendorId", lambda rig: rig.recorder.VendorId, "REDBOOK")
check("IDiscRecorder2.ProductId", lambda rig: rig.recorder.ProductId, "TYPICAL CD-RW")
check("IDiscRecorder2.ProductRevision", lambda rig: rig.recorder.ProductRevision, "1.00")
check("IDiscRecorder2.VolumeName", lambda rig: rig.recorder.VolumeName, "proc")
check("IDiscRecorder2.VolumePathNames", lambda rig: rig.recorder.VolumePathNames[:2], ("proc", "/proc"))
check("IDiscRecorder2.DeviceCanLoadMedia", lambda rig: rig.recorder.DeviceCanLoadMedia, True)


@exercise("IDiscRecorder2.LegacyDeviceNumber")
def _number(rig: Rig) -> None:
    with Rig(unique_id="another") as second:
        assert (rig.recorder.LegacyDeviceNumber, second.recorder.LegacyDeviceNumber) == (0, 1)


RANDOM_READABLE, AUDIO_PLAY = 0x10, 0x103
MODE_PAGES = (0x01, 0x05, 0x08, 0x0A, 0x0D, 0x0E, 0x1A, 0x1C, 0x1D, 0x2A)
FEATURES = (0, 1, 2, 3, 0x10, 0x1D, 0x1E, 0x2D, 0x2E, 0x37, 0x100, 0x103, 0x105, 0x107, 0x108)
CD_RW_MEDIA_WRITE = 0x0037
PROFILES = (0x000A, 0x0009, 0x0008)
check("IDiscRecorder2.SupportedFeaturePages", lambda rig: rig.recorder.SupportedFeaturePages, FEATURES)
check(
    "IDiscRecorder2.CurrentFeaturePages",
    lambda rig: rig.recorder.CurrentFeaturePages,
    tuple(code for code in FEATURES if code not in (RANDOM_READABLE, CD_RW_MEDIA_WRITE, AUDIO_PLAY)),
)
check("IDiscRecorder2.SupportedProfiles", lambda rig: rig.recorder.SupportedProfiles, PROFILES)
check(
    "IDiscRecorder2.CurrentProfiles",
    lambda rig: rig.recorder.CurrentProfiles,
    (IMAPI_PROFILE_TYPE.IMAPI_PROFILE_TYPE_CD_RECORDABLE,),
)
check("IDiscRecorder2.SupportedModePages", lambda rig: rig.recorder.SupportedModePages, MODE_PAGES)


@exercise("IDiscRecorder2.ExclusiveAccessOwner")
def _owner(rig: Rig) -> None:
    assert rig.recorder.ExclusiveAccessOwner == ""
    with imapi2.MsftDiscRecorder2() as other:
        other.InitializeDiscRecorder("recorder")
        other.AcquireExclusiveAccess(True, "somebody else")
        assert rig.recorder.ExclusiveAccessOwner == "somebody else"


# IDiscRecorder2Ex

INQUIRY = bytes.fromhex("12 00 00 00 24 00")
TEST_UNIT_READY = bytes(6)
NO_MEDIUM_SENSE = bytes.fromhex("70 00 02 00 00 00 00 0A 00 00 00 00 3A 01 00 00 00 00")


@exercise("IDiscRecorder2Ex.SendCommandNoData")
def _no_data(rig: Rig) -> None:
    rig.recorder.SendCommandNoData(TEST_UNIT_READY, 6, 10)  # the power-on attention
    assert rig.recorder.SendCommandNoData(TEST_UNIT_READY, 6, 10) == (HResult.S_OK, bytes(18))
    rig.drive.remove()
    rig.drive.push_in()
    code, sense = rig.recorder.SendCommandNoData(TEST_UNIT_READY, 6, 10)
    assert (code, sense) == (HResult.S_IMAPI_COMMAND_HAS_SENSE_DATA, NO_MEDIUM_SENSE)


@exercise("IDiscRecorder2Ex.SendCommandSendDataToDevice")
def _send_data(rig: Rig) -> None:
    rig.recorder.SendCommandNoData(TEST_UNIT_READY, 6, 10)
    page = bytes(8) + rig.recorder.GetModePage(0x05, 0)
    cdb = bytes.fromhex("55 10 00 00 00 00 00 00 3C 00")
    assert len(page) == 0x3C
    assert rig.recorder.SendCommandSendDataToDevice(cdb, 10, 10, page, len(page))[0] == HResult.S_OK


@exercise("IDiscRecorder2Ex.SendCommandGetDataFromDevice")
def _get_data(rig: Rig) -> None:
    code, sense, data = rig.recorder.SendCommandGetDataFromDevice(INQUIRY, 6, 10, 36)
    assert (code, sense, data[8:32]) == (HResult.S_OK, bytes(18), b"REDBOOK TYPICAL CD-RW   ")


@exercise("IDiscRecorder2Ex.ReadDvdStructure")
def _read_structure(rig: Rig) -> None:
    with pytest.raises(com_error) as error:
        rig.recorder.ReadDvdStructure(0, 0, 0, 0)
    assert error.value.name == "E_IMAPI_RECORDER_DVD_STRUCTURE_NOT_PRESENT"


@exercise("IDiscRecorder2Ex.SendDvdStructure")
def _send_structure(rig: Rig) -> None:
    with pytest.raises(com_error) as error:
        rig.recorder.SendDvdStructure(0, b"data")
    assert error.value.name == "E_IMAPI_RECORDER_DVD_STRUCTURE_NOT_PRESENT"


@exercise("IDiscRecorder2Ex.GetAdapterDescriptor")
def _adapter(rig: Rig) -> None:
    data = rig.recorder.GetAdapterDescriptor()
    assert [int.from_bytes(data[i : i + 4], "little") for i in range(0, 16, 4)] == [32, 32, 65536, 16]
    assert len(data) == 32


@exercise("IDiscRecorder2Ex.GetDeviceDescriptor")
def _device(rig: Rig) -> None:
    data = rig.recorder.GetDeviceDescriptor()
    vendor, product, revision = (int.from_bytes(data[i : i + 4], "little") for i in (12, 16, 20))
    texts = [data[i : data.index(0, i)] for i in (vendor, product, revision)]
    assert texts == [b"REDBOOK", b"TYPICAL CD-RW", b"1.00"]
    assert data[8] == 5
    assert int.from_bytes(data[4:8], "little") == len(data)


check(
    "IDiscRecorder2Ex.GetDiscInformation", lambda rig: rig.recorder.GetDiscInformation()[:4].hex(), "00200001"
)
check(
    "IDiscRecorder2Ex.GetTrackInformation",
    lambda rig: rig.recorder.GetTrackInformation(0xFF, 1)[:6].hex(),
    "002201010000",
)
check(
    "IDiscRecorder2Ex.GetFeaturePage",
    lambda rig: rig.recorder.GetFeaturePage(0x002D, True).hex(),
    "002d090446000001",
)
check("IDiscRecorder2Ex.GetModePage", lambda rig: rig.recorder.GetModePage(0x05, 2)[:4].hex(), "05324100")


@exercise("IDiscRecorder2Ex.SetModePage")
def _set_mode_page(rig: Rig) -> None:
    page = bytearray(rig.recorder.GetModePage(0x05, 0))
    page[2] |= 0x10  # test write
    assert rig.recorder.SetModePage(0, bytes(page)) == HResult.S_OK
    assert rig.recorder.GetModePage(0x05, 0) == page


check(
    "IDiscRecorder2Ex.GetSupportedFeaturePages",
    lambda rig: rig.recorder.GetSupportedFeaturePages(False),
    FEATURES,
)
check("IDiscRecorder2Ex.GetSupportedProfiles", lambda rig: rig.recorder.GetSupportedProfiles(True), (9,))
check("IDiscRecorder2Ex.GetSupportedModePages", lambda rig: rig.recorder.GetSupportedModePages(1), MODE_PAGES)
check("IDiscRecorder2Ex.GetByteAlignmentMask", lambda rig: rig.recorder.GetByteAlignmentMask(), 1)
check(
    "IDiscRecorder2Ex.GetMaximumNonPageAlignedTransferSize",
    lambda rig: rig.recorder.GetMaximumNonPageAlignedTransferSize(),
    61440,
)
check(
    "IDiscRecorder2Ex.GetMaximumPageAlignedTransferSize",
    lambda rig: rig.recorder.GetMaximumPageAlignedTransferSize(),
    65536,
)

# IDiscFormat2

check("IDiscFormat2.IsRecorderSupported", lambda rig: rig.writer.IsRecorderSupported(rig.recorder), True)


@exercise("IDiscFormat2.IsCurrentMediaSupported")
def _media_supported(rig: Rig) -> None:
    assert rig.writer.IsCurrentMediaSupported(rig.recorder) is True
    assert rig.eraser.IsCurrentMediaSupported(rig.recorder) is False
    burn_one(rig)
    assert rig.writer.IsCurrentMediaSupported(rig.recorder) is False


def burn_one(rig: Rig) -> None:
    rig.prepared().AddAudioTrack(track(300))
    rig.writer.ReleaseMedia()


@exercise("IDiscFormat2.MediaPhysicallyBlank")
def _physically(rig: Rig) -> None:
    assert rig.ready().MediaPhysicallyBlank is True
    burn_one(rig)
    assert rig.writer.MediaPhysicallyBlank is False


@exercise("IDiscFormat2.MediaHeuristicallyBlank")
def _heuristically(rig: Rig) -> None:
    assert rig.ready().MediaHeuristicallyBlank is True
    burn_one(rig)
    assert rig.writer.MediaHeuristicallyBlank is False


@exercise("IDiscFormat2.SupportedMediaTypes")
def _media_types(rig: Rig) -> None:
    assert rig.writer.SupportedMediaTypes == (MEDIA.IMAPI_MEDIA_TYPE_CDR, MEDIA.IMAPI_MEDIA_TYPE_CDRW)
    assert rig.eraser.SupportedMediaTypes == (MEDIA.IMAPI_MEDIA_TYPE_CDRW,)


# IDiscFormat2TrackAtOnce

check("IDiscFormat2TrackAtOnce.PrepareMedia", lambda rig: rig.ready().PrepareMedia(), HResult.S_OK)
check(
    "IDiscFormat2TrackAtOnce.AddAudioTrack",
    lambda rig: rig.prepared().AddAudioTrack(track(300)),
    HResult.S_OK,
)


@exercise("IDiscFormat2TrackAtOnce.CancelAddTrack")
def _cancel(rig: Rig) -> None:
    imapi2.WithEvents(rig.writer, lambda source, progress: source.CancelAddTrack())
    with pytest.raises(com_error) as error:
        rig.prepared().AddAudioTrack(track(300))
    assert error.value.name == "E_IMAPI_REQUEST_CANCELLED"


check("IDiscFormat2TrackAtOnce.ReleaseMedia", lambda rig: rig.prepared().ReleaseMedia(), HResult.S_OK)


@exercise("IDiscFormat2TrackAtOnce.SetWriteSpeed")
def _set_speed(rig: Rig) -> None:
    assert rig.ready().SetWriteSpeed(600, False) == HResult.S_OK
    assert rig.writer.SetWriteSpeed(601, False) == HResult.S_IMAPI_SPEEDADJUSTED
    assert rig.writer.CurrentWriteSpeed == 600


@exercise("IDiscFormat2TrackAtOnce.Recorder")
def _recorder(rig: Rig) -> None:
    assert rig.writer.Recorder is None
    rig.writer.Recorder = rig.recorder
    assert rig.writer.Recorder is rig.recorder


@exercise("IDiscFormat2TrackAtOnce.BufferUnderrunFreeDisabled")
def _underrun(rig: Rig) -> None:
    assert rig.prepared().BufferUnderrunFreeDisabled is False
    rig.writer.BufferUnderrunFreeDisabled = True
    assert rig.writer.BufferUnderrunFreeDisabled is True
    rig.writer.ReleaseMedia()
    rig.writer.PrepareMedia()
    assert rig.writer.BufferUnderrunFreeDisabled is False


@exercise("IDiscFormat2TrackAtOnce.NumberOfExistingTracks")
def _tracks(rig: Rig) -> None:
    assert rig.prepared().NumberOfExistingTracks == 0
    rig.writer.AddAudioTrack(track(300))
    assert rig.writer.NumberOfExistingTracks == 1


LAST_LEAD_OUT = (79 * 60 + 59) * 75 + 74 - 150
RUN_OUT, GAP = 2, 150


@exercise("IDiscFormat2TrackAtOnce.TotalSectorsOnMedia")
def _total(rig: Rig) -> None:
    assert rig.prepared().TotalSectorsOnMedia == LAST_LEAD_OUT - RUN_OUT
    rig.writer.AddAudioTrack(track(300))
    assert rig.writer.TotalSectorsOnMedia == LAST_LEAD_OUT - RUN_OUT


@exercise("IDiscFormat2TrackAtOnce.FreeSectorsOnMedia")
def _free(rig: Rig) -> None:
    assert rig.prepared().FreeSectorsOnMedia == LAST_LEAD_OUT - RUN_OUT
    rig.writer.AddAudioTrack(track(300))
    assert rig.writer.FreeSectorsOnMedia == LAST_LEAD_OUT - RUN_OUT - (300 + RUN_OUT + GAP)


@exercise("IDiscFormat2TrackAtOnce.UsedSectorsOnMedia")
def _used(rig: Rig) -> None:
    assert rig.prepared().UsedSectorsOnMedia == 0
    rig.writer.AddAudioTrack(track(300))
    assert rig.writer.UsedSectorsOnMedia == 300 + RUN_OUT + GAP


@exercise("IDiscFormat2TrackAtOnce.DoNotFinalizeMedia")
def _finalize(rig: Rig) -> None:
    assert rig.writer.DoNotFinalizeMedia is False
    rig.writer.DoNotFinalizeMedia = True
    burn_one(rig)
    assert rig.medium is not None
    assert (len(rig.medium.state.closed_sessions), rig.medium.state.finished) == (1, False)


@exercise("IDiscFormat2TrackAtOnce.ExpectedTableOfContents")
def _expected_toc(rig: Rig) -> None:
    rig.prepared().AddAudioTrack(track(301))
    rig.writer.AddAudioTrack(track(300))
    # MMC-5 6.26.2.4: length, first, last; reserved, ADR|control, number, reserved, LBA
    entries = ("00 10 01 00 00000000", "00 10 02 00 000001C5", "00 10 AA 00 000002F3")
    assert rig.writer.ExpectedTableOfContents == bytes.fromhex("001A 01 02" + "".join(entries))


check(
    "IDiscFormat2TrackAtOnce.CurrentPhysicalMediaType",
    lambda rig: rig.ready().CurrentPhysicalMediaType,
    MEDIA.IMAPI_MEDIA_TYPE_CDR,
)


@exercise("IDiscFormat2TrackAtOnce.ClientName")
def _client_name(rig: Rig) -> None:
    assert rig.writer.ClientName == ""
    rig.writer.ClientName = "Az09 .,:;-_"
    assert rig.writer.ClientName == "Az09 .,:;-_"


@exercise("IDiscFormat2TrackAtOnce.RequestedWriteSpeed")
def _requested(rig: Rig) -> None:
    assert rig.writer.RequestedWriteSpeed == -1
    rig.ready().SetWriteSpeed(601, False)
    assert rig.writer.RequestedWriteSpeed == 601


@exercise("IDiscFormat2TrackAtOnce.RequestedRotationTypeIsPureCAV")
def _requested_cav(rig: Rig) -> None:
    assert rig.writer.RequestedRotationTypeIsPureCAV is False
    rig.ready().SetWriteSpeed(600, True)
    assert rig.writer.RequestedRotationTypeIsPureCAV is True


@exercise("IDiscFormat2TrackAtOnce.CurrentWriteSpeed")
def _current(rig: Rig) -> None:
    rig.ready().SetWriteSpeed(1800, False)
    assert rig.writer.CurrentWriteSpeed == 1800


check(
    "IDiscFormat2TrackAtOnce.CurrentRotationTypeIsPureCAV",
    lambda rig: rig.ready().CurrentRotationTypeIsPureCAV,
    False,
)
CD_R_SPEEDS = (3900, 3600, 3000, 2400, 1800, 1200, 600, 300)
check(
    "IDiscFormat2TrackAtOnce.SupportedWriteSpeeds", lambda rig: rig.ready().SupportedWriteSpeeds, CD_R_SPEEDS
)


@exercise("IDiscFormat2TrackAtOnce.SupportedWriteSpeedDescriptors")
def _descriptors(rig: Rig) -> None:
    found = rig.ready().SupportedWriteSpeedDescriptors
    assert all(isinstance(one, MsftWriteSpeedDescriptor) for one in found)
    assert [one.WriteSpeed for one in found] == list(CD_R_SPEEDS)


@exercise("IBurnVerification.BurnVerificationLevel")
def _verification(rig: Rig) -> None:
    assert rig.writer.BurnVerificationLevel == IMAPI_BURN_VERIFICATION_LEVEL.IMAPI_BURN_VERIFICATION_NONE
    rig.writer.BurnVerificationLevel = 1
    burn_one(rig)
    assert rig.actions == ["PREPARING", "WRITING", "WRITING", "FINISHING", "VERIFYING", "FINISHING"]


@exercise("DDiscFormat2TrackAtOnceEvents.Update")
def _update(rig: Rig) -> None:
    sources = []
    imapi2.WithEvents(rig.writer, lambda source, progress: sources.append(source))
    rig.prepared().AddAudioTrack(track(300))
    assert sources == [rig.writer] * 4


# Event arguments


def last_writing(rig: Rig) -> Any:
    """What the last WRITING event of a 301-sector second track says."""
    told: list[Any] = []
    rig.prepared().AddAudioTrack(track(300))
    imapi2.WithEvents(rig.writer, lambda source, progress: told.append(progress))
    rig.writer.AddAudioTrack(track(301))
    return [one for one in told if one.CurrentAction == 2][-1]


START, CHUNK = 452, 27 * 2352
check(
    "IDiscFormat2TrackAtOnceEventArgs.CurrentTrackNumber", lambda rig: last_writing(rig).CurrentTrackNumber, 2
)
check("IDiscFormat2TrackAtOnceEventArgs.CurrentAction", lambda rig: last_writing(rig).CurrentAction, 2)
check("IDiscFormat2TrackAtOnceEventArgs.ElapsedTime", lambda rig: last_writing(rig).ElapsedTime, 0)
check("IDiscFormat2TrackAtOnceEventArgs.RemainingTime", lambda rig: last_writing(rig).RemainingTime, 0)
check("IWriteEngine2EventArgs.StartLba", lambda rig: last_writing(rig).StartLba, START)
check("IWriteEngine2EventArgs.SectorCount", lambda rig: last_writing(rig).SectorCount, 301)
check("IWriteEngine2EventArgs.LastReadLba", lambda rig: last_writing(rig).LastReadLba, START + 300)
check("IWriteEngine2EventArgs.LastWrittenLba", lambda rig: last_writing(rig).LastWrittenLba, START + 300)
# 301 sectors and a chunk to spare, in chunks of 27 sectors
check("IWriteEngine2EventArgs.TotalSystemBuffer", lambda rig: last_writing(rig).TotalSystemBuffer, 12 * CHUNK)


@exercise("IWriteEngine2EventArgs.UsedSystemBuffer")
def _used_buffer(rig: Rig) -> None:
    assert 0 <= last_writing(rig).UsedSystemBuffer <= 12 * CHUNK


@exercise("IWriteEngine2EventArgs.FreeSystemBuffer")
def _free_buffer(rig: Rig) -> None:
    progress = last_writing(rig)
    assert progress.FreeSystemBuffer + progress.UsedSystemBuffer == progress.TotalSystemBuffer


# IWriteSpeedDescriptor


def fastest(rig: Rig) -> MsftWriteSpeedDescriptor:
    return rig.ready().SupportedWriteSpeedDescriptors[0]


check("IWriteSpeedDescriptor.MediaType", lambda rig: fastest(rig).MediaType, MEDIA.IMAPI_MEDIA_TYPE_CDR)
check("IWriteSpeedDescriptor.RotationTypeIsPureCAV", lambda rig: fastest(rig).RotationTypeIsPureCAV, False)
check("IWriteSpeedDescriptor.WriteSpeed", lambda rig: fastest(rig).WriteSpeed, 3900)

# IDiscFormat2Data: expected values from the definitions of the states in imapi2.idl

BLANK, APPENDABLE, FINALIZED = 0x0002, 0x0004, 0x4000


def refused(rig: Rig, call: Callable[[imapi2.MsftDiscFormat2Data], object]) -> str:
    with pytest.raises(com_error) as error:
        call(rig.asked())
    return error.value.name


check(
    "IDiscFormat2Data.Write",
    lambda rig: refused(rig, lambda data: data.Write(io.BytesIO(bytes(2048)))),
    "E_NOTIMPL",
)
check(
    "IDiscFormat2Data.CancelWrite",
    lambda rig: refused(rig, lambda data: data.CancelWrite()),
    "E_IMAPI_DF2DATA_WRITE_NOT_IN_PROGRESS",
)
check(
    "IDiscFormat2Data.MultisessionInterfaces",
    lambda rig: refused(rig, lambda data: data.MultisessionInterfaces),
    "E_NOTIMPL",
)


@exercise("IDiscFormat2Data.SetWriteSpeed")
def _data_speed(rig: Rig) -> None:
    assert rig.asked().SetWriteSpeed(600, False) == HResult.S_OK
    assert rig.data.SetWriteSpeed(601, False) == HResult.S_IMAPI_SPEEDADJUSTED
    assert rig.ready().CurrentWriteSpeed == 600


@exercise("IDiscFormat2Data.Recorder")
def _data_recorder(rig: Rig) -> None:
    assert rig.data.Recorder is None
    rig.data.Recorder = rig.recorder
    assert rig.data.Recorder is rig.recorder
    rig.data.Recorder = None
    assert rig.data.Recorder is None


def setting(name: str) -> None:
    def run(rig: Rig) -> None:
        assert getattr(rig.data, name) is False
        setattr(rig.data, name, -1)
        assert getattr(rig.data, name) is True

    exercise(f"IDiscFormat2Data.{name}")(run)


setting("BufferUnderrunFreeDisabled")
setting("PostgapAlreadyInImage")
setting("ForceMediaToBeClosed")
setting("DisableConsumerDvdCompatibilityMode")
setting("ForceOverwrite")


@exercise("IDiscFormat2Data.CurrentMediaStatus")
def _status(rig: Rig) -> None:
    assert rig.asked().CurrentMediaStatus == BLANK
    burn_and_leave_open(rig)
    assert rig.data.CurrentMediaStatus == APPENDABLE
    burn_on_another_disc(rig)
    assert rig.data.CurrentMediaStatus == FINALIZED


def burn_and_leave_open(rig: Rig) -> None:
    rig.writer.DoNotFinalizeMedia = True
    burn_one(rig)


def burn_on_another_disc(rig: Rig) -> None:
    rig.drive.insert(Medium.new())
    rig.writer.DoNotFinalizeMedia = False
    burn_one(rig)


check("IDiscFormat2Data.WriteProtectStatus", lambda rig: rig.asked().WriteProtectStatus, 0)
check("IDiscFormat2Data.TotalSectorsOnMedia", lambda rig: rig.asked().TotalSectorsOnMedia, LAST_LEAD_OUT)


@exercise("IDiscFormat2Data.FreeSectorsOnMedia")
def _data_free(rig: Rig) -> None:
    assert rig.asked().FreeSectorsOnMedia == LAST_LEAD_OUT - RUN_OUT
    rig.prepared()
    assert rig.data.FreeSectorsOnMedia == rig.writer.FreeSectorsOnMedia


# Red Book: between two sessions lie lead-out (6750, of the first one), lead-in (4500) and the pregap (150).
FIRST_LEAD_OUT, LEAD_IN = 6750, 4500


@exercise("IDiscFormat2Data.NextWritableAddress")
def _next_address(rig: Rig) -> None:
    assert rig.asked().NextWritableAddress == 0
    burn_and_leave_open(rig)
    assert rig.data.NextWritableAddress == 300 + RUN_OUT + FIRST_LEAD_OUT + LEAD_IN + GAP


@exercise("IDiscFormat2Data.StartAddressOfPreviousSession")
def _previous_start(rig: Rig) -> None:
    assert rig.asked().StartAddressOfPreviousSession == -1
    burn_and_leave_open(rig)
    assert rig.data.StartAddressOfPreviousSession == 0


@exercise("IDiscFormat2Data.LastWrittenAddressOfPreviousSession")
def _previous_end(rig: Rig) -> None:
    assert rig.asked().LastWrittenAddressOfPreviousSession == -1
    burn_and_leave_open(rig)
    assert rig.data.LastWrittenAddressOfPreviousSession == 299


check(
    "IDiscFormat2Data.CurrentPhysicalMediaType",
    lambda rig: rig.asked().CurrentPhysicalMediaType,
    MEDIA.IMAPI_MEDIA_TYPE_CDR,
)


@exercise("IDiscFormat2Data.ClientName")
def _data_client_name(rig: Rig) -> None:
    assert rig.data.ClientName == ""
    rig.data.ClientName = NAME
    assert rig.data.ClientName == NAME
    rig.data.ClientName = None  # type: ignore[assignment]
    assert rig.data.ClientName == ""


@exercise("IDiscFormat2Data.RequestedWriteSpeed")
def _data_requested(rig: Rig) -> None:
    assert rig.data.RequestedWriteSpeed == -1
    rig.asked().SetWriteSpeed(601, False)
    assert rig.data.RequestedWriteSpeed == 601


@exercise("IDiscFormat2Data.RequestedRotationTypeIsPureCAV")
def _data_requested_cav(rig: Rig) -> None:
    assert rig.data.RequestedRotationTypeIsPureCAV is False
    rig.asked().SetWriteSpeed(600, True)
    assert rig.data.RequestedRotationTypeIsPureCAV is True


@exercise("IDiscFormat2Data.CurrentWriteSpeed")
def _data_current(rig: Rig) -> None:
    rig.asked().SetWriteSpeed(1800, False)
    assert rig.data.CurrentWriteSpeed == 1800


check(
    "IDiscFormat2Data.CurrentRotationTypeIsPureCAV",
    lambda rig: rig.asked().CurrentRotationTypeIsPureCAV,
    False,
)
check("IDiscFormat2Data.SupportedWriteSpeeds", lambda rig: rig.asked().SupportedWriteSpeeds, CD_R_SPEEDS)


@exercise("IDiscFormat2Data.SupportedWriteSpeedDescriptors")
def _data_descriptors(rig: Rig) -> None:
    found = rig.asked().SupportedWriteSpeedDescriptors
    assert [one.WriteSpeed for one in found] == list(CD_R_SPEEDS)
    assert {one.MediaType for one in found} == {MEDIA.IMAPI_MEDIA_TYPE_CDR}


@exercise("DDiscFormat2DataEvents.Update")
def _data_update(rig: Rig) -> None:
    told: list[Any] = []
    imapi2.WithEvents(rig.data, lambda *arguments: told.append(arguments))
    assert refused(rig, lambda data: data.Write(bytes(2048))) == "E_NOTIMPL"
    assert told == []


# IDiscFormat2Erase


def with_used_cd_rw(rig: Rig) -> None:
    rig.drive.insert(Medium.new("cd-rw", 74))
    burn_one(rig)


@exercise("IDiscFormat2Erase.EraseMedia")
def _erase(rig: Rig) -> None:
    with_used_cd_rw(rig)
    assert rig.ready_eraser().EraseMedia() == HResult.S_OK
    assert rig.writer.MediaPhysicallyBlank


@exercise("IDiscFormat2Erase.Recorder")
def _erase_recorder(rig: Rig) -> None:
    assert rig.eraser.Recorder is None
    rig.eraser.Recorder = rig.recorder
    assert rig.eraser.Recorder is rig.recorder
    rig.eraser.Recorder = None
    assert rig.eraser.Recorder is None


@exercise("IDiscFormat2Erase.FullErase")
def _full_erase(rig: Rig) -> None:
    assert rig.eraser.FullErase is False
    rig.eraser.FullErase = True
    assert rig.eraser.FullErase is True


@exercise("IDiscFormat2Erase.CurrentPhysicalMediaType")
def _erase_media_type(rig: Rig) -> None:
    rig.drive.insert(Medium.new("cd-rw"))
    assert rig.ready_eraser().CurrentPhysicalMediaType == MEDIA.IMAPI_MEDIA_TYPE_CDRW


@exercise("IDiscFormat2Erase.ClientName")
def _erase_client_name(rig: Rig) -> None:
    assert rig.eraser.ClientName == ""
    rig.eraser.ClientName = NAME
    assert rig.eraser.ClientName == NAME


@exercise("DDiscFormat2EraseEvents.Update")
def _erase_update(rig: Rig) -> None:
    with_used_cd_rw(rig)
    told: list[Any] = []
    imapi2.WithEvents(rig.eraser, lambda *arguments: told.append(arguments))
    rig.ready_eraser().EraseMedia()
    assert told[0] == (rig.eraser, 0, 60)


# IDiscFormat2RawCD

LEAD_IN_START = -11_077  # of an 80-minute blank of the virtual recorder: 97:34:23
LEAD_OUT_SECTORS = 90 * 75
RAW, PQ_ONLY, COOKED = 3, 1, 2


check("IDiscFormat2RawCD.PrepareMedia", lambda rig: rig.ready_raw().PrepareMedia(), HResult.S_OK)


@exercise("IDiscFormat2RawCD.WriteMedia")
def _write_media(rig: Rig) -> None:
    assert rig.prepared_raw().WriteMedia(rig.image()) == HResult.S_OK
    assert rig.tracks == [(1, 0, 300)]
    assert rig.audio(0, 300) == track(300)


@exercise("IDiscFormat2RawCD.WriteMedia2")
def _write_media_2(rig: Rig) -> None:
    image = rig.image()
    image.Seek(10_000 * 2448)
    rest = image.Read(1 << 30)
    assert rig.prepared_raw().WriteMedia2(rest, 22_650 - 10_000) == HResult.S_OK
    assert rig.audio(0, 300) == track(300)


@exercise("IDiscFormat2RawCD.CancelWrite")
def _cancel_write(rig: Rig) -> None:
    imapi2.WithEvents(rig.raw, lambda source, progress: source.CancelWrite())
    with pytest.raises(com_error) as error:
        rig.prepared_raw().WriteMedia(rig.image())
    assert error.value.name == "E_IMAPI_REQUEST_CANCELLED"


@exercise("IDiscFormat2RawCD.ReleaseMedia")
def _release_raw(rig: Rig) -> None:
    assert rig.prepared_raw().ReleaseMedia() == HResult.S_OK
    assert rig.is_free()
    assert rig.tracks == []


@exercise("IDiscFormat2RawCD.SetWriteSpeed")
def _raw_speed(rig: Rig) -> None:
    assert rig.ready_raw().SetWriteSpeed(600, False) == HResult.S_OK
    assert rig.raw.SetWriteSpeed(601, False) == HResult.S_IMAPI_SPEEDADJUSTED
    assert rig.raw.CurrentWriteSpeed == 600


@exercise("IDiscFormat2RawCD.Recorder")
def _raw_recorder(rig: Rig) -> None:
    assert rig.raw.Recorder is None
    rig.raw.Recorder = rig.recorder
    assert rig.raw.Recorder is rig.recorder
    rig.raw.Recorder = None
    assert rig.raw.Recorder is None


@exercise("IDiscFormat2RawCD.BufferUnderrunFreeDisabled")
def _raw_underrun(rig: Rig) -> None:
    assert rig.prepared_raw().BufferUnderrunFreeDisabled is False
    rig.raw.BufferUnderrunFreeDisabled = True
    assert rig.raw.BufferUnderrunFreeDisabled is True
    rig.raw.ReleaseMedia()
    rig.raw.PrepareMedia()
    assert rig.raw.BufferUnderrunFreeDisabled is False


check(
    "IDiscFormat2RawCD.StartOfNextSession",
    lambda rig: rig.prepared_raw().StartOfNextSession,
    LEAD_IN_START,
)
check(
    "IDiscFormat2RawCD.LastPossibleStartOfLeadout",
    lambda rig: rig.prepared_raw().LastPossibleStartOfLeadout,
    LAST_LEAD_OUT,
)
check(
    "IDiscFormat2RawCD.CurrentPhysicalMediaType",
    lambda rig: rig.ready_raw().CurrentPhysicalMediaType,
    MEDIA.IMAPI_MEDIA_TYPE_CDR,
)
check(
    "IDiscFormat2RawCD.SupportedSectorTypes",
    lambda rig: rig.prepared_raw().SupportedSectorTypes,
    (PQ_ONLY, COOKED, RAW),
)


@exercise("IDiscFormat2RawCD.RequestedSectorType")
def _sector_type(rig: Rig) -> None:
    assert rig.prepared_raw().RequestedSectorType == COOKED
    rig.raw.RequestedSectorType = PQ_ONLY
    assert rig.raw.RequestedSectorType == PQ_ONLY
    rig.creator.ResultingImageType = PQ_ONLY
    rig.raw.WriteMedia(rig.image())
    assert rig.audio(0, 300) == track(300)


@exercise("IDiscFormat2RawCD.ClientName")
def _raw_client_name(rig: Rig) -> None:
    assert rig.raw.ClientName == ""
    rig.raw.ClientName = NAME
    assert rig.raw.ClientName == NAME
    rig.raw.ClientName = None  # type: ignore[assignment]
    assert rig.raw.ClientName == ""


@exercise("IDiscFormat2RawCD.RequestedWriteSpeed")
def _raw_requested(rig: Rig) -> None:
    assert rig.raw.RequestedWriteSpeed == -1
    rig.ready_raw().SetWriteSpeed(601, False)
    assert rig.raw.RequestedWriteSpeed == 601


@exercise("IDiscFormat2RawCD.RequestedRotationTypeIsPureCAV")
def _raw_requested_cav(rig: Rig) -> None:
    assert rig.raw.RequestedRotationTypeIsPureCAV is False
    rig.ready_raw().SetWriteSpeed(600, True)
    assert rig.raw.RequestedRotationTypeIsPureCAV is True


@exercise("IDiscFormat2RawCD.CurrentWriteSpeed")
def _raw_current(rig: Rig) -> None:
    rig.ready_raw().SetWriteSpeed(1800, False)
    assert rig.raw.CurrentWriteSpeed == 1800


check(
    "IDiscFormat2RawCD.CurrentRotationTypeIsPureCAV",
    lambda rig: rig.ready_raw().CurrentRotationTypeIsPureCAV,
    False,
)
check("IDiscFormat2RawCD.SupportedWriteSpeeds", lambda rig: rig.ready_raw().SupportedWriteSpeeds, CD_R_SPEEDS)


@exercise("IDiscFormat2RawCD.SupportedWriteSpeedDescriptors")
def _raw_descriptors(rig: Rig) -> None:
    found = rig.ready_raw().SupportedWriteSpeedDescriptors
    assert [one.WriteSpeed for one in found] == list(CD_R_SPEEDS)


@exercise("DDiscFormat2RawCDEvents.Update")
def _raw_update(rig: Rig) -> None:
    told: list[Any] = []
    imapi2.WithEvents(rig.raw, lambda *arguments: told.append(arguments))
    rig.prepared_raw().WriteMedia(rig.image())
    assert [source for source, _ in told] == [rig.raw] * 4
    assert [progress.CurrentAction for _, progress in told] == [1, 2, 2, 3]


def last_raw_writing(rig: Rig) -> Any:
    """What the last WRITING event of an image with 300 sectors of program says."""
    told: list[Any] = []
    imapi2.WithEvents(rig.raw, lambda source, progress: told.append(progress))
    rig.prepared_raw().WriteMedia(rig.image())
    last = [one for one in told if one.CurrentAction == 2][-1]
    assert (last.StartLba, last.LastWrittenLba) == (LEAD_IN_START, 300 + LEAD_OUT_SECTORS - 1)
    return last


check("IDiscFormat2RawCDEventArgs.CurrentAction", lambda rig: last_raw_writing(rig).CurrentAction, 2)
check("IDiscFormat2RawCDEventArgs.ElapsedTime", lambda rig: last_raw_writing(rig).ElapsedTime, 0)
check("IDiscFormat2RawCDEventArgs.RemainingTime", lambda rig: last_raw_writing(rig).RemainingTime, 0)

# IRawCDImageCreator


@exercise("IRawCDImageCreator.CreateResultImage")
def _create(rig: Rig) -> None:
    image = rig.with_track().CreateResultImage()
    assert image.Stat(1).cbSize == (22_650 + 300 + LEAD_OUT_SECTORS) * 2448


@exercise("IRawCDImageCreator.AddTrack")
def _add_track(rig: Rig) -> None:
    assert rig.creator.AddTrack(0, track(300)) == 1
    assert rig.creator.AddTrack(0, io.BytesIO(track(300))) == 2


@exercise("IRawCDImageCreator.AddSpecialPregap")
def _special(rig: Rig) -> None:
    assert rig.creator.AddSpecialPregap(track(200)) == HResult.S_OK
    assert rig.with_track().TrackInfo(1).StartingLba == 50


@exercise("IRawCDImageCreator.AddSubcodeRWGenerator")
def _generator(rig: Rig) -> None:
    sectors = 22_650 + 300 + LEAD_OUT_SECTORS
    assert rig.with_track().AddSubcodeRWGenerator(b"\x15" * (96 * sectors)) == HResult.S_OK
    image = rig.creator.CreateResultImage()
    image.Seek(22_700 * 2448 + 2352)
    assert {byte & 0x3F for byte in image.Read(96)} == {0x15}


@exercise("IRawCDImageCreator.ResultingImageType")
def _image_type(rig: Rig) -> None:
    assert rig.creator.ResultingImageType == COOKED
    rig.creator.ResultingImageType = PQ_ONLY
    assert rig.creator.ResultingImageType == PQ_ONLY
    assert rig.image().Stat(1).cbSize % 2368 == 0


check("IRawCDImageCreator.StartOfLeadout", lambda rig: rig.with_track(333).StartOfLeadout, 333)


@exercise("IRawCDImageCreator.StartOfLeadoutLimit")
def _limit(rig: Rig) -> None:
    assert rig.creator.StartOfLeadoutLimit == 398_099
    rig.creator.StartOfLeadoutLimit = 333
    with pytest.raises(com_error) as error:
        rig.with_track(334)
    assert error.value.name == "E_IMAPI_RAW_IMAGE_INSUFFICIENT_SPACE"
    assert rig.with_track(333).StartOfLeadoutLimit == 333


@exercise("IRawCDImageCreator.DisableGaplessAudio")
def _gaps(rig: Rig) -> None:
    assert rig.with_track().DisableGaplessAudio is False
    assert rig.with_track().TrackInfo(2).StartingLba == 300
    rig.creator.DisableGaplessAudio = True
    assert rig.creator.TrackInfo(2).StartingLba == 450


@exercise("IRawCDImageCreator.MediaCatalogNumber")
def _mcn(rig: Rig) -> None:
    assert rig.creator.MediaCatalogNumber == ""
    rig.creator.MediaCatalogNumber = "123456789012"
    assert rig.creator.MediaCatalogNumber == "0123456789012"


@exercise("IRawCDImageCreator.StartingTrackNumber")
def _starting_number(rig: Rig) -> None:
    assert rig.creator.StartingTrackNumber == 1
    rig.creator.StartingTrackNumber = 7
    assert rig.with_track().TrackInfo(1).TrackNumber == 7


@exercise("IRawCDImageCreator.TrackInfo")
def _track_info(rig: Rig) -> None:
    assert rig.with_track().TrackInfo(1) is rig.creator.TrackInfo(1) is rig.creator.TrackInfo[1]
    with pytest.raises(com_error) as error:
        rig.creator.TrackInfo(2)
    assert error.value.name == "E_INVALIDARG"


check("IRawCDImageCreator.NumberOfExistingTracks", lambda rig: rig.with_track().NumberOfExistingTracks, 1)
check(
    "IRawCDImageCreator.LastUsedUserSectorInImage",
    lambda rig: rig.with_track(333).LastUsedUserSectorInImage,
    332,
)


@exercise("IRawCDImageCreator.ExpectedTableOfContents")
def _image_toc(rig: Rig) -> None:
    expected = bytes.fromhex("0012 01 01 00 12 01 00 00000000 00 12 AA 00 0000014D")
    assert rig.with_track(333).ExpectedTableOfContents == expected


# IRawCDImageTrackInfo


def info(rig: Rig) -> imapi2.RawCDImageTrackInfo:
    """Of the second track of two."""
    rig.with_track(310)
    return rig.with_track(320).TrackInfo(2)


check("IRawCDImageTrackInfo.StartingLba", lambda rig: info(rig).StartingLba, 310)
check("IRawCDImageTrackInfo.SectorCount", lambda rig: info(rig).SectorCount, 320)
check("IRawCDImageTrackInfo.TrackNumber", lambda rig: info(rig).TrackNumber, 2)
check("IRawCDImageTrackInfo.SectorType", lambda rig: info(rig).SectorType, 0)


@exercise("IRawCDImageTrackInfo.ISRC")
def _isrc(rig: Rig) -> None:
    one = info(rig)
    assert one.ISRC == ""
    for given in ("US-K7Y-98-12345", "usk7y9812345"):
        one.ISRC = given
        assert one.ISRC == "US-K7Y-98-12345"


@exercise("IRawCDImageTrackInfo.DigitalAudioCopySetting")
def _copy_setting(rig: Rig) -> None:
    one = info(rig)
    assert one.DigitalAudioCopySetting == 0
    one.DigitalAudioCopySetting = 1
    assert one.DigitalAudioCopySetting == 1
    assert rig.creator.ExpectedTableOfContents[4 + 8 + 1] == 0x10


@exercise("IRawCDImageTrackInfo.AudioHasPreemphasis")
def _pre_emphasis(rig: Rig) -> None:
    one = info(rig)
    assert one.AudioHasPreemphasis is False
    one.AudioHasPreemphasis = -1  # type: ignore[assignment]
    assert one.AudioHasPreemphasis is True
    assert rig.creator.ExpectedTableOfContents[4 + 8 + 1] == 0x13


check("IRawCDImageTrackInfo.TrackIndexes", lambda rig: info(rig).TrackIndexes, (0,))


@exercise("IRawCDImageTrackInfo.AddTrackIndex")
def _add_index(rig: Rig) -> None:
    one = info(rig)
    assert one.AddTrackIndex(100) == HResult.S_OK
    assert one.AddTrackIndex(50) == HResult.S_OK
    assert one.TrackIndexes == (0, 50, 100)


@exercise("IRawCDImageTrackInfo.ClearTrackIndex")
def _clear_index(rig: Rig) -> None:
    one = info(rig)
    one.AddTrackIndex(100)
    assert one.ClearTrackIndex(100) == HResult.S_OK
    assert one.TrackIndexes == (0,)


# IStream

check("ISequentialStream.Read", lambda rig: imapi2.AudioStream(b"abcdef").Read(4), b"abcd")


@exercise("ISequentialStream.Write")
def _stream_write(rig: Rig) -> None:
    stream = imapi2.FileStream(io.BytesIO())
    assert stream.Write(b"abc") == 3
    with pytest.raises(com_error) as error:
        MsftStreamZero().Write(b"abc")
    assert error.value.name == "E_NOTIMPL"


@exercise("IStream.Seek")
def _seek(rig: Rig) -> None:
    stream = imapi2.AudioStream(b"abcdef")
    assert (stream.Seek(-2, 2), stream.Read(9), stream.Seek(1, 0), stream.Read(2)) == (4, b"ef", 1, b"bc")


@exercise("IStream.SetSize")
def _set_size(rig: Rig) -> None:
    stream = MsftStreamZero()
    assert stream.SetSize(10) == HResult.S_OK
    assert stream.Read(20) == bytes(10)


@exercise("IStream.CopyTo")
def _copy_to(rig: Rig) -> None:
    target = io.BytesIO()
    assert imapi2.AudioStream(b"abcdef").CopyTo(imapi2.FileStream(target), 4) == (4, 4)
    assert target.getvalue() == b"abcd"


check("IStream.Commit", lambda rig: imapi2.AudioStream(b"").Commit(0), HResult.S_OK)
check("IStream.Revert", lambda rig: imapi2.AudioStream(b"").Revert(), HResult.S_OK)
check("IStream.Stat", lambda rig: imapi2.AudioStream(b"abcd").Stat(1)[2], 4)


def not_implemented(name: str, call: Callable[[imapi2.FileStream], Any]) -> None:
    def run(rig: Rig) -> None:
        with pytest.raises(com_error) as error:
            call(imapi2.AudioStream(b""))
        assert error.value.name == "E_NOTIMPL"

    exercise(name)(run)


not_implemented("IStream.LockRegion", lambda stream: stream.LockRegion(0, 1, 0))
not_implemented("IStream.UnlockRegion", lambda stream: stream.UnlockRegion(0, 1, 0))
not_implemented("IStream.Clone", lambda stream: stream.Clone())


# The list, and what is held against it

MEMBERS: list[tuple[Interface, Member]] = [
    (interface, member) for interface in INTERFACES.values() for member in interface.members
]
IDS = [f"{interface.name}.{member.name}" for interface, member in MEMBERS]


@pytest.mark.usefixtures("one_mount")
@pytest.mark.parametrize("name", IDS)
def test_member(name: str) -> None:
    with Rig(unique_id="recorder", node="proc") as rig:
        EXERCISES[name](rig)


def test_there_is_an_exercise_for_every_member_and_none_else() -> None:
    assert set(EXERCISES) == set(IDS)


@pytest.mark.parametrize(("interface", "member"), MEMBERS, ids=IDS)
def test_member_is_there_as_what_it_is(interface: Interface, member: Member) -> None:
    if interface.events:
        return
    found = getattr(HOMES[interface.name], member.name)
    if member.kind is Kind.METHOD or member.signature.startswith("("):  # a property with arguments
        assert callable(found)
        return
    assert isinstance(found, property)
    assert (found.fset is not None) == (member.kind is Kind.GET_PUT)


@pytest.mark.parametrize("name", [name for name, known in CLASSES.items()])
def test_a_class_has_no_public_member_that_is_not_listed(name: str) -> None:
    """What is ours alone is listed, too: in the documentation's section on it."""
    kind = getattr(imapi2, name)
    listed = {m.name for i in INTERFACES.values() for m in i.members}
    page = (ROOT / "docs/imapi2.md").read_text(encoding="utf-8")
    own = {n for n in dir(kind) if not n.startswith("_") and not n.isupper()} - listed
    assert all(f"`{extra}`" in page for extra in own), own


def assertions_of_exercises() -> dict[str, int]:
    """How many checks each exercise makes, read from this file."""
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "exercise":
                    checks = [n for n in ast.walk(node) if isinstance(n, ast.Assert)]
                    found[ast.literal_eval(decorator.args[0])] = len(checks)
        called = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and called in ("check", "not_implemented"):
            found[ast.literal_eval(node.args[0])] = 1
        if isinstance(node, ast.Call) and called == "setting":
            found["IDiscFormat2Data." + ast.literal_eval(node.args[0])] = 2
    return found


def table() -> str:
    """Every member: present, tested, documented; for docs/imapi2-members.md."""
    checks = assertions_of_exercises()
    lines = ["| member | DISPID | form | present | tested | what it is |", "| --- " * 6 + "|"]
    for (interface, member), name in zip(MEMBERS, IDS, strict=True):
        home = HOMES.get(interface.name)
        present = (
            "handler" if interface.events else home.__name__ if home and hasattr(home, member.name) else ""
        )
        tested = f"yes ({checks[name]})" if checks.get(name) else ""
        dispid = (
            "-"
            if member.dispid is None
            else f"{member.dispid:#x}"
            if member.dispid >= 0
            else str(member.dispid)
        )
        signature = member.signature.replace("|", "\\|")
        lines.append(
            f"| {name} | {dispid} | {member.kind}: `{signature}` | {present} | {tested} | {member.meaning} |"
        )
    return "\n".join(lines)


def test_no_row_of_the_table_is_empty_and_the_documentation_has_it() -> None:
    text = table()
    for row in text.splitlines()[2:]:
        assert all(cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]), row
    assert text in (ROOT / "docs/imapi2-members.md").read_text(encoding="utf-8")


def test_documented_defaults_are_the_ones_a_new_object_has() -> None:
    for interface, member in MEMBERS:
        home = HOMES.get(interface.name)
        if member.default is not None and home is not None and issubclass(home, ComObject):
            assert getattr(home(), member.name) == member.default, member.name
