"""What is made of what a drive tells of a disc's labels, answer by answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest

from redbook.disc import Msf, Toc, TocTrack
from redbook.disc.cd_text.packs import PackType, sealed
from redbook.disc.layout import Item
from redbook.disc.sub_channel import ISRC, MCN, POSITION, Q
from redbook.engine.labels import DiscLabels, read_labels
from redbook.errors import InvalidReply, Sense, SenseError
from redbook.mmc import sense
from redbook.mmc.command import Command
from redbook.mmc.disc_info import RawToc, ReadCdText, ReadFullToc, TocPoint, TrackInformation
from redbook.mmc.playback import AudioStatus, ReadSubChannel, SubChannelData, SubChannelFormat
from redbook.mmc.read import ReadCd

CODE, OTHER_CODE, MCN_OF_DISC = "DEABC2500001", "FR1230400099", "4006381333931"
DAMAGED = Q(POSITION, 0, 7, 7).to_bytes()[:10] + b"\x12\x34" + bytes(4)


def code_at(lba: int, adr: int, code: str) -> Q:
    """MCN or ISRC as that sector has it."""
    return Q(adr, 0, code=code, frame=Msf.from_lba(lba).frame)


def refused(command: type[Command[Any]], text: str) -> SenseError:
    key, asc, ascq = (int(part, 16) for part in text.split("/"))
    error = sense.to_error(command.NAME, Sense(key, asc, ascq))
    assert isinstance(error, SenseError)
    return error


@dataclass
class Told:
    """A disc as a drive tells of it; every question is noted.

    places   where each index begins, in order: address, track, index
    end      behind the last sector
    other    what Q holds in place of a position, by address; None for none that can be read
    skew     Q is that of a sector so many further on
    tells_time  whether the time in it is right
    other_times  how often a sector tells what is in `other`
    codes    what READ SUB-CHANNEL says: of the disc (0) and the tracks, in turn, the last one for ever
    data     addresses of sectors of data
    """

    places: Sequence[tuple[int, int, int]]
    end: int
    other: Mapping[int, Q | bytes | None] = field(default_factory=dict)
    codes: Mapping[int, Sequence[str | Exception]] = field(default_factory=dict)
    cd_text: bytes | Exception = b""
    data: range = range(0)
    lead_outs: Mapping[int, int] | None = None
    skew: int = 0
    tells_time: bool = True
    other_times: int = 1000
    asked: list[Command[Any]] = field(default_factory=list)
    _codes_told: dict[int, int] = field(default_factory=dict)
    _seen: Counter[int] = field(default_factory=Counter)

    def answer(self, command: Command[Any]) -> Any:
        self.asked.append(command)
        if isinstance(command, ReadCdText):
            return self._or_raise(self.cd_text)
        if isinstance(command, ReadSubChannel):
            track = command.track
            assert (track == 0) is (command.format is SubChannelFormat.MCN), "MMC-3 6.1.23"
            told = self.codes.get(track, [""])
            number = self._codes_told.get(track, 0)
            self._codes_told[track] = number + 1
            code = self._or_raise(told[min(number, len(told) - 1)])
            return SubChannelData(AudioStatus.NONE, code=code, track=track)
        if isinstance(command, ReadFullToc):
            if self.lead_outs is None:
                raise refused(ReadFullToc, "5/24/00")
            points = [
                TocPoint(session, 1, 0, 0xA2, (m.minute, m.second, m.frame))
                for session, m in ((n, Msf.from_lba(lba)) for n, lba in self.lead_outs.items())
            ]
            return RawToc(1, len(self.lead_outs), tuple(points))
        assert isinstance(command, ReadCd)
        assert command.selection.to_bytes() == b"\x00\x02", "Q alone (MMC-5 6.20, bytes 9 and 10)"
        sectors = range(command.lba, command.lba + command.sectors)
        if len({lba in self.data for lba in sectors}) > 1:
            raise refused(ReadCd, "5/64/00")
        return b"".join(self._q(lba, command) for lba in sectors)

    def _or_raise(self, what: Any) -> Any:
        if isinstance(what, Exception):
            raise what
        return what

    def _q(self, lba: int, command: ReadCd) -> bytes:
        if lba in self.data and command.sector_type != ReadCd.ANY_TYPE:
            raise refused(ReadCd, "5/64/00")
        if lba >= self.end:
            raise refused(ReadCd, "5/21/00")
        self._seen[lba] += 1
        if lba in self.other and self._seen[lba] <= self.other_times:
            found = self.other[lba]
            if found is None:
                raise refused(ReadCd, "3/11/05")
            return found if isinstance(found, bytes) else found.to_bytes() + bytes(4)
        lba += self.skew
        _, track, index = [place for place in self.places if place[0] <= lba][-1]
        time = Msf.from_lba(lba) if self.tells_time else Msf(70, 0, 0)
        return Q(POSITION, 0, track, index, 0, time).to_bytes() + bytes(4)

    def places_asked_for(self) -> list[int]:
        return [command.lba for command in self.asked if isinstance(command, ReadCd)]


def track(number: int, start: int, sectors: int, session: int = 1, control: int = 0) -> TrackInformation:
    return TrackInformation(number, session, control, False, False, start, None, 0, sectors)


def toc_of(tracks: Sequence[TrackInformation], lead_out: int | None = None) -> Toc:
    entries = tuple(TocTrack(t.number, t.start_lba, t.control, t.session) for t in tracks)
    return Toc(entries, lead_out or tracks[-1].start_lba + tracks[-1].track_sectors)


def labels(told: Told, tracks: Sequence[TrackInformation], toc: Toc | None = None, **how: bool) -> DiscLabels:
    procedure = read_labels(tracks, toc or toc_of(tracks), **how)
    answer, error = None, None
    for _ in count():
        try:
            step = procedure.throw(error) if error else procedure.send(answer)
        except StopIteration as stop:
            assert isinstance(stop.value, DiscLabels)
            return stop.value
        answer = error = None
        try:
            assert isinstance(step, Command)
            answer = told.answer(step)
        except Exception as raised:  # noqa: BLE001 - it is the procedure's to handle
            error = raised
    raise AssertionError


TWO = [track(1, 0, 1000), track(2, 1150, 1000)]


def two(*places: tuple[int, int, int], **how: Any) -> Told:
    """Two tracks of 1000 sectors, the second with a pregap of 150, and what else begins in them."""
    begin = {(0, 1, 1), (1000, 2, 0), (1150, 2, 1)}
    return Told(sorted({*begin, *places}), 2150, **how)


class TestPregaps:
    @pytest.mark.parametrize("length", [0, 1, 2, 75, 148, 149, 150, 151, 152, 400, 998])
    def test_are_as_long_as_q_says(self, length: int) -> None:
        told = Told([(0, 1, 1), (1150 - length, 2, 0), (1150, 2, 1)], 2150)
        assert labels(told, TWO).pregap_sectors(2) == length

    def test_are_not_asked_for_far_and_wide_where_they_are_as_long_as_most(self) -> None:
        told = two()
        labels(told, TWO)
        assert len([lba for lba in told.places_asked_for() if 900 < lba < 1150]) <= 4

    @pytest.mark.parametrize("silent", [1, 2])
    def test_are_found_behind_sectors_that_tell_something_else(self, silent: int) -> None:
        """MCN and ISRC lie in two sectors side by side at most (IEC 60908 17.5)."""
        other = {lba: code_at(lba, MCN, MCN_OF_DISC) for lba in range(1150 - silent, 1150)}
        assert labels(two(other=other), TWO).pregap_sectors(2) == 150
        none = Told([(0, 1, 1), (1150, 2, 1)], 2150, other)
        assert labels(none, TWO).pregap_sectors(2) == 0

    @pytest.mark.parametrize("silent", [1, 2])
    def test_are_not_denied_where_the_sectors_before_a_track_cannot_be_read(self, silent: int) -> None:
        """They may be all that there is of a pregap."""
        other = dict.fromkeys(range(1150 - silent, 1150))
        found = labels(Told([(0, 1, 1), (1150, 2, 1)], 2150, other), TWO)
        assert found.pregap_sectors(2) is None

    def test_are_not_denied_where_a_code_stands_in_another_sector_than_the_drive_says(self) -> None:
        """MCN and ISRC have the last two digits of their sector's address: these are of another."""
        other = {1149: code_at(1149 - 30, MCN, MCN_OF_DISC)}
        found = labels(Told([(0, 1, 1), (1150, 2, 1)], 2150, other), TWO)
        assert found.pregap_sectors(2) is None

    def test_are_not_known_where_three_sectors_side_by_side_do_not_tell(self) -> None:
        found = labels(two(other=dict.fromkeys(range(1147, 1150))), TWO)
        assert found.pregap_sectors(2) is None
        assert (Item.PREGAPS, 2) in found.untold

    @pytest.mark.parametrize("start", [0, 75, 400])
    def test_of_the_first_track_begin_with_the_disc(self, start: int) -> None:
        """At 00:00:00, LBA -150 (Red Book): nothing before LBA 0 is read for it."""
        tracks = [track(1, start, 1000)]
        told = Told([(0, 1, 0), (start, 1, 1)], start + 1000)
        assert labels(told, tracks).pregap_sectors(1) == start + 150
        assert min(told.places_asked_for()) >= start

    def test_of_a_later_session_s_first_track_are_of_two_seconds_and_not_asked_for(self) -> None:
        tracks = [track(1, 0, 1000), track(2, 12_400, 500, session=2)]
        told = Told([(0, 1, 1), (12_250, 2, 0), (12_400, 2, 1)], 12_900, lead_outs={1: 1000, 2: 12_900})
        assert labels(told, tracks).pregap_sectors(2) == 150
        assert not [lba for lba in told.places_asked_for() if 1000 <= lba < 12_400]

    def test_are_read_where_data_lie_before_the_track(self) -> None:
        """Mixed mode: Q of a sector of data comes to who asks for any kind of sector."""
        tracks = [track(1, 0, 1000, control=4), track(2, 1150, 1000)]
        assert labels(two(data=range(1000)), tracks).pregap_sectors(2) == 150

    def test_of_a_track_of_data_are_not_told(self) -> None:
        tracks = [track(1, 0, 1000), track(2, 1150, 1000, control=4)]
        told = two()
        found = labels(told, tracks)
        assert {(Item.PREGAPS, 2), (Item.INDEXES, 2)} <= found.untold
        assert found.pregap_sectors(2) is None
        assert (Item.INDEXES, 1) not in found.untold
        assert max(told.places_asked_for()) < 1000

    @pytest.mark.parametrize(
        ("before", "expected"), [((2, 0), 150), ((1, 1), 0), ((2, 1), 0), ((1, 0), 0), ((3, 0), 0)]
    )
    def test_are_none_where_the_sector_before_a_track_is_of_no_pregap_of_it(
        self, before: tuple[int, int], expected: int
    ) -> None:
        told = Told([(0, 1, 1), (1000, *before), (1150, 2, 1)], 2150)
        assert labels(told, TWO).pregap_sectors(2) == expected

    @pytest.mark.parametrize("skew", [-3, -2, -1, 1, 2])
    def test_are_as_q_says_whose_sector_it_is(self, skew: int) -> None:
        """Some drives hand over the Q of a sector close by; it has its own time in it."""
        told = Told([(0, 1, 1), (1030, 2, 0), (1150, 2, 1)], 2200, skew=skew)
        assert labels(told, TWO).pregap_sectors(2) == 120

    def test_are_where_they_were_asked_for_if_the_time_in_q_is_nonsense(self) -> None:
        told = Told([(0, 1, 1), (1030, 2, 0), (1150, 2, 1)], 2150, tells_time=False)
        assert labels(told, TWO).pregap_sectors(2) == 120

    def test_are_found_behind_a_sector_whose_q_is_damaged(self) -> None:
        assert labels(two(other={1149: DAMAGED}), TWO).pregap_sectors(2) == 150

    @pytest.mark.parametrize(("times", "expected"), [(1, 0), (2, None)])
    def test_are_known_where_damaged_q_comes_right_the_second_time(
        self, times: int, expected: int | None
    ) -> None:
        told = Told([(0, 1, 1), (1150, 2, 1)], 2150, {1149: DAMAGED}, other_times=times)
        assert labels(told, TWO).pregap_sectors(2) == expected


class TestIndexes:
    @pytest.mark.parametrize("places", [(200,), (200, 201, 202), (1, 2, 3), (500, 998, 999), (10, 700, 999)])
    def test_begin_where_q_says(self, places: tuple[int, ...]) -> None:
        told = two(*((lba, 1, index) for index, lba in enumerate(places, 2)))
        found = labels(told, TWO)
        assert found.tracks[0].indexes == places
        assert found.untold == frozenset()

    def test_may_be_99(self) -> None:
        places = tuple(range(9, 9 + 98 * 10, 10))
        told = two(*((lba, 1, index) for index, lba in enumerate(places, 2)))
        assert labels(told, TWO).tracks[0].indexes == places

    def test_that_are_not_counted_one_by_one_are_not_believed(self) -> None:
        found = labels(two((300, 1, 2), (600, 1, 4)), TWO)
        assert found.tracks[0].indexes == (300,)
        assert (Item.INDEXES, 1) in found.untold

    def test_of_a_track_that_does_not_begin_with_its_first_are_not_believed(self) -> None:
        found = labels(two((0, 1, 2), (300, 1, 3)), TWO)
        assert found.tracks[0].indexes == ()
        assert (Item.INDEXES, 1) in found.untold

    @pytest.mark.parametrize(
        "last", [Q(POSITION, 0, 1, 0), Q(POSITION, 0, 3, 1), Q(POSITION, 0, 3, 2), Q(POSITION, 0, 2, 1)]
    )
    def test_are_not_known_where_the_last_sector_is_of_something_else(self, last: Q) -> None:
        """Index 0 at a track's end, or another track: such a drive is not asked any further."""
        other = {lba: replace(last, time=Msf.from_lba(lba)) for lba in range(990, 1000)}
        told = Told([(0, 1, 1)], 1000, other)
        found = labels(told, TWO[:1])
        assert found.tracks[0].indexes == ()
        assert (Item.INDEXES, 1) in found.untold
        assert not [lba for lba in told.places_asked_for() if lba < 900]

    @pytest.mark.parametrize(("silent", "known"), [(1, True), (2, True), (3, False)])
    def test_are_known_where_a_sector_in_three_at_the_track_s_end_tells(
        self, silent: int, known: bool
    ) -> None:
        other = {lba: code_at(lba, ISRC, CODE) for lba in range(1000 - silent, 1000)}
        found = labels(two(other=other), TWO)
        assert ((Item.INDEXES, 1) in found.untold) is not known

    def test_are_known_where_the_middle_one_of_those_three_tells(self) -> None:
        other = {lba: code_at(lba, ISRC, CODE) for lba in (999, 997, 996)}
        found = labels(two(other=other), TWO)
        assert (Item.INDEXES, 1) not in found.untold

    @pytest.mark.parametrize("silent", [range(300, 301), range(300, 302), range(299, 301), range(301, 303)])
    def test_are_found_where_the_sectors_about_their_start_do_not_tell(self, silent: range) -> None:
        """What lies before a place that tells, and does not, belongs to what was before."""
        other = {lba: code_at(lba, MCN, MCN_OF_DISC) for lba in silent}
        found = labels(two((300, 1, 2), other=other), TWO)
        expected = silent.stop if silent.start <= 300 else 300
        assert found.tracks[0].indexes == (expected,)

    @pytest.mark.parametrize("damaged", [range(300, 301), range(300, 302), range(299, 300), range(298, 301)])
    def test_are_not_guessed_where_a_sector_about_their_start_cannot_be_read(self, damaged: range) -> None:
        """One of those may be the first."""
        found = labels(two((300, 1, 2), other=dict.fromkeys(damaged)), TWO)
        assert found.tracks[0].indexes == ()
        assert (Item.INDEXES, 1) in found.untold

    @pytest.mark.parametrize("at", [998, 999])
    def test_at_a_track_s_end_are_not_denied_where_a_sector_there_cannot_be_read(self, at: int) -> None:
        """A last index may be as short as a sector."""
        found = labels(two(other=dict.fromkeys(range(at, 1000))), TWO)
        assert found.tracks[0].indexes == ()
        assert (Item.INDEXES, 1) in found.untold

    def test_before_a_damaged_last_sector_are_told_though_others_may_follow(self) -> None:
        found = labels(two((300, 1, 2), other={999: None}), TWO)
        assert found.tracks[0].indexes == (300,)
        assert (Item.INDEXES, 1) in found.untold

    def test_are_not_guessed_where_many_sectors_about_their_start_do_not_tell(self) -> None:
        found = labels(two((300, 1, 2), other=dict.fromkeys(range(280, 320))), TWO)
        assert found.tracks[0].indexes == ()
        assert (Item.INDEXES, 1) in found.untold

    @pytest.mark.parametrize("silent", [0, 5, 12])
    def test_are_believed_once_a_sector_shows_that_the_track_begins_with_its_first(self, silent: int) -> None:
        """A drive's Q may be that of a sector up to ten before: the first few tell of another track."""
        found = labels(two((300, 1, 2), other=dict.fromkeys(range(silent))), TWO)
        assert found.tracks[0].indexes == (300,)

    def test_are_not_believed_where_no_sector_at_the_track_s_start_tells(self) -> None:
        found = labels(two((300, 1, 2), other=dict.fromkeys(range(13))), TWO)
        assert found.tracks[0].indexes == ()
        assert (Item.INDEXES, 1) in found.untold


class TestADriveWithoutQ:
    def tracks(self, count: int) -> list[TrackInformation]:
        return [track(number, number * 1000, 1000) for number in range(1, count + 1)]

    def test_is_asked_of_three_tracks_and_no_more(self) -> None:
        told = Told([(0, 1, 1)], 9000, other=dict.fromkeys(range(9000)))
        found = labels(told, self.tracks(7))
        assert {1, 2, 3} == {(lba + 1) // 1000 - 1 for lba in told.places_asked_for()} - {0}
        assert {(item, number) for item in (Item.INDEXES,) for number in range(1, 8)} <= found.untold
        assert {(Item.PREGAPS, number) for number in range(2, 8)} <= found.untold

    def test_is_not_asked_for_codes_in_q_either(self) -> None:
        codes = {1: [CODE], 2: [CODE]}
        told = two(other=dict.fromkeys(range(1990, 2150)), codes=codes)
        labels(told, TWO)
        assert not [c for c in told.asked if isinstance(c, ReadCd) and c.sectors > 1 and c.lba >= 1150]

    def test_is_asked_on_where_one_track_in_three_tells(self) -> None:
        other = {lba: None for lba in range(9000) if lba // 1000 in (1, 2, 4, 5, 7)}
        places = [(number * 1000, number, 1) for number in range(1, 8)]
        told = Told([(0, 1, 0), *places], 9000, other=other)
        found = labels(told, self.tracks(7))
        silent = {number for item, number in found.untold if item is Item.INDEXES}
        assert silent == {1, 2, 4, 5, 7}


class TestCodes:
    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            (["", ""], ""),
            ([CODE, CODE], CODE),
            ([OTHER_CODE, CODE, CODE], CODE),  # the first answer is of the track that was asked for before
            (["", CODE, CODE], CODE),
            ([OTHER_CODE, "", CODE, CODE], CODE),
            ([OTHER_CODE, CODE, OTHER_CODE, CODE, CODE], None),
            ([refused(ReadSubChannel, "5/24/00")], None),
            ([InvalidReply("short")], None),
            (["not a code"], None),
        ],
    )
    def test_of_a_track_are_what_the_drive_tells_twice_in_a_row(
        self, told: list[str | Exception], expected: str | None
    ) -> None:
        found = labels(two(codes={2: told}), TWO)
        assert found.tracks[1].isrc == (expected or "")
        assert ((Item.ISRC, 2) in found.untold) is (expected is None)
        assert (Item.ISRC, 1) not in found.untold

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            (["", ""], ""),
            ([MCN_OF_DISC, MCN_OF_DISC], MCN_OF_DISC),
            ([CODE, CODE], None),
            ([refused(ReadSubChannel, "5/20/00")], None),
        ],
    )
    def test_of_the_disc_are_thirteen_digits(self, told: list[str | Exception], expected: str | None) -> None:
        found = labels(two(codes={0: told}), TWO)
        assert found.mcn == (expected or "")
        assert ((Item.MCN, 0) in found.untold) is (expected is None)

    def test_are_not_asked_of_data(self) -> None:
        tracks = [track(1, 0, 1000, control=4), track(2, 1150, 1000)]
        told = two(data=range(1000))
        found = labels(told, tracks)
        asked = [c for c in told.asked if isinstance(c, ReadSubChannel) and c.format is SubChannelFormat.ISRC]
        assert {command.track for command in asked} == {2}
        assert (Item.ISRC, 1) in found.untold

    @pytest.mark.parametrize(("lba", "seen"), [(9, False), (10, True), (60, True), (134, True), (135, False)])
    def test_in_q_count_where_the_drive_hands_them_over(self, lba: int, seen: bool) -> None:
        """At least once in a hundred sectors (IEC 60908 17.5.3); ten at a track's start may be of another."""
        other = {1150 + lba: Q(ISRC, 0, code=OTHER_CODE)}
        found = labels(two(codes={2: [CODE]}, other=other), TWO)
        assert found.tracks[1].isrc == (OTHER_CODE if seen else CODE)

    @pytest.mark.parametrize(("sectors", "end"), [(1000, 135), (160, 135), (140, 130), (60, 50)])
    def test_in_q_are_looked_for_in_a_track_s_own_sectors_alone(self, sectors: int, end: int) -> None:
        """From the tenth on, to the tenth from its end, and in no more than are needed."""
        tracks = [track(1, 0, 1000), track(2, 1150, sectors)]
        told = Told([(0, 1, 1), (1000, 2, 0), (1150, 2, 1)], 1150 + sectors, codes={2: [CODE]})
        labels(told, tracks)
        reads = [c for c in told.asked if isinstance(c, ReadCd) and c.sectors > 1 and c.lba >= 1150]
        covered = [lba for c in reads for lba in range(c.lba, c.lba + c.sectors)]
        assert covered == list(range(1160, 1150 + end))

    def test_in_q_are_found_behind_a_sector_whose_q_is_damaged(self) -> None:
        other = {1160: DAMAGED, 1165: Q(ISRC, 0, code=OTHER_CODE)}
        assert labels(two(codes={2: [CODE]}, other=other), TWO).tracks[1].isrc == OTHER_CODE

    def test_in_q_are_not_looked_for_on_a_disc_that_has_none(self) -> None:
        told = two()
        labels(told, TWO)
        assert not [c for c in told.asked if isinstance(c, ReadCd) and c.sectors > 1]

    def test_in_q_are_looked_for_where_the_drive_tells_none_for_sure(self) -> None:
        other = {1150 + 50: Q(ISRC, 0, code=CODE)}
        found = labels(two(codes={2: [refused(ReadSubChannel, "5/24/00")]}, other=other), TWO)
        assert (found.tracks[1].isrc, (Item.ISRC, 2) in found.untold) == (CODE, False)

    def test_that_one_track_has_in_q_and_another_has_not_are_of_the_one_alone(self) -> None:
        """A drive that tells the code of the track before for one that has none."""
        other = {50: Q(ISRC, 0, code=CODE)}
        found = labels(two(codes={1: [CODE], 2: [CODE]}, other=other), TWO)
        assert [t.isrc for t in found.tracks] == [CODE, ""]

    def test_in_q_are_none_where_mcn_stands_there(self) -> None:
        other = {1150 + 50: Q(MCN, 0, code=MCN_OF_DISC)}
        found = labels(two(codes={2: [CODE]}, other=other), TWO)
        assert found.tracks[1].isrc == CODE

    def test_of_a_track_too_short_to_have_one_for_sure_stay_as_told(self) -> None:
        """Of 140 sectors 120 are its own for sure: no code in them says nothing."""
        tracks = [track(1, 0, 1000), track(2, 1150, 140)]
        other = {50: Q(ISRC, 0, code=CODE)}
        told = Told([(0, 1, 1), (1000, 2, 0), (1150, 2, 1)], 1290, other, {1: [CODE], 2: [OTHER_CODE]})
        assert [t.isrc for t in labels(told, tracks).tracks] == [CODE, OTHER_CODE]

    def test_in_q_that_cannot_be_read_stay_as_told(self) -> None:
        other = {50: Q(ISRC, 0, code=CODE), 1150 + 80: None}
        found = labels(two(codes={1: [CODE], 2: [OTHER_CODE]}, other=other), TWO)
        assert [t.isrc for t in found.tracks] == [CODE, OTHER_CODE]


class TestTheWholeDisc:
    @pytest.mark.parametrize(
        ("told", "tells", "packs", "known"),
        [
            (b"18 bytes of a pack", False, b"18 bytes of a pack", True),
            (refused(ReadCdText, "5/24/00"), True, b"", True),
            (refused(ReadCdText, "5/24/00"), False, b"", False),
            (refused(ReadCdText, "5/20/00"), True, b"", False),
            (InvalidReply("short"), True, b"", False),
        ],
    )
    def test_has_no_cd_text_where_a_drive_that_reads_it_finds_none(
        self, told: bytes | Exception, tells: bool, packs: bytes, known: bool
    ) -> None:
        found = labels(two(cd_text=told), TWO, tells_cd_text=tells)
        assert found.sessions[0].cd_text == packs
        assert ((Item.CD_TEXT, 0) not in found.untold) is known

    def test_is_not_said_to_have_no_cd_text_by_a_drive_of_which_nobody_knows_whether_it_reads_it(
        self,
    ) -> None:
        assert (Item.CD_TEXT, 0) in labels(two(cd_text=refused(ReadCdText, "5/24/00")), TWO).untold

    def test_has_mcn_and_cd_text_with_its_first_session(self) -> None:
        tracks = [track(1, 0, 1000), track(2, 12_400, 500, session=2)]
        told = Told(
            [(0, 1, 1), (12_250, 2, 0), (12_400, 2, 1)],
            12_900,
            codes={0: [MCN_OF_DISC]},
            cd_text=b"packs",
            lead_outs={1: 1002, 2: 12_900},
        )
        found = labels(told, tracks)
        assert [(s.number, s.mcn, s.cd_text, s.lead_out_lba) for s in found.sessions] == [
            (1, MCN_OF_DISC, b"packs", 1002),
            (2, "", b"", 12_900),
        ]
        assert [t.number for t in found.tracks] == [1, 2]
        assert found.mcn == MCN_OF_DISC

    @pytest.mark.parametrize("first", [1, 7])
    def test_is_named_as_its_packs_say_whatever_number_its_first_track_has(self, first: int) -> None:
        """Behind the disc's name (track 0) come those of its tracks, the first one first (MMC-5 annex J)."""
        packs = sealed(bytes((0x80, 0, 0, 0)) + b"Disc\0One\0Two")
        tracks = [track(first, 0, 1000), track(first + 1, 1150, 1000)]
        told = Told([(0, first, 1), (1000, first + 1, 0), (1150, first + 1, 1)], 2150, cd_text=packs)
        (texts,) = labels(told, tracks).texts
        assert texts.by_type[PackType.TITLE] == {0: "Disc", first: "One", first + 1: "Two"}

    def test_of_one_session_is_not_asked_where_each_lead_out_is(self) -> None:
        told = two()
        found = labels(told, TWO, toc_of(TWO, 2152))
        assert [s.lead_out_lba for s in found.sessions] == [2152]
        assert not any(isinstance(command, ReadFullToc) for command in told.asked)
        assert found.untold == frozenset()

    @pytest.mark.parametrize("lead_outs", [None, {2: 12_900}])
    def test_ends_a_session_whose_lead_out_is_not_told_with_its_last_track(
        self, lead_outs: dict[int, int] | None
    ) -> None:
        tracks = [track(1, 0, 1000), track(2, 12_400, 500, session=2)]
        told = Told([(0, 1, 1), (12_250, 2, 0), (12_400, 2, 1)], 12_900, lead_outs=lead_outs)
        found = labels(told, tracks)
        assert [s.lead_out_lba for s in found.sessions] == [1000, 12_900]
        assert (Item.LEAD_OUT, 0) in found.untold

    @pytest.mark.parametrize(
        ("counted", "expected"), [(1000, 1000), (1150, 1000), (1001, 1000), (999, 999), (700, 700)]
    )
    def test_counts_no_gap_to_the_track_before_it(self, counted: int, expected: int) -> None:
        """Some drives do: track 1 is 1000 sectors long, its gap 150."""
        tracks = [track(1, 0, counted), track(2, 1150, 1000)]
        assert labels(two(), tracks).tracks[0].sectors == expected

    @pytest.mark.parametrize(("lead_out", "expected"), [(2150, 1000), (2152, 1000), (2100, 950), (1100, 0)])
    def test_counts_nothing_behind_its_lead_out_to_its_last_track(self, lead_out: int, expected: int) -> None:
        assert labels(two(), TWO, toc_of(TWO, lead_out)).tracks[-1].sectors == expected

    def test_has_the_control_bits_that_its_table_of_contents_has(self) -> None:
        """Of the track itself some drives tell nothing of copying."""
        listed = Toc((TocTrack(2, 1150, 2),), 2150)
        assert [t.control for t in labels(two(), TWO, listed).tracks] == [0, 2]

    def test_without_a_track_has_no_labels(self) -> None:
        told = two()
        found = labels(told, [], toc_of(TWO))
        assert (found.mcn, found.texts, found.tracks, found.of(1)) == ("", (), (), None)
        assert found.pregap_sectors(1) is None
        assert told.asked == []

    def test_tells_of_a_track_by_its_number(self) -> None:
        found = labels(two(), TWO)
        assert [found.of(1), found.of(2), found.of(3)] == [*found.tracks, None]
