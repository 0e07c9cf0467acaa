"""What IMAPI2 scripts use of pywin32's win32com.client."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

from redbook.imapi2 import (
    CastTo,
    Dispatch,
    DispatchEx,
    DispatchWithEvents,
    EnsureDispatch,
    WithEvents,
    constants,
    getevents,
    pythoncom,
    pywintypes,
)


def _ensure_module(*ignored: Any, **more: Any) -> ModuleType:
    """What pywin32 would generate from the type library: its classes and constants."""
    return sys.modules["redbook.imapi2"]


gencache = SimpleNamespace(EnsureDispatch=EnsureDispatch, EnsureModule=_ensure_module, is_readonly=False)
dynamic = SimpleNamespace(Dispatch=Dispatch)

__all__ = [
    "CastTo",
    "Dispatch",
    "DispatchEx",
    "DispatchWithEvents",
    "EnsureDispatch",
    "WithEvents",
    "constants",
    "dynamic",
    "gencache",
    "getevents",
    "pythoncom",
    "pywintypes",
]
