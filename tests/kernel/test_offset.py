"""A drive that reads 667 samples late and tells an old table of contents, behind a real kernel's /dev/sr0."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kernel.debian_kernel import Kernel
from tests.kernel.discs import Done, cd_rw, new_share
from tests.kernel.guest import Step, redbook_command, run_guest
from tests.kernel.target import target
from tests.support.sound import noise

PCM = [noise(588 * sectors, seed) for seed, sectors in enumerate((460, 555), 11)]
SR0 = ("--drive", "/dev/sr0")
FILES = ("1.wav", "2.wav")
MODEL = """\
source = "whipper's list of drives: +667 is the correction of many LG models"
vendor = "REDBOOK"
product = "LATE CD-RW"
revision = "1.00"
read_offset = 667
reads_before_zero = false
caches_toc = true
"""
STEPS = {
    "burn": Step(redbook_command("burn", *FILES, *SR0, "--mode", "tao", "--yes", "--json")),
    "verify": Step(redbook_command("verify", *FILES, *SR0, "--json")),
    "info": Step(redbook_command("info", *SR0, "--json")),
    "verify others": Step(redbook_command("verify", *reversed(FILES), *SR0, "--json")),
}


@pytest.fixture(scope="module")
def done(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Done:
    work = tmp_path_factory.mktemp("offset")
    share = new_share(work, PCM)
    model = work / "late.toml"
    model.write_text(MODEL)
    with target(cd_rw(work / "rw.disc"), options=("--model", str(model))) as urls:
        return Done(share, run_guest(kernel, urls, share, STEPS))


def last(done: Done, name: str) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(done.outcomes[name].check().stdout.splitlines()[-1])
    return line


@pytest.mark.parametrize("name", ["burn", "verify"])
def test_the_disc_is_verified_moved_by_the_drive_s_offset(done: Done, name: str) -> None:
    found = last(done, name)
    assert found["verified"]
    assert found["offset_samples"] == 667
    assert found["hidden_samples"] == 0  # two sectors of run-out hold them
    assert found["lead_out_lba"] == 460 + 152 + 555 + 2


def test_the_offset_is_remembered(done: Done) -> None:
    assert last(done, "info")["offset_samples"] == 667


def test_another_disc_is_told_from_it(done: Done) -> None:
    assert done.outcomes["verify others"].code == 6
