"""What programs do about a drive that refuses their first cue sheet."""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client
from tests.support.drives import model
from tests.support.sound import noise, write_wav

pytestmark = pytest.mark.tools("umockdev-run")

WODIM = ("wodim", "-s", "gracetime=0", "dev=/dev/sr0", "-dao", "-audio", "defpregap=0", "0.wav", "1.wav")
CDRDAO = ("cdrdao", "write", "-n", "--driver", "generic-mmc:0x10", "--device", "/dev/sr0", "a.toc")


@pytest.mark.tools("wodim")
def test_wodim_gives_every_track_a_pregap_of_one_sector(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As cdrtools' `fillcue` does on its second try; the samples stay where they were."""
    monkeypatch.chdir(tmp_path)
    songs = noise(588 * 400, 1), noise(588 * 350, 2)
    for number, song in enumerate(songs):
        write_wav(Path(f"{number}.wav"), song)
    recorder = VirtualRecorder(Medium.new(), model=model(needs_pregaps=True))
    client(
        recorder,
        *[
            "wodim",
            "-s",
            "gracetime=0",
            "dev=/dev/sr0",
            "-dao",
            "-audio",
            "defpregap=0",
            "0.wav",
            "1.wav",
        ],
    )
    assert recorder.disc is not None
    first, second = recorder.disc.state.tracks
    assert (first.start_lba, second.start_lba, second.pregap_sectors) == (0, 400, 1)
    assert recorder.disc.read(0, 750) == b"".join(songs)


@pytest.mark.tools("cdrdao")
@pytest.mark.parametrize("habits", [{"cd_text_block_type": "3"}, {"lead_in_time": "zero"}])
def test_cdrdao_burns_cd_text_on_either_kind(
    habits: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its variants begin with block type 3 and the true time, and end with times of zero."""
    monkeypatch.chdir(tmp_path)
    write_wav(Path("1.wav"), noise(588 * 400, 1))
    Path("a.toc").write_text(
        'CD_DA CD_TEXT { LANGUAGE_MAP { 0 : EN } LANGUAGE 0 { TITLE "Album" PERFORMER "Artist" } }\n'
        'TRACK AUDIO CD_TEXT { LANGUAGE 0 { TITLE "Song" PERFORMER "Artist" } } FILE "1.wav" 0\n'
    )
    recorder = VirtualRecorder(Medium.new(), model=model(**habits))
    client(recorder, *CDRDAO)
    assert recorder.disc is not None
    assert b"Album\0Song\0" in recorder.disc.cd_text()[4:16]
    assert recorder.disc.read(0, 400) == noise(588 * 400, 1)
