"""Terminals that are narrow, have no colours, or can do next to nothing; pipes; other encodings."""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.test_commands import REDBOOK, at_a_terminal
from tests.support.sound import noise, write_wav

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")


@pytest.fixture(autouse=True)
def _songs() -> None:
    for number, name in enumerate(("Étude one.wav", "b.wav")):
        write_wav(Path(name), noise(588 * 310, number))


BURN = ("burn", "Étude one.wav", "b.wav", "--drive", "virtual:my.disc")


def lines_of(text: str) -> list[str]:
    return [line.rstrip() for line in re.split(r"[\r\n]+", ESCAPE.sub("", text))]


def at_terminals(*each: tuple[int, dict[str, str]]) -> list[str]:
    """What some terminals show of a burn that takes its time, all at once: most of it is waiting."""

    def burn(number: int, columns: int, variables: dict[str, str]) -> str:
        drive = f"virtual:{number}.disc"
        return at_a_terminal(columns, *BURN[:3], "--drive", drive, "--pace", "72x", **variables)

    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(burn, range(len(each)), *zip(*each, strict=True)))


def test_nothing_is_wider_than_the_terminal_and_the_tracks_keep_their_numbers() -> None:
    widths = (40, 60, 80, 120)
    for columns, text in zip(widths, at_terminals(*((columns, {}) for columns in widths)), strict=True):
        lines = lines_of(text)
        assert max(map(len, lines)) <= columns
        for number in "12":
            assert [line for line in lines if re.match(rf"{number} +0:0\d +0:0\d", line)], columns
        assert "read back: identical" in " ".join(lines)


def test_a_burn_at_a_terminal_shows_bars_and_one_time_left_in_colour_unless_it_must_not() -> None:
    coloured, plain = at_terminals((80, {}), (80, {"NO_COLOR": "1"}))
    assert COLOUR.search(coloured)
    assert re.search(r"whole job +\S+ +\d:\d\d left", ESCAPE.sub("", coloured))
    assert not COLOUR.search(plain)
    assert "whole job" in plain


def test_a_dumb_terminal_gets_plain_lines() -> None:
    text = at_a_terminal(60, *BURN, TERM="dumb")
    assert "\x1b" not in text
    assert max(map(len, lines_of(text))) <= 60
    assert "Writing track 2 (0:04)" in text


C = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize("variables", [{}, C], ids=["as it is", "LANG=C"])
def test_a_pipe_gets_plain_lines(variables: dict[str, str]) -> None:
    """Standard output alone says what it came to; what an encoding does not have is written as an escape."""
    done = subprocess.run([*REDBOOK, *BURN], env=os.environ | variables, capture_output=True)
    assert done.returncode == 0, done.stderr
    out, aside = done.stdout, done.stderr
    assert b"\x1b" not in out + aside
    assert b"read back: identical" in out
    assert b"Writing track 2" in aside
    assert b"Writing" not in out
    if variables:
        assert (out + aside).isascii()
        assert rb"\udc89tude one.wav" in aside
        assert re.search(rb"^\[=\.+\]$", aside, re.MULTILINE)
    else:
        assert "Étude one.wav".encode() in aside


def test_a_terminal_that_knows_ascii_only_gets_it() -> None:
    text = at_a_terminal(60, *BURN, **C)
    assert text.isascii()
    assert "read back: identical" in " ".join(lines_of(text))
