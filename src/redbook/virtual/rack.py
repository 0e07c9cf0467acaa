"""A rack: virtual recorders with trays, and a spindle of blank discs beside them, in one folder.

A virtual recorder that is its disc's folder has no tray that anyone could open from outside. Here each
recorder is a folder of its own, and what a person sees of it is a small file in there:

    my.rack/rack.json         what the blanks are, and how many are left
    my.rack/d1/tray.json      open or shut, the disc that is in it, and its running number
    my.rack/discs/disc-0001.disc

A program that has a recorder open holds its folder (flock), as O_EXCL does with a device node. A hand at the
tray (`put_in`, `take_out`, `push_in`) needs the same lock, so nobody pulls a disc from under a program.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from redbook import host
from redbook.clock import Clock
from redbook.errors import DriveBusy, DriveNotFound, ImageError, MediumUnsuitable, StorageFailed, printable
from redbook.image.folder import FolderStore
from redbook.records import dataclass
from redbook.transport.base import Reply
from redbook.virtual.blanks import blank_state
from redbook.virtual.faults import BadSpot, Fault, parse
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder

RACK_FILE, TRAY_FILE, DISCS = "rack.json", "tray.json", "discs"
FORMAT = "redbook rack"
PATIENCE_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 0.02
_DRIVE = re.compile(r"[\w.-]{1,60}")


@dataclass(frozen=True, slots=True)
class Tray:
    """What can be seen of a recorder in a rack.

    disc      the name of the folder of the disc that is in it; None for none
    sequence  a different number each time the tray was closed, as a kernel counts discs
    model, pace  of the recorder, as `open_drive` takes them; "" and None for the usual
    """

    is_open: bool = False
    disc: str | None = None
    sequence: int = 0
    model: str = ""
    pace: float | None = None


class Rack:
    """Recorders and blanks in a folder.  raises  DriveNotFound  if that is not a rack"""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / RACK_FILE).is_file():
            raise DriveNotFound(
                f"{printable(folder)} is not a rack of virtual recorders: `redbook rack new` makes one"
            )

    @classmethod
    def new(
        cls,
        folder: Path,
        drives: int = 3,
        blanks: int = 20,
        *,
        medium: str = "cd-r",
        minutes: int = 80,
        model: str = "",
        pace: float | None = None,
    ) -> Rack:
        """Recorders d1, d2 and so on with empty, closed trays, and this many blank discs beside them.

        raises  MediumUnsuitable  if something exists there; ValueError for a medium that does not exist
        """
        blank_state(medium, minutes)
        try:
            folder.mkdir(parents=True)
            (folder / DISCS).mkdir()
            for number in range(1, drives + 1):
                (folder / f"d{number}").mkdir()
                _write(folder / f"d{number}" / TRAY_FILE, asdict(Tray(model=model, pace=pace)))
            rack = {"format": FORMAT, "version": 1, "medium": medium, "minutes": minutes, "blanks": blanks}
            _write(folder / RACK_FILE, {**rack, "made": 0})
        except FileExistsError as error:
            raise MediumUnsuitable(f"{printable(folder)} already exists: choose another name") from error
        except OSError as error:
            raise StorageFailed(f"a rack cannot be made at {printable(folder)}: {error.strerror}") from error
        return cls(folder)

    def drives(self) -> list[RackDrive]:
        """In the order of their names, d2 before d10."""
        found = [path for path in self.folder.iterdir() if (path / TRAY_FILE).is_file()]
        return [RackDrive(path) for path in sorted(found, key=lambda p: (len(p.name), p.name))]

    def drive(self, name: str) -> RackDrive:
        """The recorder of this name in the rack.  raises  DriveNotFound  if there is none"""
        if not _DRIVE.fullmatch(name):
            raise DriveNotFound(f"{printable(name)} is not the name of a recorder in a rack")
        return RackDrive(self.folder / name)

    @property
    def blanks(self) -> int:
        """How many are left on the spindle."""
        return int(_read(self.folder / RACK_FILE)["blanks"])

    def take_blank(self, faults: tuple[str, ...] = ()) -> Path | None:
        """A new disc from the spindle; None if that is empty.

        faults  what will go wrong with this disc, whichever recorder it is in, as `faults.parse` reads it

        raises  ImageError, ValueError
        """
        for fault in faults:
            parse(fault)
        with _held(self.folder):
            state = _read(self.folder / RACK_FILE)
            if int(state["blanks"]) < 1:
                return None
            number = int(state["made"]) + 1
            path = self.folder / DISCS / f"disc-{number:04d}.disc"
            try:
                FolderStore.create(path, blank_state(str(state["medium"]), int(state["minutes"])))
                if faults:
                    _write(path.with_suffix(".faults"), list(faults))
                _write(self.folder / RACK_FILE, {**state, "blanks": int(state["blanks"]) - 1, "made": number})
            except OSError as error:
                why = f"a blank cannot be taken from {printable(self.folder)}: {error.strerror}"
                raise ImageError(why) from error
        return path

    def discs(self) -> list[Path]:
        """Every disc that was ever taken from the spindle, the oldest first, wherever it is now."""
        return sorted(path for path in (self.folder / DISCS).iterdir() if path.suffix == ".disc")


class RackDrive:
    """One recorder of a rack, as a person at its tray sees it.  raises  DriveNotFound"""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / TRAY_FILE).is_file():
            raise DriveNotFound(f"there is no recorder at {printable(folder)}")

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def tray(self) -> Tray:
        return Tray(**_read(self.folder / TRAY_FILE))

    @property
    def disc_path(self) -> Path | None:
        """Of the disc that is in it, the tray being open or shut."""
        name = self.tray.disc
        return None if name is None else self.folder.parent / DISCS / name

    @property
    def in_use(self) -> bool:
        """Whether a program has it open; asking locks nothing."""
        fd = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return host.is_locked(fd)
        finally:
            os.close(fd)

    def put_in(self, disc: Path) -> Path | None:
        """Put a disc on the tray and close it; returns the disc that was there.  raises  DriveBusy"""
        with _held(self.folder):
            before, tray = self.disc_path, self.tray
            self._keep(replace(tray, is_open=False, disc=disc.name, sequence=tray.sequence + 1))
        return before

    def take_out(self) -> Path | None:
        """The disc from the tray, which stays open.  raises  DriveBusy"""
        with _held(self.folder):
            before = self.disc_path
            self._keep(replace(self.tray, is_open=True, disc=None))
        return before

    def push_in(self) -> None:
        """Close the tray with what is on it.  raises  DriveBusy"""
        with _held(self.folder):
            tray = self.tray
            self._keep(replace(tray, is_open=False, sequence=tray.sequence + 1))

    def press_eject(self) -> None:
        """The button.  raises  DriveBusy  while a program has the recorder"""
        with _held(self.folder):
            self._keep(replace(self.tray, is_open=True))

    def open(self, clock: Clock | None = None, pace: float | None = None) -> RackTransport:
        """For this program alone.  raises  DriveBusy, ImageError"""
        return RackTransport(self, clock, pace)

    def _keep(self, tray: Tray) -> None:
        try:
            _write(self.folder / TRAY_FILE, asdict(tray))
        except OSError as error:
            raise StorageFailed(f"{printable(self.folder)} cannot be written: {error.strerror}") from error


class RackTransport:
    """Access to a recorder of a rack: its virtual recorder, whose tray is stored beside it."""

    def __init__(self, drive: RackDrive, clock: Clock | None = None, pace: float | None = None) -> None:
        self._drive = drive
        self._held = _held(drive.folder, 0.0)
        self._held.__enter__()
        medium = None
        try:
            tray, path = drive.tray, drive.disc_path
            medium = None if path is None else Medium.open(path)
            self.recorder = VirtualRecorder(
                medium,
                speed=pace or tray.pace,
                clock=clock,
                tray_open=tray.is_open,
                faults=() if path is None else _faults_of(path),
                serial=f"RACK-{drive.name}",
                model=tray.model or None,
            )
        except BaseException:
            if medium is not None:
                medium.close()
            self._held.__exit__(None, None, None)
            raise

    def execute(
        self, cdb: bytes, data_out: bytes | memoryview = b"", data_in_length: int = 0, timeout: float = 30.0
    ) -> Reply:
        before = self.recorder.tray_open
        reply = self.recorder.execute(cdb, data_out, data_in_length, timeout)
        if self.recorder.tray_open != before:
            tray = self._drive.tray
            shut = not self.recorder.tray_open
            self._drive._keep(replace(tray, is_open=not shut, sequence=tray.sequence + shut))
        return reply

    def announce(self, data_bytes: int) -> None:
        self.recorder.announce(data_bytes)

    def close(self) -> None:
        self.recorder.close()
        self._held.__exit__(None, None, None)


def is_rack(folder: Path) -> bool:
    return (folder / RACK_FILE).is_file()


def _faults_of(disc: Path) -> list[Fault | BadSpot]:
    with suppress(FileNotFoundError):
        return [parse(text) for text in json.loads(disc.with_suffix(".faults").read_text("utf-8"))]
    return []


def _read(path: Path) -> dict[str, Any]:
    """raises  ImageError"""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ImageError(f"{printable(path)} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise ImageError(f"{printable(path)} is damaged: make a new rack")
    return found


def _write(path: Path, value: object) -> None:
    """Whole or not at all.  raises  OSError"""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(json.dumps(value) + "\n", "utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def _held(folder: Path, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """The folder's lock.  raises  DriveBusy"""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        end = time.monotonic() + patience_seconds
        while True:
            try:
                host.lock(fd)
                break
            except BlockingIOError as error:
                if time.monotonic() >= end:
                    raise DriveBusy(
                        f"{printable(folder)} is in use by another program: wait until that has finished"
                    ) from error
                time.sleep(_LOOK_AGAIN_SECONDS)
        yield
    finally:
        os.close(fd)
