"""The results of jobs, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redbook.authoring.wishes import Mode
from redbook.records import dataclass

if TYPE_CHECKING:
    from redbook.authoring.levels import Levels
    from redbook.burning.planning import TrackReport
    from redbook.disc import Toc
    from redbook.engine.verification import Verification


@dataclass(frozen=True, slots=True)
class BurnReport:
    """What was burned.

    verified      True: read back and identical; False: not read back (verify=False, or a test write)
    toc           the table of contents that was read back; None if it cannot be read. Where nothing was read
                  back, or the session was left open: the intended one
    verification  the verdict on each promise; None if nothing was read back
    offset_samples  by how many stereo samples the drive reads this disc late (negative: early); the
                  comparison allows for it. None if it could not be determined
    mode          SAO or TAO
    levels        what the loudness was brought to; None if that was not requested
    cue_sheet_form  the form in which the drive accepted the cue sheet of a session; empty for track-at-once
    finalized     whether the session was closed
    test_write    whether the laser was off
    speed         multiple of 1x that the drive chose; None if it does not say
    measured_speed  multiple of 1x, measured: sectors over time, without those that filled the drive's buffer;
                  None if that took no time, or too little to measure

    host_buffer_lowest, drive_buffer_lowest, longest_gap_seconds, underruns
                  how well the drive was supplied with data: `redbook.runner.meter.Supply`
    """

    verified: bool
    tracks: list[TrackReport]
    toc: Toc | None
    finalized: bool
    test_write: bool
    speed: float | None
    measured_speed: float | None
    verification: Verification | None
    offset_samples: int | None
    host_buffer_lowest: float
    drive_buffer_lowest: float | None
    longest_gap_seconds: float | None
    underruns: int
    mode: Mode = Mode.TAO
    cue_sheet_form: str = ""
    levels: Levels | None = None


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a disc was compared with, and the result.  same: everything is as it should be."""

    same: bool
    tracks: list[TrackReport]
    verification: Verification
