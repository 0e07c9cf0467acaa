"""A cancel by signals, which may come while another one is being handled."""

from __future__ import annotations

import subprocess
import sys

AT_EVERY_LINE = """
import itertools, signal, sys, time
from redbook.runner.cancel import Cancel

seconds = itertools.count()
time.monotonic = lambda: next(seconds)  # so that none is taken for one wish sent twice
cancel = Cancel()
signal.signal(signal.SIGINT, cancel.on_signal)
lines = 0

def trace(frame, event, argument):
    global lines
    lines += 1
    if event == "line" and lines < 200:
        signal.raise_signal(signal.SIGINT)
    return trace

sys.settrace(trace)
cancel()
cancel.at_once()
sys.settrace(None)
print(cancel.wanted, cancel.wanted_at_once)
"""


def test_a_signal_may_come_at_any_line_of_a_cancel() -> None:
    """threading.Event has a lock that a handler on the same thread would wait for, for ever."""
    done = subprocess.run(
        [sys.executable, "-c", AT_EVERY_LINE], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "True True\n", done.stderr
