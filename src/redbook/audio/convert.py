"""Samples of any rate, depth and number of channels to 44.1 kHz 16-bit stereo.

What can be done exactly in 16 bits is done exactly: 16-bit stereo is left alone, mono becomes two
equal channels, 8 bits become the upper ones of 16, and a deeper file whose lower bits are all zero gives
the 16 bits that are in it. Everything else goes to floating point once, is mixed and resampled there, and
is rounded once at the end, with TPDF dither.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from redbook.audio import channels
from redbook.audio.format import FULL_SCALE, AudioFormat, Samples
from redbook.disc import SAMPLE_RATE_HZ
from redbook.errors import AudioError

_NOWHERE: NDArray[np.intp] = np.empty(0, np.intp)


class NotSixteenBits(Exception):
    """A deeper file holds more than 16 bits after all: it must be read again, and dithered."""


def is_exact(audio: AudioFormat) -> bool:
    """Whether its samples go to the disc as they are, whatever they are."""
    alike = audio.rate_hz == SAMPLE_RATE_HZ and len(audio.channels) <= 2
    return alike and audio.dtype in ("uint8", "int16")


def one_stream(before: AudioFormat, after: AudioFormat) -> bool:
    """Whether two files can and must go through one converter, so that nothing is audible where they meet."""
    if is_exact(before) or is_exact(after) or before.rate_hz != after.rate_hz:
        return False
    few = len(before.channels) <= 2
    return len(before.channels) == len(after.channels) if few else before.channels == after.channels


class Converter:
    """Turns chunks of samples into 16-bit little-endian stereo, the same whatever the length of the chunks.

    seed         of the dither; the same seed and input give the same output
    gain_db      by which everything is raised; what is not 0 is calculated, and dithered
    sixteen      whether a deeper file may still turn out to hold only 16 bits; it does not matter for others
    after        the converter of the file before, which this one follows without a gap: it takes over that
                 converter's resampler, with what that still holds, and its dither; the old one is used up
    description  what is done, in words; empty if nothing is
    calculates   whether it does more than pass samples on, so that long chunks are quicker
    resamples    whether it has a resampler, which holds samples back
    clips        where values in the last piece were beyond full scale: samples, counted from its
                 first one, one entry for each value
    """

    def __init__(
        self,
        audio: AudioFormat,
        seed: int,
        *,
        sixteen: bool = True,
        after: Converter | None = None,
        gain_db: float = 0.0,
    ) -> None:
        self.clips = _NOWHERE
        self.gain_db = gain_db
        self.format = audio
        alike = audio.rate_hz == SAMPLE_RATE_HZ and len(audio.channels) <= 2
        self._factor = np.float32(32768.0 * 10 ** (gain_db / 20))
        self._exact = is_exact(audio) and not gain_db
        self._sixteen = sixteen and not gain_db and alike and not self._exact and not audio.lossy
        self._matrix = None if len(audio.channels) <= 2 else channels.matrix(audio.channels)
        self._random: tuple[np.random.Generator, ...]
        self._resampler: Any = None
        if after is not None:
            if not one_stream(after.format, audio):
                raise ValueError(f"{audio} cannot follow {after.format} in one stream")
            self._random, self._resampler = after._random, after._resampler
        else:
            # Of two, because one would give a sample other numbers if it came in another chunk.
            self._random = tuple(map(np.random.default_rng, np.random.SeedSequence(seed).spawn(2)))
            if audio.rate_hz != SAMPLE_RATE_HZ:
                self._resampler = soxr.ResampleStream(
                    audio.rate_hz, SAMPLE_RATE_HZ, min(len(audio.channels), 2), dtype="float32", quality="VHQ"
                )
        self.description = tuple(self._describe())
        self.calculates = not self._exact
        self.resamples = self._resampler is not None

    def _describe(self) -> list[str]:
        audio = self.format
        done = []
        if len(audio.channels) == 1:
            done.append("mono to two equal channels")
        elif self._matrix is not None:
            done.append(
                f"{len(audio.channels)} channels mixed to stereo ({channels.in_words(audio.channels)})"
            )
        if self._resampler is not None:
            done.append(f"{audio.rate_hz / 1000:g} to 44.1 kHz (soxr VHQ)")
        if self.gain_db:
            done.append(f"{'raised' if self.gain_db > 0 else 'lowered'} by {abs(self.gain_db):.2f} dB")
        if self._exact and audio.lossy:
            done.append("decoded to 16 bit")
        elif self._exact and audio.dtype == "uint8":
            done.append("8 to 16 bit (exact)")
        elif self._sixteen:
            done.append(f"{audio.bits} to 16 bit (exact: the lower bits are all zero)")
        elif not self._exact:
            done.append("to 16 bit with TPDF dither")
        return done

    def convert(self, samples: Samples) -> Iterator[bytes | memoryview]:
        """A chunk of any length, in pieces of at most one second of audio.

        raises  NotSixteenBits  if it must be done again, without `sixteen`
                AudioError      for values that are not numbers
        """
        if self._exact:
            yield self._widen(samples)
            return
        if self._sixteen:
            yield self._widen(_sixteen_bits(samples))
            return
        for start in range(0, len(samples), self.format.rate_hz):
            yield self._round(self._resampled(samples[start : start + self.format.rate_hz]))

    def finish(self) -> bytes:
        """What the resampler still holds."""
        if self._resampler is None:
            return b""
        rest = np.zeros((0, min(len(self.format.channels), 2)), np.float32)
        return self._round(self._resampler.resample_chunk(rest, last=True))

    def _resampled(self, samples: Samples) -> NDArray[np.float32]:
        mixed = self._mix(_to_float(samples))
        return mixed if self._resampler is None else self._resampler.resample_chunk(mixed)

    @staticmethod
    def _widen(samples: Samples) -> bytes | memoryview:
        if samples.dtype == np.uint8:
            samples = (samples.astype(np.int16) - 128) << 8
        if samples.shape[1] == 1:
            samples = np.repeat(samples, 2, axis=1)
        return np.ascontiguousarray(samples, "<i2").data.cast("B")

    def _mix(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._matrix is not None:
            return np.asarray(samples @ self._matrix, np.float32)
        return np.ascontiguousarray(samples)

    def _round(self, mixed: NDArray[np.float32]) -> bytes:
        """One TPDF dither of +-1 LSB, one rounding; for mono, one for both channels."""
        if not len(mixed):
            self.clips = _NOWHERE
            return b""
        mixed = mixed * self._factor
        self.clips = _NOWHERE
        if mixed.max() > 32768.0 or mixed.min() < -32768.0:
            self.clips = np.repeat(np.nonzero(np.abs(mixed) > 32768.0)[0], 2 // mixed.shape[1])
        shape = mixed.shape
        plus, minus = self._random
        noise = plus.random(shape, dtype=np.float32) - minus.random(shape, dtype=np.float32)
        values = np.clip(np.rint(mixed + noise), -32768.0, 32767.0).astype("<i2")
        if shape[1] == 1:
            values = np.repeat(values, 2, axis=1)
        return values.tobytes()


def _to_float(samples: Samples) -> NDArray[np.float32]:
    """In the scale of their own type."""
    scale = FULL_SCALE[samples.dtype.name]
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128.0) / np.float32(scale)
    if samples.dtype.itemsize > 2 and samples.dtype.kind == "i":
        return (samples / scale).astype(np.float32)
    _check_numbers(samples)
    return np.asarray(samples.astype(np.float32, copy=False) / np.float32(scale), np.float32)


def _sixteen_bits(samples: Samples) -> Samples:
    """raises  NotSixteenBits  if there is more in it"""
    if samples.dtype.kind == "i":
        shift = samples.dtype.itemsize * 8 - 16
        if (samples & ((1 << shift) - 1)).any():
            raise NotSixteenBits
        return (samples >> shift).astype(np.int16)
    _check_numbers(samples)
    values = samples * 32768.0
    whole = np.rint(values)
    if (values != whole).any() or (whole > 32767).any() or (whole < -32768).any():
        raise NotSixteenBits
    return whole.astype(np.int16)


def _check_numbers(samples: Samples) -> None:
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        raise AudioError("it contains values that are not numbers: it is damaged")
