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
    drive = ready(VirtualRecorder(Medium.new_at(path)))
    drive.run(ModeSelect10(WriteParameters(write_type=2).to_page()))
    drive.run(SendCueSheet(SHEET))
    symbols = cd_text.to_symbols(packs())
    stream = symbols * (-LEAD_IN * 96 // len(symbols) + 1)
    for lba in range(LEAD_IN, -150, 660):
        count = min(660, -150 - lba)
        drive.run(Write10(lba, stream[(lba - LEAD_IN) * 96 : (lba - LEAD_IN + count) * 96], 96))
    write_from(drive, -150, END)
    drive.run(SynchronizeCache())
    drive.close()
