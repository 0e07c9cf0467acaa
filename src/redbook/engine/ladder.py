"""The forms in which drives take a cue sheet, tried one after the other, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator

from redbook.disc.layout import SessionLayout
from redbook.errors import CueSheetRefused, SenseError
from redbook.mmc.cue_sheet import CueForm
from redbook.records import dataclass

CD_TEXT_BLOCK_TYPE = 3  # 2448 bytes: raw P to W; what some drives want where CD-Text comes from the host


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to say it.

    name           by which it is remembered and told
    form           of the cue sheet, but for the true time of the lead-in
    true_lead_in   say that
    block_type     data block type of page 05h
    """

    name: str
    form: CueForm = CueForm()
    true_lead_in: bool = False
    block_type: int = 0


PREGAPS = "pregaps of one sector"
RUNGS = (
    Rung("plain"),
    Rung("ISRC without control", CueForm(isrc_has_control=False)),
    Rung("true lead-in", true_lead_in=True, block_type=CD_TEXT_BLOCK_TYPE),
    Rung(
        "true lead-in, ISRC without control",
        CueForm(isrc_has_control=False),
        true_lead_in=True,
        block_type=CD_TEXT_BLOCK_TYPE,
    ),
    Rung(PREGAPS, CueForm(pregaps=True)),
)
"""From the one that most drives take down. All carry the same disc, but for the last: there each track begins
its index 0 one sector before its index 1."""


def rungs_for(layout: SessionLayout, first: str = "") -> Iterator[Rung]:
    """Those that differ for this session.

    first  the name of the one to begin with; one that changes the disc stays behind those that do not
    """
    with_isrc = any(track.isrc for track in layout.tracks)
    fit = [
        rung
        for rung in RUNGS
        if (with_isrc or rung.form.isrc_has_control) and (layout.cd_text or not rung.true_lead_in)
    ]
    yield from sorted(fit, key=lambda rung: (rung.form.pregaps, rung.name != first))


def taken_in_words(rung: Rung, refusals: list[tuple[Rung, SenseError]]) -> str:
    first = refusals[0][1]
    text = (
        f"the drive refused the cue sheet in {len(refusals)} form{'s' if len(refusals) > 1 else ''} "
        f"({first.sense}) and took it in another one: {rung.name}"
    )
    if rung.form.pregaps:
        text += "; index 0 of each track lies one sector before its index 1, and no sample is moved"
    return text


def all_refused(
    layout: SessionLayout, refusals: list[tuple[Rung, SenseError]], overburn: bool = False
) -> CueSheetRefused:
    """overburn: the disc is to hold more than it says"""
    last = refusals[-1][1]
    tried = ", ".join(f"{rung.name} ({error.sense})" for rung, error in refusals)
    cures = []
    if overburn:
        cures.append(
            "with less on the disc: this drive may refuse to write so far past the disc's stated end"
        )
    if layout.cd_text:
        cures.append("without CD-Text (--cd-text none)")
    if layout.mcn or any(track.isrc for track in layout.tracks):
        cures.append("without ISRC and catalogue number (--without-codes)")
    if not overburn:
        cures.append("track-at-once (--mode tao), which has two seconds of silence between tracks")
    return CueSheetRefused(
        f"the drive refused the cue sheet in every form: {tried}; the disc is untouched. Try it "
        f"{', or '.join(cures)}; or use another drive",
        last.command,
        last.sense,
    )
