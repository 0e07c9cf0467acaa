"""What a disc says about itself besides the table of contents: CD-Text, MCN, ISRC, pregaps, indexes.

All of it may be missing; a drive that cannot report it is not a failure.  Source: MMC-5 6.20 (Q by READ CD),
6.26.7 (CD-Text), MMC-3 6.1.23 (READ SUB-CHANNEL).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from redbook.disc import MOST_INDEXES, PREGAP_SECTORS, SECTORS_PER_SECOND, Toc
from redbook.disc.cd_text import Texts, parse
from redbook.disc.layout import Item, LaidTrack, SessionLayout
from redbook.disc.sub_channel import ISRC, POSITION, Q, is_isrc, is_mcn
from redbook.engine.extents import lead_outs_by_session
from redbook.engine.q_of_sectors import pieces, read_q
from redbook.engine.steps import Procedure
from redbook.errors import IllegalModeForTrack, InvalidField, InvalidReply, SenseError
from redbook.mmc.disc_info import ReadCdText, TrackInformation
from redbook.mmc.playback import ReadSubChannel, SubChannelData, SubChannelFormat
from redbook.mmc.read import ReadCd
from redbook.records import dataclass

_UNKNOWN = (SenseError, InvalidReply)
_TRIES = 3
"""Up to two sectors side by side have MCN and ISRC in their Q instead of their place."""
_FARTHEST_Q_SECTORS = 10
_SILENT_TRACKS = 3
"""After this many tracks in a row whose end shows no place, the drive is no longer asked."""
_CODE_TRIES = 4
_ISRC_WITHIN_SECTORS = 125
"""At least once in 100 sectors (IEC 60908 17.5.3), and up to two are postponed where something begins."""


@dataclass(frozen=True, slots=True)
class DiscLabels:
    """What a disc is labelled with, as far as the drive reports it.

    sessions  those that are closed, in order; MCN and CD-Text are with the first
    untold    what it could not report, by track (0: the disc); the layout has nothing there
    """

    sessions: tuple[SessionLayout, ...] = ()
    untold: frozenset[tuple[Item, int]] = frozenset()

    @property
    def tracks(self) -> tuple[LaidTrack, ...]:
        return tuple(track for session in self.sessions for track in session.tracks)

    @property
    def mcn(self) -> str:
        """Thirteen digits, or empty."""
        return self.sessions[0].mcn if self.sessions else ""

    @property
    def texts(self) -> tuple[Texts, ...]:
        """CD-Text, one entry for each language."""
        if not self.sessions:
            return ()
        return tuple(parse(self.sessions[0].cd_text, self.tracks[0].number))

    def of(self, number: int) -> LaidTrack | None:
        """None for a track that was not asked for, or is in a session that is open."""
        return next((track for track in self.tracks if track.number == number), None)

    def pregap_sectors(self, number: int) -> int | None:
        """None if the drive does not report it."""
        track = self.of(number)
        return None if track is None or (Item.PREGAPS, number) in self.untold else track.pregap_sectors


class _Findings:
    """Fills up while a disc is read."""

    def __init__(self) -> None:
        self.untold: set[tuple[Item, int]] = set()

    def known(self, item: Item, number: int, value: str | None) -> str:
        """The value, or a substitute for one that the drive could not report."""
        if value is None:
            self.untold.add((item, number))
        return value or ""


def read_labels(
    tracks: Sequence[TrackInformation], toc: Toc, tells_cd_text: bool = False
) -> Procedure[DiscLabels]:
    """tracks         those of closed sessions, in their order
    tells_cd_text  whether the drive is one that reads CD-Text: if it then refuses to, there is none
    """
    if not tracks:
        return DiscLabels()
    findings = _Findings()
    packs = yield from _packs(tells_cd_text)
    if packs is None:
        findings.untold.add((Item.CD_TEXT, 0))
    mcn = yield from _code(SubChannelFormat.MCN, 0)
    mcn = findings.known(Item.MCN, 0, mcn if not mcn or is_mcn(mcn) else None)
    isrcs: dict[int, str | None] = {}
    for track in tracks:
        if track.is_audio:
            code = yield from _code(SubChannelFormat.ISRC, track.number)
            isrcs[track.number] = code if not code or is_isrc(code) else None
    look_closer = any(code is None or code for code in isrcs.values())
    in_q: dict[int, str | None] = {}
    found: list[LaidTrack] = []
    silent = 0
    sectors = _Sectors()
    for before, track in zip((None, *tracks), tracks, strict=False):
        number = track.number
        laid = LaidTrack(number, track.start_lba, track.track_sectors, control=_control(track, toc))
        if not track.is_audio or silent >= _SILENT_TRACKS:
            findings.untold |= {(Item.PREGAPS, number), (Item.INDEXES, number)}
        if track.is_audio and silent < _SILENT_TRACKS:
            begin = before.start_lba if before is not None and before.session == track.session else None
            pregap = yield from _pregap(sectors, track, begin)
            indexes, complete = yield from _indexes(sectors, track)
            silent = 0 if complete is not None else silent + 1
            if pregap is None:
                findings.untold.add((Item.PREGAPS, number))
            if not complete:
                findings.untold.add((Item.INDEXES, number))
            laid = replace(laid, pregap_sectors=pregap or 0, indexes=indexes)
            if look_closer and complete is not None:
                in_q[number] = yield from _isrc_in_q(track)
        found.append(laid)
    if any(in_q.values()):  # the drive hands them over, so that where there is none in Q, there is none
        isrcs |= {number: code for number, code in in_q.items() if code is not None}
    laid_out = [replace(t, isrc=findings.known(Item.ISRC, t.number, isrcs.get(t.number))) for t in found]
    sessions = yield from _sessions(tracks, laid_out, toc, findings)
    first = replace(sessions[0], mcn=mcn, cd_text=packs or b"")
    return DiscLabels((first, *sessions[1:]), frozenset(findings.untold))


def _control(track: TrackInformation, toc: Toc) -> int:
    return next((t.control for t in toc.tracks if t.number == track.number), track.control)


def _sessions(
    tracks: Sequence[TrackInformation], found: Sequence[LaidTrack], toc: Toc, findings: _Findings
) -> Procedure[list[SessionLayout]]:
    lead_outs: dict[int, int] = {}
    if tracks[-1].session != tracks[0].session:
        _, lead_outs = yield from lead_outs_by_session()
    lead_outs = {tracks[-1].session: toc.lead_out_lba} | lead_outs
    sessions = []
    pairs = zip(tracks, found, strict=True)
    for number, members in groupby(pairs, lambda pair: pair[0].session):
        laid = [track for _, track in members]
        lead_out = lead_outs.get(number)
        if lead_out is None:
            findings.untold.add((Item.LEAD_OUT, 0))
            lead_out = laid[-1].end_lba
        sessions.append(SessionLayout(tuple(_cut(laid, lead_out)), lead_out, number=number))
    return sessions


def _cut(tracks: Sequence[LaidTrack], lead_out: int) -> Iterator[LaidTrack]:
    """If a drive counts what follows a track as part of it, that is subtracted."""
    ends = [*(track.pregap_lba for track in tracks[1:]), lead_out]
    for track, end in zip(tracks, ends, strict=True):
        yield replace(track, sectors=min(track.sectors, max(0, end - track.start_lba)))


def _packs(tells_cd_text: bool) -> Procedure[bytes | None]:
    """None if the drive does not report it; empty if there are none, as on most discs."""
    try:
        packs: bytes = yield ReadCdText()
    except InvalidField:
        return b"" if tells_cd_text else None
    except _UNKNOWN:
        return None
    return packs


def _code(kind: SubChannelFormat, track: int) -> Procedure[str | None]:
    """The code that the drive reports twice in a row: some report that of the previous request first.

    None if it reports none.
    """
    before: str | None = None
    for _ in range(_CODE_TRIES):
        try:
            data: SubChannelData = yield ReadSubChannel(kind, track)
        except _UNKNOWN:
            return None
        if data.code == before:
            return before
        before = data.code
    return None


def _isrc_in_q(track: TrackInformation) -> Procedure[str | None]:
    """As the sectors of the track itself have it; empty if they have none.

    None if they cannot be read, or are too few to decide.
    """
    begin = track.start_lba + _FARTHEST_Q_SECTORS  # what comes before may be the Q of the track before
    end = min(begin + _ISRC_WITHIN_SECTORS, track.start_lba + track.track_sectors - _FARTHEST_Q_SECTORS)
    for lba, count in pieces(begin, end):
        try:
            found = yield from read_q(lba, count)
        except _UNKNOWN:
            return None
        code = next((q.code for q in found if q.adr == ISRC), None)
        if code is not None:
            return code
    return "" if end - begin >= _ISRC_WITHIN_SECTORS else None


@dataclass(frozen=True, slots=True)
class _Place:
    """What Q says about one sector; order is that of the disc."""

    lba: int
    track: int
    index: int

    def reached(self, track: int, index: int) -> bool:
        return (self.track, self.index) >= (track, index)


def _q_at(lba: int) -> Procedure[Q | None]:
    """None if it cannot be read. What is damaged is read again: Q has nothing to correct it by."""
    for _ in range(2):
        try:
            try:
                found = yield from read_q(lba)
            except IllegalModeForTrack:  # data, which are before the first audio track of a mixed mode disc
                found = yield from read_q(lba, sector_type=ReadCd.ANY_TYPE)
        except _UNKNOWN:
            return None
        if found:
            return found[0]
    return None


def _address(q: Q, asked: int) -> int | None:
    """The sector that this Q belongs to; None if that is unknown.

    A position has its own address, MCN and ISRC have the last two digits of it.
    """
    if q.adr != POSITION:
        half = SECTORS_PER_SECOND // 2
        distance = (q.frame - asked + half) % SECTORS_PER_SECOND - half
        return asked + distance if abs(distance) <= _FARTHEST_Q_SECTORS else None
    distance = q.time.program_lba - asked
    if abs(distance) <= _FARTHEST_Q_SECTORS:
        return asked + distance
    return None if abs(distance) <= SECTORS_PER_SECOND else asked  # nonsense is not taken for an address


class _Sectors:
    """The Q of single sectors of a disc.

    Some drives return that of a sector close by (MMC-5 6.20 asks for no more). How far beside the one that
    was asked for it is, is learned from each answer. What cannot be read counts as nothing.
    """

    def __init__(self) -> None:
        self._beside = 0
        self._codes: set[int] = set()

    def at(self, lba: int) -> Procedure[_Place | None]:
        """The place that this sector gives, otherwise that of the sector whose Q was returned; None for
        none.
        """
        place = None
        for _ in range(2):
            asked = lba - self._beside
            q = yield from _q_at(asked)
            found = None if q is None else _address(q, asked)
            if q is None or found is None:
                break
            if q.adr == POSITION:
                place = _Place(found, q.track, q.index)
            else:
                self._codes.add(found)
            if found == lba:
                break
            self._beside = found - asked
        return place

    def only_codes(self, low: int, end: int) -> bool:
        """Whether MCN or ISRC was seen in each sector between these two: nothing begins in one of those."""
        return all(lba in self._codes for lba in range(low + 1, end))

    def last(self, end: int) -> Procedure[_Place | None]:
        """The last sector before `end` that gives its place."""
        last: _Place | None = None
        for lba in range(end - 1, end - 1 - _TRIES, -1):
            place = yield from self.at(lba)
            if place is not None and place.lba < end and (last is None or last.lba < place.lba):
                last = place
            if last is not None and last.lba >= lba:
                break
        return last

    def between(self, low: int, middle: int, high: int) -> Procedure[_Place | None]:
        """The sector nearest to the middle that gives its place, of those between the two others."""
        for distance in range(_TRIES):
            for lba in dict.fromkeys((middle + distance, middle - distance)):
                place = yield from self.at(lba)
                if place is not None and low < place.lba < high:
                    return place
        return None

    def first(
        self, low: int, end: _Place, track: int, index: int, guess: int | None = None
    ) -> Procedure[_Place | None]:
        """The first sector at or after this place on the disc; `end` is known to be, `low` not to be.

        None if the drive does not report it. An encoder postpones MCN and ISRC where something begins, so
        a sector before `end` that has one of them belongs to what came before.
        """
        guesses = [] if guess is None else [guess - 1, guess]
        while end.lba - low > 1:
            middle = (low + end.lba) // 2
            if guesses and low < guesses[-1] < end.lba:
                middle = guesses.pop()
            there = yield from self.between(low, middle, end.lba)
            if there is None:
                return end if self.only_codes(low, end.lba) else None
            low, end = (low, there) if there.reached(track, index) else (there.lba, end)
        return end


def _pregap(sectors: _Sectors, track: TrackInformation, begin: int | None) -> Procedure[int | None]:
    """How long it is; if the track is a session's first, the drive is not asked about what comes before."""
    start = track.start_lba
    if begin is None:
        return start + PREGAP_SECTORS if track.session == 1 else PREGAP_SECTORS
    last = yield from sectors.last(start)
    if last is None:
        return None
    if last.track != track.number or last.index:
        return 0 if sectors.only_codes(last.lba, start) else None
    first = yield from sectors.first(begin, last, track.number, 0, guess=start - PREGAP_SECTORS)
    return None if first is None else start - first.lba


def _indexes(sectors: _Sectors, track: TrackInformation) -> Procedure[tuple[tuple[int, ...], bool | None]]:
    """Where each begins, and whether these are all; None if the last sector, which shows that, gives no
    place.

    A drive that does not count up from 1 one by one is not believed after that point.
    """
    end = track.start_lba + track.track_sectors
    last = yield from sectors.last(end)
    if last is None:
        return (), None
    none_behind = sectors.only_codes(last.lba, end)
    if (last.track, last.index) == (track.number, 1):
        return (), none_behind
    if last.track != track.number or not 1 < last.index <= MOST_INDEXES:
        return (), False
    if not (yield from _begins(sectors, track)):
        return (), False
    found: list[int] = []
    for index in range(2, last.index + 1):
        after = found[-1] if found else track.start_lba
        first = yield from sectors.first(after, last, track.number, index)
        if first is None or first.index != index:
            break
        found.append(first.lba)
    return tuple(found), none_behind and len(found) == last.index - 1


def _begins(sectors: _Sectors, track: TrackInformation) -> Procedure[bool]:
    """Whether it begins with its index 1, according to the drive."""
    for lba in range(track.start_lba, track.start_lba + _FARTHEST_Q_SECTORS + _TRIES):
        place = yield from sectors.at(lba)
        if place is not None and place.lba >= track.start_lba:
            return (place.track, place.index) == (track.number, 1)
    return False
