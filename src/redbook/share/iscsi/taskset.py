"""The commands of a session that are on their way, in the order in which they will be executed."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from redbook.share.iscsi.pdu import lun_number
from redbook.share.iscsi.requests import TaskAttribute
from redbook.share.iscsi.tasks import Job, Management, Task


class TaskSet:
    """At most one job runs at a time; the next one is the first in line, once its data are there."""

    def __init__(self) -> None:
        self._tasks: dict[int, Task] = {}
        self._line: deque[Job] = deque()
        self._running: Job | None = None
        self.held_bytes = 0
        self.numbered = 0

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, tag: int) -> bool:
        return tag in self._tasks

    def find(self, tag: int) -> Task | None:
        return self._tasks.get(tag)

    @property
    def immediate(self) -> int:
        """How many commands for immediate delivery are on their way."""
        return len(self._tasks) - self.numbered

    @property
    def management(self) -> int:
        """How many task management functions are waiting."""
        return sum(isinstance(job, Management) for job in self._line)

    def add(self, task: Task) -> None:
        self._tasks[task.tag] = task
        self.held_bytes += task.held_bytes
        self.numbered += task.numbered
        if task.command.attribute == TaskAttribute.HEAD_OF_QUEUE:
            self._line.appendleft(task)
        else:
            self._line.append(task)

    def add_management(self, management: Management) -> None:
        """Put it before everything that waits, but after management that came earlier."""
        ahead = 0
        while ahead < len(self._line) and isinstance(self._line[ahead], Management):
            ahead += 1
        self._line.insert(ahead, management)

    def next_job(self) -> Job | None:
        """The job to run now, if one may start."""
        if self._running is not None or not self._line or not self._line[0].ready:
            return None
        self._running = self._line.popleft()
        return self._running

    def finish(self, job: Job) -> None:
        self._running = None
        if isinstance(job, Task):
            self._forget(job)

    def abort(self, tag: int) -> bool:
        """Drop a command; returns whether it is running, so that its end has to be waited for."""
        task = self._tasks[tag]
        task.aborted = True
        if task is self._running:
            return True
        self._line.remove(task)
        self._forget(task)
        return False

    def abort_all(self, luns: Collection[int] | None = None) -> bool:
        """Drop the commands for these units, None for all; returns whether one of them is running."""
        running = False
        for task in list(self._tasks.values()):
            if luns is None or lun_number(task.command.lun) in luns:
                running |= self.abort(task.tag)
        return running

    def _forget(self, task: Task) -> None:
        del self._tasks[task.tag]
        self.held_bytes -= task.held_bytes
        self.numbered -= task.numbered
