"""Answers that are not to be believed: what a drive says is replaced on its way."""

from __future__ import annotations

import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Any

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.errors import Sense
from redbook.mmc import sense
from redbook.mmc.write import Write10
from redbook.transport.base import Reply, Status
from redbook.virtual.recorder import VirtualRecorder

READ_TOC = 0x43

MOST_COMMANDS = 700
"""Between two signs of life: a look at a disc of 99 tracks asks some hundred things."""
MOST_COMMANDS_IN_ALL = 40_000


@unique
class Kind(IntEnum):
    """What becomes of an answer."""

    NOISE = 0
    ZEROS = 1
    ONES = 2
    NOTHING = 3
    CUT = 4
    LONGER = 5
    SWAPPED = 6
    FLIPPED = 7
    FIELD = 8
    ANOTHER = 9  # a reply to another command
    REFUSED = 10  # with any sense
    STATUS = 11
    SWALLOWED = 12  # the command is not done, and called good


@dataclass(frozen=True)
class Lie:
    """One answer, or all of a kind.

    opcode   whose; of READ TOC with its format in the upper byte
    nth      from which one on, 0 for the first
    lasting  all that follow, too
    seed     of what is drawn at random
    """

    opcode: int
    kind: Kind
    nth: int = 0
    lasting: bool = True
    seed: int = 0

    def concerns(self, count: int) -> bool:
        """count  of answers of this kind before"""
        return count == self.nth or (self.lasting and count > self.nth)

    def told(self, data: bytes, other: bytes, length: int) -> Reply:
        rng = random.Random(self.seed)
        match self.kind:
            case Kind.NOISE:
                data = rng.randbytes(rng.choice((len(data), len(data), rng.randrange(length + 1))))
            case Kind.ZEROS:
                data = bytes(max(len(data), min(length, 64)))
            case Kind.ONES:
                data = b"\xff" * max(len(data), min(length, 64))
            case Kind.NOTHING:
                data = b""
            case Kind.CUT:
                data = data[: rng.randrange(len(data) + 1)]
            case Kind.LONGER:
                data += rng.randbytes(rng.choice((1, 4, 100)))
            case Kind.SWAPPED:
                data = _swapped(data, rng.choice((2, 4)))
            case Kind.FLIPPED if data:
                at = rng.randrange(min(len(data), 64))
                data = data[:at] + bytes((data[at] ^ rng.randrange(1, 256),)) + data[at + 1 :]
            case Kind.FIELD if data:
                width = rng.choice((1, 2, 4))
                at = rng.randrange(min(len(data), 64)) // width * width
                values = (
                    0,
                    1,
                    2,
                    99,
                    100,
                    150,
                    1 << (8 * width - 1),
                    (1 << (8 * width)) - 1,
                    rng.getrandbits(32),
                )
                value = rng.choice(values) & ((1 << (8 * width)) - 1)
                data = data[:at] + value.to_bytes(width, "big") + data[at + width :]
            case Kind.ANOTHER:
                data = other
            case Kind.REFUSED:
                if rng.random() < 0.3:
                    return Reply(Status.CHECK_CONDITION, b"", rng.randbytes(rng.randrange(33)))
                known = rng.choice(sorted(sense._EXACT))
                at = rng.choice((None, 0, -1, -(2**31), rng.getrandbits(31)))
                return Reply(Status.CHECK_CONDITION, b"", sense.build(Sense(*known, information=at)))
            case Kind.STATUS:
                return Reply(rng.choice((Status.BUSY, Status.TASK_SET_FULL, 0x18, 0x22, 0x40)))
        return Reply(Status.GOOD, data[:length])


def _swapped(data: bytes, width: int) -> bytes:
    """Each number of so many bytes the other way round; what is left over, too."""
    whole = len(data) // width * width
    numbers = array("H" if width == 2 else "I", data[:whole])
    numbers.byteswap()
    return numbers.tobytes() + data[whole:][::-1]


OPCODES = (
    *(0x00, 0x03, 0x12, 0x1B, 0x1E, 0x2A, 0x35, 0x42, 0x46, 0x4A, 0x51, 0x52, 0x54, 0x55, 0x5A, 0x5B, 0x5C),
    *(0xA1, 0xAC, 0xBB, 0xBE, READ_TOC, READ_TOC | 0x400, READ_TOC | 0x500),
)


class Endless(BaseException):
    """The job asks for ever, or waits without a word.  No part of it may catch this."""


class Liar:
    """A transport to a virtual recorder that is not to be believed."""

    def __init__(
        self, inner: VirtualRecorder, lies: Sequence[Lie], clock: ManualClock, most_seconds: float
    ) -> None:
        self.most_seconds = most_seconds
        self.inner = inner
        self.lies = lies
        self.clock = clock
        self.written = False
        self.log: list[str] = []
        self._seen: dict[int, int] = {}
        self._other = b""
        self._in_all = 0
        self._last: list[bytes] = []
        self._at = 0.0
        self.life()

    def life(self) -> None:
        """A sign of it: something was told, or audio went by."""
        self._commands, self._since = 0, self.clock.now()

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        asked_again = cdb in self._last and self.clock.now() > self._at
        self._last, self._at = [*self._last[-1:], cdb], self.clock.now()
        self._commands += not asked_again  # for that, time alone counts
        self._in_all += 1
        if self._commands > MOST_COMMANDS or self._in_all > MOST_COMMANDS_IN_ALL:
            raise Endless(f"{self._commands} commands without a word, {self._in_all} in all: {self.log[-8:]}")
        if self.clock.now() - self._since > self.most_seconds:
            raise Endless(f"{self.clock.now() - self._since:.0f} s without a word: {self.log[-8:]}")
        key = cdb[0] | (cdb[2] & 0xF) << 8 if cdb[0] == READ_TOC else cdb[0]
        count = self._seen.get(key, 0)
        self._seen[key] = count + 1
        lie = next((one for one in self.lies if one.opcode == key and one.concerns(count)), None)
        if lie is not None and lie.kind is Kind.SWALLOWED:
            reply = Reply(Status.GOOD, bytes(length))
        else:
            reply = self.inner.execute(cdb, data_out, length, timeout)
            if lie is not None:
                # What is refused is not done, but for a status that comes too late.
                reply = lie.told(reply.data, self._other, length)
            elif reply.data:
                self._other = reply.data
        if cdb[0] == Write10.OPCODE:
            self.written = True
        if reply.status == Status.GOOD and (cdb[0] == Write10.OPCODE or length >= SECTOR_BYTES):
            self.life()
        self.log.append(f"{cdb.hex()} {reply.status:02x} {reply.data[:36].hex()} {reply.sense.hex()}")
        return reply

    def announce(self, data_bytes: int) -> None:
        self.inner.announce(data_bytes)

    def close(self) -> None:
        pass
