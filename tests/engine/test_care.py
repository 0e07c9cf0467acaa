"""With how much care a disc is read, a laser set, and a track that was sent believed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.engine.another_try import before_another_try
from redbook.engine.burn import add_track
from redbook.engine.calibration import calibrate, may_write_again
from redbook.engine.care import Care, read_around
from redbook.engine.disc_offset import Span
from redbook.engine.events import Event, Notice
from redbook.engine.fingerprint import Fingerprint
from redbook.engine.outcome import DriveInUse, Outcome, Settings
from redbook.engine.prepare import set_up
from redbook.engine.read_audio import ReadHabits
from redbook.engine.reading_speed import ReadingSpeed
from redbook.engine.speed import Speeds
from redbook.engine.steps import MostSectors
from redbook.engine.track_at_once import TrackAtOnce
from redbook.errors import BurnFailed, DriveGone, PowerCalibrationError, Sense, SenseError
from redbook.mmc import sense
from redbook.mmc.command import Command
from redbook.mmc.control import SendOpcInformation, SetCdSpeed
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.disc_info import (
    DiscInformation,
    DiscStatus,
    ReadDiscInformation,
    ReadTrackInformation,
    SessionStatus,
    TrackInformation,
)
from redbook.mmc.read import ReadCd
from redbook.mmc.write import SynchronizeCache
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.sound import noise
from tests.support.streams import BytesStream


def refused(text: str) -> SenseError:
    key, asc, ascq = (int(part, 16) for part in text.split("/"))
    error = sense.to_error("A COMMAND", Sense(key, asc, ascq))
    assert isinstance(error, SenseError)
    return error


def run(procedure: Any, answers: Mapping[type[Any], Any], sent: list[Any] | None = None) -> Any:
    """answers  to a kind of command: one, a list of them in turn, or a function of the command"""
    answer, error = None, None
    for number in count():
        try:
            step = procedure.throw(error) if error else procedure.send(answer)
        except StopIteration as stop:
            return stop.value
        answer = error = None
        if sent is not None:
            sent.append(step)
        if isinstance(step, MostSectors):
            answer = 27
        elif isinstance(step, Command):
            said = answers[type(step)]
            said = said.pop(0) if isinstance(said, list) else said
            said = said(step) if callable(said) else said
            answer, error = (None, said) if isinstance(said, Exception) else (said, None)
        else:
            answer = float(number)
    raise AssertionError


class TestHowADiscHasToBeRead:
    def care(self, **what: Any) -> Care:
        return Care([], ReadHabits(), 24, **what)

    @pytest.mark.parametrize(
        ("what", "shows"),
        [
            ({}, False),
            ({"inexact": 1}, True),
            ({"places_again": 23}, False),
            ({"places_again": 24}, True),
            ({"inexact": 1, "accurate_stream": False}, False),
            ({"places_again": 99, "accurate_stream": False}, False),
        ],
    )
    def test_a_drive_shows_that_it_is_inexact_by_varying_places_or_many_of_them(
        self, what: dict[str, Any], shows: bool
    ) -> None:
        assert self.care(**what).shows_jitter is shows

    @pytest.mark.parametrize(
        ("accurate", "one_by_one", "in_one_piece"),
        [(True, False, False), (False, False, True), (False, True, False), (True, True, False)],
    )
    def test_an_inexact_drive_has_to_bring_a_stretch_in_one_piece_if_it_can(
        self, accurate: bool, one_by_one: bool, in_one_piece: bool
    ) -> None:
        assert self.care(accurate_stream=accurate, one_by_one=one_by_one).in_one_piece is in_one_piece

    def test_it_is_read_more_often_by_an_inexact_drive_and_no_more_once_that_is_hopeless(self) -> None:
        exact, inexact = self.care(), self.care(accurate_stream=False)
        assert 0 < exact.tries < inexact.tries
        for care in (exact, inexact):
            care.hopeless = 23
            assert care.tries > 0
            care.hopeless = 24
            assert care.tries == 0


def brought(command: ReadCd) -> bytes:
    """Of each address: its number, over and over."""
    return b"".join(
        (lba & 0xFFFF).to_bytes(4, "little") * 588
        for lba in range(command.lba, command.lba + command.sectors)
    )


class TestReadingAround:
    """A track from 100 to 150, of which 98 to 152 may be read."""

    SPAN = Span(1, 100, Fingerprint.none(), 98, 152)

    def read(self, lba: int, sectors: int, bad: range = range(0), care: Care | None = None) -> Any:
        self.asked: list[tuple[int, int]] = []

        def answer(command: ReadCd) -> bytes | Exception:
            self.asked.append((command.lba, command.lba + command.sectors))
            if set(range(command.lba, command.lba + command.sectors)) & set(bad):
                return refused("3/11/05")
            return brought(command)

        return run(read_around(lba, sectors, self.SPAN, care or Care([], ReadHabits(), 24)), {ReadCd: answer})

    def of(self, lba: int, sectors: int, came: range) -> bytes:
        return b"".join(
            brought(ReadCd(n, 1)) if n in came else bytes(SECTOR_BYTES) for n in range(lba, lba + sectors)
        )

    @pytest.mark.parametrize(
        ("lba", "sectors"), [(110, 5), (98, 54), (96, 5), (97, 1), (150, 4), (152, 3), (90, 3), (90, 80)]
    )
    def test_what_may_not_be_read_is_not_asked_for_and_is_silence(self, lba: int, sectors: int) -> None:
        data, missing = self.read(lba, sectors)
        came = range(max(lba, 98), min(lba + sectors, 152))
        assert data == self.of(lba, sectors, came)
        assert missing == set(range(lba, lba + sectors)) - set(came)
        assert all(low >= 98 and high <= 152 for low, high in self.asked)

    def test_what_does_not_come_is_asked_for_one_by_one_and_is_silence(self) -> None:
        care = Care([], ReadHabits(), 24)
        data, missing = self.read(110, 10, range(113, 115), care)
        assert missing == {113, 114}
        assert data == b"".join(
            bytes(SECTOR_BYTES) if n in missing else brought(ReadCd(n, 1)) for n in range(110, 120)
        )
        assert care.lost == 0

    def test_far_into_what_does_not_come_it_is_not_asked_for_one_by_one_any_more(self) -> None:
        """A drive tries each for seconds."""
        care = Care([], ReadHabits(), 24, lost=265)
        _, missing = self.read(110, 10, range(100, 150), care)
        assert missing == set(range(110, 120))
        assert len(self.asked) == 1 + 5
        care.lost = 270
        self.read(120, 10, range(125, 126), care)
        assert len(self.asked) == 1

    def test_and_it_is_again_once_a_command_brought_all_it_was_asked_for(self) -> None:
        care = Care([], ReadHabits(), 24, lost=300)
        self.read(110, 10, care=care)
        _, missing = self.read(120, 10, range(125, 126), care)
        assert missing == {125}

    def test_what_concerns_the_whole_disc_ends_it(self) -> None:
        with pytest.raises(DriveGone):
            run(read_around(110, 5, self.SPAN, Care([], ReadHabits(), 24)), {ReadCd: DriveGone("unplugged")})


class TestBeforeAnotherTry:
    def sent(
        self, number: int, lba: int, among: range, speed: float = 24.0, answer: Any = brought
    ) -> list[Any]:
        sent: list[Any] = []
        procedure = before_another_try(number, lba, among, speed, ReadingSpeed(), ReadHabits())
        run(procedure, {ReadCd: answer, SetCdSpeed: None}, sent)
        return [step for step in sent if isinstance(step, Command)]

    @pytest.mark.parametrize(
        ("lba", "among", "read"),
        [
            (500, range(4000), (3973, 4000)),
            (2000, range(4000), (3973, 4000)),
            (2001, range(4000), (0, 27)),
            (3500, range(4000), (0, 27)),
            (110, range(100, 120), (100, 120)),
            (1100, range(1000, 1500), (1473, 1500)),
            (1400, range(1000, 1500), (1000, 1027)),
        ],
    )
    def test_the_far_end_of_what_may_be_read_is_read(
        self, lba: int, among: range, read: tuple[int, int]
    ) -> None:
        (command,) = self.sent(0, lba, among)
        assert (command.lba, command.lba + command.sectors) == read

    @pytest.mark.parametrize("number", range(8))
    def test_it_is_read_twice_now_and_then_for_drives_that_err_in_step(self, number: int) -> None:
        reads = [step for step in self.sent(number, 500, range(4000)) if isinstance(step, ReadCd)]
        assert len(reads) == (2 if number in (3, 5, 7) else 1)

    @pytest.mark.parametrize(
        ("number", "speed", "asked"),
        [(1, 24, True), (1, 8, False), (3, 8, True), (3, 4, False), (3, 2, False)],
    )
    def test_no_speed_is_asked_for_that_is_not_lower(self, number: int, speed: float, asked: bool) -> None:
        speeds = [step for step in self.sent(number, 500, range(4000), speed) if isinstance(step, SetCdSpeed)]
        assert bool(speeds) is asked

    def test_it_does_not_matter_whether_that_comes(self) -> None:
        assert len(self.sent(0, 500, range(4000), answer=refused("3/11/05"))) == 1


class TestTheLaser:
    """Set by SEND OPC INFORMATION before the first WRITE."""

    def outcome(self, speed: float | None = 16.0, *offered: int) -> Outcome:
        return Outcome(DriveInUse(speed=speed, speeds=Speeds(offered or (16, 8, 4))))

    def sent(self, outcome: Outcome, *opc: Any, slower: Any = None) -> list[Any]:
        sent: list[Any] = []
        idle = DiscInformation(DiscStatus.BLANK, SessionStatus.EMPTY, False, 1, 1, 1, 1)
        answers: dict[type[Any], Any] = {SendOpcInformation: list(opc), SetCdSpeed: slower, UnitReady: None}

        class Answers(dict[type[Any], Any]):
            def __missing__(self, kind: type[Any]) -> Any:
                assert issubclass(kind, ReadDiscInformation)
                return idle

        run(calibrate(outcome), Answers(answers), sent)
        return [step for step in sent if isinstance(step, Command)]

    @pytest.mark.parametrize("answer", ["5/20/00", "5/24/00", "5/26/00", "5/2C/00", "6/5A/03"])
    def test_is_the_drive_s_own_business_where_it_does_not_know_the_command(self, answer: str) -> None:
        assert self.sent(self.outcome(), refused(answer)) == [SendOpcInformation()]

    @pytest.mark.parametrize("answer", ["2/04/08", "2/04/07", "2/04/01"])
    def test_is_waited_for_where_the_drive_is_at_it(self, answer: str) -> None:
        sent = self.sent(self.outcome(), refused(answer))
        assert sent[0] == SendOpcInformation()
        assert UnitReady() in sent
        assert sent.count(SendOpcInformation()) == 1

    @pytest.mark.parametrize("answer", ["6/28/00", "6/5A/02", "3/73/04", "4/44/00"])
    def test_that_cannot_be_set_ends_the_burn(self, answer: str) -> None:
        with pytest.raises(SenseError):
            self.sent(self.outcome(), refused(answer))

    def test_is_set_once_more_at_the_next_lower_speed(self) -> None:
        outcome = self.outcome()
        sent = self.sent(outcome, refused("3/73/03"), None)
        assert [type(step) for step in sent[:1]] == [SendOpcInformation]
        assert sent[-1] == SendOpcInformation()
        (asked,) = (step for step in sent if isinstance(step, SetCdSpeed))
        assert asked.write_kb // 176 == 8
        assert outcome.drive.speed == 8

    @pytest.mark.parametrize(
        ("speed", "offered", "slower"), [(4.0, (16, 8, 4), None), (16.0, (16, 8), refused("5/24/00"))]
    )
    def test_is_not_where_there_is_no_lower_one(
        self, speed: float, offered: tuple[int, ...], slower: SenseError | None
    ) -> None:
        outcome = self.outcome(speed, *offered)
        with pytest.raises(PowerCalibrationError):
            self.sent(outcome, refused("3/73/03"), None, slower=slower)
        assert outcome.drive.speed == speed

    def test_that_fails_at_two_speeds_ends_the_burn(self) -> None:
        with pytest.raises(PowerCalibrationError):
            self.sent(self.outcome(), refused("3/73/03"), refused("3/73/03"))

    @pytest.mark.parametrize(
        ("lba", "wanted", "sent", "again"),
        [
            (0, 0, 0, True),
            (0, -150, 0, True),
            (5000, 5000, 0, True),
            (0, 27, 0, False),
            (5000, 5027, 0, False),
            (0, None, 0, False),
            (0, 0, 27, False),
        ],
    )
    def test_that_was_wrong_at_the_first_write_is_set_anew_only_if_nothing_was_written(
        self, lba: int, wanted: int | None, sent: int, again: bool
    ) -> None:
        outcome = self.outcome()
        outcome.sent = sent
        error = refused("3/73/03")
        assert isinstance(error, PowerCalibrationError)
        told = TrackInformation(1, 1, 0, True, False, 0, wanted, 1000, 1000)
        answers = {SetCdSpeed: None, ReadTrackInformation: told}

        class Answers(dict[type[Any], Any]):
            def __missing__(self, kind: type[Any]) -> Any:
                return refused("5/24/00")

        assert run(may_write_again(error, lba, outcome), Answers(answers)) is again


class CountsOn(VirtualRecorder):
    """Says of the next track what it is told to, once a track was ended."""

    said: tuple[int, int] | str = ""
    ended = False

    def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
        reply = super().execute(cdb, *rest, **named)
        self.ended = self.ended or cdb[0] == SynchronizeCache.OPCODE
        if self.ended and cdb[0] == ReadTrackInformation.OPCODE and cdb[1] == 1 and cdb[5] == 0xFF:
            if isinstance(self.said, str):
                key, asc, ascq = (int(part, 16) for part in self.said.split("/"))
                return Reply(Status.CHECK_CONDITION, b"", sense.build(Sense(key, asc, ascq)))
            number, lba = self.said
            data = bytearray(reply.data)
            data[2] = number
            data[8:16] = lba.to_bytes(4, "big") * 2
            return Reply(reply.status, bytes(data))
        return reply


class TestATrackThatWasSent:
    """Of 310 sectors from LBA 0; the next one begins behind it, run-out and pregap between: at 462."""

    def add(self, said: tuple[int, int] | str) -> tuple[Outcome, list[Event]]:
        recorder, events, outcome = CountsOn(Medium.new()), list[Event](), Outcome()
        recorder.said = said
        self.outcome = outcome
        clock = ManualClock()
        Runner(Drive(recorder), emit=events.append, clock=clock).run(
            set_up(TrackAtOnce(()), Settings(), Outcome())
        )
        runner = Runner(
            Drive(recorder), emit=events.append, clock=clock, streams=[BytesStream(noise(588 * 310))]
        )
        runner.run(add_track(Settings(), 310, outcome))
        return outcome, events

    @pytest.mark.parametrize("lba", [462, 460, 470])
    def test_is_believed_where_the_drive_goes_on_behind_it(self, lba: int) -> None:
        outcome, events = self.add((2, lba))
        assert [track.number for track in outcome.ended] == [1]
        assert outcome.space is not None
        assert outcome.space.next_lba == lba
        assert not [event for event in events if isinstance(event, Notice)]

    @pytest.mark.parametrize(
        ("said", "has"), [((2, 459), 307), ((2, 252), 100), ((2, 152), 0), ((2, 100), 0), ((1, 462), 0)]
    )
    def test_is_not_where_the_drive_wants_more_of_it(self, said: tuple[int, int], has: int) -> None:
        """One that lost sectors and said GOOD."""
        with pytest.raises(BurnFailed, match=f"says that it has {has} of them"):
            self.add(said)
        assert self.outcome.ended == []
        cut_short = self.outcome.cut_short
        assert (cut_short and (cut_short[0].number, cut_short[1])) == ((1, has) if said[0] == 2 else None)

    def test_is_believed_with_a_word_where_the_drive_does_not_say(self) -> None:
        outcome, events = self.add("4/44/00")
        assert [track.number for track in outcome.ended] == [1]
        (notice,) = (event.text for event in events if isinstance(event, Notice))
        assert "does not say where the next track goes" in notice
