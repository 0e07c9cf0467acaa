"""Masters from another machine: by HTTP, by their digests, resumed where they broke off; needs
`redbook[fleet]`.

A master is some files, each named by the SHA-256 of its contents, so their origin needs no trust,
and any file server will do:

    GET URL/blobs/sha256/NAME    master.json; its digest is the master's name
    GET URL/blobs/sha256/HEX     the sectors of a track, as they are or as FLAC; HEX is of the decoded sectors

What arrives is kept as `.part` until its sum is right. A remaining part is continued (Range); if the
result is wrong, it is discarded and fetched again, once. A master's folder gets its name when it is
complete, so nothing is burned from the network.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from redbook.clock import Clock, SystemClock
from redbook.errors import AudioError, Cancelled, FetchFailed, NoRoom, SheetError, printable
from redbook.production.home import FETCHING
from redbook.production.master import blob_sum, unpack
from redbook.records import dataclass
from redbook.runner.cancel import Cancel
from redbook.sheets.master_file import (
    BLOBS,
    MASTER_FILE,
    MOST_BYTES,
    MasterFile,
    blob_path,
    is_master,
    read_master_file,
)

try:
    import httpx
except ImportError as missing:
    raise FetchFailed(
        "masters of another machine need httpx, which is not installed: "
        f"pip install 'redbook[fleet]' ({missing})"
    ) from missing

T = TypeVar("T")

BLOB_PATH = "blobs/sha256/"

TRIES = 6
"""How often in a row a server may return nothing before it is given up; what arrived in the meantime is
kept.
"""

PAUSE_SECONDS = 2.0
TIMEOUT_SECONDS = 20.0
_FLAC_SLACK_BYTES = 1 << 20
"""FLAC of noise is a little larger than what it holds."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Progress of a master.  blob, of: the number of the current one; bytes of it so far"""

    blob: int
    of: int
    bytes: int


class _WrongPart(Exception):
    """What arrived is not what its name says."""


def _trusted(tls_ca: Path | None) -> ssl.SSLContext:
    """The system's certificates, for a house may have its own there; those that come with httpx, for a small
    system may have none; and one that was named.
    """
    context = httpx.create_ssl_context()
    context.load_default_certs()
    if tls_ca is not None:
        try:
            context.load_verify_locations(tls_ca)
        except (OSError, ssl.SSLError) as error:
            raise FetchFailed(f"{printable(tls_ca)} cannot be used as a certificate: {error}") from error
    return context


def _length(text: str) -> int:
    """As a server states it; 0 for an impossible length."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def _advice(error: Exception) -> str:
    if "CERTIFICATE_VERIFY_FAILED" not in str(error):
        return ""
    return " (name a self-signed certificate with --tls-ca, and the server by a name that is in it)"


class Fetcher:
    """Fetches masters from one of several servers.

    urls    of the servers; they are asked in turn if one fails, or returns something damaged
    clock   for the pauses between tries
    tls_ca  a certificate (PEM) that is trusted in addition to those of the system: a server's own, or its
            maker's

    raises  FetchFailed  for an invalid certificate
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        clock: Clock | None = None,
        tls_ca: Path | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._urls = [url.rstrip("/") + "/" for url in urls]
        self._clock = clock or SystemClock()
        self._client = httpx.Client(
            timeout=TIMEOUT_SECONDS,
            follow_redirects=True,
            transport=transport,
            trust_env=True,
            verify=_trusted(tls_ca),
        )

    def close(self) -> None:
        self._client.close()

    def fetch(
        self,
        name: str,
        masters: Path,
        *,
        cancel: Cancel | None = None,
        on_progress: Callable[[Fetched], None] | None = None,
    ) -> Path:
        """The folder of a master, complete and checked, below `masters`; at once if it already exists.

        name    of the master: 64 hexadecimal digits

        raises  FetchFailed  no server has it, or none answers
                SheetError, AudioError  what they have is damaged, or not a master
                NoRoom, Cancelled
        """
        target = masters / name
        with suppress(SheetError):  # damaged: it is fetched again
            if is_master(target) and all(
                blob_path(target, track.sha256) for track in read_master_file(target).tracks
            ):
                return target
        new = masters / f".{name}{FETCHING}"
        cancel = cancel or Cancel()
        try:
            (new / BLOBS).mkdir(parents=True, exist_ok=True)
            file = self._master_file(name, new, cancel)
            wanted = dict(zip((track.sha256 for track in file.tracks), file.lengths(), strict=True))
            for number, (sha256, sectors) in enumerate(wanted.items(), 1):

                def report(got: int, number: int = number) -> None:
                    if on_progress is not None:
                        on_progress(Fetched(number, len(wanted), got))

                self._blob(sha256, sectors * 2352, new / BLOBS, cancel, report)
            (new / MASTER_FILE).write_bytes(file.to_bytes())
            self._unpack(new, cancel)
            if target.exists():  # its audio was tidied away
                shutil.rmtree(target)
            new.rename(target)
        except OSError as error:
            raise NoRoom(f"{printable(masters)} cannot store the master: {error.strerror}") from error
        return target

    def _unpack(self, folder: Path, cancel: Cancel) -> None:
        """All drives of this host read the same sectors; the FLAC has done its work."""
        unpack(folder, cancel=cancel)
        for path in (folder / BLOBS).glob("*.flac"):
            path.unlink()

    def _master_file(self, name: str, folder: Path, cancel: Cancel) -> MasterFile:
        part = folder / f"{MASTER_FILE}.part"

        def take() -> bytes:
            data = part.read_bytes()
            if hashlib.sha256(data).hexdigest() != name:
                raise _WrongPart("its SHA-256 does not match")
            part.unlink()
            return data

        try:
            data = self._right(name, MOST_BYTES, part, cancel, lambda _: None, take)
        except _WrongPart as wrong:
            raise SheetError(f"the server's master {name[:12]} is damaged: {wrong}", name) from wrong
        try:
            return MasterFile.from_bytes(data)
        except ValueError as error:
            raise SheetError(f"the server's master {name[:12]} is not a master: {error}", name) from error

    def _blob(
        self, sha256: str, most: int, blobs: Path, cancel: Cancel, on_bytes: Callable[[int], None]
    ) -> None:
        if any((blobs / f"{sha256}{suffix}").exists() for suffix in (".pcm", ".flac")):
            return  # it came before the last fetch broke off, and its sum was right
        part = blobs / f"{sha256}.part"
        try:
            self._right(
                *(sha256, most + _FLAC_SLACK_BYTES, part, cancel, on_bytes),
                lambda: self._take(sha256, most, part, cancel),
            )
        except _WrongPart as wrong:
            raise AudioError(
                f"the server's audio {sha256[:12]} is damaged: {wrong}; "
                "make the master there again, or copy it once more",
                sha256,
            ) from wrong

    def _right(
        self,
        digest: str,
        most: int,
        part: Path,
        cancel: Cancel,
        on_bytes: Callable[[int], None],
        take: Callable[[], T],
    ) -> T:
        """From each server in turn, while what comes is wrong; a part that was left may have been it, too.

        raises  _WrongPart  whatever was asked, `take` did not take it
        """
        left = int(part.exists())
        asked = len(self._urls) + left
        for attempt in range(asked):
            try:
                self._download(digest, part, most, cancel, on_bytes, max(0, attempt - left))
                return take()
            except _WrongPart:
                part.unlink(missing_ok=True)
                if attempt + 1 == asked:
                    raise
        raise AssertionError("there is a server")

    def _take(self, sha256: str, pcm_bytes: int, part: Path, cancel: Cancel) -> None:
        """Under its name only when it is right.  raises  _WrongPart"""
        suffix = ".pcm" if part.stat().st_size == pcm_bytes else ".flac"
        whole = part.with_suffix(suffix)
        new = part.with_name(f".checked{suffix}")
        part.rename(new)
        try:
            found = blob_sum(new, cancel)
        except AudioError as error:
            new.rename(part)
            raise _WrongPart(str(error)) from error
        except BaseException:
            new.rename(part)
            raise
        if found != sha256:
            new.rename(part)
            raise _WrongPart(f"its SHA-256 is {found}")
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.rename(whole)

    def _download(
        self,
        digest: str,
        part: Path,
        most: int,
        cancel: Cancel,
        on_bytes: Callable[[int], None],
        first: int = 0,
    ) -> None:
        """All of a file, from wherever it can be had; what came before stays.

        first  the server that is asked first

        raises  FetchFailed; _WrongPart  it is too large
        """
        failures, answers = 0, list[str]()
        while True:
            url = self._urls[(first + failures) % len(self._urls)] + BLOB_PATH + digest
            before = part.stat().st_size if part.exists() else 0
            try:
                self._get(url, part, most, cancel, on_bytes)
                return
            except httpx.HTTPStatusError as error:
                answers.append(f"{printable(url)}: {error.response.status_code}")
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                answers.append(
                    f"{printable(url)}: {printable(error) or type(error).__name__}{_advice(error)}"
                )
            gained = part.exists() and part.stat().st_size > before
            failures = 1 if gained else failures + 1
            if failures >= max(TRIES, len(self._urls)):
                last = "; ".join(dict.fromkeys(answers[-3:]))  # the same answer is told once
                raise FetchFailed(
                    f"no server provides {digest[:12]}; the last one answered: {last}. "
                    f"What has arrived is kept; try again"
                )
            if cancel.wanted:
                raise Cancelled("cancelled while a master was fetched; nothing was burned")
            self._clock.sleep(PAUSE_SECONDS)

    def _get(self, url: str, part: Path, most: int, cancel: Cancel, on_bytes: Callable[[int], None]) -> None:
        """One request: the whole file, or what is missing of it.

        raises  HTTPError, NoRoom, Cancelled; _WrongPart  it is too large
        """
        have = part.stat().st_size if part.exists() else 0
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with self._client.stream("GET", url, headers=headers) as answer:
            if have and answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return  # all of it is here, or too much: the sum tells
            answer.raise_for_status()
            goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT and answer.headers.get(
                "Content-Range", ""
            ).startswith(f"bytes {have}-")
            if have and not goes_on:
                have = 0  # a server without ranges begins at the beginning
            try:
                with part.open("ab" if have else "wb") as file:
                    for piece in answer.iter_raw():
                        if cancel.wanted:
                            raise Cancelled("cancelled while a master was fetched; nothing was burned")
                        have += len(piece)
                        if have > most:
                            raise _WrongPart(f"{printable(url)} is larger than it can be: {most} bytes")
                        file.write(piece)
                        on_bytes(have)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise NoRoom(f"{printable(part)} cannot be written: {error.strerror}") from error
            stated = answer.headers.get("Content-Range", "").rpartition("/")[2] if goes_on else ""
            total = _length(stated) or _length(answer.headers.get("Content-Length", ""))
            if have < total:
                raise httpx.RemoteProtocolError("it was interrupted", request=answer.request)
