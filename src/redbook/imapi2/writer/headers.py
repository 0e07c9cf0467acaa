"""How the start of a sound file distinguishes it from PCM without a header.

Only marks of at least five bytes at fixed places count: sound never begins like that by chance.
"""

from __future__ import annotations

from collections.abc import Callable

from redbook.audio.flac_frames import FLAC_MARK

HEAD_BYTES = 16
"""How much `kind_of_file` wants to see; a shorter file gives less."""

_W64 = bytes.fromhex("72696666 2E91CF11 A5D628DB 04C10000")


def _chunked(outer: tuple[bytes, ...], inner: tuple[bytes, ...]) -> Callable[[bytes], bool]:
    """Recognise four bytes, four of length, and four more."""
    return lambda head: head[:4] in outer and head[8:12] in inner


def _id3(head: bytes) -> bool:
    """Version 2.2 to 2.4, revision 0, four reserved bits, a length of four times seven bits.

    Source: id3.org, "ID3 tag version 2.4.0 - Main Structure", 3.1
    """
    tag = len(head) >= 10 and head[:3] == b"ID3" and head[3] in (2, 3, 4) and head[4] == 0
    return tag and not head[5] & 0x0F and all(byte < 0x80 for byte in head[6:10])


_KINDS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("WAV", _chunked((b"RIFF", b"RIFX", b"RF64", b"BW64"), (b"WAVE",))),
    ("AIFF", _chunked((b"FORM",), (b"AIFF", b"AIFC"))),
    ("Wave64", lambda head: head == _W64),
    ("FLAC", lambda head: head.startswith(FLAC_MARK) and head[5:8] == b"\0\0\x22"),
    ("Ogg", lambda head: head[:6] == b"OggS\0\x02" and head[6:14] == bytes(8)),
    ("MP3", _id3),
    ("MP4", lambda head: head[:3] == bytes(3) and head[4:8] == b"ftyp"),
)


def kind_of_file(head: bytes) -> str:
    """WAV, AIFF, Wave64, FLAC, Ogg, MP3 (by its ID3 tag) or MP4; empty for anything that may be PCM."""
    return next((name for name, matches in _KINDS if matches(head)), "")
