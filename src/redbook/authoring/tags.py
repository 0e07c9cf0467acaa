"""Which texts and codes a disc gets, if several sources give them.

The command line comes before a file of CD-Text packs, this before a sheet, and that before the tags of the
sound files; text by text. A note says so if a source that comes later has something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace

from redbook.audio.format import Tags
from redbook.authoring.program import Note, Program
from redbook.disc.cd_text import ENGLISH, PackType, Texts, name_of
from redbook.disc.codes import check_digit, read_isrc
from redbook.errors import printable
from redbook.records import dataclass

_OF_TRACKS: tuple[tuple[PackType, Callable[[Tags], str]], ...] = (
    (PackType.TITLE, lambda tags: tags.title),
    (PackType.PERFORMER, lambda tags: tags.artist),
    (PackType.SONGWRITER, lambda tags: tags.lyricist),
    (PackType.COMPOSER, lambda tags: tags.composer),
    (PackType.ARRANGER, lambda tags: tags.arranger),
)
_SHOWN_ALBUMS = 3
_SHOWN_DIFFERENCES = 5


@dataclass(frozen=True, slots=True)
class Labels:
    """The texts and codes of a disc, as one source gives them.

    origin  the source, in words: "the sheet", "the tags"
    texts   one entry for each language; language 0 means the language of the other texts
    packs   the same texts as packs that will be burned byte for byte; empty if there are none
    mcn     thirteen digits, or empty
    isrcs   twelve characters each, by track
    notes   what a person should know about how they were found
    """

    origin: str
    texts: tuple[Texts, ...] = ()
    packs: bytes = b""
    mcn: str = ""
    isrcs: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def of_program(program: Program, origin: str = "the sheet") -> Labels:
    """What a program says about itself."""
    isrcs = {number: track.isrc for number, track in enumerate(program.tracks, 1) if track.isrc}
    return Labels(origin, program.texts, program.packs, program.mcn, isrcs)


def onto_program(program: Program, labels: Labels) -> Program:
    """The program with these texts and codes in place of its own, and their notes after its own."""
    tracks = tuple(
        replace(track, isrc=labels.isrcs.get(number, "")) for number, track in enumerate(program.tracks, 1)
    )
    notes = (*program.notes, *labels.notes)
    return replace(
        program, tracks=tracks, mcn=labels.mcn, texts=labels.texts, packs=labels.packs, notes=notes
    )


def tags_by_track(program: Program, tags: Sequence[Tags]) -> list[Tags | None]:
    """The tags of each track's file; None for a track of silence.

    If the file holds more than the track, or the track is in several files, only the album's tags are used.

    tags  of each of the program's sources
    """
    files = [
        [piece.source for segment in track.segments if segment.index for piece in segment.pieces]
        for track in program.tracks
    ]
    own = [list(dict.fromkeys(source for source in of_track if source is not None)) for of_track in files]
    used = [source for of_track in own for source in of_track]
    found: list[Tags | None] = []
    for sources in own:
        if not sources:
            found.append(None)
        elif len(sources) == 1 and used.count(sources[0]) == 1:
            found.append(tags[sources[0]])
        else:
            found.append(_of_album(tags[sources[0]]))
    return found


def _of_album(tags: Tags) -> Tags:
    artist = tags.album_artist or tags.artist
    return Tags(album=tags.album, album_artist=artist, barcode=tags.barcode, genre=tags.genre)


def of_tags(by_track: Sequence[Tags | None], *, texts: bool = True) -> Labels:
    """What the tags of a disc's tracks say, from track 1 on.

    texts  False for their codes only

    The disc has a title, a genre and a catalogue number only if all files agree on the album's. Its performer
    is the album's artist, or the one that all tracks have. An invalid ISRC or catalogue number is noted.
    """
    every = {number: tags for number, tags in enumerate(by_track, 1) if tags is not None}
    notes: list[str] = []
    found_texts = _texts_of(every, notes) if texts else ()
    mcn = _mcn(every, notes)
    return Labels("the tags", found_texts, mcn=mcn, isrcs=_isrcs(every, notes), notes=tuple(map(Note, notes)))


def _texts_of(every: Mapping[int, Tags], notes: list[str]) -> tuple[Texts, ...]:
    by_type: dict[PackType, dict[int, str]] = {}
    for kind, read in _OF_TRACKS:
        found = {number: text for number, tags in every.items() if (text := read(tags))}
        if kind is not PackType.TITLE and (common := _common(map(read, every.values()))):
            found[0] = common
        if found:
            by_type[kind] = found
    _put(by_type, PackType.TITLE, _album(every, notes))
    _put(by_type, PackType.PERFORMER, _common(tags.album_artist for tags in every.values()))
    performers = by_type.get(PackType.PERFORMER, {})
    if performers and not performers.get(0):
        notes.append("the tags name no album artist; some players then show no performers")
    _put(by_type, PackType.GENRE, _common(tags.genre for tags in every.values()))
    return (Texts(0, by_type),) if by_type else ()


def _put(by_type: dict[PackType, dict[int, str]], kind: PackType, text: str) -> None:
    if text:
        by_type.setdefault(kind, {})[0] = text


def _common(texts: Iterable[str]) -> str:
    """The text that all have; empty if one has another, or none."""
    distinct = set(texts)
    return distinct.pop() if len(distinct) == 1 else ""


def _album(every: Mapping[int, Tags], notes: list[str]) -> str:
    albums = list(dict.fromkeys(tags.album for tags in every.values() if tags.album))
    album = _common(tags.album for tags in every.values())
    if len(albums) > 1:
        names = ", ".join(map(printable, albums[:_SHOWN_ALBUMS]))
        more = f" and {len(albums) - _SHOWN_ALBUMS} more" if len(albums) > _SHOWN_ALBUMS else ""
        notes.append(f"the files are of different albums ({names}{more}): the disc gets no title from tags")
    elif albums and not album:
        lacking = [str(number) for number, tags in every.items() if not tags.album]
        notes.append(
            f"the tags of track {', '.join(lacking)} name no album: the disc gets no title from tags"
        )
    return album


def _mcn(every: Mapping[int, Tags], notes: list[str]) -> str:
    digits = _common(tags.barcode.rjust(13, "0") if tags.barcode else "" for tags in every.values())
    if not digits:
        if any(tags.barcode for tags in every.values()):
            notes.append("the tags do not agree on one barcode: the disc gets no catalogue number from them")
        return ""
    if not digits.strip("0"):
        return ""
    due = check_digit(digits[:12])
    if int(digits[12]) != due:
        wrong = f"the barcode {digits} in the tags has a wrong check digit ({due} would be right)"
        notes.append(f"{wrong}; it is not burned")
        return ""
    return digits


def _isrcs(every: Mapping[int, Tags], notes: list[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for number, tags in every.items():
        if not tags.isrc:
            continue
        code = next((code for part in tags.isrc.split(";") if (code := read_isrc(part)) is not None), None)
        if code is None:
            notes.append(
                f"track {number}: {printable(tags.isrc)} in its tags is not an ISRC; no ISRC is burned"
            )
        elif code in found.values():
            notes.append(f"track {number}: its tags have the ISRC of another track, {code}; it is burned")
            found[number] = code
        elif code:
            found[number] = code
    return found


def merge(*ranked: Labels) -> Labels:
    """Merge several into one; the first one counts, text by text and code by code.

    Packs are burned as they are if no source before them has CD-Text; then no source after them adds texts.
    Otherwise packs are made again, from their texts and all the others.
    """
    notes = [note for labels in ranked for note in labels.notes]
    whole = next((labels for labels in ranked if labels.texts or labels.packs), None)
    packs = whole.packs if whole is not None else b""
    if not packs:
        notes += [
            Note(f"CD-Text is made again: some of it is not from {labels.origin}")
            for labels in ranked
            if labels.packs
        ]
    texts = _Texts()
    mcn: tuple[str, str] = "", ""
    isrcs: dict[int, tuple[str, str]] = {}
    for labels in ranked:
        if not packs or labels is whole:
            texts.add(labels)
        mcn = _code("catalogue number", mcn, labels.mcn, labels.origin, notes)
        for number in sorted({*labels.isrcs, *isrcs}):
            isrc = labels.isrcs.get(number, "")
            before = isrcs.get(number, ("", ""))
            isrcs[number] = _code(f"ISRC of track {number}", before, isrc, labels.origin, notes)
    notes += texts.notes()
    codes = {0: mcn[0], **{number: code for number, (code, _) in isrcs.items() if code}}
    if packs and whole is not None:
        _compare_codes(whole, codes, notes)
    else:
        texts.take_codes(codes)
    isrcs_found = {number: code for number, code in codes.items() if number}
    return Labels("all", texts.texts, packs, codes[0], isrcs_found, tuple(notes))


def _code(what: str, before: tuple[str, str], code: str, origin: str, notes: list[Note]) -> tuple[str, str]:
    """The code that counts, and the source that gave it."""
    taken, by = before
    if not taken:
        return code, origin
    if code and code != taken:
        notes.append(Note(f"{what}: {taken} in {by}, but {code} in {origin}; the first is burned"))
    return before


def _compare_codes(labels: Labels, codes: Mapping[int, str], notes: list[Note]) -> None:
    """Note codes that differ in packs that are burned as they are."""
    for texts in labels.texts[:1]:
        for track, code in texts.by_type.get(PackType.CODE, {}).items():
            if codes.get(track) and codes[track] != code.rjust(13 if not track else 12, "0"):
                what = name_of(PackType.CODE, track)
                notes.append(
                    Note(
                        f"{what}: {labels.origin} has {printable(code)} in CD-Text, the sub-channel gets "
                        f"{codes[track]}"
                    )
                )


class _Texts:
    """Texts from several sources, by language; the first text stays."""

    def __init__(self) -> None:
        self._by_language: dict[int, Texts] = {}
        self._origins: dict[tuple[int, PackType, int], str] = {}
        self._first: int | None = None
        self._differences: dict[tuple[str, str], list[str]] = {}

    @property
    def texts(self) -> tuple[Texts, ...]:
        return tuple(texts for texts in self._by_language.values() if not texts.is_empty)

    def add(self, labels: Labels) -> None:
        for texts in labels.texts:
            language = self._language(texts.language_code)
            into = self._by_language.get(language)
            if into is None:
                into = self._by_language[language] = Texts(
                    texts.language_code, copyright=texts.copyright, character_set=texts.character_set
                )
            for kind, by_track in texts.by_type.items():
                for track, text in by_track.items():
                    if text:
                        self._add(into, (language, kind, track), text, labels.origin)
            if texts.genre_code and not into.genre_code and not self._has_genre_of_another(labels, language):
                into.genre_code = texts.genre_code
                self._origins[language, PackType.GENRE, 0] = labels.origin

    def _language(self, code: int) -> int:
        """The language that is meant; if none is given, the first one that was, or English."""
        if self._first is None:
            self._first = code or ENGLISH
        return code or self._first

    def _has_genre_of_another(self, labels: Labels, language: int) -> bool:
        return self._origins.get((language, PackType.GENRE, 0), labels.origin) != labels.origin

    def _add(self, into: Texts, place: tuple[int, PackType, int], text: str, origin: str) -> None:
        _, kind, track = place
        if kind is PackType.CODE and track in into.by_type.get(kind, {}):
            return  # these are compared as codes
        by = self._origins.setdefault(place, origin)
        own = into.by_type.setdefault(kind, {})
        if by == origin:
            own.setdefault(track, text)
        elif text not in (own.get(track, ""), into.genre if kind is PackType.GENRE else text[:0]):
            followed = printable(own.get(track, into.genre))
            difference = f"{name_of(kind, track)}: {followed} in {by}, {printable(text)} in {origin}"
            self._differences.setdefault((by, origin), []).append(difference)

    def notes(self) -> list[Note]:
        found = []
        for (by, origin), texts in self._differences.items():
            found += [Note(f"{text}; the first is burned") for text in texts[:_SHOWN_DIFFERENCES]]
            if len(texts) > _SHOWN_DIFFERENCES:
                more = len(texts) - _SHOWN_DIFFERENCES
                found.append(Note(f"{more} more texts differ in {by} and in {origin}; the first are burned"))
        return found

    def take_codes(self, codes: Mapping[int, str]) -> None:
        """Replace codes in CD-Text with those of the sub-channel."""
        for texts in self._by_language.values():
            own_codes = texts.by_type.get(PackType.CODE, {})
            for track in own_codes:
                own_codes[track] = codes.get(track) or own_codes[track]
