"""Sense data: from bytes to a `Sense` and back, and to the error class that each one means.

Source: SPC-4 4.5 (fixed 70h/71h and descriptor 72h/73h format), MMC-5 annex F (codes).
"""

from __future__ import annotations

from typing import NamedTuple

from redbook import errors
from redbook.disc import FIRST_LEAD_IN_LBA, LAST_LBA
from redbook.errors import Sense, SenseError

NO_SENSE, RECOVERED, NOT_READY, MEDIUM, HARDWARE, ILLEGAL, ATTENTION, PROTECT, BLANK = range(9)
ABORTED = 0xB

PROGRESS_UNITS = 65536
VENDOR_SPECIFIC = 0x80
"""Additional sense codes from here on are the maker's own.  Source: SPC-4 4.5.2.1."""

LIBATA_ABORTED = b"\x72\x0b\x00\x00"
"""How Linux's ATA driver says that a command timed out: B/00/00 in descriptor format, in sense of its own."""


def parse(raw: bytes) -> Sense:
    """Read sense data in either format; bytes that are missing at the end count as zero.

    raises  ValueError  for a response code other than 70h..73h
    """
    response = raw[0] & 0x7F if raw else 0
    if response in (0x70, 0x71):
        return _parse_fixed(raw)
    if response in (0x72, 0x73):
        return _parse_descriptors(raw)
    raise ValueError(f"sense data of unknown format: {raw.hex(' ') or 'none'}")


def _parse_fixed(raw: bytes) -> Sense:
    data = raw.ljust(18, b"\0")
    progress, field_offset = _key_specific(data[2] & 0xF, data[15:18])
    return Sense(
        key=data[2] & 0xF,
        asc=data[12],
        ascq=data[13],
        information=int.from_bytes(data[3:7], "big", signed=True) if data[0] & 0x80 else None,
        deferred=data[0] & 0x7F == 0x71,
        progress=progress,
        field_offset=field_offset,
        raw=raw,
    )


def _parse_descriptors(raw: bytes) -> Sense:
    data = raw.ljust(8, b"\0")
    key = data[1] & 0xF
    information = progress = field_offset = None
    position, end = 8, min(len(raw), 8 + data[7])
    while position + 2 <= end:
        kind, size = raw[position], raw[position + 1] + 2
        body = raw[position : position + size]
        if kind == 0x00 and len(body) >= 12 and body[2] & 0x80:
            information = int.from_bytes(body[4:12], "big", signed=True)
        elif kind == 0x02 and len(body) >= 7:
            progress, field_offset = _key_specific(key, body[4:7])
        position += size
    deferred = data[0] & 0x7F == 0x73
    return Sense(key, data[2], data[3], information, deferred, progress, field_offset, raw)


def _key_specific(key: int, three: bytes) -> tuple[float | None, int | None]:
    if not three[0] & 0x80:
        return None, None
    value = int.from_bytes(three[1:3], "big")
    if key in (NO_SENSE, NOT_READY):
        return value / PROGRESS_UNITS, None
    return None, value if key == ILLEGAL else None


def build(sense: Sense) -> bytes:
    """The 18 bytes for a sense, in fixed format."""
    data = bytearray(18)
    data[0] = 0x71 if sense.deferred else 0x70
    data[2], data[7], data[12], data[13] = sense.key, 10, sense.asc, sense.ascq
    if sense.information is not None:
        data[0] |= 0x80
        data[3:7] = (sense.information & 0xFFFFFFFF).to_bytes(4, "big")
    if sense.progress is not None:
        units = min(int(sense.progress * PROGRESS_UNITS), PROGRESS_UNITS - 1)
        data[15:18] = b"\x80" + units.to_bytes(2, "big")
    elif sense.field_offset is not None:
        data[15:18] = b"\x80" + sense.field_offset.to_bytes(2, "big")
    return bytes(data)


class Meaning(NamedTuple):
    """notable: a person should know about it, though the job goes on"""

    error: type[SenseError]
    text: str
    advice: str = ""
    notable: bool = False


_WAIT = "wait a moment and try again"
_OTHER_DISC = "try another disc, of another brand if you can"
_BAD_DISC = "try another brand of disc, or clean the drive's lens"
_KEEP_UP = "close other programs"
_OFF_AND_ON = "switch the drive off and on"
_ANOTHER_DRIVE = (
    "take the disc out and put it in again; if that does not help, switch the drive off and on, or try "
    "another drive"
)
_AGAIN = "try again"
_LOOK = "look at the disc with `redbook info`, then try again"
_CLOSE_OTHERS = "close other programs that use the drive, then try again"
_CABLE = "check the cable, the port and the drive's power, then try again"

_EXACT: dict[tuple[int, int, int], Meaning] = {
    (0, 0x00, 0x16): Meaning(SenseError, "an operation is in progress", _WAIT),
    (1, 0x73, 0x01): Meaning(
        SenseError,
        "the disc's power calibration area is almost full: there is room for only a few more burns on it",
        notable=True,
    ),
    (1, 0x73, 0x06): Meaning(
        SenseError,
        "the disc's list of tracks (PMA) is almost full: only a few more tracks fit on it",
        notable=True,
    ),
    (2, 0x00, 0x00): Meaning(errors.Unexplained, "not ready", _WAIT),
    (2, 0x04, 0x00): Meaning(errors.Unexplained, "not ready", _WAIT),
    (2, 0x04, 0x01): Meaning(errors.BecomingReady, "becoming ready", _WAIT),
    (2, 0x04, 0x02): Meaning(
        errors.NeedsStart, "the drive has stopped, and is waiting for a START STOP UNIT command", _OFF_AND_ON
    ),
    (2, 0x04, 0x03): Meaning(
        errors.ManualIntervention, "the drive needs manual intervention", "look at the drive"
    ),
    (2, 0x04, 0x04): Meaning(errors.FormatInProgress, "formatting", _WAIT),
    (2, 0x04, 0x07): Meaning(errors.OperationInProgress, "an operation is in progress", _WAIT),
    (2, 0x04, 0x08): Meaning(errors.LongWriteInProgress, "the drive's buffer is full", _WAIT),
    (2, 0x04, 0x09): Meaning(errors.BecomingReady, "self-test in progress", _WAIT),
    (2, 0x3E, 0x00): Meaning(errors.BecomingReady, "the drive is still setting itself up", _WAIT),
    (2, 0x3A, 0x02): Meaning(errors.TrayOpen, "the tray is open", "insert a disc and close the tray"),
    (3, 0x0C, 0x09): Meaning(errors.LossOfStreaming, "the drive ran out of data", _KEEP_UP),
    (3, 0x0C, 0x0A): Meaning(errors.LossOfStreaming, "the drive ran out of data and padded", _KEEP_UP),
    (3, 0x73, 0x00): Meaning(errors.MediumError, "CD control error", _BAD_DISC),
    (3, 0x73, 0x02): Meaning(
        errors.PowerCalibrationError,
        "the disc's power calibration area is full: it cannot be written to any more",
        _OTHER_DISC,
    ),
    (3, 0x73, 0x04): Meaning(
        errors.MediumError, "the disc's list of tracks (PMA) could not be written", _BAD_DISC
    ),
    (3, 0x73, 0x05): Meaning(errors.MediumError, "the disc's list of tracks (PMA) is full", _OTHER_DISC),
    (4, 0x3E, 0x01): Meaning(errors.HardwareError, "failure of the drive", _OFF_AND_ON),
    (4, 0x3E, 0x02): Meaning(errors.HardwareError, "time-out inside the drive", _OFF_AND_ON),
    (4, 0x44, 0x00): Meaning(errors.HardwareError, "internal failure", _OFF_AND_ON),
    (5, 0x21, 0x02): Meaning(errors.InvalidWriteAddress, "not the next writable address", _ANOTHER_DRIVE),
    (5, 0x2C, 0x03): Meaning(errors.CommandSequenceError, "the program area is not empty", _OTHER_DISC),
    (5, 0x2C, 0x04): Meaning(errors.CommandSequenceError, "the program area is empty", _OTHER_DISC),
    (5, 0x30, 0x08): Meaning(
        errors.IncompatibleMedium,
        "the drive needs a disc made for audio (application code mismatch)",
        "use one that is labelled CD-R Audio or For Music",
    ),
    (5, 0x30, 0x09): Meaning(
        errors.IncompatibleMedium, "the last session is not closed so that tracks can be added", _OTHER_DISC
    ),
    (5, 0x30, 0x06): Meaning(
        errors.CannotErase, "this medium cannot be erased", "only a CD-RW can be blanked"
    ),
    (5, 0x53, 0x02): Meaning(errors.RemovalPrevented, "the tray is locked by a program", _CLOSE_OTHERS),
    (5, 0x72, 0x03): Meaning(
        errors.SessionIncomplete, "a track of the session is incomplete", _ANOTHER_DRIVE
    ),
    (0xB, 0x4E, 0x00): Meaning(
        errors.OverlappedCommands,
        "another program is talking to the drive",
        "close it, and programs that mount discs",
    ),
}

_BY_ASC: dict[tuple[int, int], Meaning] = {
    (2, 0x06): Meaning(errors.UpsideDown, "no reference position", "is the disc upside down?"),
    (3, 0x06): Meaning(errors.UpsideDown, "no reference position", "is the disc upside down?"),
    (2, 0x30): Meaning(errors.IncompatibleMedium, "the drive cannot use this medium", _OTHER_DISC),
    (5, 0x30): Meaning(errors.IncompatibleMedium, "the drive cannot use this medium", _OTHER_DISC),
    (2, 0x3A): Meaning(errors.NoMedium, "no disc in the drive", "insert a disc"),
    (2, 0x53): Meaning(errors.NotReady, "the tray did not load or eject", "look at the tray"),
    (4, 0x53): Meaning(errors.HardwareError, "the tray did not load or eject", "look at the tray"),
    (2, 0x57): Meaning(errors.UnreadableToc, "the table of contents cannot be read", _OTHER_DISC),
    (3, 0x57): Meaning(errors.UnreadableToc, "the table of contents cannot be read", _OTHER_DISC),
    (3, 0x31): Meaning(errors.IncompatibleMedium, "the medium's format is damaged", _OTHER_DISC),
    (3, 0x0C): Meaning(errors.WriteError, "write error", _BAD_DISC),
    (2, 0x0C): Meaning(errors.WriteError, "write error", _BAD_DISC),
    (3, 0x11): Meaning(errors.ReadError, "unreadable sector", "clean the disc"),
    (3, 0x02): Meaning(errors.MediumError, "seek error", _BAD_DISC),
    (3, 0x15): Meaning(errors.MediumError, "positioning error", _BAD_DISC),
    (3, 0x51): Meaning(errors.MediumError, "the disc could not be erased", _OTHER_DISC),
    (3, 0x72): Meaning(errors.FixationError, "lead-in or lead-out could not be written", _BAD_DISC),
    (3, 0x73): Meaning(errors.PowerCalibrationError, "the laser power could not be calibrated", _BAD_DISC),
    (5, 0x1A): Meaning(errors.InvalidParameter, "wrong parameter list length", _ANOTHER_DRIVE),
    (5, 0x20): Meaning(errors.UnknownCommand, "the drive does not know the command", _ANOTHER_DRIVE),
    (5, 0x21): Meaning(errors.AddressOutOfRange, "address out of range", _ANOTHER_DRIVE),
    (5, 0x24): Meaning(
        errors.InvalidField, "the drive does not accept a field of the command", _ANOTHER_DRIVE
    ),
    (5, 0x25): Meaning(errors.IllegalRequest, "no such logical unit", _CABLE),
    (5, 0x26): Meaning(errors.InvalidParameter, "the drive does not accept a parameter", _ANOTHER_DRIVE),
    (5, 0x2C): Meaning(
        errors.CommandSequenceError, "the command is not allowed in the drive's present state", _ANOTHER_DRIVE
    ),
    (5, 0x39): Meaning(errors.SavingNotSupported, "saving parameters is not supported", _ANOTHER_DRIVE),
    (5, 0x55): Meaning(errors.SystemResourceFailure, "the drive is out of resources", _WAIT),
    (5, 0x63): Meaning(errors.EndOfUserArea, "the disc is full", _OTHER_DISC),
    (5, 0x64): Meaning(errors.IllegalModeForTrack, "not possible on this track or disc", _OTHER_DISC),
    (5, 0x72): Meaning(
        errors.SessionIncomplete, "the session cannot be closed in its present state", _ANOTHER_DRIVE
    ),
    (5, 0xB5): Meaning(errors.DummyBlocksAdded, "the drive padded the track itself", _ANOTHER_DRIVE),
    (5, 0xBF): Meaning(errors.LossOfStreaming, "the drive ran out of data", _KEEP_UP),
    (5, 0x27): Meaning(errors.WriteProtected, "the medium is write-protected", "use another disc"),
    (7, 0x27): Meaning(errors.WriteProtected, "the medium is write-protected", "use another disc"),
    (6, 0x28): Meaning(errors.MediumChanged, "the medium may have changed", _LOOK),
    (6, 0x29): Meaning(errors.DeviceReset, "the drive was reset", _CABLE),
    (6, 0x2A): Meaning(
        errors.ParametersChanged, "another program changed the drive's parameters", _CLOSE_OTHERS
    ),
    (6, 0x2E): Meaning(errors.InsufficientTime, "the drive is still working", _WAIT),
    (6, 0x5A): Meaning(errors.UnitAttention, "somebody pressed the drive's button", _AGAIN, notable=True),
    (1, 0x5D): Meaning(SenseError, "the drive predicts that it will fail soon", notable=True),
    (4, 0x08): Meaning(errors.CommunicationError, "communication failure", _CABLE),
    (4, 0x1B): Meaning(errors.CommunicationError, "the transfer failed", _CABLE),
    (4, 0x47): Meaning(errors.CommunicationError, "the data arrived damaged", _CABLE),
    (4, 0x09): Meaning(errors.ServoError, "tracking or focus failure", _OFF_AND_ON),
}

_BY_KEY: dict[int, Meaning] = {
    NO_SENSE: Meaning(SenseError, "refused without a reason", _ANOTHER_DRIVE),
    RECOVERED: Meaning(SenseError, "recovered error", _AGAIN),
    NOT_READY: Meaning(errors.NotReady, "not ready", _WAIT),
    MEDIUM: Meaning(errors.MediumError, "medium error", _BAD_DISC),
    HARDWARE: Meaning(errors.HardwareError, "hardware error", _OFF_AND_ON),
    ILLEGAL: Meaning(errors.IllegalRequest, "the drive does not accept the command", _ANOTHER_DRIVE),
    ATTENTION: Meaning(errors.UnitAttention, "the drive's state changed", _AGAIN),
    PROTECT: Meaning(errors.WriteProtected, "protected", "use another disc"),
    BLANK: Meaning(errors.BlankCheck, "nothing is recorded there", _LOOK),
    ABORTED: Meaning(errors.CommandAborted, "the command was aborted", "try again"),
}


def meaning(sense: Sense) -> Meaning:
    """The most exact entry for this sense; there is one for every sense."""
    return (
        _EXACT.get((sense.key, sense.asc, sense.ascq))
        or _BY_ASC.get((sense.key, sense.asc))
        or _BY_KEY.get(sense.key)
        or Meaning(SenseError, "refused for an unknown reason", _OFF_AND_ON)
    )


def is_known(sense: Sense) -> bool:
    """Whether more is known about a sense than its key says."""
    return (sense.key, sense.asc, sense.ascq) in _EXACT or (sense.key, sense.asc) in _BY_ASC


def to_error(command: str, sense: Sense, own_codes: bool = False) -> SenseError:
    """The error for a refused command: what was asked, what came back, what to try.

    A deferred error is about an earlier command. Code that knows how to go on after a refusal of this command
    must not take a deferred error for one, so that has a class of its own (except for lost data, after which
    nothing goes on).

    own_codes  whether this drive's vendor-specific codes are believed
    """
    known = meaning(sense)
    at = sense.information
    where = f" at sector {at}" if at is not None and FIRST_LEAD_IN_LBA <= at <= LAST_LBA else ""
    kind = known.error
    text = f"{command} was refused{where}: {known.text} ({sense})"
    if sense.deferred:
        text = f"{command}: an earlier command failed after all{where}: {known.text} ({sense}, deferred)"
        kind = kind if kind is errors.LossOfStreaming else errors.DeferredError
    own_code = own_codes and sense.asc >= VENDOR_SPECIFIC
    return kind(f"{text}; {known.advice}" if known.advice else text, command, sense, own_code)
