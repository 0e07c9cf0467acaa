"""Cue sheets: a file, or the text inside one, becomes a program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from redbook.authoring.program import Program
from redbook.sheets.encoding import decode
from redbook.sheets.meaning import program_of
from redbook.sheets.options import DEFAULTS, Notebook, SheetOptions
from redbook.sheets.reading import read_bytes
from redbook.sheets.sheet import Sheet
from redbook.sheets.sheet_files import SheetFiles
from redbook.sheets.sources import LengthOf, Sources
from redbook.sheets.syntax import parse
from redbook.sheets.text_packs import note_differences, read_packs, texts_of

MOST_SHEET_BYTES = 4_000_000


def read_cue(path: Path, name: str, length_of: LengthOf, options: SheetOptions = DEFAULTS) -> Program:
    """The program that a cue sheet asks for.

    name       of the sheet as the user gave it, for messages
    length_of  returns the length of a source

    raises  SheetError  with the line, for what cannot be burned as it stands
    """
    notes = Notebook(name, options.strict)
    files = SheetFiles(path)
    decoded = decode(_read(path, notes), files.leads_anywhere, options, notes)
    sheet = parse(decoded.text, notes, options)
    sources = Sources(sheet, files, length_of, options, notes, decoded.encoding)
    program = program_of(sheet, sources, options, notes)
    program = _with_packs(program, sheet, files, decoded.encoding, notes)
    return replace(program, notes=notes.notes)


def _read(path: Path, notes: Notebook) -> bytes:
    """raises  SheetError"""
    data = read_bytes(path, MOST_SHEET_BYTES, notes)
    if len(data) > MOST_SHEET_BYTES:
        raise notes.error("it is too large for a cue sheet")
    if not data:
        raise notes.error("the sheet is empty")
    return data


def _with_packs(program: Program, sheet: Sheet, files: SheetFiles, encoding: str, notes: Notebook) -> Program:
    if sheet.packs_file is None:
        return program
    name, line = sheet.packs_file
    packs = read_packs(name, line, files, encoding, len(program.tracks), notes, sheet.packs_sum)
    if not packs:
        return program
    texts = texts_of(packs)
    note_differences(program.texts, texts, line, notes)
    return replace(program, texts=texts, packs=packs)
