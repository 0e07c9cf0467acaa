"""Programs written by others, with a virtual recorder as their /dev/sr0."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from redbook.share.host import Host
from redbook.transport.base import LogicalUnit

PATIENCE_SECONDS = 300  # a program that hangs shall not hang the tests


def client(recorder: LogicalUnit, *command: str | Path, check: bool = True) -> str:
    """Run a program on a recorder; all that it printed.

    raises  AssertionError  with that, if it ended with another exit code than 0
    """
    with Host([recorder]) as host:
        done = subprocess.run(
            host.command(command),
            env=host.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE_SECONDS,
        )
        assert not host.still_open()
    text = done.stdout.decode("utf-8", "replace")
    assert not check or done.returncode == 0, f"{command[0]} ended with {done.returncode}\n{text}"
    return text


def toc_by_libcdio(recorder: LogicalUnit) -> tuple[list[int], int]:
    """Where the tracks start, and the lead-out: cd-info by the kernel's ioctls."""
    text = client(recorder, "cd-info", "--no-cddb", "--no-device-info", "/dev/sr0")
    rows = re.findall(r"^ *(\d+): [\d:]+ +(\d{6}) (audio|leadout)", text, re.MULTILINE)
    starts = [int(lsn) for number, lsn, kind in rows if kind == "audio"]
    (lead_out,) = [int(lsn) for number, lsn, kind in rows if kind == "leadout"]
    return starts, lead_out


def track_by_cd_paranoia(recorder: LogicalUnit, track: int, sectors: int) -> bytes:
    """A track's first sectors, by packets.  -c: the byte order is not to be guessed from the signal."""
    span = f"{track}[.0]-{track}[.{sectors - 1}]"
    client(recorder, "cd-paranoia", "-q", "-c", "-Z", "-d", "/dev/sr0", "-r", span, "span.raw")
    return Path("span.raw").read_bytes()


def track_by_icedax(recorder: LogicalUnit, track: int) -> bytes:
    """Audio of a track, by SG_IO; little-endian, without a header."""
    client(
        recorder,
        *("icedax", "dev=/dev/sr0", "-q", "-H", "-O", "raw", "-E", "little", "-t", str(track), "track.raw"),
    )
    return Path("track.raw").read_bytes()
