"""The sub-channel of a sector: 96 bytes, of which P and Q say where on the disc it is.

Source: IEC 60908 clause 17 (P, Q); MMC-5 annex on sub-channel data (how drives hand it over).
"""

from __future__ import annotations

import binascii

from redbook.disc import Msf
from redbook.records import dataclass

RAW_BYTES = 96
Q_BYTES = 12
Q_TIMES_BYTES = 10  # without the CRC

POSITION, MCN, ISRC = 1, 2, 3
"""ADR: what a Q says."""

LEAD_IN_TNO, LEAD_OUT_TNO = 0x00, 0xAA
"""Track numbers in Q that are not BCD."""

FIRST_TRACK, LAST_TRACK, LEAD_OUT_START = 0xA0, 0xA1, 0xA2
"""POINTs in the lead-in, besides the numbers of tracks."""

_ISRC_LETTERS = {**{str(n): n for n in range(10)}, **{chr(65 + n): 17 + n for n in range(26)}}
_ISRC_VALUES = {value: letter for letter, value in _ISRC_LETTERS.items()}
_BITS = [bytes(0x40 * (byte >> (7 - bit) & 1) for bit in range(8)) for byte in range(256)]
_Q_AS_DIGIT = bytes(0x30 + (byte >> 6 & 1) for byte in range(256))
_P_AS_DIGIT = bytes(0x30 + (byte >> 7) for byte in range(256))


def crc(data: bytes) -> int:
    """CRC-16 of Q and of CD-Text packs: x^16 + x^12 + x^5 + 1, from 0, inverted."""
    return binascii.crc_hqx(data, 0) ^ 0xFFFF


def bcd(value: int) -> int:
    """A number, 0 to 99, as a BCD byte."""
    return value // 10 << 4 | value % 10


def from_bcd(byte: int) -> int:
    """The number, 0 to 99, that a BCD byte stands for.  raises  ValueError  for a byte that is not BCD"""
    if byte >> 4 > 9 or byte & 0xF > 9:
        raise ValueError(f"{byte:02X}h is not BCD")
    return (byte >> 4) * 10 + (byte & 0xF)


@dataclass(frozen=True, slots=True)
class Q:
    """The Q of one sector.

    adr       POSITION, MCN or ISRC
    track     1..99; 0 lead-in, AAh lead-out; MCN and ISRC do not say it
    index     0 pregap, 1..99; in the lead-in the POINT, as the number in the TOC (A0h stays A0h)
    relative  sectors from the track's index 1; in a pregap, those that are left until then
    time      absolute; in the lead-in, what the POINT stands for
    code      MCN (13 digits) or ISRC (12 characters)
    frame     last two digits of the absolute time, which is all that MCN and ISRC have of it
    """

    adr: int
    control: int
    track: int = 0
    index: int = 0
    relative: int = 0
    time: Msf = Msf(0, 0, 0)
    code: str = ""
    frame: int = 0

    def to_bytes(self) -> bytes:
        """Twelve bytes with their CRC."""
        head = bytes((self.control << 4 | self.adr,))
        if self.adr == POSITION:
            body = self._position()
        elif self.adr == MCN:
            body = bytes.fromhex(self.code + "000") + bytes((bcd(self.frame),))
        else:
            body = _pack_isrc(self.code) + bytes((bcd(self.frame),))
        body = head + body
        return body + crc(body).to_bytes(2, "big")

    def _position(self) -> bytes:
        relative = Msf.from_sectors(self.relative)
        track = self.track if self.track == LEAD_OUT_TNO else bcd(self.track)
        index = self.index if self.index > 99 else bcd(self.index)
        times = (relative, self.time)
        first, second = (bytes((bcd(m.minute), bcd(m.second), bcd(m.frame))) for m in times)
        return bytes((track, index)) + first + b"\0" + second

    @classmethod
    def from_bytes(cls, data: bytes) -> Q:
        """Parse the first twelve bytes. Drives may leave the CRC zero (MMC-5 6.20).

        raises  ValueError  if the CRC is wrong or the content makes no sense
        """
        stated = int.from_bytes(data[Q_TIMES_BYTES:Q_BYTES], "big")
        if len(data) < Q_BYTES or (stated and stated != crc(data[:Q_TIMES_BYTES])):
            raise ValueError("the CRC of Q is wrong")
        adr, control = data[0] & 0xF, data[0] >> 4
        if adr in (MCN, ISRC):
            code = data[1:8].hex()[:13] if adr == MCN else _unpack_isrc(data[1:9])
            if not (is_mcn(code) if adr == MCN else is_isrc(code)):
                raise ValueError(f"{code} is not the number of a disc or track")
            return cls(adr, control, code=code, frame=from_bcd(data[9]))
        if adr != POSITION:
            raise ValueError(f"ADR {adr} does not belong to a program area")
        relative, time = (Msf(*map(from_bcd, data[i : i + 3])) for i in (3, 7))
        track = data[1] if data[1] == LEAD_OUT_TNO else from_bcd(data[1])
        index = data[2] if data[2] >= 0xA0 else from_bcd(data[2])
        return cls(adr, control, track, index, relative.sectors, time)


def _pack_isrc(code: str) -> bytes:
    """Five characters of six bits, two bits of zero, seven digits of BCD."""
    bits = 0
    for letter in code[:5]:
        bits = bits << 6 | _ISRC_LETTERS[letter]
    return (bits << 2).to_bytes(4, "big") + bytes.fromhex(code[5:12] + "0")


def _unpack_isrc(data: bytes) -> str:
    bits = int.from_bytes(data[:4], "big") >> 2
    try:
        letters = "".join(_ISRC_VALUES[bits >> shift & 0x3F] for shift in (24, 18, 12, 6, 0))
    except KeyError as error:
        raise ValueError("an ISRC cannot have such a character") from error
    return letters + data[4:8].hex()[:7]


def is_isrc(code: str) -> bool:
    """Whether a text has the form of an ISRC: five letters or digits, then seven digits."""
    return (
        len(code) == 12
        and all(c in _ISRC_LETTERS for c in code[:5])
        and code[5:].isascii()
        and (code[5:].isdigit())
    )


def is_mcn(code: str) -> bool:
    return len(code) == 13 and code.isascii() and code.isdigit()


def interleave(p: bool, q: bytes, r_to_w: bytes = bytes(RAW_BYTES)) -> bytes:
    """96 symbols, from P in bit 7 to W in bit 0, as READ CD returns them and raw writing takes them.

    r_to_w  96 symbols whose bits 5-0 are R..W
    """
    symbols = b"".join(_BITS[byte] for byte in q[:Q_BYTES])
    number = int.from_bytes(symbols, "big") | int.from_bytes(r_to_w, "big")
    if p:
        number |= _ALL_P
    return number.to_bytes(RAW_BYTES, "big")


_ALL_P = int.from_bytes(b"\x80" * RAW_BYTES, "big")


def q_of(symbols: bytes) -> bytes:
    """The twelve bytes of Q in 96 symbols."""
    return int(symbols[:RAW_BYTES].translate(_Q_AS_DIGIT), 2).to_bytes(Q_BYTES, "big")


def p_of(symbols: bytes) -> bool:
    """The P flag; it is the same in all symbols, except in a faulty one."""
    return symbols[:RAW_BYTES].translate(_P_AS_DIGIT).count(b"1") > RAW_BYTES // 2


def r_to_w_of(symbols: bytes) -> bytes:
    """The same symbols without P and Q."""
    return bytes(byte & 0x3F for byte in symbols[:RAW_BYTES])
