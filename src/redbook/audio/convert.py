"""Samples of any rate, depth and number of channels to 44.1 kHz 16-bit stereo.

What can be done exactly in 16 bits is done exactly: 16-bit stereo is left alone, mono becomes two
equal channels, 8 bits become the upper ones of 16. Everything else goes to floating point once, is
mixed and resampled there, and is rounded once at the end, with TPDF dither.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from redbook.audio.decode import AudioFormat, Samples
from redbook.disc import SAMPLE_RATE_HZ
from redbook.errors import AudioError

_CENTRE = math.sqrt(0.5)
"""-3 dB.  Source: ITU-R BS.775-3 annex 4 (downmix of 3/2 to 2/0)."""

_MIX: dict[str, tuple[float, float]] = {
    "FL": (1.0, 0.0),
    "FR": (0.0, 1.0),
    "DL": (1.0, 0.0),
    "DR": (0.0, 1.0),
    "FC": (_CENTRE, _CENTRE),
    "LFE": (0.0, 0.0),
    "LFE2": (0.0, 0.0),
    "BL": (_CENTRE, 0.0),
    "BR": (0.0, _CENTRE),
    "SL": (_CENTRE, 0.0),
    "SR": (0.0, _CENTRE),
    "BC": (0.5, 0.5),
    "FLC": (1.0, 0.0),
    "FRC": (0.0, 1.0),
}
_USUAL_ORDER: dict[int, tuple[str, ...]] = {
    3: ("FL", "FR", "FC"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
"""Where a file has so many channels and does not say which is which."""

_FULL_SCALE = {"u8": 128.0, "s16": 32768.0, "s32": 2.0**31, "s64": 2.0**63, "flt": 1.0, "dbl": 1.0}


class Converter:
    """Turns chunks of samples into 16-bit little-endian stereo.

    seed         of the dither; the same seed and input give the same output
    description  what is done, in words; empty if nothing is
    clipped      how many values were beyond full scale so far
    """

    def __init__(self, audio: AudioFormat, seed: int) -> None:
        self.clipped = 0
        self._format = audio
        self._exact = (
            audio.rate_hz == SAMPLE_RATE_HZ and audio.dtype in ("u8", "s16") and len(audio.channels) <= 2
        )
        self._matrix = None if len(audio.channels) <= 2 else _matrix(audio.channels)
        self._random = np.random.default_rng(seed)
        self._resampler: Any = None
        if audio.rate_hz != SAMPLE_RATE_HZ:
            self._resampler = soxr.ResampleStream(
                audio.rate_hz, SAMPLE_RATE_HZ, 2, dtype="float32", quality="VHQ"
            )
        self.description = tuple(self._describe())

    def _describe(self) -> list[str]:
        audio = self._format
        done = []
        if len(audio.channels) == 1:
            done.append("mono to two equal channels")
        elif self._matrix is not None:
            done.append(f"{len(audio.channels)} channels mixed to stereo ({_mix_in_words(self._matrix)})")
        if self._resampler is not None:
            done.append(f"{audio.rate_hz / 1000:g} to 44.1 kHz (soxr VHQ)")
        if self._exact and audio.dtype == "u8":
            done.append("8 to 16 bit (exact)")
        elif not self._exact:
            done.append("to 16 bit with TPDF dither")
        return done

    def convert(self, samples: Samples) -> bytes | memoryview:
        """A chunk of any length."""
        if self._exact:
            return self._widen(samples)
        stereo = self._mix(self._to_float(samples))
        if self._resampler is not None:
            stereo = self._resampler.resample_chunk(stereo)
        return self._round(stereo)

    def finish(self) -> bytes:
        """What the resampler still holds."""
        if self._resampler is None:
            return b""
        rest = self._resampler.resample_chunk(np.zeros((0, 2), np.float32), last=True)
        return self._round(rest)

    @staticmethod
    def _widen(samples: Samples) -> bytes | memoryview:
        if samples.dtype == np.uint8:
            samples = (samples.astype(np.int16) - 128) << 8
        if samples.shape[1] == 1:
            samples = np.repeat(samples, 2, axis=1)
        return np.ascontiguousarray(samples, "<i2").data.cast("B")

    def _to_float(self, samples: Samples) -> NDArray[np.float32]:
        scale = _FULL_SCALE[self._format.dtype]
        if self._format.dtype == "u8":
            return (samples.astype(np.float32) - 128.0) / np.float32(scale)
        if samples.dtype.itemsize > 2 and samples.dtype.kind == "i":
            return (samples / scale).astype(np.float32)
        if samples.dtype.kind == "f" and not np.isfinite(samples).all():
            raise AudioError("it has values in it that are no numbers: it is damaged")
        return np.asarray(samples.astype(np.float32, copy=False) / np.float32(scale), np.float32)

    def _mix(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._matrix is not None:
            return np.asarray(samples @ self._matrix, np.float32)
        return np.repeat(samples, 2, axis=1) if samples.shape[1] == 1 else np.ascontiguousarray(samples)

    def _round(self, stereo: NDArray[np.float32]) -> bytes:
        """One TPDF dither of +-1 LSB, one rounding."""
        if not len(stereo):
            return b""
        shape = stereo.shape
        noise = self._random.random(shape, dtype=np.float32) - self._random.random(shape, dtype=np.float32)
        values = np.rint(stereo * np.float32(32768.0) + noise)
        clipped = np.clip(values, -32768.0, 32767.0)
        self.clipped += int(np.count_nonzero(values != clipped))
        return clipped.astype("<i2").tobytes()


def _matrix(channels: tuple[str, ...]) -> NDArray[np.float32]:
    """Columns left and right; scaled so that no input can be driven over full scale."""
    names = channels if all(name in _MIX for name in channels) else _USUAL_ORDER.get(len(channels))
    if names is None:  # nothing is known: odd ones to the left, even ones to the right
        names = tuple("FL" if index % 2 == 0 else "FR" for index in range(len(channels)))
    matrix = np.array([_MIX[name] for name in names], np.float32)
    return np.asarray(matrix / matrix.sum(axis=0).max(), np.float32)


def _mix_in_words(matrix: NDArray[np.float32]) -> str:
    left = " + ".join(f"{gain:.3f} x channel {i}" for i, gain in enumerate(matrix[:, 0], 1) if gain)
    return f"left = {left}"
