"""Sectors as they were sent, put together from what a drive brings beside its place, sample by sample."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redbook.disc import MOST_OFFSET_SECTORS, SAMPLE_BYTES, SAMPLES_PER_SECTOR, SECTOR_BYTES
from redbook.engine.alignment import Alignment, HiddenEnds, SectorRun
from redbook.engine.disc_offset import Span
from redbook.engine.fingerprint import FingerprintMaker
from tests.support.sound import noise

START, SECTORS = 1000, 20
PCM = noise(SAMPLES_PER_SECTOR * SECTORS, 11)
LENGTH = len(PCM)
EDGE = MOST_OFFSET_SECTORS * SECTOR_BYTES
OFFSETS = [-3528, -1164, -589, -588, -587, -30, -1, 0, 1, 6, 587, 588, 589, 1292, 3528]
AROUND = b"\xa5\x5a\xa5\x5a"
"""A sample of what lies before the track and behind it on the disc."""


def span(pcm: bytes = PCM) -> Span:
    maker = FingerprintMaker()
    maker.update(pcm)
    return Span(1, START, maker.finish(""), START, START + len(pcm) // SECTOR_BYTES)


def placed(samples: int, pcm: bytes = PCM) -> Alignment:
    return Alignment(span(pcm), samples)


def read(low: int, high: int, late: int, pcm: bytes = PCM, around: bytes = AROUND) -> bytearray:
    """What a drive brings from `low` up to `high`, where the track comes so many samples late."""
    begin = (low - START) * SAMPLES_PER_SECTOR - late
    found = bytearray()
    for sample in range(begin, begin + (high - low) * SAMPLES_PER_SECTOR):
        at = sample * SAMPLE_BYTES
        found += pcm[at : at + SAMPLE_BYTES] if 0 <= at < len(pcm) else around
    return found


def sent(first: int, end: int) -> bytes:
    return PCM[first * SECTOR_BYTES : end * SECTOR_BYTES]


RUNS = [SectorRun(0, 1), SectorRun(0, 4), SectorRun(7, 12), SectorRun(SECTORS - 3, SECTORS)]


@pytest.mark.parametrize("samples", OFFSETS)
@pytest.mark.parametrize("run", RUNS)
def test_sectors_are_cut_out_of_the_addresses_that_hold_them_and_no_fewer_do(
    run: SectorRun, samples: int
) -> None:
    place = placed(samples)
    low, high = place.lba_of(run.first), place.end_lba(run.end)
    raw = read(low, high, samples)
    assert place.cut(raw, run.sectors) == sent(run.first, run.end)
    assert place.cut(b"before" + raw, run.sectors, 6) == sent(run.first, run.end)
    assert len(place.cut(raw[:-SECTOR_BYTES], run.sectors)) < run.sectors * SECTOR_BYTES
    assert place.crosses is (high - low > run.sectors)


@pytest.mark.parametrize("samples", OFFSETS)
def test_an_address_holds_the_bytes_of_the_track_that_the_drive_brings_there(samples: int) -> None:
    place = placed(samples)
    for lba in range(START - 9, START + SECTORS + 9):
        begin, end = place.covered(lba)
        found = read(lba, lba + 1, samples)
        if begin < end:
            assert PCM[begin:end] in found
            others = found.replace(PCM[begin:end], b"")
            assert others == AROUND * (len(others) // SAMPLE_BYTES)
            assert begin >= 0
            assert end <= LENGTH
        else:
            assert found == AROUND * SAMPLES_PER_SECTOR


@pytest.mark.parametrize(
    ("begin", "end", "known"),
    [
        (0, EDGE, True),
        (0, EDGE + 4, False),
        (EDGE - 8, EDGE, True),
        (12, 400, True),
        (LENGTH - EDGE, LENGTH, True),
        (LENGTH - EDGE - 4, LENGTH, False),
        (LENGTH - 400, LENGTH - 12, True),
        (LENGTH // 2, LENGTH // 2 + 4, False),
    ],
)
def test_what_was_sent_is_known_as_far_as_an_offset_reaches_from_either_end(
    begin: int, end: int, known: bool
) -> None:
    assert placed(0).expected(begin, end) == (PCM[begin:end] if known else None)


def test_the_track_s_own_sectors_are_those_from_its_start_to_its_end() -> None:
    place = placed(30)
    outside = [lba for lba in range(START - 3, START + SECTORS + 3) if place.is_outside(lba)]
    assert outside == [START - 3, START - 2, START - 1, *range(START + SECTORS, START + SECTORS + 3)]


@pytest.mark.parametrize("wrong", [[], [0], [4], [1, 3], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize("first", [0, 9, SECTORS - 5])
def test_sectors_that_are_not_as_sent_are_named_by_their_place_in_the_track(
    first: int, wrong: list[int]
) -> None:
    data = bytearray(sent(first, first + 5))
    for number in wrong:
        data[number * SECTOR_BYTES + 2351] ^= 1
    assert placed(0).differing(data, first) == [first + number for number in wrong]
    assert placed(0).differing(data + b"more", first) == [first + number for number in wrong]


class TestWhatIsHiddenAtTheEnds:
    """The drive gives nothing but the track's own sectors."""

    def stretches(self, samples: int, step: int, gap: bytes | None = None) -> tuple[bytes, HiddenEnds]:
        """The track put together in stretches of so many sectors, and what was hidden in all.

        gap  what comes for each sample outside of the track's own sectors; None where nothing does
        """
        place, found, head, tail = placed(samples), b"", 0, 0
        for first in range(0, SECTORS, step):
            count = min(step, SECTORS - first)
            low, high = place.lba_of(first), place.end_lba(first + count)
            raw = read(low, high, samples)
            outside = {lba for lba in range(low, high) if not START <= lba < START + SECTORS}
            for lba in outside:
                at = (lba - low) * SECTOR_BYTES
                raw[at : at + SECTOR_BYTES] = (gap or bytes(4)) * SAMPLES_PER_SECTOR
            data = place.cut(raw, count)
            hidden = place.fill_hidden(data, first, outside if gap is None else set())
            found, head, tail = found + bytes(data), head + hidden.head, tail + hidden.tail
        return found, HiddenEnds(head, tail)

    @pytest.mark.parametrize("samples", OFFSETS)
    @pytest.mark.parametrize("step", [1, 3, SECTORS])
    def test_is_taken_as_sent_and_counted_to_the_sample(self, step: int, samples: int) -> None:
        assert self.stretches(samples, step) == (PCM, HiddenEnds(max(0, -samples), max(0, samples)))

    @pytest.mark.parametrize("samples", [-600, 600])
    def test_is_hidden_too_where_the_drive_gives_silence_for_it(self, samples: int) -> None:
        assert self.stretches(samples, 3, bytes(4)) == (
            PCM,
            HiddenEnds(max(0, -samples), max(0, samples)),
        )

    @pytest.mark.parametrize("samples", [-600, 600])
    def test_is_not_hidden_where_the_drive_gives_other_sound_for_it(self, samples: int) -> None:
        found, hidden = self.stretches(samples, 3, AROUND)
        assert hidden == HiddenEnds()
        other = AROUND * 600
        assert found == (other + PCM[2400:] if samples < 0 else PCM[:-2400] + other)

    @pytest.mark.parametrize("samples", [-600, 600])
    def test_is_not_hidden_where_the_drive_gives_it(self, samples: int) -> None:
        place = placed(samples)
        data = place.cut(read(place.lba_of(0), place.end_lba(SECTORS), samples), SECTORS)
        assert place.fill_hidden(data, 0, set()) == HiddenEnds()
        assert data == PCM

    @pytest.mark.parametrize("samples", [-600, 600])
    def test_silence_that_was_sent_and_comes_as_silence_hides_nothing(self, samples: int) -> None:
        quiet = bytes(2 * SECTOR_BYTES) + PCM[: 10 * SECTOR_BYTES] + bytes(2 * SECTOR_BYTES)
        place = placed(samples, quiet)
        raw = read(place.lba_of(0), place.end_lba(14), samples, quiet, bytes(4))
        data = place.cut(raw, 14)
        assert place.fill_hidden(data, 0, set()) == HiddenEnds()
        assert data == quiet

    @pytest.mark.parametrize("samples", [-600, 600])
    def test_is_not_hidden_where_only_a_part_of_the_other_sound_is_silence(self, samples: int) -> None:
        assert self.stretches(samples, 3, b"\0\0\1\0")[1] == HiddenEnds()

    @pytest.mark.parametrize("samples", [-600, 600])
    def test_silence_that_was_sent_and_does_not_come_is_hidden_too(self, samples: int) -> None:
        quiet = bytes(2 * SECTOR_BYTES) + PCM[: 10 * SECTOR_BYTES] + bytes(2 * SECTOR_BYTES)
        place = placed(samples, quiet)
        low, high = place.lba_of(0), place.end_lba(14)
        data = place.cut(read(low, high, samples, quiet, bytes(4)), 14)
        outside = {lba for lba in range(low, high) if not START <= lba < START + 14}
        assert place.fill_hidden(data, 0, outside) == HiddenEnds(max(0, -samples), max(0, samples))

    def test_stays_as_it_came_where_it_is_farther_from_the_end_than_is_known(self) -> None:
        """Nine sectors late: what was sent is known of the last six, and of none before them."""
        place = placed(9 * SAMPLES_PER_SECTOR)
        low, high = place.lba_of(0), place.end_lba(SECTORS)
        raw = read(low, high, place.samples)
        outside = set(range(START + SECTORS, high))
        for lba in outside:
            raw[(lba - low) * SECTOR_BYTES : (lba - low + 1) * SECTOR_BYTES] = bytes(SECTOR_BYTES)
        data = place.cut(raw, SECTORS)
        assert place.fill_hidden(data, 0, outside) == HiddenEnds(0, 6 * SAMPLES_PER_SECTOR)
        assert data == sent(0, 11) + bytes(3 * SECTOR_BYTES) + sent(14, SECTORS)

    @pytest.mark.parametrize("samples", [-600, 0, 600])
    def test_is_never_what_is_missing_inside_of_the_track(self, samples: int) -> None:
        place = placed(samples)
        lba = place.lba_of(0) + 4
        raw = read(place.lba_of(0), place.end_lba(SECTORS), samples)
        at = 4 * SECTOR_BYTES
        raw[at : at + SECTOR_BYTES] = bytes(SECTOR_BYTES)
        data = place.cut(raw, SECTORS)
        before = bytes(data)
        assert place.fill_hidden(data, 0, {lba}) == HiddenEnds()
        assert data == before


MARGIN = 2
MOST = MARGIN * SAMPLES_PER_SECTOR


def around(place: Alignment, run: SectorRun, jitter: int) -> tuple[bytearray, int]:
    """A run with two sectors to either side, of those that can be read, and where it should begin there."""
    low = max(START, place.lba_of(run.first) - MARGIN)
    high = min(START + SECTORS, place.end_lba(run.end) + MARGIN)
    return read(low, high, place.samples + jitter), (place.lba_of(run.first) - low) * SECTOR_BYTES


INNER = [SectorRun(1, 5), SectorRun(8, 12), SectorRun(SECTORS - 5, SECTORS - 1)]
JITTERS = [0, 1, -1, 12, -12, 587, -589, 588]


class TestAReadingBesideItsPlace:
    @pytest.mark.parametrize("samples", [-589, -30, 0, 6, 588, 1292])
    @pytest.mark.parametrize("jitter", [*JITTERS, MOST, -MOST])
    def test_is_found_by_its_audio_and_taken_from_there(self, jitter: int, samples: int) -> None:
        place, run = placed(samples), SectorRun(9, 12)
        raw, lead = around(place, run, jitter)
        # Of the sector before it, too, all must be in the reading: it begins two sectors before the run.
        whole = jitter >= -SAMPLES_PER_SECTOR - place.skip_bytes // SAMPLE_BYTES
        shift = place.find_shift(raw, lead, run, MOST)
        assert shift == (jitter if whole else None)
        if shift is not None:
            at = lead + shift * SAMPLE_BYTES
            assert place.taken_from(raw, at, run, MOST) == (sent(9, 12), HiddenEnds())

    @pytest.mark.parametrize("run", [SectorRun(0, 4), *INNER, SectorRun(SECTORS - 4, SECTORS)])
    @pytest.mark.parametrize("samples", [-900, -30, 0, 6, 900])
    @pytest.mark.parametrize("jitter", [0, 3, -3])
    def test_is_found_at_the_ends_too_where_a_part_is_hidden(
        self, jitter: int, samples: int, run: SectorRun
    ) -> None:
        place = placed(samples)
        raw, lead = around(place, run, jitter)
        assert place.find_shift(raw, lead, run, MOST) == jitter
        data, hidden = place.taken_from(raw, lead + jitter * SAMPLE_BYTES, run, MOST)
        assert data == sent(run.first, run.end)
        # Of the run itself what lies before the track's first sector, or behind its last, did not come.
        late = samples + jitter
        head = max(0, -late) if -late > run.first * SAMPLES_PER_SECTOR else 0
        tail = max(0, late) if late > (SECTORS - run.end) * SAMPLES_PER_SECTOR else 0
        assert hidden == HiddenEnds(head, tail)

    @pytest.mark.parametrize("jitter", [5, -5])
    def test_is_not_looked_for_farther_away_than_it_was_asked_for(self, jitter: int) -> None:
        place, run = placed(6), SectorRun(8, 12)
        raw, lead = around(place, run, jitter)
        assert place.find_shift(raw, lead, run, 4) is None
        assert place.find_shift(raw, lead, run, 5) == jitter

    @pytest.mark.parametrize("sector", [7, 8, 11])
    def test_is_none_where_one_sample_of_it_or_of_the_sector_before_it_is_wrong(self, sector: int) -> None:
        place, run = placed(6), SectorRun(8, 12)
        raw, lead = around(place, run, 3)
        at = lead + 9 * SAMPLE_BYTES + (sector - 8) * SECTOR_BYTES
        raw[at + 40] ^= 1
        assert place.find_shift(raw, lead, run, MOST) is None

    def test_is_none_where_the_reading_ends_in_the_run(self) -> None:
        place, run = placed(6), SectorRun(8, 12)
        raw, lead = around(place, run, 0)
        end = lead + place.skip_bytes + run.sectors * SECTOR_BYTES
        assert place.find_shift(raw[:end], lead, run, MOST) == 0
        assert place.find_shift(raw[: end - SAMPLE_BYTES], lead, run, MOST) is None
        assert place.find_shift(raw[: end - SECTOR_BYTES], lead, run, MOST) is None

    def test_is_none_where_the_track_s_first_sector_is_wrong_and_the_run_begins_behind_it(self) -> None:
        place, run = placed(6), SectorRun(1, 5)
        raw, lead = around(place, run, 3)
        raw[lead - 1000] ^= 1
        assert place.find_shift(raw, lead, run, MOST) is None

    def test_is_one_though_what_lies_before_that_sector_is_wrong(self) -> None:
        place, run = placed(6), SectorRun(8, 12)
        raw, lead = around(place, run, 3)
        raw[lead + 9 * SAMPLE_BYTES - SECTOR_BYTES - 1] ^= 1
        assert place.find_shift(raw, lead, run, MOST) == 3

    def test_is_none_where_samples_are_missing_before_it(self) -> None:
        """Each sector by itself is as it was sent; twelve samples between two of them are gone."""
        place, run = placed(0), SectorRun(8, 12)
        raw, lead = around(place, run, 0)
        del raw[lead - 48 : lead]
        assert place.find_shift(raw, lead, run, MOST) is None

    def test_is_the_nearest_one_where_the_sound_repeats_itself(self) -> None:
        tone = noise(84, 3) * (SAMPLES_PER_SECTOR * SECTORS // 84)
        place, run = placed(0, tone), SectorRun(8, 12)
        low, high = place.lba_of(8) - MARGIN, place.end_lba(12) + MARGIN
        for late, nearest in [(0, 0), (84, 0), (30, 30), (-30, -30), (50, -34), (42, 42)]:
            raw = read(low, high, late, tone)
            assert place.find_shift(raw, MARGIN * SECTOR_BYTES, run, MOST) == nearest

    @pytest.mark.parametrize("late", [30, -30])
    def test_of_silence_is_what_its_neighbours_show(self, late: int) -> None:
        """Of two tracks without a gap, a silent one is where the sound of the other begins or ends."""
        quiet, loud = bytes(SECTOR_BYTES * SECTORS), noise(SAMPLES_PER_SECTOR, 4)
        lead = 2 * SECTOR_BYTES
        ends = (
            (SectorRun(0, 4), {"before": loud}, bytes(SECTOR_BYTES) + loud + bytes(lead + 6 * SECTOR_BYTES)),
            (SectorRun(SECTORS - 4, SECTORS), {"after": loud}, bytes(lead + 4 * SECTOR_BYTES) + loud + quiet),
        )
        for run, beside, at_place in ends:
            move = late * SAMPLE_BYTES
            raw = bytes(max(0, move)) + at_place[max(0, -move) :]
            place = Alignment(replace(span(quiet), **beside), 0)
            assert place.find_shift(raw, lead, run, MOST) == late

    def test_of_silence_in_the_middle_has_nothing_to_do_with_the_neighbours_of_the_track(self) -> None:
        quiet, loud = bytes(SECTOR_BYTES * SECTORS), noise(SAMPLES_PER_SECTOR, 4)
        place = Alignment(replace(span(quiet), before=loud, after=loud), 0)
        assert place.find_shift(bytes(8 * SECTOR_BYTES), 2 * SECTOR_BYTES, SectorRun(8, 12), MOST) == 0

    @pytest.mark.parametrize("run", [SectorRun(0, 4), SectorRun(SECTORS - 4, SECTORS)])
    def test_is_not_taken_where_more_is_missing_than_an_offset_and_jitter_hide(self, run: SectorRun) -> None:
        place = placed(-100 if run.first == 0 else 100)
        raw, lead = around(place, run, 0)
        for hidden in (100, 104, 105, 400):  # samples at the track's end that are not in the reading
            if run.first == 0:
                at, part = lead - (hidden - 100) * SAMPLE_BYTES, raw
            else:
                at, part = lead, raw[: len(raw) - (hidden - 100) * SAMPLE_BYTES]
            data, found = place.taken_from(bytes(part), at, run, 4)
            whole = len(data) == run.sectors * SECTOR_BYTES
            assert whole is (hidden <= 104)
            assert found == (
                HiddenEnds()
                if not whole
                else HiddenEnds(hidden, 0)
                if run.first == 0
                else HiddenEnds(0, hidden)
            )

    @pytest.mark.parametrize(("samples", "run"), [(100, SectorRun(0, 4)), (-100, SectorRun(16, SECTORS))])
    def test_is_not_taken_where_a_sample_is_missing_that_the_offset_does_not_hide(
        self, samples: int, run: SectorRun
    ) -> None:
        """Late audio hides nothing of a track's start, early audio nothing of its end."""
        place = placed(samples)
        raw, lead = around(place, run, 0)
        end = lead + place.skip_bytes + run.sectors * SECTOR_BYTES
        cut = raw[lead + place.skip_bytes + SAMPLE_BYTES : end] if samples > 0 else raw[: end - SAMPLE_BYTES]
        at = -place.skip_bytes - SAMPLE_BYTES if samples > 0 else lead
        data, hidden = place.taken_from(bytes(cut), at, run, 4)
        assert len(data) < run.sectors * SECTOR_BYTES
        assert hidden == HiddenEnds()

    @pytest.mark.parametrize("samples", [-588 - 20, 588 + 20])
    def test_may_have_whole_sectors_hidden(self, samples: int) -> None:
        """Sector 1 from the start, and sector 1 from the end: 588 samples are hidden beside 20 of its own."""
        place = placed(samples)
        run = SectorRun(1, 3) if samples < 0 else SectorRun(SECTORS - 3, SECTORS - 1)
        raw, lead = around(place, run, 0)
        data, hidden = place.taken_from(raw, lead, run, 0)
        assert data == sent(run.first, run.end)
        assert hidden == (HiddenEnds(608, 0) if samples < 0 else HiddenEnds(0, 608))
