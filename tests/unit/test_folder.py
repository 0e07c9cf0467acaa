"""The disc folder: what it takes for a disc, and what it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from redbook.burning.jobs import burn
from redbook.burning.looking import disc_info
from redbook.disc import Msf
from redbook.drive import Drive
from redbook.errors import DriveBusy, DriveError, ImageError, MediumUnsuitable, StorageFailed
from redbook.image.folder import FolderStore
from redbook.image.state_json import from_json, to_json
from redbook.mmc.mode_pages import ModeSelect10, WriteParameters
from redbook.mmc.write import Write10
from redbook.recorders.discs import create_disc
from redbook.recorders.listing import drives
from redbook.recorders.names import open_drive
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import next_lba, ready, write_track
from tests.support.sound import noise, write_wav


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """With one complete track on it, the session open."""
    write_wav(tmp_path / "a.wav", noise(588 * 310))
    with open_drive("virtual:a.disc") as drive:
        burn(["a.wav"], drive, finalize=False)
    return tmp_path / "a.disc"


def change(disc: Path, **fields: Any) -> None:
    data = json.loads((disc / "disc.json").read_text())
    (disc / "disc.json").write_text(json.dumps(data | fields))


def change_track(disc: Path, **fields: Any) -> None:
    data = json.loads((disc / "disc.json").read_text())
    data["sessions"][0]["tracks"][0] |= fields
    (disc / "disc.json").write_text(json.dumps(data))


NONSENSE: list[dict[str, Any]] = [
    *({"version": v} for v in (0, -1, True, "1", None, 1.0)),
    *({"minutes": v} for v in (75, "80", None, [])),
    *({"medium": v} for v in ("dvd", None, 5)),
    *({"finished": v} for v in (None, 0, "", [], {})),
    *({"sessions": v} for v in ("", {}, None, [{}], [[]], [{"tracks": [], "lead_out_lba": None}])),
    *({"last_lead_out": v} for v in ("99:99:99", "200:00:00", "", None, 5, "0:0")),
    *({"erase_count": v} for v in (-1, 1.5, None)),
    {"format": "something else"},
    {"unknown": 1},
]


@pytest.mark.parametrize("fields", NONSENSE, ids=str)
def test_nonsense_in_the_state_is_damage(fields: dict[str, Any], disc: Path) -> None:
    change(disc, **fields)
    with pytest.raises(ImageError, match=r"a\.disc"):
        open_drive("virtual:a.disc")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["number", "start_lba", "written_sectors", "sectors", "control", "state"])
@pytest.mark.parametrize("value", [None, "x", 1.5, [], -1, 10**30, float("nan"), True])
def test_nonsense_in_a_track_is_damage(name: str, value: Any, disc: Path) -> None:
    change_track(disc, **{name: value})
    with pytest.raises(ImageError):
        open_drive("virtual:a.disc")


def test_a_missing_field_is_damage_and_no_default(disc: Path) -> None:
    data = json.loads((disc / "disc.json").read_text())
    for name in set(data) - {"format", "version"}:
        (disc / "disc.json").write_text(json.dumps({k: v for k, v in data.items() if k != name}))
        with pytest.raises(ImageError):
            open_drive("virtual:a.disc")


def test_missing_audio_is_damage(disc: Path) -> None:
    os.truncate(disc / "disc.bin", 309 * 2352)
    with pytest.raises(ImageError, match=r"disc\.bin ends at 309"):
        open_drive("virtual:a.disc")
    (disc / "disc.bin").unlink()
    with pytest.raises(ImageError, match=r"disc\.bin ends at 0"):
        open_drive("virtual:a.disc")


def test_a_state_that_is_no_file_is_damage(disc: Path) -> None:
    (disc / "disc.json").unlink()
    os.mkfifo(disc / "disc.json")
    with pytest.raises(ImageError):
        open_drive("virtual:a.disc")


def test_deep_nonsense_is_damage(disc: Path) -> None:
    (disc / "disc.json").write_text("[" * 100_000)
    with pytest.raises(ImageError):
        open_drive("virtual:a.disc")


def test_one_program_at_a_time(disc: Path) -> None:
    with open_drive("virtual:a.disc"):
        with pytest.raises(DriveBusy):
            open_drive("virtual:a.disc")
        assert [entry.problem for entry in drives()] == ["in use by another program"]
    open_drive("virtual:a.disc").close()


def test_the_state_survives_the_file(disc: Path) -> None:
    data = json.loads((disc / "disc.json").read_text())
    assert to_json(from_json(data)) == data


def test_a_new_disc_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ImageError, match="No space left"):
        create_disc(tmp_path / "x.disc")
    assert not list(tmp_path.iterdir())


def test_nothing_that_is_there_is_overwritten(disc: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (disc, tmp_path / "file"):
        with pytest.raises(MediumUnsuitable, match="already exists"):
            create_disc(path)


def test_a_name_that_is_too_long_for_a_file_is_said_to_be(tmp_path: Path) -> None:
    """255 bytes are the most on Linux and macOS."""
    with pytest.raises(ImageError, match="cannot be opened as a virtual disc: File name too long"):
        Medium.at(tmp_path / ("x" * 300))


def test_an_empty_folder_may_become_a_disc(tmp_path: Path) -> None:
    (tmp_path / "empty.disc").mkdir()
    create_disc(tmp_path / "empty.disc")
    open_drive("virtual:empty.disc").close()


def test_looking_at_a_new_disc_leaves_nothing_behind(tmp_path: Path) -> None:
    with open_drive("virtual:none.disc") as drive:
        assert disc_info(drive).disc.space is not None
    assert not list(tmp_path.iterdir())


def test_a_track_left_open_goes_on_where_it_was(tmp_path: Path) -> None:
    create_disc("p.disc")
    with open_drive("virtual:p.disc") as drive:
        drive = ready(drive._transport)  # type: ignore[arg-type]
        drive.run(Write10(0, b"\x11" * (27 * 2352)))
    with open_drive("virtual:p.disc") as again:
        info = disc_info(again).disc
        assert info.open_track is not None
        assert info.open_track.next_writable_lba == 27


def test_the_run_out_behind_a_full_track_is_no_audio_of_it_when_the_power_goes() -> None:
    create_disc("p.disc")
    with open_drive("virtual:p.disc") as drive:
        ready(drive._transport).run(Write10(0, bytes(27 * 2352)))  # type: ignore[arg-type]
    lead_out = Msf(79, 59, 74).program_lba
    os.truncate("p.disc/disc.bin", lead_out * 2352)  # the drive wrote it, and did not come to note it
    with open_drive("virtual:p.disc") as again:
        track = disc_info(again).disc.open_track
        assert track is not None
        assert track.next_writable_lba == lead_out - 2


def test_nor_is_it_of_a_later_track() -> None:
    create_disc("p.disc")
    with open_drive("virtual:p.disc") as drive:
        write_track(ready(drive._transport), 300)  # type: ignore[arg-type]
        start = next_lba(drive)
        ready(drive._transport).run(Write10(start, bytes(27 * 2352)))  # type: ignore[arg-type]
    lead_out = Msf(79, 59, 74).program_lba
    os.truncate("p.disc/disc.bin", lead_out * 2352)
    with open_drive("virtual:p.disc") as again:
        track = disc_info(again).disc.open_track
        assert track is not None
        assert (track.start_lba, track.next_writable_lba) == (start, lead_out - 2)


def test_a_test_write_on_a_disc_with_an_open_track_starts_where_the_real_one_would() -> None:
    medium = Medium.new()
    recorder = VirtualRecorder(medium)
    drive = ready(recorder)
    drive.run(Write10(0, bytes(27 * 2352)))
    recorder._mechanism.writing = None  # as after a power cut
    drive.run(ModeSelect10(WriteParameters(test_write=True).to_page()))
    drive.run(Write10(27, bytes(27 * 2352)))
    assert next_lba(drive) == 54
    assert medium.state.tracks[0].written_sectors == 27


def test_a_full_host_while_writing_is_no_answer_and_the_disc_still_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wav(tmp_path / "a.wav", noise(588 * 600))
    real = os.pwrite
    written = 0

    def pwrite(fd: int, data: Any, position: int) -> int:
        nonlocal written
        written += len(data)
        if written > 300 * 2352:
            raise OSError(28, "No space left on device")
        return real(fd, data, position)

    monkeypatch.setattr(os, "pwrite", pwrite)
    with open_drive("virtual:f.disc") as drive, pytest.raises(DriveError, match="free some space") as caught:
        burn(["a.wav"], drive)
    assert isinstance(caught.value.__cause__, StorageFailed)
    assert "track 1" in str(caught.value)
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    with open_drive("virtual:f.disc") as drive:
        assert disc_info(drive).disc.status.name == "APPENDABLE"


def test_too_little_room_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wav(tmp_path / "a.wav", noise(588 * 310))
    create_disc("r.disc")
    real = os.statvfs(tmp_path)
    small = os.statvfs_result((*real[:4], 100, *real[5:10]))
    with open_drive("virtual:r.disc") as drive:
        monkeypatch.setattr(os, "statvfs", lambda path: small)
        with pytest.raises(StorageFailed, match="too little room"):
            burn(["a.wav"], drive)
    assert not (tmp_path / "r.disc" / "disc.bin").exists()


def test_closing_twice_is_no_error(disc: Path) -> None:
    drive = open_drive("virtual:a.disc")
    drive.close()
    drive.close()


def test_sheets_that_cannot_be_written_do_not_cost_the_disc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wav(tmp_path / "a.wav", noise(588 * 310))
    real = os.replace

    def replace(new: str, name: str, **folders: int) -> None:
        if name in ("disc.cue", "disc.toc"):
            raise OSError(1, "Operation not permitted")
        real(new, name, **folders)

    monkeypatch.setattr(os, "replace", replace)
    with open_drive("virtual:s.disc") as drive:
        assert burn(["a.wav"], drive).verified
    assert sorted(path.name for path in Path("s.disc").iterdir()) == ["disc.bin", "disc.json"]


def test_reading_behind_the_data_is_silence(tmp_path: Path) -> None:
    create_disc("z.disc")
    store = FolderStore.open(tmp_path / "z.disc")
    store.write(0, b"\x01" * 2352)
    assert store.read(0, 3) == b"\x01" * 2352 + bytes(2 * 2352)
    store.close()


def test_two_sessions_are_in_one_sheet(tmp_path: Path) -> None:
    recorder = VirtualRecorder(Medium.new_at(tmp_path / "m.disc"))
    drive: Drive = ready(recorder)
    from redbook.mmc.mode_pages import MultiSession
    from tests.support.drives import close_session

    write_track(drive, 300)
    close_session(drive, MultiSession.NEXT_ALLOWED)
    write_track(drive, 300)
    close_session(drive)
    drive.close()
    sheet = (tmp_path / "m.disc" / "disc.cue").read_text().splitlines()
    assert "REM SESSION 02" in sheet
    assert sheet[-1] == "    INDEX 01 02:36:02"  # 11702 sectors from the start
