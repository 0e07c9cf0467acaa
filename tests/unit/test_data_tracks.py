"""Discs of somebody else's with data on them: what the drive says of them, and hands over.

Expected values: ECMA-130 clause 14 (sectors), MMC-5 6.20 and table 355 (READ CD), 6.15 (READ), 6.27; parity
as wodim 1.1.11 makes it (-raw96r, descrambled).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from redbook.disc import data_sector
from redbook.disc.sub_channel import Q, interleave
from redbook.drive import Drive
from redbook.errors import AddressOutOfRange, IllegalModeForTrack, InvalidField, SenseError
from redbook.mmc.disc_info import (
    DiscStatus,
    ReadAtip,
    ReadDiscInformation,
    ReadFullToc,
    ReadToc,
    ReadTrackInformation,
)
from redbook.mmc.identify import GetConfiguration, Profile
from redbook.mmc.mode_pages import ModeSelect10, WriteParameters
from redbook.mmc.playback import PlayAudio10
from redbook.mmc.read import C2, Read10, ReadCd, ReadHeader, Selection, SubChannel
from redbook.mmc.write import Blank, BlankType, Write10
from redbook.virtual.faults import BadSpot
from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Data, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import next_lba, ready
from tests.support.foreign import SONGS, data_only, extra, iso, mixed


def opened(medium: Medium, **how: object) -> Drive:
    return ready(VirtualRecorder(medium, **how))  # type: ignore[arg-type]


def refused(drive: Drive, cdb: str, length: int = 100_000) -> tuple[int, int, int, int]:
    """Sense key, ASC, ASCQ and the sector that is named."""
    sense = drive.send(bytes.fromhex(cdb), data_in_length=length).sense
    return sense[2] & 0xF, sense[12], sense[13], int.from_bytes(sense[3:7], "big", signed=True)


@pytest.mark.parametrize(
    ("lba", "digest"),
    [
        (0, "f6a94f686e87d4dd2816703689017aa16078564724f033e97eb0faa23cb1adb3"),
        (77, "6c66470ace8782eb1e5f6e7e48c1676547f85b3833decb28c227435ec2d51ecd"),
        (309, "baaae26486820ff05017d14a86fae4d24f8a234d77140dbd68544d1eadb91cf2"),
    ],
)
def test_a_sector_has_sync_header_and_parity_as_wodim_makes_them(lba: int, digest: str) -> None:
    user = bytes((lba + n) % 256 for n in range(256)) * 8
    assert hashlib.sha256(data_sector.build(lba, user)).hexdigest() == digest


def test_mode_2_has_a_subheader_and_its_parity_holds_for_any_address() -> None:
    here, there = (data_sector.build(lba, b"x" * 2048, 2) for lba in (0, 4711))
    assert here[12:24].hex(" ") == "00 02 00 02 00 00 08 00 00 00 08 00"
    assert here[16:] == there[16:]
    assert data_sector.edc(here[16:2076]) == 0  # a code word leaves no remainder


class TestMixedMode:
    @pytest.fixture
    def drive(self) -> Drive:
        return opened(mixed())

    def test_the_tables_call_it_data(self, drive: Drive) -> None:
        toc = drive.run(ReadToc())
        assert [(t.number, t.start_lba, t.control) for t in toc.tracks] == [
            (1, 0, 4),
            (2, 600, 0),
            (3, 1150, 0),
        ]
        assert toc.lead_out_lba == 1501
        first = drive.send(bytes.fromhex("52 01 00 00 00 01 00 00 24 00"), data_in_length=36).data
        assert (first[5] & 0xF, first[6] & 0xF) == (4, 1)  # track mode, data mode
        second = drive.send(bytes.fromhex("52 01 00 00 00 02 00 00 24 00"), data_in_length=36).data
        assert (second[5] & 0xF, second[6] & 0xF) == (0, 0xF)
        assert drive.run(ReadTrackInformation(1)).track_sectors == 450
        controls = {p.point: p.control for p in drive.run(ReadFullToc()).points}
        assert (controls[1], controls[2], controls[0xA0], controls[0xA1]) == (4, 0, 4, 0)

    def test_a_pressed_disc_is_a_cd_rom(self, drive: Drive) -> None:
        assert drive.run(GetConfiguration()).current_profile == Profile.CD_ROM
        assert drive.run(ReadDiscInformation()).status is DiscStatus.COMPLETE
        with pytest.raises(InvalidField):
            drive.run(ReadAtip())

    def test_user_data_are_those_of_the_image(self, drive: Drive) -> None:
        image = iso()
        assert drive.run(Read10(0, 21)) == image
        assert drive.run(Read10(300, 1)) == bytes(2048)  # the postgap is data, too
        for kind in (ReadCd.ANY_TYPE, ReadCd.MODE_1):
            data = drive.send(ReadCd(16, 1, kind).to_cdb(), data_in_length=2352).data
            assert data == image[16 * 2048 : 17 * 2048]

    @pytest.mark.parametrize(
        ("selection", "start", "end"),
        [
            (0xF8, 0, 2352),
            (0xB8, 0, 2352),
            (0x10, 16, 2064),
            (0x18, 16, 2352),
            (0x20, 12, 16),
            (0x30, 12, 2064),
            (0x60, 12, 16),
            (0x78, 12, 2352),
            (0x80, 0, 12),
            (0xA0, 0, 16),
            (0xF0, 0, 2064),
            (0x40, 0, 0),  # mode 1 has no subheader
        ],
    )
    def test_read_cd_brings_the_parts_that_are_asked_for(
        self, selection: int, start: int, end: int, drive: Drive
    ) -> None:
        whole = data_sector.build(17, iso()[17 * 2048 : 18 * 2048])
        cdb = ReadCd(17, 2, ReadCd.MODE_1, Selection(selection)).to_cdb()
        data = drive.send(cdb, data_in_length=2 * 2352).data
        assert data[: end - start] == whole[start:end]
        assert len(data) == 2 * (end - start)

    @pytest.mark.parametrize("selection", [0x90, 0x28, 0x88])
    def test_parts_that_do_not_lie_side_by_side_are_refused(self, selection: int, drive: Drive) -> None:
        assert refused(drive, f"be 08 00 00 00 11 00 00 01 {selection:02x} 00 00")[:3] == (5, 0x24, 0)

    def test_c2_and_q_come_behind_the_part(self, drive: Drive) -> None:
        selection = Selection(0x10, C2.POINTERS, SubChannel.Q)
        data = drive.send(ReadCd(16, 2, ReadCd.MODE_1, selection).to_cdb(), data_in_length=9999).data
        assert len(data) == 2 * (2048 + 294 + 16)
        q = Q.from_bytes(data[2048 + 294 : 2048 + 294 + 16])
        assert (q.control, q.track, q.index) == (4, 1, 1)
        assert data[2048 + 294 + 16 :][:2048] == iso()[17 * 2048 : 18 * 2048]

    def test_audio_is_where_it_belongs(self, drive: Drive) -> None:
        assert drive.run(ReadCd(600, 400)) == SONGS[0]
        assert drive.run(ReadCd(1150, 350)) == SONGS[1][: 350 * 2352]
        assert drive.run(ReadCd(450, 150)) == bytes(150 * 2352)

    def test_data_are_not_read_as_audio_nor_audio_as_data(self, drive: Drive) -> None:
        assert refused(drive, "be 04 00 00 00 10 00 00 01 10 00 00") == (5, 0x64, 0, 16)
        assert refused(drive, "be 04 00 00 01 c0 00 00 04 10 00 00") == (5, 0x64, 0, 448)
        assert refused(drive, "be 08 00 00 01 c0 00 00 04 10 00 00") == (5, 0x64, 0, 450)  # at the border
        assert refused(drive, "be 00 00 00 01 c0 00 00 04 10 00 00") == (5, 0x64, 0, 450)
        assert refused(drive, "be 10 00 00 00 10 00 00 01 10 00 00") == (5, 0x64, 0, 16)  # mode 2 form 1
        assert refused(drive, "28 00 00 00 01 c0 00 00 04 00") == (5, 0x64, 0, 450)
        assert refused(drive, "28 00 00 00 04 7e 00 00 01 00") == (5, 0x64, 0, 1150)

    def test_a_header_tells_mode_and_address(self, drive: Drive) -> None:
        assert drive.run(ReadHeader(75)).hex(" ") == "01 00 00 00 00 00 00 4b"
        assert drive.run(ReadHeader(75, True)).hex(" ") == "01 00 00 00 00 00 03 00"
        with pytest.raises(IllegalModeForTrack):
            drive.run(ReadHeader(600))
        with pytest.raises(AddressOutOfRange):  # MMC-5 6.21: there is nothing
            drive.run(ReadHeader(300_000))

    def test_data_are_not_played(self, drive: Drive) -> None:
        with pytest.raises(IllegalModeForTrack):
            drive.run(PlayAudio10(0, 100))
        drive.run(PlayAudio10(600, 100))

    def test_bad_spots_are_in_data_too(self) -> None:
        drive = opened(mixed(), faults=[BadSpot(18, 19)])
        assert refused(drive, "28 00 00 00 00 10 00 00 04 00") == (3, 0x11, 0x05, 18)

    def test_an_offset_moves_audio_and_leaves_data(self) -> None:
        drive = opened(mixed(), model="typical")
        assert drive.run(Read10(16, 1)) == iso()[16 * 2048 : 17 * 2048]
        assert drive.run(ReadCd(601, 1)) == SONGS[0][2352 - 24 : 2 * 2352 - 24]

    def test_nothing_is_written_to_a_pressed_disc(self, drive: Drive) -> None:
        drive.run(ModeSelect10(WriteParameters().to_page()))
        for command in (Write10(1501, bytes(2352)), Blank(BlankType.MINIMAL)):
            with pytest.raises(SenseError) as caught:
                drive.run(command)
            assert (caught.value.sense.key, caught.value.sense.asc) == (5, 0x30)


class TestCdExtra:
    def test_audio_first_and_data_of_mode_2_in_a_second_session(self) -> None:
        drive = opened(extra())
        assert [(t.start_lba, t.control) for t in drive.run(ReadToc()).tracks] == [
            (0, 0),
            (550, 0),
            (12301, 4),
        ]
        lead_outs = [p.address for p in drive.run(ReadFullToc()).points if p.point == 0xA2]
        assert lead_outs == [(0, 14, 1), (2, 50, 1)]
        assert drive.run(ReadDiscInformation()).disc_type == 0x20  # CD-ROM XA
        assert drive.run(ReadTrackInformation(3)).session == 2
        assert drive.run(Read10(12317, 1)) == iso(12301)[16 * 2048 : 17 * 2048]
        data = drive.send(
            ReadCd(12317, 1, ReadCd.MODE_2_FORM_1, Selection(0x40)).to_cdb(), data_in_length=99
        ).data
        assert data.hex(" ") == "00 00 08 00 00 00 08 00"
        assert refused(drive, "be 08 00 00 30 1d 00 00 01 10 00 00")[:3] == (5, 0x64, 0)  # no mode 1

    def test_an_open_disc_takes_another_session(self) -> None:
        drive = opened(extra("cd-r", finished=False))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.APPENDABLE
        assert next_lba(drive) == 12601 + 6900

    def test_the_lead_out_of_data_is_no_data(self) -> None:
        medium = prepare([Session([Data(iso())]), Session([Audio(SONGS[0])])])
        assert refused(opened(medium), "28 00 00 00 01 2c 00 00 01 00") == (5, 0x64, 0, 300)

    def test_a_cd_rw_with_data_can_be_blanked(self) -> None:
        drive = opened(extra("cd-rw"))
        drive.run(Blank(BlankType.MINIMAL))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK


class TestFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Iterator[Path]:
        path = tmp_path / "a.disc"
        mixed(path=path).close()
        yield path

    def test_the_disc_is_the_same_when_it_is_opened_again(self, folder: Path) -> None:
        medium = Medium.open(folder)
        assert medium.read(0, 1501) == mixed().read(0, 1501)
        assert medium.state == mixed().state
        medium.close()

    def test_the_sheets_have_its_mode(self, folder: Path) -> None:
        assert "TRACK 01 MODE1/2352" in (folder / "disc.cue").read_text()
        toc = (folder / "disc.toc").read_text()
        assert toc.startswith("CD_ROM\n")
        assert 'TRACK MODE1_RAW\nNO COPY\nDATAFILE "disc.bin" #0 00:06:00' in toc

    @pytest.mark.parametrize(("control", "mode"), [(0, 1), (4, 0), (4, 3)])
    def test_a_mode_that_contradicts_control_is_refused(self, control: int, mode: int, folder: Path) -> None:
        from redbook.errors import ImageError

        data = json.loads((folder / "disc.json").read_text())
        data["sessions"][0]["tracks"][0] |= {"control": control, "data_mode": mode}
        (folder / "disc.json").write_text(json.dumps(data))
        with pytest.raises(ImageError, match="data mode"):
            Medium.open(folder)


class TestPreparing:
    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: prepare([]),
            lambda: prepare([], "cd-r", finished=False),
            lambda: prepare([Session([])]),
            lambda: prepare([Session([Audio(b"", control=4)])]),
            lambda: prepare([Session([Data(b"", mode=3)])]),
            lambda: prepare([Session([Audio(SONGS[0])])], finished=False),  # pressed, and not finished
            lambda: prepare([Session([Audio(b"")] * 3)], first_track=98),
            lambda: prepare([Session([Audio(b"")])], "cd-ram"),
        ],
    )
    def test_what_no_disc_can_be_is_refused(self, wrong: object) -> None:
        with pytest.raises(ValueError, match=r"."):
            wrong()  # type: ignore[operator]

    def test_short_tracks_are_filled_up_to_4_s(self) -> None:
        toc = opened(prepare([Session([Audio(b"ab"), Data(b"c")])])).run(ReadToc())
        assert [t.start_lba for t in toc.tracks] == [0, 450]
        assert toc.lead_out_lba == 750

    def test_numbers_begin_where_they_are_told_to(self) -> None:
        toc = opened(prepare([Session([Data(b"c"), Audio(b"")])], first_track=7)).run(ReadToc())
        assert [t.number for t in toc.tracks] == [7, 8]


@pytest.mark.parametrize("block_type", [1, 3])
@pytest.mark.parametrize("where", ["lead-in", "program"])
def test_raw_writing_of_data_is_refused(where: str, block_type: int, drive: Drive) -> None:
    """By what Q says: of a track in the lead-in, or of the sector itself."""
    from redbook.disc import Msf

    drive.run(ModeSelect10(WriteParameters(write_type=3, data_block_type=block_type).to_page()))
    length = 2352 + {1: 16, 3: 96}[block_type]

    def sector(q: Q) -> bytes:
        sub = interleave(False, q.to_bytes()) if block_type == 3 else q.to_bytes() + bytes(4)
        return bytes(2352) + sub

    start = next_lba(drive)
    if where == "lead-in":
        points = b"".join(
            sector(Q(1, control, 0, number, 0, Msf(0, 2, 0))) for number, control in ((1, 0), (2, 4))
        )
        reply = drive.send(Write10(start, points, length).to_cdb(), points)
        assert (reply.sense[2], reply.sense[12]) == (5, 0x64)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK  # nothing was taken
        return
    for lba in range(start, -150, 200):
        count = min(200, -150 - lba)
        drive.run(Write10(lba, sector(Q(1, 0, 0, 0xA0, 0, Msf(1, 0, 0))) * count, length))
    pregap = sector(Q(1, 4, 1, 0, 150, Msf(0, 0, 0))) * 150
    drive.run(Write10(-150, pregap, length))  # wodim -clone calls it data, whatever the track is
    data = sector(Q(1, 4, 1, 1, 0, Msf(0, 2, 0)))
    reply = drive.send(Write10(0, data, length).to_cdb(), data)
    assert (reply.sense[2], reply.sense[12], reply.sense[13]) == (5, 0x64, 0)


def test_data_only_discs_have_no_audio() -> None:
    drive = opened(data_only())
    assert drive.run(Read10(0, 21)) == iso()
    assert refused(drive, "be 04 00 00 00 00 00 00 01 10 00 00") == (5, 0x64, 0, 0)
