"""Where each audio track of a disc begins and ends, as programs that compare rips count it.

A ripper reads from index 1 to the next track's index 1, the gap included, and the last track of a session to
its lead-out.  Source: MMC-5 6.26.4 (READ TOC format 2 has the lead-out of each session).
"""

from __future__ import annotations

from collections.abc import Iterator

from redbook.disc import MOST_TRACKS, PREGAP_SECTORS, RUN_OUT_SECTORS, Msf, next_session_start
from redbook.engine.inspect import DiscContents
from redbook.engine.steps import Procedure
from redbook.errors import InvalidReply, SenseError
from redbook.mmc.disc_info import RawToc, ReadFullToc, TrackInformation
from redbook.records import dataclass

_LEAD_OUT_POINT = 0xA2


@dataclass(frozen=True, slots=True)
class Extent:
    """Of one audio track.

    own_sectors  of the track itself, without the gap after it
    sectors      to where a ripper reads
    """

    number: int
    start_lba: int
    own_sectors: int
    sectors: int
    first: bool
    last: bool


def audio_extents(disc: DiscContents) -> Procedure[tuple[Extent, ...]]:
    """Of all complete audio tracks, in order."""
    _, lead_outs = yield from lead_outs_by_session()
    return tuple(_extents(disc, lead_outs))


def lead_outs_by_session() -> Procedure[tuple[dict[int, int], dict[int, int]]]:
    """The session of each track, and the lead-out of each session; empty for a drive that does not report
    it.
    """
    try:
        raw: RawToc = yield ReadFullToc()
    except (SenseError, InvalidReply):
        return {}, {}
    sessions = {point.point: point.session for point in raw.points if 1 <= point.point <= MOST_TRACKS}
    found = [point for point in raw.points if point.point == _LEAD_OUT_POINT]
    return sessions, {point.session: Msf(*point.address).program_lba for point in found}


def _extents(disc: DiscContents, lead_outs: dict[int, int]) -> Iterator[Extent]:
    audio = [track for track in disc.tracks if track.is_audio]
    for track, following in zip(disc.tracks, (*disc.tracks[1:], None), strict=True):
        if not track.is_audio:
            continue
        own = track.start_lba + track.track_sectors
        end = _end(disc, track, following, lead_outs)
        yield Extent(
            track.number,
            track.start_lba,
            min(own, end) - track.start_lba,
            end - track.start_lba,
            track is audio[0],
            track is audio[-1],
        )


def _end(
    disc: DiscContents,
    track: TrackInformation,
    following: TrackInformation | None,
    lead_outs: dict[int, int],
) -> int:
    own = track.start_lba + track.track_sectors
    if following is not None and following.session == track.session:
        # The two seconds before data are data, too (ECMA-130 clause 20).
        return following.start_lba - (0 if following.is_audio else PREGAP_SECTORS)
    lead_out = lead_outs.get(track.session)
    if lead_out is not None and own <= lead_out:
        return lead_out
    if following is not None:  # the distance is the same on each disc
        return following.start_lba - next_session_start(0, track.session)
    if disc.toc is not None and disc.toc.tracks[-1].number == track.number:
        return disc.toc.lead_out_lba
    return own + RUN_OUT_SECTORS  # a session that is still open: where its lead-out would be
