"""Addresses and disc identifiers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redbook.disc import Msf, Toc, TocTrack, duration, next_session_start


def toc(*offsets: int, lead_out: int) -> Toc:
    """From absolute times in sectors (LBA + 150), as the identifiers' documentation gives them."""
    tracks = tuple(TocTrack(n, offset - 150) for n, offset in enumerate(offsets, 1))
    return Toc(tracks, lead_out - 150)


# The example of MusicBrainz's "Disc ID Calculation" page.
EXAMPLE = toc(150, 15363, 32314, 46592, 63414, 80489, lead_out=95462)
# Recoil's "Liquid" without its data track; AccurateRip and freedb id as whipper gives them.
LIQUID = toc(*(150, 12767, 40487, 63225, 93410, 118115, 151865, 184340, 215260, 247455), lead_out=270335)
# From libcddb's own tests: 11 tracks, 3826 s.
LIBCDDB = toc(
    *(150, 28615, 51027, 75835, 102620, 121460, 148977, 175697, 204322, 231082, 268002), lead_out=3826 * 75
)


@pytest.mark.parametrize(
    ("lba", "text"),
    [
        (0, "00:02:00"),
        (-150, "00:00:00"),
        (-151, "99:59:74"),
        (-11634, "97:26:66"),
        (359849, "79:59:74"),
        (20000, "04:28:50"),
    ],
)
def test_lba_and_msf_name_the_same_sector(lba: int, text: str) -> None:
    assert str(Msf.from_lba(lba)) == text
    assert Msf.from_lba(lba).lba == lba


@given(st.integers(-45150, 404849))
def test_msf_is_the_inverse_of_lba(lba: int) -> None:
    assert Msf.from_lba(lba).lba == lba


def test_duration_counts_75_sectors_a_second() -> None:
    assert duration(75 * 61 + 3) == "01:01:03"


def test_musicbrainz_id_is_that_of_its_documentation() -> None:
    assert EXAMPLE.musicbrainz_id == "49HHV7Eb8UKF3aQiNmu1GR8vKTY-"


def test_musicbrainz_id_of_another_disc() -> None:
    disc = toc(150, 14109, 33586, 53077, 65781, 77892, 99174, lead_out=114574)
    assert disc.musicbrainz_id == "BPnh1KU.hea1C.KMYWLGZkHJr0w-"


def test_freedb_id_is_that_of_libcddb() -> None:
    assert LIBCDDB.freedb_id == "920ef00b"


def test_freedb_id_of_the_musicbrainz_example() -> None:
    assert EXAMPLE.freedb_id == "3404f606"


def test_accuraterip_id_is_that_of_whipper() -> None:
    assert LIQUID.accuraterip_id == "010-00154c2f-00af4fd4-890e120a"


def test_next_session_starts_where_it_was_measured_on_real_discs() -> None:
    assert next_session_start(302, 1) == 11702
    assert next_session_start(12906, 2) == 12906 + 6900
