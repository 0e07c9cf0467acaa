"""What a command does around its work: the recorder opened, a question asked, signals obeyed."""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from redbook.cli.options import RECORD, VIRTUAL_OPTIONS, WAIT, exists_already
from redbook.errors import printable
from redbook.host import stop_signals
from redbook.recorders.prefixes import VIRTUAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from redbook.cli.render import Renderer
    from redbook.drive import Drive
    from redbook.engine.events import Event
    from redbook.runner.cancel import Cancel


_NEW_DISC = "redbook.new-disc"
"""Where in the context the path of a virtual disc is that has yet to be created."""


@contextmanager
def opened(
    name: str | None, out: Renderer, cancel: Cancel, task: str, *, read_only: bool = False
) -> Iterator[Drive]:
    """The requested recorder, or the default one; says which one it is.

    task       what it is for: a name in redbook.recorders.choosing.Task
    read_only  a virtual disc is only read, and left to other programs
    """
    from redbook.errors import DriveNotFound
    from redbook.recorders import names
    from redbook.virtual.faults import parse

    tell = waits_of(out)
    context = click.get_current_context()
    virtual = context.meta.get(VIRTUAL_OPTIONS, {})
    if name is not None:
        _tell_where_from(context, name, out)
    if name is None or context.meta.get(WAIT, False):
        name = _chosen(name, out, cancel, task)
    if name == VIRTUAL:
        raise click.UsageError(f"--drive {name} names no disc: add the path of one, such as {name}my.disc")
    path = name.removeprefix(VIRTUAL)
    _check_no_options_in(path if name.startswith(VIRTUAL) else "")
    if name.startswith(VIRTUAL) and path and not os.path.lexists(path):
        from redbook.recorders.choosing import Task

        if not Task[task].value.new:
            raise DriveNotFound(
                f"there is no disc at {printable(path)}; make one with `redbook disc new`, or burn to it"
            )
        context.meta[_NEW_DISC] = path
    if read_only and names.in_use(name):
        out.note(
            f"{printable(name)} is in use by another program: what is shown here may change at any moment"
        )
    if virtual and not name.startswith(VIRTUAL):
        raise click.UsageError(
            f"--model, --pace and --fault are for virtual recorders; this one is {printable(name)}"
        )
    faults = [(text, parse(text)) for text in virtual.get("faults", ())]
    drive = names.open_drive(
        name,
        read_only=read_only,
        on_event=tell,
        cancel=cancel,
        **virtual | {"faults": [fault for _, fault in faults]},
    )
    try:
        with drive, _transcribed(drive, out):
            yield drive
    finally:
        for text, fault in faults:
            if not fault.struck:
                out.note(f"--fault {text} never happened: {fault.shortfall}")


def _chosen(name: str | None, out: Renderer, cancel: Cancel, task: str) -> str:
    """The recorder whose disc will do: waited for, or chosen where none is named."""
    # What lists real recorders takes a fiftieth of the start.
    from redbook.errors import DriveNotFound
    from redbook.recorders.choosing import Task, choose_drive, last_virtual_name, new_virtual_name
    from redbook.runner.caller import Caller

    context = click.get_current_context()
    caller, wait = Caller(waits_of(out), cancel), context.meta.get(WAIT, False)
    if name is None and context.meta.get(VIRTUAL_OPTIONS, {}):
        name = new_virtual_name() if Task[task].value.new else last_virtual_name()
    if wait and name is not None:
        if name.startswith(VIRTUAL):
            raise click.UsageError(
                "--wait is for real recorders: nobody can change the disc in a virtual one"
            )
        name = choose_drive(Task[task], caller, patient=True, only=name)
    if name is None:
        name = choose_drive(Task[task], caller, patient=wait or somebody_is_there())
        if wait and name.startswith(VIRTUAL):
            raise DriveNotFound("--wait: this machine has no recorder; `redbook doctor` says what to check")
        kind = "virtual recorder with the disc" if name.startswith(VIRTUAL) else "recorder"
        out.note(f"no --drive was given: using the {kind} {printable(name)}")
    return name


def tell_of_new_disc(out: Renderer) -> None:
    """Say that this command creates a virtual disc, once all checks are over."""
    path = click.get_current_context().meta.get(_NEW_DISC)
    if path is not None:
        out.note(f"{printable(path)} will be created: a new blank 80-minute CD-R")


def _tell_where_from(context: click.Context, name: str, out: Renderer) -> None:
    """Say that the recorder was named somewhere other than on this command line."""
    sources = {
        click.core.ParameterSource.ENVIRONMENT: "$REDBOOK_DRIVE",
        click.core.ParameterSource.DEFAULT_MAP: "the configuration file",
    }
    source = context.get_parameter_source("drive_name")
    if source in sources:
        out.note(f"using the recorder {printable(name)}, which {sources[source]} names")


def _check_no_options_in(path: str) -> None:
    """A disc may have any name; but a new one with such a name was meant differently."""
    found = re.search(r",(speed|pace|model|fault)=", path)
    if found and not os.path.lexists(path):
        option = found[1].replace("speed", "pace")
        raise click.UsageError(
            f"--drive {printable(path)}: the name of a disc cannot contain settings; give --{option} as an "
            "option"
        )


def somebody_is_there() -> bool:
    """Whether someone is at a terminal, who can be asked and can see what is waited for."""
    return sys.stdin.isatty() and sys.stderr.isatty()


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
        raise click.UsageError(exists_already("--record", path)) from error
    except OSError as error:
        raise click.UsageError(f"--record: {printable(path)} cannot be written: {error.strerror}") from error
    try:
        yield
    finally:
        drive.close()  # the file is whole only then
        if transcript.problem:
            out.note(f"{printable(path)}: {transcript.problem}")


def confirm(drive_name: str, yes: bool, question: str) -> None:
    """Ask at a terminal, unless told not to; a virtual disc costs nothing, so there is no question.

    Without a terminal there is nobody to ask: the command itself is the consent.
    """
    if yes or drive_name.startswith(VIRTUAL) or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        agreed = click.confirm(question, err=True)
    finally:
        signal.signal(signal.SIGINT, ours)
    if not agreed:
        raise click.Abort


def open_tray(drive: Drive, out: Renderer, cancel: Cancel) -> None:
    """The command's work is done: a tray that stays shut is only reported."""
    from redbook.engine.tray import eject
    from redbook.errors import DriveError
    from redbook.runner.caller import Caller

    try:
        Caller(waits_of(out), cancel).run(drive, eject())
    except DriveError as error:
        out.note(f"the tray did not open: {error}")


def waits_of(out: Renderer) -> Callable[[Event], None]:
    """For commands that print one thing: before it they only say that they wait, or stop."""
    from redbook.engine.events import Notice, Stopping, Waiting

    def tell(event: Event) -> None:
        if isinstance(event, Notice | Stopping | Waiting):
            out.event(event)

    return tell


def signals_cancel() -> Cancel:
    """A Cancel that Ctrl-C, SIGTERM and SIGHUP set, from now to the end of the command."""
    from redbook.runner.cancel import Cancel

    cancel = Cancel()
    for number in stop_signals():
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, cancel.on_signal)
    return cancel
