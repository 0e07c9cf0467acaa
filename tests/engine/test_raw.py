"""Raw writing: what is asked of drive and disc first, what is sent, and what is told of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from redbook import errors
from redbook.disc import SECTOR_BYTES, Msf
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.disc.raw_sectors import SubForm
from redbook.engine.events import Phase, PhaseStarted, TrackEnded, TrackStarted
from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.plan import Space
from redbook.engine.raw import Raw, RawImage, forms_taken, instead_of_raw, writes_raw
from redbook.engine.steps import Commit, Point, SectorsDone
from redbook.errors import IllegalRequest, InvalidReply, NotARecorder, PlanError, Sense
from redbook.mmc.disc_info import DiscInformation, DiscStatus, ReadDiscInformation, SessionStatus
from redbook.mmc.identify import CD_DEVICE, InquiryReply, Profile
from redbook.mmc.mode_pages import ModeData, ModeSelect10, ModeSense10, WriteParameters, WriteType
from redbook.mmc.write import SynchronizeCache, Write10
from tests.support.played import Played

LEAD_IN = Msf(97, 34, 23)
START = LEAD_IN.lba  # -11 077
ROOM = Space(1, 0, 359_849)
TRACKS = LaidTrack(1, 0, 500, 150), LaidTrack(2, 600, 400, 100)
LAYOUT = SessionLayout(TRACKS, 1000)


def image(form: SubForm = SubForm.RAW, start: int = START, layout: SessionLayout = LAYOUT) -> RawImage:
    return RawImage(layout, start, layout.lead_out_lba + 90, form)


def abilities(**other: Any) -> Abilities:
    usual: dict[str, Any] = {
        "inquiry": InquiryReply(CD_DEVICE, True, "ACME", "WRITER", "1.0"),
        "profile": Profile.CD_R,
        "capabilities": None,
        "writes_tao": True,
        "writes_sao": True,
        "writes_cd_rw": True,
        "test_write": True,
        "underrun_protection": True,
        "writes_raw": True,
    }
    return Abilities(**(usual | other))


def blank(lead_in: Msf | None = LEAD_IN, status: DiscStatus = DiscStatus.BLANK) -> DiscContents:
    information = DiscInformation(
        status, SessionStatus.EMPTY, False, 1, 1, 1, 1, last_session_lead_in=lead_in
    )
    return DiscContents(information, None, (), None, None, ROOM)


class Writer:
    """A drive that takes some forms of raw writing, and has page 05h."""

    def __init__(self, *forms: int, says: type[errors.SenseError] = IllegalRequest) -> None:
        self.forms = forms
        self.says = says
        self.page = WriteParameters(copy=True)
        self.selected: list[int] = []

    def __call__(self, command: Any) -> Any:
        if isinstance(command, ModeSense10):
            return ModeData(self.page.to_page())
        if isinstance(command, ModeSelect10):
            page = WriteParameters.from_page(command.pages)
            self.selected.append(page.data_block_type)
            if page.write_type == WriteType.RAW and page.data_block_type not in self.forms:
                raise self.says("refused", command.NAME, Sense(5, 0x26, 0))
            self.page = page
        if isinstance(command, ReadDiscInformation):
            return DiscInformation(DiscStatus.COMPLETE, SessionStatus.COMPLETE, False, 1, 1, 1, 2)
        return None


def test_a_drive_that_cannot_is_refused_with_what_makes_the_disc_instead() -> None:
    Raw().check(abilities())
    with pytest.raises(NotARecorder, match=r"ACME WRITER 1.0 cannot write raw; session-at-once \(--mode sao"):
        Raw().check(abilities(writes_raw=False))
    with pytest.raises(NotARecorder, match=r"cannot write raw; track-at-once \(--mode tao"):
        Raw().check(abilities(writes_raw=False, writes_sao=False))
    with pytest.raises(NotARecorder, match="cannot write CDs"):
        Raw().check(abilities(writes_tao=False))
    assert "the same disc" in instead_of_raw(abilities())


def test_it_needs_a_blank_disc_that_says_where_its_lead_in_begins() -> None:
    assert Raw().space(abilities(), blank()) == ROOM
    with pytest.raises(errors.DiscNotBlank):
        Raw().space(abilities(), blank(status=DiscStatus.APPENDABLE))
    with pytest.raises(InvalidReply, match="does not say where the disc's lead-in begins"):
        Raw().space(abilities(), blank(None))


def test_an_image_that_is_longer_than_the_disc_does_not_fit() -> None:
    assert Raw(image()).place(Space(1, 0, 1000)) is LAYOUT
    with pytest.raises(PlanError, match="does not fit"):
        Raw(image()).place(Space(1, 0, 999))


def test_where_the_image_is_not_known_yet_nothing_can_be_placed() -> None:
    with pytest.raises(ValueError, match="no image"):
        Raw().place(ROOM)


def test_without_an_image_any_form_will_do() -> None:
    drive = Writer(SubForm.PACKED)
    assert Played(drive).run(Raw().parameters(Settings(), True))
    assert drive.page.data_block_type == SubForm.PACKED


@pytest.mark.parametrize("form", SubForm)
def test_an_image_is_written_in_its_own_form_or_not_at_all(form: SubForm) -> None:
    drive = Writer(*SubForm)
    Played(drive).run(Raw(image(form)).parameters(Settings(), True))
    assert set(drive.selected) == {form}
    assert drive.page.write_type == WriteType.RAW
    other = Writer(*(set(SubForm) - {form}))
    with pytest.raises(NotARecorder, match=r"refuses to write raw .*track-at-once"):
        Played(other).run(Raw(image(form)).parameters(Settings(), True))


@pytest.mark.parametrize(
    ("now", "said"), [(Msf(97, 34, 24), "now says at sector -11076"), (None, "now says nowhere")]
)
def test_a_disc_whose_lead_in_begins_elsewhere_by_now_is_not_written(now: Msf | None, said: str) -> None:
    played, outcome = Played(), Outcome()
    with pytest.raises(InvalidReply, match=said):
        played.run(Raw(image()).arm(LAYOUT, blank(now), Settings(), outcome))
    played.run(Raw(image()).arm(LAYOUT, blank(), Settings(), outcome))
    assert outcome.lead_in_start == LEAD_IN
    assert not played.steps


def burned(form: SubForm) -> tuple[Played, Outcome]:
    one = image(form, -200)
    size = form.sector_bytes
    data = bytes(range(256)) * (one.sectors * size // 256 + 1)
    chunks = [data[at : at + 27 * size] for at in range(0, one.sectors * size, 27 * size)]
    chunks[-1] = chunks[-1][: (one.sectors % 27 or 27) * size]
    played, outcome = Played(Writer(), chunks=chunks), Outcome()
    played.run(Raw(one).write(LAYOUT, ROOM, Settings(), outcome))
    sent = b"".join(write.data_out for write in played.of(Write10))
    assert sent == data[: one.sectors * size]
    return played, outcome


@pytest.mark.parametrize("form", SubForm)
def test_all_is_sent_from_the_lead_in_to_the_lead_out_and_no_command_carries_more_than_it_can(
    form: SubForm,
) -> None:
    played, outcome = burned(form)
    writes = played.of(Write10)
    assert writes[0].lba == -200
    assert all(one.lba + one.sectors == other.lba for one, other in pairwise(writes))
    assert writes[-1].lba + writes[-1].sectors == 1090
    assert max(len(write.data_out) for write in writes) <= 27 * SECTOR_BYTES
    assert {write.sector_bytes for write in writes} == {form.sector_bytes}
    assert outcome.sent == 1290
    assert played.steps[:3] == [
        Commit(Point.WRITE),
        PhaseStarted(Phase.WRITING, 1),
        TrackStarted(1, 0, 500),
    ]


def test_a_track_is_told_where_its_pregap_begins_and_progress_is_of_the_whole_image() -> None:
    played, _ = burned(SubForm.RAW)
    told = played.of(SectorsDone, TrackStarted)
    done = [step for step in told if isinstance(step, SectorsDone)]
    assert {(step.phase, step.track, step.total) for step in done} == {(Phase.WRITING, 0, 1290)}
    assert [step.done for step in done] == sorted(step.done for step in done)
    assert done[-1].done == 1290
    at = told.index(TrackStarted(2, 600, 400))
    assert told[at - 1].done < 200 + 500 <= told[at + 1].done  # its pregap begins at LBA 500
    assert told.count(TrackStarted(2, 600, 400)) == 1


def test_the_end_is_written_out_and_no_session_is_closed() -> None:
    played = Played(Writer())
    outcome = Outcome(sent=1290)
    played.run(Raw(image()).end(LAYOUT, Settings(), outcome))
    assert outcome.closed
    assert played.of(TrackEnded) == [TrackEnded(1, 0, 500), TrackEnded(2, 600, 400)]
    assert len(played.of(SynchronizeCache)) == 1


def test_a_disc_that_broke_off_is_spoiled_as_far_as_it_was_sent() -> None:
    outcome = Outcome(open_track=TRACKS[0], sent=200 + 75 * 5)
    played = Played(Writer())
    method = Raw(image(start=-200))
    played.run(method.wind_down(outcome))
    assert played.of(SynchronizeCache)
    assert "ended early, at 0:05 of 0:13" in method.disc_now(outcome, Settings())


@pytest.mark.parametrize("taken", [(), (1,), (2, 3), (1, 2, 3)])
def test_which_forms_a_drive_takes_is_found_by_trying(taken: tuple[int, ...]) -> None:
    assert Played(Writer(*taken)).run(forms_taken(Settings(), True)) == taken


@pytest.mark.parametrize(
    ("says", "profile", "taken", "expected", "asked"),
    [
        (False, None, (3,), False, False),
        (True, Profile.CD_R, (), True, False),  # it says so itself
        (True, None, (), False, True),
        (True, None, (1,), True, True),
    ],
)
def test_a_drive_that_says_nothing_of_itself_is_tried_and_its_page_left_as_it_was(
    says: bool, profile: int | None, taken: tuple[int, ...], expected: bool, asked: bool
) -> None:
    drive = Writer(*taken)
    before = drive.page
    assert Played(drive).run(writes_raw(abilities(writes_raw=says, profile=profile))) is expected
    assert bool(drive.selected) is asked
    assert drive.page == before
