"""The virtual recorder: a Transport that answers as a CD-R/RW drive with track-at-once would.

One method a command. What lies on the disc is `medium`, how long things take is `timing`, what goes
wrong on purpose is `faults`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from redbook._version import __version__
from redbook.clock import Clock, SystemClock
from redbook.disc import LEAD_OUT, RUN_OUT_SECTORS, SHORTEST_TRACK_SECTORS
from redbook.errors import DriveClosed, DriveGone, Sense
from redbook.image.base import RecordedTrack, TrackState
from redbook.mmc import control, disc_info, identify, mode_pages, sense
from redbook.mmc.command import Command
from redbook.mmc.decode import UnknownOpcode, decode
from redbook.mmc.identify import FeatureRequest, Profile
from redbook.mmc.mode_pages import (
    Capabilities,
    MultiSession,
    PageControl,
    WriteParameters,
)
from redbook.mmc.read import ReadCd
from redbook.mmc.write import (
    Blank,
    BlankType,
    BufferCapacity,
    CloseFunction,
    CloseTrackSession,
    ReadBufferCapacity,
    SynchronizeCache,
    Write10,
)
from redbook.transport.base import Reply, Status
from redbook.virtual import settings, timing
from redbook.virtual.faults import Fault
from redbook.virtual.features import features
from redbook.virtual.medium import Medium, Refused

VENDOR, PRODUCT = "REDBOOK", "VIRTUAL CD-RW"
ALL_PAGES = 0x3F

_DATA_BIT = 4
_AUDIO_BLOCK_TYPES = range(4)

_DESPITE_ATTENTION = (identify.Inquiry, identify.GetConfiguration, control.RequestSense)
"""Commands that are executed while a unit attention is pending, and leave it pending (SAM-4 5.14)."""

_WITHOUT_MEDIUM = (
    *_DESPITE_ATTENTION,
    mode_pages.ModeSense10,
    mode_pages.ModeSelect10,
    control.StartStopUnit,
    control.PreventAllowMediumRemoval,
    control.SetCdSpeed,
)
_WHILE_BUSY = (
    *_DESPITE_ATTENTION,
    mode_pages.ModeSense10,
    ReadBufferCapacity,
    control.PreventAllowMediumRemoval,
)
"""Commands answered while a session is closed or a disc blanked."""


class _Answered(Exception):
    """A fault has an answer of its own."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class Initiator:
    """One host's way to the recorder: a transport with unit attentions and a tray lock of its own."""

    def __init__(self, recorder: VirtualRecorder) -> None:
        self.attentions = [Sense(sense.ATTENTION, 0x29, 0)]
        self.prevents_removal = False
        self._recorder = recorder

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        return self._recorder.serve(self, cdb, data_out, data_in_length)

    def announce(self, data_bytes: int) -> None:
        self._recorder.announce(data_bytes)

    def close(self) -> None:
        self._recorder.part_from(self)


class VirtualRecorder:
    """A CD recorder without hardware.

    medium     the disc in it, None for none
    speed      real-time writing at up to this multiple of 1x; None for as fast as data come
    clock      whose time that is
    tray_open  whether the tray is out at first
    faults     what shall go wrong; may be added to while it runs
    serial     told by GET CONFIGURATION
    cav_speeds multiples of 1x at which it can also write with a constant rate of rotation
    """

    def __init__(
        self,
        medium: Medium | None = None,
        *,
        speed: float | None = None,
        clock: Clock | None = None,
        tray_open: bool = False,
        faults: Sequence[Fault] = (),
        serial: str = "RB000001",
        cav_speeds: Sequence[int] = (),
    ) -> None:
        clock = clock or SystemClock()
        self.faults = list(faults)
        self.buffer = timing.WriteBuffer(clock)
        self._speed_limit = speed
        self._serial = serial
        self._operation = timing.LongOperation(clock)
        self._disc = medium
        self._simulated: Medium | None = None
        self._tray_open = tray_open
        self._gone = self._closed = False
        self._host = Initiator(self)
        self._initiators = [self._host]
        self._asking = self._host
        self._page = WriteParameters()
        self._speeds = settings.Speeds(frozenset(cav_speeds))
        self._writing: RecordedTrack | None = None
        self._underruns_seen = 0
        self._lock = threading.Lock()
        self._handlers: dict[type[Command[Any]], Callable[[Any], bytes | None]] = {
            control.TestUnitReady: self._test_unit_ready,
            control.RequestSense: self._request_sense,
            control.StartStopUnit: self._start_stop_unit,
            control.PreventAllowMediumRemoval: self._prevent_allow,
            control.SendOpcInformation: self._send_opc,
            control.SetCdSpeed: self._set_cd_speed,
            identify.Inquiry: self._inquiry,
            identify.GetConfiguration: self._get_configuration,
            mode_pages.ModeSense10: self._mode_sense,
            mode_pages.ModeSelect10: self._mode_select,
            disc_info.ReadDiscInformation: self._read_disc_information,
            disc_info.ReadTrackInformation: self._read_track_information,
            disc_info.ReadToc: self._read_toc,
            disc_info.ReadSessionInformation: self._read_session_information,
            disc_info.ReadFullToc: self._read_full_toc,
            disc_info.ReadPma: self._read_pma,
            disc_info.ReadAtip: self._read_atip,
            Write10: self._write,
            SynchronizeCache: self._synchronize_cache,
            CloseTrackSession: self._close_track_session,
            Blank: self._blank,
            ReadBufferCapacity: self._read_buffer_capacity,
            ReadCd: self._read_cd,
        }
        self._apply_speed()

    # A person's hands

    def insert(self, medium: Medium) -> None:
        """Put a disc on the tray (or swap the one there) and close it."""
        self._take_out()
        self._disc = medium
        self._load()

    def lay_in(self, medium: Medium) -> None:
        """Put a disc on the open tray (or swap the one there), and leave the tray open."""
        self.remove()
        self._disc = medium

    def remove(self) -> None:
        """Open the tray and take the disc away; the tray stays open."""
        self._take_out()
        self._tray_open = True

    def unplug(self) -> None:
        """Cut the cable: no command is answered any more."""
        self._gone = True

    def let_go(self) -> None:
        """Leave the disc's folder to other programs until `take_up`; not in the middle of a track."""
        with self._lock:
            if self._disc is not None and self._writing is None:
                self._disc.let_go()

    def take_up(self) -> None:
        """Hold the disc's folder again.  raises  DriveBusy, ImageError"""
        with self._lock:
            if self._disc is not None and self._disc.take_up():
                self._simulated = None
                self._tell_all(0x28)

    @property
    def disc(self) -> Medium | None:
        """What lies in it, the tray being open or closed."""
        return self._disc

    @property
    def tray_open(self) -> bool:
        return self._tray_open

    # Transport

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        return self.serve(self._host, cdb, data_out, data_in_length)

    def new_initiator(self) -> Initiator:
        with self._lock:
            initiator = Initiator(self)
            self._initiators.append(initiator)
            return initiator

    def part_from(self, initiator: Initiator) -> None:
        """Its session is over, and with it the lock that it may have put on the tray."""
        with self._lock:
            self._initiators = [i for i in self._initiators if i is not initiator]

    def reset(self) -> None:
        with self._lock:
            self._end_track(TrackState.DAMAGED)
            for initiator in self._initiators:
                initiator.attentions = [Sense(sense.ATTENTION, 0x29, 0)]
                initiator.prevents_removal = False

    def serve(
        self, initiator: Initiator, cdb: bytes, data_out: bytes | memoryview, data_in_length: int
    ) -> Reply:
        """Do what this initiator asks."""
        with self._lock:
            self._asking = initiator
            if self._closed:
                raise DriveClosed("the virtual recorder was closed; open it again")
            if self._gone:
                raise DriveGone("the virtual recorder was unplugged")
            command, wrong = self._understand(cdb, data_out)
            try:
                if self.faults:
                    self._strike(command)
                if command is None:
                    return self._check_condition(wrong, data_in_length)
                data = self._perform(command)
            except Refused as refused:
                return self._check_condition(refused.sense, data_in_length)
            except _Answered as answered:
                return answered.reply
        length = min(data_in_length, command.data_in_length)
        if len(data) > length:
            data = data[:length]
        return Reply(Status.GOOD, data, b"", data_in_length - len(data))

    def announce(self, data_bytes: int) -> None:
        with self._lock:
            if self._disc is not None:
                self._disc.announce(data_bytes)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._disc is not None:
                self._disc.close()

    @staticmethod
    def _check_condition(reason: Sense, data_in_length: int) -> Reply:
        return Reply(Status.CHECK_CONDITION, b"", sense.build(reason), data_in_length)

    @staticmethod
    def _understand(cdb: bytes, data_out: bytes | memoryview) -> tuple[Command[Any] | None, Sense]:
        """The command, or why there is none."""
        try:
            return decode(cdb, data_out), Sense(sense.NO_SENSE)
        except UnknownOpcode:
            return None, Sense(sense.ILLEGAL, 0x20, 0)
        except ValueError:
            return None, Sense(sense.ILLEGAL, 0x24, 0)

    def _strike(self, command: Command[Any] | None) -> None:
        for fault in self.faults:
            if not fault.strikes(command):
                continue
            if fault.executed and command is not None:
                self._perform(command)
            if isinstance(fault.outcome, Reply):
                raise _Answered(fault.outcome)
            if isinstance(fault.outcome, Sense):
                refused = Refused(0, 0, 0)
                refused.sense = fault.outcome
                raise refused
            self._gone = self._gone or isinstance(fault.outcome, DriveGone)
            raise fault.outcome

    def _perform(self, command: Command[Any]) -> bytes:
        loading = self._operation.remaining_seconds and self._operation.ascq == timing.BECOMING_READY
        if loading and not isinstance(command, (*_WHILE_BUSY, control.StartStopUnit)):
            raise Refused(sense.NOT_READY, 0x04, timing.BECOMING_READY)
        if self._asking.attentions and not isinstance(command, _DESPITE_ATTENTION):
            attention = self._asking.attentions.pop(0)
            raise Refused(attention.key, attention.asc, attention.ascq)
        if not isinstance(command, _WITHOUT_MEDIUM):
            self._need_medium()
        if self._operation.remaining_seconds and not isinstance(command, _WHILE_BUSY):
            refused = Refused(0, 0, 0)
            refused.sense = self._busy()
            raise refused
        return self._handlers[type(command)](command) or b""

    # The tray

    @property
    def _locked(self) -> bool:
        return any(initiator.prevents_removal for initiator in self._initiators)

    def _tell_all(self, asc: int) -> None:
        for initiator in self._initiators:
            initiator.attentions.append(Sense(sense.ATTENTION, asc, 0))

    def _need_medium(self) -> Medium:
        """The disc that commands act on: in and after a test write, its simulated copy."""
        if self._disc is None or self._tray_open:
            raise Refused(sense.NOT_READY, 0x3A, 0x02 if self._tray_open else 0x01)
        return self._simulated or self._disc

    def _take_out(self) -> None:
        self._end_track()
        self._simulated = None
        if self._disc is not None:
            self._disc.close()
        self._disc = None

    def _load(self) -> None:
        self._tray_open = False
        if self._disc is not None:
            self._tell_all(0x28)
            if self._speed_limit is not None:
                self._operation.begin(timing.LOAD_SECONDS, timing.BECOMING_READY)
        self._apply_speed()

    def _start_stop_unit(self, command: control.StartStopUnit) -> None:
        if not command.load_eject:
            return
        if command.start:
            if self._tray_open:
                self._load()
            return
        if self._locked:
            raise Refused(sense.ILLEGAL, 0x53, 0x02)
        self._end_track()
        self._simulated = None
        self._tray_open = True

    def _prevent_allow(self, command: control.PreventAllowMediumRemoval) -> None:
        self._asking.prevents_removal = command.prevent

    def _test_unit_ready(self, command: control.TestUnitReady) -> None:
        return None

    def _busy(self) -> Sense:
        return Sense(sense.NOT_READY, 0x04, self._operation.ascq, progress=self._operation.progress)

    def _request_sense(self, command: control.RequestSense) -> bytes:
        if self._asking.attentions:
            return sense.build(self._asking.attentions.pop(0))
        if self._operation.remaining_seconds:
            return sense.build(self._busy())
        return sense.build(Sense(sense.NO_SENSE))

    # Who it is and what it can do

    def _inquiry(self, command: identify.Inquiry) -> bytes:
        revision = ".".join(__version__.split(".")[:2])
        return identify.InquiryReply(identify.CD_DEVICE, True, VENDOR, PRODUCT, revision).to_bytes()

    def _get_configuration(self, command: identify.GetConfiguration) -> bytes:
        medium = None if self._tray_open else self._disc
        profile = Profile.NONE
        if medium is not None:
            profile = Profile.CD_RW if medium.state.rewritable else Profile.CD_R
        found = features(medium, profile, self._serial)
        chosen = [f for f in found if f.code >= command.starting_feature]
        if command.request is FeatureRequest.CURRENT:
            chosen = [f for f in chosen if f.current]
        elif command.request is FeatureRequest.ONE:
            chosen = [f for f in chosen if f.code == command.starting_feature]
        return identify.Configuration(profile, tuple(chosen)).to_bytes()

    # Speeds and mode pages

    def _set_cd_speed(self, command: control.SetCdSpeed) -> None:
        self._speeds.choose(command.write_kb, command.pure_cav)
        self._apply_speed()

    def _apply_speed(self) -> None:
        """Also after a change of medium, which may allow less."""
        disc = self._disc
        self._speeds.fit(disc.atip if disc is not None else None)
        if self._speed_limit is not None:
            self.buffer.set_speed(self._paced_speed)

    @property
    def _paced_speed(self) -> float | None:
        return None if self._speed_limit is None else min(self._speed_limit, self._speeds.chosen)

    def _mode_sense(self, command: mode_pages.ModeSense10) -> bytes:
        if command.control is PageControl.SAVED:
            raise Refused(sense.ILLEGAL, 0x39, 0)
        pages = {
            WriteParameters.CODE: settings.write_page(self._page, command.control),
            Capabilities.CODE: settings.capabilities_page(
                self._speeds, self._locked, self.buffer.size_bytes, command.control
            ),
        }
        if command.page == ALL_PAGES:
            return mode_pages.ModeData(b"".join(pages.values())).to_bytes()
        if command.page not in pages:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        return mode_pages.ModeData(pages[command.page]).to_bytes()

    def _mode_select(self, command: mode_pages.ModeSelect10) -> None:
        if command.save:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        new = settings.selected(command.pages, self._page)
        if self._writing is not None and new != self._page:
            raise Refused(sense.ILLEGAL, 0x2C, 0)
        if not new.test_write:
            self._simulated = None
        self._page = new

    # What is on the disc

    def _read_disc_information(self, command: disc_info.ReadDiscInformation) -> bytes:
        return self._need_medium().disc_information().to_bytes()

    def _read_track_information(self, command: disc_info.ReadTrackInformation) -> bytes:
        medium = self._need_medium()
        number = command.address
        if command.kind is disc_info.TrackAddress.LBA:
            number = medium.track_at(command.address)
        elif command.kind is disc_info.TrackAddress.SESSION:
            number = self._first_track_of_session(medium, command.address)
        elif number == disc_info.INVISIBLE_TRACK:
            opened = medium.state.open_track
            number = opened.number if opened else medium.next_track_number
        return medium.track_information(number, self._page.track_mode).to_bytes()

    @staticmethod
    def _first_track_of_session(medium: Medium, number: int) -> int:
        sessions = medium.state.sessions
        if 1 <= number <= len(sessions):
            return sessions[number - 1].tracks[0].number
        if number == len(sessions) + 1 and not medium.state.open_session:
            return medium.next_track_number
        raise Refused(sense.ILLEGAL, 0x24, 0)

    def _read_toc(self, command: disc_info.ReadToc) -> bytes:
        toc = self._need_medium().toc()
        if toc.tracks[-1].number < command.first_track != LEAD_OUT:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        return command.build_reply(toc)

    def _read_session_information(self, command: disc_info.ReadSessionInformation) -> bytes:
        medium = self._need_medium()
        medium.toc()
        closed = medium.state.closed_sessions
        first = closed[-1].tracks[0]
        info = disc_info.SessionInformation(1, len(closed), first.number, first.start_lba, first.control)
        return command.build_reply(info)

    def _read_full_toc(self, command: disc_info.ReadFullToc) -> bytes:
        medium = self._need_medium()
        points = medium.lead_in_points(max(1, command.session))
        if not points:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        return disc_info.RawToc(1, len(medium.state.closed_sessions), tuple(points)).to_bytes()

    def _read_pma(self, command: disc_info.ReadPma) -> bytes:
        return disc_info.RawToc(0, 0, tuple(self._need_medium().pma_points())).to_bytes()

    def _read_atip(self, command: disc_info.ReadAtip) -> bytes:
        return self._need_medium().atip.to_bytes()

    def _read_cd(self, command: ReadCd) -> bytes:
        medium = self._need_medium()
        if command.sector_type not in (ReadCd.ANY_TYPE, ReadCd.CD_DA):
            raise Refused(sense.ILLEGAL, 0x64, 0, command.lba)
        if not command.sectors or not command.selection.main_bytes:
            return b""
        return medium.read(command.lba, command.sectors)

    # Writing

    def _writable(self) -> Medium:
        """The disc, if anything may be changed on it."""
        medium = self._need_medium()
        if medium.write_protected:
            raise Refused(sense.PROTECT, 0x27, 0)
        if self._page.test_write and self._simulated is None:
            self._simulated = medium = medium.simulated()
        return medium

    def _send_opc(self, command: control.SendOpcInformation) -> None:
        self._writable().calibrate()
        if self._speed_limit is not None and command.do_opc:
            self._operation.begin(timing.OPC_SECONDS)
            self._operation.wait()

    def _write(self, command: Write10) -> None:
        track = self._writing
        if track is None:
            if not command.data_out:
                self._need_medium()
                return
            track = self._first_write(command)
        medium = self._need_medium()
        next_lba = track.start_lba + track.written_sectors
        end = command.lba + command.sectors
        if command.lba != next_lba:
            raise Refused(sense.ILLEGAL, 0x21, 0x02, command.lba)
        if end > medium.state.last_lead_out_lba - RUN_OUT_SECTORS:
            raise Refused(sense.ILLEGAL, 0x63, 0, command.lba)
        if not self.buffer.accept(len(command.data_out)):
            raise Refused(sense.NOT_READY, 0x04, 0x08)
        self._check_streaming(command.lba)
        medium.append(track, command.data_out)

    def _check_streaming(self, lba: int) -> None:
        """Without protection a buffer that ran empty is the end of the track."""
        starved = self.buffer.underruns > self._underruns_seen
        self._underruns_seen = self.buffer.underruns
        if starved and not self._page.underrun_protection:
            self._end_track(TrackState.DAMAGED)
            raise Refused(sense.MEDIUM, 0x0C, 0x09, lba)

    def _first_write(self, command: Write10) -> RecordedTrack:
        """Check everything that can be wrong with a new track, then open it (or the one left open)."""
        medium = self._writable()
        if medium.state.finished or self._page.track_mode & _DATA_BIT:
            raise Refused(sense.ILLEGAL, 0x64, 0, command.lba)
        if self._page.data_block_type not in _AUDIO_BLOCK_TYPES:
            raise Refused(sense.ILLEGAL, 0x64, 0, command.lba)
        start = medium.next_writable_lba
        if command.lba != start:
            raise Refused(sense.ILLEGAL, 0x21, 0x02, command.lba)
        track = medium.state.open_track
        if track is None:
            end = start + max(command.sectors, SHORTEST_TRACK_SECTORS)
            if end > medium.state.last_lead_out_lba - RUN_OUT_SECTORS:
                raise Refused(sense.ILLEGAL, 0x63, 0, command.lba)
            track = medium.begin_track(self._page.track_mode)
        self._writing = track
        return track

    def _end_track(self, state: TrackState = TrackState.COMPLETE) -> None:
        medium = self._simulated or self._disc
        if medium is not None and self._writing is not None:
            medium.end_track(state)
        self._writing = None
        self.buffer.flush()

    def _busy_for(self, seconds: float, immediate: bool) -> None:
        if self._speed_limit is None:
            return
        self._operation.begin(seconds)
        if not immediate:
            self._operation.wait()

    def _synchronize_cache(self, command: SynchronizeCache) -> None:
        if self._writing is None:
            return
        seconds = self.buffer.seconds_to_empty() + timing.END_TRACK_SECONDS
        self._check_streaming(self._writing.start_lba + self._writing.written_sectors)
        self._end_track()
        self._busy_for(seconds, command.immediate)

    def _close_track_session(self, command: CloseTrackSession) -> None:
        medium = self._writable()
        if command.function is CloseFunction.TRACK:
            opened = medium.state.open_track
            if opened is not None and command.track in (opened.number, disc_info.INVISIBLE_TRACK):
                medium.end_track()
                self._end_track()
                self._busy_for(timing.END_TRACK_SECONDS, command.immediate)
            return
        anything = medium.state.open_session is not None
        medium.end_session(next_allowed=self._page.multi_session == MultiSession.NEXT_ALLOWED)
        if anything:
            self._busy_for(timing.CLOSE_AT_1X_SECONDS / (self._paced_speed or 1), command.immediate)

    def _blank(self, command: Blank) -> None:
        medium = self._need_medium()
        if self._writing is not None:
            raise Refused(sense.ILLEGAL, 0x2C, 0)
        if not medium.state.rewritable:
            raise Refused(sense.ILLEGAL, 0x30, 0x06)
        self._writable().erase()
        seconds = timing.BLANK_MINIMAL_SECONDS
        if command.blank_type is BlankType.ALL:
            seconds = medium.state.minutes * 60 / (self._paced_speed or 1)
        self._busy_for(seconds, command.immediate)

    def _read_buffer_capacity(self, command: ReadBufferCapacity) -> bytes:
        return BufferCapacity(self.buffer.size_bytes, self.buffer.free_bytes).to_bytes()
