"""Burn eight discs at 52x at once, by one process, in real time; how well was each recorder supplied?

    python bench/eight.py         (about two minutes)

Each recorder is a virtual one, paced by the machine's own clock, with a job of its own: it drains its 2 MiB
buffer at 52 x 176 400 bytes a second. What is burned is decoded before, as in every burn.
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from measured import in_a_folder

RECORDERS = 8
SPEED = 52
TRACKS, SECONDS_EACH = 2, 596


@dataclass(frozen=True)
class Supplied:
    """host_buffer  how full it was at least, from 0 to 1
    underruns       how often the recorder ran empty
    gap_ms          the longest between two WRITEs
    """

    host_buffer: float
    underruns: int
    gap_ms: float


def burn_one(disc: Path, files: list[str], together: threading.Barrier) -> Supplied:
    import redbook
    from redbook.drive import Drive
    from redbook.virtual.medium import Medium
    from redbook.virtual.recorder import VirtualRecorder

    recorder = VirtualRecorder(Medium.new_at(disc), speed=SPEED)
    with Drive(recorder, f"virtual:{disc.name}") as drive:
        plan = redbook.plan(files, drive, keep_audio=True)
        together.wait()
        report = redbook.burn(plan, drive, speed=SPEED, verify=False)
    gap_ms = (report.longest_gap_seconds or 0) * 1000
    return Supplied(report.host_buffer_lowest, recorder.buffer.underruns, gap_ms)


def bench_eight(work: Path, files: list[str]) -> None:
    load = os.getloadavg()[0]
    together = threading.Barrier(RECORDERS)
    discs = work / "eight"  # beside discs of other measurements
    discs.mkdir()
    with ThreadPoolExecutor(RECORDERS) as pool:
        jobs = [
            pool.submit(burn_one, discs / f"{number}.disc", files, together) for number in range(RECORDERS)
        ]
        found = [job.result() for job in jobs]
    minutes = TRACKS * SECONDS_EACH // 60
    print(
        f"{RECORDERS} recorders at {SPEED}x at once in one process, {minutes} minutes each, "
        f"{os.cpu_count()} cores, load before {load:.1f}"
    )
    print(f"  host buffers, lowest         {min(one.host_buffer for one in found):6.0%}     (aim: 50 %)")
    gap = max(one.gap_ms for one in found)
    print(f"  longest gap between WRITEs   {gap:6.1f} ms  (a full buffer lasts 229 ms)")
    print(f"  times a drive ran empty      {sum(one.underruns for one in found):6}     (aim: 0)")


def main() -> None:
    from bench import make_flacs

    in_a_folder(lambda work: bench_eight(work, make_flacs(work / "flac", TRACKS, SECONDS_EACH)))


if __name__ == "__main__":
    sys.exit(main())
