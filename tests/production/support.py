"""Short ways to what the ledger's tests need again and again."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from redbook.production.ledger import Ledger
from redbook.production.states import AttemptState, CheckMode, Finding
from redbook.production.values import Attempt, Blank, Claim, Order, Place, new_fence

S = AttemptState
MASTER = "ab" * 32
DESK = Place("desk", "/dev/sr0")
_inserted = itertools.count(1)


def blank(place: Place = DESK) -> Blank:
    """A disc that was just put in."""
    return Blank(place, f"boot-1/{next(_inserted)}")


def place(number: int, host: str = "desk") -> Place:
    return Place(host, f"/dev/sr{number}")


@dataclass
class Hand:
    """What a hand says of its attempt."""

    ledger: Ledger
    claim: Claim
    fence: int

    def gate(self) -> None:
        mine = new_fence()
        self.ledger.gate(self.claim.attempt, self.fence, mine)
        self.fence = mine

    def says(self, to: AttemptState, **more: object) -> Attempt:
        return self.ledger.step(self.claim.attempt, self.fence, to, **more)  # type: ignore[arg-type]

    def goes_on_until(self, to: AttemptState) -> Attempt:
        """By the usual way, from claimed."""
        ways = {
            S.CLAIMED: [],
            S.VOID: [S.VOID],
            S.WRITING: [S.WRITING],
            S.CLOSING: [S.WRITING, S.CLOSING],
            S.VERIFYING: [S.WRITING, S.CLOSING, S.VERIFYING],
            S.GOOD: [S.WRITING, S.CLOSING, S.VERIFYING, S.GOOD],
            S.CHECKED: [S.WRITING, S.CLOSING, S.VERIFYING, S.CHECKED],
            S.SPOILED: [S.WRITING, S.SPOILED],
        }
        for state in ways[to]:
            if state is S.WRITING:
                self.gate()
            else:
                self.says(state)
        return self.ledger.attempt(self.claim.attempt)


def claim(ledger: Ledger, where: Place | Blank = DESK) -> Hand:
    """A claim that has to succeed."""
    found = ledger.claim(where if isinstance(where, Blank) else blank(where))
    assert found is not None
    return Hand(ledger, found, found.fence)


def order(ledger: Ledger, wanted: int = 3, **more: object) -> Order:
    return ledger.add_order(MASTER, wanted, made_by="Anna", **more)  # type: ignore[arg-type]


def bring_to(ledger: Ledger, state: AttemptState) -> Attempt:
    """An attempt in any state, of a new order."""
    order(ledger, 1, check=CheckMode.QUICK if state is S.CHECKED else CheckMode.FULL)
    hand = claim(ledger)
    if state not in (S.UNKNOWN, S.LOST):
        return hand.goes_on_until(state)
    hand.gate()
    taken = ledger.take_up(hand.claim.attempt, DESK.host)
    ledger.examined(taken.id, taken.fence, Finding.GONE)
    if state is S.LOST:
        ledger.resolve(taken.id, S.LOST, who="Anna")
    return ledger.attempt(taken.id)
