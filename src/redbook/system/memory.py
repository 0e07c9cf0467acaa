"""Memory that this program has freed, given back to the system."""

from __future__ import annotations


def give_back_freed_memory() -> None:
    """Best effort; without effect where the C library has no such function.

    glibc keeps what a thread has freed for its next request. After decoding that is 5 to 9 MB, which nothing
    needs while a disc is written.  Source: malloc_trim(3)
    """
    import ctypes  # NumPy has imported it by then

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # TypeError: None is no library on Windows
        return
    trim(0)
