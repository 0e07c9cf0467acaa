"""A program read to its end: its audio in a spool, laid out, and ready to be sent.

Every source is decoded once, before anything is sent. The tracks are summed up from the spool (`summing`),
which can go on while they are burned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeAlias

from redbook.audio.format import Tags
from redbook.audio.glimpse import glimpse
from redbook.audio.sectors import DEFAULT_DITHER_SEED, PreparedTrack, Spool, prepare
from redbook.audio.source import Source
from redbook.authoring.arrange import Arrangement, arrange
from redbook.authoring.chains import Chains, Look, find_chains
from redbook.authoring.levelling import bring_to
from redbook.authoring.levels import Aim, Levels
from redbook.authoring.program import Piece, Program
from redbook.authoring.streams import ProgramStream, SpooledAudio, chunks
from redbook.authoring.summing import Summing
from redbook.closing import Closing
from redbook.disc import RUN_OUT_SECTORS, SAMPLES_PER_SECTOR
from redbook.engine.fingerprint import Fingerprint
from redbook.flag import Flag
from redbook.records import dataclass


@dataclass(slots=True)
class Master(Closing):
    """A disc that is ready to be written.

    sources  as they were read
    tracks   each from its index 1 to its end: lengths, and the source of its longest part
    sums     the checksums of the tracks, and what a disc is compared with; they may not be ready yet
    levels   the loudness that was reached; None if none was asked for
    whole    what a disc is compared with instead of the spool, if its files are not ours and may change
    """

    program: Program
    arrangement: Arrangement
    sources: list[PreparedTrack]
    tracks: list[PreparedTrack]
    sums: Summing
    spool: Spool
    levels: Levels | None = None
    whole: Sequence[Future[Fingerprint]] = ()

    def session_stream(self, silent_sectors: int) -> ProgramStream:
        """The whole session in one run, with this many sectors of silence first."""
        lead = Piece.silence(silent_sectors * SAMPLES_PER_SECTOR)
        return ProgramStream(self.spool, (lead, *self.arrangement.stream))

    def track_streams(self) -> list[ProgramStream]:
        """Each track by itself, from its index 1 to its end."""
        layout = self.arrangement.layout
        return [
            ProgramStream(self.spool, self.arrangement.pieces_between(t.start_lba, t.end_lba))
            for t in layout.tracks
        ]

    def area_stream(self, number: int) -> ProgramStream:
        """Track `number` (as it is on the disc) with what is sent before its index 1."""
        track = next(track for track in self.arrangement.layout.tracks if track.number == number)
        return ProgramStream(self.spool, self.arrangement.pieces_between(track.sent_lba, track.end_lba))

    def sent_audio(self) -> SpooledAudio:
        """The tracks with what is sent before their index 1, for a comparison."""
        return SpooledAudio(self.spool, self.arrangement)

    def close(self) -> None:
        """Free the spool's space, once the tracks are summed up."""
        self.sums.end()
        self.spool.close()


@dataclass(frozen=True, slots=True)
class Decision:
    """What to make of the sources, once they are known.

    program  of the same sources
    run_out  add two sectors of silence after each track, as track-at-once does
    pad_short_tracks  as for `arrange`
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
    """Read every source to its end, lay the program out, and begin to sum its tracks up.

    Sources that continue into each other are converted as one stream.  `foresee` says which ones; if `decide`
    then decides otherwise, these sources are read once more.

    first_number  of the first track
    run_out       add two sectors of silence after each track, as track-at-once does
    pad_short_tracks  as for `arrange`
    decide        decides, when the sources are known, instead of the three arguments above; it is called
                  with the sources, and with a function that lays out a decision
    foresee       what `decide` will decide, as far as a look into the files shows: joins and pauses
    aim           the loudness that is wanted; then most sources are read twice
    on_measure    called when the measuring of the loudness begins

    raises  AudioError, PlanError, Cancelled
    """
    look = cache(lambda place: glimpse(program.sources[place]))
    own = len(program.sources)

    def read(chains: Chains, *, again: bool, gains_db: Sequence[float] = ()) -> list[PreparedTrack]:
        return prepare(
            chains.onto(program).sources,
            spool,
            seed=seed,
            cancel=cancel,
            on_read=lambda n, s: on_read(n, s) if on_read and n <= own and not again else None,
            chains=chains.rows,
            gains_db=gains_db,
        )

    decision = Decision(program, run_out, pad_short_tracks)
    seen = program if foresee is None else foresee(look)
    chains = find_chains(seen, look, pad_short_tracks=pad_short_tracks)
    sources = read(chains, again=False)

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
    if (wanted.rows, wanted.doubled) != (chains.rows, chains.doubled):
        sources = read(wanted, again=True)
    chains = wanted
    arrangement, program = laid_out(decision), chains.onto(decision.program)
    levels = None
    if aim is not None:

        def pcm(start_lba: int, end_lba: int) -> Iterator[memoryview]:
            return _pcm(arrangement, start_lba, end_lba, spool, cancel)

        def raise_by(gains_db: Sequence[float]) -> None:
            nonlocal sources
            sources = read(chains, again=True, gains_db=gains_db)

        if on_measure is not None:
            on_measure()
        levels = bring_to(aim, program, arrangement, pcm, raise_by)
    tracks = _as_prepared(arrangement, sources)
    if levels is not None:
        tracks = [
            replace(track, loudness_lufs=levels.tracks_lufs[laid.number])
            for track, laid in zip(tracks, arrangement.layout.tracks, strict=True)
        ]
    sums = _summing(arrangement, spool, decision)
    return Master(program, arrangement, sources, tracks, sums, spool, levels)


def _summing(arrangement: Arrangement, spool: Spool, decision: Decision) -> Summing:
    return Summing(arrangement, spool, RUN_OUT_SECTORS if decision.run_out else 0)


def lay_out_kept(
    program: Program,
    sources: Sequence[PreparedTrack],
    spool: Spool,
    *,
    first_number: int,
    decide: Decide,
) -> Master:
    """The same for audio that is already in sectors: nothing is decoded.

    spool  has the audio of each source

    raises  PlanError
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
    tracks = _as_prepared(arrangement, sources)
    sums = _summing(arrangement, spool, decision)
    whole = sums.whole_fingerprints()
    return Master(decision.program, arrangement, list(sources), tracks, sums, spool, whole=whole)


def _pcm(
    arrangement: Arrangement, start_lba: int, end_lba: int, spool: Spool, cancel: Flag | None
) -> Iterator[memoryview]:
    return chunks(ProgramStream(spool, arrangement.pieces_between(start_lba, end_lba)), cancel)


_SILENCE = PreparedTrack("silence", Path("silence"), "silence", Tags(), 0, 0, (), (), 0, ())
"""A track without a source, before its lengths are put in."""


def _as_prepared(arrangement: Arrangement, sources: Sequence[PreparedTrack]) -> list[PreparedTrack]:
    """The tracks: each has its own length, and the description of the source that most of it is from."""
    tracks = []
    for track in arrangement.layout.tracks:
        pieces = arrangement.pieces_between(track.start_lba, track.end_lba)
        own = [piece for piece in pieces if piece.source is not None]
        most = max(own, key=lambda piece: piece.samples or 0, default=Piece(None)).source
        at_the_end = pieces[-1].samples or 0 if own and pieces[-1].is_silence else 0
        tracks.append(
            replace(
                _SILENCE if most is None else sources[most],
                sectors=track.sectors,
                samples=track.sectors * SAMPLES_PER_SECTOR - at_the_end,
            )
        )
    return tracks
