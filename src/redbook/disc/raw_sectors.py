"""What a disc written raw has besides its audio: P, Q and R to W of every sector, from lead-in to lead-out.

A raw image holds every sector of a disc, each followed by its sub-channel. It begins at 95:00:00, before the
lead-in of any disc that is sold, so that it fits them all: a writer skips what is before the lead-in of its
disc.

    LBA -22650  lead-in: the table of contents in Q, again and again; CD-Text in R to W
         -150   the first pregap
            0   program
     lead-out   90 s

Source: IEC 60908 clause 17 (P, Q); MMC-5 4.4 and 7.5.4.14 (data block types).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from enum import IntEnum, unique
from typing import NamedTuple

from redbook.disc.cd_text import LeadIn
from redbook.disc.layout import COPY_PERMITTED, LaidTrack, SessionLayout
from redbook.disc.numbers import (
    FIRST_LEAD_OUT_SECTORS,
    PREGAP_SECTORS,
    SECTOR_BYTES,
    SECTORS_PER_SECOND,
    Msf,
)
from redbook.disc.sub_channel import (
    FIRST_TRACK,
    ISRC,
    LAST_TRACK,
    LEAD_IN_TNO,
    LEAD_OUT_START,
    LEAD_OUT_TNO,
    MCN,
    POSITION,
    Q_BYTES,
    Q_TIMES_BYTES,
    RAW_BYTES,
    Q,
    crc,
    interleave,
    p_of,
    q_of,
)

IMAGE_START = Msf(95, 0, 0)
IMAGE_START_LBA = IMAGE_START.lba  # -22650

_TIMES_EACH = 3  # each entry of the table of contents is given three times in a row (IEC 60908 17.5.1)
_CODE_EVERY, _MCN_AT, _ISRC_AT = 100, 25, 50
"""At least one in a hundred sectors holds the MCN and one the ISRC (IEC 60908 17.5); any of them will do."""
_SCMS_SECTORS = 4
"""The copy bit of a "copy of a protected original" is on for 4 sectors and off for 4: 9.375 Hz."""
_P_QUIET_SECTORS = 150
_FLIPS_A_SECOND = 4
"""P in the lead-out: 2 s of 0, then 2 Hz (IEC 60908 17.4)."""


@unique
class SubForm(IntEnum):
    """How the sub-channel after a sector's audio is arranged.  The values are data block types of page 05h.

    P_AND_Q  16 bytes: Q with its CRC, three zeros, P in bit 7 of the last
    PACKED   96 symbols; R to W are consecutive packs, without parity and interleaving
    RAW      96 symbols as they are on the disc
    """

    P_AND_Q = 1
    PACKED = 2
    RAW = 3

    @property
    def sub_bytes(self) -> int:
        return _P_AND_Q_BYTES if self is SubForm.P_AND_Q else RAW_BYTES

    @property
    def sector_bytes(self) -> int:
        return SECTOR_BYTES + self.sub_bytes


_P_AND_Q_BYTES = 16


def p_and_q_bytes(p: bool, q: bytes) -> bytes:
    """The 16 bytes of SubForm.P_AND_Q.  q: twelve bytes"""
    return q + bytes((0, 0, 0, 0x80 * p))


class SubChannelMaker:
    """P, Q and R to W of each sector of a disc.

    layout  continuous, from sector -150 on
    """

    def __init__(self, layout: SessionLayout) -> None:
        self._layout = layout
        tracks = layout.tracks
        self._pregaps = [track.pregap_lba for track in tracks]
        self._begins = {*self._pregaps, layout.lead_out_lba}
        self._begins.update(lba for track in tracks for lba in (track.start_lba, *track.indexes))
        self._points = _points(layout)
        self._text = LeadIn(layout.cd_text) if layout.cd_text else None

    def sub_channel(self, lba: int, form: SubForm, r_to_w: bytes = b"") -> bytes:
        """What follows the sound of this sector.

        r_to_w  96 symbols, of which bits 5-0 count; zeros if left out. In the lead-in CD-Text comes before
        """
        p, q = self.p(lba), self.q(lba).to_bytes()
        if form is SubForm.P_AND_Q:
            return p_and_q_bytes(p, q)
        if self._text is not None and lba < -PREGAP_SECTORS:
            r_to_w = self._text.sectors(lba - IMAGE_START_LBA, 1)
        return interleave(p, q, r_to_w) if r_to_w else interleave(p, q)

    def p(self, lba: int) -> bool:
        """P, which is set in pauses; in the lead-out it alternates."""
        if lba < -PREGAP_SECTORS:
            return False
        behind = lba - self._layout.lead_out_lba
        if behind >= 0:
            flips = (behind - _P_QUIET_SECTORS) * _FLIPS_A_SECOND // SECTORS_PER_SECOND
            return flips >= 0 and flips % 2 == 0
        return lba < self._track(lba).start_lba

    def q(self, lba: int) -> Q:
        """The Q of a sector, as a value."""
        layout = self._layout
        if lba < -PREGAP_SECTORS:
            return self._of_lead_in(lba)
        time = Msf.from_lba(lba)
        if lba >= layout.lead_out_lba:
            control = layout.tracks[-1].toc_control
            return Q(POSITION, control, LEAD_OUT_TNO, 1, lba - layout.lead_out_lba, time)
        track = self._track(lba)
        control = _control(track, lba)
        if layout.mcn and lba >= 0 and self._is_due(lba, _MCN_AT):
            return Q(MCN, control, code=layout.mcn, frame=time.frame)
        if track.isrc and lba >= track.start_lba and self._is_due(lba, _ISRC_AT):
            return Q(ISRC, control, code=track.isrc, frame=time.frame)
        return Q(POSITION, control, track.number, track.index_at(lba), abs(lba - track.start_lba), time)

    def _of_lead_in(self, lba: int) -> Q:
        number = lba - IMAGE_START_LBA
        point, control, where = self._points[number // _TIMES_EACH % len(self._points)]
        return Q(POSITION, control, LEAD_IN_TNO, point, IMAGE_START.sectors + number, where)

    def _track(self, lba: int) -> LaidTrack:
        return self._layout.tracks[max(0, bisect_right(self._pregaps, lba) - 1)]

    def _is_due(self, lba: int, at: int) -> bool:
        """Whether this sector has a code instead of the position.

        Players want the position where a track or an index begins. There both neighbours have the code, so
        that every hundred sectors have one.
        """
        if lba in self._begins:
            return False
        off = (lba - at) % _CODE_EVERY
        return (
            off == 0
            or (off == 1 and lba - 1 in self._begins)
            or (off == _CODE_EVERY - 1 and lba + 1 in self._begins)
        )


def _points(layout: SessionLayout) -> Sequence[tuple[int, int, Msf]]:
    """The table of contents: POINT, control, and the time for each."""
    first, last = layout.tracks[0], layout.tracks[-1]
    return (
        (FIRST_TRACK, first.toc_control, Msf(first.number, 0, 0)),
        (LAST_TRACK, last.toc_control, Msf(last.number, 0, 0)),
        (LEAD_OUT_START, last.toc_control, Msf.from_lba(layout.lead_out_lba)),
        *((track.number, track.toc_control, Msf.from_lba(track.start_lba)) for track in layout.tracks),
    )


def _control(track: LaidTrack, lba: int) -> int:
    if not track.copy_alternates:
        return track.control
    on = lba % (2 * _SCMS_SECTORS) < _SCMS_SECTORS
    return track.control & ~COPY_PERMITTED | COPY_PERMITTED * on


def image_end_lba(layout: SessionLayout) -> int:
    """The address after the last sector of the lead-out."""
    return layout.lead_out_lba + FIRST_LEAD_OUT_SECTORS


class PAndQ(NamedTuple):
    """q: twelve bytes; if the CRC may be left to the drive, it is filled in here."""

    p: bool
    q: bytes


_WITHOUT_R_TO_W = bytes((0x00, 0x40, 0x80, 0xC0))


def taken_apart(sub: bytes, form: SubForm) -> PAndQ:
    """P and Q of a sector's sub-channel.

    In the 16 bytes the drive makes the CRC: there it may be zero, or not inverted, as in cdrdao.
    """
    if form is not SubForm.P_AND_Q:
        return PAndQ(p_of(sub), q_of(sub))
    q = sub[:Q_BYTES]
    stated, right = int.from_bytes(q[Q_TIMES_BYTES:], "big"), crc(q[:Q_TIMES_BYTES])
    if stated in (0, right ^ 0xFFFF):
        q = q[:Q_TIMES_BYTES] + right.to_bytes(2, "big")
    return PAndQ(bool(sub[-1] & 0x80), q)


def is_sound(q: bytes) -> bool:
    """Whether the CRC of a Q is right."""
    return int.from_bytes(q[Q_TIMES_BYTES:Q_BYTES], "big") == crc(q[:Q_TIMES_BYTES])


def has_r_to_w(symbols: bytes | bytearray) -> bool:
    """Whether 96 symbols hold more than P and Q."""
    return bool(symbols.translate(None, _WITHOUT_R_TO_W))
