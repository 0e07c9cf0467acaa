"""What can be made to go wrong in a virtual recorder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from redbook.errors import Sense, TransportError
from redbook.mmc import sense
from redbook.mmc.command import Command
from redbook.mmc.read import ReadCd
from redbook.mmc.write import Write10
from redbook.transport.base import Reply

VENDOR_ASC = 0x8A  # from 80h on codes are the maker's own
UPSIDE_DOWN = Sense(sense.NOT_READY, 0x06, 0x00)
"""No reference position found: what drives say of a disc that lies the wrong way round."""
NO_SUCH_MODE_PAGE = Sense(sense.ILLEGAL, VENDOR_ASC, 0x01)
INVALID_MODE_PARAMETERS = Sense(sense.ILLEGAL, VENDOR_ASC, 0x08)
NO_SUCH_FEATURE = Sense(sense.ILLEGAL, VENDOR_ASC, 0x0A)
FEATURE_IS_NOT_CURRENT = Sense(sense.ILLEGAL, VENDOR_ASC, 0x0B)
NO_GET_CONFIGURATION = Sense(sense.ILLEGAL, VENDOR_ASC, 0x0C)
NO_DISC_STRUCTURE = Sense(sense.ILLEGAL, VENDOR_ASC, 0x0E)
SPEED_MISMATCH = Sense(sense.ILLEGAL, VENDOR_ASC, 0x0F)
"""Conditions that no standard sense stands for by itself, as this maker's own codes. The recorder never
gives them unless a Fault says so; ASCQ is the low byte of IMAPI2's code."""


@dataclass(slots=True)
class Fault:
    """A refusal, a wrong answer, or none at all, at a chosen command.

    outcome   the sense to refuse with, the error that stands for no answer, or a whole reply, however odd
    command   the class of command it strikes, None for any
    nth       strikes the n-th command that matches, counted from 1
    lba       only a WRITE or READ CD that covers this sector matches
    times     how many matching commands in a row are struck; None for all from then on
    executed  whether the command takes effect all the same
    """

    outcome: Sense | TransportError | Reply
    command: type[Command[Any]] | None = None
    nth: int = 1
    lba: int | None = None
    times: int | None = 1
    executed: bool = False
    _seen: int = field(default=0, init=False, repr=False)

    def strikes(self, command: Command[Any] | None) -> bool:
        """Whether it strikes this command (None: one that the recorder does not know); counts it if so."""
        if self.command is not None and not isinstance(command, self.command):
            return False
        if self.lba is not None:
            if not isinstance(command, Write10 | ReadCd):
                return False
            if not command.lba <= self.lba < command.lba + command.sectors:
                return False
        self._seen += 1
        return self._seen >= self.nth and (self.times is None or self._seen < self.nth + self.times)
