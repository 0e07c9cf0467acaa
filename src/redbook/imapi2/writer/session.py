"""The drive while the track-at-once writer has it, and what has been written."""

from __future__ import annotations

import logging

from redbook.disc import RUN_OUT_SECTORS, Toc, TocTrack
from redbook.disc.layout import LaidTrack
from redbook.disc.padding import padded
from redbook.engine.burn import add_track
from redbook.engine.close import end_session
from redbook.engine.conclude import not_reached_in_words
from redbook.engine.events import TrackEnded
from redbook.engine.fingerprint import Fingerprint
from redbook.engine.inspect import Abilities, DiscContents, where_next
from redbook.engine.locate import not_located
from redbook.engine.method import Method
from redbook.engine.outcome import Settings
from redbook.engine.plan import Space
from redbook.engine.prepare import space_on
from redbook.engine.quick_check import check_disc, check_track
from redbook.engine.speed import MAX_SPEED
from redbook.engine.steps import Procedure
from redbook.engine.track_at_once import TrackAtOnce
from redbook.engine.verify import ReadBack, VerifyRequest, verify
from redbook.errors import DriveError, MediumUnsuitable, VerificationFailed
from redbook.imapi2.devices import Handle
from redbook.imapi2.writer.held_drive import HeldDrive
from redbook.imapi2.writer.track_stream import TrackStream
from redbook.mmc.disc_info import ReadToc
from redbook.mmc.mode_pages import MultiSession
from redbook.runner.cancel import Cancel

_log = logging.getLogger("redbook.imapi2")


class Session(HeldDrive):
    """The drive and its disc. The sector counts do not change while a track is written, only in `refresh`.

    tracks   every track of ours that is on the disc, including one that was cut short
    touched  whether anything was sent to the disc
    """

    def __init__(self, handle: Handle, client_name: str) -> None:
        super().__init__(handle, client_name)
        self.tracks: list[TrackEnded] = []
        self.touched = False
        self.total_sectors = self.free_sectors = self.next_lba = 0
        self._sent: dict[int, Fingerprint] = {}
        self._stale = False

    @property
    def _method(self) -> Method:
        return TrackAtOnce(())

    def _begin(self, abilities: Abilities, disc: DiscContents, cancel: Cancel) -> None:
        space = space_on(abilities, disc)
        self.total_sectors = self.free_sectors = space.free_sectors
        self.next_lba = space.next_lba

    # Tracks

    @property
    def used_sectors(self) -> int:
        return self.total_sectors - self.free_sectors

    @staticmethod
    def sectors_for(stream: TrackStream) -> int:
        return padded(stream.sectors)

    def add(self, stream: TrackStream, underrun_protection: bool) -> Procedure[LaidTrack]:
        """Write the next track.  Call `refresh` afterwards, however it ends."""
        before = self._outcome
        self._outcome = before.next_track(list(self.tracks))
        self._outcome.drive.protection = self._abilities is not None and self._abilities.underrun_protection
        settings = Settings(MAX_SPEED, underrun_protection=underrun_protection)
        return add_track(settings, stream.sectors, self._outcome)

    def refresh(self, stream: TrackStream) -> None:
        """Update what the last track has changed: by what the drive says, else by what was written."""
        outcome = self._outcome
        if stream.summed and len(outcome.ended) > len(self.tracks):
            last = outcome.ended[-1]
            self._sent[last.number] = stream.fingerprint(last.sectors)
        self.touched = self.touched or outcome.touched
        self.tracks = list(outcome.ended)
        if outcome.open_track is not None and outcome.touched:  # it will be ended with what was sent
            begun = outcome.open_track
            sectors = padded(outcome.sent)
            self.tracks.append(TrackEnded(begun.number, begun.start_lba, sectors))
        elif outcome.cut_short is not None:
            track, sent = outcome.cut_short
            known = None if outcome.found is None else {t.number: t for t in outcome.found.tracks}
            if known is None or track.number in known:
                sectors = known[track.number].track_sectors if known else padded(sent)
                self.tracks.append(TrackEnded(track.number, track.start_lba, sectors))
        self._stale = self._stale or outcome.touched
        if outcome.space is not None and outcome.found is None:
            self._know(outcome.space)
        try:
            self.bring_up_to_date()
        except DriveError as error:
            _log.warning("it is not known now how much space is left: %s", error)

    def bring_up_to_date(self) -> None:
        """Ask the drive where the next track goes, if that is not known.  raises  DriveError"""
        if self._stale:
            try:
                self._know(self._run(where_next()))
            except MediumUnsuitable:  # no further track
                self.free_sectors, self._stale = 0, False

    def _know(self, space: Space) -> None:
        self.free_sectors, self.next_lba = space.free_sectors, space.next_lba
        self._stale = False

    def expected_toc(self) -> bytes:
        """The reply to READ TOC, format 0 with LBAs, for the tracks so far."""
        entries = tuple(TocTrack(track.number, track.start_lba) for track in self.tracks)
        last = self.tracks[-1]
        return ReadToc().build_reply(Toc(entries, last.start_lba + last.sectors + RUN_OUT_SECTORS))

    # The end

    def close(self, finalize: bool) -> Procedure[bool]:
        next_session = MultiSession.LAST if finalize else MultiSession.NEXT_ALLOWED
        return end_session(next_session, bool(self.tracks))

    def check_last_track(self) -> None:
        """Check that the drive knows the last track as it was written: its place and length.

        raises  VerificationFailed, DriveError
        """
        self._run(check_track(self.tracks[-1]))

    def check_disc(self, finalized: bool) -> None:
        """Check the state of the disc and its table of contents against what was written.

        raises  VerificationFailed, DriveError
        """
        self._run(check_disc(self.tracks, finalized))

    @property
    def whole_tracks(self) -> list[TrackEnded]:
        """The tracks of which it is known what was sent."""
        return [track for track in self.tracks if track.number in self._sent]

    def read_back(self) -> Procedure[ReadBack]:
        """Compare every whole track with what its stream gave; one that was cut short is left out."""
        whole = self.whole_tracks
        places = [LaidTrack(t.number, t.start_lba, t.sectors) for t in whole]
        sent = [self._sent[t.number] for t in whole]
        others = tuple(t.number for t in self.tracks if t.number not in self._sent)
        return verify(places, sent, VerifyRequest(closed=True, reload=True, also_there=others))


def check_read_back(found: ReadBack) -> None:
    """Check that the disc was read back as it was sent.  raises  VerificationFailed  with what differs"""
    if not found.same:
        wrong = [*found.layout_errors]
        samples = found.offset.samples
        wrong += [str(not_located(reading, samples)) for reading in found.readings if not reading.same]
        if found.broken_off:
            wrong.append(not_reached_in_words(found))
        raise VerificationFailed(f"the disc was read back: {'; '.join(wrong)}")
