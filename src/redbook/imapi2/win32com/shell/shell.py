"""A file as a stream, the way the Windows shell opens one."""

import os
from typing import Any

from redbook.imapi2 import FileStream, HResult
from redbook.imapi2.com import failure
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

    raises  com_error  if it cannot be opened
    """
    how = "r+b" if Mode & (STGM_WRITE | STGM_READWRITE) else "rb"
    if Mode & STGM_CREATE:
        how = "w+b"
    elif Create and not os.path.lexists(File):
        how = "x+b"
    try:
        file = open(File, how)  # noqa: SIM115, PTH123 - the stream closes it
    except OSError as error:
        code = HResult.E_ACCESSDENIED if isinstance(error, PermissionError) else HResult.E_FAIL
        if isinstance(error, FileNotFoundError):
            code = HResult.HRESULT_FROM_WIN32_ERROR_FILE_NOT_FOUND
        raise failure(f"SHCreateStreamOnFileEx({os.fspath(File)!r})", code, str(error)) from error
    return FileStream(file, os.fspath(File))


SHCreateStreamOnFile = SHCreateStreamOnFileEx

__all__ = ["SHCreateStreamOnFile", "SHCreateStreamOnFileEx"]
