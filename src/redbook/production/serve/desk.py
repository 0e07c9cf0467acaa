"""What the page can ask for, independent of HTTP: discs planned and ordered, drives managed, reports.


Everything here blocks, and is called on threads. The ledger, the masters and the worker are the same as for
`redbook copies`: either may continue what the other began, one at a time.
"""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from redbook.audio.source import Source
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.authoring.wishes import Mode, Wishes
from redbook.disc.cd_text import ENGLISH, PackType, Texts, parse
from redbook.disc.numbers import MOST_TRACKS
from redbook.engine.events import Notice, SourceRead
from redbook.errors import LedgerError, NotInLedger, PlanError, RedbookError
from redbook.production.events import (
    CopyClaimed,
    CopyEvent,
    CopyProgress,
    CopyState,
    DriveRests,
    NeedBlank,
    OrderNow,
    TakeDisc,
    as_json,
)
from redbook.production.home import ROOM_BYTES
from redbook.production.ledger import Ledger
from redbook.production.pool import disc_in
from redbook.production.serve.hub import Hub
from redbook.production.serve.uploads import Upload, Uploads
from redbook.production.states import AttemptState, CheckMode, OrderState
from redbook.production.values import Attempt, Order, Place, Sighting, cell
from redbook.production.worker import TAKE_GOOD, TAKE_SPOILED, TICK_SECONDS, WAITS, Worker, order_now
from redbook.records import dataclass
from redbook.runner.cancel import Cancel

if TYPE_CHECKING:
    from redbook.production.home import Home
    from redbook.production.master import MasterReport
    from redbook.production.pool import Pool
    from redbook.sheets.master_file import MasterFile

MOST_ORDERS_SHOWN = 30
"""The newest ones; unfinished ones are also shown."""
ORDERS_AGAIN_SECONDS = 2.0
"""How often to check whether someone else has changed an order."""

LEDGER_AGAIN_SECONDS = 2.0
SILENT_SECONDS = 60.0
"""A host that has reported nothing about its drives for this long is called silent."""


@dataclass(frozen=True, slots=True)
class WantedTrack:
    """One track of the page's list.  source: the id of what was sent; the texts as they are there"""

    source: str
    title: str
    artist: str


class Desk:
    """One machine's copies, for a page.

    home     ledger and masters
    where    this host's name in the ledger
    pool     its drives; None if it has none, and only provides masters
    """

    def __init__(
        self, home: Home, ledger: Ledger, where: str, pool: Pool | None, hub: Hub, uploads: Uploads
    ) -> None:
        self._home = home
        self.ledger = ledger
        self._where = where
        self._pool = pool
        self.hub = hub
        self.uploads = uploads
        uploads.make_room = self._make_room
        self._planning = threading.Lock()
        self._stopping = False
        self.when_stopping: Callable[[], None] = lambda: None
        """Called when the first `stop` is handled, if anything is under way."""
        self._worker: Worker | None = None
        if pool is not None:
            self._worker = Worker(ledger, where, pool, home.audio, on_event=self._hear, lock=home.lock)
        self._thread = threading.Thread(target=self._run, name="redbook-worker", daemon=True)
        self._orders_at = 0.0
        self._far: dict[str, tuple[float | None, float]] = {}
        """Drives of other hosts: when they were last reported, by the ledger's clock and by this
        process's.
        """

    # The worker's thread

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, at_once: bool = False) -> None:
        """Begin no further copy; what is under way is finished, or with `at_once` ended cleanly.

        This only notes the request, so that a signal's handler may call it; the worker's thread acts on it.
        """
        self._stopping = True
        if self._worker is not None:
            self._worker.end_hands() if at_once else self._worker.finish()

    def join(self) -> None:
        self._thread.join()
        if self._worker is not None:
            self._worker.close()
        if self._pool is not None:
            self._pool.close()

    @property
    def busy(self) -> bool:
        return self._worker is not None and self._worker.busy

    def _run(self) -> None:
        announced = False
        while not self._stopping or self.busy:
            if self._stopping and not announced:
                announced = True
                self.when_stopping()
            try:
                if self._worker is not None:
                    self._worker.tick()
                self._show_drives()
                self._show_orders()
                self.hub.put("trouble", None)
            except (RedbookError, OSError) as error:  # told on the page, and tried again
                self.hub.put("trouble", {"text": str(error)})
                time.sleep(LEDGER_AGAIN_SECONDS)
            time.sleep(TICK_SECONDS)

    def _show_drives(self) -> None:
        """raises  LedgerError"""
        if self._pool is None:
            return
        seen = self._pool.poll()
        shown = [key for key in self.hub.everything() if key.startswith("drive:")]
        for key in shown:
            if key.removeprefix("drive:") not in seen:
                self.hub.put(key, None)
                self.hub.put("now:" + key.removeprefix("drive:"), None)
        for name, at in seen.items():
            entry = at.entry
            self.hub.put(
                f"drive:{name}",
                {
                    "name": name,
                    "model": entry.model,
                    "medium": entry.medium,
                    "blank": entry.blank,
                    "problem": entry.problem,
                },
            )

    def _show_orders(self, *, now: bool = False) -> None:
        """raises  LedgerError"""
        if not now and time.monotonic() < self._orders_at:
            return
        self._orders_at = time.monotonic() + ORDERS_AGAIN_SECONDS
        before = [key for key in self.hub.everything() if key.startswith("order:")]
        shown = set()
        for at, order in enumerate(self.ledger.orders()):
            if at < MOST_ORDERS_SHOWN or order.state in (OrderState.OPEN, OrderState.PAUSED):
                shown.add(self._show_order(order))
        for key in before:
            if key not in shown:
                self.hub.put(key, None)
        self._show_other_hosts()

    def _show_other_hosts(self) -> None:
        """What their workers last reported about their drives.  raises  LedgerError"""
        there = {str(s.place): s for s in self.ledger.sightings() if s.place.host != self._where}
        for key in self.hub.everything():
            name = key.removeprefix("far:")
            if name != key and name not in there:
                self.hub.put(key, None)
                self._far.pop(name, None)
        resting = {str(drive.place): drive.resting for drive in self.ledger.drives() if drive.resting}
        wanting = [
            order for order in self.ledger.orders(OrderState.OPEN) if self.ledger.account(order.id).free
        ]
        for name, seen in there.items():
            if self._far.get(name, (None, 0.0))[0] != seen.seen_at:
                self._far[name] = seen.seen_at, time.monotonic()  # so nobody's wall clock counts
            silent = time.monotonic() - self._far[name][1] > SILENT_SECONDS
            self.hub.put(
                f"far:{name}",
                {
                    "name": name,
                    "host": seen.place.host,
                    "drive": seen.place.drive,
                    "rests": resting.get(name, ""),
                    "todo": "" if silent else self._todo(seen, wanting),
                    "model": seen.model,
                    "medium": seen.medium,
                    "state": seen.state,
                    "sectors_done": seen.done_sectors,
                    "sectors": seen.total_sectors,
                    "speed": seen.speed,
                    "silent": silent,
                },
            )

    def _todo(self, seen: Sighting, wanting: Sequence[Order]) -> str:
        """What a person does at a drive of another host; empty for nothing."""
        if seen.state == WAITS:
            fits = any(not order.drives or seen.place in order.drives for order in wanting)
            return "blank" if fits else ""
        if seen.state.startswith(TAKE_GOOD):
            return "take_good"
        return "take_spoiled" if seen.state.startswith(TAKE_SPOILED) else ""

    def _show_order(self, order: Order) -> str:
        """Returns its key.  raises  LedgerError"""
        key = f"order:{order.id}"
        unknown = self.ledger.attempts(order.id, AttemptState.UNKNOWN)
        self.hub.put(
            key,
            {
                **as_json(order_now(self.ledger, order.id)),
                "title": order.title,
                "made_at": order.made_at,
                "unknown_attempts": [
                    {
                        "attempt": a.id,
                        "number": a.number,
                        "drive": a.blank.place.drive,
                        "host": a.blank.place.host,
                    }
                    for a in unknown
                ],
            },
        )
        return key

    def _hear(self, event: CopyEvent) -> None:
        """On whichever thread it happens."""
        match event:
            case OrderNow():
                self._orders_at = 0.0
            case Notice():
                self.hub.put("notice", {"text": event.text, "at": time.time()})
            case CopyClaimed() | CopyState() | CopyProgress() | NeedBlank() | TakeDisc() | DriveRests():
                self.hub.put(f"now:{event.drive}", as_json(event))

    # Discs

    def _make_room(self, free_bytes: int) -> None:
        """Make room for uploads: the audio of finished orders is deleted.  Does nothing while the ledger is
        unreachable.
        """
        with suppress(LedgerError):
            self._home.make_room(self.ledger, free_bytes)

    def plan(self, title: str, artist: str, tracks: Sequence[WantedTrack], cancel: Cancel) -> dict[str, Any]:
        """Read everything to its end, check it, and keep it as a master; nothing is burned.

        raises  NoSuchFile, PlanError, AudioError, NoRoom, Cancelled
        """
        if not tracks:
            raise PlanError("there is no track yet: add sound files first")
        if len(tracks) > MOST_TRACKS:
            raise PlanError(f"a disc has {MOST_TRACKS} tracks at most; these are {len(tracks)}")
        program = program_of([self.uploads.get(track.source) for track in tracks], tracks)
        texts = {"title": title.strip(), "performer": artist.strip()}
        # What is on the page is what is written: an artist that was deleted there does not come back.
        wishes = Wishes(
            texts={key: text for key, text in texts.items() if text}, tag_texts=False, transliterate=True
        )

        def hear(event: object) -> None:
            if isinstance(event, SourceRead):
                self.hub.put("plan", {"number": event.number, "total": event.total})

        with self._planning:
            self._home.make_room(self.ledger, ROOM_BYTES)
            try:
                made = self._home.keep_master(program, cancel, wishes=wishes, on_event=hear)
            finally:
                self.hub.put("plan", None)
        return shown_plan(made, title.strip())

    def order(
        self, master: str, count: int, *, title: str, drives: Sequence[str], speed: float | None, quick: bool
    ) -> dict[str, Any]:
        """Order copies of a master that is kept here; returns the `report` of the new order.

        count   good copies, 1 .. 1,000,000
        drives  names of those on this host that may burn them; none for any drive
        speed   multiple of 1x; None for the recommended one

        raises  ValueError, PlanError, LedgerError
        """
        if self._home.audio(master) is None:
            raise PlanError("this disc is no longer kept here: add its files again")
        made = self.ledger.add_order(
            master,
            count,
            title=title,
            speed=speed,
            check=CheckMode.QUICK if quick else CheckMode.FULL,
            drives=[Place(self._where, name) for name in drives],
            made_by="page",
        )
        self._show_order(made)
        return self.report(made.id)

    def report(self, order: int) -> dict[str, Any]:
        """An order, its account, its disc and its attempts, as the page gets them in JSON.

        raises  LedgerError
        """
        found = self.ledger.order(order)
        file = self._home.file_of(found.master)
        return {
            "order": found.id,
            "title": found.title,
            "master": found.master,
            "state": found.state,
            "why": found.why,
            "check": found.check,
            "made_at": found.made_at,
            "account": asdict(self.ledger.account(order)),
            "again": self._home.audio(found.master) is not None,
            "disc": shown_master(file, found.title) if file is not None else None,
            "attempts": [shown_attempt(attempt) for attempt in self.ledger.attempts(order)],
        }

    def report_csv(self, order: int) -> str:
        """One line per attempt, as a spreadsheet expects it.  raises  LedgerError"""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["copy", "state", "drive", "host", "at (UTC)", "reason", "attempt"])
        for attempt in self.ledger.attempts(order):
            at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(attempt.at))
            place = attempt.blank.place
            cells = [place.drive, place.host, at, attempt.reason]
            writer.writerow([attempt.number, attempt.state, *map(cell, cells), attempt.id])
        return text.getvalue()

    def set_order(self, order: int, act: str, *, at_once: bool = False) -> None:
        """Change an order's state.

        act      "pause", "resume" or "cancel"
        at_once  with "cancel": discs under way are ended, too

        raises  LedgerError
        """
        if act == "pause":
            self.ledger.pause(order, who="page")
        elif act == "resume":
            self.ledger.resume(order, who="page")
        elif act == "cancel":
            self.ledger.cancel(order, who="page", now=at_once)
        self._show_order(self.ledger.order(order))

    def resolve(self, attempt: int, to: AttemptState, who: str) -> None:
        """Record what a person reports about an unknown attempt: good, spoiled or lost.

        who  the name of that person

        raises  ValueError   without a name
                LedgerError  if there is no such attempt, or it cannot become that
        """
        resolved = self.ledger.resolve(attempt, to, who=who)
        self._show_order(self.ledger.order(resolved.order))

    # Drives

    def eject(self, name: str) -> None:
        """Open the tray of a drive that the page shows.

        raises  NotInLedger  if it shows no such drive; DriveError
        """
        from redbook.burning.eject import eject
        from redbook.recorders.names import open_drive

        self._known(name)
        with open_drive(name) as drive:
            eject(drive)
        self._hear(NeedBlank(name))

    def examine(self, name: str) -> dict[str, Any]:
        """Which copy is the disc in a drive?  raises  DriveError, LedgerError"""
        from redbook.production.recognise import recognise
        from redbook.recorders.names import open_drive

        self._known(name)
        with open_drive(name, read_only=True) as drive:
            found = recognise(drive, disc_in(name), self._home, self.ledger, host=self._where)
        return {"text": found.text, "same": found.same, "orders": [order.id for order in found.orders]}

    def doctor(self, name: str) -> dict[str, Any]:
        """What `redbook doctor` says about a drive; nothing is sent to one that a program has."""
        from redbook.recorders.doctor import diagnose

        self._known(name)
        page = diagnose(name)
        return {
            "can_burn": page.can_burn,
            "advice": page.advice,
            "sections": [asdict(section) for section in page.sections],
        }

    def resume_drive(self, name: str, host: str | None = None) -> None:
        """Use a resting drive again.  host: of a drive elsewhere, which its own worker then uses.

        raises  LedgerError
        """
        if host is not None and host != self._where:
            if not self.ledger.drive(Place(host, name)).resting:
                raise NotInLedger("no such drive is resting")
            self.ledger.resume_drive(Place(host, name))
            self._show_orders(now=True)
            return
        self._known(name)
        self.ledger.resume_drive(Place(self._where, name))
        self.hub.put(f"now:{name}", None)

    def _known(self, name: str) -> None:
        if self.hub.get(f"drive:{name}") is None:
            raise NotInLedger("there is no such drive here")


def program_of(files: Sequence[Upload], tracks: Sequence[WantedTrack]) -> Program:
    """Each file a track; files of one album follow each other without a gap, as intended."""
    sources: dict[str, int] = {}
    program_tracks: list[ProgramTrack] = []
    titles: dict[int, str] = {}
    artists: dict[int, str] = {}
    before: Upload | None = None
    for number, (file, track) in enumerate(zip(files, tracks, strict=True), 1):
        place = sources.setdefault(file.id, len(sources))
        joined = before is not None and before.album != "" and before.album == file.album
        program_tracks.append(ProgramTrack((Segment(1, (Piece(place),)),), joined=joined))
        if track.title.strip():
            titles[number] = track.title.strip()
        if track.artist.strip():
            artists[number] = track.artist.strip()
        before = file
    by_id = {file.id: file for file in files}
    rows = {PackType.TITLE: titles, PackType.PERFORMER: artists}
    texts = Texts(ENGLISH, {kind: row for kind, row in rows.items() if row})
    return Program(
        tuple(Source(by_id[id_].name, by_id[id_].path) for id_ in sources),
        tuple(program_tracks),
        texts=() if texts.is_empty else (texts,),
    )


def shown_master(file: MasterFile, title: str) -> dict[str, Any]:
    """What the page shows about a disc: sectors are 1/75 s.  Titles are those on the disc; if it has none,
    the files'.
    """
    on_disc = next((texts for texts in parse(file.layout.cd_text, 1) if not texts.is_empty), Texts())

    def text(kind: PackType, number: int, else_: str) -> str:
        return on_disc.text(kind, number) or ("" if file.layout.cd_text else else_)

    return {
        "master": file.name,
        "title": title,
        "sectors": file.sectors,
        "tracks": [
            {
                "number": laid.number,
                "title": text(PackType.TITLE, laid.number, track.title),
                "artist": text(PackType.PERFORMER, laid.number, track.artist),
                "sectors": laid.sectors,
                "source": track.source,
                "format": track.format,
                "conversion": list(track.conversion),
                "sha256": track.sha256,
            }
            for laid, track in zip(file.layout.tracks, file.tracks, strict=True)
        ],
    }


def shown_plan(made: MasterReport, title: str) -> dict[str, Any]:
    """What `redbook plan` says about a disc, before it is ordered.

    remarks  of each track, in words; notable ones a person should have read, and so what was converted
    """
    shown = shown_master(made.file, title)
    for track, remarks in zip(shown["tracks"], made.remarks, strict=True):
        track["remarks"] = [{"text": one.text, "notable": one.notable} for one in remarks]
    with_text = "with CD-Text" if made.file.layout.cd_text else "without CD-Text"
    mode = "session-at-once" if made.file.mode == Mode.SAO else "track-at-once"
    return {
        **shown,
        "notes": list(made.notes),
        "written": f"{mode}, {with_text}",
        "free_sectors": made.free_sectors,
    }


def shown_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "attempt": attempt.id,
        "number": attempt.number,
        "drive": attempt.blank.place.drive,
        "host": attempt.blank.place.host,
        "state": attempt.state,
        "at": attempt.at,
        "reason": attempt.reason,
        "report": dict(attempt.report),
    }


def numbers(value: Mapping[str, Any], name: str, least: int, most: int) -> int:
    """The whole number under `name`, from `least` to `most`.  raises  ValueError  for anything else"""
    found = value.get(name)
    if type(found) is not int or not least <= found <= most:
        raise ValueError(f"{name} is a number from {least} to {most:,}")
    return found
