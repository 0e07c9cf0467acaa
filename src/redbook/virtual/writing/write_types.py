"""How each write type behaves, from the first WRITE to the end of what it began; and track-at-once.

Session-at-once is `at_once`, raw writing `raw`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from redbook.disc import (
    PREGAP_SECTORS,
    RUN_OUT_SECTORS,
    SECTOR_BYTES,
    SECTORS_PER_SECOND,
)
from redbook.disc.padding import padded
from redbook.disc.sub_channel import is_isrc, is_mcn
from redbook.image.base import TrackState
from redbook.mmc import sense
from redbook.mmc.mode_pages import MultiSession, WriteParameters
from redbook.mmc.write import Write10
from redbook.virtual.medium import Medium
from redbook.virtual.refused import Refused

_DATA_BIT = 4


class Writing(ABC):
    """Something that was begun on the disc and continues with each WRITE.

    next_lba      where the next WRITE must go
    sector_bytes  of the sectors being sent now
    """

    def __init__(self, medium: Medium) -> None:
        self.medium = medium

    @property
    @abstractmethod
    def next_lba(self) -> int: ...

    @property
    def sector_bytes(self) -> int:
        return SECTOR_BYTES

    @abstractmethod
    def check(self, command: Write10) -> None:
        """Whether it can be accepted here and now.

        raises  Refused 5/21/02  not at the next writable address
                Refused 5/63/00  past the end of the disc
                Refused 5/64/00  sectors of a wrong length
        """

    @abstractmethod
    def take(self, command: Write10) -> None:
        """Its data have passed through the buffer."""

    @property
    def whole(self) -> bool:
        """Whether nothing more is to come."""
        return False

    @property
    def ends_anywhere(self) -> bool:
        """Whether what has been sent so far is complete, if it ends now."""
        return self.whole

    @abstractmethod
    def end(self) -> None:
        """The host has asked for the rest to be written; what was begun is ended properly.

        raises  Refused 3/0C/09  if something required is missing
        """

    @abstractmethod
    def break_off(self) -> None:
        """It ends here, as far as it got: the tray opens, or data failed to arrive."""

    @abstractmethod
    def lose(self, sectors: int) -> None:
        """Power fails; this many sectors have not left the buffer. Nothing is ended."""

    @property
    def begin_seconds_at_1x(self) -> float:
        """How long the drive writes on its own before the host's first sector."""
        return 0.0

    @property
    def end_seconds_at_1x(self) -> float:
        """How long the drive writes on its own after the host's last sector."""
        return 0.0


def next_allowed(page: WriteParameters) -> bool:
    """Whether closing a session leaves room for another."""
    return page.multi_session == MultiSession.NEXT_ALLOWED


def check_audio(page: WriteParameters, command: Write10) -> None:
    """Check that the write parameters ask for audio.

    raises  Refused 5/64/00  for a data track, which no audio recorder writes
    """
    if page.track_mode & _DATA_BIT or page.data_block_type:
        raise Refused(sense.ILLEGAL, 0x64, 0, command.lba)


class TrackAtOnce(Writing):
    """One track, which the drive surrounds with pregap and run-out.

    Source: MMC-5 4.4 (WRITE on the invisible track opens it, SYNCHRONIZE CACHE ends it).
    """

    def __init__(self, medium: Medium, page: WriteParameters, command: Write10) -> None:
        super().__init__(medium)
        state = medium.state
        if state.finished or state.broken_session:
            raise Refused(sense.ILLEGAL, 0x64, 0, command.lba)
        check_audio(page, command)
        start = medium.next_writable_lba
        self._check_place(command, start, padded(command.sectors))
        self._goes_on = state.open_track is not None
        self._track = state.open_track or medium.begin_track(
            page.track_mode,
            isrc=page.isrc if is_isrc(page.isrc) else "",
            mcn=page.mcn if is_mcn(page.mcn) else "",
            copy_alternates=page.copy,
        )

    @property
    def next_lba(self) -> int:
        return self._track.start_lba + self._track.written_sectors

    def check(self, command: Write10) -> None:
        self._check_place(command, self.next_lba, command.sectors)

    def _check_place(self, command: Write10, next_lba: int, sectors: int) -> None:
        if command.lba != next_lba:
            raise Refused(sense.ILLEGAL, 0x21, 0x02, command.lba)
        if command.sector_bytes != SECTOR_BYTES:
            raise Refused(sense.ILLEGAL, 0x64, 0, command.lba)
        if command.lba + sectors > self.medium.state.last_lead_out_lba - RUN_OUT_SECTORS:
            raise Refused(sense.ILLEGAL, 0x63, 0, command.lba)

    def take(self, command: Write10) -> None:
        self.medium.append(self._track, command.data_out)

    @property
    def ends_anywhere(self) -> bool:
        return True

    @property
    def begin_seconds_at_1x(self) -> float:
        return 0.0 if self._goes_on else PREGAP_SECTORS / SECTORS_PER_SECOND

    def end(self) -> None:
        self.medium.end_track()

    def break_off(self) -> None:
        self.medium.end_track(TrackState.DAMAGED)

    def lose(self, sectors: int) -> None:
        self.medium.forget(self._track, sectors)
