"""Discs with data on them before redbook's faces: shown, left alone, and how tracks are summed up.

AccurateRip's sums are computed a second time here, by the plain formula. The ids of the mixed mode disc are
those that icedax 1.1.11 makes of it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import redbook
from redbook.burning.looking import read_checksums
from redbook.disc import Toc, TocTrack
from redbook.drive import Drive
from redbook.errors import MediumUnsuitable, NotRecordable, Sense
from redbook.image.state_json import to_json
from redbook.mmc.disc_info import DiscStatus, ReadDiscInformation, ReadFullToc
from redbook.mmc.mode_pages import MultiSession
from redbook.mmc.write import Blank, BlankType
from redbook.virtual.faults import BadSpot, Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import entry, lead_in, lead_out, sector, write_session
from tests.support.drives import close_session, ready, write_track
from tests.support.foreign import SONGS, data_only, extra, mixed
from tests.support.sound import noise, write_wav

# Sums are compared with those of what was sent; a drive's offset would be in them.
pytestmark = pytest.mark.usefixtures("exact_recorder")


def accuraterip(pcm: bytes, *, first: bool, last: bool) -> tuple[str, str]:
    """v1 and v2 as AccurateRip defines them: sample times place, without five sectors at the disc's ends."""
    samples = [int.from_bytes(pcm[n : n + 4], "little") for n in range(0, len(pcm), 4)]
    low = 5 * 588 if first else 1
    high = len(samples) - (5 * 588 if last else 0)
    products = [n * value for n, value in enumerate(samples, 1) if low <= n <= high]
    v1 = sum(products) & 0xFFFFFFFF
    v2 = sum((p & 0xFFFFFFFF) + (p >> 32) for p in products) & 0xFFFFFFFF
    return f"{v1:08x}", f"{v2:08x}"


def sums(pcm: bytes, own_sectors: int, *, first: bool, last: bool) -> tuple[str, str, str]:
    own = hashlib.sha256(pcm[: own_sectors * 2352]).hexdigest()
    return (own, *accuraterip(pcm, first=first, last=last))


@pytest.fixture
def gaps(drive: Drive) -> Drive:
    """Three tracks with sound in their gaps: index 0 at 400 and 900, index 1 at 500 and 1000, end at 1400."""
    sheet = lead_in() + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0)
    for track, begin in ((2, 400), (3, 900)):
        sheet += entry(1, track, 0, 0, begin) + entry(1, track, 1, 0, begin + 100)
    write_session(drive, sheet + lead_out(1400), 1400)
    return drive


def test_a_track_is_summed_up_to_the_next_one_s_start(gaps: Drive) -> None:
    whole = [b"".join(map(sector, range(*ends))) for ends in ((0, 500), (500, 1000), (1000, 1400))]
    assert read_checksums(gaps) == {
        1: sums(whole[0], 400, first=True, last=False),
        2: sums(whole[1], 400, first=False, last=False),
        3: sums(whole[2], 400, first=False, last=True),
    }


def test_a_gap_that_cannot_be_read_is_silence(drive: Drive, recorder: VirtualRecorder) -> None:
    """Run-out and link blocks of track-at-once give many drives read errors."""
    for _ in range(2):
        write_track(drive, 300, 0x11)
    close_session(drive)
    before = read_checksums(drive)
    recorder.bad_spots += [BadSpot(300, 302), BadSpot(752, 754)]
    assert read_checksums(drive) == before
    pcm = bytes([0x11]) * (300 * 2352)
    assert before[1][1:] == accuraterip(pcm + bytes(152 * 2352), first=True, last=False)
    assert before[2][1:] == accuraterip(pcm + bytes(2 * 2352), first=False, last=True)


def test_what_a_burn_reports_is_what_a_ripper_will_find(tmp_path: Path) -> None:
    files = [write_wav(tmp_path / f"{n}.wav", noise(588 * 310, n)) for n in range(2)]
    drive = redbook.open_drive(f"virtual:{tmp_path / 'a.disc'}")
    with drive:
        report = redbook.burn(files, drive)
        found = read_checksums(drive)
    assert found == {t.number: (t.sha256, t.accuraterip_v1, t.accuraterip_v2) for t in report.tracks}


SONG_2 = SONGS[1].ljust(351 * 2352, b"\0")
SONG_1_WITH_GAP = SONGS[0] + bytes(150 * 2352)


@pytest.mark.parametrize("full_toc", [True, False], ids=["full TOC", "no full TOC"])
@pytest.mark.parametrize(("make", "first"), [(mixed, 2), (extra, 1)])
def test_data_tracks_have_no_sums_and_audio_ends_with_its_session(
    make: object, first: int, full_toc: bool
) -> None:
    """Track 2 of the CD-Extra is not read to the data, 11 400 sectors behind its session."""
    recorder = VirtualRecorder(make())  # type: ignore[operator]
    if not full_toc:
        recorder.faults.append(Fault(Sense(5, 0x24, 0), ReadFullToc, times=None))
    assert read_checksums(ready(recorder)) == {
        first: sums(SONG_1_WITH_GAP, 400, first=True, last=False),
        first + 1: sums(SONG_2, 351, first=False, last=True),
    }


def test_a_disc_of_data_alone_has_no_sums() -> None:
    assert read_checksums(ready(VirtualRecorder(data_only()))) == {}


@pytest.mark.parametrize(
    ("make", "kinds", "pregaps"),
    [
        (mixed, ["data", "audio", "audio"], [None, 150, 150]),
        (extra, ["audio", "audio", "data"], [150, 150, None]),
        (data_only, ["data"], [None]),
    ],
)
def test_info_tells_data_from_audio(make: object, kinds: list[str], pregaps: list[int | None]) -> None:
    info = redbook.disc_info(ready(VirtualRecorder(make())))  # type: ignore[operator]
    assert ["audio" if t.is_audio else "data" for t in info.disc.tracks] == kinds
    assert [info.labels.pregap_sectors(t.number) for t in info.disc.tracks] == pregaps


class TestIds:
    def test_of_mixed_mode(self) -> None:
        """libdiscid counts a data track at the front: releases begin with track 1."""
        toc = redbook.disc_info(ready(VirtualRecorder(mixed()))).disc.toc
        assert toc is not None
        assert toc.musicbrainz_id == "ffRaVvxdaVPaMebkUUXWtq.ziG0-"
        assert toc.freedb_id == "0b001403"

    def test_of_a_cd_extra(self) -> None:
        """As of a disc without the data, whose lead-out is that of the first session."""
        toc = redbook.disc_info(ready(VirtualRecorder(extra()))).disc.toc
        assert toc is not None
        alone = Toc((TocTrack(1, 0), TocTrack(2, 550)), 901)
        assert toc.musicbrainz_id == alone.musicbrainz_id
        assert toc.freedb_id != alone.freedb_id  # freedb has all tracks

    def test_accuraterip_counts_audio_and_the_whole_disc_s_lead_out(self) -> None:
        toc = redbook.disc_info(ready(VirtualRecorder(extra()))).disc.toc
        assert toc is not None
        first, second = 0 + 550 + 12601, 1 * 1 + 550 * 2 + 12601 * 3
        assert toc.accuraterip_id == f"002-{first:08x}-{second:08x}-{toc.freedb_id}"

    def test_of_data_alone_there_are_none(self) -> None:
        toc = redbook.disc_info(ready(VirtualRecorder(data_only()))).disc.toc
        assert toc is not None
        assert (toc.musicbrainz_id, toc.accuraterip_id) == ("", "")

    @pytest.mark.parametrize("make", [mixed, extra])
    def test_they_are_the_same_whether_more_can_be_added_or_not(self, make: object) -> None:
        discs = (make(), make("cd-r", finished=False))  # type: ignore[operator]
        tables = [redbook.disc_info(ready(VirtualRecorder(disc))).disc.expected_toc() for disc in discs]
        assert tables[0] is not None and tables[1] is not None
        assert tables[0].lead_out_lba == tables[1].lead_out_lba
        assert tables[0].accuraterip_id == tables[1].accuraterip_id


class TestNothingIsBurned:
    @pytest.fixture
    def song(self, tmp_path: Path) -> Path:
        return write_wav(tmp_path / "a.wav", noise(588 * 310))

    @pytest.mark.parametrize("make", [mixed, extra, data_only])
    def test_on_a_pressed_disc(self, make: object, song: Path) -> None:
        drive = ready(VirtualRecorder(make()))  # type: ignore[operator]
        for append in (False, True):
            with pytest.raises(NotRecordable):
                redbook.plan([song], drive, append=append)
        with pytest.raises(MediumUnsuitable):
            redbook.blank(drive)

    @pytest.mark.parametrize("make", [mixed, extra, data_only])
    def test_behind_data(self, make: object, song: Path) -> None:
        medium: Medium = make("cd-r", finished=False)  # type: ignore[operator]
        before = to_json(medium.state)
        drive = ready(VirtualRecorder(medium))
        for job in (redbook.plan, redbook.burn):
            with pytest.raises(MediumUnsuitable, match="holds data"):
                job([song], drive, append=True)
        assert to_json(medium.state) == before

    def test_a_cd_rw_is_blanked_and_then_burned(self, song: Path) -> None:
        drive = ready(VirtualRecorder(mixed("cd-rw")))
        redbook.blank(drive)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        assert redbook.burn([song], drive).verified

    def test_where_the_data_session_was_taken_away_audio_goes_on(self, song: Path) -> None:
        drive = ready(VirtualRecorder(extra("cd-rw")))
        drive.run(Blank(BlankType.SESSION))
        with pytest.raises(redbook.RedbookError, match="not blank"):
            redbook.plan([song], drive)
        assert [t.number for t in redbook.plan([song], drive, append=True).tracks] == [3]


def test_an_appended_session_ends_the_sums_of_the_one_before(drive: Drive) -> None:
    write_track(drive, 300, 0x11)
    close_session(drive, MultiSession.NEXT_ALLOWED)
    write_track(drive, 300, 0x22)
    close_session(drive)
    first = bytes([0x11]) * (300 * 2352) + bytes(2 * 2352)
    assert read_checksums(drive)[1][1:] == accuraterip(first, first=True, last=False)
