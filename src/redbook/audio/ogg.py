"""Ogg: pages with checksums, and the packets in them.  Source: RFC 3533

FFmpeg's own Ogg reader guesses a time for each packet and ignores what is missing; a page says
where it ends, which number it has and what its checksum is.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import field
from typing import BinaryIO

from redbook.errors import AudioError
from redbook.records import dataclass

_CAPTURE = b"OggS"
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_LONGEST_PAGE = 27 + 255 + 255 * 255
_MOST_STREAMS = 64
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

LONGEST_PACKET = 16 << 20
"""Above any of a sound codec: comment packets with pictures come to some MB."""


def page_crc(page: bytes) -> int:
    """Of a page whose own checksum is zero: CRC-32 with the high bit first, from 0.

    zlib's runs over the same polynomial with the low bit first, so the bits are reversed.
    """
    turned = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2)


@dataclass(frozen=True, slots=True)
class Page:
    """position in bytes; granule -1 if no packet ends in it; pieces are packets or parts of them.

    complete  whether the last piece ends here
    """

    position: int
    serial: int
    number: int
    granule: int
    flags: int
    pieces: list[bytes]
    complete: bool

    @property
    def first(self) -> bool:
        return bool(self.flags & _FIRST)

    @property
    def last(self) -> bool:
        return bool(self.flags & _LAST)

    @property
    def continued(self) -> bool:
        return bool(self.flags & _CONTINUED)


@dataclass(slots=True)
class PageReader:
    """All pages of a file whose checksums are right.

    skipped_bytes   that do not belong to a page, so far
    torn            whether what was last skipped begins like a page
    """

    file: BinaryIO
    skipped_bytes: int = 0
    torn: bool = False
    _buffer: bytearray = field(default_factory=bytearray)
    _position: int = 0

    def __iter__(self) -> Iterator[Page]:
        self.file.seek(self._position)
        while self._fill(27):
            page = self._page()
            if page is not None:
                yield page
                self.torn = False
                continue
            self._resynchronise()
        self.torn = self.torn or self._buffer.startswith(_CAPTURE)
        self.skipped_bytes += len(self._buffer)

    def _fill(self, wanted: int) -> bool:
        while len(self._buffer) < wanted:
            data = self.file.read(max(wanted - len(self._buffer), 1 << 16))
            if not data:
                return False
            self._buffer += data
        return True

    def _page(self) -> Page | None:
        """Takes the page from the start of the buffer; None if there is none with a right checksum."""
        head = self._buffer
        if not head.startswith(_CAPTURE) or head[4]:
            return None
        segments = head[26]
        if not self._fill(27 + segments):
            return None
        sizes = bytes(self._buffer[27 : 27 + segments])
        length = 27 + segments + sum(sizes)
        if not self._fill(length):
            return None
        raw = bytes(self._buffer[:length])
        if page_crc(raw[:22] + bytes(4) + raw[26:]) != int.from_bytes(raw[22:26], "little"):
            return None
        del self._buffer[:length]
        position, self._position = self._position, self._position + length
        pieces, start, size = [], 27 + segments, 0
        for part in sizes:
            size += part
            if part < 255:
                pieces.append(raw[start : start + size])
                start, size = start + size, 0
        complete = not sizes or sizes[-1] < 255
        if not complete:
            pieces.append(raw[start : start + size])
        return Page(
            position,
            int.from_bytes(raw[14:18], "little"),
            int.from_bytes(raw[18:22], "little"),
            int.from_bytes(raw[6:14], "little", signed=True),
            raw[5],
            pieces,
            complete,
        )

    def _resynchronise(self) -> None:
        """Skip to what may be the next page."""
        self.torn = self.torn or self._buffer.startswith(_CAPTURE)
        while True:
            place = self._buffer.find(_CAPTURE, 1)
            drop = place if place > 0 else len(self._buffer) - 3
            del self._buffer[:drop]
            self.skipped_bytes += drop
            self._position += drop
            if place > 0 or not self._fill(27):
                return


@dataclass(frozen=True, slots=True)
class PacketPage:
    """The packets that end in one page of a stream, and where the page says that its audio ends.

    gap  whether pages seem to be missing before it that need not have held audio: between a stream's
         headers and its audio the numbers may jump, because some taggers do not count on
    """

    packets: list[bytes]
    granule: int | None
    last: bool
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """The start of a logical stream: its first packet; a chain has several, one after the other."""

    serial: int
    head: bytes


class Demuxer:
    """The packets of the first stream of sound in each link of a chain.

    sounds  decides from its first packet whether a stream has sound
    notes   on what was skipped without a loss; complete at the end

    raises  AudioError  if a page is missing or was cut off
    """

    def __init__(self, file: BinaryIO, sounds: tuple[bytes, ...]) -> None:
        self._reader = PageReader(file)
        self._sounds = sounds
        self.notes: list[str] = []

    def __iter__(self) -> Iterator[Stream | PacketPage]:
        """A Stream, then its pages, then the next Stream."""
        stream: Stream | None = None
        opening: set[int] = set()
        number, partial, ended = -1, bytearray(), True
        audio = False
        skipped = 0
        page: Page | None = None
        for page in self._reader:
            if page.first:
                opening = {page.serial} if audio or not opening else opening | {page.serial}
                if len(opening) > _MOST_STREAMS:
                    raise AudioError("more than 64 streams begin at one place in it: it is damaged")
                wanted = page.pieces and page.pieces[0].startswith(self._sounds)
                if wanted and (stream is None or audio):
                    if stream is not None and not ended:
                        self._note_open_end()
                    stream = Stream(page.serial, page.pieces[0])
                    number, partial, ended, audio = page.number, bytearray(), False, False
                    skipped = self._reader.skipped_bytes
                    yield stream
                    if page.pieces[1:]:
                        yield PacketPage(page.pieces[1:], _granule(page), page.last)
                    ended = page.last
                continue
            if stream is None or page.serial != stream.serial:
                continue
            gap = page.number != number + 1 & 0xFFFFFFFF
            if gap and (audio or self._reader.skipped_bytes > skipped):
                raise AudioError(missing_page(page.position))
            number, skipped = page.number, self._reader.skipped_bytes
            pieces = list(page.pieces)
            if partial and not page.continued:
                raise AudioError(missing_page(page.position))
            if page.continued and pieces:
                if partial:
                    pieces[0] = bytes(partial) + pieces[0]
                elif pieces[:1]:
                    del pieces[0]  # the end of a packet whose start is before the file's own
            partial = bytearray()
            if not page.complete and pieces:
                partial += pieces.pop()
                if len(partial) > LONGEST_PACKET:
                    raise AudioError("a packet in it is longer than any packet of sound: it is damaged")
            audio = audio or page.granule > 0
            ended = page.last
            yield PacketPage(pieces, _granule(page), page.last, gap)
        self._check_end(stream, ended, bool(partial))

    def _check_end(self, stream: Stream | None, ended: bool, inside_a_packet: bool) -> None:
        if stream is None:
            return
        if self._reader.torn or inside_a_packet:
            raise AudioError("it ends inside a page: the file was cut short; get it again")
        if not ended:
            self._note_open_end()
        if self._reader.skipped_bytes:
            self.notes.append(
                f"{self._reader.skipped_bytes} bytes in the file do not belong to a page, and are left out"
            )

    def _note_open_end(self) -> None:
        self.notes.append(
            "its last page is whole, but not marked as the last: "
            "the recording was stopped, or the file was cut off there"
        )


def _granule(page: Page) -> int | None:
    return None if page.granule == -1 else page.granule


def missing_page(position: int) -> str:
    """The text of the error for a page that is missing before this byte of the file."""
    return f"a page is missing or damaged before byte {position} of the file: it is damaged; get it again"


def file_size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size
