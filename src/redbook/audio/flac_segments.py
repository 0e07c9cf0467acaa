"""One FLAC stream decoded by several threads: cut between frames, and each piece decoded by itself.

Every frame of FLAC can be decoded alone, and its header says where in the audio it lies (RFC 9639 9.1). A
piece is some frames behind a header of its own, as if it were a file. Where the cut is wrong, because what
looked like a frame's beginning was none, fewer samples come out of the piece than its place calls for. Then
the pieces end, and whoever takes them decodes the rest in one go; the MD5 of the whole is compared in any
case.

What can be in flight: of each thread one piece, and one more that is decoded already. They are given in
order.

Who touches what: whoever takes the samples looks for the cuts, and reads only what is around them. Each
thread reads its pieces into memory of its own, which it uses again; the samples it returns are new memory.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, NamedTuple

from redbook.audio.flac_frames import FLAC_MARK, LONGEST_HEADER_BYTES, FrameHeader
from redbook.audio.format import Samples

WANTED_BYTES = 1 << 20
"""Of a decoded piece, about. With less the threads wait for each other more often."""

_MOST_TIMES = 2
"""As much as wanted: longer pieces are not made."""

_FIRST_BYTES = 1 << 18
_LEAST_BYTES, _MOST_BYTES = 1 << 10, 1 << 21
_FURTHER_BYTES = 1 << 16
_LONGEST_SEARCH_BYTES = 1 << 22
_LOOK_BYTES = 1 << 15
"""Read at once to look for a frame; most frames are shorter."""


class Piece(NamedTuple):
    """Some frames: where in the file they lie, and how many samples are in them."""

    byte: int
    length: int
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


def pieces(file: BinaryIO, size: int, stream_info: bytes, samples: int, sample_bytes: int) -> Iterator[Piece]:
    """Where a file can be cut between frames; only what is around the cuts is read.

    They end early if no frame is found for a long stretch.

    file          that begins with `fLaC` and STREAMINFO
    size          of the file, in bytes
    samples       that STREAMINFO states
    sample_bytes  of all channels together, once they are decoded
    """
    aim = WANTED_BYTES // sample_bytes
    most = aim * _MOST_TIMES
    search = _Search(file, size, stream_info, most)
    byte, begin, wanted = search.first_frame_byte, 0, _FIRST_BYTES
    while True:
        at, number = search.next_cut(byte, begin, wanted)
        if not at or number - begin > most or number > samples:
            break
        yield Piece(byte, at - byte, number - begin)
        wanted = min(max((at - byte) * aim // (number - begin), _LEAST_BYTES), _MOST_BYTES)
        byte, begin = at, number
    if not at and 0 < size - byte <= _LONGEST_SEARCH_BYTES and 0 < samples - begin <= most:
        yield Piece(byte, size - byte, samples - begin)


class Streams:
    """Makes pieces into streams of their own, as if each were a file.  Any thread may ask."""

    def __init__(self, file: BinaryIO, stream_info: bytes) -> None:
        self._file = file
        info = stream_info[:13] + bytes([stream_info[13] & 0xF0]) + bytes(4 + 16)  # no length, no MD5
        self._head = FLAC_MARK + bytes([0x80]) + len(info).to_bytes(3, "big") + info
        self._own = threading.local()

    def stream(self, piece: Piece) -> memoryview:
        """Valid until the same thread asks for another one.  raises  OSError"""
        begin = len(self._head)
        memory: bytearray = getattr(self._own, "memory", bytearray())
        if len(memory) < begin + piece.length:
            # With room to grow: new memory costs the system more than what is read into it.
            memory = self._own.memory = bytearray(begin + piece.length * 5 // 4)
            memory[:begin] = self._head
        view = memoryview(memory)[: begin + piece.length]
        done = begin
        while done < len(view) and (
            got := os.preadv(self._file.fileno(), [view[done:]], piece.byte + done - begin)
        ):
            done += got
        return view[:done]


def _after_metadata(file: BinaryIO) -> int:
    """The byte where the frames begin."""
    byte, last = len(FLAC_MARK), False
    while not last:
        file.seek(byte)
        head = file.read(4)
        if len(head) < 4:
            break
        last = bool(head[0] & 0x80)
        byte += 4 + int.from_bytes(head[1:], "big")
    return byte


class _Search:
    """Looks for frames, backwards from where a piece is to end.

    most_samples  of a piece
    """

    def __init__(self, file: BinaryIO, size: int, stream_info: bytes, most_samples: int) -> None:
        self._most = most_samples
        self._file = file
        self._size = size
        self._fixed = int.from_bytes(stream_info[0:2], "big")
        self.first_frame_byte = _after_metadata(file)
        self._first = FrameHeader.read(self._read(self.first_frame_byte, LONGEST_HEADER_BYTES), self._fixed)

    def next_cut(self, byte: int, begin: int, wanted: int) -> tuple[int, int]:
        """Where a frame begins, about `wanted` bytes on, and its first sample; (0, 0) if none does.

        byte   where the piece begins; `begin` is its first sample
        """
        above, limit = byte, min(byte + _LONGEST_SEARCH_BYTES, self._size)
        while above < limit - 1:
            end = min(byte + wanted, limit)
            at, number = self._last_frame(begin, above, end)
            while at and number - begin > self._most:  # what is nearly silent takes next to no bytes
                earlier, before = self._last_frame(begin, byte, byte + (at - byte) // 2)
                if not earlier:
                    return self._first_frame(byte, begin, at)
                at, number = earlier, before
            if at:
                return at, number
            above = end - 1
            wanted += _FURTHER_BYTES
        return 0, 0

    def _last_frame(self, begin: int, above: int, end: int) -> tuple[int, int]:
        """The last frame that begins behind the byte `above` and before the byte `end`."""
        while end > above + 1:
            low = max(above + 1, end - _LOOK_BYTES)
            data = self._read(low, end - low + LONGEST_HEADER_BYTES)
            at = end - low
            while (at := data.rfind(b"\xff", 0, at)) >= 0:
                number = self._frame_at(data, at)
                if number > begin:
                    return low + at, number
            end = low
        return 0, 0

    def _first_frame(self, byte: int, begin: int, known: int) -> tuple[int, int]:
        """The first one behind a byte; `known` is where one of them begins."""
        for low in range(byte + 1, known + 1, _LOOK_BYTES):
            data = self._read(low, _LOOK_BYTES + LONGEST_HEADER_BYTES)
            at = -1
            while 0 <= (at := data.find(b"\xff", at + 1)) < _LOOK_BYTES:
                number = self._frame_at(data, at)
                if number > begin:
                    return low + at, number
        return 0, 0

    def _frame_at(self, data: bytes, at: int) -> int:
        """Its first sample; -1 if no frame like the others begins here."""
        if data[at + 1 : at + 2] not in (b"\xf8", b"\xf9"):
            return -1
        header = FrameHeader.read(data[at : at + LONGEST_HEADER_BYTES], self._fixed)
        if header is None or self._first is None or header.kind != self._first.kind:
            return -1
        return header.first_sample

    def _read(self, byte: int, length: int) -> bytes:
        self._file.seek(byte)
        return self._file.read(length)
