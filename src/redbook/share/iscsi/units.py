"""The logical units as one session sees them: recorders, the list of them, and numbers without a unit."""

from __future__ import annotations

from collections.abc import Sequence

from redbook.drive import Drive
from redbook.errors import Sense
from redbook.mmc import sense
from redbook.share.iscsi.pdu import lun_bytes, lun_number
from redbook.transport.base import LogicalUnit, Reply, Status, Transport

INQUIRY, REQUEST_SENSE, REPORT_LUNS = 0x12, 0x03, 0xA0
NO_SUCH_UNIT = Sense(sense.ILLEGAL, 0x25, 0x00)
_NO_DEVICE = bytes((0x7F, 0, 5, 2, 31)) + bytes(31)
"""INQUIRY data if no unit is there, nor can be: 36 bytes.  Source: SPC-4 6.4.2 (peripheral qualifier 3)."""
_LEAST_REPORT_LUNS_BYTES = 16


def refusal(reason: Sense) -> Reply:
    return Reply(Status.CHECK_CONDITION, b"", sense.build(reason))


class AbsentUnit:
    """A Transport for a number without a unit.  Source: SAM-4 4.5.11 (answers for an incorrect number)."""

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        if cdb[0] == INQUIRY and not cdb[1] & 1:
            return Reply(Status.GOOD, _NO_DEVICE[: int.from_bytes(cdb[3:5], "big")])
        if cdb[0] == REQUEST_SENSE:
            return Reply(Status.GOOD, sense.build(NO_SUCH_UNIT)[: cdb[4]])
        return refusal(NO_SUCH_UNIT)

    def announce(self, data_bytes: int) -> None:
        pass

    def close(self) -> None:
        pass


class UnitOfTarget:
    """A Transport that answers REPORT LUNS for the whole target, and passes on everything else."""

    def __init__(self, transport: Transport, count: int) -> None:
        self._transport = transport
        self._count = count

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        if cdb[0] == REPORT_LUNS:
            return report_luns(cdb, self._count)
        return self._transport.execute(cdb, data_out, data_in_length, timeout)

    def announce(self, data_bytes: int) -> None:
        self._transport.announce(data_bytes)

    def close(self) -> None:
        self._transport.close()


def report_luns(cdb: bytes, count: int) -> Reply:
    """The numbers of all units, 0 to count - 1; there are no well-known ones.  Source: SPC-4 6.33."""
    wanted, length = cdb[2], int.from_bytes(cdb[6:10], "big")
    if wanted > 2 or length < _LEAST_REPORT_LUNS_BYTES:
        return refusal(Sense(sense.ILLEGAL, 0x24, 0x00))
    numbers = range(0 if wanted == 1 else count)
    found = b"".join(lun_bytes(number) for number in numbers)
    return Reply(Status.GOOD, (len(found).to_bytes(4, "big") + bytes(4) + found)[:length])


class Nexus:
    """One session's ways to all units, from its login to its end.

    Each one is wrapped in a Drive, which logs the exchange.
    """

    def __init__(self, units: Sequence[LogicalUnit]) -> None:
        self._drives = [Drive(UnitOfTarget(unit.new_initiator(), len(units))) for unit in units]
        self._absent = Drive(AbsentUnit())

    def has(self, lun: bytes) -> bool:
        number = lun_number(lun)
        return number is not None and number < len(self._drives)

    def drive(self, lun: bytes) -> Drive:
        number = lun_number(lun)
        if number is None or number >= len(self._drives):
            return self._absent
        return self._drives[number]

    def close(self) -> None:
        for drive in self._drives:
            drive.close()
