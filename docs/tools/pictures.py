"""The pictures of terminals in docs/pictures, taken of real burns.

    python -m docs.tools.pictures

A terminal of each width (tmux) runs `redbook burn` with a virtual recorder that takes its time. What is on
its screen while the disc is written becomes a picture, in the colours of a dark terminal and of a light one.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME
from rich.text import Text

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs/pictures"
WIDTHS = (120, 80, 60, 40)
THEMES = {"dark": SVG_EXPORT_THEME, "light": DEFAULT_TERMINAL_THEME}
MOST_SECONDS = 120
COMMAND = "redbook burn examples/audio --drive virtual:my.disc --pace 4x"

# As rich's own, without fonts from elsewhere and without a window around it.
FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {terminal_width} {terminal_height}" role="img">
<style>.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; \
font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" \
height="{terminal_height}"/></clipPath>{lines}</defs>
<rect width="100%" height="100%" rx="6" fill="{background}"/>
<g transform="translate(6, 6)" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


class Terminal:
    """A tmux server of our own with one window, in which `command` runs."""

    def __init__(self, columns: int, rows: int, command: str, folder: Path) -> None:
        self._socket = str(folder / "tmux")
        told = f"printf '$ %s\\n' {shlex.quote(command)}"
        shell = f"cd {shlex.quote(str(folder))}; {told}; {command}; sleep {MOST_SECONDS}"
        size = ["-x", str(columns), "-y", str(rows)]
        self._tmux("-f", os.devnull, "new-session", "-d", *size, "sh", "-c", shell)

    def screen(self) -> str:
        """What is to be seen, with its colours as escape sequences."""
        return self._tmux("capture-pane", "-e", "-p")

    def close(self) -> None:
        self._tmux("kill-server")

    def _tmux(self, *words: str) -> str:
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {"PATH": programs, "LANG": "C.UTF-8", "TERM": "xterm-256color", "SHELL": "/bin/sh"}
        own |= {"HOME": str(Path(self._socket).parent)}
        done = subprocess.run(["tmux", "-S", self._socket, *words], env=own, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"tmux {words}: {done.stderr}")
        return done.stdout


def while_it_writes(columns: int) -> str:
    """The screen in the middle of a burn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "examples").symlink_to(ROOT / "examples")
        terminal = Terminal(columns, 120, COMMAND, folder)
        try:
            began = time.monotonic()
            while time.monotonic() - began < MOST_SECONDS:
                screen = terminal.screen()
                plain = Text.from_ansi(screen).plain
                if "Writing track 3" in plain and "left" in plain.partition("Writing track 3")[2]:
                    return screen.rstrip()
                time.sleep(0.1)
            raise RuntimeError(f"no burn was seen in {MOST_SECONDS} s:\n{plain}")
        finally:
            terminal.close()


def drawn(screen: str, columns: int, theme: str) -> str:
    """A screen as SVG."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(
            record=True, width=columns, file=nowhere, force_terminal=True, color_system="truecolor"
        )
        console.print(Text.from_ansi(screen), "", soft_wrap=False, sep="\n")  # room below the last line
    colours = THEMES[theme]
    background = colours.background_color.hex
    frame = FRAME.replace("{background}", background)
    svg = console.export_svg(theme=colours, code_format=frame, unique_id=f"burn-{columns}-{theme}")
    return _VIEW.sub(_wider, _LEADING_SPACES.sub(_moved, svg))


_LEADING_SPACES = re.compile(r'x="([\d.]+)"( y="[\d.]+") textLength="([\d.]+)"([^>]*)>((?:&#160;)+)(?=[^&<])')
_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_CELL = 12.2
"""Of rich's pictures: the width of one character."""


def _moved(text: re.Match[str]) -> str:
    """A text that begins with spaces, without them and further right: not every viewer keeps them."""
    shift = text[5].count(";") * _CELL
    x, length = (float(text[number]) for number in (1, 3))
    return f'x="{x + shift:g}"{text[2]} textLength="{length - shift:g}"{text[4]}>'


def _wider(view: re.Match[str]) -> str:
    """With room on the right and below as there is on the left and above."""
    return f'viewBox="0 0 {float(view[1]) + 12:g} {float(view[2]) + 12:g}"'


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    for columns in WIDTHS:
        screen = while_it_writes(columns)
        for theme in THEMES:
            (PICTURES / f"burn-{columns}-{theme}.svg").write_text(drawn(screen, columns, theme))


if __name__ == "__main__":
    main()
