"""A disc by itself: what is said of it, what of it outlives the process, where an offset puts audio."""

from __future__ import annotations

import copy
import os
from pathlib import Path

import pytest

from redbook import errors
from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES, Msf
from redbook.disc.sub_channel import RAW_BYTES
from redbook.drive import Drive
from redbook.image.base import HowWritten
from redbook.image.folder import FolderStore
from redbook.image.store import MemoryStore
from redbook.mmc.disc_info import DiscStatus, ReadDiscInformation, ReadTrackInformation
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.playback import ReadSubChannel, SubChannelFormat
from redbook.mmc.read import ReadCd
from redbook.mmc.write import CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from redbook.virtual.blanks import blank_state
from redbook.virtual.medium import NO_MODE, Medium, in_words
from redbook.virtual.prepared import Audio, Data, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.refused import Refused
from redbook.virtual.simulation import Simulation
from tests.support.at_once import announce, one_track, sector, write_from, write_session
from tests.support.drives import close_session, model, ready, write_track

SECTOR = b"\x11" * SECTOR_BYTES
BARCODE, ANOTHER = "4006381333931", "0602527288741"


class TestInWords:
    """As `redbook drives` and racks show it."""

    def test_from_blank_to_complete(self) -> None:
        recorder = VirtualRecorder(Medium.new("cd-rw", 74))
        drive, said = ready(recorder), []
        for _ in range(2):
            assert recorder.disc is not None
            said.append(in_words(recorder.disc))
            write_track(drive, 300)
        said.append(in_words(recorder.disc))
        close_session(drive)
        said.append(in_words(recorder.disc))
        assert said == [
            "CD-RW 74 min, blank",
            "CD-RW 74 min, appendable, 1 track",
            "CD-RW 74 min, appendable, 2 tracks",
            "CD-RW 74 min, complete, 2 tracks",
        ]

    def test_a_session_that_broke_off_is_spoiled(self) -> None:
        recorder = VirtualRecorder(Medium.new())
        drive = ready(recorder)
        announce(drive, one_track(600))
        write_from(drive, -150, 300)
        recorder.cut_power()
        assert recorder.disc is not None
        assert in_words(recorder.disc) == "CD-R 80 min, spoiled"

    def test_a_pressed_disc(self) -> None:
        medium = prepare([Session([Audio(SECTOR * 300)])])
        assert in_words(medium) == "CD-ROM 80 min, complete, 1 track"


class TestAlbumNumber:
    def written(self, *codes: str) -> str:
        drive = ready(VirtualRecorder(Medium.new()))
        for code in codes:
            drive.run(ModeSelect10(WriteParameters(mcn=code).to_page()))
            write_track(drive, 300)
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        return drive.run(ReadSubChannel(SubChannelFormat.MCN)).code

    @pytest.mark.parametrize("codes", [(BARCODE,), (BARCODE, ""), ("", BARCODE), (ANOTHER, BARCODE)])
    def test_that_of_the_write_parameters_is_that_of_the_session(self, codes: tuple[str, ...]) -> None:
        assert self.written(*codes) == BARCODE

    def test_none_is_none(self) -> None:
        assert self.written("", "") == ""

    @pytest.mark.parametrize(
        ("codes", "expected"),
        [(("", BARCODE), BARCODE), ((ANOTHER, BARCODE), BARCODE), ((BARCODE, ""), BARCODE)],
    )
    def test_of_two_sessions_the_last_that_has_one_tells(self, codes: tuple[str, str], expected: str) -> None:
        drive = ready(VirtualRecorder(Medium.new()))
        for code in codes:
            page = WriteParameters(mcn=code, multi_session=MultiSession.NEXT_ALLOWED)
            drive.run(ModeSelect10(page.to_page()))
            write_track(drive, 300)
            drive.run(CloseTrackSession(CloseFunction.SESSION))
        assert drive.run(ReadSubChannel(SubChannelFormat.MCN)).code == expected


class TestFolders:
    def test_an_empty_folder_is_as_good_as_none(self, tmp_path: Path) -> None:
        path = tmp_path / "a.disc"
        path.mkdir()
        looked_at = Medium.look(path)
        assert (looked_at.status, looked_at.in_use) == (DiscStatus.BLANK, False)
        recorder = VirtualRecorder(Medium.at(path))
        write_track(ready(recorder), 300)
        recorder.close()
        assert len(Medium.look(path).state.tracks) == 1

    def test_a_folder_of_something_else_is_no_disc(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("")
        for way in (Medium.at, Medium.look):
            with pytest.raises(errors.ImageError):
                way(tmp_path)

    @pytest.mark.parametrize(("kind", "minutes"), [("cd-rw", 99), ("cd-r", 81), ("dvd-r", 80)])
    def test_a_kind_of_disc_that_there_is_none_of_is_no_disc(
        self, kind: str, minutes: int, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.disc"
        FolderStore.create(path, blank_state("cd-r", 90))
        said = (path / "disc.json").read_text()
        said = said.replace('"cd-r"', f'"{kind}"').replace('"minutes": 90', f'"minutes": {minutes}')
        (path / "disc.json").write_text(said)
        for way in (Medium.at, Medium.look):
            with pytest.raises(errors.ImageError):
                way(path)

    def test_how_far_a_session_came_is_found_in_the_data(self, tmp_path: Path) -> None:
        path = tmp_path / "a.disc"
        FolderStore.create(path, blank_state())
        recorder = VirtualRecorder(Medium.open(path))
        drive = ready(recorder)
        sheet = one_track(600)[:-8] + bytes.fromhex("01 02 01 00 00 00 0a 00 01 aa 01 01 00 00 12 00")
        announce(drive, sheet)  # track 2 from LBA 600 to 1200
        write_from(drive, -150, 700)
        recorder.close()
        for medium in (Medium.look(path), Medium.open(path)):
            assert [track.written_sectors for track in medium.state.tracks] == [600, 100]
            assert medium.read(699, 1) == sector(699)
            with pytest.raises(Refused) as caught:
                medium.read(700, 1)
            assert str(caught.value.sense) == "5/21/00"
            medium.close()
        drive = ready(VirtualRecorder(Medium.open(path)))
        assert drive.run(ReadTrackInformation(1)).track_sectors == 700  # all that is there is one track

    def test_how_far_a_track_came_is_found_in_the_data_and_it_goes_on_there(self, tmp_path: Path) -> None:
        path = tmp_path / "a.disc"
        FolderStore.create(path, blank_state())
        recorder = VirtualRecorder(Medium.open(path))
        drive = ready(recorder)
        write_track(drive, 300)
        drive.run(Write10(452, SECTOR * 70))
        assert recorder.disc is not None
        recorder.disc.close()  # as the end of the process does
        recorder = VirtualRecorder(Medium.open(path))
        drive = ready(recorder)
        track = drive.run(ReadTrackInformation(2))
        assert (track.start_lba, track.next_writable_lba) == (452, 522)
        drive.run(Write10(522, SECTOR * 230))
        drive.run(SynchronizeCache())
        close_session(drive)
        assert drive.run(ReadTrackInformation(2)).track_sectors == 300
        recorder.close()

    def test_what_a_process_that_was_killed_did_not_make_any_more_is_made_when_the_disc_is_opened(
        self, tmp_path: Path
    ) -> None:
        """Padding and run-out are silence, and made last. To look at the disc changes nothing."""
        path = tmp_path / "a.disc"
        FolderStore.create(path, blank_state())
        recorder = VirtualRecorder(Medium.open(path))
        write_track(ready(recorder), 10)
        recorder.close()
        with (path / "disc.bin").open("r+b") as data:
            data.truncate(10 * SECTOR_BYTES)
        looked_at = Medium.look(path)
        assert looked_at.read(10, 292) == bytes(292 * SECTOR_BYTES)
        assert (path / "disc.bin").stat().st_size == 10 * SECTOR_BYTES
        Medium.open(path).close()
        assert (path / "disc.bin").stat().st_size == 302 * SECTOR_BYTES

    def test_a_disc_that_others_may_change_says_whether_they_have(self, tmp_path: Path) -> None:
        path = tmp_path / "a.disc"
        FolderStore.create(path, blank_state())
        medium = Medium.open(path)
        assert Medium.look(path).in_use
        assert not medium.take_up()  # it was never let go
        medium.let_go()
        assert not Medium.look(path).in_use
        assert not medium.take_up()  # nobody was there meanwhile
        medium.let_go()
        recorder = VirtualRecorder(Medium.open(path))
        write_track(ready(recorder), 300)
        recorder.close()
        assert medium.take_up()
        assert len(medium.state.tracks) == 1
        medium.close()

    def test_a_disc_in_memory_is_never_another_one(self) -> None:
        medium = Medium.new()
        medium.let_go()
        assert not medium.take_up()


def test_of_a_blank_nothing_can_be_read_its_pregap_neither(drive: Drive) -> None:
    for lba, sectors in ((-150, 1), (-150, 100), (-150, 150), (-1, 1), (0, 1)):
        with pytest.raises(errors.AddressOutOfRange):
            drive.run(ReadCd(lba, sectors))


@pytest.mark.parametrize(
    ("kind", "protected", "why"), [("cd-r", False, "5/30/06"), ("cd-rw", True, "7/27/00")]
)
def test_a_disc_that_cannot_be_erased_stays_as_it_is(kind: str, protected: bool, why: str) -> None:
    medium = prepare([Session([Audio(SECTOR * 300)])], kind)
    medium.state.sessions[0].written = HowWritten.TRACK_AT_ONCE
    medium.state.write_protected = protected
    before = copy.deepcopy(medium.state)
    for way in (medium.erase, medium.unclose, medium.erase_last_session):
        with pytest.raises(Refused) as caught:
            way()
        assert str(caught.value.sense) == why
    assert medium.state == before


def moved(sent: bytes, samples: int) -> bytes:
    move = samples * SAMPLE_BYTES
    return bytes(move) + sent[:-move] if move > 0 else sent[-move:] + bytes(-move)


@pytest.mark.parametrize("samples", [-588, -587, -30, -1, 1, 30, 588, 1000, -1000])
class TestWriteOffset:
    """A sample that is written so many samples late, or early, from the first sector of the first pregap on.

    What is moved into the lead-in nobody reads; what is moved behind the last sector lies in the lead-out.
    """

    def test_of_a_session_written_at_once(self, samples: int) -> None:
        recorder = VirtualRecorder(Medium.new(), model=model(write_offset=samples))
        drive = ready(recorder)
        write_session(drive, one_track(300), 300)
        sent = b"".join(sector(lba) for lba in range(-150, 300))
        assert recorder.disc is not None
        assert recorder.disc.read(-150, 450) == moved(sent, samples)

    def test_of_a_track(self, samples: int) -> None:
        recorder = VirtualRecorder(Medium.new(), model=model(write_offset=samples))
        drive = ready(recorder)
        for lba in range(0, 300, 50):
            drive.run(Write10(lba, b"".join(map(sector, range(lba, lba + 50)))))
        drive.run(SynchronizeCache())
        close_session(drive)
        silence = bytes(2 * SECTOR_BYTES)
        sent = silence + b"".join(sector(lba) for lba in range(300)) + silence
        assert recorder.disc is not None
        assert recorder.disc.read(-2, 304) == moved(sent, samples)


def test_two_tracks_begin_each_with_its_own_offset() -> None:
    """Nothing of a track is left for the next one."""
    recorder = VirtualRecorder(Medium.new(), model=model(write_offset=100))
    drive = ready(recorder)
    write_track(drive, 300, 0x22)
    write_track(drive, 300, 0x33)
    close_session(drive)
    disc = recorder.disc
    assert disc is not None
    assert disc.read(300, 1) == (b"\x22" * 400).ljust(SECTOR_BYTES, b"\0")
    assert disc.read(452, 1) == bytes(400) + b"\x33" * (SECTOR_BYTES - 400)
    assert disc.read(301, 151) == bytes(151 * SECTOR_BYTES)


def test_a_disc_with_data_of_two_modes_says_so_sector_by_sector() -> None:
    """Pregaps are of their track's kind, the postgap of 150 behind data, too (ECMA-130 clause 20)."""
    medium = prepare(
        [Session([Data(bytes(2048 * 300)), Audio(SECTOR * 300)]), Session([Data(bytes(2048 * 300), mode=2)])],
        "cd-r",
        finished=False,
    )
    audio, second = 300 + 150 + 150, 300 + 150 + 150 + 300 + 11_400
    places = {
        -150: 1,
        449: 1,
        450: 0,
        audio: 0,
        audio + 299: 0,
        second - 151: 0,
        second - 150: 2,
        second + 299: 2,
        second + 300: NO_MODE,
    }
    assert {lba: medium.data_mode(lba) for lba in places} == places


def test_a_lead_in_starts_where_the_session_before_it_leaves_room(drive: Drive) -> None:
    """Lead-out of 90 s and lead-in of 60 s: 11250 sectors and a pregap of 150 (ECMA-394)."""
    drive.run(ModeSelect10(WriteParameters(multi_session=MultiSession.NEXT_ALLOWED).to_page()))
    write_track(drive, 300)
    drive.run(CloseTrackSession(CloseFunction.SESSION))
    info = drive.run(ReadDiscInformation())
    assert info.last_session_lead_in == Msf.from_lba(302 + 6750)
    assert drive.run(ReadTrackInformation()).next_writable_lba == 302 + 6750 + 4500 + 150


def test_each_host_is_told_that_there_is_too_little_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.disc"
    FolderStore.create(path, blank_state())
    recorder = VirtualRecorder(Medium.open(path))
    hosts = (recorder, recorder.new_initiator())
    for host in hosts:
        host.announce(0)
    real = os.statvfs(tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result((*real[:4], 100, *real[5:10])))
    for host in hosts:
        with pytest.raises(errors.StorageFailed, match="too little room"):
            host.announce(100 * SECTOR_BYTES)
    monkeypatch.undo()
    recorder.close()


class TestTestWrites:
    """What a test write reads of the disc below it, and what it leaves of that."""

    def real(self) -> MemoryStore:
        store = MemoryStore()
        store.write(-150, b"".join(map(sector, range(-150, 10))))
        for lba in range(-150, 10):
            store.write_sub_channel(lba, bytes((lba % 90 + 1,)) * RAW_BYTES)
        return store

    @pytest.mark.parametrize(
        ("lba", "sectors", "there"),
        [(3, 2, 2), (3, 5, 3), (5, 4, 1), (6, 4, 0), (7, 1, 0), (300, 2, 0), (-2, 4, 4), (-150, 1, 1)],
    )
    def test_a_disc_that_it_has_shortened_ends_there(self, lba: int, sectors: int, there: int) -> None:
        real = self.real()
        test = Simulation(real)
        test.resize(6)
        assert test.read(lba, sectors) == real.read(lba, there) + bytes((sectors - there) * SECTOR_BYTES)
        symbols = real.read_sub_channel(lba, there) + bytes((sectors - there) * RAW_BYTES)
        assert test.read_sub_channel(lba, sectors) == symbols
        assert real.recorded_sectors() == 10

    def test_one_that_it_has_made_longer_again_holds_silence_there(self) -> None:
        test = Simulation(self.real())
        test.resize(6)
        test.resize(20)
        assert test.read(5, 2) == sector(5) + bytes(SECTOR_BYTES)

    def test_one_that_it_has_blanked_has_no_pregap_either(self) -> None:
        test = Simulation(self.real())
        test.resize(0)
        assert test.read(-150, 160) == bytes(160 * SECTOR_BYTES)
        assert test.recorded_sectors() == 0
