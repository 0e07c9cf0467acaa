"""Procedures of the engine without a runner: the test itself plays the drive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redbook.engine.steps import MostSectors, Now, Pause, Procedure, R
from redbook.errors import DriveError
from redbook.mmc.command import Command

Drive = Callable[[Any], object]
"""Takes a command and gives its result, or raises what the drive says instead."""


class Played:
    """One drive, and what is told and asked while procedures are played.

    steps         everything but questions after time and sizes, in order
    seconds       that have passed in pauses
    most_sectors  that one command carries
    """

    def __init__(self, drive: Drive = lambda command: None, most_sectors: int = 27) -> None:
        self.drive = drive
        self.most_sectors = most_sectors
        self.steps: list[Any] = []
        self.seconds = 0.0

    def run(self, procedure: Procedure[R]) -> R:
        answer: Any = None
        error: Exception | None = None
        while True:
            try:
                step = procedure.send(answer) if error is None else procedure.throw(error)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            answer = error = None
            if isinstance(step, Now):
                answer = self.seconds
                continue
            if isinstance(step, MostSectors):
                answer = self.most_sectors
                continue
            self.steps.append(step)
            if isinstance(step, Pause):
                self.seconds += step.seconds
            elif isinstance(step, Command):
                try:
                    answer = self.drive(step)
                except DriveError as said:
                    error = said

    def of(self, kind: type[Any]) -> list[Any]:
        """The steps of this kind."""
        return [step for step in self.steps if isinstance(step, kind)]
