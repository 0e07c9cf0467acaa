"""What all tests share: programs of other projects, sound files, recorders."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from redbook.clock import ManualClock, SystemClock
from redbook.drive import Drive
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support import leftovers

PROGRAMS_OF_OTHERS = Path(__file__).parent / "clients"
_WATCH = pytest.StashKey[subprocess.Popen[bytes]]()


_IGNORED_IN_THE_BACKGROUND = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM)


def pytest_configure(config: pytest.Config) -> None:
    """No test is timed; and what a run was started with is not what the programs it tries are started with.

    A shell ignores SIGINT for what it starts in the background, nohup ignores SIGHUP; children inherit that.
    """
    hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no defect
    hypothesis.settings.load_profile("untimed")
    for number in _IGNORED_IN_THE_BACKGROUND:
        if signal.getsignal(number) == signal.SIG_IGN:
            ours = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, ours)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        config.stash[_WATCH] = leftovers.watch()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything that starts programs of others takes seconds."""
    for item in items:
        if PROGRAMS_OF_OTHERS in item.path.parents:
            item.add_marker(pytest.mark.slow)


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
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.delenv("REDBOOK_DRIVE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".state"))
    monkeypatch.setenv("REDBOOK_SYSTEM_ROOT", str(tmp_path / ".system"))  # no recorder of this machine


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """A command that a test runs in this process takes the signals until the process ends.

    Tests of Ctrl-C that came behind one, in the same worker, found that command's handler in place.
    """
    before = {number: signal.getsignal(number) for number in _IGNORED_IN_THE_BACKGROUND}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)


@pytest.fixture
def exact_recorder(_typical_recorder: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test that compares bytes on the disc with what was sent."""
    monkeypatch.setenv("REDBOOK_MODEL", "redbook")


_EXACT = ("unit", "property", "fuzz", "share", "clients", "readback", "contract", "kernel")
"""Folders whose tests compare bytes with a recorder without weaknesses. All others run on a typical one."""


@pytest.fixture(autouse=True)
def _typical_recorder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What everybody's drive has is what every test meets: offsets, an old table of contents."""
    folder = request.path.relative_to(Path(__file__).parent).parts[0]
    monkeypatch.setenv("REDBOOK_MODEL", "redbook" if folder in _EXACT else "typical")


class _HurriedClock(SystemClock):
    """The machine's, but what anybody sleeps has gone by at once."""

    def __init__(self) -> None:
        self._slept = 0.0

    def now(self) -> float:
        return super().now() + self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds


@pytest.fixture(autouse=True)
def _hurried_recorders(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typical recorder takes its time to seek and to read; in this process nobody waits for it."""
    monkeypatch.setattr("redbook.virtual.recorder.SystemClock", _HurriedClock)


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


@pytest.fixture(scope="session")
def vectors(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The 42 cue sheets with their audio."""
    from tests.support.sheets import vector_folder

    base = tmp_path_factory.getbasetemp()
    return vector_folder(base if worker_id == "master" else base.parent)
