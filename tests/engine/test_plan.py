"""The layout: where tracks start, what fits.  Addresses: measured on real discs (start + N + 152)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redbook.engine.plan import Space, lay_out
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
