"""Audio that FFmpeg passes over silently: a damaged block of Matroska, of ADPCM, of FLAC without a count."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest

from redbook.audio.decode import open_recording
from redbook.errors import AudioError
from tests.support.sound import attacks, decoded, encode, tool, write_wav

pytestmark = pytest.mark.tools("ffmpeg", "sox")

SAMPLES = 300_000
KINDS = {
    "opus.webm": ["-c:a", "libopus"],
    "clusters.webm": ["-c:a", "libopus", "-cluster_time_limit", "500"],
    "vorbis.mkv": ["-c:a", "libvorbis"],
    "aac.mka": ["-c:a", "aac"],
    "mp3.mkv": ["-c:a", "libmp3lame"],
    "pcm.mkv": ["-c:a", "pcm_s16le"],
}


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("song") / "song.wav", attacks(SAMPLES))


def fate(file: Path) -> tuple[int, list[str]]:
    """How many samples came, and what was said."""
    recording = open_recording(file)
    try:
        return sum(map(len, recording)), recording.notes
    finally:
        recording.close()


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_to_a_block_of_matroska_costs_audio_silently(kind: str, song: Path, tmp_path: Path) -> None:
    file = encode(song, tmp_path / kind, *KINDS[kind])
    whole = fate(file)
    assert whole[1] == []
    data = file.read_bytes()
    rng = random.Random(1)
    refused = 0
    for share in (0.15, 0.5, 0.8, 0.97):
        place = int(len(data) * share)
        for hurt in (bytes(64) + data[place + 64 :], data[place + 64 :], rng.randbytes(64) + data[place:]):
            file.write_bytes(data[:place] + hurt)
            try:
                assert fate(file) == whole
            except AudioError:
                refused += 1
    assert refused >= 4


def test_damage_in_a_block_s_head_is_told_with_its_place(song: Path, tmp_path: Path) -> None:
    file = encode(song, tmp_path / "a.webm", "-c:a", "libopus")
    data = file.read_bytes()
    cluster = data.rindex(bytes.fromhex("1f43b675"))
    block = data.index(b"\xa3", cluster + 12)
    file.write_bytes(data[:block] + b"\0" + data[block + 1 :])
    with pytest.raises(AudioError, match=f"at byte {block} its blocks cannot be followed: it is damaged"):
        fate(file)


def test_a_live_recording_that_was_cut_is_told_of(song: Path, tmp_path: Path) -> None:
    file = encode(song, tmp_path / "a.webm", "-c:a", "libopus", "-live", "1")
    whole, notes = fate(file)
    assert (whole, notes) == (326_531, [])
    file.write_bytes(file.read_bytes()[:-20_000])
    samples, notes = fate(file)
    assert 200_000 < samples < whole
    assert [note[:29] for note in notes] == ["its last block is incomplete:"]


@pytest.mark.parametrize("codec", ["libopus", "flac"])
def test_what_follows_matroska_is_told_of(codec: str, song: Path, tmp_path: Path) -> None:
    file = encode(song, tmp_path / "a.mkv", "-c:a", codec)
    whole = fate(file)
    data = file.read_bytes()
    file.write_bytes(data + bytes(128))
    samples, notes = fate(file)
    assert samples == whole[0]
    assert "128 bytes after the audio" in notes[0]
    file.write_bytes(data + random.Random(2).randbytes(5_000))
    with pytest.raises(AudioError, match="may be music"):
        fate(file)


@pytest.mark.parametrize("laces", ["xiph", "ebml", "fixed"])
def test_laced_blocks_count_for_all_that_is_in_them(laces: str, song: Path, tmp_path: Path) -> None:
    """Three packets in one block, as mkvmerge writes them for audio (RFC 9559 10.3)."""
    file = encode(
        song, tmp_path / "a.mkv", "-c:a", "ac3", "-b:a", "192k", "-ar", "48000"
    )  # packets of one size
    whole = fate(file)
    file.write_bytes(_laced(file.read_bytes(), laces))
    assert fate(file) == whole


def _laced(data: bytes, kind: str) -> bytes:
    """Each three SimpleBlocks of a cluster as one."""
    result = bytearray()
    place = data.index(bytes.fromhex("1f43b675"))
    result += data[:place]
    while data[place : place + 4] == bytes.fromhex("1f43b675"):
        size, used = _size(data, place + 4)
        start = place + 4 + used
        cluster, blocks = b"", []
        at = start
        while at < start + size:
            length, used = _size(data, at + 1)
            body = data[at + 1 + used : at + 1 + used + length]
            if data[at] == 0xA3:
                blocks.append(body)
            elif data[at] == 0xE7:
                cluster += data[at : at + 1 + used + length]
            at += 1 + used + length
        for first in range(0, len(blocks), 3):
            cluster += _block(blocks[first : first + 3], kind)
        result += bytes.fromhex("1f43b675") + _sized(cluster)
        place = start + size
    segment = result.index(bytes.fromhex("18538067")) + 4
    result[segment : segment + 8] = b"\x01" + (len(result) - segment - 8).to_bytes(7, "big")
    return bytes(result)


def _block(packets: list[bytes], kind: str) -> bytes:
    head, frames = packets[0][:3], [packet[4:] for packet in packets]
    flags = {"xiph": 2, "fixed": 4, "ebml": 6}[kind]
    sizes = b""
    if kind == "xiph":
        for frame in frames[:-1]:
            sizes += b"\xff" * (len(frame) // 255) + bytes([len(frame) % 255])
    if kind == "ebml" and len(frames) > 1:
        sizes = (0x4000 | len(frames[0])).to_bytes(2, "big")
        for one, two in pairwise(frames[:-1]):
            sizes += (0x5FFF + len(two) - len(one)).to_bytes(2, "big")
    body = head + bytes([0x80 | flags, len(frames) - 1]) + sizes + b"".join(frames)
    return b"\xa3" + _sized(body)


def _size(data: bytes, place: int) -> tuple[int, int]:
    used = 9 - data[place].bit_length()
    return int.from_bytes(data[place : place + used], "big") & (1 << 7 * used) - 1, used


def _sized(body: bytes) -> bytes:
    return (1 << 28 | len(body)).to_bytes(4, "big") + body


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.95])
def test_a_damaged_frame_of_flac_without_a_count_is_found(share: float, song: Path, tmp_path: Path) -> None:
    """As programs write it to a pipe: FFmpeg puts the frames around the damage into one packet, and PyAV
    drops the error of one that follows a good one.
    """
    file = tmp_path / "a.flac"
    data = tool("ffmpeg", "-v", "error", "-i", song, "-f", "flac", "-")
    file.write_bytes(data)
    assert fate(file) == (SAMPLES, [])
    place = int(len(data) * share)
    file.write_bytes(data[:place] + bytes(64) + data[place + 64 :])
    with pytest.raises(AudioError, match=r"samples are missing|cannot be decoded"):
        fate(file)


@pytest.mark.parametrize("behind", [50, 600, 2_000, 6_000, 20_000])
def test_damage_near_the_end_of_such_a_flac_is_told(behind: int, song: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.flac"
    data = tool("ffmpeg", "-v", "error", "-i", song, "-f", "flac", "-")
    place = len(data) - behind
    file.write_bytes(data[:place] + bytes(20) + data[place + 20 :])
    try:
        samples, notes = fate(file)
    except AudioError:
        return
    assert samples < SAMPLES
    assert any("the end of the file could not be decoded" in note for note in notes)


def test_a_damaged_block_of_adpcm_is_found(song: Path, tmp_path: Path) -> None:
    """FFmpeg hands out four blocks at once; the second of them cannot be decoded."""
    file = encode(song, tmp_path / "a.wav", "-c:a", "adpcm_ms")
    samples, notes = fate(file)
    assert samples >= SAMPLES and notes == []
    data = bytearray(file.read_bytes())
    place = data.index(b"data") + 8 + 4_096 * 20 + 1_024
    data[place : place + 2] = b"\xc8\xc8"  # predictors are 0 to 6
    file.write_bytes(data)
    with pytest.raises(AudioError, match="cannot be decoded: it is damaged"):
        fate(file)


def test_a_voc_of_sox_is_read_as_far_as_sox_reads_it(song: Path, tmp_path: Path) -> None:
    """Its block of 16-bit audio says 12 bytes less than it has; what lies behind is no block."""
    file = tmp_path / "a.voc"
    tool("sox", song, file)
    tool("sox", file, tmp_path / "again.wav")
    wanted, _ = decoded(tmp_path / "again.wav")
    values, recording = decoded(file)
    assert values.shape == wanted.shape and (values == wanted).all()
    assert recording.notes == ["9 bytes after the audio are not part of it, and are left out"]
