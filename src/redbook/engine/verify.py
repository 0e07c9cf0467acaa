"""Reading a disc back and comparing it with what it should hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from redbook import errors
from redbook.disc import RUN_OUT_SECTORS, SAMPLE_BYTES, SAMPLES_PER_SECTOR, SECTOR_BYTES, TAO_GAP_SECTORS, Toc
from redbook.engine.compare import count_differences, find_offset, first_difference, is_shifted
from redbook.engine.events import Phase, PhaseStarted, TrackVerified
from redbook.engine.inspect import contents, identify
from redbook.engine.plan import PlannedTrack
from redbook.engine.ring import CHUNK_SECTORS
from redbook.engine.steps import Absorb, Digest, MostSectors, Procedure, SectorsDone, TakeSectors
from redbook.engine.waiting import resending, until_accepted, until_ready
from redbook.mmc.read import ReadCd

READ_BUSY_SECONDS = 60.0
AUDIBLE_CONTROL_BITS = 0b1101  # pre-emphasis, data, four channels; "copy permitted" changes no sound
MOST_UNDECIDED = 32  # stretches kept while looking for an offset, 64 kB each

UNREADABLE = (
    errors.MediumError,
    errors.BlankCheck,
    errors.AddressOutOfRange,
    errors.IllegalModeForTrack,
)
"""What a drive answers about a sector that it cannot read; anything else concerns the whole disc."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is wrong with a track.

    sector           first differing sector, counted from the track's start
    lba              the same as an address
    first_sample     first differing stereo sample, counted from the track's start
    samples          how many differ
    unreadable       how many sectors could not be read (their samples count as differing)
    offset           by how many samples all of the track is moved, if that explains everything
    """

    track: int
    sector: int
    lba: int
    first_sample: int
    samples: int
    unreadable: int = 0
    offset: int | None = None

    def __str__(self) -> str:
        text = (
            f"track {self.track} differs: {self.samples} sample{'s' if self.samples != 1 else ''}, the first "
            f"at sample {self.first_sample} (sector {self.sector} of the track, LBA {self.lba})"
        )
        if self.unreadable:
            text += f"; {self.unreadable} sector{'s' if self.unreadable > 1 else ''} could not be read"
        if self.offset is not None:
            text += f"; a constant offset of {self.offset:+d} samples explains it"
        return text


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found.

    layout_errors  where the table of contents is not the one expected, in words
    differences    one for each track whose audio differs
    toc            of the disc as it is; what it would be, while the session is open
    """

    layout_errors: tuple[str, ...]
    differences: tuple[Difference, ...]
    toc: Toc | None

    @property
    def same(self) -> bool:
        return not self.layout_errors and not self.differences


@dataclass(frozen=True, slots=True)
class Sums:
    """What reading back has shown so far.

    tracks  as they were compared; differing: the numbers of those that are not what was sent
    """

    layout_errors: tuple[str, ...]
    toc: Toc | None
    tracks: tuple[PlannedTrack, ...]
    differing: tuple[int, ...]

    @property
    def same(self) -> bool:
        return not self.layout_errors and not self.differing


def verify(
    tracks: Sequence[PlannedTrack] | None, lengths: Sequence[int], sha256: Sequence[str]
) -> Procedure[Sums]:
    """Read every sector of these tracks and compare their SHA-256 with that of what was sent.

    tracks   where they were written; None to take the disc's own tracks, in order
    lengths  sectors of each track, padded to the shortest legal length
    sha256   in hexadecimal, of each track's sectors
    """
    return (yield from resending(_verify(tracks, lengths, sha256), lambda: False))


def _verify(
    tracks: Sequence[PlannedTrack] | None, lengths: Sequence[int], sha256: Sequence[str]
) -> Procedure[Sums]:
    yield PhaseStarted(Phase.VERIFYING)
    yield from until_ready()
    yield from identify()
    disc = yield from contents()
    toc = disc.expected_toc()
    found = {track.number: track for track in disc.tracks}
    placed = tracks is not None
    if tracks is None:
        numbers = sorted(found)
        wrong = _wrong_count(len(numbers), len(lengths))
        tracks = tuple(
            PlannedTrack(number, found[number].start_lba, length, length)
            for number, length in zip(numbers, lengths, strict=False)
        )
    else:
        wrong = [
            f"track {t.number} starts at sector {found[t.number].start_lba} instead of {t.start_lba}"
            if t.number in found
            else f"track {t.number} is not on the disc"
            for t in tracks
            if t.number not in found or found[t.number].start_lba != t.start_lba
        ]
    if not wrong and toc is not None:
        wrong = _wrong_lengths(toc, tracks, placed)
    if wrong:
        return Sums(tuple(wrong), toc, tuple(tracks), ())
    differing = []
    for track, wanted in zip(tracks, sha256, strict=True):
        same = (yield from _sum_up(track)) == wanted
        yield TrackVerified(track.number, same)
        if not same:
            differing.append(track.number)
    return Sums((), toc, tuple(tracks), tuple(differing))


def _sum_up(track: PlannedTrack) -> Procedure[str]:
    """SHA-256 of a track as the drive reads it; empty where it cannot."""
    done = 0
    while done < track.sectors:
        count = min(CHUNK_SECTORS, track.sectors - done)
        data = yield from _read(track.start_lba + done, count)
        if data is None:
            yield Digest()
            return ""
        yield Absorb(data)
        done += count
        yield SectorsDone(Phase.VERIFYING, track.number, done, track.sectors)
    return (yield Digest())  # type: ignore[no-any-return]


def locate(tracks: Sequence[PlannedTrack]) -> Procedure[tuple[Difference, ...]]:
    """Where tracks that differ do: read once more, and compared with what the runner hands out."""
    return (yield from resending(_locate(tracks), lambda: False))


def _locate(tracks: Sequence[PlannedTrack]) -> Procedure[tuple[Difference, ...]]:
    differences = []
    for track in tracks:
        difference = yield from _compare_track(track)
        if difference is not None:
            differences.append(difference)
    return tuple(differences)


def _wrong_count(found: int, wanted: int) -> list[str]:
    if found == wanted:
        return []
    return [f"the disc has {found} track{'s' if found != 1 else ''}, {wanted} were expected"]


def _wrong_lengths(toc: Toc, tracks: Sequence[PlannedTrack], placed: bool) -> list[str]:
    """A track's room reaches to the next start: its sectors and the gap; the last has the run-out only.

    placed  the tracks lie where they were written, so the gaps are known; some drives leave their own
    """
    starts = {track.number: track.start_lba for track in tracks} if placed else {}
    wrong = []
    last = toc.tracks[-1].number
    listed = {entry.number: entry for entry in toc.tracks}
    for track in tracks:
        if track.number not in listed:
            wrong.append(f"track {track.number} is not in the table of contents")
            continue
        if listed[track.number].control & AUDIBLE_CONTROL_BITS:
            wrong.append(
                f"track {track.number} is marked as something else than plain stereo audio "
                f"(control {listed[track.number].control})"
            )
        room = toc.sectors(track.number)
        gap = RUN_OUT_SECTORS if track.number == last else TAO_GAP_SECTORS
        if track.number + 1 in starts:
            gap = starts[track.number + 1] - track.end_lba
        if track.number != last and _session(toc, track.number) != _session(toc, track.number + 1):
            continue  # the lead-out and lead-in of a session lie between
        if room != track.sectors + gap:
            wrong.append(
                f"track {track.number} has {room - gap} sectors on the disc instead of {track.sectors}"
            )
    return wrong


def _session(toc: Toc, number: int) -> int:
    return next(t.session for t in toc.tracks if t.number == number)


@dataclass(slots=True)
class _Findings:
    """What is known of a differing track while it is being read."""

    track: PlannedTrack
    first_sample: int | None = None
    samples: int = 0
    unreadable: int = 0
    offset: int | None = None
    shifted: bool = True
    undecided: list[tuple[bytes, bytes]] = field(default_factory=list)

    def add(self, done: int, expected: bytes, actual: bytes | None) -> None:
        """A stretch that differs, `done` sectors into the track; None could not be read."""
        first, count = 0, len(expected) // SAMPLE_BYTES
        if actual is None:
            self.unreadable += len(expected) // SECTOR_BYTES
            self.shifted = False
        else:
            first = first_difference(expected, actual) or 0
            count = count_differences(expected, actual)
            self._look_for_offset(expected, actual)
        if self.first_sample is None:
            self.first_sample = done * SAMPLES_PER_SECTOR + first
        self.samples += count

    def _look_for_offset(self, expected: bytes, actual: bytes) -> None:
        """Whether everything that differs so far is one constant shift.

        A stretch of near silence does not say which; it is kept until another one does.
        """
        if not self.shifted:
            return
        if self.offset is None:
            self.offset = find_offset(expected, actual)
            self.undecided.append((expected, actual))
            if self.offset is None:
                self.shifted = len(self.undecided) < MOST_UNDECIDED
                return
        else:
            self.undecided = [(expected, actual)]
        self.shifted = all(is_shifted(*pair, self.offset) for pair in self.undecided)
        self.undecided = []

    def difference(self) -> Difference | None:
        if self.first_sample is None:
            return None
        sector = self.first_sample // SAMPLES_PER_SECTOR
        return Difference(
            self.track.number,
            sector,
            self.track.start_lba + sector,
            self.first_sample,
            self.samples,
            self.unreadable,
            self.offset if self.shifted else None,
        )


def _compare_track(track: PlannedTrack) -> Procedure[Difference | None]:
    findings = _Findings(track)
    done = 0
    while chunk := (yield TakeSectors()):
        count = len(chunk) // SECTOR_BYTES
        actual = yield from _read(track.start_lba + done, count)
        expected = bytes(chunk)
        if actual is None:
            for index in range(count):  # which of them cannot be read
                one = yield from _read(track.start_lba + done + index, 1)
                part = expected[index * SECTOR_BYTES : (index + 1) * SECTOR_BYTES]
                if one != part:
                    findings.add(done + index, part, one)
        elif expected != actual:
            findings.add(done, expected, actual)
        done += count
        yield SectorsDone(Phase.VERIFYING, track.number, done, track.sectors)
    while done < track.sectors:  # padding
        count = min(CHUNK_SECTORS, track.sectors - done)
        silence = bytes(count * SECTOR_BYTES)
        actual = yield from _read(track.start_lba + done, count)
        if actual != silence:
            findings.add(done, silence, actual)
        done += count
        yield SectorsDone(Phase.VERIFYING, track.number, done, track.sectors)
    return findings.difference()


def _read(lba: int, sectors: int) -> Procedure[bytes | None]:
    """None if the drive cannot read it."""
    try:
        return (yield from _read_in_pieces(lba, sectors))
    except UNREADABLE:
        return None


def _read_in_pieces(lba: int, sectors: int) -> Procedure[bytes]:
    """In as many commands as the way to the drive wants.  raises  SenseError where one cannot be read"""
    pieces: list[bytes] = []
    end = lba + sectors
    while lba < end:
        count = min((yield MostSectors()), end - lba)
        try:
            pieces.append((yield from until_accepted(ReadCd(lba, count), READ_BUSY_SECONDS, 0.05)))
        except errors.TransferTooLarge:
            if (yield MostSectors()) >= count:
                raise
            continue
        lba += count
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def read_track(start_lba: int, sectors: int, take: Callable[[bytes], None]) -> Procedure[None]:
    """Read a track's sectors and hand them on.  raises  SenseError where one cannot be read"""
    done = 0
    while done < sectors:
        count = min(CHUNK_SECTORS, sectors - done)
        take((yield from _read_in_pieces(start_lba + done, count)))
        done += count
