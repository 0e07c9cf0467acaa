"""What an MPEG audio stream says about its own length: the Xing or Info header, and LAME's in it.

Sources: ISO/IEC 11172-3 2.4.1 (frame header); Xing's VBR header and LAME's extension of it as mpg123 and
LAME read and write them.
"""

from __future__ import annotations

from typing import BinaryIO

from redbook.records import dataclass

DECODER_DELAY_SAMPLES = 529
"""What every decoder of layer III adds to LAME's delay and takes from its padding."""

_SEARCHED_BYTES = 1 << 18
"""At a time."""

_LONGEST_START_BYTES = 4096
"""A frame, with what is read of it and the header after it."""

_BITRATES = {
    (3, 3): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second, by version (3 for MPEG-1, 2 for the lower rates) and layer bits (3 for layer I)."""

_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """length in bytes, 0 for free format; samples of the frame; side_bytes of layer III."""

    length: int
    samples: int
    side_bytes: int
    kind: int


def frame_header(data: bytes) -> FrameHeader | None:
    """Of the first four bytes of a frame; None if they are no header."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3
    bitrate, rate = data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or layer == 0 or bitrate == 15 or rate == 3:
        return None
    rate_hz = _RATES_HZ[version][rate]
    padding = data[2] >> 1 & 1
    bits = _BITRATES[3 if version == 3 else 2, layer][bitrate] * 1000
    if layer == 3:
        length, samples = (12 * bits // rate_hz + padding) * 4, 384
    else:
        samples = 576 if layer == 1 and version != 3 else 1152
        length = samples // 8 * bits // rate_hz + padding
    mono = data[3] >> 6 == 3
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    kind = data[1] & 0xFE | (data[2] & 0x0C) << 8
    return FrameHeader(length if bits else 0, samples, side if layer == 1 else 0, kind)


@dataclass(frozen=True, slots=True)
class MpegFacts:
    """first_byte   where the first frame is; None if there is none
    free_format     frames without a stated bit rate
    info_byte       where the frame is that holds no music but these numbers; None without one
    frames          how many follow it; None if it does not say
    trim            LAME's delay and padding in samples; None without them
    """

    first_byte: int | None = None
    samples_a_frame: int = 1152
    free_format: bool = False
    info_byte: int | None = None
    frames: int | None = None
    trim: tuple[int, int] | None = None


def skip_id3(file: BinaryIO) -> int:
    """Where what follows any number of ID3v2 tags begins; the file is there."""
    place = 0
    while True:
        file.seek(place)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
            file.seek(place)
            return place
        length = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        place += 10 + length + (10 if head[5] & 0x10 else 0)


def read_mpeg(file: BinaryIO) -> MpegFacts:
    """Find the first MPEG frame, and read what its Xing, Info or VBRI header states."""
    start = skip_id3(file)
    data = file.read(_SEARCHED_BYTES)
    while (place := _first_frame(data)) is None:
        if len(data) < _SEARCHED_BYTES:
            return MpegFacts()
        start += len(data) - _LONGEST_START_BYTES
        file.seek(start)
        data = file.read(_SEARCHED_BYTES)
    header = frame_header(data[place : place + 4])
    assert header is not None
    facts = MpegFacts(start + place, header.samples, not header.length)
    for crc in (0, 2):
        tag = place + 4 + header.side_bytes + crc
        if header.side_bytes and data[tag : tag + 4] in (b"Xing", b"Info"):
            return _xing(facts, data[tag : tag + 156])
    tag = place + 36
    if header.side_bytes and data[tag : tag + 4] == b"VBRI" and len(data) >= tag + 18:
        frames = int.from_bytes(data[tag + 14 : tag + 18], "big")
        return MpegFacts(facts.first_byte, facts.samples_a_frame, False, facts.first_byte, frames or None)
    return facts


def _xing(facts: MpegFacts, tag: bytes) -> MpegFacts:
    flags = int.from_bytes(tag[4:8], "big")
    frames = int.from_bytes(tag[8:12], "big") if flags & 1 else 0
    extension = 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    trim = None
    if tag[extension : extension + 1].strip(b"\0") and len(tag) >= extension + 24:
        packed = int.from_bytes(tag[extension + 21 : extension + 24], "big")
        trim = (packed >> 12, packed & 0xFFF)
    return MpegFacts(
        facts.first_byte, facts.samples_a_frame, facts.free_format, facts.first_byte, frames or None, trim
    )


def _first_frame(data: bytes) -> int | None:
    """A header where the next frame has one of the same kind."""
    place = data.find(b"\xff")
    while place >= 0:
        header = frame_header(data[place : place + 4])
        if header is not None:
            if not header.length:
                if _free_format_follows(data, place, header):
                    return place
                place = data.find(b"\xff", place + 1)
                continue
            behind = frame_header(data[place + header.length : place + header.length + 4])
            if (behind is not None and behind.kind == header.kind) or place + header.length == len(data):
                return place
        place = data.find(b"\xff", place + 1)
    return None


def _free_format_follows(data: bytes, place: int, header: FrameHeader) -> bool:
    """Whether the same header comes again at one distance, twice."""
    head = bytes(data[place : place + 3])
    second = data.find(head[:2], place + 24)
    for _ in range(64):
        if second < 0:
            return False
        found = frame_header(data[second : second + 4])
        third = 2 * second - place
        behind = [frame_header(data[third + slack : third + slack + 4]) for slack in (-1, 0, 1)]
        if found is not None and found.kind == header.kind and not found.length:
            return any(b is not None and b.kind == header.kind and not b.length for b in behind)
        second = data.find(head[:2], second + 1)
    return False
