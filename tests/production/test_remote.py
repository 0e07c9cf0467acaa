"""Hosts that share a ledger in PostgreSQL: masters fetched, copies burned, one machine a name."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from redbook.clock import ManualClock
from redbook.engine.events import Notice
from redbook.errors import DriveBusy, HostNameTaken, LedgerError, LedgerFull, LedgerUnavailable
from redbook.production import remote
from redbook.production.carrier import InProcess
from redbook.production.fetch import Fetcher
from redbook.production.home import Home
from redbook.production.ledger import Ledger, open_ledger
from redbook.production.master import make_master
from redbook.production.pool import Pool
from redbook.production.procrastinate import ProcrastinateCarrier
from redbook.production.remote import RemoteWorker
from redbook.production.states import OrderState
from redbook.virtual.rack import Rack
from tests.production.test_fetch import Files
from tests.support import postgres
from tests.support.sound import noise, write_wav


@pytest.fixture
def master(tmp_path: Path) -> Path:
    write_wav(tmp_path / "1.wav", noise(588 * 320, 1))
    return make_master(tmp_path / "1.wav", tmp_path / "made", flac=True).folder


@pytest.fixture
def name(master: Path) -> str:
    return hashlib.sha256((master / "master.json").read_bytes()).hexdigest()


@pytest.fixture
def files(master: Path, name: str) -> Files:
    blobs = {path.stem: path.read_bytes() for path in (master / "blobs").iterdir()}
    return Files({name: (master / "master.json").read_bytes(), **blobs})


@pytest.fixture
def address(server: postgres.Server) -> str:
    return server.new_database()


@pytest.fixture
def ledger(address: str) -> Iterator[Ledger]:
    with open_ledger(address) as opened:
        yield opened


class Machine:
    """A host with a rack of drives, its own connections, and a robot that changes discs."""

    def __init__(self, folder: Path, host: str, address: str, files: Files, **more: Any) -> None:
        self.folder = folder / host
        self.rack = Rack.new(self.folder / "rack", drives=2, blanks=20)
        self.told: list[Any] = []
        self.ledger = open_ledger(address)
        self.pool = Pool([str(self.rack.folder)])
        self.fetcher = Fetcher(["http://stage"], clock=ManualClock(), transport=files)
        self._over = threading.Event()
        self.worker = RemoteWorker(
            self.ledger,
            host,
            Home(self.folder / "home"),
            self.pool,
            self.fetcher,
            on_event=self.told.append,
            **more,
        )

    def tend(self) -> None:
        while not self._over.wait(0.1):
            for drive in self.rack.drives():
                tray = drive.tray
                if not drive.in_use and (tray.is_open or tray.disc is None):
                    blank = self.rack.take_blank()
                    if blank is not None:
                        drive.put_in(blank)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.worker.run), threading.Thread(target=self.tend)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            self.worker.stop()
            for thread in threads:
                thread.join()
            self.close()

    def close(self) -> None:
        self.pool.close()
        self.fetcher.close()
        self.ledger.close()


def until(so: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end
        time.sleep(0.1)


def complete_discs(rack: Rack) -> int:
    """Counted in the world, without the ledger: discs that play."""
    import redbook

    count = 0
    for disc in rack.discs():
        with redbook.open_drive(f"virtual:{disc}") as drive:
            count += redbook.disc_info(drive, labels=False).disc.status.name == "COMPLETE"
    return count


@pytest.mark.slow
@pytest.mark.parametrize("carried", ["threads", "procrastinate"])
def test_two_hosts_make_what_was_ordered_and_no_more(
    ledger: Ledger, address: str, files: Files, name: str, tmp_path: Path, carried: str
) -> None:
    order = ledger.add_order(name, 5, title="Sermon")
    made: list[ProcrastinateCarrier] = []

    def procrastinate(tasks: Any) -> ProcrastinateCarrier:
        made.append(ProcrastinateCarrier(address, tasks, poll_seconds=0.2))
        return made[-1]

    carrier = procrastinate if carried == "procrastinate" else None
    desk, hall = (Machine(tmp_path, host, address, files, carrier=carrier) for host in ("desk", "hall"))
    with desk.at_work(), hall.at_work():
        until(lambda: ledger.order(order.id).state is OrderState.DONE)
        until(lambda: len(ledger.sightings()) == 4)
    for one in made:
        one.close()
    account = ledger.account(order.id)
    assert (account.good, account.spoiled, account.unknown) == (5, 0, 0)
    assert complete_discs(desk.rack) + complete_discs(hall.rack) == 5
    hosts = {attempt.blank.place.host for attempt in ledger.attempts(order.id)}
    assert hosts == {"desk", "hall"}
    kept = tmp_path / "desk" / "home" / "masters" / name / "blobs"
    assert {path.suffix for path in kept.iterdir()} == {".pcm"}  # all drives read the same sectors


@pytest.mark.slow
def test_nothing_is_claimed_before_the_master_is_there(
    ledger: Ledger, address: str, files: Files, name: str, tmp_path: Path
) -> None:
    track = next(digest for digest in files.files if digest != name)
    audio = files.files.pop(track)
    order = ledger.add_order(name, 1)
    desk = Machine(tmp_path, "desk", address, files)
    with desk.at_work():
        until(lambda: any(isinstance(e, Notice) and "could not be fetched" in e.text for e in desk.told))
        assert ledger.attempts(order.id) == []
        # On the page, too, where nobody sees the worker's journal.
        until(lambda: any("could not be fetched" in seen.state for seen in ledger.sightings()))
        files.files[track] = audio
        desk.worker._asked.clear()  # half a minute later
        until(lambda: ledger.order(order.id).state is OrderState.DONE)


def test_a_worker_that_ends_says_last_what_became_of_its_discs(
    ledger: Ledger, address: str, files: Files, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ledger.add_order(name, 1)
    desk = Machine(tmp_path, "desk", address, files)
    monkeypatch.setattr("redbook.production.remote.LOOK_SECONDS", 1e9)  # but for the first look
    desk.worker._want(name)
    with desk.at_work():
        until(lambda: ledger.order(order.id).state is OrderState.DONE)
    assert any("copy 1 is good" in seen.state for seen in ledger.sightings()), ledger.sightings()


def test_two_workers_of_one_name(ledger: Ledger, address: str, files: Files, tmp_path: Path) -> None:
    """On one machine the second finds the first one's lock; on another machine the name is taken."""
    (tmp_path / ".system" / "etc").mkdir(parents=True)
    identity = tmp_path / ".system" / "etc" / "machine-id"
    identity.write_text("1111\n")
    first = Machine(tmp_path, "desk", address, files)
    pool = Pool([str(first.rack.folder)])
    again = partial(RemoteWorker, ledger, "desk", Home(tmp_path / "desk" / "home"), pool, first.fetcher)
    with pytest.raises(DriveBusy):
        again()
    identity.write_text("2222\n")
    elsewhere = partial(RemoteWorker, ledger, "desk", Home(tmp_path / "elsewhere"), pool, first.fetcher)
    with pytest.raises(HostNameTaken, match="--take-over"):
        elsewhere()
    taken = elsewhere(take_over=True)
    taken.close()
    first.worker.close()
    pool.close()
    first.close()


@pytest.mark.parametrize("error", [LedgerUnavailable, LedgerFull])
def test_a_worker_outlives_a_ledger_that_is_away_and_a_call_that_was_lost(
    tmp_path: Path, files: Files, name: str, monkeypatch: pytest.MonkeyPatch, error: type[LedgerError]
) -> None:
    """What is to be fetched is derived from the ledger anew; nothing rests on a carrier's memory."""
    monkeypatch.setattr(remote, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(remote, "POST_AGAIN_SECONDS", 0.0)
    posted = []

    class Losing(InProcess):
        def post(self, *arguments: Any, **more: Any) -> int:
            posted.append(arguments)
            if len(posted) == 1:
                raise error("away")  # it was not heard
            return super().post(*arguments, **more) if len(posted) > 2 else 0  # or lost with a restore

    with open_ledger(tmp_path / "shared.ledger") as ledger:
        ledger.add_order(name, 1)
        machine = Machine(tmp_path, "desk", str(tmp_path / "shared.ledger"), files, carrier=Losing)
        with machine.at_work():
            until(lambda: ledger.account(1).good == 1)
    assert len(posted) >= 3
