"""A master's audio on its way to a disc: read from its files, by any number of burns at once, and checked.

A burn of files spools what it decodes, up to 850 MB for each burn. A master already has the sectors that are
burned, so several drives can read the same copy.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from redbook.disc import SAMPLES_PER_SECTOR
from redbook.errors import AudioError, Cancelled
from redbook.flag import Flag

if TYPE_CHECKING:
    from redbook.audio.sectors import PreparedTrack, Spool
    from redbook.authoring.master import Master
    from redbook.burning.composing import Composition
    from redbook.sheets.master_file import MasterFile

_PIECE_BYTES = 1 << 20


def kept_sources(composed: Composition) -> tuple[list[PreparedTrack], Spool]:
    """The sources and the spool of a composition that is a master.

    raises  AudioError  if its audio cannot be read
    """
    from redbook.audio.format import Tags
    from redbook.audio.sectors import KeptSpool, kept_track

    assert composed.kept is not None
    program, master = composed.program, composed.kept
    known = {track.sha256: track for track in master.tracks}
    sectors = dict(zip((track.sha256 for track in master.tracks), master.lengths(), strict=True))
    sources = []
    for source in program.sources:
        track = known[source.path.stem]
        tags = Tags(title=track.title, artist=track.artist, album=track.album)
        sources.append(kept_track(source, sectors[track.sha256], track.conversion, tags))
    try:
        return sources, KeptSpool([source.path for source in program.sources])
    except OSError as error:
        raise AudioError(f"the master's audio cannot be read: {error.strerror}") from error


def check_kept(master: MasterFile, found: Master, cancel: Flag | None) -> None:
    """Check that a master's audio still has the checksums that the master states.

    Planning a burn reads the audio. If what is to be burned has the checksums of the master's tracks, that is
    enough. Otherwise, as in another mode, each file is read once more.

    raises  AudioError  if the audio has changed; Cancelled
    """
    meant = [track.sha256 for track in master.tracks]
    found.sums.wait(cancel)
    if found.sums.proofs == meant:
        return
    for number, source in enumerate(found.sources):
        total = hashlib.sha256()
        buffer = memoryview(bytearray(_PIECE_BYTES))
        left = source.sectors * SAMPLES_PER_SECTOR * 4
        offset = 0
        while offset < left:
            if cancel is not None and cancel.is_set():
                raise Cancelled("cancelled while the master was read; nothing was sent")
            got = found.spool.read_into(number, offset, buffer)
            if not got:
                break
            total.update(buffer[:got])
            offset += got
        if total.hexdigest() != source.path.stem:
            raise AudioError(
                f"{source.path.name}: the audio of this master was damaged after it was made; copy it once "
                "more, or make it again",
                source.source,
            )
