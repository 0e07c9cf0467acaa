"""The changes that a mutation run makes: what is written must be Python, and must not be what was there."""

from __future__ import annotations

import ast

from tests.mutation.changes import changes_in

TEXT = '''"""What it is."""

def f(a: int = 3, *, b: bool = False) -> int:
    """Not this: 1 < 2."""
    if a < 2 and not b:
        g(a)
        raise ValueError(f"{a + 1}")
    é = a + 1
    return é
'''


def test_each_kind_is_made_where_it_stands() -> None:
    assert [str(change).removeprefix("m.py:") for change in changes_in("m.py", TEXT)] == [
        "3: 3 -> 4",
        "3: False -> True",
        "5: a < 2 and not b -> (a < 2 or not b)",
        "5: a < 2 -> (a <= 2)",
        "5: 2 -> 3",
        "5: not b -> (b)",
        "6: g(a) -> pass",
        "8: a + 1 -> (a - 1)",
        "8: 1 -> 2",
    ]


def test_what_is_made_is_python_and_something_else() -> None:
    for change in changes_in("m.py", TEXT):
        made = change.made(TEXT)
        assert made != TEXT
        ast.parse(made)
        assert made.count("\n") == TEXT.count("\n")
