"""TOC files read by cdrdao and by redbook, and what a program comes to in bytes."""

from __future__ import annotations

import re
import subprocess
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from redbook.audio.source import Source
from redbook.authoring.arrange import Arrangement, arrange
from redbook.authoring.program import Piece, Program


def length_of(source: Source) -> int:
    """Of raw audio and WAVE files."""
    if source.raw:
        return source.path.stat().st_size // 4
    with wave.open(str(source.path)) as file:
        return file.getnframes()


def lengths(program: Program) -> list[int]:
    return [length_of(source) for source in program.sources]


def laid(program: Program) -> Arrangement:
    return arrange(program, lengths(program))


def pcm_of(source: Source) -> bytes:
    """Little-endian."""
    if source.raw:
        data = source.path.read_bytes()
        return swapped(data) if source.raw == "big" else data
    with wave.open(str(source.path)) as file:
        return file.readframes(file.getnframes())


def swapped(pcm: bytes) -> bytes:
    data = bytearray(pcm)
    data[0::2], data[1::2] = pcm[1::2], pcm[0::2]
    return bytes(data)


def audio_of(program: Program) -> bytes:
    """What lies from LBA 0 to the lead-out."""
    found = [pcm_of(source) for source in program.sources]
    return b"".join(_bytes(found, piece) for piece in laid(program).stream)


def _bytes(sources: Sequence[bytes], piece: Piece) -> bytes:
    samples = piece.samples or 0
    if piece.source is None:
        return bytes(samples * 4)
    return sources[piece.source][piece.first * 4 : (piece.first + samples) * 4]


@dataclass(frozen=True)
class Shown:
    """A track as cdrdao shows it; places as LBAs, pregap in sectors (that before LBA 0 not counted)."""

    start: int
    pregap: int
    indexes: tuple[int, ...]
    end: int
    isrc: str
    control: int


def by_cdrdao(sheet: Path) -> list[Shown]:
    """What `cdrdao show-toc` understands of a TOC file or a cue sheet."""
    command = ["cdrdao", "show-toc", sheet.name]
    done = subprocess.run(command, cwd=sheet.parent, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout + done.stderr
    return [_track(text) for text in re.split(r"TRACK +\d+ +Mode AUDIO:", done.stdout)[1:]]


def _track(text: str) -> Shown:
    def places(word: str) -> list[int]:
        return [int(n) for n in re.findall(rf"{word} +(?:\d+ +)?[\d:]+\( *(\d+)\)", text)]

    isrc = re.search(r"ISRC (\w+) (\w+) (\w+) (\w+)", text)
    control = (re.search(r"^ +PRE-EMPHASIS", text, re.MULTILINE) is not None) * 1
    control |= (re.search(r"^ +COPY PERMITTED", text, re.MULTILINE) is not None) * 2
    control |= ("FOUR CHANNEL" in text) * 8
    (start,) = places("START")
    (end,) = places(r"END\*?")
    return Shown(
        start,
        sum(places("PREGAP")),
        tuple(places("INDEX")),
        end,
        "".join(isrc.groups()) if isrc else "",
        control,
    )


def as_cdrdao_shows(made: Arrangement) -> list[Shown]:
    tracks = made.layout.tracks
    return [
        Shown(t.start_lba, t.start_lba - max(t.pregap_lba, 0), t.indexes, t.end_lba, t.isrc, t.control)
        for t in tracks
    ]
