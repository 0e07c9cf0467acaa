"""Nothing that a test run has started outlives it, also if it is killed itself.

Every process of the run has a word in its environment. One more process waits for the run to be gone, and
then ends whatever still has that word: servers, programs that they serve, guests.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

VARIABLE = "REDBOOK_TEST_RUN"
_ROUNDS = 100
_ROUND_SECONDS = 0.1
_PATIENT_ROUNDS = 20  # then it is no request any more


def watch() -> subprocess.Popen[bytes]:
    """Begin to wait for the end of this process. Its pipe tells; who waits is no child of ours."""
    os.environ[VARIABLE] = secrets.token_hex(16)
    shell = subprocess.Popen(
        ["sh", "-c", 'exec 3<&0; "$0" "$@" <&3 3<&- &', sys.executable, __file__, os.environ[VARIABLE]],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    shell.wait()
    return shell


def tagged(word: str) -> list[int]:
    """The processes of a run, without this one."""
    wanted = f"{VARIABLE}={word}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):  # ended meanwhile, or somebody else's
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def main(word: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    for number in range(_ROUNDS):
        left = tagged(word)
        if not left:
            return
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM if number < _PATIENT_ROUNDS else signal.SIGKILL)
        time.sleep(_ROUND_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
