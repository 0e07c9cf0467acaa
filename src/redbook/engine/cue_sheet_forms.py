"""The forms in which drives accept a cue sheet, tried one after the other, and what is reported about it."""

from __future__ import annotations

from collections.abc import Iterator

from redbook.disc.layout import SessionLayout
from redbook.errors import CueSheetRefused, SenseError
from redbook.mmc.cue_sheet import CueForm
from redbook.records import dataclass

CD_TEXT_BLOCK_TYPE = 3  # 2448 bytes: raw P to W; what some drives want where CD-Text comes from the host


@dataclass(frozen=True, slots=True)
class CueSheetForm:
    """One form of a cue sheet, with what page 05h must say for it.

    name           by which it is remembered and reported
    entries        how the entries look, apart from the true time of the lead-in
    true_lead_in   whether the lead-in's entry has the disc's true time
    block_type     data block type of page 05h
    """

    name: str
    entries: CueForm = CueForm()
    true_lead_in: bool = False
    block_type: int = 0


PREGAPS = "pregaps of one sector"
CUE_SHEET_FORMS = (
    CueSheetForm("plain"),
    CueSheetForm("ISRC without control", CueForm(isrc_has_control=False)),
    CueSheetForm("true lead-in", true_lead_in=True, block_type=CD_TEXT_BLOCK_TYPE),
    CueSheetForm(
        "true lead-in, ISRC without control",
        CueForm(isrc_has_control=False),
        true_lead_in=True,
        block_type=CD_TEXT_BLOCK_TYPE,
    ),
    CueSheetForm(PREGAPS, CueForm(pregaps=True)),
)
"""In order, beginning with the one that most drives accept. All give the same disc, except the last: there
each track begins its index 0 one sector before its index 1."""


def forms_for(layout: SessionLayout, first: str = "") -> Iterator[CueSheetForm]:
    """Those that differ for this session.

    first  the name of the one to begin with; a form that changes the disc stays after those that do not
    """
    with_isrc = any(track.isrc for track in layout.tracks)
    fit = [
        form
        for form in CUE_SHEET_FORMS
        if (with_isrc or form.entries.isrc_has_control) and (layout.cd_text or not form.true_lead_in)
    ]
    yield from sorted(fit, key=lambda form: (form.entries.pregaps, form.name != first))


def taken_in_words(form: CueSheetForm, refusals: list[tuple[CueSheetForm, SenseError]]) -> str:
    first = refusals[0][1]
    text = (
        f"the drive refused the cue sheet in {len(refusals)} form{'s' if len(refusals) > 1 else ''} "
        f"({first.sense}) and took it in another one: {form.name}"
    )
    if form.entries.pregaps:
        text += "; index 0 of each track lies one sector before its index 1, and no sample is moved"
    return text


def all_refused(
    layout: SessionLayout, refusals: list[tuple[CueSheetForm, SenseError]], overburn: bool = False
) -> CueSheetRefused:
    """overburn: the disc should hold more than it says"""
    last = refusals[-1][1]
    tried = ", ".join(f"{form.name} ({error.sense})" for form, error in refusals)
    cures = []
    if overburn:
        cures.append("with less audio: this drive may refuse to write so far past the disc's stated end")
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
