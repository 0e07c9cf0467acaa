"""Which changes a mutation run makes, and with which tests it tries them."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from tests.mutation.changes import Change, callees, changes_in
from tests.mutation.map import Chooser, Map
from tests.mutation.trial import module_of, put_in_place

FAULTS = {
    "a < b": {"(a <= b)"},
    "a and b": {"(a or b)", "(a)", "(b)"},
    "not a": {"(a)"},
    "a + b": {"(a - b)", "(a)"},
    "a // 2": {"(a * 2)", "3"},
    "all(a)": {"any(a)"},
    "a[1:]": {"a", "2"},
    "(A, B)[a]": set(),
    "8": {"9", "4"},
    "shift(a, b)": {"shift(b, a)"},
    "shift(a, b=c)": {"shift(a)"},
    "shift(a, b=0)": {"1"},
    "place(a, b)": set(),
    "[a for a in b if a]": {"True"},
    "a if b else c": {"True", "False"},
}
KNOWN = callees(["def shift(a: int, b: int = 0): ...", "def place(a: int, b: str): ..."])


@pytest.mark.parametrize("code", FAULTS)
def test_an_expression_is_changed_as_people_get_it_wrong(code: str) -> None:
    assert {change.now for change in changes_in("a.py", code, KNOWN)} - {"pass", "None"} == FAULTS[code]


STEPS = {
    "if a:\n    b = 1": {"True", "False", "2"},
    "try: ...\nexcept (A, B): ...": {"(A,)", "(B,)"},
    "try: ...\nexcept A:\n    raise": {"pass"},
    "def f(a):\n    a = None": {"pass"},
    "def f():\n    a = None": set(),
    "self.a = None": {"pass"},
    "a.clear()": {"pass"},
    "for a in b:\n    continue": {"pass"},
    "A: TypeAlias = B | C": set(),
    "A = Callable[[B | C], D]": set(),
}


@pytest.mark.parametrize("code", STEPS)
def test_a_step_or_a_condition_is_left_out(code: str) -> None:
    assert {change.now for change in changes_in("a.py", code, KNOWN)} == STEPS[code]


TEXT = '''"""What it is."""

def f(a: int = 1, *, b: bool = False) -> int:
    """Not this: 1 < 2."""
    if a < b:
        raise ValueError(f"{a + 1}")
    é = é * 2
    return é
'''


def test_changes_are_made_where_they_stand_and_texts_and_hints_stay() -> None:
    found = changes_in("m.py", TEXT, {})
    assert [str(change).removeprefix("m.py:") for change in found] == [
        "3: 1 -> 2",
        "3: False -> True",
        "5: a < b -> True",
        "5: a < b -> False",
        "5: a < b -> (a <= b)",
        "7: é * 2 -> (é // 2)",
        "7: 2 -> 3",
    ]
    for change in found:
        made = change.made(TEXT)
        assert made != TEXT
        ast.parse(made)
        assert made.count("\n") == TEXT.count("\n")


CODE = """\
LIMIT = 3

def one(most=LIMIT):
    return most

def other():
    if one() > 5:
        return LIMIT
    return 6
"""
FOUND = Map(
    seconds={"t::one": 1.0, "t::other": 0.1, "t::long": 5.0},
    lines={"a.py": {4: {"t::one", "t::other", "t::long"}, 7: {"t::other", "t::long"}, 8: {"t::long"}}},
)


@pytest.mark.parametrize(
    ("line", "tests"),
    [
        (1, ["t::long"]),  # a constant: where it is used
        (4, ["t::other", "t::one", "t::long"]),
        (7, ["t::other", "t::long"]),
        (9, []),
    ],
)
def test_a_change_is_tried_with_the_tests_that_run_through_it_the_quickest_first(
    line: int, tests: list[str]
) -> None:
    chooser = Chooser.of(FOUND, {"a.py": CODE})
    assert chooser.tests(Change("a.py", line, line, 0, 0, "", "")) == tests


PROCEDURE = """\
def procedure():
    some = yield from another()
    if some is None:
        some = 5
    def later():
        return 6
    return later
"""


@pytest.mark.parametrize(
    ("line", "tests"),
    [
        (4, ["t::caught", "t::usual"]),  # coverage has seen none
        (3, ["t::usual", "t::caught"]),  # those come first that it has seen
        (6, []),  # `later` hands over to nobody
    ],
)
def test_behind_a_call_that_may_have_caught_an_error_all_tests_of_that_call_are_tried(
    line: int, tests: list[str]
) -> None:
    seen = {2: {"t::usual", "t::caught"}, 3: {"t::usual"}, 5: {"t::usual"}, 7: {"t::usual"}}
    found = Map(seconds={"t::usual": 1.0, "t::caught": 1.0}, lines={"a.py": seen})
    chooser = Chooser.of(found, {"a.py": PROCEDURE})
    assert chooser.tests(Change("a.py", line, line, 0, 0, "", "")) == tests


def test_a_module_that_nobody_has_imported_yet_is_changed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that imports it by its own first call would find it as it was, and notice nothing."""
    text = "def one():\n    return 1\n"
    (tmp_path / "not_imported_yet.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    put_in_place("not_imported_yet", text, text.replace("1", "2"))
    assert import_module("not_imported_yet").one() == 2


@pytest.mark.parametrize(
    ("path", "name"),
    [("engine/twice.py", "redbook.engine.twice"), ("virtual/writing/__init__.py", "redbook.virtual.writing")],
)
def test_the_module_of_a_change_is_known_by_its_path(path: str, name: str) -> None:
    assert module_of(Change(path, 1, 1, 0, 0, "", "")) == name
