"""What is kept of tracks that were sent, for tests that verify by the engine alone."""

from __future__ import annotations

import hashlib

from redbook.disc import SECTOR_BYTES
from redbook.engine.fingerprint import Fingerprint, FingerprintMaker


def fingerprint(pcm: bytes) -> Fingerprint:
    """Of a track of at least 4 s, as it is sent."""
    sectors = max(300, -(-len(pcm) // SECTOR_BYTES))
    maker = FingerprintMaker()
    maker.update(pcm)
    padded = pcm.ljust(sectors * SECTOR_BYTES, b"\0")
    return maker.finish(hashlib.sha256(padded).hexdigest(), sectors)
