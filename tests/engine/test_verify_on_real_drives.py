"""Verification on drives as drives are: offsets, jitter, errors that pass, forms of reading, an old TOC."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES
from redbook.disc.layout import LaidTrack
from redbook.engine.events import Event, Notice, TrackVerified
from redbook.engine.locate import not_located
from redbook.engine.read_audio import ReadHabits, read_audio
from redbook.engine.verification import Difference, Hidden, Verdict, Verification
from redbook.engine.verify import VerifyRequest, verify
from redbook.errors import IllegalModeForTrack, NotReadWhole, Sense
from redbook.image.store import MemoryStore
from redbook.mmc.control import SetCdSpeed, StartStopUnit
from redbook.mmc.disc_info import ReadToc
from redbook.mmc.read import ReadCd, ReadCdMsf
from redbook.transport.base import Reply
from redbook.virtual.faults import BadSpot, Displaced, Fault, parse
from redbook.virtual.recorder import VirtualRecorder
from tests.engine.test_verify import burned, check, run
from tests.support.drives import model, ready
from tests.support.fingerprints import fingerprint
from tests.support.foreign import mixed
from tests.support.sound import noise

OFFSETS = [-1164, -30, 0, 6, 102, 667, 1292]
"""Of real drives: the largest, the commonest and those of well-known models in AccurateRip's list."""

QUIET = bytes(20 * SECTOR_BYTES)
ONE = [noise(588 * 400, 1)]
SOME = [noise(588 * 330, 2), QUIET + noise(588 * 280, 3) + QUIET, noise(588 * 301 + 17, 4) + bytes(571 * 4)]
MANY = [noise(588 * 300, 100 + n) for n in range(99)]
DISCS = {
    "one track": ONE,
    "silence at the ends": [QUIET + ONE[0] + QUIET],
    "some tracks": SOME,
    "99 tracks": MANY,
}
SLOW = {"99 tracks": pytest.mark.slow}


def spoil(store: MemoryStore, lba: int, sample: int) -> None:
    """Flip one bit of a sample on the disc itself."""
    data = bytearray(store.read(lba, 1))
    data[sample * SAMPLE_BYTES + 2] ^= 0x10
    store.write(lba, data)


def hidden_of(samples: int, first: bytes, last: bytes) -> int:
    """What cannot be read: before LBA 0, and behind the run-out of two sectors."""
    return max(0, -samples) if samples < 0 else max(0, samples - 2 * 588)


@pytest.mark.parametrize("samples", OFFSETS)
@pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW.get(name, ())) for name in DISCS])
class TestOffsets:
    def test_a_good_disc_is_the_same_and_the_offset_is_told(self, name: str, samples: int) -> None:
        tracks = DISCS[name]
        found = check(burned(tracks, read_offset=samples, reads_before_zero=False)[0], tracks)
        assert found.same
        assert found.offset_samples == samples
        assert found.hidden_samples == hidden_of(samples, tracks[0], tracks[-1])
        assert [check.verdict for check in found.checks[:2]] == [Verdict.SAME, Verdict.SAME]

    def test_an_offset_of_writing_is_found_likewise(self, name: str, samples: int) -> None:
        tracks = DISCS[name]
        found = check(burned(tracks, write_offset=samples, reads_before_zero=False)[0], tracks)
        assert found.same
        assert found.offset_samples == samples

    def test_a_flipped_sample_is_found_where_it_is(self, name: str, samples: int) -> None:
        tracks = DISCS[name]
        recorder, store = burned(tracks, read_offset=samples, reads_before_zero=False)
        track = len(tracks) // 2
        start = sum(-(-len(pcm) // SECTOR_BYTES) + 152 for pcm in tracks[:track])
        spoil(store, start + 123, 77)
        (difference,) = check(recorder, tracks).differences
        place = 123 * 588 + 77
        lba = start + (place + samples) // 588
        assert difference == Difference(track + 1, 123, lba, place, 1)

    def test_an_unreadable_sector_is_found_where_it_is(self, name: str, samples: int) -> None:
        tracks = DISCS[name]
        recorder, _ = burned(tracks, read_offset=samples, reads_before_zero=False)
        track = len(tracks) // 2
        start = sum(-(-len(pcm) // SECTOR_BYTES) + 152 for pcm in tracks[:track])
        lba = start + 200
        recorder.bad_spots.append(BadSpot(lba, lba))
        (difference,) = check(recorder, tracks).differences
        place = 200 * 588 - samples
        assert difference == Difference(track + 1, place // 588, lba, place, 588, unreadable=1)
        assert "1 sector could not be read" in str(difference)


@pytest.mark.parametrize("samples", OFFSETS)
def test_the_ends_that_cannot_be_read_are_counted_and_named(samples: int) -> None:
    found = check(burned(ONE, read_offset=samples, reads_before_zero=False)[0], ONE)
    wanted: tuple[Hidden, ...] = ()
    if samples < 0:
        wanted = (Hidden(1, "start", -samples),)
    elif samples > 2 * 588:
        wanted = (Hidden(1, "end", samples - 2 * 588),)
    assert found.hidden == wanted
    if wanted:
        edges = found.checks[-1]
        assert (edges.promise, edges.verdict) == ("edges", Verdict.NOT_COMPARED)
        assert f"{wanted[0].samples} samples could not be compared" in edges.text


def test_nothing_is_read_before_the_disc_begins_or_in_its_lead_out() -> None:
    for samples in OFFSETS:
        recorder, _ = burned(ONE, read_offset=samples)
        seen: list[bytes] = []
        watch(recorder, seen.append)
        assert check(recorder, ONE).same
        read = readings(seen)
        assert min(first for first, _ in read) >= 0
        assert max(end for _, end in read) <= 402


def readings(seen: list[bytes]) -> list[tuple[int, int]]:
    """Where each READ CD among these commands begins and ends."""
    commands = [ReadCd.from_cdb(cdb, b"") for cdb in seen if cdb[0] == ReadCd.OPCODE]
    return [(command.lba, command.lba + command.sectors) for command in commands]


def watch(recorder: VirtualRecorder, seen: Callable[[bytes], None]) -> None:
    real = recorder.execute

    def execute(
        cdb: bytes, data_out: bytes | memoryview = b"", length: int = 0, timeout: float = 30.0
    ) -> Reply:
        seen(cdb)
        return real(cdb, data_out, length, timeout)

    recorder.execute = execute  # type: ignore[method-assign]


class TestWhatTellsNoOffset:
    def test_a_disc_of_silence(self) -> None:
        tracks = [bytes(310 * SECTOR_BYTES), bytes(400 * SECTOR_BYTES)]
        found = check(burned(tracks, read_offset=102)[0], tracks)
        assert found.same
        assert found.offset_samples is None
        assert "offset could not be determined" in found.checks[1].text

    def test_one_click_in_silence_does(self) -> None:
        click = bytearray(400 * SECTOR_BYTES)
        click[250_000:250_004] = b"\x10\x20\x30\x40"
        found = check(burned([bytes(click)], read_offset=-30)[0], [bytes(click)])
        assert found.same
        assert found.offset_samples == -30

    @pytest.mark.parametrize("samples", OFFSETS)
    def test_a_tone_that_repeats_itself_is_held_to_its_ends(self, samples: int) -> None:
        period = noise(49, 9)  # 900 Hz
        tone = [period * (588 * 400 // 49)]
        found = check(burned(tone, read_offset=samples)[0], tone)
        assert found.same
        assert found.offset_samples == samples

    @pytest.mark.parametrize("samples", OFFSETS)
    def test_steps_are_sound_enough(self, samples: int) -> None:
        """Each sector one value throughout: there is no lively place in it."""
        steps = [
            b"".join((n % 7 + 250).to_bytes(4, "little") * 588 for n in range(sectors))
            for sectors in (300, 310)
        ]
        found = check(burned(steps, read_offset=samples, reads_before_zero=False)[0], steps)
        assert found.same
        assert found.offset_samples == samples

    def test_a_second_of_sound_has_several_places_that_tell(self) -> None:
        """Its first sector cannot be read. What lies around it is one value throughout, and then silence."""
        plain = b"\1\0\2\0" * 588
        track = QUIET + plain * 172 + noise(588 * 60, 8) + plain * 128 + QUIET
        recorder, _ = burned([track], read_offset=102)
        recorder.bad_spots.append(BadSpot(192, 192))
        found = check(recorder, [track])
        assert found.offset_samples == 102
        assert [difference.unreadable for difference in found.differences] == [1]

    def test_what_the_drive_had_before_is_taken_where_the_disc_leaves_a_choice(self) -> None:
        silent = [bytes(400 * SECTOR_BYTES)]
        found = check(burned(silent, read_offset=102)[0], silent, asked=VerifyRequest(offset_hint=102))
        assert found.same
        assert found.offset_samples is None

    @pytest.mark.parametrize("samples", [-30, -1450, 1471])
    def test_also_where_the_only_sound_is_hidden(self, samples: int) -> None:
        silence, click = bytes(400 * SECTOR_BYTES - 4), b"\1\2\3\4"
        track = [click + silence if samples < 0 else silence + click]
        recorder, _ = burned(track, read_offset=samples, reads_before_zero=False)
        found = check(recorder, track, asked=VerifyRequest(offset_hint=samples))
        assert found.same
        assert found.offset_samples is None
        assert found.hidden_samples == hidden_of(samples, track[0], track[0])
        assert not check(recorder, track).same  # of a drive that is not known yet nobody can tell

    def test_a_wrong_memory_does_no_harm(self) -> None:
        found = check(burned(SOME, read_offset=102)[0], SOME, asked=VerifyRequest(offset_hint=667))
        assert found.same
        assert found.offset_samples == 102


class TestLandmarks:
    """The places of a track by which an offset is found: whole sectors with sound in them."""

    def test_the_first_is_where_its_sound_begins_and_each_is_what_the_track_has_there(self) -> None:
        track = QUIET + noise(588 * 400, 3)
        marks = fingerprint(track).landmarks
        assert marks[0].sector == 20
        for mark in marks:
            assert track[mark.sector * SECTOR_BYTES : (mark.sector + 1) * SECTOR_BYTES] == mark.audio

    def test_they_are_spread_over_a_track_that_is_plain_but_for_one_sector(self) -> None:
        plain = b"".join((n % 7 + 250).to_bytes(4, "little") * 588 for n in range(999))
        marks = fingerprint(noise(588, 3) + plain).landmarks
        assert {mark.sector // 250 for mark in marks} == {0, 1, 2, 3}


class TestOneOffsetForAll:
    def test_a_track_beside_the_others_differs_and_it_is_said_by_how_much(self) -> None:
        recorder, store = burned(SOME, read_offset=6)
        start, sectors = 330 + 152, 320
        whole = store.read(start, sectors)
        store.write(start, bytes(12 * 4) + whole[: -12 * 4])
        (difference,) = check(recorder, SOME).differences
        assert (difference.track, difference.offset) == (2, 12)
        assert "a constant offset of +12 samples explains it" in str(difference)

    def test_also_where_that_track_is_at_its_place_and_the_others_are_not(self) -> None:
        recorder, store = burned(SOME)
        for start, sectors in ((0, 330), (330 + 152 + 320 + 152, 302)):
            whole = store.read(start, sectors + 2)
            store.write(start, bytes(24) + whole[:-24])
        found = check(recorder, SOME)
        assert found.offset_samples == 6
        assert [(one.track, one.offset) for one in found.differences] == [(2, -6)]

    def test_samples_lost_in_a_silence_are_no_jitter(self) -> None:
        """From there on everything comes 12 samples early, each time alike."""
        track = noise(588 * 200, 5) + bytes(50 * SECTOR_BYTES) + noise(588 * 200, 6)
        recorder, store = burned([track])
        cut = 225 * SECTOR_BYTES
        store.write(0, track[:cut] + track[cut + 12 * 4 :] + bytes(12 * 4))
        (difference,) = check(recorder, [track]).differences
        assert difference.sector >= 249

    def test_samples_lost_between_two_stretches_are_no_jitter(self) -> None:
        recorder, store = burned(ONE)
        whole = store.read(0, 400)
        cut = 27 * 10 * SECTOR_BYTES
        store.write(0, whole[:cut] + whole[cut + 12 * 4 :] + bytes(12 * 4))
        (difference,) = check(recorder, ONE).differences
        assert difference.first_sample == 27 * 10 * 588


def test_sectors_that_are_not_located_are_told_where_the_drive_brings_them() -> None:
    """As from IMAPI2, or where a source is gone."""
    recorder, store = burned(ONE, read_offset=667)
    spoil(store, 123, 77)
    found = run(recorder, verify(None, [fingerprint(ONE[0])]))
    difference = not_located(found.readings[0], found.offset.samples)
    assert (difference.sector, difference.lba, difference.samples) == (123, 124, 588)


def test_of_what_cannot_be_read_only_the_track_s_own_sectors_are_counted() -> None:
    """Sector 399 of the disc brings the track's samples from 399 * 588 - 30 on, sector 400 its last 30."""
    recorder, _ = burned(ONE, read_offset=30)
    recorder.bad_spots.append(BadSpot(399, 400))
    found = run(recorder, verify(None, [fingerprint(ONE[0])]))
    difference = not_located(found.readings[0], found.offset.samples)
    assert (difference.sector, difference.samples, difference.unreadable) == (398, 2 * 588, 1)


class TestJitter:
    @pytest.mark.parametrize("samples", [0, 6, -30, 667])
    def test_each_eleventh_reading_beside_its_place_is_read_again(self, samples: int) -> None:
        habits: dict[str, object] = {"read_offset": samples, "jitter": -12, "jitter_every": 11}
        found = check(burned(SOME, reads_before_zero=False, **habits)[0], SOME)
        assert found.same
        assert found.offset_samples == samples
        assert found.hidden_samples == hidden_of(samples, SOME[0], SOME[-1])
        assert any("read again" in note for note in found.notes)

    @pytest.mark.parametrize("jitter", [3, 12, 200])
    def test_a_drive_that_is_never_exact_is_said_to_be_inexact(self, jitter: int) -> None:
        found = check(burned(ONE, jitter=jitter)[0], ONE)
        assert found.same
        assert any("inexactly" in note for note in found.notes)

    @pytest.mark.slow
    @pytest.mark.parametrize("habits", [{"jitter": -12, "jitter_every": 11}, {"jitter": 20}])
    @pytest.mark.parametrize("samples", [-2000, -1164, 1292, 2900])
    def test_more_than_a_sector_of_offset_as_well(self, samples: int, habits: dict[str, object]) -> None:
        """The offset hides whole sectors at one end of the disc, and the jitter moves what is beside them."""
        recorder, store = burned(ONE, read_offset=samples, reads_before_zero=False, **habits)
        found = check(recorder, ONE)
        assert found.same
        assert abs(found.hidden_samples - hidden_of(samples, ONE[0], ONE[0])) <= 40
        spoil(store, 5 if samples < 0 else 394, 100)
        assert not check(recorder, ONE).same

    @pytest.mark.parametrize("seed", range(12))
    @pytest.mark.parametrize("samples", [0, 102, -24])
    def test_whatever_the_jitter_a_good_disc_is_good_and_no_offset_is_made_of_it(
        self, seed: int, samples: int
    ) -> None:
        recorder, _ = burned(ONE, jitter=12, read_offset=samples, reads_before_zero=False)
        recorder._reader._chance.seed(seed)
        found = check(recorder, ONE)
        assert found.same
        assert found.offset_samples is None or abs(found.offset_samples - samples) <= 12

    @pytest.mark.parametrize("sector", [240, 256, 270, 286, 297, 299])
    @pytest.mark.parametrize(
        "more",
        [b"", bytes(40 * 4), noise(40, 8), noise(10, 9), noise(1, 9)],
        ids=["lost", "silence", "noise", "within the jitter", "one sample"],
    )
    def test_samples_lost_or_added_between_two_stretches_are_found_on_such_a_drive(
        self, sector: int, more: bytes
    ) -> None:
        """At any place: also where one stretch that is read again ends, and the next one begins."""
        recorder, store = burned(ONE, jitter=12)
        whole, cut = store.read(0, 402), sector * SECTOR_BYTES
        rest = whole[cut:] if more else whole[cut + 40 * 4 :]
        store.write(0, (whole[:cut] + more + rest).ljust(len(whole), b"\0")[: len(whole)])
        assert not check(recorder, ONE).same

    @pytest.mark.parametrize("sector", [54, 60, 200])
    def test_samples_added_that_its_jitter_takes_off_again_are_found(self, sector: int) -> None:
        recorder, store = burned(ONE, jitter=-12, jitter_every=11)
        whole, cut = store.read(0, 402), sector * SECTOR_BYTES
        store.write(0, (whole[:cut] + noise(12, 8) + whole[cut:])[: len(whole)])
        assert not check(recorder, ONE).same

    @pytest.mark.parametrize(("struck", "places", "inexact"), [(11, 22, False), (12, 24, True)])
    def test_so_many_places_that_are_right_at_a_second_reading_are_no_scratches(
        self, struck: int, places: int, inexact: bool
    ) -> None:
        """Each command that comes displaced spoils two. From 24 on the whole disc is read once more."""
        track = noise(588 * 27 * 60, 5)
        near = {(m.sector + d) // 27 for m in fingerprint(track).landmarks for d in (-4, 0, 4)}
        recorder, _ = burned([track])
        others = [n for n in range(60) if n not in near][:struck]
        recorder.faults.extend(Fault(Displaced(5), ReadCd, lba=27 * n + 13) for n in others)
        events: list[Event] = []
        found = check(recorder, [track], events=events)
        assert found.same
        assert any(note.startswith(f"{places} places") for note in found.notes)
        told = [event.text for event in events if isinstance(event, Notice)]
        assert any("reads inexactly" in text for text in told) is inexact

    def test_also_on_a_drive_that_does_not_say_so(self) -> None:
        recorder, store = burned(ONE)
        whole, cut = store.read(0, 402), 54 * SECTOR_BYTES
        store.write(0, (whole[:cut] + noise(5, 8) + whole[cut:])[: len(whole)])
        recorder.faults.extend(Fault(Displaced(-5), ReadCd, nth=n) for n in range(1, 3000, 2))
        assert not check(recorder, ONE).same

    def test_a_drive_that_does_not_say_so_is_found_out_and_the_disc_read_anew(self) -> None:
        recorder, _ = burned(SOME, read_offset=6)
        moved = [Fault(Displaced((-7, 5, 11)[n % 3]), ReadCd, nth=n) for n in range(12, 400, 4)]
        recorder.faults.extend(moved)
        events: list[Event] = []
        found = check(recorder, SOME, events=events)
        assert found.same
        assert found.offset_samples == 6
        assert any(isinstance(event, Notice) and "reads inexactly" in event.text for event in events)
        verified = [event.number for event in events if isinstance(event, TrackVerified)]
        assert verified[-3:] == [1, 2, 3]

    @pytest.mark.parametrize(("track", "lba"), [(1, 200), (2, 700), (3, 1200)])
    def test_and_what_is_wrong_in_any_track_is_found_by_the_second_reading(
        self, track: int, lba: int
    ) -> None:
        """The first one ends where the drive was found out: it says nothing of the tracks behind that."""
        recorder, store = burned(SOME, read_offset=6)
        spoil(store, lba, 100)
        moved = [Fault(Displaced((-7, 5, 11)[n % 3]), ReadCd, nth=n) for n in range(12, 400, 4)]
        recorder.faults.extend(moved)
        found = check(recorder, SOME)
        assert not found.same
        assert [difference.track for difference in found.differences] == [track]

    def test_a_flipped_sample_is_found_in_spite_of_it(self) -> None:
        recorder, store = burned(ONE, jitter=12, jitter_every=11)
        spoil(store, 250, 100)
        found = check(recorder, ONE)
        assert not found.same
        assert found.differences[0].first_sample == 250 * 588 + 100

    def test_and_on_a_drive_that_is_never_exact(self) -> None:
        recorder, store = burned(ONE, jitter=12)
        spoil(store, 250, 100)
        found = check(recorder, ONE)
        assert not found.same
        assert found.differences[0].track == 1


class TestJitterWithSmallTransfers:
    """What one command brings lies as a whole beside its place; of two commands each lies where it likes."""

    @pytest.mark.parametrize("habits", [{"jitter": -12, "jitter_every": 7}, {"jitter": 25}])
    @pytest.mark.parametrize("samples", [-2000, 667])
    def test_eight_sectors_at_once_are_enough(self, samples: int, habits: dict[str, object]) -> None:
        habits = {"read_offset": samples, "reads_before_zero": False, "most_read_sectors": 8, **habits}
        recorder, store = burned(SOME, **habits)
        found = check(recorder, SOME)
        assert found.same
        assert any("inexactly" in note or "read again" in note for note in found.notes)
        spoil(store, 330 + 152 + 100, 100)
        assert [one.track for one in check(recorder, SOME).differences] == [2]

    @pytest.mark.parametrize("sector", [255, 257])
    @pytest.mark.parametrize("more", [b"", noise(1, 9)], ids=["lost", "one sample"])
    def test_samples_lost_or_added_anywhere_are_found(self, sector: int, more: bytes) -> None:
        recorder, store = burned(ONE, jitter=12, most_read_sectors=8)
        whole, cut = store.read(0, 402), sector * SECTOR_BYTES
        rest = whole[cut:] if more else whole[cut + 40 * 4 :]
        store.write(0, (whole[:cut] + more + rest).ljust(len(whole), b"\0")[: len(whole)])
        assert not check(recorder, ONE).same

    @pytest.mark.parametrize("samples", [-2000, 667])
    def test_sectors_one_by_one_show_what_is_in_each_and_the_result_says_so(self, samples: int) -> None:
        habits = {"read_offset": samples, "reads_before_zero": False, "most_read_sectors": 1}
        recorder, _ = burned(ONE, jitter=12, jitter_every=7, **habits)
        found = check(recorder, ONE)
        assert found.same
        assert any("each individual sector is as it was sent" in note for note in found.notes)

    def test_a_drive_that_errs_in_step_with_the_second_readings_is_read_out_of_step(self) -> None:
        """Four commands read something else and the fifth the stretch; each fifth comes a sector late."""
        recorder, _ = burned(ONE, jitter=588, jitter_every=5, most_read_sectors=8, read_offset=112)
        assert check(recorder, ONE).same

    @pytest.mark.slow
    def test_such_a_drive_that_is_never_exact_accuses_no_disc(self) -> None:
        recorder, _ = burned(ONE, jitter=25, most_read_sectors=1)
        with pytest.raises(NotReadWhole, match="cannot be told apart from errors on the disc"):
            check(recorder, ONE)

    @pytest.mark.parametrize("sectors", [304, 305, 307])
    @pytest.mark.parametrize("samples", [-2900, 2900])
    def test_whole_sectors_that_an_offset_hides_may_lie_in_two_stretches(
        self, samples: int, sectors: int
    ) -> None:
        track = [noise(588 * sectors, 11)]
        recorder, store = burned(track, jitter=25, read_offset=samples, reads_before_zero=False)
        assert check(recorder, track).same
        spoil(store, 6 if samples < 0 else sectors - 8, 100)
        assert not check(recorder, track).same


class TestErrorsThatPass:
    def test_one_error_that_is_gone_at_the_second_try(self) -> None:
        recorder, _ = burned(SOME, read_offset=6)
        recorder.faults.append(Fault(Sense(3, 0x11, 5, 600), ReadCd, lba=600))
        found = check(recorder, SOME)
        assert found.same
        assert not found.notes or "1 place" in found.notes[0]

    def test_an_error_that_passes_at_the_fourth_try_only_and_what_it_took_is_said(self) -> None:
        recorder, _ = burned(ONE)
        recorder.faults.append(Fault(Sense(3, 0x11, 5, 200), ReadCd, lba=200, times=6))
        found = check(recorder, ONE)
        assert found.same
        assert any("1 place" in note and "read again" in note for note in found.notes)

    @pytest.mark.parametrize("reason", [Sense(4, 9, 0), Sense(0xB, 0x4E, 0), Sense(3, 0x11, 5, 3)], ids=str)
    def test_also_while_the_offset_is_looked_for(self, reason: Sense) -> None:
        for samples in (0, 6):
            recorder, _ = burned(ONE, read_offset=samples)
            recorder.faults.append(Fault(reason, ReadCd, nth=1, times=3))
            found = check(recorder, ONE)
            assert found.same
            assert found.offset_samples == samples
            assert not recorder.faults_left

    def test_a_spoiled_first_answer_is_read_again(self) -> None:
        for samples in (0, 6):
            recorder, _ = burned(ONE, read_offset=samples, spoils_first_read=True)
            assert check(recorder, ONE).same

    def test_readings_get_slower_after_errors_and_the_speed_is_given_back(self) -> None:
        recorder, _ = burned(ONE)
        recorder.bad_spots.append(BadSpot(200, 200))
        speeds: list[int] = []
        watch(
            recorder,
            lambda cdb: speeds.append(SetCdSpeed.from_cdb(cdb, b"").read_kb) if cdb[0] == 0xBB else None,
        )
        assert not check(recorder, ONE).same
        times = [round(kb / 176.4) if kb != 0xFFFF else 0 for kb in speeds]
        assert times[0] == 24
        assert times[-1] == 0
        assert [t for t in times if t in (8, 4)] == [8, 4]

    def test_other_readings_come_between_so_that_the_drive_s_memory_is_not_asked(self) -> None:
        recorder, _ = burned(ONE)
        recorder.bad_spots.append(BadSpot(200, 200))
        seen: list[bytes] = []
        watch(recorder, seen.append)
        assert not check(recorder, ONE).same
        read = readings(seen)
        near = [n for n, (first, end) in enumerate(read) if first <= 200 < end and end - first > 1]
        for before, after in itertools.pairwise(near):
            assert any(abs(first - 200) > 100 for first, _ in read[before:after])

    def test_a_disc_of_which_half_cannot_be_read_is_not_read_for_hours(self) -> None:
        long = [noise(588 * 6000, 1)]
        recorder, _ = burned(long)
        recorder.bad_spots.append(BadSpot(2000, 5900))
        read: list[bytes] = []
        watch(recorder, read.append)
        (difference,) = check(recorder, long).differences
        assert difference.first_sample == 2000 * 588
        assert 3901 <= difference.unreadable < 3901 + 27
        assert len(read) < 2 * (6000 // 27) + 1200

    def test_a_disc_of_somebody_else_is_not_read_for_hours(self) -> None:
        recorder, _ = burned(MANY[:20])
        read: list[bytes] = []
        watch(recorder, read.append)
        found = check(recorder, [noise(588 * 300, 500 + n) for n in range(20)])
        assert len(found.differences) == 20
        assert len(read) < 20 * 12 * 2 + 2500


@pytest.mark.parametrize(
    "habits",
    [
        {"read_types": ["any"]},
        {"read_fields": [0xF8]},
        {"read_types": ["any"], "read_fields": [0xF8]},
        {"most_read_sectors": 8},
        {"most_read_sectors": 1},
        {"most_read_sectors": 1, "read_fields": [0xF8]},
        {"unknown_commands": ["READ CD"]},
        {"unknown_commands": ["READ CD"], "most_read_sectors": 8, "read_types": ["any"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("samples", [0, 102])
def test_every_form_of_reading_is_tried_and_what_works_is_known_then(
    habits: dict[str, object], samples: int
) -> None:
    recorder, _ = burned(ONE, read_offset=samples, **habits)
    known = ReadHabits()
    assert check(recorder, ONE, asked=VerifyRequest(habits=known)).same
    again = ReadHabits(known.form, known.most_sectors)
    refused: list[int] = []
    real = recorder.execute

    def execute(
        cdb: bytes, data_out: bytes | memoryview = b"", length: int = 0, timeout: float = 30.0
    ) -> Reply:
        reply = real(cdb, data_out, length, timeout)
        if cdb[0] in (ReadCd.OPCODE, ReadCdMsf.OPCODE) and reply.status:
            refused.append(cdb[0])
        return reply

    recorder.execute = execute  # type: ignore[method-assign]
    assert check(recorder, ONE, asked=VerifyRequest(habits=again)).same
    assert not refused


@pytest.mark.parametrize("samples", [0, 6])
def test_a_drive_that_brings_less_than_it_was_asked_for_is_asked_for_less(samples: int) -> None:
    recorder, _ = burned(ONE, read_offset=samples)
    real = recorder.execute

    def execute(
        cdb: bytes, data_out: bytes | memoryview = b"", length: int = 0, timeout: float = 30.0
    ) -> Reply:
        reply = real(cdb, data_out, length, timeout)
        if cdb[0] != ReadCd.OPCODE or len(reply.data) <= 8 * SECTOR_BYTES:
            return reply
        return Reply(reply.status, reply.data[: 8 * SECTOR_BYTES], reply.sense, 0)

    recorder.execute = execute  # type: ignore[method-assign]
    habits = ReadHabits()
    assert check(recorder, ONE, asked=VerifyRequest(habits=habits)).same
    assert habits.most_sectors == 8


def test_one_refusal_is_no_habit_of_the_drive() -> None:
    recorder, _ = burned(ONE)
    recorder.faults.append(Fault(Sense(5, 0x24, 0), ReadCd))
    habits = ReadHabits()
    assert check(recorder, ONE, asked=VerifyRequest(habits=habits)).same
    assert (habits.form, habits.most_sectors) == (0, 27)


def test_a_sector_of_data_is_asked_for_once_by_a_drive_that_has_brought_audio() -> None:
    """It is of another kind; another form of READ CD would not make it audio."""
    recorder, habits = VirtualRecorder(mixed(), model=model()), ReadHabits()
    ready(recorder)
    run(recorder, read_audio(600, 20, habits))
    seen: list[bytes] = []
    watch(recorder, seen.append)
    with pytest.raises(IllegalModeForTrack):
        run(recorder, read_audio(100, 20, habits))
    assert len(readings(seen)) == 1


class TestTableOfContents:
    def checked(self, recorder: VirtualRecorder, *, reload: bool = True) -> tuple[Verification, list[Event]]:
        events: list[Event] = []
        planned = [LaidTrack(1, 0, 400)]
        asked = VerifyRequest(closed=True, reload=reload)
        return check(recorder, ONE, planned, asked, events), events

    def test_an_old_one_in_the_drive_s_memory_is_read_anew(self) -> None:
        for reload in (True, False):
            recorder, _ = burned(ONE, caches_toc=True)
            found, _ = self.checked(recorder, reload=reload)
            assert found.same
            assert found.toc is not None
            assert found.toc.lead_out_lba == 402

    def test_the_disc_is_loaded_again_before_it_is_believed(self) -> None:
        recorder, _ = burned(ONE)
        loads: list[bytes] = []
        watch(recorder, lambda cdb: loads.append(cdb) if cdb[0] == StartStopUnit.OPCODE else None)
        assert self.checked(recorder)[0].same
        assert len(loads) == 2
        recorder, _ = burned(ONE)
        loads.clear()
        watch(recorder, lambda cdb: loads.append(cdb) if cdb[0] == StartStopUnit.OPCODE else None)
        found, _ = self.checked(recorder, reload=False)
        assert found.same
        assert not loads
        assert any("not read anew from the disc" in note for note in found.notes)

    @pytest.mark.parametrize("reason", ["3/57/00", "3/11/05", "5/24/00", "3/02/00"])
    def test_one_that_cannot_be_read_is_never_verified(self, reason: str) -> None:
        recorder, _ = burned(ONE)
        recorder.faults.append(parse(f"{reason}@read-tocxall"))
        found, _ = self.checked(recorder)
        assert not found.same
        assert "no player will play it" in found.layout_errors[0]
        assert found.toc is None
        assert found.checks[0].verdict is Verdict.DIFFERENT
        assert found.checks[1].verdict is Verdict.SAME

    @pytest.mark.parametrize(
        "reply",
        [
            bytes((0, 2, 1, 1)),
            bytes((0, 10, 1, 1)) + bytes((0, 0x10, 1, 0, 0, 0, 0, 0)),
            bytes((0, 18, 1, 1)) + bytes((0, 0x10, 1, 0, 0, 0, 0, 0)) + bytes((0, 0x10, 0xAA, 0, 0, 0, 0, 0)),
            b"",
        ],
        ids=["empty", "without a lead-out", "lead-out at 0", "nothing"],
    )
    def test_nor_one_that_is_empty_or_has_no_lead_out(self, reply: bytes) -> None:
        recorder, _ = burned(ONE)
        recorder.faults.append(Fault(Reply(0, reply, b"", 0), ReadToc, times=None))
        assert not self.checked(recorder)[0].same

    def test_one_that_is_right_at_the_second_look_is_right(self) -> None:
        recorder, _ = burned(ONE)
        recorder.faults.append(parse("3/57/00@read-tocx2"))
        found, events = self.checked(recorder, reload=False)
        assert found.same
        assert any(isinstance(event, Notice) and "reloaded" in event.text for event in events)

    @pytest.mark.parametrize(
        ("late", "same"), [(0, True), (1, True), (2, True), (150, True), (151, False), (-3, False)]
    )
    def test_a_lead_out_that_comes_late_is_a_note(self, late: int, same: bool) -> None:
        recorder, _ = burned(ONE)
        lead_out = (402 + late).to_bytes(4, "big")
        body = bytes((0, 18, 1, 1)) + bytes((0, 0x10, 1, 0)) + bytes(4) + bytes((0, 0x10, 0xAA, 0)) + lead_out
        recorder.faults.append(Fault(Reply(0, body, b"", 0), ReadToc, times=None))
        found, _ = self.checked(recorder)
        assert found.same is same
        assert any("the drive added silence after the last track" in note for note in found.notes) is (
            0 < late < 151
        )
        assert found.checks[1].verdict is Verdict.SAME  # the audio is compared all the same
