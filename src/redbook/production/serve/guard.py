"""Who may ask what: every request passes here before anything else sees it.

    421  the Host header names none of this server's names: a page elsewhere has pointed its own name at this
         address
    403  a change without the session's key in our header, or from another origin: a page elsewhere sends it
         in the user's name. A cookie alone changes nothing, because a browser shows it to every port of a
         machine, and another user of this one may listen there
    401  no session: the token that `serve` printed was not shown yet

Sessions are in memory: a restart asks for the token again. A wrong token costs a second, one after the other.
If people chose the password, a guess is not even checked before earlier ones from its address:
whoever hangs up early gains nothing.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OUR_HEADER = "x-redbook"
LOGIN = "/login"
MOST_SESSIONS = 1000
MOST_GUESSES_AT_ONCE = 50
"""Guesses that wait their turn, from one address; more are rejected unseen."""

WRONG_TOKEN_SECONDS = 1.0

_SAFE = frozenset({"GET", "HEAD"})
_OPEN = frozenset({"/", "/page.js", "/page.css", "/healthz", LOGIN})
"""Nothing in these is anyone's secret; the page asks for the token itself."""

_OPEN_BELOW = "/blobs/sha256/"
"""Other machines fetch masters here: whoever knows the 64 digits of a digest may have that file."""


class TooManyGuesses(Exception):
    """Of one address, at once."""


class _Turn:
    """Guesses of one address, one after the other."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0


class Sessions:
    """Who has shown the token.

    token      what `serve` printed, or the password
    guessable  whether people chose it, so that it might be guessed
    """

    def __init__(self, token: str, *, guessable: bool = False) -> None:
        self._token = token.encode()
        self._guessable = guessable
        self._known: dict[str, str] = {}
        self._turns: dict[str, _Turn] = {}

    async def open(self, token: str, address: str = "") -> tuple[str, str] | None:
        """A new session and its key; None for a wrong token, after a second that nobody can share.

        address  of whoever asks
        raises   TooManyGuesses
        """
        if not self._guessable and self._is_right(token):
            return self._new()
        turn = self._turns.setdefault(address, _Turn())
        if turn.waiting >= MOST_GUESSES_AT_ONCE:
            raise TooManyGuesses
        turn.waiting += 1
        try:
            async with turn.lock:
                if self._guessable and self._is_right(token):
                    return self._new()
                await asyncio.sleep(WRONG_TOKEN_SECONDS)
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                self._turns.pop(address, None)
        return None

    def _is_right(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "replace"), self._token)

    def _new(self) -> tuple[str, str]:
        session, key = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._known[session] = key
        while len(self._known) > MOST_SESSIONS:
            del self._known[next(iter(self._known))]
        return session, key

    def is_key(self, session: str, key: str) -> bool:
        return hmac.compare_digest(self._known.get(session, "").encode(), key.encode()) and key != ""

    def close(self, session: str) -> None:
        self._known.pop(session, None)

    def is_open(self, session: str) -> bool:
        return session in self._known


class Guard:
    """An ASGI application around another one.

    names    this server's, with and without its port, as a Host header may have them
    cookie   the name of the session's cookie
    headers  added to every answer
    """

    def __init__(
        self, app: ASGIApp, names: Iterable[str], cookie: str, sessions: Sessions, headers: Mapping[str, str]
    ) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)
        self._cookie = cookie
        self._sessions = sessions
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # a WebSocket: there are none here

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self._headers]
            await send(message)

        refused = self._refused(scope)
        await (refused or self._app)(scope, receive, with_headers)

    def _refused(self, scope: Scope) -> ASGIApp | None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "").lower()
        if host not in self._names:
            return _answer(421, "this server does not go by that name; name it with --host-name")
        if scope["method"] not in _SAFE:
            if OUR_HEADER not in headers:
                return _answer(403, "a change needs the header X-Redbook")
            if not _same_origin(headers.get("origin", ""), scope["scheme"], host):
                return _answer(403, "a change must come from this server's own page")
        path: str = scope["path"]
        session = session_of(headers.get("cookie", ""), self._cookie)
        if path in _OPEN or (path.startswith(_OPEN_BELOW) and scope["method"] in _SAFE):
            return None
        if not self._sessions.is_open(session):
            return _answer(401, "show the token that redbook serve printed")
        if scope["method"] not in _SAFE and not self._sessions.is_key(session, headers[OUR_HEADER]):
            return _answer(403, "this page does not have the session's key: reload it, and sign in again")
        return None


def session_of(cookies: str, name: str) -> str:
    try:
        found = SimpleCookie(cookies).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _same_origin(origin: str, scheme: str, host: str) -> bool:
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return False
    return parts.scheme == scheme and parts.netloc == host


def _answer(status: int, text: str) -> ASGIApp:
    return JSONResponse({"error": text}, status_code=status)
