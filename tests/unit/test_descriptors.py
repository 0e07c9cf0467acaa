"""No descriptor is used once it is closed, and none is too high."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from redbook.recorders.watching import DriveWatch
from redbook.system import inhibit
from redbook.system.readable import readable
from redbook.system.uevents import UeventWaiter
from tests.support.inhibit import Tool
from tests.support.recorders import Bench


def open_descriptors() -> set[int]:
    return {int(entry.name) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()}


def watched(bench: Bench) -> DriveWatch:
    """With the kernel's messages, not a clock of the test's."""
    return DriveWatch(bench.recorders)


def test_closing_a_watch_that_has_ended_writes_into_no_other_file(tmp_path: Path) -> None:
    before = open_descriptors()
    watch = watched(Bench(tmp_path))
    other = watched(Bench(tmp_path))
    watch.close()
    assert list(watch) == []
    other.close()
    assert open_descriptors() == before
    with ExitStack() as opened:
        files = [tmp_path / f"heir-{number}" for number in range(20)]
        for file in files:
            opened.enter_context(file.open("wb"))
        watch.close()
        thread = threading.Thread(target=watch.close)
        thread.start()
        thread.join()
        watch._waiter.wake()
        watch._waiter.wait(60)
        with watch:
            pass
    assert [file for file in files if file.stat().st_size] == []


def test_a_watch_that_nobody_iterated_keeps_no_descriptor(tmp_path: Path) -> None:
    before = open_descriptors()
    with watched(Bench(tmp_path)):
        assert len(open_descriptors()) > len(before)
    assert open_descriptors() == before


def test_closing_ends_a_wait_and_the_descriptors_stay_until_it_has() -> None:
    before = open_descriptors()
    waiter = UeventWaiter()
    threads = [threading.Thread(target=waiter.wait, args=(60,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    while waiter._users < 3:
        time.sleep(0.001)
    waiter.close()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert open_descriptors() == before


def test_nothing_is_closed_while_it_is_used() -> None:
    waiter = UeventWaiter()
    with waiter._used() as usable:
        waiter.close()
        assert usable
        os.fstat(waiter._woken)
        os.fstat(waiter._wake)
    for descriptor in (waiter._woken, waiter._wake):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


def test_a_signal_handler_may_close_it_in_the_middle_of_a_wait() -> None:
    waiter = UeventWaiter()
    before = signal.signal(signal.SIGUSR1, lambda *_: waiter.close())
    try:
        timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        waiter.wait(60)
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert waiter._released


@pytest.fixture
def many_files() -> Iterator[None]:
    """Every descriptor that is opened from now on is 1024 or more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2048:
        pytest.skip(f"this process may have {hard} files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    with ExitStack() as opened:
        while True:
            descriptor = os.open(os.devnull, os.O_RDONLY)
            opened.callback(os.close, descriptor)
            if descriptor >= 1024:
                break
        yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_kernel_is_heard_above_descriptor_1023(many_files: None) -> None:
    waiter = UeventWaiter()
    assert waiter._woken >= 1024
    waiter.wait(0.001)
    waiter.wake()
    waiter.wait(60)
    waiter.close()


def test_the_doctor_asks_for_the_lock_above_descriptor_1023(
    many_files: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool(tmp_path)
    monkeypatch.setenv("PATH", tool.path)
    assert inhibit.why_not() == ""
    tool.close()


def test_what_can_be_read_and_what_not() -> None:
    one, two = os.pipe(), os.pipe()
    try:
        assert readable([one[0], two[0]], 0.001) == []
        os.write(two[1], b".")
        assert readable([one[0], two[0]], 60) == [two[0]]
        os.close(one[1])  # an end that will never come counts
        assert readable([one[0]], 60) == [one[0]]
    finally:
        for descriptor in (one[0], *two):
            os.close(descriptor)
