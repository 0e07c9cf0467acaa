"""libiscsi's programs before `redbook share iscsi`: its list, its inquiry, its conformance suite."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from redbook.share.iscsi import DEFAULT_NAME
from redbook.share.iscsi.portal import Portal
from redbook.share.iscsi.target import Target
from tests.support.ram_disk import RamDisk

SECRET, TARGET_SECRET = "sixteen+bytes+ab", "sixteen+bytes+cd"


@contextmanager
def shared(*options: str) -> Iterator[list[str]]:
    """`redbook share iscsi` as a process; the addresses that it prints."""
    command = [sys.executable, "-m", "redbook", "share", "iscsi", "--listen", "127.0.0.1:0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield [process.stdout.readline().strip() for _ in range(max(1, options.count("--disc")))]
        finally:
            process.terminate()
    assert process.returncode == 0


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def with_user(url: str, secret: str = SECRET) -> str:
    return url.replace("iscsi://", f"iscsi://me%{secret}@")


@pytest.fixture
def chap(tmp_path: Path) -> list[str]:
    (tmp_path / "secret").write_text(SECRET + "\n")
    return ["--chap", "me", "--chap-secret-file", "secret"]


@pytest.mark.tools("iscsi-ls")
def test_the_target_and_its_units_are_found() -> None:
    with shared("--disc", "a.disc", "--disc", "with a space.disc") as urls:
        place = urls[0].removesuffix(f"/{DEFAULT_NAME}/0")
        assert urls == [f"{place}/{DEFAULT_NAME}/{lun}" for lun in (0, 1)]
        listed = run("iscsi-ls", "-s", place)
    assert listed.returncode == 0
    portal = place.removeprefix("iscsi://")
    assert listed.stdout.splitlines()[0] == f"Target:{DEFAULT_NAME} Portal:{portal},1"
    assert [line.split() for line in listed.stdout.splitlines()[1:]] == [
        ["Lun:0", "Type:MMC"],
        ["Lun:1", "Type:MMC"],
    ]


@pytest.mark.tools("iscsi-inq")
def test_the_recorder_says_who_it_is() -> None:
    with shared("--disc", "a.disc") as (url,):
        said = run("iscsi-inq", url)
        absent = run("iscsi-inq", url.removesuffix("0") + "7")
    assert said.returncode == 0
    assert "Peripheral Qualifier:CONNECTED" in said.stdout
    assert "Peripheral Device Type:MMC" in said.stdout
    assert "Vendor:REDBOOK" in said.stdout
    assert "LOGICAL_UNIT_NOT_SUPPORTED" in absent.stderr


@pytest.mark.tools("iscsi-inq")
def test_only_who_knows_the_secret_is_let_in(chap: list[str]) -> None:
    with shared("--disc", "a.disc", *chap) as (url,):
        assert run("iscsi-inq", with_user(url)).returncode == 0
        for wrong in (url, with_user(url, "something else..")):
            refused = run("iscsi-inq", wrong)
            assert refused.returncode
            assert "Authentication failure" in refused.stderr


@pytest.mark.tools("iscsi-inq")
def test_the_target_proves_itself(chap: list[str], tmp_path: Path) -> None:
    (tmp_path / "own").write_text(TARGET_SECRET)
    with shared("--disc", "a.disc", *chap, "--chap-mutual", "you", "--chap-mutual-secret-file", "own") as (
        url,
    ):
        proven = run("iscsi-inq", f"{with_user(url)}?target_user=you&target_password={TARGET_SECRET}")
        assert proven.returncode == 0
        doubted = run("iscsi-inq", f"{with_user(url)}?target_user=you&target_password=other")
        assert doubted.returncode
        assert "Invalid CHAP_R response from the target" in doubted.stderr


# The conformance suite


def conformance(family: str, url: str) -> dict[str, str]:
    """Each test's name (suite.test) and how it went: passed, skipped or FAILED."""
    done = run("iscsi-test-cu", "--dataloss", f"--test={family}", url)
    results: dict[str, str] = {}
    suite = ""
    for part in re.split(r"^(?=Suite: |  Test: )", done.stdout, flags=re.MULTILINE):
        if part.startswith("Suite: "):
            suite = part.split()[1]
        elif part.startswith("  Test: "):
            name = f"{suite}.{part.split()[1]}"
            verdict = re.search(r"(?:^|\.\.\.)(passed|FAILED)", part, re.MULTILINE)
            assert verdict, part
            # What stands behind the verdict belongs to the next suite's preparation.
            skipped = "[SKIPPED]" in part[: verdict.start()]
            results[name] = "skipped" if skipped and verdict[1] == "passed" else verdict[1]
    total = re.search(r"^ +tests +(\d+)", done.stdout, re.MULTILINE)
    assert total, done.stdout + done.stderr
    assert len(results) == int(total[1])
    return results


def failed(results: Mapping[str, str]) -> set[str]:
    return {name for name, verdict in results.items() if verdict == "FAILED"}


@pytest.mark.tools("iscsi-test-cu")
def test_every_iscsi_test_passes_before_a_disk() -> None:
    """A disk, because the suite skips many of its tests before anything else."""
    portal = Portal(Target([RamDisk()]))
    portal.start()
    results = conformance("iSCSI", portal.urls[0])
    assert portal.stop()
    assert len(results) == 15
    assert set(results.values()) == {"passed"}


NO_SECTOR_OF_DATA = "reads 2048-byte sectors, which a blank or an audio disc does not have"
NOT_IN_PLACE = "writes the same sectors again and again, which no CD-R takes (5/21/02)"
TRAY_IS_TOLD = "loading the tray tells every initiator of a new medium (6/28/00), and the test wants GOOD"

ISCSI_FAILURES = dict.fromkeys(
    ("iSCSIResiduals.Read10Invalid", "iSCSIResiduals.Read10Residuals", "iSCSIResiduals.Read12Residuals"),
    NO_SECTOR_OF_DATA,
)
SCSI_FAILURES = {
    **dict.fromkeys(
        (
            *(f"Read{n}.{test}" for n in (10, 12) for test in ("Simple", "ZeroBlocks")),
            *(
                f"Verify{n}.{test}"
                for n in (10, 12)
                for test in ("Simple", "Flags", "Mismatch", "MismatchNoCmp")
            ),
        ),
        NO_SECTOR_OF_DATA,
    ),
    **dict.fromkeys(
        (f"Write{n}.{test}" for n in (10, 12) for test in ("Simple", "BeyondEol", "ZeroBlocks")), NOT_IN_PLACE
    ),
    "StartStopUnit.Simple": TRAY_IS_TOLD,
}
"""Tests that fail before a recorder, and why. Not fewer: what begins to pass is to be taken out here."""

APPLICABLE = {
    "Inquiry.AllocLength",
    "Inquiry.EVPD",
    "Inquiry.Standard",
    "Inquiry.SupportedVPD",
    "Inquiry.VersionDescriptors",
    "ModeSense6.AllPages",
    "ModeSense6.Control",
    "ModeSense6.Residuals",
    "ReadCapacity10.Simple",
    "TestUnitReady.Simple",
}
"""Tests of the SCSI family that a recorder can pass; the suite skips all others."""


@pytest.mark.tools("iscsi-test-cu")
def test_the_iscsi_family_before_a_recorder() -> None:
    with shared("--disc", "a.disc") as (url,):
        results = conformance("iSCSI", url)
    assert failed(results) == set(ISCSI_FAILURES)
    passed = {name for name, verdict in results.items() if verdict == "passed"}
    assert passed == {
        "iSCSIcmdsn.iSCSICmdSnTooHigh",
        "iSCSIcmdsn.iSCSICmdSnTooLow",
        "iSCSIdatasn.iSCSIDataSnInvalid",
    }


@pytest.mark.tools("iscsi-test-cu")
def test_the_scsi_family_before_a_recorder() -> None:
    with shared("--disc", "a.disc") as (url,):
        results = conformance("SCSI", url)
    assert failed(results) == set(SCSI_FAILURES)
    assert {name for name in APPLICABLE if results[name] != "passed"} == set()
