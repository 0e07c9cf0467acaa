"""In which form a drive is asked for audio: MMC-5 6.20, 6.21; what drives refuse: redumper 66, 178, 350."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redbook import errors
from redbook.disc import SECTOR_BYTES
from redbook.engine.chunks import CHUNK_SECTORS
from redbook.engine.read_audio import FORMS, ReadHabits, read_audio
from redbook.engine.read_c2 import NotGiven, read_marked
from redbook.engine.steps import Pause
from redbook.errors import InvalidReply, Sense, SenseError, TransferTooLarge
from redbook.mmc.read import C2, ReadCd, ReadCdMsf
from tests.support.played import Played


def said(kind: type[SenseError], *sense: int) -> SenseError:
    return kind("the drive said so", "READ CD", Sense(*sense))


REFUSED = said(errors.InvalidField, 5, 0x24, 0)


def where(command: Any) -> tuple[int, int]:
    """First sector and how many, however they are said."""
    if isinstance(command, ReadCdMsf):
        return command.start.lba, command.end.lba - command.start.lba
    return command.lba, command.sectors


def sector(lba: int) -> bytes:
    return lba.to_bytes(4, "big", signed=True) * (SECTOR_BYTES // 4)


def audio(lba: int, sectors: int, marked: tuple[int, ...] | None = None) -> bytes:
    """marked  sectors with C2 pointers; None for none at all"""
    parts = []
    for one in range(lba, lba + sectors):
        parts.append(sector(one))
        if marked is not None:
            parts.append(bytes(293) + bytes((one in marked,)))
    return b"".join(parts)


class Drive:
    """It takes what `takes` says, and answers the rest with a refusal."""

    def __init__(self, takes: Callable[[Any], bool], refusal: SenseError = REFUSED) -> None:
        self.takes, self.refusal = takes, refusal

    def __call__(self, command: Any) -> bytes:
        if not self.takes(command):
            raise self.refusal
        return audio(*where(command))


def asked(played: Played) -> list[Any]:
    return played.of(ReadCd, ReadCdMsf)


@pytest.mark.parametrize("number", range(len(FORMS)))
@pytest.mark.parametrize("most", [27, 8, 1])
def test_a_drive_that_takes_one_form_and_size_only_is_asked_in_that_one_from_then_on(
    number: int, most: int
) -> None:
    form = FORMS[number]
    drive = Drive(lambda command: command == form.command(*where(command)) and where(command)[1] <= most)
    played, habits = Played(drive), ReadHabits()
    assert played.run(read_audio(500, 30, habits)) == audio(500, 30)
    assert (habits.form, habits.most_sectors, habits.proven) == (number, most, True)
    before = len(asked(played))
    assert played.run(read_audio(700, 30, habits)) == audio(700, 30)
    later = asked(played)[before:]
    assert len(later) == -(-30 // most)
    assert all(command == form.command(*where(command)) for command in later)


def test_the_forms_differ_and_the_first_is_that_of_audio() -> None:
    assert len({form.command(0, 1).to_cdb() for form in FORMS}) == len(FORMS) == 8
    assert FORMS[0].command(5, 3) == ReadCd(5, 3)
    for form in FORMS:
        assert where(form.command(5, 3)) == (5, 3)


def test_a_refusal_that_was_chance_changes_nothing() -> None:
    failures = iter([REFUSED])

    def takes(command: Any) -> bool:
        return next(failures, None) is None

    played, habits = Played(Drive(takes)), ReadHabits()
    assert played.run(read_audio(500, 27, habits)) == audio(500, 27)
    assert habits == ReadHabits(proven=True)


def test_a_form_that_has_worked_is_kept_though_another_size_may_be_found() -> None:
    habits = ReadHabits(proven=True)
    drive = Drive(lambda command: command == FORMS[0].command(*where(command)) and command.sectors <= 8)
    assert Played(drive).run(read_audio(500, 27, habits)) == audio(500, 27)
    assert (habits.form, habits.most_sectors) == (0, 8)
    other = Drive(lambda command: isinstance(command, ReadCdMsf))
    played = Played(other)
    with pytest.raises(errors.InvalidField):
        played.run(read_audio(500, 27, ReadHabits(proven=True)))
    assert not played.of(ReadCdMsf)


def test_a_form_is_taken_too_where_the_sector_itself_cannot_be_read() -> None:
    """Then it is an error of the disc, and the form is the right one."""

    def drive(command: Any) -> bytes:
        if command.sector_type == ReadCd.CD_DA:
            raise REFUSED
        raise said(errors.ReadError, 3, 0x11, 0)

    habits = ReadHabits()
    with pytest.raises(errors.ReadError):
        Played(drive).run(read_audio(500, 27, habits))
    assert FORMS[habits.form].sector_type == ReadCd.ANY_TYPE
    assert habits.most_sectors == CHUNK_SECTORS
    assert not habits.proven


@pytest.mark.parametrize(
    "refusal", [said(errors.AddressOutOfRange, 5, 0x21, 0), said(errors.CommandSequenceError, 5, 0x2C, 0)]
)
def test_what_is_no_matter_of_the_form_is_told_at_once(refusal: SenseError) -> None:
    played = Played(Drive(lambda command: False, refusal))
    with pytest.raises(type(refusal)):
        played.run(read_audio(500, 27, ReadHabits()))
    assert len(asked(played)) == 1


@pytest.mark.parametrize(("proven", "commands"), [(True, 1), (False, 3 * 8 + 1)])
def test_a_sector_of_another_kind_is_no_matter_of_a_form_that_has_worked(proven: bool, commands: int) -> None:
    played = Played(Drive(lambda command: False, said(errors.IllegalModeForTrack, 5, 0x64, 0)))
    with pytest.raises(errors.IllegalModeForTrack):
        played.run(read_audio(500, 27, ReadHabits(proven=proven)))
    assert len(asked(played)) == commands


def test_a_drive_that_says_yes_and_then_no_again_is_given_up() -> None:
    count = [0]

    def takes(command: Any) -> bool:
        count[0] += 1
        return count[0] % 2 == 0

    played = Played(Drive(takes))
    with pytest.raises(errors.InvalidField):
        played.run(read_audio(500, 27, ReadHabits()))
    assert len(asked(played)) < 20


def test_too_few_bytes_are_an_answer_that_makes_no_sense() -> None:
    played = Played(lambda command: audio(*where(command))[:-4])
    with pytest.raises(InvalidReply, match=r"63500 bytes arrived for 27 sectors of 2352"):
        played.run(read_audio(500, 27, ReadHabits()))


def test_where_the_system_calls_it_too_large_smaller_pieces_are_asked_for() -> None:
    def drive(command: Any) -> bytes:
        if command.sectors > 13:
            played.most_sectors = 13
            raise TransferTooLarge("too large", 13 * SECTOR_BYTES)
        return audio(*where(command))

    played = Played(drive)
    assert played.run(read_audio(500, 27, ReadHabits())) == audio(500, 27)
    assert [command.sectors for command in asked(played)] == [27, 13, 13, 1]


def test_what_is_too_large_though_it_is_no_larger_than_can_be_is_told() -> None:
    def drive(command: Any) -> bytes:
        raise TransferTooLarge("too large", 27 * SECTOR_BYTES)

    played = Played(drive)
    with pytest.raises(TransferTooLarge):
        played.run(read_audio(500, 27, ReadHabits()))
    assert len(asked(played)) == 1


def test_a_drive_that_is_busy_is_waited_for_a_minute() -> None:
    played = Played(Drive(lambda command: False, said(errors.LongWriteInProgress, 2, 4, 8)))
    with pytest.raises(errors.LongWriteInProgress):
        played.run(read_audio(500, 1, ReadHabits()))
    assert 60 <= played.seconds < 61
    assert len(played.of(Pause)) > 600  # the drive is ready again soon


@pytest.mark.parametrize("kept", [ReadHabits(8), ReadHabits(-1), ReadHabits(0, 0), ReadHabits(0, 28, True)])
def test_habits_that_cannot_be_are_forgotten(kept: ReadHabits) -> None:
    assert kept.check() == ReadHabits()


@pytest.mark.parametrize("kept", [ReadHabits(), ReadHabits(7, 1, True), ReadHabits(0, 27)])
def test_habits_that_can_be_are_kept(kept: ReadHabits) -> None:
    assert kept.check() is kept


# With the drive's marks (C2): 294 bytes behind each sector


def marking(marked: tuple[int, ...] = ()) -> Callable[[Any], bytes]:
    def drive(command: Any) -> bytes:
        return audio(*where(command), marked if command.selection.c2 else None)

    return drive


@pytest.mark.parametrize(
    ("most", "habit", "sizes"),
    [(27, 27, [24, 24, 2]), (8, 27, [7] * 7 + [1]), (27, 8, [7] * 7 + [1]), (1, 27, [1] * 50)],
)
def test_with_its_marks_no_more_bytes_come_at_once_than_without(
    most: int, habit: int, sizes: list[int]
) -> None:
    played = Played(marking((503, 549)), most_sectors=most)
    data, marked = played.run(read_marked(500, 50, ReadHabits(most_sectors=habit), True))
    assert data == audio(500, 50)
    assert marked == (503, 549)
    assert [command.sectors for command in asked(played)] == sizes
    assert {command.selection.c2 for command in asked(played)} == {C2.POINTERS}


def test_without_marks_it_is_read_as_always() -> None:
    played = Played(marking((503,)))
    assert played.run(read_marked(500, 27, ReadHabits(), False)) == (audio(500, 27), ())
    assert len(asked(played)) == 1


@pytest.mark.parametrize(
    "refusal", [REFUSED, InvalidReply("nonsense"), TransferTooLarge("too large", 63_504), None]
)
def test_a_drive_that_gives_audio_only_without_its_marks_is_known_by_that(refusal: Exception | None) -> None:
    def drive(command: Any) -> bytes:
        if command.selection.c2 and refusal is not None:
            raise refusal
        return audio(*where(command))

    played = Played(drive)
    with pytest.raises(NotGiven) as error:
        played.run(read_marked(500, 10, ReadHabits(), True))
    assert str(error.value) == (str(refusal) if refusal else "23520 bytes arrived for 10 sectors of 2646")


@pytest.mark.parametrize(
    "refusal",
    [
        said(errors.AddressOutOfRange, 5, 0x21, 0),
        said(errors.IllegalModeForTrack, 5, 0x64, 0),
        said(errors.ReadError, 3, 0x11, 0),
    ],
)
def test_what_is_wrong_with_the_sector_is_no_matter_of_marks(refusal: SenseError) -> None:
    played = Played(Drive(lambda command: False, refusal))
    with pytest.raises(type(refusal)):
        played.run(read_marked(500, 10, ReadHabits(), True))
    assert len(asked(played)) == 1


def test_where_it_gives_no_audio_without_marks_either_that_is_the_error() -> None:
    def drive(command: Any) -> bytes:
        raise REFUSED if command.selection.c2 else said(errors.ReadError, 3, 0x11, 0)

    with pytest.raises(errors.ReadError):
        Played(drive).run(read_marked(500, 10, ReadHabits(), True))
