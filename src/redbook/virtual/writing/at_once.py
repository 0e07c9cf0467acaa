"""Session-at-once: the session that a cue sheet announced, sent in one run.

Source: MMC-5 4.4 and 6.33; the last sector or SYNCHRONIZE CACHE ends it, no CLOSE is needed (cdrecord,
libburn and cdrdao send none).
"""

from __future__ import annotations

import copy

from redbook.disc import SECTOR_BYTES, SECTORS_PER_SECOND
from redbook.disc.cd_text import Collector, each_pack
from redbook.disc.sub_channel import RAW_BYTES
from redbook.image.base import HowWritten, RecordedSession
from redbook.mmc import sense
from redbook.mmc.mode_pages import WriteParameters
from redbook.mmc.write import Write10
from redbook.virtual.medium import Medium
from redbook.virtual.refused import Refused
from redbook.virtual.timing import LEAD_IN_AT_1X_SECONDS, LEAD_OUT_AT_1X_SECONDS
from redbook.virtual.writing.announced import Announced, host_regions
from redbook.virtual.writing.write_types import Writing, next_allowed


class SessionAtOnce(Writing):
    """A whole session. If it breaks off, the disc is wasted: data without a table of contents."""

    def __init__(
        self,
        medium: Medium,
        page: WriteParameters,
        announced: Announced,
        command: Write10,
        *,
        starts_after_silence: bool = True,
    ) -> None:
        super().__init__(medium)
        self._layout = announced.layout
        self._announced = announced
        self._regions = host_regions(announced.regions)
        self._next_allowed = next_allowed(page)
        self._next = self._regions[0].start_lba
        self._collector = Collector()
        self._refused_lba = None if starts_after_silence else _behind_first_silence(announced)
        self.check(command)
        session = RecordedSession.begun(announced.layout, HowWritten.SESSION_AT_ONCE)
        medium.begin_at_once(session, self._next)

    @property
    def next_lba(self) -> int:
        return self._next

    def check(self, command: Write10) -> None:
        if not self._regions or command.lba != self._next or command.lba == self._refused_lba:
            raise Refused(sense.ILLEGAL, 0x21, 0x02, command.lba)
        region = self._regions[0]
        if command.sector_bytes != region.sector_bytes:
            raise Refused(sense.ILLEGAL, 0x64, 0, command.lba)
        if command.lba + command.sectors > region.end_lba:
            raise Refused(sense.ILLEGAL, 0x21, 0, region.end_lba)

    def take(self, command: Write10) -> None:
        if command.sector_bytes == RAW_BYTES:
            self._collector.take(bytes(command.data_out))
        elif command.sector_bytes == SECTOR_BYTES:
            self.medium.put_at_once(command.lba, command.data_out)
        else:
            main, symbols = split(command, RAW_BYTES)
            self.medium.put_at_once(command.lba, main, symbols)
        self._next += command.sectors
        if self._next == self._regions[0].end_lba:
            del self._regions[0]
            self._next = self._regions[0].start_lba if self._regions else self._layout.lead_out_lba
        self.medium.at_once_lba = self._next

    @property
    def whole(self) -> bool:
        return not self._regions

    def end(self) -> None:
        if self._regions:
            self.break_off()
            raise Refused(sense.MEDIUM, 0x0C, 0x09, self._next)
        session = self.medium.state.sessions[-1]
        ended = copy.deepcopy(session)
        ended.lead_out_lba = self._layout.lead_out_lba
        ended.cd_text = [pack.hex() for pack in each_pack(self._collector.packs)]
        self.medium.end_at_once(ended, next_allowed=self._next_allowed)

    def break_off(self) -> None:
        self.medium.leave_at_once()

    def lose(self, sectors: int) -> None:
        self.medium.leave_at_once(lost_sectors=sectors)

    @property
    def begin_seconds_at_1x(self) -> float:
        """The lead-in, unless the host sends its sub-channel and so sets the pace; silence left to it."""
        first = self._announced.regions[0]
        if first.sector_bytes == RAW_BYTES:
            return 0.0
        silence = 0 if first.sector_bytes else first.sectors
        return LEAD_IN_AT_1X_SECONDS + silence / SECTORS_PER_SECOND

    @property
    def end_seconds_at_1x(self) -> float:
        return LEAD_OUT_AT_1X_SECONDS


def _behind_first_silence(announced: Announced) -> int | None:
    """Where the audio begins before which the drive makes the first pregap; None if the host sends it."""
    first = next(region for region in announced.regions if region.sector_bytes != RAW_BYTES)
    return None if first.sector_bytes else first.end_lba


def split(command: Write10, sub_bytes: int) -> tuple[bytes, bytes]:
    """Main channel and sub-channel of sectors that carry both, one after the other."""
    data, length = bytes(command.data_out), command.sector_bytes
    starts = range(0, len(data), length)
    main = b"".join(data[i : i + SECTOR_BYTES] for i in starts)
    return main, b"".join(data[i + SECTOR_BYTES : i + SECTOR_BYTES + sub_bytes] for i in starts)
