"""How loud tracks should be, and by how much each source is raised or lowered for that.

Tracks that continue into each other keep their balance, because a step in level at a join would be audible.
So each gain is for a group of tracks: all of a disc, or those that are joined. Tracks cut from one file are
one group, too.

Gains are found by measuring what would be burned, and the result is measured again: sources that clipped are
then louder or softer than predicted, and the gates of the measurement pass other blocks. The report has the
last measurement, of the very samples that are burned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TypeAlias

from redbook.audio.loudness import LoudnessMeter, PeakMeter
from redbook.authoring.arrange import Arrangement
from redbook.authoring.levels import Aim, Level, Levels
from redbook.authoring.program import Program
from redbook.authoring.wishes import TRUE_PEAK_LIMIT_DBTP, Loudness
from redbook.disc.layout import LaidTrack
from redbook.errors import PlanError

_HEADROOM_DB = 0.01
"""How far to stay below the limit, because dither is added after the gain."""

_CLOSE_ENOUGH_DB = 0.03
_INAUDIBLE_DB = 0.05
"""A source that is this close to its target is left as it is, bit for bit."""

_MOST_ROUNDS = 5
"""Each round applies gains and measures. Two are enough unless a source clips."""

Pcm: TypeAlias = Callable[[int, int], Iterator[memoryview]]
"""Gives the audio of a disc from one LBA up to another."""


def bring_to(
    aim: Aim,
    program: Program,
    arrangement: Arrangement,
    pcm: Pcm,
    raise_by: Callable[[Sequence[float]], None],
) -> Levels:
    """Measure, raise or lower, and measure again until it is right.

    raise_by  reads all sources once more with these gains in dB, one for each; `pcm` then gives the result

    raises  PlanError  if peaks stay above the limit;  what `pcm` and `raise_by` raise
    """
    groups = groups_of(program, arrangement, aim.mode)
    gains_db = [0.0] * len(groups)
    levels = measure(arrangement, groups, gains_db, aim, pcm)
    for _ in range(_MOST_ROUNDS):
        wanted = [_next_gain(group, aim.target_lufs) for group in levels.groups]
        if wanted == gains_db:
            return levels
        gains_db = wanted
        raise_by(_gains_of_sources(program, arrangement, groups, gains_db))
        levels = measure(arrangement, groups, gains_db, aim, pcm)
    too_high = [level for level in levels.groups if (level.true_peak_dbtp or -1e9) > TRUE_PEAK_LIMIT_DBTP]
    if too_high:
        raise PlanError(
            f"the peaks of track {too_high[0].tracks[0]} cannot be brought below {TRUE_PEAK_LIMIT_DBTP:g} "
            "dBTP: its file clips badly; burn it without --loudness, or make it quieter with another "
            "program"
        )
    return levels


def groups_of(program: Program, arrangement: Arrangement, mode: Loudness) -> list[tuple[int, ...]]:
    """The groups of tracks that have the same gain, by their numbers, in order."""
    laid = arrangement.layout.tracks
    if mode is Loudness.ALBUM:
        return [tuple(track.number for track in laid)]
    pauses = {border.track: border.pause_samples for border in arrangement.borders}
    leader = {track.number: track.number for track in laid}

    def unite(one: int, other: int) -> None:
        low, high = sorted((leader[one], leader[other]))
        for number, first in leader.items():
            if first == high:
                leader[number] = low

    user_of: dict[int, int] = {}
    for place, (track, wanted) in enumerate(zip(laid, program.tracks, strict=True)):
        if place and wanted.joined and not pauses[track.number]:
            unite(laid[place - 1].number, track.number)
        for piece in wanted.pieces:
            if piece.source is not None:
                unite(user_of.setdefault(piece.source, track.number), track.number)
    return [
        tuple(number for number, first in leader.items() if first == one)
        for one in dict.fromkeys(leader.values())
    ]


def measure(
    arrangement: Arrangement,
    groups: Sequence[tuple[int, ...]],
    gains_db: Sequence[float],
    aim: Aim,
    pcm: Pcm,
) -> Levels:
    """Measure how loud everything is that would be burned.

    gains_db  the gain of each group, which has already been applied; it is only reported
    """
    with ExitStack() as running:
        found: dict[int, _Group] = {}
        for group, gain in zip(groups, gains_db, strict=True):
            found |= dict.fromkeys(group, _Group(group, gain, running))
        tracks_lufs = {}
        for track in arrangement.layout.tracks:
            tracks_lufs[track.number] = found[track.number].add(track, pcm)
        ended = tuple(found[group[0]].result(tracks_lufs) for group in groups)
    return Levels(aim.mode, aim.target_lufs, ended, tracks_lufs)


class _Group:
    """Tracks that have the same gain, while they are measured.

    running  stops what was started if something fails
    """

    def __init__(self, tracks: tuple[int, ...], gain_db: float, running: ExitStack) -> None:
        self._tracks = tracks
        self._gain_db = gain_db
        self._running = running
        self._loudness = LoudnessMeter()
        self._across: PeakMeter | None = None
        self._peaks: list[float | None] = []

    def add(self, laid: LaidTrack, pcm: Pcm) -> float | None:
        """Measure the next track; returns its own loudness."""
        begun = self._across is not None
        across = self._across = self._across or self._started()
        for chunk in pcm(laid.sent_lba, laid.start_lba):
            across.add(chunk)
            if begun:
                self._loudness.add(chunk)
        own_loudness = LoudnessMeter()
        # A track that is played alone begins and ends abruptly, and may peak there.
        own_peak = self._started() if len(self._tracks) > 1 else None
        for chunk in pcm(laid.start_lba, laid.end_lba):
            own_loudness.add(chunk)
            across.add(chunk)
            if own_peak is not None:
                own_peak.add(chunk)
                self._loudness.add(chunk)
        if own_peak is not None:
            self._peaks.append(own_peak.result())
        if laid.number == self._tracks[-1]:
            self._peaks.append(across.result())
        return own_loudness.result()

    def _started(self) -> PeakMeter:
        meter = PeakMeter()
        self._running.callback(meter.stop)
        return meter

    def result(self, tracks_lufs: Mapping[int, float | None]) -> Level:
        lufs = self._loudness.result() if len(self._tracks) > 1 else tracks_lufs[self._tracks[0]]
        peaks = [peak for peak in self._peaks if peak is not None]
        return Level(self._tracks, self._gain_db, lufs, max(peaks, default=None))


def _next_gain(group: Level, target_lufs: float) -> float:
    now, loudness, peak = group.gain_db, group.loudness_lufs, group.true_peak_dbtp
    if loudness is None:
        # There is nothing to hear in it, but it may have been raised together with something else.
        return now
    wanted = target_lufs - loudness
    if peak is not None:
        wanted = min(wanted, TRUE_PEAK_LIMIT_DBTP - _HEADROOM_DB - peak)
    too_high = peak is not None and peak > TRUE_PEAK_LIMIT_DBTP
    if not too_high and abs(wanted) <= (_CLOSE_ENOUGH_DB if now else _INAUDIBLE_DB):
        return now
    return math.floor((now + wanted) * 100) / 100


def _gains_of_sources(
    program: Program,
    arrangement: Arrangement,
    groups: Sequence[tuple[int, ...]],
    gains_db: Sequence[float],
) -> list[float]:
    of_track = {n: gain for group, gain in zip(groups, gains_db, strict=True) for n in group}
    found = [0.0] * len(program.sources)
    for laid, track in zip(arrangement.layout.tracks, program.tracks, strict=True):
        for piece in track.pieces:
            if piece.source is not None:
                found[piece.source] = of_track[laid.number]
    return found
