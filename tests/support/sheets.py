"""Sheets beside files whose lengths are known, and what they come to on a disc."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redbook.audio.source import Source
from redbook.authoring.arrange import Arrangement, arrange
from redbook.authoring.program import Program
from redbook.disc.cd_text import PackType
from redbook.errors import SheetError
from redbook.sheets import SheetOptions, read_cue

S = 588
VECTORS = Path(__file__).parent.parent / "vectors" / "cue"


def vector_folder(shared: Path) -> Path:
    """The sheets of the vectors with the audio that they name; made once for all workers of a run."""
    folder = shared / "cue-vectors"
    with (shared / "cue-vectors.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            folder.mkdir(exist_ok=True)
            subprocess.run([sys.executable, str(VECTORS / "make_audio.py"), str(folder)], check=True)
            for sheet in VECTORS.glob("*.cue"):
                shutil.copy(sheet, folder)
            (folder / "made").touch()
    return folder


def true_length(source: Source) -> int:
    """In stereo samples, by programs of others."""
    if source.raw:
        return source.path.stat().st_size // 4
    if source.path.read_bytes()[:4] == b"fLaC":
        return int(subprocess.run(
            ["metaflac", "--show-total-samples", str(source.path)], check=True, capture_output=True
        ).stdout)  # fmt: skip
    with wave.open(str(source.path)) as file:
        return file.getnframes()


class Desk:
    """A folder with files that have nothing but a name and a length, and a sheet beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lengths: dict[Path, int | None] = {}

    def put(self, name: str, sectors: float | None = 2000, head: bytes = b"RIFF\0\0\0\0WAVE") -> Path:
        """sectors: of a file; None where only decoding would tell"""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(head)
        self.lengths[path.resolve()] = None if sectors is None else round(sectors * S)
        return path

    def length_of(self, source: Source) -> int | None:
        return self.lengths[source.path.resolve()]

    def read(self, sheet: str | bytes, *, name: str = "sheet.cue", **options: Any) -> Program:
        path = self.folder / name
        path.write_bytes(sheet if isinstance(sheet, bytes) else sheet.encode())
        return read_cue(path, name, self.length_of, SheetOptions(**options))

    def arrange(self, sheet: str | bytes, **options: Any) -> Arrangement:
        program = self.read(sheet, **options)
        return self.arranged(program)

    def arranged(self, program: Program) -> Arrangement:
        lengths = [self.length_of(source) for source in program.sources]
        return arrange(program, [length for length in lengths if length is not None])


def marks(made: Arrangement) -> list[tuple[int | None, int, tuple[int, ...]]]:
    """Of each track index 0 (None without one), index 1, and the others."""
    return [
        (track.pregap_lba if track.pregap_sectors else None, track.start_lba, track.indexes)
        for track in made.layout.tracks
    ]


def runs(made: Arrangement) -> list[tuple[str, int, int]]:
    """The stream as (s for silence, else the source's number), first sample, samples."""
    return [("s" if p.source is None else str(p.source), p.first, p.samples or 0) for p in made.stream]


def notes(program: Program) -> str:
    return "\n".join(map(str, program.notes))


def text(program: Program, kind: PackType, track: int = 0) -> str:
    return program.texts[0].text(kind, track) if program.texts else ""


@contextmanager
def refused(*words: str, line: int | None = None) -> Iterator[None]:
    """A SheetError with all these words, of this line."""
    try:
        yield
    except SheetError as error:
        assert error.source, "the error names no sheet"
        for word in words:
            assert word in str(error), str(error)
        if line is not None:
            assert error.line == line, str(error)
            assert not line or f"line {line}:" in str(error)
        return
    raise AssertionError("the sheet was not refused")
