"""Which Python interpreters this machine has."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)
"""Minor versions that redbook is made for; pyproject.toml has the same, and a test says so."""

_TELL = "import ensurepip, sys, venv; print(*sys.version_info[:2], sys.executable)"


def found() -> dict[str, str]:
    """By version, as "3.11": the first interpreter that can make environments."""
    versions: dict[tuple[int, int], str] = {}
    for candidate in _candidates():
        try:
            done = subprocess.run([candidate, "-c", _TELL], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode:  # pyenv's stand-in for a version that is not chosen; Debian without python3-venv
            continue
        major, minor, path = done.stdout.split(maxsplit=2)
        version = (int(major), int(minor))
        if OLDEST <= version <= NEWEST:
            versions.setdefault(version, path.strip())
    return {f"{major}.{minor}": versions[major, minor] for major, minor in sorted(versions)}


def _candidates() -> Iterator[str]:
    """The one that runs this, those of the PATH, those that pyenv and uv keep."""
    yield getattr(sys, "_base_executable", sys.executable)
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        if path := shutil.which(f"python3.{minor}"):
            yield path
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local/share/uv/python"))
    kept = itertools.chain(pyenv.glob("versions/3.*/bin/python3"), uv.glob("*/bin/python3"))
    yield from map(str, sorted(kept))
