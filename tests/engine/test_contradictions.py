"""What a drive says of its disc, held against what else it says, before anything is written."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.disc import Toc, TocTrack
from redbook.disc.layout import Item
from redbook.disc.sub_channel import POSITION
from redbook.drive import Drive
from redbook.engine.inspect import DiscContents, inspect
from redbook.engine.outcome import Settings
from redbook.errors import BurnFailed, InvalidReply, MediumUnsuitable, PlanError
from redbook.mmc.disc_info import (
    INVISIBLE_TRACK,
    DiscStatus,
    ReadAtip,
    ReadDiscInformation,
    ReadToc,
    ReadTrackInformation,
)
from redbook.mmc.identify import GetConfiguration
from redbook.mmc.mode_pages import MultiSession
from redbook.mmc.read import ReadCd, SubChannel
from redbook.mmc.write import Blank as Erase
from redbook.mmc.write import Write10
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import LENGTHS, Recording, contents, run
from tests.support.drives import close_session, loaded_again, ready, write_track

Change = Callable[[bytes], bytes]
READ_TOC = ReadToc.OPCODE


class Says(Recording):
    """A recorder some of whose words are others'.

    changes  what becomes of a reply, by opcode, by (43h, format of READ TOC) or by (52h, track)
    """

    def __init__(self, inner: VirtualRecorder, changes: dict[int | tuple[int, int], Change]) -> None:
        super().__init__(inner)
        self.changes = changes

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        reply = super().execute(cdb, data_out, length, timeout)
        exactly = (cdb[0], cdb[2] & 0xF if cdb[0] == READ_TOC else cdb[5])
        change = self.changes.get(exactly) or self.changes.get(cdb[0])
        if change is None or (reply.status != Status.GOOD and cdb[0] != READ_TOC):
            return reply
        return Reply(0, change(reply.data)[:length])

    @property
    def untouched(self) -> bool:
        return not {Write10.OPCODE, Erase.OPCODE, 0x5B, 0x54} & set(self.opcodes())


def put(at: int, values: bytes, only: Callable[[bytes], bool] = lambda data: True) -> Change:
    return lambda data: data[:at] + values + data[at + len(values) :] if only(data) else data


def long(value: int) -> bytes:
    return struct.pack(">i", value)


def looked_at(recorder: Any) -> DiscContents:
    return Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock()).run(inspect())[1]


def with_tracks(count: int = 2) -> VirtualRecorder:
    """A disc that tracks can be added to."""
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    for fill in range(1, count + 1):
        write_track(drive, 400, fill)
    return recorder


def appended(changes: dict[int | tuple[int, int], Change], recorder: VirtualRecorder | None = None) -> str:
    """What an append is refused with."""
    log = Says(recorder or with_tracks(), changes)
    with pytest.raises(InvalidReply) as caught:
        run(log, Settings(append=True))
    assert log.untouched
    return str(caught.value)


def burned(changes: dict[int | tuple[int, int], Change]) -> str:
    """What a burn to a blank disc is refused with."""
    log = Says(VirtualRecorder(Medium.new()), changes)
    with pytest.raises(InvalidReply) as caught:
        run(log)
    assert log.untouched
    return str(caught.value)


def of_the_next(at: int, values: bytes) -> Change:
    """Of READ TRACK INFORMATION, where the reply is of a blank track."""
    return put(at, values, lambda data: len(data) > 6 and bool(data[6] & 0x40))


class TestBlank:
    def test_no_length_no_blank_disc(self) -> None:
        assert "makes no sense" in burned({ReadDiscInformation.OPCODE: lambda data: bytes(len(data))})

    def test_a_blank_disc_with_a_table_of_contents(self) -> None:
        toc = ReadToc().build_reply(Toc((TocTrack(1, 0), TocTrack(2, 20_000)), 40_000))
        assert "reads a table of contents of 2 tracks" in burned({(READ_TOC, 0): lambda data: toc})

    def test_nonsense_for_its_table_of_contents_is_no_word_against_it(self) -> None:
        recorder = VirtualRecorder(Medium.new())
        run(Says(recorder, {(READ_TOC, 0): lambda data: bytes(20)}))
        assert len(contents(recorder)) == 3

    @pytest.mark.parametrize(
        "change", [of_the_next(2, b"\x02"), of_the_next(12, long(30_000))], ids=["2", "30000"]
    )
    def test_a_blank_disc_whose_next_track_is_not_the_first(self, change: Change) -> None:
        assert "calls the disc blank, and says that the next track" in burned(
            {ReadTrackInformation.OPCODE: change}
        )

    def test_a_drive_that_does_not_mark_the_next_track_as_blank(self) -> None:
        recorder = VirtualRecorder(Medium.new())
        run(Says(recorder, {ReadTrackInformation.OPCODE: of_the_next(6, b"\x0f")}))
        assert len(contents(recorder)) == 3


class TestAppend:
    @pytest.mark.parametrize("number", [1, 2, 4, 50, 99])
    def test_a_number_that_does_not_follow(self, number: int) -> None:
        text = appended({(ReadTrackInformation.OPCODE, INVISIBLE_TRACK): put(2, bytes((number,)))})
        assert f"the last track on the disc is number 2, and the next one {number}" in text

    @pytest.mark.parametrize(
        ("at", "words"), [(-150, "is not blank"), (0, "reaches to"), (951, "reaches to")]
    )
    def test_an_address_on_top_of_what_is_there(self, at: int, words: str) -> None:
        assert words in appended({ReadTrackInformation.OPCODE: of_the_next(12, long(at))})

    def test_an_appendable_disc_whose_next_address_the_drive_does_not_tell(self) -> None:
        """Byte 7 bit 0, NWA_V, is 0 (MMC-5 6.27): the address beside it does not count."""
        log = Says(with_tracks(), {ReadTrackInformation.OPCODE: of_the_next(7, b"\0")})
        with pytest.raises(MediumUnsuitable, match="no more tracks can be added"):
            run(log, Settings(append=True))
        assert log.untouched

    def test_a_next_track_that_no_disc_has(self) -> None:
        assert "the track's number is said to be 65535" in appended(
            {ReadTrackInformation.OPCODE: lambda data: b"\xff" * len(data)}
        )

    def test_a_track_that_makes_no_sense_is_one_that_may_be_overwritten(self) -> None:
        second = put(8, long(-2_784_886), lambda data: data[2:3] == b"\x02" and not data[6] & 0x40)
        assert "track 2 is said to be at sector" in appended({ReadTrackInformation.OPCODE: second})

    def test_tracks_that_lie_on_each_other(self) -> None:
        longer = put(24, long(600), lambda data: data[2:3] == b"\x01" and not data[6] & 0x40)
        assert "track 1 extends from sector 0 to 599, but that track 2 starts at 552" in appended(
            {ReadTrackInformation.OPCODE: longer}
        )

    def test_a_table_of_contents_that_has_them_elsewhere(self) -> None:
        recorder = VirtualRecorder(Medium.new())
        drive = ready(recorder)
        write_track(drive, 400)
        close_session(drive, MultiSession.NEXT_ALLOWED)
        toc = ReadToc().build_reply(Toc((TocTrack(1, 200),), 402))
        assert "its table of contents says 200" in appended({(READ_TOC, 0): lambda data: toc}, recorder)


class TestRoom:
    def test_the_shortest_word_on_it_counts(self) -> None:
        """READ DISC INFORMATION of a disc of 99 minutes, the ATIP and the count of free sectors of 80."""
        recorder = VirtualRecorder(Medium.new())
        end = looked_at(recorder).space
        assert end is not None and end.last_lead_out_lba == 359_849
        long_disc = put(21, bytes((99, 59, 74)))
        found = looked_at(Says(recorder, {ReadDiscInformation.OPCODE: long_disc})).space
        assert found is not None and found.last_lead_out_lba == 359_849
        few = {ReadTrackInformation.OPCODE: of_the_next(16, long(1000))}
        with pytest.raises(PlanError, match="does not fit"):
            run(Says(VirtualRecorder(Medium.new()), few))

    def test_words_that_differ_by_a_reserve_are_the_same(self) -> None:
        less = {ReadTrackInformation.OPCODE: of_the_next(16, long(359_849 - 4000))}
        found = looked_at(Says(VirtualRecorder(Medium.new()), less)).space
        assert found is not None and found.last_lead_out_lba == 359_849

    def test_no_word_at_all(self) -> None:
        nothing: dict[int | tuple[int, int], Change] = {
            ReadTrackInformation.OPCODE: of_the_next(16, bytes(4)),
            ReadDiscInformation.OPCODE: put(21, b"\xff\xff\xff"),
            (READ_TOC, ReadAtip.FORMAT): lambda data: bytes(len(data)),
        }
        assert "not how much room there is" in burned(nothing)


@pytest.mark.parametrize(("later", "fits"), [(0, True), (1, False), (4, False)])
def test_a_track_may_move_as_far_as_those_behind_it_still_fit(later: int, fits: bool) -> None:
    """Two sectors of run-out lie before the lead-out, which starts at 359849 at the latest."""
    _, second, third = LENGTHS
    wanted = 359_849 - 2 - third - 152 - second + later
    moved = put(12, long(wanted), lambda data: data[2:3] == b"\x02" and bool(data[6] & 0x40))
    with pytest.raises(BurnFailed) as caught:  # where it fits, the recorder refuses to write there
        run(Says(VirtualRecorder(Medium.new()), {ReadTrackInformation.OPCODE: moved}))
    assert (f"the drive wants track 2 at sector {wanted}, but" in str(caught.value)) is not fits


def test_a_disc_that_is_no_cd_is_refused_for_that_before_its_numbers_are_held_against_a_cd_s() -> None:
    """A DVD-RW (profile 0014h) of a thousand sessions and tracks is not erased."""
    many: dict[int | tuple[int, int], Change] = {
        GetConfiguration.OPCODE: put(6, b"\x00\x14"),
        ReadDiscInformation.OPCODE: put(9, b"\x04\x04\x04"),
    }
    medium = Medium.new("cd-rw")
    write_track(ready(VirtualRecorder(medium)), 300)
    log = Says(VirtualRecorder(medium), many)
    with pytest.raises(MediumUnsuitable, match=r"is not a CD-RW \(DVD"):
        redbook.blank(Drive(log), clock=ManualClock())
    assert log.untouched


class TestLook:
    """What is known is shown beside what makes no sense."""

    def closed(self) -> VirtualRecorder:
        recorder = with_tracks()
        close_session(ready(recorder))
        loaded_again(ready(recorder))
        return recorder

    def test_a_table_of_contents_of_nonsense(self) -> None:
        def swapped(data: bytes) -> bytes:
            entries = [data[i : i + 8] for i in range(4, len(data), 8)]
            return data[:4] + b"".join(entry[:4] + entry[:3:-1] for entry in entries)

        found = looked_at(Says(self.closed(), {(READ_TOC, 0): swapped}))
        assert found.toc is None
        assert found.expected_toc() is None
        assert [t.number for t in found.tracks] == [1, 2]
        (problem,) = found.problems
        assert problem.startswith("the drive's answer to READ TOC makes no sense: track 2 is said to be at")

    @pytest.mark.parametrize("closed", [0, 1])
    def test_it_is_told_only_of_a_disc_that_has_one(self, closed: int) -> None:
        """Until a session is closed there is none, and drives say all kinds of things of it."""
        recorder = with_tracks()
        if closed:
            close_session(ready(recorder), MultiSession.NEXT_ALLOWED)
            write_track(ready(recorder), 400)
        found = looked_at(Says(recorder, {(READ_TOC, 0): lambda data: bytes(20)}))
        assert len(found.tracks) == 2 + closed
        assert len(found.problems) == closed

    def test_that_it_has_tracks_elsewhere_is_no_doubt_where_nothing_can_be_added(self) -> None:
        """Reading goes by the table of contents; it is writing that it would spoil."""
        toc = ReadToc().build_reply(Toc((TocTrack(1, 200), TocTrack(2, 552)), 954))
        found = looked_at(Says(self.closed(), {(READ_TOC, 0): lambda data: toc}))
        assert found.status is DiscStatus.COMPLETE
        assert not found.doubt
        assert not found.problems
        assert found.space is None

    def test_one_track_of_nonsense(self) -> None:
        second = put(2, b"\xff", lambda data: data[2:3] == b"\x02")
        found = looked_at(Says(self.closed(), {ReadTrackInformation.OPCODE: second}))
        assert [t.number for t in found.tracks] == [1]
        assert len(found.problems) == 1

    def test_the_same_nonsense_of_every_track_is_told_once(self) -> None:
        ones: Change = lambda data: b"\xff" * len(data)  # noqa: E731
        found = looked_at(Says(self.closed(), {ReadTrackInformation.OPCODE: ones}))
        assert found.toc is not None and len(found.toc.tracks) == 2
        assert len(found.problems) == 1

    def test_no_number_of_tracks_is_asked_for_one_by_one_beyond_99(self) -> None:
        log = Says(self.closed(), {ReadDiscInformation.OPCODE: put(6, b"\xff\x00\x00\x00\x00\xff")})
        with pytest.raises(InvalidReply, match="it must be 1 to 99"):
            looked_at(log)
        assert len(log.cdbs) < 30


def test_zeros_from_a_drive_at_work_are_waited_through_and_not_for_long() -> None:
    """While it closes a session; zeros for good are the end of it."""
    for asked, whole in ((6, True), (10**6, False)):
        left = [asked]

        def zeros(data: bytes, left: list[int] = left) -> bytes:
            left[0] -= 1
            return bytes(len(data)) if left[0] >= 0 else data

        recorder = VirtualRecorder(Medium.new())
        log = Says(recorder, {})

        class Closing(Says):
            def execute(self, cdb: bytes, *rest: Any, zeros: Change = zeros) -> Reply:
                if cdb[0] == 0x5B:
                    self.changes = {ReadDiscInformation.OPCODE: zeros}
                return super().execute(cdb, *rest)

        log, clock = Closing(recorder, {}), ManualClock()
        if whole:
            run(log, clock=clock)
        else:
            with pytest.raises(BurnFailed, match="READ DISC INFORMATION makes no sense"):
                run(log, clock=clock)
        assert clock.now() < 30


class Miscounting(Recording):
    """A drive whose Q has another index than the disc's, and no CRC (MMC-5 6.20 allows that)."""

    index: Callable[[int], int]

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        reply = super().execute(cdb, data_out, length, timeout)
        if cdb[0] != ReadCd.OPCODE or cdb[10] != SubChannel.Q or reply.status != Status.GOOD:
            return reply
        lba = int.from_bytes(cdb[2:6], "big", signed=True)
        data = reply.data
        if data[0] & 0xF != POSITION or not data[2]:
            return reply
        return Reply(0, data[:2] + bytes((self.index(lba),)) + data[3:10] + bytes(2) + data[12:])


@pytest.mark.parametrize(
    "index",
    [lambda lba: 0x02, lambda lba: 0x17, lambda lba: 0x99, lambda lba: 0x01 if lba < 100 else 0x17],
    ids=["2", "17", "99", "jumps"],
)
def test_indexes_that_do_not_follow_on_each_other_are_none(index: Callable[[int], int]) -> None:
    log = Miscounting(with_tracks())
    close_session(ready(log.inner))
    loaded_again(ready(log.inner))
    log.index = index
    found = redbook.disc_info(Drive(log), clock=ManualClock())
    assert [track.indexes for track in found.labels.tracks] == [(), ()]
    assert {(Item.INDEXES, 1), (Item.INDEXES, 2)} <= found.labels.untold
    assert len(log.cdbs) < 120
