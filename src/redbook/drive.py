"""One command at a time: to the transport, back, and what the sense means."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from redbook.closing import Closing
from redbook.errors import IGNORE_RESIDUE, DriveBusy, InvalidReply, NotTaken, Sense, TransportError
from redbook.log import TRAFFIC
from redbook.mmc import sense
from redbook.mmc.command import Command
from redbook.mmc.control import RequestSense
from redbook.mmc.identify import InquiryReply
from redbook.mmc.read import ReadCd
from redbook.quirks import Quirks, quirks_of
from redbook.transport.base import Device, Reply, Status, Transport

if TYPE_CHECKING:
    from redbook.transport.recorded import Transcriber

R = TypeVar("R")

MOST_LOGGED_BYTES = 64  # of an answer that makes no sense

_log = logging.getLogger(__name__)


class Drive(Closing):
    """A recorder that is open.  Close it, or use it as a context manager.

    name    as the user called it
    quirks  what is known about the model, once it has answered INQUIRY
    """

    def __init__(self, transport: Transport, name: str = "") -> None:
        self.name = name
        self.quirks = Quirks()
        self.notified: set[str] = set()  # texts that its user has read already
        self._use(transport)
        self._to_tell: list[str] = []
        self._takes_at_most: int | None = None

    def _use(self, transport: Transport) -> None:
        self._transport = transport
        self._device = transport if isinstance(transport, Device) else None

    @property
    def most_bytes(self) -> int | None:
        """The most that one command can transfer; None if that is not known."""
        carried = self._device.most_bytes if self._device is not None else None
        if carried is None or self._takes_at_most is None:
            return carried if self._takes_at_most is None else self._takes_at_most
        return min(carried, self._takes_at_most)

    def carry_at_most(self, most_bytes: int) -> None:
        """Apply this limit from now on: the drive itself has refused more in one command."""
        self._takes_at_most = most_bytes

    @property
    def real_time(self) -> bool:
        """Whether it is a real device, where writing takes time."""
        return self._device is not None and self._device.real_time

    def run(self, command: Command[R]) -> R:
        """Send a command and read its reply.

        A recovered error is logged and counts as done.

        raises  SenseError      the drive refused; the class says why
                InvalidReply    what came back makes no sense
                TransportError  nothing came back
        """
        answer = self._exchange(command)
        data = answer.data
        try:
            reply = command.parse_reply(data)
        except ValueError as error:
            _log.info("%s was answered with %s", command.NAME, data[:MOST_LOGGED_BYTES].hex(" ") or "nothing")
            why = str(error).removeprefix(f"{command.NAME}: ")
            what = "take the disc out and put it in again; if that does not help, switch the drive off and on"
            if answer.residue and isinstance(command, ReadCd):
                what = _lost(answer.residue)
            raise InvalidReply(
                f"the drive's answer to {command.NAME} makes no sense: {why}; {what}"
            ) from error
        if isinstance(reply, InquiryReply):
            self.quirks = quirks_of(reply)
        return reply

    def take_warnings(self) -> list[str]:
        """What the drive has reported since the last call that a person should know; each warning once."""
        warnings, self._to_tell = self._to_tell, []
        return warnings

    def fetch(self, command: Command[Any]) -> bytes:
        """Send a command; returns the data of its reply, as they arrived.  raises  as `run`"""
        return self._exchange(command).data

    def _exchange(self, command: Command[Any]) -> Reply:
        data_out = command.data_out
        reply = self.send(
            command.to_cdb(), data_out, command.data_in_length, command.timeout, name=command.NAME
        )
        if reply.status != Status.GOOD:
            self._judge(command, reply.status, reply.sense)
        if data_out and reply.residue:
            raise TransportError(
                f"{command.NAME}: the drive took {len(data_out) - reply.residue} of {len(data_out)} bytes "
                f"and reported success; {_lost(reply.residue)}"
            )
        return reply

    def send(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
        *,
        name: str = "",
    ) -> Reply:
        """Send any bytes as a command; returns whatever came back.

        timeout  seconds
        raises   TransportError  nothing came back
        """
        reply = self._transport.execute(cdb, data_out, data_in_length, timeout)
        if _log.isEnabledFor(TRAFFIC):
            _log_exchange(name, cdb, len(data_out), reply)
        return reply

    def _judge(self, command: Command[Any], status: int, raw: bytes) -> None:
        """Raise for a refusal; return if it was only a recovered error."""
        if status in (Status.BUSY, Status.TASK_SET_FULL):
            raise NotTaken(f"{command.NAME}: the drive is busy; wait a moment and try again")
        if status == Status.RESERVATION_CONFLICT:
            raise DriveBusy(f"{command.NAME}: another program has reserved the drive; close that program")
        if status != Status.CHECK_CONDITION:
            raise TransportError(f"{command.NAME}: SCSI status {status:02X}h; wait a moment and try again")
        reason = self._reason(command, raw)
        known = sense.meaning(reason)
        if known.notable and known.text not in self.notified:
            self.notified.add(known.text)
            self._to_tell.append(f"the drive says: {known.text} ({reason})")
        if reason.key in (sense.NO_SENSE, sense.RECOVERED) and not reason.deferred:
            _log.warning("%s: %s (%s)", command.NAME, known.text, reason)
            return
        if reason.key in (sense.NO_SENSE, sense.RECOVERED):
            # Deferred: an earlier command went well after all, and this one was not executed.
            raise NotTaken(f"{command.NAME}: the drive reported on an earlier command instead ({reason})")
        if not sense.is_known(reason):
            _log.warning("%s: unknown sense %s: %s", command.NAME, reason, reason.raw.hex(" "))
        raise sense.to_error(command.NAME, reason, self.quirks.own_codes)

    def _reason(self, command: Command[Any], raw: bytes) -> Sense:
        """What the sense says.  Some USB bridges return none; then the drive is asked for it, once.

        raises  InvalidReply  if there is none that can be read
        """
        try:
            return sense.parse(raw)
        except ValueError as error:
            first = error
        if not any(raw):
            ask = RequestSense()
            reply = self.send(ask.to_cdb(), b"", ask.data_in_length, ask.timeout, name=ask.NAME)
            try:
                reason = sense.parse(reply.data)
            except ValueError:
                pass
            else:
                if (reason.key, reason.asc, reason.ascq) != (0, 0, 0):
                    return reason
        raise InvalidReply(f"{command.NAME} was refused without a readable reason: {first}") from first

    def transcribe(self, path: Path) -> Transcriber:
        """From now on record the whole exchange in a new file.

        raises  OSError  if it cannot be created; an existing file is not overwritten
        """
        from redbook.transport.recorded import Transcriber

        transcriber = Transcriber.begin(self._transport, path, self.name)
        self._use(transcriber)
        return transcriber

    def announce(self, data_bytes: int) -> None:
        """Say how much is going to be written.  raises  TransportError  if there is no room for it"""
        self._transport.announce(data_bytes)

    def close(self) -> None:
        self._transport.close()


def _lost(residue: int) -> str:
    """What to do about bytes that a bridge reports as not delivered."""
    return (
        f"the USB bridge loses data, {residue} bytes here: try another port, cable or enclosure. Some "
        f"bridges report this wrongly; if yours does, set {IGNORE_RESIDUE}=1, and have the disc verified"
    )


def _log_exchange(name: str, cdb: bytes, bytes_out: int, reply: Reply) -> None:
    answer = "good" if reply.status == Status.GOOD else f"status {reply.status:02X}h"
    if reply.sense:
        try:
            parsed = sense.parse(reply.sense)
            at = "" if parsed.field_offset is None else f", at byte {parsed.field_offset}"
            answer = f"{parsed} {sense.meaning(parsed).text}{at}"
        except ValueError:
            answer = reply.sense.hex(" ")
    _log.log(TRAFFIC, "%-28s %s  out %d, in %d: %s", name, cdb.hex(" "), bytes_out, len(reply.data), answer)
