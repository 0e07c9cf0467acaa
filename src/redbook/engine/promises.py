"""What a session promises besides its samples and its table of contents, compared with what the disc has.

Pregaps, indexes, flags, ISRC, catalogue number, CD-Text: each is the same, different, or not compared because
the drive cannot tell. Where none was intended, none may be found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from redbook.disc.cd_text import PackType, Texts, each_pack, is_sound, name_of, parse, with_checksums
from redbook.disc.layout import Deviation, Item, SessionLayout, with_pregaps
from redbook.engine.labels import DiscLabels
from redbook.engine.verification import Check, Verdict
from redbook.records import dataclass

_ITEMS = (Item.PREGAPS, Item.INDEXES, Item.CONTROL, Item.ISRC, Item.MCN, Item.CD_TEXT)
_MOST_TOLD = 4


@dataclass(frozen=True, slots=True)
class Promises:
    """checks: one for each item; wrong: what is different, in words"""

    checks: tuple[Check, ...]
    wrong: tuple[str, ...]

    def as_remarks(self) -> tuple[Check, ...]:
        """The same if nobody said that the disc should hold this: then only labels differ."""
        return tuple(
            replace(check, verdict=Verdict.NOT_COMPARED, text=f"as redbook would write it, {check.text}")
            if check.verdict is Verdict.DIFFERENT
            else check
            for check in self.checks
        )


def compare_labels(meant: SessionLayout, labels: DiscLabels, *, just_written: bool = True) -> Promises:
    """labels        of a disc with only this session
    just_written  `meant` is the form in which the drive took it; else it may have been written in the one
                  that gives each track a pregap of a sector
    """
    if not labels.sessions:
        return Promises(tuple(_untold(item, "the disc has no closed session") for item in _ITEMS), ())
    found = labels.sessions[0]
    other_form = not just_written and _has_short_pregaps(meant, found, labels)
    if other_form:
        meant = with_pregaps(meant)
    deviations = meant.differences(found, labels.untold)
    checks: list[Check] = []
    wrong: list[str] = []
    for item in _ITEMS:
        of_item = [deviation for deviation in deviations if deviation.item is item]
        if item is Item.CD_TEXT and of_item:
            texts = _text_differences(meant, found) + _other_packs(meant.cd_text, found.cd_text)
            trouble = _in_words(texts)
            note = "" if texts else "the same texts, in other packs"
        else:
            trouble, note = _in_words([_deviation_in_words(deviation) for deviation in of_item]), ""
        silent = sorted(number for untold, number in labels.untold if untold is item)
        if trouble:
            wrong.append(f"{item.value}: {trouble}")
            checks.append(Check(item.value, Verdict.DIFFERENT, trouble))
        elif silent:
            checks.append(_untold(item, _silence(silent)))
        else:
            if item is Item.PREGAPS and other_form:
                note = "index 0 of each track lies a sector before its index 1, as some recorders require it"
            checks.append(Check(item.value, Verdict.SAME, note))
    return Promises(tuple(checks), tuple(wrong))


def _has_short_pregaps(meant: SessionLayout, found: SessionLayout, labels: DiscLabels) -> bool:
    """Whether every track has a pregap, and those that should have none have one of a sector."""
    written = with_pregaps(meant)
    if written == meant:
        return False
    return not any(d.item is Item.PREGAPS for d in written.differences(found, labels.untold)) and any(
        d.item is Item.PREGAPS for d in meant.differences(found, labels.untold)
    )


def _untold(item: Item, why: str) -> Check:
    return Check(item.value, Verdict.NOT_COMPARED, why)


def _silence(numbers: list[int]) -> str:
    if numbers == [0]:
        return "the drive does not report it"
    return (
        f"the drive does not report it for track{'s' if len(numbers) > 1 else ''} "
        f"{', '.join(map(str, numbers))}"
    )


def _deviation_in_words(deviation: Deviation) -> str:
    where = f"track {deviation.track} has " if deviation.track else ""
    return f"{where}{deviation.found} instead of {deviation.meant}"


def _in_words(texts: list[str]) -> str:
    shown = "; ".join(texts[:_MOST_TOLD])
    return shown if len(texts) <= _MOST_TOLD else f"{shown}; and {len(texts) - _MOST_TOLD} more"


def _text_differences(meant: SessionLayout, found: SessionLayout) -> list[str]:
    """For two lists of packs that differ: which texts differ, in words."""
    first = meant.tracks[0].number
    ours, theirs = (parse(layout.cd_text, first) for layout in (meant, found))
    wrong: list[str] = []
    for texts, others in zip(ours, theirs, strict=False):
        wrong += _of_language(texts, others)
    wrong += [f"no {texts.language} texts" for texts in ours[len(theirs) :]]
    wrong += [f"{texts.language} texts that were not intended" for texts in theirs[len(ours) :]]
    return wrong


_NOT_TEXT = (PackType.GENRE, PackType.TOC, PackType.SECOND_TOC, PackType.CLOSED_INFO)


def _other_packs(meant: bytes, found: bytes) -> list[str]:
    """Kinds of packs that hold more than texts, and differ."""
    wrong = []
    for kind in _NOT_TEXT:
        ours, theirs = (set(_bodies(packs, kind)) for packs in (meant, found))
        if ours != theirs:
            name = kind.name.lower().replace("_", " ")
            wrong.append(f"the packs of type {kind:02X}h ({name}) are not those that were intended")
    return wrong


def _bodies(packs: bytes, kind: PackType) -> Iterator[bytes]:
    """What undamaged packs of a kind hold, without their sequence numbers."""
    for pack in each_pack(with_checksums(packs)):
        if pack[0] == kind and is_sound(pack):
            yield pack[1:2] + pack[3:16]


def _of_language(meant: Texts, found: Texts) -> list[str]:
    keys = [(kind, track) for texts in (meant, found) for kind, row in texts.by_type.items() for track in row]
    wrong = []
    for kind, track in sorted(set(keys)):
        one, other = meant.text(kind, track), found.text(kind, track)
        if one != other:
            wrong.append(f"the {name_of(kind, track)} is {other or 'missing'!r} instead of {one!r}")
    if meant.language_code != found.language_code:
        wrong.append(f"the language is {found.language} instead of {meant.language}")
    return wrong
