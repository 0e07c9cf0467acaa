"""ISRC and catalogue number, as people and programs write them.

Source: ISO 3901 (ISRC); GS1 General Specifications, 7.9 (check digit).
"""

from __future__ import annotations

import re

from redbook.disc.sub_channel import is_isrc


def read_isrc(text: str) -> str | None:
    """Twelve characters; empty for zeros, which stand for no ISRC; None if the text is not an ISRC.

    An ISRC is two letters, three letters or digits, and seven digits; hyphens are only for readers.
    """
    code = re.sub(r"[\s-]", "", text).upper()
    if not code.strip("0"):
        return ""
    if not is_isrc(code) or not code[:2].isalpha():
        return None
    return code


def digits_of(text: str) -> str:
    """The digits of a number with twelve or thirteen of them, without separators; else nothing."""
    digits = re.sub(r"[\s-]", "", text)
    return digits if digits.isascii() and digits.isdigit() and len(digits) in (12, 13) else ""


def check_digit(twelve: str) -> int:
    """The thirteenth digit of a GTIN-13."""
    return -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve)) % 10
