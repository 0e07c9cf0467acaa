"""Verification of discs that somebody else made: data beside the audio, several sessions, a terse drive."""

from __future__ import annotations

from pathlib import Path

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.engine.verification import Verdict
from redbook.errors import MediumUnsuitable, Sense
from redbook.image.store import MemoryStore
from redbook.mmc.disc_info import ReadFullToc, ReadTrackInformation
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Data, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from tests.engine.test_verify import TRACKS, burned, check
from tests.engine.test_verify_on_real_drives import readings, spoil, watch
from tests.support.drives import model
from tests.support.foreign import SONGS, data_only, extra, iso, mixed
from tests.support.sound import noise, write_wav

OFFSETS = [-1164, -30, 0, 6, 667, 1292]
UNKNOWN = Sense(5, 0x24, 0)


def recorder_of(medium: Medium, **habits: object) -> VirtualRecorder:
    return VirtualRecorder(medium, model=model(**habits))


def spoil_on(medium: Medium, lba: int, sample: int) -> None:
    assert isinstance(medium._store, MemoryStore)
    spoil(medium._store, lba, sample)


@pytest.mark.parametrize("samples", OFFSETS)
@pytest.mark.parametrize(("make", "data"), [(mixed, "track 1"), (extra, "track 3")])
class TestDataBesideAudio:
    def test_the_audio_is_compared_and_the_data_are_named(
        self, make: object, data: str, samples: int
    ) -> None:
        medium: Medium = make()  # type: ignore[operator]
        recorder = recorder_of(medium, read_offset=samples, reads_before_zero=False)
        found = check(recorder, list(SONGS))
        assert found.same
        assert found.offset_samples == samples
        (named,) = [one for one in found.checks if one.promise == "data"]
        assert named.verdict is Verdict.NOT_COMPARED
        assert data in named.text

    def test_a_flipped_sample_is_found(self, make: object, data: str, samples: int) -> None:
        medium: Medium = make()  # type: ignore[operator]
        start = {"track 1": 1150, "track 3": 550}[data]
        spoil_on(medium, start + 300, 7)
        recorder = recorder_of(medium, read_offset=samples, reads_before_zero=False)
        (difference,) = check(recorder, list(SONGS)).differences
        assert difference.track == {"track 1": 3, "track 3": 2}[data]
        assert (difference.first_sample, difference.samples) == (300 * 588 + 7, 1)

    def test_nothing_but_audio_is_read(self, make: object, data: str, samples: int) -> None:
        recorder = recorder_of(make(), read_offset=samples)  # type: ignore[operator]
        seen: list[bytes] = []
        watch(recorder, seen.append)
        assert check(recorder, list(SONGS)).same
        low, high = {"track 1": (450, 1501), "track 3": (0, 901)}[data]
        assert min(first for first, _ in readings(seen)) >= low
        assert max(end for _, end in readings(seen)) <= high


class TestWhatIsAskedFor:
    @pytest.fixture
    def songs(self, tmp_path: Path) -> list[Path]:
        return [write_wav(tmp_path / f"{n}.wav", pcm) for n, pcm in enumerate(SONGS)]

    @pytest.mark.parametrize(("make", "first"), [(mixed, 2), (extra, 1)])
    def test_the_report_has_the_disc_s_own_numbers(self, make: object, first: int, songs: list[Path]) -> None:
        drive = Drive(VirtualRecorder(make()))  # type: ignore[operator]
        report = redbook.verify(songs, drive, clock=ManualClock())
        assert [track.number for track in report.tracks] == [first, first + 1]

    def test_too_few_sources_are_an_error_that_counts_audio_alone(self, songs: list[Path]) -> None:
        with pytest.raises(redbook.VerificationFailed, match=r"2 audio tracks, 1 were expected[^$]*track 3"):
            redbook.verify(songs[:1], Drive(VirtualRecorder(extra())), clock=ManualClock())

    def test_data_alone_are_nothing_to_compare(self, songs: list[Path]) -> None:
        with pytest.raises(MediumUnsuitable, match=r"no audio, but data \(track 1\)"):
            redbook.verify(songs, Drive(VirtualRecorder(data_only())), clock=ManualClock())


def pressed_sessions() -> Medium:
    return prepare([Session([Audio(SONGS[0])]), Session([Audio(SONGS[1]), Data(iso())])])


class TestSeveralSessions:
    @pytest.mark.parametrize("samples", OFFSETS)
    @pytest.mark.parametrize("told", [True, False], ids=["lead-outs told", "not told"])
    def test_each_track_is_compared_and_no_lead_out_is_read(self, samples: int, told: bool) -> None:
        recorder = recorder_of(pressed_sessions(), read_offset=samples)
        if not told:
            recorder.faults.append(Fault(UNKNOWN, ReadFullToc, times=None))
        seen: list[bytes] = []
        watch(recorder, seen.append)
        found = check(recorder, list(SONGS))
        assert found.same
        second = 400 + 11400  # ECMA-394 clause 20: a first lead-out and a lead-in, and 2 s of pregap
        for first, end in readings(seen):
            assert end <= 400 or (first >= second - 150 and end <= second + 351)

    def test_a_longer_source_is_seen(self) -> None:
        longer = SONGS[0] + bytes(SECTOR_BYTES)
        found = check(recorder_of(pressed_sessions()), [longer, SONGS[1]])
        assert found.layout_errors == ("track 1 has 398 sectors on the disc instead of 401",)


class TestTracksInTheTableOfContentsAlone:
    def terse(self, *known: int) -> VirtualRecorder:
        """A drive that tells of these tracks only."""
        recorder = recorder_of(prepare([Session([Audio(pcm) for pcm in (*SONGS, noise(588 * 310, 5))])]))
        real = recorder.execute

        def execute(cdb: bytes, data_out: object = b"", length: int = 0, timeout: float = 30.0) -> object:
            asked = int.from_bytes(cdb[2:6], "big")
            if cdb[0] == ReadTrackInformation.OPCODE and cdb[1] & 3 == 1 and asked not in known:
                recorder.faults.append(Fault(UNKNOWN, ReadTrackInformation))
            return real(cdb, data_out, length, timeout)  # type: ignore[arg-type]

        recorder.execute = execute  # type: ignore[method-assign, assignment]
        return recorder

    @pytest.mark.parametrize(
        ("known", "text"), [((1, 2), "track 3"), ((1,), "tracks 2 and 3"), ((), "tracks 1, 2 and 3")]
    )
    def test_they_are_compared_all_the_same_and_that_is_said(self, known: tuple[int, ...], text: str) -> None:
        tracks = [*SONGS, noise(588 * 310, 5)]
        found = check(self.terse(*known), tracks)
        assert found.same
        assert any(f"gives no track information for {text}" in note for note in found.notes)
        assert check(self.terse(*known), [*SONGS, noise(588 * 310, 6)]).differences[0].track == 3

    def test_one_that_no_source_is_for_is_an_error(self) -> None:
        found = check(self.terse(1, 2), list(SONGS))
        assert found.layout_errors == ("the disc has 3 tracks, 2 were expected",)


def test_the_gaps_of_a_disc_that_was_written_in_one_go_are_no_difference() -> None:
    assert check(recorder_of(prepare([Session([Audio(pcm) for pcm in SONGS])])), list(SONGS)).same


def test_two_sectors_that_are_missing_at_the_end_of_a_track_are_no_other_kind_of_gap() -> None:
    """Silent ones, on a disc that was written track-at-once: behind each track lies a run-out."""
    longer = [TRACKS[0] + bytes(2 * SECTOR_BYTES), TRACKS[1]]
    found = check(burned()[0], longer)
    assert found.layout_errors == ("track 1 has 400 sectors on the disc instead of 402",)
