"""Audio sectors from the drive, in the form in which this drive returns them.

This is only about forms of asking. For a place that cannot be read, or reads differently each time, see
`another_try`; `second_reading` is for a comparison, `twice` for a disc that is kept.

READ CD can be asked in several ways that mean the same for audio, and drives refuse some of them: an expected
type, a selection of fields, a length. The first reading of a disc tries them in order until one is accepted;
the drive is remembered with it.  Source: MMC-5 6.20 and 6.21; what drives refuse: redumper 66, 178, 350.
"""

from __future__ import annotations

from typing import NamedTuple

from redbook import errors
from redbook.disc import SECTOR_BYTES, Msf
from redbook.engine.chunks import CHUNK_SECTORS
from redbook.engine.steps import MostSectors, Procedure
from redbook.engine.waiting import until_accepted
from redbook.mmc.read import C2, ReadCd, ReadCdMsf, Selection
from redbook.records import dataclass

READ_BUSY_SECONDS = 60.0
_BUSY_PAUSE_SECONDS = 0.05
_ALL_FIELDS = 0xF8
_SIZES = (8, 1)
_MOST_REFUSALS = 4
"""In one stretch: a form, a size, and some chance refusals."""

UNREADABLE = (
    errors.MediumError,
    errors.BlankCheck,
    errors.AddressOutOfRange,
    errors.IllegalModeForTrack,
)
"""What a drive answers about a sector that it cannot read; anything else concerns the whole disc."""

PASSING = (*UNREADABLE, errors.InvalidReply, errors.HardwareError, errors.CommandAborted)
"""What a second reading, or one of another place, may cure."""

_NOT_OF_THE_FORM = (errors.AddressOutOfRange, errors.CommandSequenceError)


class ReadForm(NamedTuple):
    """One way to ask for audio."""

    by_msf: bool
    sector_type: int
    fields: int

    def command(self, lba: int, sectors: int, c2: C2 = C2.NONE) -> ReadCd | ReadCdMsf:
        selection = Selection(self.fields, c2)
        if self.by_msf:
            return ReadCdMsf(Msf.from_lba(lba), Msf.from_lba(lba + sectors), self.sector_type, selection)
        return ReadCd(lba, sectors, self.sector_type, selection)


FORMS = tuple(
    ReadForm(by_msf, sector_type, fields)
    for by_msf in (False, True)
    for fields in (Selection.USER_DATA, _ALL_FIELDS)
    for sector_type in (ReadCd.CD_DA, ReadCd.ANY_TYPE)
)


@dataclass(slots=True)
class ReadHabits:
    """How a drive wants to be asked, as far as this is known.

    form           index in FORMS
    most_sectors   of one command; CHUNK_SECTORS for as many as the way there carries
    proven         whether audio was returned in this form
    """

    form: int = 0
    most_sectors: int = CHUNK_SECTORS
    proven: bool = False

    def carried(self, most_sectors: int) -> int:
        """Sectors in one command, where the way there carries this many."""
        return most_sectors if self.most_sectors == CHUNK_SECTORS else min(most_sectors, self.most_sectors)

    def check(self) -> ReadHabits:
        """Itself, or the defaults if it says something impossible: it may come from a file."""
        if not 0 <= self.form < len(FORMS) or not 1 <= self.most_sectors <= CHUNK_SECTORS:
            return ReadHabits()
        return self


def read_audio(lba: int, sectors: int, habits: ReadHabits) -> Procedure[bytes]:
    """This many sectors as one stretch, in as many commands as the transport and the drive want.

    raises  SenseError  if one cannot be read, or the drive accepts no form of reading
    """
    pieces: list[bytes] = []
    end, refusals = lba + sectors, 0
    while lba < end:
        count = min(habits.carried((yield MostSectors())), end - lba)
        try:
            pieces.append((yield from _in_known_form(lba, count, habits)))
        except errors.TransferTooLarge:
            if (yield MostSectors()) >= count:
                raise
            continue
        except (errors.IllegalRequest, errors.InvalidReply) as refusal:
            refusals += 1
            if refusals > _MOST_REFUSALS or isinstance(refusal, _NOT_OF_THE_FORM):
                raise
            if not (yield from _find_another_form(lba, count, habits, refusal)):
                raise
            continue
        habits.proven = True
        lba += count
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _in_known_form(lba: int, sectors: int, habits: ReadHabits) -> Procedure[bytes]:
    command = FORMS[habits.form].command(lba, sectors)
    data: bytes = yield from until_accepted(command, READ_BUSY_SECONDS, _BUSY_PAUSE_SECONDS)
    if len(data) != sectors * SECTOR_BYTES:
        raise errors.InvalidReply(
            f"{command.NAME}: {len(data)} bytes arrived for {sectors} sectors of {SECTOR_BYTES}; "
            "check the cable, or try another drive"
        )
    return data


def _find_another_form(
    lba: int, sectors: int, habits: ReadHabits, refusal: errors.IllegalRequest | errors.InvalidReply
) -> Procedure[bool]:
    """Whether the drive accepts this stretch after all, or in another form; `habits` then say how.

    First the same is tried once more: one refusal may be chance, and what is found here is remembered. Then a
    smaller size in the same form: this limit is more common, and costs one command.
    """
    if habits.proven and isinstance(refusal, errors.IllegalModeForTrack):
        return False  # the sector is of another kind; the form has worked
    if (yield from _is_taken(FORMS[habits.form], lba, sectors)):
        return True
    for size in (s for s in _SIZES if s < sectors):
        if (yield from _is_taken(FORMS[habits.form], lba, size)):
            habits.most_sectors = size
            return True
    if habits.proven:
        return False
    for index, form in enumerate(FORMS):
        if index == habits.form:
            continue
        for size in dict.fromkeys((sectors, *(s for s in _SIZES if s < sectors))):
            if (yield from _is_taken(form, lba, size)):
                habits.form, habits.most_sectors = index, max(size, 1)
                if size == sectors:
                    habits.most_sectors = CHUNK_SECTORS
                return True
    return False


def _is_taken(form: ReadForm, lba: int, sectors: int) -> Procedure[bool]:
    """A sector that cannot be read was requested in an accepted form."""
    try:
        yield from until_accepted(form.command(lba, sectors), READ_BUSY_SECONDS, _BUSY_PAUSE_SECONDS)
    except (errors.MediumError, errors.BlankCheck):
        return True
    except (errors.SenseError, errors.InvalidReply):
        return False
    return True
