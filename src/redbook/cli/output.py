"""Standard output that may fail: its reader has left, or its disk is full."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

TYPE_CHECKING = False  # for `redbook --help`, which does without typing
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO, TypeVar

    R = TypeVar("R")

CANNOT_BE_WRITTEN = 1
"""Exit code of a command that did its work, but could not report it."""


class Output:
    """Replaces sys.stdout.  What cannot be written is dropped and reported at the end.

    lost    whether something was dropped
    why     what the system said about it; empty if the reader left, which is not an error (`| head -1`)
    result  the command's result, in words, to be reported instead of the output
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding
        self.lost = False
        self.why = ""
        self.result = ""

    def write(self, text: str) -> int:
        return self._try(lambda: self._stream.write(text)) or 0

    def flush(self) -> None:
        self._try(self._stream.flush)

    def isatty(self) -> bool:
        return not self._stream.closed and self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _try(self, action: Callable[[], R]) -> R | None:
        try:
            return action()
        except (OSError, ValueError) as error:  # ValueError: closed before we began
            self.lost = True
            if isinstance(error, OSError) and error.errno != errno.EPIPE:
                self.why = self.why or error.strerror or str(error)
            # What is still buffered would be tried again at exit, and fail again.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            return None

    def code(self, code: int) -> int:
        """The exit code of a command that had this one; what was lost is reported on standard error."""
        self.flush()
        if not self.why:
            return code
        result = f". {self.result}" if self.result and not code else ""
        with contextlib.suppress(OSError, ValueError):
            print(
                f"redbook: cannot write to standard output ({self.why}); make room there, or redirect it "
                f"elsewhere{result}",
                file=sys.stderr,
            )
        return code or CANNOT_BE_WRITTEN


def take_over() -> Output:
    """From now on sys.stdout is an Output, and sys.stderr: whoever stops reading notes does not spoil a
    disc.
    """
    output = Output(sys.stdout)
    sys.stdout = output
    sys.stderr = Output(sys.stderr)
    return output


def standard_output() -> Output:
    """sys.stdout as an Output: the one in its place, or a new one."""
    stream: object = sys.stdout
    return stream if isinstance(stream, Output) else Output(sys.stdout)


def standard_error() -> Output:
    """The same for sys.stderr."""
    stream: object = sys.stderr
    return stream if isinstance(stream, Output) else Output(sys.stderr)
