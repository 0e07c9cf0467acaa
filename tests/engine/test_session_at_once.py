"""A session written at once: what is on the disc, the forms of cue sheets, what is told of a spoiled one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES, Toc, TocTrack, cd_text
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.drive import Drive
from redbook.engine.burn import burn
from redbook.engine.cue_sheet_forms import CUE_SHEET_FORMS, forms_for
from redbook.engine.events import Event, Notice, Phase, PhaseStarted, Progress, TrackEnded, TrackStarted
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.raw import Raw
from redbook.engine.session_at_once import SessionAtOnce
from redbook.errors import BurnFailed, Cancelled, DiscNotBlank, MediumUnsuitable, PlanError, Sense
from redbook.mmc.cue_sheet import SendCueSheet
from redbook.mmc.disc_info import (
    DiscStatus,
    ReadCdText,
    ReadDiscInformation,
    ReadToc,
    ReadTrackInformation,
    SessionStatus,
)
from redbook.mmc.mode_pages import ModeSelect10
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.runner.cancel import Cancel
from redbook.runner.runner import Runner
from redbook.runner.under_way import UnderWay
from redbook.transport.base import Reply, Status
from redbook.transport.sg_io import SgIo
from redbook.virtual.faults import Fault, Garbled, MediumSwapped, Vanished
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import Recording, is_locked, run, status
from tests.support.drives import as_sent, loaded_again, model, ready
from tests.support.fake_kernel import FakeKernel
from tests.support.sound import noise
from tests.support.streams import BytesStream

PACKS = b"".join(
    cd_text.sealed(bytes((kind, 0, number, 0)) + text.ljust(12, b"\0"))
    for number, (kind, text) in enumerate(((0x80, b"A title"), (0x80, b"One"), (0x81, b"Somebody")))
)
LAYOUT = SessionLayout(
    (
        LaidTrack(1, 400, 825, 550, indexes=(850,), control=2, isrc="DEABC2500001"),
        LaidTrack(2, 1300, 700, 75, control=1),
        LaidTrack(3, 2000, 1000, isrc="DEABC2500003"),
    ),
    3000,
    mcn="4006381333931",
    cd_text=PACKS,
)
PROGRAM = noise(588 * LAYOUT.lead_out_lba, 7)
SILENCE = bytes(150 * SECTOR_BYTES)
GAPLESS = SessionLayout((LaidTrack(1, 0, 1500, 150), LaidTrack(2, 1500, 1500)), 3000)


def burn_session(
    recorder: Any,
    layout: SessionLayout = LAYOUT,
    settings: Settings | None = None,
    *,
    outcome: Outcome | None = None,
    cancel: Cancel | None = None,
    first_form: str = "",
    clock: ManualClock | None = None,
) -> list[Event]:
    events: list[Event] = []
    stream = BytesStream(SILENCE + PROGRAM, most=5000)
    runner = Runner(
        Drive(recorder),
        emit=events.append,
        cancel=cancel,
        clock=clock or ManualClock(),
        streams=[stream],
        total=stream.sectors,
    )
    runner.run(burn(SessionAtOnce(layout, first_form), settings or Settings(), outcome or Outcome()))
    return events


def new(**habits: object) -> VirtualRecorder:
    return VirtualRecorder(Medium.new(), model=model(**habits))


def test_the_disc_is_what_was_meant_to_the_sector(recorder: VirtualRecorder) -> None:
    burn_session(recorder)
    assert as_sent(recorder, 0, LAYOUT.lead_out_lba) == PROGRAM
    drive = loaded_again(ready(recorder))
    toc = drive.run(ReadToc())
    assert toc == Toc((TocTrack(1, 400, 2), TocTrack(2, 1300, 1), TocTrack(3, 2000)), 3000)
    assert drive.run(ReadCdText()) == PACKS
    disc = recorder.disc
    assert disc is not None
    (session,) = disc.state.sessions
    assert session.mcn == LAYOUT.mcn
    assert [t.isrc for t in session.tracks] == ["DEABC2500001", "", "DEABC2500003"]
    assert [(t.pregap_sectors, list(t.indexes)) for t in session.tracks] == [(550, [850]), (75, []), (0, [])]
    assert status(recorder) == (DiscStatus.COMPLETE, SessionStatus.COMPLETE)
    assert not is_locked(recorder)


def test_events_tell_the_story_in_order(recorder: VirtualRecorder) -> None:
    told = [e for e in burn_session(recorder) if isinstance(e, PhaseStarted | TrackStarted | TrackEnded)]
    assert told == [
        PhaseStarted(Phase.PREPARING),
        PhaseStarted(Phase.LEAD_IN),
        PhaseStarted(Phase.WRITING, 1),
        TrackStarted(1, 400, 825),
        TrackStarted(2, 1300, 700),
        TrackStarted(3, 2000, 1000),
        PhaseStarted(Phase.CLOSING),
        TrackEnded(1, 400, 825),
        TrackEnded(2, 1300, 700),
        TrackEnded(3, 2000, 1000),
    ]


def test_progress_counts_tracks_with_their_pregaps_and_ends_with_all(recorder: VirtualRecorder) -> None:
    progress = [e for e in burn_session(recorder) if isinstance(e, Progress)]
    last = {e.track: (e.track_sectors_done, e.track_sectors) for e in progress}
    assert last == {1: (1375, 1375), 2: (775, 775), 3: (1000, 1000)}
    assert progress[-1].sectors_done == progress[-1].sectors == 3150


def test_nothing_but_talk_comes_before_the_cue_sheet_and_no_close_after_it() -> None:
    log = Recording(new())
    burn_session(log)
    codes = log.opcodes()
    assert codes.index(SendCueSheet.OPCODE) < codes.index(Write10.OPCODE)
    assert 0x5B not in codes
    assert codes.index(0x54) < codes.index(SendCueSheet.OPCODE)
    writes = [cdb for cdb in log.cdbs if cdb[0] == Write10.OPCODE]
    lbas = [int.from_bytes(cdb[2:6], "big", signed=True) for cdb in writes]
    lengths = [int.from_bytes(cdb[7:9], "big") for cdb in writes]
    assert lbas[0] == Medium.new().state.lead_in_start.lba
    assert all(b == a + n for a, n, b in zip(lbas, lengths, lbas[1:], strict=False))
    assert lbas[-1] + lengths[-1] == 3000
    assert -150 in lbas


def test_the_lead_in_is_full_of_packs() -> None:
    """Each of them comes thousands of times; a drive that reads one of many badly has another one."""

    class Watching(VirtualRecorder):
        symbols = b""

        def execute(self, cdb: bytes, data_out: Any = b"", *rest: Any) -> Any:
            if cdb[0] == Write10.OPCODE and len(data_out) == 96 * int.from_bytes(cdb[7:9], "big"):
                self.symbols += bytes(data_out)
            return super().execute(cdb, data_out, *rest)

    recorder = Watching(Medium.new(), model=model())
    burn_session(recorder)
    assert len(recorder.symbols) == 96 * (-150 - Medium.new().state.lead_in_start.lba)
    packs = cd_text.from_symbols(recorder.symbols)
    assert packs == (PACKS * (len(packs) // len(PACKS) + 1))[: len(packs)]


# The forms of cue sheets

LADDER = {
    "plain": {},
    "ISRC without control": {"isrc_control": "without"},
    "true lead-in": {"lead_in_time": "true", "cd_text_block_type": "3"},
    "true lead-in, ISRC without control": {
        "lead_in_time": "true",
        "cd_text_block_type": "3",
        "isrc_control": "without",
    },
    "pregaps of one sector": {"needs_pregaps": True},
}


@pytest.mark.parametrize("forgets", [False, True])
@pytest.mark.parametrize("name", LADDER)
def test_each_form_is_reached_on_some_recorder(name: str, forgets: bool) -> None:
    recorder, outcome = new(**LADDER[name], forgets_page=forgets), Outcome()
    events = burn_session(recorder, outcome=outcome)
    assert outcome.cue_sheet_form == name
    notices = [e.text for e in events if isinstance(e, Notice)]
    assert any(name in text and "5/26/00" in text for text in notices) == (name != "plain")
    assert as_sent(recorder, 0, 3000) == PROGRAM
    assert loaded_again(ready(recorder)).run(ReadCdText()) == PACKS


def test_the_form_that_a_drive_took_before_comes_first() -> None:
    log = Recording(new(isrc_control="without"))
    burn_session(log, first_form="ISRC without control")
    assert log.opcodes().count(SendCueSheet.OPCODE) == 1


def test_the_form_that_changes_the_disc_is_never_the_first() -> None:
    recorder, outcome = new(), Outcome()
    burn_session(recorder, outcome=outcome, first_form="pregaps of one sector")
    assert outcome.cue_sheet_form == "plain"
    assert [form.name for form in forms_for(GAPLESS, "pregaps of one sector")][-1] == "pregaps of one sector"


def test_a_session_without_codes_and_text_has_two_forms() -> None:
    assert [form.name for form in forms_for(GAPLESS)] == ["plain", "pregaps of one sector"]
    assert [form.name for form in forms_for(LAYOUT)] == [form.name for form in CUE_SHEET_FORMS]
    assert [form.name for form in forms_for(LAYOUT, "no such form")] == [
        form.name for form in CUE_SHEET_FORMS
    ]


def test_with_pregaps_of_one_sector_no_sample_moves_and_it_is_said() -> None:
    recorder, outcome = new(needs_pregaps=True), Outcome()
    events: list[Event] = []
    stream = BytesStream(SILENCE + PROGRAM, most=5000)
    runner = Runner(
        Drive(recorder), emit=events.append, clock=ManualClock(), streams=[stream], total=stream.sectors
    )
    became = runner.run(burn(SessionAtOnce(GAPLESS), Settings(), outcome))
    assert [(t.start_lba, t.pregap_sectors, t.sectors) for t in became.tracks] == [
        (0, 150, 1499),
        (1500, 1, 1500),
    ]
    assert as_sent(recorder, 0, 3000) == PROGRAM
    assert any(
        "index 0 of each track lies one sector before" in e.text for e in events if isinstance(e, Notice)
    )


def test_a_drive_that_refuses_every_sheet_leaves_the_disc_blank_and_says_what_to_try() -> None:
    log = Recording(new(takes_cue_sheets=False))
    with pytest.raises(errors.CueSheetRefused) as error:
        burn_session(log)
    text = str(error.value)
    assert "in every form" in text
    assert "the disc is untouched" in text
    for cure in ("--cd-text none", "--without-codes", "--mode tao"):
        assert cure in text
    assert log.opcodes().count(SendCueSheet.OPCODE) == len(CUE_SHEET_FORMS)
    assert Write10.OPCODE not in log.opcodes()
    assert status(log.inner) == (DiscStatus.BLANK, SessionStatus.EMPTY)
    assert not is_locked(log.inner)


def test_a_page_that_got_lost_is_sent_again_and_is_no_form() -> None:
    log = Recording(new())
    log.inner.faults.append(Fault(Sense(5, 0x2C, 0), SendCueSheet))
    outcome = Outcome()
    burn_session(log, outcome=outcome)
    assert outcome.cue_sheet_form == "plain"
    assert log.opcodes().count(SendCueSheet.OPCODE) == 2


def test_a_page_that_another_program_changed_is_sent_again_before_the_first_write() -> None:
    """The sheet after it was taken, so that nothing but the page itself would tell."""
    log = Recording(new())
    log.inner.faults.append(Fault(Sense(6, 0x2A, 1), SendCueSheet))
    burn_session(log)
    codes = log.opcodes()
    last_sheet = len(codes) - 1 - codes[::-1].index(SendCueSheet.OPCODE)
    assert codes.count(SendCueSheet.OPCODE) == 3  # refused, taken under a page in doubt, taken
    assert 0x55 in codes[codes.index(SendCueSheet.OPCODE) : last_sheet]


# What cannot be


@pytest.mark.parametrize("most", [14 * 8 - 1, 14 * 8])
def test_a_cue_sheet_longer_than_the_drive_takes_is_refused_with_what_to_leave_out(most: int) -> None:
    log = Recording(new(largest_cue_sheet_bytes=most))
    if most == 14 * 8:
        burn_session(log)
        return
    with pytest.raises(
        PlanError,
        match=r"has 112 bytes, and REDBOOK TEST 1 takes 111 at most: "
        r"leave out some indexes from 2 on, or leave out the ISRCs \(--without-codes\), "
        r"or use another drive$",
    ):
        burn_session(log)
    assert 0x54 not in log.opcodes()  # no place of the power calibration area is used up
    assert SendCueSheet.OPCODE not in log.opcodes()


def test_where_there_is_nothing_to_leave_out_another_drive_is_all_that_helps() -> None:
    """Five entries of 8 bytes."""
    with pytest.raises(PlanError, match=r"has 40 bytes, and .* takes 39 at most: use another drive$"):
        burn_session(new(largest_cue_sheet_bytes=39), GAPLESS)


def test_a_drive_that_forgets_its_page_with_each_sheet_is_written_nothing_to() -> None:
    log = Recording(new())
    log.inner.faults.append(Fault(Sense(5, 0x2C, 0), SendCueSheet, times=None))
    with pytest.raises(errors.CommandSequenceError, match="SEND CUE SHEET"):
        burn_session(log)
    assert Write10.OPCODE not in log.opcodes()
    assert status(log.inner)[0] is DiscStatus.BLANK


def test_how_long_writing_took_does_not_depend_on_what_the_clock_shows() -> None:
    """3150 sectors at 8x: 5.25 s, after the drive's buffer and before its end."""
    seconds = []
    for shown in (0, 5000):
        clock, outcome = ManualClock(), Outcome()
        clock.sleep(shown)
        recorder = VirtualRecorder(Medium.new(), model="redbook", speed=8, clock=clock)
        burn_session(recorder, GAPLESS, outcome=outcome, clock=clock)
        seconds.append(outcome.seconds)
    assert seconds[0] == pytest.approx(seconds[1])
    assert 0 < seconds[0] < 3150 / 75


def test_a_drive_without_session_at_once_says_what_can_be_used_instead() -> None:
    with pytest.raises(errors.NotARecorder, match=r"session-at-once; track-at-once \(--mode tao\)"):
        burn_session(new(write_types=["track-at-once"]))


def test_a_drive_without_raw_writing_says_so_and_is_not_tried() -> None:
    log = Recording(new(write_types=["track-at-once", "session-at-once"]))
    runner = Runner(Drive(log), emit=lambda event: None, clock=ManualClock())
    with pytest.raises(errors.NotARecorder, match=r"cannot write raw; session-at-once \(--mode sao\)"):
        runner.run(burn(Raw(), Settings(), Outcome()))
    assert ModeSelect10.OPCODE not in log.opcodes()


def test_a_disc_that_tracks_are_on_is_refused() -> None:
    recorder = new()
    run(recorder, Settings(finalize=False))
    with pytest.raises(DiscNotBlank):
        burn_session(recorder)
    with pytest.raises(DiscNotBlank, match="needs a blank disc"):
        burn_session(recorder, settings=Settings(append=True))


def test_what_breaks_a_rule_or_does_not_fit_is_refused_before_anything_is_sent() -> None:
    log = Recording(new())
    short = replace(
        LAYOUT, tracks=(*LAYOUT.tracks[:2], replace(LAYOUT.tracks[2], sectors=100)), lead_out_lba=2100
    )
    with pytest.raises(PlanError, match="at least 4 s"):
        burn_session(log, short)
    long = replace(GAPLESS, tracks=(LaidTrack(1, 0, 400_000, 150),), lead_out_lba=400_000)
    with pytest.raises(PlanError, match="it does not fit"):
        burn_session(log, long)
    gap = replace(GAPLESS, tracks=(replace(GAPLESS.tracks[0], sectors=1400), GAPLESS.tracks[1]))
    with pytest.raises(PlanError, match="no gap"):
        burn_session(log, gap)
    assert SendCueSheet.OPCODE not in log.opcodes()
    assert status(log.inner)[0] is DiscStatus.BLANK


def test_cd_text_needs_to_know_where_the_lead_in_begins() -> None:
    recorder = new(atip="refused")
    recorder.faults.append(Fault(Garbled(b"\xff\xff\xff", 17), ReadDiscInformation, times=99))
    with pytest.raises(MediumUnsuitable, match=r"where the disc's lead-in begins.*--cd-text none"):
        burn_session(recorder)
    burn_session(recorder, replace(LAYOUT, cd_text=b""))


# Test writes


def test_a_test_write_does_everything_and_changes_nothing(recorder: VirtualRecorder) -> None:
    log = Recording(recorder)
    burn_session(log, settings=Settings(test_write=True))
    assert SendCueSheet.OPCODE in log.opcodes()
    assert Write10.OPCODE in log.opcodes()
    assert status(recorder) == (DiscStatus.BLANK, SessionStatus.EMPTY)
    burn_session(recorder)
    assert as_sent(recorder, 0, 3000) == PROGRAM


# Breaking off


def broken(recorder: VirtualRecorder, **how: Any) -> BurnFailed:
    with pytest.raises(BurnFailed) as error:
        burn_session(recorder, **how)
    assert not is_locked(recorder)
    return error.value


def test_an_error_in_the_middle_is_told_with_its_place_and_the_disc_is_called_spoiled() -> None:
    recorder = new()
    recorder.faults.append(Fault(Sense(3, 0x0C, 0), Write10, lba=1500))
    error = broken(recorder)
    assert (error.track, error.lba) == (2, 1497)
    assert "at sector 197 of track 2 (LBA 1497)" in str(error)
    assert "the disc is spoiled: the session ended early, at 0:19 of 0:40" in error.disc_now
    assert "no table of contents, no player can play it, and nothing can be added" in error.disc_now
    assert "it cannot be used any more" in error.disc_now


def test_a_spoiled_cd_rw_can_be_erased() -> None:
    recorder = VirtualRecorder(Medium.new("cd-rw"), model=model())
    recorder.faults.append(Fault(Sense(3, 0x0C, 0), Write10, lba=1500))
    assert "erase it (`redbook blank`) to use it again" in broken(recorder).disc_now


def test_a_refused_first_write_is_no_form_and_the_disc_is_called_blank_if_it_is() -> None:
    recorder = new()
    recorder.faults.append(Fault(Sense(5, 0x21, 2), Write10, times=9))
    assert "the disc is still blank" in broken(recorder).disc_now


@pytest.mark.parametrize("after", [1, 40, 60, 120])
def test_a_cancel_tells_what_the_disc_is_then(after: int) -> None:
    cancel = Cancel()

    class Impatient(VirtualRecorder):
        writes = 0

        def execute(self, cdb: bytes, *rest: Any) -> Any:
            self.writes += cdb[0] == Write10.OPCODE
            if self.writes == after:
                cancel()
            return super().execute(cdb, *rest)

    recorder = Impatient(Medium.new(), model=model())
    with pytest.raises(Cancelled) as error:
        burn_session(recorder, cancel=cancel)
    assert "the disc is spoiled" in error.value.disc_now
    assert status(recorder)[0] is not DiscStatus.COMPLETE
    assert not is_locked(recorder)


def test_a_cancel_before_the_cue_sheet_leaves_the_disc_as_it_was() -> None:
    cancel = Cancel()
    cancel()
    recorder = new()
    with pytest.raises(Cancelled, match="nothing was"):
        burn_session(recorder, cancel=cancel)
    assert status(recorder)[0] is DiscStatus.BLANK


def test_a_session_that_the_drive_only_says_it_has_ended_is_no_disc() -> None:
    class Lying(VirtualRecorder):
        def execute(self, cdb: bytes, *rest: Any) -> Any:
            reply = super().execute(cdb, *rest)
            if cdb[0] == 0x51 and SynchronizeCache.OPCODE in self.seen:
                return replace(reply, data=reply.data[:2] + b"\x0d" + reply.data[3:])
            self.seen.append(cdb[0])
            return reply

    recorder = Lying(Medium.new(), model=model())
    recorder.seen = []  # type: ignore[attr-defined]
    with pytest.raises(BurnFailed, match="took the whole session, but the disc is not complete"):
        burn_session(recorder)


@pytest.mark.parametrize("most", [8, 13])
def test_a_way_that_carries_less_than_a_piece_of_the_lead_in_shows_it_at_the_first(most: int) -> None:
    recorder = new()
    kernel = FakeKernel(recorder, largest=most * SECTOR_BYTES)
    burn_session(SgIo.open("/dev/sr0", ManualClock(), kernel))
    assert as_sent(recorder, 0, 3000) == PROGRAM
    assert loaded_again(ready(recorder)).run(ReadCdText()) == PACKS


def test_a_way_that_shrinks_in_the_middle_of_the_lead_in_is_no_way() -> None:
    class Shrinks(VirtualRecorder):
        writes, most_bytes = 0, 27 * SECTOR_BYTES

        def execute(self, cdb: bytes, *rest: Any) -> Any:
            self.writes += cdb[0] == Write10.OPCODE
            if self.writes == 2 and self.most_bytes > SECTOR_BYTES:
                self.most_bytes = SECTOR_BYTES
                raise errors.TransferTooLarge("too large", self.most_bytes)
            return super().execute(cdb, *rest)

    error = broken(Shrinks(Medium.new(), model=model()))
    assert "failed in the lead-in (LBA " in str(error)
    assert "the disc is spoiled" in error.disc_now


def test_an_error_before_lba_0_is_said_to_be_there() -> None:
    recorder = new()
    recorder.faults.append(Fault(Sense(3, 0x0C, 0), Write10, lba=-150))
    assert "failed in the pregap of track 1 (LBA -150)" in str(broken(recorder))


@pytest.mark.parametrize(
    ("command", "lba", "told"),
    [
        (Write10, 1500, "the session ended early, at 0:19 of 0:40, so treat the disc as spoiled"),
        (SynchronizeCache, None, ""),  # all was sent: the drive may end it by itself
    ],
)
def test_of_a_drive_that_is_gone_it_is_said_how_far_the_session_came(
    command: Any, lba: int | None, told: str
) -> None:
    recorder = new()
    recorder.faults.append(Fault(Vanished(), command, lba=lba))
    with pytest.raises(BurnFailed) as error:
        burn_session(recorder)
    assert "it is not known what is on the disc" in error.value.disc_now
    assert told in error.value.disc_now
    assert ("spoiled" in error.value.disc_now) == bool(told)


def test_a_blank_disc_after_a_change_may_be_another_one_or_the_same() -> None:
    recorder = new()
    recorder.faults.append(Fault(MediumSwapped(), Write10, lba=1500))
    now = broken(recorder).disc_now
    assert "calls the disc blank, although the session was begun" in now
    assert "may be another disc" in now


def test_half_a_session_that_the_drive_has_closed_is_not_called_whole() -> None:
    recorder, outcome = new(), Outcome()
    burn_session(recorder, outcome=outcome)
    method = SessionAtOnce(LAYOUT)
    assert method.disc_now(outcome, Settings()).startswith("the session is closed")
    outcome.sent -= 1
    now = method.disc_now(outcome, Settings())
    assert "the disc is spoiled: the session ended early, at 0:39 of 0:40" in now
    assert "closed it anyway" in now


@pytest.mark.parametrize("test_write", [False, True])
@pytest.mark.parametrize("at", [Phase.LEAD_IN, Phase.WRITING, Phase.ENDING_TRACK])
def test_what_a_cancel_costs_is_told_as_it_is(at: Phase, test_write: bool) -> None:
    under_way = UnderWay(at, track_begun=True, test_write=test_write, whole_session=True)
    told = under_way.stopping(False)
    assert ("the disc is lost" in told.doing) != test_write
    assert ("the disc stays as it is" in told.price) == test_write


class Narrow(VirtualRecorder):
    """Refuses WRITEs of more than 13 sectors of sound; after the first READ TRACK INFORMATION is nonsense.

    wants  the next address that it tells; None for bytes that mean nothing
    """

    def __init__(self, wants: int | None) -> None:
        super().__init__(Medium.new())
        self.wants = wants
        self.writes: list[tuple[int, int]] = []

    def execute(
        self, cdb: bytes, data_out: bytes | memoryview = b"", data_in_length: int = 0, timeout: float = 30.0
    ) -> Reply:
        lba, sectors = int.from_bytes(cdb[2:6], "big", signed=True), int.from_bytes(cdb[7:9], "big")
        if cdb[0] == Write10.OPCODE and lba >= -150:
            self.writes.append((lba, sectors))
            if sectors > 13:
                return Reply(Status.CHECK_CONDITION, b"", bytes((0x70, 0, 5, *bytes(9), 0x24, 0, *bytes(4))))
        reply = super().execute(cdb, data_out, data_in_length, timeout)
        if cdb[0] != ReadTrackInformation.OPCODE or not self.writes or len(reply.data) < 20:
            return reply
        if self.wants is None:
            return replace(reply, data=b"\xff" * len(reply.data))
        data = bytearray(reply.data)
        data[7] |= 1
        data[12:16] = self.wants.to_bytes(4, "big", signed=True)
        return replace(reply, data=bytes(data))


@pytest.mark.parametrize("wants", [None, 0, 1000, -11_000], ids=str)
def test_behind_the_lead_in_fewer_sectors_are_tried_whatever_the_drive_says(wants: int | None) -> None:
    """The disc is lost if nothing follows."""
    recorder = Narrow(wants)
    events = burn_session(recorder)
    assert recorder.writes[:2] == [(-150, 27), (-150, 13)]
    assert any(isinstance(e, Notice) and "trying 13" in e.text for e in events)
    assert as_sent(recorder, 0, LAYOUT.lead_out_lba) == PROGRAM


@pytest.mark.parametrize("wants", [-149, -123])
def test_but_not_if_it_says_that_it_has_taken_some(wants: int) -> None:
    recorder = Narrow(wants)
    with pytest.raises(BurnFailed, match="the disc is spoiled"):
        burn_session(recorder)
    assert recorder.writes == [(-150, 27)]
