"""What the commands print: JSON lines, plain lines in a pipe, bars at a terminal."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TextIO, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from redbook.burning.copying import CopyReport
from redbook.burning.jobs import BurnReport, DiscInfo, Plan, TrackReport, VerifyReport
from redbook.burning.read_report import ReadReport, as_json, offset_in_words, verdict
from redbook.burning.sheet_files import SheetReport
from redbook.cli import shapes
from redbook.cli.describe import border_in_words, on_the_disc, pause_before, summary, title_of
from redbook.cli.output import Output, standard_error, standard_output
from redbook.cli.times import FRAMES_LEGEND, length, room, seconds
from redbook.cli.verbosity import verbosity
from redbook.disc import PREGAP_SECTORS, SAMPLE_RATE_HZ, SAMPLES_PER_SECTOR, Toc
from redbook.disc.cd_text import PackType, Texts
from redbook.engine.events import (
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
from redbook.engine.inspect import Abilities
from redbook.engine.labels import Told
from redbook.engine.prepare import numbered
from redbook.engine.spoilt import spoilt_in_words
from redbook.engine.verification import Verdict, Verification
from redbook.errors import RedbookError, VerificationFailed
from redbook.recorders.discs import DiscEntry
from redbook.recorders.doctor import Diagnosis
from redbook.recorders.real import DriveEntry
from redbook.recorders.watching import DriveAdded, DriveEvent, DriveRemoved, MediumInserted, MediumRemoved

_log = logging.getLogger(__name__)

PIPE_WIDTH = 120
WIDTH_WITH_SHA256 = 115
WIDTH_WITH_SESSIONS = 75

LOG_WAITS_SECONDS = (5.0, 15.0, 30.0, 60.0)
"""How long something has taken when a log gets its next line of it; from then on once a minute."""

PHASES = {
    Phase.READING: "Reading and checking the sources",
    Phase.MEASURING: "Measuring the loudness",
    Phase.PREPARING: "Preparing the drive",
    Phase.LEAD_IN: "Writing the titles (lead-in)",
    Phase.WRITING: "Writing",
    Phase.ENDING_TRACK: "Ending the track",
    Phase.CLOSING: "Closing the session",
    Phase.VERIFYING: "Reading the disc back",
    Phase.BLANKING: "Blanking",
    Phase.READING_DISC: "Reading the disc, each sector twice",
    Phase.SAVING: "Saving what was read",
}


class Renderer(Protocol):
    """Shows what happens and what came out."""

    @property
    def unheard(self) -> bool:
        """Whether standard output is gone; a command that only tells something may end then."""
        ...

    def event(self, happened: Event) -> None: ...
    def note(self, text: str) -> None: ...
    def plan(self, made: Plan, drive: str, speed: float | None = None, *, ahead: bool = False) -> None:
        """speed: as for `burn`; ahead: it is no result, for a burn of it follows"""
        ...

    def burned(self, report: BurnReport, drive: str) -> None: ...
    def verified(self, report: VerifyReport, drive: str) -> None: ...
    def info(self, found: DiscInfo, drive: str, sums: shapes.Checksums) -> None: ...
    def drives(self, entries: list[DriveEntry]) -> None: ...
    def drive_event(self, happened: DriveEvent) -> None: ...
    def doctor(self, page: Diagnosis) -> None: ...
    def discs(self, entries: list[DiscEntry], here: list[DiscEntry], folder: Path) -> None: ...
    def done(self, drive: str, text: str) -> None: ...
    def told(self, shape: dict[str, Any], lines: Sequence[str], conclusion: str = "") -> None:
        """A result: as JSON this shape, else these lines, and what it came to."""
        ...

    def sheet_written(self, report: SheetReport) -> None: ...
    def was_read(self, report: ReadReport) -> None: ...
    def copied(self, report: CopyReport, drive: str, *, kept: bool) -> None:
        """kept: whether what was read is still in its folder"""
        ...

    def failed(self, error: RedbookError, exit_code: int) -> None: ...

    def rest(self) -> None:
        """Take away what moves, before somebody is asked something."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_renderer(command: str, as_json: bool) -> Renderer:
    out = standard_output()
    if as_json:
        return JsonRenderer(out, verbosity())
    results, aside = _console(out), _console(standard_error())
    if aside.is_terminal and not aside.is_dumb_terminal:
        from redbook.cli.terminal import TerminalRenderer

        return TerminalRenderer(results, aside, verbosity())
    return TextRenderer(results, aside, verbosity())


def _console(out: Output) -> Console:
    file = cast(TextIO, out)  # it has all that rich uses
    console = Console(file=file, highlight=False, emoji=False)
    if console.is_terminal and not console.is_dumb_terminal:
        return console
    width = shutil.get_terminal_size().columns if out.isatty() else PIPE_WIDTH
    return Console(file=file, highlight=False, emoji=False, width=width, no_color=True)


def shown(text: str) -> str:
    """Text that cannot harm a terminal or its line: control characters and stray bytes made visible."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return safe.encode(encoding, "backslashreplace").decode(encoding)


def clock(whole: float) -> str:
    """Seconds as m:ss."""
    minutes, rest = divmod(round(whole), 60)
    return f"{minutes}:{rest:02d}"


def _artist_and_title(texts: Texts, track: int) -> str:
    """Performer and title, as far as there are any."""
    parts = (texts.text(kind, track) for kind in (PackType.PERFORMER, PackType.TITLE))
    return " - ".join(part for part in parts if part)


def _said_of(labels: Told, number: int, control: int, frames: bool) -> list[str]:
    """What is worth a line: codes, flags, indexes, and a pregap other than the usual two seconds."""
    track = labels.of(number)
    said = [f"ISRC {track.isrc}"] if track is not None and track.isrc else []
    said += [text for bit, text in ((1, "pre-emphasis"), (2, "copying permitted")) if control & bit]
    pregap = labels.pregap_sectors(number)
    if pregap is not None and pregap != PREGAP_SECTORS:
        said.append(f"pregap {length(pregap, frames) if frames else seconds(pregap)}")
    indexes = track.indexes if track is not None else ()
    said += [f"index {index} at {length(lba, frames)}" for index, lba in enumerate(indexes, 2)]
    return said


def _beside(samples: int) -> str:
    """How far a drive reads beside the place."""
    if not samples:
        return "exactly at their place"
    plural = "" if abs(samples) == 1 else "s"
    return f"{abs(samples)} sample{plural} {'late' if samples > 0 else 'early'}"


def _moved(verification: Verification) -> str:
    """Empty for a drive that reads this disc at its place, and where that cannot be told."""
    samples = verification.offset_samples
    if not samples:
        return ""
    return f", moved by {samples:+d} sample{'' if abs(samples) == 1 else 's'} (the drive's offset)"


def _plural(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _complain(error: RedbookError) -> None:
    text = f"redbook: {_lines(str(error))}"
    with contextlib.suppress(OSError):  # nobody listens there either
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns
            text = "\n".join(textwrap.fill(line, width, break_long_words=False) for line in text.split("\n"))
        print(text, file=sys.stderr)


def _lines(text: str) -> str:
    return "\n".join(shown(line) for line in text.split("\n"))


def waited_for(waiting: Waiting) -> str:
    """A wait in words: what for, for how long, and for how long at most."""
    most = waiting.most_seconds
    limit = f" ({clock(most)} at most)" if most is not None else ""
    return f"waiting for {waiting.what}: {clock(waiting.seconds)}{limit}"


def in_words(stopping: Stopping) -> str:
    """That a cancel was heard, and what the next one costs."""
    if stopping.at_once:
        return f"Leaving at once: {stopping.price}"
    return f"Stopping: {stopping.doing}. Press Ctrl-C again to leave at once; then {stopping.price}"


def pace(progress: Progress) -> tuple[str, str]:
    """Speed and time left, each empty while it is not known."""
    left = progress.seconds_left
    return (
        f"{progress.speed:.1f}x" if progress.speed else "",
        f"{clock(left)} left" if left is not None else "",
    )


class Waits:
    """Which of many Waitings are worth a line of a log: fewer, the longer it takes."""

    def __init__(self) -> None:
        self._what = ""
        self._last = self._next = 0.0

    def is_worth_a_line(self, waiting: Waiting) -> bool:
        if waiting.what != self._what or waiting.seconds < self._last:
            self._next = 0.0
        self._what, self._last = waiting.what, waiting.seconds
        if waiting.seconds < self._next:
            return False
        self._next = next((step for step in LOG_WAITS_SECONDS if step > waiting.seconds), None) or (
            waiting.seconds + LOG_WAITS_SECONDS[-1]
        )
        return True


class JsonRenderer:
    """One object a line; nothing else on standard output."""

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

    def burned(self, report: BurnReport, drive: str) -> None:
        self._out.result = burned_in_words(report, drive)
        self._print(shapes.burned(report, drive))

    def verified(self, report: VerifyReport, drive: str) -> None:
        self._out.result = verified_in_words(report, drive)
        self._print(shapes.verified(report, drive))

    def info(self, found: DiscInfo, drive: str, sums: shapes.Checksums) -> None:
        self._print(shapes.info(found, drive, sums))

    def drives(self, entries: list[DriveEntry]) -> None:
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

    def told(self, shape: dict[str, Any], lines: Sequence[str], conclusion: str = "") -> None:
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
        _complain(error)

    def rest(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class TextRenderer:
    """Plain lines, for a pipe, a log, a terminal that can do no better.

    results    where what a command came to is shown
    aside      where everything else is: progress, notes, what is about to be burned
    verbosity  -1: only results and errors; 1 and more: details, and times with frames
    """

    def __init__(self, results: Console, aside: Console, verbosity: int = 0) -> None:
        self._console = results
        self._aside_console = aside
        self._quiet = verbosity < 0
        self._detailed = verbosity > 0
        self._names: dict[int, str] = {}
        self._tenth = -1
        self._waits = Waits()

    @property
    def unheard(self) -> bool:
        return isinstance(self._console.file, Output) and self._console.file.lost

    def _table(self, table: Table) -> None:
        """A table without the spaces that would fill its lines up to the width."""
        with self._console.capture() as capture:
            self._console.print(table)
        lines = (line.rstrip() for line in capture.get().splitlines())
        self._console.out("\n".join(lines), highlight=False)

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(Text(_lines(text), style=style))

    def _aside(self, text: str, style: str = "") -> None:
        if not self._quiet:
            self._aside_console.print(Text(_lines(text), style=style))

    @contextlib.contextmanager
    def _all_aside(self) -> Iterator[None]:
        """What is said in here is no result."""
        results, self._console = self._console, self._aside_console
        try:
            yield
        finally:
            self._console = results

    def _remark(self, text: str) -> None:
        """A note that is part of the result."""
        self._console.print(Text.assemble(("Note: ", "bold"), _lines(text)))

    def _conclude(self, text: str, style: str) -> None:
        """What the command came to; remembered, in case that nobody hears it."""
        if isinstance(self._console.file, Output):
            self._console.file.result = _lines(text)
        self._say(text, style)

    def _line(self, text: str) -> None:
        """One line of a list, however long its names are."""
        self._console.print(shown(text), markup=False, soft_wrap=True)

    def event(self, happened: Event) -> None:
        if not isinstance(happened, Progress):
            _log.debug("%s", happened)
        match happened:
            case Notice(text):
                self.note(text)
            case PhaseStarted(phase, track):
                self._tenth = -1
                if phase not in (Phase.WRITING, Phase.ENDING_TRACK) or not track:
                    self._aside(f"{PHASES[phase]} ...")
            case TrackStarted(number, _, sectors):
                name = self._names.get(number, "")
                self._aside(f"Writing track {number} ({length(sectors, self._detailed)}) {name}".rstrip())
            case TrackVerified(number, same):
                if not same:
                    self._aside(f"Track {number} differs", "bold red")
                elif self._detailed:
                    self._aside(f"Track {number} read back: identical")
            case SourceRead(number, total, source):
                if self._detailed:
                    self._aside(f"  {number} of {total}: {source}")
            case Progress() as progress:
                self._progress(progress)
            case Waiting() as waiting:
                if self._waits.is_worth_a_line(waiting):
                    self._aside(f"  {waited_for(waiting)}")
            case Stopping() as stopping:
                self._aside(in_words(stopping), "bold")
            case _:
                pass

    def _progress(self, progress: Progress) -> None:
        tenth = progress.sectors_done * 10 // max(1, progress.sectors)
        if tenth > self._tenth:
            self._tenth = tenth
            if 0 < tenth < 10:
                self._aside(", ".join(part for part in (f"  {tenth * 10} % done", *pace(progress)) if part))

    def note(self, text: str) -> None:
        if not self._quiet:
            self._aside_console.print(Text.assemble(("Note: ", "bold"), _lines(text)))

    def plan(self, made: Plan, drive: str, speed: float | None = None, *, ahead: bool = False) -> None:
        self._names = {t.number: _title(t) for t in made.tracks}
        if not ahead:
            self._show_plan(made, drive, speed)
        elif not self._quiet:
            with self._all_aside():
                self._show_plan(made, drive, speed)

    def _show_plan(self, made: Plan, drive: str, speed: float | None) -> None:
        self._say(f"{made.drive.name} ({shown(drive)})", "bold")
        table = Table(box=None, pad_edge=False, padding=(0, 1), expand=False)
        for name in ("#", "start", "length", "gap"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("track", overflow="fold")
        borders = {border.track: border for border in made.borders}
        for track, laid in zip(made.tracks, made.layout.tracks, strict=True):
            border = borders.get(track.number)
            table.add_row(
                str(track.number),
                length(track.start_lba, self._detailed),
                length(track.sectors, self._detailed),
                pause_before(laid, self._detailed),
                _description(
                    track,
                    title_of(made.texts, track.number),
                    border_in_words(border, laid, made.mode) if border else "",
                    on_the_disc(laid, self._detailed),
                ),
            )
        self._table(table)
        for line in summary(made):
            self._say(line)
        self._disc_bar(made)
        self._speeds(made.drive)
        self._say(f"writing speed: {_speed_in_words(made.drive, speed)}")

    def _speeds(self, abilities: Abilities) -> None:
        listed = ", ".join(f"{speed}x" for speed in abilities.write_speeds)
        if not listed:
            return
        advice = abilities.speeds
        best = (
            f"; recommended for audio: {advice.recommended}x ({advice.reason})" if advice.recommended else ""
        )
        self._say(f"writes at {listed}{best}")

    def _disc_bar(self, made: Plan) -> None:
        space = made.space
        capacity = max(1, space.last_lead_out_lba)
        width = max(10, min(self._console.width, PIPE_WIDTH) - 2)
        unicode = (self._console.encoding or "").lower().startswith("utf")
        full, other, gone, free = "█▓▒░" if unicode else "#=x."
        cells = [free] * width

        def fill(start: int, end: int, mark: str) -> None:
            for cell in range(start * width // capacity, max(1, -(-end * width // capacity))):
                if cell < width:
                    cells[cell] = mark

        if space.next_lba:
            fill(0, space.next_lba, gone)
        for track in made.layout.tracks:
            fill(track.start_lba, track.end_lba, full if track.number % 2 else other)
        self._console.print(Text("[" + "".join(cells) + "]"))
        total = length(made.layout.lead_out_lba - space.next_lba, self._detailed)
        left, whole = (room(sectors, self._detailed) for sectors in (made.free_sectors_after, capacity))
        legend = f" ({FRAMES_LEGEND})" if self._detailed else ""
        self._say(f"{_plural(len(made.tracks), 'track')}, {total} in total; {left} of {whole} left{legend}")

    def burned(self, report: BurnReport, drive: str) -> None:
        self._supply(report)
        if report.test_write:
            self._conclude(burned_in_words(report, drive), "bold green")
            return
        self._sums(report.tracks)
        if report.toc is not None:
            self._ids(report.toc)
        if report.measured_speed is not None:
            self._say(f"written at {report.measured_speed:.1f}x")
        verified = report.verified and report.verification is not None
        if verified and report.verification is not None:
            self._checks(report.verification)
        self._conclude(burned_in_words(report, drive), "bold green" if verified else "bold yellow")

    def _supply(self, report: BurnReport) -> None:
        """How near the drive came to waiting for data."""
        parts = [f"host buffer at least {report.host_buffer_lowest:.0%} full"]
        if report.drive_buffer_lowest is not None:
            parts.append(f"drive buffer at least {report.drive_buffer_lowest:.0%}")
        if report.longest_gap_seconds is not None:
            parts.append(f"longest gap between two writes {report.longest_gap_seconds * 1000:.0f} ms")
        if self._detailed:
            self._say("; ".join(parts), "dim")
        if report.underruns:
            times = _plural(report.underruns, "time")
            self._remark(
                f"the data came too late {times}: the drive may have paused its laser; close other "
                "programs or burn at a lower speed (--speed)"
            )

    def verified(self, report: VerifyReport, drive: str) -> None:
        if report.tracks:  # a report of a burn has them already
            self._sums(report.tracks)
        if report.verification.toc is not None:
            self._ids(report.verification.toc)
        self._checks(report.verification)
        self._conclude(verified_in_words(report, drive), "bold green")

    def _checks(self, verification: Verification) -> None:
        """What was not compared, and what a person should know of a disc that is the same."""
        for note in verification.notes:
            self._remark(note)
        for check in verification.checks:
            if check.promise == "edges":
                self._remark(check.text)
            elif check.verdict is Verdict.NOT_COMPARED:
                self._remark(f"the {check.promise} could not be compared: {check.text}")
            elif check.promise == "audio" and verification.offset_samples is None:
                self._remark(f"the audio was {check.text}")

    def _sums(self, tracks: list[TrackReport]) -> None:
        table = Table(box=None, pad_edge=False, padding=(0, 1))
        for name in ("#", "start", "sectors", "AccurateRip v1", "v2"):
            table.add_column(name, justify="right", no_wrap=True)
        wide = self._console.width >= WIDTH_WITH_SHA256
        if wide:
            table.add_column("SHA-256", no_wrap=True)
        for t in tracks:
            row = (str(t.number), str(t.start_lba), str(t.sectors), t.accuraterip_v1, t.accuraterip_v2)
            table.add_row(*row, *((t.sha256,) if wide else ()))
        self._table(table)
        if not wide:
            self._say("SHA-256 of each track: --json", "dim")

    def _ids(self, toc: Toc) -> None:
        if not any(track.is_audio for track in toc.tracks):
            return
        self._say(f"MusicBrainz {toc.musicbrainz_id}  freedb {toc.freedb_id}")
        self._say(f"AccurateRip {toc.accuraterip_id}")

    def info(self, found: DiscInfo, drive: str, sums: shapes.Checksums) -> None:
        abilities, disc = found.drive, found.disc
        self._say(f"{abilities.name} ({shown(drive)})", "bold")
        self._speeds(abilities)
        if found.offset_samples is not None:
            self._say(f"reads its own discs {_beside(found.offset_samples)} (found when one was read back)")
        kind = shapes.disc(disc, abilities.profile)
        self._say(f"{(kind['medium'] or 'unknown disc').upper()}, {_status(found)}")
        if kind["atip_last_lead_out"]:
            self._say(
                f"ATIP: lead-in {kind['atip_lead_in_start']}, last lead-out {kind['atip_last_lead_out']}"
            )
        if disc.spoilt:
            self._say(spoilt_in_words(disc.information), "yellow")
        if disc.space is not None:
            self._say(f"free for another track: {room(disc.space.free_sectors, self._detailed)}")
        if disc.open_track is not None:
            self._say(
                f"track {disc.open_track.number} was begun and never ended; the next burn (--append) or "
                "closing the disc ends it",
                "yellow",
            )
        if disc.tracks:
            self._tracks(found, sums)
            if disc.data_tracks:
                holds = "hold" if len(disc.data_tracks) > 1 else "holds"
                self._say(f"{numbered(disc.data_tracks)} {holds} data, which have no checksums")
            if sums and found.offset_samples:
                self._remark(
                    "the checksums are of the audio as this drive reads it, "
                    f"{_beside(found.offset_samples)}; that is not taken off"
                )
            self._labels(found)
        toc = disc.expected_toc()
        if toc is not None:
            self._ids(toc)
        for problem in disc.problems:
            self._remark(problem)

    def _tracks(self, found: DiscInfo, sums: shapes.Checksums) -> None:
        table = Table(box=None, pad_edge=False, padding=(0, 1))
        narrow = self._console.width < WIDTH_WITH_SESSIONS
        with_data = bool(found.disc.data_tracks)
        names = ["#", "start", "length", *(() if narrow else ("sectors", "session"))]
        names += ["type"] * with_data
        for name in names + (["AccurateRip v1", "v2"] if sums else []):
            table.add_column(name, justify="right", no_wrap=True)
        for t in found.disc.tracks:
            row = [str(t.number), *(length(n, self._detailed) for n in (t.start_lba, t.track_sectors))]
            row += [] if narrow else [str(t.track_sectors), str(t.session)]
            row += ["audio" if t.is_audio else "data"] * with_data
            table.add_row(*row, *sums.get(t.number, ("", "", ""))[1:] if sums else ())
        self._table(table)

    def _labels(self, found: DiscInfo) -> None:
        """CD-Text, codes and flags, where there are any."""
        labels = found.labels
        if labels.mcn:
            self._say(f"MCN {labels.mcn}")
        for texts in labels.texts:
            self._line(
                f"CD-Text ({texts.language}): {shown(_artist_and_title(texts, 0) or 'of tracks only')}"
            )
            for track in found.disc.tracks:
                if title := _artist_and_title(texts, track.number):
                    self._line(f"  {track.number}  {shown(title)}")
            if texts.damaged:
                self._line(f"  on the disc, but damaged: {', '.join(texts.damaged_names)}")
        for track in found.disc.tracks:
            if track.is_audio and (said := _said_of(labels, track.number, track.control, self._detailed)):
                self._line(f"track {track.number}: {', '.join(said)}")

    def drives(self, entries: list[DriveEntry]) -> None:
        if not entries:
            self._say(
                "no recorder: `redbook doctor` says what to check; "
                "make a disc for a virtual one with `redbook disc new PATH`"
            )
        for entry in entries:
            if entry.bus != "virtual":
                self._recorder(entry)
                continue
            problem = f" ({entry.problem})" if entry.problem else ""
            self._line(f"{entry.name}  {entry.model}  {entry.medium}{problem}")

    def _recorder(self, entry: DriveEntry) -> None:
        """A real one: what is in it, then how it is connected, then what is wrong."""
        self._line(f"{entry.name}  {entry.model}  {entry.medium}".rstrip())
        kinds = [kind for kind, can in (("CD-R", entry.writes_cd_r), ("CD-RW", entry.writes_cd_rw)) if can]
        facts = [entry.connection, f"writes {' and '.join(kinds)}" if kinds else ""]
        facts += [f"serial {entry.serial}" if entry.serial else "", entry.stable_id]
        for text in ("; ".join(fact for fact in facts if fact), entry.problem):
            if text:
                width = max(20, self._console.width - 4)
                for line in textwrap.wrap(shown(text), width, break_long_words=False, break_on_hyphens=False):
                    self._line(f"    {line}")

    def drive_event(self, happened: DriveEvent) -> None:
        entry = happened.drive
        match happened:
            case DriveAdded():
                self._say("Recorder added:")
                self._recorder(entry)
            case DriveRemoved():
                self._line(f"Recorder removed: {entry.name}  {entry.model}")
            case MediumInserted():
                self._line(f"Disc inserted: {entry.name}  {entry.medium}")
            case MediumRemoved():
                self._line(f"Disc removed: {entry.name}  {entry.medium}")

    def doctor(self, page: Diagnosis) -> None:
        for line in page.to_text().split("\n"):
            self._line(line)

    def discs(self, entries: list[DiscEntry], here: list[DiscEntry], folder: Path) -> None:
        if here:
            self._say("In this folder:", "bold")
        for entry in here:
            problem = f" ({entry.problem})" if entry.problem else ""
            self._line(f"{entry.name}  {entry.medium}{problem}")
        self._line(f"Of the virtual recorder that IMAPI2 scripts use, in {folder}:")
        for entry in entries:
            problem = f" ({entry.problem})" if entry.problem else ""
            loaded = " (in the recorder)" if entry.loaded else ""
            self._line(f"{entry.name}  {entry.medium}{problem}{loaded}")
        if not any(entry.loaded for entry in entries):
            self._say("in the recorder: a new blank CD-R, which will be kept once something is on it")

    def done(self, drive: str, text: str) -> None:
        self._conclude(f"{shown(drive)}: {text}", "bold green")

    def told(self, shape: dict[str, Any], lines: Sequence[str], conclusion: str = "") -> None:
        self.rest()
        for line in lines:
            self._line(line)
        if conclusion:
            self._conclude(conclusion, "bold green")

    def sheet_written(self, report: SheetReport) -> None:
        for note in report.notes:
            self.note(note)
        path = shown(str(report.path))
        self._conclude(
            f"{path}: {_plural(report.tracks, 'track')}; burn it with `redbook burn`", "bold green"
        )

    def was_read(self, report: ReadReport) -> None:
        self.rest()
        self._how_it_was_read(report)
        self._conclude(read_in_words(report), "bold green" if report.whole else "bold yellow")
        if report.sheet is not None:
            self._say(f"burn it with `redbook burn {shlex.quote(str(report.sheet))}`")

    def _how_it_was_read(self, report: ReadReport) -> None:
        self._ids(report.toc)
        for line in (*report.holes, *report.left_out):
            self._say(line, "bold yellow")
        for line in (*report.untold, *report.notes):
            self.note(line)
        self._say(verdict(report))
        self._say(f"offset taken off: {offset_in_words(report)}")

    def copied(self, report: CopyReport, drive: str, *, kept: bool) -> None:
        self.rest()
        self._how_it_was_read(report.read)
        if kept:
            self._say(read_in_words(report.read))
        self.burned(report.burned, drive)

    def failed(self, error: RedbookError, exit_code: int) -> None:
        self.rest()
        _complain(error)

    def rest(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rest()


def read_in_words(report: ReadReport) -> str:
    where = shown(str(report.folder))
    count = _plural(len(report.tracks), "track")
    if report.whole:
        return f"Done: {count} in {where}; every sector came the same twice"
    return (
        f"Done: {count} in {where}, but not all of the disc is there or known to be right; "
        f"{where}/report.txt tells"
    )


def burned_in_words(report: BurnReport, drive: str) -> str:
    count = _plural(len(report.tracks), "track")
    if report.test_write:
        return f"Test write done: {count} would have been written; the disc is as it was"
    state = (
        "the session is closed"
        if report.finalized
        else "the session is open: close it (redbook close), or add tracks (redbook burn --append)"
    )
    read_back = "not read back"
    if report.verified and report.verification is not None:
        read_back = f"read back: identical{_moved(report.verification)}"
    return f"Done: {count} on {shown(drive)}, {read_back}; {state}"


def verified_in_words(report: VerifyReport, drive: str) -> str:
    if not report.tracks:
        return f"The disc in {shown(drive)} is what the report says{_moved(report.verification)}"
    count = _plural(len(report.tracks), "track")
    return f"The disc in {shown(drive)} is the same as the sources{_moved(report.verification)}: {count}"


def _speed_in_words(abilities: Abilities, speed: float | None) -> str:
    """What a burn would ask for.  speed: as for `burn`"""
    if speed is None and abilities.speeds.recommended:
        return f"{abilities.speeds.recommended}x, as recommended (--speed sets another)"
    if speed is None or math.isinf(speed):
        return "as fast as the drive can" + (" (none is recommended)" if speed is None else "")
    closest = abilities.speeds.closest(speed)
    return f"{speed:g}x" + (f"; {closest}x is the closest on offer" if closest not in (None, speed) else "")


def _title(track: TrackReport) -> str:
    tags = track.prepared.tags
    name = " - ".join(part for part in (tags.artist, tags.title) if part)
    return shown(name or Path(track.source).name)


def _description(track: TrackReport, on_disc: str = "", *more: str) -> Text:
    """on_disc  its title as it will be on the disc; more: what else there is to say, a line each"""
    prepared = track.prepared
    text = Text()
    tags = prepared.tags
    if tags.title:
        text.append(_title(track) + (f" ({shown(tags.album)})" if tags.album else ""), "bold")
        text.append("\n")
    if on_disc and on_disc != _title(track):
        text.append(f"on the disc: {shown(on_disc)}\n", "bold")
    text.append(shown(track.source))
    what = "; ".join(prepared.conversion) or "bit for bit"
    text.append(f"\n{prepared.format}: {what}", "dim")
    if prepared.loudness_lufs is not None:
        text.append(f"\n{prepared.loudness_lufs:.1f} LUFS", "dim")
    if prepared.clipped:
        text.append(f"\n{_plural(prepared.clipped, 'value')} beyond full scale clipped", "yellow")
    if prepared.sent_sectors > prepared.sectors:
        text.append("\npadded with silence to 4 s, the shortest track", "yellow")
    elif prepared.padding_samples >= SAMPLES_PER_SECTOR:
        text.append(f"\n{prepared.padding_samples / SAMPLE_RATE_HZ:.2f} s of silence at its end", "dim")
    elif prepared.padding_samples:
        text.append(
            f"\n{_plural(prepared.padding_samples, 'sample')} of silence added to fill the last sector", "dim"
        )
    for note in prepared.notes:
        text.append(f"\n{note}", "yellow")
    for line in more:
        if line:
            text.append(f"\n{line}", "dim")
    return text


def _status(found: DiscInfo) -> str:
    disc = found.disc
    # Where the drive tells nonsense of single tracks the table of contents may still have them all.
    listed = len(disc.toc.tracks) if disc.toc else 0
    count = _plural(max(len(disc.tracks), listed), "track")
    if disc.status.name == "BLANK":
        return "blank"
    if disc.status.name == "COMPLETE":
        return f"complete, {count}"
    if disc.spoilt:
        return f"spoilt, {count} before" if disc.tracks else "spoilt"
    takes_more = disc.space is not None and disc.space.holds_a_track
    more = "tracks can be added" if takes_more else "no more tracks can be added"
    return f"{count}, session {disc.information.last_session_status.name.lower()}, {more}"
