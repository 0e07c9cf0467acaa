"""A disc's audio as a sound file that anyone can play: FLAC or WAV, 44.1 kHz 16-bit stereo, bit for bit.

What was written is decoded again and compared: a file that cannot be read back is not a copy.
"""

from __future__ import annotations

import hashlib
import os
import wave
from collections.abc import Iterable, Mapping
from enum import StrEnum, unique
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from redbook.audio.tally import Tally
from redbook.disc import SAMPLE_BYTES, SAMPLE_RATE_HZ
from redbook.errors import AudioError, NoRoom, printable

_CHECKED_SAMPLES = 1 << 16


@unique
class SoundFormat(StrEnum):
    FLAC = "flac"
    WAV = "wav"


def write_sound(
    path: Path, kind: SoundFormat, blocks: Iterable[bytes], tags: Mapping[str, str] | None = None
) -> str:
    """Write a file and read it back.  Returns the SHA-256 of its samples, in hexadecimal.

    path    of a new file: an existing one stays as it is. Nothing is left there if writing fails
    blocks  of whole stereo samples, in order
    tags    as Vorbis comments; a WAV file has none

    raises  NoRoom  if it cannot be stored, or cannot be read back as it was written
    """
    total: Any = hashlib.sha256()

    def summed() -> Iterable[bytes]:
        for block in blocks:
            total.update(block)
            yield block

    try:
        file = path.open("xb")
    except OSError as error:
        raise _cannot(path, error) from error
    try:
        with file:
            if kind is SoundFormat.FLAC:
                _write_flac(file, summed(), tags or {})
            else:
                _write_wav(file, summed())
            file.flush()
            os.fsync(file.fileno())  # what is full or broken there shows now, and not after the next start
        stored = sha256_of(path, kind)
        if stored != total.hexdigest():
            raise NoRoom(
                f"{printable(path)} was written, but does not read back as it was written; check the disk it "
                "is on"
            )
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _cannot(path, error) from error
        raise
    return stored


def _cannot(path: Path, error: OSError) -> NoRoom:
    return NoRoom(f"{printable(path)} cannot be written: {error.strerror or error}")


def sha256_of(path: Path, kind: SoundFormat) -> str:
    """Of the samples of a file that `write_sound` wrote, decoded anew.  raises  OSError"""
    total: Any = hashlib.sha256()
    for block in read_flac(path) if kind is SoundFormat.FLAC else _read_wav(path):
        total.update(block)
    return str(total.hexdigest())


def _write_wav(raw: BinaryIO, blocks: Iterable[bytes]) -> None:
    with wave.open(raw, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        for block in blocks:
            file.writeframes(block)


def _read_wav(path: Path) -> Iterable[bytes]:
    with path.open("rb") as raw:
        try:
            with wave.open(raw, "rb") as file:
                while block := file.readframes(_CHECKED_SAMPLES):
                    yield block
        except (wave.Error, EOFError):  # what was read until then is not what was written
            return


def _write_flac(file: BinaryIO, blocks: Iterable[bytes], tags: Mapping[str, str]) -> None:
    """FFmpeg's encoder puts the MD5 of the samples into STREAMINFO as the file is ended."""
    import av

    sink = _Sink(file)
    try:
        _encode_flac(av.open(sink, "w", format="flac"), blocks, tags)
    except Exception:
        if sink.error is not None:
            raise sink.error from None
        raise


class _Sink:
    """A file for FFmpeg, which does not report why writing to it failed."""

    def __init__(self, file: BinaryIO) -> None:
        self.error: OSError | None = None
        self.seek, self.tell = file.seek, file.tell
        self._file = file

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = error
            raise


def _encode_flac(opened: Any, blocks: Iterable[bytes], tags: Mapping[str, str]) -> None:
    import av

    with opened as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE_HZ)
        stream.codec_context.layout = "stereo"
        stream.codec_context.format = "s16"
        for name, text in tags.items():
            container.metadata[name] = text
        at = 0
        for block in blocks:
            samples = np.frombuffer(block, dtype="<i2").reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
            frame.sample_rate = SAMPLE_RATE_HZ
            frame.pts = at
            at += len(block) // SAMPLE_BYTES
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def read_flac(path: Path) -> Iterable[bytes]:
    """Its samples.  raises  OSError; AudioError for what is not FLAC, or is damaged"""
    import av

    try:
        if not path.stat().st_size:
            raise AudioError(f"{printable(path)}: the file is empty", str(path))
        with path.open("rb") as file, av.open(file, "r", format="flac") as container:
            stream = container.streams.audio[0]
            tally = _tally(path, bytes(stream.codec_context.extradata or b""))
            digest = hashlib.md5(usedforsecurity=False)
            for frame in container.decode(stream):
                piece = frame.to_ndarray().tobytes()
                digest.update(piece)
                yield piece
            if tally.md5 not in (None, digest.digest()):
                # Its audio may be whole anyway; but every other program would call it damaged.
                raise AudioError(
                    f"{printable(path)}: its audio does not have the MD5 that it states", str(path)
                )
    except (av.error.FFmpegError, IndexError) as error:
        raise AudioError(f"{printable(path)}: it cannot be decoded: {error}", str(path)) from error


def _tally(path: Path, stream_info: bytes) -> Tally:
    """raises  AudioError  also for a file without a head"""
    try:
        return Tally.of_flac(stream_info)
    except AudioError as error:
        raise AudioError(f"{printable(path)}: {error}", str(path)) from error
