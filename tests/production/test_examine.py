"""What an examination finds, for every state of a disc and every state of an attempt."""

from __future__ import annotations

from pathlib import Path

import pytest

import redbook
from redbook.drive import Drive
from redbook.engine.steps import Point
from redbook.production.examine import examine
from redbook.production.master import make_master
from redbook.production.states import VERDICTS, AttemptState, Finding
from redbook.virtual.faults import parse
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.sound import noise, write_wav

S, F = AttemptState, Finding
THEN, SAME_BOOT, RESTARTED = "boot-1/7", "boot-1/8", "boot-2/1"
IDS = ["same", "other", "restart"]
BURNING = (S.WRITING, S.CLOSING, S.VERIFYING)


@pytest.fixture(params=["sao", "tao"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def master(tmp_path: Path, mode: str) -> Path:
    songs = [write_wav(tmp_path / f"{n}.wav", noise(588 * 310, n)) for n in range(3)]
    return make_master(songs, tmp_path / "m", mode=mode).folder


@pytest.fixture
def other(tmp_path: Path, mode: str) -> Path:
    """Of other lengths."""
    songs = [write_wav(tmp_path / f"o{n}.wav", noise(588 * 340, 40 + n)) for n in range(3)]
    return make_master(songs, tmp_path / "o", mode=mode).folder


@pytest.fixture
def twin(tmp_path: Path, mode: str) -> Path:
    """Of the same lengths."""
    songs = [write_wav(tmp_path / f"t{n}.wav", noise(588 * 310, 50 + n)) for n in range(3)]
    return make_master(songs, tmp_path / "t", mode=mode).folder


def drive(medium: str = "cd-r", *faults: str) -> Drive:
    return Drive(VirtualRecorder(Medium.new(medium), faults=[parse(f) for f in faults]), "test")


def burned(master: Path, medium: str = "cd-r") -> Drive:
    made = drive(medium)
    assert redbook.burn(master, made).verified
    return made


def broken(master: Path, medium: str = "cd-r") -> Drive:
    made = drive(medium, "3/0C/00@lba:500")
    with pytest.raises(redbook.BurnFailed):
        redbook.burn(master, made)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("state", [S.CLAIMED, *BURNING])
@pytest.mark.parametrize(
    "now, found",
    [(THEN, F.BLANK), (SAME_BOOT, F.GONE), (RESTARTED, F.GONE)],
    ids=IDS,
)
def test_a_blank(master: Path, state: AttemptState, now: str, found: Finding) -> None:
    assert examine(drive(), state, THEN, now, master).finding is found


@pytest.mark.slow
@pytest.mark.parametrize("state", BURNING)
@pytest.mark.parametrize("now, found", [(THEN, F.SAME), (SAME_BOOT, F.GONE), (RESTARTED, F.SAME)], ids=IDS)
def test_the_master_on_it(master: Path, state: AttemptState, now: str, found: Finding) -> None:
    seen = examine(burned(master), state, THEN, now, master)
    assert seen.finding is found
    assert ("this or another copy" in seen.why) == (now == SAME_BOOT)
    assert bool(seen.report) == (found is F.SAME)


@pytest.mark.slow
@pytest.mark.parametrize(
    "now, found",
    [(THEN, F.DIFFERENT), (SAME_BOOT, F.GONE), (RESTARTED, F.GONE)],
    ids=IDS,
)
def test_a_disc_of_something_else(master: Path, other: Path, now: str, found: Finding) -> None:
    assert examine(burned(other), S.VERIFYING, THEN, now, master).finding is found


@pytest.mark.slow
@pytest.mark.parametrize("now", [THEN, RESTARTED], ids=["same", "restart"])
def test_a_disc_with_the_master_s_tracks_and_other_samples(master: Path, twin: Path, now: str) -> None:
    assert examine(burned(twin), S.VERIFYING, THEN, now, master).finding is F.DIFFERENT


@pytest.mark.slow
@pytest.mark.parametrize("state", BURNING)
@pytest.mark.parametrize(
    "now, found",
    [(THEN, F.BROKEN), (SAME_BOOT, F.GONE), (RESTARTED, F.BROKEN)],
    ids=IDS,
)
def test_a_burn_that_broke_off(
    master: Path, mode: str, state: AttemptState, now: str, found: Finding
) -> None:
    seen = examine(broken(master), state, THEN, now, master)
    if (mode, state, now) == ("tao", S.CLOSING, THEN):
        assert seen.finding is F.DIFFERENT  # it could be closed, and lacks tracks
    else:
        assert seen.finding is found


def test_a_burn_that_broke_off_on_a_cd_rw_costs_nothing(master: Path) -> None:
    made = broken(master, "cd-rw")
    assert examine(made, S.WRITING, THEN, RESTARTED, master).finding is F.BROKEN  # perhaps somebody else's
    assert examine(made, S.WRITING, THEN, THEN, master).finding is F.BLANKED
    assert redbook.burn(master, made).verified


def test_a_session_that_was_to_be_closed_is_closed(tmp_path: Path) -> None:
    songs = [write_wav(tmp_path / f"{n}.wav", noise(588 * 310, n)) for n in range(3)]
    folder = make_master(songs, tmp_path / "m", mode="tao").folder

    def commit(point: Point) -> None:
        if point is Point.CLOSE:
            raise RuntimeError("killed here")

    def left() -> Drive:
        made = drive()
        with pytest.raises(redbook.NotCommitted):
            redbook.burn(folder, made, commit=commit)
        return made

    assert examine(left(), S.WRITING, THEN, THEN, folder).finding is F.BROKEN
    assert examine(left(), S.CLOSING, THEN, THEN, folder).finding is F.SAME


@pytest.mark.slow
def test_nothing_in_it_and_nothing_that_answers(master: Path) -> None:
    assert examine(Drive(VirtualRecorder(), "test"), S.WRITING, THEN, THEN, master).finding is F.GONE
    recorder = VirtualRecorder(Medium.new("cd-r"))
    recorder.unplug()
    with pytest.raises(redbook.TransportError):
        examine(Drive(recorder, "test"), S.WRITING, THEN, THEN, master)


def test_a_claim_looks_and_does_not_read(master: Path) -> None:
    assert examine(burned(master), S.CLAIMED, THEN, THEN, master).finding is F.BROKEN
    assert examine(burned(master), S.CLAIMED, THEN, RESTARTED, master).finding is F.GONE


def test_the_ledger_has_an_answer_to_everything_that_is_found() -> None:
    missing = {(s, f) for s in (S.CLAIMED, *BURNING) for f in F} - set(VERDICTS)
    assert missing == {(S.CLAIMED, F.BLANKED), (S.CLAIMED, F.UNSURE)}  # which `_claimed` never says
