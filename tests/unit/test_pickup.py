"""How long reading takes where time counts: speed, seeks, and the cache that reads ahead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.mmc.control import SetCdSpeed
from redbook.mmc.read import Read10, ReadCd
from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Data, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import ready

CACHE = 2 * 1024 * 1024 // SECTOR_BYTES  # of the model `redbook`: 891 sectors
SHORTEST, FARTHEST = 0.06, 0.20  # seconds that a seek takes

Took = Callable[[int, int], float]


def disc() -> Medium:
    return prepare([Session([Audio(bytes(SECTOR_BYTES * 20_000))])], "cd-rw")


@pytest.fixture
def recorder(clock: ManualClock) -> VirtualRecorder:
    return VirtualRecorder(disc(), speed=8, clock=clock)


@pytest.fixture
def drive(recorder: VirtualRecorder, clock: ManualClock) -> Drive:
    drive = ready(recorder)
    clock.sleep(5)
    return drive


@pytest.fixture
def took(drive: Drive, clock: ManualClock) -> Took:
    """Seconds that reading so many sectors there takes."""

    def took(lba: int, sectors: int) -> float:
        before = clock.now()
        drive.run(ReadCd(lba, sectors))
        return clock.now() - before

    return took


def test_by_default_it_takes_none(clock: ManualClock) -> None:
    drive = ready(VirtualRecorder(disc(), clock=clock))
    drive.run(ReadCd(15_000, 600))
    drive.run(ReadCd(0, 600))
    assert clock.now() == 0


def test_it_takes_what_its_speed_says_and_a_seek(took: Took) -> None:
    assert SHORTEST + 1.0 <= took(5000, 600) <= FARTHEST + 1.0  # 600 sectors are 8 s at 1x


def test_read_in_order_there_is_no_seek(took: Took) -> None:
    took(5000, 60)
    assert sum(took(lba, 60) for lba in range(5060, 5660, 60)) == pytest.approx(1.0)


def test_a_lower_speed_that_was_asked_for_is_kept(took: Took, drive: Drive) -> None:
    drive.run(SetCdSpeed(4 * 177, 0xFFFF))
    took(5000, 60)
    assert took(5060, 600) == pytest.approx(2.0)


def test_what_was_read_last_comes_at_once(took: Took) -> None:
    took(5000, 100)
    assert took(5000, 100) == 0
    assert took(5050, 20) == 0


def test_the_drive_reads_ahead_while_it_waits(took: Took, clock: ManualClock) -> None:
    took(5000, 27)
    clock.sleep(0.5)  # 300 sectors
    assert took(5027, 300) == 0
    clock.sleep(3600)
    ahead = int(CACHE * 0.75)  # and no further
    assert took(5327, ahead) == 0
    assert took(5327 + ahead, 60) == pytest.approx(0.1)


def test_as_much_read_elsewhere_as_the_cache_holds_empties_it(took: Took) -> None:
    """What cd-paranoia does before it reads a sector again."""
    took(5000, 27)
    took(5027, CACHE)
    assert took(5000, 27) >= SHORTEST + 27 / 600
    took(12_000, 1)
    assert took(5000, 27) >= SHORTEST + 27 / 600


def test_a_far_seek_takes_longer_than_a_near_one(took: Took) -> None:
    took(19_000, 1)
    near = took(17_900, 1)
    assert took(0, 1) > near > SHORTEST


def test_a_little_ahead_the_disc_is_read_on(took: Took) -> None:
    took(5000, 6)
    assert took(5012, 6) == pytest.approx(12 / 600)


def test_another_disc_is_not_in_the_cache(took: Took, recorder: VirtualRecorder, clock: ManualClock) -> None:
    took(5000, 100)
    recorder.insert(disc())
    clock.sleep(10)
    ready(recorder)
    assert took(5000, 100) >= SHORTEST + 100 / 600


def test_where_the_laser_is_already_there_is_no_seek(took: Took) -> None:
    """At the start of a disc that was just loaded."""
    assert took(0, 600) == pytest.approx(1.0)


def test_data_take_the_same(clock: ManualClock) -> None:
    drive = ready(VirtualRecorder(prepare([Session([Data(bytes(2048 * 700))])]), speed=8, clock=clock))
    drive.run(Read10(0, 1))
    before = clock.now()
    drive.run(Read10(1, 600))
    assert clock.now() - before == pytest.approx(1.0)


def test_nothing_is_read_ahead_of_the_lead_out(took: Took, clock: ManualClock) -> None:
    took(19_900, 10)
    clock.sleep(100)
    assert took(19_910, 90) == 0
    assert took(0, 1) > SHORTEST


def test_nothing_is_read_before_something_was_asked_for(
    took: Took, recorder: VirtualRecorder, clock: ManualClock
) -> None:
    """A disc that was just loaded lies still."""
    clock.sleep(60)
    assert took(0, 600) >= 1.0
    recorder.insert(disc())
    clock.sleep(60)
    ready(recorder)
    assert took(0, 600) >= 1.0
