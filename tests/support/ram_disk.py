"""A hard disk in memory, as a logical unit: what conformance suites for targets are written for.

Only as much of SBC as they need to get at the protocol; no part of redbook.
"""

from __future__ import annotations

from struct import pack, unpack_from

from redbook.transport.base import Reply, Status, Transport

BLOCK_BYTES, BLOCKS = 512, 4096
_READS = {0x28: (2, 7, 2), 0xA8: (2, 6, 4), 0x88: (2, 10, 4)}
_WRITES = {
    0x2A: (2, 7, 2),
    0xAA: (2, 6, 4),
    0x8A: (2, 10, 4),
    0x2E: (2, 7, 2),
    0xAE: (2, 6, 4),
    0x8E: (2, 10, 4),
}
_INVALID_OPCODE, _INVALID_FIELD, _OUT_OF_RANGE = (5, 0x20, 0), (5, 0x24, 0), (5, 0x21, 0)


class RamDisk:
    """One unit, any number of initiators, no state but its blocks."""

    def __init__(self) -> None:
        self.blocks = bytearray(BLOCK_BYTES * BLOCKS)
        self.resets = 0

    def new_initiator(self) -> Transport:
        return self

    def reset(self) -> None:
        self.resets += 1

    def announce(self, data_bytes: int) -> None:
        pass

    def close(self) -> None:
        pass

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        opcode = cdb[0]
        if opcode in (0x00, 0x35, 0x91):
            return Reply(Status.GOOD)
        if opcode in _READS or opcode in _WRITES:
            return self._transfer(cdb, data_out, data_in_length)
        if opcode == 0x12:
            return self._inquiry(cdb)
        if opcode == 0x25:
            return _data(pack(">II", BLOCKS - 1, BLOCK_BYTES), 8)
        if opcode == 0x9E and cdb[1] & 0x1F == 0x10:
            return _data(pack(">QI20x", BLOCKS - 1, BLOCK_BYTES), int.from_bytes(cdb[10:14], "big"))
        if opcode == 0x1A and cdb[2] & 0x3F == 0x3F:
            return _data(bytes((3, 0, 0, 0)), cdb[4])
        return _refused(_INVALID_OPCODE)

    def _transfer(self, cdb: bytes, data_out: bytes | memoryview, data_in_length: int) -> Reply:
        lba_at, count_at, size = (_READS | _WRITES)[cdb[0]]
        wide = cdb[0] in (0x88, 0x8A, 0x8E)
        (lba,) = unpack_from(">Q" if wide else ">I", cdb, lba_at)
        count = int.from_bytes(cdb[count_at : count_at + size], "big")
        if lba + count > BLOCKS:
            return _refused(_OUT_OF_RANGE)
        first, length = lba * BLOCK_BYTES, count * BLOCK_BYTES
        if cdb[0] in _READS:
            return Reply(Status.GOOD, bytes(self.blocks[first : first + length]))
        taken = min(length, len(data_out))
        self.blocks[first : first + taken] = data_out[:taken]
        return Reply(Status.GOOD, residue=len(data_out) - length)

    def _inquiry(self, cdb: bytes) -> Reply:
        length = int.from_bytes(cdb[3:5], "big")
        if not cdb[1] & 1:
            text = b"REDBOOK TEST DISK       0000"
            return _data(bytes((0, 0, 5, 2, 31, 0, 0, 2)) + text, length)
        pages = {
            0x00: b"\x00\x83",
            0x83: b"\x02\x01\x00\x0aREDBOOK  1",
        }
        page = pages.get(cdb[2])
        if page is None:
            return _refused(_INVALID_FIELD)
        return _data(pack(">BBH", 0, cdb[2], len(page)) + page, length)


def _data(data: bytes, length: int) -> Reply:
    return Reply(Status.GOOD, data[:length])


def _refused(reason: tuple[int, int, int]) -> Reply:
    key, asc, ascq = reason
    return Reply(
        Status.CHECK_CONDITION, sense=bytes((0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq, 0, 0, 0, 0))
    )
