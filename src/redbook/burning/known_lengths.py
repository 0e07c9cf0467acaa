"""Tags and lengths of what will be burned, before it is read for a disc."""

from __future__ import annotations

from dataclasses import replace as replaced
from typing import TYPE_CHECKING

from redbook.authoring.wishes import Wishes
from redbook.disc import SAMPLE_RATE_HZ
from redbook.engine.events import Phase, PhaseStarted
from redbook.runner.caller import Caller, Listener

if TYPE_CHECKING:
    from redbook.audio.format import Tags
    from redbook.burning.composing import Composition


def known_lengths(
    composed: Composition, wishes: Wishes, caller: Caller
) -> tuple[Composition, list[Tags], list[int]]:
    """The composition, with the tags and the length in samples of each source.

    Where every file states its length in samples at 44.1 kHz, nothing is read. Otherwise every source is
    read, as it will be for a disc. A source that is read in more than one way then counts once for each.
    """
    from redbook.audio.glimpse import glimpse
    from redbook.audio.sectors import Spool, prepare
    from redbook.authoring.chains import find_chains
    from redbook.burning.composing import foresee

    seen = [glimpse(source) for source in composed.program.sources]
    known = [one for one in seen if one is not None and one.samples is not None]
    exact = [one for one in known if one.format.rate_hz == SAMPLE_RATE_HZ]
    if len(exact) == len(seen):
        return composed, [one.tags for one in exact], [one.samples or 0 for one in exact]
    chains = find_chains(foresee(composed, wishes, seen.__getitem__), seen.__getitem__)
    program = chains.onto(composed.program)

    def work(emit: Listener) -> tuple[list[Tags], list[int]]:
        emit(PhaseStarted(Phase.READING))
        read = prepare(
            program.sources,
            Spool(keep=False, longest_sectors=None),
            cancel=caller.cancel.asked,
            chains=chains.rows,
        )
        return [one.tags for one in read], [one.samples for one in read]

    return replaced(composed, program=program), *caller.work(work)
