"""A disc that will be kept or copied: what can be read from it, and what cannot.

What is read is the audio of the first session: from LBA 0, or from where the first audio track after data
starts, to the lead-out. Everything else on the disc is named, so nothing is left out silently.
Source: MMC-5 6.20 (Q), 6.26 (READ TOC formats 0, 2 and 5); IEC 60908 17.5 (control in Q).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from redbook.disc import Toc
from redbook.disc.cd_text.packs import each_pack, is_sound
from redbook.disc.layout import COPY_PERMITTED, PRE_EMPHASIS, Item, LaidTrack, SessionLayout
from redbook.engine.complete_tracks import CompleteTrack, complete_tracks_on, in_words
from redbook.engine.inspect import Abilities, DiscContents, inspect
from redbook.engine.labels import DiscLabels, read_labels
from redbook.engine.q_of_sectors import pieces, read_q
from redbook.engine.steps import Procedure
from redbook.engine.twice import AreaToRead
from redbook.errors import InvalidReply, MediumUnsuitable, SenseError
from redbook.mmc.disc_info import ReadCdText
from redbook.records import dataclass

_Q_SECTORS = 50
"""Sectors examined in each track: where the copy bit alternates (SCMS), it does so about nine times a
second.
"""
_EDGE_SECTORS = 15


@dataclass(frozen=True, slots=True)
class Original:
    """A disc as it is before its audio is read.

    toc       of the whole disc
    layout    the audio tracks of the first session with everything known about them; its lead-out is where
              their audio ends
    areas     runs of audio to be read, in order
    untold    what the drive cannot report about the disc, by track (0: the disc); there the layout has
    nothing left_out  what is on the disc and is not read, in words; these need the user's consent
    remarks   what else a person should know about it, in words
    """

    abilities: Abilities
    disc: DiscContents
    toc: Toc
    layout: SessionLayout
    labels: DiscLabels
    areas: tuple[AreaToRead, ...]
    untold: frozenset[tuple[Item, int]] = frozenset()
    left_out: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def sectors(self) -> int:
        """To be read."""
        return sum(area.end_lba - area.start_lba for area in self.areas)

    @property
    def hidden_sectors(self) -> int:
        """From LBA 0 to track 1; 0 if the disc begins with data."""
        return self.layout.tracks[0].start_lba - self.areas[0].start_lba


def look_at_original() -> Procedure[Original]:
    """Everything that a disc says about itself.

    raises  MediumUnsuitable  for a disc without an audio track in a closed session
            DriveError
    """
    abilities, disc = yield from inspect()
    toc = disc.toc
    if toc is None or not toc.tracks:
        raise MediumUnsuitable(_nothing_to_read(disc))
    listed = {entry.number for entry in toc.tracks}
    complete = [track for track in (yield from complete_tracks_on(disc)) if track.number in listed]
    first = complete[0].session
    audio = [track for track in complete if track.is_audio and track.session == first]
    if not audio:
        raise MediumUnsuitable(
            f"there is no audio in the first session of the disc, but data ({_numbers(complete)}); only "
            "audio is read"
        )
    known = [track for track in disc.tracks if track.number in listed]
    tells_cd_text = abilities.capabilities is not None and abilities.capabilities.cd_text
    labels = yield from read_labels(known, toc, tells_cd_text)
    remarks: list[str] = []
    packs, remark = yield from _packs_again(labels.sessions[0].cd_text if labels.sessions else b"")
    remarks += [remark] if remark else []
    tracks = []
    untold = set(labels.untold)
    for track in audio:
        end = _end_of(track, complete, toc)
        laid = labels.of(track.number)
        if laid is None:
            control = next(entry.control for entry in toc.tracks if entry.number == track.number)
            laid = LaidTrack(track.number, track.start_lba, end - track.start_lba, control=control)
            untold |= {(item, track.number) for item in (Item.PREGAPS, Item.INDEXES, Item.ISRC)}
        laid, contradictions = yield from _with_control(laid)
        remarks += contradictions
        tracks.append(laid)
    areas = tuple(_areas(audio, tracks, complete, toc))
    layout = SessionLayout(
        tuple(tracks),
        areas[-1].end_lba,
        mcn=labels.mcn,
        cd_text=packs,
    )
    return Original(
        abilities,
        disc,
        toc,
        layout,
        labels,
        areas,
        frozenset(untold),
        tuple(_left_out(disc, complete, first)),
        tuple(remarks),
    )


def _nothing_to_read(disc: DiscContents) -> str:
    if disc.spoiled:
        return "the disc has no table of contents: its session was never finished"
    if disc.tracks:
        return "the session on the disc was left open: close it first (redbook close), then read it"
    return "there is no closed session on the disc; insert the disc to be read"


def _numbers(complete: Sequence[CompleteTrack]) -> str:
    return in_words([track.number for track in complete])


def _end_of(track: CompleteTrack, complete: Sequence[CompleteTrack], toc: Toc) -> int:
    """Where a ripper reads to: the next track, the two seconds before data, or the lead-out."""
    if track.end_lba is not None:
        return track.end_lba
    following = next((other for other in complete if other.number > track.number), None)
    return toc.lead_out_lba if following is None else following.start_lba


def _areas(
    audio: Sequence[CompleteTrack], tracks: Sequence[LaidTrack], complete: Sequence[CompleteTrack], toc: Toc
) -> list[AreaToRead]:
    areas: list[AreaToRead] = []
    for track, laid, following in zip(audio, tracks, (*tracks[1:], None), strict=True):
        start, end = track.start_lba, _end_of(track, complete, toc)
        if track is complete[0]:
            start = max(0, min(start, laid.pregap_lba, 0))
        # Only where a run-out is after the track: a pregap that follows at once is audio of its own.
        behind = end if following is None else min(end, following.pregap_lba)
        gaps = ((laid.end_lba, end),) if laid.sectors and laid.end_lba < behind else ()
        if areas and areas[-1].end_lba == start:
            areas[-1] = AreaToRead(areas[-1].start_lba, end, areas[-1].gaps + gaps)
        else:
            areas.append(AreaToRead(start, end, gaps))
    return areas


def _left_out(disc: DiscContents, complete: Sequence[CompleteTrack], first: int) -> list[str]:
    """In words, for whoever is asked for consent."""
    left = []
    data = [track for track in complete if not track.is_audio and track.session == first]
    if data:
        left.append(f"{_numbers(data)}: data, which redbook does not read")
    others = [track for track in complete if track.session != first]
    for kind, of in (("data", False), ("audio", True)):
        later = [track for track in others if track.is_audio is of]
        if later:
            left.append(
                f"{_numbers(later)}: {kind} in a later session; a copy has the first session of a disc"
            )
    unlisted = [track.number for track in disc.tracks if track.number > complete[-1].number]
    if unlisted:
        left.append(f"{in_words(unlisted)}: in a session that was left open")
    return left


def _packs_again(packs: bytes) -> Procedure[tuple[bytes, str]]:
    """The packs read once more: returns the reading with fewer wrong checksums, and what differed."""
    if not packs:
        return packs, ""
    try:
        again: bytes = yield ReadCdText()
    except (SenseError, InvalidReply):
        return packs, ""
    if again == packs:
        return packs, ""
    better = max((packs, again), key=lambda one: sum(map(is_sound, each_pack(one))))
    return (
        better,
        "CD-Text was different when it was read again; the reading with fewer wrong packs is kept",
    )


def _with_control(track: LaidTrack) -> Procedure[tuple[LaidTrack, list[str]]]:
    """The flags: those of the table of contents, and what only the track's own Q says about them.

    A sheet has one set of flags for a track. Pre-emphasis counts wherever it is marked: a copy without it
    sounds wrong on every player, one with it on none that reads the table of contents.
    """
    seen = yield from _controls(track)
    if not seen:
        return track, []
    contradictions = []
    number, own = track.number, track.control
    in_q = {bool(control & PRE_EMPHASIS) for control in seen}
    if in_q == {True} and not own & PRE_EMPHASIS:
        own |= PRE_EMPHASIS
        contradictions.append(
            f"track {number}: pre-emphasis is marked in the track itself but not in the table of contents; "
            "it is kept"
        )
    elif in_q == {False} and own & PRE_EMPHASIS:
        contradictions.append(
            f"track {number}: pre-emphasis is marked in the table of contents but not in the track itself; "
            "it is kept"
        )
    copies = {bool(control & COPY_PERMITTED) for control in seen}
    if copies == {True, False}:
        track = replace(track, copy_alternates=True)
    elif bool(own & COPY_PERMITTED) not in copies:
        contradictions.append(
            f"track {number}: the table of contents and the track disagree on whether copying is permitted"
        )
    return replace(track, control=own), contradictions


def _controls(track: LaidTrack) -> Procedure[set[int]]:
    """What the Q of its sectors has as control, from its middle; empty for a drive that does not report
    it.
    """
    found: set[int] = set()
    room = track.sectors - 2 * _EDGE_SECTORS
    begin = track.start_lba + max(0, (track.sectors - min(room, _Q_SECTORS)) // 2)
    end = begin + max(0, min(room, _Q_SECTORS))
    for lba, count in pieces(begin, end):
        try:
            answers = yield from read_q(lba, count)
        except (SenseError, InvalidReply):
            break
        found |= {q.control for q in answers if q.track == track.number}  # 0 with MCN and ISRC
    return found
