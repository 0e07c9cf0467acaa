"""Reading a disc back: main channel, C2 pointers and sub-channel of any sector.

Source: MMC-5 6.20 (READ CD), IEC 60908 clause 17 (what P and Q say where).
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from redbook.disc import PREGAP_SECTORS, SECTOR_BYTES, SECTORS_PER_SECOND, Msf, data_sector
from redbook.disc.sub_channel import (
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
from redbook.image.base import DiscState, HowWritten, RecordedSession, RecordedTrack
from redbook.mmc import sense
from redbook.mmc.playback import Position
from redbook.mmc.read import C2, C2_BYTES, ReadCd, Selection, SubChannel
from redbook.virtual.displacement import read_shifted
from redbook.virtual.faults import BadSpot
from redbook.virtual.medium import NO_MODE, Medium
from redbook.virtual.refused import Refused

_TYPES = {ReadCd.CD_DA: 0, ReadCd.MODE_1: data_sector.MODE_1, ReadCd.MODE_2_FORM_1: data_sector.MODE_2}
"""Data mode of the tracks where such a sector can be; no disc here has mode 2 without form, or form 2."""

_CODE_EVERY, _MCN_AT, _ISRC_AT = 98, 25, 50
"""At least one of a hundred sectors holds the MCN and one the ISRC (IEC 60908 17.5); the standard leaves
open which ones. An encoder postpones them where a track or an index begins (cdrecord's subchan.c), so 98
leaves it two sectors."""

_FLIPS_A_SECOND = 4
_P_SECTORS = 150
"""P is set for two seconds before a track, or for its whole pregap."""


def read_cd(
    medium: Medium,
    lba: int,
    sectors: int,
    kind: int,
    selection: Selection,
    bad: Sequence[BadSpot] = (),
    room_bytes: int = sys.maxsize,
    late_samples: int = 0,
    sub_channel_offset: int = 0,
) -> bytes:
    """What READ CD answers.

    room_bytes    more than the host has room for is not read, however much the command asks for
    late_samples  by how many stereo samples the audio is late
    sub_channel_offset  the sub-channel is that of a sector this many further on

    raises  Refused 5/64/00 at a sector of another type than requested, or than the first one
            5/21/00 where nothing is recorded, 5/24/00 for parts of a data sector that are not adjacent
            3/11/05 at a sector that cannot be read
    """
    if kind not in (ReadCd.ANY_TYPE, *_TYPES):
        raise Refused(sense.ILLEGAL, 0x64, 0, lba)
    if not sectors:
        return b""
    if selection.main_channel or selection.sector_bytes:
        medium.check_readable(lba, sectors)
    mode = medium.data_mode(lba)
    other = medium.first_of_another_kind(lba, lba + sectors, (_TYPES.get(kind, mode),))
    if other is not None or mode == NO_MODE:
        raise Refused(sense.ILLEGAL, 0x64, 0, lba if other is None else other)
    main_bytes = _data_bytes(mode, selection) if mode else selection.main_bytes
    sector_bytes = main_bytes + selection.sector_bytes - selection.main_bytes
    if not sector_bytes:
        return b""
    sectors = min(sectors, -(-room_bytes // sector_bytes))
    if mode:
        main = _data_parts(medium, lba, sectors, selection) if main_bytes else b""
    else:
        end = medium.state.end_lba
        main = read_shifted(medium.read, lba, sectors, late_samples, -PREGAP_SECTORS, end)
    check_spots(bad, lba, sectors)
    if selection.c2 is C2.NONE and selection.sub_channel is SubChannel.NONE:
        return main
    return _with_extras(medium, main, main_bytes, lba, sectors, selection, bad, sub_channel_offset)


def read_user_data(
    medium: Medium, lba: int, sectors: int, bad: Sequence[BadSpot], room_bytes: int = sys.maxsize
) -> bytes:
    """What READ answers: 2048 bytes of each sector.

    raises  Refused 5/64/00 at a sector that is not data, 5/21/00 where nothing is recorded, 3/11/05
    """
    if not sectors:
        return b""
    medium.check_readable(lba, sectors)
    other = medium.first_of_another_kind(lba, lba + sectors, (data_sector.MODE_1, data_sector.MODE_2))
    if other is not None:
        raise Refused(sense.ILLEGAL, 0x64, 0, other)
    sectors = min(sectors, -(-room_bytes // data_sector.USER_BYTES))
    check_spots(bad, lba, sectors)
    data = medium.read(lba, sectors)
    return b"".join(data_sector.user_data(sector) for sector in _each(data))


def check_spots(bad: Sequence[BadSpot], lba: int, sectors: int) -> None:
    """Check that no bad spot makes these sectors unreadable.

    raises  Refused 3/11/05  at the first sector that cannot be read
    """
    for spot in bad:
        if not spot.readable and (first := spot.first_in(lba, sectors)) is not None:
            raise Refused(sense.MEDIUM, 0x11, 0x05, first)


def _each(data: bytes) -> list[bytes]:
    return [data[start : start + SECTOR_BYTES] for start in range(0, len(data), SECTOR_BYTES)]


def _data_bytes(mode: int, selection: Selection) -> int:
    """How much of each data sector is returned.  raises  Refused 5/24/00"""
    brought = data_sector.part(bytes(15) + bytes((mode,)) + bytes(SECTOR_BYTES - 16), selection.main_channel)
    if brought is None:
        raise Refused(sense.ILLEGAL, 0x24, 0)
    return len(brought)


def _data_parts(medium: Medium, lba: int, sectors: int, selection: Selection) -> bytes:
    data = medium.read(lba, sectors)
    parts = (data_sector.part(sector, selection.main_channel) for sector in _each(data))
    return b"".join(part for part in parts if part)


def _with_extras(
    medium: Medium,
    main: bytes,
    main_bytes: int,
    lba: int,
    sectors: int,
    selection: Selection,
    bad: Sequence[BadSpot],
    sub_channel_offset: int,
) -> bytes:
    parts = []
    first = lba + sub_channel_offset
    symbols = SubChannels(medium, first, sectors) if selection.sub_channel else None
    for number in range(sectors):
        if main_bytes:
            parts.append(main[number * main_bytes : (number + 1) * main_bytes])
        if selection.c2:
            parts.append(_c2(selection.c2, any(spot.first_in(lba + number, 1) is not None for spot in bad)))
        if symbols is not None:
            parts.append(symbols.selected(first + number, selection.sub_channel))
    return b"".join(parts)


def _c2(kind: C2, damaged: bool) -> bytes:
    """One bit for each byte of the sector; if asked for, after their OR and a zero (MMC-6 table 355)."""
    pointers = (b"\xff" if damaged else b"\0") * C2_BYTES[C2.POINTERS]
    if kind is C2.POINTERS:
        return pointers
    return bytes((0xFF * damaged, 0)) + pointers


class SubChannels:
    """The sub-channel of a run of sectors: as a program wrote it, otherwise as a drive makes it."""

    def __init__(self, medium: Medium, lba: int, sectors: int) -> None:
        self._lba = lba
        self._kept = medium.read_sub_channel(lba, sectors)
        self._nothing_kept = not any(self._kept)
        self._places = Places(medium.state)

    def selected(self, lba: int, kind: SubChannel) -> bytes:
        """What READ CD returns of it."""
        kept = self._kept_of(lba)
        if kind is SubChannel.CORRECTED_R_TO_W:
            return r_to_w_of(kept) if kept else bytes(RAW_BYTES)
        raw = kept and self._places.session(lba).written is HowWritten.RAW
        if kind is SubChannel.RAW:
            return kept if raw else self._made(lba, kept)
        p, q = (p_of(kept), q_of(kept)) if raw else self._places.p_and_q(lba)
        return q + bytes((0, 0, 0, 0x80 * p))

    def _kept_of(self, lba: int) -> bytes:
        """96 symbols; empty if no program wrote any."""
        if self._nothing_kept:
            return b""
        start = (lba - self._lba) * RAW_BYTES
        kept = self._kept[start : start + RAW_BYTES]
        return kept if any(kept) else b""

    def _made(self, lba: int, kept: bytes) -> bytes:
        p, q = self._places.p_and_q(lba)
        return interleave(p, q, r_to_w_of(kept)) if kept else interleave(p, q)


class _Session:
    """One session, with what is needed to find a place in it."""

    def __init__(self, session: RecordedSession) -> None:
        self.recorded = session
        self._pregaps = [track.pregap_lba for track in session.tracks]
        self._starts = [track.start_lba for track in session.tracks]
        self._begins = {*self._pregaps, *self._starts, session.lead_out_lba}
        self._begins.update(lba for track in session.tracks for lba in track.indexes)

    def track(self, lba: int) -> RecordedTrack:
        """A track includes its pregap."""
        return self.recorded.tracks[max(0, bisect_right(self._pregaps, lba) - 1)]

    def p(self, lba: int) -> bool:
        """Set through each pregap and, where that is shorter, from two seconds before index 1 on.

        The track's first sector is the last of the flag. In the lead-out it comes and goes at 2 Hz, after two
        seconds of 0 (IEC 60908 17.4).
        """
        lead_out = self.recorded.lead_out_lba
        if lead_out is not None and lba >= lead_out:
            flips = (lba - lead_out - _P_SECTORS) * _FLIPS_A_SECOND // SECTORS_PER_SECOND
            return flips >= 0 and flips % 2 == 0
        following = bisect_left(self._starts, lba)
        if following == len(self._starts):
            return False
        return lba >= min(self._pregaps[following], self._starts[following] - _P_SECTORS)

    def takes_code(self, lba: int, due: int) -> bool:
        """Whether this sector has what is due at each such place, or what was postponed from there to here.

        due  remainder of the addresses where it is due
        """
        if lba in self._begins:
            return False
        while lba % _CODE_EVERY != due:
            lba -= 1
            if lba not in self._begins:
                return False
        return True


class Places:
    """What is where on a disc; made once for a command, asked for each sector.

    Every method raises  Refused 5/21/00  where nothing is recorded
    """

    def __init__(self, state: DiscState) -> None:
        self._sessions = [_Session(session) for session in state.sessions]
        self._firsts = [session.tracks[0].pregap_lba for session in state.sessions]

    def _at(self, lba: int) -> _Session:
        number = bisect_right(self._firsts, lba) - 1
        if number < 0:
            raise Refused(sense.ILLEGAL, 0x21, 0, lba)
        return self._sessions[number]

    def session(self, lba: int) -> RecordedSession:
        """What is between two sessions belongs to the earlier one."""
        return self._at(lba).recorded

    def position(self, lba: int) -> Position:
        """What READ SUB-CHANNEL says with the laser there."""
        found = self._at(lba)
        lead_out = found.recorded.lead_out_lba
        if lead_out is not None and lba >= lead_out:
            last = found.recorded.tracks[-1]
            return Position(POSITION, _control(last, lba), LEAD_OUT_TNO, 1, lba, lba - lead_out)
        track = found.track(lba)
        index = track.index_at(lba)
        return Position(POSITION, _control(track, lba), track.number, index, lba, lba - track.start_lba)

    def p_and_q(self, lba: int) -> tuple[bool, bytes]:
        """What a drive writes there: the P flag, and the twelve bytes of Q."""
        found = self._at(lba)
        return found.p(lba), self._q(found, lba).to_bytes()

    def _q(self, found: _Session, lba: int) -> Q:
        time = Msf.from_lba(lba)
        track = found.track(lba)
        control = _control(track, lba)
        mcn = found.recorded.mcn
        if mcn and lba >= 0 and found.takes_code(lba, _MCN_AT):
            return Q(MCN, control, code=mcn, frame=time.frame)
        if track.isrc and lba >= track.start_lba and found.takes_code(lba, _ISRC_AT):
            return Q(ISRC, control, code=track.isrc, frame=time.frame)
        where = self.position(lba)
        return Q(POSITION, control, where.track, where.index, abs(where.relative_lba), time)


def _control(track: RecordedTrack, lba: int) -> int:
    """SCMS: the copy bit of a "copy of a protected original" is on for 4 sectors and off for 4."""
    if not track.copy_alternates:
        return track.control
    return track.control & ~2 | (2 if lba % 8 < 4 else 0)
