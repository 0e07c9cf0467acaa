"""`redbook copies`: a number of good copies of a disc, and an account of every blank."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from redbook.cli.authoring_options import authoring_options, loudness_options, mode_option, split_off
from redbook.cli.commands.copies_restored import adopt, restored
from redbook.cli.completing import speeds
from redbook.cli.exits import CANCELLED, DONE, DRIVE, EPILOG, reporting
from redbook.cli.options import SpeedType, files_argument, json_option, named_drives, seed_option, who_option
from redbook.cli.recorder import signals_cancel

if TYPE_CHECKING:
    from redbook.cli.render import Renderer
    from redbook.cli.render.copies import CopiesView
    from redbook.production.making import CopiesReport
    from redbook.runner.cancel import Cancel


LEDGER_VARIABLE = "REDBOOK_LEDGER"
"""Environment variable: the ledger that machines share, for commands that look at and change orders."""


class MakeUnlessNamed(click.Group):
    """What is no command of this group is what copies are to be made of."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = next((arg for arg in args if arg not in ("-q", "-v", "--quiet", "--verbose")), "")
        if first not in self.commands and first not in ("", "-h", "--help"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group(cls=MakeUnlessNamed, epilog=EPILOG)
def copies() -> None:
    """Burn many good copies on all drives at once, and account for every blank.

    `redbook copies FILES... --count 20`: the word make may be left out. Insert a blank into any drive, and it
    becomes the next copy. Good discs are ejected; a spoiled one stays in, and its copy is made again. If
    something crashes, `redbook copies resume` continues.
    """


def _drives_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--drives",
        metavar="NAMES",
        default="all",
        show_default=True,
        help="The recorders, separated by commas: /dev/sr0,/dev/sr1; or the folder of a rack of virtual "
        "ones. all: every real recorder.",
    )(command)


def _bell_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--bell", is_flag=True, help="Ring the terminal bell when a disc has to be changed.")(
        command
    )


@copies.command(epilog=EPILOG)
@files_argument
@click.option(
    "--count",
    type=click.IntRange(1, 1_000_000),
    required=True,
    metavar="N",
    help="How many good copies to burn.",
)
@_drives_option
@click.option(
    "--speed",
    type=SpeedType(),
    default="auto",
    show_default=True,
    metavar="N",
    shell_complete=speeds,
    help="Writing speed: auto, max, or a multiple of 1x.",
)
@click.option(
    "--check",
    type=click.Choice(["full", "quick"]),
    default="full",
    show_default=True,
    help="full: read back and compare every sector; quick: compare the table of contents and sizes only, and "
    "say so in the report.",
)
@click.option(
    "--surplus-ok",
    is_flag=True,
    help="If a disc has gone missing, make another at once, even though the missing one may turn up.",
)
@click.option(
    "--name", "order_title", metavar="TEXT", help="The name of the order. Default: taken from the files."
)
@_bell_option
@mode_option
@loudness_options
@authoring_options
@seed_option
@json_option
def make(
    files: tuple[str, ...],
    count: int,
    drives: str,
    speed: float | None,
    check: str,
    surplus_ok: bool,
    order_title: str | None,
    bell: bool,
    mode: str,
    dither_seed: int,
    as_json: bool,
    **authoring: Any,
) -> None:
    """Burn N good copies of FILES, or of a master."""
    from redbook.production.making import make_copies

    wanted = split_off(authoring)
    with _at_work("copies", as_json, bell) as (out, view, cancel):
        report = make_copies(
            files[0] if len(files) == 1 else files,
            named_drives(drives),
            count,
            speed=speed,
            check=check,
            surplus_ok=surplus_ok,
            title=order_title or "",
            mode=mode,
            dither_seed=dither_seed,
            on_event=view.hear,
            cancel=cancel,
            **wanted,
        )
        view.close()
        _conclude(report, out, cancel)


@copies.command(epilog=EPILOG)
@click.argument("order", type=int)
@_drives_option
@_bell_option
@json_option
def resume(order: int, drives: str, bell: bool, as_json: bool) -> None:
    """Resume an order that was paused, or whose process died.

    Discs that were being burned are examined first. Resting drives are used again. Where
    REDBOOK_LEDGER names a ledger that machines share, their workers go on, and this command ends.
    """
    from redbook.production.making import resume_copies

    if os.environ.get(LEDGER_VARIABLE):
        if drives != "all" or bell or as_json:
            raise click.UsageError(
                f"{LEDGER_VARIABLE} names a ledger whose workers burn; --drives, --bell and --json are for "
                "this machine's own"
            )
        _change(order, "resume")
        return
    with _at_work("copies resume", as_json, bell) as (out, view, cancel):
        report = resume_copies(order, named_drives(drives), on_event=view.hear, cancel=cancel)
        view.close()
        _conclude(report, out, cancel)


@contextlib.contextmanager
def _at_work(command: str, as_json: bool, bell: bool) -> Iterator[tuple[Renderer, CopiesView, Cancel]]:
    from redbook.cli.render import make_renderer
    from redbook.cli.render.copies import copies_view

    cancel = signals_cancel()
    with make_renderer(command, as_json) as out, reporting(out):
        view = copies_view(out, bell=bell)
        through = threading.Event()
        watching = threading.Thread(target=_tell_stops, args=(cancel, view, through), daemon=True)
        watching.start()
        try:
            yield out, view, cancel
        finally:
            through.set()
            watching.join()
            view.close()


def _tell_stops(cancel: Cancel, view: CopiesView, through: threading.Event) -> None:
    """What Ctrl-C does, as soon as it was pressed."""
    reported = [False, False]
    while not through.wait(0.1):
        if cancel.wanted and not reported[0]:
            reported[0] = True
            view.stopping(
                "Stopping: discs under way are finished, and no more are started. Press Ctrl-C again to "
                "end those cleanly, too; that spoils any disc being written"
            )
        if cancel.wanted_at_once and not reported[1]:
            reported[1] = True
            view.stopping("Ending the discs under way cleanly")


def _conclude(report: CopiesReport, out: Renderer, cancel: Cancel) -> None:
    from redbook.cli.render.copies_report import conclusion, report_lines, report_shape

    out.result(report_shape(report), report_lines(report), conclusion(report))
    if not report.complete:
        sys.exit(CANCELLED if cancel.wanted else DRIVE)
    sys.exit(DONE)


@copies.command(name="list", epilog=EPILOG)
@json_option
def list_command(as_json: bool) -> None:
    """Show all orders, the newest first."""
    from redbook.cli.render import make_renderer
    from redbook.cli.render.copies_report import order_line, order_shape
    from redbook.production.worker import order_now

    with make_renderer("copies list", as_json) as out, reporting(out), _ledger() as ledger:
        orders = [] if ledger is None else ledger.orders()
        now = [] if ledger is None else [order_now(ledger, order.id) for order in orders]
        shape = {"event": "orders", "orders": [order_shape(o, n) for o, n in zip(orders, now, strict=True)]}
        lines = [order_line(o, n) for o, n in zip(orders, now, strict=True)]
        out.result(shape, lines or ["no copies have been ordered here yet"])


@copies.command(epilog=EPILOG)
@click.argument("order", type=int)
@json_option
def show(order: int, as_json: bool) -> None:
    """Show an order: each blank, and what became of it, step by step."""
    from redbook.cli.render import make_renderer
    from redbook.cli.render.copies_report import history_lines, history_shape, report_lines
    from redbook.production.making import report_of

    with make_renderer("copies show", as_json) as out, reporting(out), ledger_there() as ledger:
        report = report_of(ledger, order)
        out.result(history_shape(ledger, report), [*report_lines(report), *history_lines(ledger, report)])


@copies.command(epilog=EPILOG)
@click.argument("order", type=int)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: one line per blank.")
@json_option
def report(order: int, as_csv: bool, as_json: bool) -> None:
    """Show what became of an order: every blank, with drive, time and verdict."""
    from redbook.cli.render import make_renderer
    from redbook.cli.render.copies_report import conclusion, csv_lines, report_lines, report_shape
    from redbook.production.making import report_of

    if as_csv and as_json:
        raise click.UsageError("--csv and --json cannot be used together")
    with make_renderer("copies report", as_json) as out, reporting(out), ledger_there() as ledger:
        made = report_of(ledger, order)
        if as_csv:
            out.result({}, csv_lines(made))
        else:
            out.result(report_shape(made), report_lines(made), conclusion(made))


@copies.command(epilog=EPILOG)
@click.argument("order", type=int)
def pause(order: int) -> None:
    """Start no more discs of an order; those under way are finished. `resume` continues."""
    _change(order, "pause")


@copies.command(epilog=EPILOG)
@click.argument("order", type=int)
@click.option("--now", is_flag=True, help="End discs under way cleanly, too: they are spoiled.")
def cancel(order: int, now: bool) -> None:
    """Cancel an order for good; discs under way are finished."""
    _change(order, "cancel", now=now)


def _change(order: int, what: str, **more: bool) -> None:
    from redbook.cli.render import make_renderer
    from redbook.host import current_user_name
    from redbook.production.worker import order_now

    with make_renderer(f"copies {what}", False) as out, reporting(out), ledger_there() as ledger:
        getattr(ledger, what)(order, who=current_user_name(), **more)
        if what == "resume":
            for drive in ledger.drives():
                if drive.resting:
                    ledger.resume_drive(drive.place)
        now = order_now(ledger, order)
        under_way = f"; {now.under_way} under way" if now.under_way else ""
        out.result(
            {}, (), f"order {order} is {now.state}: {now.good + now.checked} of {now.wanted} made{under_way}"
        )


@copies.command(epilog=EPILOG)
@click.argument("attempt", type=int)
@click.argument("verdict", type=click.Choice(["good", "spoiled", "lost"]))
@who_option
def resolve(attempt: int, verdict: str, who: str | None) -> None:
    """Say what became of a disc that was missing when it was to be examined.

    Until then no other disc gets its copy number. good: the disc was found, and is fine; spoiled or lost: the
    copy is made again.
    """
    from redbook.cli.render import make_renderer
    from redbook.host import current_user_name
    from redbook.production.states import AttemptState, OrderState

    with make_renderer("copies resolve", False) as out, reporting(out), ledger_there() as ledger:
        made = ledger.resolve(attempt, AttemptState(verdict), who=who or current_user_name())
        again = f"; it is made again: redbook copies resume {made.order}"
        if verdict == "good":
            again = ""
        elif ledger.order(made.order).state is OrderState.CANCELLED:
            again = "; the order is cancelled, so it is not made again"
        out.result({}, (), f"copy {made.number} of order {made.order} is {made.state}{again}")


@contextlib.contextmanager
def _ledger() -> Iterator[Any]:
    """None if there is none yet."""
    from redbook.production.home import Home

    shared = os.environ.get(LEDGER_VARIABLE)
    if shared:
        from redbook.production.ledger import open_ledger

        with open_ledger(shared, create=False) as ledger:
            yield ledger
        return
    home = Home.of_user()
    if not home.ledger_path.exists():
        yield None
        return
    with home.ledger(create=False) as ledger:
        yield ledger


@contextlib.contextmanager
def ledger_there() -> Iterator[Any]:
    """The ledger that is there, open until the block ends.  raises  NotInLedger  if there is none"""
    from redbook.errors import NotInLedger

    with _ledger() as ledger:
        if ledger is None:
            raise NotInLedger(
                "no copies have been ordered here yet (`redbook copies FILES... --count N` orders some)"
            )
        yield ledger


copies.add_command(restored)
copies.add_command(adopt)
