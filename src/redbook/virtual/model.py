"""What kind of recorder the virtual one is: a table of habits, read from a small TOML file.

The files in `models/` are those that come with redbook; the path of another one is as good as a name.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from importlib import resources
from pathlib import Path
from typing import Any, Protocol, Self

DEFAULT_MODEL = "redbook"
_SUFFIX = ".toml"

INNER_RADIUS_MM, OUTER_RADIUS_MM = 25.0, 58.0
_SECTORS_TO_THE_RIM = 359_849
"""The program area of an 80-minute disc.  Source of the radii: IEC 60908 figure 1."""


@unique
class LeadInTime(StrEnum):
    """What a cue sheet's lead-in entry may say: 00:00:00, the true start from the ATIP, or either."""

    ANY = "any"
    ZERO = "zero"
    TRUE = "true"


@unique
class AtipAnswer(StrEnum):
    """How it answers READ ATIP: as the disc has it, with times of zero, or not at all."""

    TRUE = "true"
    ZERO = "zero"
    REFUSED = "refused"


@unique
class IsrcControl(StrEnum):
    """Whether ISRC entries of a cue sheet carry the control nibble of their track."""

    ANY = "any"
    WITH = "with"
    WITHOUT = "without"


@unique
class Immed(StrEnum):
    """What it does with the Immed bit: answer at once, let the command last all the same, or refuse it."""

    TAKEN = "taken"
    IGNORED = "ignored"
    REFUSED = "refused"


class SpeedCurve(Protocol):
    """How fast the disc runs under the laser, as a multiple of 1x."""

    def times_at(self, lba: int) -> float: ...

    @property
    def constant(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Clv:
    """Constant linear velocity."""

    times: float
    constant: bool = True

    def times_at(self, lba: int) -> float:
        return self.times


@dataclass(frozen=True, slots=True)
class ZonedClv:
    """Constant within zones: (first LBA, multiple of 1x), from the inside out."""

    zones: tuple[tuple[int, float], ...]
    constant: bool = False

    def times_at(self, lba: int) -> float:
        return next((times for first, times in reversed(self.zones) if lba >= first), self.zones[0][1])


@dataclass(frozen=True, slots=True)
class Cav:
    """Constant rate of rotation: the named speed is reached at the rim, and never more than `limit`."""

    at_rim: float
    limit: float = math.inf
    constant: bool = False

    def times_at(self, lba: int) -> float:
        inner, outer = INNER_RADIUS_MM**2, OUTER_RADIUS_MM**2
        radius_mm = math.sqrt(inner + (outer - inner) * max(0, lba) / _SECTORS_TO_THE_RIM)
        return min(self.limit, self.at_rim * radius_mm / OUTER_RADIUS_MM)


@dataclass(frozen=True, slots=True)
class Model:
    """One kind of recorder.

    source                 where its habits are documented
    spc_version, interface, standards  INQUIRY byte 2, the core feature's interface, version descriptors
    buffer_bytes           of the write buffer
    waits_when_full        holds a WRITE until there is room, instead of answering 2/04/08
    underrun_protection    has BUFE
    write_types            names of the write types that page 05h takes
    largest_cue_sheet_bytes
    lead_in_time, drive_made_pregap, isrc_control  which cue sheets it takes; `drive_made_pregap`: the
                           silence before track 1 may be left to it (data form 01)
    atip                   how it answers READ ATIP
    always_150_before      says -150 for the next writable address of a blank in any write type
    ready_while_working    answers TEST UNIT READY with GOOD while it closes; only READ DISC INFORMATION tells
    immed                  what it does with the Immed bit
    unknown_commands       names of commands that it answers with 5/20/00
    close_at_1x_seconds    lead-in and lead-out of a session
    page_05h               factory defaults of the write parameters that differ from what a burn wants
    cd_r_speeds, cd_rw_speeds  multiples of 1x, fastest first; of CD-RW by the disc's sub-type
    cav_speeds             at which of them the disc can be turned at a constant rate, too
    curves                 how a speed is reached; constant linear velocity where nothing is said
    """

    name: str
    source: str
    vendor: str
    product: str
    revision: str
    spc_version: int = 5
    interface: int = 1
    standards: tuple[int, ...] = (0x0460, 0x04E0)
    buffer_bytes: int = 2 * 1024 * 1024
    waits_when_full: bool = False
    underrun_protection: bool = True
    test_write: bool = True
    write_types: tuple[str, ...] = ("track-at-once", "session-at-once", "raw")
    largest_cue_sheet_bytes: int = 3072
    lead_in_time: LeadInTime = LeadInTime.ANY
    drive_made_pregap: bool = True
    isrc_control: IsrcControl = IsrcControl.ANY
    atip: AtipAnswer = AtipAnswer.TRUE
    always_150_before: bool = False
    ready_while_working: bool = False
    immed: Immed = Immed.TAKEN
    unknown_commands: tuple[str, ...] = ()
    close_at_1x_seconds: float = 240.0
    page_05h: Mapping[str, Any] = field(default_factory=dict)
    read_speed: int = 48
    cd_r_speeds: tuple[int, ...] = (52, 48, 40, 32, 24, 16, 8, 4)
    cd_rw_speeds: Mapping[str, tuple[int, ...]] = field(
        default_factory=lambda: {"0": (4, 2), "1": (10, 8, 4), "2": (24, 16, 10)}
    )
    cav_speeds: tuple[int, ...] = ()
    curves: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, name: str) -> Self:
        """A model by its name, or from a file.

        raises  ValueError  if there is none, or the file says what no model has
        """
        try:
            text = _file(name).read_text(encoding="utf-8")
        except OSError as error:
            known = ", ".join(model_names())
            raise ValueError(
                f"there is no recorder model {name!r} ({error.strerror}); there are {known}, "
                f"or give the path of a {_SUFFIX} file"
            ) from error
        try:
            return cls.from_table(Path(name).stem, tomllib.loads(text))
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"the recorder model {name} makes no sense: {error}") from error

    @classmethod
    def from_table(cls, name: str, table: Mapping[str, Any]) -> Self:
        """raises  ValueError, TypeError  for what no model has"""
        fields = {f.name: f for f in dataclasses.fields(cls)}
        unknown = set(table) - set(fields) | {"name"} & set(table)
        if unknown:
            raise ValueError(f"no model has {', '.join(sorted(unknown))}")
        values: dict[str, Any] = {}
        for key, value in table.items():
            default = fields[key].default
            if isinstance(default, StrEnum):
                value = type(default)(value)
            elif isinstance(value, list):
                value = tuple(value)
            elif key == "cd_rw_speeds":
                value = {sub_type: tuple(speeds) for sub_type, speeds in value.items()}
            if isinstance(default, (bool, int)) and type(value) is not type(default):
                raise ValueError(f"{key} = {value!r}")
            values[key] = value
        model = cls(name=name, **values)
        for speed in model.curves:
            model.curve(int(speed))
        return model

    def curve(self, times: int) -> SpeedCurve:
        """How the disc runs when it is written at this speed.  raises  ValueError"""
        said = self.curves.get(str(times))
        if said is None:
            return Clv(times)
        if said.keys() == {"zones"}:
            return ZonedClv(tuple((int(first), float(speed)) for first, speed in said["zones"]))
        if said.keys() <= {"cav", "limit"} and "cav" in said:
            return Cav(float(said["cav"]), float(said.get("limit", math.inf)))
        raise ValueError(f"the curve of {times}x is neither zones nor cav")


def model_names() -> list[str]:
    """Those that come with redbook."""
    folder = resources.files("redbook.virtual") / "models"
    return sorted(f.name.removesuffix(_SUFFIX) for f in folder.iterdir() if f.name.endswith(_SUFFIX))


def _file(name: str) -> Any:
    """The file of a model: a path, where it looks like one."""
    if name.endswith(_SUFFIX) or "/" in name:
        return Path(name)
    return resources.files("redbook.virtual") / "models" / f"{name}{_SUFFIX}"
