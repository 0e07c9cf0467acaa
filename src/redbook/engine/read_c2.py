"""Audio together with the drive's own report on it: which sectors it could not correct (C2).

Source: MMC-5 6.20, table 357 (one bit for each byte of a sector, after its 2352 bytes).
"""

from __future__ import annotations

from redbook import errors
from redbook.disc import SECTOR_BYTES
from redbook.engine.read_audio import FORMS, READ_BUSY_SECONDS, ReadHabits, read_audio
from redbook.engine.steps import MostSectors, Procedure
from redbook.engine.waiting import POLL_SECONDS, until_accepted
from redbook.mmc.read import C2, C2_BYTES

_POINTER_BYTES = C2_BYTES[C2.POINTERS]
_BYTES = SECTOR_BYTES + _POINTER_BYTES
_UNMARKED = bytes(_POINTER_BYTES)


class NotGiven(Exception):
    """The drive does not accept the command with C2 pointers, although it accepted it without them."""


def read_marked(
    lba: int, sectors: int, habits: ReadHabits, with_c2: bool
) -> Procedure[tuple[bytes, tuple[int, ...]]]:
    """This many sectors as one stretch, and the addresses of those that the drive marks as damaged.

    habits   how the drive wants to be asked, as found by an earlier reading without C2 pointers
    with_c2  whether to ask for its marks; without, none is marked

    raises  SenseError, InvalidReply  where one cannot be read
            NotGiven  for a drive that refuses the command only with C2 pointers
    """
    if not with_c2:
        return (yield from read_audio(lba, sectors, habits)), ()
    pieces: list[bytes] = []
    marked: list[int] = []
    end = lba + sectors
    while lba < end:
        most = habits.carried((yield MostSectors()))
        count = min(max(1, most * SECTOR_BYTES // _BYTES), end - lba)
        data = yield from _read(lba, count, habits)
        for number in range(count):
            at = number * _BYTES
            pieces.append(data[at : at + SECTOR_BYTES])
            if data[at + SECTOR_BYTES : at + _BYTES] != _UNMARKED:
                marked.append(lba + number)
        lba += count
    return b"".join(pieces), tuple(marked)


def _read(lba: int, sectors: int, habits: ReadHabits) -> Procedure[bytes]:
    command = FORMS[habits.form].command(lba, sectors, C2.POINTERS)
    try:
        data: bytes = yield from until_accepted(command, READ_BUSY_SECONDS, POLL_SECONDS)
    except (errors.AddressOutOfRange, errors.IllegalModeForTrack):
        raise
    except (errors.IllegalRequest, errors.InvalidReply, errors.TransferTooLarge) as refusal:
        yield from read_audio(lba, sectors, habits)  # else it is no matter of C2
        raise NotGiven(str(refusal)) from refusal
    if len(data) != sectors * _BYTES:
        yield from read_audio(lba, sectors, habits)
        raise NotGiven(f"{len(data)} bytes arrived for {sectors} sectors of {_BYTES}")
    return data
