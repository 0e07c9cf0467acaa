"""A look at a drive that leaves everything as it is, in words; and what is to be erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from redbook.disc import Msf
from redbook.engine.change_disc import blank_disc_in
from redbook.engine.doctor import Examination, examine
from redbook.engine.erase import Erasable, check_erasable, look
from redbook.engine.events import Notice, Waiting
from redbook.engine.glance import Glance, glance, is_loaded, nominal_minutes, who_is_it
from redbook.engine.inspect import Abilities
from redbook.engine.steps import Now, Pause
from redbook.errors import DriveGone, InvalidReply, MediumUnsuitable, NotARecorder, Sense
from redbook.mmc import sense
from redbook.mmc.command import Command
from redbook.mmc.control import PreventAllowMediumRemoval, StartStopUnit
from redbook.mmc.control import TestUnitReady as UnitReady
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
from redbook.mmc.mode_pages import ModeSense10

Answers = Mapping[type[Any], Any]
"""What the drive says to a kind of command: one answer, or a list of them in turn, the last one for ever."""


def refused(text: str) -> Exception:
    key, asc, ascq = (int(part, 16) for part in text.split("/"))
    return sense.to_error("A COMMAND", Sense(key, asc, ascq))


NO_SUCH_FIELD, CHANGED = refused("5/24/00"), refused("6/28/00")
NONSENSE = InvalidReply("the answer makes no sense")


def run(procedure: Any, answers: Answers, told: list[Any] | None = None) -> Any:
    """told  takes what is sent, and what is said"""
    answer, error = None, None
    seen: dict[type[Any], int] = {}
    for second in count():
        try:
            step = procedure.throw(error) if error else procedure.send(answer)
        except StopIteration as stop:
            return stop.value
        answer = error = None
        if told is not None:
            told.append(step)
        if isinstance(step, Command):
            said = answers.get(type(step), NO_SUCH_FIELD)
            if isinstance(said, list):
                number = seen.get(type(step), 0)
                seen[type(step)] = number + 1
                said = said[min(number, len(said) - 1)]
            if callable(said):
                said = said(step)
            answer, error = (None, said) if isinstance(said, Exception) else (said, None)
        elif isinstance(step, Now):
            answer = float(second)
    raise AssertionError


DRIVE = InquiryReply(5, True, "MAKER", "DRIVE", "1.0")
END = Msf(79, 59, 74)
BLANK = DiscInformation(DiscStatus.BLANK, SessionStatus.EMPTY, False, 1, 1, 1, 1, last_lead_out=END)
OPEN = DiscInformation(DiscStatus.APPENDABLE, SessionStatus.INCOMPLETE, False, 1, 1, 1, 2, last_lead_out=END)
DONE = DiscInformation(DiscStatus.COMPLETE, SessionStatus.COMPLETE, False, 1, 1, 1, 12)
INVISIBLE = TrackInformation(2, 1, 0, True, False, 1204, 1204, 300_000, 300_000)
CD_ROM, CD_R, CD_RW, DVD_R = 8, 9, 0x0A, 0x11


def drive(
    information: Any = BLANK, profile: int | Exception = CD_R, atip: Any = NO_SUCH_FIELD, **more: Any
) -> dict[type[Any], Any]:
    features = (Feature(0x108, b"SER1AL  "), Feature(0x2D, bytes(4)))
    configuration: Any = Configuration(profile, features) if isinstance(profile, int) else profile
    return {
        UnitReady: None,
        Inquiry: DRIVE,
        GetConfiguration: configuration,
        ReadDiscInformation: information,
        ReadAtip: atip,
        ReadTrackInformation: INVISIBLE,
    } | {
        {"ready": UnitReady, "inquiry": Inquiry, "track": ReadTrackInformation}[key]: value
        for key, value in more.items()
    }


def look_at(answers: Answers) -> Glance:
    found = run(glance(), answers)
    assert isinstance(found, Glance)
    return found


class TestTheMedium:
    @pytest.mark.parametrize(
        ("answers", "words"),
        [
            (drive(), "CD-R 80 min, blank"),
            (drive(BLANK, CD_RW), "CD-RW 80 min, blank"),
            (drive(OPEN), "CD-R 80 min, appendable"),
            (
                drive(replace(BLANK, last_lead_out=None), CD_R, Atip(None, Msf(74, 5, 0))),
                "CD-R 74 min, blank",
            ),
            (drive(replace(BLANK, last_lead_out=None), CD_R, NONSENSE), "CD-R, blank"),
            (drive(DONE, CD_ROM), "pressed CD, complete, 12 tracks"),
            (drive(replace(DONE, last_track_of_last_session=1), CD_R), "CD-R, complete, 1 track"),
            (
                drive(replace(DONE, first_track=3, last_track_of_last_session=4), CD_R),
                "CD-R, complete, 2 tracks",
            ),
            (drive(replace(DONE, last_track_of_last_session=0), CD_R), "CD-R, complete"),
            (drive(DONE, DVD_R), "DVD-R, complete, 12 tracks"),
            (drive(DONE, 0x7777), "disc, complete, 12 tracks"),
            (drive(BLANK, NO_SUCH_FIELD), "disc 80 min, blank"),
        ],
    )
    def test_is_said_in_words(self, answers: Answers, words: str) -> None:
        assert look_at(answers).medium == words

    @pytest.mark.parametrize(
        ("profile", "kind"),
        [
            (0x02, "removable disk"),
            (0x10, "pressed DVD"),
            (0x11, "DVD-R"),
            (0x12, "DVD-RAM"),
            (0x13, "DVD-RW"),
            (0x14, "DVD-RW"),
            (0x15, "DVD-R DL"),
            (0x1A, "DVD+RW"),
            (0x1B, "DVD+R"),
            (0x2B, "DVD+R DL"),
            (0x40, "pressed BD"),
            (0x41, "BD-R"),
            (0x42, "BD-R"),
            (0x43, "BD-RE"),
        ],
    )
    def test_is_named_by_its_profile(self, profile: int, kind: str) -> None:
        """MMC-5 table 90."""
        assert (
            look_at(drive(replace(DONE, last_track_of_last_session=0), profile)).medium == f"{kind}, complete"
        )

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            (refused("2/3A/00"), "no disc"),
            (refused("2/3A/02"), "no disc"),
            (refused("2/04/01"), "not ready yet (2/04/01)"),
            (refused("2/04/02"), "not ready yet (2/04/02)"),
            (refused("2/04/08"), "not ready yet (2/04/08)"),
            (refused("2/30/00"), "cannot be read (2/30/00)"),
            ([CHANGED] * 9, "not ready yet (6/28/00)"),
        ],
    )
    def test_is_why_the_drive_is_not_ready(self, said: Any, words: str) -> None:
        found = look_at(drive(ready=said))
        assert (found.medium, found.information, found.atip) == (words, None, None)
        assert (found.serial, found.blank, found.appendable) == ("SER1AL", False, False)

    @pytest.mark.parametrize("reports", [1, 5])
    def test_is_looked_at_past_reports_of_what_happened_before(self, reports: int) -> None:
        assert look_at(drive(ready=[*[CHANGED] * reports, None])).medium == "CD-R 80 min, blank"

    def test_whose_state_cannot_be_read_is_named_all_the_same(self) -> None:
        found = look_at(drive(refused("3/11/05")))
        assert found.medium.startswith("CD-R, whose state cannot be read (")
        assert found.information is None

    def test_is_spoiled_where_its_session_was_never_finished(self) -> None:
        broken = TrackInformation(2, 1, 0, False, True, 0, None, 0, 0)
        found = look_at(drive(OPEN, track=broken))
        assert (found.medium, found.spoiled, found.appendable) == ("CD-R 80 min, spoiled", True, False)

    def test_is_waited_for_by_nobody_and_nothing_is_changed(self) -> None:
        told: list[Any] = []
        run(glance(), drive(ready=refused("2/04/01")), told)
        kinds = {type(step) for step in told}
        assert kinds <= {UnitReady, Inquiry, GetConfiguration, ModeSense10}
        assert [type(step) for step in told].count(UnitReady) == 1

    @pytest.mark.parametrize("profile", [CD_ROM, DVD_R])
    def test_is_asked_what_is_pressed_into_it_only_where_it_is_recordable(self, profile: int) -> None:
        told: list[Any] = []
        run(glance(), drive(DONE, profile), told)
        assert not any(isinstance(step, ReadAtip) for step in told)

    @pytest.mark.parametrize(("profile", "of_cd"), [(CD_R, True), (CD_ROM, True), (DVD_R, False)])
    def test_is_held_against_what_a_cd_can_be_only_where_it_is_one(self, profile: int, of_cd: bool) -> None:
        told: list[Any] = []
        run(glance(), drive(DONE, profile), told)
        assert [step.of_cd for step in told if isinstance(step, ReadDiscInformation)] == [of_cd]


@pytest.mark.parametrize(
    ("information", "profile", "blank", "appendable"),
    [
        (BLANK, CD_R, True, False),
        (BLANK, CD_RW, True, False),
        (BLANK, NO_SUCH_FIELD, True, False),
        (BLANK, DVD_R, False, False),
        (OPEN, CD_R, False, True),
        (OPEN, DVD_R, False, False),
        (DONE, CD_R, False, False),
    ],
)
def test_only_cds_are_called_blank_or_appendable(
    information: DiscInformation, profile: Any, blank: bool, appendable: bool
) -> None:
    found = look_at(drive(information, profile))
    assert (found.blank, found.appendable) == (blank, appendable)


@pytest.mark.parametrize(
    ("end", "minutes"),
    [
        (Msf(79, 59, 74), 80),
        (Msf(79, 57, 72), 80),
        (Msf(79, 45, 0), 80),
        (Msf(79, 44, 74), 79),
        (Msf(74, 12, 0), 74),
        (Msf(80, 59, 0), 81),
        (Msf(21, 0, 0), 21),
    ],
)
def test_a_disc_is_called_by_the_minutes_that_are_printed_on_it(end: Msf, minutes: int) -> None:
    """79:57:72 is a disc of 80 minutes."""
    assert nominal_minutes(end) == minutes


def test_whose_drive_it_is_is_asked_past_reports_of_what_happened_before() -> None:
    found = run(who_is_it(), drive(inquiry=[CHANGED, DRIVE]))
    assert found == (DRIVE, "SER1AL")


@pytest.mark.parametrize("said", [NO_SUCH_FIELD, NONSENSE, Configuration(CD_R)])
def test_a_drive_without_a_serial_number_has_an_empty_one(said: Any) -> None:
    answers = drive()
    answers[GetConfiguration] = said
    assert run(who_is_it(), answers) == (DRIVE, "")


@pytest.mark.parametrize(
    ("said", "loaded"), [(None, True), (refused("2/3A/00"), False), (refused("2/04/01"), True)]
)
def test_a_disc_is_in_the_drive_unless_it_says_that_there_is_none(said: Any, loaded: bool) -> None:
    assert run(is_loaded(), drive(ready=said)) is loaded


class TestAnExamination:
    def of(self, answers: Answers) -> Examination:
        found = run(examine(), answers)
        assert isinstance(found, Examination)
        return found

    def test_has_the_features_and_the_track_that_would_be_written(self) -> None:
        for information in (BLANK, OPEN):
            found = self.of(drive(information))
            assert found.features == (Feature(0x108, b"SER1AL  "), Feature(0x2D, bytes(4)))
            assert found.track == INVISIBLE

    def test_has_no_such_track_on_a_disc_that_takes_none(self) -> None:
        assert self.of(drive(DONE)).track is None
        assert self.of(drive(BLANK, DVD_R)).track is None

    @pytest.mark.parametrize("said", [NO_SUCH_FIELD, NONSENSE])
    def test_does_without_what_a_drive_refuses_to_say(self, said: Exception) -> None:
        found = self.of(drive(BLANK, said, track=said))
        assert (found.features, found.track) == (None, None)


# What is to be erased

REWRITABLE = replace(DONE, erasable=True, last_track_of_last_session=3)


class TestWhatWouldBeLost:
    @pytest.mark.parametrize(
        ("information", "track", "tracks", "words"),
        [
            (REWRITABLE, INVISIBLE, 3, "3 tracks"),
            (replace(REWRITABLE, last_track_of_last_session=1), INVISIBLE, 1, "1 track"),
            (replace(REWRITABLE, first_track=5, last_track_of_last_session=6), INVISIBLE, 2, "2 tracks"),
            (replace(REWRITABLE, last_track_of_last_session=0), INVISIBLE, 0, "whatever is on it"),
            # The track that could be written next is counted by the drive, too.
            (replace(OPEN, erasable=True), INVISIBLE, 1, "1 track"),
            (replace(OPEN, erasable=True), replace(INVISIBLE, blank=False), 2, "2 tracks"),
            (replace(OPEN, erasable=True), NO_SUCH_FIELD, 0, "whatever is on it"),
            (replace(OPEN, erasable=True), NONSENSE, 0, "whatever is on it"),
        ],
    )
    def test_is_what_the_drive_counts_on_it(
        self, information: DiscInformation, track: Any, tracks: int, words: str
    ) -> None:
        found = run(look(), drive(information, CD_RW, track=track))
        assert found == Erasable("MAKER DRIVE 1.0", False, tracks)
        assert found.would_be_lost == words

    def test_is_nothing_on_a_blank_disc(self) -> None:
        found = run(look(), drive(replace(BLANK, erasable=True), CD_RW))
        assert found == Erasable("MAKER DRIVE 1.0", True, 0)
        assert found.would_be_lost == "nothing"

    def test_is_asked_of_the_last_track_by_its_number(self) -> None:
        told: list[Any] = []
        run(look(), drive(replace(OPEN, erasable=True, last_track_of_last_session=7), CD_RW), told)
        (asked,) = (step for step in told if isinstance(step, ReadTrackInformation))
        assert asked == ReadTrackInformation(7)


def abilities(profile: int | None) -> Abilities:
    return Abilities(DRIVE, profile, None, True, True, True, True, True)


@pytest.mark.parametrize(
    ("profile", "erasable", "atip", "why"),
    [
        (CD_RW, True, None, ""),
        (CD_RW, False, None, "cannot be erased"),
        (CD_R, True, None, r"not a CD-RW \(CD-R\)"),
        (0x13, True, None, r"not a CD-RW \(DVD-RW\)"),
        (0x12, True, Atip(None, None, rewritable=True), r"not a CD-RW \(DVD-RAM\)"),
        (None, True, Atip(None, None, rewritable=True), ""),
        (None, False, Atip(None, None, rewritable=True), "cannot be erased"),
        (None, True, Atip(None, None, rewritable=False), r"not a CD-RW \(disc of an unknown kind\)"),
        (None, True, None, r"not a CD-RW \(disc of an unknown kind\)"),
    ],
)
def test_only_a_cd_rw_that_can_be_erased_is_ever_blanked(
    profile: int | None, erasable: bool, atip: Atip | None, why: str
) -> None:
    """BLANK would erase DVD-RW and DVD-RAM, too."""
    information = replace(DONE, erasable=erasable)
    if not why:
        check_erasable(abilities(profile), information, atip)
        return
    with pytest.raises(MediumUnsuitable, match=why):
        check_erasable(abilities(profile), information, atip)


@pytest.mark.parametrize("profile", [CD_RW, NO_SUCH_FIELD])
def test_the_disc_itself_is_asked_whether_it_is_one_only_where_the_drive_does_not_say(profile: Any) -> None:
    told: list[Any] = []
    run(look(), drive(REWRITABLE, profile, Atip(None, None, rewritable=True)), told)
    assert any(isinstance(step, ReadAtip) for step in told) is (profile is NO_SUCH_FIELD)


# A blank disc, put in by a person


class TestABlankDisc:
    def wait(self, *said: Any, **more: Any) -> tuple[Any, list[Any]]:
        """said  of the disc, each time that it is looked at"""
        answers = drive(list(said), **more)
        answers |= {ReadToc: NO_SUCH_FIELD, PreventAllowMediumRemoval: None, StartStopUnit: None}
        answers[ReadTrackInformation] = replace(INVISIBLE, number=1, start_lba=0, next_writable_lba=0)
        told: list[Any] = []
        return run(blank_disc_in("a blank disc, for disc 2 of 3"), answers, told), told

    def test_is_asked_for_with_an_unlocked_and_open_tray(self) -> None:
        (_, disc), told = self.wait(BLANK)
        assert told[:2] == [PreventAllowMediumRemoval(False), StartStopUnit(start=False, load_eject=True)]
        assert disc.status is DiscStatus.BLANK
        assert not [step for step in told if isinstance(step, Notice)]

    def test_is_waited_for_as_long_as_it_takes_and_that_is_told(self) -> None:
        nothing = refused("2/3A/02")
        _, told = self.wait(BLANK, ready=[*[nothing] * 40, CHANGED, None])
        waits = [step for step in told if isinstance(step, Waiting)]
        assert len(waits) == 41
        assert {wait.what for wait in waits} == {"a blank disc, for disc 2 of 3"}
        # The clock shows the number of the step: since the first look at it, the waiting counts.
        times = [number for number, step in enumerate(told) if isinstance(step, Now)]
        assert [wait.seconds for wait in waits] == [float(time - times[0]) for time in times[1:42]]
        assert {step for step in told if isinstance(step, Pause)} == {Pause(1.0)}

    def test_is_not_one_that_is_full_and_that_is_told_once(self) -> None:
        (_, disc), told = self.wait(DONE, DONE, BLANK)
        assert disc.status is DiscStatus.BLANK
        assert len([step for step in told if isinstance(step, Notice)]) == 1
        assert len([step for step in told if isinstance(step, Pause)]) == 2
        ejects = [step for step in told if step == StartStopUnit(start=False, load_eject=True)]
        assert len(ejects) == 3, "the tray is opened again for each that is none"

    def test_is_asked_for_where_the_drive_does_not_open_its_tray_by_itself(self) -> None:
        answers = drive() | {ReadToc: NO_SUCH_FIELD}
        answers[ReadTrackInformation] = replace(INVISIBLE, number=1, start_lba=0, next_writable_lba=0)
        assert run(blank_disc_in(), answers)[1].status is DiscStatus.BLANK

    def test_is_not_waited_for_where_the_drive_is_gone(self) -> None:
        with pytest.raises(DriveGone):
            self.wait(BLANK, ready=[refused("2/3A/02"), DriveGone("unplugged"), None])
        with pytest.raises(DriveGone):
            self.wait(DriveGone("unplugged"))

    def test_is_not_waited_for_in_something_else_than_a_recorder(self) -> None:
        with pytest.raises(NotARecorder):
            self.wait(BLANK, inquiry=replace(DRIVE, device_type=0))
