"""What a recorder forgets when it is switched off, and what when its disc is changed.

Source: MMC-5 6.14 (a reset takes locks away), SPC-4 6.11 (mode pages are their defaults after power-on),
SAM-4 5.14 (6/29/00 after power-on and reset, 6/28/00 after a change of medium).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.image.folder import FolderStore
from redbook.mmc.control import PreventAllowMediumRemoval, SetCdSpeed, StartStopUnit, TestUnitReady
from redbook.mmc.disc_info import DiscStatus, ReadDiscInformation, ReadToc
from redbook.mmc.events import GetEventStatusNotification, MediaEvent
from redbook.mmc.mode_pages import Capabilities, ModeSelect10, ModeSense10, MultiSession, WriteParameters
from redbook.mmc.playback import AudioStatus, PlayAudio10, ReadSubChannel, Seek10, SubChannelFormat
from redbook.mmc.read import ReadCd
from redbook.mmc.write import CloseFunction, CloseTrackSession, ReadBufferCapacity, SynchronizeCache, Write10
from redbook.virtual.blanks import blank_state
from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.shared import SharedRecorder
from tests.support.at_once import announce, one_track, sector
from tests.support.drives import model, next_lba, ready, write_track

SECTOR = b"\x11" * SECTOR_BYTES
RECOVERY, DEFAULT_RECOVERY = "01 0a 00 03 00 00 00 00 05 00 00 00", "01 0a 00 08 00 00 00 00 08 00 00 00"

Way = Callable[[VirtualRecorder], None]


def off_and_on(recorder: VirtualRecorder) -> None:
    recorder.unplug()
    recorder.plug_in()


def out_and_in(recorder: VirtualRecorder) -> None:
    recorder.press_eject()
    recorder.push_in()


def album(seconds: int = 40, kind: str = "cd-rw", *, finished: bool = True) -> Medium:
    return prepare([Session([Audio(SECTOR * 75 * seconds)])], kind, finished=finished)


def another_disc(recorder: VirtualRecorder) -> None:
    recorder.insert(album())


RESETS: list[Way] = [VirtualRecorder.cut_power, VirtualRecorder.reset, off_and_on]
CHANGES: list[Way] = [out_and_in, another_disc]


def attention(drive: Drive) -> str:
    """The one that is pending; there must be no other."""
    with pytest.raises(errors.UnitAttention) as caught:
        drive.run(TestUnitReady())
    drive.run(TestUnitReady())
    return str(caught.value.sense)


def page(drive: Drive, code: int) -> bytes:
    found = drive.run(ModeSense10(code)).page(code)
    assert found is not None
    return found


def position(drive: Drive) -> tuple[AudioStatus, int]:
    told = drive.run(ReadSubChannel(SubChannelFormat.POSITION))
    assert told.position is not None
    return told.audio_status, told.position.lba


@pytest.mark.parametrize("way", RESETS, ids=["power", "reset", "cable"])
class TestPower:
    @pytest.fixture
    def recorder(self, way: Way) -> VirtualRecorder:
        return VirtualRecorder(album())

    def test_every_mode_page_is_as_it_was_made(self, way: Way, recorder: VirtualRecorder) -> None:
        drive = ready(recorder)
        before = page(drive, 0x05), page(drive, 0x2A)
        drive.run(ModeSelect10(bytes.fromhex(RECOVERY)))
        drive.run(ModeSelect10(WriteParameters(write_type=2, multi_session=3).to_page()))
        drive.run(SetCdSpeed(read_kb=8 * 177, write_kb=4 * 177))
        assert page(drive, 0x01) == bytes.fromhex(RECOVERY)
        assert page(drive, 0x2A) != before[1]
        way(recorder)
        assert attention(drive) == "6/29/00"
        assert page(drive, 0x01) == bytes.fromhex(DEFAULT_RECOVERY)
        assert (page(drive, 0x05), page(drive, 0x2A)) == before

    def test_no_lock_is_left_of_any_host(self, way: Way, recorder: VirtualRecorder) -> None:
        drives = [ready(recorder), Drive(recorder.new_initiator())]
        assert attention(drives[1]) == "6/29/00"
        for drive in drives:
            drive.run(PreventAllowMediumRemoval(True))
        assert Capabilities.from_page(page(drives[0], 0x2A)).locked
        way(recorder)
        assert [attention(drive) for drive in drives] == ["6/29/00"] * 2
        assert not recorder.tray_locked
        drives[0].run(StartStopUnit(start=False, load_eject=True))

    def test_the_laser_is_at_the_start_and_plays_nothing(self, way: Way, recorder: VirtualRecorder) -> None:
        drive = ready(recorder)
        drive.run(PlayAudio10(1000, 500))
        assert position(drive)[0] is AudioStatus.PLAYING
        way(recorder)
        assert attention(drive) == "6/29/00"
        assert position(drive) == (AudioStatus.NONE, 0)

    def test_no_cue_sheet_and_no_test_write_is_left(self, way: Way, recorder: VirtualRecorder) -> None:
        drive = ready(recorder)
        recorder.insert(Medium.new("cd-rw"))
        assert attention(drive) == "6/28/00"
        drive.run(ModeSelect10(WriteParameters(test_write=True).to_page()))
        write_track(drive, 300)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.APPENDABLE
        way(recorder)
        assert attention(drive) == "6/29/00"
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        announce(drive, one_track(300))
        way(recorder)
        assert attention(drive) == "6/29/00"
        drive.run(ModeSelect10(WriteParameters(write_type=2).to_page()))
        with pytest.raises(errors.CommandSequenceError):
            drive.run(Write10(-150, sector(-150)))

    def test_the_buffer_is_empty_and_a_track_goes_on_with_what_is_missing(
        self, way: Way, clock: ManualClock
    ) -> None:
        recorder = VirtualRecorder(Medium.new(), speed=8, clock=clock)
        drive = ready(recorder)
        drive.run(Write10(0, SECTOR * 400))  # less than half a buffer: none of it is on the disc
        assert drive.run(ReadBufferCapacity()).free_bytes < drive.run(ReadBufferCapacity()).size_bytes
        way(recorder)
        assert attention(drive) == "6/29/00"
        assert drive.run(ReadBufferCapacity()).free_bytes == drive.run(ReadBufferCapacity()).size_bytes
        assert next_lba(drive) == 0
        drive.run(Write10(0, SECTOR * 300))
        drive.run(SynchronizeCache())
        assert next_lba(drive) == 452

    def test_what_it_was_about_to_do_is_over(self, way: Way, clock: ManualClock) -> None:
        recorder = VirtualRecorder(Medium.new(), speed=8, clock=clock)
        drive = ready(recorder)
        write_track(drive, 300)
        drive.run(CloseTrackSession(CloseFunction.SESSION, immediate=True))
        with pytest.raises(errors.OperationInProgress):
            drive.run(TestUnitReady())
        way(recorder)
        assert attention(drive) == "6/29/00"


@pytest.mark.parametrize("way", CHANGES, ids=["tray", "swap"])
class TestDiscs:
    def test_mode_pages_speeds_and_locks_stay(self, way: Way) -> None:
        recorder = VirtualRecorder(album())
        drive = ready(recorder)
        drive.run(ModeSelect10(bytes.fromhex(RECOVERY)))
        drive.run(ModeSelect10(WriteParameters(write_type=2, multi_session=3).to_page()))
        drive.run(SetCdSpeed(read_kb=8 * 177, write_kb=4 * 177))
        before = [page(drive, code) for code in (0x01, 0x05, 0x2A)]
        way(recorder)
        assert attention(drive) == "6/28/00"
        assert [page(drive, code) for code in (0x01, 0x05, 0x2A)] == before

    def test_no_cue_sheet_is_left(self, way: Way) -> None:
        recorder = VirtualRecorder(Medium.new())
        drive = ready(recorder)
        announce(drive, one_track(300))
        way(recorder)
        assert attention(drive) == "6/28/00"
        with pytest.raises(errors.CommandSequenceError):
            drive.run(Write10(-150, sector(-150)))

    def test_an_old_table_of_contents_is(self, way: Way) -> None:
        """Of a model that keeps in mind what it found when the disc was loaded."""
        recorder = VirtualRecorder(album(20, "cd-r", finished=False), model=model(caches_toc=True))
        drive = ready(recorder)
        drive.run(ModeSelect10(WriteParameters(multi_session=MultiSession.NEXT_ALLOWED).to_page()))
        write_track(drive, 300)
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        assert len(drive.run(ReadToc()).tracks) == 1
        way(recorder)
        assert attention(drive) == "6/28/00"
        assert drive.run(ReadToc()).lead_out_lba == (3000 if way is another_disc else 1500 + 11_400 + 302)


def test_on_another_disc_the_laser_is_at_the_start() -> None:
    recorder = VirtualRecorder(album())
    drive = ready(recorder)
    drive.run(Seek10(1500))
    assert position(drive) == (AudioStatus.NONE, 1500)
    recorder.insert(album())
    assert attention(drive) == "6/28/00"
    assert position(drive) == (AudioStatus.NONE, 0)


@pytest.mark.parametrize("taken_out", [True, False])
def test_a_track_that_was_being_written_when_the_disc_was_taken_goes_on_nowhere(taken_out: bool) -> None:
    old, new = Medium.new(), Medium.new()
    recorder = VirtualRecorder(old)
    drive = ready(recorder)
    drive.run(Write10(0, SECTOR * 400))
    if taken_out:
        recorder.remove()
    recorder.insert(new)
    assert attention(drive) == "6/28/00"
    with pytest.raises(errors.InvalidWriteAddress):
        drive.run(Write10(400, SECTOR))
    drive.run(Write10(0, SECTOR))
    assert [(track.state.name, track.sectors) for track in old.state.tracks] == [("DAMAGED", 400)]
    assert [(track.state.name, track.sectors) for track in new.state.tracks] == [("INCOMPLETE", 1)]


class TestTheCache:
    """There is one buffer for reading and for writing."""

    @pytest.fixture
    def took(self, clock: ManualClock) -> Callable[[], float]:
        self.drive = ready(VirtualRecorder(album(20, "cd-r", finished=False), speed=8, clock=clock))

        def took() -> float:
            before = clock.now()
            self.drive.run(ReadCd(700, 27))
            return clock.now() - before

        return took

    def test_writing_takes_it(self, took: Callable[[], float]) -> None:
        seek = 0.06 + 27 / 600
        assert took() > 0
        assert took() == 0
        start = next_lba(self.drive)
        self.drive.run(Write10(start, SECTOR))
        assert took() >= seek
        self.drive.run(Write10(start + 1, SECTOR))
        self.drive.run(SynchronizeCache())
        assert took() >= seek
        assert took() == 0
        self.drive.run(CloseTrackSession(CloseFunction.SESSION))
        assert took() >= seek


def test_a_disc_that_another_program_changed_meanwhile_is_like_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "a.disc"
    FolderStore.create(path, blank_state())
    one, two = (SharedRecorder(VirtualRecorder(model=model(caches_toc=True)), path=path) for _ in range(2))
    for shared in (one, two):
        shared.enter()
        ready(shared.recorder)
        shared.leave()
    one.enter()
    drive = ready(one.recorder)
    drive.run(GetEventStatusNotification())
    drive.run(ModeSelect10(WriteParameters(test_write=True).to_page()))
    write_track(drive, 300)
    assert drive.run(ReadDiscInformation()).status is DiscStatus.APPENDABLE  # in the test
    one.leave()
    two.enter()
    other = ready(two.recorder)
    write_track(other, 400)
    other.run(CloseTrackSession(CloseFunction.SESSION))
    two.leave()
    one.enter()
    assert attention(drive) == "6/28/00"
    assert drive.run(GetEventStatusNotification()).media_event is MediaEvent.NEW_MEDIA
    assert drive.run(ReadDiscInformation()).status is DiscStatus.COMPLETE
    assert drive.run(ReadToc()).lead_out_lba == 402
    one.leave()
