"""The virtual recorders that `redbook share` puts before other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder

_VIRTUAL = "virtual:"


@contextmanager
def recorders(discs: Sequence[str], *, speed: float | None = None) -> Iterator[list[VirtualRecorder]]:
    """A recorder for each disc; at the end they are closed and the discs' folders released.

    discs  folders, also written virtual:PATH; a new blank 80-minute CD-R where nothing is yet; an empty
           name for a recorder without a disc
    speed  real-time writing at up to this multiple of 1x; None for as fast as data come

    raises  DriveBusy   if another program has a disc, or one is named twice
            ImageError  if a folder cannot be opened
    """
    with ExitStack() as opened:
        made = []
        for number, name in enumerate(discs, 1):
            path = name.removeprefix(_VIRTUAL)
            medium = Medium.at(Path(path)) if path else None
            recorder = VirtualRecorder(medium, speed=speed, serial=f"RB{number:06d}")
            opened.callback(recorder.close)
            made.append(recorder)
        yield made
