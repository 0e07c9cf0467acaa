"""What drive and disc say about themselves, before anything is changed."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from itertools import pairwise

from redbook.disc import MOST_TRACKS, PREGAP_SECTORS, RUN_OUT_SECTORS, Msf, Toc, TocTrack
from redbook.engine.free_space import find_space
from redbook.engine.plan import Space
from redbook.engine.speed import Speeds, believable, read_speeds
from redbook.engine.spoiled import is_spoiled
from redbook.engine.steps import Procedure
from redbook.engine.waiting import resending, until_ready
from redbook.engine.write_parameters import select_track_at_once
from redbook.errors import (
    Contradiction,
    IllegalRequest,
    InvalidReply,
    MediumUnsuitable,
    NotARecorder,
    NotTaken,
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
    SessionStatus,
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
from redbook.quirks import VIRTUAL_MARK, Quirks, quirks_of
from redbook.records import dataclass

WSPD = 0x02  # of feature 0107h
SAO = 0x20  # of feature 002Eh
RAW = 0x08
_WITHIN_REACH = (-60_000, -1_000)
"""Where a lead-in can begin, as an LBA: those of discs are about -11600, three minutes before the audio."""
_CDS = (None, Profile.NONE, Profile.CD_ROM, Profile.CD_R, Profile.CD_RW)


@dataclass(frozen=True, slots=True)
class Abilities:
    """Who the drive is and what it can do with the medium in it now.

    writes_sao    session-at-once; assumed for a drive that does not know GET CONFIGURATION
    writes_raw    with a sub-channel made by the host; assumed likewise
    largest_cue_sheet_bytes  that it says it accepts; 0 if it does not say
    lists_speeds  whether it knows GET PERFORMANCE's list of them
    speeds        empty until they were requested
    """

    inquiry: InquiryReply
    profile: int | None
    capabilities: Capabilities | None
    writes_tao: bool
    writes_sao: bool
    writes_cd_rw: bool
    test_write: bool
    underrun_protection: bool
    lists_speeds: bool = False
    quirks: Quirks = Quirks()
    speeds: Speeds = Speeds()
    largest_cue_sheet_bytes: int = 0
    writes_raw: bool = False

    @property
    def name(self) -> str:
        return f"{self.inquiry.vendor} {self.inquiry.product} {self.inquiry.revision}".strip()

    @property
    def write_speeds(self) -> tuple[int, ...]:
        """Multiples of 1x, fastest first; empty if the drive does not list them."""
        if self.speeds.offered:
            return self.speeds.offered
        listed = self.capabilities.write_speeds if self.capabilities else ()
        return tuple(sorted({speed.times for speed in listed if believable(speed.times)}, reverse=True))


@dataclass(frozen=True, slots=True)
class DiscContents:
    """What is on a disc.

    tracks        complete ones, also of a session that is still open
    open_track    begun and never ended; None if there is none
    toc           None until a session is closed
    space         None if nothing more can be written
    problems      what the drive says about the disc that makes no sense, in words
    doubt         why nothing may be written, given what the drive says; empty if there is no reason
    spoiled       its last session was written session-at-once and never finished; what is in it is not a
                  track
    """

    information: DiscInformation
    atip: Atip | None
    tracks: tuple[TrackInformation, ...]
    open_track: TrackInformation | None
    toc: Toc | None
    space: Space | None
    problems: tuple[str, ...] = ()
    doubt: str = ""
    spoiled: bool = False

    @property
    def status(self) -> DiscStatus:
        return self.information.status

    @property
    def data_tracks(self) -> tuple[TrackInformation, ...]:
        """Those that are not audio, including an unfinished one."""
        opened = () if self.open_track is None else (self.open_track,)
        return tuple(track for track in (*self.tracks, *opened) if not track.is_audio)

    @property
    def lead_in_start(self) -> Msf | None:
        """Of a blank disc, as the drive or the disc itself states it; None if neither makes sense."""
        answers = (self.information.last_session_lead_in, self.atip.lead_in_start if self.atip else None)
        for start in answers:
            if start is not None and _WITHIN_REACH[0] <= start.lba <= _WITHIN_REACH[1]:
                return start
        return None

    def expected_toc(self) -> Toc | None:
        """The table of contents, or what it would be if the session were closed now.

        None for a finished disc whose table of contents cannot be read: players cannot read it, either.
        """
        whole = self.toc and self.tracks and self.toc.tracks[-1].number == self.tracks[-1].number
        if self.status is DiscStatus.COMPLETE or (self.toc and (self.space is None or whole)):
            return self.toc
        if not self.tracks:
            return None
        last = self.tracks[-1]
        entries = tuple(TocTrack(t.number, t.start_lba, t.control, t.session) for t in self.tracks)
        return Toc(entries, last.start_lba + last.track_sectors + RUN_OUT_SECTORS)


def read_capabilities() -> Procedure[Capabilities | None]:
    """Mode page 2Ah; None for a drive that has none, or none that makes sense."""
    try:
        page = (yield ModeSense10(Capabilities.CODE)).page(Capabilities.CODE)
        return Capabilities.from_page(page) if page else None
    except (SenseError, InvalidReply, ValueError):
        return None


def identify() -> Procedure[Abilities]:
    """INQUIRY, GET CONFIGURATION, page 2Ah; the latter two may be missing on old drives.

    raises  MediumUnsuitable  if this is not a CD drive
    """
    inquiry: InquiryReply = yield Inquiry()
    if inquiry.device_type != CD_DEVICE:
        raise NotARecorder(f"{inquiry.vendor} {inquiry.product} is not a CD drive")
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
    mastering = configuration.feature(FeatureCode.CD_MASTERING) if configuration else None
    if configuration is None:
        writes_sao = writes_raw = writes_tao  # page 05h will tell
    else:
        writes_sao = bool(mastering and mastering.data and mastering.data[0] & SAO)
        writes_raw = bool(mastering and mastering.data and mastering.data[0] & RAW)
    largest_sheet = int.from_bytes(mastering.data[1:4], "big") if mastering else 0
    writes_cd_rw = rewrites or bool(capabilities and capabilities.writes_cd_rw)
    streaming = configuration.feature(FeatureCode.REAL_TIME_STREAMING) if configuration else None
    lists_speeds = bool(streaming and streaming.data and streaming.data[0] & WSPD)
    return Abilities(
        inquiry=inquiry,
        profile=profile,
        capabilities=capabilities,
        writes_tao=writes_tao,
        writes_sao=writes_sao,
        writes_cd_rw=writes_cd_rw,
        test_write=test_write,
        underrun_protection=protection,
        lists_speeds=lists_speeds,
        quirks=quirks_of(inquiry),
        largest_cue_sheet_bytes=largest_sheet,
        writes_raw=writes_raw,
    )


def is_virtual() -> Procedure[bool]:
    """Whether it is the virtual recorder, under whatever name.

    Asked only where that matters: INQUIRY of more than 36 bytes is not safe with every drive.
    """
    try:
        reply: InquiryReply = yield Inquiry(InquiryReply.MAKERS_BYTES)
    except (SenseError, InvalidReply):
        return False
    return reply.makers_own == VIRTUAL_MARK


def with_speeds(abilities: Abilities, atip: Atip | None) -> Procedure[Abilities]:
    """The same, with the speeds for this disc."""
    speeds = yield from read_speeds(abilities.lists_speeds, abilities.capabilities, atip)
    return replace(abilities, speeds=speeds)


def is_cd(profile: int | None) -> bool:
    """Whether the drive says that it contains a CD, or does not say."""
    return profile in _CDS


def contents(of_cd: bool = True) -> Procedure[DiscContents]:
    """Everything recorded on the disc, and where the next track may go.

    What makes no sense in it is reported separately, so that the rest can be shown; only the disc's state
    must make sense.

    of_cd  whether it is a CD; for other discs only the state is read

    raises  InvalidReply  for a state that no disc can be in
    """
    information: DiscInformation = yield ReadDiscInformation(of_cd=of_cd)
    if not of_cd:
        return DiscContents(information, None, (), None, None, None)
    atip: Atip | None
    try:
        atip = yield ReadAtip()
    except (SenseError, InvalidReply):
        atip = None
    toc: Toc | None
    problems: list[str] = []
    try:
        toc = yield ReadToc()
    except SenseError:
        toc = None  # no session is closed yet, or a pressed disc's drive says so
    except InvalidReply as error:
        toc = None
        if _has_toc(information):
            problems.append(str(error))
    found, doubts = yield from _tracks(information)
    problems += doubts
    tracks, open_track = found, None
    if found and found[-1].next_writable_lba is not None:
        tracks, open_track = found[:-1], found[-1]
    space = None
    spoiled = yield from is_spoiled(information)
    if spoiled:
        tracks = tuple(t for t in found if t.number < information.first_track_of_last_session)
        open_track = None
    elif information.status in (DiscStatus.BLANK, DiscStatus.APPENDABLE):
        try:
            _check_against_toc(information, toc, found)
            space = yield from find_space(information, atip, None if doubts else tracks)
        except InvalidReply as error:
            doubts.append(str(error))
            problems.append(str(error))
    doubt = doubts[0] if doubts else ""
    each_once = tuple(dict.fromkeys(problems))
    return DiscContents(information, atip, tracks, open_track, toc, space, each_once, doubt, spoiled)


def _has_toc(information: DiscInformation) -> bool:
    """Whether a session is closed; if none is, drives say all kinds of things about a table of contents."""
    open_sessions = information.last_session_status in (SessionStatus.EMPTY, SessionStatus.INCOMPLETE)
    return information.status is not DiscStatus.BLANK and information.sessions > open_sessions


def _check_against_toc(
    information: DiscInformation, toc: Toc | None, found: tuple[TrackInformation, ...]
) -> None:
    """raises  Contradiction  for a blank disc with a table of contents, or tracks elsewhere than in it"""
    if toc is None or not toc.tracks:
        return
    if information.status is DiscStatus.BLANK:
        raise Contradiction(
            f"the drive calls the disc blank, but reads a table of contents of {len(toc.tracks)} tracks from "
            "it; nothing was written: take the disc out and put it in again, or use another disc"
        )
    listed = {track.number: track.start_lba for track in toc.tracks}
    for track in found:
        start = listed.get(track.number, track.start_lba)
        if abs(start - track.start_lba) > PREGAP_SECTORS:
            raise Contradiction(
                f"the drive says that track {track.number} starts at sector {track.start_lba}, but its table "
                f"of contents says {start}; take the disc out and put it in again, or try another drive"
            )


def _tracks(information: DiscInformation) -> Procedure[tuple[tuple[TrackInformation, ...], list[str]]]:
    """All tracks with something in them, the last one perhaps not ended; and what makes no sense about
    them.
    """
    found: list[TrackInformation] = []
    doubts: list[str] = []
    if information.status is not DiscStatus.BLANK:
        last = min(information.last_track_of_last_session, MOST_TRACKS)
        for number in range(information.first_track, last + 1):
            try:
                track: TrackInformation = yield ReadTrackInformation(number)
            except IllegalRequest:
                break
            except InvalidReply as error:
                doubts.append(str(error))
                continue
            if not track.blank:
                found.append(track)
    for before, track in pairwise(found):
        # The room of a track may reach to the next one's start, its pregap included.
        if track.start_lba <= before.start_lba or track.start_lba < _end(before):
            doubts.append(
                f"the drive says that track {before.number} extends from sector {before.start_lba} to "
                f"{_end(before) - 1}, but that track {track.number} starts at {track.start_lba}; take the "
                "disc out and put it in again, or try another drive"
            )
    return tuple(found), doubts


def _end(track: TrackInformation) -> int:
    """The first sector after it; for one that was not ended, the drive says what it will be."""
    return track.start_lba + (0 if track.next_writable_lba is not None else track.track_sectors)


def where_next() -> Procedure[Space]:
    """Where the next track may go on the disc as it is now.

    raises  MediumUnsuitable  if no further track can be written
            InvalidReply      if what the drive says about that makes no sense
    """
    information: DiscInformation = yield ReadDiscInformation()
    space = yield from find_space(information, None)
    if space is None:
        raise MediumUnsuitable("no more tracks can be added to the disc; use another one")
    return space


def inspect() -> Procedure[tuple[Abilities, DiscContents]]:
    """Drive and disc, as `info` and `plan` show them. Changes nothing but the write parameters page,
    on which the next writable address depends.

    raises  NoMedium and whatever else keeps a drive from being ready
    """
    return (yield from resending(_inspect(), lambda: False))


def _inspect() -> Procedure[tuple[Abilities, DiscContents]]:
    yield from until_ready()
    abilities = yield from identify()
    with contextlib.suppress(SenseError, NotTaken):
        yield PreventAllowMediumRemoval(False)  # cures a tray that an earlier crash left locked
    if abilities.writes_tao and abilities.profile != Profile.CD_ROM:
        with contextlib.suppress(SenseError, InvalidReply):
            yield from select_track_at_once(test_write=False, underrun_protection=True, next_session=0)
    disc = yield from contents(is_cd(abilities.profile))
    return (yield from with_speeds(abilities, disc.atip)), disc
