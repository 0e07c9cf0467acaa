"""Sockets and threads: where initiators come in.

Two threads take turns at each session: one waits for PDUs while the other executes a command, so that
pings are answered while a recorder closes a disc for minutes, and the next sectors are read while the
last ones are stored.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable

from redbook.share.iscsi.connection import Connection
from redbook.share.iscsi.pdu import ProtocolError
from redbook.share.iscsi.target import Target

_log = logging.getLogger(__name__)

MOST_CONNECTIONS = 64
LOGIN_SECONDS = 30.0
STALLED_SECONDS = 60.0
"""How long the rest of a PDU may take, and the taking of ours."""
_STOP_SECONDS = 5.0
_LEAST_WAIT_SECONDS = 0.001  # 0 would mean forever
_BACKLOG = 64
_MOST_PIECES = 512  # of one sendmsg; the system's limit is 1024
_NO_FILES_PAUSE_SECONDS = 0.2
_KEEPALIVE = (
    (socket.TCP_KEEPIDLE, 60),
    (socket.TCP_KEEPINTVL, 15),
    (socket.TCP_KEEPCNT, 4),
)  # seconds, seconds, tries


class _HungUp(Exception):
    """The initiator has left, or takes too long."""


class Portal:
    """Listens, and serves whoever comes.

    address  the host and port that it listens on
    raises   OSError  if it cannot listen there
    """

    def __init__(self, target: Target, host: str = "127.0.0.1", port: int = 0) -> None:
        self._target = target
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._served: set[_Served] = set()
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._thread = threading.Thread(target=self._accept, name="iscsi-portal", daemon=True)

    @property
    def urls(self) -> list[str]:
        """Of each unit, as initiators of libiscsi take them."""
        place = f"iscsi://{_text_of(self.address)}/{self._target.name}"
        return [f"{place}/{number}" for number in range(len(self._target.units))]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> bool:
        """Hang up on everybody; whether all units are left alone now, or one is still at work."""
        self._stopped.set()
        with contextlib.suppress(OSError):  # not started, or stopped before
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread.ident is not None:
            self._thread.join()
        self._socket.close()
        with self._lock:
            served = list(self._served)
        for one in served:
            one.hang_up()
        deadline = time.monotonic() + _STOP_SECONDS
        return all(one.wait(max(0.0, deadline - time.monotonic())) for one in served)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                client, _ = self._socket.accept()
            except OSError as error:
                if self._stopped.is_set():
                    return
                _log.warning("an initiator could not be let in: %s", error.strerror)
                self._stopped.wait(_NO_FILES_PAUSE_SECONDS)
                continue
            self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            full = len(self._served) >= MOST_CONNECTIONS
            if not full:
                served = _Served(client, self._target, self._forget)
                self._served.add(served)
        if full:
            _log.warning("%d connections are enough; one more is turned away", MOST_CONNECTIONS)
            client.close()
        else:
            served.start()

    def _forget(self, served: _Served) -> None:
        with self._lock:
            self._served.discard(served)


class _Served:
    """One connection and its threads.  forget: told at the end."""

    def __init__(self, client: socket.socket, target: Target, forget: Callable[[_Served], None]) -> None:
        self._socket = client
        self._forget = forget
        self._connection = Connection(target, _text_of(client.getsockname()), self.hang_up)
        self._peer = _text_of(client.getpeername())
        self._reading = threading.Lock()
        self._sending = threading.Lock()
        self._over = threading.Event()
        self._login_ends: float | None = None
        self._between_pdus = True
        self._thread = threading.Thread(target=self._main, daemon=True)
        self._second = threading.Thread(target=self._run, args=(self._take_turns,), daemon=True)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            client.setsockopt(socket.IPPROTO_TCP, option, value)
        self._limit(socket.SO_SNDTIMEO, STALLED_SECONDS)

    def start(self) -> None:
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether it is over within this time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def hang_up(self) -> None:
        """End the connection, from whatever thread; its own threads clear up."""
        self._over.set()
        with contextlib.suppress(OSError):  # the initiator was faster
            self._socket.shutdown(socket.SHUT_RDWR)

    def _main(self) -> None:
        _log.info("%s: connected", self._peer)
        try:
            self._run(self._serve)
        finally:
            if self._second.ident is not None:
                self._second.join()
            self._connection.end()
            self._socket.close()
            self._forget(self)
            _log.info("%s: gone", self._peer)

    def _run(self, work: Callable[[], None]) -> None:
        """Until the connection is over, for this thread and the other one; why is logged."""
        try:
            work()
        except _HungUp as reason:
            _log.info("%s: %s", self._peer, reason)
        except OSError as error:
            _log.info("%s: %s", self._peer, error.strerror)
        except ProtocolError as error:
            _log.warning("%s: hung up on, because of %s", self._peer, error)
        finally:
            self.hang_up()

    def _serve(self) -> None:
        self._login_ends = time.monotonic() + LOGIN_SECONDS
        while not self._connection.logged_in:
            self._read_pdu()
            self._flush()
            if self._connection.closing:
                return
        self._login_ends = None
        self._limit(socket.SO_RCVTIMEO, STALLED_SECONDS)
        self._second.start()
        self._take_turns()

    def _take_turns(self) -> None:
        """Wait for a PDU, leave the waiting to the other thread, and run what is to be run."""
        while not self._over.is_set():
            with self._reading:
                if self._over.is_set():
                    return
                self._read_pdu()
                job = self._connection.next_job()
            self._flush()
            while job is not None:
                job.run()
                self._connection.finish(job)
                self._flush()
                job = self._connection.next_job()
            if self._connection.closing:
                self._flush()  # the other thread may not have sent its last answer yet
                return

    # Reading

    def _read_pdu(self) -> None:
        self._between_pdus = True
        self._connection.receive_pdu(self._fill)

    def _fill(self, view: memoryview) -> None:
        while view:
            if self._login_ends is not None:
                left = self._login_ends - time.monotonic()
                self._limit(socket.SO_RCVTIMEO, max(left, _LEAST_WAIT_SECONDS))
            try:
                count = self._socket.recv_into(view, 0, socket.MSG_WAITALL)
            except BlockingIOError as error:  # the time set by _limit is over
                if self._between_pdus and self._login_ends is None:
                    continue  # an initiator may be silent for as long as it likes
                raise _HungUp("stopped in the middle of a PDU, or of its login") from error
            if not count:
                raise _HungUp("hung up")
            self._between_pdus = False
            view = view[count:]

    def _limit(self, option: int, seconds: float) -> None:
        """Have the system end calls that take longer than this."""
        whole = int(seconds)
        value = struct.pack("ll", whole, int((seconds - whole) * 1_000_000))
        self._socket.setsockopt(socket.SOL_SOCKET, option, value)

    # Sending

    def _flush(self) -> None:
        with self._sending:
            pieces = self._connection.take_output()
            while pieces:
                try:
                    sent = self._socket.sendmsg(pieces[:_MOST_PIECES])
                except BlockingIOError as error:
                    raise _HungUp("does not take what it asked for") from error
                pieces = _rest(pieces, sent)


def _rest(pieces: list[bytes | memoryview], sent: int) -> list[bytes | memoryview]:
    """What is left when so many bytes are gone."""
    for number, piece in enumerate(pieces):
        if sent < len(piece):
            return [memoryview(piece)[sent:], *pieces[number + 1 :]]
        sent -= len(piece)
    return []


def _text_of(address: tuple[str, int]) -> str:
    """host:port, the host in brackets if it is one of IPv6."""
    host, port = address[0].partition("%")[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
