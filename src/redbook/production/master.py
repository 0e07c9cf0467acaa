"""Masters made, checked, and put on a host: read once, and burned any number of times.

A master is made by a plan for a blank virtual disc, so it has passed every check of a plan.
`redbook.sheets.master_file` describes its folder, which is complete once master.json is in it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from redbook._version import __version__
from redbook.authoring.wishes import DEFAULTS, Mode, SourceName, Wishes
from redbook.burning.jobs import plan
from redbook.burning.planning import Plan
from redbook.burning.remarks import Remark, remarks
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.engine.events import Phase, PhaseStarted, Working
from redbook.errors import AudioError, Cancelled, NoRoom, PlanError, SheetError, printable
from redbook.files import replace_file
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel
from redbook.sheets.master_file import (
    BLOBS,
    MASTER_FILE,
    MasterFile,
    MasterTrack,
    blob_path,
    read_master_file,
)
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder

if TYPE_CHECKING:
    from redbook.authoring.program import Program
    from redbook.authoring.streams import ProgramStream
    from redbook.sheets import SheetOptions

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class MasterReport:
    """An existing master.

    name      SHA-256 of its master.json
    audio_bytes  that its blobs take in the folder
    notes     what a person should know about how the sources were read
    remarks   the same for each track; empty if the master was not made just now
    free_sectors  that remain on the blank disc it was made for; 0 if it was not made just now
    """

    folder: Path
    name: str
    file: MasterFile
    audio_bytes: int
    notes: tuple[str, ...] = ()
    remarks: tuple[tuple[Remark, ...], ...] = ()
    free_sectors: int = 0


def make_master(
    sources: SourceName | Sequence[SourceName] | Program,
    folder: str | os.PathLike[str],
    *,
    mode: Mode | str = Mode.AUTO,
    wishes: Wishes = DEFAULTS,
    sheet: SheetOptions | None = None,
    dither_seed: int = 0,
    minutes: int = 80,
    flac: bool = False,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
) -> MasterReport:
    """Read every source to its end, and keep the disc that they make in a folder.

    sources, mode, wishes, sheet, dither_seed  as for `redbook.plan`
    folder   a new one, or an empty one
    minutes  of the blank disc that it must fit on: 74, 80 or 90
    flac     keep the audio as FLAC: half the space, but it is decoded before it is burned

    raises  AudioError, SheetError, PlanError, Cancelled; NoRoom where it cannot be stored
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise PlanError(f"{printable(target)} already exists: choose another name for the master")
    caller = Caller.of(on_event, cancel)
    recorder = VirtualRecorder(Medium.new("cd-r", minutes), model="redbook")
    with Drive(recorder, "a blank disc") as drive:
        made = plan(
            sources,
            drive,
            mode=mode,
            wishes=wishes,
            sheet=sheet,
            dither_seed=dither_seed,
            on_event=on_event,
            cancel=caller.cancel,
            keep_audio=True,
        )
    with made:
        return caller.work(lambda emit: _keep(made, target, flac, caller, emit))


def _keep(made: Plan, target: Path, flac: bool, caller: Caller, emit: Listener) -> MasterReport:
    master = made.master
    assert master is not None
    made.sums.wait(caller.cancel.asked)
    proofs = made.areas
    file = MasterFile(
        str(made.mode),
        master.arrangement.layout,
        tuple(
            MasterTrack(
                sha256,
                track.prepared.tags.title,
                track.prepared.tags.artist,
                track.prepared.tags.album,
                Path(track.source).name,
                track.prepared.format,
                track.prepared.conversion,
            )
            for track, sha256 in zip(made.tracks, proofs, strict=True)
        ),
        made.dither_seed,
        __version__,
    )
    emit(PhaseStarted(Phase.READING))
    try:
        (target / BLOBS).mkdir(parents=True, exist_ok=True)
        stream = master.session_stream(0)
        for laid, sectors, sha256 in zip(file.layout.tracks, file.lengths(), proofs, strict=True):
            pieces = _next(stream, sectors, caller)
            if blob_path(target, sha256) is None:
                _store_blob(target / BLOBS, sha256, pieces, flac)
            else:  # two tracks are the same
                for _ in pieces:
                    pass
            emit(Working(Phase.READING, laid.end_lba / file.sectors))
        replace_file(target / MASTER_FILE, file.to_bytes())
    except OSError as error:
        raise NoRoom(f"the master cannot be stored in {printable(target)}: {error.strerror}") from error
    track_remarks = tuple(remarks(track.prepared) for track in made.tracks)
    size, free = _audio_bytes(target, file), made.free_sectors_after
    return MasterReport(target, file.name, file, size, tuple(made.notes), track_remarks, free)


def _next(stream: ProgramStream, sectors: int, caller: Caller) -> Iterator[memoryview]:
    """So many sectors more of the disc, in pieces."""
    buffer = memoryview(bytearray(_PIECE_BYTES))
    left = sectors * SECTOR_BYTES
    while left:
        if caller.cancel.wanted:
            raise Cancelled("cancelled while the master was made; nothing was burned")
        got = stream.read_into(buffer[: min(left, len(buffer))])
        if not got:
            raise AudioError("the audio that was read is shorter than planned: make the master again")
        left -= got
        yield buffer[:got]


def _store_blob(blobs: Path, sha256: str, pieces: Iterator[memoryview], flac: bool) -> None:
    """Under its name only when it is complete and right.  raises  OSError, NoRoom, AudioError"""
    part = blobs / f".{sha256[:16]}.{secrets.token_hex(4)}.part"
    try:
        if flac:
            from redbook.audio.sound_files import SoundFormat, write_sound

            found = write_sound(part, SoundFormat.FLAC, (bytes(piece) for piece in pieces))
        else:
            found = _write(part, pieces)
        if found != sha256:
            raise AudioError(f"the audio should be {sha256[:12]}, but is {found[:12]}: make the master again")
        part.replace(blobs / f"{sha256}.{'flac' if flac else 'pcm'}")
    finally:
        part.unlink(missing_ok=True)


def _write(path: Path, pieces: Iterator[memoryview]) -> str:
    total = hashlib.sha256()
    with path.open("xb", buffering=0) as file:
        for piece in pieces:
            total.update(piece)
            rest = piece
            while rest:
                rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    return total.hexdigest()


def check_master(
    folder: str | os.PathLike[str],
    *,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
) -> MasterReport:
    """Read a master to its end: each blob exists, and is what its name says.

    raises  SheetError  master.json is damaged, or a blob is missing
            AudioError  a blob is not what its name says
            Cancelled
    """
    target, caller = Path(folder), Caller.of(on_event, cancel)
    file = read_master_file(target, str(folder))

    def work(emit: Listener) -> None:
        emit(PhaseStarted(Phase.READING))
        for number, track in enumerate(file.tracks, 1):
            path = blob_path(target, track.sha256)
            if path is None:
                raise SheetError(
                    f"{printable(target)}: the audio of track {number} is missing ({track.sha256})",
                    str(target),
                )
            found = _sum(path, caller)
            if found != track.sha256:
                raise AudioError(
                    f"{printable(path)}: the audio of track {number} is damaged: its SHA-256 is {found}; "
                    "copy the master once more, or make it again",
                    str(path),
                )
            emit(Working(Phase.READING, number / len(file.tracks)))

    caller.work(work)
    return MasterReport(target, file.name, file, _audio_bytes(target, file))


def blob_sum(path: Path, cancel: Cancel) -> str:
    """SHA-256 of the sectors in a blob, decoded if it is FLAC.  raises  AudioError, Cancelled"""
    return _sum(path, Caller.of(None, cancel))


def _sum(path: Path, caller: Caller) -> str:
    """SHA-256 of the sectors in a blob, decoded if it is FLAC.  raises  AudioError, Cancelled"""
    total = hashlib.sha256()
    for piece in _sectors_of(path):
        if caller.cancel.wanted:
            raise Cancelled("cancelled while the master was read; nothing was changed")
        total.update(piece)
    return total.hexdigest()


def _sectors_of(path: Path) -> Iterator[bytes]:
    """raises  AudioError"""
    try:
        if path.suffix == ".flac":
            from redbook.audio.sound_files import read_flac

            yield from read_flac(path)
            return
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        raise AudioError(f"{printable(path)}: cannot be read: {error.strerror}", str(path)) from error


def unpack(folder: Path, *, cancel: Cancel | None = None) -> None:
    """FLAC to sectors, so that every drive of this host reads the same file.  Does nothing if it is already
    unpacked.

    raises  SheetError, AudioError, NoRoom, Cancelled
    """
    caller = Caller.of(None, cancel)
    file = read_master_file(folder, str(folder))
    for track in file.tracks:
        path = blob_path(folder, track.sha256)
        if path is None or path.suffix == ".pcm":
            continue
        try:
            pieces = (memoryview(piece) for piece in _sectors_of(path))
            _store_blob(folder / BLOBS, track.sha256, _until_cancelled(pieces, caller), flac=False)
        except OSError as error:
            raise NoRoom(
                f"{printable(folder)} has no room for the decoded audio: {error.strerror}"
            ) from error


def _until_cancelled(pieces: Iterator[memoryview], caller: Caller) -> Iterator[memoryview]:
    for piece in pieces:
        if caller.cancel.wanted:
            raise Cancelled("cancelled while the master was decoded; nothing was burned")
        yield piece


def _audio_bytes(folder: Path, file: MasterFile) -> int:
    paths = {blob_path(folder, track.sha256) for track in file.tracks}
    return sum(path.stat().st_size for path in paths if path is not None)
