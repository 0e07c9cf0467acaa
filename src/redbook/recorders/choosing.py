"""Which recorder is meant when none is named: the one whose disc is suitable.

A machine's own recorder comes first, even while its disc is not suitable: then another disc is waited for, or
the error says what is wrong with this one. The virtual recorder is meant only if there is no other one:
otherwise users who have a recorder would believe that they had burned a disc, and find it in a folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from pathlib import Path

from redbook.clock import ManualClock, SystemClock
from redbook.engine.events import REPORT_EVERY_SECONDS, Waiting
from redbook.engine.glance import LOADING, NO_DISC
from redbook.engine.waiting import READY_SECONDS
from redbook.errors import Cancelled, DriveError, DriveNotFound, MediumUnsuitable
from redbook.mmc.disc_info import DiscStatus
from redbook.recorders.listing import real_recorders
from redbook.recorders.names import DEFAULT_DISC
from redbook.recorders.prefixes import VIRTUAL
from redbook.recorders.real_drives import DriveEntry
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import UNCHANGED
from redbook.virtual.medium import Medium

MOST_DEFAULT_DISCS = 1000
LOOK_SECONDS = 2.0  # between two looks; udev has the kernel poll as often
NAP_SECONDS = 0.1
NO_DISC_SECONDS = 10.0  # how long to wait for a disc if it is not known that somebody can insert one


@dataclass(frozen=True, slots=True)
class _Need:
    """fits   whether a recorder's disc will do
    disc      what is wanted, for messages, after "insert"
    has       the same, after "2 recorders have"
    new       whether a virtual disc that does not exist yet will do
    reads     whether a drive that cannot write will do
    """

    fits: Callable[[DriveEntry], bool]
    disc: str
    has: str
    new: bool = False
    reads: bool = False


class Task(Enum):
    """What a recorder is wanted for. The value of each is what that task needs."""

    BURN = _Need(lambda one: one.blank, "a blank CD-R or CD-RW", "a blank disc", new=True)
    APPEND = _Need(
        lambda one: one.appendable,
        "a disc that was left open",
        "a disc that tracks can be added to",
        new=True,
    )
    LOOK = _Need(lambda one: one.has_cd, "a CD", "a CD", reads=True)
    VERIFY = _Need(
        lambda one: one.has_cd and not one.blank,
        "the disc to be verified",
        "a disc with something on it",
        reads=True,
    )
    READ = _Need(
        lambda one: one.has_cd and not one.blank,
        "the disc to be read",
        "a disc with something on it",
        reads=True,
    )
    CLOSE = _Need(lambda one: one.appendable, "the disc to be closed", "an open disc")
    BLANK = _Need(lambda one: one.medium.startswith("CD-RW"), "the CD-RW to be blanked", "a CD-RW")


def choose_drive(
    task: Task, caller: Caller | None = None, *, patient: bool = False, only: str | None = None
) -> str:
    """The name of the one real recorder whose disc fits; of the virtual one if there is no real recorder.

    A recorder that is still looking at its disc is waited for, but at most 2 minutes; an empty one 10 s.

    caller   is notified of the wait, and may cancel it
    patient  someone can insert another disc: any recorder is waited for, until a cancel
    only     this real recorder and no other: its name, or a link to its node

    raises  DriveError        if several recorders have such a disc
            MediumUnsuitable  if none has; the text says what they have instead
            DriveNotFound     if there is none, and no virtual disc either
            Cancelled
    """
    caller = caller or Caller()
    return caller.work(lambda emit: _Choice(task, caller, emit, patient, only).name())


def new_virtual_name() -> str:
    """The virtual recorder on ./redbook.disc, or on the next free name if that disc is not blank.

    raises  DriveError  if a thousand virtual discs are full
    """
    for path in _default_paths():
        if not path.exists() or _is_blank(path):
            return f"{VIRTUAL}{path}"
    raise DriveError(f"{MOST_DEFAULT_DISCS} discs are here already; name one with --drive {VIRTUAL}PATH")


def last_virtual_name() -> str | None:
    """The virtual recorder on the last disc that burns without a name made here; None if there is none."""
    last: Path | None = None
    for path in _default_paths():
        if not path.exists():
            break
        if last is None or not _is_blank(path):
            last = path
    return None if last is None else f"{VIRTUAL}{last}"


def further_virtual_names(name: str, count: int) -> list[str]:
    """The names of `count` more blank discs, for what does not fit on the named one: my-2.disc after my.disc.

    name  as `open_drive` takes it; without a path each disc is a new one in memory

    raises  DriveError  if a thousand virtual discs are full
    """
    path = Path(name.removeprefix(VIRTUAL))
    if path == Path():
        return [name] * count
    numbered = re.fullmatch(r"(.+)-(\d+)", path.stem)
    stem, number = (numbered[1], int(numbered[2])) if numbered else (path.stem, 1)
    found: list[str] = []
    for further in range(number + 1, number + 1 + MOST_DEFAULT_DISCS):
        if len(found) == count:
            return found
        candidate = path.with_name(f"{stem}-{further}{path.suffix}")
        if not os.path.lexists(candidate) or _is_blank(candidate):
            found.append(f"{VIRTUAL}{candidate}")
    raise DriveError(f"{MOST_DEFAULT_DISCS} discs already exist beside {path}")


class _Choice:
    """One search, in the thread that may wait."""

    def __init__(self, task: Task, caller: Caller, emit: Listener, patient: bool, only: str | None) -> None:
        self._need = task.value
        self._only = only
        self._cancel = caller.cancel
        self._emit = emit
        self._patient = patient
        self._clock = caller.clock or SystemClock()
        self._real = real_recorders(replace(caller, on_event=emit, clock=ManualClock()))

    def name(self) -> str:
        began = reported_at = self._clock.now()
        while True:
            entries = [one for one in self._real.entries() if self._only is None or _is(one, self._only)]
            if self._only is not None and not entries:
                return self._only  # opening it will show what is wrong with the name
            fitting = [one for one in entries if self._may_serve(one) and self._need.fits(one)]
            if fitting:
                return self._the_only_one(fitting)
            recorders = [one for one in entries if not one.reads_only]
            if not recorders:
                return self._virtual()
            waited, limit = self._clock.now() - began, self._limit(recorders)
            if limit is not None and waited >= limit:
                raise MediumUnsuitable(self._in_vain(recorders))
            if self._clock.now() - reported_at >= REPORT_EVERY_SECONDS:
                reported_at = self._clock.now()
                self._emit(Waiting(self._what(recorders), waited, limit))
            self._nap()

    def _may_serve(self, entry: DriveEntry) -> bool:
        return entry.usable or (self._need.reads and entry.reads_only)

    def _limit(self, recorders: list[DriveEntry]) -> float | None:
        """For how many seconds it makes sense to wait; None for no limit."""
        usable = [one for one in recorders if one.usable]
        if usable and self._patient:
            return None
        if any(one.medium.startswith(LOADING) for one in usable):
            return READY_SECONDS
        return NO_DISC_SECONDS if any(one.medium == NO_DISC for one in usable) else 0.0

    def _nap(self) -> None:
        """Wait until the next look.  raises  Cancelled"""
        end = self._clock.now() + LOOK_SECONDS
        while self._clock.now() < end:
            if self._cancel.wanted:
                raise Cancelled(f"cancelled; {UNCHANGED}", UNCHANGED)
            self._clock.sleep(NAP_SECONDS)

    def _what(self, recorders: list[DriveEntry]) -> str:
        where = ", ".join(f"{one.name} ({one.problem or one.medium})" for one in recorders)
        return f"{self._need.disc} in {where}"

    def _the_only_one(self, fitting: list[DriveEntry]) -> str:
        """The name of the only one that fits.  raises  DriveError  if there are more"""
        if len(fitting) > 1:
            listed = "\n".join(f"  --drive {one.name}   {one.model}, {one.medium}" for one in fitting)
            raise DriveError(f"{len(fitting)} recorders have {self._need.has}; name one:\n{listed}")
        return fitting[0].name

    def _virtual(self) -> str:
        """The virtual recorder's name.  raises  DriveNotFound  if no virtual disc here could be meant"""
        name = new_virtual_name() if self._need.new else last_virtual_name()
        if name is None:
            raise DriveNotFound(
                f"there is no recorder, and no {DEFAULT_DISC} here; name one with --drive, such as "
                f"{VIRTUAL}my.disc"
            )
        return name

    def _in_vain(self, recorders: list[DriveEntry]) -> str:
        there = "\n".join(f"  {one.name}   {one.model}: {one.problem or one.medium}" for one in recorders)
        virtual = new_virtual_name() if self._need.new else last_virtual_name()
        instead = f", or name a virtual recorder: --drive {virtual}" if virtual else ""
        open_disc = self._need is Task.BURN.value and any(one.appendable for one in recorders)
        add = ", or add to the disc that is already in it (--append)" if open_disc else ""
        return f"no recorder has {self._need.has}:\n{there}\ninsert {self._need.disc}{add}{instead}"


def _is(entry: DriveEntry, name: str) -> bool:
    """Whether a name means this recorder."""
    nodes = {entry.name, entry.node, entry.sg_node, entry.stable_id} - {""}
    return name in nodes or os.path.realpath(name) in nodes


def _default_paths() -> Iterator[Path]:
    yield DEFAULT_DISC
    for number in range(2, MOST_DEFAULT_DISCS + 1):
        yield DEFAULT_DISC.with_stem(f"{DEFAULT_DISC.stem}-{number}")


def _is_blank(path: Path) -> bool:
    """Whether this disc could be burned now."""
    try:
        medium = Medium.look(path)
    except DriveError:
        return False
    try:
        return medium.status is DiscStatus.BLANK and not medium.write_protected and not medium.in_use
    except DriveError:
        return False
    finally:
        medium.close()
