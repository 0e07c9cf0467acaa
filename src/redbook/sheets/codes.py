"""ISRC and catalogue number, as people and programs write them."""

from __future__ import annotations

import re

from redbook.disc.codes import check_digit, digits_of, read_isrc
from redbook.sheets.options import shown

__all__ = ["check_digit", "read_isrc", "read_mcn"]


def read_mcn(text: str, keep: bool = False, who: str = "CATALOG ") -> tuple[str, str]:
    """Thirteen digits or nothing, and a note if something had to be decided.

    keep  take the number even if its check digit is wrong
    who   what notes begin with

    Zeros stand for no number. Twelve digits are a UPC, which gets a 0 in front.
    Source: GS1 General Specifications, 7.9 (check digit)
    """
    digits = re.sub(r"[\s-]", "", text)
    if not digits.strip("0"):
        return "", ""
    if not digits_of(digits):
        return "", f"{who}{shown(text)} is not a catalogue number (13 digits); it is not burned"
    code = digits.rjust(13, "0")
    if check_digit(code[:12]) != int(code[12]):
        due = code[:12] + str(check_digit(code[:12]))
        if not keep:
            return "", (
                f"{who}{digits}: its check digit is wrong ({due} would be right); it is not burned "
                "(--keep-mcn burns it)"
            )
        return (
            code,
            f"CATALOG {digits} is burned as {code} although its check digit is wrong ({due} would be right)",
        )
    return code, f"CATALOG {digits} has twelve digits; it is burned as {code}" if len(digits) == 12 else ""
