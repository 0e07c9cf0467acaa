"""What a shell may offer for an argument.  Nothing is sent to a drive for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from redbook.recorders.prefixes import VIRTUAL

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SPEEDS = ("auto", "max", "4", "8", "10", "12", "16", "24", "32", "40", "48", "52")


def _item(value: str, kind: str = "plain") -> CompletionItem:
    """kind: as click has it; for "file" and "dir" the shell itself completes"""
    from click.shell_completion import CompletionItem

    return CompletionItem(value, type=kind)


def _starting(names: list[str], incomplete: str) -> list[CompletionItem]:
    return [_item(name) for name in names if name.startswith(incomplete)]


def drive_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Nodes of drives, then a virtual recorder for each disc in the folder that is being typed."""
    nodes = [str(node) for node in sorted(Path("/dev").glob("sr[0-9]*"))]
    names = nodes + [f"{VIRTUAL}{path}" for path in _discs(incomplete.removeprefix(VIRTUAL))]
    return _starting([*names, *([VIRTUAL] if not incomplete else [])], incomplete)


def disc_paths(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Virtual discs, and the folders in which there may be more."""
    return _starting(_discs(incomplete), incomplete) or [_item(incomplete, "dir")]


def _discs(incomplete: str) -> list[str]:
    before, slash, _ = incomplete.rpartition(os.sep)
    folder = before + slash
    try:
        names = sorted(entry.name for entry in os.scandir(folder or "."))
    except OSError:
        return []
    return [f"{folder}{name}" for name in names if os.path.lexists(f"{folder}{name}/disc.json")]


def model_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from redbook.virtual.model import model_names as known

    return _starting(known(), incomplete) or [_item(incomplete, "file")]


def speeds(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return _starting(list(SPEEDS), incomplete)


def program_and_arguments(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """A program of this machine first, then files."""
    if context.params.get(parameter.name or "") or os.sep in incomplete:
        return [_item(incomplete, "file")]
    found = set()
    for folder in os.get_exec_path():
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        found |= {
            entry.name
            for entry in entries
            if entry.name.startswith(incomplete) and os.access(entry.path, os.X_OK)
        }
    return _starting(sorted(found), incomplete)
