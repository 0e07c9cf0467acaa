"""Which call on a track-at-once writer is legal when, as a table.

A state is what the object is in; an entry says where a legal call leads, or the code of an illegal one.
`docs/imapi2.md` shows table and diagram, drawn from here. IN_TRANSITION is ours: IMAPI2's pages know no
second thread that calls while PrepareMedia or ReleaseMedia is at work.
"""

from __future__ import annotations

from enum import Enum, StrEnum, unique
from typing import TypeAlias

from redbook.imapi2.typelib.hresults import HResult


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


Entry: TypeAlias = State | HResult

STATES = (State.NO_RECORDER, State.RECORDER_SET, State.PREPARED, State.WRITING, State.IN_TRANSITION)
N, R, P, W, T = STATES
STAYS = (N, R, P, W, T)

_WRITES = HResult.E_IMAPI_DF2TAO_WRITE_IN_PROGRESS
_IDLE = HResult.E_IMAPI_DF2TAO_WRITE_NOT_IN_PROGRESS
_PREPARED = HResult.E_IMAPI_DF2TAO_MEDIA_IS_PREPARED
_UNPREPARED = HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_PREPARED
_NO_RECORDER = HResult.E_IMAPI_DF2TAO_NO_RECORDER_SPECIFIED
_REQUIRED = HResult.E_IMAPI_RECORDER_REQUIRED


def _row(*entries: Entry) -> dict[State, Entry]:
    return dict(zip(STATES, entries, strict=True))


TABLE: dict[Operation, dict[State, Entry]] = {
    Operation.PUT_RECORDER: _row(R, R, _PREPARED, _WRITES, _WRITES),
    Operation.CLEAR_RECORDER: _row(N, N, _PREPARED, _WRITES, _WRITES),
    Operation.PUT_CLIENT_NAME: _row(N, R, _PREPARED, _WRITES, _WRITES),
    Operation.PUT_DO_NOT_FINALIZE_MEDIA: _row(N, R, _PREPARED, _WRITES, _WRITES),
    Operation.PUT_BUFFER_UNDERRUN_FREE_DISABLED: _row(_UNPREPARED, _UNPREPARED, P, _WRITES, _WRITES),
    Operation.PUT_BURN_VERIFICATION_LEVEL: _row(N, R, P, _WRITES, _WRITES),
    Operation.PREPARE_MEDIA: _row(_NO_RECORDER, P, _PREPARED, _PREPARED, _PREPARED),
    Operation.ADD_AUDIO_TRACK: _row(_UNPREPARED, _UNPREPARED, W, _WRITES, _WRITES),
    Operation.CANCEL_ADD_TRACK: _row(_IDLE, _IDLE, _IDLE, W, _IDLE),
    Operation.RELEASE_MEDIA: _row(_UNPREPARED, _UNPREPARED, R, _WRITES, _WRITES),
    Operation.SET_WRITE_SPEED: _row(_REQUIRED, R, P, _WRITES, _WRITES),
    Operation.GET_NUMBER_OF_EXISTING_TRACKS: _row(_UNPREPARED, _UNPREPARED, P, _WRITES, _WRITES),
    Operation.GET_SECTOR_COUNTS: _row(_UNPREPARED, _UNPREPARED, P, W, T),
    Operation.GET_EXPECTED_TABLE_OF_CONTENTS: _row(_UNPREPARED, _UNPREPARED, P, _WRITES, _WRITES),
    Operation.GET_OF_THE_DEVICE: _row(_NO_RECORDER, R, P, W, T),
    Operation.GET_SETTING: _row(*STAYS),
}

ENDS_IN = {State.WRITING: State.PREPARED}
"""Where a state leads by itself, however the call that brought it about ends."""


def markdown() -> str:
    """The table, for the documentation."""
    lines = ["| call | " + " | ".join(state.value for state in STATES) + " |", "| --- " * 6 + "|"]
    for operation, row in TABLE.items():
        cells = []
        for state, entry in row.items():
            if isinstance(entry, HResult):
                cells.append(entry.name.removeprefix("E_IMAPI_"))
            else:
                cells.append("ok" if entry is state else f"ok → {entry.value}")
        lines.append(f"| {operation.value} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def diagram() -> str:
    """The states and what leads from one to another, as a Mermaid diagram."""
    lines = ["stateDiagram-v2", "    [*] --> N"]
    for operation, row in TABLE.items():
        for state, entry in row.items():
            if isinstance(entry, State) and entry is not state:
                lines.append(f"    {state.value} --> {entry.value}: {operation.value}")
    for state, after in ENDS_IN.items():
        lines.append(f"    {state.value} --> {after.value}: the track has ended")
    return "\n".join(lines)
