"""Which tracks a disc has, and where after each of them there is no audio to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from redbook.disc import PREGAP_SECTORS, next_session_start
from redbook.engine.extents import lead_outs_by_session
from redbook.engine.inspect import DiscContents
from redbook.engine.steps import Procedure
from redbook.mmc.disc_info import TrackInformation
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class CompleteTrack:
    """A track on the disc that was ended: no more can be written to it.

    end_lba   where the two seconds before data, or the lead-out of its session, begin after it; None where
              audio follows, or the drive does not say
    lead_out  whether that is a lead-out
    reported  whether the drive reports the track itself; else the table of contents lists it, and no more
    """

    number: int
    start_lba: int
    is_audio: bool
    session: int
    end_lba: int | None = None
    lead_out: bool = False
    reported: bool = True


def complete_tracks_on(disc: DiscContents) -> Procedure[tuple[CompleteTrack, ...]]:
    """Every complete track, in order: those that the drive reports, and those in the table of contents."""
    found = {t.number: CompleteTrack(t.number, t.start_lba, t.is_audio, t.session) for t in disc.tracks}
    listed = disc.toc.tracks if disc.toc is not None else ()
    begun = disc.open_track.number if disc.open_track is not None else None
    unknown = [t for t in listed if t.number not in found and t.number != begun]
    lead_outs: Mapping[int, int] = {}
    if disc.information.sessions > 1 or unknown:
        sessions, lead_outs = yield from lead_outs_by_session()
        for t in unknown:
            session = sessions.get(t.number, t.session)
            found[t.number] = CompleteTrack(t.number, t.start_lba, t.is_audio, session, reported=False)
    tracks = [found[number] for number in sorted(found)]
    return tuple(_with_end(track, tracks[n + 1 : n + 2], disc, lead_outs) for n, track in enumerate(tracks))


def _with_end(
    track: CompleteTrack, following: Sequence[CompleteTrack], disc: DiscContents, lead_outs: Mapping[int, int]
) -> CompleteTrack:
    end: int | None
    if following and following[0].session == track.session:
        if following[0].is_audio:
            return track
        # The two seconds before data are data, too (ECMA-130 clause 20).
        return replace(track, end_lba=following[0].start_lba - PREGAP_SECTORS)
    end = lead_outs.get(track.session)
    if end is None or end <= track.start_lba:
        end = None
        if following:  # the distance is the same on each disc
            end = following[0].start_lba - next_session_start(0, track.session)
        elif disc.toc is not None and disc.toc.tracks and disc.toc.tracks[-1].number == track.number:
            end = disc.toc.lead_out_lba
    return replace(track, end_lba=end, lead_out=end is not None)


def in_words(numbers: Sequence[int]) -> str:
    """ "track 2", "tracks 1 and 3" """
    if len(numbers) == 1:
        return f"track {numbers[0]}"
    return f"tracks {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def numbered(tracks: Sequence[TrackInformation]) -> str:
    """ "track 2", "tracks 1 and 3" """
    return in_words([track.number for track in tracks])
