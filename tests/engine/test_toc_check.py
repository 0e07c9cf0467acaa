"""What a table of contents must be, and what it may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redbook.disc import Toc
from redbook.disc.layout import LaidTrack
from redbook.disc.toc import TocTrack
from redbook.engine.events import Notice, TrackEnded
from redbook.engine.quick_check import check_disc, check_track
from redbook.engine.toc_check import TocResult, compare_toc, read_and_check_toc
from redbook.errors import BecomingReady, IllegalRequest, InvalidReply, MediumError, Sense, VerificationFailed
from redbook.mmc.control import StartStopUnit, TestUnitReady
from redbook.mmc.disc_info import (
    DiscInformation,
    DiscStatus,
    ReadDiscInformation,
    ReadToc,
    ReadTrackInformation,
    SessionStatus,
    TrackInformation,
)
from tests.support.played import Played

# Track-at-once: 2 sectors of run-out behind each track, and 150 of pregap before the next.
WRITTEN = [LaidTrack(1, 0, 1000), LaidTrack(2, 1152, 500)]
END = 1652


def toc(*tracks: tuple[int, int] | tuple[int, int, int], lead_out: int = END + 2) -> Toc:
    return Toc(tuple(TocTrack(*track) for track in tracks), lead_out)


GOOD = toc((1, 0), (2, 1152))

AMISS: list[tuple[Toc, str]] = [
    (toc((1, 0), lead_out=1002), "track 2 is not in the table of contents"),
    (toc((1, 0), (2, 1153)), "track 2 starts at sector 1153 instead of 1152"),
    (toc((1, 0), (2, 1152), (3, 1804), lead_out=2300), "lists track 3, which was not written"),
    (toc((1, 0, 1), (2, 1152)), "track 1 is marked as something other than plain stereo audio (control 1)"),
    (toc((1, 0, 4), (2, 1152)), "track 1 is marked as something other than plain stereo audio (control 4)"),
    (toc((1, 0, 8), (2, 1152)), "track 1 is marked as something other than plain stereo audio (control 8)"),
    (toc((1, 0), (2, 1152), lead_out=END + 1), "track 2 has 499 sectors on the disc instead of 500"),
    (toc((1, 0), (2, 1152), lead_out=END - 1), "track 2 has 497 sectors on the disc instead of 500"),
    (toc((1, 0), (2, 1152), lead_out=END + 153), "track 2 has 651 sectors on the disc instead of 500"),
]


@pytest.mark.parametrize(("found", "said"), AMISS)
def test_each_thing_that_is_not_as_it_was_written_is_told_once(found: Toc, said: str) -> None:
    wrong, notes = compare_toc(found, WRITTEN, placed=True)
    assert len(wrong) == 1
    assert said in wrong[0]
    assert not notes


@pytest.mark.parametrize(
    "found",
    [
        GOOD,
        toc((1, 0, 2), (2, 1152, 2)),  # copying is permitted: that changes no sound
        toc((1, 0), (2, 1152), lead_out=END),  # some write no run-out
    ],
)
def test_what_changes_no_sound_is_not_even_told(found: Toc) -> None:
    assert compare_toc(found, WRITTEN, placed=True) == ([], [])


@pytest.mark.parametrize(
    ("late", "said"), [(1, "1 sector late"), (2, "2 sectors late"), (150, "150 sectors late")]
)
def test_up_to_two_seconds_more_of_silence_at_the_end_are_told_and_no_fault(late: int, said: str) -> None:
    wrong, notes = compare_toc(toc((1, 0), (2, 1152), lead_out=END + 2 + late), WRITTEN, placed=True)
    assert not wrong
    assert len(notes) == 1
    assert said in notes[0]


def test_tracks_that_were_written_and_are_not_compared_may_be_there() -> None:
    found = toc((1, 0), (2, 1152), (3, 1804), lead_out=2300)
    assert compare_toc(found, WRITTEN, True, also_there=(3,))[0] == []
    assert compare_toc(found, [], True)[0] == []


def test_flags_are_not_compared_where_somebody_else_does() -> None:
    assert compare_toc(toc((1, 0, 1), (2, 1152)), WRITTEN, True, flags=False) == ([], [])


def test_flags_that_were_meant_are_named() -> None:
    meant = [LaidTrack(1, 0, 1000, control=1), WRITTEN[1]]
    assert compare_toc(toc((1, 0, 1), (2, 1152)), meant, True) == ([], [])
    assert "other than control 1 (control 0)" in compare_toc(GOOD, meant, True)[0][0]


@pytest.mark.parametrize(
    ("lead_out", "wrong"), [(END, []), (END + 1, ["the lead-out is at sector 1653 instead of 1652"])]
)
def test_a_lead_out_that_is_known_must_be_there_to_the_sector(lead_out: int, wrong: list[str]) -> None:
    found = toc((1, 0), (2, 1152), lead_out=lead_out)
    assert compare_toc(found, WRITTEN, True, lead_out_lba=END) == (wrong, [])


GAPS: list[tuple[int, int, bool]] = [
    # gap between the tracks, run-out before the lead-out, whether a writer makes such a disc
    (152, 2, True),  # track-at-once
    (0, 0, True),  # at once, without a pause
    (150, 0, True),  # at once, with the usual one
    (151, 0, False),
    (149, 0, False),
    (152, 0, False),
    (0, 2, False),
    (150, 2, False),
]


@pytest.mark.parametrize(("gap", "run_out", "fine"), GAPS)
def test_between_tracks_of_another_program_lies_what_their_way_of_writing_leaves(
    gap: int, run_out: int, fine: bool
) -> None:
    start = 1000 + gap
    tracks = [LaidTrack(1, 0, 1000), LaidTrack(2, start, 500)]
    found = toc((1, 0), (2, start), lead_out=start + 500 + run_out)
    assert (compare_toc(found, tracks, placed=False)[0] == []) is fine


@pytest.mark.parametrize(("gap", "fine"), [(152, True), (150, True), (0, True), (151, False)])
def test_before_data_either_way_of_writing_may_have_left_its_gap(gap: int, fine: bool) -> None:
    found = toc((1, 0), (2, 1000 + gap, 4), lead_out=5000)
    assert (compare_toc(found, [LaidTrack(1, 0, 1000)], placed=False)[0] == []) is fine


def test_the_lead_out_of_an_earlier_session_ends_its_last_track() -> None:
    """MMC-5 4.2.3.5: the next session begins 11 400 sectors behind the first one's lead-out."""
    tracks = [LaidTrack(1, 0, 1000), LaidTrack(2, 12_552, 500)]
    found = toc((1, 0), (2, 12_552, 0, 2), lead_out=13_054)  # type: ignore[arg-type]
    for placed in (True, False):
        assert compare_toc(found, tracks, placed, lead_outs={1: 1002}) == ([], [])
        assert "track 1 has 999 sectors" in compare_toc(found, tracks, placed, lead_outs={1: 1001})[0][0]


def read(answers: list[Any], **how: Any) -> tuple[TocResult, Played]:
    """answers  to READ TOC, one after the other"""

    def drive(command: Any) -> Any:
        if isinstance(command, ReadToc):
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        return Tray.said(command)

    played = Played(drive)
    return played.run(read_and_check_toc(WRITTEN, placed=True, **how)), played


class Tray:
    """A drive whose tray comes and goes; of itself it says nothing."""

    @staticmethod
    def said(command: Any) -> Any:
        if command.data_in_length:
            raise MediumError("not now", command.NAME, Sense(3, 2, 0))


NO_TOC = MediumError("MEDIUM ERROR", "READ TOC", Sense(3, 2, 0))


@pytest.mark.parametrize(
    ("first", "seen"),
    [
        (toc((1, 0), lead_out=1002), "track 2 is not in the table of contents"),
        (NO_TOC, "does not report a table of contents yet (MEDIUM ERROR)"),
        (InvalidReply("nonsense"), "does not report a table of contents yet (nonsense)"),
        (toc(), "does not report a table of contents yet (it has no track)"),
        (
            toc((1, 0), (2, 1152), lead_out=1152),
            "does not report a table of contents yet (it has no lead-out)",
        ),
    ],
)
def test_what_is_amiss_is_looked_at_again_once_the_disc_was_reloaded(first: Any, seen: str) -> None:
    result, played = read([first, GOOD])
    assert result == TocResult(GOOD, (), ())
    assert seen in played.of(Notice)[0].text
    moved = [command for command in played.of(StartStopUnit) if command.load_eject]
    assert [command.start for command in moved] == [False, True]


@pytest.mark.parametrize("how", [{"reloaded": True}, {"not_reloaded": "it has no motor"}])
def test_a_disc_is_not_reloaded_twice_or_where_that_cannot_be(how: Any) -> None:
    result, played = read([toc((1, 0))], **how)
    assert result.wrong
    assert not result.notes
    assert not played.of(StartStopUnit)


def test_a_table_of_contents_that_stays_unreadable_is_wrong() -> None:
    result, _ = read([NO_TOC, NO_TOC])
    assert result.toc is None
    assert "cannot be read from the disc (MEDIUM ERROR)" in result.wrong[0]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"just_closed": True}, "the disc was not loaded again"),
        ({"just_closed": True, "not_reloaded": "it has no motor"}, "it has no motor"),
        ({"not_reloaded": "it has no motor"}, "it has no motor"),
        ({"just_closed": True, "reloaded": True}, ""),
        ({}, ""),
    ],
)
def test_what_the_drive_may_only_remember_is_told_as_that(how: Any, said: str) -> None:
    result, _ = read([GOOD], **how)
    assert not result.wrong
    assert [said in note for note in result.notes] == ([True] if said else [])


def track(**other: Any) -> TrackInformation:
    usual: dict[str, Any] = {
        "number": 2,
        "session": 1,
        "control": 0,
        "blank": False,
        "damaged": False,
        "start_lba": 1152,
        "next_writable_lba": None,
        "free_sectors": 0,
        "track_sectors": 500,
    }
    return TrackInformation(**(usual | other))


@pytest.mark.parametrize("sectors", [500, 501, 502])
def test_a_drive_may_count_the_run_out_as_part_of_a_track(sectors: int) -> None:
    played = Played(lambda command: track(track_sectors=sectors))
    played.run(check_track(TrackEnded(2, 1152, 500)))
    assert played.steps == [ReadTrackInformation(2)]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"number": 1}, "track 1 starts at sector 1152, not at 1152"),
        ({"start_lba": 1150}, "track 2 starts at sector 1150, not at 1152"),
        ({"track_sectors": 499}, "it has 499 sectors instead of 500"),
        ({"track_sectors": 503}, "it has 503 sectors instead of 500"),
        ({"blank": True}, "it is blank"),
        ({"damaged": True}, "it is damaged"),
    ],
)
def test_a_track_that_the_drive_knows_otherwise_is_told(other: Any, said: str) -> None:
    with pytest.raises(VerificationFailed) as failed:
        Played(lambda command: track(**other)).run(check_track(TrackEnded(2, 1152, 500)))
    assert str(failed.value) == f"the drive says of track 2: {said}"


Answer = Callable[[Any], Any]


@pytest.mark.parametrize(
    ("finalized", "status", "fine"),
    [
        (True, DiscStatus.COMPLETE, True),
        (True, DiscStatus.APPENDABLE, False),
        (False, DiscStatus.APPENDABLE, True),
        (False, DiscStatus.COMPLETE, False),
        (False, DiscStatus.BLANK, False),
    ],
)
def test_the_disc_must_be_in_the_state_that_it_was_left_in(
    finalized: bool, status: DiscStatus, fine: bool
) -> None:
    def drive(command: Any) -> Any:
        if isinstance(command, ReadDiscInformation):
            return DiscInformation(status, SessionStatus.COMPLETE, False, 1, 1, 1, 2)
        return GOOD

    check = check_disc([TrackEnded(1, 0, 1000), TrackEnded(2, 1152, 500)], finalized)
    if fine:
        Played(drive).run(check)
        return
    with pytest.raises(VerificationFailed, match=f"the disc is {status.name.lower()}, not "):
        Played(drive).run(check)


def test_a_disc_whose_table_of_contents_is_not_what_was_written_is_told() -> None:
    def drive(command: Any) -> Any:
        if isinstance(command, ReadDiscInformation):
            return DiscInformation(DiscStatus.COMPLETE, SessionStatus.COMPLETE, False, 1, 1, 1, 2)
        return toc((1, 0), (2, 1153)) if isinstance(command, ReadToc) else Tray.said(command)

    with pytest.raises(
        VerificationFailed, match="the drive says: track 2 starts at sector 1153 instead of 1152"
    ):
        Played(drive).run(check_disc([TrackEnded(1, 0, 1000), TrackEnded(2, 1152, 500)], True))


def test_a_gap_is_known_of_tracks_that_were_just_written() -> None:
    def drive(command: Any) -> Any:
        if isinstance(command, ReadDiscInformation):
            return DiscInformation(DiscStatus.COMPLETE, SessionStatus.COMPLETE, False, 1, 1, 1, 2)
        return toc((1, 0), (2, 1180), lead_out=1682)

    Played(drive).run(check_disc([TrackEnded(1, 0, 1000), TrackEnded(2, 1180, 500)], True))


THREE = [*WRITTEN, LaidTrack(3, 1804, 700)]


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        ((0, 1152, 1804), []),
        ((0, 1152, 1805), ["track 3 starts at sector 1805 instead of 1804"]),
        ((0, 1153, 1804), ["track 2 starts at sector 1153 instead of 1152"]),
        ((1, 1152, 1804), ["track 1 starts at sector 1 instead of 0"]),
    ],
)
def test_a_track_that_lies_elsewhere_is_told_and_its_neighbours_are_not(
    starts: tuple[int, int, int], said: list[str]
) -> None:
    found = toc(*enumerate(starts, 1), lead_out=2506)
    assert compare_toc(found, THREE, placed=True) == (said, [])


def test_of_three_tracks_all_may_be_listed_and_no_fourth() -> None:
    found = toc((1, 0), (2, 1152), (3, 1804), (4, 2656), lead_out=3000)
    said = ["the table of contents lists track 4, which was not written"]
    assert compare_toc(found, THREE, placed=True) == (said, [])
    assert compare_toc(found, THREE[:2], placed=True, also_there=(3, 4)) == ([], [])


@pytest.mark.parametrize(("start", "fine"), [(1152, True), (1150, False), (1000, False)])
def test_behind_a_track_of_ours_lies_our_own_gap(start: int, fine: bool) -> None:
    found = toc((1, 0), (2, start), lead_out=5000)
    assert (compare_toc(found, WRITTEN[:1], placed=True, also_there=(2,))[0] == []) is fine


@pytest.mark.parametrize(
    ("first_gap", "first_run_out", "second_gap", "second_run_out", "fine"),
    [
        (152, 2, 0, 0, True),
        (0, 0, 152, 2, True),
        (150, 0, 150, 0, True),
        (0, 2, 0, 0, False),
        (152, 0, 152, 2, False),
        (0, 0, 0, 2, False),
        (152, 2, 152, 0, False),
    ],
)
def test_each_session_may_have_been_written_in_a_way_of_its_own(
    first_gap: int, first_run_out: int, second_gap: int, second_run_out: int, fine: bool
) -> None:
    starts = [0, 1000 + first_gap, 20_000, 21_000 + second_gap]
    tracks = [LaidTrack(number, start, 1000) for number, start in enumerate(starts, 1)]
    found = toc(*enumerate(starts, 1), lead_out=tracks[3].end_lba + second_run_out)
    lead_outs = {2: tracks[1].end_lba + first_run_out}
    assert (compare_toc(found, tracks, placed=False, lead_outs=lead_outs)[0] == []) is fine
    result = Played(lambda command: found).run(
        read_and_check_toc(tracks, placed=False, reloaded=True, lead_outs=lead_outs)
    )
    assert (result.wrong == ()) is fine


def test_a_tray_that_was_pushed_in_is_waited_for() -> None:
    """The drive has not looked at the disc yet."""
    busy = iter([BecomingReady("loading", "TEST UNIT READY", Sense(2, 4, 1))] * 5)
    answers = iter([NO_TOC, GOOD])

    def drive(command: Any) -> Any:
        if isinstance(command, ReadToc):
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if isinstance(command, StartStopUnit) and command.start:
            raise IllegalRequest("no motor", command.NAME, Sense(5, 0x24, 0))
        if isinstance(command, TestUnitReady):
            for error in busy:
                raise error
        return Tray.said(command)

    played = Played(drive)
    assert played.run(read_and_check_toc(WRITTEN, placed=True)).toc == GOOD
    assert next(busy, None) is None
