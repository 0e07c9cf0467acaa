"""The loudness that a disc should have, and the one that it got, as values."""

from __future__ import annotations

from redbook.authoring.wishes import Loudness
from redbook.records import dataclass

CLOSE_LU = 0.1
"""Closer to the target than this counts as reached."""


@dataclass(frozen=True, slots=True)
class Aim:
    """The loudness that is wanted.  mode: ALBUM or TRACK"""

    mode: Loudness
    target_lufs: float


@dataclass(frozen=True, slots=True)
class Level:
    """Tracks whose balance is kept: what was done to them, and how loud they are on the disc.

    tracks          their numbers
    gain_db         the gain that was applied; 0 if they are left as they are
    loudness_lufs   of all of them together, from the first one's index 1 on; None for silence
    true_peak_dbtp  of all of them, including the audio before their index 1; None for silence
    """

    tracks: tuple[int, ...]
    gain_db: float
    loudness_lufs: float | None
    true_peak_dbtp: float | None


@dataclass(frozen=True, slots=True)
class Levels:
    """The loudness that a disc got.

    tracks_lufs  loudness of each track from its index 1 to its end, by number; None for silence
    """

    mode: Loudness
    target_lufs: float
    groups: tuple[Level, ...]
    tracks_lufs: dict[int, float | None]

    def of(self, track: int) -> Level:
        return next(group for group in self.groups if track in group.tracks)

    def is_held_back(self, group: Level) -> bool:
        """Whether it stays below the target because its peaks would be too high."""
        loudness = group.loudness_lufs
        return loudness is not None and loudness < self.target_lufs - CLOSE_LU
