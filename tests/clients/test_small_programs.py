"""Small programs of Debian's that ask a drive something, or copy a disc whole."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from redbook import disc_info
from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client
from tests.support.drives import ready
from tests.support.foreign import SONGS, extra, iso, mixed

pytestmark = pytest.mark.tools("umockdev-run")

PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's modules
DISCID = Path("/usr/lib/python3/dist-packages/libdiscid")


def songs() -> Medium:
    """At 0 and 550, with a pregap of 150 between them; lead-out at 901."""
    return prepare([Session([*map(Audio, SONGS)])], "cd-rw")


@pytest.fixture
def audio() -> Iterator[VirtualRecorder]:
    recorder = VirtualRecorder(songs())
    yield recorder
    recorder.close()


@pytest.mark.tools("sg_inq", "sg_turs", "sg_readcap")
def test_sg3_utils_know_the_drive(audio: VirtualRecorder) -> None:
    text = client(audio, "sg_inq", "-d", "/dev/sg0")
    assert "Vendor identification: REDBOOK" in text
    assert re.search(r"version=0x05 +\[SPC-3\]", text)
    assert "SPC-3 (no version claimed)" in text  # of its version descriptors, too
    assert "Unit serial number: RB000001" in client(audio, "sg_inq", "-p", "0x80", "/dev/sr0")
    client(audio, "sg_turs", "/dev/sg0")
    assert "Last LBA=900" in client(audio, "sg_readcap", "/dev/sr0")


@pytest.mark.tools("xorriso")
def test_xorriso_tells_the_tracks(audio: VirtualRecorder) -> None:
    text = client(audio, "xorriso", "-outdev", "/dev/sr0", "-toc")
    assert re.search(r"Other session: +1 , +0 , +400s", text)
    assert re.search(r"Other track +: +2 , +550 , +351s", text)
    assert "Drive id     : 'RB000001'" in text


@pytest.mark.tools("eject")
def test_eject_opens_and_closes_the_tray(audio: VirtualRecorder) -> None:
    client(audio, "eject", "/dev/sr0")
    assert audio.tray_open
    client(audio, "eject", "-t", "/dev/sr0")
    assert not audio.tray_open


@pytest.mark.tools(PYTHON)
@pytest.mark.parametrize("make", [songs, mixed, extra])
def test_libdiscid_computes_the_same_ids(make: object) -> None:
    if not DISCID.exists() and os.environ.get("CI") != "true":
        pytest.skip("not installed: python3-libdiscid")
    recorder = VirtualRecorder(make())  # type: ignore[operator]
    code = "from libdiscid.compat import discid; d = discid.read('/dev/sr0'); print('ids', d.id, d.freedb_id)"
    _, found, freedb = client(recorder, PYTHON, "-c", code).split()[-3:]
    toc = disc_info(ready(recorder)).disc.toc
    assert toc is not None
    assert found == toc.musicbrainz_id
    if make is songs:  # libdiscid leaves the data out of this one, too
        assert freedb == toc.freedb_id


@pytest.mark.tools("readom", "wodim")
def test_a_clone_of_a_disc_is_the_disc(audio: VirtualRecorder) -> None:
    """With its sub-channel: what lies in Q makes the tracks of the copy."""
    client(audio, "readom", "dev=/dev/sr0", "-clone", "f=clone")
    copy = VirtualRecorder(Medium.new())
    client(copy, "wodim", "-s", "gracetime=0", "dev=/dev/sr0", "-clone", "-raw96r", "clone")
    assert copy.disc is not None and audio.disc is not None
    places = [(t.start_lba, t.pregap_sectors) for t in copy.disc.state.tracks]
    assert places == [(0, 150), (550, 150)]
    assert copy.disc.read(0, 901) == audio.disc.read(0, 901)


DATA_TRACKS = {
    "wodim -tao": "wodim -s gracetime=0 dev=/dev/sr0 -tao -data x.iso",
    "wodim -dao": "wodim -s gracetime=0 dev=/dev/sr0 -dao -data x.iso",
    "wodim -raw96r": "wodim -s gracetime=0 dev=/dev/sr0 -raw96r -data x.iso",
    "cdrskin -tao": "cdrskin dev=/dev/sr0 -tao x.iso",
    "cdrdao generic-mmc": "cdrdao write -n --driver generic-mmc --device /dev/sr0 x.toc",
    "cdrdao generic-mmc-raw": "cdrdao write -n --driver generic-mmc-raw --device /dev/sr0 x.toc",
}


@pytest.mark.parametrize(
    "command",
    [pytest.param(c, id=name, marks=pytest.mark.tools(c.split()[0])) for name, c in DATA_TRACKS.items()],
)
def test_data_are_written_by_no_program(command: str) -> None:
    """This recorder writes audio; a program that brings data is told so and ends with an error."""
    Path("x.iso").write_bytes(iso() + bytes(2048 * 300))
    Path("x.toc").write_text('CD_ROM\nTRACK MODE1\nDATAFILE "x.iso"\n')
    recorder = VirtualRecorder(Medium.new())
    text = client(recorder, *command.split(), check=False)
    assert recorder.disc is not None
    assert not recorder.disc.state.closed_sessions, text


@pytest.mark.tools("cdrdao", "cd-info", "icedax")
@pytest.mark.parametrize("make", [mixed, extra])
def test_programs_tell_data_from_audio(make: object) -> None:
    recorder = VirtualRecorder(make())  # type: ignore[operator]
    kinds = ["data", "audio", "audio"] if make is mixed else ["audio", "audio", "data"]
    text = client(recorder, "cd-info", "--no-cddb", "--no-device-info", "/dev/sr0")
    assert re.findall(r"^ *\d: [\d:]+ +\d{6} (data|audio|XA)", text, re.M) == kinds
    text = client(recorder, "icedax", "dev=/dev/sr0", "-J", "-g", "-H", "-v", "toc", check=False)
    assert re.findall(r"^T\d+: +\d+ +[\d:.]+ (data|audio)", text, re.M) == kinds


@pytest.mark.tools("cdrdao")
def test_cdrdao_copies_data_and_audio() -> None:
    recorder = VirtualRecorder(mixed())
    read_cd = ("cdrdao", "read-cd", "--read-raw", "--device", "/dev/sr0", "--datafile", "x.bin", "x.toc")
    client(recorder, *read_cd)
    assert recorder.disc is not None
    data = Path("x.bin").read_bytes()
    assert data[: 450 * 2352] == recorder.disc.read(0, 450)
