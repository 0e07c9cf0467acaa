"""A pytest plugin: which tests run through which lines, in every thread, and how long each takes.

    TOUCHED=folder python -m pytest -p tests.mutation.touched ...

Each process of a run leaves two files in that folder: coverage's data, with a test's name as the context of
what it ran through, and what became of each test.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

import redbook

FOLDER = Path(os.environ["TOUCHED"])
PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "main")
HOME = Path(redbook.__file__).parent

_passed: dict[str, bool] = {}
_seconds: dict[str, float] = {}
_lines = coverage.Coverage(
    data_file=FOLDER / f"lines.{PROCESS}",
    config_file=False,
    include=[str(HOME / "engine" / "*"), str(HOME / "virtual" / "*")],
)
_lines.start()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    _lines.switch_context(item.nodeid)
    try:
        return (yield)
    finally:
        _lines.switch_context("")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    name = report.nodeid
    _seconds[name] = _seconds.get(name, 0.0) + report.duration
    _passed[name] = _passed.get(name, True) and report.passed


def pytest_sessionfinish() -> None:
    _lines.stop()
    _lines.save()
    told = {"passed": _passed, "seconds": _seconds}
    (FOLDER / f"tests.{PROCESS}.json").write_text(json.dumps(told), encoding="utf-8")
