"""Mode page 05h: what is asked for, what of it may be left out, and what is made of the drive's answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redbook.engine.events import Notice
from redbook.engine.outcome import Settings
from redbook.engine.prepare import take_write_parameters
from redbook.engine.write_parameters import (
    clear_test_write,
    read_page,
    read_write_parameters,
    select_track_at_once,
    select_write_type,
)
from redbook.errors import InvalidField, InvalidReply, MediumError, ParametersIgnored, Sense
from redbook.mmc.mode_pages import (
    ModeData,
    ModeSelect10,
    ModeSense10,
    MultiSession,
    WriteParameters,
    WriteType,
)
from tests.support.played import Played

TAIL = bytes((1, 2, 3, 4))
FOUND = WriteParameters(
    write_type=WriteType.PACKET,
    underrun_protection=False,
    multi_session=MultiSession.NEXT_ALLOWED,
    copy=True,
    track_mode=5,
    data_block_type=8,
    link_size=7,
    session_format=0x20,
    packet_size=16,
    audio_pause=0,
    mcn="4006381333931",
    tail=TAIL,
)


class Drive:
    """page: as it is now. takes: which pages it accepts. makes: what becomes of one that it accepts"""

    def __init__(self, page: WriteParameters = FOUND, *, length: int = 52) -> None:
        self.page = page
        self.length = length
        self.takes: Any = lambda page: True
        self.makes: Any = lambda page: page
        self.selected: list[bytes] = []

    def __call__(self, command: Any) -> object:
        if isinstance(command, ModeSense10):
            page = bytearray(self.page.to_page()[: self.length].ljust(self.length, b"\0"))
            page[1] = self.length - 2
            return ModeData(bytes(page))
        assert isinstance(command, ModeSelect10)
        self.selected.append(command.pages)
        page = WriteParameters.from_page(command.pages.ljust(52, b"\0"))
        if not self.takes(page):
            raise InvalidField("the drive said so", command.NAME, Sense(5, 0x26, 0))
        self.page = self.makes(page)
        return None


def full(page: WriteParameters) -> int:
    return len(page.to_page())


def test_all_but_the_drive_s_own_tail_is_made_anew() -> None:
    """Pioneer, Matsushita and LG have defaults that no CD allows."""
    drive = Drive(length=full(FOUND))
    played = Played(drive)
    taken = played.run(
        select_write_type(
            WriteType.SESSION_AT_ONCE,
            test_write=True,
            underrun_protection=True,
            next_session=MultiSession.LAST,
            data_block_type=1,
        )
    )
    meant = WriteParameters(
        write_type=WriteType.SESSION_AT_ONCE,
        test_write=True,
        underrun_protection=True,
        multi_session=MultiSession.LAST,
        data_block_type=1,
        tail=TAIL,
    )
    assert taken == drive.page == meant
    assert len(drive.selected) == 1
    assert not played.of(Notice)


@pytest.mark.parametrize("test_write", [True, False])
@pytest.mark.parametrize("protection", [True, False])
@pytest.mark.parametrize("following", MultiSession)
def test_track_at_once_is_set_as_it_is_wanted(test_write: bool, protection: bool, following: int) -> None:
    drive = Drive(length=full(FOUND))
    Played(drive).run(
        select_track_at_once(test_write=test_write, underrun_protection=protection, next_session=following)
    )
    page = drive.page
    assert (page.write_type, page.test_write, page.underrun_protection, page.multi_session) == (
        WriteType.TRACK_AT_ONCE,
        test_write,
        protection,
        following,
    )


def select(drive: Drive, **how: Any) -> tuple[WriteParameters, list[str]]:
    usual = {"test_write": False, "underrun_protection": True, "next_session": MultiSession.LAST}
    played = Played(drive)
    page = played.run(select_write_type(WriteType.TRACK_AT_ONCE, **(usual | how)))
    return page, [notice.text for notice in played.of(Notice)]


def test_what_a_drive_does_not_take_is_left_out_and_told() -> None:
    drive = Drive(length=full(FOUND))
    drive.takes = lambda page: not page.underrun_protection
    page, told = select(drive)
    assert not page.underrun_protection
    assert told == ["the drive does not accept buffer underrun protection; writing without"]
    assert len(drive.selected) == 2


def test_a_tail_that_the_drive_itself_does_not_take_is_left_out_without_a_word() -> None:
    drive = Drive(length=full(FOUND))
    drive.takes = lambda page: page.tail == bytes(4)
    page, told = select(drive, underrun_protection=False)
    assert page.tail == bytes(4)
    assert told == []


def test_a_drive_that_takes_neither_protection_nor_its_tail_is_told_of_the_one() -> None:
    drive = Drive(length=full(FOUND))
    drive.takes = lambda page: page.tail == bytes(4)
    page, told = select(drive)
    assert (page.underrun_protection, page.tail) == (False, bytes(4))
    assert told == ["the drive does not accept buffer underrun protection; writing without"]
    sent = [WriteParameters.from_page(page) for page in drive.selected]
    assert [(page.underrun_protection, page.tail) for page in sent] == [
        (True, TAIL),
        (False, TAIL),
        (False, bytes(4)),
    ]


def test_a_drive_that_refuses_everything_is_asked_once_for_each_form() -> None:
    drive = Drive(replace(FOUND, tail=bytes(4)), length=full(FOUND))
    drive.takes = lambda page: False
    with pytest.raises(InvalidField):
        select(drive, underrun_protection=False)
    assert len(drive.selected) == 1


@pytest.mark.parametrize("wanted", [{"test_write": True}, {"next_session": MultiSession.NEXT_ALLOWED}])
def test_a_test_write_and_a_next_session_are_never_left_out(wanted: dict[str, Any]) -> None:
    drive = Drive(length=full(FOUND))
    drive.takes = lambda page: not page.test_write and page.multi_session == MultiSession.LAST
    before = drive.page
    with pytest.raises(InvalidField):
        select(drive, **wanted)
    assert drive.page == before
    assert drive.selected


IGNORED: list[tuple[dict[str, Any], str]] = [
    ({"write_type": WriteType.PACKET}, "write_type"),
    ({"test_write": True}, "test_write"),
    ({"data_block_type": 8}, "data_block_type"),
    ({"track_mode": 4}, "track_mode"),
    ({"multi_session": MultiSession.NEXT_ALLOWED}, "multi_session"),
    ({"write_type": WriteType.PACKET, "test_write": True}, "write_type, test_write"),
]


@pytest.mark.parametrize(("otherwise", "said"), IGNORED)
def test_a_drive_that_says_good_and_does_something_else_is_found_out(
    otherwise: dict[str, Any], said: str
) -> None:
    drive = Drive(length=full(FOUND))
    drive.makes = lambda page: replace(page, **otherwise)
    with pytest.raises(ParametersIgnored, match=f"did not take {said}$"):
        select(drive)


@pytest.mark.parametrize(
    ("wanted", "has", "fine"), [(True, False, True), (False, True, False), (True, True, True)]
)
def test_protection_that_is_missing_is_no_reason_not_to_burn_and_one_that_stays_on_is(
    wanted: bool, has: bool, fine: bool
) -> None:
    drive = Drive(length=full(FOUND))
    drive.makes = lambda page: replace(page, underrun_protection=has)
    if fine:
        assert select(drive, underrun_protection=wanted)[0].underrun_protection is has
        return
    with pytest.raises(ParametersIgnored, match="underrun_protection"):
        select(drive, underrun_protection=wanted)


@pytest.mark.parametrize(
    ("wanted", "offered", "has", "protected", "told"),
    [
        (True, True, True, True, False),
        (True, True, False, False, True),
        (True, False, False, False, False),
        (False, True, False, False, False),
    ],
)
def test_where_protection_is_wanted_offered_and_not_there_that_is_told(
    wanted: bool, offered: bool, has: bool, protected: bool, told: bool
) -> None:
    drive = Drive(length=full(FOUND))
    drive.makes = lambda page: replace(page, underrun_protection=has)
    played = Played(drive)
    result = played.run(take_write_parameters(Settings(underrun_protection=wanted), offered))
    assert result is protected
    words = ["does not offer buffer underrun protection" in notice.text for notice in played.of(Notice)]
    assert words == [True] * told
    asked = [WriteParameters.from_page(page).underrun_protection for page in drive.selected]
    assert asked == [wanted and offered]


# How long the page is there


@pytest.mark.parametrize("length", [16, 32, 50, 52, 56])
def test_a_page_is_sent_back_as_long_as_it_came(length: int) -> None:
    drive = Drive(length=length)
    select(drive)
    assert {len(page) for page in drive.selected} == {length}
    assert {page[1] for page in drive.selected} == {length - 2}


def answered(page: bytes) -> Played:
    return Played(lambda command: ModeData(page))


def test_a_page_that_announces_no_length_is_taken_as_long_as_usual() -> None:
    """libburn: some say 0."""
    page = bytearray(FOUND.to_page() + b"\xff" * 20)
    page[1] = 0
    assert answered(bytes(page)).run(read_write_parameters()) == FOUND


@pytest.mark.parametrize("length", [15, 12, 3])
def test_a_page_that_ends_before_what_counts_makes_no_sense(length: int) -> None:
    page = bytearray(FOUND.to_page()[:length])
    page[1] = length - 2
    with pytest.raises(InvalidReply, match="switch it off and on"):
        answered(bytes(page)).run(read_page())


def test_a_page_that_is_shorter_than_it_announces_makes_no_sense() -> None:
    page = bytearray(FOUND.to_page()[:30])
    page[1] = 50
    with pytest.raises(InvalidReply, match="52 bytes were announced, but 30 arrived"):
        answered(bytes(page)).run(read_page())


@pytest.mark.parametrize("page", [b"", b"\x05", bytes((0x2A, 2, 0, 0))])
def test_an_answer_without_the_page_makes_no_sense(page: bytes) -> None:
    with pytest.raises(InvalidReply):
        answered(page).run(read_page())


# The memory of a test write


@pytest.mark.parametrize("protection", [True, False])
def test_a_test_bit_is_taken_out_and_protection_left_as_it_was(protection: bool) -> None:
    drive = Drive(replace(FOUND, test_write=True, underrun_protection=protection), length=full(FOUND))
    assert Played(drive).run(clear_test_write())
    assert drive.page == WriteParameters(underrun_protection=protection, tail=TAIL)


def test_where_there_is_none_nothing_is_sent() -> None:
    drive = Drive(length=full(FOUND))
    assert not Played(drive).run(clear_test_write())
    assert not drive.selected


def test_another_refusal_than_of_the_page_ends_it_at_once() -> None:
    drive = Drive(length=full(FOUND))

    def broken(command: Any) -> object:
        if isinstance(command, ModeSelect10):
            drive.selected.append(command.pages)
            raise MediumError("bad", command.NAME, Sense(3, 2, 0))
        return drive(command)

    with pytest.raises(MediumError):
        Played(broken).run(select_track_at_once(test_write=False, underrun_protection=True, next_session=0))
    assert len(drive.selected) == 1
