"""What is known about a sound file: how its audio is coded, and its tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from redbook.disc import SAMPLE_RATE_HZ
from redbook.errors import AudioError
from redbook.records import dataclass

Samples: TypeAlias = NDArray[Any]
"""Shape (samples, channels); uint8, int16, int32, int64, float32 or float64, each in its own full scale."""

FULL_SCALE: dict[str, float] = {
    "uint8": 128.0,
    "int16": 2.0**15,
    "int32": 2.0**31,
    "int64": 2.0**63,
    "float32": 1.0,
    "float64": 1.0,
}

LOWEST_RATE_HZ = 1_000
HIGHEST_RATE_HZ = 3_072_000
"""Speech is sampled at 4 kHz and more, DSD 512 comes out of its decoder at 2.8 MHz."""

MOST_CHANNELS = 64
"""Ambisonics of the seventh order."""

_LOSSLESS = frozenset(
    ("flac", "alac", "wavpack", "tta", "ape", "tak", "shorten", "mlp", "truehd", "als", "wmalossless", "ralf")
)


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a file; empty or None if there are none.

    artist   of the music; of the album if nothing else is stated
    isrc     as written; it may be invalid
    barcode  twelve or thirteen digits
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    disc: int | None = None
    track: int | None = None
    album_artist: str = ""
    composer: str = ""
    lyricist: str = ""
    arranger: str = ""
    isrc: str = ""
    barcode: str = ""
    genre: str = ""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """How the audio in a file is coded.

    codec     FFmpeg's short name, without its implementation ("mp3", not "mp3float")
    dtype     of the decoded samples: "uint8", "int16", "int32", "int64", "float32" or "float64"
    bits      of a sample if the file says so, otherwise the decoder's
    channels  their names in order ("FL", "FR", "FC", "LFE" ..); empty strings if unknown
    reduced   a codec that is lossless as such, but has discarded a part here (WavPack hybrid)
    """

    container: str
    codec: str
    rate_hz: int
    dtype: str
    bits: int
    channels: tuple[str, ...]
    reduced: bool = False

    @property
    def lossy(self) -> bool:
        """Whether the samples only resemble those that went into the encoder."""
        linear = self.codec.startswith("pcm_") and self.codec[4] in "suf"
        return self.reduced or not (linear or self.codec in _LOSSLESS)

    def check(self) -> None:
        """Check that redbook accepts the rate and number of channels.

        raises  AudioError  for what no sound file has
        """
        if not LOWEST_RATE_HZ <= self.rate_hz <= HIGHEST_RATE_HZ:
            raise AudioError(
                f"its header states {self.rate_hz} samples a second; no sound file has that: "
                "its header is damaged"
            )
        if not 1 <= len(self.channels) <= MOST_CHANNELS:
            raise AudioError(
                f"its header states {len(self.channels)} channels; redbook takes 1 to {MOST_CHANNELS}"
            )

    def __str__(self) -> str:
        channels = {1: "mono", 2: "stereo"}.get(len(self.channels), f"{len(self.channels)} channels")
        depth = "" if self.lossy else f", {self.bits} bit" + (" float" if self.dtype.startswith("f") else "")
        lossy = " lossy" if self.reduced else ""
        return f"{_codec_title(self.codec)}{lossy}, {self.rate_hz / 1000:g} kHz{depth}, {channels}"


def _codec_title(codec: str) -> str:
    if codec.startswith("pcm_"):
        return {"pcm_mulaw": "mu-law", "pcm_alaw": "A-law"}.get(codec, "PCM")
    names = {
        "vorbis": "Vorbis",
        "opus": "Opus",
        "wavpack": "WavPack",
        "speex": "Speex",
        "musepack7": "Musepack",
        "musepack8": "Musepack",
        "mpc7": "Musepack",
        "mpc8": "Musepack",
        "shorten": "Shorten",
    }
    return names.get(codec, codec.upper())


def kept(samples: Samples, position: int, ranges: tuple[tuple[int, int | None], ...]) -> list[Samples]:
    """Of a chunk that begins at `position`, the parts that are in ascending ranges; a chunk's own memory."""
    parts = []
    for start, end in ranges:
        first = max(0, start - position)
        last = len(samples) if end is None else min(len(samples), end - position)
        if first < last:
            parts.append(samples[first:last])
    return parts


def joined(chunks: Iterable[Samples], samples: int = 1 << 14) -> Iterator[Samples]:
    """The same in chunks of about this length or more, none of which is written to again."""
    buffer: Samples | None = None
    filled = 0
    for chunk in chunks:
        if buffer is not None and filled + len(chunk) > len(buffer):
            yield buffer[:filled]
            buffer, filled = None, 0
        if len(chunk) >= samples:
            yield chunk
            continue
        if buffer is None:
            buffer = np.empty((samples + samples // 2, chunk.shape[1]), chunk.dtype)
        buffer[filled : filled + len(chunk)] = chunk
        filled += len(chunk)
        if filled >= samples:
            yield buffer[:filled]
            buffer, filled = None, 0
    if buffer is not None:
        yield buffer[:filled]


def dtype_name(samples: Samples) -> str:
    return str(np.dtype(samples.dtype).name)


def resampled(samples: int, rate_hz: int) -> int:
    """How many samples this many become at 44.1 kHz; a half is rounded up, as in soxr."""
    return (2 * samples * SAMPLE_RATE_HZ + rate_hz) // (2 * rate_hz)
