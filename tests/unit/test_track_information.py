"""READ TRACK INFORMATION by track, address and session; and what a blank disc offers to kernels.

Source: MMC-5 6.27 (READ TRACK INFORMATION), 6.24 (READ FORMAT CAPACITIES), 6.19 (READ CAPACITY). The sessions
are those of the worked example of track-at-once: tracks at 0 and 752, a second session from 12604 on.
"""

from __future__ import annotations

import pytest

from redbook import errors
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.mmc.capacity import ReadCapacity
from redbook.mmc.disc_info import ReadTrackInformation, TrackAddress
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.write import CloseFunction, CloseTrackSession, Write10
from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import announce, one_track, write_from
from tests.support.drives import close_session, ready, write_track


def number(drive: Drive, address: int, kind: TrackAddress) -> int:
    return drive.run(ReadTrackInformation(address, kind)).number


@pytest.fixture
def two_sessions(drive: Drive) -> Drive:
    """Tracks 1 and 2 in a closed session, track 3 in one that is open."""
    drive.run(ModeSelect10(WriteParameters(multi_session=MultiSession.NEXT_ALLOWED).to_page()))
    write_track(drive, 600)
    write_track(drive, 450)
    drive.run(CloseTrackSession(CloseFunction.SESSION))
    write_track(drive, 300)
    return drive


@pytest.mark.parametrize(("session", "first"), [(1, 1), (2, 3)])
def test_a_session_is_told_by_its_first_track(session: int, first: int, two_sessions: Drive) -> None:
    assert number(two_sessions, session, TrackAddress.SESSION) == first


@pytest.mark.parametrize("session", [0, 3, 4, 1000])
def test_a_session_that_there_is_none_of_is_refused(session: int, two_sessions: Drive) -> None:
    """Session 2 is open: so no session 3 can be written to."""
    with pytest.raises(errors.InvalidField):
        number(two_sessions, session, TrackAddress.SESSION)


def test_the_session_that_comes_next_is_told_by_the_track_that_can_be_written(two_sessions: Drive) -> None:
    two_sessions.run(CloseTrackSession(CloseFunction.SESSION))
    assert number(two_sessions, 3, TrackAddress.SESSION) == 4
    with pytest.raises(errors.InvalidField):
        number(two_sessions, 4, TrackAddress.SESSION)


def test_on_a_blank_session_1_comes_next(drive: Drive) -> None:
    assert number(drive, 1, TrackAddress.SESSION) == 1
    with pytest.raises(errors.InvalidField):
        number(drive, 2, TrackAddress.SESSION)


@pytest.mark.parametrize(
    ("lba", "track"),
    [
        (-150, 1),
        (0, 1),
        (600, 1),
        (601, 1),
        (602, 2),
        (752, 2),
        (1203, 2),
        (12603, 3),
        (12604, 3),
        (12905, 3),
    ],
)
def test_an_address_is_told_by_the_track_that_it_lies_in(lba: int, track: int, two_sessions: Drive) -> None:
    """The run-out of 2 sectors is its track's, what lies behind belongs to the track that follows."""
    assert number(two_sessions, lba, TrackAddress.LBA) == track


def test_each_track_says_its_session(two_sessions: Drive) -> None:
    found = [two_sessions.run(ReadTrackInformation(track)).session for track in (1, 2, 3, 4)]
    assert found == [1, 1, 2, 2]


def test_a_track_that_is_written_now_has_what_is_left_of_the_disc(drive: Drive) -> None:
    drive.run(Write10(0, bytes(100 * SECTOR_BYTES)))
    track = drive.run(ReadTrackInformation(1))
    assert (track.next_writable_lba, track.free_sectors, track.track_sectors) == (100, 359_749, 359_849)
    assert track.last_recorded_lba == 99


class TestBrokenOff:
    """A session written at once that ended before its lead-out: one damaged track, no next address."""

    @pytest.fixture
    def spoiled(self, recorder: VirtualRecorder, drive: Drive) -> Drive:
        announce(drive, one_track(1000))
        write_from(drive, -150, 400)
        recorder.cut_power()
        return ready(recorder)

    @pytest.mark.parametrize(
        ("address", "kind"),
        [
            (1, TrackAddress.TRACK),
            (1, TrackAddress.SESSION),
            (-150, TrackAddress.LBA),
            (0, TrackAddress.LBA),
            (900, TrackAddress.LBA),
        ],
    )
    def test_is_one_damaged_track_however_it_is_asked_for(
        self, address: int, kind: TrackAddress, spoiled: Drive
    ) -> None:
        track = spoiled.run(ReadTrackInformation(address, kind))
        assert (track.number, track.session, track.damaged, track.blank) == (1, 1, True, False)
        assert (track.start_lba, track.track_sectors, track.last_recorded_lba) == (0, 400, 399)
        assert (track.next_writable_lba, track.free_sectors) == (None, 0)

    @pytest.mark.parametrize(
        ("address", "kind"), [(2, TrackAddress.TRACK), (2, TrackAddress.SESSION), (0, TrackAddress.SESSION)]
    )
    def test_and_nothing_else_is_there(self, address: int, kind: TrackAddress, spoiled: Drive) -> None:
        with pytest.raises(errors.InvalidField):
            spoiled.run(ReadTrackInformation(address, kind))

    def test_of_its_later_tracks_none_is_known(self, recorder: VirtualRecorder, drive: Drive) -> None:
        """They stood in the cue sheet alone."""
        sheet = one_track(1000)[:-8] + bytes.fromhex("01 02 01 00 00 00 0f 19 01 aa 01 01 00 00 1e 00")
        announce(drive, sheet)
        write_from(drive, -150, 400)
        recorder.cut_power()
        drive = ready(recorder)
        assert not drive.run(ReadTrackInformation(1)).blank
        with pytest.raises(errors.InvalidField):
            drive.run(ReadTrackInformation(2))

    def test_behind_a_sound_session_that_one_is_still_told(
        self, recorder: VirtualRecorder, drive: Drive
    ) -> None:
        drive.run(ModeSelect10(WriteParameters(multi_session=MultiSession.NEXT_ALLOWED).to_page()))
        write_track(drive, 600)
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        start = 602 + 11_400  # behind lead-out and lead-in of the sessions, and a pregap of 150
        sheet = bytes.fromhex("01 00 00 01 00 00 00 00")
        for track, index, lba in ((2, 0, start - 150), (2, 1, start), (0xAA, 1, start + 1000)):
            time = lba + 150
            place = (time // 4500, time // 75 % 60, time % 75)
            sheet += bytes((1, track, index, 0x01 if track == 0xAA else 0, 0, *place))
        announce(drive, sheet)
        write_from(drive, start - 150, start + 30)
        recorder.cut_power()
        drive = ready(recorder)
        for address, kind in ((1, TrackAddress.TRACK), (1, TrackAddress.SESSION), (0, TrackAddress.LBA)):
            track = drive.run(ReadTrackInformation(address, kind))
            assert (track.number, track.session, track.damaged, track.track_sectors) == (1, 1, False, 600)
        for address, kind in (
            (2, TrackAddress.TRACK),
            (2, TrackAddress.SESSION),
            (start - 150, TrackAddress.LBA),
            (start, TrackAddress.LBA),
        ):
            track = drive.run(ReadTrackInformation(address, kind))
            assert (track.number, track.session, track.damaged, track.track_sectors) == (2, 2, True, 30)


class TestCapacities:
    def formats(self, recorder: VirtualRecorder) -> str:
        drive = ready(recorder) if recorder.disc is not None else Drive(recorder)
        return drive.send(bytes.fromhex("23 00 00 00 00 00 00 00 0c 00"), data_in_length=12).data.hex(" ")

    def test_of_a_blank_its_room_of_a_recorded_disc_its_length(self, recorder: VirtualRecorder) -> None:
        """Byte 8 is the kind: 1 unformatted, 2 formatted, 3 no disc; 2048 bytes in a sector."""
        assert self.formats(recorder) == "00 00 00 08 00 05 7d a9 01 00 08 00"  # 359849 sectors
        drive = ready(recorder)
        write_track(drive, 600)
        assert self.formats(recorder) == "00 00 00 08 00 05 7d a9 01 00 08 00"
        close_session(drive)
        assert self.formats(recorder) == "00 00 00 08 00 00 02 5a 02 00 08 00"  # 602

    def test_without_a_disc_there_are_none(self) -> None:
        recorder = VirtualRecorder()
        drive = Drive(recorder)
        with pytest.raises(errors.DeviceReset):
            drive.run(ReadCapacity())
        assert self.formats(recorder)[12:] == "00 00 00 00 03 00 08 00"

    def test_the_last_sector_is_the_one_before_the_lead_out(self) -> None:
        drive = Drive(VirtualRecorder())
        with pytest.raises(errors.DeviceReset):
            drive.run(ReadCapacity())
        assert drive.run(ReadCapacity()).last_lba == 0
        drive = ready(VirtualRecorder(Medium.new()))
        write_track(drive, 600)
        assert drive.run(ReadCapacity()).last_lba == 0
        close_session(drive)
        assert drive.run(ReadCapacity()).last_lba == 601
        sessions = [Session([Audio(bytes(SECTOR_BYTES * 300))]) for _ in range(2)]
        drive = ready(VirtualRecorder(prepare(sessions, "cd-r")))
        assert drive.run(ReadCapacity()).last_lba == 300 + 11_400 + 300 - 1
