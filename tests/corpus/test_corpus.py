"""Sound files of other people, each decoded by redbook and by the format's own program: all the same.

`make corpus` fetches them and runs this. What differs is named here with its reason, and nowhere else.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redbook.audio.mpeg import frame_header
from redbook.audio.sounds import AUDIO_SUFFIXES
from tests.corpus.fetch import PACKAGES, ROOT
from tests.support.sound import decoded, lsb_apart, reference

AUDIO_ON_A_HEADER_PAGE = frozenset(("cello01.ogg", "crash01.ogg", "e_organ01.ogg"))
"""Their first audio packets share a page with the setup header, which Vorbis I A.2 forbids. libvorbis
drops them; redbook plays all that the pages count."""

INTENSITY_STEREO = frozenset(("machine_wars.mp3", "time_to_strike.mp3"))
"""MPEG-2 at 22.05 kHz with intensity stereo. FFmpeg, mpg123 and libmad each decode such frames to other
samples; all the others are the same, and so is the length."""

STEPS_APART = {"opus": 2.0}
"""In 16-bit steps. Lossless codecs: none. Lossy: one, for rounding; Opus' versions differ by 1.6."""

LEAST_FILES = 300
LEAST_OF_EACH = {".ogg": 200, ".oga": 20, ".opus": 20, ".flac": 150, ".wav": 100, ".wv": 100, ".mp3": 3}


def sound_files() -> list[Path]:
    found = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*")))
    return [p for p in found if p.suffix.lower() in AUDIO_SUFFIXES and p.is_file() and not p.is_symlink()]


FILES = sound_files()

pytestmark = pytest.mark.tools(
    "oggdec", "opusdec", "flac", "mpg123", "sndfile-convert", "wvunpack", "faad", "mpcdec", "speexdec"
)


def test_the_corpus_is_there() -> None:
    if not FILES and os.environ.get("CI") != "true":
        pytest.skip("not fetched: make corpus")
    kinds = Counter(path.suffix.lower() for path in FILES)
    assert len(FILES) >= LEAST_FILES
    assert all(kinds[kind] >= number for kind, number in LEAST_OF_EACH.items()), kinds


def differing_frames(a: Any, b: Any) -> set[int]:
    """Numbers of the frames of 576 samples in which there is more than rounding between the two."""
    assert a.shape == b.shape
    apart = np.abs(a - b).max(axis=1) * 32_768 > 1
    return {int(number) for number in np.unique(np.nonzero(apart)[0] // 576)}


def intensity_frames(path: Path) -> set[int]:
    """Frames with intensity stereo, by their headers, and those after them, into which they reach."""
    data = path.read_bytes()
    found: set[int] = set()
    place = number = 0
    while place + 4 <= len(data) and data[place] == 0xFF:
        header = frame_header(data[place : place + 4])
        assert header is not None
        if data[place + 3] >> 6 == 1 and data[place + 3] >> 4 & 1:
            found |= {number, number + 1, number + 2}
        place, number = place + header.length, number + 1
    assert found
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.relative_to(ROOT).parts[::-1][:1]))
def test_a_file_is_the_same(path: Path, tmp_path: Path) -> None:
    values, recording = decoded(path)
    theirs = reference(path, tmp_path)
    if path.name in AUDIO_ON_A_HEADER_PAGE:
        assert len(values) > len(theirs)
        values = values[len(values) - len(theirs) :]
        theirs, values = theirs[1024:], values[1024:]  # libvorbis begins with half a block
    if path.name in INTENSITY_STEREO:
        assert differing_frames(values, theirs) <= intensity_frames(path)
    elif recording.format.lossy:
        assert lsb_apart(values, theirs) <= STEPS_APART.get(recording.format.codec, 1.0)
    else:
        assert np.array_equal(values, theirs)
