"""While a disc is written: collector off, memory locked, priority up; as before in every case afterwards."""

from __future__ import annotations

import gc
import os
import re
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.burn import burn
from redbook.engine.events import Event, Notice, Progress
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.track_at_once import TrackAtOnce
from redbook.errors import Sense
from redbook.mmc.write import Write10
from redbook.runner.cancel import Cancel
from redbook.runner.runner import Runner
from redbook.runner.urgency import TIDY_SECONDS, Urgency
from redbook.system.privileges import Linux, Undo
from redbook.transport.sg_io import SgIo
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.fake_kernel import Answer, FakeKernel, Request
from tests.support.sound import noise
from tests.support.streams import BytesStream

PCM = noise(588 * 310, 1)


class Told:
    """A Privileges that notes what it is asked; refusing: what it does not permit."""

    def __init__(self, *refusing: str) -> None:
        self.calls: list[tuple[str, int]] = []
        self._refusing = refusing

    def _do(self, what: str) -> Undo:
        if what in self._refusing:
            raise PermissionError(1, "no")
        self.calls.append((what, threading.get_ident()))
        return lambda: self.calls.append((f"no {what}", threading.get_ident()))

    def raise_priority(self) -> Undo:
        return self._do("priority")

    def lock_memory(self) -> Undo:
        return self._do("memory")

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]


def behind_kernel(kernel: FakeKernel | None = None, *faults: Fault) -> Drive:
    kernel = kernel or FakeKernel(VirtualRecorder(Medium.new(), faults=faults))
    return Drive(SgIo.open("/dev/sr0", ManualClock(), kernel))


def run(drive: Drive, system: Told, events: list[Event] | None = None, **options: object) -> None:
    heard = events if events is not None else []
    runner = Runner(
        drive,
        emit=heard.append,
        clock=ManualClock(),
        streams=[BytesStream(PCM)],
        total=310,
        system=system,
        **options,  # type: ignore[arg-type]
    )
    runner.run(burn(TrackAtOnce([310]), Settings(append=True, finalize=False), Outcome()))


@pytest.fixture(autouse=True)
def collector_is_as_it_was() -> Iterator[None]:
    assert gc.isenabled()
    assert not gc.get_freeze_count()
    yield
    left = gc.isenabled(), gc.get_freeze_count()
    gc.enable()
    gc.unfreeze()
    assert left == (True, 0)


def test_the_collector_is_off_and_frozen_in_every_write_and_only_from_the_first_on() -> None:
    recorder = VirtualRecorder(Medium.new())
    seen: dict[bool, set[tuple[bool, bool]]] = {True: set(), False: set()}
    written = False

    def look(request: Request) -> Answer | None:
        nonlocal written
        written = written or request.cdb[0] == Write10.OPCODE
        seen[written].add((gc.isenabled(), bool(gc.get_freeze_count())))
        return None

    run(behind_kernel(FakeKernel(recorder, answers=look)), Told())
    assert seen == {False: {(True, False)}, True: {(False, True)}}


def test_a_device_gets_priority_and_memory_on_the_thread_that_writes_and_gives_them_back() -> None:
    system = Told()
    run(behind_kernel(), system)
    assert system.names == ["memory", "priority", "no priority", "no memory"]
    assert {thread for _, thread in system.calls} == {threading.get_ident()}


def test_for_a_virtual_recorder_the_system_is_asked_for_nothing() -> None:
    system = Told()
    run(Drive(VirtualRecorder(Medium.new())), system)
    assert not system.calls


@pytest.mark.parametrize("fault", [Sense(3, 0x0C, 0), errors.DriveGone("gone")])
def test_after_a_failed_burn_all_is_as_before(fault: Sense | errors.DriveGone) -> None:
    system = Told()
    with pytest.raises(errors.BurnFailed):
        run(behind_kernel(None, Fault(fault, Write10, nth=3, times=None)), system)
    assert system.names[-2:] == ["no priority", "no memory"]


@pytest.mark.parametrize("at_once", [False, True])
def test_after_a_cancel_all_is_as_before(at_once: bool) -> None:
    system, cancel = Told(), Cancel()

    def stop(request: Request) -> Answer | None:
        if request.cdb[0] == Write10.OPCODE:
            (cancel.at_once if at_once else cancel)()
        return None

    with pytest.raises(errors.Cancelled):
        run(behind_kernel(FakeKernel(VirtualRecorder(Medium.new()), answers=stop)), system, cancel=cancel)
    assert system.names[-2:] == ["no priority", "no memory"]


@pytest.mark.parametrize(
    ("refusing", "words", "done"),
    [
        (("priority",), "real-time priority", ["memory", "no memory"]),
        (("memory",), "memory that stays", ["priority", "no priority"]),
        (("memory", "priority"), "memory that stays.* or real-time priority", []),
    ],
)
def test_what_is_not_permitted_is_said_once_to_each_drive_s_user(
    refusing: tuple[str, ...], words: str, done: list[str]
) -> None:
    system, events = Told(*refusing), []  # type: tuple[Told, list[Event]]
    drive = behind_kernel()
    run(drive, system, events)
    (notice,) = [event.text for event in events if isinstance(event, Notice)]
    assert re.search(words, notice)
    assert "limits.d" in notice
    assert system.names == done
    run(drive, system, events)
    assert len([event for event in events if isinstance(event, Notice)]) == 1


def test_a_program_that_has_turned_its_collector_off_finds_it_so() -> None:
    gc.disable()
    try:
        run(behind_kernel(), Told())
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_a_program_has_frozen_itself_stays_so() -> None:
    gc.freeze()
    try:
        run(behind_kernel(), Told())
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()


def test_of_two_burns_the_last_one_to_end_lets_go() -> None:
    system = Told()
    one, two = (Urgency(ManualClock(), True, system) for _ in range(2))
    one.begin()
    two.begin()
    one.end()
    assert not gc.isenabled()
    assert "no memory" not in system.names
    two.end()
    assert gc.isenabled()
    assert system.names.count("memory") == system.names.count("no memory") == 1


def test_garbage_of_a_long_burn_goes_when_the_drive_has_just_taken_data() -> None:
    class Thing:
        pass

    clock = ManualClock()
    urgency = Urgency(clock, False)
    urgency.begin()
    try:
        thing = Thing()
        thing.itself = thing  # type: ignore[attr-defined]
        gone = weakref.ref(thing)
        del thing
        clock.sleep(TIDY_SECONDS - 0.1)
        urgency.a_good_moment()
        assert gone() is not None
        clock.sleep(0.1)
        urgency.a_good_moment()
        assert gone() is None
    finally:
        urgency.end()


def in_thread(function: object) -> None:
    """Run it where a changed priority ends with the thread; what it raises is raised here."""
    failed: list[BaseException] = []

    def work() -> None:
        try:
            function()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - raised below
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def test_linux_gives_priority_to_this_thread_and_not_to_those_that_it_starts() -> None:
    def work() -> None:
        before = os.sched_getscheduler(0), os.sched_getparam(0).sched_priority
        try:
            undo = Linux().raise_priority()
        except OSError:
            pytest.skip("this user may not have real-time priority")
        assert os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR
        children: list[int] = []
        in_thread(lambda: children.append(os.sched_getscheduler(0)))
        assert children == [os.SCHED_OTHER]
        assert os.sched_getscheduler(os.getpid()) == os.SCHED_OTHER
        undo()
        policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
        assert (policy, os.sched_getparam(0).sched_priority) == before

    in_thread(work)


def locked_kib() -> int:
    (kib,) = re.findall(r"^VmLck:\s+(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(kib)


def test_linux_locks_memory_and_unlocks_what_it_locked_itself() -> None:
    assert locked_kib() == 0
    try:
        undo = Linux().lock_memory()
    except OSError:
        pytest.skip("this user may not lock so much memory")
    try:
        assert locked_kib() > 1000
        Linux().lock_memory()()
        assert locked_kib() > 1000
    finally:
        undo()
    assert locked_kib() == 0


def test_events_still_come_while_the_collector_is_off() -> None:
    events: list[Event] = []
    run(behind_kernel(), Told(), events)
    assert [event for event in events if isinstance(event, Progress)]
