"""What MODE SELECT and SET CD SPEED change in the virtual recorder, and how MODE SENSE shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from redbook.disc import SPEED_1X_BYTES_PER_SECOND
from redbook.mmc import sense
from redbook.mmc.disc_info import Atip
from redbook.mmc.mode_pages import (
    Capabilities,
    PageControl,
    WriteParameters,
    WriteSpeed,
    WriteType,
)
from redbook.virtual.habits import CdTextAnswer, CdTextBlockType
from redbook.virtual.model import Model
from redbook.virtual.refused import Refused

ALL_PAGES = 0x3F
ALL_SUBPAGES = 0xFF
MOST_SPEEDS = 23
"""More would not fit into the 128 bytes that Linux has for the whole reply (drivers/scsi/sr.c)."""

WRITE_TYPES = {
    "track-at-once": WriteType.TRACK_AT_ONCE,
    "session-at-once": WriteType.SESSION_AT_ONCE,
    "raw": WriteType.RAW,
}
_KNOWN_BLOCK_TYPES = {*range(4), *range(8, 14)}
_LINK_SIZE_OF_CD = 7

_OTHER_PAGES: dict[int, tuple[str, str]] = {
    0x01: ("01 0a 00 08 00 00 00 00 08 00 00 00", "01 0a ff ff 00 00 00 00 ff 00 00 00"),
    0x08: ("08 0a 04 00 00 00 00 00 00 00 00 00", "08 0a 05 00 00 00 00 00 00 00 00 00"),
    0x0A: ("0a 0a 00 00 00 00 00 00 00 00 00 00", "0a 0a 00 00 00 00 00 00 00 00 00 00"),
    0x0D: ("0d 06 00 0d 00 3c 00 4b", "0d 06 00 0f 00 00 00 00"),
    0x0E: (
        "0e 0e 04 00 00 00 00 00 01 ff 02 ff 00 00 00 00",
        "0e 0e 02 00 00 00 00 00 0f ff 0f ff 00 00 00 00",
    ),
    0x1A: ("1a 0a 00 00 00 00 00 00 00 00 00 00", "1a 0a 00 03 ff ff ff ff ff ff ff ff"),
    0x1C: ("1c 0a 00 00 00 00 00 00 00 00 00 00", "1c 0a 00 00 00 00 00 00 00 00 00 00"),
    0x1D: ("1d 08 00 00 00 00 00 05 00 3c", "1d 08 00 00 00 00 ff ff ff ff"),
}
"""Code to factory default and mask of what can be changed: error recovery, caching, control, CD device
parameters (60 s in a minute, 75 frames in a second), CD audio control (left and right at full volume),
power condition, fault reporting, time-out.  Source: SPC-4 7.5, MMC-3 5.5, MMC-5 7."""


def kb_per_second(times: float) -> int:
    """A speed as drives state it: units of 1000 bytes per second, rounded down."""
    return int(times * SPEED_1X_BYTES_PER_SECOND / 1000)


class Speeds:
    """Writing speeds as multiples of 1x: what is offered for the disc in the drive, and what was chosen."""

    def __init__(self, model: Model) -> None:
        self.offered: tuple[int, ...] = model.cd_r_speeds
        self.pure_cav = False
        self._model = model
        self.chosen = min(model.read_speed, model.cd_r_speeds[0])
        self.reading = model.read_speed

    def choose_reading(self, read_kb: int) -> None:
        """The fastest whole multiple of 1x that is not faster than this."""
        self.reading = max(1, min(self._model.read_speed, (read_kb + 1) * 1000 // SPEED_1X_BYTES_PER_SECOND))

    def choose(self, write_kb: int, pure_cav: bool) -> None:
        """The fastest of those offered that is not faster than this, otherwise the slowest."""
        self.chosen = max((s for s in self.offered if kb_per_second(s) <= write_kb), default=self.offered[-1])
        self.pure_cav = pure_cav

    def fit(self, atip: Atip | None) -> None:
        """Adapt to the disc that is in the drive now."""
        self.offered = self._model.cd_r_speeds
        if atip is not None and atip.rewritable:
            for_discs = self._model.cd_rw_speeds
            self.offered = for_discs.get(str(atip.sub_type)) or next(iter(for_discs.values()))
        self.chosen = max((s for s in self.offered if s <= self.chosen), default=self.offered[-1])
        self.pure_cav = self.pure_cav and self.chosen in self._model.cav_speeds

    @property
    def descriptors(self) -> tuple[WriteSpeed, ...]:
        listed = tuple(
            WriteSpeed(kb_per_second(speed), cav)
            for speed in self.offered
            for cav in (False, True)
            if not cav or speed in self._model.cav_speeds
        )
        return listed[:MOST_SPEEDS]


def default_write_parameters(model: Model) -> WriteParameters:
    """Mode page 05h as it leaves the factory."""
    return WriteParameters(underrun_protection=model.underrun_protection, **model.page_05h)


class ModePages:
    """All pages of one drive except the two that belong to other parts of it (05h and 2Ah)."""

    def __init__(self) -> None:
        self._current = {code: bytes.fromhex(default) for code, (default, _) in _OTHER_PAGES.items()}

    def page(self, code: int, control: PageControl) -> bytes | None:
        """None if there is no such page."""
        if code not in _OTHER_PAGES:
            return None
        default, mask = _OTHER_PAGES[code]
        if control is PageControl.CURRENT:
            return self._current[code]
        return bytes.fromhex(mask if control is PageControl.CHANGEABLE else default)

    def fits(self, page: bytes) -> bool:
        """Whether it has the code and the length of one of these."""
        own = self._current.get(page[0] & 0x3F)
        return own is not None and len(own) == len(page)

    def change(self, page: bytes) -> None:
        """Accept what can be changed. The rest is ignored, as drives do, whatever SPC-4 says about it."""
        code = page[0] & 0x3F
        mask = bytes.fromhex(_OTHER_PAGES[code][1])
        old = self._current[code]
        new = bytes(o & ~m & 0xFF | n & m for o, n, m in zip(old, page, mask, strict=True))
        self._current[code] = old[:2] + new[2:]


def write_page(now: WriteParameters, model: Model, control: PageControl) -> bytes:
    """Mode page 05h."""
    default = default_write_parameters(model)
    if control is PageControl.CHANGEABLE:
        page = default.to_page()
        return page[:2] + b"\xff" * (len(page) - 2)
    return (now if control is PageControl.CURRENT else default).to_page()


def capabilities_page(
    model: Model, speeds: Speeds, locked: bool, buffer_bytes: int, control: PageControl
) -> bytes:
    """Mode page 2Ah."""
    page = Capabilities(
        test_write=model.test_write,
        underrun_protection=model.underrun_protection,
        cd_text=model.reads_cd_text is not CdTextAnswer.NEVER,
        c2_pointers=True,
        accurate_stream=not model.jitter,
        locked=locked,
        buffer_kib=buffer_bytes // 1024,
        max_read_kb=kb_per_second(model.read_speed),
        read_kb=kb_per_second(speeds.reading),
        max_write_kb=kb_per_second(speeds.offered[0]),
        write_kb=kb_per_second(speeds.chosen),
        pure_cav=speeds.pure_cav,
        write_speeds=speeds.descriptors,
    ).to_page()
    return page[:2] + bytes(len(page) - 2) if control is PageControl.CHANGEABLE else page


def each_page(pages: bytes) -> Iterator[bytes]:
    """The pages of a MODE SELECT list.  raises  Refused 5/1A/00  if one is cut short"""
    position = 0
    while position < len(pages):
        page = pages[position:]
        if len(page) < 2 or len(page) < page[1] + 2:
            raise Refused(sense.ILLEGAL, 0x1A, 0)
        yield page[: page[1] + 2]
        position += page[1] + 2


def selected(page: bytes, now: WriteParameters, model: Model) -> WriteParameters:
    """What MODE SELECT with this page 05h does to the write parameters.

    raises  Refused 5/26/00  for an impossible length or value
    """
    if len(page) != len(now.to_page()):
        raise Refused(sense.ILLEGAL, 0x26, 0)
    new = WriteParameters.from_page(page)
    if _is_impossible(new, model):
        raise Refused(sense.ILLEGAL, 0x26, 0)
    return replace(new, mcn=_clean(new.mcn), isrc=_clean(new.isrc))


def _clean(code: str) -> str:
    return code if code.isascii() and code.isprintable() else ""


def _has_wrong_link_size(page: WriteParameters) -> bool:
    """Pioneer's manual asks for 7 on a CD, and its own factory default is another."""
    return page.link_size_valid and page.link_size != _LINK_SIZE_OF_CD


def _has_wrong_block_type(page: WriteParameters, model: Model) -> bool:
    return page.data_block_type == 3 and model.cd_text_block_type is CdTextBlockType.ZERO


def _is_impossible(page: WriteParameters, model: Model) -> bool:
    types = {WRITE_TYPES[name] for name in model.write_types}
    return (
        page.write_type not in types
        or (page.write_type == WriteType.RAW and page.data_block_type not in model.raw_block_types)
        or (page.multi_session == 2)
        or (page.write_type == WriteType.SESSION_AT_ONCE and _has_wrong_block_type(page, model))
        or page.data_block_type not in _KNOWN_BLOCK_TYPES
        or (page.write_type == WriteType.TRACK_AT_ONCE and _has_wrong_link_size(page))
        or page.fixed_packet
        or (page.test_write and not model.test_write)
        or (page.underrun_protection and not model.underrun_protection)
        or page.session_format not in (0x00, 0x10, 0x20)
    )
