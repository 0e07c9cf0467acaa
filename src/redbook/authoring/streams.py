"""The audio of a program from a spool, in the order in which it is sent."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from redbook.audio.sectors import Spool
from redbook.authoring.arrange import Arrangement
from redbook.authoring.program import Piece
from redbook.disc import SAMPLE_BYTES, SAMPLES_PER_SECTOR, SECTOR_BYTES
from redbook.engine.fingerprint import FingerprintMaker
from redbook.errors import AudioError, Cancelled
from redbook.flag import Flag

_AHEAD_BYTES = 216 * SECTOR_BYTES
"""Some 500 kB, eight READs of a real drive: after each read from the spool, this thread has to wait for the
others."""


class ProgramStream:
    """A SectorStream of pieces, from a spool."""

    def __init__(self, spool: Spool, pieces: Sequence[Piece]) -> None:
        self.sectors = sum(piece.samples or 0 for piece in pieces) // SAMPLES_PER_SECTOR
        self._spool = spool
        self._pieces = pieces
        self._number = 0
        self._done = 0  # samples of the piece

    def read_into(self, buffer: memoryview) -> int:
        """The next bytes; 0 at the end.  raises  AudioError  if the spool cannot be read"""
        while self._number < len(self._pieces):
            piece = self._pieces[self._number]
            left = ((piece.samples or 0) - self._done) * SAMPLE_BYTES
            if not left:
                self._number, self._done = self._number + 1, 0
                continue
            wanted = buffer[: min(left, len(buffer) - len(buffer) % SAMPLE_BYTES)]
            if piece.source is None:
                wanted[:] = bytes(len(wanted))
                got = len(wanted)
            else:
                offset = (piece.first + self._done) * SAMPLE_BYTES
                got = self._spool.read_into(piece.source, offset, wanted)
            self._done += got // SAMPLE_BYTES
            return got
        return 0


class SpooledAudio:
    """SentAudio from a spool.  For one thread; fastest if each request continues the one before."""

    def __init__(self, spool: Spool, arrangement: Arrangement) -> None:
        self._spool = spool
        self._arrangement = arrangement
        self._next = (-1, 0)  # place and sector that continue the last request
        self._stream = ProgramStream(spool, ())
        self._ahead = bytearray(_AHEAD_BYTES)  # what was read; not used yet from _at to _end
        self._at = self._end = 0

    def differing(self, place: int, first: int, data: bytes | bytearray) -> list[int]:
        """The numbers of those sectors of `data` that differ from what was sent.

        raises  AudioError  if the spool cannot be read
        """
        if (place, first) != self._next:
            track = self._arrangement.layout.tracks[place]
            pieces = self._arrangement.pieces_between(track.sent_lba + first, track.end_lba)
            self._stream = ProgramStream(self._spool, pieces)
            self._at = self._end = 0
        begin = self._place_of_next(len(data))
        self._next = (place, first + len(data) // SECTOR_BYTES)
        if self._ahead.startswith(data, begin):  # this compares in place
            return []
        return [
            first + at // SECTOR_BYTES
            for at in range(0, len(data), SECTOR_BYTES)
            if not self._ahead.startswith(data[at : at + SECTOR_BYTES], begin + at)
        ]

    def sector_sums(self, place: int) -> array[int]:
        """The CRC-32 of each sector of a track.  raises  AudioError  if the spool cannot be read"""
        track = self._arrangement.layout.tracks[place]
        pieces = self._arrangement.pieces_between(track.sent_lba, track.end_lba)
        maker = FingerprintMaker()
        for pcm in chunks(ProgramStream(self._spool, pieces)):
            maker.update(pcm)
        return maker.finish("").sums

    def _place_of_next(self, length: int) -> int:
        """Where the next bytes are in what was read ahead.  raises  AudioError  if there are too few"""
        if self._end - self._at < length:
            ahead = self._ahead[self._at : self._end].ljust(max(length, _AHEAD_BYTES), b"\0")
            self._at, self._end, view = 0, self._end - self._at, memoryview(ahead)
            while self._end < len(ahead) and (got := self._stream.read_into(view[self._end :])):
                self._end += got
            self._ahead = ahead
            if self._end < length:
                raise too_short()
        begin, self._at = self._at, self._at + length
        return begin


def too_short() -> AudioError:
    """The error for a spool that has less than was put into it."""
    return AudioError("the decoded audio is shorter than it was: was its file changed?")


def chunks(stream: ProgramStream, cancel: Flag | None = None, size: int = 1 << 18) -> Iterator[memoryview]:
    """The whole stream, in pieces that share one buffer.  raises  AudioError, Cancelled"""
    buffer = memoryview(bytearray(size))
    while got := stream.read_into(buffer):
        if cancel is not None and cancel.is_set():
            raise Cancelled("cancelled while the sources were read; nothing was sent")
        yield buffer[:got]
