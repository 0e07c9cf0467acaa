"""What a sound file says about itself, before it is decoded: its length and its type."""

from __future__ import annotations

from redbook.audio.decode import open_recording
from redbook.audio.format import AudioFormat, Tags, resampled
from redbook.audio.source import Source
from redbook.disc import SAMPLE_RATE_HZ
from redbook.errors import AudioError
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class Glimpse:
    """samples: in stereo samples at 44.1 kHz, if the file says exactly how long it is; otherwise None"""

    format: AudioFormat
    tags: Tags
    samples: int | None


def glimpse(source: Source) -> Glimpse | None:
    """None for a file that cannot be used; reading it to its end will say why."""
    try:
        recording = open_recording(source.path, source.raw)
    except (AudioError, OSError):
        return None
    try:
        stated, rate = recording.stated_samples, recording.format.rate_hz
        samples = None if stated is None else resampled(stated, rate)
        return Glimpse(recording.format, recording.tags, samples)
    finally:
        recording.close()


class RoundedLength(int):
    """The length of a file at another rate. If it is joined with others, it may be one sample more or less,
    because the place where it ends is rounded, not its length."""


def length_of(source: Source) -> int | None:
    """In stereo samples at 44.1 kHz; None if only decoding would show it."""
    seen = glimpse(source)
    if seen is None or seen.samples is None or seen.format.rate_hz == SAMPLE_RATE_HZ:
        return seen.samples if seen is not None else None
    return RoundedLength(seen.samples)
