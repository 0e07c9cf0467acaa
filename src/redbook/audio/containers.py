"""The few fields of each container that say how long the file should be.

Each function is given the file open at its start and returns numbers, or None for what the file does
not say; CutShort is raised where the file ends before its own header says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO

from redbook.errors import AudioError


def file_size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def cut_short(promised: int, there: int, what: str) -> AudioError:
    return AudioError(
        f"its header promises {promised} bytes of {what}, but {there} are there: "
        "the file was cut short; get it again"
    )


def _is_placeholder(length: int) -> bool:
    """What programs that write to a pipe put where a size belongs: sox, lame and opusdec nearly 2 GiB."""
    return length in (0, 0xFFFFFFFF) or 0x7F000000 <= length <= 0x7FFFFFFF


def check_riff_or_aiff(file: BinaryIO) -> bool:
    """Every chunk of a RIFF, RF64 or AIFF file up to the audio must be whole.

    Returns whether the size of the audio is known at all.
    """
    size = file_size(file)
    kind = file.read(12)[:4]
    if kind == b"RIFX":
        raise AudioError("a WAV with its bytes in big-endian order (RIFX) is not supported; convert it first")
    chunk = Struct(">4sI" if kind == b"FORM" else "<4sI")
    data_bytes_64: int | None = None
    while len(header := file.read(8)) == 8:
        name, length = chunk.unpack(header)
        start = file.tell()
        if name == b"ds64":
            data_bytes_64 = Struct("<8xQ").unpack(file.read(16))[0]
        if name == b"data" and length == 0xFFFFFFFF and data_bytes_64:
            length = data_bytes_64
        elif name in (b"data", b"SSND") and _is_placeholder(length) and start + length != size:
            return False
        if start + length > size:
            raise cut_short(length, size - start, name.decode("ascii", "replace").strip())
        if name in (b"data", b"SSND"):
            return True
        file.seek(start + length + length % 2)
    return True


def w64_data_bytes(file: BinaryIO) -> int | None:
    """Sony Wave64: chunks named by a GUID, sizes of 64 bit with the header counted in, 8-aligned."""
    size = file_size(file)
    file.seek(40)
    while len(header := file.read(24)) == 24:
        start = file.tell()
        length = int.from_bytes(header[16:24], "little") - 24
        if header[:4] == b"data":
            if length < 0:
                return None
            if start + length > size:
                raise cut_short(length, size - start, "data")
            return length
        if length < 0:
            return None
        file.seek(start + length + -length % 8)
    return None


def check_caf(file: BinaryIO) -> None:
    """Apple's Core Audio Format: sizes of 64 bit; -1 for data up to the end."""
    size = file_size(file)
    file.seek(8)
    while len(header := file.read(12)) == 12:
        name, length = Struct(">4sq").unpack(header)
        start = file.tell()
        if name == b"data" and length < 0:
            return
        if length < 0 or start + length > size:
            raise cut_short(length, size - start, name.decode("ascii", "replace").strip())
        file.seek(start + length)


def au_data_bytes(file: BinaryIO) -> int | None:
    """Sun's AU: the size stands in the header; FFFFFFFFh for unknown."""
    header = file.read(12)
    if header[:4] != b".snd" or len(header) < 12:
        return None
    offset, length = Struct(">4xII").unpack(header)
    if length == 0xFFFFFFFF:
        return None
    if offset + length > file_size(file):
        raise cut_short(length, file_size(file) - offset, "audio")
    return int(length)


def check_ogg_end(file: BinaryIO) -> None:
    """The last page of an Ogg stream is marked as such.  Source: RFC 3533 6."""
    file.seek(max(0, file_size(file) - 131_072))
    tail = file.read()
    page = tail.rfind(b"OggS")
    if page < 0 or page + 27 > len(tail) or not tail[page + 5] & 4:
        raise AudioError("its last page is missing: the file was cut short; get it again")
    segments = tail[page + 26]
    body = sum(tail[page + 27 : page + 27 + segments])
    if page + 27 + segments + body > len(tail):
        raise AudioError("it ends inside its last page: the file was cut short; get it again")


def check_asf(file: BinaryIO) -> None:
    """Windows Media: the File Properties object states the file's size, except in a broadcast."""
    head = file.read(65_536)
    guid = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
    position = head.find(guid)
    if position < 0 or position + 92 > len(head):
        return
    stated = int.from_bytes(head[position + 40 : position + 48], "little")
    broadcast = head[position + 88] & 1
    if stated > file_size(file) and not broadcast:
        raise cut_short(stated, file_size(file), "file")


def check_matroska(file: BinaryIO) -> None:
    """The segment's size, where the writer could go back and fill it in.  Source: RFC 8794 6."""
    for _ in range(2):
        head = file.read(12)
        if len(head) < 2 or not head[0]:
            return
        name_bytes = 9 - head[0].bit_length()
        first = head[name_bytes]
        if not first:
            return
        size_bytes = 9 - first.bit_length()
        value = int.from_bytes(head[name_bytes : name_bytes + size_bytes], "big")
        length = value & (1 << 7 * size_bytes) - 1
        start = file.tell() - len(head) + name_bytes + size_bytes
        if length == (1 << 7 * size_bytes) - 1:
            return  # unknown
        if start + length > file_size(file):
            raise cut_short(length, file_size(file) - start, "segment")
        file.seek(start + length)


def mp3_has_length(file: BinaryIO) -> tuple[bool, bool]:
    """Whether the first frame is a Xing or Info header, and whether that has LAME's delay and padding."""
    head = file.read(10)
    if head[:3] == b"ID3":
        file.seek(10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]))
    else:
        file.seek(0)
    start = file.read(262_144)
    for name in (b"Xing", b"Info"):
        place = start.find(name)
        while place >= 0:
            if _behind_frame_header(start, place):
                flags = int.from_bytes(start[place + 4 : place + 8], "big")
                extension = place + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1)
                extension += 4 * (flags >> 3 & 1)
                delays = start[extension + 21 : extension + 24]
                encoder = start[extension : extension + 4]
                return bool(flags & 1), encoder in (b"LAME", b"Lavc", b"Lavf") and any(delays)
            place = start.find(name, place + 1)
    return False, False


def _behind_frame_header(data: bytes, place: int) -> bool:
    """Header of 4 bytes, side information of 9, 17 or 32, and perhaps a CRC of 2."""
    distances = [4 + side + crc for side in (9, 17, 32) for crc in (0, 2)]
    return any(
        place >= d and data[place - d] == 0xFF and data[place - d + 1] & 0xE0 == 0xE0 for d in distances
    )


@dataclass(frozen=True, slots=True)
class Mp4Times:
    """Of the first sound track: its own times in ticks of `scale` a second.

    movie_scale   ticks of the edit list's durations
    media_ticks   all of the coded audio
    edit          (duration in movie ticks, start in media ticks) of a single edit; None without one
    """

    scale: int
    movie_scale: int
    media_ticks: int
    edit: tuple[int, int] | None


def mp4_times(file: BinaryIO) -> Mp4Times | None:
    """Source: ISO/IEC 14496-12 8.2.2 (mvhd), 8.4.2 (mdhd), 8.6.6 (elst)."""
    moov = _child(file, 0, file_size(file), b"moov")
    if moov is None:
        return None
    movie = _times(file, _child(file, *moov, b"mvhd"))
    for kind, start, end in _boxes(file, *moov):
        mdia = _child(file, start, end, b"mdia") if kind == b"trak" else None
        if mdia is None or movie is None:
            continue
        handler = _child(file, *mdia, b"hdlr")
        media = _times(file, _child(file, *mdia, b"mdhd"))
        if handler is None or media is None or _bytes(file, *handler)[8:12] != b"soun":
            continue
        edts = _child(file, start, end, b"edts")
        elst = _child(file, *edts, b"elst") if edts else None
        edits = _edits(_bytes(file, *elst)) if elst else []
        real = [edit for edit in edits if edit[1] >= 0]
        return Mp4Times(media[0], movie[0], media[1], real[0] if len(real) == 1 else None)
    return None


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of each box."""
    while start + 8 <= end:
        file.seek(start)
        length, kind = Struct(">I4s").unpack(file.read(8))
        content = start + 8
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
            content += 8
        elif length == 0:
            length = end - start
        if length < content - start:
            return
        yield kind, content, min(start + length, end)
        start += length


def _child(file: BinaryIO, start: int, end: int, wanted: bytes) -> tuple[int, int] | None:
    return next(((a, b) for kind, a, b in _boxes(file, start, end) if kind == wanted), None)


def _bytes(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(min(end - start, 1 << 20))


def _times(file: BinaryIO, box: tuple[int, int] | None) -> tuple[int, int] | None:
    """Scale and duration of an mvhd or mdhd."""
    if box is None:
        return None
    data = _bytes(file, *box)
    layout = Struct(">4x16xIQ") if data[:1] == b"\1" else Struct(">4x8xII")
    if len(data) < layout.size:
        return None
    scale, length = layout.unpack_from(data)
    return (scale, length) if scale else None


def _edits(data: bytes) -> list[tuple[int, int]]:
    """Duration and media time of each edit; -1 for an empty one."""
    layout = Struct(">Qq4x") if data[:1] == b"\1" else Struct(">Ii4x")
    count = int.from_bytes(data[4:8], "big")
    places = range(8, min(len(data) - layout.size + 1, 8 + count * layout.size), layout.size)
    return [layout.unpack_from(data, place) for place in places]
