"""Where the audio ends in a file that a decoder would read to its end, and what follows the audio.

A tag after the last frame of AC-3 costs FFmpeg that frame, a size in a header is passed over, and of two
files that were joined the second is dropped, each silently. Here the end is found first, by the
header's own size or by the frames themselves, and the decoder is given the file up to there.

Sources: ATSC A/52 5.3 and E.2.2 (AC-3, Enhanced AC-3), ISO/IEC 13818-7 6.2 (ADTS), APEv2 and ID3v1 as their
programs write them, Creative's VOC file format, NIST SPHERE, SoX native format (soxformat(7)), the Musepack
SV8 packet format, the True Audio format.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import BinaryIO

from redbook.audio.containers import cut_short, file_size
from redbook.audio.mpeg import frame_header, skip_id3
from redbook.audio.pcm import MOST_UNEXPLAINED_BYTES
from redbook.errors import AudioError
from redbook.records import dataclass

FrameLength = Callable[[bytes], int]
"""Of the frame that begins with these bytes, in bytes; 0 if none begins."""

_TAIL_BYTES = 1 << 18
"""Frames are searched for in this much of the end; none is longer than 8 kB."""

_IN_A_ROW = 3
_HEADER_BYTES = 8


@dataclass(frozen=True, slots=True)
class EndOfAudio:
    """byte: where the audio ends; notes: what a person should know about what follows"""

    byte: int
    notes: tuple[str, ...] = ()


def find_end_of_audio(file: BinaryIO, container: str) -> EndOfAudio | None:
    """None if the container's own reader finds the end.

    raises  AudioError  for a file that is shorter than its header says, or continues with what may be music
    """
    if container in _FRAMES:
        return _of_frames(file, _FRAMES[container])
    if container in _SIZES:
        stated = _SIZES[container](file)
        return None if stated is None else _as_stated(file, stated)
    return None


def before_tags(file: BinaryIO, size: int) -> int:
    """Where the tags begin that end at `size`: ID3v1, APE, Lyrics3 and ID3v2 at the end, in any order."""
    while True:
        file.seek(max(0, size - 160))
        tail = file.read(size - file.tell())
        length = 0
        if tail[-128:-125] == b"TAG" and len(tail) >= 128:
            length = 128
        elif tail[-32:-24] == b"APETAGEX":
            body, flags = Struct("<I4xI").unpack(tail[-20:-8])
            length = body + (32 if flags & 1 << 31 else 0)
        elif tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
            length = int(tail[-15:-9]) + 15
        elif tail[-10:-7] == b"3DI":
            length = 20 + (tail[-4] << 21 | tail[-3] << 14 | tail[-2] << 7 | tail[-1])
        if not 0 < length <= size:
            return size
        size -= length


def _as_stated(file: BinaryIO, end: int) -> EndOfAudio:
    size = file_size(file)
    if end > size:
        raise cut_short(end, size, "file")
    rest = before_tags(file, size) - end
    file.seek(end)
    return EndOfAudio(end, _explained(rest, rest > MOST_UNEXPLAINED_BYTES or any(file.read(max(0, rest)))))


def _explained(rest: int, may_be_music: bool) -> tuple[str, ...]:
    """Notes on this many bytes after the audio.  raises  AudioError  for many that may be music"""
    if rest <= 0:
        return ()
    if rest > MOST_UNEXPLAINED_BYTES and may_be_music:
        raise AudioError(
            f"{rest} bytes follow the end of its audio, and may be music: several files were joined, or "
            "something was appended; name the files one by one, or get it again"
        )
    return (f"{rest} bytes after the audio are not part of it, and are left out",)


# Frames that say how long each of them is


def _ac3(data: bytes) -> int:
    if data[:2] != b"\x0b\x77" or len(data) < 6:
        return 0
    if data[5] >> 3 > 10:
        return 2 * ((data[2] & 7) << 8 | data[3]) + 2
    rate, code = data[4] >> 6, data[4] & 0x3F
    if rate == 3 or code >= 2 * len(_AC3_KBITS):
        return 0
    kbits = _AC3_KBITS[code >> 1]
    return 2 * (2 * kbits, 320 * kbits // 147 + (code & 1), 3 * kbits)[rate]


_AC3_KBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)


def _mpeg(data: bytes) -> int:
    header = frame_header(data)
    return 0 if header is None else header.length


def _adts(data: bytes) -> int:
    if len(data) < 6 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return 0
    length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    return length if length > 7 else 0


_FRAMES: dict[str, FrameLength] = {"ac3": _ac3, "eac3": _ac3, "mp3": _mpeg, "aac": _adts}


def _of_frames(file: BinaryIO, length_of: FrameLength) -> EndOfAudio | None:
    end = before_tags(file, file_size(file))
    start = max(skip_id3(file), end - _TAIL_BYTES)
    file.seek(start)
    tail = file.read(max(0, end - start))
    place = last = _chain(tail, 0, length_of)
    if place is None or last is None:
        return None
    while True:
        length = length_of(tail[place : place + _HEADER_BYTES])
        if length and place + length <= len(tail):
            last = place = place + length
            continue
        if length:
            break
        following = _chain(tail, place, length_of)
        if following is None:
            break
        place = following
    rest = len(tail) - last
    if not rest:
        return EndOfAudio(end)
    if length_of(tail[last : last + _HEADER_BYTES]) > rest:
        note = (
            "its last frame is incomplete: the file was cut there, and no header says how much is missing; "
            "if it ends too early, get it again"
        )
        return EndOfAudio(start + last, (note,))
    return EndOfAudio(start + last, _explained(rest, any(tail[last:])))


def _chain(data: bytes, place: int, length_of: FrameLength) -> int | None:
    """Where frames begin that follow each other."""
    while place + _HEADER_BYTES <= len(data):
        at = place
        for _ in range(_IN_A_ROW):
            length = length_of(data[at : at + _HEADER_BYTES])
            if not length:
                break
            at += length
            if at >= len(data):
                break
        else:
            return place
        place += 1
    return None


# Headers that say how long the audio is


def _nist(file: BinaryIO) -> int | None:
    file.seek(0)
    head = file.read(1 << 16)
    lines = head.split(b"\n")
    if len(lines) < 2 or lines[0] != b"NIST_1A" or not lines[1].strip().isdigit():
        return None
    fields: dict[bytes, bytes] = {}
    for line in lines[2:]:
        words = line.split(None, 2)
        if words[:1] == [b"end_head"]:
            break
        if len(words) == 3:
            fields[words[0]] = words[2]
    if b"shorten" in fields.get(b"sample_coding", b""):
        return None
    numbers = (fields.get(name, b"") for name in (b"sample_count", b"sample_n_bytes", b"channel_count"))
    counts = [int(number) for number in numbers if number.isdigit()]
    if len(counts) != 3 or not counts[0]:
        return None
    return int(lines[1]) + counts[0] * counts[1] * counts[2]


def _sox(file: BinaryIO) -> int | None:
    file.seek(0)
    head = file.read(16)
    order = {b".SoX": "<", b"XoS.": ">"}.get(head[:4])
    if order is None or len(head) < 16:
        return None
    header_bytes, values = (int(number) for number in Struct(f"{order}IQ").unpack(head[4:16]))
    return header_bytes + 4 + 4 * values if values else None


_LAST_VOC_BLOCK = 9


def _voc(file: BinaryIO) -> int | None:
    """After the terminator, or after the last block if there is none."""
    size = file_size(file)
    file.seek(20)
    place = int.from_bytes(file.read(2), "little")
    while place < size:
        file.seek(place)
        head = file.read(4)
        if head[0] == 0:
            return place + 1
        if head[0] > _LAST_VOC_BLOCK:
            return place  # SoX counts 12 bytes too few, and reads its own files up to here
        if len(head) < 4:
            raise cut_short(4, len(head), "block")
        length = int.from_bytes(head[1:], "little")
        if length == 0xFFFFFF:
            return None  # written to a pipe
        if place + 4 + length > size:
            raise cut_short(length, size - place - 4, "audio")
        place += 4 + length
    return place


def _tta(file: BinaryIO) -> int | None:
    place = skip_id3(file)
    head = file.read(22)
    if len(head) < 22 or head[:4] != b"TTA1":
        return None
    rate, samples = (int(number) for number in Struct("<II").unpack(head[10:18]))
    frame_samples = 256 * rate // 245
    frames = -(-samples // frame_samples) if frame_samples else 0
    table = file.read(4 * frames)
    if len(table) < 4 * frames:
        raise AudioError("it ends inside its header: the file was cut short; get it again")
    return place + 22 + len(table) + 4 + int(sum(Struct(f"<{frames}I").unpack(table)))


def _musepack8(file: BinaryIO) -> int | None:
    """After the packet that ends the stream; None in a file without one."""
    place = skip_id3(file) + 4
    size = file_size(file)
    while place < size:
        file.seek(place)
        head = file.read(12)
        length, used = 0, 2
        while used < len(head):
            length = length << 7 | head[used] & 0x7F
            used += 1
            if not head[used - 1] & 0x80:
                break
        if length < used or not head[:2].isalpha():
            return None
        place += length
        if place > size:
            raise cut_short(length, length - place + size, "packet")
        if head[:2] == b"SE":
            return place
    return None


def _asf(file: BinaryIO) -> int | None:
    """The File Properties object states the file's size, except in a broadcast."""
    file.seek(0)
    head = file.read(65_536)
    at = head.find(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365"))
    if at < 0 or at + 92 > len(head) or head[at + 88] & 1:
        return None
    return int.from_bytes(head[at + 40 : at + 48], "little") or None


_SIZES: dict[str, Callable[[BinaryIO], int | None]] = {
    "nistsphere": _nist,
    "sox": _sox,
    "voc": _voc,
    "tta": _tta,
    "mpc8": _musepack8,
    "asf": _asf,
}
