"""A program read to its end: its audio in a spool, laid out, summed up, and ready to be sent.

Every source is decoded once, before anything is sent. A track that is one whole source, at whole sectors, was
summed up while it was decoded; else the stream is read once more from the spool, which the system still has
in its memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeAlias

from redbook.audio.checksum import TrackChecksums
from redbook.audio.format import Tags
from redbook.audio.glimpse import glimpse
from redbook.audio.sectors import DEFAULT_DITHER_SEED, PreparedTrack, Spool, prepare
from redbook.audio.source import Source
from redbook.authoring.arrange import Arrangement, arrange
from redbook.authoring.chains import Chains, Look, find_chains
from redbook.authoring.levelling import bring_to
from redbook.authoring.levels import Aim, Levels
from redbook.authoring.program import Piece, Program
from redbook.closing import Closing
from redbook.disc import RUN_OUT_SECTORS, SAMPLE_BYTES, SAMPLES_PER_SECTOR
from redbook.disc.layout import LaidTrack
from redbook.engine.fingerprint import Fingerprint
from redbook.errors import AudioError, Cancelled
from redbook.flag import Flag
from redbook.records import dataclass

_PIECE_BYTES = 1 << 18


@dataclass(slots=True)
class Master(Closing):
    """A disc that is ready to be written.

    sources  as they were read
    tracks   each from its index 1 to its end: checksums, lengths, and what its first source is
    areas    what a disc is compared with: of each track, from what was sent before its index 1 to its end
    chains   places of sources that were converted as one stream
    levels   what the loudness was brought to; None if that was not asked for
    """

    program: Program
    arrangement: Arrangement
    sources: list[PreparedTrack]
    tracks: list[PreparedTrack]
    areas: list[Fingerprint]
    spool: Spool
    chains: tuple[tuple[int, ...], ...] = ()
    levels: Levels | None = None

    def session_stream(self, silent_sectors: int) -> ProgramStream:
        """All of it in one run, this many sectors of silence first; once only, for it is used up."""
        lead = Piece.silence(silent_sectors * SAMPLES_PER_SECTOR)
        return ProgramStream(self.spool, (lead, *self.arrangement.stream), use_up=True)

    def track_streams(self) -> list[ProgramStream]:
        """Each track by itself, from its index 1 to its end; in order and once only."""
        layout = self.arrangement.layout
        return [
            ProgramStream(self.spool, self.arrangement.pieces_between(t.start_lba, t.end_lba), use_up=True)
            for t in layout.tracks
        ]

    def close(self) -> None:
        """Give the spool's room back."""
        self.spool.close()


class ProgramStream:
    """A SectorStream of pieces, from a spool.

    use_up  give the spool's room back as it is read, but for what a later piece of this stream needs
    """

    def __init__(self, spool: Spool, pieces: Sequence[Piece], *, use_up: bool = False) -> None:
        self.sectors = sum(piece.samples or 0 for piece in pieces) // SAMPLES_PER_SECTOR
        self._spool = spool
        self._pieces = pieces
        self._use_up = use_up
        self._needed = _needed_later(pieces) if use_up else []
        self._number = 0
        self._done = 0  # samples of the piece

    def read_into(self, buffer: memoryview) -> int:
        while self._number < len(self._pieces):
            piece = self._pieces[self._number]
            left = ((piece.samples or 0) - self._done) * SAMPLE_BYTES
            if not left:
                self._number, self._done = self._number + 1, 0
                continue
            wanted = buffer[: min(left, len(buffer) - len(buffer) % SAMPLE_BYTES)]
            if piece.source is None:
                wanted[:] = bytes(len(wanted))
                got = len(wanted)
            else:
                offset = (piece.first + self._done) * SAMPLE_BYTES
                got = self._spool.read_into(piece.source, offset, wanted)
                if self._use_up:
                    self._give_back(piece.source, offset)
            self._done += got // SAMPLE_BYTES
            return got
        if self._use_up:
            self._use_up = False
            for source in {p.source for p in self._pieces if p.source is not None}:
                self._give_back(source, None)
        return 0

    def _give_back(self, source: int, offset: int | None) -> None:
        later = self._needed[self._number].get(source) if self._number < len(self._needed) else None
        if offset is None or later is None:
            self._spool.give_back(source, offset)
        else:
            self._spool.give_back(source, min(offset, later))


def _needed_later(pieces: Sequence[Piece]) -> list[dict[int, int]]:
    """For each piece, from which byte on each source is needed after it."""
    needed: dict[int, int] = {}
    found = []
    for piece in reversed(pieces):
        found.append(dict(needed))
        if piece.source is not None:
            offset = piece.first * SAMPLE_BYTES
            needed[piece.source] = min(offset, needed.get(piece.source, offset))
    return found[::-1]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is made of sources once they are known.

    program  of the same sources
    run_out  two sectors of silence are after each track, as track-at-once leaves them
    pad_short_tracks  as `arrange`
    """

    program: Program
    run_out: bool
    pad_short_tracks: bool


Decide: TypeAlias = Callable[[Sequence[PreparedTrack], Callable[[Decision], Arrangement]], Decision]


def read_program(
    program: Program,
    spool: Spool,
    *,
    first_number: int = 1,
    run_out: bool = False,
    pad_short_tracks: bool = False,
    seed: int = DEFAULT_DITHER_SEED,
    cancel: Flag | None = None,
    on_read: Callable[[int, Source], None] | None = None,
    decide: Decide | None = None,
    foresee: Callable[[Look], Program] | None = None,
    aim: Aim | None = None,
    on_measure: Callable[[], None] | None = None,
) -> Master:
    """Read every source to its end, lay the program out, and sum its tracks up.

    Sources that go over into each other are converted as one stream.  Which do is known from what is
    foreseen; where something else is decided, those sources are read once more.

    spool         must keep what it is given, unless every track is one whole source
    first_number  of the first track
    run_out       two sectors of silence are after each track, as track-at-once leaves them
    pad_short_tracks  as `arrange`
    decide        is asked what it is to be, now that the sources are known, instead of the three above;
                  it is given the sources, and what lays a decision out
    foresee       what `decide` will make of it, as far as a look into the files tells: its joins and pauses
    aim           the loudness that is wanted; then sources are mostly read twice
    on_measure    told when the loudness begins to be measured

    raises  AudioError, PlanError, Cancelled
    """
    look = cache(lambda place: glimpse(program.sources[place]))
    own = len(program.sources)

    def read(
        chains: Chains, with_run_out: bool, *, sums: bool, again: bool, gains_db: Sequence[float] = ()
    ) -> list[PreparedTrack]:
        return prepare(
            chains.onto(program).sources,
            spool,
            first_track=first_number,
            silent_sectors=RUN_OUT_SECTORS if with_run_out else 0,
            sums=sums,
            seed=seed,
            cancel=cancel,
            on_read=lambda n, s: on_read(n, s) if on_read and n <= own and not again else None,
            chains=chains.rows,
            gains_db=gains_db,
        )

    decision = Decision(program, run_out, pad_short_tracks)
    seen = program if foresee is None else foresee(look)
    chains = find_chains(seen, look, pad_short_tracks=pad_short_tracks)
    sums = aim is None and tracks_are_sources(program)
    sources = read(chains, run_out, sums=sums, again=False)

    def laid_out(decision: Decision) -> Arrangement:
        return arrange(
            chains.onto(decision.program),
            [source.samples for source in sources],
            first_number=first_number,
            pad_short_tracks=decision.pad_short_tracks,
        )

    if decide is not None:
        decision = decide(sources[:own], laid_out)
    wanted = find_chains(decision.program, look, pad_short_tracks=decision.pad_short_tracks)
    sums = sums and decision.run_out == run_out and tracks_are_sources(decision.program)
    if (wanted.rows, wanted.doubled) != (chains.rows, chains.doubled):
        sources = read(wanted, decision.run_out, sums=sums, again=True)
    chains = wanted
    arrangement, program = laid_out(decision), chains.onto(decision.program)
    levels = None
    if aim is not None:

        def pcm(start_lba: int, end_lba: int) -> Iterator[memoryview]:
            return _pcm(arrangement, start_lba, end_lba, spool, cancel)

        def raise_by(gains_db: Sequence[float]) -> None:
            nonlocal sources
            sources = read(chains, decision.run_out, sums=False, again=True, gains_db=gains_db)

        if on_measure is not None:
            on_measure()
        levels = bring_to(aim, program, arrangement, pcm, raise_by)
    whole = sums and all(
        _is_whole(arrangement, track, source)
        for track, source in zip(arrangement.layout.tracks, sources, strict=True)
    )
    if whole:
        areas = [source.fingerprint for source in sources]
        return Master(program, arrangement, sources, sources, areas, spool, chains.rows)
    silent = RUN_OUT_SECTORS if decision.run_out else 0
    tracks, areas = _sum_up(arrangement, sources, spool, silent, cancel)
    if levels is not None:
        tracks = [
            replace(track, loudness_lufs=levels.tracks_lufs[laid.number])
            for track, laid in zip(tracks, arrangement.layout.tracks, strict=True)
        ]
    return Master(program, arrangement, sources, tracks, areas, spool, chains.rows, levels)


def lay_out_kept(
    program: Program,
    sources: Sequence[PreparedTrack],
    spool: Spool,
    *,
    first_number: int,
    cancel: Flag | None,
    decide: Decide,
) -> Master:
    """The same of audio that is in sectors already: nothing is decoded, only laid out and summed up.

    spool  has the audio of each source, and gives it as often as it is wanted

    raises  PlanError, Cancelled
    """

    def laid_out(decision: Decision) -> Arrangement:
        return arrange(
            decision.program,
            [source.samples for source in sources],
            first_number=first_number,
            pad_short_tracks=decision.pad_short_tracks,
        )

    decision = decide(sources, laid_out)
    arrangement = laid_out(decision)
    silent = RUN_OUT_SECTORS if decision.run_out else 0
    tracks, areas = _sum_up(arrangement, sources, spool, silent, cancel)
    return Master(decision.program, arrangement, list(sources), tracks, areas, spool)


def tracks_are_sources(program: Program) -> bool:
    """Whether each track is one source from its start to its end, in their order, and nothing else."""
    found = [[(segment.index, segment.pieces) for segment in track.segments] for track in program.tracks]
    return found == [[(1, (Piece(number),))] for number in range(len(program.sources))]


def _is_whole(arrangement: Arrangement, track: LaidTrack, source: PreparedTrack) -> bool:
    """Whether a track is on the disc as its source was summed up: from a sector's first sample on."""
    begin = arrangement.pieces_between(track.start_lba, track.start_lba + 1)
    own = begin and begin[0].source is not None and begin[0].first == 0
    before = track.pregap_lba < track.start_lba and track.start_lba > 0
    return bool(own) and not before and track.sectors == source.sent_sectors


def _sum_up(
    arrangement: Arrangement,
    sources: Sequence[PreparedTrack],
    spool: Spool,
    silent_sectors: int,
    cancel: Flag | None,
) -> tuple[list[PreparedTrack], list[Fingerprint]]:
    """Track by track.  What is before an index 1 is of its track's area, and AccurateRip counts it to the
    track before."""
    tracks: list[PreparedTrack] = []
    areas: list[Fingerprint] = []
    laid = arrangement.layout.tracks
    areas_sums: list[TrackChecksums | None] = []
    before: TrackChecksums | None = None

    def end(sums: TrackChecksums, track: LaidTrack) -> None:
        tracks.append(_as_prepared(arrangement, track, sources, sums))

    for track in laid:
        first, last = track.number == 1, track is laid[-1]
        sums = TrackChecksums(first=first, last=last, silent_sectors=silent_sectors)
        area = TrackChecksums(first=False, last=False) if track.sent_lba < track.start_lba else None
        if area is not None:
            for pcm in _pcm(arrangement, track.sent_lba, track.start_lba, spool, cancel):
                area.update(pcm)
                if before is not None:
                    before.update_gap(pcm)
        if before is not None:
            end(before, laid[len(tracks)])
        for pcm in _pcm(arrangement, track.start_lba, track.end_lba, spool, cancel):
            sums.update(pcm)
            if area is not None:
                area.update(pcm)
        areas_sums.append(area)
        before = sums
    if before is not None:
        end(before, laid[-1])
    for prepared, of_area in zip(tracks, areas_sums, strict=True):
        areas.append(prepared.fingerprint if of_area is None else of_area.fingerprint())
    return tracks, areas


def _pcm(
    arrangement: Arrangement, start_lba: int, end_lba: int, spool: Spool, cancel: Flag | None
) -> Iterator[memoryview]:
    return _chunks(ProgramStream(spool, arrangement.pieces_between(start_lba, end_lba)), cancel)


def _chunks(stream: ProgramStream, cancel: Flag | None) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(_PIECE_BYTES))
    while got := stream.read_into(buffer):
        if cancel is not None and cancel.is_set():
            raise Cancelled("cancelled while the sources were read; nothing was sent")
        yield buffer[:got]


_SILENCE = PreparedTrack(
    *("silence", Path("silence"), "silence", Tags(), 0, 0, (), (), 0, "", "", "", ()),
    fingerprint=Fingerprint.none(),
)
"""A track without a source, before its lengths and checksums are put in."""


def _as_prepared(
    arrangement: Arrangement, track: LaidTrack, sources: Sequence[PreparedTrack], sums: TrackChecksums
) -> PreparedTrack:
    """A track in the words of the source that most of it is from; of its own lengths and checksums."""
    pieces = arrangement.pieces_between(track.start_lba, track.end_lba)
    own = [piece for piece in pieces if piece.source is not None]
    most = max(own, key=lambda piece: piece.samples or 0, default=Piece(None)).source
    at_the_end = pieces[-1].samples or 0 if own and pieces[-1].is_silence else 0
    return replace(
        _SILENCE if most is None else sources[most],
        sectors=track.sectors,
        samples=track.sectors * SAMPLES_PER_SECTOR - at_the_end,
        sha256=sums.sha256,
        accuraterip_v1=sums.accuraterip_v1,
        accuraterip_v2=sums.accuraterip_v2,
        fingerprint=sums.fingerprint(),
    )


def read_again(
    master: Master,
    numbers: Sequence[int],
    spool: Spool,
    *,
    seed: int = DEFAULT_DITHER_SEED,
    cancel: Flag | None = None,
) -> list[ProgramStream]:
    """The areas of some tracks once more, after the first spool was used up.

    numbers  of the tracks, as they are on the disc

    raises  AudioError  if a source is gone, or no longer what it was; Cancelled
    """
    laid = master.arrangement.layout.tracks
    chosen = [
        (track, area) for track, area in zip(laid, master.areas, strict=True) if track.number in numbers
    ]
    pieces = [master.arrangement.pieces_between(track.sent_lba, track.end_lba) for track, _ in chosen]
    wanted = {piece.source for row in pieces for piece in row if piece.source is not None}
    chains = [chain for chain in master.chains if wanted.intersection(chain)]
    needed = sorted(wanted.union(*chains))  # a source's first and last samples have its neighbours in them
    for number in needed:
        master.sources[number].check_unchanged()
    sources = [master.program.sources[number] for number in needed]
    there = {number: place for place, number in enumerate(needed)}
    rows = [[there[number] for number in chain] for chain in chains]
    gains_db = [master.sources[number].gain_db for number in needed]
    prepare(sources, spool, sums=False, seed=seed, cancel=cancel, chains=rows, gains_db=gains_db)
    streams = []
    for (track, area), row in zip(chosen, pieces, strict=True):
        moved = [p if p.source is None else replace(p, source=there[p.source]) for p in row]
        if _sha256(ProgramStream(spool, moved), cancel) != area.sha256:
            raise AudioError(f"the audio of track {track.number} is no longer what it was")
        streams.append(ProgramStream(spool, moved))
    return streams


def _sha256(stream: ProgramStream, cancel: Flag | None) -> str:
    total = hashlib.sha256()
    for pcm in _chunks(stream, cancel):
        total.update(pcm)
    return total.hexdigest()
