"""The CUESHEET block of a FLAC file, as a sheet.  Source: RFC 9639, 8.2 and 8.7."""

from __future__ import annotations

from pathlib import Path
from struct import Struct, error
from typing import BinaryIO

from redbook.audio.flac_frames import FLAC_MARK
from redbook.audio.mpeg import skip_id3
from redbook.disc import SAMPLE_RATE_HZ, SAMPLES_PER_SECTOR, duration
from redbook.sheets.codes import read_isrc, read_mcn
from redbook.sheets.options import Notebook, SheetOptions, shown
from redbook.sheets.sheet import Mark, Sheet, SheetFile, SheetTrack

_STREAM_INFO, _CUE_SHEET = 0, 5
_HEAD = Struct(">128sQB258xB")
_TRACK = Struct(">QB12sB13xB")
_INDEX = Struct(">QB3x")
_LEAD_OUTS = (170, 255)  # of a CD, of anything else
_NO_AUDIO, _PRE_EMPHASIS = 0x80, 0x40


def read_block(path: Path) -> tuple[bytes, int] | None:
    """The block's bytes and the file's sample rate in Hz; None if there is none."""
    try:
        with path.open("rb") as file:
            return _find(file)
    except OSError:
        return None


def _find(file: BinaryIO) -> tuple[bytes, int] | None:
    file.seek(skip_id3(file))
    if file.read(len(FLAC_MARK)) != FLAC_MARK:
        return None
    rate = 0
    while len(head := file.read(4)) == 4:
        kind, length = head[0] & 0x7F, int.from_bytes(head[1:], "big")
        if kind == _STREAM_INFO:
            info = file.read(length)
            rate = int.from_bytes(info[10:13], "big") >> 4
        elif kind == _CUE_SHEET:
            return file.read(length), rate
        else:
            file.seek(length, 1)
        if head[0] & 0x80:
            break
    return None


def parse_block(data: bytes, rate: int, name: str, options: SheetOptions, notes: Notebook) -> Sheet:
    """Read a block as a sheet.

    rate  of the file, in Hz
    name  of the file

    raises  SheetError  for a damaged block
    """
    try:
        return _parse(data, rate or SAMPLE_RATE_HZ, name, options, notes)
    except error as cause:
        raise notes.error("its CUESHEET block is damaged") from cause


def _parse(data: bytes, rate: int, name: str, options: SheetOptions, notes: Notebook) -> Sheet:
    mcn, _lead_in, _is_cd, count = _HEAD.unpack_from(data)
    sheet = Sheet([SheetFile(name)])
    code, note = read_mcn(mcn.rstrip(b"\0").decode("ascii", "replace"), options.keep_mcn)
    sheet.mcn = code
    if note:
        notes.note(note)
    place = _HEAD.size

    def samples(offset: int) -> int:
        return offset if rate == SAMPLE_RATE_HZ else round(offset * SAMPLE_RATE_HZ / rate)

    for _ in range(count):
        offset, number, isrc, flags, points = _TRACK.unpack_from(data, place)
        place += _TRACK.size
        if number in _LEAD_OUTS:
            sheet.lead_out = samples(offset)
            break
        before = sheet.tracks[-1].number if sheet.tracks else 0
        if not before < number <= 99:
            raise notes.error(f"its CUESHEET block has track {number} after track {before}")
        track = SheetTrack(number, "AUDIO" if not flags & _NO_AUDIO else "DATA", file=0)
        if flags & _PRE_EMPHASIS:
            track.flags.add("PRE")
        track.isrc = _isrc(isrc, number, notes)
        for _ in range(points):
            beyond, index = _INDEX.unpack_from(data, place)
            place += _INDEX.size
            at = samples(offset + beyond)
            if track.marks and index <= track.marks[-1].index:
                raise notes.error(f"track {number} of its CUESHEET block has index {index} twice or too late")
            track.marks.append(Mark(index, 0, at, duration(at // SAMPLES_PER_SECTOR)))
        sheet.tracks.append(track)
    if not sheet.tracks:
        raise notes.error("its CUESHEET block has no track")
    return sheet


def _isrc(raw: bytes, number: int, notes: Notebook) -> str:
    text = raw.rstrip(b"\0").decode("ascii", "replace")
    code = read_isrc(text)
    if code is None:
        notes.note(f"track {number}: {shown(text)} is not an ISRC; it is not burned")
    return code or ""
