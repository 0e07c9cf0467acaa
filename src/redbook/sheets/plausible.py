"""How much a text looks as if people had written it; used only to choose between encodings."""

from __future__ import annotations

import re
import unicodedata

_MOST_CHARACTERS = 4_000

_TYPOGRAPHY = frozenset("‘’“”„‚–—…•·«»°©®™§№¿¡´×ªº¹²³½¼¾£€¥、。「」『』【】（）・～！？：")
_LONELY_LATIN = frozenset("àéèêóòôíìúýöäåøæÀÉÈÓÍÚÖÄÅØÆ")
_WORD = re.compile(r"[^\W\d_]+")

# Rows of the tables that order characters from frequent to rare.
_FREQUENT_ROWS = {"gbk": ("gb2312", 0xB0, 0xD7), "big5": ("big5", 0xA4, 0xC6), "cp932": ("cp932", 0x88, 0x97)}


def plausibility(text: str, encoding: str) -> float:
    """A mean over all characters that are not ASCII: 1 for a good fit, below 0 for nonsense."""
    total, count = 0.0, 0
    for found in re.finditer(r"\w+|[^\w\s]", text):
        word = found[0]
        if word.isascii():
            continue
        for part in _WORD.findall(word) or [word]:
            foreign = [c for c in part if not c.isascii()]
            total += sum(_of_letter(c, part, encoding) for c in foreign)
            count += len(foreign)
        if count > _MOST_CHARACTERS:
            break
    total += sum(
        -3.0
        for c in text[:_MOST_CHARACTERS]
        if unicodedata.category(c) in ("Cc", "Cn", "Co") and c not in "\r\n\t"
    )
    return total / count if count else 0.0


def _of_letter(c: str, word: str, encoding: str) -> float:
    code = ord(c)
    if not c.isalpha():
        return 0.3 if c in _TYPOGRAPHY else -1.0
    if 0x3040 <= code <= 0x30FF:
        return 1.2
    if 0xFF61 <= code <= 0xFF9F:
        return -0.5  # half-width katakana: what other encodings look like in Shift-JIS
    if 0xAC00 <= code <= 0xD7A3:
        return 1.0
    if 0x4E00 <= code <= 0x9FFF:
        return 0.9 if _is_frequent(c, encoding) else -0.2
    if 0x0400 <= code <= 0x04FF:
        return _of_cased(word, all(0x0400 <= ord(other) <= 0x04FF for other in word))
    if code < 0x0250:
        if len(word) == 1:
            return 0.5 if c in _LONELY_LATIN else -0.5
        plain = sum(other.isascii() for other in word)
        return _of_cased(word, all(ord(other) < 0x0250 for other in word) and 2 * plain >= len(word))
    return -0.5


def _of_cased(word: str, fits: bool) -> float:
    """The value of a word in an alphabet with capitals."""
    if not fits:
        return -1.0
    if len(word) == 1:
        return 0.8
    if word[1:].islower():
        return 1.0
    return 0.6 if word.isupper() else -0.7


def _is_frequent(c: str, encoding: str) -> bool:
    if encoding not in _FREQUENT_ROWS:
        return False
    table, first, last = _FREQUENT_ROWS[encoding]
    try:
        return first <= c.encode(table)[0] <= last
    except UnicodeEncodeError:
        return False
