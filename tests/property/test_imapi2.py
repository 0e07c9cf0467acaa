"""Any calls in any order: the writer does what its table says, and the disc is what it should be."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from redbook.imapi2 import HResult, com_error
from redbook.imapi2.writer.state import TABLE, Operation, State
from redbook.mmc.disc_info import DiscStatus
from redbook.virtual.medium import Medium
from tests.imapi2.test_states import CALLS
from tests.support.imapi import NAME, Rig

ANY_TIME = [o for o in Operation if o not in (Operation.ADD_AUDIO_TRACK, Operation.PREPARE_MEDIA)]
NOT_BLANK = HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_BLANK
EMPTY = HResult.E_IMAPI_DF2TAO_TABLE_OF_CONTENTS_EMPTY_DISC
PUTS = (
    Operation.PUT_CLIENT_NAME,
    Operation.PUT_DO_NOT_FINALIZE_MEDIA,
    Operation.PUT_BUFFER_UNDERRUN_FREE_DISABLED,
    Operation.PUT_BURN_VERIFICATION_LEVEL,
)
"""Put the same value each time, so that a second one changes nothing."""


class Calls(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.rig = Rig().__enter__()
        self.rig.writer.ClientName = NAME
        self.state = State.RECORDER_SET
        self.rig.writer.Recorder = self.rig.recorder
        self.lengths: list[int] = []  # sectors of the tracks of this disc
        self.closed = False
        self.put: set[Operation] = set()

    def teardown(self) -> None:
        used = self.rig.writer.Recorder
        if used is not None:  # it may be another object than the rig's own
            used.__exit__(None, None, None)
        self.rig.__exit__(None, None, None)
        assert not self.rig.drive.tray_locked

    def call(self, operation: Operation) -> HResult | None:
        try:
            CALLS[operation](self.rig)
        except com_error as error:
            assert isinstance(error.hresult, HResult)
            return error.hresult
        return None

    @rule(operation=st.sampled_from(ANY_TIME))
    def any_call(self, operation: Operation) -> None:
        wanted = TABLE[operation][self.state]
        code = self.call(operation)
        if operation in self.put and self.state is State.PREPARED:
            assert code is None
            return
        if isinstance(wanted, HResult):
            assert code is wanted
            return
        if operation in PUTS:
            self.put.add(operation)
        if operation is Operation.GET_EXPECTED_TABLE_OF_CONTENTS and not self.lengths:
            assert code is EMPTY
            return
        assert code is None
        if operation is Operation.RELEASE_MEDIA:
            self.closed = bool(self.lengths)
        self.state = wanted

    @rule()
    def prepare(self) -> None:
        wanted = TABLE[Operation.PREPARE_MEDIA][self.state]
        code = self.call(Operation.PREPARE_MEDIA)
        if isinstance(wanted, HResult):
            assert code is wanted
        elif self.lengths:
            assert code is NOT_BLANK
        else:
            assert code is None
            self.state = wanted

    @rule(samples=st.lists(st.integers(1, 300_000), min_size=1, max_size=3))
    def prepare_and_add(self, samples: list[int]) -> None:
        if self.state is not State.PREPARED:
            self.prepare()
        for count in samples:
            self.add(count * 4)

    @rule(size=st.sampled_from([0, 1, 6, 705_599]))
    def add_what_is_no_audio(self, size: int) -> None:
        self.add(size)

    def add(self, size: int) -> None:
        data = bytes(size)
        try:
            self.rig.writer.AddAudioTrack(data)
        except com_error as error:
            wanted = TABLE[Operation.ADD_AUDIO_TRACK][self.state]
            if isinstance(wanted, State):
                assert not size or size % 4
                wanted = HResult.E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED
            assert error.hresult is wanted
            return
        assert self.state is State.PREPARED
        self.lengths.append(max(300, -(-len(data) // 2352)))

    @precondition(lambda self: self.closed and self.state in (State.NO_RECORDER, State.RECORDER_SET))
    @rule()
    def another_disc(self) -> None:
        self.rig.drive.insert(Medium.new())
        self.lengths, self.closed = [], False

    @invariant()
    def the_disc_has_what_was_added(self) -> None:
        assert self.rig.writer._state is self.state
        assert [sectors for _, _, sectors in self.rig.tracks] == self.lengths
        disc = self.rig.drive.disc
        assert disc is not None
        assert (disc.status is DiscStatus.BLANK) == (not self.lengths)
        assert self.rig.drive.tray_locked == (self.state is State.PREPARED)
        if self.state is State.PREPARED:
            assert self.rig.writer.NumberOfExistingTracks == len(self.lengths)


TestCalls = pytest.mark.slow(Calls.TestCase)
Calls.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
