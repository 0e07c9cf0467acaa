"""Sound files made without the code under test."""

from __future__ import annotations

import random
import struct
import subprocess
import wave
from pathlib import Path
from typing import Any

import numpy as np

from redbook.audio.decode import Recording, open_recording


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


def attacks(samples: int = 353_437) -> bytes:
    """16-bit 44.1 kHz stereo music with sharp attacks: encoders switch their block sizes on it."""
    rng = np.random.default_rng(3)
    music = np.zeros((samples, 2))
    for start in range(0, samples, 5_512):
        t = np.arange(min(9_000, samples - start)) / 44_100
        hertz = 220 * 2 ** (rng.integers(0, 36) / 12)
        tone = np.sin(2 * np.pi * hertz * t) + 0.5 * np.sin(4 * np.pi * hertz * t)
        hit = np.exp(-t * rng.uniform(5, 40)) * (tone + rng.normal(0, 0.3, len(t)) * np.exp(-t * 80))
        balance = rng.uniform(0.2, 0.8)
        music[start : start + len(t)] += np.outer(hit, (balance, 1 - balance))
    return np.rint(music / np.abs(music).max() * 29_000).astype("<i2").tobytes()


def decoded(path: str | Path) -> tuple[Any, Recording]:
    """What redbook makes of a file before it is converted: its values from -1 to 1, and the recording."""
    recording = open_recording(Path(path))
    try:
        chunks = [chunk.copy() for chunk in recording]
    finally:
        recording.close()
    return full_scale(np.concatenate(chunks)), recording


def full_scale(values: Any) -> Any:
    if values.dtype == np.uint8:
        return (values.astype(float) - 128) / 128
    if values.dtype.kind == "f":
        return values
    return values.astype(float) / 2.0 ** (8 * values.dtype.itemsize - 1)


def wav_values(data: bytes) -> Any:
    """Of a WAV that another program has written to a pipe: from -1 to 1."""
    start = data.index(b"fmt ") + 8
    tag, channels, _, _, _, bits = struct.unpack_from("<HHIIHH", data, start)
    if tag == 0xFFFE:
        tag = struct.unpack_from("<H", data, start + 24)[0]
    place = data.index(b"data", start) + 8
    body = data[place : place + int.from_bytes(data[place - 4 : place], "little")]
    if (tag, bits) == (1, 24):
        packed = np.frombuffer(body[: len(body) // 3 * 3], np.uint8).reshape(-1, 3)
        body, bits = np.pad(packed, ((0, 0), (1, 0))).tobytes(), 32
    dtype = np.dtype({(1, 8): "u1", (1, 16): "<i2", (1, 32): "<i4", (3, 32): "<f4"}[tag, bits])
    width = dtype.itemsize * channels
    return full_scale(np.frombuffer(body[: len(body) // width * width], dtype).reshape(-1, channels))


def reference(path: Path, folder: Path) -> Any:
    """The same by the format's own program."""
    out = folder / f"{path.name}.reference.wav"
    programs = {
        ".mp3": ["mpg123", "-q", "-e", "f32", "-w", out, path],
        ".mp2": ["mpg123", "-q", "-e", "f32", "-w", out, path],
        ".ogg": ["oggdec", "-Q", "-o", out, path],
        ".oga": ["oggdec", "-Q", "-o", out, path],
        ".opus": ["opusdec", "--quiet", "--float", "--rate", "48000", path, out],
        ".spx": ["speexdec", path, out],
        ".mpc": ["mpcdec", path, out],
        ".wv": ["wvunpack", "-q", "-y", path, "-o", out],
        ".flac": ["flac", "-s", "-f", "-d", "-o", out, path],
        ".aac": ["faad", "-q", "-b", "4", "-o", out, path],
    }
    tool(*programs.get(path.suffix.lower(), ["sndfile-convert", "-pcm32", path, out]))
    values = wav_values(out.read_bytes())
    out.unlink()
    return values


def lsb_apart(a: Any, b: Any) -> float:
    """The largest difference in steps of 16 bit; what is beyond full scale counts as full scale."""
    assert a.shape == b.shape
    return float(np.abs(np.clip(a, -1, 32_767 / 32_768) - np.clip(b, -1, 32_767 / 32_768)).max() * 32_768)
