"""Run a program as a shell would: the same terminal, its signals, its exit code."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from redbook.host import stop_signals

NOT_EXECUTABLE, NOT_FOUND, KILLED = 126, 127, 128
"""Exit codes of a shell; KILLED plus the signal's number."""

_PASSED_ON = (*stop_signals(), signal.SIGQUIT)
_HELD = {*_PASSED_ON, signal.SIGCHLD}
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


@contextmanager
def signals_held() -> Iterator[set[signal.Signals]]:
    """Hold signals back for `run`: in this thread, and in threads that it starts in the meantime.

    yields  the signals that were blocked before, which the program should have blocked, too
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield {signal.Signals(number) for number in before}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run(command: tuple[str, ...], environment: Mapping[str, str], blocked: set[signal.Signals]) -> int:
    """Run a program to its end; returns its exit code, or 128 + n if signal n ended it.

    Call this only within `signals_held`. A signal from the terminal (Ctrl-C) reaches the program by itself,
    and is ignored here; one that was sent to this process is passed on.

    raises  OSError  if it cannot be started
    """
    early = signal.sigpending() & set(_PASSED_ON)
    if early:
        return KILLED + int(min(early))
    pid = os.posix_spawnp(command[0], command, environment, setsigmask=blocked, setsigdef=_IGNORED_BY_PYTHON)
    ended = threading.Event()
    waiting = threading.get_ident()

    def wait() -> None:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # the child keeps its number until reaped below
        ended.set()
        signal.pthread_kill(waiting, signal.SIGCHLD)

    threading.Thread(target=wait, name="redbook-wait", daemon=True).start()
    while not ended.is_set():
        arrived = signal.sigwaitinfo(_HELD)
        if arrived.si_signo in _PASSED_ON and not _by_the_kernel(arrived):
            os.kill(pid, arrived.si_signo)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else KILLED - code


def _by_the_kernel(arrived: signal.struct_siginfo) -> bool:
    """Whether a signal is a terminal's: all of its foreground processes get it.

    Source: sigaction(2), si_code
    """
    return arrived.si_code > 0
