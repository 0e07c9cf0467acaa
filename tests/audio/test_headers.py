"""Files that hold their samples as they are: what their headers say, and what they get wrong."""

from __future__ import annotations

import os
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from redbook.audio.convert import Converter
from redbook.audio.format import AudioFormat
from redbook.audio.sectors import PreparedTrack, Spool, prepare
from redbook.audio.source import expand
from redbook.errors import AudioError
from tests.support.sound import decoded, encode, full_scale, noise, tool, wav_values, write_wav

SAMPLES = 44_100 * 2 + 2  # ffmpeg counts the padding of a W64 as audio, so there is none
PCM = noise(SAMPLES)
PLAIN = struct.pack("<HHIIHH", 1, 2, 44_100, 176_400, 4, 16)
GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(body) if size is None else size) + body + bytes(len(body) % 2)


def wav(body: bytes, kind: bytes = b"RIFF") -> bytes:
    return kind + struct.pack("<I", min(len(body) + 4, 0xFFFFFFFF)) + b"WAVE" + body


def take(path: Path, data: bytes) -> tuple[np.ndarray, list[str]]:
    path.write_bytes(data)
    values, recording = decoded(path)
    return values, recording.notes


def refused(path: Path, data: bytes, reason: str) -> None:
    path.write_bytes(data)
    with pytest.raises(AudioError, match=reason):
        decoded(path)


def plan(path: Path) -> PreparedTrack:
    with Spool(keep=False) as spool:
        (track,) = prepare(expand([str(path)]).sources, spool)
    return track


MUSIC = np.frombuffer(PCM, "<i2").reshape(-1, 2) / 32768


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0x7FFFF024, 0x80000000, 0xFFFFFF00, 0xFFFFFFDB, 0xFFFFFFFF])
def test_a_size_that_is_none_means_up_to_the_end(size: int, tmp_path: Path) -> None:
    values, notes = take(tmp_path / "a.wav", wav(chunk(b"fmt ", PLAIN) + chunk(b"data", PCM, size)))
    assert (values == MUSIC).all()
    assert "does not say how long it is" in notes[0]


@pytest.mark.parametrize("more", [1, 8, 36, 44])
def test_a_size_that_counts_the_header_in(more: int, tmp_path: Path) -> None:
    values, notes = take(
        tmp_path / "a.wav", wav(chunk(b"fmt ", PLAIN) + chunk(b"data", PCM, len(PCM) + more))
    )
    assert (values == MUSIC).all()
    assert f"counts {more} bytes more" in notes[0]


@pytest.mark.parametrize("more", [200, 100_000, 0x10000000])
def test_a_size_that_counts_more_is_a_file_cut_short(more: int, tmp_path: Path) -> None:
    data = wav(chunk(b"fmt ", PLAIN) + chunk(b"data", PCM, len(PCM) + more))
    refused(tmp_path / "a.wav", data, "promises .* but")


def test_a_long_header_excuses_no_more(tmp_path: Path) -> None:
    body = chunk(b"bext", bytes(602)) + chunk(b"fmt ", PLAIN) + chunk(b"data", PCM, len(PCM) + 200)
    refused(tmp_path / "a.wav", wav(body), "promises .* but")


def test_a_real_size_near_two_gib_is_believed(tmp_path: Path) -> None:
    """Only what is not there is a placeholder."""
    size = 0x7F000000
    path = tmp_path / "a.wav"
    path.write_bytes(wav(chunk(b"fmt ", PLAIN)) + b"data" + struct.pack("<I", size))
    os.truncate(path, 44 + size + 5000)
    with pytest.raises(AudioError, match="5000 bytes before"):
        decoded(path)


def test_a_size_that_overflowed_at_four_gib(tmp_path: Path) -> None:
    """A sparse file of 4.2 GiB; its header states what is left of the size in 32 bits."""
    path = tmp_path / "a.wav"
    path.write_bytes(wav(chunk(b"fmt ", PLAIN) + b"data" + struct.pack("<I", 176_400 * 20)))
    os.truncate(path, 44 + (1 << 32) + 176_400 * 20)
    with pytest.raises(AudioError, match=r"4294967296 bytes before the file ends.*may be music"):
        decoded(path)


def test_two_pieces_of_audio(tmp_path: Path) -> None:
    data = wav(chunk(b"fmt ", PLAIN) + chunk(b"data", PCM) + chunk(b"data", PCM))
    refused(tmp_path / "a.wav", data, "second piece of audio")


@pytest.mark.parametrize("kind", ["wav", "au", "aiff", "w64", "caf"])
@pytest.mark.tools("ffmpeg")
def test_what_follows_the_audio(kind: str, tmp_path: Path) -> None:
    """Up to a block it is left out and said; more may be music."""
    file = encode(write_wav(tmp_path / "s.wav", PCM), tmp_path / f"a.{kind}")
    data = file.read_bytes()
    if kind == "au":
        data = data[:8] + struct.pack(">I", len(PCM)) + data[12:]
    values, notes = take(file, data + b"\xfe" * 100)
    assert (values == MUSIC).all()
    assert "100 bytes after the audio" in notes[0] or "a chunk" in notes[0]
    refused(file, data + b"\xfe" * 5000, "5000 bytes before the file ends")


@pytest.mark.tools("flac")
def test_chunks_of_an_odd_length_are_padded(tmp_path: Path) -> None:
    """RIFF: a chunk begins at an even place."""
    odd = chunk(b"LIST", b"INFO?")
    values, notes = take(tmp_path / "a.wav", wav(chunk(b"fmt ", PLAIN) + odd + chunk(b"data", PCM) + odd))
    assert (values == MUSIC).all()
    assert notes == []


def test_audio_of_an_odd_length_is_padded_too(tmp_path: Path) -> None:
    mono = struct.pack("<HHIIHH", 1, 1, 44_100, 44_100, 1, 8)
    body = chunk(b"fmt ", mono) + chunk(b"data", PCM[:-1]) + chunk(b"LIST", b"INFO")
    values, notes = take(tmp_path / "a.wav", wav(body))
    assert len(values) == len(PCM) - 1
    assert notes == []


def test_tags_behind_the_audio_are_no_music(tmp_path: Path) -> None:
    body = chunk(b"fmt ", PLAIN) + chunk(b"data", PCM) + chunk(b"LIST", b"INFOINAM\4\0\0\0abc\0")
    for tail in (b"TAG" + bytes(125), b"ID3\3\0\0\0\0\x7f\x7f" + bytes(16383) + b"TAG" + bytes(125)):
        values, notes = take(tmp_path / "a.wav", wav(body) + tail)
        assert (values == MUSIC).all()
        assert notes == []


def test_id3_before_riff(tmp_path: Path) -> None:
    values, _ = take(
        tmp_path / "a.wav",
        b"ID3\3\0\0\0\0\0\x0a" + bytes(10) + wav(chunk(b"fmt ", PLAIN) + chunk(b"data", PCM)),
    )
    assert (values == MUSIC).all()


@pytest.mark.tools("sox")
def test_big_endian_wav(tmp_path: Path) -> None:
    tool("sox", "-B", write_wav(tmp_path / "s.wav", PCM), "-B", tmp_path / "a.wav")
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RIFX"
    assert (decoded(tmp_path / "a.wav")[0] == MUSIC).all()


def extensible(channels: int, width: int, valid: int, mask: int, tag: int = 1) -> bytes:
    align = channels * width
    head = struct.pack("<HHIIHH", 0xFFFE, channels, 44_100, 44_100 * align, align, 8 * width)
    return head + struct.pack("<HHIH", 22, valid, mask, tag) + GUID_TAIL


@pytest.mark.tools("sndfile-convert")
@pytest.mark.parametrize(
    ("width", "valid"), [(4, 24), (4, 20), (3, 20), (3, 16), (2, 12), (2, 0), (2, 24), (4, 32)]
)
def test_valid_bits_are_the_upper_ones(width: int, valid: int, tmp_path: Path) -> None:
    """Microsoft's rule; libsndfile is asked."""
    file = tmp_path / "a.wav"
    file.write_bytes(wav(chunk(b"fmt ", extensible(2, width, valid, 3)) + chunk(b"data", noise(6000))))
    values, _ = decoded(file)
    tool("sndfile-convert", "-pcm32", file, tmp_path / "b.wav")
    assert (values == wav_values((tmp_path / "b.wav").read_bytes())).all()


def test_20_bits_in_a_plain_header(tmp_path: Path) -> None:
    head = struct.pack("<HHIIHH", 1, 2, 44_100, 264_600, 6, 20)
    values, _ = take(tmp_path / "a.wav", wav(chunk(b"fmt ", head) + chunk(b"data", b"\0\x10\x20" * 2000)))
    assert (values == 0x201000 / 2**23).all()


@pytest.mark.parametrize(
    ("align", "bits"), [(8, 24), (8, 20), (2, 16), (4, 8), (4, 0), (3, 16), (10, 40), (400, 1600)]
)
def test_a_format_that_contradicts_itself_is_refused(align: int, bits: int, tmp_path: Path) -> None:
    head = struct.pack("<HHIIHH", 1, 2, 44_100, 44_100 * align, align, bits)
    data = wav(chunk(b"fmt ", head) + chunk(b"data", noise(6000)))
    refused(tmp_path / "a.wav", data, "contradicts itself|cannot read")


@pytest.mark.parametrize(
    ("channels", "mask", "words"),
    [
        (3, 0b111, "left = 0.586 FL + 0.414 FC; right = 0.586 FR + 0.414 FC; 4.6 dB"),
        (3, 0b1011, "left = 1.000 FL; right = 1.000 FR; left out: LFE"),
        (4, 0x33, "left = 0.586 FL + 0.414 BL; right = 0.586 FR + 0.414 BR"),
        (4, 0x5003, "left = 0.586 FL + 0.414 TFL; right = 0.586 FR + 0.414 TFR"),
        (3, 0b11, "left = 0.667 FL + 0.333 channel 3; right = 0.667 FR + 0.333 channel 3"),
        (4, 0b1111111, "left = 0.586 FL + 0.414 FC; right = 0.586 FR + 0.414 FC; left out: LFE"),
        (9, 0, "left = 0.200 channel 1 + 0.200 channel 3"),
    ],
)
def test_each_channel_goes_where_the_mask_says(channels: int, mask: int, words: str, tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    body = noise(channels * 1000)
    file.write_bytes(wav(chunk(b"fmt ", extensible(channels, 2, 16, mask)) + chunk(b"data", body)))
    track = plan(file)
    assert words in track.conversion[0]


@pytest.mark.parametrize("rate", [0, 1, 999, 4_000_000, 0xFFFFFFFF])
def test_absurd_rates_are_refused(rate: int, tmp_path: Path) -> None:
    head = struct.pack("<HHIIHH", 1, 2, rate, 0, 4, 16)
    refused(tmp_path / "a.wav", wav(chunk(b"fmt ", head) + chunk(b"data", noise(4000))), "samples a second")


def test_a_second_of_output_at_most_at_a_time(tmp_path: Path) -> None:
    converter = Converter(AudioFormat("wav", "pcm_s16le", 1000, "int16", 16, ("FL", "FR")), 0)
    pieces = [len(piece) for piece in converter.convert(np.zeros((100_000, 2), np.int16))]
    assert max(pieces) <= 2 * 44_100 * 4
    assert len(pieces) == 100


@pytest.mark.parametrize("channels", [0, 65, 5000, 65535])
def test_absurd_numbers_of_channels_are_refused(channels: int, tmp_path: Path) -> None:
    head = struct.pack("<HHIIHH", 1, channels, 44_100, 0, channels * 2 & 0xFFFF, 16)
    refused(
        tmp_path / "a.wav", wav(chunk(b"fmt ", head) + chunk(b"data", noise(4000))), "channels|contradicts"
    )


SYNC = {
    "IEC 61937": bytes.fromhex("72f81f4e"),
    "DTS, 14 bits": bytes.fromhex("ff1f00e8"),
    "DTS, 16 bits": bytes.fromhex("fe7f0180"),
}


@pytest.mark.parametrize("kind", SYNC)
def test_data_for_a_decoder_is_burned_as_it_is(kind: str, tmp_path: Path) -> None:
    """A DTS-CD in a WAV."""
    pcm = bytes(4000) + (SYNC[kind] + noise(510)[4:]) * 100
    file = write_wav(tmp_path / "a.wav", pcm)
    values, recording = decoded(file)
    assert (values == full_scale(np.frombuffer(pcm, "<i2").reshape(-1, 2))).all()
    assert "surround decoder" in recording.notes[0]
    assert plan(file).conversion == ()
    with pytest.raises(AudioError, match=r"not at 44\.1 kHz"):
        decoded(write_wav(tmp_path / "b.wav", pcm, rate=48_000))


@pytest.mark.tools("ffmpeg")
def test_real_ac3_in_a_wav(tmp_path: Path) -> None:
    encode(write_wav(tmp_path / "s.wav", PCM, rate=44_100), tmp_path / "a.ac3", "-b:a", "192k")
    tool(
        "ffmpeg", "-v", "error", "-i", tmp_path / "a.ac3", "-c:a", "copy", "-f", "spdif", tmp_path / "a.spdif"
    )
    pcm = (tmp_path / "a.spdif").read_bytes()
    file = write_wav(tmp_path / "a.wav", pcm[: len(pcm) // 4 * 4])
    values, _ = decoded(file)
    assert (values * 32768).astype("<i2").tobytes() == pcm[: len(pcm) // 4 * 4]


@pytest.mark.tools("ffmpeg")
@pytest.mark.parametrize("kind", ["aiff", "w64", "rf64.wav", "caf", "au"])
def test_files_from_pipes(kind: str, tmp_path: Path) -> None:
    """What ffmpeg writes where it cannot go back."""
    source = write_wav(tmp_path / "s.wav", PCM)
    options = {"rf64.wav": ["-rf64", "always", "-f", "wav"]}.get(kind, ["-f", kind])
    data = tool("ffmpeg", "-v", "error", "-i", source, *options, "-")
    values, _ = take(tmp_path / f"a.{kind}", data)
    assert (values == MUSIC).all()


@pytest.mark.tools("sox")
@pytest.mark.parametrize("kind", ["aiff", "wav", "au"])
def test_files_from_sox_s_pipes(kind: str, tmp_path: Path) -> None:
    data = tool("sox", write_wav(tmp_path / "s.wav", PCM), "-t", kind, "-")
    values, _ = take(tmp_path / f"a.{kind}", data)
    assert (values == MUSIC).all()


@pytest.mark.tools("sndfile-convert")
@pytest.mark.parametrize("kind", ["wav", "aiff", "au", "caf", "w64"])
@pytest.mark.parametrize("depth", ["-pcms8", "-pcmu8", "-pcm16", "-pcm24", "-pcm32", "-float32", "-float64"])
@pytest.mark.parametrize("order", ["", "-endian=little", "-endian=big"])
def test_every_depth_as_libsndfile_has_it(kind: str, depth: str, order: str, tmp_path: Path) -> None:
    raw = np.random.default_rng(2).integers(-(2**31), 2**31, 8000).astype("<i4").tobytes()
    write_wav(tmp_path / "s.wav", raw, width=4)
    made = subprocess.run(
        ["sndfile-convert", depth, *([order] if order else []), tmp_path / "s.wav", tmp_path / f"a.{kind}"],
        capture_output=True,
    )
    if made.returncode or not (tmp_path / f"a.{kind}").exists():
        pytest.skip("libsndfile does not write that")
    values, _ = decoded(tmp_path / f"a.{kind}")
    tool("sndfile-convert", "-pcm32", tmp_path / f"a.{kind}", tmp_path / "b.wav")
    if "float" in depth:  # sndfile-convert scales to the loudest value
        source = np.frombuffer(raw, "<i4").reshape(-1, 2) / 2**31
        assert np.abs(values - source / np.abs(source).max()).max() < 1e-4
    else:
        assert (values == wav_values((tmp_path / "b.wav").read_bytes())).all()


@pytest.mark.parametrize(
    "data",
    [
        b"RF64\xff\xff\xff\xffWAVEds64\0\0\0\0",
        b"RIFF\0\0\0\0WAVEfmt \2\0\0\0\1\0",
        b"RIFF\0\0\0\0WAVE",
        b"FORM\0\0\0\0AIFFCOMM\0\0\0\2\0\2",
        b"FORM\0\0\0\0AIFFSSND\0\0\0\2\0\2",
        b"caff\0\1\0\0desc\0\0\0\0\0\0\0\2\0\2",
        b".snd\0\0\0\x18",
        b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0" + bytes(30),
        b"OggS",
        b"OggS\0\2" + bytes(20) + b"\1\7\1vorbis",
        b"ID3\4\0\0\0\0\0\1",
        b"\xff\xfb",
    ],
)
def test_headers_that_end_early(data: bytes, tmp_path: Path) -> None:
    refused(tmp_path / "a.wav", data, ".")


@pytest.mark.parametrize("behind", [b"", bytes(3), noise(1000)])
@pytest.mark.parametrize("length", range(4))
def test_a_caf_whose_audio_has_no_room_for_its_count_of_edits(
    length: int, behind: bytes, tmp_path: Path
) -> None:
    """mEditCount (Core Audio Format specification, audio data chunk) is in every one, 4 bytes."""
    description = struct.pack(">d4sIIIII", 44100.0, b"lpcm", 2, 4, 1, 2, 16)
    data = b"caff\0\1\0\0" + b"desc" + struct.pack(">q", 32) + description
    data += b"data" + struct.pack(">q", length) + bytes(length) + behind
    refused(tmp_path / "a.wav", data, "count of edits")
