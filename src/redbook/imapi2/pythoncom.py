"""What IMAPI2 scripts use of pywin32's pythoncom.  There are no apartments here, and nothing to pump."""

import io
from typing import Any

from redbook.imapi2 import FileStream, com_error

__all__ = [
    "COINIT_APARTMENTTHREADED",
    "COINIT_MULTITHREADED",
    "CoInitialize",
    "CoInitializeEx",
    "CoUninitialize",
    "CreateStreamOnHGlobal",
    "PumpWaitingMessages",
    "com_error",
]

COINIT_MULTITHREADED = 0
COINIT_APARTMENTTHREADED = 2


def CoInitialize() -> None:
    """Nothing has to be set up for a thread."""


def CoInitializeEx(flags: int = COINIT_MULTITHREADED) -> None:
    """Nothing has to be set up for a thread."""


def CoUninitialize() -> None:
    """Nothing has to be undone."""


def PumpWaitingMessages(*arguments: Any) -> int:
    """Events come by themselves, on the thread that is inside the call."""
    return 0


def CreateStreamOnHGlobal(hGlobal: Any = None, fDeleteOnRelease: bool = True) -> FileStream:
    """An empty stream in memory that can be written to."""
    return FileStream(io.BytesIO())
