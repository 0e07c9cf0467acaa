"""`redbook share iscsi`: virtual recorders as an iSCSI target."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from redbook.cli.commands.share_options import (
    DRIVE,
    complain,
    disc_option,
    failing_cleanly,
    fault_option,
    log_traffic_option,
    model_option,
    say_what_never_happened,
    show_traffic,
    speed_option,
)
from redbook.host import stop_signals
from redbook.recorders.prefixes import VIRTUAL
from redbook.share.iscsi import DEFAULT_NAME

if TYPE_CHECKING:
    from redbook.share.iscsi.chap import Credentials
    from redbook.share.iscsi.portal import Portal
    from redbook.share.iscsi.target import Target
    from redbook.virtual.recorder import VirtualRecorder

ISCSI_PORT = 3260
_STOPPING = stop_signals()


class Address(NamedTuple):
    host: str
    port: int


class AddressType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """HOST:PORT, HOST, [IPV6]:PORT."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        if isinstance(value, Address):
            return value
        text = str(value)
        host, port = text, str(ISCSI_PORT)
        if text.startswith("[") and "]" in text:
            host, _, rest = text[1:].partition("]")
            port = rest[1:] if rest.startswith(":") else port + rest
        elif text.count(":") == 1:
            host, _, port = text.partition(":")
        if not host or host.isdigit() or not (port.isascii() and port.isdigit()) or int(port) > 65535:
            self.fail(
                f"{text!r} is not an address; use one such as 127.0.0.1:3260, [::1]:3260, or 0.0.0.0:3260 "
                "for all addresses of this computer; port 0 is any free port",
                param,
                ctx,
            )
        return Address(host, int(port))


def _file_option(name: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.option(name, type=path, metavar="FILE", help=text)


@click.command()
@click.option(
    "--listen",
    type=AddressType(),
    default=f"127.0.0.1:{ISCSI_PORT}",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen for initiators. Port 0: any free port. Other computers are let in only with "
    "--chap.",
)
@disc_option
@model_option
@fault_option
@speed_option
@click.option("--name", default=DEFAULT_NAME, show_default=True, metavar="IQN", help="The target's name.")
@click.option(
    "--chap", "user", metavar="USER", help="Let in only initiators that authenticate as USER, by CHAP."
)
@_file_option(
    "--chap-secret-file", "The secret is its first line: at least 12 bytes (with Windows, at most 16)."
)
@click.option(
    "--chap-mutual", "target_user", metavar="NAME", help="Authenticate as NAME to initiators that ask for it."
)
@_file_option("--chap-mutual-secret-file", "The target's own secret, which must be a different one.")
@click.option(
    "--idle",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Exit when nobody has been connected for this long. Default: keep running.",
)
@log_traffic_option
def iscsi(
    listen: Address,
    discs: tuple[str, ...],
    model: str | None,
    faults: tuple[str, ...],
    must_happen: bool,
    speed: float | None,
    name: str,
    user: str | None,
    chap_secret_file: Path | None,
    target_user: str | None,
    chap_mutual_secret_file: Path | None,
    idle: float | None,
    log_traffic: bool,
) -> None:
    """Serve virtual recorders over iSCSI, to QEMU, Linux, Windows and others.

    Each --disc is a recorder of its own: logical unit 0, 1 and so on. When it is ready, the address of each
    is printed, one per line, as iscsi://HOST:PORT/NAME/LUN. Ctrl-C or SIGTERM ends it, or --idle.
    """
    from redbook.share.recorders import Afflictions

    if log_traffic:
        show_traffic()
    credentials = _credentials(user, chap_secret_file, target_user, chap_mutual_secret_file)
    _check_exposure(listen, credentials)
    _check_target(discs, name)
    with failing_cleanly(), _signals_held(), _recorders(discs, model, speed) as made:
        suffered = Afflictions(made, faults)
        _serve(listen, made, name, credentials, idle)
        missed = say_what_never_happened(suffered) and must_happen
    if missed:
        sys.exit(DRIVE)


@contextmanager
def _recorders(
    discs: tuple[str, ...], model: str | None, speed: float | None
) -> Iterator[list[VirtualRecorder]]:
    from redbook.recorders.choosing import new_virtual_name
    from redbook.share.recorders import recorders

    if not discs:
        discs = (new_virtual_name(),)
        complain(f"no --disc was given: the disc in the recorder is {discs[0]}")
    with recorders(discs, model=model, speed=speed) as made:
        yield made


def _serve(
    listen: Address,
    recorders: list[VirtualRecorder],
    name: str,
    credentials: Credentials | None,
    idle_seconds: float | None,
) -> None:
    """From the first address printed to the signal that ends it, or to the end of its patience."""
    from redbook.share.iscsi.target import Target

    portal = _open_portal(Target(recorders, name, credentials), listen)
    portal.start()
    try:
        for url in portal.urls:
            print(url)
        sys.stdout.flush()
        _wait(portal, idle_seconds)
    finally:
        if not portal.stop():
            complain("waiting for a recorder that is still at work; a second Ctrl-C quits immediately")
            _let_signals_kill()


def _wait(portal: Portal, idle_seconds: float | None) -> None:
    if idle_seconds is None:
        signal.sigwait(_waited_for())
        return
    while (left := idle_seconds - portal.idle_seconds) > 0:
        if signal.sigtimedwait(_waited_for(), left) is not None:
            return


def _open_portal(target: Target, listen: Address) -> Portal:
    """raises  OSError  with the address in its text"""
    from redbook.share.iscsi.portal import Portal

    try:
        return Portal(target, listen.host, listen.port)
    except OSError as error:
        raise OSError(
            error.errno,
            f"{os.strerror(error.errno or 0)}; choose another address with --listen",
            _text(listen),
        ) from error


def _text(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


# What must hold before anything is opened


def _credentials(
    user: str | None, secret_file: Path | None, target_user: str | None, target_secret_file: Path | None
) -> Credentials | None:
    from redbook.share.iscsi.chap import Credentials

    if (user is None) != (secret_file is None):
        raise click.UsageError("--chap and --chap-secret-file go together")
    if (target_user is None) != (target_secret_file is None):
        raise click.UsageError("--chap-mutual and --chap-mutual-secret-file go together")
    if user is None or secret_file is None:
        if target_user is not None:
            raise click.UsageError("--chap-mutual needs --chap, too")
        return None
    target_secret = _secret(target_secret_file) if target_secret_file is not None else b""
    try:
        return Credentials(user, _secret(secret_file), target_user or "", target_secret)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _secret(file: Path) -> bytes:
    """The first line."""
    from redbook.share.iscsi.chap import LEAST_SECRET_BYTES

    try:
        secret = file.read_bytes().partition(b"\n")[0].rstrip(b"\r")
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}") from error
    if len(secret) < LEAST_SECRET_BYTES:
        raise click.UsageError(
            f"the secret in {file} has {len(secret)} bytes; CHAP needs at least {LEAST_SECRET_BYTES}"
        )
    return secret


def _check_exposure(listen: Address, credentials: Credentials | None) -> None:
    """Other computers only with CHAP: whoever is let in may write on the discs."""
    import ipaddress
    import socket

    try:
        found = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise click.UsageError(f"--listen: {listen.host} cannot be resolved: {error.strerror}") from error
    addresses = {str(entry[4][0]).partition("%")[0] for entry in found}
    if credentials is None and not all(ipaddress.ip_address(text).is_loopback for text in addresses):
        raise click.UsageError(
            f"--listen {_text(listen)} lets other computers in, who may then write on the disc; "
            "give --chap USER and --chap-secret-file FILE, or listen on 127.0.0.1"
        )


def _check_target(discs: tuple[str, ...], name: str) -> None:
    from redbook.share.iscsi.target import MOST_UNITS, is_name

    if not is_name(name):
        raise click.UsageError(
            f"{name!r} is not a valid name for an iSCSI target; use one such as {DEFAULT_NAME}"
        )
    if len(discs) > MOST_UNITS:
        raise click.UsageError(f"{len(discs)} discs are given; a target has {MOST_UNITS} recorders at most")
    paths = [os.path.realpath(name.removeprefix(VIRTUAL)) for name in discs if name]
    for path in paths:
        if paths.count(path) > 1:
            raise click.UsageError(f"--disc {path} is given twice; a disc is in one recorder only")


# Signals


def _waited_for() -> set[signal.Signals]:
    """Ctrl-C, SIGTERM and SIGHUP, less those that this process was told to ignore (nohup)."""
    return {number for number in _STOPPING if signal.getsignal(number) != signal.SIG_IGN}


@contextmanager
def _signals_held() -> Iterator[None]:
    """Keep them for sigwait: in this thread, and in those that it starts."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _waited_for())
    try:
        yield
    finally:
        for number in signal.sigpending() & _waited_for():
            signal.sigwait({number})  # an impatient second one is no error
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _let_signals_kill() -> None:
    for number in _waited_for():
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _waited_for())
