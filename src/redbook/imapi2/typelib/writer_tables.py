"""Members of the interfaces for writing and erasing, and of what comes with them.

Sources: imapi2.idl, Microsoft's API reference.
"""

from __future__ import annotations

from redbook.imapi2.typelib.members import DEV17, GEN3, GEN4, GET, GET_PUT, METHOD, NUMBERS, POINTER, Member

_BLANK = (*GEN4, "E_IMAPI_RECORDER_FEATURE_IS_NOT_CURRENT", *DEV17)


def _tao(*names: str) -> tuple[str, ...]:
    return tuple("E_IMAPI_DF2TAO_" + name for name in names)


_NOT_PREPARED = _tao("MEDIA_IS_NOT_PREPARED")
_TAO_DEVICE = _tao("NO_RECORDER_SPECIFIED") + GEN4 + DEV17
_TAO_SPEED = ("E_IMAPI_UNEXPECTED_RESPONSE_FROM_DEVICE", *_TAO_DEVICE)

DISC_FORMAT = (
    Member(
        "IsRecorderSupported",
        METHOD,
        0x800,
        "(recorder: IDiscRecorder2) -> bool",
        "whether the recorder can do this format, whatever the disc",
        ("S_OK", "S_FALSE", "E_POINTER"),
    ),
    # NO_MEDIA since Windows 7; before that, False without an error.
    Member(
        "IsCurrentMediaSupported",
        METHOD,
        0x801,
        "(recorder: IDiscRecorder2) -> bool",
        "whether the disc in it can be used",
        ("E_POINTER", "E_IMAPI_RECORDER_MEDIA_NO_MEDIA"),
    ),
    Member("MediaPhysicallyBlank", GET, 0x700, "-> bool", "whether the drive calls the disc blank", _BLANK),
    Member(
        "MediaHeuristicallyBlank",
        GET,
        0x701,
        "-> bool",
        "whether the disc looks blank, judging by its data",
        _BLANK,
    ),
    Member(
        "SupportedMediaTypes",
        GET,
        0x702,
        NUMBERS,
        "the discs it can use: IMAPI_MEDIA_PHYSICAL_TYPE",
        GEN3 + DEV17,
    ),
)

TRACK_AT_ONCE = (
    Member(
        "PrepareMedia",
        METHOD,
        0x200,
        "()",
        "lock the drive and begin a session on its blank disc",
        _tao(
            "NO_RECORDER_SPECIFIED",
            "MEDIA_IS_PREPARED",
            "CLIENT_NAME_IS_NOT_VALID",
            "MEDIA_IS_NOT_SUPPORTED",
            "MEDIA_IS_NOT_BLANK",
        )
        + GEN4
        + DEV17,
    ),
    Member(
        "AddAudioTrack",
        METHOD,
        0x201,
        "(data: IStream)",
        "write the stream as the next track; returns when done",
        (
            *_tao(
                "MEDIA_IS_NOT_PREPARED",
                "WRITE_IN_PROGRESS",
                "TRACK_LIMIT_REACHED",
                "STREAM_NOT_SUPPORTED",
                "NOT_ENOUGH_SPACE",
            ),
            "E_IMAPI_REQUEST_CANCELLED",
            *GEN4,
            *DEV17,
        ),
    ),
    Member(
        "CancelAddTrack",
        METHOD,
        0x202,
        "()",
        "ask the running AddAudioTrack to stop, from the Update handler",
        (*_tao("WRITE_NOT_IN_PROGRESS"), "E_FAIL"),
    ),
    # The page says MEDIA_IS_PREPARED; everything around it shows that NOT_PREPARED is meant.
    Member(
        "ReleaseMedia",
        METHOD,
        0x203,
        "()",
        "close the session and give the drive back",
        _tao("WRITE_IN_PROGRESS", "MEDIA_IS_PREPARED") + GEN4 + DEV17,
    ),
    Member(
        "SetWriteSpeed",
        METHOD,
        0x204,
        "(RequestedSectorsPerSecond: int, RotationTypeIsPureCAV: bool)",
        "ask for a speed, -1 for the fastest, and a kind of rotation",
        (
            "E_IMAPI_RECORDER_REQUIRED",
            "E_IMAPI_UNEXPECTED_RESPONSE_FROM_DEVICE",
            *GEN4,
            *DEV17,
            "S_IMAPI_SPEEDADJUSTED",
            "S_IMAPI_ROTATIONADJUSTED",
            "S_IMAPI_BOTHADJUSTED",
        ),
    ),
    Member(
        "Recorder",
        GET_PUT,
        0x100,
        "IDiscRecorder2 | None",
        "the recorder to write with",
        (),
        _tao("WRITE_IN_PROGRESS", "MEDIA_IS_PREPARED", "RECORDER_NOT_SUPPORTED"),
    ),
    Member(
        "BufferUnderrunFreeDisabled",
        GET_PUT,
        0x102,
        "bool",
        "write without protection against empty buffers",
        (),
        _tao("MEDIA_IS_NOT_PREPARED", "WRITE_IN_PROGRESS"),
        False,
    ),
    Member(
        "NumberOfExistingTracks",
        GET,
        0x103,
        "-> int",
        "the tracks that are complete",
        _tao("MEDIA_IS_NOT_PREPARED", "WRITE_IN_PROGRESS"),
    ),
    Member(
        "TotalSectorsOnMedia", GET, 0x104, "-> int", "sectors, if one track filled the disc", _NOT_PREPARED
    ),
    Member("FreeSectorsOnMedia", GET, 0x105, "-> int", "sectors that one more track can have", _NOT_PREPARED),
    Member(
        "UsedSectorsOnMedia",
        GET,
        0x106,
        "-> int",
        "sectors used, including the gaps between tracks",
        _NOT_PREPARED,
    ),
    Member(
        "DoNotFinalizeMedia",
        GET_PUT,
        0x107,
        "bool",
        "leave the disc open for another session",
        (),
        _tao("WRITE_IN_PROGRESS", "MEDIA_IS_PREPARED", "PROPERTY_FOR_BLANK_MEDIA_ONLY"),
        False,
    ),
    Member(
        "ExpectedTableOfContents",
        GET,
        0x10A,
        "-> bytes",
        "what READ TOC would return if the disc were closed now",
        (
            *_tao("WRITE_IN_PROGRESS", "MEDIA_IS_NOT_PREPARED", "TABLE_OF_CONTENTS_EMPTY_DISC"),
            "E_OUTOFMEMORY",
        ),
    ),
    Member(
        "CurrentPhysicalMediaType",
        GET,
        0x10B,
        "-> IMAPI_MEDIA_PHYSICAL_TYPE",
        "the disc in the drive",
        _TAO_DEVICE,
    ),
    Member(
        "ClientName",
        GET_PUT,
        0x10E,
        "str",
        "the name under which the drive is locked",
        (),
        ("E_OUTOFMEMORY", *_tao("CLIENT_NAME_IS_NOT_VALID", "WRITE_IN_PROGRESS", "MEDIA_IS_PREPARED")),
    ),
    Member(
        "RequestedWriteSpeed",
        GET,
        0x10F,
        "-> int",
        "sectors per second given to SetWriteSpeed; -1 is the fastest",
        POINTER,
        default=-1,
    ),
    Member(
        "RequestedRotationTypeIsPureCAV",
        GET,
        0x110,
        "-> bool",
        "the rotation given to SetWriteSpeed",
        POINTER,
        default=False,
    ),
    Member("CurrentWriteSpeed", GET, 0x111, "-> int", "the drive's speed in sectors per second", _TAO_SPEED),
    Member(
        "CurrentRotationTypeIsPureCAV", GET, 0x112, "-> bool", "whether rotation is pure CAV now", _TAO_SPEED
    ),
    Member("SupportedWriteSpeeds", GET, 0x113, NUMBERS, "the speeds for drive and disc", _TAO_SPEED),
    Member(
        "SupportedWriteSpeedDescriptors",
        GET,
        0x114,
        "-> tuple[IWriteSpeedDescriptor, ...]",
        "the speeds for drive and disc, in detail",
        _TAO_SPEED,
    ),
)

TRACK_AT_ONCE_EVENTS = (
    Member(
        "Update",
        METHOD,
        0x200,
        "(object: IDiscFormat2TrackAtOnce, progress: IDiscFormat2TrackAtOnceEventArgs)",
        "how far AddAudioTrack is",
    ),
)

TRACK_AT_ONCE_EVENT_ARGS = (
    Member("CurrentTrackNumber", GET, 0x300, "-> int", "the track being written, 1 to 99", POINTER),
    Member("CurrentAction", GET, 0x301, "-> IMAPI_FORMAT2_TAO_WRITE_ACTION", "what is going on", POINTER),
    Member("ElapsedTime", GET, 0x302, "-> int", "seconds since the track or the closing began", POINTER),
    Member("RemainingTime", GET, 0x303, "-> int", "estimated seconds until it is done", POINTER),
)

# 0x104 and 0x105, the drive's buffer, are commented out in imapi2.idl.
ENGINE_EVENT_ARGS = (
    Member("StartLba", GET, 0x100, "-> int", "first address of this write; can be negative", POINTER),
    Member("SectorCount", GET, 0x101, "-> int", "sectors of this write", POINTER),
    Member("LastReadLba", GET, 0x102, "-> int", "address of the sector last read from the stream", POINTER),
    Member("LastWrittenLba", GET, 0x103, "-> int", "address of the sector last written", POINTER),
    Member("TotalSystemBuffer", GET, 0x106, "-> int", "size of the computer's buffer in bytes", POINTER),
    Member("UsedSystemBuffer", GET, 0x107, "-> int", "bytes in that buffer", POINTER),
    Member("FreeSystemBuffer", GET, 0x108, "-> int", "bytes that it has room for", POINTER),
)

SPEED_DESCRIPTOR = (
    Member("MediaType", GET, 0x101, "-> IMAPI_MEDIA_PHYSICAL_TYPE", "the kind of disc it is about"),
    Member("RotationTypeIsPureCAV", GET, 0x102, "-> bool", "pure CAV, or anything else"),
    Member("WriteSpeed", GET, 0x103, "-> int", "the highest speed in sectors per second"),
)

BURN_VERIFICATION = (
    Member(
        "BurnVerificationLevel",
        GET_PUT,
        0x400,
        "IMAPI_BURN_VERIFICATION_LEVEL",
        "what to check after the burn",
    ),
)

ERASE = (
    Member(
        "EraseMedia",
        METHOD,
        0x201,
        "()",
        "erase the disc; returns when done",
        (
            *GEN3,
            "E_IMAPI_ERASE_MEDIA_IS_NOT_SUPPORTED",
            "E_IMAPI_ERASE_DRIVE_FAILED_SPINUP_COMMAND",
            "E_IMAPI_ERASE_TOOK_LONGER_THAN_ONE_HOUR",
            *DEV17,
        ),
    ),
    # The page lists no codes for writing it; these are from the texts in imapi2error.h.
    Member(
        "Recorder",
        GET_PUT,
        0x100,
        "IDiscRecorder2 | None",
        "the recorder with the disc to erase",
        (),
        (
            "E_IMAPI_ERASE_RECORDER_IN_USE",
            "E_IMAPI_ERASE_ONLY_ONE_RECORDER_SUPPORTED",
            "E_IMAPI_ERASE_RECORDER_NOT_SUPPORTED",
        ),
    ),
    Member(
        "FullErase",
        GET_PUT,
        0x101,
        "bool",
        "overwrite all of the disc, not only what makes it look blank",
        default=False,
    ),
    Member(
        "CurrentPhysicalMediaType",
        GET,
        0x102,
        "-> IMAPI_MEDIA_PHYSICAL_TYPE",
        "the disc in the drive",
        ("E_IMAPI_RECORDER_REQUIRED", *GEN3, *DEV17),
    ),
    Member(
        "ClientName",
        GET_PUT,
        0x103,
        "str",
        "the name under which the drive is locked",
        (),
        ("E_OUTOFMEMORY", "E_INVALIDARG"),
    ),
)

ERASE_EVENTS = (
    Member(
        "Update",
        METHOD,
        0x200,
        "(object: IDiscFormat2Erase, elapsedSeconds: int, estimatedTotalSeconds: int)",
        "how far EraseMedia is",
    ),
)
