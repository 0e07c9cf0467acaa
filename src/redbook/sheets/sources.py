"""The files of a sheet as the sources of a program: found, identified by their content, and measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from redbook.audio.sounds import begins_like_sound
from redbook.audio.source import Source
from redbook.disc import SAMPLE_BYTES, SAMPLES_PER_SECTOR, SECTOR_BYTES
from redbook.errors import AudioError
from redbook.sheets.options import Notebook, SheetOptions, shown
from redbook.sheets.sheet import RAW_TYPES, Sheet, SheetFile
from redbook.sheets.sheet_files import Found, SheetFiles, TwoFiles

LengthOf = Callable[[Source], int | None]
"""The length of a source in stereo samples at 44.1 kHz; None if only decoding it would show that."""

HEADERLESS = frozenset((".bin", ".img", ".raw", ".pcm", ".cdr"))
"""Endings of files that are often PCM without a header: a sheet has to say so."""


class Sources:
    """Every file once, in the order in which they are first used."""

    def __init__(
        self,
        sheet: Sheet,
        files: SheetFiles | None,
        length_of: LengthOf,
        options: SheetOptions,
        notes: Notebook,
        encoding: str = "",
        own: Source | None = None,
    ) -> None:
        """files: those around the sheet; own: the file that the sheet is in, for a sheet inside a file"""
        self._sheet = sheet
        self._files = files
        self._length_of = length_of
        self._options = options
        self._notes = notes
        self._encoding = encoding
        self._own = own
        self._matched: list[Path] | None = None
        self._by_file: dict[tuple[str, str], int] = {}
        self._lengths: dict[int, int | None] = {}
        self.found: list[Source] = []

    def place(self, file: int) -> int:
        """Which source a FILE line of the sheet is.  raises  SheetError"""
        entry = self._sheet.files[file]
        key = entry.name, entry.kind if entry.kind in RAW_TYPES else ""
        if key not in self._by_file:
            source = self._own or self._source(file, entry)
            if source not in self.found:
                self.found.append(source)
            self._by_file[key] = self.found.index(source)
        return self._by_file[key]

    def length(self, file: int) -> int | None:
        """The length of what a FILE line names, in samples.  raises  SheetError  if it is not sound"""
        place = self.place(file)
        if place not in self._lengths:
            try:
                self._lengths[place] = self._length_of(self.found[place])
            except AudioError as error:
                line = self._sheet.files[file].line
                raise self._notes.error(f"{shown(self._sheet.files[file].name)}: {error}", line) from error
        return self._lengths[place]

    def length_of_place(self, place: int) -> int | None:
        """The length of a source that was asked for before."""
        return self._lengths.get(place)

    @property
    def lengths(self) -> list[int] | None:
        """The lengths of all sources; None if one is not known."""
        known = [self._lengths.get(place) for place in range(len(self.found))]
        return [length for length in known if length is not None] if None not in known else None

    def _source(self, file: int, entry: SheetFile) -> Source:
        assert self._files is not None
        path = self._path(file, entry)
        try:
            size = path.stat().st_size
            with path.open("rb"):
                pass
        except OSError as error:
            raise self._notes.error(
                f"{shown(entry.name)}: cannot be read: {error.strerror}", entry.line
            ) from error
        if not size:
            raise self._notes.error(f"{shown(entry.name)}: the file is empty", entry.line)
        is_sound = begins_like_sound(path)
        raw = RAW_TYPES.get(entry.kind, "")
        if raw and is_sound:
            self._notes.note(
                f"the sheet calls {shown(entry.name)} {entry.kind}, but it begins like a sound file; it is "
                "read as one",
                entry.line,
            )
            raw = ""
        if not raw and not is_sound and path.suffix.lower() in HEADERLESS:
            raise self._notes.error(
                f"{self._files.shown(path)}: the sheet calls it {entry.kind or 'nothing'}, but it does not "
                "begin like a sound file; if it is 44.1 kHz 16-bit stereo without a header, write BINARY "
                "after its name",
                entry.line,
            )
        if raw:
            self._check_raw(entry, size)
        return Source(str(path), path, raw)

    def _check_raw(self, entry: SheetFile, size: int) -> None:
        if size % SAMPLE_BYTES:
            raise self._notes.error(
                f"{shown(entry.name)}: its {size} bytes are not a whole number of stereo samples "
                f"({SAMPLE_BYTES} bytes each); it was cut short, or is not what {entry.kind} says",
                entry.line,
            )
        if size % SECTOR_BYTES:
            samples = size % SECTOR_BYTES // SAMPLE_BYTES
            self._notes.note(
                f"{shown(entry.name)} is not a whole number of sectors: {samples} of {SAMPLES_PER_SECTOR} "
                "samples are in its last one; they are burned, too",
                entry.line,
            )

    def _path(self, file: int, entry: SheetFile) -> Path:
        assert self._files is not None
        try:
            found = self._files.find(entry.name, self._encoding) or self._by_sheet_or_number(file)
        except TwoFiles as error:
            raise self._notes.error(
                f"{shown(entry.name)} does not exist under that name, and may mean any of "
                f"{', '.join(error.names[:4])}; name the right one",
                entry.line,
            ) from error
        if found is None:
            raise self._notes.error(
                f"there is no file {shown(entry.name)}, nor one that it could mean, beside the sheet; put it "
                "there, correct the name, or try --match-files, which compares the numbers in the files' "
                "names",
                entry.line,
            )
        if found.why:
            self._notes.note(
                f"the sheet says {shown(entry.name)}; {self._files.shown(found.path)} is used: {found.why}",
                entry.line,
            )
        return found.path

    def _by_sheet_or_number(self, file: int) -> Found | None:
        """raises  TwoFiles"""
        assert self._files is not None
        if len({entry.name for entry in self._sheet.files}) == 1 and (found := self._files.find_by_sheet()):
            return found
        if not self._options.match_files:
            return None
        if self._matched is None:
            self._matched = self._files.find_by_numbers(self._first_tracks()) or []
        return (
            Found(self._matched[file], "its number and place match (--match-files)")
            if self._matched
            else None
        )

    def _first_tracks(self) -> list[int]:
        """The number of the track that begins in each file; -1 for a file in which none does."""
        first: dict[int, int] = {}
        for track in self._sheet.tracks:
            starts = [mark.file for mark in track.marks if mark.index == 1]
            for file in starts or [track.file]:
                first.setdefault(file, track.number)
        return [first.get(file, -1) for file in range(len(self._sheet.files))]
