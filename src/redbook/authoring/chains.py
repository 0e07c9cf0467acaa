"""Which sources of a program continue into each other, and are converted as one stream.

A border is gapless if one source's last sample is followed by another's first, with no silence between them.
If both have to be converted, from the same rate and with the same number of channels, one converter does
both (`redbook.audio.chain`). A source that needs no conversion stays as it is, and ends a chain.

A source that is played more than once, and continues into others, counts as a different one each time,
because its neighbours affect its first and last samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from math import inf
from typing import TypeAlias

from redbook.audio.convert import is_exact, one_stream
from redbook.audio.glimpse import Glimpse
from redbook.authoring.program import Piece, Program, ProgramTrack
from redbook.disc import SAMPLE_RATE_HZ, SAMPLES_PER_SECTOR
from redbook.disc.padding import is_too_short
from redbook.records import dataclass

Look: TypeAlias = Callable[[int], Glimpse | None]
"""Looks at the source at this place; None if it cannot be used."""


@dataclass(frozen=True, slots=True)
class Chains:
    """rows     places of sources, from 0; each row is one stream
    doubled  sources that are played once more, and are added after the program's own
    places   the source of each piece with audio, in order; empty if these are the program's own
    to_ends  numbers, in that order, of pieces that go to the end of their source, wherever that is now
    """

    rows: tuple[tuple[int, ...], ...] = ()
    doubled: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    to_ends: frozenset[int] = frozenset()

    def onto(self, program: Program) -> Program:
        """The program that was looked at, or one with the same pieces of audio in the same order."""
        if not self.rows:
            return program
        numbers = iter(range(len(self.places)))

        def moved(piece: Piece) -> Piece:
            if piece.source is None:
                return piece
            number = next(numbers)
            samples = None if number in self.to_ends else piece.samples
            return replace(piece, source=self.places[number], samples=samples)

        tracks = tuple(
            replace(
                track, segments=tuple(replace(s, pieces=tuple(map(moved, s.pieces))) for s in track.segments)
            )
            for track in program.tracks
        )
        doubles = tuple(program.sources[place] for place in self.doubled)
        return replace(program, sources=program.sources + doubles, tracks=tracks)


@dataclass(slots=True)
class _Playing:
    """A source, played from some place on without going back.  before, after: those that it is joined with"""

    source: int
    up_to: float = 0
    before: _Playing | None = None
    after: _Playing | None = None
    pieces: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    @property
    def is_linked(self) -> bool:
        return self.before is not None or self.after is not None


def find_chains(program: Program, look: Look, *, pad_short_tracks: bool = False) -> Chains:
    """Find the chains of a program.  pad_short_tracks: silence follows tracks shorter than 4 s"""
    playings: list[_Playing] = []
    latest: dict[int, _Playing] = {}
    before: _Playing | None = None  # what has just been played to its end, with nothing after it
    number = -1
    row = list(_stream(program, look, pad_short_tracks))
    following = [*(piece for piece, _ in row[1:]), Piece.silence(0)]
    for (piece, goes_on), then in zip(row, following, strict=False):
        if piece.source is None:
            before = before if piece.samples == 0 else None
            continue
        number += 1
        playing = latest.get(piece.source)
        if playing is None or piece.first < playing.up_to:
            playing = latest[piece.source] = _Playing(piece.source)
            playings.append(playing)
        playing.pieces.append(number)
        if piece.samples == 0:
            continue
        if goes_on and piece.first == 0 and before is not None and _are_one(before, playing, look):
            before.after, playing.before = playing, before
        at_end = _goes_to_end(piece, then, look)
        if at_end:
            playing.ends.append(number)
        playing.up_to = inf if at_end else piece.first + (piece.samples or 0)
        before = playing if at_end else None
    return _numbered(playings, len(program.sources), number + 1)


def _stream(program: Program, look: Look, pad_short_tracks: bool) -> Iterator[tuple[Piece, bool]]:
    """All pieces, each with whether it may continue the one before."""
    short = False
    for track in program.tracks:
        goes_on = track.joined and not short
        for piece in track.pieces:
            yield piece, goes_on
            goes_on = goes_on or piece.samples != 0
        short = pad_short_tracks and _is_short(track, look)


def _is_short(track: ProgramTrack, look: Look) -> bool:
    """Whether a track is shorter than 4 s, as far as that is known."""
    total = 0
    for segment in track.segments:
        for piece in segment.pieces if segment.index else ():
            samples = piece.samples
            if samples is None and piece.source is not None:
                seen = look(piece.source)
                if seen is None or seen.samples is None:
                    return False
                samples = seen.samples - piece.first
            total += samples or 0
    return is_too_short(total // SAMPLES_PER_SECTOR)


def _are_one(before: _Playing, after: _Playing, look: Look) -> bool:
    first = look(before.source)
    if first is None or is_exact(first.format):
        return False
    second = look(after.source)
    return second is not None and one_stream(first.format, second.format)


def _goes_to_end(piece: Piece, then: Piece, look: Look) -> bool:
    """Whether a piece goes to the end of its source.  then: the next piece"""
    if piece.samples is None or piece.source is None:
        return True
    up_to = piece.first + piece.samples
    seen = look(piece.source)
    if seen is None or seen.samples is None or (then.source, then.first) == (piece.source, up_to):
        return False
    # At another rate, a file's length depends on what comes before: a sample more or less is its end, too.
    return abs(seen.samples - up_to) <= (seen.format.rate_hz != SAMPLE_RATE_HZ)


def _numbered(playings: list[_Playing], sources: int, pieces: int) -> Chains:
    """Make each playing that is joined with others a source of its own; the others of a source share one."""
    if not any(playing.is_linked for playing in playings):
        return Chains()
    doubled: list[int] = []
    taken: set[int] = set()
    alone: dict[int, int] = {}
    places: dict[int, int] = {}

    def place_of(source: int) -> int:
        if source not in taken:
            taken.add(source)
            return source
        doubled.append(source)
        return sources + len(doubled) - 1

    for playing in playings:
        if playing.is_linked:
            places[id(playing)] = place_of(playing.source)
        else:
            if playing.source not in alone:
                alone[playing.source] = place_of(playing.source)
            places[id(playing)] = alone[playing.source]
    rows = []
    for playing in playings:
        if playing.before is None and playing.after is not None:
            row: list[int] = []
            link: _Playing | None = playing
            while link is not None:
                row.append(places[id(link)])
                link = link.after
            rows.append(tuple(row))
    of_piece = {number: places[id(playing)] for playing in playings for number in playing.pieces}
    ends = {number for playing in playings if playing.is_linked for number in playing.ends}
    return Chains(
        tuple(rows), tuple(doubled), tuple(of_piece[number] for number in range(pieces)), frozenset(ends)
    )
