"""Debian's kernel for a guest: downloaded and unpacked, nothing is installed.

    python -m tests.kernel.debian_kernel        (70 MB the first time, then none)

What is needed of it stays in .cache/kernel/ of the project; tests only look there.
"""

from __future__ import annotations

import hashlib
import lzma
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.kernel import initramfs

PROJECT = Path(__file__).resolve().parents[2]
CACHE = PROJECT / ".cache" / "kernel"
META_PACKAGE = "linux-image-amd64"
BUSYBOX = Path("/bin/busybox")
INIT = Path(__file__).with_name("init.sh")


@dataclass(frozen=True)
class Kernel:
    """image  what QEMU boots; initramfs  a cpio archive"""

    image: Path
    initramfs: Path


class NoKernel(Exception):
    """None is there or can be had; the text says why and what to do."""


def cached(folder: Path = CACHE) -> Kernel:
    """raises  NoKernel  if none was fetched yet"""
    unpacked = sorted(folder.glob("linux-image-*"))
    if not unpacked:
        raise NoKernel("no kernel was fetched for the guest; make test-kernel does so")
    return _prepared(unpacked[-1])


def fetch(folder: Path = CACHE) -> Kernel:
    """raises  NoKernel  if apt knows no kernel or cannot download it"""
    package = _package()
    if not (folder / package).exists():
        shutil.rmtree(folder, ignore_errors=True)  # older ones
        folder.mkdir(parents=True)
        with tempfile.TemporaryDirectory(dir=folder) as name:
            _download(package, Path(name))
            (Path(name) / package).rename(folder / package)
    return _prepared(folder / package)


def _package() -> str:
    """The package that the meta package stands for today."""
    found = re.search(r"Depends: (linux-image-\d\S*)", _run("apt-cache", "depends", META_PACKAGE))
    if not found:
        raise NoKernel(f"apt does not know {META_PACKAGE}; apt-get update may help")
    return found[1]


def _download(package: str, folder: Path) -> None:
    _run("apt-get", "download", package, cwd=folder)
    (archive,) = folder.glob("*.deb")
    _run("dpkg-deb", "--extract", archive.name, package, cwd=folder)
    (modules,) = (folder / package / "lib" / "modules").iterdir()
    depmod = shutil.which("depmod") or shutil.which("depmod", path="/usr/sbin:/sbin")
    if depmod is None:
        raise NoKernel("depmod is not installed; apt-get install kmod")
    _run(depmod, "-b", str(folder / package), modules.name)


def _run(*command: str, cwd: Path | None = None) -> str:
    try:
        return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError as error:
        raise NoKernel(f"{command[0]} is not installed; kernels are fetched on Debian only") from error
    except subprocess.CalledProcessError as error:
        raise NoKernel(f"{' '.join(command)} failed: {error.stderr.strip()}") from error


def _prepared(unpacked: Path) -> Kernel:
    """Made once from what was unpacked, and anew after a change of the code that makes it."""
    (packed,) = (unpacked / "boot").glob("vmlinuz-*")
    image = unpacked / "vmlinux"
    if not image.exists():
        _write(image, _elf(packed.read_bytes()) or packed.read_bytes())
    recipe = hashlib.sha256(INIT.read_bytes() + Path(initramfs.__file__).read_bytes()).hexdigest()[:16]
    archive = unpacked / f"initramfs-{recipe}.cpio"
    if not archive.exists():
        (modules,) = (unpacked / "lib" / "modules").iterdir()
        _write(archive, initramfs.build(modules, BUSYBOX, INIT))
    return Kernel(image, archive)


def _write(path: Path, data: bytes) -> None:
    """At once or not at all: test processes run side by side."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    Path(file.name).rename(path)


def _elf(bz_image: bytes) -> bytes | None:
    """The kernel that a bzImage unpacks at its start, which takes an emulator seconds; None if it is not xz.

    QEMU starts it directly (PVH).  Source: Linux, Documentation/arch/x86/boot.rst (setup_sects,
    payload_offset, payload_length).
    """
    setup_sectors = bz_image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", bz_image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    payload = bz_image[start : start + length]
    if not payload.startswith(b"\xfd7zXZ\0"):
        return None
    return lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(payload)


if __name__ == "__main__":
    try:
        fetch()
    except NoKernel as reason:
        sys.exit(f"no kernel for the guest: {reason}")
