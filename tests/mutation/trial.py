"""One change after the other, each in a process of its own with the tests that run through its line.

The processes are copies of one that has collected all tests, so that none of them begins by importing. In a
copy the functions of the changed module get other code. What a module does while it is imported cannot be
changed like that: then a copy of the sources is, and the tests begin anew.
"""

from __future__ import annotations

import ast
import gc
import os
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tests.mutation.changes import Change

AT_ONCE = 2
START_SECONDS = 20.0
SLOWER = 10
"""Tests that take so much more of the processor's time than they did do not end."""

WAITING = 30
"""Or so much more time: they may wait for what does not come."""

MOST_BYTES = 6 << 30
NO_END = "the tests do not end"
HOME = Path(__file__).parents[2] / "src" / "redbook"


@dataclass(frozen=True, slots=True)
class Tried:
    """tests: how many; noticed_by: one of them, or what else shows it; empty if nothing does"""

    change: Change
    tests: int
    noticed_by: str


@dataclass(slots=True)
class _Process:
    pid: int
    change: Change
    tests: Sequence[str]
    until: float
    folder: str


class Trials:
    """A pytest plugin that runs tests for each change, in the place of all once.

    tests     that a change is tried with, in their order
    seconds   that each takes without a change
    on_tried  told of each
    """

    def __init__(
        self,
        changes: Sequence[Change],
        tests: Callable[[Change], Sequence[str]],
        seconds: Mapping[str, float],
        on_tried: Callable[[Tried], None],
    ) -> None:
        self._changes = list(reversed(changes))
        self._tests = tests
        self._seconds = seconds
        self._on_tried = on_tried
        self._items: dict[str, pytest.Item] = {}
        self._failed = ""
        self._unreliable: set[str] = set()
        self._running: dict[int, _Process] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed = self._failed or report.nodeid

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = {item.nodeid: item for item in session.items}
        try:
            with selectors.DefaultSelector() as selector:
                self._try_all(selector)
        finally:
            for one in self._running.values():
                os.killpg(one.pid, signal.SIGKILL)
        return True

    def _try_all(self, selector: selectors.BaseSelector) -> None:
        while self._changes or self._running:
            while self._changes and len(self._running) < AT_ONCE:
                self._start(self._changes.pop(), selector)
            ready = [key.fd for key, _ in selector.select(1.0)]
            late = [end for end, one in self._running.items() if time.monotonic() > one.until]
            for end in {*ready, *late}:
                selector.unregister(end)
                self._ended(end)

    def _start(self, change: Change, selector: selectors.BaseSelector) -> None:
        tests = [one for one in self._tests(change) if one in self._items and one not in self._unreliable]
        if not tests:
            self._on_tried(Tried(change, 0, ""))
            return
        seconds = sum(self._seconds[one] for one in tests)
        ours, theirs = os.pipe()
        folder = tempfile.mkdtemp(prefix="redbook-mutation-")
        pid = os.fork()
        if not pid:
            self._be_the_copy(theirs, folder, seconds, lambda: self._try(change, tests, Path(folder)))
        os.close(theirs)
        until = time.monotonic() + WAITING * (START_SECONDS + seconds)
        self._running[ours] = _Process(pid, change, tests, until, folder)
        selector.register(ours, selectors.EVENT_READ)

    def _ended(self, end: int) -> None:
        one = self._running.pop(end)
        said = b"" if time.monotonic() > one.until else os.read(end, 1 << 16)
        os.close(end)
        with suppress(ProcessLookupError):
            os.killpg(one.pid, signal.SIGKILL)
        os.waitpid(one.pid, 0)
        shutil.rmtree(one.folder, ignore_errors=True)
        why = said.decode()[1:] if said else NO_END
        if why in self._items and not self._passes(why):
            self._unreliable.add(why)  # and not because of the change
            self._changes.append(one.change)
            return
        self._on_tried(Tried(one.change, len(one.tests), why))

    def _passes(self, test: str) -> bool:
        """Without a change."""
        ours, theirs = os.pipe()
        folder = tempfile.mkdtemp(prefix="redbook-mutation-")
        pid = os.fork()
        if not pid:
            self._be_the_copy(theirs, folder, self._seconds[test], lambda: self._run([test]))
        os.close(theirs)
        said = os.read(ours, 1 << 16)
        os.close(ours)
        os.waitpid(pid, 0)
        shutil.rmtree(folder, ignore_errors=True)
        return said == b"."

    def _be_the_copy(self, end: int, folder: str, seconds: float, work: Callable[[], str]) -> None:
        try:
            os.setsid()
            limit = round(START_SECONDS + SLOWER * seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
            with open(os.devnull, "r+b") as null:  # noqa: PTH123 - for its descriptor
                for number in range(3):
                    os.dup2(null.fileno(), number)
            os.environ["PYTEST_DEBUG_TEMPROOT"] = folder  # where pytest makes the tests' folders
            os.write(end, b"." + work().encode())
        finally:
            os._exit(0)

    def _try(self, change: Change, tests: Sequence[str], folder: Path) -> str:
        text = (HOME / change.name).read_text(encoding="utf-8")
        if in_a_function(change, ast.parse(text)):
            put_in_place(module_of(change), text, change.made(text))
            return self._run(tests)
        copy_into(folder / "copy", HOME.parents[1])
        (folder / "copy" / "src" / "redbook" / change.name).write_text(change.made(text), encoding="utf-8")
        return begun_anew(folder / "copy", tests)

    def _run(self, tests: Sequence[str]) -> str:
        """The first that fails."""
        for test, following in zip(tests, [*tests[1:], None], strict=True):
            item = self._items[test]
            after = None if following is None else self._items[following]
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if self._failed:
                break
        return self._failed


def in_a_function(change: Change, tree: ast.Module) -> bool:
    """Whether it is run each time that something is called, and not while the module is imported."""
    return any(
        node.body[0].lineno <= change.line and change.last <= (node.end_lineno or 0)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    )


def module_of(change: Change) -> str:
    return ".".join(("redbook", *Path(change.name).with_suffix("").parts)).removesuffix(".__init__")


def put_in_place(module: str, before: str, now: str) -> None:
    """Give the functions of a module the code that another text has for them.

    It is imported first: what a test imports only when it comes to it would be as it was.
    """
    path = str(import_module(module).__file__)
    old, new = (_codes(compile(text, path, "exec")) for text in (before, now))
    other = {(code.co_qualname, code.co_firstlineno): new[name] for name, code in old.items() if name in new}
    for function in [one for one in gc.get_objects() if isinstance(one, FunctionType)]:
        code = function.__code__
        if code.co_filename == path:
            function.__code__ = other.get((code.co_qualname, code.co_firstlineno), code)


def _codes(module: CodeType) -> dict[tuple[str, int], CodeType]:
    """By the name of the function, and which of that name it is."""
    seen: Counter[str] = Counter()
    found = {}
    for code in _inside(module):
        found[code.co_qualname, seen[code.co_qualname]] = code
        seen[code.co_qualname] += 1
    return found


def _inside(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _inside(one)


def copy_into(place: Path, root: Path) -> None:
    place.mkdir()
    for path in root.iterdir():
        if path.name in ("src", "tests", "examples", "docs", "bench"):
            shutil.copytree(path, place / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.suffix in (".toml", ".md", ".py", ".yml") or path.name == "Makefile":
            shutil.copy(path, place / path.name)


def begun_anew(place: Path, tests: Sequence[str]) -> str:
    """The first of these tests that fails there."""
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-x", "-rfE", "--tb=no", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(place / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    for some in filter(None, (tests[:10], tests[10:])):
        done = subprocess.run(
            [*pytest_, *some], cwd=place, env=environment, capture_output=True, text=True, errors="replace"
        )
        if done.returncode:
            told = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
            return told[0].split(" ", 1)[1].partition(" - ")[0] if told else "the tests cannot be run"
    return ""
