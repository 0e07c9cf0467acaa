"""A program that is too long for one disc, as several.

Tracks keep their order. A disc ends where one track does not continue into the next. Joined tracks are cut
between two tracks only if they are longer than a disc by themselves, and then a message says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from redbook.authoring.arrange import arrange
from redbook.authoring.program import Program, ProgramTrack, Segment
from redbook.disc import MOST_TRACKS, minutes
from redbook.disc.cd_text import Texts
from redbook.errors import PlanError, printable
from redbook.records import dataclass

LeadOut: TypeAlias = Callable[[Program], int]
"""The LBA where the lead-out of a disc with this program, made from all the sources, would begin."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part for one disc: the tracks from one place, counted from 0, up to another.

    cuts_a_join  whether its first track continues the last one on the previous disc
    """

    first: int
    end: int
    cuts_a_join: bool = False


def split(program: Program, samples: Sequence[int], last_lead_out_lba: int, lead_out: LeadOut) -> list[Part]:
    """Split a program into as few discs as its order and joins allow; one disc if everything fits.

    samples            how long each source is, in stereo samples at 44.1 kHz
    last_lead_out_lba  of the discs

    raises  PlanError  for a track that is longer than a disc
    """
    everything = len(program.tracks)
    joined = [False, *(_is_join(program, samples, place) for place in range(1, everything))]

    def fits(first: int, end: int) -> bool:
        within = end - first <= MOST_TRACKS
        return within and lead_out(tracks_of(program, first, end)) <= last_lead_out_lba

    parts: list[Part] = []
    first, cuts = 0, False
    while first < everything:
        end = first + 1
        if not fits(first, end):
            raise _too_long(program, first, lead_out(tracks_of(program, first, end)), last_lead_out_lba)
        while end < everything and fits(first, end + 1):
            end += 1
        cuts_next = end < everything and joined[end]
        if cuts_next:
            start = end
            while start > first and joined[start]:
                start -= 1
            behind = next((place for place in range(end, everything) if not joined[place]), everything)
            if start > first and fits(start, behind):
                end, cuts_next = start, False
        parts.append(Part(first, end, cuts))
        first, cuts = end, cuts_next
    return parts


def _is_join(program: Program, samples: Sequence[int], place: int) -> bool:
    """Whether the track at this place, from 0, continues the previous one without silence."""
    pair = replace(program, tracks=program.tracks[place - 1 : place + 1])
    (border,) = arrange(pair, samples, pad_short_tracks=True).borders
    return program.tracks[place].joined and not border.pause_samples


def tracks_of(program: Program, first: int, end: int) -> Program:
    """The tracks from this place, counted from 0, up to another, as a program of their own.

    A pause before the first of them is left out, because every disc begins with one; sound there goes to the
    end of the previous disc, where it can be heard. Catalogue number and packs belong only to the one disc.
    """
    whole = end - first == len(program.tracks)
    tracks = list(program.tracks[first:end])
    if first:
        tracks[0] = replace(tracks[0], segments=tuple(s for s in tracks[0].segments if s.index), joined=False)
    if end < len(program.tracks):
        tracks[-1] = _with_what_follows(tracks[-1], program.tracks[end])
    return replace(
        program,
        tracks=tuple(tracks),
        mcn=program.mcn if whole else "",
        texts=tuple(_texts_of(texts, first, end) for texts in program.texts),
        packs=program.packs if whole else b"",
        notes=program.notes if not first else (),
    )


def with_own_sources(program: Program) -> Program:
    """The same program, without sources that no track uses."""
    used = sorted({p.source for track in program.tracks for p in track.pieces if p.source is not None})
    place_of = {source: place for place, source in enumerate(used)}

    def moved(segment: Segment) -> Segment:
        pieces = (p if p.source is None else replace(p, source=place_of[p.source]) for p in segment.pieces)
        return replace(segment, pieces=tuple(pieces))

    return replace(
        program,
        sources=tuple(program.sources[source] for source in used),
        tracks=tuple(replace(track, segments=tuple(map(moved, track.segments))) for track in program.tracks),
    )


def _with_what_follows(track: ProgramTrack, after: ProgramTrack) -> ProgramTrack:
    pieces = [piece for segment in after.segments if segment.index == 0 for piece in segment.pieces]
    while pieces and pieces[-1].is_silence:
        pieces.pop()
    last = track.segments[-1]
    return replace(track, segments=(*track.segments[:-1], replace(last, pieces=(*last.pieces, *pieces))))


def _texts_of(texts: Texts, first: int, end: int) -> Texts:
    by_type = {
        kind: {max(0, n - first): text for n, text in row.items() if n == 0 or first < n <= end}
        for kind, row in texts.by_type.items()
    }
    return replace(texts, by_type=by_type, sizes=None, damaged=frozenset())


def _too_long(program: Program, place: int, lead_out_lba: int, last_lead_out_lba: int) -> PlanError:
    own = next((p.source for p in program.tracks[place].pieces if p.source is not None), None)
    named = f" ({printable(program.sources[own].name)})" if own is not None else ""
    return PlanError(
        f"track {place + 1}{named} does not fit on a disc on its own: {minutes(lead_out_lba)} are needed, "
        f"and a disc like this one holds {minutes(last_lead_out_lba, down=True)}; use longer discs, or cut "
        "it with a sheet"
    )
