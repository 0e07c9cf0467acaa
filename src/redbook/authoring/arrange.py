"""A program and the lengths of its sources become a layout in sectors and one stream of samples.

The rules, and the reasons:

* If one track continues into the next without a pause, no sample moves and none is added. The mark is put at
  the sector with the track's first sample, so up to 587 samples (13.3 ms) early. The nearest sector, or the
  next one, would cut the attack of the first note when a player jumps there.
* If there is silence between them, it is extended to the next whole sector, so both marks are exact.
* A track that is not joined begins at a whole sector; the one before it is padded with silence.
* At the very end, and nowhere else, silence pads the last sector, and a last track shorter than 4 s.

`disc.padding` says who pads in which burn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.disc import (
    MOST_TRACKS,
    PREGAP_SECTORS,
    SAMPLE_RATE_HZ,
    SAMPLES_PER_SECTOR,
)
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.disc.padding import is_too_short, padded, samples_to_pad
from redbook.errors import PlanError
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class Border:
    """How a track begins.

    track           its number
    pause_samples   silence between the audio before and this track's: what was asked for, plus what pads the
                    sector
    padded_samples  how much of that only pads the sector, for a track that is not joined
    early_samples   how far before its first sample its index 1 is
    """

    track: int
    pause_samples: int = 0
    padded_samples: int = 0
    early_samples: int = 0

    @property
    def early_ms(self) -> float:
        return self.early_samples * 1000 / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A program, laid out on a blank disc.

    layout          of the session
    stream          everything from LBA 0 to the lead-out, without a gap; in all, a whole number of sectors
    borders         one for each track except the first
    padded_samples  silence at the very end: to a whole sector, and to the shortest legal track
    short_tracks    numbers of tracks that were padded to 4 s in the middle of the disc
    """

    layout: SessionLayout
    stream: tuple[Piece, ...]
    borders: tuple[Border, ...] = ()
    padded_samples: int = 0
    short_tracks: tuple[int, ...] = ()

    def pieces_between(self, start_lba: int, end_lba: int) -> tuple[Piece, ...]:
        """The pieces from one sector up to another; both are between LBA 0 and the lead-out."""
        return cut(self.stream, start_lba * SAMPLES_PER_SECTOR, end_lba * SAMPLES_PER_SECTOR)


def cut(stream: Sequence[Piece], start: int, end: int) -> tuple[Piece, ...]:
    """The samples of a stream of closed pieces from `start` up to `end`."""
    found = []
    at = 0
    for piece in stream:
        samples = piece.samples or 0
        begin, stop = max(start, at), min(end, at + samples)
        if begin < stop:
            found.append(Piece(piece.source, piece.first + begin - at, stop - begin))
        at += samples
    return tuple(found)


def arrange(
    program: Program,
    samples: Sequence[int],
    *,
    first_number: int = 1,
    pad_short_tracks: bool = False,
) -> Arrangement:
    """Lay a program out, from LBA 0 on.

    samples            how long each source is, in stereo samples at 44.1 kHz
    first_number       of the first track
    pad_short_tracks   pad tracks shorter than 4 s with silence even if others follow

    raises  PlanError  for no track, more than 99, a piece beyond its source, or a track shorter than 4 s
                       that is not the last
    """
    if not program.tracks:
        raise PlanError("nothing to burn: no track was given")
    last_number = first_number + len(program.tracks) - 1
    if last_number > MOST_TRACKS:
        raise PlanError(
            f"{len(program.tracks)} tracks were given; a CD holds at most {MOST_TRACKS}: leave out "
            f"{last_number - MOST_TRACKS}, or use a second disc"
        )
    desk = _Desk(samples, pad_short_tracks)
    for number, track in enumerate(program.tracks, first_number):
        desk.place(number, track)
    return desk.finish(program)


@dataclass(slots=True)
class _Placed:
    """A track whose end is not known yet.  index0, start: as LBAs"""

    number: int
    track: ProgramTrack
    index0: int
    start: int = 0
    indexes: list[int] = field(default_factory=list)
    end: int = 0


class _Desk:
    """Places piece after piece; `at` is the next sample, counted from LBA 0."""

    def __init__(self, samples: Sequence[int], pad_short_tracks: bool) -> None:
        self._samples = samples
        self._pad_short = pad_short_tracks
        self._stream: list[Piece] = []
        self._tracks: list[_Placed] = []
        self._borders: list[Border] = []
        self._short: list[int] = []
        self.at = 0

    def place(self, number: int, track: ProgramTrack) -> None:
        first = not self._tracks
        _check_indexes(track, number)
        segments = [(segment, self._closed(segment, number)) for segment in track.segments]
        if not any(sum(piece.samples or 0 for piece in pieces) for _, pieces in segments):
            raise PlanError(f"track {number} has no audio")
        before, only_padding = self.at, 0
        if not first:
            silent = _is_silence(self._stream[-1:]) or _begins_silent(segments)
            added = 0 if track.joined and not silent else self._pad_sector()
            only_padding = 0 if silent else added
            self._end_track(self._tracks[-1])
        placed = _Placed(number, track, index0=-PREGAP_SECTORS if first else self._mark())
        pause: int | None = None
        early = 0
        for segment, pieces in segments:
            if segment.index > 0 and _is_silence(self._stream[-1:]):
                self._pad_sector()  # the silence ends where a sector does, so that the mark is exact
            if segment.index == 1:
                placed.start = self._mark()
                early = self.at % SAMPLES_PER_SECTOR
                pause = self._silence_since(before) if pause is None else pause
            elif segment.index > 1:
                placed.indexes.append(self._mark())
            for piece in pieces:
                if pause is None and not piece.is_silence:
                    pause = self._silence_since(before)
                self._append(piece)
        if not first:
            self._borders.append(Border(number, pause or 0, only_padding, early))
        self._tracks.append(placed)

    def _closed(self, segment: Segment, number: int) -> list[Piece]:
        """A segment's pieces, each with its length.  raises  PlanError  for a piece beyond its source"""
        pieces = []
        for piece in segment.pieces:
            if piece.source is None:
                if piece.samples is None or piece.samples < 0:
                    raise PlanError(f"track {number} has a silence of {piece.samples} samples")
                pieces.append(piece)
                continue
            there = self._samples[piece.source]
            length = there - piece.first if piece.samples is None else piece.samples
            if length < 0 or piece.first < 0 or piece.first + length > there:
                wanted = f"samples {piece.first} to {piece.first + length}"
                raise PlanError(f"track {number} wants {wanted} of a source that has only {there}")
            pieces.append(replace(piece, samples=length))
        return [piece for piece in pieces if piece.samples]

    def _end_track(self, placed: _Placed) -> None:
        """End a track that another one follows."""
        if self._pad_short and is_too_short(self._mark() - placed.start):
            self._pad_track(placed)
            self._short.append(placed.number)
        placed.end = self._mark()

    def _mark(self) -> int:
        """The sector that holds the next sample."""
        return self.at // SAMPLES_PER_SECTOR

    def _pad_sector(self) -> int:
        """Pad the sector with silence; returns how many samples that took."""
        missing = samples_to_pad(self.at)
        if missing:
            self._append(Piece.silence(missing))
        return missing

    def _pad_track(self, placed: _Placed) -> None:
        end = placed.start + padded(self._mark() - placed.start)
        self._append(Piece.silence(end * SAMPLES_PER_SECTOR - self.at))

    def _append(self, piece: Piece) -> None:
        samples = piece.samples or 0
        last = self._stream[-1] if self._stream else None
        if (
            last is not None
            and last.source == piece.source
            and (last.is_silence or last.first + (last.samples or 0) == piece.first)
        ):
            self._stream[-1] = replace(last, samples=(last.samples or 0) + samples)
        elif samples:
            self._stream.append(piece)
        self.at += samples

    def _silence_since(self, at: int) -> int:
        """How many samples of silence were placed since then; 0 if there was anything else."""
        put = self.at - at
        last = self._stream[-1] if self._stream else None
        return put if last is not None and last.is_silence and (last.samples or 0) >= put else 0

    def finish(self, program: Program) -> Arrangement:
        before = self.at
        self._pad_sector()
        last = self._tracks[-1]
        if is_too_short(self._mark() - last.start):
            self._pad_track(last)
        last.end = self._mark()
        self._check_lengths()
        layout = SessionLayout(
            tuple(_laid(placed) for placed in self._tracks), last.end, program.mcn, program.packs
        )
        return Arrangement(
            layout, tuple(self._stream), tuple(self._borders), self.at - before, tuple(self._short)
        )

    def _check_lengths(self) -> None:
        short = [p for p in self._tracks if is_too_short(p.end - p.start)]
        if not short:
            return
        named = ", ".join(f"track {p.number} ({(p.end - p.start) / 75:.2f} s)" for p in short)
        raise PlanError(
            f"shorter than the 4 s that a track on a CD must last: {named}; silence there would separate "
            "tracks that belong together: make them longer, leave them out, or ask for the silence "
            "(--pad-short-tracks)"
        )


def _check_indexes(track: ProgramTrack, number: int) -> None:
    """raises  PlanError  for indexes that a disc cannot have: there, none may be left out"""
    indexes = [segment.index for segment in track.segments]
    first = indexes[0] if indexes else 1
    if indexes != list(range(first, first + len(indexes))) or not 0 <= first <= 1 or 1 not in indexes:
        found = ", ".join(map(str, indexes)) or "none"
        raise PlanError(
            f"track {number} has the indexes {found}; they must begin with 0 or 1, count up one by one, and "
            "include 1"
        )


def _begins_silent(segments: Sequence[tuple[Segment, Sequence[Piece]]]) -> bool:
    first = next((piece for _, pieces in segments for piece in pieces), None)
    return first is not None and first.is_silence


def _is_silence(pieces: Sequence[Piece]) -> bool:
    return bool(pieces) and pieces[-1].is_silence


def _laid(placed: _Placed) -> LaidTrack:
    track = placed.track
    return LaidTrack(
        placed.number,
        placed.start,
        placed.end - placed.start,
        placed.start - placed.index0,
        indexes=tuple(placed.indexes),
        control=track.control,
        copy_alternates=track.copy_alternates,
        isrc=track.isrc,
    )
