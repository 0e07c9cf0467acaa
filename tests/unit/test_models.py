"""Models of recorders: the habits that their documentation gives them, and files of one's own.

Sources of each habit: the `source` line of the model's file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook import errors
from redbook.burning.jobs import burn
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.mmc.control import TestUnitReady
from redbook.mmc.cue_sheet import SendCueSheet
from redbook.mmc.disc_info import ReadAtip, ReadDiscInformation, ReadToc, ReadTrackInformation
from redbook.mmc.identify import GetConfiguration
from redbook.mmc.mode_pages import ModeSelect10, ModeSense10, PageControl, WriteParameters
from redbook.mmc.write import (
    Blank,
    BlankType,
    CloseFunction,
    CloseTrackSession,
    ReadBufferCapacity,
    SynchronizeCache,
    Write10,
)
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model, model_names
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import announce, choose_session_at_once, entry, isrc, lead_in, lead_out, one_track
from tests.support.at_once import write_from as write_sectors
from tests.support.drives import next_lba, ready, write_track
from tests.support.sound import noise, write_wav

SECTOR = b"\x11" * SECTOR_BYTES
ALL = ("bd-combo", "old-scsi", "redbook", "slow-closer", "usb-combo")


def of(model: str, kind: str = "cd-r", clock: ManualClock | None = None, speed: float | None = None) -> Drive:
    return ready(VirtualRecorder(Medium.new(kind), model=model, clock=clock, speed=speed))


def select(drive: Drive, page: WriteParameters) -> None:
    drive.run(ModeSelect10(page.to_page()))


def test_at_least_four_drives_with_habits_come_with_it_and_each_says_where_they_are_from() -> None:
    assert tuple(model_names()) == tuple(sorted((*ALL, "typical")))
    assert all(len(Model.load(name).source) > 20 for name in ALL)


@pytest.mark.slow
@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("speed", [None, 8])
@pytest.mark.parametrize(("mode", "gap"), [("tao", 152), ("sao", 0)])
def test_an_album_is_burned_and_verified_on_every_model(
    mode: str, gap: int, model: str, speed: float | None, clock: ManualClock, tmp_path: Path
) -> None:
    files = [write_wav(tmp_path / f"{n}.wav", noise(588 * (300 + 40 * n), n)) for n in (1, 2)]
    recorder = VirtualRecorder(Medium.new(), model=model, clock=clock, speed=speed)
    report = burn(files, Drive(recorder, "test"), mode=mode, clock=clock)
    assert report.verified
    assert [track.start_lba for track in report.tracks] == [0, 340 + gap]
    assert ready(recorder).run(ReadDiscInformation()).status.name == "COMPLETE"


class TestUsbCombo:
    """LG WH10LS30, Pioneer BDR-UD04: variant B of a cue sheet works, variant A is refused."""

    TRUE_START = bytes.fromhex("01 00 00 41 00 61 22 17")

    def test_a_sheet_with_the_true_lead_in_time_is_refused(self) -> None:
        drive = of("usb-combo")
        choose_session_at_once(drive)
        with pytest.raises(errors.InvalidParameter) as caught:
            drive.run(SendCueSheet(self.TRUE_START + one_track()[8:]))
        assert caught.value.sense.field_offset == 5
        drive.run(SendCueSheet(lead_in(0x41) + one_track()[8:]))

    def test_so_is_one_that_leaves_the_first_pregap_to_the_drive(self) -> None:
        drive = of("usb-combo")
        choose_session_at_once(drive)
        sheet = lead_in() + entry(1, 1, 0, 1, -150) + entry(1, 1, 1, 0, 0) + lead_out(300)
        with pytest.raises(errors.InvalidParameter):
            drive.run(SendCueSheet(sheet))

    def test_a_full_buffer_is_said_at_once(self, clock: ManualClock) -> None:
        drive = of("usb-combo", clock=clock, speed=8)
        drive.run(Write10(0, SECTOR * 1700))
        with pytest.raises(errors.LongWriteInProgress):
            drive.run(Write10(1700, SECTOR * 100))
        assert clock.now() == 0

    def test_raw_writing_is_refused(self) -> None:
        with pytest.raises(errors.InvalidParameter):
            select(of("usb-combo"), WriteParameters(write_type=3, data_block_type=3))


class TestOldScsi:
    """A drive of MMC-1: no GET CONFIGURATION, no ATIP, no Immed, no protection, blocks in WRITE."""

    @pytest.mark.parametrize("cdb", ["46", "ac", "4a", "b6", "5c"])
    def test_later_commands_are_unknown(self, cdb: str) -> None:
        reply = of("old-scsi").send(bytes.fromhex(cdb).ljust(12, b"\0"), data_in_length=8)
        assert (reply.sense[2], reply.sense[12], reply.sense[13]) == (5, 0x20, 0)

    def test_there_is_no_atip(self) -> None:
        with pytest.raises(errors.InvalidField):
            of("old-scsi").run(ReadAtip())

    def test_commands_last_in_spite_of_immed(self, clock: ManualClock) -> None:
        drive = of("old-scsi", clock=clock, speed=4)
        select(drive, WriteParameters(underrun_protection=False))
        drive.run(Write10(0, SECTOR * 300))
        drive.run(SynchronizeCache(immediate=True))
        assert clock.now() == pytest.approx((150 + 300) / 300 + 1, abs=0.1)
        drive.run(CloseTrackSession(CloseFunction.SESSION, immediate=True))
        drive.run(ReadToc())

    def test_a_model_may_refuse_immed(self, tmp_path: Path) -> None:
        file = tmp_path / "strict.toml"
        file.write_text('source = "-"\nvendor = "V"\nproduct = "P"\nrevision = "1"\nimmed = "refused"\n')
        drive = of(str(file))
        for command in (
            SynchronizeCache(immediate=True),
            CloseTrackSession(CloseFunction.SESSION, immediate=True),
        ):
            with pytest.raises(errors.InvalidField):
                drive.run(command)

    def test_it_has_no_protection_and_says_so(self, clock: ManualClock) -> None:
        drive = of("old-scsi", clock=clock, speed=4)
        page = drive.run(ModeSense10(0x2A)).page(0x2A)
        assert page is not None
        assert not page[4] & 0x80
        parameters = drive.run(ModeSense10(WriteParameters.CODE)).page(WriteParameters.CODE)
        assert parameters is not None
        assert not WriteParameters.from_page(parameters).underrun_protection
        with pytest.raises(errors.InvalidParameter):
            select(drive, WriteParameters(underrun_protection=True))
        select(drive, WriteParameters(underrun_protection=False))
        drive.run(Write10(0, SECTOR * 400))
        clock.sleep(60)
        with pytest.raises(errors.LossOfStreaming):
            drive.run(Write10(400, SECTOR))

    def test_a_write_into_the_full_buffer_is_held_until_there_is_room(self, clock: ManualClock) -> None:
        drive = of("old-scsi", clock=clock, speed=4)
        select(drive, WriteParameters(underrun_protection=False))
        for lba in range(0, 2700, 27):
            drive.run(Write10(lba, SECTOR * 27))
        in_buffer = 1_048_576 / SECTOR_BYTES
        assert clock.now() == pytest.approx((150 + 2700 - in_buffer) / 300, abs=0.1)


class TestBdCombo:
    """Pioneer BDR-205 and LITE-ON LTR-48125S: -150 on a blank; Yamaha: an ATIP of zeros."""

    def test_a_blank_says_150_before_in_any_write_type(self) -> None:
        drive = of("bd-combo")
        for kind in (1, 2):
            select(drive, WriteParameters(write_type=kind))
            track = drive.run(ReadTrackInformation())
            assert (track.next_writable_lba, track.start_lba) == (-150, 0)

    def test_and_takes_the_first_track_at_0_all_the_same(self) -> None:
        drive = of("bd-combo")
        drive.run(Write10(0, SECTOR * 300))
        drive.run(SynchronizeCache())
        assert next_lba(drive) == 452

    def test_the_atip_has_no_times(self) -> None:
        reply = of("bd-combo").send(ReadAtip().to_cdb(), data_in_length=28)
        assert reply.data[8:11] == reply.data[12:15] == bytes(3)
        info = of("bd-combo").run(ReadDiscInformation())
        assert str(info.last_lead_out) == "79:59:74"

    def test_an_isrc_without_the_control_of_its_track_is_refused(self) -> None:
        drive = of("bd-combo")
        choose_session_at_once(drive)
        positions = entry(0x21, 1, 0, 0, -150) + entry(0x21, 1, 1, 0, 0) + lead_out(300, 2)
        with pytest.raises(errors.InvalidParameter) as caught:
            drive.run(SendCueSheet(lead_in() + isrc(1, "DEABC2500001") + positions))
        assert caught.value.sense.field_offset == 8
        drive.run(SendCueSheet(lead_in() + isrc(1, "DEABC2500001", 2) + positions))


class TestSlowCloser:
    """Pioneer DVR-108 and DVR-111."""

    def closing(self, clock: ManualClock, model: str = "slow-closer") -> Drive:
        drive = of(model, clock=clock, speed=8)
        select(drive, WriteParameters())
        write_track(drive, 300)
        drive.run(CloseTrackSession(CloseFunction.SESSION, immediate=True))
        return drive

    def test_closing_takes_minutes_and_only_the_disc_information_tells(self, clock: ManualClock) -> None:
        drive = self.closing(clock)
        for _ in range(5):
            drive.run(TestUnitReady())
            for command in (ReadDiscInformation(), ReadTrackInformation(1)):
                with pytest.raises(errors.OperationInProgress):
                    drive.run(command)  # type: ignore[arg-type]
            clock.sleep(55)
        clock.sleep(30)
        assert drive.run(ReadToc()).lead_out_lba == 302

    def test_others_say_it_to_test_unit_ready_too(self, clock: ManualClock) -> None:
        with pytest.raises(errors.OperationInProgress):
            self.closing(clock, "redbook").run(TestUnitReady())

    def test_of_blanking_it_does_tell(self, clock: ManualClock) -> None:
        drive = of("slow-closer", "cd-rw", clock, 4)
        drive.run(Blank(BlankType.MINIMAL, immediate=True))
        with pytest.raises(errors.OperationInProgress):
            drive.run(TestUnitReady())

    def test_its_defaults_of_page_05h_write_no_cd(self) -> None:
        """LS_V 1, link size 16, write type 0; BUFE 1."""
        drive = of("slow-closer")
        for control in (PageControl.CURRENT, PageControl.DEFAULT):
            page = drive.run(ModeSense10(0x05, control)).page(0x05)
            assert page is not None
            assert (page[2], page[5]) == (0x60, 16)
        with pytest.raises(errors.IllegalModeForTrack):
            drive.run(Write10(0, SECTOR))
        with pytest.raises(errors.InvalidParameter):  # read, changed and sent back without a look at LS_V
            select(drive, WriteParameters(link_size_valid=True, link_size=16))
        select(drive, WriteParameters())
        drive.run(Write10(0, SECTOR))


OWN = """
source = "seen on the bench, April 2025"
vendor = "ACME"
product = "MY DRIVE"
revision = "9.99"
buffer_bytes = 500000
cd_r_speeds = [16, 8]
write_types = ["track-at-once"]
"""


class TestOwnFiles:
    def test_the_path_of_a_file_is_as_good_as_a_name(self, tmp_path: Path) -> None:
        (tmp_path / "my drive.toml").write_text(OWN)
        drive = of(str(tmp_path / "my drive.toml"))
        assert drive.send(bytes.fromhex("12 00 00 00 24 00"), data_in_length=36).data[8:36] == (
            b"ACME    MY DRIVE        9.99"
        )
        assert drive.run(ReadBufferCapacity()).size_bytes == 500_000
        with pytest.raises(errors.InvalidParameter):
            choose_session_at_once(drive)
        assert 0x2E not in [feature.code for feature in drive.run(GetConfiguration()).features]

    def test_one_that_refuses_immed_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "own.toml").write_text(OWN + 'immed = "refused"\n')
        drive = of(str(tmp_path / "own.toml"), "cd-rw")
        write_track(drive, 300)
        commands = (
            SynchronizeCache(immediate=True),
            CloseTrackSession(CloseFunction.SESSION, immediate=True),
            Blank(BlankType.MINIMAL, immediate=True),
        )
        for command in commands:
            with pytest.raises(errors.InvalidField):
                drive.run(command)  # type: ignore[arg-type]

    def test_what_is_not_there_is_said_with_what_is(self) -> None:
        for name in ("nothing", "./nothing.toml", "/"):
            with pytest.raises(ValueError, match="usb-combo"):
                Model.load(name)

    @pytest.mark.parametrize(
        ("line", "named"),
        [
            ("colour = 1", "colour"),
            ('name = "x"', "name"),
            ('vendor = "NINECHARS"', "vendor"),
            ('product = "Ä"', "product"),
            ("revision = 1.0", "revision"),
            ('source = ""', "source"),
            ("source = 5", "source"),
            ("buffer_bytes = 0", "buffer"),
            ("buffer_bytes = -1", "buffer_bytes"),
            ("buffer_bytes = 1.5", "buffer_bytes"),
            ("buffer_bytes = true", "buffer_bytes"),
            ("waits_when_full = 1", "waits_when_full"),
            ("spc_version = 256", "spc_version"),
            ("largest_cue_sheet_bytes = 16777216", "largest_cue_sheet_bytes"),
            ("close_at_1x_seconds = -1", "close_at_1x_seconds"),
            ('close_at_1x_seconds = "long"', "close_at_1x_seconds"),
            ("standards = [65536]", "standards"),
            ("standards = [0x0460]", "spc_version"),  # SPC-4 is version 6
            ("spc_version = 6", "spc_version"),  # and SPC-3, which is told by default, version 5
            ("standards = [1, 2, 3, 4, 5, 6, 7, 8, 9]", "standards"),
            ('lead_in_time = "never"', "never"),
            ('write_types = ["tao"]', "tao"),
            ("write_types = []", "write_types"),
            ('write_types = "raw"', "write_types"),
            ('unknown_commands = ["FLY"]', "FLY"),
            ("cd_r_speeds = []", "cd_r_speeds"),
            ("cd_r_speeds = [4, 8]", "cd_r_speeds"),
            ('cd_r_speeds = ["8"]', "cd_r_speeds"),
            ("cd_r_speeds = 8", "cd_r_speeds"),
            ("cd_r_speeds = [0]", "cd_r_speeds"),
            ("cd_rw_speeds = {}", "cd_rw_speeds"),
            ("cd_rw_speeds = { 9 = [4] }", "cd_rw_speeds"),
            ("cd_rw_speeds = { 0 = [] }", "cd_rw_speeds"),
            ("cd_rw_speeds = [4]", "cd_rw_speeds"),
            ("cav_speeds = [true]", "cav_speeds"),
            ("curves = 1", "curves"),
            ("curves.fast = { cav = 4 }", "curves"),
            ("curves.x1 = { cav = 4 }", "curves"),
            ('curves."²" = { cav = 4 }', "curves"),
            ("curves.0 = { cav = 4 }", "curves.0"),
            ("curves.372 = { cav = 4 }", "curves.372"),
            ("curves.1000 = { cav = 4 }", "curves.1000"),
            ("curves.16 = { cav = -4 }", "16x"),
            ("curves.16 = { cav = 4, more = 1 }", "16x"),
            ("curves.16 = { zones = [[5, 16]] }", "16x"),
            ("curves.16 = { zones = [[0, 16], [0, 20]] }", "16x"),
            ("curves.16 = { zones = [[0]] }", "16x"),
            ("curves.16 = { zones = 3 }", "16x"),
            ("curves.16 = {}", "16x"),
            ("page_05h = { nothing = 1 }", "nothing"),
            ("page_05h = { link_size = true }", "link_size"),
            ("page_05h = { link_size = 256 }", "page_05h"),
            ("page_05h = { write_type = 3 }", "write_type"),
            ("page_05h = 5", "page_05h"),
            ("= 5", "own"),
        ],
    )
    def test_nonsense_is_said_by_name(self, line: str, named: str, tmp_path: Path) -> None:
        key = line.partition(" ")[0]
        rest = "\n".join(old for old in OWN.splitlines() if not old.startswith(f"{key} ="))
        file = tmp_path / "own.toml"
        file.write_text(f"{rest}\n{line}\n", encoding="utf-8")
        with pytest.raises(ValueError, match=r"own\.toml makes no sense: ") as caught:
            Model.load(str(file))
        assert named in str(caught.value)

    @pytest.mark.parametrize("key", ["source", "vendor", "product", "revision"])
    def test_what_must_be_said_and_is_not_is_named(self, key: str, tmp_path: Path) -> None:
        file = tmp_path / "own.toml"
        file.write_text("\n".join(line for line in OWN.splitlines() if not line.startswith(key)))
        with pytest.raises(ValueError, match=f"{key} missing"):
            Model.load(str(file))

    def test_a_file_that_is_no_text_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "own.toml").write_bytes(b"\xff\xfe")
        with pytest.raises(ValueError, match="makes no sense"):
            Model.load(str(tmp_path / "own.toml"))


def test_the_default_takes_both_layouts_of_a_cue_sheet() -> None:
    for sheet, first in ((one_track(), -150), (TestUsbCombo.TRUE_START + one_track()[8:], -11077)):
        drive = of("redbook")
        announce(drive, sheet)
        assert drive.run(ReadTrackInformation()).next_writable_lba == -150
        if first == -150:
            write_sectors(drive, first, 300)
