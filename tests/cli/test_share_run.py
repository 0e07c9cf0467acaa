"""`redbook share run` as a person uses it: exit codes, signals, what it leaves behind."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from redbook.errors import ShareError
from redbook.recorders.discs import create_disc
from redbook.recorders.names import open_drive
from redbook.share import host
from redbook.virtual.medium import Medium
from tests.support.sound import noise, write_wav

SHARE_RUN = [sys.executable, "-m", "redbook", "share", "run"]

pytestmark = pytest.mark.tools("umockdev-run")


def share_run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SHARE_RUN, *arguments], input=given, capture_output=True, text=True, timeout=60)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own folder for temporary files, short enough for sockets."""
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def sh(script: str) -> list[str]:
    return ["--disc", "a.disc", "--", "sh", "-c", script]


@pytest.mark.parametrize("code", [0, 1, 99, 255])
def test_the_program_s_exit_code_is_passed_on(code: int) -> None:
    assert share_run(*sh(f"exit {code}")).returncode == code


def test_a_program_killed_by_a_signal_gives_128_plus_its_number() -> None:
    assert share_run(*sh("kill -KILL $$")).returncode == 128 + 9


def test_input_and_output_are_the_program_s_own_and_we_say_nothing() -> None:
    done = share_run(*sh("cat; echo told >&2"), given="some input")
    assert (done.stdout, done.stderr, done.returncode) == ("some input", "told\n", 0)


def test_a_program_that_is_not_there_is_127_and_one_that_is_none_126(tmp_path: Path) -> None:
    missing = share_run("--disc", "a.disc", "--", "no-such-program")
    assert (missing.returncode, missing.stdout) == (127, "")
    assert missing.stderr.startswith("redbook: no-such-program: there is no such program")
    Path("text").write_text("words")
    wrong = share_run("--disc", "a.disc", "--", "./text")
    assert wrong.returncode == 126
    assert wrong.stderr == "redbook: ./text cannot be started: Permission denied\n"


def test_the_program_sees_the_recorders_as_devices() -> None:
    script = "stat -c '%n %F %t:%T' /dev/sr0 /dev/sr1 /dev/sg1; readlink /dev/cdrom; cat /sys/block/sr1/size"
    done = share_run("--disc", "a.disc", "--disc", "", "--", "sh", "-c", script)
    assert done.stdout.splitlines() == [
        "/dev/sr0 block special file b:0",
        "/dev/sr1 block special file b:1",
        "/dev/sg1 character special file 15:1",
        "sr0",
        "4",  # READ CAPACITY without a disc: last sector 0
    ]


def test_proc_tells_of_all_drives_as_the_kernel_does() -> None:
    done = share_run("--disc", "a.disc", "--disc", "b.disc", "--", "cat", "/proc/sys/dev/cdrom/info")
    lines = done.stdout.splitlines()
    assert lines[0] == "CD-ROM information, Id: cdrom.c 3.20 2003/12/17"
    assert "drive name:\t\tsr1\tsr0" in lines
    assert "Can write CD-RW:\t1\t1" in lines
    assert "Can write DVD-R:\t0\t0" in lines


def test_looking_leaves_no_disc_behind() -> None:
    assert share_run(*sh("test -b /dev/sr0")).returncode == 0
    assert not Path("a.disc").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        sh("exit 0"),
        sh("kill -KILL $$"),
        ["--disc", "a.disc", "--", "no-such-program"],
        ["--disc", "x", "--", "true"],
    ],
)
def test_the_temporary_folder_is_removed_and_discs_released(arguments: list[str], temporary: Path) -> None:
    Path("x").write_text("no disc")
    create_disc("a.disc")
    share_run(*arguments)
    assert not list(temporary.iterdir())
    Medium.open(Path("a.disc")).close()


def test_a_disc_in_use_is_refused() -> None:
    create_disc("a.disc")
    with open_drive("virtual:a.disc"):
        done = share_run(*sh("echo ran"))
    assert (done.returncode, done.stdout) == (5, "")
    assert "a.disc is in use by another program" in done.stderr


def test_one_disc_in_two_recorders_is_refused() -> None:
    done = share_run("--disc", "a.disc", "--disc", "virtual:./a.disc", "--", "true")
    assert done.returncode == 5
    assert "cannot be in two recorders" in done.stderr


def test_without_the_preload_library_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "LIBRARY", "libno-such-preload.so.0")
    with pytest.raises(ShareError, match="apt-get install umockdev"):
        host.require_library()


def test_wrong_models_and_faults_are_usage_errors() -> None:
    for option, listed in (("--model", "usb-combo"), ("--fault", "timeout")):
        done = share_run(option, "nonsense", "--", "true")
        assert done.returncode == 2
        assert listed in done.stderr


COUNTING = """
import os, signal, sys, time
count = 0
def interrupted(number, frame):
    global count
    count += 1
    os.write(1, b"got %d\\n" % number)
signal.signal(signal.SIGINT, interrupted)
signal.signal(signal.SIGTERM, interrupted)
os.write(1, b"ready\\n")
while not count:
    signal.pause()
while os.read(0, 1) not in (b"q", b""):
    pass
sys.exit(40 + count)
"""


def test_ctrl_c_reaches_the_program_once_and_we_end_after_it(temporary: Path) -> None:
    """A SIGTERM to us comes behind the Ctrl-C; when it is passed on, what the Ctrl-C made us do is done."""
    pid, terminal = pty.fork()
    if not pid:
        os.execv(sys.executable, [*SHARE_RUN, "--disc", "a.disc", "--", sys.executable, "-c", COUNTING])
    shown = b""
    while b"ready" not in shown:
        shown += os.read(terminal, 100)
    os.write(terminal, b"\x03")
    while b"got 2" not in shown:
        shown += os.read(terminal, 100)
    os.kill(pid, signal.SIGTERM)
    while b"got 15" not in shown:
        shown += os.read(terminal, 100)
    os.write(terminal, b"q\n")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 42
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sent_to_us_is_passed_on(number: signal.Signals, temporary: Path) -> None:
    command = [*SHARE_RUN, "--disc", "a.disc", "--", sys.executable, "-c", COUNTING]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == b"got %d\n" % number
        process.stdin.write(b"q")
        process.stdin.flush()
        assert process.wait(60) == 41
    assert not list(temporary.iterdir())


LEAVE_A_CHILD = """
import os, signal
os.open("/dev/sr0", os.O_RDWR | os.O_NONBLOCK)
child = os.fork()
if child:
    print(child)
else:
    for number in range(3):
        os.close(number)
    signal.pause()
"""


def test_a_child_that_outlives_the_program_is_told_of() -> None:
    """Its file is closed behind its back; the folder goes all the same."""
    done = share_run("--disc", "a.disc", "--", sys.executable, "-c", LEAVE_A_CHILD)
    os.kill(int(done.stdout), signal.SIGKILL)
    assert done.returncode == 0
    assert "still has a recorder open" in done.stderr


OPEN_AND_DIE = """
import ctypes, fcntl, os, struct
drive = os.open("/dev/sr0", os.O_RDWR | os.O_NONBLOCK)
if os.fork() == 0:
    cdb = ctypes.create_string_buffer(16)
    header = struct.pack("=iiBBHIQQQI", 83, -2, 10, 0, 0, 8, 8, ctypes.addressof(cdb), 0, 0).ljust(88, b"\\0")
    try:
        fcntl.ioctl(os.open("/dev/sr0", os.O_RDWR | os.O_NONBLOCK), 0x2285, bytearray(header))
    finally:
        os._exit(9)
os.wait()
buffer = bytearray(4)
fcntl.ioctl(drive, 0x5386, buffer)
print("still there")
"""


def test_a_program_that_dies_within_an_ioctl_ends_alone() -> None:
    """Its data lie at address 8: the library ends it when the kernel would say EFAULT."""
    done = share_run("--disc", "a.disc", "--", sys.executable, "-c", OPEN_AND_DIE)
    assert (done.stdout, done.returncode) == ("still there\n", 0)


@pytest.mark.tools("wodim", "cdrdao")
def test_one_program_after_the_other_uses_the_same_recorder() -> None:
    write_wav(Path("a b.wav"), noise(588 * 310))
    burn = "wodim -s gracetime=0 dev=/dev/sr0 -tao -audio 'a b.wav' >burn.txt 2>&1"
    script = f"{burn} && cdrdao disk-info --device /dev/sr0"
    done = share_run(*sh(script))
    assert done.returncode == 0, done.stderr
    assert "CD-R empty           : no" in done.stdout


@pytest.mark.tools("wodim")
def test_traffic_is_shown_on_request() -> None:
    done = share_run("--log-traffic", *sh("wodim -checkdrive dev=/dev/sr0"))
    assert "redbook: INQUIRY " in done.stderr
    assert "redbook: TEST UNIT READY              00 00 00 00 00 00  out 0, in 0: good" in done.stderr
    assert "redbook: sr0 ioctl SG GET_BUS_NUMBER: 0" in done.stderr


@pytest.mark.tools("wodim")
def test_a_fault_strikes_the_program_and_not_the_look_at_the_drive() -> None:
    write_wav(Path("a.wav"), noise(588 * 310))
    burn = "wodim -s gracetime=0 dev=/dev/sr0 -tao -audio a.wav"
    done = share_run("--log-traffic", "--fault", "3/0C/00@lba:100", *sh(burn))
    assert done.returncode not in (0, 5)
    assert "out 63504, in 0: 3/0C/00" in done.stderr
    first = share_run("--log-traffic", "--fault", "2/04/01@test-unit-ready:1", *sh("true"))
    assert ": 2/04/01" not in first.stderr
    assert "--fault 2/04/01@test-unit-ready:1 never happened" in first.stderr


ASK = "import fcntl, os; fcntl.ioctl(os.open('/dev/sr0', os.O_RDONLY | os.O_NONBLOCK), 0x5326, 0)"
"""CDROM_DRIVE_STATUS, for which the kernel sends TEST UNIT READY and more, and no WRITE."""


def asking(*options: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    script = f"{ASK}; raise SystemExit({code})"
    return share_run("--disc", "a.disc", *options, "--", sys.executable, "-c", script)


def test_a_fault_that_never_happened_is_said_at_the_end() -> None:
    done = asking("--fault", "3/0C/00@write:2", "--fault", "unreadable@lba:5", code=3)
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "redbook: --fault 3/0C/00@write:2 never happened: no command that it waits for arrived",
        "redbook: --fault unreadable@lba:5 never happened: nothing was read from sector 5 to 5",
    ]


@pytest.mark.parametrize("code", [0, 3])
def test_it_is_an_error_where_it_must_happen(code: int) -> None:
    done = asking("--fault", "timeout@blank", "--fault-must-happen", code=code)
    assert done.returncode == 5
    assert "never happened" in done.stderr


def test_a_fault_that_happened_in_one_of_the_recorders_is_none_that_did_not() -> None:
    script = ASK.replace("sr0", "sr1")
    done = share_run(
        *("--disc", "a.disc", "--disc", "b.disc", "--fault", "2/04/01", "--fault-must-happen", "--"),
        *(sys.executable, "-c", script),
    )
    assert (done.returncode, done.stderr) == (0, "")
