"""MsftDiscFormat2Erase: makes a CD-RW blank again."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import ClassVar

from redbook import errors
from redbook.engine.erase import erase
from redbook.engine.events import Phase, PhaseStarted, Waiting, Working
from redbook.engine.inspect import Abilities
from redbook.engine.steps import Procedure
from redbook.errors import (
    EraseFailed,
    InvalidReply,
    MediumUnsuitable,
    NotARecorder,
    SenseError,
    TransportTimeout,
)
from redbook.imapi2.com import fail, failure, to_bool, translated, type_name
from redbook.imapi2.devices import Handle
from redbook.imapi2.errors import code_of, com_error, sense_of
from redbook.imapi2.formats.client_name import is_valid_client_name
from redbook.imapi2.formats.format2 import DiscFormat2, InterruptibleCancel, late_interrupts
from redbook.imapi2.formats.media import physical_type
from redbook.imapi2.formats.speeds import read_speeds
from redbook.imapi2.recorder.disc_recorder import MsftDiscRecorder2
from redbook.imapi2.typelib.enumerations import IMAPI_MEDIA_PHYSICAL_TYPE
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.writer.event_args import QUIET_SECONDS, Timed
from redbook.mmc.control import StartStopUnit
from redbook.mmc.disc_info import DiscInformation, ReadDiscInformation
from redbook.mmc.write import Blank, BlankType

LONGEST_SECONDS = 3600.0
MINIMAL_SECONDS = 60.0
FULL_AT_1X_SECONDS = 80 * 60.0
"""The estimate until the drive reports progress."""


class MsftDiscFormat2Erase(DiscFormat2):
    """Erases a CD-RW.  Update handlers get the object, the elapsed seconds and the estimated total."""

    PROGID = "IMAPI2.MsftDiscFormat2Erase"
    IMPLEMENTS = ("IDiscFormat2Erase",)
    NO_RECORDER = HResult.E_IMAPI_RECORDER_REQUIRED
    OWN_CODES: ClassVar[Mapping[type[BaseException], HResult]] = {
        NotARecorder: HResult.E_IMAPI_ERASE_RECORDER_NOT_SUPPORTED,
        MediumUnsuitable: HResult.E_IMAPI_ERASE_UNEXPECTED_DRIVE_RESPONSE_DURING_ERASE,
    }

    def __init__(self) -> None:
        super().__init__()
        self._full = False
        self._mutex = threading.RLock()
        self._erasing = False

    def _can_use(self, abilities: Abilities) -> bool:
        return abilities.writes_cd_rw

    def _fits(self, media_type: int, blank: bool) -> bool:
        return media_type == IMAPI_MEDIA_PHYSICAL_TYPE.IMAPI_MEDIA_TYPE_CDRW

    @translated
    def EraseMedia(self) -> int:
        """Make the CD-RW blank; returns when it is.

        Ctrl-C ends the call if the erasing has not begun; later it waits for the end, because a half-erased
        disc is lost.
        """
        name = "EraseMedia"
        cancel = InterruptibleCancel(in_order=True)
        with late_interrupts(cancel):
            with self._mutex:
                handle = self._need_handle(name)
                if not self._client_name:
                    fail(self, name, HResult.E_IMAPI_ERASE_CLIENT_NAME_IS_NOT_VALID, "no ClientName is set")
                if self._erasing:
                    fail(self, name, HResult.E_IMAPI_ERASE_RECORDER_IN_USE)
                self._erasing = True
            try:
                handle.begin_job(self._client_name)
                try:
                    self._erase(handle, cancel)
                finally:
                    handle.end_job()
            finally:
                self._erasing = False
        return HResult.S_OK

    def _erase(self, handle: Handle, cancel: InterruptibleCancel) -> None:
        name = "EraseMedia"
        media_type = handle.run(physical_type(), cancel=cancel)
        if not self._fits(media_type, blank=False):
            kind = IMAPI_MEDIA_PHYSICAL_TYPE(media_type).name
            fail(self, name, HResult.E_IMAPI_ERASE_MEDIA_IS_NOT_SUPPORTED, f"the disc is of type {kind}")
        information: DiscInformation = self._asked(handle, _disc_information())
        if not information.erasable:
            fail(self, name, HResult.E_IMAPI_ERASE_MEDIA_IS_NOT_ERASABLE)
        story = _EraseStory(handle.clock.now(), self._estimate(handle))
        kind_of_blank = BlankType.ALL if self._full else BlankType.MINIMAL

        def tell(timed: Timed) -> None:
            numbers = story.of(timed)
            if numbers is not None:
                self._fire("Update", self, *numbers)

        handle.at_work = True
        try:
            self._run_job(handle, erase(kind_of_blank, LONGEST_SECONDS), tell, cancel)
        except (SenseError, TransportTimeout, InvalidReply) as error:
            raise self._com_error(error, story) from error
        except EraseFailed as error:
            raise self._com_error(_cause_of(error), story, str(error)) from error
        finally:
            handle.at_work = False

    def _com_error(self, error: errors.DriveError, story: _EraseStory, text: str = "") -> com_error:
        """What a refusal means while a disc is being erased, if the recorder's codes do not cover it."""
        code = code_of(error)
        if isinstance(error, TransportTimeout) and isinstance(error.__cause__, SenseError) and story.began:
            code = HResult.E_IMAPI_ERASE_TOOK_LONGER_THAN_ONE_HOUR
        elif isinstance(error, SenseError) and error.command == StartStopUnit.NAME:
            code = HResult.E_IMAPI_ERASE_DRIVE_FAILED_SPINUP_COMMAND
        elif isinstance(error, errors.MediumError) and error.sense.asc == _ERASE_FAILURE:
            code = HResult.E_IMAPI_ERASE_TOOK_LONGER_THAN_ONE_HOUR  # its page says: for bad media, too
        elif code is HResult.E_FAIL and isinstance(error, SenseError) and error.command == Blank.NAME:
            code = HResult.E_IMAPI_ERASE_DRIVE_FAILED_ERASE_COMMAND
        elif code is HResult.E_FAIL and story.began:
            code = HResult.E_IMAPI_ERASE_UNEXPECTED_DRIVE_RESPONSE_DURING_ERASE
        return failure(f"{type_name(self)}.EraseMedia", code, text or str(error), sense_of(error))

    def _asked(self, handle: Handle, procedure: Procedure[DiscInformation]) -> DiscInformation:
        try:
            return handle.run(procedure)
        except InvalidReply as error:
            code = HResult.E_IMAPI_ERASE_DISC_INFORMATION_TOO_SMALL
            raise failure(f"{type_name(self)}.EraseMedia", code, str(error)) from error

    def _estimate(self, handle: Handle) -> float:
        """In seconds: a full erase takes as long as writing the disc at the drive's speed."""
        try:
            times = handle.run(read_speeds()).write_speed.times
        except InvalidReply as error:
            code = HResult.E_IMAPI_ERASE_MODE_PAGE_2A_TOO_SMALL
            raise failure(f"{type_name(self)}.EraseMedia", code, str(error)) from error
        return FULL_AT_1X_SECONDS / max(1, times) if self._full else MINIMAL_SECONDS

    @property
    def Recorder(self) -> MsftDiscRecorder2 | None:
        """The recorder to erase with.  Set it to None before setting another one."""
        return self._recorder

    @Recorder.setter
    @translated
    def Recorder(self, value: MsftDiscRecorder2 | None) -> None:
        with self._mutex:
            if self._erasing:
                fail(self, "Recorder", HResult.E_IMAPI_ERASE_RECORDER_IN_USE)
            if value is not None:
                handle = self._a_recorder("Recorder", value)._handle
                if self._recorder is not None and self._recorder is not value:
                    fail(self, "Recorder", HResult.E_IMAPI_ERASE_ONLY_ONE_RECORDER_SUPPORTED)
                if not self._supports(handle):
                    fail(self, "Recorder", HResult.E_IMAPI_ERASE_RECORDER_NOT_SUPPORTED)
            self._recorder = value

    @property
    def FullErase(self) -> bool:
        """Whether to overwrite the whole disc, not just enough to make it look blank.  Default False"""
        return self._full

    @FullErase.setter
    @translated
    def FullErase(self, value: bool) -> None:
        self._full = to_bool(self, "FullErase", value)

    @property
    @translated
    def CurrentPhysicalMediaType(self) -> int:
        """An IMAPI_MEDIA_PHYSICAL_TYPE."""
        return self._need_handle("CurrentPhysicalMediaType").run(physical_type())

    @property
    def ClientName(self) -> str:
        """The name that others see while we have the drive: 1 to 63 letters, digits, spaces and . , : ; - _

        None removes the name again; it reads as "" then.
        """
        return self._client_name

    @ClientName.setter
    @translated
    def ClientName(self, value: str | None) -> None:
        if value is not None and not is_valid_client_name(value):
            fail(self, "ClientName", HResult.E_INVALIDARG, repr(value))
        self._client_name = "" if value is None else value


_ERASE_FAILURE = 0x51


def _cause_of(error: EraseFailed) -> errors.DriveError:
    """The error that decides the code; the text comes from `error` itself."""
    return error.__cause__ if isinstance(error.__cause__, errors.DriveError) else error


def _disc_information() -> Procedure[DiscInformation]:
    return (yield ReadDiscInformation())  # type: ignore[no-any-return]


class _EraseStory:
    """Elapsed and estimated total seconds, by the progress that the drive reports.

    The total is never 0, because programs divide by it.
    """

    def __init__(self, began_at: float, estimate: float) -> None:
        self._began_at = began_at
        self._estimate = estimate
        self._reported_at = 0.0
        self.began = False

    def of(self, timed: Timed) -> tuple[int, int] | None:
        event = timed.event
        elapsed = timed.seconds - self._began_at
        if isinstance(event, PhaseStarted) and event.phase is Phase.BLANKING:
            self.began = True
        elif isinstance(event, Working) and event.phase is Phase.BLANKING:
            if event.fraction:
                self._estimate = elapsed / event.fraction
        elif not (isinstance(event, Waiting) and self.began and elapsed - self._reported_at >= QUIET_SECONDS):
            return None
        self._reported_at = elapsed
        return int(elapsed), max(1, round(max(self._estimate, elapsed)))
