"""What every way to a recorder is measured against: a unit that does nothing."""

from __future__ import annotations

from redbook.transport.base import Reply, Status, Transport


class OnlyGood:
    """A logical unit that takes everything and does nothing with it."""

    def new_initiator(self) -> Transport:
        return self

    def reset(self) -> None:
        pass

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        return Reply(Status.GOOD)

    def announce(self, data_bytes: int) -> None:
        pass

    def close(self) -> None:
        pass
