"""A file as a stream, the way the Windows shell opens one."""

import os
from typing import Any

from redbook.imapi2 import FileStream
from redbook.imapi2.win32com.storagecon import STGM_CREATE, STGM_READWRITE, STGM_WRITE


def SHCreateStreamOnFileEx(
    File: str | os.PathLike[str],
    Mode: int = 0,
    Attributes: int = 0,
    Create: bool = False,
    Template: Any = None,
) -> FileStream:
    """A stream over the bytes of a file.

    Mode    STGM_READ, STGM_WRITE or STGM_READWRITE; sharing is the system's own
    Create  make the file, if it is not there

    raises  OSError
    """
    how = "r+b" if Mode & (STGM_WRITE | STGM_READWRITE) else "rb"
    if Mode & STGM_CREATE:
        how = "w+b"
    elif Create and not os.path.lexists(File):
        how = "x+b"
    return FileStream(open(File, how), os.fspath(File))  # noqa: PTH123 - the stream closes it


SHCreateStreamOnFile = SHCreateStreamOnFileEx

__all__ = ["SHCreateStreamOnFile", "SHCreateStreamOnFileEx"]
