"""Where one machine keeps the records of its copies: the ledger, the masters, and who is at work.

In $XDG_DATA_HOME/redbook/copies, else ~/.local/share; REDBOOK_COPIES names another folder.

    copies.ledger     the records of all orders
    masters/NAME/     masters of orders that are not done, by their names
    worker.lock       held by the process that makes copies
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from redbook import host
from redbook.disc import SECTOR_BYTES
from redbook.errors import NoRoom, PlanError, SheetError, printable
from redbook.files import replace_file
from redbook.production.ledger import Ledger, open_ledger
from redbook.production.master import MasterReport, check_master, make_master, unpack
from redbook.production.states import OrderState
from redbook.records import dataclass
from redbook.runner.cancel import Cancel
from redbook.sheets.master_file import (
    BLOBS,
    MASTER_FILE,
    MasterFile,
    blob_path,
    is_master,
    read_master_file,
)

VARIABLE = "REDBOOK_COPIES"
_NEW = ".new-"
ROOM_BYTES = 4_000_000_000
"""Kept free before a master is made or fetched: for decoded audio, the master, and everyone else."""

FETCHING = ".fetching"
"""How the name of a master's folder ends, after a dot, that another machine's audio comes into."""

LINK_FILE = "folder.txt"
"""In place of a master that is elsewhere: the path of its folder."""


@dataclass(frozen=True, slots=True)
class Home:
    """A folder with a ledger and masters.

    folder  is made when something is first kept in it
    """

    folder: Path

    @classmethod
    def of_user(cls) -> Home:
        """The user's folder for copies: $REDBOOK_COPIES, else redbook/copies in the user's data folder.

        raises  NoRoom  if the user has no home folder
        """
        named = os.environ.get(VARIABLE)
        if named:
            return cls(Path(named))
        data = os.environ.get("XDG_DATA_HOME", "")
        try:
            base = Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share"
        except RuntimeError as error:
            raise NoRoom(f"this user has no home folder for the records of copies; set {VARIABLE}") from error
        return cls(base / "redbook" / "copies")

    @property
    def lock(self) -> Path:
        return self.folder / "worker.lock"

    @property
    def ledger_path(self) -> Path:
        return self.folder / "copies.ledger"

    def ledger(self, *, create: bool = True) -> Ledger:
        """Open the ledger in this folder.

        create  whether folder and ledger are made if they are missing

        raises  LedgerError, NoRoom
        """
        if create:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                where = printable(self.folder)
                raise NoRoom(
                    f"the records of copies cannot be stored in {where}: {error.strerror}"
                ) from error
        return open_ledger(self.ledger_path, create=create)

    def master(self, name: str) -> Path | None:
        """The folder of a complete master that is here; None if there is none.

        A master may be in a folder of someone else, who may have made another disc there since. That one
        does not count: it is not what was ordered.
        """
        elsewhere, folder = self.elsewhere(name), self.folder / "masters" / name
        with suppress(SheetError):
            if elsewhere is not None and read_master_file(elsewhere).name == name:
                return elsewhere
        return folder if is_master(folder) else None

    def elsewhere(self, name: str) -> Path | None:
        """The folder, outside of this home, where a master was made; None for one that is kept here."""
        try:
            return Path(os.fsdecode((self.folder / "masters" / name / LINK_FILE).read_bytes()))
        except OSError:
            return None

    def master_names(self) -> list[str]:
        """The names of all masters that are here or were."""
        try:
            return [
                entry.name for entry in (self.folder / "masters").iterdir() if not entry.name.startswith(".")
            ]
        except OSError:  # nothing was kept yet
            return []

    def keep_master(self, sources: object, cancel: Cancel | None = None, **wishes: object) -> MasterReport:
        """Make a master of sources and keep it. A source that is a master is checked, and remains where it
        is.

        wishes  as `make_master` takes them

        raises  what `make_master` raises
        """
        masters = self.folder / "masters"
        _remove_left(masters)
        if isinstance(sources, str | os.PathLike) and is_master(Path(sources)):
            folder = Path(sources).absolute()
            file = read_master_file(folder, str(sources))
            unpack(folder, cancel=cancel)
            check_master(folder, cancel=cancel)
            target = masters / file.name
            try:
                target.mkdir(parents=True, exist_ok=True)
                replace_file(target / LINK_FILE, os.fsencode(folder))
            except OSError as error:
                raise NoRoom(f"{printable(target)} cannot be written: {error.strerror}") from error
            return MasterReport(folder, file.name, file, sum(file.lengths()) * SECTOR_BYTES)
        new = masters / f"{_NEW}{os.getpid()}"
        try:
            report = make_master(sources, new, cancel=cancel, **wishes)  # type: ignore[arg-type]
            target = masters / report.name
            _take_in(new, target)
            return replace(report, folder=target)
        except OSError as error:
            raise NoRoom(f"{printable(masters)} cannot be written: {error.strerror}") from error
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def tidy(self, ledger: Ledger) -> None:
        """Delete the audio of masters whose orders are all done or cancelled; their master.json stays."""
        ended = {order.master for order in ledger.orders(OrderState.DONE, OrderState.CANCELLED)}
        kept = self._kept_audio()
        for name in (ended & kept.keys()) - _needed(ledger, kept):
            shutil.rmtree(kept[name], ignore_errors=True)

    def make_room(self, ledger: Ledger, free_bytes: int) -> None:
        """Delete audio that nobody needs, until this much space is free.

        First the parts of masters whose fetching was given up, then masters, the oldest first.

        raises  LedgerError
        """
        kept = self._kept_audio()
        parts = {
            part.name[1:].removesuffix(FETCHING): part
            for part in (self.folder / "masters").glob(f".*{FETCHING}")
        }
        needed = _needed(ledger, kept.keys() | parts.keys())
        by_age = sorted(kept.items(), key=lambda one: one[1].stat().st_mtime)
        for name, folder in (*parts.items(), *by_age):
            if shutil.disk_usage(self.folder).free >= free_bytes:
                return
            if name not in needed:
                shutil.rmtree(folder, ignore_errors=True)

    def _kept_audio(self) -> dict[str, Path]:
        """Where the audio of each master is that is kept here."""
        blobs = {name: self.folder / "masters" / name / BLOBS for name in self.master_names()}
        return {name: folder for name, folder in blobs.items() if folder.is_dir()}

    def audio(self, name: str) -> Path | None:
        """The folder of a master with all its audio, to burn it or to compare; None without that."""
        try:
            folder, file = self.master(name), self.file_of(name)
        except SheetError:  # what it is cannot be read any more
            return None
        if folder is None or file is None:
            return None
        return folder if all(blob_path(folder, track.sha256) for track in file.tracks) else None

    def file_of(self, name: str) -> MasterFile | None:
        """What master.json says about a master, also when its audio is gone; None if there is none."""
        folder = self.master(name)
        return read_master_file(folder) if folder is not None and (folder / MASTER_FILE).is_file() else None


def _take_in(new: Path, target: Path) -> None:
    """A master that was just made and checked.  raises  OSError

    If the same disc was ordered before, each file replaces the old one at once: that may be in use
    at this moment, and may be damaged.
    """
    (target / BLOBS).mkdir(parents=True, exist_ok=True)
    for blob in (new / BLOBS).iterdir():
        blob.replace(target / BLOBS / blob.name)
    (new / MASTER_FILE).replace(target / MASTER_FILE)
    (target / LINK_FILE).unlink(missing_ok=True)


def _remove_left(masters: Path) -> None:
    """Audio of masters whose makers were killed: up to 850 MB each."""
    for left in masters.glob(f"{_NEW}*"):
        pid = left.name.removeprefix(_NEW)
        if pid.isdigit() and not host.process_lives(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _needed(ledger: Ledger, masters: Collection[str]) -> set[str]:
    """Those of these masters that an order needs, or that a disc under way will be compared with."""
    needed: set[str] = set()
    for order in ledger.orders():
        if order.master in masters and order.master not in needed:
            ended = order.state in (OrderState.DONE, OrderState.CANCELLED)
            if not ended or ledger.account(order.id).under_way:
                needed.add(order.master)
    return needed


def check_count(count: int) -> None:
    """Check that at least one copy is ordered.  raises  PlanError"""
    if count < 1:
        raise PlanError(f"{count} copies: order at least one")
