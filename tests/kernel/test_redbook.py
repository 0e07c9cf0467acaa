"""redbook on /dev/sr0 of a real kernel, as an ordinary user in group cdrom: commands and IMAPI2 examples."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest

from tests.kernel.debian_kernel import PROJECT, Kernel
from tests.kernel.discs import Done, asking, cd_rw, new_share, reading, track_at_once, with_gaps
from tests.kernel.guest import Step, redbook_command, run_guest
from tests.kernel.target import target
from tests.support.sound import encode, noise

pytestmark = pytest.mark.tools("cdparanoia", "cdrdao", "ffmpeg")

LENGTHS = (460, 555, 503)
PCM = [noise(588 * sectors, seed) for seed, sectors in enumerate(LENGTHS, 11)]
FILES = ("1.wav", "2.flac", "3.wav")
SOURCES = " ".join(FILES)


def example(name: str, arguments: str = "") -> Step:
    return Step(f'"$PYTHON" {shlex.quote(str(PROJECT / "examples" / "imapi2" / name))} {arguments}')


def redbook(*words: str) -> Step:
    return Step(redbook_command(*words))


SR0 = ("--drive", "/dev/sr0")
STEPS = {
    "drives": redbook("drives", "--json"),
    "doctor": redbook("doctor", *SR0),
    "info blank": redbook("info", *SR0, "--json"),
    "which": redbook("burn", "1.wav", "--yes"),
    "burn": redbook("burn", *FILES, *SR0, "--mode", "tao", "--yes", "--json"),
    "burn: cdparanoia": reading("burn", "/dev/sr0"),
    "info": redbook("info", *SR0, "--checksums", "--json"),
    "verify": redbook("verify", *FILES, *SR0, "--json"),
    "verify others": redbook("verify", *reversed(FILES), *SR0, "--json"),
    "burn again": redbook("burn", *FILES, *SR0, "--yes", "--json"),
    "blank": redbook("blank", *SR0, "--yes", "--json"),
    "blank: disc": Step("cdrdao disk-info --device /dev/sr0"),
    "sg": redbook("burn", "3.wav", "--drive", "/dev/sg1", "--mode", "tao", "--yes", "--json"),
    "sg: cdparanoia": reading("sg", "/dev/sr1"),
    "list": example("list_recorders.py"),
    "imapi2": example("burn.py", SOURCES),
    "imapi2: tray": Step(asking("load", "sr0")),
    "imapi2: cdparanoia": reading("imapi2", "/dev/sr0"),
    "erase": example("erase.py"),
    "erase: disc": Step("cdrdao disk-info --device /dev/sr0"),
    "cancel": example("cancel.py"),
    "cancel: tray": Step(asking("load", "sr0")),
    "cancel: info": redbook("info", *SR0, "--json"),
    "nobody": Step(
        "setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "
        + redbook_command("info", *SR0),
        root=True,
    ),
    "kernel log": Step("dmesg", root=True),
}


@pytest.fixture(scope="module")
def done(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Done:
    work = tmp_path_factory.mktemp("redbook")
    share = new_share(work, PCM)
    encode(share / "2.wav", share / "2.flac")
    with target(cd_rw(work / "rw.disc"), work / "r.disc") as urls:
        return Done(share, run_guest(kernel, urls, share, STEPS))


def last(done: Done, name: str) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(done.outcomes[name].check().stdout.splitlines()[-1])
    return line


def test_drives_lists_both_with_what_is_in_them(done: Done) -> None:
    first, second = last(done, "drives")["drives"]
    assert (first["name"], first["sg_node"], first["medium"]) == (
        "/dev/sr0",
        "/dev/sg0",
        "CD-RW 80 min, blank",
    )
    assert (second["name"], second["medium"]) == ("/dev/sr1", "CD-R 80 min, blank")
    for drive in (first, second):
        assert drive["vendor"] == "REDBOOK"
        assert drive["writes_cd_r"] and drive["writes_cd_rw"] and drive["blank"]
        assert drive["problem"] == ""
    assert first["serial"] != second["serial"]


def test_doctor_finds_that_a_burn_could_start(done: Done) -> None:
    page = done.outcomes["doctor"].check().stdout
    assert "/dev/sr0" in page and "cdrom" in page
    assert "REDBOOK" in page
    assert "No burn could start" not in page


def test_info_sees_a_blank_disc(done: Done) -> None:
    disc = last(done, "info blank")["disc"]
    assert (disc["medium"], disc["status"], disc["next_lba"]) == ("cd-rw", "blank", 0)


def test_without_a_name_two_recorders_are_too_many(done: Done) -> None:
    outcome = done.outcomes["which"]
    assert outcome.code == 5
    assert "--drive /dev/sr0" in outcome.stderr and "--drive /dev/sr1" in outcome.stderr


def test_a_burn_is_verified_and_says_where_its_tracks_are(done: Done) -> None:
    report = last(done, "burn")
    starts, lead_out = track_at_once(LENGTHS)
    assert report["verified"] and report["finalized"]
    assert [(t["start_lba"], t["sectors"]) for t in report["tracks"]] == list(
        zip(starts, LENGTHS, strict=True)
    )
    assert report["lead_out_lba"] == lead_out


@pytest.mark.parametrize("name", ["burn", "imapi2"])
def test_cdparanoia_reads_what_was_burned_bit_for_bit(name: str, done: Done) -> None:
    done.outcomes[name].check()
    done.outcomes[f"{name}: cdparanoia"].check()
    assert done.tracks(name) == with_gaps(PCM, *track_at_once(LENGTHS))


def test_a_burn_through_the_sg_node_is_bit_for_bit(done: Done) -> None:
    done.outcomes["sg"].check()
    done.outcomes["sg: cdparanoia"].check()
    assert done.tracks("sg") == with_gaps(PCM[2:], *track_at_once(LENGTHS[2:]))


def test_info_has_tracks_and_checksums_of_the_burn(done: Done) -> None:
    info, report = last(done, "info"), last(done, "burn")
    for key in ("start_lba", "sectors", "sha256", "accuraterip_v2"):
        assert [track[key] for track in info["tracks"]] == [track[key] for track in report["tracks"]]
    assert info["disc"]["status"] == "complete"


def test_verify_tells_its_own_sources_from_others(done: Done) -> None:
    assert last(done, "verify")["verified"]
    assert done.outcomes["verify others"].code == 6


def test_a_full_disc_is_not_written_again(done: Done) -> None:
    assert done.outcomes["burn again"].code in (4, 5)
    assert "blank" in done.outcomes["burn again"].stderr


@pytest.mark.parametrize("name", ["blank", "erase"])
def test_a_cd_rw_is_blank_again_for_cdrdao(name: str, done: Done) -> None:
    done.outcomes[name].check()
    assert re.search(r"CD-R empty\s*: yes", done.outcomes[f"{name}: disc"].check().text)


def test_list_recorders_shows_both(done: Done) -> None:
    text = done.outcomes["list"].check().stdout
    assert text.startswith("2 recorders\nREDBOOK VIRTUAL CD-RW")
    assert "/dev/sr0" in text and "/dev/sr1" in text
    assert "holds a CD-RW, blank" in text


def test_the_imapi2_example_burns_and_compares(done: Done) -> None:
    assert "3 tracks burned, read back and compared" in done.outcomes["imapi2"].check().stdout


@pytest.mark.parametrize("name", ["imapi2", "cancel"])
def test_the_imapi2_examples_open_the_tray(name: str, done: Done) -> None:
    """CDS_TRAY_OPEN is 2, CDS_DISC_OK 4."""
    assert json.loads(done.outcomes[f"{name}: tray"].check().stdout) == {"before": 2, "after": 4}


def test_a_cancel_says_what_is_on_the_disc_then(done: Done) -> None:
    """Nothing, if it came before the first sector; else the track, and its session is closed."""
    text = done.outcomes["cancel"].check().stdout
    assert "cancelling" in text
    found = re.search(r"^(\d+) track\(s\), (\d+) sectors used", text, re.MULTILINE)
    assert found
    info = last(done, "cancel: info")
    assert len(info["tracks"]) == int(found[1])
    assert info["disc"]["status"] == ("complete" if int(found[1]) else "blank")


def test_a_user_outside_the_group_is_told_how_to_join(done: Done) -> None:
    outcome = done.outcomes["nobody"]
    assert outcome.code == 5
    assert "usermod -aG cdrom" in outcome.stderr


def test_the_kernel_has_no_complaint(done: Done) -> None:
    log = done.outcomes["kernel log"].check().stdout
    assert not re.findall(
        r"^.*(?:\bsr\d|\d:0:\d:0).*(?:error|fail|timed? ?out|disagree).*$", log, re.M | re.I
    )
