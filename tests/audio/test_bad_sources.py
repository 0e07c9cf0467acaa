"""Sources that cannot become a track: each is refused with its name and the reason."""

from __future__ import annotations

import os
import shutil
import struct
import threading
from pathlib import Path

import pytest

from redbook.audio.sectors import Spool, prepare
from redbook.audio.source import expand
from redbook.errors import AudioError, Cancelled, NoRoom, PlanError
from tests.support.sound import encode, noise, tool, write_wav, write_wav_header

SAMPLES = 44_100 * 6

pytestmark = pytest.mark.tools("ffmpeg")


def read(*names: str | Path) -> None:
    with Spool(keep=False) as spool:
        prepare(expand([str(name) for name in names]).sources, spool)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("source") / "source.wav", noise(SAMPLES))


def refused(name: str | Path, reason: str) -> None:
    with pytest.raises(AudioError, match=reason) as caught:
        read(name)
    assert str(name) in str(caught.value)
    assert str(caught.value).count(str(name)) == 1
    assert str(name) == caught.value.source


def test_a_missing_file() -> None:
    refused("nowhere.flac", "no such file")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.flac").touch()
    refused(tmp_path / "empty.flac", "is empty")


def test_a_text_file_named_wav(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("This is not a sound file.\n" * 100)
    refused(tmp_path / "text.wav", "not a sound file")


def test_a_folder_without_audio(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing")
    refused(tmp_path, "there is no sound file in this folder")


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's refusal is made by hand, because root may read everything."""
    file = write_wav(tmp_path / "secret.wav", noise(SAMPLES))

    def refuse(self: Path, *arguments: object, **options: object) -> object:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    refused(file, "Permission denied")


def test_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    refused(tmp_path / "pipe.wav", "not a regular file, so it cannot be read twice")


def test_video_only(tmp_path: Path) -> None:
    tool("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=duration=1", tmp_path / "v.mp4")
    refused(tmp_path / "v.mp4", "contains no audio")


def test_zero_samples(tmp_path: Path) -> None:
    refused(write_wav_header(tmp_path / "none.wav", b"", 0), "contains no samples")


def test_a_wav_whose_header_promises_more(tmp_path: Path) -> None:
    refused(
        write_wav_header(tmp_path / "short.wav", noise(SAMPLES), SAMPLES * 4 + 2352), "promises 1060752 bytes"
    )


def test_raw_pcm_without_being_called_so(tmp_path: Path) -> None:
    (tmp_path / "a.pcm").write_bytes(noise(SAMPLES))
    refused(tmp_path / "a.pcm", "put raw: before the name")


def test_raw_pcm_of_an_odd_length(tmp_path: Path) -> None:
    (tmp_path / "a.pcm").write_bytes(noise(SAMPLES)[:-1])
    refused(f"raw:{tmp_path / 'a.pcm'}", "not a whole number of stereo samples")


STATING_THEIR_LENGTH = {
    "wav": [],
    "w64": [],
    "aiff": [],
    "flac": [],
    "mp3": [],
    "m4a": ["-movflags", "+faststart"],
    "alac.m4a": ["-c:a", "alac", "-movflags", "+faststart"],
    "ogg": ["-c:a", "libvorbis"],
    "opus": ["-c:a", "libopus"],
    "oga": ["-c:a", "flac"],
    "wv": [],
    "tta": [],
    "mka": ["-c:a", "flac"],
    "webm": ["-c:a", "libopus"],
    "wma": [],
    "caf": [],
    "au": [],
    "rf64.wav": ["-rf64", "always"],
}


@pytest.mark.slow
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("kind", STATING_THEIR_LENGTH)
def test_a_file_cut_short(kind: str, kept: float, source: Path, tmp_path: Path) -> None:
    file = encode(source, tmp_path / f"a.{kind}", *STATING_THEIR_LENGTH[kind])
    read(file)
    os.truncate(file, int(file.stat().st_size * kept))
    with pytest.raises(AudioError, match=file.name):
        read(file)


def test_an_mp4_that_ends_before_its_index(source: Path, tmp_path: Path) -> None:
    whole = encode(source, tmp_path / "whole.m4a").read_bytes()
    (tmp_path / "cut.m4a").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "cut.m4a", "without its index")


@pytest.mark.parametrize("where", [0.2, 0.5, 0.8])
def test_a_damaged_flac_that_decoders_pass_over(where: float, source: Path, tmp_path: Path) -> None:
    file = encode(source, tmp_path / "a.flac")
    data = bytearray(file.read_bytes())
    start = int(len(data) * where)
    data[start : start + 200] = noise(50, 99)
    file.write_bytes(data)
    refused(file, "damaged")


HAVING_CHECKSUMS = {
    "wv": [],
    "tta": [],
    "ogg": ["-c:a", "libvorbis"],
    "opus": ["-c:a", "libopus"],
    "webm": ["-c:a", "libopus"],
    "oga": ["-c:a", "flac"],
}


@pytest.mark.parametrize("kind", HAVING_CHECKSUMS)
def test_damage_in_the_middle_of_other_formats(kind: str, source: Path, tmp_path: Path) -> None:
    file = encode(source, tmp_path / f"a.{kind}", *HAVING_CHECKSUMS[kind])
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    del data[middle : middle + 5000]
    file.write_bytes(data)
    with pytest.raises(AudioError, match=file.name):
        read(file)


def test_a_flac_without_md5_still_has_its_frames_checked(source: Path, tmp_path: Path) -> None:
    file = encode(source, tmp_path / "a.flac")
    data = bytearray(file.read_bytes())
    data[8 + 18 : 8 + 34] = bytes(16)
    file.write_bytes(data)
    read(file)
    data[len(data) // 2] ^= 0x10
    file.write_bytes(data)
    with pytest.raises(AudioError, match=file.name):
        read(file)


def test_a_big_endian_wav_is_no_noise(source: Path, tmp_path: Path) -> None:
    data = bytearray(source.read_bytes())
    data[:4] = b"RIFX"
    (tmp_path / "x.wav").write_bytes(data)
    with pytest.raises(AudioError, match=r"x\.wav"):
        read(tmp_path / "x.wav")


def test_not_a_number_is_no_sound(tmp_path: Path) -> None:
    raw = struct.pack("<2f", 0.5, float("nan")) * 44_100
    (tmp_path / "a.raw").write_bytes(raw)
    tool("ffmpeg", "-v", "error", "-f", "f32le", "-ar", "44100", "-ac", "2", "-i", tmp_path / "a.raw",
         "-c:a", "pcm_f32le", tmp_path / "nan.wav")  # fmt: skip
    refused(tmp_path / "nan.wav", "not numbers")


@pytest.mark.parametrize("size", [1, 128, 5000])
def test_rubbish_behind_an_mp3_is_left_out_and_said(size: int, source: Path, tmp_path: Path) -> None:
    file = encode(source, tmp_path / "a.mp3")
    with file.open("ab") as tail:
        tail.write(bytes(size))
    with Spool(keep=False) as spool:
        (track,) = prepare(expand([str(file)]).sources, spool)
    assert track.samples == SAMPLES


def test_an_empty_name_is_not_this_folder(source: Path) -> None:
    with pytest.raises(AudioError, match="empty file name"):
        read("")


def test_a_name_that_no_file_can_have() -> None:
    for name in ("x" * 300 + ".wav", "a\0b.wav"):
        with pytest.raises(AudioError, match=r"cannot be read|no such file"):
            read(name)


def test_a_message_is_one_line_whatever_the_name() -> None:
    with pytest.raises(AudioError) as caught:
        read("new\nline.wav")
    assert "\n" not in str(caught.value)


def test_a_flac_with_one_wrong_bit_in_its_md5(source: Path, tmp_path: Path) -> None:
    file = encode(source, tmp_path / "a.flac")
    data = bytearray(file.read_bytes())
    data[8 + 18] ^= 1
    file.write_bytes(data)
    refused(file, "MD5")


def test_a_source_that_changes_between_plan_and_burn(source: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(source, tmp_path / "a.wav"))
    with Spool(keep=False) as spool:
        (track,) = prepare(expand([str(file)]).sources, spool)
    track.check_unchanged()
    write_wav(file, noise(SAMPLES, 2))
    with pytest.raises(AudioError, match="has changed"):
        track.check_unchanged()
    file.unlink()
    with pytest.raises(AudioError, match="cannot be read"):
        track.check_unchanged()


@pytest.mark.slow
def test_more_than_any_disc_holds_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "long.raw").open("wb") as file:
        file.truncate(101 * 60 * 176_400)
    with pytest.raises(PlanError, match="100 minutes"):
        read(f"raw:{tmp_path / 'long.raw'}")


def test_a_cancel_ends_the_reading(source: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled), Spool(keep=False) as spool:
        prepare(expand([str(source)]).sources, spool, cancel=cancel)


def test_no_room_for_the_spool_is_said(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/proc/none")
    monkeypatch.setattr("tempfile.tempdir", "/proc/none")
    with pytest.raises(NoRoom, match=r"cannot be stored in /proc/none.*TMPDIR"), Spool() as spool:
        prepare(expand([str(source)]).sources, spool)


def test_packets_that_are_missing_leave_a_hole_in_the_times(source: Path, tmp_path: Path) -> None:
    """No checksum and no count tells in Matroska with AAC; the times that are stored do."""
    file = encode(source, tmp_path / "a.mka", "-c:a", "aac")
    read(file)
    drop = "noise=drop=between(n\\,100\\,120)"
    tool("ffmpeg", "-v", "error", "-i", file, "-c:a", "copy", "-bsf:a", drop, tmp_path / "b.mka")
    refused(tmp_path / "b.mka", "samples are missing at 2.3 s")


def test_a_single_packet_that_is_missing_is_one_too(source: Path, tmp_path: Path) -> None:
    file = encode(source, tmp_path / "a.mka", "-c:a", "aac")
    drop = ("-c:a", "copy", "-bsf:a", "noise=drop=eq(n\\,100)")
    refused(encode(file, tmp_path / "b.mka", *drop), "samples are missing at 2.3 s")


def test_two_frames_fewer_than_an_mp3_counts_are_missed(source: Path, tmp_path: Path) -> None:
    """At 320 kbit/s and 48 kHz each frame has 960 bytes; one may be the frame that holds the count."""
    file = encode(source, tmp_path / "a.mp3", "-ar", "48000", "-b:a", "320k")
    read(file)
    (tmp_path / "cut.mp3").write_bytes(file.read_bytes()[: -2 * 960])
    refused(tmp_path / "cut.mp3", "cut short")
