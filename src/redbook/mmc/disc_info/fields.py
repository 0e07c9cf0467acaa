"""What these replies have in common: addresses, numbers, lengths; and the CDB of READ TOC/PMA/ATIP.

docs/replies.md says which fields are believed.
"""

from __future__ import annotations

from struct import Struct

from redbook.disc import LAST_LBA, MOST_TRACKS, PREGAP_SECTORS, SECTORS_PER_SECOND, SHORTEST_DISC_SECTORS, Msf

UNKNOWN = b"\x00\xff\xff\xff"

_READ_TOC = Struct(">BBB3xBHx")
READ_TOC_OPCODE = 0x43


def is_msf(three: bytes) -> bool:
    """Whether this time exists: 99:59:74 at most."""
    return three[0] <= 99 and three[1] < 60 and three[2] < SECTORS_PER_SECOND


def msf_or_none(four: bytes) -> Msf | None:
    """The time in bytes 0, M, S, F; None ("unknown") for 00:00:00, FF:FF:FF and impossible times."""
    return Msf(*four[1:4]) if is_msf(four[1:4]) and any(four[1:4]) else None


def end_or_none(end: Msf | None) -> Msf | None:
    """The end of a disc; None if no disc can be that short."""
    return end if end is not None and end.sectors >= SHORTEST_DISC_SECTORS else None


def address(four: bytes, msf: bool, what: str) -> int:
    """An LBA from four bytes in either form.  raises  ValueError  for a time that does not exist"""
    if not msf:
        return int.from_bytes(four, "big", signed=True)
    if not is_msf(four[1:4]):
        raise ValueError(
            f"{what} is said to be at {four[1]:02d}:{four[2]:02d}:{four[3]:02d}, which is "
            "not a time on a disc"
        )
    return Msf(*four[1:4]).program_lba


def check_address(lba: int, what: str, earliest: int = -PREGAP_SECTORS) -> int:
    """Return `lba` if a disc can have such a sector.  raises  ValueError  if not"""
    if not earliest <= lba <= LAST_LBA:
        raise ValueError(f"{what} is said to be at sector {lba}; a disc has {earliest} to {LAST_LBA}")
    return lba


def check_number(number: int, what: str, most: int = MOST_TRACKS, least: int = 1) -> int:
    """Return `number` if a track or session can have it.  raises  ValueError  if not"""
    if not least <= number <= most:
        raise ValueError(f"{what} is said to be {number}; it must be {least} to {most}")
    return number


def need_stated(data: bytes, length: int, due: int) -> None:
    """Check that a reply is long enough, going by its own length field.

    length  what the field says, without its own two bytes
    due     the bytes that are needed, including the field's own

    raises  ValueError  if it is too short
    """
    if length + 2 < due:
        raise ValueError(f"it states that it has {length + 2} bytes, but {due} were expected")


def msf_bytes(msf: Msf | None) -> bytes:
    return UNKNOWN if msf is None else bytes((0, msf.minute, msf.second, msf.frame))


def toc_cdb(msf: bool, toc_format: int, number: int, length: int) -> bytes:
    """The CDB that all formats of READ TOC/PMA/ATIP share.  Source: MMC-5 6.26."""
    return _READ_TOC.pack(READ_TOC_OPCODE, msf << 1, toc_format, number, length)


def toc_fields(cdb: bytes) -> tuple[bool, int, int]:
    """The MSF bit, the track or session number, and the allocation length."""
    _, flags, _, number, length = _READ_TOC.unpack(cdb)
    return bool(flags & 2), number, length


def toc_format(cdb: bytes) -> int:
    """The format asked for; very old hosts write it into bits 7-6 of the control byte (SFF-8020)."""
    return cdb[2] & 0xF or cdb[9] >> 6
