"""For the same job: what our engine sends beside what wodim and cdrskin send to the same recorder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.clients.streams import DOCUMENT, PROGRAMS, normalised, stream

needs = [
    pytest.param(name, marks=pytest.mark.tools("umockdev-run", name.split()[0])) if PROGRAMS[name] else name
    for name in PROGRAMS
]
TRACKS = [
    "WRITE 0 .. 599",
    "SYNCHRONIZE CACHE",
    "WRITE 752 .. 1201",
    "SYNCHRONIZE CACHE",
    "CLOSE TRACK/SESSION session",
]
SESSION = ["WRITE -150 .. 1049", "SYNCHRONIZE CACHE"]


def written(name: str) -> list[str]:
    text = DOCUMENT.read_text(encoding="utf-8")
    block = re.search(rf"^## {re.escape(name)}\n\n```\n(.*?)\n```", text, re.DOTALL | re.MULTILINE)
    assert block is not None
    return block[1].split("\n")


@pytest.mark.parametrize("name", needs)
def test_the_listing_in_the_documentation_is_what_is_sent(name: str, tmp_path: Path) -> None:
    assert stream(name, tmp_path) == written(name)


@pytest.mark.parametrize("name", needs)
def test_the_audio_part_is_the_same_in_all_programs(name: str, tmp_path: Path) -> None:
    lines = stream(name, tmp_path)
    first = lines.index(next(line for line in lines if line.startswith("WRITE")))
    last_page = [line for line in lines[:first] if line.startswith("MODE SELECT")][-1]
    at_once = name.endswith(("sao", "dao"))
    kind = "session" if at_once else "track"
    assert last_page == f"MODE SELECT 05h {kind}-at-once, track mode 0, block type 0, BUFE"
    steps = [re.sub(r" by \d+| Immed", "", line) for line in lines[first:]]
    kept = [s for s in steps if s.startswith(("WRITE", "SYNCHRONIZE", "CLOSE"))]
    due = SESSION if at_once else TRACKS
    assert kept[: len(due)] == due
    assert set(kept[len(due) :]) <= {"SYNCHRONIZE CACHE"}


def test_a_gap_between_writes_is_not_hidden() -> None:
    lines = ["WRITE 0 + 27", "WRITE 27 + 27", "TEST UNIT READY", "WRITE 55 + 1", "INQUIRY", "INQUIRY"]
    assert normalised(lines) == ["WRITE 0 .. 53 by 27", "WRITE 55 .. 55 by 1", "INQUIRY (2 times)"]
