"""An initiator without a socket: PDUs go into a Connection of the target's, answers come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from redbook.share.iscsi import DEFAULT_NAME, answers, text
from redbook.share.iscsi.answers import Answer, LoginResponse
from redbook.share.iscsi.connection import Connection
from redbook.share.iscsi.crc32c import digest
from redbook.share.iscsi.login import FULL_FEATURE, OPERATIONAL
from redbook.share.iscsi.pdu import HEADER_BYTES, data_segment_bytes, padding_bytes
from redbook.share.iscsi.requests import LoginRequest, Request, ScsiCommand
from redbook.share.iscsi.target import Target
from redbook.transport.base import LogicalUnit, Reply, Status

A = TypeVar("A")

INITIATOR = "iqn.2026-11.example.redbook:test"
ISID = b"\x80\x00\x00\x00\x00\x01"
NAMES = {"InitiatorName": INITIATOR, "TargetName": DEFAULT_NAME}


class EndOfInput(Exception):
    """The connection wanted more bytes than there are."""


@dataclass
class FakeUnit:
    """A logical unit that remembers what it was asked, and answers as it was told.

    replies  by opcode: a Reply, or an exception to raise
    """

    replies: dict[int, Reply | Exception] = field(default_factory=dict)
    asked: list[tuple[bytes, bytes]] = field(default_factory=list)
    room: list[int] = field(default_factory=list)
    initiators: int = 0
    resets: int = 0

    def new_initiator(self) -> FakeUnit:
        self.initiators += 1
        return self

    def reset(self) -> None:
        self.resets += 1

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        self.asked.append((bytes(cdb), bytes(data_out)))
        self.room.append(data_in_length)
        reply = self.replies.get(cdb[0], Reply(Status.GOOD))
        if isinstance(reply, Exception):
            raise reply
        return reply

    def announce(self, data_bytes: int) -> None:
        pass

    def close(self) -> None:
        self.initiators -= 1


@dataclass
class Peer:
    """The initiator's side of one connection.

    run_at_once  run jobs as soon as there are any; else only in `run_job`
    """

    target: Target
    run_at_once: bool = True
    hung_up: int = 0
    digests: tuple[bool, bool] = (False, False)

    def __post_init__(self) -> None:
        self.connection = Connection(self.target, "127.0.0.1:3260", self._hang_up)
        self.cmd_sn = 1
        self.tag = 100

    def _hang_up(self) -> None:
        self.hung_up += 1

    def feed(self, raw: bytes) -> None:
        """raises  EndOfInput  if the bytes end within a PDU"""
        position = 0

        def fill(view: memoryview) -> None:
            nonlocal position
            piece = raw[position : position + len(view)]
            if len(piece) < len(view):
                raise EndOfInput
            view[:] = piece
            position += len(view)

        while position < len(raw):
            self.connection.receive_pdu(fill)
            if self.run_at_once:
                self.run_jobs()

    def run_jobs(self) -> None:
        while self.run_job():
            pass

    def run_job(self) -> bool:
        job = self.connection.next_job()
        if job is None:
            return False
        job.run()
        self.connection.finish(job)
        return True

    def send(self, request: Request, data: bytes = b"") -> list[tuple[Answer, bytes]]:
        """A PDU as it stands on the wire, and all that comes back."""
        header_digest, data_digest = self.digests
        header = request.to_bytes(len(data))
        padded = data + bytes(padding_bytes(len(data)))
        raw = header + (digest(header) if header_digest else b"") + padded
        if data and data_digest:
            raw += digest(padded)
        self.feed(raw)
        return self.received()

    def received(self) -> list[tuple[Answer, bytes]]:
        raw = b"".join(self.connection.take_output())
        header_digest, data_digest = self.digests
        found, position = [], 0
        while position < len(raw):
            header = raw[position : position + HEADER_BYTES]
            position += HEADER_BYTES
            if header_digest:
                assert raw[position : position + 4] == digest(header)
                position += 4
            length = data_segment_bytes(header)
            data = raw[position : position + length]
            padded = length + padding_bytes(length)
            if length and data_digest:
                assert raw[position + padded : position + padded + 4] == digest(
                    raw[position : position + padded]
                )
                padded += 4
            position += padded
            answer = answers.parse(header)
            assert answer is not None
            found.append((answer, data))
        assert position == len(raw)
        return found

    def log_in(self, keys: Mapping[str, str] = {}, isid: bytes = ISID) -> dict[str, str]:
        """In one step, without security; what the target said."""
        request = LoginRequest(
            1, isid, stage=OPERATIONAL, next_stage=FULL_FEATURE, transit=True, cmd_sn=self.cmd_sn
        )
        ((answer, data),) = self.send(request, text.build({**NAMES, **keys}.items()))
        assert isinstance(answer, LoginResponse)
        assert answer.status == 0, hex(answer.status)
        assert answer.transit
        self.digests = (
            "CRC32C" in keys.get("HeaderDigest", ""),
            "CRC32C" in keys.get("DataDigest", ""),
        )
        return text.parse(data)

    def command(
        self,
        cdb: bytes,
        data: bytes = b"",
        *,
        expected: int | None = None,
        read: bool = False,
        write: bool = False,
        final: bool = True,
        immediate: bool = False,
        lun: int = 0,
        attribute: int = 1,
    ) -> list[tuple[Answer, bytes]]:
        """A SCSI command with the next CmdSN and tag, and all that comes back."""
        self.tag += 1
        request = ScsiCommand(
            self.tag,
            cdb.ljust(16, b"\0"),
            self.cmd_sn,
            0,
            len(data) if expected is None else expected,
            bytes((0, lun)) + bytes(6),
            read,
            write,
            final,
            attribute,
            immediate,
        )
        if not immediate:
            self.cmd_sn += 1
        return self.send(request, data)


def logged_in(unit: LogicalUnit | None = None, *, run_at_once: bool = True, **keys: str) -> Peer:
    """A session with one unit."""
    peer = Peer(Target([FakeUnit() if unit is None else unit]), run_at_once)
    peer.log_in(keys)
    return peer


def only(kind: type[A], received: list[tuple[Answer, bytes]]) -> A:
    """The one answer, which is of this kind."""
    ((answer, _),) = received
    assert isinstance(answer, kind), answer
    return answer
