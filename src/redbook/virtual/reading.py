"""Reading a disc back: main channel, C2 pointers and sub-channel of any sector.

Source: MMC-5 6.20 (READ CD), IEC 60908 clause 17 (what P and Q say where).
"""

from __future__ import annotations

from collections.abc import Sequence

from redbook.disc import SECTOR_BYTES, Msf
from redbook.image.base import HowWritten, RecordedSession, RecordedTrack
from redbook.mmc import sense
from redbook.mmc.playback import Position
from redbook.mmc.read import C2, C2_BYTES, ReadCd, Selection, SubChannel
from redbook.sub_channel import (
    ISRC,
    LEAD_OUT_TNO,
    MCN,
    POSITION,
    RAW_BYTES,
    Q,
    interleave,
    p_of,
    q_of,
    r_to_w_of,
)
from redbook.virtual.faults import BadSpot
from redbook.virtual.medium import Medium, Refused

_MCN_EVERY, _MCN_AT, _ISRC_AT = 100, 25, 50
"""At least one of a hundred sectors holds the MCN and one the ISRC (IEC 60908 17.5); which ones is free."""

_P_SECTORS = 150
"""P is set for two seconds before a track, or for its whole pregap."""


def read_cd(
    medium: Medium, lba: int, sectors: int, kind: int, selection: Selection, bad: Sequence[BadSpot] = ()
) -> bytes:
    """What READ CD answers.

    raises  Refused 5/64/00 for another type than audio, 5/21/00 where nothing is recorded,
            3/11/05 at a sector that cannot be read
    """
    if kind not in (ReadCd.ANY_TYPE, ReadCd.CD_DA):
        raise Refused(sense.ILLEGAL, 0x64, 0, lba)
    if not sectors or not selection.sector_bytes:
        return b""
    main = medium.read(lba, sectors)
    for spot in bad:
        if not spot.readable and (first := spot.first_in(lba, sectors)) is not None:
            raise Refused(sense.MEDIUM, 0x11, 0x05, first)
    if selection == Selection(selection.main_channel) and selection.main_bytes:
        return main
    return _with_extras(medium, main, lba, sectors, selection, bad)


def _with_extras(
    medium: Medium, main: bytes, lba: int, sectors: int, selection: Selection, bad: Sequence[BadSpot]
) -> bytes:
    parts = []
    symbols = SubChannels(medium, lba, sectors) if selection.sub_channel else None
    for number in range(sectors):
        if selection.main_bytes:
            parts.append(main[number * SECTOR_BYTES : (number + 1) * SECTOR_BYTES])
        if selection.c2:
            parts.append(_c2(selection.c2, any(spot.first_in(lba + number, 1) is not None for spot in bad)))
        if symbols is not None:
            parts.append(_selected(symbols.of(lba + number), selection.sub_channel))
    return b"".join(parts)


def _c2(kind: C2, damaged: bool) -> bytes:
    """One bit for each byte of the sector; then, if asked for, their OR and a zero."""
    pointers = (b"\xff" if damaged else b"\0") * C2_BYTES[C2.POINTERS]
    if kind is C2.POINTERS:
        return pointers
    return bytes((0xFF * damaged, 0)) + pointers


def _selected(symbols: bytes, kind: SubChannel) -> bytes:
    if kind is SubChannel.RAW:
        return symbols
    if kind is SubChannel.CORRECTED_R_TO_W:
        return r_to_w_of(symbols)
    return q_of(symbols) + bytes(3) + bytes((0x80 * p_of(symbols),))


class SubChannels:
    """The sub-channel of a run of sectors: as a program wrote it, else as a drive makes it."""

    def __init__(self, medium: Medium, lba: int, sectors: int) -> None:
        self._medium = medium
        self._lba = lba
        self._kept = medium.read_sub_channel(lba, sectors)
        self._nothing_kept = not any(self._kept)

    def of(self, lba: int) -> bytes:
        """96 symbols."""
        kept = b""
        if not self._nothing_kept:
            start = (lba - self._lba) * RAW_BYTES
            kept = self._kept[start : start + RAW_BYTES]
        session = session_at(self._medium, lba)
        if kept and any(kept) and session is not None and session.written is HowWritten.RAW:
            return kept
        made = q_at(self._medium, lba).to_bytes()
        p = p_at(self._medium, lba)
        return interleave(p, made, r_to_w_of(kept)) if kept else interleave(p, made)


def session_at(medium: Medium, lba: int) -> RecordedSession | None:
    """The session that this sector lies in; what lies between two belongs to the earlier one."""
    found = None
    for session in medium.state.sessions:
        if session.tracks[0].pregap_lba <= lba:
            found = session
    return found


def track_at(session: RecordedSession, lba: int) -> RecordedTrack:
    """Its pregap is a track's own."""
    return next((t for t in reversed(session.tracks) if lba >= t.pregap_lba), session.tracks[0])


def q_at(medium: Medium, lba: int) -> Q:
    """The Q that a drive writes there."""
    session = session_at(medium, lba)
    if session is None:
        raise Refused(sense.ILLEGAL, 0x21, 0, lba)
    time = Msf.from_lba(lba)
    track = track_at(session, lba)
    control = _control(track, lba)
    if session.mcn and lba % _MCN_EVERY == _MCN_AT and lba >= 0:
        return Q(MCN, control, code=session.mcn, frame=time.frame)
    if track.isrc and lba % _MCN_EVERY == _ISRC_AT and lba >= track.start_lba:
        return Q(ISRC, control, code=track.isrc, frame=time.frame)
    where = position_at(medium, lba)
    relative = abs(where.relative_lba)
    return Q(POSITION, control, where.track, where.index, relative, time)


def _control(track: RecordedTrack, lba: int) -> int:
    """SCMS: the copy bit of a "copy of a protected original" is on for 4 sectors and off for 4."""
    if not track.copy_alternates:
        return track.control
    return track.control & ~2 | (2 if lba % 8 < 4 else 0)


def position_at(medium: Medium, lba: int) -> Position:
    """What READ SUB-CHANNEL says with the laser there."""
    session = session_at(medium, lba)
    if session is None:
        raise Refused(sense.ILLEGAL, 0x21, 0, lba)
    lead_out = session.lead_out_lba
    if lead_out is not None and lba >= lead_out:
        last = session.tracks[-1]
        return Position(POSITION, last.control, LEAD_OUT_TNO, 1, lba, lba - lead_out)
    track = track_at(session, lba)
    return Position(POSITION, track.control, track.number, track.index_at(lba), lba, lba - track.start_lba)


def p_at(medium: Medium, lba: int) -> bool:
    """Set through each pregap and, where that is shorter, from two seconds before index 1 on."""
    session = session_at(medium, lba)
    if session is None:
        return False
    return any(min(t.pregap_lba, t.start_lba - _P_SECTORS) <= lba < t.start_lba for t in session.tracks)
