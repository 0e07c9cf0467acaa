"""Every format in, sectors out: the audio against other programs' decoders, lengths to the sample."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from redbook.audio.sectors import PreparedTrack, Spool, prepare
from redbook.audio.source import expand
from tests.support.sound import encode, noise, tool, write_wav, write_wav_header

ODD = 44_100 * 5 + 34  # samples: not a whole number of sectors, nor of codec frames

pytestmark = pytest.mark.tools("ffmpeg")


def read(*names: str | Path, seed: int = 0) -> tuple[list[PreparedTrack], list[bytes]]:
    """Prepare sources; the tracks, and their PCM without the padding."""
    with Spool() as spool:
        tracks = prepare(expand([str(name) for name in names]).sources, spool, seed=seed)
        pcm = []
        for index, track in enumerate(tracks):
            buffer = bytearray(track.sectors * 2352)
            done = 0
            while got := spool.read_into(index, done, memoryview(buffer)[done:]):
                done += got
            assert done == len(buffer)
            assert not any(buffer[track.samples * 4 :])
            pcm.append(bytes(buffer[: track.samples * 4]))
    return tracks, pcm


def read_one(name: str | Path, seed: int = 0) -> tuple[PreparedTrack, bytes]:
    tracks, pcm = read(name, seed=seed)
    return tracks[0], pcm[0]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """16-bit 44.1 kHz stereo of random samples."""
    return write_wav(tmp_path_factory.mktemp("source") / "source.wav", noise(ODD))


LOSSLESS = {
    "WAV": ("a.wav", []),
    "WAVE_FORMAT_EXTENSIBLE": (
        "a.wav",
        ["-c:a", "pcm_s16le", "-channel_layout", "stereo", "-write_peak", "on"],
    ),
    "RF64": ("a.wav", ["-rf64", "always"]),
    "W64": ("a.w64", []),
    "AIFF": ("a.aiff", []),
    "CAF": ("a.caf", []),
    "AU": ("a.au", []),
    "FLAC": ("a.flac", []),
    "FLAC in Ogg": ("a.oga", ["-c:a", "flac"]),
    "ALAC": ("a.m4a", ["-c:a", "alac"]),
    "WavPack": ("a.wv", []),
    "TTA": ("a.tta", []),
    "Matroska": ("a.mka", ["-c:a", "flac"]),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_16_bit_stereo_at_44100_is_bit_for_bit(name: str, source: Path, tmp_path: Path) -> None:
    file, options = LOSSLESS[name]
    track, pcm = read_one(encode(source, tmp_path / file, *options))
    assert pcm == noise(ODD)
    assert track.conversion == ()
    assert track.sectors == -(-ODD // 588)
    assert track.padding_samples == track.sectors * 588 - ODD


@pytest.mark.tools("flac")
def test_flac_of_the_reference_encoder_is_bit_for_bit(source: Path, tmp_path: Path) -> None:
    tool("flac", "-s", "-8", "-o", tmp_path / "a.flac", source)
    assert read_one(tmp_path / "a.flac")[1] == noise(ODD)


LOSSY_EXACT_LENGTH = {
    "Vorbis": ("a.ogg", ["-c:a", "libvorbis"]),
    "MP3 CBR": ("a.mp3", ["-b:a", "192k"]),
    "MP3 VBR": ("a.mp3", ["-q:a", "2"]),
    "AAC with an edit list in samples": ("a.m4a", ["-movie_timescale", "44100"]),
    "AAC with an edit list in samples, moov first": (
        "a.m4a",
        ["-movie_timescale", "44100", "-movflags", "+faststart"],
    ),
}


def music(samples: int) -> bytes:
    t = np.arange(samples) / 44_100
    left = 9000 * np.sin(2 * np.pi * 441 * t) + 5000 * np.sin(2 * np.pi * 3000 * t)
    right = 9000 * np.sin(2 * np.pi * 550 * t)
    return np.stack([left, right], axis=1).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def tune(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("tune") / "tune.wav", music(ODD))


def similarity(a: bytes, b: bytes) -> float:
    x, y = (np.frombuffer(part, "<i2").astype(float) for part in (a, b))
    return float(np.corrcoef(x, y)[0, 1])


@pytest.mark.parametrize("name", LOSSY_EXACT_LENGTH)
def test_lossy_files_keep_their_exact_length_and_place(name: str, tune: Path, tmp_path: Path) -> None:
    file, options = LOSSY_EXACT_LENGTH[name]
    track, pcm = read_one(encode(tune, tmp_path / file, *options))
    assert track.samples == ODD
    assert similarity(pcm, music(ODD)) > 0.999  # one sample of shift at 3 kHz would show
    assert track.conversion == ("to 16 bit with TPDF dither",)


def test_aac_with_an_edit_list_in_milliseconds_loses_no_music(tune: Path, tmp_path: Path) -> None:
    """FFmpeg's default; the coded length behind the edit's start tells it to the sample."""
    track, _ = read_one(encode(tune, tmp_path / "a.m4a", "-c:a", "aac", "-movie_timescale", "1000"))
    assert track.samples == ODD


def test_opus_is_resampled_to_the_exact_length(tune: Path, tmp_path: Path) -> None:
    track, pcm = read_one(encode(tune, tmp_path / "a.opus", "-c:a", "libopus", "-b:a", "192k"))
    assert abs(track.samples - ODD) <= 1
    assert "48 to 44.1 kHz (soxr VHQ)" in track.conversion
    count = min(len(pcm), ODD * 4)
    assert similarity(pcm[:count], music(ODD)[:count]) > 0.999


@pytest.mark.tools("lame")
def test_halves_of_a_song_join_without_a_gap(tune: Path, tmp_path: Path) -> None:
    """Cut at an odd sample, encode both, decode, join: the length is the original's."""
    whole = music(ODD)
    cut = 100_003 * 4
    for number, part in enumerate((whole[:cut], whole[cut:])):
        wav = write_wav(tmp_path / f"{number}.wav", part)
        tool("lame", "--quiet", "-V2", wav, tmp_path / f"{number}.mp3")
    tracks, _ = read(tmp_path / "0.mp3", tmp_path / "1.mp3")
    assert sum(track.samples for track in tracks) == ODD


def test_mono_becomes_two_equal_channels_without_dither(tmp_path: Path) -> None:
    mono = noise(ODD // 2)
    track, pcm = read_one(write_wav(tmp_path / "m.wav", mono, channels=1))
    values = np.frombuffer(pcm, "<i2").reshape(-1, 2)
    assert (values[:, 0] == np.frombuffer(mono, "<i2")).all()
    assert (values[:, 1] == values[:, 0]).all()
    assert track.conversion == ("mono to two equal channels",)


def test_8_bits_become_the_upper_ones_of_16(tmp_path: Path) -> None:
    data = bytes(range(256)) * 2000
    track, pcm = read_one(write_wav(tmp_path / "8.wav", data, width=1))
    expected = (np.frombuffer(data, np.uint8).astype(int) - 128) * 256
    assert (np.frombuffer(pcm, "<i2") == expected).all()
    assert track.conversion == ("8 to 16 bit (exact)",)


DEEPER = {
    **dict.fromkeys(("pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"), "a.wav"),
    "pcm_s24be": "a.aiff",
    "alac": "a.m4a",
    "wavpack": "a.wv",
}


def deeper(codec: str, source: Path, folder: Path, last_bit: bool) -> Path:
    """16-bit music in a deeper file; its last sample with one bit more, if asked for."""
    values = np.frombuffer(source.read_bytes()[44:], "<i2").astype("<i4") << 16
    if last_bit:
        values[-1] |= 0x100
    write_wav(folder / "32.wav", values.tobytes(), width=4)
    options = ["-c:a", codec] + (["-sample_fmt", "s32p"] if codec in ("alac", "wavpack") else [])
    return encode(folder / "32.wav", folder / DEEPER[codec], *options)


@pytest.mark.parametrize("codec", DEEPER)
def test_16_bits_in_a_deeper_file_are_taken_as_they_are(codec: str, tune: Path, tmp_path: Path) -> None:
    track, pcm = read_one(deeper(codec, tune, tmp_path, last_bit=False))
    assert pcm == music(ODD)
    assert "exact" in track.conversion[0]


@pytest.mark.parametrize("codec", DEEPER)
def test_deeper_files_are_dithered_to_within_two_steps(codec: str, tune: Path, tmp_path: Path) -> None:
    """All but the last value have 16 bits; TPDF dither moves each by at most one, rounding by a half."""
    track, pcm = read_one(deeper(codec, tune, tmp_path, last_bit=True))
    moved = np.frombuffer(pcm, "<i2").astype(int) - np.frombuffer(music(ODD), "<i2")
    assert np.abs(moved).max() == 1
    assert abs(moved.mean()) < 0.01
    assert moved.var() == pytest.approx(0.25, abs=0.02)  # TPDF of 2 LSB width, rounded, on a 16-bit grid
    assert track.conversion == ("to 16 bit with TPDF dither",)
    assert track.sectors == -(-ODD // 588)


def test_mono_has_one_dither_for_both_channels(tmp_path: Path) -> None:
    raw = np.random.default_rng(5).integers(-(2**30), 2**30, ODD).astype("<i4").tobytes()
    for rate in (44_100, 48_000):
        _, pcm = read_one(write_wav(tmp_path / "m.wav", raw, rate=rate, channels=1, width=4))
        values = np.frombuffer(pcm, "<i2").reshape(-1, 2)
        assert (values[:, 0] == values[:, 1]).all()


def test_full_scale_itself_is_not_beyond_it(tmp_path: Path) -> None:
    """+1.0 has no 16-bit value of its own; one step more is too loud."""
    for value, clipped in ((1.0, 0), (-1.0, 0), (1.0001, 2 * 44_100), (-1.0001, 2 * 44_100)):
        (tmp_path / "a.raw").write_bytes(np.full(2 * 44_100, value, "<f4").tobytes())
        tool("ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", "44100", "-ac", "2",
             "-i", tmp_path / "a.raw", "-c:a", "pcm_f32le", tmp_path / "a.wav")  # fmt: skip
        assert read_one(tmp_path / "a.wav")[0].clipped == clipped, value


def test_of_what_is_too_loud_each_value_counts_once(tmp_path: Path) -> None:
    values = np.tile(np.array([1.0, 1.5, -1.0, 0.25], "<f4"), 11_025 * 2)
    (tmp_path / "a.raw").write_bytes(values.tobytes())
    tool("ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", "44100", "-ac", "2",
         "-i", tmp_path / "a.raw", "-c:a", "pcm_f32le", tmp_path / "a.wav")  # fmt: skip
    assert read_one(tmp_path / "a.wav")[0].clipped == 11_025 * 2


def test_what_is_read_again_counts_once(tune: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redbook.audio.sectors.LONGEST_DISC_SECTORS", -(-ODD // 588) + 1)
    track, _ = read_one(deeper("pcm_s24le", tune, tmp_path, last_bit=True))
    assert track.sectors == -(-ODD // 588)


def test_the_same_seed_gives_the_same_audio(tune: Path, tmp_path: Path) -> None:
    file = deeper("pcm_s24le", tune, tmp_path, last_bit=True)
    assert read_one(file, seed=7)[1] == read_one(file, seed=7)[1]
    assert read_one(file, seed=7)[1] != read_one(file, seed=8)[1]


def test_full_scale_clips_and_says_so(tmp_path: Path) -> None:
    loud = write_wav(tmp_path / "loud.wav", music(ODD))
    file = encode(loud, tmp_path / "over.wav", "-af", "volume=4", "-c:a", "pcm_f32le")
    track, pcm = read_one(file)
    values = np.frombuffer(pcm, "<i2")
    assert values.max() == 32767
    assert values.min() == -32768
    assert track.clipped > 1000


def tone_levels(pcm: bytes, hertz: float) -> tuple[float, float]:
    """Level of a tone and of everything else, in dB of full scale, without the ends."""
    x = np.frombuffer(pcm, "<i2").reshape(-1, 2)[4410:-4410, 0] / 32768
    t = np.arange(len(x)) / 44_100
    window = np.hanning(len(x))
    basis = np.stack([np.sin(2 * np.pi * hertz * t), np.cos(2 * np.pi * hertz * t), np.ones_like(t)], axis=1)
    fit, *_ = np.linalg.lstsq(basis * window[:, None], x * window, rcond=None)
    rest = x - basis @ fit
    return 20 * np.log10(np.hypot(fit[0], fit[1])), 10 * np.log10(2 * np.mean(rest**2))


@pytest.mark.parametrize("rate", [48_000, 96_000, 32_000])
def test_resampling_keeps_a_tone_and_adds_only_dither(rate: int, tmp_path: Path) -> None:
    t = np.arange(rate * 5) / rate
    tone = (0.5 * np.sin(2 * np.pi * 997 * t) * 2**31).astype("<i4")
    raw = np.repeat(tone[:, None], 2, axis=1).tobytes()
    with wave.open(str(tmp_path / "t.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(4)
        file.setframerate(rate)
        file.writeframes(raw)
    track, pcm = read_one(tmp_path / "t.wav")
    assert track.samples == 44_100 * 5
    level, rest = tone_levels(pcm, 997)
    assert level == pytest.approx(20 * np.log10(0.5), abs=0.005)
    # TPDF dither and rounding at 16 bit: 3 x LSB^2 / 12 in all, that is -93.3 dB of a full-scale sine.
    assert rest == pytest.approx(-93.3, abs=0.5)


def test_nothing_above_the_new_nyquist_comes_back_as_alias(tmp_path: Path) -> None:
    t = np.arange(48_000 * 5) / 48_000
    tone = (0.5 * np.sin(2 * np.pi * 23_000 * t) * 32767).astype("<i2")
    write_wav(tmp_path / "t.wav", np.repeat(tone[:, None], 2, axis=1).tobytes(), rate=48_000)
    _, pcm = read_one(tmp_path / "t.wav")
    alias, _ = tone_levels(pcm, 44_100 - 23_000)
    assert alias < -110


def test_more_channels_are_mixed_by_a_stated_matrix(tune: Path, tmp_path: Path) -> None:
    file = encode(tune, tmp_path / "six.wav", "-af", "pan=5.1|FL=c0|FR=c1|LFE=c0")
    track, pcm = read_one(file)
    gain = 1 / (1 + 2 * 0.5**0.5)  # left, -3 dB of centre and back, scaled so that nothing clips
    moved = np.frombuffer(pcm, "<i2") - gain * np.frombuffer(music(ODD), "<i2")
    assert np.abs(moved).max() < 2
    assert "6 channels mixed to stereo" in track.conversion[0]
    assert (
        "left = 0.414 FL + 0.293 FC + 0.293 BL; right = 0.414 FR + 0.293 FC + 0.293 BR" in track.conversion[0]
    )
    assert "left out: LFE; 7.7 dB quieter" in track.conversion[0]


def test_raw_pcm_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(noise(ODD))
    assert read_one(f"raw:{tmp_path / 'a.raw'}")[1] == noise(ODD)
    swapped = np.frombuffer(noise(ODD), "<i2").byteswap().tobytes()
    (tmp_path / "a.cdr").write_bytes(swapped)
    assert read_one(f"raw-be:{tmp_path / 'a.cdr'}")[1] == noise(ODD)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_wav_written_to_a_pipe_is_read_to_its_end(size: int, tmp_path: Path) -> None:
    file = write_wav_header(tmp_path / "pipe.wav", noise(ODD), size)
    assert read_one(file)[1] == noise(ODD)


@pytest.mark.parametrize("bits", [8, 24])
@pytest.mark.tools("flac")
def test_flac_of_any_depth_has_its_md5_checked(bits: int, tmp_path: Path) -> None:
    width = bits // 8
    rng = np.random.default_rng(1)
    values = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), 44_100 * 2)
    raw = b"".join(int(v).to_bytes(width, "little", signed=True) for v in values)
    options = ["--force-raw-format", "--endian=little", "--sign=signed", "--channels=2", f"--bps={bits}"]
    tool("flac", "-s", *options, "--sample-rate=44100", "-o", tmp_path / "a.flac", "-", data=raw)
    track, pcm = read_one(tmp_path / "a.flac")
    assert track.samples == 44_100
    assert f"{bits} bit" in track.format
    if bits < 16:
        assert (np.frombuffer(pcm, "<i2").astype(int) == values << (16 - bits)).all()


def test_tags_are_read(tune: Path, tmp_path: Path) -> None:
    tags = ["-metadata", "title=Étude", "-metadata", "artist=Ensemble", "-metadata", "track=3/12"]
    tags += ["-metadata", "disc=2/2", "-metadata", "album=Suite"]
    for name in ("a.flac", "a.mp3", "a.m4a", "a.ogg"):
        track, _ = read_one(encode(tune, tmp_path / name, *tags))
        found = track.tags
        assert (found.title, found.artist, found.album) == ("Étude", "Ensemble", "Suite"), name
        assert (found.track, found.disc) == (3, 2), name
