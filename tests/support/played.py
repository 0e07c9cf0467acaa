"""Procedures of the engine without a runner: the test itself plays the drive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from redbook.engine.steps import MostSectors, Now, Pause, Procedure, R, TakeSectors
from redbook.errors import RedbookError
from redbook.mmc.command import Command

Drive = Callable[[Any], object]
"""Takes a command and gives its result, or raises what the drive says instead."""


class Played:
    """One drive, and what is told and asked while procedures are played.

    answers       to steps of other kinds, where None is none; what is raised is raised in the procedure
    steps         everything but questions after time, sizes and sectors, in order
    seconds       that have passed in pauses
    most_sectors  that one command carries
    chunks        what TakeSectors brings, one after the other, and then nothing more
    """

    def __init__(
        self,
        drive: Drive = lambda command: None,
        *,
        most_sectors: int = 27,
        chunks: Iterable[bytes] = (),
        answers: Mapping[type[Any], Callable[[Any], object]] | None = None,
    ) -> None:
        self.drive = drive
        self.answers = answers or {}
        self.most_sectors = most_sectors
        self.chunks = list(chunks)
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
            try:
                answer = self._answer(step)
            except RedbookError as said:
                error = said

    def _answer(self, step: Any) -> object:
        if isinstance(step, Now):
            return self.seconds
        if isinstance(step, MostSectors):
            return self.most_sectors
        if isinstance(step, TakeSectors):
            return memoryview(self.chunks.pop(0) if self.chunks else b"")
        self.steps.append(step)
        if isinstance(step, Pause):
            self.seconds += step.seconds
        if isinstance(step, Command):
            return self.drive(step)
        return self.answers[type(step)](step) if type(step) in self.answers else None

    def of(self, *kinds: type[Any]) -> list[Any]:
        """The steps of these kinds."""
        return [step for step in self.steps if isinstance(step, kinds)]
