"""FLAC in files of its own, decoded by libFLAC (in libsndfile) in large pieces.

FFmpeg gives a frame of some 4,096 samples at a time, and for each its thread lets the interpreter go and
takes it again, twice; beside other threads that costs a quarter of the time. Here a piece has 65,536 samples.

A file is decoded in this way only if there is nothing to explain about it: STREAMINFO comes first and states
how many samples there are and their MD5, and the frame with the last of them ends the file. The MD5 then
proves what was decoded, whoever did it. Where anything is otherwise the careful decoder reads the file from
its start, and says in its own words what is wrong.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from redbook.audio.containers import file_size
from redbook.audio.flac_frames import ends_with_its_last_frame
from redbook.audio.format import AudioFormat, Samples
from redbook.audio.tally import Tally, flac_bytes
from redbook.errors import AudioError

if TYPE_CHECKING:
    from redbook.audio.decode import Decoder

_PIECE_SAMPLES = 1 << 16
_MARK = b"fLaC"
_DTYPES = {16: "int16", 24: "int32"}


class FlacFile:
    """A FLAC file; the careful decoder has opened it already, and knows what it says of itself."""

    def __init__(self, path: Path, careful: Decoder, stream_info: bytes) -> None:
        self.format = careful.format
        self.tags = careful.tags
        self.notes = careful.notes
        self._path = path
        self._careful = careful
        self._stream_info = stream_info
        self._tally: Tally | None = None

    @property
    def stated_samples(self) -> int | None:
        return self._careful.stated_samples

    @property
    def least_samples(self) -> int:
        return self._careful.least_samples

    def __iter__(self) -> Iterator[Samples]:
        self._tally = tally = Tally.of_flac(self._stream_info)
        try:
            for piece in self._pieces():
                tally.add(piece)
                yield piece
            tally.check()
        except AudioError:
            yield from self._again(tally)

    def _pieces(self) -> Iterator[Samples]:
        """As far as it goes: an error ends them, and shows in how many there were, or in their MD5."""
        from soundfile import SoundFile

        class Forwards(SoundFile):  # type: ignore[misc]
            """soundfile seeks to where it is after each piece that it reads, and FLAC seeks slowly."""

            def seekable(self) -> bool:
                return False

        bits, channels = self.format.bits, len(self.format.channels)
        try:
            with self._path.open("rb") as file:
                size, samples = file_size(file), self.stated_samples
                if not samples or not ends_with_its_last_frame(file, size, self._stream_info, samples):
                    return
                file.seek(0)
                with Forwards(file.fileno(), closefd=False) as sound:
                    if (sound.samplerate, sound.channels) != (self.format.rate_hz, channels):
                        return
                    while True:
                        piece: Samples = np.empty((_PIECE_SAMPLES, channels), _DTYPES[bits])
                        count = sound.buffer_read_into(piece, _DTYPES[bits])
                        if not count:
                            break
                        yield piece[:count]
                if os.lseek(file.fileno(), 0, os.SEEK_CUR) < size:  # another stream follows
                    raise AudioError("more follows its end")
        except (OSError, RuntimeError):  # what soundfile raises is a RuntimeError
            return

    def _again(self, tally: Tally) -> Iterator[Samples]:
        """What is still to come, by the careful decoder: all of it is decoded, and checked, once more.

        raises  AudioError  also if what was given already is not the beginning of that
        """
        given, md5 = tally.count, tally.digest()
        beginning: Any = hashlib.md5(usedforsecurity=False)
        for piece in self._careful:
            old = piece[:given]
            if len(old):
                beginning.update(flac_bytes(old, tally.bits))
                given -= len(old)
                if not given and beginning.digest() != md5:
                    raise AudioError("part of it cannot be decoded: it is damaged; get it again")
            if len(old) < len(piece):
                yield piece[len(old) :]

    def close(self) -> None:
        if self._tally is not None:
            self._tally.stop()
        self._careful.close()


def may_be_quick(path: Path, format_: AudioFormat, tally: Tally | None) -> bool:
    """Whether a file is one of those that need no care, as far as its beginning tells."""
    if tally is None or tally.md5 is None or tally.samples is None or format_.container != "flac":
        return False
    if format_.bits not in _DTYPES or format_.dtype != _DTYPES[format_.bits] or len(format_.channels) > 2:
        return False
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK
