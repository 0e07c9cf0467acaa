"""SEND CUE SHEET: the layout of a session that will be written at once.

Source: MMC-5 6.33 and its annex on cue sheets; the entries as cdrecord, libburn and cdrdao send them.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import LEAD_OUT, Msf
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.mmc.command import NoReply
from redbook.records import dataclass

ENTRY_BYTES = 8
POSITION, MCN, ISRC = 1, 2, 3
"""ADR, byte 0 bits 3-0."""

LEAD_IN = 0


@dataclass(frozen=True, slots=True)
class CueEntry:
    """One entry of eight bytes.

    control, adr  nibbles of byte 0
    track         0 lead-in, 1..99, AAh lead-out
    index         of a position; in MCN and ISRC entries, bytes 1..7 are `text`
    data_form     bits 7-6 sub-channel from the host, bits 5-0 what the host sends of the main channel
    copy_alternates  SCMS: the copy bit alternates, "copy of a protected original"
    time          where it begins; LBA -150 is 00:00:00
    """

    LAYOUT: ClassVar[Struct] = Struct(">BBBBBBBB")

    control: int
    adr: int
    track: int = LEAD_IN
    index: int = 0
    data_form: int = 0
    copy_alternates: bool = False
    time: Msf = Msf(0, 0, 0)
    text: bytes = b""

    @property
    def lba(self) -> int:
        """The LBA of a position in the program area, or of the lead-out."""
        return self.time.program_lba

    def to_bytes(self) -> bytes:
        first = bytes((self.control << 4 | self.adr,))
        if self.adr != POSITION:
            return first + self.text.ljust(7, b"\0")
        alternates = self.copy_alternates << 7
        where = (self.time.minute, self.time.second, self.time.frame)
        return first + bytes((self.track, self.index, self.data_form, alternates, *where))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        first, track, index, form, scms, minute, second, frame = cls.LAYOUT.unpack(data)
        control, adr = first >> 4, first & 0xF
        if adr != POSITION:
            return cls(control, adr, text=bytes(data[1:]))
        return cls(control, adr, track, index, form, bool(scms & 0x80), Msf(minute, second, frame))


def code_entries(adr: int, code: str, track: int = 0, control: int = 0) -> tuple[CueEntry, CueEntry]:
    """The two entries that carry an MCN (7 + 6 digits) or the ISRC of a track (6 + 6 characters)."""
    head, cut = (b"", 7) if adr == MCN else (bytes((track,)), 6)
    first, second = (head + part.encode("ascii") for part in (code[:cut], code[cut:]))
    return CueEntry(control, adr, text=first), CueEntry(control, adr, text=second)


AUDIO, SILENCE_BY_DRIVE, CD_TEXT = 0x00, 0x01, 0x41
"""Data forms.  Source: MMC-5 table 518."""


@dataclass(frozen=True, slots=True)
class CueForm:
    """The form in which a cue sheet is written; drives want different ones.

    lead_in           the time of the lead-in entry: 00:00:00, or the disc's true one
    isrc_has_control  the entries of an ISRC carry the control nibble of their track
    pregaps           an index 0 for every track: if a track has none, the last sector before it
    """

    lead_in: Msf = Msf(0, 0, 0)
    isrc_has_control: bool = True
    pregaps: bool = False


def entries_of(layout: SessionLayout, form: CueForm | None = None) -> tuple[CueEntry, ...]:
    """The entries for a session that the host sends completely, from 150 sectors before LBA 0 on.

    layout  must have no gaps
    """
    form = form or CueForm()
    entries: list[CueEntry] = []
    if layout.mcn:
        entries += code_entries(MCN, layout.mcn)
    lead_in = CD_TEXT if layout.cd_text else SILENCE_BY_DRIVE
    entries.append(CueEntry(0, POSITION, LEAD_IN, data_form=lead_in, time=form.lead_in))
    for track in layout.tracks:
        entries += _track_entries(track, form)
    last = layout.tracks[-1]
    end = Msf.from_lba(layout.lead_out_lba)
    entries.append(CueEntry(last.control, POSITION, LEAD_OUT, 1, SILENCE_BY_DRIVE, time=end))
    return tuple(entries)


def _track_entries(track: LaidTrack, form: CueForm) -> list[CueEntry]:
    def position(index: int, lba: int) -> CueEntry:
        return CueEntry(
            track.control, POSITION, track.number, index, AUDIO, track.copy_alternates, Msf.from_lba(lba)
        )

    entries: list[CueEntry] = []
    if track.isrc:
        control = track.control if form.isrc_has_control else 0
        entries += code_entries(ISRC, track.isrc, track.number, control)
    if track.pregap_sectors or form.pregaps:
        entries.append(position(0, track.start_lba - max(1, track.pregap_sectors)))
    entries.append(position(1, track.start_lba))
    entries += [position(index, lba) for index, lba in enumerate(track.indexes, 2)]
    return entries


@dataclass(frozen=True, slots=True)
class SendCueSheet(NoReply):
    """SEND CUE SHEET.  Source: MMC-5 6.33.

    sheet  n x 8 bytes
    """

    OPCODE: ClassVar[int] = 0x5D
    NAME: ClassVar[str] = "SEND CUE SHEET"
    timeout: ClassVar[float] = 60.0

    sheet: bytes

    @property
    def data_out(self) -> bytes:
        return self.sheet

    @property
    def entries(self) -> tuple[CueEntry, ...]:
        """The entries in the sheet; a rest that is not a whole entry is left out."""
        last = len(self.sheet) - ENTRY_BYTES + 1
        return tuple(
            CueEntry.from_bytes(self.sheet[i : i + ENTRY_BYTES]) for i in range(0, last, ENTRY_BYTES)
        )

    @classmethod
    def of(cls, entries: Iterable[CueEntry]) -> Self:
        return cls(b"".join(entry.to_bytes() for entry in entries))

    def to_cdb(self) -> bytes:
        return bytes((self.OPCODE, 0, 0, 0, 0, 0)) + len(self.sheet).to_bytes(3, "big") + b"\0"

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        length = int.from_bytes(cdb[6:9], "big")
        if length != len(data_out):
            raise ValueError(f"{length} bytes announced, {len(data_out)} sent")
        return cls(bytes(data_out))
