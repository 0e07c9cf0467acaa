"""What no disc can be is refused where a reply is read; what real drives say oddly, without harm, is taken.

The bytes are written out by the tables of MMC-5 6.22 (disc information), 6.27 (track information) and
6.26 (table of contents).
"""

from __future__ import annotations

import struct
from typing import Any

import pytest

from redbook.disc import Msf, duration
from redbook.drive import Drive
from redbook.engine.glance import nominal_minutes
from redbook.errors import InvalidReply, Sense
from redbook.mmc import sense
from redbook.mmc.command import Command
from redbook.mmc.disc_info import (
    DiscStatus,
    ReadAtip,
    ReadCdText,
    ReadDiscInformation,
    ReadFullToc,
    ReadSessionInformation,
    ReadToc,
    ReadTrackInformation,
    SessionStatus,
)
from redbook.mmc.events import GetEventStatusNotification, MediaEvent, MediaStatus
from redbook.mmc.identify import GetConfiguration, Inquiry
from redbook.mmc.mode_pages import Capabilities, WriteSpeed
from redbook.mmc.performance import GetPerformance
from redbook.mmc.playback import ReadSubChannel, SubChannelFormat
from redbook.mmc.write import ReadBufferCapacity
from redbook.transport.base import Reply


class Says:
    """A drive that has one answer."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        return Reply(0, self.data[:length])

    def announce(self, data_bytes: int) -> None: ...
    def close(self) -> None: ...


def ask(command: Command[Any], data: bytes) -> Any:
    return Drive(Says(data)).run(command)


def refused(command: Command[Any], data: bytes) -> str:
    with pytest.raises(InvalidReply) as caught:
        ask(command, data)
    text = str(caught.value)
    assert text.startswith(f"the drive's answer to {command.NAME} makes no sense: ")
    assert text.endswith("switch the drive off and on")
    assert text.count(command.NAME) == 1
    return text


def disc(
    status: int = 2,
    session: int = 3,
    first: int = 1,
    sessions: int = 1,
    last_first: int = 1,
    last: int = 10,
    length: int = 32,
    lead_in: str = "ff ff ff ff",
    lead_out: str = "ff ff ff ff",
) -> bytes:
    body = struct.pack(
        ">HBBBBBBBBBB4x",
        length,
        session << 2 | status,
        first,
        sessions & 0xFF,
        last_first & 0xFF,
        last & 0xFF,
        0,
        0,
        sessions >> 8,
        last_first >> 8,
        last >> 8,
    )
    return body + bytes.fromhex(lead_in) + bytes.fromhex(lead_out) + bytes(10)


BLANK = {"status": 0, "session": 0, "last": 1, "lead_in": "00 61 22 17", "lead_out": "00 4f 3b 4a"}
OPEN = {"status": 1, "session": 1, "last": 4, "lead_in": "00 61 22 17", "lead_out": "00 4f 3b 4a"}


class TestDiscInformation:
    command = ReadDiscInformation()

    def test_what_it_says_is_taken(self) -> None:
        found = ask(self.command, disc(**BLANK))
        assert found.status is DiscStatus.BLANK
        assert found.last_lead_out == Msf(79, 59, 74)
        assert ask(self.command, disc(**OPEN)).last_track_of_last_session == 4
        assert ask(self.command, disc()).last_lead_out is None

    def test_a_length_of_zero_is_no_blank_disc(self) -> None:
        assert "it has 2 bytes, but 24 were expected" in refused(self.command, bytes(34))
        refused(self.command, disc(**{**BLANK, "length": 0}))
        refused(self.command, disc(**{**BLANK, "length": 21}))

    @pytest.mark.parametrize("data", [b"", disc()[:23], b"\xff" * 34, bytes(34)])
    def test_too_little_nothing_and_all_ones(self, data: bytes) -> None:
        refused(self.command, data)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"session": 1},
            {"session": 2},
            {"session": 3},
            {"sessions": 2},
            {"first": 2},
            {"last_first": 3},
            {"last": 2},
            {"last": 0xFF},
        ],
        ids=str,
    )
    def test_blank_is_not_believed_where_anything_else_says_otherwise(self, wrong: dict[str, int]) -> None:
        assert "said to be blank, but" in refused(self.command, disc(**{**BLANK, **wrong}))

    def test_a_blank_disc_may_have_no_number_at_all(self) -> None:
        found = ask(self.command, disc(**{**BLANK, "first": 0, "sessions": 0, "last_first": 0, "last": 0}))
        assert found.status is DiscStatus.BLANK

    @pytest.mark.parametrize(
        "wrong",
        [
            {"first": 0},
            {"first": 100, "last_first": 100},
            {"sessions": 0},
            {"sessions": 100},
            {"sessions": 0x101},
            {"last_first": 0},
            {"last_first": 11},
            {"first": 2, "last_first": 1},
            {"last": 0},
            {"last": 100},
            {"last": 65535},
        ],
        ids=str,
    )
    def test_numbers_that_no_cd_has(self, wrong: dict[str, int]) -> None:
        refused(self.command, disc(**wrong))

    def test_a_dvd_may_have_them(self) -> None:
        found = ask(ReadDiscInformation(of_cd=False), disc(sessions=300, last=2000))
        assert (found.sessions, found.last_track_of_last_session) == (300, 2000)
        refused(ReadDiscInformation(of_cd=False), bytes(34))

    def test_an_empty_session_names_the_track_that_comes_next(self) -> None:
        """Also where that is one more than a disc has, and where it counts the one before as the last."""
        empty = {"status": 1, "session": 0, "sessions": 2}
        assert ask(self.command, disc(**empty, last_first=100, last=100)).last_session_status == 0
        found = ask(self.command, disc(**empty, last_first=11, last=10))
        assert found.last_session_status is SessionStatus.EMPTY
        refused(self.command, disc(**empty, last_first=101, last=101))

    def test_an_open_session_counts_the_track_that_comes_next(self) -> None:
        assert ask(self.command, disc(**{**OPEN, "last": 100})).last_track_of_last_session == 100
        refused(self.command, disc(**{**OPEN, "last": 101}))
        refused(self.command, disc(last=100))

    def test_a_first_track_other_than_1(self) -> None:
        assert ask(self.command, disc(first=7, last_first=7, last=99)).first_track == 7

    @pytest.mark.parametrize(
        "time", ["00 00 00 00", "00 ff ff ff", "00 a5 3b 4a", "00 4f 3c 00", "00 00 00 05"]
    )
    def test_an_end_that_no_disc_has_is_unknown(self, time: str) -> None:
        assert ask(self.command, disc(**{**BLANK, "lead_out": time})).last_lead_out is None

    def test_a_longer_reply_and_one_without_its_tables(self) -> None:
        assert ask(ReadDiscInformation(254), disc(**BLANK, length=40) + bytes(8)).status is DiscStatus.BLANK
        assert ask(self.command, disc(**BLANK)[:24]).status is DiscStatus.BLANK


def track(
    number: int = 3,
    session: int = 1,
    start: int = 1000,
    size: int = 5000,
    next_lba: int | None = None,
    free: int = 0,
    flags: int = 0x0F,
    mode: int = 0,
    length: int = 34,
) -> bytes:
    valid = next_lba is not None
    head = struct.pack(">HBBxBBB", length, number & 0xFF, session & 0xFF, mode, flags, valid)
    body = struct.pack(
        ">IIIIII",
        start & 0xFFFFFFFF,
        (next_lba or 0) & 0xFFFFFFFF,
        free,
        0,
        size & 0xFFFFFFFF,
        0,
    )
    return head + body + bytes((number >> 8, session >> 8, 0, 0))


class TestTrackInformation:
    command = ReadTrackInformation(3)

    def test_what_it_says_is_taken(self) -> None:
        found = ask(self.command, track())
        assert (found.number, found.session, found.start_lba, found.track_sectors) == (3, 1, 1000, 5000)

    @pytest.mark.parametrize(
        "data", [b"", track()[:27], b"\xff" * 36, bytes(36), track(length=20)], ids=range(5)
    )
    def test_too_little_nothing_and_all_ones(self, data: bytes) -> None:
        refused(self.command, data)
        refused(ReadTrackInformation(), data)

    @pytest.mark.parametrize("length", [0, 2, 6])
    def test_a_length_that_some_drives_do_not_fill_in(self, length: int) -> None:
        assert ask(self.command, track(length=length)).track_sectors == 5000

    @pytest.mark.parametrize(
        "wrong",
        [
            {"number": 0},
            {"number": 100},
            {"number": 65535},
            {"number": 4},
            {"session": 0},
            {"session": 100},
            {"start": -151},
            {"start": 449_850},
            {"start": -2_784_886_786},
            {"size": 0},
            {"size": 0xFFFFFFFF},
            {"start": 440_000, "size": 9_851},
        ],
        ids=str,
    )
    def test_what_no_track_can_be(self, wrong: dict[str, int]) -> None:
        refused(self.command, track(**wrong))

    @pytest.mark.parametrize("next_lba", [-45_151, 449_850, -(2**31), 0x12345678])
    def test_a_next_address_off_the_disc(self, next_lba: int) -> None:
        refused(ReadTrackInformation(), track(1, start=0, next_lba=next_lba, flags=0x4F))

    @pytest.mark.parametrize("next_lba", [-11_077, -150, 0, 359_000])
    def test_a_next_address_as_write_types_have_it(self, next_lba: int) -> None:
        found = ask(ReadTrackInformation(), track(1, start=0, next_lba=next_lba, size=0xFFFFFFFF, flags=0x4F))
        assert found.next_writable_lba == next_lba

    def test_the_track_behind_the_99th(self) -> None:
        assert ask(ReadTrackInformation(), track(100, flags=0x4F)).number == 100
        refused(ReadTrackInformation(), track(100))

    def test_hidden_first_tracks_and_the_last_sector(self) -> None:
        assert ask(self.command, track(start=-150)).start_lba == -150
        assert ask(self.command, track(start=449_000, size=850)).track_sectors == 850

    @pytest.mark.parametrize(("free", "told"), [(0, None), (359_000, 359_000), (0xFFFFFFFF, None)])
    def test_what_is_free(self, free: int, told: int | None) -> None:
        found = ask(ReadTrackInformation(), track(1, start=0, next_lba=0, free=free, flags=0x4F))
        assert found.free_sectors_or_none == told


def toc(
    *points: tuple[int, int], first: int | None = None, last: int | None = None, length: int = -1
) -> bytes:
    """(number, LBA), AAh for the lead-out."""
    body = b"".join(struct.pack(">BBBxi", 0, 0x10, number, lba) for number, lba in points)
    numbers = [number for number, _ in points if number != 0xAA] or [1]
    head = (
        len(body) + 2 if length < 0 else length,
        min(numbers) if first is None else first,
        max(numbers) if last is None else last,
    )
    return struct.pack(">HBB", *head) + body


THREE = ((1, 0), (2, 20_000), (3, 40_000), (0xAA, 60_000))


class TestToc:
    command = ReadToc()

    def test_what_it_says_is_taken(self) -> None:
        found = ask(self.command, toc(*THREE))
        assert [(t.number, t.start_lba) for t in found.tracks] == [(1, 0), (2, 20_000), (3, 40_000)]
        assert found.lead_out_lba == 60_000

    def test_swapped_addresses(self) -> None:
        swapped = tuple((n, struct.unpack("<i", struct.pack(">i", lba))[0]) for n, lba in THREE)
        assert "track 2 is said to be at sector 541982720; a disc has -150 to 449849" in refused(
            self.command, toc(*swapped)
        )

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            bytes(4),
            bytes(804),
            b"\xff" * 804,
            toc(*THREE[:3]),
            toc(*THREE)[:-1],
            toc(*THREE)[:12],
            toc(*THREE, length=2),
            toc(*THREE, length=0),
            toc(*THREE, first=0),
            toc(*THREE, first=2),
            toc(*THREE, last=2),
            toc(*THREE, last=4),
            toc(*THREE, last=100),
            toc((1, 0), (3, 40_000), (0xAA, 60_000)),
            toc((1, 0), (1, 0), (0xAA, 60_000)),
            toc((0, 0), (0xAA, 60_000)),
            toc((1, 0), (100, 30_000), (0xAA, 60_000)),
            toc((1, 20_000), (2, 20_000), (0xAA, 60_000)),
            toc((1, 20_000), (2, 0), (0xAA, 60_000)),
            toc((1, -151), (0xAA, 60_000)),
            toc((1, 0), (0xAA, 0)),
            toc((1, 40_000), (0xAA, 30_000)),
            toc((1, 0), (0xAA, 449_850)),
            toc((1, 0), (0xAA, -1)),
        ],
        ids=range(25),
    )
    def test_what_no_disc_can_be(self, data: bytes) -> None:
        refused(self.command, data)

    @pytest.mark.parametrize(
        ("data", "first", "end"),
        [
            (toc((1, -75), (2, 20_000), (0xAA, 60_000)), -75, 60_000),
            (toc((7, 0), (8, 20_000), (0xAA, 60_000)), 0, 60_000),
            (toc((0xAA, 60_000), (2, 20_000), (1, 0)), 0, 60_000),
            (toc(*THREE) + b"\xff" * 100, 0, 60_000),
            (toc(*THREE) + bytes(100), 0, 60_000),
            (toc(*THREE, length=200), 0, 60_000),
            (toc((1, 0), (2, 300_000), (0xAA, 0x4F3B4A)), 0, 359_849),  # 79:59:74, whatever was asked for
            (toc((1, 0), (0xAA, 449_849)), 0, 449_849),
        ],
        ids=["hidden", "from 7", "disordered", "ones", "zeros", "long", "lead-out in MSF", "99 minutes"],
    )
    def test_oddities_that_do_no_harm(self, data: bytes, first: int, end: int) -> None:
        found = ask(self.command, data)
        assert (found.tracks[0].start_lba, found.lead_out_lba) == (first, end)
        assert [t.number for t in found.tracks] == sorted(t.number for t in found.tracks)

    def test_in_msf(self) -> None:
        def times(*points: tuple[int, str]) -> bytes:
            body = b"".join(bytes((0, 0x10, n, 0, 0)) + bytes.fromhex(time) for n, time in points)
            return struct.pack(">HBB", len(body) + 2, 1, 1) + body

        command = ReadToc(msf=True)
        assert ask(command, times((1, "00 02 00"), (0xAA, "4f 3b 4a"))).lead_out_lba == 359_849
        for wrong in ("4f 3c 00", "4f 3b 4b", "64 00 00", "00 02 00", "ff ff ff"):
            refused(command, times((1, "00 02 00"), (0xAA, wrong)))

    def test_the_lead_out_alone(self) -> None:
        assert ask(ReadToc(first_track=0xAA), toc((0xAA, 60_000), first=1, last=9)).lead_out_lba == 60_000
        assert len(ask(ReadToc(first_track=3), toc(*THREE[2:], first=1)).tracks) == 1


class TestOtherFormats:
    def test_sessions(self) -> None:
        right = bytes.fromhex("00 0a 01 02 00 10 05 00 00 00 10 00")
        found = ask(ReadSessionInformation(), right)
        assert (found.last_session, found.first_track_of_last_session, found.start_lba) == (2, 5, 4096)
        for at, value in ((1, 2), (2, 0), (3, 0), (3, 100), (6, 0), (6, 100), (8, 0x7F)):
            wrong = bytearray(right)
            wrong[at] = value
            refused(ReadSessionInformation(), bytes(wrong))

    def test_the_entries_of_a_lead_in(self) -> None:
        entry = bytes.fromhex("01 10 00 01 00 00 00 00 00 02 00")
        head = bytes.fromhex("00 0d 01 01")
        (point,) = ask(ReadFullToc(), head + entry).points
        assert (point.point, point.address) == (1, (0, 2, 0))
        refused(ReadFullToc(), bytes(15))
        refused(ReadFullToc(), head + entry[:3] + b"\x64" + entry[4:])
        refused(ReadFullToc(), head + b"\x64" + entry[1:])

    def test_cd_text(self) -> None:
        assert ask(ReadCdText(), bytes.fromhex("00 14 00 00") + bytes(18)) == bytes(18)
        refused(ReadCdText(), bytes(4))

    def test_atip(self) -> None:
        right = bytes.fromhex("00 1a 00 00 c4 00 88 00 61 22 17 00 4f 3b 4a 00") + bytes(12)
        assert ask(ReadAtip(), right).last_lead_out == Msf(79, 59, 74)
        refused(ReadAtip(), bytes(28))
        refused(ReadAtip(), b"\x00\x08" + right[2:])
        for at, value in ((8, 0x20), (9, 60), (10, 75), (8, 100)):
            odd = bytearray(right)
            odd[at] = value
            assert ask(ReadAtip(), bytes(odd)).lead_in_start is None
        for at, value in ((12, 0), (12, 100), (13, 60), (14, 75)):
            odd = bytearray(right)
            odd[at] = value
            assert ask(ReadAtip(), bytes(odd)).last_lead_out is None
        bcd = right[:8] + bytes.fromhex("97 34 23 00 79 59 74 00") + bytes(12)
        assert ask(ReadAtip(), bcd).last_lead_out == Msf(79, 59, 74)
        assert ask(ReadAtip(), bcd[:12] + b"\x7a" + bcd[13:]).last_lead_out is None


@pytest.mark.parametrize(
    ("sectors", "text"),
    [(0, "00:00:00"), (-75, "-00:01:00"), (-150, "-00:02:00"), (-1, "-00:00:01"), (4501, "01:00:01")],
)
def test_places_before_lba_0_are_shown_with_a_minus(sectors: int, text: str) -> None:
    assert duration(sectors) == text


INQUIRY = bytes.fromhex("05 80 00 02 1f 00 00 00") + b"MAKER   RECORDER        1.00"


class TestWhoItIs:
    def test_what_it_says_is_taken(self) -> None:
        found = ask(Inquiry(), INQUIRY)
        assert (found.device_type, found.vendor, found.product, found.revision) == (
            5,
            "MAKER",
            "RECORDER",
            "1.00",
        )

    @pytest.mark.parametrize(
        "data",
        [b"", INQUIRY[:35], bytes(36), b"\xff" * 36, INQUIRY[:8] + b"\xa5" * 28, b"\x7f" + INQUIRY[1:]],
    )
    def test_what_no_device_is(self, data: bytes) -> None:
        refused(Inquiry(), data)

    def test_a_length_that_is_not_filled_in_and_a_stray_byte(self) -> None:
        assert ask(Inquiry(), INQUIRY[:4] + b"\0" + INQUIRY[5:]).product == "RECORDER"
        found = ask(Inquiry(), INQUIRY.replace(b"RECORDER", b"REC\x00\x1bDER"))
        assert found.product == "REC ?DER"

    def test_features(self) -> None:
        right = bytes.fromhex("00 00 00 10 00 00 00 09  00 2d 09 04 46 00 3f 00  01 08 00 00")
        found = ask(GetConfiguration(), right)
        assert (found.current_profile, [f.code for f in found.features]) == (9, [0x2D, 0x108])
        cut = ask(GetConfiguration(), right[:14])  # in the middle of a feature
        assert (cut.current_profile, cut.features) == (9, ())
        for length in ("00 00 00 00", "00 00 00 03", "00 01 00 00", "ff ff ff ff"):
            refused(GetConfiguration(), bytes.fromhex(length) + right[4:])
        refused(GetConfiguration(), right[:7])
        refused(GetConfiguration(), bytes(512))


class TestTheRest:
    def test_the_buffer(self) -> None:
        right = struct.pack(">HxxII", 10, 2_000_000, 500_000)
        assert ask(ReadBufferCapacity(), right).free_bytes == 500_000
        for wrong in (
            bytes(12),
            b"\xff" * 12,
            right[:11],
            struct.pack(">HxxII", 0, 2_000_000, 500_000),
            struct.pack(">HxxII", 10, 2_000_000, 2_000_001),
            struct.pack(">HxxII", 10, 1 << 29, 0),
        ):
            refused(ReadBufferCapacity(), wrong)

    def test_events(self) -> None:
        command = GetEventStatusNotification()
        found = ask(command, bytes.fromhex("00 06 04 10 02 02 00 00"))
        assert (found.media_event, found.media_status) == (MediaEvent.NEW_MEDIA, MediaStatus.PRESENT)
        own = ask(command, bytes.fromhex("00 06 04 10 0f 02 00 00"))
        assert own.media_event is MediaEvent.NO_CHANGE
        assert ask(command, bytes.fromhex("00 02 80 10")).media_event is MediaEvent.NO_CHANGE
        for wrong in ("", "00 06 07 10 02 02 00 00", "00 06 04 10", "00 02 04 10 02 02 00 00"):
            refused(command, bytes.fromhex(wrong))

    def test_speeds(self) -> None:
        right = struct.pack(">IxxxxBxxxIII", 20, 0, 359_848, 8467, 8467)
        assert [d.times for d in ask(GetPerformance(), right).write_speeds] == [48]
        for wrong in (bytes(24), right[:7], struct.pack(">I", 3) + right[4:]):
            refused(GetPerformance(), wrong)
        huge = ask(GetPerformance(), struct.pack(">I", 0xFFFFFFFF) + right[4:])
        assert len(huge.write_speeds) == 1

    def test_the_code_of_a_track(self) -> None:
        command = ReadSubChannel(SubChannelFormat.ISRC, 1)
        right = bytes.fromhex("00 15 00 14 03 14 01 00 80") + b"DEABC2500001" + bytes(3)
        assert ask(command, right).code == "DEABC2500001"
        for wrong in (
            right[:23],
            b"\0\x77" + right[2:],
            right[:3] + b"\x02" + right[4:],
            right[:4] + b"\1" + right[5:],
        ):
            refused(command, wrong)

    def test_page_2a(self) -> None:
        page = bytearray(
            Capabilities(buffer_kib=2048, write_kb=8467, write_speeds=(WriteSpeed(8467),)).to_page()
        )
        found = Capabilities.from_page(bytes(page))
        assert (found.buffer_kib, found.write_kb, len(found.write_speeds)) == (2048, 8467, 1)
        page[12:14] = page[28:30] = page[34:36] = b"\xff\xff"
        found = Capabilities.from_page(bytes(page))
        assert (found.buffer_kib, found.write_kb, found.write_speeds) == (0, 0, ())


@pytest.mark.parametrize(("at", "told"), [(5, True), (-150, True), (-2_784_886_786, False), (2**31, False)])
def test_no_sector_is_named_that_no_disc_has(at: int, told: bool) -> None:
    error = sense.to_error("READ CD", Sense(3, 0x11, 0, information=at))
    assert (f"at sector {at}" in str(error)) is told


@pytest.mark.parametrize(
    ("end", "minutes"),
    [
        ((79, 57, 72), 80),
        ((79, 59, 74), 80),
        ((80, 29, 0), 80),
        ((74, 43, 0), 74),
        ((73, 59, 70), 74),
        ((22, 0, 0), 22),
    ],
)
def test_a_disc_is_called_what_is_printed_on_it(end: tuple[int, int, int], minutes: int) -> None:
    assert nominal_minutes(Msf(*end)) == minutes
