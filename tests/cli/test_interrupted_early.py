"""Ctrl-C while a command's modules are imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

INTERRUPTED = """
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from redbook import cli

class Interrupt:
    def __set_name__(self, owner, name):
        raise KeyboardInterrupt

class App(MetaPathFinder, Loader):
    def find_spec(self, name, path, target=None):
        return ModuleSpec(name, self) if name == "redbook.cli.app" else None

    def exec_module(self, module):
        HOW

sys.meta_path.insert(0, App())
sys.argv = ["redbook", "drives"]
cli.main()
"""


def ended(how: str) -> tuple[int, str]:
    """The exit code and the words of a command whose import does this."""
    program = INTERRUPTED.replace("HOW", how)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "how",
    [
        "raise KeyboardInterrupt",
        "type('Made', (), {'name': Interrupt()})",  # a RuntimeError, until Python 3.11
        "raise RuntimeError('Error calling __set_name__') from KeyboardInterrupt()",
    ],
)
def test_it_ends_with_the_usual_words(how: str) -> None:
    assert ended(how) == (130, "redbook: cancelled; nothing was written\n")


def test_another_error_is_not_taken_for_it() -> None:
    code, words = ended("raise RuntimeError('broken') from ValueError()")
    assert code == 1
    assert "RuntimeError: broken" in words
