"""Bytes become commands for a small disc in memory, and all that must hold is checked after each."""

from __future__ import annotations

from collections.abc import Callable

from redbook.disc import Msf
from redbook.mmc.decode import ALL_COMMANDS
from redbook.mmc.mode_pages import WriteParameters
from redbook.mmc.write import Blank, BlankType, CloseFunction, CloseTrackSession, SynchronizeCache
from tests.support.recorder_bench import MODELS, Bench, Part, small_blank

OPCODES = sorted({command.OPCODE for command in ALL_COMMANDS})
ENDS = (Msf(0, 20, 0), Msf(3, 20, 0), Msf(0, 8, 3))
FAULTS = (
    "3/0c/00@write:2",
    "2/04/08@write",
    "timeout@read-cd",
    "gone:2",
    "short:5",
    "garbled",
    "lost:100",
    "power@write:3",
    "swap@synchronize-cache",
    "fixation",
    "opc",
    "unreadable@lba:5-7",
    "c2@lba:0-3",
    "unwritable@lba:20-30",
)
FORMS = (0x00, 0x01, 0x40, 0xC0)
MOST_STEPS = 60


class Source:
    """Numbers from bytes; zeros behind their end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def over(self) -> bool:
        return self._at >= len(self._data)

    def byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def bytes(self, most: int) -> bytes:
        count = self.byte() % (most + 1)
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken


def part(source: Source, first: bool) -> Part:
    flags = source.byte()
    pregap = source.byte() % 200 if flags & 1 else 0
    return Part(
        pregap=pregap + 150 * first,
        sectors=260 + source.byte(),
        control=source.byte() % 16 & ~4,
        index=bool(flags & 2),
        pregap_form=FORMS[flags >> 2 & 3],
        form=FORMS[flags >> 4 & 3] if flags & 0x80 else 0,
        isrc=bool(flags & 0x40),
    )


def parts(source: Source) -> list[Part]:
    return [part(source, number == 0) for number in range(1 + source.byte() % 3)]


def raw_command(bench: Bench, source: Source, host: int) -> None:
    opcode = source.byte()
    cdb = bytes((OPCODES[opcode % len(OPCODES)] if opcode < 0xE0 else opcode,)) + source.bytes(15)
    bench.send(cdb, source.bytes(100), host=host)


def write(bench: Bench, source: Source, host: int) -> None:
    offset = source.byte()
    bench.write(source.byte() % 40, source.byte(), offset - 200 if offset > 180 else 0, host)


def write_much(bench: Bench, source: Source, host: int) -> None:
    bench.write(source.byte() * 5, source.byte(), host=host)


def select(bench: Bench, source: Source, host: int) -> None:
    kinds, sessions, mode, flags = (source.byte() for _ in range(4))
    codes = flags & 0x20
    page = WriteParameters(
        write_type=(1, 2, 3, 0)[kinds % 4],
        data_block_type=(0, 1, 3)[kinds // 4 % 3],
        test_write=bool(flags & 1),
        underrun_protection=not flags & 2,
        copy=bool(flags & 4),
        multi_session=sessions % 4,
        track_mode=mode % 16,
        mcn="4006381333931" if codes else "",
        isrc="DEABC2500001" if codes else "",
    )
    bench.select(page, host)


def cue(bench: Bench, source: Source, host: int) -> None:
    flags = source.byte()
    change = (source.byte(), source.byte()) if flags & 4 else None
    bench.cue(parts(source), mcn=bool(flags & 1), text=bool(flags & 2), change=change, host=host)


def go_on_at_once(bench: Bench, source: Source, host: int) -> None:
    bench.go_on_at_once(source.byte() * 3, source.byte(), host)


def go_on_raw(bench: Bench, source: Source, host: int) -> None:
    with_sub = 16 if source.byte() & 1 else 96
    bench.go_on_raw(parts(source), source.byte() * 3, source.byte(), with_sub, host)


def finish(bench: Bench, source: Source, host: int) -> None:
    what = source.byte()
    commands = (
        SynchronizeCache(),
        SynchronizeCache(immediate=True),
        CloseTrackSession(CloseFunction.SESSION),
        CloseTrackSession(CloseFunction.SESSION, immediate=True),
        CloseTrackSession(CloseFunction.TRACK, source.byte()),
        *(Blank(kind) for kind in BlankType),
    )
    bench.send(commands[what % len(commands)].to_cdb(), host=host)


def by_hand(bench: Bench, source: Source, host: int) -> None:
    what = source.byte()
    deeds: tuple[Callable[[], None], ...] = (
        bench.eject,
        bench.push_in,
        bench.cut_power,
        bench.reset,
        bench.heal,
        lambda: bench.swap(small_blank("cd-rw" if source.byte() & 1 else "cd-r", ENDS[1])),
    )
    deeds[what % len(deeds)]()


def mishap(bench: Bench, source: Source, host: int) -> None:
    bench.fault(FAULTS[source.byte() % len(FAULTS)])


STEPS: tuple[Callable[[Bench, Source, int], None], ...] = (
    raw_command,
    write,
    finish,
    select,
    cue,
    go_on_at_once,
    go_on_raw,
    by_hand,
    lambda bench, source, host: bench.wait(source.byte() ** 2 / 100),
    lambda bench, source, host: bench.ask(host),
    mishap,
    write_much,
)


def one(data: bytes) -> None:
    source = Source(data)
    how = source.byte()
    medium = small_blank("cd-rw" if how & 1 else "cd-r", ENDS[how // 2 % len(ENDS)])
    speed = (None, None, 4.0, 52.0)[how // 8 % 4]
    bench = Bench(medium, MODELS[source.byte() % len(MODELS)], speed)
    for _ in range(MOST_STEPS):
        if source.over:
            break
        step = source.byte()
        STEPS[step % 16 % len(STEPS)](bench, source, step >> 7)
    bench.heal()
    bench.ask()


_READY = "00000000"
_SYNCHRONIZE, _CLOSE, _ASK = "020000", "020200", "09"
_TRACK = "01002011 01002012 0b3c22" + _SYNCHRONIZE
_SESSION = "0403 01 422800 006002" + "05ff11" * 5 + _SYNCHRONIZE
_RAW = "030a000000" + "060000002800ff11" * 2 + _SYNCHRONIZE
SEEDS = [
    bytes.fromhex(seed)
    for seed in (
        "0300" + _READY + _TRACK + _ASK + "0300030000" + _CLOSE + _ASK + _TRACK + _CLOSE + _ASK + "020600",
        "0300" + _READY + "0301000000" + _SESSION + _ASK + "020600" + _ASK,
        "0300" + _READY + "0300030000" + _TRACK + _CLOSE + "0301030000" + _SESSION + _ASK + "020b00" + _ASK,
        "0300" + _READY + _RAW + _ASK,
        "1501" + _READY + "0300000001" + _TRACK * 3 + "0703" + _ASK + "0702" + _ASK,
        "1902"
        + _READY
        + _TRACK
        + "0814" * 5
        + "0bff11" * 3
        + _SYNCHRONIZE
        + "0850" * 4
        + _ASK
        + "0700"
        + _ASK,
        "0304" + _READY + "0a03" + _TRACK + "0704" + _ASK + "0a0a" + "0705" + _READY + _TRACK,
    )
]
"""Where a run begins: a track, sessions written at once, a raw disc, a test write, time, faults."""
