"""What can go wrong.

RedbookError
├── AudioError                  a source cannot become a track; nothing was sent
│   └── SheetError              a cue sheet, TOC file or master says something impossible; .line
├── PlanError                   the request breaks a Red Book rule or does not fit; nothing was sent
├── NoRoom                      this computer cannot keep the decoded audio; nothing was sent
├── VerificationFailed          the disc was read back and differs; .report
├── Cancelled                   someone asked to stop; .disc_now
├── NotCommitted                whoever had to agree to a burn did not; .disc_now, .reason
├── FetchFailed                 no server provides a master, or a needed package is not installed
├── ShareError                  a recorder cannot be shared with other programs
├── LedgerError                 the ledger of ordered copies cannot store or return what was asked
│   ├── LedgerUnavailable       no answer came; ask again
│   ├── LedgerFull              no room; nothing was changed
│   ├── LedgerDamaged           it is not a ledger, is damaged, or from a newer version
│   ├── LedgerConflict          the database's own rules refuse it; nothing was changed
│   ├── NotInLedger             no such order, attempt or drive
│   ├── HostNameTaken           another machine goes by this host's name
│   ├── NoCopyFree              each copy of the order already has its disc
│   └── StepRefused             what was reported about an attempt or order is impossible; .state
│       ├── Overtaken           another process is now responsible for this attempt
│       ├── OrderClosed         the order is paused or cancelled: do not burn
│       └── ClaimRefused        this drive or this blank may not be used
└── DriveError                  the drive, the medium, or the connection to them
    ├── DriveNotFound           no recorder of that name
    ├── DriveBusy               another program has it
    ├── DrivePermission         the system does not let this user open it; .cure says what fixes that
    ├── MediumUnsuitable        not recordable, not erasable, not there
    │   ├── NotARecorder        the drive cannot write CDs
    │   ├── NotRecordable       no CD-R or CD-RW
    │   └── DiscNotBlank        a CD-R or CD-RW that is not blank
    ├── NotReadWhole            parts of a disc cannot be read, and must not be left out; .lba
    ├── FeatureMissing          the drive lacks a feature; FeatureNotCurrent: with this disc
    ├── BurnFailed              a burn failed; .disc_now says what is on the disc, __cause__ why
    ├── EraseFailed             the same for blanking a disc
    ├── CloseFailed             the same for closing a session
    ├── ImageError              a virtual disc's folder is damaged, half written or from a newer version
    ├── InvalidReply            the drive's answer makes no sense
    │   ├── Contradiction       it says two things about the disc that cannot both be true
    │   ├── ParametersIgnored   it said GOOD to MODE SELECT and did something else
    │   └── ImpossiblyFast      it said that a track is on the disc, in less time than that takes
    ├── NotTaken                the drive had no time for the command; send it again
    ├── TransportError          no answer came
    │   ├── TransportTimeout    ... in the time allowed; StillBusy: it says again and again that it is at work
    │   ├── DriveGone           ... because the drive left
    │   ├── DriveClosed         ... because this program has closed it
    │   ├── BusReset            ... because the connection to the drive was reset
    │   ├── TransferTooLarge    ... because one command cannot transfer that much; .most_bytes
    │   ├── MemoryShort         ... because the system had no memory for it
    │   ├── TranscriptError     ... because the transcript that is replayed says something else
    │   └── StorageFailed       ... because the host could not store the virtual disc (full, unplugged)
    └── SenseError              the drive refused the command; .command, .sense
        ├── NotReady            2/..
        │   ├── BecomingReady           2/04/01, 09, 2/3E  ├── NeedsStart             2/04/02
        │   ├── Unexplained (one of these)  2/04/00, 2/00/00
        │   ├── ManualIntervention      2/04/03            ├── OperationInProgress    2/04/07
        │   ├── FormatInProgress        2/04/04            ├── LongWriteInProgress    2/04/08
        │   └── NoMedium                2/3A               └── TrayOpen (a NoMedium)  2/3A/02
        ├── IncompatibleMedium  2/30, 5/30 and so on; UpsideDown ./06, UnreadableToc ./57
        ├── MediumError         3/..: WriteError 0C, ReadError 11, FixationError 72, PowerCalibrationError 73
        ├── DeferredError       71h: an earlier command, answered GOOD, failed after all
        ├── LossOfStreaming     3/0C/09, 3/0C/0A, 5/BF: the drive ran out of data
        ├── HardwareError       4/..: CommunicationError 08, 1B, 47; ServoError 09
        ├── IllegalRequest      5/..
        │   ├── UnknownCommand          5/20               ├── InvalidField           5/24
        │   ├── AddressOutOfRange       5/21/00            ├── InvalidParameter       5/1A, 5/26
        │   ├── InvalidWriteAddress     5/21/02            ├── CommandSequenceError   5/2C
        │   ├── CannotErase             5/30/06            ├── RemovalPrevented       5/53/02
        │   ├── EndOfUserArea           5/63               ├── IllegalModeForTrack    5/64
        │   ├── SessionIncomplete       5/72               ├── SavingNotSupported     5/39
        │   ├── SystemResourceFailure   5/55               └── DummyBlocksAdded       5/B5
        ├── CueSheetRefused     SEND CUE SHEET, in every form
        ├── UnitAttention       6/..: MediumChanged 28, DeviceReset 29, ParametersChanged 2A,
        │                             InsufficientTime 2E
        ├── WriteProtected      7/27, 5/27
        ├── BlankCheck          8/..
        └── CommandAborted      B/..: OverlappedCommands 4E

Which sense becomes which class is a table in `redbook.mmc.sense`; only `Drive.run` raises SenseErrors.
"""

from __future__ import annotations

from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class Sense:
    """Why a drive refused a command.  Source: SPC-4 4.5.

    key, asc, ascq  sense key and additional sense code
    information     the failing LBA, where the drive gave one
    deferred        the error belongs to an earlier command that was answered GOOD
    progress        0.0 .. 1.0 of a running operation, where the drive gave it
    field_offset    number of the refused byte in the parameter list or CDB, where given
    raw             the bytes as they arrived
    """

    key: int
    asc: int = 0
    ascq: int = 0
    information: int | None = None
    deferred: bool = False
    progress: float | None = None
    field_offset: int | None = None
    raw: bytes = b""

    def __str__(self) -> str:
        return f"{self.key:X}/{self.asc:02X}/{self.ascq:02X}"


def printable(name: object) -> str:
    """A name on one line, whatever it contains, without control codes for a terminal; used in every
    message.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(name))


IGNORE_RESIDUE = "REDBOOK_IGNORE_RESIDUE"
"""Set to 1, a bridge's report that bytes were not delivered is ignored: some always report it."""


class RedbookError(Exception):
    """Anything that this package raises on purpose."""


class AudioError(RedbookError):
    """A source cannot become a track.  `source` is its name as the user gave it."""

    def __init__(self, message: str, source: str = "") -> None:
        super().__init__(message)
        self.source = source


class SheetError(AudioError):
    """A sheet says something impossible, or cannot be understood.

    source  the sheet's name as the user gave it
    line    where, from 1; 0 if it is not of one line
    """

    def __init__(self, message: str, source: str = "", line: int = 0) -> None:
        super().__init__(message, source)
        self.line = line


class PlanError(RedbookError):
    """The request breaks a rule of the Red Book, or does not fit on the disc."""


class NoRoom(RedbookError):
    """This computer has no room for the decoded audio or a report; sources and disc are not to blame."""


class VerificationFailed(RedbookError):
    """The disc was read back and is not what was sent.  `report` has every difference."""

    def __init__(self, message: str, report: object = None) -> None:
        super().__init__(message)
        self.report = report


class Cancelled(RedbookError):
    """The job was cancelled.  `disc_now` says what is on the disc."""

    def __init__(self, message: str, disc_now: str = "") -> None:
        super().__init__(message)
        self.disc_now = disc_now


class NotCommitted(RedbookError):
    """Whoever had to agree before something that cannot be taken back did not; `__cause__` says why.

    reason    what the callable raised
    disc_now  what is on the disc, in words
    """

    def __init__(self, message: str, reason: BaseException, disc_now: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.disc_now = disc_now


class ShareError(RedbookError):
    """A recorder cannot be shared with other programs: something that this needs is missing."""


class FetchFailed(RedbookError):
    """A master is not available from any of the named servers."""


class LedgerError(RedbookError):
    """The ledger of ordered copies cannot store or return what was asked."""


class LedgerUnavailable(LedgerError):
    """No answer came, and what should be written may or may not be written: report it again."""


class LedgerFull(LedgerError):
    """There is no room where the ledger is kept; nothing was changed."""


class LedgerDamaged(LedgerError):
    """This is not a ledger, it is damaged, or it is from a newer version."""


class LedgerConflict(LedgerError):
    """The database's own rules refuse it, whatever the code decided; nothing was changed."""


class NotInLedger(LedgerError):
    """The ledger has no such order, attempt or drive."""


class HostNameTaken(LedgerError):
    """Another machine goes by this host's name."""


class NoCopyFree(LedgerError):
    """Each copy of the order already has its disc."""


class StepRefused(LedgerError):
    """What was reported about an attempt or an order is impossible.  `state` is its present state."""

    def __init__(self, message: str, state: str = "") -> None:
        super().__init__(message)
        self.state = state


class Overtaken(StepRefused):
    """Another process is now responsible for this attempt: an examination, because this one was believed
    dead.
    """


class OrderClosed(StepRefused):
    """The order is paused or cancelled: the blank must not be burned."""


class ClaimRefused(StepRefused):
    """This drive or this blank may not be used now."""


class DriveError(RedbookError):
    """The drive, the medium, or the connection to them."""


class DriveNotFound(DriveError):
    """No recorder of that name."""


class DriveBusy(DriveError):
    """Another program has the recorder."""


class DrivePermission(DriveError):
    """The system does not let this user open the recorder.  cure: what to do about it, in words"""

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(f"{message}; {cure}" if cure else message)
        self.cure = cure


class MediumUnsuitable(DriveError):
    """The medium is not what the job needs."""


class NotARecorder(MediumUnsuitable):
    """The drive cannot write CDs, whatever is in it."""


class NotRecordable(MediumUnsuitable):
    """What is in the drive is not a CD-R or CD-RW."""


class DiscNotBlank(MediumUnsuitable):
    """A CD-R or CD-RW that is not blank, where a blank one is needed."""


class NotReadWhole(DriveError):
    """A disc that should be kept, copied or compared cannot be read completely or exactly.

    lba  the first sector that cannot be read correctly; None if this does not concern single sectors
    """

    def __init__(self, message: str, lba: int | None = None) -> None:
        super().__init__(message)
        self.lba = lba


class FeatureMissing(DriveError):
    """The drive does not have a feature at all."""


class FeatureNotCurrent(DriveError):
    """The drive has a feature, but not with the disc that is in it now."""


class BurnFailed(DriveError):
    """A burn failed after writing had begun; `__cause__` is the first error.

    disc_now  what is on the disc, in words
    track     number of the track being written, 0 if none was
    lba       sector of the command that failed, None if it was not a WRITE
    """

    def __init__(self, message: str, disc_now: str = "", track: int = 0, lba: int | None = None) -> None:
        super().__init__(message)
        self.disc_now = disc_now
        self.track = track
        self.lba = lba


class EraseFailed(DriveError):
    """Blanking was begun and did not succeed; `__cause__` is why.

    disc_now  what is known about the disc, in words
    """

    def __init__(self, message: str, disc_now: str = "") -> None:
        super().__init__(message)
        self.disc_now = disc_now


class CloseFailed(DriveError):
    """A session that was left open could not be closed; `__cause__` is why.

    disc_now  what is known about the disc, in words
    """

    def __init__(self, message: str, disc_now: str = "") -> None:
        super().__init__(message)
        self.disc_now = disc_now


class ImageError(DriveError):
    """The folder of a virtual disc is damaged, half written, or from a newer version."""


class InvalidReply(DriveError):
    """A reply too short or inconsistent."""


class Contradiction(InvalidReply):
    """The drive says two things about the disc that cannot both be true."""


class ParametersIgnored(InvalidReply):
    """MODE SELECT was answered GOOD, but the page is not what was sent."""


class ImpossiblyFast(InvalidReply):
    """A track was accepted with GOOD in less time than any drive needs to write it."""


class NotTaken(DriveError):
    """The drive has not accepted the command yet, but does not object to it: send it again."""


class TransportError(DriveError):
    """No answer came."""


class TransportTimeout(TransportError):
    """No answer came in the time allowed."""


class StillBusy(TransportTimeout):
    """The drive has answered, again and again, that it is not ready, for longer than the time allowed."""


class DriveGone(TransportError):
    """The drive has left."""


class DriveClosed(TransportError):
    """The connection to the drive was closed by this program."""


class BusReset(TransportError):
    """The connection to the drive was reset during a command."""


class TransferTooLarge(TransportError):
    """The system did not send the command: one command can transfer no more than `most_bytes`."""

    def __init__(self, message: str, most_bytes: int) -> None:
        super().__init__(message)
        self.most_bytes = most_bytes


class MemoryShort(TransportError):
    """The system had no memory for the command; it was not sent."""


class TranscriptError(TransportError):
    """A transcript cannot be read, or what is asked differs from what it says."""


class StorageFailed(TransportError):
    """The host could not store what a virtual recorder wrote."""


class SenseError(DriveError):
    """The drive refused a command.  `command` is its name, `sense` the reason.

    own_code  whether it is a vendor's code (ASC 80h and up) of a drive whose codes are known: redbook's own
    """

    def __init__(self, message: str, command: str, sense: Sense, own_code: bool = False) -> None:
        super().__init__(message)
        self.command = command
        self.sense = sense
        self.own_code = own_code


class NotReady(SenseError):
    """2/..: the drive cannot do this now."""


class BecomingReady(NotReady):
    """2/04/01 and similar: wait."""


class Unexplained(BecomingReady):
    """2/04/00, 2/00/00: not ready, and the drive does not say why; wait, but not long."""


class NeedsStart(NotReady):
    """2/04/02: START STOP UNIT is needed."""


class ManualIntervention(NotReady):
    """2/04/03: a person is needed."""


class FormatInProgress(NotReady):
    """2/04/04."""


class OperationInProgress(NotReady):
    """2/04/07: closing, blanking and so on."""


class LongWriteInProgress(NotReady):
    """2/04/08: the drive's buffer is full; send the same command again."""


class NoMedium(NotReady):
    """2/3A."""


class TrayOpen(NoMedium):
    """2/3A/02."""


class IncompatibleMedium(SenseError):
    """The medium is of a kind or in a state that the drive cannot handle."""


class UpsideDown(IncompatibleMedium):
    """./06/00: no reference position; the disc may be upside down."""


class UnreadableToc(IncompatibleMedium):
    """./57: the drive cannot read a table of contents; as with many blank discs."""


class MediumError(SenseError):
    """3/..: the medium is bad."""


class WriteError(MediumError):
    """3/0C."""


class ReadError(MediumError):
    """3/11."""


class FixationError(MediumError):
    """3/72: lead-in or lead-out could not be written."""


class PowerCalibrationError(MediumError):
    """3/73."""


class LossOfStreaming(SenseError):
    """The drive ran out of data with buffer underrun protection off."""


class HardwareError(SenseError):
    """4/..: the drive is broken or was disturbed."""


class CommunicationError(HardwareError):
    """4/08, 4/1B, 4/47: something went wrong between host and drive."""


class ServoError(HardwareError):
    """4/09: tracking, focus, spindle."""


class DeferredError(SenseError):
    """71h: an earlier command, already answered GOOD, failed after all; this one was not executed."""


class IllegalRequest(SenseError):
    """5/..: the drive does not accept the command."""


class CueSheetRefused(SenseError):
    """The drive refused the cue sheet of a session in all of its forms; the disc is untouched."""


class UnknownCommand(IllegalRequest):
    """5/20."""


class AddressOutOfRange(IllegalRequest):
    """5/21/00."""


class InvalidWriteAddress(IllegalRequest):
    """5/21/02: not the next writable address."""


class InvalidField(IllegalRequest):
    """5/24: in the CDB."""


class InvalidParameter(IllegalRequest):
    """5/1A, 5/26: in the data sent."""


class CommandSequenceError(IllegalRequest):
    """5/2C."""


class CannotErase(IllegalRequest):
    """5/30/06."""


class SavingNotSupported(IllegalRequest):
    """5/39."""


class RemovalPrevented(IllegalRequest):
    """5/53/02."""


class EndOfUserArea(IllegalRequest):
    """5/63: the disc is full."""


class IllegalModeForTrack(IllegalRequest):
    """5/64."""


class SessionIncomplete(IllegalRequest):
    """5/72."""


class SystemResourceFailure(IllegalRequest):
    """5/55: try again in a moment."""


class DummyBlocksAdded(IllegalRequest):
    """5/B5: the drive padded a track itself."""


class UnitAttention(SenseError):
    """6/..: something happened since the last command."""


class MediumChanged(UnitAttention):
    """6/28."""


class DeviceReset(UnitAttention):
    """6/29."""


class ParametersChanged(UnitAttention):
    """6/2A: another program has changed the drive's parameters."""


class InsufficientTime(UnitAttention):
    """6/2E: old Mitsumi drives while they close a session."""


class WriteProtected(SenseError):
    """7/27, 5/27."""


class BlankCheck(SenseError):
    """8/..: nothing is recorded there."""


class CommandAborted(SenseError):
    """B/..: the command was aborted."""


class OverlappedCommands(CommandAborted):
    """B/4E: another program is talking to the drive at the same time."""
