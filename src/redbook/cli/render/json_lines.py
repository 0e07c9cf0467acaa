"""One object per line on standard output; an error is also printed on standard error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from redbook.burning.rip_report import ReadReport, as_json
from redbook.cli import shapes
from redbook.cli.render.words import burned_in_words, complain, read_in_words, shown, verified_in_words
from redbook.errors import RedbookError, VerificationFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from redbook.burning.copying import CopyReport
    from redbook.burning.job_reports import BurnReport, VerifyReport
    from redbook.burning.looking import DiscInfo
    from redbook.burning.planning import Plan
    from redbook.burning.sheet_files import SheetReport
    from redbook.cli.output import Output
    from redbook.engine.events import Event
    from redbook.recorders.discs import DiscEntry
    from redbook.recorders.doctor import Diagnosis
    from redbook.recorders.real_drives import DriveEntry
    from redbook.recorders.watching import DriveEvent


class JsonRenderer:
    """One object per line; nothing else on standard output."""

    def __init__(self, out: Output, verbosity: int = 0) -> None:
        self._out = out
        self._quiet = verbosity < 0

    @property
    def unheard(self) -> bool:
        return self._out.lost

    def _print(self, shape: dict[str, Any]) -> None:
        # ASCII, so that a name in whatever encoding survives every pipe
        self._out.write(json.dumps(shape) + "\n")
        self._out.flush()

    def event(self, happened: Event) -> None:
        if not self._quiet:
            self._print(shapes.event(happened))

    def note(self, text: str) -> None:
        if not self._quiet:
            self._print({"event": "notice", "text": text})

    def plan(self, made: Plan, drive: str, speed: float | None = None, *, ahead: bool = False) -> None:
        if not ahead:
            self._print(shapes.plan(made, drive))

    def expect(self, *, closes: bool, reads_back: bool, read_speed: float | None) -> None:
        pass

    def burned(self, report: BurnReport, drive: str) -> None:
        self._out.result = burned_in_words(report, drive)
        self._print(shapes.burned(report, drive))

    def verified(self, report: VerifyReport, drive: str) -> None:
        self._out.result = verified_in_words(report, drive)
        self._print(shapes.verified(report, drive))

    def info(self, found: DiscInfo, drive: str, sums: shapes.Checksums) -> None:
        self._print(shapes.info(found, drive, sums))

    def drives(self, entries: list[DriveEntry], *, watching: bool = False) -> None:
        self._print(shapes.drives(entries))

    def drive_event(self, happened: DriveEvent) -> None:
        self._print(shapes.event(happened))

    def doctor(self, page: Diagnosis) -> None:
        self._print(shapes.doctor(page))

    def discs(self, entries: list[DiscEntry], here: list[DiscEntry], folder: Path) -> None:
        self._print(shapes.discs(entries, here, folder))

    def done(self, drive: str, text: str) -> None:
        self._out.result = f"{shown(drive)}: {text}"
        self._print({"event": "done", "drive": drive, "text": text})

    def result(self, shape: dict[str, Any], lines: Sequence[str], conclusion: str = "") -> None:
        self._out.result = conclusion
        self._print(shape)

    def sheet_written(self, report: SheetReport) -> None:
        path = str(report.path)
        self._out.result = f"{shown(path)} is written"
        self._print({"event": "sheet", "path": path, "tracks": report.tracks, "notes": list(report.notes)})

    def was_read(self, report: ReadReport) -> None:
        self._out.result = read_in_words(report)
        self._print({"event": "done", **as_json(report)})

    def copied(self, report: CopyReport, drive: str, *, kept: bool) -> None:
        self._out.result = burned_in_words(report.burned, drive)
        read = as_json(report.read) | ({} if kept else {"folder": None, "files": [], "sheet": None})
        self._print({**shapes.burned(report.burned, drive), "read": read})

    def failed(self, error: RedbookError, exit_code: int) -> None:
        shape: dict[str, Any] = {
            "event": "error",
            "error": type(error).__name__,
            "message": str(error),
            "exit_code": exit_code,
            "disc_now": getattr(error, "disc_now", None) or None,
        }
        if isinstance(error, VerificationFailed):
            shape |= shapes.differences(error.report)
        self._print(shape)
        complain(error)

    def rest(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
