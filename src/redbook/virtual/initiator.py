"""One host's access to the virtual recorder."""

from __future__ import annotations

from typing import Protocol

from redbook.errors import Sense
from redbook.transport.base import Reply
from redbook.virtual.mechanism import POWER_ON


class Servant(Protocol):
    """The recorder, as an initiator sees it."""

    def serve(
        self,
        initiator: Initiator,
        cdb: bytes,
        data_out: bytes | memoryview,
        data_in_length: int,
        timeout: float,
    ) -> Reply: ...

    def announce(self, data_bytes: int) -> None: ...

    def part_from(self, initiator: Initiator) -> None: ...


class Initiator:
    """A transport with its own unit attentions and tray lock.

    Source: SAM-4 5.14 (unit attention conditions are kept for each initiator), MMC-5 6.14 (so are locks).
    """

    def __init__(self, recorder: Servant) -> None:
        self.attentions: list[Sense] = [POWER_ON]
        self.prevents_removal = False
        self._recorder = recorder

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        return self._recorder.serve(self, cdb, data_out, data_in_length, timeout)

    def announce(self, data_bytes: int) -> None:
        self._recorder.announce(data_bytes)

    def close(self) -> None:
        self._recorder.part_from(self)
