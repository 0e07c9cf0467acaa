"""Members of the interfaces for finding recorders and talking to one, and of the streams.

Sources: imapi2.idl, Microsoft's API reference; objidl.idl for the streams.
"""

from __future__ import annotations

from redbook.imapi2.typelib.members import (
    DEV17,
    FEATURES,
    GEN3,
    GEN4,
    GET,
    LOCK6,
    METHOD,
    NUMBERS,
    POINTER,
    POINTER_FAIL,
    TEXTS,
    Member,
)

_COMMAND = ("S_IMAPI_COMMAND_HAS_SENSE_DATA", *FEATURES)


def _unscripted(name: str, signature: str, meaning: str, codes: tuple[str, ...] = ()) -> Member:
    return Member(name, METHOD, None, signature, meaning, codes)


DISC_MASTER = (
    Member("_NewEnum", GET, -4, "-> Iterator[str]", "the ids of the devices that exist now", POINTER),
    Member(
        "Item",
        GET,
        0,
        "(index: int) -> str",
        "the id at a zero-based index",
        ("E_INVALIDARG", "E_POINTER", "E_OUTOFMEMORY"),
    ),
    Member("Count", GET, 1, "-> int", "how many optical devices there are", GEN3),
    Member("IsSupportedEnvironment", GET, 2, "-> bool", "whether at least one device can be opened", POINTER),
)

DISC_MASTER_EVENTS = (
    Member(
        "NotifyDeviceAdded", METHOD, 0x100, "(object: IDiscMaster2, uniqueId: str)", "a device was attached"
    ),
    Member(
        "NotifyDeviceRemoved", METHOD, 0x101, "(object: IDiscMaster2, uniqueId: str)", "a device was removed"
    ),
)

DISC_RECORDER = (
    Member("EjectMedia", METHOD, 0x100, "()", "open the tray", GEN4 + DEV17),
    Member("CloseTray", METHOD, 0x101, "()", "close the tray and load the disc", GEN4 + DEV17),
    Member(
        "AcquireExclusiveAccess",
        METHOD,
        0x102,
        "(force: bool, clientName: str)",
        "lock the drive for this program, once more if it is; with force even if its disc stays mounted",
        ("E_ACCESSDENIED", "E_INVALIDARG", *LOCK6),
    ),
    Member("ReleaseExclusiveAccess", METHOD, 0x103, "()", "undo one AcquireExclusiveAccess", LOCK6),
    Member("DisableMcn", METHOD, 0x104, "()", "stop the notices of changed discs; calls are counted", LOCK6),
    Member("EnableMcn", METHOD, 0x105, "()", "undo one DisableMcn", LOCK6),
    Member(
        "InitializeDiscRecorder",
        METHOD,
        0x106,
        "(recorderUniqueId: str)",
        "open the device with this id, even a locked one; to be called before any other member",
        ("E_INVALIDARG", "STRSAFE_E_INVALID_PARAMETER", "E_FAIL", "E_OUTOFMEMORY", *DEV17),
    ),
    Member(
        "ActiveDiscRecorder",
        GET,
        0,
        "-> str",
        "the id given to InitializeDiscRecorder",
        ("E_FAIL", "E_OUTOFMEMORY", "E_INVALIDARG"),
    ),
    Member("VendorId", GET, 0x201, "-> str", "the drive's vendor, from INQUIRY", GEN3),
    Member("ProductId", GET, 0x202, "-> str", "the drive's model, from INQUIRY", GEN3),
    Member("ProductRevision", GET, 0x203, "-> str", "the drive's firmware, from INQUIRY", GEN3),
    Member("VolumeName", GET, 0x204, "-> str", "the system's name of the volume, not a drive letter", GEN3),
    Member(
        "VolumePathNames",
        GET,
        0x205,
        TEXTS,
        "where the volume is mounted, drive letters too",
        GEN3,
    ),
    Member("DeviceCanLoadMedia", GET, 0x206, "-> bool", "whether it can eject and reload", POINTER_FAIL),
    Member(
        "LegacyDeviceNumber",
        GET,
        0x207,
        "-> int",
        "the system's zero-based number of the drive; can change",
        POINTER_FAIL,
    ),
    Member(
        "SupportedFeaturePages",
        GET,
        0x208,
        NUMBERS,
        "all features: IMAPI_FEATURE_PAGE_TYPE",
        FEATURES,
    ),
    Member(
        "CurrentFeaturePages",
        GET,
        0x209,
        NUMBERS,
        "the features usable with this disc",
        FEATURES,
    ),
    Member("SupportedProfiles", GET, 0x20A, NUMBERS, "all profiles: IMAPI_PROFILE_TYPE", FEATURES),
    Member("CurrentProfiles", GET, 0x20B, NUMBERS, "the profiles that fit this disc", FEATURES),
    Member(
        "SupportedModePages",
        GET,
        0x20C,
        NUMBERS,
        "all mode pages: IMAPI_MODE_PAGE_TYPE",
        GEN4 + DEV17,
    ),
    Member(
        "ExclusiveAccessOwner",
        GET,
        0x20D,
        "-> str",
        "the client name of the program that has the lock",
        POINTER + LOCK6,
    ),
)

DISC_RECORDER_EX = (
    _unscripted(
        "SendCommandNoData",
        "(Cdb: bytes, CdbSize: int, Timeout: int) -> tuple[int, bytes]",
        "a command without data; gives the HRESULT and 18 bytes of sense",
        _COMMAND,
    ),
    _unscripted(
        "SendCommandSendDataToDevice",
        "(Cdb: bytes, CdbSize: int, Timeout: int, Buffer: bytes, BufferSize: int) -> tuple[int, bytes]",
        "a command with data for the device; gives the HRESULT and sense",
        _COMMAND,
    ),
    _unscripted(
        "SendCommandGetDataFromDevice",
        "(Cdb: bytes, CdbSize: int, Timeout: int, BufferSize: int) -> tuple[int, bytes, bytes]",
        "a command that asks the device for data; gives the HRESULT, sense and the data",
        _COMMAND,
    ),
    _unscripted(
        "ReadDvdStructure",
        "(format: int, address: int, layer: int, agid: int) -> bytes",
        "a structure of the disc, without its header",
        FEATURES,
    ),
    _unscripted(
        "SendDvdStructure",
        "(format: int, data: bytes)",
        "write a structure; the call adds the header",
        FEATURES,
    ),
    _unscripted(
        "GetAdapterDescriptor", "() -> bytes", "the system's description of the adapter", POINTER_FAIL
    ),
    _unscripted("GetDeviceDescriptor", "() -> bytes", "the system's description of the device", GEN3),
    _unscripted("GetDiscInformation", "() -> bytes", "READ DISC INFORMATION", GEN3 + DEV17),
    _unscripted(
        "GetTrackInformation",
        "(address: int, addressType: int) -> bytes",
        "READ TRACK INFORMATION; addressType is an IMAPI_READ_TRACK_ADDRESS_TYPE",
        FEATURES,
    ),
    _unscripted(
        "GetFeaturePage",
        "(requestedFeature: int, currentFeatureOnly: bool) -> bytes",
        "GET CONFIGURATION of one feature, without the header",
        FEATURES,
    ),
    _unscripted(
        "GetModePage",
        "(requestedModePage: int, requestType: int) -> bytes",
        "MODE SENSE of one page, without the header",
        GEN4 + DEV17,
    ),
    _unscripted(
        "SetModePage",
        "(requestType: int, data: bytes)",
        "MODE SELECT of one page; the call adds the header",
        FEATURES,
    ),
    _unscripted(
        "GetSupportedFeaturePages",
        "(currentFeatureOnly: bool) -> tuple[int, ...]",
        "all features, or those usable with this disc",
        FEATURES,
    ),
    _unscripted(
        "GetSupportedProfiles",
        "(currentOnly: bool) -> tuple[int, ...]",
        "all profiles, or those that fit this disc",
        FEATURES,
    ),
    _unscripted(
        "GetSupportedModePages",
        "(requestType: int) -> tuple[int, ...]",
        "the mode pages that have such values",
        GEN4 + DEV17,
    ),
    _unscripted(
        "GetByteAlignmentMask",
        "() -> int",
        "buffers must start at multiples of this power of two",
        POINTER_FAIL,
    ),
    _unscripted(
        "GetMaximumNonPageAlignedTransferSize",
        "() -> int",
        "the bytes that one command can move, for any buffer",
        POINTER_FAIL,
    ),
    _unscripted(
        "GetMaximumPageAlignedTransferSize",
        "() -> int",
        "the bytes that one command can move, for a buffer that starts on a page",
        POINTER_FAIL,
    ),
)

SEQUENTIAL_STREAM = (
    _unscripted("Read", "(cb: int) -> bytes", "up to cb bytes from the position on"),
    _unscripted("Write", "(pv: bytes) -> int", "how many of these bytes it took"),
)

STREAM = (
    _unscripted("Seek", "(dlibMove: int, dwOrigin: int) -> int", "move the position, and return it"),
    _unscripted("SetSize", "(libNewSize: int)", "how many bytes the stream should have"),
    _unscripted("CopyTo", "(pstm: IStream, cb: int) -> tuple[int, int]", "bytes read and bytes written"),
    _unscripted("Commit", "(grfCommitFlags: int)", "make what was written permanent"),
    _unscripted("Revert", "()", "forget what was written since Commit"),
    _unscripted("LockRegion", "(libOffset: int, cb: int, dwLockType: int)", "lock some bytes"),
    _unscripted("UnlockRegion", "(libOffset: int, cb: int, dwLockType: int)", "undo LockRegion"),
    _unscripted("Stat", "(grfStatFlag: int) -> STATSTG", "the stream's size, and what else is known"),
    _unscripted("Clone", "() -> IStream", "the same bytes with a position of their own"),
)
