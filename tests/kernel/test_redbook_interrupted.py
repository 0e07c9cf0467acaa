"""redbook on a real kernel while others have the drive, when it is killed, and when the drive goes.

The recorders take a real one's time (8x), so that there is a middle of a burn. What waits there is stopped by
SIGSTOP, not by a guess of how long it takes; underrun protection bridges that.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from redbook.disc import SECTOR_BYTES
from tests.kernel.debian_kernel import Kernel
from tests.kernel.discs import Done, asking, cd_rw, new_share, reading, track_at_once, with_gaps
from tests.kernel.guest import Step, ending, redbook_command, run_guest, signalling, starting
from tests.kernel.target import target
from tests.support.sound import noise

pytestmark = pytest.mark.tools("cdparanoia", "cdrdao", "wodim")

SECTORS = 3000
PCM = [noise(588 * SECTORS, seed=21)]
TOC_FILE = 'CD_DA\nTRACK AUDIO\nFILE "1.wav" 0\n'
# cdrdao tells each megabyte; redbook what it has sent.
CDRDAO_WRITES, REDBOOK_WRITES = "Wrote 2 of", '"progress", "phase": "writing"'
WODIM = "wodim fs=2m gracetime=2"


def burning(node: str) -> str:
    return redbook_command("burn", "1.wav", "--drive", f"/dev/{node}", "--mode", "tao", "--yes", "--json")


def redbook(*words: str) -> Step:
    return Step(redbook_command(*words))


def info(node: str) -> Step:
    return redbook("info", "--drive", f"/dev/{node}", "--json")


CDRDAO_HOLDS = {
    "cdrdao begins": starting(
        "cdrdao", "cdrdao write --device /dev/sr0 --driver generic-mmc -n disc.toc", CDRDAO_WRITES
    ),
    "cdrdao stops": signalling("cdrdao", "STOP"),
    "redbook tries": redbook("burn", "1.wav", "--drive", "/dev/sr0", "--yes"),
    "drives meanwhile": redbook("drives", "--json"),
    "doctor meanwhile": redbook("doctor", "--drive", "/dev/sr0"),
    "cdrdao goes on": signalling("cdrdao", "CONT"),
    "cdrdao": ending("cdrdao"),
    "cdrdao: cdparanoia": reading("cdrdao", "/dev/sr0"),
}
REDBOOK_HOLDS = {
    "redbook begins": starting("redbook", burning("sr1"), REDBOOK_WRITES),
    "redbook stops": signalling("redbook", "STOP"),
    "wodim tries": Step(f"{WODIM} dev=/dev/sr1 -tao -audio 1.wav"),
    "cdrdao tries": Step("cdrdao write --device /dev/sr1 --driver generic-mmc -n disc.toc"),
    "cdrskin tries": Step("cdrskin dev=/dev/sr1 -tao -audio 1.wav"),
    "redbook tries, too": redbook("burn", "1.wav", "--drive", "/dev/sr1", "--yes"),
    "redbook goes on": signalling("redbook", "CONT"),
    "redbook": ending("redbook"),
    "redbook: cdparanoia": reading("redbook", "/dev/sr1"),
}
KILLED = {
    "to be killed begins": starting("killed", burning("sr2"), REDBOOK_WRITES),
    "kill": signalling("killed", "KILL"),
    "killed": ending("killed"),
    "killed: info": info("sr2"),
    "killed: tray": Step(asking("eject", "sr2")),
    "killed: load": Step(asking("load", "sr2")),
    "wodim blanks": Step(f"{WODIM} dev=/dev/sr2 -blank=fast"),
    "wodim": Step(f"{WODIM} dev=/dev/sr2 -tao -audio 1.wav"),
    "wodim: cdparanoia": reading("wodim", "/dev/sr2"),
}
DETACHED = {
    "to lose its drive begins": starting("detached", burning("sr3"), REDBOOK_WRITES),
    "detach": Step("echo 1 > /sys/block/sr3/device/delete", root=True),
    "detached": ending("detached"),
    "gone": info("sr3"),
    "attach": Step(
        "for host in /sys/class/scsi_host/*; do echo '- - -' > $host/scan; done; "
        "until [ -b /dev/sr3 ]; do sleep 0.1; done; chgrp cdrom /dev/s[rg]3; chmod 660 /dev/s[rg]3",
        root=True,
    ),
    "attached: info": info("sr3"),
    "close": redbook("close", "--drive", "/dev/sr3", "--json"),
    "close: cdparanoia": reading("close", "/dev/sr3"),
}


@pytest.fixture(scope="module")
def done(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Done:
    work = tmp_path_factory.mktemp("interrupted")
    share = new_share(work, PCM)
    (share / "disc.toc").write_text(TOC_FILE)
    discs = (work / "0.disc", work / "1.disc", cd_rw(work / "rw.disc"), work / "3.disc")
    steps = {**CDRDAO_HOLDS, **REDBOOK_HOLDS, **KILLED, **DETACHED}
    with target(*discs, options=("--speed", "8")) as urls:
        return Done(share, run_guest(kernel, urls, share, steps))


def last(done: Done, name: str) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(done.outcomes[name].check().stdout.splitlines()[-1])
    return line


def pid(done: Done, name: str) -> str:
    return (done.share / "background" / f"{name}.pid").read_text().strip()


def test_redbook_says_that_cdrdao_has_the_drive(done: Done) -> None:
    done.outcomes["cdrdao begins"].check()
    tried = done.outcomes["redbook tries"]
    assert tried.code == 5
    assert f"cdrdao (pid {pid(done, 'cdrdao')})" in tried.stderr


def test_drives_and_doctor_say_so_too_and_ask_the_drive_nothing(done: Done) -> None:
    """cdrdao's disc comes out right, below."""
    first, *others = last(done, "drives meanwhile")["drives"]
    assert "cdrdao" in first["problem"] and first["medium"] == ""
    assert not any(other["problem"] for other in others)
    doctor = done.outcomes["doctor meanwhile"]
    assert doctor.code == 5
    assert "cdrdao" in doctor.stdout


@pytest.mark.parametrize("name", ["cdrdao", "redbook", "wodim"])
def test_the_disc_of_the_one_that_had_it_is_bit_for_bit(name: str, done: Done) -> None:
    done.outcomes[name].check()
    done.outcomes[f"{name}: cdparanoia"].check()
    starts, lead_out = ((0,), SECTORS) if name == "cdrdao" else track_at_once([SECTORS])
    assert done.tracks(name) == with_gaps(PCM, starts, lead_out)


@pytest.mark.parametrize("name", ["wodim tries", "cdrdao tries", "cdrskin tries", "redbook tries, too"])
def test_others_find_the_drive_in_use_while_redbook_burns(name: str, done: Done) -> None:
    """cdrdao then reads at most, and would reload the disc: the tray is locked against that."""
    tried = done.outcomes[name]
    assert tried.code != 0
    assert re.search(r"busy|currently in use|is in use by python", tried.text, re.I), tried.text


def test_redbook_verifies_the_burn_that_others_wanted_to_disturb(done: Done) -> None:
    assert last(done, "redbook")["verified"]


def test_killed_in_the_middle_it_leaves_the_tray_unlocked(done: Done) -> None:
    """CDS_DISC_OK is 4, CDS_TRAY_OPEN 2."""
    assert done.outcomes["killed"].code == 128 + 9
    assert json.loads(done.outcomes["killed: tray"].check().stdout) == {"refusal": 0, "before": 4, "after": 2}
    assert json.loads(done.outcomes["killed: load"].check().stdout)["after"] == 4


def test_killed_in_the_middle_the_disc_has_an_unfinished_track(done: Done) -> None:
    disc = last(done, "killed: info")["disc"]
    assert disc["status"] == "appendable"
    assert disc["unfinished_track"] == 1


def test_wodim_blanks_what_was_left_behind_and_burns(done: Done) -> None:
    done.outcomes["wodim blanks"].check()
    done.outcomes["wodim"].check()


def test_a_drive_that_goes_in_the_middle_ends_the_burn_with_its_name_and_what_is_on_the_disc(
    done: Done,
) -> None:
    lost = done.outcomes["detached"]
    assert lost.code == 5
    error = json.loads(lost.stdout.splitlines()[-1])
    assert error["exit_code"] == 5
    assert re.search(r"failed at sector \d+ of track 1", error["message"])
    assert "/dev/sr3" in error["message"]
    assert "not known" in error["disc_now"]
    assert "Traceback" not in lost.stderr


def test_a_drive_that_is_gone_is_no_recorder_any_more(done: Done) -> None:
    gone = done.outcomes["gone"]
    assert gone.code == 5
    assert "/dev/sr3: no such recorder; there is /dev/sr0, /dev/sr1, /dev/sr2" in gone.stderr


def test_what_had_reached_the_disc_is_there_when_the_drive_is_back(done: Done) -> None:
    done.outcomes["attach"].check()
    assert last(done, "attached: info")["disc"]["unfinished_track"] == 1
    done.outcomes["close"].check()
    done.outcomes["close: cdparanoia"].check()
    (kept,) = done.tracks("close")
    written = len(kept.rstrip(b"\0")) // SECTOR_BYTES
    assert 300 < written < SECTORS
    assert kept[: written * SECTOR_BYTES] == PCM[0][: written * SECTOR_BYTES]


def test_no_step_was_stopped_by_its_time_limit(done: Done) -> None:
    assert not [name for name, outcome in done.outcomes.items() if outcome.code == 124]


def test_nothing_was_left_waiting(done: Done) -> None:
    codes = {path.stem: int(path.read_text()) for path in Path(done.share, "background").glob("*.code")}
    assert codes == {"cdrdao": 0, "redbook": 0, "killed": 137, "detached": 5}
