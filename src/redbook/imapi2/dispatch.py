"""The entry points of pywin32: Dispatch, DispatchWithEvents, WithEvents, constants."""

from __future__ import annotations

import weakref
from typing import Any, Literal, overload

from redbook.imapi2.adodb import AdodbStream
from redbook.imapi2.com import ComObject, EventSource, failure, interfaces_of
from redbook.imapi2.formats.data import MsftDiscFormat2Data
from redbook.imapi2.formats.erase import MsftDiscFormat2Erase
from redbook.imapi2.formats.speeds import MsftWriteSpeedDescriptor
from redbook.imapi2.missing import missing
from redbook.imapi2.raw.creator import MsftRawCDImageCreator
from redbook.imapi2.raw.writer import MsftDiscFormat2RawCD
from redbook.imapi2.recorder.disc_recorder import MsftDiscRecorder2
from redbook.imapi2.recorder.discmaster import MsftDiscMaster2
from redbook.imapi2.streams import MsftStreamZero
from redbook.imapi2.typelib.enumerations import ENUMERATIONS, NUMBERS
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.typelib.interfaces import CLASSES, INTERFACES
from redbook.imapi2.writer.track_at_once import MsftDiscFormat2TrackAtOnce

_CLASSES: dict[str, type[ComObject]] = {
    kind.PROGID.lower(): kind
    for kind in (
        MsftDiscMaster2,
        MsftDiscRecorder2,
        MsftDiscFormat2TrackAtOnce,
        MsftDiscFormat2Data,
        MsftDiscFormat2Erase,
        MsftDiscFormat2RawCD,
        MsftRawCDImageCreator,
        MsftWriteSpeedDescriptor,
        MsftStreamZero,
        AdodbStream,
    )
}
_CLASSES |= {
    known.clsid.lower(): _CLASSES[known.progid.lower()]
    for known in CLASSES.values()
    if known.progid.lower() in _CLASSES
}


def _class_of(clsid: object) -> type[ComObject]:
    """Find a class by its ProgID (also with a version, as in IMAPI2.MsftDiscMaster2.1) or CLSID, in any case.

    raises  com_error  CO_E_CLASSSTRING for an unknown name, REGDB_E_CLASSNOTREG for an unknown number
    """
    text = str(clsid).strip("{}").lower()
    kind = _CLASSES.get(text) or _CLASSES.get(text.rpartition(".1")[0] if text.endswith(".1") else "")
    if kind is None:
        code = HResult.REGDB_E_CLASSNOTREG if "." not in text else HResult.CO_E_CLASSSTRING
        known = ", ".join(sorted(kind.PROGID for kind in set(_CLASSES.values())))
        lacking = missing(text)
        if lacking is not None:
            name, instead = lacking
            detail = f"Windows has {name}, but redbook does not; there are {known}"
            raise failure(f"Dispatch({clsid!r})", code, detail, advice=instead)
        known += "; this is the part of IMAPI2 that writes audio tracks"
        raise failure(f"Dispatch({clsid!r})", code, f"there are {known}")
    return kind


# One for each ProgID, so that an editor knows the members; tests compare them with the classes.
@overload
def Dispatch(
    dispatch: Literal["IMAPI2.MsftDiscMaster2"], userName: str | None = None, *ignored: Any, **more: Any
) -> MsftDiscMaster2: ...
@overload
def Dispatch(
    dispatch: Literal["IMAPI2.MsftDiscRecorder2"], userName: str | None = None, *ignored: Any, **more: Any
) -> MsftDiscRecorder2: ...
@overload
def Dispatch(
    dispatch: Literal["IMAPI2.MsftDiscFormat2TrackAtOnce"],
    userName: str | None = None,
    *ignored: Any,
    **more: Any,
) -> MsftDiscFormat2TrackAtOnce: ...
@overload
def Dispatch(
    dispatch: Literal["IMAPI2.MsftDiscFormat2Data"], userName: str | None = None, *ignored: Any, **more: Any
) -> MsftDiscFormat2Data: ...
@overload
def Dispatch(
    dispatch: Literal["IMAPI2.MsftDiscFormat2Erase"], userName: str | None = None, *ignored: Any, **more: Any
) -> MsftDiscFormat2Erase: ...
@overload
def Dispatch(
    dispatch: Literal["IMAPI2.MsftDiscFormat2RawCD"], userName: str | None = None, *ignored: Any, **more: Any
) -> MsftDiscFormat2RawCD: ...
@overload
def Dispatch(
    dispatch: Literal["IMAPI2.MsftRawCDImageCreator"], userName: str | None = None, *ignored: Any, **more: Any
) -> MsftRawCDImageCreator: ...
@overload
def Dispatch(
    dispatch: Literal["IMAPI2.MsftWriteSpeedDescriptor"],
    userName: str | None = None,
    *ignored: Any,
    **more: Any,
) -> MsftWriteSpeedDescriptor: ...
@overload
def Dispatch(
    dispatch: Literal["IMAPI2.MsftStreamZero"], userName: str | None = None, *ignored: Any, **more: Any
) -> MsftStreamZero: ...
@overload
def Dispatch(
    dispatch: Literal["ADODB.Stream"], userName: str | None = None, *ignored: Any, **more: Any
) -> AdodbStream: ...
@overload
def Dispatch(dispatch: Any, userName: str | None = None, *ignored: Any, **more: Any) -> Any: ...
def Dispatch(dispatch: Any, userName: str | None = None, *ignored: Any, **more: Any) -> Any:
    """Make a new object of a class, given by its ProgID or CLSID; an object is returned as it is.

    raises  com_error  CO_E_CLASSSTRING, REGDB_E_CLASSNOTREG  for a class that does not exist
    """
    if isinstance(unwrapped(dispatch), ComObject):
        return dispatch
    return _class_of(dispatch)()


DispatchEx = EnsureDispatch = Dispatch


class _WithHandler:
    """An object and its handler in one: what the handler's class does not have comes from the object.

    Their attributes are kept apart, so a handler may give its own ones any names; only the exact name of one
    of the object's properties sets that property.
    """

    _obj_: ComObject
    _sink_: Any

    def __getattr__(self, name: str) -> Any:
        if name in ("_obj_", "_sink_"):
            raise AttributeError(name)
        return getattr(self._obj_, name)

    def __setattr__(self, name: str, value: Any) -> None:
        thing = self.__dict__.get("_obj_")  # not yet there while the handler's own __new__ runs
        if thing is not None and isinstance(getattr(type(thing), name, None), property):
            setattr(thing, name, value)
        else:
            object.__setattr__(self, name, value)

    def close(self) -> None:
        """Stop receiving events."""
        self._obj_._unadvise(self._sink_)

    def __call__(self, *arguments: Any) -> Any:
        return self._obj_(*arguments)  # type: ignore[operator]

    def __iter__(self) -> Any:
        return iter(self._obj_)

    def __len__(self) -> int:
        return len(self._obj_)

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: int) -> Any:
        return self._obj_[index]  # type: ignore[index]

    def __enter__(self) -> Any:
        self._obj_.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._obj_.__exit__(*error)


def unwrapped(thing: Any) -> Any:
    """The object itself, without the handler in which DispatchWithEvents has wrapped it."""
    return thing._obj_ if isinstance(thing, _WithHandler) else thing


class _Own:
    """An object's own On... methods, without keeping it alive."""

    def __init__(self, instance: Any) -> None:
        self._instance = weakref.ref(instance)

    def __getattr__(self, name: str) -> Any:
        instance = self._instance()
        if instance is None or not name.startswith("On"):
            raise AttributeError(name)
        return getattr(instance, name)


def DispatchWithEvents(clsid: Any, user_event_class: type) -> Any:
    """Make a new object, or take an existing one, that is its own handler, of the class given.

    raises  com_error   for a class that does not exist
            ValueError  for one without events, or a handler that is not a class
    """
    thing = unwrapped(Dispatch(clsid))
    _check_source(thing)
    if not isinstance(user_event_class, type):
        raise ValueError("the handler must be a class; WithEvents takes objects, too")
    both: Any = type("COMEventClass", (user_event_class, _WithHandler), {})
    instance = both.__new__(both)
    object.__setattr__(instance, "_obj_", thing)
    object.__setattr__(instance, "_sink_", _Own(instance))
    if user_event_class.__init__ is not object.__init__:  # type: ignore[misc]
        user_event_class.__init__(instance)  # type: ignore[misc]
    thing._advise(instance._sink_)
    return instance


def WithEvents(disp: Any, user_event_class: Any) -> Any:
    """Send an object's events to a handler; returns the handler, whose `close` ends this.

    user_event_class  a class, which is instantiated; or a handler of any kind: an object with OnUpdate,
                      OnNotifyDeviceAdded, OnNotifyDeviceRemoved, or a callable

    raises  ValueError  if the object has no events
    """
    disp = unwrapped(Dispatch(disp))
    _check_source(disp)
    if not isinstance(user_event_class, type):
        disp._advise(user_event_class)
        return user_event_class

    source = weakref.ref(disp)

    def close(self: Any) -> None:
        thing = source()
        if thing is not None:
            thing._unadvise(self)

    more = {} if hasattr(user_event_class, "close") else {"close": close}
    handler = type("COMEventClass", (user_event_class,), more)()
    disp._advise(handler)
    return handler


def getevents(clsid: Any) -> type | None:
    """A class with the events of a COM class as methods to be overridden; None for one without events."""
    kind = _class_of(clsid)
    known = CLASSES.get(kind.PROGID.removeprefix("IMAPI2."))
    if known is None or known.events is None:
        return None
    events = known.events
    names = [f"On{member.name}" for member in INTERFACES[events].members]
    return type(events, (), {name: lambda self, *arguments: None for name in names})


def CastTo(ob: Any, target: str, typelib: Any = None) -> Any:
    """The same object, which has all its interfaces at once.

    raises  com_error  E_NOINTERFACE  if it does not have this one
    """
    thing, name = unwrapped(ob), str(target)
    own = isinstance(thing, ComObject) and {*interfaces_of(thing), thing.PROGID.removeprefix("IMAPI2.")}
    if not own or name not in own:
        raise failure(f"CastTo({ob!r})", HResult.E_NOINTERFACE, f"there is no {name} here")
    return ob


def _check_source(thing: object) -> None:
    if not isinstance(thing, EventSource):
        raise ValueError(f"{thing!r} has no events")


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
        raise AttributeError("constants cannot be changed")

    def __dir__(self) -> list[str]:
        return sorted(self.__dict__["_values"])


constants = Constants()
