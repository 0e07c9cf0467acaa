"""Matroska and WebM: how many packets of sound their blocks hold, and whether every block is there.

FFmpeg looks for the next cluster if something in one cannot be understood, and does not report what is in
between: up to five seconds, or all the rest of a short file. So the elements are gone through here, one by
one, without their content.

Sources: RFC 8794 (EBML: names and sizes), RFC 9559 (Matroska: 10 the elements, 10.3 laced blocks).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from redbook.audio.containers import cut_short, file_size
from redbook.audio.pcm import unexplained
from redbook.errors import AudioError
from redbook.records import dataclass

_EBML, _SEGMENT = 0x1A45DFA3, 0x18538067
_TRACKS, _CLUSTER = 0x1654AE6B, 0x1F43B675
_IN_SEGMENT = frozenset(
    (_TRACKS, _CLUSTER, 0x114D9B74, 0x1549A966, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367)
)
"""Besides tracks and clusters: what may be sought, information, cues, attachments, chapters, tags."""

_TRACK, _TRACK_NUMBER, _TRACK_TYPE, _SOUND = 0xAE, 0xD7, 0x83, 2
_SIMPLE_BLOCK, _GROUP, _BLOCK = 0xA3, 0xA0, 0xA1
_ANYWHERE = frozenset((0xEC, 0xBF))
"""Void and a checksum."""

_IN_CLUSTER = _ANYWHERE | {_SIMPLE_BLOCK, _GROUP, 0xE7, 0xA7, 0xAB, 0x5854, 0xAF}
_MOST_NUMBER_BYTES = 8
_LACED = 0x06


@dataclass(frozen=True, slots=True)
class _Element:
    """Where its content starts, and how long it is; None if the file does not say."""

    name: int
    place: int
    start: int
    length: int | None


@dataclass(slots=True)
class Blocks:
    """packets of the first track of sound; notes on what follows or is incomplete"""

    packets: int = 0
    notes: tuple[str, ...] = ()


def read_blocks(file: BinaryIO) -> Blocks:
    """Through all of the file.  raises  AudioError  if it is shorter than it says, or damaged"""
    return _Reader(file).read()


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file_size(file)
        self._track: int | None = None
        self._found = Blocks()

    def read(self) -> Blocks:
        place = 0
        while place < self._size:
            element = self._element(place, self._size)
            if element is None or element.name not in (_EBML, _SEGMENT, *_ANYWHERE):
                self._found.notes += unexplained(self._size - place)
                break
            end = self._size if element.length is None else element.start + element.length
            if end > self._size:
                raise cut_short(end - element.start, self._size - element.start, "segment")
            place = self._segment(element, end) if element.name == _SEGMENT else end
        return self._found

    def _segment(self, segment: _Element, end: int) -> int:
        """Where it ends."""
        place = segment.start
        while place < end:
            element = self._element(place, end)
            if element is not None and element.name == _EBML and segment.length is None:
                return place
            if element is None or element.name not in _IN_SEGMENT | _ANYWHERE:
                if segment.length is None and not self._anything_follows(place):
                    self._found.notes += unexplained(end - place)
                    return end
                raise self._damaged(place)
            content_end = end if element.length is None else element.start + element.length
            if content_end > end:
                self._cut(segment, place)
                content_end = end
            if element.name == _TRACKS and self._track is None:
                self._track = self._first_sound(element.start, content_end)
            place = self._cluster(segment, element, content_end) if element.name == _CLUSTER else content_end
        return place

    def _cluster(self, segment: _Element, cluster: _Element, end: int) -> int:
        """Where it ends: one that was written live ends where something else begins."""
        place = cluster.start
        while place < end:
            element = self._element(place, end)
            if cluster.length is None and element is not None and element.name in {*_IN_SEGMENT, _EBML}:
                return place
            if element is None and end == self._size and end - place < 2 * _MOST_NUMBER_BYTES:
                self._cut(segment, place)
                return end
            if element is None or element.name not in _IN_CLUSTER or element.length is None:
                raise self._damaged(place)
            content_end = element.start + element.length
            if content_end > end:
                if end < self._size:
                    raise self._damaged(place)
                self._cut(segment, place)
                return end
            if element.name == _SIMPLE_BLOCK:
                self._block(element)
            elif element.name == _GROUP:
                self._group(element, content_end)
            place = content_end
        return place

    def _group(self, group: _Element, end: int) -> None:
        for element in self._children(group.start, end):
            if element.name == _BLOCK:
                self._block(element)

    def _block(self, block: _Element) -> None:
        """Its track, and how many packets are laced into it."""
        self._file.seek(block.start)
        head = self._file.read(min(block.length or 0, _MOST_NUMBER_BYTES + 4))
        track, used = _number(head, 0, marked=False)
        if track is None or len(head) < used + 3:
            raise self._damaged(block.place)
        if track != self._track:
            return
        laced = head[used + 2] & _LACED and len(head) > used + 3
        self._found.packets += head[used + 3] + 1 if laced else 1

    def _first_sound(self, start: int, end: int) -> int | None:
        for entry in self._children(start, end):
            if entry.name != _TRACK:
                continue
            numbers = {
                element.name: self._unsigned(element)
                for element in self._children(entry.start, entry.start + (entry.length or 0))
                if element.name in (_TRACK_NUMBER, _TRACK_TYPE)
            }
            if numbers.get(_TRACK_TYPE) == _SOUND:
                return numbers.get(_TRACK_NUMBER)
        return None

    def _children(self, place: int, end: int) -> Iterator[_Element]:
        """raises  AudioError  if they do not fill it"""
        while place < end:
            element = self._element(place, end)
            if element is None or element.length is None or element.start + element.length > end:
                raise self._damaged(place)
            yield element
            place = element.start + element.length

    def _element(self, place: int, end: int) -> _Element | None:
        """None if none begins."""
        self._file.seek(place)
        head = self._file.read(min(end - place, 4 + _MOST_NUMBER_BYTES))
        name, used = _number(head, 0, marked=True)
        if name is None or used > 4:
            return None
        length, behind = _number(head, used, marked=False)
        if length is None:
            return None
        unknown = (1 << 7 * (behind - used)) - 1
        return _Element(name, place, place + behind, None if length == unknown else length)

    def _unsigned(self, element: _Element) -> int:
        self._file.seek(element.start)
        return int.from_bytes(self._file.read(min(element.length or 0, _MOST_NUMBER_BYTES)), "big")

    def _anything_follows(self, place: int) -> bool:
        """Whether what is not an element has clusters after it."""
        self._file.seek(place)
        name = _CLUSTER.to_bytes(4, "big")
        tail = b""
        while data := self._file.read(1 << 20):
            if name in tail + data:
                return True
            tail = data[-3:]
        return False

    def _cut(self, segment: _Element, place: int) -> None:
        """What is incomplete at the end of the file."""
        if segment.length is not None:
            raise self._damaged(place)
        self._found.notes = (
            "its last block is incomplete: the file was cut there, and no header says how much is missing; "
            "if it ends too early, get it again",
        )

    def _damaged(self, place: int) -> AudioError:
        return AudioError(f"at byte {place} its blocks cannot be followed: it is damaged; get it again")


def _number(data: bytes, place: int, *, marked: bool) -> tuple[int | None, int]:
    """A number of variable length, with or without the bit that says how long it is; and where it ends."""
    first = data[place] if place < len(data) else 0
    length = 9 - first.bit_length()
    if not first or place + length > len(data):
        return None, place
    value = int.from_bytes(data[place : place + length], "big")
    return value if marked else value & (1 << 7 * length) - 1, place + length
