"""Whatever an initiator sends: no exception, no hang, bounded memory, and the others are served.

Longer, led by coverage:  pip install atheris && python -m tests.share.fuzz_iscsi -max_total_time=600
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redbook.share.iscsi.portal import Portal
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
    client = Client(portal)
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
