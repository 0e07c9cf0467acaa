"""Whole tracks: every source read to its end, checked, converted and cut into sectors.

This happens before anything is sent to a drive, so that damage is found while it costs nothing. The
audio is kept in a file without a name until the burn is over: what was checked is what is burned, even
if a source changes or a stick is pulled out in the meantime, and the drive never waits for a decoder.
"""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO

import numpy as np

from redbook import host
from redbook.audio.chain import Part, SectorWriter, Whole, read_chain
from redbook.audio.decode import open_recording
from redbook.audio.format import Tags
from redbook.audio.source import Source, expand, printable
from redbook.closing import Closing
from redbook.disc import SAMPLE_BYTES, SAMPLE_RATE_HZ, SECTOR_BYTES
from redbook.disc.padding import padded
from redbook.errors import AudioError, Cancelled, NoRoom, PlanError
from redbook.flag import Flag
from redbook.records import dataclass

LONGEST_DISC_SECTORS = 100 * 60 * 75
"""No CD holds more; longer sources are not read to their end."""

DEFAULT_DITHER_SEED = 0
_MOST_WORKERS = 4
_WORD = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class PreparedTrack:
    """A source as it will be on the disc.

    source          its name as given
    sectors         of audio, the last one padded with silence
    samples         stereo samples at 44.1 kHz before padding
    conversion      what was done to it, in words; empty if it is bit for bit
    notes           what a person should know about it
    clipped         how many values were beyond full scale
    gain_db         by which it was raised to the requested loudness; negative: lowered
    loudness_lufs   of what is burned, if a loudness was requested; None for silence
    identity        what changes when the file does
    """

    source: str
    path: Path
    format: str
    tags: Tags
    sectors: int
    samples: int
    conversion: tuple[str, ...]
    notes: tuple[str, ...]
    clipped: int
    identity: tuple[int, ...]
    raw: str = ""
    gain_db: float = 0.0
    loudness_lufs: float | None = None

    @property
    def sent_sectors(self) -> int:
        return padded(self.sectors)

    @property
    def padding_samples(self) -> int:
        """Silence added at the end: to a whole sector, and to the shortest legal track."""
        return self.sent_sectors * (SECTOR_BYTES // SAMPLE_BYTES) - self.samples

    def check_unchanged(self) -> None:
        """Check that the file is still the one that was read.  raises  AudioError  if it has changed"""
        if _identity(self.path, self.source) != self.identity:
            raise AudioError(
                f"{printable(self.source)}: the file has changed since it was read; start again", self.source
            )


class Spool(Closing):
    """Where the audio of all sources waits until the disc is burned and compared, in files without a name.

    keep             False to count only
    longest_sectors  of all sources together; None if they are not for one disc
    """

    def __init__(self, keep: bool = True, longest_sectors: int | None = LONGEST_DISC_SECTORS) -> None:
        self._keep = keep
        self._longest = longest_sectors
        self._files: dict[int, IO[bytes]] = {}
        self._written: dict[int, list[tuple[int, int]]] = {}  # of each piece, its length and its sum
        self._of_source: dict[int, int] = {}
        self._lock = threading.Lock()
        self._sectors = 0

    def writer(self, number: int) -> Callable[[Sequence[Whole]], None]:
        """Appends to the audio of source `number` (from 0); what it had before is dropped."""
        with self._lock:
            self._sectors -= self._of_source.pop(number, 0)
        if not self._keep:
            return lambda pcm: self._count(number, pcm)
        with self._lock:
            before = self._files.pop(number, None)
            if before is not None:
                before.close()
        file: IO[bytes] | None = None
        written = self._written[number] = []

        def write(pcm: Sequence[Whole]) -> None:
            nonlocal file
            self._count(number, pcm)
            written.append((sum(map(len, pcm)), sum(map(_sum_of_words, pcm)) & _WORD))
            try:
                if file is None:
                    file = self._files[number] = _nameless_file()
                for piece in pcm:
                    rest = memoryview(piece)
                    while rest:
                        rest = rest[file.write(rest) :]
            except OSError as error:
                raise _spool_error(error) from error

        return write

    def _count(self, number: int, pcm: Sequence[Whole]) -> None:
        sectors = sum(map(len, pcm)) // SECTOR_BYTES
        with self._lock:
            self._of_source[number] = self._of_source.get(number, 0) + sectors
            self._sectors += sectors
            if self._longest is not None and self._sectors > self._longest:
                raise PlanError(
                    "it does not fit: the sources together are longer than 100 minutes; no CD holds that"
                )

    def read_into(self, number: int, offset: int, buffer: memoryview) -> int:
        """Bytes of source `number` from this offset on; 0 at its end.  Any thread may read.

        raises  AudioError  if they cannot be read
        """
        file = self._files.get(number)
        return 0 if file is None else _read_into(file, offset, buffer)

    def check(self, check_cancel: Callable[[], None]) -> None:
        """Check that all of it is still what was put in.

        check_cancel  called between two pieces; may raise

        raises  AudioError
        """
        for number, pieces in self._written.items():
            offset, buffer = 0, memoryview(bytearray(max((length for length, _ in pieces), default=0)))
            for length, wanted in pieces:
                check_cancel()
                filled = 0
                while filled < length and (
                    got := self.read_into(number, offset + filled, buffer[filled:length])
                ):
                    filled += got
                if filled < length or _sum_of_words(buffer[:length]) != wanted:
                    raise AudioError(_changed())
                offset += length

    def take(self, number: int) -> IO[bytes]:
        """The file with the audio of source `number`, which is the caller's from now on."""
        return self._files.pop(number)

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()


class KeptSpool(Spool):
    """The same for audio that is in files as whole sectors.

    paths  of each source
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        """raises  OSError  if one of them cannot be opened"""
        super().__init__(keep=False)
        try:
            for number, path in enumerate(paths):
                self._files[number] = path.open("rb", buffering=0)
        except OSError:
            self.close()
            raise


def _read_into(file: IO[bytes], offset: int, buffer: memoryview) -> int:
    try:
        return os.preadv(file.fileno(), [buffer], offset)
    except OSError as error:
        raise AudioError(f"the decoded audio cannot be read any more: {error.strerror}") from error


def _sum_of_words(pcm: Whole) -> int:
    """Of whole sectors: of their 64-bit words, modulo 2**64; a flipped bit or a lost page shows."""
    return int(np.frombuffer(pcm, "<u8").sum(dtype=np.uint64))


def _changed() -> str:
    where = printable(_spool_folder() or tempfile.gettempdir())
    return (
        f"the decoded audio in {where} has changed since it was put there: the memory of this computer, or "
        "that disk, may be faulty; try again with TMPDIR set to a folder on another disk"
    )


def _nameless_file() -> IO[bytes]:
    """Unbuffered: it is written in large batches, and read through its descriptor."""
    return tempfile.TemporaryFile(dir=_spool_folder(), prefix="redbook-", buffering=0)


def _spool_folder() -> str | None:
    """TMPDIR if set, otherwise /var/tmp: /tmp is often memory, and a disc takes up to 850 MB."""
    if os.environ.get("TMPDIR"):
        return None
    return "/var/tmp" if os.access("/var/tmp", os.W_OK) else None


def _spool_error(error: OSError) -> NoRoom:
    where = _spool_folder() or tempfile.gettempdir()
    text = f"the decoded audio cannot be stored in {printable(where)}: {error.strerror}; "
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        text += "a disc needs up to 850 MB there: free some space, or "
    text += "set TMPDIR to a folder with room for it (TMPDIR=/var/tmp redbook ...)"
    return NoRoom(text)


def prepare(
    sources: Sequence[Source],
    spool: Spool,
    *,
    seed: int = DEFAULT_DITHER_SEED,
    cancel: Flag | None = None,
    on_read: Callable[[int, Source], None] | None = None,
    chains: Sequence[Sequence[int]] = (),
    gains_db: Sequence[float] = (),
) -> list[PreparedTrack]:
    """Read all sources, several at a time.

    on_read      called for each source (counted from 1), in order, on the caller's thread
    chains       places (from 0) of sources that follow each other without a gap, with the same rate and
                 number of channels: each chain is converted as one stream
    gains_db     by which each source is raised, the same for all of a chain; empty for not at all

    raises  AudioError  for the first source that cannot be used, with its name
            PlanError   if they are longer than any disc
            Cancelled
    """
    stop = threading.Event()
    found: list[Future[PreparedTrack]] = [Future() for _ in sources]

    def check() -> None:
        if stop.is_set() or (cancel is not None and cancel.is_set()):
            raise Cancelled("cancelled while the sources were read; nothing was sent")

    def writer(index: int) -> SectorWriter:
        return SectorWriter(spool.writer(index), check)

    def work(row: Sequence[int]) -> None:
        try:
            gain_db = gains_db[row[0]] if gains_db else 0.0
            _prepare_chain(sources, row, writer, seed, gain_db, threads, check, found)
        except BaseException as error:
            for index in row:
                if not found[index].done():
                    found[index].set_exception(error)
            raise

    chained = {index for row in chains for index in row}
    rows = sorted([*map(tuple, chains), *((index,) for index in range(len(sources)) if index not in chained)])
    workers = min(host.processors(), _MOST_WORKERS)
    threads = max(1, workers // max(1, len(rows)))
    tracks = []
    with ThreadPoolExecutor(workers, "redbook-decode") as pool:
        jobs = [pool.submit(work, row) for row in rows]
        try:
            for index, future in enumerate(found):
                tracks.append(future.result())
                if on_read is not None:
                    on_read(index + 1, sources[index])
        except BaseException:
            stop.set()
            for job in jobs:
                job.cancel()
            raise
    return tracks


def _prepare_chain(
    sources: Sequence[Source],
    row: Sequence[int],
    writer: Callable[[int], SectorWriter],
    seed: int,
    gain_db: float,
    threads: int,
    check_cancel: Callable[[], None],
    found: Sequence[Future[PreparedTrack]],
) -> None:
    """row: places among the sources; `found` is called for each"""
    chain = [sources[index] for index in row]
    identities: dict[int, tuple[int, ...]] = {}

    def before(place: int) -> None:
        check_cancel()
        identities.setdefault(place, _identity(chain[place].path, chain[place].name))

    def after(place: int) -> None:
        source = chain[place]
        if _identity(source.path, source.name) != identities[place]:
            raise AudioError(f"{printable(source.name)}: the file changed while it was read", source.name)

    def on_end(part: Part) -> None:
        track = _as_prepared(chain[part.place], part, identities[part.place])
        found[row[part.place]].set_result(track)

    def new_writer(place: int) -> SectorWriter:
        return writer(row[place])

    read_chain(
        chain,
        new_writer,
        seed,
        gain_db=gain_db,
        threads=threads,
        on_end=on_end,
        before=before,
        after=after,
    )


def stated_sectors(sources: Sequence[Source], cancel: Flag | None = None) -> list[int]:
    """The minimum length of each track, going by what its file states; this is quick.

    A file that has less than it states is refused when it is read, so what is too long by this cannot fit in
    any case. 0 for one that states nothing, or that cannot be used, which is reported when it is read.

    raises  Cancelled
    """
    lengths = []
    for source in sources:
        if cancel is not None and cancel.is_set():
            raise Cancelled("cancelled while the sources were examined; nothing was sent")
        try:
            recording = open_recording(source.path, source.raw)
        except (AudioError, OSError):
            lengths.append(0)
            continue
        samples = recording.least_samples * SAMPLE_RATE_HZ // recording.format.rate_hz
        recording.close()
        lengths.append(samples * SAMPLE_BYTES // SECTOR_BYTES)
    return lengths


def _as_prepared(source: Source, part: Part, identity: tuple[int, ...]) -> PreparedTrack:
    recording, writer = part.recording, part.writer
    return PreparedTrack(
        source=source.name,
        path=source.path,
        format=str(recording.format),
        tags=recording.tags,
        sectors=-(-writer.samples * SAMPLE_BYTES // SECTOR_BYTES),
        samples=writer.samples,
        conversion=part.converter.description,
        notes=tuple(recording.notes),
        clipped=part.clipped,
        identity=identity,
        raw=source.raw,
        gain_db=part.converter.gain_db,
    )


def _identity(path: Path, name: str) -> tuple[int, ...]:
    """What changes when a file does."""
    try:
        status = path.stat()
    except OSError as error:
        raise AudioError(f"{printable(name)}: cannot be read: {error.strerror}", name) from error
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def kept_track(source: Source, sectors: int, conversion: tuple[str, ...], tags: Tags) -> PreparedTrack:
    """Audio that is already in a file as whole sectors.

    raises  AudioError
    """
    return PreparedTrack(
        source=source.name,
        path=source.path,
        format="a master's audio",
        tags=tags,
        sectors=sectors,
        samples=sectors * (SECTOR_BYTES // SAMPLE_BYTES),
        conversion=conversion,
        notes=(),
        clipped=0,
        identity=_identity(source.path, source.name),
        raw=source.raw,
    )


def decode_to_file(name: str | os.PathLike[str]) -> tuple[PreparedTrack, IO[bytes]]:
    """One source, read to its end and checked; its audio as whole sectors in a file without a name.

    name  as `redbook.burn` takes a source: a sound file, or "raw:PATH"

    raises  AudioError  if it cannot be used, or means more than one track
    """
    sources = expand([name]).sources
    if len(sources) != 1:
        text = os.fspath(name)
        raise AudioError(f"{printable(text)}: means {len(sources)} tracks; name one file", text)
    with Spool() as spool:
        (track,) = prepare(sources, spool)
        file = spool.take(0)
    file.seek(0)
    return track, file
