"""`dataclass(slots=True)` as the standard library has it, without its cost at the start of a program.

Commands, events and answers are some four hundred classes. The standard library compiles each method of each
of them by itself, about a millisecond for a frozen one: a third of the start of `redbook info`, which uses a
quarter of the classes that it imports. Here `__init__` alone is compiled, and only when it is first looked
up (`_Init`); the other methods are closures over the names of the fields. What `fields`, `replace`, `match`
and a type checker look for is there from the start, as the standard library would have left it.

What stands here does what the standard library documents, for `slots=True` with or without `frozen`, `eq` and
`field(...)`; a class that wants `order`, `kw_only`, `InitVar` or a `__dict__` takes the standard one. It
differs in one thing: `__init__` of a frozen class writes to its slots, whatever a subclass has instead.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import sys
import types
from collections.abc import Callable, Mapping
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, ClassVar, get_origin

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, slots, frozen=False, eq=True):
        """A class of fields with slots; see the standard library's.  slots: True"""
        if not slots:
            raise TypeError("without slots use the standard library's")
        return lambda cls: _made(cls, frozen, eq)


Fields = Mapping[str, dataclasses.Field[Any]]


def _standard() -> type[Any]:
    """A class of the standard library's own making, for what all of them have alike."""

    class Standard:
        """Its only methods are those to be had from it."""

        field: int
        shared: ClassVar[int]

    return dataclasses.dataclass(init=False, repr=False, eq=False, frozen=True, slots=True)(Standard)


def _parameters_of(standard: Any, frozen: bool, eq: bool) -> Any:
    parameters = copy.copy(standard.__dataclass_params__)
    parameters.init = parameters.repr = True
    parameters.frozen, parameters.eq = frozen, eq
    return parameters


_STANDARD: Any = _standard()
_PARAMETERS = {
    (frozen, eq): _parameters_of(_STANDARD, frozen, eq) for frozen in (False, True) for eq in (False, True)
}
_SHARED = {name: vars(_STANDARD)[name] for name in ("__replace__",) if name in vars(_STANDARD)}
"""From Python 3.13 on."""
_STATE = {name: vars(_STANDARD)[name] for name in ("__getstate__", "__setstate__")}
_IS_FIELD = _STANDARD.__dataclass_fields__["field"]._field_type
"""What `dataclasses.fields` knows a field by."""
_IS_CLASS_VARIABLE = _STANDARD.__dataclass_fields__["shared"]._field_type


def _made(cls: type[Any], frozen: bool, eq: bool) -> Any:
    _check(cls, frozen)
    described = _described(cls)
    fields = {name: field for name, field in described.items() if field._field_type is _IS_FIELD}
    _check_order(fields)
    init = _Init(fields, frozen, hasattr(cls, "__post_init__"))
    body = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    for name in fields:
        body.pop(name, None)
    methods = _methods(fields, frozen, eq)
    for name, method in methods.items():
        if method is not None:
            method.__module__, method.__qualname__ = cls.__module__, f"{cls.__qualname__}.{name}"
    if eq and "__eq__" in body and body.get("__hash__") is None:
        body.pop("__hash__", None)  # Python itself put it there, because of the `__eq__`
    arguments = tuple(name for name, field in fields.items() if field.init)
    body = {"__init__": init, "__match_args__": arguments, **_SHARED, **methods} | body
    if frozen:
        body = _STATE | body | _refusals(init, fields)
    body["__dataclass_fields__"], body["__dataclass_params__"] = described, _PARAMETERS[frozen, eq]
    body["__doc__"] = body.get("__doc__") or f"{cls.__name__}({', '.join(arguments)})"
    taken = _slots_of_bases(cls)
    body["__slots__"] = tuple(name for name in fields if name not in taken)
    body["__qualname__"] = cls.__qualname__
    metaclass: Any = type(cls)
    init.owner = metaclass(cls.__name__, cls.__bases__, body)
    return init.owner


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


def _described(cls: type[Any]) -> dict[str, Any]:
    """The fields with those of the bases, and the class variables, as the standard library describes them."""
    annotations = inspect.get_annotations(cls)
    for name, value in vars(cls).items():
        if isinstance(value, dataclasses.Field) and name not in annotations:
            raise TypeError(f"{name!r} is a field but has no type annotation")
    described: dict[str, Any] = {}
    for base in cls.__mro__[:0:-1]:
        described |= getattr(base, "__dataclass_fields__", {})
    described |= {name: _own(cls, name, kind) for name, kind in annotations.items()}
    for name, field in described.items():
        if field.kw_only is True or field._field_type not in (_IS_FIELD, _IS_CLASS_VARIABLE):
            raise TypeError(
                f"{cls.__name__}.{name}: for kw_only and InitVar use the standard library's dataclass"
            )
    return described


def _own(cls: type[Any], name: str, kind: Any) -> Any:
    """A field, or a class variable, of the class itself."""
    given = getattr(cls, name, dataclasses.MISSING)
    if isinstance(given, types.MemberDescriptorType):
        given = dataclasses.MISSING  # the slot of a base that has a field of that name
    outer = _outer(kind)
    if outer == "ClassVar" and isinstance(given, dataclasses.Field):
        raise TypeError(f"{cls.__name__}.{name}: a class variable takes a plain value")
    field: Any = given if isinstance(given, dataclasses.Field) else dataclasses.field(default=given)
    field.name, field.type = name, kind
    if outer == "ClassVar":
        field._field_type = _IS_CLASS_VARIABLE
        return field
    if field.default.__class__.__hash__ is None:
        raise ValueError(
            f"mutable default {type(field.default)} for field {name} is not allowed: use default_factory"
        )
    if outer not in ("InitVar", "KW_ONLY"):
        field._field_type = _IS_FIELD
    if field.kw_only is dataclasses.MISSING:
        field.kw_only = False
    return field


def _outer(kind: Any) -> str:
    """ClassVar, InitVar, KW_ONLY or something else.  In text they go by these names."""
    if isinstance(kind, str):
        return kind.partition("[")[0].rpartition(".")[2]
    if kind is dataclasses.KW_ONLY:
        return "KW_ONLY"
    if kind is dataclasses.InitVar or isinstance(kind, dataclasses.InitVar):
        return "InitVar"
    return "ClassVar" if kind is ClassVar or get_origin(kind) is ClassVar else ""


def _check_order(fields: Fields) -> None:
    defaults = False
    for name, field in fields.items():
        has_default = not (field.default is field.default_factory is dataclasses.MISSING)
        if field.init and defaults and not has_default:
            raise TypeError(f"non-default argument {name!r} follows default argument")
        defaults |= field.init and has_default


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

    def __init__(self, fields: Fields, frozen: bool, goes_on: bool) -> None:
        """goes_on: whether the class has a `__post_init__`"""
        self.fields = fields
        self.frozen = frozen
        self.goes_on = goes_on
        self.owner: Any = None
        self.function: types.FunctionType | None = None

    def __set_name__(self, owner: type[Any], name: str) -> None:
        if self.owner is None:
            self.owner = owner

    def __get__(self, one: object, kind: type[Any] | None = None) -> Any:
        if self.function is None:
            self.function = _compiled(self)
        if vars(self.owner).get("__init__") is self:
            self.owner.__init__ = self.function
        return self.function.__get__(one, kind)

    def __call__(self, *arguments: Any, **named: Any) -> None:
        self.__get__(None, self.owner)(*arguments, **named)


def _compiled(init: _Init) -> types.FunctionType:
    fields, owner = init.fields, init.owner
    itself = "self" if "self" not in fields else "__dataclass_self__"
    known: dict[str, Any] = {"__records_unsaid__": _UNSAID, "__records_set__": object.__setattr__}
    parameters, lines = [itself], []
    for name, field in fields.items():
        value = name
        if field.default_factory is not dataclasses.MISSING:
            known[f"__records_make_{name}__"] = field.default_factory
            value = f"__records_make_{name}__()"
            if field.init:
                parameters.append(f"{name}=__records_unsaid__")
                value = f"{value} if {name} is __records_unsaid__ else {name}"
        elif field.default is not dataclasses.MISSING:
            known[f"__records_default_{name}__"] = field.default
            if field.init:
                parameters.append(f"{name}=__records_default_{name}__")
            else:
                value = f"__records_default_{name}__"
        elif field.init:
            parameters.append(name)
        else:
            continue
        if not init.frozen:
            lines.append(f"  {itself}.{name} = {value}")
        elif isinstance(slot := inspect.getattr_static(owner, name, None), types.MemberDescriptorType):
            # The slot's own setter: quicker than object.__setattr__, and not stopped by a frozen class.
            known[f"__records_set_{name}__"] = slot.__set__
            lines.append(f"  __records_set_{name}__({itself}, {value})")
        else:
            lines.append(f"  __records_set__({itself}, {name!r}, {value})")
    if init.goes_on:
        lines.append(f"  {itself}.__post_init__()")
    text = [f"def make({', '.join(known)}):", f" def __init__({', '.join(parameters)}):", *lines]
    found: dict[str, Any] = {}
    # In the names of the class's own module, where `get_type_hints` looks for the types.
    exec("\n".join([*text, "  pass", " return __init__"]), vars(sys.modules[owner.__module__]), found)
    function: types.FunctionType = found["make"](**known)
    function.__qualname__ = f"{owner.__qualname__}.__init__"
    function.__annotations__ = {name: f.type for name, f in fields.items() if f.init} | {"return": None}
    return function


class _Unsaid:
    def __repr__(self) -> str:
        return "<factory>"


_UNSAID = _Unsaid()


def _methods(fields: Fields, frozen: bool, eq: bool) -> dict[str, Any]:
    """All but `__init__`, as closures over the names of the fields."""
    methods: dict[str, Any] = {"__repr__": _repr_of([name for name, field in fields.items() if field.repr])}
    if eq:
        hashed = [name for name, f in fields.items() if (f.compare if f.hash is None else f.hash)]
        methods["__eq__"] = _eq_of(_getter([name for name, field in fields.items() if field.compare]))
        methods["__hash__"] = _hash_of(_getter(hashed)) if frozen else None
    return methods


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda _: ()
    get = attrgetter(*names)
    return lambda one: (get(one),)


def _repr_of(names: list[str]) -> Callable[[Any], str]:
    @recursive_repr()
    def __repr__(self: Any) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({values})"

    return __repr__


def _eq_of(values: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any, object], Any]:
    def __eq__(self: Any, other: object) -> Any:
        if other.__class__ is self.__class__:
            return values(self) == values(other)
        return NotImplemented

    return __eq__


def _hash_of(values: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any], int]:
    def __hash__(self: Any) -> int:
        return hash(values(self))

    return __hash__


def _refusals(init: _Init, fields: Fields) -> dict[str, Callable[..., None]]:
    """Of a frozen class; a subclass may have other attributes."""

    def __setattr__(self: Any, name: str, value: Any) -> None:
        if type(self) is init.owner or name in fields:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(init.owner, self).__setattr__(name, value)

    def __delattr__(self: Any, name: str) -> None:
        if type(self) is init.owner or name in fields:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(init.owner, self).__delattr__(name)

    return {"__setattr__": __setattr__, "__delattr__": __delattr__}
