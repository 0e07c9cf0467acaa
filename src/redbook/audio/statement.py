"""What a file says of its own length and content, so that what was decoded can be held against it.

Decoders pass over damage in silence: a FLAC with 200 bad bytes decodes with 4096 samples missing, a
WAV or MP3 cut in half just ends. The containers' own statements tell.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import BinaryIO

from redbook.errors import AudioError

_UNKNOWN_SIZES = (0, 0xFFFFFFFF)
"""What programs that write to a pipe put where a size belongs."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What the container promises.

    samples    at the file's own rate; None if it says nothing
    tolerance  how many samples fewer are still no loss
    keep       how many samples to keep, where the decoder hands out the encoder's padding too
    md5        of the decoded audio, as FLAC has it
    bits       of a sample, for the MD5
    """

    samples: int | None = None
    tolerance: int = 0
    keep: int | None = None
    md5: bytes | None = None
    bits: int = 16


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the demuxer knows: times in samples at the stream's rate, None where unknown."""

    container: str
    codec: str
    rate_hz: int
    stream_samples: float | None
    container_samples: float | None
    extradata: bytes
    metadata: dict[str, str]


def read_statement(path: Path, facts: StreamFacts) -> Statement:
    """raises  AudioError  where the file is shorter than its own header says"""
    name = facts.container
    with path.open("rb") as file:
        if facts.codec == "flac" and len(facts.extradata) >= 34:
            if name == "ogg":
                _check_ogg_end(file)
            return _flac(facts.extradata)
        if name in ("wav", "aiff", "w64"):
            _check_chunks(file)
            return _by_duration(facts, tolerance=0)
        if name == "mp3":
            return _mp3(file, facts)
        if "mp4" in name:
            return _mp4(file, facts)
        if name == "ogg":
            _check_ogg_end(file)
            return Statement()
        if name in ("wv", "tta"):
            return _by_duration(facts, tolerance=0)
        if name in ("aac", "mpeg", "mpegts", "ac3", "eac3", "dts", "loas", "mp2"):
            return Statement()  # streams of frames: the demuxer's duration is a guess from the bit rate
    return _by_duration(facts, tolerance=max(facts.rate_hz // 2, int((facts.container_samples or 0) * 0.01)))


def _by_duration(facts: StreamFacts, tolerance: int) -> Statement:
    stated = facts.stream_samples or facts.container_samples
    return Statement() if not stated else Statement(round(stated), tolerance)


def _flac(stream_info: bytes) -> Statement:
    """STREAMINFO.  Source: RFC 9639 8.2."""
    packed = int.from_bytes(stream_info[10:18], "big")
    total = packed & (1 << 36) - 1
    bits = (packed >> 36 & 31) + 1
    md5 = stream_info[18:34]
    return Statement(total or None, 0, None, md5 if any(md5) else None, bits)


def _check_chunks(file: BinaryIO) -> None:
    """Every chunk of a RIFF, RF64 or AIFF file must be there to its end."""
    size = os.fstat(file.fileno()).st_size
    head = file.read(12)
    order: str = {b"RIFF": "<", b"RF64": "<", b"BW64": "<", b"FORM": ">", b"RIFX": ">"}.get(head[:4], "")
    if not order:
        return
    data_size_64: int | None = None
    chunk = Struct(order + "4sI")
    while len(header := file.read(8)) == 8:
        name, length = chunk.unpack(header)
        start = file.tell()
        if name == b"ds64":
            data_size_64 = Struct("<8xQ").unpack(file.read(16))[0]
        if name == b"data" and length == 0xFFFFFFFF and data_size_64 is not None:
            length = data_size_64
        elif name == b"data" and length in _UNKNOWN_SIZES and start + length != size:
            return
        if start + length > size:
            raise AudioError(
                f"its header promises {length} bytes of {name.decode('ascii', 'replace').strip()}, "
                f"but {size - start} are there: the file was cut short; get it again"
            )
        if name in (b"data", b"SSND"):
            return
        file.seek(start + length + length % 2)


def _check_ogg_end(file: BinaryIO) -> None:
    """The last page of an Ogg stream is marked as such.  Source: RFC 3533 6."""
    size = os.fstat(file.fileno()).st_size
    file.seek(max(0, size - 131_072))
    tail = file.read()
    page = tail.rfind(b"OggS")
    if page < 0 or page + 27 > len(tail) or not tail[page + 5] & 4:
        raise AudioError("its last page is missing: the file was cut short; get it again")
    segments = tail[page + 26]
    body = sum(tail[page + 27 : page + 27 + segments])
    if page + 27 + segments + body > len(tail):
        raise AudioError("it ends inside its last page: the file was cut short; get it again")


def _mp3(file: BinaryIO, facts: StreamFacts) -> Statement:
    """A Xing or Info header counts the frames; FFmpeg takes LAME's delay and padding off by itself.

    Without one nothing is known: the demuxer's duration is a guess from the bit rate.
    """
    head = file.read(10)
    if head[:3] == b"ID3":
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        file.seek(10 + size)
    else:
        file.seek(0)
    first = file.read(4096)
    if not any(0 <= first.find(tag) < 2048 for tag in (b"Xing", b"Info")) or not facts.stream_samples:
        return Statement()
    return Statement(round(facts.stream_samples), tolerance=2 * 1152)


def _mp4(file: BinaryIO, facts: StreamFacts) -> Statement:
    """The edit list's duration, or iTunSMPB's third number, says where the music ends.

    An edit list counts in the movie's time scale: in samples it is exact; in milliseconds a tick more
    is kept, for silence at the end is better than music lost.
    """
    stated = facts.stream_samples
    smpb = facts.metadata.get("itunsmpb", "").split()
    if len(smpb) >= 4 and int(smpb[3], 16):
        exact = int(smpb[3], 16)
        return Statement(exact, tolerance=1024, keep=exact)
    if not stated:
        return Statement()
    scale = _movie_time_scale(file) or 1000
    if facts.codec == "alac" or scale % facts.rate_hz == 0:
        return Statement(round(stated), tolerance=0, keep=round(stated))
    tick = facts.rate_hz / scale
    return Statement(math.floor(stated - tick), tolerance=1024, keep=math.ceil(stated + tick))


def _boxes(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start of content and end of each ISO base media box up to `end`."""
    while file.tell() + 8 <= end:
        start = file.tell()
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
        file.seek(start + length)


def _movie_time_scale(file: BinaryIO) -> int | None:
    """Ticks per second of mvhd.  Source: ISO/IEC 14496-12 8.2.2."""
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    for kind, content, end in _boxes(file, size):
        if kind != b"moov":
            continue
        file.seek(content)
        for inner, start, _ in _boxes(file, end):
            if inner == b"mvhd":
                file.seek(start)
                header = file.read(24)
                return int.from_bytes(header[20:24] if header[0] == 1 else header[12:16], "big")
    return None
