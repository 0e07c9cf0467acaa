"""What every transport is: one method that carries a command and brings the answer."""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Protocol, runtime_checkable

from redbook.records import dataclass

COMMAND_SECTORS = (27, 13, 8)
"""Sectors in one command, the most first: what every way known carries (less than 64 KiB); half of it, which
bridges with a limit of 32 KiB carry; and the last that is tried, for what carries even less."""

BULK_SECTORS = 216
"""Sectors in one command to a recorder that is only a program: it takes what it is given, and each command
costs some time, whatever it carries."""


@unique
class Status(IntEnum):
    """SCSI status.  Source: SAM-4 5.3.1."""

    GOOD = 0x00
    CHECK_CONDITION = 0x02
    BUSY = 0x08
    RESERVATION_CONFLICT = 0x18
    TASK_SET_FULL = 0x28


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back from a command.

    data     what the drive sent
    sense    sense data as they came; empty with GOOD
    residue  bytes of the transfer that did not take place
    """

    status: int
    data: bytes = b""
    sense: bytes = b""
    residue: int = 0


class Transport(Protocol):
    """Answers SCSI commands: a virtual recorder, a device of the kernel, a recording.

    A refusal (CHECK CONDITION) is a Reply. An exception means that no answer came: TransportTimeout
    after `timeout` seconds, DriveGone if the device has left, StorageFailed if a virtual disc's host
    could not store it.
    """

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply: ...

    def announce(self, data_bytes: int) -> None:
        """Say, before a burn, how many bytes the disc will hold in all, gaps included.

        A device has no use for that. A virtual disc needs that much room on the host. It raises
        StorageFailed if there is too little, while nothing is lost yet.
        """
        ...

    def close(self) -> None: ...


@runtime_checkable
class Device(Protocol):
    """What a transport also says about the way there.

    most_bytes  that one command carries, None if that is not known; becomes less if the system refuses to
                send so much
    real_time   writing takes its time, and data must not come late
    """

    @property
    def most_bytes(self) -> int | None: ...

    @property
    def real_time(self) -> bool: ...


class LogicalUnit(Protocol):
    """A recorder that several initiators talk to, each by a transport of its own.

    Source: SAM-4 4.5 (a unit attention condition is kept for each I_T nexus).
    """

    def new_initiator(self) -> Transport:
        """A transport to the recorder for one more initiator, with its own unit attentions and tray lock.

        Closing it takes both away and leaves the recorder as it is.
        """
        ...

    def reset(self) -> None:
        """LOGICAL UNIT RESET: what is in the buffer is lost, and every initiator is told (6/29/00)."""
        ...
