"""Systems whose device nodes lead to virtual recorders."""

from __future__ import annotations

import os
from pathlib import Path

from redbook.drive import Drive
from redbook.recorders.real_drives import DriveEntry, Recorders
from redbook.transport.base import Transport
from tests.support.system import FakeSystem


class Bench:
    """A system whose nodes lead to virtual recorders; `opened` has every path that was opened."""

    def __init__(self, root: Path) -> None:
        self.fake = FakeSystem(root)
        self.behind: dict[str, Transport] = {}
        self.fails: dict[str, Exception] = {}
        self.opened: list[str] = []
        self.recorders = Recorders(self.fake.system, self.open)

    def open(self, path: str) -> Drive:
        node = "/" + os.path.relpath(path, self.fake.root)
        self.opened.append(node)
        if node in self.fails:
            raise self.fails[node]
        return Drive(Kept(self.behind[node]), node)

    def entry(self) -> DriveEntry:
        (entry,) = self.recorders.entries()
        return entry


class Kept:
    """A transport that stays open: a device is there after it was closed, too."""

    def __init__(self, transport: Transport) -> None:
        self.execute = transport.execute
        self.announce = transport.announce

    def close(self) -> None:
        pass
