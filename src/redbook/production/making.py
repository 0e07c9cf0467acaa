"""Copies on one machine: an order made, burned on its drives until it is done, and accounted for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redbook.authoring.wishes import DEFAULTS, Mode, SourceName, Wishes
from redbook.disc import SPEED_1X_BYTES_PER_SECOND
from redbook.engine.events import Notice
from redbook.errors import DriveNotFound, LedgerFull, LedgerUnavailable, PlanError, StepRefused, printable
from redbook.host import current_user_name
from redbook.production.events import CopyEvent, OrderNow
from redbook.production.home import Home, check_count
from redbook.production.ledger import Ledger
from redbook.production.pool import Pool
from redbook.production.states import CheckMode, OrderState
from redbook.production.station import alone
from redbook.production.values import Attempt, Place
from redbook.production.worker import Worker, order_now
from redbook.records import dataclass
from redbook.runner.cancel import Cancel

if TYPE_CHECKING:
    from redbook.authoring.program import Program
    from redbook.sheets import SheetOptions

USB_2_BYTES_PER_SECOND = 35_000_000
USUAL_SPEED, FASTEST_SPEED = 24.0, 52.0
"""The speed assumed if none was requested, and the maximum."""

HERE = ""
"""This host's name in its own ledger: a machine may be renamed, and keeps its ledger."""


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What became of one blank.

    number   of the copy that it was for
    state    "good", "checked", "spoiled", "void", "unknown", "lost", or under way: "claimed", "writing" ...
    at       when it came into that state: seconds since 1970, UTC
    why      where there is something to say
    details  what was measured: speed, offset, checksums of the tracks
    host     of the drive, where several machines share the ledger
    """

    attempt: int
    number: int
    drive: str
    state: str
    at: float
    why: str
    details: dict[str, Any]
    host: str = ""


@dataclass(frozen=True, slots=True)
class CopiesReport:
    """The state of an order.

    master  the SHA-256 of its master.json
    state   "open", "paused", "cancelled", "done"
    blanks  every blank that was used or claimed, in order
    """

    order: int
    title: str
    master: str
    state: str
    wanted: int
    good: int
    checked: int
    spoiled: int
    lost: int
    unknown: int
    under_way: int
    why: str
    blanks: tuple[CopyReport, ...]

    @property
    def complete(self) -> bool:
        """Whether every ordered copy exists."""
        return self.good + self.checked >= self.wanted


def make_copies(
    sources: SourceName | Sequence[SourceName] | Program,
    drives: Sequence[str] = (),
    count: int = 1,
    *,
    speed: float | None = None,
    check: str = "full",
    surplus_ok: bool = False,
    title: str = "",
    mode: Mode | str = Mode.AUTO,
    wishes: Wishes = DEFAULTS,
    sheet: SheetOptions | None = None,
    dither_seed: int = 0,
    on_event: Callable[[Any], None] | None = None,
    cancel: Cancel | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> CopiesReport:
    """Burn a number of good copies of a disc, on all drives at once, and account for every blank.

    Each blank that is inserted becomes the next copy; a good disc is ejected, a spoiled one stays in, and its
    copy is made again. After any interruption, `resume_copies` continues.

    sources  as for `redbook.plan`, or a master's folder
    drives   real recorders ("/dev/sr0"), racks of virtual ones (their folders); none for every real one
    count    how many good discs
    speed    multiple of 1x; None for the recommended one
    check    "full": every sector is read back; "quick": table of contents and sizes only
    surplus_ok  a disc that has gone missing is made again at once, even though it may turn up
    title    of the order, for people
    on_event called with `redbook.production.events` and, while the sources are read, with the usual events;
             on whichever thread they happen
    cancel   once: no more blanks are started, discs under way are finished, the order is paused
             at_once(): discs under way are ended cleanly, which spoils those being written
    folder   where ledger and masters are kept; None for the user's

    raises   AudioError, PlanError, DriveError, NoRoom, Cancelled  before anything was burned
             LedgerError
    """
    check_count(count)
    cancel = cancel or Cancel()
    home = Home.of_user() if folder is None else Home(Path(folder))
    with Pool(drives) as pool, home.ledger() as ledger, alone(home.lock):
        _check_drives(pool)
        home.tidy(ledger)  # what was cancelled when nobody was at work
        made = home.keep_master(
            sources,
            cancel,
            mode=mode,
            wishes=wishes,
            sheet=sheet,
            dither_seed=dither_seed,
            on_event=on_event,
        )
        order = ledger.add_order(
            made.name,
            count,
            title=title or _title_of(sources),
            speed=speed,
            check=CheckMode(check),
            surplus_ok=surplus_ok,
            drives=[Place(HERE, name) for name in pool.poll()] if drives else (),
            made_by=current_user_name(),
        )
        return work_off(home, ledger, pool, order.id, on_event, cancel)


def resume_copies(
    order: int,
    drives: Sequence[str] = (),
    *,
    on_event: Callable[[CopyEvent], None] | None = None,
    cancel: Cancel | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> CopiesReport:
    """Resume an order that was paused, or whose process died.  Drives that rested are used again.

    drives  may burn it from now on, too; if empty, those of the order are used

    raises  NotInLedger, StepRefused  there is no such order, or it was cancelled; else as `make_copies`
    """
    home = Home.of_user() if folder is None else Home(Path(folder))
    with home.ledger(create=False) as ledger:
        found = ledger.order(order)
        if found.state is OrderState.DONE:
            return report_of(ledger, order)
        if found.state is OrderState.CANCELLED:
            raise StepRefused(
                f"order {order} was cancelled and cannot be resumed: order the same files again", found.state
            )
        names = list(drives) or [place.drive for place in found.drives]
        if home.audio(found.master) is None and not ledger.account(order).under_way:
            raise PlanError(_no_master(home, found.master))
        if not drives:
            names = _there(names, on_event)
        with Pool(names) as pool, alone(home.lock):
            _check_drives(pool)
            for name in pool.poll():
                ledger.resume_drive(Place(HERE, name))
            if drives:
                places = [Place(HERE, name) for name in pool.poll()]
                ledger.add_drives(order, places, who=current_user_name())
            if found.state is not OrderState.OPEN:
                ledger.resume(order, who=current_user_name())
            return work_off(home, ledger, pool, order, on_event, cancel or Cancel())


def _no_master(home: Home, master: str) -> str:
    where = home.elsewhere(master)
    if where is not None:
        return (
            f"the order's master no longer exists in {printable(where)}, or another one is there: put it "
            "back, or place the order again from where it is now"
        )
    return "the order's master no longer exists; order the same files again to make it again"


def _there(names: list[str], on_event: Callable[[CopyEvent], None] | None) -> list[str]:
    """Those of an order's drives that are still here: an order continues without one that has died."""
    missing = []
    for name in names:
        try:
            Pool([name]).close()
        except DriveNotFound:
            missing.append(name)
    if missing and len(missing) == len(names):
        raise DriveNotFound(
            f"none of the order's recorders is there ({printable(', '.join(missing))}): connect one, or "
            "name others to continue with (--drives)"
        )
    if on_event is not None:
        for name in missing:
            on_event(Notice(f"{printable(name)} is no longer there: the order continues without it"))
    return [name for name in names if name not in missing]


def bus_note(pool: Pool, speed: float | None) -> str:
    """A note if recorders share a bus that is too slow for all of them at once; else empty.

    USB 2 carries about 35 MB/s in practice, although it is rated at 480 Mbit/s.
    """
    buses: dict[str, list[str]] = {}
    for name, seen in pool.poll().items():
        found = re.fullmatch(r"USB port (\d+)-[\d.]+, (?:12|480) Mbit/s", seen.entry.connection)
        if found:
            buses.setdefault(found[1], []).append(name)
    for names in buses.values():
        wanted = len(names) * (USUAL_SPEED if speed is None else min(speed, FASTEST_SPEED))
        if len(names) > 1 and wanted * SPEED_1X_BYTES_PER_SECOND > USB_2_BYTES_PER_SECOND:
            return (
                f"{', '.join(sorted(names))} share one USB 2 bus, which carries about 35 MB/s: at most "
                f"{int(USB_2_BYTES_PER_SECOND / len(names) / SPEED_1X_BYTES_PER_SECOND)}x each, or spread "
                "them over other ports"
            )
    return ""


def work_off(
    home: Home,
    ledger: Ledger,
    pool: Pool,
    order: int,
    on_event: Callable[[CopyEvent], None] | None,
    cancel: Cancel,
) -> CopiesReport:
    """Burn copies until the order is done, or nothing more can be done for it; with the host's lock held.

    raises  LedgerError
    """
    found = ledger.order(order)
    note, master = bus_note(pool, found.speed), found.master
    if note and on_event is not None:
        on_event(Notice(note))
    worker = Worker(ledger, HERE, pool, home.audio, orders={order}, on_event=on_event)

    def through() -> bool:
        """Does not wait for the ledger: a second Ctrl-C is obeyed even while that is unreachable."""
        if cancel.wanted_at_once:
            worker.end_hands()
        if cancel.wanted:
            worker.finish()
        try:
            if cancel.wanted:
                _pause(ledger, order, "stopped by whoever started it")
            elif home.audio(master) is None:
                _pause(ledger, order, _no_master(home, master))
            now = order_now(ledger, order)
        except (LedgerUnavailable, LedgerFull) as error:
            worker.tell_ledger_away(error)
            if cancel.wanted_at_once and not worker.busy:
                raise  # that it is paused can be told to nobody
            return False
        return nothing_to_do(now) or worker.resting or cancel.wanted

    worker.run(through)
    home.tidy(ledger)
    return report_of(ledger, order)


def nothing_to_do(now: OrderNow) -> bool:
    """Whether no further blank is wanted, or none may be used."""
    return now.state != OrderState.OPEN or (not now.free and not now.under_way)


def _pause(ledger: Ledger, order: int, why: str) -> None:
    if ledger.order(order).state is OrderState.OPEN:
        ledger.pause(order, who=current_user_name(), why=why)


def report_of(ledger: Ledger, order: int) -> CopiesReport:
    """The state of an order, with every blank that was used or claimed for it.  raises  NotInLedger"""
    found, now = ledger.order(order), order_now(ledger, order)
    return CopiesReport(
        order,
        found.title,
        found.master,
        now.state,
        now.wanted,
        now.good,
        now.checked,
        now.spoiled,
        now.lost,
        now.unknown,
        now.under_way,
        now.why,
        tuple(_copy_report(attempt) for attempt in ledger.attempts(order)),
    )


def _copy_report(attempt: Attempt) -> CopyReport:
    return CopyReport(
        attempt.id,
        attempt.number,
        attempt.blank.place.drive,
        str(attempt.state),
        attempt.at,
        attempt.reason,
        dict(attempt.report),
        attempt.blank.place.host,
    )


def _check_drives(pool: Pool) -> None:
    """raises  DriveNotFound"""
    if not pool.poll():
        raise DriveNotFound(
            "there is no recorder here: connect one (`redbook doctor` says what is missing), or try it on a "
            "rack of virtual ones: `redbook rack new my.rack`, then --drives my.rack"
        )


def _title_of(sources: object) -> str:
    names = [sources] if isinstance(sources, str | os.PathLike) else sources
    if isinstance(names, Sequence) and names:
        first = Path(os.fspath(names[0]))
        return first.stem or first.name
    return ""
