"""How a FLAC stream begins; its frames, which say where in the audio they lie; where it ends, by the last.

Source: RFC 9639 8 (the mark), 8.2 (STREAMINFO), 9 (frames).
"""

from __future__ import annotations

from typing import BinaryIO, NamedTuple, Self

FLAC_MARK = b"fLaC"
"""The first bytes of a stream; an ID3 tag may come before it."""

LONGEST_HEADER_BYTES = 16
_MOST_FRAME_BYTES = 1 << 20
"""No encoder makes longer ones of two channels: 65,535 samples of 32 bits have half of it."""

SEARCHED_BYTES = 1 << 20
"""More than a decoder reads ahead of what it decodes."""

_BLOCK_SIZES = {1: 192, **{code: 144 << code for code in range(2, 6)}, **{n: 1 << n for n in range(8, 16)}}


def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    top, mask = 1 << (bits - 1), (1 << bits) - 1
    table = []
    for value in range(256):
        remainder = value << (bits - 8)
        for _ in range(8):
            remainder = (remainder << 1 ^ (polynomial if remainder & top else 0)) & mask
        table.append(remainder)
    return tuple(table)


_CRC_8, _CRC_16 = _table(0x07, 8), _table(0x8005, 16)


def ends_with_its_last_frame(file: BinaryIO, end_byte: int, stream_info: bytes, samples: int) -> bool:
    """Whether the frame that has the stream's last sample ends where the file does.

    A short file is searched for that frame: it could be followed by the same file once more. With a long one
    a decoder shows that, which stops in the middle.

    end_byte     after the last byte of the file
    samples      that STREAMINFO states
    """
    shortest_block = int.from_bytes(stream_info[0:2], "big")
    longest_frame = int.from_bytes(stream_info[7:10], "big") or _MOST_FRAME_BYTES
    file.seek(max(0, end_byte - longest_frame))
    tail = file.read(end_byte - file.tell())
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        header = FrameHeader.read(tail[at : at + LONGEST_HEADER_BYTES], shortest_block)
        if header is None or header.first_sample + header.samples != samples:
            continue
        if not _crc_16(tail[at:]):
            return not _is_there_before(file, end_byte - len(tail) + at, tail[at:])
    return False


def _is_there_before(file: BinaryIO, place: int, frame: bytes) -> bool:
    """Whether a frame of a short file is in it twice."""
    if place > SEARCHED_BYTES:
        return False
    file.seek(0)
    return frame in file.read(place)


class FrameHeader(NamedTuple):
    """What a frame says about itself.

    kind  what is the same in all frames of a stream: how they are numbered, their rate and their bits
    """

    first_sample: int
    samples: int
    kind: tuple[int, int, int]

    @classmethod
    def read(cls, data: bytes, fixed_samples: int) -> Self | None:
        """The header that `data` begin with; None where they begin with none.

        fixed_samples  of each frame but the last, where they are numbered
        """
        if len(data) < 6 or data[0] != 0xFF or data[1] & 0xFE != 0xF8:
            return None
        by_sample, block_code, rate_code = data[1] & 1, data[2] >> 4, data[2] & 15
        number, length = _coded_number(data[4:])
        at = 4 + length
        if not length:
            return None
        if block_code in (6, 7):
            width = block_code - 5
            samples = int.from_bytes(data[at : at + width], "big") + 1
            at += width
        else:
            samples = _BLOCK_SIZES.get(block_code, 0)
        at += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
        if not samples or at >= len(data) or _crc_8(data[: at + 1]):
            return None
        first = number if by_sample else number * fixed_samples
        return cls(first, samples, (by_sample, rate_code, data[3] & 15))


def _coded_number(data: bytes) -> tuple[int, int]:
    """A number, and how many bytes it takes, in UTF-8's way but up to 36 bits; length 0 if none is."""
    first = data[0]
    if first < 0x80:
        return first, 1
    ones = 8 - (~first & 0xFF).bit_length()
    if not 2 <= ones <= 7 or len(data) < ones or any(byte >> 6 != 2 for byte in data[1:ones]):
        return 0, 0
    number = first & (0x7F >> ones)
    for byte in data[1:ones]:
        number = number << 6 | byte & 0x3F
    return number, ones


def _crc_8(data: bytes) -> int:
    """0 over a header with its own checksum."""
    crc = 0
    for byte in data:
        crc = _CRC_8[crc ^ byte]
    return crc


def _crc_16(data: bytes) -> int:
    """0 over a frame with its own checksum."""
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _CRC_16[crc >> 8 ^ byte]
    return crc
