"""What programs burn from a disc's sheets: the tables of docs/disc-folder.md.

Nothing in a CUE sheet tells cdrdao 1.2.4 and wodim 1.1.11 that BINARY audio is little-endian.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client
from tests.support.sound import noise

pytestmark = pytest.mark.tools("umockdev-run")

SONGS = (noise(588 * 600, 1), noise(588 * 450, 2))
WHOLE = SONGS[0] + bytes(150 * 2352) + SONGS[1]


def swapped(pcm: bytes) -> bytes:
    data = bytearray(pcm)
    data[0::2], data[1::2] = pcm[1::2], pcm[0::2]
    return bytes(data)


def as_it_is(pcm: bytes) -> bytes:
    return pcm


WAYS = {
    "cdrskin": ("cdrskin dev=/dev/sr0 cuefile=disc.cue", as_it_is),
    "cdrdao --swap": ("cdrdao write -n --swap --driver generic-mmc --device /dev/sr0 disc.cue", as_it_is),
    "cdrdao": ("cdrdao write -n --driver generic-mmc --device /dev/sr0 disc.cue", swapped),
    "cdrdao disc.toc": ("cdrdao write -n --driver generic-mmc --device /dev/sr0 disc.toc", as_it_is),
    "wodim": ("wodim -s gracetime=0 dev=/dev/sr0 -dao cuefile=disc.cue", swapped),
}


@pytest.mark.parametrize(
    ("command", "makes"),
    [pytest.param(*way, id=name, marks=pytest.mark.tools(name.split()[0])) for name, way in WAYS.items()],
)
def test_what_is_burned_from_a_sheet(
    command: str, makes: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "a.disc"
    prepare([Session([*map(Audio, SONGS)])], "cd-r", path=folder).close()
    monkeypatch.chdir(folder)
    recorder = VirtualRecorder(Medium.new())
    client(recorder, *command.split())
    assert recorder.disc is not None
    assert [t.start_lba for t in recorder.disc.state.tracks] == [0, 750]
    assert recorder.disc.read(0, 1200) == makes(WHOLE)


def test_the_sheet_warns_whoever_looks_into_it(tmp_path: Path) -> None:
    folder = tmp_path / "a.disc"
    prepare([Session([Audio(SONGS[0])])], path=folder).close()
    first = (folder / "disc.cue").read_text().splitlines()[0]
    assert first.startswith("REM ")
    assert "wodim burns noise" in first
