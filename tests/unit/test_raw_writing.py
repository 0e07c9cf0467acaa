"""Raw writing, as cdrdao's generic-mmc-raw does it: the host makes lead-in, sub-channel and lead-out.

What is on the disc is what a reader finds in Q (IEC 60908 clause 17; MMC-5 4.4 and table 612).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from redbook import errors
from redbook.disc import SECTOR_BYTES, Msf, cd_text
from redbook.disc.sub_channel import ISRC, LEAD_OUT_TNO, MCN, POSITION, Q, interleave
from redbook.drive import Drive
from redbook.mmc.disc_info import (
    DiscStatus,
    ReadCdText,
    ReadDiscInformation,
    ReadFullToc,
    ReadToc,
    ReadTrackInformation,
)
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.playback import ReadSubChannel, Seek10, SubChannelFormat
from redbook.mmc.read import ReadCd, Selection, SubChannel
from redbook.mmc.write import CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from redbook.virtual.blanks import blank_state
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import sector
from tests.support.drives import next_lba, ready, write_track

LEAD_IN = -11077  # 97:34:23 of an 80-minute blank
LEAD_OUT = 1000
P16, PACKED, P96 = 1, 2, 3
"""Data block types: 2352 bytes with 16 of P and Q, and with 96 of P to W, of which R to W packed or raw."""

STARTS = {1: (0, 0), 2: (600, 1)}  # index 1 and control; track 2 has a pregap of 100, track 1 an index 2
POINTS: dict[int, tuple[int, Msf]] = {
    0xA0: (0, Msf(1, 0, 0)),
    0xA1: (1, Msf(2, 0, 0)),
    0xA2: (1, Msf.from_lba(LEAD_OUT)),
    **{number: (control, Msf.from_lba(start)) for number, (start, control) in STARTS.items()},
}


def q_at(lba: int, points: dict[int, tuple[int, Msf]]) -> Q:
    """The whole disc: a table of contents over and over, MCN and ISRC now and then, positions."""
    time = Msf.from_lba(lba)
    if lba < -150:
        if not points:
            return Q(POSITION, 0, 0, 0xB1, 0, Msf(0, 0, 0))
        point, (control, where) = list(points.items())[(lba - LEAD_IN) // 3 % len(points)]
        return Q(POSITION, control, 0, point, 0, where)
    if lba >= LEAD_OUT:
        return Q(POSITION, 1, LEAD_OUT_TNO, 1, lba - LEAD_OUT, time)
    if lba >= 0 and lba % 90 == 17:
        return Q(MCN, 0, code="4006381333931", frame=time.frame)
    track = 2 if lba >= 500 else 1
    start, control = STARTS[track]
    if lba >= start and lba % 90 == 40:
        return Q(ISRC, control, code=f"DEABC250000{track}", frame=time.frame)
    index = 0 if lba < start else 2 if track == 1 and lba >= 300 else 1
    return Q(POSITION, control, track, index, abs(lba - start), time)


def stream(
    block_type: int,
    end: int = LEAD_OUT + 150,
    points: dict[int, tuple[int, Msf]] = POINTS,
    r_to_w: Callable[[int], bytes] = lambda lba: bytes(96),
    spoil: bool = False,
) -> Iterator[tuple[int, bytes]]:
    """First sector and data of each WRITE; the lead-in repeats itself."""

    def one(lba: int) -> bytes:
        q = q_at(lba, points).to_bytes()
        if spoil and lba < -150:
            q = q[:11] + bytes((q[11] ^ 1,))
        p = -150 <= lba < 0 or 500 <= lba < 600
        sub = interleave(p, q, r_to_w(lba)) if block_type != P16 else q + bytes((0, 0, 0, 0x80 * p))
        return (bytes(SECTOR_BYTES) if lba < -150 else sector(lba)) + sub

    period = 3 * max(1, len(points))
    length = len(one(LEAD_IN))
    table = b"".join(one(LEAD_IN + n) for n in range(period)) * (450 // period)
    at_once = 450 // period * period
    for lba in range(LEAD_IN, -150, at_once):
        yield lba, table[: min(at_once, -150 - lba) * length]
    for lba in range(-150, end, 50):
        yield lba, b"".join(one(n) for n in range(lba, min(lba + 50, end)))


def begin(drive: Drive, block_type: int, multi_session: int = MultiSession.LAST) -> int:
    """Bytes of a sector from now on."""
    page = WriteParameters(write_type=3, data_block_type=block_type, multi_session=multi_session)
    drive.run(ModeSelect10(page.to_page()))
    return SECTOR_BYTES + {P16: 16, PACKED: 96, P96: 96}[block_type]


def write(drive: Drive, block_type: int = P96, *, multi_session: int = 0, **how: object) -> None:
    length = begin(drive, block_type, multi_session)
    for lba, data in stream(block_type, **how):  # type: ignore[arg-type]
        drive.run(Write10(lba, data, length))
    drive.run(SynchronizeCache())


@pytest.fixture(params=[P16, PACKED, P96], ids=["raw16", "raw96p", "raw96r"])
def disc(request: pytest.FixtureRequest, drive: Drive) -> Drive:
    write(drive, request.param)
    return drive


class TestWhatIsOnTheDisc:
    def test_the_table_of_contents_is_that_of_the_lead_in(self, disc: Drive) -> None:
        toc = disc.run(ReadToc())
        assert [(t.number, t.start_lba, t.control) for t in toc.tracks] == [(1, 0, 0), (2, 600, 1)]
        assert toc.lead_out_lba == LEAD_OUT
        assert disc.run(ReadDiscInformation()).status is DiscStatus.COMPLETE
        points = {point.point: point.address for point in disc.run(ReadFullToc()).points}
        assert points[0xA2] == (0, 15, 25)
        assert points[2] == (0, 10, 0)

    def test_pregaps_and_indexes_are_those_of_q(self, disc: Drive) -> None:
        found = {}
        for lba in (-1, 0, 299, 300, 499, 501, 599, 600):
            data = disc.run(ReadCd(lba, 1, selection=Selection(0, sub_channel=SubChannel.Q)))
            q = Q.from_bytes(data)
            found[lba] = (q.track, q.index, data[15])
        assert found == {
            -1: (1, 0, 0x80),
            0: (1, 1, 0),
            299: (1, 1, 0),
            300: (1, 2, 0),
            499: (1, 2, 0),
            501: (2, 0, 0x80),
            599: (2, 0, 0x80),
            600: (2, 1, 0),
        }
        assert disc.run(ReadTrackInformation(1)).track_sectors == 500
        disc.run(Seek10(350))
        position = disc.run(ReadSubChannel()).position
        assert position is not None
        assert (position.track, position.index, position.relative_lba) == (1, 2, 350)

    def test_codes_are_found(self, disc: Drive) -> None:
        assert disc.run(ReadSubChannel(SubChannelFormat.MCN)).code == "4006381333931"
        found = [disc.run(ReadSubChannel(SubChannelFormat.ISRC, track)).code for track in (1, 2)]
        assert found == ["DEABC2500001", "DEABC2500002"]

    def test_the_audio_is_what_was_sent_from_the_first_pregap_to_the_lead_out(self, disc: Drive) -> None:
        for lba in (-150, 0, 555, LEAD_OUT - 1):
            assert disc.run(ReadCd(lba, 1)) == sector(lba)
        with pytest.raises(errors.AddressOutOfRange):
            disc.run(ReadCd(LEAD_OUT, 1))


class TestRawWithRToW:
    def test_every_symbol_comes_back_as_it_was_sent(self, drive: Drive) -> None:
        def r_to_w(lba: int) -> bytes:
            return bytes((lba * 7 + n) % 64 for n in range(96)) if lba >= -150 else bytes(96)

        write(drive, r_to_w=r_to_w)
        for lba in (-150, 17, 40, 300, LEAD_OUT - 1):
            expected = interleave(-150 <= lba < 0, q_at(lba, POINTS).to_bytes(), r_to_w(lba))
            raw = drive.run(ReadCd(lba, 1, selection=Selection(0, sub_channel=SubChannel.RAW)))
            assert raw == expected
            selection = Selection(0x10, sub_channel=SubChannel.CORRECTED_R_TO_W)
            assert drive.run(ReadCd(lba, 1, selection=selection)) == sector(lba) + r_to_w(lba)

    def test_also_after_the_disc_was_put_away(self, tmp_path: Path) -> None:
        drive = ready(VirtualRecorder(Medium.new_at(tmp_path / "r.disc")))
        write(drive, r_to_w=lambda lba: bytes((lba % 64,)) * 96)
        drive.close()
        drive = ready(VirtualRecorder(Medium.open(tmp_path / "r.disc")))
        raw = drive.run(ReadCd(-1, 2, selection=Selection(0x10, sub_channel=SubChannel.RAW)))
        for number, lba in enumerate((-1, 0)):
            expected = interleave(lba < 0, q_at(lba, POINTS).to_bytes(), bytes((lba % 64,)) * 96)
            assert raw[2448 * number : 2448 * (number + 1)] == sector(lba) + expected

    def test_cd_text_in_the_lead_in_is_read_back(self, drive: Drive) -> None:
        packs = [cd_text.sealed(bytes((0x80, n, n, 0)) + b"Title %d\0\0\0\0\0" % n) for n in range(4)]
        symbols = cd_text.to_symbols(b"".join(packs))
        write(drive, r_to_w=lambda lba: symbols if lba < -150 else bytes(96))
        assert drive.run(ReadCdText()) == b"".join(packs)


class TestRefusals:
    def test_the_next_writable_address_is_the_start_of_the_lead_in(self, drive: Drive) -> None:
        begin(drive, P96)
        assert next_lba(drive) == LEAD_IN

    @pytest.mark.parametrize(
        ("block_type", "other"),
        [(P96, 2352), (P96, 2368), (PACKED, 2368), (PACKED, 2352), (P16, 2448), (P16, 2352)],
    )
    def test_sectors_have_the_length_of_the_block_type(
        self, block_type: int, other: int, drive: Drive
    ) -> None:
        length = begin(drive, block_type)
        with pytest.raises(errors.IllegalModeForTrack):
            drive.run(Write10(LEAD_IN, bytes(other), other))
        drive.run(Write10(LEAD_IN, bytes(length), length))

    @pytest.mark.parametrize("block_type", [0, 4, 8])
    def test_other_block_types_are_refused(self, block_type: int, drive: Drive) -> None:
        page = WriteParameters(write_type=3, data_block_type=block_type)
        with pytest.raises(errors.InvalidParameter):
            drive.run(ModeSelect10(page.to_page()))

    def test_packs_behind_the_lead_in_are_refused_which_would_need_parity_and_interleaving(
        self, drive: Drive
    ) -> None:
        packed = lambda lba: bytes(95) + b"\x01" if lba == 17 else bytes(96)  # noqa: E731
        with pytest.raises(errors.IllegalModeForTrack) as caught:
            write(drive, PACKED, r_to_w=packed)
        assert caught.value.sense.information == 17

    @pytest.mark.parametrize("number", [0, 1, 9])
    def test_they_are_in_whichever_sector_of_a_write(self, number: int, drive: Drive) -> None:
        length = begin(drive, PACKED)
        for lba in range(LEAD_IN, 0, 900):
            drive.run(Write10(lba, bytes(min(900, -lba) * length), length))
        symbols = [b"\x3f" if sector == number else b"\0" for sector in range(10)]
        with pytest.raises(errors.IllegalModeForTrack) as caught:
            drive.run(Write10(0, b"".join(bytes(SECTOR_BYTES) + one * 96 for one in symbols), length))
        assert caught.value.sense.information == number

    def test_cd_text_in_the_lead_in_has_neither_and_is_taken(self, drive: Drive) -> None:
        pack = cd_text.sealed(bytes((0x80, 0, 0, 0)) + b"A Title\0\0\0\0\0")
        symbols = cd_text.to_symbols(pack * 4)
        length = begin(drive, PACKED)
        sent = b"".join(
            data for _, data in stream(PACKED, r_to_w=lambda n: symbols if n < -150 else bytes(96))
        )
        for lba in range(LEAD_IN, LEAD_IN + len(sent) // length, 50):  # one of them across the border
            at = (lba - LEAD_IN) * length
            drive.run(Write10(lba, sent[at : at + 50 * length], length))
        drive.run(SynchronizeCache())
        assert drive.run(ReadCdText()) == pack

    def test_one_run_without_a_gap(self, drive: Drive) -> None:
        begin(drive, P96)
        for lba in (LEAD_IN + 1, -150, 0):
            with pytest.raises(errors.InvalidWriteAddress):
                drive.run(Write10(lba, bytes(2448), 2448))
        drive.run(Write10(LEAD_IN, bytes(2448), 2448))
        with pytest.raises(errors.InvalidWriteAddress):
            drive.run(Write10(LEAD_IN, bytes(2448), 2448))

    @pytest.mark.parametrize("block_type", [P16, P96])
    def test_a_track_of_data_is_refused_at_its_first_sector(self, block_type: int, drive: Drive) -> None:
        """Bit 2 of Q's control, 40h of its first byte, is that of data (IEC 60908 clause 17)."""
        length = begin(drive, block_type)
        for lba, data in stream(block_type, end=0):
            drive.run(Write10(lba, data, length))

        def first(control: int) -> bytes:
            q = Q(POSITION, control, 1, 1, 0, Msf.from_lba(0)).to_bytes()
            sub = interleave(False, q) if block_type == P96 else q + bytes(4)
            return sector(0) + sub

        for control in (4, 6):
            with pytest.raises(errors.IllegalModeForTrack) as caught:
                drive.run(Write10(0, first(control), length))
            assert caught.value.sense.information == 0
        drive.run(Write10(0, first(2), length))  # copying permitted

    def test_p_is_bit_7_of_the_last_of_16_bytes_alone(self, drive: Drive) -> None:
        """Its other bits do not count."""
        length = begin(drive, P16)
        for lba, data in stream(P16):
            drive.run(
                Write10(
                    lba,
                    b"".join(
                        data[at : at + length - 1] + bytes((data[at + length - 1] | 0x7F,))
                        for at in range(0, len(data), length)
                    ),
                    length,
                )
            )
        drive.run(SynchronizeCache())
        q = drive.run(ReadCd(100, 1, selection=Selection(0, sub_channel=SubChannel.Q)))
        assert q[15] & 0x80 == 0

    def test_only_a_blank_is_written_raw(self, drive: Drive) -> None:
        """5/64/00, illegal mode for this track; 5/64/01 is of packets (MMC-5 annex F)."""
        write_track(drive, 300)
        begin(drive, P96)
        with pytest.raises(errors.IllegalModeForTrack) as caught:
            drive.run(Write10(LEAD_IN, bytes(2448), 2448))
        assert str(caught.value.sense) == "5/64/00"


def _is_waste(drive: Drive) -> None:
    for command in (ReadToc(), ReadFullToc()):
        with pytest.raises(errors.InvalidField):
            drive.run(command)  # type: ignore[arg-type]
    assert drive.send(ReadDiscInformation().to_cdb(), data_in_length=34).data[2] == 0x05
    with pytest.raises(errors.SessionIncomplete):
        drive.run(CloseTrackSession(CloseFunction.SESSION))


BROKEN: dict[str, dict[str, object]] = {
    "no points at all": {"points": {}},
    "no lead-out in it": {"points": {k: v for k, v in POINTS.items() if k != 0xA2}},
    "no first track in it": {"points": {k: v for k, v in POINTS.items() if k != 0xA0}},
    "another first track in it": {"points": POINTS | {0xA0: (0, Msf(2, 0, 0))}},
    "another last track in it": {"points": POINTS | {0xA1: (1, Msf(3, 0, 0))}},
    "a track missing": {"points": {k: v for k, v in POINTS.items() if k != 1}},
    "every CRC wrong": {"spoil": True},
    "starts that fall": {"points": POINTS | {2: (1, Msf.from_lba(0))}},
    "a lead-out before the last track": {"points": POINTS | {0xA2: (0, Msf.from_lba(599))}},
    "the program breaks off": {"end": 900},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_lead_in_or_program_is_no_table_of_contents(name: str, drive: Drive) -> None:
    with pytest.raises(errors.FixationError):
        write(drive, **BROKEN[name])  # type: ignore[arg-type]
    _is_waste(drive)


def test_one_sound_copy_of_each_entry_is_enough(drive: Drive) -> None:
    """Six sectors of seven damaged: the lead-in holds each entry hundreds of times."""
    length = begin(drive, P96)
    for lba, data in stream(P96):
        spoiled = bytearray(data)
        for number in range(len(data) // length):
            if lba + number < -150 and (lba + number) % 7:
                spoiled[number * length + SECTOR_BYTES + 20] ^= 0x40
        drive.run(Write10(lba, spoiled, length))
    drive.run(SynchronizeCache())
    assert [track.start_lba for track in drive.run(ReadToc()).tracks] == [0, 600]


def test_a_disc_that_is_not_whole_yet_has_one_track_at_0_and_nothing_in_it(
    drive: Drive, recorder: VirtualRecorder
) -> None:
    """Which tracks there will be is known only when all of the lead-in has come."""
    length = begin(drive, P96)
    drive.run(Write10(LEAD_IN, bytes(10 * length), length))
    now = drive.run(ReadTrackInformation())
    assert (now.number, now.start_lba, now.next_writable_lba) == (1, 0, LEAD_IN + 10)
    recorder.cut_power()
    left = ready(recorder).run(ReadTrackInformation(1))
    assert (left.number, left.start_lba, left.track_sectors) == (1, 0, 0)
    assert left.next_writable_lba is None


def test_a_power_cut_leaves_data_and_no_table(drive: Drive, recorder: VirtualRecorder) -> None:
    length = begin(drive, P96)
    for lba, data in stream(P96, end=700):
        drive.run(Write10(lba, data, length))
    recorder.cut_power()
    drive = ready(recorder)
    assert drive.send(ReadDiscInformation().to_cdb(), data_in_length=34).data[2] == 0x05
    with pytest.raises(errors.InvalidField):
        drive.run(ReadToc())


@pytest.mark.parametrize(("bits", "status"), [(0, DiscStatus.COMPLETE), (3, DiscStatus.APPENDABLE)])
def test_the_multi_session_bits_say_whether_another_may_follow(
    bits: int, status: DiscStatus, drive: Drive
) -> None:
    write(drive, multi_session=bits)
    assert drive.run(ReadDiscInformation()).status is status


def test_what_is_no_sound_q_says_nothing_of_data(drive: Drive) -> None:
    """Its CRC is wrong: which bits of it are set does not count."""
    length = begin(drive, P96)
    drive.run(Write10(LEAD_IN, bytes(SECTOR_BYTES) + b"\x40" * 96, length))
    assert next_lba(drive) == LEAD_IN + 1


def test_a_lead_out_behind_the_end_of_the_disc_is_refused_and_the_disc_is_waste() -> None:
    """The groove ends at 00:14:00, LBA 900; the lead-in says that the lead-out begins at 1000."""
    medium = Medium(replace(blank_state(), last_lead_out=Msf(0, 14, 0)))
    drive = ready(VirtualRecorder(medium))
    with pytest.raises(errors.FixationError) as caught:
        write(drive)
    assert str(caught.value.sense) == "3/72/02"
    _is_waste(drive)
    track = drive.run(ReadTrackInformation(1))
    assert (track.damaged, track.next_writable_lba) == (True, None)


def test_a_lead_out_without_end_is_refused_three_minutes_behind_the_last_that_there_can_be() -> None:
    """A lead-out has 90 s, of a first session (ECMA-394); twice that is taken."""
    medium = Medium(replace(blank_state(), lead_in_start=Msf(99, 59, 0), last_lead_out=Msf(0, 2, 0)))
    drive = ready(VirtualRecorder(medium))
    length = begin(drive, P96)
    end = 180 * 75
    drive.run(Write10(-225, bytes(225 * length), length))
    for lba in range(0, end, 900):
        drive.run(Write10(lba, bytes(900 * length), length))
    with pytest.raises(errors.EndOfUserArea):
        drive.run(Write10(end, bytes(length), length))


@pytest.mark.parametrize(
    ("packs", "refused_at"),
    [(range(-160, -150), None), (range(-160, -149), -150), (range(-141, -140), -141)],
    ids=["before it", "over it", "behind it"],
)
def test_a_write_over_the_end_of_the_lead_in_may_have_packs_before_it_alone(
    packs: range, refused_at: int | None, drive: Drive
) -> None:
    """Ten sectors of lead-in and ten of the first pregap in one WRITE."""
    length = begin(drive, PACKED)
    for lba in range(LEAD_IN, -160, 900):
        drive.run(Write10(lba, bytes(min(900, -160 - lba) * length), length))
    r_to_w = (b"\x3f" if lba in packs else b"\0" for lba in range(-160, -140))
    data = b"".join(bytes(SECTOR_BYTES) + symbol * 96 for symbol in r_to_w)
    if refused_at is None:
        drive.run(Write10(-160, data, length))
        assert next_lba(drive) == -140
        return
    with pytest.raises(errors.IllegalModeForTrack) as caught:
        drive.run(Write10(-160, data, length))
    assert caught.value.sense.information == refused_at
    assert next_lba(drive) == -160
