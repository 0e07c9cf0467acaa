"""Which tracks of a sheet are burned, and where each of their indexes is.

After this, nothing is missing or out of order: every track has an INDEX 01, places do not go back, and audio
before the first INDEX of a file belongs to a track.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from redbook.disc import SAMPLES_PER_SECTOR, duration
from redbook.records import dataclass
from redbook.sheets.options import Notebook, SheetOptions, shown
from redbook.sheets.sheet import Mark, Sheet, SheetTrack

_WHOLE_SECTORS = frozenset(("MODE1/2352", "MODE2/2352", "CDI/2352"))


@dataclass(slots=True)
class Chosen:
    """A track that is burned.

    marks  its indexes in order, index 0 first if it has one
    """

    track: SheetTrack
    marks: list[Mark]

    @property
    def first(self) -> Mark:
        return self.marks[0]


@dataclass(slots=True)
class Cast:
    """tracks: those that are burned; end: where the last one ends, None for the end of the last file"""

    tracks: list[Chosen]
    end: Mark | None = None


def choose(sheet: Sheet, options: SheetOptions, notes: Notebook) -> Cast:
    """Choose the tracks that are burned, and put their indexes in order.

    raises  SheetError  for data, a second session, a track without a start, places that go back
    """
    wanted = _audio_tracks(sheet, options, notes)
    marks = {id(track): _complete(track, sheet, notes) for track in sheet.tracks}
    _check_order(sheet.tracks, marks, notes)
    _claim_beginnings(sheet, marks, notes)
    tracks = [Chosen(track, marks[id(track)]) for track in wanted]
    behind = sheet.tracks[sheet.tracks.index(wanted[-1]) + 1 :]
    for number, chosen in enumerate(tracks, 1):
        if chosen.track.number != number:
            notes.note(f"track {chosen.track.number} of the sheet becomes {number}", chosen.track.line)
    return Cast(tracks, marks[id(behind[0])][0] if behind else None)


def _audio_tracks(sheet: Sheet, options: SheetOptions, notes: Notebook) -> list[SheetTrack]:
    data = [track for track in sheet.tracks if not track.is_audio]
    later = [track for track in sheet.tracks if track.session != sheet.tracks[0].session]
    for track in later:
        if track.is_audio:
            raise notes.error(
                f"track {track.number} is in session {track.session}; only one session is burned: make a "
                "sheet of each session",
                track.line,
            )
    if not data:
        return sheet.tracks
    if not options.audio_only:
        named = ", ".join(
            f"track {track.number} ({shown(track.mode)}"
            + (f", in session {track.session})" if track in later else ")")
            for track in data
        )
        raise notes.error(
            f"{named}: data, not audio; redbook burns audio only. --audio-only leaves data tracks out",
            data[0].line,
        )
    audio = [track for track in sheet.tracks if track.is_audio]
    if not audio:
        raise notes.error("all tracks of the sheet are data", data[0].line)
    first, last = sheet.tracks.index(audio[0]), sheet.tracks.index(audio[-1])
    for track in sheet.tracks[first:last]:
        if not track.is_audio:
            raise notes.error(
                f"track {track.number} is data ({shown(track.mode)}) between audio tracks; without it the "
                "audio tracks would no longer follow each other as they did, so it cannot be left out",
                track.line,
            )
    files = {mark.file for track in audio for mark in track.marks}
    for track in data:
        if track.mode not in _WHOLE_SECTORS and files & {mark.file for mark in track.marks}:
            raise notes.error(
                f"track {track.number} ({shown(track.mode)}) is in one file with audio, and its sectors do "
                "not have 2352 bytes: the place of the audio cannot be determined",
                track.line,
            )
        notes.note(f"track {track.number} is data ({shown(track.mode)}) and is left out", track.line)
    return audio


def _complete(track: SheetTrack, sheet: Sheet, notes: Notebook) -> list[Mark]:
    """The track's marks, with an index 1 and without missing indexes."""
    number, marks = track.number, list(track.marks)
    if not marks:
        alone = [
            t for t in sheet.tracks if t.file == track.file or any(m.file == track.file for m in t.marks)
        ]
        if track.file < 0 or alone != [track]:
            raise notes.error(f"track {number} has no INDEX, so it is unknown where it begins", track.line)
        notes.note(f"track {number} has no INDEX; it begins where its file does", track.line)
        marks = [Mark(1, track.file, 0, "00:00:00", track.line, track.silence)]
    elif track.silence:
        raise notes.error(f"track {number}: no INDEX follows its PREGAP", track.silence_line)
    if [mark.index for mark in marks] == [0]:
        notes.note(f"track {number} has only an INDEX 00; it is used as INDEX 01", marks[0].line)
        marks = [replace(marks[0], index=1)]
    if not any(mark.index == 1 for mark in marks):
        raise notes.error(f"track {number} has no INDEX 01, so it is unknown where it begins", track.line)
    for before, mark in pairwise(marks):
        if mark.index != before.index + 1:
            notes.note(
                f"track {number}: INDEX {mark.index:02d} of the sheet becomes {before.index + 1:02d}, "
                "because none may be left out",
                mark.line,
            )
            mark.index = before.index + 1
    return marks


def _check_order(tracks: list[SheetTrack], marks: dict[int, list[Mark]], notes: Notebook) -> None:
    places = [(track.number, mark) for track in tracks for mark in marks[id(track)]]
    for (number_before, before), (number, mark) in pairwise(places):
        if mark.file > before.file or mark.at > before.at:
            continue
        here = f"track {number}: INDEX {mark.index:02d} {mark.written}"
        other = f"INDEX {before.index:02d} {before.written}"
        if mark.at < before.at:
            raise notes.error(
                f"{here} is before {other} of track {number_before} (line {before.line}); times must go up",
                mark.line,
            )
        if number != number_before or before.index > 0:
            raise notes.error(
                f"{here} is at the same place as {other} of track {number_before} (line {before.line}), with "
                "nothing between them",
                mark.line,
            )


def _claim_beginnings(sheet: Sheet, marks: dict[int, list[Mark]], notes: Notebook) -> None:
    """Give the audio before a file's first INDEX to a track, so that none is lost."""
    used: set[int] = set()
    named = {mark.file for track in sheet.tracks for mark in marks[id(track)]}
    for place, file in enumerate(sheet.files):
        if place not in named:
            notes.note(
                f"there is no INDEX in {shown(file.name)}; it is played after what comes before it", file.line
            )
    first_track = sheet.tracks[0]
    for track in sheet.tracks:
        own = marks[id(track)]
        mark = own[0]
        if not track.is_audio and mark.file not in used:
            mark = own[0] = replace(mark, at=0)  # in a file that begins with data, nothing is audio
        is_first = track is first_track
        early = Mark(0, 0, 0, "00:00:00", mark.line) if is_first else replace(mark, index=0, at=0, silence=0)
        before = (early.file, 0) < (mark.file, mark.at)
        if before and mark.file not in used and track.is_audio:
            where = f"INDEX {mark.index:02d} {mark.written}"
            if mark.index == 1:
                notes.note(
                    f"track {track.number}: what comes before {where} in its file is its pregap", mark.line
                )
                own.insert(0, early)
            elif is_first:
                notes.note(
                    f"track {track.number}: its pregap begins with the file, not at {where}, so that "
                    "nothing is lost",
                    mark.line,
                )
                own[0] = replace(mark, file=0, at=0)
            elif mark.at:
                notes.note(
                    f"what comes before {where} in its file is played at the end of the track before",
                    mark.line,
                )
        used.update(one.file for one in own)


def place_in_words(mark: Mark) -> str:
    """A mark's place in its file, as a sheet would write it."""
    return mark.written or duration(mark.at // SAMPLES_PER_SECTOR)
