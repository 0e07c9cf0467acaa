"""The sheet inside a sound file: a CUESHEET tag, or the CUESHEET block of a FLAC file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from redbook.audio.ffmpeg import all_metadata, open_container
from redbook.audio.source import Source
from redbook.authoring.program import Program
from redbook.errors import AudioError
from redbook.sheets.encoding import decode
from redbook.sheets.flac_block import parse_block, read_block
from redbook.sheets.meaning import program_of
from redbook.sheets.options import DEFAULTS, Notebook, SheetOptions
from redbook.sheets.sources import LengthOf, Sources
from redbook.sheets.syntax import parse


def read_embedded(
    path: Path, name: str, length_of: LengthOf, options: SheetOptions = DEFAULTS
) -> Program | None:
    """The program that the sheet inside a sound file asks for; None if there is none.

    A tag is preferred to a block: it says more. The audio is always the file's own, whatever FILE says.

    name  of the file as the user gave it

    raises  SheetError  for what cannot be burned as it stands
    """
    notes = Notebook(name, options.strict)
    text = _in_its_encoding(_tag(path), path, options, notes)
    block = read_block(path)
    if text.strip():
        sheet = parse(text, notes, options, own_file=name)
        if "\ufffd" in text:
            notes.note("the CUESHEET tag is not UTF-8 throughout; what cannot be read is shown as \ufffd")
        if block is not None:
            notes.note("there are a CUESHEET tag and a CUESHEET block; the tag is used")
    elif block is not None:
        sheet = parse_block(*block, name, options, notes)
    else:
        return None
    sources = Sources(sheet, None, length_of, options, notes, own=Source(name, path))
    program = program_of(sheet, sources, options, notes)
    if sheet.packs_file is not None:
        notes.note("CDTEXTFILE has no meaning in a sheet inside a sound file", sheet.packs_file[1])
    return replace(program, notes=notes.notes)


def _tag(path: Path) -> str:
    """The tag's text; empty if there is none, or if the file is not a sound file (burning it will say so)."""
    try:
        with open_container(path, bytes_of_tags=True) as container:
            return all_metadata(container).get("cuesheet", "")
    except AudioError:
        return ""


def _in_its_encoding(text: str, path: Path, options: SheetOptions, notes: Notebook) -> str:
    """The text of a tag. Tags are UTF-8, but some programs copy a sheet in another encoding, byte for byte.

    If FILE has the file's own name, that shows which encoding it is.

    raises  SheetError  if the encoding asked for does not exist
    """
    data = text.encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        notes.note("the CUESHEET tag is not UTF-8, as a tag must be")

    def is_own(name: str) -> bool:
        return name.replace("\\", "/").rsplit("/", 1)[-1] == path.name

    return decode(data, is_own, options, notes).text
