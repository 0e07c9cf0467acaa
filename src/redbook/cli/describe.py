"""A planned disc in words: how each track begins, what is written on it besides the audio, what is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redbook.authoring.wishes import Mode
from redbook.cli import shapes
from redbook.cli.times import length, seconds
from redbook.disc import PREGAP_SECTORS, SAMPLE_RATE_HZ, SAMPLES_PER_SECTOR
from redbook.disc.cd_text import PackType, Texts
from redbook.engine.complete_tracks import in_words

if TYPE_CHECKING:
    from redbook.authoring.arrange import Border
    from redbook.burning.planning import Plan
    from redbook.disc.layout import LaidTrack

MODE_NAMES = {Mode.SAO: "session-at-once", Mode.TAO: "track-at-once", Mode.AUTO: "automatic"}


def pause_before(track: LaidTrack, frames: bool = False) -> str:
    """What is between index 0 and index 1, apart from the two seconds that every disc begins with."""
    sectors = track.pregap_sectors - (PREGAP_SECTORS if track.pregap_lba < 0 else 0)
    if sectors <= 0:
        return "-"
    return length(sectors, frames) if frames else seconds(sectors)


def border_in_words(border: Border, track: LaidTrack, mode: Mode) -> str:
    """How a track begins; empty if there is nothing to say.

    For track-at-once the pause says everything.
    """
    if mode is Mode.TAO:
        return ""
    in_gap = border.pause_samples < track.pregap_sectors * SAMPLES_PER_SECTOR
    if border.pause_samples:  # also what pads a sector: that is told of the track before
        return f"the last {_left(border, track)} s of the gap hold audio" if in_gap else ""
    if in_gap:
        return "joined; the gap holds audio"
    if border.early_samples:
        return f"joined; starts {_ms(border.early_samples)} ms before its first sample"
    return "joined"


def _left(border: Border, track: LaidTrack) -> str:
    samples = track.pregap_sectors * SAMPLES_PER_SECTOR - border.pause_samples
    return f"{samples / SAMPLE_RATE_HZ:.2f}"


def _ms(samples: int) -> str:
    return f"{samples * 1000 / SAMPLE_RATE_HZ:.1f}"


def on_the_disc(track: LaidTrack, frames: bool = False) -> str:
    """ISRC, indexes and flags; empty for none."""
    parts = []
    if track.isrc:
        parts.append(f"ISRC {track.isrc}")
    if track.indexes:
        places = ", ".join(length(lba - track.start_lba, frames) for lba in track.indexes)
        parts.append(
            f"index {2 if len(track.indexes) == 1 else f'2 to {len(track.indexes) + 1}'} at {places}"
        )
    flags = {1: "pre-emphasis", 2: "copy permitted", 8: "four channels"}
    parts += [name for bit, name in flags.items() if track.control & bit]
    if track.copy_alternates:
        parts.append("copy of a protected original")
    return "; ".join(parts)


def title_of(texts: tuple[Texts, ...], track: int) -> str:
    """As CD-Text has it, in its first language: "Performer - Title"; empty if it says nothing."""
    if not texts:
        return ""
    found = (texts[0].text(kind, track) for kind in (PackType.PERFORMER, PackType.TITLE))
    return " - ".join(text for text in found if text)


def summary(made: Plan) -> list[str]:
    """What there is to say about the whole disc, one line each."""
    lines = [f"written {MODE_NAMES[made.mode]}"]
    layout = made.layout
    if made.mode is Mode.SAO:
        with_text = f"CD-Text in {_languages(made.texts)}" if layout.cd_text else "no CD-Text"
        lines[0] += f"; {with_text}" + (f"; MCN {layout.mcn}" if layout.mcn else "")
    if loudness := shapes.loudness(made.levels):
        lines += loudness_in_words(loudness)
    if made.losses:
        lines.append("track-at-once cannot carry " + "; ".join(made.losses))
    return lines


def loudness_in_words(brought: dict[str, Any]) -> list[str]:
    """The target, then each group of tracks that has one gain; brought: as in JSON"""
    kinds = {"album": "one gain for all tracks", "track": "each track by itself"}
    lines = [
        f"loudness brought to {brought['target_lufs']:g} LUFS, {kinds[brought['mode']]}; true peaks at most "
        f"{brought['true_peak_limit_dbtp']:g} dBTP; what is raised or lowered is not burned bit for bit"
    ]
    for group in brought["groups"]:
        gain, loudness, peak = (group[key] for key in ("gain_db", "loudness_lufs", "true_peak_dbtp"))
        text = f"{in_words(group['tracks'])}: {f'{gain:+.2f} dB' if gain else 'left as it is'}"
        text += "; silent" if loudness is None else f"; {loudness:.1f} LUFS"
        text += "" if peak is None else f", true peak {peak:.1f} dBTP"
        lines.append(text + (", as loud as its peaks allow" if group["held_back"] else ""))
    return lines


def _languages(texts: tuple[Texts, ...]) -> str:
    return " and ".join(one.language for one in texts) or "no known language"
