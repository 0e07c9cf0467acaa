"""VARIANT: a value and the type that a script wants COM to give it.  Source of the numbers: wtypes.h"""

from __future__ import annotations

from typing import Any

VT_EMPTY, VT_NULL, VT_I2, VT_I4, VT_R4, VT_R8, VT_CY, VT_DATE, VT_BSTR, VT_DISPATCH = range(10)
VT_ERROR, VT_BOOL, VT_VARIANT, VT_UNKNOWN, VT_DECIMAL = range(10, 15)
VT_I1, VT_UI1, VT_UI2, VT_UI4, VT_I8, VT_UI8, VT_INT, VT_UINT = range(16, 24)
VT_ARRAY, VT_BYREF = 0x2000, 0x4000

_NOTHING = (VT_EMPTY, VT_NULL, VT_ERROR)
"""VT_ERROR is how COM says that an argument was left out."""


class Variant:
    """The same as pywin32's VARIANT; every member takes one wherever it takes a value.

    varianttype  one of the VT_..., perhaps with VT_ARRAY and VT_BYREF
    """

    def __init__(self, vt: int, value: Any) -> None:
        self.varianttype = vt
        self.value = value

    def __repr__(self) -> str:
        return f"VARIANT({self.varianttype}, {self.value!r})"


def plain(value: Any) -> Any:
    """What a member is given: the value of a VARIANT in the type that it names; anything else as it is."""
    if not isinstance(value, Variant):
        return value
    kind, inner = value.varianttype & ~VT_BYREF, plain(value.value)
    if kind in _NOTHING:
        return None
    if kind == VT_BOOL and isinstance(inner, int):
        return bool(inner)
    if kind == VT_ARRAY | VT_UI1 and isinstance(inner, list | tuple):
        return bytes(inner)
    return inner
