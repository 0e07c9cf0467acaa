"""Writes the list of modules in docs/architecture.md: `python -m tests.write_modules`.

What a module is for stands in the first line of its docstring, and nowhere else.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
PACKAGE = ROOT / "src" / "redbook"
BEGIN, END = "<!-- modules: begin -->", "<!-- modules: end -->"


def modules() -> list[Path]:
    """Every module, as a path below the package."""
    return sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def purpose(module: Path) -> str:
    """The first sentence of its docstring; empty where it has none."""
    text = ast.get_docstring(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def folders(found: list[Path]) -> list[Path]:
    return sorted({module.parent for module in found}, key=lambda folder: (folder != Path(), str(folder)))


def section() -> str:
    lines = [BEGIN, ""]
    found = modules()
    for folder in folders(found):
        own = [module for module in found if module.parent == folder]
        package = next((module for module in own if module.name == "__init__.py"), None)
        name = "redbook" if folder == Path() else f"{folder}/"
        lines += [f"### `{name}`", ""]
        if package is not None and purpose(package):
            lines += [purpose(package), ""]
        rows = [module for module in own if module.name != "__init__.py" and purpose(module)]
        if rows:
            lines += ["| module | what it is |", "| --- | --- |"]
            lines += [
                f"| `{module.name}` | {purpose(module).replace('|', chr(92) + '|')} |" for module in rows
            ]
            lines.append("")
    return "\n".join([*lines, END])


def written(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    return before + section() + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
