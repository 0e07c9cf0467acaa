"""What IMAPI2 scripts use of pywin32's win32com.client."""

from types import SimpleNamespace

from redbook.imapi2 import (
    CastTo,
    Dispatch,
    DispatchEx,
    DispatchWithEvents,
    EnsureDispatch,
    WithEvents,
    constants,
    getevents,
)

gencache = SimpleNamespace(EnsureDispatch=EnsureDispatch, EnsureModule=lambda *arguments, **more: None)
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
]
