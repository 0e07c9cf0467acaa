"""The words of a cdrdao TOC file, each with its position.

A string is kept as bytes: before cdrdao 1.2.5 nothing defined the encoding of a TOC file, and `\\ooo` has
always been a byte.

Source: cdrdao's grammar (trackdb/TocParser.g), of 1.2.4 and later.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import Enum, unique
from typing import NamedTuple

from redbook.errors import SheetError, printable
from redbook.records import dataclass
from redbook.sheets.options import Notebook

MOST_BYTES = 4_000_000
"""99 tracks with 98 indexes, and texts in 8 languages, all in octal, need less."""

MOST_WORDS = 120_000
"""99 tracks with all their indexes need 60 000, and every field for all of them in 8 languages 20 000."""

_LONGEST_NUMBER = 12
_SPACE = re.compile(r"(?:[ \t\r\n]+|//[^\n]*)*")
_TOKEN = re.compile(
    r'(?P<word>[A-Za-z_][A-Za-z_0-9]*)|(?P<number>[0-9]+)|(?P<mark>[{}:,#])|(?P<string>")', re.ASCII
)
_STRING_END = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ESCAPE = re.compile(rb'\\([0-9]{3}|["\\])')


@unique
class Kind(Enum):
    """The kind of a token; the value is what messages call it."""

    WORD = "a word"
    NUMBER = "a number"
    MARK = "a mark"
    STRING = "a string"
    END = "the end of the file"


_KINDS = {"word": Kind.WORD, "number": Kind.NUMBER, "mark": Kind.MARK}


@dataclass(frozen=True, slots=True)
class Quoted:
    """A string.

    raw      its bytes, with escapes replaced by what they stand for
    escaped  whether some of the bytes beyond ASCII were written as octal numbers
    literal  whether some of them were written as they are
    offset   where it begins in the file
    """

    raw: bytes
    escaped: bool
    literal: bool
    offset: int


class Token(NamedTuple):
    """text: the word, the digits or the mark; offset: where it begins; quoted: its value if it is a string"""

    kind: Kind
    text: str
    offset: int
    quoted: Quoted | None = None

    @property
    def shown(self) -> str:
        """The token for a message."""
        if self.kind is Kind.END:
            return Kind.END.value
        if self.kind is Kind.STRING:
            return f'the string "{printable(self.text[:40])}"'
        return self.text[:40]


class Words:
    """A TOC file, token by token."""

    def __init__(self, data: bytes, notes: Notebook) -> None:
        """raises  SheetError  for a file that is too large to be a TOC file"""
        self.notes = notes
        if len(data) > MOST_BYTES:
            raise notes.error("it is too large for a TOC file")
        self._text = _as_utf8(data).decode("latin-1")
        self.is_utf8 = _is_utf8(self._text)
        self._at = 0
        self._read_so_far = 0
        self._lines = [0, *(found.end() for found in re.finditer("\n", self._text))]
        self._long_string: int | None = None
        self.doubled_backslashes: list[int] = []
        """Lines with two backslashes in a row in a string."""
        self.next = self._read()

    def line(self, offset: int) -> int:
        """The number, from 1, of the line with this character."""
        return bisect_right(self._lines, offset)

    def wrong(self, text: str, offset: int | None = None) -> SheetError:
        """Make an error at this place, or at the next token."""
        offset = self.next.offset if offset is None else offset
        line = self.line(offset)
        before = self._text[self._lines[line - 1] : offset].encode("latin-1")
        column = len(before.decode("utf-8", "replace")) + 1
        if self._long_string is not None and self.line(self._long_string) < line:
            text += (
                f"; the string that begins in line {self.line(self._long_string)} spans several lines: "
                'its closing quotation mark may be missing, or one inside it, which is written \\"'
            )
        return self.notes.error(text, line, column)

    def take(self) -> Token:
        token = self.next
        self.next = self._read()
        return token

    def _read(self) -> Token:
        space = _SPACE.match(self._text, self._at)
        start = self._at if space is None else space.end()
        if start >= len(self._text):
            return Token(Kind.END, "", start)
        found = _TOKEN.match(self._text, start)
        if found is None:
            what = self._text[start : start + 4].encode("latin-1").decode("utf-8", "replace")[:1]
            raise self.wrong(f"{printable(what)} has no meaning in a TOC file", start)
        self._at = found.end()
        self._read_so_far += 1
        if self._read_so_far > MOST_WORDS:
            raise self.wrong(f"more than {MOST_WORDS} words; no disc needs so many", start)
        if found.lastgroup == "string":
            return self._string(start)
        kind = _KINDS[found.lastgroup or ""]
        if kind is Kind.NUMBER and len(found[0]) > _LONGEST_NUMBER:
            raise self.wrong(f"the number {found[0][:20]}.. is too large", start)
        return Token(kind, found[0], start)

    def _string(self, start: int) -> Token:
        end = _STRING_END.match(self._text, start + 1)
        if end is None:
            raise self.wrong("this string has no closing quotation mark", start)
        self._at = end.end()
        body = self._text[start + 1 : end.end() - 1]
        if "\n" in body:
            self._long_string = start
        raw, escaped = self._unescaped(body.encode("latin-1"), start)
        literal = not body.isascii()
        return Token(Kind.STRING, body, start, Quoted(raw, escaped, literal, start))

    def _unescaped(self, body: bytes, start: int) -> tuple[bytes, bool]:
        r"""A backslash stands for itself, except before three digits, a quotation mark or a backslash."""
        escaped = False

        def replaced(found: re.Match[bytes]) -> bytes:
            nonlocal escaped
            what = found[1]
            if what == b'"':
                return what
            if what == b"\\":
                self.doubled_backslashes.append(self.line(start))
                return what
            if not re.fullmatch(rb"[0-3][0-7]{2}", what):
                digits = what.decode("ascii")
                raise self.wrong(f"\\{digits} is not a byte: it takes three octal digits up to 377", start)
            byte = int(what, 8)
            escaped = escaped or byte > 0x7F
            return bytes((byte,))

        return _ESCAPE.sub(replaced, body), escaped


def _as_utf8(data: bytes) -> bytes:
    """The bytes without a byte order mark; with one of UTF-16, they are converted to UTF-8."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[2:].decode(encoding, "replace").encode("utf-8")
    return data.removeprefix(b"\xef\xbb\xbf")


def _is_utf8(text: str) -> bool:
    try:
        text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
