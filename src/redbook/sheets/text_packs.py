"""The file that CDTEXTFILE names: CD-Text packs, as they will be burned."""

from __future__ import annotations

import hashlib

from redbook.disc.cd_text import PACK_BYTES, Texts, each_pack, is_sound, parse
from redbook.sheets.options import Notebook, shown
from redbook.sheets.packs import MOST_FILE_BYTES, PacksWrong, check_tracks, packs_in
from redbook.sheets.sheet_files import SheetFiles, TwoFiles

PACKS_SUM = "CDTEXTFILE-SHA256"
"""A remark with the sum of packs that had wrong checksums on the disc that they were read from. While the sum
is right, nothing has damaged the file since, and the packs are burned as they were on that disc."""


def read_packs(
    name: str,
    line: int,
    files: SheetFiles,
    encoding: str,
    tracks: int,
    notes: Notebook,
    known_sum: str = "",
) -> bytes:
    """The packs; empty, with a note, if there is no such file or it cannot be trusted.

    tracks     how many the disc has
    known_sum  SHA-256 of packs that will be burned whatever their own checksums say; empty for none

    raises  SheetError  for packs of a disc with other tracks
    """
    texts_instead = "the texts of the sheet are used instead"
    try:
        found = files.find(name, encoding)
        if found is None:
            notes.note(f"CDTEXTFILE {shown(name)}: there is no such file; {texts_instead}", line)
            return b""
        with found.path.open("rb") as file:
            data = file.read(MOST_FILE_BYTES + 1)
    except TwoFiles as error:
        raise notes.error(
            f"CDTEXTFILE {shown(name)} may mean any of {', '.join(error.names)}", line
        ) from error
    except OSError as error:
        notes.note(f"CDTEXTFILE {shown(name)} cannot be read ({error.strerror}); {texts_instead}", line)
        return b""
    if found.why:
        notes.note(f"CDTEXTFILE says {shown(name)}; {files.shown(found.path)} is used: {found.why}", line)
    if known_sum and hashlib.sha256(data).hexdigest() == known_sum and not len(data) % PACK_BYTES:
        wrong = sum(not is_sound(pack) for pack in each_pack(data))
        notes.note(
            f"CDTEXTFILE {shown(name)}: {wrong} of its packs have wrong checksums, as on the disc that "
            "they were read from; they are burned as they are",
            line,
        )
        return data
    try:
        packs = packs_in(data)
    except PacksWrong as error:
        notes.note(f"CDTEXTFILE {shown(name)}: {error}; {texts_instead}", line)
        return b""
    try:
        check_tracks(packs.packs, 1, tracks)
    except PacksWrong as error:
        why = f"CDTEXTFILE {shown(name)}: {error}: leave the line out, or name the right file"
        raise notes.error(why, line) from error
    for text in packs.odd:
        notes.note(f"CDTEXTFILE {shown(name)}: {text}", line)
    return packs.packs


def note_differences(
    in_sheet: tuple[Texts, ...], packs: tuple[Texts, ...], line: int, notes: Notebook
) -> None:
    """Note where the sheet's texts differ from those of the packs; the packs win."""
    for texts in in_sheet:
        for kind, by_track in texts.by_type.items():
            for track, text in by_track.items():
                if any(other.text(kind, track) == text for other in packs):
                    continue
                where = f"track {track}" if track else "the disc"
                other = packs[0].text(kind, track) if packs else ""
                notes.note(
                    f"{kind.name} of {where}: the sheet says {shown(text)}, the packs of CDTEXTFILE say "
                    f"{shown(other) or 'nothing'}; the packs are burned",
                    line,
                )


def texts_of(packs: bytes) -> tuple[Texts, ...]:
    return tuple(parse(packs))
