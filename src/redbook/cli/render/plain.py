"""Plain lines, for a pipe and for a terminal without better abilities."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self

from redbook.cli.render.words import (
    PHASES,
    Waits,
    complain,
    in_words,
    pace,
    shown,
    titled,
    track_range,
    waited_for,
)
from redbook.cli.time_left import TimeLeft
from redbook.cli.times import length
from redbook.engine.events import (
    DiscOfSeveral,
    Event,
    Notice,
    Phase,
    PhaseStarted,
    Progress,
    SourceRead,
    Stopping,
    TrackStarted,
    TrackVerified,
    Waiting,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from redbook.burning.copying import CopyReport
    from redbook.burning.job_reports import BurnReport, VerifyReport
    from redbook.burning.looking import DiscInfo
    from redbook.burning.planning import Plan
    from redbook.burning.rip_report import ReadReport
    from redbook.burning.sheet_files import SheetReport
    from redbook.cli import shapes
    from redbook.cli.render.page import Page
    from redbook.errors import RedbookError
    from redbook.recorders.discs import DiscEntry
    from redbook.recorders.doctor import Diagnosis
    from redbook.recorders.real_drives import DriveEntry
    from redbook.recorders.watching import DriveEvent

_log = logging.getLogger(__name__)


class TextRenderer:
    """Plain lines, for a pipe, a log, a terminal without better abilities."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.names: dict[int, str] = {}
        self.time_left: TimeLeft | None = None
        self._tenth = -1
        self._waits = Waits()

    @property
    def unheard(self) -> bool:
        return self.page.unheard

    def event(self, happened: Event) -> None:
        if self.time_left is not None:
            self.time_left.hear(happened)
        if not isinstance(happened, Progress):
            _log.debug("%s", happened)
        match happened:
            case Notice(text):
                self.page.note(text)
            case PhaseStarted(phase, track):
                self._tenth = -1
                if phase not in (Phase.WRITING, Phase.ENDING_TRACK) or not track:
                    self.page.aside(f"{PHASES[phase]} ...")
            case TrackStarted(number, _, sectors):
                name = self.names.get(number, "")
                self.page.aside(
                    f"Writing track {number} ({length(sectors, self.page.detailed)}) {name}".rstrip()
                )
            case TrackVerified(number, same):
                if not same:
                    self.page.aside(f"Track {number} differs", "bold red")
                elif self.page.detailed:
                    self.page.aside(f"Track {number} read back: identical")
            case DiscOfSeveral(number, discs, first, last):
                self.page.aside(f"Disc {number} of {discs}: {track_range(first, last)}", "bold")
            case SourceRead(number, total, source):
                if self.page.detailed:
                    self.page.aside(f"  {number} of {total}: {source}")
            case Progress() as progress:
                self._progress(progress)
            case Waiting() as waiting:
                if self._waits.is_worth_a_line(waiting):
                    self.page.aside(f"  {waited_for(waiting)}")
            case Stopping() as stopping:
                self.page.aside(in_words(stopping), "bold", always=True)
            case _:
                pass

    def _progress(self, progress: Progress) -> None:
        tenth = progress.sectors_done * 10 // max(1, progress.sectors)
        if tenth > self._tenth:
            self._tenth = tenth
            if 0 < tenth < 10:
                parts = (f"  {tenth * 10} % done", *self.pace(progress))
                self.page.aside(", ".join(part for part in parts if part))

    def expect(self, *, closes: bool, reads_back: bool, read_speed: float | None) -> None:
        self.time_left = TimeLeft(closes=closes, reads_back=reads_back, read_speed=read_speed)

    def pace(self, progress: Progress) -> tuple[str, str]:
        """Speed, and time left: for the whole job if that is known, otherwise for the current step."""
        left = self.time_left.seconds() if self.time_left is not None else progress.seconds_left
        return pace(progress, left)

    def note(self, text: str) -> None:
        self.page.note(text)

    def plan(self, made: Plan, drive: str, speed: float | None = None, *, ahead: bool = False) -> None:
        from redbook.cli.render.plans import show_plan

        self.rest()
        self.names = {track.number: titled(track) for track in made.planned}
        if not ahead:
            show_plan(self.page, made, drive, speed)
        elif not self.page.quiet:
            with self.page.all_aside():
                show_plan(self.page, made, drive, speed)

    def burned(self, report: BurnReport, drive: str) -> None:
        from redbook.cli.render.reports import show_burned

        self.rest()
        show_burned(self.page, report, drive)

    def verified(self, report: VerifyReport, drive: str) -> None:
        from redbook.cli.render.reports import show_verified

        self.rest()
        show_verified(self.page, report, drive)

    def info(self, found: DiscInfo, drive: str, sums: shapes.Checksums) -> None:
        from redbook.cli.render.a_disc import show_info

        self.rest()
        show_info(self.page, found, drive, sums)

    def drives(self, entries: list[DriveEntry], *, watching: bool = False) -> None:
        from redbook.cli.render.recorders import show_drives

        self.rest()
        show_drives(self.page, entries, watching)

    def drive_event(self, happened: DriveEvent) -> None:
        from redbook.cli.render.recorders import show_drive_event

        show_drive_event(self.page, happened)

    def doctor(self, page: Diagnosis) -> None:
        from redbook.cli.render.recorders import show_doctor

        self.rest()
        show_doctor(self.page, page)

    def discs(self, entries: list[DiscEntry], here: list[DiscEntry], folder: Path) -> None:
        from redbook.cli.render.recorders import show_discs

        show_discs(self.page, entries, here, folder)

    def done(self, drive: str, text: str) -> None:
        self.rest()
        self.page.conclude(f"{shown(drive)}: {text}", "bold green")

    def result(self, shape: dict[str, Any], lines: Sequence[str], conclusion: str = "") -> None:
        self.rest()
        for line in lines:
            self.page.line(line)
        if conclusion:
            self.page.conclude(conclusion, "bold green")

    def sheet_written(self, report: SheetReport) -> None:
        from redbook.cli.render.reports import show_sheet

        show_sheet(self.page, report)

    def was_read(self, report: ReadReport) -> None:
        from redbook.cli.render.reports import show_reading

        self.rest()
        show_reading(self.page, report)

    def copied(self, report: CopyReport, drive: str, *, kept: bool) -> None:
        from redbook.cli.render.reports import show_copy

        self.rest()
        show_copy(self.page, report, drive, kept=kept)

    def failed(self, error: RedbookError, exit_code: int) -> None:
        self.rest()
        complain(error)

    def rest(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rest()
