"""Commands of many sectors, as a recorder gets them that is only a program: what is found is the same."""

from __future__ import annotations

import pytest

from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.burn import burn
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.track_at_once import TrackAtOnce
from redbook.engine.verify import verify
from redbook.image.store import MemoryStore
from redbook.mmc.read import ReadCd
from redbook.mmc.write import Write10
from redbook.runner.runner import Runner
from redbook.transport.base import BULK_SECTORS
from redbook.virtual.blanks import blank_state
from redbook.virtual.faults import BadSpot
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.engine.test_verify import check
from tests.support.burns import Recording
from tests.support.fingerprints import fingerprint
from tests.support.sound import noise
from tests.support.streams import BytesStream

TRACKS = [noise(588 * (2 * BULK_SECTORS + 20), 1), noise(588 * 300, 2)]
SECOND = 2 * BULK_SECTORS + 20 + 152


def burned(bulk: bool) -> tuple[VirtualRecorder, MemoryStore]:
    store = MemoryStore()
    recorder = VirtualRecorder(Medium(blank_state(), store), bulk=bulk, model="redbook")
    streams = [BytesStream(pcm) for pcm in TRACKS]
    runner = Runner(Drive(recorder), emit=lambda e: None, clock=ManualClock(), streams=streams)
    runner.run(burn(TrackAtOnce([stream.sectors for stream in streams]), Settings(), Outcome()))
    return recorder, store


def everything(store: MemoryStore) -> bytes:
    return bytes(store.read(0, SECOND + 300))


def test_the_disc_is_the_same() -> None:
    assert everything(burned(True)[1]) == everything(burned(False)[1])


def test_they_are_what_is_sent() -> None:
    recorder = VirtualRecorder(Medium.new(), bulk=True, model="redbook")
    log = Recording(recorder)
    log.most_bytes, log.real_time = recorder.most_bytes, False  # type: ignore[attr-defined]
    streams = [BytesStream(pcm) for pcm in TRACKS]
    runner = Runner(Drive(log), emit=lambda e: None, clock=ManualClock(), streams=streams)
    runner.run(burn(TrackAtOnce([stream.sectors for stream in streams]), Settings(), Outcome()))
    assert check(log, TRACKS).same  # type: ignore[arg-type]
    written = [int.from_bytes(cdb[7:9], "big") for cdb in log.cdbs if cdb[0] == Write10.OPCODE]
    assert written == [BULK_SECTORS, BULK_SECTORS, 20, BULK_SECTORS, 300 - BULK_SECTORS]
    read = [int.from_bytes(cdb[6:9], "big") for cdb in log.cdbs if cdb[0] == ReadCd.OPCODE]
    assert max(read) == BULK_SECTORS


def test_a_short_burn_lies_in_the_ring_as_a_whole() -> None:
    for bulk in (False, True):
        streams = [BytesStream(noise(588 * 450))]
        recorder = VirtualRecorder(Medium.new(), bulk=bulk, model="redbook")
        runner = Runner(Drive(recorder), emit=lambda e: None, clock=ManualClock(), streams=streams)
        runner.run(burn(TrackAtOnce([450]), Settings(), Outcome()))
        assert (runner.supply.underruns, runner.supply.host_buffer_lowest) == (0, 1.0)


@pytest.mark.parametrize(("first", "sectors"), [(100, 500), (300, 700), (200, 600)])
def test_far_more_that_cannot_be_read_costs_no_more_of_what_is_good(first: int, sectors: int) -> None:
    """A drive is not asked for each of so many sectors: what is given up with them must be little."""
    pcm = noise(588 * 1500, 3)
    found = {}
    for bulk in (False, True):
        recorder = VirtualRecorder(Medium.new(), bulk=bulk, model="redbook")
        streams = [BytesStream(pcm)]
        runner = Runner(Drive(recorder), emit=lambda e: None, clock=ManualClock(), streams=streams)
        runner.run(burn(TrackAtOnce([1500]), Settings(), Outcome()))
        recorder.bad_spots.append(BadSpot(first, first + sectors - 1))
        sent = [fingerprint(pcm)]
        (reading,) = (
            Runner(Drive(recorder), emit=lambda e: None, clock=ManualClock()).run(verify(None, sent)).readings
        )
        found[bulk] = reading
        assert set(range(first, first + sectors)) <= set(reading.unreadable)
    assert len(found[True].unreadable) <= len(found[False].unreadable) + 27
    assert found[True].bad_sectors <= found[False].bad_sectors + 27


@pytest.mark.parametrize("sectors", [1, 3, 40])
@pytest.mark.parametrize(
    "first",
    [
        0,
        26,
        BULK_SECTORS - 1,
        BULK_SECTORS,
        2 * BULK_SECTORS - 2,
        2 * BULK_SECTORS + 19,
        SECOND,
        SECOND + 299,
    ],
)
@pytest.mark.parametrize("how", ["altered", "unreadable"])
def test_damage_is_found_at_the_same_places(how: str, first: int, sectors: int) -> None:
    found = []
    for bulk in (False, True):
        recorder, store = burned(bulk)
        if how == "altered":
            store.write(first, noise(588 * sectors, 7))
        else:
            recorder.bad_spots.append(BadSpot(first, first + sectors - 1))
        found.append(check(recorder, TRACKS).differences)
    assert found[0] == found[1]
    assert found[0]
