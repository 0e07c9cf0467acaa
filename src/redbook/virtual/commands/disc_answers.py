"""What the virtual recorder says is on its disc.

Source: MMC-5 6.22 (READ DISC INFORMATION), 6.26 (READ TOC/PMA/ATIP), 6.27 (READ TRACK INFORMATION).
"""

from __future__ import annotations

from dataclasses import replace

from redbook.disc import (
    LATER_LEAD_IN_SECTORS,
    LEAD_OUT,
    PREGAP_SECTORS,
    RUN_OUT_SECTORS,
    Msf,
    next_session_start,
)
from redbook.image.base import RecordedSession, RecordedTrack, TrackState
from redbook.mmc import disc_info, sense
from redbook.mmc.capacity import Capacity, FormatCapacities, FormatDescriptorType
from redbook.mmc.disc_info import (
    DiscInformation,
    SessionStatus,
    TocPoint,
    TrackAddress,
    TrackInformation,
)
from redbook.mmc.mode_pages import WriteParameters, WriteType
from redbook.virtual.habits import AtipAnswer
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model
from redbook.virtual.refused import Refused
from redbook.virtual.writing import raw


def disc_information(medium: Medium) -> DiscInformation:
    state = medium.state
    opened = state.open_session
    next_number = medium.next_track_number
    if opened:
        session_status = SessionStatus.INCOMPLETE
        first = opened.tracks[0].number
        if broken_off(medium):  # what the sheet said is forgotten: it is in no PMA, and there is no TOC
            tracks = (first, first)
        else:
            being_written = state.open_track or state.broken_session
            tracks = (first, next_number - 1 if being_written else next_number)
        sessions = len(state.sessions)
    elif state.finished:
        session_status = SessionStatus.COMPLETE
        tracks = (state.sessions[-1].tracks[0].number, next_number - 1)
        sessions = len(state.sessions)
    else:
        session_status = SessionStatus.EMPTY
        tracks = (next_number, next_number)
        sessions = len(state.sessions) + 1
    return DiscInformation(
        status=medium.status,
        last_session_status=session_status,
        erasable=state.rewritable,
        first_track=state.tracks[0].number if state.tracks else 1,
        sessions=sessions,
        first_track_of_last_session=tracks[0],
        last_track_of_last_session=tracks[1],
        disc_type=_disc_type(medium) if state.sessions else 0xFF,
        last_session_lead_in=None if state.finished else _lead_in_start(medium),
        last_lead_out=None if state.finished else state.last_lead_out,
    )


def broken_off(medium: Medium) -> RecordedSession | None:
    """A session written at once that ended before its lead-out; None while it is still being written."""
    return medium.state.broken_session if medium.at_once_lba is None else None


def _disc_type(medium: Medium) -> int:
    """CD-DA or CD-ROM, or CD-ROM XA.  Source: MMC-5 table 365"""
    return 0x20 if any(track.data_mode == 2 for track in medium.state.tracks) else 0x00


def _lead_in_start(medium: Medium) -> Msf:
    closed = medium.state.closed_sessions
    if not closed:
        return medium.state.lead_in_start
    lead_out = closed[-1].lead_out_lba or 0
    return Msf.from_lba(next_session_start(lead_out, len(closed)) - PREGAP_SECTORS - LATER_LEAD_IN_SECTORS)


def track_information(
    medium: Medium, command: disc_info.ReadTrackInformation, page: WriteParameters, model: Model
) -> TrackInformation:
    """The reply to READ TRACK INFORMATION, as a value.

    page  write parameters (mode page 05h): where the next write goes depends on its write type

    raises  Refused 5/24/00 if there is no such track
    """
    number = command.address
    broken = broken_off(medium)
    if broken is not None and _lies_in_broken(medium, command):
        return _broken_track(medium, broken)
    if command.kind is TrackAddress.LBA:
        number = _track_at(medium, command.address)
    elif command.kind is TrackAddress.SESSION:
        number = _first_track_of_session(medium, command.address)
    elif number == disc_info.INVISIBLE_TRACK:
        number = medium.track_being_written or medium.next_track_number
    existing = medium.track(number)
    if existing is not None and broken is not None and existing in broken.tracks:
        raise Refused(sense.ILLEGAL, 0x24, 0)
    if existing is not None:
        return _existing_track(medium, existing)
    if number != medium.next_track_number:
        raise Refused(sense.ILLEGAL, 0x24, 0)
    return _invisible_track(medium, number, page, model)


def _lies_in_broken(medium: Medium, command: disc_info.ReadTrackInformation) -> bool:
    """Whether it asks for the last session, which broke off."""
    track = medium.state.sessions[-1].tracks[0]
    if command.kind is TrackAddress.SESSION:
        return command.address == len(medium.state.sessions)
    if command.kind is TrackAddress.LBA:
        return command.address >= track.pregap_lba
    return command.address == track.number


def _broken_track(medium: Medium, session: RecordedSession) -> TrackInformation:
    """There is only one damaged track, which cannot be continued (MMC-5 6.27, Damage and NWA_V)."""
    track = session.tracks[0]
    sectors = max(0, medium.state.end_lba - track.start_lba)
    return TrackInformation(
        number=track.number,
        session=len(medium.state.sessions),
        control=track.toc_control,
        blank=False,
        damaged=True,
        start_lba=track.start_lba,
        next_writable_lba=None,
        free_sectors=0,
        track_sectors=sectors,
        last_recorded_lba=track.start_lba + sectors - 1 if sectors else None,
    )


def _invisible_track(medium: Medium, number: int, page: WriteParameters, model: Model) -> TrackInformation:
    """Where the next write goes. Its address follows the write type of page 05h at once.

    On a blank disc session-at-once begins with the pregap; after a session the address is the same for
    each write type (wodim and cdrskin -msinfo then agree).
    """
    start = next_lba = medium.next_writable_lba
    if not medium.state.sessions:
        if page.write_type == WriteType.RAW:
            next_lba = raw.first_lba(medium)
        elif page.write_type == WriteType.SESSION_AT_ONCE or model.always_150_before:
            next_lba = start - PREGAP_SECTORS
    free = max(0, medium.state.last_lead_out_lba - start)
    session = len(medium.state.closed_sessions) + 1
    return TrackInformation(number, session, page.track_mode, True, False, start, next_lba, free, free)


def _existing_track(medium: Medium, track: RecordedTrack) -> TrackInformation:
    state = medium.state
    session = next(i for i, s in enumerate(state.sessions, 1) if track in s.tracks)
    writing = track.number == medium.track_being_written
    last = state.last_lead_out_lba
    next_lba = medium.next_writable_lba if writing else None
    return TrackInformation(
        number=track.number,
        session=session,
        control=track.toc_control,
        blank=False,
        damaged=track.state is TrackState.DAMAGED,
        start_lba=track.start_lba,
        next_writable_lba=next_lba,
        free_sectors=max(0, last - next_lba) if next_lba is not None else 0,
        track_sectors=last - track.start_lba if writing else track.sectors,
        last_recorded_lba=track.start_lba + track.sectors - 1 if next_lba is None else next_lba - 1,
        data_mode=track.data_mode,
    )


def _track_at(medium: Medium, lba: int) -> int:
    """Number of the track that holds this sector (its gap belongs to the one before), or the next."""
    for track in reversed(medium.state.tracks):
        if lba >= track.start_lba:
            inside = lba < track.end_lba + RUN_OUT_SECTORS or track.number == medium.track_being_written
            return track.number if inside else track.number + 1
    return medium.state.tracks[0].number if medium.state.tracks else 1


def _first_track_of_session(medium: Medium, number: int) -> int:
    sessions = medium.state.sessions
    if 1 <= number <= len(sessions):
        return sessions[number - 1].tracks[0].number
    if number == len(sessions) + 1 and not medium.state.open_session:
        return medium.next_track_number
    raise Refused(sense.ILLEGAL, 0x24, 0)


def toc(medium: Medium, command: disc_info.ReadToc) -> bytes:
    table = medium.toc()
    if table.tracks[-1].number < command.first_track != LEAD_OUT:
        raise Refused(sense.ILLEGAL, 0x24, 0)
    return command.build_reply(table)


def session_information(medium: Medium, command: disc_info.ReadSessionInformation) -> bytes:
    medium.toc()
    closed = medium.state.closed_sessions
    first = closed[-1].tracks[0]
    return command.build_reply(
        disc_info.SessionInformation(1, len(closed), first.number, first.start_lba, first.toc_control)
    )


def full_toc(medium: Medium, command: disc_info.ReadFullToc) -> bytes:
    """Every Q entry of the closed sessions' lead-ins, from one session on."""
    medium.toc()
    closed = medium.state.closed_sessions
    points = [
        point
        for number, session in enumerate(closed, 1)
        if number >= command.session
        for point in _session_points(medium, number, session)
    ]
    if not points:
        raise Refused(sense.ILLEGAL, 0x24, 0)
    return disc_info.RawToc(1, len(closed), tuple(points)).to_bytes()


def _session_points(medium: Medium, number: int, session: RecordedSession) -> list[TocPoint]:
    state = medium.state
    first, last = session.tracks[0], session.tracks[-1]
    lead_out = session.lead_out_lba or 0
    points = [
        TocPoint(number, 1, first.toc_control, 0xA0, (first.number, _disc_type(medium), 0)),
        TocPoint(number, 1, last.toc_control, 0xA1, (last.number, 0, 0)),
        TocPoint(number, 1, last.toc_control, 0xA2, _msf(lead_out)),
    ]
    points += [TocPoint(number, 1, t.toc_control, t.number, _msf(t.start_lba)) for t in session.tracks]
    another = not state.finished or number < len(state.sessions)
    if another or number > 1:
        following = _msf(next_session_start(lead_out, number) - PREGAP_SECTORS)
        limit = state.last_lead_out
        points.append(
            TocPoint(
                *(number, 5, 0, 0xB0),
                (limit.minute, limit.second, limit.frame),
                following if another else (0xFF, 0xFF, 0xFF),
                2 if number == 1 else 1,
            )
        )
    if number == 1 and not state.pressed:
        start = state.lead_in_start
        points.append(TocPoint(1, 5, 0, 0xC0, (start.minute, start.second, start.frame)))
    return points


def pma(medium: Medium) -> bytes:
    """One entry for each track that was ended: its start, and where it stops."""
    points = tuple(
        TocPoint(0, 1, t.toc_control, t.number, _msf(t.start_lba), _msf(t.end_lba))
        for t in medium.state.ended_tracks
    )
    return disc_info.RawToc(0, 0, points).to_bytes()


def _msf(lba: int) -> tuple[int, int, int]:
    msf = Msf.from_lba(lba)
    return msf.minute, msf.second, msf.frame


def capacity(medium: Medium | None) -> bytes:
    """The last sector before the lead-out; 0 if nothing is recorded.

    GOOD even without a disc, contrary to the standard: QEMU's iSCSI initiator does not start
    with a drive that refuses it.
    """
    closed = medium.state.closed_sessions if medium is not None else []
    return Capacity((closed[-1].lead_out_lba or 1) - 1 if closed else 0).to_bytes()


def format_capacities(medium: Medium | None) -> bytes:
    if medium is None:
        return FormatCapacities(0, FormatDescriptorType.NO_MEDIA).to_bytes()
    if not medium.state.closed_sessions:
        return FormatCapacities(medium.state.last_lead_out_lba, FormatDescriptorType.UNFORMATTED).to_bytes()
    return FormatCapacities(medium.state.end_lba, FormatDescriptorType.FORMATTED).to_bytes()


def atip(medium: Medium, model: Model) -> bytes:
    """The reply to READ ATIP.

    raises  Refused 5/24/00  from a model that does not read it, and for a pressed disc
    """
    if model.atip is AtipAnswer.REFUSED:
        raise Refused(sense.ILLEGAL, 0x24, 0)
    pressed = medium.atip
    if pressed is None:
        raise Refused(sense.ILLEGAL, 0x24, 0)
    if model.atip is AtipAnswer.ZERO:
        pressed = replace(pressed, lead_in_start=None, last_lead_out=None)
    return pressed.to_bytes()


def mcn(medium: Medium) -> str:
    """Of the last closed session that has one."""
    return next((s.mcn for s in reversed(medium.state.closed_sessions) if s.mcn), "")


def isrc(medium: Medium, track: int) -> str:
    """The ISRC of a track in a closed session; empty if it has none.

    raises  Refused 5/24/00  if there is no such track
    """
    found = [t for s in medium.state.closed_sessions for t in s.tracks if t.number == track]
    if not found:
        raise Refused(sense.ILLEGAL, 0x24, 0)
    return found[0].isrc
