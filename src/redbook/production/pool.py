"""The drives that a worker may use, and what is in them now.

Real recorders and racks of virtual ones look alike here. While a disc is in a drive, it is identified by
the number that the kernel (or the rack) has given it, together with the start of the machine. The number
changes once the tray has been open. If no number is known, an inserted disc gets a random one.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from redbook.closing import Closing
from redbook.errors import DriveNotFound, printable
from redbook.recorders.listing import real_recorders
from redbook.recorders.prefixes import RACK, VIRTUAL
from redbook.recorders.racks import RackWatch, rack_entry
from redbook.recorders.real_drives import DriveEntry
from redbook.recorders.watching import DriveAdded, DriveRemoved, DriveWatch, MediumInserted
from redbook.records import dataclass
from redbook.system.optical_drives import find
from redbook.system.system import System
from redbook.virtual.rack import Rack, is_rack

ALL = "all"


@dataclass(frozen=True, slots=True)
class Seen:
    """A drive, and the disc in it.

    ref  a name for this insertion of the disc, until the tray opens or the machine starts again
    """

    entry: DriveEntry
    ref: str


class Pool(Closing):
    """The requested drives.  Close it.

    names  "all" for every real recorder; else real ones ("/dev/sr0"), racks (their folders), and recorders
           of racks ("rack:FOLDER/d1")

    raises  DriveNotFound  for one that is not a drive
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._wanted: set[str] = set()
        self._all = False
        racks: dict[Path, None] = {}
        for name in names or [ALL]:
            if name == ALL:
                self._all = True
            elif name.startswith(RACK):
                path = Path(name.removeprefix(RACK)).absolute()  # whoever goes on may stand elsewhere
                racks[path.parent] = None
                self._wanted.add(f"{RACK}{Rack(path.parent).drive(path.name).folder}")
            elif is_rack(Path(name)):
                folder = Path(name).absolute()
                racks[folder] = None
                self._wanted |= {f"{RACK}{drive.folder}" for drive in Rack(folder).drives()}
            elif name.startswith(VIRTUAL):
                raise DriveNotFound(
                    f"{printable(name)} has no tray, so no disc can be changed in it: make a rack of virtual "
                    "recorders (redbook rack new my.rack), and name that"
                )
            else:
                self._wanted.add(name)
        self._watches: list[DriveWatch | RackWatch] = [RackWatch(Rack(folder)) for folder in racks]
        if self._all or any(not name.startswith(RACK) for name in self._wanted):
            self._watches.append(DriveWatch(real_recorders()))
        self._seen: dict[str, Seen] = {}
        for watch in self._watches:
            for entry in watch.entries:
                self._take_in(entry)
        missing = [name for name in self._wanted if name not in self._seen]
        if missing:
            self.close()
            raise DriveNotFound(
                f"no recorder called {printable(sorted(missing)[0])} is there (`redbook drives` lists them); "
                "a folder that is a rack of virtual ones may be named, too (redbook rack new)"
            )

    def poll(self) -> dict[str, Seen]:
        """Every drive by its name, as it is now; does not wait."""
        for watch in self._watches:
            for event in watch.poll():
                if isinstance(event, DriveRemoved):
                    self._seen.pop(event.drive.name, None)
                else:
                    fresh = isinstance(event, MediumInserted | DriveAdded)
                    self._take_in(event.drive, fresh=fresh, empty=not fresh)
        return dict(self._seen)

    def look(self, name: str) -> str:
        """The number of the disc that is in a drive now, which may be in use; from any thread."""
        seen = self._seen.get(name)
        return disc_in(name) or (seen.ref if seen is not None else "")

    def _take_in(self, entry: DriveEntry, *, fresh: bool = True, empty: bool = False) -> None:
        if not self._is_wanted(entry):
            return
        name = self._name_of(entry)
        before = self._seen.get(name)
        ref = before.ref if before is not None else ""
        if entry.disc_sequence is not None:
            ref = _ref(entry)
        elif fresh or not ref:
            ref = f"{entry.boot_id}/{secrets.token_hex(8)}"
        if empty:  # the entry is how the drive was while its disc was in
            entry = replace(entry, medium="", blank=False, appendable=False)
        self._seen[name] = Seen(entry, ref)

    def _is_wanted(self, entry: DriveEntry) -> bool:
        if self._name_of(entry) in self._wanted:
            return True
        return self._all and not entry.name.startswith(RACK) and not entry.reads_only

    def _name_of(self, entry: DriveEntry) -> str:
        """As it was named, if it was a link."""
        return entry.stable_id if entry.stable_id in self._wanted else entry.name

    def close(self) -> None:
        for watch in self._watches:
            watch.close()


def _ref(entry: DriveEntry) -> str:
    """A kernel counts the discs of all drives together, a rack those of each."""
    drive = f"{entry.name}#" if entry.name.startswith(RACK) else ""
    return f"{entry.boot_id}/{drive}{entry.disc_sequence}"


def disc_in(name: str) -> str:
    """The number of the disc that is in a drive now, which may be in use; empty if unknown."""
    if name.startswith(RACK):
        path = Path(name.removeprefix(RACK)).absolute()
        return _ref(rack_entry(Rack(path.parent).drive(path.name)))
    system = System.of_process()
    for drive in find(system):
        if name in (drive.node, drive.stable_id) and drive.disc_sequence is not None:
            return f"{system.boot_id()}/{drive.disc_sequence}"
    return ""
