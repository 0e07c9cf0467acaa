"""A group whose commands are imported when they are called: `redbook --help` needs none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group of commands that are defined elsewhere.

    places     by name: "module:command", and the first sentence of its help for the list
    on_import  receives each command when it has been imported
    """

    def __init__(
        self,
        *args: Any,
        places: Mapping[str, tuple[str, str]],
        on_import: Callable[[click.Command], None] = lambda command: None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._places = places
        self._on_import = on_import

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._places:
            return None
        if cmd_name not in self.commands:
            module, _, name = self._places[cmd_name][0].partition(":")
            command = getattr(import_module(module), name)
            self._on_import(command)
            self.add_command(command, cmd_name)
        return self.commands[cmd_name]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does it, but from the sentences here."""
        limit = formatter.width - 6 - max(map(len, self._places))
        rows = []
        for name in self.list_commands(ctx):
            named = click.Command(name, help=self._places[name][1])
            rows.append((name, named.get_short_help_str(limit)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)
