"""Cue sheets: every form that programs send, and what is refused of them, with the byte that is wrong.

Expected values: MMC-5 4.4, 6.33 and its annex on cue sheets; the order of commands and the forms that
cdrecord, libburn and cdrdao were seen to send.
"""

from __future__ import annotations

import pytest

from redbook import errors
from redbook.disc import SECTOR_BYTES, Msf, cd_text
from redbook.disc.layout import LaidTrack, Pregap, SessionLayout
from redbook.disc.sub_channel import POSITION, Q
from redbook.drive import Drive
from redbook.mmc.cue_sheet import SendCueSheet
from redbook.mmc.disc_info import (
    ReadCdText,
    ReadFullToc,
    ReadToc,
    ReadTrackInformation,
)
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.playback import ReadSubChannel, SubChannelFormat
from redbook.mmc.read import ReadCd, Selection, SubChannel
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.writing.announced import Announced, understand
from tests.support.at_once import (
    announce,
    choose_session_at_once,
    entry,
    isrc,
    lead_in,
    lead_out,
    mcn,
    one_track,
    sector,
    write_from,
    write_session,
)
from tests.support.drives import next_lba, ready

SHEET_IN_PRINT = bytes.fromhex(
    "01 00 00 01 00 00 00 00"  # lead-in, drive writes it
    "01 01 00 00 00 00 00 00"  # track 1 index 0 at 00:00:00
    "01 01 01 00 00 00 02 00"  # track 1 index 1 at 00:02:00
    "01 02 01 00 00 04 1C 32"  # track 2 index 1 at 04:28:50, LBA 20000
    "01 AA 01 01 00 07 30 32"  # lead-out at 07:48:50, LBA 35000
)
CODE, OTHER = "DEABC2500001", "FR1230400099"
BARCODE = "4006381333931"


def starts(drive: Drive) -> list[int]:
    return [track.start_lba for track in drive.run(ReadToc()).tracks]


def refused_at(drive: Drive, sheet: bytes) -> int:
    """5/26/00: the number of the byte in the sheet that the drive names."""
    choose_session_at_once(drive)
    reply = drive.send(SendCueSheet(sheet).to_cdb(), sheet)
    assert (reply.sense[2] & 0xF, reply.sense[12], reply.sense[13]) == (5, 0x26, 0)
    assert reply.sense[15] == 0x80  # valid, and of the data, not of the CDB
    return int.from_bytes(reply.sense[16:18], "big")


class TestSheets:
    def test_two_tracks_without_a_gap_lie_where_the_sheet_says(self, drive: Drive) -> None:
        announce(drive, SHEET_IN_PRINT)
        silence = memoryview(bytes(255 * SECTOR_BYTES))
        for lba in range(-150, 35000, 255):
            count = min(255, 35000 - lba)
            drive.run(Write10(lba, silence[: count * SECTOR_BYTES]))
        drive.run(SynchronizeCache())
        assert starts(drive) == [0, 20000]
        assert drive.run(ReadToc()).lead_out_lba == 35000
        assert drive.run(ReadTrackInformation(1)).track_sectors == 20000

    def test_every_sector_is_where_it_was_sent_also_in_the_pregap(self, drive: Drive) -> None:
        write_session(drive, one_track(), 300)
        for lba in (-150, -1, 0, 299):
            assert drive.run(ReadCd(lba, 1)) == sector(lba)

    @pytest.mark.parametrize(("form", "first"), [(0x01, 0), (0x00, -150)])
    def test_a_pregap_comes_from_the_host_or_from_the_drive(
        self, form: int, first: int, drive: Drive
    ) -> None:
        sheet = lead_in() + entry(1, 1, 0, form, -150) + entry(1, 1, 1, 0, 0) + lead_out(300)
        announce(drive, sheet)
        if form:
            with pytest.raises(errors.InvalidWriteAddress):
                drive.run(Write10(-150, bytes(SECTOR_BYTES)))
        write_from(drive, first, 300)
        drive.run(SynchronizeCache())
        assert drive.run(ReadCd(-1, 1)) == (bytes(SECTOR_BYTES) if form else sector(-1))
        assert drive.run(ReadCd(0, 1)) == sector(0)

    def test_a_later_pregap_of_the_drives_is_left_out_by_the_host(self, drive: Drive) -> None:
        sheet = lead_in() + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0)
        sheet += entry(1, 2, 0, 0x01, 300) + entry(1, 2, 1, 0, 450) + lead_out(750)
        announce(drive, sheet)
        write_from(drive, -150, 300)
        with pytest.raises(errors.InvalidWriteAddress):
            drive.run(Write10(300, sector(300)))
        write_from(drive, 450, 750)
        drive.run(SynchronizeCache())
        assert drive.run(ReadCd(299, 3)) == sector(299) + bytes(2 * SECTOR_BYTES)
        assert drive.run(ReadCd(450, 1)) == sector(450)

    @pytest.mark.parametrize("form", [0x40, 0xC0])
    def test_sectors_bring_their_r_to_w_along(self, form: int, drive: Drive) -> None:
        announce(drive, one_track(form=form))
        symbols = bytes(0xC0 | n % 64 for n in range(96))  # P and Q are the drive's own
        with pytest.raises(errors.IllegalModeForTrack):
            drive.run(Write10(-150, sector(-150)))
        for lba in range(-150, 300):
            drive.run(Write10(lba, sector(lba) + symbols, 2448))
        drive.run(SynchronizeCache())
        assert drive.run(ReadCd(10, 1)) == sector(10)
        raw = drive.run(ReadCd(10, 1, selection=Selection(0, sub_channel=SubChannel.RAW)))
        assert bytes(symbol & 0x3F for symbol in raw) == bytes(n % 64 for n in range(96))
        q = drive.run(ReadCd(10, 1, selection=Selection(0, sub_channel=SubChannel.Q)))
        assert Q.from_bytes(q) == Q(POSITION, 0, 1, 1, 10, Msf(0, 2, 10))

    def test_a_hidden_first_track_is_a_long_pregap(self, drive: Drive) -> None:
        sheet = lead_in() + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 1000) + lead_out(1300)
        write_session(drive, sheet, 1300)
        assert starts(drive) == [1000]
        assert drive.run(ReadCd(500, 1)) == sector(500)

    def test_indexes_and_pregaps_are_in_q(self, drive: Drive) -> None:
        sheet = lead_in() + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0) + entry(1, 1, 2, 0, 100)
        sheet += entry(1, 1, 3, 0, 200) + entry(1, 2, 0, 0, 400) + entry(1, 2, 1, 0, 475) + lead_out(900)
        write_session(drive, sheet, 900)
        assert starts(drive) == [0, 475]
        found = {}
        for lba in (-1, 0, 99, 100, 200, 399, 400, 474, 475):
            q = drive.run(ReadCd(lba, 1, selection=Selection(0, sub_channel=SubChannel.Q)))
            found[lba] = (q[1], q[2])
        first = {-1: (1, 0), 0: (1, 1), 99: (1, 1), 100: (1, 2), 200: (1, 3), 399: (1, 3)}
        assert found == first | {400: (2, 0), 474: (2, 0), 475: (2, 1)}

    @pytest.mark.parametrize("said", [0, 2], ids=["without control", "with it"])
    def test_an_isrc_is_read_back(self, said: int, drive: Drive) -> None:
        sheet = lead_in() + isrc(1, CODE, said) + entry(0x21, 1, 0, 0, -150) + entry(0x21, 1, 1, 0, 0)
        sheet += isrc(2, OTHER, said) + entry(0x21, 2, 1, 0, 300) + lead_out(600, 2)
        write_session(drive, sheet, 600)
        found = [drive.run(ReadSubChannel(SubChannelFormat.ISRC, track)).code for track in (1, 2)]
        assert found == [CODE, OTHER]
        assert [track.control for track in drive.run(ReadToc()).tracks] == [2, 2]

    @pytest.mark.parametrize("first", [True, False], ids=["before the lead-in", "after it"])
    def test_an_mcn_is_read_back(self, first: bool, drive: Drive) -> None:
        rest = one_track()
        sheet = mcn(BARCODE) + rest if first else rest[:8] + mcn(BARCODE) + rest[8:]
        write_session(drive, sheet, 300)
        assert drive.run(ReadSubChannel(SubChannelFormat.MCN)).code == BARCODE

    def test_flags_are_those_of_each_track(self, drive: Drive) -> None:
        sheet = lead_in() + entry(0x11, 1, 0, 0, -150) + entry(0x11, 1, 1, 0, 0)
        sheet += entry(0x31, 2, 1, 0, 300) + entry(0x81, 3, 1, 0, 600) + lead_out(900, 8)
        write_session(drive, sheet, 900)
        assert [track.control for track in drive.run(ReadToc()).tracks] == [1, 3, 8]

    def test_a_copy_bit_that_alternates_is_0_in_the_toc_and_comes_and_goes_in_q(self, drive: Drive) -> None:
        sheet = lead_in() + entry(0x21, 1, 0, 0, -150, 0x80) + entry(0x21, 1, 1, 0, 0, 0x80) + lead_out(300)
        write_session(drive, sheet, 300)
        assert drive.run(ReadToc()).tracks[0].control == 0
        assert {p.control for p in drive.run(ReadFullToc()).points if p.point != 0xC0} == {0}
        q = drive.run(ReadCd(0, 16, selection=Selection(0, sub_channel=SubChannel.Q)))
        bits = [q[16 * n] >> 5 & 1 for n in range(16)]
        assert bits == [1, 1, 1, 1, 0, 0, 0, 0] * 2


class TestCdText:
    PACKS = b"".join(
        cd_text.sealed(bytes((0x80, track, n, 0)) + text.ljust(12, b"\0"))
        for n, (track, text) in enumerate([(0, b"Album\0One\0Tw"), (2, b"o\0")])
    ) + cd_text.sealed(bytes.fromhex("8f 00 02 00 01 01 02 00 02 00 00 00 00 00 00 00"))

    def write(self, drive: Drive, sheet: bytes, *, block_type: int = 0) -> None:
        """The packs again and again, from the start of the lead-in to -151; then the session."""
        page = WriteParameters(write_type=2, data_block_type=block_type)
        drive.run(ModeSelect10(page.to_page()))
        drive.run(SendCueSheet(sheet))
        start = -11077  # 97:34:23 is 450150 - 439073
        symbols = cd_text.to_symbols(self.PACKS)
        stream = symbols * (11077 * 96 // len(symbols) + 1)
        for lba in range(start, -150, 660):
            count = min(660, -150 - lba)
            drive.run(Write10(lba, stream[(lba - start) * 96 : (lba - start + count) * 96], 96))
        write_from(drive, -150, 600)
        drive.run(SynchronizeCache())

    @pytest.mark.parametrize("time", ["00 00 00", "61 22 17"], ids=["00:00:00", "the true start"])
    @pytest.mark.parametrize("form", ["41", "c1"])
    def test_packs_in_the_lead_in_are_read_back_once(self, form: str, time: str, drive: Drive) -> None:
        sheet = bytes.fromhex(f"01 00 00 {form} 00 {time}")
        sheet += entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0) + entry(1, 2, 1, 0, 300) + lead_out(600)
        self.write(drive, sheet, block_type=3)  # as cdrdao selects it; the cue sheet rules
        assert drive.run(ReadCdText()) == self.PACKS
        assert starts(drive) == [0, 300]

    def test_the_lead_in_must_come_first_and_whole(self, drive: Drive) -> None:
        announce(drive, bytes.fromhex("01 00 00 41 00 00 00 00") + one_track()[8:])
        with pytest.raises(errors.InvalidWriteAddress):
            drive.run(Write10(-150, sector(-150)))
        with pytest.raises(errors.IllegalModeForTrack):
            drive.run(Write10(-11077, sector(0)))
        drive.run(Write10(-11077, bytes(96), 96))
        assert next_lba(drive) == -11076

    def test_the_lead_in_of_a_later_session_is_a_minute_long(self, drive: Drive) -> None:
        """4500 sectors behind the first lead-out of 90 s, which are 6750 (Orange Book)."""
        write_session(drive, one_track(), 300, multi_session=MultiSession.NEXT_ALLOWED)
        begin = 300 + 6750 + 4500  # where its pregap does
        track = entry(1, 2, 0, 0, begin) + entry(1, 2, 1, 0, begin + 150)
        announce(drive, lead_in(0x41) + track + lead_out(begin + 450))
        with pytest.raises(errors.InvalidWriteAddress):
            drive.run(Write10(-11077, bytes(96), 96))  # of the first session
        for lba in range(begin - 4500, begin, 500):
            drive.run(Write10(lba, bytes(500 * 96), 96))
        write_from(drive, begin, begin + 450)
        drive.run(SynchronizeCache())
        assert starts(drive) == [0, begin + 150]

    def test_a_disc_without_packs_has_none(self, drive: Drive) -> None:
        write_session(drive, one_track(), 300)
        with pytest.raises(errors.InvalidField):
            drive.run(ReadCdText())


GOOD = one_track()
T1 = entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0)
WRONG = {
    "no lead-in": (T1 + lead_out(300), 1),
    "lead-in later": (T1 + lead_in() + lead_out(300), 1),
    "two lead-ins": (lead_in() * 2 + T1 + lead_out(300), 9),
    "lead-in at another time": (lead_in()[:5] + b"\x61\x22\x16" + GOOD[8:], 5),
    "lead-in of data": (lead_in(0x14) + GOOD[8:], 3),
    "no lead-out": (GOOD[:-8], 16),
    "something behind the lead-out": (GOOD + entry(1, 2, 1, 0, 600), 32),
    "lead-out with index 0": (GOOD[:-8] + entry(1, 0xAA, 0, 1, 300), 25),
    "lead-out of data": (GOOD[:-8] + entry(1, 0xAA, 1, 0x14, 300), 27),
    "lead-out past the disc": (GOOD[:-8] + lead_out(359850), 29),
    "lead-out before the track": (GOOD[:-8] + lead_out(-1), 29),
    "times that fall": (lead_in() + T1 + entry(1, 1, 2, 0, 200) + entry(1, 1, 3, 0, 199) + lead_out(400), 37),
    "a second of 60": (GOOD[:-8] + bytes.fromhex("01 aa 01 01 00 00 3c 00"), 29),
    "a frame of 75": (GOOD[:-8] + bytes.fromhex("01 aa 01 01 00 00 06 4b"), 29),
    "a minute of 100": (
        lead_in() + T1 + bytes.fromhex("01 02 01 00 00 64 00 00") + bytes.fromhex("01 aa 01 01 00 64 0a 00"),
        29,
    ),
    "first pregap not at 00:00:00": (lead_in() + entry(1, 1, 0, 0, -149) + GOOD[16:], 13),
    "no first pregap": (lead_in() + entry(1, 1, 1, 0, 0) + lead_out(300), 13),
    "first pregap too short": (lead_in() + T1[:8] + entry(1, 1, 1, 0, -1) + lead_out(300), 21),
    "an index left out": (lead_in() + T1 + entry(1, 1, 3, 0, 100) + lead_out(300), 26),
    "an index twice": (lead_in() + T1 + entry(1, 1, 1, 0, 100) + lead_out(400), 26),
    "index 100": (lead_in() + T1 + entry(1, 1, 100, 0, 100) + lead_out(300), 26),
    "a pregap without its track": (lead_in() + T1 + entry(1, 2, 0, 0, 300) + lead_out(600), 33),
    "a pregap before another track": (
        lead_in() + T1 + entry(1, 2, 0, 0, 300) + entry(1, 3, 1, 0, 600) + lead_out(900),
        34,
    ),
    "track 3 behind track 1": (lead_in() + T1 + entry(1, 3, 1, 0, 300) + lead_out(600), 25),
    "track 100 first": (lead_in() + entry(1, 100, 0, 0, -150) + entry(1, 100, 1, 0, 0) + lead_out(300), 9),
    "track 100 behind track 99": (
        lead_in()
        + entry(1, 99, 0, 0, -150)
        + entry(1, 99, 1, 0, 0)
        + entry(1, 100, 1, 0, 300)
        + lead_out(600),
        25,
    ),
    "a track that begins with index 2": (lead_in() + T1 + entry(1, 2, 2, 0, 300) + lead_out(600), 25),
    "an unknown form": (lead_in() + T1[:8] + entry(1, 1, 1, 0x02, 0) + lead_out(300), 19),
    "a form of data": (lead_in() + T1 + entry(1, 2, 1, 0x10, 300) + lead_out(600), 27),
    "an unknown sub-channel form": (lead_in() + T1[:8] + entry(1, 1, 1, 0x80, 0) + lead_out(300), 19),
    "a data track": (lead_in() + T1 + entry(0x41, 2, 1, 0, 300) + lead_out(600), 24),
    "control that changes in a track": (lead_in() + T1[:8] + entry(0x11, 1, 1, 0, 0) + lead_out(300), 16),
    "an unknown ADR": (lead_in() + T1 + entry(5, 1, 2, 0, 200) + lead_out(300), 24),
    "track 1 too short": (lead_in() + T1 + entry(1, 2, 1, 0, 299) + lead_out(700), 29),
    "track 1 too short before a pregap": (
        lead_in() + T1 + entry(1, 2, 0, 0, 299) + entry(1, 2, 1, 0, 400) + lead_out(700),
        29,
    ),
    "the last track too short": (lead_in() + T1 + entry(1, 2, 1, 0, 300) + lead_out(599), 37),
    "half an MCN": (mcn(BARCODE)[:8] + GOOD, 8),
    "an MCN of letters": (mcn("ABCDEFGHIJKLM") + GOOD, 1),
    "an MCN behind a track": (lead_in() + T1 + mcn(BARCODE) + lead_out(300), 25),
    "two MCNs": (mcn(BARCODE) * 2 + GOOD, 17),
    "an ISRC of no form": (lead_in() + isrc(1, "DEABC25X0001") + GOOD[8:], 9),
    "an ISRC of two tracks": (lead_in() + isrc(1, CODE)[:8] + isrc(2, CODE)[8:] + GOOD[8:], 9),
    "an ISRC of a track that is not there": (lead_in() + isrc(7, CODE) + GOOD[8:], 9),
    "the same ISRC twice": (lead_in() + isrc(1, CODE) * 2 + GOOD[8:], 25),
    "nothing for the host to send": (
        lead_in() + entry(1, 1, 0, 1, -150) + entry(1, 1, 1, 1, 0) + lead_out(300),
        11,
    ),
    "R-W with silence of the drive's": (lead_in() + T1[:8] + entry(1, 1, 1, 0x41, 0) + lead_out(300), 19),
}


class TestRefusedSheets:
    @pytest.mark.parametrize("name", WRONG)
    def test_the_byte_that_is_wrong_is_named(self, name: str, drive: Drive) -> None:
        sheet, offset = WRONG[name]
        assert refused_at(drive, sheet) == offset
        with pytest.raises(errors.CommandSequenceError):  # and it is as if none had come
            drive.run(Write10(-150, sector(-150)))

    @pytest.mark.parametrize("sheet", [b"", GOOD[:-1], GOOD + b"\0", GOOD + bytes(3072)])
    def test_a_sheet_of_an_impossible_length_is_refused(self, sheet: bytes, drive: Drive) -> None:
        choose_session_at_once(drive)
        with pytest.raises(errors.InvalidParameter):
            drive.run(SendCueSheet(sheet))

    def test_a_sheet_of_the_largest_length_is_taken(self, drive: Drive) -> None:
        """384 entries on drives with a limit of 3072 bytes."""
        body = b"".join(
            entry(1, track, index, 0, (track - 1) * 500 + index - 1)
            for track in range(1, 5)
            for index in range(1, 100)
        )[: 381 * 8]
        sheet = lead_in() + entry(1, 1, 0, 0, -150) + body + lead_out(3000)
        assert len(sheet) == 3072
        announce(drive, sheet)

    def test_99_tracks_are_taken_and_100_are_not(self, drive: Drive) -> None:
        tracks = [entry(1, n, 1, 0, (n - 1) * 300) for n in range(1, 101)]
        head = lead_in() + entry(1, 1, 0, 0, -150)
        announce(drive, head + b"".join(tracks[:99]) + lead_out(29700))
        assert refused_at(drive, head + b"".join(tracks) + lead_out(30000)) == 16 + 99 * 8 + 1


@pytest.mark.parametrize("taken", [True, False])
def test_a_drive_that_makes_no_first_pregap_makes_those_between_tracks(taken: bool) -> None:
    """Form 01 in the first entry of the program is its byte 3."""
    drive = ready(VirtualRecorder(Medium.new(), model="usb-combo"))
    first = entry(1, 1, 0, 0x00 if taken else 0x01, -150) + entry(1, 1, 1, 0, 0)
    sheet = lead_in() + first + entry(1, 2, 0, 0x01, 300) + entry(1, 2, 1, 0, 450) + lead_out(750)
    if not taken:
        assert refused_at(drive, sheet) == 8 + 3
        return
    announce(drive, sheet)
    write_from(drive, -150, 300)
    write_from(drive, 450, 750)
    drive.run(SynchronizeCache())
    assert starts(drive) == [0, 450]


class TestEmptyPregaps:
    """Index 0 and index 1 at one place, as `wodim defpregap=0` sends them."""

    SHEET = (
        lead_in() + T1 + entry(1, 2, 0, 0, 300) + entry(1, 2, 1, 0, 300) + entry(1, 3, 0, 1, 700)
        + entry(1, 3, 1, 0, 700) + lead_out(1100)
    )  # fmt: skip

    def test_some_drives_take_them(self, drive: Drive) -> None:
        write_session(drive, self.SHEET, 1100)
        assert starts(drive) == [0, 300, 700]
        for lba, place in {299: (1, 1), 300: (2, 1), 699: (2, 1), 700: (3, 1)}.items():
            q = drive.run(ReadCd(lba, 1, selection=Selection(0, sub_channel=SubChannel.Q)))
            assert (q[1], q[2]) == place
            assert drive.run(ReadCd(lba, 1)) == sector(lba)

    def test_others_refuse_them(self) -> None:
        drive = ready(VirtualRecorder(Medium.new(), model="usb-combo"))
        assert refused_at(drive, self.SHEET) == 4 * 8 + 5

    @pytest.mark.parametrize("model", ["redbook", "usb-combo"])
    def test_no_drive_takes_two_other_indexes_at_one_place(self, model: str) -> None:
        drive = ready(VirtualRecorder(Medium.new(), model=model))
        sheet = lead_in() + T1 + entry(1, 1, 2, 0, 100) + entry(1, 1, 3, 0, 100) + lead_out(400)
        assert refused_at(drive, sheet) == 4 * 8 + 5
        sheet = lead_in() + T1 + entry(1, 2, 1, 0, 300) + entry(1, 3, 1, 0, 300) + lead_out(700)
        assert refused_at(drive, sheet) == 4 * 8 + 5


WORKED = """
02 34 30 30 36 33 38 31   02 33 33 33 39 33 31 00   01 00 00 41 00 00 00 00   23 01 44 45 41 42 43 32
23 01 35 30 30 30 30 31   21 01 00 00 00 00 00 00   21 01 01 00 00 00 07 19   21 01 02 00 00 00 0D 19
11 02 00 00 00 00 12 19   11 02 01 00 00 00 13 19   23 03 44 45 41 42 43 32   23 03 35 30 30 30 30 33
21 03 01 00 00 00 1C 32   21 AA 01 01 00 00 2A 00
"""
"""Hidden audio before sector 400, an index 2, a pregap of a second, pre-emphasis, a join; lead-out 3000."""


def understood(sheet: bytes) -> Announced:
    return understand(
        sheet,
        Model.load("redbook"),
        lead_in_start=Msf(97, 34, 23),
        start_lba=-150,
        first_track=None,
        last_lead_out_lba=359_849,
    )


def test_a_sheet_is_understood_as_the_layout_that_it_says() -> None:
    found = understood(bytes.fromhex(WORKED))
    assert found.layout == SessionLayout(
        (
            LaidTrack(1, 400, 825, 550, indexes=(850,), control=2, isrc="DEABC2500001"),
            LaidTrack(2, 1300, 700, 75, control=1),
            LaidTrack(3, 2000, 1000, control=2, isrc="DEABC2500003"),
        ),
        3000,
        "4006381333931",
    )
    assert [tuple(region) for region in found.regions] == [(-11077, -150, 96), (-150, 3000, 2352)]


def test_a_pregap_that_the_drive_makes_is_said_to_be_one() -> None:
    sheet = bytearray.fromhex(WORKED)
    sheet[5 * 8 + 3] = 0x01
    found = understood(bytes(sheet))
    assert [track.pregap for track in found.layout.tracks] == [Pregap.BY_DRIVE, Pregap.SENT, Pregap.SENT]
    assert [tuple(region) for region in found.regions[1:]] == [(-150, 400, 0), (400, 3000, 2352)]
