"""What all iSCSI PDUs have in common: the header's lengths, tags, sequence numbers, addresses of units.

Source: RFC 7143 11.2.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import NamedTuple

HEADER_BYTES = 48
NO_TAG = 0xFFFFFFFF
"""Reserved value of task and transfer tags: there is no tag."""
IMMEDIATE_BIT, FINAL_BIT, CONTINUE_BIT = 0x40, 0x80, 0x40
MOST_DATA_SEGMENT_BYTES = 0xFFFFFF
SN_MODULUS = 1 << 32


@unique
class Opcode(IntEnum):
    """Source: RFC 7143 11.2.1.2."""

    NOP_OUT = 0x00
    SCSI_COMMAND = 0x01
    TASK_MANAGEMENT_REQUEST = 0x02
    LOGIN_REQUEST = 0x03
    TEXT_REQUEST = 0x04
    DATA_OUT = 0x05
    LOGOUT_REQUEST = 0x06
    SNACK = 0x10
    NOP_IN = 0x20
    SCSI_RESPONSE = 0x21
    TASK_MANAGEMENT_RESPONSE = 0x22
    LOGIN_RESPONSE = 0x23
    TEXT_RESPONSE = 0x24
    DATA_IN = 0x25
    LOGOUT_RESPONSE = 0x26
    READY_TO_TRANSFER = 0x31
    REJECT = 0x3F


class ProtocolError(Exception):
    """The other side broke the protocol in a way that ends the connection."""


class Numbers(NamedTuple):
    """The three sequence numbers that every answer carries.  Source: RFC 7143 4.2.2."""

    stat_sn: int = 0
    exp_cmd_sn: int = 0
    max_cmd_sn: int = 0


def opcode_of(header: bytes) -> int:
    return header[0] & 0x3F


def additional_header_bytes(header: bytes) -> int:
    """Bytes of additional header segments after this header (at most 1020)."""
    return header[4] * 4


def data_segment_bytes(header: bytes) -> int:
    """Bytes of data after this header, without padding."""
    return int.from_bytes(header[5:8], "big")


def padding_bytes(length: int) -> int:
    """Bytes that fill up a segment of this length to whole 4-byte words."""
    return -length % 4


def sn_after(number: int, count: int = 1) -> int:
    return (number + count) % SN_MODULUS


def sn_distance(later: int, earlier: int) -> int:
    """`later` minus `earlier`; negative if `later` comes before `earlier`.  Source: RFC 1982."""
    distance = (later - earlier) % SN_MODULUS
    return distance - SN_MODULUS if distance >= SN_MODULUS // 2 else distance


def lun_number(lun: bytes) -> int | None:
    """The number of a logical unit in its 8-byte form; None for forms that no unit here has.

    Source: SAM-4 4.6 (single level, peripheral device or flat space addressing).
    """
    method, first = lun[0] >> 6, lun[0] & 0x3F
    if any(lun[2:8]):
        return None
    if method == 0 and first == 0:
        return lun[1]
    if method == 1:
        return first << 8 | lun[1]
    return None


def lun_bytes(number: int) -> bytes:
    """The 8-byte form of a LUN: peripheral device addressing up to 255, flat space addressing above."""
    first = number >> 8 | (0x40 if number > 0xFF else 0)
    return bytes((first, number & 0xFF)) + bytes(6)
