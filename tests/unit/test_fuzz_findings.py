"""What arbitrary commands and texts brought to light (`make fuzz`), each with its bytes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from redbook.disc import SECTOR_BYTES, Msf
from redbook.disc.cd_text import sealed
from redbook.disc.layout import LaidTrack
from redbook.disc.sub_channel import POSITION, Q, crc, interleave
from redbook.image import bincue, toc
from redbook.image.base import DiscState, HowWritten, RecordedSession, RecordedTrack, TrackState
from redbook.mmc import sense
from redbook.mmc.mode_pages import WriteParameters
from redbook.transport.base import Reply, Status
from redbook.virtual import faults
from redbook.virtual.blanks import blank_state
from redbook.virtual.faults import BadSpot
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model
from redbook.virtual.recorder import VirtualRecorder
from tests.support.recorder_bench import LEAD_IN, Bench, Part, small_blank

SECTOR = b"\x11" * SECTOR_BYTES
SYNCHRONIZE = bytes.fromhex("35 00 00 00 00 00 00 00 00 00")
CLOSE_SESSION = bytes.fromhex("5b 00 02 00 00 00 00 00 00 00")
DISC_INFORMATION = bytes.fromhex("51 00 00 00 00 00 00 00 22 00")
NEXT_TRACK = bytes.fromhex("52 01 00 00 00 ff 00 00 24 00")
CAPACITY = bytes.fromhex("25 00 00 00 00 00 00 00 00 00")


def blank(kind: int) -> bytes:
    return bytes((0xA1, kind)) + bytes(10)


def bench(medium: str = "cd-rw", minutes: int = 3) -> Bench:
    """Ready, with a small blank disc."""
    made = Bench(small_blank(medium, Msf(minutes, 20, 0)))
    made.send(bytes(6))
    return made


def said(reply: Reply) -> tuple[int, int, int]:
    assert reply.status == Status.CHECK_CONDITION
    found = sense.parse(reply.sense)
    return found.key, found.asc, found.ascq


def good(reply: Reply | None) -> bytes:
    assert reply is not None
    assert reply.status == Status.GOOD, sense.parse(reply.sense)
    return reply.data


def read(bench: Bench, lba: int) -> bytes:
    cdb = bytes.fromhex("be 04") + lba.to_bytes(4, "big", signed=True) + bytes.fromhex("00 00 01 10 00 00")
    return good(bench.send(cdb, room=SECTOR_BYTES))


class TestCueSheets:
    def test_one_of_which_the_host_would_send_nothing_is_refused(self) -> None:
        """No WRITE could begin such a session."""
        found = bench()
        good(found.select(WriteParameters(write_type=2)))
        sheet = bytes.fromhex(
            "0100000100000000 0101000100000000 0101010100000200 01aa010100000c00".replace(" ", "")
        )
        cdb = bytes.fromhex("5d 00 00 00 00 00 00 00 20 00")
        assert said(found.send(cdb, sheet)) == (5, 0x26, 0)
        assert said(found.write(1, 0, offset=-150)) == (5, 0x2C, 0)

    def test_blanking_forgets_the_sheet(self) -> None:
        found = bench()
        good(found.select(WriteParameters(multi_session=3)))
        good(found.write(300, 1))
        good(found.send(SYNCHRONIZE))
        good(found.send(CLOSE_SESSION))
        good(found.select(WriteParameters(write_type=2)))
        good(found.cue([Part(150, 300)]))
        good(found.send(blank(1)))
        assert said(found.go_on_at_once(1, 1) or Reply(0)) == (5, 0x2C, 0)


class TestRaw:
    def begun(self) -> Bench:
        found = bench()
        good(found.select(WriteParameters(write_type=3, data_block_type=3)))
        return found

    def test_a_lead_out_behind_the_last_sector_that_may_be_used_leaves_no_room(self) -> None:
        """The end of a raw session goes past the last possible start of a lead-out, as it must."""
        found = Bench(small_blank("cd-r", Msf(0, 8, 3)))
        found.send(bytes(6))
        good(found.select(WriteParameters(write_type=3, data_block_type=3)))
        for _ in range(3):
            good(found.go_on_raw([Part(150, 440)], 350, 1, 96))
        track = good(found.send(bytes.fromhex("52 01 00 00 00 01 00 00 24 00")))
        assert track[16:20] == bytes(4)

    def test_an_mcn_that_is_no_number_is_none(self) -> None:
        """Q says 0xABCDEF...: with a sound CRC, but not in BCD."""
        found = self.begun()
        body = bytes.fromhex("02 ab cd ef ab cd ef a0 00 00")
        odd = interleave(False, body + crc(body).to_bytes(2, "big"))
        self._whole_disc(found, {10: odd})
        assert found.recorder.disc is not None
        assert found.recorder.disc.state.sessions[0].mcn == ""

    def test_an_index_that_there_is_none_of_is_left_out(self) -> None:
        found = self.begun()
        odd = interleave(False, Q(POSITION, 0, 1, 0xA5, 20, Msf(0, 2, 20)).to_bytes())
        self._whole_disc(found, {20: odd})
        assert found.recorder.disc is not None
        assert found.recorder.disc.state.tracks[0].indexes == ()

    @staticmethod
    def _whole_disc(found: Bench, odd: dict[int, bytes]) -> None:
        """75 sectors of lead-in, 150 of pregap, a track of 400, 20 of lead-out."""
        lba = LEAD_IN.lba
        points = [(1, Msf(0, 2, 0)), (0xA0, Msf(1, 0, 0)), (0xA1, Msf(1, 0, 0)), (0xA2, Msf(0, 7, 25))]
        while lba < 420:
            if lba < -150:
                point, time = points[lba % 4]
                q = Q(POSITION, 0, 0, point, 0, time)
            else:
                number = 1 if lba < 400 else 0xAA
                q = Q(POSITION, 0, number, lba >= 0, 0, Msf.from_lba(lba))
            data = SECTOR + odd.get(lba, interleave(False, q.to_bytes()))
            good(found.send(bytes.fromhex("2a 00") + lba.to_bytes(4, "big", signed=True) + b"\0\0\1\0", data))
            lba += 1
        good(found.send(SYNCHRONIZE))


class TestSessions:
    def test_a_later_session_has_nothing_of_the_sub_channel_of_one_that_was_erased(self) -> None:
        found = bench()
        good(found.select(WriteParameters(multi_session=3)))
        good(found.write(300, 1))
        good(found.send(SYNCHRONIZE))
        good(found.send(CLOSE_SESSION))
        start = found.next_lba()
        good(found.select(WriteParameters(write_type=2)))
        good(found.cue([Part(150, 300, form=0x40, pregap_form=0x40)]))
        while found.recorder._mechanism.writing is None or not found.recorder._mechanism.writing.whole:
            good(found.go_on_at_once(400, 0x3F))
        good(found.send(SYNCHRONIZE))
        good(found.send(blank(6)))
        good(found.select(WriteParameters()))
        assert found.next_lba() == start
        good(found.write(300, 2))
        good(found.send(SYNCHRONIZE))
        r_to_w = bytes.fromhex("be 04") + start.to_bytes(4, "big") + bytes.fromhex("00 00 01 00 04 00")
        assert good(found.send(r_to_w, room=96)) == bytes(96)

    def test_a_second_session_that_broke_before_its_first_track_leaves_the_first_readable(self) -> None:
        found = bench()
        good(found.select(WriteParameters(multi_session=3)))
        good(found.write(300, 7))
        good(found.send(SYNCHRONIZE))
        good(found.send(CLOSE_SESSION))
        good(found.select(WriteParameters(write_type=2)))
        good(found.cue([Part(150, 300)]))
        good(found.go_on_at_once(10, 1))
        assert said(found.send(SYNCHRONIZE)) == (3, 0x0C, 0x09)
        assert read(found, 299) == bytes((7,)) * SECTOR_BYTES

    def test_a_copy_bit_that_comes_and_goes_is_told_alike_by_all(self) -> None:
        """SCMS (page 05h, byte 3 is 12h): 0 in the table of contents, in PMA and READ TRACK INFORMATION."""
        found = bench()
        good(found.select(WriteParameters(copy=True, track_mode=2)))
        good(found.write(300, 7))
        good(found.send(SYNCHRONIZE))
        good(found.send(CLOSE_SESSION))
        toc = good(found.send(bytes.fromhex("43 00 00 00 00 00 00 00 ff 00")))
        pma = good(found.send(bytes.fromhex("43 02 03 00 00 00 00 00 ff 00")))
        track = good(found.send(bytes.fromhex("52 01 00 00 00 01 00 00 24 00")))
        assert (toc[5], pma[5], track[5]) == (0x10, 0x10, 0x00)

    def test_isrc_and_mcn_of_page_05h_are_in_q_of_a_track_that_is_written_alone(self) -> None:
        found = bench()
        good(found.select(WriteParameters(isrc="DEABC2500001", mcn="4006381333931")))
        good(found.write(300, 7))
        good(found.send(SYNCHRONIZE))
        good(found.send(CLOSE_SESSION))
        isrc = good(found.send(bytes.fromhex("42 00 40 03 00 00 01 00 18 00")))
        mcn = good(found.send(bytes.fromhex("42 00 40 02 00 00 00 00 18 00")))
        assert (isrc[8] & 0x80, isrc[9:21]) == (0x80, b"DEABC2500001")
        assert (mcn[8] & 0x80, mcn[9:22]) == (0x80, b"4006381333931")

    def test_a_disc_whose_next_track_would_begin_behind_its_end_has_no_room(self) -> None:
        """Its last lead-out begins at 453, and a track after this one could begin at 552."""
        found = Bench(small_blank("cd-r", Msf(0, 8, 3)))
        found.send(bytes(6))
        good(found.select(WriteParameters()))
        good(found.write(400, 7))
        good(found.send(SYNCHRONIZE))
        track = good(found.send(bytes.fromhex("52 01 00 00 00 ff 00 00 24 00")))
        assert (track[8:12], track[16:20]) == ((552).to_bytes(4, "big"), bytes(4))

    def test_where_the_laser_is_the_copy_bit_is_that_of_q(self) -> None:
        found = bench()
        good(found.select(WriteParameters(copy=True)))
        good(found.write(300, 7))
        good(found.send(SYNCHRONIZE))
        good(found.send(CLOSE_SESSION))
        for lba in (0, 4):
            good(found.send(bytes((0x2B, 0, 0, 0, 0, lba, 0, 0, 0, 0))))
            position = good(found.send(bytes.fromhex("42 00 40 01 00 00 00 00 10 00")))
            q = good(found.send(bytes((0xBE, 0, 0, 0, 0, lba, 0, 0, 1, 0, 2, 0)), room=16))
            assert (position[5] & 0xF, q[0] >> 4) == ((2, 2), (0, 0))[lba // 4]

    def test_in_a_test_write_what_was_recorded_before_can_be_read(self) -> None:
        found = bench()
        good(found.write(300, 7))
        good(found.send(SYNCHRONIZE))
        good(found.select(WriteParameters(test_write=True)))
        good(found.write(300, 9))
        good(found.send(SYNCHRONIZE))
        assert read(found, 10) == bytes((7,)) * SECTOR_BYTES

    def test_a_test_write_is_told_by_every_command_or_by_none(self) -> None:
        found = bench()
        good(found.select(WriteParameters(test_write=True)))
        good(found.write(300, 7))
        good(found.send(SYNCHRONIZE))
        good(found.send(CLOSE_SESSION))
        assert good(found.send(CAPACITY))[:4] == (301).to_bytes(4, "big")


class TestWriting:
    def test_nothing_is_written_track_at_once_while_page_05h_says_packets(self) -> None:
        """A drive whose factory default that is (DVR-111) wants a MODE SELECT first."""
        found = Bench(small_blank("cd-r", Msf(3, 20, 0)), "slow-closer")
        found.send(bytes(6))
        assert said(found.write(1, 1)) == (5, 0x64, 0)
        assert found.recorder.disc is not None
        assert found.recorder.disc.state.sessions == []

    def test_a_disc_that_is_blanked_does_not_play_on(self) -> None:
        found = bench()
        good(found.write(300, 1))
        good(found.send(SYNCHRONIZE))
        good(found.send(CLOSE_SESSION))
        good(found.send(bytes.fromhex("45 00 00 00 00 00 00 01 00 00")))
        good(found.send(blank(1)))
        status = good(found.send(bytes.fromhex("42 00 40 01 00 00 00 00 10 00")))
        assert status[1] == 0x15

    def test_a_reply_is_made_as_long_as_the_host_takes_it_and_not_longer(self) -> None:
        """READ CD of two million sectors, of which the host takes one: no gigabytes for it."""
        state = blank_state("cd-r", 90)
        track = RecordedTrack(LaidTrack(1, 0, 404_000, 150), 404_000, TrackState.COMPLETE)
        state.sessions = [RecordedSession([track], 404_002)]
        asked: list[int] = []

        class Counting(Medium):
            def read(self, lba: int, sectors: int) -> bytes:
                asked.append(sectors)
                return super().read(lba, min(sectors, 10))

        recorder = VirtualRecorder(Counting(state))
        recorder.execute(bytes(6))
        reply = recorder.execute(bytes.fromhex("be 04 00 00 00 00 06 2a 20 10 00 00"), data_in_length=3000)
        assert (reply.status, len(reply.data), reply.residue) == (Status.GOOD, 3000, 0)
        assert max(asked) <= 2


class TestTexts:
    def test_a_c2_fault_can_be_said_as_the_help_says_it(self) -> None:
        assert faults.parse("c2@lba:3-5") == BadSpot(3, 5, readable=True)

    @pytest.mark.parametrize(
        "text",
        [
            "3/0C/00@lba:5-9",  # a range is for damaged spots
            "timeout:5",
            "3/0C/00:7",
            "unreadable:5@lba:1",
            "unreadable@lba:1x3",
            "unreadable@lba:9-5",
            "timeoutx0",
        ],
    )
    def test_what_a_fault_cannot_heed_is_refused_instead_of_dropped(self, text: str) -> None:
        with pytest.raises(ValueError, match=re.escape(text)):
            faults.parse(text)

    @pytest.mark.parametrize(
        "table",
        [
            {"cd_r_speeds": []},
            {"cd_r_speeds": [0]},
            {"cd_r_speeds": ["8"]},
            {"cd_r_speeds": [4, 8]},
            {"cd_r_speeds": 8},
            {"cd_rw_speeds": {}},
            {"cd_rw_speeds": {"0": []}},
            {"cd_rw_speeds": [4]},
            {"read_speed": 0},
            {"read_speed": 1_000_000},
            {"buffer_bytes": 0},
            {"buffer_bytes": -5},
            {"write_types": ["packet"]},
            {"write_types": []},
            {"unknown_commands": ["FORMAT THE UNIVERSE"]},
            {"page_05h": {"no_such": 1}},
            {"page_05h": {"write_type": "x"}},
            {"page_05h": {"write_type": 99}},
            {"page_05h": 5},
            {"standards": [70_000]},
            {"standards": [1] * 9},
            {"spc_version": 256},
            {"interface": 256},
            {"page_05h": {"underrun_protection": True}},
            {"page_05h": {"mcn": "é"}},
            {"vendor": "ÄÖÜ"},
            {"vendor": 5},
            {"cd_r_speeds": [372]},
            {"revision": "12345"},
            {"close_at_1x_seconds": -1.0},
            {"close_at_1x_seconds": "long"},
            {"largest_cue_sheet_bytes": 1 << 24},
            {"curves": {"8": {"zones": []}}},
            {"curves": {"8": {"zones": [[0, 0]]}}},
            {"curves": {"8": {"zones": [[5]]}}},
            {"curves": {"8": {"cav": 0}}},
            {"curves": {"8": {"cav": 8, "limit": 0}}},
            {"curves": {"eight": {"cav": 8}}},
            {"curves": {"8": 8}},
            {"cav_speeds": ["8"]},
        ],
    )
    def test_a_model_that_no_recorder_can_be_is_refused_when_it_is_read(
        self, table: dict[str, object]
    ) -> None:
        sound = {"source": "a test", "vendor": "V", "product": "P", "revision": "1"}
        Model.from_table("sound", sound)
        with pytest.raises(ValueError, match=r"\w"):
            Model.from_table("odd", sound | table)


class TestStates:
    """disc.json that no disc can be like."""

    def two_sessions(self) -> DiscState:
        state = blank_state()
        for number, start in ((1, 0), (2, 302 + 11_400)):
            track = RecordedTrack(LaidTrack(number, start, 300, 150), 300, TrackState.COMPLETE)
            state.sessions.append(RecordedSession([track], start + 302))
        return state

    def test_the_pattern_is_sound(self) -> None:
        self.two_sessions().check()

    def test_a_session_cannot_begin_inside_the_lead_out_of_the_one_before(self) -> None:
        state = self.two_sessions()
        track = state.sessions[1].tracks[0]
        track.laid = replace(track.laid, start_lba=track.start_lba - 1)
        state.sessions[1].lead_out_lba = 302 + 11_400 + 301
        with pytest.raises(ValueError, match="session 2"):
            state.check()

    def test_a_closed_session_has_no_track_that_was_never_ended(self) -> None:
        state = self.two_sessions()
        state.sessions[1].tracks[0].state = TrackState.INCOMPLETE
        with pytest.raises(ValueError, match="never ended"):
            state.check()

    @pytest.mark.parametrize("written", [HowWritten.SESSION_AT_ONCE, HowWritten.RAW])
    def test_nor_has_one_that_was_written_at_once(self, written: HowWritten) -> None:
        state = self.two_sessions()
        state.sessions[1].tracks[0].state = TrackState.INCOMPLETE
        state.sessions[1].written = written
        with pytest.raises(ValueError, match="never ended"):
            state.check()

    def test_a_lead_in_lies_before_the_program(self) -> None:
        state = blank_state()
        state.lead_in_start = Msf(20, 0, 0)
        with pytest.raises(ValueError, match="lead-in"):
            state.check()

    def test_a_track_has_99_indexes_at_most(self) -> None:
        state = self.two_sessions()
        track = state.sessions[0].tracks[0]
        track.laid = replace(track.laid, indexes=tuple(range(1, 100)))
        with pytest.raises(ValueError, match="index"):
            state.check()


def test_control_characters_of_cd_text_do_not_reach_the_sheets() -> None:
    """A title of "a", 01h, "b", ESC, "[2J": a terminal that shows disc.cue is not told what to do."""
    state = TestStates().two_sessions()
    pack = sealed(bytes.fromhex("80 00 00 00") + b"a\x01b\x1b[2J\0c\0\0\0")
    state.sessions[0].cd_text = [pack.hex()]
    state.check()
    for sheet in (bincue.render(state, "disc.bin"), toc.render(state, "disc.bin")):
        assert all(character.isprintable() or character == "\n" for character in sheet)
        assert "a b" in sheet
