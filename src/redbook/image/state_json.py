"""What is recorded on a disc as JSON: the shapes of `disc.json`, which `docs/disc-folder.md` describes."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict
from typing import Any

from redbook.disc import PREGAP_SECTORS, Msf
from redbook.disc.layout import LaidTrack
from redbook.image.base import DATA_BIT, DiscState, HowWritten, RecordedSession, RecordedTrack, TrackState

FORMAT = "redbook-disc"
VERSION = 3
"""1 knew track-at-once alone, 2 no data; such discs are read, and become 3 when they are next changed."""

_OF_RECORDING = ("written_sectors", "state", "data_mode")
_OF_A_TRACK = (
    *("number", "start_lba", "written_sectors", "sectors", "control", "state", "pregap_sectors", "indexes"),
    *("isrc", "copy_alternates", "data_mode"),
)
"""The order of disc.json."""


def to_json(state: DiscState) -> dict[str, Any]:
    data = {"format": FORMAT, "version": VERSION} | asdict(state)
    data["sessions"] = [
        {key: getattr(session, key) for key in ("tracks", "lead_out_lba", "written", "mcn", "cd_text")}
        | {"tracks": [_track_to_json(track) for track in session.tracks]}
        for session in state.sessions
    ]
    data["lead_in_start"] = str(state.lead_in_start)
    data["last_lead_out"] = str(state.last_lead_out)
    return data


def from_json(data: dict[str, Any]) -> DiscState:
    """The state of a disc from the content of disc.json, of any version up to today's.

    raises  KeyError, TypeError, ValueError  where the data are no disc
    """
    if data["version"] == 1:
        data = _from_version_1(data)
    if data["version"] == 2:
        data = _from_version_2(data)
    fields = {key: value for key, value in data.items() if key not in ("format", "version")}
    missing = {field.name for field in dataclasses.fields(DiscState)} - set(fields)
    if missing:
        raise ValueError(f"{', '.join(sorted(missing))} missing")
    for name in ("lead_in_start", "last_lead_out"):
        fields[name] = _time(fields[name])
    _check_types(data)
    fields["sessions"] = [
        RecordedSession(
            [_track_from_json(track) for track in session["tracks"]],
            session["lead_out_lba"],
            HowWritten(session["written"]),
            session["mcn"],
            session["cd_text"],
        )
        for session in data["sessions"]
    ]
    state = DiscState(**fields)
    state.check()
    return state


def _track_to_json(track: RecordedTrack) -> dict[str, Any]:
    values = {name: getattr(track, name) for name in _OF_A_TRACK}
    return values | {"indexes": list(track.indexes)}


def _track_from_json(data: dict[str, Any]) -> RecordedTrack:
    """raises  KeyError, TypeError, ValueError"""
    if unknown := set(data) - set(_OF_A_TRACK):
        raise ValueError(f"a track has no {', '.join(sorted(map(str, unknown)))}")
    laid = {name: data[name] for name in _OF_A_TRACK if name not in _OF_RECORDING}
    recording = {name: data[name] for name in _OF_RECORDING}
    return RecordedTrack(
        LaidTrack(**laid | {"indexes": tuple(laid["indexes"])}),
        **recording | {"state": TrackState(recording["state"])},
    )


def _from_version_1(data: dict[str, Any]) -> dict[str, Any]:
    """The same disc as of today's version."""
    new_of_track = {"pregap_sectors": PREGAP_SECTORS, "indexes": [], "isrc": "", "copy_alternates": False}
    new_of_session = {"written": HowWritten.TRACK_AT_ONCE, "mcn": "", "cd_text": []}
    sessions = [
        session | new_of_session | {"tracks": [track | new_of_track for track in _list(session["tracks"])]}
        for session in _list(data["sessions"])
    ]
    return data | {"version": 2, "sessions": sessions}


def _from_version_2(data: dict[str, Any]) -> dict[str, Any]:
    """What called itself data there is none: its sectors are as scrambled as they came."""
    sessions = [
        session
        | {
            "tracks": [
                track | {"data_mode": 0, "control": track["control"] & ~DATA_BIT}
                for track in _list(session["tracks"])
            ]
        }
        for session in _list(data["sessions"])
    ]
    return data | {"version": VERSION, "sessions": sessions}


def _time(text: str) -> Msf:
    minute, second, frame = (int(part) for part in text.split(":"))
    if not (0 <= minute <= 99 and 0 <= second <= 59 and 0 <= frame <= 74):
        raise ValueError(f"{text} is not a time on a disc")
    return Msf(minute, second, frame)


def _check_types(data: dict[str, Any]) -> None:
    """JSON knows more kinds of value than a disc has: each field must be exactly of its own."""
    whole = [data["minutes"], data["erase_count"]]
    truths = [data["finished"], data["write_protected"]]
    texts: list[Any] = []
    for session in _list(data["sessions"]):
        if session["lead_out_lba"] is not None:
            whole.append(session["lead_out_lba"])
        texts += [session["mcn"], *_list(session["cd_text"])]
        for track in _list(session["tracks"]):
            whole += [
                track[name]
                for name in (
                    *("number", "start_lba", "written_sectors", "sectors", "control", "pregap_sectors"),
                    "data_mode",
                )
            ]
            whole += _list(track["indexes"])
            texts.append(track["isrc"])
            truths.append(track["copy_alternates"])
            if not 0 <= track["control"] <= 15:
                raise ValueError(f"control {track['control']}")
    for value in whole:
        if type(value) is not int or not 0 <= value < 1_000_000:
            raise ValueError(f"{value!r} where a number is expected")
    for value in texts:
        if type(value) is not str:
            raise ValueError(f"{value!r} where a text is expected")
    for value in truths:
        if type(value) is not bool:
            raise ValueError(f"{value!r} where true or false is expected")


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} where a list is expected")
    return value
