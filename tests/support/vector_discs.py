"""The discs that the sheets of tests/vectors/cue mean, burned and held against what other programs read."""

from __future__ import annotations

import json
import unicodedata
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.read_back import (
    CD_INFO,
    FIELDS,
    PARANOIA,
    READ_TOC,
    Found,
    FoundTrack,
    Texts,
    by_cd_info,
    by_cdrdao,
    programs,
)
from tests.support.sheets import VECTORS

BURNABLE = [
    path for path in sorted(VECTORS.glob("*.json")) if json.loads(path.read_text())["reading"] == "ok"
]
OFFSETS = {"typical": -24}
"""Samples that a model reads its own discs late: read_offset 6 and write_offset -30 in its file."""

_FOLDED = str.maketrans({"’": "'"})  # docs/cd-text.md, "What is written"
_BEHIND_AN_EMPTY_ONE = {"12-utf8-bom-crlf", "21-messy"}
"""libcdio 2.1.0 gives a text behind an empty one to the wrong track: docs/cd-text.md."""

_WITH_A_JAPANESE_BLOCK = {"14-shift-jis-file-name"}
"""cd-info shows it instead of the first; of Kanji without kana there is none: docs/cd-text.md."""


def cases(paths: list[Path]) -> list[Any]:
    """Two need files that the program flac makes."""
    needs_flac = pytest.mark.tools("flac", "metaflac")
    return [
        pytest.param(path, id=path.stem, marks=[needs_flac] if path.name[:2] in ("08", "25") else [])
        for path in paths
    ]


def expected(said: dict[str, Any]) -> Found:
    """As the TOC and Q have it: a copy bit that alternates (SCMS) is 0 in the TOC."""
    tracks = []
    for track in said["tracks"]:
        flags = [name for name in track["flags"] if name != "scms"]
        if "scms" in track["flags"]:
            flags.remove("copy")
        tracks.append(
            FoundTrack(
                track["number"],
                track["start_lba"],
                track["index0_lba"],
                track["more_indexes_lba"],
                track["isrc"],
                flags,
            )
        )
    texts = {
        (number, name): where[name].translate(_FOLDED)
        for number, where in enumerate([said, *said["tracks"]])
        for name in FIELDS
        if where.get(name)
    }
    return Found(tracks, said["lead_out_lba"], said["mcn"], texts)


def audio(said: dict[str, Any], folder: Path) -> bytes:
    """What lies from LBA 0 to the lead-out, out of the files by the standard library."""
    parts = []
    for run in said["program"]:
        if run["source"] == "silence":
            parts.append(bytes(run["samples"] * 4))
            continue
        with wave.open(str(folder / run["source"])) as file:
            file.setpos(run["first_sample"])
            parts.append(file.readframes(run["samples"]))
    return b"".join(parts)


def moved(pcm: bytes, samples: int) -> bytes:
    """As a drive reads it that is so many samples late; silence comes in."""
    silence = bytes(4 * abs(samples))
    return silence + pcm[: len(pcm) - len(silence)] if samples > 0 else pcm[len(silence) :] + silence


def in_latin_1(texts: Texts) -> Texts:
    """The first block of CD-Text, in which `?` stands for what ISO 8859-1 does not have."""
    return {place: text.encode("latin-1", "replace").decode("latin-1") for place, text in texts.items()}


def in_half_width(texts: Texts) -> Texts:
    """Japanese, of which cd-info shows the second block, has letters as wide as Kanji there."""
    return {place: unicodedata.normalize("NFKC", text) for place, text in texts.items()}


def check_disc(path: Path, folder: Path, model: str) -> None:
    """Burn the sheet of a description on a model, read the disc with three programs, compare.

    folder  of the sheets and their audio
    """
    said = json.loads(path.read_text())
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), model=model, clock=clock)
    report = redbook.burn(folder / said["sheet"], Drive(recorder), clock=clock)
    assert report.verified
    cd_info, read_toc, _ = programs(recorder, CD_INFO, READ_TOC, PARANOIA)

    wanted = expected(said)
    found = by_cdrdao(read_toc, Path("read.toc"))
    assert found.tracks == wanted.tracks
    assert (found.lead_out_lba, found.mcn) == (wanted.lead_out_lba, wanted.mcn)
    assert found.texts == in_latin_1(wanted.texts)

    seen = by_cd_info(cd_info)
    assert list(_without_q(seen.tracks)) == list(_without_q(wanted.tracks))
    assert (seen.lead_out_lba, seen.mcn) == (wanted.lead_out_lba, wanted.mcn)
    if path.stem not in _BEHIND_AN_EMPTY_ONE:
        japanese = path.stem in _WITH_A_JAPANESE_BLOCK
        assert in_half_width(seen.texts) == (wanted.texts if japanese else in_latin_1(wanted.texts))

    pcm = audio(said, folder)
    assert len(pcm) == wanted.lead_out_lba * SECTOR_BYTES
    assert Path("disc.raw").read_bytes() == moved(pcm, OFFSETS.get(model, 0))


def _without_q(tracks: list[FoundTrack]) -> Iterator[tuple[Any, ...]]:
    for track in tracks:
        yield track.number, track.start_lba, track.isrc, track.flags
