"""Whether an attribute that is being read is called on the spot, as in `writer.MediaPhysicallyBlank()`.

True and False cannot be made callable, and no other object passes a test with `is True`. So the calling code
is examined: Python compiles a call of an attribute differently from a plain read of it.
"""

from __future__ import annotations

import dis
import functools
import sys
from types import CodeType, FrameType

_BETWEEN = ("CACHE", "PRECALL", "PUSH_NULL")
_TAKEN_APART = "@py_"
"""pytest takes an assert apart: it puts the attribute into a variable with such a name, and calls that."""


def is_called(frame: FrameType) -> bool:
    """frame: the one that is reading the attribute, stopped at that instruction"""
    return _is_called(frame.f_code, frame.f_lasti)


@functools.lru_cache(maxsize=1024)
def _is_called(code: CodeType, at: int) -> bool:
    steps = [step for step in dis.get_instructions(code) if step.opname not in _BETWEEN]
    place = next((n for n, step in enumerate(steps) if step.offset == at), len(steps))
    if place + 1 >= len(steps):
        return False
    step, following = steps[place], steps[place + 1]
    if step.opname == "LOAD_METHOD":  # Python 3.11
        return True
    if step.opname != "LOAD_ATTR":
        return False
    if sys.version_info >= (3, 12) and (step.arg or 0) & 1:
        return True
    kept = str(following.argval)
    if not kept.startswith(_TAKEN_APART):
        return False
    for load, call in zip(steps[place + 2 :], steps[place + 3 :], strict=False):
        if load.argval == kept and load.opname.startswith("LOAD_"):
            return call.opname == "CALL" and not call.arg
    return False
