"""Orders, claims, the gate, examinations and what people say, in a ledger on any database."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from redbook.errors import (
    ClaimRefused,
    HostNameTaken,
    LedgerConflict,
    NoCopyFree,
    NotInLedger,
    OrderClosed,
    Overtaken,
    StepRefused,
)
from redbook.production.ledger import Ledger, open_ledger
from redbook.production.moves import move
from redbook.production.states import AttemptState, CheckMode, Finding, OrderState, Said
from redbook.production.values import Account, Place, Sighting, new_fence
from tests.production.conftest import WallClock
from tests.production.support import DESK, MASTER, S, blank, bring_to, claim, order, place

# The two tables of docs/ledger.md, written down a second time: by hand, and not from the code.
LEGAL = {
    "claimed": {"writing": "hand", "void": "hand examination lease order"},
    "writing": {
        "closing": "hand",
        "spoiled": "hand examination",
        "good": "examination",
        "void": "examination",
        "unknown": "examination",
    },
    "closing": {
        "verifying": "hand",
        "spoiled": "hand examination",
        "good": "examination",
        "void": "examination",
        "unknown": "examination",
    },
    "verifying": {
        "good": "hand examination",
        "checked": "hand",
        "spoiled": "hand examination",
        "void": "examination",
        "unknown": "examination",
    },
    "unknown": {"good": "person", "spoiled": "person", "lost": "person order"},
}
FOUND = """
           blank    blanked  broken   same  different  gone     unsure
claimed    void     -        void!    void  void       void     -
writing    void     void     spoiled  good  spoiled    unknown  unknown
closing    spoiled! void     spoiled  good  spoiled    unknown  unknown
verifying  spoiled! void     spoiled  good  spoiled    unknown  unknown
"""
FINDINGS = [
    (state, finding, outcome)
    for line in FOUND.splitlines()[2:]
    for state, *outcomes in [line.split()]
    for finding, outcome in zip(FOUND.split()[:7], outcomes, strict=True)
]


@pytest.mark.parametrize(("before", "after"), list(itertools.product(AttemptState, AttemptState)))
def test_every_step_is_legal_or_refused_as_the_table_says(
    ledger: Ledger, before: AttemptState, after: AttemptState
) -> None:
    allowed = LEGAL.get(before, {}).get(after, "").split()
    attempt = bring_to(ledger, before)
    history = ledger.history(attempt.id)
    for said in set(Said) - set(allowed):
        with pytest.raises(StepRefused), ledger._store.write() as t:
            move(t, attempt, after, said)
    assert ledger.attempt(attempt.id) == attempt
    assert ledger.history(attempt.id) == history
    for said in allowed:
        with ledger._store.write() as t:
            if after is S.CHECKED:
                t.run("UPDATE orders SET check_mode = 'quick' WHERE id = ?", attempt.order)
            move(t, attempt, after, Said(said))
        assert ledger.attempt(attempt.id).state is after
        assert ledger.history(attempt.id)[:-1] == history
        with ledger._store.write() as t:  # the next one needs the drive
            t.run("UPDATE attempts SET host = ? WHERE id = ?", f"past {attempt.id}", attempt.id)
            t.run("DELETE FROM drives")
        attempt = bring_to(ledger, before)
        history = ledger.history(attempt.id)


@pytest.mark.parametrize(("state", "finding", "outcome"), FINDINGS)
def test_what_an_examination_finds_ends_the_attempt_as_the_table_says(
    ledger: Ledger, state: str, finding: str, outcome: str
) -> None:
    attempt = bring_to(ledger, AttemptState(state))
    taken = ledger.take_up(attempt.id, "desk")
    if outcome == "-":
        with pytest.raises(StepRefused):
            ledger.examined(taken.id, taken.fence, Finding(finding))
        return
    ended = ledger.examined(taken.id, taken.fence, Finding(finding), why="seen by hand")
    assert ended.state == outcome.rstrip("!")
    assert "seen by hand" in ended.reason
    assert bool(ledger.drive(DESK).resting) == outcome.endswith("!")
    assert ledger.examined(taken.id, taken.fence, Finding(finding)) == ended
    assert ledger.history(taken.id)[-1].said is Said.EXAMINATION


def test_an_order_is_made_copy_by_copy_and_is_done_with_the_last(ledger: Ledger, wall: WallClock) -> None:
    made = order(ledger, 3, title="Sermon", priority=2, speed=16.0)
    assert ledger.account(made.id) == Account(3, 0, 0, 0, 0, 3, 0, 0, 0)
    for number in (1, 2, 3):
        hand = claim(ledger)
        assert (hand.claim.number, hand.claim.master, hand.claim.speed) == (number, MASTER, 16.0)
        assert ledger.account(made.id).under_way == 1
        hand.goes_on_until(S.VERIFYING)
        wall.now += 60
        hand.says(S.GOOD, report={"sha256": ["ä"]})
    assert ledger.account(made.id) == Account(3, 3, 0, 0, 0, 0, 0, 0, 0)
    done = ledger.order(made.id)
    assert (done.state, done.made) == (OrderState.DONE, 3)
    assert ledger.claim(blank()) is None
    last = ledger.attempts(made.id, S.GOOD)[-1]
    assert (last.report, last.at) == ({"sha256": ["ä"]}, wall.now)
    assert [(s.before, s.after) for s in ledger.history(last.id)] == [
        (None, S.CLAIMED),
        (S.CLAIMED, S.WRITING),
        (S.WRITING, S.CLOSING),
        (S.CLOSING, S.VERIFYING),
        (S.VERIFYING, S.GOOD),
    ]
    assert [s.what for s in ledger.order_history(made.id)] == ["made", "done"]


def test_a_spoiled_disc_frees_its_number_for_the_next_blank(ledger: Ledger) -> None:
    made = order(ledger, 2)
    first = claim(ledger)
    first.goes_on_until(S.CLOSING)
    first.says(S.SPOILED, why="3/0C/00")
    again = claim(ledger)
    assert (again.claim.number, again.claim.spoiled_last) == (1, 1)
    assert ledger.account(made.id) == Account(2, 0, 0, 1, 0, 1, 1, 0, 0)


def test_the_order_with_the_higher_priority_comes_first_then_the_older_one(ledger: Ledger) -> None:
    old, urgent, new = order(ledger, 1), order(ledger, 1, priority=5), order(ledger, 1)
    ledger.set_priority(new.id, -1, who="Ben")
    assert [claim(ledger, place(n)).claim.order for n in range(3)] == [urgent.id, old.id, new.id]
    assert ledger.order_history(new.id)[-1].who == "Ben"


def test_a_host_claims_only_what_it_has_the_master_of(ledger: Ledger) -> None:
    order(ledger, 1)
    other = ledger.add_order("cd" * 32, 1)
    assert ledger.claim(blank(), masters=[]) is None
    found = ledger.claim(blank(), masters=["cd" * 32, "ef" * 32])
    assert found is not None
    assert found.order == other.id


def test_an_order_may_be_for_some_drives_only(ledger: Ledger) -> None:
    made = order(ledger, 2, drives=[place(1), place(2), place(1)])
    assert ledger.claim(blank(place(0))) is None
    assert ledger.claim(blank(Place("hall", "/dev/sr1"))) is None
    assert claim(ledger, place(2)).claim.order == made.id
    assert ledger.order(made.id).drives == (place(1), place(2)) == ledger.orders()[0].drives
    assert ledger.claim(blank(place(1)), orders=[made.id + 1]) is None


def test_more_orders_than_are_looked_at_at_a_time_are_all_found(ledger: Ledger) -> None:
    for _ in range(45):
        order(ledger, 1)
    with ledger._store.write() as t:  # 41 whose copies are taken, without the flag being lowered yet
        t.run("UPDATE copies SET attempt = 7 WHERE order_id <= 41")
    assert claim(ledger).claim.order == 42
    assert len(ledger.orders()) == 45


def test_a_blank_is_claimed_once(ledger: Ledger) -> None:
    order(ledger, 5)
    disc, fence = blank(), new_fence()
    first = ledger.claim(disc, fence=fence)
    assert ledger.claim(disc, fence=fence) == first  # the answer was lost, and it was said again
    with pytest.raises(ClaimRefused, match="still claimed"):
        ledger.claim(disc)
    assert first is not None
    ledger.step(first.attempt, first.fence, S.VOID, why="too short")
    second = ledger.claim(disc)  # nothing was written on it
    assert second is not None
    ledger.gate(second.attempt, second.fence, hand := new_fence())
    ledger.step(second.attempt, hand, S.SPOILED)
    with pytest.raises(ClaimRefused, match="was burned"):
        ledger.claim(disc)


def test_the_gate_lets_one_process_pass_and_that_one_as_often_as_it_asks(ledger: Ledger) -> None:
    order(ledger)
    hand = claim(ledger)
    mine = new_fence()
    ledger.gate(hand.claim.attempt, hand.claim.fence, mine)
    ledger.gate(hand.claim.attempt, hand.claim.fence, mine)
    with pytest.raises(Overtaken):  # a second process that was started with the same claim
        ledger.gate(hand.claim.attempt, hand.claim.fence, new_fence())
    with pytest.raises(Overtaken):
        ledger.step(hand.claim.attempt, hand.claim.fence, S.CLOSING)
    assert len(ledger.history(hand.claim.attempt)) == 2


def test_nothing_but_the_gate_lets_a_hand_write(ledger: Ledger) -> None:
    order(ledger)
    hand = claim(ledger)
    with pytest.raises(StepRefused, match="only the gate"):
        ledger.step(hand.claim.attempt, hand.claim.fence, S.WRITING)
    assert ledger.attempt(hand.claim.attempt).state is S.CLAIMED
    mine = new_fence()
    ledger.gate(hand.claim.attempt, hand.claim.fence, mine)
    assert ledger.step(hand.claim.attempt, mine, S.WRITING).state is S.WRITING  # as it is anyway


def test_the_same_step_told_twice_is_taken_once(ledger: Ledger) -> None:
    made = order(ledger)
    hand = claim(ledger)
    hand.goes_on_until(S.VERIFYING)
    for _ in range(3):
        hand.says(S.GOOD)
    assert ledger.order(made.id).made == 1
    assert len(ledger.history(hand.claim.attempt)) == 5


def test_a_hand_that_was_taken_for_dead_cannot_speak_any_more(ledger: Ledger) -> None:
    order(ledger)
    hand = claim(ledger)
    hand.gate()
    ledger.take_up(hand.claim.attempt, "desk")
    with pytest.raises(Overtaken, match="another process is now responsible"):
        hand.says(S.CLOSING)


def test_only_the_attempt_s_own_host_examines_it_and_only_while_it_lives(ledger: Ledger) -> None:
    attempt = bring_to(ledger, S.WRITING)
    with pytest.raises(StepRefused, match="not on hall"):
        ledger.take_up(attempt.id, "hall")
    assert [a.id for a in ledger.live_attempts("desk")] == [attempt.id]
    assert ledger.live_attempts("hall") == []
    with pytest.raises(StepRefused, match="ended"):
        ledger.take_up(bring_to_next(ledger, S.GOOD), "desk")


def bring_to_next(ledger: Ledger, state: AttemptState) -> int:
    order(ledger, 1)
    return claim(ledger, place(9)).goes_on_until(state).id


def test_no_burn_for_an_order_that_was_paused_or_cancelled_after_the_claim(ledger: Ledger) -> None:
    made = order(ledger)
    first, second = claim(ledger, place(0)), claim(ledger, place(1))
    under_way = claim(ledger, place(2))
    under_way.gate()
    ledger.pause(made.id, who="Anna")
    with pytest.raises(OrderClosed, match="paused"):
        first.gate()
    ledger.cancel(made.id, who="Anna", why="wrong sermon")
    with pytest.raises(OrderClosed, match="cancelled"):
        second.gate()
    for hand in (first, second):
        ledger.give_back(hand.claim.attempt, hand.fence, why="cancelled")
    assert ledger.account(made.id).void == 2
    assert ledger.drive(place(0)).resting == ""
    under_way.says(S.CLOSING)
    under_way.says(S.VERIFYING)
    under_way.says(S.GOOD)  # what was under way is finished, and counted
    assert ledger.order(made.id).state is OrderState.CANCELLED
    assert ledger.account(made.id).good == 1


def test_pause_resume_and_cancel_may_be_said_twice_and_not_undone(ledger: Ledger) -> None:
    made = order(ledger)
    assert ledger.pause(made.id, who="Anna").why == ledger.pause(made.id, who="Anna").why
    assert ledger.claim(blank()) is None
    ledger.resume(made.id, who="Ben")
    assert ledger.resume(made.id, who="Ben").state is OrderState.OPEN
    assert ledger.to_stop("desk") == []
    hand = claim(ledger)
    hand.gate()
    ledger.cancel(made.id, who="Ben")
    assert ledger.to_stop("desk") == []
    ledger.cancel(made.id, who="Ben", now=True)
    assert [a.id for a in ledger.to_stop("desk")] == [hand.claim.attempt]
    with pytest.raises(StepRefused, match="cancelled"):
        ledger.resume(made.id, who="Anna")
    assert [(s.what, s.who) for s in ledger.order_history(made.id)] == [
        ("made", "Anna"),
        ("paused", "Anna"),
        ("open", "Ben"),
        ("cancelled", "Ben"),
    ]


def test_two_spoiled_discs_in_a_row_rest_the_drive_until_a_person_says_so(ledger: Ledger) -> None:
    order(ledger, 9)
    claim(ledger).goes_on_until(S.SPOILED)
    claim(ledger).goes_on_until(S.GOOD)  # a good one in between
    claim(ledger).goes_on_until(S.SPOILED)
    assert ledger.drive(DESK).resting == ""
    claim(ledger).goes_on_until(S.SPOILED)
    assert "2 spoiled discs in a row" in ledger.drive(DESK).resting
    with pytest.raises(ClaimRefused, match="is resting"):
        ledger.claim(blank())
    claim(ledger, place(1))
    ledger.resume_drive(DESK)
    assert claim(ledger).claim.spoiled_last == 0


def test_five_spoiled_discs_pause_the_order_and_resuming_gives_it_five_more(ledger: Ledger) -> None:
    made = order(ledger, 9)
    for n in range(5):
        assert ledger.order(made.id).state is OrderState.OPEN
        claim(ledger, place(n)).goes_on_until(S.SPOILED)
    paused = ledger.order(made.id)
    assert (paused.state, paused.why) == (OrderState.PAUSED, "too many spoiled discs")
    ledger.resume(made.id, who="Anna")
    for n in range(5, 10):
        assert ledger.order(made.id).state is OrderState.OPEN
        claim(ledger, place(n)).goes_on_until(S.SPOILED)
    assert ledger.order(made.id).state is OrderState.PAUSED


def test_the_same_blank_given_back_twice_rests_the_drive(ledger: Ledger) -> None:
    order(ledger)
    disc = blank()
    claim(ledger, disc).says(S.VOID, why="the disc is too short")
    assert ledger.drive(DESK).resting == ""
    claim(ledger, disc).says(S.VOID, why="the disc is too short")
    assert "too short" in ledger.drive(DESK).resting


def test_unknown_holds_its_number_until_a_person_with_a_name_says_what_it_is(ledger: Ledger) -> None:
    attempt = bring_to(ledger, S.UNKNOWN)
    assert ledger.claim(blank()) is None
    with pytest.raises(ValueError, match="name"):
        ledger.resolve(attempt.id, S.SPOILED, who=" ")
    with pytest.raises(StepRefused):
        ledger.resolve(attempt.id, S.VERIFYING, who="Anna")
    ledger.resolve(attempt.id, S.SPOILED, who="Anna", why="scratched")
    assert claim(ledger).claim.number == attempt.number
    step = ledger.history(attempt.id)[-1]
    assert (step.said, step.who, step.why) == (Said.PERSON, "Anna", "scratched")
    assert ledger.drive(DESK).spoiled_in_a_row == 0  # nobody knows what spoiled it


def test_of_two_people_the_first_word_counts_and_the_second_hears_whose_it_was(ledger: Ledger) -> None:
    attempt = bring_to(ledger, S.UNKNOWN)
    ledger.resolve(attempt.id, S.GOOD, who="Anna")
    ledger.resolve(attempt.id, S.GOOD, who="Ben")
    with pytest.raises(StepRefused, match="good, as Anna said"):
        ledger.resolve(attempt.id, S.SPOILED, who="Ben")
    assert ledger.order(attempt.order).state is OrderState.DONE


def test_where_surplus_discs_are_welcome_a_lost_one_is_made_again_at_once(ledger: Ledger) -> None:
    made = order(ledger, 1, surplus_ok=True)
    hand = claim(ledger)
    hand.gate()
    taken = ledger.take_up(hand.claim.attempt, "desk")
    assert ledger.examined(taken.id, taken.fence, Finding.GONE).state is S.LOST
    assert [(s.after, s.said) for s in ledger.history(taken.id)[-2:]] == [
        (S.UNKNOWN, Said.EXAMINATION),
        (S.LOST, Said.ORDER),
    ]
    claim(ledger).goes_on_until(S.GOOD)
    assert ledger.account(made.id) == Account(1, 1, 0, 0, 0, 0, 0, 1, 0)


def test_checked_is_for_orders_that_want_no_more_than_that(ledger: Ledger) -> None:
    order(ledger, 1)
    full = claim(ledger)
    full.goes_on_until(S.VERIFYING)
    with pytest.raises(StepRefused, match="read back"):
        full.says(S.CHECKED)
    full.says(S.GOOD)
    quick = order(ledger, 1, check=CheckMode.QUICK)
    claim(ledger).goes_on_until(S.CHECKED)
    assert ledger.account(quick.id).checked == 1
    assert ledger.order(quick.id).state is OrderState.DONE


def test_a_claim_that_nobody_follows_is_given_back_and_what_is_burning_never(
    ledger: Ledger, wall: WallClock
) -> None:
    order(ledger)
    burning, waiting = claim(ledger, place(0)), claim(ledger, place(1))
    burning.gate()
    wall.now += 59
    assert ledger.expire_claims(60) == []
    wall.now += 1_000_000
    assert [a.id for a in ledger.expire_claims(60)] == [waiting.claim.attempt]
    with pytest.raises(StepRefused, match="void"):
        waiting.gate()
    burning.says(S.CLOSING)
    assert ledger.drive(place(1)).resting == ""


def test_a_clock_set_back_changes_neither_order_nor_outcome(ledger: Ledger, wall: WallClock) -> None:
    made = order(ledger, 2)
    hand = claim(ledger)
    hand.gate()
    wall.now -= 86_400
    hand.says(S.CLOSING)
    wall.now -= 86_400
    hand.says(S.VERIFYING)
    hand.says(S.GOOD)
    assert [s.after for s in ledger.history(hand.claim.attempt)] == [
        S.CLAIMED,
        S.WRITING,
        S.CLOSING,
        S.VERIFYING,
        S.GOOD,
    ]
    claim(ledger)
    wall.now -= 86_400  # a claim from tomorrow, as it seems, does not hold its copy until then
    assert len(ledger.expire_claims(60)) == 1
    assert ledger.account(made.id).free == 1


def test_the_history_can_only_grow(ledger: Ledger) -> None:
    bring_to(ledger, S.GOOD)
    for change in (
        "UPDATE history SET why = 'no'",
        "DELETE FROM history",
        "UPDATE order_history SET who = 'no'",
        "DELETE FROM order_history",
    ):
        with pytest.raises(Exception, match="append only"), ledger._store.write() as t:
            t.run(change)


def test_the_database_itself_refuses_two_discs_for_one_copy(ledger: Ledger) -> None:
    made = order(ledger, 2)
    hand = claim(ledger)
    for column, value in (("drive", "/dev/sr7"), ("number", 2)):
        values = {"host": "desk", "drive": "/dev/sr0", "number": 1, column: value}
        with pytest.raises(LedgerConflict), ledger._store.write() as t:
            t.run(
                "INSERT INTO attempts (order_id, number, host, drive, blank, fence, state, at, reason, "
                "report) VALUES (?, ?, ?, ?, 'elsewhere', 1, 'claimed', 0, '', '{}')",
                made.id,
                values["number"],
                values["host"],
                values["drive"],
            )
    assert [a.id for a in ledger.attempts(made.id)] == [hand.claim.attempt]


def test_after_a_restore_orders_wait_and_a_disc_that_is_found_is_adopted(ledger: Ledger) -> None:
    made, disc = order(ledger, 2), blank()
    claim(ledger, place(5)).goes_on_until(S.GOOD)
    assert [o.id for o in ledger.mark_restored(who="Anna")] == [made.id]
    assert ledger.claim(blank()) is None
    with pytest.raises(NotInLedger, match="backup"):
        ledger.step(999, 1, S.CLOSING)  # a hand whose attempt is newer than the back-up
    assert ledger.attempt_of_blank("desk", disc.ref) is None
    with pytest.raises(ValueError, match="name"):
        ledger.adopt(made.id, disc, who="")
    found = ledger.adopt(made.id, disc, who="Anna", report={"tracks": 2})
    assert (found.state, found.number, found.report) == (S.GOOD, 2, {"tracks": 2})
    assert ledger.attempt_of_blank("desk", disc.ref) == found
    with pytest.raises(StepRefused, match=f"copy 2 of order {made.id} is good"):
        ledger.adopt(made.id, disc, who="Anna")
    assert ledger.order(made.id).state is OrderState.DONE
    with pytest.raises(NoCopyFree):
        ledger.adopt(made.id, blank(), who="Anna")


def test_a_host_s_name_belongs_to_one_machine(ledger: Ledger) -> None:
    ledger.sign_in("desk", "machine 1")
    ledger.sign_in("desk", "machine 1")
    with pytest.raises(HostNameTaken, match="desk"):
        ledger.sign_in("desk", "machine 2")
    ledger.sign_in("desk", "machine 2", take_over=True)
    with pytest.raises(HostNameTaken):
        ledger.sign_in("desk", "machine 1")


def test_the_newest_word_on_each_drive_is_kept(ledger: Ledger, wall: WallClock) -> None:
    seen = Sighting(place(0), "PLEXTOR", "12", "writing", "CD-R", 7, 100, 300, 16.0)
    idle = replace(seen, place=place(1), state="idle", attempt=None, speed=None)
    ledger.see_drives("desk", [seen, idle])
    ledger.see_drives("hall", [replace(idle, place=Place("hall", "/dev/sr0"))])
    wall.now += 5
    ledger.see_drives("desk", [replace(seen, done_sectors=200)])
    there = ledger.sightings()
    assert [s.place for s in there] == [place(0), Place("hall", "/dev/sr0")]
    assert there[0] == replace(seen, done_sectors=200, seen_at=wall.now)
    ledger.see_drives("hall", [])
    assert len(ledger.sightings()) == 1
    with pytest.raises(ValueError, match="speak for"):
        ledger.see_drives("hall", [seen])


def test_a_drive_rests_by_a_person_s_word_with_a_reason(ledger: Ledger) -> None:
    order(ledger)
    with pytest.raises(ValueError, match="say why"):
        ledger.rest_drive(DESK, " ")
    ledger.rest_drive(DESK, "it smells")
    ledger.rest_drive(DESK, "later")
    assert [(d.place, d.resting) for d in ledger.drives()] == [(DESK, "it smells")]
    with pytest.raises(ClaimRefused, match="smells"):
        ledger.claim(blank())


def test_what_is_not_there_is_said_to_be_not_there(ledger: Ledger) -> None:
    of_orders = (ledger.order, ledger.account, ledger.copies, ledger.attempts, ledger.order_history)
    for ask in (*of_orders, ledger.pause, ledger.resume, ledger.cancel):
        with pytest.raises(NotInLedger, match="no order 12"):
            ask(12)
    for ask in (ledger.attempt, ledger.history):
        with pytest.raises(NotInLedger, match="no attempt 12"):
            ask(12)


@pytest.mark.parametrize("wanted", [0, -1, 1_000_001])
def test_a_number_of_copies_that_cannot_be_meant_is_refused(ledger: Ledger, wanted: int) -> None:
    with pytest.raises(ValueError, match="copies"):
        order(ledger, wanted)
    assert ledger.orders() == []


def test_a_ledger_is_there_again_when_it_is_opened_again(ledger: Ledger, address: str) -> None:
    made = order(ledger, 2)
    hand = claim(ledger)
    hand.gate()
    with open_ledger(address, create=False) as again:
        assert again.order(made.id) == made
        again.step(hand.claim.attempt, hand.fence, S.CLOSING)
    assert ledger.attempt(hand.claim.attempt).state is S.CLOSING


@pytest.mark.parametrize("number", [-1, 0, 99, 2**31, 2**63, 10**30])
def test_a_number_that_was_never_given_is_not_in_the_ledger(ledger: Ledger, number: int) -> None:
    order(ledger)
    asked: list[Callable[[int], object]] = [ledger.order, ledger.attempts, ledger.account, ledger.pause]
    asked += [ledger.attempt, ledger.history, lambda n: ledger.resolve(n, S.GOOD, who="Anna")]
    for ask in asked:
        with pytest.raises(NotInLedger):
            ask(number)


def test_another_drive_may_burn_an_order_once_a_person_says_so(ledger: Ledger) -> None:
    order(ledger, 2, drives=[place(1)])
    assert ledger.claim(blank(place(2))) is None
    for _ in range(2):  # said twice, it is one word
        assert ledger.add_drives(1, [place(2)], who="Anna").drives == (place(1), place(2))
    assert claim(ledger, place(2)).claim.number == 1
    assert [(step.what, step.who) for step in ledger.order_history(1)][1:] == [("drives", "Anna")]
    order(ledger, 1)
    assert ledger.add_drives(2, [place(1)]).drives == ()  # any drive may
