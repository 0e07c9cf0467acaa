"""A test run leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

STARTS_SERVERS = """
import os, subprocess, sys, time
command = [sys.executable, "-m", "redbook", "share", "iscsi", "--listen", "127.0.0.1:0", "--disc", "a.disc"]
def test_it(tmp_path):
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    server.stdout.readline()
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (tmp_path / "started").write_text(f"{server.pid} {program.pid}")
    os.rename(tmp_path / "started", os.environ["TOLD"])
    time.sleep(600)
"""


def is_there(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_test_run_has_started_ends(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_configure\n")
    (tmp_path / "test_servers.py").write_text(STARTS_SERVERS)
    told = tmp_path / "told"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--basetemp", "base", "test_servers.py"],
        env={**environment, "PYTHONPATH": str(ROOT), "TOLD": str(told)},
        stdout=subprocess.DEVNULL,
    )
    started: list[int] = []
    for _ in range(3000):
        if told.exists():
            started = [int(word) for word in told.read_text().split()]
            break
        assert run.poll() is None
        time.sleep(0.1)
    assert all(is_there(process) for process in started)
    assert len(started) == 2
    run.send_signal(number)
    run.wait(120)
    for _ in range(1200):
        if not any(is_there(process) for process in started):
            return
        time.sleep(0.1)
    pytest.fail(f"still there: {[process for process in started if is_there(process)]}")


INTERRUPTS = """
import subprocess, sys
def test_it():
    child = "import os, signal; os.kill(os.getpid(), int(input())); print('deaf')"
    for number in (1, 2, 3, 15):
        command = [sys.executable, "-c", child]
        done = subprocess.run(command, input=str(number), capture_output=True, text=True)
        assert done.stdout == ""
"""


def test_programs_hear_signals_also_if_the_run_was_started_in_the_background(tmp_path: Path) -> None:
    """As by `make test &` in a script, or nohup."""
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_configure\n")
    (tmp_path / "test_signals.py").write_text(INTERRUPTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--basetemp",
        "base",
        "test_signals.py",
    ]
    script = f"trap '' HUP INT QUIT TERM; exec {shlex.join(command)}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        ["sh", "-c", script],
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
