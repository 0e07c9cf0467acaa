r"""A program as a cdrdao TOC file: everything except SCMS and the exact bytes of packs.

Every version of cdrdao should burn the same from it as redbook. So a text that is not ASCII is written as the
bytes on the disc, in octal, with the text itself in a comment after it: cdrdao before 1.2.5 burns the bytes
that it finds, later ones take what is not octal for UTF-8. TITLE and PERFORMER are always written, and every
other field for the disc and all tracks if it is there at all, because cdrdao stops if one is missing. A
backslash is written \134, because \\ once meant two of them.

Source: cdrdao's manual page and sources (trackdb), and what cdrdao 1.2.4 burns.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from redbook.audio.sounds import VIDEO_SUFFIXES, begins_like_sound, is_sound_name
from redbook.audio.source import Source
from redbook.authoring.arrange import Arrangement, arrange
from redbook.authoring.program import Note, Piece, Program
from redbook.disc import SAMPLES_PER_SECTOR
from redbook.disc.cd_text import JAPANESE, PackType, Texts
from redbook.disc.cd_text.packs import ASCII, CHARACTER_SETS, ISO_8859_1, KOREAN, MANDARIN, MS_JIS
from redbook.disc.layout import COPY_PERMITTED, FOUR_CHANNELS, PRE_EMPHASIS, LaidTrack
from redbook.disc.numbers import duration
from redbook.errors import SheetError, printable
from redbook.sheets.text_fields import TOC_TEXT_FIELDS
from redbook.sheets.toc_texts import OF_THE_DISC_ONLY
from redbook.sheets.written import Written, kinds_in, name_in, who

_ALWAYS = (PackType.TITLE, PackType.PERFORMER)
_DISC_ONLY = frozenset(TOC_TEXT_FIELDS[name] for name in OF_THE_DISC_ONLY if name in TOC_TEXT_FIELDS)
_OWN_SETS = {JAPANESE: MS_JIS, 0x65: KOREAN, 0x75: MANDARIN}
"""The character sets of languages that ISO 8859-1 cannot write."""
_NAMES: dict[PackType, str] = {
    kind: name for name, kind in TOC_TEXT_FIELDS.items() if kind is not PackType.CODE
}
"""RESERVED4, not CLOSED: every cdrdao knows that."""

_CDRDAO_READS = frozenset((".wav",))


def write_toc(program: Program, samples: Sequence[int], sheet: Path) -> Written:
    """The text of a TOC file.

    samples  how long each source is, in stereo samples at 44.1 kHz
    sheet    where it will be saved

    raises  PlanError   if the program cannot be laid out
            SheetError  for a source that a TOC file cannot name
    """
    return _Writer(program, samples, sheet).written()


class _Writer:
    def __init__(self, program: Program, samples: Sequence[int], sheet: Path) -> None:
        self._program = program
        self._samples = samples
        self._sheet = sheet
        self._laid = arrange(program, samples)
        self._notes: list[Note] = []
        self._has_genre = False
        """Whether one language has a genre; then every language needs one."""

    def _note(self, text: str) -> None:
        self._notes.append(Note(text, printable(self._sheet.name)))

    def written(self) -> Written:
        layout = self._laid.layout
        lines = [
            "// A length is minutes:seconds:frames, 75 frames to the second, or a number of samples, "
            f"{SAMPLES_PER_SECTOR} to the frame.",
            "CD_DA",
        ]
        if layout.mcn:
            lines.append(f'CATALOG "{layout.mcn}"')
        self._check_sources()
        if self._program.packs:
            self._note("a TOC file holds texts, not packs: CD-Text is packed again from them")
        texts = [entry for entry in self._program.texts if not entry.is_empty]
        self._has_genre = any(entry.genre_code or entry.text(PackType.GENRE) for entry in texts)
        for entry in texts:
            self._check_texts(entry)
        if texts:
            languages = " ".join(f"{number} : {entry.language_code}" for number, entry in enumerate(texts))
            lines += ["CD_TEXT {", f"  LANGUAGE_MAP {{ {languages} }}"]
            lines += [line for number, entry in enumerate(texts) for line in self._texts(number, entry, 0)]
            lines.append("}")
        for place, track in enumerate(layout.tracks, 1):
            lines += ["", f"// Track {place}", *self._track(track, place, texts, self._laid)]
        return Written("\n".join(lines) + "\n", tuple(self._notes))

    # ---- texts

    def _check_texts(self, texts: Texts) -> None:
        for kind in kinds_in(texts):
            if kind not in _NAMES and kind is not PackType.CODE:
                self._note(f"a TOC file cannot express CD-Text packs of type {kind:02X}h; they are left out")
            if kind in _DISC_ONLY and any(text for track, text in texts.by_type[kind].items() if track):
                self._note(f"{_NAMES[kind]} belongs to the disc only; it is left out for tracks")
        if texts.copyright:
            self._note(
                f"cdrdao does not burn the mark that protects the texts in {texts.language}; redbook does"
            )

    def _texts(self, number: int, texts: Texts, track: int) -> Iterator[str]:
        yield f"  LANGUAGE {number} {{"
        kinds = set(kinds_in(texts))
        character_set = _character_set(texts)
        encoding = CHARACTER_SETS[character_set]
        for kind in PackType:
            if kind is PackType.CODE and kind in kinds:
                yield self._field("ISRC" if track else "UPC_EAN", texts, kind, track, encoding)
            elif kind is PackType.GENRE:
                if not track and self._has_genre:
                    yield self._genre(texts)
            elif kind in _NAMES and (kind in kinds or kind in _ALWAYS) and not (track and kind in _DISC_ONLY):
                yield self._field(_NAMES[kind], texts, kind, track, encoding)
        if not track and (character_set != ISO_8859_1 or texts.copyright):
            sizes = bytes((character_set, 1, len(self._laid.layout.tracks), texts.copyright)) + bytes(32)
            yield f"    SIZE_INFO {{ {', '.join(map(str, sizes))} }}"
        yield "  }"

    def _field(self, name: str, texts: Texts, kind: PackType, track: int, encoding: str) -> str:
        text = texts.text(kind, track)
        encoded = _encoded(text, encoding)
        if encoded is None:
            self._note(
                f'{name} of {who(track)}, "{printable(text[:40])}", has letters that cdrdao cannot burn in '
                f"{texts.language}; redbook reads them"
            )
            return f'    {name} "{_as_it_is(text)}"'
        line = f'    {name} "{_octal(encoded)}"'
        return line if text.isascii() and text.isprintable() else f"{line} // {printable(text)}"

    def _genre(self, texts: Texts) -> str:
        genre = texts.text(PackType.GENRE)
        encoded = genre.encode("latin-1", "replace")
        if encoded.decode("latin-1") != genre:
            self._note(
                f'GENRE "{printable(genre[:40])}" has letters that CD-Text does not have for it; they are '
                "written as ?"
            )
        numbers = ", ".join(map(str, texts.genre_code.to_bytes(2, "big") + encoded + b"\0"))
        comment = f" // {printable(texts.genre)}" if texts.genre else ""
        return f"    GENRE {{ {numbers} }}{comment}"

    # ---- tracks

    def _track(
        self, track: LaidTrack, number: int, texts: Sequence[Texts], laid: Arrangement
    ) -> Iterator[str]:
        yield "TRACK AUDIO"
        if track.copy_alternates:
            self._note(f"a TOC file cannot express SCMS, of {who(number)}: it is written without")
        if track.control & COPY_PERMITTED:
            yield "COPY"
        if track.control & PRE_EMPHASIS:
            yield "PRE_EMPHASIS"
        if track.control & FOUR_CHANNELS:
            yield "FOUR_CHANNEL_AUDIO"
        if track.isrc:
            yield f'ISRC "{track.isrc}"'
        if texts:
            yield "CD_TEXT {"
            for language, entry in enumerate(texts):
                yield from self._texts(language, entry, number)
            yield "}"
        begin = max(track.pregap_lba, 0)
        pieces = list(laid.pieces_between(begin, track.end_lba))
        yield from self._parts(pieces, (track.start_lba - begin) * SAMPLES_PER_SECTOR)
        for lba in track.indexes:
            yield f"INDEX {duration(lba - track.start_lba)}"

    def _parts(self, pieces: list[Piece], pregap: int) -> Iterator[str]:
        """pregap: in samples"""
        if pregap and pieces[0].is_silence and pieces[0].samples == pregap:
            yield f"PREGAP {_length(pregap)}"
            del pieces[0]
            pregap = 0
        if (
            len(pieces) > 1 and pieces[-1].is_silence
        ):  # what pads the last sector is added by whoever reads it
            whole = (pieces[-1].samples or 0) // SAMPLES_PER_SECTOR * SAMPLES_PER_SECTOR
            pieces[-1:] = [Piece.silence(whole)] if whole else []
        for piece in pieces:
            if piece.source is None:
                yield f"SILENCE {_length(piece.samples or 0)}"
            else:
                yield self._file(piece.source, piece)
        if pregap:
            yield f"START {_length(pregap)}"

    def _file(self, number: int, piece: Piece) -> str:
        source = self._program.sources[number]
        words = [f'FILE "{_file_name(name_in(self._sheet, source))}"']
        if source.raw == "little":
            words.append("SWAP")
        words.append(_length(piece.first))
        if piece.first + (piece.samples or 0) != self._samples[number]:
            words.append(_length(piece.samples or 0))
        return " ".join(words)

    def _check_sources(self) -> None:
        """raises  SheetError  for a source that would be read as another kind of file"""
        others = []
        for source in self._program.sources:
            shown = printable(source.name)
            is_sound = _looks_like_sound(source)
            if source.raw and is_sound:
                raise SheetError(
                    f"{shown}: a TOC file takes it for a sound file, not for raw audio; rename it"
                )
            if not source.raw and not is_sound:
                raise SheetError(f"{shown}: a TOC file takes it for raw audio, by its name; rename it")
            if not source.raw and source.path.suffix.lower() not in _CDRDAO_READS:
                others.append(shown)
        if others:
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            self._note(
                f"redbook reads {', '.join(others[:3])}{more} from this sheet; cdrdao 1.2.4 reads WAVE and "
                "raw audio only, and burns noise from other files"
            )


def _looks_like_sound(source: Source) -> bool:
    name = source.path.name
    return (
        is_sound_name(name) or source.path.suffix.lower() in VIDEO_SUFFIXES or begins_like_sound(source.path)
    )


def _length(samples: int) -> str:
    sectors, rest = divmod(samples, SAMPLES_PER_SECTOR)
    return str(samples) if rest or not samples else duration(sectors)


def _character_set(texts: Texts) -> int:
    """A character set that can write all the texts, if there is one.

    Japanese is read as MS-JIS if nothing else is given, so its texts are never in ISO 8859-1.
    """
    every = [text for found in texts.by_type.values() for text in found.values()]
    japanese = texts.language_code == JAPANESE and not all(text.isascii() for text in every)
    usual = (MS_JIS,) if japanese else (ISO_8859_1, _OWN_SETS.get(texts.language_code))
    wanted: tuple[int | None, ...] = (texts.character_set, *usual)
    for code in wanted:
        if code is None or code not in CHARACTER_SETS or (japanese and code in (ISO_8859_1, ASCII)):
            continue
        if all(_encoded(text, CHARACTER_SETS[code]) is not None for text in every):
            return code
    return MS_JIS if japanese else ISO_8859_1


def _encoded(text: str, encoding: str) -> bytes | None:
    """The bytes on the disc; None if the encoding lacks a character."""
    try:
        raw = text.encode(encoding)
    except UnicodeEncodeError:
        return None
    return raw if raw.decode(encoding) == text else None  # cp932 has some characters twice


def _octal(raw: bytes) -> str:
    return "".join(
        '\\"' if byte == 0x22 else chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\{byte:03o}"
        for byte in raw
    )


def _as_it_is(text: str) -> str:
    """A text as UTF-8, for strings without octal bytes: the two must not be mixed."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\\", "\\\\").replace('"', '\\"')


def _file_name(name: str) -> str:
    raw = os.fsencode("./-" if name == "-" else name)
    try:
        plain = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _octal(raw)
    return plain.replace('"', '\\"') if plain.isprintable() and "\\" not in plain else _octal(raw)
