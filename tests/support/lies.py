"""A recorder that answers nonsense, and what must hold whatever it answers.

`play` runs one job on a virtual recorder some of whose answers are replaced, and checks: no exception but
ours, no endless asking, no waiting without a word, no wild number in a message, and no success that the
disc does not bear out.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import itertools
import json
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import IntEnum, unique
from pathlib import Path
from typing import Any
from unittest import mock

from click.testing import CliRunner

import redbook
from redbook import discovery, doctor
from redbook.cli import shapes
from redbook.cli.app import DIFFERS, DONE, DRIVE, RULE, SOURCE, cli
from redbook.clock import ManualClock
from redbook.disc import LAST_LBA, SECTOR_BYTES
from redbook.drive import Drive
from redbook.engine import runner
from redbook.engine.caller import Caller
from redbook.engine.events import Event, Notice
from redbook.engine.glance import glance
from redbook.engine.mailbox import Mailbox
from redbook.engine.verify import READ_BUSY_SECONDS
from redbook.errors import BurnFailed, Cancelled, RedbookError, Sense, VerificationFailed
from redbook.image.base import TrackState
from redbook.imapi2 import com_error
from redbook.mmc import sense
from redbook.mmc.disc_info import DiscStatus
from redbook.mmc.mode_pages import MultiSession
from redbook.mmc.write import Write10
from redbook.transport.base import Reply, Status
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, ready, write_track
from tests.support.imapi import Rig
from tests.support.sound import noise

TRACKS = [noise(588 * 310, 1), noise(588 * 305, 2)]
FILL = 7
READ_TOC = 0x43

MOST_COMMANDS = 700
"""Between two signs of life: a look at a disc of 99 tracks asks some hundred things."""
MOST_SECONDS = READ_BUSY_SECONDS + 5
"""The same in time; the longest wait of a single command that is not told of."""
MOST_COMMANDS_IN_ALL = 40_000
LONGEST_CALL_SECONDS = 3700
"""Of IMAPI2, whose calls return when they are done: a session may take an hour to close."""


@unique
class Kind(IntEnum):
    """What becomes of an answer."""

    NOISE = 0
    ZEROS = 1
    ONES = 2
    NOTHING = 3
    CUT = 4
    LONGER = 5
    SWAPPED = 6
    FLIPPED = 7
    FIELD = 8
    ANOTHER = 9  # a reply to another command
    REFUSED = 10  # with any sense
    STATUS = 11
    SWALLOWED = 12  # the command is not done, and called good


@dataclass(frozen=True)
class Lie:
    """One answer, or all of a kind.

    opcode   whose; of READ TOC with its format in the upper byte
    nth      from which one on, 0 for the first
    lasting  all that follow, too
    seed     of what is drawn at random
    """

    opcode: int
    kind: Kind
    nth: int = 0
    lasting: bool = True
    seed: int = 0

    def concerns(self, count: int) -> bool:
        """count  of answers of this kind before"""
        return count == self.nth or (self.lasting and count > self.nth)

    def told(self, data: bytes, other: bytes, length: int) -> Reply:
        rng = random.Random(self.seed)
        match self.kind:
            case Kind.NOISE:
                data = rng.randbytes(rng.choice((len(data), len(data), rng.randrange(length + 1))))
            case Kind.ZEROS:
                data = bytes(max(len(data), min(length, 64)))
            case Kind.ONES:
                data = b"\xff" * max(len(data), min(length, 64))
            case Kind.NOTHING:
                data = b""
            case Kind.CUT:
                data = data[: rng.randrange(len(data) + 1)]
            case Kind.LONGER:
                data += rng.randbytes(rng.choice((1, 4, 100)))
            case Kind.SWAPPED:
                width = rng.choice((2, 4))
                data = b"".join(data[i : i + width][::-1] for i in range(0, len(data), width))
            case Kind.FLIPPED if data:
                at = rng.randrange(min(len(data), 64))
                data = data[:at] + bytes((data[at] ^ rng.randrange(1, 256),)) + data[at + 1 :]
            case Kind.FIELD if data:
                width = rng.choice((1, 2, 4))
                at = rng.randrange(min(len(data), 64)) // width * width
                values = (
                    0,
                    1,
                    2,
                    99,
                    100,
                    150,
                    1 << (8 * width - 1),
                    (1 << (8 * width)) - 1,
                    rng.getrandbits(32),
                )
                value = rng.choice(values) & ((1 << (8 * width)) - 1)
                data = data[:at] + value.to_bytes(width, "big") + data[at + width :]
            case Kind.ANOTHER:
                data = other
            case Kind.REFUSED:
                if rng.random() < 0.3:
                    return Reply(Status.CHECK_CONDITION, b"", rng.randbytes(rng.randrange(33)))
                known = rng.choice(sorted(sense._EXACT))
                at = rng.choice((None, 0, -1, -(2**31), rng.getrandbits(31)))
                return Reply(Status.CHECK_CONDITION, b"", sense.build(Sense(*known, information=at)))
            case Kind.STATUS:
                return Reply(rng.choice((Status.BUSY, Status.TASK_SET_FULL, 0x18, 0x22, 0x40)))
        return Reply(Status.GOOD, data[:length])


OPCODES = (
    *(0x00, 0x03, 0x12, 0x1B, 0x1E, 0x2A, 0x35, 0x42, 0x46, 0x4A, 0x51, 0x52, 0x54, 0x55, 0x5A, 0x5B, 0x5C),
    *(0xA1, 0xAC, 0xBB, 0xBE, READ_TOC, READ_TOC | 0x400, READ_TOC | 0x500),
)


_stages = itertools.count()


class Endless(BaseException):
    """The job asks for ever, or waits without a word.  No part of it may catch this."""


class Liar:
    """A transport to a virtual recorder that is not to be believed."""

    def __init__(
        self, inner: VirtualRecorder, lies: Sequence[Lie], clock: ManualClock, most_seconds: float
    ) -> None:
        self.most_seconds = most_seconds
        self.inner = inner
        self.lies = lies
        self.clock = clock
        self.written = False
        self.log: list[str] = []
        self._seen: dict[int, int] = {}
        self._other = b""
        self._in_all = 0
        self._last: list[bytes] = []
        self._at = 0.0
        self.life()

    def life(self) -> None:
        """A sign of it: something was told, or audio went by."""
        self._commands, self._since = 0, self.clock.now()

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        asked_again = cdb in self._last and self.clock.now() > self._at
        self._last, self._at = [*self._last[-1:], cdb], self.clock.now()
        self._commands += not asked_again  # for that, time alone counts
        self._in_all += 1
        if self._commands > MOST_COMMANDS or self._in_all > MOST_COMMANDS_IN_ALL:
            raise Endless(f"{self._commands} commands without a word, {self._in_all} in all: {self.log[-8:]}")
        if self.clock.now() - self._since > self.most_seconds:
            raise Endless(f"{self.clock.now() - self._since:.0f} s without a word: {self.log[-8:]}")
        key = cdb[0] | (cdb[2] & 0xF) << 8 if cdb[0] == READ_TOC else cdb[0]
        count = self._seen.get(key, 0)
        self._seen[key] = count + 1
        lie = next((one for one in self.lies if one.opcode == key and one.concerns(count)), None)
        if lie is not None and lie.kind is Kind.SWALLOWED:
            reply = Reply(Status.GOOD, bytes(length))
        else:
            reply = self.inner.execute(cdb, data_out, length, timeout)
            if lie is not None:
                # What is refused is not done, but for a status that comes too late.
                reply = lie.told(reply.data, self._other, length)
            elif reply.data:
                self._other = reply.data
        if cdb[0] == Write10.OPCODE:
            self.written = True
        if reply.status == Status.GOOD and (cdb[0] == Write10.OPCODE or length >= SECTOR_BYTES):
            self.life()
        self.log.append(f"{cdb.hex()} {reply.status:02x} {reply.data[:36].hex()} {reply.sense.hex()}")
        return reply

    def announce(self, data_bytes: int) -> None:
        self.inner.announce(data_bytes)

    def close(self) -> None:
        pass


@dataclass
class Stage:
    """What a job has at hand."""

    recorder: VirtualRecorder
    lies: Sequence[Lie]
    most_seconds: float = MOST_SECONDS
    clock: ManualClock = field(default_factory=ManualClock)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Errors hold frames, and frames discs of megabytes, in cycles that Python counts as small.
        if next(_stages) % 8 == 0:
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
            disc.read(track.start_lba, track.sectors)
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


def _disc(tracks: int = 2, closed: bool = True, medium: str = "cd-r") -> VirtualRecorder:
    recorder = VirtualRecorder(Medium.new(medium))
    drive = ready(recorder)
    for number in range(tracks):
        write_track(drive, 310, FILL + number)
    if closed:
        close_session(drive)
    return recorder


def _burned() -> VirtualRecorder:
    recorder = VirtualRecorder(Medium.new())
    redbook.burn(sources(), Drive(recorder), verify=False, clock=ManualClock())
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
        assert made.layout.lead_out_lba <= made.layout.space.last_lead_out_lba <= LAST_LBA + 1
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


JOBS: dict[str, tuple[Callable[[Stage], None], Callable[[], VirtualRecorder]]] = {
    "burn": (burn, lambda: VirtualRecorder(Medium.new())),
    "append": (append, lambda: _disc(closed=False)),
    "verify": (verify, _burned),
    "info": (info, _disc),
    "info of a disc with two sessions": (info, lambda: _two_sessions()),
    "plan": (plan, lambda: VirtualRecorder(Medium.new())),
    "blank": (blank, lambda: _disc(medium="cd-rw")),
    "close": (close, lambda: _disc(closed=False)),
    "drives": (drives, _disc),
    "doctor": (examine, lambda: VirtualRecorder(Medium.new("cd-rw"))),
}


def _two_sessions() -> VirtualRecorder:
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    write_track(drive, 310)
    close_session(drive, MultiSession.NEXT_ALLOWED)
    write_track(drive, 310)
    close_session(drive)
    return recorder


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


def play(job: str, lies: Sequence[Lie]) -> None:
    """One job with these lies.  raises  AssertionError, Endless  where something does not hold"""
    run, make = JOBS[job]
    stage = Stage(make(), lies)
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


def play_imapi2(lies: Sequence[Lie]) -> None:
    """A script that burns two tracks, reads them back, looks at everything, and erases a disc."""
    for medium, script in (("cd-r", _write), ("cd-rw", _erase)):
        recorder = _disc(medium=medium) if medium == "cd-rw" else VirtualRecorder(Medium.new(medium))
        stage = Stage(recorder, lies, LONGEST_CALL_SECONDS)
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


def lies_from(data: bytes) -> tuple[str, list[Lie]]:
    """A job and up to four lies from any bytes, for a fuzzer."""
    names = [*JOBS, "imapi2"]
    job = names[data[0] % len(names)] if data else names[0]
    lies = []
    for at in range(1, min(len(data), 1 + 4 * 8), 8):
        part = data[at : at + 8].ljust(8, b"\0")
        opcode = OPCODES[part[0] % len(OPCODES)]
        kind = Kind(part[1] % len(Kind))
        lies.append(Lie(opcode, kind, part[2] % 8, bool(part[3] & 1), int.from_bytes(part[4:], "big")))
    return job, lies


def one(data: bytes) -> None:
    """Any bytes."""
    job, lies = lies_from(data)
    if job == "imapi2":
        play_imapi2(lies)
    else:
        play(job, lies)


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


def play_command(job: str, lies: Sequence[Lie]) -> None:
    """The same by the command line: its exit code fits, and its lines hold no wild number."""
    stage = Stage(JOBS[job][1](), lies)
    before = stage.tracks()
    files = sources() if job in ("burn", "append", "verify", "plan") else []
    with (
        stage.heard_at_once(),
        mock.patch.object(discovery, "open_drive", lambda *_, **__: stage.drive),
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
