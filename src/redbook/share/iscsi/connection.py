"""One connection of an initiator, from the first byte to the last: login, then a session.

It knows no sockets. PDUs come in through `receive_pdu`, which reads with a function that fills a buffer;
`take_output` returns the bytes to send.

Several threads may use it. Only one at a time may be in `receive_pdu`, and only one between `take_output`
and the sending of what it returned, or PDUs would be mixed up; the portal has a lock for each. The lock here
is held only briefly, never while bytes are waited for or a command runs; it is held when `_emit` is called
to send an answer. `_destination` gives out the memory of a task, and `fill` writes there without the lock:
if the task is aborted in the meantime, nobody looks at that memory any more. `logged_in`, `closing` and
`key` are read without the lock, because what they depend on is set only once.

A login that replaces a session takes that session's lock while it holds its own. This cannot deadlock: a
session that was replaced asks for no other lock. Who cleans up: the portal's thread calls `end` when its
loop is over. If the session was replaced or the target ended, `end` was called before, and this call does
nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from redbook.share.iscsi import requests
from redbook.share.iscsi.answers import Answer
from redbook.share.iscsi.crc32c import DIGEST_BYTES, digest
from redbook.share.iscsi.login import MOST_LOGIN_DATA_BYTES, Login, Terms
from redbook.share.iscsi.pdu import (
    HEADER_BYTES,
    ProtocolError,
    additional_header_bytes,
    data_segment_bytes,
    padding_bytes,
)
from redbook.share.iscsi.requests import LoginRequest, Request
from redbook.share.iscsi.session import WINDOW, Session
from redbook.share.iscsi.target import Target
from redbook.share.iscsi.tasks import Job
from redbook.share.iscsi.text import RECEIVED_DATA_SEGMENT_BYTES

Fill = Callable[[memoryview], None]
"""Fills the whole buffer with what comes next, or raises."""


class Connection:
    """hang_up  ends the transport from another thread; may be called more than once"""

    def __init__(self, target: Target, address: str, hang_up: Callable[[], None]) -> None:
        self._target = target
        self._address = address
        self._hang_up = hang_up
        self._lock = threading.RLock()
        self._login = Login(target, WINDOW)
        self._session: Session | None = None
        self._output: list[bytes | memoryview] = []
        self._header_digest = self._data_digest = False
        self._ended = False

    # What other sessions use

    @property
    def key(self) -> tuple[str, bytes]:
        terms = self._terms
        return terms.initiator.lower(), terms.isid

    def abort(self, luns: Sequence[int]) -> None:
        with self._lock:
            if self._session is not None:
                self._session.abort_all(luns)

    def end(self) -> None:
        """Leave the units and hang up."""
        with self._lock:
            ended, self._ended = self._ended, True
            session = self._session
            if session is not None:
                session.abort_all()
        self._hang_up()
        if session is not None and not ended:
            self._target.dismiss(self)
            session.close()

    # What the portal needs

    @property
    def logged_in(self) -> bool:
        return self._session is not None

    @property
    def closing(self) -> bool:
        """Whether to hang up as soon as the output has been sent."""
        if self._ended or self._login.refused:
            return True
        return self._session is not None and self._session.closing

    def take_output(self) -> list[bytes | memoryview]:
        """Pieces to send, in this order."""
        with self._lock:
            output, self._output = self._output, []
            return output

    def next_job(self) -> Job | None:
        """A job that the caller should run and then pass to `finish`."""
        with self._lock:
            return None if self._session is None or self._ended else self._session.next_job()

    def finish(self, job: Job) -> None:
        with self._lock:
            assert self._session is not None
            self._session.finish(job)

    def receive_pdu(self, fill: Fill) -> None:
        """Read one PDU and do what it asks.

        raises  ProtocolError, and what `fill` raises; then the connection is no longer usable
        """
        buffer = bytearray(HEADER_BYTES)
        fill(memoryview(buffer))
        header = bytes(buffer)
        request = requests.parse(header)
        length = data_segment_bytes(header)
        self._check(request, length)
        self._read_rest_of_header(header, fill)
        with self._lock:
            data = self._destination(request, length)
        if length:
            fill(data)
            self._read_rest_of_data(data, fill)
        with self._lock:
            if not self._ended:
                self._receive(request, header, data)

    def _check(self, request: Request | None, length: int) -> None:
        """raises  ProtocolError  for what ends the connection at once, before more is read"""
        if self._session is None and not isinstance(request, LoginRequest):
            raise ProtocolError("no login request where one was expected")
        if length > (RECEIVED_DATA_SEGMENT_BYTES if self.logged_in else MOST_LOGIN_DATA_BYTES):
            raise ProtocolError(f"a data segment of {length} bytes, more than was agreed")

    def _read_rest_of_header(self, header: bytes, fill: Fill) -> None:
        """Read and ignore additional header segments: none of them concerns a recorder's commands."""
        more = additional_header_bytes(header)
        if not more and not self._header_digest:
            return
        rest = bytearray(more + (DIGEST_BYTES if self._header_digest else 0))
        fill(memoryview(rest))
        if self._header_digest and digest(header, rest[:more]) != rest[more:]:
            raise ProtocolError("a header digest is wrong")

    def _read_rest_of_data(self, data: memoryview, fill: Fill) -> None:
        padding = padding_bytes(len(data))
        if not padding and not self._data_digest:
            return
        rest = bytearray(padding + (DIGEST_BYTES if self._data_digest else 0))
        fill(memoryview(rest))
        if self._data_digest and digest(data, rest[:padding]) != rest[padding:]:
            raise ProtocolError("a data digest is wrong")  # error recovery level 0: RFC 7143 7.5

    def _destination(self, request: Request | None, length: int) -> memoryview:
        if self._session is None:
            return memoryview(bytearray(length))
        return self._session.destination(request, length)

    def _receive(self, request: Request | None, header: bytes, data: memoryview) -> None:
        if self._session is not None:
            self._session.receive(request, header, data)
            return
        assert isinstance(request, LoginRequest)
        answer, text = self._login.receive(request, bytes(data))
        self._emit(answer, text)
        if self._login.terms is not None:
            self._begin_session(self._login.terms)

    @property
    def _terms(self) -> Terms:
        assert self._login.terms is not None
        return self._login.terms

    def _begin_session(self, terms: Terms) -> None:
        self._header_digest, self._data_digest = terms.header_digest, terms.data_digest
        self._session = Session(terms, self._target, self._emit, self, self._address)
        self._target.admit(self)

    def _emit(self, answer: Answer, data: bytes | memoryview) -> None:
        header = answer.to_bytes(len(data))
        output = self._output
        output.append(header)
        if self._header_digest:
            output.append(digest(header))
        if not data:
            return
        output.append(data)
        padding = bytes(padding_bytes(len(data)))
        if padding:
            output.append(padding)
        if self._data_digest:
            output.append(digest(data, padding))
