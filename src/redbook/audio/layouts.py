"""Which files hold their samples unencoded, recognised by how they begin."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from redbook.audio.apple import aiff, au, caf
from redbook.audio.mpeg import skip_id3
from redbook.audio.pcm import Layout
from redbook.audio.riff import riff, w64
from redbook.errors import AudioError

_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")


def raw_layout(path: Path, order: str) -> Layout:
    """44.1 kHz 16-bit stereo without a header, of order "little" or "big".  raises  AudioError"""
    size = path.stat().st_size
    if size % 4:
        raise AudioError(
            f"its {size} bytes are not a whole number of stereo samples (4 bytes each): it is not 16-bit "
            "stereo PCM, or was cut short"
        )
    return Layout("raw", 44_100, ("FL", "FR"), 16, 2, "s", "<" if order == "little" else ">", 0, size)


def read_layout(path: Path) -> Layout | tuple[str, ...]:
    """The layout of linear PCM; otherwise notes on a file that something else must decode.

    raises  AudioError  if it is shorter than its header says, or states something impossible
    """
    with path.open("rb") as file:
        return layout_of(file)


def layout_of(file: BinaryIO) -> Layout | tuple[str, ...]:
    """Read an open file as `read_layout` does.  raises  AudioError"""
    start = skip_id3(file)
    magic = file.read(16)
    if magic[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and magic[8:12] == b"WAVE":
        return riff(file, start + 12, magic[:4])
    if magic[:4] == b"FORM" and magic[8:12] in (b"AIFF", b"AIFC"):
        return aiff(file, start + 12, magic[8:12] == b"AIFC")
    if magic == _W64_RIFF:
        return w64(file, start)
    if magic[:4] in (b".snd", b"dns."):
        return au(file, start)
    if magic[:4] == b"caff":
        return caf(file, start + 8)
    return ()
