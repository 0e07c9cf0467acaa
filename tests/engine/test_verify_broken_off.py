"""A verification that ends early keeps what it has found; each leaves the drive's speed as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.events import Event, Notice
from redbook.engine.verification import Verdict
from redbook.engine.verify import verify
from redbook.errors import Cancelled, DriveError, DriveGone, Sense
from redbook.image.store import MemoryStore
from redbook.mmc.control import SetCdSpeed
from redbook.mmc.mode_pages import Capabilities, ModeSense10
from redbook.mmc.read import ReadCd
from redbook.transport.base import Reply
from redbook.virtual.faults import BadSpot, Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.engine.test_verify import burned, check, run
from tests.engine.test_verify_on_real_drives import spoil, watch
from tests.support.fingerprints import fingerprint
from tests.support.sound import noise, write_wav

SONGS = [noise(588 * 400, 1), noise(588 * 350, 2), noise(588 * 330, 3)]
STARTS = [0, 552, 1054]
GONE = Sense(2, 0x3E, 0)
"""NOT READY, LOGICAL UNIT HAS NOT SELF-CONFIGURED YET: no second reading mends it."""


def speed_now(recorder: VirtualRecorder) -> int:
    """What the drive says of its reading speed, in units of 1000 bytes per second."""
    page = Drive(recorder).run(ModeSense10(Capabilities.CODE)).page(Capabilities.CODE)
    assert page is not None
    return Capabilities.from_page(page).read_kb


def set_speed(recorder: VirtualRecorder, read_kb: int) -> int:
    Drive(recorder).run(SetCdSpeed(read_kb))
    return speed_now(recorder)


def speeds_asked_for(recorder: VirtualRecorder) -> list[int]:
    asked: list[int] = []

    def seen(cdb: bytes) -> None:
        if cdb[0] == SetCdSpeed.OPCODE:
            asked.append(SetCdSpeed.from_cdb(cdb, b"").read_kb)

    watch(recorder, seen)
    return asked


COMPARING, AGAIN, LOCATING = 27, 5, 1
"""How many sectors are read in one command: of a track; of one bad sector and its neighbours; of it alone."""


def at_reading(
    recorder: VirtualRecorder, lba: int, sectors: int, act: Callable[[], object], *, after: int = 0
) -> None:
    """Do something at each READ CD of so many sectors with this one among them, but for the first few."""
    left = [after]
    real = recorder.execute

    def execute(
        cdb: bytes, data_out: bytes | memoryview = b"", length: int = 0, timeout: float = 30.0
    ) -> Reply:
        if cdb[0] == ReadCd.OPCODE:
            command = ReadCd.from_cdb(cdb, b"")
            if command.sectors == sectors and command.lba <= lba < command.lba + sectors:
                left[0] -= 1
                if left[0] < 0:
                    act()
        return real(cdb, data_out, length, timeout)

    recorder.execute = execute  # type: ignore[method-assign]


def fail() -> None:
    raise DriveGone("the drive is gone")


class TestTheSpeed:
    @pytest.fixture(params=[0xFFFF, 10 * 177], ids=["the fastest", "10x"])
    def before(self, request: pytest.FixtureRequest) -> int:
        return int(request.param)

    def test_is_what_it_was_after_a_good_disc_and_a_bad_one(self, before: int) -> None:
        recorder, store = burned(SONGS)
        found = set_speed(recorder, before)
        assert check(recorder, SONGS).same
        assert speed_now(recorder) == found
        spoil(store, 700, 3)
        assert not check(recorder, SONGS).same
        assert speed_now(recorder) == found

    @pytest.mark.parametrize("lba", [300, 700])
    def test_after_an_error(self, before: int, lba: int) -> None:
        recorder, _ = burned(SONGS)
        found = set_speed(recorder, before)
        recorder.faults.append(Fault(GONE, ReadCd, lba=lba, times=None))
        with pytest.raises(DriveError):
            run(recorder, verify(None, [fingerprint(pcm) for pcm in SONGS]))
        assert speed_now(recorder) == found

    @pytest.mark.parametrize("at_once", [False, True])
    @pytest.mark.parametrize("bad", [False, True], ids=["at 24x", "at 4x"])
    def test_after_a_cancel(self, before: int, at_once: bool, bad: bool, songs: list[Path]) -> None:
        recorder, _ = burned(SONGS)
        found = set_speed(recorder, before)
        recorder.bad_spots.extend([BadSpot(700, 700)] * bad)
        cancel = redbook.Cancel()
        then: list[int] = []

        def stop() -> None:
            then.append(speed_now(recorder))
            (cancel.at_once if at_once else cancel)()

        at_reading(recorder, 700, AGAIN if bad else COMPARING, stop, after=4 * bad)
        with pytest.raises(Cancelled):
            redbook.verify(songs, Drive(recorder), cancel=cancel, clock=ManualClock())
        assert then[0] // 176 == (4 if bad else 24)
        assert speed_now(recorder) == found

    def test_is_asked_for_only_where_it_changes(self) -> None:
        recorder, store = burned(SONGS)
        for lba in (100, 200, 300):
            recorder.faults.append(Fault(Sense(3, 0x11, 5, lba), ReadCd, lba=lba, times=2))
        asked = speeds_asked_for(recorder)
        found = check(recorder, SONGS)
        assert found.same
        assert found.notes == ("3 places (3 sectors) were right only when they were read again",)
        assert [round(kb / 177) for kb in asked] == [24, 370]
        spoil(store, 700, 3)
        asked.clear()
        assert not check(recorder, SONGS).same
        # While it is read again: 8x, 4x. To find the place: 24x once more.
        assert [round(kb / 177) for kb in asked] == [24, 8, 4, 24, 370, 24, 370]

    def test_a_drive_that_sets_none_is_read_all_the_same(self) -> None:
        recorder, _ = burned(SONGS)
        recorder.faults.append(Fault(Sense(5, 0x20, 0), SetCdSpeed, times=None))
        assert check(recorder, SONGS).same

    @pytest.fixture
    def songs(self, tmp_path: Path) -> list[Path]:
        return [write_wav(tmp_path / f"{n}.wav", pcm) for n, pcm in enumerate(SONGS)]


class TestWhatWasFound:
    @pytest.fixture
    def songs(self, tmp_path: Path) -> list[Path]:
        return [write_wav(tmp_path / f"{n}.wav", pcm) for n, pcm in enumerate(SONGS)]

    def verified(
        self, songs: list[Path], recorder: VirtualRecorder, **options: object
    ) -> redbook.VerifyReport:
        with pytest.raises(redbook.VerificationFailed) as raised:
            redbook.verify(songs, Drive(recorder), clock=ManualClock(), **options)  # type: ignore[arg-type]
        report = raised.value.report
        assert isinstance(report, redbook.VerifyReport)
        return report

    def spoiled(self, *lbas: int) -> VirtualRecorder:
        recorder, store = burned(SONGS)
        assert isinstance(store, MemoryStore)
        for lba in lbas:
            spoil(store, lba, 5)
        return recorder

    @pytest.mark.parametrize("reason", ["sense", "gone"])
    def test_stays_when_an_error_comes_while_a_later_track_is_compared(
        self, songs: list[Path], reason: str
    ) -> None:
        recorder = self.spoiled(100)
        if reason == "sense":
            recorder.faults.append(Fault(GONE, ReadCd, lba=800, times=None))
        else:
            at_reading(recorder, 800, COMPARING, fail)
        found = self.verified(songs, recorder).verification
        assert [one.track for one in found.differences] == [1]
        (audio,) = [one for one in found.checks if one.promise == "audio"]
        assert audio.verdict is Verdict.DIFFERENT
        assert "the audio of tracks 2 and 3 was not compared: " in audio.text
        assert any("tracks 2 and 3 was not compared" in note for note in found.notes)

    def test_stays_when_an_error_comes_while_the_places_are_looked_for(self, songs: list[Path]) -> None:
        recorder = self.spoiled(100, 1100)
        at_reading(recorder, 1100, LOCATING, fail)
        found = self.verified(songs, recorder).verification
        first, third = found.differences
        assert (first.track, first.first_sample, first.samples) == (1, 100 * 588 + 5, 1)
        assert (third.track, third.sector, third.samples) == (3, 1100 - 1054, 588)
        assert any("which samples differ in track 3 cannot be determined" in note for note in found.notes)

    @pytest.mark.parametrize("at_once", [False, True])
    def test_stays_when_the_looking_for_places_is_cancelled(self, songs: list[Path], at_once: bool) -> None:
        recorder = self.spoiled(100)
        cancel = redbook.Cancel()
        at_reading(recorder, 100, LOCATING, cancel.at_once if at_once else cancel)
        found = self.verified(songs, recorder, cancel=cancel).verification
        assert [one.track for one in found.differences] == [1]

    def test_of_what_was_the_same_until_then_a_word_is_said(self, songs: list[Path]) -> None:
        recorder, _ = burned(SONGS)
        recorder.faults.append(Fault(GONE, ReadCd, lba=800, times=None))
        events: list[Event] = []
        with pytest.raises(DriveError):
            redbook.verify(songs, Drive(recorder), clock=ManualClock(), on_event=events.append)
        assert any(
            isinstance(event, Notice) and "track 1 read back and identical; the rest" in event.text
            for event in events
        )

    def test_and_of_what_was_not_when_it_is_cancelled(self, songs: list[Path]) -> None:
        recorder = self.spoiled(100)
        cancel = redbook.Cancel()
        at_reading(recorder, 800, COMPARING, cancel)
        events: list[Event] = []
        with pytest.raises(Cancelled):
            redbook.verify(songs, Drive(recorder), clock=ManualClock(), cancel=cancel, on_event=events.append)
        assert any(
            isinstance(event, Notice) and "track 1 read back and different" in event.text for event in events
        )


def test_a_burned_disc_that_differs_is_bad_though_it_cannot_be_read_to_its_end(tmp_path: Path) -> None:
    """Not "could not be read back": that was seen before, and the rest does not make it good."""
    songs = [write_wav(tmp_path / f"{n}.wav", pcm) for n, pcm in enumerate(SONGS)]
    recorder = VirtualRecorder(Medium.new())
    recorder.bad_spots.append(BadSpot(100, 100))
    at_reading(recorder, 600, COMPARING, fail)
    with pytest.raises(
        redbook.VerificationFailed, match=r"tracks 2 and 3 was not compared: the drive is gone"
    ):
        redbook.burn(songs, Drive(recorder), clock=ManualClock())


class TestADiscThatIsChangedMeanwhile:
    """A person opens the drive while it reads, or a reset makes it say that its disc may have changed."""

    @pytest.mark.parametrize(
        "other", [lambda: Medium.new(), lambda: burned([noise(588 * 900, 7)])[0].disc], ids=["blank", "audio"]
    )
    def test_is_told_and_nothing_is_said_of_the_other_one(self, other: Callable[[], Medium]) -> None:
        recorder, _ = burned(SONGS)
        put_in = [other()]
        at_reading(recorder, 700, COMPARING, lambda: put_in and recorder.insert(put_in.pop()))
        events: list[Event] = []
        with pytest.raises(DriveError, match="another disc was put into the drive"):
            run(recorder, verify(None, [fingerprint(pcm) for pcm in SONGS]), events=events)
        notices = [event.text for event in events if isinstance(event, Notice)]
        assert any("track 1 read back and identical; the rest" in text for text in notices)

    def test_and_is_the_same_still_is_compared_to_its_end_with_a_note(self) -> None:
        recorder, _ = burned(SONGS)
        recorder.faults.append(Fault(Sense(6, 0x28, 0), ReadCd, lba=700))
        events: list[Event] = []
        assert check(recorder, SONGS, events=events).same
        assert ["may have been changed" in e.text for e in events if isinstance(e, Notice)] == [True]
