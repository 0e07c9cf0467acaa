"""One page that says whether a burn could start, and if not, what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook.disc import Msf
from redbook.engine.makers import dye, maker
from redbook.errors import DriveGone, Sense
from redbook.mmc.disc_info import Atip
from redbook.recorders import doctor, names
from redbook.recorders.doctor import Diagnosis, diagnose
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, ready, write_track
from tests.support.recorders import Bench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(tmp_path / "root")
    monkeypatch.setenv("REDBOOK_SYSTEM_ROOT", str(tmp_path / "root"))
    monkeypatch.setattr(names, "open_for_a_look", bench.open)
    monkeypatch.setenv("PATH", "/nowhere")
    return bench


def page(bench: Bench, name: str | None = None, **options: bool) -> Diagnosis:
    return diagnose(name, system=bench.fake.system, **options)


def said(diagnosis: Diagnosis, label: str, section: int = -1) -> str:
    return dict(diagnosis.sections[section].lines)[label]


def with_blank(bench: Bench, medium: Medium | None = None) -> None:
    bench.fake.drive("usb", sr=0, sg=1, serial="KZ1234")
    bench.behind["/dev/sr0"] = VirtualRecorder(medium or Medium.new("cd-r", 74))


def test_a_recorder_with_a_blank_disc_could_burn(bench: Bench) -> None:
    with_blank(bench)
    found = page(bench)
    assert (found.can_burn, found.advice) == (True, [])
    assert said(found, "bus") == "USB port 2-2, 5000 Mbit/s"
    assert said(found, "medium") == "CD-R 74 min, blank"
    assert said(found, "ATIP") == "97:24:01 to 74:43:00, Taiyo Yuden, long strategy (cyanine, AZO)"
    assert said(found, "buffer") == "2048 KiB"
    assert said(found, "speeds").startswith("52x 48x")
    assert "002D*" in said(found, "features")
    assert said(found, "next track") == "LBA 0"
    assert said(found, "a burn") == "track-at-once, with underrun protection, up to 52x"
    assert "systemd-inhibit is not installed" in said(found, "suspend", 1)


def test_every_line_fits_sixty_columns(bench: Bench) -> None:
    with_blank(bench)
    bench.fake.link("/dev/disk/by-id/usb-HL-DT-ST_DVDRAM_GP50NB40_KZ1234-0:0", "/dev/sr0")
    bench.fake.process(4321, "cdrdao", "/dev/sr0")
    for found in (page(bench), page(bench, "virtual:a.disc"), page(bench, "/dev/sr9")):
        lines = found.to_text().splitlines()
        assert [line for line in lines if len(line) > 60] == []


def test_serial_numbers_are_masked_wherever_they_are_unless_wanted(bench: Bench) -> None:
    with_blank(bench)
    bench.fake.link("/dev/disk/by-id/usb-HL-DT-ST_KZ1234-0:0", "/dev/sr0")
    text = page(bench).to_text()
    assert "KZ1234" not in text
    assert "RB000001" not in text
    assert said(page(bench, serial=True), "serial") == "feature 0108h: RB000001"
    assert "KZ1234" in page(bench, serial=True).to_text()


def test_a_complete_disc_could_not_be_burned_and_a_rewritable_one_could_be_erased(bench: Bench) -> None:
    for kind, advice in (("cd-r", "complete; insert a blank one"), ("cd-rw", "`redbook blank`")):
        with_blank(bench, medium := Medium.new(kind))
        bench.behind["/dev/sr0"] = recorder = VirtualRecorder(medium)
        drive = ready(recorder)
        write_track(drive, 300)
        close_session(drive)
        found = page(bench)
        assert not found.can_burn
        assert advice in found.advice[0]


def test_an_empty_drive_wants_a_disc(bench: Bench) -> None:
    with_blank(bench)
    bench.behind["/dev/sr0"] = VirtualRecorder()
    found = page(bench)
    assert not found.can_burn
    assert found.advice == ["/dev/sr0: no disc; insert a blank CD-R or CD-RW"]


def test_a_drive_in_use_is_described_without_being_opened(bench: Bench) -> None:
    with_blank(bench)
    bench.fake.process(4321, "cdrdao", "/dev/sr0")
    found = page(bench)
    assert not found.can_burn
    assert said(found, "held by") == "cdrdao (pid 4321)"
    assert "in use by cdrdao" in found.advice[0]
    assert bench.opened == []


def test_where_there_is_no_drive_it_says_what_to_check_in_order(bench: Bench) -> None:
    found = page(bench)
    assert not found.can_burn
    text = found.to_text()
    assert "No burn could start now." in text
    assert text.index("1. the kernel sees no optical drive") < text.index("2. is it a USB drive")


def test_a_name_that_leads_nowhere_is_advised_upon(bench: Bench) -> None:
    with_blank(bench)
    found = page(bench, "/dev/sr9")
    assert not found.can_burn
    assert "there is /dev/sr0" in found.advice[0]


def test_a_virtual_recorder_has_its_page(bench: Bench) -> None:
    found = page(bench, "virtual:a.disc")
    assert found.can_burn
    assert said(found, "medium") == "CD-R 80 min, blank"


def test_a_damaged_virtual_disc_is_a_problem_on_the_page(bench: Bench) -> None:
    Path("a.disc").mkdir()
    Path("a.disc/disc.json").write_text("{")
    found = page(bench, "virtual:a.disc")
    assert not found.can_burn
    assert "a.disc" in said(found, "problem")


@pytest.mark.parametrize("nth", range(1, 10))
def test_whatever_a_drive_answers_there_is_a_page(bench: Bench, nth: int) -> None:
    with_blank(bench)
    for outcome in (
        DriveGone("it was unplugged"),
        Sense(4, 0x44),
        Sense(5, 0x24),
        Reply(Status.GOOD, b"\x05"),
    ):
        fault = Fault(outcome, nth=nth, times=None)
        bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new(), faults=[fault])
        assert "/dev/sr0  HL-DT-ST" in page(bench).to_text()


def test_a_drive_that_leaves_in_the_middle_is_a_problem_on_the_page(bench: Bench) -> None:
    with_blank(bench)
    fault = Fault(DriveGone("it was unplugged"), nth=3, times=None)
    bench.behind["/dev/sr0"] = VirtualRecorder(Medium.new(), faults=[fault])
    found = page(bench)
    assert not found.can_burn
    assert said(found, "problem") == "it was unplugged"


def test_the_kernel_s_words_about_this_drive_are_shown_and_no_others(bench: Bench) -> None:
    with_blank(bench)
    bench.fake.write(
        "/dev/kmsg",
        "6,1,5,-;sr 7:0:0:0: [sr0] scsi3-mmc drive: 24x/24x writer\n"
        "6,2,6,-;usb 2-20: new device\n"
        "3,3,7,-;usb 2-2: reset SuperSpeed USB device number 2\n",
    )
    text = said(page(bench), "kernel")
    assert (
        text
        == "sr 7:0:0:0: [sr0] scsi3-mmc drive: 24x/24x writer / usb 2-2: reset SuperSpeed USB device number 2"
    )


def test_a_closed_log_says_so(bench: Bench) -> None:
    with_blank(bench)
    assert "cannot be read" in said(page(bench), "kernel")


def test_missing_libraries_are_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", ("click", "a-library-of-nobody"))
    assert "a-library-of-nobody MISSING" in said(page(bench), "libraries", 0)


@pytest.mark.parametrize(
    "start, name",
    [
        # Reference: cdrecord's table, 97:34:2x Mitsubishi, 97:26:6x CMC, 97:15:1x Ritek, 97:17:0x Moser Baer
        (Msf(97, 34, 23), "Mitsubishi"),
        (Msf(97, 26, 66), "CMC"),
        (Msf(97, 15, 17), "Ritek"),
        (Msf(97, 17, 6), "Moser Baer"),
        (Msf(97, 48, 30), ""),
        (None, ""),
    ],
)
def test_the_lead_in_names_the_maker(start: Msf | None, name: str) -> None:
    assert maker(start) == name


def test_the_last_digit_names_the_dye() -> None:
    end = Msf(79, 59, 74)
    assert "cyanine" in dye(Atip(Msf(97, 24, 1), end))
    assert "phthalocyanine" in dye(Atip(Msf(97, 17, 6), end))
    assert dye(Atip(Msf(97, 34, 23), end, rewritable=True)) == ""
