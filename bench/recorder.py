"""Measure WRITE (10) of 27 sectors in process: to the virtual recorder, and to a transport that does nothing.

    python bench/recorder.py        (called by bench.py, too)

To memory once cold (every page is new to the process) and once on pages that were used before, which is
what the recorder itself costs; to a disc folder, which is what the disk costs.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from nothing import OnlyGood

from redbook.disc import SECTOR_BYTES
from redbook.mmc.control import TestUnitReady
from redbook.mmc.write import Blank, BlankType, CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from redbook.transport.base import Status, Transport
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder

SECTORS = 27
WRITES = 4000
ROUNDS = 5
AIM_MB_PER_SECOND = 2000


def _ready(recorder: VirtualRecorder) -> VirtualRecorder:
    while recorder.execute(TestUnitReady().to_cdb()).status != Status.GOOD:
        pass
    return recorder


def _rate(transport: Transport, data: bytes) -> float:
    """MB per second of WRITEs from sector 0 on."""
    cdbs = [Write10(number * SECTORS, data).to_cdb() for number in range(WRITES)]
    start = time.perf_counter()
    for cdb in cdbs:
        if transport.execute(cdb, data).status != Status.GOOD:
            raise SystemExit("a WRITE was refused: there is nothing to measure")
    return WRITES * len(data) / (time.perf_counter() - start) / 1e6


def _blank_again(recorder: VirtualRecorder) -> None:
    for command in (
        SynchronizeCache(),
        CloseTrackSession(CloseFunction.SESSION),
        Blank(BlankType.MINIMAL),
    ):
        recorder.execute(command.to_cdb())


def bench_recorder(work: Path) -> None:
    data = os.urandom(SECTORS * SECTOR_BYTES)
    rates: dict[str, list[float]] = {name: [] for name in ("nothing", "cold", "warm", "folder")}
    for number in range(ROUNDS):
        rates["nothing"].append(_rate(OnlyGood(), data))
        recorder = _ready(VirtualRecorder(Medium.new("cd-rw")))
        rates["cold"].append(_rate(recorder, data))
        _blank_again(recorder)
        rates["warm"].append(_rate(recorder, data))
        folder = _ready(VirtualRecorder(Medium.new_at(work / f"{number}.disc")))
        rates["folder"].append(_rate(folder, data))
        folder.close()
    found = {name: statistics.median(measured) for name, measured in rates.items()}
    print(
        f"WRITE (10) of {SECTORS} sectors in process, one by one:  (aim: {AIM_MB_PER_SECOND} MB/s to memory)"
    )
    print(f"  to memory that was used before {found['warm']:8.0f} MB/s")
    print(f"  to new memory                  {found['cold']:8.0f} MB/s")
    print(f"  to a disc folder               {found['folder']:8.0f} MB/s")
    print(f"  to a transport that does nothing: {found['nothing'] / found['warm']:.0f} times the first")


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as work:
        bench_recorder(Path(work))


if __name__ == "__main__":
    main()
