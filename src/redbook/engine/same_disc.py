"""Whether the disc being read is still the one that the reading began with."""

from __future__ import annotations

from redbook.disc import Toc
from redbook.engine.events import Notice
from redbook.engine.inspect import DiscContents, contents
from redbook.engine.steps import Procedure
from redbook.engine.waiting import until_ready
from redbook.errors import MediumUnsuitable
from redbook.records import dataclass


@dataclass(slots=True)
class SameDisc:
    """A disc as it was found, and whether the drive has reported a change since.

    Drives say after a reset, too, that their disc may have changed; so what it says about itself is asked
    again, and only another disc ends the reading.
    """

    _known: object = None
    in_doubt: bool = False

    def doubt(self) -> None:
        self.in_doubt = True

    def is_this(self, found: DiscContents, toc: Toc | None) -> None:
        """Earlier reports of a change do not concern this disc.  toc: as it was read last"""
        self._known = _what_tells_it(found, toc)
        self.in_doubt = False

    def check(self) -> Procedure[None]:
        """Whether it is still the same disc, if the drive said that it may have been changed.

        raises  MediumUnsuitable  if another disc is in the drive; NoMedium if there is none
        """
        if not self.in_doubt or self._known is None:
            return
        yield from until_ready()
        now = yield from contents()
        self.in_doubt = False
        if _what_tells_it(now, now.toc) != self._known:
            raise MediumUnsuitable(
                "another disc was put into the drive while the first one was read back, so neither can be "
                "judged; insert the right one, and compare it with `redbook verify`"
            )
        yield Notice(
            "the drive says that its disc may have been changed while it was read back; its table of "
            "contents is still the same"
        )


def _what_tells_it(found: DiscContents, toc: Toc | None) -> object:
    """Its table of contents; for an open session, the drive's own list of tracks."""
    return found.tracks if toc is None else toc
