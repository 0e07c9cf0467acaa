"""A raw image made from IEC 60908 alone, to hold redbook's against: nothing of redbook is used here.

Clause 17: P and Q, their modes, BCD, CRC; the table of contents in the lead-in. MMC-5 table "formatted Q" for
the 16 bytes, MMC-5 annex on sub-channel data for the 96.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

START = -(5 * 60 * 75) - 150  # 95:00:00 is five minutes before 00:00:00, which is LBA -150
LEAD_OUT = 90 * 75


@dataclass
class Song:
    """pcm: whole sectors; indexes: where index 2 and so on are, behind index 1"""

    pcm: bytes
    isrc: str = ""
    copy: str = "permitted"  # prohibited, scms
    pre_emphasis: bool = False
    indexes: tuple[int, ...] = ()

    @property
    def sectors(self) -> int:
        return len(self.pcm) // 2352


@dataclass
class Disc:
    songs: list[Song]
    gaps: bool = False
    special: bytes = b""
    mcn: str = ""
    first: int = 1
    starts: list[int] = field(default_factory=list)
    pauses: list[int] = field(default_factory=list)
    lead_out: int = 0
    contents: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        at = len(self.special) // 2352 - 150 if self.special else 0
        for song in self.songs:
            self.starts.append(at)
            self.pauses.append(at - 150)
            at += song.sectors + (150 if self.gaps else 0)
        self.pauses[0] = -150
        self.lead_out = at - (150 if self.gaps else 0)
        self.contents = self.entries()

    @property
    def sectors(self) -> int:
        return self.lead_out + LEAD_OUT - START

    def sound(self, lba: int) -> bytes:
        """2352 bytes."""
        if -150 <= lba < self.starts[0] and self.special:
            return self.special[(lba + 150) * 2352 : (lba + 151) * 2352]
        for start, song in zip(self.starts, self.songs, strict=True):
            if start <= lba < start + song.sectors:
                return song.pcm[(lba - start) * 2352 : (lba - start + 1) * 2352]
        return b"\0" * 2352

    def at(self, lba: int) -> tuple[int, int]:
        """Which song owns a sector of the program, and which index it is in."""
        song = bisect_right(self.pauses, lba) - 1
        if lba < self.starts[song]:
            return song, 0
        end = self.pauses[song + 1] if song + 1 < len(self.pauses) else self.lead_out
        later = [i for i in self.songs[song].indexes if self.starts[song] + i < end]
        return song, 1 + sum(self.starts[song] + i <= lba for i in later)

    @cached_property
    def boundaries(self) -> set[int]:
        places = {*self.starts, *self.pauses, self.lead_out}
        for n, (start, song) in enumerate(zip(self.starts, self.songs, strict=True)):
            end = self.pauses[n + 1] if n + 1 < len(self.pauses) else self.lead_out
            places |= {start + i for i in song.indexes if start + i < end}
        return places

    def control(self, song: int, lba: int | None) -> int:
        """lba None: as the table of contents has it"""
        it = self.songs[song]
        permitted = it.copy == "permitted" or (it.copy == "scms" and lba is not None and lba // 4 % 2 == 0)
        return (1 if it.pre_emphasis else 0) + (2 if permitted else 0)

    def p(self, lba: int) -> int:
        if lba < -150:
            return 0
        if lba < self.lead_out:
            return int(self.at(lba)[1] == 0)
        seconds = (lba - self.lead_out) / 75
        return int(seconds >= 2 and int((seconds - 2) * 4) % 2 == 0)

    def entries(self) -> list[str]:
        """The table of contents: control and ADR, TNO 00, POINT and the last three bytes, in hexadecimal."""
        last = len(self.songs) - 1
        first_control, last_control = self.control(0, None), self.control(last, None)
        return [
            f"{first_control}1 00 A0 {self.first:02} 00 00",
            f"{last_control}1 00 A1 {self.first + last:02} 00 00",
            f"{last_control}1 00 A2 {msf(self.lead_out + 150)}",
            *(
                f"{self.control(n, None)}1 00 {self.first + n:02} {msf(start + 150)}"
                for n, start in enumerate(self.starts)
            ),
        ]

    def positions(self, lba: int) -> set[bytes]:
        """Every Q without CRC that the sector may have."""
        if lba < -150:
            running = msf(lba - START + 95 * 60 * 75)
            made = []
            for entry in self.contents:
                head, rest = entry[:8], entry[9:]
                made.append(f"{head} {running} 00 {rest}")
            return {bytes.fromhex(text) for text in made}
        absolute = msf(lba + 150)
        if lba >= self.lead_out:
            control = self.control(len(self.songs) - 1, None)
            return {bytes.fromhex(f"{control}1 AA 01 {msf(lba - self.lead_out)} 00 {absolute}")}
        song, index = self.at(lba)
        control = self.control(song, lba)
        relative = msf(abs(lba - self.starts[song]))
        found = {bytes.fromhex(f"{control}1 {self.first + song:02} {index:02} {relative} 00 {absolute}")}
        if lba in self.boundaries:
            return found
        if self.mcn and lba >= 0:
            found.add(bytes.fromhex(f"{control}2 {self.mcn}000 {absolute[-2:]}".replace(" ", "")))
        if self.songs[song].isrc and index:
            found.add(isrc(self.songs[song].isrc, control, absolute[-2:]))
        return found


def msf(frames: int) -> str:
    """BCD, as hexadecimal digits."""
    return f"{frames // 4500:02} {frames // 75 % 60:02} {frames % 75:02}"


def isrc(code: str, control: int, frame: str) -> bytes:
    """Figures 26 and 27: I1..I5 of six bits, two zeros, I6..I12 of four, four zeros, AFRAME."""
    letters = "".join(f"{ord(c) - 48:06b}" for c in code[:5])
    digits = "".join(f"{int(c):04b}" for c in code[5:])
    bits = f"{control:04b}{3:04b}" + letters + "00" + digits + "0000" + f"{int(frame, 16):08b}"
    return int(bits, 2).to_bytes(10, "big")


def _crc_step(byte: int) -> int:
    """x^16 + x^12 + x^5 + 1, bit by bit."""
    register = byte << 8
    for _ in range(8):
        register = (register << 1 ^ (0x1021 if register & 0x8000 else 0)) & 0xFFFF
    return register


_CRC_STEPS = [_crc_step(byte) for byte in range(256)]
_BITS = [bytes(0x40 * int(bit) for bit in f"{byte:08b}") for byte in range(256)]


def crc(q: bytes) -> bytes:
    """The parity bits are inverted on the disc."""
    register = 0
    for byte in q:
        register = register << 8 & 0xFFFF ^ _CRC_STEPS[register >> 8 ^ byte]
    return (register ^ 0xFFFF).to_bytes(2, "big")


def symbols(p: int, q: bytes, r_to_w: bytes = bytes(96)) -> bytes:
    """96 of them: P in bit 7, Q in bit 6, R to W below."""
    of_q = b"".join(_BITS[byte] for byte in q)
    if not p and not any(r_to_w):
        return of_q
    return bytes(p << 7 | one | low & 0x3F for one, low in zip(of_q, r_to_w, strict=True))


def sub_channels(disc: Disc, lba: int, kind: int) -> set[bytes]:
    """Every one that the sector may have.  kind 1: 16 bytes; 2, 3: 96, R to W zero"""
    p = disc.p(lba)
    whole = [q + crc(q) for q in disc.positions(lba)]
    if kind == 1:
        return {q + bytes((0, 0, 0, p << 7)) for q in whole}
    return {symbols(p, q) for q in whole}
