"""A session in its full feature phase.

PDUs come in through `receive`, answers leave through `emit`. Whatever takes time comes out of `next_job`;
the caller runs it without a lock, and passes it to `finish`. Jobs run one at a time, in the order of the
commands: a recorder takes its sectors in no other order.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from redbook.share.iscsi.answers import (
    Answer,
    DataIn,
    LogoutResponse,
    LogoutResult,
    NopIn,
    ReadyToTransfer,
    Reject,
    RejectReason,
    ScsiResponse,
    ServiceResponse,
    TaskManagementResponse,
    TaskResponse,
    TextResponse,
)
from redbook.share.iscsi.login import Terms
from redbook.share.iscsi.management import manage
from redbook.share.iscsi.pdu import NO_TAG, Numbers, ProtocolError, sn_after, sn_distance
from redbook.share.iscsi.requests import (
    DataOut,
    LogoutReason,
    LogoutRequest,
    NopOut,
    Numbered,
    Request,
    ScsiCommand,
    Snack,
    TaskFunction,
    TaskManagementRequest,
    TextRequest,
)
from redbook.share.iscsi.target import Member, Target
from redbook.share.iscsi.tasks import (
    INVALID_FIELD_IN_CDB,
    MOST_TRANSFER_BYTES,
    TASK_SET_FULL,
    UNEXPECTED_DATA,
    Incoming,
    Job,
    Management,
    Task,
)
from redbook.share.iscsi.taskset import TaskSet
from redbook.share.iscsi.textphase import NotAccepted, TextPhase
from redbook.share.iscsi.units import NO_SUCH_UNIT, Nexus, refusal
from redbook.transport.base import Reply, Status

_log = logging.getLogger(__name__)

WINDOW = 64
"""Commands that may be on their way at once."""
MOST_IMMEDIATE = 16
"""Commands marked for immediate delivery that may be on their way besides."""
MOST_HELD_BYTES = 16 << 20
"""The most data that we hold for the commands of one session."""

_NOTHING = NopOut()

Emit = Callable[[Answer, bytes | memoryview], None]


class Session:
    """One initiator's session.  closing: nothing more is accepted, and the connection should be closed.

    member   this session, for the target and for other sessions
    address  of the portal, as host:port
    """

    def __init__(self, terms: Terms, target: Target, emit: Emit, member: Member, address: str) -> None:
        self.terms = terms
        self.closing = False
        self._target = target
        self._emit = emit
        self._member = member
        self._nexus = Nexus(() if terms.discovery else target.units)
        self._tasks = TaskSet()
        self._text = TextPhase(terms, target.name, address)
        self._exp_cmd_sn = terms.cmd_sn
        self._stat_sn = terms.stat_sn
        self._early: dict[int, tuple[Numbered, memoryview]] = {}
        self._transfer_tag = 0

    def close(self) -> None:
        """Leave the units."""
        self._nexus.close()

    def abort_all(self, luns: Collection[int] | None = None) -> None:
        """Drop the commands that are on their way to these units; None means all units."""
        self._tasks.abort_all(luns)

    # PDUs

    def destination(self, request: Request | None, length: int) -> memoryview:
        """Where the data segment of this request belongs."""
        if isinstance(request, DataOut):
            task = self._tasks.find(request.task_tag)
            if task is not None and task.incoming is not None:
                place = task.incoming.place(request, length)
                if place is not None:
                    return place
        return memoryview(bytearray(length))

    def receive(self, request: Request | None, header: bytes, data: memoryview) -> None:
        """Handle one PDU that has arrived completely.  raises  ProtocolError"""
        if isinstance(request, DataOut):
            self._data_out(request, data)
        elif isinstance(request, Numbered):
            self._in_order(request, data)
        elif isinstance(request, Snack):
            self._reject(RejectReason.SNACK, header)
        elif request is None:
            self._reject(RejectReason.NOT_SUPPORTED, header)
        else:
            raise ProtocolError("a login request after the login")

    def _in_order(self, request: Numbered, data: memoryview) -> None:
        """Deliver a request at once, later, or not at all.  Source: RFC 7143 4.2.2.1."""
        if request.immediate:
            self._deliver(request, data)
            return
        ahead = sn_distance(request.cmd_sn, self._exp_cmd_sn)
        if ahead < 0 or sn_distance(request.cmd_sn, self._numbers.max_cmd_sn) > 0:
            _log.debug("a command outside the window is dropped: CmdSN %d", request.cmd_sn)
            return
        if ahead:
            self._early.setdefault(request.cmd_sn, (request, data))
            return
        self._exp_cmd_sn = sn_after(self._exp_cmd_sn)
        self._deliver(request, data)
        self._deliver_early()

    def _deliver_early(self) -> None:
        """Deliver what came before its turn, now that the gap is closed."""
        while not self.closing and self._exp_cmd_sn in self._early:
            request, data = self._early.pop(self._exp_cmd_sn)
            self._exp_cmd_sn = sn_after(self._exp_cmd_sn)
            self._deliver(request, data)

    def _deliver(self, request: Numbered, data: memoryview) -> None:
        if isinstance(request, ScsiCommand):
            self._command(request, data)
        elif isinstance(request, NopOut):
            self._ping(request, data)
        elif isinstance(request, TaskManagementRequest):
            self._manage(request)
        elif isinstance(request, TextRequest):
            self._answer_text(request, data)
        else:
            self._logout(request)

    def _reject(self, reason: RejectReason, header: bytes) -> None:
        _log.debug("rejected, %s: %s", reason.name, header.hex(" "))
        self._emit(Reject(reason, self._counted()), header)

    # Commands

    def _command(self, command: ScsiCommand, data: memoryview) -> None:
        refused = self._why_not(command)
        if refused is not None:
            self._reject(refused, command.to_bytes(len(data)))
            return
        task = Task(command, self._nexus.drive(command.lun))
        if command.write or data:
            failure = self._failure(command, len(data))
            task.incoming = Incoming(command.expected_bytes, failure)
            task.held_bytes = 0 if failure is not None else command.expected_bytes
            first_burst = self.terms.first_burst_bytes
            task.incoming.take_immediate(data, command.write and not command.final, first_burst)
        self._tasks.add(task)
        self._solicit(task)

    def _why_not(self, command: ScsiCommand) -> RejectReason | None:
        """Why a command cannot become a task at all; None if it can."""
        if self.terms.discovery:
            return RejectReason.PROTOCOL
        if command.task_tag == NO_TAG:
            return RejectReason.INVALID_FIELD
        if command.task_tag in self._tasks:
            return RejectReason.TASK_IN_PROGRESS
        if command.immediate and self._tasks.immediate >= MOST_IMMEDIATE:
            return RejectReason.TOO_MANY_IMMEDIATE
        return None

    def _failure(self, command: ScsiCommand, immediate_bytes: int) -> Reply | None:
        """Why a command with data will not be executed, as far as that is known before the data have come."""
        unsolicited = immediate_bytes and not self.terms.immediate_data
        if not command.write or unsolicited or (self.terms.initial_r2t and not command.final):
            return refusal(UNEXPECTED_DATA)
        if not self._nexus.has(command.lun):
            return refusal(NO_SUCH_UNIT)
        if command.read or command.expected_bytes > MOST_TRANSFER_BYTES:
            return refusal(INVALID_FIELD_IN_CDB)
        if self._tasks.held_bytes + command.expected_bytes > MOST_HELD_BYTES:
            return TASK_SET_FULL
        return None

    def _solicit(self, task: Task) -> None:
        """Ask for the next piece of a command's data, if it is our turn."""
        incoming = task.incoming
        if incoming is None or incoming.under_way or incoming.complete:
            return
        wanted = min(self.terms.max_burst_bytes, incoming.expected_bytes - incoming.received)
        self._transfer_tag = (self._transfer_tag + 1) % NO_TAG
        self._emit(
            ReadyToTransfer(
                task.tag,
                self._transfer_tag,
                self._numbers,
                incoming.r2t_sn,
                incoming.received,
                wanted,
                task.command.lun,
            ),
            b"",
        )
        incoming.r2t_sn += 1
        incoming.begin_sequence(self._transfer_tag, incoming.received + wanted)

    def _data_out(self, request: DataOut, data: memoryview) -> None:
        task = self._tasks.find(request.task_tag)
        if task is None or task.incoming is None:
            _log.debug("data for no task are dropped: %Xh", request.task_tag)  # the task may be aborted
            return
        task.incoming.accept(request, data)
        self._solicit(task)

    # Jobs

    def next_job(self) -> Job | None:
        """The job that should be run now, by a caller that holds no lock."""
        return None if self.closing else self._tasks.next_job()

    def finish(self, job: Job) -> None:
        """Finish a job that has been run."""
        self._tasks.finish(job)
        if self.closing:
            return
        if isinstance(job, Management):
            self._emit(TaskManagementResponse(job.request.task_tag, job.response, self._counted()), b"")
            self.closing = job.ends_all
        elif job.gone:
            self.closing = True
        elif not job.aborted:
            self._respond(job)

    def _respond(self, task: Task) -> None:
        reply = task.reply
        if reply is None:
            self._emit(
                ScsiResponse(task.tag, 0, self._counted(), response=ServiceResponse.TARGET_FAILURE), b""
            )
            return
        data = memoryview(reply.data)[: task.room_bytes]
        residual = _residual(task, reply)
        if data and reply.status == Status.GOOD:
            self._send_data(task, data, residual)
            return
        pieces = self._send_data(task, data, None) if data else 0
        sense = len(reply.sense).to_bytes(2, "big") + reply.sense if reply.sense else b""
        r2ts = task.incoming.r2t_sn if task.incoming is not None else 0
        over, under = residual > 0, residual < 0
        self._emit(
            ScsiResponse(
                task.tag,
                reply.status,
                self._counted(),
                exp_data_sn=pieces + r2ts,
                residual_bytes=abs(residual),
                overflow=over,
                underflow=under,
            ),
            sense[: self.terms.max_send_bytes],
        )

    def _send_data(self, task: Task, data: memoryview, residual: int | None) -> int:
        """Send data in pieces that the initiator takes.  returns  the number of pieces

        The last piece carries a GOOD status, unless `residual` is None. A sequence ends after MaxBurstLength.
        """
        offset = pieces = 0
        burst = self.terms.max_burst_bytes
        while offset < len(data):
            end = min(offset + self.terms.max_send_bytes, len(data), offset - offset % burst + burst)
            last = end == len(data)
            final = last or end % burst == 0
            if last and residual is not None:
                numbers, over, under = self._counted(), residual > 0, residual < 0
                header = DataIn(
                    task.tag, numbers, pieces, offset, True, True, Status.GOOD, abs(residual), over, under
                )
            else:
                header = DataIn(task.tag, self._numbers, pieces, offset, final)
            self._emit(header, data[offset:end])
            offset, pieces = end, pieces + 1
        return pieces

    # Everything else

    def _ping(self, request: NopOut, data: memoryview) -> None:
        if request.task_tag != NO_TAG:
            answer = NopIn(request.task_tag, self._counted(), NO_TAG, request.lun)
            self._emit(answer, data[: self.terms.max_send_bytes])

    def _manage(self, request: TaskManagementRequest) -> None:
        if self.terms.discovery:
            self._reject(RejectReason.PROTOCOL, request.to_bytes())
            return
        if self._tasks.management >= MOST_IMMEDIATE:
            self._reject(RejectReason.TOO_MANY_IMMEDIATE, request.to_bytes())
            return
        if request.function == TaskFunction.ABORT_TASK and self._is_still_to_come(request):
            self._early[request.ref_cmd_sn] = _NOTHING, memoryview(b"")
            self._tasks.add_management(Management(request, TaskResponse.COMPLETE))
            self._deliver_early()
        else:
            self._tasks.add_management(manage(request, self._tasks, self._target, self._member))

    def _is_still_to_come(self, request: TaskManagementRequest) -> bool:
        """Whether the command to be aborted has yet to arrive; then it counts as received, to leave no gap.

        Source: RFC 7143 11.6.1 (b).
        """
        ahead = sn_distance(request.ref_cmd_sn, self._exp_cmd_sn)
        before = sn_distance(request.cmd_sn, request.ref_cmd_sn) > 0
        return request.referenced_task_tag not in self._tasks and 0 <= ahead < WINDOW and before

    def _answer_text(self, request: TextRequest, data: memoryview) -> None:
        try:
            answer, tag = self._text.answer(request, data)
        except NotAccepted as error:
            self._reject(error.reason, request.to_bytes(len(data)))
            return
        over = tag == NO_TAG
        self._emit(TextResponse(request.task_tag, self._counted(), tag, request.lun, over), answer)

    def _logout(self, request: LogoutRequest) -> None:
        result = LogoutResult.CLOSED
        if request.reason == LogoutReason.REMOVE_FOR_RECOVERY:
            result = LogoutResult.RECOVERY_NOT_SUPPORTED
        elif request.reason == LogoutReason.CLOSE_CONNECTION:
            if request.connection_id != self.terms.connection_id:
                result = LogoutResult.NO_SUCH_CONNECTION
        elif request.reason != LogoutReason.CLOSE_SESSION:
            self._reject(RejectReason.INVALID_FIELD, request.to_bytes())
            return
        self._emit(LogoutResponse(request.task_tag, result, self._counted()), b"")
        self.closing = result == LogoutResult.CLOSED

    # Sequence numbers

    @property
    def _numbers(self) -> Numbers:
        """The numbers for answers that carry no status of their own.

        The end of the window stays where it was until commands that are on their way are done.
        """
        room = WINDOW - self._tasks.numbered
        return Numbers(self._stat_sn, self._exp_cmd_sn, sn_after(self._exp_cmd_sn, room - 1))

    def _counted(self) -> Numbers:
        """The numbers for answers with a status; the next answer has the next StatSN."""
        numbers = self._numbers
        self._stat_sn = sn_after(self._stat_sn)
        return numbers


def _residual(task: Task, reply: Reply) -> int:
    """How many bytes more than expected there are; negative if fewer.  Source: RFC 7143 11.4.5."""
    if task.command.write:
        return -min(reply.residue, task.command.expected_bytes)
    return len(reply.data) - task.room_bytes
