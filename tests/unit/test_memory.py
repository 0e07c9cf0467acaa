"""Freed memory goes back to the system, and a system that cannot take it is no error."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from redbook.system.memory import give_back_freed_memory, reuse_freed_memory


def resident_kb() -> int:
    found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="not glibc")
def test_what_a_thread_has_freed_is_given_back() -> None:
    kept: list[bytearray] = []

    def use_much() -> None:
        used = [bytearray(4000) for _ in range(10_000)]
        kept.extend(used[::100])  # so that no part of it is free as a whole

    thread = threading.Thread(target=use_much)
    thread.start()
    thread.join()
    before = resident_kb()
    give_back_freed_memory()
    assert resident_kb() < before - 20_000


@pytest.mark.parametrize("error", [OSError, TypeError])
def test_without_such_a_library_nothing_happens(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_library(name: str | None) -> None:
        raise error("no library")

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    give_back_freed_memory()
    reuse_freed_memory()


def test_without_the_function_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    give_back_freed_memory()
    reuse_freed_memory()


_FAULTS_OF_LARGE_PIECES = """
import resource, sys
from redbook.system.memory import reuse_freed_memory

if sys.argv[1] == "reused":
    reuse_freed_memory()

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def use():
    pieces = [bytearray(b"a") * 1_000_000 for _ in range(4)]

for _ in range(3):
    use()
before = faults()
for _ in range(50):
    use()
print(faults() - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not glibc")
def test_large_pieces_that_were_freed_are_used_again_and_do_not_come_anew_page_by_page() -> None:
    def page_faults(how: str) -> int:
        command = [sys.executable, "-c", _FAULTS_OF_LARGE_PIECES, how]
        return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    assert page_faults("reused") < page_faults("usual") / 10
