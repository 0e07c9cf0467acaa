"""Recorders in the state that a test wants."""

from __future__ import annotations

from redbook.disc import PREGAP_SECTORS, SAMPLE_BYTES, SECTOR_BYTES
from redbook.drive import Drive
from redbook.errors import UnitAttention
from redbook.mmc.control import StartStopUnit, TestUnitReady
from redbook.mmc.disc_info import ReadTrackInformation
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.write import CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from redbook.virtual.model import Model
from redbook.virtual.recorder import VirtualRecorder


def model(**habits: object) -> Model:
    """A recorder that has these habits, and is the default one else."""
    table = {"source": "a test", "vendor": "REDBOOK", "product": "TEST", "revision": "1"}
    return Model.from_table("test", table | habits)


def as_sent(recorder: VirtualRecorder, lba: int, sectors: int) -> bytes:
    """What is on the disc at this address, the recorder's own offset of writing taken off."""
    medium, move = recorder.disc, recorder.model.write_offset * SAMPLE_BYTES
    assert medium is not None
    margin = -(-abs(move) // SECTOR_BYTES)
    low, high = max(-PREGAP_SECTORS, lba - margin), lba + sectors + (margin if move > 0 else 0)
    begin = (lba - low) * SECTOR_BYTES + move
    return medium.read(low, high - low)[begin : begin + sectors * SECTOR_BYTES].ljust(
        sectors * SECTOR_BYTES, b"\0"
    )


def ready(recorder: VirtualRecorder) -> Drive:
    """An open drive without pending attentions."""
    drive = Drive(recorder, "test")
    while True:
        try:
            drive.run(TestUnitReady())
        except UnitAttention:
            continue
        return drive


def loaded_again(drive: Drive) -> Drive:
    """The same, its disc taken out and in: what it tells of it is no memory."""
    drive.run(StartStopUnit(start=False, load_eject=True))
    drive.run(StartStopUnit(start=True, load_eject=True))
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
