"""Bytes as sound files and as playlists: whatever they are, nothing but an AudioError comes of them."""

from __future__ import annotations

import contextlib
import os
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from redbook.audio import containers
from redbook.audio.decode import open_recording
from redbook.audio.layouts import layout_of
from redbook.audio.matroska import read_blocks
from redbook.audio.mp4 import mp4_times
from redbook.audio.mpeg import read_mpeg
from redbook.audio.ogg import Demuxer, PacketPage, page_crc
from redbook.audio.ogg_decode import SOUNDS
from redbook.audio.pcm import Layout
from redbook.audio.source import expand
from redbook.audio.tally import Tally
from redbook.errors import AudioError

_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
FOLDER = Path(tempfile.mkdtemp(prefix="redbook-fuzz-", dir=_MEMORY))
FILE = FOLDER / "a.wav"


def opened(data: bytes) -> BinaryIO:
    """A real file, because the parsers ask for its size."""
    FILE.write_bytes(data)
    return FILE.open("rb")


def layout(data: bytes) -> None:
    with opened(data) as file:
        found = layout_of(file)
    if isinstance(found, Layout):
        assert 0 <= found.start <= found.start + found.length <= len(data)
        assert found.length % found.sample_bytes == 0
        assert found.codec.startswith("pcm_")


def mpeg(data: bytes) -> None:
    with opened(data) as file:
        found = read_mpeg(file)
        assert found.first_byte is None or found.first_byte < len(data)
        file.seek(0)
        assert containers.mpeg_frames(file) <= len(data)


def mp4(data: bytes) -> None:
    with opened(data) as file:
        found = mp4_times(file)
    if found is not None:
        assert found.scale > 0
        assert found.movie_scale > 0
        assert all(start >= 0 for _, start in found.edits)


def small(data: bytes) -> None:
    """The containers of which a few fields are read."""
    for read in (
        containers.caf_packets,
        containers.check_form,
        read_blocks,
        containers.wavpack,
        containers.musepack8,
    ):
        with opened(data) as file, contextlib.suppress(AudioError):
            read(file)
    with contextlib.suppress(AudioError):
        Tally.of_flac(data)


def ogg(data: bytes) -> None:
    """Also with checksums that are right."""
    for one in (data, sealed(data)):
        with opened(one) as file, contextlib.suppress(AudioError):
            for item in Demuxer(file, SOUNDS):
                if isinstance(item, PacketPage):
                    assert sum(map(len, item.packets)) <= len(one)


def sealed(data: bytes) -> bytes:
    """Every page with its right checksum."""
    result = bytearray(data)
    place = result.find(b"OggS")
    while place >= 0 and place + 27 <= len(result):
        end = place + 27 + result[place + 26]
        end += sum(result[place + 27 : end])
        if end <= len(result):
            result[place + 22 : place + 26] = bytes(4)
            result[place + 22 : place + 26] = page_crc(bytes(result[place:end])).to_bytes(4, "little")
        place = result.find(b"OggS", place + 4)
    return bytes(result)


def whole(data: bytes) -> None:
    """Read as a source is; FFmpeg takes part."""
    FILE.write_bytes(sealed(data))
    recording = open_recording(FILE)
    try:
        for chunk in recording:
            assert len(chunk)
            assert chunk.shape[1] == len(recording.format.channels)
    finally:
        recording.close()


KINDS: tuple[Callable[[bytes], None], ...] = (layout, mpeg, mp4, small, ogg, whole)


def one_container(data: bytes) -> None:
    if data:
        with contextlib.suppress(AudioError):
            KINDS[data[0] % len(KINDS)](data[1:])


NAMES = ("list.m3u", "list.m3u8", "list.pls", "list.xspf")


def one_playlist(data: bytes) -> None:
    if not data:
        return
    song = FOLDER / "1 one.wav"
    if not song.exists():
        song.write_bytes(b"RIFF")
    path = FOLDER / NAMES[data[0] % len(NAMES)]
    path.write_bytes(data[1:])
    with contextlib.suppress(AudioError):
        found = expand([os.fspath(path)])
        assert found.sources
        assert all("\n" not in note for note in found.notes)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def _page(flags: int, number: int, granule: int, *packets: bytes) -> bytes:
    sizes = b"".join(bytes([255] * (len(p) // 255) + [len(p) % 255]) for p in packets)
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, 7, number, 0, len(sizes)) + sizes
    return sealed(head + b"".join(packets))


_WAV = _chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, 44_100, 176_400, 4, 16)) + _chunk(b"data", bytes(64))
_EXTENSIBLE = struct.pack("<HHIIHHHHIH", 0xFFFE, 3, 48_000, 0, 9, 24, 22, 20, 7, 1)
_EXTENSIBLE += bytes.fromhex("000000001000800000aa00389b71")
_RF64 = _chunk(b"ds64", struct.pack("<QQQI", 100, 64, 16, 0)) + _WAV[:-68] + b"\xff\xff\xff\xff" + bytes(64)
_AIFF = b"COMM" + struct.pack(">IHIH", 18, 2, 16, 16) + bytes.fromhex("400eac44000000000000")
_AIFF += b"SSND" + struct.pack(">III", 72, 0, 0) + bytes(64)
_AIFC = b"COMM" + struct.pack(">IHIH", 24, 1, 16, 24) + bytes.fromhex("400eac44000000000000") + b"42n1\0\0"
_CAF = b"caff\0\1\0\0desc" + struct.pack(">qd4sIIIII", 32, 44_100.0, b"lpcm", 2, 4, 1, 2, 16)
_CAF += b"data" + struct.pack(">qI", 68, 0) + bytes(64)
_MP3 = bytes.fromhex("fffb9000") + bytes(413)
_INFO = bytes.fromhex("fffb9000") + bytes(32) + b"Info" + struct.pack(">II", 1, 2) + b"LAME3.100" + bytes(12)
_INFO += bytes.fromhex("240480") + bytes(353)
_MDIA = _box(b"mdhd", struct.pack(">IIIIII", 0, 0, 0, 44_100, 2048, 0)) + _box(b"hdlr", bytes(8) + b"soun")
_MDIA += _box(b"minf", _box(b"stbl", _box(b"stts", struct.pack(">IIII", 0, 1, 2, 1024))))
_TRAK = _box(b"tkhd", struct.pack(">IIII", 0, 0, 0, 1)) + _box(b"mdia", _MDIA)
_TRAK += _box(b"edts", _box(b"elst", struct.pack(">IIIiI", 0, 1, 1000, 1024, 0x10000)))
_MP4 = _box(b"ftyp", b"M4A ") + _box(
    b"moov",
    _box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, 46))
    + _box(b"trak", _TRAK)
    + _box(b"mvex", _box(b"trex", struct.pack(">IIIIII", 0, 1, 1, 1024, 0, 0))),
)
_MP4 += _box(
    b"moof",
    _box(
        b"traf",
        _box(b"tfhd", struct.pack(">III", 8, 1, 960)) + _box(b"trun", struct.pack(">IIII", 0x100, 2, 960, 9)),
    ),
)
_OPUS = b"OpusHead\1\2" + struct.pack("<HIhB", 312, 48_000, 0, 0)
_OGG = _page(2, 0, 0, _OPUS) + _page(0, 1, 0, b"OpusTags" + bytes(8)) + _page(4, 2, 960, b"\xfc\xff\xfe")
_SPEEX = b"Speex   " + bytes(28) + struct.pack("<11I", 80, 16_000, 1, 4, 1, 0, 320, 0, 1, 0, 0)
_SH = b"MPCKSH\x0e" + bytes(4) + b"\x08\x83\x10\x00\x0b\x43" + b"SE\3"


def _sized(body: bytes) -> bytes:
    return bytes([0x80 | len(body)]) + body


_MATROSKA = bytes.fromhex("1654ae6b") + _sized(b"\xae" + _sized(b"\xd7\x81\1\x83\x81\2"))
_MATROSKA += bytes.fromhex("1f43b675") + _sized(
    b"\xe7\x81\0"
    + b"\xa3"
    + _sized(b"\x81\0\0\x80ab")
    + b"\xa0"
    + _sized(b"\xa1" + _sized(b"\x81\0\1\4\1abcd"))
)

CONTAINER_SEEDS = [
    bytes((kind,)) + data
    for kind, data in (
        (0, b"RIFF\x64\0\0\0WAVE" + _WAV),
        (0, b"RIFX\0\0\0\x64WAVE" + _WAV),
        (0, b"RIFF\x64\0\0\0WAVE" + _chunk(b"fmt ", _EXTENSIBLE) + _chunk(b"data", bytes(63)) + b"\0"),
        (0, b"RF64\xff\xff\xff\xffWAVE" + _RF64),
        (0, b"FORM\0\0\0\x64AIFF" + _AIFF),
        (0, b"FORM\0\0\0\x64AIFC" + _AIFC),
        (0, _CAF),
        (0, b".snd" + struct.pack(">IIIII", 24, 64, 3, 44_100, 2) + bytes(64)),
        (0, b"ID3\3\0\0\0\0\0\4abcd" + b"RIFF\x64\0\0\0WAVE" + _WAV),
        (1, _INFO + _MP3 + _MP3),
        (2, _MP4),
        (3, _CAF),
        (3, b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x84\0\0\0\0"),
        (3, b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67" + _sized(_MATROSKA)),
        (3, b"wvpk" + bytes(28)),
        (3, _SH),
        (4, _OGG),
        (4, _page(2, 0, 0, _SPEEX) + _page(4, 1, 320, bytes(300))),
        (5, b"RIFF\x64\0\0\0WAVE" + _WAV),
        (5, _OGG),
        (5, _INFO + _MP3 + _MP3),
    )
]

PLAYLIST_SEEDS = [
    b"\0#EXTM3U\r\n#EXTINF:1,One\r\n1 one.wav\r\n",
    b"\x001%20one.wav\n#1 one.wav\nfile:///x\n",
    b"\1\xef\xbb\xbf1 one.wav\n",
    b"\0\xff\xfe1\0 \0o\0n\0e\0.\0w\0a\0v\0",
    b"\2[playlist]\nFile2=1 one.wav\nFile1=1 one.wav\n",
    b"\3<?xml version='1.0'?><playlist xmlns='http://xspf.org/ns/0/'><trackList><track>"
    b"<location>1%20one.wav</location></track></trackList></playlist>",
]
