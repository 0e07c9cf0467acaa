"""What a disc says beside its audio, written by one program and read by another through the same device."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client
from tests.support.sound import noise, write_wav

MCN, ISRC = "4006381333931", ("DEABC2500001", "DEABC2500002")
PCM = (noise(588 * 600, 1), noise(588 * 450, 2))

pytestmark = pytest.mark.tools("umockdev-run", "cd-info", "cdrdao")

HIDDEN = f"""
CD_DA
CATALOG "{MCN}"
CD_TEXT {{ LANGUAGE_MAP {{ 0 : EN }} LANGUAGE 0 {{ TITLE "The Album" PERFORMER "The Artist" }} }}
TRACK AUDIO
COPY
ISRC "{ISRC[0]}"
CD_TEXT {{ LANGUAGE 0 {{ TITLE "First" PERFORMER "One" }} }}
FILE "1.wav" 0
START 00:03:00
INDEX 00:02:00
TRACK AUDIO
PRE_EMPHASIS
ISRC "{ISRC[1]}"
CD_TEXT {{ LANGUAGE 0 {{ TITLE "Second" PERFORMER "Two" }} }}
PREGAP 00:02:00
FILE "2.wav" 0
"""
"""Track 1 begins after 3 s of its file, so that these are a hidden track; its index 2 comes 2 s later."""

SHEET = f"""
Input Sheet Version = 0.7T
Text Code           = 8859
Language Code       = English
Album Title         = The Album
Artist Name         = The Artist
UPC / EAN           = {MCN}
First Track Number  = 1
Track 01 Title      = First
Track 01 Artist     = One
ISRC 01             = {ISRC[0]}
Track 02 Title      = Second
Track 02 Artist     = Two
ISRC 02             = {ISRC[1]}
"""

TITLES = ["The Album", "First", "Second"]
PERFORMERS = ["The Artist", "One", "Two"]


@pytest.fixture
def blank() -> Iterator[VirtualRecorder]:
    for number, pcm in enumerate(PCM, 1):
        write_wav(Path(f"{number}.wav"), pcm)
    recorder = VirtualRecorder(Medium.at(Path("a.disc")))
    yield recorder
    recorder.close()


def by_cdrdao(recorder: VirtualRecorder) -> str:
    """What cdrdao finds on the disc, as its own kind of file, an entry a line."""
    Path("read.toc").unlink(missing_ok=True)
    read = ("cdrdao", "read-toc", "--driver", "generic-mmc:0x10", "--device", "/dev/sr0")
    client(recorder, *read, "--datafile", "x.bin", "read.toc")
    return Path("read.toc").read_text()


def by_cd_info(recorder: VirtualRecorder) -> str:
    return client(recorder, "cd-info", "--no-cddb", "--no-device-info", "/dev/sr0")


def check_cd_text(recorder: VirtualRecorder) -> None:
    for text, form in ((by_cd_info(recorder), r"\b%s: (.*)"), (by_cdrdao(recorder), r'%s "(.*)"')):
        assert re.findall(form % "TITLE", text) == TITLES
        assert re.findall(form % "PERFORMER", text) == PERFORMERS


def check_numbers(recorder: VirtualRecorder) -> None:
    text = by_cd_info(recorder)
    assert re.search(r"\(MCN\): (\d+)", text)[1] == MCN  # type: ignore[index]
    assert re.findall(r"TRACK +\d+ ISRC: (\w+)", text) == list(ISRC)


@pytest.fixture
def cdrdao_disc(blank: VirtualRecorder) -> VirtualRecorder:
    """0x10: with CD-Text."""
    Path("hidden.toc").write_text(HIDDEN)
    write = ("cdrdao", "write", "-n", "--driver", "generic-mmc:0x10", "--device", "/dev/sr0")
    client(blank, *write, "hidden.toc")
    return blank


def test_cdrdao_s_cd_text_numbers_flags_and_indexes_are_read_back(cdrdao_disc: VirtualRecorder) -> None:
    check_cd_text(cdrdao_disc)
    check_numbers(cdrdao_disc)
    kept = ("COPY", "NO COPY", "PRE_EMPHASIS", "NO PRE_EMPHASIS", "ISRC", "START", "INDEX", "CATALOG")
    lines = [line for line in by_cdrdao(cdrdao_disc).split("\n") if line.startswith(kept)]
    assert lines == [
        f'CATALOG "{MCN}"',
        *("COPY", "NO PRE_EMPHASIS", f'ISRC "{ISRC[0]}"', "START 00:03:00", "INDEX 00:02:00"),
        *("NO COPY", "PRE_EMPHASIS", f'ISRC "{ISRC[1]}"', "START 00:02:00"),
    ]


@pytest.mark.tools("cd-paranoia", "cd-read")
def test_the_hidden_track_is_where_it_belongs(cdrdao_disc: VirtualRecorder) -> None:
    """Sectors 0 to 224 lie before track 1, which starts at 225; track 2 at 750, behind 150 of silence."""
    client(cdrdao_disc, "cd-read", "-m", "audio", "-s", "0", "-e", "224", "-i", "/dev/sr0", "-o", "0.raw")
    client(cdrdao_disc, "cd-paranoia", "-q", "-c", "-Z", "-d", "/dev/sr0", "-r", "1-", "rest.raw")
    found = Path("0.raw").read_bytes() + Path("rest.raw").read_bytes()
    assert found == PCM[0] + bytes(150 * 2352) + PCM[1]


@pytest.mark.tools("cdrskin")
def test_cdrskin_s_cd_text_and_numbers_are_read_back(blank: VirtualRecorder) -> None:
    Path("sheet.v07t").write_text(SHEET)
    options = ("-sao", "input_sheet_v07t=sheet.v07t", "-audio", "1.wav", "2.wav")
    client(blank, "cdrskin", "dev=/dev/sr0", *options)
    check_cd_text(blank)
    check_numbers(blank)


@pytest.mark.tools("wodim")
def test_wodim_s_numbers_and_copy_bit_are_read_back(blank: VirtualRecorder) -> None:
    files = (f"isrc={ISRC[0]}", "-audio", "1.wav", f"isrc={ISRC[1]}", "-copy", "2.wav")
    client(blank, "wodim", "-s", "gracetime=0", "dev=/dev/sr0", "-dao", f"mcn={MCN}", *files)
    check_numbers(blank)
    copy = [line for line in by_cdrdao(blank).split("\n") if line in ("COPY", "NO COPY")]
    assert copy == ["NO COPY", "COPY"]
