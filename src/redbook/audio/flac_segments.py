"""One FLAC stream decoded by several threads: cut between frames, and each piece decoded by itself.

Every frame of FLAC can be decoded alone, and its header says where in the audio it lies (RFC 9639 9.1). A
piece is some frames behind a header of its own, as if it were a file. Where the cut is wrong, because what
looked like a frame's beginning was none, fewer samples come out of the piece than its place calls for. Then
the pieces end, and whoever takes them decodes the rest in one go; the MD5 of the whole is compared in any
case.

What can be in flight: of each thread one piece, and one more that is decoded already. They are given in
order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, NamedTuple

from redbook.audio.flac_frames import FLAC_MARK, LONGEST_HEADER_BYTES, FrameHeader
from redbook.audio.format import Samples

WANTED_SAMPLES = 1 << 17
"""Of a piece, about: half a megabyte of 16-bit stereo."""

_MOST_SAMPLES = 4 * WANTED_SAMPLES
_FIRST_BYTES = 1 << 18
_LEAST_BYTES, _MOST_BYTES = 1 << 10, 1 << 20
_FURTHER_BYTES = 1 << 16
_LONGEST_SEARCH_BYTES = 1 << 22
_STREAM_INFO_BYTES = 34


class Piece(NamedTuple):
    """Some frames as a stream of their own, and how many samples are in them."""

    stream: bytes
    samples: int


Decode = Callable[[Piece], Samples]


def decoded_by(threads: int, pieces: Iterator[Piece], decode: Decode) -> Generator[Samples]:
    """The samples of all pieces, in order, by this many threads; they end at a piece that is not whole."""
    waiting: deque[tuple[int, Future[Samples]]] = deque()
    with ThreadPoolExecutor(threads, "redbook-flac") as pool:
        try:
            more = True
            while more or waiting:
                while more and len(waiting) <= threads:
                    piece = next(pieces, None)
                    if piece is None:
                        more = False
                    else:
                        waiting.append((piece.samples, pool.submit(decode, piece)))
                if waiting:
                    wanted, result = waiting.popleft()
                    samples = result.result()
                    if len(samples) != wanted:
                        return
                    yield samples
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def pieces(file: BinaryIO, stream_info: bytes, samples: int) -> Iterator[Piece]:
    """A file, cut between frames.

    They end early if no frame is found for a long stretch.

    file     that begins with `fLaC` and STREAMINFO
    samples  that STREAMINFO states
    """
    head = _head(stream_info)
    _pass_metadata(file)
    reading = _Reading(file, stream_info)
    begin, wanted = 0, _FIRST_BYTES
    while True:
        at, number = reading.next_cut(begin, wanted)
        if not at or number - begin > _MOST_SAMPLES or number > samples:
            break
        yield Piece(head + reading.take(at), number - begin)
        wanted = min(max(at * WANTED_SAMPLES // (number - begin), _LEAST_BYTES), _MOST_BYTES)
        begin = number
    if not at and reading.at_the_end and 0 < samples - begin <= _MOST_SAMPLES:
        yield Piece(head + reading.take(None), samples - begin)


def _head(stream_info: bytes) -> bytes:
    """The beginning of a stream of these frames, of no stated length and with no MD5."""
    info = stream_info[:13] + bytes([stream_info[13] & 0xF0]) + bytes(4 + 16)
    return FLAC_MARK + bytes([0x80]) + _STREAM_INFO_BYTES.to_bytes(3, "big") + info


def _pass_metadata(file: BinaryIO) -> None:
    file.seek(len(FLAC_MARK))
    last = False
    while not last:
        head = file.read(4)
        if len(head) < 4:
            return
        last = bool(head[0] & 0x80)
        file.seek(int.from_bytes(head[1:], "big"), 1)


class _Reading:
    """Frames that were read, but are not in a piece yet."""

    def __init__(self, file: BinaryIO, stream_info: bytes) -> None:
        self._file = file
        self._fixed = int.from_bytes(stream_info[0:2], "big")
        self._data = b""
        self._first: FrameHeader | None = None
        self.at_the_end = False

    def next_cut(self, begin: int, wanted: int) -> tuple[int, int]:
        """Where a frame begins, about `wanted` bytes on, and its first sample; (0, 0) if none does.

        begin  first sample of what is not in a piece yet
        """
        while wanted < _LONGEST_SEARCH_BYTES:
            self._read_up_to(wanted + LONGEST_HEADER_BYTES)
            at, number = self._last_frame(begin, wanted)
            while at and number - begin > _MOST_SAMPLES:  # what is nearly silent takes next to no bytes
                earlier, before = self._last_frame(begin, at // 2)
                if not earlier:
                    return self._first_frame(begin)
                at, number = earlier, before
            if at or self.at_the_end:
                return at, number
            wanted += _FURTHER_BYTES
        return 0, 0

    def take(self, length: int | None) -> bytes:
        """This many bytes; None for all of them."""
        if length is None:
            length = len(self._data)
        taken, self._data = self._data[:length], self._data[length:]
        return taken

    def _read_up_to(self, length: int) -> None:
        """Read until there are this many bytes, or all that are left."""
        missing = length - len(self._data)
        if missing > 0:
            self._data += self._file.read(missing)
        if self._first is None:
            self._first = FrameHeader.read(self._data[:LONGEST_HEADER_BYTES], self._fixed)
        self.at_the_end = len(self._data) < length

    def _last_frame(self, begin: int, end: int) -> tuple[int, int]:
        """The last frame that begins before this byte, except the first of all."""
        at = end
        while (at := self._data.rfind(b"\xff", 1, at)) > 0:
            number = self._frame_at(at)
            if number > begin:
                return at, number
        return 0, 0

    def _first_frame(self, begin: int) -> tuple[int, int]:
        at = 0
        while (at := self._data.find(b"\xff", at + 1)) > 0:
            number = self._frame_at(at)
            if number > begin:
                return at, number
        return 0, 0

    def _frame_at(self, at: int) -> int:
        """Its first sample; -1 if no frame like the others begins here."""
        if self._data[at + 1 : at + 2] not in (b"\xf8", b"\xf9"):
            return -1
        header = FrameHeader.read(self._data[at : at + LONGEST_HEADER_BYTES], self._fixed)
        if header is None or self._first is None or header.kind != self._first.kind:
            return -1
        return header.first_sample
