"""The file that CDTEXTFILE names: CD-Text packs as they are to be burned."""

from __future__ import annotations

from redbook.disc.cd_text import Texts, parse
from redbook.sheets.options import Notebook, shown
from redbook.sheets.packs import MOST_FILE_BYTES, PacksWrong, check_tracks, packs_in
from redbook.sheets.sheet_files import SheetFiles, TwoFiles


def read_packs(name: str, line: int, files: SheetFiles, encoding: str, tracks: int, notes: Notebook) -> bytes:
    """The packs; empty, with a note, where there is no such file or it cannot be trusted.

    tracks  how many the disc has

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
        notes.note(f"CDTEXTFILE says {shown(name)}; {files.shown(found.path)} is taken: {found.why}", line)
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


def note_differences(said: tuple[Texts, ...], packs: tuple[Texts, ...], line: int, notes: Notebook) -> None:
    """Of the sheet's texts and those of the packs, which win."""
    for texts in said:
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
