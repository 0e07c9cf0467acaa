"""Whatever a drive answers to whatever is asked: our own error, in words, and no success that is none."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.lied_to import COMMANDS, JOBS, MODELS, play, play_command, play_imapi2
from tests.support.lies import OPCODES, Kind, Lie

lies = st.builds(
    Lie,
    opcode=st.sampled_from(OPCODES),
    kind=st.sampled_from(Kind),
    nth=st.integers(0, 7),
    lasting=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
some = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


on_each_model = pytest.mark.parametrize("model", MODELS)
models = st.sampled_from(MODELS)


@on_each_model
@pytest.mark.parametrize("job", JOBS)
def test_no_lie(job: str, model: str) -> None:
    """The jobs themselves come to their end."""
    play(job, [], model)


@on_each_model
@pytest.mark.parametrize("job", COMMANDS)
def test_no_lie_to_the_command_line(job: str, model: str) -> None:
    play_command(job, [], model)


@on_each_model
def test_no_lie_to_imapi2(model: str) -> None:
    play_imapi2([], model)


@pytest.mark.parametrize(
    "kind", [Kind.ZEROS, Kind.ONES, Kind.NOTHING, Kind.SWAPPED, Kind.ANOTHER], ids=lambda k: k.name
)
@on_each_model
@pytest.mark.parametrize("job", JOBS)
@pytest.mark.slow
def test_one_kind_of_lie_to_each_command_in_turn(job: str, model: str, kind: Kind) -> None:
    for opcode in OPCODES:
        play(job, [Lie(opcode, kind)], model)


@pytest.mark.slow
@on_each_model
@pytest.mark.parametrize("job", ["burn", "append", "blank", "close"])
def test_a_drive_that_begins_to_lie_in_the_middle(job: str, model: str) -> None:
    for opcode in (0x51, 0x52, 0x43, 0x5A):
        for nth in range(1, 9):
            play(job, [Lie(opcode, Kind.ZEROS, nth)], model)


@some
@given(st.sampled_from(sorted(JOBS)), models, st.lists(lies, min_size=1, max_size=3))
def test_any_lies(job: str, model: str, told: list[Lie]) -> None:
    play(job, told, model)


@some
@given(models, st.lists(lies, min_size=1, max_size=3))
def test_any_lies_to_imapi2(model: str, told: list[Lie]) -> None:
    play_imapi2(told, model)


@some
@given(st.sampled_from(sorted(COMMANDS)), models, st.lists(lies, min_size=1, max_size=3))
def test_any_lies_to_the_command_line(job: str, model: str, told: list[Lie]) -> None:
    play_command(job, told, model)
