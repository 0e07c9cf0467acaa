"""What was decoded, counted and summed up, to be compared with what the file states."""

from __future__ import annotations

import hashlib
from dataclasses import field
from typing import Any

import numpy as np

from redbook.audio.format import Samples
from redbook.audio.stages import Stage
from redbook.errors import AudioError
from redbook.records import dataclass


@dataclass(slots=True)
class Tally:
    """Of a FLAC stream, against its STREAMINFO.  Source: RFC 9639 8.2

    samples  that there must be; None if the file does not say
    md5      of the decoded audio; None if the file has none
    """

    samples: int | None
    md5: bytes | None
    bits: int
    count: int = 0
    _digest: Any = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))
    _stage: Stage[Samples] | None = None

    @classmethod
    def of_flac(cls, stream_info: bytes) -> Tally:
        """Begin a tally with what a STREAMINFO block states.

        stream_info  empty for a file without one: FFmpeg finds frames after anything

        raises  AudioError  if there is no such block, or it is too short
        """
        if not stream_info:
            raise AudioError("its beginning is missing: the file is damaged; get it again")
        if len(stream_info) < 34:
            raise AudioError("its STREAMINFO is incomplete: it is damaged")
        packed = int.from_bytes(stream_info[10:18], "big")
        md5 = stream_info[18:34]
        return cls(packed & (1 << 36) - 1 or None, md5 if any(md5) else None, (packed >> 36 & 31) + 1)

    def add(self, samples: Samples) -> None:
        """Count what was decoded; it is summed up in parallel, so it must not be changed any more."""
        self.count += len(samples)
        if self.md5 is None:
            return
        if self._stage is None:
            self._stage = Stage(self._sum_up)
        self._stage.put(samples)

    def _sum_up(self, samples: Samples) -> None:
        self._digest.update(flac_bytes(samples, self.bits))

    def stop(self) -> None:
        """Stop everything, if `check` is not reached."""
        if self._stage is not None:
            self._stage.stop()

    def digest(self) -> bytes:
        """The MD5 of what was counted; nothing may be added after that."""
        if self._stage is not None:
            self._stage.finish()
        return bytes(self._digest.digest())

    def check(self) -> None:
        """Compare number and MD5 of the decoded samples with what the file states.

        raises  AudioError  if they differ
        """
        if self.samples is not None and self.count < self.samples:
            raise AudioError(
                f"its header states {self.samples} samples, but {self.count} could be decoded: the file is "
                "damaged or was cut short; get it again"
            )
        if self.samples is not None and self.count != self.samples:
            raise AudioError(
                f"its header states {self.samples} samples, but {self.count} were decoded: it is damaged, "
                "or something was appended to it"
            )
        if self.md5 is not None and self.digest() != self.md5:
            raise AudioError(
                "the MD5 of the decoded audio differs from the one that the file states: it is "
                "damaged; get it again"
            )


def flac_bytes(samples: Samples, bits: int) -> Any:
    """Samples as FLAC's MD5 takes them: signed, little-endian, whole bytes.  Source: RFC 9639 8.2."""
    if bits == 16 and samples.dtype == np.int16:
        return np.ascontiguousarray(samples).data
    values = samples >> (samples.dtype.itemsize * 8 - bits)
    width = (bits + 7) // 8
    raw = np.ascontiguousarray(values.astype("<i4")).view(np.uint8).reshape(-1, 4)
    return np.ascontiguousarray(raw[:, :width]).data
