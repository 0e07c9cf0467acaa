"""What a disc says of its tracks beside the table of contents: CD-Text, MCN, ISRC, pregaps, indexes.

All of it may be missing; a drive that cannot tell is no failure.  Source: MMC-5 6.20 (Q by READ CD),
6.26.7 (CD-Text), MMC-3 6.1.23 (READ SUB-CHANNEL).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from redbook.disc import MOST_INDEXES, PREGAP_SECTORS
from redbook.disc.cd_text import Texts, parse
from redbook.disc.sub_channel import POSITION, Q, is_isrc, is_mcn
from redbook.engine.steps import Procedure
from redbook.engine.waiting import ANY_COMMAND_SECONDS, POLL_SECONDS, until_accepted
from redbook.errors import IllegalModeForTrack, InvalidReply, SenseError
from redbook.mmc.disc_info import ReadCdText, TrackInformation
from redbook.mmc.playback import ReadSubChannel, SubChannelData, SubChannelFormat
from redbook.mmc.read import ReadCd, Selection, SubChannel

_UNKNOWN = (SenseError, InvalidReply)
_Q_ONLY = Selection(0, sub_channel=SubChannel.Q)
_TRIES = 3
"""Up to two sectors side by side have MCN and ISRC in their Q instead of their place."""
_FARTHEST_Q_SECTORS = 10
_SILENT_TRACKS = 3
"""After so many tracks one after the other whose end tells no place the drive is not asked any more."""


@dataclass(frozen=True, slots=True)
class TrackLabels:
    """Of one track.

    isrc            twelve characters, or empty
    pregap_sectors  from index 0 to index 1; None where the drive does not tell
    indexes         where index 2, 3 and so on begin, as LBAs
    """

    number: int
    isrc: str = ""
    pregap_sectors: int | None = None
    indexes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DiscLabels:
    """Of a whole disc.

    mcn    thirteen digits, or empty
    texts  CD-Text, one entry for each language
    """

    mcn: str = ""
    texts: tuple[Texts, ...] = ()
    tracks: tuple[TrackLabels, ...] = ()

    def of(self, number: int) -> TrackLabels:
        return next((t for t in self.tracks if t.number == number), TrackLabels(number))


def read_labels(tracks: Sequence[TrackInformation]) -> Procedure[DiscLabels]:
    """tracks  those of closed sessions, in their order"""
    texts: tuple[Texts, ...] = ()
    with contextlib.suppress(*_UNKNOWN):  # most discs have none
        first = next((track.number for track in tracks), None)
        texts = tuple(parse((yield ReadCdText()), first))
    mcn = yield from _code(SubChannelFormat.MCN, 0)
    found = []
    silent = 0
    for before, track in zip((None, *tracks), tracks, strict=False):
        if not track.is_audio:
            found.append(TrackLabels(track.number))
            continue
        isrc = yield from _code(SubChannelFormat.ISRC, track.number)
        begin = before.start_lba if before is not None and before.session == track.session else None
        pregap: int | None = None
        indexes: tuple[int, ...] | None = None
        if silent < _SILENT_TRACKS:
            pregap = yield from _pregap(track, begin)
            indexes = yield from _indexes(track)
            silent = silent + 1 if indexes is None else 0
        found.append(TrackLabels(track.number, isrc if is_isrc(isrc) else "", pregap, indexes or ()))
    return DiscLabels(mcn if is_mcn(mcn) else "", texts, tuple(found))


def _code(kind: SubChannelFormat, track: int) -> Procedure[str]:
    try:
        data: SubChannelData = yield ReadSubChannel(kind, track)
    except _UNKNOWN:
        return ""
    return data.code


@dataclass(frozen=True, slots=True)
class _Place:
    """What Q says of one sector; order is that of the disc."""

    lba: int
    track: int
    index: int

    def reached(self, track: int, index: int) -> bool:
        return (self.track, self.index) >= (track, index)


def _read(command: ReadCd) -> Procedure[bytes]:
    return (yield from until_accepted(command, ANY_COMMAND_SECONDS, POLL_SECONDS))


def _asked(lba: int) -> Procedure[_Place | None]:
    """None where the sector has MCN or ISRC in its Q, or none that can be read.

    Q has its own address: some drives hand over that of a sector close by (MMC-5 6.20 asks for no more).
    """
    try:
        try:
            data: bytes = yield from _read(ReadCd(lba, 1, selection=_Q_ONLY))
        except IllegalModeForTrack:  # data, which lie before the first audio track of a mixed mode disc
            data = yield from _read(ReadCd(lba, 1, ReadCd.ANY_TYPE, _Q_ONLY))
        q = Q.from_bytes(data)
    except (*_UNKNOWN, ValueError):
        return None
    if q.adr != POSITION:
        return None
    said = q.time.lba
    return _Place(said if abs(said - lba) <= _FARTHEST_Q_SECTORS else lba, q.track, q.index)


def _last(end: int) -> Procedure[_Place | None]:
    """The last sector before `end` that tells."""
    for lba in range(end - 1, end - 1 - _TRIES, -1):
        place = yield from _asked(lba)
        if place is not None and place.lba < end:
            return place
    return None


def _between(low: int, middle: int, high: int) -> Procedure[_Place | None]:
    """The sector nearest to the middle that tells, of those between the two others."""
    for distance in range(_TRIES):
        for lba in dict.fromkeys((middle + distance, middle - distance)):
            place = yield from _asked(lba)
            if place is not None and low < place.lba < high:
                return place
    return None


def _pregap(track: TrackInformation, begin: int | None) -> Procedure[int | None]:
    """How long it is; where the track is a session's first the drive is not asked for what lies before."""
    start = track.start_lba
    if begin is None:
        return start + PREGAP_SECTORS if track.session == 1 else PREGAP_SECTORS
    last = yield from _last(start)
    if last is None:
        return None
    if last.track != track.number or last.index:
        return 0
    first = yield from _first(begin, last, track.number, 0, guess=start - PREGAP_SECTORS)
    return None if first is None else start - first.lba


def _indexes(track: TrackInformation) -> Procedure[tuple[int, ...] | None]:
    """Where each begins; the last sector tells whether there are any.  None where it tells nothing.

    A drive that does not count from 1 on, one by one, is not believed from there on.
    """
    last = yield from _last(track.start_lba + track.track_sectors)
    if last is None:
        return None
    if last.track != track.number or not 1 < last.index <= MOST_INDEXES:
        return ()
    if not (yield from _begins(track)):
        return ()
    found: list[int] = []
    for index in range(2, last.index + 1):
        after = found[-1] if found else track.start_lba
        first = yield from _first(after, last, track.number, index)
        if first is None or first.index != index:
            break
        found.append(first.lba)
    return tuple(found)


def _begins(track: TrackInformation) -> Procedure[bool]:
    """Whether it begins with its index 1, as the drive tells it."""
    for lba in range(track.start_lba, track.start_lba + _FARTHEST_Q_SECTORS + _TRIES):
        place = yield from _asked(lba)
        if place is not None and place.lba >= track.start_lba:
            return (place.track, place.index) == (track.number, 1)
    return False


def _first(
    low: int, end: _Place, track: int, index: int, guess: int | None = None
) -> Procedure[_Place | None]:
    """The first sector at or behind this place on the disc; `end` is known to be, `low` not to be.

    None where the drive does not tell. An encoder puts MCN and ISRC off where something begins, so what
    lies before `end` and does not tell belongs to what was before.
    """
    guesses = [] if guess is None else [guess - 1, guess]
    while end.lba - low > 1:
        middle = (low + end.lba) // 2
        if guesses and low < guesses[-1] < end.lba:
            middle = guesses.pop()
        there = yield from _between(low, middle, end.lba)
        if there is None:
            return end if end.lba - low <= _TRIES else None
        low, end = (low, there) if there.reached(track, index) else (there.lba, end)
    return end
