"""Which tests run through which lines of the engine and the virtual recorder.

It is kept in .cache/mutation, and made anew for those files of tests that have changed since; for all of them
where anything else has changed.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import coverage

from tests.mutation.changes import Change

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEPT = ROOT / ".cache" / "mutation" / "map.json"

FILES_AT_ONCE = 10
"""Of tests: then what is known is kept, so that a run that is broken off continues from there."""


@dataclass(slots=True)
class Map:
    """tests by line: of each module, by its path below redbook/"""

    common: str = ""
    files: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)

    def forget(self, stale: Iterable[str]) -> None:
        """What is known of these files of tests."""
        gone = set(stale)
        self.files = {file: digest for file, digest in self.files.items() if file not in gone}
        self.seconds = {test: took for test, took in self.seconds.items() if file_of(test) not in gone}
        self.failing = [test for test in self.failing if file_of(test) not in gone]
        for tests in (tests for by_line in self.lines.values() for tests in by_line.values()):
            tests -= {test for test in tests if file_of(test) in gone}

    def add(self, folder: Path) -> None:
        """What a run with the plugin `touched` has left there."""
        for path in folder.glob("tests.*.json"):
            told = json.loads(path.read_text(encoding="utf-8"))
            self.failing += [test for test, passed in told["passed"].items() if not passed]
            self.seconds |= {test: took for test, took in told["seconds"].items() if told["passed"][test]}
        for path in folder.glob("lines.*"):
            data = coverage.CoverageData(str(path))
            data.read()
            for module in data.measured_files():
                by_line = self.lines.setdefault(module.rpartition("/redbook/")[2], {})
                for line, tests in data.contexts_by_lineno(module).items():
                    by_line.setdefault(line, set()).update(test for test in tests if test in self.seconds)

    def save(self, path: Path) -> None:
        numbers = {test: number for number, test in enumerate(self.seconds)}
        plain = {
            "common": self.common,
            "files": self.files,
            "seconds": self.seconds,
            "failing": self.failing,
            "lines": {
                module: {line: sorted(numbers[test] for test in tests) for line, tests in by_line.items()}
                for module, by_line in self.lines.items()
            },
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(plain), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Map:
        if not path.exists():
            return cls()
        plain = json.loads(path.read_text(encoding="utf-8"))
        names = list(plain["seconds"])
        lines = {
            module: {int(line): {names[number] for number in tests} for line, tests in by_line.items()}
            for module, by_line in plain["lines"].items()
        }
        return cls(plain["common"], plain["files"], plain["seconds"], plain["failing"], lines)

    def width(self) -> Counter[str]:
        """How many lines each test runs through."""
        found: Counter[str] = Counter()
        for tests in (tests for by_line in self.lines.values() for tests in by_line.values()):
            found.update(tests)
        return found


def file_of(test: str) -> str:
    return test.partition("::")[0]


def up_to_date(suites: Sequence[str], root: Path = ROOT, kept: Path = KEPT) -> Map:
    """The map of these suites as they are now."""
    known = Map.load(kept)
    files = {str(path.relative_to(root)): _digest([path]) for path in _test_files(suites, root)}
    everything = {path for name in ("src", "tests") for path in (root / name).rglob("*") if path.is_file()}
    everything -= {path for path in everything if path.name.startswith("test_") or path.parent == HERE}
    common = _digest(path for path in everything if path.suffix in (".py", ".toml"))
    if known.common != common:
        known = Map(common)
    stale = [file for file in files if known.files.get(file) != files[file]]
    known.forget([*stale, *(file for file in known.files if not (root / file).exists())])
    for begin in range(0, len(stale), FILES_AT_ONCE):
        some = stale[begin : begin + FILES_AT_ONCE]
        print(f"which tests run through which lines: {len(stale) - begin} files of tests to go", flush=True)
        with tempfile.TemporaryDirectory(prefix="redbook-mutation-") as folder:
            _run(some, root, Path(folder))
            known.add(Path(folder))
        known.files |= {file: files[file] for file in some}
        known.save(kept)
    known.forget(file for file in known.files if file not in files)
    return known


def _test_files(suites: Sequence[str], root: Path) -> list[Path]:
    paths = [root / suite for suite in suites]
    found = {file for path in paths for file in (path.rglob("test_*.py") if path.is_dir() else [path])}
    return sorted(found)


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.name} {path.stat().st_size} ".encode() + path.read_bytes())
    return digest.hexdigest()


def _run(files: Sequence[str], root: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutation.touched", "-p", "no:cacheprovider"]
    command += ["-n", "2", "--dist", "worksteal", "-m", "not slow", *files]
    environment = {**os.environ, "TOUCHED": str(folder), "PYTHONPATH": str(root / "src")}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False)
    if done.returncode > 1:
        raise SystemExit(f"the tests cannot be run:\n{done.stdout.decode()}{done.stderr.decode()}")


@dataclass(frozen=True, slots=True)
class Chooser:
    """The tests for a change, the most specific and quickest first.

    named  where each name is read: modules and lines
    """

    map: Map
    sources: dict[str, ast.Module]
    cost: dict[str, float]
    named: dict[str, list[tuple[str, int]]]

    @classmethod
    def of(cls, found: Map, texts: dict[str, str]) -> Chooser:
        width = found.width()
        cost = {test: width[test] * (0.2 + took) for test, took in found.seconds.items()}
        trees = {module: ast.parse(text) for module, text in texts.items()}
        named: dict[str, list[tuple[str, int]]] = {}
        for module, tree in trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    named.setdefault(node.id, []).append((module, node.lineno))
        return cls(found, trees, cost, named)

    def tests(self, change: Change) -> list[str]:
        seen = self._touching(change)
        return [*self._in_order(seen), *self._in_order(self._perhaps_touching(change) - seen)]

    def _in_order(self, tests: Iterable[str]) -> list[str]:
        return sorted(tests, key=lambda test: self.cost[test])

    def _perhaps_touching(self, change: Change) -> set[str]:
        """Through the function of a change, where that hands over to others with `yield from`.

        Where such another one catches an error and returns, Python goes on here without telling a tracer
        that it does (the event `call`, CPython 3.11), and coverage sees nothing of the lines that follow.
        """
        way = list(_way_to(self.sources[change.name], change))
        function = next((node for node in reversed(way) if isinstance(node, ast.FunctionDef)), None)
        if function is None or function.body[0].lineno > change.line:
            return set()
        handing_over = (node for node in _own_nodes(function) if isinstance(node, ast.YieldFrom))
        return self._through(change.name, (node.lineno for node in handing_over))

    def _touching(self, change: Change) -> set[str]:
        tree = self.sources[change.name]
        way = list(_way_to(tree, change))
        functions = [node for node in way if isinstance(node, ast.FunctionDef)]
        if functions and functions[-1].body[0].lineno <= change.line:
            return self._through(change.name, _header(way[-1]))
        if functions:  # a default
            return self._inside(change.name, functions[-1])
        if isinstance(way[-1], ast.Assign) and len(way) == 1:  # a constant: wherever its name stands
            names = {one.id for one in way[-1].targets if isinstance(one, ast.Name)}
            places = [place for name in names for place in self.named.get(name, ())]
            found = {test for module, line in places for test in self._through(module, [line])}
            if found:
                return found
        within = way[0] if isinstance(way[0], ast.ClassDef) else tree
        return self._inside(change.name, within) or self._inside(change.name, tree) or set(self.cost)

    def _inside(self, module: str, node: ast.AST) -> set[str]:
        """Through any function there."""
        lines: set[int] = set()
        for function in ast.walk(node):
            if isinstance(function, ast.FunctionDef):
                lines.update(range(function.body[0].lineno, (function.end_lineno or 0) + 1))
        return self._through(module, lines)

    def _through(self, module: str, lines: Iterable[int]) -> set[str]:
        by_line = self.map.lines.get(module, {})
        return {test for line in lines for test in by_line.get(line, ())}


def _way_to(tree: ast.Module, change: Change) -> Iterator[ast.stmt]:
    """The statements around a change, from the outermost in."""
    node: ast.AST = tree
    while True:
        inner = [
            one
            for one in ast.walk(node)
            if isinstance(one, ast.stmt)
            and one is not node
            and one.lineno <= change.line
            and change.last <= (one.end_lineno or one.lineno)
        ]
        if not inner:
            return
        node = max(inner, key=lambda one: (one.end_lineno or 0) - one.lineno)
        yield node


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """All that is in it, without functions in it and what is in those."""
    left: list[ast.AST] = [*function.body]
    while left:
        node = left.pop()
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            yield node
            left.extend(ast.iter_child_nodes(node))


def _header(node: ast.stmt) -> range:
    """Its own lines, without those of the statements in it."""
    inner = [one.lineno for one in ast.walk(node) if isinstance(one, ast.stmt) and one is not node]
    last = min(inner) - 1 if inner else node.end_lineno or node.lineno
    return range(node.lineno, max(last, node.lineno) + 1)
