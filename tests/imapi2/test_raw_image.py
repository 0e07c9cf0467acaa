"""Images of MsftRawCDImageCreator: sector by sector those of a program made from IEC 60908 alone."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from redbook.imapi2 import Dispatch, FileStream, HResult, MsftRawCDImageCreator, com_error
from tests.support.iec60908 import LEAD_OUT, START, Disc, Song, sub_channels
from tests.support.imapi import code_of, track

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


@pytest.mark.slow
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


# What is refused, and what is only said


def fails(call: Callable[[], object]) -> str:
    with pytest.raises(com_error) as error:
        call()
    return code_of(error).name


class Silence:
    """So many sectors of it, as an IStream that gives nothing before it is asked."""

    def __init__(self, sectors: int) -> None:
        self._size = sectors * 2352

    def Read(self, count: int) -> bytes:
        return bytes(count)

    def Seek(self, at: int, origin: int) -> int:
        return at

    def Stat(self, flag: int) -> tuple[None, int, int]:
        return (None, 2, self._size)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "E_POINTER"),
        (b"", "E_INVALIDARG"),
        (5, "E_INVALIDARG"),
        ("track.pcm", "E_INVALIDARG"),
        (bytes(299 * 2352), "E_INVALIDARG"),
        (bytes(300 * 2352 + 2), "E_INVALIDARG"),
        (b"RIFF\0\0\0\0WAVEfmt " + bytes(300 * 2352), "E_INVALIDARG"),
        (b"FORM\0\0\0\0AIFFCOMM" + bytes(300 * 2352), "E_INVALIDARG"),
    ],
)
def test_what_is_no_track(data: Any, code: str) -> None:
    creator = MsftRawCDImageCreator()
    assert fails(lambda: creator.AddTrack(0, data)) == code
    assert creator.NumberOfExistingTracks == 0


def test_a_sound_file_names_the_remedy() -> None:
    with pytest.raises(com_error, match=r"WAV file with its header.*AudioStream"):
        MsftRawCDImageCreator().AddTrack(0, b"RIFF\0\0\0\0WAVE" + bytes(300 * 2352))


def test_limits_to_the_sector() -> None:
    last = 398_099
    creator = MsftRawCDImageCreator()
    assert fails(lambda: creator.AddTrack(0, Silence(last + 2))) == "E_IMAPI_RAW_IMAGE_INSUFFICIENT_SPACE"
    creator.AddTrack(0, Silence(last + 1))
    assert creator.LastUsedUserSectorInImage == last
    creator = MsftRawCDImageCreator()
    creator.StartOfLeadoutLimit = 600
    creator.AddTrack(0, track(300))
    assert fails(lambda: creator.AddTrack(0, track(301))) == "E_IMAPI_RAW_IMAGE_INSUFFICIENT_SPACE"
    creator.AddTrack(0, track(300))
    for change in (("DisableGaplessAudio", True), ("StartOfLeadoutLimit", 599)):
        assert fails(lambda c=change: setattr(creator, *c)) == "E_IMAPI_RAW_IMAGE_INSUFFICIENT_SPACE"  # type: ignore[misc]
    assert (creator.DisableGaplessAudio, creator.StartOfLeadoutLimit) == (False, 600)
    for wrong in (0, -1, last + 1):
        assert fails(lambda w=wrong: setattr(creator, "StartOfLeadoutLimit", w)) == "E_INVALIDARG"  # type: ignore[misc]


def test_a_first_number_leaves_room_up_to_99() -> None:
    creator = MsftRawCDImageCreator()
    creator.StartingTrackNumber = 98
    creator.AddTrack(0, track(300))
    assert creator.TrackInfo(creator.AddTrack(0, track(300))).TrackNumber == 99
    assert fails(lambda: creator.AddTrack(0, track(300))) == "E_IMAPI_RAW_IMAGE_TOO_MANY_TRACKS"


def test_a_special_pregap() -> None:
    creator = MsftRawCDImageCreator()
    assert fails(lambda: creator.AddSpecialPregap(None)) == "E_POINTER"
    assert fails(lambda: creator.AddSpecialPregap(bytes(149 * 2352))) == "E_INVALIDARG"
    creator.AddSpecialPregap(track(150))
    creator.AddSpecialPregap(track(400))  # replaces the first
    creator.AddTrack(0, track(300))
    assert creator.TrackInfo(1).StartingLba == 250


@pytest.mark.parametrize("wrong", ["4006381333930", "40063813339311", "400638133393X", "-1", "\u0664"])
def test_catalogue_numbers_that_are_none(wrong: str) -> None:
    creator = MsftRawCDImageCreator()
    assert fails(lambda: setattr(creator, "MediaCatalogNumber", wrong)) == "E_INVALIDARG"
    assert creator.MediaCatalogNumber == ""


@pytest.mark.parametrize(
    "wrong", ["DEABC250001", "D1ABC2500001", "DE-ABC25-0000-1", "DEABC25000O1", "DEABC2500001 "]
)
def test_isrcs_that_are_none(wrong: str) -> None:
    creator = MsftRawCDImageCreator()
    info = creator.TrackInfo(creator.AddTrack(0, track(300)))
    assert fails(lambda: setattr(info, "ISRC", wrong)) == "E_INVALIDARG"
    info.ISRC = "DEABC2500001"
    info.ISRC = None
    assert info.ISRC == ""


def test_indexes_keep_their_distance() -> None:
    creator = MsftRawCDImageCreator()
    info = creator.TrackInfo(creator.AddTrack(0, track(300)))
    info.AddTrackIndex(100)
    close = "E_IMAPI_RAW_IMAGE_TRACK_INDEX_TOO_CLOSE_TO_OTHER_INDEX"
    for offset, code in ((9, close), (91, close), (109, close), (291, close), (300, "E_INVALIDARG")):
        assert fails(lambda o=offset: info.AddTrackIndex(o)) == code  # type: ignore[misc]
    for offset in (10, 90, 110, 290):
        assert info.AddTrackIndex(offset) == HResult.S_OK
    assert info.AddTrackIndex(110) == HResult.S_IMAPI_RAW_IMAGE_TRACK_INDEX_ALREADY_EXISTS
    assert info.TrackIndexes == (0, 10, 90, 100, 110, 290)


def test_what_will_be_otherwise_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    creator = MsftRawCDImageCreator()
    creator.AddTrack(0, track(400)[:-4])
    creator.TrackInfo(1).AddTrackIndex(250)
    creator.AddTrack(0, track(300)[:-4])
    creator.CreateResultImage()
    text = caplog.text
    assert "track 1 is not a whole number of sectors" in text
    assert "track 1 has no index at 250" in text
    assert "track 2" not in text
    strict = MsftRawCDImageCreator()
    strict.StrictSectors = True
    assert fails(lambda: strict.AddTrack(0, track(400)[:-4])) == "E_INVALIDARG"


def test_a_partial_sector_is_filled_up_with_silence() -> None:
    creator = MsftRawCDImageCreator()
    creator.AddTrack(0, track(300)[:-400])
    image = creator.CreateResultImage()
    image.Seek((-START + 299) * 2448)
    assert image.Read(2352) == track(300)[-2352:-400] + bytes(400)


def test_r_to_w_of_a_wrong_length_is_told_and_can_be_mended() -> None:
    creator = MsftRawCDImageCreator()
    creator.AddTrack(0, track(300))
    sectors = -START + 300 + LEAD_OUT
    creator.AddSubcodeRWGenerator(io.BytesIO(bytes(96 * (sectors - 1))))
    assert fails(creator.CreateResultImage) == "E_INVALIDARG"
    assert fails(lambda: setattr(creator, "ResultingImageType", PQ_ONLY)) == (
        "E_IMAPI_RAW_IMAGE_SECTOR_TYPE_NOT_SUPPORTED"
    )
    creator.AddSubcodeRWGenerator(None)
    creator.ResultingImageType = PQ_ONLY
    assert fails(lambda: creator.AddSubcodeRWGenerator(b"")) == "E_IMAPI_RAW_IMAGE_SECTOR_TYPE_NOT_SUPPORTED"
    creator.ResultingImageType = RAW
    creator.AddSubcodeRWGenerator(io.BytesIO(b"\xff" * (96 * sectors)))
    image = creator.CreateResultImage()
    image.Seek(-START * 2448 + 2352)
    assert {byte & 0x3F for byte in image.Read(96)} == {0x3F}


def test_the_stream_of_an_image() -> None:
    image = created(Disc(songs(300)), RAW).CreateResultImage()
    start = image.Read(5000)
    clone = image.Clone()
    assert clone.Seek(0, 1) == 5000
    assert image.Seek(0) == 0
    assert (image.Read(5000), clone.Seek(0, 1)) == (start, 5000)
    for call in (lambda: image.Write(b"x"), lambda: image.SetSize(5)):
        assert fails(call) == "E_NOTIMPL"
    target = FileStream(io.BytesIO())
    image.Seek(2448 * 22_640 + 7)
    assert image.CopyTo(target, 100_001) == (100_001, 100_001)
    image.Seek(2448 * 22_640 + 7)
    target.Seek(0)
    assert target.Read(200_000) == image.Read(100_001)


def test_a_stream_given_twice_and_moved_meanwhile() -> None:
    pcm = track(400)
    stream = io.BytesIO(pcm)
    creator = MsftRawCDImageCreator()
    creator.AddTrack(0, stream)
    creator.AddTrack(0, stream)
    image = creator.CreateResultImage()
    image.Seek(-START * 2448)
    for lba in range(800):
        if lba % 37 == 0:
            stream.seek(lba * 11)
        assert image.Read(2448)[:2352] == pcm[lba % 400 * 2352 : (lba % 400 + 1) * 2352]
