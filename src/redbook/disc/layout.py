"""One session of an audio disc, as it is meant to be: the value that every part of redbook shares.

The planner makes it, a write type writes it, a cue sheet describes it to a drive, a virtual disc keeps it,
what a disc says about itself is read into it, and verification compares two of them. All addresses are
sectors; a track owns the sectors from its index 0 to its end:

      pregap                 index 1        index 2
      |<-- pregap_sectors -->|<----------- sectors ----------->|
      pregap_lba             start_lba      indexes[0]         end_lba

Session-at-once, the next track's pregap begins where this track ends. Track-at-once, there are two sectors of
run-out between them. The first 150 sectors of the first pregap are before LBA 0; anything longer than that is
part of the program. That is all that a hidden track is.

Source: IEC 60908; MMC-5 4.2.3.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum, unique
from itertools import pairwise

from redbook.disc.cd_text.packs import BLOCKS, PACK_BYTES
from redbook.disc.numbers import (
    LAST_LBA,
    MOST_INDEXES,
    MOST_TRACKS,
    PREGAP_SECTORS,
    RUN_OUT_SECTORS,
    SHORTEST_TRACK_SECTORS,
)
from redbook.disc.sub_channel import is_isrc, is_mcn
from redbook.disc.toc import Toc, TocTrack
from redbook.records import dataclass

MOST_CD_TEXT_BYTES = BLOCKS * 256 * PACK_BYTES
"""One byte holds the number of packs in a block.  Source: MMC-5 annex J."""

PRE_EMPHASIS, COPY_PERMITTED, DATA, FOUR_CHANNELS = 1, 2, 4, 8
"""Bits of a Q control nibble."""


@unique
class Pregap(StrEnum):
    """Who makes the sectors from index 0 to index 1.

    SENT         the host, like the rest of the track: they are silence or audio
    BY_DRIVE     the drive, which can only make silence there
    """

    SENT = "sent"
    BY_DRIVE = "by-drive"


@dataclass(frozen=True, slots=True)
class LaidTrack:
    """One track of a session.

    number           1..99
    start_lba        of index 1
    sectors          from index 1 to its end, without the run-out
    pregap_sectors   from index 0 to index 1; 0 if it has no index 0
    pregap           who makes these sectors
    indexes          where index 2, 3 and so on begin, as LBAs
    control          Q control nibble: PRE_EMPHASIS, COPY_PERMITTED, DATA, FOUR_CHANNELS
    copy_alternates  SCMS: the copy bit of the sub-channel alternates, "copy of a protected original"
    isrc             twelve characters, or empty
    """

    number: int
    start_lba: int
    sectors: int
    pregap_sectors: int = 0
    pregap: Pregap = Pregap.SENT
    indexes: tuple[int, ...] = ()
    control: int = 0
    copy_alternates: bool = False
    isrc: str = ""

    @property
    def pregap_lba(self) -> int:
        """The address of index 0, or of index 1 if there is no pregap."""
        return self.start_lba - self.pregap_sectors

    @property
    def end_lba(self) -> int:
        return self.start_lba + self.sectors

    @property
    def sent_lba(self) -> int:
        """Where the audio that the host has sent begins, as far as drives can read it back: from LBA 0 on."""
        return self.start_lba if self.pregap is Pregap.BY_DRIVE else max(0, self.pregap_lba)

    @property
    def is_audio(self) -> bool:
        return not self.control & DATA

    @property
    def toc_control(self) -> int:
        """The control nibble in the table of contents, where a copy bit that alternates is 0."""
        return self.control & ~COPY_PERMITTED if self.copy_alternates else self.control

    def index_at(self, lba: int) -> int:
        """The index of the track in which this sector is."""
        return 0 if lba < self.start_lba else 1 + bisect_right(self.indexes, lba)


@unique
class Rule(StrEnum):
    """What a session must keep to; the value is the rule in words."""

    TRACKS = "a session has 1 to 99 tracks"
    NUMBERS = "tracks are numbered one after the other, from 1 to 99"
    FIRST_PREGAP = "the first track of a session has a pregap of 2 s at least"
    ORDER = "tracks follow each other and do not overlap"
    SHORT_TRACK = "a track must last at least 4 s"
    INDEXES = "a track's indexes follow each other inside the track, 99 at most"
    ISRC = "an ISRC has five letters or digits and seven digits"
    MCN = "a catalogue number (MCN) has thirteen digits"
    CD_TEXT = "CD-Text is whole packs of 18 bytes, 2048 at most"
    LEAD_OUT = "the lead-out begins where the last track ends"
    ADDRESSES = "a disc ends at 99:59:74 at the latest"
    CAPACITY = "the lead-out begins where the disc allows it at the latest"


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken rule.  track: its number, 0 for the session; text: what is wrong, in words"""

    rule: Rule
    track: int
    text: str


class RulesBroken(ValueError):
    """breaches: all of them, in the order of the disc"""

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        super().__init__("; ".join(breach.text for breach in breaches))
        self.breaches = breaches


@unique
class Item(StrEnum):
    """What can be compared on a disc, apart from its samples."""

    TRACKS = "tracks"
    STARTS = "starts of tracks"
    LEAD_OUT = "lead-out"
    CONTROL = "pre-emphasis, copy and channel flags"
    PREGAPS = "pregaps"
    INDEXES = "indexes"
    ISRC = "ISRC"
    MCN = "MCN"
    CD_TEXT = "CD-Text"


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something on a disc that is not as it was meant to be.  track: its number, 0 for the session"""

    item: Item
    track: int
    meant: str
    found: str

    def __str__(self) -> str:
        where = f"track {self.track}: " if self.track else ""
        return f"{where}{self.item.value}: {self.found} instead of {self.meant}"


@dataclass(frozen=True, slots=True)
class SessionLayout:
    """A session: its tracks in order, and where the lead-out begins.

    mcn      thirteen digits, or empty
    cd_text  the packs of the lead-in, 18 bytes each
    number   which session of the disc it is, from 1
    """

    tracks: tuple[LaidTrack, ...]
    lead_out_lba: int
    mcn: str = ""
    cd_text: bytes = b""
    number: int = 1

    @property
    def first_lba(self) -> int:
        """Where the first pregap begins: -150 on a blank disc."""
        return self.tracks[0].pregap_lba

    def track(self, number: int) -> LaidTrack:
        """The track of this number.  raises  KeyError  if there is none"""
        for track in self.tracks:
            if track.number == number:
                return track
        raise KeyError(number)

    def track_at(self, lba: int) -> LaidTrack:
        """The track that owns this sector; for a run-out the track before it, for the lead-out the last."""
        owner = self.tracks[0]
        for track in self.tracks:
            if track.pregap_lba > lba:
                break
            owner = track
        return owner

    def toc(self) -> Toc:
        """This session's part of the table of contents."""
        return Toc(
            tuple(TocTrack(t.number, t.start_lba, t.toc_control, self.number) for t in self.tracks),
            self.lead_out_lba,
        )

    def check(self, last_lead_out_lba: int | None = None) -> None:
        """Check the session against all rules of `breaches`.

        last_lead_out_lba  the last start of a lead-out that the disc allows; None if no disc is known

        raises  RulesBroken  with every breach
        """
        breaches = tuple(self.breaches(last_lead_out_lba))
        if breaches:
            raise RulesBroken(breaches)

    def breaches(self, last_lead_out_lba: int | None = None) -> Iterator[Breach]:
        """Every rule that is broken, in the order of the disc."""
        if not 1 <= len(self.tracks) <= MOST_TRACKS:
            yield Breach(Rule.TRACKS, 0, f"{len(self.tracks)} tracks; a CD has 1 to {MOST_TRACKS}")
            if not self.tracks:
                return
        yield from self._of_numbers()
        first = self.tracks[0]
        if first.pregap_sectors < PREGAP_SECTORS:
            yield Breach(
                Rule.FIRST_PREGAP,
                first.number,
                f"track {first.number} has {first.pregap_sectors} sectors of pregap, not {PREGAP_SECTORS}",
            )
        for track in self.tracks:
            yield from _of_track(track)
        for before, track in pairwise(self.tracks):
            if track.pregap_lba < before.end_lba:
                text = (
                    f"track {track.number} begins at sector {track.pregap_lba}, inside track {before.number}"
                )
                yield Breach(Rule.ORDER, track.number, text)
        yield from self._of_end(last_lead_out_lba)
        if self.mcn and not is_mcn(self.mcn):
            yield Breach(Rule.MCN, 0, f"{self.mcn} is not a catalogue number (MCN)")

        if len(self.cd_text) % PACK_BYTES or len(self.cd_text) > MOST_CD_TEXT_BYTES:
            text = f"{len(self.cd_text)} bytes of CD-Text; it is whole packs of 18 bytes, 2048 at most"
            yield Breach(Rule.CD_TEXT, 0, text)

    def _of_numbers(self) -> Iterator[Breach]:
        due = self.tracks[0].number
        for track in self.tracks:
            if track.number != due or not 1 <= track.number <= MOST_TRACKS:
                yield Breach(Rule.NUMBERS, track.number, f"track {track.number} where {due} is expected")
            due = track.number + 1

    def _of_end(self, last_lead_out_lba: int | None) -> Iterator[Breach]:
        late = self.lead_out_lba - self.tracks[-1].end_lba
        if not late >= 0:
            text = f"the lead-out at sector {self.lead_out_lba} is inside the last track"
            yield Breach(Rule.LEAD_OUT, 0, text)
        if self.lead_out_lba > LAST_LBA:
            yield Breach(Rule.ADDRESSES, 0, "it is longer than 99:59:74, the last address of a CD")
        elif last_lead_out_lba is not None and self.lead_out_lba > last_lead_out_lba:
            over = self.lead_out_lba - last_lead_out_lba
            yield Breach(Rule.CAPACITY, 0, f"it is {over} sector{'' if over == 1 else 's'} too long")

    def gaps(self) -> Iterator[tuple[LaidTrack, int]]:
        """Each track, with the number of sectors from its end to what follows: the run-out."""
        begins = [track.pregap_lba for track in self.tracks[1:]] + [self.lead_out_lba]
        for track, begin in zip(self.tracks, begins, strict=True):
            yield track, begin - track.end_lba

    @property
    def is_continuous(self) -> bool:
        """Whether every sector from the first pregap to the lead-out belongs to a track."""
        return not any(gap for _, gap in self.gaps())

    def differences(
        self, found: SessionLayout, untold: frozenset[tuple[Item, int]] = frozenset()
    ) -> list[Deviation]:
        """What differs in a layout that was read from a disc, in the order of the disc.

        untold  what the drive could not say about the disc, by track (0: the session); it is not compared
        """
        wrong = []
        if found.mcn != self.mcn:
            wrong.append(Deviation(Item.MCN, 0, self.mcn or "none", found.mcn or "none"))
        if found.cd_text != self.cd_text:
            texts = f"{len(self.cd_text) // 18} packs", f"{len(found.cd_text) // 18} packs"
            same_count = len(found.cd_text) == len(self.cd_text)
            wrong.append(Deviation(Item.CD_TEXT, 0, texts[0], "other packs" if same_count else texts[1]))
        numbers = [t.number for t in self.tracks], [t.number for t in found.tracks]
        if numbers[0] != numbers[1]:
            wrong.append(Deviation(Item.TRACKS, 0, _span(numbers[0]), _span(numbers[1])))
        there = {track.number: track for track in found.tracks}
        for track in self.tracks:
            if track.number in there:
                wrong += _track_differences(track, there[track.number])
        if found.lead_out_lba != self.lead_out_lba:
            wrong.append(Deviation(Item.LEAD_OUT, 0, str(self.lead_out_lba), str(found.lead_out_lba)))
        return [deviation for deviation in wrong if (deviation.item, deviation.track) not in untold]


def _of_track(track: LaidTrack) -> Iterator[Breach]:
    if track.sectors < SHORTEST_TRACK_SECTORS:
        text = f"track {track.number} lasts {track.sectors / 75:.2f} s; a track must last at least 4 s"
        yield Breach(Rule.SHORT_TRACK, track.number, text)
    if track.pregap_sectors < 0:
        yield Breach(Rule.ORDER, track.number, f"the pregap of track {track.number} ends before it begins")
    if track.start_lba < 0:
        yield Breach(Rule.ORDER, track.number, f"track {track.number} starts before LBA 0")
    places = (track.start_lba, *track.indexes, track.end_lba)
    if any(later <= earlier for earlier, later in pairwise(places)) and track.indexes:
        yield Breach(
            Rule.INDEXES, track.number, f"an index of track {track.number} is in an impossible place"
        )
    if len(track.indexes) >= MOST_INDEXES:
        yield Breach(Rule.INDEXES, track.number, f"track {track.number} has more than {MOST_INDEXES} indexes")
    if track.isrc and not is_isrc(track.isrc):
        yield Breach(Rule.ISRC, track.number, f"{track.isrc}, of track {track.number}, is not an ISRC")


def _track_differences(meant: LaidTrack, found: LaidTrack) -> Iterator[Deviation]:
    def otherwise(item: Item, one: object, other: object) -> Iterator[Deviation]:
        if one != other:
            yield Deviation(item, meant.number, _shown(one), _shown(other))

    yield from otherwise(Item.STARTS, meant.start_lba, found.start_lba)
    yield from otherwise(Item.CONTROL, meant.toc_control, found.toc_control)
    yield from otherwise(Item.PREGAPS, meant.pregap_sectors, found.pregap_sectors)
    yield from otherwise(Item.INDEXES, meant.indexes, found.indexes)
    yield from otherwise(Item.ISRC, meant.isrc, found.isrc)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value) if value != "" else "none"


def _span(numbers: list[int]) -> str:
    return "none" if not numbers else f"{numbers[0]} to {numbers[-1]}"


def with_pregaps(layout: SessionLayout) -> SessionLayout:
    """The same samples with a pregap for every track; if it had none, the last sector before it."""
    tracks: list[LaidTrack] = []
    for track in layout.tracks:
        if not track.pregap_sectors and tracks:
            before = tracks[-1]
            tracks[-1] = replace(before, sectors=before.sectors - 1)
            track = replace(track, pregap_sectors=1)
        tracks.append(track)
    return replace(layout, tracks=tuple(tracks))


def behind_run_out(track: LaidTrack) -> int:
    """The first sector after a track written track-at-once."""
    return track.end_lba + RUN_OUT_SECTORS
