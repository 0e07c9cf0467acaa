"""A ledger in a file: full disks, damage, processes that die, and many at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from redbook.errors import LedgerDamaged, LedgerError, LedgerFull, LedgerUnavailable
from redbook.production.ledger import Ledger, open_ledger
from redbook.production.sqlite import SQLiteStore
from redbook.production.states import AttemptState, Finding
from tests.production.support import DESK, Hand, S, blank, bring_to, claim, order, place


@pytest.fixture
def address(tmp_path: Path) -> str:
    return str(tmp_path / "copies of a sermon.ledger")


def store_of(ledger: Ledger) -> SQLiteStore:
    assert isinstance(ledger._store, SQLiteStore)
    return ledger._store


def fill_the_disk(ledger: Ledger, full: bool) -> None:
    """Until it is emptied again, the file cannot grow by a page: SQLite answers as on a full disk."""
    store = store_of(ledger)
    connect = type(store)._connect

    def limited() -> sqlite3.Connection:
        connection = connect(store)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    store.close()
    store._connections._open = limited if full else lambda: connect(store)


def no_page_left(ledger: Ledger) -> None:
    """Use up what the file has free, so that the next statement needs a page."""
    with store_of(ledger).write() as t:
        t.run("CREATE TABLE IF NOT EXISTS ballast (text TEXT)")
    fill_the_disk(ledger, True)
    for size in (3000, 300, 30):
        try:
            while True:
                with store_of(ledger).write() as t:
                    t.run("INSERT INTO ballast VALUES (?)", "x" * size)
        except LedgerFull:
            pass


LONG = "x" * 20_000
"""A text that needs pages of its own, so that each step below meets the full disk."""

STEPS: dict[str, Callable[[Ledger, Hand], object]] = {
    "closing": lambda ledger, hand: hand.says(S.CLOSING, why=LONG),
    "spoiled": lambda ledger, hand: hand.says(S.SPOILED, why=LONG),
    "report": lambda ledger, hand: hand.says(S.CLOSING, report={"log": LONG}),
    "examined": lambda ledger, hand: ledger.examined(
        hand.claim.attempt, hand.fence, Finding.BROKEN, why=LONG
    ),
    "claim": lambda ledger, hand: ledger.claim(blank(place(1, LONG))),
    "order": lambda ledger, hand: order(ledger, 10_000),
    "pause": lambda ledger, hand: ledger.pause(hand.claim.order, who="Anna", why=LONG),
    "rest": lambda ledger, hand: ledger.rest_drive(DESK, LONG),
}


def everything(ledger: Ledger) -> list[str]:
    """The whole ledger as text, without the ballast."""
    ledger.close()
    with sqlite3.connect(store_of(ledger)._path) as connection:
        return [line for line in connection.iterdump() if "ballast" not in line]


@pytest.mark.parametrize("step", STEPS)
def test_a_full_disk_is_a_clear_error_and_leaves_the_truth_as_it_was(ledger: Ledger, step: str) -> None:
    order(ledger, 5)
    hand = claim(ledger)
    hand.gate()
    no_page_left(ledger)
    before = everything(ledger)
    with pytest.raises(LedgerFull, match="nothing was changed"):
        STEPS[step](ledger, hand)
    assert everything(ledger) == before
    fill_the_disk(ledger, False)
    STEPS[step](ledger, hand)
    assert everything(ledger) != before


def test_the_gate_on_a_full_disk_stays_shut(ledger: Ledger) -> None:
    order(ledger, 200)
    hands = [claim(ledger, place(n)) for n in range(150)]
    no_page_left(ledger)
    refused = 0
    for hand in hands:
        try:
            hand.gate()
        except LedgerFull:
            refused += 1
            assert ledger.attempt(hand.claim.attempt).state is S.CLAIMED
    assert refused  # the history has to grow some time
    fill_the_disk(ledger, False)
    for hand in hands:
        if ledger.attempt(hand.claim.attempt).state is S.CLAIMED:
            hand.gate()


def test_a_file_that_may_not_grow_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    """The kernel's own limit, met in the middle of whatever SQLite writes."""
    code = """
import resource, signal, sys
from redbook.errors import LedgerError
from redbook.production.ledger import open_ledger
from tests.production.support import claim, order, place
ledger = open_ledger("x.ledger")
order(ledger, 1000)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
done = 0
try:
    for n in range(1000):
        claim(ledger, place(n)).gate()
        done += 1
except LedgerError as error:
    print(done, type(error).__name__)
"""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    done, kind = told.stdout.split()
    assert kind in ("LedgerFull", "LedgerUnavailable")
    with open_ledger("x.ledger") as ledger:
        states = [a.state for a in ledger.attempts(1)]
    assert int(done) > 0
    assert states.count(S.WRITING) == int(done)


def test_damage_is_told_as_damage(tmp_path: Path) -> None:
    (tmp_path / "no.ledger").write_bytes(b"something else entirely " * 1000)
    with pytest.raises(LedgerDamaged, match=r"no\.ledger"):
        open_ledger("no.ledger")
    with sqlite3.connect("songs.db") as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    with pytest.raises(LedgerDamaged, match="not a redbook ledger"):
        open_ledger("songs.db")
    assert (tmp_path / "no.ledger").read_bytes().startswith(b"something else")


def test_a_ledger_of_a_newer_redbook_is_left_alone(ledger: Ledger, address: str) -> None:
    with store_of(ledger).write() as t:
        t.run("UPDATE ledger SET value = '2' WHERE key = 'version'")
    with pytest.raises(LedgerDamaged, match="version 2"):
        open_ledger(address)


def test_a_ledger_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match=r"there is no ledger missing\.ledger"):
        open_ledger("missing.ledger", create=False)
    assert not (tmp_path / "missing.ledger").exists()
    with pytest.raises(LedgerUnavailable, match="cannot be used"):
        open_ledger("no such folder/x.ledger")


def test_a_ledger_that_cannot_be_written_is_told(ledger: Ledger, address: str) -> None:
    store = store_of(ledger)
    connect = type(store)._connect

    def read_only() -> sqlite3.Connection:
        connection = connect(store)
        connection.execute("PRAGMA query_only = ON")
        return connection

    store.close()
    store._connections._open = read_only
    with pytest.raises(LedgerUnavailable, match="cannot be used"):
        order(ledger)


def test_each_commit_is_on_the_disk_before_it_is_told(ledger: Ledger) -> None:
    with store_of(ledger)._connections.one(lambda _: None) as (connection, _):
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_threads_share_one_ledger(ledger: Ledger) -> None:
    made = order(ledger, 64)
    errors: list[BaseException] = []

    def drive(number: int) -> None:
        try:
            for _ in range(8):
                claim(ledger, place(number)).goes_on_until(S.GOOD)
        except BaseException as error:  # noqa: BLE001  told by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=drive, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert ledger.order(made.id).made == 64


def claim_until_nothing_is_left(address: str, number: int, told: multiprocessing.Queue[list[int]]) -> None:
    numbers = []
    with open_ledger(address) as ledger:
        where = place(0, f"host {number}")
        while True:
            found = ledger.claim(blank(where))
            if found is None:
                break
            hand = Hand(ledger, found, found.fence)
            hand.goes_on_until(S.GOOD)
            numbers.append(found.number)
    told.put(numbers)


def test_processes_that_make_the_ledger_and_claim_at_once_get_no_number_twice(address: str) -> None:
    """They also all find no ledger there, and make it."""
    context = multiprocessing.get_context("spawn")
    told: multiprocessing.Queue[list[int]] = context.Queue()
    with open_ledger(address) as ledger:
        order(ledger, 100)
    workers = [context.Process(target=claim_until_nothing_is_left, args=(address, n, told)) for n in range(6)]
    for worker in workers:
        worker.start()
    numbers = [number for _ in workers for number in told.get(timeout=60)]
    for worker in workers:
        worker.join()
    assert sorted(numbers) == list(range(1, 101))


def test_a_ledger_is_made_once_by_many_that_open_it_at_once(address: str) -> None:
    errors: list[BaseException] = []
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        try:
            with open_ledger(address) as ledger:
                order(ledger)
        except BaseException as error:  # noqa: BLE001  told by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with open_ledger(address, create=False) as ledger:
        assert len(ledger.orders()) == 8


def test_a_process_killed_anywhere_in_a_step_leaves_a_whole_ledger(address: str) -> None:
    code = f"""
from redbook.production.ledger import open_ledger
from tests.production.support import S, claim, order, place
ledger = open_ledger({address!r})
order(ledger, 100_000)
print("ready", flush=True)
n = 0
while True:
    claim(ledger, place(n := n + 1)).goes_on_until(S.GOOD)
    print(n, flush=True)
"""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env)
    assert program.stdout is not None
    told = [program.stdout.readline() for _ in range(20)]
    program.send_signal(signal.SIGKILL)
    told += program.stdout.readlines()
    program.wait()
    program.stdout.close()
    with open_ledger(address, create=False) as ledger:
        account = ledger.account(1)
        assert account.good >= len(told) - 1
        assert account.good == ledger.order(1).made
        assert account.under_way <= 1
        for attempt in ledger.attempts(1):
            assert ledger.history(attempt.id)[-1].after is attempt.state


def test_a_child_that_was_forked_has_connections_of_its_own(ledger: Ledger) -> None:
    """SQLite's locks are the process's: a connection of the parent's must not be used by the child."""
    order(ledger)
    connections = store_of(ledger)._connections
    inherited = list(connections._idle)
    assert inherited
    child = os.fork()
    if not child:
        try:
            with connections.one(lambda _: None) as (connection, _):
                is_new = all(connection is not one for one in inherited)
            claim(ledger)
            os._exit(0 if is_new else 2)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert [a.state for a in ledger.attempts(1)] == [S.CLAIMED]


def test_an_error_names_the_ledger_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a\nb.ledger").write_text("x" * 5000)
    with pytest.raises(LedgerError) as caught:
        open_ledger("a\nb.ledger")
    assert "\n" not in str(caught.value)


def test_every_state_can_be_reached(ledger: Ledger) -> None:
    for state in AttemptState:
        assert bring_to(ledger, state).state is state
        with store_of(ledger).write() as t:
            t.run("UPDATE attempts SET host = 'past' || id")
            t.run("DELETE FROM drives")


def test_a_ledger_that_was_removed_is_away_until_it_is_put_back(ledger: Ledger, tmp_path: Path) -> None:
    """The connections that are open would go on with the removed file, and all of it be lost."""
    order(ledger)
    path = Path(ledger.name)
    path.rename(tmp_path / "elsewhere")
    for _ in range(2):
        with pytest.raises(LedgerUnavailable, match="put it back"):
            claim(ledger)
    assert not path.exists()  # and no new one is made in its place
    path.write_bytes((tmp_path / "elsewhere").read_bytes())
    with pytest.raises(LedgerUnavailable, match="another file has taken the place"):
        ledger.orders()
    (tmp_path / "elsewhere").replace(path)
    assert claim(ledger).claim.number == 1
