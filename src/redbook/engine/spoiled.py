"""A disc that a burn spoiled: its last session was being written at once, and broke off.

There are sectors, but neither a table of contents nor an entry in the PMA, so a drive knows no complete
track in the session and gives no address to continue at.  Source: MMC-5 6.27 (damaged, and no next writable
address: the track can be neither continued nor repaired), 4.4.
"""

from __future__ import annotations

from redbook.engine.steps import Procedure
from redbook.errors import InvalidField, InvalidReply, SenseError
from redbook.mmc.disc_info import (
    DiscInformation,
    DiscStatus,
    ReadTrackInformation,
    SessionStatus,
    TrackInformation,
)


def is_spoiled(information: DiscInformation) -> Procedure[bool]:
    """Whether the last session on the disc broke off, so that nothing can be added to it.

    A drive that answers differently from what such a disc would cause is not understood to say so.
    """
    if (
        information.status is not DiscStatus.APPENDABLE
        or information.last_session_status is not SessionStatus.INCOMPLETE
    ):
        return False
    try:
        following: TrackInformation = yield ReadTrackInformation()
    except InvalidField:
        pass
    except (SenseError, InvalidReply):
        return False
    else:
        if following.next_writable_lba is not None or not following.damaged:
            return False
    try:
        first: TrackInformation = yield ReadTrackInformation(information.first_track_of_last_session)
    except InvalidField:
        return True  # it finds no track at all
    except (SenseError, InvalidReply):
        return False
    return first.damaged and first.next_writable_lba is None


def spoiled_in_words(information: DiscInformation, name: str = "") -> str:
    """What such a disc is, and what can be done with it.

    name  of the drive that it is in
    """
    where = f" in {name}" if name else ""
    disc, players = f"the disc{where} is spoiled", "no player can play it"
    if information.sessions > 1:
        disc = f"the last session on the disc{where} is spoiled"
        players = "players find only what was on the disc before"
    remedy = (
        "blank this CD-RW to use it again (`redbook blank`)" if information.erasable else "use another disc"
    )
    return (
        f"{disc}: a burn ended before the table of contents was written, so {players}, and nothing can be "
        f"added; {remedy}"
    )
