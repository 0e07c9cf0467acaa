"""The worker: blanks become copies, and what dies on the way is found by looking at the discs."""

from __future__ import annotations

import errno
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.engine.events import Notice
from redbook.errors import LedgerUnavailable, NotInLedger
from redbook.production import looking
from redbook.production.events import CopyState, DriveRests, NeedBlank, TakeDisc
from redbook.production.ledger import Ledger, open_ledger
from redbook.production.listening import say
from redbook.production.making import bus_note
from redbook.production.master import make_master
from redbook.production.pool import Pool, Seen
from redbook.production.states import AttemptState, OrderState
from redbook.production.station import Station, WorkerRunning, alone
from redbook.production.values import Attempt, Blank, Order, Place, new_fence
from redbook.production.worker import Worker
from redbook.recorders.names import open_drive
from redbook.recorders.real_drives import DriveEntry
from redbook.virtual.rack import Rack, RackDrive
from tests.support.sound import noise, write_wav

PATIENCE_SECONDS = 60.0


class Desk:
    """A rack, a master, and whoever works on them."""

    def __init__(self, folder: Path, ledger: Ledger, drives: int, blanks: int) -> None:
        self.folder, self.ledger = folder, ledger
        self.rack = Rack.new(folder / "rack", drives=drives, blanks=blanks)
        songs = [write_wav(folder / f"{n}.wav", noise(588 * 310, n)) for n in range(2)]
        self.master = make_master(songs, folder / "m")
        self.pool = Pool([str(self.rack.folder)])
        self.events: list[Any] = []
        self.worker = self.new_worker()

    def new_worker(self) -> Worker:
        def folder_of(name: str) -> Path | None:
            return self.master.folder if name == self.master.name else None

        self.worker = Worker(self.ledger, "", self.pool, folder_of, on_event=self.events.append)
        return self.worker

    def order(self, wanted: int, **more: Any) -> Order:
        return self.ledger.add_order(self.master.name, wanted, **more)

    def put(self, name: str = "d1", *faults: str) -> RackDrive:
        blank = self.rack.take_blank(faults)
        assert blank is not None
        at = self.rack.drive(name)
        at.put_in(blank)
        return at

    def until(self, so: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not so():
            assert time.monotonic() < end, self.events
            self.worker.tick()
            time.sleep(0.02)

    def until_quiet(self) -> None:
        self.worker.tick()
        self.until(lambda: not self.worker.busy)
        self.worker.tick()

    def attempts(self, order: int = 1) -> list[Attempt]:
        return self.ledger.attempts(order)

    def told(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def holds_the_master(self, disc: Path) -> bool:
        with open_drive(f"virtual:{disc}", read_only=True) as drive:
            return redbook.verify(self.master.folder, drive).same


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # A recorder that remembers the table of contents has its tray opened to be read back.
    monkeypatch.setenv("REDBOOK_MODEL", "redbook")
    with open_ledger(tmp_path / "copies.ledger") as ledger:
        made = Desk(tmp_path, ledger, 2, 9)
        yield made
        made.worker.end_hands()
        made.until(lambda: not made.worker.busy)
        made.pool.close()


def test_blanks_become_copies_and_only_open_trays_mean_take_me(desk: Desk) -> None:
    desk.order(2)
    first, second = desk.put("d1"), desk.put("d2")
    desk.until_quiet()
    assert desk.ledger.order(1).state is OrderState.DONE
    assert first.tray.is_open and second.tray.is_open
    assert sorted(event.number for event in desk.told(TakeDisc)) == [1, 2]
    discs = [first.take_out(), second.take_out()]
    assert all(disc is not None and desk.holds_the_master(disc) for disc in discs)
    desk.put("d1")
    desk.until_quiet()
    assert len(desk.attempts()) == 2  # nothing more is wanted


@pytest.mark.slow
def test_a_spoiled_disc_stays_in_and_another_blank_makes_the_copy(desk: Desk) -> None:
    desk.order(1)
    at = desk.put("d1", "3/0C/00@lba:200")
    desk.until_quiet()
    (spoiled,) = desk.attempts()
    assert (spoiled.state, at.tray.is_open) == (AttemptState.SPOILED, False)
    assert "LBA" in spoiled.reason
    assert [event.good for event in desk.told(TakeDisc)] == [False]
    desk.until_quiet()
    assert len(desk.attempts()) == 1  # the same disc is never tried again
    desk.put("d1")
    desk.until_quiet()
    assert [attempt.number for attempt in desk.attempts()] == [1, 1]
    assert desk.ledger.order(1).state is OrderState.DONE


@pytest.mark.slow
def test_two_spoiled_discs_in_a_row_rest_a_drive_until_a_person_says_so(desk: Desk) -> None:
    desk.order(1)
    for _ in range(2):
        at = desk.put("d1", "3/0C/00@lba:200")
        desk.until_quiet()
    assert [event.drive for event in desk.told(DriveRests)] == [f"rack:{at.folder}"]
    desk.put("d1")
    desk.until_quiet()
    assert len(desk.attempts()) == 2
    desk.ledger.resume_drive(desk.attempts()[0].blank.place)
    desk.until_quiet()
    assert desk.ledger.order(1).state is OrderState.DONE


def test_a_disc_that_is_not_blank_is_said_once(desk: Desk) -> None:
    desk.order(1)
    at = desk.put("d1")
    with open_drive(f"rack:{at.folder}") as drive:
        redbook.burn(write_wav(desk.folder / "other.wav", noise(588 * 400, 9)), drive)
    for _ in range(3):
        desk.until_quiet()
    needs = [event for event in desk.told(NeedBlank) if event.drive.endswith("d1")]
    assert [need.why for need in needs] == [
        "the disc in it is not blank: CD-R 80 min, complete, 1 track",
    ]
    assert desk.attempts() == [] and not at.tray.is_open


def test_a_finished_copy_that_is_pushed_in_again_is_given_back(desk: Desk) -> None:
    desk.order(2)
    at = desk.put("d1")
    desk.until_quiet()
    at.push_in()
    desk.until_quiet()
    assert at.tray.is_open and len(desk.attempts()) == 1
    assert "inserted again" in desk.told(NeedBlank)[-1].why


def test_a_spoiled_copy_that_is_pushed_in_again_stays_in_and_is_called_no_good(desk: Desk) -> None:
    """Its table of contents is the master's; an open tray would say that it is good."""
    desk.order(1)
    at = desk.put("d1", "unreadable@lba:200-210")
    desk.until_quiet()
    (spoiled,) = desk.attempts()
    assert spoiled.state is AttemptState.SPOILED
    at.press_eject()
    at.push_in()
    desk.until_quiet()
    assert not at.tray.is_open
    assert "not a good copy" in desk.told(NeedBlank)[-1].why


def hand_of(desk: Desk) -> Any:
    (station,) = [s for s in desk.worker._all() if s.process is not None]
    return station.process


@pytest.mark.parametrize("state", ["writing", "closing", "verifying"])
def test_a_hand_that_dies_leaves_a_disc_that_is_looked_at(desk: Desk, state: str) -> None:
    desk.order(1)
    desk.put("d1")

    def kill(event: Any) -> None:
        desk.events.append(event)
        if isinstance(event, CopyState) and event.state == state and not killed:
            killed.append(1)
            hand_of(desk).send_signal(signal.SIGKILL)

    killed: list[int] = []
    desk.worker._on_event = kill
    desk.until_quiet()
    (first,) = desk.attempts()[:1]
    assert first.state in (AttemptState.GOOD, AttemptState.SPOILED, AttemptState.VOID)
    if state != "verifying":  # there the verdict may be on its way already, and is heard
        assert "died" in first.reason
    if first.state is AttemptState.SPOILED:
        desk.put("d1")
    desk.until_quiet()
    desk.until(lambda: not desk.worker.busy)
    assert desk.ledger.order(1).state is OrderState.DONE


def left_behind_the_gate(desk: Desk) -> Attempt:
    """A worker and its hand die when the disc is finished: nobody has said so."""
    desk.order(1)
    at = desk.put("d1")
    with open_drive(f"rack:{at.folder}") as drive:
        redbook.burn(desk.master.folder, drive)
    place = Place("", f"rack:{at.folder}")
    claim = desk.ledger.claim(Blank(place, desk.pool.look(place.drive)))
    assert claim is not None
    desk.ledger.gate(claim.attempt, claim.fence, new_fence())
    return desk.ledger.attempt(claim.attempt)


def test_a_finished_disc_without_a_master_to_compare_it_with_is_for_a_person_to_judge(desk: Desk) -> None:
    left = left_behind_the_gate(desk)
    desk.worker.masters = lambda name: None
    desk.until_quiet()
    ended = desk.ledger.attempt(left.id)
    assert ended.state is AttemptState.UNKNOWN and "master is no longer here" in ended.reason
    desk.ledger.resolve(left.id, AttemptState.GOOD, who="Anna")
    assert desk.ledger.order(1).state is OrderState.DONE


def test_a_disc_is_looked_at_once_the_master_to_compare_it_with_has_come(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = left_behind_the_gate(desk)
    monkeypatch.setattr(looking, "LOOK_AGAIN_SECONDS", 0.0)
    folder_of, desk.worker.masters = desk.worker.masters, lambda name: None
    desk.worker.masters_come = True
    desk.until(lambda: desk.told(DriveRests))
    assert desk.ledger.attempt(left.id).state is AttemptState.WRITING
    desk.worker.masters = folder_of
    desk.until(lambda: desk.ledger.order(1).state is OrderState.DONE)
    assert len(desk.told(DriveRests)) == 1


def test_a_hand_of_which_the_ledger_knows_nothing_leaves_its_disc_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger was restored while it burned: a good disc that is not in the account goes to nobody."""

    def forgotten(self: Ledger, attempt: int, *_: object, **__: object) -> Attempt:
        raise NotInLedger(f"the ledger has no attempt {attempt}")

    desk.order(1)
    at = desk.put("d1")
    for name in ("step", "take_up"):
        monkeypatch.setattr(Ledger, name, forgotten)
    desk.until_quiet()
    for _ in range(8):
        desk.until_quiet()
    assert not at.tray.is_open


class WorkerDies(Exception):
    """Ends a thread of the worker."""


dies = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def die_at(desk: Desk, state: str) -> None:
    """The worker's thread beside the hand ends there, and with it the pipes; returns when it has."""

    def hear(event: Any) -> None:
        if isinstance(event, CopyState) and event.state == state:
            raise WorkerDies

    desk.worker.tell = hear  # type: ignore[method-assign]
    desk.worker.tick()
    (thread,) = [station.thread for station in desk.worker._all() if station.thread is not None]
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive() and desk.attempts()[0].state == state


@dies
@pytest.mark.parametrize("state", ["writing", "closing", "verifying"])
def test_a_worker_that_is_new_takes_up_what_another_left(desk: Desk, state: str) -> None:
    """Its hand goes on alone meanwhile, and nobody gets in its way."""
    desk.order(1)
    at = desk.put("d1")
    die_at(desk, state)
    disc = at.disc_path
    desk.new_worker()
    desk.until_quiet()
    desk.until_quiet()
    (first, *others) = desk.attempts()
    if state == "writing":  # the hand was told nothing, and wrote nothing
        assert first.state is AttemptState.VOID and [one.state for one in others] == [AttemptState.GOOD]
    else:
        assert first.state is AttemptState.GOOD and not others
    assert disc is not None and at.tray.is_open and desk.holds_the_master(disc)


@dies
def test_a_disc_that_was_taken_away_meanwhile_holds_its_number(desk: Desk) -> None:
    desk.order(1)
    at = desk.put("d1")
    die_at(desk, "closing")
    at.take_out()  # waits for the hand
    desk.put("d1")
    desk.new_worker()
    desk.until_quiet()
    (attempt,) = desk.attempts()
    assert attempt.state is AttemptState.UNKNOWN
    desk.ledger.resolve(attempt.id, AttemptState.SPOILED, who="Anna")
    desk.until_quiet()
    assert desk.ledger.order(1).state is OrderState.DONE


class Away:
    """A ledger that does not answer for a while."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.here = threading.Event()
        self.here.set()
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        if not self.here.is_set():
            self.refused += 1
            raise LedgerUnavailable("the database is away")
        return getattr(self._ledger, name)


def test_while_the_ledger_is_away_discs_wait_with_their_trays_shut(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redbook.production.worker.LEDGER_AGAIN_SECONDS", 0.02)
    desk.order(1)
    at = desk.put("d1")
    away = Away(desk.ledger)
    desk.worker.ledger = away  # type: ignore[assignment]
    desk.worker._on_event = lambda event: (
        away.here.clear() if isinstance(event, CopyState) and event.state == "writing" else None
    )
    desk.worker.tick()
    desk.until(lambda: away.refused > 20)
    assert not at.tray.is_open and desk.attempts()[0].state is AttemptState.WRITING
    away.here.set()
    desk.until_quiet()
    assert desk.ledger.order(1).state is OrderState.DONE and at.tray.is_open


def test_a_ledger_that_is_away_is_told_once_and_that_it_is_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is asked meanwhile, and also while no drive has a blank to ask for."""
    monkeypatch.setattr("redbook.production.worker.STOPS_SECONDS", 0.05)
    away = Away(desk.ledger)
    desk.until_quiet()
    desk.worker.ledger = away  # type: ignore[assignment]
    away.here.clear()
    desk.until(lambda: away.refused > 5)
    away.here.set()
    desk.until(lambda: len(desk.told(Notice)) > 1)
    assert [notice.text.partition(",")[0] for notice in desk.told(Notice)] == [
        "the ledger does not answer",
        "the ledger answers again",
    ]


def test_nothing_is_claimed_for_a_master_whose_audio_was_tidied_away(desk: Desk) -> None:
    desk.order(1)
    (desk.master.folder / "blobs").rename(desk.folder / "away")
    desk.put("d1")
    desk.until_quiet()
    assert desk.attempts() == []
    (desk.folder / "away").rename(desk.master.folder / "blobs")
    desk.until_quiet()
    desk.until(lambda: desk.ledger.order(1).state is OrderState.DONE)


def test_too_short_a_blank_is_asked_to_be_changed_and_blames_no_drive(desk: Desk) -> None:
    desk.order(1)
    short = desk.rack.take_blank()
    assert short is not None
    disc = json.loads((short / "disc.json").read_text())
    (short / "disc.json").write_text(json.dumps({**disc, "last_lead_out": "00:05:00"}))
    at = desk.rack.drive("d1")
    at.put_in(short)
    desk.until(lambda: any("does not fit" in event.why for event in desk.told(NeedBlank)))
    for _ in range(5):
        desk.worker.tick()
    desk.until_quiet()
    assert [attempt.state for attempt in desk.attempts()] == [AttemptState.VOID]
    assert not desk.told(DriveRests)
    desk.put("d1")
    desk.until(lambda: desk.ledger.order(1).state is OrderState.DONE)


def test_a_master_that_goes_just_when_a_copy_is_claimed_costs_nothing(desk: Desk) -> None:
    """Its folder is a person's, who may move it at any moment."""
    order = desk.order(1)
    worker, asked = desk.worker, list[str]()

    def folder_of(name: str) -> Path | None:
        asked.append(name)
        return desk.master.folder if len(asked) == 1 else None

    worker.masters = folder_of
    desk.put()
    worker.tick()
    assert len(asked) >= 2
    assert [a.state for a in desk.ledger.attempts(order.id)] == [AttemptState.VOID]
    assert desk.ledger.account(order.id).free == 1


def test_a_master_that_is_damaged_meanwhile_pauses_its_order_and_blames_no_drive(desk: Desk) -> None:
    desk.order(2)
    blob = next((desk.master.folder / "blobs").iterdir())
    blob.write_bytes(bytes(len(blob.read_bytes())))
    desk.put("d1")
    desk.until_quiet()
    order = desk.ledger.order(1)
    assert order.state is OrderState.PAUSED and "was damaged" in order.why
    (attempt,) = desk.attempts()
    assert attempt.state is AttemptState.VOID
    assert not desk.told(DriveRests)


def test_a_machine_without_room_for_another_process_gives_the_blank_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*words: object, **more: object) -> None:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    desk.order(1)
    desk.put("d1")
    monkeypatch.setattr("redbook.production.worker.START_AGAIN_SECONDS", 0.0)
    with monkeypatch.context() as full:
        full.setattr("redbook.production.worker.subprocess.Popen", none_left)
        desk.worker.tick()
    (attempt,) = desk.attempts()
    assert attempt.state is AttemptState.VOID and "could not be started" in attempt.reason
    desk.until_quiet()
    assert desk.ledger.order(1).state is OrderState.DONE


def test_a_listener_that_raises_costs_no_disc(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def raises(event: Any) -> None:
        raise ValueError("a program's own mistake")

    desk.order(1)
    desk.put("d1")
    desk.worker._on_event = raises
    desk.until_quiet()
    assert desk.ledger.order(1).state is OrderState.DONE
    assert "on_event raised" in caplog.text


def test_an_order_that_is_cancelled_at_once_ends_its_burns_in_good_order(desk: Desk) -> None:
    desk.order(2)
    desk.put("d1")
    desk.worker.tick()
    desk.ledger.cancel(1, now=True)
    desk.until_quiet()
    assert {attempt.state for attempt in desk.attempts()} <= {AttemptState.VOID, AttemptState.SPOILED}


def test_a_paused_order_s_blank_is_given_back_unharmed(desk: Desk) -> None:
    desk.order(1)
    at = desk.put("d1")
    desk.worker.tick()
    desk.ledger.pause(1)
    desk.until_quiet()
    (attempt,) = desk.attempts()
    assert attempt.state is AttemptState.VOID and "paused" in attempt.reason
    assert not at.tray.is_open
    desk.ledger.resume(1)
    desk.until_quiet()
    assert desk.ledger.order(1).state is OrderState.DONE


def test_there_is_one_worker_a_host(tmp_path: Path) -> None:
    lock = tmp_path / "some where" / "worker.lock"
    with alone(lock), pytest.raises(WorkerRunning, match="already"), alone(lock):
        pass
    with alone(lock):
        pass


def test_drives_that_are_none_are_named(tmp_path: Path, desk: Desk) -> None:
    with pytest.raises(redbook.DriveNotFound, match="d9"):
        Pool([f"rack:{desk.rack.folder}/d9"])
    with pytest.raises(redbook.DriveNotFound, match="has no tray"):
        Pool(["virtual:x.disc"])
    with pytest.raises(redbook.DriveNotFound, match="/dev/sr77"):
        Pool(["/dev/sr77"])
    with Pool([f"rack:{desk.rack.folder}/d2"]) as one:
        assert [Path(name).name for name in one.poll()] == ["d2"]


def test_recorders_on_one_usb_2_bus_are_told_how_fast_they_can_be() -> None:
    class Named:
        """A pool of drives that only their connections are known of."""

        def __init__(self, *connections: str) -> None:
            self._connections = connections

        def poll(self) -> dict[str, Seen]:
            entries = {
                f"/dev/sr{n}": DriveEntry(f"/dev/sr{n}", "", "", False, connection=connection)
                for n, connection in enumerate(self._connections)
            }
            return {name: Seen(entry, "") for name, entry in entries.items()}

    def note(speed: float | None, *connections: str) -> str:
        return bus_note(Named(*connections), speed)  # type: ignore[arg-type]

    slow = [f"USB port 2-1.{n}, 480 Mbit/s" for n in range(5)]
    assert "/dev/sr0, /dev/sr1, /dev/sr2, /dev/sr3, /dev/sr4 share one USB 2 bus" in note(48, *slow)
    assert "at most 39x each" in note(48, *slow)  # 35 MB/s / 5 / 176,400 B/s
    assert note(24, *slow) == ""  # 21 MB/s
    assert note(48, *(f"USB port {n}-1, 480 Mbit/s" for n in range(5))) == ""
    assert note(48, *(f"USB port 2-{n}, 5000 Mbit/s" for n in range(5))) == ""
    assert note(48, "ATA port ata1", "ATA port ata2") == ""


class Pipe:
    """To a hand.  While a word is written to it a signal comes, on the same thread."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.inside = False

    def write(self, text: str) -> None:
        assert not self.inside, "a word was written into another one"
        self.inside = True
        signal.raise_signal(signal.SIGUSR1)
        self.inside = False
        self.words.append(text)

    def flush(self) -> None:
        pass


def test_a_signal_in_the_middle_of_a_word_to_a_hand_waits_for_the_next_look(desk: Desk) -> None:
    class Process:
        stdin = Pipe()

    process: Any = Process()
    station = desk.worker._stations["d9"] = Station("d9", process=process)
    before = signal.signal(signal.SIGUSR1, lambda *_: desk.worker.end_hands())
    try:
        say(process, {"go": True})
        say(process, {"heard": True})
    finally:
        signal.signal(signal.SIGUSR1, before)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    desk.worker._stations["d9"] = station
    station.thread = threading.current_thread()
    for _ in range(3):
        desk.worker.tick()
    signal.signal(signal.SIGUSR1, before)
    station.thread = None
    assert [json.loads(word) for word in process.stdin.words] == [
        {"go": True},
        {"heard": True},
        {"cancel": True},  # once
    ]
    assert desk.worker.cancel.wanted
