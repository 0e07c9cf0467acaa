"""The ways in that pywin32 has: Dispatch, DispatchWithEvents, WithEvents, constants."""

from __future__ import annotations

from typing import Any, NoReturn

from redbook.imapi2.com import ComObject, EventSource, failure, interfaces_of
from redbook.imapi2.discmaster import MsftDiscMaster2
from redbook.imapi2.enumerations import ENUMERATIONS, NUMBERS
from redbook.imapi2.erase import MsftDiscFormat2Erase
from redbook.imapi2.hresults import HResult
from redbook.imapi2.interfaces import CLASSES, INTERFACES
from redbook.imapi2.recorder import MsftDiscRecorder2
from redbook.imapi2.speeds import MsftWriteSpeedDescriptor
from redbook.imapi2.streams import MsftStreamZero
from redbook.imapi2.track_at_once import MsftDiscFormat2TrackAtOnce

_CLASSES: dict[str, type[ComObject]] = {
    kind.PROGID.lower(): kind
    for kind in (
        MsftDiscMaster2,
        MsftDiscRecorder2,
        MsftDiscFormat2TrackAtOnce,
        MsftDiscFormat2Erase,
        MsftWriteSpeedDescriptor,
        MsftStreamZero,
    )
}
_CLASSES |= {
    known.clsid.lower(): _CLASSES[known.progid.lower()]
    for known in CLASSES.values()
    if known.progid.lower() in _CLASSES
}


def _class_of(clsid: object) -> type[ComObject]:
    """By ProgID (also with a version, as IMAPI2.MsftDiscMaster2.1) or CLSID, in any case.

    raises  com_error  REGDB_E_CLASSNOTREG
    """
    text = str(clsid).strip("{}").lower()
    kind = _CLASSES.get(text) or _CLASSES.get(text.rpartition(".1")[0] if text.endswith(".1") else "")
    if kind is None:
        known = ", ".join(sorted(kind.PROGID for kind in set(_CLASSES.values())))
        raise failure(f"Dispatch({clsid!r})", HResult.REGDB_E_CLASSNOTREG, f"there are {known}")
    return kind


def Dispatch(dispatch: Any, userName: str | None = None, *ignored: Any, **more: Any) -> Any:
    """A new object of a class named by its ProgID or CLSID; an object that there is already stays itself.

    raises  com_error  REGDB_E_CLASSNOTREG  for a class that there is not
    """
    if isinstance(dispatch, ComObject):
        return dispatch
    return _class_of(dispatch)()


DispatchEx = EnsureDispatch = GetActiveObject = Dispatch


def DispatchWithEvents(clsid: Any, user_event_class: type) -> Any:
    """A new object that is its own handler: its class is the one named and `user_event_class` together.

    raises  com_error   for a class that there is not
            ValueError  for one without events, or a handler that is no class
    """
    kind = type(clsid) if isinstance(clsid, ComObject) else _class_of(clsid)
    if isinstance(clsid, ComObject):
        return _refuse_instance(clsid)
    _check_source(kind)
    _check_class(user_event_class)

    def set_attribute(self: Any, name: str, value: Any) -> None:
        try:
            kind.__setattr__(self, name, value)
        except AttributeError:
            if isinstance(getattr(kind, name, None), property):
                raise
            self.__dict__[name] = value

    both = type("COMEventClass", (kind, user_event_class), {"__setattr__": set_attribute})
    instance: Any = object.__new__(both)
    kind.__init__(instance)
    if user_event_class.__init__ is not object.__init__:  # type: ignore[misc]
        user_event_class.__init__(instance)  # type: ignore[misc]
    instance._advise(_Own(instance))
    return instance


def _refuse_instance(thing: ComObject) -> NoReturn:
    raise ValueError(f"{thing!r} exists already; use WithEvents to hear its events")


class _Own:
    """An object's own On... methods, without keeping it alive."""

    def __init__(self, instance: Any) -> None:
        import weakref

        self._instance = weakref.ref(instance)

    def __getattr__(self, name: str) -> Any:
        instance = self._instance()
        if instance is None or not name.startswith("On"):
            raise AttributeError(name)
        return getattr(instance, name)


def WithEvents(disp: Any, user_event_class: Any) -> Any:
    """Let a handler hear the events of an object; returns the handler, whose `close` ends it.

    user_event_class  a class, which is instantiated; or a handler of any kind: an object with OnUpdate,
                      OnNotifyDeviceAdded, OnNotifyDeviceRemoved, or a callable

    raises  ValueError  if the object has no events
    """
    _check_source(type(disp))
    if not isinstance(user_event_class, type):
        disp._advise(user_event_class)
        return user_event_class

    def close(self: Any) -> None:
        disp._unadvise(self)

    more = {} if hasattr(user_event_class, "close") else {"close": close}
    handler = type("COMEventClass", (user_event_class,), more)()
    disp._advise(handler)
    return handler


def getevents(clsid: Any) -> type | None:
    """A class with the events of a COM class as methods to be overridden; None for one without events."""
    kind = _class_of(clsid)
    events = CLASSES[kind.PROGID.removeprefix("IMAPI2.")].events
    if events is None:
        return None
    names = [f"On{member.name}" for member in INTERFACES[events].members]
    return type(events, (), {name: lambda self, *arguments: None for name in names})


def CastTo(ob: Any, target: str, typelib: Any = None) -> Any:
    """The same object, which has all its interfaces at once.

    raises  com_error  E_NOINTERFACE  if it does not have this one
    """
    name = target if isinstance(target, str) else str(target)
    if not isinstance(ob, ComObject) or name not in interfaces_of(ob):
        raise failure(f"CastTo({ob!r})", HResult.E_NOINTERFACE, f"there is no {name} here")
    return ob


def _check_source(kind: type) -> None:
    if not issubclass(kind, EventSource):
        raise ValueError(f"{kind.__name__} has no events")


def _check_class(handler: object) -> None:
    if not isinstance(handler, type):
        raise ValueError("the handler must be a class; WithEvents takes objects, too")


class Constants:
    """Every member of every enumeration, the plain constants, and the HRESULTs, by name."""

    def __init__(self) -> None:
        self.__dict__["_values"] = {
            **NUMBERS,
            **HResult.__members__,
            **{name: value for kind in ENUMERATIONS for name, value in kind.__members__.items()},
        }

    def __getattr__(self, name: str) -> int:
        try:
            return self.__dict__["_values"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"there is no constant {name!r}") from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("constants stay as they are")

    def __dir__(self) -> list[str]:
        return sorted(self.__dict__["_values"])


constants = Constants()
