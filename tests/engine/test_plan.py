"""The layout: where tracks start, what fits.  Addresses: measured on real discs (start + N + 152)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redbook.engine.plan import Space, check_fits, lay_out, overburned
from redbook.errors import PlanError

BLANK_80 = Space(first_track=1, next_lba=0, last_lead_out_lba=359849)


def test_tracks_follow_152_sectors_apart() -> None:
    layout = lay_out([18532, 600], BLANK_80)
    assert [t.start_lba for t in layout.tracks] == [0, 18684]
    assert layout.lead_out_lba == 18684 + 602


def test_short_tracks_count_as_300_sectors() -> None:
    layout = lay_out([1, 299, 300, 301], BLANK_80)
    assert [t.sectors for t in layout.tracks] == [300, 300, 300, 301]
    assert layout.tracks[3].start_lba == 3 * 452


def test_a_disc_may_be_full_to_the_last_sector() -> None:
    assert lay_out([359847], BLANK_80).lead_out_lba == BLANK_80.last_lead_out_lba


def test_one_sector_too_long_is_refused_and_said() -> None:
    with pytest.raises(PlanError, match=r"that is 1 sector too much"):
        lay_out([359848], BLANK_80)


def test_the_gaps_count() -> None:
    lay_out([179847, 179847 + 1], Space(1, 0, 179847 * 2 + 1 + 152 + 2))
    with pytest.raises(PlanError, match="does not fit"):
        lay_out([179847, 179848], Space(1, 0, 179847 * 2 + 1 + 151 + 2))


def test_99_tracks_fit_and_100_do_not() -> None:
    assert len(lay_out([300] * 99, BLANK_80).tracks) == 99
    with pytest.raises(PlanError, match="at most 99: leave out 1"):
        lay_out([300] * 100, BLANK_80)


def test_tracks_already_there_count() -> None:
    with pytest.raises(PlanError, match="98 are on the disc already"):
        lay_out([300, 300], Space(99, 98 * 452, 359849))


def test_nothing_is_no_disc() -> None:
    with pytest.raises(PlanError, match="nothing to burn"):
        lay_out([], BLANK_80)


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=99))
def test_what_is_needed_is_tracks_gaps_and_run_out(lengths: list[int]) -> None:
    layout = lay_out(lengths, Space(1, 0, 10**6))
    assert layout.lead_out_lba == sum(max(300, n) for n in lengths) + 152 * (len(lengths) - 1) + 2


@pytest.mark.parametrize(
    ("space", "free", "fits"),
    [
        (Space(1, 0, 302), 300, True),  # 4 s, and two sectors of run-out
        (Space(1, 0, 301), 299, False),
        (Space(99, 1000, 1302), 300, True),
        (Space(100, 1000, 9000), 7998, False),
        (Space(2, 1000, 900), 0, False),
    ],
)
def test_a_disc_takes_a_further_track_where_four_seconds_and_a_number_are_left(
    space: Space, free: int, fits: bool
) -> None:
    assert (space.free_sectors, space.holds_a_track) == (free, fits)


@pytest.mark.parametrize(
    ("over", "words"),
    [(1, "1 sector too much"), (74, "74 sectors too much"), (75, "0:01 (75 sectors) too much")],
)
def test_how_much_is_too_much_is_said_in_minutes_from_a_second_on(over: int, words: str) -> None:
    with pytest.raises(PlanError, match="including pauses, but 79:57 are free on this disc") as error:
        check_fits(BLANK_80.last_lead_out_lba + over, BLANK_80)
    assert f"that is {words}" in str(error.value)


def test_no_cd_is_longer_than_its_addresses_whatever_a_disc_says() -> None:
    """99:59:74 is the last one that minutes, seconds and frames of two digits can say."""
    last = 100 * 60 * 75 - 150 - 1
    assert overburned(BLANK_80) == Space(1, 0, last)
    check_fits(last, Space(1, 0, 10**6))
    with pytest.raises(PlanError, match="no CD has more than 99:59:74"):
        check_fits(last + 1, Space(1, 0, 10**6))


def test_where_nothing_is_free_none_is_said_to_be() -> None:
    with pytest.raises(PlanError, match=r"0:00 are free"):
        check_fits(9000, Space(9, 8000, 7000))


def test_the_first_tracks_are_not_said_to_be_on_the_disc_already() -> None:
    with pytest.raises(PlanError, match=r"^100 tracks were given; a CD"):
        lay_out([300] * 100, BLANK_80)


def test_one_track_that_is_there_already_counts() -> None:
    with pytest.raises(PlanError, match="99 tracks were given, and 1 are on the disc already"):
        lay_out([300] * 99, Space(2, 452, 359849))
