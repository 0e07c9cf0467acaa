"""A program at a terminal of its own, with somebody who reads and types."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

PATIENCE_SECONDS = 60  # a program that says nothing shall not hang the tests


def _as_at_a_terminal() -> None:
    """Also where the tests themselves were started with Ctrl-C ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """Use it in a `with`.  text: everything that came so far, without its control sequences"""

    def __init__(self, *command: str, environment: Mapping[str, str], columns: int = 100) -> None:
        parent, child = pty.openpty()
        self._fd = parent
        self._data = b""
        self._ended = False
        self._process = subprocess.Popen(
            command,
            stdin=child,
            stdout=child,
            stderr=child,
            env={**environment, "COLUMNS": str(columns), "LINES": "24", "TERM": "xterm"},
            start_new_session=True,
            preexec_fn=_as_at_a_terminal,
        )
        os.close(child)

    @property
    def text(self) -> str:
        plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", self._data)
        return plain.decode("utf-8", "replace")

    def until(self, pattern: str) -> None:
        """Wait until it has printed this."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not re.search(pattern, re.sub(r"\s+", " ", self.text)):
            assert time.monotonic() < end, f"{pattern} never came:\n{self.text}"
            assert self._read(), f"it ended without {pattern}:\n{self.text}"

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """The exit code."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self._read():
            assert time.monotonic() < end, f"it does not end:\n{self.text}"
        return self._process.wait(PATIENCE_SECONDS)

    def _read(self) -> bool:
        """Whether there may be more."""
        if not select.select([self._fd], [], [], 0.2)[0]:
            return True
        try:
            part = os.read(self._fd, 65536)
        except OSError:  # EIO: nobody has the other end open
            part = b""
        self._data += part
        return bool(part)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._fd)
