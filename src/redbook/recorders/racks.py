"""The virtual recorders of a rack: as lines of the list of recorders, and watched like real ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

from redbook.clock import Clock, SystemClock
from redbook.closing import Closing
from redbook.engine.glance import NO_DISC
from redbook.errors import DriveError
from redbook.mmc.disc_info import DiscStatus
from redbook.recorders.prefixes import RACK
from redbook.recorders.real_drives import DriveEntry
from redbook.recorders.watching import DriveAdded, DriveEvent, DriveRemoved, MediumInserted, MediumRemoved
from redbook.system.system import System
from redbook.virtual.medium import Medium, in_words
from redbook.virtual.rack import Rack, RackDrive

POLL_SECONDS = 0.5


def rack_entries(rack: Rack) -> list[DriveEntry]:
    """The recorders of a rack, as lines of the list. A recorder in use is not looked into."""
    return [rack_entry(drive) for drive in rack.drives()]


def rack_entry(drive: RackDrive) -> DriveEntry:
    """A recorder of a rack, as a line of the list."""
    entry = DriveEntry(
        name=f"{RACK}{drive.folder}",
        model="virtual recorder",
        medium="",
        blank=False,
        bus="virtual",
        serial=f"RACK-{drive.name}",
        stable_id=f"{RACK}{drive.folder}",
        writes_cd_r=True,
        writes_cd_rw=True,
        boot_id=System.of_process().boot_id(),
    )
    try:
        tray, path = drive.tray, drive.disc_path
        entry = replace(entry, disc_sequence=tray.sequence)
        if drive.in_use:
            return replace(entry, problem="in use by another program")
        if tray.is_open or path is None:
            return replace(entry, medium=NO_DISC)
        medium = Medium.look(path)
    except (DriveError, OSError) as error:
        return replace(entry, problem=str(error))
    try:
        status = medium.status
        return replace(
            entry,
            medium=in_words(medium),
            blank=status is DiscStatus.BLANK,
            appendable=status is DiscStatus.APPENDABLE,
        )
    except DriveError as error:
        return replace(entry, problem=str(error))
    finally:
        medium.close()


class RackWatch(Closing):
    """Events of a rack's recorders, until it is closed; for real recorders there is `DriveWatch`.

    entries  the recorders at the start
    clock    used to wait between two looks
    """

    def __init__(self, rack: Rack, *, clock: Clock | None = None) -> None:
        self._rack = rack
        self._clock = clock or SystemClock()
        self._closed = threading.Event()
        self.entries = rack_entries(rack)
        self._seen = {entry.name: entry for entry in self.entries}

    def __iter__(self) -> Iterator[DriveEvent]:
        while not self._closed.is_set():
            for event in self.poll():
                yield event
                if self._closed.is_set():
                    return
            self._clock.sleep(POLL_SECONDS)

    def close(self) -> None:
        """End the iteration. May be called from any thread."""
        self._closed.set()

    def poll(self) -> list[DriveEvent]:
        """What has changed since the last time, without waiting."""
        now = {entry.name: entry for entry in rack_entries(self._rack)}
        gone = [name for name in self._seen if name not in now]
        events: list[DriveEvent] = [DriveRemoved(self._seen.pop(name)) for name in gone]
        for name, entry in now.items():
            before = self._seen.get(name)
            if before is None:
                self._seen[name] = entry
                events.append(DriveAdded(entry))
                if _holds(entry):
                    events.append(MediumInserted(entry))
                continue
            if entry.problem:
                continue  # a program has it; the next look will show
            self._seen[name] = entry
            if (before.disc_sequence, before.medium) == (entry.disc_sequence, entry.medium):
                continue
            if _holds(before):
                events.append(MediumRemoved(before))
            if _holds(entry):
                events.append(MediumInserted(entry))
        return events


def _holds(entry: DriveEntry) -> bool:
    return bool(entry.medium) and entry.medium != NO_DISC
