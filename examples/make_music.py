"""How the files in examples/audio were made: a little music, computed, in four formats.

python examples/make_music.py      (needs numpy and the ffmpeg program)
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "audio"
SEMITONE = 2 ** (1 / 12)


def pluck(midi: int, seconds: float, rate: int) -> NDArray[np.float64]:
    """A decaying tone with a few harmonics."""
    t = np.arange(int(seconds * rate)) / rate
    hertz = 440 * SEMITONE ** (midi - 69)
    tone = sum(np.sin(2 * np.pi * hertz * k * t) * np.exp(-t * (2 + k)) / k for k in range(1, 7))
    return np.asarray(tone) * np.minimum(1, t * 200)


def play(notes: list[tuple[float, int, float]], seconds: float, rate: int) -> NDArray[np.float64]:
    """notes: (start in seconds, MIDI number, place from left 0 to right 1)"""
    out = np.zeros((int(seconds * rate), 2))
    for start, midi, place in notes:
        begin = int(start * rate)
        tone = pluck(midi, 2.5, rate)[: len(out) - begin]
        out[begin : begin + len(tone), 0] += tone * np.cos(place * np.pi / 2)
        out[begin : begin + len(tone), 1] += tone * np.sin(place * np.pi / 2)
    return 0.8 * out / np.abs(out).max()


def save(name: str, sound: NDArray[np.float64], rate: int, *options: str, **tags: str) -> None:
    raw = np.rint(sound * 32767).astype("<i2").tobytes()
    channels = str(sound.shape[1])
    labels = [part for key, value in tags.items() for part in ("-metadata", f"{key}={value}")]
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-y", "-f", "s16le", "-ar", str(rate), "-ac", channels, "-i", "-"),
            *("-fflags", "+bitexact", *options, *labels, str(FOLDER / name)),
        ],
        input=raw,
        check=True,
    )


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    album = {"artist": "The Examples", "album": "Four Small Pieces"}
    rising = [(i * 0.25, 60 + step, i % 5 / 4) for i, step in enumerate([0, 4, 7, 12, 16, 12, 7, 4] * 3)]
    save("01 Prelude.flac", play(rising, 7.5, 44_100), 44_100, title="Prelude", track="1/4", **album)
    falling = [(i * 0.3, 76 - step, 0.5) for i, step in enumerate([0, 2, 3, 5, 7, 8, 10, 12] * 2)]
    save(
        "02 Étude.mp3",
        play(falling, 6.2, 44_100),
        44_100,
        "-b:a",
        "160k",
        title="Étude",
        track="2/4",
        **album,
    )
    chords = [
        (i * 1.2, 57 + step + lift, lift / 12)
        for i, step in enumerate([0, 5, 7, 0])
        for lift in (0, 4, 7, 12)
    ]
    save(
        "03 Chorale.opus",
        play(chords, 6.0, 48_000),
        48_000,
        "-b:a",
        "96k",
        title="Chorale",
        track="3/4",
        **album,
    )
    bell = play([(0, 72, 0.5), (0.8, 67, 0.5), (1.6, 60, 0.5)], 3.2, 22_050)[:, :1]
    save("04 Bell.wav", bell, 22_050)


if __name__ == "__main__":
    main()
