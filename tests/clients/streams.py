"""What burning programs send for one and the same job, as a listing that can be compared.

`python -m tests.clients.streams` writes the listings into docs/command-streams.md.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import redbook
from redbook.drive import Drive
from redbook.mmc.command import Command
from redbook.mmc.control import PreventAllowMediumRemoval, SetCdSpeed, StartStopUnit
from redbook.mmc.cue_sheet import SendCueSheet
from redbook.mmc.decode import decode
from redbook.mmc.mode_pages import ModeSelect10, ModeSense10, WriteParameters, WriteType
from redbook.mmc.write import CloseTrackSession, SynchronizeCache, Write10
from redbook.share.host import Host
from redbook.transport.base import Reply, Status, Transport
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.sound import write_wav

SECTORS = (600, 450)
DOCUMENT = Path(__file__).parents[2] / "docs" / "command-streams.md"
PROGRAMS: dict[str, Sequence[str]] = {
    "redbook --mode tao": (),
    "wodim -tao": ("wodim", "dev=/dev/sr0", "speed=16", "-tao", "-audio", "1.wav", "2.wav"),
    "cdrskin -tao": ("cdrskin", "dev=/dev/sr0", "speed=16", "-tao", "-audio", "1.wav", "2.wav"),
    "redbook --mode sao": (),
    "wodim -dao": ("wodim", "dev=/dev/sr0", "speed=16", "-dao", "-audio", "1.wav", "2.wav"),
    "cdrskin -sao": ("cdrskin", "dev=/dev/sr0", "speed=16", "-sao", "-audio", "1.wav", "2.wav"),
}
_POLLS = ("TEST UNIT READY", "READ BUFFER CAPACITY", "GET EVENT STATUS NOTIFICATION")
_WRITE_TYPES = {int(kind): kind.name.lower().replace("_", "-") for kind in WriteType}


class Listener:
    """A recorder that keeps what it was sent."""

    def __init__(self, recorder: VirtualRecorder) -> None:
        self._recorder = recorder
        self.lines: list[str] = []

    def new_initiator(self) -> Transport:
        return _Heard(self._recorder.new_initiator(), self.lines)

    def reset(self) -> None:
        self._recorder.reset()


class _Heard:
    def __init__(self, transport: Transport, lines: list[str]) -> None:
        self._transport = transport
        self._lines = lines

    def execute(
        self, cdb: bytes, data_out: bytes | memoryview = b"", data_in_length: int = 0, timeout: float = 30.0
    ) -> Reply:
        line = _described(cdb, bytes(data_out))
        reply = self._transport.execute(cdb, data_out, data_in_length, timeout)
        self._lines.append(line if reply.status == Status.GOOD else f"{line}  -> {_refusal(reply)}")
        return reply

    def announce(self, data_bytes: int) -> None:
        self._transport.announce(data_bytes)

    def close(self) -> None:
        self._transport.close()


def _refusal(reply: Reply) -> str:
    return f"{reply.sense[2] & 0xF:X}/{reply.sense[12]:02X}/{reply.sense[13]:02X}"


def _described(cdb: bytes, data_out: bytes) -> str:
    """One line: the command, and what of it matters to a burn."""
    try:
        command = decode(cdb, data_out)
    except ValueError:
        return f"opcode {cdb[0]:02X}h"
    return " ".join((command.NAME, *_details(command)))


def _details(command: Command[Any]) -> list[str]:
    if isinstance(command, Write10):
        return [f"{command.lba} + {command.sectors}"]
    if isinstance(command, SynchronizeCache | CloseTrackSession):
        function = [command.function.name.lower()] if isinstance(command, CloseTrackSession) else []
        return [*function, *["Immed"] * command.immediate]
    if isinstance(command, ModeSelect10):
        return [_page_05h(WriteParameters.from_page(command.pages)) if len(command.pages) > 48 else "no page"]
    if isinstance(command, SendCueSheet):
        return [" | ".join(entry.to_bytes().hex() for entry in command.entries)]
    if isinstance(command, ModeSense10):
        return [f"{command.page:02X}h"]
    if isinstance(command, StartStopUnit):
        return [{(True, False): "start", (False, False): "stop", (True, True): "load"}.get(
            (command.start, command.load_eject), "eject")]  # fmt: skip
    if isinstance(command, PreventAllowMediumRemoval):
        return ["prevent" if command.prevent else "allow"]
    if isinstance(command, SetCdSpeed):
        return [f"{command.write_kb} kB/s"]
    return []


def _page_05h(page: WriteParameters) -> str:
    words = [f"05h {_WRITE_TYPES.get(page.write_type, page.write_type)}", f"track mode {page.track_mode}"]
    words += [f"block type {page.data_block_type}"]
    words += [name for name, on in (("BUFE", page.underrun_protection), ("test", page.test_write)) if on]
    return ", ".join(words)


def normalised(lines: Sequence[str]) -> list[str]:
    """Polls left out; contiguous WRITEs, and the same line again, are one line."""
    out: list[str] = []
    for line in lines:
        if line.startswith(_POLLS):
            continue
        write, last = re.fullmatch(r"WRITE (-?\d+) \+ (\d+)", line), out[-1] if out else ""
        before = re.fullmatch(r"WRITE (-?\d+) \.\. (-?\d+) by (\d+)", last)
        if write:
            first, count = int(write[1]), int(write[2])
            if before and int(before[2]) == first - 1:
                out[-1] = f"WRITE {before[1]} .. {first + count - 1} by {before[3]}"
            else:
                out.append(f"WRITE {first} .. {first + count - 1} by {count}")
        elif re.sub(r" \(\d+ times\)$", "", last) == line:
            again = re.search(r" \((\d+) times\)$", last)
            out[-1] = f"{line} ({int(again[1]) + 1 if again else 2} times)"
        else:
            out.append(line)
    return out


def stream(name: str, folder: Path) -> list[str]:
    """What this program sends for two tracks of 600 and 450 sectors on a blank CD-R at 16x."""
    for number, sectors in enumerate(SECTORS, 1):
        write_wav(folder / f"{number}.wav", bytes((number, 0)) * (sectors * 1176))
    recorder = VirtualRecorder(Medium.new())
    listener = Listener(recorder)
    if PROGRAMS[name]:
        with Host([listener]) as host:
            listener.lines.clear()
            subprocess.run(
                PROGRAMS[name],
                env={**os.environ, **host.environment()},
                cwd=folder,
                check=True,
                capture_output=True,
            )
            lines = list(listener.lines)
    else:
        files = [folder / f"{number}.wav" for number in (1, 2)]
        with Drive(listener.new_initiator(), "virtual:") as drive:
            redbook.burn(files, drive, mode=name.split()[-1], speed=16, verify=False)
        lines = listener.lines
    return normalised(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        blocks = [
            f"## {name}\n\n```\n" + "\n".join(stream(name, Path(folder))) + "\n```\n" for name in PROGRAMS
        ]
    head = DOCUMENT.read_text(encoding="utf-8").split("## redbook --mode tao\n")[0]
    DOCUMENT.write_text(head + "\n".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
