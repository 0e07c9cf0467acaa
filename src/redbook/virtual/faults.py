"""What can be made to go wrong in a virtual recorder, from Python or as a text on a command line."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any

from redbook.disc import PREGAP_SECTORS
from redbook.errors import Sense, TransportError, TransportTimeout
from redbook.mmc import sense
from redbook.mmc.command import Command
from redbook.mmc.control import SendOpcInformation
from redbook.mmc.decode import ALL_COMMANDS
from redbook.mmc.read import ReadCd, ReadCdMsf
from redbook.mmc.write import CloseTrackSession, SynchronizeCache, Write10
from redbook.records import dataclass
from redbook.transport.base import Reply

VENDOR_ASC = 0x8A  # from 80h on codes are the maker's own
UPSIDE_DOWN = Sense(sense.NOT_READY, 0x06, 0x00)
"""No reference position found: what drives say about a disc that is the wrong way round."""
NO_SUCH_MODE_PAGE = Sense(sense.ILLEGAL, VENDOR_ASC, 0x01)
INVALID_MODE_PARAMETERS = Sense(sense.ILLEGAL, VENDOR_ASC, 0x08)
NO_SUCH_FEATURE = Sense(sense.ILLEGAL, VENDOR_ASC, 0x0A)
FEATURE_IS_NOT_CURRENT = Sense(sense.ILLEGAL, VENDOR_ASC, 0x0B)
NO_GET_CONFIGURATION = Sense(sense.ILLEGAL, VENDOR_ASC, 0x0C)
NO_DISC_STRUCTURE = Sense(sense.ILLEGAL, VENDOR_ASC, 0x0E)
SPEED_MISMATCH = Sense(sense.ILLEGAL, VENDOR_ASC, 0x0F)
"""Conditions without a standard sense, as vendor codes. The recorder never returns them
unless a Fault says so; ASCQ is the low byte of IMAPI2's code."""

MOST_BYTES = (1 << 32) - 1
MOST_COMMANDS = 1_000_000_000
MOST_SAMPLES = 60 * 44_100
FIRST_LBA, LAST_LBA = -PREGAP_SECTORS, 449_849
"""00:00:00 to 99:59:74, all that an address on a CD can be."""


def _check(name: str, value: object, least: int, most: int) -> None:
    """raises  ValueError"""
    if type(value) is not int or not least <= value <= most:
        shown = repr(value)
        shown = shown if len(shown) < 40 else f"{shown[:20]}..."
        raise ValueError(f"{name} = {shown}; it must be a whole number from {least} to {most}")


FIXATION_FAILED = Sense(sense.MEDIUM, 0x72, 0x00)
CALIBRATION_FAILED = Sense(sense.MEDIUM, 0x73, 0x03)


@dataclass(frozen=True, slots=True)
class Shortened:
    """The reply has only its first bytes, this many, and does not say so."""

    data_bytes: int

    def __post_init__(self) -> None:
        _check("data_bytes", self.data_bytes, 0, MOST_BYTES)


@dataclass(frozen=True, slots=True)
class Garbled:
    """The reply's bytes from `offset` on are these instead: lengths and counts that contradict each other."""

    data: bytes = b"\xff\xff"
    offset: int = 0

    def __post_init__(self) -> None:
        _check("offset", self.offset, 0, MOST_BYTES)


@dataclass(frozen=True, slots=True)
class Lost:
    """This many bytes of a transfer never arrive; the status is GOOD, with them as residue.

    For a WRITE, zeros are recorded instead, as some USB bridges do.
    """

    data_bytes: int

    def __post_init__(self) -> None:
        _check("data_bytes", self.data_bytes, 1, MOST_BYTES)


@dataclass(frozen=True, slots=True)
class Displaced:
    """The audio of a READ CD is this many samples late (negative: early), in addition to the drive's
    offset.
    """

    samples: int

    def __post_init__(self) -> None:
        _check("samples", self.samples, -MOST_SAMPLES, MOST_SAMPLES)


@dataclass(frozen=True, slots=True)
class Vanished:
    """The drive is gone; after this many further commands without an answer it is back, as if switched on."""

    commands: int | None = None

    def __post_init__(self) -> None:
        if self.commands is not None:
            _check("commands", self.commands, 0, MOST_COMMANDS)


@dataclass(frozen=True, slots=True)
class PowerCut:
    """Power fails and comes back: the buffer is lost, what was begun stays as it is on the disc."""


@dataclass(frozen=True, slots=True)
class MediumSwapped:
    """Someone takes the disc and inserts a new blank one of the same kind."""


@dataclass(frozen=True, slots=True)
class FixationFailed:
    """The lead-out cannot be written: 3/72/00 to the command that closes a session, which stays unclosed."""


Outcome = (
    Sense
    | TransportError
    | Reply
    | Shortened
    | Garbled
    | Lost
    | Displaced
    | Vanished
    | PowerCut
    | MediumSwapped
    | FixationFailed
)


def _check_sense(code: Sense) -> None:
    _check("key", code.key, 0, 0xF)
    _check("asc", code.asc, 0, 0xFF)
    _check("ascq", code.ascq, 0, 0xFF)
    if code.progress is not None and not 0 <= code.progress <= 1:
        raise ValueError(f"progress = {code.progress!r}; it must be a number from 0 to 1")
    if code.field_offset is not None:
        _check("field_offset", code.field_offset, 0, 0xFFFF)


@dataclass(slots=True)
class Fault:
    """A refusal, a wrong answer, or none at all, at a chosen command.

    outcome   the sense to refuse with, the error that stands for no answer, a whole reply, however odd,
              or one of the mishaps above
    command   the class of command it strikes (or several), None for any
    nth       strikes the n-th command that matches, counted from 1
    lba       only a WRITE or READ CD that covers this sector matches
    times     how many matching commands in a row are struck; None for all from then on
    executed  whether the command takes effect anyway
    struck    how often it has happened
    """

    outcome: Outcome
    command: type[Command[Any]] | tuple[type[Command[Any]], ...] | None = None
    nth: int = 1
    lba: int | None = None
    times: int | None = 1
    executed: bool = False
    struck: int = field(default=0, init=False, compare=False)
    _seen: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        """raises  ValueError  for what can never happen, and for sense that no drive can send"""
        _check("nth", self.nth, 1, MOST_COMMANDS)
        if self.times is not None:
            _check("times", self.times, 1, MOST_COMMANDS)
        if self.lba is not None:
            _check("lba", self.lba, FIRST_LBA, LAST_LBA)
        if isinstance(self.outcome, Sense):
            _check_sense(self.outcome)

    def strikes(self, command: Command[Any] | None) -> bool:
        """Whether it strikes this command (None: one that the recorder does not know); counts it if so."""
        if self.command is not None and not isinstance(command, self.command):
            return False
        if self.lba is not None:
            if not isinstance(command, Write10 | ReadCd):
                return False
            if not command.lba <= self.lba < command.lba + command.sectors:
                return False
        self._seen += 1
        struck = self._seen >= self.nth and (self.times is None or self._seen < self.nth + self.times)
        self.struck += struck
        return struck

    @property
    def shortfall(self) -> str:
        """Why it has not happened yet, in words; empty if it has."""
        if self.struck:
            return ""
        if self.lba is not None:
            return f"no command that it waits for covered sector {self.lba}"
        if not self._seen:
            return "no command that it waits for arrived"
        return f"only {self._seen} of the {self.nth} commands that it waits for arrived"


@dataclass(slots=True)
class BadSpot:
    """A place on the disc that is damaged, for as long as the recorder has the disc.

    readable  True: the sectors are returned, with their C2 pointers set; False: 3/11/05
    writable  False: a WRITE there is refused with 3/0C/00
    struck    how often it affected a command
    """

    first_lba: int
    last_lba: int
    readable: bool = False
    writable: bool = True
    struck: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        _check("first_lba", self.first_lba, FIRST_LBA, LAST_LBA)
        _check("last_lba", self.last_lba, self.first_lba, LAST_LBA)

    def first_in(self, lba: int, sectors: int) -> int | None:
        """The first damaged sector of this run, which the spot then counts as struck; None if there is
        none.
        """
        first = max(lba, self.first_lba)
        if first > min(self.last_lba, lba + sectors - 1):
            return None
        self.struck += 1
        return first

    @property
    def shortfall(self) -> str:
        """Why it has not happened yet, in words; empty if it has."""
        if self.struck:
            return ""
        what = "read" if not self.readable else "read with C2 pointers" if self.writable else "written"
        return f"nothing was {what} from sector {self.first_lba} to {self.last_lba}"


def command_name(command: type[Command[Any]]) -> str:
    """Its name as in a fault's text: lower case, with hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", command.NAME.lower()).strip("-")


_BY_NAME: dict[str, type[Command[Any]]] = {command_name(c): c for c in reversed(ALL_COMMANDS)}

_TEXT = (  # not compiled here, where every start would pay for it
    r"(?P<what>[a-z][a-z0-9-]*?|[0-9a-f]/[0-9a-f]{2}/[0-9a-f]{2})(:(?P<number>-?\d+))?"
    r"(@(?P<place>[a-z0-9-]+?)(:(?P<first>-?\d+)(-(?P<last>\d+))?)?)?(x(?P<times>\d+|all))?"
)

SYNTAX = """\
WHAT[:NUMBER][@COMMAND[:N] | @lba:FIRST[-LAST]][xTIMES | xall]
  3/0C/00, 2/04/08 ...  any sense, at the N-th COMMAND or at an LBA
  timeout               no answer in time
  gone[:N]              the drive vanishes; after N more commands it is back
  short:N               the reply has N bytes
  garbled               the reply's first bytes are nonsense
  lost:N                N bytes of the transfer are lost, and called good
  moved:N               the audio of a READ CD comes N samples late (-N: early)
  power                 power fails and comes back
  swap                  the disc is swapped for a blank one
  unreadable, c2, unwritable   (@lba:FIRST-LAST) a damaged spot
  fixation, opc         closing, calibrating fails"""


_LONGEST_TEXT = 200
_SPOTS = ("unreadable", "c2", "unwritable")
_COUNTED = ("gone", "short", "lost", "moved")


def parse(text: str) -> Fault | BadSpot:
    """A fault as a text; SYNTAX says how.

    raises  ValueError  for a text that is not a fault
    """
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"{text[:40]!r}... is not a fault; the syntax is\n{SYNTAX}")
    try:
        return _parsed(text)
    except ValueError as error:
        raise ValueError(str(error) if repr(text) in str(error) else f"{text!r}: {error}") from error


def _parsed(text: str) -> Fault | BadSpot:
    """raises  ValueError"""
    match = re.fullmatch(_TEXT, text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not a fault; the syntax is\n{SYNTAX}")
    what, place = match["what"], match["place"]
    number = int(match["number"]) if match["number"] else None
    first = int(match["first"]) if match["first"] else None
    if number is not None and what not in _COUNTED:
        raise ValueError(f"{text!r}: {what} has no number; the command it strikes comes after an @")
    if number is not None and number < 0 and what != "moved":
        raise ValueError(f"{text!r}: {what} has a number of 0 or more")
    if match["times"] == "0":
        raise ValueError(f"{text!r} would never strike")
    if what in _SPOTS:
        if place != "lba" or first is None or match["times"]:
            raise ValueError(f"{text!r}: a damaged spot is written {what}@lba:FIRST-LAST")
        last = int(match["last"]) if match["last"] else first
        if last < first:
            raise ValueError(f"{text!r} ends before it begins")
        return BadSpot(first, last, readable=what != "unreadable", writable=what != "unwritable")
    if match["last"]:
        raise ValueError(f"{text!r}: only {', '.join(_SPOTS)} have a last sector")
    command, nth, lba = _place(text, place, first)
    outcome, default = _outcome(text, what, number)
    times = 1 if match["times"] is None else int(match["times"]) if match["times"].isdigit() else None
    return Fault(outcome, command or default, nth=nth, lba=lba, times=times)


def _place(
    text: str, place: str | None, first: int | None
) -> tuple[type[Command[Any]] | None, int, int | None]:
    if place == "lba":
        if first is None:
            raise ValueError(f"{text!r}: at which sector? say @lba:NUMBER")
        return None, 1, first
    if place is None:
        return None, 1, None
    command = _BY_NAME.get(place)
    if command is None:
        raise ValueError(f"{text!r}: no command is called {place}; there are {', '.join(sorted(_BY_NAME))}")
    nth = 1 if first is None else first
    if nth < 1:
        raise ValueError(f"{text!r}: commands are counted from 1")
    return command, nth, None


def _outcome(
    text: str, what: str, number: int | None
) -> tuple[Outcome, type[Command[Any]] | tuple[type[Command[Any]], ...] | None]:
    """What happens, and the commands that it strikes unless another is named."""
    if "/" in what:
        key, asc, ascq = (int(part, 16) for part in what.split("/"))
        return Sense(key, asc, ascq), None
    if what == "gone":
        return Vanished(number), None
    plain: dict[str, tuple[Outcome, type[Command[Any]] | tuple[type[Command[Any]], ...] | None]] = {
        "timeout": (TransportTimeout("the virtual recorder was told not to answer"), None),
        "garbled": (Garbled(), None),
        "power": (PowerCut(), None),
        "swap": (MediumSwapped(), None),
        "fixation": (FixationFailed(), (SynchronizeCache, CloseTrackSession)),
        "opc": (CALIBRATION_FAILED, SendOpcInformation),
    }
    if what in plain:
        return plain[what]
    if what == "moved":
        if not number:
            raise ValueError(f"{text!r}: by how many samples? say moved:NUMBER")
        return Displaced(number), (ReadCd, ReadCdMsf)
    if what in ("short", "lost"):
        if number is None:
            raise ValueError(f"{text!r}: how many bytes? say {what}:NUMBER")
        return (Shortened(number), None) if what == "short" else (Lost(number), Write10)
    raise ValueError(f"{text!r}: {what} is not a known fault; the syntax is\n{SYNTAX}")
