"""The stream that a caller passes to WriteMedia, whoever made it; it is checked before a disc is touched."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any

from redbook.disc import PREGAP_SECTORS, SECTOR_BYTES
from redbook.disc.layout import SessionLayout
from redbook.disc.q_reader import QReader
from redbook.disc.r_to_w import Packer
from redbook.disc.raw_sectors import SubForm, has_r_to_w, is_sound, p_and_q_bytes, taken_apart
from redbook.disc.sub_channel import interleave
from redbook.engine.fingerprint import Fingerprint, FingerprintMaker
from redbook.errors import AudioError, RedbookError
from redbook.imapi2.raw.image import RawImageStream
from redbook.imapi2.writer.track_stream import OpenSource, StreamNotSupported, open_source, size_of_istream

_SECTORS_AT_A_TIME = 32
_MOST_KEPT_SECTORS = 1024
"""Of a stream that cannot seek: 2.5 MB. That is long enough for the longest table of contents three times."""
_SHORTEST_PROGRAM_SECTORS = PREGAP_SECTORS + 300


class LeadInTooShort(RedbookError):
    """The image begins after the start of the disc's lead-in."""


class NotForThisDrive(RedbookError):
    """The drive does not take what the image has in R to W."""


class ImageInput:
    """An image that is read from a stream.

    form       how its sectors are arranged
    start_lba  of its first sector

    raises     NoStream, StreamNotSupported
    """

    def __init__(self, data: object, form: SubForm, start_lba: int) -> None:
        self.form = form
        self.start_lba = start_lba
        self._made_here = data._image if isinstance(data, RawImageStream) else None
        self._source, self.seeks = _open(data)
        self._at = 0  # the sector that comes next
        size = self._source.size_bytes
        if self._made_here is not None and self._made_here.form.sub_bytes != form.sub_bytes:
            raise StreamNotSupported(
                f"the image has {self._made_here.form.sub_bytes} bytes of sub-channel in each sector, but "
                f"RequestedSectorType says {form.sub_bytes}"
            )
        if size % form.sector_bytes:
            raise StreamNotSupported(
                f"{size} bytes are not a whole number of sectors of {form.sector_bytes} bytes, "
                "which is what RequestedSectorType says"
            )
        self.end_lba = start_lba + size // form.sector_bytes
        if self.end_lba < _SHORTEST_PROGRAM_SECTORS - PREGAP_SECTORS:
            raise StreamNotSupported(
                f"the image ends at sector {self.end_lba}: it is too short for a track, "
                "which has at least 4 s"
            )

    def check(self) -> None:
        """Check that the streams in an image of our own are still there; no sound is read.

        raises  AudioError
        """
        if self._made_here is not None:
            self._made_here.check()

    def go_to(self, lba: int) -> None:
        """Move to this sector; a stream that cannot seek is read up to it, and never moves back.

        raises  AudioError  if the stream fails or ends
        """
        wanted = lba - self.start_lba
        if self.seeks:
            try:
                self._source.seek(wanted * self.form.sector_bytes)
            except Exception as error:
                raise AudioError(f"the stream cannot be moved to sector {lba}: {error!r}") from error
            self._at = wanted
            return
        while self._at < wanted:
            self.read(min(_SECTORS_AT_A_TIME, wanted - self._at))

    def read(self, count: int) -> bytearray:
        """Read this many whole sectors.  raises  AudioError  if the stream fails or ends"""
        data = bytearray(count * self.form.sector_bytes)
        self.read_into(memoryview(data))
        return data

    def read_into(self, part: memoryview) -> None:
        """Fill a buffer, which holds a whole number of sectors, with the sectors that come next.

        raises  AudioError  if the stream fails or ends
        """
        done = 0
        while done < len(part):
            where = f"at sector {self.start_lba + self._at + done // self.form.sector_bytes}"
            try:
                got = self._source.read_into(part[done:])
            except Exception as error:
                raise AudioError(f"reading the image failed {where}: {error!r}") from error
            if not 0 <= got <= len(part) - done:
                raise AudioError(f"the image was asked for {len(part) - done} bytes and gave {got}")
            if not got:
                raise AudioError(f"the image ended {where}, before the length that it had announced")
            done += got
        self._at += len(part) // self.form.sector_bytes

    def table_of_contents(self, lead_in_lba: int) -> tuple[SessionLayout, bytes]:
        """What the lead-in of this disc will say, and what was read for that if the stream cannot seek.

        raises  StreamNotSupported  if it says nothing that a player could use; AudioError
        """
        reader, kept = QReader(), bytearray()
        self.go_to(lead_in_lba)
        lba, length = lead_in_lba, self.form.sector_bytes
        end = -PREGAP_SECTORS if self.seeks else min(-PREGAP_SECTORS, lead_in_lba + _MOST_KEPT_SECTORS)
        while lba < end:
            data = self.read(min(_SECTORS_AT_A_TIME, end - lba))
            if not self.seeks:
                kept += data
            for at in range(0, len(data), length):
                sub = bytes(data[at + SECTOR_BYTES : at + length])
                q = taken_apart(sub, self.form).q
                if is_sound(q):
                    reader.take(lba, q)
                lba += 1
            layout = reader.layout()
            if layout is not None:
                return layout, bytes(kept)
        raise StreamNotSupported(
            f"from sector {lead_in_lba} on the image has no table of contents: no player would play the disc "
            "(is it of another sector type, or does it begin elsewhere?)"
        )

    def r_to_w(self, first_lba: int, end_lba: int) -> bool:
        """Whether there is anything but zeros in R to W from `first_lba` to `end_lba`.

        raises  AudioError
                NotForThisDrive  if that cannot be known, because the stream cannot seek
        """
        if self.form is SubForm.P_AND_Q:
            return False
        if self._made_here is not None and self._made_here.r_to_w is None:
            return bool(self._made_here.layout.cd_text) and first_lba < -PREGAP_SECTORS
        if not self.seeks:
            raise NotForThisDrive(
                "the drive does not take every R to W, and whether the image has such cannot be known before "
                "it is written: the stream cannot seek"
            )
        self.go_to(first_lba)
        length = self.form.sector_bytes
        for lba in range(first_lba, end_lba, _SECTORS_AT_A_TIME):
            data = self.read(min(_SECTORS_AT_A_TIME, end_lba - lba))
            if any(has_r_to_w(data[at + SECTOR_BYTES : at + length]) for at in range(0, len(data), length)):
                return True
        return False


def form_for(image: ImageInput, taken: tuple[SubForm, ...], lead_in_lba: int, end_lba: int) -> SubForm:
    """How the sectors are sent to a drive that takes these forms.

    If the drive takes R to W as it is, packs are interleaved here and not by the drive: drives that accept
    the mode page for packs may refuse the packs.

    raises  NotForThisDrive, AudioError
    """
    order = (SubForm.RAW, SubForm.PACKED, SubForm.P_AND_Q)
    if image.form is SubForm.P_AND_Q:
        order = (SubForm.P_AND_Q, SubForm.RAW, SubForm.PACKED)
    for form in order:
        if form not in taken:
            continue
        if form is SubForm.RAW or form is image.form:
            return form
        first = -PREGAP_SECTORS if form is SubForm.PACKED else lead_in_lba
        if not image.r_to_w(first, end_lba):
            return form
    raise NotForThisDrive(
        "the image has data in R to W (CD-Text or graphics), and the drive cannot write them"
    )


class ImageStream:
    """An image on its way to the drive: a SectorStream, from the first sector of the disc's lead-in on.

    kept    what has already been read of a stream that cannot seek
    summed  keep what the disc can be compared with
    """

    def __init__(
        self,
        image: ImageInput,
        first_lba: int,
        end_lba: int,
        form: SubForm,
        *,
        kept: bytes = b"",
        summed: bool = False,
    ) -> None:
        self._image, self._form = image, form
        self._lba = first_lba
        self._kept = memoryview(kept)
        self.sectors = end_lba - first_lba
        self._packer = Packer()
        self._convert = self._converter()
        self.sums = _Sums() if summed else None

    def read_into(self, buffer: memoryview) -> int:
        """Called by the read-ahead, in its thread: whole sectors.  raises  AudioError"""
        length = self._image.form.sector_bytes
        count = min(len(buffer) // self._form.sector_bytes, _SECTORS_AT_A_TIME)
        data = self._take(count * length)
        done = 0
        for at in range(0, count * length, length):
            sound, sub = data[at : at + SECTOR_BYTES], bytes(data[at + SECTOR_BYTES : at + length])
            if self.sums is not None:
                self.sums.take(self._lba, sound, taken_apart(sub, self._image.form).q)
            buffer[done : done + SECTOR_BYTES] = sound
            buffer[done + SECTOR_BYTES : done + self._form.sector_bytes] = self._convert(sub)
            done += self._form.sector_bytes
            self._lba += 1
        return done

    def _take(self, length: int) -> memoryview:
        data = memoryview(bytearray(length))
        kept = min(length, len(self._kept))
        data[:kept], self._kept = self._kept[:kept], self._kept[kept:]
        if kept < length:
            self._image.read_into(data[kept:])
        return data

    def _converter(self) -> Callable[[bytes], bytes]:
        source, target = self._image.form, self._form
        if source is SubForm.P_AND_Q and target is not SubForm.P_AND_Q:
            return lambda sub: interleave(*taken_apart(sub, source)[:2])
        if source is not SubForm.P_AND_Q and target is SubForm.P_AND_Q:
            return lambda sub: p_and_q_bytes(*taken_apart(sub, source)[:2])
        if source is SubForm.PACKED and target is SubForm.RAW:
            return self._interleaved
        return lambda sub: sub

    def _interleaved(self, sub: bytes) -> bytes:
        """The packs of the program area are interleaved; CD-Text in the lead-in is left as it is."""
        if self._lba < -PREGAP_SECTORS:
            return sub
        packed = self._packer.sector(bytes(byte & 0x3F for byte in sub))
        return bytes(one & 0xC0 | low for one, low in zip(sub, packed, strict=True))


class _Sums:
    """What a disc can be compared with: the sound of each track, as Q divides it, and what else Q says."""

    def __init__(self) -> None:
        self._reader = QReader()
        self._tracks: dict[int, tuple[Any, FingerprintMaker, int]] = {}

    def take(self, lba: int, sound: memoryview, q: bytes) -> None:
        reader = self._reader
        reader.take(lba, q)
        if lba < 0 or reader.lead_out_lba is not None or not reader.track:
            return
        sha, maker, count = self._tracks.get(reader.track) or (hashlib.sha256(), FingerprintMaker(), 0)
        sha.update(sound)
        maker.update(sound)
        self._tracks[reader.track] = sha, maker, count + 1

    def result(self) -> tuple[SessionLayout, list[Fingerprint]]:
        """Call this once, when everything was read.  raises  AudioError  if Q does not describe a disc"""
        layout = self._reader.layout()
        if layout is None or [t.number for t in layout.tracks] != list(self._tracks):
            raise AudioError("the image's sub-channel does not say where its tracks are")
        made = [maker.finish(sha.hexdigest(), count) for sha, maker, count in self._tracks.values()]
        return layout, made


def _open(data: object) -> tuple[OpenSource, bool]:
    """Open a source; also says whether it can seek.  raises  NoStream, StreamNotSupported"""
    try:
        return open_source(data), True
    except StreamNotSupported:
        read = getattr(data, "Read", None)
        if read is None or not hasattr(data, "Stat"):
            raise
        size = size_of_istream(data)

        def read_into(part: memoryview) -> int:
            chunk = memoryview(read(len(part))).cast("B")
            if len(chunk) <= len(part):
                part[: len(chunk)] = chunk
            return len(chunk)

        def seek(at: int) -> object:
            raise io.UnsupportedOperation("the stream cannot seek")

        return OpenSource(read_into, size, seek), False
