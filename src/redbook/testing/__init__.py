"""Recorders for other people's tests: a model, faults, a disc, and what was burned as values.

With pytest the fixtures `virtual_recorder` and `recorder_host` are there as soon as redbook is installed.
"""

from redbook.testing.burned import BurnedDisc, BurnedTrack
from redbook.testing.recorder import RecorderHost, TestRecorder, recorder_host, virtual_recorder

__all__ = [
    "BurnedDisc",
    "BurnedTrack",
    "RecorderHost",
    "TestRecorder",
    "recorder_host",
    "virtual_recorder",
]
