"""A disc's folder that somebody else has prepared: links, pipes and other things where files should be."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from redbook.burning.jobs import burn
from redbook.burning.looking import disc_info
from redbook.errors import DriveError, ImageError, StorageFailed
from redbook.image.disc_files import DiscFiles, NotAFile
from redbook.image.view import OWNER_FILE, FolderView, owner_of
from redbook.mmc.write import Blank, BlankType
from redbook.recorders.choosing import last_virtual_name, new_virtual_name
from redbook.recorders.discs import create_disc
from redbook.recorders.listing import drives
from redbook.recorders.names import open_drive
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.shared import RecorderLock
from tests.support.drives import ready, write_track
from tests.support.sound import noise, write_wav

PRECIOUS = b"what nobody may touch\n" * 1000
FILES = ["disc.json", "disc.bin", "disc.sub", "disc.pregap", "disc.owner", "disc.cue", "disc.toc"]


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim.bin"
    path.write_bytes(PRECIOUS)
    return path


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """With one complete track on it, the session open."""
    write_wav(tmp_path / "a.wav", noise(588 * 310))
    with open_drive("virtual:x.disc") as drive:
        burn(["a.wav"], drive, finalize=False)
    return tmp_path / "x.disc"


def link(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def link_to_nothing(path: Path, victim: Path) -> None:
    path.symlink_to(victim.with_name("made.bin"))


def link_to_itself(path: Path, victim: Path) -> None:
    path.symlink_to(path.name)


def fifo(path: Path, victim: Path) -> None:
    os.mkfifo(path)


def folder(path: Path, victim: Path) -> None:
    path.mkdir()


def unix_socket(path: Path, victim: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name if path.parent == Path.cwd() else os.path.relpath(path))


@pytest.mark.parametrize("make", [link, link_to_nothing, link_to_itself, fifo, folder, unix_socket])
@pytest.mark.parametrize("name", FILES)
def test_a_disc_with_anything_but_files_in_it_is_not_used(
    name: str, make: Callable[[Path, Path], None], disc: Path, victim: Path
) -> None:
    (disc / name).unlink(missing_ok=True)
    make(disc / name, victim)
    before = picture(disc)
    entries = [entry for entry in drives() if entry.name.endswith("x.disc")]
    assert all(name in entry.problem for entry in entries)
    assert entries or (name, make) == ("disc.json", folder)
    for read_only in (True, False):
        with pytest.raises(ImageError, match=name):
            open_drive("virtual:x.disc", read_only=read_only)
    assert victim.read_bytes() == PRECIOUS
    assert not victim.with_name("made.bin").exists()
    assert picture(disc) == before


@pytest.mark.parametrize("name", [".disc.cue.new", ".disc.toc.new", ".disc.json.new", ".disc.owner.new"])
def test_no_name_of_a_temporary_file_can_be_foreseen(name: str, disc: Path, victim: Path) -> None:
    (disc / name).symlink_to(victim)
    (disc / "disc.cue").write_text("old")
    drives()
    with open_drive("virtual:x.disc") as drive:
        burn(["a.wav"], drive, append=True)
    assert victim.read_bytes() == PRECIOUS
    assert (disc / "disc.cue").read_text().count("TRACK") == 2


def test_a_link_that_comes_while_the_disc_is_open_is_not_followed(disc: Path, victim: Path) -> None:
    with open_drive("virtual:x.disc") as drive:
        (disc / "disc.bin").rename(disc / "kept")
        (disc / "disc.bin").symlink_to(victim)
        with pytest.raises(DriveError):
            burn(["a.wav"], drive, append=True)
    assert victim.read_bytes() == PRECIOUS


def test_the_folder_that_was_opened_is_the_one_that_is_written_to(disc: Path, tmp_path: Path) -> None:
    create_disc("other.disc")
    before = picture(tmp_path / "other.disc")
    with open_drive("virtual:x.disc") as drive:
        disc.rename(tmp_path / "moved")
        disc.symlink_to(tmp_path / "other.disc")
        assert burn(["a.wav"], drive, append=True).verified
    assert picture(tmp_path / "other.disc") == before
    assert len(json.loads((tmp_path / "moved/disc.json").read_text())["sessions"][0]["tracks"]) == 2


def test_audio_that_is_taken_away_while_it_is_written_is_no_burn(disc: Path, tmp_path: Path) -> None:
    """The file is still there for who has it open, so reading it back would find every sector."""
    recorder = VirtualRecorder(Medium.open(disc))
    drive = ready(recorder)
    from redbook.mmc.write import SynchronizeCache, Write10
    from tests.support.drives import next_lba

    drive.run(Write10(next_lba(drive), bytes(300 * 2352)[: 27 * 2352]))
    (disc / "disc.bin").unlink()
    with pytest.raises(StorageFailed, match=r"disc\.bin was deleted or replaced"):
        drive.run(SynchronizeCache())


def test_a_file_with_a_second_name_is_read_and_not_written(disc: Path, tmp_path: Path) -> None:
    """`cp -al` makes such copies, and backups by rsync do; writing would change both."""
    (tmp_path / "backup").mkdir()
    kept = (disc / "disc.bin").read_bytes()
    os.link(disc / "disc.bin", tmp_path / "backup/disc.bin")
    with open_drive("virtual:x.disc") as drive:
        assert disc_info(drive).disc.tracks
        with pytest.raises(StorageFailed, match="hard link"):
            burn(["a.wav"], drive, append=True)
    with open_drive("virtual:x.disc") as drive, pytest.raises(DriveError):
        write_track(drive, 300)
    assert (tmp_path / "backup/disc.bin").read_bytes() == kept


def test_an_absurd_state_is_not_read_to_its_end(disc: Path) -> None:
    os.truncate(disc / "disc.json", 1 << 40)
    with pytest.raises(ImageError, match="more than"):
        open_drive("virtual:x.disc")


def test_the_word_of_who_has_a_disc_is_one_line_of_text(disc: Path, victim: Path) -> None:
    for word in (b"\x1b[2Jgone", b"\xff", b"a" * 5000, b"two\nlines"):
        (disc / OWNER_FILE).write_bytes(word)
        assert owner_of(disc) == ""
    (disc / OWNER_FILE).write_bytes("Büro 2\n".encode())
    assert owner_of(disc) == "Büro 2"
    (disc / OWNER_FILE).unlink()
    (disc / OWNER_FILE).symlink_to(victim)
    assert owner_of(disc) == ""


def test_the_folder_of_the_recorder_that_stands_in_is_no_better(tmp_path: Path, victim: Path) -> None:
    discs = tmp_path / "discs"
    discs.mkdir()
    (discs / OWNER_FILE).symlink_to(victim)
    lock = RecorderLock(discs)
    lock.take()
    lock.set_owner("somebody")
    lock.give_back()
    assert victim.read_bytes() == PRECIOUS


def test_files_are_reached_by_plain_names_and_never_twice(tmp_path: Path, victim: Path) -> None:
    files = DiscFiles(tmp_path)
    (tmp_path / "l").symlink_to(victim)
    for attempt in (
        lambda: files.open("l"),
        lambda: files.open("l", write=True),
        lambda: files.replace("l", b""),
        lambda: files.remove("l"),
        lambda: files.size("l"),
    ):
        with pytest.raises(NotAFile):
            attempt()
    files.close()
    files.close()
    with pytest.raises(OSError, match="closed"):
        files.read("victim.bin", 1 << 20)
    assert victim.read_bytes() == PRECIOUS


# Looking


def picture(folder: Path) -> list[tuple[str, int, int, int, bytes]]:
    """All there is in a folder; times too, so that a file that was made anew shows."""
    found = []
    for path in [folder, *sorted(folder.iterdir())]:
        status = path.lstat()
        plain = path.is_file() and not path.is_symlink()
        contents = path.read_bytes() if plain and status.st_size < 1 << 20 else b""
        found.append((path.name, status.st_ino, status.st_mtime_ns, status.st_size, contents))
    return found


@pytest.fixture
def to_be_mended(disc: Path) -> Path:
    """A disc on which opening for a burn has a lot to do."""
    (disc / "disc.cue").write_text("old")
    (disc / "disc.toc").unlink()
    (disc / "disc.owner").write_text("dead\n")
    (disc / ".disc.json.0123456789abcdef.new").write_text("half a")
    os.truncate(disc / "disc.bin", 310 * 2352)  # no run-out
    return disc


COMMANDS = [
    ["drives"],
    ["info"],
    ["info", "--checksums"],
    ["info", "--drive", "virtual:x.disc"],
    ["plan", "a.wav", "--append"],
    ["plan", "a.wav", "--append", "--drive", "virtual:x.disc"],
    ["doctor", "--drive", "virtual:x.disc"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_that_only_looks_changes_nothing(command: list[str], to_be_mended: Path) -> None:
    to_be_mended.with_name("redbook.disc").symlink_to(to_be_mended)  # the default's name, too
    before = picture(to_be_mended)
    done = subprocess.run([sys.executable, "-m", "redbook", *command], capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert picture(to_be_mended) == before


def test_listing_the_discs_of_the_recorder_that_stands_in_changes_nothing(to_be_mended: Path) -> None:
    home = Path(os.environ["XDG_DATA_HOME"]) / "redbook/discs"
    home.mkdir(parents=True)
    to_be_mended.rename(home / "disc-0001.disc")
    before = picture(home / "disc-0001.disc")
    done = subprocess.run([sys.executable, "-m", "redbook", "disc", "list"], capture_output=True, timeout=300)
    assert b"1 track" in done.stdout
    assert picture(home / "disc-0001.disc") == before


def test_opening_for_a_burn_mends_all_that(to_be_mended: Path) -> None:
    open_drive("virtual:x.disc").close()
    assert sorted(path.name for path in to_be_mended.iterdir()) == [
        "disc.bin", "disc.cue", "disc.json", "disc.toc",
    ]  # fmt: skip
    assert (to_be_mended / "disc.bin").stat().st_size == 312 * 2352
    assert "TRACK 01" in (to_be_mended / "disc.cue").read_text()


def test_what_was_opened_to_look_cannot_be_changed(disc: Path) -> None:
    before = picture(disc)
    with open_drive("virtual:x.disc", read_only=True) as drive:
        with pytest.raises(StorageFailed, match="for reading only"):
            burn(["a.wav"], drive, append=True)
        with pytest.raises(DriveError):
            drive.run(Blank(BlankType.ALL))
    with (
        open_drive("virtual:new.disc", read_only=True) as drive,
        pytest.raises(StorageFailed, match="for reading only"),
    ):
        burn(["a.wav"], drive)
    assert picture(disc) == before
    assert not Path("new.disc").exists()


def test_a_disc_that_is_being_burned_can_be_looked_at(disc: Path) -> None:
    with open_drive("virtual:x.disc"):
        with open_drive("virtual:x.disc", read_only=True) as drive:
            assert len(disc_info(drive).disc.tracks) == 1
        assert [entry.problem for entry in drives()] == ["in use by another program"]
        command = [sys.executable, "-m", "redbook", "info", "--drive", "virtual:x.disc"]
        told = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert "in use by another program" in told.stderr
        assert "track 1" in told.stdout.lower() or "1 track" in told.stdout.lower()
        with pytest.raises(DriveError, match="in use"):
            open_drive("virtual:x.disc")
    assert [entry.problem for entry in drives()] == [""]


def test_a_blank_disc_that_another_program_has_is_not_the_default(tmp_path: Path) -> None:
    create_disc("redbook.disc")
    with open_drive("virtual:redbook.disc"):
        assert new_virtual_name() == "virtual:redbook-2.disc"
    assert new_virtual_name() == last_virtual_name() == "virtual:redbook.disc"


LOOKING = """
import redbook
from redbook.recorders.choosing import Task, choose_drive
for number in range(60):
    found = redbook.drives()
    assert len(found) == 1, found
    assert found[0].problem in ("", "in use by another program"), found
    choose_drive(Task.APPEND)
    with redbook.open_drive("virtual:x.disc", read_only=True) as drive:
        redbook.disc_info(drive)
"""


def test_nobody_who_looks_is_in_the_way_of_who_burns(disc: Path) -> None:
    """Of 152 openings beside two such programs 38 failed once."""
    lookers = [subprocess.Popen([sys.executable, "-c", LOOKING], stderr=subprocess.PIPE) for _ in range(3)]
    opened = 0
    while opened < 50 or any(looker.poll() is None for looker in lookers):
        with open_drive("virtual:x.disc") as drive:
            drive.announce(0)
        opened += 1
    assert [looker.communicate()[1] for looker in lookers] == [b""] * 3
    assert opened >= 50


def test_a_change_in_the_middle_of_a_look_is_no_damage(disc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blanking stores the state first and cuts the audio off then: a state read before fits no more."""
    real = DiscFiles.size
    times = 0

    def size(files: DiscFiles, name: str) -> int:
        nonlocal times
        times += 1
        if times == 1:
            data = json.loads((disc / "disc.json").read_text())
            (disc / "disc.json").write_text(json.dumps(data | {"sessions": []}))
            os.truncate(disc / "disc.bin", 0)
        return real(files, name)

    monkeypatch.setattr(DiscFiles, "size", size)
    view = FolderView.look(disc)
    assert not view.state.sessions
    view.close()


@pytest.mark.parametrize("write", [False, True])
def test_a_file_that_becomes_a_link_between_the_look_and_the_opening(
    write: bool, tmp_path: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = DiscFiles._found

    def found(files: DiscFiles, name: str) -> os.stat_result | None:
        status = real(files, name)
        (tmp_path / name).unlink()
        (tmp_path / name).symlink_to(victim)
        return status

    (tmp_path / "disc.bin").write_bytes(b"audio")
    files = DiscFiles(tmp_path)
    monkeypatch.setattr(DiscFiles, "_found", found)
    with pytest.raises(OSError, match="symbolic links"):
        files.open("disc.bin", write=write)
    files.close()


def test_a_second_name_that_comes_while_the_disc_is_open(tmp_path: Path) -> None:
    (tmp_path / "disc.bin").write_bytes(b"audio")
    files = DiscFiles(tmp_path)
    os.link(tmp_path / "disc.bin", tmp_path / "other")
    with pytest.raises(NotAFile, match="hard link"):
        files.open("disc.bin", write=True)
    os.close(files.open("disc.bin"))
    files.close()
