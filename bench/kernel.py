"""One job by redbook, wodim and cdrskin: on /dev/sr0 of a guest's kernel, and through the preload library.

    python bench/kernel.py        (ten minutes; it needs what make test-kernel needs, and umockdev)

Ten tracks are written track-at-once to one virtual recorder after the other. wodim and cdrskin get WAV files,
redbook the same and then FLAC. The guest is emulated (TCG): what computes costs many times as much there,
what waits does not.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from bench import make_flacs
from measured import Cost
from tests.kernel.debian_kernel import Kernel, NoKernel, cached
from tests.kernel.guest import Step, missing, run_guest
from tests.kernel.target import target

TRACKS, SECONDS_EACH = 10, 60
ROUNDS = 2
AIM = 1.3

WAVS = [f"{number:02d}.wav" for number in range(1, TRACKS + 1)]
FLACS = [f"{number:02d}.flac" for number in range(1, TRACKS + 1)]
REDBOOK = [sys.executable, "-m", "redbook", "burn", "--yes", "--drive"]
OTHERS = ("wodim -tao", "cdrskin -tao")
PROGRAMS: dict[str, Callable[[str], list[str]]] = {
    "wodim -tao": lambda node: [
        "wodim",
        "fs=2m",
        "gracetime=2",
        f"dev={node}",
        "-tao",
        "-audio",
        "-pad",
        *WAVS,
    ],
    "cdrskin -tao": lambda node: ["cdrskin", f"dev={node}", "-tao", "-audio", "-pad", *WAVS],
    "redbook, WAV, not verified": lambda node: [*REDBOOK, node, "--no-verify", *WAVS],
    "redbook, FLAC, not verified": lambda node: [*REDBOOK, node, "--no-verify", *FLACS],
    "redbook, WAV, verified": lambda node: [*REDBOOK, node, *WAVS],
}
"""What to run on a node, in the folder of the files."""


def measured(command: list[str]) -> list[str]:
    """The command inside of a small process that measures it."""
    return [sys.executable, str(Path(__file__).resolve().with_name("measured.py")), *command]


def make_sources(folder: Path) -> None:
    for flac in make_flacs(folder, TRACKS, SECONDS_EACH):
        subprocess.run(["flac", "-s", "-d", flac], check=True)


def in_guest(kernel: Kernel, work: Path, share: Path) -> dict[str, list[Cost]]:
    names = [name for _ in range(ROUNDS) for name in PROGRAMS]
    steps = {
        f"{number} {name}": Step(shlex.join(measured(PROGRAMS[name](f"/dev/sr{number}"))), seconds=1200)
        for number, name in enumerate(names)
    }
    with target(*(work / f"guest{number}.disc" for number in range(len(names)))) as urls:
        outcomes = run_guest(kernel, urls, share, steps)
    costs: dict[str, list[Cost]] = {}
    for step, outcome in outcomes.items():
        if outcome.code:
            raise SystemExit(f"{step}: {outcome.text}")
        cost = Cost(**json.loads(outcome.stdout.splitlines()[-1]))
        costs.setdefault(step.partition(" ")[2], []).append(cost)
    return costs


def through_preload(work: Path, folder: Path) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {}
    for _ in range(ROUNDS):
        for name, command in PROGRAMS.items():
            disc = work / "preload.disc"
            share = [sys.executable, "-m", "redbook", "share", "run", "--disc", str(disc), "--"]
            done = subprocess.run(
                [*share, *measured(command("/dev/sr0"))], cwd=folder, capture_output=True, text=True
            )
            if done.returncode:
                raise SystemExit(f"{name}: {done.stdout}{done.stderr}")
            costs.setdefault(name, []).append(Cost(**json.loads(done.stdout.splitlines()[-1])))
            shutil.rmtree(disc)
    return costs


def show(way: str, costs: dict[str, list[Cost]]) -> None:
    """The best of the rounds of each, and redbook beside the better of the two others."""
    best = {
        name: Cost(min(c.wall for c in all_), min(c.cpu for c in all_), max(c.peak_mb for c in all_))
        for name, all_ in costs.items()
    }
    wall = min(best[name].wall for name in OTHERS)
    cpu = min(best[name].cpu for name in OTHERS)
    print(f"{TRACKS} tracks of {SECONDS_EACH} s, {way}:      (aim: wall and CPU {AIM} x of the better one)")
    for name, cost in best.items():
        beside = f"   wall {cost.wall / wall:5.2f} x, CPU {cost.cpu / cpu:5.2f} x"
        spent = f"wall {cost.wall:6.2f} s   CPU {cost.cpu:6.2f} s   peak {cost.peak_mb:4.0f} MB"
        print(f"  {name:<28} {spent}{beside if name not in OTHERS else ''}")


def bench_kernel(work: Path) -> None:
    absent = [*missing(), *(name for name in ("wodim", "cdrskin", "flac") if shutil.which(name) is None)]
    if absent:
        print(f"The kernel path is not measured; not installed: {', '.join(absent)}")
        return
    share = work / "ten"
    make_sources(share)
    show("through the preload library", through_preload(work, share))
    try:
        kernel = cached()
    except NoKernel as reason:
        print(f"The kernel path is not measured: {reason}")
        return
    show("in the guest", in_guest(kernel, work, share))


def main() -> None:
    place = os.environ.get("TMPDIR", "/var/tmp")
    with tempfile.TemporaryDirectory(prefix="redbook-bench-", dir=place) as name:
        bench_kernel(Path(name))


if __name__ == "__main__":
    main()
