"""Measure a whole burn against ffmpeg, in one run; print ratios.  docs/performance.md says what came out.

    make bench        (some minutes; about 3 GB in the temporary folder)

Never asserted in tests: a machine that is busy with something else is not a defect.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from iscsi import bench_iscsi
from measured import Cost, measure
from recorder import bench_recorder
from supply import SECONDS_EACH, TRACKS, bench_supply

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


def burn(files: list[str], folder: Path, *options: str) -> Cost:
    cost = measure(
        [*REDBOOK, "burn", "-q", *files, "--drive", "virtual:bench.disc", "--yes", *options], folder
    )
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


def bench_burn(work: Path) -> None:
    files = make_flacs(work / "74", tracks=12, seconds=368)
    burn(files, work)  # once for each, so that files and memory are warm
    decode(files, work)
    burns, decodes, unverified = [], [], []
    for _ in range(PAIRS):
        burns.append(burn(files, work))
        decodes.append(decode(files, work))
        unverified.append(burn(files, work, "--no-verify"))
    print("A 74-minute disc of 12 FLAC files, 16 bit 44.1 kHz, to a virtual disc:")
    print(f"  redbook burn, verified       {median(burns)}")
    print(f"  redbook burn --no-verify     {median(unverified)}")
    print(f"  ffmpeg decoding to raw PCM   {median(decodes)}")
    print(f"  verified burn / ffmpeg:      {ratios(burns, decodes)}     (aims: wall 1.0 x, CPU 1.6 x)")


def bench_memory(work: Path) -> None:
    peaks = {}
    for name, tracks, seconds in (("5 minutes", 2, 150), ("79 minutes", 13, 363)):
        files = make_flacs(work / name.split()[0], tracks, seconds)
        peaks[name] = burn(files, work).peak_mb
    print("Peak resident memory of a verified burn:      (aim: 100 MB at most, and the same)")
    for name, peak in peaks.items():
        print(f"  {name:<12} {peak:5.0f} MB")


def bench_start(work: Path) -> None:
    bare = [sys.executable, "-c", "pass"]
    pairs = [(measure([*REDBOOK, "--help"], work), measure(bare, work)) for _ in range(STARTS)]
    ours, theirs = (statistics.median(pair[i].wall for pair in pairs) * 1000 for i in (0, 1))
    print("Start-up:                                     (aim: 60 ms over bare Python)")
    print(f"  redbook --help {ours:.0f} ms, python -c pass {theirs:.0f} ms: {ours - theirs:.0f} ms more")


def main() -> None:
    place = os.environ.get("TMPDIR", "/var/tmp")
    with tempfile.TemporaryDirectory(prefix="redbook-bench-", dir=place) as name:
        work = Path(name)
        bench_start(work)
        bench_memory(work)
        bench_burn(work)
        bench_recorder(work)
        bench_iscsi(work)
        bench_supply(work, make_flacs(work / "80", TRACKS, SECONDS_EACH))


if __name__ == "__main__":
    main()
