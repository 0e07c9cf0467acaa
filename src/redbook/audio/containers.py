"""The few fields of each container that say how long the file should be.

Each function is given the file open at its start and returns numbers, or None for what the file does
not say; AudioError is raised if the file ends earlier than its own header says.
"""

from __future__ import annotations

import os
from struct import Struct
from typing import BinaryIO

from redbook.audio.mpeg import frame_header, skip_id3
from redbook.errors import AudioError
from redbook.records import dataclass

_MOST_CHUNKS = 10_000


def file_size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def cut_short(promised: int, there: int, what: str) -> AudioError:
    """The error for a file that ends earlier than its own header says.  promised, there: bytes of `what`"""
    return AudioError(
        f"its header promises {promised} bytes of {what}, but there are only {there}: "
        "the file was cut short; get it again"
    )


@dataclass(frozen=True, slots=True)
class CafPackets:
    """According to a CAF's packet table: how many packets there are, and where the music starts and ends in
    them.

    uncertain  how many samples fewer the last packet may have: the table does not say
    """

    packets: int
    start: int
    end: int
    uncertain: int


def caf_packets(file: BinaryIO) -> CafPackets | None:
    """None without a packet table.

    Source: Apple Core Audio Format specification, packet table chunk (valid, priming and remainder frames).
    FFmpeg writes neither priming nor remainder, and counts the last packet as a full one.
    """
    size = file_size(file)
    file.seek(8)
    found = None
    packet_samples = 0
    for _ in range(_MOST_CHUNKS):
        header = file.read(12)
        if len(header) < 12:
            break
        name, length = Struct(">4sq").unpack(header)
        start = file.tell()
        if name == b"data" and length < 0:
            break
        if length < 0 or start + length > size:
            raise cut_short(length, size - start, name.decode("ascii", "replace").strip())
        if name == b"desc":
            packet_samples = int.from_bytes(file.read(32)[20:24], "big")
        table = file.read(24) if name == b"pakt" else b""
        if len(table) == 24:
            packets, valid, priming, remainder = Struct(">qqii").unpack(table)
            if valid > 0 and priming >= 0:
                full = not priming and not remainder and valid == packets * packet_samples
                uncertain = packet_samples - 1 if full else 0
                found = CafPackets(packets, priming, priming + valid, uncertain)
        file.seek(start + length)
    return found


def check_form(file: BinaryIO) -> None:
    """AVI and IFF: the size of the whole file, or of its first part; nearly 2 or 4 GiB for an unknown one."""
    head = file.read(8)
    length = int.from_bytes(head[4:8], "big" if head[:4] == b"FORM" else "little")
    there = file_size(file) - len(head)
    if there + 1 < length < 0x7F000000:
        raise cut_short(length, there, "file")


@dataclass(frozen=True, slots=True)
class WavPackHeader:
    """bits of a sample; hybrid if only a part of the music is in the file."""

    bits: int
    hybrid: bool


def wavpack(file: BinaryIO) -> WavPackHeader | None:
    """Of the first block.  Source: WavPack 4 & 5 binary file format, block header flags"""
    place = skip_id3(file)
    head = file.read(32)
    if len(head) < 32 or head[:4] != b"wvpk":
        return None
    flags = int.from_bytes(head[24:28], "little")
    bits = 8 * ((flags & 3) + 1) - (flags >> 13 & 31)
    del place
    return WavPackHeader(bits, bool(flags & 8))


_MUSEPACK_DELAY_SAMPLES = 481


def musepack8(file: BinaryIO) -> tuple[int, int] | None:
    """Where the music starts and ends in what is decoded.

    Source: Musepack SV8 specification, stream header packet; 481 is the synthesis filter's delay in mpcdec
    """
    skip_id3(file)
    data = file.read(64)
    if data[:6] != b"MPCKSH":
        return None
    place = 6
    values = []
    _, place = _varint(data, place)  # the packet's size
    place += 5  # CRC, version
    for _ in range(2):
        value, place = _varint(data, place)
        values.append(value)
    samples, silence = values
    if not samples or silence > samples:
        return None
    return _MUSEPACK_DELAY_SAMPLES + silence, _MUSEPACK_DELAY_SAMPLES + samples


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    while place < len(data):
        value = value << 7 | data[place] & 0x7F
        place += 1
        if not data[place - 1] & 0x80:
            break
    return value, place


def mpeg_frames(file: BinaryIO) -> int:
    """Frames of an MP3 from one header to the next; for the few files whose header does not count them."""
    place = skip_id3(file)
    size = file_size(file)
    frames = 0
    window, data = place, file.read(1 << 20)
    while place + 4 <= size:
        if place + 4 > window + len(data):
            file.seek(place)
            window, data = place, file.read(1 << 20)
        header = frame_header(data[place - window : place - window + 4])
        if header is None or not header.length:
            place += 1
            continue
        frames += place + header.length <= size
        place += header.length
    return frames
