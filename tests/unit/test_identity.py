"""Who the recorder is and what it can do: INQUIRY, vital product data, features, performance.

Source: SPC-4 6.4, 7.8, table 145 (version descriptors), MMC-5 5.3, 6.6, 6.8; what Linux, wodim, libburn
and iscsi-test-cu ask.
"""

from __future__ import annotations

import pytest

from redbook.drive import Drive
from redbook.errors import DeviceReset
from redbook.mmc.control import SetCdSpeed, StartStopUnit, TestUnitReady
from redbook.mmc.identify import Configuration, FeatureCode, GetConfiguration
from redbook.mmc.mode_pages import MultiSession
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model, model_names
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, ready, write_track
from tests.support.drives import model as model_with


def ask(drive: Drive, text: str, length: int = 1000) -> bytes:
    return drive.send(bytes.fromhex(text), data_in_length=length).data


def refusal(drive: Drive, text: str) -> str:
    sense = drive.send(bytes.fromhex(text), data_in_length=1000).sense
    return f"{sense[2] & 15:X}/{sense[12]:02X}/{sense[13]:02X}" if sense else "GOOD"


class TestInquiry:
    def test_ninety_six_bytes_of_a_removable_cd_drive(self, drive: Drive) -> None:
        data = ask(drive, "12 00 00 00 ff 00")
        assert len(data) == 96
        assert data[0] == 0x05
        assert data[1] == 0x80
        assert data[3] == 0x02
        assert data[4] == 0x5B
        assert data[7] & 0x02 == 0  # no tagged queuing
        assert data[8:36] == b"REDBOOK VIRTUAL CD-RW   0.1 "

    def test_it_names_the_standards_it_follows(self, drive: Drive) -> None:
        data = ask(drive, "12 00 00 00 60 00")
        found = {int.from_bytes(data[n : n + 2], "big") for n in range(58, 74, 2)} - {0}
        assert found == {0x0300, 0x0420}  # SPC-3, MMC-5
        assert data[2] == 5  # of SPC-3, too

    @pytest.mark.parametrize("length", [0, 1, 5, 36, 95])
    def test_the_allocation_length_cuts_it_and_not_the_length_in_it(self, length: int, drive: Drive) -> None:
        whole = ask(drive, "12 00 00 00 ff 00")
        assert ask(drive, f"12 00 00 00 {length:02x} 00") == whole[:length]

    def test_without_standards_it_is_the_shortest(self) -> None:
        data = ask(ready(VirtualRecorder(Medium.new(), model="usb-combo")), "12 00 00 00 ff 00")
        assert (len(data), data[4], data[2]) == (36, 31, 0)

    def test_a_page_without_the_bit_for_it_is_refused(self, drive: Drive) -> None:
        """iscsi-test-cu fails a device that answers it."""
        assert refusal(drive, "12 00 83 00 ff 00") == "5/24/00"


class TestVitalProductData:
    def test_only_pages_that_answer_are_listed(self, drive: Drive) -> None:
        data = ask(drive, "12 01 00 00 ff 00")
        assert data.hex(" ") == "05 00 00 03 00 80 83"
        for page in data[4:]:
            answer = ask(drive, f"12 01 {page:02x} 00 ff 00")
            assert answer[:2] == bytes((5, page))
            assert int.from_bytes(answer[2:4], "big") == len(answer) - 4

    def test_the_serial_number(self) -> None:
        drive = ready(VirtualRecorder(Medium.new(), serial="ABC123"))
        assert ask(drive, "12 01 80 00 ff 00")[4:] == b"ABC123"

    def test_the_identification_is_vendor_product_and_serial(self) -> None:
        drive = ready(VirtualRecorder(Medium.new(), serial="ABC123"))
        data = ask(drive, "12 01 83 00 ff 00")[4:]
        assert data[:3].hex(" ") == "02 01 00"  # ASCII; T10 vendor identification of the logical unit
        assert data[3] == len(data) - 4
        assert data[4:] == b"REDBOOK VIRTUAL CD-RW   ABC123"

    @pytest.mark.parametrize("page", ["01", "81", "89", "b0", "ff"])
    def test_other_pages_are_refused(self, page: str, drive: Drive) -> None:
        assert refusal(drive, f"12 01 {page} 00 ff 00") == "5/24/00"


def features(drive: Drive) -> Configuration:
    return Configuration.from_bytes(ask(drive, "46 00 00 00 00 00 00 04 00 00"))


def current(drive: Drive) -> set[int]:
    return {feature.code for feature in features(drive).features if feature.current}


ALWAYS = {0x0000, 0x0001, 0x0002, 0x0003, 0x0100, 0x0105, 0x0107, 0x0108}
WITH_A_CD = {0x001D, 0x001E}
WRITABLE = {0x002D, 0x002E}
READABLE = {0x0010, 0x0103}


class TestFeatures:
    def test_what_is_current_follows_the_disc(self, drive: Drive) -> None:
        assert current(drive) == ALWAYS | WITH_A_CD | WRITABLE
        write_track(drive, 300)
        assert current(drive) == ALWAYS | WITH_A_CD | WRITABLE
        close_session(drive, MultiSession.NEXT_ALLOWED)
        assert current(drive) == ALWAYS | WITH_A_CD | WRITABLE | READABLE
        write_track(drive, 300)
        close_session(drive)
        assert current(drive) == ALWAYS | WITH_A_CD | READABLE
        assert features(drive).current_profile == 0x0009
        drive.run(StartStopUnit(False, load_eject=True))
        assert current(drive) == ALWAYS
        assert features(drive).current_profile == 0

    def test_a_cd_rw_has_one_of_its_own(self) -> None:
        drive = ready(VirtualRecorder(Medium.new("cd-rw")))
        assert current(drive) == ALWAYS | WITH_A_CD | WRITABLE | {0x0037}
        assert features(drive).current_profile == 0x000A

    def test_neither_mount_rainier_nor_random_writing_is_offered(self, drive: Drive) -> None:
        """Linux takes the first descriptor of the answer for it, whichever feature that is."""
        codes = [feature.code for feature in features(drive).features]
        assert codes == sorted(codes)
        assert not {0x0020, 0x0028} & set(codes)

    @pytest.mark.parametrize(
        ("code", "version", "data"),
        [
            (0x0000, 0, "00 0a 00 00 00 09 01 00 00 08 00 00"),
            (0x0001, 2, "00 00 00 01 01 00 00 00"),
            (0x0002, 1, "02 00 00 00"),
            (0x0003, 0, "29 00 00 00"),
            (0x0010, 0, "00 00 08 00 00 01 00 00"),
            (0x001D, 0, ""),
            (0x001E, 2, "03 00 00 00"),
            (0x002D, 2, "46 00 00 01"),  # BUF, test write, CD-RW; block type 0
            (0x002E, 2, "6f 00 0c 00"),  # BUF, SAO, raw, test write, CD-RW, R-W; 3072 bytes
            (0x0037, 0, "00 07 00 00"),  # CD-RW of the sub-types 0, 1 and 2
            (0x0103, 0, "03 00 01 00"),  # each channel its own volume and mute; 256 levels
            (0x0105, 0, "00 00 00 00"),
            (0x0107, 4, "1a 00 00 00"),  # READ BUFFER CAPACITY, SET CD SPEED, GET PERFORMANCE of type 3
        ],
    )
    def test_each_says_what_it_should(self, code: int, version: int, data: str, drive: Drive) -> None:
        feature = features(drive).feature(code)
        assert feature is not None
        assert (feature.version, feature.data.hex(" ")) == (version, data)

    def test_streaming_promises_speeds_and_buffer(self, drive: Drive) -> None:
        """WSPD makes libburn use GET PERFORMANCE type 3; SCS is SET CD SPEED, RBCB the buffer's capacity."""
        feature = features(drive).feature(0x0107)
        assert feature is not None
        assert (feature.version, feature.data[0] & 0x1A) == (4, 0x1A)

    @pytest.mark.parametrize("serial", ["", "A", "ABCDE", "RB000001"])
    def test_every_length_is_a_multiple_of_four(self, serial: str) -> None:
        drive = ready(VirtualRecorder(Medium.new(), serial=serial))
        for feature in features(drive).features:
            assert len(feature.data) % 4 == 0
        found = features(drive).feature(0x0108)
        assert found is not None
        assert found.data.rstrip() == serial.encode()

    def test_all_from_one_on_only_current_ones_or_one_alone(self, drive: Drive) -> None:
        def codes(request: int, first: int) -> list[int]:
            data = ask(drive, f"46 {request:02x} {first:04x} 00 00 00 04 00 00")
            assert int.from_bytes(data[:4], "big") == len(data) - 4
            return [feature.code for feature in Configuration.from_bytes(data).features]

        every = codes(0, 0)
        assert codes(0, 0x0028) == [code for code in every if code >= 0x0028]
        assert set(codes(1, 0)) == current(drive)
        assert codes(1, 0x0100) == [code for code in every if code >= 0x0100 and code in current(drive)]
        assert codes(2, 0x002D) == [0x002D]
        assert codes(2, 0x0037) == [0x0037]  # also where it is not current
        assert codes(2, 0x0033) == []
        assert refusal(drive, "46 03 00 00 00 00 00 04 00 00") == "5/24/00"

    def test_the_length_is_that_of_all_also_where_less_was_asked_for(self, drive: Drive) -> None:
        whole = ask(drive, "46 00 00 00 00 00 00 04 00 00")
        assert ask(drive, "46 00 00 00 00 00 00 00 08 00") == whole[:8]

    @pytest.mark.parametrize("name", model_names())
    def test_each_model_lists_what_page_05_takes(self, name: str) -> None:
        model = Model.load(name)
        if "GET CONFIGURATION" in model.unknown_commands:
            return
        drive = ready(VirtualRecorder(Medium.new(), model=model))
        mastering = features(drive).feature(0x002E)
        for kind, bit, block_type in ((2, 0x20, 0), (3, 0x08, 3)):
            page = bytearray(bytes(8) + bytes((5, 50, kind, 0, block_type)) + bytes(47))
            page[8 + 14 : 8 + 16] = b"\0\x96"
            reply = drive.send(bytes.fromhex("55 10 00 00 00 00 00 00 3c 00"), page)
            assert (not reply.sense) == bool(mastering and mastering.data[0] & bit)


@pytest.mark.parametrize(
    ("types", "cd_text", "flags"),
    [
        (["track-at-once", "session-at-once"], True, 0x21),
        (["track-at-once", "session-at-once"], False, 0x20),
        (["track-at-once", "raw"], False, 0x09),
        (["track-at-once", "session-at-once", "raw"], True, 0x29),
    ],
)
def test_cd_mastering_says_what_can_be_sent(types: list[str], cd_text: bool, flags: int) -> None:
    """Bit 5 session-at-once, bit 3 raw, bit 0 sub-channel R to W (MMC-5 5.3.14)."""
    model = model_with(write_types=types, writes_cd_text=cd_text)
    mastering = features(ready(VirtualRecorder(Medium.new(), model=model))).feature(0x002E)
    assert mastering is not None
    assert mastering.data[0] & 0x29 == flags


class TestPerformance:
    def speeds_of_page_2a(self, drive: Drive) -> list[tuple[int, int]]:
        page = ask(drive, "5a 08 2a 00 00 00 00 01 00 00")[8:]
        entries = [page[32 + 4 * n : 36 + 4 * n] for n in range(page[31])]
        return [(entry[1] & 3, int.from_bytes(entry[2:4], "big")) for entry in entries]

    @pytest.mark.parametrize("kind", ["cd-r", "cd-rw"])
    @pytest.mark.parametrize("model", ["redbook", "usb-combo", "bd-combo", "slow-closer"])
    def test_the_list_of_speeds_is_that_of_page_2a(self, model: str, kind: str) -> None:
        drive = ready(VirtualRecorder(Medium.new(kind), model=model))
        data = ask(drive, "ac 00 00 00 00 00 00 00 00 20 03 00")
        assert int.from_bytes(data[:4], "big") == len(data) - 4
        entries = [data[n : n + 16] for n in range(8, len(data), 16)]
        found = [(entry[0] >> 3 & 3, int.from_bytes(entry[12:16], "big")) for entry in entries]
        assert found == self.speeds_of_page_2a(drive)
        assert 1 <= len(found) <= 23
        assert {int.from_bytes(entry[4:8], "big") for entry in entries} == {359_848}

    @pytest.mark.parametrize("most", [0, 1, 3])
    def test_the_length_counts_all_that_exist(self, most: int, drive: Drive) -> None:
        """libburn asks for none at first, and reckons from the length how many there are."""
        data = ask(drive, f"ac 00 00 00 00 00 00 00 00 {most:02x} 03 00")
        assert len(data) == 8 + 16 * most
        assert int.from_bytes(data[:4], "big") == 4 + 16 * len(self.speeds_of_page_2a(drive))

    def test_what_it_does_now_over_the_whole_disc(self, drive: Drive) -> None:
        drive.run(SetCdSpeed(write_kb=8 * 177))
        reading = ask(drive, "ac 10 00 00 00 00 00 00 00 05 00 00")
        writing = ask(drive, "ac 14 00 00 00 00 00 00 00 05 00 00")
        assert len(reading) == len(writing) == 24
        assert (reading[4] & 2, writing[4] & 2) == (0, 2)
        start, start_kb, end, end_kb = (int.from_bytes(writing[n : n + 4], "big") for n in range(8, 24, 4))
        assert (start, start_kb, end, end_kb) == (0, 1411, 359_848, 1411)

    def test_a_curve_is_slower_inside(self) -> None:
        drive = ready(VirtualRecorder(Medium.new(), model="usb-combo"))
        drive.run(SetCdSpeed(write_kb=24 * 177))
        data = ask(drive, "ac 14 00 00 00 00 00 00 00 05 00 00")
        inside, outside = (int.from_bytes(data[n : n + 4], "big") for n in (12, 20))
        assert inside == pytest.approx(24 * 176.4 * 25 / 58, abs=2)
        assert outside == pytest.approx(24 * 176.4, abs=2)

    def test_inside_is_the_very_first_sector_and_outside_the_very_last(self) -> None:
        zones = {"16": {"zones": [[0, 4], [1, 8], [359_848, 16]]}}
        drive = ready(VirtualRecorder(Medium.new(), model=model_with(cd_r_speeds=[16], curves=zones)))
        data = ask(drive, "ac 14 00 00 00 00 00 00 00 05 00 00")
        inside, outside = (int.from_bytes(data[n : n + 4], "big") for n in (12, 20))
        assert (inside, outside) == (705, 2822)  # 4x and 16x, of 176.4 each

    @pytest.mark.parametrize("cdb", ["ac 00", "ac 08", "ac 11", "ac 12"])
    def test_another_tolerance_and_exceptions_are_refused(self, cdb: str, drive: Drive) -> None:
        assert refusal(drive, f"{cdb} 00 00 00 00 00 00 00 05 00 00") == "5/24/00"

    @pytest.mark.parametrize("kind", ["01", "02", "04", "05", "ff"])
    def test_other_types_are_refused(self, kind: str, drive: Drive) -> None:
        assert refusal(drive, f"ac 10 00 00 00 00 00 00 00 05 {kind} 00") == "5/24/00"

    def test_without_a_disc_the_speeds_are_those_of_the_drive(self) -> None:
        drive = Drive(VirtualRecorder())
        with pytest.raises(DeviceReset):
            drive.run(TestUnitReady())
        data = ask(drive, "ac 00 00 00 00 00 00 00 00 20 03 00")
        assert len(data) == 8 + 16 * 8


@pytest.mark.parametrize("kind", ["cd-r", "cd-rw"])
def test_what_depends_on_the_disc_is_not_persistent(kind: str) -> None:
    """Persistent features are always current (MMC-5 5.2.2)."""
    features = ready(VirtualRecorder(Medium.new(kind))).run(GetConfiguration()).features
    persistent = {feature.code for feature in features if feature.persistent}
    depends = {
        FeatureCode.CD_READ,
        FeatureCode.CD_TRACK_AT_ONCE,
        FeatureCode.CD_MASTERING,
        FeatureCode.CD_RW_MEDIA_WRITE,
        FeatureCode.RANDOM_READABLE,
        FeatureCode.MULTI_READ,
    }
    assert depends <= {feature.code for feature in features}
    assert not persistent & depends
    empty = VirtualRecorder()
    drive = Drive(empty)
    with pytest.raises(DeviceReset):
        drive.run(TestUnitReady())
    assert {
        feature.code for feature in drive.run(GetConfiguration()).features if feature.current
    } == persistent


def test_whether_the_door_is_open_is_bit_4_of_the_mechanism_s_status(
    recorder: VirtualRecorder, drive: Drive
) -> None:
    """MECHANISM STATUS without a changer is eight bytes (MMC-5 6.11)."""
    status = "bd 00 00 00 00 00 00 00 00 08 00 00"
    assert ask(drive, status).hex(" ") == "00 00 00 00 00 00 00 00"
    recorder.press_eject()
    assert ask(drive, status).hex(" ") == "00 10 00 00 00 00 00 00"
