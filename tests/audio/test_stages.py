"""Stages beside each other: in order, and nobody is left waiting when one of them fails."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from redbook.audio import chain as chain_module
from redbook.audio.chain import Whole
from redbook.audio.checksum import AccurateRip
from redbook.audio.format import Samples, joined
from redbook.audio.sectors import Spool, prepare
from redbook.audio.source import Source
from redbook.audio.stages import WAITING_CHUNKS, Stage, ahead
from redbook.errors import AudioError, Cancelled, NoRoom
from tests.support.in_time import in_time
from tests.support.sound import encode, write_wav

MANY = 20 * WAITING_CHUNKS
LONG_S = 40


class _Died(Exception):
    pass


def _threads() -> list[threading.Thread]:
    names = ("redbook-stage", "redbook-ahead", "redbook-decode")
    return [thread for thread in threading.enumerate() if thread.name.startswith(names)]


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    yield
    assert _threads() == []


def test_a_stage_keeps_the_order() -> None:
    done: list[int] = []
    stage = Stage(done.append)
    for number in range(MANY):
        stage.put(number)
    stage.finish()
    assert done == list(range(MANY))


def test_whoever_feeds_a_stage_that_died_is_told_and_never_waits() -> None:
    def work(number: int) -> None:
        if number == 3:
            raise _Died

    def feed() -> None:
        stage = Stage(work)
        try:
            for number in range(MANY):
                stage.put(number)
            stage.finish()
        finally:
            stage.stop()

    with pytest.raises(_Died):
        in_time(feed)


def test_an_error_with_the_last_item_is_raised_at_the_end() -> None:
    def work(number: int) -> None:
        raise _Died

    stage = Stage(work)
    stage.put(1)
    with pytest.raises(_Died):
        in_time(stage.finish)


def test_what_waits_in_a_stage_that_is_stopped_is_dropped() -> None:
    go, began = threading.Event(), threading.Event()
    done: list[int] = []

    def work(number: int) -> None:
        began.set()
        go.wait(60)
        done.append(number)

    stage = Stage(work)
    for number in range(WAITING_CHUNKS):
        stage.put(number)
    began.wait(60)
    stopping = threading.Timer(0.2, go.set)
    stopping.start()
    stage.stop()
    stopping.join()
    assert done == [0]


def test_items_made_ahead_come_in_order_and_no_more_than_a_few_early() -> None:
    made: list[int] = []

    def make() -> Iterator[int]:
        for number in range(MANY):
            made.append(number)
            yield number

    with closing(ahead(make())) as items:
        for taken, number in enumerate(items):
            assert number == taken
            assert len(made) <= taken + WAITING_CHUNKS + 3


def test_an_error_of_the_maker_comes_behind_what_it_made() -> None:
    def make() -> Iterator[int]:
        yield from range(3)
        raise _Died

    got: list[int] = []

    def take() -> None:
        with closing(ahead(make())) as items:
            got.extend(items)

    with pytest.raises(_Died):
        in_time(take)
    assert got == [0, 1, 2]


@pytest.mark.parametrize("taken", [0, 1, WAITING_CHUNKS])
def test_a_taker_that_gives_up_ends_the_maker(taken: int) -> None:
    def take() -> None:
        with closing(ahead(iter(range(MANY)))) as items:
            for _ in range(taken):
                next(items)

    in_time(take)


@pytest.mark.parametrize("lengths", [[1], [5, 5, 5], [4, 0, 9, 1], [10], [1] * 23, [7, 7, 7]])
def test_joined_chunks_hold_the_same_and_are_not_used_again(lengths: list[int]) -> None:
    whole = np.arange(2 * sum(lengths), dtype=np.int16).reshape(-1, 2)
    parts = np.split(whole, np.cumsum(lengths)[:-1])
    got = list(joined(parts, 8))  # all kept: one that was used again would hold something else now
    assert np.array_equal(np.concatenate(got), whole)
    assert all(len(one) + len(then) > 8 for one, then in pairwise(got))  # no two could have been one


@pytest.mark.parametrize(
    "sizes", [[100_000], [300_000], [3000, 1, 2939, 50_000], [2940] * 9, [1] * 50 + [5880], [10, 20]]
)
def test_accuraterip_holds_the_end_back_however_it_comes(sizes: list[int]) -> None:
    """Against the definition: the sum of value times place, but for the last five sectors."""
    rng = np.random.default_rng(len(sizes))
    values = rng.integers(0, 1 << 32, sum(sizes), dtype=np.uint64).astype("<u4")
    counted = max(0, len(values) - 5 * 588)
    products = [int(value) * place for place, value in enumerate(values[:counted], 1)]
    sums = AccurateRip(first=False, last=True)
    for part in np.split(values, np.cumsum(sizes)[:-1]):
        sums.update(part.tobytes())
    assert sums.v1 == sum(product & 0xFFFFFFFF for product in products) & 0xFFFFFFFF
    assert sums.v2 == sum((product & 0xFFFFFFFF) + (product >> 32) for product in products) & 0xFFFFFFFF


@pytest.fixture(scope="module")
def noise() -> Samples:
    return np.random.default_rng(5).integers(-9000, 9000, (LONG_S * 44_100, 2)).astype(np.int16)


@pytest.fixture(params=["flac", "96 kHz", "wav"])
def source(request: pytest.FixtureRequest, tmp_path: Path, noise: Samples) -> Source:
    """One for each way through the stages: with an MD5, with a conversion, with neither."""
    rate = 96_000 if request.param == "96 kHz" else 44_100
    wav = write_wav(tmp_path / "a.wav", noise.tobytes(), rate=rate)
    path = wav if request.param == "wav" else encode(wav, tmp_path / "a.flac")
    return Source(str(path), path)


def _prepare(sources: Sequence[Source], spool: Spool, cancel: threading.Event | None = None) -> None:
    def work() -> None:
        prepare(sources, spool, cancel=cancel)

    in_time(work)


class _FullDisk(Spool):
    """Room for a second only."""

    def writer(self, number: int) -> Callable[[Sequence[Whole]], None]:
        room = 200_000

        def write(pcm: Sequence[Whole]) -> None:
            nonlocal room
            room -= sum(map(len, pcm))
            if room < 0:
                raise NoRoom("there is no room") from OSError(errno.ENOSPC, "No space left on device")

        return write


def test_a_full_disk_is_told_and_ends_every_stage(source: Source) -> None:
    with _FullDisk() as spool, pytest.raises(NoRoom):
        _prepare([source] * 3, spool)


def test_a_conversion_that_dies_ends_the_decoder(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*args: object) -> None:
        raise _Died

    monkeypatch.setattr(chain_module.Converter, "convert", die)
    with Spool() as spool, pytest.raises(_Died):
        _prepare([source], spool)


@pytest.mark.parametrize("sources", [1, 4])
def test_a_cancel_in_the_middle_ends_every_stage(source: Source, sources: int) -> None:
    cancel = threading.Event()

    class Cancelling(Spool):
        def writer(self, number: int) -> Callable[[Sequence[Whole]], None]:
            write = super().writer(number)

            def and_cancel(pcm: Sequence[Whole]) -> None:
                write(pcm)
                cancel.set()

            return and_cancel

    with Cancelling() as spool, pytest.raises(Cancelled):
        _prepare([source] * sources, spool, cancel)


@pytest.mark.parametrize(
    "lengths",
    [
        [],
        [4],
        [2352],
        [4] * 1200,
        [524_288] * 3,
        [2348, 524_288, 4, 524_288],  # with one sample missing for a sector, and with none
        [524_284, 4, 4, 600_000],
        [524_000, 600_000, 100, 1_200_000, 2352, 8],
        [2_000_004, 1_000_000, 16],
    ],
)
def test_what_is_written_is_what_was_taken_as_whole_sectors_and_silence_to_the_last_one(
    lengths: list[int],
) -> None:
    pcm = np.random.default_rng(1).bytes(sum(lengths))
    written: list[bytes] = []
    writer = chain_module.SectorWriter(lambda pieces: written.extend(map(bytes, pieces)), lambda: None)
    at = 0
    for length in lengths:
        writer.take(pcm[at : at + length])
        at += length
    writer.end()
    assert b"".join(written) == pcm + bytes(-len(pcm) % 2352)
    assert all(len(piece) % 2352 == 0 for piece in written)
    assert max(map(len, written), default=0) < max([0, *lengths]) + 600_000


def test_a_cancel_is_heard_at_each_piece_of_a_slow_source() -> None:
    """Three seconds of sound are written at once; a slow medium may take long for them."""

    def cancelled() -> None:
        raise Cancelled("cancelled")

    writer = chain_module.SectorWriter(lambda pcm: None, cancelled)
    with pytest.raises(Cancelled):
        writer.take(bytes(4))
    writer.stop()


def test_a_file_that_changes_while_it_is_read_is_refused(source: Source) -> None:
    class Changing(Spool):
        def writer(self, number: int) -> Callable[[Sequence[Whole]], None]:
            os.utime(source.path, ns=(1, 1))
            return super().writer(number)

    with Changing() as spool, pytest.raises(AudioError, match="changed while it was read"):
        _prepare([source], spool)


def test_a_damaged_file_is_told_and_ends_every_stage(tmp_path: Path, noise: Samples) -> None:
    path = encode(write_wav(tmp_path / "a.wav", noise.tobytes()), tmp_path / "a.flac")
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0x55
    path.write_bytes(raw)
    with Spool() as spool, pytest.raises(AudioError, match="damaged"):
        _prepare([Source(str(path), path)], spool)


def test_what_comes_out_is_what_went_in(tmp_path: Path, noise: Samples) -> None:
    path = encode(write_wav(tmp_path / "a.wav", noise.tobytes()), tmp_path / "a.flac")
    with Spool() as spool:
        (track,) = prepare([Source(str(path), path)], spool)
        got = bytearray(track.sectors * 2352)
        assert spool.read_into(0, 0, memoryview(got)) == len(got)
    assert got == noise.astype("<i2").tobytes()  # ten seconds are whole sectors
