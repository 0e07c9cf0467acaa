"""A systemd-inhibit that keeps a diary."""

from __future__ import annotations

import os
from pathlib import Path

from redbook.system import inhibit

DIARY = """#!/bin/sh
echo "begin $*" >> '{diary}'
for word; do shift; case "$word" in --why=*) break;; esac; done
"$@"
echo end >> '{diary}'
echo over > '{fifo}'
"""


class Tool:
    """A systemd-inhibit in the PATH; `ended` waits until one has ended."""

    def __init__(self, folder: Path, script: str = DIARY) -> None:
        self.diary = folder / "a diary"
        self.fifo = folder / "fifo"
        os.mkfifo(self.fifo)
        # Held open for both, so that neither side of it ever waits for the other to come.
        self._end = os.open(self.fifo, os.O_RDWR)
        tool = folder / "bin" / inhibit.TOOL
        tool.parent.mkdir()
        tool.write_text(script.format(diary=self.diary, fifo=self.fifo))
        tool.chmod(0o755)
        self.path = f"{tool.parent}:{os.environ['PATH']}"

    def lines(self) -> list[str]:
        return self.diary.read_text().splitlines() if self.diary.exists() else []

    def wait(self) -> None:
        assert os.read(self._end, 5) == b"over\n"

    def close(self) -> None:
        os.close(self._end)
