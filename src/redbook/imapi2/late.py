"""Late binding, as scripts write for it: a property may be called with (), `recorder.VendorId()`.

Texts, numbers, bytes and lists of them give themselves when they are called. True and False cannot: no other
object is true in the way of `is True`. Where they are called on the spot, that is seen (`called`); for all
else there is pywin32's `_FlagAsMethod`.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

from redbook.imapi2 import dispatch
from redbook.imapi2.called import is_called
from redbook.imapi2.com import ComObject


class _Text(str):
    __slots__ = ()

    def __call__(self) -> str:
        return self


class _Number(int):
    __slots__ = ()

    def __call__(self) -> int:
        return self


class _Bytes(bytes):
    __slots__ = ()

    def __call__(self) -> bytes:
        return self


class _List(tuple[Any, ...]):
    __slots__ = ()

    def __call__(self) -> tuple[Any, ...]:
        return self


_KINDS: tuple[tuple[type, Any], ...] = ((str, _Text), (int, _Number), (bytes, _Bytes), (tuple, _List))


def _callable(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    for kind, own in _KINDS:
        if isinstance(value, kind):
            return own(value)
    return value


class _Late(ComObject):
    """Comes before an object's class."""

    _late_properties: frozenset[str]

    def __getattribute__(self, name: str) -> Any:
        find = super().__getattribute__
        if name not in find("_late_properties"):
            return find(name)
        if name in find("__dict__").get("_late_methods", ()):
            return lambda: find(name)
        value = find(name)
        if isinstance(value, bool) and is_called(sys._getframe(1)):
            return lambda: value
        return _callable(value)

    def __getattr__(self, name: str) -> Any:
        """Only asked for names in another case, and for put_ and get_."""
        value = super().__getattr__(name)
        if isinstance(value, bool) and is_called(sys._getframe(1)):
            return lambda: value
        return value

    def _FlagAsMethod(self, *methodNames: str) -> None:
        """These properties are read by calling them from now on, as pywin32 has it."""
        flagged = self.__dict__.setdefault("_late_methods", set())
        for given in methodNames:
            wanted = given.lower()
            flagged |= {name for name in self._late_properties if name.lower() == wanted}


@functools.cache
def _late_class(kind: type[ComObject]) -> type[ComObject]:
    names = [name for name in dir(kind) if isinstance(getattr(kind, name, None), property) and name[0] != "_"]
    return type(kind.__name__, (_Late, kind), {"_late_properties": frozenset(names)})


def Dispatch(dispatch_: Any, userName: str | None = None, *ignored: Any, **more: Any) -> Any:
    """As `redbook.imapi2.Dispatch`; what it gives is bound late from now on.

    raises  com_error  CO_E_CLASSSTRING, REGDB_E_CLASSNOTREG  for a class that there is not
    """
    found = dispatch.Dispatch(dispatch_, userName, *ignored, **more)
    thing = dispatch.unwrapped(found)
    if not isinstance(thing, _Late):
        kind: Any = type(thing)
        thing.__class__ = _late_class(kind)
    return found
