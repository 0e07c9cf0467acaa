"""`redbook --help` comes from a file, because click takes longer to import than all else together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from docs.tools.kept_help import text

from redbook.cli.kept_help import FILE

COMMAND = [sys.executable, "-m", "redbook"]


def said(*arguments: str, columns: str = "") -> str:
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    environment |= {"COLUMNS": columns} if columns else {}
    done = subprocess.run(
        [*COMMAND, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    assert not done.stderr
    return done.stdout.decode()


def test_the_file_has_what_click_says() -> None:
    kept = Path(FILE).read_text(encoding="utf-8")
    assert kept == text(), "it is old: run `python -m docs.tools.kept_help`"


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_it_is_what_is_shown(option: str) -> None:
    assert said(option) == text()
    assert said(option, columns="200") == text()


def test_a_narrow_terminal_has_narrow_lines() -> None:
    assert said("--help", columns="60") == text(60) != text()


def test_it_needs_neither_click_nor_typing() -> None:
    program = (
        "import sys\nsys.argv = ['redbook', '--help']\nfrom redbook.cli import main\n"
        "try:\n    main()\nexcept SystemExit as left:\n    assert left.code == 0\n"
        "print({'click', 'typing', 'enum', 're'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(FILE).parents[2])},
    )
    assert done.stderr == "set()\n"


def test_where_nobody_listens_it_ends_well() -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" --help >/dev/full', "sh", *COMMAND], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
