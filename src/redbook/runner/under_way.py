"""What a job is doing at the moment, for a caller that waits for it or wants to stop it.

The thread that serves the drive writes here, and the caller's thread reads. While a command blocks the first
one, the other can say what is waited for, and what stopping costs.
"""

from __future__ import annotations

import time
from dataclasses import field
from threading import Lock

from redbook.engine.events import REPORT_EVERY_SECONDS, Phase, Stopping, Waiting
from redbook.records import dataclass

_LOOKING = ("as soon as the drive has answered", "nothing is lost")
_STOPPING = {
    None: _LOOKING,
    Phase.READING: ("reading the sources ends", "nothing is lost"),
    Phase.PREPARING: ("as soon as the drive has answered; nothing was written", "nothing is lost"),
    Phase.LEAD_IN: _LOOKING,
    Phase.WRITING: (
        "ending the track",
        "the track is cut off where it is, and the disc may be lost",
    ),
    Phase.ENDING_TRACK: (
        "ending the track",
        "the drive goes on ending the track on its own, and redbook cannot see whether it succeeds; the "
        "disc may be lost",
    ),
    Phase.CLOSING: (
        "once the session is closed: closing cannot be interrupted",
        "the drive goes on closing the session on its own, and redbook cannot see whether it succeeds; the "
        "disc is lost if the drive is switched off meanwhile",
    ),
    Phase.VERIFYING: ("as soon as the drive has answered", "nothing is lost: the disc is only read"),
    Phase.READING_DISC: (
        "as soon as the drive has answered; what was read is kept for the next time",
        "nothing is lost: the disc is only read",
    ),
    Phase.SAVING: ("what was read is kept for the next time", "nothing is lost: the disc is only read"),
    Phase.BLANKING: (
        "once the disc is erased: erasing cannot be interrupted",
        "the drive goes on erasing on its own, and the disc is of no use until it has finished",
    ),
}
"""What is still done after the first cancel, and what the second one costs."""

_BETWEEN_TRACKS = (
    "before the next track is begun",
    "no track is cut off; the tray may stay locked until redbook uses the drive again",
)
_WHOLE_SESSION = (
    "a session-at-once recording cannot be ended early, so the disc is lost",
    "the drive is left as it is, and may be busy for a while",
)
_TEST_WRITE = (
    "ending the test write",
    "the disc stays as it is, but the drive may go on with test writes until its tray is opened",
)


@dataclass(slots=True)
class UnderWay:
    """phase       the last one that began; None while there is none
    track_begun    whether a WRITE of the track was sent, or is about to be and cannot be cancelled any more
    test_write     whether the laser is off
    whole_session  whether the session is written in one go, so that it cannot be ended early
    command        the one that the drive has not answered yet; empty if there is none
    since          when it was sent, on the machine's monotonic clock
    deciding       held while it is decided whether a cancel still comes before the first WRITE of a track, so
                   that nobody hears that no track has begun while one begins
    """

    phase: Phase | None = None
    track_begun: bool = False
    test_write: bool = False
    whole_session: bool = False
    command: str = ""
    since: float = 0.0
    deciding: Lock = field(default_factory=Lock, repr=False, compare=False)
    _reported_at: float = 0.0

    def begin(self, phase: Phase) -> None:
        """Note that a phase has begun."""
        self.phase = phase
        if phase is not Phase.ENDING_TRACK and not (self.whole_session and phase is Phase.WRITING):
            self.track_begun = False

    def send(self, command: str) -> None:
        """Note that a command is sent, which the drive has not answered yet."""
        self.since = self._reported_at = time.monotonic()
        self.command = command

    def answered(self) -> None:
        self.command = ""

    def waiting(self) -> Waiting | None:
        """What the drive has not answered yet; at most once a second, else None."""
        command, since, now = self.command, self.since, time.monotonic()
        if not command or now - self._reported_at < REPORT_EVERY_SECONDS:
            return None
        self._reported_at = now
        return Waiting(f"the drive to answer {command}", now - since)

    def stopping(self, at_once: bool) -> Stopping:
        """What a cancel does now, and what it costs.  at_once: whether it should quit at once"""
        doing, price = _STOPPING[self.phase]
        sending = (Phase.LEAD_IN, Phase.WRITING, Phase.ENDING_TRACK, Phase.CLOSING)
        if self.test_write and self.phase in sending:
            doing, price = _TEST_WRITE
        elif self.whole_session and self.phase in (Phase.LEAD_IN, Phase.WRITING, Phase.ENDING_TRACK):
            doing, price = _WHOLE_SESSION if self.track_begun else _STOPPING[Phase.PREPARING]
        elif self.phase is Phase.WRITING and not self.track_begun:
            doing, price = _BETWEEN_TRACKS
        return Stopping(doing, price, at_once)
