"""What the writers have in common: a recorder, a client name, and a time during which they own the disc."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Mapping
from types import TracebackType
from typing import ClassVar, Generic, Self, TypeVar

from redbook.imapi2.com import fail, to_bool, translated
from redbook.imapi2.devices import Handle, finalize_in_thread
from redbook.imapi2.formats.client_name import is_valid_client_name
from redbook.imapi2.formats.format2 import InterruptibleCancel
from redbook.imapi2.formats.media import physical_type
from redbook.imapi2.formats.speeds import asked_speed, choose_speed, read_speeds, speed_trouble
from redbook.imapi2.formats.write_speeds import WriteSpeeds
from redbook.imapi2.recorder.disc_recorder import MsftDiscRecorder2
from redbook.imapi2.typelib.enumerations import IMAPI_MEDIA_PHYSICAL_TYPE
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.writer.held_drive import HeldDrive
from redbook.imapi2.writer.state import AnyOperation, Entry, Operation, State
from redbook.mmc.mode_pages import Capabilities
from redbook.records import dataclass

IN_SESSION = (State.PREPARED, State.WRITING, State.IN_TRANSITION)
_CD = (IMAPI_MEDIA_PHYSICAL_TYPE.IMAPI_MEDIA_TYPE_CDR, IMAPI_MEDIA_PHYSICAL_TYPE.IMAPI_MEDIA_TYPE_CDRW)

S = TypeVar("S", bound=HeldDrive)


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes that each writer has under names of its own."""

    recorder_not_supported: HResult
    client_name_is_not_valid: HResult
    media_is_not_prepared: HResult


class PreparedWriter(WriteSpeeds, Generic[S]):
    """May be used from any thread.  TABLE says which call is legal when.

    Dropping a prepared object, or leaving it as a context manager, gives the drive back and leaves the disc
    as it is.
    """

    TABLE: ClassVar[Mapping[AnyOperation, Mapping[State, Entry]]]
    CODES: ClassVar[Codes]

    def __init__(self) -> None:
        super().__init__()
        self._state = State.NO_RECORDER
        self._mutex = threading.RLock()
        self._session: S | None = None
        self._cancel: InterruptibleCancel | None = None
        self._underrun_free_disabled = False
        self._read_back = False

    def _fits(self, media_type: int, blank: bool) -> bool:
        return blank and media_type in _CD

    # The state

    def _step(self, call: AnyOperation, member: str) -> State:
        """The state this call leads to.  raises  com_error  with the table's code, if it is not legal now"""
        entry = self.TABLE[call][self._state]
        if isinstance(entry, HResult):
            fail(self, member, entry)
        return entry

    def _locked_step(self, call: AnyOperation, member: str, unchanged: bool) -> None:
        """Like `_step`, for putting a property; in a session, a put that changes nothing is allowed."""
        if not (unchanged and self._state in IN_SESSION):
            self._step(call, member)

    def _prepared(self, call: AnyOperation, member: str) -> S:
        with self._mutex:
            self._step(call, member)
            if self._session is None:  # PrepareMedia is still at work
                fail(self, member, self.CODES.media_is_not_prepared)
            return self._session

    # The session

    @abstractmethod
    def _new_session(self, handle: Handle) -> S:
        """The session that is to be opened."""

    def _prepare(self, cancel: InterruptibleCancel) -> HResult:
        """Do what PrepareMedia does; returns whether the drive took the speed that was asked for."""
        name = "PrepareMedia"
        with self._mutex:
            after = self._step(Operation.PREPARE_MEDIA, name)
            handle = self._need_handle(name)
            if not self._client_name:
                fail(self, name, self.CODES.client_name_is_not_valid, "no ClientName is set")
            self._state = State.IN_TRANSITION
        try:
            session = self._new_session(handle)
            session.open(self._requested_speed, self._requested_pure_cav, cancel)
        except BaseException:
            self._state = State.RECORDER_SET
            raise
        with self._mutex:
            if cancel.interrupted:  # a script that was stopped with Ctrl-C will not call ReleaseMedia
                session.abandon()
                self._state = State.RECORDER_SET
                return HResult.S_OK
            self._session = session
            finalize_in_thread(self, HeldDrive.abandon, session)
            self._underrun_free_disabled = False
            self._state = after
        return session.speed_result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the drive back; a disc that was not released stays as it is."""
        with self._mutex:
            if self._session is not None and self._state is State.PREPARED:
                self._session.abandon()
                self._session, self._state = None, State.RECORDER_SET

    @translated
    def SetWriteSpeed(self, RequestedSectorsPerSecond: int, RotationTypeIsPureCAV: bool) -> int:
        """Ask for a speed in sectors per second, -1 for the fastest, and a rotation type.

        Returns  S_OK, or S_IMAPI_SPEEDADJUSTED, S_IMAPI_ROTATIONADJUSTED, S_IMAPI_BOTHADJUSTED if the drive
                 chose something else
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
        """The recorder to write with.  None removes it again."""
        return self._recorder

    @Recorder.setter
    @translated
    def Recorder(self, value: MsftDiscRecorder2 | None) -> None:
        call = Operation.CLEAR_RECORDER if value is None else Operation.PUT_RECORDER
        with self._mutex:
            if value is not None and value is self._recorder and self._state in IN_SESSION:
                return
            after = self._step(call, "Recorder")
            if value is not None:
                handle = self._a_recorder("Recorder", value)._handle
                if not self._supports(handle):
                    self._refuse_recorder(handle)
            self._recorder, self._state = value, after

    def _refuse_recorder(self, handle: Handle) -> None:
        """raises  com_error"""
        fail(self, "Recorder", self.CODES.recorder_not_supported)

    @property
    def ClientName(self) -> str:
        """The name that others see while we have the drive: 1 to 63 letters, digits, spaces and . , : ; - _

        None removes the name again; it reads as "" then.
        """
        return self._client_name

    @ClientName.setter
    @translated
    def ClientName(self, value: str | None) -> None:
        with self._mutex:
            name = "" if value is None else value
            self._locked_step(Operation.PUT_CLIENT_NAME, "ClientName", name == self._client_name)
            if value is not None and not is_valid_client_name(value):
                fail(self, "ClientName", self.CODES.client_name_is_not_valid, repr(value))
            self._client_name = name

    @property
    def BufferUnderrunFreeDisabled(self) -> bool:
        """Whether a burn that gets no data in time should fail, not pause.  PrepareMedia sets it to False."""
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

    def _speeds(self, name: str) -> Capabilities:
        session = self._cached(name)
        if session is not None:
            return session.capabilities
        with speed_trouble():
            return self._need_handle(name).run(read_speeds())

    def _media_type(self, name: str) -> int:
        session = self._cached(name)
        return session.media_type if session else self._need_handle(name).run(physical_type())

    def _cached(self, name: str) -> S | None:
        """The session, if the drive is too busy to be asked."""
        with self._mutex:
            self._step(Operation.GET_OF_THE_DEVICE, name)
            return self._session if self._state in (State.WRITING, State.IN_TRANSITION) else None
