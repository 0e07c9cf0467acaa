"""Bytes as DDP sets: whatever they are, nothing but a SheetError comes of them."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from redbook.authoring.arrange import arrange
from redbook.errors import PlanError, SheetError
from redbook.sheets.ddp import read_ddp
from redbook.sheets.ddp_records import Identifier, MapPacket, PqPacket

_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
FOLDER = Path(tempfile.mkdtemp(prefix="redbook-fuzz-", dir=_MEMORY))
NAMES = ("DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN", "CHECKSUM.TXT")
SECTORS = 600
_SEPARATOR = b"\xfe\xfd"


def one(data: bytes) -> None:
    """The files are what lies between separators. What can be read can be laid out, as the set says it."""
    (FOLDER / "I").write_bytes(bytes(SECTORS * 2352))
    for name in NAMES:
        (FOLDER / name).unlink(missing_ok=True)
    for name, content in zip(NAMES, data.split(_SEPARATOR), strict=False):
        (FOLDER / name).write_bytes(content)
    with contextlib.suppress(SheetError, PlanError):
        program = read_ddp(FOLDER, "a set")
        assert 1 <= len(program.tracks) <= 99
        assert all("\n" not in str(note) for note in program.notes)
        made = arrange(program, [SECTORS * 588] * len(program.sources))
        assert made.padded_samples == 0
        assert made.layout.lead_out_lba <= len(program.sources) * SECTORS * 99


SEEDS = [
    _SEPARATOR.join(
        (
            Identifier("DDP 2.00", "4006381333931", disc_type="CD").to_bytes(),
            MapPacket("S0", 64 * 4, subcode="PQ DESCR", name="PQDESCR").to_bytes()
            + MapPacket("D0", SECTORS, 0, mode="DA", storage=7, pause=150, name="I").to_bytes(),
            b"".join(
                PqPacket(track, index, time).to_bytes()
                for track, index, time in (("00", 0, 0), ("01", 0, 0), ("01", 1, 150), ("AA", 1, SECTORS))
            ),
        )
    ),
    _SEPARATOR.join((b"DDP 1.01".ljust(128), b"VVVMS0".ljust(128), b"VVVS", b"\x80", b"DDPID=0123ABCD\n")),
    b"DDP 2.00",
]
