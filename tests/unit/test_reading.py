"""What comes of a disc: main channel, C2, sub-channel, and what is refused at its ends.

Source: MMC-5 6.15 to 6.21, MMC-6 table 355, IEC 60908 clause 17.
"""

from __future__ import annotations

import binascii
import itertools
from collections.abc import Iterator

import pytest

from redbook import errors
from redbook.disc import SECTOR_BYTES, Msf
from redbook.drive import Drive
from redbook.mmc.capacity import ReadCapacity
from redbook.mmc.mode_pages import MultiSession
from redbook.mmc.playback import ReadSubChannel, SubChannelFormat
from redbook.mmc.read import C2, Read10, Read12, ReadCd, ReadCdMsf, ReadHeader, Selection, SubChannel
from redbook.virtual.faults import BadSpot
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import entry, isrc, lead_in, lead_out, mcn, sector, write_session
from tests.support.drives import close_session, model, ready, write_track

END = 1300
SHEET = (
    mcn("4006381333931")
    + lead_in()
    + isrc(1, "DEABC2500001", 2)
    + entry(0x21, 1, 0, 0, -150)
    + entry(0x21, 1, 1, 0, 0)
    + entry(0x21, 1, 2, 0, 300)
    + entry(0x11, 2, 0, 0, 500)
    + entry(0x11, 2, 1, 0, 700)
    + entry(0x01, 3, 1, 0, 1000)
    + lead_out(END)
)


@pytest.fixture(scope="module")
def recorder_with_album() -> Iterator[VirtualRecorder]:
    """Track 1 with index 2, MCN and ISRC; track 2 behind 200 sectors of pregap; track 3 without one."""
    recorder = VirtualRecorder(Medium.new())
    write_session(ready(recorder), SHEET, END)
    yield recorder
    recorder.close()


@pytest.fixture
def album(recorder_with_album: VirtualRecorder) -> Drive:
    return Drive(recorder_with_album)


def bcd(*values: int) -> bytes:
    return bytes(value // 10 << 4 | value % 10 for value in values)


def q_of(drive: Drive, lba: int) -> bytes:
    data = drive.run(ReadCd(lba, 1, selection=Selection(0, sub_channel=SubChannel.Q)))
    assert data[12:15] == bytes(3)
    crc = binascii.crc_hqx(data[:10], 0) ^ 0xFFFF  # polynomial 1021h from 0, inverted
    assert data[10:12] == crc.to_bytes(2, "big")
    return data


class TestSelections:
    @pytest.mark.parametrize("byte_9", range(0, 0x100, 8))
    def test_any_selection_with_user_data_brings_2352_bytes_of_audio(self, byte_9: int, album: Drive) -> None:
        for kind in (0, 1):
            cdb = bytes.fromhex(f"be {kind << 2:02x} 00 00 00 05 00 00 02 {byte_9:02x} 00 00")
            reply = album.send(cdb, data_in_length=3 * SECTOR_BYTES)
            assert reply.data == ((sector(5) + sector(6)) if byte_9 & 0x10 else b"")

    @pytest.mark.parametrize("c2", [0, 1, 2])
    @pytest.mark.parametrize("sub", [0, 1, 2, 4])
    def test_main_channel_then_c2_then_sub_channel(self, sub: int, c2: int, album: Drive) -> None:
        c2_bytes, sub_bytes = {0: 0, 1: 294, 2: 296}[c2], {0: 0, 1: 96, 2: 16, 4: 96}[sub]
        length = 2352 + c2_bytes + sub_bytes
        cdb = bytes.fromhex(f"be 04 00 00 00 0a 00 00 03 {0xF8 | c2 << 1:02x} {sub:02x} 00")
        data = album.send(cdb, data_in_length=3 * length + 100).data
        assert len(data) == 3 * length
        for number in range(3):
            part = data[number * length : (number + 1) * length]
            assert part[:2352] == sector(10 + number)
            assert part[2352 : 2352 + c2_bytes] == bytes(c2_bytes)  # the sector is sound
            selection = Selection(0, sub_channel=SubChannel(sub))
            alone = album.run(ReadCd(10 + number, 1, selection=selection)) if sub else b""
            assert part[2352 + c2_bytes :] == alone

    @pytest.mark.parametrize(("byte_9", "byte_10"), [(0x16, 0), (0x10, 3), (0x10, 5), (0x10, 6), (0x10, 7)])
    def test_reserved_selections_are_refused(self, byte_9: int, byte_10: int, album: Drive) -> None:
        cdb = bytes.fromhex(f"be 04 00 00 00 00 00 00 01 {byte_9:02x} {byte_10:02x} 00")
        sense = album.send(cdb, data_in_length=3000).sense
        assert (sense[2], sense[12], sense[13]) == (5, 0x24, 0)

    @pytest.mark.parametrize("kind", [2, 3, 4, 5])
    def test_another_type_than_audio_is_refused(self, kind: int, album: Drive) -> None:
        with pytest.raises(errors.IllegalModeForTrack):
            album.run(ReadCd(0, 1, kind))
        with pytest.raises(errors.IllegalModeForTrack):
            album.run(ReadCdMsf(Msf(0, 2, 0), Msf(0, 2, 1), kind))

    def test_nothing_is_read_of_no_sectors(self, album: Drive) -> None:
        assert album.run(ReadCd(0, 0)) == b""

    def test_times_instead_of_addresses_up_to_the_one_that_is_not_read(self, album: Drive) -> None:
        cdb = bytes.fromhex("b9 04 00 00 02 0a 00 02 0c 10 00 00")
        assert album.send(cdb, data_in_length=10000).data == sector(10) + sector(11)
        assert album.run(ReadCdMsf(Msf(0, 0, 0), Msf(0, 0, 1))) == sector(-150)
        assert album.run(ReadCdMsf(Msf(0, 2, 0), Msf(0, 2, 0))) == b""

    def test_times_that_go_backwards_are_refused(self, album: Drive) -> None:
        sense = album.send(bytes.fromhex("b9 04 00 00 02 0a 00 02 09 10 00 00"), data_in_length=9999).sense
        assert (sense[2], sense[12]) == (5, 0x24)


class TestQ:
    """What a reader finds: IEC 60908 17.5."""

    @pytest.mark.parametrize(
        ("lba", "control", "track", "index", "relative"),
        [
            (-150, 2, 1, 0, 150),  # 00:02:00 and down
            (-1, 2, 1, 0, 1),
            (0, 2, 1, 1, 0),
            (299, 2, 1, 1, 299),
            (300, 2, 1, 2, 300),  # relative to index 1
            (499, 2, 1, 2, 499),
            (500, 1, 2, 0, 200),
            (699, 1, 2, 0, 1),
            (700, 1, 2, 1, 0),
            (999, 1, 2, 1, 299),
            (1000, 0, 3, 1, 0),
            (1298, 0, 3, 1, 298),
        ],
    )
    def test_a_position(
        self, lba: int, control: int, track: int, index: int, relative: int, album: Drive
    ) -> None:
        absolute = lba + 150
        expected = bytes((control << 4 | 1,)) + bcd(track, index)
        expected += bcd(relative // 4500, relative // 75 % 60, relative % 75) + b"\0"
        expected += bcd(absolute // 4500, absolute // 75 % 60, absolute % 75)
        assert q_of(album, lba)[:10].hex(" ") == expected.hex(" ")

    def test_the_mcn_is_in_at_least_one_of_any_hundred_sectors(self, album: Drive) -> None:
        found = [lba for lba in range(END) if q_of(album, lba)[0] & 0xF == 2]
        assert all(any(lba <= f < lba + 100 for f in found) for lba in range(END - 100))
        assert {q_of(album, lba)[1:9].hex() for lba in found} == {"4006381333931000"}
        assert [q_of(album, lba)[9] for lba in found[:2]] == [bcd(lba % 75)[0] for lba in found[:2]]

    def test_the_isrc_is_so_in_its_track_and_in_no_other(self, album: Drive) -> None:
        found = [lba for lba in range(END) if q_of(album, lba)[0] & 0xF == 3]
        assert all(any(lba <= f < lba + 100 for f in found) for lba in range(400))
        assert max(found) < 500
        # D, E, A, B, C as 20, 21, 17, 18, 19 of six bits, two of zero, then seven digits
        expected = int("010100010101010001010010010011" + "00", 2).to_bytes(4, "big").hex() + "25000010"
        assert {q_of(album, lba)[1:9].hex() for lba in found} == {expected}

    def test_neither_takes_the_first_sector_of_an_index(self, album: Drive) -> None:
        assert all(q_of(album, lba)[0] & 0xF == 1 for lba in (0, 300, 500, 700, 1000))

    def test_p_is_set_for_two_seconds_before_a_track_and_all_its_pregap_and_its_first_sector(
        self, album: Drive
    ) -> None:
        found = [lba for lba in range(-150, END) if q_of(album, lba)[15] & 0x80]
        assert found == [*range(-150, 1), *range(500, 701), *range(850, 1001)]

    def test_raw_symbols_hold_p_in_bit_7_and_q_in_bit_6(self, album: Drive) -> None:
        for lba in (-10, 0, 510):
            data = q_of(album, lba)
            raw = album.run(ReadCd(lba, 1, selection=Selection(0, sub_channel=SubChannel.RAW)))
            bits = "".join(str(symbol >> 6 & 1) for symbol in raw)
            assert int(bits, 2).to_bytes(12, "big") == data[:12]
            assert {symbol >> 7 for symbol in raw} == {data[15] >> 7}
            assert not any(symbol & 0x3F for symbol in raw)

    def test_r_to_w_are_zeros_where_no_program_wrote_any(self, album: Drive) -> None:
        data = album.run(ReadCd(0, 2, selection=Selection(0, sub_channel=SubChannel.CORRECTED_R_TO_W)))
        assert data == bytes(192)

    def test_the_lead_out_between_sessions_is_track_aa(self, drive: Drive) -> None:
        write_track(drive, 300)
        close_session(drive, MultiSession.NEXT_ALLOWED)
        write_track(drive, 300)
        close_session(drive)
        assert q_of(drive, 302)[:7].hex(" ") == "01 aa 01 00 00 00 00"
        assert q_of(drive, 302 + 80)[1:6].hex(" ") == "aa 01 00 01 05"
        flags = [q_of(drive, 302 + n)[15] >> 7 for n in range(75 * 4)]
        assert not any(flags[:150])
        flips = sum(a != b for a, b in itertools.pairwise(flags[150:]))
        assert flips in (7, 8)  # twice on and off a second (IEC 60908 17.4)


class TestEnds:
    def test_nothing_is_read_from_the_lead_out_on(self, album: Drive) -> None:
        album.run(ReadCd(END - 1, 1))
        for lba, count in ((END, 1), (END - 1, 2), (10**6, 1), (-151, 1), (-151, 200)):
            with pytest.raises(errors.AddressOutOfRange):
                album.run(ReadCd(lba, count))

    @pytest.mark.parametrize("samples", [-700, 700])
    def test_nor_by_a_drive_whose_audio_comes_beside_its_place(self, samples: int) -> None:
        """Silence is what its offset moves into the sectors that there are, and nothing behind them."""
        drive = ready(VirtualRecorder(Medium.new(), model=model(read_offset=samples)))
        write_track(drive, 300)
        close_session(drive)
        drive.run(ReadCd(301, 1))
        for lba, count in ((302, 1), (301, 2), (10**6, 1), (-151, 1)):
            with pytest.raises(errors.AddressOutOfRange):
                drive.run(ReadCd(lba, count))

    def test_a_blank_has_nothing_to_read(self, drive: Drive) -> None:
        for command in (ReadCd(0, 1), ReadCdMsf(Msf(0, 2, 0), Msf(0, 2, 1)), Read10(0, 1)):
            with pytest.raises(errors.AddressOutOfRange):
                drive.run(command)  # type: ignore[arg-type]

    def test_run_out_is_silence(self, drive: Drive) -> None:
        write_track(drive, 300)
        close_session(drive)
        assert drive.run(ReadCd(300, 2)) == bytes(2 * SECTOR_BYTES)

    def test_audio_has_no_sectors_of_2048_bytes_and_no_header(self, album: Drive) -> None:
        for command in (Read10(0, 1), Read12(0, 1), Read10(END - 1, 1), ReadHeader(0)):
            with pytest.raises(errors.IllegalModeForTrack):
                album.run(command)  # type: ignore[arg-type]
        for command in (Read10(END, 1), Read10(END - 1, 2), Read12(END, 1)):
            with pytest.raises(errors.AddressOutOfRange):
                album.run(command)
        assert album.run(Read10(0, 0)) == b""

    def test_the_capacity_is_the_last_sector_before_the_lead_out(self, album: Drive) -> None:
        reply = album.send(ReadCapacity().to_cdb(), data_in_length=8)
        assert reply.data == (END - 1).to_bytes(4, "big") + (2048).to_bytes(4, "big")

    def test_and_0_of_a_blank_an_unclosed_disc_and_an_empty_drive(self, drive: Drive) -> None:
        empty = ready_empty()
        for each in (drive, empty):
            assert each.send(ReadCapacity().to_cdb(), data_in_length=8).data.hex() == "0000000000000800"
        write_track(drive, 300)
        assert drive.send(ReadCapacity().to_cdb(), data_in_length=8).data.hex() == "0000000000000800"
        close_session(drive)
        assert drive.send(ReadCapacity().to_cdb(), data_in_length=8).data[:4].hex() == "0000012d"


def ready_empty() -> Drive:
    drive = Drive(VirtualRecorder())
    with pytest.raises(errors.DeviceReset):
        drive.run(ReadCd(0, 1))
    return drive


class TestBadSpots:
    @pytest.fixture
    def damaged(self, recorder: VirtualRecorder, drive: Drive) -> Drive:
        write_track(drive, 300)
        close_session(drive)
        recorder.bad_spots += [BadSpot(50, 51, readable=True), BadSpot(100, 100)]
        return drive

    def test_pointers_are_set_and_their_or_comes_first(self, damaged: Drive) -> None:
        data = damaged.run(ReadCd(49, 4, selection=Selection(0, C2.POINTERS)))
        assert [any(data[294 * n : 294 * (n + 1)]) for n in range(4)] == [False, True, True, False]
        data = damaged.run(ReadCd(50, 1, selection=Selection(0, C2.POINTERS_AND_BLOCK_ERROR)))
        bits = 0
        for byte in data[2:]:
            bits |= byte
        assert (len(data), data[0], data[1]) == (296, bits, 0)
        assert bits

    def test_an_unreadable_sector_is_named(self, damaged: Drive) -> None:
        for command in (ReadCd(90, 27), ReadCdMsf(Msf.from_lba(100), Msf.from_lba(101))):
            with pytest.raises(errors.ReadError) as caught:
                damaged.run(command)
            assert str(caught.value.sense) == "3/11/05"
            assert caught.value.sense.information == 100
        damaged.run(ReadCd(99, 1))
        damaged.run(ReadCd(101, 1))


def test_read_sub_channel_and_q_agree_on_codes(album: Drive) -> None:
    reply = album.send(bytes.fromhex("42 00 40 02 00 00 00 00 18 00"), data_in_length=24)
    assert reply.data[:9].hex(" ") == "00 15 00 14 02 00 00 00 80"
    assert reply.data[9:] == b"4006381333931" + b"\0\0"
    reply = album.send(bytes.fromhex("42 00 40 03 00 00 01 00 18 00"), data_in_length=24)
    assert reply.data[4:9:2].hex(" ") == "03 01 80"
    assert reply.data[9:21] == b"DEABC2500001"
    assert album.run(ReadSubChannel(SubChannelFormat.ISRC, 2)).code == ""
    with pytest.raises(errors.InvalidField):
        album.run(ReadSubChannel(SubChannelFormat.ISRC, 4))
