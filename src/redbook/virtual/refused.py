"""How a command is refused inside the virtual recorder."""

from __future__ import annotations

from redbook.errors import Sense


class Refused(Exception):
    """The answer is CHECK CONDITION with this sense."""

    def __init__(self, key: int, asc: int, ascq: int, information: int | None = None) -> None:
        super().__init__(key, asc, ascq)
        self.sense = Sense(key, asc, ascq, information)

    @classmethod
    def because(cls, reason: Sense) -> Refused:
        refused = cls(reason.key, reason.asc, reason.ascq)
        refused.sense = reason
        return refused
