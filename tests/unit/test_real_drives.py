"""The weaknesses of real drives in the virtual recorder: offsets, jitter, refused forms, an old TOC."""

from __future__ import annotations

import random

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES, Msf
from redbook.disc.sub_channel import Q
from redbook.drive import Drive
from redbook.errors import SenseError
from redbook.mmc.control import SetCdSpeed, StartStopUnit
from redbook.mmc.disc_info import DiscStatus, ReadDiscInformation, ReadToc
from redbook.mmc.mode_pages import Capabilities, ModeSense10
from redbook.mmc.read import ReadCd, ReadCdMsf, Selection, SubChannel
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.virtual.displacement import WriteShift, read_shifted
from redbook.virtual.faults import parse
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import announce, entry, lead_in, lead_out
from tests.support.drives import close_session, model, ready
from tests.support.sound import noise

OFFSETS = [-1164, -30, 0, 6, 102, 667, 1292]


def burned(pcm: bytes, **habits: object) -> tuple[VirtualRecorder, Drive]:
    """One track, closed; `pcm` is what the host sent from LBA 0 on."""
    recorder = VirtualRecorder(Medium.new(), model=model(**habits))
    drive = ready(recorder)
    write(drive, 0, pcm)
    drive.run(SynchronizeCache())
    close_session(drive)
    return recorder, drive


def write(drive: Drive, lba: int, pcm: bytes) -> None:
    for start in range(0, len(pcm), 27 * SECTOR_BYTES):
        drive.run(Write10(lba + start // SECTOR_BYTES, pcm[start : start + 27 * SECTOR_BYTES]))


def moved(pcm: bytes, samples: int, length: int) -> bytes:
    """Sample p of the result is sample p - samples of the sound, with silence around it."""
    late = bytes(max(0, 4 * samples)) + pcm[max(0, -4 * samples) :]
    return late.ljust(4 * length, b"\0")[: 4 * length]


SOUND = noise(588 * 310, 7)


@pytest.mark.parametrize("samples", OFFSETS)
def test_audio_is_read_late_by_the_read_offset(samples: int) -> None:
    _, drive = burned(SOUND, read_offset=samples)
    data = b"".join(drive.run(ReadCd(lba, min(27, 312 - lba))) for lba in range(0, 312, 27))
    assert data == moved(SOUND, samples, 312 * 588)


@pytest.mark.parametrize("samples", OFFSETS)
def test_audio_lands_late_by_the_write_offset(samples: int) -> None:
    """Where a recorder without offset reads it; 2 sectors of run-out take what is moved behind the track."""
    recorder, _ = burned(SOUND, write_offset=samples)
    medium = recorder.disc
    assert medium is not None
    wanted = moved(bytes(3 * SECTOR_BYTES) + SOUND, samples, 315 * 588)
    assert medium.read(-3, 315) == wanted


def test_offsets_of_writing_and_reading_add_up() -> None:
    _, drive = burned(SOUND, write_offset=-30, read_offset=30)
    assert drive.run(ReadCd(10, 20)) == SOUND[10 * SECTOR_BYTES : 30 * SECTOR_BYTES]


@pytest.mark.parametrize("samples", OFFSETS)
def test_a_session_written_at_once_is_moved_as_a_whole(samples: int) -> None:
    recorder = VirtualRecorder(Medium.new(), model=model(write_offset=samples))
    drive = ready(recorder)
    sheet = lead_in() + entry(0x01, 1, 0, 0, -150) + entry(0x01, 1, 1, 0, 0) + lead_out(310)
    announce(drive, sheet)
    write(drive, -150, bytes(150 * SECTOR_BYTES))
    write(drive, 0, SOUND)
    drive.run(SynchronizeCache())
    medium = recorder.disc
    assert medium is not None
    assert medium.read(-3, 313) == moved(bytes(3 * SECTOR_BYTES) + SOUND, samples, 313 * 588)


def test_any_cut_of_what_comes_is_moved_alike() -> None:
    chance = random.Random(5)
    for samples in (-1164, -588, -30, 1, 588, 667):
        shift, disc, at = WriteShift(samples), bytearray(320 * SECTOR_BYTES), 4
        while at < 314:
            count = min(chance.randint(1, 40), 314 - at)
            part = SOUND[(at - 4) * SECTOR_BYTES : (at - 4 + count) * SECTOR_BYTES]
            for lba, data in shift.feed(at, part):
                disc[lba * SECTOR_BYTES : lba * SECTOR_BYTES + len(data)] = data
            at += count
        for lba, data in shift.finish():
            disc[lba * SECTOR_BYTES : lba * SECTOR_BYTES + len(data)] = data
        assert bytes(disc) == moved(bytes(4 * SECTOR_BYTES) + SOUND, samples, 320 * 588)


@pytest.mark.parametrize("samples", [30, -30, 700])
def test_what_lies_before_a_gap_reaches_the_disc_as_well(samples: int) -> None:
    """The last sector of each part is moved in part only, and nothing comes behind it."""
    shift, disc = WriteShift(samples), bytearray(60 * SECTOR_BYTES)
    sent = bytearray(60 * SECTOR_BYTES)
    fed = []
    for first, end in ((4, 14), (30, 50)):
        part = SOUND[first * SECTOR_BYTES : end * SECTOR_BYTES]
        sent[first * SECTOR_BYTES : end * SECTOR_BYTES] = part
        fed += shift.feed(first, part)
    for lba, data in [*fed, *shift.finish()]:
        disc[lba * SECTOR_BYTES : lba * SECTOR_BYTES + len(data)] = data
    assert bytes(disc) == moved(bytes(sent), samples, 60 * 588)


def test_reading_shifted_asks_for_nothing_outside_what_is_recorded() -> None:
    asked: list[tuple[int, int]] = []

    def read(lba: int, sectors: int) -> bytes:
        asked.append((lba, sectors))
        return b"\1" * (sectors * SECTOR_BYTES)

    assert read_shifted(read, -150, 1, 667, -150, 300) == bytes(SECTOR_BYTES)
    assert read_shifted(read, 299, 1, -1164, -150, 300) == bytes(SECTOR_BYTES)
    assert read_shifted(read, 0, 2, 0, -150, 300) == b"\1" * (2 * SECTOR_BYTES)
    assert asked == [(0, 2)]


def test_each_eleventh_reading_jitters() -> None:
    _, drive = burned(SOUND, jitter=-12, jitter_every=11)
    seen = [drive.run(ReadCd(100, 2)) for _ in range(22)]
    true, early = (
        SOUND[100 * SECTOR_BYTES : 102 * SECTOR_BYTES],
        moved(SOUND, -12, 102 * 588)[100 * SECTOR_BYTES :],
    )
    assert [data == true for data in seen] == [n % 11 != 10 for n in range(22)]
    assert seen[10] == seen[21] == early


def test_a_drive_that_jitters_does_not_claim_accurate_stream() -> None:
    for jitter, claimed in ((0, True), (12, False)):
        page = (
            ready(VirtualRecorder(Medium.new(), model=model(jitter=jitter))).run(ModeSense10(0x2A)).page(0x2A)
        )
        assert page is not None
        assert Capabilities.from_page(page).accurate_stream is claimed
        assert bool(page[5] & 0x02) is claimed


def test_jitter_at_each_reading_varies_within_its_bound() -> None:
    _, drive = burned(SOUND, jitter=9)
    found = set()
    for _ in range(40):
        data = drive.run(ReadCd(100, 1))
        found |= {s for s in range(-40, 41) if moved(SOUND, s, 101 * 588)[100 * SECTOR_BYTES :] == data}
    assert len(found) > 5
    assert max(map(abs, found)) <= 9


@pytest.mark.parametrize(
    ("habits", "refused", "taken"),
    [
        ({"read_types": ["any"]}, ReadCd(5, 1), ReadCd(5, 1, ReadCd.ANY_TYPE)),
        ({"read_fields": [0xF8]}, ReadCd(5, 1), ReadCd(5, 1, selection=Selection(0xF8))),
        ({"most_read_sectors": 8}, ReadCd(5, 9), ReadCd(5, 8)),
        ({"most_read_sectors": 1}, ReadCd(5, 2), ReadCd(5, 1)),
        ({"unknown_commands": ["READ CD"]}, ReadCd(5, 1), None),
        ({"reads_before_zero": False}, ReadCd(-1, 1), ReadCd(0, 1)),
    ],
)
def test_forms_of_reading_that_a_model_refuses(
    habits: dict[str, object], refused: ReadCd, taken: ReadCd | None
) -> None:
    _, drive = burned(SOUND, **habits)
    with pytest.raises(errors.IllegalRequest):
        drive.run(refused)
    if taken is not None:
        lba = taken.lba
        assert drive.run(taken) == SOUND[lba * SECTOR_BYTES : (lba + taken.sectors) * SECTOR_BYTES]


def test_read_cd_msf_is_moved_and_held_to_its_forms_too() -> None:
    _, drive = burned(SOUND, read_offset=6, most_read_sectors=2)
    start = Msf.from_lba(50)
    assert drive.run(ReadCdMsf(start, Msf.from_lba(52))) == moved(SOUND, 6, 52 * 588)[50 * SECTOR_BYTES :]
    with pytest.raises(errors.IllegalRequest):
        drive.run(ReadCdMsf(start, Msf.from_lba(53)))


def test_the_first_reading_after_a_load_may_be_spoiled() -> None:
    recorder, drive = burned(SOUND, spoils_first_read=True)
    wanted = SOUND[: 4 * SECTOR_BYTES]
    first, second = drive.run(ReadCd(0, 4)), drive.run(ReadCd(0, 4))
    assert first != wanted
    assert second == wanted
    drive.run(StartStopUnit(start=False, load_eject=True))
    drive.run(StartStopUnit(start=True, load_eject=True))
    drive = ready(recorder)
    assert drive.run(ReadCd(0, 4)) != wanted


@pytest.mark.parametrize("offset", [-75, -2, 0, 1, 10])
def test_the_sub_channel_may_be_that_of_a_sector_beside_the_audio(offset: int) -> None:
    _, drive = burned(SOUND, sub_channel_offset=offset)
    data = drive.run(ReadCd(100, 2, selection=Selection(0x10, sub_channel=SubChannel.Q)))
    sectors = [data[at : at + SECTOR_BYTES + 16] for at in (0, SECTOR_BYTES + 16)]
    assert (
        b"".join(sector[:SECTOR_BYTES] for sector in sectors)
        == SOUND[100 * SECTOR_BYTES : 102 * SECTOR_BYTES]
    )
    places = [Q.from_bytes(sector[SECTOR_BYTES:]).time.program_lba for sector in sectors]
    assert places == [100 + offset, 101 + offset]


def test_an_old_table_of_contents_is_told_until_the_disc_is_loaded_again() -> None:
    recorder, drive = burned(SOUND, caches_toc=True)
    assert drive.run(ReadDiscInformation()).status is DiscStatus.COMPLETE
    with pytest.raises(SenseError):
        drive.run(ReadToc())
    drive.run(StartStopUnit(start=False, load_eject=True))
    drive.run(StartStopUnit(start=True, load_eject=True))
    toc = ready(recorder).run(ReadToc())
    assert [(t.number, t.start_lba) for t in toc.tracks] == [(1, 0)]


def test_one_reading_can_be_moved_by_a_fault() -> None:
    recorder, drive = burned(SOUND, read_offset=6)
    recorder.faults.append(parse("moved:-18@read-cd:2"))
    late = [moved(SOUND, samples, 31 * 588)[30 * SECTOR_BYTES :] for samples in (6, -12, 6)]
    assert [drive.run(ReadCd(30, 1)) for _ in range(3)] == late


@pytest.mark.parametrize(
    "habits",
    [
        {"read_offset": 30_000},
        {"read_offset": 1.5},
        {"write_offset": True},
        {"jitter_every": 0},
        {"read_types": []},
        {"read_types": ["data"]},
        {"read_fields": [1]},
        {"most_read_sectors": -1},
        {"sub_channel_offset": 76},
        {"sub_channel_offset": -76},
    ],
)
def test_habits_that_no_drive_can_have_are_refused(habits: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(habits))):
        model(**habits)


def test_the_speed_of_reading_can_be_set_and_is_told() -> None:
    drive = ready(VirtualRecorder(Medium.new()))
    for asked_kb, told_kb in ((1411, 1411), (0xFFFF, 48 * 176_400 // 1000), (1, 176)):
        drive.run(SetCdSpeed(read_kb=asked_kb))
        page = drive.run(ModeSense10(0x2A)).page(0x2A)
        assert page is not None
        assert Capabilities.from_page(page).read_kb == told_kb


def test_reading_may_take_its_time_where_writing_takes_none() -> None:
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), model=model(paced_reading=True), clock=clock)
    drive = ready(recorder)
    write(drive, 0, SOUND)
    drive.run(SynchronizeCache())
    close_session(drive)
    assert clock.now() == 0
    drive.run(SetCdSpeed(read_kb=8 * 177))
    for lba in range(0, 300, 20):
        drive.run(ReadCd(lba, 20))
    assert clock.now() == pytest.approx(300 / 75 / 8, abs=0.3)  # and perhaps a seek
