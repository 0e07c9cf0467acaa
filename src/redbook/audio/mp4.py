"""An MP4's first sound track: how much is coded, and which parts of it should be played.

Sources: ISO/IEC 14496-12 8.2.2 (mvhd), 8.4.2 (mdhd), 8.6.1.2 (stts), 8.6.6 (elst), 8.8 (movie fragments)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from struct import Struct
from typing import BinaryIO

from redbook.errors import AudioError
from redbook.records import dataclass

_MOST_BOXES = 200_000
_MOST_BOX_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class Mp4Times:
    """Its own times in ticks of `scale` a second.

    movie_scale   ticks of the edit list's durations
    media_ticks   all of the coded audio, in the movie and its fragments
    packets       how many packets that is
    edits         (duration in movie ticks, start in media ticks) of each part to be played
    fragmented    whether the durations of the edits may refer to the first fragment only
    """

    scale: int
    movie_scale: int
    media_ticks: int
    packets: int
    edits: tuple[tuple[int, int], ...]
    fragmented: bool


def mp4_times(file: BinaryIO) -> Mp4Times | None:
    """Read the lengths and the edit list of the first sound track; None if there is no such track.

    raises  AudioError  if there is more than one movie in the file
    """
    size = os.fstat(file.fileno()).st_size
    movies = [(start, end) for kind, start, end in _boxes(file, 0, size) if kind == b"moov"]
    if len(movies) > 1:
        raise AudioError(
            f"{len(movies)} recordings follow each other in it (files that were joined?), and only the first "
            "would be read; split it into separate files"
        )
    moov = movies[0] if movies else None
    movie = _times(file, _child(file, *moov, b"mvhd")) if moov else None
    if moov is None or movie is None:
        return None
    mvex = _child(file, *moov, b"mvex")
    for kind, start, end in _boxes(file, *moov):
        mdia = _child(file, start, end, b"mdia") if kind == b"trak" else None
        if mdia is None:
            continue
        handler = _child(file, *mdia, b"hdlr")
        media = _times(file, _child(file, *mdia, b"mdhd"))
        if handler is None or media is None or _bytes(file, *handler)[8:12] != b"soun":
            continue
        edts = _child(file, start, end, b"edts")
        elst = _child(file, *edts, b"elst") if edts else None
        edits = tuple(edit for edit in _edits(_bytes(file, *elst)) if edit[1] >= 0) if elst else ()
        packets, ticks = _samples(file, mdia)
        if mvex is not None:
            track = _track_number(file, start, end)
            more = _fragments(file, size, track, _default_ticks(file, mvex, track))
            packets, ticks = packets + more[0], ticks + more[1]
        return Mp4Times(media[0], movie[0], ticks or media[1], packets, edits, mvex is not None)
    return None


def lacks_its_index(file: BinaryIO) -> bool:
    """Whether it begins as MP4 does and has no moov box, which most programs write last."""
    kinds = [kind for kind, _, _ in _boxes(file, 0, os.fstat(file.fileno()).st_size)]
    return kinds[:1] == [b"ftyp"] and b"moov" not in kinds


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of each box."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            return
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        content = start + 8
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
            content += 8
        elif length == 0:
            length = end - start
        if length < content - start or start + length > 1 << 62:
            return
        yield kind, content, min(start + length, end)
        start += length


def _child(file: BinaryIO, start: int, end: int, wanted: bytes) -> tuple[int, int] | None:
    return next(((a, b) for kind, a, b in _boxes(file, start, end) if kind == wanted), None)


def _bytes(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(min(end - start, _MOST_BOX_BYTES))


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


def _samples(file: BinaryIO, mdia: tuple[int, int]) -> tuple[int, int]:
    """Packets and ticks of the movie itself, by stts."""
    minf = _child(file, *mdia, b"minf")
    stbl = _child(file, *minf, b"stbl") if minf else None
    stts = _child(file, *stbl, b"stts") if stbl else None
    data = _bytes(file, *stts) if stts else b""
    count = min(int.from_bytes(data[4:8], "big"), max(0, len(data) - 8) // 8)
    packets = ticks = 0
    for number, each in Struct(">II").iter_unpack(data[8 : 8 + 8 * count]):
        packets += number
        ticks += number * each
    return packets, ticks


def _track_number(file: BinaryIO, start: int, end: int) -> int:
    tkhd = _child(file, start, end, b"tkhd")
    data = _bytes(file, *tkhd) if tkhd else b""
    place = 20 if data[:1] == b"\1" else 12
    return int.from_bytes(data[place : place + 4], "big")


def _default_ticks(file: BinaryIO, mvex: tuple[int, int], track: int) -> int:
    """trex: the duration of a sample of this track in the fragments, if they do not say."""
    for kind, start, end in _boxes(file, *mvex):
        data = _bytes(file, start, end) if kind == b"trex" else b""
        if len(data) >= 16 and int.from_bytes(data[4:8], "big") == track:
            return int.from_bytes(data[12:16], "big")
    return 0


def _fragments(file: BinaryIO, size: int, track: int, default: int) -> tuple[int, int]:
    """Packets and ticks of all fragments."""
    packets = ticks = 0
    for kind, start, end in _boxes(file, 0, size):
        if kind != b"moof":
            continue
        for inner, first, last in _boxes(file, start, end):
            if inner == b"traf":
                more = _traf(file, first, last, track, default)
                packets, ticks = packets + more[0], ticks + more[1]
    return packets, ticks


def _traf(file: BinaryIO, start: int, end: int, track: int, default: int) -> tuple[int, int]:
    tfhd = _child(file, start, end, b"tfhd")
    head = _bytes(file, *tfhd) if tfhd else b""
    if int.from_bytes(head[4:8], "big") != track:
        return 0, 0
    flags = int.from_bytes(head[1:4], "big")
    if flags & 0x08:
        place = 8 + (8 if flags & 0x01 else 0) + (4 if flags & 0x02 else 0)
        default = int.from_bytes(head[place : place + 4], "big")
    packets = ticks = 0
    for kind, first, last in _boxes(file, start, end):
        if kind == b"trun":
            more = _trun(_bytes(file, first, last), default)
            packets, ticks = packets + more[0], ticks + more[1]
    return packets, ticks


def _trun(data: bytes, default: int) -> tuple[int, int]:
    flags, count = int.from_bytes(data[1:4], "big"), int.from_bytes(data[4:8], "big")
    if not flags & 0x100:
        return count, count * default
    start = 8 + (4 if flags & 0x01 else 0) + (4 if flags & 0x04 else 0)
    fields = sum(1 for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag)
    words = Struct(">I" + "4x" * (fields - 1))
    body = data[start : start + count * words.size]
    ticks = sum(each for (each,) in words.iter_unpack(body[: len(body) // words.size * words.size]))
    return count, ticks
