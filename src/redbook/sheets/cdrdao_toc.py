"""A cdrdao TOC file becomes a program.

A TOC file is an exact instruction, in samples, and its borders are kept. As in cdrdao, a track that is not a
whole number of sectors is padded with silence before the next one; a note says so if this may tear the music.
Marks (START, INDEX, END) are at whole sectors of their track, so they need not be where a file begins.

Source: cdrdao's manual page and sources (trackdb).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from redbook.audio.glimpse import RoundedLength
from redbook.audio.sounds import VIDEO_SUFFIXES, begins_like_sound, is_sound_name
from redbook.audio.source import Source
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.disc import MOST_INDEXES, SAMPLE_BYTES, SAMPLES_PER_SECTOR
from redbook.disc.numbers import duration
from redbook.errors import AudioError
from redbook.sheets.codes import read_isrc, read_mcn
from redbook.sheets.options import DEFAULTS, Notebook, SheetOptions, shown
from redbook.sheets.reading import read_bytes
from redbook.sheets.sheet_files import SheetFiles, TwoFiles
from redbook.sheets.sources import LengthOf
from redbook.sheets.toc_grammar import FilePart, Mark, SilencePart, TocStatements, TrackStatement, parse
from redbook.sheets.toc_texts import texts_of
from redbook.sheets.toc_tokens import MOST_BYTES, Quoted, Words


def read_toc(path: Path, name: str, length_of: LengthOf, options: SheetOptions = DEFAULTS) -> Program:
    """The program that a TOC file asks for.

    name       of the file as the user gave it, for messages
    length_of  returns the length of a source

    raises  SheetError  with line and column, for what cannot be read, for what redbook does not burn, and
                        for files that are missing, or shorter than the TOC file says
    """
    notes = Notebook(name, options.strict)
    data = read_bytes(path, MOST_BYTES, notes)
    try:
        "".encode(options.encoding or "ascii")
    except (LookupError, UnicodeError) as error:
        raise notes.error(f"{shown(options.encoding)} is not a text encoding (--cue-encoding)") from error
    words = Words(data, notes)
    return _Reader(
        words, parse(words, options.audio_only), SheetFiles(path), path.parent, length_of, options
    ).program()


class _Reader:
    def __init__(
        self,
        words: Words,
        toc: TocStatements,
        files: SheetFiles,
        folder: Path,
        length_of: LengthOf,
        options: SheetOptions,
    ) -> None:
        self._words = words
        self._toc = toc
        self._files = files
        self._folder = folder
        self._length_of = length_of
        self._options = options
        self._sources: dict[tuple[Path, str], int] = {}
        self._ends_joined = False
        """Whether the previous track ends with a file at another rate, at the end of a sector."""
        self._names: list[str] = []
        self._lengths: list[int | None] = []
        self._found: dict[bytes, tuple[str, Path, bool]] = {}

    def _note(self, text: str, offset: int) -> None:
        self._words.notes.note(text, self._words.line(offset))

    def program(self) -> Program:
        toc = self._toc
        for text, offset in toc.remarks:
            self._note(text, offset)
        for line in dict.fromkeys(self._words.doubled_backslashes):
            text = "two backslashes are read as one; cdrdao before 1.2.5 reads both"
            self._words.notes.note(text, line)
        self._check_header()
        texts = texts_of(toc, self._words.is_utf8, self._options.encoding, self._note)
        tracks = tuple(
            self._track(number, statement, last=number == len(toc.tracks))
            for number, statement in enumerate(toc.tracks, 1)
        )
        return Program(
            tuple(
                Source(name, path, raw) for (path, raw), name in zip(self._sources, self._names, strict=True)
            ),
            tracks,
            self._mcn(),
            texts,
            notes=tuple(sorted(self._words.notes.notes, key=lambda note: note.line)),
        )

    # ---- the header

    def _check_header(self) -> None:
        toc = self._toc
        if toc.first_track != 1:
            raise self._words.wrong(
                f"FIRST_TRACK_NO {toc.first_track}: redbook's discs begin with track 1",
                toc.first_track_offset,
            )
        if toc.session_format in ("CD_ROM", "CD_I") and not self._options.audio_only:
            raise self._words.wrong(
                f"{toc.session_format} is the format of a disc with data; redbook burns audio only: "
                "write CD_DA if that is what it is, or leave data tracks out (--audio-only)",
                toc.format_offset,
            )
        if toc.session_format == "CD_ROM_XA" and not self._options.audio_only:
            text = "CD_ROM_XA says data or several sessions; all tracks are audio, so it is burned as CD_DA"
            self._note(text, toc.format_offset)

    def _mcn(self) -> str:
        catalog = self._toc.catalog
        if catalog is None:
            return ""
        code, note = read_mcn(catalog.raw.decode("latin-1"), self._options.keep_mcn)
        if note:
            self._note(note, catalog.offset)
        return code

    # ---- tracks

    def _track(self, number: int, statement: TrackStatement, last: bool) -> ProgramTrack:
        pieces, at = [], [0]
        for part in statement.parts:
            piece = self._piece(part, number)
            pieces.append(piece)
            at.append(at[-1] + (piece.samples or 0))
        length = -(-at[-1] // SAMPLES_PER_SECTOR) * SAMPLES_PER_SECTOR
        marks = self._marks(number, statement, at, length)
        if not at[-1]:
            raise self._words.wrong(f"track {number} has no audio", statement.offset)
        open_ends = [
            self._is_open_end(part, piece) for part, piece in zip(statement.parts, pieces, strict=True)
        ]
        off = min(length - at[-1], SAMPLES_PER_SECTOR - (length - at[-1]))
        is_whole = off <= sum(open_ends)  # if those ends are joined with what follows
        begins_joined = self._ends_joined and pieces[0].first == 0 and self._is_rounded(pieces[0])
        self._ends_joined = is_whole and open_ends[-1]
        if at[-1] < length and not last and not is_whole:
            self._tell_fill(number, statement, length - at[-1])
        line = self._words.line(statement.offset)
        segments = self._segments(pieces, marks)
        return ProgramTrack(
            tuple(segments),
            joined=begins_joined,
            isrc=self._isrc(statement, number),
            pre_emphasis=statement.pre_emphasis,
            copy_permitted=statement.copy,
            four_channels=statement.four_channels,
            line=line,
        )

    def _is_rounded(self, piece: Piece) -> bool:
        return piece.source is not None and isinstance(self._lengths[piece.source], RoundedLength)

    def _is_open_end(self, part: FilePart | SilencePart, piece: Piece) -> bool:
        return isinstance(part, FilePart) and part.samples is None and self._is_rounded(piece)

    def _tell_fill(self, number: int, statement: TrackStatement, samples: int) -> None:
        last, following = statement.parts[-1], self._toc.tracks[number].parts[0]
        if isinstance(last, SilencePart) or isinstance(following, SilencePart):
            return  # longer silence does no harm
        ms = samples * 1000 / 44_100
        text = (
            f"track {number} is not a whole number of sectors: {samples} samples of silence ({ms:.1f} ms) "
            f"pad its last one, as cdrdao does; if the music continues into track {number + 1}, let this "
            f"track have the next file's first {samples} samples, too, and track {number + 1} begin after "
            "them"
        )
        self._note(text, last.offset)

    def _marks(
        self, number: int, statement: TrackStatement, at: Sequence[int], length: int
    ) -> list[tuple[int, int, int]]:
        """Index, place in the track in samples, and line of each segment."""
        start = self._place(statement.start, statement.parts_before_start, at)
        if statement.start is not None and start >= length:
            text = f"track {number} starts at {_time(start)}, but is only {_time(length)} long"
            raise self._words.wrong(text, statement.start.offset)
        places = {}
        before = start
        for mark in statement.indexes:
            place = start + (mark.samples or 0)
            if place >= length:
                text = f"INDEX {_time(place - start)} is after the end of track {number}, "
                text += _time(length - start)
                raise self._words.wrong(text, mark.offset)
            if place <= before:
                text = f"INDEX {_time(place - start)} is not after the one before it"
                raise self._words.wrong(text, mark.offset)
            places[place] = mark.offset
            before = place
        if statement.end is not None:
            self._add_end(number, statement, statement.end, at, length, start, places)
        first = [(0, 0, statement.offset)] if start else []
        offset = statement.start.offset if statement.start else statement.offset
        found = [*first, (1, start, offset)]
        found += [(index, place, places[place]) for index, place in enumerate(sorted(places), 2)]
        return [(index, place, self._words.line(offset)) for index, place, offset in found]

    def _add_end(
        self,
        number: int,
        statement: TrackStatement,
        mark: Mark,
        at: Sequence[int],
        length: int,
        start: int,
        places: dict[int, int],
    ) -> None:
        """Add the start of a postgap as one more index, as cdrdao does."""
        end = self._place(mark, statement.parts_before_end, at)
        if end >= length:
            text = f"END {_time(end)}: track {number}, {_time(length)} long, has nothing after it"
            raise self._words.wrong(text, mark.offset)
        if end <= start:
            raise self._words.wrong(f"END {_time(end)} is in the pregap of track {number}", mark.offset)
        if len(places) == MOST_INDEXES - 1 and end not in places:
            text = f"track {number} has more than {MOST_INDEXES} indexes; END is one, too"
            raise self._words.wrong(text, mark.offset)
        places.setdefault(end, mark.offset)

    def _place(self, mark: Mark | None, parts: int, at: Sequence[int]) -> int:
        """The place of START or END in samples; without a time, the next whole sector after those parts."""
        if mark is None:
            return 0
        if mark.samples is not None:
            return mark.samples
        return -(-at[parts] // SAMPLES_PER_SECTOR) * SAMPLES_PER_SECTOR

    def _segments(self, pieces: Sequence[Piece], marks: Sequence[tuple[int, int, int]]) -> list[Segment]:
        """The pieces, cut at the marks."""
        ends = [place for _, place, _ in marks[1:]]
        cut: list[list[Piece]] = [[]]
        at = 0
        for piece in pieces:
            first, left = piece.first, piece.samples or 0
            while left:
                room = ends[len(cut) - 1] - at if len(cut) <= len(ends) else left
                taken = min(left, room)
                if taken:
                    cut[-1].append(Piece(piece.source, first if piece.source is not None else 0, taken))
                first, left, at = first + taken, left - taken, at + taken
                if len(cut) <= len(ends) and at == ends[len(cut) - 1]:
                    cut.append([])
        return [Segment(index, tuple(row), at) for (index, _, at), row in zip(marks, cut, strict=True)]

    def _isrc(self, statement: TrackStatement, number: int) -> str:
        if statement.isrc is None:
            return ""
        written = statement.isrc.raw.decode("latin-1")
        code = read_isrc(written)
        if code is None:
            text = f"track {number}: {shown(written)} is not an ISRC; it is not burned"
            self._note(text, statement.isrc.offset)
        return code or ""

    # ---- files

    def _piece(self, part: FilePart | SilencePart, number: int) -> Piece:
        if isinstance(part, SilencePart):
            return Piece.silence(part.samples)
        name, source = self._source(part, number)
        length = self._lengths[source]
        first = part.first + part.skipped_bytes // SAMPLE_BYTES
        if length is None:
            if part.samples is None:
                text = f"the length of {name} is not known; give the length of the part to use"
                raise self._words.wrong(text, part.offset)
            return Piece(source, first, part.samples)
        more = isinstance(length, RoundedLength)
        if first == length and more and part.samples is None:
            return Piece(source, first, 1)
        if first >= length + more:
            text = f"{name} is used from {_time(first)} on, but is only {_time(length)} long"
            raise self._words.wrong(text, part.offset)
        samples = length - first if part.samples is None else part.samples
        if first + samples > length + more:
            text = f"{name} is used up to {_time(first + samples)}, but is only {_time(length)} long"
            raise self._words.wrong(text, part.offset)
        return Piece(source, first, samples)

    def _source(self, part: FilePart, number: int) -> tuple[str, int]:
        """The file's name, and its place among the sources."""
        if part.name.raw == b"-":
            text = f'track {number}: "-" is standard input, which cannot be read twice; save it to a file'
            raise self._words.wrong(text, part.offset)
        if part.name.raw not in self._found:
            self._found[part.name.raw] = self._find(part)
        name, path, is_sound = self._found[part.name.raw]
        if is_sound and part.swap:
            text = f"SWAP of {shown(name)}: the file itself says in which order its bytes are; leave SWAP out"
            raise self._words.wrong(text, part.offset)
        if part.skipped_bytes and (is_sound or part.skipped_bytes % SAMPLE_BYTES):
            why = "it is not raw audio" if is_sound else f"a sample has {SAMPLE_BYTES} bytes"
            text = f"{shown(name)} cannot be read from byte {part.skipped_bytes} on: {why}"
            raise self._words.wrong(text, part.offset)
        raw = "" if is_sound else "little" if part.swap else "big"
        if (path, raw) not in self._sources:
            self._sources[path, raw] = len(self._sources)
            self._names.append(name)
            try:
                self._lengths.append(self._length_of(Source(name, path, raw)))
            except AudioError as error:
                raise self._words.wrong(str(error), part.offset) from error
        return shown(name), self._sources[path, raw]

    def _find(self, part: FilePart) -> tuple[str, Path, bool]:
        """The file's name, its path, and whether it is a sound file, not raw audio.

        cdrdao looks in the current folder, then beside the TOC file; here, the file beside it comes first.
        """
        names = list(dict.fromkeys((os.fsdecode(part.name.raw), self._decoded(part.name))))
        for name in names:
            beside, here = self._folder / name, Path(name)
            if _is_there(beside):
                if _is_there(here) and not here.samefile(beside):
                    text = (
                        f"{shown(name)} beside the sheet is used; cdrdao uses the one in the current folder"
                    )
                    self._note(text, part.offset)
                return name, beside, self._is_sound(beside, part)
            if _is_there(here):
                text = f"{shown(name)} is taken from the current folder; there is none beside the sheet"
                self._note(text, part.offset)
                return name, here, self._is_sound(here, part)
        return self._find_like(names, part)

    def _find_like(self, names: list[str], part: FilePart) -> tuple[str, Path, bool]:
        """Find a file as for cue sheets: with another case, another ending and so on."""
        for name in names:
            try:
                found = self._files.find(name)
            except TwoFiles as error:
                text = f"{shown(name)} may mean any of {error}; name the right one"
                raise self._words.wrong(text, part.offset) from error
            if found is not None:
                text = f"the sheet says {shown(name)}; {self._files.shown(found.path)} is used: {found.why}"
                self._note(text, part.offset)
                return found.path.name, found.path, self._is_sound(found.path, part)
        raise self._words.wrong(f"there is no file {shown(names[-1])} beside the sheet", part.offset)

    def _is_sound(self, path: Path, part: FilePart) -> bool:
        if is_sound_name(path.name) or path.suffix.lower() in VIDEO_SUFFIXES:
            return True
        if not begins_like_sound(path):
            return False
        text = (
            f"{shown(path.name)} begins like a sound file, and is read as one; as raw audio it would be noise"
        )
        self._note(text, part.offset)
        return True

    def _decoded(self, name: Quoted) -> str:
        for encoding in ("utf-8", self._options.encoding or "cp1252"):
            try:
                return name.raw.decode(encoding)
            except UnicodeDecodeError:
                continue
        return name.raw.decode("latin-1")


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # the name is too long, or holds a zero byte
        return False


def _time(samples: int) -> str:
    sectors, rest = divmod(samples, SAMPLES_PER_SECTOR)
    return duration(sectors) + (f" and {rest} samples" if rest else "")
