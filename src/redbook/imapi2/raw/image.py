"""A raw image as a stream that is made while it is read: never a file, and never all in memory."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from typing import Any

from redbook.disc import SECTOR_BYTES
from redbook.disc.layout import SessionLayout
from redbook.disc.raw_sectors import IMAGE_START_LBA, SubChannelMaker, SubForm, image_end_lba
from redbook.disc.sub_channel import RAW_BYTES
from redbook.imapi2.com import translated
from redbook.imapi2.raw.sound import Sound, Source
from redbook.imapi2.streams import FileStream
from redbook.records import dataclass

_MOST_SECTORS = 64
"""The most that are made at a time: 150 kB."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Sound, and the sector where it begins. Where no sound is placed, there is silence."""

    start_lba: int
    sound: Sound

    @property
    def end_lba(self) -> int:
        return self.start_lba + self.sound.sectors


@dataclass(frozen=True, slots=True)
class Image:
    """Everything that makes an image.

    layout  the disc
    form    how each sector is arranged
    sounds  in order, not overlapping
    r_to_w  96 bytes for each sector of the image; None for zeros
    """

    layout: SessionLayout
    form: SubForm
    sounds: Sequence[Placed]
    r_to_w: Source | None = None

    @property
    def sectors(self) -> int:
        return image_end_lba(self.layout) - IMAGE_START_LBA

    @property
    def size_bytes(self) -> int:
        return self.sectors * self.form.sector_bytes

    def check(self) -> None:
        """Ask every stream for its size once more.  raises  AudioError  if one has changed"""
        for placed in self.sounds:
            placed.sound.check()
        if self.r_to_w is not None:
            self.r_to_w.check()


class ImageFile(io.RawIOBase):
    """An image as a read-only file, which can be read at any place and any number of times.

    Reading  raises  AudioError  if one of its streams fails
    """

    def __init__(self, image: Image, position: int = 0) -> None:
        super().__init__()
        self.image = image
        self._position = position
        self._maker = SubChannelMaker(image.layout)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        raise io.UnsupportedOperation("an image is read only")

    def truncate(self, size: int | None = None) -> int:
        raise io.UnsupportedOperation("an image is read only")

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        position = (0, self._position, self.image.size_bytes)[whence] + offset
        if position < 0:
            raise ValueError(f"{position} is before the start")
        self._position = position
        return position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        length = max(0, min(len(view), self.image.size_bytes - self._position))
        sector_bytes = self.image.form.sector_bytes
        number, skip = divmod(self._position, sector_bytes)
        done = 0
        while done < length:
            count = min(_MOST_SECTORS, -(-(skip + length - done) // sector_bytes))
            made = memoryview(self._sectors(number, count))[skip : skip + length - done]
            view[done : done + len(made)] = made
            done += len(made)
            number, skip = number + count, 0
        self._position += length
        return length

    def _sectors(self, number: int, count: int) -> bytes:
        """number: the first, counted from the start of the image"""
        image, lba = self.image, IMAGE_START_LBA + number
        sound = self._sound(lba, count)
        r_to_w = bytearray(count * RAW_BYTES if image.r_to_w is not None else 0)
        if image.r_to_w is not None:
            image.r_to_w.read_at(number * RAW_BYTES, memoryview(r_to_w))
        parts: list[bytes | memoryview] = []
        for n in range(count):
            parts.append(sound[n * SECTOR_BYTES : (n + 1) * SECTOR_BYTES])
            given = bytes(byte & 0x3F for byte in r_to_w[n * RAW_BYTES : (n + 1) * RAW_BYTES])
            parts.append(self._maker.sub_channel(lba + n, image.form, given))
        return b"".join(parts)

    def _sound(self, lba: int, count: int) -> memoryview:
        """raises  AudioError"""
        sound = memoryview(bytearray(count * SECTOR_BYTES))
        for placed in self.image.sounds:
            first, end = max(lba, placed.start_lba), min(lba + count, placed.end_lba)
            if first < end:
                part = sound[(first - lba) * SECTOR_BYTES : (end - lba) * SECTOR_BYTES]
                placed.sound.read_sectors(first - placed.start_lba, part)
        return sound


class RawImageStream(FileStream):
    """What CreateResultImage returns: a read-only IStream over an image."""

    def __init__(self, image: Image, position: int = 0) -> None:
        super().__init__(ImageFile(image, position))
        self._image = image

    @translated
    def Clone(self) -> RawImageStream:
        """The same image with a position of its own, which starts where this one's is."""
        return RawImageStream(self._image, self._usable("Clone").tell())
