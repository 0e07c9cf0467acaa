"""`redbook share iscsi` as a process of its own, as a user starts it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def target(*discs: Path | str, options: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """A recorder for each disc; yields their URLs.  raises  AssertionError  if it ends badly"""
    words = [word for disc in discs for word in ("--disc", str(disc))]
    command = [sys.executable, "-m", "redbook", "share", "iscsi", "--listen", "127.0.0.1:0", *words, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            urls = [process.stdout.readline().strip() for _ in discs]
            assert all(urls), process.stderr.read() if process.stderr else ""
            yield urls
        finally:
            process.terminate()
            _, complaints = process.communicate()
    assert process.returncode == 0, complaints
