"""A ledger in PostgreSQL: many processes, servers that go and come back, backups."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Iterator

import psycopg
import pytest

from redbook.errors import LedgerFull, LedgerUnavailable, NotInLedger
from redbook.production.ledger import open_ledger
from redbook.production.states import Finding, OrderState
from redbook.production.values import new_fence
from tests.production.support import DESK, Hand, S, blank, claim, order, place
from tests.support import postgres

pytestmark = pytest.mark.slow


@pytest.fixture
def address(server: postgres.Server) -> str:
    return server.new_database()


@pytest.fixture
def own_server(server: postgres.Server) -> Iterator[postgres.Server]:
    """One that a test may kill; `server` says first whether there can be one."""
    with postgres.Server() as started:
        yield started


def claim_until_nothing_is_left(
    address: str, number: int, start: object, told: multiprocessing.Queue[list[int]]
) -> None:
    numbers = []
    with open_ledger(address) as ledger:
        start.wait()  # type: ignore[attr-defined]
        where = place(0, f"host {number}")
        while (found := ledger.claim(blank(where))) is not None:
            Hand(ledger, found, found.fence).goes_on_until(S.GOOD)
            numbers.append(found.number)
    told.put(numbers)


def test_fifty_processes_that_claim_at_once_get_no_number_twice(address: str) -> None:
    context = multiprocessing.get_context("fork")
    told: multiprocessing.Queue[list[int]] = context.Queue()
    start = context.Barrier(50)
    with open_ledger(address) as ledger:
        for wanted in (120, 1, 60, 19):
            order(ledger, wanted)
        ledger.close()
        workers = [
            context.Process(target=claim_until_nothing_is_left, args=(address, n, start, told))
            for n in range(50)
        ]
        for worker in workers:
            worker.start()
        taken = [number for _ in workers for number in told.get(timeout=120)]
        for worker in workers:
            worker.join()
        assert len(taken) == 200
        for one in ledger.orders():
            account = ledger.account(one.id)
            assert (one.state, account.good, account.void) == (OrderState.DONE, one.wanted, 0)
            numbers = [a.number for a in ledger.attempts(one.id)]
            assert sorted(numbers) == list(range(1, one.wanted + 1))


def test_claims_do_not_wait_for_each_other(address: str) -> None:
    """One that has not ended yet keeps its copy, and nothing else."""
    with open_ledger(address) as ledger:
        order(ledger, 2)
        with ledger._store.write() as t:
            row = t.row("SELECT number FROM copies WHERE attempt IS NULL ORDER BY number LIMIT 1" + t.lock)
            assert row == (1,)
            assert claim(ledger, place(1)).claim.number == 2
            assert ledger.claim(blank(place(2))) is None
        assert claim(ledger, place(2)).claim.number == 1


def test_a_copy_that_is_freed_while_another_host_finds_none_is_found_again(address: str) -> None:
    with open_ledger(address) as ledger:
        for _ in range(20):
            order(ledger, 1)
            first = claim(ledger, place(1))
            first.gate()
            threads = [
                threading.Thread(target=first.says, args=(S.SPOILED,)),
                threading.Thread(target=ledger.claim, args=(blank(place(2)),)),
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            live = [a for a in ledger.live_attempts("desk") if a.order == first.claim.order]
            if not live:
                live = [ledger.attempt(claim(ledger, place(2)).claim.attempt)]
            assert [a.order for a in live] == [first.claim.order]
            for attempt in live:
                ledger.step(attempt.id, attempt.fence, S.VOID)
            ledger.cancel(first.claim.order)
            ledger.resume_drive(place(1))
            ledger.resume_drive(place(2))


def test_a_server_that_was_restarted_is_found_again(own_server: postgres.Server) -> None:
    address = own_server.new_database()
    with open_ledger(address) as ledger:
        order(ledger)
        hand = claim(ledger)
        hand.gate()
        own_server.stop()
        with pytest.raises(LedgerUnavailable, match="no answer"):
            hand.says(S.CLOSING)
        with pytest.raises(LedgerUnavailable):
            ledger.claim(blank(place(1)))
        own_server.start()
        hand.says(S.CLOSING)  # told until heard
        own_server.stop()
        own_server.start()
        hand.says(S.VERIFYING)  # its idle connection had died meanwhile
        assert hand.says(S.GOOD).state is S.GOOD


def test_what_was_told_outlives_a_server_that_is_killed(own_server: postgres.Server) -> None:
    address = own_server.new_database()
    with open_ledger(address) as ledger:
        made = order(ledger, 10)
        hands = [claim(ledger, place(n)) for n in range(4)]
        for hand in hands:
            hand.gate()
        ledger.rest_drive(place(9), "it smells")
        own_server.kill()
        own_server.start()
        assert [a.state for a in ledger.attempts(made.id)] == [S.WRITING] * 4
        assert ledger.drive(place(9)).resting == "it smells"
        assert ledger.sightings() == []  # that table does not outlive a crash, and need not


def test_an_answer_that_was_lost_is_asked_for_again(address: str) -> None:
    """The commit reached the server, and the connection broke before the answer: the gate was passed."""
    with open_ledger(address) as ledger:
        order(ledger)
        hand = claim(ledger)
        mine = new_fence()
        with pytest.raises(LedgerUnavailable, match="connection"), ledger._store.write() as t:
            t.run("UPDATE attempts SET state = 'writing', fence = ? WHERE id = 1", mine)
            t.run("COMMIT")
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        ledger.gate(hand.claim.attempt, hand.claim.fence, mine)
        assert ledger.attempt(hand.claim.attempt).state is S.WRITING


def test_a_ledger_restored_from_a_back_up_burns_nothing_twice(own_server: postgres.Server) -> None:
    address = own_server.new_database()
    with open_ledger(address) as ledger:
        made = order(ledger, 4)
        before = claim(ledger, place(0))
        before.gate()
        kept = own_server.dump(address)
        # An hour in which discs are made.
        before.says(S.CLOSING)
        before.says(S.VERIFYING)
        before.says(S.GOOD)  # and taken out
        newer, still_burning = claim(ledger, place(1)), claim(ledger, place(2))
        newer.goes_on_until(S.GOOD)
        still_burning.gate()
        ledger.close()
        own_server.restore(address, kept)
        with open_ledger(address, create=False) as restored:
            restored.mark_restored(who="Anna")
            assert restored.claim(blank(place(3))) is None
            # A hand that burns on is told that the ledger does not know it.
            with pytest.raises(NotInLedger, match="newer"):
                still_burning.says(S.CLOSING)
            # The host's worker finds an attempt of before the back-up, and another disc or none in the drive.
            (old,) = restored.live_attempts("desk")
            taken = restored.take_up(old.id, "desk")
            assert restored.examined(taken.id, taken.fence, Finding.GONE).state is S.UNKNOWN
            assert restored.resolve(taken.id, S.GOOD, who="Anna").number == before.claim.number
            # The disc that is newer than the back-up is put in again, compared, and adopted.
            assert restored.attempt_of_blank("desk", newer.claim.blank.ref) is None
            adopted = restored.adopt(made.id, newer.claim.blank, who="Anna")
            assert (adopted.state, adopted.number) == (S.GOOD, 2)
            restored.resume(made.id, who="Anna")
            again = claim(restored, place(1))
            assert again.claim.number == 3
            assert (
                again.claim.attempt == still_burning.claim.attempt
            )  # the number was given out a second time
            again.gate()
            with pytest.raises(Exception, match="another process is now responsible"):
                still_burning.says(S.CLOSING)


def test_a_host_that_returns_after_a_day_finds_its_attempts_as_it_left_them(address: str) -> None:
    now = [1_000_000_000.0]
    with open_ledger(address, now=lambda: now[0]) as ledger:
        order(ledger, 3)
        writing, claimed = claim(ledger, place(0, "far")), claim(ledger, place(1, "far"))
        writing.gate()
        now[0] += 86_400
        ledger.expire_claims(600)
        assert [a.id for a in ledger.live_attempts("far")] == [writing.claim.attempt]
        assert claim(ledger, DESK).claim.number == claimed.claim.number
        with pytest.raises(Exception, match="void"):
            claimed.gate()
        taken = ledger.take_up(writing.claim.attempt, "far")
        assert ledger.examined(taken.id, taken.fence, Finding.SAME).state is S.GOOD


def test_no_room_in_the_database_is_a_clear_error(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_ledger(address) as ledger:
        made = order(ledger)
        with pytest.raises(LedgerFull, match="nothing was changed"), ledger._store.write() as t:
            t.run("UPDATE orders SET made = 1")
            t.run("DO $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$")
        assert ledger.order(made.id).made == 0


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(LedgerUnavailable) as told:
        open_ledger("postgresql://redbook:sesame@127.0.0.1:1/copies")
    assert "sesame" not in str(told.value)
    assert "127.0.0.1:1/copies" in str(told.value)
    assert "\\" not in str(told.value)  # libpq's words have several lines; ours have one
    with pytest.raises(LedgerUnavailable, match="not the address"):
        open_ledger("postgresql://[")


def test_a_database_without_a_ledger_is_not_made_one_by_looking(address: str) -> None:
    with pytest.raises(LedgerUnavailable, match="there is no ledger"):
        open_ledger(address, create=False)
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT to_regclass('redbook.orders')").fetchone() == (None,)


def test_the_ledger_s_own_schema_leaves_other_tables_alone(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.orders (shoes TEXT)")
        with open_ledger(address) as ledger:
            order(ledger)
        assert connection.execute("SELECT count(*) FROM public.orders").fetchone() == (0,)


def test_a_ledger_in_a_file_needs_no_driver_of_postgresql(ledger_file: str) -> None:
    code = f"""
import sys
from redbook.production.ledger import open_ledger
open_ledger({ledger_file!r}).close()
sys.modules["psycopg"] = None
print(*(name for name in sys.modules if name.startswith("psycopg")))
try:
    open_ledger("postgresql://127.0.0.1/x")
except Exception as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.splitlines()[0] == "psycopg"
    assert "pip install 'redbook[fleet]'" in told


@pytest.fixture
def ledger_file(tmp_path: object) -> str:
    return f"{tmp_path}/file.ledger"


def test_two_operators_at_once_leave_one_account(address: str) -> None:
    """Both press everything, as often as they like; each press is taken or refused."""
    with open_ledger(address) as ledger:
        made = order(ledger, 20)
        errors: list[str] = []

        def press(who: str) -> None:
            for _ in range(15):
                for act in (ledger.pause, ledger.resume):
                    try:
                        act(made.id, who=who)
                    except Exception as error:  # noqa: BLE001  told by the assertion below
                        errors.append(str(error))

        threads = [threading.Thread(target=press, args=(who,)) for who in ("Anna", "Ben")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        steps = [s.what for s in ledger.order_history(made.id)][1:]
        assert steps == ["paused", "open"] * (len(steps) // 2)
        assert ledger.order(made.id).state is OrderState.OPEN
