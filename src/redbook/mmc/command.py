"""What every command has in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Generic, Self, TypeVar

R = TypeVar("R", covariant=True)


class Command(Generic[R]):
    """One SCSI command; `R` is what its reply parses to.

    Subclasses are frozen dataclasses whose fields are the command's own.

    NAME            as the standard writes it
    timeout         seconds after which a missing answer means trouble; generous where the laser moves
    data_out        bytes that go to the drive with it
    data_in_length  the most bytes that may come back
    """

    __slots__ = ()

    OPCODE: ClassVar[int]
    NAME: ClassVar[str]
    timeout: ClassVar[float] = 30.0

    @property
    def data_out(self) -> bytes | memoryview:
        return b""

    @property
    def data_in_length(self) -> int:
        return 0

    @abstractmethod
    def to_cdb(self) -> bytes: ...

    @classmethod
    @abstractmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        """The command in these bytes.

        raises  ValueError  if a field has no meaning or the data do not fit the CDB
        """

    @abstractmethod
    def parse_reply(self, data: bytes) -> R:
        """Parse the drive's reply.

        raises  ValueError  if it is too short or inconsistent
        """


class NoReply(Command[None]):
    """A command whose only answer is its status."""

    __slots__ = ()

    def parse_reply(self, data: bytes) -> None:
        return None


class Sized(Command[R]):
    """A command that says how long its reply may be.

    allocation_length  bytes; the drive cuts the reply there, but never changes the length field in it
    """

    __slots__ = ()

    allocation_length: int

    @property
    def data_in_length(self) -> int:
        return self.allocation_length


def need(data: bytes, length: int, what: str) -> bytes:
    """`data`, if it has at least `length` bytes; else ValueError."""
    if len(data) < length:
        raise ValueError(f"{what}: {len(data)} bytes where at least {length} were expected")
    return data
