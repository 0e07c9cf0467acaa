"""Which states an attempt may go through, who may report them, and what an examination's finding means.

The one place with these rules, as data; `ledger` applies them, docs/ledger.md shows them.

An attempt is one blank in one drive, the only thing that may switch a laser on. It is *live* from its
claim until it ends. While it is live, and while it is `unknown`, its copy's number is not given to anyone
else.

    claimed --gate--> writing --> closing --> verifying --> good | checked
    claimed --> void
    writing, closing, verifying --> spoiled; by examination also good, void, unknown
    unknown --a person--> good | spoiled | lost

`void` means that the blank is unharmed. `spoiled`, `void` and `lost` give the copy back.
"""

from __future__ import annotations

from enum import StrEnum, unique

from redbook.records import dataclass


@unique
class AttemptState(StrEnum):
    """Where an attempt is.  The values are what the ledger's tables hold."""

    CLAIMED = "claimed"
    WRITING = "writing"
    CLOSING = "closing"
    VERIFYING = "verifying"
    GOOD = "good"
    CHECKED = "checked"
    SPOILED = "spoiled"
    VOID = "void"
    UNKNOWN = "unknown"
    LOST = "lost"


@unique
class OrderState(StrEnum):
    """Whether an order gets further discs.  `done` and `cancelled` are final."""

    OPEN = "open"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


@unique
class CheckMode(StrEnum):
    """How a disc is checked: every sector read back, or only the table of contents and the track sizes."""

    FULL = "full"
    QUICK = "quick"


@unique
class Said(StrEnum):
    """Who reports that a step was made.

    hand         the process that burns
    examination  the worker of the attempt's host, which has read the disc
    person       someone with a name
    lease        the ledger: a claim was not followed by a burn in time
    order        the ledger: the order was paused or cancelled, or allows surplus discs
    """

    HAND = "hand"
    EXAMINATION = "examination"
    PERSON = "person"
    LEASE = "lease"
    ORDER = "order"


LIVE = frozenset({AttemptState.CLAIMED, AttemptState.WRITING, AttemptState.CLOSING, AttemptState.VERIFYING})
"""An attempt in one of these has its drive."""

BURNING = LIVE - {AttemptState.CLAIMED}
"""Past the gate: the blank is no longer what it was, and no timeout ends the attempt."""

HOLDS_COPY = LIVE | {AttemptState.GOOD, AttemptState.CHECKED, AttemptState.UNKNOWN}
"""An attempt in one of these keeps its copy's number from everybody else."""

FREES_COPY = frozenset({AttemptState.SPOILED, AttemptState.VOID, AttemptState.LOST})

MADE = frozenset({AttemptState.GOOD, AttemptState.CHECKED})
"""A copy with such an attempt is delivered."""

ENDED = frozenset(AttemptState) - LIVE

_S, _BY = AttemptState, Said

STEPS: dict[tuple[AttemptState, AttemptState], frozenset[Said]] = {
    (_S.CLAIMED, _S.WRITING): frozenset({_BY.HAND}),
    (_S.CLAIMED, _S.VOID): frozenset({_BY.HAND, _BY.EXAMINATION, _BY.LEASE, _BY.ORDER}),
    (_S.WRITING, _S.CLOSING): frozenset({_BY.HAND}),
    (_S.WRITING, _S.SPOILED): frozenset({_BY.HAND, _BY.EXAMINATION}),
    (_S.WRITING, _S.GOOD): frozenset({_BY.EXAMINATION}),
    (_S.WRITING, _S.VOID): frozenset({_BY.EXAMINATION}),
    (_S.WRITING, _S.UNKNOWN): frozenset({_BY.EXAMINATION}),
    (_S.CLOSING, _S.VERIFYING): frozenset({_BY.HAND}),
    (_S.CLOSING, _S.SPOILED): frozenset({_BY.HAND, _BY.EXAMINATION}),
    (_S.CLOSING, _S.GOOD): frozenset({_BY.EXAMINATION}),
    (_S.CLOSING, _S.VOID): frozenset({_BY.EXAMINATION}),
    (_S.CLOSING, _S.UNKNOWN): frozenset({_BY.EXAMINATION}),
    (_S.VERIFYING, _S.GOOD): frozenset({_BY.HAND, _BY.EXAMINATION}),
    (_S.VERIFYING, _S.CHECKED): frozenset({_BY.HAND}),
    (_S.VERIFYING, _S.SPOILED): frozenset({_BY.HAND, _BY.EXAMINATION}),
    (_S.VERIFYING, _S.VOID): frozenset({_BY.EXAMINATION}),
    (_S.VERIFYING, _S.UNKNOWN): frozenset({_BY.EXAMINATION}),
    (_S.UNKNOWN, _S.GOOD): frozenset({_BY.PERSON}),
    (_S.UNKNOWN, _S.SPOILED): frozenset({_BY.PERSON}),
    (_S.UNKNOWN, _S.LOST): frozenset({_BY.PERSON, _BY.ORDER}),
}
"""Every legal step, and who may report it.  What is not here is refused."""


@unique
class Finding(StrEnum):
    """What an examination found in the drive, after everything it may try (CLOSE once more, blanking a
    CD-RW).

    blank      the attempt's own blank, and nothing is on it
    blanked    the attempt's own CD-RW held something; it was blanked again
    broken     the attempt's own disc, appendable, damaged or unreadable
    same       complete, and every sector is the master's
    different  complete, but not the master
    gone       another disc, no disc, or a blank in a machine that has been restarted since
    unsure     complete, but the master to compare it with no longer exists
    """

    BLANK = "blank"
    BLANKED = "blanked"
    BROKEN = "broken"
    SAME = "same"
    DIFFERENT = "different"
    GONE = "gone"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a finding means for an attempt.

    to          the state it ends in
    why         for the history, and for people
    rest_drive  the drive did something that no working drive does; nobody may use it until a person allows it
    """

    to: AttemptState
    why: str
    rest_drive: bool = False


_UNTOUCHED = Verdict(_S.VOID, "the blank is unharmed")
_NOT_OURS = Verdict(_S.VOID, "another disc is in the drive; nothing had been written")
_SPOILED = Verdict(_S.SPOILED, "the burn failed")
_COMPLETE = Verdict(_S.GOOD, "complete, and every sector is the master's")
_DIFFERENT = Verdict(_S.SPOILED, "complete, but it differs from the master")
_GONE = Verdict(_S.UNKNOWN, "the disc is gone, and may be good or spoiled")
_UNSURE = Verdict(_S.UNKNOWN, "the disc is complete, but its master is no longer here to compare it with")
_BLANKED = Verdict(_S.VOID, "the burn failed; the CD-RW was blanked again")
_TOOK_ALL = Verdict(
    _S.SPOILED, "the drive took every sector and wrote none: the disc is still blank", rest_drive=True
)

VERDICTS: dict[tuple[AttemptState, Finding], Verdict] = {
    (_S.CLAIMED, Finding.BLANK): _UNTOUCHED,
    (_S.CLAIMED, Finding.BROKEN): Verdict(
        _S.VOID, "something is on the disc although nothing should have been written yet", rest_drive=True
    ),
    (_S.CLAIMED, Finding.SAME): _NOT_OURS,
    (_S.CLAIMED, Finding.DIFFERENT): _NOT_OURS,
    (_S.CLAIMED, Finding.GONE): Verdict(_S.VOID, "the blank was taken out before anything was written"),
    (_S.WRITING, Finding.BLANK): _UNTOUCHED,
    (_S.WRITING, Finding.BLANKED): _BLANKED,
    (_S.WRITING, Finding.BROKEN): _SPOILED,
    (_S.WRITING, Finding.SAME): _COMPLETE,
    (_S.WRITING, Finding.DIFFERENT): _DIFFERENT,
    (_S.WRITING, Finding.GONE): _GONE,
    (_S.WRITING, Finding.UNSURE): _UNSURE,
    (_S.CLOSING, Finding.BLANK): _TOOK_ALL,
    (_S.CLOSING, Finding.BLANKED): _BLANKED,
    (_S.CLOSING, Finding.BROKEN): Verdict(_S.SPOILED, "the session could not be closed"),
    (_S.CLOSING, Finding.SAME): _COMPLETE,
    (_S.CLOSING, Finding.DIFFERENT): _DIFFERENT,
    (_S.CLOSING, Finding.GONE): _GONE,
    (_S.CLOSING, Finding.UNSURE): _UNSURE,
    (_S.VERIFYING, Finding.BLANK): _TOOK_ALL,
    (_S.VERIFYING, Finding.BLANKED): _BLANKED,
    (_S.VERIFYING, Finding.BROKEN): Verdict(_S.SPOILED, "the disc cannot be read"),
    (_S.VERIFYING, Finding.SAME): _COMPLETE,
    (_S.VERIFYING, Finding.DIFFERENT): _DIFFERENT,
    (_S.VERIFYING, Finding.GONE): _GONE,
    (_S.VERIFYING, Finding.UNSURE): _UNSURE,
}
"""What an examination means for a live attempt.  For a claimed one nothing is blanked or compared."""

SPOILED_IN_A_ROW_TO_REST = 2
"""After this many spoiled discs in a row, the drive rests until a person allows its use."""

VOIDS_OF_A_BLANK_TO_REST = 2
"""If the same blank is returned unharmed this often, the drive rests: no burn can begin."""

SPOILED_TO_PAUSE_AN_ORDER = 5
"""After this many spoiled discs since the order was made or resumed, it is paused."""
