"""MsftRawCDImageCreator: turns streams of PCM into one stream that is a whole disc, sector by sector."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import ClassVar

from redbook.disc import MOST_TRACKS, PREGAP_SECTORS, SHORTEST_TRACK_SECTORS
from redbook.disc.cd_text import PACK_BYTES
from redbook.disc.codes import check_digit
from redbook.disc.layout import MOST_CD_TEXT_BYTES, LaidTrack, SessionLayout
from redbook.disc.padding import is_too_short
from redbook.disc.raw_sectors import SubForm
from redbook.disc.sub_channel import RAW_BYTES
from redbook.imapi2.com import ComObject, fail, to_bool, to_bytes, to_long, translated
from redbook.imapi2.indexed import indexed
from redbook.imapi2.raw.creator_state import CREATOR_TABLE, CreatorCall, CreatorState
from redbook.imapi2.raw.image import Image, Placed, RawImageStream
from redbook.imapi2.raw.sound import Sound, Source
from redbook.imapi2.raw.track_info import RawCDImageTrackInfo
from redbook.imapi2.typelib.enumerations import IMAPI_CD_SECTOR_TYPE
from redbook.imapi2.typelib.enumerations import IMAPI_FORMAT2_RAW_CD_DATA_SECTOR_TYPE as SECTOR_TYPE
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.writer.track_stream import HasHeader, NoStream, StreamNotSupported
from redbook.mmc.disc_info import ReadToc

LAST_TRACK_LBA = 398_099
"""The last sector that a track may have: 88:29:74, so that a lead-out of 90 s ends at 89:59:74."""
LAST_PREGAP_LBA = 397_799
"""The last sector that a special pregap may have: a track of four seconds can follow."""

_log = logging.getLogger("redbook.imapi2")


class MsftRawCDImageCreator(ComObject):
    """Makes the image of an audio disc.  Which call is legal when is the table in creator_state.

    Without gaps, the default, the sound of all tracks goes on without a break, and the pause before a track
    is in the last two seconds of the one before it; with DisableGaplessAudio there are two seconds of
    silence between tracks. Streams are examined when they are added, and read when the image is read.
    """

    PROGID = "IMAPI2.MsftRawCDImageCreator"
    IMPLEMENTS = ("IRawCDImageCreator",)
    OWN_CODES: ClassVar[Mapping[type[BaseException], HResult]] = {
        NoStream: HResult.E_INVALIDARG,
        StreamNotSupported: HResult.E_INVALIDARG,
        HasHeader: HResult.E_INVALIDARG,
    }

    def __init__(self) -> None:
        self._mutex = threading.RLock()
        self._state = CreatorState.EMPTY
        self._tracks: list[RawCDImageTrackInfo] = []
        self._special: Sound | None = None
        self._generator: Source | None = None
        self._type = SECTOR_TYPE.IMAPI_FORMAT2_RAW_CD_SUBCODE_IS_COOKED
        self._limit: int | None = None
        self._gaps = False
        self._mcn = ""
        self._first_number = 1
        self._strict = False
        self._cd_text = b""

    def _step(self, call: CreatorCall, member: str, thing: ComObject | None = None) -> CreatorState:
        """Where this call leads.  raises  com_error  with the table's code, where it is not legal now"""
        entry = CREATOR_TABLE[call][self._state]
        if isinstance(entry, HResult):
            fail(thing or self, member, entry)
        return entry

    def _change(self, track: RawCDImageTrackInfo, member: str) -> None:
        """raises  com_error  if nothing can be changed any more"""
        self._step(CreatorCall.PUT_SETTING, member, track)

    # Where everything is

    @property
    def _first_start(self) -> int:
        return self._special.sectors - PREGAP_SECTORS if self._special is not None else 0

    def _starts(self, gaps: bool) -> list[int]:
        """The address of each track's index 1, then that of the lead-out."""
        starts = [self._first_start]
        for track in self._tracks:
            starts.append(starts[-1] + track._sound.sectors + PREGAP_SECTORS * gaps)
        starts[-1] -= PREGAP_SECTORS * gaps
        return starts

    def _start_of(self, index: int) -> int:
        return self._starts(self._gaps)[index - 1]

    def _check_space(self, member: str, lead_out_lba: int, limit: int | None) -> None:
        """raises  com_error  E_IMAPI_RAW_IMAGE_INSUFFICIENT_SPACE"""
        most = LAST_TRACK_LBA + 1 if limit is None else limit
        if lead_out_lba > most:
            detail = f"the lead-out would begin at sector {lead_out_lba}, but {most} is the last possible"
            fail(self, member, HResult.E_IMAPI_RAW_IMAGE_INSUFFICIENT_SPACE, detail)

    def _layout(self) -> SessionLayout:
        starts = self._starts(self._gaps)
        laid = []
        for place, track in enumerate(self._tracks):
            last = place == len(self._tracks) - 1
            own = track._sound.sectors - PREGAP_SECTORS * (not last and not self._gaps)
            laid.append(
                LaidTrack(
                    track.TrackNumber,
                    starts[place],
                    own,
                    PREGAP_SECTORS if place else starts[0] + PREGAP_SECTORS,
                    indexes=tuple(starts[place] + offset for offset in track._offsets[1:] if offset < own),
                    control=track._control,
                    copy_alternates=track._alternates,
                    isrc=track._isrc,
                )
            )
        return SessionLayout(tuple(laid), starts[-1], self._mcn, self._cd_text)

    def _image(self) -> Image:
        starts = self._starts(self._gaps)
        sounds = [Placed(start, t._sound) for start, t in zip(starts, self._tracks, strict=False)]
        if self._special is not None:
            sounds.insert(0, Placed(-PREGAP_SECTORS, self._special))
        return Image(self._layout(), SubForm(self._type), tuple(sounds), self._generator)

    # IRawCDImageCreator

    @translated
    def AddTrack(self, dataType: int, data: object) -> int:
        """Add a track after the last one; returns its index for TrackInfo, 1 for the first.

        dataType  IMAPI_CD_SECTOR_AUDIO
        data      44.1 kHz 16-bit stereo PCM without a header, 4 s (300 sectors) at least: a binary file or
                  anything with read and seek, an object with IStream's Read, Seek and Stat, or bytes. It is
                  read from its start, and must stay open until the image has been written. The last sector
                  is padded with silence. A sound file with its header is refused
        """
        name = "AddTrack"
        with self._mutex:
            after = self._step(CreatorCall.ADD_TRACK, name)
            if data is None:
                fail(self, name, HResult.E_POINTER, "a stream is needed, not None")
            if to_long(self, name, dataType) != IMAPI_CD_SECTOR_TYPE.IMAPI_CD_SECTOR_AUDIO:
                fail(self, name, HResult.E_IMAPI_RAW_IMAGE_SECTOR_TYPE_NOT_SUPPORTED)
            if self._first_number + len(self._tracks) > MOST_TRACKS:
                fail(self, name, HResult.E_IMAPI_RAW_IMAGE_TOO_MANY_TRACKS)
            sound = Sound(data, self._strict)
            if is_too_short(sound.sectors):
                detail = (
                    f"it has {sound.sectors} sectors, but a track needs at least "
                    f"{SHORTEST_TRACK_SECTORS} (4 s)"
                )
                fail(self, name, HResult.E_INVALIDARG, detail)
            index = len(self._tracks) + 1
            self._tracks.append(RawCDImageTrackInfo(self, index, sound))
            try:
                self._check_space(name, self._starts(self._gaps)[-1], self._limit)
            except BaseException:
                self._tracks.pop()
                raise
            self._state = after
            return index

    @translated
    def AddSpecialPregap(self, data: object) -> int:
        """Sound for the pause before the first track, two seconds of which are before LBA 0.

        data  as for AddTrack, 2 s (150 sectors) at least. A second one replaces the first
        """
        name = "AddSpecialPregap"
        with self._mutex:
            self._step(CreatorCall.ADD_SPECIAL_PREGAP, name)
            if data is None:
                fail(self, name, HResult.E_POINTER, "a stream is needed, not None")
            sound = Sound(data, self._strict)
            if sound.sectors < PREGAP_SECTORS:
                detail = (
                    f"it has {sound.sectors} sectors, but the pause needs at least {PREGAP_SECTORS} (2 s)"
                )
                fail(self, name, HResult.E_INVALIDARG, detail)
            last = sound.sectors - PREGAP_SECTORS - 1
            if last > LAST_PREGAP_LBA or (self._limit is not None and last >= self._limit):
                detail = f"it would end at sector {last}, but {LAST_PREGAP_LBA} is the last possible"
                fail(self, name, HResult.E_IMAPI_RAW_IMAGE_INSUFFICIENT_SPACE, detail)
            self._special = sound
        return HResult.S_OK

    @translated
    def AddSubcodeRWGenerator(self, subcode: object) -> int:
        """Set R to W of every sector of the image, including lead-in and lead-out: 96 bytes for each.

        Bits 7 and 6 of each byte do not count. The length is checked when the image is created.
        None removes the generator again.
        """
        name = "AddSubcodeRWGenerator"
        with self._mutex:
            self._step(CreatorCall.ADD_SUBCODE_RW_GENERATOR, name)
            if subcode is None:
                self._generator = None
                return HResult.S_OK
            if self._type is SECTOR_TYPE.IMAPI_FORMAT2_RAW_CD_SUBCODE_PQ_ONLY:
                detail = "an image of type PQ_ONLY has no R to W; set ResultingImageType first"
                fail(self, name, HResult.E_IMAPI_RAW_IMAGE_SECTOR_TYPE_NOT_SUPPORTED, detail)
            self._generator = Source(subcode)
        return HResult.S_OK

    @translated
    def CreateResultImage(self) -> RawImageStream:
        """Return the image, from 95:00:00 on; from now on nothing in it can be changed.

        It is made while it is read, so the streams of the tracks must stay open. It may be copied into a
        file (CopyTo) and written later.
        """
        name = "CreateResultImage"
        with self._mutex:
            after = self._step(CreatorCall.CREATE_RESULT_IMAGE, name)
            image = self._image()
            if image.r_to_w is not None and image.r_to_w.size_bytes != image.sectors * RAW_BYTES:
                detail = (
                    f"R to W has {image.r_to_w.size_bytes} bytes, but {image.sectors} sectors of the image "
                    f"need {image.sectors * RAW_BYTES}"
                )
                fail(self, name, HResult.E_INVALIDARG, detail)
            self._warn(image)
            self._state = after
            return RawImageStream(image)

    def _warn(self, image: Image) -> None:
        """Warn about everything that will not be as it was asked for."""
        if self._gaps:
            return
        for track, laid in zip(self._tracks[:-1], image.layout.tracks, strict=False):
            if not track._sound.is_whole:
                _log.warning(
                    "track %d is not a whole number of sectors: the silence that pads its last one may be "
                    "audible, because the next track follows without a gap",
                    track.TrackNumber,
                )
            lost = [offset for offset in track._offsets if offset >= laid.sectors]
            if lost:
                _log.warning(
                    "track %d has no index at %s: the last two seconds of its audio are the pause of the "
                    "next track",
                    track.TrackNumber,
                    ", ".join(map(str, lost)),
                )

    @property
    def ResultingImageType(self) -> SECTOR_TYPE:
        """How the sub-channel is arranged in the image.  Default IS_COOKED"""
        return self._type

    @ResultingImageType.setter
    @translated
    def ResultingImageType(self, value: int) -> None:
        name = "ResultingImageType"
        with self._mutex:
            self._step(CreatorCall.PUT_SETTING, name)
            wanted = SECTOR_TYPE(to_long(self, name, value, min(SECTOR_TYPE), max(SECTOR_TYPE)))
            only_pq = wanted is SECTOR_TYPE.IMAPI_FORMAT2_RAW_CD_SUBCODE_PQ_ONLY
            if only_pq and (self._generator is not None or self._cd_text):
                detail = (
                    "there is a generator of R to W" if self._generator is not None else "there is CD-Text"
                )
                fail(self, name, HResult.E_IMAPI_RAW_IMAGE_SECTOR_TYPE_NOT_SUPPORTED, detail)
            self._type = wanted

    @property
    @translated
    def StartOfLeadout(self) -> int:
        """The sector after the last one of the last track."""
        with self._mutex:
            self._step(CreatorCall.GET_OF_TRACKS, "StartOfLeadout")
            return self._starts(self._gaps)[-1]

    @property
    def StartOfLeadoutLimit(self) -> int:
        """The last sector where the lead-out may begin, such as a disc's LastPossibleStartOfLeadout."""
        return LAST_TRACK_LBA if self._limit is None else self._limit

    @StartOfLeadoutLimit.setter
    @translated
    def StartOfLeadoutLimit(self, value: int) -> None:
        name = "StartOfLeadoutLimit"
        with self._mutex:
            self._step(CreatorCall.PUT_SETTING, name)
            limit = to_long(self, name, value, 1, LAST_TRACK_LBA)
            self._check_space(
                name, self._starts(self._gaps)[-1] if self._tracks else self._first_start, limit
            )
            self._limit = limit

    @property
    def DisableGaplessAudio(self) -> bool:
        """Whether there are two seconds of silence between tracks.  Default False: none"""
        return self._gaps

    @DisableGaplessAudio.setter
    @translated
    def DisableGaplessAudio(self, value: bool) -> None:
        name = "DisableGaplessAudio"
        with self._mutex:
            self._step(CreatorCall.PUT_SETTING, name)
            wanted = to_bool(self, name, value)
            if self._tracks:
                self._check_space(name, self._starts(wanted)[-1], self._limit)
            self._gaps = wanted

    @property
    def MediaCatalogNumber(self) -> str:
        """Thirteen digits, or empty.  Leading zeros may be left out; None or "" for none"""
        return self._mcn

    @MediaCatalogNumber.setter
    @translated
    def MediaCatalogNumber(self, value: str | None) -> None:
        name = "MediaCatalogNumber"
        with self._mutex:
            self._step(CreatorCall.PUT_SETTING, name)
            text = "" if value is None else value
            if not isinstance(text, str):
                fail(self, name, HResult.DISP_E_TYPEMISMATCH, f"a text is needed, not {value!r}")
            if text and not (text.isascii() and text.isdigit() and len(text) <= 13):
                fail(self, name, HResult.E_INVALIDARG, f"{text!r} is not 1 to 13 digits")
            code = text.rjust(13, "0") if text else ""
            if code and check_digit(code[:12]) != int(code[12]):
                right = f"{code[:12]}{check_digit(code[:12])}"
                fail(
                    self,
                    name,
                    HResult.E_INVALIDARG,
                    f"the last digit of {code} is wrong: it should be {right}",
                )
            self._mcn = code

    @property
    def StartingTrackNumber(self) -> int:
        """The number of the first track.  Default 1"""
        return self._first_number

    @StartingTrackNumber.setter
    @translated
    def StartingTrackNumber(self, value: int) -> None:
        name = "StartingTrackNumber"
        with self._mutex:
            self._step(CreatorCall.PUT_STARTING_TRACK_NUMBER, name)
            self._first_number = to_long(self, name, value, 1, MOST_TRACKS)

    @indexed
    @translated
    def TrackInfo(self, trackIndex: int) -> RawCDImageTrackInfo:
        """A track, by the index that AddTrack returned, 1 for the first; not by its number."""
        name = "TrackInfo"
        with self._mutex:
            index = to_long(self, name, trackIndex)
            if not 1 <= index <= len(self._tracks):
                detail = f"there are {len(self._tracks)} tracks, counted from 1"
                fail(self, name, HResult.E_INVALIDARG, detail)
            return self._tracks[index - 1]

    @property
    def NumberOfExistingTracks(self) -> int:
        return len(self._tracks)

    @property
    @translated
    def LastUsedUserSectorInImage(self) -> int:
        """The last sector of the last track, as an LBA."""
        with self._mutex:
            self._step(CreatorCall.GET_OF_TRACKS, "LastUsedUserSectorInImage")
            return self._starts(self._gaps)[-1] - 1

    @property
    @translated
    def ExpectedTableOfContents(self) -> bytes:
        """The reply to READ TOC, format 0 with LBAs, that a disc with this image will give."""
        with self._mutex:
            self._step(CreatorCall.GET_OF_TRACKS, "ExpectedTableOfContents")
            return ReadToc().build_reply(self._layout().toc())

    # Beyond IMAPI2

    @property
    def StrictSectors(self) -> bool:
        """Whether a stream that is not a whole number of sectors is refused, not padded.  Default False"""
        return self._strict

    @StrictSectors.setter
    @translated
    def StrictSectors(self, value: bool) -> None:
        self._strict = to_bool(self, "StrictSectors", value)

    @property
    def CDText(self) -> bytes:
        """The packs of CD-Text that the lead-in is to hold, 18 bytes each; empty for none."""
        return self._cd_text

    @CDText.setter
    @translated
    def CDText(self, value: bytes | None) -> None:
        name = "CDText"
        with self._mutex:
            self._step(CreatorCall.PUT_SETTING, name)
            packs = b"" if value is None else to_bytes(self, name, value)
            if len(packs) % PACK_BYTES or len(packs) > MOST_CD_TEXT_BYTES:
                detail = f"{len(packs)} bytes are not a whole number of packs of {PACK_BYTES}, 2048 at most"
                fail(self, name, HResult.E_INVALIDARG, detail)
            if packs and self._type is SECTOR_TYPE.IMAPI_FORMAT2_RAW_CD_SUBCODE_PQ_ONLY:
                detail = "an image of type PQ_ONLY has no R to W; set ResultingImageType first"
                fail(self, name, HResult.E_IMAPI_RAW_IMAGE_SECTOR_TYPE_NOT_SUPPORTED, detail)
            self._cd_text = packs
