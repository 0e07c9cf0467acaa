"""What is in a disc's folder: older versions, sub-channel, sound before LBA 0, and what the sheets say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from redbook import errors
from redbook.burning.looking import disc_info
from redbook.disc import SECTOR_BYTES
from redbook.errors import ImageError
from redbook.mmc.disc_info import ReadCdText, ReadToc, ReadTrackInformation
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.playback import ReadSubChannel, SubChannelFormat
from redbook.mmc.read import ReadCd, Selection, SubChannel
from redbook.mmc.write import Blank, BlankType, SynchronizeCache, Write10
from redbook.recorders.names import open_drive
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.album import END, ISRCS, MCN, STARTS, burn_album, packs
from tests.support.at_once import (
    announce,
    entry,
    lead_in,
    lead_out,
    one_track,
    sector,
    write_from,
    write_session,
)
from tests.support.drives import close_session, model, next_lba, ready, write_track

VERSION_1 = """
{"format": "redbook-disc", "version": 1, "medium": "cd-r", "minutes": 80, "lead_in_start": "97:34:23",
 "last_lead_out": "79:59:74", "sessions": [{"tracks": [
  {"number": 1, "start_lba": 0, "written_sectors": 310, "sectors": 310, "control": 2, "state": "complete"},
  {"number": 2, "start_lba": 462, "written_sectors": 10, "sectors": 300, "control": 2, "state": "complete"}
 ], "lead_out_lba": 764}], "finished": false, "write_protected": false, "erase_count": 0}
"""
"""As redbook wrote it before it knew more than track-at-once."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.disc"
    path.mkdir()
    (path / "disc.json").write_text(VERSION_1)
    (path / "disc.bin").write_bytes(
        b"\x11" * (310 * 2352) + bytes(152 * 2352) + b"\x22" * 23520 + bytes(292 * 2352)
    )
    return path


class TestVersion1:
    def test_it_is_read(self, old: Path) -> None:
        drive = ready(VirtualRecorder(Medium.open(old)))
        toc = drive.run(ReadToc())
        assert [(t.number, t.start_lba, t.control) for t in toc.tracks] == [(1, 0, 2), (2, 462, 2)]
        assert toc.lead_out_lba == 764
        assert drive.run(ReadCd(462, 11)) == b"\x22" * 23520 + bytes(2352)
        assert drive.run(ReadTrackInformation(2)).track_sectors == 300
        assert next_lba(drive) == 764 + 11400
        q = drive.run(ReadCd(461, 1, selection=Selection(0, sub_channel=SubChannel.Q)))
        assert q[:6].hex(" ") == "21 02 00 00 00 01"  # the pregap that track-at-once always has

    def test_looking_at_it_leaves_it_as_it_is(self, old: Path) -> None:
        with open_drive(f"virtual:{old}") as drive:
            disc_info(drive)
        assert (old / "disc.json").read_text() == VERSION_1

    def test_a_change_makes_it_a_disc_of_today(self, old: Path) -> None:
        drive = ready(VirtualRecorder(Medium.open(old)))
        write_track(drive, 300)
        close_session(drive)
        drive.close()
        assert json.loads((old / "disc.json").read_text())["version"] == 3
        again = ready(VirtualRecorder(Medium.open(old)))
        assert [t.start_lba for t in again.run(ReadToc()).tracks] == [0, 462, 12164]

    def test_what_it_could_not_have_is_damage(self, old: Path) -> None:
        data = json.loads(VERSION_1)
        data["sessions"][0]["tracks"] = {}
        (old / "disc.json").write_text(json.dumps(data))
        with pytest.raises(ImageError):
            Medium.open(old)


def state_of(path: Path) -> dict[str, Any]:
    found = json.loads((path / "disc.json").read_text())
    assert isinstance(found, dict)
    return found


class TestVersion2:
    @pytest.fixture
    def album(self, tmp_path: Path) -> Path:
        burn_album(tmp_path / "a.disc")
        return tmp_path / "a.disc"

    def test_everything_is_there_again_after_the_disc_was_put_away(self, album: Path) -> None:
        drive = ready(VirtualRecorder(Medium.open(album)))
        toc = drive.run(ReadToc())
        assert [(t.start_lba, t.control) for t in toc.tracks] == list(zip(STARTS, (2, 1, 0), strict=True))
        assert drive.run(ReadSubChannel(SubChannelFormat.MCN)).code == MCN
        assert [drive.run(ReadSubChannel(SubChannelFormat.ISRC, n)).code for n in (1, 2, 3)] == ISRCS
        assert drive.run(ReadCdText()) == packs()
        for lba in (-150, -1, 0, 499, 500, END - 1):
            assert drive.run(ReadCd(lba, 1)) == sector(lba)
        q = drive.run(ReadCd(1250, 1, selection=Selection(0, sub_channel=SubChannel.Q)))
        assert q[:3].hex(" ") in ("11 02 02", "13 " + q[1:3].hex(" "))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("pregap_sectors", -1),
            ("pregap_sectors", 651),  # would begin before -150
            ("pregap_sectors", None),
            ("indexes", [1200, 1100]),
            ("indexes", [500]),
            ("indexes", [1000]),
            ("indexes", ["1200"]),
            ("indexes", None),
            ("isrc", "DEABC25"),
            ("isrc", None),
            ("copy_alternates", 1),
        ],
    )
    def test_nonsense_in_a_track_is_damage(self, name: str, value: Any, album: Path) -> None:
        data = state_of(album)
        data["sessions"][0]["tracks"][0][name] = value
        (album / "disc.json").write_text(json.dumps(data))
        with pytest.raises(ImageError):
            Medium.open(album)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("mcn", "400638133393"),
            ("mcn", 4006381333931),
            ("cd_text", ["80"]),
            ("cd_text", ["zz" * 18]),
            ("cd_text", [5]),
            ("cd_text", None),
            ("written", "disc-at-once"),
            ("written", None),
            ("lead_out_lba", END - 1),
        ],
    )
    def test_nonsense_in_a_session_is_damage(self, name: str, value: Any, album: Path) -> None:
        data = state_of(album)
        data["sessions"][0][name] = value
        (album / "disc.json").write_text(json.dumps(data))
        with pytest.raises(ImageError):
            Medium.open(album)

    def test_the_cue_sheet_says_all_that_it_can(self, album: Path) -> None:
        """Times are those of disc.bin: LBA n at n / 75 seconds."""
        first, *lines = (album / "disc.cue").read_text("latin-1").splitlines()
        assert first.startswith("REM audio is little-endian")
        assert lines == [
            f"CATALOG {MCN}",
            'TITLE "Album"',
            'PERFORMER "Band"',
            'FILE "disc.bin" BINARY',
            "  TRACK 01 AUDIO",
            '    TITLE "First Song"',
            '    PERFORMER "Singer"',
            "    FLAGS DCP",
            f"    ISRC {ISRCS[0]}",
            "    INDEX 00 00:00:00",
            "    INDEX 01 00:06:50",
            "  TRACK 02 AUDIO",
            '    TITLE "Straße"',
            '    PERFORMER "Singer"',
            "    FLAGS PRE",
            f"    ISRC {ISRCS[1]}",
            "    INDEX 01 00:13:25",
            "    INDEX 02 00:16:00",
            "    INDEX 03 00:17:25",
            "  TRACK 03 AUDIO",
            '    TITLE "Third"',
            '    PERFORMER "Band"',
            "    INDEX 00 00:18:50",
            "    INDEX 01 00:19:50",
        ]

    def test_the_data_file_holds_sector_n_at_n_times_2352(self, album: Path) -> None:
        data = (album / "disc.bin").read_bytes()
        assert len(data) == END * 2352
        assert data == b"".join(map(sector, range(END)))

    @pytest.mark.parametrize("samples", [-30, 0, 30])
    def test_it_ends_with_a_session_that_was_written_at_once(self, samples: int, tmp_path: Path) -> None:
        """What the recorder's offset moves behind its last sector is lost (docs/virtual-recorder.md)."""
        medium = Medium.new_at(tmp_path / "s.disc")
        drive = ready(VirtualRecorder(medium, model=model(write_offset=samples)))
        write_session(drive, one_track(), 300)
        drive.close()
        assert (tmp_path / "s.disc" / "disc.bin").stat().st_size == 300 * 2352

    @pytest.mark.parametrize("written", [10, 299, 300, 500])
    def test_a_track_has_its_padding_and_its_run_out_there(self, written: int, tmp_path: Path) -> None:
        """A track of less than 4 s is filled up to 300 sectors; a run-out of two follows."""
        drive = ready(VirtualRecorder(Medium.new_at(tmp_path / "t.disc")))
        write_track(drive, written)
        drive.close()
        assert (tmp_path / "t.disc" / "disc.bin").stat().st_size == (max(300, written) + 2) * 2352

    def test_an_erased_session_leaves_nothing_in_it(self, tmp_path: Path) -> None:
        medium = Medium.new_at(tmp_path / "e.disc")
        medium.state.medium = "cd-rw"
        drive = ready(VirtualRecorder(medium))
        for _ in range(2):
            write_track(drive, 300)
            close_session(drive, MultiSession.NEXT_ALLOWED)
        drive.run(Blank(BlankType.SESSION))
        drive.close()
        assert (tmp_path / "e.disc" / "disc.bin").stat().st_size == 302 * 2352  # with the first's run-out


class TestOtherFiles:
    def test_sound_before_lba_0_is_kept_apart(self, tmp_path: Path) -> None:
        drive = ready(VirtualRecorder(Medium.new_at(tmp_path / "p.disc")))
        write_session(drive, one_track(), 300)
        drive.close()
        assert (tmp_path / "p.disc" / "disc.pregap").read_bytes() == b"".join(map(sector, range(-150, 0)))

    def test_silence_before_it_needs_no_file(self, tmp_path: Path) -> None:
        drive = ready(VirtualRecorder(Medium.new_at(tmp_path / "p.disc")))
        announce(drive, one_track())
        drive.run(Write10(-150, bytes(150 * SECTOR_BYTES)))
        write_from(drive, 0, 300)
        drive.run(SynchronizeCache())
        assert drive.run(ReadCd(-150, 2)) == bytes(2 * SECTOR_BYTES)
        drive.close()
        assert not (tmp_path / "p.disc" / "disc.pregap").exists()

    def test_sub_channel_is_kept_where_a_program_wrote_it(self, tmp_path: Path) -> None:
        drive = ready(VirtualRecorder(Medium.new_at(tmp_path / "s.disc")))
        announce(drive, one_track(form=0x40))
        for lba in range(-150, 300):
            drive.run(Write10(lba, sector(lba) + bytes((lba % 64,)) * 96, 2448))
        drive.run(SynchronizeCache())
        drive.close()
        kept = (tmp_path / "s.disc" / "disc.sub").read_bytes()
        assert len(kept) == 450 * 96
        assert {byte & 0x3F for byte in kept[160 * 96 : 161 * 96]} == {10}
        again = ready(VirtualRecorder(Medium.open(tmp_path / "s.disc")))
        selection = Selection(0, sub_channel=SubChannel.CORRECTED_R_TO_W)
        assert again.run(ReadCd(10, 1, selection=selection)) == bytes((10,)) * 96

    def test_blanking_takes_them_away(self, tmp_path: Path) -> None:
        path = tmp_path / "b.disc"
        medium = Medium.new_at(path)
        medium.state.medium = "cd-rw"
        drive = ready(VirtualRecorder(medium))
        announce(drive, one_track(form=0x40))
        for lba in range(-150, 300):
            drive.run(Write10(lba, sector(lba) + b"\x3f" * 96, 2448))
        drive.run(SynchronizeCache())
        assert (path / "disc.sub").exists()
        assert (path / "disc.pregap").exists()
        drive.run(Blank(BlankType.MINIMAL))
        for name in ("disc.sub", "disc.pregap", "disc.cue", "disc.toc"):
            assert not (path / name).exists()
        drive.run(ModeSelect10(WriteParameters().to_page()))
        write_track(drive, 300)
        close_session(drive)
        assert drive.run(ReadCd(-1, 1)) == bytes(SECTOR_BYTES)
        with pytest.raises(errors.InvalidField):
            drive.run(ReadCdText())

    def test_a_session_that_broke_off_is_in_no_sheet(self, tmp_path: Path) -> None:
        recorder = VirtualRecorder(Medium.new_at(tmp_path / "x.disc"))
        drive = ready(recorder)
        sheet = lead_in() + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0) + entry(1, 2, 1, 0, 300)
        announce(drive, sheet + lead_out(900))
        write_from(drive, -150, 600)
        recorder.close()
        Medium.open(tmp_path / "x.disc").close()
        assert not (tmp_path / "x.disc" / "disc.cue").exists()
        assert not (tmp_path / "x.disc" / "disc.toc").exists()
