"""What MODE SELECT and SET CD SPEED change in the virtual recorder, and how MODE SENSE shows it."""

from __future__ import annotations

from redbook.disc import SPEED_1X_BYTES_PER_SECOND
from redbook.mmc import sense
from redbook.mmc.disc_info import Atip
from redbook.mmc.mode_pages import (
    Capabilities,
    MultiSession,
    PageControl,
    WriteParameters,
    WriteSpeed,
    WriteType,
)
from redbook.virtual.medium import Refused

READ_SPEED = 48
CD_R_SPEEDS = (52, 48, 40, 32, 24, 16, 8, 4)
CD_RW_SPEEDS = {0: (4, 2), 1: (10, 8, 4)}  # by ATIP sub-type

_KNOWN_BLOCK_TYPES = {*range(4), *range(8, 14)}


def kb_per_second(times: float) -> int:
    """A speed as drives state it: units of 1000 bytes per second, rounded down."""
    return int(times * SPEED_1X_BYTES_PER_SECOND / 1000)


class Speeds:
    """Writing speeds as multiples of 1x: what is offered for the disc in the drive, and what was chosen.

    cav  at which of them the disc can also be turned at a constant rate
    """

    def __init__(self, cav: frozenset[int]) -> None:
        self.offered: tuple[int, ...] = CD_R_SPEEDS
        self.chosen = READ_SPEED
        self.pure_cav = False
        self._cav = cav

    def choose(self, write_kb: int, pure_cav: bool) -> None:
        """The fastest one that is not faster than this; `fit` makes it one of those offered."""
        self.chosen = round(write_kb * 1000 / SPEED_1X_BYTES_PER_SECOND)
        self.pure_cav = pure_cav

    def fit(self, atip: Atip | None) -> None:
        """To the disc that is in now."""
        rewritable = atip is not None and atip.rewritable
        self.offered = CD_RW_SPEEDS[atip.sub_type] if atip is not None and rewritable else CD_R_SPEEDS
        self.chosen = max((s for s in self.offered if s <= self.chosen), default=self.offered[-1])
        self.pure_cav = self.pure_cav and self.chosen in self._cav

    @property
    def descriptors(self) -> tuple[WriteSpeed, ...]:
        return tuple(
            WriteSpeed(kb_per_second(speed), cav)
            for speed in self.offered
            for cav in (False, True)
            if not cav or speed in self._cav
        )


def write_page(now: WriteParameters, control: PageControl) -> bytes:
    """Mode page 05h."""
    if control is PageControl.CHANGEABLE:
        page = WriteParameters().to_page()
        return page[:2] + b"\xff" * (len(page) - 2)
    return (now if control is PageControl.CURRENT else WriteParameters()).to_page()


def capabilities_page(speeds: Speeds, locked: bool, buffer_bytes: int, control: PageControl) -> bytes:
    """Mode page 2Ah."""
    page = Capabilities(
        locked=locked,
        buffer_kib=buffer_bytes // 1024,
        max_read_kb=kb_per_second(READ_SPEED),
        read_kb=kb_per_second(READ_SPEED),
        max_write_kb=kb_per_second(speeds.offered[0]),
        write_kb=kb_per_second(speeds.chosen),
        pure_cav=speeds.pure_cav,
        write_speeds=speeds.descriptors,
    ).to_page()
    return page[:2] + bytes(len(page) - 2) if control is PageControl.CHANGEABLE else page


def selected(pages: bytes, now: WriteParameters) -> WriteParameters:
    """What MODE SELECT with these pages makes of the write parameters.

    raises  Refused 5/1A/00 for a list that breaks off, 5/26/00 for a page or value that cannot be
    """
    position = 0
    new = now
    while position < len(pages):
        page = pages[position:]
        if len(page) < 2 or len(page) < page[1] + 2:
            raise Refused(sense.ILLEGAL, 0x1A, 0)
        page = page[: page[1] + 2]
        if page[0] != WriteParameters.CODE or len(page) != len(now.to_page()):
            raise Refused(sense.ILLEGAL, 0x26, 0)
        new = WriteParameters.from_page(page)
        if _is_impossible(new):
            raise Refused(sense.ILLEGAL, 0x26, 0)
        position += len(page)
    return new


def _is_impossible(page: WriteParameters) -> bool:
    return (
        page.write_type != WriteType.TRACK_AT_ONCE
        or page.multi_session not in (MultiSession.LAST, MultiSession.NEXT_ALLOWED)
        or page.data_block_type not in _KNOWN_BLOCK_TYPES
        or page.link_size_valid
        or page.fixed_packet
        or page.session_format not in (0x00, 0x10, 0x20)
    )
