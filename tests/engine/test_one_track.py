"""One track, track-at-once: where it goes, what is sent, and how it is ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from redbook import errors
from redbook.disc import SECTOR_BYTES
from redbook.disc.layout import LaidTrack
from redbook.engine.events import Notice, Phase, PhaseStarted, TrackEnded, TrackStarted
from redbook.engine.one_track import close_track, end_open_track, pad, place_track, synchronize, write_track
from redbook.engine.outcome import DriveInUse, Outcome
from redbook.engine.steps import Commit, Point, SectorsDone, Shield
from redbook.engine.track_at_once import end_cut_short
from redbook.errors import ImpossiblyFast, InvalidReply, LossOfStreaming, MediumUnsuitable, Sense, SenseError
from redbook.mmc.control import TestUnitReady
from redbook.mmc.disc_info import (
    DiscInformation,
    DiscStatus,
    ReadDiscInformation,
    ReadTrackInformation,
    SessionStatus,
    TrackInformation,
)
from redbook.mmc.identify import CD_DEVICE, Inquiry, InquiryReply
from redbook.mmc.write import CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from redbook.quirks import VIRTUAL_MARK, Quirks
from tests.support.played import Played
from tests.support.sound import noise

FIRST = LaidTrack(1, 0, 1000)
PLANNED = LaidTrack(2, 1152, 800)
LAST = 2000
"""How far it may reach."""


def said(kind: type[SenseError], *sense: int) -> SenseError:
    return kind("the drive said so", "IT", Sense(*sense))


REFUSED = said(errors.InvalidField, 5, 0x24, 0)
AT_WORK = said(errors.OperationInProgress, 2, 4, 7)


def track(number: int = 1, next_lba: int | None = None, blank: bool = False) -> TrackInformation:
    return TrackInformation(number, 1, 0, blank, False, 0, next_lba, 9000, 0)


class Scripted:
    """A drive that gives prepared answers to commands of a kind, the last one again and again."""

    def __init__(self, answers: dict[type[Any], Iterable[Any]]) -> None:
        self.answers = {kind: list(some) for kind, some in answers.items()}

    def __call__(self, command: Any) -> Any:
        some = self.answers.get(type(command))
        if some is None:
            if isinstance(command, ReadDiscInformation):
                return DiscInformation(DiscStatus.APPENDABLE, SessionStatus.INCOMPLETE, False, 1, 1, 1, 1)
            return None
        answer = some.pop(0) if len(some) > 1 else some[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def placed(
    answer: Any,
    planned: LaidTrack = PLANNED,
    before: LaidTrack | None = FIRST,
    test_write: bool = False,
    knows: bool = True,
) -> tuple[LaidTrack, list[Notice]]:
    outcome = Outcome(DriveInUse(quirks=Quirks(knows_next_address=knows)))
    played = Played(Scripted({ReadTrackInformation: [answer]}))
    there = played.run(place_track(planned, before, LAST, outcome, test_write))
    assert played.steps[0] == PhaseStarted(Phase.WRITING, planned.number)
    return there, played.of(Notice)


BLANK_FIRST = LaidTrack(1, 0, 800)

TAKEN: list[tuple[Any, dict[str, Any], int, bool]] = [
    # what the drive answers, of which track, where it goes then, and whether there is something to say
    (track(2, 1152), {}, 1152, False),
    (track(2, 1160), {}, 1160, True),  # a larger gap than usual
    (track(2, 1150), {}, 1150, True),  # no run-out, but the pregap
    (track(2, 1200), {}, 1200, True),  # as far as it may reach
    (track(2, 1201), {"test_write": True}, 1201, False),  # in a test write drives count in their own ways
    (track(2, 0), {"test_write": True}, 0, False),
    (track(1, 0), {"planned": BLANK_FIRST, "before": None}, 0, False),
    (track(1, -150), {"planned": BLANK_FIRST, "before": None}, 0, False),  # Pioneer, LITE-ON
    (track(2, 77), {"knows": False}, 1152, False),
    (REFUSED, {}, 1152, True),
    (REFUSED, {"planned": BLANK_FIRST, "before": None}, 0, True),
    (InvalidReply("nonsense"), {"knows": False}, 1152, False),
]


@pytest.mark.parametrize(("answer", "how", "start", "told"), TAKEN)
def test_a_track_goes_where_the_drive_wants_it(answer: Any, how: Any, start: int, told: bool) -> None:
    there, notices = placed(answer, **how)
    planned = how.get("planned", PLANNED)
    assert (there.number, there.start_lba, there.sectors) == (planned.number, start, planned.sectors)
    assert bool(notices) is told


UNFIT: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    (track(2, 1201), {}, MediumUnsuitable, "wants track 2 at sector 1201, but 1152 was planned"),
    (track(2, None), {}, MediumUnsuitable, "wants track 2 at sector None"),
    (track(2, None), {"test_write": True}, MediumUnsuitable, "wants track 2 at sector None"),
    (track(2, -150), {"before": None}, MediumUnsuitable, "wants track 2 at sector -150"),
    (track(2, 1160), {"before": None}, MediumUnsuitable, "wants track 2 at sector 1160"),
    (
        track(1, 152),
        {"planned": BLANK_FIRST, "before": None},
        MediumUnsuitable,
        "wants track 1 at sector 152",
    ),
    (track(2, -150), {"test_write": True}, InvalidReply, "sectors were lost"),
    (track(2, 1149), {}, InvalidReply, "sectors were lost"),
    (
        track(2, 900),
        {},
        InvalidReply,
        "took all 1000 sectors of track 1, and now wants track 2 at sector 900",
    ),
    (REFUSED, {"before": None}, errors.InvalidField, "said so"),  # behind tracks that are not ours
    (InvalidReply("nonsense"), {}, InvalidReply, "nonsense"),
]


@pytest.mark.parametrize(("answer", "how", "kind", "words"), UNFIT)
def test_where_it_cannot_go_nothing_is_written(
    answer: Any, how: Any, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        placed(answer, **how)


@pytest.mark.parametrize(("ended", "asked"), [([], True), ([TrackEnded(1, 0, 1000)], False)])
def test_a_track_is_sent_padded_and_ended_and_only_the_first_asks_whoever_has_a_say(
    ended: list[TrackEnded], asked: bool
) -> None:
    outcome = Outcome(ended=ended, sent=99)
    pcm = noise(588 * 60)
    played = Played(
        Scripted({}),
        chunks=[pcm[at : at + 27 * SECTOR_BYTES] for at in range(0, len(pcm), 27 * SECTOR_BYTES)],
    )
    there = LaidTrack(2, 1152, 100)
    played.run(write_track(there, outcome))
    assert [step.point for step in played.of(Commit)] == ([Point.WRITE] if asked else [])
    writes = played.of(Write10)
    assert (writes[0].lba, writes[-1].lba + writes[-1].sectors) == (1152, 1252)
    assert sum(write.sectors for write in writes) == 100
    assert b"".join(bytes(write.data_out) for write in writes) == pcm.ljust(100 * SECTOR_BYTES, b"\0")
    assert len(played.of(SynchronizeCache)) == 1
    told = played.of(TrackStarted, TrackEnded, PhaseStarted, Shield)
    assert told == [
        TrackStarted(2, 1152, 100),
        Shield(True),
        PhaseStarted(Phase.ENDING_TRACK, 2),
        TrackEnded(2, 1152, 100),
        Shield(False),
    ]
    assert outcome.open_track is None
    assert outcome.ended[-1] == TrackEnded(2, 1152, 100)
    assert played.of(SectorsDone)[-1] == SectorsDone(Phase.WRITING, 2, 100, 100)


@pytest.mark.parametrize("mark", ["", VIRTUAL_MARK])
def test_a_track_that_took_no_time_is_none_unless_the_recorder_is_virtual(mark: str) -> None:
    outcome = Outcome(DriveInUse(real_time=True))
    reply = InquiryReply(CD_DEVICE, True, "ACME", "WRITER", "1.0", makers_own=mark)
    played = Played(Scripted({Inquiry: [reply]}), chunks=[bytes(27 * SECTOR_BYTES)])
    played.seconds = 1000  # it is a while since the clock was set
    if mark:
        played.run(write_track(FIRST, outcome))
        assert outcome.ended == [TrackEnded(1, 0, 1000)]
        assert not outcome.drive.real_time
        return
    with pytest.raises(ImpossiblyFast, match="track 1"):
        played.run(write_track(FIRST, outcome))
    assert outcome.cut_short == (FIRST, 0)
    assert outcome.open_track is None
    assert not outcome.ended


@pytest.mark.parametrize(
    ("sent", "writes"), [(300, []), (299, [(299, 1)]), (250, [(250, 27), (277, 23)]), (310, [])]
)
def test_silence_is_sent_up_to_the_length_that_is_wanted(sent: int, writes: list[tuple[int, int]]) -> None:
    outcome = Outcome(sent=sent, lba=7)
    played = Played()
    played.run(pad(300, FIRST, outcome))
    assert [(write.lba, write.sectors) for write in played.of(Write10)] == writes
    assert outcome.sent == max(300, sent)
    assert outcome.lba == (None if writes else 7)


def test_a_pad_that_fails_says_where() -> None:
    outcome = Outcome(sent=250)
    with pytest.raises(errors.WriteError):
        Played(Scripted({Write10: [None, said(errors.WriteError, 3, 0x0C, 0)]})).run(pad(300, FIRST, outcome))
    assert (outcome.sent, outcome.lba) == (277, 277)


PADDED = said(LossOfStreaming, 3, 0x0C, 0x0A)

ENDS: list[tuple[list[Any], int, list[bool], bool]] = [
    # answers to SYNCHRONIZE CACHE, notices, with Immed or not, and whether the track has ended
    ([None], 0, [True], True),
    ([REFUSED, None], 0, [True, False], True),
    ([said(errors.DummyBlocksAdded, 5, 0xB5, 0)], 0, [True], True),
    ([PADDED], 1, [True], True),
    ([said(LossOfStreaming, 5, 0x21, 0)], 0, [True], False),
    ([said(errors.WriteError, 3, 0x0C, 0)], 0, [True], False),
]


@pytest.mark.parametrize(("answers", "notices", "immediate", "ends"), ENDS)
def test_a_track_ends_as_drives_say_it(
    answers: list[Any], notices: int, immediate: list[bool], ends: bool
) -> None:
    played = Played(Scripted({SynchronizeCache: answers}))
    if ends:
        assert played.run(synchronize()).status is DiscStatus.APPENDABLE
    else:
        with pytest.raises(SenseError):
            played.run(synchronize())
    assert [command.immediate for command in played.of(SynchronizeCache)] == immediate
    assert len(played.of(Notice)) == notices


CLOSES: list[tuple[list[Any], Any, int]] = [
    # answers to CLOSE TRACK, what the track is meanwhile, how often it is sent
    ([None], track(3), 1),
    ([AT_WORK, None], track(3), 1),  # it was that command's own work
    ([AT_WORK, None], track(3, next_lba=500), 2),
    ([AT_WORK, None], track(3, blank=True), 2),
    ([AT_WORK, None], REFUSED, 2),
    ([AT_WORK, None], InvalidReply("nonsense"), 2),
]


@pytest.mark.parametrize(("answers", "meanwhile", "times"), CLOSES)
def test_close_track_is_sent_again_unless_the_track_has_ended_meanwhile(
    answers: list[Any], meanwhile: Any, times: int
) -> None:
    played = Played(Scripted({CloseTrackSession: answers, ReadTrackInformation: [meanwhile]}))
    played.run(close_track(3, Phase.PREPARING))
    assert played.of(CloseTrackSession) == [CloseTrackSession(CloseFunction.TRACK, 3)] * times
    assert set(played.of(ReadTrackInformation)) <= {ReadTrackInformation(3)}


def test_a_track_that_somebody_never_ended_is_ended_and_that_is_told() -> None:
    played = Played(Scripted({}))
    played.run(end_open_track(track(4)))
    assert played.of(CloseTrackSession) == [CloseTrackSession(CloseFunction.TRACK, 4)]
    assert "track 4 on the disc was never ended" in played.of(Notice)[0].text


# What was cut short

STILL_AT_WORK = said(errors.LongWriteInProgress, 2, 4, 8)


def test_what_was_begun_is_padded_to_four_seconds_and_ended() -> None:
    outcome = Outcome(open_track=FIRST, sent=100)
    played = Played(Scripted({}))
    played.run(end_cut_short(outcome))
    assert sum(write.sectors for write in played.of(Write10)) == 200
    assert outcome.cut_short == (FIRST, 100)
    assert outcome.open_track is None
    assert played.of(SectorsDone)[-1] == SectorsDone(Phase.WRITING, 1, 300, 300)
    assert played.of(PhaseStarted) == [PhaseStarted(Phase.ENDING_TRACK, 1)]


def test_nothing_is_done_where_no_track_is_open() -> None:
    played = Played(Scripted({}))
    played.run(end_cut_short(Outcome(sent=100)))
    assert not played.steps


def test_behind_a_write_that_failed_nothing_more_is_sent_and_the_track_is_ended_all_the_same() -> None:
    outcome = Outcome(open_track=FIRST, sent=100, lba=100)
    played = Played(Scripted({}))
    played.run(end_cut_short(outcome))
    assert not played.of(Write10)
    assert played.of(SynchronizeCache)
    assert outcome.cut_short == (FIRST, 100)


def test_a_pad_that_fails_is_told_and_the_track_is_ended_all_the_same() -> None:
    outcome = Outcome(open_track=FIRST, sent=100)
    played = Played(Scripted({Write10: [said(errors.WriteError, 3, 0x0C, 0)]}))
    played.run(end_cut_short(outcome))
    assert "track 1 could not be padded to 4 s" in played.of(Notice)[0].text
    assert outcome.cut_short == (FIRST, 100)


@pytest.mark.parametrize(
    ("answer", "known"), [(said(errors.WriteError, 3, 0x0C, 0), True), (STILL_AT_WORK, False)]
)
def test_a_track_that_cannot_be_ended_stays_open_and_that_is_told(answer: Any, known: bool) -> None:
    outcome = Outcome(open_track=FIRST, sent=400)
    played = Played(Scripted({SynchronizeCache: [answer], TestUnitReady: [None if known else answer]}))
    played.run(end_cut_short(outcome))
    assert "track 1 could not be ended" in played.of(Notice)[-1].text
    assert outcome.open_track is FIRST
    assert outcome.cut_short is None
    assert (outcome.unknown == "") is known
