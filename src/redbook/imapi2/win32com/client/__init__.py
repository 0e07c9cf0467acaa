"""What IMAPI2 scripts use of pywin32's win32com.client."""

from redbook.imapi2 import (
    CastTo,
    DispatchWithEvents,
    EnsureDispatch,
    WithEvents,
    constants,
    getevents,
    pythoncom,
    pywintypes,
)
from redbook.imapi2.late import Dispatch
from redbook.imapi2.moniker import GetActiveObject, GetObject
from redbook.imapi2.variant import Variant as VARIANT
from redbook.imapi2.win32com.client import dynamic, gencache

DispatchEx = Dispatch

__all__ = [
    "VARIANT",
    "CastTo",
    "Dispatch",
    "DispatchEx",
    "DispatchWithEvents",
    "EnsureDispatch",
    "GetActiveObject",
    "GetObject",
    "WithEvents",
    "constants",
    "dynamic",
    "gencache",
    "getevents",
    "pythoncom",
    "pywintypes",
]
