"""What a cdrdao TOC file says, statement by statement, before it is interpreted.

    toc    = { CATALOG "13 digits" | CD_DA | CD_ROM | CD_ROM_XA | CD_I | FIRST_TRACK_NO n } [texts] track+
    texts  = CD_TEXT { [LANGUAGE_MAP { n : code .. }] { LANGUAGE n { [ENCODING_x] item .. } } }
    item   = NAME ( "text" | { byte, byte .. } )
    track  = TRACK AUDIO { ISRC "12" | [NO] COPY | [NO] PRE_EMPHASIS
             | TWO_CHANNEL_AUDIO | FOUR_CHANNEL_AUDIO } [texts]
             [PREGAP time] ( part | START [time] | END [time] )+ { INDEX time }
    part   = (FILE | AUDIOFILE) "name" [SWAP] [#bytes] length [length] | SILENCE length | ZERO [AUDIO] bytes
    length = time, or a number of samples;   time = mm:ss:ff

Source: cdrdao's grammar (trackdb/TocParser.g), of 1.2.4 and later, and its manual page.
"""

from __future__ import annotations

from dataclasses import field

from redbook.disc import MOST_INDEXES, MOST_TRACKS, SAMPLE_BYTES, SAMPLES_PER_SECTOR
from redbook.disc.cd_text import language_code
from redbook.disc.cd_text.packs import ASCII, ISO_8859_1, KOREAN, MANDARIN, MS_JIS
from redbook.records import dataclass
from redbook.sheets.toc_tokens import Kind, Quoted, Token, Words

MOST_LANGUAGES = 8
MOST_PARTS = 10_000
"""For all tracks together: a disc has no more than 9801 places."""
_MOST_PACK_BYTES = 256 * 12
_SESSION_FORMATS = ("CD_DA", "CD_ROM", "CD_ROM_XA", "CD_I")
_DATA_MODES = (
    *("MODE0", "MODE1", "MODE1_RAW", "MODE2", "MODE2_RAW", "MODE2_FORM1", "MODE2_FORM2", "MODE2_FORM_MIX"),
)
_ITEMS = frozenset(
    (
        *("TITLE", "PERFORMER", "SONGWRITER", "COMPOSER", "ARRANGER", "MESSAGE", "DISC_ID", "GENRE"),
        *("TOC_INFO1", "TOC_INFO2", "RESERVED1", "RESERVED2", "RESERVED3", "RESERVED4", "CLOSED"),
        *("UPC_EAN", "ISRC", "SIZE_INFO"),
    )
)
_ENCODINGS = {
    "ENCODING_ISO_8859_1": ISO_8859_1,
    "ENCODING_ASCII": ASCII,
    "ENCODING_MS_JIS": MS_JIS,
    "ENCODING_KOREAN": KOREAN,
    "ENCODING_MANDARIN": MANDARIN,
}
_LANGUAGE_WORDS = {
    word: language_code(name)
    for word, name in (
        *(("EN", "English"), ("DE", "German"), ("FR", "French"), ("ES", "Spanish"), ("IT", "Italian")),
        *(("NL", "Dutch"), ("PT", "Portuguese"), ("SV", "Swedish"), ("RU", "Russian"), ("KO", "Korean")),
        *(("JA", "Japanese"), ("ZH", "Chinese")),
    )
}
"""Only EN is one of cdrdao's own words; the others are formed in the same way."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A run of samples in a file.  samples: None for the rest; offset: of the statement in the TOC file"""

    name: Quoted
    swap: bool
    skipped_bytes: int
    first: int
    samples: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class SilencePart:
    samples: int
    offset: int


@dataclass(frozen=True, slots=True)
class Mark:
    """START, END or INDEX.  samples: None if it means the length of all parts so far"""

    samples: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class TextItem:
    """One text of one language; bytes if it was given in numbers."""

    language: int
    name: str
    value: Quoted | bytes
    offset: int


@dataclass(slots=True)
class TrackStatement:
    """A TRACK statement.

    parts_before_start, parts_before_end  the number of parts before START or END; without a time, these mean
                                          the length of those parts
    """

    offset: int
    isrc: Quoted | None = None
    copy: bool = False
    pre_emphasis: bool = False
    four_channels: bool = False
    texts: list[TextItem] = field(default_factory=list)
    parts: list[FilePart | SilencePart] = field(default_factory=list)
    start: Mark | None = None
    parts_before_start: int = 0
    end: Mark | None = None
    parts_before_end: int = 0
    indexes: list[Mark] = field(default_factory=list)


@dataclass(slots=True)
class TocStatements:
    """Everything in a TOC file.

    languages       codes of EBU Tech 3264, by number
    character_sets  codes as in the size information of CD-Text, by number
    """

    session_format: str = ""
    format_offset: int = 0
    catalog: Quoted | None = None
    first_track: int = 1
    first_track_offset: int = 0
    languages: dict[int, int] = field(default_factory=dict)
    character_sets: dict[int, int] = field(default_factory=dict)
    texts: list[TextItem] = field(default_factory=list)
    tracks: list[TrackStatement] = field(default_factory=list)
    remarks: list[tuple[str, int]] = field(default_factory=list)
    """What was given twice or means nothing, with its offset."""


def parse(words: Words, audio_only: bool = False) -> TocStatements:
    """Read a TOC file.  audio_only: leave out data tracks before or after all audio, with a remark

    raises  SheetError  with line and column
    """
    return _Parser(words, audio_only).toc()


class _Parser:
    def __init__(self, words: Words, audio_only: bool) -> None:
        self._words = words
        self._audio_only = audio_only
        self._data: list[int] = []  # numbers of data tracks that are left out
        self._toc = TocStatements()
        self._parts_read = 0

    # ---- small things

    def _is(self, *names: str) -> bool:
        token = self._words.next
        return token.kind in (Kind.WORD, Kind.MARK) and token.text in names

    def _accept(self, *names: str) -> Token | None:
        return self._words.take() if self._is(*names) else None

    def _expect(self, name: str, where: str) -> Token:
        if not self._is(name):
            raise self._missing(name, where)
        return self._words.take()

    def _missing(self, what: str, where: str) -> Exception:
        return self._words.wrong(f"{where} takes {what}, not {self._words.next.shown}")

    def _string(self, where: str) -> Quoted:
        token = self._words.next
        if token.quoted is None:
            raise self._missing("a string in quotation marks", where)
        self._words.take()
        return token.quoted

    def _number(self, where: str, what: str = "a number") -> int:
        if self._words.next.kind is not Kind.NUMBER:
            raise self._missing(what, where)
        return int(self._words.take().text)

    def _time(self, where: str) -> int:
        """Read mm:ss:ff; returns samples."""
        return self._behind_minutes(self._words.next.offset, self._number(where, "mm:ss:ff"), where)

    def _behind_minutes(self, offset: int, minutes: int, where: str) -> int:
        fields = [minutes]
        for _ in range(2):
            self._expect(":", f"{where}, in mm:ss:ff,")
            fields.append(self._number(where, "mm:ss:ff"))
        shown = ":".join(f"{value:02d}" for value in fields)
        if fields[1] > 59 or fields[2] > 74:
            what = f"{fields[1]} seconds" if fields[1] > 59 else f"{fields[2]} frames"
            limit = "seconds go from 0 to 59" if fields[1] > 59 else "a second has 75 frames"
            raise self._words.wrong(f"{where} {shown}: {what} are impossible: {limit}", offset)
        return ((fields[0] * 60 + fields[1]) * 75 + fields[2]) * SAMPLES_PER_SECTOR

    def _length(self, where: str) -> int:
        """Read mm:ss:ff or a whole number of samples; returns samples."""
        offset = self._words.next.offset
        value = self._number(where, "mm:ss:ff or a number of samples")
        if self._is(":"):
            return self._behind_minutes(offset, value, where)
        return value

    # ---- the header

    def toc(self) -> TocStatements:
        self._header()
        if self._is("CD_TEXT"):
            self._toc.texts = self._cd_text(0)
        while self._is("TRACK"):
            if len(self._toc.tracks) == MOST_TRACKS:
                raise self._words.wrong(f"more than {MOST_TRACKS} tracks; a CD holds {MOST_TRACKS} at most")
            track = self._track()
            if track is not None:
                self._toc.tracks.append(track)
        if self._words.next.kind is not Kind.END:
            raise self._words.wrong(self._out_of_place())
        if not self._toc.tracks:
            none = (
                "all tracks of this TOC file are data" if self._data else "there is no TRACK in this TOC file"
            )
            raise self._words.wrong(none)
        return self._toc

    def _out_of_place(self) -> str:
        shown = self._words.next.shown
        if not self._toc.tracks:
            return f"{shown} is not allowed here; a TOC file begins with CATALOG, CD_DA, CD_TEXT or TRACK"
        number = len(self._toc.tracks)
        if self._words.next.text in ("ISRC", "COPY", "NO", "PRE_EMPHASIS", "CD_TEXT", "PREGAP"):
            return f"{shown} of track {number} must come before the track's first FILE or SILENCE"
        if self._words.next.text in ("FILE", "AUDIOFILE", "SILENCE", "ZERO", "START", "END"):
            return f"{shown} of track {number} must come before the track's first INDEX"
        return f"{shown} is not allowed here, in track {number}"

    def _header(self) -> None:
        toc = self._toc
        while token := self._accept("CATALOG", "FIRST_TRACK_NO", *_SESSION_FORMATS):
            if token.text == "CATALOG":
                if toc.catalog is not None:
                    toc.remarks.append(("CATALOG is given twice; this one is used", token.offset))
                toc.catalog = self._string("CATALOG")
            elif token.text == "FIRST_TRACK_NO":
                toc.first_track = self._number("FIRST_TRACK_NO")
                toc.first_track_offset = token.offset
            else:
                if toc.session_format not in ("", token.text):
                    toc.remarks.append((f"{token.text} replaces {toc.session_format}", token.offset))
                toc.session_format, toc.format_offset = token.text, token.offset

    # ---- texts

    def _cd_text(self, track: int) -> list[TextItem]:
        self._expect("CD_TEXT", "this place")
        self._expect("{", "CD_TEXT")
        if not track and self._accept("LANGUAGE_MAP"):
            self._language_map()
        items: list[TextItem] = []
        while self._accept("LANGUAGE"):
            items += self._language()
        self._expect("}", "CD_TEXT, after its contents,")
        return items

    def _language_map(self) -> None:
        self._expect("{", "LANGUAGE_MAP")
        while not self._accept("}"):
            number = self._language_number("LANGUAGE_MAP")
            offset = self._words.next.offset
            self._expect(":", "LANGUAGE_MAP, after the number of a language,")
            if self._words.next.kind is Kind.NUMBER:
                code = self._number("LANGUAGE_MAP")
                if code > 255:
                    raise self._words.wrong(f"{code} is not a language code; they go from 0 to 255", offset)
            elif self._words.next.text in _LANGUAGE_WORDS:
                code = _LANGUAGE_WORDS[self._words.take().text]
            else:
                raise self._missing("the code of a language, as 9 or EN", "LANGUAGE_MAP")
            if number in self._toc.languages:
                raise self._words.wrong(f"language {number} is mapped twice", offset)
            self._toc.languages[number] = code

    def _language_number(self, where: str) -> int:
        offset = self._words.next.offset
        number = self._number(where, "the number of a language")
        if number >= MOST_LANGUAGES:
            raise self._words.wrong(
                f"language {number} is impossible; languages are numbered from 0 to 7", offset
            )
        return number

    def _language(self) -> list[TextItem]:
        number = self._language_number("LANGUAGE")
        self._expect("{", "LANGUAGE")
        items = []
        while not self._accept("}"):
            token = self._words.next
            if self._accept(*_ENCODINGS):
                self._toc.character_sets[number] = _ENCODINGS[token.text]
            elif token.kind is Kind.WORD and token.text in _ITEMS:
                self._words.take()
                value = self._bytes() if self._is("{") else self._string(token.text)
                items.append(TextItem(number, token.text, value, token.offset))
            elif token.kind is Kind.WORD:
                raise self._words.wrong(f"{token.shown} is not a CD-Text field")
            else:
                raise self._missing("fields as TITLE, or }", f"LANGUAGE {number}")
        return items

    def _bytes(self) -> bytes:
        self._expect("{", "this field")
        found = bytearray()
        while not self._accept("}"):
            if found:
                self._expect(",", "a list of bytes, between two of them,")
            offset = self._words.next.offset
            value = self._number("a row of bytes", "numbers from 0 to 255")
            if value > 255:
                raise self._words.wrong(f"{value} is not a byte; bytes go from 0 to 255", offset)
            if len(found) == _MOST_PACK_BYTES:
                raise self._words.wrong(
                    f"more than {_MOST_PACK_BYTES} bytes for one field of CD-Text", offset
                )
            found.append(value)
        return bytes(found)

    # ---- tracks

    def _track(self) -> TrackStatement | None:
        """Read a track; None for a data track that is left out."""
        number = len(self._toc.tracks) + len(self._data) + 1
        track = TrackStatement(self._words.take().offset)
        if not self._accept("AUDIO"):
            if self._is(*_DATA_MODES):
                self._pass_over(number)
                return None
            raise self._missing("AUDIO", f"TRACK, of track {number},")
        if self._toc.tracks and self._data and self._data[-1] == number - 1:
            raise self._words.wrong(
                f"track {number - 1} is data between audio tracks; without it the audio tracks would no "
                "longer follow each other as they did, so it cannot be left out",
                track.offset,
            )
        number = len(self._toc.tracks) + 1
        if self._is("RW", "RW_RAW"):
            raise self._words.wrong(
                f"track {number} comes with its own sub-channel ({self._words.next.text}), "
                "which redbook does not burn; leave the word out to burn the audio"
            )
        self._flags(track, number)
        if self._is("CD_TEXT"):
            track.texts = self._cd_text(number)
        if token := self._accept("PREGAP"):
            samples = self._time("PREGAP")
            if samples:
                track.parts.append(SilencePart(samples, token.offset))
                track.start, track.parts_before_start = Mark(None, token.offset), 1
            else:
                self._toc.remarks.append(("PREGAP 00:00:00 is not a pregap", token.offset))
        self._parts(track, number)
        while token := self._accept("INDEX"):
            if len(track.indexes) == MOST_INDEXES - 1:
                text = f"track {number} has more than {MOST_INDEXES} indexes"
                raise self._words.wrong(text, token.offset)
            track.indexes.append(Mark(self._time("INDEX"), token.offset))
        return track

    def _pass_over(self, number: int) -> None:
        """Leave out a data track, up to the next track.  raises  SheetError  unless with `audio_only`"""
        token = self._words.take()
        what = f"track {number} is a data track ({token.text})"
        if not self._audio_only:
            raise self._words.wrong(
                f"{what}; redbook burns audio only. --audio-only leaves data tracks out", token.offset
            )
        self._toc.remarks.append((f"{what}, and is left out", token.offset))
        self._data.append(number)
        while not self._is("TRACK") and self._words.next.kind is not Kind.END:
            self._words.take()

    def _flags(self, track: TrackStatement, number: int) -> None:
        while token := self._accept(
            "ISRC", "NO", "COPY", "PRE_EMPHASIS", "TWO_CHANNEL_AUDIO", "FOUR_CHANNEL_AUDIO"
        ):
            if token.text == "ISRC":
                if track.isrc is not None:
                    text = f"track {number} has two ISRC statements; this one is used"
                    self._toc.remarks.append((text, token.offset))
                track.isrc = self._string("ISRC")
                continue
            if token.text == "NO" and not self._is("COPY", "PRE_EMPHASIS"):
                raise self._missing("COPY or PRE_EMPHASIS", "NO")
            name = self._words.take().text if token.text == "NO" else token.text
            if name == "COPY":
                track.copy = token.text != "NO"
            elif name == "PRE_EMPHASIS":
                track.pre_emphasis = token.text != "NO"
            else:
                track.four_channels = name == "FOUR_CHANNEL_AUDIO"

    def _parts(self, track: TrackStatement, number: int) -> None:
        anything = False
        while token := self._accept(
            "FILE", "AUDIOFILE", "SILENCE", "ZERO", "START", "END", "FIFO", "DATAFILE"
        ):
            anything = True
            self._parts_read += 1
            if self._parts_read > MOST_PARTS:
                raise self._words.wrong(f"more than {MOST_PARTS} files and silences", token.offset)
            if token.text in ("FIFO", "DATAFILE"):
                why = "a FIFO cannot be read twice" if token.text == "FIFO" else "that is data, not audio"
                raise self._words.wrong(f"{token.text} in track {number}: {why}", token.offset)
            if token.text in ("FILE", "AUDIOFILE"):
                track.parts.append(self._file(token))
            elif token.text in ("SILENCE", "ZERO"):
                track.parts.append(self._silence(token, number))
            else:
                self._mark(track, token, number)
        if not anything:
            where = f"track {number}, begun in line {self._words.line(track.offset)},"
            raise self._missing("FILE or SILENCE", where)

    def _file(self, token: Token) -> FilePart:
        name = self._string(token.text)
        swap = self._accept("SWAP") is not None
        skipped = self._number("#", "a number of bytes") if self._accept("#") else 0
        first = self._length(f"{token.text}, after the name,")
        samples = self._length(token.text) if self._words.next.kind is Kind.NUMBER else 0
        return FilePart(name, swap, skipped, first, samples or None, token.offset)

    def _silence(self, token: Token, number: int) -> SilencePart:
        if token.text == "SILENCE":
            samples = self._length("SILENCE")
        else:
            if self._is(*_DATA_MODES, "RW", "RW_RAW"):
                what = self._words.next.text
                raise self._words.wrong(f"ZERO {what} in track {number}: that is data, not audio")
            self._accept("AUDIO")
            offset = self._words.next.offset
            value = self._number("ZERO", "mm:ss:ff or a number of bytes")
            if self._is(":"):
                samples = self._behind_minutes(offset, value, "ZERO")
            elif value % SAMPLE_BYTES:
                raise self._words.wrong(
                    f"ZERO {value}: this must be the bytes of whole samples, 4 each", offset
                )
            else:
                samples = value // SAMPLE_BYTES
        if not samples:
            self._toc.remarks.append((f"{token.text} of length 0 is not allowed", token.offset))
        return SilencePart(samples, token.offset)

    def _mark(self, track: TrackStatement, token: Token, number: int) -> None:
        samples = self._time(token.text) if self._words.next.kind is Kind.NUMBER else None
        mark = Mark(samples, token.offset)
        if token.text == "START":
            if track.start is not None:
                text = f"track {number} already has its start (the end of the pregap)"
                raise self._words.wrong(text, token.offset)
            track.start, track.parts_before_start = mark, len(track.parts)
        else:
            if track.end is not None:
                text = f"track {number} already has its end (the start of the postgap)"
                raise self._words.wrong(text, token.offset)
            track.end, track.parts_before_end = mark, len(track.parts)
