"""Remarks on a planned track, in words: how its audio was changed, what a person should know.

The terminal, the page and reports say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from redbook.disc import SAMPLE_RATE_HZ, SAMPLES_PER_SECTOR
from redbook.records import dataclass

if TYPE_CHECKING:
    from redbook.audio.sectors import PreparedTrack


@dataclass(frozen=True, slots=True)
class Remark:
    """notable: a person should read it before the disc is burned"""

    text: str
    notable: bool = False


def conversion_in_words(prepared: PreparedTrack) -> str:
    """What the source is, and what is done to it."""
    return f"{prepared.format}: {'; '.join(prepared.conversion) or 'bit for bit'}"


def remarks(prepared: PreparedTrack) -> tuple[Remark, ...]:
    """Everything that there is to say about a track besides its conversion."""
    found = []
    if prepared.loudness_lufs is not None:
        found.append(Remark(f"{prepared.loudness_lufs:.1f} LUFS"))
    if prepared.clipped:
        found.append(Remark(f"{plural(prepared.clipped, 'value')} beyond full scale clipped", True))
    if prepared.sent_sectors > prepared.sectors:
        found.append(Remark("padded with silence to 4 s, the shortest track", True))
    elif prepared.padding_samples >= SAMPLES_PER_SECTOR:
        found.append(Remark(f"{prepared.padding_samples / SAMPLE_RATE_HZ:.2f} s of silence at its end"))
    elif prepared.padding_samples:
        samples = plural(prepared.padding_samples, "sample")
        found.append(Remark(f"{samples} of silence added to pad the last sector"))
    return (*found, *(Remark(note, True) for note in prepared.notes))


def plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
