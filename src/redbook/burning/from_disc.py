"""The program of a disc whose audio is in files, one from each index 1 to the next, as rippers cut it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from redbook.audio.source import Source
from redbook.authoring.arrange import arrange
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.disc import SAMPLES_PER_SECTOR, SHORTEST_TRACK_SECTORS
from redbook.disc.cd_text import Texts
from redbook.disc.layout import COPY_PERMITTED, FOUR_CHANNELS, PRE_EMPHASIS, LaidTrack, SessionLayout
from redbook.errors import PlanError


def program_of(
    layout: SessionLayout,
    sources: Sequence[Source],
    hidden: Source | None,
    first_lba: int,
    texts: Sequence[Texts],
    packs: bytes,
) -> tuple[Program, tuple[str, ...]]:
    """A program that burns the same disc again; and what of the layout it cannot express, in words.

    sources    for each track, from its index 1 to the next one's; the last to the lead-out
    hidden     what is before the first track, from `first_lba` on; None for silence
    texts, packs  CD-Text as it is on the disc, of these tracks

    raises  PlanError  where no program can burn it
    """
    files = list(sources) if hidden is None else [hidden, *sources]
    own = len(files) - len(sources)
    tracks: list[ProgramTrack] = []
    differences: list[str] = []
    before: list[Segment] = []
    for place, track in enumerate(layout.tracks):
        following = layout.tracks[place + 1] if place + 1 < len(layout.tracks) else None
        end = layout.lead_out_lba if following is None else following.start_lba
        pregap = _pregap_within(track, following, differences)
        segments: list[Segment] = []
        if tracks:
            segments += before
        elif track.start_lba > first_lba:
            samples = (track.start_lba - first_lba) * SAMPLES_PER_SECTOR
            segments.append(Segment(0, (Piece.silence(samples) if hidden is None else Piece(0, 0, samples),)))
        marks = [track.start_lba, *track.indexes, end - pregap]
        if any(later <= earlier for earlier, later in pairwise(marks)):
            differences.append(
                f"track {track.number}: its indexes are in impossible places, and are left out"
            )
            marks = [marks[0], marks[-1]]
        segments += [
            Segment(index, (_piece(own + place, track, begin, stop),))
            for index, (begin, stop) in enumerate(pairwise(marks), 1)
        ]
        before = [Segment(0, (_piece(own + place, track, end - pregap, end),))] if pregap else []
        tracks.append(
            ProgramTrack(
                tuple(segments),
                isrc=track.isrc,
                pre_emphasis=bool(track.control & PRE_EMPHASIS),
                copy_permitted=bool(track.toc_control & COPY_PERMITTED),
                four_channels=bool(track.control & FOUR_CHANNELS),
                copy_alternates=track.copy_alternates,
            )
        )
    program = Program(tuple(files), tuple(tracks), layout.mcn, tuple(texts), packs)
    return program, (
        *differences,
        *_otherwise(layout, program, first_lba, [_samples(layout, n) for n in range(len(sources))]),
    )


def _samples(layout: SessionLayout, place: int) -> int:
    starts = [track.start_lba for track in layout.tracks] + [layout.lead_out_lba]
    return (starts[place + 1] - starts[place]) * SAMPLES_PER_SECTOR


def _piece(source: int, track: LaidTrack, begin: int, end: int) -> Piece:
    return Piece(source, (begin - track.start_lba) * SAMPLES_PER_SECTOR, (end - begin) * SAMPLES_PER_SECTOR)


def _pregap_within(track: LaidTrack, following: LaidTrack | None, differences: list[str]) -> int:
    """The pregap of the following track, if it leaves this one its four seconds."""
    if following is None:
        return 0
    room = following.start_lba - track.start_lba
    if room - following.pregap_sectors >= min(SHORTEST_TRACK_SECTORS, room):
        return following.pregap_sectors
    differences.append(
        f"track {following.number}: the drive reports a pregap that would overlap the track before it; "
        "the pregap is left out"
    )
    return 0


def _otherwise(
    layout: SessionLayout, program: Program, first_lba: int, samples: Sequence[int]
) -> tuple[str, ...]:
    """What a burn of it will have in other places than the disc.  raises  PlanError"""
    lengths = list(samples)
    if len(program.sources) > len(samples):
        lengths.insert(0, (layout.tracks[0].start_lba - first_lba) * SAMPLES_PER_SECTOR)
    made = arrange(program, lengths, first_number=layout.tracks[0].number).layout
    shifted = _moved(layout, first_lba)
    return tuple(map(str, shifted.differences(replace(made, cd_text=layout.cd_text))))


def _moved(layout: SessionLayout, first_lba: int) -> SessionLayout:
    """The same for a disc that begins with it."""
    if not first_lba:
        return layout
    tracks = tuple(
        replace(
            track,
            start_lba=track.start_lba - first_lba,
            indexes=tuple(lba - first_lba for lba in track.indexes),
            pregap_sectors=track.pregap_sectors,
        )
        for track in layout.tracks
    )
    return replace(layout, tracks=tracks, lead_out_lba=layout.lead_out_lba - first_lba)


def check_one_run(layout: SessionLayout, ends: Sequence[int]) -> None:
    """Check that nothing but audio is between the tracks.

    ends  for each track the sector after its audio, as a ripper reads it

    raises  PlanError  if something else is: no sheet can describe such a disc
    """
    for track, end, following in zip(layout.tracks, ends, layout.tracks[1:], strict=False):
        if end != following.start_lba:
            raise PlanError(
                f"data lie between tracks {track.number} and {following.number}: no sheet can describe such "
                "a disc; its tracks are saved as files"
            )
