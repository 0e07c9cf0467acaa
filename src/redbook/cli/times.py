"""Times as people read them."""

from __future__ import annotations

from redbook.disc import SECTORS_PER_SECOND, duration

FRAMES_LEGEND = "minutes:seconds:frames, 75 frames to the second"


def length(sectors: int, frames: bool = False) -> str:
    """A length or a place as m:ss, to the nearest second; with frames as mm:ss:ff."""
    if frames:
        return duration(sectors)
    return _minutes((abs(sectors) + SECTORS_PER_SECOND // 2) // SECTORS_PER_SECOND, sectors < 0)


def room(sectors: int, frames: bool = False) -> str:
    """The same of what is free, where a second too many would be untrue."""
    return duration(sectors) if frames else _minutes(abs(sectors) // SECTORS_PER_SECOND, sectors < 0)


def seconds(sectors: int) -> str:
    """A short length, such as a pause: 2 s, 0.44 s."""
    return f"{sectors / SECTORS_PER_SECOND:.2f}".rstrip("0").rstrip(".") + " s"


def _minutes(whole_seconds: int, negative: bool) -> str:
    minutes, rest = divmod(whole_seconds, 60)
    return f"{'-' if negative and whole_seconds else ''}{minutes}:{rest:02d}"
