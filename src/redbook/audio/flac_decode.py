"""FLAC files, decoded by dr_flac (in miniaudio) in large pieces.

FFmpeg returns a frame of about 4,096 samples at a time, and for each its thread releases the interpreter and
takes it again, twice; with other threads running that costs a quarter of the time. Here a piece has half
a megabyte or one, and is decoded straight into the memory where it is used. For this reason, and because of
its own arithmetic, dr_flac needs 60 % of the time that libsndfile needs.

A file is decoded in this way only if there is nothing to explain about it: STREAMINFO comes first and states
how many samples there are and their MD5, and the frame with the last of them ends the file. The MD5 then
proves what was decoded, whoever did it: dr_flac itself skips what is damaged, and continues into a stream
that follows. If anything differs, the careful decoder reads the file from its start, and reports
what is wrong. It also reads everything where miniaudio is not installed: not every machine has a wheel.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from redbook.audio.containers import file_size
from redbook.audio.flac_frames import FLAC_MARK, ends_with_its_last_frame
from redbook.audio.flac_segments import Piece, Streams, decoded_by, pieces
from redbook.audio.format import AudioFormat, Samples
from redbook.audio.tally import Tally, flac_bytes
from redbook.errors import AudioError

if TYPE_CHECKING:
    from redbook.audio.decode import Decoder

_PIECE_BYTES = 1 << 19
_DTYPES = {16: "int16", 24: "int32"}
_C_TYPES = {"int16": "short", "int32": "int"}
_OPENERS = ("ma_dr_flac_open_file", "ma_dr_flac_open_memory")
_READERS = {"int16": "ma_dr_flac_read_pcm_frames_s16", "int32": "ma_dr_flac_read_pcm_frames_s32"}


class FlacFile:
    """A FLAC file; the careful decoder has opened it already, and knows what it says about itself."""

    def __init__(self, path: Path, careful: Decoder, stream_info: bytes, threads: int = 1) -> None:
        self.format = careful.format
        self.tags = careful.tags
        self.notes = careful.notes
        self._path = path
        self._careful = careful
        self._stream_info = stream_info
        self._threads = threads
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
        """As far as possible: an error ends them, and shows in their number, or in their MD5."""
        try:
            with self._path.open("rb") as file:
                size, samples = file_size(file), self.stated_samples
                if not samples or not ends_with_its_last_frame(file, size, self._stream_info, samples):
                    return
                given = 0
                if self._threads > 1:
                    decode = partial(_decode_piece, Streams(file, self._stream_info), self.format)
                    cut = pieces(file, size, self._stream_info, samples, _sample_bytes(self.format))
                    with closing(decoded_by(self._threads, cut, decode)) as decoded:
                        for piece in decoded:
                            given += len(piece)
                            yield piece
            yield from self._in_one_go(given, samples)
        except OSError:
            return

    def _in_one_go(self, given: int, samples: int) -> Iterator[Samples]:
        """What follows those that were given already, so many in all."""
        if given == samples:
            return
        position = 0
        with closing(_decoded(self._path, self.format)) as decoded:
            for piece in decoded:
                position += len(piece)
                if position > samples:
                    raise AudioError("more follows its end")
                new = position - given
                if new > 0:
                    yield piece[-new:] if new < len(piece) else piece

    def _again(self, tally: Tally) -> Iterator[Samples]:
        """The rest, by the careful decoder: everything is decoded, and checked, once more.

        raises  AudioError  also if what was already given is not its beginning
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
    """Whether a file needs no care, as far as its beginning shows."""
    if tally is None or tally.md5 is None or tally.samples is None or format_.container != "flac":
        return False
    if not _is_installed():
        return False
    if format_.bits not in _DTYPES or format_.dtype != _DTYPES[format_.bits] or len(format_.channels) > 2:
        return False
    with path.open("rb") as file:
        return file.read(len(FLAC_MARK)) == FLAC_MARK


def _is_installed() -> bool:
    """The compiled half of miniaudio is enough: the other one imports urllib and more, for 0.1 s."""
    try:
        from _miniaudio import lib
    except ImportError:
        return False
    return all(hasattr(lib, name) for name in (*_READERS.values(), *_OPENERS))


def _decoded(path: Path, format_: AudioFormat) -> Generator[Samples]:
    """What can be decoded; nothing from a file that has been replaced."""
    samples = _PIECE_BYTES // _sample_bytes(format_)
    with _opened(path) as flac:
        while len(piece := _read(flac, samples, format_)):
            yield piece


def _sample_bytes(format_: AudioFormat) -> int:
    return np.dtype(format_.dtype).itemsize * len(format_.channels)


def _decode_piece(streams: Streams, format_: AudioFormat, piece: Piece) -> Samples:
    """One sample more than there must be shows that the piece is too long."""
    from _miniaudio import ffi, lib

    stream = streams.stream(piece)
    flac = lib.ma_dr_flac_open_memory(ffi.from_buffer(stream), len(stream), ffi.NULL)
    try:
        return _read(flac, piece.samples + 1, format_)
    finally:
        if flac:
            lib.ma_dr_flac_close(flac)


def _read(flac: Any, samples: int, format_: AudioFormat) -> Samples:
    """The next ones, so many or what is left; none where it is no stream, or of another format."""
    from _miniaudio import ffi, lib

    dtype, channels = format_.dtype, len(format_.channels)
    if not flac or (flac.sampleRate, flac.channels) != (format_.rate_hz, channels):
        return np.empty((0, channels), dtype)
    found: Samples = np.empty((samples, channels), dtype)
    count = getattr(lib, _READERS[dtype])(flac, samples, ffi.from_buffer(f"{_C_TYPES[dtype]}[]", found))
    return found[:count]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    from _miniaudio import ffi, lib

    if sys.platform == "win32":
        flac = lib.ma_dr_flac_open_file_w(ffi.new("wchar_t[]", str(path)), ffi.NULL)
    else:
        flac = lib.ma_dr_flac_open_file(os.fsencode(path), ffi.NULL)
    try:
        yield flac
    finally:
        if flac:
            lib.ma_dr_flac_close(flac)
