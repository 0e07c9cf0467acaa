"""Raw writing: the host makes everything (lead-in, sub-channel and lead-out, too); the drive only writes it.

What is on the disc afterwards is what a reader finds in Q: the table of contents in the lead-in, tracks
and indexes in the program.  Source: MMC-5 4.4 (raw recording), IEC 60908 clause 17.
"""

from __future__ import annotations

from redbook.disc import MOST_TRACKS, PREGAP_SECTORS, SECTOR_BYTES
from redbook.disc.cd_text import each_pack
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.disc.q_reader import QReader
from redbook.disc.raw_sectors import SubForm, has_r_to_w
from redbook.disc.sub_channel import (
    LEAD_IN_TNO,
    POSITION,
    Q_TIMES_BYTES,
    RAW_BYTES,
    Q,
    crc,
    interleave,
    q_of,
)
from redbook.image.base import DATA_BIT, HowWritten, RecordedSession, RecordedTrack
from redbook.mmc import sense
from redbook.mmc.mode_pages import WriteParameters
from redbook.mmc.write import Write10
from redbook.virtual.medium import Medium
from redbook.virtual.refused import Refused
from redbook.virtual.writing.at_once import split
from redbook.virtual.writing.write_types import Writing, next_allowed

PACKED = SubForm.PACKED
SUB_BYTES: dict[int, int] = {form: form.sub_bytes for form in SubForm}
"""Sub-channel bytes after each sector, by the data block type of page 05h.

Packed, R to W are packs whose parity and interleaving are the drive's to make. This recorder makes none, so
there it accepts only R to W of zeros after the lead-in, whose packs of CD-Text have neither.
"""

LONGEST_LEAD_OUT_SECTORS = 13_500


def first_lba(medium: Medium) -> int:
    """Where a raw session begins on a blank disc: at the lead-in.  raises  Refused 5/64/00"""
    if medium.state.sessions:
        raise Refused(sense.ILLEGAL, 0x64, 0)
    return medium.state.lead_in_start.lba


class RawWriting(Writing):
    """A whole disc from the first sector of its lead-in on."""

    def __init__(self, medium: Medium, page: WriteParameters, command: Write10) -> None:
        super().__init__(medium)
        self._next = first_lba(medium)
        self._sub_bytes = SUB_BYTES[page.data_block_type]
        self._packed = page.data_block_type == PACKED
        self._next_allowed = next_allowed(page)
        self._reader = QReader()
        self._limit = medium.state.last_lead_out_lba + LONGEST_LEAD_OUT_SECTORS
        self.check(command)
        unknown = RecordedTrack(LaidTrack(1, 0, 0, PREGAP_SECTORS))
        medium.begin_at_once(RecordedSession([unknown], written=HowWritten.RAW), self._next)

    @property
    def next_lba(self) -> int:
        return self._next

    @property
    def sector_bytes(self) -> int:
        return SECTOR_BYTES + self._sub_bytes

    def check(self, command: Write10) -> None:
        if command.lba != self._next:
            raise Refused(sense.ILLEGAL, 0x21, 0x02, command.lba)
        if command.sector_bytes != self.sector_bytes:
            raise Refused(sense.ILLEGAL, 0x64, 0, command.lba)
        if command.lba + command.sectors > self._limit:
            raise Refused(sense.ILLEGAL, 0x63, 0, command.lba)
        data = self._first_of_data(command)
        if data is not None:  # this recorder writes audio alone
            raise Refused(sense.ILLEGAL, 0x64, 0, data)
        if self._packed and command.lba + command.sectors > -PREGAP_SECTORS:
            self._check_packs(command)

    def _check_packs(self, command: Write10) -> None:
        """raises  Refused 5/64/00  for packs after the lead-in"""
        _, symbols = split(command, RAW_BYTES)
        for number in range(max(0, -PREGAP_SECTORS - command.lba), command.sectors):
            if has_r_to_w(symbols[number * RAW_BYTES : (number + 1) * RAW_BYTES]):
                raise Refused(sense.ILLEGAL, 0x64, 0, command.lba + number)

    def _first_of_data(self, command: Write10) -> int | None:
        """The first sector whose Q belongs to a data track, or says in the lead-in that there is one.

        Pregaps and lead-out do not count: wodim -clone marks them as data whatever the tracks are.
        """
        length, view = self.sector_bytes, memoryview(command.data_out)
        for number in range(command.sectors):
            sub = view[number * length + SECTOR_BYTES : (number + 1) * length]
            if sub[1 if self._sub_bytes == RAW_BYTES else 0] & 0x40:  # the data bit of control, if it is a Q
                try:
                    q = Q.from_bytes(q_of(_as_symbols(bytes(sub))))
                except ValueError:
                    continue
                in_track = 1 <= q.track <= MOST_TRACKS and q.index
                if q.adr == POSITION and q.control & DATA_BIT and (in_track or _is_of_a_track(q)):
                    return command.lba + number
        return None

    def take(self, command: Write10) -> None:
        main, sub = split(command, self._sub_bytes)
        symbols = sub if self._sub_bytes == RAW_BYTES else _all_symbols(sub)
        for number in range(command.sectors):
            one = symbols[number * RAW_BYTES : (number + 1) * RAW_BYTES]
            self._reader.take(self._next + number, q_of(one), one)
        end = self._next + command.sectors
        begin = max(self._next, -PREGAP_SECTORS)
        lead_out = self._reader.lead_out_lba
        program_end = end if lead_out is None else min(end, lead_out)
        if begin < program_end:
            first, last = begin - self._next, program_end - self._next
            self.medium.put_at_once(
                begin,
                main[first * SECTOR_BYTES : last * SECTOR_BYTES],
                symbols[first * RAW_BYTES : last * RAW_BYTES],
            )
        self._next = self.medium.at_once_lba = end

    def end(self) -> None:
        layout = self._reader.layout()
        if layout is None or self._next < layout.lead_out_lba:
            self.break_off()
            raise Refused(sense.MEDIUM, 0x72, 0x01)
        if layout.lead_out_lba > self.medium.state.last_lead_out_lba:
            self.break_off()
            raise Refused(sense.MEDIUM, 0x72, 0x02)
        self.medium.end_at_once(_recorded(layout), next_allowed=self._next_allowed)

    def break_off(self) -> None:
        self.medium.leave_at_once()

    def lose(self, sectors: int) -> None:
        self.medium.leave_at_once(lost_sectors=sectors)


def _all_symbols(p_and_q: bytes) -> bytes:
    """P to W of sectors that were sent with only P and Q.

    Then the drive makes the CRC of Q: what cdrdao has in its place is not inverted.
    """
    symbols = []
    for start in range(0, len(p_and_q), SubForm.P_AND_Q.sub_bytes):
        part = p_and_q[start : start + SubForm.P_AND_Q.sub_bytes]
        q = part[:Q_TIMES_BYTES]
        symbols.append(interleave(bool(part[15] & 0x80), q + crc(q).to_bytes(2, "big")))
    return b"".join(symbols)


def _recorded(layout: SessionLayout) -> RecordedSession:
    tracks = [RecordedTrack(track) for track in layout.tracks]
    packs = [pack.hex() for pack in each_pack(layout.cd_text)]
    return RecordedSession(tracks, layout.lead_out_lba, HowWritten.RAW, layout.mcn, packs)


def _is_of_a_track(q: Q) -> bool:
    """Whether a Q of the lead-in belongs to a track."""
    return q.track == LEAD_IN_TNO and 1 <= q.index <= MOST_TRACKS


def _as_symbols(sub: bytes) -> bytes:
    return sub if len(sub) == RAW_BYTES else _all_symbols(sub)
