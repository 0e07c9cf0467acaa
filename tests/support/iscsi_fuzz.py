"""Any bytes as the behaviour of an iSCSI initiator, and what must hold whatever it does."""

from __future__ import annotations

from redbook.errors import DriveGone, StorageFailed, TransportTimeout
from redbook.share.iscsi.answers import (
    Answer,
    DataIn,
    LoginResponse,
    NopIn,
    ReadyToTransfer,
)
from redbook.share.iscsi.crc32c import digest
from redbook.share.iscsi.pdu import NO_TAG, Opcode, ProtocolError, padding_bytes, sn_distance
from redbook.share.iscsi.requests import NopOut
from redbook.share.iscsi.session import MOST_HELD_BYTES, MOST_IMMEDIATE, WINDOW
from redbook.share.iscsi.target import Target
from redbook.share.iscsi.tasks import Job
from redbook.transport.base import Reply, Status
from tests.support.iscsi import EndOfInput, FakeUnit, Peer

_OPCODES = (
    Opcode.SCSI_COMMAND,
    Opcode.DATA_OUT,
    Opcode.TASK_MANAGEMENT_REQUEST,
    Opcode.NOP_OUT,
    Opcode.TEXT_REQUEST,
    Opcode.LOGIN_REQUEST,
    Opcode.LOGOUT_REQUEST,
    Opcode.SNACK,
)
_TEXTS = (
    b"SendTargets=All\0",
    b"InitiatorName=iqn.2026-11.example:a\0TargetName=iqn.2026-11.example.redbook:recorder\0",
    b"InitiatorName=iqn.2026-11.example:a\0SessionType=Discovery\0",
    b"AuthMethod=None\0",
    b"HeaderDigest=CRC32C\0DataDigest=CRC32C\0",
    b"MaxRecvDataSegmentLength=512\0MaxBurstLength=600\0",
    b"CHAP_A=5\0",
)
_SENSE = bytes((0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x24, 0, 0, 0, 0, 0))
_KEYS = (
    {},
    {"InitialR2T": "No", "MaxBurstLength": "700", "FirstBurstLength": "600"},
    {"HeaderDigest": "CRC32C", "DataDigest": "CRC32C", "MaxRecvDataSegmentLength": "512"},
    {"SessionType": "Discovery"},
    {"ImmediateData": "No"},
)


class Choices:
    """Bytes, taken one after the other; zeros when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._position

    def bytes(self, count: int) -> bytes:
        found = self._data[self._position : self._position + count]
        self._position += count
        return found.ljust(count, b"\0")

    def number(self, below: int) -> int:
        return int.from_bytes(self.bytes(2), "big") % below


def _unit() -> FakeUnit:
    return FakeUnit(
        {
            0x28: Reply(Status.GOOD, b"x" * 3000),
            0x12: Reply(Status.GOOD, b"y" * 36),
            0x43: Reply(Status.CHECK_CONDITION, b"z" * 700, _SENSE),
            0x5B: TransportTimeout("nothing came"),
            0x35: StorageFailed("the disk is full"),
            0xA1: DriveGone("unplugged"),
            0x2A: Reply(Status.GOOD, residue=3),
        }
    )


class Initiators:
    """Two sessions of one target, driven by bytes."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.units = [_unit(), _unit()]
        self.target = Target(self.units)
        self.peers = [Peer(self.target, run_at_once=False) for _ in range(2)]
        self.alive = [True, True]
        self.running: list[Job | None] = [None, None]
        self.stat_sn: list[int | None] = [None, None]
        self.transfer_tags = [NO_TAG]
        for number, peer in enumerate(self.peers):
            if choices.number(8):
                keys = _KEYS[choices.number(len(_KEYS))]
                peer.log_in(keys, b"\x80" + bytes((number,)) * 5)

    def step(self) -> None:
        which = self.choices.number(2)
        action = self.choices.number(12)
        if action == 0:
            self.target.reset([self.choices.number(2)], self.peers[which].connection)
        elif action == 1 and not self.choices.number(4):
            self._end(which)
        elif action in (2, 3):
            self._run(which)
        elif self.alive[which]:
            self._send(which, raw=action == 4)
        for number in range(2):
            self._look_at_output(number)
            self._look_at_memory(number)

    def _send(self, which: int, raw: bool) -> None:
        peer = self.peers[which]
        pdu = self.choices.bytes(self.choices.number(100)) if raw else self._pdu(peer)
        try:
            peer.feed(pdu)
        except (ProtocolError, EndOfInput):
            self._end(which)
        if peer.connection.closing:
            self._look_at_output(which)
            self._end(which)

    def _pdu(self, peer: Peer) -> bytes:
        """A whole PDU, most of whose fields are more likely than random ones."""
        choose = self.choices
        opcode = _OPCODES[choose.number(len(_OPCODES))]
        header = bytearray(bytes((opcode,)) + choose.bytes(47))
        header[0] |= 0x40 * (choose.number(3) == 0)
        if choose.number(16):
            header[4] = 0
        if choose.number(8):
            header[8:16] = bytes((0, choose.number(3))) + bytes(6)
        if choose.number(8):
            header[16:20] = choose.number(6).to_bytes(4, "big")
        if opcode in (Opcode.DATA_OUT, Opcode.TEXT_REQUEST, Opcode.TASK_MANAGEMENT_REQUEST) and choose.number(
            8
        ):
            tag = self.transfer_tags[choose.number(len(self.transfer_tags))]
            header[20:24] = (tag if opcode != Opcode.TASK_MANAGEMENT_REQUEST else choose.number(6)).to_bytes(
                4, "big"
            )
        if opcode == Opcode.DATA_OUT and choose.number(8):
            header[36:40] = choose.number(3).to_bytes(4, "big")
            header[40:44] = choose.number(1500).to_bytes(4, "big")
        elif opcode != Opcode.DATA_OUT and choose.number(8):
            header[24:28] = peer.cmd_sn.to_bytes(4, "big")
            peer.cmd_sn += not header[0] & 0x40
        if opcode == Opcode.SCSI_COMMAND and choose.number(8):
            header[20:24] = choose.number(1500).to_bytes(4, "big")
            header[32] = (0x28, 0x2A, 0x12, 0x43, 0x5B, 0x35, 0xA1, 0xA0, 0x03)[choose.number(9)]
        data = self._data(opcode)
        header[5:8] = len(data).to_bytes(3, "big")
        return self._framed(peer, bytes(header), data)

    def _data(self, opcode: int) -> bytes:
        choose = self.choices
        if opcode in (Opcode.TEXT_REQUEST, Opcode.LOGIN_REQUEST) and choose.number(4):
            return b"".join(_TEXTS[choose.number(len(_TEXTS))] for _ in range(choose.number(4)))
        return b"d" * choose.number(1500) if choose.number(2) else choose.bytes(choose.number(64))

    def _framed(self, peer: Peer, header: bytes, data: bytes) -> bytes:
        more = self.choices.bytes(header[4] * 4)
        padded = data + bytes(padding_bytes(len(data)))
        header_digest, data_digest = peer.digests
        raw = header + more + (digest(header, more) if header_digest else b"") + padded
        return raw + (digest(padded) if data_digest and data else b"")

    def _run(self, which: int) -> None:
        """Begin a job, or finish the one that was begun."""
        peer, job = self.peers[which], self.running[which]
        if job is None:
            self.running[which] = peer.connection.next_job()
            if self.running[which] is not None:
                self.running[which].run()
            return
        peer.connection.finish(job)
        self.running[which] = None

    def _end(self, which: int) -> None:
        self.alive[which] = False
        self.peers[which].connection.end()

    # What must hold

    def _look_at_output(self, which: int) -> None:
        for answer, data in self.peers[which].received():
            self._check_status_number(which, answer)
            if isinstance(answer, ReadyToTransfer):
                self.transfer_tags.append(answer.transfer_tag)
                assert answer.wanted_bytes
            if isinstance(answer, DataIn):
                assert data
            if isinstance(answer, LoginResponse) and answer.transit and answer.next_stage == 3:
                # What keys this login had is not known here: ask the connection.
                connection = self.peers[which].connection
                self.peers[which].digests = connection._header_digest, connection._data_digest

    def _check_status_number(self, which: int, answer: Answer) -> None:
        counts = not isinstance(answer, ReadyToTransfer) and (
            not isinstance(answer, DataIn) or answer.with_status
        )
        last = self.stat_sn[which]
        if last is not None and counts:
            assert sn_distance(answer.numbers.stat_sn, last) == 1, answer
        if counts:
            self.stat_sn[which] = answer.numbers.stat_sn
        window = sn_distance(answer.numbers.max_cmd_sn, answer.numbers.exp_cmd_sn)
        assert -1 <= window < WINDOW

    def _look_at_memory(self, which: int) -> None:
        session = self.peers[which].connection._session
        if session is None:
            return
        tasks = session._tasks
        held = sum(len(task.incoming.data) for task in tasks._tasks.values() if task.incoming)
        assert held <= tasks.held_bytes <= MOST_HELD_BYTES
        assert tasks.numbered <= WINDOW
        assert tasks.immediate <= MOST_IMMEDIATE
        assert tasks.management <= MOST_IMMEDIATE
        assert len(session._early) < WINDOW

    def finish(self) -> None:
        """Whoever is left is still served; nothing stays behind."""
        for which, peer in enumerate(self.peers):
            if self.running[which] is not None:
                self._run(which)
            if self.alive[which] and peer.connection.logged_in and not peer.connection.closing:
                peer.run_jobs()
                peer.received()
                received = peer.send(NopOut(0xABCD, peer.cmd_sn, immediate=True))
                assert [a.task_tag for a, _ in received if isinstance(a, NopIn)] == [0xABCD]
            peer.connection.end()
            self._run(which)
        assert [unit.initiators for unit in self.units] == [0, 0]
        assert not self.target._members


def behave(data: bytes) -> None:
    """raises  AssertionError  if something does not hold; anything else is a fault, too"""
    initiators = Initiators(Choices(data))
    while initiators.choices.left > 0:
        initiators.step()
    initiators.finish()
