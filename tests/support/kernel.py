"""A program's memory, and a unit that answers what a test says: for the ioctls of `redbook.share`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from redbook.errors import TransportError
from redbook.mmc.identify import CD_DEVICE, InquiryReply
from redbook.transport.base import Reply

BASE = 0x10000


class ProgramMemory:
    """64 kB from BASE on; `store` puts bytes somewhere and says where."""

    def __init__(self) -> None:
        self._bytes = bytearray(0x10000)
        self._free = 0

    def store(self, data: bytes | int) -> int:
        data = bytes(data)
        address = BASE + self._free
        self._bytes[self._free : self._free + len(data)] = data
        self._free += (len(data) + 23) // 8 * 8  # a gap behind each
        return address

    def read(self, address: int, length: int) -> bytes:
        assert address >= BASE and address + length <= BASE + len(self._bytes), "no memory of the program"
        return bytes(self._bytes[address - BASE : address - BASE + length])

    def read_into(self, parts: Iterable[tuple[int, memoryview]]) -> None:
        for address, view in parts:
            view[:] = self.read(address, len(view))

    def write(self, address: int, data: bytes | memoryview) -> None:
        if len(data):
            assert address >= BASE, "no memory of the program"
            self._bytes[address - BASE : address - BASE + len(data)] = data


@dataclass
class Unit:
    """A LogicalUnit and its Transport: gives the answers in turn, the last one again and again."""

    answers: list[Reply | TransportError]
    asked: list[tuple[bytes, bytes, int, float]] = field(default_factory=list)
    resets: int = 0

    def new_initiator(self) -> Unit:
        return self

    def execute(
        self, cdb: bytes, data_out: bytes | memoryview = b"", data_in_length: int = 0, timeout: float = 30.0
    ) -> Reply:
        self.asked.append((bytes(cdb), bytes(data_out), data_in_length, timeout))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, TransportError):
            raise answer
        return answer

    def announce(self, data_bytes: int) -> None:
        pass

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        pass


INQUIRY = Reply(0, InquiryReply(CD_DEVICE, True, "VENDOR", "PRODUCT", "1.0").to_bytes())
