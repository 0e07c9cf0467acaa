"""The HRESULTs of IMAPI2 and the COM ones that its calls can return, each with what to do next.

Numbers and names come from imapi2error.h, and for the system's own codes from winerror.h.  IMAPI2 has
facility 0AAh; the low word shows the owner: 00xx general, 02xx recorder, 03xx write engine, 04xx data writer,
05xx track-at-once writer, 06xx raw CD writer, 09xx erase, 0Axx raw CD image.
"""

from __future__ import annotations

from enum import IntEnum

_WAIT = "wait a few seconds and call again"
_WAIT_LONG = "wait until the drive is done, which can take minutes, and call again"
_BLANK_DISC = "insert a blank CD-R or CD-RW and call again"
_ERASE = "erase the CD-RW with MsftDiscFormat2Erase, or insert a blank disc"
_OTHER_RECORDER = "choose another recorder; IsRecorderSupported tells which can do it"
_SET_RECORDER = "set the Recorder property first"
_CLIENT_NAME = "give a ClientName of 1 to 63 letters, digits, spaces and . , : ; - _"
_WRITE_RUNS = "wait until the write has ended; an Update handler may only cancel it"
_NO_WRITE_RUNS = "cancel from the Update handler, while the write runs"
_RELEASE_FIRST = "call ReleaseMedia first, or do this before PrepareMedia"
_PREPARE_FIRST = "call PrepareMedia first"
_FEATURE = "check SupportedFeaturePages before you ask for the feature"
_POWER = "switch the drive off and on and call again; if it stays, try another drive"
_NEW_IMAGE = "create a new MsftRawCDImageCreator and set it up in the right order"


class HResult(IntEnum):
    """The result of a call; the value is the signed 32-bit number that COM gives to scripts.

    meaning  what happened
    advice   what to do next; "" for successes
    """

    meaning: str
    advice: str

    # `meaning` has a default only so that a type checker lets `HResult(number)` pass.
    def __new__(cls, unsigned: int, meaning: str = "", advice: str = "") -> HResult:
        signed = unsigned - (unsigned >> 31 << 32)
        member = int.__new__(cls, signed)
        member._value_ = signed
        member.meaning = meaning
        member.advice = advice
        return member

    @property
    def unsigned(self) -> int:
        """The number as headers and documentation print it, for instance 0xC0AA0502."""
        return self & 0xFFFFFFFF

    @property
    def failed(self) -> bool:
        return self < 0

    # COM and Windows

    S_OK = 0x00000000, "success"
    S_FALSE = 0x00000001, "success, but the answer is no"
    E_NOTIMPL = 0x80004001, "not implemented", "do without this member"
    E_NOINTERFACE = 0x80004002, "the object does not have that interface", "ask another object"
    E_POINTER = 0x80004003, "nothing was given where an object is needed", "pass an object instead of None"
    E_FAIL = (
        0x80004005,
        "failed for a reason without a code of its own",
        "fix what the brackets say, and call again",
    )
    DISP_E_TYPEMISMATCH = (
        0x80020005,
        "an argument has the wrong type",
        "pass the type that the signature names",
    )
    DISP_E_UNKNOWNNAME = 0x80020006, "the object has no member of that name", "check the member's spelling"
    DISP_E_BADINDEX = 0x8002000B, "no element has that index", "use an index from 0 to Count - 1"
    DISP_E_BADPARAMCOUNT = 0x8002000E, "too many or too few arguments", "compare with the member's signature"
    CO_E_CLASSSTRING = 0x800401F3, "there is no class of this name", "look for a slip in the ProgID"
    REGDB_E_CLASSNOTREG = 0x80040154, "there is no such class", "check the spelling of the ProgID or CLSID"
    MK_E_UNAVAILABLE = 0x800401E3, "no such object is running", "make a new one with Dispatch"
    MK_E_SYNTAX = (
        0x800401E4,
        "no object has a name of this kind",
        "make one with Dispatch; MsftDiscMaster2 lists the drives",
    )
    E_ACCESSDENIED = (
        0x80070005,
        "another program uses the device, or its disc is mounted",
        "close that program or unmount the disc, and call again",
    )
    HRESULT_FROM_WIN32_ERROR_FILE_NOT_FOUND = 0x80070002, "there is no such file", "look at the name"
    HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE = (
        0x80070006,
        "the recorder's device is not open",
        "call InitializeDiscRecorder again",
    )
    E_OUTOFMEMORY = 0x8007000E, "out of memory", "close other programs and call again"
    HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST = (
        0x80070037,
        "the device is gone",
        "check cable and power, then call InitializeDiscRecorder again",
    )
    E_INVALIDARG = 0x80070057, "an argument has a value that is not allowed", "check the arguments' ranges"
    STRSAFE_E_INVALID_PARAMETER = E_INVALIDARG  # the same number: a string is too long

    # General

    E_IMAPI_REQUEST_CANCELLED = (
        0xC0AA0002,
        "the client cancelled the operation",
        "call ReleaseMedia, then look at how many tracks the disc has",
    )
    E_IMAPI_RECORDER_REQUIRED = 0xC0AA0003, "no recorder is set", _SET_RECORDER
    S_IMAPI_SPEEDADJUSTED = 0x00AA0004, "success, at another speed than asked for"
    S_IMAPI_ROTATIONADJUSTED = 0x00AA0005, "success, with the other kind of rotation"
    S_IMAPI_BOTHADJUSTED = 0x00AA0006, "success, at another speed and with the other kind of rotation"
    E_IMAPI_BURN_VERIFICATION_FAILED = (
        0xC0AA0007,
        "the disc was burned, but the check afterwards found it wrong",
        "don't rely on the disc; burn another, at a lower speed",
    )

    # Recorder

    S_IMAPI_COMMAND_HAS_SENSE_DATA = (
        0x00AA0200,
        "delivered, but the drive answered with sense data: look at it",
    )
    E_IMAPI_RECORDER_NO_SUCH_MODE_PAGE = (
        0xC0AA0201,
        "the drive has no such mode page, or not those values of it",
        "check SupportedModePages before you ask for the page",
    )
    E_IMAPI_RECORDER_MEDIA_NO_MEDIA = (
        0xC0AA0202,
        "there is no disc in the drive",
        "insert a disc and call again",
    )
    E_IMAPI_RECORDER_MEDIA_INCOMPATIBLE = 0xC0AA0203, "the drive cannot use this disc", _BLANK_DISC
    E_IMAPI_RECORDER_MEDIA_UPSIDE_DOWN = (
        0xC0AA0204,
        "the disc is upside down",
        "turn the disc over and call again",
    )
    E_IMAPI_RECORDER_MEDIA_BECOMING_READY = 0xC0AA0205, "the drive is not ready yet", _WAIT
    E_IMAPI_RECORDER_MEDIA_FORMAT_IN_PROGRESS = 0xC0AA0206, "the drive is formatting the disc", _WAIT_LONG
    E_IMAPI_RECORDER_MEDIA_BUSY = 0xC0AA0207, "the drive is still at a long operation", _WAIT_LONG
    E_IMAPI_RECORDER_INVALID_MODE_PARAMETERS = (
        0xC0AA0208,
        "the drive refused this combination of settings",
        "change one setting less, or go back to the defaults",
    )
    E_IMAPI_RECORDER_MEDIA_WRITE_PROTECTED = 0xC0AA0209, "the disc is write-protected", _BLANK_DISC
    E_IMAPI_RECORDER_NO_SUCH_FEATURE = 0xC0AA020A, "the drive does not have that feature", _FEATURE
    E_IMAPI_RECORDER_FEATURE_IS_NOT_CURRENT = (
        0xC0AA020B,
        "the drive has that feature, but not with this disc",
        "insert a disc that the feature is for, and call again",
    )
    E_IMAPI_RECORDER_GET_CONFIGURATION_NOT_SUPPORTED = (
        0xC0AA020C,
        "the drive is too old to report its features",
        "read mode page 2Ah instead, or use another drive",
    )
    E_IMAPI_RECORDER_COMMAND_TIMEOUT = 0xC0AA020D, "the drive did not answer in time", _POWER
    E_IMAPI_RECORDER_DVD_STRUCTURE_NOT_PRESENT = (
        0xC0AA020E,
        "disc and drive have no such DVD structure",
        "ask for another structure, or insert a DVD",
    )
    E_IMAPI_RECORDER_MEDIA_SPEED_MISMATCH = (
        0xC0AA020F,
        "the disc is made for other speeds than the drive's",
        "insert a disc rated for the drive's speeds and call again",
    )
    E_IMAPI_RECORDER_LOCKED = (
        0xC0AA0210,
        "another program has exclusive access to the drive",
        "read ExclusiveAccessOwner to see which, close that program and call again",
    )
    E_IMAPI_RECORDER_CLIENT_NAME_IS_NOT_VALID = (
        0xC0AA0211,
        "the name given for the lock is not allowed",
        "give a name of 1 to 63 letters, digits, spaces and . , : ; - _",
    )
    # This one is in imapi2error.h, but not in the published table of return values.
    E_IMAPI_RECORDER_MEDIA_NOT_FORMATTED = (
        0xC0AA0212,
        "the disc is not formatted",
        "format the disc, or insert one that needs no formatting",
    )
    E_IMAPI_RECORDER_INVALID_RESPONSE_FROM_DEVICE = 0xC0AA02FF, "the drive's answer makes no sense", _POWER

    # Write engine

    E_IMAPI_LOSS_OF_STREAMING = (
        0xC0AA0300,
        "the data came too slowly for the drive",
        "insert a fresh disc, set a lower speed with SetWriteSpeed and close other programs",
    )
    E_IMAPI_UNEXPECTED_RESPONSE_FROM_DEVICE = (
        0xC0AA0301,
        "the drive reported an error that cannot be recovered from",
        "try a lower speed and another disc",
    )
    S_IMAPI_WRITE_NOT_IN_PROGRESS = 0x00AA0302, "success: nothing is being written"

    # Data writer

    E_IMAPI_DF2DATA_WRITE_IN_PROGRESS = 0xC0AA0400, "the data writer is writing", _WRITE_RUNS
    E_IMAPI_DF2DATA_WRITE_NOT_IN_PROGRESS = 0xC0AA0401, "the data writer is not writing", _NO_WRITE_RUNS
    E_IMAPI_DF2DATA_INVALID_MEDIA_STATE = (
        0xC0AA0402,
        "only possible with a disc that the data writer supports",
        "check IsCurrentMediaSupported, or insert another disc",
    )
    E_IMAPI_DF2DATA_STREAM_NOT_SUPPORTED = (
        0xC0AA0403,
        "the data writer cannot use the stream",
        "pass a stream of whole 2048-byte sectors",
    )
    E_IMAPI_DF2DATA_STREAM_TOO_LARGE_FOR_CURRENT_MEDIA = (
        0xC0AA0404,
        "the data does not fit on the disc",
        "write less, or insert a larger disc",
    )
    E_IMAPI_DF2DATA_MEDIA_NOT_BLANK = (
        0xC0AA0405,
        "the disc is not blank and ForceOverwrite is not set",
        "set ForceOverwrite, or insert a blank disc",
    )
    E_IMAPI_DF2DATA_MEDIA_IS_NOT_SUPPORTED = (
        0xC0AA0406,
        "the data writer cannot use this kind of disc",
        "insert a disc of one of the SupportedMediaTypes",
    )
    E_IMAPI_DF2DATA_RECORDER_NOT_SUPPORTED = 0xC0AA0407, "the recorder cannot do data discs", _OTHER_RECORDER
    E_IMAPI_DF2DATA_CLIENT_NAME_IS_NOT_VALID = 0xC0AA0408, "the client name is not allowed", _CLIENT_NAME

    # Track-at-once writer

    E_IMAPI_DF2TAO_WRITE_IN_PROGRESS = 0xC0AA0500, "this writer is writing a track", _WRITE_RUNS
    E_IMAPI_DF2TAO_WRITE_NOT_IN_PROGRESS = 0xC0AA0501, "no track is being written", _NO_WRITE_RUNS
    E_IMAPI_DF2TAO_MEDIA_IS_NOT_PREPARED = (
        0xC0AA0502,
        "only possible between PrepareMedia and ReleaseMedia",
        _PREPARE_FIRST,
    )
    E_IMAPI_DF2TAO_MEDIA_IS_PREPARED = (
        0xC0AA0503,
        "not possible between PrepareMedia and ReleaseMedia",
        _RELEASE_FIRST,
    )
    E_IMAPI_DF2TAO_PROPERTY_FOR_BLANK_MEDIA_ONLY = (
        0xC0AA0504,
        "the property is fixed once the disc has been written to",
        "set it while the disc is blank",
    )
    E_IMAPI_DF2TAO_TABLE_OF_CONTENTS_EMPTY_DISC = (
        0xC0AA0505,
        "a blank disc has no table of contents",
        "add a track first",
    )
    E_IMAPI_DF2TAO_MEDIA_IS_NOT_BLANK = 0xC0AA0506, "the disc is a CD-R or CD-RW, but not blank", _ERASE
    E_IMAPI_DF2TAO_MEDIA_IS_NOT_SUPPORTED = 0xC0AA0507, "the disc is not a writable CD", _BLANK_DISC
    E_IMAPI_DF2TAO_TRACK_LIMIT_REACHED = (
        0xC0AA0508,
        "the disc has 99 tracks, and a CD cannot have more",
        "call ReleaseMedia and continue with the next disc",
    )
    E_IMAPI_DF2TAO_NOT_ENOUGH_SPACE = (
        0xC0AA0509,
        "the track does not fit into what is left on the disc",
        "compare its length with FreeSectorsOnMedia; add a shorter track or call ReleaseMedia",
    )
    E_IMAPI_DF2TAO_NO_RECORDER_SPECIFIED = 0xC0AA050A, "the writer has no recorder", _SET_RECORDER
    E_IMAPI_DF2TAO_INVALID_ISRC = (
        0xC0AA050B,
        "the ISRC is malformed; no call of the track-at-once writer takes one",
        "leave the ISRC out",
    )
    E_IMAPI_DF2TAO_INVALID_MCN = (
        0xC0AA050C,
        "the media catalogue number is malformed; no call of the track-at-once writer takes one",
        "leave the number out",
    )
    E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED = (
        0xC0AA050D,
        "the writer cannot use the stream",
        "pass whole 44.1 kHz 16-bit stereo samples without a header, in a stream that can seek",
    )
    E_IMAPI_DF2TAO_RECORDER_NOT_SUPPORTED = (
        0xC0AA050E,
        "the recorder cannot do track-at-once",
        _OTHER_RECORDER,
    )
    E_IMAPI_DF2TAO_CLIENT_NAME_IS_NOT_VALID = 0xC0AA050F, "the client name is not allowed", _CLIENT_NAME

    # Raw CD (disc-at-once) writer; 0605, 0608, 060B and 060C are not used

    E_IMAPI_DF2RAW_WRITE_IN_PROGRESS = 0xC0AA0600, "the disc-at-once writer is writing", _WRITE_RUNS
    E_IMAPI_DF2RAW_WRITE_NOT_IN_PROGRESS = (
        0xC0AA0601,
        "the disc-at-once writer is not writing",
        _NO_WRITE_RUNS,
    )
    E_IMAPI_DF2RAW_MEDIA_IS_NOT_PREPARED = (
        0xC0AA0602,
        "only possible between PrepareMedia and ReleaseMedia",
        _PREPARE_FIRST,
    )
    E_IMAPI_DF2RAW_MEDIA_IS_PREPARED = (
        0xC0AA0603,
        "not possible between PrepareMedia and ReleaseMedia",
        _RELEASE_FIRST,
    )
    E_IMAPI_DF2RAW_CLIENT_NAME_IS_NOT_VALID = 0xC0AA0604, "the client name is not allowed", _CLIENT_NAME
    E_IMAPI_DF2RAW_MEDIA_IS_NOT_BLANK = 0xC0AA0606, "the disc is not blank", _ERASE
    # The disc-at-once writer's IsRecorderSupported returns this one as its answer, not as a failure.
    E_IMAPI_DF2RAW_MEDIA_IS_NOT_SUPPORTED = 0xC0AA0607, "the disc is not a writable CD", _BLANK_DISC
    E_IMAPI_DF2RAW_NOT_ENOUGH_SPACE = (
        0xC0AA0609,
        "the session does not fit on the disc",
        "make the image shorter than LastPossibleStartOfLeadout, or insert a longer disc",
    )
    E_IMAPI_DF2RAW_NO_RECORDER_SPECIFIED = 0xC0AA060A, "the writer has no recorder", _SET_RECORDER
    E_IMAPI_DF2RAW_STREAM_NOT_SUPPORTED = (
        0xC0AA060D,
        "the writer cannot use the stream",
        "pass the stream that CreateResultImage gave",
    )
    E_IMAPI_DF2RAW_DATA_BLOCK_TYPE_NOT_SUPPORTED = (
        0xC0AA060E,
        "the recorder cannot write sectors with that subcode",
        "choose one of the SupportedSectorTypes",
    )
    E_IMAPI_DF2RAW_STREAM_LEADIN_TOO_SHORT = (
        0xC0AA060F,
        "the image has too few lead-in sectors for this disc",
        "start the image at 95:00:00, as CreateResultImage does",
    )
    E_IMAPI_DF2RAW_RECORDER_NOT_SUPPORTED = 0xC0AA0610, "the recorder cannot do disc-at-once", _OTHER_RECORDER

    # Erase; only the last three have the C0AA prefix

    E_IMAPI_ERASE_RECORDER_IN_USE = (
        0x80AA0900,
        "a disc is being erased, so the recorder cannot be changed",
        "wait until EraseMedia has returned",
    )
    E_IMAPI_ERASE_ONLY_ONE_RECORDER_SUPPORTED = (
        0x80AA0901,
        "there is a recorder already",
        "set Recorder to None before you set another",
    )
    E_IMAPI_ERASE_DISC_INFORMATION_TOO_SMALL = (
        0x80AA0902,
        "the drive reported too little about the disc",
        _POWER,
    )
    E_IMAPI_ERASE_MODE_PAGE_2A_TOO_SMALL = 0x80AA0903, "the drive reported too little about itself", _POWER
    E_IMAPI_ERASE_MEDIA_IS_NOT_ERASABLE = (
        0x80AA0904,
        "the disc cannot be erased",
        "insert a CD-RW and call again",
    )
    E_IMAPI_ERASE_DRIVE_FAILED_ERASE_COMMAND = (
        0x80AA0905,
        "the drive failed to erase the disc",
        "set FullErase and call again, or take another disc",
    )
    E_IMAPI_ERASE_TOOK_LONGER_THAN_ONE_HOUR = (
        0x80AA0906,
        "it did not end within an hour, or the disc or the drive is bad",
        "switch the drive off and on and take another disc",
    )
    E_IMAPI_ERASE_UNEXPECTED_DRIVE_RESPONSE_DURING_ERASE = (
        0x80AA0907,
        "the drive reported an error while erasing; what the disc holds now is unknown",
        "erase the disc once more, with FullErase set",
    )
    E_IMAPI_ERASE_DRIVE_FAILED_SPINUP_COMMAND = 0x80AA0908, "the drive could not start the disc", _POWER
    E_IMAPI_ERASE_MEDIA_IS_NOT_SUPPORTED = (
        0xC0AA0909,
        "this kind of disc cannot be erased here",
        "insert a CD-RW and call again",
    )
    E_IMAPI_ERASE_RECORDER_NOT_SUPPORTED = 0xC0AA090A, "the recorder cannot erase", _OTHER_RECORDER
    E_IMAPI_ERASE_CLIENT_NAME_IS_NOT_VALID = 0xC0AA090B, "the client name is not allowed", _CLIENT_NAME

    # Raw CD image

    E_IMAPI_RAW_IMAGE_IS_READ_ONLY = (
        0x80AA0A00,
        "the image was created and cannot change any more",
        _NEW_IMAGE,
    )
    E_IMAPI_RAW_IMAGE_TOO_MANY_TRACKS = (
        0x80AA0A01,
        "the track would have a number above 99",
        "add fewer tracks, or lower StartingTrackNumber",
    )
    E_IMAPI_RAW_IMAGE_SECTOR_TYPE_NOT_SUPPORTED = (
        0x80AA0A02,
        "the image cannot have tracks of that sector type",
        "use IMAPI_CD_SECTOR_AUDIO",
    )
    E_IMAPI_RAW_IMAGE_NO_TRACKS = 0x80AA0A03, "only possible with at least one track", "add a track first"
    E_IMAPI_RAW_IMAGE_TRACKS_ALREADY_ADDED = 0x80AA0A04, "only possible before the first track", _NEW_IMAGE
    E_IMAPI_RAW_IMAGE_INSUFFICIENT_SPACE = (
        0x80AA0A05,
        "the track would pass the limit for the lead-out",
        "add a shorter track, or raise StartOfLeadoutLimit",
    )
    E_IMAPI_RAW_IMAGE_TOO_MANY_TRACK_INDEXES = (
        0x80AA0A06,
        "the track would have more than 99 indexes",
        "clear an index first",
    )
    E_IMAPI_RAW_IMAGE_TRACK_INDEX_NOT_FOUND = (
        0x80AA0A07,
        "the track has no index there",
        "take an offset from TrackIndexes",
    )
    S_IMAPI_RAW_IMAGE_TRACK_INDEX_ALREADY_EXISTS = 0x00AA0A08, "success: the index already existed"
    E_IMAPI_RAW_IMAGE_TRACK_INDEX_OFFSET_ZERO_CANNOT_BE_CLEARED = (
        0x80AA0A09,
        "the index at offset 0, where the track starts, cannot be removed",
        "clear another index",
    )
    E_IMAPI_RAW_IMAGE_TRACK_INDEX_TOO_CLOSE_TO_OTHER_INDEX = (
        0x80AA0A0A,
        "two indexes would be less than ten sectors apart",
        "choose an offset farther from the other index",
    )
