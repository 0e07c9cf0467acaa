"""Sound files that people send: streamed to the disk, never more than there is room for.

The sender chooses an id for each file. The path is made of the id; the name that the file had is only a
label. An incomplete file is not kept.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from redbook.errors import AudioError, NoRoom, RedbookError, printable
from redbook.records import dataclass

MOST_BYTES = 900 * 1000 * 1000
"""Of one file: a full disc as WAV has 846 MB."""

KEPT_FREE_BYTES = 1_000_000_000
"""For the decoded audio and everyone else: nothing is accepted that would leave less."""

KEPT_SECONDS = 24 * 3600.0
"""How long a file is kept that nobody used: its page was closed before it was burned."""

MOST_NAME_CHARACTERS = 200

_ID = re.compile(r"[0-9a-f]{16}")


class TooLarge(RedbookError):
    """A file that is larger than any sound file for a disc."""


class NoSuchFile(RedbookError):
    """Nobody sent a file with that id, or it was deleted."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A completely received file.

    seconds  about how long it plays, as it states; None if it does not say
    """

    id: str
    name: str
    path: Path
    bytes: int
    title: str
    artist: str
    album: str
    seconds: float | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "bytes": self.bytes,
            "title": self.title,
            "artist": self.artist,
            "album": self.album,
            "seconds": self.seconds,
        }


class Uploads:
    """Files below a folder. It is emptied at the start: nobody uses what was sent to an earlier server.

    raises  NoRoom  if the folder cannot be made
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Upload] = {}
        self._used_at: dict[str, float] = {}
        self._coming: set[str] = set()
        self._promised = 0
        """Bytes of files being received."""
        self.make_room: Callable[[int], object] = lambda free_bytes: None
        """Called, on a separate thread, when a file needs this much free space and there is less."""
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700, parents=True)  # what is sent is not every user's of this machine
        except OSError as error:
            raise NoRoom(f"{printable(folder)} cannot store what is sent: {error.strerror}") from error

    async def take(self, id_: str, name: str, length: int, pieces: AsyncIterator[bytes]) -> Upload:
        """Store a sound file that is being sent, and check what it is.

        id_     16 hexadecimal digits, chosen by the sender
        length  of the whole file in bytes
        pieces  its bytes, as they arrive

        raises  ValueError  for another id or length, or an id that exists
                TooLarge, NoRoom; AudioError for what is not sound; whatever `pieces` raises
        """
        if not _ID.fullmatch(id_):
            raise ValueError("an id must have 16 hexadecimal digits")
        if id_ in self._known or id_ in self._coming:
            raise ValueError("a file with that id already exists")
        if not 0 < length <= MOST_BYTES:
            raise TooLarge(f"{printable(name)} has {length:,} bytes; at most {MOST_BYTES:,} are accepted")
        self._tidy()
        needed = length + self._promised + KEPT_FREE_BYTES
        if shutil.disk_usage(self._folder).free < needed:
            await asyncio.to_thread(self.make_room, needed)
            needed = length + self._promised + KEPT_FREE_BYTES  # others may have come in the meantime
        if shutil.disk_usage(self._folder).free < needed:
            raise NoRoom(
                f"no room for {printable(name)}: {length:,} bytes, and {KEPT_FREE_BYTES:,} must stay free"
            )
        if id_ in self._coming:
            raise ValueError("a file with that id already exists")
        self._coming.add(id_)
        self._promised += length
        part = self._folder / f"{id_}.part"
        come = 0
        try:
            with part.open("xb", buffering=0) as file:
                async for piece in pieces:
                    come += len(piece)
                    if come > length:
                        raise ValueError("more data arrived than was announced")
                    rest = memoryview(piece)
                    while rest:
                        rest = rest[file.write(rest) :]
            if come != length:
                raise ValueError(f"only {come:,} of {length:,} bytes arrived")
            upload = await asyncio.to_thread(_look, id_, label(name), part, length)
            whole = part.with_suffix("")
            part.rename(whole)
        except OSError as error:
            raise NoRoom(f"{printable(name)} cannot be stored: {error.strerror}") from error
        finally:
            self._promised -= length
            self._coming.discard(id_)
            part.unlink(missing_ok=True)
        self._known[id_] = Upload(
            *(id_, upload.name, whole, length, upload.title, upload.artist, upload.album, upload.seconds)
        )
        self._used_at[id_] = time.monotonic()
        return self._known[id_]

    def get(self, id_: str) -> Upload:
        """The file with this id, which is thereby in use again.  raises  NoSuchFile"""
        found = self._known.get(id_)
        if found is None:
            raise NoSuchFile("a file in the list no longer exists; upload it again")
        self._used_at[id_] = time.monotonic()
        return found

    def _tidy(self) -> None:
        """Delete files whose page was closed long ago."""
        before = time.monotonic() - KEPT_SECONDS
        for id_ in [id_ for id_, used in self._used_at.items() if used < before]:
            self.drop(id_)

    def drop(self, id_: str) -> None:
        """Delete the file with this id.  raises  NoSuchFile"""
        self.get(id_).path.unlink(missing_ok=True)
        del self._known[id_], self._used_at[id_]


def label(name: str) -> str:
    """What may be shown of a name that someone sent."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return printable(last)[:MOST_NAME_CHARACTERS] or "no name"


def _look(id_: str, name: str, path: Path, length: int) -> Upload:
    """What the file says about itself.  raises  AudioError"""
    from redbook.audio.ffmpeg import all_metadata, open_container, tags_from, translated

    try:
        # It opens nothing but this file, whatever the file names: it comes from the network.
        with translated(), open_container(path) as container:
            if not container.streams.audio:
                raise AudioError(f"{name} contains no audio", name)
            seconds = container.duration / 1_000_000 if container.duration else None
            tags = tags_from(all_metadata(container))
    except AudioError as error:
        raise AudioError(f"{name}: {error}", name) from error
    title = tags.title or Path(name).stem
    return Upload(id_, name, path, length, title, tags.artist, tags.album, seconds)
