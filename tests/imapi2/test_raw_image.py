"""Images of MsftRawCDImageCreator: sector by sector those of a program made from IEC 60908 alone."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from redbook.imapi2 import Dispatch, MsftRawCDImageCreator
from tests.support.iec60908 import LEAD_OUT, START, Disc, Song, sub_channels
from tests.support.imapi import track

PQ_ONLY, COOKED, RAW = 1, 2, 3
SECTOR_BYTES = {PQ_ONLY: 2368, COOKED: 2448, RAW: 2448}
COPY = {"permitted": 0, "prohibited": 1, "scms": 2}


def created(disc: Disc, kind: int) -> MsftRawCDImageCreator:
    creator = Dispatch("IMAPI2.MsftRawCDImageCreator")
    creator.ResultingImageType = kind
    creator.DisableGaplessAudio = disc.gaps
    creator.MediaCatalogNumber = disc.mcn
    creator.StartingTrackNumber = disc.first
    if disc.special:
        creator.AddSpecialPregap(disc.special)
    for song in disc.songs:
        info = creator.TrackInfo(creator.AddTrack(0, io.BytesIO(song.pcm)))
        info.ISRC = song.isrc
        info.DigitalAudioCopySetting = COPY[song.copy]
        info.AudioHasPreemphasis = song.pre_emphasis
        for offset in song.indexes:
            info.AddTrackIndex(offset)
    return creator


def songs(*lengths: int) -> list[Song]:
    return [Song(track(length, 7 * n)) for n, length in enumerate(lengths)]


def labelled() -> list[Song]:
    return [
        Song(track(400, 1), "DEABC2500001", indexes=(100, 210)),
        Song(track(410, 2), "USK7Y9812345", "prohibited", True),
        Song(track(450, 3), "GBAYE6800462", "scms", indexes=(75,)),
    ]


DISCS: dict[str, Callable[[], Disc]] = {
    "one track": lambda: Disc(songs(300)),
    "three tracks": lambda: Disc(songs(400, 310, 350)),
    "three tracks with gaps": lambda: Disc(songs(400, 310, 350), gaps=True),
    "codes, flags and indexes": lambda: Disc(labelled(), mcn="4006381333931"),
    "the same with gaps": lambda: Disc(labelled(), True, mcn="0123456789012"),
    "sound before track 1": lambda: Disc(songs(400, 310), special=track(400, 9)),
    "two seconds before track 1": lambda: Disc(songs(400, 310), True, special=track(150, 9)),
    "tracks 97 to 99": lambda: Disc(labelled(), first=97),
    "99 tracks": lambda: Disc(songs(*[300] * 99), mcn="4006381333931"),
    "99 tracks with gaps": lambda: Disc(songs(*[300] * 99), gaps=True),
}


@pytest.mark.parametrize("kind", [PQ_ONLY, COOKED, RAW])
@pytest.mark.parametrize("name", DISCS)
def test_every_sector_is_that_of_the_standard(name: str, kind: int) -> None:
    """Of most lead-ins only the end: it is the same over and over."""
    disc = DISCS[name]()
    image = created(disc, kind).CreateResultImage()
    length = SECTOR_BYTES[kind]
    assert image.Stat(1).cbSize == disc.sectors * length
    first = START if name == "three tracks" else -150 - 3 * 3 * len(disc.contents)
    image.Seek((first - START) * length)
    read = memoryview(b"")
    for lba in range(first, disc.lead_out + LEAD_OUT):
        if not read:
            read = memoryview(image.Read(1000 * length))
        assert read[:2352] == disc.sound(lba), f"sound of {lba}"
        assert bytes(read[2352:length]) in sub_channels(disc, lba, kind), f"sub-channel of {lba}"
        read = read[length:]
    assert not read
    assert image.Read(1) == b""


@pytest.mark.parametrize("name", ["one track", "codes, flags and indexes", "99 tracks"])
def test_the_lead_in_says_everything_over_and_over(name: str) -> None:
    """POINT of each sector: each entry three times in a row, A0 to A2 and every track (17.5.1)."""
    disc = DISCS[name]()
    image = created(disc, PQ_ONLY).CreateResultImage()
    points = [image.Read(2368)[2354] for _ in range(22_500)]
    wanted = [int(entry[6:8], 16) for entry in disc.contents for _ in range(3)]
    assert points == (wanted * (22_500 // len(wanted) + 1))[:22_500]


@pytest.mark.parametrize("name", ["codes, flags and indexes", "the same with gaps", "tracks 97 to 99"])
def test_a_hundred_sectors_hold_each_code_and_no_place_where_something_begins_does(name: str) -> None:
    disc = DISCS[name]()
    disc = Disc(labelled(), disc.gaps, mcn="4006381333931", first=disc.first)
    image = created(disc, PQ_ONLY).CreateResultImage()
    image.Seek(-START * 2368)
    modes = [image.Read(2368)[2352] & 0xF for _ in range(disc.lead_out)]
    for lba in range(disc.lead_out - 100):
        assert 2 in modes[lba : lba + 100], lba
        tracks = {disc.at(n)[0] for n in range(lba, lba + 100)}
        if len(tracks) == 1 and all(disc.at(n)[1] for n in range(lba, lba + 100)):
            assert 3 in modes[lba : lba + 100], lba
    assert {modes[lba] for lba in disc.boundaries if 0 <= lba < disc.lead_out} == {1}
    assert modes.count(1) > 0.96 * len(modes)


def test_the_example_of_the_three_tracks() -> None:
    creator = created(Disc(songs(400, 310, 350)), RAW)
    assert [creator.TrackInfo(n).StartingLba for n in (1, 2, 3)] == [0, 400, 710]
    assert creator.StartOfLeadout == 1060
    creator.DisableGaplessAudio = True
    assert [creator.TrackInfo[n].StartingLba for n in (1, 2, 3)] == [0, 550, 1010]
    assert (creator.StartOfLeadout, creator.LastUsedUserSectorInImage) == (1360, 1359)
    creator.DisableGaplessAudio = False
    # MMC-5 6.26.2.4; copying is permitted, so control is 2
    entries = ("00120100 00000000", "00120200 00000190", "00120300 000002C6", "0012AA00 00000424")
    assert creator.ExpectedTableOfContents == bytes.fromhex("0022 0103" + "".join(entries))
