"""Recorders in the state that a test wants."""

from __future__ import annotations

from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.errors import UnitAttention
from redbook.mmc.control import TestUnitReady
from redbook.mmc.disc_info import ReadTrackInformation
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.write import CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from redbook.virtual.model import Model
from redbook.virtual.recorder import VirtualRecorder


def model(**habits: object) -> Model:
    """A recorder that has these habits, and is the default one else."""
    table = {"source": "a test", "vendor": "REDBOOK", "product": "TEST", "revision": "1"}
    return Model.from_table("test", table | habits)


def ready(recorder: VirtualRecorder) -> Drive:
    """An open drive without pending attentions."""
    drive = Drive(recorder, "test")
    while True:
        try:
            drive.run(TestUnitReady())
        except UnitAttention:
            continue
        return drive


def next_lba(drive: Drive) -> int:
    lba = drive.run(ReadTrackInformation()).next_writable_lba
    assert lba is not None
    return lba


def write_track(drive: Drive, sectors: int, fill: int = 0x11) -> int:
    """A whole track of one byte's value; returns where it starts."""
    start = next_lba(drive)
    done = 0
    while done < sectors:
        count = min(27, sectors - done)
        drive.run(Write10(start + done, bytes([fill]) * (count * SECTOR_BYTES)))
        done += count
    drive.run(SynchronizeCache())
    return start


def close_session(drive: Drive, next_session: MultiSession = MultiSession.LAST) -> None:
    drive.run(ModeSelect10(WriteParameters(multi_session=next_session).to_page()))
    drive.run(CloseTrackSession(CloseFunction.SESSION))
