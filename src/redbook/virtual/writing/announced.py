"""A cue sheet, understood: where each track and index of a session begins, and what the host sends there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from redbook.disc import LEAD_OUT, MOST_TRACKS, PREGAP_SECTORS, SECTOR_BYTES, Msf
from redbook.disc.layout import Breach, LaidTrack, Pregap, Rule, SessionLayout
from redbook.disc.sub_channel import RAW_BYTES, is_isrc, is_mcn
from redbook.errors import Sense
from redbook.mmc import cue_sheet, sense
from redbook.mmc.cue_sheet import ENTRY_BYTES, CueEntry
from redbook.records import dataclass
from redbook.virtual.habits import IsrcControl, LeadInTime
from redbook.virtual.model import Model
from redbook.virtual.refused import Refused

MAIN_FORM, SUB_FORM = 0x3F, 0xC0
AUDIO, SILENCE = 0x00, 0x01
RAW_R_TO_W = 0x40
CD_TEXT_FORM = 0x41
"""Data forms, byte 3 of an entry.  Source: MMC-5 table 518."""

_SUB_FORMS = (0x00, RAW_R_TO_W, SUB_FORM)


class Region(NamedTuple):
    """A run of sectors that the host sends in one form.

    sector_bytes  0 if the drive writes silence on its own
    """

    start_lba: int
    end_lba: int
    sector_bytes: int

    @property
    def sectors(self) -> int:
        return self.end_lba - self.start_lba


@dataclass(frozen=True, slots=True)
class Announced:
    """What the disc is going to hold, and how the host sends it.

    layout   its CD-Text comes later
    regions  in order, without a gap, from the first sector of the host to the lead-out
    """

    layout: SessionLayout
    regions: tuple[Region, ...]


def understand(
    sheet: bytes,
    model: Model,
    *,
    lead_in_start: Msf,
    start_lba: int,
    first_track: int | None,
    last_lead_out_lba: int,
) -> Announced:
    """Check a cue sheet and lay the session out.

    lead_in_start      of the disc, from its ATIP
    start_lba          where the pregap of the session's first track begins; of a later session it may also
                       begin 150 sectors after, at the next writable address, where cdrdao puts it
    first_track        number of the session's first track; None on a blank disc: it may be 1 to 99
    last_lead_out_lba  first sector that may not be used; after the ATIP's where it overburns

    raises  Refused 5/26/00 with the number of the byte in the sheet, 5/1A/00 for an impossible length
    """
    if not model.takes_cue_sheets:
        raise _wrong(0)
    if not sheet or len(sheet) % ENTRY_BYTES or len(sheet) > model.largest_cue_sheet_bytes:
        raise Refused(sense.ILLEGAL, 0x1A, 0)
    reader = _Reader(model, start_lba, first_track, lead_in_start)
    for number in range(len(sheet) // ENTRY_BYTES):
        offset = number * ENTRY_BYTES
        reader.take(CueEntry.from_bytes(sheet[offset : offset + ENTRY_BYTES]), offset)
    return reader.finish(len(sheet) - ENTRY_BYTES, last_lead_out_lba)


def _wrong(offset: int) -> Refused:
    """5/26/00 at this byte of the parameter list (SKSV, MMC-5 clause 6.30)."""
    return Refused.because(Sense(sense.ILLEGAL, 0x26, 0, field_offset=offset))


class _Reader:
    """Takes entry after entry; each finds what came before it in order."""

    def __init__(self, model: Model, start_lba: int, first_track: int | None, lead_in_start: Msf) -> None:
        self._model = model
        self._start_lba = start_lba
        self._starts = (
            [start_lba] if start_lba == -PREGAP_SECTORS else [start_lba, start_lba + PREGAP_SECTORS]
        )
        self._lead_in_start = lead_in_start
        self._next_track = first_track  # None: whatever comes
        self._mcn = ""
        self._lead_in: CueEntry | None = None
        self._positions: list[CueEntry] = []
        self._codes: list[tuple[CueEntry, int]] = []
        self._isrc: dict[int, tuple[str, int, int]] = {}
        self._lead_out_lba: int | None = None
        self._offsets: list[int] = []  # of the positions and, at the end, the lead-out

    def take(self, entry: CueEntry, offset: int) -> None:
        if self._lead_out_lba is not None:
            raise _wrong(offset)
        if entry.adr in (cue_sheet.MCN, cue_sheet.ISRC):
            self._take_code(entry, offset)
        elif entry.adr != cue_sheet.POSITION or self._codes:
            raise _wrong(offset)
        elif entry.track == cue_sheet.LEAD_IN:
            self._take_lead_in(entry, offset)
        elif self._lead_in is None:
            raise _wrong(offset + 1)
        elif entry.track == LEAD_OUT:
            self._take_lead_out(entry, offset)
        else:
            self._take_position(entry, offset)

    def _take_code(self, entry: CueEntry, offset: int) -> None:
        """MCN and ISRC come in two entries, one after the other."""
        self._codes.append((entry, offset))
        if len(self._codes) < 2:
            return
        (first, where), (second, _) = self._codes
        self._codes = []
        if first.adr != second.adr:
            raise _wrong(offset)
        if first.adr == cue_sheet.MCN:
            code = (first.text + second.text[:6]).decode("ascii", "replace")
            if not is_mcn(code) or self._mcn or self._positions:
                raise _wrong(where + 1)
            self._mcn = code
            return
        track = first.text[0]
        code = (first.text[1:7] + second.text[1:7]).decode("ascii", "replace")
        if second.text[0] != track or track in self._isrc or not is_isrc(code):
            raise _wrong(where + 1)
        self._isrc[track] = (code, first.control, where)

    def _take_lead_in(self, entry: CueEntry, offset: int) -> None:
        if self._lead_in is not None or self._positions:
            raise _wrong(offset + 1)
        if entry.data_form not in (SILENCE, CD_TEXT_FORM, CD_TEXT_FORM | 0x80, AUDIO):
            raise _wrong(offset + 3)
        if entry.data_form & SUB_FORM and not self._model.writes_cd_text:
            raise _wrong(offset + 3)
        zero, true = entry.time == Msf(0, 0, 0), entry.time == self._lead_in_start
        allowed = {LeadInTime.ANY: zero or true, LeadInTime.ZERO: zero, LeadInTime.TRUE: true}
        if not allowed[self._model.lead_in_time]:
            raise _wrong(offset + 5)
        self._lead_in = entry

    def _take_position(self, entry: CueEntry, offset: int) -> None:
        if (
            entry.data_form & MAIN_FORM not in (AUDIO, SILENCE)
            or entry.data_form & SUB_FORM not in _SUB_FORMS
        ):
            raise _wrong(offset + 3)
        if entry.data_form & MAIN_FORM == SILENCE and entry.data_form & SUB_FORM:
            raise _wrong(offset + 3)  # sub-channel for silence of the drive's: no known program sends it
        if entry.control & 4 or entry.index > 99:
            raise _wrong(offset if entry.control & 4 else offset + 2)
        before = self._positions[-1] if self._positions else None
        begins_track = before is None or entry.track != before.track
        due = self._next_track or entry.track
        if begins_track and (entry.track != due or not 1 <= entry.track <= MOST_TRACKS or entry.index > 1):
            raise _wrong(offset + 1)
        if before is None and (entry.index != 0 or self._lba(entry, offset) not in self._starts):
            raise _wrong(offset + 5)
        if begins_track and entry.index != 0 and self._model.needs_pregaps:
            raise _wrong(offset + 2)
        if before is not None and not begins_track and entry.index != before.index + 1:
            raise _wrong(offset + 2)
        if before is not None and begins_track and before.index == 0:
            raise _wrong(offset + 2)
        if before is not None and not begins_track and entry.control != before.control:
            raise _wrong(offset)
        if before is not None and not self._is_behind(self._lba(entry, offset), entry, before):
            raise _wrong(offset + 5)
        if before is not None and self._is_long_pregap(before, entry):
            raise _wrong(offset + 5)
        if before is None and entry.data_form & MAIN_FORM == SILENCE and not self._model.drive_made_pregap:
            raise _wrong(offset + 3)
        self._next_track = entry.track + 1
        if before is None:
            self._start_lba = entry.lba
        self._positions.append(entry)
        self._offsets.append(offset)

    def _is_behind(self, lba: int, entry: CueEntry, before: CueEntry) -> bool:
        """Some drives accept a pregap without a sector, as `wodim defpregap=0` sends it."""
        model = self._model
        empty_pregap = before.index == 0 and entry.index == 1
        allowed = empty_pregap and model.empty_pregap and not model.needs_pregaps
        return lba > before.lba or (lba == before.lba and allowed)

    def _is_long_pregap(self, before: CueEntry, entry: CueEntry) -> bool:
        most = self._model.longest_pregap_sectors
        return bool(most) and before.index == 0 and entry.lba - before.lba > most

    def _take_lead_out(self, entry: CueEntry, offset: int) -> None:
        before = self._positions[-1] if self._positions else None
        if before is None or before.index == 0 or entry.index != 1:
            raise _wrong(offset + 1)
        if entry.data_form & MAIN_FORM not in (AUDIO, SILENCE):
            raise _wrong(offset + 3)
        if self._lba(entry, offset) <= before.lba:
            raise _wrong(offset + 5)
        self._lead_out_lba = entry.lba
        self._offsets.append(offset)

    @staticmethod
    def _lba(entry: CueEntry, offset: int) -> int:
        if entry.time.second > 59 or entry.time.frame > 74 or entry.time.minute > 99:
            raise _wrong(offset + 5)
        return entry.lba

    def finish(self, last_offset: int, last_lead_out_lba: int) -> Announced:
        if self._lead_out_lba is None or self._codes:
            raise _wrong(last_offset)
        layout = SessionLayout(tuple(self._tracks()), self._lead_out_lba, self._mcn)
        for breach in layout.breaches(last_lead_out_lba):
            if not (breach.rule is Rule.SHORT_TRACK and self._model.short_tracks):
                raise _wrong(self._offset_of(breach))
        if set(self._isrc) - {track.number for track in layout.tracks}:
            raise _wrong(min(where for _, _, where in self._isrc.values()) + 1)
        regions = tuple(self._regions())
        if not host_regions(regions):
            raise _wrong(self._offsets[0] + 3)  # nothing to come from the host: a session that never begins
        return Announced(layout, regions)

    def _offset_of(self, breach: Breach) -> int:
        """Offset of the wrong time: where the track ends, the first one begins, or the lead-out."""
        if breach.rule is Rule.SHORT_TRACK:
            return self._offsets[self._entries_up_to(breach.track)] + 5
        return self._offsets[1 if breach.rule is Rule.FIRST_PREGAP else -1] + 5

    def _entries_up_to(self, track: int) -> int:
        return sum(entry.track <= track for entry in self._positions)

    def _tracks(self) -> Iterator[LaidTrack]:
        ends = [*(entry.lba for entry in self._positions), self._lead_out_lba or 0]
        for number in sorted({entry.track for entry in self._positions}):
            entries = [entry for entry in self._positions if entry.track == number]
            begin = next(entry for entry in entries if entry.index == 1)
            by_drive = entries[0].index == 0 and entries[0].data_form & MAIN_FORM == SILENCE
            yield LaidTrack(
                number,
                begin.lba,
                ends[self._entries_up_to(number)] - begin.lba,
                begin.lba - entries[0].lba,
                Pregap.BY_DRIVE if by_drive else Pregap.SENT,
                tuple(entry.lba for entry in entries if entry.index > 1),
                begin.control,
                begin.copy_alternates,
                self._isrc_of(number, begin.control),
            )

    def _isrc_of(self, track: int, control: int) -> str:
        code, own_control, where = self._isrc.get(track, ("", control, 0))
        wanted = self._model.isrc_control
        if code and (
            (wanted is IsrcControl.WITH and own_control != control)
            or (wanted is IsrcControl.WITHOUT and own_control)
        ):
            raise _wrong(where)
        return code

    def _regions(self) -> list[Region]:
        regions: list[Region] = []
        if (
            self._lead_in is not None
            and self._lead_in.data_form & MAIN_FORM & 1
            and self._lead_in.data_form & SUB_FORM
        ):
            start = self._lead_in_start.lba if self._start_lba == -PREGAP_SECTORS else self._start_lba - 4500
            regions.append(Region(start, self._start_lba, RAW_BYTES))
        ends = [entry.lba for entry in self._positions[1:]] + [self._lead_out_lba or 0]
        for entry, end in zip(self._positions, ends, strict=True):
            if entry.lba == end:
                continue
            by_drive = entry.data_form & MAIN_FORM == SILENCE
            with_sub = bool(entry.data_form & SUB_FORM)
            length = 0 if by_drive else SECTOR_BYTES + RAW_BYTES * with_sub
            if regions and regions[-1].sector_bytes == length:
                regions[-1] = Region(regions[-1].start_lba, end, length)
            else:
                regions.append(Region(entry.lba, end, length))
        return regions


def has_cd_text(sheet: bytes) -> bool:
    """Whether it announces sub-channel of the lead-in."""
    entries = (CueEntry.from_bytes(sheet[i : i + ENTRY_BYTES]) for i in range(0, len(sheet), ENTRY_BYTES))
    return any(
        entry.adr == cue_sheet.POSITION and entry.track == cue_sheet.LEAD_IN and entry.data_form & SUB_FORM
        for entry in entries
    )


def host_regions(regions: Sequence[Region]) -> list[Region]:
    """The regions that the host sends."""
    return [region for region in regions if region.sector_bytes]
