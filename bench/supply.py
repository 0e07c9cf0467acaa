"""Burn 80 minutes of FLAC at 52x in real time while every core is busy; how well was the drive supplied?

    python bench/supply.py        (about three minutes; called by bench.py, too)

The recorder is the virtual one, paced by the machine's own clock, in this process: it drains its 2 MiB
buffer at 52 x 176 400 bytes a second. The other load is one endless loop for each core, at equal priority.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measured import in_a_folder

SPEED = 52
TRACKS, SECONDS_EACH = 8, 596
MINUTES = TRACKS * SECONDS_EACH // 60


def _spin() -> None:
    while True:
        pass


@contextmanager
def busy_cores() -> Iterator[int]:
    count = os.cpu_count() or 1
    spinning = [multiprocessing.get_context("spawn").Process(target=_spin, daemon=True) for _ in range(count)]
    for process in spinning:
        process.start()
    try:
        yield count
    finally:
        for process in spinning:
            process.kill()
            process.join()


def bench_supply(work: Path, files: list[str]) -> None:
    import redbook
    from redbook.drive import Drive
    from redbook.virtual.medium import Medium
    from redbook.virtual.recorder import VirtualRecorder

    recorder = VirtualRecorder(Medium.new_at(work / "supply.disc"), speed=SPEED)
    begun: list[float] = []

    def heard(event: redbook.Event) -> None:
        if isinstance(event, redbook.TrackStarted) and not begun:
            begun.append(time.monotonic())

    with Drive(recorder, "virtual:supply.disc") as drive, busy_cores() as cores:
        plan = redbook.plan(files, drive, keep_audio=True)
        report = redbook.burn(plan, drive, speed=SPEED, verify=False, on_event=heard)
        seconds = time.monotonic() - begun[0]
    lowest = report.drive_buffer_lowest
    gap_ms = (report.longest_gap_seconds or 0) * 1000
    print(f"{MINUTES} minutes of FLAC at {SPEED}x in real time, {cores} cores busy besides: {seconds:.0f} s")
    print(f"  host buffer, lowest          {report.host_buffer_lowest:6.0%}")
    print(f"  drive buffer, lowest         {'unknown' if lowest is None else f'{lowest:6.0%}'}")
    print(f"  longest gap between WRITEs   {gap_ms:6.1f} ms  (a full buffer lasts 229 ms)")
    print(f"  times the drive ran empty    {recorder.buffer.underruns:6}     (aim: 0)")


def main() -> None:
    from bench import make_flacs

    in_a_folder(lambda work: bench_supply(work, make_flacs(work / "80", TRACKS, SECONDS_EACH)))


if __name__ == "__main__":
    sys.exit(main())
