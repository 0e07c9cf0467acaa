"""The file that CDTEXTFILE names: CD-Text packs as they are to be burned."""

from __future__ import annotations

from redbook.disc.cd_text import BLOCKS, PACK_BYTES, PackType, Texts, each_pack, is_sound, parse, sealed
from redbook.sheets.options import Notebook, shown
from redbook.sheets.sheet_files import SheetFiles, TwoFiles

_MOST_BYTES = BLOCKS * 256 * PACK_BYTES + 5
_HEADER_BYTES = 4


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
            data = file.read(_MOST_BYTES + 1)
    except TwoFiles as error:
        raise notes.error(
            f"CDTEXTFILE {shown(name)} may mean any of {', '.join(error.names)}", line
        ) from error
    except OSError as error:
        notes.note(f"CDTEXTFILE {shown(name)} cannot be read ({error.strerror}); {texts_instead}", line)
        return b""
    if found.why:
        notes.note(f"CDTEXTFILE says {shown(name)}; {files.shown(found.path)} is taken: {found.why}", line)
    packs = _bare(data)
    if packs is None:
        notes.note(f"CDTEXTFILE {shown(name)}: this is no file of CD-Text packs; {texts_instead}", line)
        return b""
    wrong = [number for number, pack in enumerate(each_pack(packs)) if not is_sound(pack)]
    if wrong:
        notes.note(
            f"CDTEXTFILE {shown(name)}: the checksum of pack {wrong[0]} is wrong ({len(wrong)} in all); "
            f"{texts_instead}",
            line,
        )
        return b""
    _check_tracks(packs, tracks, name, line, notes)
    return packs


def _bare(data: bytes) -> bytes | None:
    """Packs alone: without the header of READ TOC, without a zero at the end, with checksums."""
    if len(data) % PACK_BYTES in (1, 1 + _HEADER_BYTES) and not data[-1]:
        data = data[:-1]
    if len(data) % PACK_BYTES == _HEADER_BYTES and int.from_bytes(data[:2], "big") == len(data) - 2:
        data = data[_HEADER_BYTES:]
    if not data or len(data) % PACK_BYTES or len(data) > _MOST_BYTES:
        return None
    packs = list(each_pack(data))
    if any(not 0x80 <= pack[0] <= 0x8F for pack in packs):
        return None
    if not any(pack[16:] != b"\0\0" for pack in packs):  # never computed
        return b"".join(sealed(pack[:16]) for pack in packs)
    return data


def _check_tracks(packs: bytes, tracks: int, name: str, line: int, notes: Notebook) -> None:
    sequence: dict[int, list[int]] = {}
    for pack in each_pack(packs):
        sequence.setdefault(pack[3] >> 4 & 7, []).append(pack[2])
        if pack[0] == PackType.SIZES and pack[1] == 0 and (pack[5], pack[6]) != (1, tracks):
            raise notes.error(
                f"CDTEXTFILE {shown(name)} is of a disc with tracks {pack[5]} to {pack[6]}; this one has "
                "tracks "
                f"1 to {tracks}: leave the line out, or name the right file",
                line,
            )
    if any(numbers != list(range(len(numbers))) for numbers in sequence.values()):
        notes.note(
            f"CDTEXTFILE {shown(name)}: its packs are not numbered from 0; they are burned as they are", line
        )


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
