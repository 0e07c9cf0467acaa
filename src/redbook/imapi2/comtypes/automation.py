"""What IMAPI2 scripts use of comtypes.automation: VARIANT and its types."""

from typing import Any

from redbook.imapi2 import variant
from redbook.imapi2.pywintypes import IID
from redbook.imapi2.variant import (
    VT_ARRAY,
    VT_BOOL,
    VT_BSTR,
    VT_BYREF,
    VT_DISPATCH,
    VT_EMPTY,
    VT_ERROR,
    VT_I4,
    VT_NULL,
    VT_UI1,
    VT_UI4,
    VT_UNKNOWN,
    VT_VARIANT,
)


class IDispatch:
    """The interface that every object has, for QueryInterface."""

    _iid_ = IID("{00020400-0000-0000-C000-000000000046}")


class VARIANT(variant.Variant):
    """A value without a given type: comtypes chooses the type by the value."""

    def __init__(self, value: Any = None) -> None:
        super().__init__(VT_VARIANT, value)


__all__ = [
    "VARIANT",
    "VT_ARRAY",
    "VT_BOOL",
    "VT_BSTR",
    "VT_BYREF",
    "VT_DISPATCH",
    "VT_EMPTY",
    "VT_ERROR",
    "VT_I4",
    "VT_NULL",
    "VT_UI1",
    "VT_UI4",
    "VT_UNKNOWN",
    "VT_VARIANT",
    "IDispatch",
]
