"""An examination: the disc in a drive now, compared with what an attempt should have made of it.

If the hand of an attempt is gone, only the disc can show what became of it. The finding goes to
the ledger, whose table decides (`states.VERDICTS`). Its number shows whether it is still the attempt's own
disc (`pool.Seen.ref`):

    the same number       it is the disc, whatever is on it
    the machine restarted  the tray may have been open. A disc with something on it counts as the attempt's
                          own, if it can be; a blank, or a disc with something else, does not
    another number        the tray was open: it may be any disc, also another good copy of the same master
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from redbook.burning.job_reports import VerifyReport
from redbook.burning.jobs import blank, close_disc, verify
from redbook.drive import Drive
from redbook.engine import inspect
from redbook.engine.inspect import DiscContents
from redbook.engine.waiting import resending
from redbook.errors import (
    Cancelled,
    DriveError,
    InvalidReply,
    MediumUnsuitable,
    NoMedium,
    SenseError,
    SheetError,
    VerificationFailed,
)
from redbook.mmc.disc_info import DiscStatus
from redbook.production.states import AttemptState, Finding
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel
from redbook.sheets.master_file import MasterFile, read_master_file


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, and what there is to say about it."""

    finding: Finding
    why: str = ""
    report: dict[str, Any] = field(default_factory=dict)


def examine(
    drive: Drive,
    state: AttemptState,
    ref_then: str,
    ref_now: str,
    master: Path | None,
    *,
    read: bool = True,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
) -> Examined:
    """Look at the disc in a drive, for an attempt that was in this state.

    ref_then, ref_now  of the disc that was claimed, and of the one that is there now
    master             the folder of the order's master; None if it no longer exists
    read               False if there is no time to read a disc; one that must be read raises Cancelled

    raises  DriveError  the drive does not answer, so nothing is known: try again; Cancelled
    """
    look = _Look(drive, state, ref_then, ref_now, master, read, Caller.of(on_event, cancel))
    return look.run()


@dataclass(slots=True)
class _Look:
    drive: Drive
    state: AttemptState
    ref_then: str
    ref_now: str
    master: Path | None
    read: bool
    caller: Caller

    @property
    def same_disc(self) -> bool:
        return self.ref_then == self.ref_now

    @property
    def restarted(self) -> bool:
        """Whether the machine was restarted: then nothing shows whether the tray was open."""
        return self.ref_then.partition("/")[0] != self.ref_now.partition("/")[0]

    def run(self) -> Examined:
        try:
            _, disc = self.caller.run(self.drive, resending(inspect.inspect(), lambda: False))
        except NoMedium:
            return Examined(Finding.GONE, "there is no disc in the drive")
        except (SenseError, InvalidReply) as error:
            return self._unreadable(error)
        if self.state is AttemptState.CLAIMED:
            return self._claimed(disc)
        if disc.status is DiscStatus.BLANK:
            return self._blank()
        if not self.same_disc and not self.restarted:
            return self._another(disc)
        if disc.status is DiscStatus.COMPLETE and not disc.spoiled:
            return self._compared(disc)
        return self._incomplete(disc)

    def _claimed(self, disc: DiscContents) -> Examined:
        """Nothing should have been written: the disc is inspected, not read."""
        if not self.same_disc:
            return Examined(Finding.GONE)
        if disc.status is DiscStatus.BLANK:
            return Examined(Finding.BLANK)
        return Examined(Finding.BROKEN)

    def _blank(self) -> Examined:
        if self.same_disc:
            return Examined(Finding.BLANK)
        where = "after the machine was restarted" if self.restarted else "and it is another disc than before"
        return Examined(Finding.GONE, f"the disc in the drive is blank, {where}")

    def _another(self, disc: DiscContents) -> Examined:
        """Never counts as the attempt's own: two good copies of a master are identical."""
        if disc.status is DiscStatus.COMPLETE and self._fits(disc):
            return Examined(
                Finding.GONE,
                "the tray has been open since; a disc with the tracks of this master is in it, which may be "
                "this or another copy",
            )
        return Examined(Finding.GONE, "the tray has been open since, and another disc is in it")

    def _fits(self, disc: DiscContents) -> bool:
        """Whether its tracks are as the master's."""
        if self.master is None:
            return False
        return disc.toc is not None and fits(disc, read_master_file(self.master))

    def _compared(self, disc: DiscContents) -> Examined:
        if self.master is None:
            return Examined(Finding.UNSURE)
        if not self.same_disc and not self._fits(disc):
            return Examined(
                Finding.GONE, "after the machine was restarted a disc with something else is in the drive"
            )
        if not self.read:
            raise Cancelled("the disc is finished, but was not read back: it will be examined later")
        try:
            report = verify(self.master, self.drive, on_event=self.caller.on_event, cancel=self.caller.cancel)
        except VerificationFailed as error:
            return Examined(Finding.DIFFERENT, str(error))
        except MediumUnsuitable as error:
            return Examined(Finding.DIFFERENT, str(error))
        except (SenseError, InvalidReply) as error:
            return self._unreadable(error)
        return Examined(Finding.SAME, "", _kept(report))

    def _incomplete(self, disc: DiscContents) -> Examined:
        """Appendable, or spoiled: a half-written disc is never continued."""
        appendable = disc.status is DiscStatus.APPENDABLE and not disc.spoiled
        if self.state is AttemptState.CLOSING and appendable and self.same_disc:
            try:
                closed = close_disc(self.drive, on_event=self.caller.on_event, cancel=self.caller.cancel)
            except Cancelled:
                raise
            except DriveError as error:
                return Examined(Finding.BROKEN, f"its session could not be closed: {error}")
            return self._compared(closed)
        if disc.information.erasable and self.same_disc:
            try:
                blank(self.drive, on_event=self.caller.on_event, cancel=self.caller.cancel)
            except Cancelled:
                raise
            except DriveError as error:
                return Examined(Finding.BROKEN, f"it could not be blanked: {error}")
            return Examined(Finding.BLANKED)
        return Examined(Finding.BROKEN)

    def _unreadable(self, error: Exception) -> Examined:
        if self.same_disc or self.restarted:
            return Examined(Finding.BROKEN, str(error))
        return Examined(Finding.GONE, f"another disc is in the drive, which cannot read it: {error}")


def fits(disc: DiscContents, master: MasterFile) -> bool:
    """Whether the tracks of a disc begin, and end, where those of a master do."""
    toc, layout = disc.toc, master.layout
    if toc is None or len(toc.tracks) != len(layout.tracks):
        return False
    if master.mode == "sao":
        there = [track.start_lba for track in toc.tracks], toc.lead_out_lba
        return there == ([track.start_lba for track in layout.tracks], layout.lead_out_lba)
    lengths = {track.number: track.track_sectors for track in disc.tracks}
    # Drives count the run-out in, or not.
    return all(0 <= lengths.get(track.number, -1) - track.sectors <= 2 for track in layout.tracks)


def fitting(disc: DiscContents, masters: Sequence[Path]) -> list[Path]:
    """The masters that a finished disc may be a copy of, by where its tracks are."""
    found = []
    for folder in masters:
        with contextlib.suppress(SheetError):  # one that is damaged is told where it is burned
            if fits(disc, read_master_file(folder)):
                found.append(folder)
    return found


def _kept(report: VerifyReport) -> dict[str, Any]:
    return {
        "offset_samples": report.verification.offset_samples,
        "tracks": [{"number": t.number, "sectors": t.sectors, "sha256": t.sha256} for t in report.tracks],
    }
