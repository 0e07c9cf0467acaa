"""Where two stretches of audio differ."""

from __future__ import annotations

from redbook.disc import SAMPLE_BYTES


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
