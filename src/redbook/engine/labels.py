"""What a disc says of its tracks beside the table of contents: CD-Text, MCN, ISRC, pregaps, indexes.

All of it may be missing; a drive that cannot tell is no failure.  Source: MMC-5 6.20 (Q by READ CD),
6.26.7 (CD-Text), MMC-3 6.1.23 (READ SUB-CHANNEL).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from redbook.cd_text import Texts, parse
from redbook.disc import PREGAP_SECTORS
from redbook.engine.steps import Procedure
from redbook.errors import InvalidReply, SenseError
from redbook.mmc.disc_info import ReadCdText, TrackInformation
from redbook.mmc.playback import ReadSubChannel, SubChannelData, SubChannelFormat
from redbook.mmc.read import ReadCd, Selection, SubChannel
from redbook.sub_channel import POSITION, Q, is_isrc, is_mcn

_UNKNOWN = (SenseError, InvalidReply)
_Q_ONLY = Selection(0, sub_channel=SubChannel.Q)
_TRIES = 3
"""One sector in a hundred has MCN or ISRC in its Q instead of its place."""


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
        texts = tuple(parse((yield ReadCdText())))
    mcn = yield from _code(SubChannelFormat.MCN, 0)
    found = []
    for before, track in zip((None, *tracks), tracks, strict=False):
        isrc = yield from _code(SubChannelFormat.ISRC, track.number)
        begin = before.start_lba if before is not None and before.session == track.session else None
        pregap = yield from _pregap(track, begin)
        indexes = yield from _indexes(track)
        found.append(TrackLabels(track.number, isrc if is_isrc(isrc) else "", pregap, indexes))
    return DiscLabels(mcn if is_mcn(mcn) else "", texts, tuple(found))


def _code(kind: SubChannelFormat, track: int) -> Procedure[str]:
    try:
        data: SubChannelData = yield ReadSubChannel(kind, track)
    except _UNKNOWN:
        return ""
    return data.code


def _place(lba: int, step: int = 1) -> Procedure[Q | None]:
    """Track and index there, or as near behind it (before it, with a step of -1) as can be told."""
    for nearby in range(lba, lba + step * _TRIES, step):
        try:
            q = Q.from_bytes((yield ReadCd(nearby, 1, selection=_Q_ONLY)))
        except (*_UNKNOWN, ValueError):
            continue
        if q.adr == POSITION:
            return q
    return None


def _pregap(track: TrackInformation, begin: int | None) -> Procedure[int | None]:
    """How long it is; where the track is a session's first the drive is not asked for what lies before."""
    start = track.start_lba
    if begin is None:
        return start + PREGAP_SECTORS if track.number == 1 else PREGAP_SECTORS
    last = yield from _place(start - 1)
    if last is None:
        return None
    if last.track != track.number or last.index:
        return 0
    return start - (yield from _first(begin, start - 1, track.number, 0, guess=start - PREGAP_SECTORS))


def _indexes(track: TrackInformation) -> Procedure[tuple[int, ...]]:
    """Where each begins; the last sector tells whether there are any."""
    end = track.start_lba + track.track_sectors
    last = yield from _place(end - 1, -1)
    if last is None or last.track != track.number:
        return ()
    found: list[int] = []
    after = track.start_lba
    for index in range(2, last.index + 1):
        after = yield from _first(after, end - 1, track.number, index)
        found.append(after)
    return tuple(found)


def _first(low: int, high: int, track: int, index: int, guess: int | None = None) -> Procedure[int]:
    """The first sector at or behind this place on the disc; `high` is known to be, `low` not to be."""
    while high - low > 1:
        middle = guess if guess is not None and low < guess < high else (low + high) // 2
        there = yield from _place(middle)
        reached = there is not None and (there.track, there.index) >= (track, index)
        low, high = (low, middle) if reached else (middle, high)
        guess = middle - 1 if reached and guess == middle else None
    return high
