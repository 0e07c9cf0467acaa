"""Whole tracks: every source read to its end, checked, converted, cut into sectors and summed up.

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
from dataclasses import field
from pathlib import Path
from typing import IO

from redbook import host
from redbook.audio.chain import Part, SectorWriter, read_chain
from redbook.audio.checksum import TrackChecksums
from redbook.audio.decode import open_recording
from redbook.audio.format import Tags
from redbook.audio.source import Source, expand, printable
from redbook.closing import Closing
from redbook.disc import RUN_OUT_SECTORS, SAMPLE_BYTES, SAMPLE_RATE_HZ, SECTOR_BYTES
from redbook.disc.padding import padded
from redbook.engine.fingerprint import Fingerprint
from redbook.errors import AudioError, Cancelled, NoRoom, PlanError
from redbook.flag import Flag
from redbook.records import dataclass

SEGMENT_BYTES = 1 << 25
LONGEST_DISC_SECTORS = 100 * 60 * 75
"""No CD holds more; longer sources are not read to their end."""

DEFAULT_DITHER_SEED = 0


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
    sha256 ..       of all that is sent, padding to the shortest legal track included
    fingerprint     what a disc is compared with
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
    sha256: str
    accuraterip_v1: str
    accuraterip_v2: str
    identity: tuple[int, ...]
    fingerprint: Fingerprint = field(repr=False)
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
    """Where the audio of all tracks waits for the burn, in files without a name.

    Each track is cut into segments, and a segment is freed as soon as it was read: a burn to a virtual
    disc does not need the space, or the memory that caches it, twice.

    keep             False to check and sum up only
    longest_sectors  of all tracks together; None if they are not for one disc
    """

    def __init__(self, keep: bool = True, longest_sectors: int | None = LONGEST_DISC_SECTORS) -> None:
        self._keep = keep
        self._longest = longest_sectors
        self._segments: dict[int, list[IO[bytes] | None]] = {}
        self._of_track: dict[int, int] = {}
        self._lock = threading.Lock()
        self._sectors = 0

    def writer(self, number: int) -> Callable[[bytearray], None]:
        """Appends to the audio of track `number` (from 0); what it had before is dropped."""
        with self._lock:
            self._sectors -= self._of_track.pop(number, 0)
        if not self._keep:
            return lambda pcm: self._count(number, pcm)
        with self._lock:
            self._forget(number)
            segments = self._segments[number] = []
        room = 0

        def write(pcm: bytearray) -> None:
            nonlocal room
            self._count(number, pcm)
            rest = memoryview(pcm)
            try:
                while rest:
                    if not room:
                        segments.append(_nameless_file())
                        room = SEGMENT_BYTES
                    last = segments[-1]
                    assert last is not None
                    written = last.write(rest[:room])
                    rest, room = rest[written:], room - written
            except OSError as error:
                raise _spool_error(error) from error

        return write

    def _count(self, number: int, pcm: bytearray) -> None:
        sectors = len(pcm) // SECTOR_BYTES
        with self._lock:
            self._of_track[number] = self._of_track.get(number, 0) + sectors
            self._sectors += sectors
            if self._longest is not None and self._sectors > self._longest:
                raise PlanError(
                    "it does not fit: the sources together are longer than 100 minutes; no CD holds that"
                )

    def stream(self, number: int, sectors: int) -> SpooledStream:
        """Track `number` (from 0), from its start; once only."""
        return SpooledStream(self, number, sectors)

    def read_into(self, number: int, offset: int, buffer: memoryview) -> int:
        """Read bytes of track `number` from this offset on, up to the end of the segment; 0 at its end."""
        index, at = divmod(offset, SEGMENT_BYTES)
        segments = self._segments[number]
        if index >= len(segments):
            return 0
        segment = segments[index]
        if segment is None:
            raise ValueError(f"offset {offset} of track {number} was already given back")
        return os.preadv(segment.fileno(), [buffer[: SEGMENT_BYTES - at]], at)

    def give_back(self, number: int, before: int | None = None) -> None:
        """Free what is before this offset of track `number`; None for all of it."""
        self._forget(number, None if before is None else before // SEGMENT_BYTES)

    def _forget(self, number: int, before: int | None = None) -> None:
        segments = self._segments.get(number, [])
        for index, segment in enumerate(segments[:before]):
            if segment is not None:
                segment.close()
                segments[index] = None

    def close(self) -> None:
        for number in self._segments:
            self._forget(number)
        self._segments.clear()


class KeptSpool(Spool):
    """The same for audio that is in files as whole sectors: read by any number of burns, used up by none.

    paths  of each track
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__(keep=False)
        self._files: list[IO[bytes]] = [path.open("rb", buffering=0) for path in paths]

    def read_into(self, number: int, offset: int, buffer: memoryview) -> int:
        return os.preadv(self._files[number].fileno(), [buffer], offset)

    def give_back(self, number: int, before: int | None = None) -> None:
        pass

    def close(self) -> None:
        for file in self._files:
            file.close()


class SpooledStream:
    """A SectorStream that uses up a spooled track."""

    def __init__(self, spool: Spool, number: int, sectors: int) -> None:
        self.sectors = sectors
        self._spool = spool
        self._number = number
        self._position = 0

    def read_into(self, buffer: memoryview) -> int:
        got = self._spool.read_into(self._number, self._position, buffer)
        self._position += got
        self._spool.give_back(self._number, self._position if got else None)
        return got


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
    first_track: int = 1,
    silent_sectors: int = RUN_OUT_SECTORS,
    sums: bool = True,
    seed: int = DEFAULT_DITHER_SEED,
    cancel: Flag | None = None,
    on_read: Callable[[int, Source], None] | None = None,
    chains: Sequence[Sequence[int]] = (),
    gains_db: Sequence[float] = (),
) -> list[PreparedTrack]:
    """Read all sources, several at a time.

    first_track  number that the first one will have on the disc
    silent_sectors  between the last one's audio and the lead-out
    sums         False if checksums are not needed: they stay empty
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
        checksums = None
        if sums:
            first, last = first_track + index == 1, index == len(sources) - 1
            checksums = TrackChecksums(first=first, last=last, silent_sectors=silent_sectors)
        return SectorWriter(spool.writer(index), checksums, check)

    def work(row: Sequence[int]) -> None:
        try:
            gain_db = gains_db[row[0]] if gains_db else 0.0
            _prepare_chain(sources, row, writer, seed, gain_db, check, found)
        except BaseException as error:
            for index in row:
                if not found[index].done():
                    found[index].set_exception(error)
            raise

    chained = {index for row in chains for index in row}
    rows = sorted([*map(tuple, chains), *((index,) for index in range(len(sources)) if index not in chained)])
    tracks = []
    with ThreadPoolExecutor(min(host.processors(), 4), "redbook-decode") as pool:
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

    read_chain(chain, new_writer, seed, gain_db=gain_db, on_end=on_end, before=before, after=after)


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
    sums = writer.checksums
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
        sha256=sums.sha256 if sums else "",
        accuraterip_v1=sums.accuraterip_v1 if sums else "",
        accuraterip_v2=sums.accuraterip_v2 if sums else "",
        identity=identity,
        fingerprint=sums.fingerprint() if sums else Fingerprint.none(),
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
    """Audio that is already in a file as whole sectors; its checksums are not known.

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
        sha256="",
        accuraterip_v1="",
        accuraterip_v2="",
        identity=_identity(source.path, source.name),
        fingerprint=Fingerprint.none(),
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
    file = _nameless_file()
    try:
        (track,) = prepare(sources, _OneFile(file))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return track, file


class _OneFile(Spool):
    """A spool for a single track that can be read more than once."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file

    def writer(self, number: int) -> Callable[[bytearray], None]:
        self._file.seek(0)
        self._file.truncate()

        def write(pcm: bytearray) -> None:
            self._count(number, pcm)
            rest = memoryview(pcm)
            try:
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError as error:
                raise _spool_error(error) from error

        return write
