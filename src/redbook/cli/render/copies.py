"""How copies are shown while they are made: what a person must do now, a line for each drive, the order.

    Take the disc out of sr1: copy 7 is good
    sr0  writing copy 8    ━━━━━━━━━━━━╸━━━━━━━━  16.0x  2:10 left
    sr1  is waiting for a blank
    order 3: 6 of 20 good, 1 spoiled, 14 to go; about 38 min

`Board` knows all of that, but no terminal. At a terminal its lines stay where they are and change; in a pipe
each thing that happened is a line; as JSON each event is one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import field
from typing import Protocol

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from redbook.cli.render import Renderer
from redbook.cli.render.moving import Moving
from redbook.cli.render.page import Page
from redbook.cli.render.plain import TextRenderer
from redbook.cli.render.terminal import TerminalRenderer
from redbook.cli.render.words import clock, shown
from redbook.engine.events import Event, Notice
from redbook.production.events import (
    CopyClaimed,
    CopyEvent,
    CopyProgress,
    CopyState,
    DriveRests,
    NeedBlank,
    OrderNow,
    TakeDisc,
    as_json,
)
from redbook.records import dataclass

FRAMES_PER_SECOND = 4
NARROW = 72
"""Below this many columns, speed and bar make room for the words."""

_DOING = {
    "claimed": "preparing",
    "reading": "preparing",
    "preparing": "preparing",
    "lead-in": "writing",
    "writing": "writing",
    "ending-track": "writing",
    "closing": "closing",
    "verifying": "reading back",
    "examining": "looking at the disc of",
}


@dataclass(slots=True)
class Row:
    """A drive.  fraction: of what it does now; None if there is nothing to count"""

    name: str
    text: str = "is waiting for a blank"
    fraction: float | None = None
    speed: float | None = None
    seconds_left: float | None = None

    @property
    def tail(self) -> str:
        parts = [f"{self.speed:.1f}x" if self.speed and self.speed >= 0.05 else ""]
        parts.append(f"{clock(self.seconds_left)} left" if self.seconds_left is not None else "")
        return "  ".join(part for part in parts if part)


@dataclass(slots=True)
class Board:
    """What is to be seen.  now: seconds, of any clock"""

    now: Callable[[], float] = time.monotonic
    rows: dict[str, Row] = field(default_factory=dict)
    todo: dict[str, str] = field(default_factory=dict)
    order: OrderNow | None = None
    stopping: str = ""
    _began: float | None = None
    _made_before: int = 0

    def hear(self, event: CopyEvent) -> str:
        """Process an event; returns its log line, empty if it is not worth one."""
        match event:
            case CopyClaimed():
                self.todo.pop(event.drive, None)
                self._row(event.drive).text = f"preparing copy {event.number}"
                return f"{short(event.drive)}: copy {event.number} was started"
            case CopyProgress():
                return self._progress(event)
            case CopyState():
                return self._state(event)
            case NeedBlank():
                return self._need(event)
            case TakeDisc():
                self._settle(event.drive, "its disc is done" if event.good else "holds a spoiled disc")
                text = event.text.replace(event.drive, short(event.drive))
                self.todo[event.drive] = text
                return text
            case DriveRests():
                self._settle(event.drive, "rests")
                why = event.why.partition("\n")[0]
                self.todo[event.drive] = (
                    f"{short(event.drive)} is no longer used: {why}. Look at it; `redbook copies resume` "
                    "uses it again"
                )
                return self.todo[event.drive]
            case OrderNow():
                return self._order(event)
            case Notice():
                return event.text

    def _row(self, drive: str) -> Row:
        return self.rows.setdefault(drive, Row(short(drive)))

    def _settle(self, drive: str, text: str) -> None:
        row = self._row(drive)
        row.text, row.fraction, row.speed, row.seconds_left = text, None, None, None

    def _progress(self, event: CopyProgress) -> str:
        row = self._row(event.drive)
        row.text = f"{_DOING.get(event.phase, event.phase)} copy {event.number}"
        counted = event.phase in ("writing", "verifying") and event.sectors > 0
        row.fraction = event.sectors_done / event.sectors if counted else None
        row.speed = event.speed if counted else None
        row.seconds_left = event.seconds_left if counted else None
        return ""

    def _state(self, event: CopyState) -> str:
        doing = _DOING.get(event.state)
        if doing is not None:
            self._settle(event.drive, f"{doing} copy {event.number}")
            return f"{short(event.drive)}: {doing} copy {event.number}"
        self._settle(event.drive, f"copy {event.number}: {event.state}")
        if event.state == "unknown":
            self.todo[f"attempt {event.attempt}"] = (
                f"What became of the disc of copy {event.number} from {short(event.drive)}? Answer with: "
                f"redbook copies resolve {event.attempt} good|spoiled"
            )
        first = event.why.partition("\n")[0]
        why = f" ({first})" if first and event.state not in ("good", "checked") else ""
        return f"{short(event.drive)}: copy {event.number} is {event.state}{why}"

    def _need(self, event: NeedBlank) -> str:
        self._settle(event.drive, "is waiting for a blank")
        why = f" ({event.why})" if event.why else ""
        if self.order is not None and not self.order.free:
            self.todo.pop(event.drive, None)
            return ""
        self.todo[event.drive] = f"Put a blank disc into {short(event.drive)}{why}"
        return self.todo[event.drive]

    def _order(self, event: OrderNow) -> str:
        made = event.good + event.checked
        if self._began is None:
            self._began, self._made_before = self.now(), made
        self.order = event
        if not event.free:
            for drive, text in list(self.todo.items()):
                if text.startswith("Put a blank"):
                    del self.todo[drive]
        return self.summary()

    def summary(self) -> str:
        """ "order 3: 14 of 20 good, 1 spoiled, 5 to go; about 9 min"."""
        order = self.order
        if order is None:
            return ""
        parts = [f"{order.good} of {order.wanted} good"]
        if order.checked:
            parts = [f"{order.good + order.checked} of {order.wanted} made ({order.checked} checked quickly)"]
        parts += [
            f"{count} {word}"
            for count, word in (
                (order.spoiled, "spoiled"),
                (order.lost, "lost"),
                (order.unknown, "unknown"),
            )
            if count
        ]
        to_go = order.wanted - order.good - order.checked
        if to_go:
            parts.append(f"{to_go} to go")
        left = self.minutes_left(to_go)
        text = f"order {order.order}: {', '.join(parts)}"
        if order.state == "paused":
            return f"{text}; paused{f': {order.why}' if order.why else ''}"
        return f"{text}; about {left} min" if left else text

    def minutes_left(self, to_go: int) -> int:
        """Estimated from the copies made so far; 0 while that is unknown."""
        order = self.order
        if order is None or self._began is None or not to_go:
            return 0
        made = order.good + order.checked - self._made_before
        if made < 1:
            return 0
        seconds = (self.now() - self._began) / made * to_go
        return max(1, round(seconds / 60))


def short(drive: str) -> str:
    """As people call a drive: sr0, d1."""
    return shown(drive.rstrip("/").rpartition("/")[2])


class CopiesView(Protocol):
    """Shows what happens; may be called from any thread."""

    def hear(self, event: CopyEvent | Event) -> None: ...
    def stopping(self, text: str) -> None: ...
    def close(self) -> None: ...


def copies_view(out: Renderer, *, bell: bool = False) -> CopiesView:
    """As this renderer shows things.  bell: ring the terminal bell when a person must do something"""
    if isinstance(out, TerminalRenderer):
        return _Live(out, out.page, bell)
    if isinstance(out, TextRenderer):
        return _Lines(out, out.page, bell)
    return _Json(out)


class _Json:
    def __init__(self, out: Renderer) -> None:
        self._out = out
        self._one_at_a_time = threading.Lock()

    def hear(self, event: CopyEvent | Event) -> None:
        with self._one_at_a_time:
            if isinstance(event, Event):
                self._out.event(event)
            else:
                self._out.result(as_json(event), ())

    def stopping(self, text: str) -> None:
        with self._one_at_a_time:
            self._out.note(text)

    def close(self) -> None:
        pass


class _Lines:
    """A line for each thing that happened."""

    def __init__(self, out: Renderer, page: Page, bell: bool) -> None:
        self._out, self.page, self._bell = out, page, bell
        self.board = Board()
        self._one_at_a_time = threading.RLock()
        self._last = ""

    def hear(self, event: CopyEvent | Event) -> None:
        with self._one_at_a_time:
            if isinstance(event, Event) and not isinstance(event, Notice):
                self._out.event(event)
                return
            line = self.board.hear(event)
            if isinstance(event, TakeDisc | NeedBlank | DriveRests) and line and self._bell:
                self.page.aside_console.bell()
            if line and line != self._last:
                self._last = line
                self._say(line, event)
            self.show()

    def _say(self, line: str, event: object) -> None:
        if isinstance(event, Notice):
            self.page.note(line)
        else:
            self.page.aside(line, "bold" if isinstance(event, TakeDisc | NeedBlank) else "")

    def show(self) -> None:
        pass

    def stopping(self, text: str) -> None:
        with self._one_at_a_time:
            self.page.aside(text, "bold")

    def close(self) -> None:
        pass


class _Live(_Lines):
    """Lines that stay where they are."""

    def __init__(self, out: Renderer, page: Page, bell: bool) -> None:
        super().__init__(out, page, bell)
        self._moving = Moving(page.aside_console, FRAMES_PER_SECOND)

    def _say(self, line: str, event: object) -> None:
        """What the picture does not show, or not for long, is printed above it."""
        if isinstance(event, Notice) or (isinstance(event, CopyState) and event.state not in _DOING):
            self._out.rest()
            super()._say(line, event)

    def show(self) -> None:
        if self.page.quiet:
            return
        self._out.rest()  # the bars of the sources that were read before
        self._moving.show(picture(self.board, self.page.aside_console.width))

    def stopping(self, text: str) -> None:
        with self._one_at_a_time:
            self.board.stopping = text
            self.show()

    def close(self) -> None:
        with self._one_at_a_time:
            if self._moving.rest():
                for text in self.board.todo.values():  # it is still to be done
                    self.page.aside(text, "bold")


def picture(board: Board, width: int) -> Group:
    """First what a person must do, then the drives, then the order."""
    parts: list[Text | Table] = [Text(shown(text), style="bold yellow") for text in board.todo.values()]
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=None if width >= NARROW else 1)
    if width >= NARROW:
        grid.add_column(ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    for _, row in sorted(board.rows.items()):
        bar = (
            ProgressBar(total=1.0, completed=row.fraction, style="dim", complete_style="green")
            if row.fraction is not None
            else Text("")
        )
        percent = f"{row.fraction:.0%}" if row.fraction is not None else ""
        cells = [Text(row.name, style="bold"), Text(row.text)]
        if width >= NARROW:
            grid.add_row(*cells, bar, row.tail)
        else:
            left = clock(row.seconds_left) if row.seconds_left is not None else ""
            grid.add_row(*cells, " ".join(part for part in (percent, left) if part))
    if board.rows:
        parts.append(grid)
    if board.order is not None:
        parts.append(Text(board.summary()))
    if board.stopping:
        parts.append(Text(board.stopping, style="bold"))
    return Group(*parts)
