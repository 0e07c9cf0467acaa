"""What a verification found, as values: for each promise the same, different, or not compared and why."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum, unique

from redbook.disc import Toc
from redbook.records import dataclass


@unique
class Verdict(StrEnum):
    """Whether a promise was kept, or why this is unknown."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_COMPARED = "not-compared"


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, the verdict on it, and the reason in words.

    promise  "table of contents", "audio", "data" (of a disc that has some), "edges"
    text     how, where or why, in words; empty if there is nothing to say
    """

    promise: str
    verdict: Verdict
    text: str = ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Samples at the end of a track that cannot be read: the offset moves them out of what is readable.

    where    "start" or "end"
    samples  stereo samples
    """

    track: int
    where: str
    samples: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What is wrong with a track.

    sector           first differing sector, counted from the track's start
    lba              the address at which the drive returns it
    first_sample     first differing stereo sample, counted from the track's start
    samples          how many differ
    unreadable       how many sectors could not be read (their samples count as differing)
    offset           by how many samples the whole track is shifted against the rest of the disc, if that
                     explains everything
    """

    track: int
    sector: int
    lba: int
    first_sample: int
    samples: int
    unreadable: int = 0
    offset: int | None = None

    def __str__(self) -> str:
        text = (
            f"track {self.track} differs: {self.samples} sample{'s' if self.samples != 1 else ''}, the first "
            f"at sample {self.first_sample} (sector {self.sector} of the track, LBA {self.lba})"
        )
        if self.unreadable:
            text += f"; {self.unreadable} sector{'s' if self.unreadable > 1 else ''} could not be read"
        if self.offset is not None:
            text += f"; a constant offset of {self.offset:+d} samples explains it"
        return text


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found.

    layout_errors  what is wrong with the table of contents, or that it cannot be read, in words
    differences    one for each track whose audio differs
    toc            as it was read from the disc; while the session is open, what it would be; None if it
                   cannot be read
    checks         the verdict on each promise
    offset_samples by how many samples the drive reads this disc late (negative: early); None if no audio on
                   it shows it
    hidden         what could not be compared at the ends of tracks
    notes          what a person should know about a disc that is the same anyway
    """

    layout_errors: tuple[str, ...]
    differences: tuple[Difference, ...]
    toc: Toc | None
    checks: tuple[Check, ...] = ()
    offset_samples: int | None = None
    hidden: tuple[Hidden, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        return not self.layout_errors and not self.differences

    def with_note(self, text: str) -> Verification:
        return replace(self, notes=(*self.notes, text))

    @property
    def hidden_samples(self) -> int:
        return sum(one.samples for one in self.hidden)
