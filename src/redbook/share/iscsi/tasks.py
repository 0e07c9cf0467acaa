"""A session's work: commands, with the data that arrive for them, and task management."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import field

from redbook.drive import Drive
from redbook.errors import DriveClosed, DriveError, DriveGone, Sense, TransportTimeout
from redbook.mmc import sense
from redbook.records import dataclass
from redbook.share.iscsi.pdu import NO_TAG, lun_number
from redbook.share.iscsi.requests import DataOut, ScsiCommand, TaskManagementRequest
from redbook.share.iscsi.units import refusal
from redbook.transport.base import Reply, Status

_log = logging.getLogger(__name__)

MOST_TRANSFER_BYTES = 8 << 20
"""The most for one command, either way: about 3500 sectors, far more than any initiator asks for."""
LOOK_BEYOND_BYTES = 16 << 20
"""A unit is asked for this much more than the initiator has room for, to report how much did not fit."""
EXECUTE_SECONDS = 3600.0
"""This is longer than any command takes; the initiator has a time limit of its own."""

# Source: RFC 7143 11.4.7.2 and SPC-4 annex D.
UNEXPECTED_DATA = Sense(sense.ABORTED, 0x0C, 0x0C)
INCORRECT_AMOUNT_OF_DATA = Sense(sense.ABORTED, 0x0C, 0x0D)
DATA_PHASE_ERROR = Sense(sense.ABORTED, 0x4B, 0x00)
DATA_OFFSET_ERROR = Sense(sense.ABORTED, 0x4B, 0x05)
INTERNAL_TARGET_FAILURE = Sense(sense.HARDWARE, 0x44, 0x00)
INVALID_FIELD_IN_CDB = Sense(sense.ILLEGAL, 0x24, 0x00)
TASK_SET_FULL = Reply(Status.TASK_SET_FULL)


@dataclass(slots=True)
class Incoming:
    """The data that an initiator sends with a command: what came, and what may come next.

    expected_bytes  in all
    failure         why the command will not be executed; then everything that still comes is discarded
    transfer_tag    of the sequence of Data-Out PDUs that is under way (NO_TAG: the unsolicited one)
    sequence_end    offset at which that sequence ends
    """

    expected_bytes: int
    failure: Reply | None = None
    data: bytearray = field(default_factory=bytearray)
    received: int = 0
    r2t_sn: int = 0
    under_way: bool = False
    transfer_tag: int = NO_TAG
    sequence_end: int = 0
    data_sn: int = 0

    def take_immediate(self, data: memoryview, unsolicited_follow: bool, first_burst_bytes: int) -> None:
        """Take the data in the command's own PDU, which count as the beginning of the unsolicited data."""
        if len(data) > min(self.expected_bytes, first_burst_bytes):
            self.fail(UNEXPECTED_DATA)
        elif self.failure is None:
            self._keep(data)
        if unsolicited_follow:
            self.begin_sequence(NO_TAG, min(self.expected_bytes, first_burst_bytes))

    def _keep(self, data: memoryview) -> None:
        whole = data.obj
        if isinstance(whole, bytearray) and len(whole) == len(data) == self.expected_bytes:
            self.data = whole  # this makes no copy
        else:
            self.data = bytearray(self.expected_bytes)
            self.data[: len(data)] = data
        self.received = len(data)

    def begin_sequence(self, transfer_tag: int, end: int) -> None:
        self.under_way = True
        self.transfer_tag, self.sequence_end, self.data_sn = transfer_tag, end, 0

    @property
    def complete(self) -> bool:
        """Whether nothing more will come: all is there, or the command has failed and its sequence ended."""
        return not self.under_way and (self.failure is not None or self.received == self.expected_bytes)

    def place(self, header: DataOut, length: int) -> memoryview | None:
        """Where these data belong; None if they belong nowhere."""
        if self.failure is not None or self._wrong(header, length) is not None:
            return None
        return memoryview(self.data)[header.offset_bytes : header.offset_bytes + length]

    def accept(self, header: DataOut, data: memoryview) -> None:
        """Take a Data-Out PDU that has arrived completely."""
        if not self.under_way:
            return
        wrong = self._wrong(header, len(data))
        if wrong is not None:
            self.fail(wrong)
        elif self.failure is None:
            if data.obj is not self.data:
                self.data[header.offset_bytes : header.offset_bytes + len(data)] = data
            self.received += len(data)
            self.data_sn += 1
        if header.final:
            self.under_way = False
            solicited = self.transfer_tag != NO_TAG
            if self.failure is None and solicited and self.received != self.sequence_end:
                self.fail(INCORRECT_AMOUNT_OF_DATA)

    def _wrong(self, header: DataOut, length: int) -> Sense | None:
        if not self.under_way or header.transfer_tag != self.transfer_tag:
            return UNEXPECTED_DATA
        if header.data_sn != self.data_sn:
            return DATA_PHASE_ERROR
        if header.offset_bytes != self.received:
            return DATA_OFFSET_ERROR
        if self.received + length > self.sequence_end:
            return INCORRECT_AMOUNT_OF_DATA
        return None

    def fail(self, reason: Sense) -> None:
        """Note why the command failed; the first reason counts."""
        if self.failure is None:
            self.failure = refusal(reason)


@dataclass(slots=True)
class Task:
    """A SCSI command on its way.

    drive       the unit that should execute it
    held_bytes  the space for its data, whether they have come or not
    reply       the unit's reply; None if there was none
    gone        whether that is because the unit is gone
    """

    command: ScsiCommand
    drive: Drive
    incoming: Incoming | None = None
    held_bytes: int = 0
    aborted: bool = False
    reply: Reply | None = None
    gone: bool = False

    @property
    def tag(self) -> int:
        return self.command.task_tag

    @property
    def numbered(self) -> bool:
        return not self.command.immediate

    @property
    def room_bytes(self) -> int:
        """How many bytes the initiator has room for."""
        return self.command.expected_bytes if self.command.read else 0

    @property
    def ready(self) -> bool:
        return self.incoming is None or self.incoming.complete

    def run(self) -> None:
        """Execute the command, however long that takes; no lock is held in the meantime."""
        incoming = self.incoming
        if incoming is not None and incoming.failure is not None:
            self.reply = incoming.failure
            return
        data_out = memoryview(incoming.data) if incoming is not None else b""
        beyond = 0 if self.command.write else LOOK_BEYOND_BYTES
        try:
            self.reply = self.drive.send(
                self.command.cdb,
                data_out,
                self.room_bytes + beyond,
                EXECUTE_SECONDS,
                name=f"LUN {lun_number(self.command.lun)}",
            )
        except (DriveGone, DriveClosed) as error:
            _log.warning("the connection is dropped: %s", error)
            self.gone = True
        except TransportTimeout as error:
            _log.warning("answered as a target failure: %s", error)
        except DriveError as error:
            _log.warning("answered as an internal target failure (4/44/00): %s", error)
            self.reply = refusal(INTERNAL_TARGET_FAILURE)
        except Exception:  # noqa: BLE001 - a defect in the unit; the initiator needs some answer
            _log.exception("answered as an internal target failure (4/44/00)")
            self.reply = refusal(INTERNAL_TARGET_FAILURE)


@dataclass(slots=True)
class Management:
    """A task management function that has to wait for the command under way, or that resets units.

    action  what else must be done, with no lock held
    """

    request: TaskManagementRequest
    response: int
    action: Callable[[], None] | None = None
    ends_all: bool = False

    ready = True

    def run(self) -> None:
        if self.action is not None:
            self.action()


Job = Task | Management
