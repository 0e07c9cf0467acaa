"""The PDUs of an initiator, as values that know their 48-byte headers both ways.

`from_bytes` takes any 48 bytes with its opcode; fields are checked where they are used. `to_bytes` takes the
number of bytes of data that follow.  Source: RFC 7143 11.
"""

from __future__ import annotations

from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.records import dataclass
from redbook.share.iscsi.pdu import CONTINUE_BIT, FINAL_BIT, IMMEDIATE_BIT, NO_TAG, Opcode, opcode_of

NO_LUN = bytes(8)


@unique
class TaskAttribute(IntEnum):
    """Source: RFC 7143 11.3.1."""

    UNTAGGED = 0
    SIMPLE = 1
    ORDERED = 2
    HEAD_OF_QUEUE = 3
    ACA = 4


@unique
class TaskFunction(IntEnum):
    """Source: RFC 7143 11.5.1."""

    ABORT_TASK = 1
    ABORT_TASK_SET = 2
    CLEAR_ACA = 3
    CLEAR_TASK_SET = 4
    LOGICAL_UNIT_RESET = 5
    TARGET_WARM_RESET = 6
    TARGET_COLD_RESET = 7
    TASK_REASSIGN = 8


@unique
class LogoutReason(IntEnum):
    """Source: RFC 7143 11.14.1."""

    CLOSE_SESSION = 0
    CLOSE_CONNECTION = 1
    REMOVE_FOR_RECOVERY = 2


def _first(opcode: Opcode, immediate: bool) -> int:
    return opcode | (IMMEDIATE_BIT if immediate else 0)


@dataclass(frozen=True, slots=True)
class NopOut:
    """A ping, or the answer to one (then without a task tag).  Source: RFC 7143 11.18."""

    OPCODE: ClassVar[Opcode] = Opcode.NOP_OUT
    LAYOUT: ClassVar[Struct] = Struct(">BBxxI8sIIII16x")

    task_tag: int = NO_TAG
    cmd_sn: int = 0
    exp_stat_sn: int = 0
    transfer_tag: int = NO_TAG
    lun: bytes = NO_LUN
    immediate: bool = False

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        first = _first(self.OPCODE, self.immediate)
        tags = self.task_tag, self.transfer_tag
        return self.LAYOUT.pack(first, FINAL_BIT, data_bytes, self.lun, *tags, self.cmd_sn, self.exp_stat_sn)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        first, _, _, lun, tag, transfer_tag, cmd_sn, exp_stat_sn = cls.LAYOUT.unpack(header)
        return cls(tag, cmd_sn, exp_stat_sn, transfer_tag, lun, bool(first & IMMEDIATE_BIT))


@dataclass(frozen=True, slots=True)
class ScsiCommand:
    """A CDB, and how much data go with it.  Source: RFC 7143 11.3.

    expected_bytes  how much the initiator has to send, or has room to receive
    final           no unsolicited Data-Out PDUs follow
    """

    OPCODE: ClassVar[Opcode] = Opcode.SCSI_COMMAND
    LAYOUT: ClassVar[Struct] = Struct(">BBxxI8sIIII16s")
    READ_BIT: ClassVar[int] = 0x40
    WRITE_BIT: ClassVar[int] = 0x20

    task_tag: int
    cdb: bytes
    cmd_sn: int = 0
    exp_stat_sn: int = 0
    expected_bytes: int = 0
    lun: bytes = NO_LUN
    read: bool = False
    write: bool = False
    final: bool = True
    attribute: int = TaskAttribute.SIMPLE
    immediate: bool = False

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        flags = (
            (FINAL_BIT if self.final else 0)
            | (self.READ_BIT if self.read else 0)
            | (self.WRITE_BIT if self.write else 0)
            | self.attribute
        )
        first = _first(self.OPCODE, self.immediate)
        numbers = self.task_tag, self.expected_bytes, self.cmd_sn, self.exp_stat_sn
        return self.LAYOUT.pack(first, flags, data_bytes, self.lun, *numbers, self.cdb)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        first, flags, _, lun, tag, expected, cmd_sn, exp_stat_sn, cdb = cls.LAYOUT.unpack(header)
        return cls(
            tag,
            cdb,
            cmd_sn,
            exp_stat_sn,
            expected,
            lun,
            bool(flags & cls.READ_BIT),
            bool(flags & cls.WRITE_BIT),
            bool(flags & FINAL_BIT),
            flags & 7,
            bool(first & IMMEDIATE_BIT),
        )


@dataclass(frozen=True, slots=True)
class TaskManagementRequest:
    """Abort tasks, or reset a unit or the whole target.  Source: RFC 7143 11.5."""

    OPCODE: ClassVar[Opcode] = Opcode.TASK_MANAGEMENT_REQUEST
    LAYOUT: ClassVar[Struct] = Struct(">BBxxI8sIIIIII8x")

    task_tag: int
    function: int
    cmd_sn: int = 0
    exp_stat_sn: int = 0
    lun: bytes = NO_LUN
    referenced_task_tag: int = NO_TAG
    ref_cmd_sn: int = 0
    exp_data_sn: int = 0
    immediate: bool = False

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        first = _first(self.OPCODE, self.immediate)
        tags = self.task_tag, self.referenced_task_tag
        numbers = self.cmd_sn, self.exp_stat_sn, self.ref_cmd_sn, self.exp_data_sn
        return self.LAYOUT.pack(first, FINAL_BIT | self.function, data_bytes, self.lun, *tags, *numbers)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        first, function, _, lun, tag, referenced, cmd_sn, stat, ref, data = cls.LAYOUT.unpack(header)
        immediate = bool(first & IMMEDIATE_BIT)
        return cls(tag, function & 0x7F, cmd_sn, stat, lun, referenced, ref, data, immediate)


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """One step of a login.  Source: RFC 7143 11.12.

    transit        the initiator is ready for `next_stage`
    continued      the text goes on in the next request
    isid           6 bytes: which session of this initiator
    tsih           0 for a new session
    """

    OPCODE: ClassVar[Opcode] = Opcode.LOGIN_REQUEST
    LAYOUT: ClassVar[Struct] = Struct(">BBBBI6sHIHxxII16x")

    task_tag: int
    isid: bytes
    tsih: int = 0
    connection_id: int = 0
    cmd_sn: int = 0
    exp_stat_sn: int = 0
    stage: int = 0
    next_stage: int = 0
    transit: bool = False
    continued: bool = False
    version_max: int = 0
    version_min: int = 0

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        flags = (
            (FINAL_BIT if self.transit else 0)
            | (CONTINUE_BIT if self.continued else 0)
            | self.stage << 2
            | self.next_stage
        )
        return self.LAYOUT.pack(
            _first(self.OPCODE, True),
            flags,
            self.version_max,
            self.version_min,
            data_bytes,
            self.isid,
            self.tsih,
            self.task_tag,
            self.connection_id,
            self.cmd_sn,
            self.exp_stat_sn,
        )

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, flags, newest, oldest, _, isid, tsih, tag, cid, cmd_sn, stat = cls.LAYOUT.unpack(header)
        transit, continued = bool(flags & FINAL_BIT), bool(flags & CONTINUE_BIT)
        stages = flags >> 2 & 3, flags & 3
        return cls(tag, isid, tsih, cid, cmd_sn, stat, *stages, transit, continued, newest, oldest)


@dataclass(frozen=True, slots=True)
class TextRequest:
    """Keys and values outside a login.  Source: RFC 7143 11.10."""

    OPCODE: ClassVar[Opcode] = Opcode.TEXT_REQUEST
    LAYOUT: ClassVar[Struct] = NopOut.LAYOUT

    task_tag: int
    cmd_sn: int = 0
    exp_stat_sn: int = 0
    transfer_tag: int = NO_TAG
    lun: bytes = NO_LUN
    final: bool = True
    continued: bool = False
    immediate: bool = False

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        flags = (FINAL_BIT if self.final else 0) | (CONTINUE_BIT if self.continued else 0)
        first = _first(self.OPCODE, self.immediate)
        numbers = self.task_tag, self.transfer_tag, self.cmd_sn, self.exp_stat_sn
        return self.LAYOUT.pack(first, flags, data_bytes, self.lun, *numbers)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        first, flags, _, lun, tag, transfer_tag, cmd_sn, exp_stat_sn = cls.LAYOUT.unpack(header)
        final, continued = bool(flags & FINAL_BIT), bool(flags & CONTINUE_BIT)
        immediate = bool(first & IMMEDIATE_BIT)
        return cls(tag, cmd_sn, exp_stat_sn, transfer_tag, lun, final, continued, immediate)


@dataclass(frozen=True, slots=True)
class DataOut:
    """Data of a command that writes.  Source: RFC 7143 11.7.

    transfer_tag  of the request that these data answer; NO_TAG for unsolicited ones
    """

    OPCODE: ClassVar[Opcode] = Opcode.DATA_OUT
    LAYOUT: ClassVar[Struct] = Struct(">BBxxI8sII4xI4xII4x")

    task_tag: int
    transfer_tag: int = NO_TAG
    data_sn: int = 0
    offset_bytes: int = 0
    final: bool = True
    lun: bytes = NO_LUN
    exp_stat_sn: int = 0

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        flags = FINAL_BIT if self.final else 0
        tags = self.task_tag, self.transfer_tag
        numbers = self.exp_stat_sn, self.data_sn, self.offset_bytes
        return self.LAYOUT.pack(self.OPCODE, flags, data_bytes, self.lun, *tags, *numbers)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, flags, _, lun, tag, transfer_tag, stat, data_sn, offset = cls.LAYOUT.unpack(header)
        return cls(tag, transfer_tag, data_sn, offset, bool(flags & FINAL_BIT), lun, stat)


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """The end of a session or connection.  Source: RFC 7143 11.14."""

    OPCODE: ClassVar[Opcode] = Opcode.LOGOUT_REQUEST
    LAYOUT: ClassVar[Struct] = Struct(">BBxxI8xIHxxII16x")

    task_tag: int
    reason: int = LogoutReason.CLOSE_SESSION
    connection_id: int = 0
    cmd_sn: int = 0
    exp_stat_sn: int = 0
    immediate: bool = False

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        first = _first(self.OPCODE, self.immediate)
        tags = self.task_tag, self.connection_id
        return self.LAYOUT.pack(
            first, FINAL_BIT | self.reason, data_bytes, *tags, self.cmd_sn, self.exp_stat_sn
        )

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        first, reason, _, tag, cid, cmd_sn, exp_stat_sn = cls.LAYOUT.unpack(header)
        return cls(tag, reason & 0x7F, cid, cmd_sn, exp_stat_sn, bool(first & IMMEDIATE_BIT))


@dataclass(frozen=True, slots=True)
class Snack:
    """A request to send something again; only for error recovery levels above 0.  Source: RFC 7143 11.16."""

    OPCODE: ClassVar[Opcode] = Opcode.SNACK
    LAYOUT: ClassVar[Struct] = Struct(">BBxxI8sII4xI8xII")

    task_tag: int = NO_TAG
    transfer_tag: int = NO_TAG
    kind: int = 0
    lun: bytes = NO_LUN
    exp_stat_sn: int = 0
    begin: int = 0
    count: int = 0

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        tags = self.task_tag, self.transfer_tag
        numbers = self.exp_stat_sn, self.begin, self.count
        return self.LAYOUT.pack(self.OPCODE, FINAL_BIT | self.kind, data_bytes, self.lun, *tags, *numbers)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, kind, _, lun, tag, transfer_tag, stat, begin, count = cls.LAYOUT.unpack(header)
        return cls(tag, transfer_tag, kind & 0xF, lun, stat, begin, count)


Numbered = NopOut | ScsiCommand | TaskManagementRequest | TextRequest | LogoutRequest
"""Requests that have a place in the order of commands (CmdSN)."""
Request = Numbered | LoginRequest | DataOut | Snack

_BY_OPCODE: dict[int, type[Request]] = {
    kind.OPCODE: kind
    for kind in (
        NopOut,
        ScsiCommand,
        TaskManagementRequest,
        LoginRequest,
        TextRequest,
        DataOut,
        LogoutRequest,
        Snack,
    )
}


def parse(header: bytes) -> Request | None:
    """The request in these 48 bytes; None if no initiator sends such a request."""
    kind = _BY_OPCODE.get(opcode_of(header))
    return None if kind is None else kind.from_bytes(header)
