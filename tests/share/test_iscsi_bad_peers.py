"""Peers that wish the iSCSI target ill, or are unlucky: each ends its own connection and no other."""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from redbook.share.iscsi import portal as portal_module
from redbook.share.iscsi.answers import ScsiResponse
from redbook.share.iscsi.chap import Credentials
from redbook.share.iscsi.portal import Portal
from redbook.share.iscsi.requests import ScsiCommand
from redbook.share.iscsi.target import Target
from redbook.transport.base import Status
from tests.share.test_iscsi_socket import PATIENCE_SECONDS, Client, Served
from tests.support.iscsi import FakeUnit

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing is a reset


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served(FakeUnit())
    yield served
    served.close()


def reset_at_once(address: tuple[str, int]) -> None:
    with socket.create_connection(address, PATIENCE_SECONDS) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def answers(served: Served) -> bool:
    return served.client().command(bytes(6)).status == Status.GOOD


def test_two_hundred_connections_that_are_reset_at_once(served: Served) -> None:
    """66 of them ended a target once, without a word."""
    other = served.client()
    for _ in range(200):
        reset_at_once(served.portal.address)
    assert other.command(bytes(6)).status == Status.GOOD
    assert answers(served)


def test_the_same_with_chap_and_before_the_target_can_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resets lie in the backlog, complete, when the target begins to take them."""
    portal = Portal(Target([FakeUnit()], credentials=Credentials("me", b"a secret of bytes")))
    for _ in range(50):
        reset_at_once(portal.address)
    portal.start()
    with socket.create_connection(portal.address, PATIENCE_SECONDS) as client:
        client.sendall(b"\x43" + bytes(47))
        assert client.recv(48)[:1] == b"\x23"  # a login response, whatever it says
    assert portal.stop()


@pytest.mark.parametrize("name", ["getpeername", "getsockname", "setsockopt"])
def test_a_socket_that_cannot_be_asked_any_more(
    name: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(socket.socket, name)
    portal_s = threading.current_thread()
    left = 100

    def gone(one: socket.socket, *values: Any) -> Any:
        nonlocal left
        if threading.current_thread() is not portal_s and left:
            left -= 1
            raise OSError(107, "Transport endpoint is not connected")
        return real(one, *values)

    monkeypatch.setattr(socket.socket, name, gone)
    for _ in range(100):
        reset_at_once(served.portal.address)
    left = 0
    assert answers(served)


class _Threads:
    """threading, as the portal sees it: the n-th thread that is started from now on cannot be."""

    def __init__(self, failing: int) -> None:
        self._failing = failing
        self.started = 0
        threads = self

        class Thread(threading.Thread):
            def start(self) -> None:
                threads.started += 1
                if threads.started == threads._failing:
                    raise RuntimeError("can't start new thread")
                super().start()

        self.Thread = Thread

    def __getattr__(self, name: str) -> Any:
        return getattr(threading, name)


@pytest.mark.parametrize("failing", [1, 2], ids=["of its login", "of its session"])
def test_a_thread_that_the_system_does_not_give(
    failing: int, served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(portal_module, "MOST_CONNECTIONS", 1)  # so that a place that is lost shows
    monkeypatch.setattr(portal_module, "threading", _Threads(failing))
    client = served.client(logged_in=False)
    with contextlib.suppress(OSError, EOFError):
        client.log_in()
    assert client.hung_up_on()
    assert answers(served)
    assert "can't start new thread" in caplog.text


def test_connections_that_never_log_in_keep_nobody_out(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """More than the target takes, and each of them may stay silent for 30 seconds."""
    other = served.client()
    silent = [served.client(logged_in=False) for _ in range(portal_module.MOST_CONNECTIONS + 20)]
    assert answers(served)
    assert silent[0].hung_up_on()  # the oldest
    assert other.command(bytes(6)).status == Status.GOOD
    assert "is disconnected before its login: there are 64 connections" in caplog.text
    assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) < 5  # no flood of words


def test_who_is_turned_away_is_told_of(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(portal_module, "MOST_CONNECTIONS", 2)
    clients = [served.client(), served.client()]
    for _ in range(20):
        assert served.client(logged_in=False).hung_up_on()
    assert caplog.text.count("is turned away: there are 2 connections") == 1
    monkeypatch.setattr(portal_module, "_TELL_AGAIN_SECONDS", 0.0)
    assert served.client(logged_in=False).hung_up_on()
    assert "and no more are allowed (and 19 times before that)" in caplog.text
    for client in clients:
        assert client.command(bytes(6)).status == Status.GOOD


@pytest.mark.parametrize("beginning", [0, 48], ids=["in its header", "in its data"])
def test_a_byte_now_and_then_does_not_make_a_pdu_longer(
    beginning: int, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal_module, "STALLED_SECONDS", 0.3)
    client, other = served.client(), served.client()
    raw = ScsiCommand(9, bytes(16), 1, 0, 4096, write=True).to_bytes(4096) + bytes(4096)
    pause = threading.Event()
    with pytest.raises(OSError):
        client.socket.sendall(raw[:beginning])
        for byte in raw[beginning : beginning + 400]:  # of 40 s and more, if it were let
            client.socket.sendall(bytes((byte,)))
            pause.wait(0.1)
    assert other.command(bytes(6)).status == Status.GOOD


def test_a_defect_of_a_unit_is_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    served = Served(FakeUnit({0x43: OverflowError("int too big to convert")}))
    client = served.client()
    client.start(b"\x43")
    answer = client.receive()
    assert isinstance(answer, ScsiResponse)
    assert answer.status == Status.CHECK_CONDITION
    assert client.command(bytes(6)).status == Status.GOOD
    assert "int too big to convert" in caplog.text
    served.close()


def test_a_defect_of_the_target_ends_one_connection(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from redbook.share.iscsi.connection import Connection

    real = Connection.receive_pdu
    times = 0

    def defective(connection: Connection, fill: Any) -> None:
        nonlocal times
        times += 1
        if times == 2:
            raise struct.error("unpack requires a buffer of 4 bytes")
        real(connection, fill)

    monkeypatch.setattr(Connection, "receive_pdu", defective)
    client = served.client()
    assert client.hung_up_on()
    assert answers(served)
    assert "unpack requires" in caplog.text


def test_units_that_cannot_be_left_cost_no_place(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Clinging(FakeUnit):
        def close(self) -> None:
            super().close()
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(portal_module, "MOST_CONNECTIONS", 1)
    served = Served(Clinging())
    for _ in range(3):
        client = served.client()
        assert client.command(bytes(6)).status == Status.GOOD
        client.socket.close()
        for one in list(served.portal._served):
            assert one.wait(PATIENCE_SECONDS)
    assert "Input/output error" in caplog.text
    served.close()


def test_a_listener_without_files_goes_on(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(portal_module, "_NO_FILES_PAUSE_SECONDS", 0.001)
    real = socket.socket.accept
    left = 50

    def accept(one: socket.socket) -> Any:
        nonlocal left
        if left:
            left -= 1
            raise OSError(24, "Too many open files")
        return real(one)

    monkeypatch.setattr(socket.socket, "accept", accept)
    first = Client(served.portal.address)  # let in by the call that was waiting already
    assert answers(served)
    first.socket.close()
    assert caplog.text.count("Too many open files") == 1
