"""The virtual recorder: a Transport that answers as a CD-R/RW drive would.

This module has the small commands, and applies faults. `commands.rules` says when a command is executed;
writing is `commands.write`, reading `commands.read`, playing `commands.play`, speeds and mode pages
`commands.setting`, what is on the disc `commands.disc_answers`, who the drive is `identity`, how long
things take `timing`, its habits `model`.

Its lock is held for the whole of a command, including the time that this takes in real time, and for each
move of a hand: whatever else wants something of the recorder waits for minutes while a session is closed
without IMMED. Only initiators come and go in the meantime: a login must be answered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from redbook.clock import Clock, SystemClock
from redbook.disc import SECTOR_BYTES
from redbook.errors import DriveClosed, DriveGone, Sense
from redbook.mmc import (
    capacity,
    control,
    disc_info,
    disc_structure,
    events,
    identify,
    playback,
    read,
    sense,
)
from redbook.mmc.command import Command
from redbook.mmc.decode import UnknownOpcode, decode
from redbook.mmc.events import EventClass, MediaEvent, MediaStatus
from redbook.mmc.write import Write10
from redbook.transport.base import BULK_SECTORS, COMMAND_SECTORS, Reply, Status
from redbook.virtual import faults, identity, timing
from redbook.virtual.commands import disc_answers
from redbook.virtual.commands.play import PlayCommands
from redbook.virtual.commands.read import ReadCommands
from redbook.virtual.commands.rules import RULES
from redbook.virtual.commands.setting import SettingCommands
from redbook.virtual.commands.write import WriteCommands
from redbook.virtual.faults import BadSpot, Fault
from redbook.virtual.initiator import Initiator
from redbook.virtual.mechanism import MEDIUM_CHANGED, POWER_ON, Mechanism
from redbook.virtual.medium import Medium
from redbook.virtual.model import FASTEST, SLOWEST, Model, default_model
from redbook.virtual.refused import Refused

MOST_SERIAL_CHARACTERS = 64


class _Answered(Exception):
    """A fault has an answer of its own."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class VirtualRecorder:
    """A CD recorder without hardware.

    medium     the disc in it, None for none
    speed      real-time writing at up to this multiple of 1x; None for as fast as data arrive
    clock      whose time that is
    tray_open  whether the tray is out at first
    faults     what should go wrong; may be added to while it runs
    bad_spots  damaged places of whatever disc is in it; may be added to while it runs
    serial     reported by GET CONFIGURATION and INQUIRY
    cav_speeds multiples of 1x at which it can also write with a constant rate of rotation
    bulk       commands may be larger than those which real drives get; without effect where it imitates one
    model      its habits; the name of one that comes with redbook, or a Model; None for the one that
               REDBOOK_MODEL names, else the exact one

    most_bytes, real_time  as a `transport.base.Device` has them

    raises  ValueError  for an impossible speed, a serial number that no reply can hold, an unknown model
    """

    def __init__(
        self,
        medium: Medium | None = None,
        *,
        speed: float | None = None,
        clock: Clock | None = None,
        tray_open: bool = False,
        faults: Sequence[Fault | BadSpot] = (),
        serial: str = "RB000001",
        cav_speeds: Sequence[int] = (),
        bulk: bool = False,
        model: str | Model | None = None,
    ) -> None:
        self.model = Model.load(model) if isinstance(model, str) else model or default_model()
        bulk = bulk and self.model.is_exact
        self.most_bytes = (BULK_SECTORS if bulk else COMMAND_SECTORS[0]) * SECTOR_BYTES
        self.real_time = False
        if cav_speeds:
            self.model = replace(self.model, cav_speeds=tuple(cav_speeds))
        if speed is not None and not SLOWEST <= speed <= FASTEST:
            raise ValueError(
                f"speed = {speed!r}; it must be a multiple of 1x from {SLOWEST} to {FASTEST}, or None"
            )
        if not serial.isascii() or not serial.isprintable() or len(serial) > MOST_SERIAL_CHARACTERS:
            raise ValueError(
                f"serial = {serial!r}; it must have up to {MOST_SERIAL_CHARACTERS} ASCII characters"
            )
        clock = clock or SystemClock()
        self.faults = [fault for fault in faults if isinstance(fault, Fault)]
        self.bad_spots = [spot for spot in faults if isinstance(spot, BadSpot)]
        self._serial = serial
        self._mechanism = Mechanism(self.model, clock, medium, speed, tray_open)
        self._player = PlayCommands(self._mechanism)
        self._writer = WriteCommands(self._mechanism, self.bad_spots)
        self._reader = ReadCommands(self._mechanism, self.bad_spots)
        self._settings = SettingCommands(self._mechanism, self._writer.choose)
        self._gone = self._closed = False
        self._back_after: int | None = None
        self._host = Initiator(self)
        self._asking = self._host
        self._mechanism.initiators.append(self._host)
        self._lock = threading.Lock()
        self._roll_lock = threading.Lock()  # of the list of initiators, which is replaced and never changed
        self._handlers: dict[type[Command[Any]], Callable[[Any], bytes | None]] = {
            capacity.ReadCapacity: lambda _: disc_answers.capacity(self._mechanism.current_disc),
            capacity.ReadFormatCapacities: lambda _: disc_answers.format_capacities(
                self._mechanism.current_disc
            ),
            control.TestUnitReady: lambda _: None,
            control.RequestSense: self._request_sense,
            control.StartStopUnit: self._start_stop_unit,
            control.PreventAllowMediumRemoval: self._prevent_allow,
            disc_info.ReadDiscInformation: lambda _: self._disc_information(),
            disc_info.ReadTrackInformation: self._track_information,
            disc_info.ReadToc: lambda c: disc_answers.toc(self._mechanism.remembered_disc(), c),
            disc_info.ReadSessionInformation: lambda c: disc_answers.session_information(
                self._mechanism.remembered_disc(), c
            ),
            disc_info.ReadFullToc: lambda c: disc_answers.full_toc(self._mechanism.remembered_disc(), c),
            disc_info.ReadPma: lambda _: disc_answers.pma(self._mechanism.require_disc()),
            disc_info.ReadAtip: self._read_atip,
            disc_info.ReadCdText: self._read_cd_text,
            disc_structure.ReadDiscStructure: self._not_on_a_cd,
            events.GetEventStatusNotification: self._event_status,
            identify.Inquiry: lambda _: identity.inquiry(self.model),
            identify.InquireVitalProductData: self._vital_product_data,
            identify.GetConfiguration: self._get_configuration,
            playback.MechanismStatus: self._mechanism_status,
            **self._reader.handlers,
            **self._writer.handlers,
            **self._settings.handlers,
            **self._player.handlers,
        }

    # A person's hands: each waits until the command under way has ended

    def insert(self, medium: Medium) -> None:
        """Put a disc on the tray (or swap the one there) and close it."""
        with self._lock:
            self._put_in(medium)

    def lay_in(self, medium: Medium) -> None:
        """Put a disc on the open tray (or swap the one there), and leave the tray open."""
        with self._lock:
            self._take_out()
            self._mechanism.open_tray()
            self._mechanism.disc = medium

    def remove(self) -> None:
        """Open the tray and take the disc; the tray stays open."""
        with self._lock:
            self._take_out()
            self._mechanism.open_tray()

    def push_in(self) -> None:
        """Close the tray by hand, with or without a disc on it."""
        with self._lock:
            self._mechanism.close_tray()

    def press_eject(self) -> None:
        """The button at the tray: it opens, or, if a program has locked it, that program is told.

        Nothing happens while a session is closed or a disc blanked.
        """
        with self._lock:
            mechanism = self._mechanism
            self._writer.end_if_whole()
            if mechanism.locked:
                mechanism.media_event = MediaEvent.EJECT_REQUEST
            elif not mechanism.is_working:
                self._player.rest()
                mechanism.open_tray()

    def unplug(self) -> None:
        """Cut the cable: commands are no longer answered."""
        with self._lock:
            self._gone = True

    def plug_in(self) -> None:
        """Connect it again: it is as if it had just been switched on."""
        with self._lock:
            self._gone = False
            self._power_up()

    def cut_power(self) -> None:
        """Power fails and comes back: the buffer is lost, what was begun stays as it is on the disc."""
        with self._lock:
            self._power_up()

    def let_go(self) -> None:
        """Leave the disc's folder to other programs until `take_up`; not in the middle of a track."""
        with self._lock:
            self._writer.end_if_whole()
            if self.disc is not None and self._mechanism.writing is None:
                self.disc.let_go()

    def take_up(self) -> None:
        """Hold the disc's folder again.  raises  DriveBusy, ImageError"""
        with self._lock:
            if self.disc is not None and self.disc.take_up():
                self._mechanism.simulated = None
                self._mechanism.take_in()
                self._mechanism.media_event = MediaEvent.NEW_MEDIA
                self._mechanism.tell_all(MEDIUM_CHANGED)

    @property
    def disc(self) -> Medium | None:
        """What is in it, the tray being open or closed."""
        return self._mechanism.disc

    @property
    def faults_left(self) -> list[Fault | BadSpot]:
        """Those that have not happened yet: a test that expects one asserts that none is left."""
        every: list[Fault | BadSpot] = [*self.faults, *self.bad_spots]
        return [fault for fault in every if not fault.struck]

    @property
    def tray_open(self) -> bool:
        return self._mechanism.tray_open

    @property
    def tray_locked(self) -> bool:
        return self._mechanism.locked

    @property
    def buffer(self) -> timing.WriteBuffer:
        return self._mechanism.buffer

    def _put_in(self, medium: Medium) -> None:
        self._take_out()
        self._mechanism.disc = medium
        self._mechanism.close_tray()

    def _take_out(self) -> None:
        self._mechanism.break_off()
        self._mechanism.simulated = None
        self._mechanism.cue_sheet = b""
        self._player.rest()
        if self._mechanism.disc is not None:
            self._mechanism.disc.close()
        self._mechanism.disc = None

    def _power_up(self) -> None:
        self._mechanism.lose_power()
        self._settings.reset()
        self._player.rest()
        for initiator in self._mechanism.initiators:
            initiator.attentions = [POWER_ON]
            initiator.prevents_removal = False

    # Transport

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        return self.serve(self._host, cdb, data_out, data_in_length, timeout)

    def new_initiator(self) -> Initiator:
        """Does not wait for the current command."""
        initiator = Initiator(self)
        with self._roll_lock:
            self._mechanism.initiators = [*self._mechanism.initiators, initiator]
        return initiator

    def part_from(self, initiator: Initiator) -> None:
        """Its session is over, and with it the lock that it may have put on the tray.

        Does not wait for the current command.
        """
        with self._roll_lock:
            others = [i for i in self._mechanism.initiators if i is not initiator]
            self._mechanism.initiators = others

    def reset(self) -> None:
        with self._lock:
            self._power_up()

    def serve(
        self,
        initiator: Initiator,
        cdb: bytes,
        data_out: bytes | memoryview,
        data_in_length: int,
        timeout: float,
    ) -> Reply:
        """Do what this initiator asks."""
        with self._lock:
            self._asking = initiator
            if self._closed:
                raise DriveClosed("the virtual recorder was closed; open it again")
            self._check_there()
            command, wrong = self._understand(cdb, data_out)
            self._writer.timeout = timeout
            self._reader.room_bytes = data_in_length
            try:
                if self.faults:
                    self._strike(command, data_in_length)
                if command is None:
                    return self._check_condition(wrong, data_in_length)
                data = self._perform(command)
            except Refused as refused:
                return self._check_condition(refused.sense, data_in_length)
            except _Answered as answered:
                return answered.reply
        return _good(command, data, data_in_length)

    def announce(self, data_bytes: int) -> None:
        with self._lock:
            if self.disc is not None:
                self.disc.announce(data_bytes)

    def close(self) -> None:
        with self._lock:
            if not self._closed and not self._gone:
                self._writer.end_if_whole()
            self._closed = True
            if self.disc is not None:
                self.disc.close()

    @staticmethod
    def _check_condition(reason: Sense, data_in_length: int) -> Reply:
        return Reply(Status.CHECK_CONDITION, b"", sense.build(reason), data_in_length)

    def _check_there(self) -> None:
        """raises  DriveGone"""
        if not self._gone:
            return
        if self._back_after is not None:
            self._back_after -= 1
            if self._back_after < 0:
                self._gone, self._back_after = False, None
                self._power_up()
                return
        raise DriveGone("the virtual recorder was unplugged")

    def _understand(self, cdb: bytes, data_out: bytes | memoryview) -> tuple[Command[Any] | None, Sense]:
        """The command, or why there is none."""
        try:
            command = decode(cdb, data_out)
        except UnknownOpcode:
            return None, Sense(sense.ILLEGAL, 0x20, 0)
        except ValueError:
            return None, Sense(sense.ILLEGAL, 0x24, 0)
        if command.NAME in self.model.unknown_commands:
            return None, Sense(sense.ILLEGAL, 0x20, 0)
        return command, Sense(sense.NO_SENSE)

    def _strike(self, command: Command[Any] | None, data_in_length: int) -> None:
        for fault in self.faults:
            if isinstance(fault.outcome, faults.FixationFailed) and not self._writer.would_fixate(command):
                continue
            if not fault.strikes(command):
                continue
            if fault.executed and command is not None:
                self._perform(command)
            self._suffer(fault.outcome, command, data_in_length)

    def _suffer(self, outcome: faults.Outcome, command: Command[Any] | None, data_in_length: int) -> None:
        """What a fault does; it raises unless the command goes on anyway."""
        if isinstance(outcome, Reply):
            raise _Answered(outcome)
        if isinstance(outcome, Sense):
            raise Refused.because(outcome)
        if isinstance(outcome, faults.PowerCut):
            self._power_up()
            raise DriveGone("the virtual recorder's power failed")
        if isinstance(outcome, faults.Vanished):
            self._gone, self._back_after = True, outcome.commands
            raise DriveGone("the virtual recorder was unplugged")
        if isinstance(outcome, faults.MediumSwapped):
            self._swap()
        elif isinstance(outcome, faults.FixationFailed):
            self._mechanism.break_off()
            raise Refused.because(faults.FIXATION_FAILED)
        elif isinstance(outcome, faults.Displaced):
            self._reader.displaced_samples = outcome.samples
        elif isinstance(outcome, faults.Shortened | faults.Garbled | faults.Lost):
            if command is not None:
                raise _Answered(self._maimed(outcome, command, data_in_length))
        else:
            self._gone = self._gone or isinstance(outcome, DriveGone)
            raise outcome

    def _maimed(
        self, how: faults.Shortened | faults.Garbled | faults.Lost, command: Command[Any], data_in_length: int
    ) -> Reply:
        """The reply of a command whose data are damaged on the way."""
        if isinstance(how, faults.Lost) and isinstance(command, Write10):
            kept = max(0, len(command.data_out) - how.data_bytes)
            data_out = bytes(command.data_out[:kept]).ljust(len(command.data_out), b"\0")
            self._perform(replace(command, data_out=data_out))
            return Reply(Status.GOOD, b"", b"", min(how.data_bytes, len(command.data_out)))
        reply = _good(command, self._perform(command), data_in_length)
        data = reply.data
        if isinstance(how, faults.Shortened):
            data = data[: how.data_bytes]
        elif isinstance(how, faults.Lost):
            data = data[: max(0, len(data) - how.data_bytes)]
        else:
            end = how.offset + len(how.data)
            data = (data[: how.offset] + how.data + data[end:])[: len(data)]
        return Reply(Status.GOOD, data, b"", data_in_length - len(data))

    def _swap(self) -> None:
        old = self.disc
        if old is not None:
            kind = "cd-r" if old.state.pressed else old.state.medium
            self._put_in(Medium.new(kind, old.state.minutes))

    def _perform(self, command: Command[Any]) -> bytes:
        mechanism = self._mechanism
        rules = RULES[type(command)]
        loading = mechanism.is_loading
        if loading and not rules.while_busy and not isinstance(command, control.StartStopUnit):
            raise Refused(sense.NOT_READY, 0x04, timing.BECOMING_READY)
        if self._asking.attentions and not loading and not rules.despite_attention:
            raise Refused.because(self._asking.attentions.pop(0))
        if not rules.without_medium:
            mechanism.require_disc()
        if mechanism.writing is not None and not rules.leaves_writing_alone:
            self._writer.end_if_whole()
        if mechanism.is_working and not rules.while_busy and not self._says_ready(command):
            raise Refused.because(mechanism.busy())
        if rules.stops_playing:
            self._player.stop()
        return self._handlers[type(command)](command) or b""

    def _says_ready(self, command: Command[Any]) -> bool:
        """Only while something is written: such a drive does report blanking (DVR-111)."""
        pretends = self.model.ready_while_working and isinstance(command, control.TestUnitReady)
        return pretends and not self._mechanism.operation.erases

    # Tray and events

    def _start_stop_unit(self, command: control.StartStopUnit) -> None:
        if command.power_condition or not command.load_eject:
            return
        if command.start:
            if self._mechanism.tray_open:
                self._mechanism.close_tray()
            return
        if self._mechanism.locked:
            raise Refused(sense.ILLEGAL, 0x53, 0x02)
        self._writer.end_if_whole()
        self._player.rest()
        self._mechanism.open_tray()

    def _prevent_allow(self, command: control.PreventAllowMediumRemoval) -> None:
        self._asking.prevents_removal = command.prevent

    def _request_sense(self, command: control.RequestSense) -> bytes:
        if self._asking.attentions and not self._mechanism.is_loading:
            return sense.build(self._asking.attentions.pop(0))
        if self._mechanism.operation.remaining_seconds:
            return sense.build(self._mechanism.busy())
        return sense.build(Sense(sense.NO_SENSE))

    def _event_status(self, command: events.GetEventStatusNotification) -> bytes:
        """Media events only; each is reported once, whoever asks, and separately from the unit attention."""
        if not command.polled:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        supported = 1 << EventClass.MEDIA
        if not command.classes & supported:
            return events.EventStatus(EventClass.NONE, supported).to_bytes()
        happened, self._mechanism.media_event = self._mechanism.media_event, MediaEvent.NO_CHANGE
        status = MediaStatus.TRAY_OPEN if self._mechanism.tray_open else MediaStatus(0)
        if self._mechanism.disc_in_reach is not None:
            status |= MediaStatus.PRESENT
        return events.EventStatus(EventClass.MEDIA, supported, bytes((happened, status, 0, 0))).to_bytes()

    def _mechanism_status(self, command: playback.MechanismStatus) -> bytes:
        door_open = self._mechanism.tray_open << 4
        return bytes((0, door_open, 0, 0, 0, 0, 0, 0))

    # Who it is and what it can do

    def _vital_product_data(self, command: identify.InquireVitalProductData) -> bytes:
        return identity.vital_product_data(self.model, self._serial, command.page)

    def _get_configuration(self, command: identify.GetConfiguration) -> bytes:
        return identity.configuration(command, self.model, self._mechanism.current_disc, self._serial)

    @staticmethod
    def _not_on_a_cd(command: Command[Any]) -> None:
        raise Refused(sense.ILLEGAL, 0x24, 0)

    # What is on the disc

    def _disc_information(self) -> bytes:
        return disc_answers.disc_information(self._mechanism.require_disc()).to_bytes()

    def _track_information(self, command: disc_info.ReadTrackInformation) -> bytes:
        medium = self._mechanism.require_disc()
        return disc_answers.track_information(medium, command, self._mechanism.page, self.model).to_bytes()

    def _read_cd_text(self, command: disc_info.ReadCdText) -> bytes:
        medium = self._mechanism.remembered_disc()
        if not self._mechanism.knows_cd_text:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        return command.build_reply(medium.cd_text())

    def _read_atip(self, command: disc_info.ReadAtip) -> bytes:
        return disc_answers.atip(self._mechanism.require_disc(), self.model)


def _good(command: Command[Any], data: bytes, data_in_length: int) -> Reply:
    """The reply, cut to what the command and the host asked for."""
    length = data_in_length
    if not isinstance(command, (read.ReadCd, read.ReadCdMsf)):  # how long a sector is depends on what it is
        length = min(length, command.data_in_length)
    if len(data) > length:
        data = data[:length]
    return Reply(Status.GOOD, data, b"", data_in_length - len(data))
