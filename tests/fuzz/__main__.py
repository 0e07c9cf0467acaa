"""python -m tests.fuzz TARGET WHERE MINUTES: one target under atheris, led by coverage.

WHERE is a folder for what reaches new places; in an empty one a run begins with a few sound inputs. The
first finding ends the run: its traceback, and a file with its bytes beside the folder. With that file as
WHERE it is looked at again.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["redbook"]):
    from tests.fuzz import ddp, recorder, replies, sheets, sound, texts, toc_files
    from tests.support import iscsi_fuzz

TARGETS = {
    "recorder": (recorder.one, recorder.SEEDS),
    "texts": (texts.one, texts.SEEDS),
    "replies": (replies.one, replies.SEEDS),
    "containers": (sound.one_container, sound.CONTAINER_SEEDS),
    "playlists": (sound.one_playlist, sound.PLAYLIST_SEEDS),
    "sheets": (sheets.one, sheets.SEEDS),
    "toc-files": (toc_files.one, toc_files.SEEDS),
    "ddp": (ddp.one, ddp.SEEDS),
    "iscsi": (iscsi_fuzz.behave, [b"\0"]),
}
LONGEST_BYTES = 1500


def main() -> None:
    name, where, minutes = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    logging.disable()
    run, seeds = TARGETS[name]
    options = [f"-max_total_time={round(minutes * 60)}", f"-max_len={LONGEST_BYTES}", "-len_control=0"]
    if not where.is_file():
        where.mkdir(parents=True, exist_ok=True)
        options.append(f"-artifact_prefix={where.parent}/{name}-")
        if not any(where.iterdir()):
            for number, seed in enumerate(seeds):
                (where / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], *options, *sys.argv[4:], str(where)], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
