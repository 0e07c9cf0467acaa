"""Terminals that are narrow, have no colours, or can do next to nothing; pipes; other encodings."""

from __future__ import annotations

import os
import re
import subprocess
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


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_nothing_is_wider_than_the_terminal_and_the_tracks_keep_their_numbers(columns: int) -> None:
    lines = lines_of(at_a_terminal(columns, *BURN, "--pace", "72x"))
    assert max(map(len, lines)) <= columns
    for number in "12":
        assert [line for line in lines if re.match(rf"{number} +0:0\d +0:0\d", line)]
    assert "read back: identical" in " ".join(lines)


def test_a_burn_at_a_terminal_shows_bars_in_colour_and_one_time_left() -> None:
    text = at_a_terminal(80, *BURN, "--pace", "72x")
    assert COLOUR.search(text)
    assert re.search(r"whole job +\S+ +\d:\d\d left", ESCAPE.sub("", text))


def test_no_color_leaves_the_bars_and_takes_the_colours() -> None:
    text = at_a_terminal(80, *BURN, "--pace", "72x", NO_COLOR="1")
    assert not COLOUR.search(text)
    assert "whole job" in text


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
