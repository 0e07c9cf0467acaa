"""The ledger away for ten minutes, and restored from a backup: what is said and done then."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from redbook import verify
from redbook.cli.app import cli
from redbook.errors import LedgerError, LedgerFull, LedgerUnavailable, RedbookError
from redbook.production import worker as working
from redbook.production.events import CopyState, OrderNow
from redbook.production.home import Home
from redbook.production.ledger import Ledger, open_ledger
from redbook.production.making import make_copies, resume_copies
from redbook.production.pool import Pool
from redbook.production.sqlite import SQLiteStore
from redbook.production.states import AttemptState, OrderState
from redbook.production.values import Blank, Place
from redbook.production.worker import Worker
from redbook.recorders.names import open_drive
from redbook.runner.cancel import Cancel
from redbook.virtual.rack import Rack
from tests.production.support import DESK, S, bring_to, claim, order
from tests.support import postgres
from tests.support.sound import noise, write_wav


@pytest.mark.slow
def test_what_a_hand_says_is_said_until_a_database_that_was_away_ten_minutes_hears_it(
    server: postgres.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    with postgres.Server() as own:
        address = own.new_database()
        rack = Rack.new(tmp_path / "rack", drives=1, blanks=1)
        told = []
        with open_ledger(address) as ledger, Pool([str(rack.folder)]) as pool:
            hand_of = claim_of = None
            order(ledger)
            claim_of = claim(ledger)
            claim_of.gate()
            hand_of = Worker(ledger, "desk", pool, lambda name: None, on_event=told.append)
            own.kill()

            def sleep(seconds: float) -> None:
                """Nothing waits in truth; after ten minutes the database is back."""
                before, clock[0] = clock[0], clock[0] + seconds
                if before < 600 <= clock[0]:
                    own.start()

            monkeypatch.setattr(working.time, "sleep", sleep)
            said = hand_of.until_heard(lambda: claim_of.says(S.CLOSING))
            assert said.state is S.CLOSING
            assert clock[0] >= 600
            assert [s.after for s in ledger.history(said.id)] == [S.CLAIMED, S.WRITING, S.CLOSING]


@pytest.mark.slow
def test_nothing_is_burned_while_the_gate_gets_no_answer(server: postgres.Server) -> None:
    with postgres.Server() as own:
        address = own.new_database()
        with open_ledger(address) as ledger:
            order(ledger)
            hand = claim(ledger)
            own.stop()
            with pytest.raises(LedgerUnavailable):
                hand.gate()
            own.start()
            assert ledger.attempt(hand.claim.attempt).state is S.CLAIMED


def redbook(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


@pytest.mark.slow
def test_after_a_restore_a_disc_that_is_newer_is_found_compared_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole of it by the command line: backup, a copy, restore, and the copy put in again."""
    monkeypatch.setenv("REDBOOK_COPIES", str(tmp_path / "copies"))
    rack = Rack.new(tmp_path / "rack", drives=1, blanks=5)
    song, other = (
        write_wav(tmp_path / name, noise(588 * 320, n)) for n, name in enumerate(("a.wav", "b.wav"))
    )
    home = Home(tmp_path / "copies")
    with home.ledger() as ledger:
        name = home.keep_master([str(song)]).name
        ledger.add_order(name, 2, title="Sermon")
        ledger.close()
    kept = home.ledger_path.read_bytes()
    blank = rack.take_blank()
    assert blank is not None
    rack.drive("d1").put_in(blank)
    with home.ledger() as ledger, Pool([str(rack.folder)]) as pool:
        worker = Worker(ledger, "", pool, home.master, lock=home.lock)
        worker.run(lambda: bool(ledger.account(1).good))
        worker.close()
        assert ledger.account(1).good == 1
    for path in home.folder.glob("copies.ledger*"):
        path.unlink()
    home.ledger_path.write_bytes(kept)  # an hour ago

    done = redbook("copies", "restored", "--who", "Anna")
    assert done.exit_code == 0, done.output
    assert "1 paused" in done.output
    with home.ledger() as ledger:
        assert ledger.order(1).state is OrderState.PAUSED
        assert ledger.account(1).good == 0
    rack.drive("d1").push_in()  # the good disc, put in again
    drive = f"rack:{rack.drive('d1').folder}"
    done = redbook("copies", "adopt", "1", "--drive", drive, "--who", "Anna")
    assert done.exit_code == 0, done.output
    assert "copy 1 of order 1" in done.output
    with home.ledger() as ledger:
        assert ledger.account(1).good == 1
        assert ledger.history(1)[0].who == "Anna"
        ledger.close()
    again = redbook("copies", "adopt", "1", "--drive", drive)
    assert again.exit_code != 0  # the same disc is not counted twice
    assert "the ledger knows this disc: copy 1 of order 1 is good" in again.output
    assert "Reading the disc back" not in again.output  # which takes minutes

    make_copies([str(other)], [str(fresh_rack(tmp_path))], 1, folder=home.folder)
    wrong = f"rack:{tmp_path / 'other' / 'd1'}"
    Rack(tmp_path / "other").drive("d1").push_in()
    done = redbook("copies", "adopt", "1", "--drive", wrong)
    assert done.exit_code != 0
    assert "not a good copy of order 1" in done.output


def fresh_rack(folder: Path) -> Path:
    rack = Rack.new(folder / "other", drives=1, blanks=2)
    blank = rack.take_blank()
    assert blank is not None
    rack.drive("d1").put_in(blank)
    return rack.folder


def test_a_shared_ledger_is_used_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDBOOK_LEDGER", str(tmp_path / "shared.ledger"))
    with open_ledger(tmp_path / "shared.ledger") as ledger:
        order(ledger, 3, title="Shared")
    done = redbook("copies", "list")
    assert done.exit_code == 0, done.output
    assert "Shared" in done.output
    with open_ledger(tmp_path / "shared.ledger") as ledger:
        ledger.pause(1, who="Anna")
        tired = Place("hall", "/dev/sr0")
        ledger.rest_drive(tired, "2 discs spoiled in a row")
        held = claim_of_host(ledger, "desk")
    done = redbook("copies", "show", "1")
    assert "sr0 on desk" in done.output  # one of many machines
    assert f"desk,{held}" in redbook("copies", "report", "1", "--csv").output
    done = redbook("copies", "resume", "1")  # the workers burn, not this command
    assert done.exit_code == 0, done.output
    assert "order 1 is open" in done.output
    with open_ledger(tmp_path / "shared.ledger") as ledger:
        assert ledger.order(1).state is OrderState.OPEN
        assert ledger.drive(tired).resting == ""
    assert "whose workers burn" in redbook("copies", "resume", "1", "--drives", "x").output


def test_a_cancelled_order_is_told_as_that_whatever_else_is_asked_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDBOOK_COPIES", str(tmp_path))
    with open_ledger(tmp_path / "copies.ledger") as ledger:
        lost = bring_to(ledger, AttemptState.UNKNOWN)
        assert "resume" in redbook("copies", "resolve", str(lost.id), "spoiled").output  # it is made again
        lost = bring_to(ledger, AttemptState.UNKNOWN)
        ledger.cancel(lost.order)
        done = redbook("copies", "resolve", str(lost.id), "spoiled")
        assert "is spoiled; the order is cancelled, so it is not made again" in done.output
        ledger.rest_drive(DESK, "2 discs spoiled in a row")
        done = redbook("copies", "resume", str(lost.order))
        assert done.exit_code == 5
        # also where its master is gone
        assert f"order {lost.order} was cancelled and cannot be resumed" in done.output
        assert ledger.drive(DESK).resting


def claim_of_host(ledger: Ledger, host: str) -> str:
    """returns  the state of the attempt"""
    ledger.resume(1)
    claimed = ledger.claim(Blank(Place(host, "/dev/sr0"), "a blank"))
    assert claimed is not None
    ledger.pause(1, who="Anna")
    return str(ledger.attempt(claimed.attempt).state)


@pytest.mark.parametrize("error", [LedgerUnavailable, LedgerFull])
def test_a_second_ctrl_c_is_obeyed_while_the_ledger_is_away_and_the_disc_is_looked_at_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[LedgerError]
) -> None:
    rack, home, cancel, away = fresh_rack(tmp_path), Home(tmp_path / "copies"), Cancel(), threading.Event()
    song = write_wav(tmp_path / "a.wav", noise(588 * 320, 1))

    def asked(*_: object) -> None:
        if away.is_set():
            raise error("its disk was pulled out")

    def hear(event: object) -> None:
        if isinstance(event, CopyState) and event.state == S.WRITING:
            away.set()
            cancel()
            cancel.at_once()

    for way in ("read", "write"):
        real = getattr(SQLiteStore, way)
        monkeypatch.setattr(SQLiteStore, way, lambda store, real=real: (asked(), real(store))[1])
    with pytest.raises(error):
        make_copies([str(song)], [str(rack)], 1, folder=home.folder, on_event=hear, cancel=cancel)
    away.clear()
    with home.ledger() as ledger:
        assert ledger.account(1).under_way == 1
    (disc,) = Rack(rack).discs()

    def done(event: object) -> None:
        if isinstance(event, OrderNow) and event.under_way == 0:
            stop()

    stop = Cancel()
    found = resume_copies(1, [str(rack)], folder=home.folder, on_event=done, cancel=stop)
    with open_drive(f"virtual:{disc}", read_only=True) as drive:
        try:
            good = verify([str(song)], drive).same
        except RedbookError:
            good = False
    assert found.under_way == 0
    assert found.good <= int(good), found
    if good and not found.good:  # it may be for a person to say, but is called neither spoiled nor blank
        assert found.unknown == 1, found
