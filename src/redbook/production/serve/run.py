"""The page's server: an address, a token, a worker; it runs until a signal, and then ends cleanly.

The first signal (Ctrl-C, SIGTERM) begins no further copy, and waits for what is under way; in the meantime
the page keeps running. A second one ends that cleanly, which costs its discs. Only then does the server end.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import secrets
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from redbook.errors import PlanError, RedbookError, printable
from redbook.production.home import Home
from redbook.production.ledger import open_ledger
from redbook.production.pool import Pool
from redbook.records import dataclass

try:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    from redbook.production.serve.app import Api, application
    from redbook.production.serve.guard import Sessions
except ImportError as missing:
    raise RedbookError(
        "the page needs starlette and uvicorn, which are not installed: "
        f"pip install 'redbook[serve]' ({missing})"
    ) from missing

from redbook.production.serve.desk import Desk
from redbook.production.serve.hub import Hub
from redbook.production.serve.uploads import Uploads
from redbook.production.station import WorkerRunning, alone

DEFAULT_PORT = 8377
GRACE_SECONDS = 3
"""How long answers under way may take when the server ends."""

REQUEST_SECONDS = 20.0
"""How long a request may take to arrive, apart from its body (`app.SLOW_SECONDS`)."""

SHORTEST_PASSWORD = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """What `redbook serve` is told.

    listen         address:port; port 0 for any free one
    host_names     by which others reach this server, besides the address itself
    ledger         a file or postgresql://...; empty for the user's own
    drives         as for `redbook copies`; None for none at all
    host           this machine's name in a ledger that several share; empty if it is the only one
    """

    listen: str = f"127.0.0.1:{DEFAULT_PORT}"
    host_names: Sequence[str] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    password_file: Path | None = None
    insecure: bool = False
    ledger: str = ""
    spool: Path | None = None
    drives: Sequence[str] | None = ()
    host: str = ""


class _Server(uvicorn.Server):
    """Signals are ours: what is under way on drives comes first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Patient(H11Protocol):
    """A connection that is closed when it sends no request: whoever opens thousands would use up all the
    files that this process may open, and the worker needs some for each burn.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(REQUEST_SECONDS, self._look, self.cycle)

    def _look(self, before: object) -> None:
        if self.transport.is_closing():
            return
        waits = self.cycle is None or self.cycle.response_complete  # not for us: an answer may take its time
        if waits and self.cycle is before:
            self.transport.close()
        else:
            self.loop.call_later(REQUEST_SECONDS, self._look, self.cycle)


def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve the page until a signal.  say: is called with the address, and with what happens at the end

    raises  PlanError  for settings that contradict each other
            LedgerError, DriveError, NoRoom
    """
    address, port = split_listen(settings.listen)
    token = _token(settings, address)
    tls = settings.tls_cert is not None
    home = Home.of_user() if settings.spool is None else Home(settings.spool)
    sock = _bind(address, port)
    with contextlib.ExitStack() as stack:
        stack.callback(sock.close)
        port = sock.getsockname()[1]
        try:
            stack.enter_context(alone(home.folder / "serve.lock"))
        except WorkerRunning:
            raise PlanError(
                f"another redbook serve is already using {printable(home.folder)}; end it, or name another "
                "folder (--spool)"
            ) from None
        ledger = stack.enter_context(open_ledger(settings.ledger) if settings.ledger else home.ledger())
        pool = Pool(settings.drives) if settings.drives is not None else None
        hub = Hub()
        desk = Desk(home, ledger, settings.host, pool, hub, Uploads(home.folder / "sent"))
        cookie = f"redbook-{port}"
        sessions = Sessions(token, guessable=settings.password_file is not None)
        names = host_names(address, port, settings.host_names)
        app = application(Api(desk, home, sessions, cookie, tls), names, sessions, cookie, tls=tls)
        config = uvicorn.Config(
            app,
            http=Patient,
            log_level="warning",
            lifespan="off",
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=GRACE_SECONDS,
            ssl_certfile=settings.tls_cert,
            ssl_keyfile=settings.tls_key,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise PlanError(f"the certificate or its key cannot be used: {error}") from error
        server = _Server(config)
        obey_signals(desk)
        desk.when_stopping = lambda: say(
            "no more copies are started; discs under way are finished (Ctrl-C again ends these, too)"
        )

        def ends_with_the_worker() -> None:
            desk.join()
            hub.close()
            server.should_exit = True

        desk.start()
        threading.Thread(target=ends_with_the_worker, name="redbook-end", daemon=True).start()
        shown = f"[{address}]" if ":" in address else address
        fragment = "" if settings.password_file else f"#{token}"
        say(f"{'https' if tls else 'http'}://{shown}:{port}/{fragment}")
        asyncio.run(server.serve(sockets=[sock]))


def obey_signals(desk: Desk) -> None:
    """A handler may interrupt anything, also a print or another one: it only notes the request
    (`Desk.stop`).
    """
    heard = []

    def stop(number: int, frame: object) -> None:
        heard.append(number)
        desk.stop(at_once=len(heard) > 1)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def readable_by_all(path: Path) -> bool:
    """Where a system has no such rights, nothing is readable by all."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o004)


def split_listen(listen: str) -> tuple[str, int]:
    """The IP address and the port (0 .. 65535) in text such as 127.0.0.1:8000 or [::1]:8000.

    raises  PlanError  for anything else
    """
    address, _, port = listen.rpartition(":")
    address = address.strip("[]")
    try:
        ipaddress.ip_address(address)
        if not 0 <= int(port) <= 65535:
            raise ValueError
    except ValueError:
        raise PlanError(
            f"{printable(listen)} is not an address to listen on: use one such as 127.0.0.1:{DEFAULT_PORT}"
        ) from None
    return address, int(port)


def host_names(address: str, port: int, others: Sequence[str]) -> list[str]:
    """What a Host header may be, with and without the port."""
    parsed = ipaddress.ip_address(address)
    names = [*others]
    if parsed.is_loopback:
        names += ["localhost", "127.0.0.1", "[::1]"]
    if not parsed.is_unspecified:
        names.append(f"[{address}]" if parsed.version == 6 else address)
    return [name.lower() for one in dict.fromkeys(names) for name in (one, f"{one}:{port}")]


def _token(settings: Settings, address: str) -> str:
    """raises  PlanError"""
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise PlanError("a certificate needs its key, and a key its certificate (--tls-cert, --tls-key)")
    if not ipaddress.ip_address(address).is_loopback:
        if settings.password_file is None:
            raise PlanError(
                f"others can reach {address}: name a file with a password for them (--password-file), "
                "or listen on 127.0.0.1"
            )
        if settings.tls_cert is None and not settings.insecure:
            raise PlanError(
                f"others can reach {address}, and could read the password on the way: give a certificate "
                "(--tls-cert, --tls-key), or state that this network is safe (--insecure)"
            )
        if ipaddress.ip_address(address).is_unspecified and not settings.host_names:
            raise PlanError(f"give the name by which others reach this server at {address} (--host-name)")
    if settings.password_file is None:
        return secrets.token_urlsafe(24)
    try:
        password = settings.password_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{printable(settings.password_file)} cannot be read: {error}") from error
    if readable_by_all(settings.password_file):
        raise PlanError(
            f"every user of this machine can read {printable(settings.password_file)}: chmod 600 it"
        )
    if len(password) < SHORTEST_PASSWORD:
        raise PlanError(
            f"the password in {printable(settings.password_file)} is too short: {SHORTEST_PASSWORD} "
            "characters at least"
        )
    return password


def _bind(address: str, port: int) -> socket.socket:
    """raises  PlanError"""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((address, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        raise PlanError(
            f"cannot listen on {address}:{port}: {error.strerror}; choose another --listen, or end the "
            f"program that uses it"
        ) from error
    return sock
