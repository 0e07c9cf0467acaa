"""A whole disc in a recorder as cdrdao, libcdio and cd-paranoia find it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from redbook.share.host import Host
from redbook.transport.base import LogicalUnit
from tests.support.clients import PATIENCE_SECONDS

FIELDS = ("title", "performer", "songwriter")
Texts = dict[tuple[int, str], str]
"""Track (0 is the disc) and kind of text to text; empty ones are left out."""


@dataclass
class FoundTrack:
    """index0_lba  None where there is none; of the first track the -150 that every disc has"""

    number: int
    start_lba: int = 0
    index0_lba: int | None = None
    indexes: list[int] = field(default_factory=list)
    isrc: str | None = None
    flags: list[str] = field(default_factory=list)


@dataclass
class Found:
    tracks: list[FoundTrack]
    lead_out_lba: int
    mcn: str | None
    texts: Texts


def programs(recorder: LogicalUnit, *commands: list[str]) -> list[str]:
    """What each prints, one after the other at one host.  raises  AssertionError  if one fails"""
    said = []
    with Host([recorder]) as host:
        for command in commands:
            done = subprocess.run(
                host.command(command),
                env=host.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE_SECONDS,
            )
            text = done.stdout.decode("utf-8", "replace")
            assert done.returncode == 0, f"{command[0]} ended with {done.returncode}\n{text}"
            said.append(text)
    return said


CD_INFO = ["cd-info", "--no-cddb", "--no-device-info", "/dev/sr0"]
READ_TOC = ["cdrdao", "read-toc", "--device", "/dev/sr0", "--datafile", "x.bin", "read.toc"]
DISK_INFO = ["cdrdao", "disk-info", "--device", "/dev/sr0"]
PARANOIA = ["cd-paranoia", "-q", "-c", "-Z", "-d", "/dev/sr0", "-r", "[00:00:00]-", "disc.raw"]
"""From LBA 0 to the lead-out, what lies before track 1 included."""


def by_cdrdao(printed: str, toc_file: Path) -> Found:
    """From Q of every sector, but for the lead-out, which is the TOC's.

    In a TOC file START is where index 1 lies in a track, and INDEX counts from there.
    """
    text = toc_file.read_text("latin-1")
    head, *blocks = text.split("// Track ")
    lead_out = re.search(r"^Leadout AUDIO +\d+ +[\d:]+\( *(\d+)\)", printed, re.M)
    assert lead_out, printed
    tracks: list[FoundTrack] = []
    texts: Texts = _texts(head, 0)
    at = 0
    first = int(re.findall(r"^ *(\d+) +AUDIO", printed, re.M)[0])
    for number, block in enumerate(blocks, first):
        start = re.search(r"^START ([\d:]+)", block, re.M)
        into = sectors(start[1]) if start else 0
        index0 = at if into else None
        isrc = re.search(r'^ISRC "(\w+)"', block, re.M)
        flags = [
            name
            for name, line in (
                ("copy", "COPY"),
                ("four-channel", "FOUR_CHANNEL_AUDIO"),
                ("pre-emphasis", "PRE_EMPHASIS"),
            )
            if re.search(rf"^{line}$", block, re.M)
        ]
        indexes = [at + into + sectors(place) for place in re.findall(r"^INDEX ([\d:]+)", block, re.M)]
        tracks.append(
            FoundTrack(number, at + into, index0 if tracks else -150, indexes, isrc and isrc[1], flags)
        )
        texts |= _texts(block, number - first + 1)
        silence = re.findall(r"^SILENCE ([\d:]+)", block, re.M)
        files = re.findall(r'^FILE "x.bin" [\d:]+ ([\d:]+)', block, re.M)
        at += sum(map(sectors, silence + files))
    assert at == int(lead_out[1]), "the tracks do not reach to the lead-out"
    mcn = re.search(r'^CATALOG "(\d+)"', head, re.M)
    return Found(tracks, at, mcn and mcn[1], texts)


def _texts(block: str, track: int) -> Texts:
    """Of language 0; a TOC file writes what is not ASCII in octal."""
    found = {}
    for name in FIELDS:
        said = re.search(rf'^ *{name.upper()} "((?:[^"\\]|\\.)*)"$', block, re.M)
        if said and said[1]:
            plain = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), said[1])
            found[track, name] = re.sub(r'\\(["\\])', r"\1", plain)
    return found


def sectors(time: str) -> int:
    """0, or mm:ss:ff"""
    if ":" not in time:
        return int(time)
    minutes, seconds, frames = map(int, time.split(":"))
    return (minutes * 60 + seconds) * 75 + frames


def by_cd_info(printed: str) -> Found:
    """From the TOC and by READ SUB-CHANNEL; it tells no index and no pregap."""
    rows = re.findall(
        r"^ *(\d+): [\d:]+ +(\d{6}) (audio|leadout)(?: +\w+ +(yes|no) +(\d) +(yes|no))?", printed, re.M
    )
    isrcs = {int(number): code for number, code in re.findall(r"TRACK +(\d+) ISRC: (\w+)", printed)}
    tracks = []
    for number, lba, kind, copy, channels, pre in rows:
        if kind == "audio":
            flags = [
                name
                for name, said in (
                    ("copy", copy == "yes"),
                    ("four-channel", channels == "4"),
                    ("pre-emphasis", pre == "yes"),
                )
                if said
            ]
            tracks.append(FoundTrack(int(number), int(lba), isrc=isrcs.get(int(number)), flags=flags))
    (lead_out,) = [int(lba) for _, lba, kind, *_ in rows if kind == "leadout"]
    mcn = re.search(r"\(MCN\): (\d{13})", printed)
    texts: Texts = {}
    for place, part in re.findall(r"^CD-TEXT for (Disc|Track +\d+):\n((?:\t.*\n)*)", printed, re.M):
        track = 0 if place == "Disc" else int(place.split()[1]) - tracks[0].number + 1
        for name, said in re.findall(r"^\t(\w+): (.*)$", part, re.M):
            if name.lower() in FIELDS and said:
                texts[track, name.lower()] = said
    return Found(tracks, lead_out, mcn and mcn[1], texts)
