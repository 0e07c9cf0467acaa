"""Task management of the iSCSI target.  Source of what is expected: RFC 7143 11.5, 11.6."""

from __future__ import annotations

import pytest

from redbook.share.iscsi.answers import Reject, ScsiResponse, TaskManagementResponse
from redbook.share.iscsi.requests import DataOut, ScsiCommand, TaskManagementRequest
from redbook.share.iscsi.session import MOST_IMMEDIATE
from redbook.share.iscsi.target import Target
from tests.support.iscsi import FakeUnit, Peer, logged_in, only

ABORT_TASK, ABORT_TASK_SET, CLEAR_ACA, CLEAR_TASK_SET = 1, 2, 3, 4
UNIT_RESET, WARM_RESET, COLD_RESET, REASSIGN = 5, 6, 7, 8
WRITE = b"\x2a"


def manage(who: Peer, function: int, referenced: int = 0xFFFFFFFF, ref_cmd_sn: int = 0, lun: int = 0) -> int:
    request = TaskManagementRequest(
        7,
        function,
        who.cmd_sn,
        0,
        bytes((0, lun)) + bytes(6),
        referenced,
        ref_cmd_sn,
        immediate=True,
    )
    received = who.send(request)
    who.run_jobs()
    received += who.received()
    (answer,) = (found for found, _ in received if isinstance(found, TaskManagementResponse))
    assert answer.task_tag == 7
    return answer.response


def waiting(unit: FakeUnit | None = None) -> Peer:
    """A session with one command that waits for its data."""
    who = logged_in(unit)
    who.command(WRITE, expected=4, write=True)
    return who


def test_a_waiting_command_is_aborted() -> None:
    unit = FakeUnit()
    who = waiting(unit)
    tag = who.tag
    assert manage(who, ABORT_TASK, tag) == 0
    assert who.send(DataOut(tag, 1), b"1234") == []
    assert unit.asked == []
    only(ScsiResponse, who.command(b"\0"))


def test_a_task_that_is_not_there() -> None:
    assert manage(waiting(), ABORT_TASK, 0xBAD) == 1
    assert manage(waiting(), ABORT_TASK) == 1


def test_a_running_command_is_waited_for_and_not_answered() -> None:
    who = logged_in(run_at_once=False)
    who.command(b"\0")
    job = who.connection.next_job()
    assert job is not None
    request = TaskManagementRequest(7, ABORT_TASK, who.cmd_sn, referenced_task_tag=who.tag, immediate=True)
    assert who.send(request) == []
    assert who.connection.next_job() is None
    job.run()
    who.connection.finish(job)
    assert who.received() == []
    assert who.run_job()
    assert only(TaskManagementResponse, who.received()).response == 0


def test_aborting_a_command_that_never_came_leaves_no_gap() -> None:
    who = logged_in()
    missing, who.cmd_sn = who.cmd_sn, who.cmd_sn + 1
    assert who.command(b"\0") == []  # waits for the missing one
    request = TaskManagementRequest(
        7, ABORT_TASK, who.cmd_sn, referenced_task_tag=55, ref_cmd_sn=missing, immediate=True
    )
    received = who.send(request)
    assert sorted(type(answer).__name__ for answer, _ in received) == [
        "ScsiResponse",
        "TaskManagementResponse",
    ]
    only(ScsiResponse, who.command(b"\0"))


@pytest.mark.parametrize("function", [ABORT_TASK_SET, CLEAR_TASK_SET, UNIT_RESET])
def test_functions_for_one_unit_leave_the_others_alone(function: int) -> None:
    units = [FakeUnit(), FakeUnit()]
    who = Peer(Target(units))
    who.log_in()
    who.command(b"\0", lun=0)
    who.run_at_once = False
    for lun in (0, 1, 0):
        who.command(bytes((lun,)), lun=lun)
    assert manage(who, function, lun=0) == 0
    assert [len(unit.asked) for unit in units] == [1, 1]
    assert [unit.resets for unit in units] == [int(function == UNIT_RESET), 0]


def test_functions_for_no_unit() -> None:
    for function in (ABORT_TASK_SET, CLEAR_TASK_SET, UNIT_RESET):
        assert manage(logged_in(), function, lun=3) == 2


@pytest.mark.parametrize("function, response", [(CLEAR_ACA, 5), (REASSIGN, 4), (99, 5), (0, 5)])
def test_functions_that_are_not_there(function: int, response: int) -> None:
    assert manage(logged_in(), function) == response


def test_a_warm_reset_resets_every_unit() -> None:
    units = [FakeUnit(), FakeUnit()]
    who = Peer(Target(units))
    who.log_in()
    assert manage(who, WARM_RESET) == 0
    assert [unit.resets for unit in units] == [1, 1]
    assert not who.connection.closing


def test_a_cold_reset_ends_every_session_after_its_answer() -> None:
    target = Target([FakeUnit()])
    who, other = Peer(target), Peer(target)
    who.log_in()
    other.log_in(isid=b"\x80other")
    assert manage(who, COLD_RESET) == 0
    assert who.connection.closing
    assert other.connection.closing
    assert other.hung_up


def test_a_reset_drops_what_other_sessions_have_waiting() -> None:
    unit = FakeUnit()
    target = Target([unit])
    who, other = Peer(target), Peer(target)
    who.log_in()
    other.log_in(isid=b"\x80other")
    other.command(WRITE, expected=4, write=True)
    assert manage(who, UNIT_RESET) == 0
    assert other.send(DataOut(other.tag, 1), b"1234") == []
    assert unit.asked == []
    only(ScsiResponse, other.command(b"\0"))


def test_management_that_waits_is_bounded() -> None:
    who = logged_in(run_at_once=False)
    who.command(b"\0")
    assert who.connection.next_job() is not None
    for _ in range(MOST_IMMEDIATE):
        assert who.send(TaskManagementRequest(7, WARM_RESET, who.cmd_sn, immediate=True)) == []
    only(Reject, who.send(TaskManagementRequest(7, WARM_RESET, who.cmd_sn, immediate=True)))


def test_a_discovery_session_manages_nothing() -> None:
    who = Peer(Target([FakeUnit()]))
    who.log_in({"SessionType": "Discovery"})
    only(Reject, who.send(TaskManagementRequest(7, WARM_RESET, who.cmd_sn, immediate=True)))


def test_a_tag_may_be_used_again_after_an_abort() -> None:
    who = waiting()
    tag = who.tag
    assert manage(who, ABORT_TASK, tag) == 0
    only(ScsiResponse, who.send(ScsiCommand(tag, bytes(16), who.cmd_sn)))
