"""AccurateRip and the CUETools database, asked for a disc that was read; the databases are local ones."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import redbook
from redbook.burning import databases
from redbook.burning.databases import accuraterip_address, ctdb_address
from redbook.burning.rip_report import ReadTrack
from redbook.disc import Toc, TocTrack
from redbook.engine.twice import Trouble
from tests.cli.test_commands import redbook as command
from tests.support.sound import noise, write_wav


class Databases(ThreadingHTTPServer):
    """Answers by the beginning of the path; everything else is 404.  asked: each path"""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.agents: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Databases)
        server.asked.append(self.path)
        server.agents.add(self.headers["User-Agent"])
        code, data = next(
            (a for begin, a in server.answers.items() if self.path.startswith(begin)), (404, b"")
        )
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Databases]:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Databases() as made:
        monkeypatch.setenv("REDBOOK_ACCURATERIP", f"{made.address}/accuraterip")
        monkeypatch.setenv("REDBOOK_CTDB", made.address)
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Iterator[redbook.Drive]:
    """With a disc of two tracks, on a recorder without an offset."""
    monkeypatch.setenv("REDBOOK_MODEL", "redbook")
    for number in (1, 2):
        write_wav(Path(f"{number}.wav"), noise(588 * 400, number))
    with redbook.open_drive("virtual:a.disc") as drive:
        redbook.burn(["1.wav", "2.wav"], drive)
        yield drive


def pressing(*tracks: tuple[int, str]) -> bytes:
    """A record as whipper's tests have them: confidence and checksum of each track."""
    body = b"".join(struct.pack("<BII", confidence, int(crc, 16), 0) for confidence, crc in tracks)
    return struct.pack("<BIII", len(tracks), 0x1, 0x2, 0x3) + body


def entry(crc: str, confidence: int, tracks: str = "") -> str:
    return (
        f'<entry id="1" crc32="{crc}" confidence="{confidence}" npar="8" stride="5880" trackcrcs="{tracks}"/>'
    )


def ctdb(*entries: str) -> bytes:
    return f'<?xml version="1.0"?><ctdb xmlns="http://db.cuetools.net/ns/mmd-1.0#">{"".join(entries)}</ctdb>'.encode()


TWO_TRACKS = Toc((TocTrack(1, 0, 0, 1), TocTrack(2, 22365, 0, 1)), 39615)
"""The disc whose record is in whipper's tests (whipper/test/test_common_accurip.py, version 0.7)."""


def test_addresses_are_those_that_other_rippers_use(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDBOOK_ACCURATERIP", "REDBOOK_CTDB"):
        monkeypatch.delenv(name, raising=False)
    base = "http://www.accuraterip.com/accuraterip"
    assert accuraterip_address(TWO_TRACKS) == f"{base}/c/1/2/dBAR-002-0000f21c-00027ef8-05021002.bin"
    extra = Toc((*TWO_TRACKS.tracks, TocTrack(3, 60000, 4, 2)), 70000)
    told = (
        "http://db.cuetools.net/lookup2.php?version=3&ctdb=1&fuzzy=1&metadata=none&toc=0:22365:-60000:70000"
    )
    assert ctdb_address(extra) == told


def test_a_record_counts_both_versions_of_the_checksum() -> None:
    """The record of whipper's tests, and what whipper finds in it: v1 in one pressing, v2 in the other."""
    record = pressing((12, "284fc705"), (20, "9cc1f32e")) + pressing((5, "dc77f9ab"), (5, "dd97d2c3"))
    blank = Trouble()
    tracks = [
        ReadTrack(1, "", 0, 1, None, "", "284fc705", "dc77f9ab", "0", blank),
        ReadTrack(2, "", 0, 1, None, "", "9cc1f32e", "dd97d2c3", "0", blank),
    ]
    answers = [(one.number, one.same, one.of) for one in databases.accuraterip_answer(record, tracks, "0")]
    assert answers == [(1, 17, 17), (2, 25, 25)]


def test_nothing_is_asked_without_the_wish(server: Databases, drive: redbook.Drive) -> None:
    report = redbook.read(drive, "kept")
    assert report.databases == ()
    assert server.asked == []


def test_answers_are_compared_track_by_track(server: Databases, drive: redbook.Drive) -> None:
    sums = redbook.read(drive, "first").tracks
    server.answers["/accuraterip/"] = (
        200,
        pressing((200, sums[0].accuraterip_v2), (7, "deadbeef"))
        + pressing((3, sums[0].accuraterip_v1), (5, sums[1].accuraterip_v1))
        + pressing((9, sums[0].accuraterip_v1)),  # of one track: another disc
    )
    other = f"{sums[0].ctdb} 00000001"
    server.answers["/lookup2.php"] = (200, ctdb(entry("12345678", 11, other), entry("00000009", 2)))
    report = redbook.read(drive, "kept", look_up=True)
    rip, cue = report.databases
    assert [(track.number, track.same, track.of) for track in rip.tracks] == [(1, 203, 203), (2, 5, 12)]
    assert [(track.number, track.same, track.of) for track in cue.tracks] == [(1, 11, 13), (2, 0, 13)]
    assert server.asked[0].endswith(f"/dBAR-{report.toc.accuraterip_id}.bin")
    assert server.agents == {f"redbook/{redbook.__version__}"}
    text = Path("kept/report.txt").read_text()
    assert "AccurateRip: every track as others have read it (confidence 5 or more)" in text
    assert "CTDB: 1 of 2 tracks as others have read them" in text
    assert "CTDB: track 2 is not what 13 readings have" in text
    kept = json.loads(Path("kept/report.json").read_text())["databases"]
    assert kept[1]["tracks"] == [{"number": 1, "same": 11, "of": 13}, {"number": 2, "same": 0, "of": 13}]


def test_the_checksum_of_all_the_audio_counts_for_each_track(server: Databases, drive: redbook.Drive) -> None:
    first = redbook.read(drive, "first")
    tracks = " ".join(track.ctdb for track in first.tracks)  # which must not count a second time
    server.answers["/lookup2.php"] = (200, ctdb(entry(first.disc_ctdb, 42, tracks)))
    _, cue = redbook.read(drive, "kept", look_up=True).databases
    assert [(track.same, track.of) for track in cue.tracks] == [(42, 42), (42, 42)]


def test_audio_at_another_offset_is_named_as_the_likeliest_reason(
    server: Databases, drive: redbook.Drive
) -> None:
    server.answers["/accuraterip/"] = (200, pressing((20, "00000001"), (20, "00000002")))
    rip, _ = redbook.read(drive, "kept", look_up=True).databases
    assert [line for line in databases.in_words(rip) if "offset" in line]


@pytest.mark.parametrize(
    ("code", "data", "problem"),
    [
        (404, b"", ""),
        (500, b"", "it answered 500"),
        (200, b"\x02", "incomplete"),
        (200, pressing((1, "1"), (1, "2"))[:-1], "incomplete"),
        (200, bytes(databases.MOST_BYTES + 1), "longer than 1024 KiB"),
    ],
)
def test_what_accuraterip_does_not_tell_spoils_no_reading(
    server: Databases, drive: redbook.Drive, code: int, data: bytes, problem: str
) -> None:
    server.answers["/accuraterip/"] = (code, data)
    report = redbook.read(drive, "kept", look_up=True)
    assert report.whole
    rip, _ = report.databases
    assert problem in rip.problem if problem else rip.problem == ""
    assert rip.tracks == ()


@pytest.mark.parametrize(
    "data",
    [
        b"<html/>",
        b"<ctdb",
        b"",
        b'<ctdb><entry crc32="x" confidence="1"/></ctdb>',
        b'<ctdb><entry crc32="1"/></ctdb>',
        b'<!DOCTYPE ctdb [<!ENTITY a "b">]><ctdb/>',
    ],
)
def test_what_ctdb_does_not_tell_spoils_no_reading(
    server: Databases, drive: redbook.Drive, data: bytes
) -> None:
    server.answers["/lookup2.php"] = (200, data)
    report = redbook.read(drive, "kept", look_up=True)
    _, cue = report.databases
    assert cue.problem
    assert cue.tracks == ()


def test_a_database_that_cannot_be_reached_is_told_and_the_rest_is_kept(
    drive: redbook.Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive.close()
    for name in ("REDBOOK_ACCURATERIP", "REDBOOK_CTDB"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    done = command("read", "--drive", "virtual:a.disc", "-o", "kept", "--look-up")
    assert "AccurateRip: no answer (it cannot be reached" in done.stdout
    assert "CTDB: no answer (it cannot be reached" in done.stdout
    assert "Done: 2 tracks in kept" in done.stdout


def test_a_copy_can_be_looked_up_too(server: Databases, drive: redbook.Drive) -> None:
    drive.close()
    done = command("copy", "--from", "virtual:a.disc", "--to", "virtual:b.disc", "--look-up")
    assert "AccurateRip: does not know this disc" in done.stdout
    assert len(server.asked) == 2
