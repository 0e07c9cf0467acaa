"""The target: its name, its units, who may log in, and the sessions it has."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

from redbook.share.iscsi import DEFAULT_NAME
from redbook.share.iscsi.chap import Credentials
from redbook.transport.base import LogicalUnit

PORTAL_GROUP = 1
MOST_UNITS = 256
_NAME = re.compile(r"(?:iqn\.\d{4}-\d{2}\.[a-z0-9.-]+(?::[^\s/]+)?|eui\.[0-9A-Fa-f]{16})")
_MOST_NAME_BYTES = 223


def is_name(text: str) -> bool:
    """Whether this can be the name of an iSCSI node.  Source: RFC 7143 4.2.7."""
    return bool(_NAME.fullmatch(text)) and len(text.encode()) <= _MOST_NAME_BYTES


class Member(Protocol):
    """A session, as the target and other sessions see it."""

    @property
    def key(self) -> tuple[str, bytes]:
        """The initiator's name and ISID; no two sessions of a target have the same."""
        ...

    def abort(self, luns: Sequence[int]) -> None:
        """Drop what waits for these units, because someone has reset them."""
        ...

    def end(self) -> None:
        """End the session; this may be called twice, and from other threads."""
        ...


class Target:
    """One target with one portal group.

    units        LUN 0, 1, ...
    credentials  None if anyone may log in
    raises       ValueError  for no units, too many units, or an invalid name
    """

    def __init__(
        self, units: Sequence[LogicalUnit], name: str = DEFAULT_NAME, credentials: Credentials | None = None
    ) -> None:
        if not 1 <= len(units) <= MOST_UNITS:
            raise ValueError(f"a target has 1 to {MOST_UNITS} units, not {len(units)}")
        if not is_name(name):
            raise ValueError(f"{name!r} is not a valid name for an iSCSI target")
        self.name = name
        self.units = tuple(units)
        self.credentials = credentials
        self._lock = threading.Lock()
        self._handles = itertools.cycle(range(1, 0x10000))
        self._members: dict[tuple[str, bytes], Member] = {}

    def new_handle(self) -> int:
        """A TSIH: a target's own number for a session, never 0."""
        with self._lock:
            return next(self._handles)

    def admit(self, member: Member) -> None:
        """Admit a session that has logged in, and end an older one of the same initiator and ISID.

        Source: RFC 7143 6.3.5 (session reinstatement).
        """
        with self._lock:
            former = self._members.get(member.key)
            self._members[member.key] = member
        if former is not None:
            former.end()

    def dismiss(self, member: Member) -> None:
        with self._lock:
            if self._members.get(member.key) is member:
                del self._members[member.key]

    def reset(self, luns: Sequence[int], asking: Member) -> None:
        """Reset these units; commands for them that wait in other sessions are dropped."""
        for other in self._others(asking):
            other.abort(luns)
        for lun in luns:
            self.units[lun].reset()

    def end_all(self, asking: Member | None = None) -> None:
        """End every session except the one that asks."""
        for other in self._others(asking):
            other.end()

    def _others(self, asking: Member | None) -> Iterator[Member]:
        with self._lock:
            members = list(self._members.values())
        return (member for member in members if member is not asking)
