"""What IMAPI2 scripts use of pywin32's win32com.client."""

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
from redbook.imapi2.win32com.client import dynamic, gencache

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
