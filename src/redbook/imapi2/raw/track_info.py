"""IRawCDImageTrackInfo: one track of an image that is being made."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from redbook.disc import MOST_INDEXES
from redbook.disc.layout import COPY_PERMITTED, PRE_EMPHASIS
from redbook.imapi2.com import LONG_MAX, ComObject, fail, to_bool, to_long, translated
from redbook.imapi2.typelib.enumerations import IMAPI_CD_SECTOR_TYPE
from redbook.imapi2.typelib.enumerations import IMAPI_CD_TRACK_DIGITAL_COPY_SETTING as COPY
from redbook.imapi2.typelib.hresults import HResult

if TYPE_CHECKING:
    from redbook.imapi2.raw.creator import MsftRawCDImageCreator
    from redbook.imapi2.raw.sound import Sound

INDEX_SECTORS = 10
"""The least distance between two indexes, and from the last one to the end of the track."""

_ISRC = re.compile(r"([A-Za-z]{2})-?([A-Za-z0-9]{3})-?([0-9]{2})-?([0-9]{5})", re.ASCII)


class RawCDImageTrackInfo(ComObject):
    """What the creator's TrackInfo returns: always the same object for the same track.

    Addresses and lengths are in sectors. After CreateResultImage nothing in it changes any more.
    """

    IMPLEMENTS = ("IRawCDImageTrackInfo",)

    def __init__(self, creator: MsftRawCDImageCreator, index: int, sound: Sound) -> None:
        self._creator = creator
        self._index = index
        self._sound = sound
        self._isrc = ""
        self._copy = COPY.IMAPI_CD_TRACK_DIGITAL_COPY_PERMITTED
        self._pre_emphasis = False
        self._offsets = [0]

    # What the creator makes of it

    @property
    def _control(self) -> int:
        permitted = self._copy is COPY.IMAPI_CD_TRACK_DIGITAL_COPY_PERMITTED
        return PRE_EMPHASIS * self._pre_emphasis | COPY_PERMITTED * permitted

    @property
    def _alternates(self) -> bool:
        return self._copy is COPY.IMAPI_CD_TRACK_DIGITAL_COPY_SCMS

    # IRawCDImageTrackInfo

    @property
    def StartingLba(self) -> int:
        """The address of index 1."""
        return self._creator._start_of(self._index)

    @property
    def SectorCount(self) -> int:
        """The length of the track's own sound; without gaps, its last 150 are the next track's pause."""
        return self._sound.sectors

    @property
    def TrackNumber(self) -> int:
        """1..99"""
        return self._creator.StartingTrackNumber + self._index - 1

    @property
    def SectorType(self) -> IMAPI_CD_SECTOR_TYPE:
        return IMAPI_CD_SECTOR_TYPE.IMAPI_CD_SECTOR_AUDIO

    @property
    def ISRC(self) -> str:
        """CC-OOO-YY-NNNNN, or empty.  It may be set with hyphens or without; None or "" for none"""
        code = self._isrc
        return "-".join((code[:2], code[2:5], code[5:7], code[7:])) if code else ""

    @ISRC.setter
    @translated
    def ISRC(self, value: str | None) -> None:
        self._creator._change(self, "ISRC")
        text = "" if value is None else value
        if not isinstance(text, str):
            fail(self, "ISRC", HResult.DISP_E_TYPEMISMATCH, f"a text is needed, not {value!r}")
        found = _ISRC.fullmatch(text)
        if text and found is None:
            detail = f"{text!r} is not of the form CC-OOO-YY-NNNNN: country, owner, year, number"
            fail(self, "ISRC", HResult.E_INVALIDARG, detail)
        self._isrc = "".join(found.groups()).upper() if found else ""

    @property
    def DigitalAudioCopySetting(self) -> COPY:
        """Whether the disc says that the track may be copied.  Default PERMITTED"""
        return self._copy

    @DigitalAudioCopySetting.setter
    @translated
    def DigitalAudioCopySetting(self, value: int) -> None:
        name = "DigitalAudioCopySetting"
        self._creator._change(self, name)
        self._copy = COPY(to_long(self, name, value, 0, max(COPY)))

    @property
    def AudioHasPreemphasis(self) -> bool:
        """Whether the sound has pre-emphasis, which players undo.  Default False"""
        return self._pre_emphasis

    @AudioHasPreemphasis.setter
    @translated
    def AudioHasPreemphasis(self, value: bool) -> None:
        name = "AudioHasPreemphasis"
        self._creator._change(self, name)
        self._pre_emphasis = to_bool(self, name, value)

    @property
    def TrackIndexes(self) -> tuple[int, ...]:
        """Where index 1, 2 and so on begin, counted from StartingLba; the first is 0."""
        return tuple(self._offsets)

    @translated
    def AddTrackIndex(self, lbaOffset: int) -> int:
        """Add an index this many sectors after StartingLba; indexes are numbered by position.

        Returns  S_OK, or S_IMAPI_RAW_IMAGE_TRACK_INDEX_ALREADY_EXISTS
        """
        name = "AddTrackIndex"
        self._creator._change(self, name)
        offset = to_long(self, name, lbaOffset, 0, LONG_MAX)
        if offset in self._offsets:
            return HResult.S_IMAPI_RAW_IMAGE_TRACK_INDEX_ALREADY_EXISTS
        if offset >= self._sound.sectors:
            detail = f"the track has {self._sound.sectors} sectors"
            fail(self, name, HResult.E_INVALIDARG, detail)
        if len(self._offsets) >= MOST_INDEXES:
            fail(self, name, HResult.E_IMAPI_RAW_IMAGE_TOO_MANY_TRACK_INDEXES)
        place = bisect_left(self._offsets, offset)
        neighbours = (*self._offsets[place - 1 : place + 1], self._sound.sectors)
        if any(abs(offset - other) < INDEX_SECTORS for other in neighbours):
            fail(self, name, HResult.E_IMAPI_RAW_IMAGE_TRACK_INDEX_TOO_CLOSE_TO_OTHER_INDEX)
        self._offsets.insert(place, offset)
        return HResult.S_OK

    @translated
    def ClearTrackIndex(self, lbaOffset: int) -> int:
        """Remove the index at this place again."""
        name = "ClearTrackIndex"
        self._creator._change(self, name)
        offset = to_long(self, name, lbaOffset, 0, LONG_MAX)
        if offset == 0:
            fail(self, name, HResult.E_IMAPI_RAW_IMAGE_TRACK_INDEX_OFFSET_ZERO_CANNOT_BE_CLEARED)
        if offset not in self._offsets:
            fail(self, name, HResult.E_IMAPI_RAW_IMAGE_TRACK_INDEX_NOT_FOUND)
        self._offsets.remove(offset)
        return HResult.S_OK
