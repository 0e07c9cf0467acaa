"""A sector of data: 2352 bytes, of which 2048 are the user's; the rest gives its address and corrects errors.

It is the same as on the disc, but not scrambled: that is how drives return it and images store it.
Source: ECMA-130 clause 14 and annex A (mode 1), MMC-5 table 355 (which parts READ CD returns).
"""

from __future__ import annotations

from operator import itemgetter

from redbook.disc import SECTOR_BYTES, Msf
from redbook.disc.sub_channel import bcd

USER_BYTES = 2048
MODE_1, MODE_2 = 1, 2
"""Mode 2 means CD-ROM XA, form 1, as on CD-Extra and photo discs."""

SYNC = b"\0" + b"\xff" * 10 + b"\0"
_HEADER = len(SYNC)
_SUBHEADER = _HEADER + 4
_DATA_SUBHEADER = bytes((0, 0, 0x08, 0)) * 2  # form 1, data; twice (CD-ROM XA, "subheader")

_P_COLUMNS, _P_ROWS = 86, 24
_Q_COLUMNS, _Q_ROWS, _Q_STEP = 52, 43, 88
_Q_BYTES = _Q_COLUMNS * _Q_ROWS
_P_AT = _HEADER + _P_COLUMNS * _P_ROWS
_Q_AT = _P_AT + 2 * _P_COLUMNS

_USER, _EDC, _HEADER_BIT, _SUBHEADER_BIT, _SYNC_BIT = 0x10, 0x08, 0x20, 0x40, 0x80


def _edc_table() -> list[int]:
    """The table for (x^16 + x^15 + x^2 + 1)(x^16 + x^2 + x + 1), lowest bit first."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xD8018001 if value & 1 else 0)
        table.append(value)
    return table


_EDC_TABLE = _edc_table()
_DOUBLED = bytes(value << 1 & 0xFF ^ (0x1D if value & 0x80 else 0) for value in range(256))
_BY_SUM = dict(zip((value ^ _DOUBLED[value] for value in range(256)), range(256), strict=True))
_SOLVED = bytes(_BY_SUM[value] for value in range(256))
"""In the field of 256 with x^8 + x^4 + x^3 + x^2 + 1: twice a value; the value whose triple it is."""


def _q_places(row: int) -> list[int]:
    starts = (column // 2 * _P_COLUMNS + column % 2 for column in range(_Q_COLUMNS))
    return [(start + row * _Q_STEP) % _Q_BYTES for start in starts]


_Q_ROW = [itemgetter(*_q_places(row)) for row in range(_Q_ROWS)]


def edc(data: bytes) -> int:
    """The 32-bit error detection code of a data sector."""
    value = 0
    for byte in data:
        value = value >> 8 ^ _EDC_TABLE[(value ^ byte) & 0xFF]
    return value


def _parity(rows: list[bytes]) -> bytes:
    """Two bytes for each column that make it a word of the Reed-Solomon code, the first ones first."""
    length = len(rows[0])
    weighted = total = 0
    for row in rows:
        number = int.from_bytes(row, "big")
        total ^= number
        weighted = int.from_bytes((weighted ^ number).to_bytes(length, "big").translate(_DOUBLED), "big")
    doubled = weighted.to_bytes(length, "big").translate(_DOUBLED)
    solved = (int.from_bytes(doubled, "big") ^ total).to_bytes(length, "big").translate(_SOLVED)
    return solved + (int.from_bytes(solved, "big") ^ total).to_bytes(length, "big")


def build(lba: int, user: bytes, mode: int = MODE_1) -> bytes:
    """The sector with these 2048 bytes; if there are fewer, zeros are added.

    mode  MODE_1, or MODE_2 for form 1
    """
    time = Msf.from_lba(lba)
    header = bytes((bcd(time.minute), bcd(time.second), bcd(time.frame), mode))
    user = user.ljust(USER_BYTES, b"\0")
    if mode == MODE_1:
        head = SYNC + header + user
        body = head + edc(head).to_bytes(4, "little") + bytes(8)
        protected = body[_HEADER:]
    else:
        content = _DATA_SUBHEADER + user
        content += edc(content).to_bytes(4, "little")
        body = SYNC + header + content
        protected = bytes(4) + content  # an XA sector's parity does not cover its address
    p = _parity([protected[n : n + _P_COLUMNS] for n in range(0, len(protected), _P_COLUMNS)])
    protected += p
    q = _parity([bytes(take(protected)) for take in _Q_ROW])
    return body + p + q


def user_data(sector: bytes) -> bytes:
    """The user's 2048 bytes in a sector."""
    start = _SUBHEADER if sector[15] == MODE_1 else _SUBHEADER + 8
    return sector[start : start + USER_BYTES]


def part(sector: bytes, selection: int) -> bytes | None:
    """The part of a sector that READ CD returns.

    selection  bits 7-3 of byte 9: sync, subheader, header, user data, EDC and ECC

    returns  None for parts that are not adjacent, which no drive returns
    """
    user_at = _SUBHEADER if sector[15] == MODE_1 else _SUBHEADER + 8
    edges = (0, _HEADER, _SUBHEADER, user_at, user_at + USER_BYTES, SECTOR_BYTES)
    wanted = [selection & bit for bit in (_SYNC_BIT, _HEADER_BIT, _SUBHEADER_BIT, _USER, _EDC)]
    chosen = [number for number in range(5) if wanted[number] and edges[number] < edges[number + 1]]
    if not chosen:
        return b""
    first, last = edges[chosen[0]], edges[chosen[-1] + 1]
    if last - first != sum(edges[number + 1] - edges[number] for number in chosen):
        return None
    return sector[first:last]
