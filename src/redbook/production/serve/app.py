"""The routes: JSON in and out, server-sent events, files up and down. `desk` does the work."""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import starlette.responses
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from redbook.errors import (
    AudioError,
    DriveBusy,
    DriveError,
    LedgerError,
    LedgerUnavailable,
    NoRoom,
    NotInLedger,
    PlanError,
    RedbookError,
    StepRefused,
)
from redbook.production.order_book import MOST_COPIES
from redbook.production.serve.desk import Desk, WantedTrack
from redbook.production.serve.guard import Guard, Sessions, TooManyGuesses, session_of
from redbook.production.serve.uploads import NoSuchFile, TooLarge
from redbook.production.states import AttemptState
from redbook.records import dataclass
from redbook.runner.cancel import Cancel
from redbook.sheets.master_file import MASTER_FILE, blob_path

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from redbook.production.home import Home

MOST_JSON_BYTES = 1_000_000
MOST_LOGIN_BYTES = 10_000
SLOW_SECONDS = 60.0
"""If nothing of a request's body arrives for this long, it is given up."""

_DIGEST = re.compile(r"[0-9a-f]{64}")

STATUS: list[tuple[type[Exception], int]] = [
    (NoSuchFile, 404),
    (NotInLedger, 404),
    (TooLarge, 413),
    (NoRoom, 507),
    (StepRefused, 409),
    (DriveBusy, 409),
    (LedgerUnavailable, 503),
    (LedgerError, 500),
    (AudioError, 422),
    (PlanError, 422),
    (ValueError, 422),
    (DriveError, 502),
    (RedbookError, 500),
]
"""The first that fits; what is not here is a bug, and 500."""


class JSONResponse(starlette.responses.JSONResponse):
    """In ASCII: a name of a file need not be Unicode, and half a character must not break an answer."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":"), allow_nan=False).encode("ascii")


@dataclass(frozen=True, slots=True)
class Pages:
    """The page as files; read once."""

    html: bytes
    script: bytes
    style: bytes

    @classmethod
    def read(cls) -> Pages:
        folder = files("redbook.production.serve") / "page"
        return cls(*((folder / name).read_bytes() for name in ("index.html", "page.js", "page.css")))


class Api:
    """See the module.

    secure  whether the session's cookie is for TLS only
    """

    def __init__(self, desk: Desk, home: Home, sessions: Sessions, cookie: str, secure: bool) -> None:
        self._desk = desk
        self._home = home
        self._sessions = sessions
        self._cookie = cookie
        self._secure = secure
        self._pages = Pages.read()

    # The page and who may see it

    async def page(self, request: Request) -> Response:
        return Response(self._pages.html, media_type="text/html; charset=utf-8")

    async def script(self, request: Request) -> Response:
        return Response(self._pages.script, media_type="text/javascript; charset=utf-8")

    async def style(self, request: Request) -> Response:
        return Response(self._pages.style, media_type="text/css; charset=utf-8")

    async def health(self, request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def login(self, request: Request) -> Response:
        token = (await body_of(request, MOST_LOGIN_BYTES)).get("token")
        address = request.client.host if request.client is not None else ""
        try:
            opened = await self._sessions.open(token if isinstance(token, str) else "", address)
        except TooManyGuesses:
            return JSONResponse(
                {"error": "too many wrong tokens at once: wait a minute, then try again"}, 429
            )
        if opened is None:
            text = "this is not the token that redbook serve printed, nor the password"
            return JSONResponse({"error": text}, 401)
        session, key = opened
        answer = JSONResponse({"key": key})
        answer.set_cookie(
            self._cookie, session, httponly=True, samesite="strict", secure=self._secure, path="/"
        )
        return answer

    async def logout(self, request: Request) -> Response:
        self._sessions.close(session_of(request.headers.get("cookie", ""), self._cookie))
        answer = JSONResponse({"ok": True})
        answer.delete_cookie(self._cookie, path="/")
        return answer

    # What there is

    async def state(self, request: Request) -> Response:
        return JSONResponse(self._desk.hub.everything())

    async def events(self, request: Request) -> Response:
        known = request.headers.get("last-event-id", "")
        return StreamingResponse(self._desk.hub.stream(known), media_type="text/event-stream")

    # Files and discs

    async def put_source(self, request: Request) -> Response:
        stated = request.headers.get("content-length", "")
        if not stated.isdigit():
            raise HTTPException(411, "say how long the file is (Content-Length)")
        name = request.query_params.get("name", "")
        try:
            upload = await self._desk.uploads.take(
                request.path_params["id"], name, int(stated), pieces_of(request)
            )
        except ClientDisconnect:
            return Response(status_code=400)  # nobody hears it; the part is gone
        return JSONResponse(upload.as_json(), 201)

    async def delete_source(self, request: Request) -> Response:
        self._desk.uploads.drop(request.path_params["id"])
        return Response(status_code=204)

    async def plan(self, request: Request) -> Response:
        asked = await body_of(request)
        tracks = asked.get("tracks")
        if not isinstance(tracks, list) or not all(isinstance(track, dict) for track in tracks):
            raise ValueError("tracks must be a list of objects")
        wanted = [WantedTrack(*(text_in(t, key) for key in ("source", "title", "artist"))) for t in tracks]
        cancel = Cancel()
        title, artist = text_in(asked, "title"), text_in(asked, "artist")
        work = asyncio.create_task(asyncio.to_thread(self._desk.plan, title, artist, wanted, cancel))
        try:
            return JSONResponse(await asyncio.shield(work))
        except asyncio.CancelledError:
            cancel()
            raise

    async def order(self, request: Request) -> Response:
        asked = await body_of(request)
        drives = asked.get("drives", [])
        if not isinstance(drives, list) or not all(isinstance(name, str) for name in drives):
            raise ValueError("drives must be a list of names")
        count, speed = asked.get("count"), asked.get("speed")
        if type(count) is not int or not 1 <= count <= MOST_COPIES:
            raise ValueError(f"from 1 to {MOST_COPIES:,} copies can be ordered")
        if speed is not None and (not isinstance(speed, int | float) or not 0 < speed <= 100):
            raise ValueError("speed must be a multiple of 1x, or null for the recommended one")
        master = text_in(asked, "master")
        if not _DIGEST.fullmatch(master):
            raise ValueError("a master's name must have 64 hexadecimal digits")
        made = await asyncio.to_thread(
            self._desk.order,
            master,
            count,
            title=text_in(asked, "title"),
            drives=drives,
            speed=speed,
            quick=asked.get("quick") is True,
        )
        return JSONResponse(made, 201)

    async def report(self, request: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(self._desk.report, request.path_params["order"]))

    async def report_csv(self, request: Request) -> Response:
        order = request.path_params["order"]
        text = await asyncio.to_thread(self._desk.report_csv, order)
        headers = {"Content-Disposition": f'attachment; filename="redbook-order-{order}.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    async def act(self, request: Request) -> Response:
        asked = await body_of(request)
        order, act = request.path_params["order"], request.path_params["act"]
        if act not in ("pause", "resume", "cancel"):
            raise HTTPException(404)
        await asyncio.to_thread(self._desk.set_order, order, act, at_once=asked.get("now") is True)
        return JSONResponse({"ok": True})

    async def resolve(self, request: Request) -> Response:
        asked = await body_of(request)
        to = text_in(asked, "as")
        if to not in ("good", "spoiled", "lost"):
            raise ValueError("as must be good, spoiled or lost")
        await asyncio.to_thread(
            self._desk.resolve, request.path_params["attempt"], AttemptState(to), text_in(asked, "who")
        )
        return JSONResponse({"ok": True})

    async def drive(self, request: Request) -> Response:
        asked = await body_of(request)
        acts: dict[str, Callable[[str], object]] = {
            "eject": self._desk.eject,
            "examine": self._desk.examine,
            "doctor": self._desk.doctor,
        }
        host = asked.get("host")
        if host is not None and not isinstance(host, str):
            raise ValueError("host must be a name")
        acts["resume"] = lambda name: self._desk.resume_drive(name, host)
        act = acts.get(request.path_params["act"])
        if act is None:
            raise HTTPException(404)
        return JSONResponse(await asyncio.to_thread(act, text_in(asked, "drive", raw=True)) or {"ok": True})

    async def blob(self, request: Request) -> Response:
        """A master's file by its digest, also in parts (Range)."""
        digest = request.path_params["digest"]
        found = await asyncio.to_thread(self._find, digest) if _DIGEST.fullmatch(digest) else None
        if found is None:
            raise HTTPException(404)
        if "," in request.headers.get("range", ""):
            # Of several parts at once nobody has need, and a thousand of them would be work: all of it.
            request.scope["headers"] = [(k, v) for k, v in request.scope["headers"] if k != b"range"]
        return FileResponse(found, media_type="application/octet-stream")

    def _find(self, digest: str) -> str | None:
        named = self._home.master(digest)
        if named is not None:
            return str(named / MASTER_FILE)
        for name in self._home.master_names():
            folder = self._home.master(name)
            path = blob_path(folder, digest) if folder is not None else None
            if path is not None:
                return str(path)
        return None

    def routes(self) -> list[Route]:
        def changes(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
            return Route(path, endpoint, methods=["POST"])

        return [
            Route("/", self.page),
            Route("/page.js", self.script),
            Route("/page.css", self.style),
            Route("/healthz", self.health),
            changes("/login", self.login),
            changes("/logout", self.logout),
            Route("/api/state", self.state),
            Route("/api/events", self.events),
            Route("/api/sources/{id}", self.put_source, methods=["PUT"]),
            Route("/api/sources/{id}", self.delete_source, methods=["DELETE"]),
            changes("/api/plans", self.plan),
            changes("/api/orders", self.order),
            Route("/api/orders/{order:int}", self.report),
            Route("/api/orders/{order:int}/report.csv", self.report_csv),
            changes("/api/orders/{order:int}/{act}", self.act),
            changes("/api/attempts/{attempt:int}/resolve", self.resolve),
            changes("/api/drives/{act}", self.drive),
            Route("/blobs/sha256/{digest}", self.blob),
        ]


def application(api: Api, names: list[str], sessions: Sessions, cookie: str, *, tls: bool) -> ASGIApp:
    """Everything, behind its guard.  names: what a Host header may be"""
    handlers: Mapping[Any, Any] = {
        HTTPException: _http_error,
        **{kind: _error for kind, _ in STATUS},
        Exception: _bug,
    }
    return Guard(
        Starlette(routes=api.routes(), exception_handlers=handlers),
        names,
        cookie,
        sessions,
        security_headers(tls),
    )


def security_headers(tls: bool) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'self'; "
        "frame-ancestors 'none'; object-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if tls:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


async def _http_error(request: Request, error: HTTPException) -> Response:
    return JSONResponse({"error": error.detail}, error.status_code)


async def _error(request: Request, error: Exception) -> Response:
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    return JSONResponse({"error": str(error), "kind": type(error).__name__}, status)


async def _bug(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": f"redbook has a fault here: {type(error).__name__}: {error}"}, 500)


async def body_of(request: Request, most: int = MOST_JSON_BYTES) -> dict[str, Any]:
    """The JSON object in the body of a request, of `most` bytes at most; {} for an empty body.

    raises  ValueError     for anything but a JSON object
            HTTPException  413 for too many bytes, 408 if nothing arrives for a while
    """
    data = bytearray()
    async for piece in pieces_of(request):
        data += piece
        if len(data) > most:
            raise HTTPException(413, "this request is too long")
    try:
        value = json.loads(data or b"{}")
    except (ValueError, RecursionError) as error:
        raise ValueError("this is not JSON") from error
    if not isinstance(value, dict):
        raise ValueError("this is not a JSON object")
    return value


def text_in(value: Mapping[str, Any], key: str, *, raw: bool = False) -> str:
    """raw: a name, which is only compared.  raises  ValueError"""
    found = value.get(key, "")
    if not isinstance(found, str) or len(found) > 1000:
        raise ValueError(f"{key} must be a text of at most 1000 characters")
    if raw:
        return found
    # No control characters, no halves of characters: databases and terminals take neither.
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in found)


async def pieces_of(request: Request) -> AsyncIterator[bytes]:
    """The body of a request, piece by piece as it comes.

    raises  HTTPException  408 if nothing arrives for a while
    """
    stream = request.stream()
    while True:
        try:
            piece = await asyncio.wait_for(anext(stream), SLOW_SECONDS)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise HTTPException(408, f"nothing arrived for {SLOW_SECONDS:g} seconds: send it again") from None
        yield piece
