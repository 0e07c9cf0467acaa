"""What a file states about its own length and content, to be compared with what was decoded.

Decoders ignore damage silently: a FLAC with 200 bad bytes decodes with 4096 samples missing, a
WAV or MP3 cut in half just ends. The containers' own statements show this; FFmpeg's durations do not, if
it has made them up from a bit rate or a time stamp.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from redbook.audio import containers
from redbook.audio.matroska import read_blocks
from redbook.audio.mp4 import Mp4Times, mp4_times
from redbook.audio.mpeg import DECODER_DELAY_SAMPLES, read_mpeg
from redbook.errors import AudioError
from redbook.records import dataclass

Ranges = tuple[tuple[int, int | None], ...]

ENCODER_ENDS_SAMPLES = 8192
"""The longest delay or padding of an encoder: LAME's is 12 bits, an AAC's priming 2112 and one
packet of 2048, Opus' pre-skip 80 ms. What a file cuts off beyond that is music, and is reported."""

_PADDED_LENGTHS = 2112
"""iTunSMPB: how far its three numbers together may be from the coded length (one Apple AAC priming)."""

_ONE_FRAME_A_PACKET = frozenset(("aac", "alac", "opus", "mp3", "mp2", "ac3", "eac3", "flac"))
_OF_ANY_LENGTH = ("opus", "vorbis")
"""Codecs whose packets state their own length: a damaged one is perhaps decoded, and shorter."""

_EXACT_DURATION = ("wv", "tta", "ape", "tak")
"""Containers whose header states the number of samples, which FFmpeg passes on."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What the container promises.

    samples     at the file's own rate, that the decoder must give; None if it says nothing
    tolerance   how many fewer samples are still not a loss
    stated_as   what the file states, in words, for a message
    packets     how many there must be; None if it says nothing
    keep        which of the decoded samples are music; None if the decoder knows
    at_least    how many must be left then; None if it says nothing
    info_byte   where the packet without audio is
    bits        of a sample, if the codec's own header says so
    reduced     whether a lossless codec has discarded a part
    notes       what a person should know
    """

    samples: int | None = None
    tolerance: int = 0
    stated_as: str = ""
    packets: int | None = None
    keep: Ranges | None = None
    info_byte: int | None = None
    bits: int | None = None
    reduced: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the demuxer knows: the stream's duration in samples at its rate, None where unknown."""

    container: str
    codec: str
    rate_hz: int
    stream_samples: float | None
    extradata: bytes
    metadata: dict[str, str]


def read_statement(path: Path, facts: StreamFacts) -> Statement:
    """Read what the container states about its audio.

    raises  AudioError  if the file is shorter than its own header says, is damaged, or is of a kind that
            redbook cannot read completely (free-format MP3, half of a WavPack hybrid, some edit lists)
    """
    with path.open("rb") as file:
        return _read(path, file, facts)


def _read(path: Path, file: BinaryIO, facts: StreamFacts) -> Statement:
    kind = facts.container
    if kind == "mp3":
        return _mpeg(file, facts)
    if "mp4" in kind:
        return _mp4(file, facts)
    if kind == "wv":
        return _wavpack(path, file, facts)
    if kind in _EXACT_DURATION:
        return _by_duration(facts)
    if kind == "mpc8":
        length = containers.musepack8(file)
        return Statement() if length is None else _cut(*length)
    if kind == "caf":
        table = containers.caf_packets(file)
        return Statement() if table is None else _caf(table, facts.codec)
    if kind == "adx":
        return _adx(file)
    if kind in ("avi", "iff"):
        containers.check_form(file)
    elif "matroska" in kind:
        return _matroska(file, facts.codec)
    return Statement()


def _cut(start: int, end: int) -> Statement:
    return Statement(samples=end, stated_as=f"{end - start} samples", keep=((start, end),))


def _adx(file: BinaryIO) -> Statement:
    """Its header counts the samples; the last block is filled up.  Source: CRI ADX header, byte 12"""
    samples = int.from_bytes(file.read(16)[12:16], "big")
    return _cut(0, samples) if samples else Statement()


def _matroska(file: BinaryIO, codec: str) -> Statement:
    found = read_blocks(file)
    countable = codec in _ONE_FRAME_A_PACKET or codec in _OF_ANY_LENGTH
    return Statement(packets=found.packets if countable and found.packets else None, notes=found.notes)


def _caf(table: containers.CafPackets, codec: str) -> Statement:
    countable = codec in _ONE_FRAME_A_PACKET and codec != "flac"  # FFmpeg counts one empty packet of FLAC
    return replace(
        _cut(table.start, table.end),
        tolerance=table.uncertain,
        packets=table.packets if countable else None,
    )


def _by_duration(facts: StreamFacts) -> Statement:
    if not facts.stream_samples:
        return Statement()
    samples = round(facts.stream_samples)
    return Statement(samples, stated_as=f"{samples} samples")


def _wavpack(path: Path, file: BinaryIO, facts: StreamFacts) -> Statement:
    stated = _by_duration(facts)
    header = containers.wavpack(file)
    if header is None:
        return stated
    if header.hybrid and any(path.with_suffix(suffix).exists() for suffix in (".wvc", ".WVC")):
        raise AudioError(
            "it is the lossy half of a WavPack hybrid file; with the .wvc beside it, it would be lossless, "
            "but redbook cannot put them together: unpack it with wvunpack, and use the WAV"
        )
    return Statement(stated.samples, 0, stated.stated_as, bits=header.bits, reduced=header.hybrid)


def _mpeg(file: BinaryIO, facts: StreamFacts) -> Statement:
    """As mpg123: LAME's delay and the decoder's are cut from the start, the padding from the end of the
    frames that are counted; frames after those were added by someone, and are kept completely.
    """
    found = read_mpeg(file)
    if found.free_format:
        raise AudioError(
            "it is a free-format MP3: its frames state no bit rate, which FFmpeg, the decoder that redbook "
            "uses, needs; mpg123 does not need it: mpg123 -w NAME.wav NAME.mp3, then burn the WAV"
        )
    total = None if found.frames is None else found.frames * found.samples_a_frame
    keep: Ranges = ((0, None),)
    if found.trim and total is not None:
        delay, padding = found.trim
        start, end = delay + DECODER_DELAY_SAMPLES, total - padding + DECODER_DELAY_SAMPLES
        keep = ((start, None),) if end >= total else ((start, max(start, end)), (total, None))
    elif (itunes := _itunes_numbers(facts.metadata)) is not None and facts.codec == "mp3":
        delay, padding, samples = itunes
        start = delay + DECODER_DELAY_SAMPLES
        frames = total if total is not None else containers.mpeg_frames(file) * found.samples_a_frame
        if abs(delay + samples + padding - frames) <= _PADDED_LENGTHS:
            keep = ((start, start + samples), (frames, None))
    return Statement(
        total,
        tolerance=found.samples_a_frame,
        stated_as=f"{found.frames} frames of {found.samples_a_frame} samples",
        keep=keep,
        info_byte=found.info_byte,
    )


def _mp4(file: BinaryIO, facts: StreamFacts) -> Statement:
    """Where the music is: by iTunSMPB, by the edit list, by the coded length after the edit's start.

    An edit list counts in the movie's time scale; if that is in milliseconds it only tells the length
    to a tick, and the coded audio after the edit's start tells it exactly, if the two agree. Otherwise
    one tick more is kept, because silence at the end is better than lost music.
    """
    bits = facts.extradata[17] if facts.codec == "alac" and len(facts.extradata) >= 36 else None
    times = mp4_times(file)
    if times is None or not times.scale:
        return Statement(bits=bits)
    ratio = facts.rate_hz / times.scale
    coded = round(times.media_ticks * ratio)
    countable = facts.codec.startswith("pcm_") or facts.codec in _OF_ANY_LENGTH
    keep = _itunes_part(facts, coded) or _edited(facts, times, coded)
    return Statement(
        coded if countable else None,
        stated_as=f"{coded} samples",
        packets=times.packets if facts.codec in _ONE_FRAME_A_PACKET and times.packets else None,
        keep=keep,
        bits=bits,
        notes=_left_out(keep, coded, facts.rate_hz),
    )


def _edited(facts: StreamFacts, times: Mp4Times, coded: int) -> Ranges:
    ratio = facts.rate_hz / times.scale
    tick = facts.rate_hz / times.movie_scale
    if not times.edits:
        pre_skip = int.from_bytes(facts.extradata[10:12], "little") if facts.codec == "opus" else 0
        return ((pre_skip, coded),)
    parts: list[tuple[int, int]] = []
    for duration, media_time in times.edits:
        start = round(media_time * ratio)
        length = duration * tick
        rest = coded - start
        if not duration or (times.fragmented and len(times.edits) == 1) or abs(rest - length) <= max(tick, 1):
            end = coded
        else:
            end = start + (round(length) if tick <= 1 else math.ceil(length + tick))
        end = min(end, coded)
        if parts and start < parts[-1][1]:
            raise AudioError(
                "its edit list plays parts of it out of order or twice, which redbook cannot do; "
                "export it as a WAV or FLAC from the program that made it"
            )
        if start < end:
            parts.append((start, end))
    return tuple(parts)


def _left_out(keep: Ranges, coded: int, rate_hz: int) -> tuple[str, ...]:
    """A note of what an edit list cuts beyond an encoder's delay and padding."""
    played = sum((coded if end is None else end) - start for start, end in keep)
    if coded - played <= ENCODER_ENDS_SAMPLES or not keep:
        return ()
    if len(keep) == 1 and max(keep[0][0], coded - (keep[0][1] or coded)) <= ENCODER_ENDS_SAMPLES:
        return ()
    return (f"its edit list leaves out {(coded - played) / rate_hz:.1f} s of what is coded in it",)


def _itunes_part(facts: StreamFacts, coded: int) -> Ranges | None:
    """iTunSMPB of AAC; None if it is absent or contradicts the file."""
    numbers = _itunes_numbers(facts.metadata)
    if numbers is None or facts.codec != "aac":
        return None
    delay, padding, samples = numbers
    fits = 0 < samples <= coded and abs(delay + samples + padding - coded) <= _PADDED_LENGTHS
    return ((delay, delay + samples),) if fits else None


def _itunes_numbers(metadata: dict[str, str]) -> tuple[int, int, int] | None:
    """iTunSMPB: zero, then delay, padding and samples, in hexadecimal."""
    fields = metadata.get("itunsmpb", "").split()
    try:
        delay, padding, samples = (int(field, 16) for field in fields[1:4])
    except ValueError:
        return None
    return (delay, padding, samples) if min(delay, padding, samples) >= 0 else None
