"""Sessions that are longer than the disc says: asked for, warned of, taken or refused by the drive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import redbook
from redbook.disc import Msf
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.drive import Drive
from redbook.image.store import MemoryStore
from redbook.mmc.cue_sheet import SendCueSheet, entries_of
from redbook.virtual.blanks import blank_state
from redbook.virtual.faults import Fault, parse
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support import warm
from tests.support.drives import as_sent, model
from tests.support.sound import noise, write_wav

S = 588
TWENTY_SECONDS = 20 * 75


def recorder(overburn_sectors: int, *faults: Fault) -> VirtualRecorder:
    """With a disc of 20 s in it."""
    disc = Medium(replace(blank_state(), last_lead_out=Msf(0, 22, 0)), MemoryStore())
    return VirtualRecorder(disc, faults=faults, model=model(overburn_sectors=overburn_sectors))


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    """22 s in two tracks."""
    return [write_wav(tmp_path / f"{n}.wav", noise(S * 825, n)) for n in (1, 2)]


def test_a_drive_that_writes_so_far_makes_a_disc_that_is_verified(songs: list[Path]) -> None:
    virtual = recorder(150)
    drive = Drive(virtual)
    with pytest.raises(redbook.PlanError, match="does not fit"):
        redbook.burn(songs, drive)
    with redbook.plan(songs, drive, overburn=True, keep_audio=True) as plan:
        assert plan.free_sectors_after == -150
        assert any("0:02 longer than the disc's stated capacity" in note for note in plan.notes)
        report = redbook.burn(plan, drive)
    assert report.verified
    assert as_sent(virtual, 0, 1650) == noise(S * 825, 1) + noise(S * 825, 2)
    assert report.toc is not None
    assert report.toc.lead_out_lba == TWENTY_SECONDS + 150


def test_a_plan_that_was_not_kept_is_burned_as_it_was_planned(songs: list[Path]) -> None:
    drive = Drive(recorder(150))
    assert redbook.burn(redbook.plan(songs, drive, overburn=True), drive).verified


def test_a_drive_that_refuses_leaves_the_disc_blank(songs: list[Path]) -> None:
    drive = Drive(recorder(149))
    with pytest.raises(redbook.CueSheetRefused, match="with less audio") as refused:
        redbook.burn(songs, drive, overburn=True)
    assert "track-at-once" not in str(refused.value)
    assert redbook.disc_info(drive).disc.status.name == "BLANK"


@pytest.mark.parametrize("sense", ["5/21/00", "5/63/00"])
def test_a_drive_that_stops_late_is_told_as_it_answered(sense: str, songs: list[Path]) -> None:
    drive = Drive(recorder(150, parse(f"{sense}@lba:{TWENTY_SECONDS + 20}")))
    with pytest.raises(redbook.BurnFailed, match=sense) as failed:
        redbook.burn(songs, drive, overburn=True)
    assert "spoiled" in failed.value.disc_now


def test_what_fits_anyway_is_not_warned_of(songs: list[Path]) -> None:
    plan = redbook.plan(songs[:1], Drive(recorder(0)), overburn=True)
    assert not any("overburn" in note for note in plan.notes)


@pytest.mark.parametrize("how", [{"mode": "tao"}, {"finalize": False}, {"append": True}])
def test_only_session_at_once_can(how: dict[str, object], songs: list[Path]) -> None:
    with pytest.raises(redbook.PlanError, match="only session-at-once can write more"):
        redbook.plan(songs, Drive(recorder(150)), overburn=True, **how)  # type: ignore[arg-type]


def test_no_disc_has_more_than_its_addresses() -> None:
    """Of silence, which is not decoded for that."""
    silent = redbook.Piece.silence(100 * 60 * 44_100)
    with pytest.raises(redbook.PlanError, match="no CD has more than 99:59:74"):
        redbook.plan(_with_source(silent), Drive(recorder(150)), overburn=True)


def _with_source(piece: redbook.Piece) -> redbook.Program:
    path = write_wav(Path("short.wav"), noise(S * 400))
    source = redbook.Source("short.wav", path)
    segment = redbook.Segment(1, (redbook.Piece(0), piece))
    return redbook.Program((source,), (redbook.ProgramTrack((segment,)),))


def test_minute_90_and_more_is_an_address_of_the_program_in_a_cue_sheet() -> None:
    lead_out = Msf(95, 0, 0).program_lba
    layout = SessionLayout((LaidTrack(1, 0, lead_out),), lead_out)
    sheet = SendCueSheet.of(entries_of(layout))
    assert entries_of(layout)[-1].lba == lead_out
    assert sheet.sheet[-3:] == bytes((95, 0, 0))


@pytest.mark.slow
def test_at_a_prompt_a_disc_of_99_minutes_says_80_and_takes_more(tmp_path: Path) -> None:
    write_wav(Path("a.wav"), b"")
    seconds = 81 * 60
    with Path("a.wav").open("r+b") as file:  # silence that takes no room
        for place, size in ((4, seconds * 176_400 + 36), (40, seconds * 176_400)):
            file.seek(place)
            file.write(size.to_bytes(4, "little"))
        file.truncate(44 + seconds * 176_400)
    assert warm.run("disc", "new", "my.disc", "--minutes", "99").returncode == 0
    command = ("plan", "a.wav", "--drive", "virtual:my.disc")
    assert warm.run(*command).returncode == 4
    said = warm.run(*command, "--overburn")
    assert "1 track, 81:00 in total; 1:02 more than the 79:57 that the disc names" in said.stdout
    assert "overburning: it is 1:02 longer than the disc's stated capacity" in " ".join(said.stderr.split())
    assert warm.run(*command, "--overburn", "--split").returncode == 2
    assert warm.run("disc", "new", "rw.disc", "--type", "cd-rw", "--minutes", "99").returncode == 2
