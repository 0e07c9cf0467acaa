"""Tracks one at a time, a stream that stalls, and quick looks at what was written."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from redbook.clock import ManualClock, SystemClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.engine.burn import add_track, burn_prepared
from redbook.engine.chunks import CHUNK_BYTES
from redbook.engine.close import end_session
from redbook.engine.events import (
    Event,
    Phase,
    Progress,
    TrackEnded,
    TrackStarted,
    Working,
)
from redbook.engine.inspect import contents, where_next
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.prepare import set_up
from redbook.engine.quick_check import check_disc, check_track
from redbook.engine.steps import Procedure, R
from redbook.engine.track_at_once import TrackAtOnce
from redbook.engine.write_parameters import select_track_at_once
from redbook.errors import (
    Cancelled,
    DiscNotBlank,
    ParametersIgnored,
    PlanError,
    Sense,
    StorageFailed,
    VerificationFailed,
)
from redbook.mmc.command import Command
from redbook.mmc.control import SendOpcInformation
from redbook.mmc.disc_info import DiscStatus, ReadDiscInformation, ReadTrackInformation, TrackInformation
from redbook.mmc.identify import GetConfiguration
from redbook.mmc.mode_pages import ModeData, ModeSense10, MultiSession, WriteParameters
from redbook.mmc.write import Write10
from redbook.runner.cancel import Cancel
from redbook.runner.ring import Ring, ring_bytes
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, ready, write_track
from tests.support.streams import BytesStream

PCM = bytes(range(1, 251)) * (SECTOR_BYTES * 400 // 250)


def run(recorder: VirtualRecorder, procedure: Procedure[R]) -> R:
    return Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock()).run(procedure)


def add(
    recorder: VirtualRecorder, sectors: int, ended: list[TrackEnded], settings: Settings | None = None
) -> Outcome:
    outcome = Outcome(ended=list(ended))
    stream = BytesStream(PCM[: sectors * SECTOR_BYTES])
    runner = Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock(), streams=[stream])
    runner.run(add_track(settings or Settings(), sectors, outcome))
    return outcome


@pytest.mark.parametrize("command", [GetConfiguration, ModeSense10, ReadDiscInformation])
def test_a_disc_that_may_have_been_changed_while_the_drive_is_made_ready_is_looked_at_again(
    command: type[Command[Any]], recorder: VirtualRecorder
) -> None:
    """Nothing has begun, so nothing is lost (6/28/00)."""
    recorder.faults.append(Fault(Sense(6, 0x28, 0), command))
    run(recorder, set_up(TrackAtOnce(()), Settings(), Outcome()))
    assert add(recorder, 310, []).ended == [TrackEnded(1, 0, 310)]


class WithoutRoom(VirtualRecorder):
    """The host has no room for what is going to be written."""

    announced = 0

    def announce(self, data_bytes: int) -> None:
        self.announced = data_bytes
        raise StorageFailed("no room")


def test_what_is_going_to_be_written_is_announced_before_anything_is() -> None:
    """With the run-out: 310 sectors of audio and 2 of it."""
    recorder = WithoutRoom(Medium.new())
    abilities, _ = run(recorder, set_up(TrackAtOnce(()), Settings(), Outcome()))
    for job in (
        lambda: add(recorder, 310, []),
        lambda: run(recorder, burn_prepared(TrackAtOnce((310,)), abilities, Settings(), Outcome())),
    ):
        recorder.announced = 0
        with pytest.raises(StorageFailed):
            job()
        assert recorder.announced == 312 * SECTOR_BYTES
    assert run(recorder, contents()).status is DiscStatus.BLANK


def test_tracks_are_added_one_by_one_and_the_session_closed(recorder: VirtualRecorder) -> None:
    run(recorder, set_up(TrackAtOnce(()), Settings(), Outcome()))
    first = add(recorder, 310, [])
    second = add(recorder, 320, first.ended)
    assert second.ended == [TrackEnded(1, 0, 310), TrackEnded(2, 462, 320)]
    run(recorder, check_track(second.ended[1]))
    assert run(recorder, end_session(MultiSession.LAST, True)) is True
    run(recorder, check_disc(second.ended, finalized=True))
    assert ready(recorder).run(ReadDiscInformation()).status is DiscStatus.COMPLETE


def test_a_drive_that_somebody_has_set_to_test_writes_meanwhile_closes_the_session_all_the_same(
    recorder: VirtualRecorder,
) -> None:
    """With the test bit on, CLOSE is taken and closes nothing."""
    run(recorder, set_up(TrackAtOnce(()), Settings(), Outcome()))
    added = add(recorder, 310, [])
    run(
        recorder,
        select_track_at_once(test_write=True, underrun_protection=True, next_session=MultiSession.LAST),
    )
    assert run(recorder, end_session(MultiSession.LAST, True)) is True
    run(recorder, check_disc(added.ended, finalized=True))
    assert recorder.disc is not None  # what the drive itself says may be of the test
    assert recorder.disc.status is DiscStatus.COMPLETE


class CountsElsewhere:
    """A drive that in a test write counts 1000 sectors further on, once it has calibrated its laser."""

    SHIFT = 1000

    def __init__(self, inner: VirtualRecorder) -> None:
        self._inner = inner
        self._shift = 0

    def execute(
        self, cdb: bytes, data_out: bytes | memoryview = b"", data_in_length: int = 0, timeout: float = 30.0
    ) -> Reply:
        if cdb[0] == Write10.OPCODE:
            lba = int.from_bytes(cdb[2:6], "big") - self._shift
            cdb = cdb[:2] + lba.to_bytes(4, "big") + cdb[6:]
        reply = self._inner.execute(cdb, data_out, data_in_length, timeout)
        if cdb[0] == SendOpcInformation.OPCODE:
            self._shift = self.SHIFT
        if cdb[0] == ReadTrackInformation.OPCODE and reply.status == Status.GOOD:
            at = int.from_bytes(reply.data[12:16], "big") + self._shift  # next writable address
            data = reply.data[:12] + at.to_bytes(4, "big") + reply.data[16:]
            reply = Reply(reply.status, data, reply.sense, reply.residue)
        return reply

    def announce(self, data_bytes: int) -> None:
        self._inner.announce(data_bytes)

    def close(self) -> None:
        self._inner.close()


def test_what_comes_back_is_the_track_where_the_drive_has_put_it(recorder: VirtualRecorder) -> None:
    settings, outcome = Settings(test_write=True), Outcome()
    run(recorder, set_up(TrackAtOnce(()), settings, Outcome()))
    runner = Runner(
        Drive(CountsElsewhere(recorder)),
        emit=lambda event: None,
        clock=ManualClock(),
        streams=[BytesStream(PCM[: 310 * SECTOR_BYTES])],
    )
    track = runner.run(add_track(settings, 310, outcome))
    assert outcome.ended == [TrackEnded(1, 1000, 310)]
    assert (track.number, track.start_lba, track.sectors) == (1, 1000, 310)


def test_ending_a_session_that_was_not_begun_leaves_the_disc_blank(recorder: VirtualRecorder) -> None:
    run(recorder, set_up(TrackAtOnce(()), Settings(), Outcome()))
    assert run(recorder, end_session(MultiSession.LAST, False)) is False
    assert ready(recorder).run(ReadDiscInformation()).status is DiscStatus.BLANK


def test_a_track_that_never_ended_is_ended_before_the_next(recorder: VirtualRecorder) -> None:
    drive = ready(recorder)
    drive.run(Write10(0, PCM[: 20 * SECTOR_BYTES]))
    recorder._mechanism.writing = None  # as after a power cut
    outcome = add(recorder, 300, [TrackEnded(1, 0, 300)])
    assert outcome.ended[-1] == TrackEnded(2, 452, 300)


def test_what_does_not_fit_is_refused_before_anything_is_sent(recorder: VirtualRecorder) -> None:
    ready(recorder)
    space = run(recorder, where_next())
    with pytest.raises(PlanError):
        run(recorder, add_track(Settings(), space.free_sectors + 1, Outcome()))
    assert ready(recorder).run(ReadDiscInformation()).status is DiscStatus.BLANK


def test_a_disc_with_tracks_is_told_from_one_that_is_no_cd_r(recorder: VirtualRecorder) -> None:
    drive = ready(recorder)
    write_track(drive, 300)
    for _ in range(2):
        with pytest.raises(DiscNotBlank):
            run(recorder, set_up(TrackAtOnce(()), Settings(), Outcome()))
        close_session(drive)


def test_a_drive_that_keeps_its_protection_on_is_found_out(recorder: VirtualRecorder) -> None:
    page = ModeData(WriteParameters(underrun_protection=True).to_page()).to_bytes()
    recorder.faults.append(Fault(Reply(Status.GOOD, page), ModeSense10, times=None))
    with pytest.raises(ParametersIgnored, match="underrun_protection"):
        add(recorder, 300, [], Settings(underrun_protection=False))


@pytest.mark.parametrize(
    ("information", "words"),
    [
        (TrackInformation(1, 1, 0, False, False, 5, None, 0, 300), "starts at sector 5"),
        (TrackInformation(1, 1, 0, False, False, 0, None, 0, 299), "299 sectors"),
        (TrackInformation(1, 1, 0, False, False, 0, None, 0, 303), "303 sectors"),
        (TrackInformation(1, 1, 0, True, False, 0, None, 0, 300), "blank"),
        (TrackInformation(1, 1, 0, False, True, 0, None, 0, 300), "damaged"),
    ],
)
def test_a_track_that_the_drive_knows_otherwise(information: TrackInformation, words: str) -> None:
    recorder = VirtualRecorder(Medium.new())
    write_track(ready(recorder), 300)
    run(recorder, check_track(TrackEnded(1, 0, 300)))
    reply = Reply(Status.GOOD, information.to_bytes())
    recorder.faults.append(Fault(reply, ReadTrackInformation, times=None))
    with pytest.raises(VerificationFailed, match=words):
        run(recorder, check_track(TrackEnded(1, 0, 300)))


def test_a_disc_that_is_not_what_was_written() -> None:
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    write_track(drive, 300)
    close_session(drive)
    run(recorder, check_disc([TrackEnded(1, 0, 300)], finalized=True))
    for tracks, finalized, words in (
        ([TrackEnded(1, 0, 300)], False, "complete, not appendable"),
        ([TrackEnded(1, 0, 300), TrackEnded(2, 452, 300)], True, "track 2 is not in the table of contents"),
        ([TrackEnded(1, 0, 310)], True, "300 sectors on the disc instead of 310"),
    ):
        with pytest.raises(VerificationFailed, match=words):
            run(recorder, check_disc(tracks, finalized))


class Stalling(BytesStream):
    """Gives nothing until it is told to."""

    def __init__(self, pcm: bytes) -> None:
        super().__init__(pcm)
        self.go_on = threading.Event()

    def read_into(self, buffer: memoryview) -> int:
        assert self.go_on.wait(30)
        return super().read_into(buffer)


def test_a_stream_that_stalls_can_be_cancelled_and_who_listens_hears_meanwhile() -> None:
    recorder = VirtualRecorder(Medium.new())
    stream, cancel, heard = Stalling(PCM), Cancel(), []

    def listen(event: Event) -> None:
        heard.append(event)
        if len([e for e in heard if isinstance(e, Working)]) == 2:
            cancel()

    drive, outcome = Drive(recorder), Outcome()
    runner = Runner(
        drive, emit=listen, cancel=cancel, clock=SystemClock(), streams=[stream], progress_seconds=0.1
    )
    with pytest.raises(Cancelled):
        runner.run(add_track(Settings(), 300, outcome))
    stream.go_on.set()
    assert not outcome.touched
    assert not [event for event in heard if isinstance(event, TrackStarted)]


def test_progress_reaches_the_end_of_a_track_that_is_padded(recorder: VirtualRecorder) -> None:
    events: list[Event] = []
    stream = BytesStream(PCM[: 10 * SECTOR_BYTES])
    runner = Runner(Drive(recorder), emit=events.append, clock=ManualClock(), streams=[stream], total=10)
    runner.run(add_track(Settings(), 10, Outcome()))
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert (last.track_sectors_done, last.track_sectors) == (300, 300)


def test_the_ring_is_no_larger_than_what_is_read_and_empty_at_the_end() -> None:
    assert ring_bytes(1) == 2 * CHUNK_BYTES
    assert ring_bytes(27 * 10) == 11 * CHUNK_BYTES
    assert ring_bytes(1_000_000) == 9_000_000 // CHUNK_BYTES * CHUNK_BYTES
    ring = Ring([BytesStream(PCM)])
    ring.start()
    assert ring.wait_until_full(10)
    assert ring.filled_bytes == -(-len(PCM) // CHUNK_BYTES) * CHUNK_BYTES
    while ring.take():
        pass
    assert ring.filled_bytes == 0
    ring.close()


def test_taking_from_a_ring_that_gets_nothing_comes_back() -> None:
    stream = Stalling(PCM)
    ring = Ring([stream])
    ring.start()
    assert ring.take(0.05) is None
    stream.go_on.set()
    assert ring.take(10)
    ring.close()


def progress(track: int, done: int) -> Progress:
    return Progress(Phase.WRITING, track, done, 300, done, 300, 0, 0, 0, 0, 1.0, None)


def test_an_envelope_is_replaced_as_what_is_in_it() -> None:
    from redbook.imapi2.writer.event_args import Timed

    assert Timed(2.0, progress(1, 20)).replaces(Timed(1.0, progress(1, 10)))
    assert not Timed(2.0, progress(2, 20)).replaces(Timed(1.0, progress(1, 10)))
    assert not Timed(2.0, progress(1, 20)).replaces(progress(1, 10))
