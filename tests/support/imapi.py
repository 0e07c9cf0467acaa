"""A writer, its recorder and the virtual drive below them, as a test wants them."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.image.base import TrackState
from redbook.imapi2 import (
    HResult,
    MsftDiscFormat2Data,
    MsftDiscFormat2Erase,
    MsftDiscFormat2RawCD,
    MsftDiscFormat2TrackAtOnce,
    MsftDiscRecorder2,
    MsftRawCDImageCreator,
    attach,
    com_error,
    detach,
)
from redbook.transport.base import Transport
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import as_sent

NAME = "test program"
_ids = itertools.count(1)


def track(sectors: int, fill: int = 1) -> bytes:
    """PCM of whole sectors, no two of which are alike."""
    return b"".join(
        (n * 251 + fill).to_bytes(4, "little") * (SECTOR_BYTES // 4) for n in range(1, sectors + 1)
    )


@dataclass
class Rig:
    """Plugged in at `with`, unplugged behind it.

    updates  (action without its prefix, track, start, sectors, last written, elapsed, remaining)
    """

    medium: Medium | None = field(default_factory=Medium.new)
    transport: Transport | None = None
    faults: Sequence[Fault] = ()
    speed: float | None = None
    cav_speeds: Sequence[int] = ()
    clock: ManualClock = field(default_factory=ManualClock)
    node: str = ""
    unique_id: str = field(default_factory=lambda: f"recorder {next(_ids)}")
    updates: list[tuple[str, int, int, int, int, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.drive = VirtualRecorder(
            self.medium, speed=self.speed, clock=self.clock, cav_speeds=self.cav_speeds
        )
        self.recorder = MsftDiscRecorder2()
        self.writer = MsftDiscFormat2TrackAtOnce()
        self.eraser = MsftDiscFormat2Erase()
        self.data = MsftDiscFormat2Data()
        self.raw = MsftDiscFormat2RawCD()
        self.creator = MsftRawCDImageCreator()

    def __enter__(self) -> Rig:
        attach(self.transport or self.drive, self.unique_id, node=self.node, clock=self.clock)
        self.recorder.InitializeDiscRecorder(self.unique_id)
        self.writer._advise(self)
        self.drive.faults += self.faults
        return self

    def __exit__(self, *error: object) -> None:
        self.recorder.__exit__(None, None, None)
        detach(self.unique_id)

    def OnUpdate(self, source: Any, progress: Any) -> None:
        self.updates.append(
            (
                progress.CurrentAction.name.rpartition("ACTION_")[2],
                progress.CurrentTrackNumber,
                progress.StartLba,
                progress.SectorCount,
                progress.LastWrittenLba,
                progress.ElapsedTime,
                progress.RemainingTime,
            )
        )

    @property
    def actions(self) -> list[str]:
        return [update[0] for update in self.updates]

    def ready(self) -> MsftDiscFormat2TrackAtOnce:
        """State R."""
        self.writer.Recorder = self.recorder
        self.writer.ClientName = NAME
        return self.writer

    def prepared(self) -> MsftDiscFormat2TrackAtOnce:
        """State P."""
        self.ready().PrepareMedia()
        return self.writer

    def ready_eraser(self) -> MsftDiscFormat2Erase:
        self.eraser.Recorder = self.recorder
        self.eraser.ClientName = NAME
        return self.eraser

    def ready_raw(self) -> MsftDiscFormat2RawCD:
        """State R."""
        self.raw.Recorder = self.recorder
        self.raw.ClientName = NAME
        return self.raw

    def prepared_raw(self, kind: int | None = None) -> MsftDiscFormat2RawCD:
        """State P.  kind: IMAPI_FORMAT2_RAW_CD_DATA_SECTOR_TYPE"""
        self.ready_raw().PrepareMedia()
        if kind is not None:
            self.raw.RequestedSectorType = kind
        return self.raw

    def with_track(self, sectors: int = 300) -> MsftRawCDImageCreator:
        """The creator, with one track more."""
        self.creator.AddTrack(0, track(sectors))
        return self.creator

    def image(self) -> Any:
        """Of one track of 300 sectors, of type IS_COOKED."""
        return self.with_track().CreateResultImage()

    def asked(self) -> MsftDiscFormat2Data:
        self.data.Recorder = self.recorder
        return self.data

    @property
    def tracks(self) -> list[tuple[int, int, int]]:
        """Number, start and sectors of what is complete on the disc."""
        disc = self.drive.disc
        assert disc is not None
        ended = [t for t in disc.state.tracks if t.state is not TrackState.INCOMPLETE]
        return [(t.number, t.start_lba, t.sectors) for t in ended]

    def audio(self, start_lba: int, sectors: int) -> bytes:
        return as_sent(self.drive, start_lba, sectors)

    def is_free(self) -> bool:
        """Whether another object can have the drive for itself, and its tray open."""
        with MsftDiscRecorder2() as other:
            other.InitializeDiscRecorder(self.unique_id)
            other.AcquireExclusiveAccess(True, "another program")
            other.ReleaseExclusiveAccess()
        return not self.drive.tray_locked


def code_of(error: pytest.ExceptionInfo[com_error]) -> HResult:
    hresult = error.value.hresult
    assert isinstance(hresult, HResult)
    return hresult


def drive_of(rig: Rig) -> Drive:
    return Drive(rig.drive)


class Hanging(io.BytesIO):
    """A stream whose source hangs for 10 s of the recorder's clock, behind what the read-ahead holds."""

    def __init__(self, rig: Rig, pcm: bytes) -> None:
        super().__init__(pcm)
        self._rig, self._hung = rig, False

    def readinto(self, buffer: Any) -> int:
        if self.tell() > 19_000_000 and not self._hung:
            self._hung = True
            self._rig.clock.sleep(10)
        return super().readinto(buffer)
