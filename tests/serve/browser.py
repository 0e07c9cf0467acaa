"""`redbook serve` as its own process, and the system's Chromium before it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from redbook.virtual.rack import Rack

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
START_SECONDS = 60


class Serving:
    """A server that can be ended and started again at the same place, with a rack of drives beside it."""

    def __init__(self, folder: Path, *, drives: int = 2, blanks: int = 12, pace: float | None = None) -> None:
        self.folder = folder
        self.rack = Rack.new(folder / "my.rack", drives=drives, blanks=blanks, pace=pace)
        self.port = 0
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        environment = {**os.environ, "REDBOOK_COPIES": str(self.folder / "copies")}
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "redbook", "serve", "--drives", "my.rack"),
                *("--listen", f"127.0.0.1:{self.port}"),
            ],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        dead = threading.Timer(START_SECONDS, self._process.kill)
        dead.start()
        self.url = self._process.stdout.readline().strip()
        dead.cancel()
        assert self.url, "the server did not start"
        self.port = int(self.url.partition("//")[2].partition("/")[0].rpartition(":")[2])

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(120)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def put_a_blank(self, drive: str, *faults: str) -> None:
        disc = self.rack.take_blank(faults)
        assert disc is not None
        self.rack.drive(drive).put_in(disc)
        self.rack.drive(drive).push_in()

    def close(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self.end(signal.SIGTERM)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser of the system's, from playwright."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    assert path is not None
    with sync_playwright() as playwright:
        # Chromium's own sandbox refuses root, which is who tests run as in containers.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
