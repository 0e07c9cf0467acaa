"""Measure a whole burn against ffmpeg, in one run; print ratios.  docs/performance.md says what came out.

    make bench        (some minutes; about 3 GB in the temporary folder)

Never asserted in tests: a machine that is busy with something else is not a defect.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from eight import bench_eight
from iscsi import bench_iscsi
from measured import Cost, measure
from recorder import bench_recorder
from supply import SECONDS_EACH, TRACKS, bench_supply, busy_cores

RATE = 44_100
REDBOOK = [str(Path(sys.executable).with_name("redbook"))]
PAIRS = 3
STARTS = 21


def music(seconds: int, seed: int) -> bytes:
    """Tones that come and go over coloured noise; FLAC makes about 60 % of it, as of much music."""
    import numpy as np

    rng = np.random.default_rng(seed)
    count = seconds * RATE + seed * 101
    t = np.arange(count, dtype=np.float32) / RATE
    sound = np.zeros((count, 2), np.float32)
    for _ in range(6):
        hertz = 110 * 2 ** (rng.integers(0, 48) / 12)
        swell = 0.5 + 0.5 * np.sin(2 * np.pi * (0.1 + rng.random()) * t)
        tone = (0.05 + 0.1 * rng.random()) * swell * np.sin(2 * np.pi * hertz * t)
        left = rng.random()
        sound += np.stack([left * tone, (1 - left) * tone], axis=1)
    noise = rng.standard_normal((count, 2)).astype(np.float32)
    sound[1:] += 0.01 * (noise[1:] + 0.97 * noise[:-1])
    return np.rint(np.clip(sound, -1, 1) * 20_000).astype("<i2").tobytes()


def make_flacs(folder: Path, tracks: int, seconds: int) -> list[str]:
    """In a process of its own: what this one once used would count as its children's peak."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_make_flacs, folder, tracks, seconds).result()


def _make_flacs(folder: Path, tracks: int, seconds: int) -> list[str]:
    folder.mkdir()
    options = ["--endian=little", "--sign=signed", "--channels=2", "--bps=16", f"--sample-rate={RATE}"]
    for number in range(1, tracks + 1):
        command = ["flac", "-s", "-5", "--force-raw-format", *options, "-o", f"{number:02d}.flac", "-"]
        subprocess.run(command, input=music(seconds, number), check=True, cwd=folder)
    return [str(file) for file in sorted(folder.iterdir())]


def burn(files: list[str], folder: Path, *options: str, keep: bool = False) -> Cost:
    cost = measure(
        [*REDBOOK, "burn", "-q", *files, "--drive", "virtual:bench.disc", "--yes", *options], folder
    )
    if not keep:
        shutil.rmtree(folder / "bench.disc")
    return cost


def decode(files: list[str], folder: Path) -> Cost:
    """ffmpeg, one file after the other, to raw PCM on the same disk."""
    one = 'ffmpeg -nostdin -v error -y -i "$f" -f s16le -c:a pcm_s16le "${f##*/}.raw"'
    script = f'for f in "$@"; do {one} || exit 1; done'
    cost = measure(["sh", "-c", script, "sh", *files], folder)
    for raw in folder.glob("*.raw"):
        raw.unlink()
    return cost


def ratios(first: list[Cost], second: list[Cost]) -> str:
    pairs = list(zip(first, second, strict=True))
    wall = statistics.median(a.wall / b.wall for a, b in pairs)
    cpu = statistics.median(a.cpu / b.cpu for a, b in pairs)
    return f"wall {wall:.2f} x, CPU {cpu:.2f} x"


def median(costs: list[Cost]) -> str:
    return (
        f"wall {statistics.median(c.wall for c in costs):6.2f} s   "
        f"CPU {statistics.median(c.cpu for c in costs):6.2f} s   peak {max(c.peak_mb for c in costs):4.0f} MB"
    )


@dataclass(frozen=True)
class Sources:
    """Sound files of a disc, and what a verified burn may take of ffmpeg's time for the same files."""

    name: str
    files: list[str]
    wall_aim: float
    cpu_aim: float


def seconds_to_the_first_write(files: list[str], folder: Path) -> float:
    """From Enter: until redbook tells that it writes."""
    command = [*REDBOOK, "burn", "--json", *files, "--drive", "virtual:bench.disc", "--yes"]
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        writing = next(line for line in process.stdout if json.loads(line).get("phase") == "writing")
        seconds = time.perf_counter() - start
        process.communicate()
    assert writing
    shutil.rmtree(folder / "bench.disc")
    return seconds


def bench_burn(work: Path, every: list[Sources], busy: bool) -> None:
    load = os.getloadavg()[0]
    beside = "beside an endless loop for each core" if busy else "with nothing of ours beside it"
    print(f"A verified burn of 74 minutes of FLAC, 16 bit 44.1 kHz, {beside}; load before {load:.1f}:")
    with busy_cores() if busy else nullcontext():
        for sources in every:
            burns, decodes, firsts = [], [], []
            for _ in range(PAIRS):
                burns.append(burn(sources.files, work))
                decodes.append(decode(sources.files, work))
                firsts.append(seconds_to_the_first_write(sources.files, work) / decodes[-1].wall)
            print(f"  {sources.name:<12} redbook   {median(burns)}")
            print(f"  {'':<12} ffmpeg    {median(decodes)}")
            print(
                f"  {'':<12} ratio     {ratios(burns, decodes)}"
                f"     (aims: wall {sources.wall_aim} x, CPU {sources.cpu_aim} x, peak 90 MB)"
            )
            print(f"  {'':<12} to the first WRITE {statistics.median(firsts):.2f} x     (aim: 0.6 x)")


def bench_memory(work: Path) -> None:
    peaks = {}
    for name, tracks, seconds in (("5 minutes", 2, 150), ("79 minutes", 13, 363)):
        files = make_flacs(work / name.split()[0], tracks, seconds)
        peaks[name] = burn(files, work).peak_mb
    print("Peak resident memory of a verified burn:      (aim: 90 MB at most, and the same)")
    for name, peak in peaks.items():
        print(f"  {name:<12} {peak:5.0f} MB")


def bench_start(work: Path) -> None:
    burn(make_flacs(work / "start", 1, 4), work, keep=True)
    bare = [sys.executable, "-c", "pass"]
    print(f"Start-up, in ms over bare Python:             load before {os.getloadavg()[0]:.1f}")
    for arguments, aim in ((["--help"], 40), (["info", "--drive", "virtual:bench.disc"], 120)):
        measure([*REDBOOK, *arguments], work)  # writes the bytecode that is missing
        pairs = [(measure([*REDBOOK, *arguments], work), measure(bare, work)) for _ in range(STARTS)]
        wall = statistics.median(ours.wall - theirs.wall for ours, theirs in pairs) * 1000
        cpu = statistics.median(ours.cpu - theirs.cpu for ours, theirs in pairs) * 1000
        print(f"  redbook {arguments[0]:<8} wall {wall:4.0f} ms   CPU {cpu:4.0f} ms     (aim: {aim} ms)")
    shutil.rmtree(work / "bench.disc")


def every_source(work: Path) -> list[Sources]:
    twelve = make_flacs(work / "12", tracks=12, seconds=368)
    return [
        Sources("12 files", twelve, 0.8, 1.3),
        Sources("1 file", make_flacs(work / "1", tracks=1, seconds=74 * 60), 1.0, 1.3),
        Sources("99 files", make_flacs(work / "99", tracks=99, seconds=44), 0.8, 1.3),
    ]


def main() -> None:
    place = os.environ.get("TMPDIR", "/var/tmp")
    with tempfile.TemporaryDirectory(prefix="redbook-bench-", dir=place) as name:
        work = Path(name)
        bench_start(work)
        bench_memory(work)
        every = every_source(work)
        for busy in (False, True):
            bench_burn(work, every, busy)
        bench_recorder(work)
        bench_iscsi(work)
        files = make_flacs(work / "80", TRACKS, SECONDS_EACH)
        bench_supply(work, files)
        bench_eight(work, files[:2])


if __name__ == "__main__":
    main()
