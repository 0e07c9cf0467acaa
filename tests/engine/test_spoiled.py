"""A disc that a broken-off session-at-once spoiled: what the recorder answers, and what is said of it.

Expected values: MMC-5 6.22 (status 1, last session 1), 6.27 (Damage 1 and NWA_V 0: the track can be neither
continued nor repaired), 6.26 (no lead-in, no table of contents); what cdrdao makes of the same answers.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redbook import errors
from redbook.burning.jobs import burn, close_disc, plan, verify
from redbook.burning.looking import disc_info
from redbook.drive import Drive
from redbook.engine.glance import glance
from redbook.engine.spoiled import is_spoiled, spoiled_in_words
from redbook.image import disc_files, sector_file
from redbook.mmc.disc_info import (
    DiscInformation,
    DiscStatus,
    ReadDiscInformation,
    ReadPma,
    ReadToc,
    ReadTrackInformation,
    SessionStatus,
    TrackAddress,
    TrackInformation,
)
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.write import Blank, BlankType, SynchronizeCache, Write10
from redbook.runner.runner import Runner
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import announce, entry, lead_in, lead_out, sector, write_from, write_session
from tests.support.clients import client
from tests.support.drives import as_sent, close_session, loaded_again, ready, write_track
from tests.support.played import Played
from tests.support.sound import noise, write_wav

TWO = lead_in() + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0) + entry(1, 2, 1, 0, 500) + lead_out(900)


def spoiled(medium: Medium, reached: int = 600) -> Drive:
    recorder = VirtualRecorder(medium)
    drive = ready(recorder)
    announce(drive, TWO)
    drive.run(Write10(-150, sector(-150)))
    write_from(drive, -149, reached)
    recorder.cut_power()
    return ready(recorder)


def reply_to(drive: Drive, cdb: str) -> bytes:
    return drive.send(bytes.fromhex(cdb.replace(" ", "")), data_in_length=36).data


@pytest.mark.parametrize("reached", [-149, 0, 499, 600, 899])
def test_all_that_a_drive_finds_is_one_damaged_track(reached: int) -> None:
    """The sheet of two tracks was in its memory only: neither PMA nor lead-in has them."""
    drive = spoiled(Medium.new(), reached)
    information = reply_to(drive, "51 00 00 00 00 00 00 00 22 00")
    assert information[2] & 0x0F == 0x05  # last session incomplete, disc appendable
    assert list(information[3:7]) == [1, 1, 1, 1]  # first track, sessions, first and last track of the last
    track = reply_to(drive, "52 01 00 00 00 01 00 00 24 00")
    assert track[5] & 0x20  # damaged
    assert track[7] & 0x01 == 0  # no next writable address
    assert int.from_bytes(track[24:28], "big") == max(0, reached)
    for command in (
        ReadTrackInformation(),
        ReadTrackInformation(2),
        ReadToc(),
        ReadTrackInformation(2, TrackAddress.SESSION),
    ):
        with pytest.raises(errors.InvalidField):
            drive.run(command)  # type: ignore[arg-type]
    for lba in (-150, 0, 550, 2000):
        assert drive.run(ReadTrackInformation(lba, TrackAddress.LBA)).damaged
    assert drive.run(ReadPma()).points == ()


def test_while_it_is_written_the_drive_knows_its_tracks() -> None:
    drive = ready(VirtualRecorder(Medium.new()))
    announce(drive, TWO)
    write_from(drive, -150, 600)
    information = drive.run(ReadDiscInformation())
    assert information.last_track_of_last_session == 2
    assert drive.run(ReadTrackInformation()).next_writable_lba == 600


def test_a_session_before_it_can_still_be_read() -> None:
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    write_track(drive, 400)
    close_session(drive, MultiSession.NEXT_ALLOWED)
    start = drive.run(ReadTrackInformation()).next_writable_lba
    assert start is not None
    first = start - 150
    second = entry(1, 2, 0, 0, first) + entry(1, 2, 1, 0, start) + lead_out(start + 900)
    announce(drive, lead_in() + second)
    write_from(drive, first, start + 10)
    recorder.cut_power()
    found = disc_info(ready(recorder)).disc
    assert found.spoiled
    assert [track.number for track in found.tracks] == [1]
    assert found.expected_toc() == ready(recorder).run(ReadToc())
    said = spoiled_in_words(found.information)
    assert said.startswith("the last session on the disc is spoiled")
    assert "players find only what was on the disc before" in said
    information = ready(recorder).run(ReadDiscInformation())
    assert (information.sessions, information.first_track_of_last_session) == (2, 2)


@pytest.mark.tools("umockdev-run", "cdrdao")
def test_cdrdao_takes_it_for_used_and_for_nothing_to_write_on() -> None:
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    announce(drive, TWO)
    write_from(drive, -150, 600)
    recorder.cut_power()
    said = client(recorder, "cdrdao", "disk-info", "--device", "/dev/sr0", "--driver", "generic-mmc")
    told = {key.strip(): text.strip() for key, _, text in (line.partition(":") for line in said.splitlines())}
    assert (told["CD-R empty"], told["Last Track"], told["Appendable"]) == ("no", "0", "no")


OPEN = DiscInformation(DiscStatus.APPENDABLE, SessionStatus.INCOMPLETE, False, 1, 1, 1, 1)
GOING_ON = TrackInformation(2, 1, 0, True, False, 452, 452, 300000, 300000)
WHOLE = TrackInformation(1, 1, 0, False, False, 0, None, 0, 300)
DAMAGED = TrackInformation(1, 1, 0, False, True, 0, None, 0, 300)
REFUSED = errors.InvalidField("no", "READ TRACK INFORMATION", errors.Sense(5, 0x24, 0))
TAKES_MORE = TrackInformation(2, 1, 0, True, True, 452, 452, 300000, 300000)
NONSENSE = errors.InvalidReply("READ TRACK INFORMATION: 3 bytes")
BUSY = errors.LongWriteInProgress("busy", "READ TRACK INFORMATION", errors.Sense(2, 0x04, 0x08))


@pytest.mark.parametrize(
    ("answers", "spoils"),
    [
        ([REFUSED, DAMAGED], True),
        ([DAMAGED, DAMAGED], True),
        ([REFUSED, REFUSED], True),
        ([REFUSED, WHOLE], False),  # a session that is full
        ([GOING_ON], False),
        ([WHOLE], False),  # a drive that tells the last track instead
        ([BUSY], False),
        ([REFUSED, BUSY], False),
        ([NONSENSE], False),
        ([REFUSED, NONSENSE], False),
        ([TAKES_MORE], False),  # damaged, and can be continued (MMC-5 6.27)
        ([REFUSED, TAKES_MORE], False),
    ],
)
def test_what_drives_may_answer_of_the_track_that_could_be_next_and_of_the_session_s_first(
    answers: list[TrackInformation | errors.RedbookError], spoils: bool
) -> None:
    asking = is_spoiled(OPEN)
    next(asking)
    with pytest.raises(StopIteration) as ended:
        for answer in answers:
            if isinstance(answer, errors.RedbookError):
                asking.throw(answer)
            else:
                asking.send(answer)
    assert ended.value.value is spoils


class TestWhatIsSaid:
    @pytest.mark.parametrize(
        ("kind", "remedy"), [("cd-r", "use another disc"), ("cd-rw", "blank this CD-RW")]
    )
    def test_nothing_is_done_with_it_and_every_refusal_says_why(
        self, kind: str, remedy: str, tmp_path: Path
    ) -> None:
        song = write_wav(tmp_path / "a.wav", noise(588 * 310))
        drive = spoiled(Medium.new(kind))
        attempts: list[Callable[[], object]] = [
            lambda: burn([song], drive),
            lambda: burn([song], drive, append=True),
            lambda: plan([song], drive),
            lambda: plan([song], drive, append=True),
            lambda: verify([song], drive),
            lambda: close_disc(drive),
        ]
        for attempt in attempts:
            with pytest.raises(errors.MediumUnsuitable) as caught:
                attempt()
            assert "spoiled: a burn ended before the table of contents was written" in str(caught.value)
            assert remedy in str(caught.value)

    def test_it_has_no_track_and_no_identifier(self) -> None:
        found = disc_info(spoiled(Medium.new())).disc
        assert found.spoiled
        assert (found.tracks, found.open_track, found.space, found.expected_toc()) == ((), None, None, None)

    def test_in_a_list_of_drives_it_is_not_one_that_takes_more(self) -> None:
        seen = Runner(spoiled(Medium.new()), emit=lambda _: None).run(glance())
        assert seen.medium == "CD-R 80 min, spoiled"
        assert not seen.appendable
        assert not seen.blank

    def test_a_cd_rw_is_as_good_as_new_when_it_was_blanked(self, tmp_path: Path) -> None:
        drive = spoiled(Medium.new("cd-rw"))
        drive.run(Blank(BlankType.MINIMAL))
        assert not disc_info(drive).disc.spoiled
        assert burn([write_wav(tmp_path / "a.wav", noise(588 * 310))], drive).verified

    def test_an_open_session_that_takes_tracks_is_none(self) -> None:
        drive = ready(VirtualRecorder(Medium.new()))
        write_track(drive, 300)
        assert not disc_info(drive).disc.spoiled

    def test_a_track_that_was_not_ended_is_none(self) -> None:
        recorder = VirtualRecorder(Medium.new())
        drive = ready(recorder)
        drive.run(Write10(0, sector(0) * 300))
        recorder.cut_power()
        found = disc_info(ready(recorder)).disc
        assert (found.spoiled, found.open_track is not None) == (False, True)

    def test_a_session_of_99_tracks_is_full_and_not_spoiled(self) -> None:
        drive = ready(VirtualRecorder(Medium.new()))
        for _ in range(99):
            write_track(drive, 300)
        found = disc_info(drive, labels=False).disc
        assert (found.spoiled, len(found.tracks)) == (False, 99)

    @pytest.mark.parametrize("sense", [errors.Sense(5, 0x20, 0), errors.Sense(5, 0x2C, 0)])
    def test_a_drive_that_answers_nothing_at_all_does_not_say_so(self, sense: errors.Sense) -> None:
        medium = Medium.new()
        spoiled(medium)
        mute = VirtualRecorder(medium, faults=[Fault(sense, ReadTrackInformation, times=100)])
        assert not disc_info(ready(mute)).disc.spoiled


def test_a_folder_is_blank_spoiled_or_whole_at_whatever_instant_its_program_is_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A copy of the folder before each call that changes something in it is what a kill there leaves."""
    folder, copies = tmp_path / "a.disc", []

    def watched(call: Callable[..., Any]) -> Callable[..., Any]:
        def watching(*args: Any, **kwargs: Any) -> Any:
            if folder.exists():
                copies.append(tmp_path / f"{len(copies)}.disc")
                shutil.copytree(folder, copies[-1])
            return call(*args, **kwargs)

        return watching

    with monkeypatch.context() as patch:
        for module, names in (
            (sector_file.os, ("pwrite", "ftruncate")),
            (disc_files.os, ("replace", "unlink", "open")),
        ):
            for name in names:
                patch.setattr(module, name, watched(getattr(module, name)))
        medium = Medium.new_at(folder)
        medium.calibrate()  # from here on there is a folder
        recorder = VirtualRecorder(medium)
        drive = ready(recorder)
        announce(drive, TWO)
        for lba in range(-150, 900, 150):
            drive.run(Write10(lba, b"".join(sector(n) for n in range(lba, lba + 150))))
        drive.run(SynchronizeCache())
        recorder.close()
    copies.append(folder)
    states = [_state_of(copy) for copy in copies]
    assert list(dict.fromkeys(states)) == ["blank", "spoiled", "whole"]
    assert states == sorted(states, key=["blank", "spoiled", "whole"].index)  # and never back


def _state_of(folder: Path) -> str:
    recorder = VirtualRecorder(Medium.open(folder))
    try:
        drive = ready(recorder)
        found = disc_info(drive).disc
        if found.spoiled:
            assert loaded_again(drive).run(ReadDiscInformation()).status is DiscStatus.APPENDABLE
            return "spoiled"
        if found.status is DiscStatus.BLANK:
            return "blank"
        assert [track.track_sectors for track in found.tracks] == [500, 400]
        assert recorder.disc is not None
        assert as_sent(recorder, 0, 900) == b"".join(map(sector, range(900)))
        return "whole"
    finally:
        recorder.close()


def test_raw_writing_that_broke_off_spoils_a_disc_as_well() -> None:
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    drive.run(ModeSelect10(WriteParameters(write_type=3, data_block_type=3).to_page()))
    start = drive.run(ReadTrackInformation()).next_writable_lba
    assert start is not None
    drive.run(Write10(start, bytes(2448 * 20), 2448))
    recorder.cut_power()
    assert disc_info(ready(recorder)).disc.spoiled


def test_a_session_that_was_written_whole_is_not_spoiled() -> None:
    drive = ready(VirtualRecorder(Medium.new()))
    write_session(drive, TWO, 900, multi_session=MultiSession.NEXT_ALLOWED)
    found = disc_info(drive).disc
    assert (found.spoiled, len(found.tracks), found.space is not None) == (False, 2, True)


@pytest.mark.parametrize(
    ("status", "session"),
    [
        (DiscStatus.BLANK, SessionStatus.INCOMPLETE),
        (DiscStatus.COMPLETE, SessionStatus.INCOMPLETE),
        (DiscStatus.APPENDABLE, SessionStatus.EMPTY),
        (DiscStatus.APPENDABLE, SessionStatus.COMPLETE),
    ],
)
def test_of_a_disc_with_no_session_that_is_open_nothing_is_asked(
    status: DiscStatus, session: SessionStatus
) -> None:
    played = Played()
    assert not played.run(is_spoiled(DiscInformation(status, session, False, 1, 1, 1, 1)))
    assert not played.steps
