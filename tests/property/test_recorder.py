"""Whatever is sent to the virtual recorder, in whatever order: an answer, and a disc that can be."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from redbook.disc import SECTOR_BYTES
from redbook.mmc import sense
from redbook.mmc.control import StartStopUnit
from redbook.mmc.decode import ALL_COMMANDS
from redbook.mmc.disc_info import ReadTrackInformation
from redbook.mmc.mode_pages import ModeSelect10, WriteParameters
from redbook.mmc.write import Blank, BlankType, CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from redbook.transport.base import Status
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder

opcodes = st.sampled_from([command.OPCODE for command in ALL_COMMANDS]) | st.integers(0, 255)
cdbs = st.builds(lambda opcode, rest: bytes([opcode]) + rest, opcodes, st.binary(max_size=15))
sensible = st.sampled_from(
    [
        *(StartStopUnit(start, load).to_cdb() for start in (True, False) for load in (True, False)),
        SynchronizeCache().to_cdb(),
        CloseTrackSession(CloseFunction.SESSION).to_cdb(),
        CloseTrackSession(CloseFunction.TRACK, 1).to_cdb(),
        Blank(BlankType.MINIMAL).to_cdb(),
    ]
)
pages = st.builds(
    WriteParameters,
    test_write=st.booleans(),
    multi_session=st.sampled_from([0, 3]),
    track_mode=st.sampled_from([0, 2, 4]),
)


def send(recorder: VirtualRecorder, cdb: bytes, data: bytes = b"") -> bytes:
    reply = recorder.execute(cdb, data, data_in_length=1000)
    if reply.status == Status.CHECK_CONDITION:
        assert 1 <= sense.parse(reply.sense).key <= 0xB
        assert reply.data == b""
    else:
        assert reply.status == Status.GOOD
        assert len(reply.data) + reply.residue == 1000
    assert recorder.disc is not None
    recorder.disc.state.check()
    return reply.data


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_bytes_in_any_order(data: st.DataObject) -> None:
    recorder = VirtualRecorder(Medium.new(data.draw(st.sampled_from(["cd-r", "cd-rw"]))))
    for _ in range(data.draw(st.integers(1, 25))):
        kind = data.draw(st.sampled_from(["any", "sensible", "write", "page"]))
        if kind == "any":
            send(recorder, data.draw(cdbs), data.draw(st.binary(max_size=80)))
        elif kind == "sensible":
            send(recorder, data.draw(sensible))
        elif kind == "page":
            command = ModeSelect10(data.draw(pages).to_page())
            send(recorder, command.to_cdb(), command.data_out)
        else:
            track = send(recorder, ReadTrackInformation().to_cdb())
            lba = int.from_bytes(track[12:16], "big", signed=True) if len(track) >= 16 else 0
            command_out = Write10(lba, bytes(SECTOR_BYTES) * data.draw(st.integers(1, 3)))
            send(recorder, command_out.to_cdb(), bytes(command_out.data_out))
