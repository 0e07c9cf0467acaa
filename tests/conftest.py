"""What all tests share: programs of other projects, sound files, recorders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a program that is not there; where CI=true that is a failure."""
    wanted = [name for marker in item.iter_markers("tools") for name in marker.args]
    missing = [name for name in wanted if shutil.which(name) is None]
    if not missing:
        return
    reason = f"not installed: {', '.join(missing)}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test works in folders of its own, so that default names lead nowhere else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".data"))
    monkeypatch.setenv("REDBOOK_SYSTEM_ROOT", str(tmp_path / ".system"))  # no recorder of this machine


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def recorder() -> Iterator[VirtualRecorder]:
    """With a blank 80-minute CD-R; the power-on attention is still to come."""
    recorder = VirtualRecorder(Medium.new())
    yield recorder
    recorder.close()


@pytest.fixture
def drive(recorder: VirtualRecorder) -> Drive:
    """The same recorder, its attention swallowed."""
    from tests.support.drives import ready

    return ready(recorder)
