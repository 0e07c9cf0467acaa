"""Every drive that is known not to be good (docs/quirks.md), played by a recorder that behaves so.

ROWS has each of them, also those of other ways of writing; each names its test, here or elsewhere, or says
why it cannot come in track-at-once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import RUN_OUT_SECTORS, SECTOR_BYTES
from redbook.drive import Drive
from redbook.engine.burn import burn
from redbook.engine.events import Notice
from redbook.engine.inspect import inspect
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.track_at_once import TrackAtOnce
from redbook.engine.write_parameters import select_track_at_once
from redbook.errors import BurnFailed, Sense
from redbook.imapi2.errors import code_of
from redbook.imapi2.typelib.hresults import HResult
from redbook.mmc import sense as sense_data
from redbook.mmc.control import PreventAllowMediumRemoval, SendOpcInformation, SetCdSpeed
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.disc_info import ReadAtip, ReadTrackInformation
from redbook.mmc.identify import CD_DEVICE, Inquiry, InquiryReply
from redbook.mmc.mode_pages import ModeSelect10, ModeSense10, WriteParameters
from redbook.mmc.write import CloseTrackSession, SynchronizeCache, Write10
from redbook.quirks import MODELS, Quirks, quirks_of
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.virtual import faults
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import LENGTHS, TRACKS, Recording, contents, is_locked, run
from tests.support.drives import ready
from tests.support.sound import noise
from tests.support.streams import BytesStream

ROWS = {
    "LG WH10LS30": "of session-at-once",
    "Pioneer BDR-UD04": "of session-at-once",
    "drives tested by libburn's author": "of session-at-once",
    "cue sheet with pregaps only": "of session-at-once",
    "ISRC entries with or without control": "of session-at-once",
    "ASUS, LG: page refused until reload": "test_a_refused_page_is_cured_by_a_reload",
    "Asus DRW-24F1ST, Samsung SH-224": "of raw writing",
    "Lite-ON: defects": "every burn is verified: tests/test_burning.py",
    "Matsushita: session format": "test_illegal_defaults_of_the_page_are_never_written_back",
    "LG: audio pause": "test_illegal_defaults_of_the_page_are_never_written_back",
    "Pioneer DVR-111: link size": "test_illegal_defaults_of_the_page_are_never_written_back",
    "Sony: multi-session with data": "of data discs",
    "Plextor: block length": "of drives with block descriptors, for session-at-once",
    "Philips CDD-521: 63 KB": "test_no_transfer_is_longer_than_63_kb",
    "Panasonic CW-7502": "test_a_drive_that_answers_wrongly_is_asked_and_not_believed",
    "Pioneer BDR-205, LITE-ON LTR-48125S: -150": "test_burn.test_minus_150_on_a_blank_disc_means_0",
    "any: -150 in SAO": "test_track_at_once_is_selected_before_the_next_address_is_asked_for",
    "LG GSA-4082B": "test_track_at_once_is_selected_before_the_next_address_is_asked_for",
    "CLOSE TRACK in a test write": "test_burn.test_no_close_track_is_sent_and_every_write_is_contiguous",
    "LG GH22LS30": "test_burn.test_no_close_track_is_sent_and_every_write_is_contiguous",
    "Yamaha: ATIP of zeros": "test_an_odd_atip_is_no_atip",
    "LITE-ON LTR-48125S: ATIP garbage": "test_an_odd_atip_is_no_atip",
    "Ricoh: ATIP in BCD": "test_an_odd_atip_is_no_atip",
    "HP 7100: no ATIP": "test_an_odd_atip_is_no_atip",
    "Pioneer, Plextor, TEAC 2009": "test_burn.test_the_drive_s_buffer_is_not_asked_for_before_it_was_filled",
    "Pioneer DVR-216D 1.09": "test_a_known_model_is_treated_as_its_entry_says",
    "Pioneer DVR-108/111: TUR": "test_good_to_test_unit_ready_is_not_believed_while_a_session_closes",
    "ACER 8x4x32 5.EW; LG: test write": "test_a_remembered_test_write_is_forgotten_by_a_reload",
    "Mitsumi, Sony: CLOSE": "test_sense_table (6/2E, 2/04/07, 2/04/08 at CLOSE)",
    "GSA-H55N": "test_a_known_model_is_treated_as_its_entry_says",
    "Pioneer DVR-110, LG BH16NS40": "test_nothing_is_sent_that_is_known_to_hang_a_drive",
    "LG BH14NS48: 2/00/00": "test_sense_table (2/00/00 as 2/04/00)",
    "Panasonic: GET PERFORMANCE": "test_speed.test_no_more_than_2048_bytes_are_asked_for",
    "some: GET CONFIGURATION": "test_nothing_is_sent_that_is_known_to_hang_a_drive",
    "ATAPI of 1999: short ATIP": "test_nothing_is_sent_that_is_known_to_hang_a_drive",
    "refused SET CD SPEED": "test_a_refused_speed_is_asked_for_step_by_step_faster",
    "CLOSE that takes minutes": "test_good_to_test_unit_ready_is_not_believed_while_a_session_closes",
    "3/73/03 at OPC or the first WRITE": "test_sense_table (3/73/03)",
    "cached disc state": "test_a_remembered_test_write_is_forgotten_by_a_reload",
    "USB: residue": "test_burn.test_a_residue_is_lost_data",
    "USB: CHECK CONDITION without sense": "test_a_bridge_without_sense_is_asked_for_it_once",
    "USB: reset after a time-out": "test_sense_table (6/29 at WRITE)",
    "USB: power lost at the first WRITE": "test_sense_table (6/29 at the first WRITE)",
}


def test_every_row_has_a_test_that_exists() -> None:
    here = set(globals())
    for row, where in ROWS.items():
        name = where.split(" ")[0]
        if name.startswith("test_") and "." not in name and name != "test_sense_table":
            assert name in here, row


def test_every_entry_says_what_it_is_and_where_that_comes_from() -> None:
    for model in MODELS:
        assert model.what and model.source
        assert model.values
        for name in model.values:
            assert hasattr(Quirks(), name)
            assert model.values[name] != getattr(Quirks(), name), "an entry that changes nothing"


# The table itself

NAMES = {
    ("PIONEER", "DVD-RW  DVR-216D", "1.07"): {"starts_twice"},
    ("PIONEER", "DVD-RW  DVR-216D", "1.09"): {"starts_twice", "tells_buffer"},
    ("PIONEER", "DVD-RW  DVR-111D", "1.29"): set(),
    ("HL-DT-ST", "DVDRAM GSA-H55N", "1.03"): {"tells_buffer", "remembers_test_write"},
    ("HL-DT-ST", "BD-RE  WH10LS30", "1.02"): {"remembers_test_write"},
    ("ACER", "CD-R/RW 8x4x32", "5.EW"): {"remembers_test_write"},
    ("ACER", "CD-R/RW 8x4x32", "5.FX"): set(),
    ("MATSHITA", "CD-R   CW-7502", "4.02"): {"knows_next_address"},
    ("REDBOOK", "VIRTUAL CD-RW", "0.1"): {"real_time", "own_codes"},
    ("TSSTcorp", "CDDVDW SH-224", "SB00"): set(),
}


@pytest.mark.parametrize("name", NAMES, ids=" ".join)
def test_a_known_model_is_treated_as_its_entry_says(name: tuple[str, str, str]) -> None:
    quirks = quirks_of(InquiryReply(CD_DEVICE, True, *name))
    changed = {f for f in Quirks.__slots__ if getattr(quirks, f) != getattr(Quirks(), f)}
    assert changed == NAMES[name]


def test_every_entry_of_the_table_is_met_by_a_name_here() -> None:
    for model in MODELS:
        assert any(model.matches(InquiryReply(CD_DEVICE, True, *name)) for name in NAMES), model.product


class Named(Recording):
    """A recorder under another drive's name."""

    def __init__(self, inner: VirtualRecorder, vendor: str, product: str, revision: str) -> None:
        super().__init__(inner)
        self.reply = InquiryReply(CD_DEVICE, True, vendor, product, revision).to_bytes()

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        reply = super().execute(cdb, data_out, length, timeout)
        return Reply(Status.GOOD, self.reply[:length]) if cdb[0] == Inquiry.OPCODE else reply


class Ticking(ManualClock):
    """Moves a little with every look at it."""

    def now(self) -> float:
        self.sleep(0.05)
        return super().now()


@pytest.mark.parametrize(
    ("name", "asked"),
    [(("HL-DT-ST", "DVDRAM GSA-H55N", "1.03"), False), (("HL-DT-ST", "DVDRAM GSA-H10N", "1.03"), True)],
)
def test_a_drive_that_tells_nonsense_about_its_buffer_is_not_asked(
    recorder: VirtualRecorder, name: tuple[str, str, str], asked: bool
) -> None:
    log = Named(recorder, *name)
    run(log, tracks=[noise(588 * 3000, 9)], clock=Ticking())
    assert (0x5C in log.opcodes()) is asked


def test_a_buffer_that_is_emptier_than_it_is_large_is_not_shown(recorder: VirtualRecorder) -> None:
    class Nonsense(Recording):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            reply = super().execute(cdb, data_out, length, timeout)
            return Reply(0, bytes(4) + b"\0\0\1\0\0\0\2\0") if cdb[0] == 0x5C else reply

    log = Nonsense(recorder)
    run(log, tracks=[noise(588 * 3000, 9)], clock=Ticking())
    assert log.opcodes().count(0x5C) == 1


def test_a_drive_that_is_ready_too_early_is_started_twice(recorder: VirtualRecorder) -> None:
    log = Named(recorder, "PIONEER", "DVD-RW  DVR-216D", "1.07")
    run(log)
    assert [(cdb[1], cdb[4]) for cdb in log.cdbs if cdb[0] == 0x1B] == [(1, 1), (0, 1)]


@pytest.mark.parametrize("wrong", [77, 0x12345678])
def test_a_drive_that_answers_wrongly_is_asked_and_not_believed(
    recorder: VirtualRecorder, wrong: int
) -> None:
    class Wrong(Named):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            reply = super().execute(cdb, data_out, length, timeout)
            written = 0x2A in self.opcodes()
            if cdb[0] == ReadTrackInformation.OPCODE and cdb[5] == 0xFF and written:
                return Reply(0, reply.data[:12] + wrong.to_bytes(4, "big") + reply.data[16:])
            return reply

    log = Wrong(recorder, "MATSHITA", "CD-R   CW-7502", "4.10")
    run(log)
    assert contents(recorder) == TRACKS
    with pytest.raises(BurnFailed, match=str(wrong)):
        run(Wrong(VirtualRecorder(Medium.new()), "MATSHITA", "CD-R   CW-7503", "1.06"))


def test_vendor_codes_of_the_virtual_recorder_are_believed_from_no_other_drive() -> None:
    def code(vendor: str) -> HResult:
        recorder = VirtualRecorder(
            Medium.new(), faults=[Fault(faults.SPEED_MISMATCH, SendOpcInformation, times=None)]
        )
        drive = Drive(Named(recorder, vendor, "DVD-RW", "1.0"))
        drive.run(Inquiry())
        with pytest.raises(errors.UnitAttention):
            drive.run(UnitReady())
        with pytest.raises(errors.IllegalRequest) as caught:
            drive.run(SendOpcInformation())
        return code_of(caught.value)

    assert code("REDBOOK") is HResult.E_IMAPI_RECORDER_MEDIA_SPEED_MISMATCH
    assert code("PIONEER") is HResult.E_FAIL


# Write parameters


@pytest.mark.parametrize(
    "default",
    [
        WriteParameters(session_format=0xFF),
        WriteParameters(audio_pause=0),
        WriteParameters(write_type=0, link_size_valid=True, link_size=16, fixed_packet=True, packet_size=16),
    ],
    ids=["Matsushita", "LG", "Pioneer DVR-111"],
)
def test_illegal_defaults_of_the_page_are_never_written_back(default: WriteParameters) -> None:
    recorder = VirtualRecorder(Medium.new())
    first = mode_sense_reply(default.to_page())
    recorder.faults = [Fault(first, ModeSense10, nth=2)]  # after page 2Ah
    log = Selecting(recorder)
    run(log)
    for page in log.pages:
        sent = WriteParameters.from_page(page)
        assert (sent.session_format, sent.audio_pause) == (0, 150)
        assert (sent.link_size_valid, sent.link_size, sent.fixed_packet) == (False, 0, False)
        assert not page[0] & 0x80  # PS is reserved in MODE SELECT
    assert contents(recorder) == TRACKS


def mode_sense_reply(page: bytes) -> Reply:
    return Reply(Status.GOOD, (len(page) + 6).to_bytes(2, "big") + bytes(6) + page)


class Selecting(Recording):
    """Notes the pages that MODE SELECT sends; `refuse` says which of them are refused."""

    def __init__(self, inner: VirtualRecorder, refuse: Callable[[bytes], bool] = lambda page: False) -> None:
        super().__init__(inner)
        self.pages: list[bytes] = []
        self.refuse = refuse

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        if cdb[0] == ModeSelect10.OPCODE:
            self.pages.append(bytes(data_out)[8:])
            if self.refuse(self.pages[-1]):
                return Reply(Status.CHECK_CONDITION, b"", sense_data.build(Sense(5, 0x26, 0)))
        return super().execute(cdb, data_out, length, timeout)


def test_a_drive_that_refuses_protection_goes_without_and_that_is_said() -> None:
    recorder = VirtualRecorder(Medium.new())
    log = Selecting(recorder, refuse=lambda page: bool(page[2] & 0x40))
    events = run(log)
    assert [page[2] for page in log.pages] == [0x41, 0x01]
    notices = [e.text for e in events if isinstance(e, Notice)]
    assert any("does not accept buffer underrun protection" in text for text in notices)
    assert contents(recorder) == TRACKS


def test_a_test_write_is_never_dropped_to_please_a_drive(recorder: VirtualRecorder) -> None:
    log = Selecting(recorder, refuse=lambda page: bool(page[2] & 0x10))
    with pytest.raises(errors.InvalidParameter):
        run(log, Settings(test_write=True))
    assert all(page[2] & 0x10 for page in log.pages)
    assert 0x2A not in log.opcodes()


def test_a_refused_page_is_cured_by_a_reload() -> None:
    recorder = VirtualRecorder(Medium.new())
    log = Selecting(recorder)
    log.refuse = lambda page: not any(cdb[0] == 0x1B and cdb[4] == 2 for cdb in log.cdbs)
    run(log)
    assert contents(recorder) == TRACKS
    assert [cdb[4] for cdb in log.cdbs if cdb[0] == 0x1B] == [1, 2, 3, 1]
    assert not is_locked(recorder)


@pytest.mark.parametrize("length", [0x14, 0x30, 0x32, 0x36])
def test_the_page_keeps_the_length_that_the_drive_has(length: int) -> None:
    """Nearly all drives have 32h; MMC lets them have less and more."""

    class Odd(Recording):
        page = b""

        def execute(self, cdb: bytes, data_out: Any = b"", wanted: int = 0, timeout: float = 30.0) -> Reply:
            if cdb[0] == ModeSense10.OPCODE and cdb[2] == 5:
                body = (self.page or WriteParameters().to_page()).ljust(length + 2, b"\0")[2 : length + 2]
                return mode_sense_reply(bytes((5, length)) + body)
            if cdb[0] == ModeSelect10.OPCODE:
                self.page = bytes(data_out)[8:]
                return Reply(Status.GOOD)
            return super().execute(cdb, data_out, wanted, timeout)

    log = Odd(VirtualRecorder(Medium.new()))
    runner = Runner(Drive(log), emit=lambda event: None, clock=ManualClock())
    runner.run(select_track_at_once(test_write=True, underrun_protection=True, next_session=3))
    assert (len(log.page), log.page[1]) == (length + 2, length)
    assert log.page[2:4] == bytes((0x51, 0xC0))


def test_track_at_once_is_selected_before_the_next_address_is_asked_for(recorder: VirtualRecorder) -> None:
    """In session-at-once drives say -150; LG GSA-4082B refuses the question before any MODE SELECT."""

    class AfterSelect(Recording):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            if cdb[0] == ReadTrackInformation.OPCODE and ModeSelect10.OPCODE not in self.opcodes():
                return Reply(Status.CHECK_CONDITION, b"", sense_data.build(Sense(5, 0x24, 0)))
            return super().execute(cdb, data_out, length, timeout)

    run(AfterSelect(recorder))
    assert contents(recorder) == TRACKS


def test_another_program_s_change_of_the_page_is_undone_before_the_next_track() -> None:
    recorder = VirtualRecorder(Medium.new())

    class Meddling(Recording):
        """While the first track is ended, another program sets the drive to test writes."""

        done = False

        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            reply = super().execute(cdb, data_out, length, timeout)
            if cdb[0] == SynchronizeCache.OPCODE and not self.done:
                self.done = True
                page = WriteParameters(test_write=True).to_page()
                select = ModeSelect10(page)
                self.inner.execute(select.to_cdb(), select.data_out)
                self.inner.faults = [Fault(Sense(6, 0x2A, 1), UnitReady)]
            return reply

    log = Meddling(recorder)
    run(log)
    assert log.done
    assert contents(recorder) == TRACKS


# Addresses, and what the disc says of itself


@pytest.mark.parametrize(
    "atip",
    [
        Reply(Status.GOOD, bytes((0, 26, 0, 0)) + bytes((0xC4, 0, 0x80, 0)) + bytes(20)),
        Reply(Status.GOOD, bytes((0, 26, 0, 0, 0xC4, 0, 0x80, 0, 40, 1, 2, 0, 30, 1, 2, 0)) + bytes(12)),
        Reply(Status.GOOD, bytes((0, 26, 0, 0, 0xC4, 0, 0x80, 0, 0x97, 0x34, 0x23, 0, 0x79, 0x59, 0x74, 0))),
        Reply(Status.GOOD, b"\0\2"),
        Sense(5, 0x24, 0),
    ],
    ids=["Yamaha", "LITE-ON", "Ricoh", "cut short", "HP 7100"],
)
def test_an_odd_atip_is_no_atip(atip: Reply | Sense) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(atip, ReadAtip, times=None)])
    _, disc = Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock()).run(inspect())
    assert disc.space is not None
    assert (disc.space.next_lba, disc.space.last_lead_out_lba) == (0, 359849)
    run(recorder)
    assert contents(recorder) == TRACKS


class Shifted(Recording):
    """Wants every track but the first so many sectors further out (or in), as it says."""

    def __init__(self, inner: VirtualRecorder, by: int) -> None:
        super().__init__(inner)
        self.by = by

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        if cdb[0] == Write10.OPCODE:
            lba = int.from_bytes(cdb[2:6], "big", signed=True)
            cdb = cdb[:2] + (lba - self.by * (lba >= 400)).to_bytes(4, "big") + cdb[6:]
        reply = super().execute(cdb, data_out, length, timeout)
        if cdb[0] == ReadTrackInformation.OPCODE and reply.status == 0:
            start, nwa = (int.from_bytes(reply.data[i : i + 4], "big", signed=True) for i in (8, 12))
            if start >= 400:
                data = bytearray(reply.data)
                data[8:12] = (start + self.by).to_bytes(4, "big")
                data[12:16] = (nwa + self.by).to_bytes(4, "big")
                return Reply(reply.status, bytes(data))
        return reply


def test_a_drive_that_leaves_more_room_between_tracks_is_followed() -> None:
    recorder = VirtualRecorder(Medium.new())
    events = run(Shifted(recorder, 8))
    assert contents(recorder) == TRACKS
    told = [e.text for e in events if isinstance(e, Notice)]
    assert told == ["the drive wants track 2 at sector 560 instead of 552"]  # the third moves along


@pytest.mark.parametrize("by", [-300, -3])
def test_a_drive_that_wants_a_track_where_the_last_one_or_its_gap_must_be_has_lost_sectors(by: int) -> None:
    """Track 1 has 400 sectors, and 150 of pregap at the least lie before the next; 552 was planned."""
    recorder = VirtualRecorder(Medium.new())
    with pytest.raises(BurnFailed, match=f"at sector {552 + by}, where that track and the gap .* were lost"):
        run(Shifted(recorder, by))


def test_a_drive_that_leaves_no_run_out_between_tracks_is_followed() -> None:
    recorder = VirtualRecorder(Medium.new())
    events = run(Shifted(recorder, -2))
    assert "the drive wants track 2 at sector 550 instead of 552" in [
        e.text for e in events if isinstance(e, Notice)
    ]


def test_a_job_that_no_longer_fits_where_the_drive_wants_it_ends_before_the_track() -> None:
    recorder = VirtualRecorder(Medium.new("cd-r", 74))
    last = 336075 - RUN_OUT_SECTORS
    log = Shifted(recorder, last - 552 - 350)  # the second track would just fit, the third would not
    with pytest.raises(BurnFailed, match="was planned; nothing more was written") as caught:
        run(log)
    assert caught.value.disc_now.startswith("the disc now holds track 1 whole")


# Being busy, and the end


def test_after_a_refused_write_the_drive_gets_5_seconds_and_is_asked_before_the_flush() -> None:
    """As cdrecord does it; some drives never get ready again otherwise."""
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(Sense(3, 0x0C, 0), Write10, nth=3)])
    log = Recording(recorder)
    with pytest.raises(BurnFailed):
        run(log, clock=clock)
    assert clock.now() >= 5
    refused = max(i for i, code in enumerate(log.opcodes()) if code == Write10.OPCODE)
    assert log.opcodes()[refused + 1 : refused + 3] == [UnitReady.OPCODE, SynchronizeCache.OPCODE]


def test_good_to_test_unit_ready_is_not_believed_while_a_session_closes() -> None:
    """Pioneer DVR-108: only READ DISC INFORMATION tells; and it may take minutes."""
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), speed=8, clock=clock, model="slow-closer")
    clock.sleep(10)
    log = Recording(recorder)
    run(log, clock=clock)
    recorder_closed = [i for i, code in enumerate(log.opcodes()) if code == CloseTrackSession.OPCODE][-1]
    polls = log.opcodes()[recorder_closed:].count(0x51)
    assert polls > 100
    assert clock.now() > 120
    assert contents(recorder) == TRACKS


@pytest.mark.parametrize("model", ["redbook", "bd-combo", "usb-combo", "slow-closer", "old-scsi"])
@pytest.mark.parametrize("speed", [None, 8])
def test_every_kind_of_virtual_recorder_gets_a_whole_disc(model: str, speed: float | None) -> None:
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), speed=speed, clock=clock, model=model)
    clock.sleep(10)
    run(recorder, clock=clock)
    assert contents(recorder) == TRACKS
    assert not is_locked(recorder)


class Remembering(Named):
    """Says that the disc is complete after a test write, until the tray was open."""

    written = False

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        reply = super().execute(cdb, data_out, length, timeout)
        if cdb[0] == CloseTrackSession.OPCODE:
            self.written = True
        elif cdb[0] == 0x1B and cdb[4] == 2:
            self.written = False
        elif cdb[0] == 0x51 and reply.status == 0 and self.written:
            return Reply(0, reply.data[:2] + bytes((0x0E,)) + reply.data[3:])
        return reply


@pytest.mark.parametrize("name", [("HL-DT-ST", "BD-RE  WH10LS30", "1.02"), ("OTHER", "CD-RW", "1.0")])
def test_a_remembered_test_write_is_forgotten_by_a_reload(
    recorder: VirtualRecorder, name: tuple[str, str, str]
) -> None:
    log = Remembering(recorder, *name)
    run(log, Settings(test_write=True))
    assert [cdb[4] for cdb in log.cdbs if cdb[0] == 0x1B] == [1, 2, 3]
    assert not is_locked(recorder)
    run(log)
    recorder.faults.clear()
    assert contents(recorder) == TRACKS


def test_a_drive_that_forgets_a_test_write_keeps_its_tray_shut(recorder: VirtualRecorder) -> None:
    log = Recording(recorder)
    run(log, Settings(test_write=True))
    assert [cdb[4] for cdb in log.cdbs if cdb[0] == 0x1B] == [1]


def test_another_program_s_test_write_is_taken_back_before_a_burn() -> None:
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    drive.run(ModeSelect10(WriteParameters(test_write=True).to_page()))
    drive.run(Write10(0, bytes(27 * SECTOR_BYTES)))
    drive.run(SynchronizeCache())
    run(recorder)
    assert contents(recorder) == TRACKS


def test_the_tray_that_was_out_to_forget_it_is_locked_again_before_the_laser_is_on() -> None:
    recorder = VirtualRecorder(Medium.new())
    locked: list[bool] = []

    class Watched(Remembering):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            if cdb[0] == Write10.OPCODE:
                locked.append(recorder.tray_locked)
            return super().execute(cdb, data_out, length, timeout)

    log = Watched(recorder, "OTHER", "CD-RW", "1.0")
    log.written = True  # by a test write of another program
    drive = ready(recorder)
    drive.run(ModeSelect10(WriteParameters(test_write=True).to_page()))
    run(log)
    assert 2 in [cdb[4] for cdb in log.cdbs if cdb[0] == 0x1B]
    assert locked and all(locked)
    assert contents(recorder) == TRACKS


# Speed, transfers, bridges


def test_a_refused_speed_is_asked_for_step_by_step_faster() -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(Sense(5, 0x24, 0), SetCdSpeed, times=3)])
    log = Recording(recorder)
    run(log, Settings(speed=8))
    asked = [int.from_bytes(cdb[4:6], "big") for cdb in log.cdbs if cdb[0] == 0xBB]
    assert asked == [1416, 1593, 1770, 1947]


def test_no_transfer_is_longer_than_63_kb(recorder: VirtualRecorder) -> None:
    longest = 0

    class Measuring(Recording):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            nonlocal longest
            longest = max(longest, len(data_out))
            return super().execute(cdb, data_out, length, timeout)

    run(Measuring(recorder))
    assert longest == 63504


def test_nothing_is_sent_that_is_known_to_hang_a_drive(recorder: VirtualRecorder) -> None:
    """Commands of docs/quirks.md, and lengths that overrun: ATIP of less than 4 bytes, 64 KiB of features."""
    log = Recording(recorder)
    run(log)
    run(Recording(VirtualRecorder(Medium.new())), Settings(test_write=True))
    for cdb in log.cdbs:
        assert cdb[0] not in (0x01, 0x3B, 0x3C, 0xAD, 0x58)
        assert cdb[0] < 0xC0
        if cdb[0] == 0x43:
            length = int.from_bytes(cdb[7:9], "big")
            assert length >= 4 and length % 2 == 0
        if cdb[0] == 0x46:
            assert int.from_bytes(cdb[7:9], "big") < 0xFFFF


def test_a_bridge_without_sense_is_asked_for_it_once() -> None:
    recorder = VirtualRecorder(Medium.new())

    class NoSense(Recording):
        last = b""

        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            if cdb[0] == 0x03:
                self.cdbs.append(cdb)
                return Reply(Status.GOOD, self.last)
            reply = super().execute(cdb, data_out, length, timeout)
            self.last = reply.sense
            return Reply(reply.status, reply.data, b"", reply.residue)

    log = NoSense(recorder)
    recorder.faults = [Fault(Sense(2, 0x04, 0x08), Write10, nth=3, times=2)]
    run(log)
    assert log.opcodes().count(0x03) >= 2
    recorder.faults.clear()
    assert contents(recorder) == TRACKS


def test_a_deferred_error_is_no_refusal_that_one_could_go_on_from() -> None:
    """An earlier WRITE was lost; it does not mean that SYNCHRONIZE CACHE takes no Immed."""
    fault = Fault(Sense(5, 0x24, 0, deferred=True), SynchronizeCache)
    recorder = VirtualRecorder(Medium.new(), faults=[fault])
    with pytest.raises(BurnFailed, match="failed after all") as caught:
        run(recorder)
    assert isinstance(caught.value.__cause__, errors.DeferredError)


def test_a_warning_is_told_once() -> None:
    fault = Fault(Sense(1, 0x73, 0x01), Write10, times=None, executed=True)
    events = run(VirtualRecorder(Medium.new(), faults=[fault]))
    assert sum("almost full" in e.text for e in events if isinstance(e, Notice)) == 1


# Running out of data with the protection off

UNDERRUNS = {
    "3/0C/09": Sense(3, 0x0C, 0x09),
    "3/0C/0A": Sense(3, 0x0C, 0x0A),
    "5/21/02": Sense(5, 0x21, 0x02),
    "5/21/00": Sense(5, 0x21, 0x00),
    "5/24/00": Sense(5, 0x24, 0x00),
    "5/21/02 deferred (user log)": Sense(5, 0x21, 0x02, deferred=True),
    "3/21/00": Sense(3, 0x21, 0x00),
    "3/0C/09 deferred": Sense(3, 0x0C, 0x09, deferred=True),
}
UNDERRUNS_IF_LATE = {"4/44/00": Sense(4, 0x44, 0x00), "3/0C/00": Sense(3, 0x0C, 0x00)}


@pytest.mark.parametrize("name", UNDERRUNS)
def test_with_protection_off_an_underrun_is_known_under_every_name(name: str) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(UNDERRUNS[name], Write10, nth=18, times=None)])
    with pytest.raises(BurnFailed) as caught:
        run(recorder, Settings(underrun_protection=False))
    assert isinstance(caught.value.__cause__, errors.LossOfStreaming)
    assert code_of(caught.value) is HResult.E_IMAPI_LOSS_OF_STREAMING
    assert "track 1 whole" in caught.value.disc_now


@pytest.mark.parametrize("name", [name for name in UNDERRUNS if not name.startswith("3/0C")])
def test_the_first_write_of_a_track_cannot_underrun(name: str) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(UNDERRUNS[name], Write10, times=None)])
    with pytest.raises(BurnFailed) as caught:
        run(recorder, Settings(underrun_protection=False))
    assert not isinstance(caught.value.__cause__, errors.LossOfStreaming)


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("name", UNDERRUNS_IF_LATE)
def test_a_name_that_can_mean_anything_is_an_underrun_if_the_data_were_late(name: str, late: bool) -> None:
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), clock=clock)
    recorder.faults = [Fault(UNDERRUNS_IF_LATE[name], Write10, nth=18, times=None)]

    def emit(event: Any) -> None:
        if late:
            clock.sleep(1)

    runner = Runner(
        Drive(recorder),
        emit=emit,
        clock=clock,
        streams=[BytesStream(pcm) for pcm in TRACKS],
        total=sum(LENGTHS),
        progress_seconds=0.0,
    )
    with pytest.raises(BurnFailed) as caught:
        runner.run(burn(TrackAtOnce(LENGTHS), Settings(underrun_protection=False), Outcome()))
    assert isinstance(caught.value.__cause__, errors.LossOfStreaming) is late


def test_unlocking_is_tried_although_the_lock_was_refused() -> None:
    fault = Fault(Sense(5, 0x24, 0), PreventAllowMediumRemoval)
    log = Recording(VirtualRecorder(Medium.new(), faults=[fault]))
    run(log)
    assert [cdb[4] for cdb in log.cdbs if cdb[0] == 0x1E] == [1, 0]


def test_ricoh_s_write_permit_is_no_reason_to_calibrate_twice() -> None:
    """Each calibration uses up one of about a hundred places on the disc."""
    fault = Fault(Sense(6, 0x5A, 0x03), SendOpcInformation, executed=True)
    log = Recording(VirtualRecorder(Medium.new(), faults=[fault]))
    run(log)
    assert log.opcodes().count(SendOpcInformation.OPCODE) == 1


def test_a_model_that_remembers_is_reloaded_even_if_it_does_not_show_it(recorder: VirtualRecorder) -> None:
    log = Named(recorder, "HL-DT-ST", "BD-RE  WH10LS30", "1.02")
    run(log, Settings(test_write=True))
    assert [cdb[4] for cdb in log.cdbs if cdb[0] == 0x1B] == [1, 2, 3]


@pytest.mark.parametrize(("ascq", "repaired"), [(3, True), (4, False), (5, False)])
def test_only_an_incomplete_track_is_mended_by_closing_it(ascq: int, repaired: bool) -> None:
    fault = Fault(Sense(5, 0x72, ascq), CloseTrackSession, times=None)
    log = Recording(VirtualRecorder(Medium.new(), faults=[fault]))
    with pytest.raises(BurnFailed):
        run(log)
    closes = [cdb[2] for cdb in log.cdbs if cdb[0] == CloseTrackSession.OPCODE]
    assert closes == ([2, 1] if repaired else [2])
