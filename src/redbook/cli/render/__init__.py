"""What the commands print: JSON lines, plain lines in a pipe, bars at a terminal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Protocol, Self, TextIO, cast

from redbook.cli.output import Output, standard_error, standard_output
from redbook.cli.verbosity import verbosity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from rich.console import Console

    from redbook.burning.copying import CopyReport
    from redbook.burning.job_reports import BurnReport, VerifyReport
    from redbook.burning.looking import DiscInfo
    from redbook.burning.planning import Plan
    from redbook.burning.rip_report import ReadReport
    from redbook.burning.sheet_files import SheetReport
    from redbook.cli import shapes
    from redbook.engine.events import Event
    from redbook.errors import RedbookError
    from redbook.recorders.discs import DiscEntry
    from redbook.recorders.doctor import Diagnosis
    from redbook.recorders.real_drives import DriveEntry
    from redbook.recorders.watching import DriveEvent


class Renderer(Protocol):
    """Shows what happens, and the result."""

    @property
    def unheard(self) -> bool:
        """Whether standard output is gone; a command that only prints something may then end."""
        ...

    def event(self, happened: Event) -> None: ...
    def note(self, text: str) -> None: ...
    def plan(self, made: Plan, drive: str, speed: float | None = None, *, ahead: bool = False) -> None:
        """speed: as for `burn`; ahead: it is not a result, because a burn of it follows"""
        ...

    def expect(self, *, closes: bool, reads_back: bool, read_speed: float | None) -> None:
        """A burn begins; what follows the writing, so that one time left can be shown for all of it."""
        ...

    def burned(self, report: BurnReport, drive: str) -> None: ...
    def verified(self, report: VerifyReport, drive: str) -> None: ...
    def info(self, found: DiscInfo, drive: str, sums: shapes.Checksums) -> None: ...
    def drives(self, entries: list[DriveEntry], *, watching: bool = False) -> None:
        """watching: what comes and goes is shown next"""
        ...

    def drive_event(self, happened: DriveEvent) -> None: ...
    def doctor(self, page: Diagnosis) -> None: ...
    def discs(self, entries: list[DiscEntry], here: list[DiscEntry], folder: Path) -> None: ...
    def done(self, drive: str, text: str) -> None: ...
    def result(self, shape: dict[str, Any], lines: Sequence[str], conclusion: str = "") -> None:
        """A result: as JSON this shape, otherwise these lines, and the outcome."""
        ...

    def sheet_written(self, report: SheetReport) -> None: ...
    def was_read(self, report: ReadReport) -> None: ...
    def copied(self, report: CopyReport, drive: str, *, kept: bool) -> None:
        """kept: whether what was read is still in its folder"""
        ...

    def failed(self, error: RedbookError, exit_code: int) -> None: ...

    def rest(self) -> None:
        """Take away what moves, before someone is asked something."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_renderer(command: str, as_json: bool) -> Renderer:
    out = standard_output()
    if as_json:
        from redbook.cli.render.json_lines import JsonRenderer

        return JsonRenderer(out, verbosity())
    # Programs that read JSON do not wait for rich, which takes a sixth of the start.
    from redbook.cli.render.page import Page
    from redbook.cli.render.plain import TextRenderer

    results, aside = _console(out), _console(standard_error())
    page = Page(results, aside, verbosity())
    if aside.is_terminal and not aside.is_dumb_terminal:
        from redbook.cli.render.terminal import TerminalRenderer

        return TerminalRenderer(page)
    return TextRenderer(page)


def _console(out: Output) -> Console:
    from rich.console import Console

    from redbook.cli.render.page import PIPE_WIDTH

    file = cast(TextIO, out)  # it has all that rich uses
    console = Console(file=file, highlight=False, emoji=False)
    if console.is_terminal and not console.is_dumb_terminal:
        return console
    width = shutil.get_terminal_size().columns if out.isatty() else PIPE_WIDTH
    return Console(file=file, highlight=False, emoji=False, width=width, no_color=True)
