"""Keeps the system from going to sleep or shutting down while a disc is burned.

The lock belongs to a child process, `systemd-inhibit ... cat`, which reads from a pipe that this process
holds. However this process ends, even by SIGKILL, the pipe closes, the child ends, and so does the lock.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from redbook.system.readable import readable

TOOL = "systemd-inhibit"
WHAT = "sleep:shutdown:idle"
HELD = b"held\n"
PATIENCE_SECONDS = 5.0
"""How long the child may take to end, and to say that it has the lock."""


@contextmanager
def awake(why: str) -> Iterator[None]:
    """In this block, the system does not suspend or shut down, if there is a way to forbid that.

    If it has none, or this user may not use it, nothing changes; `redbook doctor` says so.
    """
    child = _start(why)
    try:
        yield
    finally:
        if child is not None:
            _end(child)


def why_not() -> str:
    """Try `awake`; returns why it does not work here, or an empty text if it does."""
    if shutil.which(TOOL) is None:
        return f"{TOOL} is not installed"
    child = _start("redbook doctor checks whether it can")
    if child is None or child.stdout is None:
        return f"{TOOL} cannot be started"
    try:
        pipe = child.stdout.fileno()
        answer = os.read(pipe, len(HELD)) if readable([pipe], PATIENCE_SECONDS) else b""
    finally:
        complaint = _end(child)
    if answer == HELD:
        return ""
    return complaint or f"{TOOL} got no lock in {PATIENCE_SECONDS:.0f} s"


def _start(why: str) -> subprocess.Popen[bytes] | None:
    path = shutil.which(TOOL)
    if path is None:
        return None
    command = [path, f"--what={WHAT}", "--mode=block", "--who=redbook", f"--why={why}"]
    try:
        # It gets a session of its own: Ctrl-C at the terminal is only for us, and we end the burn cleanly.
        return subprocess.Popen(
            [*command, "sh", "-c", "echo held; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError:
        return None


def _end(child: subprocess.Popen[bytes]) -> str:
    """Release the lock; returns the child's complaint, if any."""
    complaint = b""
    try:
        _, complaint = child.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            _, complaint = child.communicate(timeout=PATIENCE_SECONDS)
    return complaint.decode("utf-8", "replace").strip()
