"""The records of a DDP set, as values that know their bytes: DDPID, the map (DDPMS), the PQ descriptor.

All of them are fixed-width ASCII; blanks mean that a value is not given. Numbers are decimal, padded with
zeros or blanks on either side.

Source: public readers and writers of the format (ddpLib; the tables of ddp-reverse-eng, checked against
cue2ddp, Sonoris and HOFA). The specification itself is not public.
"""

from __future__ import annotations

from typing import Self

from redbook.records import dataclass

LEVELS = ("DDP 1.01", "DDP 2.00")
IDENTIFIER_BYTES = MAP_BYTES = 128
PQ_BYTES = 64
LEAD_IN, LEAD_OUT = "00", "AA"
NAME_BYTES = 17

_MAP_MARK, _PQ_MARK = "VVVM", "VVVS"


class RecordWrong(ValueError):
    """A field has an impossible value.  field: its name; text: what is wrong with it"""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field = field
        self.text = text


class _Reader:
    """Cuts fields out of one record, in any order."""

    def __init__(self, record: bytes) -> None:
        self._text = record.decode("latin-1")

    def text(self, start: int, width: int) -> str:
        return self._text[start : start + width].replace("\0", " ").strip(" ")

    def number(self, field: str, start: int, width: int) -> int | None:
        """The number in a field; None if it is blank."""
        text = self.text(start, width)
        if not text:
            return None
        if not (text.isascii() and text.isdecimal()):
            place = f"bytes {start} to {start + width - 1}" if width > 1 else f"byte {start}"
            raise RecordWrong(field, f"{_shown(text)} is not a number ({place})")
        return int(text)


def _shown(text: str) -> str:
    return '"' + "".join(c if c.isprintable() else "?" for c in text) + '"'


def _record(size: int, *fields: tuple[int, int, str]) -> bytes:
    """Make a record.  fields: start, width, and what is there"""
    out = [" "] * size
    for start, width, text in fields:
        if len(text) > width:
            raise ValueError(f"{text!r} is longer than {width} characters")
        out[start : start + len(text)] = text
    return "".join(out).encode("latin-1")


def _number(value: int | None, width: int) -> str:
    return "" if value is None else f"{value:0{width}d}"


@dataclass(frozen=True, slots=True)
class Identifier:
    """DDPID: what kind of master this is.

    level      "DDP 2.00" or "DDP 1.01"
    upc        catalogue number, as written
    media      number of the medium that it came on
    master_id  the studio's name for it; not written to the disc
    disc_type  CD, or DV for a DVD; with 1.01 there is none
    sides, side, layers, layer   of a DVD; None for a CD
    text       the studio's text; not written to the disc
    """

    level: str
    upc: str = ""
    media: int | None = None
    master_id: str = ""
    book: str = ""
    disc_type: str = ""
    sides: int | None = None
    side: int | None = None
    layers: int | None = None
    layer: int | None = None
    text: str = ""

    @classmethod
    def from_bytes(cls, record: bytes) -> Self:
        """Parse a DDPID record.  raises  RecordWrong  with the field"""
        read = _Reader(record)
        level, upc = read.text(0, 8), read.text(8, 13)
        media, master_id = read.number("MED", 37, 1), read.text(38, 48)
        if level != LEVELS[1]:
            return cls(level, upc, media, master_id, text=_user_text(record, 86, 88))
        return cls(
            level,
            upc,
            media,
            master_id,
            read.text(86, 1),
            read.text(87, 2),
            read.number("sides", 89, 1),
            read.number("side", 90, 1),
            read.number("layers", 91, 1),
            read.number("layer", 92, 1),
            _user_text(record, 93, 95),
        )

    def to_bytes(self) -> bytes:
        fields = [
            (0, 8, self.level),
            (8, 13, self.upc),
            (37, 1, _number(self.media, 1)),
            (38, 48, self.master_id),
        ]
        length = f"{len(self.text):02d}" if self.text else ""
        if self.level != LEVELS[1]:
            return _record(IDENTIFIER_BYTES, *fields, (86, 2, length), (88, 40, self.text))
        fields += [(86, 1, self.book), (87, 2, self.disc_type), (93, 2, length), (95, 33, self.text)]
        numbers = (self.sides, self.side, self.layers, self.layer)
        fields += [(89 + place, 1, _number(number, 1)) for place, number in enumerate(numbers)]
        return _record(IDENTIFIER_BYTES, *fields)


def _user_text(record: bytes, length_at: int, text_at: int) -> str:
    """Sonoris and HOFA write the text and its length one byte further on than all others."""
    late = record[length_at : length_at + 1] == b" " and record[length_at + 2 : length_at + 3].isdigit()
    return _Reader(record).text(text_at + late, len(record))


@dataclass(frozen=True, slots=True)
class MapPacket:
    """An entry of DDPMS: one stream, and the file that holds it.

    stream       D0 main data, D2 lead-in, D3 lead-out, D4 fill, S0 sub-code, T0 to T3 texts
    length       sectors for D, bytes for S and T
    start        the sector where it begins, counted from the start of track 1's pause
    subcode      what an S0 holds: PQ DESCR, CDTEXT, RW..
    mode         DA for audio
    storage      7 for whole sectors of 2352 bytes, 0 for user data, 8 for sectors with R-W
    pregap_1     sectors of the pregap's first part in the stream
    pause        sectors of pause in the stream (PRE2)
    media        number of the medium
    track        the track that it belongs to; empty if it belongs to all
    isrc         of that track
    name         of its file
    new          with 2.00: S where a session begins
    pregap_next  with 2.00: PRE1NXT
    pause_added  with 2.00: PAUSEADD
    offset       with 2.00: bytes of the file before the stream
    """

    stream: str
    length: int | None = None
    start: int | None = None
    subcode: str = ""
    mode: str = ""
    storage: int | None = None
    scrambled: str = ""
    pregap_1: int | None = None
    pause: int | None = None
    postgap: int | None = None
    media: int | None = None
    track: str = ""
    index: str = ""
    isrc: str = ""
    name: str = ""
    new: str = ""
    pregap_next: int | None = None
    pause_added: int | None = None
    offset: int | None = None

    @classmethod
    def from_bytes(cls, record: bytes, level: str = LEVELS[1]) -> Self:
        """Parse a packet of DDPMS.

        level  as the DDPID states it: "DDP 2.00" packets have more fields at the end

        raises  RecordWrong  with the field
        """
        read = _Reader(record)
        mark = record[:4].decode("latin-1")
        if mark != _MAP_MARK:
            raise RecordWrong("MPV", f"{_shown(mark)} instead of {_MAP_MARK} (bytes 0 to 3)")
        has_tail = level == LEVELS[1]
        return cls(
            read.text(4, 2),
            read.number("DSL", 14, 8),
            read.number("DSS", 22, 8),
            read.text(30, 8),
            read.text(38, 2),
            read.number("SSM", 40, 1),
            read.text(41, 1),
            read.number("PRE1", 42, 4),
            read.number("PRE2", 46, 4),
            read.number("PST", 50, 4),
            read.number("MED", 54, 1),
            read.text(55, 2),
            read.text(57, 2),
            read.text(59, 12),
            read.text(74, NAME_BYTES),  # whatever SIZ says about its width: some programs write another one
            read.text(91, 1) if has_tail else "",
            read.number("PRE1NXT", 92, 4) if has_tail else None,
            read.number("PAUSEADD", 96, 8) if has_tail else None,
            read.number("OFS", 104, 9) if has_tail else None,
        )

    def to_bytes(self) -> bytes:
        return _record(
            MAP_BYTES,
            (0, 4, _MAP_MARK),
            (4, 2, self.stream),
            (14, 8, _number(self.length, 8)),
            (22, 8, _number(self.start, 8)),
            (30, 8, self.subcode),
            (38, 2, self.mode),
            (40, 1, _number(self.storage, 1)),
            (41, 1, self.scrambled),
            (42, 4, _number(self.pregap_1, 4)),
            (46, 4, _number(self.pause, 4)),
            (50, 4, _number(self.postgap, 4)),
            (54, 1, _number(self.media, 1)),
            (55, 2, self.track),
            (57, 2, self.index),
            (59, 12, self.isrc),
            (71, 3, f"{NAME_BYTES:03d}"),
            (74, NAME_BYTES, self.name),
            (91, 1, self.new),
            (92, 4, _number(self.pregap_next, 4)),
            (96, 8, _number(self.pause_added, 8)),
            (104, 9, _number(self.offset, 9)),
        )


@dataclass(frozen=True, slots=True)
class PqPacket:
    """An entry of the PQ descriptor: where an index is.

    track    00 lead-in, 01 to 99, AA lead-out; empty for the same as in the entry before
    index    None for the same as in the entry before
    time     sectors from the start of track 1's pause: index 1 of track 1 is at 150 or later
    control  Q control nibble
    scms     "copy of a protected original"
    isrc, upc, text   as written; the text is not written to the disc
    """

    track: str
    index: int | None
    time: int
    control: int = 0
    scms: bool = False
    isrc: str = ""
    upc: str = ""
    text: str = ""

    @classmethod
    def from_bytes(cls, record: bytes) -> Self:
        """Parse an entry of the PQ descriptor.  raises  RecordWrong  with the field"""
        read = _Reader(record)
        mark = record[:4].decode("latin-1")
        if mark != _PQ_MARK:
            raise RecordWrong("SPV", f"{_shown(mark)} instead of {_PQ_MARK} (bytes 0 to 3)")
        track = read.text(4, 2).upper()
        if track and track != LEAD_OUT and not (track.isascii() and track.isdecimal() and len(track) == 2):
            raise RecordWrong("TRK", f"{_shown(track)} is not a track: 00, 01 to 99 or AA (bytes 4 and 5)")
        control, scms = _control(record[16:18].decode("latin-1"))
        return cls(
            track,
            read.number("IDX", 6, 2),
            _time(read),
            control,
            scms,
            read.text(20, 12),
            read.text(32, 13),
            read.text(45, 19),
        )

    def to_bytes(self) -> bytes:
        minutes, rest = divmod(self.time, 75 * 60)
        return _record(
            PQ_BYTES,
            (0, 4, _PQ_MARK),
            (4, 2, self.track),
            (6, 2, _number(self.index, 2)),
            (10, 6, f"{minutes:02d}{rest // 75:02d}{rest % 75:02d}"),
            (16, 2, f"{self.control:X}{'S' if self.scms else '1'}"),
            (20, 12, self.isrc),
            (32, 13, self.upc),
            (45, 19, self.text),
        )


def _time(read: _Reader) -> int:
    if read.number("hours", 8, 2):
        raise RecordWrong("hours", f"{_shown(read.text(8, 2))}: no CD is as long as that (bytes 8 and 9)")
    parts = [read.number("time", start, 2) for start in (10, 12, 14)]
    wrong = f"{_shown(read.text(10, 6))} is not a time (MMSSFF) (bytes 10 to 15)"
    minutes, seconds, frames = parts
    if minutes is None or seconds is None or frames is None:
        raise RecordWrong("time", wrong)
    if seconds > 59 or frames > 74:
        raise RecordWrong("time", f"{wrong}: seconds go up to 59, frames up to 74")
    return (minutes * 60 + seconds) * 75 + frames


def _control(text: str) -> tuple[int, bool]:
    nibble, adr = text[0], text[1].upper()
    if nibble not in "0123456789ABCDEFabcdef" or adr not in "1S":
        raise RecordWrong(
            "control",
            f"{_shown(text)}: a digit for the flags, and 1 or S (SCMS), are expected (bytes 16 and 17)",
        )
    return int(nibble, 16), adr == "S"
