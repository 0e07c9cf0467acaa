"""What every transport is: one method that sends a command and returns the answer."""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Protocol, runtime_checkable

from redbook.records import dataclass

COMMAND_SECTORS = (27, 13, 8)
"""Sectors in one command, the most first: as many as every known way can carry (less than 64 KiB); half of
that, for bridges with a limit of 32 KiB; and a last try, for bridges that carry even less."""

BULK_SECTORS = 216
"""Sectors in one command to a recorder that is only a program: it takes any number, and each command costs
some time, however much it carries."""


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
    residue  how many bytes of the transfer are missing
    """

    status: int
    data: bytes = b""
    sense: bytes = b""
    residue: int = 0


class Transport(Protocol):
    """Answers SCSI commands: a virtual recorder, a device of the kernel, a recording.

    A refusal (CHECK CONDITION) is a Reply. An exception means that no answer came: TransportTimeout
    after `timeout` seconds, DriveGone if the device is gone, StorageFailed if a virtual disc's host
    could not store the data.
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

        A real device does not need this. A virtual disc needs that much space on the host, and raises
        StorageFailed if there is too little, while nothing is lost yet.
        """
        ...

    def close(self) -> None: ...


@runtime_checkable
class Device(Protocol):
    """What a transport also says about the way there.

    most_bytes  the most that one command carries, None if that is not known; it becomes less if the system
                refuses to send so much
    real_time   whether writing happens in real time, so that data must not come late
    """

    @property
    def most_bytes(self) -> int | None: ...

    @property
    def real_time(self) -> bool: ...


class LogicalUnit(Protocol):
    """A recorder that several initiators talk to, each with a transport of its own.

    Source: SAM-4 4.5 (a unit attention condition is kept for each I_T nexus).
    """

    def new_initiator(self) -> Transport:
        """Make a transport for one more initiator, with its own unit attentions and tray lock.

        Closing it removes both, and leaves the recorder as it is.
        """
        ...

    def reset(self) -> None:
        """LOGICAL UNIT RESET: the buffer is lost, and every initiator gets a unit attention (6/29/00)."""
        ...
