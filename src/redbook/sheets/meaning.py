"""A cue sheet's program: the stream of samples that its files and pauses make, cut at its indexes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from redbook.authoring.arrange import Arrangement, arrange
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.disc import LAST_LBA, PREGAP_SECTORS, SAMPLES_PER_SECTOR, SHORTEST_TRACK_SECTORS, duration
from redbook.disc.cd_text import PackType, Texts
from redbook.errors import PlanError
from redbook.records import dataclass
from redbook.sheets.options import Notebook, SheetOptions, shown
from redbook.sheets.oracle import Identifiers, Reading, decide
from redbook.sheets.sheet import Mark, Sheet
from redbook.sheets.sources import Sources
from redbook.sheets.tracks import Cast, Chosen, choose, place_in_words

ENGLISH = 0x09


def program_of(sheet: Sheet, sources: Sources, options: SheetOptions, notes: Notebook) -> Program:
    """Turn a cue sheet into a program; notes say what had to be decided on the way.

    raises  SheetError  with the line, for whatever makes the sheet impossible to burn as it stands
    """
    cast = choose(sheet, options, notes)
    stream = _Stream(sheet, sources, notes)
    stream.check(cast)
    first_silence = _first_silence(cast)
    readings = [_Reading(silence, stream.tracks(cast, silence)) for silence in _first_silences(first_silence)]
    program = Program((), readings[0].tracks, sheet.mcn)
    lengths = sources.lengths
    for reading in readings:
        reading.program = replace(program, sources=tuple(sources.found), tracks=reading.tracks)
        reading.arrangement = _arranged(reading.program, lengths)
    taken = readings[_decided(sheet, cast, readings, notes)]
    stream.tell_lost_pregaps(cast)
    _note_end(sheet, sources, taken, notes)
    _note_doubled_isrcs(taken.program.tracks, notes)
    return replace(taken.program, texts=_texts(sheet, cast))


@dataclass(slots=True)
class _Reading:
    """One way to understand the first track's PREGAP.  silence: samples, besides the 2 s of every disc"""

    silence: int
    tracks: tuple[ProgramTrack, ...]
    program: Program = Program((), ())
    arrangement: Arrangement | None = None


def _first_silence(cast: Cast) -> int:
    """The PREGAP of the first track, in samples."""
    return max(mark.silence for mark in cast.tracks[0].marks)


def _first_silences(written: int) -> list[int]:
    """What a PREGAP on track 1 may mean, the usual meaning first.

    Usually it comes on top of the two seconds that every disc has. Some programs include them; and exactly
    two seconds, written by hand, usually mean just those.
    """
    always = PREGAP_SECTORS * SAMPLES_PER_SECTOR
    if not written:
        return [0]
    return [0, written] if written == always else [written, max(0, written - always)]


def _decided(sheet: Sheet, cast: Cast, readings: list[_Reading], notes: Notebook) -> int:
    """The reading that is taken; a note says so if there is more than one."""
    identifiers = Identifiers(sheet.freedb_id, sheet.accuraterip_id)
    tocs = [reading.arrangement.layout.toc() if reading.arrangement else None for reading in readings]
    taken, why, proven = decide(identifiers, [Reading(toc) for toc in tocs], notes)
    if len(readings) == 1:
        return taken
    first = cast.tracks[0]
    length = duration(_first_silence(cast) // SAMPLES_PER_SECTOR)
    silence = readings[taken].silence // SAMPLES_PER_SECTOR
    meaning = (
        f"{duration(silence)} of silence in addition to the 2 s that every disc has"
        if silence
        else "the 2 s that every disc has"
    )
    if proven and (taken or not silence or readings[1].silence == _first_silence(cast)):
        notes.note(f"PREGAP {length} of the first track means {meaning}: {why}", first.track.silence_line)
    elif not silence:
        notes.note(
            f"PREGAP {length} of the first track is taken as {meaning}, not as additional silence; nothing "
            "in the sheet says which",
            first.track.silence_line,
        )
    return taken


def _arranged(program: Program, lengths: list[int] | None) -> Arrangement | None:
    """The arrangement; None if a length is unknown or the program is impossible (a burn will say so)."""
    if lengths is None:
        return None
    try:
        return arrange(program, lengths)
    except PlanError:
        return None


class _Stream:
    """The audio between the places that a sheet names."""

    def __init__(self, sheet: Sheet, sources: Sources, notes: Notebook) -> None:
        self._sheet = sheet
        self._sources = sources
        self._notes = notes

    def check(self, cast: Cast) -> None:
        """Check that every place is in its file, with audio after it.  raises  SheetError"""
        for chosen in cast.tracks:
            for mark in chosen.marks:
                self._check_place(chosen, mark)
        at = 0
        for number, chosen in enumerate(cast.tracks):
            end = _end(cast, number)
            for mark, following in zip(chosen.marks, [*chosen.marks[1:], end], strict=True):
                pieces = list(self._between(mark, following))
                length = self._samples(pieces)
                if length is None:
                    return
                at += mark.silence + length
                if not length and mark.index > 0:
                    raise self._notes.error(
                        f"track {chosen.track.number}: nothing follows INDEX {mark.index:02d} "
                        f"{place_in_words(mark)}: its file ends there",
                        mark.line,
                    )
                if at > (LAST_LBA + 1) * SAMPLES_PER_SECTOR:
                    raise self._notes.error(
                        f"track {chosen.track.number}: INDEX {mark.index:02d} {place_in_words(mark)} and "
                        f"what follows it reach to {duration(at // SAMPLES_PER_SECTOR)}; no disc goes "
                        "beyond 99:59:74",
                        mark.line,
                    )
            at += chosen.track.postgap

    def _check_place(self, chosen: Chosen, mark: Mark) -> None:
        length = self._sources.length(mark.file)
        if length is not None and mark.at > length:
            name = shown(self._sheet.files[mark.file].name)
            raise self._notes.error(
                f"track {chosen.track.number}: INDEX {mark.index:02d} {place_in_words(mark)} is beyond the "
                f"end of {name}, which is {duration(length // SAMPLES_PER_SECTOR)} long; it is another "
                "file, or was cut short",
                mark.line,
            )

    def tracks(self, cast: Cast, first_silence: int) -> tuple[ProgramTrack, ...]:
        """The tracks.  first_silence: samples before the first one, instead of what its PREGAP says"""
        made = []
        for number, chosen in enumerate(cast.tracks):
            marks = list(chosen.marks)
            if not number:
                marks = [replace(m, silence=first_silence) if m.silence else m for m in marks]
            made.append(self._track(chosen, marks, _end(cast, number)))
        return tuple(made)

    def _track(self, chosen: Chosen, marks: list[Mark], end: Mark | None) -> ProgramTrack:
        sheet_track = chosen.track
        by_index: dict[int, tuple[list[Piece], int]] = {}
        for mark, following in zip(marks, [*marks[1:], end], strict=True):
            if mark.silence:  # before index 1 it is pregap, too, whether or not the sheet has an INDEX 00
                by_index.setdefault(0, ([], mark.line))[0].append(Piece.silence(mark.silence))
            pieces = by_index.setdefault(mark.index, ([], mark.line))[0]
            pieces += self._between(mark, following)
        if sheet_track.postgap:
            by_index[marks[-1].index][0].append(Piece.silence(sheet_track.postgap))
        segments = tuple(
            Segment(index, tuple(pieces), line)
            for index, (pieces, line) in sorted(by_index.items())
            if index > 0 or self._samples(pieces) != 0
        )
        return ProgramTrack(
            segments,
            isrc=sheet_track.isrc,
            pre_emphasis="PRE" in sheet_track.flags,
            copy_permitted="DCP" in sheet_track.flags,
            four_channels="4CH" in sheet_track.flags,
            copy_alternates="SCMS" in sheet_track.flags,
            line=sheet_track.line,
        )

    def tell_lost_pregaps(self, cast: Cast) -> None:
        for number, chosen in enumerate(cast.tracks):
            first = chosen.first
            following = chosen.marks[1] if len(chosen.marks) > 1 else _end(cast, number)
            if first.index or first.silence or (following and following.silence):
                continue
            if self._samples(list(self._between(first, following))) == 0:
                self._notes.note(
                    f"track {chosen.track.number}: there is nothing between INDEX 00 and INDEX 01, so it has "
                    "no pregap",
                    first.line,
                )

    def _between(self, start: Mark, end: Mark | None) -> Iterator[Piece]:
        """The audio from one place to another; None for the end of the last file."""
        last = end.file if end else len(self._sheet.files)
        if start.file == last:
            assert end is not None
            yield Piece(self._sources.place(last), start.at, end.at - start.at)
            return
        yield Piece(self._sources.place(start.file), start.at)
        for file in range(start.file + 1, last):
            self._sources.length(file)
            yield Piece(self._sources.place(file))
        if end and end.at:
            yield Piece(self._sources.place(last), 0, end.at)

    def _samples(self, pieces: list[Piece]) -> int | None:
        """The length of all pieces together; None if one is not known."""
        total = 0
        lengths = self._sources.length_of_place
        for piece in pieces:
            length = piece.samples
            if length is None and piece.source is not None:
                whole = lengths(piece.source)
                if whole is None:
                    return None
                length = whole - piece.first
            total += length or 0
        return total


def _end(cast: Cast, number: int) -> Mark | None:
    """Where a track ends: where the next one begins."""
    following = cast.tracks[number + 1 : number + 2]
    return following[0].first if following else cast.end


def _note_end(sheet: Sheet, sources: Sources, taken: _Reading, notes: Notebook) -> None:
    if taken.arrangement is None:
        return
    last = taken.arrangement.layout.tracks[-1]
    if taken.arrangement.padded_samples >= SAMPLES_PER_SECTOR:
        seconds = SHORTEST_TRACK_SECTORS // 75
        notes.note(
            f"track {last.number} is shorter than {seconds} s; silence is added to make it {seconds} s long",
            taken.program.tracks[-1].line,
        )
    if sheet.lead_out and len(sheet.files) == 1:
        length = sources.length(0)
        if length is not None and abs(length - sheet.lead_out) >= SAMPLES_PER_SECTOR:
            notes.note(
                f"the sheet ends at sample {sheet.lead_out}, but its file at sample {length}; the file is "
                "burned to its end",
                sheet.lead_out_line,
            )


def _note_doubled_isrcs(tracks: tuple[ProgramTrack, ...], notes: Notebook) -> None:
    seen: dict[str, int] = {}
    for number, track in enumerate(tracks, 1):
        if track.isrc and track.isrc in seen:
            notes.note(
                f"tracks {seen[track.isrc]} and {number} have the same ISRC, {track.isrc}; no two "
                "recordings have",
                track.line,
            )
        seen.setdefault(track.isrc, number)


def _texts(sheet: Sheet, cast: Cast) -> tuple[Texts, ...]:
    """The texts; track 0 is the disc."""
    by_type: dict[PackType, dict[int, str]] = {}
    every = [sheet.texts, *(chosen.track.texts for chosen in cast.tracks)]
    for number, texts in enumerate(every):
        for kind, text in texts.items():
            by_type.setdefault(kind, {})[number] = text
    return (Texts(ENGLISH, by_type),) if by_type else ()
