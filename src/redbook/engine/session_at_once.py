"""Session-at-once: the whole disc announced in a cue sheet, and sent in one run.

The layout is exact: no gaps except the intended ones, pauses and indexes at any sector, ISRC, MCN, and
CD-Text in the lead-in. The price is that nothing can be added, and that a disc which breaks off is lost.

Everything up to and including SEND CUE SHEET is negotiation and costs nothing. Drives take different forms
of cue sheet and mode page, so several forms are tried; each is page, page read back, sheet. The first WRITE
is the point of no return, even if the disc still reads as blank after it.

The 150 sectors before LBA 0 are sent as silence by the host: some drives that make them on their own are
known to refuse the first WRITE (LG WH10LS30, found by psysonic).

Source: MMC-5 4.4, 6.33; cdrecord, libburn, cdrdao and psysonic, and what they found out about drives.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from redbook import errors
from redbook.disc import PREGAP_SECTORS, SECTOR_BYTES, Msf
from redbook.disc.cd_text import LeadIn
from redbook.disc.layout import LaidTrack, RulesBroken, SessionLayout, with_pregaps
from redbook.disc.sub_channel import RAW_BYTES
from redbook.engine.cue_sheet_forms import PREGAPS, CueSheetForm, all_refused, forms_for, taken_in_words
from redbook.engine.events import Notice, Phase, PhaseStarted, TrackStarted, Working
from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.plan import Space, check_fits, overburned
from redbook.engine.prepare import check_writer, space_on, take_write_parameters
from redbook.engine.sending import AreaToSend, RunToSend, send, write_one
from redbook.engine.steps import Commit, MostSectors, Now, Point, Procedure, TakeSectors
from redbook.engine.whole_disc import check_blank, disc_now, end_session, wind_down
from redbook.errors import (
    InvalidReply,
    MediumUnsuitable,
    NotARecorder,
    PlanError,
    SenseError,
    TransferTooLarge,
)
from redbook.mmc.cue_sheet import ENTRY_BYTES, SendCueSheet, entries_of
from redbook.mmc.disc_info import ReadTrackInformation
from redbook.mmc.mode_pages import WriteType
from redbook.mmc.write import Write10
from redbook.records import dataclass

_NEXT_FORM = (errors.InvalidField, errors.InvalidParameter, errors.UnknownCommand)
_PAGE_ATTEMPTS = 2
"""How often page and cue sheet are sent where the drive loses the page in between."""
_MOST_LEAD_IN_SECTORS = 341  # just under 32 KiB, which the weakest bridge carries; as libburn
_SHORTEST_SHEET_BYTES = 4 * ENTRY_BYTES  # lead-in, index 0 and 1 of a track, lead-out


@dataclass(frozen=True, slots=True)
class SessionAtOnce:
    """layout      what should be on the disc, from sector -150 on and without a gap
    first_form  the name of the form of cue sheet that this drive took before
    overburn    the lead-out may begin after the last place that the disc gives
    """

    layout: SessionLayout
    first_form: str = ""
    overburn: bool = False
    name: str = "session-at-once"

    def check(self, abilities: Abilities) -> None:
        check_writer(abilities)
        if not abilities.writes_sao:
            raise NotARecorder(f"{abilities.name} cannot write session-at-once; {_INSTEAD}")
        if self.layout.tracks:
            _check_sheet_size(self.layout, abilities)

    def space(self, abilities: Abilities, disc: DiscContents) -> Space:
        check_blank(abilities, disc, ", or add the tracks track-at-once (--mode tao --append)")
        space = space_on(abilities, disc)
        return replace(space, first_track=1, next_lba=0)

    def place(self, space: Space) -> SessionLayout:
        if self.overburn:
            space = overburned(space)
        check_fits(self.layout.lead_out_lba, space)
        try:
            self.layout.check(space.last_lead_out_lba)
        except RulesBroken as broken:
            raise PlanError(f"this cannot be a CD: {broken}") from broken
        if not self.layout.is_continuous or self.layout.first_lba != -PREGAP_SECTORS:
            raise PlanError("session-at-once leaves no gaps between tracks; this layout has one")
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
        """Send the cue sheet, in the first form that the drive accepts.

        raises  CueSheetRefused  if it accepts none
                MediumUnsuitable  if it does not say where the lead-in begins, which CD-Text needs
        """
        lead_in = disc.lead_in_start
        if layout.cd_text and lead_in is None:
            raise MediumUnsuitable(
                "the drive does not say where the disc's lead-in begins, and CD-Text is written there: burn "
                "without it (--cd-text none), or use another drive"
            )
        with suppress(SenseError, InvalidReply):
            yield ReadTrackInformation()  # Panasonic CW-7502 wants to be asked; what it answers is wrong
        refusals: list[tuple[CueSheetForm, SenseError]] = []
        for form in forms_for(layout, self.first_form):
            try:
                yield from self._try(form, lead_in, layout, settings, outcome)
            except _NEXT_FORM as error:
                refusals.append((form, error))
                continue
            if refusals:
                yield Notice(taken_in_words(form, refusals))
            outcome.cue_sheet_form = form.name
            outcome.lead_in_start = lead_in
            return
        raise all_refused(layout, refusals, self.overburn)

    def _try(
        self,
        form: CueSheetForm,
        lead_in: Msf | None,
        layout: SessionLayout,
        settings: Settings,
        outcome: Outcome,
    ) -> Procedure[None]:
        """raises  SenseError  as the drive refuses page or sheet"""
        entries = form.entries
        if form.true_lead_in and lead_in:
            entries = replace(entries, lead_in=lead_in)
        sheet = SendCueSheet.of(entries_of(layout, entries))
        for attempt in range(_PAGE_ATTEMPTS):
            # A drive may forget the page with a sheet that it refuses, so it is sent before each.
            outcome.drive.page_in_doubt = False
            outcome.drive.protection = yield from take_write_parameters(
                settings, outcome.drive.protection, WriteType.SESSION_AT_ONCE, form.block_type
            )
            try:
                yield sheet
            except errors.CommandSequenceError:  # the page was lost
                if attempt == _PAGE_ATTEMPTS - 1:
                    raise
                continue
            if not outcome.drive.page_in_doubt:
                return

    def write(
        self, layout: SessionLayout, space: Space, settings: Settings, outcome: Outcome
    ) -> Procedure[SessionLayout]:
        chunk = yield TakeSectors()  # the read-ahead is full now: what is wrong with the input may be known
        yield Commit(Point.WRITE)
        since = yield Now()
        first = layout.tracks[0]
        if layout.cd_text and outcome.lead_in_start is not None:
            yield PhaseStarted(Phase.LEAD_IN)
            yield from _send_lead_in(layout.cd_text, outcome.lead_in_start.lba, first, outcome)
        yield PhaseStarted(Phase.WRITING, first.number)
        yield TrackStarted(first.number, first.start_lba, first.sectors)
        yield from send(chunk, run_of(layout), outcome)
        outcome.seconds = (yield Now()) - since
        if outcome.cue_sheet_form != PREGAPS:
            return layout
        return with_pregaps(layout)

    def end(self, layout: SessionLayout, settings: Settings, outcome: Outcome) -> Procedure[None]:
        """The drive adds the lead-out."""
        return end_session(layout, layout.lead_out_lba + PREGAP_SECTORS, settings, outcome)

    def wind_down(self, outcome: Outcome) -> Procedure[None]:
        return wind_down(outcome)

    def disc_now(self, outcome: Outcome, settings: Settings) -> str:
        return disc_now(self.layout, -PREGAP_SECTORS, self.layout.lead_out_lba, outcome, settings)


_INSTEAD = (
    "track-at-once (--mode tao) can be used instead: it has two seconds of silence between tracks, and no "
    "exact pauses, indexes or CD-Text"
)


def _check_sheet_size(layout: SessionLayout, abilities: Abilities) -> None:
    """raises  PlanError  if the cue sheet is longer than the drive says it accepts

    A length that would not hold a single track is not believed: then the drive itself must answer.
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


def run_of(layout: SessionLayout) -> RunToSend:
    """All from the first pregap to the lead-out, a track's pregap counting as its own."""
    return RunToSend([AreaToSend(track, track.pregap_lba, track.end_lba) for track in layout.tracks])


def _send_lead_in(packs: bytes, start_lba: int, first: LaidTrack, outcome: Outcome) -> Procedure[None]:
    """CD-Text: the packs over and over, four to a sector, up to the first pregap.

    If written only once, it cannot be read back (psysonic).
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
