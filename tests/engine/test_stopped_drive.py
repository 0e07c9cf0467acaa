"""A drive whose disc stands still, and that wants to be told to start it before it does anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.burn import add_track, burn_prepared
from redbook.engine.inspect import contents, identify
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.prepare import set_up
from redbook.engine.track_at_once import TrackAtOnce
from redbook.errors import Sense
from redbook.mmc import sense
from redbook.mmc.control import StartStopUnit
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.disc_info import ReadDiscInformation, ReadTrackInformation
from redbook.mmc.write import Write10
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import ready, write_track
from tests.support.sound import noise
from tests.support.streams import BytesStream

NEEDS_THE_DISC = {
    command.OPCODE for command in (UnitReady, ReadDiscInformation, ReadTrackInformation, Write10)
}


class Stopped(VirtualRecorder):
    """Says 2/04/02, "initializing command required", until START STOP UNIT comes (MMC-5 annex F)."""

    stopped = False

    def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
        if cdb[0] == StartStopUnit.OPCODE and cdb[4] & 1:
            self.stopped = False
        if self.stopped and cdb[0] in NEEDS_THE_DISC:
            return Reply(Status.CHECK_CONDITION, b"", sense.build(Sense(2, 4, 2)))
        return super().execute(cdb, *rest, **named)


def run(recorder: VirtualRecorder, procedure: Any, *streams: bytes) -> Any:
    sent = [BytesStream(pcm) for pcm in streams]
    return Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock(), streams=sent).run(procedure)


def adds_a_track(recorder: VirtualRecorder) -> None:
    run(recorder, add_track(Settings(), 300, Outcome()), noise(588 * 300))


def burns_on_a_drive_made_ready_before(recorder: VirtualRecorder) -> None:
    ready_before = recorder.stopped
    recorder.stopped = False
    abilities = run(recorder, identify())
    recorder.stopped = ready_before
    run(recorder, burn_prepared(TrackAtOnce((300,)), abilities, Settings(), Outcome()), noise(588 * 300))


JOBS: dict[str, tuple[Callable[[Any], object], str, bool]] = {
    "add a track": (adds_a_track, "cd-r", False),
    "burn, set up before": (burns_on_a_drive_made_ready_before, "cd-r", False),
    "close": (lambda recorder: redbook.close_disc(Drive(recorder), clock=ManualClock()), "cd-r", True),
    "blank": (lambda recorder: redbook.blank(Drive(recorder), clock=ManualClock()), "cd-rw", True),
    "info": (lambda recorder: redbook.disc_info(Drive(recorder), clock=ManualClock()), "cd-r", True),
}
"""What is done, on what kind of disc, and whether that has a track already."""


@pytest.mark.parametrize("name", JOBS)
def test_is_started_by_whatever_job_needs_it(name: str) -> None:
    job, kind, with_track = JOBS[name]
    recorder = Stopped(Medium.new(kind))
    if with_track:
        write_track(ready(recorder), 300)
    else:
        run(recorder, set_up(TrackAtOnce(()), Settings(), Outcome()))
    recorder.stopped = True
    job(recorder)
    assert not recorder.stopped


def test_tracks_that_are_added_to_it_are_on_the_disc() -> None:
    recorder = Stopped(Medium.new())
    run(recorder, set_up(TrackAtOnce(()), Settings(), Outcome()))
    recorder.stopped = True
    adds_a_track(recorder)
    assert [track.number for track in run(recorder, contents()).tracks] == [1]
