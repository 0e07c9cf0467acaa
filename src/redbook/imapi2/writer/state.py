"""Which call on a writer is legal when, as a table.

For each state, an entry says where a legal call leads, or which code an illegal one gets. The tables and the
diagram in `docs/imapi2.md` are made from here. IN_TRANSITION is ours: IMAPI2's pages do not mention a second
thread that calls while PrepareMedia or ReleaseMedia is at work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum, StrEnum, unique
from typing import Any, TypeAlias

from redbook.imapi2.typelib.hresults import HResult
from redbook.records import dataclass


@unique
class State(Enum):
    NO_RECORDER = "N"
    RECORDER_SET = "R"
    PREPARED = "P"
    WRITING = "W"
    IN_TRANSITION = "T"


@unique
class Operation(StrEnum):
    PUT_RECORDER = "put Recorder"
    CLEAR_RECORDER = "put Recorder (None)"
    PUT_CLIENT_NAME = "put ClientName"
    PUT_DO_NOT_FINALIZE_MEDIA = "put DoNotFinalizeMedia"
    PUT_BUFFER_UNDERRUN_FREE_DISABLED = "put BufferUnderrunFreeDisabled"
    PUT_BURN_VERIFICATION_LEVEL = "put BurnVerificationLevel"
    PREPARE_MEDIA = "PrepareMedia"
    ADD_AUDIO_TRACK = "AddAudioTrack"
    CANCEL_ADD_TRACK = "CancelAddTrack"
    RELEASE_MEDIA = "ReleaseMedia"
    SET_WRITE_SPEED = "SetWriteSpeed"
    GET_NUMBER_OF_EXISTING_TRACKS = "get NumberOfExistingTracks"
    GET_SECTOR_COUNTS = "get Total-, Free-, UsedSectorsOnMedia"
    GET_EXPECTED_TABLE_OF_CONTENTS = "get ExpectedTableOfContents"
    GET_OF_THE_DEVICE = "get CurrentPhysicalMediaType and of speeds"
    GET_SETTING = "get of anything else"


@unique
class RawOperation(StrEnum):
    """Calls that only the disc-at-once writer has."""

    PUT_REQUESTED_SECTOR_TYPE = "put RequestedSectorType"
    WRITE_MEDIA = "WriteMedia, WriteMedia2"
    CANCEL_WRITE = "CancelWrite"
    GET_REQUESTED_SECTOR_TYPE = "get RequestedSectorType"
    GET_SUPPORTED_SECTOR_TYPES = "get SupportedSectorTypes"
    GET_ENDS_OF_THE_DISC = "get StartOfNextSession, LastPossibleStartOfLeadout"


Entry: TypeAlias = State | HResult

STATES = (State.NO_RECORDER, State.RECORDER_SET, State.PREPARED, State.WRITING, State.IN_TRANSITION)
N, R, P, W, T = STATES
STAYS = (N, R, P, W, T)

AnyOperation: TypeAlias = Operation | RawOperation
Table: TypeAlias = dict[AnyOperation, dict[State, Entry]]


def row(*entries: Entry) -> dict[State, Entry]:
    return dict(zip(STATES, entries, strict=True))


@dataclass(frozen=True, slots=True)
class _Codes:
    """The five codes that both writers have."""

    writes: HResult
    idle: HResult
    prepared: HResult
    unprepared: HResult
    no_recorder: HResult


def _table(codes: _Codes, own: Table) -> Table:
    """The calls that both writers have, with a writer's own ones added, each after its kin."""
    writes, prepared, unprepared = codes.writes, codes.prepared, codes.unprepared
    common: Table = {
        Operation.PUT_RECORDER: row(R, R, prepared, writes, writes),
        Operation.CLEAR_RECORDER: row(N, N, prepared, writes, writes),
        Operation.PUT_CLIENT_NAME: row(N, R, prepared, writes, writes),
        Operation.PUT_BUFFER_UNDERRUN_FREE_DISABLED: row(unprepared, unprepared, P, writes, writes),
        Operation.PREPARE_MEDIA: row(codes.no_recorder, P, prepared, prepared, prepared),
        Operation.RELEASE_MEDIA: row(unprepared, unprepared, R, writes, writes),
        Operation.SET_WRITE_SPEED: row(HResult.E_IMAPI_RECORDER_REQUIRED, R, P, writes, writes),
        Operation.GET_OF_THE_DEVICE: row(codes.no_recorder, R, P, W, T),
        Operation.GET_SETTING: row(*STAYS),
    }
    both = common | own
    order = [*Operation, *RawOperation]
    return {call: both[call] for call in sorted(both, key=lambda call: (_kin(call), order.index(call)))}


def _kin(call: AnyOperation) -> int:
    """The place in the order of the table: puts, then calls, then gets."""
    return {"put": 0, "get": 2}.get(call.partition(" ")[0], 1)


_TAO = _Codes(
    HResult.E_IMAPI_DF2TAO_WRITE_IN_PROGRESS,
    HResult.E_IMAPI_DF2TAO_WRITE_NOT_IN_PROGRESS,
    HResult.E_IMAPI_DF2TAO_MEDIA_IS_PREPARED,
    HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_PREPARED,
    HResult.E_IMAPI_DF2TAO_NO_RECORDER_SPECIFIED,
)
_TAO_ONCE = row(_TAO.unprepared, _TAO.unprepared, P, _TAO.writes, _TAO.writes)

TABLE: Table = _table(
    _TAO,
    {
        Operation.PUT_DO_NOT_FINALIZE_MEDIA: row(N, R, _TAO.prepared, _TAO.writes, _TAO.writes),
        Operation.PUT_BURN_VERIFICATION_LEVEL: row(N, R, P, _TAO.writes, _TAO.writes),
        Operation.ADD_AUDIO_TRACK: row(_TAO.unprepared, _TAO.unprepared, W, _TAO.writes, _TAO.writes),
        Operation.CANCEL_ADD_TRACK: row(_TAO.idle, _TAO.idle, _TAO.idle, W, _TAO.idle),
        Operation.GET_NUMBER_OF_EXISTING_TRACKS: _TAO_ONCE,
        Operation.GET_SECTOR_COUNTS: row(_TAO.unprepared, _TAO.unprepared, P, W, T),
        Operation.GET_EXPECTED_TABLE_OF_CONTENTS: _TAO_ONCE,
    },
)
"""The table of the track-at-once writer."""

_RAW = _Codes(
    HResult.E_IMAPI_DF2RAW_WRITE_IN_PROGRESS,
    HResult.E_IMAPI_DF2RAW_WRITE_NOT_IN_PROGRESS,
    HResult.E_IMAPI_DF2RAW_MEDIA_IS_PREPARED,
    HResult.E_IMAPI_DF2RAW_MEDIA_IS_NOT_PREPARED,
    HResult.E_IMAPI_DF2RAW_NO_RECORDER_SPECIFIED,
)
_RAW_KNOWN = row(_RAW.unprepared, _RAW.unprepared, P, W, _RAW.unprepared)

RAW_TABLE: Table = _table(
    _RAW,
    {
        RawOperation.PUT_REQUESTED_SECTOR_TYPE: row(
            _RAW.unprepared, _RAW.unprepared, P, _RAW.writes, _RAW.writes
        ),
        RawOperation.WRITE_MEDIA: row(_RAW.unprepared, _RAW.unprepared, W, _RAW.writes, _RAW.writes),
        RawOperation.CANCEL_WRITE: row(_RAW.idle, _RAW.idle, _RAW.idle, W, _RAW.idle),
        RawOperation.GET_REQUESTED_SECTOR_TYPE: _RAW_KNOWN,
        RawOperation.GET_SUPPORTED_SECTOR_TYPES: _RAW_KNOWN,
        RawOperation.GET_ENDS_OF_THE_DISC: _RAW_KNOWN,
    },
)
"""The table of the disc-at-once writer."""

ENDS_IN = {State.WRITING: State.PREPARED}
"""Where a state leads by itself, however the call that led to it ends."""


def markdown(table: Mapping[Any, Mapping[Any, Enum | HResult]], states: Iterable[Enum] = STATES) -> str:
    """The table in Markdown, for the documentation."""
    columns = list(states)
    lines = [
        "| call | " + " | ".join(state.value for state in columns) + " |",
        "| --- " * (len(columns) + 1) + "|",
    ]
    for call, row in table.items():
        cells = []
        for state, entry in row.items():
            if isinstance(entry, HResult):
                cells.append(entry.name.removeprefix("E_IMAPI_"))
            else:
                cells.append("ok" if entry is state else f"ok → {entry.value}")
        lines.append(f"| {call.value} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def diagram(table: Table = TABLE) -> str:
    """The states and the calls between them, as a Mermaid diagram."""
    lines = ["stateDiagram-v2", "    [*] --> N"]
    for operation, row in table.items():
        for state, entry in row.items():
            if isinstance(entry, State) and entry is not state:
                lines.append(f"    {state.value} --> {entry.value}: {operation.value}")
    for state, after in ENDS_IN.items():
        lines.append(f"    {state.value} --> {after.value}: the write has ended")
    return "\n".join(lines)
