"""Imports go down only."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import redbook

ROOT = Path(redbook.__file__).parent

# From the top to the bottom; a module may import what stands below its own line, and its own package.
LAYERS = [
    ["__main__"],
    ["cli"],
    ["pytest_plugin"],
    ["testing"],
    ["__init__"],
    ["production"],
    ["imapi2"],
    ["burning"],
    ["sheets"],
    ["authoring"],
    ["audio"],
    ["share"],
    ["recorders"],
    ["runner"],
    ["engine"],
    ["drive"],
    ["virtual"],
    ["transport"],
    ["system"],
    ["image"],
    ["quirks"],
    ["mmc"],
    ["disc"],
    ["clock", "closing", "files", "flag", "log", "host", "_version"],
    ["errors"],
    ["records"],
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
STANDARD_LIBRARY_ONLY = (
    "share",
    "recorders",
    "runner",
    "engine",
    "drive",
    "virtual",
    "transport",
    "system",
    "image",
    "quirks",
    "mmc",
    "disc",
    "clock",
    "errors",
    "records",
)
CLOCKS_THREADS_AND_FILES = {"time", "threading", "os", "io", "socket", "pathlib", "tempfile", "queue", "mmap"}
HEAVY = {"av", "numpy", "soxr", "_miniaudio", "rich", "click"}
MODULES = sorted(ROOT.rglob("*.py"))


def layer(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0]


def imports(path: Path) -> set[str]:
    """Everything that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports hide the layer"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    own = layer(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "redbook" or own == "__init__":
            continue
        other = parts[1] if parts[1] in RANK else "__init__"
        assert other == own or RANK[other] > RANK[own], f"{own} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_lower_half_needs_the_standard_library_only(path: Path) -> None:
    if layer(path) in STANDARD_LIBRARY_ONLY:
        assert not {name.split(".")[0] for name in imports(path)} & HEAVY


def test_every_module_has_a_layer() -> None:
    assert {layer(path) for path in MODULES} == set(RANK)


def test_the_architecture_page_has_the_layers_in_this_order() -> None:
    page = ROOT.parents[1] / "docs/architecture.md"
    table = page.read_text(encoding="utf-8").partition("| package | what it is |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [sorted(re.findall(r"`(\w+)(?:/|\.py)`", row)) for row in rows]
    assert named == [sorted(names) for names in LAYERS]


def test_the_generators_of_the_engine_know_no_clock_thread_or_file() -> None:
    for path in (ROOT / "engine").glob("*.py"):
        used = {module.split(".")[0] for module in imports(path)}
        assert not used & {
            "time",
            "threading",
            "os",
            "io",
            "socket",
            "pathlib",
            "tempfile",
            "queue",
            "mmap",
        }, path.name
