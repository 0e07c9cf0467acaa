"""The commands, and what their exit codes are.

Nothing of the audio path is imported before a command needs it: `redbook --help` shall be there at once.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redbook._version import __version__
from redbook.cli.authoring_options import authoring_options, mode_option, split_off
from redbook.cli.share import share
from redbook.errors import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redbook.cli.render import Renderer
    from redbook.drive import Drive
    from redbook.engine.events import Event
    from redbook.runner.runner import Cancel

DONE, NO_ROOM, USAGE, SOURCE, RULE, DRIVE, DIFFERS, CANCELLED = 0, 1, 2, 3, 4, 5, 6, 130

EPILOG = """\b
Exit codes:
  0  done, and verified          4  it does not fit, or breaks a rule
  1  no room on this computer:   5  drive or medium
     for the decoded audio, or   6  the disc read back differs
     for standard output         130  cancelled
  2  wrong usage
  3  a source is unusable"""


class SpeedType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """auto (None), max (as fast as the drive can), or a multiple of 1x: 8, 8x."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        if value is None or isinstance(value, float):
            return value
        text = str(value).strip().lower()
        if text == "auto":
            return None
        if text == "max":
            return math.inf
        try:
            speed = float(text.removesuffix("x"))
        except ValueError:
            speed = 0.0
        if not 1 <= speed <= 72:
            self.fail(f"{value!r} is not a speed: use a number such as 8 or 16x, auto or max", param, ctx)
        return speed


RECORD = "redbook.record"
"""Where in the context the file for the transcript is, so that no command needs to pass it on."""


def _keep_record(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    context.meta[RECORD] = value


def drive_option(command: Callable[..., Any]) -> Callable[..., Any]:
    record = click.option(
        "--record",
        metavar="FILE",
        type=click.Path(),
        expose_value=False,
        callback=_keep_record,
        help="Write the whole exchange with the drive, its serial number included, to a new FILE, for a bug "
        "report or a test.",
    )
    command = record(command)
    return click.option(
        "--drive",
        "drive_name",
        metavar="NAME",
        help="The recorder: /dev/sr0 or another node, or virtual:PATH, a virtual one with the disc in that "
        "folder. Default: the one real recorder whose disc fits; where the machine has none, a virtual one: "
        "for burn and plan on ./redbook.disc or the next free name, made if nothing is there, for the others "
        "on the last disc made so.",
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")(
        command
    )


def seed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--dither-seed",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Seed of the dither that conversions add; the same seed gives the same disc.",
    )(command)


def read_speed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--read-speed",
        type=SpeedType(),
        default="auto",
        show_default=True,
        metavar="N",
        help="Speed of reading the disc back: auto (24x), max, or a multiple of 1x.",
    )(command)


def files_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("files", nargs=-1, required=True, type=click.Path(readable=False))(command)


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="redbook %(version)s")
@click.option("-v", "--verbose", count=True, help="Log to standard error; -vv more, -vvv every command sent.")
def cli(verbose: int) -> None:
    """Burn audio CDs, and check that they are right.

    FILES are sound files of any kind, folders, or playlists (M3U, PLS, XSPF), or one sheet that describes a
    disc (CUE, TOC); raw:PATH is 44.1 kHz 16-bit stereo PCM without a header (raw-be:PATH if its bytes are
    swapped).
    """
    if verbose:
        import logging

        from redbook.log import TRAFFIC, Printable

        level = {1: logging.INFO, 2: logging.DEBUG}.get(verbose, TRAFFIC)
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(Printable("%(asctime)s %(levelname)s %(message)s"))
        logging.basicConfig(level=level, handlers=[handler])


@cli.command(epilog=EPILOG)
@files_argument
@drive_option
@click.option(
    "--speed",
    type=SpeedType(),
    metavar="N",
    help="Writing speed: auto (the default: the one recommended for audio on this drive and disc), max, or a "
    "multiple of 1x such as 8. (Ignored by the virtual recorder, which writes as fast as it can.)",
)
@mode_option
@click.option("--leave-open", is_flag=True, help="Do not close the session: tracks can be added later.")
@click.option("--append", is_flag=True, help="Add to a disc that was left open (--leave-open).")
@click.option("--simulate", is_flag=True, help="A test write: everything with the laser off.")
@click.option("--no-verify", is_flag=True, help="Do not read the disc back.")
@read_speed_option
@click.option(
    "--no-reload",
    is_flag=True,
    help="Do not have the drive load the finished disc again before it is read back.",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before a real disc is written.")
@authoring_options
@seed_option
@json_option
def burn(
    files: tuple[str, ...],
    drive_name: str | None,
    speed: float | None,
    mode: str,
    leave_open: bool,
    append: bool,
    simulate: bool,
    no_verify: bool,
    read_speed: float | None,
    no_reload: bool,
    yes: bool,
    dither_seed: int,
    as_json: bool,
    **authoring: Any,
) -> None:
    """Burn FILES as an audio disc, read it back and compare.

    Without --drive the recorder with a blank disc is taken. Only where the machine has no recorder, the
    virtual one burns to ./redbook.disc, or to the next free name beside it.
    """
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    wanted = split_off(authoring)
    with (
        make_renderer("burn", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "APPEND" if append else "BURN") as drive,
    ):
        with burning.plan(
            files,
            drive,
            mode=mode,
            append=append,
            finalize=not leave_open,
            dither_seed=dither_seed,
            on_event=out.event,
            cancel=cancel,
            keep_audio=True,
            **wanted,
        ) as plan:
            if not as_json:
                out.plan(plan, drive.name, speed)
            confirm(drive.name, yes or simulate, "Burn this disc now?")
            report = burning.burn(
                plan,
                drive,
                speed=speed,
                finalize=not leave_open,
                simulate=simulate,
                verify=not no_verify,
                read_speed=read_speed,
                reload=not no_reload,
                append=append,
                on_event=out.event,
                cancel=cancel,
            )
        out.burned(report, drive.name)


@cli.command(epilog=EPILOG)
@files_argument
@drive_option
@mode_option
@click.option("--append", is_flag=True, help="Plan for a disc that was left open.")
@click.option("--leave-open", is_flag=True, help="Plan for a disc that will be left open.")
@authoring_options
@seed_option
@json_option
def plan(
    files: tuple[str, ...],
    drive_name: str | None,
    mode: str,
    append: bool,
    leave_open: bool,
    dither_seed: int,
    as_json: bool,
    **authoring: Any,
) -> None:
    """Show what a burn of FILES would be. Nothing is written."""
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    wanted = split_off(authoring)
    with (
        make_renderer("plan", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "APPEND" if append else "BURN", read_only=True) as drive,
    ):
        made = burning.plan(
            files,
            drive,
            mode=mode,
            append=append,
            finalize=not leave_open,
            dither_seed=dither_seed,
            on_event=waits_of(out) if as_json else out.event,
            cancel=cancel,
            **wanted,
        )
        out.plan(made, drive.name)


@cli.command(epilog=EPILOG)
@files_argument
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(),
    help="The sheet: FILE.cue or FILE.toc.",
)
@click.option("-f", "--force", is_flag=True, help="Replace the sheet if it is there already.")
@authoring_options
@json_option
def sheet(files: tuple[str, ...], output: str, force: bool, as_json: bool, **authoring: Any) -> None:
    """Write an editable sheet of FILES: the project file of a disc.

    It has the files, the pauses, the joins and the titles; `redbook burn FILE.cue` burns it.
    """
    from redbook.burning.sheet_files import write_sheet
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    wanted = split_off(authoring)
    with make_renderer("sheet", as_json) as out, reporting(out):
        report = write_sheet(files, output, replace=force, on_event=waits_of(out), cancel=cancel, **wanted)
        out.sheet_written(report)


@cli.command(epilog=EPILOG)
@files_argument
@drive_option
@read_speed_option
@authoring_options
@seed_option
@json_option
def verify(
    files: tuple[str, ...],
    drive_name: str | None,
    read_speed: float | None,
    dither_seed: int,
    as_json: bool,
    **authoring: Any,
) -> None:
    """Compare a disc with the FILES it was burned from."""
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    wanted = split_off(authoring)
    with (
        make_renderer("verify", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "VERIFY") as drive,
    ):
        report = burning.verify(
            files,
            drive,
            dither_seed=dither_seed,
            read_speed=read_speed,
            on_event=out.event,
            cancel=cancel,
            **wanted,
        )
        out.verified(report, drive.name)


@cli.command(epilog=EPILOG)
@drive_option
@click.option("--full", is_flag=True, help="Erase every sector, not the table of contents alone.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@json_option
def blank(drive_name: str | None, full: bool, yes: bool, as_json: bool) -> None:
    """Make a CD-RW blank again. What is on it is lost."""
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    with (
        make_renderer("blank", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "BLANK") as drive,
    ):
        found = burning.look_before_blanking(drive, on_event=out.event, cancel=cancel)
        out.rest()
        confirm(
            "",
            yes or found.is_blank,
            f"Erase the CD-RW in {printable(drive.name)}, with {found.would_be_lost}?",
        )
        burning.blank(drive, full=full, on_event=out.event, cancel=cancel)
        out.done(drive.name, "the disc is blank")


@cli.command(name="close", epilog=EPILOG)
@drive_option
@json_option
def close_command(drive_name: str | None, as_json: bool) -> None:
    """Close a disc that was left open.

    It gets its lead-in and lead-out, so that players can play it.
    """
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    with (
        make_renderer("close", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "CLOSE") as drive,
    ):
        burning.close_disc(drive, on_event=out.event, cancel=cancel)
        out.done(drive.name, "the session is closed; players can play the disc")


@cli.command(epilog=EPILOG)
@drive_option
@click.option("--checksums", is_flag=True, help="Read every track and show its checksums.")
@json_option
def info(drive_name: str | None, checksums: bool, as_json: bool) -> None:
    """Show the recorder and what is on its disc."""
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    with (
        make_renderer("info", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "LOOK", read_only=True) as drive,
    ):
        tell = waits_of(out)
        found = burning.disc_info(drive, on_event=tell, cancel=cancel)
        sums = burning.read_checksums(drive, on_event=tell, cancel=cancel) if checksums else {}
        out.info(found, drive.name, sums)


@cli.command(epilog=EPILOG)
@click.option("--watch", is_flag=True, help="Go on, and tell what comes and goes, until Ctrl-C.")
@json_option
def drives(watch: bool, as_json: bool) -> None:
    """List the recorders there are.

    Real ones first, then a virtual one for each disc in this folder. One that another program has is named
    and left alone. What keeps one from being used is said, with what to do.
    """
    from redbook.cli.render import make_renderer
    from redbook.recorders import listing

    with make_renderer("drives", as_json) as out, reporting(out):
        if not watch:
            out.drives(listing.drives(on_event=waits_of(out), cancel=signals_cancel()))
            return
        with listing.drives(watch=True) as watching:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) != signal.SIG_IGN:  # nohup
                    signal.signal(number, lambda *_: watching.close())
            out.drives(watching.entries)
            for event in watching:
                out.drive_event(event)
                if out.unheard:
                    break


@cli.command(epilog=EPILOG)
@click.option("--drive", "drive_name", metavar="NAME", help="Only this recorder. Default: all real ones.")
@click.option("--serial", is_flag=True, help="Show serial numbers, which are masked otherwise.")
@click.option(
    "--record",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the whole exchange with the drive, its serial number included, to a new FILE; with --drive.",
)
@json_option
def doctor(drive_name: str | None, serial: bool, record: Path | None, as_json: bool) -> None:
    """Show one page on system and recorders, for a report of a fault.

    Nothing is written, and a drive that another program has is left alone. The exit code is 0 if a burn could
    start now, else 5.
    """
    from redbook.cli.render import make_renderer
    from redbook.recorders import doctor as page

    if record is not None and drive_name is None:
        raise click.UsageError("--record: name the recorder, too, with --drive")
    if record is not None and os.path.lexists(record):
        raise click.UsageError(f"--record: {record} exists already; name a new file")
    with make_renderer("doctor", as_json) as out, reporting(out):
        diagnosis = page.diagnose(
            drive_name, serial=serial, record=record, on_event=waits_of(out), cancel=signals_cancel()
        )
        out.doctor(diagnosis)
    if not diagnosis.can_burn:
        sys.exit(DRIVE)


@cli.group()
def disc() -> None:
    """Discs for the virtual recorder."""


def kind_of_disc(command: Callable[..., Any]) -> Callable[..., Any]:
    kind = click.option(
        "--type",
        "medium",
        type=click.Choice(["cd-r", "cd-rw"]),
        default="cd-r",
        show_default=True,
        help="Kind of disc.",
    )
    minutes = click.option(
        "--minutes",
        type=click.Choice(["74", "80", "90"]),
        default="80",
        show_default=True,
        help="Nominal playing time.",
    )
    return kind(minutes(command))


@disc.command(epilog=EPILOG)
@click.argument("path", type=click.Path())
@kind_of_disc
@json_option
def new(path: str, medium: str, minutes: str, as_json: bool) -> None:
    """Make a new blank disc: a folder at PATH."""
    from redbook.cli.render import make_renderer
    from redbook.recorders import discs, names

    with make_renderer("disc-new", as_json) as out, reporting(out):
        path = path.removeprefix(names.VIRTUAL)
        discs.create_disc(path, medium, int(minutes))
        out.done(f"{names.VIRTUAL}{path}", f"a blank {medium.upper()} of {minutes} minutes")


@disc.command(name="list", epilog=EPILOG)
@json_option
def list_discs(as_json: bool) -> None:
    """List the discs of the recorder that stands in.

    IMAPI2 scripts burn to it where there is no other; every disc that it ever burned is kept.
    """
    from redbook.cli.render import make_renderer
    from redbook.recorders import discs

    with make_renderer("disc-list", as_json) as out, reporting(out):
        out.discs(discs.discs())


@disc.command(epilog=EPILOG)
@kind_of_disc
@json_option
def insert(medium: str, minutes: str, as_json: bool) -> None:
    """Put a new blank disc into the recorder that stands in.

    It takes a new CD-R by itself whenever one is used up; a CD-RW stays until another disc is put in.
    """
    from redbook.cli.render import make_renderer
    from redbook.recorders import discs

    with make_renderer("disc-insert", as_json) as out, reporting(out):
        name = discs.insert_disc(medium, int(minutes))
        out.done(name, f"a blank {medium.upper()} of {minutes} minutes is in the recorder")


cli.add_command(share)


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash:  eval "$(redbook completion bash)"     (in ~/.bashrc)
    zsh:   eval "$(redbook completion zsh)"      (in ~/.zshrc)
    fish:  redbook completion fish | source      (in ~/.config/fish/config.fish)
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(kind(cli, {}, "redbook", "_REDBOOK_COMPLETE").source())


@contextmanager
def opened(
    name: str | None, out: Renderer, cancel: Cancel, task: str, *, read_only: bool = False
) -> Iterator[Drive]:
    """The recorder asked for, or the default one, and say which that is.

    task       what it is for: a name in redbook.recorders.choosing.Task
    read_only  a virtual disc is only looked at, and left to other programs
    """
    from redbook.errors import DriveNotFound
    from redbook.recorders import names
    from redbook.recorders.choosing import Task, choose_drive
    from redbook.runner.caller import Caller

    tell = waits_of(out)
    if name is None:
        name = choose_drive(Task[task], Caller(tell, cancel), patient=somebody_is_there())
        kind = "virtual recorder with the disc" if name.startswith(names.VIRTUAL) else "recorder"
        out.note(f"no --drive was given: using the {kind} {printable(name)}")
    path = name.removeprefix(names.VIRTUAL)
    if name.startswith(names.VIRTUAL) and path and not os.path.lexists(path):
        if not Task[task].value.new:
            raise DriveNotFound(
                f"there is no disc at {printable(path)}; make one with `redbook disc new`, or burn to it"
            )
        out.note(f"{printable(path)} will be made: a new blank 80-minute CD-R")
    if read_only and names.in_use(name):
        out.note(f"{printable(name)} is in use by another program: what is shown may be changing")
    drive = names.open_drive(name, read_only=read_only, on_event=tell, cancel=cancel)
    with drive, _transcribed(drive, out):
        yield drive


def somebody_is_there() -> bool:
    """Whether somebody is at a terminal, who can be asked and can see what is waited for."""
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()


@contextmanager
def _transcribed(drive: Drive, out: Renderer) -> Iterator[None]:
    """With --record: everything from here on goes to its file, too."""
    path = click.get_current_context().meta.get(RECORD)
    if path is None:
        yield
        return
    try:
        transcript = drive.transcribe(Path(path))
    except FileExistsError as error:
        raise click.UsageError(f"--record: {printable(path)} exists already; name a new file") from error
    except OSError as error:
        raise click.UsageError(f"--record: {printable(path)} cannot be written: {error.strerror}") from error
    try:
        yield
    finally:
        drive.close()  # the file is whole only then
        if transcript.problem:
            out.note(f"{printable(path)}: {transcript.problem}")


def confirm(drive_name: str, yes: bool, question: str) -> None:
    """Ask at a terminal, unless told not to; a virtual disc costs nothing, so it is not asked for.

    Without a terminal there is nobody to ask: the command itself is the wish.
    """
    if yes or drive_name.startswith("virtual:") or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        agreed = click.confirm(question, err=True)
    finally:
        signal.signal(signal.SIGINT, ours)
    if not agreed:
        raise click.Abort


def waits_of(out: Renderer) -> Callable[[Event], None]:
    """For commands that print one thing: only that they wait, or stop, comes before it."""
    from redbook.engine.events import Notice, Stopping, Waiting

    def tell(event: Event) -> None:
        if isinstance(event, Notice | Stopping | Waiting):
            out.event(event)

    return tell


def signals_cancel() -> Cancel:
    """A Cancel that Ctrl-C, SIGTERM and SIGHUP set, from now to the end of the command."""
    from redbook.runner.runner import Cancel

    cancel = Cancel()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, cancel.on_signal)
    return cancel


@contextmanager
def reporting(out: Renderer) -> Iterator[None]:
    """Errors become a line for people and an exit code; there is no traceback for what was foreseen."""
    from redbook import errors

    try:
        yield
    except errors.VerificationFailed as error:
        out.failed(error, DIFFERS)
        sys.exit(DIFFERS)
    except errors.Cancelled as error:
        out.failed(error, CANCELLED)
        sys.exit(CANCELLED)
    except (KeyboardInterrupt, click.Abort):
        out.failed(errors.Cancelled("cancelled; nothing was written"), CANCELLED)
        sys.exit(CANCELLED)
    except OSError as error:
        where = printable(error.filename or "the system")
        out.failed(errors.DriveError(f"{where}: {error.strerror or error}"), DRIVE)
        sys.exit(DRIVE)
    except errors.NoRoom as error:
        out.failed(error, NO_ROOM)
        sys.exit(NO_ROOM)
    except errors.RedbookError as error:
        code = SOURCE if isinstance(error, errors.AudioError) else DRIVE
        if isinstance(error, errors.PlanError):
            code = RULE
        out.failed(error, code)
        sys.exit(code)


def run() -> int:
    """The exit code of the command given by `sys.argv`."""
    try:
        return int(cli.main(prog_name="redbook", standalone_mode=False) or DONE)
    except click.ClickException as error:
        error.show()
        if "--json" in sys.argv:
            shape = {"event": "error", "error": "UsageError", "message": error.format_message()}
            print(json.dumps({**shape, "exit_code": error.exit_code, "disc_now": None}))
        return error.exit_code
    except click.Abort:
        print("redbook: cancelled; nothing was written", file=sys.stderr)
        return CANCELLED
