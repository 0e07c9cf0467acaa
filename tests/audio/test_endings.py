"""What follows the audio of a file, and files that end before it: nothing is dropped without a word."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from redbook.errors import AudioError
from tests.support.sound import attacks, decoded, encode, tool, write_wav

SAMPLES = 200_037

pytestmark = pytest.mark.tools("ffmpeg", "sox", "mpcenc", "mpg123")


def id3v1() -> bytes:
    return b"TAG" + b"Song".ljust(124, b"\0") + b"\x05"


def ape(*, with_header: bool = False) -> bytes:
    item = struct.pack("<II", 4, 0) + b"Title\0Song"
    about = (2000, len(item) + 32, 1)
    foot = b"APETAGEX" + struct.pack("<IIII", *about, with_header << 31) + bytes(8)
    head = b"APETAGEX" + struct.pack("<IIII", *about, 1 << 31 | 1 << 29) + bytes(8)
    return (head if with_header else b"") + item + foot


LYRICS = b"LYRICSBEGININD0000200LYR00004Song"
LYRICS += b"%06dLYRICS200" % len(LYRICS)

TAGS = {
    "ID3v1": id3v1(),
    "APE": ape(),
    "APE with a header": ape(with_header=True),
    "APE and ID3v1": ape() + id3v1(),
    "Lyrics3 and ID3v1": LYRICS + id3v1(),
    "ID3v2 at the end": b"ID3\4\0\x10\0\0\0\x0a" + bytes(10) + b"3DI\4\0\x10\0\0\0\x0a",
}

OF_FRAMES = {
    "ac3": ["-c:a", "ac3"],
    "eac3": ["-c:a", "eac3"],
    "mp2": ["-c:a", "mp2"],
    "mp3": ["-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0"],
    "aac": ["-c:a", "aac"],
}
STATING_AN_END = ("tta", "mpc", "wma", "voc", "nist", "sox")


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("song") / "song.wav", attacks(SAMPLES))


def make(kind: str, song: Path, folder: Path) -> Path:
    file = folder / f"a.{kind}"
    if kind == "mpc":
        tool("mpcenc", "--silent", song, file)
    elif kind in ("nist", "sox", "ircam"):
        tool("sox", song, "-t", kind, file)
    else:
        encode(song, file, *OF_FRAMES.get(kind, []))
    return file


def samples_by_ffmpeg(file: Path) -> int:
    return len(tool("ffmpeg", "-v", "error", "-i", file, "-f", "s16le", "-")) // 4


def append(file: Path, data: bytes) -> Path:
    with file.open("ab") as end:
        end.write(data)
    return file


@pytest.mark.slow
@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", [*OF_FRAMES, "tta", "mpc"])
def test_a_tag_costs_no_audio(kind: str, tag: str, song: Path, tmp_path: Path) -> None:
    file = make(kind, song, tmp_path)
    wanted, _ = decoded(file)
    if kind != "mpc":  # FFmpeg leaves Musepack's delay in
        assert len(wanted) == samples_by_ffmpeg(file)
    values, recording = decoded(append(file, TAGS[tag]))
    assert values.shape == wanted.shape and (values == wanted).all()
    assert recording.notes == []


@pytest.mark.parametrize("kind", ["mp3", "tta"])
def test_what_a_tag_behind_the_audio_says_is_read(kind: str, song: Path, tmp_path: Path) -> None:
    _, recording = decoded(append(make(kind, song, tmp_path), ape() if kind == "tta" else id3v1()))
    assert recording.tags.title == "Song"


@pytest.mark.parametrize("kind", [*OF_FRAMES, *STATING_AN_END])
def test_some_bytes_behind_it_cost_none_either_and_are_told(kind: str, song: Path, tmp_path: Path) -> None:
    file = make(kind, song, tmp_path)
    wanted, _ = decoded(file)
    values, recording = decoded(append(file, bytes(300)))
    assert values.shape == wanted.shape and (values == wanted).all()
    assert any("bytes after the audio are not part of it" in note for note in recording.notes)


@pytest.mark.parametrize("kind", STATING_AN_END)
def test_of_joined_files_none_is_dropped_in_silence(kind: str, song: Path, tmp_path: Path) -> None:
    file = make(kind, song, tmp_path)
    append(file, file.read_bytes())
    with pytest.raises(AudioError, match="bytes follow the end of its audio, and may be music"):
        decoded(file)


@pytest.mark.parametrize("kind", OF_FRAMES)
def test_joined_frames_are_played_one_after_the_other(kind: str, song: Path, tmp_path: Path) -> None:
    file = make(kind, song, tmp_path)
    once, _ = decoded(file)
    values, recording = decoded(append(file, file.read_bytes()))
    assert len(values) == 2 * len(once)
    assert recording.notes == []


@pytest.mark.parametrize("kept", [0.31, 0.62, 0.93])
@pytest.mark.parametrize("kind", [*STATING_AN_END, "adx"])
def test_one_that_is_shorter_than_its_header_says_is_refused(
    kind: str, kept: float, song: Path, tmp_path: Path
) -> None:
    file = make(kind, song, tmp_path)
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(AudioError, match="cut short"):
        decoded(file)


def test_a_few_samples_fewer_than_its_header_counts_are_missed(song: Path, tmp_path: Path) -> None:
    """An ADX counts its samples at byte 12."""
    file = make("adx", song, tmp_path)
    data = bytearray(file.read_bytes())
    data[12:16] = (int.from_bytes(data[12:16], "big") + 100).to_bytes(4, "big")
    file.write_bytes(data)
    with pytest.raises(AudioError, match="cut short"):
        decoded(file)


@pytest.mark.slow
@pytest.mark.parametrize("behind", [b"", id3v1()], ids=["bare", "tagged"])
@pytest.mark.parametrize("missing", [1, 100, 30_001])
@pytest.mark.parametrize("kind", OF_FRAMES)
def test_a_broken_last_frame_is_told(
    kind: str, missing: int, behind: bytes, song: Path, tmp_path: Path
) -> None:
    file = make(kind, song, tmp_path)
    data = file.read_bytes()
    file.write_bytes(data[:-missing] + behind)
    values, recording = decoded(file)
    assert any("its last frame is incomplete: the file was cut there" in note for note in recording.notes)
    if kind in ("mp2", "mp3"):
        raw = tool("mpg123", "-q", "-s", file)
        assert abs(len(values) - len(raw) // 4) <= 1152


def test_a_last_frame_that_is_whole_and_damaged_is_no_tag(song: Path, tmp_path: Path) -> None:
    file = make("ac3", song, tmp_path)
    data = bytearray(file.read_bytes())
    data[-300] ^= 1
    file.write_bytes(data + id3v1())
    with pytest.raises(AudioError, match="the end of its audio cannot be decoded"):
        decoded(file)


@pytest.mark.parametrize("codec", ["libopus", "libvorbis"])
def test_zeros_inside_mp4_are_damage(codec: str, song: Path, tmp_path: Path) -> None:
    """Opus and Vorbis say in each packet how long it is: of zeros a decoder makes a shorter one."""
    file = encode(song, tmp_path / "a.mp4", "-c:a", codec)
    decoded(file)
    data = bytearray(file.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 3
    data[middle : middle + 600] = bytes(600)
    file.write_bytes(data)
    with pytest.raises(AudioError, match="damaged"):
        decoded(file)


def test_sizes_that_a_pipe_left_open_are_no_size(song: Path, tmp_path: Path) -> None:
    """SoX counts 0 where it cannot go back."""
    file = make("sox", song, tmp_path)
    data = bytearray(file.read_bytes())
    data[8:16] = bytes(8)
    file.write_bytes(data)
    values, _ = decoded(file)
    assert len(values) == SAMPLES
