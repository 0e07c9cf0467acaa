"""Track-at-once: each track written separately, with two seconds of silence between them from the drive.

The most trusted way: what was written before an error stays, and tracks can be added until the session is
closed.  Source: the sequences of cdrecord and libburn, MMC-5 4.2.3.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from redbook.disc import RUN_OUT_SECTORS, SHORTEST_TRACK_SECTORS
from redbook.disc.layout import LaidTrack, SessionLayout, behind_run_out
from redbook.engine.close import close_session
from redbook.engine.events import Notice, Phase, PhaseStarted
from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.one_track import pad, place_track, synchronize, write_track
from redbook.engine.outcome import Outcome, Settings, disc_now
from redbook.engine.plan import Space, lay_out
from redbook.engine.prepare import check_writer, space_on, take_write_parameters
from redbook.engine.steps import Commit, Now, Point, Procedure, SectorsDone
from redbook.errors import DriveError, StillBusy
from redbook.mmc.mode_pages import MultiSession
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class TrackAtOnce:
    """lengths: of each track, in sectors of audio"""

    lengths: Sequence[int]
    name: str = "track-at-once"

    def check(self, abilities: Abilities) -> None:
        check_writer(abilities)

    def space(self, abilities: Abilities, disc: DiscContents) -> Space:
        return space_on(abilities, disc)

    def place(self, space: Space) -> SessionLayout:
        return lay_out(self.lengths, space)

    def parameters(self, settings: Settings, offered: bool) -> Procedure[bool]:
        return take_write_parameters(settings, offered)

    def arm(
        self, layout: SessionLayout, disc: DiscContents, settings: Settings, outcome: Outcome
    ) -> Procedure[None]:
        yield from ()

    def write(
        self, layout: SessionLayout, space: Space, settings: Settings, outcome: Outcome
    ) -> Procedure[SessionLayout]:
        """Write all tracks; returns the layout as it has become, if the drive wanted more room between
        them.
        """
        placed: list[LaidTrack] = []
        moved = 0
        for track in layout.tracks:
            if outcome.drive.page_in_doubt:
                outcome.drive.page_in_doubt = False
                outcome.drive.protection = yield from take_write_parameters(
                    settings, outcome.drive.protection
                )
            there = replace(track, start_lba=track.start_lba + moved)
            behind = layout.tracks[-1].end_lba - track.end_lba  # what is still to come, gaps included
            before = placed[-1] if placed else None
            room = space.last_lead_out_lba - RUN_OUT_SECTORS - behind
            there = yield from place_track(there, before, room, outcome, settings.test_write)
            moved = there.start_lba - track.start_lba
            placed.append(there)
            yield from write_track(there, outcome)
        yield Now()  # a cancel while the last track was ended leaves the session open, as while any other
        return replace(layout, tracks=tuple(placed), lead_out_lba=behind_run_out(placed[-1]))

    def end(self, layout: SessionLayout, settings: Settings, outcome: Outcome) -> Procedure[None]:
        if settings.finalize:
            yield Commit(Point.CLOSE)
            yield PhaseStarted(Phase.CLOSING)
            yield from close_session(MultiSession.LAST, settings.test_write)
            outcome.closed = not settings.test_write

    def wind_down(self, outcome: Outcome) -> Procedure[None]:
        return end_cut_short(outcome)

    def disc_now(self, outcome: Outcome, settings: Settings) -> str:
        return disc_now(outcome, settings)


def end_cut_short(outcome: Outcome) -> Procedure[None]:
    """Leave no half-open track: pad what was begun to 4 s and end it, if the drive still lets us.

    Even after an error this makes most drives write run-out and PMA; without it some take the disc for
    blank afterwards.
    """
    track = outcome.open_track
    if track is None:
        return
    sent = outcome.sent
    if outcome.lba is None:  # no WRITE has failed: more can be sent
        try:
            yield from pad(SHORTEST_TRACK_SECTORS, track, outcome)
        except DriveError as error:
            yield Notice(f"track {track.number} could not be padded to 4 s: {error}")
    yield SectorsDone(Phase.WRITING, track.number, outcome.sent, outcome.sent)  # the last that is told
    try:
        yield PhaseStarted(Phase.ENDING_TRACK, track.number)
        yield from synchronize()
    except DriveError as error:
        yield Notice(f"track {track.number} could not be ended: {error}")
        if isinstance(error, StillBusy):
            outcome.unknown = str(error)
        return
    outcome.open_track = None
    outcome.cut_short = (track, sent)
