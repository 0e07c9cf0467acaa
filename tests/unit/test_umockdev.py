"""The socket protocol of the preload library, spoken by hand.  Source: umockdev, libumockdev-preload.c"""

from __future__ import annotations

import errno
import logging
import os
import socket
import stat
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from redbook.share.umockdev import CallFailed, Memory, SocketMemory, Tree

IOCTL, DONE, READ_MEMORY, WRITE_MEMORY = 1, 3, 5, 6


class File:
    """What a test wants an ioctl to do."""

    def __init__(self, ioctl: Callable[[Memory, int, int], int]) -> None:
        self.ioctl = ioctl
        self.closed = threading.Event()

    def read(self, memory: Memory, address: int, length: int) -> int:
        raise CallFailed(errno.EAGAIN)

    def write(self, memory: Memory, address: int, length: int) -> int:
        raise CallFailed(errno.EIO)

    def close(self) -> None:
        self.closed.set()


class Library:
    """The program's end of the socket."""

    def __init__(self, tree: Tree) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(30)
        self.socket.connect(str(tree.root / "ioctl/dev/sr0"))

    def send(self, *words: int) -> None:
        self.socket.sendall(struct.pack("=QQQ", *words))

    def message(self) -> tuple[int, int, int]:
        return struct.unpack("=QQQ", self.take(24))

    def take(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            assert part, "hung up"
            data += part
        return data

    def is_hung_up_on(self) -> bool:
        return self.socket.recv(1) == b""


@pytest.fixture
def program() -> Iterator[Callable[[Tree], Library]]:
    """Opens /dev/sr0 of a tree."""
    opened: list[Library] = []

    def open_sr0(tree: Tree) -> Library:
        opened.append(Library(tree))
        return opened[-1]

    yield open_sr0
    for library in opened:
        library.socket.close()


Program = Callable[[Tree], Library]


@pytest.fixture
def tree() -> Iterator[Tree]:
    with Tree() as tree:
        yield tree


def add(tree: Tree, ioctl: Callable[[Memory, int, int], int]) -> File:
    file = File(ioctl)
    tree.node("sr0", (11, 0), lambda: file, block=True)
    return file


def test_an_ioctl_is_answered_with_its_result(program: Program, tree: Tree) -> None:
    add(tree, lambda memory, request, argument: request + argument)
    library = program(tree)
    library.send(IOCTL, 0x5326, 2)
    assert library.message() == (DONE, 0x5328, 0)


def test_a_failed_call_is_minus_1_and_errno(program: Program, tree: Tree) -> None:
    def fail(memory: Memory, request: int, argument: int) -> int:
        raise CallFailed(errno.ENOMEDIUM)

    add(tree, fail)
    library = program(tree)
    library.send(IOCTL, 1, 1)
    assert library.message() == (DONE, 2**64 - 1, errno.ENOMEDIUM)
    library.send(7, 0, 136)  # read()
    assert library.message() == (DONE, 2**64 - 1, errno.EAGAIN)


@pytest.mark.parametrize("size", [5, 63_504, 300_000])
def test_memory_is_fetched_and_stored(program: Program, size: int, tree: Tree) -> None:
    """Above 90 kB header and data are sent apart."""
    data = os.urandom(size)

    def twice(memory: Memory, request: int, argument: int) -> int:
        fetched = bytearray(size)
        memory.read_into([(argument, memoryview(fetched))])
        memory.write(argument + 1, bytes(reversed(fetched)))
        return 0

    add(tree, twice)
    library = program(tree)
    library.send(IOCTL, 1, 0x1000)
    assert library.message() == (READ_MEMORY, 0x1000, size)
    library.socket.sendall(data)
    assert library.message() == (WRITE_MEMORY, 0x1001, size)
    assert library.take(size) == data[::-1]
    assert library.message() == (DONE, 0, 0)


@pytest.mark.parametrize(("size", "sends"), [(63_504, [63_552]), (300_000, [24, 300_000, 24])])
def test_a_header_never_lies_across_two_buffers_of_the_kernel(size: int, sends: list[int]) -> None:
    """One send up to 90 kB; above, each header by itself."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        memory = SocketMemory(ours)
        sent: list[int] = []
        memory._send = lambda data: sent.append(len(data))  # type: ignore[method-assign]
        memory.write(0x1000, bytes(size))
        memory.answer(0, 0)
    assert sent == sends


def test_several_pieces_are_asked_for_at_once(program: Program, tree: Tree) -> None:
    got = []

    def gather(memory: Memory, request: int, argument: int) -> int:
        one, none, two = bytearray(2), bytearray(0), bytearray(3)
        memory.read_into([(1, memoryview(one)), (5, memoryview(none)), (7, memoryview(two))])
        got.append(bytes(one + two))
        return 0

    add(tree, gather)
    library = program(tree)
    library.send(IOCTL, 1, 0)
    assert [library.message(), library.message()] == [(READ_MEMORY, 1, 2), (READ_MEMORY, 7, 3)]
    library.socket.sendall(b"abcde")
    assert library.message() == (DONE, 0, 0)
    assert got == [b"abcde"]


def test_a_program_that_talks_nonsense_is_hung_up_on_and_others_go_on(program: Program, tree: Tree) -> None:
    add(tree, lambda memory, request, argument: 7)
    good, bad = program(tree), program(tree)
    bad.send(99, 1, 1)
    assert bad.is_hung_up_on()
    good.send(IOCTL, 1, 1)
    assert good.message() == (DONE, 7, 0)


@pytest.mark.parametrize("sent", [0, 10, 24])
def test_a_program_that_dies_in_the_middle_ends_its_connection_only(
    program: Program, sent: int, tree: Tree
) -> None:
    """Before its first byte, within a message, while its memory is asked for."""

    def ask(memory: Memory, request: int, argument: int) -> int:
        memory.read(argument, 1000)
        return 0

    file = add(tree, ask)
    library, other = program(tree), program(tree)
    library.socket.sendall(struct.pack("=QQQ", IOCTL, 1, 1)[:sent])
    library.socket.close()
    assert file.closed.wait(30)
    other.send(IOCTL, 1, 0x2000)
    assert other.message() == (READ_MEMORY, 0x2000, 1000)


def test_a_defect_of_ours_is_eio_and_logged(
    program: Program, tree: Tree, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(memory: Memory, request: int, argument: int) -> int:
        raise KeyError(request)

    add(tree, broken)
    library = program(tree)
    with caplog.at_level(logging.ERROR):
        library.send(IOCTL, 1, 1)
        assert library.message() == (DONE, 2**64 - 1, errno.EIO)
    assert "KeyError" in caplog.text


def test_at_the_end_everybody_is_hung_up_on_and_nothing_is_left(program: Program) -> None:
    with Tree() as tree:
        file = add(tree, lambda memory, request, argument: 0)
        tree.alias("cdrom", "sr0", (11, 0))
        library = program(tree)
        library.send(IOCTL, 1, 1)
        assert library.message() == (DONE, 0, 0)
        assert tree.still_open(0)
    assert library.is_hung_up_on()
    assert file.closed.is_set()
    assert not tree.root.exists()


def test_a_file_that_was_closed_is_not_open_any_more(program: Program, tree: Tree) -> None:
    add(tree, lambda memory, request, argument: 0)
    library = program(tree)
    library.send(IOCTL, 1, 1)
    library.message()
    library.socket.close()
    assert not tree.still_open(30)


def test_block_and_character_devices_are_told_apart_by_the_sticky_bit(tree: Tree) -> None:
    tree.node("sr0", (11, 0), lambda: File(lambda *_: 0), block=True)
    tree.node("sg0", (21, 0), lambda: File(lambda *_: 0), block=False)
    assert (tree.root / "dev/sr0").stat().st_mode & stat.S_ISVTX
    assert not (tree.root / "dev/sg0").stat().st_mode & stat.S_ISVTX
    assert (tree.root / "dev/.node/sg0").readlink() == Path("21:0")


def test_a_long_temporary_folder_is_not_used(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket's name has at most 107 bytes."""
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with Tree() as tree:
        add(tree, lambda memory, request, argument: 0)
        program(tree)
    assert not any(deep.iterdir())


def test_another_preloaded_library_stays(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "libeatmydata.so")
    assert tree.environment()["LD_PRELOAD"] == "libumockdev-preload.so.0:libeatmydata.so"
