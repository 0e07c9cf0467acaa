"""Sheets at the command line: written of anything, burned, verified; and what is said of wrong ones."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.test_commands import objects, redbook
from tests.support.sound import encode, noise, write_wav

S = 588
DRIVE = ("--drive", "virtual:my.disc")


@pytest.fixture(autouse=True)
def songs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number, samples in enumerate((352_900, 294_200, 264_900), 1):
        write_wav(tmp_path / f"odd {number}.wav", noise(samples, number))


FILES = ("odd 1.wav", "odd 2.wav", "odd 3.wav")


@pytest.mark.parametrize("suffix", ["cue", "toc"])
def test_a_sheet_that_was_written_burns_the_same_disc(suffix: str) -> None:
    titles = ("--title", "Äther", "--performer", "Somebody")
    direct = objects(redbook("burn", *FILES, *DRIVE, "--json", "--join", "join", *titles).stdout)[-1]
    written = objects(
        redbook("sheet", *FILES, "-o", f"an album.{suffix}", "--json", "--join", "join", *titles).stdout
    )[-1]
    assert (written["event"], written["tracks"]) == ("sheet", 3)
    by_sheet = objects(redbook("burn", f"an album.{suffix}", "--drive", "virtual:2", "--json").stdout)[-1]
    assert by_sheet["verified"]
    assert [t["sha256"] for t in by_sheet["tracks"]] == [t["sha256"] for t in direct["tracks"]]
    assert [t["start_lba"] for t in by_sheet["tracks"]] == [0, 600, 1100]
    said = redbook("info", "--drive", "virtual:2").stdout
    assert "Äther" in said
    assert "Somebody" in said


def test_a_sheet_is_not_replaced_unasked() -> None:
    Path("mine.cue").write_text("mine")
    assert "--force" in redbook("sheet", FILES[0], "-o", "mine.cue", code=4).stderr
    assert Path("mine.cue").read_text() == "mine"
    redbook("sheet", FILES[0], "-o", "mine.cue", "--force")
    assert "odd 1.wav" in Path("mine.cue").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        ((FILES[0], "-o", "x.txt"), 4, "ends with .cue or .toc"),
        (("nowhere.wav", "-o", "x.cue"), 3, "no such file"),
        (("nowhere.cue", "-o", "x.cue"), 3, "no such file"),
        ((FILES[0], "-o", "no/folder/x.cue"), 1, "cannot be written"),
        ((FILES[0],), 2, "--output"),
    ],
)
def test_what_cannot_be_a_sheet_is_told(arguments: tuple[str, ...], code: int, reason: str) -> None:
    assert reason in redbook("sheet", *arguments, code=code).stderr
    assert not list(Path().glob("*.cue"))


@pytest.mark.tools("metaflac", "ffmpeg")
def test_a_flac_with_a_sheet_inside_and_the_sheet_beside_it_burn_the_same_disc(tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "x.wav", noise(2000 * S, 9))
    encode(wav, tmp_path / "x.flac")
    Path("x.cue").write_text(
        'CATALOG 4006381333931\nFILE "x.flac" FLAC\n  TRACK 01 AUDIO\n    ISRC DEABC2500001\n'
        "    INDEX 01 00:00:00\n  TRACK 02 AUDIO\n    FLAGS PRE\n    INDEX 00 00:10:00\n"
        "    INDEX 01 00:12:00\n    INDEX 02 00:18:00\n"
    )
    subprocess.run(["metaflac", "--import-cuesheet-from=x.cue", "x.flac"], check=True)
    found = []
    for name in ("x.cue", "x.flac"):
        drive = f"virtual:{name}.disc"
        assert objects(redbook("burn", name, "--drive", drive, "--json").stdout)[-1]["verified"]
        info = objects(redbook("info", "--drive", drive, "--json").stdout)[-1]
        tracks = [
            (t["start_lba"], t["isrc"], t["pregap_sectors"], t["indexes"], t["pre_emphasis"])
            for t in info["tracks"]
        ]
        found.append((info["mcn"], tracks))
    assert found[0] == found[1]
    assert found[0] == (
        "4006381333931",
        [(0, "DEABC2500001", 150, [], False), (900, None, 150, [1350], True)],
    )


def test_verify_takes_a_sheet() -> None:
    redbook("sheet", *FILES, "-o", "a.cue", "--title", "A")
    redbook("burn", "a.cue", *DRIVE)
    redbook("verify", "a.cue", *DRIVE)
    assert "CD-Text" in redbook("verify", "a.cue", *DRIVE, "--title", "B", code=6).stderr


def test_modes_and_what_they_cannot_carry() -> None:
    said = redbook("burn", *FILES, *DRIVE, "--mode", "sao", "--leave-open", code=4).stderr
    assert "needs track-at-once" in " ".join(said.split())
    lost = redbook("burn", *FILES, *DRIVE, "--leave-open", "--pause", "1", code=4).stderr
    assert "the pause before tracks 2 and 3" in " ".join(lost.split())
    assert "--mode tao" in lost
    assert not Path("my.disc").exists()
    redbook("burn", FILES[0], *DRIVE, "--leave-open")
    more = redbook("burn", *FILES[1:], *DRIVE, "--append", "--pause", "3", code=4).stderr
    assert "the pause before track 2, which becomes two seconds; the pause before track 3" in " ".join(
        more.split()
    )
    redbook("burn", *FILES[1:], *DRIVE, "--append", "--pause", "2")
    plan = objects(
        redbook(
            "plan", *FILES, "--drive", "virtual:new.disc", "--mode", "tao", "--pause", "1", "--json"
        ).stdout
    )[-1]
    assert plan["mode"] == "tao"
    assert plan["losses"] == ["the pause before tracks 2 and 3, which becomes two seconds"]


def test_a_pause_and_texts_are_in_the_plan() -> None:
    text = redbook("plan", *FILES, *DRIVE, "--pause", "2", "--title", "T", "--mcn", "400638133393 1").stdout
    assert " 2 s " in text
    assert "CD-Text in English; MCN 4006381333931" in text
    assert "not a catalogue number" in redbook("plan", *FILES, *DRIVE, "--mcn", "123", code=2).stderr
    assert "no titles are known" in redbook("plan", *FILES, *DRIVE, "--cd-text", "require", code=4).stderr
    assert "0 to 60 seconds" in redbook("plan", *FILES, *DRIVE, "--pause", "61", code=2).stderr


def test_a_pause_that_is_not_quite_what_was_asked_for_is_told() -> None:
    redbook("sheet", *FILES, "-o", "a.cue", "--pause", "2")
    planned = objects(redbook("plan", "a.cue", *DRIVE, "--pause", "0", "--json").stdout)[-1]
    assert any("the pauses of the sheet stay" in note for note in planned["notes"])
    assert [track["pregap_sectors"] for track in planned["tracks"]][1:] == [150, 150]
    planned = objects(redbook("plan", *FILES, *DRIVE, "--pause", "1.5", "--json").stdout)[-1]
    assert any("112 of them, 1.493 s" in note for note in planned["notes"])
    for plain in (("--pause", "2"), ("--pause", "0"), ()):
        planned = objects(redbook("plan", *FILES, *DRIVE, *plain, "--json").stdout)[-1]
        assert not any("a pause of" in note for note in planned["notes"])


def test_titles_from_a_file_of_packs_and_from_a_sheet_of_texts() -> None:
    vectors = Path(__file__).parents[1] / "vectors" / "cd-text"
    found = []
    for name in ("raw.cdt", "s.v07t"):
        drive = f"virtual:{name}.disc"
        redbook("burn", *FILES, "--drive", drive, "--cd-text-file", vectors / name)
        info = objects(redbook("info", "--drive", drive, "--json").stdout)[-1]
        found.append(info["cd_text"])
        assert info["cd_text"][0]["texts"]["title"]["0"] == "Joyful Nights"
    assert found[0] == found[1]
    assert "no such" in redbook("burn", *FILES, *DRIVE, "--cd-text-file", "no.cdt", code=3).stderr.lower()
    wrong = redbook("burn", *FILES[:2], *DRIVE, "--cd-text-file", vectors / "raw.cdt", code=3).stderr
    assert "raw.cdt" in wrong
