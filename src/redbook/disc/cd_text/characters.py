"""What a text becomes in the character sets of CD-Text.

A character that the set has stays. Typographic marks become those of a typewriter, letters lose the marks
that the set lacks, and ligatures come apart; this is noted, but is not a loss. A character that is left
cannot be written: it becomes a question mark, and that is a loss.

MS-JIS is always written in double bytes, with letters in full width: some readers take such a block for
double bytes and others for CP932, and this way both are right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import field

from redbook.disc.cd_text.packs import ASCII, ISO_8859_1, MS_JIS
from redbook.records import dataclass

UNKNOWN = "?"

NAMES = {ISO_8859_1: "ISO 8859-1", ASCII: "ASCII", MS_JIS: "MS-JIS"}


def _pairs(text: str) -> dict[str, str]:
    """Pairs of words: a character, and what is written for it."""
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


_MARKS = {
    **dict.fromkeys("‘’‚‛ʻʼʽˈ′‵´`", "'"),
    **dict.fromkeys("“”„‟″‶«»", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃﹘", "-"),
    **_pairs("‹ < › > … ... • · ‣ · ∙ · ⋅ · ⁄ / ∕ / ∗ * € EUR ™ (TM) ℠ (SM) ℗ (P) † + ‡ ++ ‰ o/oo ♯ # ♭ b"),
    **_pairs("→ -> ← <- ≤ <= ≥ >= ≠ =/= ≈ ~ ∞ oo ˆ ^ ˜ ~ 、 , 。 . 〜 ~"),
    "\u3000": " ",
}
_LETTERS = {
    **_pairs("Œ OE œ oe Đ D đ d Ħ H ħ h ı i ĸ k Ł L ł l Ŋ N ŋ n Ŧ T ŧ t ƒ f ẞ SS Ə E ə e Ɖ D Ɓ B ɓ b Ɗ D"),
    **_pairs("ɗ d Ɛ E ɛ e Ɔ O ɔ o Ɠ G Ɣ G ɣ g Ƙ K ƙ k Ƴ Y ƴ y Ɨ I ɨ i Ʉ U ʉ u Ø O ø o Æ AE æ ae ß ss"),
    **_pairs("Ð D ð d Þ TH þ th"),
}
_SIGNS = {
    **_pairs("¡ ! ¿ ? · . × x ÷ / © (C) ® (R) £ GBP ¥ JPY ¢ c ¬ - ± +/- ° o ¦ | ¶ P § S ¤ * µ u"),
    "\u00ad": "-",
    "\u00a0": " ",
}
_FOLDS = {**_SIGNS, **_MARKS, **_LETTERS}
"""Each is used only if the set does not have the character itself."""

_LATIN_OF = {
    **_pairs("а a б b в v г g д d е e ё yo ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f"),
    **_pairs("х kh ц ts ч ch ш sh щ shch ы y э e ю yu я ya є ye і i ї yi ґ g ђ dj ѓ gj ј j љ lj њ nj ћ c"),
    **_pairs("ќ kj ў u џ dz ѕ dz ѣ e ѳ f ѵ y"),
    "ъ": "",
    "ь": "",
    **_pairs("α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f"),
    **_pairs("χ ch ψ ps ω o"),
}
"""After ISO 9 system B and ISO 843, in letters that every player has."""

_TO_FULL_WIDTH = {
    **{chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)},
    **_pairs("〜 ～ − － — ― ‖ ∥ ¢ ￠ £ ￡ ¬ ￢ ¥ ￥ \" ” ' ’"),  # JIS X 0208 has no full-width quotes
    " ": "\u3000",
}
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]+")
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\uff66-\uff9d]")
_BLANKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_WINDOWS_1252 = {
    code: bytes((code,)).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
"""Control characters that no text has: they come from Windows' character set, read as ISO 8859-1."""


@dataclass(slots=True)
class Fitted:
    """A text in a character set.

    text      as it will be read back
    instead   what is written instead of a character, including transliteration
    replaced  characters that became question marks
    blanked   whether control characters became spaces
    """

    text: str
    instead: dict[str, str] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)
    blanked: bool = False


def has_kana(text: str) -> bool:
    """Whether a text is certainly Japanese: its other characters are the same in Chinese."""
    return _KANA.search(text) is not None


def fit(text: str, character_set: int, *, transliterate: bool = False) -> Fitted:
    """Fit a text into a character set.  transliterate: write Cyrillic and Greek in Latin letters"""
    plain, blanked = _plain(text)
    fitted = Fitted("", blanked=blanked)
    if character_set == MS_JIS:
        plain = _HALF_WIDTH_KANA.sub(lambda found: unicodedata.normalize("NFKC", found[0]), plain)
    has = _HAS[character_set]
    parts = []
    for at, character in enumerate(plain):
        if has(character):
            parts.append(character)
            continue
        written = _written(character, has)
        if written is None and transliterate:
            written = _latin(plain, at, has)
        if written is None:
            fitted.replaced.append(character)
            written = UNKNOWN if has(UNKNOWN) else _TO_FULL_WIDTH[UNKNOWN]
        elif not _is_width(character, written):
            fitted.instead[character] = written
        parts.append(written)
    fitted.text = "".join(parts)
    return fitted


def _plain(text: str) -> tuple[str, bool]:
    """The text, composed, in one line, and without marks that only control its layout."""
    text = text.translate(_WINDOWS_1252)
    cleaned = _BLANKS.sub(" ", text)
    blanked = cleaned != text
    if blanked:
        cleaned = cleaned.strip()
    kept = []
    for character in unicodedata.normalize("NFC", cleaned):
        category = unicodedata.category(character)
        if category == "Cf" and character != "\u00ad":
            continue
        kept.append(" " if category == "Zs" and character not in "\u00a0\u3000" else character)
    return "".join(kept), blanked


def _in_latin_1(character: str) -> bool:
    return ord(character) < 0x7F or 0xA0 <= ord(character) <= 0xFF


def _in_ascii(character: str) -> bool:
    return ord(character) < 0x7F


def _in_double_byte(character: str) -> bool:
    """Whether it works both ways: read as CP932, it comes back as the same character."""
    try:
        coded = character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return len(coded) == 2 and all(coded) and coded.decode("cp932") == character


_HAS: dict[int, Callable[[str], bool]] = {
    ISO_8859_1: _in_latin_1,
    ASCII: _in_ascii,
    MS_JIS: _in_double_byte,
}


def _is_width(character: str, written: str) -> bool:
    """Whether what is written is the same letter, in full width."""
    return _TO_FULL_WIDTH.get(character) == written


def _written(character: str, has: Callable[[str], bool]) -> str | None:
    """A character, written in characters of the set; None if that is impossible."""
    if has(character):
        return character
    wide = _TO_FULL_WIDTH.get(character)
    if wide is not None and has(wide):
        return wide
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return ""
    if character in _FOLDS:
        return _all_written(_FOLDS[character], has)
    parts = unicodedata.normalize("NFKD", character)
    return None if parts == character else _all_written(parts, has)


def _all_written(parts: str, has: Callable[[str], bool]) -> str | None:
    """Several characters, written in those of the set; a letter keeps marks that the set has on it."""
    found = ""
    for part in parts:
        if found and unicodedata.combining(part):
            together = unicodedata.normalize("NFC", found[-1] + part)
            if len(together) == 1 and has(together):
                found = found[:-1] + together
            continue
        written = _written(part, has)
        if written is None:
            return None
        found += written
    return found


def _latin(text: str, at: int, has: Callable[[str], bool]) -> str | None:
    """A Cyrillic or Greek letter in Latin letters, in capitals if its neighbours are."""
    letter = text[at].lower()
    base = letter if letter in _LATIN_OF else unicodedata.normalize("NFD", letter)[:1]
    latin = _LATIN_OF.get(base)
    if latin is None:
        return None
    if base == "υ" and at and unicodedata.normalize("NFD", text[at - 1].lower())[:1] == "ο":
        latin = "u"
    if text[at] != letter:
        beside = [c for c in text[max(0, at - 1) : at + 2] if c != text[at] and c.isalpha()]
        latin = latin.upper() if beside and all(c.isupper() for c in beside) else latin.capitalize()
    return _all_written(latin, has)
