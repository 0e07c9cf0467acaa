"""What IMAPI2 scripts use of pywin32's pywintypes."""

from uuid import UUID

from redbook.imapi2 import com_error
from redbook.imapi2.typelib.interfaces import CLASSES

error = com_error


class IID(str):
    """An interface's or class's id, in braces and capitals; of a ProgID that redbook has, its CLSID.

    raises  ValueError  for anything that is neither
    """

    __slots__ = ()

    def __new__(cls, text: str) -> "IID":
        known = {one.progid.lower(): one.clsid for one in CLASSES.values()}
        try:
            found = UUID(known.get(text.lower(), text))
        except ValueError:
            raise ValueError(f"{text!r} is neither an id nor a class that redbook has") from None
        return super().__new__(cls, f"{{{found}}}".upper())


IIDType = IID

__all__ = ["IID", "IIDType", "com_error", "error"]
