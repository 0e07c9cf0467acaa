"""What drive and disc are taken to be, from what a drive answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

import redbook
from redbook.disc import Msf, Toc, TocTrack
from redbook.drive import Drive
from redbook.engine.inspect import (
    Abilities,
    DiscContents,
    contents,
    identify,
    is_cd,
    is_virtual,
    read_capabilities,
    where_next,
)
from redbook.engine.plan import Space
from redbook.errors import InvalidReply, MediumUnsuitable, NotARecorder, Sense
from redbook.mmc import sense
from redbook.mmc.command import Command
from redbook.mmc.disc_info import (
    Atip,
    DiscInformation,
    DiscStatus,
    ReadAtip,
    ReadDiscInformation,
    ReadToc,
    ReadTrackInformation,
    SessionStatus,
    TrackInformation,
)
from redbook.mmc.identify import Configuration, Feature, GetConfiguration, Inquiry, InquiryReply
from redbook.mmc.mode_pages import Capabilities, ModeData, ModeSelect10, ModeSense10, WriteSpeed
from redbook.quirks import VIRTUAL_MARK
from redbook.transport.base import Reply
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import choose_session_at_once
from tests.support.burns import Recording
from tests.support.drives import ready

Answers = Mapping[type[Command[Any]], Any]
"""What the drive says to a kind of command: a reply, an error, or a function of the command."""


def refused(text: str) -> Exception:
    key, asc, ascq = (int(part, 16) for part in text.split("/"))
    return sense.to_error("A COMMAND", Sense(key, asc, ascq))


NO_SUCH_COMMAND, NO_SUCH_FIELD = refused("5/20/00"), refused("5/24/00")
NONSENSE = InvalidReply("the answer makes no sense")


def run(procedure: Any, answers: Answers) -> Any:
    answer, error = None, None
    for _ in count():
        try:
            step = procedure.throw(error) if error else procedure.send(answer)
        except StopIteration as stop:
            return stop.value
        answer = error = None
        said = answers[type(step)]
        said = said(step) if callable(said) else said
        if isinstance(said, Exception):
            error = said
        else:
            answer = said
    raise AssertionError


DRIVE = InquiryReply(5, True, "MAKER", "DRIVE", "1.0")
TAO, MASTERING, REWRITES, STREAMING = 0x2D, 0x2E, 0x37, 0x107


def abilities(
    features: Mapping[int, bytes] | Exception, page: Capabilities | None = None, profile: int = 9
) -> Abilities:
    """features  of GET CONFIGURATION, by their number: bytes 4 and following of each"""
    configuration: Any = features
    if not isinstance(features, Exception):
        found = tuple(Feature(code, data) for code, data in features.items())
        configuration = Configuration(profile, found)
    mode: Any = NO_SUCH_FIELD if page is None else ModeData(page.to_page())
    result = run(identify(), {Inquiry: DRIVE, GetConfiguration: configuration, ModeSense10: mode})
    assert isinstance(result, Abilities)
    return result


class TestWhatADriveCanDo:
    """Bits of features: MMC-5 5.3.22 (track-at-once), 5.3.23 (mastering), 5.3.48 (streaming)."""

    @pytest.mark.parametrize(
        ("bits", "test_write", "protection"),
        [
            (0x00, False, False),
            (0x04, True, False),
            (0x40, False, True),
            (0x44, True, True),
            (0xBB, False, False),
        ],
    )
    def test_track_at_once_is_what_its_feature_says(
        self, bits: int, test_write: bool, protection: bool
    ) -> None:
        page = Capabilities(False, False, not test_write, not protection)
        found = abilities({TAO: bytes((bits, 0, 0, 0))}, page)
        assert (found.writes_tao, found.test_write, found.underrun_protection) == (
            True,
            test_write,
            protection,
        )

    @pytest.mark.parametrize(
        ("cd_r", "cd_rw", "writes"),
        [(True, True, True), (True, False, True), (False, True, True), (False, False, False)],
    )
    @pytest.mark.parametrize("features", [{}, {TAO: b""}, NO_SUCH_COMMAND, NONSENSE])
    def test_a_drive_without_that_feature_is_taken_at_its_mode_page(
        self, features: Any, cd_r: bool, cd_rw: bool, writes: bool
    ) -> None:
        for flag in (False, True):
            found = abilities(features, Capabilities(cd_r, cd_rw, flag, not flag))
            assert (found.writes_tao, found.test_write, found.underrun_protection) == (writes, flag, not flag)
            assert found.writes_cd_rw is cd_rw

    def test_a_drive_that_tells_nothing_only_reads(self) -> None:
        found = abilities(NO_SUCH_COMMAND)
        assert not any(
            (found.writes_tao, found.writes_sao, found.writes_raw, found.writes_cd_rw, found.test_write)
        )
        assert (found.underrun_protection, found.lists_speeds) == (False, False)
        assert (found.profile, found.capabilities, found.largest_cue_sheet_bytes) == (None, None, 0)

    @pytest.mark.parametrize(
        ("data", "sao", "raw", "largest"),
        [
            (bytes((0x20, 0, 0, 0)), True, False, 0),
            (bytes((0x08, 0, 0, 0)), False, True, 0),
            (bytes((0x28, 1, 2, 3)), True, True, 0x010203),
            (bytes((0xD7, 0, 0x0C, 0x80)), False, False, 3200),
            (b"", False, False, 0),
        ],
    )
    def test_session_at_once_and_raw_are_what_their_feature_says(
        self, data: bytes, sao: bool, raw: bool, largest: int
    ) -> None:
        found = abilities({TAO: bytes(4), MASTERING: data})
        assert (found.writes_sao, found.writes_raw, found.largest_cue_sheet_bytes) == (sao, raw, largest)

    def test_they_are_not_there_where_the_drive_lists_features_and_not_that_one(self) -> None:
        found = abilities({TAO: bytes(4)})
        assert (found.writes_sao, found.writes_raw) == (False, False)

    @pytest.mark.parametrize("writes", [True, False])
    def test_they_are_assumed_of_a_drive_that_writes_and_lists_no_features(self, writes: bool) -> None:
        found = abilities(NO_SUCH_COMMAND, Capabilities(writes, False))
        assert (found.writes_sao, found.writes_raw) == (writes, writes)

    @pytest.mark.parametrize(
        ("features", "page", "rewrites"),
        [
            ({REWRITES: b"\0"}, False, True),
            ({}, True, True),
            ({}, False, False),
            (NO_SUCH_COMMAND, False, False),
        ],
    )
    def test_a_cd_rw_is_written_by_a_drive_that_says_so_in_either_place(
        self, features: Any, page: bool, rewrites: bool
    ) -> None:
        assert abilities(features, Capabilities(True, page)).writes_cd_rw is rewrites

    @pytest.mark.parametrize(
        ("data", "lists"), [(b"\x02\0\0\0", True), (b"\x1d\0\0\0", False), (b"", False), (b"\x1f", True)]
    )
    def test_speeds_are_listed_by_a_drive_whose_feature_says_so(self, data: bytes, lists: bool) -> None:
        assert abilities({STREAMING: data}).lists_speeds is lists

    def test_its_name_is_what_inquiry_says(self) -> None:
        found = abilities({}, profile=0x0A)
        assert (found.name, found.profile) == ("MAKER DRIVE 1.0", 0x0A)

    def test_speeds_of_its_mode_page_are_told_fastest_first_and_none_twice(self) -> None:
        speeds = tuple(WriteSpeed(times * 176) for times in (8, 48, 16, 48))
        page = replace(Capabilities(), write_speeds=speeds)
        assert abilities({}, page).write_speeds == (48, 16, 8)
        assert abilities({}).write_speeds == ()

    def test_something_else_than_a_cd_drive_is_none(self) -> None:
        with pytest.raises(NotARecorder, match="MAKER DRIVE is not a CD drive"):
            run(identify(), {Inquiry: replace(DRIVE, device_type=0)})

    @pytest.mark.parametrize("said", [NO_SUCH_FIELD, NONSENSE, ModeData(b""), ModeData(b"\x2a\x02\0\0")])
    def test_a_mode_page_that_is_missing_or_makes_no_sense_is_none(self, said: Any) -> None:
        assert run(read_capabilities(), {ModeSense10: said}) is None

    @pytest.mark.parametrize(
        ("said", "virtual"),
        [
            (DRIVE, False),
            (replace(DRIVE, makers_own=VIRTUAL_MARK), True),
            (replace(DRIVE, makers_own="another"), False),
            (NO_SUCH_FIELD, False),
            (NONSENSE, False),
        ],
    )
    def test_it_is_the_virtual_one_only_where_it_says_so(self, said: Any, virtual: bool) -> None:
        assert run(is_virtual(), {Inquiry: said}) is virtual

    @pytest.mark.parametrize(
        ("profile", "cd"),
        [
            (None, True),
            (0, True),
            (8, True),
            (9, True),
            (0x0A, True),
            (0x10, False),
            (0x1B, False),
            (7, False),
        ],
    )
    def test_what_the_drive_calls_a_cd_or_does_not_name_is_one(self, profile: int | None, cd: bool) -> None:
        assert is_cd(profile) is cd


END = Msf(79, 59, 74)
BLANK = DiscInformation(DiscStatus.BLANK, SessionStatus.EMPTY, False, 1, 1, 1, 1, last_lead_out=END)
OPEN = DiscInformation(DiscStatus.APPENDABLE, SessionStatus.INCOMPLETE, False, 1, 1, 1, 3, last_lead_out=END)
MORE = replace(OPEN, last_session_status=SessionStatus.EMPTY, sessions=2, first_track_of_last_session=3)
DONE = replace(
    OPEN, status=DiscStatus.COMPLETE, last_session_status=SessionStatus.COMPLETE, last_lead_out=None
)


def track(
    number: int, start: int, sectors: int, next_lba: int | None = None, **more: Any
) -> TrackInformation:
    told = TrackInformation(number, 1, 0, False, False, start, next_lba, sectors, sectors)
    return replace(told, **more)


INVISIBLE = track(3, 1204, 0, 1204, blank=True, free_sectors=300_000)
ALBUM = [track(1, 0, 600), track(2, 752, 450)]
TOC = Toc((TocTrack(1, 0), TocTrack(2, 752)), 1204)


def disc(
    information: DiscInformation,
    tracks: Sequence[TrackInformation | Exception] = (),
    toc: Toc | Exception = NO_SUCH_FIELD,
    atip: Atip | Exception = NO_SUCH_FIELD,
    next_track: TrackInformation | Exception = NO_SUCH_FIELD,
) -> DiscContents:
    """tracks  what is said of track 1, 2 and so on; next_track  of the one that is written next"""

    def of_track(command: ReadTrackInformation) -> TrackInformation | Exception:
        if command == ReadTrackInformation():
            return next_track
        return tracks[command.address - 1] if command.address <= len(tracks) else next_track

    answers: dict[type[Command[Any]], Any] = {
        ReadDiscInformation: information,
        ReadAtip: atip,
        ReadToc: toc,
        ReadTrackInformation: of_track,
    }
    result = run(contents(), answers)
    assert isinstance(result, DiscContents)
    return result


class TestWhatIsOnADisc:
    def test_a_blank_one_has_room_and_nothing_else(self) -> None:
        found = disc(BLANK, next_track=track(1, 0, 0, 0, blank=True, free_sectors=359_849))
        assert found == DiscContents(BLANK, None, (), None, None, Space(1, 0, 359_849))

    def test_an_open_one_has_its_tracks_and_room_behind_them(self) -> None:
        found = disc(OPEN, ALBUM, next_track=INVISIBLE)
        assert (found.tracks, found.open_track, found.toc) == (tuple(ALBUM), None, None)
        assert found.space is not None
        assert (found.space.first_track, found.space.next_lba) == (3, 1204)
        assert (found.problems, found.doubt, found.spoiled) == ((), "", False)

    def test_a_finished_one_has_no_room(self) -> None:
        found = disc(replace(DONE, last_track_of_last_session=2), ALBUM, TOC)
        assert (found.tracks, found.toc, found.space, found.problems) == (tuple(ALBUM), TOC, None, ())

    def test_a_track_that_was_never_ended_is_not_one_of_the_whole_ones(self) -> None:
        begun = track(2, 752, 100, 900)
        found = disc(replace(OPEN, last_track_of_last_session=2), [ALBUM[0], begun], next_track=begun)
        assert (found.tracks, found.open_track) == ((ALBUM[0],), begun)

    def test_of_another_disc_than_a_cd_the_state_alone_is_read(self) -> None:
        def of_state(command: ReadDiscInformation) -> DiscInformation:
            assert command.of_cd is False
            return OPEN

        found = run(contents(of_cd=False), {ReadDiscInformation: of_state})
        assert found == DiscContents(OPEN, None, (), None, None, None)

    def test_what_is_pressed_into_it_is_told_where_the_drive_reads_it(self) -> None:
        atip = Atip(Msf(97, 34, 23), END)
        room = track(1, 0, 0, 0, blank=True)
        assert disc(BLANK, atip=atip, next_track=room).atip == atip
        assert disc(BLANK, atip=NONSENSE, next_track=room).atip is None

    @pytest.mark.parametrize(
        ("information", "told"),
        [(BLANK, False), (OPEN, False), (MORE, True), (replace(OPEN, sessions=2), True), (DONE, True)],
    )
    def test_a_table_of_contents_that_makes_no_sense_is_told_once_a_session_is_closed(
        self, information: DiscInformation, told: bool
    ) -> None:
        """Before that drives say all kinds of things of it."""
        room = track(1, 0, 0, 0, blank=True) if information is BLANK else INVISIBLE
        found = disc(information, ALBUM, NONSENSE, next_track=room)
        assert (str(NONSENSE) in found.problems) is told
        assert found.toc is None
        assert not found.doubt

    def test_a_track_of_which_the_drive_tells_nonsense_is_left_out_and_nothing_is_written(self) -> None:
        found = disc(OPEN, [ALBUM[0], NONSENSE], next_track=INVISIBLE)
        assert found.tracks == (ALBUM[0],)
        assert found.problems == (str(NONSENSE),)
        assert found.doubt == str(NONSENSE)

    def test_tracks_are_looked_for_up_to_the_first_that_the_drive_does_not_know(self) -> None:
        found = disc(replace(DONE, last_track_of_last_session=99), ALBUM, TOC)
        assert found.tracks == tuple(ALBUM)

    @pytest.mark.parametrize(
        ("first", "second", "sense_in_it"),
        [
            (track(1, 0, 600), track(2, 600, 450), True),  # without a pregap
            (track(1, 0, 600), track(2, 599, 450), False),
            (track(1, 0, 752), track(2, 752, 450), True),  # its room, the pregap included
            (track(1, 752, 600), track(2, 752, 450), False),
            (track(1, 752, 0), track(2, 0, 450), False),
            (track(1, 0, 0), track(2, 0, 450), False),
        ],
    )
    def test_tracks_that_lie_over_each_other_are_a_reason_to_write_nothing(
        self, first: TrackInformation, second: TrackInformation, sense_in_it: bool
    ) -> None:
        found = disc(OPEN, [first, second], next_track=track(3, 1354, 0, 1354, blank=True, free_sectors=9999))
        assert (found.doubt == "") is sense_in_it
        assert (found.problems == ()) is sense_in_it

    @pytest.mark.parametrize(
        ("listed", "doubted"), [(752, False), (602, False), (601, True), (902, False), (903, True)]
    )
    def test_tracks_elsewhere_than_in_the_table_of_contents_are_a_reason_too(
        self, listed: int, doubted: bool
    ) -> None:
        """By more than a pregap: some drives count from there."""
        toc = Toc((TocTrack(1, 0), TocTrack(2, listed)), 1354)
        found = disc(
            MORE, ALBUM, toc, next_track=replace(INVISIBLE, start_lba=12_604, next_writable_lba=12_604)
        )
        assert bool(found.doubt) is doubted
        assert (found.space is None) is doubted
        assert found.problems == ((found.doubt,) if doubted else ())

    def test_a_blank_disc_with_a_table_of_contents_is_a_reason_too(self) -> None:
        found = disc(BLANK, toc=TOC, next_track=track(1, 0, 0, 0, blank=True, free_sectors=359_849))
        assert "calls the disc blank" in found.doubt
        assert found.space is None

    def test_a_spoiled_one_has_no_track_of_its_last_session(self) -> None:
        """MMC-5 6.27: damaged, and no next writable address."""
        information = replace(OPEN, sessions=2, first_track_of_last_session=2, last_track_of_last_session=2)
        broken = track(2, 12_000, 0, damaged=True)
        found = disc(information, [ALBUM[0], broken], Toc(TOC.tracks[:1], 602), next_track=broken)
        assert found.spoiled
        assert (found.tracks, found.open_track, found.space) == ((ALBUM[0],), None, None)


ROOM = Space(3, 1354, 359_849)


class TestTheTableOfContentsThatADiscWillHave:
    def of(
        self,
        information: DiscInformation,
        toc: Toc | None,
        tracks: Sequence[TrackInformation] = tuple(ALBUM),
        space: Space | None = ROOM,
    ) -> Toc | None:
        return DiscContents(information, None, tuple(tracks), None, toc, space).expected_toc()

    @pytest.mark.parametrize("space", [None, ROOM])
    def test_ends_two_sectors_behind_the_last_track(self, space: Space | None) -> None:
        """Run-out: two sectors, then the lead-out."""
        assert self.of(OPEN, None, space=space) == Toc((TocTrack(1, 0), TocTrack(2, 752)), 752 + 450 + 2)

    def test_of_a_finished_disc_is_what_it_has(self) -> None:
        other = Toc((TocTrack(1, 0),), 602)
        assert self.of(DONE, other, space=None) == other
        assert self.of(DONE, None, space=None) is None

    @pytest.mark.parametrize("space", [None, Space(3, 12_604, 359_849)])
    def test_is_the_one_it_has_where_no_track_came_after_it(self, space: Space | None) -> None:
        assert self.of(MORE, Toc(TOC.tracks, 1200), space=space) == Toc(TOC.tracks, 1200)

    def test_has_the_tracks_that_came_after_it(self) -> None:
        found = self.of(MORE, Toc(TOC.tracks[:1], 602))
        assert found is not None
        assert [t.number for t in found.tracks] == [1, 2]

    def test_has_the_control_bits_and_sessions_of_the_tracks(self) -> None:
        tracks = [replace(ALBUM[0], control=2), replace(ALBUM[1], control=1, session=2)]
        found = self.of(OPEN, None, tracks)
        assert found is not None
        assert found.tracks == (TocTrack(1, 0, 2, 1), TocTrack(2, 752, 1, 2))

    def test_is_none_without_tracks(self) -> None:
        assert self.of(OPEN, None, ()) is None


def lead_in(told: Msf | None, pressed: Msf | None) -> Msf | None:
    information = replace(BLANK, last_session_lead_in=told)
    return DiscContents(information, Atip(pressed, END), (), None, None, None).lead_in_start


EARLY, LATE = Msf(97, 34, 23), Msf(97, 10, 0)


@pytest.mark.parametrize(
    ("told", "pressed", "expected"),
    [
        (EARLY, LATE, EARLY),
        (None, LATE, LATE),
        (Msf(0, 2, 0), LATE, LATE),  # the program area: no lead-in begins there
        (Msf.from_lba(-999), LATE, LATE),
        (Msf.from_lba(-1000), LATE, Msf.from_lba(-1000)),
        (Msf(50, 0, 0), LATE, LATE),
        (None, None, None),
        (Msf(0, 2, 0), Msf(0, 0, 0), None),
    ],
)
def test_a_lead_in_begins_where_the_drive_says_or_else_the_disc_if_one_can_begin_there(
    told: Msf | None, pressed: Msf | None, expected: Msf | None
) -> None:
    assert lead_in(told, pressed) == expected


def test_tracks_of_data_are_named_an_unfinished_one_too() -> None:
    data, opened = replace(ALBUM[1], control=4), track(3, 1354, 100, 1500, control=4)
    found = DiscContents(OPEN, None, (ALBUM[0], data), opened, None, None)
    assert found.data_tracks == (data, opened)
    assert replace(found, open_track=replace(opened, control=0)).data_tracks == (data,)
    assert replace(found, open_track=None).data_tracks == (data,)


def test_where_the_next_track_goes_is_asked_anew() -> None:
    answers: dict[type[Command[Any]], Any] = {ReadDiscInformation: OPEN, ReadTrackInformation: INVISIBLE}
    assert run(where_next(), answers) == Space(3, 1204, 301_204)
    with pytest.raises(MediumUnsuitable, match="no more tracks"):
        run(where_next(), {**answers, ReadTrackInformation: NO_SUCH_FIELD})


@pytest.mark.parametrize(("profile", "set_anew"), [("cd-r", True), ("pressed", False)])
def test_a_drive_that_was_set_to_session_at_once_is_asked_for_its_next_address_track_at_once(
    profile: str, set_anew: bool
) -> None:
    """MMC-5 6.27: the next writable address depends on page 05h. A pressed disc has none."""
    recorder = VirtualRecorder(Medium.new())
    choose_session_at_once(ready(recorder))
    log = Recording(recorder)

    class Pressed(VirtualRecorder):
        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            reply = log.execute(cdb, *rest, **named)
            if cdb[0] == GetConfiguration.OPCODE and profile == "pressed":
                return replace(reply, data=reply.data[:6] + b"\0\x08" + reply.data[8:])
            return reply

    redbook.disc_info(Drive(Pressed(None)))
    assert (ModeSelect10.OPCODE in log.opcodes()) is set_anew
