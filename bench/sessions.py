"""Measure a 74-minute album written at once: as one FLAC with a cue sheet, and as 12 files that are joined.

    python bench/sessions.py         (some minutes; needs the Debian packages umockdev, wodim and cdrskin)

Beside ffmpeg, which only decodes the same files, and beside cdrskin -sao and wodim -dao, which burn the same
audio from WAV files through the preload library to a recorder that keeps its disc in a folder.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import PAIRS, RATE, REDBOOK, burn, decode, make_flacs, median, ratios
from measured import Cost

TRACKS, SECONDS = 12, 368
UNPACK = ["flac", "-dcs", "--force-raw-format", "--endian=little", "--sign=signed"]
# cdrskin reckons a session of WAV files to be a seventh longer than it is, and would not try; -force lets it.
BURNERS = {
    "cdrskin -sao": ["cdrskin", "dev=/dev/sr0", "-force", "-sao", "-audio", "-pad"],
    "wodim -dao": ["wodim", "dev=/dev/sr0", "-dao", "-audio", "-pad"],
}


def one_flac(files: list[str], folder: Path) -> tuple[str, str]:
    """All of them in one file, and its cue sheet with marks at whole sectors; the names of both."""
    raw = folder / "whole.raw"
    sheet = ['FILE "whole.flac" WAVE']
    with raw.open("wb") as out:
        for number, name in enumerate(files, 1):
            sector = raw.stat().st_size // 2352
            place = f"{sector // 4500:02d}:{sector // 75 % 60:02d}:{sector % 75:02d}"
            sheet += [f"  TRACK {number:02d} AUDIO", f'    TITLE "Piece {number}"', f"    INDEX 01 {place}"]
            subprocess.run([*UNPACK, name], check=True, stdout=out)
    options = ["--endian=little", "--sign=signed", "--channels=2", "--bps=16", f"--sample-rate={RATE}"]
    subprocess.run(
        ["flac", "-s", "-5", "--force-raw-format", *options, "-o", "whole.flac", "whole.raw"],
        check=True,
        cwd=folder,
    )
    raw.unlink()
    (folder / "whole.cue").write_text("\n".join(sheet) + "\n", encoding="utf-8")
    return "whole.flac", "whole.cue"


def wavs(files: list[str], folder: Path) -> list[str]:
    names = []
    for name in files:
        wav = folder / f"{Path(name).stem}.wav"
        subprocess.run(["flac", "-dsf", "-o", str(wav), name], check=True)
        names.append(wav.name)
    return names


def burn_by(program: list[str], names: list[str], folder: Path) -> Cost:
    """What the program itself costs; the recorder is another process."""
    measured = [sys.executable, str(Path(__file__).with_name("measured.py"))]
    command = [*REDBOOK, "share", "run", "--disc", "other.disc", "--", *measured, *program, *names]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{program[0]}: {done.stdout}{done.stderr}")
    shutil.rmtree(folder / "other.disc")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def row(name: str, costs: list[Cost], beside: list[Cost]) -> None:
    print(f"  {name:<30} {median(costs)}   to ffmpeg: {ratios(costs, beside)}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="redbook-bench-", dir="/var/tmp") as name:
        work = Path(name)
        files = make_flacs(work / "album", TRACKS, SECONDS)
        flac, cue = one_flac(files, work)
        names = wavs(files, work)
        found: dict[str, list[Cost]] = {}
        for _ in range(PAIRS):
            for title, costs in (
                ("ffmpeg, one FLAC", lambda: decode([str(work / flac)], work)),
                ("redbook, FLAC and cue sheet", lambda: burn([cue], work)),
                ("redbook, cue sheet, no verify", lambda: burn([cue], work, "--no-verify")),
                ("ffmpeg, 12 files", lambda: decode(files, work)),
                ("redbook, 12 files joined", lambda: burn(files, work, "--join", "join")),
                ("redbook, 12 WAV, no verify", lambda: burn(names, work, "--join", "join", "--no-verify")),
            ):
                found.setdefault(title, []).append(costs())
            for title, program in BURNERS.items():
                found.setdefault(title, []).append(burn_by(program, names, work))
        print("A 74-minute album, session-at-once, to a virtual disc:")
        for title, costs in found.items():
            of_one_file = "one FLAC" in title or "sheet" in title
            row(title, costs, found["ffmpeg, one FLAC" if of_one_file else "ffmpeg, 12 files"])
        ours = found["redbook, 12 WAV, no verify"]
        for title in BURNERS:
            print(f"  redbook with WAV / {title}: {ratios(ours, found[title])}")
        peaks = ", ".join(f"{title} {max(c.peak_mb for c in costs):.0f} MB" for title, costs in found.items())
        print(f"  peak memory: {peaks}")


if __name__ == "__main__":
    sys.exit(main())
