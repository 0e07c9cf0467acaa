"""From what a user names to a program: files, a sheet, a file with a sheet inside, or a program made in code.

`compose` works before anything is decoded. `settle` comes after that, when lengths and tags are known.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from redbook.audio.format import Tags
from redbook.audio.glimpse import length_of
from redbook.audio.source import SHEET_SUFFIXES, expand, printable
from redbook.authoring.chains import Look
from redbook.authoring.program import Note, Piece, Program, ProgramTrack, Segment
from redbook.authoring.tags import Labels, merge, of_program, of_tags, onto_program, tags_by_track
from redbook.authoring.wishes import CdText, Join, Loudness, SourceName, Wishes
from redbook.burning.virtual_disc import is_virtual_disc, program_of_virtual_disc
from redbook.disc import PREGAP_SECTORS, SAMPLE_RATE_HZ, SAMPLES_PER_SECTOR, SECTORS_PER_SECOND
from redbook.disc.cd_text import PackType, Texts, encode
from redbook.disc.codes import read_isrc
from redbook.engine.complete_tracks import in_words
from redbook.engine.events import Phase, PhaseStarted, Working
from redbook.errors import AudioError, Cancelled, PlanError, SheetError
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener
from redbook.sheets import SheetOptions, folder_of_set, read_cue, read_ddp, read_embedded, read_toc
from redbook.sheets.codes import read_mcn
from redbook.sheets.master_file import MasterFile, is_master, program_of_master, read_master_file
from redbook.sheets.options import Notebook
from redbook.sheets.packs import read_packs_file
from redbook.sheets.v07t import read_v07t

_TEXT_SHEETS = (".v07t", ".txt")


@dataclass(frozen=True, slots=True)
class Composition:
    """A program, and what it was made from.

    from_files  it is a list of files: no sheet says how they join, or what their titles are
    notes       what was left out of folders and playlists, and how a sheet was read, in words
    kept        the master that the user named; None for anything else
    """

    program: Program
    from_files: bool
    notes: tuple[str, ...] = ()
    kept: MasterFile | None = None

    @property
    def in_sectors(self) -> bool:
        """Whether its audio is stored as the sectors that are burned, so that nothing has to be decoded."""
        return self.kept is not None and all(source.raw for source in self.program.sources)


def compose(
    names: Sequence[SourceName] | Program,
    wishes: Wishes,
    sheet_options: SheetOptions | None = None,
    caller: Caller | None = None,
) -> Composition:
    """The program that the names mean, before anything is decoded.

    caller  may cancel; is told how far the checksums of a DDP set are, which takes a while

    raises  AudioError  for a name that does not exist; SheetError for a sheet that cannot be burned
            PlanError   for a program that names a source that it does not have; Cancelled
    """
    if isinstance(names, Program):
        _check_sources(names)
        return Composition(names, False, tuple(str(note) for note in names.notes))
    options = sheet_options or SheetOptions(strict=wishes.strict)
    texts = [os.fspath(name) for name in names]
    discs = [name for name in texts if is_virtual_disc(name)]
    if discs and len(texts) > 1:
        raise AudioError(
            f"{printable(discs[0])}: that is a whole disc; name it alone, or name sound files", discs[0]
        )
    if discs:
        return _of_sheet(program_of_virtual_disc(discs[0]))
    masters = [name for name in texts if is_master(Path(name))]
    if masters and len(texts) == 1:
        return _of_master(masters[0], wishes)
    sheets = masters + [name for name in texts if _is_sheet(name)]
    if sheets and len(texts) > 1:
        raise AudioError(
            f"{printable(sheets[0])}: a sheet or a master describes a whole disc; name it alone, or "
            "name sound files",
            sheets[0],
        )
    if sheets:
        return _of_sheet(_read_sheet(sheets[0], options, caller or Caller()))
    expansion = expand(names)
    if len(expansion.sources) == 1 and not expansion.sources[0].raw:
        source = expansion.sources[0]
        inside = read_embedded(source.path, source.name, length_of, options)
        if inside is not None:
            note = Note(
                f"it holds a cue sheet of {len(inside.tracks)} tracks, and is burned as that", source.name
            )
            return _of_sheet(replace(inside, notes=(note, *inside.notes)), tuple(expansion.notes))
    tracks = tuple(
        ProgramTrack((Segment(1, (Piece(number),)),), joined=False)
        for number in range(len(expansion.sources))
    )
    return Composition(Program(tuple(expansion.sources), tracks), True, tuple(expansion.notes))


def _check_sources(program: Program) -> None:
    for number, track in enumerate(program.tracks, 1):
        for piece in track.pieces:
            if piece.source is not None and not 0 <= piece.source < len(program.sources):
                there = f"there are {len(program.sources)}"
                raise PlanError(f"track {number} wants source {piece.source}, counting from 0; {there}")


def _is_sheet(name: str) -> bool:
    path = Path(name)
    return (path.suffix.lower() in SHEET_SUFFIXES and not path.is_dir()) or folder_of_set(path) is not None


def _read_sheet(name: str, options: SheetOptions, caller: Caller) -> Program:
    path = Path(name)
    folder = folder_of_set(path)
    if folder is not None:
        return caller.work(lambda emit: _read_set(folder, name, options, emit, caller))
    if not path.exists():
        raise SheetError(f"{printable(name)}: there is no such file", name)
    read = read_toc if path.suffix.lower() == ".toc" else read_cue
    return read(path, name, length_of, options)


def _of_master(name: str, wishes: Wishes) -> Composition:
    """raises  SheetError; PlanError  for what would change its audio"""
    if wishes.loudness is not Loudness.OFF:
        raise PlanError(
            "a master's audio is burned as it is: leave out --loudness, or make the master again with it"
        )
    folder = Path(name)
    master = read_master_file(folder, name)
    program = program_of_master(master, folder, name)
    return Composition(program, False, kept=master)


def _read_set(folder: Path, name: str, options: SheetOptions, emit: Listener, caller: Caller) -> Program:
    begun = False

    def on_part(part: float) -> None:
        nonlocal begun
        if caller.cancel.asked.is_set():
            raise Cancelled("cancelled while the master's checksums were made; nothing was sent")
        if not begun:
            begun = True
            emit(PhaseStarted(Phase.CHECKING))
        emit(Working(Phase.CHECKING, part))

    return read_ddp(folder, name, options, on_part)


def _of_sheet(program: Program, notes: tuple[str, ...] = ()) -> Composition:
    return Composition(program, False, notes + tuple(str(note) for note in program.notes))


def settle(
    composed: Composition,
    tags: Sequence[Tags],
    wishes: Wishes,
    *,
    packed: bool = True,
) -> Composition:
    """The same composition with joins, pauses, codes and CD-Text decided.

    tags    of each source
    packed  make CD-Text from the texts; otherwise they stay as they are

    raises  PlanError  if CD-Text is required and there are no texts
    """
    program = as_they_follow(composed, tags, wishes)
    program, notes = _labelled(program, tags, wishes, packed)
    notes = _pause_notes(composed, wishes) + notes
    return replace(composed, program=program, notes=composed.notes + notes)


def foresee(composed: Composition, wishes: Wishes, look: Look) -> Program:
    """The program with joins and pauses as `settle` will probably decide them.

    look  a look into the file of one source, before it is read
    """
    if composed.from_files and wishes.join is Join.AUTO:
        seen = map(look, range(len(composed.program.sources)))
        return as_they_follow(composed, [one.tags if one else Tags() for one in seen], wishes)
    return as_they_follow(composed, [Tags()] * len(composed.program.sources), wishes)


def as_they_follow(composed: Composition, tags: Sequence[Tags], wishes: Wishes) -> Program:
    """The program with joins and pauses decided.

    tags  of each source
    """
    program = composed.program
    if composed.from_files:
        program = _joined(program, tags, wishes.join)
    elif wishes.join is not Join.AUTO:
        joined = wishes.join is Join.JOIN
        program = replace(program, tracks=tuple(replace(t, joined=joined) for t in program.tracks))
    if wishes.pause_seconds:
        program = _with_pauses(program, wishes.pause_seconds)
    return program


def _joined(program: Program, tags: Sequence[Tags], join: Join) -> Program:
    """For files: as requested, or by their albums."""
    tracks = [program.tracks[0]] if program.tracks else []
    for number, track in enumerate(program.tracks[1:], 1):
        before, own = tags[number - 1].album, tags[number].album
        together = join is Join.JOIN or (join is Join.AUTO and own != "" and own == before)
        tracks.append(replace(track, joined=together))
    return replace(program, tracks=tuple(tracks))


def _pause_notes(composed: Composition, wishes: Wishes) -> tuple[str, ...]:
    """Notes where what is done is not quite what was requested."""
    seconds = wishes.pause_seconds
    if seconds is None:
        return ()
    if not seconds and not composed.from_files:
        return ("a pause of 0 s changes nothing: the pauses of the sheet stay",)
    sectors = round(seconds * SECTORS_PER_SECOND)
    if abs(sectors - seconds * SECTORS_PER_SECOND) < 1e-6:
        return ()
    return (
        f"a pause of {seconds:g} s is not a whole number of sectors: {sectors} of them, "
        f"{sectors / SECTORS_PER_SECOND:.3f} s, are written",
    )


def _with_pauses(program: Program, seconds: float) -> Program:
    """Silence before every track but the first, before anything else in its pregap."""
    sectors = round(seconds * SECTORS_PER_SECOND)
    silence = Piece.silence(sectors * SAMPLE_RATE_HZ // SECTORS_PER_SECOND)
    tracks = list(program.tracks[:1])
    for track in program.tracks[1:]:
        first = track.segments[0]
        if first.index == 0:
            segments = (replace(first, pieces=(silence, *first.pieces)), *track.segments[1:])
        else:
            segments = (Segment(0, (silence,), track.line), *track.segments)
        tracks.append(replace(track, segments=segments))
    return replace(program, tracks=tuple(tracks))


def _labelled(
    program: Program, tags: Sequence[Tags], wishes: Wishes, packed: bool
) -> tuple[Program, tuple[str, ...]]:
    """Texts and codes decided, the texts made into packs; and what there is to say about it, in words."""
    by_type = {PackType[name.upper()]: {0: text} for name, text in wishes.texts.items() if text}
    asked = Labels("what was asked for", (Texts(0, by_type),) if by_type else (), mcn=wishes.mcn or "")
    ranked = [asked, of_program(program), of_tags(tags_by_track(program, tags), texts=wishes.tag_texts)]
    if wishes.texts_file is not None:
        ranked.insert(1, _of_texts_file(wishes.texts_file, len(program.tracks), wishes))
    if not wishes.with_codes:
        ranked = [replace(labels, mcn="", isrcs={}) for labels in ranked]
    labels = merge(*ranked)
    if wishes.mcn == "":
        labels = replace(labels, mcn="")
    before = len(program.notes)
    program = onto_program(program, labels)
    notes = tuple(str(note) for note in program.notes[before:])
    if wishes.strict and notes:
        raise PlanError(f"{notes[0]} (an error because of --strict)")
    if wishes.cd_text is CdText.NONE:
        return replace(program, packs=b"", texts=()), notes
    if program.packs or not packed:
        return program, notes
    return _with_packs(program, wishes, notes)


def _of_texts_file(name: SourceName, tracks: int, wishes: Wishes) -> Labels:
    """raises  SheetError  for a file that is neither packs nor a text sheet, or for another disc"""
    path = Path(name)
    notes = Notebook(os.fspath(name), wishes.strict, wishes.keep_going)
    if path.suffix.lower() in _TEXT_SHEETS:
        found = read_v07t(path, notes)
        texts = tuple(_from_track_1(texts, found.first_track) for texts in found.texts)
        codes = texts[0].by_type.get(PackType.CODE, {}) if texts else {}
        isrcs = {track: code for track, text in codes.items() if track and (code := read_isrc(text))}
        mcn = read_mcn(codes.get(0, ""))[0]
        return Labels("the sheet of texts", texts, mcn=mcn, isrcs=isrcs, notes=notes.notes)
    packs = read_packs_file(path, 1, tracks, notes)
    return Labels("the file of packs", packs.texts, packs.packs, notes=notes.notes)


def _from_track_1(texts: Texts, first_track: int) -> Texts:
    """The same for a disc whose first track is number 1."""
    by_type = {
        kind: {track and track - first_track + 1: text for track, text in row.items()}
        for kind, row in texts.by_type.items()
    }
    return replace(texts, by_type=by_type)


def _with_packs(program: Program, wishes: Wishes, notes: tuple[str, ...]) -> tuple[Program, tuple[str, ...]]:
    encoded = encode(program.texts, 1, len(program.tracks), transliterate=wishes.transliterate)
    if wishes.cd_text is CdText.REQUIRE and not encoded.packs:
        raise PlanError(
            "CD-Text is required, but there is none to write: no titles are known; give some (--title, "
            "--performer), or burn a sheet or files that have titles"
        )
    losses = [str(change) for change in encoded.losses]
    if wishes.strict and losses:
        raise PlanError(f"not all texts fit into CD-Text (an error because of --strict): {losses[0]}")
    changes = tuple(str(change) for change in encoded.changes)
    if losses and not wishes.transliterate:
        in_latin = encode(program.texts, 1, len(program.tracks), transliterate=True)
        if len(in_latin.losses) < len(losses):
            changes += ("--cd-text-transliterate burns Cyrillic and Greek in Latin letters",)
    return replace(program, packs=encoded.packs, texts=encoded.texts), notes + changes


_GAP_SAMPLES = PREGAP_SECTORS * SAMPLES_PER_SECTOR


def _length(silence: Sequence[Piece]) -> int:
    return sum(piece.samples or 0 for piece in silence)


def as_single_tracks(program: Program, first_number: int = 1) -> tuple[Program, tuple[str, ...]]:
    """The program as track-at-once can write it; and what is lost by that, in words.

    first_number  of its first track on the disc

    No sound is lost. Sound in a pregap, and silence between two sounds there, moves to the end of the track
    before; in the first pregap of the program, to the start of the track itself.
    """
    lost: dict[str, list[int]] = {}
    bodies: list[list[Piece]] = []

    def lose(what: str, number: int) -> None:
        lost.setdefault(what, []).append(number + first_number - 1)

    if program.packs:
        lost["CD-Text"] = []
    if program.mcn:
        lost["the catalogue number (MCN)"] = []
    for number, track in enumerate(program.tracks, 1):
        before = [piece for segment in track.segments if segment.index == 0 for piece in segment.pieces]
        own = [piece for segment in track.segments if segment.index > 0 for piece in segment.pieces]
        audible = [piece for piece in before if not piece.is_silence]
        if before and not audible and number > 1 and _length(before) == _GAP_SAMPLES:
            pass  # as long as the gap that comes there in any case
        elif before and not audible:
            lose("the pause before {}, which becomes two seconds", number)
        elif audible and number == 1:
            lose("the index after the hidden audio before {}, which then begins with that audio", number)
            own = before[before.index(audible[0]) :] + own
        elif audible:
            lose("the pregap index of {}, whose audio becomes the end of the track before", number)
            while before[-1].is_silence:
                before.pop()
            bodies[-1] += before
        elif track.joined and number > 1:
            lose("the join before {}, which becomes two seconds of silence", number)
        if any(segment.index > 1 for segment in track.segments):
            lose("the indexes of {}", number)
        if track.isrc:
            lose("the ISRC of {}", number)
        for what, there in (
            ("pre-emphasis of {}", track.pre_emphasis),
            ("the permission to copy {}", track.copy_permitted),
            ("four channels of {}", track.four_channels),
            ("the copy mark (SCMS) of {}", track.copy_alternates),
        ):
            if there:
                lose(what, number)
        bodies.append(own)
    tracks = tuple(
        ProgramTrack((Segment(1, tuple(body), track.line),), joined=False, line=track.line)
        for track, body in zip(program.tracks, bodies, strict=True)
    )
    losses = tuple(what.format(in_words(numbers)) if numbers else what for what, numbers in lost.items())
    return replace(program, tracks=tracks, mcn="", packs=b"", texts=()), losses
