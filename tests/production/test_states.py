"""The tables of states: whole, and the same as in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from redbook.production.states import (
    ENDED,
    FREES_COPY,
    HOLDS_COPY,
    LIVE,
    STEPS,
    VERDICTS,
    AttemptState,
    Finding,
    Said,
)

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")


def table(head: str) -> list[list[str]]:
    lines = PAGE.partition(head)[2].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return cells[: next((n for n, line in enumerate(lines) if not line.startswith("|")), None)]


def test_the_page_has_every_step_and_who_says_it() -> None:
    shown = [
        (before, after, said.split(", ")) for before, after, said in table("| from | to | reported by |")
    ]
    assert shown == [(a.value, b.value, sorted(who)) for (a, b), who in STEPS.items()]


def test_the_page_has_every_verdict() -> None:
    head = "| the attempt was | blank | blanked | broken | same | different | gone | unsure |"
    shown = {
        (state, finding): cell
        for state, *cells in table(head)
        for finding, cell in zip(head.split("|")[2:-1], cells, strict=True)
    }
    for state in sorted(LIVE):
        for finding in Finding:
            verdict = VERDICTS.get((state, finding))
            told = "-" if verdict is None else verdict.to + (", drive rests" if verdict.rest_drive else "")
            assert shown[state.value, f" {finding.value} "] == told


def test_whatever_an_examination_may_say_is_a_legal_step() -> None:
    for (state, _), verdict in VERDICTS.items():
        assert Said.EXAMINATION in STEPS[state, verdict.to]


def test_every_live_attempt_can_be_examined_whatever_is_found() -> None:
    missing = {(s, f) for s in LIVE for f in Finding} - set(VERDICTS)
    assert missing == {(AttemptState.CLAIMED, Finding.BLANKED), (AttemptState.CLAIMED, Finding.UNSURE)}


def test_a_state_holds_its_copy_or_frees_it() -> None:
    assert set(AttemptState) == HOLDS_COPY | FREES_COPY
    assert not HOLDS_COPY & FREES_COPY
    assert set(AttemptState) == LIVE | ENDED


def test_the_schema_s_indexes_name_the_same_states() -> None:
    schema = (Path(__file__).parents[2] / "src/redbook/production/schema.sql").read_text(encoding="utf-8")

    def states(index: str) -> set[str]:
        return set(re.findall(r"'(\w+)'", schema.partition(index)[2].partition(";")[0]))

    assert states("one_per_copy") == {s.value for s in HOLDS_COPY}
    assert states("one_per_drive") == {s.value for s in LIVE}
    assert states("state    TEXT NOT NULL CHECK").issuperset({s.value for s in AttemptState})
