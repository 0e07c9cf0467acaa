"""Sound files to arrays of samples, with FFmpeg through PyAV, and compared with what the files state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np

from redbook.audio import layouts, ogg_decode, pcm_decode
from redbook.audio.end_of_audio import find_end_of_audio
from redbook.audio.ffmpeg import (
    BROKEN,
    NUMPY_TYPES,
    all_metadata,
    channel_names,
    codec_name,
    decoder_of,
    open_container,
    samples_of,
    tags_from,
    translated,
)
from redbook.audio.flac_decode import FlacFile, may_be_quick
from redbook.audio.format import AudioFormat, Samples, Tags, joined, kept
from redbook.audio.mp4 import lacks_its_index
from redbook.audio.pcm import MOST_UNEXPLAINED_BYTES, Layout
from redbook.audio.statement import ENCODER_ENDS_SAMPLES, Statement, StreamFacts, read_statement
from redbook.audio.tally import Tally
from redbook.errors import AudioError

_CHECKED = frozenset(("flac", "alac", "wavpack", "tta", "ape", "ac3", "eac3"))
"""Codecs whose own checksums FFmpeg compares only when asked to."""

_CHECKING = "crccheck+explode"
_TTA_SAMPLES = slice(14, 18)
"""In its header: how many there are in all."""

_STAMPED = ("matroska,webm", "asf", "mpegts", "mpeg", "flv", "nut", "flac")
"""Containers that store a time or a number for each packet; elsewhere FFmpeg has added up what it read."""

_PACKETED = ("matroska,webm", "asf", "caf", "nut", "avi", "mov,mp4,m4a,3gp,3g2,mj2")
"""Containers that separate audio from everything else: whatever of it cannot be decoded is lost audio."""

_SIZED = ("wav", "w64", "aiff", "au")
"""Containers that state where the audio ends; its last packet may be partial."""

_UNTRIMMED = ("flac", "wv", "tta", "ape", "tak")
"""Containers whose packets hold music from the first sample to the last."""

_BATCH_SAMPLES = 1 << 16
"""Passed on at once: with fewer, the threads would wait for each other more than they work."""

_HOLE_STAYS_S = 1.0
"""This is how far a time stamp may be off: writers round, and know a variable block's length one block
late.
"""


SHORTEST_AAC_SAMPLES = 960
"""In a packet.  Source: ISO/IEC 14496-3 4.4.2.5 (frameLengthFlag); 1024 are usual."""


class Recording(Protocol):
    """A source, decoded from start to end and checked against what it says about itself.

    notes  what a person should know about the file; complete once it has been decoded
    """

    format: AudioFormat
    tags: Tags
    notes: list[str]

    @property
    def stated_samples(self) -> int | None:
        """How many there will be, at the file's own rate; None if it does not say so exactly."""
        ...

    def __iter__(self) -> Iterator[Samples]:
        """Chunks of any length; once only.

        raises  AudioError  if the file is damaged or shorter than it says; perhaps only at the end
        """

    @property
    def least_samples(self) -> int:
        """The number, at its own rate, that it states: fewer are an error.  0 if it states none."""
        ...

    def close(self) -> None: ...


def open_recording(path: Path, raw: str = "", threads: int = 1) -> Recording:
    """raw   "little" or "big" for 44.1 kHz 16-bit stereo PCM without a header
    threads  that may decode it at the same time, where its format allows that

    raises  AudioError  if it is not a sound file or shorter than its header says
    """
    if raw:
        return pcm_decode.PcmFile(path, layouts.raw_layout(path, raw))
    layout = layouts.read_layout(path)
    if isinstance(layout, Layout):
        return pcm_decode.PcmFile(path, layout)
    if ogg_decode.is_sound(path):
        return ogg_decode.OggDecoder(path)
    decoder = Decoder(path, layout)
    return decoder.quick(threads) or decoder


def _opened(path: Path) -> av.container.InputContainer:
    try:
        return open_container(path)
    except AudioError as error:
        with translated(), path.open("rb") as file:
            if lacks_its_index(file):
                raise AudioError(
                    "it is an MP4 file without its index (the moov box, which comes last): the recording or "
                    "the download ended too soon; get it again"
                ) from error
        raise


class Decoder:
    """A file that FFmpeg reads."""

    def __init__(self, path: Path, notes: tuple[str, ...] = ()) -> None:
        """raises  AudioError  if it is not a sound file or shorter than its header says"""
        self._path = path
        self.notes: list[str] = list(notes)
        self._container = _opened(path)
        try:
            self._end_byte = path.stat().st_size
            self._stop_at_the_end()
            self._open_stream()
        except BaseException:
            self._container.close()
            raise

    def _stop_at_the_end(self) -> None:
        """What follows the audio is hidden from a decoder that would treat it as audio."""
        self._metadata = all_metadata(self._container)  # with tags that are after the audio
        with self._path.open("rb") as file:
            ending = find_end_of_audio(file, self._container.format.name)
        self._end_is_known = ending is not None
        if ending is None:
            return
        self.notes += ending.notes
        if ending.byte < self._end_byte:
            self._end_byte = ending.byte
            self._container.close()
            self._container = open_container(self._path, ending.byte)

    def _open_stream(self) -> None:
        streams = self._container.streams.audio
        if not streams:
            raise AudioError("it contains no audio")
        if len(streams) > 1:
            self.notes.append(f"the first of its {len(streams)} audio streams is used")
        self._stream = stream = streams[0]
        context: Any = stream.codec_context  # None where FFmpeg has no decoder, which its types do not say
        if context is None:
            raise AudioError("its audio is coded in a way that redbook cannot decode")
        codec = codec_name(context)
        options = {"err_detect": _CHECKING} if codec in _CHECKED else {}
        self._context = decoder_of(codec, context, **options)
        facts = self._facts(codec)
        self.tags = tags_from(facts.metadata)
        self._statement: Statement = read_statement(self._path, facts)
        self.notes += self._statement.notes
        # In other containers FLAC may do without STREAMINFO.
        counted = codec == "flac" and (facts.container == "flac" or bool(facts.extradata))
        self._tally = Tally.of_flac(facts.extradata) if counted else None
        self._packets = self._packets_end_byte = 0
        self._frames = self._all_frames()
        with translated():
            self._first = next(self._frames, None)
        if self._first is None and self._statement.samples:
            raise AudioError(
                f"its header states {self._statement.stated_as}, but none could be decoded: the file is "
                "damaged or was cut short; get it again"
            )
        if self._first is None:
            raise AudioError("it contains no samples")
        self.format = self._format(codec, self._first)
        self.format.check()
        self._expected = (self.format.rate_hz, len(self.format.channels), self._first.format.name)

    def _facts(self, codec: str) -> StreamFacts:
        stream: Any = self._stream
        rate = int(stream.codec_context.sample_rate or 0)
        base = float(stream.time_base) if stream.time_base else 0.0
        return StreamFacts(
            container=self._container.format.name,
            codec=codec,
            rate_hz=rate,
            stream_samples=stream.duration * base * rate if stream.duration else None,
            extradata=bytes(stream.codec_context.extradata or b""),
            metadata=self._metadata,
        )

    def _format(self, codec: str, frame: av.AudioFrame) -> AudioFormat:
        """By the first frame: what FFmpeg announces is not always what its decoder gives."""
        dtype = np.dtype(NUMPY_TYPES[frame.format.name.removesuffix("p")])
        bits = self._statement.bits or (self._tally.bits if self._tally else dtype.itemsize * 8)
        if codec.startswith("pcm_") and codec[5:7].isdigit():
            bits = int(codec[5:7])
        return AudioFormat(
            self._container.format.name,
            codec,
            int(frame.sample_rate),
            dtype.name,
            bits,
            channel_names(frame.layout),
            self._statement.reduced,
        )

    def quick(self, threads: int) -> FlacFile | None:
        """A quicker way to the same samples, by this many threads, if there is one; otherwise None."""
        if self._statement.keep is not None or not may_be_quick(self._path, self.format, self._tally):
            return None
        return FlacFile(self._path, self, bytes(self._context.extradata), threads)

    @property
    def stated_samples(self) -> int | None:
        stated = self._statement
        if self._tally is not None and self.format.container == "flac":
            return self._tally.samples
        if stated.samples is None or stated.tolerance:
            return None
        if stated.keep is None:
            return stated.samples
        return sum((stated.samples if end is None else end) - start for start, end in stated.keep)

    def __iter__(self) -> Iterator[Samples]:
        position = music = 0
        skip = cut = 0
        plain = self._statement.keep is None and self.format.container in _UNTRIMMED
        with translated():
            if plain:
                for samples in joined(map(self._checked, self._each_frame()), _BATCH_SAMPLES):
                    position += len(samples)
                    if self._tally is not None:
                        self._tally.add(samples)
                    if len(samples):
                        yield samples
                music = position
            for frame in self._each_frame():
                samples = self._checked(frame)
                if self._tally is not None:
                    self._tally.add(samples)
                if self._statement.keep is None:
                    skipped, ended = _ends_by_ffmpeg(frame)
                    skip += skipped
                    begin = min(skip, len(samples))
                    end = max(begin, len(samples) - ended)
                    skip -= begin
                    cut += begin + len(samples) - end
                    parts = [samples[begin:end]]
                else:
                    parts = kept(samples, position, self._statement.keep)
                position += len(samples)
                for part in parts:
                    music += len(part)
                    if len(part):
                        yield part
        if cut > ENCODER_ENDS_SAMPLES:
            self.notes.append(
                f"{cut / self.format.rate_hz:.1f} s are left out, because its container says so"
            )
        self._check(position, music)

    def _each_frame(self) -> Iterator[av.AudioFrame]:
        if self._first is not None:
            first, self._first = self._first, None
            yield first
        yield from self._frames

    def _checked(self, frame: av.AudioFrame) -> Samples:
        samples = samples_of(frame)
        if (frame.sample_rate, samples.shape[1], frame.format.name) != self._expected:
            raise AudioError("its sample rate or number of channels changes in the middle")
        return samples

    def _all_frames(self) -> Iterator[av.AudioFrame]:
        """Decoded frames.

        What cannot be decoded at the very end is left to the check of the length: tags and rubbish
        after the audio are common. In the middle it is damage.
        """
        failed: Exception | None = None
        failures = 0
        clock = _Clock() if self._container.format.name in _STAMPED else None
        for frames in self._decoded_packets():
            if isinstance(frames, Exception):
                failed = failed or frames
                failures += 1
                continue
            for frame in frames:
                if failed is not None:
                    raise AudioError("part of it cannot be decoded: it is damaged; get it again") from failed
                if clock is not None:
                    clock.check(frame)
                yield frame
        if clock is not None:
            clock.finish()
        name = self._container.format.name
        audio = self._end_is_known or name in _PACKETED or (name in _SIZED and failures > 1)
        if failed is not None and audio:
            raise AudioError(
                "the end of its audio cannot be decoded: it is damaged; get it again"
            ) from failed
        if failed is not None:
            self.notes.append(
                "the end of the file could not be decoded, and is left out: it is not audio, or the file "
                "was cut short there"
            )

    def _decoded_packets(self) -> Iterator[list[av.AudioFrame] | Exception]:
        """The frames of each packet, or why it has none."""
        context: Any = self._context
        try:
            for packet in self._demuxed():
                if packet.size and self._holds_info(packet.pos, packet.size):
                    continue
                if packet.size and packet.pos is not None:
                    self._packets_end_byte = max(self._packets_end_byte, packet.pos + packet.size)
                try:
                    frames: Any = context.decode(packet if packet.size else None)
                except BROKEN as error:
                    frames = self._last_of_tta(packet) if packet.size else []
                    yield frames or error
                    self._packets += bool(frames)
                else:
                    self._packets += bool(packet.size)
                    if packet.size and self._is_short(packet, frames):
                        raise AudioError("part of it cannot be decoded: it is damaged; get it again")
                    yield frames
        except BROKEN:
            rest = self._end_byte - self._packets_end_byte
            if rest > MOST_UNEXPLAINED_BYTES:
                raise AudioError(
                    f"its last {rest} bytes cannot be read as audio, and may be music: "
                    "it is damaged, or something else was appended to it; get it again"
                ) from None
            self.notes.append(
                "the end of the file could not be read as audio, and is left out: it is not audio, or the "
                "file was cut short there"
            )
            yield context.decode(None)  # what the decoder still holds

    def _is_short(self, packet: Any, frames: list[av.AudioFrame]) -> bool:
        """Whether blocks of ADPCM are lost: a packet holds several, their number gives the number of
        samples, and PyAV drops the error of one that follows a good one.
        """
        if not self._context.name.startswith("adpcm_") or not packet.duration:
            return False
        if packet.time_base * self._context.sample_rate != 1:
            return False
        return sum(frame.samples for frame in frames) < int(packet.duration)

    def _last_of_tta(self, packet: Any) -> list[av.AudioFrame]:
        """The last frame of TTA in Matroska; empty if it is not one, or is damaged.

        FFmpeg must know its length and takes it from the file's duration, which Matroska rounds to a
        millisecond. The frame's own CRC shows which length is right.
        """
        context: Any = self._context
        if self._container.format.name != "matroska,webm" or not context.name.startswith("tta"):
            return []
        head = bytes(context.extradata)
        about = int.from_bytes(head[_TTA_SAMPLES], "little")
        most = 2 * context.sample_rate // 1000
        for distance in range(most + 1):
            for samples in dict.fromkeys((about + distance, about - distance)):
                other = bytearray(head)
                other[_TTA_SAMPLES] = max(0, samples).to_bytes(4, "little")
                fresh: Any = av.CodecContext.create("tta", "r")
                fresh.extradata = bytes(other)
                fresh.options = {"err_detect": _CHECKING}
                try:
                    frames: list[av.AudioFrame] = fresh.decode(packet)
                except BROKEN:
                    continue
                if frames:
                    return frames
        return []

    def _holds_info(self, start: int | None, size: int) -> bool:
        """Whether a packet is the frame without music; zeros before that come in the same packet."""
        info = self._statement.info_byte
        return info is not None and start is not None and start <= info < start + size

    def _demuxed(self) -> Iterator[Any]:
        """PyAV may fail after our last packet, where another stream began in the middle of the file."""
        try:
            yield from self._container.demux(self._stream)
        except IndexError:
            return

    def _check(self, decoded: int, music: int) -> None:
        stated = self._statement
        if self._tally is not None:
            self._tally.check()
        if stated.packets is not None and self._packets < stated.packets:
            raise AudioError(
                f"its header states {stated.packets} packets of audio, but {self._packets} could be decoded: "
                "the file is damaged or was cut short; get it again"
            )
        if stated.samples is not None and decoded < stated.samples - stated.tolerance:
            raise AudioError(
                f"its header states {stated.stated_as}, but {decoded} samples could be decoded: the file is "
                "damaged or was cut short; get it again"
            )
        if not music:
            raise AudioError("it contains no samples")
        if stated.samples is not None and stated.tolerance and decoded > stated.samples + stated.tolerance:
            more = decoded - stated.samples
            self.notes.append(
                f"it continues for {more / self.format.rate_hz:.1f} s beyond what its header counts (files "
                "that were joined?); that is burned, too"
            )

    @property
    def least_samples(self) -> int:
        """As `_check` requires them."""
        if self._tally is not None:
            return self._tally.samples or 0
        stated = self._statement
        end = 0
        if stated.samples is not None:
            end = stated.samples - stated.tolerance
        elif stated.packets is not None:
            end = (stated.packets - 1) * self._shortest_packet_samples()
        parts = stated.keep or ((0, None),)
        return sum(max(0, (end if stop is None else min(stop, end)) - start) for start, stop in parts)

    def _shortest_packet_samples(self) -> int:
        """Of all packets but the last; 0 if the codec does not say."""
        if self.format.codec == "aac":
            return SHORTEST_AAC_SAMPLES
        extradata = bytes(self._context.extradata or b"")
        return int.from_bytes(extradata[12:16], "big") if self.format.codec == "alac" else 0

    def close(self) -> None:
        if self._tally is not None:
            self._tally.stop()
        self._container.close()


def _ends_by_ffmpeg(frame: av.AudioFrame) -> tuple[int, int]:
    """Samples that the container says to skip from here, and to cut from this frame's end."""
    side_data: Any = frame.side_data  # a mapping by name, which its types do not say
    data = side_data.get("SKIP_SAMPLES")
    raw = bytes(8) if data is None else bytes(data)
    return int.from_bytes(raw[:4], "little"), int.from_bytes(raw[4:8], "little")


class _Clock:
    """Frames must begin where the one before ended; a hole counts if it stays."""

    def __init__(self) -> None:
        self._end: float | None = None
        self._hole = 0.0
        self._hole_s = self._since_s = 0.0
        self._base_s: float | None = None

    def check(self, frame: av.AudioFrame) -> None:
        """raises  AudioError  for a hole that has stayed"""
        pts = frame.pts
        if self._base_s is None:  # a stream's time base stays what it is, and asking for it is slow
            self._base_s = float(frame.time_base) if frame.time_base is not None else None
        if self._base_s is None:
            return
        if pts is None:  # FFmpeg gives damaged FLAC no number: the next frame that has one tells
            if self._end is not None:
                self._end += frame.samples
            return
        tick = self._base_s * frame.sample_rate
        start = pts * tick
        tolerance = max(2 * tick, 2.0)
        if self._end is not None and abs(start - self._end) > tolerance:
            if self._hole <= tolerance:
                self._hole_s = self._end / frame.sample_rate
            self._hole += start - self._end
            self._since_s = 0.0
            if self._hole <= tolerance:
                self._hole = 0.0
        self._end = start + frame.samples
        self._since_s += frame.samples / frame.sample_rate
        if self._hole and self._since_s > _HOLE_STAYS_S:
            self.finish()

    def finish(self) -> None:
        if self._hole:
            raise AudioError(
                f"{round(self._hole)} samples are missing at {self._hole_s:.1f} s: "
                "it is damaged; get it again"
            )
