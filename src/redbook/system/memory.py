"""How the C library of this process handles freed memory: used again, or given back to the system.

This is best effort, without effect if the library has no such functions.  Source: mallopt(3), malloc_trim(3)
"""

from __future__ import annotations

from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 8 << 20
_MOST_KEPT_BYTES = 32 << 20


def reuse_freed_memory() -> None:
    """Use freed memory again, and for all threads: audio comes in pieces of up to a megabyte.

    By default glibc gives such pieces back to the system at once, and each new one comes page by page. For a
    whole disc this takes a tenth of the time that reading it takes. It affects the whole process, so only our
    own programs should call it.
    """
    tune = _from_c_library("mallopt")
    if tune is not None:
        tune(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        tune(_M_TRIM_THRESHOLD, _MOST_KEPT_BYTES)
        tune(_M_ARENA_MAX, 1)


def give_back_freed_memory() -> None:
    """Give freed memory back: after decoding it is 5 to 9 MB or more, and a burn does not need it."""
    trim = _from_c_library("malloc_trim")
    if trim is not None:
        trim(0)


def _from_c_library(name: str) -> Any:
    """A function of the C library; None if there is no such function or library."""
    import ctypes  # NumPy imports it anyway; most commands do not need it

    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):  # TypeError: on Windows, None does not mean a library
        return None
