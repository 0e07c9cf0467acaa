"""The iSCSI target behind a real socket: dying clients, nonsense, several sessions, the end."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from redbook.errors import DriveGone
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.share.iscsi import portal as portal_module
from redbook.share.iscsi import text
from redbook.share.iscsi.answers import Answer, LoginResponse, LogoutResponse, NopIn, ScsiResponse, parse
from redbook.share.iscsi.pdu import HEADER_BYTES, data_segment_bytes, padding_bytes
from redbook.share.iscsi.portal import Portal
from redbook.share.iscsi.requests import LoginRequest, LogoutRequest, NopOut, Request, ScsiCommand
from redbook.share.iscsi.target import Target
from redbook.transport.base import LogicalUnit, Reply, Status
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.iscsi import ISID, NAMES, FakeUnit

PATIENCE_SECONDS = 20.0  # for what takes milliseconds


class Client:
    """An initiator on a socket; everything it waits for comes, or the test fails."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, PATIENCE_SECONDS)
        self.cmd_sn = 1

    def send(self, request: Request, data: bytes = b"") -> None:
        self.socket.sendall(request.to_bytes(len(data)) + data + bytes(padding_bytes(len(data))))

    def receive(self) -> Answer:
        header = self._read(HEADER_BYTES)
        length = data_segment_bytes(header)
        self._read(length + padding_bytes(length))
        answer = parse(header)
        assert answer is not None
        return answer

    def _read(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            piece = self.socket.recv(length - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def log_in(self, isid: bytes = ISID) -> None:
        keys = {**NAMES, "InitialR2T": "No", "FirstBurstLength": "262144"}
        request = LoginRequest(1, isid, stage=1, next_stage=3, transit=True, cmd_sn=self.cmd_sn)
        self.send(request, text.build(keys.items()))
        answer = self.receive()
        assert isinstance(answer, LoginResponse)
        assert (answer.status, answer.transit) == (0, True)

    def command(self, cdb: bytes, data: bytes = b"") -> ScsiResponse:
        self.start(cdb, data)
        answer = self.receive()
        assert isinstance(answer, ScsiResponse)
        return answer

    def start(self, cdb: bytes, data: bytes = b"") -> None:
        request = ScsiCommand(self.cmd_sn, cdb.ljust(16, b"\0"), self.cmd_sn, 0, len(data), write=bool(data))
        self.cmd_sn += 1
        self.send(request, data)

    def hung_up_on(self) -> bool:
        """Whether the target ends the connection, now or soon."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return True


class Served:
    """A portal and its units, and how many of them a session has now."""

    def __init__(self, *units: LogicalUnit) -> None:
        self.portal = Portal(Target(units))
        self.portal.start()
        self.clients: list[Client] = []

    def client(self, logged_in: bool = True) -> Client:
        client = Client(self.portal.address)
        self.clients.append(client)
        if logged_in:
            client.log_in(b"\x80" + len(self.clients).to_bytes(5, "big"))
        return client

    def close(self) -> None:
        for client in self.clients:
            client.socket.close()
        assert self.portal.stop()


@pytest.fixture
def unit() -> FakeUnit:
    return FakeUnit()


@pytest.fixture
def served(unit: FakeUnit) -> Iterator[Served]:
    served = Served(unit)
    yield served
    served.close()
    assert unit.initiators == 0


def test_sectors_arrive_on_the_disc() -> None:
    medium = Medium.new()
    recorder = VirtualRecorder(medium)
    served = Served(recorder)
    client = served.client()
    client.command(bytes(6))  # the power-on attention
    whole = bytes(range(251)) * (27 * 2352 // 251 + 1)
    for number in range(12):
        data = whole[number : number + 27 * 2352]
        assert client.command(Write10(number * 27, data).to_cdb(), data).status == Status.GOOD
    assert client.command(SynchronizeCache().to_cdb()).status == Status.GOOD
    served.close()
    for number in range(12):
        assert medium.read(number * 27, 27) == whole[number : number + 27 * 2352]


def test_several_sessions_at_once(served: Served, unit: FakeUnit) -> None:
    clients = [served.client() for _ in range(5)]
    assert unit.initiators == 5
    for client in clients:
        client.start(bytes(6))
    for client in clients:
        assert isinstance(client.receive(), ScsiResponse)


@pytest.mark.parametrize("sent", [0, 1, 47, 48, 50, 1000])
def test_a_client_that_dies_ends_its_own_session_only(served: Served, sent: int) -> None:
    other, dying = served.client(), served.client()
    raw = ScsiCommand(9, bytes(16), 1, 0, 4096, write=True).to_bytes(4096) + bytes(4096)
    dying.socket.sendall(raw[:sent])
    linger = struct.pack("ii", 1, 0)
    dying.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)  # a reset, not a farewell
    dying.socket.close()
    assert other.command(bytes(6)).status == Status.GOOD
    assert served.client().command(bytes(6)).status == Status.GOOD


@pytest.mark.parametrize(
    "nonsense",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + bytes(48), b"\x43" + b"\xff" * 47, bytes(48), b"\xff" * 4096],
)
def test_a_client_that_talks_nonsense_is_hung_up_on(served: Served, nonsense: bytes) -> None:
    other, odd = served.client(), served.client(logged_in=False)
    odd.socket.sendall(nonsense)
    assert odd.hung_up_on()
    assert other.command(bytes(6)).status == Status.GOOD


def test_who_does_not_log_in_is_hung_up_on(unit: FakeUnit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_module, "LOGIN_SECONDS", 0.05)
    served = Served(unit)
    assert served.client(logged_in=False).hung_up_on()
    slow = served.client(logged_in=False)
    slow.socket.sendall(b"\x43")
    assert slow.hung_up_on()
    served.close()


def test_who_stops_in_the_middle_of_a_pdu_is_hung_up_on(
    unit: FakeUnit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal_module, "STALLED_SECONDS", 0.05)
    served = Served(unit)
    client = served.client()
    client.socket.sendall(bytes(20))
    assert client.hung_up_on()
    served.close()


def test_who_is_silent_between_pdus_is_not(unit: FakeUnit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_module, "STALLED_SECONDS", 0.01)
    served = Served(unit)
    client = served.client()
    client.socket.settimeout(0.1)
    with pytest.raises(TimeoutError):  # ten times as long as a PDU may stall
        client.socket.recv(1)
    client.socket.settimeout(PATIENCE_SECONDS)
    assert client.command(bytes(6)).status == Status.GOOD
    served.close()


def test_who_does_not_take_its_answers_is_hung_up_on(unit: FakeUnit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_module, "STALLED_SECONDS", 0.1)
    served = Served(unit)
    client = served.client()
    with pytest.raises(OSError):
        for number in range(10_000):
            client.send(NopOut(number, 1, immediate=True), bytes(8192))
    served.close()


def test_more_connections_than_there_may_be_are_turned_away(
    unit: FakeUnit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal_module, "MOST_CONNECTIONS", 2)
    served = Served(unit)
    clients = [served.client(), served.client()]
    assert served.client(logged_in=False).hung_up_on()
    for client in clients:
        assert client.command(bytes(6)).status == Status.GOOD
    served.close()


def test_a_unit_that_has_left_hangs_up() -> None:
    served = Served(FakeUnit({0x35: DriveGone("unplugged")}))
    client = served.client()
    assert client.command(bytes(6)).status == Status.GOOD
    client.start(SynchronizeCache().to_cdb())
    assert client.hung_up_on()
    served.close()


@dataclass
class SlowUnit(FakeUnit):
    """Takes as long as it is told to."""

    begun: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        if cdb[0] == 0x5B:
            self.begun.set()
            assert self.may_end.wait(PATIENCE_SECONDS)
        return super().execute(cdb, data_out, data_in_length, timeout)


def test_pings_are_answered_while_a_command_takes_its_time() -> None:
    unit = SlowUnit()
    served = Served(unit)
    client = served.client()
    client.start(b"\x5b")
    assert unit.begun.wait(PATIENCE_SECONDS)
    for number in range(3):
        client.send(NopOut(1000 + number, client.cmd_sn, immediate=True))
        answer = client.receive()
        assert isinstance(answer, NopIn)
        assert answer.task_tag == 1000 + number
    client.start(bytes(6))
    unit.may_end.set()
    found = [client.receive(), client.receive()]
    assert [answer.task_tag for answer in found if isinstance(answer, ScsiResponse)] == [1, 2]
    served.close()


def test_the_end_waits_for_a_command_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_module, "_STOP_SECONDS", 0.05)
    unit = SlowUnit()
    served = Served(unit)
    served.client().start(b"\x5b")
    assert unit.begun.wait(PATIENCE_SECONDS)
    assert not served.portal.stop()
    unit.may_end.set()
    monkeypatch.setattr(portal_module, "_STOP_SECONDS", PATIENCE_SECONDS)
    served.close()


def test_a_client_that_dies_during_a_command_leaves_the_unit_after_it() -> None:
    unit = SlowUnit()
    served = Served(unit)
    client = served.client()
    client.start(b"\x5b")
    assert unit.begun.wait(PATIENCE_SECONDS)
    client.socket.close()
    unit.may_end.set()
    served.close()
    assert unit.initiators == 0


def test_the_same_session_again_takes_over(served: Served, unit: FakeUnit) -> None:
    first = served.client()
    second = served.client(logged_in=False)
    second.log_in(b"\x80" + (1).to_bytes(5, "big"))
    assert first.hung_up_on()
    assert second.command(bytes(6)).status == Status.GOOD


def test_the_answer_to_a_logout_always_arrives(served: Served) -> None:
    """The thread that executed the last command must not hang up before the other has sent it."""
    for _ in range(100):
        client = served.client()
        client.command(bytes(6))
        client.send(LogoutRequest(77, cmd_sn=client.cmd_sn))
        answer = client.receive()
        assert isinstance(answer, LogoutResponse)
        assert client.hung_up_on()
        client.socket.close()


def test_stopping_hangs_up_and_frees_the_port(unit: FakeUnit) -> None:
    served = Served(unit)
    client, silent = served.client(), served.client(logged_in=False)
    host, port = served.portal.address
    served.portal.stop()
    assert client.hung_up_on()
    assert silent.hung_up_on()
    again = Portal(Target([unit]), host, port)
    again.start()
    assert again.stop()
    assert unit.initiators == 0
    served.close()


def test_an_address_in_use_is_an_error(served: Served, unit: FakeUnit) -> None:
    with pytest.raises(OSError, match="in use"):
        Portal(Target([unit]), *served.portal.address)


def test_a_portal_may_listen_on_ipv6(unit: FakeUnit) -> None:
    try:
        portal = Portal(Target([unit]), "::1")
    except OSError:
        pytest.skip("this computer has no IPv6")
    portal.start()
    assert portal.urls == [f"iscsi://[::1]:{portal.address[1]}/iqn.2026-11.example.redbook:recorder/0"]
    client = Client(portal.address)
    client.log_in()
    client.socket.close()
    assert portal.stop()
