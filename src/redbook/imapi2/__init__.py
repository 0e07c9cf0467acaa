"""IMAPI2 for audio discs: Microsoft's object model, for scripts that know it.

    from redbook.imapi2 import Dispatch

    master = Dispatch("IMAPI2.MsftDiscMaster2")
    recorder = Dispatch("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(master.Item(0))
    writer = Dispatch("IMAPI2.MsftDiscFormat2TrackAtOnce")
    writer.Recorder, writer.ClientName = recorder, "my program"
    writer.PrepareMedia()
    writer.AddAudioTrack(open("track.pcm", "rb"))
    writer.ReleaseMedia()

What is the same as on Windows and what differs: docs/imapi2.md.
"""

from redbook.imapi2.devices import STAND_IN, attach, detach
from redbook.imapi2.dispatch import (
    CastTo,
    Dispatch,
    DispatchEx,
    DispatchWithEvents,
    EnsureDispatch,
    WithEvents,
    constants,
    getevents,
)
from redbook.imapi2.errors import com_error
from redbook.imapi2.formats.data import MsftDiscFormat2Data
from redbook.imapi2.formats.erase import MsftDiscFormat2Erase
from redbook.imapi2.formats.speeds import MsftWriteSpeedDescriptor
from redbook.imapi2.raw.creator import MsftRawCDImageCreator
from redbook.imapi2.raw.track_info import RawCDImageTrackInfo
from redbook.imapi2.raw.writer import MsftDiscFormat2RawCD
from redbook.imapi2.recorder.disc_recorder import MsftDiscRecorder2
from redbook.imapi2.recorder.discmaster import MsftDiscMaster2
from redbook.imapi2.streams import AudioStream, FileStream, MsftStreamZero
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.writer.event_args import RawCDEventArgs, TrackAtOnceEventArgs
from redbook.imapi2.writer.track_at_once import MsftDiscFormat2TrackAtOnce

__all__ = [
    "STAND_IN",
    "AudioStream",
    "CastTo",
    "Dispatch",
    "DispatchEx",
    "DispatchWithEvents",
    "EnsureDispatch",
    "FileStream",
    "HResult",
    "MsftDiscFormat2Data",
    "MsftDiscFormat2Erase",
    "MsftDiscFormat2RawCD",
    "MsftDiscFormat2TrackAtOnce",
    "MsftDiscMaster2",
    "MsftDiscRecorder2",
    "MsftRawCDImageCreator",
    "MsftStreamZero",
    "MsftWriteSpeedDescriptor",
    "RawCDEventArgs",
    "RawCDImageTrackInfo",
    "TrackAtOnceEventArgs",
    "WithEvents",
    "attach",
    "com_error",
    "constants",
    "detach",
    "getevents",
]
