"""Where two stretches of audio differ, and whether one is the other shifted."""

from __future__ import annotations

from redbook.disc import SAMPLE_BYTES

_ANCHOR_SAMPLES = 32


def first_difference(expected: bytes, actual: bytes) -> int | None:
    """Index of the first stereo sample that differs; None if all are the same."""
    if expected == actual:
        return None
    low, high = 0, min(len(expected), len(actual))
    while high - low > SAMPLE_BYTES:  # the first `low` bytes are the same, the first `high` are not
        middle = (low + high) // 2
        if expected[low:middle] == actual[low:middle]:
            low = middle
        else:
            high = middle
    while low < high and expected[low] == actual[low]:
        low += 1
    return low // SAMPLE_BYTES


def count_differences(expected: bytes, actual: bytes) -> int:
    """How many stereo samples differ, of two stretches of the same length."""
    mixed = int.from_bytes(expected, "little") ^ int.from_bytes(actual, "little")
    words = memoryview(mixed.to_bytes(len(expected), "little")).cast("I")
    return sum(1 for word in words if word)


def find_offset(expected: bytes, actual: bytes) -> int | None:
    """By how many stereo samples `actual` is `expected` moved towards later; None if it is not.

    Looks for a stretch that does not repeat itself; silence and constant signals say nothing. Both
    are of the same length, and what was moved out at one end is not there to be compared.
    """
    if len(expected) != len(actual):
        return None
    length = len(expected) // SAMPLE_BYTES
    for start in range(0, length - _ANCHOR_SAMPLES, max(_ANCHOR_SAMPLES, length // 16)):
        anchor = expected[start * SAMPLE_BYTES : (start + _ANCHOR_SAMPLES) * SAMPLE_BYTES]
        if anchor.count(anchor[:SAMPLE_BYTES]) > 1:
            continue
        position = actual.find(anchor)
        while position >= 0:
            offset, part = divmod(position, SAMPLE_BYTES)
            if not part and offset != start and is_shifted(expected, actual, offset - start):
                return offset - start
            position = actual.find(anchor, position + 1)
    return None


def is_shifted(expected: bytes, actual: bytes, samples: int) -> bool:
    """Whether `actual` is `expected` moved by so many samples, wherever both are to be had."""
    move = samples * SAMPLE_BYTES
    if move >= 0:
        return actual[move:] == expected[: len(expected) - move]
    return actual[:move] == expected[-move:]
