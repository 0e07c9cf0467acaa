"""Whatever an initiator sends: no exception, no hang, bounded memory, and the others are served.

Longer, led by coverage:  pip install atheris && python -m tests.share.fuzz_iscsi -max_total_time=600
"""

from __future__ import annotations

import gc
import logging
import socket
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redbook.share.iscsi import portal as portal_module
from redbook.share.iscsi.portal import Portal
from redbook.share.iscsi.requests import LogoutRequest, ScsiCommand
from redbook.share.iscsi.target import Target
from tests.share.test_iscsi_socket import Client
from tests.support.iscsi import FakeUnit
from tests.support.iscsi_fuzz import behave


@given(st.binary(max_size=3000))
@settings(max_examples=150, deadline=None)
def test_any_behaviour_of_two_initiators(data: bytes) -> None:
    behave(data)


@given(st.binary(min_size=500, max_size=4000))
@settings(max_examples=150, deadline=None)
def test_any_long_behaviour_of_two_initiators(data: bytes) -> None:
    behave(data)


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    portal = Portal(Target([FakeUnit()]))
    portal.start()
    yield portal
    assert portal.stop()


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=5), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_bytes_on_a_socket(portal: Portal, pieces: list[bytes], logged_in: bool) -> None:
    client = Client(portal.address)
    if logged_in:
        client.log_in()
    try:
        for piece in pieces:
            client.socket.sendall(piece)
        client.socket.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # hung up on
    assert client.hung_up_on()
    client.socket.close()


def live_and_die(portal: Portal, number: int) -> None:
    """One client: dies before, in or after its login, with data on their way, or leaves in good order."""
    client = Client(portal.address)
    kind = number % 6
    if kind > 1:
        client.log_in(b"\x80" + number.to_bytes(5, "big"))
    if kind in (0, 2):
        client.socket.sendall(bytes((0x43, number % 256)) * 30)
    elif kind == 3:
        client.send(ScsiCommand(9, b"\x2a".ljust(16, b"\0"), 1, 0, 1 << 20, write=True), bytes(100_000))
    elif kind == 4:
        client.command(bytes(6))
        client.send(LogoutRequest(7, cmd_sn=client.cmd_sn))
        client.receive()
    elif kind == 5:
        client.start(b"\x2a", bytes(63504))
    client.socket.close()


def test_memory_does_not_grow_with_the_number_of_clients(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)  # pytest keeps every record
    monkeypatch.setattr(portal_module, "MOST_CONNECTIONS", 1000)  # they come faster than the dead are cleared
    unit = FakeUnit()
    portal = Portal(Target([unit]))
    portal.start()
    for number in range(60):
        live_and_die(portal, number)
    assert portal.stop()
    unit.asked.clear()
    portal = Portal(Target([unit]))
    portal.start()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(600):
            live_and_die(portal, number)
            unit.asked.clear()
        assert portal.stop()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert unit.initiators == 0
    assert after - before < 200_000  # bytes; what one client in six leaves of its data would be 6 MB
