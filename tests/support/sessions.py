"""Sessions written at once, for tests that want a disc with more on it than track-at-once can put there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redbook import cd_text
from redbook.cd_text import PackType
from redbook.disc import LEAD_OUT, SECTOR_BYTES, Msf
from redbook.drive import Drive
from redbook.mmc import cue_sheet
from redbook.mmc.cue_sheet import CueEntry, SendCueSheet, code_entries
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters, WriteType
from redbook.mmc.write import SynchronizeCache, Write10

CHUNK = 27
FIRST_LBA = -150


@dataclass(frozen=True)
class Wanted:
    """One track: sectors before and behind index 1, and where further indexes begin behind it."""

    sectors: int
    pregap_sectors: int = 0
    indexes: Sequence[int] = ()
    isrc: str = ""
    control: int = 0


def sheet(
    tracks: Sequence[Wanted], *, mcn: str = "", lead_in_form: int = 1, start_lba: int = FIRST_LBA
) -> SendCueSheet:
    """In the order that cdrdao sends it; the first track's pregap includes the 150 sectors before LBA 0."""
    entries: list[CueEntry] = [*code_entries(cue_sheet.MCN, mcn)] if mcn else []
    entries.append(CueEntry(0, 1, data_form=lead_in_form))
    lba = start_lba
    for number, track in enumerate(tracks, 1):
        if track.isrc:
            entries += code_entries(cue_sheet.ISRC, track.isrc, number, track.control)
        if track.pregap_sectors:
            entries.append(CueEntry(track.control, 1, number, 0, time=Msf.from_lba(lba)))
            lba += track.pregap_sectors
        entries.append(CueEntry(track.control, 1, number, 1, time=Msf.from_lba(lba)))
        for index, offset in enumerate(track.indexes, 2):
            entries.append(CueEntry(track.control, 1, number, index, time=Msf.from_lba(lba + offset)))
        lba += track.sectors
    entries.append(CueEntry(tracks[-1].control, 1, LEAD_OUT, 1, 1, time=Msf.from_lba(lba)))
    return SendCueSheet.of(entries)


def select_session_at_once(drive: Drive, next_session: int = MultiSession.LAST, **other: object) -> None:
    page = WriteParameters(
        write_type=WriteType.SESSION_AT_ONCE,
        multi_session=next_session,
        **other,  # type: ignore[arg-type]
    )
    drive.run(ModeSelect10(page.to_page()))


def write(drive: Drive, lba: int, data: bytes, sector_bytes: int = SECTOR_BYTES) -> int:
    """Contiguous WRITEs from this sector on; the sector behind the last."""
    step = CHUNK * sector_bytes
    for start in range(0, len(data), step):
        part = data[start : start + step]
        drive.run(Write10(lba, part, sector_bytes))
        lba += len(part) // sector_bytes
    return lba


def packs(titles: Sequence[str], kind: PackType = PackType.TITLE) -> bytes:
    """CD-Text of one kind: the disc's text, then the tracks'."""
    body = b"".join(title.encode("latin-1") + b"\0" for title in titles)
    count = -(-len(body) // 12)
    out = b""
    for number in range(count):
        track = body[: number * 12].count(b"\0")
        part = body[number * 12 : number * 12 + 12].ljust(12, b"\0")
        out += cd_text.sealed(bytes((kind, track, number, 0)) + part)
    return out


def burn_at_once(drive: Drive, tracks: Sequence[Wanted], audio: bytes, **more: str) -> None:
    """A whole disc; `audio` begins at LBA -150."""
    select_session_at_once(drive)
    drive.run(sheet(tracks, **more))  # type: ignore[arg-type]
    write(drive, FIRST_LBA, audio)
    drive.run(SynchronizeCache())
