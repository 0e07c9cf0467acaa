"""A virtual recorder for one test, and a Linux machine that has it, for programs of any kind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from redbook.clock import Clock
from redbook.drive import Drive
from redbook.testing.burned import BurnedDisc
from redbook.virtual.faults import BadSpot, Fault, parse
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model
from redbook.virtual.recorder import VirtualRecorder

if TYPE_CHECKING:
    from redbook.share.host import Host


class TestRecorder:
    """A virtual recorder and its disc.

    recorder  the transport itself, for what is not here: `insert(medium)`, `press_eject()`, `unplug()`, ...
    """

    __test__ = False  # no test class, whatever its name says to pytest

    def __init__(self, recorder: VirtualRecorder) -> None:
        self.recorder = recorder

    def drive(self) -> Drive:
        """The recorder as redbook's functions take it."""
        return Drive(self.recorder, "virtual")

    @property
    def burned(self) -> BurnedDisc:
        """What is on the disc now.  raises  LookupError  if no disc is in the recorder"""
        if self.recorder.disc is None:
            raise LookupError("no disc is in the recorder")
        return BurnedDisc.of(self.recorder.disc)

    def add_faults(self, *faults: str | Fault | BadSpot) -> None:
        """What should go wrong from now on; a text is read by `redbook.virtual.faults.parse`.

        raises  ValueError  for a text that is no fault
        """
        for fault in [parse(given) if isinstance(given, str) else given for given in faults]:
            if isinstance(fault, BadSpot):
                self.recorder.bad_spots.append(fault)
            else:
                self.recorder.faults.append(fault)

    @property
    def faults_left(self) -> list[str]:
        """The faults that have not happened, in words."""
        return [f"{fault}: {fault.shortfall}" for fault in self.recorder.faults_left]


@contextmanager
def virtual_recorder(
    *,
    model: str | Model | None = None,
    medium: str | None = "cd-r",
    minutes: int = 80,
    disc: str | os.PathLike[str] | None = None,
    faults: Sequence[str | Fault | BadSpot] = (),
    speed: float | None = None,
    clock: Clock | None = None,
) -> Iterator[TestRecorder]:
    """A recorder with a blank disc in memory. At the end it is closed.

    model    "redbook" (exact), "typical", "usb-combo", ... or the path of a TOML file; None for the one that
             REDBOOK_MODEL names, else the exact one
    medium   "cd-r", "cd-rw", or None for an empty tray
    minutes  74, 80 or 90; of a CD-R also 99, which says that it has 80
    disc     a disc folder instead of a disc in memory; a new one is made where nothing is
    faults   what should go wrong: "3/0C/00@write:50" or `redbook.virtual.faults.Fault` values
    speed    multiple of 1x at which it writes by its clock; None for as fast as data come
    clock    whose time that is; a `redbook.clock.ManualClock` lets an hour pass in a moment

    raises  ValueError             for a model, a disc, a speed or a fault that there is not
            DriveBusy, ImageError  for a disc folder that cannot be had
    """
    parsed = [parse(fault) if isinstance(fault, str) else fault for fault in faults]
    if disc is not None:
        put_in: Medium | None = Medium.at(Path(disc))
    else:
        put_in = None if medium is None else Medium.new(medium, minutes)
    recorder = VirtualRecorder(put_in, model=model, faults=parsed, speed=speed, clock=clock)
    try:
        yield TestRecorder(recorder)
    finally:
        recorder.close()


class RecorderHost:
    """A Linux machine that has the recorder as /dev/sr0, for programs that are started here."""

    def __init__(self, host: Host, recorder: TestRecorder) -> None:
        self._host = host
        self.recorder = recorder

    @property
    def burned(self) -> BurnedDisc:
        """What is on the disc now."""
        return self.recorder.burned

    def command(self, command: Sequence[str | os.PathLike[str]]) -> list[str]:
        """The command that is to be started in place of this one, with `environment()`."""
        return self._host.command(command)

    def environment(self) -> dict[str, str]:
        """This process's environment, with what makes a program see the recorder."""
        return self._host.environment()

    def run(
        self, command: Sequence[str | os.PathLike[str]], *, timeout_seconds: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; what it prints is in `stdout`, errors too.

        raises  FileNotFoundError          if there is no such program
                subprocess.TimeoutExpired  if it takes longer; it is ended
        """
        return subprocess.run(
            self.command(command),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            check=False,
        )


@contextmanager
def recorder_host(recorder: TestRecorder) -> Iterator[RecorderHost]:
    """Put a recorder before other programs, as /dev/sr0. Linux only.

    raises  ShareError  if umockdev's preload library is missing, with the name of its package
    """
    from redbook.share.host import Host, require_library  # Linux only

    require_library()
    with Host([recorder.recorder]) as host:
        yield RecorderHost(host, recorder)
