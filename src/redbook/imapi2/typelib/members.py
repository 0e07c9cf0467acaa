"""What is known about one member of an interface, and the groups of codes that many members share.

Codes are those in Microsoft's API reference, whose pages list the common ones, not all of them. E_POINTER and
E_OUTOFMEMORY for reading a property are mostly left out: nearly every page has them, and no Python client can
cause them.
"""

from __future__ import annotations

from enum import StrEnum, unique

from redbook.records import dataclass


@unique
class Kind(StrEnum):
    """How a member is used."""

    METHOD = "method"
    GET = "get"
    GET_PUT = "get/put"


@dataclass(frozen=True, slots=True)
class Member:
    """A method or property, or, in an event interface, a call that the handler gets.

    dispid     None if the interface is not scriptable; 0 is the default member
    signature  in Python form; with what a method returns besides the HRESULT; for a get/put, only the type
    get_codes  HResult names that are documented for the call, or for reading the property
    put_codes  HResult names that are documented for writing the property
    default    documented default of a property, None if there is none
    """

    name: str
    kind: Kind
    dispid: int | None
    signature: str
    meaning: str
    get_codes: tuple[str, ...] = ()
    put_codes: tuple[str, ...] = ()
    default: object = None


NUMBERS = "-> tuple[int, ...]"
TEXTS = "-> tuple[str, ...]"

METHOD, GET, GET_PUT = Kind.METHOD, Kind.GET, Kind.GET_PUT

POINTER = ("E_POINTER",)
POINTER_FAIL = ("E_POINTER", "E_FAIL")
GEN3 = (*POINTER_FAIL, "E_OUTOFMEMORY")
GEN4 = ("E_INVALIDARG", *GEN3)
WIN32 = ("HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE", "HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST")

DEV17 = (
    "E_IMAPI_RECORDER_COMMAND_TIMEOUT",
    "E_IMAPI_RECORDER_INVALID_RESPONSE_FROM_DEVICE",
    "E_IMAPI_RECORDER_MEDIA_UPSIDE_DOWN",
    "E_IMAPI_RECORDER_MEDIA_BECOMING_READY",
    "E_IMAPI_RECORDER_MEDIA_NO_MEDIA",
    "E_IMAPI_RECORDER_MEDIA_FORMAT_IN_PROGRESS",
    "E_IMAPI_RECORDER_MEDIA_BUSY",
    "E_IMAPI_LOSS_OF_STREAMING",
    "E_IMAPI_RECORDER_MEDIA_INCOMPATIBLE",
    "E_IMAPI_RECORDER_DVD_STRUCTURE_NOT_PRESENT",
    "E_IMAPI_RECORDER_NO_SUCH_MODE_PAGE",
    "E_IMAPI_RECORDER_INVALID_MODE_PARAMETERS",
    "E_IMAPI_RECORDER_MEDIA_WRITE_PROTECTED",
    "E_IMAPI_RECORDER_MEDIA_SPEED_MISMATCH",
    *WIN32,
    "E_IMAPI_RECORDER_LOCKED",
)
"""What every call that reaches the device can return."""

FEAT3 = (
    "E_IMAPI_RECORDER_GET_CONFIGURATION_NOT_SUPPORTED",
    "E_IMAPI_RECORDER_NO_SUCH_FEATURE",
    "E_IMAPI_RECORDER_FEATURE_IS_NOT_CURRENT",
)
LOCK6 = ("E_FAIL", "E_OUTOFMEMORY", "E_IMAPI_RECORDER_COMMAND_TIMEOUT", *WIN32, "E_IMAPI_RECORDER_LOCKED")

FEATURES = GEN3 + FEAT3 + DEV17
"""What the calls about features, profiles and structures can return."""
