"""How loud audio is: integrated loudness (ITU-R BS.1770, EBU R 128) and true peak, measured by FFmpeg.

FFmpeg's filter `ebur128` is what most people measure with, and it comes with PyAV. It gives its peaks as
factors with three decimals, too coarse for quiet music: so peaks are measured on the audio made a thousand
times louder, in double precision, where nothing clips. Its loudness has a gate at -70 LUFS, so that is
measured on the audio as it is.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redbook.audio.stages import Stage
from redbook.disc import SAMPLE_RATE_HZ
from redbook.errors import PlanError

_SILENT_LUFS = -70.0
"""What the filter returns if nothing passed its gate."""

_CLOSER = 1000.0
_END = np.zeros((SAMPLE_RATE_HZ // 2, 2), "<i2")
"""Silence after the audio, for its last peak: the filter reports what it found every 100 ms, once 400 ms
have arrived.
"""


def check_measurable() -> None:
    """Check that loudness can be measured with the PyAV that is installed.

    raises  PlanError  for PyAV before 18.0, which does not pass on what the filter measures
    """
    import av

    if not hasattr(av.AudioFrame, "metadata"):
        raise PlanError(
            f"measuring loudness needs PyAV 18 or later, but {av.__version__} is installed: "
            'pip install --upgrade "av>=18", or leave out --loudness'
        )


class LoudnessMeter:
    """Integrated loudness of 16-bit 44.1 kHz stereo, fed in any pieces of whole samples."""

    def __init__(self) -> None:
        self._filter = _Filter("s16", "metadata=1")

    def add(self, pcm: memoryview | bytes) -> None:
        self._filter.push(_samples(pcm))

    def result(self) -> float | None:
        """In LUFS; None for silence, or less than 400 ms. Ends the measurement."""
        value = self._filter.end().get("lavfi.r128.I")
        loudness = _SILENT_LUFS if value is None else float(value)
        return loudness if loudness > _SILENT_LUFS else None


class PeakMeter:
    """True peak of 16-bit 44.1 kHz stereo, fed in any pieces of whole samples; works in a thread of its own.

    Ended by `result`, or by `stop` if something failed.
    """

    def __init__(self) -> None:
        self._filter = _Filter("dbl", "metadata=1:peak=true")
        self._stage: Stage[NDArray[np.int16]] = Stage(self._measure)

    def add(self, pcm: memoryview | bytes) -> None:
        """pcm: copied, and may be changed afterwards"""
        self._stage.put(_samples(pcm).copy())

    def _measure(self, samples: NDArray[np.int16]) -> None:
        self._filter.push(samples * (_CLOSER / 32768.0))

    def result(self) -> float | None:
        """In dBTP; None for digital silence."""
        self._stage.put(_END)
        self._stage.finish()
        value = self._filter.end().get("lavfi.r128.true_peak")
        peak = float(value) / _CLOSER if value else 0.0
        return 20 * math.log10(peak) if peak else None

    def stop(self) -> None:
        """Stop everything; has no effect after `result`."""
        self._stage.stop()


class _Filter:
    """FFmpeg's ebur128, and its last values."""

    def __init__(self, values: str, options: str) -> None:
        from av.filter import Graph

        self._values = values
        self._metadata: dict[str, str] = {}
        self._at = 0
        graph = Graph()
        self._source = graph.add(
            "abuffer",
            f"sample_rate={SAMPLE_RATE_HZ}:sample_fmt={values}:channel_layout=stereo"
            f":time_base=1/{SAMPLE_RATE_HZ}",
        )
        measuring = graph.add("ebur128", options)
        self._sink = graph.add("abuffersink")
        self._source.link_to(measuring)
        measuring.link_to(self._sink)
        graph.configure()
        self._graph = graph

    def push(self, samples: NDArray[Any]) -> None:
        from av import AudioFrame

        if not len(samples):
            return
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(samples).reshape(1, -1), format=self._values, layout="stereo"
        )
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts = self._at
        self._at += len(samples)
        self._source.push(frame)
        self._drain()

    def end(self) -> dict[str, str]:
        if self._at:
            self._source.push(None)
            self._drain()
        return self._metadata

    def _drain(self) -> None:
        from av.error import BlockingIOError as NothingYet
        from av.error import EOFError as AtEnd

        while True:
            try:
                metadata = self._sink.pull().metadata
            except (NothingYet, AtEnd):
                return
            if metadata:
                self._metadata = dict(metadata)


def _samples(pcm: memoryview | bytes) -> NDArray[np.int16]:
    return np.frombuffer(pcm, "<i2").reshape(-1, 2)
