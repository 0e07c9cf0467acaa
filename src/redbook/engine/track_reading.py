"""What a track is like on the disc, as far as reading has shown."""

from __future__ import annotations

from dataclasses import field

from redbook.engine.alignment import HiddenEnds
from redbook.engine.disc_offset import Span
from redbook.records import dataclass


@dataclass(slots=True)
class TrackReading:
    """What a track is like on the disc.

    same         all of it is what was sent, hidden samples taken as sent
    bad          sectors that differ or cannot be read, as ranges (first, last + 1), from the track's start
    unreadable   addresses that the drive cannot read
    head_hidden, tail_hidden  samples at its ends that cannot be read because of the offset
    moved_by     samples by which this track is shifted against the rest of the disc, if that explains
                 everything
    """

    span: Span
    same: bool = False
    bad: list[tuple[int, int]] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    head_hidden: int = 0
    tail_hidden: int = 0
    moved_by: int | None = None

    def add_bad(self, sector: int) -> None:
        if self.bad and self.bad[-1][1] == sector:
            self.bad[-1] = (self.bad[-1][0], sector + 1)
        else:
            self.bad.append((sector, sector + 1))

    @property
    def bad_sectors(self) -> int:
        return sum(end - begin for begin, end in self.bad)

    def hide(self, hidden: HiddenEnds) -> None:
        """These, too, cannot be read."""
        self.head_hidden += hidden.head
        self.tail_hidden += hidden.tail

    def hide_at_least(self, hidden: HiddenEnds) -> None:
        """As `hide`, for samples that may already have been counted."""
        self.head_hidden = max(self.head_hidden, hidden.head)
        self.tail_hidden = max(self.tail_hidden, hidden.tail)
