"""A program on several discs: where it is cut, and what goes where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from redbook.audio.source import Source
from redbook.authoring.arrange import arrange
from redbook.authoring.parts import split, tracks_of, with_own_sources
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.disc.cd_text import PackType, Texts
from redbook.errors import PlanError

S = 588
MINUTE = 75 * 60


def program(*joined: bool) -> Program:
    """A source for each track; whether it goes on from the one before."""
    sources = tuple(Source(f"{n}.wav", Path(f"{n}.wav")) for n in range(len(joined)))
    tracks = tuple(ProgramTrack((Segment(1, (Piece(n),)),), joined=one) for n, one in enumerate(joined))
    return Program(sources, tracks)


def parts(whole: Program, minutes: Sequence[float], room: float) -> list[tuple[int, int, bool]]:
    """first, end, and whether a join is cut; sources and disc in minutes"""
    samples = [round(length * MINUTE * S) for length in minutes]

    def lead_out(one: Program) -> int:
        return arrange(one, samples).layout.lead_out_lba

    found = split(whole, samples, round(room * MINUTE), lead_out)
    return [(part.first, part.end, part.cuts_a_join) for part in found]


def test_what_fits_is_one_disc() -> None:
    assert parts(program(False, False), [5, 5], 10) == [(0, 2, False)]


def test_each_disc_takes_what_it_can() -> None:
    assert parts(program(*[False] * 5), [4, 4, 4, 4, 4], 10) == [(0, 2, False), (2, 4, False), (4, 5, False)]


def test_joined_tracks_stay_together() -> None:
    """The second and third would fit on the first disc, the fourth would not."""
    assert parts(program(False, False, True, True), [3, 3, 3, 3], 10) == [(0, 1, False), (1, 4, False)]


def test_what_is_joined_and_longer_than_a_disc_is_cut_and_that_is_told() -> None:
    assert parts(program(False, False, True, True, True), [2, 4, 4, 4, 4], 10) == [
        (0, 3, False),
        (3, 5, True),
    ]


def test_a_pause_is_no_join() -> None:
    whole = program(False, True, True)
    pause = Segment(0, (Piece.silence(75 * S),))
    tracks = (*whole.tracks[:2], ProgramTrack((pause, *whole.tracks[2].segments)))
    assert parts(Program(whole.sources, tracks), [4, 4, 4], 10) == [(0, 2, False), (2, 3, False)]


def test_99_tracks_are_the_most() -> None:
    assert parts(program(*[False] * 120), [0.1] * 120, 80) == [(0, 99, False), (99, 120, False)]


def test_a_track_that_is_longer_than_a_disc_is_an_error() -> None:
    with pytest.raises(PlanError, match=r"track 2 \(1\.wav\) does not fit on a disc on its own: 11:00"):
        parts(program(False, False), [5, 11], 10)


def test_a_pause_before_the_first_track_of_a_disc_is_left_out_and_sound_there_ends_the_disc_before() -> None:
    whole = program(False, True, True)
    silence, clap = Piece.silence(75 * S), Piece(0, 0, 100 * S)
    tracks = list(whole.tracks)
    tracks[1] = ProgramTrack((Segment(0, (silence,)), *tracks[1].segments))
    tracks[2] = ProgramTrack((Segment(0, (clap, silence)), *tracks[2].segments))
    whole = Program(whole.sources, tuple(tracks))
    assert tracks_of(whole, 1, 3).tracks[0].segments == program(False, True).tracks[1].segments
    first, second = tracks_of(whole, 0, 2), tracks_of(whole, 2, 3)
    assert list(first.tracks[1].pieces)[-1] == clap
    assert list(second.tracks[0].pieces) == [Piece(2)]
    assert not second.tracks[0].joined
    assert list(tracks_of(whole, 0, 1).tracks[0].pieces) == [Piece(0)]


def test_texts_and_codes_go_with_their_tracks() -> None:
    texts = Texts(9, {PackType.TITLE: {0: "Album", 1: "A", 2: "B", 3: "C"}})
    whole = Program(
        program(False, False, False).sources,
        tuple(
            ProgramTrack(track.segments, isrc=f"DEABC250000{n}")
            for n, track in enumerate(program(False, False, False).tracks, 1)
        ),
        mcn="4006381333931",
        texts=(texts,),
        packs=bytes(18),
    )
    part = with_own_sources(tracks_of(whole, 1, 3))
    assert part.texts[0].by_type == {PackType.TITLE: {0: "Album", 1: "B", 2: "C"}}
    assert [track.isrc for track in part.tracks] == ["DEABC2500002", "DEABC2500003"]
    assert (part.mcn, part.packs) == ("", b"")
    assert [source.name for source in part.sources] == ["1.wav", "2.wav"]
    assert [piece.source for track in part.tracks for piece in track.pieces] == [0, 1]
    assert with_own_sources(tracks_of(whole, 0, 3)) == whole
