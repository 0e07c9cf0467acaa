"""Sockets and threads: where initiators come in.

Two threads take turns for each session: one waits for PDUs while the other executes a command. So pings are
answered while a recorder takes minutes to close a disc, and the next sectors arrive while the last ones are
stored.
"""

from __future__ import annotations

import contextlib
import errno
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
"""How long the rest of a PDU may take to arrive, and how long the initiator may take to accept ours."""
_STOP_SECONDS = 5.0
_HURRY_AFTER_SECONDS = 0.02
_LEAST_WAIT_SECONDS = 0.001  # 0 would mean forever
_BACKLOG = 64
_MOST_PIECES = 512  # of one sendmsg; the system's limit is 1024
_NO_FILES_PAUSE_SECONDS = 0.2
_MAKE_ROOM_SECONDS = 5.0
_TELL_AGAIN_SECONDS = 10.0
_KEEPALIVE = (
    (socket.TCP_KEEPIDLE, 60),
    (socket.TCP_KEEPINTVL, 15),
    (socket.TCP_KEEPCNT, 4),
)  # seconds, seconds, tries


_OF_THE_CLIENT = (errno.ECONNABORTED, errno.ECONNRESET, errno.ENOTCONN)
"""The system's errors for a client that has left before it was let in; the next one can come at once."""


class _HungUp(Exception):
    """The initiator has left, or takes too long."""


class Portal:
    """Listens, and serves whoever connects.

    address  the host and port that it listens on
    raises   OSError  if it cannot listen there
    """

    def __init__(self, target: Target, host: str = "127.0.0.1", port: int = 0) -> None:
        self._target = target
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._served: list[_Served] = []  # the oldest first
        self._seldom = _Seldom()
        self._idle_since = time.monotonic()
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._thread = threading.Thread(target=self._accept, name="iscsi-portal", daemon=True)

    @property
    def urls(self) -> list[str]:
        """The URL of each unit, in the form that libiscsi's initiators take."""
        place = f"iscsi://{_text_of(self.address)}/{self._target.name}"
        return [f"{place}/{number}" for number in range(len(self._target.units))]

    def start(self) -> None:
        self._thread.start()

    @property
    def idle_seconds(self) -> float:
        """For how long nobody has been connected."""
        with self._lock:
            return 0.0 if self._served else time.monotonic() - self._idle_since

    def stop(self) -> bool:
        """Hang up on everybody; returns whether no unit is at work any more."""
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
        """Let clients in. Nothing that a client does, and nothing that the system refuses, ends this loop."""
        while not self._stopped.is_set():
            try:
                self._let_in(*self._socket.accept())
            except Exception as error:  # noqa: BLE001 - whatever it was, the next client may come
                if self._stopped.is_set():
                    return
                reason = error.strerror if isinstance(error, OSError) else error
                self._seldom.warn("an initiator could not be let in: %s", reason)
                if not isinstance(error, OSError) or error.errno not in _OF_THE_CLIENT:
                    self._stopped.wait(_NO_FILES_PAUSE_SECONDS)

    def _let_in(self, client: socket.socket, address: tuple[str, int]) -> None:
        """raises  OSError, RuntimeError  if the client cannot be served; then the socket is closed"""
        try:
            if not self._has_room():
                self._seldom.warn(
                    "%s is turned away: there are %d connections, and no more are allowed",
                    _text_of(address),
                    MOST_CONNECTIONS,
                )
                client.close()
                return
            served = _Served(client, address, self._target, self._forget)
            with self._lock:
                self._served.append(served)
            try:
                served.start()
            except BaseException:
                self._forget(served)
                raise
        except BaseException:
            client.close()
            raise

    def _has_room(self) -> bool:
        """Whether one more may come.  Clients that have not logged in make room, the oldest first.

        So nobody can keep others out with connections that never log in.
        """
        with self._lock:
            if len(self._served) < MOST_CONNECTIONS:
                return True
            leaving = next((one for one in self._served if one.over), None)
            oldest = next((one for one in self._served if not one.logged_in), None)
        if leaving is not None and leaving.wait(_MAKE_ROOM_SECONDS):
            return True
        if oldest is None:
            return False
        self._seldom.warn(
            "%s is disconnected before its login: there are %d connections, and another one has arrived",
            oldest.peer,
            MOST_CONNECTIONS,
        )
        oldest.hang_up()
        return oldest.wait(_MAKE_ROOM_SECONDS)

    def _forget(self, served: _Served) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._served.remove(served)
            self._idle_since = time.monotonic()


class _Seldom:
    """Warnings that a flood of clients would repeat: now and then one, with the number of those left out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reported_at: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def warn(self, text: str, *values: object) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._reported_at.get(text, -_TELL_AGAIN_SECONDS) < _TELL_AGAIN_SECONDS:
                self._left_out[text] = self._left_out.get(text, 0) + 1
                return
            self._reported_at[text] = now
            more = self._left_out.pop(text, 0)
        _log.warning(text + (f" (and {more} times before that)" if more else ""), *values)


class _Served:
    """One connection and its threads.  forget: called at the end"""

    def __init__(
        self,
        client: socket.socket,
        address: tuple[str, int],
        target: Target,
        forget: Callable[[_Served], None],
    ) -> None:
        """raises  OSError  if the client has left already"""
        self._socket = client
        self._forget = forget
        self._connection = Connection(target, _text_of(client.getsockname()), self.hang_up)
        self.peer = _text_of(address)  # the socket of a client that is gone has no address any more
        self._reading = threading.Lock()
        self._sending = threading.Lock()
        self._ending = threading.Event()
        self._open = threading.Lock()  # so that nothing uses a descriptor that is just being closed
        self._login_ends: float | None = None
        self._pdu_began: float | None = None
        self._hurried = False
        self._thread = threading.Thread(target=self._main, daemon=True)
        self._second = threading.Thread(target=self._run, args=(self._take_turns,), daemon=True)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            client.setsockopt(socket.IPPROTO_TCP, option, value)
        self._limit(socket.SO_SNDTIMEO, STALLED_SECONDS)

    @property
    def logged_in(self) -> bool:
        return self._connection.logged_in

    @property
    def over(self) -> bool:
        """Whether its threads are cleaning up, or have done so."""
        return self._ending.is_set()

    def start(self) -> None:
        """raises  RuntimeError  if the system has no thread for it"""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, no longer than this; returns whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def hang_up(self) -> None:
        """End the connection, from any thread; its own threads clean up."""
        self._ending.set()
        with self._open, contextlib.suppress(OSError):  # the initiator was faster, or the socket is closed
            self._socket.shutdown(socket.SHUT_RDWR)

    def _main(self) -> None:
        _log.info("%s: connected", self.peer)
        self._run(self._serve)
        try:
            if self._second.ident is not None:
                self._second.join()
            self._connection.end()
        except Exception:  # noqa: BLE001 - a defect of ours, but the connection's place must become free
            _log.exception("%s: its units could not be left in a clean state", self.peer)
        finally:
            with self._open:
                self._socket.close()
            self._forget(self)
            _log.info("%s: gone", self.peer)

    def _run(self, work: Callable[[], None]) -> None:
        """Work until the connection is over, in this thread or the other one; log why it ended."""
        try:
            work()
        except _HungUp as reason:
            _log.info("%s: %s", self.peer, reason)
        except OSError as error:
            _log.info("%s: %s", self.peer, error.strerror)
        except ProtocolError as error:
            _log.warning("%s: disconnected, because of %s", self.peer, error)
        except RuntimeError as error:  # for example, no thread could be started
            _log.warning("%s: disconnected: %s", self.peer, error)
        except Exception:  # noqa: BLE001 - a defect of ours ends this connection and no other
            _log.exception("%s: disconnected, because of a fault in the target", self.peer)
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
        """Wait for a PDU, let the other thread wait for the next, and run the jobs that are due."""
        while not self._ending.is_set():
            with self._reading:
                if self._ending.is_set():
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
        self._pdu_began = None
        self._connection.receive_pdu(self._fill)
        if self._hurried:
            self._hurried = False
            self._limit(socket.SO_RCVTIMEO, STALLED_SECONDS)

    def _fill(self, view: memoryview) -> None:
        while view:
            self._hurry()
            try:
                count = self._socket.recv_into(view, 0, socket.MSG_WAITALL)
            except BlockingIOError as error:  # the time limit set by _limit has passed
                if self._pdu_began is None and self._login_ends is None:
                    continue  # an initiator may be silent for as long as it likes
                raise _HungUp("stopped in the middle of a PDU, or of its login") from error
            if not count:
                raise _HungUp("hung up")
            if self._pdu_began is None:
                self._pdu_began = time.monotonic()
            view = view[count:]

    def _hurry(self) -> None:
        """Let the system wait only until the login, or the PDU that has begun, must be complete.

        raises  _HungUp  if that time has passed: a byte now and then does not make it longer
        """
        if self._login_ends is not None:
            left = self._login_ends - time.monotonic()
        elif self._pdu_began is not None:
            left = self._pdu_began + STALLED_SECONDS - time.monotonic()
            if left > STALLED_SECONDS - _HURRY_AFTER_SECONDS:
                return  # nearly always: the rest of a PDU arrives with its beginning
        else:
            return
        if left <= 0:
            raise _HungUp("takes too long for a PDU, or for its login")
        self._hurried = self._login_ends is None
        self._limit(socket.SO_RCVTIMEO, max(left, _LEAST_WAIT_SECONDS))

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
                    raise _HungUp("does not accept what it asked for") from error
                pieces = _rest(pieces, sent)


def _rest(pieces: list[bytes | memoryview], sent: int) -> list[bytes | memoryview]:
    """What is left when this many bytes have been sent."""
    for number, piece in enumerate(pieces):
        if sent < len(piece):
            return [memoryview(piece)[sent:], *pieces[number + 1 :]]
        sent -= len(piece)
    return []


def _text_of(address: tuple[str, int]) -> str:
    """host:port; an IPv6 address is put in brackets."""
    host, port = address[0].partition("%")[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
