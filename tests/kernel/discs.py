"""Discs and the shared folder of a guest: what goes in, what must be read, what came out."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from redbook.disc import SECTOR_BYTES
from tests.kernel.debian_kernel import PROJECT
from tests.kernel.guest import Outcome, Step
from tests.support.sound import write_wav

# Sectors that a drive puts between two tracks written one by one.  Source: MMC-5 6.44.3, IEC 60908.
PREGAP = 150
RUN_OUT = 2


@dataclass(frozen=True)
class Done:
    """What a guest left behind."""

    share: Path
    outcomes: dict[str, Outcome]

    def read(self, name: str, pattern: str) -> list[Path]:
        return sorted((self.share / "read" / name).glob(pattern))

    def tracks(self, name: str) -> list[bytes]:
        """The audio that `reading` found, track by track."""
        return [file.read_bytes() for file in self.read(name, "track*.cdda.raw")]


def new_share(work: Path, pcm: Sequence[bytes]) -> Path:
    """A folder with 1.wav, 2.wav and so on."""
    share = work / "share"
    share.mkdir()
    for number, audio in enumerate(pcm, 1):
        write_wav(share / f"{number}.wav", audio)
    return share


def cd_rw(path: Path) -> Path:
    command = [sys.executable, "-m", "redbook", "disc", "new", str(path), "--type", "cd-rw"]
    subprocess.run(command, check=True, capture_output=True)
    return path


def reading(name: str, node: str) -> Step:
    """cdparanoia reads every track; -c because it guesses the byte order from the signal otherwise."""
    into = f"read/{shlex.quote(name)}"
    return Step(f"mkdir -p {into} && cd {into} && cdparanoia -d {node} -c -Z -q -B -r")


def asking(question: str, node: str) -> str:
    script = PROJECT / "tests" / "kernel" / "ask_kernel.py"
    return f'"$PYTHON" {shlex.quote(str(script))} {question} /dev/{node}'


def track_at_once(lengths: Sequence[int]) -> tuple[tuple[int, ...], int]:
    """Where tracks of so many sectors start, and the lead-out."""
    starts = [0]
    for length in lengths[:-1]:
        starts.append(starts[-1] + length + RUN_OUT + PREGAP)
    return tuple(starts), starts[-1] + lengths[-1] + RUN_OUT


def with_gaps(pcm: Sequence[bytes], starts: Sequence[int], lead_out: int) -> list[bytes]:
    """The audio from each track's start to the next's: the source, then the silence of what lies between."""
    ends = (*starts[1:], lead_out)
    return [
        audio + bytes((end - start) * SECTOR_BYTES - len(audio))
        for audio, start, end in zip(pcm, starts, ends, strict=True)
    ]
