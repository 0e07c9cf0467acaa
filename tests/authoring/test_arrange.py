"""A program laid out: the places of marks, and what is silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook.audio.source import Source
from redbook.authoring.arrange import Border, arrange
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.authoring.wishes import DEFAULTS
from redbook.burning.composing import as_single_tracks, compose
from redbook.disc.layout import LaidTrack
from redbook.errors import PlanError

S = 588
ODD = (352_900, 294_200, 264_900)
"""Measured: made into whole sectors one by one they are 1553 sectors, in one stream 1552."""


def sources(count: int) -> tuple[Source, ...]:
    return tuple(Source(f"{n}.wav", Path(f"{n}.wav")) for n in range(count))


def whole(source: int) -> Segment:
    return Segment(1, (Piece(source),))


def pause(samples: int) -> Segment:
    return Segment(0, (Piece.silence(samples),))


def album(*tracks: ProgramTrack) -> Program:
    return Program(sources(3), tracks)


def marks(tracks: tuple[LaidTrack, ...]) -> list[tuple[int, int]]:
    return [(track.pregap_lba, track.start_lba) for track in tracks]


def test_joined_tracks_lose_and_gain_no_sample_and_their_marks_are_rounded_down() -> None:
    made = arrange(album(*(ProgramTrack((whole(n),)) for n in range(3))), ODD)
    assert marks(made.layout.tracks) == [(-150, 0), (600, 600), (1100, 1100)]
    assert made.layout.lead_out_lba == 1552
    assert made.stream == (
        Piece(0, 0, 352_900), Piece(1, 0, 294_200), Piece(2, 0, 264_900), Piece(None, 0, 576)
    )  # fmt: skip
    assert made.borders == (Border(2, early_samples=100), Border(3, early_samples=300))
    assert made.padded_samples == 576
    assert made.layout.is_continuous


def test_tracks_that_are_not_joined_begin_at_a_sector_with_silence_before() -> None:
    made = arrange(album(*(ProgramTrack((whole(n),), joined=False) for n in range(3))), ODD)
    assert marks(made.layout.tracks) == [(-150, 0), (601, 601), (1102, 1102)]
    assert made.layout.lead_out_lba == 1553
    assert [p.samples for p in made.stream if p.is_silence] == [488, 388, 288]
    assert made.borders[0] == Border(2, pause_samples=488, padded_samples=488)
    assert made.layout.is_continuous


def test_a_pause_takes_up_the_rest_of_a_sector_so_that_both_marks_are_exact() -> None:
    tracks = ProgramTrack((whole(0),)), ProgramTrack((pause(2 * 75 * S), whole(1)))
    made = arrange(album(*tracks), ODD)
    assert marks(made.layout.tracks)[1] == (601, 601 + 150)
    assert made.stream[1] == Piece.silence(488 + 150 * S)
    assert made.borders == (Border(2, pause_samples=488 + 150 * S),)
    assert made.layout.tracks[0].end_lba == 601


def test_a_pause_that_is_no_whole_sector_ends_where_one_does() -> None:
    tracks = ProgramTrack((whole(0),)), ProgramTrack((pause(1000), whole(1)))
    made = arrange(album(*tracks), ODD)
    assert marks(made.layout.tracks)[1] == (601, 603)  # 488 to the sector's end; 1000 and 176 to the next
    assert made.stream[1] == Piece.silence(488 + 1000 + 176)


def test_silence_behind_a_track_ends_where_a_sector_does() -> None:
    behind = ProgramTrack((Segment(1, (Piece(0), Piece.silence(300 * S))),))
    made = arrange(album(behind, ProgramTrack((whole(1),))), ODD)
    assert marks(made.layout.tracks)[1] == (901, 901)
    assert made.layout.tracks[0].end_lba == 901


def test_a_hidden_track_is_a_longer_first_pregap() -> None:
    hidden = ProgramTrack((Segment(0, (Piece(0, 0, 400 * S),)), Segment(1, (Piece(0, 400 * S),))))
    made = arrange(album(hidden), (2000 * S,))
    assert marks(made.layout.tracks) == [(-150, 400)]
    assert made.layout.tracks[0].pregap_sectors == 550
    assert made.stream == (Piece(0, 0, 2000 * S),)


def test_more_indexes_lie_in_the_sector_of_their_sample() -> None:
    cut = (Segment(1, (Piece(0, 0, 300 * S + 587),)), Segment(2, (Piece(0, 300 * S + 587),)))
    assert arrange(album(ProgramTrack(cut)), (900 * S,)).layout.tracks[0].indexes == (300,)


def test_a_pregap_shorter_than_its_sector_is_none() -> None:
    head = Segment(0, (Piece(1, 0, 10),)), Segment(1, (Piece(1, 10),))
    made = arrange(album(ProgramTrack((whole(0),)), ProgramTrack(head)), (600 * S, 600 * S))
    assert marks(made.layout.tracks)[1] == (600, 600)


def test_a_short_last_track_is_filled_up_and_a_short_one_before_is_refused_unless_asked() -> None:
    made = arrange(album(ProgramTrack((whole(0),)), ProgramTrack((whole(1),))), (900 * S, 10 * S))
    assert made.layout.lead_out_lba == 1200
    assert made.padded_samples == 290 * S
    short = album(*(ProgramTrack((whole(n),)) for n in range(3)))
    lengths = (900 * S, 10 * S + 7, 900 * S)
    with pytest.raises(PlanError, match=r"track 2 \(0\.13 s\).*--pad-short-tracks"):
        arrange(short, lengths)
    asked = arrange(short, lengths, pad_short_tracks=True)
    assert marks(asked.layout.tracks) == [(-150, 0), (900, 900), (1200, 1200)]
    assert asked.short_tracks == (2,)


def test_what_no_source_has_and_too_many_tracks_are_refused() -> None:
    with pytest.raises(PlanError, match="wants samples 0 to 1000000 of a source that has only 352900"):
        arrange(album(ProgramTrack((Segment(1, (Piece(0, 0, 1_000_000),)),))), ODD)
    with pytest.raises(PlanError, match="100 tracks were given"):
        arrange(album(*(ProgramTrack((whole(0),)),) * 100), ODD)
    with pytest.raises(PlanError, match="track 1 has no audio"):
        arrange(album(ProgramTrack((Segment(1, (Piece(0, 0, 0),)),))), ODD)
    with pytest.raises(PlanError, match="no track"):
        arrange(album(), ODD)


@pytest.mark.parametrize(
    "indexes", [(), (0,), (2,), (1, 3), (2, 1), (1, 1), (0, 2), (-1, 0, 1)], ids=lambda found: str(found)
)
def test_indexes_that_a_disc_cannot_have_are_refused_and_not_counted_anew(indexes: tuple[int, ...]) -> None:
    segments = tuple(Segment(index, (Piece(0, n * 100_000, 100_000),)) for n, index in enumerate(indexes))
    with pytest.raises(PlanError, match="track 2 has the indexes"):
        arrange(album(ProgramTrack((whole(1),)), ProgramTrack(segments)), ODD)


@pytest.mark.parametrize("piece", [Piece.silence(-588), Piece(None), Piece(0, -1, 200_000), Piece(0, 5, -5)])
def test_lengths_and_places_below_zero_are_refused(piece: Piece) -> None:
    with pytest.raises(PlanError, match="track 2"):
        arrange(album(ProgramTrack((whole(1),)), ProgramTrack((Segment(1, (piece, Piece(0))),))), ODD)


def test_a_program_cannot_name_a_source_that_there_is_not() -> None:
    for number in (3, -1):
        with pytest.raises(PlanError, match=f"wants source {number}, counting from 0; there are 3"):
            compose(album(ProgramTrack((whole(number),))), DEFAULTS)


def test_a_program_may_be_silence_alone() -> None:
    silence = Program((), (ProgramTrack((Segment(1, (Piece.silence(400 * S),)),)),))
    assert compose(silence, DEFAULTS).program == silence


def test_track_at_once_keeps_the_silence_between_two_sounds_of_a_pregap() -> None:
    early, still, late = Piece(0, 0, 5 * S), Piece.silence(3 * S), Piece(0, 5 * S, 5 * S)
    body, longer = Piece(1), Piece.silence(99 * S)
    hidden = ProgramTrack((Segment(0, (longer, early, still, late, longer)), Segment(1, (body,))))
    second = ProgramTrack((Segment(0, (longer, early, still, late, longer)), Segment(1, (Piece(2),))))
    made, _ = as_single_tracks(album(hidden, second))
    assert [track.segments[0].pieces for track in made.tracks] == [
        (early, still, late, longer, body, longer, early, still, late),
        (Piece(2),),
    ]


def test_two_seconds_are_what_track_at_once_has_anyway() -> None:
    """Of track 1 they would be four."""
    first, second = ProgramTrack((pause(150 * S), whole(0))), ProgramTrack((pause(150 * S), whole(1)))
    third = ProgramTrack((pause(151 * S), whole(2)))
    _, losses = as_single_tracks(album(first, second, third))
    assert losses == ("the pause before tracks 1 and 3, which becomes two seconds",)


def test_what_is_lost_is_told_by_the_numbers_on_the_disc() -> None:
    joined = ProgramTrack((whole(1),), joined=True)
    _, losses = as_single_tracks(album(ProgramTrack((whole(0),)), joined), 4)
    assert losses == ("the join before track 5, which becomes two seconds of silence",)


def test_track_at_once_says_that_a_longer_first_pregap_is_lost() -> None:
    _, losses = as_single_tracks(album(ProgramTrack((pause(300 * S), whole(0)))))
    assert losses == ("the pause before track 1, which becomes two seconds",)


def test_the_stream_between_two_sectors() -> None:
    made = arrange(album(*(ProgramTrack((whole(n),)) for n in range(3))), ODD)
    assert made.pieces_between(600, 601) == (Piece(0, 600 * S, 100), Piece(1, 0, 488))
    everything = made.pieces_between(-150, 5000)
    assert everything == made.stream


def test_codes_and_flags_are_those_of_the_track() -> None:
    track = ProgramTrack(
        (whole(0),), isrc="DEABC2500001", pre_emphasis=True, copy_permitted=True, copy_alternates=True
    )
    laid = arrange(album(track), ODD).layout.tracks[0]
    assert (laid.isrc, laid.control, laid.copy_alternates) == ("DEABC2500001", 3, True)
    assert laid.toc_control == 1
