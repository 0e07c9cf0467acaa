"""A file as a stream, the way the Windows shell opens one."""

import os
from pathlib import Path
from typing import Any

from redbook.imapi2 import FileStream, HResult
from redbook.imapi2.com import failure
from redbook.imapi2.win32com.shell import shellcon
from redbook.imapi2.win32com.storagecon import STGM_CREATE, STGM_READWRITE, STGM_WRITE


def SHCreateStreamOnFileEx(
    File: str | os.PathLike[str],
    Mode: int = 0,
    Attributes: int = 0,
    Create: bool = False,
    Template: Any = None,
) -> FileStream:
    """A stream over the bytes of a file.

    Mode    STGM_READ, STGM_WRITE or STGM_READWRITE; how it is shared is up to the system
    Create  make the file if it is not there

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

_XDG_FOLDERS = {
    shellcon.CSIDL_DESKTOP: ("XDG_DESKTOP_DIR", "Desktop"),
    shellcon.CSIDL_DESKTOPDIRECTORY: ("XDG_DESKTOP_DIR", "Desktop"),
    shellcon.CSIDL_PERSONAL: ("XDG_DOCUMENTS_DIR", "Documents"),
    shellcon.CSIDL_MYMUSIC: ("XDG_MUSIC_DIR", "Music"),
    shellcon.CSIDL_APPDATA: ("XDG_CONFIG_HOME", ".config"),
    shellcon.CSIDL_LOCAL_APPDATA: ("XDG_DATA_HOME", ".local/share"),
    shellcon.CSIDL_PROFILE: ("HOME", ""),
}


def SHGetFolderPath(hwndOwner: Any, nFolder: int, hToken: Any = None, dwFlags: int = 0) -> str:
    """The path of one of the user's folders: from its XDG environment variable, else the usual one.

    nFolder  one of shellcon's CSIDL_...

    raises  com_error  E_INVALIDARG  for a folder that does not exist here
    """
    known = _XDG_FOLDERS.get(nFolder & ~shellcon.CSIDL_FLAG_CREATE)
    if known is None:
        raise failure(f"SHGetFolderPath({nFolder})", HResult.E_INVALIDARG)
    variable, usual = known
    path = Path(os.environ.get(variable) or Path.home() / usual)
    if nFolder & shellcon.CSIDL_FLAG_CREATE:
        path.mkdir(parents=True, exist_ok=True)
    return str(path)


__all__ = ["SHCreateStreamOnFile", "SHCreateStreamOnFileEx", "SHGetFolderPath"]
