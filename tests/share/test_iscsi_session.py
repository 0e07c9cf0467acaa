"""A session of the iSCSI target: order, data, status.  Source of what is expected: RFC 7143 4.2, 11."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redbook.errors import DriveClosed, DriveGone, StorageFailed, TransportTimeout
from redbook.share.iscsi.answers import (
    Answer,
    DataIn,
    LogoutResponse,
    NopIn,
    ReadyToTransfer,
    Reject,
    RejectReason,
    ScsiResponse,
    TextResponse,
)
from redbook.share.iscsi.pdu import NO_TAG, ProtocolError
from redbook.share.iscsi.requests import (
    DataOut,
    LogoutRequest,
    NopOut,
    ScsiCommand,
    Snack,
    TextRequest,
)
from redbook.share.iscsi.session import MOST_HELD_BYTES, MOST_IMMEDIATE, WINDOW
from redbook.share.iscsi.target import Target
from redbook.share.iscsi.tasks import MOST_TRANSFER_BYTES
from redbook.transport.base import Reply, Status
from tests.support.iscsi import INITIATOR, FakeUnit, Peer, logged_in, only

READY, READ, WRITE = b"\x00", b"\x28", b"\x2a"
SENSE = bytes.fromhex("70000500000000 0a 00000000 2102 00000000".replace(" ", ""))


def sense_of(received: list[tuple[Answer, bytes]]) -> tuple[int, int, int]:
    ((answer, data),) = received
    assert isinstance(answer, ScsiResponse)
    assert answer.status == Status.CHECK_CONDITION
    assert int.from_bytes(data[:2], "big") == len(data) - 2
    return data[4] & 0xF, data[14], data[15]


# Status and data in


def test_a_command_without_data() -> None:
    unit = FakeUnit()
    who = logged_in(unit)
    answer = only(ScsiResponse, who.command(READY))
    assert (answer.task_tag, answer.status, answer.response) == (who.tag, 0, 0)
    assert not answer.overflow
    assert not answer.underflow
    assert unit.asked == [(bytes(16), b"")]


def test_data_and_a_good_status_come_in_one_pdu() -> None:
    who = logged_in(FakeUnit({0x28: Reply(Status.GOOD, b"x" * 100)}))
    ((answer, data),) = who.command(READ, expected=100, read=True)
    assert isinstance(answer, DataIn)
    assert (answer.final, answer.with_status, answer.status) == (True, True, 0)
    assert (answer.data_sn, answer.offset_bytes) == (0, 0)
    assert not (answer.overflow or answer.underflow or answer.residual_bytes)
    assert data == b"x" * 100


@pytest.mark.parametrize(
    "sent, expected, over, under",
    [(100, 150, 0, 50), (100, 40, 60, 0), (100, 0, 100, 0), (0, 100, 0, 100), (0, 0, 0, 0)],
)
def test_residuals_of_data_in(sent: int, expected: int, over: int, under: int) -> None:
    who = logged_in(FakeUnit({0x28: Reply(Status.GOOD, b"x" * sent)}))
    ((answer, data),) = who.command(READ, expected=expected, read=True)
    assert isinstance(answer, DataIn | ScsiResponse)
    assert answer.residual_bytes == over + under
    assert (answer.overflow, answer.underflow) == (over > 0, under > 0)
    assert data == b"x" * min(sent, expected)


def test_a_unit_is_given_room_for_more_than_the_initiator_has() -> None:
    unit = FakeUnit()
    logged_in(unit).command(READ, expected=10, read=True)
    assert unit.room[0] > 1 << 20


def test_data_in_come_in_pieces_that_the_initiator_takes() -> None:
    whole = bytes(range(256)) * 10
    who = logged_in(
        FakeUnit({0x28: Reply(Status.GOOD, whole)}), MaxRecvDataSegmentLength="512", MaxBurstLength="1000"
    )
    received = who.command(READ, expected=len(whole), read=True)
    pieces = [(answer, data) for answer, data in received if isinstance(answer, DataIn)]
    assert len(pieces) == len(received)
    assert b"".join(data for _, data in pieces) == whole
    assert [answer.data_sn for answer, _ in pieces] == list(range(len(pieces)))
    assert [answer.offset_bytes for answer, _ in pieces] == [0, 512, 1000, 1512, 2000, 2512]
    assert [answer.final for answer, _ in pieces] == [False, True, False, True, False, True]
    assert [answer.with_status for answer, _ in pieces] == [False] * 5 + [True]


def test_a_refusal_carries_its_sense() -> None:
    who = logged_in(FakeUnit({0x2A: Reply(Status.CHECK_CONDITION, sense=SENSE)}))
    received = who.command(WRITE, b"x" * 8, write=True)
    assert sense_of(received) == (5, 0x21, 2)
    ((_, data),) = received
    assert data == b"\x00\x12" + SENSE


def test_a_refused_read_leaves_everything_untransferred() -> None:
    who = logged_in(FakeUnit({0x28: Reply(Status.CHECK_CONDITION, sense=SENSE)}))
    ((answer, _),) = who.command(READ, expected=100, read=True)
    assert isinstance(answer, ScsiResponse)
    assert (answer.underflow, answer.residual_bytes) == (True, 100)


def test_data_with_a_refusal_come_before_it() -> None:
    who = logged_in(FakeUnit({0x28: Reply(Status.CHECK_CONDITION, b"x" * 10, SENSE)}))
    (first, data), (second, _) = who.command(READ, expected=10, read=True)
    assert isinstance(first, DataIn)
    assert isinstance(second, ScsiResponse)
    assert (first.final, first.with_status, data) == (True, False, b"x" * 10)
    assert (second.status, second.exp_data_sn) == (2, 1)


def test_what_a_unit_did_not_take_is_told() -> None:
    who = logged_in(FakeUnit({0x2A: Reply(Status.GOOD, residue=30)}))
    answer = only(ScsiResponse, who.command(WRITE, b"x" * 100, write=True))
    assert (answer.status, answer.underflow, answer.residual_bytes) == (0, True, 30)


# What a unit does that gives no answer


def test_a_unit_that_does_not_answer_is_a_target_failure() -> None:
    who = logged_in(FakeUnit({0x00: TransportTimeout("nothing came")}))
    answer = only(ScsiResponse, who.command(READY))
    assert answer.response == 1
    assert only(ScsiResponse, who.command(READ)).response == 0


def test_a_unit_that_cannot_store_is_an_internal_failure() -> None:
    who = logged_in(FakeUnit({0x2A: StorageFailed("the disk is full")}))
    assert sense_of(who.command(WRITE, b"x" * 4, write=True)) == (4, 0x44, 0)
    assert not who.connection.closing


@pytest.mark.parametrize("error", [DriveGone("unplugged"), DriveClosed("closed")])
def test_a_unit_that_has_left_ends_the_connection(error: Exception) -> None:
    who = logged_in(FakeUnit({0x00: error}))
    assert who.command(READY) == []
    assert who.connection.closing


# Data out


def write_peer(unit: FakeUnit, **keys: str) -> Peer:
    return logged_in(unit, **{"MaxBurstLength": "1024", "FirstBurstLength": "512", **keys})


def r2t(received: list[tuple[Answer, bytes]]) -> ReadyToTransfer:
    return only(ReadyToTransfer, received)


def test_immediate_data_alone() -> None:
    unit = FakeUnit()
    only(ScsiResponse, write_peer(unit).command(WRITE, b"x" * 512, write=True))
    assert unit.asked == [(WRITE.ljust(16, b"\0"), b"x" * 512)]


def test_data_are_asked_for_in_bursts() -> None:
    unit, whole = FakeUnit(), bytes(range(256)) * 9
    who = write_peer(unit)
    wanted = r2t(who.command(WRITE, whole[:200], expected=len(whole), write=True))
    assert (wanted.r2t_sn, wanted.offset_bytes, wanted.wanted_bytes) == (0, 200, 1024)
    assert wanted.task_tag == who.tag
    assert wanted.transfer_tag != NO_TAG
    assert who.send(DataOut(who.tag, wanted.transfer_tag, 0, 200, False), whole[200:600]) == []
    second = r2t(who.send(DataOut(who.tag, wanted.transfer_tag, 1, 600), whole[600:1224]))
    assert (second.r2t_sn, second.offset_bytes, second.wanted_bytes) == (1, 1224, 1024)
    assert second.transfer_tag != wanted.transfer_tag
    third = r2t(who.send(DataOut(who.tag, second.transfer_tag, 0, 1224), whole[1224:2248]))
    assert (third.r2t_sn, third.offset_bytes, third.wanted_bytes) == (2, 2248, 56)
    answer = only(ScsiResponse, who.send(DataOut(who.tag, third.transfer_tag, 0, 2248), whole[2248:]))
    assert (answer.status, answer.exp_data_sn) == (0, 3)
    assert unit.asked[0][1] == whole


def test_unsolicited_data_then_the_rest() -> None:
    unit, whole = FakeUnit(), bytes(range(256)) * 3
    who = write_peer(unit, InitialR2T="No")
    assert who.command(WRITE, whole[:100], expected=768, write=True, final=False) == []
    assert who.send(DataOut(who.tag, NO_TAG, 0, 100, False), whole[100:300]) == []
    wanted = r2t(who.send(DataOut(who.tag, NO_TAG, 1, 300), whole[300:512]))
    assert (wanted.offset_bytes, wanted.wanted_bytes) == (512, 256)
    only(ScsiResponse, who.send(DataOut(who.tag, wanted.transfer_tag, 0, 512), whole[512:]))
    assert unit.asked[0][1] == whole


def test_unsolicited_data_may_end_early() -> None:
    who = write_peer(FakeUnit(), InitialR2T="No")
    who.command(WRITE, expected=768, write=True, final=False)
    wanted = r2t(who.send(DataOut(who.tag, NO_TAG, 0, 0), b"x" * 100))
    assert (wanted.offset_bytes, wanted.wanted_bytes) == (100, 668)


@pytest.mark.parametrize(
    "change, sense",
    [
        ({"data_sn": 1}, (0xB, 0x4B, 0)),
        ({"offset_bytes": 4}, (0xB, 0x4B, 5)),
        ({"transfer_tag": NO_TAG}, (0xB, 0x0C, 0x0C)),
        ({"transfer_tag": 0xBAD}, (0xB, 0x0C, 0x0C)),
    ],
)
def test_data_out_of_order_end_the_command(change: dict[str, int], sense: tuple[int, int, int]) -> None:
    unit = FakeUnit()
    who = write_peer(unit)
    wanted = r2t(who.command(WRITE, expected=64, write=True))
    fields = {"transfer_tag": wanted.transfer_tag, "data_sn": 0, "offset_bytes": 0, **change}
    assert sense_of(who.send(DataOut(who.tag, final=True, **fields), b"x" * 64)) == sense
    assert unit.asked == []
    assert not who.connection.closing


@pytest.mark.parametrize("length", [63, 65])
def test_another_amount_of_data_than_asked_for_ends_the_command(length: int) -> None:
    who = write_peer(FakeUnit())
    wanted = r2t(who.command(WRITE, expected=64, write=True))
    received = who.send(DataOut(who.tag, wanted.transfer_tag), b"x" * length)
    assert sense_of(received) == (0xB, 0x0C, 0x0D)


def test_the_answer_waits_for_the_end_of_a_sequence_gone_wrong() -> None:
    who = write_peer(FakeUnit())
    wanted = r2t(who.command(WRITE, expected=64, write=True))
    assert who.send(DataOut(who.tag, wanted.transfer_tag, 7, 0, False), b"x" * 32) == []
    assert who.send(DataOut(who.tag, wanted.transfer_tag, 8, 32, False), b"x" * 16) == []
    assert sense_of(who.send(DataOut(who.tag, wanted.transfer_tag, 9, 48), b"x" * 16)) == (0xB, 0x4B, 0)


def test_data_that_nobody_waits_for_are_dropped() -> None:
    who = write_peer(FakeUnit())
    assert who.send(DataOut(0xDEAD, 5), b"x" * 64) == []
    only(ScsiResponse, who.command(READY))


@pytest.mark.parametrize(
    "keys, length, final",
    [
        ({"ImmediateData": "No"}, 8, True),
        ({"InitialR2T": "Yes"}, 8, False),
        ({"FirstBurstLength": "512"}, 513, True),
    ],
)
def test_data_that_were_not_agreed_upon_end_the_command(
    keys: dict[str, str], length: int, final: bool
) -> None:
    unit = FakeUnit()
    who = write_peer(unit, **keys)
    received = who.command(WRITE, b"x" * length, expected=1024, write=True, final=final)
    if not final:
        assert received == []
        received = who.send(DataOut(who.tag, NO_TAG, 0, length), b"x")
    assert sense_of(received) == (0xB, 0x0C, 0x0C)
    assert unit.asked == []


def test_more_immediate_data_than_announced_end_the_command() -> None:
    assert sense_of(write_peer(FakeUnit()).command(WRITE, b"x" * 8, expected=4, write=True)) == (
        0xB,
        0x0C,
        0x0C,
    )


def test_data_with_a_command_that_writes_nothing_end_it() -> None:
    assert sense_of(write_peer(FakeUnit()).command(READ, b"x" * 8, read=True)) == (0xB, 0x0C, 0x0C)


def test_a_transfer_larger_than_any_is_refused_before_its_data_come() -> None:
    who = write_peer(FakeUnit())
    received = who.command(WRITE, b"x" * 8, expected=MOST_TRANSFER_BYTES + 1, write=True)
    assert sense_of(received) == (5, 0x24, 0)


def test_both_directions_at_once_are_refused() -> None:
    received = write_peer(FakeUnit()).command(WRITE, b"x" * 8, read=True, write=True)
    assert sense_of(received) == (5, 0x24, 0)


def test_what_a_session_may_have_held_is_bounded() -> None:
    who = write_peer(FakeUnit())
    for _ in range(MOST_HELD_BYTES // MOST_TRANSFER_BYTES):
        r2t(who.command(WRITE, expected=MOST_TRANSFER_BYTES, write=True))
    assert only(ScsiResponse, who.command(READY, immediate=True, attribute=3)).status == 0
    assert who.command(WRITE, expected=4, write=True) == []  # in line behind the others, and already refused
    who.connection.abort([0])
    ((answer, _),) = who.command(WRITE, b"1234", write=True)
    assert isinstance(answer, ScsiResponse)
    assert answer.status == Status.GOOD


def test_a_full_task_set_is_told_as_such() -> None:
    who = write_peer(FakeUnit())
    for _ in range(MOST_HELD_BYTES // MOST_TRANSFER_BYTES):
        r2t(who.command(WRITE, expected=MOST_TRANSFER_BYTES, write=True))
    ((answer, _),) = who.command(WRITE, expected=4, write=True, attribute=3)
    assert isinstance(answer, ScsiResponse)
    assert answer.status == Status.TASK_SET_FULL


@given(st.data())
def test_whatever_way_data_come_they_arrive_whole(data: st.DataObject) -> None:
    whole = data.draw(st.binary(min_size=1, max_size=5000))
    first_burst = data.draw(st.integers(512, 2048))
    most = data.draw(st.integers(first_burst, 4096))
    unit = FakeUnit()
    who = logged_in(unit, InitialR2T="No", FirstBurstLength=str(first_burst), MaxBurstLength=str(most))
    immediate = data.draw(st.integers(0, min(len(whole), first_burst)))
    unsolicited = data.draw(st.integers(immediate, min(len(whole), first_burst)))
    final = unsolicited == immediate and data.draw(st.booleans())
    received = who.command(WRITE, whole[:immediate], expected=len(whole), write=True, final=final)
    position, tag, end = immediate, NO_TAG, unsolicited
    sequence = not final
    data_sn = 0
    while True:
        if received:
            ((answer, _),) = received
            if isinstance(answer, ScsiResponse):
                assert answer.status == 0
                break
            assert isinstance(answer, ReadyToTransfer)
            assert answer.offset_bytes == position
            tag, end, data_sn, sequence = answer.transfer_tag, position + answer.wanted_bytes, 0, True
        assert sequence
        count = data.draw(st.integers(min(1, end - position), end - position))
        last = position + count == end
        sequence = not last
        received = who.send(
            DataOut(who.tag, tag, data_sn, position, last), whole[position : position + count]
        )
        position, data_sn = position + count, data_sn + 1
    assert unit.asked == [(WRITE.ljust(16, b"\0"), whole)]


# Order


def test_status_numbers_go_up_by_one() -> None:
    who = logged_in(FakeUnit({0x28: Reply(Status.GOOD, b"x")}))
    found = [
        only(ScsiResponse, who.command(READY)).numbers,
        only(DataIn, who.command(READ, expected=1, read=True)).numbers,
        only(NopIn, who.send(NopOut(9, who.cmd_sn, immediate=True))).numbers,
        only(ScsiResponse, who.command(READY)).numbers,
    ]
    first = found[0].stat_sn
    assert [numbers.stat_sn for numbers in found] == [first, first + 1, first + 2, first + 3]
    assert [numbers.exp_cmd_sn for numbers in found] == [2, 3, 3, 4]


def test_an_r2t_does_not_use_up_a_status_number() -> None:
    who = write_peer(FakeUnit())
    wanted = r2t(who.command(WRITE, expected=4, write=True))
    answer = only(ScsiResponse, who.send(DataOut(who.tag, wanted.transfer_tag), b"1234"))
    assert answer.numbers.stat_sn == wanted.numbers.stat_sn


@pytest.mark.parametrize("cmd_sn", [0, 0xFFFFFFFF, 1 + WINDOW, 0x80000000])
def test_commands_outside_of_the_window_are_dropped(cmd_sn: int) -> None:
    unit = FakeUnit()
    who = logged_in(unit)
    assert who.send(ScsiCommand(5, bytes(16), cmd_sn)) == []
    assert unit.asked == []
    only(ScsiResponse, who.command(READY))


def test_commands_ahead_of_their_turn_wait_for_it() -> None:
    unit = FakeUnit()
    who = logged_in(unit)
    for cmd_sn in (3, 2):
        assert who.send(ScsiCommand(cmd_sn, bytes((cmd_sn,)).ljust(16, b"\0"), cmd_sn)) == []
    received = who.send(ScsiCommand(1, b"\x01".ljust(16, b"\0"), 1))
    assert [answer.task_tag for answer, _ in received if isinstance(answer, ScsiResponse)] == [1, 2, 3]
    assert [cdb[0] for cdb, _ in unit.asked] == [1, 2, 3]


def test_a_command_waits_for_the_data_of_the_one_before() -> None:
    unit = FakeUnit()
    who = write_peer(unit)
    wanted = r2t(who.command(WRITE, expected=4, write=True))
    writing = who.tag
    assert who.command(READY) == []
    received = who.send(DataOut(writing, wanted.transfer_tag), b"1234")
    assert len(received) == 2
    assert [cdb[0] for cdb, _ in unit.asked] == [0x2A, 0x00]


def test_one_command_runs_at_a_time() -> None:
    who = logged_in(run_at_once=False)
    who.command(READY)
    who.command(READY)
    job = who.connection.next_job()
    assert job is not None
    assert who.connection.next_job() is None
    assert only(NopIn, who.send(NopOut(7, who.cmd_sn, immediate=True))).task_tag == 7
    job.run()
    who.connection.finish(job)
    assert who.connection.next_job() is not None


def test_the_window_closes_while_commands_are_on_their_way() -> None:
    who = logged_in(run_at_once=False)
    for _ in range(WINDOW):
        who.command(READY)
    answer = only(NopIn, who.send(NopOut(7, who.cmd_sn, immediate=True)))
    assert answer.numbers.max_cmd_sn == answer.numbers.exp_cmd_sn - 1
    assert who.command(READY) == []  # dropped
    who.cmd_sn -= 1
    who.run_jobs()
    received = who.received()
    assert len(received) == WINDOW
    last, _ = received[-1]
    assert isinstance(last, ScsiResponse)
    assert last.numbers.max_cmd_sn == last.numbers.exp_cmd_sn + WINDOW - 1
    ends = [answer.numbers.max_cmd_sn for answer, _ in received]
    assert ends == sorted(ends)


def test_immediate_commands_need_no_window_but_have_a_limit() -> None:
    who = logged_in(run_at_once=False)
    for _ in range(WINDOW):
        who.command(READY)
    for _ in range(MOST_IMMEDIATE):
        assert who.command(READY, immediate=True) == []
    assert only(Reject, who.command(READY, immediate=True)).reason == RejectReason.TOO_MANY_IMMEDIATE


def test_head_of_queue_is_run_first() -> None:
    unit = FakeUnit()
    who = logged_in(unit, run_at_once=False)
    who.command(b"\x01")
    who.command(b"\x02", attribute=3)
    who.run_jobs()
    assert [cdb[0] for cdb, _ in unit.asked] == [2, 1]


# Units


def test_each_unit_has_its_number() -> None:
    units = [FakeUnit(), FakeUnit()]
    who = Peer(Target(units))
    who.log_in()
    who.command(READY, lun=1)
    assert [len(unit.asked) for unit in units] == [0, 1]


def test_where_no_unit_is() -> None:
    unit = FakeUnit()
    who = logged_in(unit)
    ((answer, data),) = who.command(bytes.fromhex("12 00 00 00 60 00"), expected=96, read=True, lun=1)
    assert isinstance(answer, DataIn)
    assert (data[0], len(data)) == (0x7F, 36)
    assert sense_of(who.command(READY, lun=1)) == (5, 0x25, 0)
    assert sense_of(who.command(WRITE, b"1234", write=True, lun=1)) == (5, 0x25, 0)
    assert sense_of(who.command(bytes.fromhex("12 01 00 00 60 00"), expected=96, lun=1)) == (5, 0x25, 0)
    ((_, data),) = who.command(bytes.fromhex("03 00 00 00 12 00"), expected=18, read=True, lun=1)
    assert (data[2] & 0xF, data[12], data[13]) == (5, 0x25, 0)
    assert unit.asked == []


def test_no_data_are_asked_for_where_no_unit_is() -> None:
    assert sense_of(logged_in().command(WRITE, expected=1000, write=True, lun=1)) == (5, 0x25, 0)


@pytest.mark.parametrize(
    "select, length, answer",
    [
        (0, 64, "0000001000000000 0000000000000000 0001000000000000"),
        (2, 64, "0000001000000000 0000000000000000 0001000000000000"),
        (1, 64, "0000000000000000"),
        (0, 16, "0000001000000000 0000000000000000"),
    ],
)
def test_the_list_of_units(select: int, length: int, answer: str) -> None:
    who = Peer(Target([FakeUnit(), FakeUnit()]))
    who.log_in()
    cdb = bytes((0xA0, 0, select, 0, 0, 0)) + length.to_bytes(4, "big") + bytes(2)
    ((_, data),) = who.command(cdb, expected=64, read=True)
    assert data == bytes.fromhex(answer)


@pytest.mark.parametrize("select, length", [(3, 64), (0, 15)])
def test_lists_of_units_that_cannot_be_asked_for(select: int, length: int) -> None:
    cdb = bytes((0xA0, 0, select, 0, 0, 0)) + length.to_bytes(4, "big") + bytes(2)
    assert sense_of(logged_in().command(cdb, expected=64)) == (5, 0x24, 0)


# Everything else


def test_a_ping_comes_back() -> None:
    who = logged_in()
    ((answer, data),) = who.send(NopOut(9, who.cmd_sn), b"hello")
    assert isinstance(answer, NopIn)
    assert (answer.task_tag, answer.transfer_tag, data) == (9, NO_TAG, b"hello")
    assert answer.numbers.exp_cmd_sn == 2
    assert who.send(NopOut(NO_TAG, 2, immediate=True)) == []


def test_requests_to_send_again_are_refused() -> None:
    who = logged_in()
    request = Snack(5, begin=1, count=2)
    ((answer, data),) = who.send(request)
    assert isinstance(answer, Reject)
    assert (answer.reason, data) == (RejectReason.SNACK, request.to_bytes())


def test_unknown_pdus_are_rejected_with_their_header() -> None:
    who = logged_in()
    header = b"\x1c" + bytes(3) + bytes(4) + bytes(range(40))
    who.feed(header)
    ((answer, data),) = who.received()
    assert isinstance(answer, Reject)
    assert (answer.reason, data) == (RejectReason.NOT_SUPPORTED, header)


def test_a_tag_that_is_in_use_is_rejected() -> None:
    who = logged_in(run_at_once=False)
    who.send(ScsiCommand(5, bytes(16), 1))
    assert only(Reject, who.send(ScsiCommand(5, bytes(16), 2))).reason == RejectReason.TASK_IN_PROGRESS
    assert only(Reject, who.send(ScsiCommand(NO_TAG, bytes(16), 3))).reason == RejectReason.INVALID_FIELD


@pytest.mark.parametrize(
    "reason, connection, response, over",
    [(0, 0, 0, True), (1, 0, 0, True), (1, 9, 1, False), (2, 0, 2, False)],
)
def test_logouts(reason: int, connection: int, response: int, over: bool) -> None:
    who = logged_in()
    answer = only(LogoutResponse, who.send(LogoutRequest(5, reason, connection, who.cmd_sn)))
    assert (answer.task_tag, answer.response) == (5, response)
    assert who.connection.closing == over


def test_a_logout_for_no_reason_is_rejected() -> None:
    assert only(Reject, logged_in().send(LogoutRequest(5, 3, 0, 1))).reason == RejectReason.INVALID_FIELD


def test_discovery_sessions_have_no_units() -> None:
    who = Peer(Target([FakeUnit()]))
    who.log_in({"SessionType": "Discovery"})
    assert only(Reject, who.command(READY)).reason == RejectReason.PROTOCOL
    only(NopIn, who.send(NopOut(9, who.cmd_sn, immediate=True)))


@pytest.mark.parametrize(
    "said, answer",
    [
        (b"SendTargets=\0", b"TargetName=%(name)s\0TargetAddress=127.0.0.1:3260,1\0"),
        (b"SendTargets=%(name)s\0", b"TargetName=%(name)s\0TargetAddress=127.0.0.1:3260,1\0"),
        (b"SendTargets=iqn.2000-01.example:other\0", b""),
        (b"SendTargets=All\0", b"SendTargets=Reject\0"),
        (b"MaxBurstLength=512\0", b"MaxBurstLength=Reject\0"),
        (b"X-what=1\0", b"X-what=NotUnderstood\0"),
        (b"", b""),
    ],
)
def test_text_in_a_session(said: bytes, answer: bytes) -> None:
    who = logged_in()
    name = {b"name": b"iqn.2026-11.example.redbook:recorder"}
    ((found, data),) = who.send(TextRequest(5, 1), said % name if b"%" in said else said)
    assert isinstance(found, TextResponse)
    assert (found.final, found.transfer_tag) == (True, NO_TAG)
    assert data == (answer % name if b"%" in answer else answer)


def test_a_new_limit_for_data_in() -> None:
    who = logged_in(FakeUnit({0x28: Reply(Status.GOOD, b"x" * 1000)}))
    only(TextResponse, who.send(TextRequest(5, 1), b"MaxRecvDataSegmentLength=512\0"))
    who.cmd_sn = 2
    assert [len(data) for _, data in who.command(READ, expected=1000, read=True)] == [512, 488]


def test_text_in_several_requests() -> None:
    who = logged_in()
    first = only(
        TextResponse, who.send(TextRequest(5, 1, final=False, continued=True), b"SendTargets=iqn.2026-")
    )
    assert not first.final
    assert first.transfer_tag != NO_TAG
    rest = b"11.example.redbook:recorder\0"
    ((found, data),) = who.send(TextRequest(5, 2, transfer_tag=first.transfer_tag), rest)
    assert isinstance(found, TextResponse)
    assert found.final
    assert data.startswith(b"TargetName=")


@pytest.mark.parametrize(
    "request_, said, reason",
    [
        (TextRequest(5, 1, transfer_tag=9), b"", RejectReason.INVALID_FIELD),
        (TextRequest(5, 1, continued=True), b"", RejectReason.PROTOCOL),
        (TextRequest(5, 1), b"\xff=\0", RejectReason.PROTOCOL),
        (TextRequest(5, 1), b"MaxRecvDataSegmentLength=0\0", RejectReason.PROTOCOL),
        (TextRequest(5, 1), b"x" * 20000, RejectReason.OUT_OF_RESOURCES),
        (TextRequest(5, 1), b"".join(b"a%d=\0" % n for n in range(1500)), RejectReason.OUT_OF_RESOURCES),
    ],
)
def test_text_that_is_rejected(request_: TextRequest, said: bytes, reason: RejectReason) -> None:
    assert only(Reject, logged_in().send(request_, said)).reason == reason


def test_what_comes_after_the_end_is_not_looked_at() -> None:
    unit = FakeUnit()
    who = logged_in(unit)
    who.connection.end()
    assert who.send(NopOut(9, who.cmd_sn, immediate=True)) == []
    assert who.command(READY) == []
    assert unit.asked == []


# Digests


@pytest.mark.parametrize("header, data", [("CRC32C", "None"), ("None", "CRC32C"), ("CRC32C", "CRC32C")])
def test_digests_both_ways(header: str, data: str) -> None:
    unit = FakeUnit({0x28: Reply(Status.GOOD, b"12345")})
    who = logged_in(unit, HeaderDigest=header, DataDigest=data)
    only(ScsiResponse, who.command(WRITE, b"123", write=True))
    ((_, found),) = who.command(READ, expected=5, read=True)
    assert found == b"12345"
    assert unit.asked[0][1] == b"123"


@pytest.mark.parametrize("at", [20, 50, 60, 64])
def test_a_wrong_digest_ends_the_connection(at: int) -> None:
    from redbook.share.iscsi.crc32c import digest

    who = logged_in(HeaderDigest="CRC32C", DataDigest="CRC32C")
    header = ScsiCommand(5, WRITE.ljust(16, b"\0"), 1, 0, 12, write=True).to_bytes(12)
    raw = bytearray(header + digest(header) + b"123456789012" + digest(b"123456789012"))
    raw[at] ^= 1
    with pytest.raises(ProtocolError):
        who.feed(bytes(raw))


def test_additional_headers_are_read_and_covered_by_the_digest() -> None:
    from redbook.share.iscsi.crc32c import digest

    who = logged_in(HeaderDigest="CRC32C")
    header = bytearray(NopOut(9, 1).to_bytes())
    header[4] = 2
    more = bytes(range(8))
    who.feed(bytes(header) + more + digest(header, more))
    only(NopIn, who.received())


def test_names_are_what_the_log_shows(caplog: pytest.LogCaptureFixture) -> None:
    who = Peer(Target([FakeUnit()]))
    with pytest.raises(AssertionError):
        who.log_in({"SessionType": "Picnic"})
    assert INITIATOR in caplog.text
