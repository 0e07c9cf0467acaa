"""Each format against its own program: the same length, the same samples."""

from __future__ import annotations

import errno
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from redbook.audio import decode
from redbook.audio.ffmpeg import open_container, translated
from redbook.audio.sectors import Spool, prepare
from redbook.audio.source import expand
from redbook.errors import AudioError
from tests.support.sound import attacks, decoded, encode, lsb_apart, reference, tool, write_wav

SAMPLES = 353_437
FRAMES_OF_MP2 = -(-SAMPLES // 1152) * 1152

pytestmark = [pytest.mark.tools("ffmpeg")]


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("song") / "song.wav", attacks(SAMPLES))


def same(file: Path, folder: Path, samples: int, within_lsb: float = 1.0) -> list[str]:
    values, recording = decoded(file)
    assert len(values) == samples
    assert lsb_apart(values, reference(file, folder)) <= within_lsb
    return recording.notes


@pytest.mark.tools("mpg123", "twolame")
@pytest.mark.parametrize("name", ["ffmpeg.mp2", "twolame.mp2", "layer-two.mp3"])
def test_mp2_is_no_noise(name: str, song: Path, tmp_path: Path) -> None:
    """FFmpeg announces floating point for it and hands out integers."""
    file = tmp_path / name
    if name.startswith("twolame"):
        tool("twolame", "--quiet", song, file)
    else:
        encode(song, file, "-c:a", "mp2", "-f", "mp2")
    assert same(file, tmp_path, FRAMES_OF_MP2) == []
    with Spool(keep=False) as spool:
        (track,) = prepare(expand([str(file)]).sources, spool)
    assert track.conversion == ("to 16 bit with TPDF dither",)


@pytest.mark.tools("mpg123", "twolame")
def test_mp2_in_a_transport_stream_is_the_same(song: Path, tmp_path: Path) -> None:
    encode(song, tmp_path / "a.mp2", "-c:a", "mp2")
    encode(tmp_path / "a.mp2", tmp_path / "a.ts", "-c:a", "copy")
    values, _ = decoded(tmp_path / "a.ts")
    assert lsb_apart(values, reference(tmp_path / "a.mp2", tmp_path)) <= 1


@pytest.mark.tools("oggenc", "oggdec")
@pytest.mark.parametrize("quality", ["-1", "3", "9"])
def test_vorbis_with_blocks_of_both_sizes(quality: str, song: Path, tmp_path: Path) -> None:
    tool("oggenc", "-Q", "-q", quality, "-o", tmp_path / "a.ogg", song)
    assert same(tmp_path / "a.ogg", tmp_path, SAMPLES) == []


@pytest.mark.tools("oggenc", "oggdec", "vcut")
def test_vorbis_that_was_cut_inside_a_packet(song: Path, tmp_path: Path) -> None:
    tool("oggenc", "-Q", "-o", tmp_path / "a.ogg", song)
    tool("vcut", tmp_path / "a.ogg", tmp_path / "1.ogg", tmp_path / "2.ogg", "150001")
    same(tmp_path / "1.ogg", tmp_path, 150_001)
    same(tmp_path / "2.ogg", tmp_path, SAMPLES - 150_001)


@pytest.mark.tools("oggenc", "oggdec")
def test_vorbis_shorter_than_its_first_page(tmp_path: Path) -> None:
    """Its only page is the last one, too: then the end is cut and not the start."""
    for samples in (1, 100, 700, 5_000):
        tool(
            "oggenc", "-Q", "-o", tmp_path / "a.ogg", write_wav(tmp_path / "a.wav", attacks()[: 4 * samples])
        )
        same(tmp_path / "a.ogg", tmp_path, samples)


@pytest.mark.tools("opusenc", "opusdec")
@pytest.mark.parametrize("bitrate", ["24", "96"])
def test_opus(bitrate: str, song: Path, tmp_path: Path) -> None:
    """By opusdec's library (FFmpeg's decoder is 160 steps off); its versions 1.3 and 1.5 differ by 1.6."""
    tool("opusenc", "--quiet", "--bitrate", bitrate, song, tmp_path / "a.opus")
    assert same(tmp_path / "a.opus", tmp_path, -(-SAMPLES * 48_000 // 44_100), within_lsb=2.0) == []


@pytest.mark.tools("opusenc", "opusdec", "oggenc", "flac")
@pytest.mark.parametrize("kind", ["opus", "ogg", "oga"])
def test_a_chain_is_played_as_one(kind: str, song: Path, tmp_path: Path) -> None:
    if kind == "opus":
        tool("opusenc", "--quiet", song, tmp_path / "a.opus")
    elif kind == "ogg":
        tool("oggenc", "-Q", "-o", tmp_path / "a.ogg", song)
    else:
        tool("flac", "-s", "--ogg", "-o", tmp_path / "a.oga", song)
    part = (tmp_path / f"a.{kind}").read_bytes()
    (tmp_path / f"chain.{kind}").write_bytes(part + part)
    one, _ = decoded(tmp_path / f"a.{kind}")
    two, recording = decoded(tmp_path / f"chain.{kind}")
    assert (two[: len(one)] == one).all()
    assert lsb_apart(two[len(one) :], one) <= 2  # Opus goes on from the state that the first has left
    assert any("chain of 2" in note for note in recording.notes)


@pytest.mark.tools("oggenc")
def test_a_chain_of_different_formats_is_refused(song: Path, tmp_path: Path) -> None:
    tool("oggenc", "-Q", "-o", tmp_path / "a.ogg", song)
    tool("oggenc", "-Q", "--downmix", "-o", tmp_path / "b.ogg", song)
    data = (tmp_path / "a.ogg").read_bytes() + (tmp_path / "b.ogg").read_bytes()
    (tmp_path / "c.ogg").write_bytes(data)
    with pytest.raises(AudioError, match="recordings that differ"):
        decoded(tmp_path / "c.ogg")


@pytest.mark.tools("oggenc", "opusenc", "flac")
@pytest.mark.parametrize("kind", ["opus", "ogg", "oga"])
def test_ogg_without_a_last_page_is_taken_with_a_note(kind: str, song: Path, tmp_path: Path) -> None:
    """As phones record it; each page is whole, so no more can be known."""
    file = tmp_path / f"a.{kind}"
    encode(
        song,
        file,
        *{"opus": ["-c:a", "libopus"], "ogg": ["-c:a", "libvorbis"], "oga": ["-c:a", "flac"]}[kind],
    )
    whole, _ = decoded(file)
    data = file.read_bytes()
    file.write_bytes(data[: data.rfind(b"OggS")])
    values, recording = decoded(file)
    assert 0 < len(values) < len(whole)
    assert (values == whole[: len(values)]).all()
    assert any("not marked as the last" in note for note in recording.notes)


@pytest.mark.tools("oggenc")
@pytest.mark.parametrize("where", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("damage", ["one bit", "a page less"])
def test_a_damaged_page_is_found(damage: str, where: float, song: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.ogg"
    tool("oggenc", "-Q", "-o", file, song)
    data = bytearray(file.read_bytes())
    page = data.rfind(b"OggS", 0, int(len(data) * where))
    if damage == "one bit":
        data[page + 200] ^= 1
    else:
        del data[page : data.find(b"OggS", page + 4)]
    file.write_bytes(data)
    with pytest.raises(AudioError, match="a page is missing or damaged"):
        decoded(file)


@pytest.mark.tools("oggenc")
def test_the_first_page_of_audio_is_missed(song: Path, tmp_path: Path) -> None:
    """Taggers renumber the headers, so a jump before the audio is none by itself; the place tells."""
    file = tmp_path / "a.ogg"
    tool("oggenc", "-Q", "-o", file, song)
    data = file.read_bytes()
    pages = [0]
    while (place := data.find(b"OggS", pages[-1] + 4)) > 0:
        pages.append(place)
    file.write_bytes(data[: pages[2]] + data[pages[3] :])
    with pytest.raises(AudioError, match="pages count"):
        decoded(file)


@pytest.mark.tools("speexenc", "speexdec", "sox")
@pytest.mark.parametrize("rate", [8_000, 16_000, 32_000])
def test_speex_has_the_length_of_its_own_program(rate: int, song: Path, tmp_path: Path) -> None:
    """Not its samples: FFmpeg's decoder is another one."""
    tool("sox", song, "-r", str(rate), "-c", "1", tmp_path / "a.wav")
    tool("speexenc", tmp_path / "a.wav", tmp_path / "a.spx")
    values, recording = decoded(tmp_path / "a.spx")
    by_speexdec = reference(tmp_path / "a.spx", tmp_path)
    assert len(values) == len(by_speexdec)
    assert np.corrcoef(values[:, 0], by_speexdec[:, 0])[0, 1] > 0.98
    assert recording.format.lossy


@pytest.mark.tools("mpcenc", "mpcdec")
def test_musepack(song: Path, tmp_path: Path) -> None:
    """FFmpeg's decoder calculates in integers: two steps."""
    tool("mpcenc", "--silent", song, tmp_path / "a.mpc")
    same(tmp_path / "a.mpc", tmp_path, SAMPLES, within_lsb=2.0)


@pytest.mark.tools("faad")
def test_aac_without_a_container(song: Path, tmp_path: Path) -> None:
    """Older faads drop the first frame. Without noise that each decoder makes up for itself, all is equal."""
    encode(song, tmp_path / "a.aac", "-c:a", "aac", "-aac_pns", "0")
    values, _ = decoded(tmp_path / "a.aac")
    by_faad = reference(tmp_path / "a.aac", tmp_path)
    dropped = len(values) - len(by_faad)
    assert dropped in (0, 1024)
    assert lsb_apart(values[dropped:], by_faad) <= 1


@pytest.mark.tools("wavpack", "wvunpack")
def test_wavpack_hybrid(song: Path, tmp_path: Path) -> None:
    tool("wavpack", "-q", "-b256", "-c", song, "-o", tmp_path / "h.wv")
    with pytest.raises(AudioError, match="lossy half of a WavPack hybrid"):
        decoded(tmp_path / "h.wv")
    (tmp_path / "h.wvc").unlink()
    same(tmp_path / "h.wv", tmp_path, SAMPLES)
    with Spool(keep=False) as spool:
        (track,) = prepare(expand([str(tmp_path / "h.wv")]).sources, spool)
    assert track.conversion == ("decoded to 16 bit",)
    assert "lossy" in track.format


LOSSY = {
    "adpcm.wav": ["-c:a", "adpcm_ms"],
    "ima.wav": ["-c:a", "adpcm_ima_wav"],
    "mulaw.wav": ["-c:a", "pcm_mulaw"],
    "a.mp2": [],
    "a.wma": [],
    "a.ac3": [],
}


@pytest.mark.parametrize("name", LOSSY)
def test_what_is_lossy_is_never_bit_for_bit(name: str, song: Path, tmp_path: Path) -> None:
    with Spool(keep=False) as spool:
        (track,) = prepare(expand([str(encode(song, tmp_path / name, *LOSSY[name]))]).sources, spool)
    assert track.conversion


def lame(song: Path, target: Path, *options: str) -> Path:
    tool("lame", "--quiet", *options, song, target)
    return target


@pytest.mark.tools("lame", "mpg123")
@pytest.mark.parametrize("options", [("-V2",), ("-b", "128"), ("-m", "m"), ("--resample", "22.05")])
def test_mp3(options: tuple[str, ...], song: Path, tmp_path: Path) -> None:
    values, _ = decoded(lame(song, tmp_path / "a.mp3", *options))
    assert lsb_apart(values, reference(tmp_path / "a.mp3", tmp_path)) <= 1
    assert len(values) == (SAMPLES if "--resample" not in options else len(values))


@pytest.mark.tools("lame", "mpg123")
@pytest.mark.parametrize("before", [b"<html>hello</html>\n", bytes(5000), b"\xff" * 300])
def test_bytes_before_the_first_frame(before: bytes, song: Path, tmp_path: Path) -> None:
    plain = lame(song, tmp_path / "a.mp3")
    (tmp_path / "b.mp3").write_bytes(before + plain.read_bytes())
    values, _ = decoded(tmp_path / "b.mp3")
    assert lsb_apart(values, reference(plain, tmp_path)) <= 1


@pytest.mark.tools("lame", "mpg123")
@pytest.mark.parametrize("options", [("-V2",), ("-b", "128")])
def test_two_mp3_in_one_file(options: tuple[str, ...], song: Path, tmp_path: Path) -> None:
    """As mpg123: the first is trimmed as its header says, what somebody has appended is kept whole."""
    data = lame(song, tmp_path / "a.mp3", *options).read_bytes()
    (tmp_path / "b.mp3").write_bytes(data + data)
    values, recording = decoded(tmp_path / "b.mp3")
    assert lsb_apart(values, reference(tmp_path / "b.mp3", tmp_path)) <= 1
    assert len(values) > 2 * SAMPLES
    assert any("continues for 8.1 s" in note for note in recording.notes)


@pytest.mark.tools("lame", "mpg123", "mp3splt")
def test_mp3_cut_by_mp3splt(song: Path, tmp_path: Path) -> None:
    """Its count is one frame too many."""
    lame(song, tmp_path / "a.mp3", "-b", "128")
    tool("mp3splt", "-Q", "-d", tmp_path / "cut", tmp_path / "a.mp3", "0.02.00", "0.05.00")
    (file,) = (tmp_path / "cut").iterdir()
    values, _ = decoded(file)
    assert lsb_apart(values, reference(file, tmp_path)) <= 1


@pytest.mark.tools("lame")
@pytest.mark.parametrize("frames", [2, 5])
def test_mp3_frames_that_are_missing(frames: int, song: Path, tmp_path: Path) -> None:
    data = lame(song, tmp_path / "a.mp3", "-b", "128", "--nores").read_bytes()
    cut = len(data) // 2
    (tmp_path / "b.mp3").write_bytes(data[:cut] + data[cut + 418 * frames :])
    with pytest.raises(AudioError, match="could be decoded"):
        decoded(tmp_path / "b.mp3")


@pytest.mark.tools("lame", "mpg123")
def test_itunes_numbers_trim_an_mp3_without_lame_s(song: Path, tmp_path: Path) -> None:
    data = bytearray(lame(song, tmp_path / "a.mp3", "-b", "128").read_bytes())
    expected = reference(tmp_path / "a.mp3", tmp_path)
    place = data.index(b"LAME")
    packed = int.from_bytes(data[place + 21 : place + 24], "big")
    data[place : place + 36] = bytes(36)
    numbers = f" 00000000 {packed >> 12:08X} {packed & 0xFFF:08X} {SAMPLES:016X}"
    comment = b"\0engiTunSMPB\0" + numbers.encode()
    frame = b"COMM" + len(comment).to_bytes(4, "big") + b"\0\0" + comment
    (tmp_path / "b.mp3").write_bytes(
        b"ID3\3\0\0" + bytes((0, 0, len(frame) >> 7, len(frame) & 127)) + frame + data
    )
    values, _ = decoded(tmp_path / "b.mp3")
    assert lsb_apart(values, expected) <= 1


@pytest.mark.tools("lame")
def test_free_format_is_called_what_it_is(song: Path, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="free-format"):
        decoded(lame(song, tmp_path / "a.mp3", "--freeformat", "-b", "200"))


MP4 = {
    "aac": ("f.m4a", ["-c:a", "aac"]),
    "alac": ("f.m4a", ["-c:a", "alac"]),
    "opus": ("f.mp4", ["-c:a", "libopus"]),
    "mp3": ("f.mp4", ["-c:a", "libmp3lame"]),
}
FRAGMENTED = {
    "fragments of a second": ["-frag_duration", "1000000"],
    "empty_moov": ["-movflags", "empty_moov"],
    "dash": ["-movflags", "dash"],
    "delay_moov": ["-movflags", "frag_keyframe+delay_moov", "-frag_duration", "1000000"],
}


@pytest.mark.slow
@pytest.mark.parametrize("how", FRAGMENTED)
@pytest.mark.parametrize("codec", MP4)
def test_fragmented_mp4_is_whole(codec: str, how: str, song: Path, tmp_path: Path) -> None:
    """All samples of the packets in it; not those of its first fragment."""
    name, options = MP4[codec]
    file = encode(song, tmp_path / name, *options, *FRAGMENTED[how])
    values, recording = decoded(file)
    music = round(SAMPLES * recording.format.rate_hz / 44_100)
    assert music <= len(values) <= music + 2304
    assert recording.notes == []
    plain, _ = decoded(encode(song, tmp_path / f"plain-{name}", *options))
    skipped = len(values) - len(plain)
    assert lsb_apart(values[skipped:], plain) <= 1


def elst(file: Path, edits: list[tuple[int, int]]) -> None:
    """Give an M4A another edit list: (duration in ticks of the movie, start in samples)."""
    data = bytearray(file.read_bytes())
    place = data.index(b"elst") - 4
    old = int.from_bytes(data[place : place + 4], "big")
    body = b"elst" + bytes(4) + len(edits).to_bytes(4, "big")
    for duration, start in edits:
        body += duration.to_bytes(4, "big") + start.to_bytes(4, "big", signed=True) + b"\0\1\0\0"
    box = (len(body) + 4).to_bytes(4, "big") + body
    data[place : place + old] = box
    for name in (b"edts", b"trak", b"moov"):  # the moov stands behind the audio, so no offset moves
        at = data.rindex(name, 0, place) - 4
        data[at : at + 4] = (int.from_bytes(data[at : at + 4], "big") + len(box) - old).to_bytes(4, "big")
    file.write_bytes(data)


def test_two_edits_cut_a_part_out_of_the_middle(song: Path, tmp_path: Path) -> None:
    file = encode(song, tmp_path / "a.m4a", "-c:a", "alac", "-movie_timescale", "44100")
    whole, _ = decoded(file)
    elst(file, [(100_003, 0), (150_001, 200_000)])
    values, recording = decoded(file)
    assert (values == np.concatenate((whole[:100_003], whole[200_000:350_001]))).all()
    assert any("leaves out 2.3 s" in note for note in recording.notes)


@pytest.mark.parametrize("duration", [0, 10_000_000])
def test_an_edit_to_the_end_of_what_is_there(duration: int, song: Path, tmp_path: Path) -> None:
    file = encode(song, tmp_path / "a.m4a", "-c:a", "alac", "-movie_timescale", "44100")
    elst(file, [(duration, 37)])
    values, _ = decoded(file)
    assert len(values) == SAMPLES - 37


def test_an_edit_that_leaves_the_end_out_is_told_of(song: Path, tmp_path: Path) -> None:
    file = encode(song, tmp_path / "a.m4a", "-c:a", "alac", "-movie_timescale", "44100")
    elst(file, [(44_100, 0)])
    values, recording = decoded(file)
    assert len(values) == 44_100
    assert any("leaves out 7.0 s" in note for note in recording.notes)


def test_edits_out_of_order_are_refused(song: Path, tmp_path: Path) -> None:
    file = encode(song, tmp_path / "a.m4a", "-c:a", "alac", "-movie_timescale", "44100")
    elst(file, [(44_100, 100_000), (44_100, 0)])
    with pytest.raises(AudioError, match="out of order or twice"):
        decoded(file)


def test_ffmpeg_opens_no_file_but_the_one_named(song: Path, tmp_path: Path) -> None:
    """A text file can name others for FFmpeg to open, whatever its own name."""
    shutil.copy(song, tmp_path / "other.wav")
    texts = {
        "concat.wav": "ffconcat version 1.0\nfile other.wav\n",
        "list.mp3": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:8,\nother.wav\n#EXT-X-ENDLIST\n",
        "session.wav": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
        "dash.m4a": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>\n',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(AudioError, match="not a sound file"):
            decoded(tmp_path / name)


def test_the_text_that_names_others_would_be_obeyed_by_ffmpeg(song: Path, tmp_path: Path) -> None:
    """Else the test above could not fail."""
    shutil.copy(song, tmp_path / "other.wav")
    (tmp_path / "concat.wav").write_text("ffconcat version 1.0\nfile other.wav\n")
    out = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", tmp_path / "concat.wav", "-f", "s16le", "-"],
        capture_output=True,
        check=True,
    )
    assert len(out.stdout) == 4 * SAMPLES


@pytest.mark.tools("lame", "mpg123")
def test_a_count_that_is_one_frame_too_many(song: Path, tmp_path: Path) -> None:
    """As mp3splt writes it; one more than that is a frame lost."""
    data = bytearray(lame(song, tmp_path / "a.mp3", "-V2").read_bytes())
    place = data.index(b"Xing") + 8
    frames = int.from_bytes(data[place : place + 4], "big")
    data[place : place + 4] = (frames + 1).to_bytes(4, "big")
    (tmp_path / "b.mp3").write_bytes(data)
    values, _ = decoded(tmp_path / "b.mp3")
    assert lsb_apart(values, reference(tmp_path / "b.mp3", tmp_path)) <= 1
    data[place : place + 4] = (frames + 2).to_bytes(4, "big")
    (tmp_path / "b.mp3").write_bytes(data)
    with pytest.raises(AudioError, match="could be decoded"):
        decoded(tmp_path / "b.mp3")


@pytest.mark.parametrize(("start", "duration"), [(0, 44_100), (100, 44_100), (100, 0)])
def test_an_edit_of_a_fragmented_file_has_no_length(
    start: int, duration: int, song: Path, tmp_path: Path
) -> None:
    """Written with the first fragment, it only knows of that one; its start holds."""
    flags = ["-movflags", "frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "1000000"]
    file = encode(song, tmp_path / "a.m4a", "-c:a", "alac", *flags)
    whole, _ = decoded(file)
    data = bytearray(file.read_bytes())
    scale = data.index(b"mvhd") + 16
    data[scale : scale + 4] = (44_100).to_bytes(4, "big")
    edit = duration.to_bytes(4, "big") + start.to_bytes(4, "big") + b"\0\1\0\0"
    elst = (28).to_bytes(4, "big") + b"elst" + bytes(4) + b"\0\0\0\1" + edit
    edts = (36).to_bytes(4, "big") + b"edts" + elst
    assert b"elst" not in data
    for name in (b"trak", b"moov"):
        place = data.index(name) - 4
        size = int.from_bytes(data[place : place + 4], "big")
        if name == b"trak":
            data[place + size : place + size] = edts
        data[place : place + 4] = (size + len(edts)).to_bytes(4, "big")
    file.write_bytes(data)
    values, _ = decoded(file)
    assert np.array_equal(values, whole[start:])


@pytest.mark.parametrize(
    "codec, layout, count, name",
    [
        ("alac", "7.1(wide)", 8, "a.m4a"),
        ("libvorbis", "7.1", 8, "a.ogg"),
        ("aac", "7.1", 8, "a.m4a"),
        ("aac", "hexadecagonal", 16, "a.m4a"),
    ],
)
def test_decoders_that_give_eight_channels_and_more_in_planes(
    codec: str, layout: str, count: int, name: str, song: Path, tmp_path: Path
) -> None:
    """PyAV lists nine planes of eight: reading the ninth ended the program, so another one tries it."""
    gains = "|".join(f"c{channel}={0.9 - 0.05 * channel:.2f}*c{channel % 2}" for channel in range(count))
    file = encode(song, tmp_path / name, "-t", "2", "-af", f"pan={layout}|{gains}", "-c:a", codec)
    code = (
        "import sys, pathlib; from redbook.audio.decode import open_recording\n"
        "for chunk in open_recording(pathlib.Path(sys.argv[1])):\n"
        "    scale = 2.0 ** (8 * chunk.itemsize - 1) if chunk.dtype.kind == 'i' else 1.0\n"
        "    sys.stdout.buffer.write((chunk / scale).astype('<f4').tobytes())"
    )
    values = np.frombuffer(tool(sys.executable, "-c", code, file), "<f4").reshape(-1, count)
    raw = tool("ffmpeg", "-nostdin", "-v", "error", "-i", file, "-f", "f32le", "-")
    other = np.frombuffer(raw, "<f4").reshape(-1, count)
    length = min(len(values), len(other))
    assert length >= 2 * 44_100
    assert np.abs(values[:length] - other[:length]).max() < 1e-4


@pytest.mark.parametrize("codec", ["alac", "flac"])
def test_a_caf_whose_table_counts_its_last_packet_as_full(codec: str, song: Path, tmp_path: Path) -> None:
    """As FFmpeg writes it; the codec knows better."""
    file = encode(song, tmp_path / "a.caf", "-c:a", codec)
    values, recording = decoded(file)
    wanted, _ = decoded(song)
    assert values.shape == wanted.shape and (values == wanted).all()
    assert recording.notes == []
    if codec == "flac":
        return
    data = file.read_bytes()
    count = data.index(b"pakt") + 12
    packets = int.from_bytes(data[count : count + 8], "big")
    file.write_bytes(data[:count] + (packets + 1).to_bytes(8, "big") + data[count + 8 :])
    with pytest.raises(AudioError, match="packets of audio"):
        decoded(file)


def test_tta_in_matroska_is_whole(song: Path, tmp_path: Path) -> None:
    """FFmpeg reckons the length of the last packet from milliseconds, and cannot decode it by itself."""
    file = encode(song, tmp_path / "a.mka", "-c:a", "tta")
    values, recording = decoded(file)
    wanted, _ = decoded(song)
    assert values.shape == wanted.shape and (values == wanted).all()
    assert recording.notes == []


def test_the_end_of_the_audio_in_matroska_is_not_left_out(song: Path, tmp_path: Path) -> None:
    file = encode(song, tmp_path / "a.mka", "-c:a", "tta")
    data = bytearray(file.read_bytes())
    data[-5_000] ^= 1  # in the last frame
    file.write_bytes(data)
    with pytest.raises(AudioError, match="the end of its audio cannot be decoded"):
        decoded(file)


class _LateStream:
    """As PyAV's containers, where a stream begins in the middle: sometimes, by what is in its memory."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def demux(self, stream: Any) -> Iterator[Any]:
        yield from self._real.demux(stream)
        raise IndexError("list index out of range")


def test_a_stream_that_begins_in_the_middle(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = encode(song, tmp_path / "a.flv", "-c:a", "aac")
    whole, _ = decoded(file)
    monkeypatch.setattr(decode, "open_container", lambda path: _LateStream(open_container(path)))
    values, recording = decoded(file)
    assert values.shape == whole.shape and (values == whole).all()
    assert recording.notes == []


@pytest.mark.tools("opusenc", "speexenc", "oggenc")
@pytest.mark.parametrize("kind", ["opus", "spx", "ogg"])
@pytest.mark.parametrize("page", [1, 2])
def test_a_damaged_page_of_headers_is_not_passed_over(
    kind: str, page: int, song: Path, tmp_path: Path
) -> None:
    """Else the packet behind it passes for the header that it held."""
    encoder = {"opus": "opusenc", "spx": "speexenc", "ogg": "oggenc"}[kind]
    options = [song, tmp_path / "a"] if kind != "ogg" else ["-o", tmp_path / "a", song]
    tool(encoder, "--quiet", *options)
    data = bytearray((tmp_path / "a").read_bytes())
    place = 0
    for _ in range(page):
        place = data.index(b"OggS", place + 4)
    data[place + 60] ^= 4
    (tmp_path / f"a.{kind}").write_bytes(data)
    with pytest.raises(AudioError, match="a page is missing or damaged"):
        decoded(tmp_path / f"a.{kind}")


@pytest.mark.parametrize("codec", ["pcm_mulaw", "pcm_alaw"])
def test_companded_au_ends_where_its_header_says(codec: str, song: Path, tmp_path: Path) -> None:
    """FFmpeg plays the tags behind it, too."""
    file = encode(song, tmp_path / "a.au", "-c:a", codec)
    raw = tool("ffmpeg", "-nostdin", "-v", "error", "-i", file, "-f", "s16le", "-")
    file.write_bytes(file.read_bytes() + b"TAG" + bytes(125))
    values, recording = decoded(file)
    assert (values * 32768).astype("<i2").tobytes() == raw
    assert recording.notes == []
    assert recording.format.lossy


@pytest.mark.parametrize("name", ["a.avi", "a.8svx"])
def test_a_file_that_states_its_whole_size(name: str, song: Path, tmp_path: Path) -> None:
    encode(song, tmp_path / "a.avi", "-c:a", "pcm_s16le")
    data = (tmp_path / "a.avi").read_bytes()
    if name.endswith("8svx"):
        body = b"8SVXVHDR" + struct.pack(">IIIIHBBI", 20, 50_000, 0, 0, 8_000, 1, 0, 1 << 16)
        body += b"BODY" + (50_000).to_bytes(4, "big") + bytes(range(250)) * 200
        data = b"FORM" + len(body).to_bytes(4, "big") + body
    (tmp_path / name).write_bytes(data)
    decoded(tmp_path / name)
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(AudioError, match="was cut short"):
        decoded(tmp_path / name)


def test_of_joined_files_none_is_left_out(song: Path, tmp_path: Path) -> None:
    encode(song, tmp_path / "a.m4a", "-c:a", "aac")
    (tmp_path / "b.m4a").write_bytes((tmp_path / "a.m4a").read_bytes() * 2)
    with pytest.raises(AudioError, match="2 recordings follow each other"):
        decoded(tmp_path / "b.m4a")
    encode(song, tmp_path / "a.wv", "-c:a", "wavpack", "-sample_fmt", "s16p")
    (tmp_path / "b.wv").write_bytes((tmp_path / "a.wv").read_bytes() + b"?" * 9_000)
    with pytest.raises(AudioError, match="bytes cannot be read as audio"):
        decoded(tmp_path / "b.wv")


@pytest.mark.tools("lame", "mpg123")
def test_an_mp3_far_behind_the_start_of_its_file(song: Path, tmp_path: Path) -> None:
    """More zeros than are looked at in one go."""
    tool("lame", "--quiet", song, tmp_path / "a.mp3")
    data = (tmp_path / "a.mp3").read_bytes()
    for length in (70_000, 300_000, (1 << 18) - 300, (1 << 19) - 4_096 - 2):
        (tmp_path / "b.mp3").write_bytes(bytes(length) + data)
        values, _ = decoded(tmp_path / "b.mp3")
        assert len(values) == SAMPLES
        assert lsb_apart(values, reference(tmp_path / "a.mp3", tmp_path)) <= 1


def test_what_a_decoder_refuses_is_not_called_a_lack_of_permission() -> None:
    """As FFmpeg's AAC decoder says of some packets in a WAV."""
    refusal = av.error.PermissionError(errno.EPERM, "Operation not permitted", "avcodec_send_packet()")
    with pytest.raises(AudioError, match="not a sound file redbook can read"), translated():
        raise refusal


def test_audio_in_a_wav_that_cannot_be_decoded_is_not_left_out(song: Path, tmp_path: Path) -> None:
    """Of AAC in a WAV FFmpeg decodes one packet."""
    with pytest.raises(AudioError, match=r"cannot be decoded|not a sound file"):
        decoded(encode(song, tmp_path / "a.wav", "-c:a", "aac"))
