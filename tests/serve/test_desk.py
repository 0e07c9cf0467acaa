"""From files to a report by the page's own requests, on virtual drives with trays."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import signal
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest

from redbook.clock import ManualClock
from redbook.production.fetch import Fetcher
from redbook.production.master import check_master
from redbook.production.serve import desk, uploads
from redbook.production.serve.hub import MOST_TAKEN_AWAY, Hub
from redbook.production.serve.run import obey_signals
from redbook.production.states import AttemptState
from redbook.production.values import Blank, Place, Sighting
from redbook.production.worker import Worker
from tests.serve.conftest import OURS, Shop, put_a_blank
from tests.support.sound import noise, write_wav

A, B = "a" * 16, "b" * 16


def until(shop: Shop, so: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end, shop.desk.hub.everything()
        time.sleep(0.05)


def planned(shop: Shop, songs: list[Path]) -> dict[str, object]:
    for id_, song in zip((A, B), songs, strict=True):
        assert shop.send(id_, song).status_code == 201
    answer = shop.post(
        "/api/plans",
        title="Sermon",
        artist="Anna",
        tracks=[
            {"source": B, "title": "Second first", "artist": "Ben"},
            {"source": A, "title": "", "artist": ""},
        ],
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def state(shop: Shop, kind: str) -> list[dict[str, object]]:
    everything = shop.client.get("/api/state").json()
    return [value for key, value in everything.items() if key.startswith(f"{kind}:")]


def test_files_become_a_disc_and_the_disc_a_report(shop: Shop, songs: list[Path]) -> None:
    disc = planned(shop, songs)
    assert [(t["title"], t["artist"]) for t in disc["tracks"]] == [  # type: ignore[attr-defined]
        ("Second first", "Ben"),
        ("", ""),
    ]
    put_a_blank(shop, "d1")
    made = shop.post("/api/orders", master=disc["master"], count=1, title="Sermon", drives=[])
    assert made.status_code == 201
    order = made.json()["order"]
    until(shop, lambda: shop.ledger.order(order).state == "done")
    report = shop.client.get(f"/api/orders/{order}").json()
    assert report["account"]["good"] == 1
    assert report["attempts"][0]["state"] == "good"
    assert report["disc"]["tracks"][0]["title"] == "Second first"
    until(shop, lambda: any(now["event"] == "take_disc" for now in state(shop, "now")))
    (name,) = (str(d["name"]) for d in state(shop, "drive") if str(d["name"]).endswith("d1"))
    shop.rack.drive("d1").push_in()
    examined = shop.post("/api/drives/examine", drive=name)
    assert examined.json()["same"] is True, examined.text
    assert examined.json()["orders"] == [order]
    answer = shop.client.get(f"/api/orders/{order}/report.csv")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0][:3] == ["copy", "state", "drive"]
    assert rows[1][:2] == ["1", "good"]
    assert "attachment" in answer.headers["content-disposition"]


def test_the_text_on_the_disc_is_what_stood_on_the_page(shop: Shop, songs: list[Path]) -> None:
    from redbook.disc.cd_text import PackType, parse

    disc = planned(shop, songs)
    file = shop.home.file_of(str(disc["master"]))
    assert file is not None
    (texts,) = parse(file.layout.cd_text, 1)
    assert texts.text(PackType.TITLE, 0) == "Sermon"
    assert texts.text(PackType.PERFORMER, 0) == "Anna"
    assert texts.text(PackType.TITLE, 1) == "Second first"


def test_a_plan_says_what_redbook_plan_says(shop: Shop, songs: list[Path], tmp_path: Path) -> None:
    """What is converted, clipped and padded, in the words of the command line."""
    from click.testing import CliRunner

    from redbook.cli.app import cli

    loud, short = tmp_path / "loud.wav", tmp_path / "short.wav"
    samples = np.full((44_100 * 5, 2), 1.5, np.float32)
    head = struct.pack("<4sI4s4sIHHI", b"RIFF", 36 + samples.nbytes, b"WAVE", b"fmt ", 16, 3, 2, 44_100)
    head += struct.pack("<IHH4sI", 352_800, 8, 32, b"data", samples.nbytes)
    loud.write_bytes(head + samples.tobytes())
    write_wav(short, noise(588 * 310 - 100, 3))
    for id_, song in ((A, loud), (B, short)):
        assert shop.send(id_, song).status_code == 201
    answer = shop.post("/api/plans", title="", artist="", tracks=[{"source": A}, {"source": B}]).json()
    first, second = answer["tracks"]
    terminal = " ".join(CliRunner().invoke(cli, ["plan", str(loud), str(short)]).output.split())
    assert first["conversion"] == ["to 16 bit with TPDF dither"]
    assert [one["notable"] for one in first["remarks"]] == [True]
    assert "beyond full scale clipped" in first["remarks"][0]["text"]
    assert second["remarks"] == [
        {"text": "100 samples of silence added to pad the last sector", "notable": False}
    ]
    for track in (first, second):
        assert f"{track['format']}: {'; '.join(track['conversion']) or 'bit for bit'}" in terminal
        assert track["remarks"][0]["text"] in terminal
    assert answer["written"] == "session-at-once, without CD-Text"
    assert answer["free_sectors"] == 359_849 - answer["sectors"]


def test_what_was_deleted_on_the_page_does_not_come_back_from_the_tags(shop: Shop) -> None:
    from redbook.disc.cd_text import PackType, parse

    prelude = Path(__file__).parents[2] / "examples" / "audio" / "01 Prelude.flac"
    sent = shop.send(A, prelude).json()
    assert (sent["artist"], sent["album"]) == ("The Examples", "Four Small Pieces")
    disc = shop.post("/api/plans", title="", artist="", tracks=[{"source": A, "title": "Opening"}]).json()
    file = shop.home.file_of(disc["master"])
    assert file is not None
    (texts,) = parse(file.layout.cd_text, 1)
    assert texts.text(PackType.TITLE, 1) == "Opening"
    assert [texts.text(PackType.PERFORMER, n) for n in (0, 1)] == ["", ""]
    assert texts.text(PackType.TITLE, 0) == ""
    assert disc["tracks"][0]["artist"] == ""
    assert disc["notes"] == []


def test_a_drive_s_details_are_what_doctor_says(shop: Shop) -> None:
    put_a_blank(shop, "d2")
    until(shop, lambda: len(state(shop, "drive")) == 2)
    names = sorted(str(drive["name"]) for drive in state(shop, "drive"))
    empty, ready = (shop.post("/api/drives/doctor", drive=name).json() for name in names)
    assert ready["can_burn"] is True
    assert {"medium": "CD-R 80 min, blank", "writes": "CD-R, CD-RW"}.items() <= dict(
        ready["sections"][-1]["lines"]
    ).items()
    assert empty["can_burn"] is False
    assert "insert a blank" in empty["advice"][0]
    assert shop.post("/api/drives/doctor", drive="/etc/passwd").status_code == 404


def test_what_was_sent_goes_when_it_is_dropped_and_is_missed_then(shop: Shop, songs: list[Path]) -> None:
    assert shop.send(A, songs[0]).status_code == 201
    assert shop.send(A, songs[0]).status_code == 422  # one id, one file
    assert shop.client.delete(f"/api/sources/{A}", headers=OURS).status_code == 204
    answer = shop.post("/api/plans", tracks=[{"source": A}])
    assert answer.status_code == 404
    assert "upload it again" in answer.json()["error"]


@pytest.mark.parametrize("tracks", [0, 100])
def test_a_disc_has_one_to_99_tracks(shop: Shop, songs: list[Path], tracks: int) -> None:
    shop.send(A, songs[0])
    answer = shop.post("/api/plans", tracks=[{"source": A}] * tracks)
    assert answer.status_code == 422
    assert "track" in answer.json()["error"]


def test_what_does_not_fit_is_told_before_anything_is_burned(shop: Shop, songs: list[Path]) -> None:
    shop.send(A, songs[0])
    short = songs[0].with_name("short.wav")
    short.write_bytes(songs[0].read_bytes()[:50_000])
    answer = shop.send(B, short)  # it says more than it has
    if answer.status_code == 201:
        answer = shop.post("/api/plans", tracks=[{"source": B}])
    assert answer.status_code == 422
    assert "short.wav" in answer.json()["error"]


def test_pause_go_on_cancel_and_what_is_refused(shop: Shop, songs: list[Path]) -> None:
    disc = planned(shop, songs)
    order = shop.post("/api/orders", master=disc["master"], count=3, title="x").json()["order"]
    assert shop.post(f"/api/orders/{order}/pause").status_code == 200
    assert state(shop, "order")[0]["state"] == "paused"
    assert shop.post(f"/api/orders/{order}/resume").status_code == 200
    assert shop.post(f"/api/orders/{order}/cancel").status_code == 200
    answer = shop.post(f"/api/orders/{order}/resume")
    assert answer.status_code == 409
    assert "cancelled" in answer.json()["error"]


def test_an_unknown_disc_is_resolved_with_a_name(shop: Shop, songs: list[Path]) -> None:
    disc = planned(shop, songs)
    order = shop.post("/api/orders", master=disc["master"], count=1).json()["order"]
    claim = shop.ledger.claim(Blank(Place("away", "/dev/sr0"), "gone"))
    assert claim is not None
    with shop.ledger._store.write() as t:
        t.run("UPDATE attempts SET state = 'unknown' WHERE id = ?", claim.attempt)
    path = f"/api/attempts/{claim.attempt}/resolve"
    assert shop.post(path, **{"as": "good", "who": ""}).status_code == 422
    assert shop.post(path, **{"as": "burnt", "who": "Anna"}).status_code == 422
    assert shop.post(path, **{"as": "good", "who": "Anna"}).status_code == 200
    answer = shop.post(path, **{"as": "spoiled", "who": "Ben"})
    assert answer.status_code == 409
    assert "Anna" in answer.json()["error"]
    assert shop.ledger.attempts(order)[0].state is AttemptState.GOOD


def test_a_tray_opens_by_the_page(shop: Shop) -> None:
    put_a_blank(shop, "d2")
    until(shop, lambda: len(state(shop, "drive")) == 2)
    name = next(str(d["name"]) for d in state(shop, "drive") if str(d["name"]).endswith("d2"))
    assert shop.post("/api/drives/eject", drive=name).status_code == 200
    assert shop.rack.drive("d2").tray.is_open
    assert next(now for now in state(shop, "now") if now["drive"] == name)["event"] == "need_blank"


def test_a_master_is_fetched_from_here_by_another_host(shop: Shop, songs: list[Path], tmp_path: Path) -> None:
    disc = planned(shop, songs)
    name = str(disc["master"])
    shop.client.cookies.clear()  # another machine has no session
    data = shop.client.get(f"/blobs/sha256/{name}").content
    assert hashlib.sha256(data).hexdigest() == name
    sha256 = disc["tracks"][0]["sha256"]  # type: ignore[index]
    part = shop.client.get(f"/blobs/sha256/{sha256}", headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, len(part.content)) == (206, 1000)

    class ThisClient(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = shop.client.get(
                request.url.path, headers={"Range": request.headers.get("Range", "bytes=0-")}
            )
            return httpx.Response(
                answer.status_code,
                headers={"Content-Range": answer.headers.get("content-range", "")},
                stream=httpx.ByteStream(answer.content),
            )

    fetcher = Fetcher(["http://stage"], clock=ManualClock(), transport=ThisClient())
    check_master(fetcher.fetch(name, tmp_path / "elsewhere"))
    fetcher.close()


def test_drives_of_other_hosts_are_shown_as_their_workers_told(shop: Shop) -> None:
    far = Place("hall", "/dev/sr0")
    shop.ledger.see_drives("hall", [Sighting(far, "PLEXTOR", "", "writing", "CD-R", 7, 100, 300, 16.0)])
    until(shop, lambda: state(shop, "far") != [])
    (shown,) = state(shop, "far")
    assert (shown["name"], shown["state"], shown["sectors_done"]) == ("/dev/sr0 on hall", "writing", 100)
    assert shown["silent"] is False
    assert (shown["host"], shown["todo"], shown["rests"]) == ("hall", "", "")
    shop.ledger.see_drives("hall", [])
    until(shop, lambda: state(shop, "far") == [])


def test_what_is_to_do_at_drives_of_other_hosts_is_told(shop: Shop, songs: list[Path]) -> None:
    disc = planned(shop, songs)
    shop.post("/api/orders", master=disc["master"], count=1, title="x")
    states = {
        "/dev/sr0": ("is waiting for a blank disc", "blank"),
        "/dev/sr1": ("Take the disc out of /dev/sr1: copy 7 is good", "take_good"),
        "/dev/sr2": ("The disc in /dev/sr2 is spoiled (copy 7 will be made again)", "take_spoiled"),
        "/dev/sr3": ("writing", ""),
    }
    places = {name: Place("hall", name) for name in states}
    seen = [Sighting(places[name], "PLEXTOR", "", told, "CD-R") for name, (told, _) in states.items()]
    shop.ledger.see_drives("hall", seen)
    until(shop, lambda: len(state(shop, "far")) == 4)
    assert {far["drive"]: far["todo"] for far in state(shop, "far")} == {
        name: todo for name, (_, todo) in states.items()
    }
    assert shop.post("/api/drives/resume", drive="/dev/sr3", host="hall").status_code == 404
    shop.ledger.rest_drive(places["/dev/sr3"], "2 discs spoiled in a row")
    until(shop, lambda: any(far["rests"] for far in state(shop, "far")))
    assert shop.post("/api/drives/resume", drive="/dev/sr3", host="hall").status_code == 200
    assert shop.ledger.drive(places["/dev/sr3"]).resting == ""
    assert not any(far["rests"] for far in state(shop, "far"))


def test_a_file_whose_page_was_shut_is_not_kept_for_ever(
    shop: Shop, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "KEPT_SECONDS", -1.0)
    assert shop.send(A, songs[0]).status_code == 201
    assert shop.send(B, songs[1]).status_code == 201
    assert [path.name for path in (shop.home.folder / "sent").iterdir()] == [B]


def test_a_disc_whose_audio_is_gone_is_not_ordered_again(shop: Shop, songs: list[Path]) -> None:
    disc = planned(shop, songs)
    order = shop.post("/api/orders", master=disc["master"], count=1).json()["order"]
    assert shop.client.get(f"/api/orders/{order}").json()["again"] is True
    shop.ledger.cancel(order)
    shop.home.tidy(shop.ledger)
    assert shop.client.get(f"/api/orders/{order}").json()["again"] is False
    answer = shop.post("/api/orders", master=disc["master"], count=1)
    assert answer.status_code == 422
    assert "add its files again" in answer.json()["error"]


# The newest state


def events_of(hub: Hub, known: str, count: int) -> list[str]:
    async def read() -> list[str]:
        found = []
        async for event in hub.stream(known):
            found.append(event)
            if len(found) == count:
                break
        return found

    return asyncio.run(read())


def test_a_reader_that_comes_back_is_told_what_it_missed_and_no_more() -> None:
    hub = Hub()
    hub.put("a", 1)
    hub.put("b", 2)
    known, is_all, news = hub.since("")
    assert (is_all, news) == (True, {"a": 1, "b": 2})
    hub.put("a", 1)  # no news
    assert hub.since(known) == (known, False, {})
    hub.put("a", 3)
    hub.put("b", None)
    assert hub.since(known)[1:] == (False, {"a": 3, "b": None})
    assert hub.everything() == {"a": 3}


def test_keys_that_were_taken_away_are_forgotten_in_the_end() -> None:
    hub = Hub()
    hub.put("stays", 1)
    known = [hub.since("")[0]]
    for number in range(1000):
        hub.put(f"order:{number}", number)
        hub.put(f"order:{number}", None)
        known.append(hub.since("")[0])
    assert len(hub._values) + len(hub._taken_away) <= MOST_TAKEN_AWAY + 1
    for away, word in enumerate(reversed(known)):
        is_all, news = hub.since(word)[1:]
        if away <= MOST_TAKEN_AWAY:
            expected = {f"order:{number}": None for number in range(1000 - away, 1000)}
            assert (is_all, news) == (False, expected)
        else:  # it has more keys to forget than are known
            assert (is_all, news) == (True, {"stays": 1})


def test_a_key_that_comes_again_is_not_told_as_taken_away() -> None:
    hub = Hub()
    hub.put("a", 1)
    known = hub.since("")[0]
    hub.put("a", None)
    hub.put("a", 2)
    assert hub.since(known)[1:] == (False, {"a": 2})
    assert hub.everything() == {"a": 2}


def test_the_newest_orders_are_shown_and_those_that_are_not_finished(
    shop: Shop, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MOST_ORDERS_SHOWN", 2)
    master = planned(shop, songs)["master"]
    orders = [shop.post("/api/orders", master=master, count=1).json()["order"] for _ in range(5)]
    for order in (orders[0], orders[4]):
        shop.ledger.cancel(order)
    shop.ledger.pause(orders[1])
    until(shop, lambda: {now["order"] for now in state(shop, "order")} == set(orders[1:]))
    for order in orders[1:4]:
        shop.ledger.cancel(order)
    until(shop, lambda: {now["order"] for now in state(shop, "order")} == set(orders[3:]))


@pytest.mark.parametrize("known", ["x", "12", "-", "abcdef01-1", "-1"])
def test_a_number_of_another_server_is_a_new_reader(known: str) -> None:
    hub = Hub()
    hub.put("a", 1)
    assert hub.since(known)[1:] == (True, {"a": 1})
    ahead = hub.since("")[0].rpartition("-")[0] + "-99"
    assert hub.since(ahead)[1] is True


def test_events_are_written_as_browsers_read_them() -> None:
    hub = Hub()
    hub.put("a", {"text": "Zeile\nzwei"})
    (event,) = events_of(hub, "", 1)
    lines = event.split("\n")
    assert lines[0].startswith("id: ")
    assert lines[1:3] == ["event: all", 'data: {"a":{"text":"Zeile\\nzwei"}}']
    assert event.endswith("\n\n")
    assert hub._readers == set()  # who left is not waited for


def test_streams_end_with_the_server() -> None:
    hub = Hub()
    hub.close()
    assert events_of(hub, "", 1) == []


def test_a_cell_of_the_report_is_no_formula() -> None:
    from redbook.production.values import cell

    assert cell("=1+1") == "'=1+1"
    assert cell("d1") == "d1"


def test_a_signal_says_nothing_itself_and_the_worker_s_thread_does(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler may have interrupted a print: what it printed would go into that."""
    told: list[str] = []
    looking = threading.Event()
    looked = threading.Event()

    def tick(worker: Worker) -> None:
        looking.set()
        looked.wait(10)

    monkeypatch.setattr(Worker, "tick", tick)
    monkeypatch.setattr(Worker, "busy", property(lambda worker: not told))
    shop.desk.when_stopping = lambda: told.append(threading.current_thread().name)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    obey_signals(shop.desk)
    try:
        looking.clear()
        assert looking.wait(10)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert told == []
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
        looked.set()
    shop.desk.join()
    assert told == ["redbook-worker"]
