"""QEMU's own initiator before the iSCSI target; no guest is started."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from redbook.share.iscsi import connection
from redbook.share.iscsi.crc32c import digest
from redbook.share.iscsi.portal import Portal
from redbook.share.iscsi.target import Target
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder

pytestmark = pytest.mark.tools("qemu-system-x86_64")

QEMU = ["qemu-system-x86_64", "-machine", "none", "-nodefaults", "-display", "none", "-monitor", "stdio"]


@pytest.fixture
def portal() -> Iterator[Portal]:
    recorder = VirtualRecorder(Medium.new())
    portal = Portal(Target([recorder]))
    portal.start()
    yield portal
    assert portal.stop()
    recorder.close()


def attach(portal: Portal, *options: str) -> subprocess.CompletedProcess[str]:
    """QEMU opens the unit at its start, or ends with an error; then it is told to quit."""
    place, target, lun = portal.urls[0].removeprefix("iscsi://").split("/")
    drive = ["driver=iscsi", "transport=tcp", f"portal={place}", f"target={target}", f"lun={lun}", *options]
    return subprocess.run(
        [*QEMU, "-drive", ",".join([*drive, "if=none", "id=cd0", "readonly=off"])],
        input="info block\nquit\n",
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_qemu_attaches_a_blank_disc(portal: Portal) -> None:
    done = attach(portal)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Removable device: not locked, tray closed" in done.stdout


def test_header_digests_are_those_of_qemu(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(*parts: bytes) -> bytes:
        made.append(digest(*parts))
        return made[-1]

    monkeypatch.setattr(connection, "digest", counted)
    done = attach(portal, "header-digest=crc32c")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(made) > 10  # both ways, for each command


def test_qemu_is_told_of_a_target_that_is_not_there(portal: Portal) -> None:
    done = attach(portal, "target=iqn.2000-01.example:other")
    assert done.returncode
    assert "Target not found" in done.stderr
