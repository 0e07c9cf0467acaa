"""Whose a blank disc is, and of which dye: cdrecord's table (diskid.c) of where lead-ins start."""

from __future__ import annotations

import pytest

from redbook.disc import Msf
from redbook.engine.makers import dye, maker
from redbook.mmc.disc_info import Atip

DISKID = {
    "97:15:00": "TDK",
    "97:15:10": "Ritek",
    "97:17:00": "Moser Baer",
    "97:22:10": "Seantram",
    "97:24:00": "Taiyo Yuden",
    "97:24:10": "Sony",
    "97:26:40": "Fuji",
    "97:26:60": "CMC",
    "97:27:20": "Princo",
    "97:27:30": "Pioneer",
    "97:27:50": "Mitsui",
    "97:27:60": "Ricoh",
    "97:31:00": "Ritek",
    "97:32:00": "TDK",
    "97:32:10": "Prodisc",
    "97:34:20": "Mitsubishi",
}


@pytest.mark.parametrize(("start", "name"), DISKID.items())
def test_the_last_digit_says_nothing_of_the_maker(start: str, name: str) -> None:
    minute, second, frame = map(int, start.split(":"))
    assert {maker(Msf(minute, second, frame + digit)) for digit in range(10)} == {name}


@pytest.mark.parametrize("start", [None, Msf(97, 24, 30), Msf(96, 24, 0), Msf(97, 23, 0), Msf(97, 25, 1)])
def test_of_a_start_that_the_table_does_not_have_no_maker_is_told(start: Msf | None) -> None:
    assert maker(start) == ""


@pytest.mark.parametrize("digit", range(10))
def test_a_last_digit_below_five_is_a_long_strategy(digit: int) -> None:
    said = dye(Atip(Msf(97, 26, 60 + digit), None))
    assert said.startswith("long" if digit < 5 else "short")


@pytest.mark.parametrize("atip", [Atip(Msf(97, 26, 61), None, rewritable=True), Atip(None, None)])
def test_a_cd_rw_has_no_dye_and_a_disc_that_says_nothing_none_that_is_known(atip: Atip) -> None:
    assert dye(atip) == ""
