"""The properties of the track-at-once writer, and which of them may be used when."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import ClassVar

from redbook.engine.inspect import Abilities
from redbook.errors import DiscNotBlank, NotARecorder, NotRecordable, PlanError
from redbook.imapi2.com import fail, to_bool, to_long, translated
from redbook.imapi2.formats.client_name import is_valid_client_name
from redbook.imapi2.formats.format2 import InterruptibleCancel
from redbook.imapi2.formats.media import physical_type
from redbook.imapi2.formats.speeds import asked_speed, choose_speed, read_speeds, speed_trouble
from redbook.imapi2.formats.write_speeds import WriteSpeeds
from redbook.imapi2.recorder.disc_recorder import MsftDiscRecorder2
from redbook.imapi2.typelib.enumerations import IMAPI_BURN_VERIFICATION_LEVEL, IMAPI_MEDIA_PHYSICAL_TYPE
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.writer.session import Session
from redbook.imapi2.writer.state import TABLE, Operation, State
from redbook.imapi2.writer.track_stream import HasHeader, NoStream, StreamNotSupported
from redbook.mmc.mode_pages import Capabilities

_IN_SESSION = (State.PREPARED, State.WRITING, State.IN_TRANSITION)
_CD = (IMAPI_MEDIA_PHYSICAL_TYPE.IMAPI_MEDIA_TYPE_CDR, IMAPI_MEDIA_PHYSICAL_TYPE.IMAPI_MEDIA_TYPE_CDRW)


class TrackAtOnceProperties(WriteSpeeds):
    """Everything of IDiscFormat2TrackAtOnce but the calls that write."""

    IMPLEMENTS = ("IDiscFormat2TrackAtOnce", "IBurnVerification")
    NO_RECORDER = HResult.E_IMAPI_DF2TAO_NO_RECORDER_SPECIFIED
    OWN_CODES: ClassVar[Mapping[type[BaseException], HResult]] = {
        DiscNotBlank: HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_BLANK,
        NotRecordable: HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_SUPPORTED,
        NotARecorder: HResult.E_IMAPI_DF2TAO_RECORDER_NOT_SUPPORTED,
        PlanError: HResult.E_IMAPI_DF2TAO_NOT_ENOUGH_SPACE,
        NoStream: HResult.E_INVALIDARG,
        StreamNotSupported: HResult.E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED,
        HasHeader: HResult.E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED,
    }

    def __init__(self) -> None:
        super().__init__()
        self._state = State.NO_RECORDER
        self._mutex = threading.RLock()
        self._session: Session | None = None
        self._cancel: InterruptibleCancel | None = None
        self._do_not_finalize = False
        self._underrun_free_disabled = False
        self._verification = IMAPI_BURN_VERIFICATION_LEVEL.IMAPI_BURN_VERIFICATION_NONE
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

    def _locked_step(self, operation: Operation, member: str, unchanged: bool) -> None:
        """As `_step`, for putting a property; in a session a put that changes nothing passes."""
        if not (unchanged and self._state in _IN_SESSION):
            self._step(operation, member)

    def _prepared(self, operation: Operation, member: str) -> Session:
        with self._mutex:
            self._step(operation, member)
            if self._session is None:  # PrepareMedia is still at work
                fail(self, member, HResult.E_IMAPI_DF2TAO_MEDIA_IS_NOT_PREPARED)
            return self._session

    @translated
    def SetWriteSpeed(self, RequestedSectorsPerSecond: int, RotationTypeIsPureCAV: bool) -> int:
        """Ask for a speed in sectors per second, -1 for the fastest, and a rotation type.

        Returns  S_OK, or S_IMAPI_SPEEDADJUSTED, S_IMAPI_ROTATIONADJUSTED, S_IMAPI_BOTHADJUSTED if the drive
                 made something else of it
        """
        name = "SetWriteSpeed"
        with self._mutex:
            self._step(Operation.SET_WRITE_SPEED, name)
            speed, pure_cav = asked_speed(self, RequestedSectorsPerSecond, RotationTypeIsPureCAV)
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
            if value is not None and value is self._recorder and self._state in _IN_SESSION:
                return
            after = self._step(operation, "Recorder")
            if value is not None:
                handle = self._a_recorder("Recorder", value)._handle
                if not self._supports(handle):
                    fail(self, "Recorder", HResult.E_IMAPI_DF2TAO_RECORDER_NOT_SUPPORTED)
            self._recorder, self._state = value, after

    @property
    def ClientName(self) -> str:
        """Who others are told has the drive: 1 to 63 letters, digits, spaces and . , : ; - _

        None takes the name away again; it reads as "" then.
        """
        return self._client_name

    @ClientName.setter
    @translated
    def ClientName(self, value: str | None) -> None:
        with self._mutex:
            name = "" if value is None else value
            self._locked_step(Operation.PUT_CLIENT_NAME, "ClientName", name == self._client_name)
            if value is not None and not is_valid_client_name(value):
                fail(self, "ClientName", HResult.E_IMAPI_DF2TAO_CLIENT_NAME_IS_NOT_VALID, repr(value))
            self._client_name = name

    @property
    def DoNotFinalizeMedia(self) -> bool:
        """Whether ReleaseMedia leaves the disc open for a further session.  Default False"""
        return self._do_not_finalize

    @DoNotFinalizeMedia.setter
    @translated
    def DoNotFinalizeMedia(self, value: bool) -> None:
        with self._mutex:
            name = "DoNotFinalizeMedia"
            wanted = to_bool(self, name, value)
            self._locked_step(Operation.PUT_DO_NOT_FINALIZE_MEDIA, name, wanted == self._do_not_finalize)
            self._do_not_finalize = wanted

    @property
    def BufferUnderrunFreeDisabled(self) -> bool:
        """Whether a burn that is not fed in time shall fail, not pause.  PrepareMedia sets it to False."""
        return self._underrun_free_disabled

    @BufferUnderrunFreeDisabled.setter
    @translated
    def BufferUnderrunFreeDisabled(self, value: bool) -> None:
        name = "BufferUnderrunFreeDisabled"
        with self._mutex:
            wanted = to_bool(self, name, value)
            unchanged = wanted == self._underrun_free_disabled
            self._locked_step(Operation.PUT_BUFFER_UNDERRUN_FREE_DISABLED, name, unchanged)
            self._underrun_free_disabled = wanted

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
            level = levels(to_long(self, name, value, 0, max(levels)))
            self._locked_step(Operation.PUT_BURN_VERIFICATION_LEVEL, name, level == self._verification)
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

    def _speeds(self, name: str) -> Capabilities:
        session = self._cached(name)
        if session is not None:
            return session.capabilities
        with speed_trouble():
            return self._need_handle(name).run(read_speeds())

    def _media_type(self, name: str) -> int:
        session = self._cached(name)
        return session.media_type if session else self._need_handle(name).run(physical_type())

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
            wanted = to_bool(self, "ReadBackAudio", value)
            unchanged = wanted == self._read_back
            self._locked_step(Operation.PUT_DO_NOT_FINALIZE_MEDIA, "ReadBackAudio", unchanged)
            self._read_back = wanted
