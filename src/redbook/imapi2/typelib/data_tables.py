"""Members of the interface for data discs, which programs ask about the disc in the drive.

Sources: imapi2.idl, Microsoft's API reference.
"""

from __future__ import annotations

from redbook.imapi2.typelib.members import DEV17, GEN4, GET, GET_PUT, METHOD, NUMBERS, POINTER, Member

_REQUIRED = ("E_IMAPI_RECORDER_REQUIRED",)
_UNEXPECTED = ("E_IMAPI_UNEXPECTED_RESPONSE_FROM_DEVICE",)
_ADJUSTED = ("S_IMAPI_SPEEDADJUSTED", "S_IMAPI_ROTATIONADJUSTED", "S_IMAPI_BOTHADJUSTED")
_DEVICE = GEN4 + DEV17


def _data(*names: str) -> tuple[str, ...]:
    return tuple("E_IMAPI_DF2DATA_" + name for name in names)


_ROOM = _DEVICE + _data("INVALID_MEDIA_STATE")
_WRITING = _data("WRITE_IN_PROGRESS")
_SPEED = _REQUIRED + _UNEXPECTED + _DEVICE

DATA = (
    Member(
        "Write",
        METHOD,
        0x200,
        "(data: IStream)",
        "write a data disc; refused here",
        (
            *_REQUIRED,
            *_UNEXPECTED,
            *_ADJUSTED,
            *_data("RECORDER_NOT_SUPPORTED", "WRITE_IN_PROGRESS", "STREAM_NOT_SUPPORTED"),
            *_data("MEDIA_IS_NOT_SUPPORTED"),
            "E_IMAPI_REQUEST_CANCELLED",
            "E_NOTIMPL",
            *_DEVICE,
        ),
    ),
    Member(
        "CancelWrite",
        METHOD,
        0x201,
        "()",
        "ask the running Write to stop; there never is one here",
        (*_data("WRITE_NOT_IN_PROGRESS"), "E_FAIL"),
    ),
    Member(
        "SetWriteSpeed",
        METHOD,
        0x202,
        "(RequestedSectorsPerSecond: int, RotationTypeIsPureCAV: bool)",
        "ask for a speed, -1 for the fastest, and a kind of rotation",
        _SPEED + _ADJUSTED,
    ),
    Member(
        "Recorder",
        GET_PUT,
        0x100,
        "IDiscRecorder2 | None",
        "the recorder to ask",
        (),
        _data("WRITE_IN_PROGRESS", "RECORDER_NOT_SUPPORTED"),
    ),
    Member(
        "BufferUnderrunFreeDisabled",
        GET_PUT,
        0x101,
        "bool",
        "write without protection against empty buffers",
        (),
        _WRITING,
        False,
    ),
    Member(
        "PostgapAlreadyInImage",
        GET_PUT,
        0x104,
        "bool",
        "whether the stream brings its own post-gap",
        (),
        _WRITING,
        False,
    ),
    Member(
        "CurrentMediaStatus",
        GET,
        0x106,
        "-> IMAPI_FORMAT2_DATA_MEDIA_STATE",
        "the state of the disc, a sum of bits",
        _DEVICE,
    ),
    Member(
        "WriteProtectStatus",
        GET,
        0x107,
        "-> IMAPI_MEDIA_WRITE_PROTECT_STATE",
        "why the disc cannot be written, a sum of bits",
        _DEVICE,
    ),
    Member("TotalSectorsOnMedia", GET, 0x108, "-> int", "all sectors of the disc, used or not", _ROOM),
    Member("FreeSectorsOnMedia", GET, 0x109, "-> int", "sectors that can still be written", _ROOM),
    Member("NextWritableAddress", GET, 0x10A, "-> int", "where writing would continue", _ROOM),
    Member(
        "StartAddressOfPreviousSession",
        GET,
        0x10B,
        "-> int",
        "where the last session starts; -1 without one",
        _ROOM,
    ),
    Member(
        "LastWrittenAddressOfPreviousSession",
        GET,
        0x10C,
        "-> int",
        "where the last session ends; -1 without one",
        ("E_NOTIMPL",),
    ),
    Member(
        "ForceMediaToBeClosed",
        GET_PUT,
        0x10D,
        "bool",
        "close the disc with the session",
        (),
        _WRITING,
        False,
    ),
    Member(
        "DisableConsumerDvdCompatibilityMode",
        GET_PUT,
        0x10E,
        "bool",
        "skip what lets more players read a DVD; has no effect on a CD",
        (),
        _WRITING,
        False,
    ),
    Member(
        "CurrentPhysicalMediaType",
        GET,
        0x10F,
        "-> IMAPI_MEDIA_PHYSICAL_TYPE",
        "the disc in the drive",
        _REQUIRED + _DEVICE,
    ),
    Member(
        "ClientName",
        GET_PUT,
        0x110,
        "str",
        "the name under which the drive would be locked",
        (),
        ("E_OUTOFMEMORY", *_data("CLIENT_NAME_IS_NOT_VALID", "WRITE_IN_PROGRESS")),
    ),
    Member(
        "RequestedWriteSpeed",
        GET,
        0x111,
        "-> int",
        "sectors per second given to SetWriteSpeed; -1 is the fastest",
        POINTER,
        default=-1,
    ),
    Member(
        "RequestedRotationTypeIsPureCAV",
        GET,
        0x112,
        "-> bool",
        "the rotation given to SetWriteSpeed",
        POINTER,
        default=False,
    ),
    Member("CurrentWriteSpeed", GET, 0x113, "-> int", "the drive's speed in sectors per second", _SPEED),
    Member(
        "CurrentRotationTypeIsPureCAV",
        GET,
        0x114,
        "-> bool",
        "whether rotation is pure CAV now",
        _REQUIRED + _DEVICE,
    ),
    Member("SupportedWriteSpeeds", GET, 0x115, NUMBERS, "the speeds for drive and disc", _SPEED),
    Member(
        "SupportedWriteSpeedDescriptors",
        GET,
        0x116,
        "-> tuple[IWriteSpeedDescriptor, ...]",
        "the speeds for drive and disc, in detail",
        _SPEED,
    ),
    Member(
        "ForceOverwrite",
        GET_PUT,
        0x117,
        "bool",
        "overwrite a disc that can be overwritten",
        default=False,
    ),
    Member(
        "MultisessionInterfaces",
        GET,
        0x118,
        "-> tuple[IMultisession, ...]",
        "objects for adding a data session; refused here",
        (*POINTER, "E_OUTOFMEMORY"),
    ),
)

DATA_EVENTS = (
    Member(
        "Update",
        METHOD,
        0x200,
        "(object: IDiscFormat2Data, progress: IDiscFormat2DataEventArgs)",
        "how far Write is; never called here",
    ),
)
