"""The gate of a burn: nothing that cannot be taken back happens before whoever has a say has agreed."""

from __future__ import annotations

from pathlib import Path

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.disc.raw_sectors import SubForm
from redbook.drive import Drive
from redbook.engine.burn import burn as burn_procedure
from redbook.engine.inspect import contents
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.raw import Raw, RawImage
from redbook.runner.runner import Runner
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import Recording, is_locked
from tests.support.drives import ready
from tests.support.sound import noise, write_wav
from tests.support.streams import BytesStream

WRITE, CLOSE, SYNCHRONIZE = 0x2A, 0x5B, 0x35


class Refused(Exception):
    """What whoever has a say raises."""


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    return [write_wav(tmp_path / f"{n}.wav", noise(588 * 310, n)) for n in range(3)]


def virtual() -> tuple[Recording, Drive]:
    recorder = Recording(VirtualRecorder(Medium.new("cd-r")))
    return recorder, Drive(recorder, "test")


class Gate:
    """Notes how much had been sent whenever it is asked, and objects at one point, if at any."""

    def __init__(self, recorder: Recording, objection: redbook.Point | None = None) -> None:
        self.recorder = recorder
        self.objection = objection
        self.asked: list[tuple[redbook.Point, int, int]] = []

    def __call__(self, point: redbook.Point) -> None:
        codes = self.recorder.opcodes()
        self.asked.append((point, codes.count(WRITE), codes.count(CLOSE)))
        if point is self.objection:
            raise Refused("the number was given to another disc")


@pytest.mark.parametrize("mode", ["sao", "tao"])
def test_it_is_asked_once_before_the_first_sector_and_once_before_the_disc_is_closed(
    songs: list[Path], mode: str
) -> None:
    recorder, drive = virtual()
    gate = Gate(recorder)
    assert redbook.burn(songs, drive, mode=mode, commit=gate).verified
    assert [(point, closes) for point, _, closes in gate.asked] == [
        (redbook.Point.WRITE, 0),
        (redbook.Point.CLOSE, 0),
    ]
    assert gate.asked[0][1] == 0
    assert gate.asked[1][1] == recorder.opcodes().count(WRITE)


@pytest.mark.parametrize("mode", ["sao", "tao"])
def test_an_objection_before_the_first_sector_leaves_the_disc_blank_and_the_tray_free(
    songs: list[Path], mode: str
) -> None:
    recorder, drive = virtual()
    with pytest.raises(redbook.NotCommitted, match="another disc; nothing was written") as caught:
        redbook.burn(songs, drive, mode=mode, commit=Gate(recorder, redbook.Point.WRITE))
    assert isinstance(caught.value.reason, Refused)
    assert caught.value.disc_now == "nothing was written"
    assert WRITE not in recorder.opcodes()
    assert not is_locked(recorder.inner)
    assert redbook.disc_info(drive).disc.status.name == "BLANK"
    assert redbook.burn(songs, drive, mode=mode).verified  # the same disc, afterwards


def test_an_objection_to_closing_leaves_the_session_of_single_tracks_open(songs: list[Path]) -> None:
    recorder, drive = virtual()
    with pytest.raises(redbook.NotCommitted, match="tracks 1 to 3 whole; its session is open"):
        redbook.burn(songs, drive, mode="tao", commit=Gate(recorder, redbook.Point.CLOSE))
    assert CLOSE not in recorder.opcodes()
    assert redbook.disc_info(drive).disc.status.name == "APPENDABLE"


def test_an_objection_to_closing_a_session_at_once_comes_too_late_and_that_is_told(songs: list[Path]) -> None:
    recorder, drive = virtual()
    with pytest.raises(redbook.NotCommitted, match="the session is closed, so players can play the disc"):
        redbook.burn(songs, drive, mode="sao", commit=Gate(recorder, redbook.Point.CLOSE))
    assert redbook.disc_info(drive).disc.status.name == "COMPLETE"


def test_a_session_left_open_is_asked_for_once_only(songs: list[Path]) -> None:
    recorder, drive = virtual()
    gate = Gate(recorder)
    redbook.burn(songs, drive, finalize=False, commit=gate)
    assert [point for point, *_ in gate.asked] == [redbook.Point.WRITE]


def test_a_test_write_asks_nobody(songs: list[Path]) -> None:
    recorder, drive = virtual()
    gate = Gate(recorder, redbook.Point.WRITE)
    redbook.burn(songs, drive, simulate=True, commit=gate)
    assert gate.asked == []


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
def test_whatever_is_raised_is_an_objection(songs: list[Path], raised: type[BaseException]) -> None:
    recorder, drive = virtual()

    def commit(point: redbook.Point) -> None:
        raise raised

    with pytest.raises(redbook.NotCommitted, match=raised.__name__):
        redbook.burn(songs, drive, commit=commit)
    assert WRITE not in recorder.opcodes()
    assert not is_locked(recorder.inner)


class RawStream(BytesStream):
    """Sectors with their sub-channel."""

    @property
    def sectors(self) -> int:
        return len(self.pcm) // SubForm.RAW.sector_bytes


@pytest.mark.parametrize("objection", [None, redbook.Point.WRITE])
def test_raw_writing_asks_before_its_first_sector_too(objection: redbook.Point | None) -> None:
    recorder, drive = virtual()
    runner = Runner(ready(recorder.inner), emit=lambda event: None, clock=ManualClock())
    start = runner.run(contents()).lead_in_start
    assert start is not None
    layout = SessionLayout((LaidTrack(1, 0, 310, 150),), 310)
    image = RawImage(layout, start.lba, 310 + 90, SubForm.RAW)
    gate = Gate(recorder, objection)
    stream = RawStream(bytes(image.sectors * SubForm.RAW.sector_bytes))
    runner = Runner(
        drive,
        emit=lambda event: None,
        clock=ManualClock(),
        streams=[stream],
        total=image.sectors,
        sector_bytes=SubForm.RAW.sector_bytes,
        commit=gate,
    )
    # An image without Q makes no disc; how far it gets is what is asked here.
    with pytest.raises(redbook.NotCommitted if objection else redbook.RedbookError):
        runner.run(burn_procedure(Raw(image), Settings(), Outcome()))
    assert gate.asked[0] == (redbook.Point.WRITE, 0, 0)
    assert (WRITE in recorder.opcodes()) == (objection is None)
