"""Messages of one line, in the words that JSON lines, plain lines and bars share."""

from __future__ import annotations

import contextlib
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from redbook.burning.remarks import plural as plural
from redbook.engine.events import Phase, Progress, Stopping, Waiting

if TYPE_CHECKING:
    from redbook.burning.job_reports import BurnReport, VerifyReport
    from redbook.burning.planning import PlannedTrack
    from redbook.burning.rip_report import ReadReport
    from redbook.engine.verification import Verification
    from redbook.errors import RedbookError

LOG_WAITS_SECONDS = (5.0, 15.0, 30.0, 60.0)
"""How long something has taken when a log gets its next line of it; from then on once a minute."""

PHASES = {
    Phase.CHECKING: "Checking the checksums of the master",
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


def shown(text: str) -> str:
    """Text that cannot harm a terminal or its line: control characters and stray bytes made visible."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return safe.encode(encoding, "backslashreplace").decode(encoding)


def clock(whole: float) -> str:
    """Seconds as m:ss."""
    minutes, rest = divmod(round(whole), 60)
    return f"{minutes}:{rest:02d}"


def lines(text: str) -> str:
    return "\n".join(shown(line) for line in text.split("\n"))


def complain(error: RedbookError) -> None:
    text = f"redbook: {lines(str(error))}"
    with contextlib.suppress(OSError):  # nobody listens there either
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns
            text = "\n".join(textwrap.fill(line, width, break_long_words=False) for line in text.split("\n"))
        print(text, file=sys.stderr)


def waited_for(waiting: Waiting) -> str:
    """A wait in words: what for, for how long, and for how long at most."""
    most = waiting.most_seconds
    limit = f" ({clock(most)} at most)" if most is not None else ""
    return f"waiting for {waiting.what}: {clock(waiting.seconds)}{limit}"


def in_words(stopping: Stopping) -> str:
    """That a cancel was received, and what the next one costs."""
    if stopping.at_once:
        return f"Quitting immediately: {stopping.price}"
    return f"Stopping: {stopping.doing}. Press Ctrl-C again to quit immediately; then {stopping.price}"


LEAST_SPEED_SHOWN = 0.05
"""Below it "0.0x" would be shown, for a drive that only fills its buffer."""


def pace(progress: Progress, left: float | None) -> tuple[str, str]:
    """Speed and time left in seconds, each empty while it is not known."""
    return (
        f"{progress.speed:.1f}x" if progress.speed >= LEAST_SPEED_SHOWN else "",
        f"{clock(left)} left" if left is not None else "",
    )


class Waits:
    """Which of many Waiting events are worth a log line: fewer, the longer it takes."""

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


def beside(samples: int) -> str:
    """How far out of place a drive reads."""
    if not samples:
        return "exactly in place"
    plural = "" if abs(samples) == 1 else "s"
    return f"{abs(samples)} sample{plural} {'late' if samples > 0 else 'early'}"


def moved(verification: Verification) -> str:
    """Empty for a drive that reads this disc in the right place, and if that is unknown."""
    samples = verification.offset_samples
    if not samples:
        return ""
    return f", moved by {samples:+d} sample{'' if abs(samples) == 1 else 's'} (the drive's offset)"


def titled(track: PlannedTrack) -> str:
    tags = track.prepared.tags
    name = " - ".join(part for part in (tags.artist, tags.title) if part)
    return shown(name or Path(track.source).name)


def read_in_words(report: ReadReport) -> str:
    where = shown(str(report.folder))
    count = plural(len(report.tracks), "track")
    if report.whole:
        return f"Done: {count} in {where}; two readings of every sector agree"
    return (
        f"Done: {count} in {where}, but parts of the disc are missing or not known to be right: see "
        f"{where}/report.txt"
    )


def burned_in_words(report: BurnReport, drive: str) -> str:
    count = plural(len(report.tracks), "track")
    if report.test_write:
        return f"Test write done: {count} would have been written; the disc is as it was"
    state = (
        "the session is closed"
        if report.finalized
        else "the session is open: close it (redbook close), or add tracks (redbook burn --append)"
    )
    read_back = "not read back"
    if report.verified and report.verification is not None:
        read_back = f"read back: identical{moved(report.verification)}"
    return f"Done: {count} on {shown(drive)}, {read_back}; {state}"


def verified_in_words(report: VerifyReport, drive: str) -> str:
    if not report.tracks:
        return f"The disc in {shown(drive)} is what the report says{moved(report.verification)}"
    count = plural(len(report.tracks), "track")
    return f"The disc in {shown(drive)} is the same as the sources{moved(report.verification)}: {count}"


def track_range(first: int, last: int) -> str:
    return f"track {first}" if first == last else f"tracks {first} to {last}"
