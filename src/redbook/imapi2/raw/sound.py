"""The streams in an image: read at any position, even if others have moved them in the meantime."""

from __future__ import annotations

import threading

from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES
from redbook.errors import AudioError
from redbook.imapi2.writer.headers import HEAD_BYTES, kind_of_file
from redbook.imapi2.writer.track_stream import HasHeader, StreamNotSupported, open_source, with_article

_ONE_AT_A_TIME = threading.RLock()
"""A stream may be added twice, and an image cloned, so a reader must seek before each read."""


class Source:
    """A stream of bytes with a fixed size: the one that it stated when it was handed over.

    raises  NoStream, StreamNotSupported
    """

    def __init__(self, data: object) -> None:
        self._data = data
        self._source = open_source(data)
        self.size_bytes = self._source.size_bytes

    def read_at(self, at: int, part: memoryview) -> None:
        """Fill a buffer with the bytes from `at` on.

        raises  AudioError  if the stream fails or has ended
        """
        done = 0
        with _ONE_AT_A_TIME:
            try:
                self._source.seek(at)
                while done < len(part) and (got := self._source.read_into(part[done:])):
                    if not 0 < got <= len(part) - done:
                        raise ValueError(f"it was asked for {len(part) - done} bytes and gave {got}")
                    done += got
            except Exception as error:
                text = f"reading the stream failed after {at + done} of {self.size_bytes} bytes: {error!r}"
                raise AudioError(text) from error
        if done < len(part):
            raise AudioError(
                f"the stream ended after {at + done} of the {self.size_bytes} bytes that it had announced"
            )

    def check(self) -> None:
        """Ask for the size once more; no byte is read.  raises  AudioError  if it has changed"""
        try:
            with _ONE_AT_A_TIME:
                size = open_source(self._data).size_bytes
        except StreamNotSupported as error:
            raise AudioError(str(error)) from error
        if size != self.size_bytes:
            raise AudioError(
                f"the stream had {self.size_bytes} bytes when it was handed over, but has {size} now"
            )


class Sound(Source):
    """PCM without a header, in whole sectors; the last one is padded with silence.

    raises  NoStream; StreamNotSupported, HasHeader
    """

    def __init__(self, data: object, strict: bool = False) -> None:
        super().__init__(data)
        if self.size_bytes <= 0:
            raise StreamNotSupported("the stream is empty")
        head = bytearray(min(HEAD_BYTES, self.size_bytes))
        self.read_at(0, memoryview(head))
        kind = kind_of_file(bytes(head))
        if kind:
            raise HasHeader(
                f"this is {with_article(kind)} file with its header, but a track is PCM without a header; "
                "pass AudioStream(path) from redbook.imapi2, which converts it"
            )
        if self.size_bytes % SAMPLE_BYTES:
            raise StreamNotSupported(
                f"{self.size_bytes} bytes are not a whole number of samples of {SAMPLE_BYTES} bytes (16-bit "
                "stereo)"
            )
        if strict and not self.is_whole:
            raise StreamNotSupported(
                f"{self.size_bytes} bytes are not a whole number of {SECTOR_BYTES}-byte sectors; add "
                "silence, or leave StrictSectors off"
            )

    @property
    def is_whole(self) -> bool:
        """Whether the sound needs no padding."""
        return not self.size_bytes % SECTOR_BYTES

    @property
    def sectors(self) -> int:
        return -(-self.size_bytes // SECTOR_BYTES)

    def read_sectors(self, first: int, part: memoryview) -> None:
        """Fill a buffer with the audio from sector `first` on; after the end there is silence.

        raises  AudioError  if the stream fails or ends too early
        """
        at = first * SECTOR_BYTES
        there = max(0, min(len(part), self.size_bytes - at))
        self.read_at(at, part[:there])
        part[there:] = bytes(len(part) - there)
