"""Measure WRITE(10) of 27 sectors through the iSCSI target: to the recorder, and to a unit that does nothing.

    python bench/iscsi.py        (called by bench.py, too)

Initiator and target are processes of their own, on the loopback address; one command at a time, as
Linux's sr driver and QEMU send them.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nothing import OnlyGood

from redbook.mmc.write import SynchronizeCache, Write10
from redbook.share.iscsi import text
from redbook.share.iscsi.answers import LoginResponse, ScsiResponse
from redbook.share.iscsi.login import FULL_FEATURE, OPERATIONAL
from redbook.share.iscsi.pdu import HEADER_BYTES, data_segment_bytes, padding_bytes
from redbook.share.iscsi.portal import Portal
from redbook.share.iscsi.requests import LoginRequest, ScsiCommand
from redbook.share.iscsi.target import Target

SECTORS = 27
WRITES = 4000
ROUNDS = 5
AIM_MB_PER_SECOND = 150


class Initiator:
    """The least that can log in and write."""

    def __init__(self, url: str) -> None:
        place, self._target = url.removeprefix("iscsi://").split("/")[:2]
        host, _, port = place.rpartition(":")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._count = 0
        self._log_in()

    def _log_in(self) -> None:
        keys = {
            "InitiatorName": "iqn.2026-11.example.redbook:bench",
            "TargetName": self._target,
            "InitialR2T": "No",
            "ImmediateData": "Yes",
            "FirstBurstLength": "262144",
        }
        request = LoginRequest(
            0, b"\x80bench", stage=OPERATIONAL, next_stage=FULL_FEATURE, transit=True, cmd_sn=1
        )
        said = text.build(keys.items())
        self._socket.sendall(request.to_bytes(len(said)) + said + bytes(padding_bytes(len(said))))
        header = self._receive()
        if LoginResponse.from_bytes(header).status:
            raise RuntimeError("the target did not let us in")

    def _receive(self) -> bytes:
        header = self._read(HEADER_BYTES)
        length = data_segment_bytes(header)
        self._read(length + padding_bytes(length))
        return header

    def _read(self, length: int) -> bytes:
        data = bytearray(length)
        view = memoryview(data)
        while view:
            count = self._socket.recv_into(view, 0, socket.MSG_WAITALL)
            if not count:
                raise ConnectionError("the target hung up")
            view = view[count:]
        return bytes(data)

    def run(self, cdb: bytes, data: bytes = b"") -> ScsiResponse:
        self._count += 1
        header = ScsiCommand(
            self._count, cdb.ljust(16, b"\0"), self._count, 0, len(data), write=bool(data)
        ).to_bytes(len(data))
        self._socket.sendmsg([header, data])
        return ScsiResponse.from_bytes(self._receive())

    def close(self) -> None:
        self._socket.close()


@contextmanager
def target(command: list[str], folder: Path) -> Iterator[str]:
    """A target in a process of its own; its address."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def write(url: str, sectors: int) -> float:
    """MB/s of one track."""
    data = bytes(range(256)) * (sectors * 2352 // 256) + bytes(sectors * 2352 % 256)
    initiator = Initiator(url)
    initiator.run(bytes(6))  # the power-on attention
    start = time.perf_counter()
    for number in range(WRITES):
        if initiator.run(Write10(number * sectors, data).to_cdb(), data).status:
            raise RuntimeError(f"WRITE {number} was refused")
    seconds = time.perf_counter() - start
    initiator.run(SynchronizeCache().to_cdb())
    initiator.close()
    return WRITES * len(data) / seconds / 1e6


def bench_iscsi(folder: Path) -> None:
    empty = [sys.executable, __file__, "--only-good"]
    recorder, nothing = [], []
    for number in range(ROUNDS):
        command = [sys.executable, "-m", "redbook", "share", "iscsi", "--listen", "127.0.0.1:0"]
        with target([*command, "--disc", f"iscsi-{number}.disc"], folder) as url:
            recorder.append(write(url, SECTORS))
        (folder / f"iscsi-{number}.disc/disc.bin").unlink()
        with target(empty, folder) as url:
            nothing.append(write(url, SECTORS))
    ratio = statistics.median(a / b for a, b in zip(recorder, nothing, strict=True))
    print(f"WRITE(10) of {SECTORS} sectors through iSCSI:          (aim: {AIM_MB_PER_SECOND} MB/s)")
    print(f"  to the virtual recorder      {statistics.median(recorder):5.0f} MB/s")
    print(f"  to a unit that does nothing  {statistics.median(nothing):5.0f} MB/s")
    print(f"  recorder / nothing:          {ratio:.2f} x")


def serve_nothing() -> None:
    portal = Portal(Target([OnlyGood()]))
    portal.start()
    print(portal.urls[0], flush=True)
    sys.stdin.read()


def main() -> None:
    if "--only-good" in sys.argv:
        serve_nothing()
        return
    with tempfile.TemporaryDirectory(prefix="redbook-bench-", dir="/var/tmp") as name:
        bench_iscsi(Path(name))


if __name__ == "__main__":
    main()
