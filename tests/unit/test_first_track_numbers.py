"""A disc's tracks may begin with any number from 1 to 99 (IEC 60908 17.5.1; MMC-5 tables 489 and 518)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from redbook.burning.looking import disc_info
from redbook.disc import SECTOR_BYTES, Msf
from redbook.disc.sub_channel import LEAD_OUT_TNO, POSITION, Q, interleave
from redbook.drive import Drive
from redbook.mmc.disc_info import (
    ReadDiscInformation,
    ReadFullToc,
    ReadPma,
    ReadSessionInformation,
    ReadToc,
    ReadTrackInformation,
)
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.read import ReadCd, Selection, SubChannel
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import entry, isrc, lead_in, lead_out, sector, write_session
from tests.support.clients import client
from tests.support.drives import close_session, next_lba, ready, write_track

FIRST = 42
SHEET = (
    lead_in()
    + isrc(FIRST, "DEABC2500001")
    + entry(1, FIRST, 0, 0, -150)
    + entry(1, FIRST, 1, 0, 0)
    + entry(1, FIRST + 1, 0, 0, 400)
    + entry(1, FIRST + 1, 1, 0, 500)
    + lead_out(900)
)


def by_cue_sheet(drive: Drive) -> None:
    write_session(drive, SHEET, 900, multi_session=MultiSession.NEXT_ALLOWED)


def raw(drive: Drive) -> None:
    """The host makes lead-in, P and Q; the same disc."""
    page = WriteParameters(write_type=3, data_block_type=3, multi_session=MultiSession.NEXT_ALLOWED)
    drive.run(ModeSelect10(page.to_page()))
    points = {
        0xA0: Msf(FIRST, 0, 0),
        0xA1: Msf(FIRST + 1, 0, 0),
        0xA2: Msf.from_lba(900),
        FIRST: Msf.from_lba(0),
        FIRST + 1: Msf.from_lba(500),
    }
    table = [
        interleave(False, Q(POSITION, 0, 0, point, 0, time).to_bytes()) for point, time in points.items()
    ]
    start = next_lba(drive)
    for lba in range(start, 950, 25):
        data = b"".join(_raw_sector(n, table) for n in range(lba, min(lba + 25, 950)))
        drive.run(Write10(lba, data, SECTOR_BYTES + 96))
    drive.run(SynchronizeCache())


def _raw_sector(lba: int, table: list[bytes]) -> bytes:
    if lba < -150:
        return bytes(SECTOR_BYTES) + table[lba % len(table)]
    track, index, start = (FIRST, 0, 0) if lba < 0 else (FIRST, 1, 0)
    if lba >= 400:
        track, index, start = (FIRST + 1, 0, 500) if lba < 500 else (FIRST + 1, 1, 500)
    if lba >= 900:
        track, index, start = LEAD_OUT_TNO, 1, 900
    q = Q(POSITION, 0, track, index, abs(lba - start), Msf.from_lba(lba))
    return sector(lba) + interleave(index == 0, q.to_bytes())


@pytest.fixture(params=[by_cue_sheet, raw])
def disc(request: pytest.FixtureRequest, drive: Drive) -> Drive:
    request.param(drive)
    return drive


def test_every_table_has_the_numbers_of_the_host(disc: Drive) -> None:
    assert [(t.number, t.start_lba) for t in disc.run(ReadToc()).tracks] == [(42, 0), (43, 500)]
    points = {point.point: point.address for point in disc.run(ReadFullToc()).points}
    assert (points[0xA0][0], points[0xA1][0]) == (42, 43)
    information = disc.run(ReadDiscInformation())
    assert (information.first_track, information.first_track_of_last_session) == (42, 44)
    assert disc.run(ReadTrackInformation(42)).start_lba == 0
    assert disc.run(ReadTrackInformation(43)).start_lba == 500
    assert disc.run(ReadSessionInformation()).first_track_of_last_session == 42
    assert [point.point for point in disc.run(ReadPma()).points] == [42, 43]


def test_q_has_them(disc: Drive) -> None:
    found = {}
    for lba in (-1, 0, 399, 400, 500):
        q = Q.from_bytes(disc.run(ReadCd(lba, 1, selection=Selection(0, sub_channel=SubChannel.Q))))
        found[lba] = (q.track, q.index)
    assert found == {-1: (42, 0), 0: (42, 1), 399: (42, 1), 400: (43, 0), 500: (43, 1)}


def test_what_is_told_of_the_disc_has_them(disc: Drive) -> None:
    found = disc_info(disc)
    assert [track.number for track in found.disc.tracks] == [42, 43]
    assert found.labels.pregap_sectors(42) == 150
    assert found.labels.pregap_sectors(43) == 100
    table = found.disc.expected_toc()
    assert table is not None
    assert [track.number for track in table.tracks] == [42, 43]


@pytest.mark.tools("umockdev-run", "cd-info")
@pytest.mark.parametrize("way", [by_cue_sheet, raw])
def test_libcdio_finds_them(way: Callable[[Drive], None]) -> None:
    recorder = VirtualRecorder(Medium.new())
    way(ready(recorder))
    text = client(recorder, "cd-info", "--no-cddb", "--no-device-info", "/dev/sr0")
    rows = re.findall(r"^ *(\d+): [\d:]+ +(\d{6}) (audio|leadout)", text, re.MULTILINE)
    assert [(int(number), int(lsn)) for number, lsn, _ in rows] == [(42, 0), (43, 500), (170, 900)]


def test_the_next_session_counts_on(disc: Drive) -> None:
    disc.run(ModeSelect10(WriteParameters().to_page()))
    assert disc.run(ReadTrackInformation()).number == 44
    write_track(disc, 300)
    close_session(disc)
    assert [t.number for t in disc.run(ReadToc()).tracks] == [42, 43, 44]
    assert disc.run(ReadSessionInformation()).first_track_of_last_session == 44


def test_the_folder_keeps_them(tmp_path: Path) -> None:
    recorder = VirtualRecorder(Medium.at(tmp_path / "a.disc"))
    by_cue_sheet(ready(recorder))
    recorder.close()
    assert "TRACK 42 AUDIO" in (tmp_path / "a.disc" / "disc.cue").read_text()
    again = ready(VirtualRecorder(Medium.open(tmp_path / "a.disc")))
    assert [t.number for t in again.run(ReadToc()).tracks] == [42, 43]
    again.close()


def test_99_is_the_last_number(drive: Drive) -> None:
    sheet = lead_in() + entry(1, 99, 0, 0, -150) + entry(1, 99, 1, 0, 0) + lead_out(300)
    write_session(drive, sheet, 300, multi_session=MultiSession.NEXT_ALLOWED)
    assert [t.number for t in drive.run(ReadToc()).tracks] == [99]
    reply = drive.send(Write10(next_lba(drive), bytes(SECTOR_BYTES)).to_cdb(), bytes(SECTOR_BYTES))
    assert reply.status == 2
