"""From what was read back to the verdict on each promise."""

from __future__ import annotations

from collections.abc import Sequence

from redbook.engine.complete_tracks import in_words
from redbook.engine.disc_offset import DiscOffset
from redbook.engine.verification import Check, Difference, Hidden, Verdict, Verification
from redbook.engine.verify import ReadBack


def conclude(found: ReadBack, differences: Sequence[Difference], settled: Sequence[int] = ()) -> Verification:
    """The verdict on each promise.

    differences  of the tracks that differ
    settled      numbers of those that were the same when read once more
    """
    hidden = tuple(
        Hidden(reading.span.number, where, samples)
        for reading in found.readings
        for where, samples in (("start", reading.head_hidden), ("end", reading.tail_hidden))
        if samples
    )
    notes = [*found.notes, *_notes(found, settled)]
    checks = [found.toc_check, *found.labels, _audio_check(found, differences)]
    if found.data:
        text = f"{in_words(found.data)} on the disc; only audio is compared"
        checks.append(Check("data", Verdict.NOT_COMPARED, text))
    if hidden:
        checks.append(Check("edges", Verdict.NOT_COMPARED, _hidden_in_words(hidden, found.offset.samples)))
    return Verification(
        found.layout_errors,
        tuple(differences),
        found.toc,
        tuple(checks),
        found.offset.samples if found.offset.known else None,
        hidden,
        tuple(notes),
    )


def _audio_check(found: ReadBack, differences: Sequence[Difference]) -> Check:
    if not found.readings and not found.broken_off:
        return Check("audio", Verdict.NOT_COMPARED, "the tracks on the disc are not those that were expected")
    if differences:
        parts = [str(one) for one in differences]
        if found.broken_off:
            parts.append(not_reached_in_words(found))
        return Check("audio", Verdict.DIFFERENT, "; ".join(parts))
    if found.broken_off:
        return Check("audio", Verdict.NOT_COMPARED, not_reached_in_words(found))
    return Check("audio", Verdict.SAME, offset_in_words(found.offset))


def not_reached_in_words(found: ReadBack) -> str:
    """What was not compared because of a drive error, and the error."""
    return f"the audio of {in_words(found.not_reached)} was not compared: {found.broken_off}"


def offset_in_words(offset: DiscOffset) -> str:
    if offset.known:
        if not offset.samples:
            return "in the right place, to the sample"
        plural = "s" if abs(offset.samples) != 1 else ""
        return f"moved by {offset.samples:+d} sample{plural} (the drive's offset)"
    if offset.inexact:
        return (
            f"compared about {offset.samples:+d} samples out of place: the drive reads inexactly, so its "
            "offset could not be determined"
        )
    where = f"{offset.samples:+d} samples out of place" if offset.samples else "in the right place"
    return (
        f"compared {where}: the drive's offset could not be determined, because the disc is silent, or its "
        "sound repeats, or is where the drive cannot read"
    )


def _hidden_in_words(hidden: Sequence[Hidden], samples: int) -> str:
    total = sum(one.samples for one in hidden)
    places = ", ".join(f"{one.samples} at the {one.where} of track {one.track}" for one in hidden[:4])
    more = f" and at {len(hidden) - 4} more places" if len(hidden) > 4 else ""
    return (
        f"{total} sample{'s' if total != 1 else ''} could not be compared ({places}{more}): "
        f"the drive's offset of {samples:+d} samples moves them to where it cannot read"
    )


def _notes(found: ReadBack, settled: Sequence[int]) -> list[str]:
    care = found.care
    notes: list[str] = []
    if found.broken_off:
        notes.append(not_reached_in_words(found))
    if care is None:
        return notes
    if care.places_again:
        notes.append(
            f"{care.places_again} place{'s' if care.places_again > 1 else ''} ({care.sectors_again} "
            "sectors) were right only when they were read again"
        )
    if care.inexact:
        notes.append(
            f"the drive reads inexactly: {care.inexact} stretch{'es' if care.inexact > 1 else ''} came from "
            "varying positions, but complete each time"
        )
    if care.one_by_one:
        notes.append(
            "the drive reads inexactly, and returns so few sectors per command that samples missing "
            "between them would not show; each individual sector is as it was sent"
        )
    if settled:
        numbers = ", ".join(map(str, settled))
        notes.append(
            f"track{'s' if len(settled) > 1 else ''} {numbers} were right only when they were read once more"
        )
    return notes
