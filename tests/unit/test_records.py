"""The quick dataclass against the standard library's: the same class, made both ways."""

from __future__ import annotations

import ast
import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, field
from pathlib import Path
from threading import Barrier
from typing import Any, ClassVar, get_type_hints
from unittest import mock

import pytest

import redbook
from redbook import records

QUICK: Any = records.dataclass
STANDARD: Any = dataclasses.dataclass


def plain(dataclass: Any, **options: Any) -> Any:
    @dataclass(slots=True, **options)
    class Plain:
        """What it is."""

        KIND: ClassVar[str] = "plain"
        a: int
        b: str = "b"
        c: list[int] = field(default_factory=list)
        d: int = field(default=7, init=False)
        e: int = field(default=8, compare=False)
        f: int = field(default=9, repr=False)
        g: list[int] = field(default_factory=lambda: [1], init=False, compare=False)

        def twice(self) -> int:
            return self.a * 2

    return Plain


def derived(dataclass: Any, **options: Any) -> Any:
    @dataclass(slots=True, **options)
    class Base:
        a: int
        b: int = 2

    @dataclass(slots=True, **options)
    class Derived(Base):
        b: int = 3
        c: int = 4

        def __post_init__(self) -> None:
            if self.a < 0:
                raise ValueError("negative")

    return Derived


def own_methods(dataclass: Any, **options: Any) -> Any:
    @dataclass(slots=True, **options)
    class Own:
        a: int

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 5

    return Own


def says_when_equal(dataclass: Any, **options: Any) -> Any:
    @dataclass(slots=True, **options)
    class Alike:
        a: int

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Alike)

    return Alike


def empty(dataclass: Any, **options: Any) -> Any:
    @dataclass(slots=True, **options)
    class Empty:
        """Nothing."""

    return Empty


MAKERS = (plain, derived, own_methods, says_when_equal, empty)
ARGUMENTS: tuple[tuple[Any, ...], ...] = ((), (1,), (2, "x"), (-1,), (1, 2, 3), (1, 2, 3, 4, 5, 6, 7, 8))
OPTIONS: tuple[dict[str, bool], ...] = ({}, {"frozen": True}, {"eq": False}, {"frozen": True, "eq": False})


def what(deed: Callable[[], Any]) -> Any:
    try:
        return deed()
    except Exception as error:  # noqa: BLE001 - the kind of error is compared
        return type(error)


def behaviour(made: Any, arguments: tuple[Any, ...]) -> list[Any]:
    """What can be seen of an object; where it has addresses in it, whether it is what it was made from."""
    one = what(lambda: made(*arguments))
    if isinstance(one, type):
        return [one]
    two, other = made(*arguments), copy.deepcopy(one)
    names = [f.name for f in dataclasses.fields(made)]

    def change() -> Any:
        for name in names[:1]:
            setattr(other, name, 99)
        return [getattr(other, name) for name in names]

    def another() -> Any:
        with pytest.raises((AttributeError, TypeError)):  # Python 3.11 errs itself where the class is frozen
            other.unknown = 1

    def less() -> Any:
        if names:
            delattr(one, names[0])
        return names

    return [
        repr(one).replace(made.__qualname__, "X"),
        one == two,
        one == object(),
        one != two,
        what(lambda: hash(one) == hash(two)),
        what(lambda: hash(one) == hash(made(*arguments))),
        what(lambda: dataclasses.asdict(one)),
        what(lambda: repr(dataclasses.replace(one, a=5)).replace(made.__qualname__, "X")),
        what(lambda: [getattr(copy.copy(one), name) for name in names]),
        made.__match_args__,
        made.__slots__,
        made.__doc__.partition("(")[0],
        what(change),
        what(another),
        what(less),
        [parameter.kind for parameter in inspect.signature(made).parameters.values()],
        list(inspect.signature(made).parameters),
        hasattr(one, "__dict__"),
    ]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("make", MAKERS)
def test_it_is_as_the_standard_one(make: Callable[..., Any], options: dict[str, bool]) -> None:
    quick, standard = make(QUICK, **options), make(STANDARD, **options)
    for arguments in ARGUMENTS:
        assert behaviour(quick, arguments) == behaviour(standard, arguments), arguments
    assert [(f.name, f.default, f.init, f.repr, f.compare) for f in dataclasses.fields(quick)] == [
        (f.name, f.default, f.init, f.repr, f.compare) for f in dataclasses.fields(standard)
    ]


FIRST_QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "fields": lambda made: [(f.name, f.type, f.default, f.init) for f in dataclasses.fields(made)],
    "is a dataclass": dataclasses.is_dataclass,
    "match": lambda made: made.__match_args__,
    "signature": lambda made: list(inspect.signature(made).parameters),
    "frozen": lambda made: made.__dataclass_params__.frozen,
    "made": lambda made: made(1).a,
    "made by a subclass": lambda made: type("Sub", (made,), {})(1).a,
    "described": lambda made: [f.name for f in dataclasses.fields(type("Sub", (made,), {}))],
    "state": lambda made: _filled(made).a,
    "text": lambda made: repr(_bare(made)).replace(made.__qualname__, "X"),
    "equal": lambda made: _bare(made) == _bare(made),
    "hash": lambda made: isinstance(hash(_bare(made)), int),
    "can be hashed": lambda made: made.__hash__ is not None,
    "slots": lambda made: made.__slots__,
    "defaults stay out of the class": lambda made: type(vars(made)["b"]).__name__,
}
"""What a class may be asked before anything else has been asked of it."""


def _bare(made: Any) -> Any:
    """An object whose `__init__` was not called, as `copy` and `pickle` make one."""
    one = made.__new__(made)
    for base in (made, *made.__mro__):
        for name in getattr(base, "__slots__", ()):
            vars(base)[name].__set__(one, 3)
    return one


def _filled(made: Any) -> Any:
    one = made.__new__(made)
    if hasattr(one, "__setstate__"):
        one.__setstate__(_bare(made).__getstate__())
        return one
    return _bare(made)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("make", [plain, derived], ids=lambda make: make.__name__)
@pytest.mark.parametrize("question", FIRST_QUESTIONS)
def test_whatever_it_is_asked_first_it_answers_as_the_standard_one(
    question: str, make: Callable[..., Any], options: dict[str, bool]
) -> None:
    ask = FIRST_QUESTIONS[question]
    assert what(lambda: ask(make(QUICK, **options))) == what(lambda: ask(make(STANDARD, **options)))


def test_a_class_that_nobody_uses_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    finished: list[str] = []
    compiled = records._compiled

    def noted(init: Any) -> Any:
        finished.append(init.owner.__name__)
        return compiled(init)

    monkeypatch.setattr(records, "_compiled", noted)
    made = derived(QUICK, frozen=True)
    assert not finished
    made(1)
    made(2)
    assert finished == ["Derived"]


def test_what_is_set_before_the_first_use_stays() -> None:
    for name, value, deed in (
        ("__eq__", lambda one, other: "the same", lambda made: made(1) == made(2)),
        ("__hash__", lambda one: 7, lambda made: hash(made(1))),
        ("__repr__", lambda one: "me", lambda made: repr(made(1))),
        ("__doc__", "words", lambda made: (made(1), made.__doc__)[1]),
        ("__init__", lambda one, a: setattr(type(one), "seen", a), lambda made: (made(8), made.seen)[1]),
    ):
        results = []
        for dataclass in (QUICK, STANDARD):
            made = derived(dataclass)
            setattr(made, name, value)
            results.append([deed(made), deed(made)])
        assert results[0] == results[1], name


def test_init_that_was_looked_up_early_is_the_real_one() -> None:
    made = derived(QUICK, frozen=True)
    early = made.__init__
    assert early is made.__init__
    assert early.__name__ == "__init__"
    assert list(get_type_hints(early)) == ["a", "b", "c", "return"]
    assert early.__module__ == made.__module__
    one = made.__new__(made)
    early(one, 5)
    assert one == made(5)


def test_init_may_be_put_back_before_its_first_use() -> None:
    made = derived(QUICK)
    for options in ({"new": lambda one, a: None}, {"autospec": True, "return_value": None}):
        with mock.patch.object(made, "__init__", **options):
            made(1)
    assert made(1).c == 4
    raw = vars(derived(QUICK))["__init__"]
    one = raw.owner.__new__(raw.owner)
    raw(one, 6)
    assert one.a == 6
    assert raw.__get__(one).__func__ is raw.__get__(None, raw.owner)
    raw.owner.__init__ = None
    raw.__get__(None, raw.owner)
    assert raw.owner.__init__ is None
    type("Another", (), {"__init__": raw, "__slots__": ("a", "b", "c")})
    assert raw.owner.__name__ == "Derived"


def test_a_subclass_of_a_frozen_one_with_its_own_init_may_have_more() -> None:
    @QUICK(slots=True, frozen=True)
    class Own:
        a: int

        def __init__(self) -> None:
            object.__setattr__(self, "a", 1)

    class Lower(Own):
        pass

    one = Lower()
    one.other = 5
    del one.other
    with pytest.raises(FrozenInstanceError):
        one.a = 5  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Own().unknown = 5


def a_base_and_two(dataclass: Any) -> tuple[Any, Any, Any]:
    """Of the two classes that inherit from the first, one has another default."""

    @dataclass(slots=True)
    class Top:
        a: int = 1

    @dataclass(slots=True)
    class Left(Top):
        a: int = 2

    @dataclass(slots=True)
    class Right(Top):
        pass

    return Top, Left, Right


def odd(dataclass: Any) -> dict[str, Callable[[], Any]]:
    """Classes that few would write, and what they do."""

    def slots_of_its_own() -> Any:
        @dataclass(slots=True)
        class Own:
            __slots__ = ("a",)
            a: int

    def no_annotation() -> Any:
        @dataclass(slots=True)
        class Own:
            a = field(default=2)

    def defaults_first() -> Any:
        @dataclass(slots=True)
        class Own:
            a: int = 1
            b: int

    def class_variable_instead_of_a_field() -> Any:
        @dataclass(slots=True)
        class Own(plain(dataclass)):  # type: ignore[misc]
            b: ClassVar[int] = 5

        one = Own(1)
        return [f.name for f in dataclasses.fields(one)], one.b

    def base_with_a_dict() -> Any:
        @dataclasses.dataclass
        class Base:
            a: int
            b: int = 2

        @dataclass(slots=True)
        class Own(Base):
            c: int = 3

        one = Own(1)
        return one.a, one.b, one.c, vars(one)

    def diamond() -> Any:
        _, Left, Right = a_base_and_two(dataclass)

        @dataclass(slots=True)
        class Own(Right, Left):
            pass

        return Own().a

    def set_name_of_a_default() -> Any:
        calls = []

        class Default:
            def __set_name__(self, owner: Any, name: str) -> None:
                calls.append(name)

        @dataclass(slots=True)
        class Own:
            a: Any = Default()

        return calls

    def descriptor_as_default() -> Any:
        class Default:
            def __get__(self, one: object, kind: object) -> str:
                return "asked"

        @dataclass(slots=True)
        class Own:
            a: Any = Default()

        return Own().a

    def asked_when_subclassed() -> Any:
        found = []

        class Base:
            def __init_subclass__(cls) -> None:
                if "__slots__" in vars(cls):
                    found.append([f.name for f in dataclasses.fields(cls)])  # type: ignore[arg-type]

        @dataclass(slots=True)
        class Own(Base):
            a: int

        return found

    def made_when_subclassed() -> Any:
        found = []

        class Base:
            def __init_subclass__(cls) -> None:
                if "__slots__" in vars(cls):
                    found.append(cls(3).a)  # type: ignore[attr-defined,call-arg]

        @dataclass(slots=True)
        class Own(Base):
            a: int

        return found

    def not_hashed() -> Any:
        @dataclass(slots=True, frozen=True)
        class Own:
            a: int
            b: int = field(default=1, hash=False)

        return hash(Own(1, 2)) == hash(Own(1, 3)), Own(1, 2) == Own(1, 3)

    def field_called_self() -> Any:
        @dataclass(slots=True)
        class Own:
            self: int

        return Own(3).self

    def setattr_of_its_own() -> Any:
        @dataclass(slots=True, frozen=True)
        class Own:
            a: int

            def __setattr__(self, name: str, value: object) -> None:
                pass

    def delattr_of_its_own() -> Any:
        @dataclass(slots=True, frozen=True)
        class Own:
            a: int

            def __delattr__(self, name: str) -> None:
                pass

    def a_default_that_is_not_asked_for() -> Any:
        @dataclass(slots=True)
        class Own:
            a: int = field(default=1, init=False)
            b: int

        return Own(2).a, get_type_hints(Own.__init__), str(inspect.signature(Own))

    def default_of_a_factory_shown() -> Any:
        @dataclass(slots=True)
        class Own:
            a: list[int] = field(default_factory=list)

        return str(inspect.signature(Own))

    def replaced() -> Any:
        return copy.replace(derived(dataclass)(1), a=2).a  # type: ignore[attr-defined]

    def own_init_frozen() -> Any:
        @dataclass(slots=True, frozen=True)
        class Own:
            a: int

            def __init__(self, a: int) -> None:
                object.__setattr__(self, "a", a * 2)

        one = Own(1)
        return one.a, what(lambda: setattr(one, "a", 3)), what(lambda: delattr(one, "a"))

    def class_variable_of_a_base_s_base() -> Any:
        @dataclass(slots=True)
        class Middle(plain(dataclass)):  # type: ignore[misc]
            b: ClassVar[int] = 5

        @dataclass(slots=True)
        class Own(Middle):
            more: int = 3

        return [f.name for f in dataclasses.fields(Own(1))], Own(1).b, list(inspect.signature(Own).parameters)

    def setattr_is_asked() -> Any:
        seen = []

        @dataclass(slots=True)
        class Own:
            a: int

            def __setattr__(self, name: str, value: object) -> None:
                seen.append(name)
                object.__setattr__(self, name, value)

        class Lower(plain(dataclass)):  # type: ignore[misc]
            @property
            def a(self) -> int:
                return 101

            @a.setter
            def a(self, value: int) -> None:
                seen.append("property")

        Own(1)
        return Lower(1).a, seen

    def post_init_put_in_later() -> Any:
        made = plain(dataclass)
        seen = []
        with mock.patch.object(made, "__post_init__", seen.append, create=True):
            made(1)
        made(2)
        return seen

    def not_a_number() -> Any:
        @dataclass(slots=True)
        class Own:
            a: float

        one, many = Own(float("nan")), [derived(dataclass)(1), Own(2)]
        return one == one, one in [*many, one], one == Own(float("nan"))

    def hash_of_one() -> Any:
        @dataclass(slots=True, frozen=True)
        class Own:
            a: int
            b: int = field(default=1, hash=True, compare=False)
            c: int = field(default=1, compare=False)

        return (
            hash(Own(5)) == hash((5, 1)),
            hash(Own(5, 2)) == hash(Own(5)),
            hash(Own(5, c=2)) == hash(Own(5)),
        )

    def fields_with_the_names_of_helpers() -> Any:
        @dataclass(slots=True, frozen=True)
        class Own:
            x: int
            _set_x: int = 1
            _make_y: int = 2
            y: list[int] = field(default_factory=list)
            _default_z: int = 3
            z: int = field(default=7, init=False)
            _UNSAID: int = 4

        return dataclasses.astuple(Own(0))

    def diamond_in_the_other_order() -> Any:
        Top, Left, Right = a_base_and_two(dataclass)

        class Plain(Top):
            pass

        @dataclass(slots=True)
        class Own(Left, Right):
            pass

        @dataclass(slots=True)
        class Other(Plain, Left):
            pass

        return Own().a, Other().a

    def holds_itself() -> Any:
        @dataclass(slots=True)
        class Own:
            a: Any = None

        one = Own()
        one.a = one
        return repr(one).partition("(")[2]

    def compared_with_others() -> Any:
        made = derived(dataclass)

        class Lower(made):  # type: ignore[misc,valid-type]
            pass

        return made(1) == Lower(1), Lower(1) == made(1), made(1).__eq__(1), made(1) == mock.ANY

    def fields_that_others_freeze() -> Any:
        @dataclass(slots=True, frozen=True)
        class Top:
            a: int = 1

        class Middle(Top):
            pass

        @dataclass(slots=True)
        class Own(Middle):
            pass

    def keywords_only() -> Any:
        @dataclass(slots=True)
        class Own:
            a: int = 1
            b: int = field(init=False)
            c: int = 2

        return list(inspect.signature(Own).parameters), Own.__doc__ and Own.__doc__.count("b")

    def no_hash_wanted() -> Any:
        @dataclass(slots=True, frozen=True)
        class Own:
            a: int
            __hash__ = None  # type: ignore[assignment]

        return hash(Own(1))

    def same_field_again() -> Any:
        @dataclass(slots=True)
        class Own(plain(dataclass)):  # type: ignore[misc]
            a: int

        return repr(Own(3)).partition("(")[2]

    def mutable_dict() -> Any:
        @dataclass(slots=True)
        class Own:
            a: dict[str, int] = {}  # noqa: RUF012 - that is the point

    def slots_as_text() -> Any:
        class Base:
            __slots__ = "first"

        @dataclass(slots=True)
        class Own(Base):
            first: int
            b: int

        return Own.__slots__, Own(1, 2).first  # type: ignore[attr-defined]

    def parameters() -> Any:
        made = [plain(dataclass, **options).__dataclass_params__ for options in OPTIONS]
        return [(one.init, one.repr, one.eq, one.order, one.frozen) for one in made]

    def names() -> Any:
        made = plain(dataclass, frozen=True)
        methods = (made, made.__init__, made.__repr__, made.__eq__, made.__hash__)
        return [(one.__module__, one.__qualname__.partition("plain.<locals>.")[2]) for one in methods]

    def looked_through() -> Any:
        made = derived(dataclass)
        return sorted(name for name in vars(made) if getattr(made, name, None) is not None)

    return {name: deed for name, deed in locals().items() if callable(deed) and name != "dataclass"}


@pytest.mark.parametrize("name", odd(STANDARD))
def test_odd_classes_do_as_the_standard_ones(name: str) -> None:
    assert what(odd(QUICK)[name]) == what(odd(STANDARD)[name])


def test_threads_may_be_the_first_ones_together() -> None:
    for _ in range(20):
        made, together = plain(QUICK, frozen=True), Barrier(4)

        def use(number: int, made: Any = made, together: Barrier = together) -> Any:
            together.wait(10)
            one = made(number)
            return (
                one.a,
                len(dataclasses.fields(one)),
                list(inspect.signature(made).parameters),
                one.__match_args__,
            )

        with ThreadPoolExecutor(4) as threads:
            results = list(threads.map(use, range(4)))
        names = ["a", "b", "c", "e", "f"]
        assert results == [(number, 7, names, tuple(names)) for number in range(4)]


def test_init_of_every_class_of_redbook_can_be_compiled() -> None:
    """Else it would fail only when it is first used."""
    found = 0
    for module in pkgutil.walk_packages(redbook.__path__, "redbook."):
        if module.name.endswith("__main__"):
            continue
        for value in list(vars(importlib.import_module(module.name)).values()):
            if dataclasses.is_dataclass(value) and inspect.isclass(value):
                found += 1
                assert inspect.signature(value)
                assert not isinstance(vars(value).get("__init__"), records._Init)
    assert found > 300


def test_a_frozen_class_and_one_that_is_not_do_not_inherit_from_each_other() -> None:
    for base, own in (({"frozen": True}, {}), ({}, {"frozen": True})):
        for first in (QUICK, STANDARD):
            with pytest.raises(TypeError, match="cannot inherit"):

                @QUICK(slots=True, **own)
                class Own(plain(first, **base)):  # type: ignore[misc]
                    more: int = 1


@pytest.mark.parametrize("first", [QUICK, STANDARD])
@pytest.mark.parametrize("then", [QUICK, STANDARD])
def test_either_inherits_from_the_other(first: Any, then: Any) -> None:
    @then(slots=True, frozen=True)
    class Own(plain(first, frozen=True)):  # type: ignore[misc]
        more: int = 1

    assert repr(Own(1, more=2)).endswith("Own(a=1, b='b', c=[], d=7, e=8, g=[1], more=2)")
    with pytest.raises(FrozenInstanceError):
        Own(1).a = 2  # type: ignore[misc]


def test_two_objects_do_not_share_what_a_factory_made() -> None:
    made = plain(QUICK)
    one, two = made(1), made(1)
    one.c.append(3)
    one.g.append(3)
    assert (two.c, two.g) == ([], [1])


def test_what_is_compared_is_compared_and_nothing_else() -> None:
    made = plain(QUICK, frozen=True)
    one = made(1, "b", (), e=5)
    assert one == made(1, "b", (), e=6)
    assert hash(one) == hash(made(1, "b", (), e=6))
    assert one != made(1, "b", (), f=6)
    assert one != derived(QUICK, frozen=True)(1)


def test_a_subclass_that_is_no_dataclass_may_have_attributes_of_its_own() -> None:
    class More(plain(QUICK, frozen=True)):  # type: ignore[misc]
        pass

    more = More(1)
    more.own = 2
    assert more.own == 2
    del more.own
    with pytest.raises(FrozenInstanceError):
        more.a = 2
    with pytest.raises(FrozenInstanceError):
        del more.a


@QUICK(frozen=True, slots=True)
class Kept:
    a: int
    b: tuple[int, ...] = ()


def test_a_frozen_one_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(Kept(1, (2, 3)))) == Kept(1, (2, 3))


def test_one_that_holds_itself_can_be_shown() -> None:
    made = plain(QUICK)
    one = made(1)
    one.c.append(one)
    assert "..." in repr(one)


@pytest.mark.parametrize("options", [{"slots": False}, {"slots": True, "order": True}])
def test_what_it_does_not_do_is_refused(options: dict[str, bool]) -> None:
    with pytest.raises(TypeError):
        QUICK(**options)


def test_a_frozen_one_says_what_cannot_be_changed() -> None:
    """For a name that is no field, Python 3.11's own class ends with an error of its own."""

    @QUICK(slots=True, frozen=True)
    class Own:
        a: int

    class Lower(Own):
        def __init__(self) -> None:
            super().__init__(1)  # type: ignore[call-arg]

        def __setattr__(self, name: str, value: object) -> None:
            seen.append(name)
            super().__setattr__(name, value)

    seen: list[str] = []
    for one, name in ((Own(1), "a"), (Own(1), "unknown"), (Lower(), "a")):  # type: ignore[call-arg]
        with pytest.raises(FrozenInstanceError, match=f"^cannot assign to field '{name}'$"):
            setattr(one, name, 1)
        with pytest.raises(FrozenInstanceError, match=f"^cannot delete field '{name}'$"):
            delattr(one, name)
    Lower().other = 1
    assert seen == ["a", "other"]


def test_types_that_are_no_text_are_understood() -> None:
    for dataclass in (QUICK, STANDARD):
        made = dataclass(slots=True)(type("Made", (), {"__annotations__": {"a": int, "b": ClassVar[int]}}))
        assert [f.name for f in dataclasses.fields(made)] == ["a"]
    for kind in (
        dataclasses.KW_ONLY,
        dataclasses.InitVar,
        dataclasses.InitVar[int],
        "InitVar[int]",
        "KW_ONLY",
    ):
        with pytest.raises(TypeError, match="kw_only and InitVar"):
            QUICK(slots=True)(type("Made", (), {"__annotations__": {"a": kind}}))
    with pytest.raises(TypeError, match="a class variable takes a plain value"):
        QUICK(slots=True)(
            type("Made", (), {"__annotations__": {"a": "typing.ClassVar"}, "a": field(default=1)})
        )


def test_a_base_with_what_is_refused_is_refused() -> None:
    @dataclasses.dataclass(kw_only=True)
    class Named:
        a: int

    @dataclasses.dataclass
    class Given:
        a: dataclasses.InitVar[int]

    for base in (Named, Given):
        with pytest.raises(TypeError, match="kw_only and InitVar"):
            QUICK(slots=True)(type("Made", (base,), {}))


def test_keyword_only_fields_are_refused() -> None:
    with pytest.raises(TypeError, match="kw_only"):

        @QUICK(slots=True)
        class Named:
            a: int = field(kw_only=True)


def test_a_default_that_all_objects_would_share_is_refused() -> None:
    for dataclass in (QUICK, STANDARD):
        with pytest.raises(ValueError, match="mutable default <class 'list'> for field a is not allowed"):

            @dataclass(slots=True)
            class Shared:
                a: list[int] = []  # noqa: RUF012 - that is the point


def test_the_classes_of_redbook_are_made_by_it() -> None:
    """Else `redbook info` takes a third longer."""
    for path in sorted(Path(records.__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imports = {
            alias.name: node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for node in ast.walk(tree):
            for decorator in node.decorator_list if isinstance(node, ast.ClassDef) else ():
                call = ast.unparse(decorator)
                if call.startswith("dataclass(") and "slots=True" in call:
                    assert imports["dataclass"] == "redbook.records", path
                    assert "order" not in call, path
