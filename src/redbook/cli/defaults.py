"""Defaults for options, which a user keeps in a file.

`drive = "/dev/sr0"` at its top applies to every command that has such an option; a table, such as `[burn]`
or `[disc.new]`, to one command. Options are called there as on the command line, without the dashes.

Source of its location: XDG Base Directory Specification 0.8.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

CONFIG_VARIABLE = "REDBOOK_CONFIG"
"""Environment variable: another file; empty for none."""


def config_file() -> Path | None:
    """The file with the user's defaults; None if there cannot be one."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named is not None:
        return Path(named) if named else None
    base = os.environ.get("XDG_CONFIG_HOME", "")
    try:
        folder = Path(base) if Path(base).is_absolute() else Path.home() / ".config"
    except RuntimeError:
        return None
    return folder / "redbook" / "config.toml"


def default_map(root: click.Group) -> dict[str, Any]:
    """What the user's file says, as click expects it.

    raises  click.UsageError  for a file that cannot be read, or an option that does not exist
    """
    path = config_file()
    if path is None or not (CONFIG_VARIABLE in os.environ or path.exists()):
        return {}
    import tomllib

    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise click.UsageError(f"{path}: {error}") from error
    for key, value in settings.items():
        if not isinstance(value, dict):
            _check_is_known(root, key, path)
    return _Defaults(
        root, {key: v for key, v in settings.items() if not isinstance(v, dict)}, settings, str(path)
    )


class _Defaults(dict[str, Any]):
    """What click asks for the defaults of a command once that command is called.

    So nothing is imported for commands that are not called.
    """

    def __init__(
        self, group: click.Group, common: dict[str, Any], settings: dict[str, Any], path: str
    ) -> None:
        super().__init__()
        self._group = group
        self._common = common
        self._said = settings
        self._path = path
        names = group.list_commands(click.Context(group))
        for name, value in settings.items():
            if isinstance(value, dict) and name not in names:
                raise click.UsageError(f"{path}: there is no command {name}")

    def get(self, name: str, default: Any = None) -> Any:
        command = self._group.get_command(click.Context(self._group), name)
        if command is None:
            return default
        own = self._said.get(name, {})
        if isinstance(command, click.Group):
            return _Defaults(command, self._common, own, self._path)
        options = _options(command)
        if own.keys() - options.keys():
            unknown = min(own.keys() - options.keys())
            raise click.UsageError(f"{self._path}: `redbook {name}` has no option --{unknown}")
        return {options[key]: value for key, value in (self._common | own).items() if key in options}


def _check_is_known(root: click.Group, key: str, path: Path) -> None:
    """raises  click.UsageError  if no command has such an option"""
    if not any(key in _options(command) for command in _all_commands(root)):
        raise click.UsageError(f"{path}: no command has an option --{key}")


def _all_commands(group: click.Group) -> Iterator[click.Command]:
    """One after the other, beginning with those that have most options: nearly every name is found in the
    first.
    """
    context = click.Context(group)
    for name in sorted(group.list_commands(context), key=lambda name: name != "burn"):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _all_commands(command)
        elif command is not None:
            yield command


def _options(command: click.Command) -> dict[str, str]:
    """As they are written on the command line, to the names that the command has for them."""
    return {
        written.removeprefix("--"): parameter.name
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.name
        for written in parameter.opts
        if written.startswith("--")
    }
