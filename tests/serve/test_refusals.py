"""What the server refuses, each by its own rule, and what it says to browsers with every answer."""

from __future__ import annotations

import asyncio
import shutil
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvicorn
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from redbook.errors import NoRoom, PlanError
from redbook.production.serve import app, guard, run, uploads
from redbook.production.serve.guard import Sessions
from redbook.production.serve.run import Settings, _token, host_names, split_listen
from redbook.production.serve.uploads import KEPT_FREE_BYTES, MOST_BYTES, Uploads
from tests.serve.conftest import ORIGIN, OURS, TOKEN, Shop
from tests.support.sound import noise, write_wav

READS = ["/api/state", "/api/events", "/api/orders/1", "/api/orders/1/report.csv"]
CHANGES = [
    ("PUT", f"/api/sources/{'0' * 16}"),
    ("DELETE", f"/api/sources/{'0' * 16}"),
    ("POST", "/api/plans"),
    ("POST", "/api/orders"),
    ("POST", "/api/orders/1/pause"),
    ("POST", "/api/attempts/1/resolve"),
    ("POST", "/api/drives/eject"),
    ("POST", "/logout"),
]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8377", "127.0.0.1:80", "", "127.0.0.1:8377.evil"]
)
def test_a_name_that_is_not_the_server_s_is_answered_421(shop: Shop, host: str) -> None:
    for path in ("/", "/api/state", f"/blobs/sha256/{'0' * 64}", "/healthz"):
        answer = shop.client.get(path, headers={"Host": host})
        assert answer.status_code == 421
    answer = shop.client.post("/login", json={"token": TOKEN}, headers={**OURS, "Host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize("path", READS)
def test_without_a_session_nothing_is_told(stranger: Shop, path: str) -> None:
    assert stranger.client.get(path).status_code == 401
    forged = {"Cookie": "redbook-8377=guess"}
    assert stranger.client.get(path, headers=forged).status_code == 401


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_without_a_session_nothing_is_changed(stranger: Shop, method: str, path: str) -> None:
    assert stranger.client.request(method, path, headers=OURS, content=b"{}").status_code == 401


@pytest.mark.parametrize(("method", "path"), [*CHANGES, ("POST", "/login")])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ORIGIN},  # what a form of another page can send
        {"X-Redbook": "1"},
        {"X-Redbook": "1", "Origin": "null"},
        {"X-Redbook": "1", "Origin": "http://evil.example"},
        {"X-Redbook": "1", "Origin": "https://127.0.0.1:8377"},
        {"X-Redbook": "1", "Origin": "http://127.0.0.1:8378"},
        {"X-Redbook": "1", "Origin": "http://localhost:8377"},
        {"X-Redbook": "1", "Origin": "http://127.0.0.1:8377@evil.example"},
        {"X-Redbook": "1", "Origin": "http://["},
    ],
)
def test_a_change_from_elsewhere_is_answered_403(
    shop: Shop, method: str, path: str, headers: dict[str, str]
) -> None:
    assert shop.client.request(method, path, headers=headers, content=b"{}").status_code == 403


def test_every_answer_tells_the_browser_what_it_may_do(shop: Shop) -> None:
    for path in ("/", "/page.js", "/api/state", "/api/orders/99", "/nothing", "/login"):
        headers = shop.client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert not [name for name in headers if name.startswith("access-control")]
    refused = shop.client.get("/", headers={"Host": "evil.example"}).headers
    assert "default-src 'self'" in refused["content-security-policy"]
    preflight = shop.client.options("/api/orders", headers={"Origin": "http://evil.example"})
    assert preflight.status_code == 403
    assert not [name for name in preflight.headers if name.startswith("access-control")]


def test_the_session_s_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: Shop) -> None:
    answer = stranger.client.post("/login", json={"token": TOKEN}, headers=OURS)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert stranger.client.get("/api/state").status_code == 200
    stranger.client.post("/logout", headers={**OURS, "X-Redbook": answer.json()["key"]})
    kept = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert stranger.client.get("/api/state", headers=kept).status_code == 401


@pytest.mark.parametrize("token", ["", "x", TOKEN + "x", TOKEN[:-1], 7, None, ["a"]])
def test_a_wrong_token_opens_nothing(stranger: Shop, token: object) -> None:
    answer = stranger.client.post("/login", json={"token": token}, headers=OURS)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_wrong_tokens_cost_their_time_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten guesses at once gain nothing over ten in a row; the right token need not wait behind them."""
    slept: list[float] = []
    at_once = [0, 0]
    turn = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        at_once[0] += 1
        at_once[1] = max(at_once)
        for _ in range(20):
            await turn(0)
        at_once[0] -= 1

    monkeypatch.setattr(guard, "WRONG_TOKEN_SECONDS", 1.0)
    monkeypatch.setattr(guard.asyncio, "sleep", sleep)

    async def guess() -> bool:
        sessions = Sessions(TOKEN)
        guesses = [asyncio.create_task(sessions.open(f"guess {n}")) for n in range(10)]
        await turn(0)
        right = await sessions.open(TOKEN) is not None and not any(task.done() for task in guesses)
        assert await asyncio.gather(*guesses) == [None] * 10
        return right

    assert asyncio.run(guess())
    assert slept == [1.0] * 10
    assert at_once[1] == 1


def test_guesses_of_a_password_wait_their_turn_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who hangs up early, or asks many times at once, has no more guesses than who waits. Another address is
    not kept waiting.
    """
    turns: list[str] = []
    turn = asyncio.sleep

    async def sleep(seconds: float) -> None:
        turns.append("wrong")
        await turn(0)

    monkeypatch.setattr(guard.asyncio, "sleep", sleep)

    async def guess() -> None:
        sessions = Sessions(TOKEN, guessable=True)
        guesses = [asyncio.create_task(sessions.open(f"guess {n}", "192.0.2.7")) for n in range(10)]
        await turn(0)
        right = asyncio.create_task(sessions.open(TOKEN, "192.0.2.7"))
        assert await sessions.open(TOKEN, "192.0.2.8") is not None
        assert len(turns) < 10
        assert not right.done()
        assert await right is not None
        assert turns == ["wrong"] * 10
        assert await asyncio.gather(*guesses) == [None] * 10
        assert sessions._turns == {}
        many = [asyncio.create_task(sessions.open("x", "192.0.2.7")) for _ in range(60)]
        outcomes = await asyncio.gather(*many, return_exceptions=True)
        assert sum(isinstance(one, guard.TooManyGuesses) for one in outcomes) == 10

    asyncio.run(guess())


def test_a_cookie_alone_changes_nothing(shop: Shop) -> None:
    """A browser shows it to every port of a machine: whoever else listens on one has it."""
    stolen = dict(shop.client.cookies)
    assert stolen
    for key in ("1", "", "login", next(iter(stolen.values()))):
        answer = shop.client.post(
            "/api/drives/eject", json={"drive": "x"}, headers={**OURS, "X-Redbook": key}
        )
        assert answer.status_code == 403
        assert "key" in answer.json()["error"]
    assert shop.client.post("/api/drives/eject", json={"drive": "x"}, headers=OURS).status_code == 404


def test_a_body_that_does_not_come_is_given_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "SLOW_SECONDS", 0.05)

    async def slow() -> tuple[str, int]:
        never = asyncio.Event()

        async def receive() -> Message:
            await never.wait()
            raise AssertionError

        scope = {"type": "http", "method": "PUT", "path": "/", "headers": [], "query_string": b""}
        try:
            async for _ in app.pieces_of(Request(scope, receive)):
                pass
        except HTTPException as error:
            return error.detail, error.status_code
        raise AssertionError

    assert asyncio.run(slow())[1] == 408


def test_a_connection_without_a_request_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one whose second request comes a letter at a time; an answer that takes longer is waited for."""
    monkeypatch.setattr(run, "REQUEST_SECONDS", 0.3)

    async def slow_app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            await asyncio.sleep(1.0)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def connections() -> tuple[bytes, bytes, bytes]:
        server = uvicorn.Server(
            uvicorn.Config(slow_app, http=run.Patient, port=0, lifespan="off", log_level="critical")
        )
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]

        async def one(*sent: bytes) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for piece in sent:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.1)
            got = await asyncio.wait_for(reader.read(), 30)  # until the server closes it
            writer.close()
            return got

        get = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
        answers = await asyncio.gather(one(), one(get % b"", b"G"), one(get % b"slow"))
        server.should_exit = True
        await serving
        return answers

    silent, dripping, patient = asyncio.run(connections())
    assert silent == b""
    assert dripping.count(b"204") == 1
    assert patient.count(b"204") == 1


def test_a_login_is_short(stranger: Shop) -> None:
    answer = stranger.client.post("/login", content=b" " * 10_001, headers=OURS)
    assert answer.status_code == 413


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "\x1b[31m", "tab\there"])
def test_a_text_has_no_control_characters_and_no_half_ones(shop: Shop, songs: list[Path], text: str) -> None:
    """Neither databases nor terminals take them; one that came from a paste is a blank."""
    shop.send("1" * 16, songs[0])
    disc = shop.post("/api/plans", title=text, tracks=[{"source": "1" * 16, "title": text}])
    assert disc.status_code == 200, disc.text
    made = shop.post("/api/orders", master=disc.json()["master"], count=1, title=text)
    assert made.status_code == 201, made.text
    assert made.json()["title"].isprintable()
    assert shop.post("/login", token=text).status_code == 401


def test_a_name_is_decoded_once(shop: Shop, songs: list[Path]) -> None:
    assert shop.send("1" * 16, songs[0], "100%25 sure.wav").json()["name"] == "100%25 sure.wav"


def test_a_name_that_is_no_unicode_breaks_neither_state_nor_events(shop: Shop) -> None:
    shop.desk.hub.put("anything:/dev/\udcff", {"name": "/dev/\udcff"})
    assert shop.client.get("/api/state").json()["anything:/dev/\udcff"] == {"name": "/dev/\udcff"}

    async def first() -> str:
        async for event in shop.desk.hub.stream(""):
            return event
        raise AssertionError

    assert asyncio.run(first()).encode().count(b"udcff") == 2


def test_of_a_master_s_file_one_part_is_sent_at_a_time(shop: Shop, songs: list[Path]) -> None:
    shop.send("1" * 16, songs[0])
    master = shop.post("/api/plans", tracks=[{"source": "1" * 16}]).json()
    path = f"/blobs/sha256/{master['tracks'][0]['sha256']}"
    whole = shop.client.get(path).content
    parts = ",".join(f"{n}-{n}" for n in range(0, 1000, 2))
    answer = shop.client.get(path, headers={"Range": f"bytes={parts}"})
    assert (answer.status_code, len(answer.content)) == (200, len(whole))
    for wrong in ("bytes=5-2", "bytes=-", "bytes=x-y", "bytes=999999999-", "lines=1-2"):
        assert shop.client.get(path, headers={"Range": wrong}).status_code in (200, 400, 416)


def test_a_master_is_named_by_its_digest_and_by_no_path(
    shop: Shop, songs: list[Path], tmp_path: Path
) -> None:
    """Also where a path would lead to a master."""
    from redbook.production.master import make_master

    make_master(songs[0], tmp_path / "elsewhere")
    answer = shop.post("/api/orders", master="../../elsewhere", count=1)
    assert answer.status_code == 422
    assert shop.ledger.orders() == []


def test_what_is_kept_is_not_every_user_s(shop: Shop, songs: list[Path]) -> None:
    shop.send("1" * 16, songs[0])
    for folder in (shop.home.folder, shop.home.folder / "sent"):
        assert folder.stat().st_mode & 0o077 == 0


def test_an_upload_says_how_long_it_is(shop: Shop) -> None:
    def pieces():  # type: ignore[no-untyped-def]
        yield b"RIFF"

    answer = shop.client.put(f"/api/sources/{'1' * 16}", content=pieces(), headers=OURS)
    assert answer.status_code == 411


def test_an_upload_that_is_too_large_is_refused_before_it_comes(shop: Shop) -> None:
    headers = {**OURS, "Content-Length": str(MOST_BYTES + 1)}
    answer = shop.client.put(f"/api/sources/{'1' * 16}", content=b"", headers=headers)
    assert answer.status_code == 413
    assert "900,000,000" in answer.json()["error"]


def test_an_upload_that_would_fill_the_disk_is_refused(
    shop: Shop, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "KEPT_FREE_BYTES", 10**18)
    answer = shop.send("1" * 16, songs[0])
    assert answer.status_code == 507
    assert "stay free" in answer.json()["error"]


def test_for_an_upload_the_audio_of_finished_orders_makes_room(
    shop: Shop, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = shop.home.keep_master(songs[1]).name
    monkeypatch.setattr(
        shutil,
        "disk_usage",
        lambda path: SimpleNamespace(free=10**10 if shop.home.audio(kept) is None else KEPT_FREE_BYTES),
    )
    shop.ledger.pause(shop.ledger.add_order(kept, 1).id)
    assert shop.send("1" * 16, songs[0]).status_code == 507
    shop.ledger.cancel(1)
    assert shop.send("1" * 16, songs[0]).status_code == 201


def test_a_file_whose_page_was_shut_makes_room_for_the_next(
    shop: Shop, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shop.send("1" * 16, songs[0]).status_code == 201
    left = next((shop.home.folder / "sent").iterdir())
    monkeypatch.setattr(uploads, "KEPT_SECONDS", -1.0)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: SimpleNamespace(free=KEPT_FREE_BYTES if left.exists() else 10**10)
    )
    assert shop.send("2" * 16, songs[0]).status_code == 201


def test_what_is_no_sound_is_refused_and_not_kept(shop: Shop, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    write_wav(secret, noise(44100, 1))
    for text in ("hello", f"#EXTM3U\n{secret}\n", f"ffconcat version 1.0\nfile {secret}\n"):
        (tmp_path / "x.flac").write_text(text)
        answer = shop.send("1" * 16, tmp_path / "x.flac")
        assert answer.status_code == 422
        assert "x.flac" in answer.json()["error"]
    assert list((shop.home.folder / "sent").iterdir()) == []


@pytest.mark.parametrize("id_", ["1", "g" * 16, "A" * 16, "1" * 17, "..%2f..%2fetc"])
def test_an_id_that_is_none_makes_no_path(shop: Shop, songs: list[Path], id_: str) -> None:
    assert shop.send(id_, songs[0]).status_code in (404, 422)
    assert list((shop.home.folder / "sent").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\x.wav", "a\nb\x1b[31m.wav", "x" * 5000, "", "ö/"]
)
def test_a_name_is_a_label_and_no_path(shop: Shop, songs: list[Path], name: str) -> None:
    answer = shop.send("1" * 16, songs[0], name)
    assert answer.status_code == 201
    label = answer.json()["name"]
    assert label.isprintable()
    assert 0 < len(label) <= 200
    assert "/" not in label
    assert [path.name for path in (shop.home.folder / "sent").iterdir()] == ["1" * 16]


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path, songs: list[Path]) -> None:
    async def breaks_off():  # type: ignore[no-untyped-def]
        yield songs[0].read_bytes()[:10_000]
        raise ClientDisconnect

    async def too_much():  # type: ignore[no-untyped-def]
        yield b"x" * 100
        yield b"x" * 100

    taking = Uploads(tmp_path / "sent")
    with pytest.raises(ClientDisconnect):
        asyncio.run(taking.take("1" * 16, "a.wav", songs[0].stat().st_size, breaks_off()))
    with pytest.raises(ValueError, match="more data arrived"):
        asyncio.run(taking.take("1" * 16, "a.wav", 150, too_much()))
    with pytest.raises(ValueError, match="200 of 300"):
        asyncio.run(taking.take("1" * 16, "a.wav", 300, too_much()))
    assert list((tmp_path / "sent").iterdir()) == []
    assert taking._promised == 0


def test_a_large_file_takes_no_memory(tmp_path: Path) -> None:
    """60 MB pass through; what is held of them is a piece at a time."""
    megabyte, count = bytes(1_000_000), 60
    write_wav(tmp_path / "head.wav", noise(4, 1))
    head = bytearray((tmp_path / "head.wav").read_bytes()[:44])
    head[4:8], head[40:44] = (36 + count * 10**6).to_bytes(4, "little"), (count * 10**6).to_bytes(4, "little")

    async def pieces():  # type: ignore[no-untyped-def]
        yield bytes(head)
        for _ in range(count):
            yield megabyte

    taking = Uploads(tmp_path / "sent")
    asyncio.run(taking.take("0" * 16, "first.wav", 44 + 10**6, short()))  # what is imported is not counted
    tracemalloc.start()
    try:
        upload = asyncio.run(taking.take("1" * 16, "a.wav", 44 + count * 10**6, pieces()))
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    assert upload.path.stat().st_size == 44 + count * 10**6


async def short():  # type: ignore[no-untyped-def]
    head = b"RIFF" + (36 + 10**6).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\x01\0\x02\0"
    head += (44_100).to_bytes(4, "little") + (176_400).to_bytes(4, "little") + b"\x04\0\x10\0data"
    yield head + (10**6).to_bytes(4, "little") + bytes(10**6)


def test_a_full_disk_while_something_is_sent_is_told_as_that(tmp_path: Path, songs: list[Path]) -> None:
    taking = Uploads(tmp_path / "sent")
    (tmp_path / "sent" / ("1" * 16 + ".part")).write_text("another process's")

    async def pieces():  # type: ignore[no-untyped-def]
        yield b""

    with pytest.raises(NoRoom, match="cannot be stored"):
        asyncio.run(taking.take("1" * 16, "a.wav", 10, pieces()))


@pytest.mark.parametrize(
    "body", [b"[]", b"7", b"{", b"\xff", b"[" * 100_000, b'{"tracks": 7}', b'{"tracks": [7]}']
)
def test_what_is_no_sense_is_answered_422(shop: Shop, body: bytes) -> None:
    answer = shop.client.post("/api/plans", content=body, headers=OURS)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_more_than_is_ever_said_is_not_read(shop: Shop) -> None:
    assert shop.client.post("/api/plans", content=b"x" * 1_000_001, headers=OURS).status_code == 413


@pytest.mark.parametrize(
    "asked",
    [
        {"count": 0},
        {"count": 1_000_001},
        {"count": "3"},
        {"count": True},
        {"drives": "d1"},
        {"drives": [7]},
        {"speed": "fast"},
        {"speed": -1},
        {"title": 7},
        {"title": "x" * 1001},
        {"master": "0" * 64},
        {"master": "../../etc"},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(shop: Shop, asked: dict[str, object]) -> None:
    answer = shop.post("/api/orders", **{"master": "0" * 64, "count": 1, **asked})
    assert answer.status_code == 422
    assert shop.ledger.orders() == []


@pytest.mark.parametrize("digest", ["0" * 64, "0" * 63, "..%2f..%2fmaster.json", "%00" * 3, "A" * 64])
def test_a_blob_that_is_not_there_is_404(stranger: Shop, digest: str) -> None:
    assert stranger.client.get(f"/blobs/sha256/{digest}").status_code == 404


def test_what_is_not_there_is_404(shop: Shop) -> None:
    assert shop.client.get("/api/orders/99").status_code == 404
    assert shop.post("/api/orders/99/pause").status_code == 404
    assert shop.post("/api/orders/1/explode").status_code == 404
    assert shop.post("/api/drives/eject", drive="/etc/passwd").status_code == 404
    assert shop.post("/api/drives/explode", drive="x").status_code == 404
    assert shop.post("/api/attempts/99/resolve", **{"as": "good", "who": "Anna"}).status_code == 404
    assert shop.client.delete(f"/api/sources/{'1' * 16}", headers=OURS).status_code == 404


# What `redbook serve` refuses before it listens


def test_an_address_that_others_reach_needs_a_password_and_tls(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse\n")
    secret.chmod(0o644)
    with pytest.raises(PlanError, match="every user of this machine can read"):
        _token(Settings(password_file=secret, insecure=True), "192.0.2.1")
    secret.chmod(0o600)
    with pytest.raises(PlanError, match="--password-file"):
        _token(Settings(), "192.0.2.1")
    with pytest.raises(PlanError, match="--insecure"):
        _token(Settings(password_file=secret), "192.0.2.1")
    assert _token(Settings(password_file=secret, insecure=True), "192.0.2.1") == "correct horse"
    with pytest.raises(PlanError, match="--host-name"):
        _token(Settings(password_file=secret, insecure=True), "0.0.0.0")
    assert _token(Settings(password_file=secret, insecure=True, host_names=["desk"]), "0.0.0.0")
    with pytest.raises(PlanError, match="its key"):
        _token(Settings(tls_cert=secret), "127.0.0.1")
    secret.write_text("short")
    with pytest.raises(PlanError, match="too short"):
        _token(Settings(password_file=secret), "127.0.0.1")
    with pytest.raises(PlanError, match="cannot be read"):
        _token(Settings(password_file=tmp_path / "missing"), "127.0.0.1")
    assert len(_token(Settings(), "127.0.0.1")) >= 32
    assert _token(Settings(), "127.0.0.1") != _token(Settings(), "127.0.0.1")


def test_addresses_and_names() -> None:
    assert split_listen("[::1]:80") == ("::1", 80)
    for wrong in ("", "8377", "localhost:8377", "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1"):
        with pytest.raises(PlanError, match="not an address"):
            split_listen(wrong)
    assert "192.0.2.1:80" in host_names("192.0.2.1", 80, [])
    assert host_names("0.0.0.0", 80, ["Desk.Local"]) == ["desk.local", "desk.local:80"]
    assert "localhost" not in host_names("192.0.2.1", 80, [])
    assert "[::1]:80" in host_names("::1", 80, [])
