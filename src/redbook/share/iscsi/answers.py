"""The PDUs of a target, as values that know their 48-byte headers both ways.  Source: RFC 7143 11."""

from __future__ import annotations

from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.records import dataclass
from redbook.share.iscsi.pdu import CONTINUE_BIT, FINAL_BIT, NO_TAG, Numbers, Opcode
from redbook.share.iscsi.requests import NO_LUN

OVERFLOW_BIT, UNDERFLOW_BIT = 0x04, 0x02


@unique
class ServiceResponse(IntEnum):
    """What happened to a command, as far as iSCSI is concerned.  Source: RFC 7143 11.4.3."""

    COMPLETED = 0
    TARGET_FAILURE = 1


@unique
class TaskResponse(IntEnum):
    """Source: RFC 7143 11.6.1."""

    COMPLETE = 0
    NO_SUCH_TASK = 1
    NO_SUCH_LUN = 2
    STILL_ALLEGIANT = 3
    REASSIGNMENT_NOT_SUPPORTED = 4
    NOT_SUPPORTED = 5
    NOT_AUTHORIZED = 6
    REJECTED = 255


@unique
class LogoutResult(IntEnum):
    """Source: RFC 7143 11.15.1."""

    CLOSED = 0
    NO_SUCH_CONNECTION = 1
    RECOVERY_NOT_SUPPORTED = 2


@unique
class RejectReason(IntEnum):
    """Source: RFC 7143 11.17.1."""

    DATA_DIGEST = 0x02
    SNACK = 0x03
    PROTOCOL = 0x04
    NOT_SUPPORTED = 0x05
    TOO_MANY_IMMEDIATE = 0x06
    TASK_IN_PROGRESS = 0x07
    INVALID_FIELD = 0x09
    OUT_OF_RESOURCES = 0x0A
    NEGOTIATION_RESET = 0x0B


@unique
class LoginStatus(IntEnum):
    """Class and detail as one number.  Source: RFC 7143 11.13.5."""

    SUCCESS = 0x0000
    INITIATOR_ERROR = 0x0200
    AUTHENTICATION_FAILED = 0x0201
    TARGET_NOT_FOUND = 0x0203
    UNSUPPORTED_VERSION = 0x0205
    TOO_MANY_CONNECTIONS = 0x0206
    MISSING_PARAMETER = 0x0207
    SESSION_TYPE_NOT_SUPPORTED = 0x0209
    NO_SUCH_SESSION = 0x020A
    INVALID_DURING_LOGIN = 0x020B
    OUT_OF_RESOURCES = 0x0302


@dataclass(frozen=True, slots=True)
class NopIn:
    """The answer to a ping.  Source: RFC 7143 11.19."""

    OPCODE: ClassVar[Opcode] = Opcode.NOP_IN
    LAYOUT: ClassVar[Struct] = Struct(">BBxxI8sIIIII12x")

    task_tag: int
    numbers: Numbers = Numbers()
    transfer_tag: int = NO_TAG
    lun: bytes = NO_LUN

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        tags = self.task_tag, self.transfer_tag
        return self.LAYOUT.pack(self.OPCODE, FINAL_BIT, data_bytes, self.lun, *tags, *self.numbers)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, _, _, lun, tag, transfer_tag, *numbers = cls.LAYOUT.unpack(header)
        return cls(tag, Numbers(*numbers), transfer_tag, lun)


@dataclass(frozen=True, slots=True)
class ScsiResponse:
    """Status of a command; a 2-byte length and the sense data follow.  Source: RFC 7143 11.4.

    residual_bytes  the difference between what the command had to transfer and what was expected
    overflow        there was more to transfer
    underflow       there was less
    """

    OPCODE: ClassVar[Opcode] = Opcode.SCSI_RESPONSE
    LAYOUT: ClassVar[Struct] = Struct(">BBBBI8xIIIIIIII")

    task_tag: int
    status: int = 0
    numbers: Numbers = Numbers()
    response: int = ServiceResponse.COMPLETED
    exp_data_sn: int = 0
    residual_bytes: int = 0
    overflow: bool = False
    underflow: bool = False

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        flags = FINAL_BIT | residual_flags(self.overflow, self.underflow)
        return self.LAYOUT.pack(
            self.OPCODE,
            flags,
            self.response,
            self.status,
            data_bytes,
            self.task_tag,
            0,
            *self.numbers,
            self.exp_data_sn,
            0,
            self.residual_bytes,
        )

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, flags, response, status, _, tag, _, *numbers, data_sn, _, residual = cls.LAYOUT.unpack(header)
        over, under = bool(flags & OVERFLOW_BIT), bool(flags & UNDERFLOW_BIT)
        return cls(tag, status, Numbers(*numbers), response, data_sn, residual, over, under)


def residual_flags(overflow: bool, underflow: bool) -> int:
    return (OVERFLOW_BIT if overflow else 0) | (UNDERFLOW_BIT if underflow else 0)


@dataclass(frozen=True, slots=True)
class TaskManagementResponse:
    """Source: RFC 7143 11.6."""

    OPCODE: ClassVar[Opcode] = Opcode.TASK_MANAGEMENT_RESPONSE
    LAYOUT: ClassVar[Struct] = Struct(">BBBxI8xI4xIII12x")

    task_tag: int
    response: int
    numbers: Numbers = Numbers()

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        first = self.OPCODE, FINAL_BIT, self.response
        return self.LAYOUT.pack(*first, data_bytes, self.task_tag, *self.numbers)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, _, response, _, tag, *numbers = cls.LAYOUT.unpack(header)
        return cls(tag, response, Numbers(*numbers))


@dataclass(frozen=True, slots=True)
class LoginResponse:
    """Source: RFC 7143 11.13.

    transit  the target goes on to `next_stage`
    status   class and detail, one of LoginStatus
    """

    OPCODE: ClassVar[Opcode] = Opcode.LOGIN_RESPONSE
    LAYOUT: ClassVar[Struct] = Struct(">BBBBI6sHI4xIIIH10x")

    task_tag: int
    isid: bytes
    tsih: int = 0
    numbers: Numbers = Numbers()
    stage: int = 0
    next_stage: int = 0
    transit: bool = False
    continued: bool = False
    status: int = LoginStatus.SUCCESS

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        flags = (
            (FINAL_BIT if self.transit else 0)
            | (CONTINUE_BIT if self.continued else 0)
            | self.stage << 2
            | self.next_stage
        )
        session = self.isid, self.tsih, self.task_tag
        return self.LAYOUT.pack(self.OPCODE, flags, 0, 0, data_bytes, *session, *self.numbers, self.status)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, flags, _, _, _, isid, tsih, tag, *numbers, status = cls.LAYOUT.unpack(header)
        transit, continued = bool(flags & FINAL_BIT), bool(flags & CONTINUE_BIT)
        stages = flags >> 2 & 3, flags & 3
        return cls(tag, isid, tsih, Numbers(*numbers), *stages, transit, continued, status)


@dataclass(frozen=True, slots=True)
class TextResponse:
    """Source: RFC 7143 11.11."""

    OPCODE: ClassVar[Opcode] = Opcode.TEXT_RESPONSE
    LAYOUT: ClassVar[Struct] = NopIn.LAYOUT

    task_tag: int
    numbers: Numbers = Numbers()
    transfer_tag: int = NO_TAG
    lun: bytes = NO_LUN
    final: bool = True

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        flags = FINAL_BIT if self.final else 0
        tags = self.task_tag, self.transfer_tag
        return self.LAYOUT.pack(self.OPCODE, flags, data_bytes, self.lun, *tags, *self.numbers)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, flags, _, lun, tag, transfer_tag, *numbers = cls.LAYOUT.unpack(header)
        return cls(tag, Numbers(*numbers), transfer_tag, lun, bool(flags & FINAL_BIT))


@dataclass(frozen=True, slots=True)
class DataIn:
    """Data of a command that reads; the last PDU has the status if it is GOOD.  Source: RFC 7143 11.7.

    with_status  whether it has status, StatSN and residual count
    """

    OPCODE: ClassVar[Opcode] = Opcode.DATA_IN
    LAYOUT: ClassVar[Struct] = Struct(">BBxBI8sIIIIIIII")
    STATUS_BIT: ClassVar[int] = 0x01

    task_tag: int
    numbers: Numbers = Numbers()
    data_sn: int = 0
    offset_bytes: int = 0
    final: bool = False
    with_status: bool = False
    status: int = 0
    residual_bytes: int = 0
    overflow: bool = False
    underflow: bool = False

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        flags = (
            (FINAL_BIT if self.final else 0)
            | (self.STATUS_BIT if self.with_status else 0)
            | residual_flags(self.overflow, self.underflow)
        )
        numbers = *self.numbers, self.data_sn, self.offset_bytes, self.residual_bytes
        tags = self.task_tag, NO_TAG
        return self.LAYOUT.pack(self.OPCODE, flags, self.status, data_bytes, NO_LUN, *tags, *numbers)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, flags, status, _, _, tag, _, *numbers, data_sn, offset, residual = cls.LAYOUT.unpack(header)
        final, with_status = bool(flags & FINAL_BIT), bool(flags & cls.STATUS_BIT)
        over, under = bool(flags & OVERFLOW_BIT), bool(flags & UNDERFLOW_BIT)
        ends = final, with_status, status, residual, over, under
        return cls(tag, Numbers(*numbers), data_sn, offset, *ends)


@dataclass(frozen=True, slots=True)
class LogoutResponse:
    """Source: RFC 7143 11.15."""

    OPCODE: ClassVar[Opcode] = Opcode.LOGOUT_RESPONSE
    LAYOUT: ClassVar[Struct] = Struct(">BBBxI8xI4xIII4xHH4x")

    task_tag: int
    response: int = LogoutResult.CLOSED
    numbers: Numbers = Numbers()
    wait_seconds: int = 0
    retain_seconds: int = 0

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        first = self.OPCODE, FINAL_BIT, self.response, data_bytes
        times = self.wait_seconds, self.retain_seconds
        return self.LAYOUT.pack(*first, self.task_tag, *self.numbers, *times)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, _, response, _, tag, *numbers, wait, retain = cls.LAYOUT.unpack(header)
        return cls(tag, response, Numbers(*numbers), wait, retain)


@dataclass(frozen=True, slots=True)
class ReadyToTransfer:
    """R2T: the target asks for a piece of a command's data.  Source: RFC 7143 11.8."""

    OPCODE: ClassVar[Opcode] = Opcode.READY_TO_TRANSFER
    LAYOUT: ClassVar[Struct] = Struct(">BBxxI8sIIIIIIII")

    task_tag: int
    transfer_tag: int
    numbers: Numbers = Numbers()
    r2t_sn: int = 0
    offset_bytes: int = 0
    wanted_bytes: int = 0
    lun: bytes = NO_LUN

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        numbers = *self.numbers, self.r2t_sn, self.offset_bytes, self.wanted_bytes
        tags = self.task_tag, self.transfer_tag
        return self.LAYOUT.pack(self.OPCODE, FINAL_BIT, data_bytes, self.lun, *tags, *numbers)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, _, _, lun, tag, transfer_tag, *numbers, r2t_sn, offset, wanted = cls.LAYOUT.unpack(header)
        return cls(tag, transfer_tag, Numbers(*numbers), r2t_sn, offset, wanted, lun)


@dataclass(frozen=True, slots=True)
class Reject:
    """Rejects a PDU, whose header follows as data.  Source: RFC 7143 11.17."""

    OPCODE: ClassVar[Opcode] = Opcode.REJECT
    LAYOUT: ClassVar[Struct] = Struct(">BBBxI8xI4xIIII8x")

    reason: int
    numbers: Numbers = Numbers()

    def to_bytes(self, data_bytes: int = 0) -> bytes:
        first = self.OPCODE, FINAL_BIT, self.reason, data_bytes
        return self.LAYOUT.pack(*first, NO_TAG, *self.numbers, 0)

    @classmethod
    def from_bytes(cls, header: bytes) -> Self:
        _, _, reason, _, _, *numbers, _ = cls.LAYOUT.unpack(header)
        return cls(reason, Numbers(*numbers))


Answer = (
    NopIn
    | ScsiResponse
    | TaskManagementResponse
    | LoginResponse
    | TextResponse
    | DataIn
    | LogoutResponse
    | ReadyToTransfer
    | Reject
)

_BY_OPCODE: dict[int, type[Answer]] = {
    kind.OPCODE: kind
    for kind in (
        NopIn,
        ScsiResponse,
        TaskManagementResponse,
        LoginResponse,
        TextResponse,
        DataIn,
        LogoutResponse,
        ReadyToTransfer,
        Reject,
    )
}


def parse(header: bytes) -> Answer | None:
    """The answer in these 48 bytes; None if no target sends such an answer."""
    kind = _BY_OPCODE.get(header[0] & 0x3F)
    return None if kind is None else kind.from_bytes(header)
