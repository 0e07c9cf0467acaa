"""Break the code in one place at a time, and see whether a test notices.

    python -m tests.mutation [-n COUNT] [--seed N] [--only engine/burn.py] [--tests tests/engine ...]

The places are drawn at random from the engine and the virtual recorder. The broken code lies in folders of
its own; the working copy is never touched. A change is tried with the tests that run through its line. Each
survivor is printed with its line, before and after: either a test is missing, or the change makes no
difference to anybody.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
from functools import cache

import pytest

from tests.mutation.changes import Change, callees, changes_in
from tests.mutation.map import ROOT, Chooser, Map, up_to_date
from tests.mutation.trial import Trials, Tried

ROOMS = ("engine", "virtual")
SUITES = (
    "tests/engine",
    "tests/contract",
    "tests/unit",
    "tests/property",
    "tests/test_burning.py",
    "tests/test_overburn.py",
    "tests/test_reading.py",
    "tests/test_tray.py",
)


def sources() -> dict[str, str]:
    """The modules that are changed, by their paths below redbook/."""
    home = ROOT / "src" / "redbook"
    paths = [path for room in ROOMS for path in sorted((home / room).rglob("*.py"))]
    return {str(path.relative_to(home)): path.read_text(encoding="utf-8") for path in paths}


def every_change(texts: dict[str, str]) -> list[Change]:
    home = ROOT / "src" / "redbook"
    known = callees(path.read_text(encoding="utf-8") for path in sorted(home.rglob("*.py")))
    return [change for name, text in texts.items() for change in changes_in(name, text, known)]


def within(tests: list[str], found: Map, most_seconds: float) -> list[str]:
    """Those of them that there is time for."""
    total, chosen = 0.0, list[str]()
    for test in tests:
        total += found.seconds[test]
        if chosen and total > most_seconds:
            break
        chosen.append(test)
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("-n", "--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="modules whose path below redbook/ begins so")
    parser.add_argument("--tests", nargs="+", default=list(SUITES))
    parser.add_argument("--seconds", type=float, default=120, help="of tests for each change, at most")
    parser.add_argument("--survivors", action="store_true", help="try those of the last run again")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what is under way is ended, too
    texts = sources()
    possible = [change for change in every_change(texts) if change.name.startswith(asked.only)]
    if not possible:
        raise SystemExit(f"no module's path begins with {asked.only!r}")
    kept = ROOT / ".cache" / "mutation" / "survivors.json"
    if asked.survivors:
        again = set(json.loads(kept.read_text(encoding="utf-8")))
        drawn = [change for change in possible if str(change) in again]
    else:
        drawn = random.Random(asked.seed).sample(possible, min(asked.count, len(possible)))
    found = up_to_date(asked.tests)
    for test in found.failing:
        print(f"left out, it does not pass without a change either: {test}")
    print(
        f"{len(drawn)} of {len(possible)} changes, seed {asked.seed}, {len(found.seconds)} tests", flush=True
    )
    chooser = Chooser.of(found, texts)
    results: list[Tried] = []

    @cache
    def tests(change: Change) -> list[str]:
        return chooser.tests(change)

    def tell(one: Tried) -> None:
        results.append(one)
        among = len(tests(one.change))
        how = f"{one.tests} of the {among} tests for it" if among else "no test runs through it"
        said = f"noticed: {one.change}\n    by {one.noticed_by}" if one.noticed_by else ""
        print(said or f"not noticed: {one.change}\n    {how}", flush=True)

    trials = Trials(drawn, lambda change: within(tests(change), found, asked.seconds), found.seconds, tell)
    files = sorted(found.files)
    pytest.main(["-q", "-q", "-s", "-p", "no:cacheprovider", "-m", "not slow", *files], plugins=[trials])
    survivors = [str(one.change) for one in results if not one.noticed_by]
    kept.write_text(json.dumps(survivors), encoding="utf-8")
    for name in sorted({one.change.name for one in results}):
        of_it = [bool(one.noticed_by) for one in results if one.change.name == name]
        print(f"{name}: {of_it.count(True)} noticed, {of_it.count(False)} not")
    print(f"{len(results) - len(survivors)} of {len(results)} were noticed")


if __name__ == "__main__":
    main()
