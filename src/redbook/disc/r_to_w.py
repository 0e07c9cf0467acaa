"""R to W after the lead-in: packs of 24 symbols of six bits, with parity, and spread over the disc.

A sector has four packs. Two symbols of parity protect a pack's first two symbols, four protect the whole
pack. Each symbol is delayed by up to seven packs, so that the damage from a scratch is spread over several
packs. The lead-in's CD-Text has neither.

Source: IEC 60908 clause 17.6 and its figures on the R to W packs.
"""

from __future__ import annotations

from redbook.disc.sub_channel import RAW_BYTES

PACK_SYMBOLS = 24
PACKS_PER_SECTOR = RAW_BYTES // PACK_SYMBOLS
_MOST_DELAY = 7  # packs
_SWAPPED = ((1, 18), (2, 5), (3, 23))
"""Symbols that swap places before the delays, so that the first four are not adjacent."""

_PLACES = list(range(PACK_SYMBOLS))
for _one, _other in _SWAPPED:
    _PLACES[_one], _PLACES[_other] = _other, _one

_POLYNOMIAL = 0b1000011  # x^6 + x + 1, the field of 64 elements
_POWERS: list[int] = [1]
while len(_POWERS) < 63:
    _next = _POWERS[-1] << 1
    _POWERS.append(_next ^ _POLYNOMIAL if _next & 0x40 else _next)
_LOGS = {value: power for power, value in enumerate(_POWERS)}


def _times(a: int, b: int) -> int:
    return _POWERS[(_LOGS[a] + _LOGS[b]) % 63] if a and b else 0


def _generator(roots: int) -> list[int]:
    """(x + 1)(x + a)...(x + a^(roots - 1)), highest power first, without the leading 1."""
    found = [1]
    for power in range(roots):
        longer = [*found, 0]
        for place, factor in enumerate(found):
            longer[place + 1] ^= _times(factor, _POWERS[power])
        found = longer
    return found[1:]


def _parity(data: bytes, roots: int) -> bytes:
    rest = [0] * roots
    generator = _generator(roots)
    for symbol in data:
        factor = symbol ^ rest[0]
        rest = [a ^ _times(factor, g) for a, g in zip([*rest[1:], 0], generator, strict=True)]
    return bytes(rest)


def _table(length: int, roots: int) -> list[list[int]]:
    """The parity for each place and each value there, as one number; parities are added up."""
    return [
        [
            int.from_bytes(_parity(bytes(value if n == place else 0 for n in range(length)), roots), "big")
            for value in range(64)
        ]
        for place in range(length)
    ]


class Packer:
    """Turns consecutive packs into R to W as on the disc; give it all sectors in order."""

    def __init__(self) -> None:
        self._waiting = [bytearray(PACK_SYMBOLS) for _ in range(_MOST_DELAY + 1)]
        self._two, self._four = _tables()

    def sector(self, symbols: bytes) -> bytes:
        """The sector for 96 symbols, of which bits 5-0 count; the symbols in the places of parity do not."""
        if not any(symbols) and not any(map(any, self._waiting)):
            return bytes(RAW_BYTES)
        return b"".join(
            self._pack(symbols[start : start + PACK_SYMBOLS]) for start in range(0, RAW_BYTES, PACK_SYMBOLS)
        )

    def _pack(self, pack: bytes) -> bytes:
        whole = with_parity(pack)
        for symbol, place in enumerate(_PLACES):
            self._waiting[place % 8][place] = whole[symbol]
        ready = bytes(self._waiting.pop(0))
        self._waiting.append(bytearray(PACK_SYMBOLS))
        return ready


_made: list[tuple[list[list[int]], list[list[int]]]] = []


def _tables() -> tuple[list[list[int]], list[list[int]]]:
    """Make the tables, when they are first needed."""
    if not _made:
        _made.append((_table(2, 2), _table(PACK_SYMBOLS - 4, 4)))
    return _made[0]


def with_parity(pack: bytes) -> bytes:
    """24 symbols: mode and item, instruction, two of parity over these, sixteen of data, four over all."""
    two, four = _tables()
    plain = bytes(symbol & 0x3F for symbol in pack)
    head = plain[:2]
    small = two[0][head[0]] ^ two[1][head[1]]
    front = head + small.to_bytes(2, "big") + plain[4:20]
    large = 0
    for place, symbol in enumerate(front):
        large ^= four[place][symbol]
    return front + large.to_bytes(4, "big")
