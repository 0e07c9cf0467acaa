"""`disc.json`: what is recorded on a disc, read with distrust and written."""

from __future__ import annotations

import errno
import json
from pathlib import Path

from redbook.errors import ImageError, printable
from redbook.image.base import DiscState
from redbook.image.disc_files import DiscFiles, NotAFile
from redbook.image.state_json import FORMAT, VERSION, from_json, to_json

STATE_FILE = "disc.json"

MOST_STATE_BYTES = 16 * 1024 * 1024
"""Nothing that a disc can hold takes so much: 99 tracks, their indexes, and the CD-Text of each session."""


def read_state(path: Path) -> DiscState:
    """What disc.json says, whoever holds the disc.  raises  ImageError"""
    files = open_files(path)
    try:
        return state_in(files)
    finally:
        files.close()


def open_files(path: Path) -> DiscFiles:
    """Open the disc's folder.  raises  ImageError"""
    try:
        return DiscFiles(path)
    except OSError as error:
        raise cannot_be_opened(path, error) from error


def cannot_be_opened(path: Path, error: OSError) -> ImageError:
    return ImageError(f"{printable(path)} cannot be opened as a virtual disc: {error.strerror}")


def state_in(files: DiscFiles) -> DiscState:
    """Read disc.json from an open folder.

    raises  ImageError  if it is missing, damaged, or from a newer redbook
    """
    path = files.path
    damaged = f"the virtual disc {printable(path)} is damaged: {STATE_FILE}"
    try:
        data = json.loads(files.read(STATE_FILE, MOST_STATE_BYTES).decode("utf-8"))
    except FileNotFoundError as error:
        raise ImageError(
            f"{printable(path)} is not a virtual disc, or was never finished: {STATE_FILE} is missing; "
            "give the path of a disc, or of something that does not exist yet"
        ) from error
    except NotAFile as error:
        raise no_file(path, error) from error
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise ImageError(f"{damaged} has {error.strerror}; restore it from a copy") from error
        raise ImageError(f"{printable(path / STATE_FILE)} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ImageError(
            f"{damaged} cannot be understood ({error}); restore it from a copy, or start a new disc"
        ) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ImageError(f"{damaged} does not say that it is a {FORMAT}")
    version = data.get("version")
    if type(version) is not int or version < 1:
        raise ImageError(f"{damaged} has no version")
    if version > VERSION:
        raise ImageError(
            f"the virtual disc {printable(path)} has version {version}, from a newer redbook; this "
            f"one knows versions up to {VERSION}: update redbook"
        )
    try:
        return from_json(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ImageError(
            f"{damaged} describes an impossible disc ({error}); restore it from a copy, or start a new one"
        ) from error


def no_file(path: Path, error: NotAFile) -> ImageError:
    return ImageError(
        f"the virtual disc {printable(path)} is not used: {error.strerror}. Nothing was changed; "
        "put the file itself there, or use another disc"
    )


def to_bytes(state: DiscState) -> bytes:
    return (json.dumps(to_json(state), indent=2) + "\n").encode("utf-8")
