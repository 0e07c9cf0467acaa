"""Errors of the layers below, as the HRESULTs that IMAPI2 has for them.

Which code a sense becomes is documented nowhere; the tables here decide it, the most exact entries first.
"""

from __future__ import annotations

from collections.abc import Mapping

from redbook import errors
from redbook.errors import Sense, SenseError
from redbook.imapi2.typelib.hresults import HResult
from redbook.mmc.disc_structure import ReadDiscStructure, SendDiscStructure
from redbook.mmc.identify import GetConfiguration
from redbook.mmc.mode_pages import ModeSelect10, ModeSense10
from redbook.mmc.write import Write10
from redbook.virtual import faults


class com_error(Exception):
    """A call failed.  args: hresult, strerror, excepinfo, argerror, as in pywin32.

    hresult   signed 32-bit number, an HResult where it is a known one
    strerror  what happened and what to do next
    sense     the drive's reason, if the drive refused something; else None
    """

    def __init__(
        self,
        hresult: int,
        strerror: str | None = None,
        excepinfo: tuple[object, ...] | None = None,
        argerror: int | None = None,
        *,
        sense: Sense | None = None,
    ) -> None:
        if hresult in _KNOWN:
            hresult = HResult(hresult)
        super().__init__(hresult, strerror, excepinfo, argerror)
        self.hresult = hresult
        self.strerror = strerror
        self.excepinfo = excepinfo
        self.argerror = argerror
        self.sense = sense

    @property
    def name(self) -> str:
        """The code's name, such as E_IMAPI_REQUEST_CANCELLED."""
        known = isinstance(self.hresult, HResult)
        return self.hresult.name if known else f"0x{self.hresult & 0xFFFFFFFF:08X}"  # type: ignore[attr-defined]

    @property
    def text(self) -> str | None:
        """The same as `strerror`, under comtypes' name."""
        return self.strerror

    @property
    def details(self) -> tuple[object, ...]:
        """As in comtypes: description, source, help file, help context, ProgID."""
        source = self.excepinfo[1] if self.excepinfo else None
        return (self.strerror, source, None, 0, source)

    def __str__(self) -> str:
        return self.strerror or self.name


class SpeedRefused(errors.DriveError):
    """The drive refused a command about speeds, for a reason that has no code of its own."""


_KNOWN = frozenset(int(code) for code in HResult)

VENDOR_SENSE: dict[Sense, HResult] = {
    faults.SPEED_MISMATCH: HResult.E_IMAPI_RECORDER_MEDIA_SPEED_MISMATCH,
    faults.NO_SUCH_MODE_PAGE: HResult.E_IMAPI_RECORDER_NO_SUCH_MODE_PAGE,
    faults.INVALID_MODE_PARAMETERS: HResult.E_IMAPI_RECORDER_INVALID_MODE_PARAMETERS,
    faults.NO_SUCH_FEATURE: HResult.E_IMAPI_RECORDER_NO_SUCH_FEATURE,
    faults.FEATURE_IS_NOT_CURRENT: HResult.E_IMAPI_RECORDER_FEATURE_IS_NOT_CURRENT,
    faults.NO_GET_CONFIGURATION: HResult.E_IMAPI_RECORDER_GET_CONFIGURATION_NOT_SUPPORTED,
    faults.NO_DISC_STRUCTURE: HResult.E_IMAPI_RECORDER_DVD_STRUCTURE_NOT_PRESENT,
}
_BY_VENDOR_SENSE = {(s.key, s.asc, s.ascq): code for s, code in VENDOR_SENSE.items()}

_BY_COMMAND: dict[str, tuple[type[SenseError], HResult]] = {
    ModeSense10.NAME: (errors.IllegalRequest, HResult.E_IMAPI_RECORDER_NO_SUCH_MODE_PAGE),
    ModeSelect10.NAME: (errors.IllegalRequest, HResult.E_IMAPI_RECORDER_INVALID_MODE_PARAMETERS),
    GetConfiguration.NAME: (
        errors.UnknownCommand,
        HResult.E_IMAPI_RECORDER_GET_CONFIGURATION_NOT_SUPPORTED,
    ),
    ReadDiscStructure.NAME: (errors.IllegalRequest, HResult.E_IMAPI_RECORDER_DVD_STRUCTURE_NOT_PRESENT),
    SendDiscStructure.NAME: (errors.IllegalRequest, HResult.E_IMAPI_RECORDER_DVD_STRUCTURE_NOT_PRESENT),
    Write10.NAME: (errors.InvalidWriteAddress, HResult.E_IMAPI_LOSS_OF_STREAMING),
}

_BY_CLASS: tuple[tuple[type[BaseException], HResult], ...] = (
    (errors.NoMedium, HResult.E_IMAPI_RECORDER_MEDIA_NO_MEDIA),
    (errors.FormatInProgress, HResult.E_IMAPI_RECORDER_MEDIA_FORMAT_IN_PROGRESS),
    (errors.OperationInProgress, HResult.E_IMAPI_RECORDER_MEDIA_BUSY),
    (errors.LongWriteInProgress, HResult.E_IMAPI_RECORDER_MEDIA_BUSY),
    (errors.NotTaken, HResult.E_IMAPI_RECORDER_MEDIA_BUSY),
    (errors.BecomingReady, HResult.E_IMAPI_RECORDER_MEDIA_BECOMING_READY),
    (errors.NeedsStart, HResult.E_IMAPI_RECORDER_MEDIA_BECOMING_READY),
    (errors.UnitAttention, HResult.E_IMAPI_RECORDER_MEDIA_BECOMING_READY),
    (errors.UpsideDown, HResult.E_IMAPI_RECORDER_MEDIA_UPSIDE_DOWN),
    (errors.IncompatibleMedium, HResult.E_IMAPI_RECORDER_MEDIA_INCOMPATIBLE),
    (errors.CannotErase, HResult.E_IMAPI_RECORDER_MEDIA_INCOMPATIBLE),
    (errors.WriteProtected, HResult.E_IMAPI_RECORDER_MEDIA_WRITE_PROTECTED),
    (errors.LossOfStreaming, HResult.E_IMAPI_LOSS_OF_STREAMING),
    (errors.ParametersIgnored, HResult.E_IMAPI_RECORDER_INVALID_MODE_PARAMETERS),
    (errors.InvalidReply, HResult.E_IMAPI_RECORDER_INVALID_RESPONSE_FROM_DEVICE),
    (errors.MediumUnsuitable, HResult.E_IMAPI_RECORDER_MEDIA_INCOMPATIBLE),
    (errors.FeatureMissing, HResult.E_IMAPI_RECORDER_NO_SUCH_FEATURE),
    (errors.FeatureNotCurrent, HResult.E_IMAPI_RECORDER_FEATURE_IS_NOT_CURRENT),
    (errors.DriveGone, HResult.HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST),
    (errors.DriveNotFound, HResult.HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST),
    (errors.DriveClosed, HResult.HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE),
    (errors.DriveBusy, HResult.E_IMAPI_RECORDER_LOCKED),
    (errors.VerificationFailed, HResult.E_IMAPI_BURN_VERIFICATION_FAILED),
    (errors.Cancelled, HResult.E_IMAPI_REQUEST_CANCELLED),
    (SpeedRefused, HResult.E_IMAPI_UNEXPECTED_RESPONSE_FROM_DEVICE),
    (MemoryError, HResult.E_OUTOFMEMORY),
    (errors.MemoryShort, HResult.E_OUTOFMEMORY),
    (errors.DrivePermission, HResult.E_ACCESSDENIED),
    (PermissionError, HResult.E_ACCESSDENIED),
)
_WRAPPING = (errors.BurnFailed, errors.EraseFailed, errors.ImageError)
"""Errors whose text says what happened, and whose cause decides the code."""

_NOT_FORMATTED = (0x30, 0x10)


def sense_of(error: BaseException | None) -> Sense | None:
    """The drive's own reason, wherever it is in the chain of errors."""
    while error is not None:
        if isinstance(error, SenseError):
            return error.sense
        error = error.__cause__
    return None


def code_of(error: BaseException, own: Mapping[type[BaseException], HResult] | None = None) -> HResult:
    """The HRESULT of an error; E_FAIL where nothing more exact is known.

    own  the calling object's codes for errors that are not the recorder's
    """
    for kind, code in (own or {}).items():
        if isinstance(error, kind):
            return code
    if isinstance(error, errors.TransportTimeout):
        still = error.__cause__
        if isinstance(still, SenseError):  # the drive was asked again and again, and always said this
            return code_of(still, own)
        return HResult.E_IMAPI_RECORDER_COMMAND_TIMEOUT
    if isinstance(error, SenseError):
        return _of_sense(error)
    if isinstance(error, _WRAPPING) and error.__cause__ is not None:
        return code_of(error.__cause__, own)
    if isinstance(error, errors.AudioError) and isinstance(error.__cause__, MemoryError):
        return HResult.E_OUTOFMEMORY
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), HResult.E_FAIL)


def _of_sense(error: SenseError) -> HResult:
    sense = error.sense
    vendor = _BY_VENDOR_SENSE.get((sense.key, sense.asc, sense.ascq))
    if vendor is not None and error.own_code:
        return vendor
    if (sense.asc, sense.ascq) == _NOT_FORMATTED:
        return HResult.E_IMAPI_RECORDER_MEDIA_NOT_FORMATTED
    if error.command in _BY_COMMAND:
        kind, code = _BY_COMMAND[error.command]
        if isinstance(error, kind):
            return code
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), HResult.E_FAIL)
