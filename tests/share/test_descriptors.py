"""Programs whose calls the preload library does not see: copies of a descriptor, and what they unmount."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from redbook.share.host import Host
from redbook.share.umockdev import Tree
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder

pytestmark = pytest.mark.tools("umockdev-run")


@pytest.fixture
def host() -> Iterator[Host]:
    recorder = VirtualRecorder(Medium.new())
    with Host([recorder], problem=PROBLEMS.append) as host:
        yield host
    PROBLEMS.clear()


PROBLEMS: list[str] = []

HEAD = """
import ctypes, errno, fcntl, os, struct
libc = ctypes.CDLL(None, use_errno=True)
opened = os.open("/dev/sr0", os.O_RDWR | os.O_NONBLOCK)
copy = os.dup(opened)

def ioctl(descriptor, number, argument):
    result = libc.ioctl(descriptor, ctypes.c_ulong(number), argument)
    return result if result >= 0 else -ctypes.get_errno()
"""


def run(host: Host, code: str, **how: object) -> str:
    """What a program in Python says that has /dev/sr0 open, and a copy of that."""
    command = host.command([sys.executable, "-c", HEAD + code])
    done = subprocess.run(command, env=host.environment(), capture_output=True, timeout=60, **how)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return str(done.stdout.decode().strip())


def test_an_ioctl_on_a_copy_is_answered(host: Host) -> None:
    code = "value = ctypes.c_int(0); print(ioctl(copy, 0x2282, ctypes.byref(value)), value.value)"
    assert run(host, code) == "0 30527"


def test_a_command_goes_by_a_copy_and_its_data_come_back(host: Host) -> None:
    code = """
data, sense, cdb = (ctypes.create_string_buffer(n) for n in (36, 32, 6))
cdb.raw = bytes((0x12, 0, 0, 0, 36, 0))
header = ctypes.create_string_buffer(struct.pack("=iiBBHIQQQI", 83, -3, 6, 32, 0, 36, *map(ctypes.addressof,
    (data, cdb, sense)), 1000), 88)
print(ioctl(copy, 0x2285, header), data.raw[8:16].decode())
"""
    assert run(host, code) == "0 REDBOOK"


def test_the_copy_is_the_same_open_file(host: Host) -> None:
    """What is set by one is seen by the other."""
    code = """
size = ctypes.c_int(4096 * 5)
print(ioctl(copy, 0x2275, ctypes.byref(size)))
print(ioctl(opened, 0x2272, ctypes.byref(size)), size.value)
"""
    assert run(host, code).split() == ["0", "0", "20480"]


class Late(set[int]):
    """Comes to know of a program long after it was told."""

    def add(self, process: int) -> None:
        time.sleep(0.3)
        super().add(process)


def test_a_program_that_is_not_known_yet_has_not_begun_and_is_not_ended(host: Host) -> None:
    """The call on the file itself is what makes redbook look whether the program has a copy."""
    host._copies.launched = Late()
    code = """
value = ctypes.c_int(0)
print(ioctl(opened, 0x2282, ctypes.byref(value)), ioctl(copy, 0x2282, ctypes.byref(value)), value.value)
"""
    assert run(host, code) == "0 0 30527"


@pytest.mark.parametrize("accepts", [True, False])
def test_a_file_that_was_opened_just_now_is_found(accepts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the program its open() was done as soon as the kernel had the connection."""
    if not accepts:
        monkeypatch.setattr(Tree, "_accept", lambda tree, listener, name: None)
    opened: list[MagicMock] = []

    def open_late() -> MagicMock:
        time.sleep(0.3)
        opened.append(MagicMock())
        return opened[-1]

    with Tree() as tree, socket.socket(socket.AF_UNIX) as program:
        tree.node("sr0", (11, 0), open_late, block=True)
        program.connect(str(tree.root / "ioctl/dev/sr0"))
        assert tree.opens(os.getpid(), "sr0") == 1
        tree.file_of("sr0", os.getpid()).answer(lambda file: file.ioctl(None, 0, 0))  # type: ignore[arg-type]
        (file,) = opened
        file.ioctl.assert_called_once()


def test_it_is_refused_with_the_same_errno(host: Host) -> None:
    assert run(host, "print(ioctl(copy, 0x5306, ctypes.create_string_buffer(12)))") == str(-errno.EINVAL)


def test_an_address_that_is_not_the_program_s_is_efault(host: Host) -> None:
    assert run(host, "print(ioctl(copy, 0x2282, ctypes.c_void_p(8)))") == str(-errno.EFAULT)


def test_a_copy_in_a_child_whose_parent_has_closed_it(host: Host) -> None:
    code = """
os.close(opened)
if os.fork() == 0:
    value = ctypes.c_int(0)
    print(ioctl(copy, 0x2282, ctypes.byref(value)), value.value, flush=True)
    os._exit(0)
os.wait()
"""
    assert run(host, code) == "0 30527"


def test_other_files_are_the_kernel_s_business(host: Host) -> None:
    code = """
other = os.open("/dev/null", os.O_RDWR)
print(ioctl(other, 0x2282, ctypes.byref(ctypes.c_int(0))))
"""
    assert run(host, code) == str(-errno.ENOTTY)


def test_standard_input_that_is_no_device_arrives_whole(host: Host) -> None:
    data = os.urandom(1_000_000)
    command = host.command(["sha1sum"])
    done = subprocess.run(command, env=host.environment(), input=data, capture_output=True, timeout=60)
    import hashlib

    assert done.stdout.split()[0].decode() == hashlib.sha1(data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("options", [(), ("bs=2048", "count=1"), ("bs=1M",)])
def test_dd_is_told_that_audio_is_no_data(options: tuple[str, ...], host: Host) -> None:
    command = host.command(["dd", "if=/dev/sr0", "of=/dev/null", *options])
    done = subprocess.run(command, env=host.environment() | {"LC_ALL": "C"}, capture_output=True, timeout=60)
    assert done.returncode == 1
    assert b"Input/output error" in done.stderr


def test_nothing_is_unmounted(host: Host) -> None:
    """As root, too: a program that compares fstat() with the mounts would take any of them for the disc's."""
    code = 'libc.umount2(b"/nowhere", 0); print(ctypes.get_errno())'
    assert run(host, code) == str(errno.EPERM)
    with_no_rights = subprocess.run(
        [sys.executable, "-c", HEAD.replace("/dev/sr0", "/dev/null") + code], capture_output=True, timeout=60
    )
    if os.geteuid() == 0:
        assert with_no_rights.stdout.strip() == str(errno.ENOENT).encode()


def test_where_copies_cannot_be_followed_the_program_ends_with_a_message(host: Host) -> None:
    """Started by the environment alone: it would wait for ever, or read nothing."""
    code = "value = ctypes.c_int(0); ioctl(opened, 0x2282, ctypes.byref(value)); ioctl(opened, 0x2282, 0)"
    done = subprocess.run([sys.executable, "-c", HEAD + code], env=host.environment(), timeout=60)
    assert done.returncode == -15
    assert "copy (dup) of its /dev/sr0" in PROBLEMS[0]


def test_without_a_copy_nobody_is_ended(host: Host) -> None:
    code = HEAD.replace("copy = os.dup(opened)", "") + (
        "value = ctypes.c_int(0)\nfor n in range(3): ioctl(opened, 0x2282, ctypes.byref(value))\n"
        "if os.fork() == 0: os._exit(ioctl(opened, 0x2282, ctypes.byref(value)))\n"
        "assert os.wait()[1] == 0; print(value.value)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=host.environment(), capture_output=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, b"30527")
    assert PROBLEMS == []


def test_a_program_that_is_not_there(host: Host, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no program")
    for program, code in ((tmp_path / "nothing", 127), (text, 126)):
        done = subprocess.run(
            host.command([program]), env=host.environment(), capture_output=True, timeout=60
        )
        assert done.returncode == code
        assert b"cannot be started" in done.stderr
