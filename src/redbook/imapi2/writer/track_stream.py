"""The stream that a caller passes to AddAudioTrack, as the audio of one track.

It is raw 44.1 kHz 16-bit stereo PCM, little-endian, without a header; a sound file with its header is
refused. Its size counts from its start, whatever its position.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES, SHORTEST_TRACK_SECTORS
from redbook.engine.fingerprint import Fingerprint, FingerprintMaker
from redbook.errors import AudioError, RedbookError
from redbook.imapi2.writer.headers import HEAD_BYTES, kind_of_file

SHORTEST_TRACK_BYTES = SHORTEST_TRACK_SECTORS * SECTOR_BYTES
STATFLAG_NONAME = 1
LOOK_SECONDS = 1.0
_MOST_LONG = 1 << 62


class NoStream(RedbookError):
    """The object is not a stream at all."""


class StreamNotSupported(RedbookError):
    """The object is a stream, but not one that can become a track."""


class HasHeader(AudioError):
    """The stream is a sound file: its header would be heard, or even every byte would be noise."""


class OpenSource(NamedTuple):
    """How to read a source, be it a Python file or an object with IStream's methods."""

    read_into: Callable[[memoryview], int]
    size_bytes: int
    seek: Callable[[int], object]


def with_article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AOM' else 'a'} {kind}"


class TrackStream:
    """A SectorStream that ends early if its source does; `failure` says why.

    summed   keep what a disc can be compared with
    strict   refuse a length that is not a whole number of sectors instead of padding it, as Windows does
    raises   NoStream, StreamNotSupported, HasHeader; no more than its first bytes have been read then
    """

    def __init__(self, data: object, strict: bool = False, summed: bool = False) -> None:
        self._source = open_source(data)
        size = self._source.size_bytes
        if size <= 0:
            raise StreamNotSupported("the stream is empty")
        self.size_bytes = size
        self.failure: AudioError | None = None
        self._head = b""
        self._looks = self._look_at_the_start()
        if isinstance(self.failure, HasHeader):
            raise self.failure
        if size % SAMPLE_BYTES:
            raise StreamNotSupported(
                f"{size} bytes are not a whole number of samples of {SAMPLE_BYTES} bytes (16-bit stereo)"
            )
        if strict and size % SECTOR_BYTES and size >= SHORTEST_TRACK_BYTES:
            raise StreamNotSupported(
                f"{size} bytes are not a whole number of {SECTOR_BYTES}-byte sectors; add silence, or leave "
                "StrictSectors off"
            )
        self._done = 0
        self.summed = summed
        self._looked_behind = False
        self._sum = hashlib.sha256() if summed else None
        self._fingerprint = FingerprintMaker()

    @property
    def sectors(self) -> int:
        """Sectors of audio, the last one padded with silence."""
        return -(-self.size_bytes // SECTOR_BYTES)

    def read_into(self, buffer: memoryview) -> int:
        """Called by the read-ahead, in its thread.

        raises  AudioError  if the source fails or ends early
        """
        wanted = min(len(buffer), max(0, self.size_bytes - self._done))
        if not wanted:  # the last sector's rest
            buffer[:] = bytes(len(buffer))
            return self._count(buffer)
        self._looks.join()
        if self._head and not isinstance(self.failure, HasHeader):
            got = min(wanted, len(self._head))
            buffer[:got], self._head = self._head[:got], self._head[got:]
            return self._count(buffer[:got])
        got = self._read(buffer[:wanted], self._done) if self.failure is None else 0
        if self.failure is not None:
            raise self.failure
        self._count(buffer[:got])
        return got

    def _count(self, served: memoryview) -> int:
        self._done += len(served)
        if self._sum is not None:
            self._sum.update(served)
            self._fingerprint.update(served)
        return len(served)

    def fingerprint(self, sectors: int) -> Fingerprint:
        """The fingerprint of what was read, plus silence up to this length of the track. Call it once."""
        if self._sum is None:
            raise ValueError("this stream is not summed up")
        self._sum.update(bytes(sectors * SECTOR_BYTES - self._done))
        return self._fingerprint.finish(self._sum.hexdigest(), sectors)

    def _look_at_the_start(self) -> threading.Thread:
        """Look for a header.

        This runs in a thread that is not waited for long, because a stream may hang; then the answer comes
        before the first sector is sent. What was read is kept, so that nothing is read twice.
        """

        def look() -> None:
            head = memoryview(bytearray(min(HEAD_BYTES, self.size_bytes)))
            got = 0
            while got < len(head) and self.failure is None:
                got += self._read(head[got:], got)
            self._head = bytes(head[:got])
            kind = kind_of_file(self._head)
            if kind:
                self.failure = HasHeader(
                    f"this is {with_article(kind)} file with its header, but a track is "
                    "PCM without a header; pass AudioStream(path) from redbook.imapi2, which converts it"
                )

        thread = threading.Thread(target=look, name="redbook-look-at-start", daemon=True)
        thread.start()
        thread.join(LOOK_SECONDS)
        return thread

    def _read(self, part: memoryview, at: int) -> int:
        try:
            got = self._source.read_into(part)
        except BaseException as error:  # noqa: BLE001 - AddAudioTrack reports whatever the stream raises
            self._fail(f"reading the stream failed after {at} of {self.size_bytes} bytes: {error!r}", error)
            return 0
        if not 0 <= got <= len(part):
            self._fail(f"the stream was asked for {len(part)} bytes and gave {got}")
            return 0
        if not got:
            self._fail(f"the stream ended after {at} of the {self.size_bytes} bytes that it said it has")
        return got

    def _look_behind(self) -> None:
        """Check that the stream has no more bytes than it announced: they would be lost silently.

        This runs in a thread that is not waited for long: everything that was announced has come, and a
        stream that hangs or raises after that has done no harm.
        """
        self._looked_behind = True
        found: list[int] = []

        def look() -> None:
            with contextlib.suppress(BaseException):
                found.append(self._source.read_into(memoryview(bytearray(SAMPLE_BYTES))))

        thread = threading.Thread(target=look, name="redbook-look-behind", daemon=True)
        thread.start()
        thread.join(LOOK_SECONDS)
        if found and found[0] > 0:
            self._fail(f"the stream has more than the {self.size_bytes} bytes that it said it has")

    def _fail(self, text: str, cause: BaseException | None = None) -> None:
        self.failure = AudioError(text)
        self.failure.__cause__ = cause

    def check(self) -> None:
        """Check that reading the stream has not failed so far; the read-ahead must be at rest.

        raises  AudioError  for what went wrong, or if the stream has more bytes than it announced
        """
        if self._done >= self.size_bytes and self.failure is None and not self._looked_behind:
            self._look_behind()
        if self.failure is not None:
            raise self.failure


def open_source(data: object) -> OpenSource:
    """Open a source, at its start; its size counts from there.  raises  NoStream, StreamNotSupported"""
    if isinstance(data, bytes | bytearray | memoryview):
        data = io.BytesIO(bytes(data))
    if isinstance(data, str | int | float | list | tuple | dict):
        raise NoStream(f"{type(data).__name__} is not a stream; open the file first, or use AudioStream")
    if isinstance(data, io.TextIOBase):
        raise StreamNotSupported("the file is open as text; open it in binary mode ('rb')")
    if all(hasattr(data, name) for name in ("Read", "Seek", "Stat")):
        return _open_istream(data)
    if hasattr(data, "read"):
        return _open_file(data)
    raise NoStream(f"{type(data).__name__} has neither read() nor IStream's Read, Seek and Stat")


def _open_file(file: Any) -> OpenSource:
    if getattr(file, "closed", False):
        raise StreamNotSupported("the file is closed")
    if not hasattr(file, "seek") or not hasattr(file, "tell"):
        raise StreamNotSupported("the stream cannot seek, so its size is unknown; write it to a file first")
    try:
        if not getattr(file, "seekable", lambda: True)():
            raise StreamNotSupported("the stream cannot seek; write it to a file first")
        file.seek(0, io.SEEK_END)
        size = file.tell()
        file.seek(0)
        probe = file.read(0)
    except StreamNotSupported:
        raise
    except Exception as error:
        raise StreamNotSupported(f"the size of the stream cannot be determined: {error!r}") from error
    if not isinstance(probe, bytes | bytearray | memoryview):
        raise StreamNotSupported(
            f"the stream gives {type(probe).__name__} instead of bytes; open it in binary mode"
        )
    if type(size) is not int or not 0 <= size <= _MOST_LONG:
        raise StreamNotSupported(f"the stream says that its size is {size!r}")
    if isinstance(file, io.RawIOBase | io.BufferedIOBase):
        return OpenSource(lambda part: file.readinto(part) or 0, size, file.seek)
    return OpenSource(lambda part: _copy(file.read(len(part)), part), size, file.seek)


def size_of_istream(stream: Any) -> int:
    """The size that its Stat states.  raises  StreamNotSupported"""
    try:
        try:
            status = stream.Stat(STATFLAG_NONAME)
        except TypeError:
            status = stream.Stat()
    except Exception as error:
        raise StreamNotSupported(f"the size of the stream cannot be determined: {error!r}") from error
    size = _size_in(status)
    if type(size) is not int or not 0 <= size <= _MOST_LONG:
        raise StreamNotSupported(f"the stream's Stat says that its size is {size!r}")
    return size


def _open_istream(stream: Any) -> OpenSource:
    size = size_of_istream(stream)
    try:
        stream.Seek(0, io.SEEK_SET)
    except Exception as error:
        raise StreamNotSupported(f"the stream cannot be moved to its start: {error!r}") from error
    return OpenSource(
        lambda part: _copy(stream.Read(len(part)), part), size, lambda at: stream.Seek(at, io.SEEK_SET)
    )


def _size_in(status: Any) -> Any:
    """The size in a STATSTG of comtypes (with cbSize) or pywin32 (a tuple), or a bare number."""
    if hasattr(status, "cbSize"):
        return status.cbSize
    if isinstance(status, tuple) and len(status) > 2:
        return status[2]
    return status


def _copy(chunk: Any, part: memoryview) -> int:
    """Copy what came, unless it is more than was asked for; returns how many bytes came."""
    data = memoryview(chunk).cast("B")
    if len(data) <= len(part):
        part[: len(data)] = data
    return len(data)
