"""Transcripts: everything that passes is written down, and plays back through the engine."""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.disc.layout import LaidTrack
from redbook.drive import Drive
from redbook.engine.burn import burn
from redbook.engine.events import Event, Notice, Progress, Working
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.track_at_once import TrackAtOnce
from redbook.engine.verify import ReadBack, verify
from redbook.errors import Sense
from redbook.mmc.control import TestUnitReady
from redbook.mmc.identify import Inquiry
from redbook.mmc.read import ReadCd
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Transport
from redbook.transport.recorded import Replay, Transcriber
from redbook.transport.sg_io import SgIo
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import model
from tests.support.fake_kernel import FakeKernel
from tests.support.fingerprints import fingerprint
from tests.support.sound import noise
from tests.support.streams import BytesStream

TRACKS = [noise(588 * 1000, 1), noise(588 * 301, 2)]
LENGTHS = [1000, 301]
TUR = TestUnitReady().to_cdb()
FILE = Path("t.jsonl")


def burn_on(transport: Transport, clock: Any, tracks: list[bytes] = TRACKS) -> list[Event]:
    events: list[Event] = []
    streams = [BytesStream(pcm) for pcm in tracks]
    runner = Runner(Drive(transport), emit=events.append, clock=clock, streams=streams, total=sum(LENGTHS))
    runner.run(burn(TrackAtOnce(LENGTHS), Settings(), Outcome()))
    return [
        event for event in events if not isinstance(event, Progress | Working)
    ]  # these depend on the host


def verify_on(transport: Transport, clock: Any) -> ReadBack:
    runner = Runner(Drive(transport), emit=lambda e: None, clock=clock, total=sum(LENGTHS))
    places = [LaidTrack(1, 0, 1000), LaidTrack(2, 1152, 301)]
    return runner.run(verify(places, [fingerprint(pcm) for pcm in TRACKS]))


def transcribing(inner: Transport, clock: ManualClock) -> Transcriber:
    return Transcriber.begin(inner, FILE, "test", clock)


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FILE.read_text(encoding="ascii").splitlines()]


class TakingTime:
    """A way to a recorder on which each command takes 0.3 s: the drive is asked for its buffer on the way."""

    def __init__(self, inner: VirtualRecorder, clock: ManualClock) -> None:
        self.inner, self.clock = inner, clock
        self.announce, self.close = inner.announce, inner.close

    def execute(self, *arguments: Any) -> Reply:
        self.clock.sleep(0.3)
        return self.inner.execute(*arguments)


def test_the_clock_of_a_replay_goes_as_time_went(clock: ManualClock) -> None:
    transcriber = transcribing(TakingTime(VirtualRecorder(Medium.new()), clock), clock)
    burn_on(transcriber, clock)
    transcriber.close()
    assert "READ BUFFER CAPACITY" in {entry.get("command") for entry in lines()}
    replay = Replay(FILE)
    burn_on(replay, replay.clock)
    replay.finish()
    assert replay.clock.now() == pytest.approx(clock.now())
    replay.close()


@pytest.mark.parametrize("speed", [None, 16.0])
def test_a_whole_burn_and_its_verification_play_back(clock: ManualClock, speed: float | None) -> None:
    """With a speed the recorder is busy, answers 2/04/08, and is asked for its buffer once a second."""
    recorder = VirtualRecorder(Medium.new(), clock=clock, speed=speed)
    transcriber = transcribing(recorder, clock)
    events = burn_on(transcriber, clock)
    assert verify_on(transcriber, clock).same
    transcriber.close()

    replay = Replay(FILE)
    assert burn_on(replay, replay.clock) == events
    assert verify_on(replay, replay.clock).same
    replay.finish()
    replay.close()


def test_a_burn_that_failed_plays_back_with_its_error(clock: ManualClock) -> None:
    faults = (Fault(Sense(3, 0x0C, 0, information=540), Write10, nth=21, times=None),)
    recorder = VirtualRecorder(Medium.new(), faults=faults)
    texts = []
    transcriber = transcribing(recorder, clock)
    with pytest.raises(errors.BurnFailed) as caught:
        burn_on(transcriber, clock)
    texts.append(str(caught.value))
    transcriber.close()
    replay = Replay(FILE)
    with pytest.raises(errors.BurnFailed) as caught:
        burn_on(replay, replay.clock)
    assert str(caught.value) == texts[0]
    replay.finish()
    replay.close()


def test_other_audio_is_the_first_difference_and_stays_it(clock: ManualClock) -> None:
    transcriber = transcribing(VirtualRecorder(Medium.new()), clock)
    burn_on(transcriber, clock)
    transcriber.close()
    number = 1 + next(n for n, entry in enumerate(lines()) if entry.get("cdb", "").startswith("2a"))
    replay = Replay(FILE)
    other = TRACKS[0][:100] + b"?" + TRACKS[0][101:]
    with pytest.raises(errors.BurnFailed, match=rf"t\.jsonl, line {number}: other data were sent"):
        burn_on(replay, replay.clock, [other, TRACKS[1]])
    with pytest.raises(errors.TranscriptError, match=f"line {number}"):
        replay.execute(TUR)
    replay.close()


def test_each_line_says_all_that_passed(clock: ManualClock) -> None:
    clock.sleep(100.0)
    transcriber = transcribing(TakingTime(VirtualRecorder(Medium.new()), clock), clock)
    data = bytes(2 * SECTOR_BYTES)
    transcriber.execute(TUR, timeout=15.0)
    transcriber.execute(Inquiry(36).to_cdb(), b"", 96, 15.0)
    transcriber.announce(1234)
    transcriber.execute(Write10(0, data).to_cdb(), data, timeout=300.0)
    transcriber.execute(bytes.fromhex("55100000000000000800"), bytes(8), timeout=30.0)
    transcriber.close()
    head, attention, inquiry, announced, write, select = lines()
    assert head == {
        "transcript": 1,
        "redbook": head["redbook"],
        "drive": "test",
        "most_bytes": None,
        "real_time": False,
    }
    sense = "700006000000000a00000000290000000000"  # 6/29/00 in fixed format
    assert attention == {
        "at": 0.0,
        "command": "TEST UNIT READY",
        "cdb": "000000000000",
        "timeout": 15.0,
        "seconds": 0.3,
        "status": 2,
        "sense": sense,
    }
    assert (inquiry["at"], inquiry["room"], inquiry["residue"]) == (0.3, 96, 60)
    assert base64.b64decode(inquiry["in"]["base64"])[8:16] == b"REDBOOK "
    assert announced == {"at": 0.6, "announce": 1234}
    digest = hashlib.sha256(data).hexdigest()
    assert write["out"] == {"bytes": 4704, "sha256": digest}
    assert (write["cdb"], write["timeout"]) == ("2a000000000000000200", 300.0)
    assert select["out"] == {"base64": "AAAAAAAAAAA="}


def test_what_a_device_says_of_the_way_to_it_goes_through(clock: ManualClock) -> None:
    kernel = FakeKernel(VirtualRecorder(Medium.new()), largest=13 * SECTOR_BYTES)
    transcriber = transcribing(SgIo.open("/dev/sr0", clock, kernel), clock)
    drive = Drive(transcriber)
    assert (drive.most_bytes, drive.real_time) == (27 * SECTOR_BYTES, True)
    events = burn_on(transcriber, clock)
    assert drive.most_bytes == 13 * SECTOR_BYTES
    transcriber.close()
    replay = Replay(FILE)
    told = burn_on(replay, replay.clock)
    assert [e for e in events if not isinstance(e, Notice)] == told
    replay.finish()
    assert Drive(replay).most_bytes == 13 * SECTOR_BYTES
    replay.close()


@pytest.mark.parametrize(
    "error",
    [
        errors.TransportTimeout("no answer"),
        errors.DriveGone("it left"),
        errors.DrivePermission("not you"),
        errors.NotTaken("later"),
        errors.TransferTooLarge("too much", 30576),
    ],
)
def test_what_brought_no_answer_brings_none_again(error: errors.DriveError, clock: ManualClock) -> None:
    class Failing:
        def execute(self, *arguments: Any) -> Any:
            raise error

        def announce(self, data_bytes: int) -> None:
            raise error

        def close(self) -> None:
            pass

    transcriber = transcribing(Failing(), clock)
    for call in (lambda t: t.execute(TUR), lambda t: t.announce(7)):
        with pytest.raises(type(error)):
            call(transcriber)
    transcriber.close()
    replay = Replay(FILE)
    for call in (lambda t: t.execute(TUR), lambda t: t.announce(7)):
        with pytest.raises(type(error), match=str(error)):
            call(replay)
    replay.close()


def test_a_file_that_is_there_is_not_overwritten(clock: ManualClock) -> None:
    FILE.write_text("mine")
    with pytest.raises(FileExistsError):
        transcribing(VirtualRecorder(Medium.new()), clock)
    assert FILE.read_text() == "mine"


def test_a_full_disk_costs_the_transcript_and_not_the_disc(clock: ManualClock) -> None:
    class Full(io.StringIO):
        full = True

        def write(self, text: str) -> int:
            if self.tell() > 5000 and self.full:
                self.full = False  # and then somebody makes room
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(text)

    recorder, file = VirtualRecorder(Medium.new()), Full()
    transcriber = Transcriber(recorder, file, clock)
    burn_on(transcriber, clock)
    assert not file.full
    assert file.tell() < 6000  # nothing behind the hole, or it would not be seen
    assert verify_on(recorder, clock).same
    assert transcriber.problem == "the transcript is incomplete: No space left on device"


def test_the_last_command_before_a_crash_is_in_the_file(clock: ManualClock) -> None:
    """All but the WRITEs and READ CDs that went well are on the disk when the next command is sent."""
    transcriber = transcribing(VirtualRecorder(Medium.new()), clock)
    transcriber.execute(TUR)
    assert [entry.get("command") for entry in lines()] == [None, "TEST UNIT READY"]
    transcriber.close()


def refuse(text: str, *calls: bytes) -> str:
    FILE.write_text(text, encoding="utf-8", errors="surrogateescape")
    replay = None
    with pytest.raises(errors.TranscriptError) as caught:
        replay = Replay(FILE)
        for cdb in calls:
            replay.execute(cdb)
    if replay is not None:
        replay.close()
    return str(caught.value)


HEAD = '{"transcript": 1}\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: the transcript has ended"),
        ("music", "line 1: not a line of a transcript"),
        ("[]\n", "line 1: not a line"),
        ('{"transcript": 2}\n', "line 1: not a transcript of format 1"),
        (HEAD, r"line 2: the transcript has ended; asked now: TEST UNIT READY \(00 00 00 00 00 00\)"),
        (HEAD + '{"at": 0, "cdb": "12000000', "line 2: not a line"),
        (HEAD + '{"at": 0, "cdb": "120000002400", "status": 0}\n', "line 2: asked now: TEST UNIT READY"),
        (HEAD + '{"announce": 5}\n', "line 2: asked now: TEST UNIT READY"),
        (HEAD + '{"at": 0, "cdb": "000000000000"}\n', "line 2: not a line of a transcript: KeyError"),
        (HEAD + '{"at": 0, "cdb": "000000000000", "status": 0, "sense": "xy"}\n', "line 2: not a line"),
        (HEAD + '{"at": 0, "cdb": "000000000000", "error": "Sense"}\n', "line 2: no error of a transport"),
        (
            HEAD + '{"at": 0, "cdb": "000000000000", "error": "ReadError"}\n',
            "line 2: no error of a transport",
        ),
        (HEAD + '{"at": 0, "cdb": "000000000000", "room": 8, "status": 0}\n', "then: .*room for 8"),
        (HEAD + '{"at": 0, "cdb": "000000000000", "out": {"base64": "AA=="}, "status": 0}\n', "other data"),
        (HEAD + "\udcff\udcfe\n", "line 2: not a line"),
    ],
)
def test_what_is_no_transcript_or_another_one_says_where(text: str, says: str) -> None:
    assert re.search(says, refuse(text, TUR))


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(errors.TranscriptError, match=r"nothing\.jsonl: No such file"):
        Replay(Path("nothing.jsonl"))


def test_a_transcript_that_goes_on_is_not_finished() -> None:
    FILE.write_text(HEAD + '{"at": 0, "cdb": "000000000000", "status": 0}\n')
    replay = Replay(FILE)
    with pytest.raises(errors.TranscriptError, match="line 2: the transcript continues"):
        replay.finish()
    replay.close()


def test_long_data_that_were_not_written_before_cannot_be_made_up(clock: ManualClock) -> None:
    recorder = VirtualRecorder(Medium.new())
    burn_on(recorder, clock)
    transcriber = transcribing(recorder, clock)
    cdb = ReadCd(0, 27).to_cdb()
    transcriber.execute(cdb, b"", 27 * SECTOR_BYTES)
    transcriber.close()
    replay = Replay(FILE)
    with pytest.raises(errors.TranscriptError, match="only the digest"):
        replay.execute(cdb, b"", 27 * SECTOR_BYTES)
    replay.close()


def test_after_closing_nothing_is_answered(clock: ManualClock) -> None:
    transcriber = transcribing(VirtualRecorder(Medium.new()), clock)
    transcriber.execute(SynchronizeCache().to_cdb())
    transcriber.close()
    transcriber.close()
    replay = Replay(FILE)
    replay.close()
    replay.close()
    with pytest.raises(errors.DriveClosed):
        replay.execute(TUR)


@pytest.mark.parametrize("samples", [6, -30, 667])
def test_what_a_drive_with_an_offset_read_is_made_of_what_was_written(
    samples: int, clock: ManualClock
) -> None:
    recorder = VirtualRecorder(Medium.new(), model=model(read_offset=samples))
    transcriber = transcribing(recorder, clock)
    events = burn_on(transcriber, clock)
    assert verify_on(transcriber, clock).same
    transcriber.close()
    replay = Replay(FILE)
    assert burn_on(replay, replay.clock) == events
    found = verify_on(replay, replay.clock)
    assert found.same
    assert found.offset.samples == samples
    replay.finish()
    replay.close()
