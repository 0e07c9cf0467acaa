"""What scripts reach through ctypes on Windows: streams of the shell, and COM's own beginning and end.

`ctypes.windll` is not a module, so no other module can be imported in its place. Instead,
`python -m redbook.imapi2` puts this one into ctypes for as long as the script runs.
"""

from __future__ import annotations

import ctypes
import io
import os
from collections.abc import Callable
from typing import Any, NoReturn

from redbook.imapi2 import FileStream, com_error
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.win32com.shell import shell

S_OK, S_FALSE = 0, 1


class Function:
    """A function as in ctypes: called with the arguments that C would use; returns an HRESULT.

    argtypes, restype, errcheck  may be set, as scripts do. With a restype of HRESULT a failure is raised
    """

    def __init__(self, work: Callable[..., int], raises: bool) -> None:
        self.argtypes: Any = None
        self.restype: Any = HRESULT if raises else ctypes.c_int
        self.errcheck: Any = None
        self._work = work

    def __call__(self, *arguments: Any) -> Any:
        try:
            result = self._work(*map(_value, arguments))
        except com_error as error:
            if self.restype is HRESULT:
                raise OSError(int(error.hresult), str(error)) from error
            result = int(error.hresult)
        return self.errcheck(result, self, arguments) if callable(self.errcheck) else result


class HRESULT(ctypes.c_long):
    """A long; it is an error if it is below 0."""


class _Library:
    def __init__(self, name: str, functions: dict[str, Callable[..., int]], raises: bool) -> None:
        self._name = name
        self._functions = functions
        self._raises = raises
        self._made: dict[str, Function] = {}

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__") or name not in self._functions:
            raise AttributeError(f"redbook has no function {name!r} of {self._name}; it has {self._known}")
        return self._made.setdefault(name, Function(self._functions[name], self._raises))

    @property
    def _known(self) -> str:
        return ", ".join(self._functions)

    def __getitem__(self, name: str) -> Function:
        return getattr(self, name)  # type: ignore[no-any-return]


class Loader:
    """`windll` and `oledll`: libraries by name.  raises: whether a failed call raises OSError"""

    def __init__(self, raises: bool) -> None:
        self._raises = raises
        self._libraries: dict[str, _Library] = {}

    def __getattr__(self, name: str) -> _Library:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.LoadLibrary(name)

    def __getitem__(self, name: str) -> _Library:
        return self.LoadLibrary(name)

    def LoadLibrary(self, name: str) -> _Library:
        """The library of this name, with or without a folder and ".dll".

        raises  OSError  for any library that redbook does not have
        """
        base = name.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".dll")
        if base not in LIBRARIES:
            raise OSError(
                f"{name}: of Windows' libraries redbook has only {', '.join(LIBRARIES)}; AddAudioTrack also "
                "takes bytes and open files"
            )
        return self._libraries.setdefault(base, _Library(base, LIBRARIES[base], self._raises))


def _value(argument: Any) -> Any:
    """The plain value that ctypes has put into a C type; a pointer stays a pointer."""
    if isinstance(argument, ctypes._SimpleCData) and not isinstance(argument, ctypes.c_void_p):
        return argument.value
    return argument


def _give(stream: FileStream, where: Any) -> int:
    """Put a stream where a pointer to a pointer leads: byref(POINTER(IStream)()), pointer(...) or the like.

    From then on, every member that takes a stream takes the script's pointer as well.
    """
    target = getattr(where, "_obj", None)  # byref
    if target is None:
        target = getattr(where, "contents", None)
    if target is None:
        raise com_error(int(HResult.E_POINTER), "the last argument must point to where the stream is to go")
    for name in ("Read", "Write", "Seek", "SetSize", "CopyTo", "Commit", "Stat", "Clone", "QueryInterface"):
        setattr(target, name, getattr(stream, name))
    target._redbook_stream = stream
    return S_OK


def _on_file(path: Any, mode: int, where: Any) -> int:
    return _give(shell.SHCreateStreamOnFileEx(_text(path), int(mode)), where)


def _on_file_ex(path: Any, mode: int, attributes: int, create: int, template: Any, where: Any) -> int:
    stream = shell.SHCreateStreamOnFileEx(_text(path), int(mode), int(attributes), bool(create))
    return _give(stream, where)


def _text(path: Any) -> str:
    return os.fsdecode(path)


def _mem_stream(data: Any, length: int) -> NoReturn:
    instead = "SHCreateMemStream gives a bare address; give the bytes to AddAudioTrack instead"
    raise com_error(int(HResult.E_NOTIMPL), instead)


def _on_hglobal(handle: Any, release: int, where: Any) -> int:
    if handle:
        raise com_error(int(HResult.E_INVALIDARG), "redbook has no global memory handles; give None")
    return _give(FileStream(io.BytesIO()), where)


def _nothing(*ignored: Any) -> int:
    """Do nothing: there are no apartments here."""
    return S_OK


LIBRARIES: dict[str, dict[str, Callable[..., int]]] = {
    "shlwapi": {
        "SHCreateStreamOnFileW": _on_file,
        "SHCreateStreamOnFileA": _on_file,
        "SHCreateStreamOnFile": _on_file,
        "SHCreateStreamOnFileEx": _on_file_ex,
        "SHCreateMemStream": _mem_stream,
    },
    "ole32": {
        "CoInitialize": _nothing,
        "CoInitializeEx": _nothing,
        "CoUninitialize": _nothing,
        "OleInitialize": _nothing,
        "OleUninitialize": _nothing,
        "CreateStreamOnHGlobal": _on_hglobal,
    },
}

windll, oledll = Loader(raises=False), Loader(raises=True)


def WinDLL(name: str, *ignored: Any, **more: Any) -> _Library:
    """The library as `windll` has it: a failed call returns its code.

    raises  OSError  for any library that redbook does not have
    """
    return windll.LoadLibrary(name)


def OleDLL(name: str, *ignored: Any, **more: Any) -> _Library:
    """The library as `oledll` has it: a failed call raises OSError.

    raises  OSError  for any library that redbook does not have
    """
    return oledll.LoadLibrary(name)


def install() -> None:
    """Use these for `ctypes.windll` and its kin, where the system has none."""
    for name, thing in (
        *(("windll", windll), ("oledll", oledll), ("WinDLL", WinDLL), ("OleDLL", OleDLL)),
        ("HRESULT", HRESULT),
    ):
        if not hasattr(ctypes, name):
            setattr(ctypes, name, thing)
