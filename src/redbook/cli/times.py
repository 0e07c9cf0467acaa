"""Times as people read them."""

from __future__ import annotations

from redbook.disc import SECTORS_PER_SECOND, duration, minutes

FRAMES_LEGEND = "minutes:seconds:frames, 75 frames to the second"


def length(sectors: int, frames: bool = False) -> str:
    """A length or a place as m:ss, to the nearest second; with frames as mm:ss:ff."""
    return duration(sectors) if frames else minutes(sectors)


def room(sectors: int, frames: bool = False) -> str:
    """The same for free space, where a second too many would be untrue."""
    return duration(sectors) if frames else minutes(sectors, down=True)


def seconds(sectors: int) -> str:
    """A short length, such as a pause: 2 s, 0.44 s."""
    return f"{sectors / SECTORS_PER_SECOND:.2f}".rstrip("0").rstrip(".") + " s"
