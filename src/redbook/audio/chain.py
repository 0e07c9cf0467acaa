"""Sources that follow each other without a gap: read and converted as one stream, and cut where they meet.

If each were converted alone, it would begin with a resampler that knows nothing about what came before. A
tone that continues across the border would break off there, with a click 10 to 20 dB below it, and what
follows would be up to a sample late. In one stream the samples are those of the
recording before it was cut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from redbook.audio.convert import Converter, NotSixteenBits, one_stream
from redbook.audio.decode import Recording, open_recording
from redbook.audio.format import joined, resampled
from redbook.audio.source import Source, printable
from redbook.audio.stages import Stage, ahead
from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES
from redbook.errors import AudioError
from redbook.records import dataclass

BATCH_BYTES = 1 << 19

Whole: TypeAlias = bytearray | memoryview
"""Of whole sectors."""


class SectorWriter:
    """Takes samples, and writes whole sectors in a separate thread.

    Ended by `end`, or by `stop` if something failed.

    write  is given whole sectors, in pieces that follow each other
    """

    def __init__(self, write: Callable[[Sequence[Whole]], None], check_cancel: Callable[[], None]) -> None:
        self.samples = 0
        self._check_cancel = check_cancel
        self._batch = bytearray()
        self._stage: Stage[Sequence[Whole]] = Stage(write)

    def take(self, pcm: bytes | memoryview) -> None:
        """What comes in large pieces is written from where it lies, so nobody may change it any more."""
        self._check_cancel()
        self.samples += len(pcm) // SAMPLE_BYTES
        missing = -len(self._batch) % SECTOR_BYTES
        if len(pcm) < missing or len(self._batch) + len(pcm) < BATCH_BYTES:
            self._batch += pcm
            return
        view = memoryview(pcm)
        end = len(view) - (len(view) - missing) % SECTOR_BYTES
        self._batch += view[:missing]
        self._stage.put((self._batch, view[missing:end]))
        self._batch = bytearray(view[end:])

    def stop(self) -> None:
        """Drop what is not written; has no effect after `end`."""
        self._stage.stop()

    def end(self) -> None:
        """Wait until all is written, with silence to the end of the sector."""
        self._batch += bytes(-len(self._batch) % SECTOR_BYTES)
        self._stage.put((self._batch,))
        self._stage.finish()


@dataclass(slots=True)
class Part:
    """The result for one source of a chain.

    place    in the chain, from 0
    clipped  how many values were beyond full scale
    """

    place: int
    recording: Recording
    converter: Converter
    writer: SectorWriter
    clipped: int = 0


@dataclass(slots=True)
class _Open:
    """A part whose samples have not all arrived yet.  border: where it ends; None while that is unknown"""

    part: Part
    border: int | None = None


@dataclass(slots=True)
class _Cutter:
    """Gives a stream of samples to one part after the other.

    A resampler holds samples back, so a part may still wait for its last ones while the following ones are
    read; if they are short, several may wait.
    """

    on_end: Callable[[Part], None]
    _open: deque[_Open] = field(default_factory=deque)
    _at: int = 0

    def begin(self, part: Part) -> None:
        self._open.append(_Open(part))

    def set_border(self, sample: int) -> None:
        """Where the part that began last ends."""
        self._open[-1].border = sample
        self._end_reached()

    def take(self, pcm: bytes | memoryview, clips: NDArray[np.intp]) -> None:
        """clips: samples of it of which a value was beyond full scale, counted from its first one"""
        rest = memoryview(pcm)
        given = 0
        while rest:
            first = self._open[0]
            room = len(rest) if first.border is None else (first.border - self._at) * SAMPLE_BYTES
            first.part.writer.take(rest[:room])
            samples = len(rest[:room]) // SAMPLE_BYTES
            if len(clips):
                first.part.clipped += int(np.count_nonzero((clips >= given) & (clips < given + samples)))
            given += samples
            self._at += samples
            rest = rest[room:]
            self._end_reached()

    def _end_reached(self) -> None:
        while self._open:
            border = self._open[0].border
            if border is None or border > self._at:
                return
            self._end_first()

    def _end_first(self) -> None:
        part = self._open[0].part
        part.writer.end()  # where it fails the part is still open, and is stopped
        self._open.popleft()
        self.on_end(part)

    def end(self) -> None:
        while self._open:
            self._end_first()

    def stop(self) -> None:
        """Stop everything that has not ended."""
        for waiting in self._open:
            waiting.part.writer.stop()


def read_chain(
    chain: Sequence[Source],
    new_writer: Callable[[int], SectorWriter],
    seed: int,
    *,
    on_end: Callable[[Part], None],
    gain_db: float = 0.0,
    threads: int = 1,
    before: Callable[[int], None] = lambda place: None,
    after: Callable[[int], None] = lambda place: None,
) -> None:
    """Read sources one after the other, all through one converter.

    A deeper file that holds only 16 bits is used as it is if that is so for all of the chain; if one
    has more, all are dithered, as the whole recording would be. Then they are read again.

    new_writer     for the source at this place; asked again if it must be read again
    on_end         called for each part once, in order, when it is complete
    gain_db        by which all of it is raised
    threads        that may decode a source at the same time
    before, after  each source is read

    raises  AudioError  with the name of the source that cannot be used
    """
    try:
        _read(chain, new_writer, seed, gain_db, threads, True, on_end, before, after)
    except NotSixteenBits:  # known at the first value that has more, mostly in the first chunk
        _read(chain, new_writer, seed, gain_db, threads, False, on_end, before, after)


def _read(
    chain: Sequence[Source],
    new_writer: Callable[[int], SectorWriter],
    seed: int,
    gain_db: float,
    threads: int,
    sixteen: bool,
    on_end: Callable[[Part], None],
    before: Callable[[int], None],
    after: Callable[[int], None],
) -> None:
    held: list[Part] = []
    # Nothing that may have to be read again is told; where there is a resampler, nothing has to.
    may_repeat = False

    def end(part: Part) -> None:
        if may_repeat:
            held.append(part)
        else:
            on_end(part)

    cutter = _Cutter(end)
    converter: Converter | None = None
    position = 0
    try:
        for place, source in enumerate(chain):
            before(place)
            with _named(source):
                recording = open_recording(source.path, source.raw, threads)
                try:
                    audio = recording.format
                    if converter is not None and not one_stream(converter.format, audio):
                        raise AudioError("the file changed while it was read")
                    converter = Converter(audio, seed, sixteen=sixteen, after=converter, gain_db=gain_db)
                    if not place:
                        may_repeat = sixteen and not converter.resamples
                    cutter.begin(Part(place, recording, converter, new_writer(place)))
                    position += _pour(recording, converter, cutter)
                finally:
                    recording.close()
            after(place)
            if place < len(chain) - 1:
                cutter.set_border(resampled(position, audio.rate_hz))
            else:
                cutter.take(converter.finish(), converter.clips)
                cutter.end()
    finally:
        cutter.stop()
    for part in held:
        on_end(part)


def _pour(recording: Recording, converter: Converter, cutter: _Cutter) -> int:
    """All of a recording, decoded in parallel with the conversion, if there is one; returns how many samples
    it had.
    """
    samples = 0
    chunks = iter(recording)
    with closing(ahead(joined(chunks))) if converter.calculates else nullcontext(chunks) as ready:
        for chunk in ready:
            samples += len(chunk)
            for pcm in converter.convert(chunk):
                cutter.take(pcm, converter.clips)
    return samples


@contextmanager
def _named(source: Source) -> Iterator[None]:
    """Errors say which source it was."""
    shown = printable(source.name)
    try:
        yield
    except AudioError as error:
        if error.source:
            raise
        raise AudioError(f"{shown}: {error}", source.name) from error
    except OSError as error:
        raise AudioError(f"{shown}: cannot be read: {error.strerror}", source.name) from error
