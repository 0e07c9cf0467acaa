"""Tags of every kind of container, as FFmpeg hands them over and as the containers have them."""

from __future__ import annotations

from pathlib import Path
from struct import pack

import pytest

from redbook.audio.decode import open_recording
from redbook.audio.ffmpeg import read_tags
from redbook.audio.format import Tags
from tests.support.sound import encode, noise, tool, write_wav

WRITTEN = {
    "title": "Titel ö",
    "artist": "Artist",
    "album_artist": "Album Artist",
    "album": "Album",
    "composer": "Composer",
    "lyricist": "Lyricist",
    "arranger": "Arranger",
    "isrc": "DEABC2500001",
    "barcode": "4006381333931",
    "genre": "Rock",
}


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "a.wav", noise(588 * 30))


@pytest.mark.tools("ffmpeg")
@pytest.mark.parametrize("suffix", ["flac", "mp3", "ogg", "opus", "wv", "m4a", "mka", "wma", "tta", "aiff"])
def test_all_of_them(wav: Path, suffix: str) -> None:
    options = [part for key, value in WRITTEN.items() for part in ("-metadata", f"{key}={value}")]
    if suffix == "aiff":
        options += ["-write_id3v2", "1"]
    elif suffix == "m4a":
        options += ["-movflags", "use_metadata_tags"]
    file = encode(wav, wav.with_suffix(f".{suffix}"), *options)
    assert read_tags(file) == Tags(**WRITTEN)  # type: ignore[arg-type]
    recording = open_recording(file)
    assert recording.tags == Tags(**WRITTEN)  # type: ignore[arg-type]
    recording.close()


@pytest.mark.tools("metaflac", "ffmpeg")
def test_vorbis_comments_as_other_programs_name_them(wav: Path) -> None:
    file = encode(wav, wav.with_suffix(".flac"))
    said = (
        "ALBUMARTIST=Band",
        "ISRC=DE-ABC-25-00001",
        "CATALOGNUMBER=400638133393",
        "LYRICIST=One",
        "LYRICIST=Two",
    )
    tool("metaflac", *(f"--set-tag={text}" for text in said), file)
    assert read_tags(file) == Tags(
        artist="Band", album_artist="Band", isrc="DE-ABC-25-00001", barcode="400638133393", lyricist="One;Two"
    )


def id3_frame(name: bytes, text: str) -> bytes:
    """Of version 2.3, in UTF-16 (id3.org, ID3v2.3.0, 3.3 and 4.2)."""
    body = b"\1" + text.encode("utf-16")
    return name + pack(">I", len(body)) + bytes(2) + body


@pytest.mark.tools("ffmpeg")
def test_id3_s_own_names(wav: Path) -> None:
    frames = b"".join(
        id3_frame(name, text)
        for name, text in (
            (b"TIT2", "Titel ö"),
            (b"TPE1", "Artist"),
            (b"TPE2", "Album Artist"),
            (b"TALB", "Album"),
            (b"TCOM", "Composer"),
            (b"TEXT", "Lyricist"),
            (b"TSRC", "DEABC2500001"),
            (b"TCON", "(17)"),
        )
    )
    body = b"\1" + "BARCODE".encode("utf-16") + bytes(2) + "4006381333931".encode("utf-16")
    frames += b"TXXX" + pack(">I", len(body)) + bytes(2) + body
    size = len(frames)
    head = b"ID3\3\0\0" + bytes((size >> 21 & 0x7F, size >> 14 & 0x7F, size >> 7 & 0x7F, size & 0x7F))
    mp3 = encode(wav, wav.with_suffix(".mp3"), "-id3v2_version", "0")
    mp3.write_bytes(head + frames + mp3.read_bytes())
    assert read_tags(mp3) == Tags(**(WRITTEN | {"arranger": ""}))  # type: ignore[arg-type]


def test_riff_s_isrc_is_the_name_of_a_source(wav: Path) -> None:
    """INFO of a WAV file: the source's name, which is not an ISRC (RIFF MCI, 2-14)."""

    def chunk(name: bytes, text: bytes) -> bytes:
        return name + pack("<I", len(text) + 1) + text + bytes(1 + (len(text) + 1) % 2)

    words = ((b"INAM", b"Title"), (b"IART", b"Artist"), (b"IPRD", b"Album"), (b"ISRC", b"Some studio"))
    info = b"INFO" + b"".join(chunk(*word) for word in (*words, (b"IMUS", b"Composer")))
    data = wav.read_bytes() + b"LIST" + pack("<I", len(info)) + info
    wav.write_bytes(data[:4] + pack("<I", len(data) - 8) + data[8:])
    tags = read_tags(wav)
    assert (tags.title, tags.artist, tags.album, tags.composer) == ("Title", "Artist", "Album", "Composer")
    assert tags.isrc == "Some studio"  # said to be none where it is used


@pytest.mark.tools("ffmpeg")
def test_a_catalogue_number_is_a_barcode_only_with_12_or_13_digits(wav: Path) -> None:
    def barcode(*options: str) -> str:
        return read_tags(encode(wav, wav.with_suffix(".flac"), *options)).barcode

    assert barcode("-metadata", "CATALOGNUMBER=ECM 1064") == ""
    assert barcode("-metadata", "CATALOGNUMBER=4 006381 333931") == "4006381333931"
    assert barcode("-metadata", "BARCODE=none", "-metadata", "UPC=036000291452") == "036000291452"
