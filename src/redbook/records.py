"""`dataclass(slots=True)` as the standard library has it, without its cost at the start of a program.

Commands, events and answers are some four hundred classes. The standard library compiles each method of each
of them by itself, about a millisecond for a frozen one: a third of the start of `redbook info`, which uses a
quarter of the classes that it imports. Here `__init__` alone is compiled, and only when it is first looked
up (`_Init`); the other methods are closures over the names of the fields. What `fields`, `replace`, `match`
and a type checker look for is there from the start, as the standard library would have left it.

What stands here does what the standard library documents, for `slots=True` with or without `frozen`, `eq` and
`field(...)`; a class that wants `order`, `kw_only`, `InitVar` or a `__dict__` takes the standard one.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import types
from collections.abc import Callable, Mapping
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
        return lambda cls: _made(cls, frozen, eq)


Fields = Mapping[str, dataclasses.Field[Any]]

_set = object.__setattr__


def _standard() -> type[Any]:
    """A class of the standard library's own making, for what all of them have alike."""

    class Standard:
        """Its only methods are those to be had from it."""

        field: int

    return dataclasses.dataclass(init=False, repr=False, eq=False, frozen=True, slots=True)(Standard)


def _parameters_of(standard: Any, frozen: bool, eq: bool) -> Any:
    parameters = copy.copy(standard.__dataclass_params__)
    parameters.init = parameters.repr = True
    parameters.frozen, parameters.eq = frozen, eq
    return parameters


_STANDARD = _standard()
_PARAMETERS = {
    (frozen, eq): _parameters_of(_STANDARD, frozen, eq) for frozen in (False, True) for eq in (False, True)
}
_SHARED = {name: vars(_STANDARD)[name] for name in ("__replace__",) if name in vars(_STANDARD)}
"""From Python 3.13 on."""
_STATE = {name: vars(_STANDARD)[name] for name in ("__getstate__", "__setstate__")}
_IS_FIELD = dataclasses.fields(_STANDARD)[0]._field_type  # type: ignore[attr-defined]
"""What `dataclasses.fields` knows a field by."""


def _made(cls: type[Any], frozen: bool, eq: bool) -> Any:
    _check(cls, frozen)
    fields = _fields_of(cls)
    init = _Init(fields)
    body = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    for name in fields:
        body.pop(name, None)
    arguments = tuple(field.name for field in fields.values() if field.init)
    methods = {
        "__dataclass_params__": _PARAMETERS[frozen, eq],
        "__init__": init,
        "__repr__": _repr_of(tuple(field.name for field in fields.values() if field.repr)),
        "__match_args__": arguments,
        **_SHARED,
        **(_STATE if frozen else {}),
    }
    if eq:
        methods["__eq__"] = _eq_of(_getter([field.name for field in fields.values() if field.compare]))
        if "__eq__" in body and body.get("__hash__") is None:
            body.pop("__hash__", None)  # Python itself put it there, because of the `__eq__`
        hashed = [f.name for f in fields.values() if (f.compare if f.hash is None else f.hash)]
        methods["__hash__"] = _hash_of(_getter(hashed)) if frozen else None
    body = methods | body
    body["__dataclass_fields__"] = fields
    if frozen:
        body["__setattr__"], body["__delattr__"] = _refusals(init, fields)
    if body.get("__doc__") is None:
        body["__doc__"] = f"{cls.__name__}({', '.join(arguments)})"
    taken = _slots_of_bases(cls)
    body["__slots__"] = tuple(name for name in fields if name not in taken)
    body["__qualname__"] = cls.__qualname__
    metaclass: Any = type(cls)
    return metaclass(cls.__name__, cls.__bases__, body)


def _check(cls: type[Any], frozen: bool) -> None:
    if "__slots__" in vars(cls):
        raise TypeError(f"{cls.__name__} already specifies __slots__")
    for base in cls.__mro__[1:]:
        parameters = vars(base).get("__dataclass_params__")
        if parameters is not None and parameters.frozen != frozen:
            kinds = ("non-frozen", "frozen")
            raise TypeError(f"cannot inherit {kinds[frozen]} dataclass from a {kinds[parameters.frozen]} one")
    for name in ("__setattr__", "__delattr__") if frozen else ():
        if name in vars(cls):
            raise TypeError(f"Cannot overwrite attribute {name} in class {cls.__name__}")


def _own_fields(cls: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    """Without those of the bases."""
    fields = {}
    annotations = inspect.get_annotations(cls)
    for name, value in vars(cls).items():
        if isinstance(value, dataclasses.Field) and name not in annotations:
            raise TypeError(f"{name!r} is a field but has no type annotation")
    for name, kind in annotations.items():
        if (outer := _outer(kind)) == "ClassVar":
            continue
        given = getattr(cls, name, dataclasses.MISSING)
        if isinstance(given, types.MemberDescriptorType):
            given = dataclasses.MISSING  # the slot of a base that has a field of that name
        field: Any = given if isinstance(given, dataclasses.Field) else dataclasses.field(default=given)
        if outer in ("InitVar", "KW_ONLY") or field.kw_only is True:
            raise TypeError(
                f"{cls.__name__}.{name}: for kw_only and InitVar use the standard library's dataclass"
            )
        if field.default.__class__.__hash__ is None:
            raise ValueError(
                f"mutable default {type(field.default)} for field {name} is not allowed: use default_factory"
            )
        field.name, field.type, field.kw_only, field._field_type = name, kind, False, _IS_FIELD
        fields[name] = field
    return fields


def _outer(kind: Any) -> str:
    """ClassVar, of `typing.ClassVar[int]` as text or as a type."""
    text = kind if isinstance(kind, str) else repr(kind)
    return text.partition("[")[0].rpartition(".")[2]


def _fields_of(cls: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    own = _own_fields(cls)
    fields: dict[str, dataclasses.Field[Any]] = {}
    for base in cls.__mro__[:0:-1]:
        if "__dataclass_fields__" in vars(base):
            fields |= {field.name: field for field in dataclasses.fields(base)}
    for name in inspect.get_annotations(cls):
        if name not in own:
            fields.pop(name, None)  # a base's field that is a ClassVar here
    fields |= own
    defaults = False
    for field in fields.values():
        has_default = not (field.default is field.default_factory is dataclasses.MISSING)
        if field.init and defaults and not has_default:
            raise TypeError(f"non-default argument {field.name!r} follows default argument")
        defaults |= field.init and has_default
    return fields


def _slots_of_bases(cls: type[Any]) -> set[str]:
    found: set[str] = set()
    for base in cls.__mro__[1:]:
        slots = vars(base).get("__slots__", ())
        found |= {slots} if isinstance(slots, str) else set(slots)
    return found


class _Init:
    """`__init__` of a class until it is first looked up; then the compiled function takes its place.

    Threads that look it up together each compile one, and all of them are the same.
    """

    def __init__(self, fields: Fields) -> None:
        self.fields = fields

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.owner = owner

    def __get__(self, one: object, kind: type[Any]) -> Any:
        function = _compiled(self.owner, self.fields)
        if vars(self.owner).get("__init__") is self:
            self.owner.__init__ = function
        return function.__get__(one, kind)


def _compiled(owner: type[Any], fields: Fields) -> types.FunctionType:
    itself = "self" if "self" not in fields else "__dataclass_self__"
    known: dict[str, Any] = {"_UNSAID": _UNSAID, "_set": _set}
    parameters, lines = [itself], []
    for name, field in fields.items():
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
        slot = inspect.getattr_static(owner, name, None)
        if isinstance(slot, types.MemberDescriptorType):
            # The slot's own setter: quicker than object.__setattr__, and not stopped by a frozen class.
            known[f"_set_{name}"] = slot.__set__
            lines.append(f" _set_{name}({itself}, {value})")
        else:
            lines.append(f" _set({itself}, {name!r}, {value})")
    if hasattr(owner, "__post_init__"):
        lines.append(f" {itself}.__post_init__()")
    found: dict[str, types.FunctionType] = {}
    exec(f"def __init__({', '.join(parameters)}):\n" + ("\n".join(lines) or " pass"), known, found)
    function = found["__init__"]
    function.__qualname__ = f"{owner.__qualname__}.__init__"
    function.__annotations__ = {name: f.type for name, f in fields.items() if f.init} | {"return": None}
    return function


class _Unsaid:
    def __repr__(self) -> str:
        return "<factory>"


_UNSAID = _Unsaid()


def _getter(names: list[str]) -> Callable[[Any], Any]:
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


def _refusals(init: _Init, fields: Fields) -> tuple[Callable[..., None], Callable[..., None]]:
    """`__setattr__` and `__delattr__` of a frozen class; a subclass may have other attributes."""

    def __setattr__(self: Any, name: str, value: Any) -> None:
        if type(self) is init.owner or name in fields:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(init.owner, self).__setattr__(name, value)

    def __delattr__(self: Any, name: str) -> None:
        if type(self) is init.owner or name in fields:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(init.owner, self).__delattr__(name)

    return __setattr__, __delattr__
