"""The codes of IMAPI2, and the system codes that it uses, as in pywin32's winerror."""

from redbook.imapi2 import HResult

DISP_E_EXCEPTION = -2147352567
ERROR_INVALID_HANDLE = 6
ERROR_DEV_NOT_EXIST = 55


def __getattr__(name: str) -> int:
    try:
        return HResult[name]
    except KeyError:
        raise AttributeError(f"there is no code {name!r}") from None


def FAILED(hresult: int) -> bool:
    return hresult < 0


def SUCCEEDED(hresult: int) -> bool:
    return hresult >= 0
