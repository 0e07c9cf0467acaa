"""Loudness and true peak as EBU Tech 3341 has test signals for them, and as ffmpeg tells them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from redbook.audio.loudness import LoudnessMeter, PeakMeter, check_measurable
from redbook.errors import PlanError
from tests.support.sound import attacks, write_wav

RATE = 44_100

measured = pytest.mark.skipif(
    not hasattr(av.AudioFrame, "metadata"), reason="PyAV before 18 does not hand on what the filter tells"
)


def sine(seconds: float, peak_dbfs: float, hertz: float = 1000.0, phase: float = 0.0) -> Any:
    t = np.arange(round(seconds * RATE)) / RATE
    fade = np.minimum(1, 50 * np.minimum(t, t[::-1]))  # what begins at once has its peak there
    wave = 10 ** (peak_dbfs / 20) * fade * np.sin(2 * np.pi * hertz * t + phase)
    return np.rint(np.stack([wave, wave], 1) * 32768).clip(-32768, 32767).astype("<i2")


def loudness(pcm: bytes, step: int = 40_000) -> float | None:
    meter = LoudnessMeter()
    for at in range(0, len(pcm), step):
        meter.add(pcm[at : at + step])
    return meter.result()


def peak(pcm: bytes, step: int = 40_000) -> float | None:
    meter = PeakMeter()
    for at in range(0, len(pcm), step):
        meter.add(pcm[at : at + step])
    return meter.result()


@measured
@pytest.mark.parametrize(
    ("parts", "lufs"),
    [
        ([(20, -23)], -23.0),
        ([(20, -33)], -33.0),
        ([(10, -36), (60, -23), (10, -36)], -23.0),
        ([(10, -72), (10, -36), (60, -23), (10, -36), (10, -72)], -23.0),
        ([(20, -26), (20.1, -20), (20, -26)], -23.0),
    ],
    ids=["1", "2", "3", "4", "5"],
)
def test_integrated_loudness_of_the_signals_of_ebu_tech_3341(
    parts: list[tuple[float, float]], lufs: float
) -> None:
    pcm = np.concatenate([sine(seconds, level) for seconds, level in parts]).tobytes()
    assert loudness(pcm) == pytest.approx(lufs, abs=0.1)


@measured
@pytest.mark.parametrize(
    ("hertz", "degrees"), [(RATE / 4, 0), (RATE / 4, 45), (RATE / 6, 60), (RATE / 8, 67.5)]
)
def test_true_peak_between_samples_of_ebu_tech_3341(hertz: float, degrees: float) -> None:
    """A tone of half of full scale, whose samples miss its peaks by up to 3 dB."""
    found = peak(sine(1, 20 * np.log10(0.5), hertz, np.radians(degrees)).tobytes())
    assert found is not None
    assert -6.4 <= found <= -5.8


@measured
def test_a_quiet_peak_is_told_as_exactly_as_a_loud_one() -> None:
    loud, quiet = (peak(sine(1, level, RATE / 4, np.pi / 4).tobytes()) for level in (-6.0, -46.0))
    assert loud is not None
    assert quiet == pytest.approx(loud - 40, abs=0.06)  # a step of 16 bit is 0.03 dB there


@measured
def test_a_peak_in_the_last_samples_counts() -> None:
    silence = np.zeros((RATE, 2), "<i2")
    silence[-3] = 16_384
    assert peak(silence.tobytes()) == pytest.approx(-6.0, abs=0.3)


@measured
@pytest.mark.parametrize("samples", [0, 1, 4_000, RATE])
def test_silence_has_neither(samples: int) -> None:
    assert loudness(bytes(samples * 4)) is None
    assert peak(bytes(samples * 4)) is None


@measured
def test_what_is_too_short_for_a_block_has_a_peak_but_no_loudness() -> None:
    pcm = sine(0.1, -6.0).tobytes()
    assert loudness(pcm) is None
    assert peak(pcm) == pytest.approx(-6.0, abs=0.3)


@pytest.mark.slow
@measured
def test_neither_depends_on_how_it_comes() -> None:
    pcm = attacks()
    assert loudness(pcm, 4) == loudness(pcm, 1 << 22)
    assert peak(pcm, 588 * 4) == peak(pcm, 1 << 22)


@measured
@pytest.mark.tools("ffmpeg")
def test_as_the_program_ffmpeg_tells_it(tmp_path: Path) -> None:
    pcm = attacks()
    wav = write_wav(tmp_path / "a.wav", pcm)
    told = subprocess.run(
        ["ffmpeg", "-nostdin", "-hide_banner", "-i", wav, "-af", "ebur128=peak=true", "-f", "null", "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stderr
    summary = told[told.rindex("Summary:") :]
    found = {name: float(value) for name, value in re.findall(r"(I|Peak): +(-?[\d.]+)", summary)}
    assert loudness(pcm) == pytest.approx(found["I"], abs=0.06)
    assert peak(pcm) == pytest.approx(found["Peak"], abs=0.06)


def test_a_pyav_that_cannot_tell_is_said_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Frame:
        """Without `metadata`."""

    monkeypatch.setattr(av, "AudioFrame", Frame)
    with pytest.raises(PlanError, match="needs PyAV 18"):
        check_measurable()
