"""The CD_TEXT of a cdrdao TOC file, as texts in languages.

A field that is given for the disc or for one track must be there for all of them on a disc. cdrdao stops if
one is missing; here it is burned empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from redbook.disc.cd_text import ENGLISH, JAPANESE, PackType, Texts
from redbook.disc.cd_text.packs import CHARACTER_SETS, MS_JIS
from redbook.sheets.text_fields import TOC_TEXT_FIELDS
from redbook.sheets.toc_grammar import TextItem, TocStatements
from redbook.sheets.toc_tokens import Quoted

OF_THE_DISC_ONLY = ("DISC_ID", "GENRE", "CLOSED", "RESERVED4", "TOC_INFO1", "TOC_INFO2", "SIZE_INFO")

Remark = Callable[[str, int], None]
"""Called with what a person should know, and with its offset in the file."""


def texts_of(toc: TocStatements, is_utf8: bool, encoding: str, remark: Remark) -> tuple[Texts, ...]:
    """One entry for each language, in the order of their numbers.

    is_utf8   whether the whole file can be read as UTF-8
    encoding  of the file, if a person has given it; else empty
    """
    by_language: dict[int, list[tuple[int, TextItem]]] = {}
    for track, of_track in enumerate([toc.texts, *(statement.texts for statement in toc.tracks)]):
        for item in of_track:
            by_language.setdefault(item.language, []).append((track, item))
    languages = toc.languages
    if by_language and not languages:
        first = min(items[0][1].offset for items in by_language.values())
        remark("no LANGUAGE_MAP says which language this is; LANGUAGE 0 is assumed to be English", first)
        languages = {0: ENGLISH}
    found = []
    for number, items in sorted(by_language.items()):
        if number not in languages:
            text = f"LANGUAGE {number} is not in the LANGUAGE_MAP; its texts are left out, as cdrdao does"
            remark(text, items[0][1].offset)
            continue
        sizes = _sizes([item for track, item in items if not track], len(toc.tracks), remark)
        reader = _Language(
            Texts(
                languages[number],
                copyright=sizes[3] if sizes else 0,
                character_set=toc.character_sets.get(number, sizes[0] if sizes and sizes[0] else None),
            ),
            is_utf8,
            encoding,
            remark,
        )
        for track, item in items:
            reader.take(track, item)
        found.append((number, items[0][1].offset, reader))
    for due, (number, offset, _) in enumerate(found):
        if number != due:
            remark(
                f"LANGUAGE {number} becomes the disc's language number {due}, because numbers cannot be "
                "skipped",
                offset,
            )
            break
    texts = []
    for number, offset, reader in found:
        for line in missing(reader.texts, len(toc.tracks)):
            remark(f"LANGUAGE {number}: {line}", offset)
        texts.append(_without_empty(reader.texts))
    return tuple(entry for entry in texts if not entry.is_empty)


def _sizes(items: list[TextItem], tracks: int, remark: Remark) -> bytes:
    """The first four bytes of SIZE_INFO: character set, first and last track, copyright; else nothing.

    The rest is counted again when the texts are packed.
    """
    found = b""
    for item in items:
        if item.name != "SIZE_INFO" or not isinstance(item.value, bytes) or len(item.value) < 4:
            continue
        found = item.value[:4]
        if (found[1], found[2]) != (1, tracks):
            text = f"SIZE_INFO gives tracks {found[1]} to {found[2]}; the disc has 1 to {tracks}"
            remark(text, item.offset)
    return found


def _without_empty(texts: Texts) -> Texts:
    """Remove empty texts: they are there only because cdrdao wants one."""
    filled = {
        kind: {track: text for track, text in found.items() if text} for kind, found in texts.by_type.items()
    }
    texts.by_type = {kind: found for kind, found in filled.items() if found}
    return texts


def missing(texts: Texts, tracks: int) -> Iterator[str]:
    """In words, each field that is given for some of the disc and its tracks, but not for all."""
    for name, kind in TOC_TEXT_FIELDS.items():
        found = texts.by_type.get(kind, {})
        if name in OF_THE_DISC_ONLY or kind is PackType.CODE or not any(found.values()):
            continue
        lacking = [number for number in range(tracks + 1) if number not in found]
        if lacking:
            who = ["the disc" if number == 0 else f"track {number}" for number in lacking[:6]]
            more = f" and {len(lacking) - 6} more" if len(lacking) > 6 else ""
            yield f"{name} is not given for {', '.join(who)}{more}; it is burned empty there"


class _Language:
    """texts: those so far; for the other arguments see `texts_of`"""

    def __init__(self, texts: Texts, is_utf8: bool, encoding: str, remark: Remark) -> None:
        self.texts = texts
        self._is_utf8 = is_utf8
        self._encoding = encoding
        self._remark = remark
        self._reported = False

    def take(self, track: int, item: TextItem) -> None:
        name, offset = item.name, item.offset
        if track and name in OF_THE_DISC_ONLY:
            self._remark(f"{name} belongs to the disc; for track {track} it is left out", offset)
        elif name == "SIZE_INFO":
            pass  # this was read before
        elif name not in TOC_TEXT_FIELDS:
            self._remark(f"{name} is left out; redbook does not burn it", offset)
        else:
            value = self._genre(item) if name == "GENRE" else self._text(item.value, offset)
            where = self.texts.by_type.setdefault(TOC_TEXT_FIELDS[name], {})
            if where.get(track, value) != value:
                self._remark(f"{name} is given twice here; this one is used", offset)
            where[track] = value

    def _genre(self, item: TextItem) -> str:
        """A code of two bytes, then text."""
        if isinstance(item.value, Quoted):
            self._remark(
                "GENRE should begin with two bytes of code; without them it is only a text", item.offset
            )
            return self._text(item.value, item.offset)
        self.texts.genre_code = int.from_bytes(item.value[:2], "big")
        return item.value[2:].split(b"\0")[0].decode("latin-1")

    def _text(self, value: Quoted | bytes, offset: int) -> str:
        if isinstance(value, bytes):
            return self._as_on_disc(value.split(b"\0")[0], offset)
        if value.raw.isascii():
            return value.raw.decode("ascii")
        if value.escaped and value.literal:
            self._remark(
                "this text mixes octal bytes with others; different versions of cdrdao read it differently",
                offset,
            )
        if value.literal:
            return self._as_written(value.raw, offset)
        return self._as_on_disc(value.raw, offset)

    def _as_written(self, raw: bytes, offset: int) -> str:
        """Decode bytes as an editor wrote them."""
        if self._encoding:
            return raw.decode(self._encoding, "replace")
        if self._is_utf8:
            try:
                return raw.decode("utf-8")
            except UnicodeDecodeError:  # because some bytes were octal
                pass
        text = self._as_on_disc(raw, offset)
        if text != raw.decode("latin-1"):
            return text
        return "".join(_cp1252(byte) for byte in raw)

    def _as_on_disc(self, raw: bytes, offset: int) -> str:
        """Decode bytes as cdrdao puts them into packs."""
        if raw.isascii():
            return raw.decode("ascii")
        code = self.texts.character_set
        if code is None and self.texts.language_code == JAPANESE:
            code = MS_JIS
            if not self._reported:
                self._remark("no ENCODING is given; Japanese text is read as MS-JIS", offset)
                self._reported = True
        own = CHARACTER_SETS.get(code or 0, "latin-1")
        try:
            return raw.decode(own)
        except UnicodeDecodeError:
            self._remark(f"this text is not {own}; it is read as ISO 8859-1", offset)
        return raw.decode("latin-1")


def _cp1252(byte: int) -> str:
    """Decode a byte if the sheet is not UTF-8: Windows has quotation marks and dashes that 8859-1 lacks."""
    try:
        return bytes((byte,)).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)
