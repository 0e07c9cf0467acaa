"""Session-at-once: the whole disc announced in a cue sheet, and sent in one run.

The layout is exact: no gap but those that were meant, pauses and indexes at any sector, ISRC, MCN, and
CD-Text in the lead-in. The price is that nothing can be added, and that a disc which breaks off is lost.

Everything up to and including SEND CUE SHEET is talk and costs nothing. Drives take different forms of cue
sheet and mode page, so there is a ladder of them; each rung is page, page read back, sheet. The first WRITE
is the point of no return, even if the disc still reads as blank after it.

The 150 sectors before LBA 0 are sent as silence by the host: drives that make them by themselves are known
to refuse the first WRITE then (LG WH10LS30, found by psysonic).

Source: MMC-5 4.4, 6.33; cdrecord, libburn, cdrdao and psysonic, and what they found drives to want.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from redbook import errors
from redbook.disc import PREGAP_SECTORS, SECTOR_BYTES, Msf, duration
from redbook.disc.cd_text import LeadIn
from redbook.disc.layout import LaidTrack, RulesBroken, SessionLayout, with_pregaps
from redbook.disc.sub_channel import RAW_BYTES
from redbook.engine.close import CLOSE_SECONDS
from redbook.engine.events import Notice, Phase, PhaseStarted, TrackEnded, TrackStarted, Working
from redbook.engine.inspect import Abilities, DiscContents, is_virtual
from redbook.engine.ladder import PREGAPS, Rung, all_refused, rungs_for, taken_in_words
from redbook.engine.one_track import synchronize
from redbook.engine.outcome import EXCHANGED, Outcome, Settings
from redbook.engine.plan import Space, check_fits
from redbook.engine.prepare import check_writer, room_on, take_write_parameters
from redbook.engine.sending import Area, Run, check_time, send, write_one
from redbook.engine.steps import MostSectors, Now, Procedure, TakeSectors
from redbook.errors import (
    DiscNotBlank,
    DriveError,
    ImpossiblyFast,
    InvalidReply,
    MediumUnsuitable,
    NotARecorder,
    PlanError,
    SenseError,
    StillBusy,
    TransferTooLarge,
)
from redbook.mmc.cue_sheet import ENTRY_BYTES, SendCueSheet, entries_of
from redbook.mmc.disc_info import DiscInformation, DiscStatus, ReadTrackInformation
from redbook.mmc.mode_pages import WriteType
from redbook.mmc.write import Write10

_NEXT_RUNG = (errors.InvalidField, errors.InvalidParameter, errors.UnknownCommand)
_MOST_LEAD_IN_SECTORS = 341  # just under 32 KiB, which the weakest bridge carries; as libburn
_SHORTEST_SHEET_BYTES = 4 * ENTRY_BYTES  # lead-in, index 0 and 1 of a track, lead-out
_WITHIN_REACH = (-60_000, -1_000)
"""Where a lead-in can begin, as an LBA: those of discs lie about -11600, three minutes before the audio."""


@dataclass(frozen=True, slots=True)
class SessionAtOnce:
    """layout      what is to be on the disc, from sector -150 on and without a gap
    first_rung  the name of the rung that this drive took before
    """

    layout: SessionLayout
    first_rung: str = ""
    name: str = "session-at-once"

    def check(self, abilities: Abilities) -> None:
        check_writer(abilities)
        if not abilities.writes_sao:
            raise NotARecorder(f"{abilities.name} cannot write session-at-once; {_INSTEAD}")
        if self.layout.tracks:
            _check_sheet_size(self.layout, abilities)

    def room(self, abilities: Abilities, disc: DiscContents) -> Space:
        if disc.status is not DiscStatus.BLANK:
            raise DiscNotBlank(
                f"the disc in {abilities.name} is not blank; a session written at once needs a blank disc: "
                "use one, or add the tracks track-at-once (--mode tao --append)"
            )
        space = room_on(abilities, disc)
        return replace(space, first_track=1, next_lba=0)

    def place(self, space: Space) -> SessionLayout:
        check_fits(self.layout.lead_out_lba, space)
        try:
            self.layout.check(space.last_lead_out_lba)
        except RulesBroken as broken:
            raise PlanError(f"this cannot be a CD: {broken}") from broken
        if not self.layout.is_continuous or self.layout.first_lba != -PREGAP_SECTORS:
            raise PlanError("a session written at once has no gap between its tracks; this one has")
        return self.layout

    def parameters(self, settings: Settings, offered: bool) -> Procedure[bool]:
        try:
            return (yield from take_write_parameters(settings, offered, WriteType.SESSION_AT_ONCE))
        except errors.IllegalRequest as error:
            text = f"the drive refuses to write session-at-once ({error.sense}); {_INSTEAD}"
            raise NotARecorder(text) from error

    def arm(
        self, layout: SessionLayout, disc: DiscContents, settings: Settings, outcome: Outcome
    ) -> Procedure[None]:
        """The cue sheet, in the first form that the drive takes.

        raises  CueSheetRefused  if it takes none
                MediumUnsuitable  if it does not say where the lead-in begins, which CD-Text needs
        """
        lead_in = _lead_in_start(disc)
        if layout.cd_text and lead_in is None:
            raise MediumUnsuitable(
                "the drive does not say where the disc's lead-in begins, and CD-Text is written there: burn "
                "without it (--cd-text none), or use another drive"
            )
        with suppress(SenseError, InvalidReply):
            yield ReadTrackInformation()  # Panasonic CW-7502 wants to be asked; what it answers is wrong
        refusals: list[tuple[Rung, SenseError]] = []
        for rung in rungs_for(layout, self.first_rung):
            try:
                yield from self._try(rung, lead_in, layout, settings, outcome)
            except _NEXT_RUNG as error:
                refusals.append((rung, error))
                continue
            if refusals:
                yield Notice(taken_in_words(rung, refusals))
            outcome.rung = rung.name
            outcome.lead_in_start = lead_in
            return
        raise all_refused(layout, refusals)

    def _try(
        self, rung: Rung, lead_in: Msf | None, layout: SessionLayout, settings: Settings, outcome: Outcome
    ) -> Procedure[None]:
        """raises  SenseError  as the drive refuses page or sheet"""
        form = replace(rung.form, lead_in=lead_in) if rung.true_lead_in and lead_in else rung.form
        sheet = SendCueSheet.of(entries_of(layout, form))
        for last in (False, True):
            # A drive may forget the page with a sheet that it refuses, so it is sent before each.
            outcome.drive.page_in_doubt = False
            outcome.drive.protection = yield from take_write_parameters(
                settings, outcome.drive.protection, WriteType.SESSION_AT_ONCE, rung.block_type
            )
            try:
                yield sheet
            except errors.CommandSequenceError:  # the page was lost
                if last:
                    raise
                continue
            if not outcome.drive.page_in_doubt:
                return

    def write(
        self, layout: SessionLayout, space: Space, settings: Settings, outcome: Outcome
    ) -> Procedure[SessionLayout]:
        chunk = yield TakeSectors()  # the read-ahead is full now: what is wrong with the input may be known
        since = yield Now()
        first = layout.tracks[0]
        if layout.cd_text and outcome.lead_in_start is not None:
            yield PhaseStarted(Phase.LEAD_IN)
            yield from _send_lead_in(layout.cd_text, outcome.lead_in_start.lba, first, outcome)
        yield PhaseStarted(Phase.WRITING, first.number)
        yield TrackStarted(first.number, first.start_lba, first.sectors)
        yield from send(chunk, run_of(layout), outcome)
        outcome.seconds = (yield Now()) - since
        if outcome.rung != PREGAPS:
            return layout
        return with_pregaps(layout)

    def end(self, layout: SessionLayout, settings: Settings, outcome: Outcome) -> Procedure[None]:
        """The buffer written out; then the drive adds the lead-out, and no CLOSE is sent."""
        yield PhaseStarted(Phase.CLOSING)
        since = yield Now()
        information: DiscInformation = yield from synchronize(Phase.CLOSING, CLOSE_SECONDS)
        if information.status is not DiscStatus.COMPLETE and not settings.test_write:
            information = yield from synchronize(Phase.CLOSING, CLOSE_SECONDS)
        seconds = outcome.seconds + (yield Now()) - since
        try:
            check_time(layout.lead_out_lba + PREGAP_SECTORS, seconds, outcome, "the session")
        except ImpossiblyFast:
            if not (yield from is_virtual()):
                raise
            outcome.drive.real_time = False
        if settings.test_write:
            outcome.open_track = None
            return
        if information.status is not DiscStatus.COMPLETE:
            raise InvalidReply("the drive took the whole session, but the disc is not complete")
        outcome.open_track = None
        outcome.closed = True
        for track in layout.tracks:
            ended = TrackEnded(track.number, track.start_lba, track.sectors)
            outcome.ended.append(ended)
            yield ended

    def wind_down(self, outcome: Outcome) -> Procedure[None]:
        """The buffer is written out, so that the drive lets go; the disc is lost all the same."""
        if outcome.open_track is None:
            return
        try:
            yield PhaseStarted(Phase.ENDING_TRACK, outcome.open_track.number)
            yield from synchronize()
        except StillBusy as error:
            outcome.unknown = str(error)
        except DriveError:
            pass  # a session that broke off cannot be ended; what the disc is then is asked next

    def disc_now(self, outcome: Outcome, settings: Settings) -> str:
        if settings.test_write:
            return "it was a test write: the disc is as it was before"
        if outcome.unknown:
            text = f"what is on the disc is not known, for the drive does not say ({outcome.unknown})"
            if (outcome.sent or outcome.lead_in_sent) and outcome.sent < self._sectors:
                text += f"; {self._where_broken_off(outcome)}, so take the disc for spoilt"
            return text
        status = outcome.found.status if outcome.found is not None else None
        if outcome.exchanged and status is DiscStatus.COMPLETE:
            return EXCHANGED
        if outcome.closed or (status is DiscStatus.COMPLETE and outcome.found and outcome.found.toc):
            if outcome.sent < self._sectors:
                return (
                    f"the disc is spoilt: {self._where_broken_off(outcome)}; the drive has closed it all the "
                    f"same, so players may play the disc up to there; {_cure(outcome)}"
                )
            whole = "the session is closed, so players can play the disc"
            return f"{whole}; whether all of it is right is not known"
        if status is DiscStatus.BLANK and not outcome.sent and not outcome.lead_in_sent:
            return "the disc is still blank"
        if status is DiscStatus.BLANK:
            other = "; it may be another disc, for the drive reported a change" if outcome.exchanged else ""
            return (
                f"the drive calls the disc blank, though the session was begun{other}. Take it out, put it "
                "in again, and look at it (`redbook info`) before you use it"
            )
        return (
            f"the disc is spoilt: {self._where_broken_off(outcome)}, so it has no table of contents, no "
            f"player can play it, and nothing can be added; {_cure(outcome)}"
        )

    @property
    def _sectors(self) -> int:
        """All that are sent, the 150 before LBA 0 among them."""
        return self.layout.lead_out_lba + PREGAP_SECTORS

    def _where_broken_off(self, outcome: Outcome) -> str:
        reached = duration(max(0, outcome.sent - PREGAP_SECTORS))
        return f"the session broke off at {reached} of {duration(self.layout.lead_out_lba)}"


def _cure(outcome: Outcome) -> str:
    return (
        "erase it (`redbook blank`) to use it again"
        if outcome.drive.rewritable
        else "it cannot be used any more"
    )


_INSTEAD = (
    "track-at-once (--mode tao) can be used instead: it has two seconds of silence between tracks, and no "
    "exact pauses, indexes or CD-Text"
)


def _check_sheet_size(layout: SessionLayout, abilities: Abilities) -> None:
    """raises  PlanError  where the cue sheet is longer than the drive says it takes

    A length that would not hold a single track is no length: such a drive is left to answer for itself.
    """
    most, needed = abilities.largest_cue_sheet_bytes, ENTRY_BYTES * len(entries_of(layout))
    if not _SHORTEST_SHEET_BYTES <= most < needed:
        return
    cures = []
    if any(track.indexes for track in layout.tracks):
        cures.append("leave out some indexes from 2 on")
    if any(track.isrc for track in layout.tracks):
        cures.append("leave out the ISRCs (--without-codes)")
    cures.append("use another drive")
    raise PlanError(
        f"the cue sheet of this disc has {needed} bytes, and {abilities.name} takes {most} at most: "
        f"{', or '.join(cures)}"
    )


def run_of(layout: SessionLayout) -> Run:
    """All from the first pregap to the lead-out, a track's pregap counting as its own."""
    return Run([Area(track, track.pregap_lba, track.end_lba) for track in layout.tracks])


def _lead_in_start(disc: DiscContents) -> Msf | None:
    """As the drive says it of a blank disc, or the disc itself; None where neither makes sense."""
    said = (disc.information.last_session_lead_in, disc.atip.lead_in_start if disc.atip else None)
    for start in said:
        if start is not None and _WITHIN_REACH[0] <= start.lba <= _WITHIN_REACH[1]:
            return start
    return None


def _send_lead_in(packs: bytes, start_lba: int, first: LaidTrack, outcome: Outcome) -> Procedure[None]:
    """CD-Text: the packs over and over, four to a sector, up to the first pregap.

    Written once only it cannot be read back (psysonic).
    """
    text = LeadIn(packs)
    end_lba = -PREGAP_SECTORS
    lba = start_lba
    now = yield Now()
    while lba < end_lba:
        carried = (yield MostSectors()) * SECTOR_BYTES
        count = min(_MOST_LEAD_IN_SECTORS, carried // RAW_BYTES, end_lba - lba)
        data = text.sectors(lba - start_lba, count)
        waited = (yield Now()) - now
        try:
            yield from write_one(Write10(lba, data, RAW_BYTES), waited, first, outcome)
        except TransferTooLarge:  # how large one may be shows at the first
            if outcome.lead_in_sent or (yield MostSectors()) * SECTOR_BYTES >= len(data):
                raise
            continue
        now = yield Now()
        outcome.lead_in_sent = True
        lba += count
        yield Working(Phase.LEAD_IN, (lba - start_lba) / (end_lba - start_lba))
