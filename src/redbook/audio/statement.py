"""What a file says of its own length and content, so that what was decoded can be held against it.

Decoders pass over damage in silence: a FLAC with 200 bad bytes decodes with 4096 samples missing, a
WAV or MP3 cut in half just ends. The containers' own statements tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from redbook.audio import containers

_GUESSED = ("aac", "mpeg", "mpegts", "ac3", "eac3", "dts", "loas", "mp2")
"""Streams of frames without a header: FFmpeg's duration is a guess from the bit rate."""

_PADDED_LENGTHS = 2112
"""iTunSMPB: how far its three numbers together may be from the coded length (one Apple AAC priming)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What the container promises.

    samples    at the file's own rate; None if it says nothing
    tolerance  how many samples fewer are still no loss
    keep       how many samples to keep, where the decoder hands out more than the music
    md5        of the decoded audio, as FLAC has it
    bits       of a sample, where the codec's own header says so
    """

    samples: int | None = None
    tolerance: int = 0
    keep: int | None = None
    md5: bytes | None = None
    bits: int | None = None


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the demuxer knows: times in samples at the stream's rate, None where unknown.

    sample_bytes  of one sample of all channels, for PCM
    """

    container: str
    codec: str
    rate_hz: int
    sample_bytes: int
    stream_samples: float | None
    container_samples: float | None
    extradata: bytes
    metadata: dict[str, str]


def read_statement(path: Path, facts: StreamFacts) -> Statement:
    """raises  AudioError  where the file is shorter than its own header says"""
    with path.open("rb") as file:
        return _read(file, facts)


def _read(file: BinaryIO, facts: StreamFacts) -> Statement:
    kind = facts.container
    if kind == "ogg":
        containers.check_ogg_end(file)
    if facts.codec == "flac" and len(facts.extradata) >= 34:
        return _flac(facts.extradata)
    if kind in ("wav", "aiff"):
        known = containers.check_riff_or_aiff(file)
        return _by_duration(facts, tolerance=0) if known else Statement()
    if kind == "w64":
        return _by_bytes(containers.w64_data_bytes(file), facts)
    if kind == "au":
        return _by_bytes(containers.au_data_bytes(file), facts)
    if kind == "mp3":
        counted, exact = containers.mp3_has_length(file)
        # FFmpeg takes LAME's delay and padding off by itself, also from the duration.
        return _by_duration(facts, tolerance=0 if exact else 2 * 1152) if counted else Statement()
    if "mp4" in kind:
        return _mp4(file, facts)
    if kind == "ogg" or kind in _GUESSED:
        return Statement()
    if kind in ("wv", "tta"):
        return _by_duration(facts, tolerance=0)
    if kind == "caf":
        containers.check_caf(file)
    elif kind == "asf":
        containers.check_asf(file)
    elif "matroska" in kind:
        containers.check_matroska(file)
    return _by_duration(facts, tolerance=max(facts.rate_hz // 10, 8192))


def _by_duration(facts: StreamFacts, tolerance: int) -> Statement:
    stated = facts.stream_samples or facts.container_samples
    return Statement() if not stated else Statement(round(stated), tolerance)


def _by_bytes(data_bytes: int | None, facts: StreamFacts) -> Statement:
    if data_bytes is None or not facts.sample_bytes:
        return Statement()
    samples = data_bytes // facts.sample_bytes
    return Statement(samples, 0, keep=samples)


def _flac(stream_info: bytes) -> Statement:
    """STREAMINFO.  Source: RFC 9639 8.2."""
    packed = int.from_bytes(stream_info[10:18], "big")
    total = packed & (1 << 36) - 1
    bits = (packed >> 36 & 31) + 1
    md5 = stream_info[18:34]
    return Statement(total or None, 0, None, md5 if any(md5) else None, bits)


def _mp4(file: BinaryIO, facts: StreamFacts) -> Statement:
    """Where the music ends: by iTunSMPB, by the edit list, by the coded length behind the edit's start.

    An edit list counts in the movie's time scale; if that is in milliseconds it only tells the length
    to a tick, and the coded audio behind the edit's start tells it exactly, if the two agree. Else a
    tick more is kept, for silence at the end is better than music lost.
    """
    bits = facts.extradata[17] if facts.codec == "alac" and len(facts.extradata) >= 36 else None
    times = containers.mp4_times(file)
    if times is None:
        return Statement(bits=bits)
    ratio = facts.rate_hz / times.scale
    coded = times.media_ticks * ratio
    by_itunes = _itunes_samples(facts, coded)
    if by_itunes is not None:
        return Statement(by_itunes, 1024, by_itunes, bits=bits)
    if times.edit is None:
        whole = round(coded)
        return Statement(whole, 0 if facts.codec == "alac" else 1024, whole, bits=bits)
    duration, start = times.edit
    edited = duration * facts.rate_hz / times.movie_scale
    tick = facts.rate_hz / times.movie_scale
    behind = coded - start * ratio
    if tick <= 1:
        exact = round(edited)
    elif abs(behind - edited) <= tick:
        exact = round(behind)
    else:
        return Statement(math.floor(edited - tick), 1024, math.ceil(edited + tick), bits=bits)
    return Statement(exact, 0, exact, bits=bits)


def _itunes_samples(facts: StreamFacts, coded: float) -> int | None:
    """iTunSMPB of AAC: zero, delay, padding, samples; None where it is absent or contradicts the file."""
    fields = facts.metadata.get("itunsmpb", "").split()
    if facts.codec != "aac" or len(fields) < 4:
        return None
    try:
        delay, padding, samples = (int(field, 16) for field in fields[1:4])
    except ValueError:
        return None
    fits = 0 < samples <= coded and abs(delay + samples + padding - coded) <= _PADDED_LENGTHS
    return samples if fits else None
