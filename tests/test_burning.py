"""The Python API."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.audio.sectors import Spool
from redbook.authoring.master import Master
from redbook.authoring.streams import ProgramStream, SpooledAudio
from redbook.authoring.summing import Hashes, Summing
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.errors import AudioError, EraseFailed, NotARecorder, Sense
from redbook.image.store import MemoryStore
from redbook.mmc.read import ReadCd
from redbook.mmc.write import Blank, Write10
from redbook.transport.base import Reply
from redbook.virtual.blanks import blank_state
from redbook.virtual.faults import Fault, parse
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import model
from tests.support.sound import noise, write_wav


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    return [write_wav(tmp_path / f"{n}.wav", noise(588 * 310 + n, n)) for n in range(3)]


def virtual(*faults: Fault, medium: str = "cd-r") -> tuple[VirtualRecorder, Drive]:
    recorder = VirtualRecorder(Medium.new(medium), faults=faults)
    return recorder, Drive(recorder, "test")


def test_a_plan_may_be_burned_and_so_may_its_sources_again(songs: list[Path]) -> None:
    _, drive = virtual()
    with redbook.plan(songs[:1], drive, finalize=False, keep_audio=True) as plan:
        assert redbook.burn(plan, drive, finalize=False).verified
        report = redbook.burn(plan, drive, append=True)  # the kept audio is used up: it is read again
    assert report.verified
    assert [t.number for t in report.tracks] == [2]


def test_a_plan_whose_sources_have_changed_is_refused(songs: list[Path]) -> None:
    _, drive = virtual()
    plan = redbook.plan(songs, drive)
    write_wav(songs[1], noise(588 * 310, 99))
    with pytest.raises(redbook.AudioError, match=r"1\.wav: the audio has changed"):
        redbook.burn(plan, drive)
    kept = redbook.plan(songs, drive, keep_audio=True)
    write_wav(songs[1], noise(588 * 310, 98))
    with pytest.raises(redbook.AudioError, match=r"1\.wav: the file has changed"):
        redbook.burn(kept, drive)
    assert redbook.disc_info(drive).disc.status.name == "BLANK"


def test_a_plan_whose_pregap_or_sheet_has_changed_is_refused(songs: list[Path], tmp_path: Path) -> None:
    """No track's own audio has."""
    sheet = tmp_path / "a.cue"
    text = (
        'FILE "0.wav" WAVE\nTRACK 01 AUDIO\nTITLE "One"\nINDEX 00 00:00:00\nFILE "1.wav" WAVE\n'
        'INDEX 01 00:00:00\nFILE "2.wav" WAVE\nTRACK 02 AUDIO\nTITLE "Two"\nINDEX 01 00:00:00\n'
    )
    sheet.write_text(text)
    _, drive = virtual()
    plan = redbook.plan(sheet, drive)
    sheet.write_text(text.replace("Two", "Too"))
    with pytest.raises(redbook.AudioError, match=r"the layout of the disc has changed.*packs"):
        redbook.burn(plan, drive)
    sheet.write_text(text)
    write_wav(songs[0], noise(588 * 310, 97))
    with pytest.raises(redbook.AudioError, match="in its pregap, has changed"):
        redbook.burn(plan, drive)
    assert redbook.disc_info(drive).disc.status.name == "BLANK"
    write_wav(songs[0], noise(588 * 310, 0))
    assert redbook.burn(plan, drive).verified


def test_a_disc_that_differs_fails_with_its_report(songs: list[Path]) -> None:
    store = MemoryStore()
    recorder = VirtualRecorder(Medium(blank_state(), store))

    def spoil(event: redbook.Event) -> None:
        if isinstance(event, redbook.PhaseStarted) and event.phase is redbook.Phase.CLOSING:
            for lba in (5, 90, 500, 700):
                store.write(lba, bytes(16) + store.read(lba, 1)[16:])

    with pytest.raises(redbook.VerificationFailed, match="track 1 differs: 8 samples") as caught:
        redbook.burn(songs, Drive(recorder), on_event=spoil)
    report = caught.value.report
    assert isinstance(report, redbook.BurnReport)
    assert report.verification is not None
    assert [d.track for d in report.verification.differences] == [1, 2, 3]
    assert not report.verified


@pytest.mark.parametrize("mode", ["sao", "tao"])
def test_a_blank_disc_put_in_while_the_tray_is_open_is_called_blank(mode: str, songs: list[Path]) -> None:
    """Who sees the tray open may put in the next disc: nothing is said of tracks and of players."""
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), faults=[parse("swap@start-stop-unit:2")], clock=clock)
    with pytest.raises(
        redbook.VerificationFailed, match="blank: nothing was written to it, or it was swapped"
    ) as caught:
        redbook.burn(songs, Drive(recorder), mode=mode, clock=clock)
    assert "no player" not in str(caught.value)
    assert recorder.faults_left == []


def _with_a_sector_that_cannot_be_read(songs: list[Path], meanwhile: Callable[[], object]) -> str:
    """What is said of a disc whose sector 5 cannot be read; `meanwhile` is called when it is written."""
    recorder, drive = virtual()

    def listen(event: redbook.Event) -> None:
        if isinstance(event, redbook.PhaseStarted) and event.phase is redbook.Phase.CLOSING:
            recorder.faults.append(Fault(Sense(3, 0x11, 5), ReadCd, lba=5, times=None))
            meanwhile()

    with pytest.raises(redbook.VerificationFailed) as caught:
        redbook.burn(songs, drive, on_event=listen)
    return str(caught.value)


def test_samples_that_differ_are_counted_when_the_source_is_gone(songs: list[Path]) -> None:
    said = _with_a_sector_that_cannot_be_read(songs, songs[0].unlink)
    assert not songs[0].exists()
    assert "track 1 differs: 588 samples, the first at sample 2964" in said  # one sector, 24 samples late


def test_audio_that_cannot_be_read_any_more_does_not_hide_a_difference(
    songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(master: Master, number: int) -> ProgramStream:
        raise AudioError("the decoded audio cannot be read any more: Input/output error")

    said = _with_a_sector_that_cannot_be_read(songs, lambda: monkeypatch.setattr(Master, "area_stream", fail))
    assert "track 1 differs: 1176 samples, the first at sample 2940 (sector 5 of the track" in said
    assert "cannot be determined exactly: the decoded audio cannot be read any more" in said


def test_audio_that_cannot_be_compared_with_any_more_is_told_of_a_disc_that_was_burned(
    songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(audio: SpooledAudio, place: int, first: int, data: bytes) -> list[int]:
        raise AudioError("the decoded audio cannot be read any more: Input/output error")

    monkeypatch.setattr(SpooledAudio, "differing", fail)
    _, drive = virtual()
    with pytest.raises(redbook.BurnFailed, match="was burned, but could not be read back: the decoded audio"):
        redbook.burn(songs, drive)


def test_checksums_that_cannot_be_computed_any_more_are_told_of_a_disc_that_was_burned(
    songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(sums: Summing, place: int) -> Hashes:
        raise AudioError("the decoded audio cannot be read any more: Input/output error")

    monkeypatch.setattr(Summing, "_hash", fail)
    _, drive = virtual()
    with pytest.raises(redbook.BurnFailed, match="is not known to be right: the decoded") as caught:
        redbook.burn(songs, drive)
    assert caught.value.disc_now


def test_a_spool_that_changed_is_told_of_whatever_the_disc_is_like(
    songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disc holds what is in the spool, and is not what was decoded."""
    closed = Summing.__init__

    def flip_first(sums: Summing, arrangement: Any, spool: Spool, silent: int) -> None:
        file = spool._files[1].fileno()
        os.pwrite(file, bytes([os.pread(file, 1, 5000)[0] ^ 1]), 5000)
        closed(sums, arrangement, spool, silent)

    monkeypatch.setattr(Summing, "__init__", flip_first)
    _, drive = virtual()
    with pytest.raises(redbook.BurnFailed, match=r"not known to be right: .* has changed"):
        redbook.burn(songs, drive)


def test_reports_are_plain_values(songs: list[Path]) -> None:
    _, drive = virtual()
    with redbook.plan(songs, drive, keep_audio=True) as plan:
        report = redbook.burn(plan, drive)
    for one in (*plan.tracks, *report.tracks):
        assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one
        assert asdict(one)["sha256"] == one.sha256
    assert plan.areas == tuple(track.sha256 for track in report.tracks)
    assert plan.tracks[0] != dataclasses.replace(plan.tracks[0], sha256="0" * 64)


@pytest.mark.parametrize("how", ["not committed", "cancelled"])
def test_a_plan_can_be_burned_again_after_a_burn_that_came_to_nothing(
    how: str, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its checksums, which the second burn is held against, were not known yet when the first one ended."""
    ended = threading.Event()
    hash_it = Summing._hash

    def hash_late(sums: Summing, place: int) -> Hashes:
        assert ended.wait(60)
        return hash_it(sums, place)

    monkeypatch.setattr(Summing, "_hash", hash_late)
    _, drive = virtual()
    cancel = redbook.Cancel()

    def commit(point: redbook.Point) -> None:
        threading.Timer(0.2, ended.set).start()
        if how == "cancelled":
            cancel()
        else:
            raise ValueError("not today")

    with redbook.plan(songs, drive, keep_audio=True) as plan:
        with pytest.raises((redbook.NotCommitted, redbook.Cancelled)):
            redbook.burn(plan, drive, commit=commit, cancel=cancel)
        assert redbook.burn(plan, drive).verified


def test_the_cancel_of_a_plan_does_not_cancel_a_burn_of_it(songs: list[Path]) -> None:
    _, drive = virtual()
    cancel = redbook.Cancel()
    with redbook.plan(songs, drive, keep_audio=True, cancel=cancel) as plan:
        cancel()
        assert redbook.burn(plan, drive).verified


def test_a_cancel_when_all_is_compared_costs_neither_verdict_nor_report(
    songs: list[Path], tmp_path: Path
) -> None:
    from redbook.cli.report_file import keeping

    _, drive = virtual()
    cancel = redbook.Cancel()

    def listen(event: redbook.Event) -> None:
        if isinstance(event, redbook.TrackVerified) and event.track == 3:
            cancel()

    path = tmp_path / "burn.json"
    with (
        redbook.plan(songs, drive, keep_audio=True, cancel=cancel) as plan,
        keeping(path, plan, drive, redbook.Cancel()) as keep,
    ):
        report = redbook.burn(plan, drive, on_event=listen, cancel=cancel)
        keep(report)
    assert report.verified
    assert len(json.loads(path.read_text())["fingerprints"]) == 3


def test_a_good_reading_that_took_several_tries_is_a_success_with_a_note(songs: list[Path]) -> None:
    _, drive = virtual(Fault(Sense(3, 0x11, 5), ReadCd, lba=100, times=5))
    report = redbook.burn(songs, drive)
    assert report.verified
    assert report.verification is not None
    assert "read again" in report.verification.notes[0]


def test_cancelled_before_verification_says_what_is_on_the_disc(songs: list[Path]) -> None:
    _, drive = virtual()
    cancel = redbook.Cancel()

    def listen(event: redbook.Event) -> None:
        if isinstance(event, redbook.PhaseStarted) and event.phase is redbook.Phase.CLOSING:
            cancel()

    try:
        redbook.burn(songs, drive, on_event=listen, cancel=cancel)
    except redbook.Cancelled as cancelled:
        assert "session is closed" in cancelled.disc_now
        assert "before the disc was verified" in str(cancelled)


@pytest.mark.parametrize("speed", [0, -1, float("nan"), -float("inf")])
def test_a_speed_that_is_none_is_refused_at_once(speed: float, songs: list[Path]) -> None:
    _, drive = virtual()
    with pytest.raises(ValueError, match="multiple of 1x"):
        redbook.burn(songs, drive, speed=speed)


def test_leaving_blank_at_once_is_a_cancel() -> None:
    _, drive = virtual(medium="cd-rw")
    cancel = redbook.Cancel()
    cancel.at_once()
    with pytest.raises(redbook.Cancelled):
        redbook.blank(drive, cancel=cancel)


def test_leaving_at_once_while_the_drive_erases_unlocks_the_tray() -> None:
    recorder, drive = virtual(medium="cd-rw")
    cancel = redbook.Cancel()
    real = recorder.execute
    locked: list[bool] = []

    def execute(cdb: bytes, *rest: Any, **named: Any) -> Reply:
        reply = real(cdb, *rest, **named)
        if cdb[0] == Blank.OPCODE:
            locked.append(recorder.tray_locked)
            cancel.at_once()
        return reply

    recorder.execute = execute  # type: ignore[method-assign]
    with pytest.raises(redbook.Cancelled):
        redbook.blank(drive, cancel=cancel, clock=ManualClock())
    assert locked == [True]
    assert not recorder.tray_locked


def test_a_failed_blank_unlocks_the_tray() -> None:
    recorder, drive = virtual(Fault(Sense(3, 0x51, 0), Blank), medium="cd-rw")
    with pytest.raises(EraseFailed, match="could not be erased") as caught:
        redbook.blank(drive)
    assert caught.value.disc_now == "the drive calls the disc blank anyway"
    assert not recorder.tray_locked


def test_burning_needs_no_more_than_the_ring_whatever_the_length(tmp_path: Path) -> None:
    """What a WRITE is given are slices of the ring; nothing holds the whole track."""
    with (tmp_path / "long.raw").open("wb") as file:
        file.truncate(30_000 * SECTOR_BYTES)
    _, drive = virtual()
    report = redbook.burn(["raw:long.raw"], drive, verify=False, simulate=True)
    assert report.tracks[0].sectors == 30_000


def test_a_write_error_says_track_and_sector(songs: list[Path]) -> None:
    _, drive = virtual(Fault(Sense(3, 0x0C, 0), Write10, lba=500))
    with pytest.raises(redbook.BurnFailed, match=r"sector 188 of track 2 \(LBA 498\)") as caught:
        redbook.burn(songs, drive, clock=ManualClock())
    assert "try the next disc at 8x (--speed 8)" in str(caught.value)  # 16x was taken
    assert caught.value.disc_now.startswith("the disc is spoiled: the session ended early, at 0:06 of ")


def test_a_drive_without_the_write_type_is_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    """The file is damaged, which would be known at the end of decoding it."""
    damaged = write_wav(tmp_path / "damaged.wav", noise(5 * 44_100))
    damaged.write_bytes(damaged.read_bytes()[:-4_000])
    recorder = VirtualRecorder(Medium.new(), model=model(write_types=["track-at-once"]))
    with pytest.raises(NotARecorder):
        redbook.plan([damaged], Drive(recorder, "test"), mode="sao")
