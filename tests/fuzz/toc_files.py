"""Bytes as cdrdao's TOC files: whatever they are, nothing but a SheetError comes of them."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from redbook.authoring.arrange import arrange
from redbook.authoring.program import Program
from redbook.errors import PlanError, SheetError
from redbook.sheets.cdrdao_toc import read_toc
from redbook.sheets.write_toc import write_toc

_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
FOLDER = Path(tempfile.mkdtemp(prefix="redbook-fuzz-", dir=_MEMORY))
SAMPLES = 588 * 1000 + 17


def one(data: bytes) -> None:
    """What can be read and laid out can be written, and is the same when it is read again."""
    for name in ("a.wav", "b.raw"):
        if not (FOLDER / name).exists():
            (FOLDER / name).write_bytes(b"\x7f")
    with contextlib.suppress(SheetError, PlanError):
        program = _read(data)
        made = arrange(program, [SAMPLES] * len(program.sources))
        text = write_toc(program, [SAMPLES] * len(program.sources), FOLDER / "a.toc").text
        again = _read(text.encode())
        assert arrange(again, [SAMPLES] * len(again.sources)).layout == made.layout
        assert again.mcn == program.mcn
        assert len(again.texts) == len(program.texts)


def _read(data: bytes) -> Program:
    path = FOLDER / "a.toc"
    path.write_bytes(data)
    program = read_toc(path, "a.toc", lambda source: SAMPLES)
    assert 1 <= len(program.tracks) <= 99
    assert all("\n" not in str(note) for note in program.notes)
    return program


SEEDS = [
    b'CD_DA CATALOG "4006381333931" TRACK AUDIO FILE "a.wav" 0',
    b'CD_DA CD_TEXT { LANGUAGE_MAP { 0 : EN 1: 105 } LANGUAGE 0 { TITLE "A\\351\\"b" PERFORMER "" '
    b'GENRE { 0, 17, 82, 0 } SIZE_INFO { 128, 1, 1, 3 } } LANGUAGE 1 { ENCODING_MS_JIS TITLE "\\202" } }\n'
    b'TRACK AUDIO COPY NO PRE_EMPHASIS FOUR_CHANNEL_AUDIO ISRC "DEABC2500001"\n'
    b'CD_TEXT { LANGUAGE 0 { TITLE "\xc3\xa9" ISRC "x" } LANGUAGE 1 { MESSAGE "//" } }\n'
    b'PREGAP 0:2:0 FILE "a.wav" 0:1:0 0:5:0 END SILENCE 1000 INDEX 0:1:0 INDEX 0:2:0 // comment\n'
    b'TRACK AUDIO AUDIOFILE "b.raw" SWAP #588 0 400000 START ZERO AUDIO 2352 FILE "b.raw" 400000',
    b"\xff\xfeT\0R\0A\0C\0K\0 \0A\0U\0D\0I\0O\0 \0S\0I\0L\0E\0N\0C\0E\0 \x005\x000\x000\x000\x000\x000\0",
]
