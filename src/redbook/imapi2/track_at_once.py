"""MsftDiscFormat2TrackAtOnce: audio tracks to a blank CD-R or CD-RW."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Self

from redbook.engine.events import Event, TrackStarted
from redbook.engine.inspect import Abilities
from redbook.errors import AudioError, DiscNotBlank, MediumUnsuitable, PlanError
from redbook.imapi2.client_name import is_valid_client_name
from redbook.imapi2.com import fail, to_bool, to_long, translated
from redbook.imapi2.enumerations import IMAPI_BURN_VERIFICATION_LEVEL, IMAPI_MEDIA_PHYSICAL_TYPE
from redbook.imapi2.event_args import Story, Timed, TrackAtOnceEventArgs
from redbook.imapi2.format2 import DiscFormat2, InterruptibleCancel, late_interrupts
from redbook.imapi2.hresults import HResult
from redbook.imapi2.media import physical_type
from redbook.imapi2.recorder import MsftDiscRecorder2
from redbook.imapi2.session import Session, check_sums
from redbook.imapi2.speeds import (
    FASTEST,
    MsftWriteSpeedDescriptor,
    choose_speed,
    offered,
    read_speeds,
    sectors_per_second,
    speed_trouble,
)
from redbook.imapi2.state import ENDS_IN, TABLE, Operation, State
from redbook.imapi2.track_stream import NoStream, StreamNotSupported, TrackStream
from redbook.mmc.mode_pages import Capabilities

MOST_TRACKS = 99
_CD = (IMAPI_MEDIA_PHYSICAL_TYPE.IMAPI_MEDIA_TYPE_CDR, IMAPI_MEDIA_PHYSICAL_TYPE.IMAPI_MEDIA_TYPE_CDRW)


class MsftDiscFormat2TrackAtOnce(DiscFormat2):
    """Writes audio tracks.  Which call is legal when is the table in redbook.imapi2.state.

    May be used from any thread; Update handlers run on the thread that is inside AddAudioTrack or
    ReleaseMedia. Dropping a prepared object, or leaving it as a context manager, gives the drive back and
    leaves the session open.
    """

    PROGID = "IMAPI2.MsftDiscFormat2TrackAtOnce"
    IMPLEMENTS = ("IDiscFormat2TrackAtOnce", "IBurnVerification")
    NO_RECORDER = HResult.E_IMAPI_DF2TAO_NO_RECORDER_SPECIFIED
    OWN_CODES: ClassVar[Mapping[type[BaseException], HResult]] = {
        DiscNotBlank: HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_BLANK,
        MediumUnsuitable: HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_SUPPORTED,
        PlanError: HResult.E_IMAPI_DF2TAO_NOT_ENOUGH_SPACE,
        NoStream: HResult.E_INVALIDARG,
        StreamNotSupported: HResult.E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED,
    }

    def __init__(self) -> None:
        super().__init__()
        self._state = State.NO_RECORDER
        self._mutex = threading.RLock()
        self._session: Session | None = None
        self._abandon: weakref.finalize[Any, Any] | None = None
        self._cancel: InterruptibleCancel | None = None
        self._do_not_finalize = False
        self._underrun_free_disabled = False
        self._verification = IMAPI_BURN_VERIFICATION_LEVEL.IMAPI_BURN_VERIFICATION_NONE
        self._requested_speed = FASTEST
        self._requested_pure_cav = False
        self._strict_sectors = False
        self._read_back = False

    def _can_use(self, abilities: Abilities) -> bool:
        return abilities.writes_tao

    def _fits(self, media_type: int, blank: bool) -> bool:
        return blank and media_type in _CD

    # The state

    def _step(self, operation: Operation, member: str) -> State:
        """Where this call leads.  raises  com_error  with the table's code, where it is not legal now"""
        entry = TABLE[operation][self._state]
        if isinstance(entry, HResult):
            fail(self, member, entry)
        return entry

    def _prepared(self, operation: Operation, member: str) -> Session:
        with self._mutex:
            self._step(operation, member)
            if self._session is None:  # PrepareMedia is still at work
                fail(self, member, HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_PREPARED)
            return self._session

    # The session

    @translated
    def PrepareMedia(self) -> int:
        """Take the drive for this writer, and see that there is a blank disc in it."""
        cancel = InterruptibleCancel()
        with late_interrupts(cancel):
            self._prepare(cancel)
        return HResult.S_OK

    def _prepare(self, cancel: InterruptibleCancel) -> None:
        name = "PrepareMedia"
        with self._mutex:
            after = self._step(Operation.PREPARE_MEDIA, name)
            handle = self._need_handle(name)
            if not self._client_name:
                fail(self, name, HResult.E_IMAPI_DF2TAO_CLIENT_NAME_IS_NOT_VALID, "no ClientName is set")
            self._state = State.IN_TRANSITION
        try:
            session = Session(handle, self._client_name)
            speed = None if self._requested_speed == FASTEST else self._requested_speed
            session.open(speed, self._requested_pure_cav)
            if cancel.interrupted:  # whoever pressed Ctrl-C will not call ReleaseMedia
                session.abandon()
        except BaseException:
            self._state = State.RECORDER_SET
            raise
        with self._mutex:
            if cancel.interrupted:
                self._state = State.RECORDER_SET
                return
            self._session = session
            self._abandon = weakref.finalize(self, Session.abandon, session)
            self._underrun_free_disabled = False
            self._state = after

    @translated
    def AddAudioTrack(self, data: object) -> int:
        """Write a stream as the next track; returns when the track is on the disc.

        data  44.1 kHz 16-bit stereo PCM without a header: a binary file or whatever has read and seek, an
              object with IStream's Read, Seek and Stat, or bytes. Less than 4 s are filled up with
              silence, and so is the last sector.
        """
        name = "AddAudioTrack"
        if data is None:
            fail(self, name, HResult.E_POINTER, "a stream is needed, not None")
        cancel = InterruptibleCancel()
        with late_interrupts(cancel):
            with self._mutex:
                writing = self._step(Operation.ADD_AUDIO_TRACK, name)
                session = self._prepared(Operation.ADD_AUDIO_TRACK, name)
                self._state, self._cancel = writing, cancel
            try:
                self._add_track(session, data, cancel)
            finally:
                with self._mutex:
                    self._state, self._cancel = ENDS_IN[writing], None
        return HResult.S_OK

    def _add_track(self, session: Session, data: object, cancel: InterruptibleCancel) -> None:
        name = "AddAudioTrack"
        if len(session.tracks) >= MOST_TRACKS:
            fail(self, name, HResult.E_IMAPI_DF2TAO_TRACK_LIMIT_REACHED)
        stream = TrackStream(data, self._strict_sectors, summed=self._read_back)
        session.bring_up_to_date()
        sectors = session.sectors_for(stream)
        if sectors > session.free_sectors:
            detail = f"it has {sectors} sectors, {session.free_sectors} are free"
            fail(self, name, HResult.E_IMAPI_DF2TAO_NOT_ENOUGH_SPACE, detail)
        clock = session.handle.clock
        number = len(session.tracks) + 1
        story = Story(number, session.next_lba, sectors, clock.now(), session.speed)
        self._update(story.preparing(clock.now()))
        if cancel.asked.is_set():
            fail(self, name, HResult.E_IMAPI_REQUEST_CANCELLED, "nothing was written")

        def before_the_first_write(event: Event) -> None:
            if isinstance(event, TrackStarted):
                stream.check()

        try:
            self._run_job(
                session.handle,
                session.add(stream, not self._underrun_free_disabled),
                lambda timed: self._tell(story, timed),
                cancel,
                stream,
                before_the_first_write,
            )
        finally:
            session.refresh(stream)
        if self._verification == IMAPI_BURN_VERIFICATION_LEVEL.IMAPI_BURN_VERIFICATION_QUICK:
            self._update(story.verifying(clock.now()))
            session.check_last_track()
        try:
            stream.check()
        except AudioError as error:
            there = f"track {number} is on the disc with all of its {sectors} sectors"
            raise AudioError(f"{error}; {there}, what did not come being silence") from error
        if cancel.asked.is_set():
            detail = f"track {number} was complete by then, and is on the disc"
            fail(self, name, HResult.E_IMAPI_REQUEST_CANCELLED, detail)

    def _tell(self, story: Story, timed: Timed) -> None:
        arguments = story.of(timed)
        if arguments is not None:
            self._update(arguments)

    def _update(self, arguments: TrackAtOnceEventArgs) -> None:
        self._fire("Update", self, arguments)

    @translated
    def CancelAddTrack(self) -> int:
        """Ask the running AddAudioTrack to end its track and stop; from a handler, or any thread."""
        with self._mutex:
            self._step(Operation.CANCEL_ADD_TRACK, "CancelAddTrack")
            if self._cancel is not None:
                self._cancel()
        return HResult.S_OK

    @translated
    def ReleaseMedia(self) -> int:
        """Close the session, if there are tracks in it, and give the drive back, whatever happens."""
        name = "ReleaseMedia"
        cancel = InterruptibleCancel()
        with late_interrupts(cancel):
            with self._mutex:
                after = self._step(Operation.RELEASE_MEDIA, name)
                session = self._prepared(Operation.RELEASE_MEDIA, name)
                self._state = State.IN_TRANSITION
            try:
                self._close_session(session, cancel)
            finally:
                with self._mutex:
                    self._session = None
                    if self._abandon is not None:
                        self._abandon.detach()
                    self._state = after
        return HResult.S_OK

    def _close_session(self, session: Session, cancel: InterruptibleCancel) -> None:
        finalize = not self._do_not_finalize
        last = session.tracks[-1] if session.tracks else None
        story = Story(
            last.number if last else 0,
            last.start_lba if last else 0,
            0,
            session.handle.clock.now(),
            session.speed,
        )
        tell = (lambda timed: self._tell(story, timed)) if session.touched else (lambda timed: None)
        try:
            self._run_job(session.handle, session.close(finalize), tell, cancel)
            if session.tracks:
                if self._verification == IMAPI_BURN_VERIFICATION_LEVEL.IMAPI_BURN_VERIFICATION_QUICK:
                    session.check_disc(finalize)
                if self._read_back:
                    check_sums(self._run_job(session.handle, session.read_back(), tell, cancel))
        finally:
            session.give_back()

    @translated
    def SetWriteSpeed(self, RequestedSectorsPerSecond: int, RotationTypeIsPureCAV: bool) -> int:
        """Ask for a speed in sectors per second, -1 for the fastest, and a rotation type.

        Returns  S_OK, or S_IMAPI_SPEEDADJUSTED, S_IMAPI_ROTATIONADJUSTED, S_IMAPI_BOTHADJUSTED if the drive
                 made something else of it
        """
        name = "SetWriteSpeed"
        with self._mutex:
            self._step(Operation.SET_WRITE_SPEED, name)
            speed = to_long(self, name, RequestedSectorsPerSecond, FASTEST)
            if speed == 0:
                fail(self, name, HResult.E_INVALIDARG, "0 sectors per second is no speed")
            pure_cav = to_bool(self, name, RotationTypeIsPureCAV)
            handle = self._need_handle(name, HResult.E_IMAPI_RECORDER_REQUIRED)
            self._requested_speed, self._requested_pure_cav = speed, pure_cav
        with speed_trouble():
            result = handle.run(choose_speed(speed, pure_cav))
        if self._session is not None:
            self._session.read_speed()
        return result

    # Properties

    @property
    def Recorder(self) -> MsftDiscRecorder2 | None:
        """The recorder to write with.  None takes it away again."""
        return self._recorder

    @Recorder.setter
    @translated
    def Recorder(self, value: MsftDiscRecorder2 | None) -> None:
        operation = Operation.CLEAR_RECORDER if value is None else Operation.PUT_RECORDER
        with self._mutex:
            after = self._step(operation, "Recorder")
            if value is not None:
                handle = self._a_recorder("Recorder", value)._handle
                if not self._supports(handle):
                    fail(self, "Recorder", HResult.E_IMAPI_DF2TAO_RECORDER_NOT_SUPPORTED)
            self._recorder, self._state = value, after

    @property
    def ClientName(self) -> str:
        """Who others are told has the drive: 1 to 63 letters, digits, spaces and . , : ; - _"""
        return self._client_name

    @ClientName.setter
    @translated
    def ClientName(self, value: str) -> None:
        with self._mutex:
            self._step(Operation.PUT_CLIENT_NAME, "ClientName")
            if not is_valid_client_name(value):
                fail(self, "ClientName", HResult.E_IMAPI_DF2TAO_CLIENT_NAME_IS_NOT_VALID, repr(value))
            self._client_name = value

    @property
    def DoNotFinalizeMedia(self) -> bool:
        """Whether ReleaseMedia leaves the disc open for a further session.  Default False"""
        return self._do_not_finalize

    @DoNotFinalizeMedia.setter
    @translated
    def DoNotFinalizeMedia(self, value: bool) -> None:
        with self._mutex:
            self._step(Operation.PUT_DO_NOT_FINALIZE_MEDIA, "DoNotFinalizeMedia")
            self._do_not_finalize = to_bool(self, "DoNotFinalizeMedia", value)

    @property
    def BufferUnderrunFreeDisabled(self) -> bool:
        """Whether a burn that is not fed in time shall fail, not pause.  PrepareMedia sets it to False."""
        return self._underrun_free_disabled

    @BufferUnderrunFreeDisabled.setter
    @translated
    def BufferUnderrunFreeDisabled(self, value: bool) -> None:
        name = "BufferUnderrunFreeDisabled"
        with self._mutex:
            self._step(Operation.PUT_BUFFER_UNDERRUN_FREE_DISABLED, name)
            self._underrun_free_disabled = to_bool(self, name, value)

    @property
    def BurnVerificationLevel(self) -> IMAPI_BURN_VERIFICATION_LEVEL:
        """NONE (the default), or QUICK: what the drive says of each track and of the disc."""
        return self._verification

    @BurnVerificationLevel.setter
    @translated
    def BurnVerificationLevel(self, value: int) -> None:
        name = "BurnVerificationLevel"
        levels = IMAPI_BURN_VERIFICATION_LEVEL
        with self._mutex:
            self._step(Operation.PUT_BURN_VERIFICATION_LEVEL, name)
            level = levels(to_long(self, name, value, 0, max(levels)))
            if level == levels.IMAPI_BURN_VERIFICATION_FULL:
                detail = "this format has no full verification; ReadBackAudio compares every sector"
                fail(self, name, HResult.E_INVALIDARG, detail)
            self._verification = level

    @property
    @translated
    def NumberOfExistingTracks(self) -> int:
        operation = Operation.GET_NUMBER_OF_EXISTING_TRACKS
        return len(self._prepared(operation, "NumberOfExistingTracks").tracks)

    @property
    @translated
    def TotalSectorsOnMedia(self) -> int:
        """Sectors that one track filling the whole disc would have."""
        return self._counts("TotalSectorsOnMedia").total_sectors

    @property
    @translated
    def FreeSectorsOnMedia(self) -> int:
        """Sectors that one further track may have.  While one is written: as it was before."""
        return self._counts("FreeSectorsOnMedia").free_sectors

    @property
    @translated
    def UsedSectorsOnMedia(self) -> int:
        """The rest: tracks, and what lies between and behind them."""
        return self._counts("UsedSectorsOnMedia").used_sectors

    def _counts(self, name: str) -> Session:
        session = self._prepared(Operation.GET_SECTOR_COUNTS, name)
        if self._state is State.PREPARED:
            session.bring_up_to_date()
        return session

    @property
    @translated
    def ExpectedTableOfContents(self) -> bytes:
        """The reply to READ TOC, format 0 with LBAs, if the session were closed now."""
        name = "ExpectedTableOfContents"
        session = self._prepared(Operation.GET_EXPECTED_TABLE_OF_CONTENTS, name)
        if not session.tracks:
            fail(self, name, HResult.E_IMAPI_DF2TAO_TABLE_OF_CONTENTS_EMPTY_DISC)
        return session.expected_toc()

    @property
    @translated
    def CurrentPhysicalMediaType(self) -> int:
        """An IMAPI_MEDIA_PHYSICAL_TYPE."""
        name = "CurrentPhysicalMediaType"
        session = self._cached(name)
        return session.media_type if session else self._need_handle(name).run(physical_type())

    @property
    def RequestedWriteSpeed(self) -> int:
        """As given to SetWriteSpeed: sectors per second, -1 for the fastest."""
        return self._requested_speed

    @property
    def RequestedRotationTypeIsPureCAV(self) -> bool:
        return self._requested_pure_cav

    @property
    @translated
    def CurrentWriteSpeed(self) -> int:
        """The speed that the drive has chosen, in sectors per second."""
        return sectors_per_second(self._speeds("CurrentWriteSpeed").write_speed)

    @property
    @translated
    def CurrentRotationTypeIsPureCAV(self) -> bool:
        return self._speeds("CurrentRotationTypeIsPureCAV").pure_cav

    @property
    @translated
    def SupportedWriteSpeeds(self) -> tuple[int, ...]:
        """Sectors per second, fastest first, for this drive and the disc in it."""
        speeds = offered(self._speeds("SupportedWriteSpeeds"))
        return tuple(dict.fromkeys(sectors_per_second(speed) for speed in speeds))

    @property
    @translated
    def SupportedWriteSpeedDescriptors(self) -> tuple[MsftWriteSpeedDescriptor, ...]:
        name = "SupportedWriteSpeedDescriptors"
        speeds = offered(self._speeds(name))
        session = self._cached(name)
        media_type = session.media_type if session else self._need_handle(name).run(physical_type())
        return tuple(MsftWriteSpeedDescriptor(media_type, s.pure_cav, sectors_per_second(s)) for s in speeds)

    def _speeds(self, name: str) -> Capabilities:
        session = self._cached(name)
        if session is not None:
            return session.capabilities
        with speed_trouble():
            return self._need_handle(name).run(read_speeds())

    def _cached(self, name: str) -> Session | None:
        """The session, where the drive is too busy to be asked."""
        with self._mutex:
            self._step(Operation.GET_OF_THE_DEVICE, name)
            return self._session if self._state in (State.WRITING, State.IN_TRANSITION) else None

    # Beyond IMAPI2

    @property
    def StrictSectors(self) -> bool:
        """Whether a stream of no whole number of sectors is refused, not padded.  Default False"""
        return self._strict_sectors

    @StrictSectors.setter
    @translated
    def StrictSectors(self, value: bool) -> None:
        self._strict_sectors = to_bool(self, "StrictSectors", value)

    @property
    def ReadBackAudio(self) -> bool:
        """Whether ReleaseMedia reads every track back and compares it with what was sent.  Default False"""
        return self._read_back

    @ReadBackAudio.setter
    @translated
    def ReadBackAudio(self, value: bool) -> None:
        with self._mutex:
            self._step(Operation.PUT_DO_NOT_FINALIZE_MEDIA, "ReadBackAudio")
            self._read_back = to_bool(self, "ReadBackAudio", value)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the drive back; a session that was not released stays open."""
        if self._abandon is not None and self._state is State.PREPARED:
            self._abandon()
            self._session, self._state = None, State.RECORDER_SET
