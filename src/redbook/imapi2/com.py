"""What all IMAPI2 objects have in common: names as COM looks them up, and errors as COM returns them."""

from __future__ import annotations

import contextlib
import functools
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Concatenate, NoReturn, ParamSpec, Self, TypeVar

from redbook.errors import RedbookError, Sense
from redbook.imapi2.errors import code_of, com_error, sense_of
from redbook.imapi2.typelib.hresults import HResult
from redbook.imapi2.typelib.interfaces import INTERFACES
from redbook.imapi2.variant import plain

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bound="ComObject")

LONG_MIN, LONG_MAX = -(1 << 31), (1 << 31) - 1

_log = logging.getLogger("redbook.imapi2")


class ComObject:
    """An object with PascalCase members; lookup ignores case, and knows C++'s put_Name and get_Name, too.

    PROGID      as Dispatch takes it; empty for objects that can only come from a call
    IMPLEMENTS  names of its interfaces, the default one first
    OWN_CODES   HRESULTs that this class has for errors that are not the recorder's
    """

    PROGID: ClassVar[str] = ""
    IMPLEMENTS: ClassVar[tuple[str, ...]] = ()
    OWN_CODES: ClassVar[Mapping[type[BaseException], HResult]] = {}

    def __getattr__(self, name: str) -> Any:
        """Called only if no member has exactly this name."""
        known = _names(type(self)).get(name.lower())
        if known is not None and known != name:
            return getattr(self, known)
        access, _, plain = name.partition("_")
        known = _names(type(self)).get(plain.lower())
        if known is not None and isinstance(getattr(type(self), known), property):
            if access.lower() == "get":
                return lambda: getattr(self, known)
            if access.lower() == "put":
                return lambda value: setattr(self, known, value)
        raise AttributeError(f"{self!r} has no member {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        known = _names(type(self)).get(name.lower())
        member = getattr(type(self), known) if known is not None else None
        if known is None or not isinstance(member, property):
            raise AttributeError(f"{self!r} has no property {name!r}")
        if member.fset is None:
            raise AttributeError(f"{known} of {self!r} can only be read")
        try:
            object.__setattr__(self, known, value)
        finally:
            del self, value  # an error that is kept should keep nothing else alive

    @property
    def _oleobj_(self) -> Self:
        """What pywin32 wraps in an object; here it is the object itself."""
        return self

    def QueryInterface(self, iid: object, *ignored: object) -> Self:
        """The same object, which has all its interfaces at once.

        iid     an interface's id, with or without braces, or its name; or anything that has it as `_iid_`

        raises  com_error  E_NOINTERFACE  if it does not have this one
        """
        wanted = str(getattr(iid, "_iid_", iid)).strip("{}").lower()
        own = interfaces_of(self)
        ids = {INTERFACES[name].iid.lower() for name in own} | {name.lower() for name in own}
        if wanted not in ids | _EVERYBODYS_IDS:
            fail(self, "QueryInterface", HResult.E_NOINTERFACE, f"there is no {iid} here")
        return self

    def __repr__(self) -> str:
        return f"<{self.PROGID or 'IMAPI2.' + self.IMPLEMENTS[0]}>"


_EVERYBODYS_IDS = {"00000000-0000-0000-c000-000000000046", "00020400-0000-0000-c000-000000000046"}
"""IUnknown and IDispatch."""

_OF_CLASSES = {"PROGID", "IMPLEMENTS", "OWN_CODES", "NO_RECORDER"}
_NAMES: dict[type, dict[str, str]] = {}


def _names(kind: type) -> dict[str, str]:
    """Every public member's name, by the same name in lower case."""
    found = _NAMES.get(kind)
    if found is None:
        public = [name for name in dir(kind) if not name.startswith("_") and name not in _OF_CLASSES]
        public += ["_NewEnum"] if hasattr(kind, "_NewEnum") else []
        found = _NAMES[kind] = {name.lower(): name for name in public}
    return found


def interfaces_of(thing: ComObject) -> set[str]:
    """Names of all interfaces that an object has, including the ones that they extend."""
    found: set[str] = set()
    for first in thing.IMPLEMENTS:
        name: str | None = first
        while name is not None:
            found.add(name)
            name = INTERFACES[name].base
    return found


def failure(
    source: str, code: HResult, detail: str = "", sense: Sense | None = None, advice: str | None = None
) -> com_error:
    """Make the error that a call raises.

    source  class and member, such as "MsftDiscRecorder2.EjectMedia"
    detail  what is known about this case; it goes between the code's own words and its advice
    advice  what to do in this case, instead of the code's own advice
    """
    text = f"{source}: {code.name}: {code.meaning}"
    if detail:
        text += f" ({detail})"
    next_step = code.advice if advice is None else advice
    if next_step:
        text += f"; {next_step}"
    origin = "IMAPI2." + source.partition(".")[0]
    return com_error(code, text, (0, origin, text, None, 0, int(code)), None, sense=sense)


def fail(thing: ComObject, member: str, code: HResult, detail: str = "") -> NoReturn:
    raise failure(f"{type_name(thing)}.{member}", code, detail)


def type_name(thing: ComObject) -> str:
    return thing.PROGID.removeprefix("IMAPI2.") or thing.IMPLEMENTS[0]


def translated(
    function: Callable[Concatenate[T, P], R],
) -> Callable[Concatenate[T, P], R]:
    """Make a member raise its errors as com_error."""

    @functools.wraps(function)
    def call(self: T, /, *args: P.args, **kwargs: P.kwargs) -> R:
        before = sys.exception()
        try:
            return function(self, *map(plain, args), **_plain(kwargs))
        except (RedbookError, MemoryError, OSError) as error:
            code = code_of(error, self.OWN_CODES)
            source = f"{type_name(self)}.{function.__name__}"
            _let_go(error, before)
            raise failure(source, code, str(error), sense_of(error)) from error
        except BaseException as error:
            _let_go(error, before)
            raise
        finally:
            del self, args, kwargs, before

    return call


def _plain(named: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in named.items()}


_HELD_BY = ("redbook", "contextlib", "threading")


def _let_go(error: BaseException, before: BaseException | None) -> None:
    """Keep an error's traceback from keeping objects alive: a dropped writer frees its drive at once.

    An error that is kept, such as the last one in an interactive Python, would keep every local variable of
    the calls that it came through. The caller's own calls, and an error that was already being handled, are
    left alone.
    """
    left: list[BaseException | None] = [error]
    seen: set[int] = set()
    while left:
        one = left.pop()
        if one is None or one is before or id(one) in seen:
            continue
        seen.add(id(one))
        left += [one.__cause__, one.__context__]
        trace = one.__traceback__
        while trace is not None:
            module = str(trace.tb_frame.f_globals.get("__name__", ""))
            if module.partition(".")[0] in _HELD_BY:
                with contextlib.suppress(RuntimeError):  # the frame is still running
                    trace.tb_frame.clear()
            trace = trace.tb_next


# Arguments, as COM would convert them


def to_bool(thing: ComObject, member: str, value: object) -> bool:
    """VARIANT_BOOL: True and False, and the numbers that stand for them (TRUE is -1)."""
    if not isinstance(value, bool | int | float):
        fail(thing, member, HResult.DISP_E_TYPEMISMATCH, f"this must be True or False, not {value!r}")
    return bool(value)


def to_long(thing: ComObject, member: str, value: object, low: int = LONG_MIN, high: int = LONG_MAX) -> int:
    """LONG within a range. As in COM, a float without a fraction or a number as text will do, too."""
    number: int | None = None
    try:
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            number = int(value)
    except (ValueError, OverflowError):
        pass
    if number is None or (isinstance(value, float) and value != number):
        fail(thing, member, HResult.DISP_E_TYPEMISMATCH, f"this must be a whole number, not {value!r}")
    if not low <= number <= high:
        fail(thing, member, HResult.E_INVALIDARG, f"{number} is not between {low} and {high}")
    return number


def to_bytes(thing: ComObject, member: str, value: object) -> bytes:
    if value is None:
        fail(thing, member, HResult.E_POINTER, "this must be bytes, not None")
    try:
        return bytes(memoryview(value))  # type: ignore[arg-type]
    except TypeError:
        fail(thing, member, HResult.DISP_E_TYPEMISMATCH, f"this must be bytes, not {value!r}")


class EventSource(ComObject):
    """An object that calls the handlers of its events.

    A handler has a method named `On` + event, as in pywin32, or just like the event; or it is a callable.
    """

    def _handlers(self) -> list[object]:
        found: list[object] | None = self.__dict__.get("_sinks")
        if found is None:
            found = self.__dict__.setdefault("_sinks", [])
        return found

    def _advise(self, handler: object) -> None:
        self._handlers().append(handler)

    def _unadvise(self, handler: object) -> None:
        self._handlers()[:] = [one for one in self._handlers() if one is not handler]

    def _fire(self, event: str, *arguments: object) -> None:
        """Call every handler. What it returns is ignored; what it raises is logged, and nothing breaks."""
        for handler in list(self._handlers()):
            try:
                called = getattr(handler, f"On{event}", None) or getattr(handler, event, None)
                if called is None and callable(handler):
                    called = handler
                if called is not None:
                    called(*arguments)
            except BaseException:  # noqa: BLE001 - nothing that a handler does may cost a disc
                _log.exception("the handler of %s raised; the job continues", event)
