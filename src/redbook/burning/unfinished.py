"""What has been read of a disc so far, in its folder. A reading that broke off can continue.

It is in two files whose names begin with a dot. One has the audio as the drive gave it, sector n at its
place. The other says which disc and drive it is from, how far it reaches, and what was odd. The second file
is replaced as a whole, and only once the audio is safely stored. However the program ends, what it says is
true.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from redbook import host
from redbook.closing import Closing
from redbook.disc import SECTOR_BYTES
from redbook.engine.original import Original
from redbook.engine.twice import AreaToRead, Trouble
from redbook.errors import NoRoom, PlanError, printable
from redbook.files import replace_file
from redbook.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

AUDIO_FILE, STATE_FILE = ".reading.pcm", ".reading.json"
_FORMAT, _VERSION = "redbook-reading", 1
_TO_SPARE_BYTES = 1_000_000
_LEAST_PART_IN_FLAC = 0.3


@dataclass(frozen=True, slots=True)
class DiscInDrive:
    """Which disc a reading is of, and which drive reads it. A reading only continues with the same ones.

    drive   as it is remembered: vendor, model, serial number; another one reads with another offset
    tracks  number, start, control and session of each
    """

    drive: str
    tracks: tuple[tuple[int, int, int, int], ...]
    lead_out_lba: int
    areas: tuple[tuple[int, int], ...]
    packs: str

    @classmethod
    def of(cls, original: Original, drive: str) -> Self:
        return cls(
            drive,
            tuple((t.number, t.start_lba, t.control, t.session) for t in original.toc.tracks),
            original.toc.lead_out_lba,
            tuple((area.start_lba, area.end_lba) for area in original.areas),
            original.layout.cd_text.hex(),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "drive": self.drive,
            "tracks": [list(track) for track in self.tracks],
            "lead_out_lba": self.lead_out_lba,
            "areas": [list(area) for area in self.areas],
            "packs": self.packs,
        }


class Unfinished(Closing):
    """A reading in its folder.  Close it, or use it as a context manager.

    reached  the first sector that is not kept yet, by area
    trouble  what was odd up to there

    raises  NoRoom     the folder cannot be written to
            PlanError  another program reads into it, or it holds a reading of another disc or drive
    """

    def __init__(self, folder: Path, source: DiscInDrive, areas: Sequence[AreaToRead]) -> None:
        self.folder = folder
        self.trouble = Trouble()
        self.reached = [area.start_lba for area in areas]
        self.saved: list[str] = []
        self._source = source
        self._locked = False
        self._areas = areas
        with _in_words(folder, "be written to"):
            folder.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(folder / AUDIO_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            self._lock()
            self._go_on()
        except BaseException:
            self.close()
            raise

    def _lock(self) -> None:
        try:
            host.lock(self._fd)
            self._locked = True
        except BlockingIOError:
            raise PlanError(
                f"{printable(self.folder)}: another program is reading a disc into this folder; wait, or "
                "name another folder"
            ) from None

    def _go_on(self) -> None:
        """From where an earlier reading of the same disc ended, if there was one."""
        state = _state_in(self.folder)
        if state is None:
            self._save()
            return
        own = self._source.to_json()
        if state["whose"]["drive"] != own["drive"]:
            raise PlanError(
                f"{printable(self.folder)} holds the beginning of a reading by another drive "
                f"({printable(state['whose']['drive'])}), which has another offset: continue with that "
                "drive, or name another folder"
            )
        if state["whose"] != own:
            raise PlanError(
                f"{printable(self.folder)} holds the beginning of a reading of another disc: put that one "
                "in, or name another folder"
            )
        self.reached = list(state["reached"])
        self.trouble = Trouble(**{name: _spread(state["trouble"][name]) for name in Trouble.__slots__})
        self.saved = list(state["saved"])

    @property
    def sectors(self) -> int:
        """How many sectors are kept so far."""
        pairs = zip(self._areas, self.reached, strict=True)
        return sum(reached - area.start_lba for area, reached in pairs)

    def back_to(self, lba: int) -> None:
        """Forget what was read from this sector on, so that it is read once more."""
        self.trouble = self.trouble.before(lba)
        self.reached = [
            max(area.start_lba, min(reached, lba))
            for area, reached in zip(self._areas, self.reached, strict=True)
        ]

    def keep(self, lba: int, audio: bytes | bytearray | memoryview, trouble: Trouble) -> None:
        """Keep more of the disc, from `lba` on.  raises  NoRoom  if it cannot be stored"""
        with _in_words(
            self.folder,
            "take more audio",
            "; what was read until then is kept, and the same command continues from there",
        ):
            data, at = memoryview(audio), lba * SECTOR_BYTES
            while data:
                done = os.pwrite(self._fd, data, at)
                data, at = data[done:], at + done
            os.fsync(self._fd)
        self.trouble.add(trouble)
        for number, area in enumerate(self._areas):
            if area.start_lba <= lba < area.end_lba:
                self.reached[number] = lba + len(audio) // SECTOR_BYTES
        self._save()

    def read(self, first_byte: int, count: int) -> bytes:
        """Read bytes of the kept audio; sector n begins at n x 2352, and what is missing is zeros.

        raises  NoRoom
        """
        with _in_words(self.folder, "be read"):
            data = os.pread(self._fd, count, first_byte)
        return data.ljust(count, b"\0")

    def about_to_save(self, name: str) -> None:
        """Note that a file of this name in the folder is this reading's own.  raises  NoRoom"""
        if name not in self.saved:
            self.saved.append(name)
            self._save()

    def _save(self) -> None:
        state = {
            "format": _FORMAT,
            "version": _VERSION,
            "whose": self._source.to_json(),
            "reached": self.reached,
            "trouble": {name: _ranges(getattr(self.trouble, name)) for name in Trouble.__slots__},
            "saved": self.saved,
        }
        store(self.folder / STATE_FILE, json.dumps(state).encode())

    def remove(self) -> None:
        """Delete both files: the reading is finished, and its sound files are there."""
        for name in (STATE_FILE, AUDIO_FILE):
            with suppress(FileNotFoundError):
                (self.folder / name).unlink()

    def close(self) -> None:
        if self._fd >= 0:
            if self._locked:
                host.unlock(self._fd)
            os.close(self._fd)
            self._fd = -1


def check_folder(folder: Path) -> None:
    """Check that a disc can be kept there: a new folder, an empty one, or one with an unfinished reading.

    raises  PlanError; NoRoom  if it cannot be searched
    """
    shown = printable(folder)
    if not folder.exists():
        if folder.is_symlink():
            raise PlanError(f"{shown} is a broken link; name a folder")
        return
    if not folder.is_dir():
        raise PlanError(f"{shown} is a file; name a folder, new or empty")
    with _in_words(folder, "be searched"):
        names = sorted(path.name for path in folder.iterdir())
    if STATE_FILE in names:
        return
    others = [name for name in names if not name.startswith(".")]
    if others:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        raise PlanError(
            f"{shown} holds other files ({', '.join(map(printable, others[:3]))}{more}); a disc is kept in "
            "a folder of its own: name a new or empty one"
        )


def check_room(folder: Path, more_sectors: int, all_sectors: int, in_flac: bool) -> None:
    """Check that the audio can be stored, as it is read and as files.

    more_sectors  still to be read
    all_sectors   of the whole disc, as files

    raises  NoRoom
    """
    there = folder
    while not there.exists():
        there = there.parent
    with _in_words(folder, "be written to"):
        system = os.statvfs(there)
    free = system.f_bavail * system.f_frsize
    part = _LEAST_PART_IN_FLAC if in_flac else 1
    needed = round(SECTOR_BYTES * (more_sectors + part * all_sectors)) + _TO_SPARE_BYTES
    if needed > free:
        about = "at least " if in_flac else ""
        raise NoRoom(
            f"{printable(folder)}: {about}{needed / 1e6:.0f} MB are needed there (the audio while it is "
            f"read, and as files), {free / 1e6:.0f} MB are free; free some space, or name another folder"
        )


def store(path: Path, data: bytes) -> None:
    """Write a whole file, or nothing.  raises  NoRoom"""
    try:
        replace_file(path, data)
    except OSError as error:
        raise NoRoom(f"{printable(path)} cannot be written: {error.strerror}") from error


@contextmanager
def _in_words(folder: Path, what: str, then: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NoRoom(f"{printable(folder)} cannot {what}: {error.strerror}{then}") from error


def _state_in(folder: Path) -> dict[str, Any] | None:
    """raises  PlanError  for one that cannot be understood"""
    try:
        data = (folder / STATE_FILE).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NoRoom(f"{printable(folder / STATE_FILE)} cannot be read: {error.strerror}") from error
    try:
        state = json.loads(data)
        if state["format"] != _FORMAT or state["version"] != _VERSION:
            raise ValueError
        _check(state)
    except (ValueError, KeyError, TypeError) as error:
        raise PlanError(
            f"{printable(folder)} holds the beginning of a reading that redbook cannot continue "
            f"({STATE_FILE}); name another folder"
        ) from error
    return state  # type: ignore[no-any-return]


def _check(state: dict[str, Any]) -> None:
    """raises  KeyError, TypeError, ValueError"""
    for name in Trouble.__slots__:
        _spread(state["trouble"][name])
    if not all(isinstance(lba, int) for lba in state["reached"]):
        raise ValueError
    if len(state["reached"]) != len(state["whose"]["areas"]):
        raise ValueError
    if not all(isinstance(name, str) for name in [*state["saved"], state["whose"]["drive"]]):
        raise ValueError


def _ranges(sectors: Sequence[int]) -> list[list[int]]:
    """Neighbours as first and last."""
    return [list(pair) for pair in ranges(sectors)]


def ranges(sectors: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbours as first and last, in order."""
    found: list[tuple[int, int]] = []
    for lba in sorted(set(sectors)):
        if found and found[-1][1] == lba - 1:
            found[-1] = (found[-1][0], lba)
        else:
            found.append((lba, lba))
    return found


def _spread(pairs: Sequence[Sequence[int]]) -> list[int]:
    return [lba for first, last in pairs for lba in range(first, last + 1)]
