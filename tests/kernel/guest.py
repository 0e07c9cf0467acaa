"""A machine with Linux in QEMU, without KVM: it sees the host's files, runs a job and switches itself off.

The recorders come from an iSCSI target through QEMU's own initiator; the guest's kernel finds them on a SCSI
bus and makes /dev/sr0 and /dev/sg0 of them.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import redbook
from tests.kernel.debian_kernel import BUSYBOX, PROJECT, Kernel

QEMU = "qemu-system-x86_64"
# What the wheels of numpy need at least (x86-64-v2); newer instructions cost an emulator more than they save.
CPU = "Nehalem"
MEMORY_MB = 1024
SHARE = "/run/share"
CDROM_GROUP = 24  # Debian's, base-passwd
NOBODY = 65534
# Only against a guest that hangs; boot, job and power-off take seconds.
BOOT_SECONDS = 120


@dataclass(frozen=True)
class Step:
    """One command of a job, for bash, in the shared folder.

    root     else it is an ordinary user in the group cdrom
    seconds  after these it is killed, and its exit code is 124
    """

    command: str
    root: bool = False
    seconds: int = 120


@dataclass(frozen=True)
class Outcome:
    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return f"exit code {self.code}\n{self.stdout}\n{self.stderr}"

    def check(self) -> Outcome:
        assert self.code == 0, self.text
        return self


class GuestFailed(Exception):
    """It did not come to the end of its job."""


def run_guest(
    kernel: Kernel,
    drives: Sequence[str],
    share: Path,
    steps: Mapping[str, Step],
    *,
    memory_mb: int = MEMORY_MB,
) -> dict[str, Outcome]:
    """Boot, run the steps one after the other whatever becomes of them, power off.

    drives  iSCSI URLs; the n-th becomes /dev/srN
    share   a folder that the guest sees as /run/share; what the steps leave there stays

    raises  GuestFailed  if the guest hangs or stops before the last step
    """
    share.chmod(0o777)
    (share / "open").write_text("".join(f"{path}\n" for path in _needed()))
    (share / "job").write_text(_job(steps))
    seconds = BOOT_SECONDS + sum(step.seconds for step in steps.values())
    command = _qemu(kernel, drives, share, memory_mb)
    with (share / "qemu.log").open("wb") as log:
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise GuestFailed(f"the guest was stopped after {seconds} s\n{_log(share)}") from error
    if not (share / "done").exists():
        raise GuestFailed(f"the guest did not end its job\n{_log(share)}")
    return {name: _outcome(share / "steps" / name) for name in steps}


def _qemu(kernel: Kernel, drives: Sequence[str], share: Path, memory_mb: int) -> list[str]:
    command = [
        *(QEMU, "-accel", "tcg", "-cpu", CPU, "-m", str(memory_mb)),
        *("-nodefaults", "-display", "none", "-no-reboot", "-serial", f"file:{share / 'console'}"),
        *("-kernel", str(kernel.image), "-initrd", str(kernel.initramfs)),
        # Where the host is busy at that moment the kernel takes the emulated timer for broken, and hangs.
        *("-append", "console=ttyS0 quiet panic=-1 no_timer_check"),
        *("-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"),
        *("-virtfs", f"local,path={share},mount_tag=share,security_model=none"),
        *("-device", "virtio-scsi-pci,id=scsi"),
    ]
    for number, url in enumerate(drives):
        command += ["-drive", f"if=none,id=drive{number},file={url},format=raw"]
        command += ["-device", f"scsi-generic,bus=scsi.0,scsi-id={number},drive=drive{number}"]
    return command


def _needed() -> list[Path]:
    """What redbook in the guest reads: the interpreter, its packages, this project."""
    folders = {Path(sys.prefix), Path(sys.base_prefix), Path(redbook.__file__).parents[1], PROJECT}
    return sorted(folder.absolute() for folder in folders)


def redbook_command(*words: str) -> str:
    """For bash in the guest: redbook as it is on the host."""
    return shlex.join([sys.executable, "-m", "redbook", *words])


def starting(name: str, command: str, sign: str) -> Step:
    """A program of one line that goes on in the background; the step ends when it has printed `sign`."""
    own = f"background/{name}"
    run = f"echo $$ > {own}.pid; exec {command}"
    keep = f"sh -c {shlex.quote(run)} > {own}.out 2> {own}.err < /dev/null; echo $? > {own}.code"
    seen = f"grep -qs -e {shlex.quote(sign)} {own}.out {own}.err"
    wait = f"until {seen}; do [ -e {own}.code ] && exit 1; sleep 0.1; done"
    return Step(f"mkdir -p background; setsid bash -c {shlex.quote(keep)} & {wait}")


def signalling(name: str, signal: str) -> Step:
    return Step(f"kill -{signal} $(cat background/{name}.pid)")


def ending(name: str, seconds: int = 120) -> Step:
    """Waits for it; has its output and exit code."""
    own = f"background/{name}"
    wait = f"until [ -s {own}.code ]; do sleep 0.1; done"
    return Step(f"{wait}; cat {own}.out; cat {own}.err >&2; exit $(cat {own}.code)", seconds=seconds)


def _job(steps: Mapping[str, Step]) -> str:
    environment = {
        "HOME": "/run/home",
        "TMPDIR": "/run/tmp",
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(redbook.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHON": sys.executable,
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    lines += [f"cd {SHARE}", "mkdir steps"]
    uid = os.getuid() or NOBODY
    user = f"setpriv --reuid={uid} --regid={uid} --groups={CDROM_GROUP} --bounding-set=-all "
    for name, step in steps.items():
        words = "" if step.root else user
        to = f"steps/{shlex.quote(name)}"
        lines.append(f"mkdir {to}")
        lines.append(
            f"timeout --kill-after=5 {step.seconds} {words}bash -c {shlex.quote(step.command)} "
            f"> {to}/stdout 2> {to}/stderr < /dev/null; echo $? > {to}/code"
        )
    return "\n".join([*lines, "touch done", ""])


def _outcome(folder: Path) -> Outcome:
    def text(name: str) -> str:
        return (folder / name).read_text(errors="replace")

    return Outcome(int(text("code")), text("stdout"), text("stderr"))


def _log(share: Path) -> str:
    files = [share / "qemu.log", share / "console", *sorted(share.glob("steps/*/std*"))]
    ends = {file: file.read_text(errors="replace")[-2000:] for file in files if file.exists()}
    return "\n".join(f"{file.relative_to(share)}:\n{end}" for file, end in ends.items())


def missing() -> list[str]:
    """The programs that a guest needs and that are not installed."""
    wanted = [] if shutil.which(QEMU) else [QEMU]
    return wanted if BUSYBOX.exists() else [*wanted, str(BUSYBOX)]
