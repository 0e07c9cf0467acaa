"""python -m tests.corpus.fetch: sound files of other people, from Debian's packages, in .cache/corpus.

They are downloaded and unpacked, not installed: only their files are wanted.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2] / ".cache" / "corpus"

PACKAGES = {
    "asc-music": "MP3, 3 long ones",
    "brainparty-data": "WAV and one Vorbis",
    "deepin-sound-theme": "WAV",
    "frozen-bubble-data": "Vorbis, music with attacks",
    "hydrogen-data": "WAV of 16 and 24 bits, FLAC",
    "lmms-common": "Vorbis, FLAC, WAV of many makers, some damaged by taggers",
    "lomiri-sounds": "Vorbis",
    "minetest-data": "Vorbis",
    "oxygen-sounds": "Vorbis",
    "sonic-pi-samples": "FLAC",
    "sound-icons": "WAV, 16 kHz mono",
    "sound-theme-freedesktop": "Vorbis",
    "teeworlds-data": "WavPack",
    "warzone2100-music": "Opus",
    "wordwarvi-sound": "Vorbis",
    "yaru-theme-sound": "Vorbis",
}
"""Debian packages and what is in them; some 210 MB in all."""


def fetch(package: str) -> None:
    """Into ROOT/package, whole or not at all."""
    target = ROOT / package
    if target.exists():
        return
    work = ROOT / f".{package}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    subprocess.run(["apt-get", "download", "-q", package], cwd=work, check=True, stdout=subprocess.DEVNULL)
    (archive,) = work.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", archive, work / "files"], check=True)
    (work / "files").replace(target)
    shutil.rmtree(work)


def main() -> int:
    failed = []
    for package in PACKAGES:
        try:
            fetch(package)
        except (OSError, subprocess.CalledProcessError, ValueError) as error:
            failed.append(f"{package}: {error}")
    for line in failed:
        print(f"== not fetched: {line}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
