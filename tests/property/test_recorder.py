"""Whatever is sent to the virtual recorder, by whom, in whatever order: an answer, and a disc that can be.

`make fuzz` looks for more of the same, led by coverage; what it found is in tests/unit/test_fuzz_findings.py.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from redbook.disc import Msf
from redbook.mmc.control import PreventAllowMediumRemoval, SetCdSpeed, StartStopUnit
from redbook.mmc.decode import ALL_COMMANDS
from redbook.mmc.mode_pages import WriteParameters
from redbook.mmc.write import Blank, BlankType, CloseFunction, CloseTrackSession, SynchronizeCache
from redbook.transport.base import Status
from redbook.virtual.medium import Medium
from tests.support.recorder_bench import MODELS, Bench, Part, small_blank

MEDIA = st.sampled_from(["cd-r", "cd-rw"])
ENDS = st.sampled_from([Msf(0, 8, 3), Msf(0, 20, 0), Msf(3, 20, 0)])
HOSTS = st.integers(0, 1)
FILLS = st.integers(1, 255)
OPCODES = st.sampled_from([command.OPCODE for command in ALL_COMMANDS]) | st.integers(0, 255)
TEST_WRITES = st.sampled_from([False, False, False, True])
SETTLED = st.sampled_from([True, True, False])
FORMS = st.sampled_from([0x00, 0x00, 0x01, 0x40, 0xC0])
FAULTS = st.sampled_from(
    [
        "3/0c/00@write:2",
        "2/04/08@write:1x3",
        "timeout@read-cd",
        "gone:2@write",
        "short:5",
        "garbled@read-disc-information",
        "lost:100",
        "power@write:3",
        "swap@synchronize-cache",
        "fixation",
        "opc",
        "unreadable@lba:5-7",
        "c2@lba:0-3",
        "unwritable@lba:20-30",
    ]
)
PARTS = st.builds(
    Part,
    pregap=st.sampled_from([0, 1, 150, 190]),
    sectors=st.integers(299, 420),
    control=st.sampled_from([0, 1, 2, 8]),
    index=st.booleans(),
    pregap_form=FORMS,
    form=FORMS,
    isrc=st.booleans(),
)
SESSIONS = st.lists(PARTS, min_size=1, max_size=3).map(lambda parts: [_first(parts[0]), *parts[1:]])
ENDINGS = st.sampled_from(
    [
        SynchronizeCache(),
        SynchronizeCache(),
        SynchronizeCache(immediate=True),
        CloseTrackSession(CloseFunction.SESSION),
        CloseTrackSession(CloseFunction.SESSION, immediate=True),
        CloseTrackSession(CloseFunction.TRACK, 0xFF),
        *(Blank(kind) for kind in BlankType),
    ]
)
OTHERS = st.sampled_from(
    [
        *(StartStopUnit(start, load) for start in (True, False) for load in (True, False)),
        *(PreventAllowMediumRemoval(prevent) for prevent in (True, False)),
        SetCdSpeed(write_kb=706),
    ]
)


def _first(part: Part) -> Part:
    """The first pregap of a session is 150 sectors at least."""
    return Part(150 + part.pregap, *(getattr(part, name) for name in Part.__slots__[1:]))


class AnyHostsAndHands(RuleBasedStateMachine):
    """One recorder. After each step `Bench.check` has held its answer and its disc to the rules."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="redbook-property-"))

    def teardown(self) -> None:
        if hasattr(self, "bench") and self.bench.recorder.disc is not None:
            self.bench.recorder.disc.close()
        shutil.rmtree(self.folder)

    @initialize(
        medium=MEDIA,
        end=ENDS,
        model=st.sampled_from(MODELS),
        speed=st.sampled_from([None, None, 1.0, 52.0]),
        in_folder=st.booleans(),
        ready=st.booleans(),
    )
    def begin(
        self, medium: str, end: Msf, model: str, speed: float | None, in_folder: bool, ready: bool
    ) -> None:
        disc = small_blank(medium, end)
        if in_folder:
            disc = in_new_folder(self.folder / "a.disc", disc)
        self.bench = Bench(disc, model, speed)
        if ready:
            self.bench.send(bytes(6))

    def settled(self, host: int, settle: bool) -> None:
        if settle:
            self.bench.settle(host)

    # What hosts send

    @rule(
        opcode=OPCODES,
        rest=st.binary(max_size=15),
        data=st.binary(max_size=100),
        room=st.integers(0, 70_000),
        host=HOSTS,
    )
    def anything(self, opcode: int, rest: bytes, data: bytes, room: int, host: int) -> None:
        self.bench.send(bytes((opcode,)) + rest, data, room, host)

    @rule(ending=ENDINGS, host=HOSTS, settle=SETTLED)
    def finish(self, ending: SynchronizeCache | CloseTrackSession | Blank, host: int, settle: bool) -> None:
        self.settled(host, settle)
        self.bench.send(ending.to_cdb(), host=host)

    @rule(other=OTHERS, host=HOSTS)
    def order(self, other: StartStopUnit | PreventAllowMediumRemoval | SetCdSpeed, host: int) -> None:
        self.bench.send(other.to_cdb(), host=host)

    @rule(
        kind=st.sampled_from([(1, 0), (1, 0), (2, 0), (3, 1), (3, 3), (0, 0)]),
        test_write=TEST_WRITES,
        multi_session=st.sampled_from([0, 3]),
        track_mode=st.sampled_from([0, 2, 4, 8]),
        copy=st.booleans(),
        protected=st.booleans(),
        host=HOSTS,
    )
    def select(
        self,
        kind: tuple[int, int],
        test_write: bool,
        multi_session: int,
        track_mode: int,
        copy: bool,
        protected: bool,
        host: int,
    ) -> None:
        page = WriteParameters(
            write_type=kind[0],
            data_block_type=kind[1],
            test_write=test_write,
            multi_session=multi_session,
            track_mode=track_mode,
            copy=copy,
            underrun_protection=protected,
            isrc="DEABC2500001" if copy else "",
            mcn="4006381333931" if copy else "",
        )
        self.bench.select(page, host)

    @rule(sectors=st.integers(0, 60), fill=FILLS, offset=st.sampled_from([0, 0, 0, 0, 1, -150]), host=HOSTS)
    def write(self, sectors: int, fill: int, offset: int, host: int) -> None:
        self.bench.write(sectors, fill, offset, host)

    @rule(sectors=st.integers(290, 1200), fill=FILLS, host=HOSTS, settle=SETTLED)
    def write_much(self, sectors: int, fill: int, host: int, settle: bool) -> None:
        self.settled(host, settle)
        self.bench.write(sectors, fill, host=host)

    @rule(sectors=st.integers(1, 310), fill=FILLS, host=HOSTS, close=st.booleans(), test_write=TEST_WRITES)
    def write_a_track(self, sectors: int, fill: int, host: int, close: bool, test_write: bool) -> None:
        self.bench.settle(host)
        self.bench.select(WriteParameters(multi_session=3, test_write=test_write), host)
        self.bench.write(sectors, fill, host=host)
        self.bench.send(SynchronizeCache().to_cdb(), host=host)
        if close:
            self.bench.settle(host)
            self.bench.send(CloseTrackSession(CloseFunction.SESSION).to_cdb(), host=host)

    @rule(
        parts=SESSIONS,
        mcn=st.booleans(),
        text=st.booleans(),
        fill=FILLS,
        most=st.sampled_from([0, 1, 3, 30, 30, 30]),
        test_write=TEST_WRITES,
        host=HOSTS,
    )
    def write_a_session(
        self, parts: list[Part], mcn: bool, text: bool, fill: int, most: int, test_write: bool, host: int
    ) -> None:
        """At once; not always to its end."""
        self.bench.settle(host)
        self.bench.select(WriteParameters(write_type=2, multi_session=3, test_write=test_write), host)
        if self.bench.cue(parts, mcn=mcn, text=text, host=host).status == Status.GOOD:
            self.bench.write_session(fill, most, host)

    @rule(
        parts=SESSIONS,
        fill=FILLS,
        with_sub=st.sampled_from([16, 96]),
        times=st.sampled_from([1, 2, 4, 4]),
        host=HOSTS,
    )
    def write_a_raw_disc(self, parts: list[Part], fill: int, with_sub: int, times: int, host: int) -> None:
        """Not always to its end."""
        self.bench.settle(host)
        self.bench.select(WriteParameters(write_type=3, data_block_type=1 if with_sub == 16 else 3), host)
        for _ in range(times):
            self.bench.go_on_raw(parts, 450, fill, with_sub, host)
        if times > 2:
            self.bench.send(SynchronizeCache().to_cdb(), host=host)

    @rule(
        parts=SESSIONS,
        mcn=st.booleans(),
        text=st.booleans(),
        change=st.none() | st.tuples(st.integers(0, 100), st.integers(0, 255)),
        host=HOSTS,
    )
    def cue(
        self, parts: list[Part], mcn: bool, text: bool, change: tuple[int, int] | None, host: int
    ) -> None:
        self.bench.select(WriteParameters(write_type=2, multi_session=3), host)
        self.bench.cue(parts, mcn=mcn, text=text, change=change, host=host)

    @rule(sectors=st.integers(1, 500), fill=FILLS, host=HOSTS)
    def go_on_at_once(self, sectors: int, fill: int, host: int) -> None:
        self.bench.go_on_at_once(sectors, fill, host)

    @rule(host=HOSTS, settle=SETTLED)
    def ask(self, host: int, settle: bool) -> None:
        self.settled(host, settle)
        self.bench.ask(host)

    # What a person and the world do

    @rule()
    def eject(self) -> None:
        self.bench.eject()

    @rule()
    def push_in(self) -> None:
        self.bench.push_in()

    @rule(medium=MEDIA)
    def swap(self, medium: str) -> None:
        self.bench.swap(small_blank(medium, Msf(0, 20, 0)))

    @rule(seconds=st.sampled_from([0.01, 1.0, 30.0, 900.0]))
    def wait(self, seconds: float) -> None:
        self.bench.wait(seconds)

    @rule(how=st.sampled_from(["power", "reset"]))
    def lose_power(self, how: str) -> None:
        self.bench.cut_power() if how == "power" else self.bench.reset()

    @rule(text=FAULTS)
    def mishap(self, text: str) -> None:
        self.bench.fault(text)

    @precondition(lambda self: bool(self.bench.recorder.faults or self.bench.recorder.bad_spots))
    @rule()
    def heal(self) -> None:
        self.bench.heal()

    @rule()
    def die(self) -> None:
        self.bench.die()

    @invariant()
    def nothing_is_left_unchecked(self) -> None:
        if hasattr(self, "bench"):
            self.bench.check()


def in_new_folder(path: Path, like: Medium) -> Medium:
    """The same blank disc, whose folder is made when it is first written to."""
    medium = Medium.new_at(path)
    medium.state = like.state
    return medium


AnyHostsAndHands.TestCase.settings = settings(
    max_examples=300,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestAnyHostsAndHands = pytest.mark.slow(AnyHostsAndHands.TestCase)
