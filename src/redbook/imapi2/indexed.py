"""Members that take an index: `Item(0)`, or `Item[0]` as in comtypes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar, overload

R = TypeVar("R")


class Indexed(Generic[R]):
    """A member with an index, of one object."""

    def __init__(self, get: Callable[[int], R]) -> None:
        self.__doc__ = get.__doc__
        self._get = get

    def __call__(self, index: int) -> R:
        return self._get(index)

    def __getitem__(self, index: int) -> R:
        return self._get(index)


class indexed(Generic[R]):
    """Turns a method with one argument into a member with an index."""

    def __init__(self, method: Callable[[Any, int], R]) -> None:
        self.__doc__ = method.__doc__
        self._method = method

    def __call__(self, thing: object, index: int) -> R:
        return self._method(thing, index)

    @overload
    def __get__(self, thing: None, kind: type) -> indexed[R]: ...
    @overload
    def __get__(self, thing: object, kind: type) -> Indexed[R]: ...
    def __get__(self, thing: object | None, kind: type) -> indexed[R] | Indexed[R]:
        return self if thing is None else Indexed(partial(self._method, thing))
