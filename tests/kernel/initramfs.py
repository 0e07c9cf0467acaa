"""The first file system of the guest: busybox, an init and the kernel's modules, as a cpio archive.

The archive's format is "newc" (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
"""

from __future__ import annotations

import gzip
import lzma
import stat
from collections.abc import Iterator
from pathlib import Path

# What the guest needs before it sees its discs and the host's files.
MODULES = ("virtio_pci", "virtio_scsi", "sr_mod", "sg", "9p", "9pnet_virtio")
FOLDERS = ("bin", "dev", "host", "mnt", "modules", "proc", "run", "sys")

_READERS = {".xz": lzma.decompress, ".gz": gzip.decompress}


def build(modules_folder: Path, busybox: Path, init: Path) -> bytes:
    """modules_folder  lib/modules/VERSION, after depmod"""
    loaded = list(load_order(modules_folder, MODULES))
    archive = bytearray()
    for name in FOLDERS:
        archive += _entry(name, stat.S_IFDIR | 0o755)
    archive += _entry("bin/busybox", stat.S_IFREG | 0o755, busybox.read_bytes())
    archive += _entry("init", stat.S_IFREG | 0o755, init.read_bytes())
    for number, module in enumerate(loaded):
        archive += _entry(f"modules/{number:02d}-{_name(module)}.ko", stat.S_IFREG | 0o644, _content(module))
    return bytes(archive + _entry("TRAILER!!!", 0))


def load_order(folder: Path, wanted: tuple[str, ...]) -> Iterator[Path]:
    """Each module once, behind all that it needs.  raises  KeyError  for one that the kernel does not have"""
    needs = {}
    for line in (folder / "modules.dep").read_text().splitlines():
        file, _, others = line.partition(":")
        needs[_name(Path(file))] = [Path(file), *reversed([Path(other) for other in others.split()])]
    built_in = {_name(Path(line)) for line in (folder / "modules.builtin").read_text().splitlines()}
    done = set(built_in)
    for module in wanted:
        if module in done:
            continue
        own, *others = needs[module]
        for file in (*others, own):
            if _name(file) not in done:
                done.add(_name(file))
                yield folder / file


def _name(file: Path) -> str:
    return file.name.partition(".ko")[0].replace("-", "_")


def _content(module: Path) -> bytes:
    """As insmod takes it; Debian packs modules with xz from version 13 on."""
    data = module.read_bytes()
    unpack = _READERS.get(module.suffix)
    return unpack(data) if unpack else data


def _entry(name: str, mode: int, data: bytes = b"") -> bytes:
    numbers = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % number for number in numbers)
    return _padded(head + name.encode() + b"\0") + _padded(data)


def _padded(part: bytes) -> bytes:
    return part + bytes(-len(part) % 4)
