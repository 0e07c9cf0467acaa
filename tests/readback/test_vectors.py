"""The 42 sheets of tests/vectors/cue as discs, read back by cdrdao, libcdio and cd-paranoia."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import redbook
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support import warm
from tests.support.read_back import DISK_INFO, programs
from tests.support.sheets import VECTORS
from tests.support.vector_discs import BURNABLE, cases, check_disc

pytestmark = pytest.mark.tools("umockdev-run", "cd-info", "cdrdao", "cd-paranoia")

REFUSED = {"26": 3, "30": 3, "31": 3, "32": 3, "33": 3, "40": 3, "42": 4}
"""With the exit code: 3 for a source that cannot be used, 4 for a rule that is broken."""


@pytest.mark.parametrize("path", cases(BURNABLE))
def test_a_sheet_becomes_the_disc_that_it_means(path: Path, model: str, vectors: Path) -> None:
    check_disc(path, vectors, model)


def test_every_sheet_is_burned_or_refused() -> None:
    assert {path.name[:2] for path in VECTORS.glob("*.json")} == {path.name[:2] for path in BURNABLE} | set(
        REFUSED
    )


@pytest.mark.parametrize("number", REFUSED)
def test_what_is_refused_says_why_and_leaves_the_disc_blank(number: str, vectors: Path) -> None:
    (path,) = VECTORS.glob(f"{number}-*.json")
    said = json.loads(path.read_text())
    disc = Path("my.disc")
    redbook.create_disc(disc)
    before = {file.name: file.read_bytes() for file in disc.iterdir()}
    done = warm.run(
        "burn", str(vectors / said["sheet"]), "--drive", "virtual:my.disc", "--json", hurried=True
    )
    assert done.returncode == REFUSED[number], done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["event"], last["exit_code"]) == ("error", REFUSED[number])
    for text in (done.stderr, last["message"]):
        for word in said["because"]:
            assert word in " ".join(text.split())
    assert {file.name: file.read_bytes() for file in disc.iterdir()} == before
    (text,) = programs(VirtualRecorder(Medium.at(disc)), DISK_INFO)
    assert "CD-R empty           : yes" in text
