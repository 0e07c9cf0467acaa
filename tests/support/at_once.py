"""Cue sheets as a program sends them, and the sectors of a session written at once or raw."""

from __future__ import annotations

from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.mmc.cue_sheet import SendCueSheet
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.write import SynchronizeCache, Write10


def entry(control_adr: int, track: int, index: int, form: int, lba: int, scms: int = 0) -> bytes:
    """One position of a cue sheet; times are binary, LBA -150 being 00:00:00 (MMC-5, annex on cue sheets)."""
    time = lba + 150
    return bytes((control_adr, track, index, form, scms, time // 4500, time // 75 % 60, time % 75))


def lead_in(form: int = 0x01, control: int = 0) -> bytes:
    """At 00:00:00, as cdrecord and libburn send it."""
    return entry(control << 4 | 1, 0, 0, form, -150)


def lead_out(lba: int, control: int = 0) -> bytes:
    return entry(control << 4 | 1, 0xAA, 1, 0x01, lba)


def mcn(code: str) -> bytes:
    return b"\x02" + code[:7].encode() + b"\x02" + code[7:].encode() + b"\0"


def isrc(track: int, code: str, control: int = 0) -> bytes:
    head = bytes((control << 4 | 3, track))
    return head + code[:6].encode() + head + code[6:].encode()


def one_track(sectors: int = 300, form: int = 0x00) -> bytes:
    """A whole sheet: pregap of 150, a track, lead-out."""
    return lead_in() + entry(1, 1, 0, form, -150) + entry(1, 1, 1, form, 0) + entry(1, 0xAA, 1, 0x01, sectors)


def sector(lba: int) -> bytes:
    """2352 bytes that no other sector has."""
    return (lba & 0xFFFFFFFF).to_bytes(4, "little") * (SECTOR_BYTES // 4)


def choose_session_at_once(
    drive: Drive, multi_session: int = MultiSession.LAST, *, test_write: bool = False
) -> None:
    page = WriteParameters(write_type=2, multi_session=multi_session, test_write=test_write)
    drive.run(ModeSelect10(page.to_page()))


def announce(drive: Drive, sheet: bytes, multi_session: int = MultiSession.LAST) -> None:
    choose_session_at_once(drive, multi_session)
    drive.run(SendCueSheet(sheet))


def write_from(drive: Drive, lba: int, end_lba: int) -> None:
    """Sectors of audio, each with its own content."""
    while lba < end_lba:
        count = min(27, end_lba - lba)
        drive.run(Write10(lba, b"".join(sector(n) for n in range(lba, lba + count))))
        lba += count


def write_session(
    drive: Drive, sheet: bytes, end_lba: int, first_lba: int = -150, multi_session: int = MultiSession.LAST
) -> None:
    """All of it, in one run, ended by SYNCHRONIZE CACHE."""
    announce(drive, sheet, multi_session)
    write_from(drive, first_lba, end_lba)
    drive.run(SynchronizeCache())
