"""One change tried: in a copy of the sources, with the tests that run through its line."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.mutation.changes import Change

BATCHES = (10, 50, 250)
"""How many tests are started together, at first; all the others then."""

START_SECONDS = 20.0
SLOWER = 10
"""Tests that take so much more of the processor's time than they did do not end."""

WAITING = 30
"""Or so much more time: they may wait for what does not come."""

MOST_KB = 6 << 20


def copy_into(place: Path, root: Path) -> None:
    place.mkdir()
    for path in root.iterdir():
        if path.name in ("src", "tests", "examples", "docs", "bench"):
            shutil.copytree(path, place / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.suffix in (".toml", ".md", ".py", ".yml") or path.name == "Makefile":
            shutil.copy(path, place / path.name)


def noticed_by(change: Change, place: Path, tests: Sequence[str], seconds: Mapping[str, float]) -> str:
    """The first test that fails with it, or what else shows it; empty if nothing does."""
    target = place / "src" / "redbook" / change.name
    before = target.read_text(encoding="utf-8")
    target.write_text(change.made(before), encoding="utf-8")
    try:
        answers = (_failing(place, batch, sum(seconds[one] for one in batch)) for batch in _batches(tests))
        return next(filter(None, answers), "")
    finally:
        target.write_text(before, encoding="utf-8")


def _batches(tests: Sequence[str]) -> Iterator[Sequence[str]]:
    begin = 0
    for count in (*BATCHES, len(tests)):
        if begin < len(tests):
            yield tests[begin : begin + count]
        begin += count


def _failing(place: Path, tests: Sequence[str], seconds: float) -> str:
    """seconds: that these tests took without a change"""
    limits = f'ulimit -t {round(START_SECONDS + SLOWER * seconds)}; ulimit -v {MOST_KB}; exec "$@"'
    pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-rfE", "--tb=no", "-p", "no:cacheprovider"]
    process = subprocess.Popen(
        ["sh", "-c", limits, "sh", *pytest, *tests],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
        errors="replace",
    )
    try:
        said, _ = process.communicate(timeout=WAITING * (START_SECONDS + seconds))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return "the tests did not end"
    if process.returncode == 0:
        return ""
    if process.returncode < 0 or process.returncode > 128:
        return "the tests did not end"
    failed = re.search(r"^(?:FAILED|ERROR) (.*?)(?: - .*)?$", said, re.MULTILINE)
    return failed[1] if failed else said.strip().rpartition("\n")[2]
