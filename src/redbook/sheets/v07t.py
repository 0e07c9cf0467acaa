"""Sony's Input Sheet for CD-Text, version 0.7T: a line for each text, a sheet for each language.

    Input Sheet Version = 0.7T
    Text Code           = 8859
    Language Code       = English
    Album Title         = Joyful Nights
    Track 01 Title      = Song of Joy

Source: the sheets that cdrskin reads and writes (libburn 1.5.4).
"""

from __future__ import annotations

import re
from dataclasses import field
from pathlib import Path

from redbook.disc.cd_text import ENGLISH, PackType, Texts, genre_code, language_code
from redbook.disc.cd_text.packs import ASCII, CHARACTER_SETS, ISO_8859_1, MS_JIS
from redbook.records import dataclass
from redbook.sheets.options import Notebook, shown
from redbook.sheets.reading import read_bytes

_MOST_BYTES = 1_000_000
_BEGINS = "input sheet version"
_CODES = {"8859": ISO_8859_1, "ascii": ASCII, "ms-jis": MS_JIS}
_OF_DISC = {
    "album title": PackType.TITLE,
    "artist name": PackType.PERFORMER,
    "songwriter": PackType.SONGWRITER,
    "composer": PackType.COMPOSER,
    "arranger": PackType.ARRANGER,
    "album message": PackType.MESSAGE,
    "catalog number": PackType.DISC_ID,
    "genre information": PackType.GENRE,
    "closed information": PackType.CLOSED_INFO,
    "upc / ean": PackType.CODE,
}
_OF_TRACK = {
    "title": PackType.TITLE,
    "artist": PackType.PERFORMER,
    "songwriter": PackType.SONGWRITER,
    "composer": PackType.COMPOSER,
    "arranger": PackType.ARRANGER,
    "message": PackType.MESSAGE,
}
_SILENT = frozenset((_BEGINS, "remarks", "last track number"))


@dataclass(slots=True)
class TextSheet:
    """texts: one entry for each language; first_track: the first of its track numbers"""

    texts: list[Texts] = field(default_factory=list)
    first_track: int = 1


def read_v07t(path: Path, notes: Notebook) -> TextSheet:
    """Read the texts in a file; what is not understood is noted and left out.

    raises  SheetError  for a file that cannot be read or is not such a sheet
    """
    data = read_bytes(path, _MOST_BYTES, notes)
    if len(data) > _MOST_BYTES:
        raise notes.error("it is too large for a text sheet")
    return texts_in(data, notes)


def texts_in(data: bytes, notes: Notebook) -> TextSheet:
    """Read the texts in the bytes of a sheet; what is not understood is noted and left out.

    raises  SheetError  if they are not such a sheet
    """
    sheet = TextSheet()
    encoding = CHARACTER_SETS[ISO_8859_1]
    lines = re.split(rb"\r\n|\r|\n", data.removeprefix(b"\xef\xbb\xbf"))
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        raw_key, _, raw = line.partition(b"=")
        key = " ".join(raw_key.decode("latin-1").lower().split())
        if key == _BEGINS:
            sheet.texts.append(Texts(ENGLISH, character_set=ISO_8859_1))
            encoding = CHARACTER_SETS[ISO_8859_1]
        if not sheet.texts:
            raise notes.error(
                "it does not begin with an Input Sheet Version: this is not a text sheet", number
            )
        text = raw.strip(b" \t").decode(encoding, "replace")
        if "\ufffd" in text:
            notes.note(f"{shown(key)}: some of its bytes are not {encoding}", number)
        if not text or key in _SILENT:
            continue
        if key == "text code":
            encoding = _take_character_set(sheet.texts[-1], text, number, notes)
        elif key == "first track number" and text.isdecimal():
            sheet.first_track = int(text)
        elif not _take(sheet.texts[-1], key, text):
            notes.note(f"{shown(key)}: {shown(text)} is not understood, and is left out", number)
    if not sheet.texts:
        raise notes.error("it is empty")
    return sheet


def _take_character_set(texts: Texts, text: str, line: int, notes: Notebook) -> str:
    code = _CODES.get(text.lower(), _number(text))
    if code not in CHARACTER_SETS:
        raise notes.error(f"Text Code {shown(text)} is not one of 8859, ASCII and MS-JIS", line)
    texts.character_set = code
    return CHARACTER_SETS[code]


def _number(text: str) -> int | None:
    """The number in a text such as 0x0005."""
    return int(text, 16) if re.fullmatch(r"0[xX][0-9a-fA-F]{1,4}", text) else None


def _take(texts: Texts, key: str, text: str) -> bool:
    """Put a text where it belongs; returns whether it was understood."""
    if key in _OF_DISC:
        return _put(texts, _OF_DISC[key], 0, text)
    if found := re.fullmatch(r"track (\d{1,2}) (\w+)", key):
        kind = _OF_TRACK.get(found[2])
        return kind is not None and int(found[1]) > 0 and _put(texts, kind, int(found[1]), text)
    if (found := re.fullmatch(r"isrc (\d{1,2})", key)) and int(found[1]):
        return _put(texts, PackType.CODE, int(found[1]), text.replace("-", ""))
    if key == "language code":
        texts.language_code = _number(text) or language_code(text)
        return texts.language_code != 0
    if key == "genre code":
        texts.genre_code = _number(text) or genre_code(text)
        return texts.genre_code != 0 or text.lower() == "not used" or _number(text) == 0
    if key == "text data copy protection":
        texts.copyright = 3 if text.lower() in ("on", "0x03") else 0
        return text.lower() in ("on", "off", "0x00", "0x03")
    return False


def _put(texts: Texts, kind: PackType, track: int, text: str) -> bool:
    texts.by_type.setdefault(kind, {})[track] = text
    return True
