"""A disc that cdrdao has burned, as redbook reads and copies it, beside what rippers make of it."""

from __future__ import annotations

import re
import subprocess
import threading
import time
import wave
from pathlib import Path

import pytest

import redbook
from redbook.disc import SECTOR_BYTES
from redbook.disc.cd_text import parse
from redbook.drive import Drive
from redbook.virtual.faults import BadSpot
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client
from tests.support.drives import as_sent, model, ready
from tests.support.sound import attacks, noise, write_wav

HIDDEN, FIRST, PREGAP, SECOND, THIRD = 400, 900, 75, 700, 600
STARTS = [HIDDEN, HIDDEN + FIRST + PREGAP, HIDDEN + FIRST + PREGAP + SECOND]
END = STARTS[2] + THIRD
PCM = noise(588 * END, 7)

pytestmark = pytest.mark.tools("umockdev-run", "cdrdao")


def toc() -> str:
    def texts(number: int, title: str, german: str) -> str:
        return (
            f"CD_TEXT {{ {language_map if not number else ''} "
            f'LANGUAGE 0 {{ TITLE "{title}" PERFORMER "Band" }} '
            f'LANGUAGE 1 {{ TITLE "{german}" PERFORMER "Kapelle" }} }}\n'
        )

    language_map = "LANGUAGE_MAP { 0 : 9 1 : 8 }"
    return (
        f'CD_DA\nCATALOG "4006381333931"\n{texts(0, "Album", "Platte")}'
        f'TRACK AUDIO\nISRC "DEABC2500001"\n{texts(1, "One", "Eins")}FILE "all.wav" 0 {HIDDEN + FIRST}:0\n'
        f"START 00:05:25\nINDEX 00:06:00\n"
        f'TRACK AUDIO\nPRE_EMPHASIS\n{texts(2, "Two", "Zwei")}FILE "all.wav" SPLIT\nSTART 00:01:00\n'
        f'TRACK AUDIO\nCOPY\nISRC "DEABC2500003"\n{texts(3, "Three", "Drei")}FILE "all.wav" LAST\n'
    )


def _time(sectors: int) -> str:
    return f"{sectors // 4500:02d}:{sectors // 75 % 60:02d}:{sectors % 75:02d}"


def burned(path: Path, pcm: bytes = PCM, **habits: int) -> VirtualRecorder:
    """Hidden audio, an index, a pregap with audio, pre-emphasis, ISRC, MCN, CD-Text in two languages."""
    write_wav(Path("all.wav"), pcm)
    text = toc().replace(f"0 {HIDDEN + FIRST}:0", f"0 {_time(HIDDEN + FIRST)}")
    at = HIDDEN + FIRST
    text = text.replace("SPLIT", f"{_time(at)} {_time(PREGAP + SECOND)}")
    text = text.replace("LAST", f"{_time(at + PREGAP + SECOND)} {_time(THIRD)}")
    Path("disc.toc").write_text(text)
    recorder = VirtualRecorder(Medium.new_at(path), model=model(**habits))
    write = ("cdrdao", "write", "-n", "--driver", "generic-mmc:0x10", "--device", "/dev/sr0")
    client(recorder, *write, "disc.toc")
    recorder.close()
    return VirtualRecorder(Medium.at(path), model=model(**habits))


def layout(recorder: VirtualRecorder) -> object:
    assert recorder.disc is not None
    return recorder.disc.state.sessions[0].layout()


def test_what_cdrdao_burned_is_copied_whole() -> None:
    original = burned(Path("a.disc"))
    assert as_sent(original, 0, END) == PCM
    copy = VirtualRecorder(Medium.new_at(Path("b.disc")), model=model(read_offset=6, write_offset=-30))
    report = redbook.copy(ready(original), Drive(copy), folder="kept here")
    assert report.read.whole
    assert report.burned.verified
    assert layout(copy) == layout(original)
    assert as_sent(copy, 0, END - 1) == PCM[:-SECTOR_BYTES]
    (english, german) = parse(Path("kept here/disc.cdt").read_bytes())
    assert (english.text(redbook.PackType.TITLE, 2), german.text(redbook.PackType.TITLE, 2)) == (
        "Two",
        "Zwei",
    )
    assert [track.start_lba for track in report.read.tracks] == STARTS
    again = VirtualRecorder(Medium.new_at(Path("c.disc")))
    assert redbook.burn("kept here/disc.cue", Drive(again)).verified
    assert layout(again) == layout(original)


def test_what_cdrdao_burned_is_copied_by_one_recorder_whose_discs_are_changed() -> None:
    recorder = burned(Path("a.disc"))
    meant, blank = layout(recorder), Medium.new_at(Path("b.disc"))

    def change() -> None:
        while not recorder.tray_open:
            time.sleep(0.01)
        recorder.insert(blank)

    hand = threading.Thread(target=change, daemon=True)
    hand.start()
    report = redbook.copy(ready(recorder))
    hand.join()
    assert report.read.whole
    assert report.burned.verified
    assert layout(recorder) == meant
    assert as_sent(recorder, 0, END) == PCM


@pytest.mark.parametrize(("read_offset", "write_offset"), [(667, -30), (-30, 667)])
def test_what_cdrdao_burned_is_copied_by_recorders_with_offsets_and_round_a_hole(
    read_offset: int, write_offset: int
) -> None:
    """Each of both takes and gives audio beside its place; a sector of the original cannot be read."""
    original = burned(Path("a.disc"), read_offset=read_offset)
    assert original.disc is not None
    habits = model(read_offset=read_offset)
    damaged = VirtualRecorder(original.disc, faults=[BadSpot(1700, 1700)], model=habits)
    with pytest.raises(redbook.NotReadWhole, match="sector 1700"):
        redbook.read(ready(damaged), "refused", offset=read_offset)
    target = VirtualRecorder(
        Medium.new_at(Path("b.disc")), model=model(read_offset=6, write_offset=write_offset)
    )
    report = redbook.copy(ready(damaged), Drive(target), offset=read_offset, keep_going=True)
    assert report.burned.verified
    assert layout(target) == layout(original)
    (hole,) = report.read.holes
    assert "track 2" in hole
    assert "replaced by silence" in hole
    lost = 2 * SECTOR_BYTES  # at both ends, where the offset leads to where drives do not read
    on_copy, meant = as_sent(target, 0, END - 2), PCM[:-lost]
    missing = slice(1695 * SECTOR_BYTES, 1705 * SECTOR_BYTES)  # moved by the offset, as the audio is
    assert on_copy[lost : missing.start] == meant[lost : missing.start]
    assert on_copy[missing] != meant[missing]
    assert on_copy[missing.stop :] == meant[missing.stop :]


@pytest.mark.tools("cd-paranoia")
@pytest.mark.parametrize("offset", [667, -30])
def test_cd_paranoia_rips_the_same(offset: int) -> None:
    """-O is the same correction. It fills the end of what it reads up with silence."""
    original = burned(Path("a.disc"), read_offset=offset)
    report = redbook.read(ready(original), "kept", sound="wav", offset=offset)
    client(original, "cd-paranoia", "-q", "-c", "-O", str(offset), "-d", "/dev/sr0", "-r", "1-2", "all.raw")
    parts = []
    for track in report.tracks[:2]:
        with wave.open(f"kept/{track.file}") as file:
            parts.append(file.readframes(file.getnframes()))
    ours, theirs = b"".join(parts), Path("all.raw").read_bytes()
    end = (STARTS[2] - STARTS[0] - 2) * SECTOR_BYTES
    assert ours[:end] == theirs[:end] == PCM[STARTS[0] * SECTOR_BYTES :][:end]
    assert report.whole


@pytest.mark.tools("whipper")
def test_accuraterip_sums_are_those_of_whipper() -> None:
    """By whipper's own module, of the files that redbook wrote; the pregap of track 2 is not silent."""
    report = redbook.read(ready(burned(Path("a.disc"))), "kept", sound="wav")
    code = (
        "import sys, accuraterip\n"
        "for n in range(1, 4):\n"
        "    print(*('%08x' % sum for sum in accuraterip.compute('kept/%02d.wav' % n, n, 3)[:2]))\n"
    )
    python = re.sub(r"^#!\s*", "", Path("/usr/bin/whipper").read_text().split("\n")[0])
    done = subprocess.run([*python.split(), "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    own = [f"{track.accuraterip_v1} {track.accuraterip_v2}" for track in report.tracks]
    assert done.stdout.split("\n")[:3] == own


@pytest.mark.tools("whipper", "flac")
@pytest.mark.slow
@pytest.mark.parametrize("offset", [0, 102])
def test_whipper_rips_the_same(offset: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole of it, hidden track included, with nobody to ask on the net.

    whipper 0.10 rips nothing with offsets above 587, as it says itself, nor with negative ones here. It
    leaves the byte order to cd-paranoia, which guesses it from the signal: that has to be music.
    """
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(Path.cwd()))
    original = burned(Path("a.disc"), attacks(588 * END), read_offset=offset)
    report = redbook.read(ready(original), "kept", sound="wav", offset=offset)
    rip = ("rip", "--unknown", "--cdr", "-O", "out", "-o", str(offset))
    client(original, "whipper", "--eject", "never", "cd", "-d", "/dev/sr0", *rip, "--track-template", "%t")
    theirs = sorted(Path("out").rglob("*.flac"))
    ours = [track.file for track in report.every_track]
    assert [path.stem[:2] for path in theirs] == [name[:2] for name in ours] == ["00", "01", "02", "03"]
    for path, name in zip(theirs, ours, strict=True):
        decode = ("flac", "-s", "-d", "-c", "--force-raw-format", "--endian=little", "--sign=signed", path)
        pcm = subprocess.run(decode, check=True, capture_output=True).stdout
        with wave.open(f"kept/{name}") as file:
            assert file.readframes(file.getnframes()) == pcm, name
