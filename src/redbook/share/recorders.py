"""The virtual recorders that `redbook share` gives to other programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from redbook.errors import ShareError, printable
from redbook.recorders.prefixes import VIRTUAL
from redbook.virtual import faults
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model, default_model
from redbook.virtual.recorder import VirtualRecorder


@contextmanager
def recorders(
    discs: Sequence[str], *, model: str | None = None, speed: float | None = None
) -> Iterator[list[VirtualRecorder]]:
    """A recorder for each disc; at the end they are closed and the discs' folders released.

    discs  folders, also written virtual:PATH; if there is nothing yet, it becomes a new blank 80-minute
           CD-R; an empty name means a recorder without a disc
    model  the model of all of them; None for the one that REDBOOK_MODEL names, else the exact one
    speed  write in real time, at up to this multiple of 1x; None for as fast as data come

    raises  ValueError  if there is no such model
            ShareError  if a disc is named twice
            DriveBusy   if another program has a disc
            ImageError  if a folder cannot be opened
    """
    habits = Model.load(model) if model else default_model()
    with ExitStack() as opened:
        made: list[VirtualRecorder] = []
        for number, name in enumerate(discs, 1):
            path = name.removeprefix(VIRTUAL)
            if path and Path(path).resolve() in (
                r.disc.path.resolve() for r in made if r.disc and r.disc.path
            ):
                raise ShareError(f"the disc {printable(path)} cannot be in two recorders; name another one")
            medium = Medium.at(Path(path)) if path else None
            recorder = VirtualRecorder(medium, speed=speed, serial=f"RB{number:06d}", model=habits)
            opened.callback(recorder.close)
            made.append(recorder)
        yield made


class Afflictions:
    """Faults that are given to each of some recorders, and count from now on.

    texts  as `redbook.virtual.faults.parse` reads them

    raises  ValueError  for a text that is not a fault
    """

    def __init__(self, recorders: Iterable[VirtualRecorder], texts: Sequence[str]) -> None:
        self._made: list[tuple[str, list[faults.Fault | faults.BadSpot]]] = [(text, []) for text in texts]
        for recorder in recorders:
            for text, made in self._made:
                fault = faults.parse(text)
                made.append(fault)
                if isinstance(fault, faults.BadSpot):
                    recorder.bad_spots.append(fault)
                else:
                    recorder.faults.append(fault)

    def left(self) -> list[str]:
        """The texts of the faults that have happened in none of the recorders."""
        return [
            f"--fault {text} never happened: {made[0].shortfall}"
            for text, made in self._made
            if made and not any(fault.struck for fault in made)
        ]
