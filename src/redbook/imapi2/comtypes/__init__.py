"""Replaces comtypes in a script, as far as scripts use it for IMAPI2."""

from typing import Any

from redbook.imapi2 import Dispatch, com_error
from redbook.imapi2.pythoncom import (
    CLSCTX_ALL,
    CLSCTX_INPROC_SERVER,
    CLSCTX_LOCAL_SERVER,
    CLSCTX_SERVER,
    COINIT_APARTMENTTHREADED,
    COINIT_MULTITHREADED,
    CoInitialize,
    CoInitializeEx,
    CoUninitialize,
)
from redbook.imapi2.pywintypes import IID

COMError = com_error
GUID = IID


class IUnknown:
    """The interface that every object has, for QueryInterface."""

    _iid_ = IID("{00000000-0000-0000-C000-000000000046}")


class ClassMissing(OSError):
    """There is no such class; comtypes raises an OSError for this, with Windows' code in `winerror`."""

    def __init__(self, error: com_error) -> None:
        super().__init__(int(error.hresult), str(error))
        self.winerror = self.hresult = error.hresult


def CoCreateInstance(
    clsid: Any, interface: Any = None, clsctx: int | None = None, punkouter: Any = None
) -> Any:
    """Make a new object.

    clsid      a ProgID, a CLSID, or a class of `comtypes.gen.IMAPI2`
    interface  one of its interfaces; any other is refused

    raises  OSError   for a class that does not exist
            COMError  E_NOINTERFACE  for an interface that it does not have
    """
    try:
        thing = Dispatch(getattr(clsid, "_reg_clsid_", clsid))
    except com_error as error:
        raise ClassMissing(error) from error
    return thing if interface is None else thing.QueryInterface(interface)


from redbook.imapi2.comtypes import automation, client, gen  # noqa: E402 - they need the names above

__all__ = [
    "CLSCTX_ALL",
    "CLSCTX_INPROC_SERVER",
    "CLSCTX_LOCAL_SERVER",
    "CLSCTX_SERVER",
    "COINIT_APARTMENTTHREADED",
    "COINIT_MULTITHREADED",
    "GUID",
    "COMError",
    "ClassMissing",
    "CoCreateInstance",
    "CoInitialize",
    "CoInitializeEx",
    "CoUninitialize",
    "IUnknown",
    "automation",
    "client",
    "gen",
]
