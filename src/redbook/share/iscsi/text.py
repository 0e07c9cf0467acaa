"""Keys and values: how they are written in a data segment, and how each one is negotiated.

The rules are data, in `KEYS`.  Source: RFC 7143 6 (format, negotiation), 13 (keys), RFC 7144 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum, auto

from redbook.records import dataclass

NOT_UNDERSTOOD, REJECT, IRRELEVANT, NONE = "NotUnderstood", "Reject", "Irrelevant", "None"
RECEIVED_DATA_SEGMENT_BYTES = 262_144
"""The largest data segment that is accepted outside a login."""
MOST_LOGIN_TEXT_BYTES = 16_384
"""The most text for one side's keys between two stages, over all PDUs."""

_KEY_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.+@_#-]{0,62}")
_NUMBER = re.compile(r"[0-9]{1,20}|0[xX][0-9A-Fa-f]{1,16}")


class TextError(ValueError):
    """The bytes are not keys and values, or say something that is not allowed."""


def parse(data: bytes) -> dict[str, str]:
    """The keys of a data segment, in their order.

    raises  TextError  for text that is not key=value or not UTF-8, or a key that comes twice
    """
    found: dict[str, str] = {}
    for pair in data.split(b"\0"):
        if not pair:
            continue
        try:
            key, separator, value = pair.decode("utf-8").partition("=")
        except UnicodeDecodeError as error:
            raise TextError("the text is not UTF-8") from error
        if not separator or not _KEY_NAME.fullmatch(key):
            raise TextError(f"not a key and value: {pair[:60]!r}")
        if key in found:
            raise TextError(f"{key} is given twice")
        found[key] = value
    return found


def build(pairs: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(f"{key}={value}".encode() + b"\0" for key, value in pairs)


class Rule(Enum):
    """How the result follows from the two sides' values.  Source: RFC 7143 6.2."""

    MINIMUM = auto()
    MAXIMUM = auto()
    AND = auto()
    OR = auto()
    FIRST_KNOWN = auto()
    DECLARED = auto()


@dataclass(frozen=True, slots=True)
class Key:
    """How one key is negotiated.

    ours     the target's side: a number, Yes or No, or the list of what it knows
    default  what holds if neither side mentions the key
    least, most  range of a number
    """

    rule: Rule
    ours: int | bool | tuple[str, ...]
    default: int | bool | str
    least: int = 0
    most: int = 0xFFFFFF


_BOTH_DIGESTS = ("CRC32C", NONE)

KEYS: Mapping[str, Key] = {
    "HeaderDigest": Key(Rule.FIRST_KNOWN, _BOTH_DIGESTS, NONE),
    "DataDigest": Key(Rule.FIRST_KNOWN, _BOTH_DIGESTS, NONE),
    "MaxConnections": Key(Rule.MINIMUM, 1, 1, 1, 65535),
    "InitialR2T": Key(Rule.OR, False, True),
    "ImmediateData": Key(Rule.AND, True, True),
    "MaxRecvDataSegmentLength": Key(Rule.DECLARED, RECEIVED_DATA_SEGMENT_BYTES, 8192, 512),
    "MaxBurstLength": Key(Rule.MINIMUM, 1 << 20, 262_144, 512),
    "FirstBurstLength": Key(Rule.MINIMUM, RECEIVED_DATA_SEGMENT_BYTES, 65_536, 512),
    "DefaultTime2Wait": Key(Rule.MAXIMUM, 0, 2, 0, 3600),
    "DefaultTime2Retain": Key(Rule.MINIMUM, 0, 20, 0, 3600),
    "MaxOutstandingR2T": Key(Rule.MINIMUM, 1, 1, 1, 65535),
    "DataPDUInOrder": Key(Rule.OR, True, True),
    "DataSequenceInOrder": Key(Rule.OR, True, True),
    "ErrorRecoveryLevel": Key(Rule.MINIMUM, 0, 0, 0, 2),
    "TaskReporting": Key(Rule.FIRST_KNOWN, ("RFC3720",), "RFC3720"),
    "iSCSIProtocolLevel": Key(Rule.MINIMUM, 1, 1, 0, 31),
    # Obsolete, but older initiators still offer them (RFC 7143 13.25).
    "IFMarker": Key(Rule.AND, False, False),
    "OFMarker": Key(Rule.AND, False, False),
}
Value = int | bool | str


def answer(name: str, offered: str) -> tuple[str | None, Value | None]:
    """The reply to an offer, and the value that holds from now on.

    The reply is None if none is needed (a declaration), the value is None if there is no agreement.

    raises  TextError  for an invalid declaration
    """
    key = KEYS.get(name)
    if key is None:
        return NOT_UNDERSTOOD, None
    if key.rule is Rule.FIRST_KNOWN:
        assert isinstance(key.ours, tuple)
        known = next((value for value in offered.split(",") if value in key.ours), None)
        return (known, known) if known is not None else (REJECT, None)
    if isinstance(key.ours, bool):
        return _answer_boolean(key.rule, key.ours, offered)
    assert isinstance(key.ours, int)
    number = _number(offered)
    if number is None or not key.least <= number <= key.most:
        if key.rule is Rule.DECLARED:
            raise TextError(f"{name}={offered[:60]} is not allowed")
        return REJECT, None
    if key.rule is Rule.DECLARED:
        return None, number
    agreed = max(number, key.ours) if key.rule is Rule.MAXIMUM else min(number, key.ours)
    return str(agreed), agreed


def _answer_boolean(rule: Rule, ours: bool, offered: str) -> tuple[str | None, Value | None]:
    if offered not in ("Yes", "No"):
        return REJECT, None
    theirs = offered == "Yes"
    agreed = (theirs or ours) if rule is Rule.OR else (theirs and ours)
    return "Yes" if agreed else "No", agreed


def _number(text: str) -> int | None:
    """Decimal, or hexadecimal after 0x.  Source: RFC 7143 6.1."""
    if not _NUMBER.fullmatch(text):
        return None
    return int(text, 16 if text[:2] in ("0x", "0X") else 10)
