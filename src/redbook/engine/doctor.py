"""Everything that `redbook doctor` asks a drive: a glance, and what else is worth a line. Changes nothing."""

from __future__ import annotations

from redbook.engine.glance import Glance, glance
from redbook.engine.steps import Procedure
from redbook.engine.waiting import despite_attention
from redbook.errors import InvalidReply, SenseError
from redbook.mmc.disc_info import ReadTrackInformation, TrackInformation
from redbook.mmc.identify import Configuration, Feature, GetConfiguration
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class Examination:
    """features, track: None if the drive refuses to say; track: the one that would be written next."""

    glance: Glance
    features: tuple[Feature, ...] | None
    track: TrackInformation | None


def examine() -> Procedure[Examination]:
    """A glance at the drive, its features, and where the next track would go.

    raises  NotARecorder  for something else than a CD drive; TransportError
    """
    seen = yield from glance()
    features: tuple[Feature, ...] | None = None
    try:
        configuration: Configuration = yield from despite_attention(GetConfiguration())
        features = configuration.features
    except (SenseError, InvalidReply):
        features = None
    track: TrackInformation | None = None
    if seen.blank or seen.appendable:
        try:
            track = yield from despite_attention(ReadTrackInformation())
        except (SenseError, InvalidReply):
            track = None
    return Examination(seen, features, track)
