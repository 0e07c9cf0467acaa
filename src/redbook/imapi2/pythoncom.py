"""What IMAPI2 scripts use of pywin32's pythoncom.  There are no apartments here, and nothing to pump."""

import io
import time
from typing import Any

from redbook.imapi2 import Dispatch, FileStream, com_error
from redbook.imapi2.moniker import GetActiveObject
from redbook.imapi2.pywintypes import IID
from redbook.imapi2.variant import (
    VT_ARRAY,
    VT_BOOL,
    VT_BSTR,
    VT_BYREF,
    VT_CY,
    VT_DATE,
    VT_DECIMAL,
    VT_DISPATCH,
    VT_EMPTY,
    VT_ERROR,
    VT_I1,
    VT_I2,
    VT_I4,
    VT_I8,
    VT_INT,
    VT_NULL,
    VT_R4,
    VT_R8,
    VT_UI1,
    VT_UI2,
    VT_UI4,
    VT_UI8,
    VT_UINT,
    VT_UNKNOWN,
    VT_VARIANT,
)
from redbook.imapi2.variant import Variant as VARIANT

__all__ = [
    "CLSCTX_ALL",
    "CLSCTX_INPROC_SERVER",
    "CLSCTX_LOCAL_SERVER",
    "CLSCTX_SERVER",
    "COINIT_APARTMENTTHREADED",
    "COINIT_MULTITHREADED",
    "STREAM_SEEK_CUR",
    "STREAM_SEEK_END",
    "STREAM_SEEK_SET",
    "VARIANT",
    "VT_ARRAY",
    "VT_BOOL",
    "VT_BSTR",
    "VT_BYREF",
    "VT_CY",
    "VT_DATE",
    "VT_DECIMAL",
    "VT_DISPATCH",
    "VT_EMPTY",
    "VT_ERROR",
    "VT_I1",
    "VT_I2",
    "VT_I4",
    "VT_I8",
    "VT_INT",
    "VT_NULL",
    "VT_R4",
    "VT_R8",
    "VT_UI1",
    "VT_UI2",
    "VT_UI4",
    "VT_UI8",
    "VT_UINT",
    "VT_UNKNOWN",
    "VT_VARIANT",
    "CoCreateInstance",
    "CoInitialize",
    "CoInitializeEx",
    "CoUninitialize",
    "CreateStreamOnHGlobal",
    "Empty",
    "GetActiveObject",
    "IID_IDispatch",
    "IID_IStream",
    "IID_IUnknown",
    "MakeIID",
    "Missing",
    "PumpMessages",
    "PumpWaitingMessages",
    "com_error",
    "error",
    "new",
    "ole_error",
]

error = ole_error = com_error

STREAM_SEEK_SET, STREAM_SEEK_CUR, STREAM_SEEK_END = range(3)
IID_IStream = "{0000000C-0000-0000-C000-000000000046}"
IID_IUnknown = "{00000000-0000-0000-C000-000000000046}"
IID_IDispatch = "{00020400-0000-0000-C000-000000000046}"
CLSCTX_INPROC_SERVER, CLSCTX_LOCAL_SERVER, CLSCTX_SERVER, CLSCTX_ALL = 1, 4, 21, 23

Empty = Missing = None
"""No value: members treat it like None."""

MakeIID = IID

COINIT_MULTITHREADED = 0
COINIT_APARTMENTTHREADED = 2


def CoCreateInstance(
    clsid: Any, unkOuter: Any = None, context: int = CLSCTX_ALL, iid: Any = IID_IUnknown
) -> Any:
    """Make a new object.  raises  com_error  for a class or interface that does not exist"""
    return Dispatch(clsid).QueryInterface(iid)


def new(clsid: Any) -> Any:
    """Make a new object.  raises  com_error  for a class that does not exist"""
    return Dispatch(clsid)


def CoInitialize() -> None:
    """Nothing has to be set up for a thread."""


def CoInitializeEx(flags: int = COINIT_MULTITHREADED) -> None:
    """Nothing has to be set up for a thread."""


def CoUninitialize() -> None:
    """Nothing has to be undone."""


def PumpWaitingMessages(*arguments: Any) -> int:
    """Do nothing: events come by themselves, on the thread that is inside the call."""
    return 0


def PumpMessages() -> None:
    """Wait for events until Ctrl-C."""
    while True:
        time.sleep(0.2)


def CreateStreamOnHGlobal(hGlobal: Any = None, fDeleteOnRelease: bool = True) -> FileStream:
    """An empty stream in memory that can be written to.  raises  ValueError  for a memory handle"""
    if hGlobal:
        raise ValueError("redbook has no global memory handles; write the bytes into the stream")
    return FileStream(io.BytesIO())
