"""Ogg files to samples: our own pages and packets, FFmpeg's decoders, and the ends as each format has them.

Its pages say where a stream begins and ends inside a packet (granule positions). Each codec reads them
in its own way, so each is trimmed as its own reference program does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np

from redbook.audio.ffmpeg import BROKEN, channel_names, decoder_of, read_tags, samples_of, translated
from redbook.audio.format import AudioFormat, Samples
from redbook.audio.ogg import Demuxer, PacketPage, Stream
from redbook.audio.tally import Tally
from redbook.errors import AudioError

_VORBIS, _OPUS, _FLAC, _SPEEX = b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   "
_MOST_BYTES_BEFORE = 4096
SOUNDS = (_VORBIS, _OPUS, _FLAC, _SPEEX)


class Trim(Protocol):
    """What is music in the decoded packets of one page."""

    def page(self, parts: list[Samples], page: PacketPage) -> list[Samples]: ...

    def finish(self) -> None:
        """Check, after the last page, that no samples are missing.  raises  AudioError  if some are"""


class _Places:
    """Compares the count of samples with the places that the pages state.

    A place that is too far along may be right again a page later (the encoder's rounding, a block of another
    size); what is still missing at the last page is missing.
    """

    def __init__(self) -> None:
        self._offset: int | None = None
        self._count = self._longest = self._missing = 0
        self._gap = False

    def count(self, parts: list[Samples], page: PacketPage) -> None:
        """Before the page is trimmed."""
        self._count += sum(len(part) for part in parts)
        self._longest = max([self._longest, *(len(part) for part in parts)])
        self._gap = self._gap or page.gap
        if page.granule is None:
            return
        if self._offset is None:
            self._offset = page.granule - self._count
            if self._gap and self._offset > 0:
                self._missing = self._offset
                self._offset = 0
            return
        self._missing = page.granule - self._offset - self._count

    def finish(self) -> None:
        if self._missing > self._longest:
            raise AudioError(
                f"its pages count {self._missing} samples more than it contains: it is damaged; get it again"
            )


class _AllKept(_Places):
    def page(self, parts: list[Samples], page: PacketPage) -> list[Samples]:
        self.count(parts, page)
        return parts


class _Vorbis(_Places):
    """As libvorbis: its first page says what is cut from the start, its last what is cut from the end.

    Both only touch the last packet of their page.  Source: Vorbis I specification A.2
    """

    def __init__(self) -> None:
        super().__init__()
        self._place: int | None = None
        self._decoded = 0

    def page(self, parts: list[Samples], page: PacketPage) -> list[Samples]:
        self.count(parts, page)
        length = sum(len(part) for part in parts)
        self._decoded += length
        if self._place is not None:
            self._place += length
        if page.granule is None or not parts:
            return parts
        first = self._place is None
        extra = (self._decoded if self._place is None else self._place) - page.granule
        self._place = page.granule
        last = parts[-1]
        cut = min(max(extra, 0), len(last))
        if page.last:
            parts[-1] = last[: len(last) - cut]
        elif first:
            parts[-1] = last[cut:]
        return parts


class _Opus(_Places):
    """Source: RFC 7845 4.2 (pre-skip), 4.4 and 4.5 (start and end by granule position)"""

    def __init__(self, pre_skip: int) -> None:
        super().__init__()
        self._skip = pre_skip
        self._place: int | None = None

    def page(self, parts: list[Samples], page: PacketPage) -> list[Samples]:
        self.count(parts, page)
        length = sum(len(part) for part in parts)
        keep = length
        if page.granule is not None:
            if page.last:
                keep = min(length, max(0, page.granule - (self._place or 0)))
            self._place = page.granule
        elif self._place is not None:
            self._place += length
        kept = []
        for part in parts:
            part = part[:keep]
            keep -= len(part)
            skipped = min(self._skip, len(part))
            self._skip -= skipped
            kept.append(part[skipped:])
        return kept


class _Speex:
    """As speexdec: what a page has beyond its stated place is cut, with the look-ahead, from the first packet
    of a page, or on the last page from the last.
    """

    def __init__(self, head: bytes) -> None:
        self._frame = max(1, int.from_bytes(head[56:60], "little"))
        self._lookahead = {160: 40, 320: 80, 640: 160}.get(self._frame, 0)
        self._place = 0

    def page(self, parts: list[Samples], page: PacketPage) -> list[Samples]:
        if not parts or not page.granule or page.granule < 0:
            return parts
        extra = sum(len(part) for part in parts) - (page.granule - self._place)
        self._place = page.granule
        if page.last:
            keep = len(parts[-1]) - extra + self._lookahead
            parts[-1] = parts[-1][: max(0, keep)] if extra > 0 else parts[-1]
        elif extra > 0:
            parts[0] = parts[0][extra + self._lookahead :]
        return parts

    def finish(self) -> None:
        pass


class _Link:
    """One stream of a chain: its headers, its decoder, its trimming."""

    def __init__(self, stream: Stream) -> None:
        self.head = stream.head
        self._headers = [stream.head]
        self._context: Any = None
        self._primes = stream.head.startswith(_VORBIS)  # its first packet only begins an overlap
        self.trim: Trim = _AllKept()
        self.tally: Tally | None = None
        self.codec = ""
        self.coded: tuple[int, Any, tuple[str, ...]] | None = None

    def page(self, page: PacketPage) -> list[Samples]:
        """raises  AudioError  where it is damaged"""
        packets = list(page.packets)
        while packets and not self._has_all_headers(packets[0]):
            self._headers.append(packets.pop(0))
        if not packets:
            return []
        if self._context is None:
            self._start()
        parts = [self._decode(packet) for packet in packets]
        if self._primes:
            self._primes, parts[0] = False, parts[0][:0]
        return self.trim.page(parts, page)

    def _has_all_headers(self, packet: bytes) -> bool:
        if self._context is not None:
            return True
        count = len(self._headers)
        if self.head.startswith(_VORBIS):
            return count >= 3
        if self.head.startswith(_OPUS):
            return count >= 2
        if self.head.startswith(_FLAC):
            return packet[:1] == b"\xff"
        extra = int.from_bytes(self.head[68:72], "little")
        return count >= 2 + min(extra, 100)

    def _start(self) -> None:
        head = self.head
        options = {}
        if head.startswith(_VORBIS):
            name, extradata = "vorbis", _laced(self._headers[:3])
            self.trim = _Vorbis()
        elif head.startswith(_OPUS):
            name, extradata = "opus", head
            self.trim = _Opus(int.from_bytes(head[10:12], "little"))
        elif head.startswith(_FLAC):
            name, extradata = "flac", head[17:51]
            options["err_detect"] = "crccheck+explode"
            self.tally = Tally.of_flac(extradata)
        else:
            name, extradata = "speex", head
            self.trim = _Speex(head)
        context: Any = decoder_of(name, **options)
        context.extradata = extradata
        context.thread_count = 1
        if name == "opus":
            context.sample_rate = 48_000
        self._context = context
        self.codec = name

    def _decode(self, packet: bytes) -> Samples:
        if not packet:
            return _NOTHING  # libvorbis takes an empty packet for no audio, too
        try:
            frames = self._context.decode(av.Packet(packet))
        except BROKEN as error:
            raise AudioError("part of it cannot be decoded: it is damaged; get it again") from error
        parts = [self._samples(frame) for frame in frames]
        return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else _NOTHING

    def _samples(self, frame: av.AudioFrame) -> Samples:
        samples = samples_of(frame).copy()  # the decoder uses its memory again
        found = (int(frame.sample_rate), samples.dtype, channel_names(frame.layout))
        if self.coded is None:
            self.coded = found
        elif found != self.coded:
            raise AudioError("its sample rate or number of channels changes in the middle")
        return samples

    def finish(self) -> None:
        """raises  AudioError  if samples are missing"""
        self.trim.finish()
        if self.tally is not None:
            self.tally.check()


_NOTHING: Samples = np.zeros((0, 1), np.int16)


def _laced(packets: list[bytes]) -> bytes:
    """Vorbis' three headers as FFmpeg wants them: number less one, lengths but the last, all of them."""
    lengths = b"".join(bytes([255] * (len(packet) // 255) + [len(packet) % 255]) for packet in packets[:-1])
    return bytes([len(packets) - 1]) + lengths + b"".join(packets)


class OggDecoder:
    """One Ogg file of Vorbis, Opus, FLAC or Speex, decoded from start to end.

    notes  what a person should know about the file; complete once it has been decoded
    """

    def __init__(self, path: Path) -> None:
        """raises  AudioError  if its beginning is damaged"""
        self._file = path.open("rb")
        try:
            self._demuxer = Demuxer(self._file, SOUNDS)
            self.notes = self._demuxer.notes
            self._chunks = self._decoded()
            with translated():
                self._first = next(self._chunks, None)
            if self._first is None:
                raise AudioError("it contains no samples")
            self.tags = read_tags(path)
        except BaseException:
            self._file.close()
            raise

    @property
    def stated_samples(self) -> int | None:
        return None  # the last page knows, once everything before it was read

    def __iter__(self) -> Iterator[Samples]:
        """Chunks of any length; once only.

        raises  AudioError  if it is damaged; perhaps only at the end
        """
        if self._first is not None:
            yield self._first
            self._first = None
        with translated():
            yield from self._chunks

    @property
    def least_samples(self) -> int:
        return 0  # an Ogg file states nothing in front

    def _decoded(self) -> Iterator[Samples]:
        link: _Link | None = None
        links = 0
        for item in self._demuxer:
            if isinstance(item, Stream):
                if link is not None:
                    link.finish()
                link, links = _Link(item), links + 1
                continue
            assert link is not None  # a Stream comes first
            for samples in link.page(item):
                if len(samples):
                    self._check_format(link)
                    if link.tally is not None:
                        link.tally.add(samples)
                    yield samples
        if link is not None:
            link.finish()
        if links > 1:
            self.notes.append(f"it is a chain of {links} recordings; they follow each other without a gap")

    def _check_format(self, link: _Link) -> None:
        """All links of a chain must be alike, because they become one track."""
        assert link.coded is not None
        rate_hz, dtype, channels = link.coded
        bits = link.tally.bits if link.tally else dtype.itemsize * 8
        found = AudioFormat("ogg", link.codec, rate_hz, dtype.name, bits, channels)
        if not hasattr(self, "format"):
            found.check()
            self.format = found
        elif found != self.format:
            raise AudioError(
                f"it is a chain of recordings that differ ({self.format}, then {found}); "
                "split it into one file each"
            )

    def close(self) -> None:
        self._file.close()


def is_sound(path: Path) -> bool:
    """Whether it is an Ogg file with a stream in it that is read here, perhaps after some other bytes."""
    with path.open("rb") as file:
        start = file.read(1 << 16)
    if start.startswith(b"OggS"):
        return any(magic in start for magic in SOUNDS)
    page = start.find(b"OggS", 0, _MOST_BYTES_BEFORE)
    return page > 0 and start.startswith(SOUNDS, page + 28)
