"""The result of reading a disc, as values, as JSON and as a page for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from redbook._version import __version__
from redbook.burning.cd_text_json import cd_text_as_json
from redbook.burning.databases import DatabaseAnswer, in_words
from redbook.burning.unfinished import ranges
from redbook.disc import PREGAP_SECTORS, Toc, duration, minutes
from redbook.disc.cd_text import PackType, Texts
from redbook.disc.layout import COPY_PERMITTED, FOUR_CHANNELS, PRE_EMPHASIS, LaidTrack
from redbook.engine.twice import Trouble
from redbook.errors import printable
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class ReadTrack:
    """A track as it was read: from its index 1 to the next one's index 1, as rippers do it.

    number          0 for the audio before track 1
    file            in the folder; empty if the audio is only silence and has no file
    laid            where it is on the disc, and what the disc says about it
    ctdb            checksum as the CUETools database has it; empty for number 0, like AccurateRip's
    trouble         sectors in it whose first two readings did not agree, by LBA
    missing_head_samples, missing_tail_samples  silence in place of samples that the offset moves to where a
                    drive cannot read
    """

    number: int
    file: str
    start_lba: int
    sectors: int
    laid: LaidTrack | None
    sha256: str
    accuraterip_v1: str
    accuraterip_v2: str
    ctdb: str
    trouble: Trouble
    missing_head_samples: int = 0
    missing_tail_samples: int = 0

    @property
    def sectors_read_twice(self) -> int:
        """Sectors for which two readings agreed."""
        trouble = self.trouble
        return self.sectors - len(trouble.holes) - len(trouble.gaps)


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What was read from a disc and saved in the folder.

    whole        two readings of every sector agreed, and nothing on the disc was left out
    sheet        the cue sheet; None if no sheet can describe the disc; `notes` say why
    offset_samples  that were corrected: the drive returns the audio this many samples late (negative: early)
    known_offset_samples  by which this drive was found to read its own discs late; None while unknown
    c2           whether the drive reported which sectors it could not correct
    untold       what the drive cannot report about the disc, in words
    left_out     what is on the disc and was not read, in words
    goes_on      whether it continued an earlier, unfinished reading
    databases    what others have read, if that was requested
    """

    folder: Path
    sheet: Path | None
    drive: str
    model: str
    toc: Toc
    audio_lead_out_lba: int
    mcn: str
    texts: tuple[Texts, ...]
    packs: bytes
    tracks: tuple[ReadTrack, ...]
    hidden: ReadTrack | None
    disc_ctdb: str
    offset_samples: int
    known_offset_samples: int | None
    c2: bool
    files: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    goes_on: bool = False
    databases: tuple[DatabaseAnswer, ...] = ()

    @property
    def every_track(self) -> tuple[ReadTrack, ...]:
        """The audio before track 1, too."""
        return self.tracks if self.hidden is None else (self.hidden, *self.tracks)

    @property
    def whole(self) -> bool:
        return not self.left_out and not any(track.trouble.holes for track in self.every_track)

    @property
    def holes(self) -> list[str]:
        """Sectors that are not known to be right, in words."""
        return [line for track in self.every_track for line in _holes(track)]


def name_of(track: ReadTrack) -> str:
    return f"track {track.number}" if track.number else "audio before track 1"


def _holes(track: ReadTrack) -> Iterator[str]:
    kinds = (
        (track.trouble.unreadable, "cannot be read; replaced by silence"),
        (track.trouble.differing, "different each time; the last reading is kept"),
        (track.trouble.marked, "read the same twice, but marked as damaged (C2) each time"),
    )
    for sectors, what in kinds:
        for first, last in ranges(sectors):
            yield f"{name_of(track)}, {_place(first, last, track.start_lba)}: {what}"


def _place(first: int, last: int, start_lba: int) -> str:
    at = minutes(first - start_lba)
    if first == last:
        return f"sector {first} (at {at})"
    return f"sectors {first} to {last} (from {at} on)"


IDENTIFIERS = (
    ("musicbrainz_id", "MusicBrainz", "of the table of contents, up to the last audio track"),
    ("freedb_id", "freedb, gnudb", "of the table of contents, data tracks included"),
    ("accuraterip_id", "AccurateRip", "of the table of contents, audio tracks and lead-out"),
    ("ctdb_id", "CTDB", "of the table of contents, audio tracks from the first one on"),
)
"""All of these identify the table of contents, never the audio: discs with the same cuts share them."""


def as_json(report: ReadReport) -> dict[str, Any]:
    """docs/json.md describes it."""
    return {
        "redbook": __version__,
        "whole": report.whole,
        "folder": str(report.folder),
        "sheet": report.sheet.name if report.sheet else None,
        "files": list(report.files),
        "drive": report.drive,
        "model": report.model,
        "offset_samples": report.offset_samples,
        "known_offset_samples": report.known_offset_samples,
        "c2": report.c2,
        "continued": report.goes_on,
        "lead_out_lba": report.toc.lead_out_lba,
        "audio_lead_out_lba": report.audio_lead_out_lba,
        "identifiers": [
            {"name": key, "value": getattr(report.toc, key) or None, "of": of} for key, _, of in IDENTIFIERS
        ],
        "ctdb": report.disc_ctdb,
        "mcn": report.mcn or None,
        "cd_text_packs": len(report.packs) // 18,
        "cd_text": [cd_text_as_json(texts) for texts in report.texts],
        "tracks": [_track(track) for track in report.every_track],
        "databases": [
            {
                "database": answer.database,
                "address": answer.address,
                "problem": answer.problem or None,
                "tracks": [
                    {"number": track.number, "same": track.same, "of": track.of} for track in answer.tracks
                ],
            }
            for answer in report.databases
        ],
        "holes": report.holes,
        "untold": list(report.untold),
        "left_out": list(report.left_out),
        "notes": list(report.notes),
    }


def _track(track: ReadTrack) -> dict[str, Any]:
    trouble, laid = track.trouble, track.laid
    own = laid or LaidTrack(0, track.start_lba, track.sectors)
    return {
        "number": track.number,
        "file": track.file or None,
        "start_lba": track.start_lba,
        "sectors": track.sectors,
        "length": duration(track.sectors),
        "sha256": track.sha256,
        "accuraterip_v1": track.accuraterip_v1 or None,
        "accuraterip_v2": track.accuraterip_v2 or None,
        "ctdb": track.ctdb or None,
        "pregap_sectors": own.pregap_sectors if laid else None,
        "indexes": list(own.indexes),
        "isrc": own.isrc or None,
        "control": own.control if laid else None,
        "pre_emphasis": bool(own.control & PRE_EMPHASIS),
        "copy_permitted": bool(own.control & COPY_PERMITTED),
        "four_channels": bool(own.control & FOUR_CHANNELS),
        "copy_alternates": own.copy_alternates,
        "sectors_read_twice": track.sectors_read_twice,
        "read_again": _pairs(trouble.again),
        "c2": _pairs(trouble.c2),
        "marked": _pairs(trouble.marked),
        "differing": _pairs(trouble.differing),
        "unreadable": _pairs(trouble.unreadable),
        "silent_gaps": _pairs(trouble.gaps),
        "missing_head_samples": track.missing_head_samples,
        "missing_tail_samples": track.missing_tail_samples,
    }


def _pairs(sectors: Sequence[int]) -> list[list[int]]:
    return [list(pair) for pair in ranges(sectors)]


def as_text(report: ReadReport) -> str:
    """A page for people, to be kept with the files."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: ReadReport) -> Iterator[str]:
    yield f"redbook {__version__}: a disc, read by {printable(report.model)}"
    yield ""
    yield verdict(report)
    yield f"offset corrected: {offset_in_words(report)}"
    yield "C2: " + (
        "the drive reported which sectors it could not correct" if report.c2 else "not reported by the drive"
    )
    yield ""
    for key, name, of in IDENTIFIERS:
        yield f"{name + ' id':<16} {getattr(report.toc, key) or 'none'}   ({of})"
    yield (
        f"{'CTDB checksum':<16} {report.disc_ctdb}   (of the audio, without what an offset hides at "
        "both ends)"
    )
    if report.mcn:
        yield f"{'MCN':<16} {report.mcn}"
    for texts in report.texts:
        album = [texts.text(kind, 0) for kind in (PackType.PERFORMER, PackType.TITLE)]
        yield f"{'CD-Text':<16} {texts.language}: {printable(' - '.join(filter(None, album)))}"
    for answer in report.databases:
        yield from map(printable, in_words(answer))
    yield ""
    for track in report.every_track:
        yield from _track_lines(track, report)
    for head, lines in (
        ("Not right", report.holes),
        ("Not read", report.left_out),
        ("Not reported by the drive", report.untold),
        ("Notes", report.notes),
    ):
        if lines:
            yield f"{head}:"
            yield from (f"  {printable(line)}" for line in lines)
            yield ""
    yield "Checksums are of index 1 to the next track's index 1, as rippers count, with the offset corrected."


def verdict(report: ReadReport) -> str:
    """How well the disc was read, in one or two sentences."""
    again = sum(len(track.trouble.again) for track in report.every_track)
    more = f"; {_count(again, 'sector')} only after more than two readings" if again else ""
    holes = sum(len(track.trouble.holes) for track in report.every_track)
    if not holes:
        left = ". Not all of the disc was read, see below" if report.left_out else ""
        return f"Two readings of every sector agree{more}{left}."
    verb = "is" if holes == 1 else "are"
    return (
        f"{_count(holes, 'sector')} {verb} NOT known to be right, see below; two readings of every "
        f"other agree{more}."
    )


def offset_in_words(report: ReadReport) -> str:
    known = report.known_offset_samples
    text = f"{report.offset_samples:+d} samples" if report.offset_samples else "none"
    if known is not None and known != report.offset_samples:
        text += f" (this drive was found to read its own discs {known:+d} samples late)"
    return text


def _track_lines(track: ReadTrack, report: ReadReport) -> Iterator[str]:
    laid = track.laid
    title = next((t for texts in report.texts if (t := texts.text(PackType.TITLE, track.number))), "")
    name = f"Track {track.number}" if track.number else "Before track 1"
    yield f"{name}  {printable(title) if track.number else ''}".rstrip()
    yield f"  file        {printable(track.file) if track.file else 'none, it is silence'}"
    yield (
        f"  place       from {duration(track.start_lba)} (LBA {track.start_lba}), "
        f"{duration(track.sectors)} long"
    )
    if laid is not None:
        if laid.pregap_sectors and laid.pregap_sectors != PREGAP_SECTORS:
            yield f"  pregap      {duration(laid.pregap_sectors)}"
        for index, lba in enumerate(laid.indexes, 2):
            yield f"  index {index:<5} at {duration(lba - laid.start_lba)}"
        if laid.isrc:
            yield f"  ISRC        {laid.isrc}"
        flags = (
            (PRE_EMPHASIS, "pre-emphasis"),
            (COPY_PERMITTED, "copying permitted"),
            (FOUR_CHANNELS, "4 channels"),
        )
        words = [text for bit, text in flags if laid.control & bit]
        words += ["a copy of a protected original (SCMS)"] if laid.copy_alternates else []
        if words:
            yield f"  flags       {', '.join(words)}"
    yield f"  SHA-256     {track.sha256}"
    if track.accuraterip_v1:
        yield f"  AccurateRip v1 {track.accuraterip_v1}, v2 {track.accuraterip_v2}"
        yield f"  CTDB        {track.ctdb}"
    yield (
        f"  readings    {track.sectors_read_twice} of {_count(track.sectors, 'sector')} were read the same "
        "twice"
    )
    for sectors, what in (
        (track.trouble.again, "only after more readings"),
        (track.trouble.c2, "marked (C2) in a reading"),
        (track.trouble.gaps, "cannot be read, between two tracks; replaced by silence"),
    ):
        for first, last in ranges(sectors):
            yield f"              {_place(first, last, track.start_lba)}: {what}"
    missing = track.missing_head_samples + track.missing_tail_samples
    if missing:
        where = "start" if track.missing_head_samples else "end"
        yield (
            f"              {_count(missing, 'sample')} at its {where} cannot be read because of the offset; "
            "replaced by silence"
        )
    yield ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
