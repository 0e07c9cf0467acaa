"""The PQ descriptor of a DDP set: where each track and index is, and which entries are impossible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import NoReturn

from redbook.disc import MOST_INDEXES, PREGAP_SECTORS, SHORTEST_TRACK_SECTORS, duration
from redbook.records import dataclass
from redbook.sheets.ddp_records import LEAD_IN, LEAD_OUT, PqPacket

DATA = 4
Wrong = Callable[[str, int], NoReturn]
"""Raises an error about the packet with this number, from 1; 0 for all of them."""


@dataclass(slots=True)
class PqTrack:
    """times: of its indexes, from `first` (0 or 1) on; packet: number of its first entry"""

    number: int
    first: int
    control: int
    scms: bool
    packet: int
    times: list[int] = field(default_factory=list)
    isrc: str = ""

    @property
    def start(self) -> int:
        """The time of index 1."""
        return self.times[1 - self.first]


@dataclass(slots=True)
class Pq:
    """times count from the start of track 1's pause"""

    tracks: list[PqTrack]
    lead_out: int
    upc: str = ""


def understand(packets: Sequence[PqPacket], wrong: Wrong) -> Pq:
    """Read tracks, indexes, lead-out and catalogue number from the entries of a PQ descriptor.

    wrong  is called with what is wrong and the number of the entry, and must raise

    raises  what `wrong` raises
    """
    tracks: list[PqTrack] = []
    lead_out: int | None = None
    upc = ""
    track_before, index_before = "", None
    for place, packet in enumerate(packets, 1):
        track = packet.track or track_before
        index = packet.index
        if index is None and track != packet.track:
            index = index_before
        track_before, index_before = track, index
        if packet.upc:
            if upc not in ("", packet.upc):
                wrong(f"UPC: {packet.upc}, but {upc} in an earlier entry", place)
            upc = packet.upc
        if not track:
            wrong("TRK: blank, with no entry before it", place)
        if track == LEAD_OUT:
            if not tracks:
                wrong("TRK: the lead-out (AA) comes before any track", place)
            if index not in (None, 1):
                wrong(f"IDX: the lead-out has index {index}; expected 01", place)
            if lead_out is not None and packet.time < lead_out:
                wrong(f"time: a second lead-out at {duration(packet.time)}, before the first", place)
            lead_out = packet.time if lead_out is None else lead_out
            continue
        if lead_out is not None:
            wrong("TRK: a second session begins after the lead-out; only one session is burned", place)
        if track == LEAD_IN:
            if tracks:
                wrong("TRK: the lead-in (00) comes after a track", place)
            continue
        _take(tracks, packet, int(track), 1 if index is None else index, place, wrong)
    if not tracks:
        wrong("it has no track", 0)
    if lead_out is None:
        wrong("the lead-out (AA) is missing: it was cut short", 0)
    _check(tracks, lead_out, wrong)
    return Pq(tracks, lead_out, upc)


def _take(tracks: list[PqTrack], packet: PqPacket, number: int, index: int, place: int, wrong: Wrong) -> None:
    if packet.control & DATA:
        wrong(f"control: track {number} is data; redbook burns audio only", place)
    if tracks and packet.time < tracks[-1].times[-1]:
        before = duration(tracks[-1].times[-1])
        wrong(f"time: {duration(packet.time)} is before {before}, the time of the previous entry", place)
    if not tracks or tracks[-1].number != number:
        if number != len(tracks) + 1:
            wrong(f"TRK: {number:02d}, expected {len(tracks) + 1:02d}", place)
        if index > 1:
            wrong(f"IDX: track {number} begins with index {index:02d}; expected 00 or 01", place)
        if tracks and tracks[-1].first == 0 and len(tracks[-1].times) == 1:
            wrong(f"IDX: track {number - 1} has no index 01", place)
        tracks.append(PqTrack(number, index, packet.control, packet.scms, place, [packet.time], packet.isrc))
        return
    track = tracks[-1]
    if index != track.first + len(track.times):
        wrong(f"IDX: {index:02d}, expected {track.first + len(track.times):02d}", place)
    if (packet.control, packet.scms) != (track.control, track.scms):
        wrong(f"control: it differs from the previous entry of the same track {number}", place)
    if packet.isrc and track.isrc not in ("", packet.isrc):
        wrong(f"ISRC: track {number} has {packet.isrc}, but {track.isrc} in an earlier entry", place)
    if packet.time == track.times[-1] and index > 1:
        wrong(f"time: index {index:02d} is at the same place as the one before it", place)
    track.isrc = track.isrc or packet.isrc
    track.times.append(packet.time)


def _check(tracks: list[PqTrack], lead_out: int, wrong: Wrong) -> None:
    first, last = tracks[0], tracks[-1]
    if last.first == 0 and len(last.times) == 1:
        wrong(f"IDX: track {last.number} has no index 01", last.packet)
    if first.first == 0 and first.times[0]:
        wrong(f"time: index 00 of track 1 is at {duration(first.times[0])}; expected 00:00:00", first.packet)
    if first.start < PREGAP_SECTORS:
        wrong(
            f"time: index 01 of track 1 lies at {duration(first.start)}; expected 2 s of pause", first.packet
        )
    if last.times[-1] >= lead_out:
        text = f"{duration(last.times[-1])} is beyond the audio: the lead-out is at {duration(lead_out)}"
        wrong(f"time: the last index of track {last.number}, {text}", last.packet)
    ends = [track.times[0] for track in tracks[1:]] + [lead_out]
    for track, end in zip(tracks, ends, strict=True):
        if end <= track.times[-1]:
            wrong(f"time: there is nothing after the last index of track {track.number}", track.packet)
        if end - track.start < SHORTEST_TRACK_SECTORS:
            seconds = (end - track.start) / 75
            wrong(
                f"time: track {track.number} lasts {seconds:.2f} s; a track must last at least 4 s",
                track.packet,
            )
        if len(track.times) > MOST_INDEXES + 1 - track.first:
            wrong(f"IDX: track {track.number} has more than {MOST_INDEXES} indexes", track.packet)
