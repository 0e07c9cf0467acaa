"""Masters over HTTP: by their digests, resumed, damaged, broken off, from servers that lie."""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from redbook.clock import ManualClock
from redbook.errors import AudioError, Cancelled, FetchFailed, NoRoom, SheetError
from redbook.production.fetch import Fetched, Fetcher
from redbook.production.master import check_master, make_master
from redbook.runner.cancel import Cancel
from redbook.sheets.master_file import blob_path, read_master_file
from tests.support.sound import noise, write_wav


class Files(httpx.BaseTransport):
    """A server of files that can be made to break off, lie, or have no ranges."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[tuple[str, str]] = []
        self.break_off_after: int | None = None
        self.silently = False
        self.ranges = True
        self.status: list[int] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        digest = request.url.path.rpartition("/")[2]
        wanted = request.headers.get("Range", "")
        self.asked.append((digest, wanted))
        if self.status:
            return httpx.Response(self.status.pop(0))
        data = self.files.get(digest)
        if data is None:
            return httpx.Response(404)
        headers, status, start = {}, 200, 0
        if wanted and self.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(data):
                return httpx.Response(416)
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            status = 206
        body = data[start:]
        headers["Content-Length"] = str(len(body))
        return httpx.Response(status, headers=headers, stream=self._stream(body))

    def _stream(self, body: bytes) -> httpx.SyncByteStream:
        limit, silent = self.break_off_after, self.silently

        class Stream(httpx.SyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                for at in range(0, len(body), 100_000):
                    if limit is not None and at >= limit:
                        if silent:
                            return
                        raise httpx.ReadError("connection reset")
                    yield body[at : at + 100_000]

        return Stream()


@pytest.fixture
def master(tmp_path: Path) -> Path:
    for number in (1, 2):
        write_wav(tmp_path / f"{number}.wav", noise(588 * 400, number))
    report = make_master([tmp_path / "1.wav", tmp_path / "2.wav"], tmp_path / "made", flac=True)
    return report.folder


@pytest.fixture
def files(master: Path) -> Files:
    blobs = {path.stem: path.read_bytes() for path in (master / "blobs").iterdir()}
    return Files({name_of(master): (master / "master.json").read_bytes(), **blobs})


def name_of(master: Path) -> str:
    return hashlib.sha256((master / "master.json").read_bytes()).hexdigest()


def fetch(files: Files, master: Path, to: Path, **more: object) -> Path:
    fetcher = Fetcher(["http://stage/"], clock=ManualClock(), transport=files)
    try:
        return fetcher.fetch(name_of(master), to, **more)  # type: ignore[arg-type]
    finally:
        fetcher.close()


def test_a_master_comes_whole_and_checked(files: Files, master: Path, tmp_path: Path) -> None:
    told: list[Fetched] = []
    there = fetch(files, master, tmp_path / "host", on_progress=told.append)
    assert there == tmp_path / "host" / name_of(master)
    assert read_master_file(there) == read_master_file(master)
    check_master(there)
    assert told[-1].blob == told[-1].of == 2
    assert sorted(p.name for p in (tmp_path / "host").iterdir()) == [name_of(master)]
    asked = len(files.asked)
    assert fetch(files, master, tmp_path / "host") == there
    assert len(files.asked) == asked  # nothing is fetched that is there


def test_of_a_master_whose_audio_was_lost_in_part_the_rest_is_fetched(
    files: Files, master: Path, tmp_path: Path
) -> None:
    name = name_of(master)
    fetcher = Fetcher(["http://stage"], clock=ManualClock(), transport=files)
    folder = fetcher.fetch(name, tmp_path)
    next((folder / "blobs").iterdir()).unlink()
    assert check_master(fetcher.fetch(name, tmp_path)).name == name
    (folder / "master.json").write_text("{}")
    assert check_master(fetcher.fetch(name, tmp_path)).name == name


def test_sectors_that_are_no_flac_come_as_they_are(master: Path, tmp_path: Path) -> None:
    pcm = make_master([tmp_path / "1.wav", tmp_path / "2.wav"], tmp_path / "pcm").folder
    blobs = {path.stem: path.read_bytes() for path in (pcm / "blobs").iterdir()}
    files = Files({name_of(pcm): (pcm / "master.json").read_bytes(), **blobs})
    there = fetch(files, pcm, tmp_path / "host")
    assert {p.suffix for p in (there / "blobs").iterdir()} == {".pcm"}
    check_master(there)


@pytest.mark.parametrize("silently", [False, True])
def test_a_fetch_that_broke_off_goes_on_where_it_was(
    files: Files, master: Path, tmp_path: Path, silently: bool
) -> None:
    files.break_off_after, files.silently = 300_000, silently
    there = fetch(files, master, tmp_path / "host")
    check_master(there)
    resumed = [wanted for _, wanted in files.asked if wanted]
    assert resumed
    assert all(int(wanted[6:-1]) >= 100_000 for wanted in resumed)


def test_a_fetch_in_another_process_s_life_goes_on_too(files: Files, master: Path, tmp_path: Path) -> None:
    cancel = Cancel()

    def stop(told: Fetched) -> None:
        if told.blob == 2:
            cancel()

    with pytest.raises(Cancelled):
        fetch(files, master, tmp_path / "host", cancel=cancel, on_progress=stop)
    assert not (tmp_path / "host" / name_of(master)).exists()
    before = len(files.asked)
    check_master(fetch(files, master, tmp_path / "host"))
    digests = [digest for digest, _ in files.asked[before:]]
    assert len(set(digests)) == 2  # master.json and the second blob: the first one was whole


def test_a_server_without_ranges_begins_anew(files: Files, master: Path, tmp_path: Path) -> None:
    files.ranges = False
    first = next(iter(read_master_file(master).tracks)).sha256
    new = tmp_path / "host" / f".{name_of(master)}.fetching" / "blobs"
    new.mkdir(parents=True)
    (new / f"{first}.part").write_bytes(b"x" * 5000)
    check_master(fetch(files, master, tmp_path / "host"))


@pytest.mark.parametrize("length", [5000, 10_000_000])
def test_a_wrong_part_is_found_and_fetched_anew(
    files: Files, master: Path, tmp_path: Path, length: int
) -> None:
    first = next(iter(read_master_file(master).tracks)).sha256
    new = tmp_path / "host" / f".{name_of(master)}.fetching" / "blobs"
    new.mkdir(parents=True)
    (new / f"{first}.part").write_bytes(os.urandom(length))
    check_master(fetch(files, master, tmp_path / "host"))
    assert [wanted for digest, wanted in files.asked if digest == first] == [f"bytes={length}-", ""]


def test_flac_without_its_head_is_wrong_though_its_frames_are_whole(
    files: Files, master: Path, tmp_path: Path
) -> None:
    """FFmpeg takes what begins with such a byte for a stream of FLAC, and finds the frames in it."""
    first = next(iter(read_master_file(master).tracks)).sha256
    new = tmp_path / "host" / f".{name_of(master)}.fetching" / "blobs"
    new.mkdir(parents=True)
    (new / f"{first}.part").write_bytes(bytes.fromhex("84a099454acfed6aa36aef7ce00bf641") * 300)
    check_master(fetch(files, master, tmp_path / "host"))
    assert [wanted for digest, wanted in files.asked if digest == first] == ["bytes=4800-", ""]


def test_a_blob_that_is_damaged_on_the_server_is_told(files: Files, master: Path, tmp_path: Path) -> None:
    sha256 = read_master_file(master).tracks[1].sha256
    whole = files.files[sha256]
    for damaged in (whole[:-2000], whole[:50_000] + b"\0" * 100 + whole[50_100:], b"", whole * 3):
        files.files[sha256] = damaged
        with pytest.raises((AudioError, FetchFailed)):
            fetch(files, master, tmp_path / "host")
        assert not (tmp_path / "host" / name_of(master)).exists()
    files.files[sha256] = whole
    check_master(fetch(files, master, tmp_path / "host"))


def test_another_master_under_this_name_is_told(files: Files, master: Path, tmp_path: Path) -> None:
    files.files[name_of(master)] = files.files[name_of(master)].replace(b'"sao"', b'"tao"')
    with pytest.raises(SheetError, match="damaged"):
        fetch(files, master, tmp_path / "host")


def test_a_server_that_is_busy_is_asked_again_and_one_without_it_given_up(
    files: Files, master: Path, tmp_path: Path
) -> None:
    files.status = [503, 502, 500]
    check_master(fetch(files, master, tmp_path / "host"))
    shutil.rmtree(tmp_path / "host")
    del files.files[read_master_file(master).tracks[0].sha256]
    with pytest.raises(FetchFailed, match="404"):
        fetch(files, master, tmp_path / "host")


def test_where_one_server_fails_the_next_is_asked(files: Files, master: Path, tmp_path: Path) -> None:
    class Two(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.host == "away":
                raise httpx.ConnectError("no route")
            return files.handle_request(request)

    fetcher = Fetcher(["http://away", "http://stage/store"], clock=ManualClock(), transport=Two())
    check_master(fetcher.fetch(name_of(master), tmp_path / "host"))
    fetcher.close()


@pytest.mark.parametrize("lie", [b"<html>log in, please</html>", b"x" * 10_000_000, b""])
@pytest.mark.parametrize("of", ["master", "audio"])
def test_where_one_server_gives_rubbish_the_next_is_asked(
    files: Files, master: Path, tmp_path: Path, lie: bytes, of: str
) -> None:
    liar = Files({digest: data if of == "audio" else lie for digest, data in files.files.items()})
    for track in read_master_file(master).tracks:
        liar.files[track.sha256] = lie

    class Two(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return (liar if request.url.host == "liar" else files).handle_request(request)

    fetcher = Fetcher(["http://liar", "http://stage"], clock=ManualClock(), transport=Two())
    check_master(fetcher.fetch(name_of(master), tmp_path / "host"))
    fetcher.close()


@pytest.mark.parametrize("total", ["\u00b2", "9" * 5000, "many", "*"])
def test_a_length_that_is_none_is_left_to_the_sum(
    files: Files, master: Path, tmp_path: Path, total: str
) -> None:
    class Lies(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = files.handle_request(request)
            lies = {"Content-Length": total}
            if answer.status_code == 206:
                lies = {"Content-Range": f"{answer.headers['Content-Range'].rpartition('/')[0]}/{total}"}
            answer.headers = httpx.Headers({k.encode(): v.encode("latin-1") for k, v in lies.items()})
            return answer

    first = next(iter(read_master_file(master).tracks)).sha256
    new = tmp_path / "host" / f".{name_of(master)}.fetching" / "blobs"
    new.mkdir(parents=True)
    (new / f"{first}.part").write_bytes(files.files[first][:5000])
    fetcher = Fetcher(["http://stage"], clock=ManualClock(), transport=Lies())
    check_master(fetcher.fetch(name_of(master), tmp_path / "host"))
    fetcher.close()


def test_a_server_without_the_range_that_nobody_asked_for_is_not_called_a_full_disk(
    files: Files, master: Path, tmp_path: Path
) -> None:
    files.status = [416] * 6
    with pytest.raises(FetchFailed, match="416"):
        fetch(files, master, tmp_path / "host")


def test_no_room_is_told_as_that(files: Files, master: Path, tmp_path: Path) -> None:
    (tmp_path / "host").write_text("a file where the folder should be")
    with pytest.raises(NoRoom):
        fetch(files, master, tmp_path / "host")


def test_any_server_of_files_will_do(master: Path, tmp_path: Path) -> None:
    """Python's own, over a socket."""
    store = tmp_path / "www" / "blobs" / "sha256"
    store.mkdir(parents=True)
    shutil.copy(master / "master.json", store / name_of(master))
    for track in read_master_file(master).tracks:
        found = blob_path(master, track.sha256)
        assert found is not None
        shutil.copy(found, store / track.sha256)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "www"))
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            fetcher = Fetcher([f"http://127.0.0.1:{server.server_address[1]}"], clock=ManualClock())
            check_master(fetcher.fetch(name_of(master), tmp_path / "host"))
            fetcher.close()
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.tools("openssl")
def test_a_certificate_that_was_made_by_hand_is_trusted_when_it_is_named(
    master: Path, tmp_path: Path
) -> None:
    """As docs/fleet.md makes one: by openssl, for a name."""
    made = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=stage"
    subprocess.run(
        ["openssl", *made.split(), "-addext", "subjectAltName=DNS:localhost"],
        cwd=tmp_path,
        check=True,
        stderr=subprocess.DEVNULL,
    )
    www = tmp_path / "www" / "blobs" / "sha256"
    www.mkdir(parents=True)
    shutil.copy(master / "master.json", www / name_of(master))
    for path in (master / "blobs").iterdir():
        shutil.copy(path, www / path.stem)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *arguments: object) -> None:
            pass  # a reader that does not trust us hangs up

    with Server(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "www"))) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"https://localhost:{server.server_address[1]}"
            stranger = Fetcher([url], clock=ManualClock())
            with pytest.raises(FetchFailed) as told:
                stranger.fetch(name_of(master), tmp_path / "host")
            assert str(told.value).count("--tls-ca") == 1  # what to do, and it is said once
            stranger.close()
            friend = Fetcher([url], clock=ManualClock(), tls_ca=tmp_path / "cert.pem")
            check_master(friend.fetch(name_of(master), tmp_path / "host"))
            friend.close()
        finally:
            server.shutdown()
            thread.join()


def test_what_is_no_certificate_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("hello")
    for name in ("cert.pem", "missing.pem"):
        with pytest.raises(FetchFailed, match=f"{name} cannot be used"):
            Fetcher(["https://stage"], tls_ca=tmp_path / name)
