"""What is done before a sector that was not right is read again."""

from __future__ import annotations

import pytest

from redbook.engine.another_try import before_another_try
from redbook.engine.read_audio import ReadHabits
from redbook.engine.reading_speed import ReadingSpeed
from redbook.engine.steps import MostSectors, Procedure
from redbook.mmc.control import SetCdSpeed
from redbook.mmc.read import ReadCd


def asked(procedure: Procedure[None]) -> list[object]:
    """The commands that it sends, each of which the drive takes."""
    found: list[object] = []
    answer: object = None
    while True:
        try:
            command = procedure.send(answer)
        except StopIteration:
            return found
        found.append(command)
        answer = 100 if isinstance(command, MostSectors) else None
        if isinstance(command, ReadCd):
            answer = bytes(command.data_in_length)


@pytest.mark.parametrize(("number", "speed"), [(0, None), (1, 8), (2, None), (3, 4), (4, None)])
def test_the_second_try_is_made_at_8x_and_the_fourth_at_4x(number: int, speed: int | None) -> None:
    sent = asked(before_another_try(number, 500, range(4000), 24.0, ReadingSpeed(), ReadHabits()))
    speeds = [command.read_kb // 176 for command in sent if isinstance(command, SetCdSpeed)]
    assert speeds == ([speed] if speed else [])


@pytest.mark.parametrize(("lba", "near"), [(500, range(2000, 4000)), (3500, range(2000))])
def test_what_is_read_in_between_lies_far_away(lba: int, near: range) -> None:
    sent = asked(before_another_try(0, lba, range(4000), 24.0, ReadingSpeed(), ReadHabits()))
    read = [command for command in sent if isinstance(command, ReadCd)]
    assert read
    assert all(command.lba in near and command.lba + command.sectors - 1 in near for command in read)
