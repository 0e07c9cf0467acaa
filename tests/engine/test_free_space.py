"""Where the next track may go and how far, from what a drive says: one word held against the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from redbook.disc import Msf
from redbook.engine.free_space import find_space
from redbook.engine.plan import Space
from redbook.errors import Contradiction, Sense
from redbook.mmc import sense
from redbook.mmc.disc_info import (
    Atip,
    DiscInformation,
    DiscStatus,
    ReadTrackInformation,
    SessionStatus,
    TrackInformation,
)

MINUTE = 4500
BLANK = DiscInformation(DiscStatus.BLANK, SessionStatus.EMPTY, False, 1, 1, 1, 1)
OPEN = DiscInformation(DiscStatus.APPENDABLE, SessionStatus.INCOMPLETE, False, 1, 1, 1, 2)


def at(minute: int) -> Msf:
    return Msf(minute, 0, 0)


def says(
    information: DiscInformation, last_lead_out: int | None = None, atip: int | None = None
) -> tuple[DiscInformation, Atip | None]:
    """How far the disc goes, in minutes: by READ DISC INFORMATION, and as it is pressed into the disc."""
    told = replace(information, last_lead_out=at(last_lead_out) if last_lead_out else None)
    return told, None if atip is None else Atip(None, at(atip))


def next_track(
    number: int = 1, start: int = 0, next_lba: int | None = 0, free: int = 0, blank: bool = True
) -> TrackInformation:
    return TrackInformation(number, 1, 0, blank, False, start, next_lba, free, free)


def space(
    told: tuple[DiscInformation, Atip | None],
    answer: TrackInformation | str,
    recorded: Sequence[TrackInformation] | None = None,
) -> Space | None:
    procedure = find_space(*told, recorded)
    step = next(procedure)
    assert step == ReadTrackInformation()
    try:
        if isinstance(answer, str):
            key, asc, ascq = (int(part, 16) for part in answer.split("/"))
            procedure.throw(sense.to_error("READ TRACK INFORMATION", Sense(key, asc, ascq)))
        else:
            procedure.send(answer)
    except StopIteration as stop:
        result: Any = stop.value
        assert result is None or isinstance(result, Space)
        return result
    raise AssertionError


class TestOnABlankDisc:
    @pytest.mark.parametrize("next_lba", [-150, -1, 0])
    def test_the_first_track_starts_at_0_whatever_the_drive_makes_of_it(self, next_lba: int) -> None:
        """-150 in any mode: Pioneer BDR-205, LITE-ON LTR-48125S (docs/quirks.md)."""
        found = space(says(BLANK, 80), next_track(start=next_lba, next_lba=next_lba))
        assert found == Space(1, 0, 80 * 60 * 75 - 150)

    @pytest.mark.parametrize(
        ("number", "start", "next_lba"), [(2, 0, 0), (1, 0, 1), (1, 1, 1), (1, 5, 0), (0, 0, 0)]
    )
    def test_another_track_or_place_is_a_contradiction(self, number: int, start: int, next_lba: int) -> None:
        with pytest.raises(Contradiction, match="calls the disc blank"):
            space(says(BLANK, 80), next_track(number, start, next_lba))

    @pytest.mark.parametrize(
        ("last_lead_out", "atip", "end"), [(80, None, 80), (None, 74, 74), (80, 74, 80), (None, None, None)]
    )
    def test_a_drive_that_refuses_the_question_is_taken_at_its_other_words(
        self, last_lead_out: int | None, atip: int | None, end: int | None
    ) -> None:
        found = space(says(BLANK, last_lead_out, atip), "5/24/00")
        assert found == (Space(1, 0, end * 60 * 75 - 150) if end else None)

    def test_a_drive_that_cannot_answer_for_another_reason_tells_of_no_room(self) -> None:
        assert space(says(BLANK, 80), "4/44/00") is None

    def test_a_disc_of_more_than_ninety_minutes_has_them_all(self) -> None:
        """As an MSF of a program area, 97:00:00 would be in the lead-in (MMC-5 4.2.3)."""
        assert space(says(BLANK, 97), "5/24/00") == Space(1, 0, 97 * 60 * 75 - 150)


class TestOnADiscWithTracks:
    def test_a_drive_that_refuses_the_question_has_no_room(self) -> None:
        assert space(says(OPEN, 80), "5/24/00") is None

    def test_a_drive_that_vouches_for_no_address_has_no_room(self) -> None:
        assert space(says(OPEN, 80), next_track(3, 5000, None)) is None

    def test_the_next_track_is_where_the_drive_says(self) -> None:
        assert space(says(OPEN, 80), next_track(3, 5000, 5000)) == Space(3, 5000, 80 * 60 * 75 - 150)

    @pytest.mark.parametrize(("written", "start"), [(27, 5000), (300, 5000), (301, 5001), (4000, 8700)])
    def test_behind_a_track_that_was_begun_comes_the_one_after_it(self, written: int, start: int) -> None:
        """Of 300 sectors at least (Red Book: 4 s), then run-out and pregap: 2 and 150 sectors."""
        found = space(says(OPEN, 80), next_track(3, 4700, 4700 + written, blank=False))
        assert found == Space(4, start + 152, 80 * 60 * 75 - 150)

    def test_an_address_before_the_disc_begins_is_a_contradiction(self) -> None:
        with pytest.raises(Contradiction, match="is not blank"):
            space(says(OPEN, 80), next_track(3, 0, -1))
        assert space(says(OPEN, 80), next_track(3, 0, 0)) is not None

    def test_a_number_that_does_not_follow_is_a_contradiction(self) -> None:
        recorded = [TrackInformation(1, 1, 0, False, False, 0, None, 0, 400)]
        for number in (1, 3):
            with pytest.raises(Contradiction, match="last track on the disc is number 1"):
                space(says(OPEN, 80), next_track(number, 552, 552), recorded)
        assert space(says(OPEN, 80), next_track(2, 552, 552), recorded) is not None

    def test_an_address_in_a_track_that_is_there_is_a_contradiction(self) -> None:
        recorded = [
            TrackInformation(1, 1, 0, False, False, 0, None, 0, 4000),
            TrackInformation(2, 1, 0, False, False, 5000, None, 0, 400),
        ]
        with pytest.raises(Contradiction, match=r"track 2 reaches to sector 5399, and that sector 5399"):
            space(says(OPEN, 80), next_track(3, 5399, 5399), recorded)
        assert space(says(OPEN, 80), next_track(3, 5400, 5400), recorded) == Space(3, 5400, 359_850)

    @pytest.mark.parametrize("recorded", [None, []])
    def test_nothing_is_held_against_tracks_that_are_not_known(
        self, recorded: list[TrackInformation] | None
    ) -> None:
        assert space(says(OPEN, 80), next_track(7, 552, 552), recorded) is not None


class TestHowFarItGoes:
    @pytest.mark.parametrize(
        ("last_lead_out", "atip", "free", "end"),
        [
            # Words that are a minute apart at most say the same: the drive's first one counts.
            (80, 80, 80 * MINUTE - 150, 80 * MINUTE - 150),
            (80, 79, 0, 80 * MINUTE - 150),
            (80, None, 79 * MINUTE - 150, 80 * MINUTE - 150),
            (80, None, 79 * MINUTE - 151, 79 * MINUTE - 151),
            # Where they are further apart the shortest counts.
            (80, 74, 0, 74 * MINUTE - 150),
            (74, 80, 0, 74 * MINUTE - 150),
            (80, 80, 60 * MINUTE, 60 * MINUTE),
            (80, 74, 60 * MINUTE, 60 * MINUTE),
            # One word alone.
            (None, 74, 0, 74 * MINUTE - 150),
            (None, None, 70 * MINUTE, 70 * MINUTE),
            (80, None, 0, 80 * MINUTE - 150),
        ],
    )
    def test_the_shortest_word_counts_where_they_differ_by_more_than_a_minute(
        self, last_lead_out: int | None, atip: int | None, free: int, end: int
    ) -> None:
        found = space(says(BLANK, last_lead_out, atip), next_track(free=free))
        assert found is not None
        assert found.last_lead_out_lba == end

    def test_what_is_free_counts_from_the_address_that_is_written_next(self) -> None:
        found = space(says(OPEN), next_track(3, 5000, 5000, free=100_000))
        assert found == Space(3, 5000, 105_000)

    def test_of_a_track_that_was_begun_too(self) -> None:
        found = space(says(OPEN), next_track(3, 4000, 5000, free=100_000, blank=False))
        assert found == Space(4, 5152, 105_000)

    def test_of_a_blank_disc_from_its_first_sector_whatever_the_drive_says(self) -> None:
        found = space(says(BLANK), next_track(start=-150, next_lba=-150, free=300_000))
        assert found == Space(1, 0, 300_000)

    def test_no_word_on_it_is_a_contradiction(self) -> None:
        with pytest.raises(Contradiction, match="how much room"):
            space(says(BLANK), next_track())
