"""FLAC by the quick way: what is whole comes the same; of all else the careful decoder says what it is."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from redbook.audio import flac_segments
from redbook.audio.decode import Decoder, Recording, open_recording
from redbook.audio.flac_decode import FlacFile
from redbook.audio.flac_frames import SEARCHED_BYTES, ends_with_its_last_frame
from redbook.audio.format import Samples
from redbook.audio.sound_files import read_flac
from redbook.errors import AudioError
from tests.support.sound import attacks, encode, noise, tool, write_wav

pytestmark = pytest.mark.tools("ffmpeg", "flac")

SAMPLES = 200_001  # several pieces, the last of one sample in a frame of its own
KINDS = {
    "ffmpeg": ["-c:a", "flac"],
    "24 bits": ["-c:a", "flac", "-sample_fmt", "s32", "-af", "volume=0.3"],
    "mono": ["-c:a", "flac", "-ac", "1"],
    "96 kHz": ["-c:a", "flac", "-ar", "96000"],
    "small frames": ["-c:a", "flac", "-frame_size", "192"],
}


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("song") / "song.wav", attacks(SAMPLES))


@pytest.fixture(scope="module")
def whole(song: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("whole") / "a.flac"
    tool("flac", "-s", "-5", "-o", file, song)
    return file


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """That decode a file; with more than one it is cut into many pieces."""
    monkeypatch.setattr(flac_segments, "_FIRST_BYTES", 20_000)
    monkeypatch.setattr(flac_segments, "WANTED_BYTES", 36_000)
    return int(request.param)


def fate(recording: Recording) -> tuple[bytes, list[str], str]:
    """What came, what was said, and what was wrong."""
    said = ""
    pieces = []
    try:
        pieces += [piece.tobytes() for piece in recording]
    except AudioError as error:
        said = str(error)
    finally:
        recording.close()
    return (b"" if said else b"".join(pieces)), recording.notes, said


@pytest.mark.parametrize("kind", [*KINDS, "flac -0", "flac -8"])
def test_a_whole_file_comes_as_the_careful_decoder_has_it(
    kind: str, threads: int, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.flac"
    if kind in KINDS:
        encode(song, file, *KINDS[kind])
    else:
        tool("flac", "-s", kind.split()[1], "-o", file, song)
    expected = fate(Decoder(file))
    assert expected[0]
    assert not expected[2]

    def not_wanted(decoder: Decoder) -> Iterator[Samples]:
        raise AssertionError("the careful decoder was asked")

    monkeypatch.setattr(Decoder, "__iter__", not_wanted)
    assert fate(open_recording(file, threads=threads)) == expected


def hurt_in_every_way(data: bytes, other: bytes) -> Iterator[bytes]:
    rng = random.Random(1)
    yield data + b"TAG" + bytes(125)
    yield data + rng.randbytes(1000)
    yield data + bytes(70_000)
    yield data + other
    yield data[:-1]
    yield data[: len(data) // 2]
    for _ in range(12):
        place = rng.randrange(200, len(data))
        yield data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]
        yield data[:place] + bytes(500) + data[place + 500 :]
        yield data[:place] + data[place + 3000 :]
        yield data[:place] + rng.randbytes(200) + data[place:]
    for place in range(8, 8 + 34):  # STREAMINFO
        yield data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    yield b"ID3\3\0\0\0\0\0\n" + bytes(10) + data


def test_of_anything_else_the_careful_decoder_says_what_it_is(
    whole: Path, threads: int, tmp_path: Path
) -> None:
    file = tmp_path / "b.flac"
    data, refused = whole.read_bytes(), 0
    for hurt in hurt_in_every_way(data, data):
        file.write_bytes(hurt)
        try:
            careful = Decoder(file)
        except AudioError as error:
            with pytest.raises(AudioError, match=str(error)[:20]):
                open_recording(file)
            continue
        expected = fate(careful)
        found = fate(open_recording(file, threads=threads))
        assert found == expected
        refused += bool(found[2])
    assert refused > 40


def test_two_decoders_that_disagree_are_damage(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be burned of which the beginning is one decoder's and the end another's."""

    def other_samples(file: FlacFile) -> Iterator[Samples]:
        yield np.ones((70_000, 2), np.int16)

    monkeypatch.setattr(FlacFile, "_pieces", other_samples)
    assert "cannot be decoded" in fate(open_recording(whole))[2]


def test_where_the_quick_way_breaks_off_the_careful_one_goes_on(
    whole: Path, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = FlacFile._pieces

    def one_piece(file: FlacFile) -> Iterator[Samples]:
        yield next(iter(quick(file)))

    expected = fate(Decoder(whole))
    monkeypatch.setattr(FlacFile, "_pieces", one_piece)
    assert fate(open_recording(whole, threads=threads)) == expected


def test_the_last_frame_is_found_by_its_checksum_and_its_place(whole: Path) -> None:
    data = whole.read_bytes()
    info = data[8 : 8 + 34]
    with whole.open("rb") as file:
        assert ends_with_its_last_frame(file, len(data), info, SAMPLES)
        assert not ends_with_its_last_frame(file, len(data) - 1, info, SAMPLES)
        assert not ends_with_its_last_frame(file, len(data), info, SAMPLES + 1)


def test_a_long_file_joined_to_itself(threads: int, tmp_path: Path) -> None:
    """Its end looks as that of one file; only that a decoder stops in the middle shows it."""
    file = tmp_path / "a.flac"
    tool("flac", "-s", "-o", file, write_wav(tmp_path / "a.wav", noise(SEARCHED_BYTES // 3)))
    assert file.stat().st_size > SEARCHED_BYTES
    assert not fate(open_recording(file))[2]
    file.write_bytes(2 * file.read_bytes())
    expected = fate(Decoder(file))
    assert "appended" in expected[2]
    assert fate(open_recording(file, threads=threads)) == expected


def test_without_a_wheel_the_careful_decoder_reads_it_all(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """miniaudio has none for Linux on ARM."""
    quick = fate(open_recording(whole))
    monkeypatch.setitem(sys.modules, "_miniaudio", None)
    recording = open_recording(whole)
    assert isinstance(recording, Decoder)
    assert fate(recording) == quick


def frames_begin(data: bytes) -> int:
    """Behind the metadata blocks.  Source: RFC 9639 8.1"""
    at = 4
    while True:
        last, length = data[at] & 0x80, int.from_bytes(data[at + 1 : at + 4], "big")
        at += 4 + length
        if last:
            return at


@pytest.mark.parametrize("lost", ["the head", "the head and the first frame", "the middle of a frame on"])
def test_what_begins_in_the_middle_is_refused(whole: Path, tmp_path: Path, lost: str) -> None:
    """FFmpeg takes frames without a head, and begins with the first whole one."""
    data = whole.read_bytes()
    begin = frames_begin(data)
    if lost == "the head and the first frame":
        begin = data.index(data[begin : begin + 4], begin + 4)  # the same blocking, size, rate and channels
    elif lost == "the middle of a frame on":
        begin += 100
    cut = tmp_path / "cut.flac"
    cut.write_bytes(data[begin:])
    with pytest.raises(AudioError, match="its beginning is missing"):
        open_recording(cut)
    with pytest.raises(AudioError, match=r"cut\.flac: its beginning is missing") as raised:
        list(read_flac(cut))
    assert raised.value.source == str(cut)


def test_a_stored_file_is_told_as_empty_where_it_is(tmp_path: Path) -> None:
    """A machine that stops can leave one."""
    (tmp_path / "a.flac").touch()
    with pytest.raises(AudioError, match=r"a\.flac: the file is empty"):
        list(read_flac(tmp_path / "a.flac"))
