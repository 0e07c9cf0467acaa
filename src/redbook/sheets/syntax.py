"""A cue sheet's text as a value: what each line says, before it is interpreted.

A line is a command; blanks before it mean nothing, and the command may be in any case. The grammar is that of
CDRWIN's guide, extended with what programs are known to write: see docs/sheets.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from redbook.disc import MOST_INDEXES, MOST_TRACKS, SAMPLES_PER_SECTOR, Msf
from redbook.disc.cd_text import PackType
from redbook.sheets.codes import read_isrc, read_mcn
from redbook.sheets.options import Notebook, SheetOptions, shown
from redbook.sheets.sheet import RAW_TYPES, SOUND_TYPES, Mark, Sheet, SheetFile, SheetTrack
from redbook.sheets.text_fields import TEXT_FIELDS
from redbook.sheets.text_packs import PACKS_SUM

MOST_LINES = 50_000
"""Far more than a disc of 99 tracks with 99 indexes each needs."""

MOST_FILES = 10_000
"""A disc has no more places than 99 tracks of 99 indexes."""

FLAGS = frozenset(("DCP", "4CH", "PRE", "SCMS", "DATA"))

_OF_THE_DISC = frozenset((PackType.GENRE, PackType.DISC_ID, PackType.CODE))
_IN_REMARKS = frozenset(("COMPOSER", "ARRANGER", "GENRE"))
_LONGEST_TEXT = 160  # characters; Sony's sheet for CD-Text

_BLANKS = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + "\0\x1a\ufeff"
"""Also the character that ended a file under DOS, and byte order marks of sheets that were joined."""

_TIME = re.compile(r"([0-9]{1,3}):([0-9]{1,2})[:.]([0-9]{1,3})")


def lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines, numbered from 1, whatever ends them; without blanks around them, and without empty ones."""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        stripped = line.strip(_BLANKS)
        if stripped:
            yield number, stripped


def split_word(line: str) -> tuple[str, str]:
    """The command in upper case, and what follows it."""
    parts = line.split(None, 1)
    return parts[0].upper(), parts[1].strip(_BLANKS) if len(parts) > 1 else ""


def quoted(rest: str) -> tuple[str, str, bool]:
    """A text, what follows it, and whether it was in quotation marks; it ends at the last one in the line."""
    if not rest.startswith('"'):
        return rest, "", False
    end = rest.rfind('"')
    if end == 0:
        return rest[1:], "", True
    return rest[1:end], rest[end + 1 :].strip(_BLANKS), True


_FILE_LINE = re.compile(r"(?:\A|[\r\n])(?:\ufeff|[^\S\r\n])*FILE[^\S\r\n]([^\r\n]*)", re.IGNORECASE)


def file_names(text: str, most: int) -> list[str]:
    """The names in FILE lines, once each: a quick look before the sheet is read."""
    names: dict[str, None] = {}
    for found in _FILE_LINE.finditer(text):
        names[file_and_kind(found[1].strip(_BLANKS))[0]] = None
        if len(names) >= most:
            break
    return list(names)


def file_and_kind(rest: str) -> tuple[str, str]:
    """Name and type after the word FILE."""
    name, kind, in_marks = quoted(rest)
    if not in_marks:
        head, _, last = rest.rpartition(" ") if " " in rest else rest.rpartition("\t")
        if head.strip(_BLANKS) and (last.upper() in SOUND_TYPES or last.upper() in RAW_TYPES):
            return head.strip(_BLANKS), last.upper()
    return name, kind.upper()


def parse(text: str, notes: Notebook, options: SheetOptions, own_file: str = "") -> Sheet:
    """Read what a sheet says.

    own_file  the file around a sheet inside a sound file, whatever its FILE line names

    raises  SheetError  for a line that makes no sense
    """
    parser = _Parser(notes, options, own_file)
    for count, (number, line) in enumerate(lines(text)):
        if count >= MOST_LINES:
            raise notes.error(f"this is not a cue sheet: it has more than {MOST_LINES} lines", number)
        parser.take(number, line)
    return parser.finish()


class _Parser:
    def __init__(self, notes: Notebook, options: SheetOptions, own_file: str) -> None:
        self._notes = notes
        self._options = options
        self._own_file = own_file
        self._sheet = Sheet([SheetFile(own_file)] if own_file else [])
        self._track: SheetTrack | None = None
        self._session = 1
        self._remark_texts: list[tuple[SheetTrack | None, PackType, str, int]] = []
        self._unused_remarks: dict[str, int] = {}
        self._own_file_line = 0
        self._line = 0
        self._word = ""
        self._commands: dict[str, Callable[[str], None]] = {
            "CATALOG": self._catalog,
            "CDTEXTFILE": self._cdtextfile,
            "FILE": self._file,
            "TRACK": self._take_track,
            "INDEX": self._index,
            "PREGAP": self._pregap,
            "POSTGAP": self._postgap,
            "FLAGS": self._flags,
            "ISRC": self._isrc,
            "REM": self._rem,
            **dict.fromkeys(TEXT_FIELDS, self._text),
        }

    def take(self, number: int, line: str) -> None:
        if line[0] in ";#":
            return
        self._line = number
        self._word, rest = split_word(line)
        command = self._commands.get(self._word)
        if command is None:
            self._note(f"{shown(self._word)} is not a cue sheet command; the line is ignored")
        else:
            command(rest)

    def finish(self) -> Sheet:
        sheet = self._sheet
        if not sheet.tracks:
            what = "there is no TRACK in it" if sheet.files else "there is neither FILE nor TRACK in it"
            raise self._notes.error(f"this cue sheet cannot be burned: {what}")
        for track, kind, text, line in self._remark_texts:
            texts = track.texts if track else sheet.texts
            if not texts.get(kind):
                self._keep_text(track, kind, text, line)
        if self._unused_remarks:
            named = ", ".join(f"REM {shown(word)}" for word in list(self._unused_remarks)[:10])
            more = ", …" if len(self._unused_remarks) > 10 else ""
            line = next(iter(self._unused_remarks.values()))
            self._notes.remark(f"remarks are not burned: {named}{more}", line)
        return sheet

    def _note(self, text: str) -> None:
        self._notes.note(text, self._line)

    def _refuse(self, text: str) -> Exception:
        return self._notes.error(text, self._line)

    # files and tracks

    def _file(self, rest: str) -> None:
        sheet = self._sheet
        name, kind = file_and_kind(rest)
        if self._own_file:
            if self._own_file_line:
                raise self._refuse(
                    "the sheet inside this file names a second file, so it is not a sheet of this one; "
                    "use a sheet of its own"
                )
            self._own_file_line = self._line
            return
        if not name:
            raise self._refuse("FILE names no file")
        if len(sheet.files) >= MOST_FILES:
            raise self._refuse(f"the sheet has more than {MOST_FILES} FILE lines")
        if not kind:
            self._note(f"FILE gives no type for {shown(name)}; the content decides")
        elif kind not in SOUND_TYPES and kind not in RAW_TYPES:
            self._note(f"{shown(kind)} is not a known file type; the content decides")
        sheet.files.append(SheetFile(name, kind, self._line))

    def _take_track(self, rest: str) -> None:
        words = rest.split()
        digits = words[0] if words else ""
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 4):
            raise self._refuse(f'TRACK needs a number and a mode, as in "TRACK 01 AUDIO", not {shown(rest)}')
        number = int(digits)
        if number > MOST_TRACKS:
            raise self._refuse(f"track {number}: a disc has {MOST_TRACKS} tracks at most")
        if len(words) < 2:
            raise self._refuse(f'track {number} has no mode; for music write "TRACK {digits} AUDIO"')
        if len(words) > 2:
            self._note(f"what follows the mode of track {number} is ignored: {shown(' '.join(words[2:]))}")
        before = self._sheet.tracks[-1].number if self._sheet.tracks else -1
        if number <= before:
            raise self._refuse(f"track {number} comes after track {before}; numbers must go up")
        self._track = SheetTrack(
            number, words[1].upper(), self._line, self._session, len(self._sheet.files) - 1
        )
        self._sheet.tracks.append(self._track)

    def _in_track(self) -> SheetTrack:
        if self._track is None:
            raise self._refuse(f"{self._word} comes before the first TRACK")
        return self._track

    # times

    def _index(self, rest: str) -> None:
        track = self._in_track()
        words = rest.split(None, 1)
        digits = words[0] if words else ""
        if not (digits.isascii() and digits.isdigit() and int(digits[:4]) <= MOST_INDEXES):
            raise self._refuse(
                f'INDEX needs a number from 0 to 99 and a time, as in "INDEX 01 00:00:00", not {shown(rest)}'
            )
        index = int(digits)
        written, samples = self._time(words[1] if len(words) > 1 else "")
        if not self._sheet.files:
            raise self._refuse(f"INDEX {index:02d} of track {track.number} comes before any FILE")
        last = track.marks[-1].index if track.marks else -1
        if index <= last:
            raise self._refuse(f"track {track.number}: INDEX {index:02d} comes after INDEX {last:02d}")
        mark = Mark(index, len(self._sheet.files) - 1, samples, written, self._line, track.silence)
        track.silence = 0
        track.marks.append(mark)

    def _pregap(self, rest: str) -> None:
        track = self._in_track()
        _, samples = self._time(rest)
        if track.marks and track.marks[-1].index > 0:
            raise self._refuse(
                f"track {track.number}: PREGAP comes after INDEX {track.marks[-1].index:02d}; it must come "
                "before the track's INDEX 01"
            )
        if track.silence_line:
            raise self._refuse(f"track {track.number} has a second PREGAP")
        if track.marks:
            self._note(f"track {track.number}: PREGAP comes after INDEX 00; the silence goes before INDEX 01")
        track.silence, track.silence_line = samples, self._line

    def _postgap(self, rest: str) -> None:
        track = self._in_track()
        _, samples = self._time(rest)
        if track.postgap:
            raise self._refuse(f"track {track.number} has a second POSTGAP")
        track.postgap = samples

    def _time(self, rest: str) -> tuple[str, int]:
        """A time as it is written, and in samples."""
        words = rest.replace('"', "").split(None, 1)
        written = words[0] if words else ""
        form = _TIME.fullmatch(written)
        if form is None:
            raise self._refuse(
                f"{shown(written) or 'nothing'} is not a time; a time is minutes:seconds:frames, as in "
                "03:25:40"
            )
        minute, second, frame = map(int, form.groups())
        if second > 59:
            raise self._refuse(f"{written}: seconds go up to 59")
        if frame > 74:
            right = f"{minute:02d}:{second:02d}:{frame * 3 // 4:02d}"
            cure = f"; if {frame} means hundredths of a second, write {right}" if frame < 100 else ""
            raise self._refuse(f"{written}: frames go up to 74, because a second has 75{cure}")
        if len(words) > 1 and words[1][0] not in ";#":
            self._note(f"what follows the time {written} is ignored: {shown(words[1])}")
        return written, Msf(minute, second, frame).sectors * SAMPLES_PER_SECTOR

    # flags and codes

    def _flags(self, rest: str) -> None:
        if self._track is None:
            self._note("FLAGS comes before the first TRACK and is ignored")
            return
        for flag in rest.upper().replace('"', "").replace(",", " ").split():
            if flag == "DATA" and self._track.is_audio:
                raise self._refuse(
                    f"track {self._track.number} is AUDIO and flagged as DATA; one of the two is wrong"
                )
            if flag in FLAGS:
                self._track.flags.add(flag)
            else:
                self._note(f"track {self._track.number}: {shown(flag)} is not a known flag; it is ignored")

    def _isrc(self, rest: str) -> None:
        if self._track is None:
            self._note(f"ISRC {shown(rest)} comes before the first TRACK and is ignored")
            return
        code = read_isrc(quoted(rest)[0])
        if code is None:
            self._note(
                f"track {self._track.number}: {shown(rest)} is not an ISRC (two letters, three letters or "
                "digits, seven digits); it is not burned"
            )
            return
        if self._track.isrc and code and code != self._track.isrc:
            self._note(f"track {self._track.number} has a second ISRC; {code} replaces the first")
        self._track.isrc = code or self._track.isrc

    def _catalog(self, rest: str) -> None:
        code, note = read_mcn(quoted(rest)[0], self._options.keep_mcn)
        if note:
            self._note(note)
        if code and self._sheet.mcn not in ("", code):
            self._note(f"a second CATALOG, {code}, is ignored; {self._sheet.mcn} is burned")
        self._sheet.mcn = self._sheet.mcn or code

    def _cdtextfile(self, rest: str) -> None:
        name = quoted(rest)[0]
        if self._sheet.packs_file is not None:
            self._note(f"a second CDTEXTFILE, {shown(name)}, is ignored")
        elif name:
            self._sheet.packs_file = name, self._line

    # texts and remarks

    def _text(self, rest: str) -> None:
        text, behind, _ = quoted(rest)
        if behind:
            self._note(f"what follows the last quotation mark is ignored: {shown(behind)}")
        self._keep_text(self._track, TEXT_FIELDS[self._word], text, self._line)

    def _keep_text(self, track: SheetTrack | None, kind: PackType, text: str, line: int) -> None:
        text = text.replace('\\"', '"').strip(_BLANKS)
        where = f"of track {track.number}" if track else "of the disc"
        name = next(word for word, of in TEXT_FIELDS.items() if of == kind)
        if not text:
            return
        if track and kind in _OF_THE_DISC:
            self._notes.note(f"{name} {where} is not burned: only a disc has one", line)
            return
        if not all(c.isprintable() for c in text):
            text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
            self._notes.note(f"{name} {where}: control characters became spaces", line)
        if len(text) > _LONGEST_TEXT:
            text = text[:_LONGEST_TEXT].rstrip()
            self._notes.note(f"{name} {where} is cut to {_LONGEST_TEXT} characters", line)
        if not text:
            return
        texts = track.texts if track else self._sheet.texts
        if texts.get(kind, text) != text:
            self._notes.note(f"a second {name} {where}: {shown(text)} replaces the first", line)
        texts[kind] = text

    def _rem(self, rest: str) -> None:
        word, rest = split_word(rest) if rest else ("", "")
        text = quoted(rest)[0].strip(_BLANKS)
        if word in _IN_REMARKS and not (word == "GENRE" and self._track):
            self._remark_texts.append((self._track, TEXT_FIELDS[word], text, self._line))
        elif word == "SESSION" and text.isascii() and text.isdigit() and len(text) < 4:
            self._session = int(text)
        elif word == "DISCID" and re.fullmatch(r"(0x)?[0-9A-Fa-f]{8}", text):
            self._sheet.freedb_id = text[-8:].lower(), self._line
        elif word == "ACCURATERIPID" and re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{8}){2}", text):
            self._sheet.accuraterip_id = text.lower(), self._line
        elif word == PACKS_SUM and re.fullmatch(r"[0-9A-Fa-f]{64}", text):
            self._sheet.packs_sum = text.lower()
        elif word == "FLAC__LEAD-OUT" and re.fullmatch(r"[0-9]{1,3}\s+[0-9]{1,18}", text):
            self._sheet.lead_out, self._sheet.lead_out_line = int(text.split()[1]), self._line
        elif word not in ("", "FLAC__LEAD-IN"):
            self._unused_remarks.setdefault(word, self._line)
