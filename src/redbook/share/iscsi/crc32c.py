"""CRC32C, the checksum of iSCSI's digests.

Source: RFC 7143 13.1 (polynomial 11EDC6F41h, reflected, complemented before and after).

Python has no fast implementation, and byte by byte it reaches some 10 MB/s. So long data are cut into lanes
of equal length, and one byte of every lane at a time goes through the register: `bytes.translate` looks up
hundreds of table entries in one call, and exclusive or works on long integers. That gives more than 100 MB/s.
"""

from __future__ import annotations

from functools import cache
from struct import unpack
from typing import NamedTuple

_POLYNOMIAL = 0x82F63B78  # 1EDC6F41h with its bits reversed
_ALL_ONES = 0xFFFFFFFF
DIGEST_BYTES = 4

_LANE_BYTES = 256
_FEWEST_LANES = 32  # with fewer, byte by byte is as fast


def crc32c(data: bytes | bytearray | memoryview, crc: int = 0) -> int:
    """The checksum of `data`; with `crc`, the checksum of earlier data, that of both together."""
    view = memoryview(data).cast("B")
    register = crc ^ _ALL_ONES
    lanes = len(view) // _LANE_BYTES
    if lanes >= _FEWEST_LANES:
        in_lanes = lanes * _LANE_BYTES
        register = _through_lanes(bytes(view[:in_lanes]), register)
        view = view[in_lanes:]
    return _through_bytes(view, register) ^ _ALL_ONES


def digest(*parts: bytes | bytearray | memoryview) -> bytes:
    """The digest of these bytes, one after the other, as it is on the wire."""
    crc = 0
    for part in parts:
        crc = crc32c(part, crc)
    return crc.to_bytes(DIGEST_BYTES, "little")


def _through_bytes(data: bytes | memoryview, register: int) -> int:
    table = _tables().one_byte
    for byte in data:
        register = table[(register ^ byte) & 0xFF] ^ register >> 8
    return register


def _through_lanes(data: bytes, register: int) -> int:
    """The same as `_through_bytes`, for whole lanes."""
    one, two, three, four = _tables().lanes_shift
    for lane in unpack(f"<{len(data) // _LANE_BYTES}I", _registers_of_lanes(data)):
        register = (
            one[register & 0xFF]
            ^ two[register >> 8 & 0xFF]
            ^ three[register >> 16 & 0xFF]
            ^ four[register >> 24]
            ^ lane
        )
    return register


def _registers_of_lanes(data: bytes) -> bytes:
    """The final register of each lane, started at 0, as little-endian 32-bit words.

    The registers of all lanes are held in four long integers: the lowest bytes, the next ones, and so on.
    """
    lanes = len(data) // _LANE_BYTES
    lowest, second, third, highest = _tables().of_byte
    read = int.from_bytes
    a = b = c = d = 0
    for position in range(_LANE_BYTES):
        index = (a ^ read(data[position::_LANE_BYTES], "little")).to_bytes(lanes, "little")
        a = b ^ read(index.translate(lowest), "little")
        b = c ^ read(index.translate(second), "little")
        c = d ^ read(index.translate(third), "little")
        d = read(index.translate(highest), "little")
    registers = bytearray(4 * lanes)
    for place, value in enumerate((a, b, c, d)):
        registers[place::4] = value.to_bytes(lanes, "little")
    return bytes(registers)


class _Tables(NamedTuple):
    """one_byte      what one byte does to the register
    of_byte      the same, with a table for each byte of the result, lowest first
    lanes_shift  what _LANE_BYTES zeros do to a register, by its lowest byte, the next, and so on
    """

    one_byte: list[int]
    of_byte: list[bytes]
    lanes_shift: list[list[int]]


@cache
def _tables() -> _Tables:
    """Make the tables, at the first digest."""
    one_byte = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        one_byte.append(value)

    def after_a_lane(register: int) -> int:
        for _ in range(_LANE_BYTES):
            register = one_byte[register & 0xFF] ^ register >> 8
        return register

    bits = [after_a_lane(1 << bit) for bit in range(32)]
    shift = [[_sum_of(bits[first : first + 8], value) for value in range(256)] for first in range(0, 32, 8)]
    of_byte = [bytes(value >> place & 0xFF for value in one_byte) for place in range(0, 32, 8)]
    return _Tables(one_byte, of_byte, shift)


def _sum_of(terms: list[int], chosen: int) -> int:
    """The exclusive or of the terms whose bits are set in `chosen`."""
    total = 0
    for number, term in enumerate(terms):
        if chosen >> number & 1:
            total ^= term
    return total
