"""The page's server in this process: a rack of virtual drives, a ledger, a client with or without session."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from redbook.production.home import Home
from redbook.production.ledger import Ledger
from redbook.production.pool import Pool
from redbook.production.serve import guard
from redbook.production.serve.app import Api, application
from redbook.production.serve.desk import Desk
from redbook.production.serve.guard import Sessions
from redbook.production.serve.hub import Hub
from redbook.production.serve.uploads import Uploads
from redbook.virtual.rack import Rack
from tests.support.sound import noise, write_wav

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette 1 would rather have a successor of httpx, which few have yet
    from starlette.testclient import TestClient

TOKEN = "a token that nobody guesses"
ORIGIN = "http://127.0.0.1:8377"
NAMES = ["127.0.0.1:8377", "localhost:8377"]
OURS = {"X-Redbook": "1", "Origin": ORIGIN}


@dataclass
class Shop:
    """Everything behind the page."""

    desk: Desk
    home: Home
    ledger: Ledger
    rack: Rack
    client: TestClient

    def login(self) -> None:
        answer = self.client.post("/login", json={"token": TOKEN}, headers=OURS)
        assert answer.status_code == 200
        OURS["X-Redbook"] = answer.json()["key"]

    def post(self, path: str, **body: object):  # type: ignore[no-untyped-def]
        return self.client.post(path, content=json.dumps(body), headers=OURS)

    def send(self, id_: str, path: Path, name: str | None = None):  # type: ignore[no-untyped-def]
        return self.client.put(
            f"/api/sources/{id_}",
            params={"name": name or path.name},
            content=path.read_bytes(),
            headers=OURS,
        )


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A client that has not shown the token."""
    monkeypatch.setattr(guard, "WRONG_TOKEN_SECONDS", 0.0)
    rack = Rack.new(tmp_path / "my.rack", drives=2, blanks=9)
    home = Home(tmp_path / "home")
    with home.ledger() as ledger:
        hub = Hub()
        desk = Desk(home, ledger, "", Pool([str(tmp_path / "my.rack")]), hub, Uploads(home.folder / "sent"))
        sessions = Sessions(TOKEN)
        api = Api(desk, home, sessions, "redbook-8377", secure=False)
        app = application(api, NAMES, sessions, "redbook-8377", tls=False)
        with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
            desk.start()
            yield Shop(desk, home, ledger, rack, client)
            desk.stop(at_once=True)
            desk.join()


@pytest.fixture
def shop(stranger: Shop) -> Shop:
    stranger.login()
    return stranger


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    paths = []
    for number in (1, 2):
        paths.append(tmp_path / f"0{number} Söng.wav")
        write_wav(paths[-1], noise(588 * 320, number))
    return paths


def put_a_blank(shop: Shop, drive: str, *faults: str) -> None:
    """As a person does: a blank on the tray, and push it in."""
    disc = shop.rack.take_blank(faults)
    assert disc is not None
    shop.rack.drive(drive).put_in(disc)
    shop.rack.drive(drive).push_in()
