"""Tracks through the IMAPI2 API: what is on the disc, what the handler is told, what a cancel leaves."""

from __future__ import annotations

import io
import itertools
import struct
import threading
from typing import Any

import pytest

from redbook.engine.events import Event, TrackStarted
from redbook.errors import AudioError, Sense
from redbook.image.base import TrackState
from redbook.imapi2 import AudioStream, HResult, MsftStreamZero, WithEvents, com_error
from redbook.imapi2.writer.event_args import Timed
from redbook.imapi2.writer.track_stream import TrackStream
from redbook.mmc.disc_info import DiscStatus
from redbook.mmc.write import CloseTrackSession, SynchronizeCache, Write10
from redbook.runner.mailbox import Mailbox
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from tests.support.imapi import Hanging, Rig, code_of, track
from tests.support.sound import noise, write_wav

SECTOR = 2352
SHORTEST = 300 * SECTOR
LAST_LEAD_OUT = (79 * 60 + 59) * 75 + 74 - 150


# The seed case: after Recorder, ClientName and PrepareMedia, AddAudioTrack writes the next track


LENGTHS = {
    "one sample": 4,
    "3.9 s": 39 * 44100 * 4 // 10,
    "4 s": SHORTEST,
    "4 s and a sample": SHORTEST + 4,
    "5 s": 5 * 44100 * 4,
}


@pytest.mark.parametrize("length", LENGTHS.values(), ids=LENGTHS)
def test_a_stream_becomes_a_track_of_whole_sectors_and_at_least_four_seconds(length: int) -> None:
    pcm = noise(length // 4)
    with Rig() as rig:
        assert rig.prepared().AddAudioTrack(io.BytesIO(pcm)) == HResult.S_OK
        rig.writer.ReleaseMedia()
        sectors = max(300, -(-length // SECTOR))
        assert rig.tracks == [(1, 0, sectors)]
        assert rig.audio(0, sectors) == pcm.ljust(sectors * SECTOR, b"\0")


def test_two_tracks_lie_150_sectors_and_the_run_out_apart() -> None:
    first, second = noise(588 * 310, 1), noise(588 * 305, 2)
    with Rig() as rig:
        rig.prepared()
        rig.writer.AddAudioTrack(first)
        rig.writer.AddAudioTrack(second)
        rig.writer.ReleaseMedia()
        start = 310 + 2 + 150
        assert rig.tracks == [(1, 0, 310), (2, start, 305)]
        assert rig.audio(0, 310) == first
        assert rig.audio(310, 152) == bytes(152 * SECTOR)
        assert rig.audio(start, 305) == second


def test_99_tracks_and_not_one_more() -> None:
    with Rig() as rig:
        rig.prepared()
        for number in range(1, 100):
            rig.writer.AddAudioTrack(struct.pack("<hh", number, -number))
            assert rig.writer.NumberOfExistingTracks == number
        with pytest.raises(com_error) as error:
            rig.writer.AddAudioTrack(track(300))
        assert error.value.name == "E_IMAPI_DF2TAO_TRACK_LIMIT_REACHED"
        rig.writer.ReleaseMedia()
        assert [number for number, _, _ in rig.tracks] == list(range(1, 100))
        for number, start, _ in rig.tracks:
            assert rig.audio(start, 1)[:4] == struct.pack("<hh", number, -number)


def test_what_fits_exactly_is_written_and_a_sector_more_refused_before_anything_is() -> None:
    for too_much in (0, 1):
        with Rig(medium=Medium.new("cd-r", 74)) as rig:
            rig.prepared()
            stream = MsftStreamZero()
            stream.SetSize((rig.writer.FreeSectorsOnMedia + too_much) * SECTOR)
            if too_much:
                with pytest.raises(com_error) as error:
                    rig.writer.AddAudioTrack(stream)
                assert error.value.name == "E_IMAPI_DF2TAO_NOT_ENOUGH_SPACE"
                assert rig.updates == []
                assert rig.tracks == []
            else:
                rig.writer.AddAudioTrack(stream)
                assert rig.writer.FreeSectorsOnMedia == 0
                assert rig.writer.UsedSectorsOnMedia == rig.writer.TotalSectorsOnMedia
            rig.writer.ReleaseMedia()


def test_a_disc_without_tracks_stays_blank() -> None:
    with Rig() as rig:
        rig.prepared().ReleaseMedia()
        assert rig.medium is not None
        assert rig.medium.status is DiscStatus.BLANK
        assert rig.updates == []
        assert rig.is_free()
        rig.writer.PrepareMedia()


def test_the_disc_is_closed_for_good_or_left_open() -> None:
    for leave_open, status in ((False, DiscStatus.COMPLETE), (True, DiscStatus.APPENDABLE)):
        with Rig() as rig:
            rig.ready().DoNotFinalizeMedia = leave_open
            rig.writer.PrepareMedia()
            rig.writer.AddAudioTrack(track(300))
            rig.writer.ReleaseMedia()
            assert rig.medium is not None
            assert rig.medium.status is status
            assert rig.medium.state.open_session is None


def test_a_decoded_sound_file_is_the_same_as_its_samples(tmp_path: Any) -> None:
    pcm = noise(588 * 301 + 7)
    path = write_wav(tmp_path / "with a space.wav", pcm)
    with Rig() as rig, AudioStream(path) as stream:
        rig.prepared().AddAudioTrack(stream)
        assert rig.audio(0, 302) == pcm.ljust(302 * SECTOR, b"\0")


def test_a_wav_file_is_refused_before_anything_is_sent_and_the_next_stream_is_the_track(
    tmp_path: Any,
) -> None:
    path = write_wav(tmp_path / "a.wav", track(300))
    with Rig() as rig, path.open("rb") as file:
        rig.prepared()
        with pytest.raises(com_error, match="AudioStream") as error:
            rig.writer.AddAudioTrack(file)
        assert error.value.name == "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED"
        assert "WAV file with its header" in str(error.value)
        assert rig.updates == []
        assert rig.writer.NumberOfExistingTracks == 0
        rig.writer.AddAudioTrack(AudioStream(path))
        assert rig.audio(0, 300) == track(300)


def test_the_position_of_a_stream_does_not_matter() -> None:
    stream = io.BytesIO(track(300))
    stream.seek(5000)
    with Rig() as rig:
        rig.prepared().AddAudioTrack(stream)
        assert rig.audio(0, 300) == track(300)


def test_strict_sectors_refuses_what_would_be_padded() -> None:
    with Rig() as rig:
        rig.prepared().StrictSectors = True
        with pytest.raises(com_error) as error:
            rig.writer.AddAudioTrack(bytes(SHORTEST + 4))
        assert error.value.name == "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED"
        assert rig.writer.AddAudioTrack(bytes(SHORTEST - 4)) == HResult.S_OK  # padded as documented


# Events, by the recorder's clock


def test_the_updates_of_a_track_are_told_in_order_every_half_second() -> None:
    """30 s of audio at 4x, through a buffer of 2 MiB: 7.5 s and the start."""
    with Rig(speed=4) as rig:
        rig.clock.sleep(10)  # the disc is loaded
        rig.ready().SetWriteSpeed(300, False)
        rig.writer.PrepareMedia()
        rig.updates.clear()
        rig.writer.AddAudioTrack(track(2250))
    actions = rig.actions
    assert actions[0] == "PREPARING"
    writing = actions.count("WRITING")
    # Two MiB wait in the drive's buffer when all is sent: over 3 s at 4x, in which its end is awaited aloud.
    finishing = len(actions) - writing - 1
    assert actions == ["PREPARING", *["WRITING"] * writing, *["FINISHING"] * finishing]
    assert finishing > 2
    del rig.updates[writing + 2 :]
    assert rig.updates[0] == ("PREPARING", 1, 0, 2250, 0, 0, 8)  # 2250 sectors at 300 a second
    assert rig.updates[1][:5] == ("WRITING", 1, 0, 2250, 0)
    assert rig.updates[-2][:5] == ("WRITING", 1, 0, 2250, 2249)
    written = [update[4] for update in rig.updates]
    assert written == sorted(written)
    # What the buffer does not take at once is sent at 300 sectors a second: 150 in half a second.
    steps = [b - a for a, b in itertools.pairwise(written[2:-2])]
    assert steps
    assert all(100 <= step <= 200 for step in steps), steps


def test_releasing_tells_how_the_disc_is_closed_every_half_second() -> None:
    with Rig(speed=48) as rig:
        rig.clock.sleep(10)
        rig.prepared().AddAudioTrack(track(300))
        rig.updates.clear()
        began = rig.clock.now()
        rig.writer.ReleaseMedia()
        seconds = rig.clock.now() - began
    assert set(rig.actions) == {"FINISHING"}
    assert all(update[1:5] == (1, 0, 300, 299) for update in rig.updates)
    assert all(update[6] >= 1 for update in rig.updates)
    assert len(rig.updates) == pytest.approx(seconds / 0.5 + 1, abs=2)
    elapsed = [update[5] for update in rig.updates]
    assert elapsed == sorted(elapsed)
    assert elapsed[-1] == int(seconds - 0.01) or elapsed[-1] == int(seconds) - 1


def test_a_handler_that_raises_breaks_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def broken(source: object, progress: object) -> None:
        raise SystemExit("the handler is broken")

    with Rig() as rig:
        WithEvents(rig.writer, broken)
        assert rig.prepared().AddAudioTrack(track(300)) == HResult.S_OK
        rig.writer.ReleaseMedia()
    assert "the handler is broken" in caplog.text


def test_a_handler_may_look_at_everything_while_a_track_is_written() -> None:
    seen = []

    def look(writer: Any, progress: Any) -> None:
        if progress.CurrentAction == 2:
            seen.append((writer.FreeSectorsOnMedia, writer.UsedSectorsOnMedia, writer.CurrentWriteSpeed))

    with Rig() as rig:
        rig.prepared().AddAudioTrack(track(300))
        WithEvents(rig.writer, look)
        rig.writer.AddAudioTrack(track(400))
        rig.writer.ReleaseMedia()
    assert set(seen) == {(LAST_LEAD_OUT - 2 - 452, 452, 3900)}


# Cancelling


class Waiting(io.BytesIO):
    """Gives the first part at once and the rest when it is told to."""

    def __init__(self, pcm: bytes, first: int) -> None:
        super().__init__(pcm)
        self._first, self.hangs, self.go_on = first, threading.Event(), threading.Event()

    def readinto(self, buffer: Any) -> int:
        room = memoryview(buffer)
        if self.tell() >= self._first:
            self.hangs.set()
            assert self.go_on.wait(60)
        else:
            room = room[: self._first - self.tell()]
        return super().readinto(room)


def cancel_at(rig: Rig, action: int, stream: Waiting | None = None, done: int = 0) -> Any:
    def handler(writer: Any, progress: Any) -> None:
        written = progress.LastWrittenLba - progress.StartLba
        if progress.CurrentAction == action and written >= done:
            writer.CancelAddTrack()
            writer.CancelAddTrack()  # twice is once
            if stream is not None:
                stream.go_on.set()

    return WithEvents(rig.writer, handler)


def add_cancelled(rig: Rig, data: object) -> str:
    with pytest.raises(com_error) as error:
        rig.writer.AddAudioTrack(data)
    assert error.value.name == "E_IMAPI_REQUEST_CANCELLED"
    return str(error.value)


def test_cancelled_in_preparing_there_is_no_track() -> None:
    with Rig() as rig:
        cancel_at(rig.prepared() and rig, action=1)
        assert "nothing was written" in add_cancelled(rig, track(300))
        assert rig.writer.NumberOfExistingTracks == 0
        assert rig.medium is not None
        assert rig.medium.status is DiscStatus.BLANK
        rig.writer.ReleaseMedia()
        assert rig.is_free()


def test_cancelled_between_the_first_update_of_writing_and_the_first_write_there_is_no_track(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put = Mailbox.put
    with Rig() as rig:

        def put_and_cancel(mailbox: Mailbox, event: Event | None) -> None:
            put(mailbox, event)
            if isinstance(event, Timed) and isinstance(event.event, TrackStarted):
                rig.writer.CancelAddTrack()

        monkeypatch.setattr(Mailbox, "put", put_and_cancel)
        rig.prepared()
        assert "nothing was written" in add_cancelled(rig, track(300))
        assert rig.actions == ["PREPARING", "WRITING"]
        assert rig.writer.NumberOfExistingTracks == 0
        assert rig.medium is not None
        assert rig.medium.status is DiscStatus.BLANK
        rig.writer.ReleaseMedia()
        assert rig.is_free()


@pytest.mark.parametrize("done", [1, 4000])
def test_cancelled_in_writing_the_track_is_ended_and_counts(done: int) -> None:
    """The read-ahead holds 9 MB, some 3800 sectors; the stream waits behind that until it is cancelled."""
    pcm = track(9000)
    with Rig(speed=48) as rig:
        rig.clock.sleep(10)
        stream = Waiting(pcm, 8500 * SECTOR)
        rig.prepared()
        handler = cancel_at(rig, 2, stream, done)
        text = add_cancelled(rig, stream)
        assert rig.writer.NumberOfExistingTracks == 1
        ((_, _, length),) = rig.tracks
        assert "of track 1" in text
        assert max(300, done) <= length < 9000
        assert rig.audio(0, 27) == pcm[: 27 * SECTOR]
        rig.writer._unadvise(handler)
        rig.writer.AddAudioTrack(track(300))  # the drive still takes one
        assert rig.writer.NumberOfExistingTracks == 2
        rig.writer.ReleaseMedia()
        assert [number for number, _, _ in rig.tracks] == [1, 2]
        assert rig.medium is not None
        assert rig.medium.status is DiscStatus.COMPLETE


@pytest.mark.parametrize("action", [3, 4], ids=["FINISHING", "VERIFYING"])
def test_cancelled_later_the_track_is_whole_and_the_call_says_so(action: int) -> None:
    with Rig() as rig:
        rig.ready().BurnVerificationLevel = 1
        rig.writer.PrepareMedia()
        cancel_at(rig, action)
        text = add_cancelled(rig, track(300))
        assert "complete" in text or "track 1 whole" in text
        assert rig.writer.NumberOfExistingTracks == 1
        rig.writer.ReleaseMedia()
        assert rig.audio(0, 300) == track(300)


def test_closing_the_session_cannot_be_cancelled() -> None:
    codes = []

    def handler(writer: Any, progress: Any) -> None:
        try:
            writer.CancelAddTrack()
        except com_error as error:
            codes.append(error.name)

    with Rig() as rig:
        rig.prepared().AddAudioTrack(track(300))
        WithEvents(rig.writer, handler)
        assert rig.writer.ReleaseMedia() == HResult.S_OK
        assert set(codes) == {"E_IMAPI_DF2TAO_WRITE_NOT_IN_PROGRESS"}
        assert rig.medium is not None
        assert rig.medium.status is DiscStatus.COMPLETE


def test_a_stream_that_hangs_can_be_cancelled_from_another_thread() -> None:
    with Rig() as rig:
        stream = Waiting(track(9000), 8000 * SECTOR)
        rig.prepared()

        def cancel() -> None:
            assert stream.hangs.wait(60)
            rig.writer.CancelAddTrack()

        threading.Thread(target=cancel, daemon=True).start()
        add_cancelled(rig, stream)
        stream.go_on.set()
        rig.writer.ReleaseMedia()


def test_a_second_track_at_once_is_refused_without_waiting() -> None:
    with Rig() as rig:
        stream = Waiting(track(9000), 0)
        rig.prepared()
        thread = threading.Thread(target=rig.writer.AddAudioTrack, args=(stream,))
        thread.start()
        try:
            assert stream.hangs.wait(60)
            with pytest.raises(com_error) as error:
                rig.writer.AddAudioTrack(track(300))
            assert error.value.name == "E_IMAPI_DF2TAO_WRITE_IN_PROGRESS"
        finally:
            stream.go_on.set()
            thread.join(60)
        assert rig.writer.NumberOfExistingTracks == 1


# Streams that are not what they should be


class Streamish:
    """IStream as a Python class of somebody's own."""

    def __init__(self, pcm: bytes, says: object = None, more: int = 0, error_at: int | None = None) -> None:
        self._file, self._more, self._error_at = io.BytesIO(pcm), more, error_at
        self._says = len(pcm) if says is None else says

    def Read(self, count: int) -> bytes:
        if self._error_at is not None and self._file.tell() >= self._error_at:
            raise OSError("the network is gone")
        return self._file.read(count + self._more)

    def Seek(self, offset: int, origin: int) -> int:
        return self._file.seek(offset, origin)

    def Stat(self, flags: int) -> tuple[object, ...]:
        return (None, 2, self._says)


def test_an_object_with_istream_s_methods_is_a_stream() -> None:
    with Rig() as rig:
        rig.prepared().AddAudioTrack(Streamish(track(300)))
        assert rig.audio(0, 300) == track(300)


def text_file(tmp_path: Any) -> Any:
    return (write_wav(tmp_path / "a.wav", track(300))).open(encoding="latin-1")


def closed_file(tmp_path: Any) -> Any:
    file = io.BytesIO(track(300))
    file.close()
    return file


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


class OnlyRead:
    def read(self, count: int) -> bytes:
        return bytes(count)


REFUSED: dict[str, tuple[Any, str]] = {
    "a text file": (text_file, "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED"),
    "a text stream": (lambda tmp_path: io.StringIO("x" * SHORTEST), "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED"),
    "a closed file": (closed_file, "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED"),
    "unseekable": (lambda tmp_path: Unseekable(track(300)), "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED"),
    "without seek": (lambda tmp_path: OnlyRead(), "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED"),
    "empty": (lambda tmp_path: io.BytesIO(), "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED"),
    "half a sample": (lambda tmp_path: io.BytesIO(bytes(6)), "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED"),
    "says no size": (lambda tmp_path: Streamish(track(300), "big"), "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED"),
    "says a negative size": (
        lambda tmp_path: Streamish(track(300), -4),
        "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED",
    ),
    "says a vast size": (lambda tmp_path: Streamish(track(300), 1 << 60), "E_IMAPI_DF2TAO_NOT_ENOUGH_SPACE"),
    "a file name": (lambda tmp_path: "track.pcm", "E_INVALIDARG"),
    "a number": (lambda tmp_path: 5, "E_INVALIDARG"),
    "an object": (lambda tmp_path: object(), "E_INVALIDARG"),
    "None": (lambda tmp_path: None, "E_POINTER"),
    "ends early": (lambda tmp_path: Streamish(track(300), SHORTEST + SECTOR), "E_FAIL"),
    "has more than it says": (lambda tmp_path: Streamish(track(301), SHORTEST), "E_FAIL"),
    "returns more than asked": (lambda tmp_path: Streamish(track(300), more=4), "E_FAIL"),
    "raises": (lambda tmp_path: Streamish(track(300), error_at=SECTOR), "E_FAIL"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_bad_stream_is_refused_before_anything_is_written(kind: str, tmp_path: Any) -> None:
    make, code = REFUSED[kind]
    with Rig() as rig:
        rig.prepared()
        stream = make(tmp_path)
        with pytest.raises(com_error) as error:
            rig.writer.AddAudioTrack(stream)
        if isinstance(stream, io.IOBase):
            stream.close()
        assert code_of(error) is HResult[code]
        assert rig.medium is not None
        assert rig.medium.status is DiscStatus.BLANK
        assert rig.writer.NumberOfExistingTracks == 0
        rig.writer.AddAudioTrack(track(300))
        rig.writer.ReleaseMedia()


def test_a_read_that_returns_more_than_was_asked_for_is_told_as_that() -> None:
    with pytest.raises(AudioError, match=r"asked for (\d+) bytes and gave \d+"):
        TrackStream(Streamish(track(300), more=4)).check()


LONG = 9000  # sectors: more than the read-ahead holds


@pytest.mark.parametrize(
    "stream",
    [
        Streamish(track(8000), LONG * SECTOR),
        Streamish(track(LONG), error_at=8000 * SECTOR),
    ],
    ids=["ends early", "raises"],
)
def test_a_stream_that_breaks_later_ends_the_track_at_what_came(stream: Streamish) -> None:
    """As CancelAddTrack does.  Nothing is burned for 35 s that nobody wanted."""
    with Rig() as rig:
        with pytest.raises(com_error) as error:
            rig.prepared().AddAudioTrack(stream)
        assert error.value.name == "E_FAIL"
        assert "the disc now holds the first 10" in str(error.value)  # 106.7 s
        ((number, start, sectors),) = rig.tracks
        assert (number, start) == (1, 0)
        assert 8000 <= sectors < 8000 + 27  # one transfer may have come when the reading fails
        assert rig.writer.NumberOfExistingTracks == 1
        assert rig.audio(7999, 2)[:SECTOR] == track(8000)[-SECTOR:]
        rig.writer.ReleaseMedia()


def test_a_stream_that_hangs_costs_nothing_with_underrun_protection() -> None:
    with Rig(speed=8) as rig:
        rig.clock.sleep(10)
        rig.prepared().AddAudioTrack(Hanging(rig, track(LONG)))
        rig.writer.ReleaseMedia()
        assert rig.audio(0, LONG) == track(LONG)


def test_a_stream_that_hangs_ends_the_track_without_underrun_protection() -> None:
    with Rig(speed=8) as rig:
        rig.clock.sleep(10)
        rig.prepared().BufferUnderrunFreeDisabled = True
        with pytest.raises(com_error) as error:
            rig.writer.AddAudioTrack(Hanging(rig, track(LONG)))
        assert error.value.name == "E_IMAPI_LOSS_OF_STREAMING"
        assert error.value.sense is not None
        assert (error.value.sense.key, error.value.sense.asc, error.value.sense.ascq) == (3, 0x0C, 0x09)
        assert "the disc now holds" in str(error.value)
        assert rig.medium is not None
        assert [t.state for t in rig.medium.state.tracks] == [TrackState.DAMAGED]
        rig.writer.ReleaseMedia()
        assert rig.is_free()


@pytest.mark.parametrize("name", ["5/21/02", "5/21/00", "5/24/00"])
def test_other_names_of_an_underrun_are_known_while_the_protection_is_off(name: str) -> None:
    key, asc, ascq = (int(part, 16) for part in name.split("/"))
    for off, code in ((True, "E_IMAPI_LOSS_OF_STREAMING"), (False, None)):
        with Rig(faults=[Fault(Sense(key, asc, ascq), Write10, nth=20)]) as rig:
            rig.prepared().BufferUnderrunFreeDisabled = off
            with pytest.raises(com_error) as error:
                rig.writer.AddAudioTrack(track(2000))
            if code is not None:
                assert error.value.name == code
            elif name != "5/21/02":  # which means that on WRITE in any case
                assert error.value.name == "E_FAIL"
            rig.writer.ReleaseMedia()
            assert rig.is_free()


# When the drive fails


def test_a_write_error_tells_sector_sense_and_disc_and_the_drive_is_free_after_release() -> None:
    fault = Fault(Sense(3, 0x0C, 0x00), Write10, lba=1000, times=None)
    with Rig(faults=[fault]) as rig:
        with pytest.raises(com_error) as error:
            rig.prepared().AddAudioTrack(track(2000))
        assert error.value.name == "E_FAIL"
        assert error.value.sense is not None
        assert str(error.value.sense) == "3/0C/00"
        assert "of track 1" in str(error.value)
        rig.drive.faults.clear()
        assert rig.writer.NumberOfExistingTracks == 1
        rig.writer.ReleaseMedia()
        assert rig.is_free()


def test_a_session_that_cannot_be_closed_leaves_the_drive_free_and_the_error_told() -> None:
    with Rig() as rig:
        rig.prepared().AddAudioTrack(track(300))
        rig.drive.faults.append(Fault(Sense(3, 0x72, 0x00), CloseTrackSession, times=None))
        with pytest.raises(com_error) as error:
            rig.writer.ReleaseMedia()
        assert error.value.name == "E_FAIL"
        assert str(error.value.sense) == "3/72/00"
        assert rig.writer._state.value == "R"
        rig.drive.faults.clear()
        assert rig.is_free()


def test_a_track_that_the_drive_knows_otherwise_fails_the_quick_verification() -> None:
    from redbook.mmc.disc_info import ReadTrackInformation, TrackInformation
    from redbook.transport.base import Reply, Status

    wrong = TrackInformation(1, 1, 0, False, False, 0, None, 0, 299).to_bytes()
    with Rig() as rig:
        rig.ready().BurnVerificationLevel = 1
        rig.writer.PrepareMedia()

        class Late(Fault):
            def strikes(self, command: Any) -> bool:
                return isinstance(command, ReadTrackInformation) and command.address == 1

        rig.drive.faults.append(Late(Reply(Status.GOOD, wrong)))
        with pytest.raises(com_error) as error:
            rig.writer.AddAudioTrack(track(300))
        assert error.value.name == "E_IMAPI_BURN_VERIFICATION_FAILED"
        assert "299" in str(error.value)
        rig.drive.faults.clear()
        assert rig.writer.NumberOfExistingTracks == 1
        rig.writer.ReleaseMedia()


def test_reading_back_finds_audio_that_was_altered() -> None:
    """As a drive that says GOOD to everything and writes something else."""
    for altered in (False, True):
        with Rig() as rig:
            rig.ready().ReadBackAudio = True
            rig.writer.PrepareMedia()
            rig.writer.AddAudioTrack(track(300))
            rig.writer.AddAudioTrack(track(310, 7) + bytes(4))
            if altered:
                assert rig.medium is not None
                rig.medium._store.write(470, b"\xff" + track(1, 3)[1:])
                with pytest.raises(com_error) as error:
                    rig.writer.ReleaseMedia()
                assert error.value.name == "E_IMAPI_BURN_VERIFICATION_FAILED"
                assert "track 2" in str(error.value)
            else:
                assert rig.writer.ReleaseMedia() == HResult.S_OK
                assert rig.actions[-1] == "VERIFYING"
            assert rig.is_free()


@pytest.mark.parametrize("altered", [False, True])
def test_reading_back_leaves_out_a_last_track_that_was_cut_short(altered: bool) -> None:
    with Rig(speed=48) as rig:
        rig.clock.sleep(10)
        rig.ready().ReadBackAudio = True
        rig.writer.PrepareMedia()
        rig.writer.AddAudioTrack(track(300))
        stream = Waiting(track(9000), 8500 * SECTOR)
        handler = cancel_at(rig, 2, stream, 310)
        add_cancelled(rig, stream)
        rig.writer._unadvise(handler)
        assert rig.writer.NumberOfExistingTracks == 2
        if altered:
            assert rig.medium is not None
            rig.medium._store.write(200, track(1, 3))
            with pytest.raises(com_error) as error:
                rig.writer.ReleaseMedia()
            assert error.value.name == "E_IMAPI_BURN_VERIFICATION_FAILED"
            assert "track 2" not in str(error.value)
        else:
            assert rig.writer.ReleaseMedia() == HResult.S_OK


@pytest.mark.parametrize("step", range(6))
def test_unplugged_between_any_two_calls_everything_can_still_be_let_go(step: int) -> None:
    gone = "HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST"
    with Rig() as rig:
        calls = [
            lambda: setattr(rig.writer, "Recorder", rig.recorder),
            lambda: setattr(rig.writer, "ClientName", "x"),
            lambda: rig.writer.PrepareMedia(),
            lambda: rig.writer.AddAudioTrack(track(300)),
            lambda: rig.writer.AddAudioTrack(track(300)),
            lambda: rig.writer.ReleaseMedia(),
        ]
        codes = []
        for number, call in enumerate(calls):
            if number == step:
                rig.drive.unplug()
            try:
                call()
            except com_error as error:
                codes.append(error.name)
        assert codes[0] == gone
        assert rig.writer._state.value in "NR"
        rig.writer.Recorder = None


def test_ending_the_track_fails_and_it_is_said_what_is_there() -> None:
    with Rig(faults=[Fault(Sense(4, 0x44, 0x00), SynchronizeCache, times=None)]) as rig:
        with pytest.raises(com_error) as error:
            rig.prepared().AddAudioTrack(track(300))
        assert error.value.name == "E_FAIL"
        assert "the disc now holds" in str(error.value)
