"""Whole burns of three short tracks, by the engine alone, on whatever recorder a test hands in."""

from __future__ import annotations

from typing import Any

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.engine.burn import burn
from redbook.engine.events import Event
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.track_at_once import TrackAtOnce
from redbook.mmc import mode_pages
from redbook.mmc.disc_info import DiscStatus, ReadDiscInformation, SessionStatus
from redbook.runner.cancel import Cancel
from redbook.runner.runner import Runner
from redbook.transport.base import Reply
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import as_sent, ready
from tests.support.sound import noise
from tests.support.streams import BytesStream

TRACKS = [noise(588 * 400, 1), noise(588 * 350, 2), noise(588 * 301, 3)]
LENGTHS = [len(pcm) // SECTOR_BYTES for pcm in TRACKS]


class Recording:
    """A transport that notes what passes."""

    def __init__(self, inner: VirtualRecorder) -> None:
        self.inner = inner
        self.cdbs: list[bytes] = []

    def execute(
        self, cdb: bytes, data_out: bytes | memoryview = b"", data_in_length: int = 0, timeout: float = 30.0
    ) -> Reply:
        self.cdbs.append(cdb)
        return self.inner.execute(cdb, data_out, data_in_length, timeout)

    def announce(self, data_bytes: int) -> None:
        self.inner.announce(data_bytes)

    def close(self) -> None:
        self.inner.close()

    def opcodes(self) -> list[int]:
        return [cdb[0] for cdb in self.cdbs]


def run(
    recorder: Any,
    settings: Settings | None = None,
    *,
    tracks: list[bytes] = TRACKS,
    cancel: Cancel | None = None,
    clock: ManualClock | None = None,
    outcome: Outcome | None = None,
) -> list[Event]:
    """Burn; the events.  Raises what the burn raises."""
    events: list[Event] = []
    streams = [BytesStream(pcm, most=5000) for pcm in tracks]
    lengths = [stream.sectors for stream in streams]
    runner = Runner(
        Drive(recorder),
        emit=events.append,
        cancel=cancel,
        clock=clock or ManualClock(),
        streams=streams,
        total=sum(lengths),
    )
    runner.run(burn(TrackAtOnce(lengths), settings or Settings(), outcome or Outcome()))
    return events


def contents(recorder: VirtualRecorder) -> list[bytes]:
    """Of every track whose session is closed, as it was sent."""
    assert recorder.disc is not None
    closed = [track for session in recorder.disc.state.closed_sessions for track in session.tracks]
    return [as_sent(recorder, t.start_lba, LENGTHS[t.number - 1]) for t in closed]


def status(recorder: VirtualRecorder) -> tuple[DiscStatus, SessionStatus]:
    info = ready(recorder).run(ReadDiscInformation())
    return info.status, info.last_session_status


def is_locked(recorder: VirtualRecorder) -> bool:
    page = ready(recorder).run(mode_pages.ModeSense10(0x2A)).page(0x2A)
    assert page is not None
    return mode_pages.Capabilities.from_page(page).locked
