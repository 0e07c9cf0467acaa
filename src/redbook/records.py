"""`dataclass(slots=True)` as the standard library has it, made in a fifth of the time.

Python 3.11 compiles each method of a dataclass by itself, about a millisecond for a frozen one. The commands,
events and answers are some three hundred classes: without this they are a third of the start of
`redbook info`. Here `__init__` alone is compiled; the other methods are closures over the names of the
fields. Fields, defaults, inheritance and slots are still found by the standard library, so that its `fields`,
`replace` and `asdict`, and a type checker, see what they always see.

What stands here does what the standard library documents, for `slots=True` with or without `frozen`, `eq` and
`field(...)`; a class that wants `order`, `kw_only` or a `__dict__` takes the standard one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, slots, frozen=False, eq=True):
        """A class of fields with slots; see the standard library's.  slots: True"""
        if not slots:
            raise TypeError("without slots use the standard library's")
        return lambda cls: _made(cls, frozen, eq)


T = TypeVar("T")

_set = object.__setattr__


def _made(cls: type[T], frozen: bool, eq: bool) -> type[T]:
    own = set(cls.__dict__)
    if undescribed := cls.__doc__ is None:
        cls.__doc__ = ""  # else the standard library makes one of the signature, slowly
    made = _with_fields(cls, frozen)
    fields: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(made)
    names = tuple(field.name for field in fields)
    if undescribed:
        made.__doc__ = f"{made.__name__}({', '.join(field.name for field in fields if field.init)})"

    def give(name: str, method: Any) -> None:
        if name not in own:
            setattr(made, name, method)

    give("__init__", _init(made, fields))
    give("__repr__", _repr_of(tuple(field.name for field in fields if field.repr)))
    if eq:
        values = _getter(tuple(field.name for field in fields if field.compare))
        give("__eq__", _eq_of(values))
        if "__hash__" not in own:
            made.__hash__ = _hash_of(values) if frozen else None
    if frozen:
        made.__setattr__, made.__delattr__ = _frozen(made, frozenset(names))
        give("__getstate__", lambda self: [getattr(self, name) for name in names])
        give("__setstate__", _setstate_of(names))
    return made  # type: ignore[no-any-return]


def _with_fields(cls: type[T], frozen: bool) -> Any:
    """By the standard library.  That a class is frozen matters to it where there is a base."""
    based = any(dataclasses.is_dataclass(base) for base in cls.__mro__[1:])
    options = {"init": False, "repr": False, "eq": False, "slots": True}
    made: Any = dataclasses.dataclass(**options, frozen=frozen and based)(cls)
    made.__dataclass_params__.frozen = frozen
    return made


def _init(made: Any, fields: tuple[dataclasses.Field[Any], ...]) -> Callable[..., None]:
    """The only method whose signature matters: it is compiled."""
    known: dict[str, Any] = {"_UNSAID": _UNSAID}
    parameters, lines = ["self"], []
    for field in fields:
        name = field.name
        if field.kw_only:
            raise TypeError(f"{made.__name__}.{name}: for kw_only use the standard library's dataclass")
        value = name
        if field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            value = f"_make_{name}()"
            if field.init:
                parameters.append(f"{name}=_UNSAID")
                value = f"{value} if {name} is _UNSAID else {name}"
        elif field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            if field.init:
                parameters.append(f"{name}=_default_{name}")
            else:
                value = f"_default_{name}"
        elif field.init:
            parameters.append(name)
        else:
            continue
        # The slot's own setter: quicker than object.__setattr__, and not stopped by a frozen class.
        known[f"_set_{name}"] = getattr(made, name).__set__
        lines.append(f" _set_{name}(self, {value})")
    if hasattr(made, "__post_init__"):
        lines.append(" self.__post_init__()")
    found: dict[str, Any] = {}
    exec(f"def __init__({', '.join(parameters)}):\n" + ("\n".join(lines) or " pass"), known, found)
    method: Callable[..., None] = found["__init__"]
    method.__qualname__ = f"{made.__qualname__}.__init__"
    method.__annotations__ = {field.name: field.type for field in fields if field.init} | {"return": None}
    return method


class _Unsaid:
    def __repr__(self) -> str:
        return "<factory>"


_UNSAID = _Unsaid()


def _getter(names: tuple[str, ...]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _: ()


def _repr_of(names: tuple[str, ...]) -> Callable[[Any], str]:
    @recursive_repr()
    def __repr__(self: Any) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({values})"

    return __repr__


def _eq_of(values: Callable[[Any], Any]) -> Callable[[Any, object], Any]:
    def __eq__(self: Any, other: object) -> Any:
        if other.__class__ is self.__class__:
            return values(self) == values(other)
        return NotImplemented

    return __eq__


def _hash_of(values: Callable[[Any], Any]) -> Callable[[Any], int]:
    def __hash__(self: Any) -> int:
        return hash(values(self))

    return __hash__


def _frozen(made: Any, names: frozenset[str]) -> tuple[Callable[..., None], Callable[..., None]]:
    def __setattr__(self: Any, name: str, value: Any) -> None:
        if type(self) is made or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(made, self).__setattr__(name, value)

    def __delattr__(self: Any, name: str) -> None:
        if type(self) is made or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(made, self).__delattr__(name)

    return __setattr__, __delattr__


def _setstate_of(names: tuple[str, ...]) -> Callable[[Any, list[Any]], None]:
    def __setstate__(self: Any, state: list[Any]) -> None:
        for name, value in zip(names, state, strict=True):
            _set(self, name, value)

    return __setstate__
