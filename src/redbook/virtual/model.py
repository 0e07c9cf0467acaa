"""What kind of recorder the virtual one is: a table of habits, read from a small TOML file.

The files in `models/` come with redbook; the path of another file can be given instead of a name.
"""

from __future__ import annotations

import dataclasses
import errno
import math
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, Self

from redbook.disc import LAST_LBA, SECTOR_BYTES, SECTORS_PER_SECOND
from redbook.errors import DriveNotFound
from redbook.mmc.decode import ALL_COMMANDS
from redbook.mmc.mode_pages import WriteParameters, WriteType
from redbook.records import dataclass
from redbook.virtual.habits import (
    AtipAnswer,
    CdTextAnswer,
    CdTextBlockType,
    Immed,
    IsrcAnswer,
    IsrcControl,
    LeadInTime,
)

DEFAULT_MODEL = "redbook"
MODEL_VARIABLE = "REDBOOK_MODEL"
"""Environment variable: the model of virtual recorders if none is named."""
_SUFFIX = ".toml"
_MODELS = Path(__file__).with_name("models")
_WRITE_TYPES = ("track-at-once", "session-at-once", "raw")
_RAW_BLOCK_TYPES = (1, 2, 3)
_READ_TYPES = ("any", "cd-da")
_MOST_OFFSET_SAMPLES = 588 * 5
"""Known drives stay below 2000 samples; a write offset beyond the run-out would lose audio."""
_MOST_SUB_CHANNEL_OFFSET = SECTORS_PER_SECOND
"""One second: no program accepts Q from farther away as that of a sector close by."""
FASTEST = 371
"""Speeds are reported in kB/s, in 16 bits."""
SLOWEST = 0.1
_MOST_FILE_BYTES = 1 << 20
_RANGES: dict[str, tuple[float, float, str]] = {
    "spc_version": (0, 0xFF, ""),
    "interface": (0, 0xFF, ""),
    "buffer_bytes": (SECTOR_BYTES, 0xFFFF * 1024, "bytes (page 2Ah tells it in 1024 bytes, in 16 bits)"),
    "largest_cue_sheet_bytes": (0, 0xFFFFFF, "bytes"),
    "longest_pregap_sectors": (0, LAST_LBA, "sectors"),
    "overburn_sectors": (0, LAST_LBA, "sectors"),
    "close_at_1x_seconds": (0.001, 3600, "seconds"),
    "read_speed": (1, FASTEST, "times 1x"),
    "read_offset": (-_MOST_OFFSET_SAMPLES, _MOST_OFFSET_SAMPLES, "samples"),
    "write_offset": (-_MOST_OFFSET_SAMPLES, _MOST_OFFSET_SAMPLES, "samples"),
    "jitter": (-_MOST_OFFSET_SAMPLES, _MOST_OFFSET_SAMPLES, "samples"),
    "jitter_every": (1, 1_000_000, "commands"),
    "most_read_sectors": (0, 0xFFFFFF, "sectors"),
    "sub_channel_offset": (-_MOST_SUB_CHANNEL_OFFSET, _MOST_SUB_CHANNEL_OFFSET, "sectors"),
}
"""For every number that is a field: the least, the most, and the unit."""
_MOST_STANDARDS = 8  # version descriptors in an INQUIRY reply (SPC-4 6.4.2)

INNER_RADIUS_MM, OUTER_RADIUS_MM = 25.0, 58.0
_SECTORS_TO_THE_RIM = 359_849
"""The program area of an 80-minute disc.  Source of the radii: IEC 60908 figure 1."""


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
    write_types            names of the write types that page 05h accepts
    raw_block_types        data block types that it accepts in raw writing: 1, 2, 3
    largest_cue_sheet_bytes
    atip                   how it answers READ ATIP
    always_150_before      gives -150 as the next writable address of a blank in any write type
    ready_while_working    answers TEST UNIT READY with GOOD while it closes; only READ DISC INFORMATION
    shows it immed                  what it does with the Immed bit
    unknown_commands       names of commands that it answers with 5/20/00
    close_at_1x_seconds    lead-in and lead-out of a session
    page_05h               factory defaults of the write parameters that differ from what a burn wants
    cd_r_speeds, cd_rw_speeds  multiples of 1x, fastest first; for CD-RW by the disc's sub-type
    cav_speeds             those at which the disc can also be turned at a constant rate
    curves                 how a speed is reached; constant linear velocity if nothing is stated

    For cue sheets; what it does not accept it refuses with 5/26/00:
    takes_cue_sheets       whether it accepts any
    lead_in_time, isrc_control  which time the lead-in and which control the ISRC entries have
    drive_made_pregap      the silence before track 1 may be left to it (data form 01)
    starts_after_silence   then also accepts the first WRITE; otherwise it refuses that with 5/21/02
    empty_pregap           index 0 and index 1 of a track may be at the same place
    needs_pregaps          wants index 0 of every track, one sector or more before index 1
    longest_pregap_sectors  from an index 0 to its index 1; 0 for no limit
    short_tracks           accepts tracks shorter than 4 s
    overburn_sectors       how far after the last lead-out that the ATIP gives it accepts one
    writes_cd_text         accepts CD-Text in the lead-in
    cd_text_block_type     the data block type of page 05h that belongs to CD-Text. If that is 0, the page is
                           refused with 3; if it is 3, the sheet is refused with 0 in the page
    forgets_page           after a refused sheet, page 05h and its write type have their default values

    For reading what a disc says about itself:
    reads_cd_text          when it answers READ TOC format 5; otherwise 5/24/00
    isrc_answer            what READ SUB-CHANNEL reports as a track's ISRC
    caches_toc             what it says about the table of contents is what it found when the disc was loaded,
                           until the disc is loaded again

    For reading audio:
    read_offset, write_offset  stereo samples by which it is late when it is read, or when it is written;
                           negative for early. Counted like the correction that disc copying programs
                           ask for
    jitter, jitter_every   every n-th READ CD is this many samples late (negative: early), for lack of
                           "accurate stream"; if it is every one, anything up to that in either direction
    reads_before_zero      accepts READ CD before LBA 0
    read_types, read_fields  which expected sector types READ CD may name ("any", "cd-da"), and values of
                           its byte 9 (bits 7-3)
    most_read_sectors      of one READ CD; 0 for no limit
    sub_channel_offset     the sub-channel that READ CD returns is that of a sector this many further on;
                           negative for one before
    paced_reading          reading takes its time by the recorder's clock, even if writing takes none
    spoils_first_read      the first READ CD after a disc was loaded returns nonsense
    """

    name: str
    source: str
    vendor: str
    product: str
    revision: str
    spc_version: int = 5
    interface: int = 1
    standards: tuple[int, ...] = (0x0300, 0x0420)  # SPC-3, MMC-5
    buffer_bytes: int = 2 * 1024 * 1024
    waits_when_full: bool = False
    underrun_protection: bool = True
    test_write: bool = True
    write_types: tuple[str, ...] = _WRITE_TYPES
    raw_block_types: tuple[int, ...] = _RAW_BLOCK_TYPES
    largest_cue_sheet_bytes: int = 3072
    takes_cue_sheets: bool = True
    lead_in_time: LeadInTime = LeadInTime.ANY
    isrc_control: IsrcControl = IsrcControl.ANY
    drive_made_pregap: bool = True
    starts_after_silence: bool = True
    empty_pregap: bool = True
    needs_pregaps: bool = False
    longest_pregap_sectors: int = 0
    short_tracks: bool = False
    overburn_sectors: int = 0
    writes_cd_text: bool = True
    cd_text_block_type: CdTextBlockType = CdTextBlockType.ANY
    forgets_page: bool = False
    reads_cd_text: CdTextAnswer = CdTextAnswer.ALWAYS
    isrc_answer: IsrcAnswer = IsrcAnswer.TRUE
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
    read_offset: int = 0
    write_offset: int = 0
    jitter: int = 0
    jitter_every: int = 1
    reads_before_zero: bool = True
    read_types: tuple[str, ...] = _READ_TYPES
    read_fields: tuple[int, ...] = ()
    most_read_sectors: int = 0
    sub_channel_offset: int = 0
    paced_reading: bool = False
    spoils_first_read: bool = False
    caches_toc: bool = False

    def __post_init__(self) -> None:
        """raises  ValueError  for a number that no drive can have, or report"""
        for key, (least, most, unit) in _RANGES.items():
            value, whole = getattr(self, key), key != "close_at_1x_seconds"
            if type(value) not in ((int,) if whole else (int, float)) or not least <= value <= most:
                kind = "a whole number" if whole else "a number"
                raise ValueError(
                    f"{key} = {value!r}; it must be {kind} from {least} to {most} {unit}".rstrip()
                )

    @property
    def is_exact(self) -> bool:
        """Whether it has none of the habits of real drives."""
        return self == type(self)(self.name, self.source, self.vendor, self.product, self.revision)

    @classmethod
    def load(cls, name: str) -> Self:
        """A model by its name, or from a file.

        raises  ValueError  if there is none, or the file has a field that no model has
        """
        try:
            data = _contents(name)
        except OSError as error:
            known = ", ".join(model_names())
            raise ValueError(
                f"there is no recorder model {name!r} ({error.strerror}); there are {known}, "
                f"or give the path of a {_SUFFIX} file"
            ) from error
        try:
            return cls.from_table(Path(name).stem, tomllib.loads(data.decode("utf-8")))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"the recorder model {name} makes no sense: {error}") from error

    @classmethod
    def from_table(cls, name: str, table: Mapping[str, Any]) -> Self:
        """A model from a table of habits, as in TOML; what is left out has its default.

        raises  ValueError  for fields that no model has, and for missing ones
        """
        fields = {f.name: f for f in dataclasses.fields(cls)}
        unknown = set(table) - set(fields) | {"name"} & set(table)
        if unknown:
            raise ValueError(f"no model has {', '.join(sorted(unknown))}")
        missing = [key for key in ("source", "vendor", "product", "revision") if key not in table]
        if missing:
            raise ValueError(f"{', '.join(missing)} missing")
        values: dict[str, Any] = {}
        for key, value in table.items():
            default = fields[key].default
            if isinstance(default, StrEnum):
                value = type(default)(value)
            elif isinstance(value, list):
                value = tuple(value)
            values[key] = value
        for check in (_check_texts, _check_numbers, _check_speeds, _check_names):
            check(cls, values)
        if "cd_rw_speeds" in values:
            values["cd_rw_speeds"] = {kind: tuple(s) for kind, s in values["cd_rw_speeds"].items()}
        model = cls(name=name, **values)
        for speed in model.curves:
            if len(speed) > len(str(FASTEST)) or not 1 <= int(speed) <= FASTEST:
                raise ValueError(f"curves.{speed[:20]}: speeds go from 1 to {FASTEST}")
            model.curve(int(speed))
        return model

    def curve(self, times: int) -> SpeedCurve:
        """How the disc runs when it is written at this speed.  raises  ValueError"""
        described = self.curves.get(str(times))
        if described is None:
            return Clv(times)
        if described.keys() == {"zones"}:
            return _zones(times, described["zones"])
        if described.keys() <= {"cav", "limit"} and "cav" in described:
            numbers = (described["cav"], described.get("limit", FASTEST))
            if all(_is_speed(number) for number in numbers):
                return Cav(float(numbers[0]), float(numbers[1]))
        raise ValueError(
            f"the curve of {times}x is neither zones nor cav with speeds from {SLOWEST} to {FASTEST}"
        )


def _zones(times: int, zones: Any) -> ZonedClv:
    """raises  ValueError"""
    try:
        pairs = tuple((first, speed) for first, speed in zones)
    except (TypeError, ValueError):
        pairs = ()
    firsts = [first for first, _ in pairs]
    whole = all(type(first) is int for first in firsts) and all(_is_speed(speed) for _, speed in pairs)
    if not pairs or not whole or firsts[0] != 0 or firsts != sorted(set(firsts)):
        raise ValueError(
            f"the curve of {times}x: its zones are not [LBA, speed] from LBA 0 outwards, "
            f"with speeds from {SLOWEST} to {FASTEST}"
        )
    return ZonedClv(tuple((first, float(speed)) for first, speed in pairs))


_LONGEST_TEXTS = {"vendor": 8, "product": 16, "revision": 4}
"""Of the INQUIRY reply, in bytes."""


def _check_texts(model: type[Model], values: Mapping[str, Any]) -> None:
    for key, most in _LONGEST_TEXTS.items():
        text = values[key]
        if not isinstance(text, str) or not text.isascii() or not text.isprintable() or len(text) > most:
            raise ValueError(f"{key} = {text!r}; it must have up to {most} ASCII characters")
    if not isinstance(values["source"], str) or not values["source"]:
        raise ValueError("source must say where the habits are documented")


def _check_numbers(model: type[Model], values: Mapping[str, Any]) -> None:
    """Those that are a choice from several; the others have their ranges."""
    defaults = {f.name: f.default for f in dataclasses.fields(model)}
    for key, value in values.items():
        if isinstance(defaults[key], bool) and not isinstance(value, bool):
            raise ValueError(f"{key} = {value!r}; it must be true or false")
    fields = values.get("read_fields", ())
    if not isinstance(fields, tuple) or not all(type(f) is int and f & 0xF8 == f for f in fields):
        raise ValueError(f"read_fields = {fields!r}; they must be values of bits 7 to 3")
    raw = values.get("raw_block_types", _RAW_BLOCK_TYPES)
    if not raw or not _are_whole(raw) or not set(raw) <= set(_RAW_BLOCK_TYPES):
        raise ValueError(f"raw_block_types = {raw!r}; they must be one or more of 1, 2 and 3")
    standards = values.get("standards", ())
    if not isinstance(standards, tuple) or len(standards) > _MOST_STANDARDS:
        raise ValueError(f"standards = {standards!r}")
    if not all(type(code) is int and 0 <= code <= 0xFFFF for code in standards):
        raise ValueError(f"standards = {standards!r}; they must be 16-bit version descriptors")
    version, codes = (values.get(key, defaults[key]) for key in ("spc_version", "standards"))
    _check_versions(version, codes)


_SPC_VERSIONS = {0x0120: 3, 0x0260: 4, 0x0300: 5, 0x0460: 6, 0x05C0: 7}
"""INQUIRY byte 2 by the version descriptor of SPC, SPC-2 and so on; each has 32 codes (SPC-4 6.4.2)."""


def _check_versions(version: int, standards: tuple[int, ...]) -> None:
    """raises  ValueError  if they name different versions of SPC"""
    for code in standards:
        belongs_to = _SPC_VERSIONS.get(code & ~0x1F)
        if belongs_to is not None and belongs_to != version:
            raise ValueError(
                f"standards has {code:#06x}, which goes with spc_version {belongs_to}, not {version}"
            )


def _check_speeds(model: type[Model], values: Mapping[str, Any]) -> None:
    rewritable = values.get("cd_rw_speeds", {"0": (1,)})
    if not isinstance(rewritable, Mapping) or not rewritable or not set(rewritable) <= set("01234567"):
        raise ValueError("cd_rw_speeds must be speeds by sub-type, 0 to 7")
    lists = {"cd_r_speeds": values.get("cd_r_speeds", (1,))}
    lists |= {f"cd_rw_speeds.{kind}": speeds for kind, speeds in rewritable.items()}
    for key, speeds in lists.items():
        if not _are_whole(speeds) or not speeds or list(speeds) != sorted(set(speeds), reverse=True):
            raise ValueError(f"{key} must be whole multiples of 1x, the fastest first")
    if not _are_whole(values.get("cav_speeds", ())):
        raise ValueError("cav_speeds must be whole multiples of 1x")
    curves = values.get("curves", {})
    if not isinstance(curves, Mapping) or not all(isinstance(curve, Mapping) for curve in curves.values()):
        raise ValueError("curves must be tables by speed")
    if not all(speed.isascii() and speed.isdigit() for speed in curves):
        raise ValueError("curves must be tables by speed, a whole multiple of 1x")


def _check_names(model: type[Model], values: Mapping[str, Any]) -> None:
    known = {
        "write_types": set(_WRITE_TYPES),
        "read_types": set(_READ_TYPES),
        "unknown_commands": {command.NAME for command in ALL_COMMANDS},
    }
    for key, names in known.items():
        names_given = values.get(key, ())
        if not isinstance(names_given, tuple) or not all(isinstance(name, str) for name in names_given):
            raise ValueError(f"{key} must be a list of names")
        if wrong := sorted(set(names_given) - names):
            raise ValueError(f"{key}: there is no {', '.join(wrong)}, only {', '.join(sorted(names))}")
    for key in ("write_types", "read_types"):
        if key in values and not values[key]:
            raise ValueError(f"{key}: a recorder needs at least one")
    fields = {f.name: f.default for f in dataclasses.fields(WriteParameters)}
    page = values.get("page_05h", {})
    if not isinstance(page, Mapping):
        raise ValueError("page_05h must be a table")
    for key, value in page.items():
        if key not in fields or type(value) is not type(_plain(fields[key])):
            raise ValueError(f"page_05h.{key} = {value!r}")
    if "underrun_protection" in page:
        raise ValueError("page_05h.underrun_protection: the model's own key says it")
    try:
        parameters = WriteParameters(**page)
        read_back = WriteParameters.from_page(parameters.to_page())
    except (ValueError, OverflowError) as error:
        raise ValueError(f"page_05h: {error}") from error
    if read_back != parameters:
        raise ValueError("page_05h has a value that its field has no room for")
    if page.get("write_type") == WriteType.RAW:
        raise ValueError("page_05h.write_type: no drive begins with raw writing")


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _is_speed(value: Any) -> bool:
    """Not infinite, and not so slow that a burn would never end."""
    return type(value) in (int, float) and SLOWEST <= value <= FASTEST


def _are_whole(values: Any) -> bool:
    return isinstance(values, (list, tuple)) and all(type(v) is int and 0 < v <= FASTEST for v in values)


def default_model() -> Model:
    """The model that the environment names, otherwise the exact one.

    raises  DriveNotFound  for one that does not exist
    """
    name = os.environ.get(MODEL_VARIABLE) or DEFAULT_MODEL
    try:
        return Model.load(name)
    except ValueError as error:
        raise DriveNotFound(f"{MODEL_VARIABLE}={name}: {error}") from error


def model_names() -> list[str]:
    """Those that come with redbook."""
    return sorted(f.name.removesuffix(_SUFFIX) for f in _MODELS.iterdir() if f.name.endswith(_SUFFIX))


def _contents(name: str) -> bytes:
    """The file of a model: a path, if it looks like one.

    raises  OSError; ValueError  for what is not a file, or not one of a model
    """
    if not name.endswith(_SUFFIX) and "/" not in name:
        return (_MODELS / f"{name}{_SUFFIX}").read_bytes()
    path = Path(name)
    kind = path.stat().st_mode
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(kind):
        raise ValueError(f"the recorder model {name} is not a regular file")
    with path.open("rb") as file:
        data = file.read(_MOST_FILE_BYTES + 1)
    if len(data) > _MOST_FILE_BYTES:
        raise ValueError(f"the recorder model {name} has more than {_MOST_FILE_BYTES} bytes")
    return data
