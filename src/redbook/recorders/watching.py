"""Recorders that come and go, discs that are inserted and removed, as events.

What the kernel says in sysfs is compared with what it said before. This works without privileges and in
containers, and sends nothing to a drive. The kernel's own messages only end a wait early. A drive is looked
into only when the kernel has seen another disc, or every few seconds if the kernel does not poll for that;
and never while another program has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from redbook.clock import Clock
from redbook.closing import Closing
from redbook.engine.glance import LOADING, NO_DISC
from redbook.flag import Flag
from redbook.recorders.may_touch import hindrance
from redbook.recorders.real_drives import DriveEntry, Recorders, known
from redbook.records import dataclass
from redbook.system.optical_drives import OpticalDrive, find
from redbook.system.uevents import ClockWaiter, UeventWaiter, Waiter

POLL_SECONDS = 2.0
"""The interval at which udev has the kernel poll."""

POLLS_TO_SETTLE = 3
"""How long a new drive may be unusable before this is reported: udev sets a node's group a moment later."""


@dataclass(frozen=True, slots=True)
class DriveAdded:
    """A recorder was plugged in or switched on."""

    drive: DriveEntry


@dataclass(frozen=True, slots=True)
class DriveRemoved:
    """A recorder has left; `drive` is what was last known about it."""

    drive: DriveEntry


@dataclass(frozen=True, slots=True)
class MediumInserted:
    """There is a disc in a recorder, or a different one than before."""

    drive: DriveEntry


@dataclass(frozen=True, slots=True)
class MediumRemoved:
    """A disc has left its recorder; `drive` is the recorder as it was with the disc."""

    drive: DriveEntry


DriveEvent: TypeAlias = DriveAdded | DriveRemoved | MediumInserted | MediumRemoved


@dataclass(slots=True)
class _State:
    """A drive as it was last seen.

    medium  None until it is known; while it is unknown later, the last known one
    stale   whether it may have changed since
    """

    drive: OpticalDrive
    entry: DriveEntry
    medium: str | None = None
    stale: bool = False
    polls_left: int = 0


class DriveWatch(Closing):
    """Events of real recorders, until it is closed.  Iterate over it; close it, or use a `with`.

    entries   the recorders at the start; every later change is an event
    recorders the ones to watch
    discs     False for events of drives only; then nothing is ever sent to one
    clock     used to wait between two looks; by default the system's, with waits that end early at a message
              from the kernel
    """

    def __init__(
        self,
        recorders: Recorders,
        *,
        discs: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self._recorders = recorders
        self._discs = discs
        self._waiter: Waiter = ClockWaiter(clock) if clock is not None else UeventWaiter()
        self._closed = Flag()
        self._states: dict[str, _State] = {}
        for drive in find(recorders.system):
            self._states[drive.device] = self._new(drive)
        self.entries = [state.entry for state in self._states.values()]

    def __iter__(self) -> Iterator[DriveEvent]:
        try:
            while not self._closed.is_set():
                for event in self.poll():
                    yield event
                    if self._closed.is_set():
                        return
                self._waiter.wait(POLL_SECONDS)
        finally:
            self._closed.set()
            self._waiter.close()

    def close(self) -> None:
        """End the iteration. May be called from any thread, and more than once."""
        self._closed.set()
        self._waiter.close()

    def poll(self) -> list[DriveEvent]:
        """What has changed since the last time, without waiting."""
        events: list[DriveEvent] = []
        now = {drive.device: drive for drive in find(self._recorders.system)}
        for device in [device for device in self._states if device not in now]:
            events += self._gone(self._states.pop(device))
        for device, drive in now.items():
            state = self._states.get(device)
            if state is None:
                state = self._states[device] = self._new(drive, POLLS_TO_SETTLE)
            elif not state.polls_left:
                events += self._again(state, drive)
                continue
            events += self._settle(state, drive)
        return events

    def _new(self, drive: OpticalDrive, polls_left: int = 0) -> _State:
        if self._discs:
            entry = self._recorders.look(drive)
        else:
            system = self._recorders.system
            entry = replace(known(drive, system.boot_id()), problem=hindrance(system, drive))
        medium = _settled_medium(entry)
        return _State(drive, entry, medium, stale=medium is None, polls_left=polls_left)

    def _gone(self, state: _State) -> list[DriveEvent]:
        if state.polls_left:
            return []  # it was never reported
        removed: list[DriveEvent] = [MediumRemoved(state.entry)] if _holds(state.medium) else []
        return [*removed, DriveRemoved(state.entry)]

    def _settle(self, state: _State, drive: OpticalDrive) -> list[DriveEvent]:
        """Report a new drive once it can be used, or once waiting does not help any more."""
        state.polls_left -= 1
        if state.entry.problem:
            fresh = self._new(drive)
            state.drive, state.entry, state.medium, state.stale = (
                drive,
                fresh.entry,
                fresh.medium,
                fresh.stale,
            )
        if state.entry.problem and state.polls_left:
            return []
        state.polls_left = 0
        inserted: list[DriveEvent] = [MediumInserted(state.entry)] if _holds(state.medium) else []
        return [DriveAdded(state.entry), *inserted]

    def _again(self, state: _State, drive: OpticalDrive) -> list[DriveEvent]:
        if not self._discs:
            return []
        counted = drive.media_count is not None and state.drive.media_count is not None
        swapped = counted and drive.media_count != state.drive.media_count
        state.drive = drive
        state.stale = state.stale or swapped or (not counted and self._changed(state))
        if not state.stale:
            return []
        entry = self._recorders.look(drive)
        medium = _settled_medium(entry)
        if medium is None:
            return []  # another program has it, or it is loading; the next look will show
        before, state.medium, state.stale = state.medium, medium, False
        was, state.entry = state.entry, entry
        if before == medium and not (swapped and _holds(before)):
            return []
        events: list[DriveEvent] = [MediumRemoved(was)] if _holds(before) else []
        return [*events, MediumInserted(entry)] if _holds(medium) else events

    def _changed(self, state: _State) -> bool:
        """Whether a disc has come or gone in a drive that the kernel does not poll."""
        loaded = self._recorders.has_disc(state.drive)
        return loaded is not None and loaded != _holds(state.medium)


def _settled_medium(entry: DriveEntry) -> str | None:
    """The medium; None while it is unknown or still being loaded."""
    return None if entry.medium.startswith(LOADING) else entry.medium or None


def _holds(medium: str | None) -> bool:
    return medium is not None and medium != NO_DISC
