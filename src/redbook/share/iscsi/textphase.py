"""Text requests of a session: where the target is, and a new limit for the data sent.

Source: RFC 7143 11.10, 11.11, 13.3, appendix C.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from redbook.share.iscsi import text
from redbook.share.iscsi.answers import RejectReason
from redbook.share.iscsi.login import Terms
from redbook.share.iscsi.pdu import NO_TAG
from redbook.share.iscsi.requests import TextRequest
from redbook.share.iscsi.target import PORTAL_GROUP

_TRANSFER_TAG = 1
"""The tag of an exchange that goes on; there is only one at a time."""


class NotAccepted(Exception):
    def __init__(self, reason: RejectReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


@dataclass
class TextPhase:
    """address: of this target's portal, as host:port"""

    terms: Terms
    target_name: str
    address: str
    _pending: bytearray = field(default_factory=bytearray)
    _task_tag: int = NO_TAG

    def answer(self, request: TextRequest, data: bytes | memoryview) -> tuple[bytes, int]:
        """The answer's text, and the tag with which the exchange goes on (NO_TAG: it is over).

        raises  NotAccepted
        """
        if request.transfer_tag == NO_TAG:
            self._pending.clear()
            self._task_tag = request.task_tag
        elif request.transfer_tag != _TRANSFER_TAG or request.task_tag != self._task_tag:
            raise NotAccepted(RejectReason.INVALID_FIELD)
        if request.continued and request.final:
            raise NotAccepted(RejectReason.PROTOCOL)
        self._pending += data
        if len(self._pending) > text.MOST_LOGIN_TEXT_BYTES:
            self._pending.clear()
            raise NotAccepted(RejectReason.OUT_OF_RESOURCES)
        if request.continued:
            return b"", _TRANSFER_TAG
        answer_data = self._say()
        return answer_data, NO_TAG if request.final else _TRANSFER_TAG

    def _say(self) -> bytes:
        try:
            keys = text.parse(bytes(self._pending))
            data = text.build(pair for name, value in keys.items() for pair in self._pairs(name, value))
        except text.TextError as error:
            raise NotAccepted(RejectReason.PROTOCOL) from error
        finally:
            self._pending.clear()
        if len(data) > self.terms.max_send_bytes:
            raise NotAccepted(RejectReason.OUT_OF_RESOURCES)
        return data

    def _pairs(self, name: str, value: str) -> list[tuple[str, str]]:
        if name == "SendTargets":
            return self._targets(value)
        if name == "MaxRecvDataSegmentLength":
            _, limit = text.answer(name, value)
            assert isinstance(limit, int)
            self.terms.max_send_bytes = limit
            return []
        return [(name, text.REJECT if name in text.KEYS else text.NOT_UNDERSTOOD)]

    def _targets(self, value: str) -> list[tuple[str, str]]:
        """The targets to name: all of them only in a discovery session, the session's own in any session."""
        if value == "All" and not self.terms.discovery:
            return [("SendTargets", text.REJECT)]
        if value == "" and self.terms.discovery:
            return [("SendTargets", text.REJECT)]
        if value not in ("All", "") and value.lower() != self.target_name.lower():
            return []
        return [("TargetName", self.target_name), ("TargetAddress", f"{self.address},{PORTAL_GROUP}")]
