"""Programs of others on a recorder with offsets: the right correction gives the sources bit for bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client
from tests.support.drives import model
from tests.support.sound import noise, write_wav

PCM = (noise(588 * 600, 1), noise(588 * 450, 2))
GAP = bytes(152 * 2352)
SPAN = "1-2[0:05.74]"
"""To the end of the audio. cd-paranoia reads no sector behind it: as many samples as it moves are silence."""

pytestmark = pytest.mark.tools("umockdev-run", "cd-paranoia")

BURNERS = {
    "wodim": ("wodim", "-s", "gracetime=0", "dev=/dev/sr0", "-tao", "-audio"),
    "cdrskin": ("cdrskin", "-v", "dev=/dev/sr0", "-tao", "-audio"),
}


def burned(words: tuple[str, ...], read_offset: int, write_offset: int = 0) -> VirtualRecorder:
    habits = model(read_offset=read_offset, write_offset=write_offset)
    recorder = VirtualRecorder(Medium.new(), model=habits)
    files = [write_wav(Path(f"{number}.wav"), pcm) for number, pcm in enumerate(PCM, 1)]
    client(recorder, *words, *files)
    return recorder


def ripped(recorder: VirtualRecorder, correction: int) -> bytes:
    words = ("cd-paranoia", "-q", "-c", "-O", str(correction), "-d", "/dev/sr0", "-r", SPAN, "all.raw")
    client(recorder, *words)
    return Path("all.raw").read_bytes()


@pytest.mark.tools("wodim", "cdrskin")
@pytest.mark.parametrize("program", BURNERS)
@pytest.mark.parametrize(("read_offset", "write_offset"), [(6, 0), (667, 0), (102, -30)])
def test_cd_paranoia_with_the_right_correction_gives_the_sources(
    program: str, read_offset: int, write_offset: int
) -> None:
    recorder = burned(BURNERS[program], read_offset, write_offset)
    audio = (PCM[0] + GAP + PCM[1])[: -4 * (read_offset + write_offset)]
    assert ripped(recorder, read_offset + write_offset)[: len(audio)] == audio
    assert ripped(recorder, 0)[: len(audio)] != audio
    recorder.close()


@pytest.mark.tools("cdrdao")
def test_what_cdrdao_burned_likewise() -> None:
    sheet = 'CD_DA\nTRACK AUDIO\nAUDIOFILE "1.wav" 0\nTRACK AUDIO\nPREGAP 00:02:00\nAUDIOFILE "2.wav" 0\n'
    Path("disc.toc").write_text(sheet)
    words = ("cdrdao", "write", "-n", "--device", "/dev/sr0", "--driver", "generic-mmc", "disc.toc")
    recorder = VirtualRecorder(Medium.new(), model=model(read_offset=102))
    for number, pcm in enumerate(PCM, 1):
        write_wav(Path(f"{number}.wav"), pcm)
    client(recorder, *words)
    audio = PCM[0] + bytes(150 * 2352) + PCM[1]
    sure = audio[: -102 * 4]
    assert ripped(recorder, 102)[: len(sure)] == sure
    recorder.close()


@pytest.mark.tools("icedax", "wodim")
def test_icedax_reads_as_the_drive_does() -> None:
    recorder = burned(BURNERS["wodim"], 6)
    client(recorder, "icedax", "dev=/dev/sr0", "-q", "-H", "-B", "-O", "raw", "-E", "little", "track")
    assert Path("track_01.raw").read_bytes()[: 600 * 2352] == bytes(24) + PCM[0][:-24]
    recorder.close()
