"""`dataclass(slots=True)` as the standard library has it, without its cost at the start of a program.

Commands, events and answers are some four hundred classes, and `redbook info` uses a quarter of those that it
imports. The standard library compiles each method of each of them by itself, about a millisecond for a frozen
one. Here a class gets its slots at once, and everything else when it is first needed: until then its methods
are stubs, and what `fields`, `replace`, `match` and `inspect.signature` ask of it are descriptors; each
finishes the class and hands over to what stands there then. Only `__init__` is compiled; the other methods
are closures over the names of the fields. What `fields` and `replace` look for is made by the standard
library, so that it, and a type checker, see what they always see.

A class may be finished twice, by two threads or again after an interrupt: the second time changes nothing,
because finishing a class leaves what it is made from as it is.

What stands here does what the standard library documents, for `slots=True` with or without `frozen`, `eq` and
`field(...)`; a class that wants `order`, `kw_only`, `InitVar` or a `__dict__` takes the standard one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, slots, frozen=False, eq=True):
        """A class of fields with slots; see the standard library's.  slots: True"""
        if not slots:
            raise TypeError("without slots use the standard library's")
        return lambda cls: _Unfinished(cls, frozen, eq).made


_set = object.__setattr__

_DESCRIBED = ("__dataclass_fields__", "__dataclass_params__")
_ASKED = (*_DESCRIBED, "__match_args__", "__signature__")
"""What others ask of a class, rather than of an object."""


class _Unfinished:
    """A class that has its slots, and what is needed to finish it.

    own      its fields, without those of its bases
    methods  the names of those that it does not have itself
    """

    def __init__(self, cls: type[Any], frozen: bool, eq: bool) -> None:
        self.frozen = frozen
        self._check_bases(cls)
        body = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
        self.own = _own_fields(cls)
        for name in self.own:
            body.pop(name, None)
        self.undescribed = cls.__doc__ is None
        if "__eq__" in body and body.get("__hash__") is None:
            body.pop("__hash__", None)  # Python itself put it there, because of the `__eq__`
        if eq and not frozen:
            body.setdefault("__hash__", None)
        wanted = ["__init__", "__repr__", *(("__eq__", "__hash__") if eq else ())]
        wanted += ("__getstate__", "__setstate__") if frozen else ()
        self.methods = [name for name in wanted if name not in body]
        body |= {name: self._stub(name) for name in self.methods}
        body = {name: _Later(self, name) for name in _ASKED} | body | {"__record__": self}
        if frozen:
            body["__setattr__"], body["__delattr__"] = self._refusals()
        taken = _slots_of_bases(cls)
        body["__slots__"] = tuple(name for name in self.own if name not in taken)
        body["__qualname__"] = cls.__qualname__
        metaclass: Any = type(cls)
        self.made: Any = metaclass(cls.__name__, cls.__bases__, body)

    def _check_bases(self, cls: type[Any]) -> None:
        for base in cls.__mro__[1:]:
            parameters = vars(base).get("__dataclass_params__")
            if parameters is not None and parameters.frozen != self.frozen:
                kinds = ("non-frozen", "frozen")
                raise TypeError(
                    f"cannot inherit {kinds[self.frozen]} dataclass from a {kinds[parameters.frozen]} one"
                )

    def _stub(self, name: str) -> Callable[..., Any]:
        def finish_first(*arguments: Any, **named: Any) -> Any:
            self.finish()
            return getattr(self.made, name)(*arguments, **named)

        return finish_first

    def _refusals(self) -> tuple[Callable[..., None], Callable[..., None]]:
        """`__setattr__` and `__delattr__` of a frozen class; a subclass may have other attributes."""

        def is_field(one: Any, name: str) -> bool:
            return type(one) is self.made or name in self.made.__dataclass_fields__

        def __setattr__(one: Any, name: str, value: Any) -> None:
            if is_field(one, name):
                raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
            super(self.made, one).__setattr__(name, value)

        def __delattr__(one: Any, name: str) -> None:
            if is_field(one, name):
                raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
            super(self.made, one).__delattr__(name)

        return __setattr__, __delattr__

    def finish(self) -> None:
        made, fields = self.made, self._fields()
        names = tuple(field.name for field in fields)
        compared = _getter(tuple(field.name for field in fields if field.compare))
        parts: dict[str, Callable[[], Any]] = {
            "__init__": lambda: _init(made, fields),
            "__repr__": lambda: _repr_of(tuple(field.name for field in fields if field.repr)),
            "__eq__": lambda: _eq_of(compared),
            "__hash__": lambda: _hash_of(compared),
            "__getstate__": lambda: _getstate_of(names),
            "__setstate__": lambda: _setstate_of(names),
        }
        for name in self.methods:
            setattr(made, name, parts[name]())
        arguments = tuple(field.name for field in fields if field.init)
        if isinstance(vars(made).get("__match_args__"), _Later):
            setattr(made, "__match_args__", arguments)  # noqa: B010 - a type checker would not have it
        if self.undescribed:
            made.__doc__ = f"{made.__name__}({', '.join(arguments)})"
        if isinstance(vars(made).get("__signature__"), _Later):
            with contextlib.suppress(AttributeError):  # another thread was quicker
                del made.__signature__

    def describe(self) -> None:
        """What the standard library keeps of a class, made by itself."""
        fields = self._fields()
        alike: Any = dataclasses.make_dataclass(
            self.made.__name__,
            [(field.name, field.type, field) for field in fields],
            init=False,
            repr=False,
            eq=False,
            namespace={"__doc__": ""},  # else it makes one of the signature, slowly
        )
        self.made.__dataclass_params__ = alike.__dataclass_params__
        self.made.__dataclass_params__.frozen = self.frozen
        self.made.__dataclass_fields__ = alike.__dataclass_fields__

    def _fields(self) -> tuple[dataclasses.Field[Any], ...]:
        """With those of the bases."""
        fields: dict[str, dataclasses.Field[Any]] = {}
        for base in self.made.__mro__[:0:-1]:
            if isinstance(record := vars(base).get("__record__"), _Unfinished):
                fields |= record.own
            elif "__dataclass_fields__" in vars(base):
                fields |= {field.name: field for field in dataclasses.fields(base)}
        return tuple((fields | self.own).values())


class _Later:
    """What a class is asked for before it is finished."""

    def __init__(self, of: _Unfinished, name: str) -> None:
        self.of = of
        self.name = name
        self.frozen = of.frozen

    def __get__(self, one: object, owner: type[Any]) -> Any:
        if self.name in _DESCRIBED:
            self.of.describe()
        else:
            self.of.finish()
        return getattr(self.of.made, self.name)


def _own_fields(cls: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    fields = {}
    for name, kind in inspect.get_annotations(cls).items():
        text = kind if isinstance(kind, str) else repr(kind)
        outer = text.partition("[")[0].rpartition(".")[2]
        if outer == "ClassVar":
            continue
        given = vars(cls).get(name, dataclasses.MISSING)
        field: dataclasses.Field[Any] = (
            given if isinstance(given, dataclasses.Field) else dataclasses.field(default=given)
        )
        if outer in ("InitVar", "KW_ONLY") or field.kw_only is True:
            raise TypeError(
                f"{cls.__name__}.{name}: for kw_only and InitVar use the standard library's dataclass"
            )
        if field.default.__class__.__hash__ is None:
            raise ValueError(
                f"mutable default {type(field.default)} for field {name} is not allowed: use default_factory"
            )
        field.name, field.type = name, kind
        fields[name] = field
    return fields


def _slots_of_bases(cls: type[Any]) -> set[str]:
    found: set[str] = set()
    for base in cls.__mro__[1:]:
        slots = vars(base).get("__slots__", ())
        found |= {slots} if isinstance(slots, str) else set(slots)
    return found


def _init(made: Any, fields: tuple[dataclasses.Field[Any], ...]) -> Callable[..., None]:
    """The only method whose signature matters: it is compiled."""
    known: dict[str, Any] = {"_UNSAID": _UNSAID}
    parameters, lines = ["self"], []
    for field in fields:
        name = field.name
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


def _getstate_of(names: tuple[str, ...]) -> Callable[[Any], list[Any]]:
    def __getstate__(self: Any) -> list[Any]:
        return [getattr(self, name) for name in names]

    return __getstate__


def _setstate_of(names: tuple[str, ...]) -> Callable[[Any, list[Any]], None]:
    def __setstate__(self: Any, state: list[Any]) -> None:
        for name, value in zip(names, state, strict=True):
            _set(self, name, value)

    return __setstate__
