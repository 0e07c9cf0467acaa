"""What a drive is asked while a disc is verified, and what not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.engine.events import TrackVerified
from redbook.engine.verify import ReadBack, VerifyRequest, read_track, verify
from redbook.errors import Cancelled, DriveGone
from redbook.mmc.control import StartStopUnit
from redbook.mmc.disc_info import ReadToc
from redbook.mmc.mode_pages import MultiSession
from redbook.mmc.playback import ReadSubChannel, SubChannelFormat
from redbook.mmc.read import ReadCd
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.runner.runner import Runner
from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, next_lba, ready
from tests.support.fingerprints import fingerprint
from tests.support.played import Played
from tests.support.sound import noise

FIRST, SECOND = noise(588 * 400, 1), noise(588 * 350, 2)


def write(medium: Medium, *tracks: bytes) -> None:
    drive = ready(VirtualRecorder(medium))
    for pcm in tracks:
        start = next_lba(drive)
        for at in range(0, len(pcm), 25 * SECTOR_BYTES):
            drive.run(Write10(start + at // SECTOR_BYTES, pcm[at : at + 25 * SECTOR_BYTES]))
        drive.run(SynchronizeCache())


class Asked:
    """A verification of a disc, and every command that it sent."""

    def __init__(self, medium: Medium, before: Callable[[Any], None] = lambda command: None) -> None:
        self.commands: list[Any] = []
        self.events: list[Any] = []
        self.drive = ready(VirtualRecorder(medium))
        run = self.drive.run

        def noted(command: Any) -> Any:
            self.commands.append(command)
            before(command)
            return run(command)

        self.drive.run = noted  # type: ignore[method-assign]

    def verify(
        self, tracks: list[LaidTrack] | None, sent: list[bytes], asked: VerifyRequest | None = None
    ) -> ReadBack:
        runner = Runner(self.drive, emit=self.events.append, clock=ManualClock())
        return runner.run(verify(tracks, [fingerprint(pcm) for pcm in sent], asked))

    def of(self, kind: type[Any]) -> list[Any]:
        return [command for command in self.commands if isinstance(command, kind)]

    @property
    def audio(self) -> list[ReadCd]:
        return [command for command in self.of(ReadCd) if command.selection.main_channel]


def disc(next_session: MultiSession | None = MultiSession.LAST) -> Medium:
    """Two tracks, written one by one."""
    medium = Medium.new()
    write(medium, FIRST, SECOND)
    if next_session is not None:
        close_session(ready(VirtualRecorder(medium)), next_session)
    return medium


PLACES = [LaidTrack(1, 0, 400), LaidTrack(2, 552, 350)]


@pytest.mark.parametrize("sent", [[FIRST, SECOND + bytes(SECTOR_BYTES)], [FIRST], [FIRST, SECOND, SECOND]])
def test_no_audio_is_read_of_a_disc_whose_tracks_are_not_as_long_as_the_sources(sent: list[bytes]) -> None:
    asked = Asked(disc())
    found = asked.verify(None, sent)
    assert found.layout_errors
    assert not found.same
    assert found.readings == ()
    assert found.not_reached
    assert not asked.audio


def test_where_tracks_were_just_written_they_are_compared_though_the_table_of_contents_is_wrong() -> None:
    asked = Asked(disc())
    found = asked.verify([PLACES[0], LaidTrack(2, 552, 351)], [FIRST, SECOND + bytes(SECTOR_BYTES)])
    assert found.layout_errors
    assert len(found.readings) == 2
    assert asked.audio


def test_of_a_session_that_is_open_nothing_is_asked_but_what_is_in_the_closed_ones() -> None:
    """Its tracks are in no table of contents."""
    medium = disc(MultiSession.NEXT_ALLOWED)
    write(medium, noise(588 * 300, 3))
    asked = Asked(medium)
    layout = SessionLayout((LaidTrack(1, 0, 400, 150), LaidTrack(2, 552, 350, 150)), 904)
    asked.verify(PLACES, [FIRST, SECOND], VerifyRequest(closed=True, session=layout, binding=False))
    isrcs = [command.track for command in asked.of(ReadSubChannel) if command.format == SubChannelFormat.ISRC]
    assert set(isrcs) == {1, 2}


@pytest.mark.parametrize("reload", [True, False])
def test_a_disc_is_reloaded_where_that_is_asked_for(reload: bool) -> None:
    asked = Asked(disc())
    found = asked.verify(PLACES, [FIRST, SECOND], VerifyRequest(closed=True, reload=reload))
    assert found.same
    assert any(command.load_eject for command in asked.of(StartStopUnit)) is reload
    assert bool(found.notes) is not reload


def test_each_track_is_told_as_it_was_compared() -> None:
    asked = Asked(disc())
    found = asked.verify(PLACES, [FIRST, bytes(400) + SECOND[400:]])
    assert found.differing == (2,)
    told = [event for event in asked.events if isinstance(event, TrackVerified)]
    assert told == [TrackVerified(1, True), TrackVerified(2, False)]
    assert found.not_reached == ()


def test_an_open_session_has_no_table_of_contents_and_its_tracks_are_compared() -> None:
    found = Asked(disc(None)).verify(PLACES, [FIRST, SECOND])
    assert found.same
    assert "the session is open" in found.toc_check.text


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([PLACES[0], LaidTrack(2, 553, 349)], "track 2 starts at sector 552 instead of 553"),
        ([PLACES[0], PLACES[1], LaidTrack(3, 1054, 300)], "track 3 is not on the disc"),
    ],
)
def test_of_an_open_session_the_drive_s_own_list_must_be_what_was_written(
    places: list[LaidTrack], words: str
) -> None:
    sent = [(FIRST, SECOND, FIRST)[n][: place.sectors * SECTOR_BYTES] for n, place in enumerate(places)]
    assert words in Asked(disc(None)).verify(places, sent).layout_errors


def test_of_a_blank_disc_nothing_is_compared() -> None:
    asked = Asked(Medium.new())
    found = asked.verify(PLACES, [FIRST, SECOND])
    assert "the drive calls the disc in it blank" in found.layout_errors[0]
    assert found.not_reached == (1, 2)
    assert not asked.audio


def leaving(lba: int, error: Exception) -> Callable[[Any], None]:
    def before(command: Any) -> None:
        if isinstance(command, ReadCd) and command.lba <= lba < command.lba + command.sectors:
            raise error

    return before


def test_a_drive_that_leaves_while_a_good_disc_is_read_is_the_error() -> None:
    asked = Asked(disc(), leaving(700, DriveGone("it left")))
    with pytest.raises(DriveGone):
        asked.verify(PLACES, [FIRST, SECOND])


def test_what_was_found_to_differ_before_a_drive_left_stays_found() -> None:
    asked = Asked(disc(), leaving(640, DriveGone("it left")))
    found = asked.verify(PLACES, [FIRST[:4000] + bytes(400) + FIRST[4400:], SECOND])
    assert found.broken_off == "it left"
    assert found.differing == (1,)
    assert found.not_reached == (2,)
    cancelled = Asked(disc(), leaving(640, Cancelled("stop")))
    with pytest.raises(Cancelled):
        cancelled.verify(PLACES, [FIRST[:4000] + bytes(400) + FIRST[4400:], SECOND])


@pytest.mark.parametrize("sectors", [0, 1, 27, 28, 60])
def test_a_track_is_handed_on_whole_and_in_order(sectors: int) -> None:
    def drive(command: Any) -> bytes:
        return b"".join(
            lba.to_bytes(4, "big") * 588 for lba in range(command.lba, command.lba + command.sectors)
        )

    pieces: list[bytes] = []
    Played(drive).run(read_track(500, sectors, pieces.append))
    assert b"".join(pieces) == b"".join(lba.to_bytes(4, "big") * 588 for lba in range(500, 500 + sectors))


@pytest.mark.parametrize("control", [1, 4, 8])
def test_flags_that_nobody_meant_are_wrong(control: int) -> None:
    """Pre-emphasis, data, four channels: players turn their sound or their output by them."""
    medium = prepare([Session([Audio(FIRST), Audio(SECOND)])])
    asked = Asked(medium)
    run = asked.drive.run

    def otherwise(command: Any) -> Any:
        reply = run(command)
        if isinstance(command, ReadToc):
            tracks = [replace(track, control=control) for track in reply.tracks]
            return replace(reply, tracks=tuple(tracks))
        return reply

    asked.drive.run = otherwise  # type: ignore[method-assign]
    places = [LaidTrack(1, 0, 400), LaidTrack(2, 550, 350)]
    wrong = asked.verify(places, [FIRST, SECOND]).layout_errors
    assert len(wrong) == 2
    assert all("is marked as something other than plain stereo audio" in one for one in wrong)
