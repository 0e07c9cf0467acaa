"""Sound files to arrays of samples, with FFmpeg through PyAV; and their tags."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

from redbook.audio.statement import Statement, StreamFacts, read_statement
from redbook.errors import AudioError

Samples: TypeAlias = NDArray[Any]
"""Shape (samples, channels); uint8, int16, int32, int64, float32 or float64 in the file's own scale."""

RAW_CHUNK_BYTES = 1 << 18

_DTYPES: dict[str, type[np.generic]] = {
    "u8": np.uint8,
    "s16": np.int16,
    "s32": np.int32,
    "s64": np.int64,
    "flt": np.float32,
    "dbl": np.float64,
}
_CHECKED = frozenset(("flac", "alac", "wavpack", "tta", "ape", "ac3", "eac3"))
"""Codecs whose own checksums FFmpeg compares only when asked to."""

_LOSSY = frozenset(
    ("aac", "ac3", "eac3", "dts", "mp1", "mp2", "mp3", "opus", "vorbis", "wmav1", "wmav2", "wmapro")
)


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says of itself; empty or None where it says nothing."""

    title: str = ""
    artist: str = ""
    album: str = ""
    disc: int | None = None
    track: int | None = None


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """How the audio in a file is coded.

    codec     FFmpeg's short name, without its implementation ("mp3", not "mp3float")
    dtype     of the decoded samples
    bits      of a sample where the file says so, else the decoder's
    channels  their names in order ("FL", "FR", "FC", "LFE" ..)
    """

    container: str
    codec: str
    rate_hz: int
    dtype: str
    bits: int
    channels: tuple[str, ...]

    @property
    def lossy(self) -> bool:
        return self.codec in _LOSSY

    def __str__(self) -> str:
        channels = {1: "mono", 2: "stereo"}.get(len(self.channels), f"{len(self.channels)} channels")
        depth = (
            "" if self.lossy else f", {self.bits} bit" + (" float" if self.dtype in ("flt", "dbl") else "")
        )
        return f"{_codec_title(self.codec)}, {self.rate_hz / 1000:g} kHz{depth}, {channels}"


def _codec_title(codec: str) -> str:
    if codec.startswith("pcm_"):
        return "PCM"
    names = {"vorbis": "Vorbis", "opus": "Opus", "wavpack": "WavPack"}
    return names.get(codec, codec.upper())


class Decoder:
    """One file, decoded from start to end and checked against what it says of itself.

    notes  what a person should know of the file; complete once it was decoded
    """

    def __init__(self, path: Path) -> None:
        """raises  AudioError  if it is no sound file or shorter than its header says"""
        self._path = path
        self.notes: list[str] = []
        with _translated():
            self._container = av.open("file:" + os.fspath(path), metadata_errors="replace")
        try:
            self._open_stream()
        except BaseException:
            self._container.close()
            raise

    def _open_stream(self) -> None:
        streams = self._container.streams.audio
        if not streams:
            raise AudioError("there is no audio in it")
        if len(streams) > 1:
            self.notes.append(f"the first of its {len(streams)} audio streams is taken")
        self._stream = stream = streams[0]
        context: Any = stream.codec_context  # None where FFmpeg has no decoder, which its types do not say
        dtype = context.format.name.removesuffix("p") if context and context.format else ""
        if dtype not in _DTYPES or not context.sample_rate or not context.layout.channels:
            raise AudioError("its audio is coded in a way that cannot be decoded")
        codec = context.name.removesuffix("float").removeprefix("lib").removesuffix("_latm")
        if codec in _CHECKED:
            context.options = {"err_detect": "crccheck+explode"}
        facts = self._facts(codec, context)
        self.tags = _tags(facts.metadata)
        self.statement: Statement = read_statement(self._path, facts)
        names = tuple(channel.name for channel in context.layout.channels)
        bits = self.statement.bits or np.dtype(_DTYPES[dtype]).itemsize * 8
        if codec.startswith("pcm_") and codec[5:7].isdigit():
            bits = int(codec[5:7])
        self.format = AudioFormat(facts.container, codec, facts.rate_hz, dtype, bits, names)

    def _facts(self, codec: str, context: Any) -> StreamFacts:
        stream = self._stream
        rate = context.sample_rate
        base = float(stream.time_base) if stream.time_base else 0.0
        duration, total = stream.duration, self._container.duration
        bits = int(codec[5:7]) if codec.startswith("pcm_") and codec[5:7].isdigit() else 8
        metadata = {**self._container.metadata, **stream.metadata}
        return StreamFacts(
            container=self._container.format.name,
            codec=codec,
            rate_hz=rate,
            sample_bytes=bits // 8 * len(context.layout.channels) if codec.startswith("pcm_") else 0,
            stream_samples=duration * base * rate if duration else None,
            container_samples=total / 1_000_000 * rate if total else None,
            extradata=bytes(context.extradata or b""),
            metadata={key.lower(): value for key, value in metadata.items()},
        )

    def __iter__(self) -> Iterator[Samples]:
        """Chunks of any length.

        raises  AudioError  where the file is damaged or shorter than it says; perhaps only at the end
        """
        keep = self.statement.keep
        count = 0
        digest = hashlib.md5(usedforsecurity=False) if self.statement.md5 else None
        with _translated():
            for samples in self._frames():
                if keep is not None and count + len(samples) > keep:
                    samples = samples[: keep - count]
                count += len(samples)
                if digest is not None:
                    digest.update(_flac_bytes(samples, self.format.bits))
                if len(samples):
                    yield samples
        self._check(count, digest.digest() if digest else None)

    def _frames(self) -> Iterator[Samples]:
        """Decoded frames, as long as each begins where the one before ended.

        What cannot be decoded at the very end is left to the check of the length: tags and rubbish
        behind the audio are common. In the middle it is damage.
        """
        expected = (self.format.rate_hz, len(self.format.channels))
        failed: Exception | None = None
        end: float | None = None
        for frames in self._decoded():
            if isinstance(frames, Exception):
                failed = failed or frames
                continue
            for frame in frames:
                if failed is not None:
                    raise AudioError(
                        "a part of it cannot be decoded: it is damaged; get it again"
                    ) from failed
                if (frame.sample_rate, frame.layout.nb_channels) != expected:
                    raise AudioError("its sample rate or number of channels changes in the middle")
                end = self._check_time(frame, end)
                yield _samples(frame)
        if failed is not None:
            self.notes.append("what follows the audio in the file could not be decoded, and is left out")

    def _decoded(self) -> Iterator[list[av.AudioFrame] | Exception]:
        """The frames of each packet, or why it has none."""
        broken = (av.error.InvalidDataError, av.error.UndefinedError)
        try:
            for packet in self._container.demux(self._stream):
                try:
                    frames: Any = packet.decode()
                except broken as error:
                    yield error
                else:
                    yield frames
        except broken:
            self.notes.append("what follows the audio in the file is no audio, and is left out")
            yield self._stream.codec_context.decode(None)  # what the decoder still holds

    def _check_time(self, frame: av.AudioFrame, end: float | None) -> float | None:
        """Where the next frame has to begin, in samples.  raises  AudioError  at a hole"""
        if frame.pts is None or frame.time_base is None:
            return None
        tick = float(frame.time_base) * self.format.rate_hz
        start = frame.pts * tick
        if end is not None:
            tolerance = max(2 * tick, 2.0)
            if start > end + tolerance:
                raise AudioError(
                    f"{round(start - end)} samples are missing at {end / self.format.rate_hz:.1f} s: "
                    "it is damaged; get it again"
                )
            if start < end - tolerance and self.format.container == "ogg" and self.format.codec != "opus":
                raise AudioError("it is a chain of several recordings; split it into one file each")
        return start + frame.samples

    def _check(self, count: int, md5: bytes | None) -> None:
        if not count:
            raise AudioError("there is not a single sample in it")
        stated, tolerance = self.statement.samples, self.statement.tolerance
        if stated is not None and count < stated - tolerance:
            raise AudioError(
                f"it says that it has {stated} samples, but {count} could be decoded: "
                "the file is damaged or was cut short; get it again"
            )
        if stated is not None and self.format.codec == "flac" and count != stated:
            raise AudioError(f"it says that it has {stated} samples, but {count} were decoded: it is damaged")
        if md5 is not None and md5 != self.statement.md5:
            raise AudioError(
                "the decoded audio does not have the MD5 that the file states: it is damaged; get it again"
            )

    def close(self) -> None:
        self._container.close()


def _samples(frame: av.AudioFrame) -> Samples:
    """The frame's samples without FFmpeg's alignment bytes."""
    dtype = _DTYPES[frame.format.name.removesuffix("p")]
    channels = frame.layout.nb_channels
    planes: list[Any] = list(frame.planes)  # they have the buffer protocol, which PyAV's types do not say
    if frame.format.is_planar and channels > 1:
        return np.stack([np.frombuffer(plane, dtype, frame.samples) for plane in planes], axis=1)
    return np.frombuffer(planes[0], dtype, frame.samples * channels).reshape(frame.samples, channels)


def _flac_bytes(samples: Samples, bits: int) -> Any:
    """Samples as FLAC's MD5 takes them: signed, little-endian, whole bytes.  Source: RFC 9639 8.2."""
    if bits == 16 and samples.dtype == np.int16:
        return np.ascontiguousarray(samples).data
    values = samples >> (samples.dtype.itemsize * 8 - bits)
    width = (bits + 7) // 8
    raw = np.ascontiguousarray(values.astype("<i4")).view(np.uint8).reshape(-1, 4)
    return np.ascontiguousarray(raw[:, :width]).data


class _translated:
    """FFmpeg's errors become AudioErrors at this seam."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, av.error.InvalidDataError | av.error.UndefinedError):
            raise AudioError("it is no sound file that can be read, or it is damaged") from error
        if isinstance(error, av.error.FFmpegError | OSError):
            reason = getattr(error, "strerror", None) or error
            raise AudioError(f"it cannot be read: {reason}") from error


def read_tags(path: Path) -> Tags:
    """A file's tags; none if it cannot be read (burning it will say why)."""
    try:
        with _translated(), av.open("file:" + os.fspath(path), metadata_errors="replace") as container:
            streams = container.streams.audio
            metadata = {**container.metadata, **(streams[0].metadata if streams else {})}
    except AudioError:
        return Tags()
    return _tags({key.lower(): value for key, value in metadata.items()})


def _tags(metadata: dict[str, str]) -> Tags:
    def number(*keys: str) -> int | None:
        text = next((metadata[key] for key in keys if metadata.get(key)), "")
        digits = text.partition("/")[0].strip()
        return int(digits) if digits.isdecimal() and int(digits) else None

    return Tags(
        title=metadata.get("title", "").strip(),
        artist=(metadata.get("artist") or metadata.get("album_artist") or "").strip(),
        album=metadata.get("album", "").strip(),
        disc=number("disc", "discnumber", "tpos"),
        track=number("track", "tracknumber", "trck"),
    )


class RawDecoder:
    """44.1 kHz 16-bit stereo PCM without a header; the same face as Decoder."""

    def __init__(self, path: Path, byte_order: str) -> None:
        self._file = path.open("rb")
        size = os.fstat(self._file.fileno()).st_size
        if size % 4:
            self._file.close()
            raise AudioError(
                f"its {size} bytes are no whole number of stereo samples (4 bytes each): "
                "it is not 16-bit stereo PCM, or was cut short"
            )
        self._dtype = "<i2" if byte_order == "little" else ">i2"
        self.tags = Tags()
        self.notes: list[str] = []
        self.format = AudioFormat("raw", f"pcm_s16{byte_order[0]}e", 44_100, "s16", 16, ("FL", "FR"))

    def __iter__(self) -> Iterator[Samples]:
        while data := self._file.read(RAW_CHUNK_BYTES):
            yield np.frombuffer(data, self._dtype).astype(np.int16, copy=False).reshape(-1, 2)

    def close(self) -> None:
        self._file.close()
