"""Which call on an image creator is legal when, as a table; the one in docs/imapi2.md is made from it."""

from __future__ import annotations

from enum import Enum, StrEnum, unique
from typing import TypeAlias

from redbook.imapi2.typelib.hresults import HResult


@unique
class CreatorState(Enum):
    """FROZEN by CreateResultImage, for good."""

    EMPTY = "E"
    TRACKS = "T"
    FROZEN = "F"


@unique
class CreatorCall(StrEnum):
    ADD_TRACK = "AddTrack"
    ADD_SPECIAL_PREGAP = "AddSpecialPregap"
    ADD_SUBCODE_RW_GENERATOR = "AddSubcodeRWGenerator"
    CREATE_RESULT_IMAGE = "CreateResultImage"
    PUT_STARTING_TRACK_NUMBER = "put StartingTrackNumber"
    PUT_SETTING = "put of anything else"
    GET_OF_TRACKS = "get StartOfLeadout, LastUsedUserSectorInImage, ExpectedTableOfContents"
    GET_TRACK_INFO = "get TrackInfo"
    GET_SETTING = "get of anything else"


Entry: TypeAlias = CreatorState | HResult

E, T, F = CreatorState
_FROZEN = HResult.E_IMAPI_RAW_IMAGE_IS_READ_ONLY
_EMPTY = HResult.E_IMAPI_RAW_IMAGE_NO_TRACKS
_BEGUN = HResult.E_IMAPI_RAW_IMAGE_TRACKS_ALREADY_ADDED


def _row(*entries: Entry) -> dict[CreatorState, Entry]:
    return dict(zip(CreatorState, entries, strict=True))


CREATOR_TABLE: dict[CreatorCall, dict[CreatorState, Entry]] = {
    CreatorCall.ADD_TRACK: _row(T, T, _FROZEN),
    CreatorCall.ADD_SPECIAL_PREGAP: _row(E, _BEGUN, _FROZEN),
    CreatorCall.ADD_SUBCODE_RW_GENERATOR: _row(E, T, _FROZEN),
    CreatorCall.CREATE_RESULT_IMAGE: _row(_EMPTY, F, _FROZEN),
    CreatorCall.PUT_STARTING_TRACK_NUMBER: _row(E, _BEGUN, _FROZEN),
    CreatorCall.PUT_SETTING: _row(E, T, _FROZEN),
    CreatorCall.GET_OF_TRACKS: _row(_EMPTY, T, F),
    CreatorCall.GET_TRACK_INFO: _row(HResult.E_INVALIDARG, T, F),
    CreatorCall.GET_SETTING: _row(E, T, F),
}
