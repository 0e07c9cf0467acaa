"""Samples that a file holds unencoded, as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from redbook.audio.ffmpeg import channel_names, open_container, read_tags
from redbook.audio.format import AudioFormat, Samples, Tags
from redbook.audio.pcm import Layout
from redbook.errors import AudioError

CHUNK_BYTES = 1 << 18

_DATA_FOR_DECODERS = (b"\x72\xf8\x1f\x4e", b"\xff\x1f\x00\xe8", b"\xfe\x7f\x01\x80")
"""How IEC 61937 bursts and DTS frames of 14 and of 16 bits begin, as 16-bit little-endian samples."""

_SEARCHED_BYTES = 1 << 16


class PcmFile:
    """A file of linear PCM; notes are complete from the start."""

    def __init__(self, path: Path, layout: Layout) -> None:
        """raises  AudioError  for a rate or a number of channels that no sound file has"""
        self._layout = layout
        self.notes = list(layout.notes)
        channels = layout.channels
        if len(channels) > 2 and layout.container in ("aiff", "caf"):
            channels = _names_by_ffmpeg(path, channels)
        self.format = AudioFormat(
            layout.container, layout.codec, layout.rate_hz, _dtype(layout), layout.bits, channels
        )
        self.format.check()
        self.tags = Tags() if layout.container == "raw" else read_tags(path)
        self._file = path.open("rb")
        try:
            self._look_for_data()
        except BaseException:
            self._file.close()
            raise

    @property
    def least_samples(self) -> int:
        return self._layout.length // self._layout.sample_bytes

    def _look_for_data(self) -> None:
        """DTS or AC-3 in a WAV, as on a DTS-CD: noise unless it reaches a decoder untouched."""
        layout = self._layout
        if (layout.width, layout.order, len(layout.channels)) != (2, "<", 2):
            return
        self._file.seek(layout.start)
        start = self._file.read(min(layout.length, _SEARCHED_BYTES))
        places = (start.find(mark) for mark in _DATA_FOR_DECODERS)
        if not any(place >= 0 and place % 2 == 0 for place in places):
            return
        if layout.rate_hz != 44_100:
            raise AudioError(
                "it holds data for a surround decoder (IEC 61937), not samples, and not at 44.1 kHz: "
                "a CD of it would be noise; decode it first"
            )
        self.notes.append(
            "it holds data for a surround decoder (DTS-CD, IEC 61937), and is burned as it is: "
            "without such a decoder it is noise"
        )

    @property
    def stated_samples(self) -> int | None:
        return self._layout.length // self._layout.sample_bytes

    def __iter__(self) -> Iterator[Samples]:
        layout = self._layout
        if not layout.length and layout.container != "raw":
            raise AudioError("it contains no samples")
        self._file.seek(layout.start)
        left = layout.length
        chunk = max(1, CHUNK_BYTES // layout.sample_bytes) * layout.sample_bytes
        while left:
            data = self._file.read(min(chunk, left))
            left -= len(data)
            whole = len(data) - len(data) % layout.sample_bytes
            if not data or whole != len(data):
                raise AudioError("the file became shorter while it was read")
            yield _values(data, layout).reshape(-1, len(layout.channels))

    def close(self) -> None:
        self._file.close()


def _companded() -> dict[str, Samples]:
    """The values of all 256 codes.  Source: ITU-T G.711, tables 1 and 2, in steps of 16 bit"""
    code = np.arange(256)
    mu = code ^ 0xFF
    size = (((mu & 0x0F) << 3) + 0x84 << (mu >> 4 & 7)) - 0x84
    a = code ^ 0x55
    segment = a >> 4 & 7
    large = ((a & 0x0F) << 4) + np.where(segment, 0x108, 8) << np.maximum(segment - 1, 0)
    return {
        "mulaw": np.where(mu & 0x80, -size, size).astype(np.int16),
        "alaw": np.where(a & 0x80, large, -large).astype(np.int16),
    }


_COMPANDED = _companded()


def _dtype(layout: Layout) -> str:
    if layout.kind in _COMPANDED:
        return "int16"
    if layout.kind == "f":
        return f"float{8 * layout.width}"
    return {1: "uint8", 2: "int16"}.get(layout.width, "int32")


def _values(data: bytes, layout: Layout) -> Samples:
    order = layout.order
    if layout.kind in _COMPANDED:
        return np.asarray(_COMPANDED[layout.kind][np.frombuffer(data, np.uint8)])
    if layout.width == 1:
        values = np.frombuffer(data, np.uint8)
        return values ^ np.uint8(0x80) if layout.kind == "s" else values
    if layout.width == 3:  # the upper three bytes of four
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        packed = np.frombuffer(data, np.uint8).reshape(-1, 3)
        wide[:, 1:] = packed if order == "<" else packed[:, ::-1]
        return wide.view("<i4").astype(np.int32, copy=False)
    code = {"f4": "f4", "f8": "f8", "s2": "i2", "s4": "i4"}[f"{layout.kind}{layout.width}"]
    found = np.frombuffer(data, order + code)
    return found.astype(found.dtype.newbyteorder("="), copy=False)


def _names_by_ffmpeg(path: Path, channels: tuple[str, ...]) -> tuple[str, ...]:
    """Speakers as FFmpeg reads them from the many kinds of layout tags."""
    try:
        with open_container(path) as container:
            names = channel_names(container.streams.audio[0].codec_context.layout)
    except (AudioError, IndexError):
        return channels
    return names if len(names) == len(channels) else channels
