"""Mode pages: what each says, what can be changed, and lists as programs send them.

Source: SPC-4 6.11 to 6.14 and 7.5, MMC-3 5.5, MMC-5 7; the lists as wodim 1.1.11, cdrskin 1.5.4 and
cdrdao 1.2.4 were seen to send them.
"""

from __future__ import annotations

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.mmc.control import SetCdSpeed
from redbook.mmc.mode_pages import ModeSelect6, ModeSelect10, ModeSense6, ModeSense10, WriteParameters
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import next_lba, ready

CODES = [0x01, 0x05, 0x08, 0x0A, 0x0D, 0x0E, 0x1A, 0x1C, 0x1D, 0x2A]
LENGTHS = {0x01: 10, 0x05: 50, 0x08: 10, 0x0A: 10, 0x0D: 6, 0x0E: 14, 0x1A: 10, 0x1C: 10, 0x1D: 8}
"""Byte 1 of each page, by its standard."""

CURRENT, CHANGEABLE, DEFAULT, SAVED = 0, 1, 2, 3


def sense6(drive: Drive, page: int, control: int = 0, length: int = 255) -> bytes:
    """Header and pages of MODE SENSE (6)."""
    return drive.send(bytes((0x1A, 8, control << 6 | page, 0, length, 0)), data_in_length=length).data


def sense10(drive: Drive, page: int, control: int = 0, length: int = 1000) -> bytes:
    cdb = bytes((0x5A, 8, control << 6 | page, 0, 0, 0, 0)) + length.to_bytes(2, "big") + b"\0"
    return drive.send(cdb, data_in_length=length).data


def page_of(drive: Drive, code: int, control: int = 0) -> bytes:
    return sense10(drive, code, control)[8:]


def refusal(drive: Drive, cdb: bytes, data: bytes = b"") -> str:
    sense = drive.send(cdb, data, 0 if data else 255).sense
    return f"{sense[2] & 15:X}/{sense[12]:02X}/{sense[13]:02X}" if sense else "GOOD"


def select(drive: Drive, text: str, *, six: bool = False) -> str:
    """A MODE SELECT list as bytes, header and all; what came of it."""
    data = bytes.fromhex(text)
    head = bytes((0x15, 0x10, 0, 0, len(data), 0))
    ten = bytes.fromhex("55 10 00 00 00 00 00") + len(data).to_bytes(2, "big") + b"\0"
    return refusal(drive, head if six else ten, data)


def write_page(start: str) -> str:
    """A list with page 05h that begins so; the rest are zeros and the pause of 150."""
    page = bytearray(bytes.fromhex("05 32" + start).ljust(52, b"\0"))
    page[14:16] = b"\0\x96"
    return "00" * 8 + page.hex()


class TestSensing:
    @pytest.mark.parametrize("code", CODES)
    def test_each_page_comes_in_both_lengths_and_is_the_same(self, code: int, drive: Drive) -> None:
        long, short = sense10(drive, code), sense6(drive, code)
        assert long[8:] == short[4:]
        assert int.from_bytes(long[:2], "big") == len(long) - 2
        assert short[0] == len(short) - 1
        assert not any(long[2:8])  # no block descriptor
        assert not any(short[1:4])
        assert long[8] == code  # PS 0: nothing can be saved
        assert long[9] == len(long) - 10 == LENGTHS.get(code, long[9])

    @pytest.mark.parametrize("control", [CURRENT, CHANGEABLE, DEFAULT])
    def test_all_pages_come_in_ascending_order(self, control: int, drive: Drive) -> None:
        data, found = sense10(drive, 0x3F, control)[8:], []
        while data:
            found.append(data[0])
            assert data[: data[1] + 2] == page_of(drive, data[0], control)
            data = data[data[1] + 2 :]
        assert found == CODES

    @pytest.mark.parametrize("page", [*CODES, 0x3F])
    def test_nothing_is_saved(self, page: int, drive: Drive) -> None:
        assert refusal(drive, bytes((0x5A, 8, 0xC0 | page, 0, 0, 0, 0, 0, 255, 0))) == "5/39/00"
        assert refusal(drive, bytes((0x1A, 8, 0xC0 | page, 0, 255, 0))) == "5/39/00"

    @pytest.mark.parametrize("page", [0x00, 0x02, 0x18, 0x30, 0x3E])
    def test_other_pages_are_refused(self, page: int, drive: Drive) -> None:
        assert refusal(drive, bytes((0x5A, 8, page, 0, 0, 0, 0, 0, 255, 0))) == "5/24/00"
        assert refusal(drive, bytes((0x1A, 8, page, 0, 255, 0))) == "5/24/00"

    def test_an_allocation_length_cuts_the_data_and_not_the_length_in_them(self, drive: Drive) -> None:
        whole = sense10(drive, 0x2A)
        for length in (2, 8, 20):
            assert sense10(drive, 0x2A, length=length) == whole[:length]
        assert drive.send(bytes((0x1A, 8, 0x2A, 0, 0, 0)), data_in_length=0).status == 0
        assert sense6(drive, 0x2A, length=1) == sense6(drive, 0x2A)[:1]

    def test_page_2a_fits_into_what_linux_has_for_it(self, drive: Drive) -> None:
        assert len(sense6(drive, 0x2A)) <= 128
        plain = {"source": "this test", "vendor": "X", "product": "Y", "revision": "1"}
        model = Model.from_table("fast", plain | {"cd_r_speeds": list(range(40, 0, -1))})
        many = sense6(ready(VirtualRecorder(Medium.new(), model=model)), 0x2A)
        assert (len(many), many[4 + 31]) == (128, 23)

    def test_the_bits_that_linux_looks_at_in_page_2a(self, drive: Drive) -> None:
        """'writer cd/rw xa/form2 cdda tray' (drivers/scsi/sr.c): no changer, no DVD."""
        page = page_of(drive, 0x2A)
        assert page[2] & 0x02  # reads CD-RW
        assert page[3] & 0x33 == 0x03  # writes CD-R and CD-RW, not DVD
        assert page[4] & 0x20  # mode 2 form 2
        assert page[5] & 0x01  # READ CD of audio
        assert page[6] >> 5 == 1  # tray
        assert page[6] & 0x08  # ejects

    def test_how_many_seconds_and_frames_there_are(self, drive: Drive) -> None:
        """CD device parameters: 60 seconds in a minute, 75 frames in a second (MMC-3 5.5.4)."""
        assert page_of(drive, 0x0D)[4:8].hex(" ") == "00 3c 00 4b"

    def test_audio_control_is_left_and_right_at_full_volume(self, drive: Drive) -> None:
        assert page_of(drive, 0x0E)[8:12].hex(" ") == "01 ff 02 ff"

    def test_control_has_fixed_sense_that_cannot_be_changed(self, drive: Drive) -> None:
        assert not page_of(drive, 0x0A)[2] & 4
        assert not any(page_of(drive, 0x0A, CHANGEABLE)[2:])

    def test_all_of_page_05_can_be_changed_and_nothing_of_2a(self, drive: Drive) -> None:
        assert page_of(drive, 0x05, CHANGEABLE) == b"\x05\x32" + b"\xff" * 50
        now = page_of(drive, 0x2A)
        assert page_of(drive, 0x2A, CHANGEABLE) == now[:2] + bytes(len(now) - 2)

    def test_the_default_of_page_05_writes_a_track_of_audio(self, drive: Drive) -> None:
        """TAO, BUFE, no test, no further session, audio of 2352 bytes, pause of 150."""
        expected = bytes.fromhex("05 32 41") + bytes(11) + b"\0\x96"
        assert page_of(drive, 0x05, DEFAULT)[:16] == page_of(drive, 0x05)[:16] == expected


class TestSelecting:
    def test_a_list_may_hold_several_pages(self, drive: Drive) -> None:
        recovery, timeout = "01 0a 00 03 00 00 00 00 05 00 00 00", "1d 08 00 00 00 00 00 0a 00 1e"
        write = write_page("42 00 00")[16:]
        assert select(drive, "00" * 8 + recovery + write + timeout) == "GOOD"
        assert page_of(drive, 0x01)[3] == 3
        assert page_of(drive, 0x05)[2] == 0x42
        assert page_of(drive, 0x1D)[6:10].hex(" ") == "00 0a 00 1e"

    @pytest.mark.parametrize("code", [0x01, 0x08, 0x0D, 0x0E, 0x1A, 0x1D])
    def test_what_can_be_changed_is_and_the_rest_is_left(self, code: int, drive: Drive) -> None:
        old, mask = page_of(drive, code), page_of(drive, code, CHANGEABLE)
        assert any(mask[2:])
        wanted = bytes(o ^ 0xFF for o in old[2:])
        assert select(drive, "00" * 8 + (old[:2] + wanted).hex()) == "GOOD"
        expected = bytes((w & m) | (o & ~m & 0xFF) for w, o, m in zip(wanted, old[2:], mask[2:], strict=True))
        assert page_of(drive, code)[2:] == expected
        assert page_of(drive, code, DEFAULT) == old

    def test_the_short_command_does_the_same(self, drive: Drive) -> None:
        assert select(drive, "00" * 4 + write_page("42 00 00")[16:], six=True) == "GOOD"
        assert page_of(drive, 0x05)[2] == 0x42
        drive.run(ModeSelect6(WriteParameters().to_page()))
        assert page_of(drive, 0x05)[2] == 0x41

    def test_a_block_descriptor_without_a_page_is_taken(self, drive: Drive) -> None:
        """wodim's last command: 2048 bytes a block."""
        assert select(drive, "00 00 00 00 00 00 00 08 00 00 00 00 00 00 08 00") == "GOOD"
        assert select(drive, "00 00 00 08 00 00 00 00 00 00 08 00", six=True) == "GOOD"

    def test_a_block_descriptor_before_a_page_is_passed_over(self, drive: Drive) -> None:
        descriptor = "00 00 00 00 00 00 09 30"
        assert select(drive, "00 00 00 00 00 00 00 08" + descriptor + write_page("42 00 00")[16:]) == "GOOD"
        assert page_of(drive, 0x05)[2] == 0x42

    def test_an_empty_list_is_no_error(self, drive: Drive) -> None:
        assert refusal(drive, bytes.fromhex("55 10 00 00 00 00 00 00 00 00")) == "GOOD"
        assert refusal(drive, bytes.fromhex("15 10 00 00 00 00")) == "GOOD"
        assert select(drive, "00" * 8) == "GOOD"

    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("00" * 8 + "30 02 00 00", "5/26/00"),  # a page that it does not have
            ("00" * 8 + "2a 02 00 00", "5/26/00"),
            ("00" * 8 + "0d 04 00 0d 00 3c", "5/26/00"),  # another length than its own
            ("00" * 8 + "05 30 41" + "00" * 47, "5/26/00"),
            ("00" * 8 + "0d 00", "5/26/00"),
            ("00" * 8 + "05 32 41 00", "5/1A/00"),  # it breaks off
            ("00" * 8 + "05", "5/1A/00"),
            ("00" * 8 + "05 32 41" + "00" * 48, "5/1A/00"),  # a byte too early
            ("00" * 8 + "0d 06 00 0d 00 3c", "5/1A/00"),
        ],
    )
    def test_a_list_that_makes_no_sense_changes_nothing(self, text: str, answer: str, drive: Drive) -> None:
        before = sense10(drive, 0x3F)
        assert select(drive, text) == answer
        good = "01 0a 00 03 00 00 00 00 05 00 00 00"
        assert select(drive, "00" * 8 + good + text[16:]) == answer  # the good page before it neither
        assert sense10(drive, 0x3F) == before

    def test_saving_is_refused(self, drive: Drive) -> None:
        assert refusal(drive, bytes.fromhex("55 11 00 00 00 00 00 00 00 00")) == "5/24/00"


class TestWriteParameters:
    def test_what_was_selected_is_current_and_the_default_stays(self, drive: Drive) -> None:
        default = page_of(drive, 0x05, DEFAULT)
        assert select(drive, write_page("42 c3 00")) == "GOOD"
        assert page_of(drive, 0x05)[2:4].hex(" ") == "42 c3"
        assert page_of(drive, 0x05, DEFAULT) == default
        assert default[2:4].hex(" ") == "41 00"

    @pytest.mark.parametrize(
        ("start", "by"),
        [
            ("41 04 08", "wodim: may it write TAO"),
            ("42 04 08", "wodim: may it write SAO"),
            ("41 00 00", "wodim: a track"),
            ("42 00 00", "wodim: a session"),
            ("51 00 00", "wodim -dummy"),
            ("01 00 00", "cdrskin: TAO"),
            ("02 00 00", "cdrskin: SAO"),
            ("42 04 00", "cdrdao: SAO"),
            ("42 04 03", "cdrdao: SAO with CD-Text"),
            ("42 44 00", "cdrdao: the last session of several"),
            ("41 c0 00", "another session may follow"),
            ("43 04 01", "wodim and cdrdao: raw with P and Q"),
            ("43 04 03", "wodim and cdrdao: raw with P to W"),
            ("42 04 02", "wodim: SAO with packed R-W"),
            ("42 04 03", "wodim: SAO with raw R-W"),
        ],
    )
    def test_what_programs_select_is_taken_and_shown(self, start: str, by: str, drive: Drive) -> None:
        assert select(drive, write_page(start)) == "GOOD", by
        assert page_of(drive, 0x05)[2:5].hex(" ") == start

    @pytest.mark.parametrize("code", [b"4006381333\xe931", b"400638133\x07931", b"\xff" * 13], ids=repr)
    def test_a_code_that_is_no_text_is_none(self, code: bytes, drive: Drive) -> None:
        """MCN and ISRC are ASCII characters behind a byte that says whether they count (MMC-5 7.5.4)."""
        page = bytearray(bytes.fromhex(write_page("41 00 00")))
        page[8 + 16 : 8 + 30] = b"\x80" + code
        page[8 + 32 : 8 + 45] = b"\x80" + code[:12]
        assert select(drive, page.hex()) == "GOOD"
        assert page_of(drive, 0x05)[16:48] == bytes(32)

    def test_the_next_writable_address_follows_at_once(self, drive: Drive) -> None:
        for start, expected in (("02 00 00", -150), ("01 00 00", 0), ("02 00 00", -150)):
            select(drive, write_page(start))
            assert next_lba(drive) == expected

    def test_data_is_refused_when_it_is_written(self, drive: Drive) -> None:
        select(drive, write_page("41 04 08"))
        with pytest.raises(errors.IllegalModeForTrack):
            drive.run(Write10(0, bytes(SECTOR_BYTES)))

    def test_they_outlive_a_change_of_medium_and_not_a_loss_of_power(
        self, recorder: VirtualRecorder, drive: Drive
    ) -> None:
        select(drive, write_page("42 c3 00"))
        recorder.insert(Medium.new("cd-rw"))
        drive = ready(recorder)
        assert page_of(drive, 0x05)[2:4].hex(" ") == "42 c3"
        recorder.cut_power()
        drive = ready(recorder)
        assert page_of(drive, 0x05)[2:4].hex(" ") == "41 00"


class TestSpeeds:
    def test_the_list_is_that_of_the_disc_and_the_choice_is_shown(self, drive: Drive) -> None:
        drive.run(SetCdSpeed(write_kb=16 * 177))
        page = page_of(drive, 0x2A)
        speeds = [int.from_bytes(page[34 + 4 * n : 36 + 4 * n], "big") for n in range(page[31])]
        assert speeds == [9172, 8467, 7056, 5644, 4233, 2822, 1411, 705]  # 176.4 each, rounded down
        assert page[20:22] == page[28:30] == (2822).to_bytes(2, "big")

    @pytest.mark.parametrize(
        ("asked", "got"),
        [(1416, 1411), (1412, 1411), (1411, 1411), (1410, 705), (0xFFFF, 9172), (0, 705), (1, 705)],
    )
    def test_the_largest_that_is_not_above_what_was_asked_for(
        self, asked: int, got: int, drive: Drive
    ) -> None:
        drive.run(SetCdSpeed(write_kb=asked))
        assert int.from_bytes(page_of(drive, 0x2A)[28:30], "big") == got

    @pytest.mark.parametrize(("minutes", "fastest", "slowest"), [(74, 4, 2), (80, 10, 4), (90, 10, 4)])
    def test_for_a_cd_rw_they_lie_within_what_its_atip_says(
        self, minutes: int, fastest: int, slowest: int
    ) -> None:
        """From 2x to 4x of sub-type 0, from 4x to 10x of sub-type 1, the high speed discs."""
        drive = ready(VirtualRecorder(Medium.new("cd-rw", minutes)))
        page = page_of(drive, 0x2A)
        speeds = [int.from_bytes(page[34 + 4 * n : 36 + 4 * n], "big") for n in range(page[31])]
        assert speeds == sorted(set(speeds), reverse=True)
        assert (speeds[0], speeds[-1]) == (int(fastest * 176.4), int(slowest * 176.4))
        assert int.from_bytes(page[18:20], "big") == speeds[0]

    def test_a_disc_that_allows_less_lowers_it(self, recorder: VirtualRecorder, drive: Drive) -> None:
        drive.run(SetCdSpeed(write_kb=0xFFFF))
        recorder.insert(Medium.new("cd-rw", 74))  # 1x to 4x
        page = page_of(ready(recorder), 0x2A)
        assert int.from_bytes(page[28:30], "big") == 705


class TestStreaming:
    """SET STREAMING: so many kB in so many milliseconds, as programs ask for speeds of DVDs (MMC-5 6.39)."""

    def stream(self, drive: Drive, kilobytes: int, milliseconds: int, length: int = 28) -> str:
        words = (0, 0, 359_848, 1000, 1000, kilobytes, milliseconds)
        data = b"".join(word.to_bytes(4, "big") for word in words)[:length].ljust(length, b"\0")
        cdb = bytes.fromhex("b6 00 00 00 00 00 00 00 00") + length.to_bytes(2, "big") + b"\0"
        return refusal(drive, cdb, data)

    @pytest.mark.parametrize(
        ("kilobytes", "milliseconds", "got"),
        [(1412, 1000, 1411), (2822, 2000, 1411), (1410, 1000, 705), (100_000, 1000, 9172), (1, 1000, 705)],
    )
    def test_the_largest_speed_that_is_not_above_is_taken(
        self, kilobytes: int, milliseconds: int, got: int
    ) -> None:
        drive = ready(VirtualRecorder(Medium.new(), cav_speeds=(8, 4)))
        drive.run(SetCdSpeed(write_kb=0xFFFF, pure_cav=True))
        assert self.stream(drive, kilobytes, milliseconds) == "GOOD"
        page = page_of(drive, 0x2A)
        assert int.from_bytes(page[28:30], "big") == got
        assert not page[27] & 3  # CLV

    def test_it_writes_so_fast_then(self, clock: ManualClock) -> None:
        drive = ready(VirtualRecorder(Medium.new(), speed=52, clock=clock))
        assert self.stream(drive, 706, 1000) == "GOOD"
        drive.run(Write10(0, bytes(600 * SECTOR_BYTES)))
        drive.run(SynchronizeCache())
        assert clock.now() == pytest.approx((150 + 600) / (4 * 75) + 1, abs=0.1)  # 1 s for the run-out

    def test_a_speed_over_no_time_makes_no_sense(self, drive: Drive) -> None:
        before = page_of(drive, 0x2A)
        assert self.stream(drive, 1411, 0) == "5/26/00"
        assert self.stream(drive, 1411, 1000, length=24) == "5/26/00"
        assert page_of(drive, 0x2A) == before


def test_the_commands_of_both_lengths_read_each_others_pages(drive: Drive) -> None:
    drive.run(ModeSelect10(WriteParameters(audio_pause=0).to_page()))
    for command in (ModeSense6(0x05), ModeSense10(0x05)):
        page = drive.run(command).page(0x05)
        assert page is not None
        assert page[14:16] == b"\0\0"
