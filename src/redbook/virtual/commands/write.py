"""The commands that write something to the disc, finish it or erase it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from redbook.disc import PREGAP_SECTORS
from redbook.errors import TransportTimeout
from redbook.mmc import control, cue_sheet, sense
from redbook.mmc.command import Command
from redbook.mmc.disc_info import INVISIBLE_TRACK
from redbook.mmc.mode_pages import WriteParameters, WriteType
from redbook.mmc.write import (
    Blank,
    BlankType,
    BufferCapacity,
    CloseFunction,
    CloseTrackSession,
    ReadBufferCapacity,
    SynchronizeCache,
    Write10,
    Write12,
)
from redbook.virtual import timing
from redbook.virtual.faults import BadSpot
from redbook.virtual.habits import CdTextBlockType
from redbook.virtual.mechanism import Mechanism
from redbook.virtual.medium import Medium
from redbook.virtual.refused import Refused
from redbook.virtual.writing import announced
from redbook.virtual.writing.announced import Announced
from redbook.virtual.writing.at_once import SessionAtOnce
from redbook.virtual.writing.raw import RawWriting
from redbook.virtual.writing.write_types import TrackAtOnce, Writing, next_allowed


class WriteCommands:
    """handlers  by class of command
    timeout   seconds that the host waits for the command under way
    """

    def __init__(self, mechanism: Mechanism, bad_spots: Sequence[BadSpot]) -> None:
        self._mechanism = mechanism
        self._bad_spots = bad_spots
        self.timeout = 30.0
        self.handlers: dict[type[Command[Any]], Callable[[Any], bytes | None]] = {
            control.SendOpcInformation: self._send_opc,
            cue_sheet.SendCueSheet: self._send_cue_sheet,
            Write10: self._write,
            Write12: self._write,
            SynchronizeCache: self._synchronize_cache,
            CloseTrackSession: self._close_track_session,
            Blank: self._blank,
            ReadBufferCapacity: self._read_buffer_capacity,
        }

    def choose(self, page: WriteParameters) -> None:
        """Page 05h has this value from now on.  raises  Refused 5/2C/00  in the middle of writing"""
        mechanism = self._mechanism
        if mechanism.writing is not None and page != mechanism.page:
            raise Refused(sense.ILLEGAL, 0x2C, 0)
        if not page.test_write:
            mechanism.simulated = None
        if page.write_type != mechanism.page.write_type:
            mechanism.cue_sheet = b""
        mechanism.page = page

    def _send_opc(self, command: control.SendOpcInformation) -> None:
        mechanism = self._mechanism
        mechanism.writable().calibrate()
        if mechanism.speed_limit is not None and command.do_opc:
            mechanism.operation.begin(timing.OPC_SECONDS)
            mechanism.operation.wait()

    # Writing

    def _send_cue_sheet(self, command: cue_sheet.SendCueSheet) -> None:
        mechanism = self._mechanism
        medium = mechanism.writable()
        if mechanism.page.write_type != WriteType.SESSION_AT_ONCE:
            raise Refused(sense.ILLEGAL, 0x2C, 0)
        if medium.state.finished or medium.state.open_session:  # it may just be being written
            raise Refused(sense.ILLEGAL, 0x2C, 0)
        try:
            self._announced(medium, command.sheet)
            self._check_block_type(command)
        except Refused:
            if mechanism.model.forgets_page:
                mechanism.forget_page()
            raise
        mechanism.cue_sheet = command.sheet

    def _check_block_type(self, command: cue_sheet.SendCueSheet) -> None:
        """raises  Refused 5/26/00  from a model that wants another data block type for CD-Text"""
        mechanism = self._mechanism
        wants_three = mechanism.model.cd_text_block_type is CdTextBlockType.THREE
        if wants_three and mechanism.page.data_block_type != 3 and announced.has_cd_text(command.sheet):
            raise Refused(sense.ILLEGAL, 0x26, 0)

    def _announced(self, medium: Medium, sheet: bytes) -> Announced:
        return announced.understand(
            sheet,
            self._mechanism.model,
            lead_in_start=medium.state.lead_in_start,
            start_lba=medium.next_writable_lba - PREGAP_SECTORS,
            first_track=medium.next_track_number if medium.state.sessions else None,
            last_lead_out_lba=medium.reach_lba(self._mechanism.model.overburn_sectors),
        )

    def _write(self, command: Write10) -> None:
        mechanism = self._mechanism
        writing = mechanism.writing
        if writing is None:
            if not command.data_out:
                return
            writing = self._begin(command)
        else:
            writing.check(command)
        self._check_spots(command)
        self._through_the_buffer(command)
        mechanism.check_streaming(command.lba)
        writing.take(command)

    def _begin(self, command: Write10) -> Writing:
        """Check everything that can be wrong, then open the track or session."""
        mechanism = self._mechanism
        medium = mechanism.writable()
        page = mechanism.page
        medium.be_written_by(mechanism.model.write_offset)
        writing: Writing
        if page.write_type == WriteType.SESSION_AT_ONCE:
            if not mechanism.cue_sheet:
                raise Refused(sense.ILLEGAL, 0x2C, 0)
            sheet = self._announced(medium, mechanism.cue_sheet)
            after_silence = mechanism.model.starts_after_silence
            writing = SessionAtOnce(medium, page, sheet, command, starts_after_silence=after_silence)
        elif page.write_type == WriteType.RAW:
            writing = RawWriting(medium, page, command)
        elif page.write_type == WriteType.TRACK_AT_ONCE:
            writing = TrackAtOnce(medium, page, command)
        else:  # packet writing, the factory default of some drives
            raise Refused(sense.ILLEGAL, 0x64, 0, command.lba)
        mechanism.cue_sheet = b""
        mechanism.begin_writing(writing, command.lba)
        return writing

    def _check_spots(self, command: Write10) -> None:
        for spot in self._bad_spots:
            first = None if spot.writable else spot.first_in(command.lba, command.sectors)
            if first is not None:
                raise Refused(sense.MEDIUM, 0x0C, 0x00, first)

    def _through_the_buffer(self, command: Write10) -> None:
        """raises  Refused 2/04/08  if it is full; TransportTimeout from a drive that waits for ever"""
        mechanism = self._mechanism
        length, buffer = len(command.data_out), mechanism.buffer
        if length > buffer.size_bytes:
            self._in_pieces(length, command.sector_bytes)
            return
        while not buffer.accept(length, command.sector_bytes):
            if not mechanism.model.waits_when_full:
                raise Refused(sense.NOT_READY, 0x04, 0x08)
            seconds = buffer.seconds_until_room(length)
            if seconds > self.timeout:
                raise TransportTimeout(f"no room in the drive's buffer for {self.timeout:g} s")
            mechanism.clock.sleep(max(seconds, timing.SHORTEST_WAIT_SECONDS))

    def _in_pieces(self, length: int, sector_bytes: int) -> None:
        """Data larger than the whole buffer are accepted as it drains, whatever the model."""
        buffer, clock = self._mechanism.buffer, self._mechanism.clock
        most = buffer.size_bytes // 2
        while length:
            piece = min(length, most)
            while not buffer.accept(piece, sector_bytes):
                clock.sleep(max(buffer.seconds_until_room(piece), timing.SHORTEST_WAIT_SECONDS))
            length -= piece

    def end_if_whole(self) -> None:
        """The last sector of a session has arrived: its lead-out follows automatically."""
        writing = self._mechanism.writing
        if writing is not None and writing.whole:
            self._end(immediate=True)

    def _end(self, immediate: bool) -> None:
        mechanism = self._mechanism
        writing = mechanism.writing
        if writing is None:
            return
        seconds = mechanism.buffer.seconds_to_empty() + mechanism.seconds_at_1x(writing.end_seconds_at_1x)
        if not writing.whole:  # else the drive knew that nothing more was to come
            mechanism.check_streaming(writing.next_lba)
        mechanism.end_writing()
        mechanism.busy_for(seconds + timing.END_TRACK_SECONDS, immediate)

    def _synchronize_cache(self, command: SynchronizeCache) -> None:
        self._mechanism.check_immediate(command.immediate)
        self._end(command.immediate)

    def _close_track_session(self, command: CloseTrackSession) -> None:
        mechanism = self._mechanism
        mechanism.check_immediate(command.immediate)
        medium = mechanism.writable()
        if command.function is CloseFunction.TRACK:
            opened = medium.state.open_track
            if opened is not None and command.track in (opened.number, INVISIBLE_TRACK):
                self._end(command.immediate)
                if medium.state.open_track is not None:  # left open by a loss of power
                    medium.end_track()
                    mechanism.busy_for(timing.END_TRACK_SECONDS, command.immediate)
            return
        if command.function is not CloseFunction.SESSION:
            return
        if mechanism.writing is not None and not isinstance(mechanism.writing, TrackAtOnce):
            self._end(command.immediate)
            return
        anything = medium.state.open_session is not None
        medium.end_session(next_allowed=next_allowed(mechanism.page))
        if anything:
            seconds = mechanism.seconds_at_1x(mechanism.model.close_at_1x_seconds)
            mechanism.busy_for(seconds, command.immediate)

    def would_fixate(self, command: Command[Any] | None) -> bool:
        """Whether this command writes a lead-out."""
        medium = self._mechanism.disc_in_reach
        writing = self._mechanism.writing
        if isinstance(command, SynchronizeCache):
            return writing is not None and not isinstance(writing, TrackAtOnce)
        closes = isinstance(command, CloseTrackSession) and command.function is CloseFunction.SESSION
        return closes and medium is not None and medium.state.open_session is not None

    # Erasing, and the buffer

    def _blank(self, command: Blank) -> None:
        mechanism = self._mechanism
        mechanism.check_immediate(command.immediate)
        medium = mechanism.require_disc()
        if mechanism.writing is not None:
            raise Refused(sense.ILLEGAL, 0x2C, 0)
        if not medium.state.rewritable:
            raise Refused(sense.ILLEGAL, 0x30, 0x06)
        medium = mechanism.writable()
        actions = {
            BlankType.ALL: medium.erase,
            BlankType.MINIMAL: medium.erase,
            BlankType.UNCLOSE: medium.unclose,
            BlankType.SESSION: medium.erase_last_session,
        }
        action = actions.get(command.blank_type)
        if action is None:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        action()
        mechanism.remember_toc()
        mechanism.cue_sheet = b""
        seconds = timing.BLANK_MINIMAL_SECONDS
        if command.blank_type is BlankType.ALL:
            seconds = mechanism.seconds_at_1x(medium.state.minutes * 60)
        mechanism.busy_for(seconds, command.immediate, erases=True)

    def _read_buffer_capacity(self, command: ReadBufferCapacity) -> bytes:
        buffer = self._mechanism.buffer
        return BufferCapacity(buffer.size_bytes, buffer.free_bytes, command.in_blocks).to_bytes()
