"""What drive and disc say of themselves, before anything is changed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from redbook.disc import (
    PREGAP_SECTORS,
    RUN_OUT_SECTORS,
    SHORTEST_TRACK_SECTORS,
    TAO_GAP_SECTORS,
    Toc,
    TocTrack,
)
from redbook.engine.plan import Space
from redbook.engine.speed import Speeds, read_speeds
from redbook.engine.steps import Procedure
from redbook.engine.waiting import resending, until_ready
from redbook.engine.write_parameters import select_track_at_once
from redbook.errors import (
    IllegalRequest,
    InvalidReply,
    MediumUnsuitable,
    NotARecorder,
    SenseError,
)
from redbook.mmc.control import PreventAllowMediumRemoval
from redbook.mmc.disc_info import (
    Atip,
    DiscInformation,
    DiscStatus,
    ReadAtip,
    ReadDiscInformation,
    ReadToc,
    ReadTrackInformation,
    TrackInformation,
)
from redbook.mmc.identify import (
    CD_DEVICE,
    Configuration,
    FeatureCode,
    GetConfiguration,
    Inquiry,
    InquiryReply,
    Profile,
)
from redbook.mmc.mode_pages import Capabilities, ModeSense10
from redbook.quirks import Quirks, quirks_of

WSPD = 0x02  # of feature 0107h


@dataclass(frozen=True, slots=True)
class Abilities:
    """Who the drive is and what it can do with the medium in it now.

    lists_speeds  whether it knows GET PERFORMANCE's list of them
    speeds        empty until they were asked for
    """

    inquiry: InquiryReply
    profile: int | None
    capabilities: Capabilities | None
    writes_tao: bool
    writes_cd_rw: bool
    test_write: bool
    underrun_protection: bool
    lists_speeds: bool = False
    quirks: Quirks = Quirks()
    speeds: Speeds = Speeds()

    @property
    def name(self) -> str:
        return f"{self.inquiry.vendor} {self.inquiry.product} {self.inquiry.revision}".strip()

    @property
    def write_speeds(self) -> tuple[int, ...]:
        """Multiples of 1x, fastest first; empty where the drive does not list them."""
        if self.speeds.offered:
            return self.speeds.offered
        listed = self.capabilities.write_speeds if self.capabilities else ()
        return tuple(sorted({speed.times for speed in listed}, reverse=True))


@dataclass(frozen=True, slots=True)
class DiscContents:
    """What is on a disc.

    tracks        complete ones, also of a session that is still open
    open_track    begun and never ended; None if there is none
    toc           None until a session is closed
    space         None where nothing more can be written
    """

    information: DiscInformation
    atip: Atip | None
    tracks: tuple[TrackInformation, ...]
    open_track: TrackInformation | None
    toc: Toc | None
    space: Space | None

    @property
    def status(self) -> DiscStatus:
        return self.information.status

    def expected_toc(self) -> Toc | None:
        """The table of contents, or what it would be if the session were closed now."""
        if self.toc and self.space is None:
            return self.toc
        if not self.tracks:
            return None
        last = self.tracks[-1]
        entries = tuple(TocTrack(t.number, t.start_lba, t.control, t.session) for t in self.tracks)
        return Toc(entries, last.start_lba + last.track_sectors + RUN_OUT_SECTORS)


def read_capabilities() -> Procedure[Capabilities | None]:
    """Mode page 2Ah; None from a drive that has none, or none that makes sense."""
    try:
        page = (yield ModeSense10(Capabilities.CODE)).page(Capabilities.CODE)
        return Capabilities.from_page(page) if page else None
    except (SenseError, InvalidReply, ValueError):
        return None


def identify() -> Procedure[Abilities]:
    """INQUIRY, GET CONFIGURATION, page 2Ah; the latter two may be missing on old drives.

    raises  MediumUnsuitable  if this is no CD drive
    """
    inquiry: InquiryReply = yield Inquiry()
    if inquiry.device_type != CD_DEVICE:
        raise NotARecorder(f"{inquiry.vendor} {inquiry.product} is no CD drive")
    configuration: Configuration | None = None
    try:
        configuration = yield GetConfiguration()
    except (SenseError, InvalidReply):
        configuration = None
    capabilities = yield from read_capabilities()
    tao = configuration.feature(FeatureCode.CD_TRACK_AT_ONCE) if configuration else None
    if tao is not None and tao.data:
        test_write, protection = bool(tao.data[0] & 4), bool(tao.data[0] & 0x40)
        writes_tao = True
    else:
        test_write = bool(capabilities and capabilities.test_write)
        protection = bool(capabilities and capabilities.underrun_protection)
        writes_tao = bool(capabilities and (capabilities.writes_cd_r or capabilities.writes_cd_rw))
    profile = configuration.current_profile if configuration else None
    rewrites = configuration is not None and configuration.feature(FeatureCode.CD_RW_MEDIA_WRITE) is not None
    writes_cd_rw = rewrites or bool(capabilities and capabilities.writes_cd_rw)
    streaming = configuration.feature(FeatureCode.REAL_TIME_STREAMING) if configuration else None
    lists_speeds = bool(streaming and streaming.data and streaming.data[0] & WSPD)
    return Abilities(
        inquiry,
        profile,
        capabilities,
        writes_tao,
        writes_cd_rw,
        test_write,
        protection,
        lists_speeds,
        quirks_of(inquiry),
    )


def with_speeds(abilities: Abilities, atip: Atip | None) -> Procedure[Abilities]:
    """The same, with the speeds for this disc."""
    speeds = yield from read_speeds(abilities.lists_speeds, abilities.capabilities, atip)
    return replace(abilities, speeds=speeds)


def contents() -> Procedure[DiscContents]:
    """Everything recorded on the disc, and where the next track may go."""
    information: DiscInformation = yield ReadDiscInformation()
    atip: Atip | None
    try:
        atip = yield ReadAtip()
    except (SenseError, InvalidReply):
        atip = None
    toc: Toc | None
    try:
        toc = yield ReadToc()
    except (SenseError, InvalidReply):
        toc = None  # no session is closed yet, or a pressed disc's drive says so
    tracks, open_track = yield from _tracks(information)
    space = None
    if information.status in (DiscStatus.BLANK, DiscStatus.APPENDABLE):
        space = yield from _space(information, atip)
    return DiscContents(information, atip, tracks, open_track, toc, space)


def _tracks(
    information: DiscInformation,
) -> Procedure[tuple[tuple[TrackInformation, ...], TrackInformation | None]]:
    """All tracks with something in them; the last one apart if it was never ended."""
    found: list[TrackInformation] = []
    if information.status is not DiscStatus.BLANK:
        for number in range(information.first_track, information.last_track_of_last_session + 1):
            try:
                track: TrackInformation = yield ReadTrackInformation(number)
            except IllegalRequest:
                break
            if not track.blank:
                found.append(track)
    if found and found[-1].next_writable_lba is not None:
        return tuple(found[:-1]), found[-1]
    return tuple(found), None


def _space(information: DiscInformation, atip: Atip | None) -> Procedure[Space | None]:
    """Where the next track starts; asked for, never computed (MMC-5 6.27: depends on page 05h)."""
    blank = information.status is DiscStatus.BLANK
    try:
        track: TrackInformation = yield ReadTrackInformation()
    except IllegalRequest:
        limit = information.last_lead_out or (atip.last_lead_out if atip else None)
        # A blank disc takes a first track, whatever the drive makes of the question.
        return Space(1, 0, limit.sectors - PREGAP_SECTORS) if blank and limit else None
    except SenseError:
        return None
    if track.next_writable_lba is None:
        return None
    start = track.next_writable_lba
    number = track.number
    if blank:  # Pioneer BDR-205, LITE-ON LTR-48125S: -150 on a blank disc in any mode
        start = max(start, track.start_lba, 0)
    if not track.blank:  # begun and never ended: it will be, and the next one comes behind it
        number += 1
        start = max(start, track.start_lba + SHORTEST_TRACK_SECTORS) + TAO_GAP_SECTORS
    limit = information.last_lead_out or (atip.last_lead_out if atip else None)
    last = limit.sectors - PREGAP_SECTORS if limit else start + track.free_sectors
    return Space(number, start, last)


def where_next() -> Procedure[Space]:
    """Where the next track may go on the disc as it is now.

    raises  MediumUnsuitable  if no further track can be written
    """
    information: DiscInformation = yield ReadDiscInformation()
    space = yield from _space(information, None)
    if space is None:
        raise MediumUnsuitable("the disc takes no further track; use another disc")
    return space


def inspect() -> Procedure[tuple[Abilities, DiscContents]]:
    """Drive and disc, as `info` and `plan` show them. Changes nothing but the write parameters page,
    on which the next writable address depends.

    raises  NoMedium and what else keeps a drive from being ready
    """
    return (yield from resending(_inspect(), lambda: False))


def _inspect() -> Procedure[tuple[Abilities, DiscContents]]:
    yield from until_ready()
    abilities = yield from identify()
    with contextlib.suppress(SenseError):
        yield PreventAllowMediumRemoval(False)  # cures a tray that an earlier crash left locked
    if abilities.writes_tao and abilities.profile != Profile.CD_ROM:
        with contextlib.suppress(SenseError, InvalidReply):
            yield from select_track_at_once(test_write=False, underrun_protection=True, next_session=0)
    disc = yield from contents()
    return (yield from with_speeds(abilities, disc.atip)), disc
