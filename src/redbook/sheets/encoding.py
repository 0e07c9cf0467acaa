"""Which encoding a sheet is written in, as nothing in it says so.

The names of its files are the best evidence: of the encodings in which the sheet makes sense, those count in
which every file that it names exists. Only after that are letters compared, and this is called a guess.
"""

from __future__ import annotations

import codecs
import locale
from collections.abc import Callable

from redbook.records import dataclass
from redbook.sheets.options import Notebook, SheetOptions, shown
from redbook.sheets.plausible import plausibility
from redbook.sheets.syntax import file_names

CANDIDATES = ("cp1252", "cp932", "cp1251", "gbk", "big5", "euc_kr", "cp1250", "koi8_r")

_TITLES = {
    "cp932": "Shift-JIS (cp932)",
    "cp1252": "Windows-1252",
    "cp1251": "Windows-1251",
    "cp1250": "Windows-1250",
    "gbk": "GBK",
    "big5": "Big5",
    "euc_kr": "EUC-KR",
    "koi8_r": "KOI8-R",
}

_MOST_NAMES = 200
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """encoding: as Python names it"""

    text: str
    encoding: str


def decode(
    data: bytes, leads_anywhere: Callable[[str], bool], options: SheetOptions, notes: Notebook
) -> Decoded:
    """The text of a sheet.

    leads_anywhere  returns whether a file of that name is there

    raises  SheetError  if the encoding asked for does not exist; a guess never fails
    """
    if options.encoding:
        return _as_asked(data, options.encoding, notes)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], encoding, leads_anywhere, notes)
    if encoding := _utf16_without_mark(data):
        notes.note(f"every other byte is zero: the sheet is taken as {encoding.upper()}")
        return Decoded(data.decode(encoding, "replace"), encoding)
    return _without_mark(data, leads_anywhere, notes)


def _as_asked(data: bytes, encoding: str, notes: Notebook) -> Decoded:
    try:
        name = codecs.lookup(encoding).name
        text = data.decode(name, "replace")
    except (LookupError, ValueError, UnicodeError) as error:
        raise notes.error(
            f"{shown(encoding)} is not a text encoding; cp1252, cp1251, cp932, gbk and utf-8 are some "
            "(--cue-encoding)"
        ) from error
    if not isinstance(text, str):
        raise notes.error(f"{shown(encoding)} is not a text encoding (--cue-encoding)")
    if wrong := text.count("\ufffd"):
        notes.note(f"{wrong} places in the sheet cannot be read as {name} and are shown as \ufffd")
    return Decoded(text, name)


def _marked(data: bytes, encoding: str, leads_anywhere: Callable[[str], bool], notes: Notebook) -> Decoded:
    """Decode a sheet that begins with a byte order mark."""
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        if encoding == "utf-8":
            notes.note("the sheet begins like UTF-8, but is not UTF-8 throughout")
            return _without_mark(data, leads_anywhere, notes)
        notes.note(f"the sheet begins like {encoding.upper()}, but parts of it cannot be read as that")
        return Decoded(data.decode(encoding, "replace"), encoding)


def _utf16_without_mark(data: bytes) -> str:
    head = data[:64]
    if len(head) >= 8 and not len(head) % 2:
        if not any(head[1::2]) and all(head[0::2]):
            return "utf-16-le"
        if not any(head[0::2]) and all(head[1::2]):
            return "utf-16-be"
    return ""


def _without_mark(data: bytes, leads_anywhere: Callable[[str], bool], notes: Notebook) -> Decoded:
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    broken = data.decode("utf-8", "replace")
    wrong = broken.count("\ufffd")
    if sum(not c.isascii() for c in broken) - wrong >= 4 * wrong:
        notes.note(f"the sheet's encoding is UTF-8, except in {wrong} places, shown as \ufffd")
        return Decoded(broken, "utf-8")
    texts = _readings(data)
    if not texts:
        notes.note("the sheet's encoding was guessed: Windows-1252; --cue-encoding names another")
        return Decoded(data.decode("cp1252", "replace"), "cp1252")
    proven = {
        encoding: text
        for encoding, text in texts.items()
        if all(leads_anywhere(name) for name in file_names(text, _MOST_NAMES))
    }
    left = proven or texts
    if proven and len(set(proven.values())) == 1:
        encoding = next(iter(proven))
        notes.note(
            f"the sheet's encoding is taken to be {_title(encoding)}: read that way, the files that it names "
            "exist"
        )
        return Decoded(proven[encoding], encoding)
    scores = {encoding: plausibility(text, encoding) for encoding, text in left.items()}
    encoding = max(scores, key=lambda name: scores[name])  # if several are equal, the first
    if scores[encoding] <= 0 and "cp1252" in left:
        encoding = "cp1252"
    notes.note(
        f"the sheet's encoding was guessed: {_title(encoding)}; if texts look wrong, name another with "
        "--cue-encoding"
    )
    return Decoded(left[encoding], encoding)


def _readings(data: bytes) -> dict[str, str]:
    """The text in each encoding in which it can be read at all, the machine's own one first."""
    readings = {}
    for encoding in dict.fromkeys((*_own_encoding(), *CANDIDATES)):
        try:
            readings[encoding] = data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return readings


def _own_encoding() -> tuple[str, ...]:
    """The machine's encoding, unless it is one of Unicode's or plain ASCII."""
    try:
        name = codecs.lookup(locale.getencoding()).name
    except LookupError:
        return ()
    name = {"iso8859-1": "cp1252"}.get(name, name).replace("-", "_")
    return () if name.startswith(("utf", "ascii")) else (name,)


def _title(encoding: str) -> str:
    return _TITLES.get(encoding, encoding)
