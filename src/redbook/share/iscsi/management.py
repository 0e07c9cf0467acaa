"""Task management: what each function does to a session's commands and to the units.

Source: RFC 7143 11.5, 11.6.
"""

from __future__ import annotations

from redbook.share.iscsi.answers import TaskResponse
from redbook.share.iscsi.pdu import NO_TAG, lun_number
from redbook.share.iscsi.requests import TaskFunction, TaskManagementRequest
from redbook.share.iscsi.target import Member, Target
from redbook.share.iscsi.tasks import Management
from redbook.share.iscsi.taskset import TaskSet

_OF_ONE_UNIT = (
    TaskFunction.ABORT_TASK_SET,
    TaskFunction.CLEAR_TASK_SET,
    TaskFunction.LOGICAL_UNIT_RESET,
)


def manage(request: TaskManagementRequest, tasks: TaskSet, target: Target, session: Member) -> Management:
    """Drop what can be dropped now; returns what remains to be done, and the response after it."""
    if request.function == TaskFunction.ABORT_TASK:
        return _abort_task(request, tasks)
    if request.function in _OF_ONE_UNIT:
        lun = lun_number(request.lun)
        if lun is None or lun >= len(target.units):
            return Management(request, TaskResponse.NO_SUCH_LUN)
        tasks.abort_all([lun])
        if request.function == TaskFunction.LOGICAL_UNIT_RESET:
            return Management(request, TaskResponse.COMPLETE, lambda: target.reset([lun], session))
        return Management(request, TaskResponse.COMPLETE)  # each session has a task set of its own
    if request.function in (TaskFunction.TARGET_WARM_RESET, TaskFunction.TARGET_COLD_RESET):
        tasks.abort_all()
        cold = request.function == TaskFunction.TARGET_COLD_RESET
        return Management(
            request, TaskResponse.COMPLETE, lambda: _reset_target(target, session, cold), ends_all=cold
        )
    if request.function == TaskFunction.TASK_REASSIGN:
        return Management(request, TaskResponse.REASSIGNMENT_NOT_SUPPORTED)
    return Management(request, TaskResponse.NOT_SUPPORTED)


def _abort_task(request: TaskManagementRequest, tasks: TaskSet) -> Management:
    tag = request.referenced_task_tag
    if tag == NO_TAG or tag not in tasks:
        return Management(request, TaskResponse.NO_SUCH_TASK)
    tasks.abort(tag)
    return Management(request, TaskResponse.COMPLETE)


def _reset_target(target: Target, session: Member, cold: bool) -> None:
    target.reset(range(len(target.units)), session)
    if cold:  # RFC 7143 11.5.1: it ends all sessions
        target.end_all(session)
