"""The system stays awake while a real disc is burned, with a systemd-inhibit that keeps a diary."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from redbook.burning import jobs as burning
from redbook.drive import Drive
from redbook.system import inhibit
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.inhibit import Tool
from tests.support.recorders import Kept
from tests.support.sound import noise, write_wav


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    tool = Tool(tmp_path)
    monkeypatch.setenv("PATH", tool.path)
    yield tool
    tool.close()


def test_sleep_shutdown_and_idle_are_blocked_inside_and_not_behind(tool: Tool) -> None:
    with inhibit.awake("writing to /dev/sr0"):
        pass
    begin, end = tool.lines()
    assert "--what=sleep:shutdown:idle --mode=block --who=redbook --why=writing to /dev/sr0" in begin
    assert end == "end"


def test_the_lock_ends_with_an_error(tool: Tool) -> None:
    with pytest.raises(ZeroDivisionError), inhibit.awake("x"):
        raise ZeroDivisionError
    assert tool.lines()[-1] == "end"


def test_the_lock_ends_with_the_process_however_that_ends(tool: Tool) -> None:
    code = (
        "import sys, os\n"
        "from redbook.system import inhibit\n"
        "with inhibit.awake('x'):\n"
        "    print('inside', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "inside\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    tool.wait()
    assert tool.lines()[-1] == "end"


def test_ctrl_c_at_the_terminal_does_not_reach_the_lock(tool: Tool) -> None:
    before = children()
    with inhibit.awake("x"):
        new = set(children()) - set(before)
        assert new
        assert all(os.getsid(pid) != os.getsid(0) for pid in new)


def test_what_holds_the_lock_is_a_pipe_from_us(tool: Tool) -> None:
    before = children()  # what other tests keep for the next ones
    with inhibit.awake("x"):
        (child,) = set(children()) - set(before)
        held = Path(f"/proc/{child}/fd/0").readlink()
        assert str(held).startswith("pipe:")
        ours = [entry.readlink() for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
        assert held in ours


def children() -> list[int]:
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _is_child(entry.name)
    ]


def _is_child(pid: str) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return int(stat.rpartition(")")[2].split()[1]) == os.getpid()


def test_without_the_tool_nothing_is_different_and_doctor_can_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with inhibit.awake("x"):
        pass
    assert inhibit.why_not() == "systemd-inhibit is not installed"


def test_a_lock_that_is_refused_harms_nothing_and_is_told_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool(tmp_path, "#!/bin/sh\necho 'Failed to inhibit: Access denied' >&2\nexit 1\n")
    monkeypatch.setenv("PATH", tool.path)
    with inhibit.awake("x"):
        pass
    assert inhibit.why_not() == "Failed to inhibit: Access denied"
    tool.close()


def test_a_lock_that_is_given_is_told_as_that(tool: Tool) -> None:
    assert inhibit.why_not() == ""
    assert tool.lines()[-1] == "end"


class OnANode(Kept):
    """A virtual recorder that passes for a device."""

    real_time = True
    most_bytes = 27 * 2352


def test_a_burn_on_a_node_keeps_the_system_awake_and_one_on_a_virtual_disc_does_not(
    tool: Tool, tmp_path: Path
) -> None:
    song = write_wav(tmp_path / "a.wav", noise(588 * 300))
    with Drive(VirtualRecorder(Medium.new()), "virtual:a.disc") as drive:
        burning.burn([song], drive)
    assert tool.lines() == []
    with Drive(OnANode(VirtualRecorder(Medium.new())), "/dev/sr0") as drive:
        burning.burn([song], drive)
    assert tool.lines()[-1] == "end"
    assert "--why=writing to /dev/sr0" in tool.lines()[0]
