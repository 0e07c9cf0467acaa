"""WAV, RF64, BW64, RIFX and Wave64: where their samples are.

Sources: Microsoft's Multimedia Programming Interface 1.0 and WAVEFORMATEXTENSIBLE, EBU Tech 3306 (RF64),
Sony Wave64.
"""

from __future__ import annotations

from dataclasses import replace
from struct import Struct
from typing import BinaryIO

from redbook.audio.containers import cut_short, file_size
from redbook.audio.pcm import (
    MOST_CHUNKS,
    Layout,
    behind,
    chunks,
    explained_from,
    fields,
    is_name,
    is_placeholder,
    names,
    placed,
    unexplained,
    whole,
)
from redbook.errors import AudioError

_PCM_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_AMBISONIC_GUID_TAIL = bytes.fromhex("00002107d3118644c8c1ca000000")


def riff(file: BinaryIO, place: int, kind: bytes) -> Layout | tuple[str, ...]:
    """The layout of a WAV file; otherwise notes on a file that something else must decode.

    place  of the first chunk
    kind   RIFF, RIFX, RF64 or BW64

    raises  AudioError  if it is cut short or damaged
    """
    size = file_size(file)
    order = ">" if kind == b"RIFX" else "<"
    head = Struct(order + "4sI")
    wide: int | None = None
    wanted: Layout | None = None
    known = False
    for name, length, start in chunks(file, place, size, head):
        if name == b"ds64" and kind in (b"RF64", b"BW64"):
            wide = fields(file, start, Struct("<8xQ"))[0]
        elif name == b"fmt " and not known:
            file.seek(start)
            known, wanted = True, _wave_format(file.read(min(length, 4096)), order)
        elif name == b"data":
            stated: int | None = length
            if length == 0xFFFFFFFF and wide is not None:
                stated = None if wide in (0, (1 << 64) - 1) else wide
            elif is_placeholder(length, size - start):
                stated = None
            if stated == 0 and size > start and explained_from(file, start, size, head) != size:
                stated = None
            if not known:
                raise AudioError("its audio comes before its format, so it cannot be decoded")
            length, notes = whole(stated, start, size)
            if stated is not None:
                notes += behind(file, start + length, size, head)
            return notes if wanted is None else placed(wanted, start, length, notes)
        if start + length > size:
            raise cut_short(length, size - start, name.decode("ascii").strip())
    raise AudioError(
        "there is no audio after its header: the file was cut short, or is damaged; get it again"
    )


def _wave_format(data: bytes, order: str) -> Layout | None:
    """None for what is not linear PCM.  raises  AudioError  for what contradicts itself"""
    layout = Struct(order + "HHIIHH")
    if len(data) < layout.size:
        raise AudioError("its format chunk is incomplete: it is damaged")
    tag, channels, rate, _, align, bits = layout.unpack_from(data)
    mask, valid = 0, bits
    if tag == 0xFFFE and len(data) >= 40:
        valid, mask = Struct(order + "HI").unpack_from(data, 18)
        if order == ">":
            tag = int.from_bytes(data[26:28], "big")
        elif data[26:40] in (_PCM_GUID_TAIL, _AMBISONIC_GUID_TAIL):
            tag = int.from_bytes(data[24:26], "little")
    if tag not in (1, 3):
        return None
    if not channels:
        raise AudioError("its header states 0 channels: it is damaged")
    width = -(-bits // 8)
    if align and align != width * channels:
        raise AudioError(
            f"its header contradicts itself: {channels} values of {bits} bits in {align} bytes; "
            "redbook does not guess: convert it with the program that made it"
        )
    wanted = (1, 2, 3, 4) if tag == 1 else (4, 8)
    if width not in wanted:
        raise AudioError(f"its header states values of {bits} bits, which redbook cannot read")
    kind = "f" if tag == 3 else "u" if width == 1 else "s"
    used = valid if 0 < valid <= bits else bits
    return Layout("wav", rate, names(channels, mask), used, width, kind, order, 0)


def w64(file: BinaryIO, origin: int) -> Layout | tuple[str, ...]:
    """Chunks named by a GUID, sizes of 64 bit with the header counted in, 8-aligned."""
    size = file_size(file)
    place = origin + 40
    wanted: Layout | None = None
    known = False
    for _ in range(MOST_CHUNKS):
        file.seek(place)
        header = file.read(24)
        if len(header) < 24:
            break
        start = place + 24
        length = int.from_bytes(header[16:24], "little") - 24
        if header[:4] == b"fmt " and 0 < length <= size - start:
            known, wanted = True, _wave_format(file.read(min(length, 4096)), "<")
        elif header[:4] == b"data":
            if not known:
                raise AudioError("its audio comes before its format, so it cannot be decoded")
            unknown = length < 0 or length > 1 << 62
            there, notes = whole(None if unknown else length, start, size)
            notes += _behind_w64(file, start + there, size)
            found = replace(wanted, container="w64") if wanted else None
            return notes if found is None else placed(found, start, there, notes)
        if length < 0 or start + length > size:
            raise cut_short(max(length, 0), size - start, "a chunk")
        place = start + length + -length % 8
    raise AudioError(
        "there is no audio after its header: the file was cut short, or is damaged; get it again"
    )


def _behind_w64(file: BinaryIO, end: int, size: int) -> tuple[str, ...]:
    place = end + -end % 8
    for _ in range(MOST_CHUNKS):
        file.seek(place)
        header = file.read(24)
        length = int.from_bytes(header[16:24], "little")
        if len(header) < 24 or not is_name(header[:4]) or not 24 <= length <= size - place:
            break
        place += length + -length % 8
    return unexplained(size - place)
