"""The six states of a recordable disc, byte by byte: READ DISC INFORMATION, READ TRACK INFORMATION, READ TOC.

Source: MMC-5 6.22, 6.26, 6.27; the addresses are those of the worked example of track-at-once.
"""

from __future__ import annotations

import pytest

from redbook import errors
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.mmc.disc_info import ReadTrackInformation
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.write import CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import choose_session_at_once, one_track, write_session
from tests.support.drives import ready, write_track

LAST = 359_849  # 79:59:74


def disc_information(drive: Drive) -> bytes:
    data = drive.send(bytes.fromhex("51 00 00 00 00 00 00 00 ff 00"), data_in_length=255).data
    assert data[:2].hex() == "0020"  # 32 bytes follow
    assert len(data) == 34
    assert data[3] == 1  # first track of the disc
    return data


def seen(drive: Drive) -> tuple[int, int, int, int]:
    """Byte 2; sessions; first and last track of the last one."""
    data = disc_information(drive)
    assert data[9:12] == bytes(3)  # their high bytes
    return data[2], data[4], data[5], data[6]


def track(drive: Drive, address: int = 0xFF, kind: int = 1) -> dict[str, int]:
    cdb = bytes((0x52, kind)) + address.to_bytes(4, "big") + bytes((0, 0, 64, 0))
    data = drive.send(cdb, data_in_length=64).data
    assert int.from_bytes(data[:2], "big") == len(data) - 2
    words = {"start": 8, "next": 12, "free": 16, "packet": 20, "size": 24, "last": 28}
    found = {name: int.from_bytes(data[at : at + 4], "big", signed=True) for name, at in words.items()}
    assert found.pop("packet") == 0
    return {"number": data[2], "session": data[3], "mode": data[5], "six": data[6], "seven": data[7]} | found


def refused(drive: Drive, text: str) -> str:
    sense = drive.send(bytes.fromhex(text), data_in_length=1000).sense
    return f"{sense[2] & 15:X}/{sense[12]:02X}/{sense[13]:02X}" if sense else "GOOD"


def no_table(drive: Drive) -> bool:
    """READ TOC formats 0, 1 and 2, and format 1 as older systems ask for it."""
    cdbs = ("00 00 00 00 00 00 00 ff 00", "00 01 00 00 00 00 00 ff 00", "00 02 00 00 00 00 00 ff 00")
    answers = {refused(drive, f"43 {cdb}") for cdb in (*cdbs, "00 00 00 00 00 00 00 0c 40")}
    return answers == {"5/24/00"}


def blank_track(number: int, session: int, start: int, next_lba: int | None = None) -> dict[str, int]:
    """The invisible track: blank, audio or unknown, its next address valid, no last one."""
    return {
        "number": number,
        "session": session,
        "mode": 0,
        "six": 0x4F,
        "seven": 0x01,
        "start": start,
        "next": start if next_lba is None else next_lba,
        "free": LAST - start,
        "size": LAST - start,
        "last": 0,
    }


def select(drive: Drive, multi_session: int = MultiSession.LAST) -> None:
    drive.run(ModeSelect10(WriteParameters(multi_session=multi_session).to_page()))


class TestStates:
    def test_m1_blank(self, drive: Drive) -> None:
        assert seen(drive) == (0x00, 1, 1, 1)
        data = disc_information(drive)
        assert data[8] == 0xFF
        assert data[17:20].hex(" ") == "61 22 17"  # 97:34:23, where the lead-in starts
        assert data[21:24].hex(" ") == "4f 3b 4a"  # 79:59:74
        assert track(drive) == track(drive, 1) == track(drive, 0, 0) == blank_track(1, 1, 0)
        choose_session_at_once(drive)
        assert track(drive) == blank_track(1, 1, 0, -150)
        assert no_table(drive)

    def test_m2_a_track_is_being_written(self, drive: Drive) -> None:
        drive.run(ModeSelect10(WriteParameters(track_mode=2).to_page()))
        drive.run(Write10(0, bytes(40 * SECTOR_BYTES)))
        assert seen(drive) == (0x05, 1, 1, 1)
        assert disc_information(drive)[8] == 0x00
        expected = {"number": 1, "session": 1, "mode": 2, "six": 0x0F, "seven": 0x03, "start": 0, "next": 40}
        expected |= {"free": LAST - 40, "size": LAST, "last": 39}
        assert track(drive) == track(drive, 1) == track(drive, 20, 0) == expected
        assert no_table(drive)

    def test_m3_the_session_is_open(self, drive: Drive) -> None:
        write_track(drive, 600)
        assert seen(drive) == (0x05, 1, 1, 2)
        assert track(drive) == blank_track(2, 1, 752)
        complete = {"number": 1, "session": 1, "mode": 0, "six": 0x0F, "seven": 0x02, "start": 0, "next": 0}
        assert track(drive, 1) == complete | {"free": 0, "size": 600, "last": 599}
        assert no_table(drive)

    def test_m4_another_session_may_follow(self, drive: Drive) -> None:
        select(drive, MultiSession.NEXT_ALLOWED)
        write_track(drive, 600)
        write_track(drive, 450)
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        assert seen(drive) == (0x01, 2, 3, 3)
        data = disc_information(drive)
        next_lead_in = 1204 + 6750 + 150  # lead-out of 90 s; as a time
        assert data[17:20] == bytes((next_lead_in // 4500, next_lead_in // 75 % 60, next_lead_in % 75))
        assert data[21:24].hex(" ") == "4f 3b 4a"
        assert track(drive) == blank_track(3, 2, 12604)
        choose_session_at_once(drive)
        assert track(drive) == blank_track(3, 2, 12604)  # the pregap counts on a blank alone
        reply = drive.send(bytes.fromhex("43 00 00 00 00 00 00 00 0c 40"), data_in_length=12).data
        assert reply.hex(" ") == "00 0a 01 01 00 10 01 00 00 00 00 00"  # the legacy format in byte 9

    def test_m5_a_later_session_is_being_written(self, drive: Drive) -> None:
        self.test_m4_another_session_may_follow(drive)
        select(drive, MultiSession.NEXT_ALLOWED)
        drive.run(Write10(12604, bytes(300 * SECTOR_BYTES)))
        assert seen(drive) == (0x05, 2, 3, 3)
        toc = drive.send(bytes.fromhex("43 00 00 00 00 00 00 00 ff 00"), data_in_length=255).data
        assert (toc[2], toc[3]) == (1, 2)  # closed sessions only
        drive.run(SynchronizeCache())
        assert seen(drive) == (0x05, 2, 3, 4)
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        assert seen(drive) == (0x01, 3, 4, 4)
        lead_out = 12604 + 300 + 2
        assert track(drive)["start"] == lead_out + 6900
        next_lead_in = lead_out + 2250 + 150  # lead-out of 30 s
        data = disc_information(drive)
        assert data[17:20] == bytes((next_lead_in // 4500, next_lead_in // 75 % 60, next_lead_in % 75))
        reply = drive.send(bytes.fromhex("43 00 01 00 00 00 00 00 0c 00"), data_in_length=12).data
        assert reply.hex(" ") == "00 0a 01 02 00 10 03 00 00 00 31 3c"  # last session: track 3 at 12604

    def test_m6_complete(self, drive: Drive) -> None:
        write_track(drive, 600)
        select(drive)
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        assert seen(drive) == (0x0E, 1, 1, 1)
        data = disc_information(drive)
        assert data[17:20] == data[21:24] == b"\xff\xff\xff"
        for address in ("01 00 00 00 ff", "01 00 00 00 02", "01 00 00 00 00", "02 00 00 00 02"):
            assert refused(drive, f"52 {address} 00 00 40 00") == "5/24/00"

    def test_a_cd_rw_says_so_in_each(self) -> None:
        drive = ready(VirtualRecorder(Medium.new("cd-rw")))
        found = [disc_information(drive)[2]]
        write_track(drive, 300)
        found.append(disc_information(drive)[2])
        select(drive)
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        found.append(disc_information(drive)[2])
        assert found == [0x10, 0x15, 0x1E]

    def test_a_session_written_at_once_is_the_same_in_the_end(self, drive: Drive) -> None:
        write_session(drive, one_track(), 300, multi_session=MultiSession.NEXT_ALLOWED)
        assert seen(drive) == (0x01, 2, 2, 2)
        complete = {"number": 1, "session": 1, "mode": 0, "six": 0x0F, "seven": 0x02, "start": 0, "next": 0}
        assert track(drive, 1) == complete | {"free": 0, "size": 300, "last": 299}


class TestTableOfContents:
    @pytest.fixture
    def album(self, drive: Drive) -> Drive:
        drive.run(ModeSelect10(WriteParameters(track_mode=1, multi_session=3).to_page()))
        write_track(drive, 600)
        drive.run(ModeSelect10(WriteParameters(track_mode=2, multi_session=3).to_page()))
        write_track(drive, 450)
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        return drive

    def toc(self, drive: Drive, cdb: str) -> str:
        return drive.send(bytes.fromhex(cdb), data_in_length=1000).data.hex(" ")

    def test_addresses_and_times(self, album: Drive) -> None:
        tracks = "00 11 01 00 00 00 00 00 00 12 02 00 00 00 02 f0 00 12 aa 00 00 00 04 b4"
        assert self.toc(album, "43 00 00 00 00 00 00 00 ff 00") == "00 1a 01 02 " + tracks
        tracks = "00 11 01 00 00 00 02 00 00 12 02 00 00 00 0c 02 00 12 aa 00 00 00 12 04"
        assert self.toc(album, "43 02 00 00 00 00 00 00 ff 00") == "00 1a 01 02 " + tracks

    def test_from_a_track_on(self, album: Drive) -> None:
        assert self.toc(album, "43 00 00 00 00 00 02 00 ff 00").startswith("00 12 01 02 00 12 02")
        assert self.toc(album, "43 00 00 00 00 00 aa 00 ff 00") == "00 0a 01 02 00 12 aa 00 00 00 04 b4"
        for number in ("04", "63", "a9"):
            assert refused(album, f"43 00 00 00 00 00 {number} 00 ff 00") == "5/24/00"

    def test_a_short_answer_keeps_its_length(self, album: Drive) -> None:
        assert self.toc(album, "43 00 00 00 00 00 00 00 04 00") == "00 1a 01 02"

    def test_every_entry_of_the_lead_in(self, album: Drive) -> None:
        """B0 with the next possible start (lead-out + 11250) and the last lead-out, C0 with the lead-in's."""
        points = [
            "01 11 00 a0 00 00 00 00 01 00 00",
            "01 12 00 a1 00 00 00 00 02 00 00",
            "01 12 00 a2 00 00 00 00 00 12 04",
            "01 11 00 01 00 00 00 00 00 02 00",
            "01 12 00 02 00 00 00 00 00 0c 02",
            "01 50 00 b0 02 30 04 02 4f 3b 4a",  # 1204 + 11250 + 150 = 12604 = 02:48:04
            "01 50 00 c0 00 00 00 00 61 22 17",
        ]
        expected = " ".join(["00 4f 01 01", *points])
        assert self.toc(album, "43 00 02 00 00 00 00 00 ff 00") == expected

    def test_every_entry_of_a_second_session_is_of_that_session_and_of_mode_1(self, album: Drive) -> None:
        """Byte 0 is the session, byte 1 ADR and control (MMC-5 6.26); B0 alone has ADR 5.

        Track 3 starts at 12604 = 02:50:04, with 300 sectors and a run-out of 2: it ends at 12906 = 02:54:06.
        Before the next possible start lie a lead-out of 30 s and a lead-in of 60 s: 02:54:06 + 01:30:00.
        """
        select(album, MultiSession.NEXT_ALLOWED)
        write_track(album, 300)
        album.run(CloseTrackSession(CloseFunction.SESSION))
        points = [
            "02 10 00 a0 00 00 00 00 03 00 00",
            "02 10 00 a1 00 00 00 00 03 00 00",
            "02 10 00 a2 00 00 00 00 02 36 06",
            "02 10 00 03 00 00 00 00 02 32 04",
            "02 50 00 b0 04 18 06 01 4f 3b 4a",
        ]
        assert self.toc(album, "43 00 02 00 00 00 02 00 ff 00") == " ".join(["00 39 01 02", *points])

    def test_a_last_session_behind_another_says_that_none_follows(self, album: Drive) -> None:
        """Its B0 has FF FF FF in place of where the next program would start (MMC-5 6.26.2.7)."""
        select(album, MultiSession.LAST)
        write_track(album, 300)
        album.run(CloseTrackSession(CloseFunction.SESSION))
        reply = self.toc(album, "43 00 02 00 00 00 02 00 ff 00")
        assert reply.endswith("02 50 00 b0 ff ff ff 01 4f 3b 4a")

    def test_the_pma_has_where_each_track_starts_and_stops(self, album: Drive) -> None:
        data = self.toc(album, "43 00 03 00 00 00 00 00 ff 00")
        assert "00 11 00 01 00 0a 00 00 00 02 00" in data  # stops at 600, starts at 0
        assert "00 12 00 02 00 12 02 00 00 0c 02" in data

    def test_the_lead_outs_control_is_that_of_the_last_track(self, album: Drive) -> None:
        assert album.run(ReadTrackInformation(2)).control == 2
        assert self.toc(album, "43 00 00 00 00 00 aa 00 ff 00").split()[5] == "12"


class TestAtip:
    @pytest.mark.parametrize(
        ("kind", "minutes", "expected"),
        [
            ("cd-r", 80, "61 22 17 00 4f 3b 4a 00"),
            ("cd-r", 74, "61 18 01 00 4a 2b 00 00"),
            ("cd-rw", 80, "61 22 17 00 4f 3b 4a 00"),
            ("cd-rw", 74, "61 22 17 00 4a 0c 00 00"),
        ],
    )
    def test_lead_in_and_last_lead_out(self, kind: str, minutes: int, expected: str) -> None:
        drive = ready(VirtualRecorder(Medium.new(kind, minutes)))
        data = drive.send(bytes.fromhex("43 02 04 00 00 00 00 00 1c 00"), data_in_length=28).data
        assert len(data) == 28
        assert data[:2].hex(" ") == "00 1a"
        assert data[8:16].hex(" ") == expected
        assert data[6] >> 6 == (0b11 if kind == "cd-rw" else 0b10)

    @pytest.mark.parametrize(("minutes", "sub_type", "speeds"), [(74, 0, 0x12), (80, 1, 0x24)])
    def test_speeds_of_a_cd_rw_as_wodim_judges_them(self, minutes: int, sub_type: int, speeds: int) -> None:
        """2x to 4x for sub-type 0, 4x to 10x for sub-type 1, with A1 valid."""
        drive = ready(VirtualRecorder(Medium.new("cd-rw", minutes)))
        data = drive.send(bytes.fromhex("43 02 04 00 00 00 00 00 1c 00"), data_in_length=28).data
        assert (data[6] >> 3 & 7, data[6] >> 2 & 1, data[16]) == (sub_type, 1, speeds)


def test_closing_over_an_open_track_is_refused_and_what_is_closed_stays(drive: Drive) -> None:
    drive.run(Write10(0, bytes(SECTOR_BYTES)))
    with pytest.raises(errors.SessionIncomplete) as caught:
        drive.run(CloseTrackSession(CloseFunction.SESSION))
    assert str(caught.value.sense) == "5/72/03"
    drive.run(SynchronizeCache())
    for _ in range(2):  # the second time there is nothing to close
        drive.run(CloseTrackSession(CloseFunction.SESSION))
    assert seen(drive)[0] == 0x0E
