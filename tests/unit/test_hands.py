"""A person's hands at the virtual recorder while a command is under way."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable

import pytest

from redbook.image.store import MemoryStore
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.write import Write10
from redbook.transport.base import Reply, Status
from redbook.virtual.blanks import blank_state
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import ready

PATIENCE_SECONDS = 30.0
MOMENT_SECONDS = 0.05

HANDS: dict[str, Callable[[VirtualRecorder], object]] = {
    "insert": lambda recorder: recorder.insert(Medium.new()),
    "lay_in": lambda recorder: recorder.lay_in(Medium.new()),
    "remove": lambda recorder: recorder.remove(),
    "push_in": lambda recorder: recorder.push_in(),
    "press_eject": lambda recorder: recorder.press_eject(),
    "unplug": lambda recorder: recorder.unplug(),
    "plug_in": lambda recorder: recorder.plug_in(),
    "cut_power": lambda recorder: recorder.cut_power(),
    "let_go": lambda recorder: recorder.let_go(),
    "take_up": lambda recorder: recorder.take_up(),
    "reset": lambda recorder: recorder.reset(),
    "close": lambda recorder: recorder.close(),
}


class SlowStore(MemoryStore):
    """A disc on which writing takes as long as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_end = threading.Event(), threading.Event()

    def write(self, lba: int, data: bytes | memoryview) -> None:
        self.begun.set()
        assert self.may_end.wait(PATIENCE_SECONDS)
        super().write(lba, data)


def test_every_hand_is_tried() -> None:
    tried = {*HANDS, "execute", "serve", "announce", "new_initiator", "part_from"}
    public = inspect.getmembers(VirtualRecorder, inspect.isfunction)
    assert {name for name, _ in public if not name.startswith("_")} == tried


@pytest.mark.parametrize("name", HANDS)
def test_a_hand_waits_for_the_command_under_way(name: str) -> None:
    store = SlowStore()
    medium = Medium(blank_state(), store)
    recorder = VirtualRecorder(medium)
    ready(recorder)
    replies: list[Reply] = []
    data = b"\x11" * 2352 * 27

    def write() -> None:
        command = Write10(0, data)
        replies.append(recorder.execute(command.to_cdb(), command.data_out))

    writing = threading.Thread(target=write)
    hand = threading.Thread(target=HANDS[name], args=(recorder,))
    writing.start()
    assert store.begun.wait(PATIENCE_SECONDS)
    hand.start()
    hand.join(MOMENT_SECONDS)
    assert hand.is_alive()
    assert recorder.disc is medium
    assert not recorder.tray_open
    store.may_end.set()
    for thread in (writing, hand):
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
    assert [reply.status for reply in replies] == [Status.GOOD]
    assert store.read(0, 27) == data


def test_initiators_come_and_go_while_a_command_is_under_way() -> None:
    """A login that waits for another host's command would be given up."""
    store = SlowStore()
    recorder = VirtualRecorder(Medium(blank_state(), store))
    ready(recorder)
    command = Write10(0, bytes(2352 * 27))
    writing = threading.Thread(target=recorder.execute, args=(command.to_cdb(), command.data_out))
    writing.start()
    assert store.begun.wait(PATIENCE_SECONDS)

    def visit() -> None:
        recorder.new_initiator().close()

    visiting = threading.Thread(target=visit)
    visiting.start()
    visiting.join(PATIENCE_SECONDS)
    answered = not visiting.is_alive()
    store.may_end.set()
    writing.join(PATIENCE_SECONDS)
    assert answered


def test_discs_come_and_go_beside_writes_and_neither_fails() -> None:
    """An insert in the middle of a WRITE made both fail once."""
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    failures: list[BaseException] = []
    over = threading.Event()

    def swap() -> None:
        try:
            for number in range(300):
                (recorder.insert if number % 2 else recorder.lay_in)(Medium.new())
            recorder.insert(Medium.new())
        except BaseException as failure:  # noqa: BLE001
            failures.append(failure)
        finally:
            over.set()

    thread = threading.Thread(target=swap)
    thread.start()
    allowed = {(2, 0x3A), (2, 0x04), (5, 0x21), (5, 0x24), (6, 0x28), (6, 0x29)}
    while not over.is_set():
        for command in (UnitReady(), Write10(0, bytes(2352 * 27)), Write10(27, bytes(2352 * 27))):
            reply = recorder.execute(command.to_cdb(), command.data_out)
            if reply.status != Status.GOOD:
                assert (reply.sense[2] & 15, reply.sense[12]) in allowed
    thread.join()
    assert failures == []
    assert drive is not None
