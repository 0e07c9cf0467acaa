"""AIFF, AIFF-C and CAF, and Sun's AU: where their samples are.

Sources: Apple's AIFF 1.3, AIFF-C and Core Audio Format; Sun's audio(5) header.
"""

from __future__ import annotations

import math
from dataclasses import replace
from struct import Struct
from typing import BinaryIO

from redbook.audio.containers import cut_short, file_size
from redbook.audio.pcm import (
    MOST_CHUNKS,
    Layout,
    behind,
    chunks,
    fields,
    is_name,
    is_placeholder,
    names,
    placed,
    unexplained,
    whole,
)
from redbook.errors import AudioError


def aiff(file: BinaryIO, place: int, compressed: bool) -> Layout | tuple[str, ...]:
    """The layout of an AIFF or AIFF-C file; otherwise notes on a file that something else must decode.

    place       of the first chunk
    compressed  whether it is AIFF-C

    raises  AudioError  if it is cut short or damaged
    """
    size = file_size(file)
    head = Struct(">4sI")
    common: Layout | None = None
    known = False
    sound: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    end = place
    for name, length, start in chunks(file, place, size, head):
        if name == b"COMM" and not known:
            file.seek(start)
            known, common = True, _aiff_common(file.read(min(length, 1024)), compressed)
        if name == b"SSND" and sound is None:
            offset, _ = fields(file, start, Struct(">II"))
            stated = None if length <= 8 or is_placeholder(length, size - start) else length
            there, notes = whole(stated, start, size)
            if offset > there - 8:
                raise AudioError("its audio begins after its end: it is damaged")
            sound = (start + 8 + offset, there - 8 - offset)
            end = start + there
            if stated is None or start + there == size:
                break
            continue
        if start + length > size:
            raise cut_short(length, size - start, name.decode("ascii").strip())
        end = start + length
    if sound is None:
        raise AudioError(
            "there is no audio after its header: the file was cut short, or is damaged; get it again"
        )
    if not known:
        raise AudioError("its audio comes before its format, so it cannot be decoded")
    notes += behind(file, end, size, head)
    return notes if common is None else placed(common, *sound, notes)


_AIFC_KINDS = {
    b"NONE": ("s", ">"),
    b"twos": ("s", ">"),
    b"sowt": ("s", "<"),
    b"raw ": ("u", ">"),
    b"in24": ("s", ">"),
    b"in32": ("s", ">"),
    **dict.fromkeys((b"42ni", b"42n1", b"23ni", b"23n1"), ("s", "<")),  # libsndfile writes them with a 1
    b"fl32": ("f", ">"),
    b"FL32": ("f", ">"),
    b"fl64": ("f", ">"),
    b"FL64": ("f", ">"),
}


_AIFC_BITS = {
    **dict.fromkeys((b"in24", b"42ni", b"42n1"), 24),
    **dict.fromkeys((b"in32", b"23ni", b"23n1", b"fl32", b"FL32"), 32),
    **dict.fromkeys((b"fl64", b"FL64"), 64),
}


def _aiff_common(data: bytes, compressed: bool) -> Layout | None:
    if len(data) < (22 if compressed else 18):
        raise AudioError("its COMM chunk is incomplete: it is damaged")
    channels, _, bits = Struct(">HIH").unpack_from(data)
    kind, order = _AIFC_KINDS.get(data[18:22], ("", "")) if compressed else ("s", ">")
    if not kind:
        return None
    bits = _AIFC_BITS.get(data[18:22], bits) if compressed else bits
    width = -(-bits // 8)
    if not channels or width not in ((4, 8) if kind == "f" else (1, 2, 3, 4)):
        raise AudioError(f"its header states {channels} channels of {bits} bits, which redbook cannot read")
    return Layout("aiff", _extended(data[8:18]), names(channels), bits, width, kind, order, 0)


def _extended(data: bytes) -> int:
    """A number of 80 bits, as AIFF writes its rate; 0 for what is not a rate."""
    exponent = int.from_bytes(data[:2], "big")
    if exponent >> 15 or not 0 <= exponent - 16383 < 40:
        return 0
    return round(int.from_bytes(data[2:10], "big") / 2.0 ** (63 - (exponent - 16383)))


_AU_KINDS = {
    1: (1, "mulaw"),
    27: (1, "alaw"),
    2: (1, "s"),
    3: (2, "s"),
    4: (3, "s"),
    5: (4, "s"),
    6: (4, "f"),
    7: (8, "f"),
}


def au(file: BinaryIO, origin: int) -> Layout | tuple[str, ...]:
    """The size is in the header; FFFFFFFFh for unknown."""
    file.seek(origin)
    order = "<" if file.read(4) == b"dns." else ">"
    offset, length, encoding, rate, channels = fields(file, origin + 4, Struct(order + "IIIII"))
    start, size = origin + offset, file_size(file)
    if offset < 24 or start > size:
        raise AudioError("its audio begins after its end: it is damaged, or was cut short")
    there, notes = whole(
        None if length >= 0xFFFFFF00 or (not length and size > start) else length, start, size
    )
    notes += behind(file, start + there, size, None)
    if encoding not in _AU_KINDS:
        return notes
    width, kind = _AU_KINDS[encoding]
    if not channels:
        raise AudioError("its header states 0 channels: it is damaged")
    layout = Layout("au", rate, names(channels), 8 * width, width, kind, order, 0)
    return placed(layout, start, there, notes)


_EDIT_COUNT_BYTES = 4


def caf(file: BinaryIO, place: int) -> Layout | tuple[str, ...]:
    """Sizes of 64 bit; -1 for audio up to the end."""
    size = file_size(file)
    head = Struct(">4sq")
    wanted: Layout | None = None
    known = False
    found: Layout | tuple[str, ...] | None = None
    for _ in range(MOST_CHUNKS):
        if place + head.size > size:
            break
        file.seek(place)
        name, length = head.unpack(file.read(head.size))
        start = place + head.size
        if not is_name(name):
            break
        if name == b"desc":
            file.seek(start)
            known, wanted = True, _caf_format(file.read(32))
        if name == b"data" and found is None:
            if not known:
                raise AudioError("its audio comes before its format, so it cannot be decoded")
            there, notes = whole(None if length < 0 else length, start, size)
            if there < _EDIT_COUNT_BYTES:
                raise AudioError(
                    f"its chunk of audio has {there} bytes, but the count of edits before the audio needs "
                    f"{_EDIT_COUNT_BYTES}: it is damaged, or was never finished"
                )
            found = notes
            if wanted is not None:
                found = placed(wanted, start + _EDIT_COUNT_BYTES, there - _EDIT_COUNT_BYTES, notes)
            length = there
        if length < 0 or start + length > size:
            raise cut_short(max(length, 0), size - start, name.decode("ascii").strip())
        place = start + length
    if found is None:
        raise AudioError(
            "there is no audio after its header: the file was cut short, or is damaged; get it again"
        )
    more = unexplained(size - place)
    return replace(found, notes=found.notes + more) if isinstance(found, Layout) else found + more


def _caf_format(data: bytes) -> Layout | None:
    if len(data) < 32:
        raise AudioError("its description is incomplete: it is damaged")
    rate, kind, flags, packet, frames, channels, bits = Struct(">d4sIIIII").unpack(data)
    if kind != b"lpcm":
        return None
    if not channels or frames != 1 or packet % channels or -(-bits // 8) != packet // channels:
        raise AudioError("its header contradicts itself; redbook does not guess")
    width = packet // channels
    if width not in ((4, 8) if flags & 1 else (1, 2, 3, 4)):
        raise AudioError(f"its header states values of {bits} bits, which redbook cannot read")
    hertz = round(rate) if math.isfinite(rate) else 0
    order = "<" if flags & 2 else ">"
    return Layout("caf", hertz, names(channels), bits, width, "f" if flags & 1 else "s", order, 0)
