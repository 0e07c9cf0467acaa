"""Where plain lines go: results to one console, everything else to another."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rich.text import Text

from redbook.cli.output import Output
from redbook.cli.render.words import lines, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.table import Table

PIPE_WIDTH = 120


class Page:
    """What plain lines are printed on.

    results    where a command's result is shown
    aside      where everything else is: progress, notes, what is about to be burned
    verbosity  -1: only results and errors; 1 and more: details, and times with frames
    """

    def __init__(self, results: Console, aside: Console, verbosity: int = 0) -> None:
        self.results = results
        self.aside_console = aside
        self.quiet = verbosity < 0
        self.detailed = verbosity > 0

    @property
    def unheard(self) -> bool:
        return isinstance(self.results.file, Output) and self.results.file.lost

    @staticmethod
    def new_table() -> Table:
        """For `table`, without borders."""
        from rich.table import Table  # 10 ms, and most of what is said needs none

        return Table(box=None, pad_edge=False, padding=(0, 1))

    def table(self, table: Table) -> None:
        """A table without the spaces that would fill its lines up to the width."""
        with self.results.capture() as capture:
            self.results.print(table)
        rows = (line.rstrip() for line in capture.get().splitlines())
        self.results.out("\n".join(rows), highlight=False)

    def say(self, text: str, style: str = "") -> None:
        self.results.print(Text(lines(text), style=style))

    def aside(self, text: str, style: str = "", *, always: bool = False) -> None:
        """always: it answers what a person has just done, so even -q shows it"""
        if always or not self.quiet:
            self.aside_console.print(Text(lines(text), style=style))

    @contextlib.contextmanager
    def all_aside(self) -> Iterator[None]:
        """What is printed in here is not a result."""
        results, self.results = self.results, self.aside_console
        try:
            yield
        finally:
            self.results = results

    def remark(self, text: str) -> None:
        """A note that is part of the result."""
        self.results.print(Text.assemble(("Note: ", "bold"), lines(text)))

    def conclude(self, text: str, style: str) -> None:
        """The command's result; remembered, in case nobody reads it."""
        if isinstance(self.results.file, Output):
            self.results.file.result = lines(text)
        self.say(text, style)

    def line(self, text: str) -> None:
        """One line of a list, however long its names are."""
        self.results.print(shown(text), markup=False, soft_wrap=True)

    def note(self, text: str) -> None:
        if not self.quiet:
            self.aside_console.print(Text.assemble(("Note: ", "bold"), lines(text)))
