"""Whatever hosts, hands, examinations and people say, in whatever order: the account is right."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from redbook.errors import StepRefused
from redbook.production.ledger import open_ledger
from redbook.production.states import (
    HOLDS_COPY,
    LIVE,
    MADE,
    AttemptState,
    CheckMode,
    Finding,
    OrderState,
    Said,
)
from redbook.production.values import Blank, Claim, Place, new_fence
from tests.production.support import MASTER
from tests.support import postgres

pytestmark = pytest.mark.slow

PLACES = [Place(host, drive) for host in ("desk", "hall") for drive in ("/dev/sr0", "/dev/sr1")]

_NUMBERS = itertools.count()


class Production(RuleBasedStateMachine):
    """Drives, hands that may be dead, late or doubled, examinations, people; beside them what must hold.

    Each has hosts of its own: all write into one ledger, where a drive that an earlier one has left at work
    takes no further disc.
    """

    address = ""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000_000.0
        self.number = next(_NUMBERS)
        self.refs = itertools.count()
        self.inserted: dict[Place, Blank] = {}
        self.hands: list[tuple[Claim, int]] = []
        """Everything that ever was a hand: the dead ones speak on."""
        self.passed: dict[int, int] = {}
        """Attempts whose gate let somebody pass, and with which fence."""

    @initialize()
    def open(self) -> None:
        self.ledger = open_ledger(self.address, now=lambda: self.now)
        self.mine = [self.ledger.add_order(MASTER, 2).id]

    def _own(self, place: Place) -> Place:
        return Place(f"{place.host}-{self.number}", place.drive)

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            for one in self.mine:
                self.ledger.cancel(one) if self.ledger.order(one).state is not OrderState.DONE else None
            self.ledger.close()

    @rule(wanted=st.integers(1, 3), surplus=st.booleans(), quick=st.booleans(), priority=st.integers(0, 2))
    def orders(self, wanted: int, surplus: bool, quick: bool, priority: int) -> None:
        check = CheckMode.QUICK if quick else CheckMode.FULL
        made = self.ledger.add_order(MASTER, wanted, surplus_ok=surplus, check=check, priority=priority)
        self.mine.append(made.id)

    @rule(place=st.sampled_from(PLACES))
    def puts_a_disc_in(self, place: Place) -> None:
        self.inserted[place] = Blank(self._own(place), f"{self.number}/{next(self.refs)}")

    @rule(place=st.sampled_from(PLACES))
    def claims(self, place: Place) -> None:
        blank = self.inserted.get(place)
        if blank is None:
            return
        try:
            found = self.ledger.claim(blank, orders=self.mine)
        except StepRefused:
            return
        if found is not None:
            self.hands.append((found, found.fence))

    @precondition(lambda self: self.hands)
    @rule(data=st.data())
    def gate(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.hands) - 1))
        claim, fence = self.hands[index]
        mine = new_fence()
        try:
            self.ledger.gate(claim.attempt, fence, mine)
        except StepRefused:
            return
        assert claim.attempt not in self.passed, "the gate let two pass"
        self.passed[claim.attempt] = mine
        self.hands[index] = claim, mine
        self.hands.append((claim, fence))  # the carrier starts it a second time

    @precondition(lambda self: self.hands)
    @rule(data=st.data(), to=st.sampled_from(AttemptState), again=st.booleans())
    def a_hand_speaks(self, data: st.DataObject, to: AttemptState, again: bool) -> None:
        claim, fence = data.draw(st.sampled_from(self.hands))
        for _ in range(1 + again):
            try:
                self.ledger.step(claim.attempt, fence, to)
            except StepRefused:
                return

    @precondition(lambda self: self.hands)
    @rule(data=st.data(), finding=st.sampled_from(Finding))
    def a_host_examines(self, data: st.DataObject, finding: Finding) -> None:
        claim, _ = data.draw(st.sampled_from(self.hands))
        try:
            taken = self.ledger.take_up(claim.attempt, claim.blank.place.host)
            self.ledger.examined(taken.id, taken.fence, finding)
        except StepRefused:
            return

    @precondition(lambda self: self.hands)
    @rule(data=st.data(), to=st.sampled_from(AttemptState))
    def a_person_resolves(self, data: st.DataObject, to: AttemptState) -> None:
        claim, _ = data.draw(st.sampled_from(self.hands))
        try:
            self.ledger.resolve(claim.attempt, to, who="Anna")
        except StepRefused:
            return

    @rule(data=st.data(), act=st.sampled_from(["pause", "resume", "cancel", "priority"]))
    def an_operator_presses(self, data: st.DataObject, act: str) -> None:
        one = data.draw(st.sampled_from(self.mine))
        try:
            if act == "priority":
                self.ledger.set_priority(one, data.draw(st.integers(-2, 2)))
            else:
                getattr(self.ledger, act)(one, who="Anna")
        except StepRefused:
            return

    @rule(seconds=st.sampled_from([-86_400.0, 1.0, 120.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.ledger.expire_claims(60)

    @rule(place=st.sampled_from(PLACES))
    def a_person_looks_at_a_drive(self, place: Place) -> None:
        self.ledger.resume_drive(self._own(place))

    @invariant()
    def the_account_is_right(self) -> None:
        live: list[Place] = []
        for one in getattr(self, "mine", []):
            order, account = self.ledger.order(one), self.ledger.account(one)
            attempts = self.ledger.attempts(one)
            copies = self.ledger.copies(one)
            holding = {a.number: a.id for a in attempts if a.state in HOLDS_COPY}
            assert len(holding) == sum(a.state in HOLDS_COPY for a in attempts), "two discs for one number"
            assert {c.number: c.attempt for c in copies if c.attempt is not None} == holding
            assert account.wanted == account.good + account.checked + account.under_way + account.unknown + (
                account.free
            )
            assert account.free == sum(c.attempt is None for c in copies)
            assert order.made == account.good + account.checked <= order.wanted
            if order.state in (OrderState.OPEN, OrderState.PAUSED):
                assert order.made < order.wanted
            live += [a.blank.place for a in attempts if a.state in LIVE]
            for attempt in attempts:
                steps = self.ledger.history(attempt.id)
                assert [s.before for s in steps[1:]] == [s.after for s in steps[:-1]]
                assert steps[-1].after is attempt.state
                burned = any(s.after is AttemptState.WRITING for s in steps)
                assert burned == (attempt.id in self.passed), "burned without the gate"
                if attempt.state in MADE and not burned:
                    assert steps[-1].said is Said.PERSON
        assert len(live) == len(set(live)), "two attempts on one drive"


FAST = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_the_account_is_right_whatever_is_said_sqlite(tmp_path: Path) -> None:
    class OnSQLite(Production):
        address = str(tmp_path / "any.ledger")

    run(OnSQLite)


def test_the_account_is_right_whatever_is_said_postgres(server: postgres.Server) -> None:
    class OnPostgres(Production):
        address = server.new_database()

    run(OnPostgres)


def run(machine: type[Production]) -> None:
    case = machine.TestCase
    case.settings = FAST
    with open_ledger(machine.address):  # the tables are made once
        case("runTest").runTest()
