"""What a process costs; as a program, that of a command, as JSON on the last line.

python bench/measured.py COMMAND ARGS
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Of one finished process and its children: seconds, and MB at the most."""

    wall: float
    cpu: float
    peak_mb: float


def measure(command: list[str], folder: Path) -> Cost:
    """raises  CalledProcessError  if the command fails: a failed burn is no measurement"""
    start = time.perf_counter()
    # An installed program has its bytecode; without it half of a start-up is compiling.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_a_folder(measurement: Callable[[Path], object]) -> None:
    """Of its own, where there is room for discs."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as name:
        measurement(Path(name))


if __name__ == "__main__":
    print(json.dumps(asdict(measure(sys.argv[1:], Path.cwd()))))
