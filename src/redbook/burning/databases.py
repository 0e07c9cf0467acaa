"""Whether others have read the same: AccurateRip and the CUETools database (CTDB).

Nothing here is called unless someone asked for it, and only the disc's table of contents is sent, in the form
that each database wants. A database that does not answer does not spoil a reading: the answer says so.

Sources: whipper, common/accurip.py (the address and the records of AccurateRip); CUETools.net,
CUETools.CTDB/CUEToolsDB.cs and db.cue.tools, lookup2.php (those of CTDB).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from redbook._version import __version__
from redbook.disc import Toc
from redbook.records import dataclass

if TYPE_CHECKING:
    from redbook.burning.rip_report import ReadTrack

ACCURATERIP = "http://www.accuraterip.com/accuraterip"
CTDB = "http://db.cuetools.net"

ACCURATERIP_VARIABLE, CTDB_VARIABLE = "REDBOOK_ACCURATERIP", "REDBOOK_CTDB"
"""Environment variables: other addresses, such as a mirror's."""

TIMEOUT_SECONDS = 20.0
MOST_BYTES = 1 << 20
"""Of an answer; the longest known ones have some 50 kB."""

_HEAD = struct.Struct("<BIII")  # tracks, the three numbers of the disc
_TRACK = struct.Struct("<BII")  # confidence, checksum, checksum of one sector (to find an offset)


@dataclass(frozen=True, slots=True)
class TrackAnswer:
    """What a database knows about a track.

    same  how many others have read the same
    of    how many have read this track at all
    """

    number: int
    same: int
    of: int


@dataclass(frozen=True, slots=True)
class DatabaseAnswer:
    """What a database knows about a disc.

    database  "AccurateRip" or "CTDB"
    address   that was asked
    tracks    empty if the disc is not in it, or no answer arrived
    problem   why no answer arrived, in words; empty if one did
    """

    database: str
    address: str
    tracks: tuple[TrackAnswer, ...] = ()
    problem: str = ""

    @property
    def knows_the_disc(self) -> bool:
        return bool(self.tracks)


class _NoAnswer(Exception):
    """The text says why."""


def look_up(
    toc: Toc, tracks: Sequence[ReadTrack], disc_ctdb: str, before: Callable[[str], None] = lambda name: None
) -> tuple[DatabaseAnswer, ...]:
    """Ask both databases over the network what others have read.

    disc_ctdb  checksum of all the audio, as CTDB has it
    before     called with the name of each database before it is asked
    """
    answers = []
    for name, address, understand in (
        ("AccurateRip", accuraterip_address(toc), accuraterip_answer),
        ("CTDB", ctdb_address(toc), ctdb_answer),
    ):
        before(name)
        try:
            data = _fetched(address)
            found = tuple(understand(data, tracks, disc_ctdb)) if data is not None else ()
            answers.append(DatabaseAnswer(name, address, found))
        except _NoAnswer as why:
            answers.append(DatabaseAnswer(name, address, problem=str(why)))
    return tuple(answers)


def accuraterip_address(toc: Toc) -> str:
    """The URL of what AccurateRip knows about discs with this table of contents."""
    base = os.environ.get(ACCURATERIP_VARIABLE) or ACCURATERIP
    first = toc.accuraterip_id.split("-")[1]
    return f"{base.rstrip('/')}/{first[-1]}/{first[-2]}/{first[-3]}/dBAR-{toc.accuraterip_id}.bin"


def ctdb_address(toc: Toc) -> str:
    """The URL of what the CUETools database knows about discs with this table of contents."""
    base = os.environ.get(CTDB_VARIABLE) or CTDB
    starts = [f"{'' if track.is_audio else '-'}{track.start_lba}" for track in toc.tracks]
    places = ":".join([*starts, str(toc.lead_out_lba)])
    return f"{base.rstrip('/')}/lookup2.php?version=3&ctdb=1&fuzzy=1&metadata=none&toc={places}"


def accuraterip_answer(data: bytes, tracks: Sequence[ReadTrack], disc_ctdb: str) -> Iterator[TrackAnswer]:
    """A record for each pressing: its numbers, then for each track how many have read which checksum.

    raises  _NoAnswer
    """
    pressings = list(_pressings(data))
    for index, track in enumerate(tracks):
        own = {int(track.accuraterip_v1, 16), int(track.accuraterip_v2, 16)}
        read = [pressing[index] for pressing in pressings if len(pressing) == len(tracks)]
        same = sum(confidence for confidence, checksum in read if checksum in own)
        yield TrackAnswer(track.number, same, sum(confidence for confidence, _ in read))


def _pressings(data: bytes) -> Iterator[list[tuple[int, int]]]:
    at = 0
    while at < len(data):
        try:
            count, *_ = _HEAD.unpack_from(data, at)
            places = range(at + _HEAD.size, at + _HEAD.size + count * _TRACK.size, _TRACK.size)
            yield [_TRACK.unpack_from(data, place)[:2] for place in places]
        except struct.error as error:
            raise _NoAnswer("its answer is incomplete, or did not come from a database") from error
        at += _HEAD.size + count * _TRACK.size


def ctdb_answer(data: bytes, tracks: Sequence[ReadTrack], disc_ctdb: str) -> Iterator[TrackAnswer]:
    """An element `entry` for each audio that someone has read: its checksum, and those of its tracks.

    raises  _NoAnswer
    """
    entries = list(_entries(data))
    whole = sum(entry.confidence for entry in entries if entry.checksum == int(disc_ctdb, 16))
    others = [entry for entry in entries if entry.checksum != int(disc_ctdb, 16)]
    if not entries:
        return
    for index, track in enumerate(tracks):
        same = whole + sum(
            entry.confidence
            for entry in others
            if len(entry.tracks) == len(tracks) and entry.tracks[index] == int(track.ctdb, 16)
        )
        yield TrackAnswer(track.number, same, sum(entry.confidence for entry in entries))


@dataclass(frozen=True, slots=True)
class _Entry:
    checksum: int
    confidence: int
    tracks: tuple[int, ...]


def _entries(data: bytes) -> Iterator[_Entry]:
    from xml.etree import ElementTree

    if b"<!DOCTYPE" in data:  # entities can make a gigabyte of a few lines; no answer has any
        raise _NoAnswer("its answer did not come from this database")
    try:
        root = ElementTree.fromstring(data)
        if root.tag.rpartition("}")[2] != "ctdb":
            raise _NoAnswer("its answer did not come from this database")
        for one in root:
            if one.tag.rpartition("}")[2] == "entry":
                sums = tuple(int(word, 16) for word in one.get("trackcrcs", "").split())
                yield _Entry(int(one.get("crc32", ""), 16), int(one.get("confidence", "")), sums)
    except (ElementTree.ParseError, ValueError) as error:
        raise _NoAnswer(f"its answer cannot be read: {error}") from error


def _fetched(address: str) -> bytes | None:
    """None if the database does not know the disc.  raises  _NoAnswer"""
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    request = Request(address, headers={"User-Agent": f"redbook/{__version__}"})
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            data: bytes = answer.read(MOST_BYTES + 1)
    except HTTPError as error:
        if error.code == 404:
            return None
        raise _NoAnswer(f"it answered {error.code} {error.reason}") from error
    except URLError as error:
        raise _NoAnswer(f"it cannot be reached: {error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:  # ValueError: an address that is none
        raise _NoAnswer(f"it cannot be reached: {error or type(error).__name__}") from error
    if len(data) > MOST_BYTES:
        raise _NoAnswer(f"its answer is longer than {MOST_BYTES >> 10} KiB")
    return data


def in_words(answer: DatabaseAnswer) -> list[str]:
    """A line for the disc, and one for each track that others have read differently."""
    name = answer.database
    if answer.problem:
        return [f"{name}: no answer ({answer.problem})"]
    if not answer.knows_the_disc:
        return [f"{name}: does not know this disc"]
    right = [track for track in answer.tracks if track.same]
    others = [track for track in answer.tracks if not track.same]
    lines = []
    if not others:
        least = min(track.same for track in right)
        lines.append(f"{name}: every track as others have read it (confidence {least} or more)")
    elif right:
        lines.append(f"{name}: {len(right)} of {len(answer.tracks)} tracks as others have read them")
    else:
        lines.append(
            f"{name}: no track is as others have read it; the most likely reason is a wrong offset for this "
            "drive"
        )
    if right:
        lines += [
            f"{name}: track {track.number} is not what {track.of} "
            f"{'reading has' if track.of == 1 else 'readings have'}"
            for track in others
        ]
    return lines
