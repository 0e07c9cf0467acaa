"""A program as a cue sheet, as far as a cue sheet can express it.

A cue sheet plays whole files, one after the other, with silence before a track's start and after its end.
So it cannot express a part of a file, silence elsewhere, silence that only pads a sector, or two languages.
Packs go into a file beside it. Anything that would change the audio is an error; notes say what else is lost.

A file need not begin at a sector. The time of a mark counts from the file's first sample, and the mark is at
the sector that holds the sample it leads to. So times are counted from the sector in which the file begins.

Source: the CDRWIN manual's description of cue sheets, and docs/sheets.md for how they are read.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

from redbook.audio.sounds import begins_like_sound
from redbook.audio.source import Source
from redbook.authoring.arrange import arrange
from redbook.authoring.program import Note, Piece, Program
from redbook.disc import PREGAP_SECTORS, SAMPLE_RATE_HZ, SAMPLES_PER_SECTOR
from redbook.disc.cd_text import ENGLISH, PackType, Texts, each_pack, is_sound
from redbook.disc.cd_text.texts import name_of
from redbook.disc.layout import COPY_PERMITTED, FOUR_CHANNELS, PRE_EMPHASIS, LaidTrack
from redbook.disc.numbers import duration
from redbook.errors import SheetError, printable
from redbook.records import dataclass
from redbook.sheets.sources import HEADERLESS
from redbook.sheets.text_packs import PACKS_SUM
from redbook.sheets.written import Written, kinds_in, name_in

_TYPES = {".mp3": "MP3", ".mp2": "MP3", ".aif": "AIFF", ".aiff": "AIFF", ".aifc": "AIFF"}
_RAW_TYPES = {"little": "BINARY", "big": "MOTOROLA"}

_COMMANDS = {
    PackType.TITLE: "TITLE",
    PackType.PERFORMER: "PERFORMER",
    PackType.SONGWRITER: "SONGWRITER",
    PackType.COMPOSER: "REM COMPOSER",
    PackType.ARRANGER: "REM ARRANGER",
    PackType.MESSAGE: "MESSAGE",
    PackType.DISC_ID: "DISC_ID",
    PackType.CODE: "UPC_EAN",
}
"""COMPOSER and ARRANGER as remarks: programs that do not know a command refuse the sheet."""

_OF_THE_DISC = frozenset((PackType.DISC_ID, PackType.CODE, PackType.GENRE))
_LONGEST_TEXT = 160


def write_cue(program: Program, samples: Sequence[int], sheet: Path, packs_file: str = "") -> Written:
    """The text of a cue sheet.

    samples  how long each source is, in stereo samples at 44.1 kHz
    sheet    where it will be saved
    packs_file  the name of a file beside it that holds the program's packs, if there is one

    raises  PlanError   if the program cannot be laid out
            SheetError  if a cue sheet cannot express which samples are played
    """
    return _Writer(program, samples, sheet, packs_file).written()


@dataclass(frozen=True, slots=True)
class _Mark:
    """An index.  file: its place among the files played; at: sectors from the one where the file begins"""

    index: int
    file: int
    at: int


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece of the stream.  start, end: samples from LBA 0"""

    piece: Piece
    start: int
    end: int

    @property
    def first_sector(self) -> int:
        return self.start // SAMPLES_PER_SECTOR


class _Writer:
    def __init__(self, program: Program, samples: Sequence[int], sheet: Path, packs_file: str) -> None:
        self._program = program
        self._packs_file = packs_file
        self._samples = samples
        self._sheet = sheet
        self._made = arrange(program, samples)
        self._notes: list[Note] = []
        self._runs: list[_Run] = []
        at = 0
        for piece in self._made.stream:
            length = piece.samples or 0
            self._runs.append(_Run(piece, at, at + length))
            at += length
        self._starts = [run.start for run in self._runs]
        self._files = [run for run in self._runs if not run.piece.is_silence]
        self._opened = 0  # how many of the files have a FILE line
        self._commanded: set[int] = set()  # the starts of those silences that have a command

    def _note(self, text: str) -> None:
        self._notes.append(Note(text, printable(self._sheet.name)))

    def _cannot(self, text: str) -> SheetError:
        name = printable(self._sheet.name)
        return SheetError(f"{name}: a cue sheet cannot express this: {text}; write a TOC file", name)

    def written(self) -> Written:
        self._check_files()
        tracks = self._made.layout.tracks
        texts = self._language()
        lines = list(self._head(texts))
        for number, track in enumerate(tracks, 1):
            following = tracks[number] if number < len(tracks) else None
            lines += self._track(number, track, following, texts)
        lines += self._end()
        return Written("\n".join(lines) + "\n", tuple(self._notes))

    def _check_files(self) -> None:
        for run in self._files:
            piece = run.piece
            assert piece.source is not None
            if piece.first or piece.samples != self._samples[piece.source]:
                name = printable(self._program.sources[piece.source].name)
                raise self._cannot(f"{name} is used in parts, not as a whole")
        for source in self._program.sources:
            sound = begins_like_sound(source.path)
            if source.raw and sound:
                raise self._cannot(f"{printable(source.name)} is raw audio, but begins like a sound file")
            if not source.raw and not sound and source.path.suffix.lower() in HEADERLESS:
                raise self._cannot(f"{printable(source.name)} is a sound file that is named like raw audio")

    # ---- head and texts

    def _language(self) -> Texts:
        """The texts of the language that is written."""
        filled = [entry for entry in self._program.texts if not entry.is_empty]
        if self._packs_file:  # the texts are for programs that do not read it
            return filled[0] if filled else Texts(ENGLISH)
        if self._program.packs:
            self._note("the CD-Text packs themselves are not kept; CD-Text is packed again from the texts")
        if len(filled) > 1:
            left_out = ", ".join(entry.language for entry in filled[1:])
            self._note(f"a cue sheet has one language, {filled[0].language}; left out: {left_out}")
        taken = filled[0] if filled else Texts(ENGLISH)
        if filled and taken.language_code != ENGLISH:
            self._note(f"a cue sheet cannot say that its texts are in {taken.language}")
        if taken.copyright:
            self._note("a cue sheet cannot say that its texts are protected")
        for kind in kinds_in(taken):
            if kind not in _COMMANDS and kind is not PackType.GENRE:
                self._note(f"a cue sheet has no command for CD-Text's {name_of(kind, 0)}; it is left out")
            elif kind in _OF_THE_DISC:
                for track in taken.by_type[kind]:
                    if track and taken.text(kind, track):
                        self._note(
                            f"the {name_of(kind, track)} is left out: in a cue sheet only the disc has one"
                        )
        return taken

    def _head(self, texts: Texts) -> Iterator[str]:
        if genre := texts.genre:
            yield f'REM GENRE "{self._plain(genre, "genre of the disc")}"'
            if texts.genre_code:
                self._note("a cue sheet gives the genre in words, not by its code")
        if self._made.layout.tracks[0].start_lba == PREGAP_SECTORS and self._runs[0].piece.is_silence:
            # Otherwise PREGAP 00:02:00 of track 1 would mean the pause that every disc has.
            toc = self._made.layout.toc()
            yield f"REM ACCURATERIPID {toc.accuraterip_id.partition('-')[2]}"
        if self._made.layout.mcn:
            yield f"CATALOG {self._made.layout.mcn}"
        if self._packs_file:
            yield f'CDTEXTFILE "{self._packs_file}"'
            if not all(map(is_sound, each_pack(self._program.packs))):
                yield f"REM {PACKS_SUM} {hashlib.sha256(self._program.packs).hexdigest()}"
        yield from self._texts(texts, 0)

    def _texts(self, texts: Texts, track: int) -> Iterator[str]:
        for kind, command in _COMMANDS.items():
            text = texts.text(kind, track)
            if text and not (track and kind in _OF_THE_DISC):
                yield f'{command} "{self._plain(text, name_of(kind, track))}"'

    def _plain(self, text: str, what: str) -> str:
        """A text in the form in which it can be written in a line."""
        plain = "".join(c if c.isprintable() else " " for c in text).replace('\\"', '"')
        if plain != text:
            plain = " ".join(plain.split())
        plain = plain.strip()
        cut = plain[:_LONGEST_TEXT].rstrip()
        if cut != text:
            how = (
                f"is cut to {_LONGEST_TEXT} characters"
                if cut != plain
                else "contains characters that a line of a sheet cannot hold"
            )
            self._note(f"the {what} {how}")
        return cut

    # ---- tracks

    def _track(
        self, number: int, track: LaidTrack, following: LaidTrack | None, texts: Texts
    ) -> Iterator[str]:
        begin, start = max(track.pregap_lba, 0) * SAMPLES_PER_SECTOR, track.start_lba * SAMPLES_PER_SECTOR
        pause = self._leading_silence(number, begin)
        places = [(1, track.start_lba), *enumerate(track.indexes, 2)]
        if begin + pause < start:
            places.insert(0, (0, (begin + pause) // SAMPLES_PER_SECTOR))
        marks = [mark for index, lba in places if (mark := self._mark(number, index, lba)) is not None]
        first = marks[0]
        if first.index == 1 and first.at and first.file >= self._opened and number > 1:
            name = self._name_of(self._files[first.file])
            raise self._cannot(
                f"track {number} starts within {name}, and what comes before it belongs to the previous track"
            )
        yield from self._open(first.file)
        yield f"  TRACK {number:02d} AUDIO"
        yield from (f"    {line}" for line in self._texts(texts, number))
        yield from self._codes(track)
        if pause:
            yield f"    PREGAP {duration(pause // SAMPLES_PER_SECTOR)}"
        for mark in marks:
            if mark.index == 1 and mark is not first:
                yield from self._pause_behind_audio(number, mark, bool(pause))
            yield from self._open(mark.file)
            yield f"    INDEX {mark.index:02d} {duration(mark.at)}"
        yield from self._behind(number, start, track.end_lba * SAMPLES_PER_SECTOR, following)

    def _codes(self, track: LaidTrack) -> Iterator[str]:
        flags = {"DCP": COPY_PERMITTED, "4CH": FOUR_CHANNELS, "PRE": PRE_EMPHASIS}
        flag_words = [flag for flag, bit in flags.items() if track.control & bit]
        flag_words += ["SCMS"] if track.copy_alternates else []
        if flag_words:
            yield f"    FLAGS {' '.join(flag_words)}"
        if track.isrc:
            yield f"    ISRC {track.isrc}"

    def _run_at(self, sample: int) -> int:
        """The place, among the runs, of the one with this sample."""
        return bisect_right(self._starts, sample) - 1

    def _leading_silence(self, number: int, begin: int) -> int:
        """The length of PREGAP, in samples."""
        run = self._runs[self._run_at(begin)]
        if not run.piece.is_silence:
            return 0
        self._commanded.add(run.start)
        if (run.end - begin) % SAMPLES_PER_SECTOR:
            raise self._cannot(
                f"the pause before track {number} is followed by audio that begins at no sector"
            )
        return run.end - begin

    def _mark(self, number: int, index: int, lba: int) -> _Mark | None:
        """Where an index is: in the file that begins in its sector, else in the one that plays there.

        None if the silence there is in no file, or if only the rest of a sector is left.
        """
        sample = lba * SAMPLES_PER_SECTOR
        place = self._run_at(sample)
        if place + 1 < len(self._runs):
            following = self._runs[place + 1]
            if following.start < sample + SAMPLES_PER_SECTOR and not following.piece.is_silence:
                return _Mark(index, self._files.index(following), 0)
        run = self._runs[place]
        at = lba - run.first_sector
        if not run.piece.is_silence and at * SAMPLES_PER_SECTOR < run.end - run.start:
            return _Mark(index, self._files.index(run), at)
        if index < 2:
            raise self._cannot(f"track {number} begins with silence that is in no file")
        self._note(f"index {index} of track {number} is where no file is played; it is left out")
        return None

    def _open(self, file: int) -> Iterator[str]:
        """FILE lines up to this one; files before it have no index, but are played."""
        while self._opened <= file:
            run = self._files[self._opened]
            self._opened += 1
            yield f'FILE "{self._name_of(run)}" {self._type_of(run)}'

    def _pause_behind_audio(self, number: int, mark: _Mark, paused: bool) -> Iterator[str]:
        """PREGAP between INDEX 00 and INDEX 01."""
        run = self._files[mark.file]
        place = self._runs.index(run) - 1
        if mark.at or place < 0 or not self._runs[place].piece.is_silence:
            return
        pause = self._runs[place]
        sectors = (pause.end - pause.start) // SAMPLES_PER_SECTOR
        if paused or not sectors:
            raise self._cannot(f"the pregap of track {number} holds silence that is in no file")
        self._commanded.add(pause.start)
        yield f"    PREGAP {duration(sectors)}"

    def _behind(self, number: int, start: int, end: int, following: LaidTrack | None) -> Iterator[str]:
        """POSTGAP for silence at the track's end."""
        place = self._run_at(end - 1)
        run = self._runs[place]
        if not run.piece.is_silence or run.start < start:
            return
        self._commanded.add(run.start)
        samples = end - run.start
        sectors = samples // SAMPLES_PER_SECTOR
        if sectors:
            yield f"    POSTGAP {duration(sectors)}"
        elif run.end == end and following is not None:
            ms = samples * 1000 / SAMPLE_RATE_HZ
            self._note(
                f"track {number + 1} follows track {number} without the {samples} samples of silence "
                f"({ms:.1f} ms) that pad its last sector: a cue sheet cannot express them"
            )

    def _end(self) -> Iterator[str]:
        """FILE lines for what is played after the last index."""
        yield from self._open(len(self._files) - 1)
        for run in self._runs:
            if run.piece.is_silence and run.start not in self._commanded:
                at = duration(run.first_sector)
                raise self._cannot(
                    f"{run.end - run.start} samples of silence at {at} of the disc are in no file"
                )

    # ---- files

    def _name_of(self, run: _Run) -> str:
        name = name_in(self._sheet, self._source_of(run))
        shown = printable(name)
        try:
            name.encode("utf-8")
        except UnicodeEncodeError:
            raise self._cannot(f"the name of {shown} is not UTF-8") from None
        if not name.isprintable():
            raise self._cannot(f"the name of {shown} holds control characters")
        if '"' in name:
            self._note(
                f"{shown} has quotation marks in its name; some programs cannot read the sheet because of "
                "that"
            )
        return name

    def _source_of(self, run: _Run) -> Source:
        assert run.piece.source is not None
        return self._program.sources[run.piece.source]

    def _type_of(self, run: _Run) -> str:
        """The type of a file; WAVE for a type without a word of its own, as programs expect."""
        source = self._source_of(run)
        return _RAW_TYPES.get(source.raw) or _TYPES.get(source.path.suffix.lower(), "WAVE")
