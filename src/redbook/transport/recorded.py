"""Transcripts: the whole exchange with a drive as JSON lines, written and played back.

The first line says what the file is; each further line is an exchange. docs/transcripts.md describes the
fields.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from pathlib import Path
from typing import IO, Any, Self, TextIO

from redbook import errors
from redbook._version import __version__
from redbook.clock import Clock, SystemClock
from redbook.disc import MOST_OFFSET_SAMPLES, PREGAP_SECTORS, SAMPLE_BYTES, SECTOR_BYTES
from redbook.errors import DriveError, TranscriptError, TransferTooLarge, printable
from redbook.mmc.decode import name_of
from redbook.mmc.read import ReadCd, ReadCdMsf
from redbook.mmc.write import Write10
from redbook.transport.base import Device, Reply, Status, Transport

FORMAT = 1
SHORT_BYTES = 4096  # data up to this length are written out; for longer data, only length and digest
_SECTORS = (Write10.OPCODE, ReadCd.OPCODE)


class Transcriber:
    """A Transport that records what passes through it.

    problem  why the file is incomplete; empty while it is complete. The drive is served anyway.
    """

    def __init__(self, inner: Transport, file: TextIO, clock: Clock, name: str = "") -> None:
        self._inner, self._file, self._clock = inner, file, clock
        self._mutex = threading.Lock()
        self._began = clock.now()
        self.problem = ""
        head = {
            "transcript": FORMAT,
            "redbook": __version__,
            "drive": name,
            "most_bytes": self.most_bytes,
            "real_time": self.real_time,
        }
        self._write(head, flush=True)

    @classmethod
    def begin(cls, inner: Transport, path: Path, name: str = "", clock: Clock | None = None) -> Self:
        """Begin a transcript in a new file.  name: of the drive, for the first line

        raises  OSError  if the file exists or cannot be made
        """
        return cls(inner, path.open("x", encoding="ascii"), clock or SystemClock(), name)

    @property
    def most_bytes(self) -> int | None:
        return self._inner.most_bytes if isinstance(self._inner, Device) else None

    @property
    def real_time(self) -> bool:
        return isinstance(self._inner, Device) and self._inner.real_time

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        with self._mutex:
            entry: dict[str, Any] = {"at": self._since(), "command": name_of(cdb), "cdb": cdb.hex()}
            if len(data_out):
                entry["out"] = _shown(data_out)
            if data_in_length:
                entry["room"] = data_in_length
            entry["timeout"] = timeout
            try:
                reply = self._inner.execute(cdb, data_out, data_in_length, timeout)
            except DriveError as error:
                self._write(entry | self._spent(entry) | _failed(error), flush=True)
                raise
            entry |= self._spent(entry) | {"status": reply.status}
            if reply.data:
                entry["in"] = _shown(reply.data)
            if reply.sense:
                entry["sense"] = reply.sense.hex()
            if reply.residue:
                entry["residue"] = reply.residue
            self._write(entry, flush=cdb[0] not in _SECTORS or reply.status != Status.GOOD)
            return reply

    def announce(self, data_bytes: int) -> None:
        with self._mutex:
            entry: dict[str, Any] = {"at": self._since(), "announce": data_bytes}
            try:
                self._inner.announce(data_bytes)
            except DriveError as error:
                self._write(entry | _failed(error), flush=True)
                raise
            self._write(entry, flush=True)

    def close(self) -> None:
        self._inner.close()
        with self._mutex:
            try:
                self._file.close()
            except OSError as error:
                self._give_up(error)

    def _since(self) -> float:
        return round(self._clock.now() - self._began, 6)

    def _spent(self, entry: dict[str, Any]) -> dict[str, float]:
        return {"seconds": round(self._since() - entry["at"], 6)}

    def _write(self, entry: dict[str, Any], *, flush: bool) -> None:
        if self.problem or self._file.closed:
            return
        try:
            self._file.write(json.dumps(entry) + "\n")
            if flush:
                self._file.flush()
        except OSError as error:  # a full disk must not cost a disc
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.problem = f"the transcript is incomplete: {error.strerror or error}"


def _shown(data: bytes | memoryview) -> dict[str, Any]:
    if len(data) < SHORT_BYTES:
        return {"base64": base64.b64encode(data).decode("ascii")}
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _failed(error: DriveError) -> dict[str, Any]:
    entry: dict[str, Any] = {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, TransferTooLarge):
        entry["most_bytes"] = error.most_bytes
    return entry


class _ReplayClock:
    """A clock that repeats the times at which the transcript was written."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    def reach(self, seconds: float) -> None:
        self._now = max(self._now, seconds)


class Replay:
    """A Transport that answers from a transcript, if the same commands come in the same order.

    Of long data that were read, the transcript has only a digest. The data are made again from what the
    transcript's own WRITEs sent, which is kept in a file without a name. The digests show with which offset
    the drive read.

    clock  for a Runner, so that it waits and asks as often as in the transcript

    raises  TranscriptError  at the first difference, and from then on
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = 0
        self._failed: TranscriptError | None = None
        self._late_samples = 0
        import tempfile

        self._written: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self.clock = _ReplayClock()
        try:
            self._file = path.open(encoding="utf-8", errors="replace")
        except OSError as error:
            self._written.close()
            raise TranscriptError(f"{printable(path)}: {error.strerror}") from error
        try:
            head = self._next("a transcript")
            if head.get("transcript") != FORMAT:
                raise self._wrong(f"not a transcript of format {FORMAT}: the first line says {head!r:.80}")
        except TranscriptError:
            self.close()
            raise
        self.most_bytes: int | None = head.get("most_bytes")
        self.real_time = False

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        asked = f"{name_of(cdb)} ({cdb.hex(' ')}), {len(data_out)} bytes out, room for {data_in_length}"
        entry = self._next(asked)
        try:
            then = f"{entry.get('command', 'something else')} ({entry.get('cdb')})"
            if entry.get("cdb") != cdb.hex() or entry.get("room", 0) != data_in_length:
                raise self._wrong(f"asked now: {asked}; then: {then}, room for {entry.get('room', 0)}")
            if len(data_out) or "out" in entry:
                self._compare(asked, data_out, entry.get("out"))
            self.clock.reach(entry["at"] + entry.get("seconds", 0.0))
            self._raise_again(entry)
            reply = Reply(
                entry["status"],
                self._data(cdb, entry.get("in")),
                bytes.fromhex(entry.get("sense", "")),
                entry.get("residue", 0),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise self._wrong(f"not a line of a transcript: {error!r}") from error
        if cdb[0] == Write10.OPCODE and reply.status == Status.GOOD:
            self._written.seek(_place(Write10.from_cdb(cdb, data_out).lba))
            self._written.write(data_out)
        return reply

    def announce(self, data_bytes: int) -> None:
        entry = self._next(f"an announcement of {data_bytes} bytes")
        if entry.get("announce") != data_bytes:
            raise self._wrong(f"{data_bytes} bytes were announced now; then: {entry!r:.120}")
        self._raise_again(entry)

    def close(self) -> None:
        self._file.close()
        self._written.close()

    def finish(self) -> None:
        """Check that the whole transcript was played back.

        raises  TranscriptError  if the transcript has further commands
        """
        if self._file.readline():
            raise self._wrong("the transcript continues, but nothing more was asked", ahead=1)

    def _next(self, asked: str) -> dict[str, Any]:
        if self._failed is not None:
            raise self._failed
        if self._file.closed:
            raise errors.DriveClosed(f"{asked}: this program has closed the transcript")
        text = self._file.readline()
        self._line += 1
        if not text:
            raise self._wrong(f"the transcript has ended; asked now: {asked}")
        try:
            entry = json.loads(text)
        except ValueError as error:
            raise self._wrong(f"not a line of a transcript: {error}") from error
        if not isinstance(entry, dict):
            raise self._wrong(f"not a line of a transcript: {text[:40]!r}")
        return entry

    def _wrong(self, text: str, ahead: int = 0) -> TranscriptError:
        self._failed = TranscriptError(f"{printable(self._path)}, line {self._line + ahead}: {text}")
        return self._failed

    def _compare(self, asked: str, now: bytes | memoryview, then: dict[str, Any] | None) -> None:
        if _shown(now) != then:
            raise self._wrong(f"other data were sent with {asked}: now {_shown(now)}, then {then}")

    def _raise_again(self, entry: dict[str, Any]) -> None:
        if "error" not in entry:
            return
        kind = getattr(errors, str(entry["error"]), None)
        if kind is TransferTooLarge:
            self.most_bytes = entry["most_bytes"]
            raise TransferTooLarge(entry["message"], entry["most_bytes"])
        if (
            not isinstance(kind, type)
            or not issubclass(kind, DriveError)
            or issubclass(kind, errors.SenseError)
        ):
            raise self._wrong(f"no error of a transport: {entry['error']!r}")
        raise kind(entry["message"])

    def _data(self, cdb: bytes, then: dict[str, Any] | None) -> bytes:
        if then is None:
            return b""
        if "base64" in then:
            return base64.b64decode(then["base64"], validate=True)
        lba = _read_at(cdb)
        if lba is not None:
            nearest_first = sorted(range(-MOST_OFFSET_SAMPLES, MOST_OFFSET_SAMPLES + 1), key=abs)
            for late_samples in (self._late_samples, *nearest_first):
                made = self._as_written(lba, then["bytes"], late_samples)
                if _shown(made) == then:
                    self._late_samples = late_samples
                    return made
        raise self._wrong(
            "the transcript has only the digest of these data, and other data were written before"
        )

    def _as_written(self, lba: int, length: int, late_samples: int) -> bytes:
        """What a drive reads there if it returns audio this many samples late."""
        begin = _place(lba) - late_samples * SAMPLE_BYTES
        before = bytes(max(0, min(length, -begin)))
        self._written.seek(max(0, begin))
        return (before + self._written.read(length - len(before))).ljust(length, b"\0")


def _read_at(cdb: bytes) -> int | None:
    """The LBA where a command begins to read audio; None if it reads none."""
    if cdb[0] == ReadCd.OPCODE:
        return ReadCd.from_cdb(cdb, b"").lba
    return ReadCdMsf.from_cdb(cdb, b"").start.lba if cdb[0] == ReadCdMsf.OPCODE else None


def _place(lba: int) -> int:
    return (lba + PREGAP_SECTORS) * SECTOR_BYTES
