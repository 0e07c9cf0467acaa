"""The 42 sheets of tests/vectors/cue and the discs that they mean, which other programs were asked about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from redbook.authoring.arrange import Arrangement, arrange
from redbook.authoring.program import Program
from redbook.disc.cd_text import PackType
from redbook.errors import PlanError, SheetError
from redbook.sheets import SheetOptions, read_cue
from tests.support.sheets import VECTORS, notes, text, true_length

DESCRIPTIONS = sorted(VECTORS.glob("*.json"))
READABLE = [path for path in DESCRIPTIONS if json.loads(path.read_text())["reading"] == "ok"]
REFUSED = {
    "26": (SheetError, 2),
    "30": (SheetError, 5),
    "31": (SheetError, 5),
    "32": (SheetError, 5),
    "33": (SheetError, 7),
    "40": (SheetError, 8),
    "42": (PlanError, 0),
}
"""With the line that is wrong, counted by hand."""

SAME_AUDIO = {"one.flac": "one.wav", "f1.flac": "t1.wav", "f2.flac": "t2.wav", "f3.flac": "t3.wav"}
FLAG_NAMES = {0: "pre-emphasis", 1: "copy", 3: "four-channel"}
FIELDS = {"title": PackType.TITLE, "performer": PackType.PERFORMER, "songwriter": PackType.SONGWRITER}

needs_flac = pytest.mark.tools("flac", "metaflac")


def cases(paths: list[Path]) -> list[Any]:
    return [
        pytest.param(path, id=path.stem, marks=[needs_flac] if path.name[:2] in ("08", "25") else [])
        for path in paths
    ]


def read(folder: Path, said: dict[str, Any]) -> tuple[Program, Arrangement]:
    program = read_cue(folder / said["sheet"], said["sheet"], true_length, SheetOptions())
    return program, arrange(program, [true_length(source) for source in program.sources])


def test_there_are_as_many_as_there_should_be() -> None:
    assert len(DESCRIPTIONS) == 42
    assert {path.name[:2] for path in DESCRIPTIONS} - {path.name[:2] for path in READABLE} == set(REFUSED)


@pytest.mark.parametrize("path", cases(READABLE))
def test_layout_stream_and_texts_are_those_of_the_vector(path: Path, vectors: Path) -> None:
    said = json.loads(path.read_text())
    program, made = read(vectors, said)
    layout = made.layout
    assert [
        {
            "number": track.number,
            "index0_lba": track.pregap_lba if track.pregap_sectors else None,
            "start_lba": track.start_lba,
            "more_indexes_lba": list(track.indexes),
            "isrc": track.isrc or None,
            "flags": sorted(
                [name for bit, name in FLAG_NAMES.items() if track.control >> bit & 1]
                + (["scms"] if track.copy_alternates else [])
            ),
        }
        for track in layout.tracks
    ] == [{key: value for key, value in track.items() if key not in FIELDS} for track in said["tracks"]]
    assert layout.lead_out_lba == said["lead_out_lba"]
    assert (layout.mcn or None) == said["mcn"]
    layout.check()
    names = [source.path.relative_to(vectors).as_posix() for source in program.sources]
    assert [
        {
            "source": "silence" if p.source is None else SAME_AUDIO.get(names[p.source], names[p.source]),
            "first_sample": p.first,
            "samples": p.samples,
        }
        for p in made.stream
    ] == said["program"]
    for name, kind in FIELDS.items():
        for track, where in enumerate([said, *said["tracks"]]):
            assert text(program, kind, track) == where.get(name, "")
    for word in said["notes_must_mention"]:
        assert word in notes(program)
    assert all(note.file == said["sheet"] for note in program.notes)


def test_files_of_odd_lengths_are_joined_to_the_sample(vectors: Path) -> None:
    """The figures of the vector: measured with three burners, which pad every file."""
    said = json.loads((VECTORS / "27-odd-lengths.json").read_text())
    _, made = read(vectors, said)
    assert said["joins"].startswith("sample exact")
    assert [(border.early_samples, border.padded_samples) for border in made.borders] == [(100, 0), (300, 0)]
    assert made.padded_samples == 576


@pytest.mark.parametrize("path", cases([path for path in DESCRIPTIONS if path.name[:2] in REFUSED]))
def test_what_cannot_be_is_refused_with_the_line_and_the_reason(path: Path, vectors: Path) -> None:
    said = json.loads(path.read_text())
    kind, line = REFUSED[path.name[:2]]
    with pytest.raises(kind) as raised:
        read(vectors, said)
    for word in said["because"]:
        assert word in str(raised.value)
    if isinstance(raised.value, SheetError):
        assert raised.value.line == line
        assert raised.value.source == said["sheet"]
        assert f"line {line}:" in str(raised.value)
