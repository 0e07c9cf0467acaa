"""Padding: the silence that makes a track whole sectors long, and at least 4 s, the shortest a track may be.

Who pads depends on the burn:

* `redbook burn` and `plan`, the page, copies: `authoring.arrange` puts the silence into the audio before
  anything is sent. Session-at-once, it pads the last track; a short track before that only if it was asked
  for (`pad_short_tracks`), or else the burn is refused. Track-at-once, it pads every track.
* Tracks that are added one by one (`engine.burn.add_track`, IMAPI2's track-at-once writer): `engine.plan`
  plans the padded length, and `engine.one_track.pad` sends the silence after the audio. In the burns above
  it finds nothing left to send.
* A track-at-once track that a cancel or an error cut short: `engine.track_at_once.end_cut_short` pads it.
* Some drives pad a track that is ended too short, and so does ours (`virtual.medium`, `end_track`). Not every
  drive does it, so no burn relies on it.
* A raw image of IMAPI2 is not padded to 4 s: a short track is refused.

The checksums of a source (`audio.sectors`, `audio.chain`) count its padding, whoever sends it.
Source: IEC 60908 for the 4 s.
"""

from __future__ import annotations

from redbook.disc.numbers import SAMPLES_PER_SECTOR, SHORTEST_TRACK_SECTORS


def samples_to_pad(samples: int) -> int:
    """How many samples of silence it takes to fill the last sector."""
    return -samples % SAMPLES_PER_SECTOR


def padded(sectors: int) -> int:
    """The length of a track with this many sectors of audio, once it is padded."""
    return max(sectors, SHORTEST_TRACK_SECTORS)


def is_too_short(sectors: int) -> bool:
    """Whether a track of this many sectors must be padded."""
    return sectors < SHORTEST_TRACK_SECTORS
