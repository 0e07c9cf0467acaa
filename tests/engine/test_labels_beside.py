"""Labels of a drive whose Q is that of a sector beside the one asked for (MMC-5 6.20 asks for no more)."""

from __future__ import annotations

from itertools import cycle

import pytest

import redbook
from redbook.disc import MOST_TRACKS, PREGAP_SECTORS
from redbook.disc.layout import Item, LaidTrack
from redbook.engine.labels import DiscLabels
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import entry, isrc, lead_in, lead_out, mcn, write_session
from tests.support.drives import model, ready

Disc = tuple[Medium, list[LaidTrack]]

OWN_SECTORS = 53
"""Of every track, its pregap apart: prime, so that MCN and ISRC stand in other places of each of them."""
LENGTHS = (0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 25, 150)


@pytest.fixture(scope="module")
def disc() -> Disc:
    """99 tracks with pregaps of these lengths, an ISRC in each, a second index in every third."""
    sheet, lba, tracks = mcn("4006381333931") + lead_in(), -PREGAP_SECTORS, []
    for number, length in zip(range(1, MOST_TRACKS + 1), cycle(LENGTHS), strict=False):
        pregap = length if number > 1 else PREGAP_SECTORS
        start, code = lba + pregap, f"DEABC25{number:05}"
        second = (start + 1 + number % (OWN_SECTORS - 1),) if number % 3 == 0 else ()
        tracks.append(LaidTrack(number, start, OWN_SECTORS, pregap, indexes=second, isrc=code))
        sheet += isrc(number, code) + (entry(1, number, 0, 0, lba) if pregap else b"")
        sheet += b"".join(entry(1, number, index, 0, at) for index, at in enumerate((start, *second), 1))
        lba = start + OWN_SECTORS
    recorder = VirtualRecorder(Medium.new(), model=model(short_tracks=True, largest_cue_sheet_bytes=9000))
    write_session(ready(recorder), sheet + lead_out(lba), lba)
    assert recorder.disc is not None
    return recorder.disc, tracks


def read(medium: Medium, offset: int) -> DiscLabels:
    return redbook.disc_info(ready(VirtualRecorder(medium, model=model(sub_channel_offset=offset)))).labels


@pytest.mark.parametrize("offset", range(-15, 16))
def test_no_place_is_told_wrong(offset: int, disc: Disc) -> None:
    medium, meant = disc
    labels = read(medium, offset)
    told = {track.number: labels.pregap_sectors(track.number) for track in meant}
    assert [(t, told[t.number]) for t in meant if told[t.number] not in (None, t.pregap_sectors)] == []
    for track, found in zip(meant, labels.tracks, strict=True):
        complete = (Item.INDEXES, track.number) not in labels.untold
        assert found.indexes == track.indexes[: None if complete else len(found.indexes)]


@pytest.mark.parametrize("offset", range(-10, 11))
def test_every_place_is_known_within_ten_sectors(offset: int, disc: Disc) -> None:
    """The end of the last track apart: behind it nothing is recorded that could be asked for."""
    medium, meant = disc
    labels = read(medium, offset)
    assert [labels.pregap_sectors(t.number) for t in meant] == [t.pregap_sectors for t in meant]
    assert labels.untold <= ({(Item.INDEXES, MOST_TRACKS)} if offset < 0 else frozenset())
