"""A picture at a terminal that is redrawn in place."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text


class Moving:
    """Appears with the first `show`, and disappears without a trace after `rest`."""

    def __init__(self, console: Console, frames_per_second: int) -> None:
        self._console = console
        self._frames_per_second = frames_per_second
        self._live: Live | None = None

    def show(self, picture: RenderableType) -> None:
        if self._live is None:
            self._live = Live(
                console=self._console,
                refresh_per_second=self._frames_per_second,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        self._live.update(picture)

    def rest(self) -> bool:
        """Whether there was a picture to remove."""
        if self._live is None:
            return False
        self._live.update(Text(""))
        self._live.stop()
        self._live = None
        return True
