"""CD-Text on its way into the lead-in: the packs over and over, in pieces that can be carried."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from redbook import errors
from redbook.disc import SECTOR_BYTES, Msf, cd_text
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.engine.events import Phase, PhaseStarted, TrackStarted, Working
from redbook.engine.inspect import DiscContents
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.plan import Space
from redbook.engine.session_at_once import SessionAtOnce
from redbook.engine.steps import Commit, Point
from redbook.errors import IllegalRequest, MediumUnsuitable, NotARecorder, Sense, TransferTooLarge
from redbook.mmc.disc_info import DiscInformation, DiscStatus, SessionStatus
from redbook.mmc.write import Write10
from tests.support.played import Played
from tests.support.sound import noise

LEAD_IN = Msf.from_lba(-5000)
ROOM = Space(1, 0, 359_849)
PACKS = b"".join(
    cd_text.sealed(bytes((0x80, number, number, 0)) + b"words".ljust(12, b"\0")) for number in range(5)
)
LAYOUT = SessionLayout((LaidTrack(1, 0, 300, 150), LaidTrack(2, 300, 300)), 600, cd_text=PACKS)
PROGRAM = noise(588 * 750)


def write(drive: Any = lambda command: None, *, most: int = 27, **outcome: Any) -> tuple[Played, Outcome]:
    size = most * SECTOR_BYTES
    played = Played(
        drive, most_sectors=most, chunks=[PROGRAM[at : at + size] for at in range(0, len(PROGRAM), size)]
    )
    if hasattr(drive, "played"):
        drive.played = played
    how = Outcome(**({"lead_in_start": LEAD_IN} | outcome))
    played.run(SessionAtOnce(LAYOUT).write(LAYOUT, ROOM, Settings(), how))
    return played, how


@pytest.mark.parametrize("most", [27, 13, 1])
def test_it_is_full_of_packs_from_its_start_to_the_first_pregap(most: int) -> None:
    played, outcome = write(most=most)
    text = [command for command in played.of(Write10) if command.lba < -150]
    assert text[0].lba == -5000
    assert all(one.lba + one.sectors == two.lba for one, two in pairwise(text))
    assert text[-1].lba + text[-1].sectors == -150
    assert {command.sector_bytes for command in text} == {96}
    assert max(len(command.data_out) for command in text) <= min(most * SECTOR_BYTES, 32 * 1024)
    assert outcome.lead_in_sent
    # Four packs in each sector of 96 bytes, six bits to a byte (MMC-5 annex J).
    bits = b"".join(bytes(command.data_out) for command in text)
    packs = b"".join(packed(bits[at : at + 4]) for at in range(0, 24 * 96, 4))
    assert packs == (PACKS * (len(packs) // len(PACKS) + 1))[: len(packs)]


def packed(four: bytes) -> bytes:
    """Three bytes of four times six bits."""
    value = 0
    for byte in four:
        assert byte < 0x40
        value = value << 6 | byte
    return value.to_bytes(3, "big")


def test_the_program_follows_from_the_first_pregap_on() -> None:
    played, outcome = write()
    program = [command for command in played.of(Write10) if command.lba >= -150]
    assert program[0].lba == -150
    assert b"".join(bytes(command.data_out) for command in program) == PROGRAM
    assert {command.sector_bytes for command in program} == {SECTOR_BYTES}
    assert outcome.sent == 750
    told = played.of(PhaseStarted, Commit, TrackStarted)
    assert told == [
        Commit(Point.WRITE),
        PhaseStarted(Phase.LEAD_IN),
        PhaseStarted(Phase.WRITING, 1),
        TrackStarted(1, 0, 300),
        TrackStarted(2, 300, 300),
    ]


def test_how_far_it_has_come_is_told_up_to_the_whole() -> None:
    played, _ = write()
    told = played.of(Working)
    assert {step.phase for step in told} == {Phase.LEAD_IN}
    fractions = [step.fraction for step in told]
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < 0.1
    assert fractions[-1] == 1


def test_where_the_lead_in_is_not_known_nothing_is_sent_into_it() -> None:
    played, _ = write(lead_in_start=None)
    assert min(command.lba for command in played.of(Write10)) == -150
    assert not played.of(Working)


class Narrow:
    """A way to the drive that carries so many bytes from the n-th WRITE on."""

    def __init__(self, most_sectors: int, nth: int = 0, tells: bool = True) -> None:
        self.most_sectors, self.nth, self.tells = most_sectors, nth, tells
        self.played: Any = None
        self.writes = 0

    def __call__(self, command: Any) -> None:
        self.writes += 1
        if self.writes > self.nth and len(command.data_out) > self.most_sectors * SECTOR_BYTES:
            if self.tells:
                self.played.most_sectors = self.most_sectors
            raise TransferTooLarge("too large", self.most_sectors * SECTOR_BYTES)


@pytest.mark.parametrize("most", [1, 5])
def test_a_way_that_carries_less_shows_it_at_the_first_write(most: int) -> None:
    played, outcome = write(Narrow(most))
    text = [command for command in played.of(Write10) if command.lba < -150]
    assert [command.lba for command in text[:2]] == [-5000, -5000]
    assert text[1].sectors == most * SECTOR_BYTES // 96
    assert outcome.sent == 750


@pytest.mark.parametrize("drive", [Narrow(1, nth=1), Narrow(1, tells=False)])
def test_one_that_shrinks_later_or_does_not_say_how_much_is_no_way(drive: Narrow) -> None:
    with pytest.raises(TransferTooLarge):
        write(drive)
    assert drive.writes == drive.nth + 1


def test_a_drive_that_refuses_the_write_type_is_told_with_what_can_be_used_instead() -> None:
    def drive(command: Any) -> None:
        raise IllegalRequest("no", command.NAME, Sense(5, 0x26, 0))

    with pytest.raises(NotARecorder, match=r"refuses to write session-at-once .*track-at-once"):
        Played(drive).run(SessionAtOnce(LAYOUT).parameters(Settings(), True))


def test_another_error_is_told_as_it_is() -> None:
    def drive(command: Any) -> None:
        raise errors.HardwareError("no", command.NAME, Sense(4, 9, 1))

    with pytest.raises(errors.HardwareError):
        Played(drive).run(SessionAtOnce(LAYOUT).parameters(Settings(), True))


def test_cd_text_needs_the_place_of_the_lead_in() -> None:
    information = DiscInformation(DiscStatus.BLANK, SessionStatus.EMPTY, False, 1, 1, 1, 1)
    disc = DiscContents(information, None, (), None, None, ROOM)
    played = Played()
    with pytest.raises(MediumUnsuitable, match="--cd-text none"):
        played.run(SessionAtOnce(LAYOUT).arm(LAYOUT, disc, Settings(), Outcome()))
    assert not played.steps
