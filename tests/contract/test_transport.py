"""What every transport must do, whatever is behind it. The virtual recorder is the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.errors import TransportError
from redbook.mmc import sense
from redbook.mmc.control import TestUnitReady
from redbook.mmc.identify import Inquiry
from redbook.mmc.write import Write10
from redbook.transport.base import Reply, Status, Transport
from redbook.transport.recorded import Transcriber
from redbook.transport.sg_io import SgIo
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.fake_kernel import FakeKernel


def in_memory(folder: Path) -> Transport:
    return VirtualRecorder(Medium.new())


def in_a_folder(folder: Path) -> Transport:
    return VirtualRecorder(Medium.new_at(folder / "contract.disc"))


def behind_the_kernel(folder: Path) -> Transport:
    return SgIo.open("/dev/sr0", ManualClock(), FakeKernel(VirtualRecorder(Medium.new())))


def behind_its_generic_node(folder: Path) -> Transport:
    return SgIo.open("/dev/sg1", ManualClock(), FakeKernel(VirtualRecorder(Medium.new())))


def written_down(folder: Path) -> Transport:
    return Transcriber.begin(VirtualRecorder(Medium.new()), folder / "contract.jsonl")


@pytest.fixture(
    params=[in_memory, in_a_folder, behind_the_kernel, behind_its_generic_node, written_down],
)
def transport(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Transport]:
    make: Callable[[Path], Transport] = request.param
    made: Transport = make(tmp_path)
    while made.execute(TestUnitReady().to_cdb()).status != Status.GOOD:
        pass
    yield made
    made.close()


def test_good_has_no_sense_and_a_refusal_no_data(transport: Transport) -> None:
    assert transport.execute(TestUnitReady().to_cdb()) == Reply(Status.GOOD)
    refused = transport.execute(bytes.fromhex("d8" + "00" * 11), data_in_length=100)
    assert (refused.status, refused.data) == (Status.CHECK_CONDITION, b"")
    assert sense.parse(refused.sense).key == sense.ILLEGAL


def test_data_are_never_longer_than_asked_and_the_residue_is_what_is_missing(transport: Transport) -> None:
    for length in (0, 5, 36, 96):
        reply = transport.execute(Inquiry(96).to_cdb(), data_in_length=length)
        assert len(reply.data) == min(length, 96)
        assert reply.residue == length - len(reply.data)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_data_out_may_be_any_buffer(transport: Transport, kind: Callable[[bytes], memoryview]) -> None:
    cdb = Write10(0, bytes(27 * SECTOR_BYTES)).to_cdb()
    assert transport.execute(cdb, kind(bytes(27 * SECTOR_BYTES))).status == Status.GOOD


def test_announcing_nothing_is_always_possible(transport: Transport) -> None:
    transport.announce(0)


def test_a_closed_transport_gives_no_answer_and_closes_twice(transport: Transport) -> None:
    transport.close()
    transport.close()
    with pytest.raises(TransportError):
        transport.execute(TestUnitReady().to_cdb())
