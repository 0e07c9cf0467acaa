"""Where the copies of a machine are kept account of: masters come, are used by several orders, and go."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import redbook
from redbook.production import home as home_module
from redbook.production.home import Home
from redbook.production.making import resume_copies
from redbook.production.master import check_master, make_master
from redbook.virtual.rack import Rack
from tests.production.support import claim
from tests.support.sound import noise, write_wav


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "a.wav", noise(588 * 310, 1))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "deep" / "account")


def test_the_same_disc_is_kept_once(home: Home, song: Path) -> None:
    names = {home.keep_master(song).name, home.keep_master([song]).name}
    assert len(names) == 1
    assert [path.name for path in (home.folder / "masters").iterdir()] == [*names]
    assert home.audio(names.pop()) is not None


def test_a_master_that_lies_elsewhere_stays_there(home: Home, song: Path, tmp_path: Path) -> None:
    made = make_master(song, tmp_path / "mine", flac=True)
    name = home.keep_master(tmp_path / "mine").name
    assert home.audio(name) == made.folder
    assert all((made.folder / "blobs" / f"{track.sha256}.pcm").exists() for track in made.file.tracks)
    with home.ledger() as ledger:
        order = ledger.add_order(name, 1)
        ledger.cancel(order.id)
        home.tidy(ledger)
    assert home.audio(name) == made.folder  # it is somebody's own
    made.folder.rename(tmp_path / "moved")
    assert home.master(name) is None and home.file_of(name) is None


def test_another_disc_that_was_made_where_a_master_lay_is_not_what_was_ordered(
    home: Home, song: Path, tmp_path: Path
) -> None:
    make_master(song, tmp_path / "mine")
    name = home.keep_master(tmp_path / "mine").name
    with home.ledger() as ledger:
        order = ledger.add_order(name, 1).id
    shutil.rmtree(tmp_path / "mine")
    other = write_wav(tmp_path / "b.wav", noise(588 * 310, 2))
    make_master(other, tmp_path / "mine")
    assert home.master(name) is None and home.audio(name) is None and home.file_of(name) is None
    with pytest.raises(redbook.PlanError, match=f"no longer exists in {tmp_path / 'mine'}, or another"):
        resume_copies(order, folder=home.folder)
    shutil.rmtree(tmp_path / "mine")
    make_master(song, tmp_path / "mine")
    assert home.audio(name) == tmp_path / "mine"


def test_audio_goes_when_no_order_wants_it_any_more_and_what_it_was_stays(home: Home, song: Path) -> None:
    file = home.keep_master(song).file
    with home.ledger() as ledger:
        first, second = ledger.add_order(file.name, 1), ledger.add_order(file.name, 1)
        ledger.cancel(first.id)
        home.tidy(ledger)
        assert home.audio(file.name) is not None
        ledger.cancel(second.id)
        home.tidy(ledger)
    assert home.audio(file.name) is None
    assert home.file_of(file.name) == file
    assert home.keep_master(song).file == file and home.audio(file.name) is not None  # ordered once more


def test_what_a_disc_under_way_will_be_compared_with_stays(home: Home, song: Path) -> None:
    """Also where its order is cancelled, and another order of the same disc is over."""
    name = home.keep_master(song).name
    with home.ledger() as ledger:
        first, second = ledger.add_order(name, 1), ledger.add_order(name, 1)
        claim(ledger).gate()
        for order in (first, second):
            ledger.cancel(order.id)
        home.tidy(ledger)
        home.make_room(ledger, 1 << 62)
    assert home.audio(name) is not None


def test_room_is_made_of_what_no_order_waits_for_the_oldest_first(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for number in range(4):
        names.append(home.keep_master(write_wav(tmp_path / f"{number}.wav", noise(588 * 310, number))).name)
        os.utime(home.folder / "masters" / names[-1] / "blobs", (number, number))
    free = [1000]
    monkeypatch.setattr(home_module.shutil, "disk_usage", lambda path: SimpleNamespace(free=free[0]))
    remove = shutil.rmtree

    def frees(path: Path, **more: bool) -> None:
        remove(path, **more)
        free[0] += 500

    monkeypatch.setattr(home_module.shutil, "rmtree", frees)
    with home.ledger() as ledger:
        ledger.add_order(names[0], 1)  # the oldest, and wanted
        home.make_room(ledger, 2000)
        assert [home.audio(name) is not None for name in names] == [True, False, False, True]
        assert home.file_of(names[1]) is not None  # what it was stays
        home.make_room(ledger, 10**9)
    assert [home.audio(name) is not None for name in names] == [True, False, False, False]


def test_what_came_of_a_master_that_nobody_waits_for_makes_room(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [1000]
    monkeypatch.setattr(home_module.shutil, "disk_usage", lambda path: SimpleNamespace(free=free[0]))
    masters = home.folder / "masters"
    for name in ("ab" * 32, "cd" * 32):
        (masters / f".{name}.fetching" / "blobs").mkdir(parents=True)
    with home.ledger() as ledger:
        ledger.pause(ledger.add_order("ab" * 32, 1).id)
        home.make_room(ledger, 1000)
        assert len(list(masters.iterdir())) == 2
        home.make_room(ledger, 2000)
    assert [path.name for path in masters.iterdir()] == [f".{'ab' * 32}.fetching"]


def test_audio_of_an_order_that_was_cancelled_from_elsewhere_goes_before_the_next_is_read(
    home: Home, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Rack.new(tmp_path / "my.rack", 1, 0)
    name = home.keep_master(song).name
    with home.ledger() as ledger:
        ledger.cancel(ledger.add_order(name, 1).id)
    with pytest.raises(redbook.AudioError):
        redbook.make_copies(tmp_path / "gone.wav", [str(tmp_path / "my.rack")], 1, folder=home.folder)
    assert home.audio(name) is None


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8 are Linux's")
def test_a_master_may_lie_in_a_folder_whose_name_is_no_text(home: Home, song: Path, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    make_master(song, folder)
    assert home.audio(home.keep_master(folder).name) == folder


def test_an_order_whose_master_is_gone_says_so(home: Home, song: Path) -> None:
    file = home.keep_master(song)
    with home.ledger() as ledger:
        ledger.add_order(file.name, 1)
    for blob in (home.folder / "masters" / file.name / "blobs").iterdir():
        blob.unlink()
    with pytest.raises(redbook.PlanError, match="no longer exists"):
        resume_copies(1, folder=home.folder)


def test_what_cannot_be_a_disc_leaves_nothing(home: Home, tmp_path: Path) -> None:
    short = write_wav(tmp_path / "short.wav", noise(588 * 20, 1))
    long = write_wav(tmp_path / "long.wav", noise(588 * 310, 1))
    with pytest.raises(redbook.PlanError):
        home.keep_master([short, long])
    assert not (home.folder / "masters").exists() or not list((home.folder / "masters").iterdir())


def test_a_disc_that_is_ordered_once_more_has_its_damaged_audio_made_anew(home: Home, song: Path) -> None:
    """What was said of it is "make the master again"."""
    kept = home.keep_master(song)
    (blob,) = (kept.folder / "blobs").iterdir()
    with blob.open("r+b") as file:
        file.seek(1000)
        file.write(b"damaged")
    again = home.keep_master(song)
    assert again.name == kept.name
    assert check_master(again.folder).name == kept.name


def test_a_master_that_is_damaged_is_refused_before_anything_is_ordered(
    home: Home, song: Path, tmp_path: Path
) -> None:
    made = make_master(song, tmp_path / "made").folder
    (blob,) = (made / "blobs").iterdir()
    with blob.open("r+b") as file:
        file.write(b"damaged")
    with pytest.raises(redbook.AudioError, match="damaged"):
        home.keep_master(made)
    assert home.master_names() == []


def test_what_a_killed_process_left_of_a_master_is_removed(home: Home, song: Path) -> None:
    masters = home.folder / "masters"
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True)
    left = masters / f".new-{int(ended.stdout)}"
    mine = masters / f".new-{os.getppid()}"  # another process that is at work
    for folder in (left, mine):
        (folder / "blobs").mkdir(parents=True)
    home.keep_master(song)
    assert not left.exists() and mine.exists()
