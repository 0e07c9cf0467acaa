"""Defaults of options that a user keeps in a file.

`drive = "/dev/sr0"` at its top concerns every command that has such an option; a table, as `[burn]` or
`[disc.new]`, one command. Options are called there as on the command line, without the dashes.

Source of its place: XDG Base Directory Specification 0.8.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

CONFIG_VARIABLE = "REDBOOK_CONFIG"
"""Environment variable: another file; empty for none."""


def config_file() -> Path | None:
    """The file with the user's defaults; None where there cannot be one."""
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
    """What the user's file says, as click takes it.

    raises  click.UsageError  for a file that cannot be read, or an option that there is none of
    """
    path = config_file()
    if path is None or not (CONFIG_VARIABLE in os.environ or path.exists()):
        return {}
    import tomllib

    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise click.UsageError(f"{path}: {error}") from error
    common = {key: value for key, value in said.items() if not isinstance(value, dict)}
    used: set[str] = set()
    found = _of_group(root, common, said, used, str(path))
    unknown = sorted(common.keys() - used)
    if unknown:
        raise click.UsageError(f"{path}: no command has an option --{unknown[0]}")
    return found


def _of_group(
    group: click.Group, common: dict[str, Any], said: dict[str, Any], used: set[str], path: str
) -> dict[str, Any]:
    context = click.Context(group)
    commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
    for name, value in said.items():
        if isinstance(value, dict) and name not in commands:
            raise click.UsageError(f"{path}: there is no command {name}")
    found: dict[str, Any] = {}
    for name, command in commands.items():
        assert command is not None  # it is listed
        own = said.get(name, {})
        if isinstance(command, click.Group):
            found[name] = _of_group(command, common, own, used, path)
            continue
        options = _options(command)
        if own.keys() - options.keys():
            unknown = min(own.keys() - options.keys())
            raise click.UsageError(f"{path}: `redbook {name}` has no option --{unknown}")
        used |= common.keys() & options.keys()
        found[name] = {options[key]: value for key, value in (common | own).items() if key in options}
    return found


def _options(command: click.Command) -> dict[str, str]:
    """As they are written on the command line, to the names that the command has for them."""
    return {
        written.removeprefix("--"): parameter.name
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.name
        for written in parameter.opts
        if written.startswith("--")
    }
