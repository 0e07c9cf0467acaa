"""CD-Text of a disc of ours as other programs read it: every field of every track, in two languages.

The form of the packs is checked nowhere else against anybody but ourselves.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from redbook.disc.cd_text import PACK_BYTES, PackType, Texts, encode
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.album import plain_tracks, write_album
from tests.support.clients import client

TRACKS = 14
Fields = dict[tuple[str, int], str]
"""Kind of text and track to text; 0 is the disc."""

TITLES = ["Été \"quoted\" 'x'", "Same", "Same", "Ünï/cödé", "Ñandú, longer than a pack"]
ENGLISH = Texts(
    0x09,
    {
        PackType.TITLE: {
            0: "Émile's Álbum / Side \\ One",
            **{track: TITLES[track % 5] for track in range(1, TRACKS + 1)},
        },
        PackType.PERFORMER: {
            0: "The Band",
            **{track: ["The Band", "The Band", "Sølist"][track % 3] for track in range(1, TRACKS + 1)},
        },
        PackType.SONGWRITER: {track: f"Writer {track // 3}" for track in range(TRACKS + 1)},
        PackType.COMPOSER: dict.fromkeys(range(TRACKS + 1), "Jean-Philippe Rameau"),
        PackType.ARRANGER: {track: f"Ärr {track}" for track in range(TRACKS + 1)},
        PackType.MESSAGE: {0: "M" * 110, **{track: "é" * 8 * track for track in range(1, TRACKS + 1)}},
    },
)
GERMAN = Texts(
    0x08,
    {
        PackType.TITLE: {track: f"Stück {track} für Ä" for track in range(TRACKS + 1)},
        PackType.PERFORMER: {track: f"Künstler {track // 4}" for track in range(TRACKS + 1)},
    },
)

pytestmark = pytest.mark.tools("umockdev-run", "cd-info", "cdrdao", "cdrskin", "wodim")


def burned(path: Path, packs: bytes, tracks: int = TRACKS) -> VirtualRecorder:
    sheet, end = plain_tracks(tracks)
    write_album(VirtualRecorder(Medium.new_at(path)), sheet, packs, end)
    return VirtualRecorder(Medium.at(path))


def fields(texts: Texts) -> Fields:
    return {
        (kind.name, n): text for kind, found in texts.by_type.items() for n, text in found.items() if text
    }


def by_cd_info(recorder: VirtualRecorder) -> list[Fields]:
    text = client(recorder, "cd-info", "--no-cddb", "--no-device-info", "/dev/sr0")
    found: list[Fields] = []
    track = 0
    for line in text.splitlines():
        if line.startswith("Language "):
            found.append({})
        elif place := re.match(r"CD-TEXT for (?:Disc|Track +(\d+)):", line):
            track = int(place[1] or 0)
        elif found and (one := re.match(r"\t(\w+): (.*)", line)):
            found[-1][one[1], track] = one[2]
    return found


def by_cdrdao(recorder: VirtualRecorder) -> list[Fields]:
    Path("read.toc").unlink(missing_ok=True)
    read = ("cdrdao", "read-toc", "--driver", "generic-mmc:0x10", "--device", "/dev/sr0")
    client(recorder, *read, "--datafile", "x.bin", "read.toc")
    found: list[Fields] = []
    track = language = 0
    for line in Path("read.toc").read_text("latin-1").splitlines():
        if line.startswith("TRACK"):
            track += 1
        elif begun := re.match(r" +LANGUAGE (\d) \{", line):
            language = int(begun[1])
            found += [{}] * 0 if language < len(found) else [{}]
        elif (one := re.match(r' +(\w+) "(.*)"$', line)) and one[2]:
            text = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), one[2])
            found[language][one[1], track] = text.replace('\\"', '"')
    return found


def by_cdrskin(recorder: VirtualRecorder) -> list[Fields]:
    """As one of Sony's sheets for each language."""
    client(recorder, "cdrskin", "dev=/dev/sr0", "cdtext_to_v07t=read.v07t")
    names = {"Album Title": "TITLE", "Artist Name": "PERFORMER", "Album Message": "MESSAGE"}
    names |= {"Title": "TITLE", "Artist": "PERFORMER"}
    found: list[Fields] = []
    for line in Path("read.v07t").read_text("latin-1").splitlines():
        key, _, text = line.partition("=")
        key, text = key.strip(), text.removeprefix(" ")
        if key == "Input Sheet Version":
            found.append({})
        track = 0
        if of_track := re.match(r"Track (\d\d) (.*)", key):
            track, key = int(of_track[1]), of_track[2]
        kind = names.get(key, key.upper())
        if kind in PackType.__members__ and text:
            found[-1][kind, track] = text
    return found


@pytest.mark.parametrize("repeats", [False, True])
def test_every_field_of_every_track_in_two_languages(repeats: bool) -> None:
    made = encode([ENGLISH, GERMAN], 1, TRACKS, repeats=repeats)
    assert not made.changes
    recorder = burned(Path("a.disc"), made.packs)
    meant = [fields(ENGLISH), fields(GERMAN)]
    assert by_cd_info(recorder) == meant
    assert by_cdrskin(recorder) == meant
    if not repeats:  # cdrdao 1.2.4 does not know a TAB as "the same"
        assert by_cdrdao(recorder) == meant
    text = client(recorder, "wodim", "-vv", "-toc", "dev=/dev/sr0")
    assert f"CD-Text len: {len(made.packs) + 4}" in text
    recorder.close()


def test_a_language_as_full_as_it_can_be() -> None:
    """256 packs. With 98 tracks: libburn 1.5.4 takes CD-Text of 99 for damaged."""
    texts = Texts(
        0x09,
        {
            kind: {track: f"{kind.name} {track} ".ljust(30 + 5 * track % 31, "x") for track in range(99)}
            for kind in (PackType.TITLE, PackType.PERFORMER, PackType.COMPOSER)
        },
    )
    made = encode([texts], 1, 98)
    assert 250 * PACK_BYTES < len(made.packs) <= 256 * PACK_BYTES
    recorder = burned(Path("a.disc"), made.packs, 98)
    meant = [fields(made.texts[0])]
    assert by_cd_info(recorder) == meant
    assert by_cdrskin(recorder) == meant
    assert by_cdrdao(recorder) == meant
    recorder.close()


def test_texts_that_only_some_tracks_have() -> None:
    """Not by cd-info: libcdio 2.1.0 gives the text behind an empty one to the wrong track."""
    texts = Texts(0x09, {PackType.TITLE: {0: "Album", 2: "Two"}, PackType.ARRANGER: {3: "Arr", 5: "Five"}})
    recorder = burned(Path("a.disc"), encode([texts], 1, 5).packs, 5)
    assert by_cdrskin(recorder) == [fields(texts)]
    assert by_cdrdao(recorder) == [fields(texts)]
    recorder.close()


def test_japanese() -> None:
    texts = Texts(0, {PackType.TITLE: {0: "さくら", 1: "Sakura", 2: "ガラス"}})
    recorder = burned(Path("a.disc"), encode([texts], 1, 2).packs, 2)
    english, japanese = by_cd_info(recorder)
    assert english == {("TITLE", 0): "???", ("TITLE", 1): "Sakura", ("TITLE", 2): "???"}
    assert japanese == {("TITLE", 0): "さくら", ("TITLE", 1): "Ｓａｋｕｒａ", ("TITLE", 2): "ガラス"}
    recorder.close()


@pytest.mark.parametrize("characters", [252, 300])
def test_the_longest_text_that_all_take(characters: int) -> None:
    texts = Texts(0x09, {PackType.TITLE: {0: "Album", 1: "x" * characters, 2: "Two"}})
    recorder = burned(Path("a.disc"), encode([texts], 1, 2).packs, 2)
    meant = [{("TITLE", 0): "Album", ("TITLE", 1): "x" * 252, ("TITLE", 2): "Two"}]
    assert by_cd_info(recorder) == by_cdrdao(recorder) == by_cdrskin(recorder) == meant
    recorder.close()
