"""What was learned about a drive, kept for the next time: its offset, and how it returns audio.

All of it is only a hint: it is tried first, and checked again on every disc. If the file is damaged, missing
or not writable, no result changes.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from redbook.files import replace_file
from redbook.records import dataclass

_FILE = "drives.json"
_CUE_SHEET_FORM = "rung"
"""The key of the form in an entry of the file; earlier files have it, too."""
_MOST_BYTES = 1 << 20
_MOST_OFFSET_SAMPLES = 10_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownDrive:
    """What is remembered about one drive.

    offset_samples  by how many samples it reads its own discs late (negative: early); None while unknown
    read_form, most_read_sectors  how it returned audio: see `redbook.engine.read_audio`
    cue_sheet_form  the form in which it took a cue sheet: see `redbook.engine.cue_sheet_forms`; empty while
                    unknown
    """

    offset_samples: int | None = None
    read_form: int = 0
    most_read_sectors: int = 0
    cue_sheet_form: str = ""


class DriveMemory:
    """What is remembered about drives, in a file.

    path  of the file; its folder is made when something is saved. None to save nothing
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    @classmethod
    def of_user(cls) -> DriveMemory:
        """The memory in $XDG_STATE_HOME, else ~/.local/state.

        For a user without a home, it keeps nothing.

        Source: XDG Base Directory Specification 0.8.
        """
        folder = Path(os.environ.get("XDG_STATE_HOME", ""))
        if not folder.is_absolute():
            try:
                folder = Path("~/.local/state").expanduser()
            except RuntimeError:  # HOME is not set, and the user database does not have the user
                return cls(None)
        return cls(folder / "redbook" / _FILE)

    def recall(self, drive: str) -> KnownDrive:
        """What is remembered about a drive; defaults for what is not known.

        drive  the key of `drive_key`
        """
        entry = self._read().get(drive)
        if not isinstance(entry, dict):
            return KnownDrive()
        offset = entry.get("offset_samples")
        if type(offset) is not int or abs(offset) > _MOST_OFFSET_SAMPLES:
            offset = None
        form, most = entry.get("read_form"), entry.get("most_read_sectors")
        cue_sheet_form = entry.get(_CUE_SHEET_FORM)
        return KnownDrive(
            offset,
            form if type(form) is int and form >= 0 else 0,
            most if type(most) is int and most > 0 else 0,
            cue_sheet_form if type(cue_sheet_form) is str else "",
        )

    def keep(self, drive: str, known: KnownDrive) -> None:
        """Remember this about a drive; a failure is only logged.

        drive  the key of `drive_key`
        """
        if self.path is None:
            return
        drives = self._read()
        entry = asdict(known)
        entry[_CUE_SHEET_FORM] = entry.pop("cue_sheet_form")
        if drives.get(drive) == entry:
            return
        drives[drive] = entry
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self.path, json.dumps(drives, indent=1, sort_keys=True).encode())
        except OSError as error:
            _log.warning("what was learned about the drive cannot be saved in %s: %s", self.path, error)

    def _read(self) -> dict[str, Any]:
        if self.path is None:
            return {}
        try:
            with self.path.open("rb") as file:
                data = json.loads(file.read(_MOST_BYTES))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            _log.warning("what is saved about drives in %s cannot be read: %s", self.path, error)
            return {}
        return data if isinstance(data, dict) else {}


def drive_key(vendor: str, product: str, serial: str) -> str:
    """The name under which a drive is remembered; drives of one model without a serial number share it."""
    return " ".join(part for part in (vendor, product, serial) if part)
