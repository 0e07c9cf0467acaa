"""Processes that need not import anything first: copies of one that has.

Most of a short command's time is Python's start and the import of what decodes sound. Each of these is a
process of its own all the same, with its own files, environment and signals; what a start itself does is
proved where a test starts Python.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from functools import cache
from types import TracebackType
from typing import Self

PATIENCE_SECONDS = 600  # only what hangs takes that long; a busy machine needs minutes for 99 files

_PARENT = """
import gc, json, os, runpy, socket, sys
import redbook.cli.app, redbook.cli.render, redbook.cli.shapes, redbook.recorders.names, redbook.burning.jobs
import redbook.audio.decode, redbook.audio.convert, redbook.burning.checking
import redbook.recorders.doctor, av, numpy, soxr
control = socket.socket(fileno=int(sys.argv[1]))
gc.collect()
gc.freeze()
while True:
    message, files, _, _ = socket.recv_fds(control, 1 << 20, 3)
    if not message:
        sys.exit()
    pid = os.fork()
    if not pid:
        break
    for file in files:
        os.close(file)
    handle = os.pidfd_open(pid)
    socket.send_fds(control, [b"%d" % pid], [handle])
    os.close(handle)
    control.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
control.close()
for number, file in enumerate(files):
    os.dup2(file, number)
    os.close(file)
wanted = json.loads(message)
os.chdir(wanted["folder"])
os.environ.clear()
os.environ.update(wanted["environment"])
sys.argv = ["-c", *wanted["arguments"]]
if wanted["hurried"]:
    from redbook.clock import SystemClock
    slept, now = [0.0], SystemClock.now
    SystemClock.now = lambda clock: now(clock) + slept[0]
    SystemClock.sleep = lambda clock, seconds: slept.__setitem__(0, slept[0] + seconds)
if wanted["code"]:
    exec(compile(wanted["code"], "<a test>", "exec"), {"__name__": "__main__"})
else:
    runpy.run_module("redbook", run_name="__main__", alter_sys=True)
"""


class Warm:
    """One process that has everything imported, and makes copies of itself, one after the other."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control = ours
        self.control.settimeout(PATIENCE_SECONDS)
        with theirs:
            command = [sys.executable, "-c", _PARENT, str(theirs.fileno())]
            self.process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )


@cache
def warm() -> Warm:
    """One for the whole run; it ends with the test process, whose end of the socket is gone then."""
    return Warm()


class Copy:
    """A process under way.  Use it in a `with`: no other one begins before it has ended.

    arguments  of the command line `redbook`
    code       Python that runs in its place
    files      what it has for standard input, output and error; None for /dev/null
    hurried    what it sleeps by its SystemClock has gone by at once
    """

    def __init__(
        self,
        *arguments: str,
        code: str = "",
        files: tuple[int | None, int | None, int | None] = (None, None, None),
        hurried: bool = False,
    ) -> None:
        self._control = warm().control
        self.returncode: int | None = None
        wanted = {
            "folder": os.getcwd(),  # noqa: PTH109 - as a string
            "environment": dict(os.environ),
            "arguments": arguments,
            "code": code,
            "hurried": hurried,
        }
        with open(os.devnull, "r+b", buffering=0) as null:  # noqa: PTH123 - for its descriptor
            numbers = [null.fileno() if file is None else file for file in files]
            socket.send_fds(self._control, [json.dumps(wanted).encode()], numbers)
        pid, (self._handle, *_), _, _ = socket.recv_fds(self._control, 100, 1)
        self.pid = int(pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.returncode is None:
            self.kill()
            self.wait()
        os.close(self._handle)

    @property
    def ended(self) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(self._handle, selectors.EVENT_READ)
            return bool(selector.select(0))

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def wait(self) -> int:
        self.returncode = int(self._control.recv(100))
        return self.returncode


def run(*arguments: str, code: str = "", hurried: bool = False) -> subprocess.CompletedProcess[str]:
    """As subprocess.run with the command `redbook`, or Python with this code; what it says is text."""
    ends = [os.pipe() for _ in range(2)]
    with Copy(*arguments, code=code, files=(None, ends[0][1], ends[1][1]), hurried=hurried) as copy:
        for _, end in ends:
            os.close(end)
        said = _read_all([end for end, _ in ends])
        copy.wait()
    assert copy.returncode is not None
    return subprocess.CompletedProcess(arguments, copy.returncode, *(text.decode() for text in said))


def _read_all(files: list[int]) -> list[bytes]:
    """What comes through these, until their ends."""
    said: dict[int, bytes] = dict.fromkeys(files, b"")
    until = time.monotonic() + PATIENCE_SECONDS
    with selectors.DefaultSelector() as selector:
        for file in files:
            selector.register(file, selectors.EVENT_READ)
        while selector.get_map():
            left = until - time.monotonic()
            assert left > 0, f"it did not end: {said}"
            for key, _ in selector.select(left):
                data = os.read(key.fd, 1 << 16)
                said[key.fd] += data
                if not data:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return list(said.values())
