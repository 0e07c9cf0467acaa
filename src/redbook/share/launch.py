"""Becomes another program, some of whose calls the kernel shows to redbook (see descriptors.py).

    launch.py SOCKET FILTER NUMBER -- PROGRAM [ARGS]...

SOCKET  where redbook waits for the descriptor on which the kernel shows it the calls
FILTER  a file with the instructions that select these calls
NUMBER  of the system call seccomp on this kind of machine

This script runs by itself, before the program, and imports nothing from redbook. If the kernel has no such
filters, or does not permit one, the program runs anyway, and redbook gets a message.  Source: seccomp(2)
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import sys

_SET_NO_NEW_PRIVILEGES = 38
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_INSTRUCTION_BYTES = 8
_OLDEST_KERNEL = (5, 5)
"""The first version that can let a call go on as if nobody had looked at it."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _install(instructions: bytes, number: int) -> int:
    """Install the filter, and return the descriptor by which it asks.  raises  OSError"""
    release = os.uname().release.split(".")
    if tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in release[:2]) < _OLDEST_KERNEL:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    program = _Program(len(instructions) // _INSTRUCTION_BYTES, ctypes.addressof(buffer))
    call = (number, _SET_MODE_FILTER, _NEW_LISTENER, ctypes.byref(program))
    found: int = libc.syscall(*call)
    if found < 0 and ctypes.get_errno() == errno.EACCES:  # without root, set-user-ID must be given up first
        libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        found = libc.syscall(*call)
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found


def main(place: str, file: str, number: str, command: list[str]) -> None:
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores these
        signal.signal(ignored, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as redbook:
        redbook.connect(place)
        with open(file, "rb") as opened:  # noqa: PTH123  # pathlib would double the time until the program runs
            instructions = opened.read()
        try:
            socket.send_fds(redbook, [b"\0"], [_install(instructions, int(number))])
            redbook.recv(1)  # redbook must know this process first, or it would end it for using a copy
        except OSError as error:
            redbook.send(bytes((1, error.errno or 0)))
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"redbook: {command[0]} cannot be started: {error.strerror}", file=sys.stderr)
        sys.exit(127 if error.errno == errno.ENOENT else 126)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[5:])
