"""What IMAPI2 scripts use of comtypes.client: CreateObject, GetEvents, GetModule."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from redbook.imapi2 import comtypes, moniker
from redbook.imapi2.com import EventSource
from redbook.imapi2.comtypes.gen import IMAPI2
from redbook.imapi2.dispatch import Constants as _Constants
from redbook.imapi2.dispatch import constants, unwrapped
from redbook.imapi2.typelib.interfaces import CLASSES


def CreateObject(
    progid: Any,
    clsctx: int | None = None,
    machine: str | None = None,
    interface: Any = None,
    dynamic: bool = False,
    pServerInfo: Any = None,
) -> Any:
    """Make a new object.  For the arguments, and what it raises, see `comtypes.CoCreateInstance`."""
    return comtypes.CoCreateInstance(progid, interface)


class Connection:
    """Links an object to a handler of its events, until it is dropped or `disconnect` is called."""

    def __init__(self, source: EventSource, handler: object) -> None:
        self._source, self._handler = source, handler
        source._advise(handler)

    def disconnect(self) -> None:
        """Stop receiving events."""
        self._source._unadvise(self._handler)

    def __del__(self) -> None:
        if "_handler" in self.__dict__:
            self.disconnect()


class _Sink:
    """Finds a handler's methods: Interface_Event or Event, with `this` first if they ask for it."""

    def __init__(self, sink: object, interface: str) -> None:
        self._sink, self._interface = sink, interface

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("On"):
            raise AttributeError(name)
        event = name.removeprefix("On")
        method = getattr(self._sink, f"{self._interface}_{event}", None) or getattr(self._sink, event, None)
        if method is None:
            raise AttributeError(name)
        return _with_this(method)


def _with_this(method: Callable[..., object]) -> Callable[..., object]:
    try:
        first = next(iter(inspect.signature(method).parameters), "")
    except (TypeError, ValueError):  # the handler is written in C
        first = ""
    return (lambda *arguments: method(None, *arguments)) if first == "this" else method


def _event_interface(source: EventSource) -> str:
    """The name of the event interface.  raises  TypeError  for an object without events"""
    known = CLASSES.get(source.PROGID.removeprefix("IMAPI2.")) if isinstance(source, EventSource) else None
    if known is None or known.events is None:
        raise TypeError("cannot determine source interface")
    return known.events


def GetEvents(source: Any, sink: Any, interface: Any = None) -> Connection:
    """Send an object's events to another object, for as long as the result is kept.

    sink  has methods DDiscFormat2TrackAtOnceEvents_Update, Update and the like, with or without `this`

    raises  TypeError  for an object without events
    """
    source = unwrapped(source)
    return Connection(source, _Sink(sink, _event_interface(source)))


class _Shown:
    def __getattr__(self, name: str) -> Any:
        if not name.startswith("On"):
            raise AttributeError(name)
        return lambda *arguments: print("Event", name.removeprefix("On"), arguments)


def ShowEvents(source: Any, interface: Any = None) -> Connection:
    """Print every event.  raises  TypeError  for an object without events"""
    source = unwrapped(source)
    _event_interface(source)
    return Connection(source, _Shown())


def PumpEvents(timeout: float) -> None:
    """Wait this many seconds; events come by themselves, on the thread that is inside the call."""
    time.sleep(timeout)


_LIBRARY = ("imapi2", "2735412f-7f64-5b0f-8f00-5d77afbe261e")


def GetModule(tlib: Any) -> ModuleType:
    """`comtypes.gen.IMAPI2`, for imapi2.dll, imapi2.tlb, the library's id, or a tuple that begins with one.

    raises  OSError  for any other library
    """
    given = str(tlib[0] if isinstance(tlib, tuple | list) else getattr(tlib, "_reg_libid_", tlib))
    name = given.replace("\\", "/").rpartition("/")[2].strip("{}").lower()
    if name not in _LIBRARY and name.rpartition(".")[0] not in _LIBRARY:
        raise OSError(f"{given}: there is no type library here but imapi2.dll")
    return IMAPI2


def Constants(obj: Any) -> _Constants:
    """Every constant of IMAPI2, by name."""
    return constants


def GetActiveObject(progid: Any, interface: Any = None, dynamic: bool = False) -> Any:
    """Fail as Windows does when no such object runs.

    raises  COMError  MK_E_UNAVAILABLE  always: no object runs in another program here
    """
    moniker.GetActiveObject(progid)


def CoGetObject(displayname: str, interface: Any = None, dynamic: bool = False) -> Any:
    """Make a new object for "new:" and a class.  raises  COMError  MK_E_SYNTAX  for any other name"""
    return moniker.GetObject(displayname)


__all__ = [
    "CoGetObject",
    "Connection",
    "Constants",
    "CreateObject",
    "GetActiveObject",
    "GetEvents",
    "GetModule",
    "PumpEvents",
    "ShowEvents",
]
