"""Bars that move at a terminal while the drive works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from redbook.cli.render.moving import Moving
from redbook.cli.render.plain import TextRenderer
from redbook.cli.render.words import PHASES, clock, shown, waited_for
from redbook.disc import SECTORS_PER_SECOND
from redbook.engine.events import (
    Event,
    Phase,
    PhaseStarted,
    Progress,
    SourceRead,
    TrackStarted,
    Waiting,
    Working,
)

if TYPE_CHECKING:
    from redbook.cli.render.page import Page

FRAMES_PER_SECOND = 8


def _bar(total: float, completed: float, style: str = "green") -> ProgressBar:
    """Its unfilled part is the fainter one, on a dark terminal and on a light one."""
    return ProgressBar(
        total=total, completed=completed, style="dim", complete_style=style, finished_style=style
    )


class TerminalRenderer(TextRenderer):
    """The same, with bars that move while the drive works."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self._moving = Moving(page.aside_console, FRAMES_PER_SECOND)
        self._phase = ""
        self._last: Progress | None = None
        self._fraction: float | None = None
        self._waiting: Waiting | None = None

    def event(self, happened: Event) -> None:
        if self.time_left is not None:
            self.time_left.hear(happened)
        if not isinstance(happened, Working):  # which goes on beside a wait
            self._waiting = None
        match happened:
            case PhaseStarted(phase, track):
                self._phase = PHASES[phase]
                if phase is Phase.WRITING:
                    self._phase = self._writing(track)
                if phase not in (Phase.WRITING, Phase.ENDING_TRACK):
                    self._last = None
                self._fraction = None
            case TrackStarted(number):
                self._phase = self._writing(number)
            case SourceRead(number, total, source):
                self._fraction = number / total
                self._phase = f"{PHASES[Phase.READING]}: {number} of {total}, {source}"
            case Working(phase, fraction):
                self._phase, self._fraction = PHASES[phase], fraction
            case Progress() as progress:
                self._last = progress
            case Waiting() as waiting:
                self._waiting = waiting
            case _:
                super().event(happened)
                return
        self._show()

    def rest(self) -> None:
        self._waiting = None
        self._moving.rest()

    def _show(self) -> None:
        if self.page.quiet:
            return
        self._moving.show(self._picture())

    def _writing(self, track: int) -> str:
        return f"Writing track {track} {self.names.get(track, '')}".rstrip()

    def _beside_disc(self, last: Progress) -> str:
        """Time left is here if it is that of the whole job, because nothing follows."""
        speed, left = self.pace(last)
        return speed if self.time_left is not None else f"{speed} {left}".strip()

    def _picture(self) -> Group:
        head = Text(shown(self._phase), style="bold", no_wrap=True, overflow="ellipsis")
        wait = Text(waited_for(self._waiting) if self._waiting is not None else "", style="dim")
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_column(justify="right", no_wrap=True)
        last = self._last
        if last is not None:
            seconds = [n / SECTORS_PER_SECOND for n in (last.track_sectors_done, last.track_sectors)]
            if last.track:
                grid.add_row(
                    "track",
                    _bar(max(1, last.track_sectors), last.track_sectors_done),
                    f"{clock(seconds[0])} of {clock(seconds[1])}",
                )
            grid.add_row(
                "disc",
                _bar(max(1, last.sectors), last.sectors_done),
                self._beside_disc(last),
            )
            for name, filled, size in (
                ("host buffer", last.host_buffer_bytes, last.host_buffer_size),
                ("drive buffer", last.drive_buffer_bytes, last.drive_buffer_size),
            ):
                if size:
                    grid.add_row(name, _bar(size, filled, "cyan"), f"{filled * 100 // size} %")
        elif self._fraction is not None:
            grid.add_row("", _bar(1.0, self._fraction), f"{self._fraction:.0%}")
        left = self.time_left.seconds() if self.time_left is not None else None
        if self.time_left is not None and left is not None:
            grid.add_row("whole job", _bar(1.0, self.time_left.fraction() or 0.0), f"{clock(left)} left")
        return Group(*(part for part in (head, grid if grid.row_count else None, wait) if part))
