"""Sound files made without the code under test."""

from __future__ import annotations

import random
import struct
import subprocess
import wave
from pathlib import Path


def noise(samples: int, seed: int = 1) -> bytes:
    """16-bit little-endian stereo that repeats nowhere: every shift, swap and loss shows."""
    return random.Random(seed).randbytes(samples * 4)


def write_wav(path: Path, pcm: bytes, *, rate: int = 44_100, channels: int = 2, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(pcm)
    return path


def write_wav_header(path: Path, pcm: bytes, data_size: int) -> Path:
    """A 16-bit stereo WAV whose header says something of its own about the size."""
    riff = min(0xFFFFFFFF, data_size + 36)
    header = struct.pack("<4sI4s4sI", b"RIFF", riff, b"WAVE", b"fmt ", 16)
    header += struct.pack("<HHIIHH4sI", 1, 2, 44100, 176400, 4, 16, b"data", data_size)
    path.write_bytes(header + pcm)
    return path


def tool(*command: str | Path, data: bytes | None = None) -> bytes:
    """Run another project's program; its standard output."""
    return subprocess.run([str(part) for part in command], input=data, check=True, capture_output=True).stdout


def encode(source: Path, target: Path, *options: str) -> Path:
    """By ffmpeg, bit-exact where the format is lossless."""
    tool("ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, "-map_metadata", "0", *options, target)
    return target
