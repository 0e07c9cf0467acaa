"""A disc in a folder with everything on it that its sheets can say, for those who read them."""

from __future__ import annotations

from pathlib import Path

from redbook.disc import cd_text
from redbook.mmc.cue_sheet import SendCueSheet
from redbook.mmc.mode_pages import ModeSelect10, WriteParameters
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import entry, isrc, lead_in, lead_out, mcn, write_from
from tests.support.drives import ready

MCN = "4006381333931"
ISRCS = ["DEABC2500001", "DEABC2500002", ""]
TITLES = ["Album", "First Song", "Straße", "Third"]
PERFORMERS = ["Band", "Singer", "Singer", "Band"]
STARTS = [500, 1000, 1475]
END = 2000
LEAD_IN = -11077

SHEET = (
    mcn(MCN)
    + lead_in(0x41)
    + isrc(1, ISRCS[0], 2)
    + entry(0x21, 1, 0, 0, -150)
    + entry(0x21, 1, 1, 0, 500)  # a hidden track of 500 sectors before it
    + isrc(2, ISRCS[1], 1)
    + entry(0x11, 2, 1, 0, 1000)  # gapless
    + entry(0x11, 2, 2, 0, 1200)
    + entry(0x11, 2, 3, 0, 1300)
    + entry(0x01, 3, 0, 0, 1400)
    + entry(0x01, 3, 1, 0, 1475)
    + lead_out(END)
)


def packs() -> bytes:
    """Titles and performers of the disc and each track, and the sizes that end a block (MMC-5 annex J)."""
    found = []
    for kind, texts in ((0x80, TITLES), (0x81, PERFORMERS)):
        body = b"".join(text.encode("iso8859-1") + b"\0" for text in texts)
        for start in range(0, len(body), 12):
            track = body[:start].count(b"\0")
            into = start - (body[:start].rfind(b"\0") + 1)
            found.append(
                bytes((kind, track, len(found), min(into, 15))) + body[start : start + 12].ljust(12, b"\0")
            )
    counts = [sum(pack[0] == kind for pack in found) for kind in range(0x80, 0x90)]
    counts[15] = 3
    last = len(found) + 2
    sizes = bytes((0, 1, 3, 0, *counts, last, *bytes(7), 9, *bytes(7)))
    found += [bytes((0x8F, n, len(found) + n, 0)) + sizes[12 * n : 12 * n + 12] for n in range(3)]
    return b"".join(map(cd_text.sealed, found))


def burn_album(path: Path) -> None:
    """Session-at-once, as a program of others would; sector n has the content `at_once.sector(n)`."""
    write_album(VirtualRecorder(Medium.new_at(path)), SHEET, packs(), END)


def write_album(recorder: VirtualRecorder, sheet: bytes, packs: bytes, end: int) -> None:
    """A session with CD-Text, at once; its audio ends before sector `end`."""
    drive = ready(recorder)
    drive.run(ModeSelect10(WriteParameters(write_type=2).to_page()))
    drive.run(SendCueSheet(sheet))
    text = cd_text.LeadIn(packs)
    for lba in range(LEAD_IN, -150, 660):
        drive.run(Write10(lba, text.sectors(lba - LEAD_IN, min(660, -150 - lba)), 96))
    write_from(drive, -150, end)
    drive.run(SynchronizeCache())
    drive.close()


def plain_tracks(count: int, first: int = 1, sectors: int = 300) -> tuple[bytes, int]:
    """A sheet of so many tracks without a gap between them, and where they end."""
    sheet = lead_in(0x41) + entry(0x01, first, 0, 0, -150)
    for number in range(count):
        sheet += entry(0x01, first + number, 1, 0, number * sectors)
    return sheet + lead_out(count * sectors), count * sectors
