"""Two channels out of many: a gain for every place that a channel can be named after."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_CENTRE = math.sqrt(0.5)
"""-3 dB.  Source: ITU-R BS.775-3 annex 4 (downmix of 3/2 to 2/0)."""

_LEFT, _RIGHT = (1.0, 0.0), (0.0, 1.0)
_SIDE_LEFT, _SIDE_RIGHT = (_CENTRE, 0.0), (0.0, _CENTRE)
_MIDDLE, _BACK, _NOWHERE = (_CENTRE, _CENTRE), (0.5, 0.5), (0.0, 0.0)

GAINS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("FL", "DL", "FLC"), _LEFT),
    **dict.fromkeys(("FR", "DR", "FRC"), _RIGHT),
    **dict.fromkeys(("BL", "SL", "SDL", "WL", "TFL", "TBL", "TSL", "BFL", "SSL", "TTL"), _SIDE_LEFT),
    **dict.fromkeys(("BR", "SR", "SDR", "WR", "TFR", "TBR", "TSR", "BFR", "SSR", "TTR"), _SIDE_RIGHT),
    "FC": _MIDDLE,
    **dict.fromkeys(("BC", "TC", "TFC", "TBC", "BFC"), _BACK),
    **dict.fromkeys(("LFE", "LFE2"), _NOWHERE),
}
"""Left and right.  What is above, below, beside or behind counts as that side's surround (-3 dB), what is
above or behind in the middle half to each side; the LFE is left out, as BS.775 does."""

_USUAL_ORDER: dict[int, tuple[str, ...]] = {
    3: ("FL", "FR", "FC"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
"""For a file with this many channels that does not say which is which."""


def resolved(channels: tuple[str, ...]) -> tuple[str, ...]:
    """A place for each channel; if the file names none, the usual order, otherwise left and right in turn."""
    if all(name in GAINS for name in channels):
        return channels
    if not any(channels) and len(channels) in _USUAL_ORDER:
        return _USUAL_ORDER[len(channels)]
    if not any(channels):
        return tuple("FL" if index % 2 == 0 else "FR" for index in range(len(channels)))
    return tuple(name if name in GAINS else "" for name in channels)


def matrix(channels: tuple[str, ...]) -> NDArray[np.float32]:
    """Columns left and right; scaled so that no input can be driven over full scale.

    A channel without a place among named ones goes to the middle: nothing is discarded.
    """
    gains = np.array([GAINS.get(name, _BACK) for name in resolved(channels)], np.float64)
    loudest = gains.sum(axis=0).max()
    if not loudest:  # nothing but LFE
        gains[:] = _CENTRE
        loudest = gains.sum(axis=0).max()
    return np.asarray(gains / loudest, np.float32)


def in_words(channels: tuple[str, ...]) -> str:
    """Both sides with their gains, what is left out, and how much quieter a front channel becomes."""
    mixed = matrix(channels)
    guessed = not any(channels)
    known = resolved(channels) if not guessed or len(channels) in _USUAL_ORDER else ("",) * len(channels)
    names = [name or f"channel {number}" for number, name in enumerate(known, 1)]
    sides = []
    for side, column in (("left", mixed[:, 0]), ("right", mixed[:, 1])):
        terms = [f"{gain:.3f} {name}" for name, gain in zip(names, column, strict=True) if gain]
        sides.append(f"{side} = {' + '.join(terms)}")
    out = [name for name, gains in zip(names, mixed, strict=True) if not gains.any()]
    text = "; ".join(sides)
    if out:
        text += f"; left out: {', '.join(out)}"
    drop = -20 * math.log10(float(mixed.max()))
    if guessed:
        text += "; the file does not name its channels"
    return f"{text}; {drop:.1f} dB quieter" if drop > 0.05 else text
