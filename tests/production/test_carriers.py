"""Calls are made, once where nothing dies, apart where they share a lock, and again where a process died."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from redbook.production.carrier import Carrier, InProcess, Task
from redbook.production.procrastinate import ProcrastinateCarrier
from tests.support import postgres

pytestmark = pytest.mark.slow

MakeCarrier = Callable[[Mapping[str, Task]], Carrier]


@pytest.fixture(params=["in process", "procrastinate"])
def make(request: pytest.FixtureRequest) -> Iterator[MakeCarrier]:
    if request.param == "in process":
        yield InProcess
        return
    server: postgres.Server = request.getfixturevalue("server")
    address = server.new_database()
    made: list[ProcrastinateCarrier] = []

    def carrier(tasks: Mapping[str, Task]) -> Carrier:
        made.append(ProcrastinateCarrier(address, tasks, poll_seconds=0.1))
        return made[-1]

    yield carrier
    for one in made:
        one.close()


@contextmanager
def running(carrier: Carrier, *queues: str, at_once: int = 4) -> Iterator[None]:
    thread = threading.Thread(target=carrier.run, args=(queues,), kwargs={"at_once": at_once})
    thread.start()
    try:
        yield
    finally:
        carrier.stop()
        thread.join()


def until(so: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_is_posted_is_called_with_what_was_given(make: MakeCarrier) -> None:
    heard: list[Mapping[str, Any]] = []
    carrier = make({"hear": heard.append})
    given = [{"n": n, "text": "ä", "list": [1, None, {"deep": True}]} for n in range(5)]
    numbers = [carrier.post("hear", one, queue="desk") for one in given]
    with running(carrier, "desk"):
        until(lambda: len(heard) == 5)
    assert sorted(heard, key=lambda one: one["n"]) == given
    assert len(set(numbers)) == 5


def test_a_queue_is_its_host_s(make: MakeCarrier) -> None:
    heard: list[Mapping[str, Any]] = []
    carrier = make({"hear": heard.append})
    carrier.post("hear", {"for": "hall"}, queue="hall")
    carrier.post("hear", {"for": "desk"}, queue="desk")
    with running(carrier, "desk"):
        until(lambda: len(heard) == 1)
        time.sleep(0.5)
    assert heard == [{"for": "desk"}]


def test_calls_of_one_lock_are_made_one_after_the_other(make: MakeCarrier) -> None:
    beside: dict[str, int] = {"a": 0, "b": 0}
    most: list[int] = []
    both: list[int] = []

    def work(arguments: Mapping[str, Any]) -> None:
        name = arguments["lock"]
        beside[name] += 1
        most.append(beside[name])
        both.append(sum(beside.values()))
        time.sleep(0.1)
        beside[name] -= 1

    carrier = make({"work": work})
    for _ in range(4):
        for lock in ("a", "b"):
            carrier.post("work", {"lock": lock}, queue="desk", lock=lock)
    with running(carrier, "desk"):
        until(lambda: len(most) == 8)
    assert set(most) == {1}
    assert max(both) == 2  # different locks are made beside each other


def test_a_cancelled_call_is_not_made(make: MakeCarrier) -> None:
    heard: list[Mapping[str, Any]] = []
    carrier = make({"hear": heard.append})
    keep, drop = (carrier.post("hear", {"n": n}, queue="desk") for n in (1, 2))
    assert carrier.cancel(drop)
    assert not carrier.cancel(drop)
    assert not carrier.cancel(987_654)
    with running(carrier, "desk"):
        until(lambda: len(heard) == 1)
        assert not carrier.cancel(keep)
    assert heard == [{"n": 1}]


def test_a_call_for_later_waits(make: MakeCarrier) -> None:
    heard: list[int] = []
    carrier = make({"hear": lambda given: heard.append(given["n"])})
    with running(carrier, "desk"):
        carrier.post("hear", {"n": 0}, queue="desk")
        until(lambda: heard == [0])  # it is at work, however long its start took
        carrier.post("hear", {"n": 1}, queue="desk", after_seconds=5)
        carrier.post("hear", {"n": 2}, queue="desk")
        until(lambda: len(heard) == 3)
    assert heard == [0, 2, 1]


def test_a_call_that_fails_is_over_and_the_next_one_made(
    make: MakeCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[int] = []

    def hear(given: Mapping[str, Any]) -> None:
        heard.append(given["n"])
        if given["n"] == 1:
            raise OSError("no stick in it")

    carrier = make({"hear": hear})
    for n in (1, 2):
        carrier.post("hear", {"n": n}, queue="desk", lock="one")
    with running(carrier, "desk"):
        until(lambda: 2 in heard)
        time.sleep(0.3)
    assert heard == [1, 2]
    assert "no stick in it" in caplog.text


def test_stopping_finishes_what_is_under_way_and_begins_no_more(make: MakeCarrier) -> None:
    begun, ended = threading.Event(), []

    def work(given: Mapping[str, Any]) -> None:
        begun.set()
        time.sleep(0.5)
        ended.append(given["n"])

    carrier = make({"work": work})
    for n in (1, 2, 3):
        carrier.post("work", {"n": n}, queue="desk")
    with running(carrier, "desk", at_once=1):
        assert begun.wait(30)
    assert ended == [1]


def test_a_task_that_is_not_known_is_refused_where_it_is_posted(make: MakeCarrier) -> None:
    with pytest.raises(KeyError):
        make({}).post("hear", {})


def test_a_call_whose_process_was_killed_is_made_again(server: postgres.Server, tmp_path: Path) -> None:
    address = server.new_database()
    code = f"""
import threading, time
from redbook.production.procrastinate import ProcrastinateCarrier
def work(given):
    print("begun", flush=True)
    time.sleep(60)
carrier = ProcrastinateCarrier({address!r}, {{"work": work}}, poll_seconds=0.1)
carrier.post("work", {{"n": 1}}, queue="desk", lock="drive")
carrier.run(["desk"])
"""
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    assert program.stdout.readline() == "begun\n"
    program.kill()
    program.wait()
    program.stdout.close()
    heard: list[Mapping[str, Any]] = []
    carrier = ProcrastinateCarrier(address, {"work": heard.append}, poll_seconds=0.1)
    with running(carrier, "desk"):
        until(lambda: len(heard) == 1)
    carrier.close()
    assert heard == [{"n": 1}]


def test_a_carrier_whose_database_was_away_goes_on(server: postgres.Server) -> None:
    heard: list[int] = []
    with postgres.Server() as own:
        address = own.new_database()
        carrier = ProcrastinateCarrier(
            address, {"hear": lambda given: heard.append(given["n"])}, poll_seconds=0.1
        )
        with running(carrier, "desk"):
            carrier.post("hear", {"n": 1}, queue="desk")
            until(lambda: heard == [1])
            own.stop()
            time.sleep(1)
            own.start()

            def posted() -> bool:
                try:
                    carrier.post("hear", {"n": 2}, queue="desk")
                except Exception:  # noqa: BLE001  its pool finds out one connection after the other
                    return False
                return True

            until(posted)
            until(lambda: 2 in heard, 60)
        carrier.close()
