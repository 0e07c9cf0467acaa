"""GetObject: objects by name. Only one of Windows' kinds of names exists here: "new:" and a class."""

from __future__ import annotations

from typing import Any, NoReturn

from redbook.imapi2.com import failure
from redbook.imapi2.dispatch import Dispatch
from redbook.imapi2.typelib.hresults import HResult

_NEW = "new:"


def GetObject(Pathname: str | None = None, Class: Any = None, clsctx: int | None = None) -> Any:
    """Make a new object for "new:" and a CLSID or ProgID.

    raises  ValueError  if both or neither of the two are given, as in pywin32
            com_error   MK_E_UNAVAILABLE  for a Class: no object runs in another program here
                        MK_E_SYNTAX       for any other name, such as that of a file or of "winmgmts:"
    """
    if (Pathname is None) == (Class is None):
        raise ValueError("You must specify a value for Pathname or Class, but not both.")
    if Class is not None:
        GetActiveObject(Class)
    name = str(Pathname)
    if name[: len(_NEW)].lower() == _NEW:
        return Dispatch(name[len(_NEW) :])
    raise failure(f"GetObject({name!r})", HResult.MK_E_SYNTAX)


def GetActiveObject(Class: Any, clsctx: int | None = None) -> NoReturn:
    """Fail as Windows does when no such object runs.

    raises  com_error  MK_E_UNAVAILABLE  always: no object runs in another program here
    """
    raise failure(f"GetActiveObject({str(Class)!r})", HResult.MK_E_UNAVAILABLE)
