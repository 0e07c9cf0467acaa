"""What plan says of pauses, joins and losses; and wishes that cannot go together."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support import warm
from tests.support.sound import noise, write_wav

S = 588
DRIVE = ("--drive", "virtual:my.disc")
SHEET = """\
CATALOG 4006381333931
TITLE "Album"
FILE "a.wav" WAVE
  TRACK 01 AUDIO
    FLAGS DCP
    ISRC DEABC2500001
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    ISRC DEABC2500002
    INDEX 00 00:08:00
    INDEX 01 00:10:00
  TRACK 03 AUDIO
    FLAGS PRE
    INDEX 01 00:16:00
"""


@pytest.fixture(autouse=True)
def _sheet() -> None:
    write_wav(Path("a.wav"), noise(S * 1800 + 100))
    Path("a.cue").write_text(SHEET)


def said(*words: str, code: int = 0) -> str:
    done = warm.run(*words, *DRIVE, hurried=True)
    assert done.returncode == code, done.stderr
    return " ".join((done.stdout + done.stderr).split())


def plan(*words: str) -> list[dict[str, Any]]:
    tracks: list[dict[str, Any]] = last("plan", *words)["tracks"]
    return tracks


def last(*words: str) -> dict[str, Any]:
    done = warm.run(*words, *DRIVE, "--json", hurried=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_gap_with_music_in_it_is_no_silence() -> None:
    assert "joined; the gap holds audio" in said("plan", "a.cue")
    assert [track["joined"] for track in plan("a.cue")] == [False, True, True]


def test_a_pause_before_such_a_gap_joins_nothing() -> None:
    text = said("plan", "a.cue", "--pause", "1")
    assert "the last 2.00 s of the gap hold audio" in text
    assert "joined" not in text
    second, third = plan("a.cue", "--pause", "1")[1:]
    assert not second["joined"] and not third["joined"]
    assert (
        second["silence_before_samples"] == third["silence_before_samples"] == 44_100
    )  # 1.5 s, 112.5 sectors


def test_silence_that_was_asked_for_does_not_pad_a_sector() -> None:
    Path("a.cue").write_text(SHEET + "    POSTGAP 00:01:00\n")
    text = said("plan", "a.cue")
    assert "1.01 s of silence at its end" in text  # 44100 samples, and 488 that pad the sector
    assert "pad the last sector" not in text
    assert "488 samples of silence added to pad the last sector" in said("plan", "a.wav")


def test_what_track_at_once_loses_is_named_once_for_all_tracks() -> None:
    wanted = (
        "CD-Text; the catalogue number (MCN); the permission to copy track 1; the ISRC of tracks 1 and 2; "
        "the pregap index of track 2, whose audio becomes the end of the track before; "
        "the join before track 3, which becomes two seconds of silence; pre-emphasis of track 3"
    )
    parts = set(wanted.split("; "))
    losses = set(last("plan", "a.cue", "--mode", "tao")["losses"])
    assert losses == parts
    text = said("plan", "a.cue", "--leave-open", code=4)
    assert all(part in text for part in parts)


def test_titles_that_are_required_are_not_lost_by_track_at_once() -> None:
    for words in (("--mode", "tao"), ("--leave-open",), ("--append",)):
        assert "CD-Text is required" in said("plan", "a.cue", "--cd-text", "require", *words, code=4)
    assert "CD-Text in English" in said("plan", "a.cue", "--cd-text", "require")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("123", "--mcn: 123 is not a catalogue number (13 digits)"),
        ("4006381333932", "--mcn: 4006381333932: its check digit is wrong (4006381333931 would be right)"),
    ],
)
def test_a_catalogue_number_that_is_none(code: str, words: str) -> None:
    assert words in said("plan", "a.cue", "--mcn", code, code=2)


def test_letters_that_cd_text_does_not_have_are_named_with_what_helps() -> None:
    Path("a.cue").write_text(SHEET.replace("Album", "Ода к радости"))
    text = said("plan", "a.cue")
    assert "title of the disc: ISO 8859-1 has no О д а к р о с т и; burned as ?" in text
    assert "--cd-text-transliterate burns Cyrillic and Greek in Latin letters" in text
    assert "--cd-text-transliterate" not in said("plan", "a.cue", "--cd-text-transliterate")
    Path("a.cue").write_text(SHEET.replace("Album", "東京"))
    assert "--cd-text-transliterate" not in said("plan", "a.cue")


def test_a_plan_tells_what_the_loudness_is_brought_to() -> None:
    write_wav(Path("b.wav"), bytes(S * 400 * 4))
    text = said("plan", "a.wav", "b.wav", "--loudness", "track", "--loudness-target", "-20")
    assert "loudness brought to -20 LUFS, each track by itself" in text
    assert re.search(r"lowered by \d+\.\d\d dB; to 16 bit with TPDF dither -20\.0 LUFS", text)
    assert re.search(r"track 1: -\d+\.\d\d dB; -20\.0 LUFS, true peak -\d+\.\d dBTP", text)
    assert "track 2: left as it is; silent" in text
    assert "b.wav PCM, 44.1 kHz, 16 bit, stereo: bit for bit" in text
    found = last("plan", "a.wav", "--loudness", "album")
    assert (found["loudness"]["mode"], found["loudness"]["target_lufs"]) == ("album", -18.0)
    (group,) = found["loudness"]["groups"]
    (track,) = found["tracks"]
    assert group["gain_db"] == track["gain_db"] < 0
    assert group["loudness_lufs"] == track["loudness_lufs"] == pytest.approx(-18, abs=0.1)
    assert not track["bit_exact"]
    plain = last("plan", "a.wav")
    assert plain["loudness"] is None
    assert plain["tracks"][0]["bit_exact"]
    assert (plain["tracks"][0]["gain_db"], plain["tracks"][0]["loudness_lufs"]) == (0.0, None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--loudness-target", "-16"), "--loudness-target needs --loudness album or --loudness track"),
        (("--loudness", "track", "--loudness-target", "16"), "between -40 and -5 LUFS, not 16"),
        (("--loudness", "track", "--loudness-target", "nan"), "between -40 and -5 LUFS, not nan"),
        (("--loudness", "track", "--loudness-target", "loud"), "'loud' is not a loudness"),
    ],
)
def test_a_loudness_that_is_none_is_wrong_usage(options: tuple[str, ...], words: str) -> None:
    assert words in said("plan", "a.wav", *options, code=2)


def test_a_disc_is_verified_with_the_loudness_that_it_was_burned_with() -> None:
    assert "identical" in said("burn", "a.cue", "--loudness", "album", "--report", "a.txt")
    assert "loudness brought to -18 LUFS, one gain for all tracks" in Path("a.txt").read_text()
    assert "is the same as the sources" in said("verify", "a.cue", "--loudness", "album")
    assert "differs" in said("verify", "a.cue", code=6)


def test_flags_of_another_disc_are_told_once() -> None:
    assert "identical" in said("burn", "a.cue")
    Path("a.cue").write_text(SHEET.replace("    FLAGS PRE\n", ""))
    text = said("verify", "a.cue", code=6)
    assert text.count("pre-emphasis, copy and channel flags: track 3 has") == 1
    assert "is marked as something other" not in text
    found = last("verify", "a.cue")
    assert len(found["layout_errors"]) == 1
