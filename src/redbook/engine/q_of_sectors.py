"""Q of sectors, as READ CD hands it over in 16 bytes.

Source: MMC-5 6.20.
"""

from __future__ import annotations

from collections.abc import Iterator

from redbook.disc.sub_channel import Q
from redbook.engine.steps import Procedure
from redbook.engine.waiting import ANY_COMMAND_SECONDS, POLL_SECONDS, until_accepted
from redbook.mmc.read import ReadCd, Selection, SubChannel

_Q_BYTES = 16
_SECTORS_AT_ONCE = 25


def read_q(lba: int, sectors: int = 1, sector_type: int = ReadCd.CD_DA) -> Procedure[list[Q]]:
    """What Q says in these sectors; those in which it is damaged are left out.

    raises  SenseError, InvalidReply
    """
    command = ReadCd(lba, sectors, sector_type, Selection(0, sub_channel=SubChannel.Q))
    data: bytes = yield from until_accepted(command, ANY_COMMAND_SECONDS, POLL_SECONDS)
    return list(_sound(data))


def _sound(data: bytes) -> Iterator[Q]:
    for at in range(0, len(data), _Q_BYTES):
        try:
            yield Q.from_bytes(data[at : at + _Q_BYTES])
        except ValueError:
            continue


def pieces(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """A run of sectors as some of them at once: address and number."""
    for lba in range(begin, end, _SECTORS_AT_ONCE):
        yield lba, min(_SECTORS_AT_ONCE, end - lba)
