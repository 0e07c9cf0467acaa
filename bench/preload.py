"""Measure WRITE (10) of 27 sectors by a program that sees a virtual recorder through the preload library.

    python bench/preload.py          (a minute; needs the Debian package umockdev)

The program is a small one in Python that does nothing but SG_IO. Against an empty responder it shows what
the way costs, against the virtual recorder what a burn gets; the last measure is the recorder alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECTORS, SECTOR_BYTES = 27, 2352
COMMANDS = 4000
ROUNDS = 3

CLIENT = """
import ctypes, fcntl, os, struct, sys, time

sectors, commands, lba = (int(word) for word in sys.argv[1:])
length = sectors * 2352
data = ctypes.create_string_buffer(os.urandom(length), length)
cdb = ctypes.create_string_buffer(16)
sense = ctypes.create_string_buffer(64)
header = bytearray(88)
drive = os.open("/dev/sr0", os.O_RDWR | os.O_NONBLOCK)


def send(command, direction=-1, size=0):
    cdb.raw = command.ljust(16, b"\\0")
    at = [ctypes.addressof(each) for each in (data, cdb, sense)]
    struct.pack_into("=iiBBHIQQQI", header, 0, 83, direction, len(command), 64, 0, size, *at, 60000)
    fcntl.ioctl(drive, 0x2285, header)
    return header[64]


if lba >= 0:
    page = bytes(8) + bytes((5, 0x32, 0x41, 0, 0)) + bytes(9) + bytes((0, 150)) + bytes(36)
    data[: len(page)] = page
    while send(bytes((0x55, 0x10, 0, 0, 0, 0, 0, 0, len(page), 0)), -2, len(page)):
        pass
start = time.perf_counter()
for number in range(commands):
    where = max(0, lba) + number * sectors
    if send(struct.pack(">BxixHx", 0x2A, where, sectors), -2, length):
        sys.exit(f"WRITE {where}: sense {sense.raw[:14].hex(' ')}")
print(time.perf_counter() - start)
"""


class Responder:
    """Says GOOD to everything."""

    def __init__(self) -> None:
        from redbook.mmc.identify import CD_DEVICE, InquiryReply
        from redbook.transport.base import Reply

        self._reply = Reply(0)
        self._inquiry = Reply(0, InquiryReply(CD_DEVICE, True, "BENCH", "RESPONDER", "0").to_bytes())

    def new_initiator(self) -> Responder:
        return self

    def execute(
        self, cdb: bytes, data_out: bytes | memoryview = b"", data_in_length: int = 0, timeout: float = 30.0
    ) -> object:
        return self._inquiry if cdb[0] == 0x12 else self._reply

    def announce(self, data_bytes: int) -> None:
        pass

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


def through_preload(recorder: object, lba: int) -> float:
    """Seconds for all commands."""
    from redbook.share.host import Host

    with Host([recorder]) as host:  # type: ignore[list-item]
        command = [sys.executable, "-c", CLIENT, str(SECTORS), str(COMMANDS), str(lba)]
        done = subprocess.run(command, env=host.environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr or f"the client ended with {done.returncode}")
    return float(done.stdout)


def in_process(recorder: object) -> float:
    from redbook.mmc.mode_pages import ModeSelect10, WriteParameters
    from redbook.mmc.write import Write10

    data = os.urandom(SECTORS * SECTOR_BYTES)
    select = ModeSelect10(WriteParameters().to_page())
    while recorder.execute(select.to_cdb(), select.data_out).status:  # type: ignore[attr-defined]
        pass
    start = time.perf_counter()
    for number in range(COMMANDS):
        reply = recorder.execute(Write10(number * SECTORS, data).to_cdb(), data)  # type: ignore[attr-defined]
        assert not reply.status, reply.sense.hex(" ")
    return time.perf_counter() - start


def main() -> None:
    from redbook.image.store import MemoryStore
    from redbook.share.host import require_library
    from redbook.virtual.blanks import blank_state
    from redbook.virtual.medium import Medium
    from redbook.virtual.recorder import VirtualRecorder

    require_library()
    megabytes = COMMANDS * SECTORS * SECTOR_BYTES / 1e6

    def forgetful() -> VirtualRecorder:
        return VirtualRecorder(Medium(blank_state(), MemoryStore(keep=False)))

    def show(name: str, seconds: list[float]) -> None:
        best = min(seconds)
        print(f"  {name:<46} {megabytes / best:6.0f} MB/s   {best / COMMANDS * 1e6:5.0f} us a command")

    print(f"WRITE (10) of {SECTORS} sectors, {megabytes:.0f} MB, the best of {ROUNDS}:      (aim: 200 MB/s)")
    show("empty responder, through the preload", [through_preload(Responder(), -1) for _ in range(ROUNDS)])
    show("recorder that keeps no audio, preload", [through_preload(forgetful(), 0) for _ in range(ROUNDS)])
    with tempfile.TemporaryDirectory(
        prefix="redbook-bench-", dir=os.environ.get("TMPDIR", "/var/tmp")
    ) as name:
        seconds = []
        for number in range(ROUNDS):
            recorder = VirtualRecorder(Medium.at(Path(name) / f"{number}.disc"))
            seconds.append(through_preload(recorder, 0))
            recorder.close()
        show("recorder with a disc folder, preload", seconds)
    show("recorder that keeps no audio, in this process", [in_process(forgetful()) for _ in range(ROUNDS)])


if __name__ == "__main__":
    main()
