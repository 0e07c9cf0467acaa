"""CHAP: an initiator proves that it knows the secret, and the target does the same if asked.

Source: RFC 7143 12.1.3, RFC 1994; numbers of the algorithms: IANA, PPP authentication algorithms.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

LEAST_SECRET_BYTES = 12
"""Source: RFC 7143 9.2.1 (96 bits)."""
_MOST_BINARY_BYTES = 1024
_CHALLENGE_BYTES = 32

ALGORITHMS: Mapping[str, str] = {"5": "md5", "7": "sha256"}
"""Names by the number on the wire; every initiator has MD5."""


class ChapError(Exception):
    """The other side did not prove who it is."""


@dataclass(frozen=True)
class Credentials:
    """Who may log in, and how the target proves itself if asked; the two secrets must differ."""

    user: str
    secret: bytes
    target_user: str = ""
    target_secret: bytes = b""

    def __post_init__(self) -> None:
        if not self.user or not self.secret:
            raise ValueError("CHAP needs a name and a secret")
        if bool(self.target_user) != bool(self.target_secret):
            raise ValueError("mutual CHAP needs a name and a secret of the target's own")
        if self.secret == self.target_secret:
            raise ValueError("the secrets of initiator and target must differ (RFC 7143 9.2.1)")

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r})"  # secrets stay out of logs


def response(algorithm: str, identifier: int, secret: bytes, challenge: bytes) -> bytes:
    """The proof.  algorithm: its number as text; identifier: 0 .. 255.  Source: RFC 1994 4.1."""
    proof = hashlib.new(ALGORITHMS[algorithm], usedforsecurity=False)
    proof.update(bytes((identifier,)) + secret + challenge)
    return proof.digest()


def to_binary(text: str) -> bytes:
    """Bytes from their hexadecimal (0x) or base64 (0b) form.

    raises  ChapError  for anything else, and for more than 1024 bytes
    source  RFC 7143 6.1, 12.1.3
    """
    form, digits = text[:2].lower(), text[2:]
    if len(digits) > 2 * _MOST_BINARY_BYTES:
        raise ChapError("a binary value of more than 1024 bytes")
    try:
        if form == "0x":
            return bytes.fromhex(digits.rjust(len(digits) + len(digits) % 2, "0"))
        if form == "0b":
            return base64.b64decode(digits, validate=True)
    except (ValueError, binascii.Error) as error:
        raise ChapError("a binary value with other characters") from error
    raise ChapError("a binary value without 0x or 0b")


def to_text(data: bytes) -> str:
    return f"0x{data.hex()}"


class ChapServer:
    """The target's side: first the algorithm, then the proofs.

    random  returns this many unpredictable bytes
    """

    def __init__(
        self, credentials: Credentials, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self.done = False
        self._credentials = credentials
        self._random = random
        self._algorithm = ""
        self._identifier = 0
        self._challenge = b""

    def answer(self, keys: Mapping[str, str]) -> dict[str, str]:
        """The answer to the CHAP keys that came.  raises  ChapError"""
        if "CHAP_A" in keys:
            return self._choose(keys["CHAP_A"])
        if "CHAP_R" in keys:
            return self._check(keys)
        if keys:
            raise ChapError(f"CHAP keys that make no sense together: {', '.join(keys)}")
        return {}

    def _choose(self, offered: str) -> dict[str, str]:
        if self._challenge:
            raise ChapError("the algorithm was already chosen")
        known = next((number for number in offered.split(",") if number in ALGORITHMS), None)
        if known is None:
            raise ChapError(f"none of the offered algorithms is known: {offered[:60]}")
        self._algorithm = known
        self._identifier = self._random(1)[0]
        self._challenge = self._random(_CHALLENGE_BYTES)
        return {"CHAP_A": known, "CHAP_I": str(self._identifier), "CHAP_C": to_text(self._challenge)}

    def _check(self, keys: Mapping[str, str]) -> dict[str, str]:
        if not self._challenge or self.done:
            raise ChapError("a proof that was not asked for")
        expected = response(self._algorithm, self._identifier, self._credentials.secret, self._challenge)
        proven = hmac.compare_digest(to_binary(keys["CHAP_R"]), expected)
        if not proven or keys.get("CHAP_N") != self._credentials.user:
            raise ChapError("name or secret is wrong")
        reply = self._prove(keys) if "CHAP_C" in keys or "CHAP_I" in keys else {}
        self.done = True
        return reply

    def _prove(self, keys: Mapping[str, str]) -> dict[str, str]:
        """The target's own proof, if it has one to give."""
        if not self._credentials.target_secret:
            raise ChapError(
                "the initiator wants the target to prove its identity, which has no secret of its own"
            )
        challenge, identifier = to_binary(keys.get("CHAP_C", "")), keys.get("CHAP_I", "")
        if challenge == self._challenge:
            raise ChapError("the target's own challenge came back (RFC 7143 9.2.1)")
        if not challenge or not identifier.isascii() or not identifier.isdigit() or len(identifier) > 3:
            raise ChapError("no challenge to answer")
        if int(identifier) > 255:
            raise ChapError("an identifier of more than one byte")
        proof = response(self._algorithm, int(identifier), self._credentials.target_secret, challenge)
        return {"CHAP_N": self._credentials.target_user, "CHAP_R": to_text(proof)}
