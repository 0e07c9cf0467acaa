"""Members of the interfaces for disc-at-once: the image writer, the image creator, and one track of an image.

Microsoft's pages have no tables of codes: those here were chosen by the texts in imapi2error.h.
Sources: imapi2.idl, imapi2error.h, Microsoft's API reference.
"""

from __future__ import annotations

from redbook.imapi2.typelib.members import DEV17, GEN4, GET, GET_PUT, METHOD, NUMBERS, POINTER, Member


def _image(*names: str) -> tuple[str, ...]:
    return tuple("E_IMAPI_RAW_IMAGE_" + name for name in names)


_FROZEN = _image("IS_READ_ONLY")
_EMPTY = _image("NO_TRACKS")

IMAGE_CREATOR = (
    Member(
        "CreateResultImage",
        METHOD,
        0x200,
        "() -> IStream",
        "the image, from 95:00:00 on; nothing can be changed any more",
        _image("NO_TRACKS", "IS_READ_ONLY"),
    ),
    Member(
        "AddTrack",
        METHOD,
        0x201,
        "(dataType: int, data: IStream) -> int",
        "add a track of at least 300 sectors; returns its index for TrackInfo",
        _image("SECTOR_TYPE_NOT_SUPPORTED", "TOO_MANY_TRACKS", "INSUFFICIENT_SPACE", "IS_READ_ONLY"),
    ),
    Member(
        "AddSpecialPregap",
        METHOD,
        0x202,
        "(data: IStream)",
        "audio for the pause before the first track, at least 150 sectors",
        _image("TRACKS_ALREADY_ADDED", "INSUFFICIENT_SPACE", "IS_READ_ONLY"),
    ),
    Member(
        "AddSubcodeRWGenerator",
        METHOD,
        0x203,
        "(subcode: IStream)",
        "R to W: 96 bytes for every sector of the image",
        _FROZEN,
    ),
    Member(
        "ResultingImageType",
        GET_PUT,
        0x100,
        "int",
        "how the sub-channel is arranged: IMAPI_FORMAT2_RAW_CD_DATA_SECTOR_TYPE",
        (),
        _FROZEN,
    ),
    Member("StartOfLeadout", GET, 0x101, "-> int", "the sector after the last track", _EMPTY),
    Member(
        "StartOfLeadoutLimit",
        GET_PUT,
        0x102,
        "int",
        "the last sector where the lead-out may begin",
        (),
        _FROZEN,
    ),
    Member(
        "DisableGaplessAudio",
        GET_PUT,
        0x103,
        "bool",
        "two seconds of silence between tracks",
        (),
        _FROZEN,
        False,
    ),
    Member("MediaCatalogNumber", GET_PUT, 0x104, "str", "MCN: 13 digits, or none", (), _FROZEN),
    Member(
        "StartingTrackNumber",
        GET_PUT,
        0x105,
        "int",
        "number of the first track",
        (),
        _image("TRACKS_ALREADY_ADDED", "IS_READ_ONLY"),
        1,
    ),
    Member(
        "TrackInfo",
        GET,
        0x106,
        "(trackIndex: int) -> IRawCDImageTrackInfo",
        "a track, by the index that AddTrack gave",
    ),
    Member("NumberOfExistingTracks", GET, 0x107, "-> int", "how many tracks were added"),
    Member("LastUsedUserSectorInImage", GET, 0x108, "-> int", "the last sector of the last track", _EMPTY),
    Member(
        "ExpectedTableOfContents",
        GET,
        0x109,
        "-> bytes",
        "what READ TOC will return for a disc with this image",
        _EMPTY,
    ),
)

IMAGE_TRACK_INFO = (
    Member("StartingLba", GET, 0x100, "-> int", "where index 1 is"),
    Member("SectorCount", GET, 0x101, "-> int", "sectors of the track's own audio"),
    Member("TrackNumber", GET, 0x102, "-> int", "1..99"),
    Member("SectorType", GET, 0x103, "-> int", "IMAPI_CD_SECTOR_TYPE"),
    Member("ISRC", GET_PUT, 0x104, "str", "CC-OOO-YY-NNNNN, or none", (), _FROZEN),
    Member(
        "DigitalAudioCopySetting",
        GET_PUT,
        0x105,
        "int",
        "whether it may be copied: IMAPI_CD_TRACK_DIGITAL_COPY_SETTING",
        (),
        _FROZEN,
    ),
    Member("AudioHasPreemphasis", GET_PUT, 0x106, "bool", "the sound has pre-emphasis", (), _FROZEN),
    Member("TrackIndexes", GET, 0x107, NUMBERS, "where indexes begin, counted from StartingLba"),
    Member(
        "AddTrackIndex",
        METHOD,
        0x200,
        "(lbaOffset: int)",
        "one more index",
        (
            "S_IMAPI_RAW_IMAGE_TRACK_INDEX_ALREADY_EXISTS",
            *_image("TRACK_INDEX_TOO_CLOSE_TO_OTHER_INDEX", "TOO_MANY_TRACK_INDEXES", "IS_READ_ONLY"),
        ),
    ),
    Member(
        "ClearTrackIndex",
        METHOD,
        0x201,
        "(lbaOffset: int)",
        "remove an index",
        _image("TRACK_INDEX_NOT_FOUND", "TRACK_INDEX_OFFSET_ZERO_CANNOT_BE_CLEARED", "IS_READ_ONLY"),
    ),
)


def _raw(*names: str) -> tuple[str, ...]:
    return tuple("E_IMAPI_DF2RAW_" + name for name in names)


_NOT_PREPARED = _raw("MEDIA_IS_NOT_PREPARED")
_DEVICE = _raw("NO_RECORDER_SPECIFIED") + GEN4 + DEV17
_SPEED = ("E_IMAPI_UNEXPECTED_RESPONSE_FROM_DEVICE", *_DEVICE)
_ADJUSTED = ("S_IMAPI_SPEEDADJUSTED", "S_IMAPI_ROTATIONADJUSTED", "S_IMAPI_BOTHADJUSTED")
_WRITE = (
    "E_POINTER",
    *_raw(
        "STREAM_NOT_SUPPORTED",
        "MEDIA_IS_NOT_PREPARED",
        "WRITE_IN_PROGRESS",
        "MEDIA_IS_NOT_BLANK",
        "STREAM_LEADIN_TOO_SHORT",
        "NOT_ENOUGH_SPACE",
    ),
    "E_IMAPI_REQUEST_CANCELLED",
    *(code for code in GEN4 if code != "E_POINTER"),
    *DEV17,
)

RAW_CD = (
    Member(
        "PrepareMedia",
        METHOD,
        0x200,
        "()",
        "lock the drive and its blank disc",
        _raw(
            "NO_RECORDER_SPECIFIED",
            "MEDIA_IS_PREPARED",
            "CLIENT_NAME_IS_NOT_VALID",
            "MEDIA_IS_NOT_BLANK",
            "MEDIA_IS_NOT_SUPPORTED",
        )
        + _ADJUSTED
        + GEN4
        + DEV17,
    ),
    Member("WriteMedia", METHOD, 0x201, "(data: IStream)", "write an image that begins at 95:00:00", _WRITE),
    Member(
        "WriteMedia2",
        METHOD,
        0x202,
        "(data: IStream, streamLeadInSectors: int)",
        "the same for an image with this many sectors before LBA 0",
        _WRITE,
    ),
    Member(
        "CancelWrite",
        METHOD,
        0x203,
        "()",
        "ask the running write to stop, from the Update handler; the disc is lost",
        (*_raw("WRITE_NOT_IN_PROGRESS"), "E_FAIL"),
    ),
    Member(
        "ReleaseMedia",
        METHOD,
        0x204,
        "()",
        "give the drive back",
        _raw("MEDIA_IS_NOT_PREPARED", "WRITE_IN_PROGRESS"),
    ),
    # The codes on its page were copied from PrepareMedia's, and make no sense before the disc is examined.
    Member(
        "SetWriteSpeed",
        METHOD,
        0x205,
        "(RequestedSectorsPerSecond: int, RotationTypeIsPureCAV: bool)",
        "ask for a speed, -1 for the fastest, and a kind of rotation",
        (
            "E_IMAPI_RECORDER_REQUIRED",
            *_raw("MEDIA_IS_NOT_BLANK", "MEDIA_IS_NOT_SUPPORTED", "CLIENT_NAME_IS_NOT_VALID"),
            *_ADJUSTED,
            *GEN4,
            *DEV17,
        ),
    ),
    Member(
        "Recorder",
        GET_PUT,
        0x100,
        "IDiscRecorder2 | None",
        "the recorder to write with",
        (),
        _raw("WRITE_IN_PROGRESS", "MEDIA_IS_PREPARED", "RECORDER_NOT_SUPPORTED"),
    ),
    Member(
        "BufferUnderrunFreeDisabled",
        GET_PUT,
        0x102,
        "bool",
        "write without protection against empty buffers",
        (),
        _raw("MEDIA_IS_NOT_PREPARED", "WRITE_IN_PROGRESS"),
        False,
    ),
    Member(
        "StartOfNextSession",
        GET,
        0x103,
        "-> int",
        "the first sector of the disc's lead-in, below 0",
        (*POINTER, *_NOT_PREPARED),
    ),
    Member(
        "LastPossibleStartOfLeadout",
        GET,
        0x104,
        "-> int",
        "the last sector where the disc's lead-out may begin",
        (*POINTER, *_NOT_PREPARED),
    ),
    Member(
        "CurrentPhysicalMediaType",
        GET,
        0x105,
        "-> IMAPI_MEDIA_PHYSICAL_TYPE",
        "the disc in the drive",
        _DEVICE,
    ),
    Member(
        "SupportedSectorTypes",
        GET,
        0x108,
        NUMBERS,
        "the ways in which an image may be arranged: IMAPI_FORMAT2_RAW_CD_DATA_SECTOR_TYPE",
        GEN4 + DEV17,
    ),
    Member(
        "RequestedSectorType",
        GET_PUT,
        0x109,
        "int",
        "how the stream is arranged: IMAPI_FORMAT2_RAW_CD_DATA_SECTOR_TYPE",
        (*POINTER, *_NOT_PREPARED),
        _raw("WRITE_IN_PROGRESS", "MEDIA_IS_NOT_PREPARED", "DATA_BLOCK_TYPE_NOT_SUPPORTED"),
    ),
    Member(
        "ClientName",
        GET_PUT,
        0x10A,
        "str",
        "the name under which the drive is locked",
        (),
        ("E_OUTOFMEMORY", *_raw("CLIENT_NAME_IS_NOT_VALID", "WRITE_IN_PROGRESS", "MEDIA_IS_PREPARED")),
    ),
    Member("RequestedWriteSpeed", GET, 0x10B, "-> int", "as given to SetWriteSpeed", POINTER, (), -1),
    Member(
        "RequestedRotationTypeIsPureCAV",
        GET,
        0x10C,
        "-> bool",
        "as given to SetWriteSpeed",
        POINTER,
        (),
        False,
    ),
    Member("CurrentWriteSpeed", GET, 0x10D, "-> int", "what the drive has chosen, sectors/s", _SPEED),
    Member("CurrentRotationTypeIsPureCAV", GET, 0x10E, "-> bool", "what the drive has chosen", _SPEED),
    Member("SupportedWriteSpeeds", GET, 0x10F, NUMBERS, "for this drive and disc, sectors/s", _SPEED),
    Member(
        "SupportedWriteSpeedDescriptors",
        GET,
        0x110,
        "-> tuple[IWriteSpeedDescriptor, ...]",
        "for this drive and disc, in detail",
        _SPEED,
    ),
)

RAW_CD_EVENTS = (
    Member(
        "Update",
        METHOD,
        0x200,
        "(object: IDiscFormat2RawCD, progress: IDiscFormat2RawCDEventArgs)",
        "how far the write has come",
    ),
)

RAW_CD_EVENT_ARGS = (
    Member("CurrentAction", GET, 0x301, "-> IMAPI_FORMAT2_RAW_CD_WRITE_ACTION", "what is going on", POINTER),
    Member("ElapsedTime", GET, 0x302, "-> int", "seconds since the write began", POINTER),
    Member("RemainingTime", GET, 0x303, "-> int", "seconds that are left, estimated", POINTER),
)
