"""python -m tests.fuzz TARGET CORPUS MINUTES: run one target with atheris, from what the corpus folder holds on.

The first finding ends the run: its traceback, and the file with its bytes. A file that is given in place
of the corpus is run alone, so that a finding can be looked at again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["redbook"]):
    from tests.fuzz import recorder, texts

TARGETS = {"recorder": recorder.one, "texts": texts.one}


def main() -> None:
    target, corpus, minutes = sys.argv[1:4]
    where = Path(corpus)
    options = [sys.argv[0], f"-max_total_time={round(float(minutes) * 60)}", "-max_len=1500", "-timeout=60"]
    options += [f"-artifact_prefix={where.parent}/{target}-"] if where.is_dir() else []
    atheris.Setup([*options, *sys.argv[4:], corpus], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
