"""Addresses as these replies have them, and the CDB that all formats of READ TOC/PMA/ATIP share."""

from __future__ import annotations

from struct import Struct

from redbook.disc import Msf

UNKNOWN = b"\x00\xff\xff\xff"

_READ_TOC = Struct(">BBB3xBHx")
READ_TOC_OPCODE = 0x43


def msf_or_none(four: bytes) -> Msf | None:
    """Bytes 0, M, S, F; None for the FF:FF:FF and 00:00:00 that say "unknown"."""
    return None if four[1:4] in (b"\xff\xff\xff", b"\0\0\0") else Msf(four[1], four[2], four[3])


def msf_bytes(msf: Msf | None) -> bytes:
    return UNKNOWN if msf is None else bytes((0, msf.minute, msf.second, msf.frame))


def toc_cdb(msf: bool, toc_format: int, number: int, length: int) -> bytes:
    """The CDB that all formats of READ TOC/PMA/ATIP share.  Source: MMC-5 6.26."""
    return _READ_TOC.pack(READ_TOC_OPCODE, msf << 1, toc_format, number, length)


def toc_fields(cdb: bytes) -> tuple[bool, int, int]:
    """MSF bit, track or session number, allocation length."""
    _, flags, _, number, length = _READ_TOC.unpack(cdb)
    return bool(flags & 2), number, length


def toc_format(cdb: bytes) -> int:
    """The format asked for; very old hosts write it into bits 7-6 of the control byte (SFF-8020)."""
    return cdb[2] & 0xF or cdb[9] >> 6
