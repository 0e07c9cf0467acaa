"""Whole jobs on a recorder that answers nonsense, and what must hold whatever it answers.

`play` runs one job and checks: no exception but ours, no endless asking, no waiting without a word, no wild
number in a message, and no success that the disc does not bear out.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import itertools
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from click.testing import CliRunner

import redbook
from redbook.cli import shapes
from redbook.cli.app import cli
from redbook.cli.exits import DIFFERS, DONE, DRIVE, RULE, SOURCE
from redbook.clock import ManualClock
from redbook.disc import LAST_LBA
from redbook.drive import Drive
from redbook.engine.events import Event, Notice
from redbook.engine.glance import glance
from redbook.engine.read_audio import READ_BUSY_SECONDS
from redbook.errors import BurnFailed, Cancelled, RedbookError, VerificationFailed
from redbook.image.base import TrackState
from redbook.imapi2 import com_error
from redbook.mmc.disc_info import DiscStatus
from redbook.mmc.mode_pages import MultiSession
from redbook.recorders import doctor, names
from redbook.runner import runner
from redbook.runner.caller import Caller
from redbook.runner.mailbox import Mailbox
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import as_sent, close_session, ready, write_track
from tests.support.imapi import Rig
from tests.support.lies import OPCODES, Kind, Liar, Lie
from tests.support.sound import noise

TRACKS = [noise(588 * 310, 1), noise(588 * 305, 2)]
FILL = 7
MOST_SECONDS = READ_BUSY_SECONDS + 5
"""The same in time; the longest wait of a single command that is not told of."""
MODELS = ("redbook", "typical")
LONGEST_CALL_SECONDS = 3700
"""Of IMAPI2, whose calls return when they are done: a session may take an hour to close."""


_stages = itertools.count()


@dataclass
class Stage:
    """What a job has at hand."""

    recorder: VirtualRecorder
    lies: Sequence[Lie]
    clock: ManualClock
    most_seconds: float = MOST_SECONDS
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Errors hold frames, and frames discs of megabytes, in cycles that Python counts as small.
        # Not frozen beforehand: each burn counts what is frozen, one by one.
        if next(_stages) % 32 == 0:
            gc.collect()
        self.liar = Liar(self.recorder, self.lies, self.clock, self.most_seconds)
        self.drive = Drive(self.liar, "liar")

    def hear(self, event: Event) -> None:
        if isinstance(event, Notice):
            self.texts.append(event.text)

    @contextlib.contextmanager
    def heard_at_once(self) -> Iterator[None]:
        """Every event is a sign of life when it is told, not when this thread comes to hear it: no real time
        passes meanwhile."""
        put = Mailbox.put

        def put_and_live(mailbox: Mailbox, event: Event | None) -> None:
            self.liar.life()
            put(mailbox, event)

        with mock.patch.object(Mailbox, "put", put_and_live):
            yield

    @property
    def told(self) -> dict[str, Any]:
        return {"on_event": self.hear, "clock": self.clock}

    def tracks(self) -> list[bytes]:
        """What is on the disc, from the disc itself."""
        disc = self.recorder.disc
        assert disc is not None
        return [
            as_sent(self.recorder, track.start_lba, track.sectors)
            for track in disc.state.tracks
            if track.state is not TrackState.INCOMPLETE
        ]

    @property
    def status(self) -> DiscStatus:
        disc = self.recorder.disc
        assert disc is not None
        return disc.status


_sources: list[str] = []


def sources() -> list[str]:
    """Files of two tracks, for as long as the process runs."""
    if not _sources:
        folder = Path(tempfile.mkdtemp(prefix="redbook-lies-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        for number, pcm in enumerate(TRACKS):
            (folder / f"{number}.pcm").write_bytes(pcm)
            _sources.append(f"raw:{folder / f'{number}.pcm'}")
    return _sources


def _blank(clock: ManualClock, model: str, medium: str = "cd-r") -> VirtualRecorder:
    return VirtualRecorder(Medium.new(medium), clock=clock, model=model)


def _disc(
    clock: ManualClock, model: str, *, tracks: int = 2, closed: bool = True, medium: str = "cd-r"
) -> VirtualRecorder:
    recorder = _blank(clock, model, medium)
    drive = ready(recorder)
    for number in range(tracks):
        write_track(drive, 310, FILL + number)
    if closed:
        close_session(drive)
    return recorder


def _open(clock: ManualClock, model: str) -> VirtualRecorder:
    return _disc(clock, model, closed=False)


def _erasable(clock: ManualClock, model: str) -> VirtualRecorder:
    return _disc(clock, model, medium="cd-rw")


def _burned(clock: ManualClock, model: str) -> VirtualRecorder:
    recorder = _blank(clock, model)
    redbook.burn(sources(), Drive(recorder), verify=False, clock=clock)
    return recorder


def _two_sessions(clock: ManualClock, model: str) -> VirtualRecorder:
    recorder = _blank(clock, model)
    drive = ready(recorder)
    write_track(drive, 310)
    close_session(drive, MultiSession.NEXT_ALLOWED)
    write_track(drive, 310)
    close_session(drive)
    return recorder


def burn(stage: Stage) -> None:
    report = redbook.burn(sources(), stage.drive, **stage.told)
    assert report.verified
    assert stage.tracks() == TRACKS, "called verified, and the disc is another"
    assert stage.status is DiscStatus.COMPLETE


def append(stage: Stage) -> None:
    before = stage.tracks()
    try:
        report = redbook.burn(sources(), stage.drive, append=True, finalize=False, **stage.told)
        assert report.verified
        assert stage.tracks() == before + TRACKS, "called verified, and the disc is another"
    finally:
        assert stage.tracks()[: len(before)] == before, "what was there is gone"


def verify(stage: Stage) -> None:
    report = redbook.verify(sources(), stage.drive, **stage.told)
    assert report.same


def info(stage: Stage) -> None:
    found = redbook.disc_info(stage.drive, **stage.told)
    shape = shapes.info(found, "liar", {})
    json.dumps(shape)
    assert len(found.disc.tracks) <= 99
    for track in found.disc.tracks:
        assert 1 <= track.number <= 99
        assert track.start_lba >= -150 and track.start_lba + track.track_sectors <= LAST_LBA + 1
    toc = found.disc.expected_toc()
    if toc is not None:
        assert re.fullmatch("[0-9a-f]{8}", toc.freedb_id)
    assert all(0 < speed <= 72 for speed in found.drive.write_speeds)
    stage.texts += found.disc.problems


def plan(stage: Stage) -> None:
    with redbook.plan(sources(), stage.drive, **stage.told) as made:
        assert made.layout.tracks[0].number == 1
        assert made.layout.tracks[0].start_lba == 0
        assert made.layout.lead_out_lba <= made.space.last_lead_out_lba <= LAST_LBA + 1
    assert not stage.liar.written


def blank(stage: Stage) -> None:
    redbook.blank(stage.drive, **stage.told)


def close(stage: Stage) -> None:
    before = stage.tracks()
    try:
        redbook.close_disc(stage.drive, **stage.told)
    finally:
        assert stage.tracks() == before


def drives(stage: Stage) -> None:
    seen = Caller.of(**stage.told, cancel=None).run(stage.drive, glance())
    stage.texts += [seen.medium, seen.serial, seen.abilities.name]
    assert all(text.isprintable() for text in (seen.medium, seen.serial, seen.abilities.name))


def examine(stage: Stage) -> None:
    page = doctor.Diagnosis()
    lines: list[tuple[str, str]] = []
    doctor._examined(page, "liar", stage.drive, lines)
    page.sections.append(doctor.Section("liar", tuple(lines)))
    assert page.to_text().isascii() or page.to_text()
    stage.texts += page.advice


JOBS: dict[str, tuple[Callable[[Stage], None], Callable[[ManualClock, str], VirtualRecorder]]] = {
    "burn": (burn, _blank),
    "append": (append, _open),
    "verify": (verify, _burned),
    "info": (info, _disc),
    "info of a disc with two sessions": (info, _two_sessions),
    "plan": (plan, _blank),
    "blank": (blank, _erasable),
    "close": (close, _open),
    "drives": (drives, _disc),
    "doctor": (examine, lambda clock, model: _blank(clock, model, "cd-rw")),
}


_WILD = re.compile(r"(?<![\d.:])-\d{6,}|\d{8,}")
_NO_TRACKS = re.compile(r"\b(?:\d{3,}) tracks")


def check_words(text: str) -> None:
    """A message names what came where it says that it makes no sense; elsewhere no disc has such numbers."""
    if "makes no sense" in text or "make no sense" in text:
        assert len(text) < 4000, text
        return
    assert not _WILD.search(text), text
    assert not _NO_TRACKS.search(text), text
    assert all(c.isprintable() or c == "\n" for c in text), text


def play(job: str, lies: Sequence[Lie], model: str = MODELS[0]) -> None:
    """One job with these lies.  raises  AssertionError, Endless  where something does not hold"""
    run, make = JOBS[job]
    clock = ManualClock()
    stage = Stage(make(clock, model), lies, clock)
    try:
        with stage.heard_at_once():
            run(stage)
    except RedbookError as error:
        stage.texts.append(str(error))
        if isinstance(error, BurnFailed | Cancelled):
            assert error.disc_now, "what is on the disc now is not told"
        elif job in ("burn", "append") and stage.liar.written:
            assert isinstance(error, VerificationFailed), f"broken off without a word on the disc: {error!r}"
    for text in stage.texts:
        check_words(text)


def play_imapi2(lies: Sequence[Lie], model: str = MODELS[0]) -> None:
    """A script that burns two tracks, reads them back, looks at everything, and erases a disc."""
    for make, script in ((_blank, _write), (_erasable, _erase)):
        clock = ManualClock()
        stage = Stage(make(clock, model), lies, clock, LONGEST_CALL_SECONDS)
        rig = Rig(transport=stage.liar, clock=stage.clock)
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(rig)
            except com_error as error:
                stage.texts.append(str(error))
                continue
            script(stage, rig)
        for text in stage.texts:
            check_words(text)


def _tried(stage: Stage, call: Callable[[], Any]) -> Any:
    stage.liar.life()
    try:
        return call()
    except com_error as error:
        stage.texts.append(str(error))
        return None


def _look(stage: Stage, thing: Any) -> None:
    for name in dir(type(thing)):
        if not name.startswith("_") and isinstance(getattr(type(thing), name, None), property):
            _tried(stage, lambda name=name: getattr(thing, name))  # type: ignore[misc]


def _write(stage: Stage, rig: Rig) -> None:
    _look(stage, rig.recorder)
    writer = rig.writer
    _tried(stage, lambda: writer.IsCurrentMediaSupported(rig.recorder))
    _tried(stage, lambda: setattr(writer, "Recorder", rig.recorder))
    _tried(stage, lambda: setattr(writer, "ClientName", "liar"))
    _look(stage, writer)
    _tried(stage, lambda: setattr(writer, "DoNotFinalizeMedia", False))
    _tried(stage, writer.PrepareMedia)
    for pcm in TRACKS:
        _tried(stage, lambda pcm=pcm: writer.AddAudioTrack(pcm))  # type: ignore[misc]
        _look(stage, writer)
    _tried(stage, writer.ReleaseMedia)


def _erase(stage: Stage, rig: Rig) -> None:
    eraser = rig.eraser
    _tried(stage, lambda: setattr(eraser, "Recorder", rig.recorder))
    _tried(stage, lambda: setattr(eraser, "ClientName", "liar"))
    _look(stage, eraser)
    _tried(stage, eraser.EraseMedia)


def lies_from(data: bytes) -> tuple[str, str, list[Lie]]:
    """A job, the model of the recorder and up to four lies from any bytes, for a fuzzer."""
    names = [*JOBS, "imapi2"]
    drawn, job = divmod(data[0] if data else 0, len(names))
    lies = []
    for at in range(1, min(len(data), 1 + 4 * 8), 8):
        part = data[at : at + 8].ljust(8, b"\0")
        opcode = OPCODES[part[0] % len(OPCODES)]
        kind = Kind(part[1] % len(Kind))
        lies.append(Lie(opcode, kind, part[2] % 8, bool(part[3] & 1), int.from_bytes(part[4:], "big")))
    return names[job], MODELS[drawn % len(MODELS)], lies


def one(data: bytes) -> None:
    """Any bytes."""
    job, model, lies = lies_from(data)
    if job == "imapi2":
        play_imapi2(lies, model)
    else:
        play(job, lies, model)


def as_text(job: str, lies: Sequence[Lie]) -> str:
    return f"{job}: {[asdict(lie) for lie in lies]}"


COMMANDS: dict[str, list[str]] = {
    "burn": ["burn", "--yes"],
    "append": ["burn", "--yes", "--append", "--leave-open"],
    "verify": ["verify"],
    "info": ["info"],
    "plan": ["plan"],
    "blank": ["blank", "--yes"],
    "close": ["close"],
}
EXIT_CODES = (DONE, SOURCE, RULE, DRIVE, DIFFERS)


def play_command(job: str, lies: Sequence[Lie], model: str = MODELS[0]) -> None:
    """The same by the command line: its exit code fits, and its lines hold no wild number."""
    clock = ManualClock()
    stage = Stage(JOBS[job][1](clock, model), lies, clock)
    before = stage.tracks()
    files = sources() if job in ("burn", "append", "verify", "plan") else []
    with (
        stage.heard_at_once(),
        mock.patch.object(names, "open_drive", lambda *_, **__: stage.drive),
        mock.patch.object(runner, "SystemClock", lambda: stage.clock),
    ):
        result = CliRunner().invoke(
            cli, [*COMMANDS[job], "--drive", "/dev/liar", *files], prog_name="redbook"
        )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in EXIT_CODES, result.output
    if result.exit_code != DONE:
        assert "redbook: " in result.stderr
    elif job == "burn":
        assert stage.tracks() == TRACKS and stage.status is DiscStatus.COMPLETE
    elif job == "append":
        assert stage.tracks() == before + TRACKS
    for line in result.output.splitlines():
        if not line.startswith(("MusicBrainz", "AccurateRip")) and "SHA-256" not in line:
            check_words(_SUMS.sub("", line))


_SUMS = re.compile(r"\b[0-9a-f]{8}\b|\b[0-9a-f]{64}\b")
