"""Late binding, as scripts write for it: a property may be called with (), `recorder.VendorId()`.

Texts, numbers, bytes and lists of them return themselves when they are called. True and False cannot: no
other object passes a test with `is True`. Where one is called on the spot, that is noticed (`called`);
elsewhere a script can use pywin32's `_FlagAsMethod`.
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
    """The first base of every late-bound class, before the object's own class."""

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
        """Called only for names in another case, and for put_ and get_."""
        value = super().__getattr__(name)
        if isinstance(value, bool) and is_called(sys._getframe(1)):
            return lambda: value
        return value

    def _FlagAsMethod(self, *methodNames: str) -> None:
        """From now on these properties are read by calling them, as in pywin32."""
        flagged = self.__dict__.setdefault("_late_methods", set())
        for given in methodNames:
            wanted = given.lower()
            flagged |= {name for name in self._late_properties if name.lower() == wanted}


@functools.cache
def _late_class(kind: type[ComObject]) -> type[ComObject]:
    names = [name for name in dir(kind) if isinstance(getattr(kind, name, None), property) and name[0] != "_"]
    return type(kind.__name__, (_Late, kind), {"_late_properties": frozenset(names)})


def Dispatch(dispatch_: Any, userName: str | None = None, *ignored: Any, **more: Any) -> Any:
    """The same as `redbook.imapi2.Dispatch`, but what it returns is bound late from now on.

    raises  com_error  CO_E_CLASSSTRING, REGDB_E_CLASSNOTREG  for a class that does not exist
    """
    found = dispatch.Dispatch(dispatch_, userName, *ignored, **more)
    thing = dispatch.unwrapped(found)
    if not isinstance(thing, _Late):
        kind: Any = type(thing)
        thing.__class__ = _late_class(kind)
    return found
