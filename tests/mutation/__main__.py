"""Break the code in one place at a time, and see whether a test notices.

    python -m tests.mutation [-n COUNT] [--seed N] [--only engine/burn.py] [--tests tests/engine ...]

The places are drawn at random from the engine and the virtual recorder. The broken code lies in a folder of
its own; the working copy is never touched. Each survivor is printed with its line, before and after: either a
test is missing, or the change makes no difference to anybody.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.changes import Change, changes_in

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "virtual")
SUITES = ("tests/engine", "tests/contract", "tests/unit", "tests/property", "tests/test_burning.py")
LONGEST_SECONDS = 900.0  # a change may make a loop that does not end


def every_change(only: str) -> list[Change]:
    found: list[Change] = []
    for room in ROOMS:
        for path in sorted((ROOT / "src" / "redbook" / room).rglob("*.py")):
            name = str(path.relative_to(ROOT / "src" / "redbook"))
            if name.startswith(only):
                found += changes_in(name, path.read_text(encoding="utf-8"))
    return found


def is_noticed(change: Change, place: Path, suites: list[str]) -> bool:
    """Whether a test fails with it."""
    target = place / "src" / "redbook" / change.name
    before = target.read_text(encoding="utf-8")
    target.write_text(change.made(before), encoding="utf-8")
    try:
        return any(_fails(place, tests) for tests in _nearest_first(change, place, suites))
    finally:
        target.write_text(before, encoding="utf-8")


def _nearest_first(change: Change, place: Path, suites: list[str]) -> Iterator[list[str]]:
    """The tests that bear the module's name, which mostly notice; then all."""
    stem = Path(change.name).stem
    near = [str(path.relative_to(place)) for path in sorted((place / "tests").rglob(f"test_*{stem}*.py"))]
    if near:
        yield near
    yield suites


def _fails(place: Path, tests: list[str]) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "2", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(place / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, timeout=LONGEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    if done.returncode > 2:  # 2: stopped at the first failure, or a module that cannot be imported any more
        raise SystemExit(f"the tests cannot be run:\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.returncode != 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("-n", "--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="modules whose path below redbook/ begins so")
    parser.add_argument("--tests", nargs="+", default=list(SUITES))
    asked = parser.parse_args()
    possible = every_change(asked.only)
    if not possible:
        raise SystemExit(f"no module's path begins with {asked.only!r}")
    drawn = random.Random(asked.seed).sample(possible, min(asked.count, len(possible)))
    print(f"{len(drawn)} of {len(possible)} changes, seed {asked.seed}")
    counts: Counter[bool] = Counter()
    with tempfile.TemporaryDirectory(prefix="redbook-mutation-") as folder:
        place = Path(folder)
        for name in ("src", "tests", "examples", "docs"):
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "Makefile"):
            shutil.copy(ROOT / name, place / name)
        if _fails(place, asked.tests):
            raise SystemExit("the tests fail without any change; mend that first")
        for change in drawn:
            noticed = is_noticed(change, place, asked.tests)
            counts[noticed] += 1
            if not noticed:
                print(f"not noticed: {change}", flush=True)
    print(f"{counts[True]} of {counts.total()} were noticed")


if __name__ == "__main__":
    main()
