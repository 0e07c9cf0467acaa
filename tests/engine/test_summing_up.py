"""SHA-256 of what is read back, in a thread beside the reading."""

from __future__ import annotations

import hashlib

import pytest

from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.steps import Absorb, Digest, Procedure
from redbook.runner.runner import HASHED_AT_ONCE_BYTES, Runner
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.sound import noise


def run(procedure: Procedure[str], clock: ManualClock) -> str:
    return Runner(Drive(VirtualRecorder(Medium.new())), emit=lambda event: None, clock=clock).run(procedure)


@pytest.mark.parametrize("pieces", [0, 1, 7, 60])
def test_it_is_that_of_all_that_came_and_begins_anew_behind_it(pieces: int, clock: ManualClock) -> None:
    pcm = noise(588 * 27, 3)

    def steps() -> Procedure[str]:
        yield Absorb(b"the track before")
        yield Digest()
        for _ in range(pieces):
            yield Absorb(pcm)
        digest: str = yield Digest()
        return digest

    assert run(steps(), clock) == hashlib.sha256(pcm * pieces).hexdigest()


@pytest.mark.parametrize("more", [0, 100])
def test_what_fails_there_is_raised_to_whoever_reads_and_holds_nobody_up(
    more: int, clock: ManualClock
) -> None:
    def steps() -> Procedure[str]:
        yield Absorb(["no memory for it"])  # type: ignore[arg-type]
        for _ in range(more):
            yield Absorb(bytes(HASHED_AT_ONCE_BYTES))
        digest: str = yield Digest()
        return digest

    with pytest.raises(TypeError):
        run(steps(), clock)
