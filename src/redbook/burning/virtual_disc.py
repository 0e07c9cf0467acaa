"""A virtual disc as a source: it is burned again, bit for bit, with its titles and codes."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

from redbook.audio.source import Source
from redbook.authoring.program import Note, Piece, Program, ProgramTrack, Segment
from redbook.disc import PREGAP_SECTORS, SAMPLES_PER_SECTOR
from redbook.disc.cd_text import parse
from redbook.disc.layout import COPY_PERMITTED, FOUR_CHANNELS, PRE_EMPHASIS, SessionLayout
from redbook.engine.complete_tracks import in_words
from redbook.errors import AudioError, ImageError, printable
from redbook.image.base import DiscState
from redbook.image.view import DATA_FILE, FolderView
from redbook.recorders.prefixes import VIRTUAL

_SUB_CHANNEL_AT_ONCE = 750


def is_virtual_disc(name: str) -> bool:
    """Whether a source names a virtual disc, and is not a file of that name."""
    return name.startswith(VIRTUAL) and not os.path.lexists(name)


def program_of_virtual_disc(name: str) -> Program:
    """The disc in a folder, as a program.

    name  "virtual:" and the folder's path

    raises  AudioError  for something that is not a disc, or a disc that is blank, open, or more than audio
            in one session
    """
    path = Path(name.removeprefix(VIRTUAL))
    if not path.exists():
        raise AudioError(f"{printable(name)}: there is no disc at {printable(path)}", name)
    try:
        view = FolderView.look(path)
    except ImageError as error:
        raise AudioError(str(error), name) from error
    try:
        _check(view.state, name)
        notes = list(_beside(view, name))
        return _program(view.state.sessions[0].layout(), Source(name, path / DATA_FILE, "little"), notes)
    finally:
        view.close()


def _check(state: DiscState, name: str) -> None:
    """raises  AudioError"""
    shown = printable(name)
    if not state.sessions:
        raise AudioError(f"{shown}: the disc is blank", name)
    if state.broken_session is not None:
        raise AudioError(f"{shown}: its session was never finished; the disc is spoiled", name)
    if state.open_session is not None:
        raise AudioError(f"{shown}: its last session was left open; close it first (redbook close)", name)
    data = [track.number for track in state.tracks if track.is_data]
    if data:
        raise AudioError(
            f"{shown}: there are data on the disc ({in_words(data)}); `redbook read --keep-going` reads "
            "the audio",
            name,
        )
    if len(state.sessions) > 1:
        raise AudioError(
            f"{shown}: the disc has {len(state.sessions)} sessions, and only one can be burned; `redbook "
            "read --keep-going` reads the first",
            name,
        )


def _beside(view: FolderView, name: str) -> list[Note]:
    """What a burn of it leaves out."""
    notes = []
    shown = printable(name)
    if any(view.read(-PREGAP_SECTORS, PREGAP_SECTORS)):
        notes.append(Note("the two seconds before LBA 0 are not burned; silence replaces them", shown))
    end = view.state.end_lba
    for lba in range(-PREGAP_SECTORS, end, _SUB_CHANNEL_AT_ONCE):
        if any(view.read_sub_channel(lba, min(_SUB_CHANNEL_AT_ONCE, end - lba))):
            notes.append(
                Note(
                    "its sub-channel was made by a program (CD+G, for instance); the drive makes its own",
                    shown,
                )
            )
            break
    return notes


def _program(layout: SessionLayout, source: Source, notes: list[Note]) -> Program:
    tracks: list[ProgramTrack] = []
    ends = [track.pregap_lba for track in layout.tracks[1:]] + [layout.lead_out_lba]
    for track, end in zip(layout.tracks, ends, strict=True):
        marks = [track.start_lba, *track.indexes, end]
        segments = [
            Segment(index, (_piece(begin, stop),)) for index, (begin, stop) in enumerate(pairwise(marks), 1)
        ]
        begin = max(0, track.pregap_lba)
        if begin < track.start_lba:
            segments.insert(0, Segment(0, (_piece(begin, track.start_lba),)))
        tracks.append(
            ProgramTrack(
                tuple(segments),
                isrc=track.isrc,
                pre_emphasis=bool(track.control & PRE_EMPHASIS),
                copy_permitted=bool(track.toc_control & COPY_PERMITTED),
                four_channels=bool(track.control & FOUR_CHANNELS),
                copy_alternates=track.copy_alternates,
            )
        )
    first = layout.tracks[0].number
    packs = layout.cd_text if first == 1 else b""
    if layout.cd_text and not packs:
        notes.append(
            Note(f"CD-Text numbers its tracks from {first}; it is packed again", printable(source.name))
        )
    texts = tuple(one for one in parse(layout.cd_text, first) if not one.is_empty)
    return Program((source,), tuple(tracks), layout.mcn, texts, packs, tuple(notes))


def _piece(begin_lba: int, end_lba: int) -> Piece:
    return Piece(0, begin_lba * SAMPLES_PER_SECTOR, (end_lba - begin_lba) * SAMPLES_PER_SECTOR)
