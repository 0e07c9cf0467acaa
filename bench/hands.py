"""Five hands at once, each a process of its own, on recorders that take the time of real ones at 48x.

    python bench/hands.py [--drives 5] [--speed 48] [--minutes 3]

What is printed is what the hands reported: underruns (how often a WRITE had to wait for data), how low the
host's buffer was at its lowest, and how fast each disc really was. An underrun is a failure: exit code 1.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from redbook.disc import SECTOR_BYTES, SECTORS_PER_SECOND
from redbook.production.making import make_copies
from redbook.virtual.rack import Rack


def noise(path: Path, minutes: float) -> str:
    """A source of noise, which nothing can shorten."""
    generator = np.random.default_rng(1)
    with path.open("wb") as file:
        for _ in range(round(minutes * 60)):
            file.write(generator.integers(0, 256, SECTOR_BYTES * SECTORS_PER_SECOND, np.uint8).tobytes())
    return f"raw:{path}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--drives", type=int, default=5)
    parser.add_argument("--speed", type=float, default=48.0)
    parser.add_argument("--minutes", type=float, default=3.0)
    given = parser.parse_args()
    os.environ["REDBOOK_MODEL"] = "redbook"
    with tempfile.TemporaryDirectory(prefix="redbook-hands-", dir="/var/tmp") as name:
        folder = Path(name)
        source = noise(folder / "noise.pcm", given.minutes)
        rack = Rack.new(folder / "rack", drives=given.drives, blanks=given.drives, pace=given.speed)
        for at in rack.drives():
            blank = rack.take_blank()
            assert blank is not None
            at.put_in(blank)
        began = time.monotonic()
        report = make_copies(
            source, [str(rack.folder)], given.drives, speed=given.speed, folder=folder / "account"
        )
        seconds = time.monotonic() - began
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    each = (cpu.ru_utime + cpu.ru_stime) / given.drives
    print(f"{given.drives} hands at {given.speed:g}x, {given.minutes:g} min of audio each: {seconds:.0f} s")
    print(f"{os.cpu_count()} processors, load {load}; {each:.1f} s of CPU a disc")
    underruns = 0
    for blank in report.blanks:
        details = blank.details
        underruns += details.get("underruns", 0)
        measured = details.get("measured_speed")
        print(
            f"{blank.drive.rpartition('/')[2]:>4}  {blank.state:<8} underruns {details.get('underruns')}  "
            f"host buffer at its lowest {details.get('host_buffer_lowest', 0):.0%}  "
            f"{f'{measured:.1f}x' if measured else ''}"
        )
    print(f"{report.good} of {given.drives} good, {underruns} underruns")
    return 0 if report.complete and not underruns else 1


if __name__ == "__main__":
    sys.exit(main())
